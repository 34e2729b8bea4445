//! Promise: on a disk that is full or read-only, what is told as booked is booked and nothing is
//! half; once there is room the same commands come to the same book.

use crate::books::{check_chain, with_pool};
use crate::disks::on_a_disk;
use crate::support::{User, topup};
use serde_json::Value;

/// Books until it is full, each under a key of its own, and tells how many it was told are booked.
const BOOKS: &str = r#"
    cd "$TOPUP_HOME"
    "$0" ledger init --mandate acme --model prepay-mandate --markup 0 >/dev/null || exit
    n=0
    while [ $n -lt 12 ]; do
        "$0" ledger record 0.01 --for-provider p --key a-key-$((n+100)) >/dev/null || break
        n=$((n+1))
    done
    echo $n
    "$0" ledger transactions --json
"#;

#[test]
fn a_disk_of_any_size_has_what_was_told_as_booked_and_nothing_half() {
    let (mut full, mut sizes) = (0, 0);
    for kib in (8..=400).step_by(28) {
        sizes += 1;
        let runs =
            on_a_disk(&User::new(), &format!("{kib}k"), "size=4m", &["sh", "-c", BOOKS, topup()]);
        let (code, out, err) = runs.first;
        let mut lines = out.lines();
        if let Some(told) = lines.next() {
            let told: usize = told.parse().expect("a count");
            full += usize::from(told < 12);
            // The book can be looked at as long as SQLite finds room for its index of the log.
            match serde_json::from_str::<Value>(lines.next().expect("a document")) {
                Ok(document) if document["ok"] == true => {
                    assert_eq!(check_chain(&document["data"]).0.len(), told, "{kib} KiB");
                }
                Ok(document) => assert_eq!(document["error"]["class"], "config", "{document}"),
                Err(cause) => panic!("{kib} KiB: {cause}: {out}"),
            }
        } else {
            assert_eq!(code, 4, "{kib} KiB: {err}");
            full += 1;
        }
        assert!(!err.contains("panicked"), "{kib} KiB: {err}");
        let again = runs.again.code(0);
        let (told, document) = again.out.split_once('\n').expect("two lines");
        assert_eq!(told, "12", "{kib} KiB");
        let document: Value = serde_json::from_str(document).expect("a document");
        assert_eq!(check_chain(&document["data"]).0.len(), 12, "{kib} KiB: each key once");
    }
    println!("{sizes} sizes of disk, {full} too small for the book, nothing half on any of them");
    assert!(full >= 2, "8 KiB is too small for a ledger");
}

/// The command fills the disk on which its cost has to be recorded.
const FILLED: &str = r#"
    cd "$TOPUP_HOME"
    if [ ! -e ledger.db ]; then
        "$0" ledger init --mandate acme --model prepay-mandate --markup 0 >/dev/null || exit
        "$0" ledger credit 10 >/dev/null || exit
        "$0" ledger run --strict --estimate 1 --for-provider p -- sh -c \
            'echo 0.25 >$TOPUP_COST_FILE; cat /dev/zero >fill 2>/dev/null; exit 7'
        echo $?
        "$0" ledger check 10 >/dev/null 2>&1; echo $?
        rm fill
    fi
    "$0" ledger transactions --json
"#;

#[test]
fn a_command_that_fills_the_disk_is_recorded_once_there_is_room() {
    let runs = on_a_disk(&User::new(), "300k", "size=4m", &["sh", "-c", FILLED, topup()]);
    let (code, out, err) = runs.first;
    assert_eq!(code, 0, "{err}");
    assert!(err.contains("warning: the cost is not recorded yet"), "{err}");
    assert!(err.contains("A run for p that ended unseen was recorded: CHF 0.25"), "{err}");
    let lines: Vec<&str> = out.lines().collect();
    assert_eq!(lines[0], "7", "the exit code is the command's own");
    assert_eq!(lines[1], "4", "without room nothing is answered that may not be so");
    let document: Value = serde_json::from_str(lines[2]).expect("a document");
    let book = check_chain(&document["data"]).0;
    assert_eq!((book.len(), &book[1]["amount"]), (2, &"0.25".into()));
    let again = runs.again.code(0).json();
    assert_eq!(check_chain(&again["data"]).0, book, "once");
}

/// A ledger whose disk is read-only for a while.
const READ_ONLY: &str = r#"
    cd "$TOPUP_HOME"
    [ -e ledger.db ] || "$0" ledger init --mandate acme --model prepay-mandate >/dev/null || exit
    "$0" ledger credit 10 --key a-key-100 >/dev/null || exit
    before=$(cksum <ledger.db)
    mount -o remount,ro "$TOPUP_HOME" || exit 99
    "$0" ledger credit 1; echo $?
    "$0" ledger run --estimate 1 --for-provider p -- echo began; echo $?
    "$0" ledger run --strict --estimate 1 --for-provider p --json -- echo began; echo $?
    mount -o remount,rw "$TOPUP_HOME" || exit 99
    [ "$before" = "$(cksum <ledger.db)" ] && "$0" ledger transactions --json
"#;

#[test]
fn a_folder_that_cannot_be_written_books_nothing_and_starts_nothing() {
    let init = [topup(), "ledger", "init", "--mandate", "acme", "--model", "unlimited", "--json"];
    let runs = on_a_disk(&User::new(), "1m,ro", "rw", &init);
    assert_eq!(runs.first.0, 4, "{}", runs.first.1);
    assert!(runs.first.1.contains(r#""class":"config""#), "{}", runs.first.1);
    runs.again.code(0);
    let runs = on_a_disk(&User::new(), "1m", "rw", &["sh", "-c", READ_ONLY, topup()]);
    let (code, out, err) = runs.first;
    assert_eq!(code, 0, "{out}{err}");
    assert!(!out.contains("began") && !err.contains("began"), "{out}{err}");
    let codes: Vec<&str> = out.lines().filter(|line| line.len() < 3).collect();
    assert_eq!(codes, ["4", "4", "4"], "{out}{err}");
    let document: Value = serde_json::from_str(out.lines().last().expect("a line")).expect("JSON");
    assert_eq!(check_chain(&document["data"]).0.len(), 1);
}

/// A ledger on a disk that is read-only: closed by the last process that used it, with the log and
/// its index of one that is killed or goes on, and with a log alone.
const READABLE: &str = r#"
    made=$1
    for left in closed index log; do
        mount -o remount,rw "$TOPUP_HOME" || exit 99
        rm -rf "$TOPUP_HOME"/*
        cp "$made/ledger.db" "$TOPUP_HOME"
        case $left in
            closed) cp "$made/closed.db" "$TOPUP_HOME/ledger.db" ;;
            index) cp "$made/ledger.db-wal" "$made/ledger.db-shm" "$TOPUP_HOME" ;;
            log) cp "$made/ledger.db-wal" "$TOPUP_HOME" ;;
        esac
        before=$(cat "$TOPUP_HOME"/* | cksum)
        mount -o remount,ro "$TOPUP_HOME" || exit 99
        echo "== $left"
        for verb in 'balance' 'balance --all --csv' 'stats --by provider --csv' \
            'transactions --csv' 'export' 'export --all --format beancount' 'mandates' 'price 1' \
            'providers' 'check 1' 'check 100'; do
            "$0" ledger $verb 2>/dev/null
            echo "$verb: $?"
        done
        "$0" ledger credit 1 2>&1; echo $?
        "$0" ledger record 1 --for-provider p 2>&1; echo $?
        "$0" ledger run --estimate 1 --for-provider p -- touch began 2>/dev/null; echo $?
        "$0" --provider ledger doctor --offline --json --get checks >/dev/null; echo "doctor: $?"
        [ "$before" = "$(cat "$TOPUP_HOME"/* | cksum)" ] || echo changed
    done
"#;

#[test]
fn a_ledger_on_a_read_only_disk_can_be_read_whatever_lies_beside_it() {
    let made = with_pool("10");
    let file = |name: &str| made.file(name);
    let other = rusqlite::Connection::open(file("ledger.db")).expect("a ledger");
    other.query_row("SELECT 1 FROM ledger_mandate", [], |_| Ok(())).expect("read");
    made.run(&["ledger", "record", "0.25", "--for-provider", "p"]).code(0);
    let keeps = tempfile::tempdir().expect("a folder");
    for name in ["ledger.db", "ledger.db-wal", "ledger.db-shm"] {
        std::fs::copy(file(name), keeps.path().join(name)).expect("copied");
    }
    made.run(&["ledger", "balance"]).code(0);
    drop(other);
    assert!(
        !file("ledger.db-wal").exists(),
        "another program takes the log away that closes it last"
    );
    std::fs::copy(file("ledger.db"), keeps.path().join("closed.db")).expect("copied");
    let folder = keeps.path().to_str().expect("text");
    let runs = on_a_disk(&User::new(), "2m", "rw", &["sh", "-c", READABLE, topup(), folder]);
    let (code, out, err) = runs.first;
    assert_eq!(code, 0, "{out}{err}");
    let parts: Vec<(&str, &str)> =
        out.split("== ").skip(1).map(|part| part.split_once('\n').expect("a line")).collect();
    assert_eq!(parts.iter().map(|(left, _)| *left).collect::<Vec<_>>(), ["closed", "index", "log"]);
    for (left, part) in &parts {
        assert_eq!(*part, parts[0].1, "{left}: what lies in the log is booked");
    }
    let part = parts[0].1;
    assert_eq!(part.matches(": 0\n").count(), 11, "{part}");
    assert!(part.contains("check 100: 30\n") && part.contains("acme,,9.75,0.00,CHF\n"), "{part}");
    assert!(part.contains("= CHF 9.750000\n") && part.contains("p,1,0.25\n"), "{part}");
    let refused = "ledger.db can only be read; nothing was booked: Read-only file system";
    assert_eq!(part.matches(refused).count(), 2, "{part}");
    assert_eq!(part.lines().filter(|line| *line == "4").count(), 3, "{part}");
    assert!(!part.contains("changed"), "{part}");
}
