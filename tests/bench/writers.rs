//! Eight writers of one pool on a PostgreSQL server, each a process that books once, beside as many
//! clients of `pgbench` that connect for every transaction: an update, a look and an insert.

use crate::home::Home;
use crate::measure::{Table, median};
use crate::server::{self, Server, ServerSetup};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

const WRITERS: usize = 8;
/// How long they write at once, and how often.
const WRITING: Duration = Duration::from_secs(4);
const ROUNDS: usize = 5;

pub fn lines(table: &mut Table) {
    let Some(server) = Server::own(&ServerSetup { durable: true, ..ServerSetup::default() }) else {
        return;
    };
    let Some(pgbench) = server::program("pgbench") else { return println!("skipped: no pgbench") };
    let made = Command::new(&pgbench).args(["-i", "-q", "-s", "8", &server.url]).output();
    assert!(made.is_ok_and(|made| made.status.success()), "pgbench cannot set itself up");
    let schema = server.schema();
    let home = Home::new();
    let topup = |arguments: &[&str]| {
        let mut command = home.topup(arguments);
        command.env("TOPUP_LEDGER_URL", &schema.url).stdin(Stdio::null()).stdout(Stdio::null());
        command
    };
    for arguments in [
        &["ledger", "init", "--mandate", "acme", "--model", "prepay-mandate"][..],
        &["ledger", "credit", "1000000", "--mandate", "acme"],
    ] {
        assert!(topup(arguments).status().is_ok_and(|status| status.success()), "{arguments:?}");
    }
    let record =
        || topup(&["ledger", "record", "0.0125", "--for-provider", "openai", "--mandate", "acme"]);
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        ours.push(a_minute(record));
        theirs.push(of_pgbench(&pgbench, &server.url));
    }
    let (ours, theirs) = (median(ours), median(theirs));
    let name = format!("ledger record, {WRITERS} writers of one pool, a minute");
    table.at_least(&name, ours, ("pgbench -C", theirs), 75);
}

/// How many records a minute all of them get done.
fn a_minute(record: impl Fn() -> Command + Sync) -> u128 {
    let over = AtomicBool::new(false);
    let started = Instant::now();
    let done: usize = std::thread::scope(|scope| {
        let writers: Vec<_> = (0..WRITERS)
            .map(|_| {
                scope.spawn(|| {
                    let mut count = 0;
                    while !over.load(Ordering::Relaxed) {
                        assert!(record().status().expect("it runs").success(), "not recorded");
                        count += 1;
                    }
                    count
                })
            })
            .collect();
        std::thread::sleep(WRITING);
        over.store(true, Ordering::Relaxed);
        writers.into_iter().map(|writer| writer.join().expect("it ended")).sum()
    });
    done as u128 * 60_000 / started.elapsed().as_millis()
}

/// How many transactions a minute its clients get done.
fn of_pgbench(program: &std::path::Path, url: &str) -> u128 {
    let seconds = WRITING.as_secs().to_string();
    let clients = WRITERS.to_string();
    let started = Instant::now();
    let ran = Command::new(program)
        .args(["-n", "-C", "-b", "simple-update", "-j", "2", "-T", &seconds, "-c", &clients, url])
        .output()
        .expect("it runs");
    let told = String::from_utf8_lossy(&ran.stdout);
    let done = told
        .lines()
        .find_map(|line| line.strip_prefix("number of transactions actually processed: "))
        .unwrap_or_else(|| panic!("no count: {told}{}", String::from_utf8_lossy(&ran.stderr)));
    let done: u128 = done.trim().parse().expect("a number");
    done * 60_000 / started.elapsed().as_millis()
}
