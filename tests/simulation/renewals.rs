//! Promise: in no order of events is a refresh token used twice where a session could be lost by it,
//! and no new pair is lost that an answer brought.
//!
//! The renewal machine in a modelled world: a portal whose refresh tokens work once and which ends the
//! session at the second use, answers that are lost, requests that are worked on late, a login in
//! files, at Hermes, behind a command or in the store of a fleet, processes of several machines that
//! end at any step, machines that sleep, clocks that differ.

mod actions;
mod portal;

use super::dice::{self, Dice};
use super::events::Events;
use portal::Portal;
use std::fmt::Write as _;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use topup::renewal::{KeptIn, RenewalAction, RenewalEvent, RenewalMachine, RenewalMoment};

const SCHEDULES: u64 = 200_000;
const CAUGHT_WITHIN: u64 = 20_000;
const SECOND: u64 = 1_000;
const MINUTE: u64 = 60 * SECOND;
/// How long an access token lives.
const LIFE: u64 = 15 * MINUTE;
const BEGIN: u64 = 1_000 * 60 * MINUTE;
/// A request that outlives its client is worked on within this time.
const LATEST: u64 = 30 * SECOND;

/// Which of our own rules is switched off, to see that it is missed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sabotage {
    None,
    /// The note is not committed before the request.
    NoNote,
    /// The note of another machine keeps nobody out.
    LeaseIgnored,
    /// A token whose answer was lost is sent again while it is of use.
    SentAgain,
    /// Two processes of one machine renew at once.
    NoLock,
    /// The new pair is used before it is kept.
    NotKept,
}

/// A pair of tokens.
type Pair = usize;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Login {
    pair: Pair,
    /// When its access token ends, by the clock of the machine that got it.
    ends: u64,
    /// When a renewal was begun, by the clock of the machine that did.
    inflight: Option<u64>,
    refused: bool,
}

struct Machine {
    /// How far its wall clock is off, in milliseconds.
    off: i64,
    /// Who holds the lock of its logins.
    lock: Option<u64>,
}

struct Process {
    number: u64,
    on: usize,
    machine: RenewalMachine,
    action: RenewalAction,
    event: Option<RenewalEvent>,
    /// The token that was not accepted, where that is why.
    rejected: Option<Pair>,
    seen: Option<(Login, u64)>,
    /// Whether the access token lived by its clock when it was read.
    was_alive: bool,
    tried: Option<Pair>,
    got: Option<Pair>,
    /// It could not write, or its machine slept.
    troubled: bool,
    slept: bool,
    /// When it took its last step.
    stepped: u64,
}

impl Process {
    /// Whether it is about to keep what this pair is exchanged for, without a long pause.
    fn is_at(&self, pair: Pair, now: u64) -> bool {
        let paused = self.slept || now - self.stepped > 20 * SECOND;
        self.tried == Some(pair) && self.got.is_some() && !paused
    }
}

struct World {
    dice: Dice,
    now: u64,
    portal: Portal,
    kept_in: KeptIn,
    /// Hermes renews the same login in its files, under the same lock or, of old, under none.
    hermes: bool,
    machines: Vec<Machine>,
    store: Login,
    version: u64,
    /// Every pair that was ever kept.
    kept: Vec<Pair>,
    late: Vec<(u64, Pair)>,
    processes: Vec<Process>,
    /// Which pairs our own processes have sent.
    sent: Vec<Pair>,
    started: u64,
    healed: bool,
    sabotage: Sabotage,
    verdict: Option<String>,
    events: Events,
    tells: bool,
    story: String,
}

/// What happens in it; each of it in every run of the schedules.
const EVENTS: &[&str] = &[
    "a refresh token is sent",
    "a request is refused unread, or does not leave",
    "an answer is lost",
    "a request is worked on after its client has gone",
    "a token is sent again when nothing is left to lose",
    "a process waits for another one's renewal",
    "a pair that another process got is taken",
    "a login was changed by another machine in between",
    "a process is killed",
    "a process is killed with its request half sent",
    "a step of a process fails",
    "all machines sleep for the life of a token",
    "a wall clock jumps",
    "Hermes renews the login",
    "somebody logs in anew",
    "a session ends for good",
];

impl World {
    fn new(mut dice: Dice, sabotage: Sabotage, tells: bool) -> Self {
        let kept_in = dice.pick(&[KeptIn::Files, KeptIn::Command, KeptIn::Vault]);
        let hermes = kept_in == KeptIn::Files && dice.percent(40);
        let count = if kept_in == KeptIn::Files { 1 } else { 1 + dice.index(3) };
        // Machines that share a login are within five minutes of each other.
        let machines = (0..count)
            .map(|_| Machine {
                off: i64::try_from(dice.below(2) * dice.below(5 * MINUTE)).expect("small"),
                lock: None,
            })
            .collect();
        let mut portal = Portal::default();
        let pair = portal.log_in(BEGIN);
        let store = Login { pair, ends: BEGIN + LIFE, ..Login::default() };
        Self {
            dice,
            now: BEGIN,
            portal,
            kept_in,
            hermes,
            machines,
            store,
            version: 1,
            kept: vec![pair],
            late: Vec::new(),
            processes: Vec::new(),
            sent: Vec::new(),
            started: 0,
            healed: false,
            sabotage,
            verdict: None,
            events: Events::default(),
            tells,
            story: String::new(),
        }
    }

    fn tell(&mut self, line: impl FnOnce() -> String) {
        if self.tells {
            let _ = writeln!(self.story, "{:>10} {}", self.now - BEGIN, line());
        }
    }

    fn wrong(&mut self, what: &str) {
        self.tell(|| what.to_owned());
        self.verdict.get_or_insert_with(|| what.to_owned());
    }

    fn pass(&mut self, time: u64) {
        self.now += time;
        let now = self.now;
        while let Some(at) = self.late.iter().position(|(at, _)| *at <= now) {
            let (at, pair) = self.late.remove(at);
            self.portal.exchange(pair, at);
        }
    }

    fn wall(&self, on: usize) -> u64 {
        self.now.saturating_add_signed(self.machines[on].off)
    }

    fn moment(&self, on: usize) -> RenewalMoment {
        RenewalMoment { wall: timestamp(self.wall(on)), monotonic: Duration::from_millis(self.now) }
    }

    fn play(&mut self) {
        for _ in 0..30 + self.dice.below(120) {
            self.tick();
            if self.verdict.is_some() {
                return;
            }
        }
        self.heal();
    }

    fn tick(&mut self) {
        // A machine that falls asleep with the request half sent finds its connection dead.
        let sending =
            |process: &Process| process.event.is_none() && process.action == RenewalAction::Send;
        if let Some(at) = self.processes.iter().position(sending) {
            return if self.dice.percent(4) { self.kill(at) } else { self.advance(at) };
        }
        match self.dice.below(100) {
            _ if self.processes.is_empty() && self.dice.percent(60) => self.start(),
            0..66 if !self.processes.is_empty() => {
                let at = self.dice.index(self.processes.len());
                self.advance(at);
            }
            66..80 => self.start(),
            80..84 if !self.processes.is_empty() => {
                let at = self.dice.index(self.processes.len());
                self.kill(at);
            }
            84..94 => {
                let time = self.dice.pick(&[SECOND, 10 * SECOND, 5 * MINUTE, LIFE, LIFE]);
                // Whoever is in the middle of something had slept.
                for process in &mut self.processes {
                    process.slept |= time > 10 * SECOND;
                }
                if time == LIFE {
                    self.events.happened("all machines sleep for the life of a token");
                }
                self.pass(time);
            }
            94..96 if self.hermes => {
                self.events.happened("Hermes renews the login");
                self.hermes_renews();
            }
            96..97 => {
                self.events.happened("somebody logs in anew");
                self.somebody_logs_in();
            }
            97..99 if self.kept_in == KeptIn::Files => {
                // A wall clock of a machine that shares nothing may be wrong by any time.
                let hours = i64::try_from(self.dice.pick(&[60 * MINUTE, 25 * 60 * MINUTE]));
                let hours = hours.expect("small");
                self.machines[0].off = if self.dice.percent(50) { hours } else { -hours };
                self.events.happened("a wall clock jumps");
                self.tell(|| "the clock jumps".to_owned());
            }
            _ => {}
        }
    }

    fn start(&mut self) {
        let on = self.dice.index(self.machines.len());
        let rejected = self.dice.percent(25);
        self.start_on(on, rejected);
    }

    /// A command that needs a token; says whether it renews.
    fn start_on(&mut self, on: usize, rejected: bool) -> bool {
        let pair = self.store.pair;
        let is_rejected = rejected && !self.portal.accepts(pair, self.now);
        let is_old = self.store.ends < self.wall(on) + 2 * MINUTE;
        let held = self.machines[on].lock.is_some() && self.sabotage != Sabotage::NoLock;
        if (!is_rejected && !is_old) || held || self.processes.len() >= 4 {
            return false;
        }
        self.started += 1;
        let number = self.started;
        self.machines[on].lock = Some(number);
        let (machine, action) = RenewalMachine::new(self.kept_in, false, self.moment(on));
        self.tell(|| format!("process {number} on machine {on}, rejected {is_rejected}"));
        self.processes.push(Process {
            number,
            on,
            machine,
            action,
            event: None,
            rejected: is_rejected.then_some(pair),
            seen: None,
            was_alive: false,
            tried: None,
            got: None,
            troubled: false,
            slept: false,
            stepped: self.now,
        });
        true
    }

    fn advance(&mut self, at: usize) {
        let mut process = self.processes.remove(at);
        process.slept |= self.now - process.stepped > 20 * SECOND;
        self.pass(10);
        if let Some(event) = process.event.take() {
            process.action = process.machine.step(self.moment(process.on), event);
            if let RenewalAction::Done(end) = process.action {
                self.ended(&process, end);
                return;
            }
            self.processes.insert(at, process);
            return;
        }
        let action = process.action;
        self.tell(|| format!("process {}: {action:?}", process.number));
        process.event = Some(self.perform(&mut process, action));
        process.stepped = self.now;
        self.processes.insert(at, process);
    }

    /// Hermes renews its login by itself, and may lose the answer or die on the way.
    fn hermes_renews(&mut self) {
        // One of before takes no lock.
        if self.machines[0].lock.is_some() && !self.dice.percent(10) {
            return;
        }
        let pair = self.store.pair;
        let new = self.portal.exchange(pair, self.now);
        self.tell(|| format!("Hermes renews {pair}: {new:?}"));
        if let Some(pair) = new.filter(|_| self.dice.percent(85)) {
            self.store = Login { pair, ends: self.now + LIFE, ..Login::default() };
            self.version += 1;
            self.kept.push(pair);
        }
    }

    fn somebody_logs_in(&mut self) {
        if self.machines.iter().any(|machine| machine.lock.is_some()) && self.dice.percent(70) {
            return;
        }
        // The lock of one machine keeps a login on that machine waiting.
        if self.kept_in == KeptIn::Files && self.machines[0].lock.is_some() {
            return;
        }
        let pair = self.portal.log_in(self.now);
        self.tell(|| format!("somebody logs in: {pair}"));
        self.store = Login { pair, ends: self.now + LIFE, ..Login::default() };
        self.version += 1;
        self.kept.push(pair);
    }

    /// Everything is well again: what is not lost works, on every machine.
    fn heal(&mut self) {
        self.healed = true;
        self.drain();
        self.pass(2 * LATEST);
        self.pass(LIFE);
        for on in 0..self.machines.len() {
            if self.verdict.is_some() {
                return;
            }
            let before = self.store;
            let good = self.portal.is_good(before.pair) && !before.refused;
            let lost_for_all = before.inflight.is_some() && self.kept_in == KeptIn::Vault;
            self.start_on(on, true);
            self.drain();
            let now = self.store;
            if good && !lost_for_all && !self.portal.accepts(now.pair, self.now) {
                self.wrong("healed, and a login that is good gives no token");
            }
        }
    }

    fn drain(&mut self) {
        for _ in 0..4_000 {
            if self.processes.is_empty() || self.verdict.is_some() {
                return;
            }
            self.advance(0);
        }
        self.wrong("a process does not end");
    }
}

fn timestamp(milliseconds: u64) -> jiff::Timestamp {
    super::world::timestamp(milliseconds)
}

struct Played {
    verdict: Option<String>,
    drawn: Vec<u64>,
    events: Events,
    story: String,
}

fn play(dice: Dice, sabotage: Sabotage, tells: bool) -> Played {
    let mut world = World::new(dice, sabotage, tells);
    world.play();
    let World { kept_in, hermes, machines, story, verdict, events, dice, .. } = world;
    let story = if tells {
        format!("{kept_in:?}, Hermes {hermes}, {} machines\n{story}", machines.len())
    } else {
        String::new()
    };
    Played { verdict, drawn: dice.into_drawn(), events, story }
}

fn told_small(seed: u64) -> String {
    let fails = |tape: &[u64]| play(Dice::of_tape(tape), Sabotage::None, false).verdict.is_some();
    let whole = play(Dice::of_seed_kept(seed), Sabotage::None, false);
    let small = dice::shrink(whole.drawn, fails);
    let played = play(Dice::of_tape(&small), Sabotage::None, true);
    let verdict = whole.verdict.unwrap_or_default();
    format!(
        "seed {seed}: {verdict}. Shrunk: {}\n{}",
        played.verdict.unwrap_or_default(),
        played.story
    )
}

/// The first of these seeds that fails, and what befell all before it.
fn search(seeds: u64, sabotage: Sabotage) -> (Option<u64>, Events) {
    let (next, first) = (AtomicU64::new(0), AtomicU64::new(u64::MAX));
    let events = Mutex::new(Events::default());
    std::thread::scope(|scope| {
        for _ in 0..super::THREADS {
            scope.spawn(|| {
                let mut met = Events::default();
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= seeds.min(first.load(Ordering::Relaxed)) {
                        return events.lock().expect("no panic").extend(&met);
                    }
                    let played = play(Dice::of_seed(seed), sabotage, false);
                    met.extend(&played.events);
                    if played.verdict.is_some() {
                        first.fetch_min(seed, Ordering::Relaxed);
                    }
                }
            });
        }
    });
    let failed = Some(first.into_inner()).filter(|seed| *seed != u64::MAX);
    (failed, events.into_inner().expect("no panic"))
}

#[test]
fn no_schedule_uses_a_refresh_token_twice_or_loses_a_new_one() {
    if let Some(seed) = super::number("TOPUP_SIMULATION_SEED") {
        let played = play(Dice::of_seed(seed), Sabotage::None, true);
        println!("{}", played.story);
        assert_eq!(played.verdict, None, "seed {seed}");
        return;
    }
    let seeds = super::number("TOPUP_SIMULATION_SCHEDULES").unwrap_or(SCHEDULES);
    let (failed, events) = search(seeds, Sabotage::None);
    if let Some(seed) = failed {
        panic!("{}", told_small(seed));
    }
    events.check(EVENTS);
    println!("{seeds} schedules; what befell them:\n{events}");
}

#[test]
fn every_rule_of_a_renewal_is_missed_when_it_is_switched_off() {
    for sabotage in [
        Sabotage::NoNote,
        Sabotage::LeaseIgnored,
        Sabotage::SentAgain,
        Sabotage::NoLock,
        Sabotage::NotKept,
    ] {
        let (failed, _) = search(CAUGHT_WITHIN, sabotage);
        let Some(seed) = failed else {
            panic!("{sabotage:?} is not missed in {CAUGHT_WITHIN} schedules")
        };
        let verdict = play(Dice::of_seed(seed), sabotage, false).verdict.unwrap_or_default();
        println!("{sabotage:?} is caught after {} schedules: {verdict}", seed + 1);
    }
}
