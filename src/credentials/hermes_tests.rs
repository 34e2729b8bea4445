//! The promises about files that belong to somebody else: the fresher copy counts, only what has
//! to change does, and a refresh token is sent once whatever dies in between.

use super::super::fake::{Does, Fake, Home};
use super::super::session::LOOKING_LASTS;
use super::*;
use crate::credentials::store::Store;
use serde_json::json;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::sync::{Arc, Mutex};
use url::Url;

/// A home of ours that uses a login of a home of Hermes beside it.
struct Both {
    ours: Home,
    hermes: tempfile::TempDir,
}

impl Both {
    fn at(base: &Url) -> Self {
        let both = Self { ours: Home::at(base), hermes: tempfile::tempdir().expect("a folder") };
        fs::create_dir(both.hermes.path().join("shared")).expect("made");
        let files = both.files();
        both.ours.change(|contents| {
            let key = both.ours.key();
            let now = Timestamp::now();
            let borrowed = Borrowed::of(&key, &both.ours.portal, files, now);
            contents.borrow(&key, borrowed);
        });
        both
    }

    fn files(&self) -> Files {
        Files::of(Some(self.hermes.path().to_owned()), None, Path::new("/nowhere"))
    }

    /// The number stands for the pair, the seconds for what is left of it.
    fn tokens(&self, number: usize, left: i64) -> Value {
        let now = Timestamp::now();
        let at = |seconds: i64| written(now + SignedDuration::from_secs(seconds));
        json!({"access_token": format!("access-{number}"), "refresh_token": format!("refresh-{number}"),
            "client_id": "hermes-cli", "portal_base_url": self.ours.portal.shown(),
            "inference_base_url": "https://inference.example", "token_type": "Bearer",
            "scope": "inference:invoke", "obtained_at": at(left - 900), "expires_at": at(left),
            "expires_in": 900, "agent_key": "key"})
    }

    fn write_auth(&self, tokens: &Value) {
        let whole = json!({"version": 1, "providers": {"other": {"access_token": "theirs"},
            "nous": tokens}, "active_provider": "nous", "updated_at": "then"});
        let text = serde_json::to_string_pretty(&whole).expect("text");
        put(&self.files().auth, &text);
    }

    fn write_shared(&self, tokens: &Value) {
        put(&self.files().shared, &format!("{tokens}\n"));
    }

    fn access_tokens(&self) -> [String; 2] {
        let read = |file: &Path, path: &[&str]| {
            let text = fs::read_to_string(file).expect("read");
            let object = Object::at(&text, path).expect("JSON").expect("an object");
            object.get("access_token").expect("one").as_str().expect("text").to_owned()
        };
        let files = self.files();
        [read(&files.shared, &[]), read(&files.auth, &["providers", "nous"])]
    }

    fn look(&self) -> Result<String> {
        self.ours.session().token(LOOKING_LASTS).map(|token| token.secret.expose().to_owned())
    }

    fn sent(&self) -> Option<Sent> {
        let contents = self.ours.store().read().expect("read");
        contents.hermes[0].sent.clone()
    }
}

fn put(file: &Path, text: &str) {
    fs::write(file, text).expect("written");
    fs::set_permissions(file, fs::Permissions::from_mode(0o600)).expect("closed");
}

fn pair(number: usize) -> Value {
    json!({"access_token": format!("access-{number}"), "refresh_token": format!("refresh-{number}"),
        "token_type": "Bearer", "expires_in": 900, "scope": "inference:invoke"})
}

fn portal() -> Fake {
    Fake::start(|number, _| Does::Answer(200, pair(number + 100)))
}

#[test]
fn the_files_are_those_of_the_home_and_of_the_root_it_lies_in() {
    let usual = Path::new("/home/me/.hermes");
    let of = |home: Option<&str>, shared: Option<&str>| {
        let files = Files::of(home.map(PathBuf::from), shared.map(PathBuf::from), usual);
        (files.auth.display().to_string(), files.shared.display().to_string())
    };
    for (home, shared, auth_file, shared_file) in [
        (None, None, "/home/me/.hermes/auth.json", "/home/me/.hermes/shared/nous_auth.json"),
        (
            Some("/home/me/.hermes/profiles/work"),
            None,
            "/home/me/.hermes/profiles/work/auth.json",
            "/home/me/.hermes/shared/nous_auth.json",
        ),
        (
            Some("/data/profiles/work"),
            None,
            "/data/profiles/work/auth.json",
            "/data/shared/nous_auth.json",
        ),
        (Some("/data"), None, "/data/auth.json", "/data/shared/nous_auth.json"),
        (None, Some("/s"), "/home/me/.hermes/auth.json", "/s/nous_auth.json"),
    ] {
        assert_eq!(of(home, shared), (auth_file.to_owned(), shared_file.to_owned()));
    }
}

#[test]
fn a_time_is_read_in_every_form_and_written_in_the_one_of_hermes() {
    let expected: Timestamp = "2026-11-24T16:17:44.5Z".parse().expect("a time");
    for text in [
        "2026-11-24T16:17:44.500000+00:00",
        "2026-11-24T16:17:44.5Z",
        "2026-11-24 16:17:44.500000+00:00",
        "2026-11-24T17:17:44.500+01:00",
        "2026-11-24T16:17:44.500000",
        " 2026-11-24T16:17:44.5 ",
    ] {
        assert_eq!(time_in(&text.into()), Some(expected), "{text}");
    }
    for other in [json!(null), json!(""), json!("soon"), json!("2026-11-24"), json!(1_800_000_000)]
    {
        let found = time_in(&other);
        assert!(found.is_none() || other == "2026-11-24", "{other}: {found:?}");
    }
    assert_eq!(written(expected), "2026-11-24T16:17:44.500000+00:00");
    let whole: Timestamp = "2026-11-24T16:17:44Z".parse().expect("a time");
    assert_eq!(written(whole), "2026-11-24T16:17:44.000000+00:00");
}

#[test]
fn the_fresher_copy_is_used_and_a_lasting_one_changes_nothing() {
    let fake = portal();
    let both = Both::at(&fake.base);
    let token = |shared: i64, auth: i64| {
        both.write_shared(&both.tokens(1, shared));
        both.write_auth(&both.tokens(2, auth));
        let before = (fs::read(both.files().shared), fs::read(both.files().auth));
        let token = both.look().expect("a token");
        let after = (fs::read(both.files().shared), fs::read(both.files().auth));
        assert_eq!(before.0.expect("read"), after.0.expect("read"));
        assert_eq!(before.1.expect("read"), after.1.expect("read"));
        token
    };
    assert_eq!(token(800, 700), "access-1");
    assert_eq!(token(700, 800), "access-2");
    assert_eq!(token(700, 700), "access-2");
    // Without a time of its own the end decides; without a file the other one is it.
    let mut tokens = both.tokens(3, 800);
    tokens["obtained_at"] = Value::Null;
    both.write_shared(&tokens);
    assert_eq!(both.look().expect("a token"), "access-3");
    fs::remove_file(both.files().shared).expect("removed");
    assert_eq!(both.look().expect("a token"), "access-2");
    fs::remove_file(both.files().auth).expect("removed");
    assert_eq!(both.look().expect_err("gone").class(), Class::NotLoggedIn);
    assert!(fake.seen().is_empty());
}

#[test]
fn a_renewed_pair_is_in_both_files_and_nothing_else_of_them_has_changed() {
    let fake = portal();
    let both = Both::at(&fake.base);
    both.write_auth(&both.tokens(1, 60));
    both.write_shared(&both.tokens(1, 60));
    // Left there by one that died.
    put(&both.hermes.path().join(".auth-abc123.new"), "access-0");
    let before = fs::read_to_string(both.files().auth).expect("read");
    assert_eq!(both.look().expect("renewed"), "access-100");
    assert_eq!(both.access_tokens(), ["access-100", "access-100"]);
    let seen = fake.seen();
    assert_eq!(seen.len(), 1);
    assert_eq!(seen[0].header("x-nous-refresh-token"), Some("refresh-1"));
    let after = fs::read_to_string(both.files().auth).expect("read");
    let differing: Vec<(&str, &str)> =
        before.lines().zip(after.lines()).filter(|(old, new)| old != new).collect();
    assert_eq!(before.lines().count(), after.lines().count());
    let keys: Vec<&str> =
        differing.iter().filter_map(|(old, _)| old.trim().split('"').nth(1)).collect();
    assert_eq!(keys, ["access_token", "refresh_token", "obtained_at", "expires_at"]);
    for file in [both.files().auth, both.files().shared] {
        let mode = fs::metadata(&file).expect("there").permissions().mode() & 0o777;
        assert_eq!(mode, 0o600);
        let folder = file.parent().expect("a folder");
        let left = fs::read_dir(folder)
            .expect("a folder")
            .flatten()
            .filter(|entry| entry.file_name().to_string_lossy().ends_with(".new"));
        assert_eq!(left.count(), 0);
    }
    assert_eq!(both.sent(), None);
    let ours = fs::read_to_string(both.ours.store().path()).expect("read");
    assert!(!ours.contains("access-") && !ours.contains("refresh-"), "{ours}");
}

#[test]
fn a_copy_that_is_missing_is_not_made_up_and_one_of_another_portal_is_left_alone() {
    let fake = portal();
    let both = Both::at(&fake.base);
    both.write_auth(&both.tokens(1, 60));
    assert_eq!(both.look().expect("renewed"), "access-100");
    assert!(!both.files().shared.exists());
    let mut elsewhere = both.tokens(7, 3600);
    elsewhere["portal_base_url"] = "https://other.example".into();
    both.write_shared(&elsewhere);
    both.write_auth(&both.tokens(2, 60));
    assert_eq!(both.look().expect("renewed"), "access-101");
    assert_eq!(both.access_tokens(), ["access-7", "access-101"]);
    both.write_auth(&json!({"portal_base_url": "x", "last_auth_error": {}}));
    assert_eq!(both.look().expect_err("none").class(), Class::NotLoggedIn);
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
    // Whoever holds the lock now does not keep the login from being used.
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
fn locks_that_are_not_free_are_told_and_nothing_is_sent() {
    let fake = portal();
    let both = Both::at(&fake.base);
    both.write_auth(&both.tokens(1, -5));
    for file in [both.files().auth, both.files().shared] {
        let path = file.with_extension("lock");
        let lock = fs::File::create(&path).expect("a lock");
        lock.lock().expect("locked");
        let error = both.files().lock(&both.ours.interrupt, Duration::ZERO).expect_err("not free");
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
        let told = format!(
            "{error} {}",
            error.parts().hints.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
        );
        assert!(told.contains(says), "{says}: {told}");
        assert!(!told.contains("access-") && !told.contains("refresh-"), "{told}");
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
            let file = both.files().auth;
            fs::rename(&file, file.with_extension("there")).expect("moved");
            symlink(file.with_extension("there"), file).expect("linked");
        },
        Class::Config,
        "Set HERMES_HOME",
    );
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
            "another user",
        );
    }
    for (text, says) in [
        ("", "nothing in it"),
        ("\0\0\0", "nothing in it"),
        ("{\"providers\":{\"nous\":{\"access_token\":\"acc", "ends in the middle"),
        ("{\"providers\":[]}", "makes no sense"),
        ("{\"providers\":{},\"providers\":{}}", "makes no sense"),
        ("{\"providers\":{\"nous\":{\"access_token\":7}}}", "access_token is no text"),
        ("{\"providers\":{\"nous\":{\"access_token\":\"a b\"}}}", "cannot be sent"),
        ("{\"providers\":{\"nous\":{\"access_token\":\"a\"}}}", "portal_base_url"),
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
    guest["auth_method"] = GUEST.into();
    both.write_auth(&guest);
    assert!(both.files().read().expect("read").portal_url().is_none());
}
