//! Promise: on a disk that is full or read-only nothing is sent that could not be remembered, what
//! is told is true, and once there is room the same command pays once.
//!
//! The small disks are memory file systems in a mount namespace of the test's own.

use crate::support::{Ran, Server, User, check_again, check_first, topup};
use serde_json::Value;
use std::process::{Command, Stdio};

/// Runs the command on a disk, mends the disk, and runs the same command again. What each of them
/// said is kept outside of that disk.
const ON_A_DISK: &str = r#"
    set -u
    notes=$1; before=$2; mend=$3; shift 3
    mount -t tmpfs -o mode=0700,size="${before%,ro}" tmpfs "$TOPUP_HOME" || exit 99
    case $before in *,ro) mount -o remount,ro "$TOPUP_HOME" || exit 99 ;; esac
    "$@" >"$notes/first" 2>"$notes/first.err"; echo $? >"$notes/first.code"
    mount -o remount,"$mend" "$TOPUP_HOME" || exit 99
    "$@" >"$notes/again" 2>"$notes/again.err"; echo $? >"$notes/again.code"
"#;

/// What the two runs came to: code, standard output, standard error.
pub struct Runs {
    pub first: (i32, String, String),
    pub again: Ran,
}

pub fn on_a_disk(user: &User, before: &str, mend: &str, run: &[&str]) -> Runs {
    let notes = tempfile::tempdir().expect("a folder");
    let piped = user.command(&[]);
    let mut command = Command::new("unshare");
    // Whoever is no administrator is one in a namespace of their own.
    if !rustix::process::geteuid().is_root() {
        command.args(["--user", "--map-root-user"]);
    }
    command
        .args(["--mount", "sh", "-c", ON_A_DISK, "sh"])
        .arg(notes.path())
        .args([before, mend])
        .args(run)
        .env_clear()
        .current_dir("/")
        .stdin(Stdio::null());
    for (name, value) in piped.get_envs() {
        if let Some(value) = value {
            command.env(name, value);
        }
    }
    let status = command.status().expect("unshare");
    assert!(status.success(), "no file system could be mounted: {status}");
    let read = |name: &str| {
        std::fs::read_to_string(notes.path().join(name)).unwrap_or_else(|_| panic!("no {name}"))
    };
    let run = |name: &str| {
        let code = read(&format!("{name}.code")).trim().parse().expect("a code");
        (code, read(name), read(&format!("{name}.err")))
    };
    let (code, out, err) = run("again");
    Runs { first: run("first"), again: Ran::of(code, out, err) }
}

fn buy() -> [&'static str; 5] {
    [topup(), "buy", "25", "--yes", "--json"]
}

#[test]
fn a_disk_of_any_size_remembers_what_was_sent_or_nothing_is_sent() {
    let server = Server::without_limits();
    let (mut refused, mut sizes) = (0, 0);
    for kib in (4..=120).step_by(4) {
        sizes += 1;
        let before = server.count_charges();
        let runs = on_a_disk(&server.user(), &format!("{kib}k"), "size=4m", &buy());
        let (code, out, err) = runs.first;
        let what = format!("{kib} KiB");
        // The whole answer, however small the disk.
        assert!(serde_json::from_str::<Value>(&out).is_ok(), "{what}: {out}{err}");
        let again = runs.again;
        if out.contains(r#""charged":"no""#) {
            // Whatever was charged by now, the second run made it.
            assert!(again.out.contains(r#""replayed":false"#), "{what}: {out}");
        }
        if code == 4 {
            refused += 1;
            assert!(out.contains(r#""charged":"no""#), "{what}: {out}");
        }
        let charges = server.count_charges() - before;
        let first = check_first(&out, Some(code), i64::from(code == 0), &what);
        check_again(&first, &again, charges, &what);
    }
    println!("{sizes} sizes of disk, {refused} too small to begin, paid once each time");
    assert!(refused >= 2, "8 KiB is too small to remember a purchase");
}

#[test]
fn a_folder_that_cannot_be_written_sends_nothing_and_says_so() {
    let server = Server::without_limits();
    let runs = on_a_disk(&server.user(), "1m,ro", "rw", &buy());
    let (code, out, _) = runs.first;
    assert_eq!(code, 4, "{out}");
    assert!(out.contains(r#""charged":"no""#), "{out}");
    let first = check_first(&out, Some(code), 0, "read-only");
    check_again(&first, &runs.again, server.count_charges(), "read-only");
}

/// A journal whose newest rows are in a log without its index, on a disk that is read-only for a while.
const WITHOUT_INDEX: &str = r#"
    cd "$TOPUP_HOME"
    "$0" --sandbox sandbox set settle-after=0s >/dev/null || exit
    "$0" --sandbox buy 25 --yes >/dev/null 2>&1 || exit
    rm journal.db-shm || exit
    before=$(cat journal.db* | cksum)
    mount -o remount,ro "$TOPUP_HOME" || exit 99
    "$0" history --json; echo "history: $?"
    "$0" journal backup copy.db --json; echo "backup: $?"
    "$0" doctor --offline --json
    mount -o remount,rw "$TOPUP_HOME" || exit 99
    [ "$before" = "$(cat journal.db* | cksum)" ] && "$0" --sandbox history --csv
"#;

#[test]
fn a_log_without_its_index_on_a_read_only_disk_is_named_with_what_mends_it() {
    let runs = on_a_disk(&User::new(), "4m", "rw", &["sh", "-c", WITHOUT_INDEX, topup()]);
    let (code, out, err) = runs.first;
    assert_eq!(code, 0, "{out}{err}");
    assert!(out.contains("history: 4\n") && out.contains("backup: 4\n"), "{out}{err}");
    let says = "the log beside it has lost its index, and its folder cannot be written to make one: Read-only file system";
    assert_eq!(out.matches(says).count(), 3, "history, backup and doctor: {out}{err}");
    assert!(
        out.contains("Make the folder writable; or copy journal.db and journal.db-wal"),
        "{out}"
    );
    assert!(out.contains("25.00"), "once it can be written all of it is read: {out}");
}

/// A home with a login and a purchase that may be read and not written from then on: by its mode (`$1`
/// is `mode`, and the commands run as another user) or by its disk. `$2` is the program, the rest are
/// the lines to run; what each says is closed by a line with its exit code.
const ONLY_TO_READ: &str = r#"
    way=$1; shift
    cd "$TOPUP_HOME" || exit 99
    # It is run once.
    if [ -e topup ]; then exit 0; fi
    touch topup && mount --bind "$1" topup || exit 99
    PATH=$TOPUP_HOME:$PATH; shift
    topup login --step-up --no-browser >/dev/null 2>&1 || exit 98
    topup buy 25 --yes >/dev/null 2>&1 || exit 97
    as=
    if [ "$way" = mode ]; then
        as="setpriv --reuid=65534 --regid=65534 --clear-groups"
        chown -R 65534:65534 . && find . -type d -exec chmod 0555 {} + || exit 96
    else
        mount -o remount,ro "$TOPUP_HOME" || exit 95
    fi
    for line in "$@"; do $as topup $line --json; echo "ended with $?"; done
    mount -o remount,rw "$TOPUP_HOME"
"#;

/// What is run in such a home: the exit code, and what `charged` says where it fails.
const IN_SUCH_A_HOME: &[(&str, i32, Option<&str>)] = &[
    ("state", 0, None),
    ("check --at-least 1", 0, None),
    ("limit", 0, None),
    ("history", 0, None),
    ("status", 0, None),
    ("resume", 0, None),
    ("whoami", 0, None),
    ("buy 30 --dry-run", 0, None),
    ("buy 30 --yes", 4, Some("no")),
    ("buy 30 --yes --once of-a-name", 4, Some("no")),
    ("ensure --at-least 100000 --buy 30 --yes --once of-a-name", 4, Some("no")),
    ("login --step-up --no-browser", 4, None),
    ("logout", 4, None),
    ("config set max_per_day 5", 4, None),
    ("watch --below 5 --one-look", 4, None),
    ("ledger init --mandate acme --model unlimited", 4, None),
    // Nothing is in doubt, so nothing is to be written.
    ("journal accept", 0, None),
    ("doctor", 4, None),
    ("--sandbox state", 4, None),
];

#[test]
fn a_home_that_may_only_be_read_answers_what_it_can_and_changes_nothing() {
    let is_root = rustix::process::geteuid().is_root();
    for way in ["disk", "mode"] {
        // Only the administrator can become somebody else.
        if way == "mode" && !is_root {
            continue;
        }
        let server = Server::start(&["--auto-approve", "--no-rate-limit"]);
        let user = User::new().with("TOPUP_PORTAL_URL", &server.url);
        let mut run = vec!["sh", "-c", ONLY_TO_READ, "sh", way, topup()];
        run.extend(IN_SUCH_A_HOME.iter().map(|(line, ..)| *line));
        let (code, out, err) = on_a_disk(&user, "8m", "rw", &run).first;
        assert_eq!(code, 0, "{way}: {out}{err}");
        assert!(!err.contains("panicked"), "{way}: {err}");
        let mut ran = out.split_inclusive("ended with ").collect::<Vec<_>>().into_iter();
        let mut document = ran.next().expect("an answer").to_owned();
        for (line, code, charged) in IN_SUCH_A_HOME {
            let rest = ran.next().expect("an end");
            let (ended, next) = rest.split_once('\n').expect("a line");
            assert_eq!(ended, code.to_string(), "{way}: {line}: {document}{err}");
            let answer = document.lines().find(|line| line.starts_with('{')).expect("a document");
            let answer: Value = serde_json::from_str(answer).expect("JSON");
            if *code != 0 && *line != "doctor" {
                let error = &answer["error"];
                assert_eq!(error["class"], "config", "{way}: {line}: {answer}");
                assert_eq!(error["charged"], charged.map_or(Value::Null, Value::from), "{answer}");
                let hints = error["hints"].to_string();
                assert!(hints.contains("writable") || hints.contains("TOPUP_"), "{line}: {answer}");
            }
            document = next.to_owned();
        }
        assert_eq!(server.count_charges(), 1, "{way}: only the first was bought");
        assert_eq!(server.count_grants(), 1, "{way}: no login was begun that could not be kept");
    }
}
