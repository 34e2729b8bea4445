//! Promise: whatever a clock says, a wait is as long as it is, and a key that may be too old is not
//! sent again.
//!
//! The wall clock of one process is set by a library that is loaded before it; the monotonic clock
//! and the portal keep the true time.

use crate::faults::signals::wait_for;
use crate::support::{Ran, Server, User, signal};
use rustix::process::Signal;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::time::{Duration, Instant};

/// The library, where it is installed.
pub fn library() -> Option<String> {
    let found = fs::read_dir("/usr/lib").into_iter().flatten().flatten();
    let file = found
        .map(|entry| entry.path().join("faketime/libfaketimeMT.so.1"))
        .find(|file: &PathBuf| file.is_file());
    assert!(file.is_some() || std::env::var_os("CI").is_none(), "faketime is missing");
    file.map(|file| file.to_str().expect("text").to_owned())
}

fn with_clock(user: &User, library: &str, arguments: &[&str], clock: (&str, &str)) -> Child {
    let mut command = user.command(arguments);
    set_clock(&mut command, library, clock);
    command.spawn().expect("it starts")
}

/// Gives a command, not yet started, this clock.
pub fn set_clock(command: &mut Command, library: &str, clock: (&str, &str)) {
    command.env("LD_PRELOAD", library).env("FAKETIME_NO_CACHE", "1").env(clock.0, clock.1);
    // The name of it was another one in older versions.
    command.env("FAKETIME_DONT_FAKE_MONOTONIC", "1").env("DONT_FAKE_MONOTONIC", "1");
}

fn at(user: &User, library: &str, clock: &str, arguments: &[&str]) -> Ran {
    let child = with_clock(user, library, arguments, ("FAKETIME", clock));
    user.finish(arguments, child)
}

/// A clock in a file, which a test turns while a process runs by it.
pub struct FileClock {
    file: PathBuf,
    next: PathBuf,
}

impl FileClock {
    /// One in this folder, that has the true time.
    pub fn new(folder: &Path) -> Self {
        let clock = Self { file: folder.join("clock"), next: folder.join("clock.next") };
        clock.turn("+0d");
        clock
    }

    /// Whole or not at all, as whoever sets a clock does it.
    pub fn turn(&self, says: &str) {
        fs::write(&self.next, format!("{says}\n")).expect("written");
        fs::rename(&self.next, &self.file).expect("set");
    }

    /// Starts this by it.
    pub fn start(&self, user: &User, library: &str, arguments: &[&str]) -> Child {
        with_clock(user, library, arguments, self.variable())
    }

    /// What says where it is.
    pub fn variable(&self) -> (&str, &str) {
        ("FAKETIME_TIMESTAMP_FILE", self.file.to_str().expect("text"))
    }
}

/// As a machine that is put to sleep: everything stops, and the clock has moved on when it goes on.
pub fn suspend(child: &Child, clock: &FileClock, says: &str) {
    signal(child.id(), Signal::STOP);
    clock.turn(says);
    signal(child.id(), Signal::CONT);
}

/// The same for longer than the portal remembers a key: a day has passed there as well.
fn suspend_for_a_day(server: &Server, child: &Child, clock: &FileClock) {
    signal(child.id(), Signal::STOP);
    server.keeper().set("clock=+25h");
    clock.turn("+25h");
    signal(child.id(), Signal::CONT);
}

const ODD: &[&str] = &["-365d", "+3650d", "@1970-01-01 00:00:05", "@2038-01-19 03:14:07"];

#[test]
fn fault_50_under_a_wrong_clock_every_command_ends_with_a_code_of_the_table() {
    let Some(library) = library() else { return };
    for clock in ODD {
        let user = User::on_sandbox();
        let server = Server::start(&["--auto-approve"]);
        let abroad = User::new().with("TOPUP_PORTAL_URL", &server.url);
        abroad.run(&["login", "--step-up", "--no-browser"]).code(0);
        for verb in [
            &["state", "--json"][..],
            &["buy", "25", "--yes", "--json", "--wait", "2s"],
            &["buy", "25", "--yes", "--once", "a-name", "--json", "--wait", "2s"],
            &["resume", "--json", "--wait", "1s"],
            &["status", "--json"],
            &["history", "--json"],
            &["whoami", "--json"],
        ] {
            for who in [&user, &abroad] {
                let ran = at(who, &library, clock, verb);
                assert!(!ran.err.contains("panicked"), "{clock}: {verb:?}: {}", ran.err);
                ran.json();
            }
        }
        let ledger = ["ledger", "init", "--mandate", "acme", "--model", "unlimited"];
        at(&user, &library, clock, &ledger).code(0);
        at(&user, &library, clock, &["ledger", "record", "1", "--for-provider", "p"]).code(0);
        at(&user, &library, clock, &["ledger", "stats", "--json"]).code(0);
        assert!(server.count_charges() <= 2, "{clock}");
    }
}

/// A purchase whose answer was lost, at the right time.
fn lost(server: &Server, user: &User) {
    let add = ["sandbox", "faults", "add", "POST /api/billing/charge", "--lose-response"];
    server.keeper().run(&add).code(0);
    let buy = ["buy", "25", "--yes", "--json"];
    let child = user.start(&buy);
    wait_for(server, "POST /api/billing/charge");
    signal(child.id(), Signal::INT);
    user.finish(&buy, child).code(130).failed("interrupted", Some("unknown"));
}

/// Within one start of the machine the server's clock and the monotonic one tell how old a key is,
/// whatever the wall clock says meanwhile.
#[test]
fn fault_50_a_wrong_wall_clock_makes_no_key_too_old_where_the_server_tells_the_time() {
    let Some(library) = library() else { return };
    for clock in ["-365d", "-1h", "+25h", "+3650d"] {
        let (server, user) = for_years();
        lost(&server, &user);
        let ran = at(&user, &library, clock, &["resume", "--json"]).code(0);
        let settled = ran.json()["data"]["purchases"][0].take();
        assert_eq!(settled["status"], "settled", "{clock}: {settled}");
        assert_eq!(server.count_charges(), 1, "{clock}");
    }
}

#[test]
fn fault_50_a_wait_is_as_long_as_it_is_whatever_the_wall_clock_does_in_it() {
    let Some(library) = library() else { return };
    for jump in ["-365d", "+3650d"] {
        let (server, user) = for_years();
        server.keeper().set("settle-after=1h");
        let clock = FileClock::new(user.home());
        let buy = ["buy", "25", "--yes", "--json", "--wait", "2s", "--poll", "1s"];
        let started = Instant::now();
        let child = clock.start(&user, &library, &buy);
        wait_for(&server, "GET /api/billing/charge/");
        clock.turn(jump);
        user.finish(&buy, child).code(50).failed("pending", Some("unknown"));
        let took = started.elapsed();
        assert!((Duration::from_secs(2)..Duration::from_secs(9)).contains(&took), "{took:?}");
        assert_eq!(server.count_charges(), 1, "{jump}");
    }
}

/// A portal whose tokens last for years, and somebody who is logged in there.
fn for_years() -> (Server, User) {
    let server = Server::without_limits();
    server.keeper().set("token-life=87000h");
    let user = User::new().with("TOPUP_PORTAL_URL", &server.url);
    user.run(&["login", "--step-up", "--no-browser"]).code(0);
    (server, user)
}

fn count_posts(server: &Server) -> usize {
    let seen = server.keeper().seen();
    seen.iter().filter(|call| *call == "POST /api/billing/charge").count()
}

/// A machine that is put to sleep after the answer was lost, and wakes up when the portal has
/// forgotten the key.
#[test]
fn fault_48_a_day_between_a_lost_answer_and_the_next_try_is_too_long_to_try() {
    let Some(library) = library() else { return };
    let (server, user) = for_years();
    let add = ["sandbox", "faults", "add", "POST /api/billing/charge", "--lose-response"];
    server.keeper().run(&[&add[..], &["--times", "9"]].concat()).code(0);
    let clock = FileClock::new(user.home());
    let buy = ["buy", "25", "--yes", "--json"];
    let child = clock.start(&user, &library, &buy);
    wait_for(&server, "POST /api/billing/charge");
    suspend_for_a_day(&server, &child, &clock);
    user.finish(&buy, child).code(51).failed("outcome_unknown", Some("unknown"));
    assert_eq!((count_posts(&server), server.count_charges()), (1, 1));
}

/// The answer arrives while the machine sleeps, or the purchase is taken on already: then no key
/// matters any more, however old it is by now.
#[test]
fn fault_48_asleep_for_a_day_while_the_portal_works_it_is_paid_once_and_says_so() {
    let Some(library) = library() else { return };
    for (call, delay) in
        [("POST /api/billing/charge", Some("1s")), ("GET /api/billing/charge/", None)]
    {
        for is_back in [false, true] {
            let (server, user) = for_years();
            server.keeper().set("settle-after=1s");
            if let Some(delay) = delay {
                let add = ["sandbox", "faults", "add", call, "--delay", delay];
                server.keeper().run(&add).code(0);
            }
            let clock = FileClock::new(user.home());
            let buy = ["buy", "25", "--yes", "--json"];
            let child = clock.start(&user, &library, &buy);
            wait_for(&server, call);
            if is_back {
                suspend(&child, &clock, "-25h");
            } else {
                suspend_for_a_day(&server, &child, &clock);
            }
            user.finish(&buy, child).code(0);
            assert_eq!((count_posts(&server), server.count_charges()), (1, 1), "{call} {is_back}");
        }
    }
}
