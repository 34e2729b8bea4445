//! Promise: nothing that the ledger reports can be taken back by a power cut: what was booked, and
//! what a reader finds, is on the disk before the first byte of the answer is written.
//!
//! `strace` shows in which order a process writes to the log of the file, makes it durable and answers.

use crate::books::{check_book, data, ledger, with_pool};
use crate::kills::{inject, strace_is_there};
use crate::support::{User, topup};
use std::fs;
use std::process::{Command, Stdio};

/// What a process did to the log, until its first byte of an answer.
#[derive(Debug, Default, PartialEq, Eq)]
struct Traced {
    /// How often it wrote to the log.
    writes: usize,
    /// How often it made the log durable.
    syncs: usize,
    /// How often it answered, on standard output or standard error.
    answers: usize,
}

/// Runs the command and checks the order of its calls.
#[track_caller]
fn traced(user: &User, arguments: &[&str]) -> Traced {
    let log = user.file("calls");
    let piped = user.command(arguments);
    let mut command = Command::new("strace");
    command
        .args(["-f", "-y", "-qq", "-e", "signal=none"])
        .args(["-e", "trace=write,pwrite64,fsync,fdatasync", "-o"])
        .arg(&log)
        .arg(topup())
        .args(arguments)
        .env_clear()
        .current_dir(user.home())
        .stdin(Stdio::null());
    command.envs(piped.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let output = command.output().expect("strace");
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    let calls = fs::read_to_string(&log).expect("a log");
    let (mut found, mut is_durable) = (Traced::default(), None);
    for call in calls.lines() {
        // The process, then the call and its first argument.
        let call = call.trim_start_matches(|digit: char| digit.is_ascii_digit()).trim_start();
        if found.answers == 0 && call.starts_with("pwrite64(") && call.contains(".db-wal>") {
            found.writes += 1;
            is_durable = Some(false);
        } else if (call.starts_with("fdatasync(") || call.starts_with("fsync("))
            && call.contains(".db-wal>")
            && call.ends_with("= 0")
        {
            found.syncs += usize::from(found.answers == 0);
            is_durable = Some(true);
        } else if call.starts_with("write(1<") || call.starts_with("write(2<") {
            assert_ne!(is_durable, Some(false), "{arguments:?} answered before that:\n{calls}");
            found.answers += 1;
        }
    }
    assert!(found.answers > 0, "{calls}");
    found
}

#[test]
fn what_is_reported_as_booked_is_on_the_disk() {
    if !strace_is_there() {
        return;
    }
    let user = with_pool("10");
    // Somebody else has the ledger open: no log is taken back by the last one that leaves.
    let other = rusqlite::Connection::open(user.file("ledger.db")).expect("a ledger");
    let count = |other: &rusqlite::Connection| {
        other
            .query_row("SELECT count(*) FROM ledger_transaction", [], |row| row.get::<_, i64>(0))
            .expect("counted")
    };
    assert_eq!(count(&other), 1);
    // The head of a new log is made durable by itself, once.
    data(&user, &["credit", "1"]);
    for arguments in [
        &["ledger", "credit", "1", "--key", "one"][..],
        &["ledger", "record", "0.25", "--for-provider", "p"],
        &["ledger", "init", "--mandate", "acme", "--markup", "1"],
        &["ledger", "deny", "q"],
    ] {
        let found = traced(&user, arguments);
        assert!(found.writes > 0 && found.syncs > 0, "{arguments:?}: {found:?}");
        // What it found becomes durable with what it booked.
        assert_eq!(found.syncs, 1, "{arguments:?}: {found:?}");
    }
    let run = ["ledger", "run", "--estimate", "0.5", "--for-provider", "p", "--json", "--", "true"];
    let found = traced(&user, &run);
    assert!(found.writes > 0 && found.syncs >= 2, "its beginning and its end: {found:?}");
    // What was booked before is reported only if it is on the disk by now, whoever booked it.
    let again = traced(&user, &["ledger", "credit", "1", "--key", "one"]);
    assert_eq!(again.writes, 0);
    assert!(again.syncs > 0, "{again:?}");
    assert_eq!(count(&other), 5);
}

#[test]
fn what_somebody_booked_who_was_killed_before_it_was_on_the_disk_is_read_when_it_is() {
    if !strace_is_there() {
        return;
    }
    let user = with_pool("10");
    let other = rusqlite::Connection::open(user.file("ledger.db")).expect("a ledger");
    other.query_row("SELECT 1 FROM ledger_mandate", [], |_| Ok(())).expect("read");
    let credit = ["ledger", "credit", "1", "--key", "k", "--json"];
    let killed = inject(&user, &credit, "fdatasync:signal=KILL:when=1");
    assert!(killed.reached && killed.out.is_empty(), "{}", killed.out);
    for arguments in [&["ledger", "balance"][..], &["ledger", "transactions"], &credit] {
        assert!(traced(&user, arguments).syncs > 0, "{arguments:?}");
    }
    assert_eq!(check_book(&user, "acme").len(), 2, "once");
    drop(other);
}

#[test]
fn a_disk_that_does_not_confirm_it_is_no_proof_and_the_same_key_books_once() {
    if !strace_is_there() {
        return;
    }
    let user = with_pool("10");
    let credit = ["ledger", "credit", "1", "--key", "k", "--json"];
    // That of what it has found, which nothing is reported of, and that of what it has booked.
    for (arguments, code, says) in [
        (&["ledger", "balance", "--json"][..], 4, "cannot be used"),
        (&credit, 51, "has not confirmed it"),
    ] {
        let failed = inject(&user, arguments, "fdatasync:error=EIO:when=1");
        assert!(failed.reached, "{arguments:?}");
        assert_eq!(failed.code, Some(code), "{}", failed.out);
        assert!(failed.out.contains(says), "{}", failed.out);
    }
    ledger(&user, &["credit", "1", "--key", "k"]).code(0);
    assert_eq!(check_book(&user, "acme").len(), 2, "once");
    assert_eq!(data(&user, &["balance"])["balance"], "11.00");
}
