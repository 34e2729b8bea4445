//! The promises of the credential file: private, whole, and never thrown away.

use super::super::document::{Key, Login};
use super::super::fake::Home;
use super::*;
use serde_json::Value;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::sync::mpsc;
use url::Url;

fn home() -> Home {
    Home::at(&Url::parse("https://portal.example").expect("a URL"))
}

fn class_of(store: &Store) -> Class {
    store.read().expect_err("refused").class()
}

#[test]
fn no_file_is_no_login_and_reading_makes_none() {
    let home = home();
    let store = Store::new(home.folder.path().join("deep/credentials.json"));
    assert!(store.read().expect("nothing").logins.is_empty());
    assert!(!home.folder.path().join("deep").exists());
}

#[test]
fn what_is_written_is_private_and_whole() {
    let home = home();
    let store = Store::new(home.folder.path().join("deep/credentials.json"));
    let login = home.log_in(900);
    let locked = store.lock(&home.interrupt).expect("the lock");
    let mut contents = locked.read().expect("empty");
    contents.put(&home.key(), login);
    locked.write(&contents).expect("written");
    let mode = |path: &Path| fs::metadata(path).expect("there").mode() & 0o777;
    assert_eq!(mode(store.path()), 0o600);
    assert_eq!(mode(&home.folder.path().join("deep")), 0o700);
    let left: Vec<_> = fs::read_dir(home.folder.path().join("deep"))
        .expect("a folder")
        .map(|entry| entry.expect("an entry").file_name())
        .collect();
    assert_eq!(left.len(), 2, "a temporary file was left behind: {left:?}");
    let read = store.read().expect("read");
    assert_eq!(read.login(&home.key()).expect("there").access_token.expose(), "access-0");
}

#[test]
fn what_a_run_that_died_had_claimed_is_cleared_away() {
    let home = home();
    home.log_in(900);
    let left = home.folder.path().join(".credentials-a1b2c3.new");
    fs::write(&left, vec![b' '; 4096]).expect("written");
    let store = home.store();
    let locked = store.lock(&home.interrupt).expect("the lock");
    let contents = locked.read().expect("a login");
    let written = locked.reserve(4096).expect("room").commit(&contents).expect("written");
    assert_eq!(written, Written::Kept);
    assert!(!left.exists());
    assert!(store.read().expect("read").login(&home.key()).is_some());
}

#[test]
fn what_is_claimed_is_still_there_after_another_write() {
    let home = home();
    home.log_in(900);
    let store = home.store();
    let locked = store.lock(&home.interrupt).expect("the lock");
    let contents = locked.read().expect("a login");
    let room = locked.reserve(4096).expect("room");
    locked.write(&contents).expect("a note in between");
    assert_eq!(room.commit(&contents).expect("written"), Written::Kept);
}

#[test]
fn keys_of_other_versions_are_kept() {
    let home = home();
    home.log_in(900);
    let path = home.store().path().to_owned();
    let mut value: Value = serde_json::from_slice(&fs::read(&path).expect("read")).expect("JSON");
    value["later"] = serde_json::json!({"a": [1.50, null]});
    value["logins"][0]["colour"] = serde_json::json!(12_345_678_901_234_567_890_u64);
    fs::write(&path, value.to_string()).expect("written");
    home.change(|contents| {
        contents.login_mut(&home.key()).expect("there").scope = "changed".into();
    });
    let after: Value = serde_json::from_slice(&fs::read(&path).expect("read")).expect("JSON");
    assert_eq!(after["later"], value["later"]);
    assert_eq!(after["logins"][0]["colour"], value["logins"][0]["colour"]);
    assert_eq!(after["logins"][0]["scope"], "changed");
}

/// Fault 40.
#[test]
fn a_file_that_others_could_read_or_swap_is_refused_with_the_command_that_mends_it() {
    let refused = |spoil: &dyn Fn(&Path), hint: &str| {
        let home = home();
        home.log_in(900);
        let path = home.store().path().to_owned();
        spoil(&path);
        let error = home.store().read().expect_err(hint);
        assert_eq!(error.class(), Class::Config, "{hint}");
        assert!(error.parts().hints[0].to_string().contains(hint), "{hint}: {error:?}");
        assert!(error.to_string().contains("credentials.json"), "{error}");
    };
    let mode = |path: &Path, mode| {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("changed");
    };
    refused(&|path| mode(path, 0o644), "chmod 600");
    refused(&|path| mode(path, 0o620), "chmod 600");
    refused(&|path| mode(path.parent().expect("a folder"), 0o770), "chmod 700");
    refused(&|path| fs::hard_link(path, path.with_extension("two")).expect("linked"), "cp -p");
    refused(
        &|path| {
            fs::rename(path, path.with_extension("there")).expect("moved");
            symlink(path.with_extension("there"), path).expect("linked");
        },
        "readlink",
    );
    refused(
        &|path| {
            fs::remove_file(path).expect("removed");
            fs::create_dir(path).expect("made");
        },
        "mv ",
    );
    refused(
        &|path| {
            fs::remove_file(path).expect("removed");
            let pipe = std::process::Command::new("mkfifo").arg(path).status();
            assert!(pipe.expect("mkfifo").success());
        },
        "mv ",
    );
    if rustix::process::geteuid().is_root() {
        refused(
            &|path| std::os::unix::fs::chown(path, Some(1), None).expect("given away"),
            "chown",
        );
    }
}

#[test]
fn a_newer_file_is_refused_and_not_rewritten() {
    let home = home();
    home.log_in(900);
    let path = home.store().path().to_owned();
    fs::write(&path, r#"{"version":2,"logins":{"other":"shape"}}"#).expect("written");
    assert_eq!(class_of(&home.store()), Class::Config);
    let store = home.store();
    let locked = store.lock(&home.interrupt).expect("the lock");
    assert_eq!(locked.read_for_login().expect_err("refused").class(), Class::Config);
    assert!(fs::read_to_string(&path).expect("there").contains("\"version\":2"));
}

/// Fault 42.
#[test]
fn a_file_that_makes_no_sense_is_kept_beside_the_new_one() {
    let home = home();
    let login = home.log_in(900);
    let path = home.store().path().to_owned();
    let whole = fs::read(&path).expect("read");
    let mut kept = Vec::new();
    for broken in [
        Vec::new(),
        b" \n".to_vec(),
        vec![0; 4096],
        whole[..whole.len() / 2].to_vec(),
        br#"{"version":1,"logins":[{"access_token":"secret-word"}]}"#.to_vec(),
        br#"{"version":1,"version":1}"#.to_vec(),
        b"[]".to_vec(),
    ] {
        fs::write(&path, &broken).expect("written");
        let error = home.store().read().expect_err("broken");
        assert_eq!(error.class(), Class::NotLoggedIn);
        assert!(!error.to_string().contains("secret-word"), "{error}");
        assert_eq!(fs::read(&path).expect("kept"), broken);
        let store = home.store();
        let locked = store.lock(&home.interrupt).expect("the lock");
        let mut contents = locked.read_for_login().expect("put aside");
        contents.put(&home.key(), login.clone());
        locked.write(&contents).expect("written");
        kept.push(broken);
    }
    for (at, broken) in kept.iter().enumerate() {
        let name = match at {
            0 => "credentials.json.broken".to_owned(),
            _ => format!("credentials.json.broken.{}", at + 1),
        };
        assert_eq!(&fs::read(home.folder.path().join(&name)).expect(&name), broken);
    }
}

#[test]
fn one_writes_at_a_time_and_who_waits_too_long_is_told() {
    let home = home();
    let store = home.store();
    let locked = store.lock(&home.interrupt).expect("the lock");
    let waited = store.lock_within(&home.interrupt, Duration::ZERO).expect_err("held");
    assert_eq!(waited.class(), Class::Config);
    assert!(waited.to_string().contains("another topup process"), "{waited}");
    let (send, receive) = mpsc::channel();
    let other = store.clone();
    let thread = std::thread::spawn(move || {
        let _locked = other.lock(&Interrupt::default()).expect("the lock, later");
        send.send(()).expect("heard");
    });
    assert!(receive.try_recv().is_err());
    drop(locked);
    receive.recv_timeout(Duration::from_secs(10)).expect("the lock was handed on");
    thread.join().expect("no panic");
}

#[test]
fn a_login_is_found_by_all_of_its_key_and_forgotten_alone() {
    let home = home();
    let login = home.log_in(900);
    let key = home.key();
    let mut contents = home.store().read().expect("read");
    let others = [
        Key { profile: "work".into(), ..key.clone() },
        Key { portal: "https://other.example".into(), ..key.clone() },
        Key { provider: crate::provider::CIRIS, ..key.clone() },
    ];
    for other in &others {
        assert!(contents.login(other).is_none());
        let login = Login {
            provider: other.provider.name().to_owned(),
            profile: other.profile.clone(),
            portal: other.portal.clone(),
            ..login.clone()
        };
        contents.put(other, login);
    }
    assert!(contents.forget(&key));
    assert!(!contents.forget(&key));
    assert!(others.iter().all(|other| contents.login(other).is_some()));
}

#[test]
fn a_file_that_is_as_it_was_is_parsed_once() {
    let home = home();
    let store = home.store();
    home.log_in(600);
    let first = store.document().expect("read");
    assert!(Arc::ptr_eq(&first, &store.clone().document().expect("read")));
    home.change(|contents| contents.logins[0].scope = "other".into());
    let second = store.document().expect("read");
    assert_eq!((first.logins.len(), second.logins[0].scope.as_str()), (1, "other"));
    fs::remove_file(store.path()).expect("removed");
    assert!(store.document().expect("read").logins.is_empty());
}
