//! Promise: a purchase waits for the disk six times, a booking once, and each time for a reason that
//! can be named.

use crate::books::with_pool;
use crate::kills::strace_is_there;
use crate::support::{Server, User, topup};
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

/// What the command makes durable, in this order: names below the home, temporary ones by their place.
fn synced(user: &User, arguments: &[&str]) -> Vec<String> {
    let notes = tempfile::tempdir().expect("a folder");
    let log = notes.path().join("calls");
    let piped = user.command(arguments);
    let mut command = Command::new("strace");
    command
        .args(["-f", "-y", "-qq", "-e", "signal=none", "-o"])
        .arg(&log)
        .args(["-e", "trace=fsync,fdatasync,msync,sync_file_range,syncfs,sync"])
        .arg(topup())
        .args(arguments)
        .env_clear()
        .current_dir("/")
        .stdin(Stdio::null());
    command.envs(piped.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let output = command.output().expect("strace");
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    let calls = fs::read_to_string(&log).expect("a log");
    calls.lines().filter_map(|call| name_of(call, user.home())).collect()
}

/// The file that a call has made durable; `resumed` calls were seen when they began.
fn name_of(call: &str, home: &Path) -> Option<String> {
    if call.contains("resumed>") {
        return None;
    }
    let (_, path) = call.split_once('<')?;
    let (path, _) = path.split_once('>')?;
    let name = Path::new(path).strip_prefix(home).unwrap_or(Path::new(path));
    let is_temporary =
        name.file_name().is_some_and(|name| name.to_string_lossy().ends_with(".new"));
    let shown = if is_temporary { name.with_file_name("*.new") } else { name.to_owned() };
    Some(shown.display().to_string())
}

#[test]
fn a_purchase_waits_for_the_disk_six_times() {
    if !strace_is_there() {
        return;
    }
    let server = Server::without_limits();
    let user = server.user();
    user.run(&["buy", "25", "--yes"]).code(0);
    let buy = ["buy", "25", "--yes", "--json"];
    let expected = [
        // The intent and that it is sent; SQLite syncs the folder with the first sync of a log.
        "journal.db-wal",
        "",
        // The position of the journal, before the first byte of the request.
        "position/*.new",
        "position",
        // What the seller has accepted, and what came of it.
        "journal.db-wal",
        "journal.db-wal",
    ];
    for _ in 0..2 {
        assert_eq!(synced(&user, &buy), expected);
    }
    // What a command that reads has moved into the file is not moved again.
    user.run(&["history"]).code(0);
    assert!(synced(&user, &["history"]).is_empty());
    assert_eq!(synced(&user, &buy), expected);
}

#[test]
fn a_booking_waits_for_the_disk_once() {
    if !strace_is_there() {
        return;
    }
    let user = with_pool("10");
    let record = ["ledger", "record", "0.5", "--for-provider", "p", "--json"];
    for _ in 0..2 {
        assert_eq!(synced(&user, &record), ["ledger.db-wal"]);
    }
    let found = synced(&user, &["ledger", "balance"]);
    assert_eq!(found, ["ledger.db-wal", "ledger.db-wal", "", "ledger.db"], "and moves the log");
    assert_eq!(synced(&user, &["ledger", "balance"]), ["ledger.db-wal"]);
    assert_eq!(synced(&user, &record), ["ledger.db-wal"]);
}
