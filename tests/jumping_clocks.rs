//! Promise: a process whose wall clock jumps two hours forward and back while it works, beside
//! another that has the true time, pays, renews, reports and charges nothing twice.

use crate::delays::{
    BUY_NAMED, Both, Ground, GroundKind, NeighbourPair, STATE, WATCH, charged_once, reports,
    run_beside,
};
use crate::faults::clocks::{FileClock, library, suspend};
use crate::support::{Server, User, at_once, signal, until};
use rustix::process::Signal;
use std::fs;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// What the clock says, in turn: tokens end and come back, and nothing older does.
const CLOCK: &[&str] = &["+0d", "+2h", "+0d", "-2h"];
/// It jumps so often.
const JUMP: Duration = Duration::from_millis(40);

/// A run that lasts for a while.
const RUN: &[&str] = &[
    "ledger",
    "run",
    "--strict",
    "--estimate",
    "0.75",
    "--for-provider",
    "p",
    "--",
    "sh",
    "-c",
    "echo began >>begun; sleep 1; echo 0.25 >$TOPUP_COST_FILE",
];

const PAIRS: &[NeighbourPair] = &[
    jumping(BUY_NAMED, BUY_NAMED, GroundKind::Portal, paid_once),
    jumping(STATE, STATE, GroundKind::EndedLogin, session_lives),
    jumping(BUY_NAMED, STATE, GroundKind::EndedLogin, session_lives),
    jumping(STATE, BUY_NAMED, GroundKind::EndedLogin, paid_once),
    jumping(WATCH, WATCH, GroundKind::Portal, reported_once),
    jumping(RUN, RUN, GroundKind::File, run_once),
    jumping(RUN, RUN, GroundKind::Postgres, run_once),
];

const fn jumping(
    paused: &'static [&'static str],
    beside: &'static [&'static str],
    ground: GroundKind,
    holds: fn(&Ground, &Both, &str),
) -> NeighbourPair {
    NeighbourPair { paused, beside, calls: &[], ground, holds }
}

/// The neighbours, whose clock is true, do what they are asked; what the other one says is an answer.
fn neighbours_succeed(both: &Both, what: &str) {
    for ran in &both.beside {
        assert!([0, 53].contains(&ran.code), "{what}: {} {}", ran.code, ran.err);
    }
    assert!(!both.first.err.contains("panicked"), "{what}: {}", both.first.err);
}

fn paid_once(ground: &Ground, both: &Both, what: &str) {
    neighbours_succeed(both, what);
    // Whatever it made of its clock: the same name finds the same charge.
    ground.user.run(BUY_NAMED).code(0);
    assert_eq!(ground.server().count_charges(), 1, "{what}");
    session_lives(ground, both, what);
}

/// The portal ends the session of whoever sends a refresh token twice.
fn session_lives(ground: &Ground, both: &Both, what: &str) {
    neighbours_succeed(both, what);
    ground.user.run(STATE).code(0);
    assert!(ground.server().count_charges() <= 1, "{what}");
}

fn reported_once(ground: &Ground, both: &Both, what: &str) {
    neighbours_succeed(both, what);
    assert_eq!(reports(ground), 1, "{what}");
}

fn run_once(ground: &Ground, both: &Both, what: &str) {
    neighbours_succeed(both, what);
    charged_once(ground, what);
}

#[test]
fn under_a_clock_that_jumps_forward_and_back_nothing_happens_twice() {
    let Some(library) = library() else { return };
    at_once(PAIRS, |pair| {
        let Some(ground) = pair.ground.make() else { return };
        let clock = FileClock::new(ground.user.home());
        let child = clock.start(&ground.user, &library, pair.paused);
        let over = AtomicBool::new(false);
        let both = std::thread::scope(|scope| {
            scope.spawn(|| {
                for says in CLOCK.iter().cycle() {
                    if over.load(Ordering::Relaxed) {
                        break;
                    }
                    clock.turn(says);
                    std::thread::sleep(JUMP);
                }
            });
            let both = run_beside(pair, &ground, child, "under a clock that jumps");
            over.store(true, Ordering::Relaxed);
            both
        });
        (pair.holds)(&ground, &both, &format!("{pair:?}, under a clock that jumps"));
    });
}

#[test]
fn a_watch_on_a_machine_that_slept_for_hours_reports_each_fall_once_and_does_not_rush() {
    let Some(library) = library() else { return };
    for turned in ["+9h", "-9h"] {
        let server = Server::start(&["--auto-approve"]);
        server.keeper().set("token-life=87000h");
        let user = User::new().with("TOPUP_PORTAL_URL", &server.url);
        user.run(&["login", "--no-browser"]).code(0);
        let clock = FileClock::new(user.home());
        let report = "echo fell >>reports";
        let watch = ["watch", "--below", "10", "--every", "300ms", "--", "sh", "-c", report];
        let child = clock.start(&user, &library, &watch);
        let reports = || fs::read_to_string(user.file("reports")).unwrap_or_default();
        let looks =
            || server.keeper().seen().iter().filter(|call| call.ends_with("/state")).count();
        until("it watches", || looks() >= 2);
        // It falls while the machine sleeps, and again when it is awake.
        server.keeper().set("balance=5");
        suspend(&child, &clock, turned);
        until("it is reported", || reports().lines().count() == 1);
        let before = looks();
        std::thread::sleep(Duration::from_millis(600));
        let made = looks() - before;
        assert!(made <= 3, "{turned}: {made} looks in 600 ms");
        server.keeper().set("balance=50");
        let before = looks();
        until("it is seen to rise", || looks() >= before + 2);
        server.keeper().set("balance=4");
        until("it is reported again", || reports().lines().count() == 2);
        signal(child.id(), Signal::TERM);
        let ended = user.finish(&watch, child).code(0);
        assert!(!ended.err.contains("panicked"), "{}", ended.err);
        assert_eq!(reports().lines().count(), 2, "{turned}");
    }
}
