//! Promise: in no order of events is anything paid twice, forgotten, or told otherwise than it is.
//!
//! The purchase machine, and the decision which purchase is meant, in a modelled world: a portal
//! with rules of its own, a network that loses, delays and repeats, disks that forget what was not
//! synced, several processes of several machines that end at any step, machines that sleep, clocks
//! that jump. Every schedule follows from its seed; one that fails is made as small as it gets and
//! told, with the seed that replays it.
//!
//! `TOPUP_SIMULATION_SEED` runs one schedule and tells it; `TOPUP_SIMULATION_SCHEDULES` says how
//! many are run.

mod computer;
mod coverage;
pub mod dice;
mod events;
mod judge;
mod portal;
mod renewals;
mod world;

use dice::Dice;
use events::Events;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use world::World;

/// How many schedules a test run tries.
const SCHEDULES: u64 = 200_000;
/// Within how many a rule that is switched off is missed.
const CAUGHT_WITHIN: u64 = 20_000;
/// How many threads try them.
const THREADS: u64 = 2;

/// Which of our own rules is switched off, to see that it is missed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sabotage {
    None,
    /// An open purchase is not looked for: a new key for every run.
    FreshKey,
    /// A row is told to be durable before it is.
    NoSync,
    /// What was read back is acted on before it is durable.
    NoRecovered,
    /// A refusal is believed whatever came before it.
    LastVerdict,
    /// An old key is sent all the same.
    NoAge,
    /// The age is looked at once in a run, not before each request.
    AgeOnceARun,
    /// The portal is not asked for the time after a restart.
    NoTimeAsked,
    /// Another organisation's login goes on with the purchase.
    AnyOrganisation,
    /// The request is written anew instead of being taken from the journal.
    FreshBytes,
    /// A name is believed to be new on every machine.
    UnprovenFirst,
    /// `sending` is not written before the request.
    NoSendingRow,
    /// Two processes may be at one purchase.
    NoLock,
    /// A plan that is in force is told as not paid for, whatever was lost before.
    InForceIsFree,
    /// The bank's check is taken for the end.
    CheckIsFinal,
    /// A seller that knows no keys is sent the request again.
    SentAgain,
    /// The evidence of before is not read.
    NoBaseline,
    /// It is read, and forgotten what it showed.
    EmptyBaseline,
    /// It is read after the request.
    BaselineAfter,
    /// What belongs to other purchases is not looked up.
    OthersUnseen,
    /// Whoever buys, the one new purchase is taken for this one.
    AnyBuyer,
    /// Whatever the sum rose by is taken for this purchase.
    AnyRise,
    /// A request goes out beside one whose outcome is not known.
    BesideUnknown,
    /// A payment is shown before its row is durable.
    ShownTooEarly,
    /// A lease of a shared journal keeps no other machine out.
    LeaseIgnored,
    /// Who has lost its lease begins and decides all the same.
    NoFencing,
    /// Who has lost the lease of the account alone begins all the same.
    AccountNotFenced,
    /// What a store that lags shows is believed.
    StaleRead,
    /// A restored journal is taken for whole.
    GapIgnored,
    /// The first position is written after the row that moves it.
    FirstPositionLate,
}

const SABOTAGES: &[Sabotage] = &[
    Sabotage::FreshKey,
    Sabotage::NoSync,
    Sabotage::NoRecovered,
    Sabotage::LastVerdict,
    Sabotage::NoAge,
    Sabotage::AgeOnceARun,
    Sabotage::NoTimeAsked,
    Sabotage::AnyOrganisation,
    Sabotage::FreshBytes,
    Sabotage::UnprovenFirst,
    Sabotage::NoSendingRow,
    Sabotage::NoLock,
    Sabotage::InForceIsFree,
    Sabotage::CheckIsFinal,
    Sabotage::SentAgain,
    Sabotage::NoBaseline,
    Sabotage::EmptyBaseline,
    Sabotage::BaselineAfter,
    Sabotage::OthersUnseen,
    Sabotage::AnyBuyer,
    Sabotage::AnyRise,
    Sabotage::BesideUnknown,
    Sabotage::ShownTooEarly,
    Sabotage::LeaseIgnored,
    Sabotage::NoFencing,
    Sabotage::AccountNotFenced,
    Sabotage::StaleRead,
    Sabotage::GapIgnored,
    Sabotage::FirstPositionLate,
];

/// What schedules came by: the transitions of the machine, and what befell it.
#[derive(Default)]
struct Met {
    reached: coverage::Reached,
    events: Events,
}

/// One schedule, whole: what was wrong with it, and what it drew.
struct Played {
    verdict: Option<String>,
    drawn: Vec<u64>,
    /// How many steps its processes took.
    steps: u64,
    story: String,
}

fn play(dice: Dice, sabotage: Sabotage, tells: bool) -> Played {
    play_on(dice, sabotage, tells, &mut Met::default())
}

/// The same, and adds what it came by.
fn play_on(dice: Dice, sabotage: Sabotage, tells: bool, met: &mut Met) -> Played {
    let mut world = World::new(dice, sabotage, tells);
    std::mem::swap(&mut world.met, met);
    // A panic of the machine is a failure like every other.
    let ended = catch_unwind(AssertUnwindSafe(|| world.play()));
    let verdict = match ended {
        Ok(()) => world.judge.verdict.take(),
        Err(_) => Some("it panicked".to_owned()),
    };
    world.count_what_was_taken_over();
    std::mem::swap(&mut world.met, met);
    Played {
        verdict,
        story: if tells { format!("{}\n{}", world.describe(), world.story) } else { String::new() },
        steps: world.steps,
        drawn: world.dice.into_drawn(),
    }
}

/// A schedule that fails, as small as it gets, told step by step.
fn told_small(seed: u64) -> String {
    let fails = |tape: &[u64]| play(Dice::of_tape(tape), Sabotage::None, false).verdict.is_some();
    let whole = play(Dice::of_seed_kept(seed), Sabotage::None, false);
    let small = dice::shrink(whole.drawn.clone(), fails);
    let played = play(Dice::of_tape(&small), Sabotage::None, true);
    format!(
        "seed {seed}: {}\nTOPUP_SIMULATION_SEED={seed} tells the whole schedule ({} draws). Shrunk to {}: {}\n{}",
        whole.verdict.unwrap_or_default(),
        whole.drawn.len(),
        small.len(),
        played.verdict.unwrap_or_default(),
        played.story
    )
}

/// What a search came to.
struct Searched {
    /// The seed of the first schedule that fails.
    failed: Option<u64>,
    met: Met,
    schedules: u64,
    steps: u64,
}

impl Searched {
    /// The schedules had no blind spot: they reached what there is, and made what can happen.
    fn check(&self) {
        coverage::check(&self.met.reached);
        self.met.events.check(world::EVENTS);
    }
}

/// Tries the schedules of these seeds until one fails.
fn search(seeds: u64, sabotage: Sabotage, until: impl Fn() -> bool + Sync) -> Searched {
    let next = AtomicU64::new(0);
    let first = AtomicU64::new(u64::MAX);
    let (schedules, steps) = (AtomicU64::new(0), AtomicU64::new(0));
    let met = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS)
            .map(|_| {
                scope.spawn(|| {
                    let mut met = Met::default();
                    loop {
                        let seed = next.fetch_add(1, Ordering::Relaxed);
                        if seed >= seeds.min(first.load(Ordering::Relaxed)) || until() {
                            return met;
                        }
                        let played = play_on(Dice::of_seed(seed), sabotage, false, &mut met);
                        schedules.fetch_add(1, Ordering::Relaxed);
                        steps.fetch_add(played.steps, Ordering::Relaxed);
                        if played.verdict.is_some() {
                            first.fetch_min(seed, Ordering::Relaxed);
                        }
                    }
                })
            })
            .collect();
        let joined = threads.into_iter().map(|thread| thread.join().expect("a thread"));
        joined.reduce(|mut all, met| {
            all.reached.extend(met.reached);
            all.events.extend(&met.events);
            all
        })
    });
    Searched {
        failed: Some(first.into_inner()).filter(|seed| *seed != u64::MAX),
        met: met.unwrap_or_default(),
        schedules: schedules.into_inner(),
        steps: steps.into_inner(),
    }
}

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok()?.parse().ok()
}

fn count() -> u64 {
    number("TOPUP_SIMULATION_SCHEDULES").unwrap_or(SCHEDULES)
}

#[test]
fn no_schedule_pays_twice_or_tells_what_is_not_so() {
    if let Some(seed) = number("TOPUP_SIMULATION_SEED") {
        let played = play(Dice::of_seed(seed), Sabotage::None, true);
        println!("{}", played.story);
        assert_eq!(played.verdict, None, "seed {seed}");
        return;
    }
    let started = Instant::now();
    let searched = search(count(), Sabotage::None, || false);
    if let Some(seed) = searched.failed {
        panic!("{}", told_small(seed));
    }
    searched.check();
    println!(
        "{} schedules of {} steps on average in {:?}, all {} transitions reached: none paid twice, none told what is not so",
        searched.schedules,
        searched.steps / searched.schedules.max(1),
        started.elapsed(),
        searched.met.reached.len()
    );
    println!("what befell them:\n{}", searched.met.events);
}

#[test]
fn every_rule_is_missed_when_it_is_switched_off() {
    for sabotage in SABOTAGES {
        match search(CAUGHT_WITHIN, *sabotage, || false).failed {
            Some(seed) => {
                let verdict = play(Dice::of_seed(seed), *sabotage, false).verdict;
                let verdict = verdict.unwrap_or_default();
                assert!(!verdict.contains("panicked"), "{sabotage:?}, seed {seed}: {verdict}");
                println!("{sabotage:?} is caught after {} schedules: {verdict}", seed + 1);
            }
            None => panic!("{sabotage:?} is not missed in {CAUGHT_WITHIN} schedules"),
        }
    }
}

/// Until it is told to stop: `TOPUP_SIMULATION_SECONDS`, or for ever.
#[test]
#[ignore = "runs until it is told to stop"]
fn schedules_without_end() {
    let started = Instant::now();
    let limit = number("TOPUP_SIMULATION_SECONDS").map(Duration::from_secs);
    let said = AtomicU64::new(0);
    let until = || {
        let gone = started.elapsed();
        // One line a minute, from whichever thread comes first.
        let minute = gone.as_secs() / 60;
        if minute > said.fetch_max(minute, Ordering::Relaxed) {
            println!("{minute} min");
        }
        limit.is_some_and(|limit| gone > limit)
    };
    let searched = search(u64::MAX, Sabotage::None, until);
    let seconds = started.elapsed().as_secs().max(1);
    println!("{} schedules, {} per second", searched.schedules, searched.schedules / seconds);
    if let Some(seed) = searched.failed {
        panic!("{}", told_small(seed));
    }
    searched.check();
}
