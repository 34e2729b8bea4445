//! Promise: streams that are closed, full or read by nobody are no panic; no purchase is lost sight
//! of, and no file gets the number of one.

use crate::support::{Server, User, topup, until};
use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A pipe whose reader has gone away.
fn broken_pipe() -> Stdio {
    let (reader, writer) = std::io::pipe().expect("a pipe");
    drop(reader);
    writer.into()
}

fn full() -> Stdio {
    OpenOptions::new().write(true).open("/dev/full").expect("a full device").into()
}

/// The command behind a shell that closes descriptors first.
fn closing(user: &User, closed: &str, arguments: &[&str]) -> Command {
    let mut shell = Command::new("sh");
    shell.args(["-c", &format!("exec \"$@\" {closed}"), "sh", topup()]).args(arguments);
    let of_user = user.command(&[]);
    shell.env_clear().current_dir(user.home()).stdin(Stdio::null());
    for (name, value) in of_user.get_envs() {
        shell.env(name, value.unwrap_or_default());
    }
    shell
}

const WITHOUT_OUTPUT: &[&str] = &["a broken pipe", "a full device", "a closed one"];

/// Runs it with a standard output that takes nothing; gives the code and what was said beside it.
fn without_output(user: &User, how: &str, arguments: &[&str]) -> (i32, String) {
    let mut command = match how {
        "a closed one" => closing(user, ">&-", arguments),
        _ => user.command(arguments),
    };
    let command = match how {
        "a broken pipe" => command.stdout(broken_pipe()),
        "a full device" => command.stdout(full()),
        _ => &mut command,
    };
    let child = command.stderr(Stdio::piped()).spawn().expect("it starts");
    let ran = user.finish(arguments, child);
    (ran.code, ran.err)
}

#[test]
fn fault_45_an_answer_that_arrives_nowhere_is_no_success_and_no_panic() {
    let user = User::on_sandbox();
    user.run(&["ledger", "init", "--mandate", "acme", "--model", "unlimited"]).code(0);
    user.run(&["buy", "25", "--yes"]).code(0);
    for how in WITHOUT_OUTPUT {
        for verb in [
            &["state"][..],
            &["state", "--json"],
            &["state", "--get", "balance_usd"],
            &["history"],
            &["history", "--csv"],
            &["ledger", "balance"],
            &["ledger", "transactions", "--json"],
            &["sandbox", "log"],
            &["--help"],
            &["help", "buy"],
            &["--version"],
            &["completions", "bash"],
            &["schema"],
            &["explain"],
            &["open", "--link"],
        ] {
            let (code, said) = without_output(&user, how, verb);
            assert_eq!(code, 4, "{how}: {verb:?}: {said}");
            assert!(said.contains("error: ") && !said.contains("panicked"), "{how}: {said}");
        }
        // A failure keeps its own code.
        let (code, said) = without_output(&user, how, &["check", "--at-least", "5000", "--json"]);
        assert_eq!(code, 30, "{how}: {said}");
    }
}

#[test]
fn fault_45_a_purchase_that_was_told_to_nobody_is_told_by_the_next_run() {
    let server = Server::without_limits();
    for how in WITHOUT_OUTPUT {
        for form in [&["buy", "25", "--yes", "--json"][..], &["buy", "25", "--yes"]] {
            let user = server.user();
            let before = server.count_charges();
            let (code, said) = without_output(&user, how, form);
            assert_eq!(code, 4, "{how}: {said}");
            // And again: it stays untold until somebody has it.
            assert_eq!(without_output(&user, how, form).0, 4, "{how}");
            assert_eq!(server.count_charges() - before, 1, "{how}");
            let again = user.run(&["buy", "25", "--yes", "--json"]).code(0).json();
            assert_eq!(again["data"]["replayed"], true, "{how}: {again}");
            assert_eq!(server.count_charges() - before, 1, "{how}");
            // Once it is told the next one is another.
            let next = user.run(&["buy", "25", "--yes", "--json"]).code(0).json();
            assert_eq!(next["data"]["replayed"], false, "{how}: {next}");
        }
    }
}

/// A pipe that is full, and the end that nobody reads.
fn unread() -> (std::io::PipeReader, std::io::PipeWriter) {
    use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};
    let (reader, mut writer) = std::io::pipe().expect("a pipe");
    let flags = fcntl_getfl(&writer).expect("flags");
    fcntl_setfl(&writer, flags | OFlags::NONBLOCK).expect("set");
    while writer.write(&[b'x'; 4096]).is_ok() {}
    fcntl_setfl(&writer, flags).expect("set");
    (reader, writer)
}

#[test]
fn fault_46_a_standard_error_that_takes_nothing_stops_nothing() {
    let server = Server::without_limits();
    let user = server.user();
    for verb in [&["buy", "25", "--yes", "--json", "-v"][..], &["resume", "-v"], &["state", "-v"]] {
        for how in ["closed", "full", "broken", "unread"] {
            let started = Instant::now();
            let mut command = match how {
                "closed" => closing(&user, "2>&-", verb),
                _ => user.command(verb),
            };
            let (reader, writer) = unread();
            let child = match how {
                "full" => command.stderr(full()),
                "broken" => command.stderr(broken_pipe()),
                "unread" => command.stderr(writer),
                _ => &mut command,
            };
            let child = child.stdout(Stdio::piped()).spawn().expect("it starts");
            let ran = user.finish(verb, child).code(0);
            assert!(!ran.out.is_empty() || verb[0] == "resume", "{how}");
            assert!(started.elapsed() < Duration::from_secs(8), "{how}: {:?}", started.elapsed());
            drop(reader);
        }
    }
    assert_eq!(server.count_charges(), 4);
    // A refusal that cannot be told still has its code.
    let (reader, writer) = unread();
    let wrong = ["buy", "a lot"];
    let child = user.command(&wrong).stderr(writer).spawn().expect("it starts");
    user.finish(&wrong, child).code(2);
    let (_, writer) = unread();
    let child = user.command(&["buy"]).stderr(writer).spawn().expect("it starts");
    user.finish(&["buy"], child).code(2);
    drop(reader);
}

/// All ways to close some of the three.
const CLOSED: &[&str] =
    &["", "<&-", ">&-", "2>&-", "<&- >&-", "<&- 2>&-", ">&- 2>&-", "<&- >&- 2>&-"];

#[test]
fn fault_51_whatever_is_closed_at_the_start_no_file_gets_its_number() {
    for closed in CLOSED {
        let user = User::on_sandbox();
        let run = |arguments: &[&str]| {
            let mut shell = closing(&user, closed, arguments);
            let child = shell.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
            user.finish(arguments, child.expect("it starts"))
        };
        // With standard input closed as well it looks like a service that wants no answer.
        let is_closed = |stream: &str| closed.split(' ').any(|word| word == stream);
        let told = if is_closed(">&-") && !is_closed("<&-") { 4 } else { 0 };
        assert_eq!(run(&["buy", "25", "--yes", "-v"]).code, told, "'{closed}'");
        run(&["ledger", "init", "--mandate", "acme", "--model", "unlimited"]);
        // A command is started from a process that has many threads.
        let costs = ["ledger", "run", "--estimate", "1", "--for-provider", "p", "--", "sh", "-c"];
        let costs = [&costs[..], &["echo out; echo err >&2; echo 0.5 >$TOPUP_COST_FILE"]].concat();
        run(&costs);
        for name in ["journal.db", "sandbox.db", "ledger.db"] {
            let db = rusqlite::Connection::open(user.file(name)).expect("a database");
            let whole: String =
                db.query_row("PRAGMA integrity_check", [], |row| row.get(0)).expect("an answer");
            assert_eq!(whole, "ok", "'{closed}': {name}");
        }
        assert_eq!(user.charges().len(), 1, "'{closed}'");
        let booked = user.run(&["ledger", "transactions", "--json"]).code(0).json();
        assert_eq!(booked["data"]["transactions"][0]["base_price"], "0.5", "'{closed}': {booked}");
    }
}

/// Ends with the test, whatever becomes of it.
struct Served(Child);

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn fault_51_the_numbers_of_the_streams_belong_to_the_null_device() {
    for closed in CLOSED {
        let user = User::new();
        let ready = user.file("ready.json");
        let ready = ready.to_str().expect("text");
        let serve = ["sandbox", "serve", "--ready-file", ready];
        let mut shell = closing(&user, closed, &serve);
        let child = shell.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("it starts");
        let served = Served(child);
        until(&format!("'{closed}': it is ready"), || {
            fs::metadata(ready).map_or(0, |found| found.len()) > 0
        });
        for number in 0..3 {
            let link = format!("/proc/{}/fd/{number}", served.0.id());
            let there = fs::read_link(&link).expect("a descriptor");
            assert_eq!(there.to_str(), Some("/dev/null"), "'{closed}': {number}");
        }
        assert!(File::open(ready).is_ok());
    }
}
