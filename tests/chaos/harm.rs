//! What is done to a process, to the portal and to the disk.

use super::World;
use super::audit::CommandEnd;
use super::verbs::{Verb, name_in};
use crate::faults::clocks::{FileClock, set_clock};
use crate::simulation::dice::Dice;
use crate::support::{User, signal};
use rustix::process::Signal;
use std::fs::{self, File};
use std::io::Write;
use std::process::Child;
use std::time::{Duration, Instant};

/// No command takes longer, stops included.
const LONGEST: Duration = Duration::from_secs(180);
/// What a clock is turned to while a process runs by it.
const CLOCKS: &[&str] = &["+40m", "-40m", "+2h", "-2h", "+25h", "-25h"];
/// The requests that the portal breaks, and how.
const REQUESTS: &[&str] = &[
    "POST /api/billing/charge",
    "POST /api/billing/charge",
    "GET /api/billing/charge/*",
    "GET /api/billing/state",
    "POST /api/oauth/token",
];
const FAULTS: &[&[&str]] = &[
    &["--lose-response"],
    &["--drop-before"],
    &["--truncate"],
    &["--delay", "2s"],
    &["--html"],
    &["--status", "503"],
    &["--status", "500", "--after-work"],
    &["--status", "429", "--retry-after", "1"],
];

/// What is done to one process, and when.
#[derive(Clone, Copy, Debug)]
pub enum Harm {
    Nothing,
    /// Killed.
    Killed(Duration),
    /// Stopped, and so long afterwards woken.
    Stopped(Duration, Duration),
    /// Asked to end.
    Signalled(Duration, Signal),
    /// Its wall clock is turned to this.
    Clock(Duration, &'static str),
}

impl Harm {
    pub fn thrown(dice: &mut Dice, verb: Verb) -> Self {
        let after = Duration::from_millis(dice.below(1200));
        match dice.below(100) {
            0..45 => Self::Nothing,
            45..65 => Self::Killed(after),
            65..78 => Self::Stopped(after, Duration::from_millis(dice.below(2500))),
            // The command of a run is signalled as well, and may not have noted that it began.
            78..88 if verb != Verb::Run => {
                Self::Signalled(after, dice.pick(&[Signal::INT, Signal::TERM, Signal::HUP]))
            }
            _ => Self::Clock(after, dice.pick(CLOCKS)),
        }
    }

    /// Runs this on a machine and harms it.
    pub fn run(
        self,
        machine: &User,
        faketime: &str,
        verb: Verb,
        arguments: &[String],
    ) -> CommandEnd {
        let folder = tempfile::tempdir().expect("a folder");
        let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let mut command = machine.command(&words);
        let (out, err) = (folder.path().join("out"), folder.path().join("err"));
        command
            .stdout(File::create(&out).expect("a file"))
            .stderr(File::create(&err).expect("a file"));
        let clock = FileClock::new(folder.path());
        if let Self::Clock(..) = self {
            set_clock(&mut command, faketime, clock.variable());
        }
        let mut child = command.spawn().expect("it starts");
        match self {
            Self::Nothing => {}
            Self::Killed(after) => {
                if lives_after(&mut child, after) {
                    signal(child.id(), Signal::KILL);
                }
            }
            Self::Stopped(after, time) => {
                if lives_after(&mut child, after) {
                    signal(child.id(), Signal::STOP);
                    std::thread::sleep(time);
                    signal(child.id(), Signal::CONT);
                }
            }
            Self::Signalled(after, number) => {
                if lives_after(&mut child, after) {
                    signal(child.id(), number);
                }
            }
            Self::Clock(after, says) => {
                lives_after(&mut child, after);
                clock.turn(says);
            }
        }
        let end = Instant::now() + LONGEST;
        let status = loop {
            if let Some(status) = child.try_wait().expect("a status") {
                break status;
            }
            if Instant::now() > end {
                signal(child.id(), Signal::KILL);
                child.wait().expect("it ends");
                panic!("it never ended: {verb:?} {arguments:?} {self:?}");
            }
            std::thread::sleep(Duration::from_millis(10));
        };
        let text = |file| fs::read_to_string(file).unwrap_or_default();
        let (out, err) = (text(&out), text(&err));
        assert!(!err.contains("panicked"), "{verb:?} {arguments:?} {self:?}: {err}");
        CommandEnd {
            verb,
            harmed: !matches!(self, Self::Nothing),
            code: status.code().unwrap_or(-1),
            document: serde_json::from_str(&out).unwrap_or_default(),
            name: name_in(arguments),
        }
    }
}

/// Waits, and no longer than the process lives; says whether it still does. One that has ended is
/// known to the system until it is asked again, so that its number is nobody else's.
fn lives_after(child: &mut Child, time: Duration) -> bool {
    let end = Instant::now() + time;
    while child.try_wait().expect("a status").is_none() {
        if Instant::now() >= end {
            return true;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    false
}

/// Breaks requests, stalls the portal and moves the balance; gives how often.
pub fn harm_the_portal(world: &World, mut dice: Dice) -> usize {
    let keeper = world.server.keeper();
    let mut times = 0;
    while world.goes_on() {
        std::thread::sleep(Duration::from_millis(300 + dice.below(900)));
        times += 1;
        match dice.below(10) {
            0..6 => {
                let request = dice.pick(REQUESTS);
                let fault: &[&str] = FAULTS[dice.index(FAULTS.len())];
                let add = ["sandbox", "faults", "add", request];
                keeper.run(&[&add[..], fault].concat()).code(0);
            }
            6..8 => keeper.set(dice.pick(&["balance=20", "balance=150"])),
            _ => {
                signal(world.server.id(), Signal::STOP);
                std::thread::sleep(Duration::from_millis(dice.below(1500)));
                signal(world.server.id(), Signal::CONT);
            }
        }
    }
    keeper.run(&["sandbox", "faults", "clear"]).code(0);
    times
}

/// Fills the disk of the last machine for a while, again and again; gives how often.
pub fn fill_the_disk(world: &World, mut dice: Dice) -> usize {
    let machine = world.machines.last().expect("machines");
    let ballast = machine.file("ballast");
    let mut times = 0;
    while world.goes_on() {
        std::thread::sleep(Duration::from_millis(500 + dice.below(2500)));
        times += 1;
        // Whole pages, then what is left of the last one.
        let mut file = File::create(&ballast).expect("a file");
        for size in [65_536, 4096, 512] {
            while file.write_all(&vec![0; size]).is_ok() {}
        }
        drop(file);
        std::thread::sleep(Duration::from_millis(100 + dice.below(1500)));
        fs::remove_file(&ballast).expect("removed");
    }
    times
}
