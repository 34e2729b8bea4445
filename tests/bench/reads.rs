//! What reading much costs: books and journals of a million rows and more, written as text, as a
//! document, summed up, or looked through for a few rows. Each command is a whole process, beside the
//! `sqlite3` program at the same file or beside itself at a small one, in turn: medians of the time
//! that the processor worked, which a busy disk does not change, and the peak of memory. Fails when
//! a target is missed.
//!
//! `TOPUP_BENCH_LARGEST` is the power of ten of the largest book, 6 where nothing is said.

#![allow(clippy::print_stdout, reason = "a bench prints its table")]

use rusqlite::Connection;
use std::path::PathBuf;
use std::process::{Command, ExitCode, Stdio};
use std::time::Duration;
use wait4::Wait4;

const TOPUP: &str = env!("CARGO_BIN_EXE_topup");
/// Runs of each command.
const RUNS: usize = 5;
/// The most memory that a list may take, in KiB.
const MOST_KIB: u64 = 32 * 1024;
/// Purchases of the journal.
const PURCHASES: u32 = 100_000;

/// What a run took.
#[derive(Clone, Copy)]
struct Sample {
    cpu: Duration,
    peak_kib: u64,
}

/// The folder of a user with a ledger.
struct Home(tempfile::TempDir);

impl Home {
    fn new() -> Self {
        Self(tempfile::tempdir().expect("a folder"))
    }

    fn file(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn topup(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(TOPUP);
        command.args(arguments).env_clear().env("TOPUP_HOME", self.0.path());
        command
    }

    fn do_once(&self, arguments: &[&str]) {
        let done = self.topup(arguments).output().expect("it runs");
        assert!(done.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&done.stderr));
    }

    /// `sqlite3` at a file of this user.
    fn sqlite(&self, file: &str, query: &str) -> Command {
        let mut command = Command::new("sqlite3");
        command.arg("-readonly").arg(self.file(file)).arg(query);
        command
    }
}

/// A book of so many uses by a hundred users, and one by another; the last day has a hundred.
fn book(rows: i64) -> Home {
    let home = Home::new();
    home.do_once(&["ledger", "init", "--mandate", "acme", "--model", "prepay-mandate"]);
    home.do_once(&["ledger", "credit", "1000000"]);
    let now = jiff::Timestamp::now().as_millisecond();
    let db = Connection::open(home.file("ledger.db")).expect("a ledger");
    db.pragma_update(None, "synchronous", "OFF").expect("set");
    let day = 86_400_000;
    db.execute(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?1)
         INSERT INTO ledger_transaction (id, mandate, owner, kind, amount, balance_after, reference,
             description, created_ms, provider, used_by, base_price, markup, workflow, feature)
         SELECT printf('%08x-0000-4000-8000-%012x', i * 2654435761 % 4294967296, i), 'acme', '',
             'DEBIT', 1, 1000000000000 - i, 'USAGE', 'AI usage: openai',
             CASE WHEN i > ?1 - 100 THEN ?2 - ?1 + i ELSE ?2 - 2 * ?3 - (?1 - i) * 1000 END,
             'openai', CASE WHEN i = ?1 / 2 THEN 'rare' ELSE 'user' || (i % 100) END, '0.000001',
             '0', 'workflow-' || (i % 1000), 'chat' FROM n",
        (rows, now, day),
    )
    .expect("filled");
    home
}

/// A journal of so many purchases, each with the rows of one that was made.
fn journal() -> Home {
    let home = Home::new();
    home.do_once(&["--sandbox", "sandbox", "set", "settle-after=0s"]);
    home.do_once(&["--sandbox", "buy", "25", "--yes"]);
    let db = Connection::open(home.file("journal.db")).expect("a journal");
    db.execute_batch(&format!(
        "PRAGMA synchronous = OFF; PRAGMA foreign_keys = OFF; BEGIN;
         CREATE TEMP TABLE made AS
             SELECT i, printf('%08x-0000-4000-8000-%012x', i * 2654435761 % 4294967296, i) AS id
             FROM (WITH RECURSIVE n(i) AS
                 (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {PURCHASES}) SELECT i FROM n);
         INSERT INTO purchase SELECT made.id, origin, organisation, naming, name, generation,
             made.id, amount, asked_ms - i * 1000, plan FROM purchase CROSS JOIN made;
         INSERT INTO entry (purchase, kind, ended, charge_id, stamp, body, cost)
             SELECT made.id, kind, ended, NULL, stamp, replace(body, purchase, made.id), cost
             FROM made CROSS JOIN (SELECT * FROM entry ORDER BY seq) AS entry;
         COMMIT;"
    ))
    .expect("filled");
    home
}

fn sample(mut command: Command) -> Sample {
    let out = tempfile::tempfile().expect("a file");
    let child = command
        .stdin(Stdio::null())
        .stdout(out)
        .spawn()
        .unwrap_or_else(|cause| panic!("{command:?}: {cause}"));
    let used = child.wait4().expect("it ends");
    assert!(used.status.success(), "{command:?} failed");
    let cpu = used.rusage.utime + used.rusage.stime;
    Sample { cpu, peak_kib: used.rusage.maxrss / 1024 }
}

fn median<T: Ord + Copy>(values: impl Iterator<Item = T>) -> T {
    let mut values: Vec<T> = values.collect();
    values.sort_unstable();
    values[values.len() / 2]
}

/// One line of the table: a command beside another one, in turn. The percentage is the most that it
/// may take of the other's time.
fn row(
    name: &str,
    ours: impl Fn() -> Command,
    other: Option<(&str, &dyn Fn() -> Command, u128)>,
) -> bool {
    let (mut mine, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..RUNS {
        mine.push(sample(ours()));
        theirs.extend(other.map(|(_, make, _)| sample(make())));
    }
    let cpu = |samples: &[Sample]| median(samples.iter().map(|one| one.cpu)).as_micros();
    let peak = median(mine.iter().map(|one| one.peak_kib));
    let mut met = peak <= MOST_KIB;
    let mut line = format!("{name}: {} ms, {peak} KiB (at most {MOST_KIB})", cpu(&mine) / 1000);
    if let Some((what, _, most)) = other {
        let percent = cpu(&mine) * 100 / cpu(&theirs).max(1);
        met &= percent <= most;
        let theirs = cpu(&theirs) / 1000;
        line.push_str(&format!("; beside {what} {theirs} ms: {percent} % (at most {most} %)"));
    }
    println!("{line}{}", if met { "" } else { "  MISSED" });
    met
}

/// The bookings as the journal of hledger has them, by SQL alone.
const AS_JOURNAL: &str = "SELECT char(10) || date(created_ms / 1000, 'unixepoch') || ' * '
    || description || char(10) || '    ; id: ' || id || char(10) || '    ; time: '
    || strftime('%Y-%m-%dT%H:%M:%fZ', created_ms / 1000.0, 'unixepoch') || char(10)
    || '    ; user: ' || ifnull(used_by, '') || char(10) || '    ; base-price: '
    || ifnull(base_price, '') || char(10) || '    ; markup-percent: ' || ifnull(markup, '')
    || char(10) || '    ; workflow: ' || ifnull(workflow, '') || char(10) || '    ; feature: '
    || ifnull(feature, '') || char(10) || '    assets:prepaid:' || mandate || ':the pool of '
    || mandate || '  CHF ' || printf('%s%d.%06d', CASE kind WHEN 'DEBIT' THEN '-' ELSE '' END,
        amount / 1000000, amount % 1000000)
    || ' = CHF ' || printf('%d.%06d', balance_after / 1000000, balance_after % 1000000) || char(10)
    || '    expenses:ai:' || mandate || ':' || ifnull(provider, '') || ' for ' || mandate
    || '  CHF ' || printf('%d.%06d', amount / 1000000, amount % 1000000)
    FROM ledger_transaction WHERE mandate = 'acme' ORDER BY date(created_ms / 1000, 'unixepoch'), seq";

/// The sums by this key, by SQL alone.
fn as_sums(key: &str) -> String {
    format!(
        "SELECT {key}, sum(CASE kind WHEN 'DEBIT' THEN 1 ELSE -1 END),
             sum(CASE kind WHEN 'DEBIT' THEN amount ELSE -amount END)
         FROM ledger_transaction WHERE mandate = 'acme' AND reference = 'USAGE'
         GROUP BY 1 ORDER BY 1"
    )
}

fn books(largest: u32) -> bool {
    let small = book(1000);
    let large = book(10_i64.pow(largest));
    let of = |what: &str| format!("{what}, 10^{largest}");
    let export = |format: &'static str| {
        let home = &large;
        move || home.topup(&["ledger", "export", "--format", format])
    };
    let text = || large.sqlite("ledger.db", AS_JOURNAL);
    let mut met = true;
    for format in ["hledger", "beancount"] {
        let beside: &dyn Fn() -> Command = &text;
        met &= row(
            &of(&format!("ledger export, {format}")),
            export(format),
            Some(("sqlite3", beside, 120)),
        );
    }
    let list = ["ledger", "transactions", "--limit", "100000"];
    for form in [&["--json"][..], &["--csv"], &[]] {
        let arguments = [&list[..], form].concat();
        met &= row(&of(&arguments.join(" ")), || large.topup(&arguments), None);
    }
    for filter in [["--user", "rare"], ["--since", "today"]] {
        let arguments = [&["ledger", "transactions", "--json"][..], &filter].concat();
        let beside: &dyn Fn() -> Command = &|| small.topup(&arguments);
        met &=
            row(&of(&arguments.join(" ")), || large.topup(&arguments), Some(("10^3", beside, 150)));
    }
    for (by, key) in [("user", "used_by"), ("day", "created_ms / 86400000")] {
        let sums = as_sums(key);
        let beside: &dyn Fn() -> Command = &|| large.sqlite("ledger.db", &sums);
        let arguments = ["ledger", "stats", "--json", "--by", by];
        met &= row(
            &of(&format!("ledger stats --by {by}")),
            || large.topup(&arguments),
            Some(("sqlite3", beside, 100)),
        );
    }
    met
}

fn history() -> bool {
    let home = journal();
    let mut met = true;
    for form in ["--json", "--csv"] {
        let arguments = ["history", "--limit", "1000000", form];
        met &= row(&format!("history {form} of {PURCHASES}"), || home.topup(&arguments), None);
    }
    let few = ["history", "--since", "1h", "--limit", "1000000", "--csv"];
    met &= row(&format!("history --since 1h of {PURCHASES}"), || home.topup(&few), None);
    met
}

fn main() -> ExitCode {
    if Command::new("sqlite3").arg("-version").output().is_err() {
        println!("skipped: no sqlite3");
        return ExitCode::SUCCESS;
    }
    let largest = std::env::var("TOPUP_BENCH_LARGEST")
        .map_or(6, |power| power.parse().expect("a power of ten"));
    let met = [books(largest), history()];
    if met.iter().all(|met| *met) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
