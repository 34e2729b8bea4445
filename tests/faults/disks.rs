//! Promise: what the system cannot keep is refused before the request, remembered in memory after
//! it, and never half-written.
//!
//! No room, files, descriptors or answers; and an end in the middle of a write.

use crate::disks::on_a_disk;
use crate::kills::{Chosen, each_point, failures, inject, one_point, strace_is_there};
use crate::support::{Server, User, check_again, check_first, topup};
use serde_json::Value;
use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, Stdio};

const BUY: &[&str] = &["buy", "25", "--yes", "--json"];

#[test]
fn fault_43_what_cannot_be_written_down_is_never_sent() {
    if !strace_is_there() {
        return;
    }
    let server = Server::without_limits();
    for error in ["ENOSPC", "EIO", "EROFS", "EDQUOT", "ESTALE"] {
        for call in ["pwrite64", "fsync,fdatasync"] {
            let user = server.user();
            let ran = inject(&user, BUY, &format!("{call}:error={error}:when=1+"));
            assert!(ran.reached, "{call} {error}");
            assert_eq!(ran.code, Some(4), "{call} {error}: {}", ran.out);
            let document: Value = serde_json::from_str(&ran.out).expect("a document");
            assert_eq!(document["error"]["class"], "config", "{call} {error}");
            assert_eq!(document["error"]["charged"], "no", "{call} {error}");
        }
    }
    assert!(server.keeper().seen().is_empty(), "nothing was sent");
    assert_eq!(server.count_charges(), 0);
}

/// From some write on the disk takes nothing any more: before the POST nothing is sent, after it
/// the purchase is carried to its end in memory.
#[test]
fn fault_43_a_disk_that_fails_from_some_write_on_is_no_second_charge() {
    if !strace_is_there() {
        return;
    }
    let server = Server::without_limits();
    let errors = ["ENOSPC", "EIO", "EROFS", "EDQUOT", "ESTALE"];
    let (mut refused, mut settled) = (0, 0);
    for (turn, first) in (1..130).step_by(5).enumerate() {
        let what = format!("pwrite64:error={}:when={first}+", errors[turn % errors.len()]);
        let user = server.user();
        // The tables of the journal are there already.
        user.run(&["buy", "26", "--yes"]).code(0);
        let before = server.count_charges();
        let ran = inject(&user, BUY, &what);
        let charges = server.count_charges() - before;
        let document = check_first(&ran.out, ran.code, charges, &what);
        match ran.code {
            Some(4) => assert_eq!(
                (charges, &document["error"]["charged"]),
                (0, &"no".into()),
                "{what}: {}",
                ran.out
            ),
            Some(0) => assert_eq!(charges, 1, "{what}"),
            code => panic!("{what}: {code:?}: {}", ran.out),
        }
        refused += usize::from(ran.code == Some(4));
        settled += usize::from(ran.code == Some(0) && ran.reached);
        check_again(&document, &user.run(BUY), server.count_charges() - before, &what);
    }
    println!("{refused} were refused, {settled} were settled in memory");
    assert!(refused >= 2 && settled >= 1, "{refused} and {settled}");
}

#[test]
fn fault_43_a_single_failure_of_any_kind_is_told_truly_and_pays_once() {
    if !strace_is_there() {
        return;
    }
    let harms = [
        failures(&["openat"], &["error=EMFILE", "error=ESTALE", "error=EDQUOT"]),
        failures(&["pwrite64", "fsync"], &["error=EDQUOT", "error=ESTALE"]),
        failures(&["unlink"], &["error=ESTALE"]),
        failures(&["socket"], &["error=EMFILE"]),
    ]
    .concat();
    let points = each_point(&Chosen::some(), &harms, Server::without_limits, |server, what| {
        one_point(server, &server.user(), BUY, what)
    });
    println!("failed at {points} points");
}

/// Runs it under a limit of the shell and gives the code; a signal has none.
fn limited(user: &User, limit: &str) -> (Option<i32>, String, String) {
    let mut shell = Command::new("bash");
    shell.args(["-c", &format!("{limit}; exec \"$@\""), "bash", topup()]).args(BUY);
    shell.env_clear().current_dir(user.home()).stdin(Stdio::null());
    for (name, value) in user.command(&[]).get_envs() {
        shell.env(name, value.unwrap_or_default());
    }
    let output = shell.output().expect("a shell");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("text");
    assert_eq!(output.status.signal(), None, "{limit}");
    (output.status.code(), text(output.stdout), text(output.stderr))
}

#[test]
fn fault_43_a_limit_of_file_size_is_a_failed_write_and_no_end() {
    let server = Server::without_limits();
    let mut refused = 0;
    // In KiB: from nothing at all to more than a journal takes.
    for kib in (0..=136).step_by(8) {
        let user = server.user();
        let before = server.count_charges();
        let (code, out, err) = limited(&user, &format!("ulimit -f {kib}"));
        let what = format!("{kib} KiB: {out}{err}");
        assert!(!err.contains("panicked"), "{what}");
        assert!([Some(0), Some(4)].contains(&code), "{what}");
        let charges = server.count_charges() - before;
        let document = check_first(&out, code, charges, &what);
        if code == Some(4) {
            refused += 1;
            assert_eq!((&document["error"]["charged"], charges), (&"no".into(), 0), "{what}");
        }
        check_again(&document, &user.run(BUY), server.count_charges() - before, &what);
    }
    assert!(refused >= 2, "{refused} were refused");
}

#[test]
fn fault_43_without_descriptors_nothing_is_charged_that_is_not_told() {
    let server = Server::without_limits();
    let mut refused = 0;
    for most in 3..16 {
        let user = server.user();
        let before = server.count_charges();
        let (code, out, err) = limited(&user, &format!("ulimit -n {most}"));
        let what = format!("{most} descriptors: {out}{err}");
        assert!(!err.contains("panicked"), "{what}");
        // Below some number not even the loader can do its work (127).
        assert!([Some(0), Some(4), Some(127)].contains(&code), "{what}");
        let charges = server.count_charges() - before;
        if code == Some(127) {
            continue;
        }
        let document = check_first(&out, code, charges, &what);
        if code != Some(0) {
            refused += 1;
            assert_eq!((&document["error"]["charged"], charges), (&"no".into(), 0), "{what}");
        }
        check_again(&document, &user.run(BUY), server.count_charges() - before, &what);
    }
    assert!(refused >= 2, "{refused} were refused");
}

#[test]
fn fault_43_without_inodes_nothing_is_sent_that_could_not_be_remembered() {
    let server = Server::without_limits();
    let buy = [&[topup()], BUY].concat();
    let mut refused = 0;
    // The log of the journal and its index are two of them.
    for inodes in 1..=10 {
        let before = server.count_charges();
        let disk = format!("1m,nr_inodes={inodes}");
        let runs = on_a_disk(&server.user(), &disk, "nr_inodes=100", &buy);
        let (code, out, err) = runs.first;
        let what = format!("{inodes} inodes: {out}{err}");
        if code == 4 {
            refused += 1;
            assert!(out.contains(r#""charged":"no""#), "{what}");
        }
        let first = check_first(&out, Some(code), i64::from(code == 0), &what);
        check_again(&first, &runs.again, server.count_charges() - before, &what);
    }
    assert!((2..10).contains(&refused), "{refused} were refused");
}

#[test]
fn fault_44_a_purchase_that_tells_everything_names_the_disk_of_its_journal() {
    let server = Server::without_limits();
    let runs = on_a_disk(&server.user(), "1m", "rw", &[topup(), "buy", "25", "--yes", "-v"]);
    let (code, out, err) = runs.first;
    assert_eq!(code, 0, "{out}{err}");
    assert!(err.contains("journal.db, on tmpfs, which is gone"), "{err}");
}

/// The calls with which a file comes to its new state.
const WRITES: &[&str] =
    &["write", "pwrite64", "fsync", "fdatasync", "rename", "ftruncate", "unlink"];

#[test]
fn fault_59_killed_while_a_login_is_kept_the_old_one_or_the_new_one_is_there() {
    if !strace_is_there() {
        return;
    }
    let server = Server::without_limits();
    let mut points = 0;
    for call in ["openat", "write", "fsync", "renameat", "flock"] {
        // The last of these are past the end of it.
        for n in (1..40).step_by(3) {
            let user = server.user_with_an_old_login();
            let before = fs::read(user.file("credentials.json")).expect("a login");
            let renew = ["state", "--json"];
            let what = format!("{call}:signal=SIGKILL:when={n}");
            let ran = inject(&user, &["login", "--step-up", "--no-browser", "--json"], &what);
            if !ran.reached {
                break;
            }
            points += 1;
            let after = fs::read(user.file("credentials.json")).expect("a login");
            let whole: Value = serde_json::from_slice(&after).expect("a whole document");
            assert_eq!(whole["logins"].as_array().map(Vec::len), Some(1), "{what}");
            assert!(after == before || ran.out.contains("verification"), "{what}");
            user.run(&renew).code(0);
        }
    }
    println!("killed at {points} points of a login");
    assert!(points > 5, "only {points} points were reached");
}

#[test]
fn fault_59_killed_while_it_is_booked_the_book_is_whole_and_each_key_stands_once() {
    if !strace_is_there() {
        return;
    }
    let user = User::new();
    user.run(&["ledger", "init", "--mandate", "acme", "--model", "prepay-mandate"]).code(0);
    let (mut points, mut keys) = (0, 0);
    for call in WRITES {
        for n in [1, 2, 4, 7, 11] {
            keys += 1;
            let key = format!("a-key-of-{keys}");
            let credit = ["ledger", "credit", "1", "--key", &key, "--json"];
            let ran = inject(&user, &credit, &format!("{call}:signal=SIGKILL:when={n}"));
            points += usize::from(ran.reached);
            user.run(&credit).code(0);
            if !ran.reached {
                break;
            }
        }
    }
    let book = user.run(&["ledger", "transactions", "--json", "--limit", "1000"]).code(0).json();
    assert_eq!(crate::books::check_chain(&book["data"]).0.len(), keys, "{book}");
    println!("killed at {points} points of {keys} bookings");
    assert!(points > 5, "only {points} points were reached");
}
