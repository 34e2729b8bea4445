//! Promise: machines that share a login by `credential_command` renew it once, and its secrets are
//! in no argument, no environment and no error.
//!
//! The program of these tests is the one in the manual.

use crate::support::{Server, User, signal, until};
use serde_json::Value;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::Duration;

/// The program that the manual shows.
fn program() -> String {
    let page = include_str!("../src/cli/manual/fleet.md");
    let section = page.split("<!-- keep-login -->").nth(1).expect("the section");
    let section = section.split("<!-- /keep-login -->").next().expect("its end");
    let (_, program) = section.split_once("```sh\n").expect("the program");
    program.trim().trim_end_matches("```").to_owned()
}

/// A machine whose profile names this program.
fn machine(server: &Server, folder: &Path, program: &str) -> User {
    let file = folder.join("keep-login");
    if !file.exists() {
        fs::write(&file, program).expect("written");
        fs::set_permissions(&file, fs::Permissions::from_mode(0o700)).expect("runnable");
    }
    let user = User::new()
        .with("TOPUP_PORTAL_URL", &server.url)
        .with("KEEP", folder.join("login").to_str().expect("text"));
    fs::write(
        user.file("config.toml"),
        format!("[profiles.default]\ncredential_command = ['{}']\n", file.display()),
    )
    .expect("written");
    user
}

/// Changes the login that is kept.
fn change(folder: &Path, change: impl FnOnce(&mut Value)) {
    let file = folder.join("login");
    let text = fs::read_to_string(&file).expect("a login");
    let mut logins: Value = serde_json::from_str(&text).expect("JSON");
    change(&mut logins["logins"][0]);
    fs::write(&file, logins.to_string()).expect("written");
}

#[test]
fn the_login_is_where_the_command_keeps_it_and_nowhere_else() {
    let server = Server::without_limits();
    let folder = tempfile::tempdir().expect("a folder");
    let one = machine(&server, folder.path(), &program());
    one.run(&["state"]).code(10);
    one.run(&["login", "--step-up", "--no-browser"]).code(0);
    assert!(!one.file("credentials.json").exists());
    let other = machine(&server, folder.path(), &program());
    other.run(&["buy", "25", "--yes"]).code(0);
    let who = other.run(&["whoami", "--json"]).code(0).json();
    assert_eq!(who["data"]["source"], "command");
    other.run(&["logout"]).code(0);
    one.run(&["state"]).code(10);
    assert_eq!(server.count_charges(), 1);
}

#[test]
fn machines_that_share_a_login_renew_it_once() {
    for left in [Duration::from_secs(180), Duration::ZERO] {
        let server = Server::without_limits();
        let folder = tempfile::tempdir().expect("a folder");
        let machines: Vec<User> =
            (0..3).map(|_| machine(&server, folder.path(), &program())).collect();
        machines[0].run(&["login", "--step-up", "--no-browser"]).code(0);
        change(folder.path(), |login| {
            let now = jiff::Timestamp::now();
            login["expires_at"] = (now + left).to_string().into();
            login["obtained_at"] = (now - Duration::from_secs(720)).to_string().into();
        });
        let grants = server.count_grants();
        let buy: &[&str] = &["buy", "25", "--yes", "--json", "--once", "refill"];
        let runs: Vec<_> =
            (0..4).flat_map(|_| machines.iter()).map(|user| (user, user.start(buy))).collect();
        for (user, child) in runs {
            user.finish(buy, child).code(0);
        }
        assert_eq!(server.count_grants() - grants, 1, "{left:?} left");
        assert_eq!(server.count_charges(), 1);
        // The session lives: a refresh token that was sent twice would have ended it.
        machines[1].run(&["state"]).code(0);
    }
}

#[test]
fn a_command_that_cannot_be_used_is_named_and_nothing_of_its_answer_is_shown() {
    let server = Server::without_limits();
    for (program, says) in [
        ("#!/bin/sh\nexit 3\n", "ended with"),
        ("#!/bin/sh\necho the-secret of mine\n", "no version"),
        ("#!/bin/sh\necho v1; echo '{\"version\":1,\"logins\":[the-secret'\n", "cannot be read"),
        ("#!/bin/sh\necho v1; echo '{\"version\":99}'\n", "newer version"),
        ("#!/bin/sh\nhead -c 2000000 /dev/zero\n", "larger than a megabyte"),
        ("no program at all", "cannot be run"),
    ] {
        let folder = tempfile::tempdir().expect("a folder");
        let user = machine(&server, folder.path(), program);
        let ran = user.run(&["buy", "25", "--yes", "--json"]).code(4).says(says);
        assert!(!ran.out.contains("the-secret") && !ran.err.contains("the-secret"), "{}", ran.err);
        ran.failed("config", Some("no"));
    }
    assert_eq!(server.count_charges(), 0);
}

#[test]
fn a_command_that_hangs_is_ended_with_the_run() {
    let server = Server::without_limits();
    // The second one has ended, and something that it started holds its output open.
    let held = "{ sleep 0.2; : >\"$KEEP.began\"; sleep 50; } 2>&- & exit 0";
    for hangs in [": >\"$KEEP.began\"\nexec sleep 50", held] {
        let folder = tempfile::tempdir().expect("a folder");
        let program = format!("#!/bin/sh\n{hangs}\n");
        let user = machine(&server, folder.path(), &program);
        let child = user.start(&["buy", "25", "--yes"]);
        until("the program began", || folder.path().join("login.began").exists());
        let told = std::time::Instant::now();
        signal(child.id(), rustix::process::Signal::INT);
        user.finish(&["buy"], child).code(130);
        assert!(told.elapsed() < Duration::from_secs(20), "{hangs} is waited for");
    }
}

#[test]
fn no_secret_is_in_the_arguments_or_the_environment_of_the_command() {
    let server = Server::without_limits();
    let folder = tempfile::tempdir().expect("a folder");
    let spy = program().replacen("set -eu", "set -eu\n{ echo \"$@\"; env; } >>\"$KEEP.seen\"", 1);
    let user = machine(&server, folder.path(), &spy);
    user.run(&["login", "--step-up", "--no-browser"]).code(0);
    change(folder.path(), |login| login["expires_at"] = "2026-01-01T00:00:00Z".into());
    let ran = user.run(&["state", "--verbose"]).code(0);
    let kept = fs::read_to_string(folder.path().join("login")).expect("a login");
    let kept: Value = serde_json::from_str(&kept).expect("JSON");
    let seen = fs::read_to_string(folder.path().join("login.seen")).expect("what it saw");
    assert!(seen.contains("store "), "{seen}");
    for name in ["access_token", "refresh_token"] {
        let secret = kept["logins"][0][name].as_str().expect("a token");
        for text in [&seen, &ran.out, &ran.err] {
            assert!(!text.contains(secret), "{name} in {text}");
        }
    }
    let given = user.with("TOPUP_TOKEN", &server.token);
    given.run(&["state"]).code(0);
    let after = fs::read_to_string(folder.path().join("login.seen")).expect("what it saw");
    assert_eq!(after, seen, "a token that is given needs no command");
}
