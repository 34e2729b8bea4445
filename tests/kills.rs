//! Killed, or failed by the system, at every call of a purchase: the same command again pays once.
//!
//! `strace` counts the calls of the unmodified binary and kills it, or fails the call, at each
//! ordinal in turn. Afterwards the same command runs undisturbed, and the portal's own ledger is
//! the judge.

use crate::support::{Server, TOPUP, User};
use serde_json::Value;
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, Stdio};

/// The calls at which a purchase touches the world.
const CALLS: &[&str] = &[
    "openat",
    "read",
    "write",
    "pwrite64",
    "fsync",
    "fdatasync",
    "unlink",
    "flock",
    "fcntl",
    "connect",
    "sendto",
    "writev",
    "recvfrom",
    "exit_group",
];
/// The failures that a file call can meet.
const ERRORS: &[&str] = &["EIO", "ENOSPC", "EROFS", "ENOLCK"];
/// The file calls that can fail.
const FILE_CALLS: &[&str] = &["openat", "pwrite64", "fsync", "fdatasync", "unlink", "flock"];
/// No run makes more calls of one name than this.
const LONGEST: usize = 400;

fn strace_is_there() -> bool {
    let there = Command::new("strace").arg("-V").stdout(Stdio::null()).status().is_ok();
    assert!(there || std::env::var_os("CI").is_none(), "strace is missing");
    there
}

fn portal() -> Server {
    let server = Server::start(&["--no-rate-limit"]);
    server.keeper().set("limit=100000000");
    server
}

/// What an injected run came to.
struct Injected {
    /// The injection was reached.
    reached: bool,
    code: Option<i32>,
    out: String,
}

fn inject(user: &User, arguments: &[&str], inject: &str) -> Injected {
    let log = user.file("strace.log");
    let piped = user.command(arguments);
    let mut traced = Command::new("strace");
    traced
        .args(["-f", "-qq", "-e", "signal=none", "-e", &format!("inject={inject}"), "-o"])
        .arg(&log)
        .arg(TOPUP)
        .args(arguments);
    traced.env_clear().current_dir(user.home()).stdin(Stdio::null()).stderr(Stdio::null());
    for (name, value) in piped.get_envs() {
        if let Some(value) = value {
            traced.env(name, value);
        }
    }
    let output = traced.output().expect("strace");
    let calls = std::fs::read_to_string(&log).unwrap_or_default();
    // The tracer ends as the traced one did.
    let killed = output.status.signal() == Some(9) || output.status.code() == Some(128 + 9);
    Injected {
        reached: killed || calls.contains("(INJECTED)"),
        code: output.status.code(),
        out: String::from_utf8(output.stdout).expect("text"),
    }
}

/// What the first run said has to be true, whatever happened to it.
fn check_first(injected: &Injected, charges: i64, what: &str) {
    if injected.out.is_empty() {
        assert_ne!(injected.code, Some(0), "{what}: a success without an answer");
        return;
    }
    let Ok(document) = serde_json::from_str::<Value>(&injected.out) else {
        // Killed, or failed, in the middle of the answer: then it is no success.
        assert_ne!(injected.code, Some(0), "{what}: {}", injected.out);
        return;
    };
    if document["ok"] == true {
        assert_eq!((charges, &document["data"]["status"]), (1, &"settled".into()), "{what}");
    } else if document["error"]["charged"] == "no" {
        assert_eq!(charges, 0, "{what}: said that nothing was charged: {document}");
    }
}

/// Runs the whole matrix of one call: every ordinal until it is not reached any more.
fn every_ordinal(server: &Server, call: &str, how: &str, arguments: &[&str]) -> usize {
    for n in 1..=LONGEST {
        let what = format!("{call}:{how}:when={n}");
        let user = server.user();
        let before = server.count_charges();
        let injected = inject(&user, arguments, &what);
        check_first(&injected, server.count_charges() - before, &what);
        if !injected.reached {
            return n - 1;
        }
        let told = serde_json::from_str::<Value>(&injected.out)
            .is_ok_and(|document| document["ok"] == true);
        let again = user.run(arguments);
        assert_eq!(again.code, 0, "{what}, then again: {}{}", again.out, again.err);
        // A purchase whose outcome was told is over, and the next one without a name is another;
        // unless that it was told could not be noted: then the very same one is told once more.
        let document = again.json();
        let same = document["data"]["replayed"] == true || document["data"]["resumed"] == true;
        let expected = if told && !same { 2 } else { 1 };
        assert_eq!(server.count_charges() - before, expected, "{what}, then again: {document}");
    }
    panic!("{call} is called more than {LONGEST} times");
}

#[test]
fn killed_at_every_call_the_same_command_pays_once() {
    if !strace_is_there() {
        return;
    }
    let server = portal();
    let mut points = 0;
    for call in CALLS {
        points += every_ordinal(&server, call, "signal=SIGKILL", &["buy", "25", "--yes", "--json"]);
    }
    println!("killed at {points} points, paid once each time");
    assert!(points > 100, "only {points} points were reached");
}

#[test]
fn killed_under_a_name_the_same_command_pays_once() {
    if !strace_is_there() {
        return;
    }
    let server = portal();
    let mut points = 0;
    for call in ["pwrite64", "fdatasync", "unlink", "flock", "sendto", "recvfrom", "write"] {
        for n in 1..=LONGEST {
            let name = format!("{call}-{n}");
            let arguments = ["buy", "25", "--yes", "--json", "--once", &name];
            let what = format!("{call}:signal=SIGKILL:when={n}");
            let user = server.user();
            let before = server.count_charges();
            let injected = inject(&user, &arguments, &what);
            check_first(&injected, server.count_charges() - before, &what);
            if !injected.reached {
                break;
            }
            points += 1;
            user.run(&arguments).code(0);
            // Another machine under the same name finds the same charge.
            server.user().run(&arguments).code(0);
            assert_eq!(server.count_charges() - before, 1, "{what}");
        }
    }
    println!("killed at {points} points under a name, paid once each time");
    assert!(points > 20, "only {points} points were reached");
}

#[test]
fn failed_by_the_system_at_every_file_call_it_tells_the_truth_and_pays_once() {
    if !strace_is_there() {
        return;
    }
    let server = portal();
    let mut points = 0;
    for call in FILE_CALLS {
        for error in ERRORS {
            points += every_ordinal(
                &server,
                call,
                &format!("error={error}"),
                &["buy", "25", "--yes", "--json"],
            );
        }
    }
    println!("failed at {points} points, the truth was told and paid once each time");
    assert!(points > 100, "only {points} points were reached");
}
