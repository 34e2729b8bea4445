//! What a purchase costs: on a store that machines share beside files, in ways to the disk, and under
//! a guard that counts the month.

use crate::home::{Home, Sandbox};
use crate::measure::{By, Goal, Sample, Table, is_there, sample, topup};
use crate::server::{Server, ServerSetup};
use std::fs;
use std::process::{Command, Stdio};

/// Purchases of each kind.
const RUNS: usize = 25;
/// Purchases of the month that a guard counts, and of one that it counts at once.
const MANY: u32 = 80_000;
const FEW: u32 = 100;

pub fn lines(table: &mut Table) {
    let sandbox = Sandbox::new();
    if let Some(server) = Server::own(&ServerSetup { durable: true, ..ServerSetup::default() }) {
        shared(table, &sandbox, &server.url);
    }
    guarded(table, &sandbox);
    if is_there("strace", "--version") {
        syncs(table, &sandbox);
    }
}

fn buy(home: &Home, sandbox: &Sandbox) -> Command {
    let mut command = home.topup(&["buy", "25", "--yes", "--new", "--json"]);
    command.env("TOPUP_PORTAL_URL", &sandbox.url).env("TOPUP_TOKEN", &sandbox.token);
    command
}

/// Both wait for what they wait for: a disk and a portal, or a server and a portal.
fn shared(table: &mut Table, sandbox: &Sandbox, url: &str) {
    let (alone, machine) = (Home::new(), Home::new());
    let made = machine.topup(&["config", "new-key", "--get", "state_key"]).output().expect("a key");
    let key = String::from_utf8(made.stdout).expect("text").trim().to_owned();
    let ours = || {
        let mut command = buy(&machine, sandbox);
        command.env("TOPUP_STATE_URL", url).env("TOPUP_STATE_KEY", &key);
        sample(command)
    };
    let theirs = || -> Sample { sample(buy(&alone, sandbox)) };
    for (name, by) in [("buy, shared store, wall", By::Wall), ("buy, shared store", By::Cpu)] {
        let goal = Goal { by, percent: 200, peak_kib: None };
        table.compare(name, RUNS, goal, ours, ("on files", theirs));
    }
}

/// A guard reads sums, whatever they are of.
fn guarded(table: &mut Table, sandbox: &Sandbox) {
    let with_guard = |purchases: u32| {
        let home = Home::new();
        let limit = "[profiles.default]\nmax_per_month = '900000000'\n";
        fs::write(home.file("config.toml"), limit).expect("written");
        sample(buy(&home, sandbox));
        home.repeat_purchase(purchases, 1);
        home
    };
    let (many, few) = (with_guard(MANY), with_guard(FEW));
    let (ours, theirs) = (|| sample(buy(&many, sandbox)), || sample(buy(&few, sandbox)));
    let name = format!("buy under a monthly guard, {MANY} purchases");
    table.compare(&name, RUNS, Goal::cpu(120), ours, ("itself at 100", theirs));
}

/// How often a command waits for the disk.
fn syncs(table: &mut Table, sandbox: &Sandbox) {
    let home = Home::new();
    home.do_once(&["ledger", "init", "--mandate", "acme", "--model", "prepay-mandate"]);
    home.do_once(&["ledger", "credit", "1000"]);
    // The first one makes the files.
    sample(buy(&home, sandbox));
    let count = |command: &Command| -> u128 {
        let log = home.file("calls");
        let mut traced = Command::new("strace");
        traced.args(["-f", "-qq", "-e", "trace=fsync,fdatasync", "-e", "signal=none", "-o"]);
        traced.arg(&log).arg(topup()).args(command.get_args()).env_clear();
        traced.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
        let ended = traced.stdin(Stdio::null()).stdout(Stdio::null()).status().expect("strace");
        assert!(ended.success(), "{command:?}");
        let calls = fs::read_to_string(&log).expect("a log");
        calls.lines().filter(|line| line.contains("sync(")).count() as u128
    };
    let bought = count(&buy(&home, sandbox));
    table.counted("buy, ways to the disk", bought, ("as many as it needs", 6), 100);
    let record = home.topup(&["ledger", "record", "0.5", "--for-provider", "llm"]);
    table.counted("ledger record, ways to the disk", count(&record), ("its booking", 1), 100);
}
