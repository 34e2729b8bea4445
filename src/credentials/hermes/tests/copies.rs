//! Which copy of a login is used, and what is changed in the files that hold it.

use super::*;

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

/// A login used in place, 2: Hermes has a second copy somewhere, and would send its old token.
#[test]
fn without_the_second_copy_a_login_is_used_and_not_renewed() {
    let fake = portal();
    let both = Both::at(&fake.base);
    both.write_auth(&both.tokens(1, 60));
    assert_eq!(both.look().expect("as it is"), "access-1");
    both.write_auth(&both.tokens(1, -5));
    let refused = both.look().expect_err("not renewed");
    assert_eq!(refused.class(), Class::Config);
    let shared = both.files().shared.display().to_string();
    assert!(refused.to_string().contains(&shared), "{refused}");
    assert!(refused.parts().hints[0].to_string().contains("HERMES_SHARED_AUTH_DIR"), "{refused:?}");
    assert!(fake.seen().is_empty() && !both.files().shared.exists());
}

/// A login used in place, 4.
#[test]
fn a_shared_copy_that_is_broken_is_passed_over_and_left_alone() {
    for broken in ["", "{", "[]", "{\"access_token\":7}", "{\"access_token\":\"a\"}"] {
        let fake = portal();
        let both = Both::at(&fake.base);
        both.write_auth(&both.tokens(1, 60));
        put(&both.files().shared, broken);
        assert_eq!(both.look().expect(broken), "access-100");
        assert_eq!(fs::read_to_string(both.files().shared).expect("read"), broken);
    }
}

/// A login used in place, 4.
#[test]
fn a_file_that_is_a_link_is_written_through_it() {
    let fake = portal();
    let both = Both::at(&fake.base);
    both.write_shared(&both.tokens(1, 60));
    both.write_auth(&both.tokens(1, 60));
    let real = both.hermes.path().join("dotfiles");
    fs::create_dir(&real).expect("made");
    for file in [both.files().auth, both.files().shared] {
        let target = real.join(file.file_name().expect("a name"));
        fs::rename(&file, &target).expect("moved");
        symlink(&target, &file).expect("linked");
    }
    assert_eq!(both.look().expect("renewed"), "access-100");
    assert_eq!(both.access_tokens(), ["access-100", "access-100"]);
    for file in [both.files().auth, both.files().shared] {
        assert!(crate::core::files::is_link(&file), "{}", file.display());
        // The lock lies where Hermes takes it: beside the link.
        assert!(file.with_extension("lock").exists() && !real.join("auth.lock").exists());
    }
    fs::remove_file(real.join("auth.json")).expect("removed");
    let refused = both.look().expect_err("it leads nowhere");
    assert!(refused.to_string().contains("leads nowhere"), "{refused}");
}

#[test]
fn a_copy_of_another_portal_is_left_alone() {
    let fake = portal();
    let both = Both::at(&fake.base);
    let mut elsewhere = both.tokens(7, 3600);
    elsewhere["portal_base_url"] = "https://other.example".into();
    both.write_shared(&elsewhere);
    both.write_auth(&both.tokens(2, 60));
    assert_eq!(both.look().expect("renewed"), "access-100");
    assert_eq!(both.access_tokens(), ["access-7", "access-100"]);
    both.write_auth(&json!({"portal_base_url": "x", "last_auth_error": {}}));
    assert_eq!(both.look().expect_err("none").class(), Class::NotLoggedIn);
}

/// A login used in place, 5.
#[test]
fn a_login_without_a_portal_or_with_its_retired_host_is_one_of_the_usual_portal() {
    let both = Both::at(&portal().base);
    for named in [
        Value::Null,
        "".into(),
        "https://api.nousresearch.com".into(),
        "https://api.nousresearch.com/".into(),
    ] {
        let mut tokens = both.tokens(1, 900);
        tokens["portal_base_url"] = named.clone();
        both.write_auth(&tokens);
        let copies = Copies::read(&both.files()).expect("read");
        assert_eq!(copies.portal_url(), Some("https://portal.nousresearch.com"), "{named}");
    }
}
