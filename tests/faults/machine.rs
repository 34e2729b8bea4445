//! Promise: on one machine or ten, however busy, and with a journal of 100,000 entries, one name is
//! one charge and no file is left half.

use crate::kills::strace_is_there;
use crate::support::{Ran, Server, User, topup};
use std::fs;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Starts all of them together, and waits for each.
fn side_by_side(runs: &[(&User, &[&str])]) -> Vec<Ran> {
    let children: Vec<_> = runs.iter().map(|(user, verb)| user.start(verb)).collect();
    runs.iter().zip(children).map(|((user, verb), child)| user.finish(verb, child)).collect()
}

#[test]
fn fault_52_logins_and_logouts_at_once_leave_a_whole_file() {
    let server = Server::without_limits();
    let user = User::new().with("TOPUP_PORTAL_URL", &server.url);
    let login: &[&str] = &["login", "--step-up", "--no-browser", "--json"];
    let logout: &[&str] = &["logout", "--json"];
    for _ in 0..3 {
        let all = [login, logout, login, logout, logout];
        let runs: Vec<_> = all.iter().map(|verb| (&user, *verb)).collect();
        for (ran, verb) in side_by_side(&runs).into_iter().zip(all) {
            assert!(ran.code == 0 || verb == logout && ran.code == 10, "{}{}", ran.out, ran.err);
        }
        let text = fs::read_to_string(user.file("credentials.json")).expect("a file");
        let kept: serde_json::Value = serde_json::from_str(&text).expect("a whole document");
        assert!(kept["logins"].as_array().expect("logins").len() <= 1, "{kept}");
    }
    user.run(login).code(0);
    user.run(&["state"]).code(0);
    let left = fs::read_dir(user.home()).expect("a folder").flatten();
    let left: Vec<_> = left.map(|entry| entry.path()).collect();
    assert!(left.iter().all(|file| file.extension() != Some("new".as_ref())), "{left:?}");
}

#[test]
fn fault_52_a_sandbox_that_is_reset_in_the_middle_harms_nothing() {
    for _ in 0..3 {
        let user = User::on_sandbox();
        user.set("settle-after=300ms");
        let buy: &[&str] = &["buy", "25", "--yes", "--json", "--wait", "1s", "--poll", "1s"];
        let ran = side_by_side(&[
            (&user, buy),
            (&user, &["sandbox", "reset"]),
            (&user, buy),
            (&user, &["state", "--json"]),
        ]);
        for run in &ran {
            assert!(run.code >= 0 && !run.err.contains("panicked"), "{}{}", run.out, run.err);
        }
        ran[0].json();
        ran[2].json();
        // What was bought before the reset is of another sandbox, and stays in the journal.
        user.run(&["history", "--json"]).code(0);
        user.run(&["resume", "--wait", "1s"]);
        user.set("settle-after=0s");
        user.run(&["buy", "26", "--yes"]).code(0);
    }
}

#[test]
fn fault_52_a_journal_of_the_version_before_is_brought_on_by_one_of_many() {
    let server = Server::without_limits();
    let user = server.user();
    user.run(&["buy", "25", "--yes"]).code(0);
    // As a version before left it.
    let journal = rusqlite::Connection::open(user.file("journal.db")).expect("a journal");
    let step_back = "
        DROP TRIGGER purchase_begins; DROP TRIGGER purchase_ends; DROP TRIGGER purchase_reopens;
        DROP TRIGGER purchase_is_told; DROP TABLE unfinished; DROP TABLE untold; DROP TABLE kept;
        DROP TRIGGER purchase_counts; DROP TRIGGER entry_uncounts; DROP TRIGGER entry_counts;
        DROP TABLE spent; DROP VIEW counted;
        DROP INDEX purchase_by_origin; ALTER TABLE purchase DROP COLUMN plan;
        ALTER TABLE entry DROP COLUMN cost;
        PRAGMA user_version = 1;";
    journal.execute_batch(step_back).expect("older");
    drop(journal);
    let named: &[&str] = &["buy", "30", "--yes", "--once", "refill", "--json"];
    let runs: Vec<_> = (0..10).map(|_| (&user, named)).collect();
    for ran in side_by_side(&runs) {
        ran.code(0);
    }
    assert_eq!(server.count_charges(), 2);
    let listed = user.run(&["history", "--json"]).code(0).json();
    assert_eq!(listed["data"]["purchases"].as_array().map(Vec::len), Some(2));
}

#[test]
fn fault_53_one_name_from_ten_machines_is_one_charge() {
    let server = Server::without_limits();
    server.keeper().set("settle-after=200ms");
    let users: Vec<User> = (0..10)
        .map(|_| {
            let user = server.user().with("CI", "true").with("GITHUB_RUN_ID", "77");
            user.with("GITHUB_RUN_ATTEMPT", "1")
        })
        .collect();
    let named: &[&str] = &["buy", "25", "--yes", "--once", "77-refill", "--json"];
    let runs: Vec<_> = users.iter().map(|user| (user, named)).collect();
    let mut charges = std::collections::BTreeSet::new();
    for ran in side_by_side(&runs) {
        charges.insert(ran.code(0).json()["data"]["charge_id"].to_string());
    }
    assert_eq!((charges.len(), server.count_charges()), (1, 1));
}

/// Purchases of five entries each.
const PURCHASES: usize = 20_000;

/// Puts many purchases of the same amount before the one that is there.
fn fill(user: &User) {
    let db = rusqlite::Connection::open(user.file("journal.db")).expect("a journal");
    db.execute_batch(&format!(
        "PRAGMA synchronous = OFF; PRAGMA journal_mode = MEMORY; PRAGMA cache_size = -200000; BEGIN;
         CREATE TEMP TABLE new AS WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n
            WHERE i < {PURCHASES}) SELECT i, printf('%08x-0000-4000-8000-%012x', i, i) AS id FROM n;
         CREATE TEMP TABLE old AS SELECT * FROM purchase;
         CREATE TEMP TABLE rows AS SELECT * FROM entry ORDER BY seq;
         INSERT INTO purchase SELECT new.id, origin, organisation, naming, name, generation, new.id,
            amount, asked_ms - 60000 * new.i, plan FROM new, old;
         INSERT INTO entry (purchase, kind, ended, charge_id, stamp, body)
            SELECT new.id, kind, ended, charge_id || new.i, stamp, replace(body, old.id, new.id)
            FROM new, old, rows ORDER BY new.i, rows.seq;
         COMMIT; PRAGMA journal_mode = DELETE;"
    ))
    .expect("filled");
}

fn count_entries(user: &User) -> usize {
    let db = rusqlite::Connection::open(user.file("journal.db")).expect("a journal");
    let count: i64 =
        db.query_row("SELECT count(*) FROM entry", [], |row| row.get(0)).expect("a count");
    usize::try_from(count).expect("not negative")
}

/// How many pages it reads: what it costs whatever else the machine does.
fn count_reads(user: &User, arguments: &[&str]) -> usize {
    let log = user.file("strace.log");
    let mut traced = Command::new("strace");
    traced.args(["-f", "-qq", "-e", "trace=pread64", "-e", "signal=none", "-o"]).arg(&log);
    traced.arg(topup()).args(arguments).env_clear().stdin(Stdio::null()).stdout(Stdio::null());
    traced.current_dir(user.home()).stderr(Stdio::null());
    for (name, value) in user.command(&[]).get_envs() {
        traced.env(name, value.unwrap_or_default());
    }
    let status = traced.status().expect("strace");
    assert!(status.success(), "{arguments:?}: {status}");
    fs::read_to_string(&log)
        .expect("a log")
        .lines()
        .filter(|line| line.contains("pread64("))
        .count()
}

const AT_A_LONG_JOURNAL: &[&[&str]] = &[
    &["history"],
    &["status"],
    &["resume"],
    &["buy", "25", "--yes"],
    &["buy", "26", "--yes"],
    &["buy", "25", "--yes", "--once", "a-name"],
];

/// Two users whose journals are as short and as long as they get.
fn short_and_long(server: &Server) -> (User, User) {
    let (short, long) = (server.user(), server.user());
    for user in [&short, &long] {
        user.run(&["buy", "25", "--yes"]).code(0);
    }
    fill(&long);
    (short, long)
}

#[test]
fn fault_60_a_hundred_thousand_entries_are_not_read_and_none_is_deleted() {
    if !strace_is_there() {
        return;
    }
    let server = Server::without_limits();
    let (short, long) = short_and_long(&server);
    let before = count_entries(&long);
    assert!(before >= 100_000, "{before}");
    for verb in AT_A_LONG_JOURNAL {
        let (few, many) = (count_reads(&short, verb), count_reads(&long, verb));
        println!("{verb:?}: {few} pages of a short journal, {many} of a long one");
        // Deeper trees, and a screen of purchases instead of one.
        assert!(many <= few + 150, "{verb:?}: {few} and {many} pages");
    }
    assert!(count_entries(&long) > before, "nothing was deleted");
}

#[test]
#[ignore = "an absolute figure, for a quiet machine"]
fn fault_60_a_hundred_thousand_entries_take_less_than_a_tenth_of_a_second() {
    let server = Server::without_limits();
    let (_, long) = short_and_long(&server);
    for verb in AT_A_LONG_JOURNAL {
        let took = (0..5).map(|_| {
            let started = Instant::now();
            long.run(verb).code(0);
            started.elapsed()
        });
        let least = took.min().expect("some");
        println!("{verb:?}: {least:?}");
        assert!(least < Duration::from_millis(100), "{verb:?}: {least:?}");
    }
}
