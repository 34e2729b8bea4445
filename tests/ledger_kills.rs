//! Promise: what a command cost is recorded once, whatever happens to who watches it: killed while
//! it runs, killed or failed by the system at every call, or settled by others at once.
//!
//! `strace` does it as for a purchase (`kills.rs`), to the watcher alone: the command goes on.

use crate::books::{Store, amount, balance, check_book, data, fill, on_each_store, with_pool};
use crate::kills::{Chosen, Harm, each_point, failures, kills, strace_is_there};
use crate::support::{User, signal, topup, until};
use rusqlite::Connection;
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// The calls at which a run touches the world.
const CALLS: &[&str] = &[
    "openat",
    "read",
    "pread64",
    "pwrite64",
    "write",
    "fsync",
    "fdatasync",
    "ftruncate",
    "mkdir",
    "rename",
    "renameat2",
    "unlink",
    "flock",
    "fcntl",
    "close",
    "mmap",
    "rt_sigaction",
    "clone3",
    "wait4",
    "exit_group",
];
/// The file calls that can fail, and how.
const FILE_CALLS: &[&str] = &[
    "openat",
    "pwrite64",
    "fsync",
    "fdatasync",
    "ftruncate",
    "rename",
    "renameat2",
    "unlink",
    "flock",
];
const ERRORS: &[&str] = &["error=EIO", "error=ENOSPC", "error=EROFS"];

/// The command: it costs a quarter, of the three that are thought.
const COMMAND: &str = "echo began >>ran; echo 0.25 >$TOPUP_COST_FILE; echo ended >>ran";
const RUN: &[&str] =
    &["ledger", "run", "--strict", "--estimate", "0.75", "--for-provider", "p", "--", "sh", "-c"];

/// Starts a run whose command waits until it is told to end, and gives it once the command waits.
pub fn waiting(user: &User, more: &str) -> Child {
    let command = format!(
        "echo began >>ran; n=0; while [ ! -e go ] && [ $n -lt 800 ]; do sleep 0.02; \
         n=$((n+1)); done; {more} echo 0.25 >$TOPUP_COST_FILE; echo ended >>ran"
    );
    let child = user.command(&[RUN, &[&command]].concat()).stdout(Stdio::null()).spawn();
    until("the command", || user.file("ran").exists());
    child.expect("it starts")
}

/// Kills whoever watches, and nobody else.
pub fn kill(mut child: Child) {
    child.kill().expect("killed");
    assert_eq!(child.wait().expect("a status").signal(), Some(9));
}

/// Lets the command end, and waits until it has.
pub fn let_it_end(user: &User) {
    fs::write(user.file("go"), "").expect("written");
    until("the end of the command", || {
        fs::read_to_string(user.file("ran")).is_ok_and(|ran| ran.ends_with("ended\n"))
    });
    // It is over once its lock is free: a moment after its last word.
    let runs = user.file("runs");
    until("the lock of the command", || {
        let entries = fs::read_dir(&runs).expect("a folder").flatten();
        let mut running =
            entries.filter(|entry| entry.path().extension().is_some_and(|is| is == "running"));
        running.all(|entry| fs::File::open(entry.path()).is_ok_and(|file| file.try_lock().is_ok()))
    });
}

/// The uses in the book of `acme`, by what they cost.
fn costs(user: &User) -> Vec<String> {
    let book = check_book(user, "acme");
    let uses = book.iter().filter(|one| one["type"] == "DEBIT");
    uses.map(|one| one["amount"].as_str().expect("an amount").to_owned()).collect()
}

#[test]
fn a_command_whose_watcher_is_killed_goes_on_and_is_recorded_by_the_next_start() {
    on_each_store(|user, _| {
        fill(user, "1");
        kill(waiting(user, ""));
        for _ in 0..2 {
            let ran = user.run(&["ledger", "balance"]).code(0);
            assert!(ran.err.is_empty(), "it is left alone: {}", ran.err);
            assert_eq!(balance(user), ("1.00".to_owned(), "0.75".to_owned()), "and held back for");
        }
        user.run(&[RUN, &["true"]].concat()).code(30).says("held back");
        let_it_end(user);
        let ran = user.run(&["ledger", "balance"]).code(0);
        ran.says("A run for p that ended unseen was recorded: CHF 0.25, as the command reported.");
        for _ in 0..2 {
            assert!(user.run(&["ledger", "balance"]).code(0).err.is_empty(), "once");
            assert_eq!(balance(user), ("0.75".to_owned(), "0.00".to_owned()));
        }
        assert_eq!(costs(user), ["0.25"]);
        let left = fs::read_dir(user.file("runs")).expect("a folder").count();
        assert_eq!(left, 1, "the id alone");
    });
}

#[test]
fn a_run_waits_for_a_start_at_its_own_ledger() {
    on_each_store(|user, store| {
        fill(user, "1");
        kill(waiting(user, ""));
        let_it_end(user);
        // The same home, other ledgers: they know nothing of it and take nothing of it away.
        data(user, &["mandates", "--sandbox"]);
        let other = store.another();
        let mut command = user.command(&["ledger", "mandates"]);
        let child = command.env("TOPUP_LEDGER_URL", other.url()).spawn().expect("it starts");
        user.finish(&["ledger", "mandates"], child).code(0);
        assert_eq!(costs(user), ["0.25"]);
        // Whoever has another home cannot see whether it is alive, and waits.
        fs::remove_file(user.file("go")).expect("removed");
        fs::remove_file(user.file("ran")).expect("removed");
        kill(waiting(user, ""));
        let_it_end(user);
        let neighbour = store.user();
        assert_eq!(balance(&neighbour), ("0.75".to_owned(), "0.75".to_owned()));
        assert_eq!(balance(user), ("0.50".to_owned(), "0.00".to_owned()));
        assert_eq!(costs(&neighbour), ["0.25", "0.25"]);
    });
}

/// Makes everything that is noted look as if nothing was heard of it for an hour.
fn age(ledger: &Path) {
    let db = Connection::open(ledger).expect("a ledger");
    db.busy_timeout(Duration::from_secs(20)).expect("set");
    let aged = db.execute("UPDATE ledger_hold SET alive_ms = alive_ms - 3600000", []);
    assert_eq!(aged.expect("changed"), 1, "one run is noted");
}

#[test]
fn any_number_of_starts_at_once_record_it_once() {
    let user = with_pool("100");
    for round in 1..=6 {
        for name in ["go", "ran"] {
            let _ = fs::remove_file(user.file(name));
        }
        kill(waiting(&user, ""));
        let_it_end(&user);
        // Also where it is so long ago that the estimate would do.
        age(&user.file("ledger.db"));
        let arguments = ["ledger", "balance"];
        let children: Vec<Child> = (0..8).map(|_| user.start(&arguments)).collect();
        let mut told = 0;
        for child in children {
            told +=
                usize::from(user.finish(&arguments, child).code(0).err.contains("was recorded"));
        }
        assert_eq!(told, 1, "one of them says so");
        assert_eq!(costs(&user), vec!["0.25"; round]);
    }
    assert_eq!(balance(&user), ("98.50".to_owned(), "0.00".to_owned()));
}

#[test]
fn a_machine_that_was_silent_for_long_is_taken_for_dead_and_corrected_when_it_comes_back() {
    let store = Store::sqlite();
    let user = store.user();
    fill(&user, "10");
    let child = waiting(&user, "");
    let neighbour = store.user();
    assert_eq!(balance(&neighbour), ("10.00".to_owned(), "0.75".to_owned()));
    age(Path::new(store.url()));
    // Its own machine knows better than any clock.
    assert_eq!(balance(&user), ("10.00".to_owned(), "0.75".to_owned()));
    let ran = neighbour.run(&["ledger", "balance"]).code(0);
    ran.says("that ended unseen was recorded: CHF 0.75, the estimate");
    assert_eq!(balance(&neighbour), ("9.25".to_owned(), "0.00".to_owned()));
    let_go(&user);
    user.finish(RUN, child).code(0);
    let book = check_book(&user, "acme");
    let told: Vec<[&Value; 3]> =
        book.iter().map(|one| [&one["type"], &one["amount"], &one["reference"]]).collect();
    assert_eq!(
        told,
        [["CREDIT", "10.00", "ADMIN"], ["DEBIT", "0.75", "USAGE"], ["CREDIT", "0.50", "SYSTEM"],]
    );
    let correction = book[2]["description"].as_str().expect("text");
    assert_eq!(correction, format!("correction of {}", book[1]["id"].as_str().expect("an id")));
    assert_eq!(balance(&user), ("9.75".to_owned(), "0.00".to_owned()));
}

/// Lets a command end that is still watched.
fn let_go(user: &User) {
    fs::write(user.file("go"), "").expect("written");
}

#[test]
fn what_ends_by_a_signal_while_it_is_watched_is_recorded_at_once() {
    let user = with_pool("1");
    let child = waiting(&user, "kill -KILL $$;");
    signal(child.id(), rustix::process::Signal::USR1);
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(output.status.signal(), Some(10));
    assert_eq!(balance(&user), ("0.25".to_owned(), "0.00".to_owned()), "the estimate");
}

/// One run with something done to its watcher; whether it was reached.
fn harmed(ledger: &[u8], harm: &str) -> bool {
    let user = User::new();
    fs::write(user.file("ledger.db"), ledger).expect("written");
    let log = user.file("strace.log");
    let arguments = [RUN, &[COMMAND]].concat();
    let piped = user.command(&arguments);
    let mut traced = Command::new("strace");
    traced
        .args(["-qq", "-e", "signal=none", "-e", &format!("inject={harm}"), "-o"])
        .arg(&log)
        .arg(topup())
        .args(&arguments)
        .env_clear()
        .current_dir(user.home())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    for (name, value) in piped.get_envs() {
        if let Some(value) = value {
            traced.env(name, value);
        }
    }
    let status = traced.status().expect("strace");
    let calls = fs::read_to_string(&log).unwrap_or_default();
    let killed = status.signal() == Some(9) || status.code() == Some(128 + 9);
    let reached = killed || calls.contains("(INJECTED)");
    // The next starts record it, the first one after the command has ended.
    until(harm, || balance(&user).1 == "0.00");
    let ran = fs::read_to_string(user.file("ran")).unwrap_or_default();
    let costs = costs(&user);
    match ran.as_str() {
        "began\nended\n" if killed || !reached => assert_eq!(costs, ["0.25"], "{harm}"),
        // A file that cannot be read says nothing.
        "began\nended\n" => assert!(costs == ["0.25"] || costs == ["0.75"], "{harm}: {costs:?}"),
        // What never started is never charged, whoever was killed when.
        "" => assert!(costs.is_empty() && !status.success(), "{harm}: {costs:?}"),
        other => panic!("{harm}: {other}"),
    }
    // And the ledger is as good as before.
    user.run(&[RUN, &["echo 0.5 >$TOPUP_COST_FILE"]].concat()).code(0);
    assert_eq!(balance(&user).1, "0.00", "{harm}");
    reached
}

/// Every chosen point of these: how many were reached.
fn harm_runs(chosen: &Chosen, harms: &[Harm]) -> usize {
    let user = with_pool("100");
    // Another program that closes it last moves the log into the file.
    let db = Connection::open(user.file("ledger.db")).expect("a ledger");
    db.query_row("SELECT count(*) FROM ledger_mandate", [], |_| Ok(())).expect("read");
    drop(db);
    let ledger = fs::read(user.file("ledger.db")).expect("a ledger");
    each_point(chosen, harms, || (), |(), what| harmed(&ledger, what))
}

fn kill_runs(chosen: &Chosen) -> usize {
    let points = harm_runs(chosen, &kills(CALLS));
    println!("killed at {points} points of a run, each recorded once");
    points
}

fn fail_runs(chosen: &Chosen) -> usize {
    let points = harm_runs(chosen, &failures(FILE_CALLS, ERRORS));
    println!("failed at {points} points of a run, each recorded once");
    points
}

#[test]
fn killed_or_failed_here_and_there_a_run_is_recorded_once() {
    if strace_is_there() {
        let points = kill_runs(&Chosen::some()) + fail_runs(&Chosen::some());
        assert!(points > 10, "only {points} points were reached");
    }
}

/// Every run that began is charged its own cost, once.
fn check_costs(user: &User, runs: usize) {
    let lines = |name: &str| fs::read_to_string(user.file(name)).unwrap_or_default();
    until("the end of every command", || {
        lines("began").lines().count() == lines("ended").lines().count()
    });
    until("the last of them is settled", || balance(user).1 == "0.00");
    let began: BTreeSet<String> = lines("began").lines().map(ToOwned::to_owned).collect();
    let mut charged = BTreeSet::new();
    for one in check_book(user, "acme").iter().filter(|one| one["type"] == "DEBIT") {
        let number = one["description"].as_str().expect("text").to_owned();
        let cost = format!("0.{number:0>6}");
        let cost = rust_decimal::Decimal::from_str_exact(&cost).expect("a cost");
        assert_eq!(amount(&one["amount"]), cost, "its own cost: {one}");
        assert!(charged.insert(number), "once: {one}");
    }
    assert_eq!(charged, began, "what began, and nothing else");
    assert!(began.len() >= runs / 4, "{} of {runs} runs began", began.len());
    println!("{} of {runs} runs began, each was charged its cost once", began.len());
}

/// Watchers and starts that are killed at any moment, while the starts look slowly at what changes
/// meanwhile: each run that began costs what its command said, and no other costs anything.
fn chaos(user: &User, runs: usize) {
    fill(user, "1000");
    // A start whose list of the holds is old by the time it reads the folder, and whose look at a
    // file is old by the time it has the lock.
    let slow = ["-f", "-qq", "-e", "signal=none", "-o", "/dev/null"];
    let delays = ["inject=getdents64:delay_enter=30000", "inject=flock:delay_enter=3000"];
    let start = |seed: u64| {
        let plain = user.command(&["ledger", "mandates"]);
        let mut start = Command::new("strace");
        start.args(slow).args(["-e", delays[0], "-e", delays[1], topup(), "ledger", "mandates"]);
        start.env_clear().stdout(Stdio::null()).stderr(Stdio::null());
        start.envs(plain.get_envs().filter_map(|(name, value)| Some((name, value?))));
        let mut child = start.process_group(0).spawn().expect("it starts");
        if seed.is_multiple_of(3) {
            thread::sleep(Duration::from_micros(seed % 90_000));
            let group = rustix::process::Pid::from_child(&child);
            let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
        }
        child.wait().expect("a status");
    };
    let whole = AtomicU64::new(100_000);
    let run = |number: usize, seed: u64| {
        let command =
            format!("echo {number} >>began; echo 0.{number:06} >$TOPUP_COST_FILE; echo >>ended");
        let text = format!("--description={number}");
        let strict = ["--strict", "--estimate", "0.75", "--for-provider", "p", &text];
        let run = [&["ledger", "run"][..], &strict, &["--", "sh", "-c", &command]].concat();
        let mut child = user.command(&run);
        let mut child = child.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("started");
        let started = Instant::now();
        if seed.is_multiple_of(3) {
            child.wait().expect("a status");
            // As long as one takes that is left alone, while the machine is busy with the others.
            let micros = u64::try_from(started.elapsed().as_micros()).expect("minutes at most");
            whole.store(micros, Ordering::Relaxed);
        } else {
            thread::sleep(Duration::from_micros(seed % whole.load(Ordering::Relaxed).max(1)));
            child.kill().expect("killed");
            child.wait().expect("a status");
        }
    };
    let dice = |at: usize| (at as u64 ^ 0x5eed).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 20;
    let (next, over) = (AtomicUsize::new(1), AtomicBool::new(false));
    thread::scope(|scope| {
        let starting: Vec<_> = (0..2)
            .map(|at| {
                let over = &over;
                scope.spawn(move || {
                    for time in (at..).step_by(2) {
                        if over.load(Ordering::Relaxed) {
                            break;
                        }
                        start(dice(time));
                    }
                })
            })
            .collect();
        let running: Vec<_> = (0..4)
            .map(|_| {
                scope.spawn(|| {
                    loop {
                        let number = next.fetch_add(1, Ordering::Relaxed);
                        if number > runs {
                            break;
                        }
                        run(number, dice(number));
                    }
                })
            })
            .collect();
        for thread in running {
            thread.join().expect("it ended");
        }
        over.store(true, Ordering::Relaxed);
        for thread in starting {
            thread.join().expect("it ended");
        }
    });
    check_costs(user, runs);
}

#[test]
fn runs_that_are_killed_while_starts_look_slowly_are_charged_once_or_never_began() {
    if strace_is_there() {
        on_each_store(|user, _| chaos(user, 80));
    }
}

#[test]
#[ignore = "ten thousand runs take many minutes"]
fn ten_thousand_runs_that_are_killed_are_charged_once_or_never_began() {
    assert!(strace_is_there());
    on_each_store(|user, _| chaos(user, 10_000));
}

#[test]
#[ignore = "every point takes minutes"]
fn killed_at_every_call_a_run_is_recorded_once() {
    assert!(strace_is_there());
    let points = kill_runs(&Chosen::all());
    assert!(points > 200, "only {points} points were reached");
}

#[test]
#[ignore = "every point takes minutes"]
fn failed_by_the_system_at_every_file_call_a_run_is_recorded_once() {
    assert!(strace_is_there());
    let points = fail_runs(&Chosen::all());
    assert!(points > 200, "only {points} points were reached");
}
