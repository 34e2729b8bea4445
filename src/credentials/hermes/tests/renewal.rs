//! The renewal of a login that Hermes uses as well.

use super::*;

/// A login used in place, 6: Hermes gives up its wait for the locks after 15 s.
#[test]
fn a_renewal_ends_while_hermes_still_waits_for_the_locks() {
    let both = Both::at(&portal().base);
    both.write_auth(&both.tokens(1, 900));
    both.write_shared(&both.tokens(1, 900));
    let login = both.ours.session().login().expect("read").expect("a login");
    // The rest is for two locks and two files that are written durably.
    assert!(exchange::deadline(&login) <= Duration::from_secs(10));
    let own = Home::at(&portal().base).log_in(900);
    assert!(exchange::deadline(&own) > Duration::from_secs(15), "nothing hurries those");
}

/// A login used in place, 8.
#[test]
fn copies_of_two_accounts_and_a_login_of_another_one_are_refused_before_anything_is_sent() {
    let fake = portal();
    let both = Both::at(&fake.base);
    let tokens = |number: usize, organisation: &str, subject: &str| {
        let mut tokens = both.tokens(number, 900);
        let claims = json!({"org_id": organisation, "sub": subject, "jti": number});
        tokens["access_token"] = token_of(&claims).into();
        tokens
    };
    both.write_auth(&tokens(1, "org_a", "me"));
    both.write_shared(&tokens(2, "org_b", "me"));
    let refused = both.look().expect_err("two accounts");
    assert_eq!(refused.class(), Class::NotLoggedIn);
    for said in ["me in org_a", "me in org_b", "auth.json", "nous_auth.json"] {
        assert!(refused.to_string().contains(said), "{said}: {refused}");
    }
    both.write_auth(&tokens(2, "org_b", "me"));
    both.look().expect("one account");
    both.choose("org_a", "me");
    let refused = both.look().expect_err("another one than was chosen");
    assert_eq!(refused.class(), Class::NotLoggedIn);
    assert!(refused.to_string().contains("me in org_b now, and was as me in org_a"), "{refused}");
    assert!(refused.parts().hints[0].to_string().contains("login --hermes"), "{refused:?}");
    both.choose("org_b", "you");
    both.look().expect_err("another person");
    both.choose("org_b", "me");
    both.look().expect("the one that was chosen");
    assert!(fake.seen().is_empty());
}

#[test]
fn the_note_is_durable_and_the_locks_are_held_before_the_token_is_sent() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let place: Arc<Mutex<Option<(Files, PathBuf)>>> = Arc::default();
    let (log, where_from) = (Arc::clone(&seen), Arc::clone(&place));
    let fake = Fake::start(move |number, _| {
        let (files, ours) = where_from.lock().expect("set").clone().expect("set");
        let is_held = |file: &Path| {
            let lock = fs::File::open(file.with_extension("lock")).expect("a lock");
            lock.try_lock().is_err()
        };
        let noted = Store::new(ours).read().expect("read").hermes[0].sent.clone();
        log.lock().expect("free").push((is_held(&files.auth), is_held(&files.shared), noted));
        Does::Answer(200, pair(number + 100))
    });
    let both = Both::at(&fake.base);
    *place.lock().expect("free") = Some((both.files(), both.ours.store().path().to_owned()));
    both.write_shared(&both.tokens(1, 60));
    both.write_auth(&both.tokens(1, 60));
    both.look().expect("renewed");
    let seen = seen.lock().expect("free");
    let (auth, shared, noted) = &seen[0];
    assert!(*auth && *shared);
    let noted = noted.as_ref().expect("a note");
    assert_eq!(noted.token, Secret::new("refresh-1").fingerprint());
    assert!(noted.inflight.is_some());
}

#[test]
fn what_died_between_the_two_files_is_brought_into_step() {
    let fake = portal();
    let both = Both::at(&fake.base);
    both.write_auth(&both.tokens(1, 60));
    both.write_shared(&both.tokens(1, 60));
    let noted = Sent {
        token: Secret::new("refresh-1").fingerprint(),
        inflight: Some(Timestamp::now()),
        refused: None,
        because: None,
    };
    // The shared copy was written, and then nothing more.
    both.write_shared(&both.tokens(2, 900));
    both.ours.change(|contents| {
        contents.borrowed_mut(&both.ours.key()).expect("there").sent = Some(noted.clone());
    });
    // A process that holds the lock now does not keep the login from being used.
    let lock = fs::File::create(both.files().auth.with_extension("lock")).expect("a lock");
    lock.lock().expect("locked");
    assert_eq!(both.look().expect("the fresher"), "access-2");
    assert_eq!(both.access_tokens(), ["access-2", "access-1"]);
    drop(lock);
    assert_eq!(both.look().expect("the fresher"), "access-2");
    assert_eq!(both.access_tokens(), ["access-2", "access-2"]);
    assert_eq!(both.sent(), None);
    // A copy that holds something else than what was sent is somebody's, and stays.
    both.write_auth(&both.tokens(3, 600));
    both.ours.change(|contents| {
        contents.borrowed_mut(&both.ours.key()).expect("there").sent = Some(noted);
    });
    assert_eq!(both.look().expect("the fresher"), "access-2");
    assert_eq!(both.access_tokens(), ["access-2", "access-3"]);
    assert!(fake.seen().is_empty());
}

#[test]
fn a_lost_answer_is_noted_and_what_hermes_renews_is_taken() {
    let fake = Fake::start(|number, _| match number {
        0 => Does::HangUp,
        _ => Does::Answer(200, pair(number + 100)),
    });
    let both = Both::at(&fake.base);
    both.write_auth(&both.tokens(1, 60));
    both.write_shared(&both.tokens(1, 60));
    assert_eq!(both.look().expect_err("lost").class(), Class::Network);
    // It may be used up: as long as the access token lives, it is not sent again.
    assert_eq!(both.look().expect("as it is"), "access-1");
    assert_eq!(fake.seen().len(), 1);
    both.write_auth(&both.tokens(2, 60));
    both.write_shared(&both.tokens(2, 60));
    assert_eq!(both.look().expect("renewed"), "access-101");
    assert_eq!(fake.seen()[1].header("x-nous-refresh-token"), Some("refresh-2"));
    assert_eq!(both.access_tokens(), ["access-101", "access-101"]);
}

#[test]
fn a_refused_token_is_not_sent_again_and_no_file_is_changed() {
    let fake = Fake::start(|_, _| Does::Answer(400, json!({"error": "refresh_token_reused"})));
    let both = Both::at(&fake.base);
    both.write_auth(&both.tokens(1, -5));
    both.write_shared(&both.tokens(1, -5));
    let before = (fs::read(both.files().auth), fs::read(both.files().shared));
    for _ in 0..2 {
        let error = both.look().expect_err("refused");
        assert_eq!(error.class(), Class::SessionRevoked);
        assert!(error.parts().hints[0].to_string().contains("hermes auth add nous"), "{error:?}");
    }
    assert_eq!(fake.seen().len(), 1);
    let after = (fs::read(both.files().auth), fs::read(both.files().shared));
    assert_eq!(before.0.expect("read"), after.0.expect("read"));
    assert_eq!(before.1.expect("read"), after.1.expect("read"));
    both.write_shared(&both.tokens(2, 900));
    assert_eq!(both.look().expect("what Hermes has now"), "access-2");
}

#[test]
fn a_pair_stays_the_freshest_where_the_clock_was_set_back() {
    let fake = portal();
    let both = Both::at(&fake.base);
    let mut ahead = both.tokens(1, -5);
    ahead["obtained_at"] = written(Timestamp::now() + SignedDuration::from_hours(5)).into();
    both.write_auth(&ahead);
    both.write_shared(&ahead);
    assert_eq!(both.look().expect("renewed"), "access-100");
    both.write_auth(&ahead);
    assert_eq!(both.look().expect("the fresher"), "access-100");
}

#[test]
fn locks_that_are_not_free_are_reported_and_nothing_is_sent() {
    let fake = portal();
    let both = Both::at(&fake.base);
    both.write_auth(&both.tokens(1, -5));
    both.write_shared(&both.tokens(1, -5));
    let borrowed = both.ours.store().read().expect("read").hermes[0].clone();
    for file in [both.files().auth, both.files().shared] {
        let path = file.with_extension("lock");
        let lock = fs::File::create(&path).expect("a lock");
        lock.lock().expect("locked");
        let taken = HermesGuard::take(&borrowed, &both.ours.interrupt, Duration::ZERO);
        let error = taken.map(drop).expect_err("not free");
        assert_eq!(error.class(), Class::Config);
        assert_eq!(error.parts().recovery, Some(Recovery::RetryLater));
        assert!(error.to_string().contains(&path.display().to_string()), "{error}");
    }
    assert!(fake.seen().is_empty());
}

/// Faults 40 and 42.
#[test]
fn a_file_that_is_not_safe_or_makes_no_sense_is_refused_and_stays_as_it_is() {
    let fake = portal();
    let refused = |spoil: &dyn Fn(&Both), class: Class, says: &str| {
        let both = Both::at(&fake.base);
        both.write_auth(&both.tokens(1, 60));
        both.write_shared(&both.tokens(1, 60));
        spoil(&both);
        let before = fs::read(both.files().auth).ok();
        let error = both.look().expect_err(says);
        assert_eq!(error.class(), class, "{says}: {error:?}");
        let message = format!(
            "{error} {}",
            error.parts().hints.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
        );
        assert!(message.contains(says), "{says}: {message}");
        assert!(!message.contains("access-") && !message.contains("refresh-"), "{message}");
        assert_eq!(fs::read(both.files().auth).ok(), before, "{says}");
    };
    let mode = |path: &Path, mode| {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("changed");
    };
    refused(&|both| mode(&both.files().auth, 0o644), Class::Config, "chmod 600");
    refused(&|both| mode(&both.files().shared, 0o640), Class::Config, "nous_auth.json'");
    refused(&|both| mode(both.hermes.path(), 0o777), Class::Config, "chmod 700");
    refused(
        &|both| {
            let file = both.files().shared;
            fs::remove_file(&file).expect("removed");
            let made = std::process::Command::new("mkfifo").arg(&file).status();
            assert!(made.expect("mkfifo").success());
            mode(&file, 0o600);
        },
        Class::Config,
        "not a plain file",
    );
    if rustix::process::geteuid().is_root() {
        refused(
            &|both| {
                std::os::unix::fs::chown(both.files().auth, Some(1), None).expect("given away");
            },
            Class::Config,
            // Never chown: the file would be taken away from Hermes.
            "Run topup as the user that Hermes runs as (id 1)",
        );
    }
    for (text, says) in [
        ("", "nothing in it"),
        ("\0\0\0", "nothing in it"),
        ("{\"providers\":{\"nous\":{\"access_token\":\"acc", "ends in the middle"),
        ("{\"providers\":[]}", "makes no sense"),
        ("{\"providers\":{},\"providers\":{}}", "makes no sense"),
        ("{\"providers\":{\"nous\":{\"access_token\":7}}}", "access_token is not text"),
        ("{\"providers\":{\"nous\":{\"access_token\":\"a b\"}}}", "cannot be sent"),
    ] {
        let spoil = |both: &Both| put(&both.files().auth, text);
        refused(&spoil, Class::NotLoggedIn, says);
    }
    assert!(fake.seen().is_empty());
}

#[test]
fn a_guest_without_an_account_is_no_login() {
    let both = Both::at(&portal().base);
    let mut guest = both.tokens(1, 900);
    guest["auth_method"] = "anonymous".into();
    both.write_auth(&guest);
    assert!(Copies::read(&both.files()).expect("read").portal_url().is_none());
}
