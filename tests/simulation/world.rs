//! The modelled world: a portal, computers, and processes that run the purchase machine side by
//! side. One tick is one step of one process, or something that befalls it.

mod actions;
mod befalls;
mod runs;

use super::computer::{Computer, Lock};
use super::dice::Dice;
use super::judge::Judge;
use super::portal::{HOUR, Portal, Rules};
use super::{Sabotage, coverage};
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::time::Duration;
use topup::core::class::Class;
use topup::provider::plans::{Item, PlanName};
use topup::provider::{KeyLife, ProviderError};
use topup::purchase::find_or_create::merge_remote_use;
use topup::purchase::machine::Machine;
use topup::purchase::record::{KeyAge, Moment, Purchase};
use topup::purchase::steps::{Action, Event, RunOptions};
use uuid::Uuid;

/// When it all begins, by the portal's clock, in milliseconds.
const BEGIN: u64 = 1_000 * HOUR;
const NAME: &str = "refill";
/// No more processes than this live at once.
const MOST_PROCESSES: usize = 3;

/// What a process was started for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    Buy(&'static str),
    Resume,
    Status,
}

/// One process: at an action that is to be performed, or with what came of it.
pub struct Process {
    pub on: usize,
    pub command: Command,
    pub id: Uuid,
    machine: Machine,
    plan: RunOptions,
    action: Action,
    event: Option<Event>,
    // Held, and dropped with the process.
    _lock: Lock,
    began: Moment,
    was_final: bool,
    /// The portal's time and how much the computer had slept, when an answer last told it.
    server: Option<(u64, u64)>,
    organisation: &'static str,
    posts: u32,
    throttled: bool,
    /// Whether every row of this run could be written.
    clean: bool,
    told: bool,
    chain: u32,
}

pub struct World {
    pub dice: Dice,
    pub now: u64,
    pub portal: Portal,
    pub computers: Vec<Computer>,
    slept: Vec<u64>,
    processes: Vec<Process>,
    /// Machines that come and go: only this one and those after it still run.
    on: usize,
    pub sabotage: Sabotage,
    pub named: bool,
    /// Plans are bought, and not credits.
    upgrades: bool,
    retry_declined: bool,
    /// Which way wall clocks are wrong, if they are.
    clocks_go_back: bool,
    life: KeyLife,
    healed: bool,
    ids: u128,
    pub judge: Judge,
    pub reached: BTreeSet<coverage::Pair>,
    pub story: String,
    tells: bool,
}

fn refusal(class: Class) -> ProviderError {
    ProviderError {
        class,
        code: None,
        status: None,
        message: class.name().to_owned(),
        portal_url: None,
        retry_after: None,
        details: serde_json::Map::new(),
    }
}

fn timestamp(milliseconds: u64) -> jiff::Timestamp {
    jiff::Timestamp::from_millisecond(i64::try_from(milliseconds).expect("small")).expect("a time")
}

fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).expect("small")
}

fn body_of(amount: &str, upgrades: bool) -> String {
    if upgrades {
        format!("{{\"subscriptionTypeId\":\"plan-{amount}\"}}")
    } else {
        format!("{{\"amountUsd\":{amount}}}")
    }
}

fn item_of(amount: &str, upgrades: bool) -> Item {
    let name = format!("plan-{amount}");
    if upgrades {
        Item::Plan(PlanName { tier_id: name.clone(), tier_name: name })
    } else {
        Item::Credits
    }
}

impl World {
    pub fn new(mut dice: Dice, sabotage: Sabotage, tells: bool) -> Self {
        let rules = Rules::of(&mut dice);
        // One constant per system, well inside what the system remembers.
        let life = if rules.key_life == 24 * HOUR {
            KeyLife {
                auto_replay_max_age: Duration::from_secs(30 * 60),
                manual_replay_max_age: Duration::from_secs(23 * 3600),
            }
        } else {
            KeyLife {
                auto_replay_max_age: Duration::from_secs(20 * 60),
                manual_replay_max_age: Duration::from_secs(25 * 60),
            }
        };
        let computers: Vec<Computer> = (0..=dice.below(3)).map(|_| Computer::new()).collect();
        let named = computers.len() > 1 || dice.percent(40);
        let retry_declined = named && dice.percent(30);
        // Two things that no clock at hand can tell, and that are not promised: a wall clock that
        // was ahead when a purchase was first sent, with the answer lost, and is put right while
        // the machine is off; and any wrong clock with a portal that tells no time.
        let clocks_go_back = dice.percent(50) && rules.tells_time;
        Self {
            portal: Portal::new(rules),
            now: BEGIN,
            slept: vec![0; computers.len()],
            computers,
            processes: Vec::new(),
            on: 0,
            sabotage,
            named,
            upgrades: dice.percent(35),
            retry_declined,
            clocks_go_back,
            life,
            healed: false,
            ids: 0,
            judge: Judge::default(),
            reached: BTreeSet::new(),
            story: String::new(),
            tells,
            dice,
        }
    }

    fn tell(&mut self, line: impl FnOnce() -> String) {
        if self.tells {
            let _ = writeln!(self.story, "{:>12} {}", self.now - BEGIN, line());
        }
    }

    fn pass(&mut self, milliseconds: u64) {
        self.now += milliseconds;
        let Self { portal, dice, now, .. } = self;
        portal.work_off(*now, dice);
    }

    fn moment(&self, on: usize, server: Option<(u64, u64)>) -> Moment {
        // What an answer told is carried on by a clock that stands still while the machine sleeps.
        let server =
            server.map(|(told, _)| timestamp(told)).zip(server).map(|(_, (told, slept))| {
                let awake = (self.now - told).saturating_sub(self.slept[on] - slept);
                timestamp(told + awake)
            });
        self.computers[on].moment(on, self.now, server)
    }

    /// A whole schedule; the judge holds what was wrong with it.
    pub fn play(&mut self) {
        for _ in 0..40 + self.dice.below(160) {
            self.tick();
            if self.judge.verdict.is_some() {
                return;
            }
        }
        self.heal();
    }

    /// The world is well again: what still runs ends, everything on its way arrives, and what is
    /// young has to become final by one more command.
    fn heal(&mut self) {
        self.healed = true;
        self.portal.healed = true;
        self.drain();
        self.pass(2 * super::portal::LATEST);
        self.judge.over(&self.portal, self.named);
        if self.judge.verdict.is_some() {
            return;
        }
        let on = self.dice.index(self.on + 1);
        let computer = &self.computers[on];
        let open: Vec<Purchase> = computer
            .purchases()
            .into_iter()
            .map(|id| computer.load(id))
            .filter(|purchase| purchase.outcome.is_none())
            .collect();
        // Under a name the same command is the question; without one it is `resume`.
        for mut purchase in open {
            if self.named {
                let now = self.moment(on, None).wall;
                merge_remote_use(&mut purchase, self.since(), self.first_use(self.since(), now));
                let amount = if purchase.intent.body.contains("50") { "50" } else { "25" };
                self.start_buy(on, amount, 0);
            } else {
                self.start_look(on, Command::Resume, Some(purchase.intent.id));
            }
            self.drain();
            self.became_final(on, &purchase);
        }
        self.judge.over(&self.portal, self.named);
    }

    fn became_final(&mut self, on: usize, before: &Purchase) {
        let now = self.moment(on, Some((self.now, self.slept[on])));
        let young = match before.key_age(&now) {
            KeyAge::Unused => true,
            KeyAge::Known(age) => age + Duration::from_secs(300) < self.life.manual_replay_max_age,
            KeyAge::Unreadable => false,
        };
        let after = self.computers[on].load(before.intent.id);
        let last = after.attempts.last().and_then(|attempt| attempt.told.as_ref());
        // The portal holds on to what it answered once, or the key means another amount.
        let stuck = last.is_some_and(|told| {
            matches!(
                told.class,
                Class::MonthlyCapExceeded
                    | Class::RateLimited
                    | Class::NoPaymentMethod
                    | Class::TemporarilyUnavailable
                    | Class::ServerError
            ) || (told.class == Class::ActionRequired
                && !self.portal.is_in_force(self.now, &after.intent.body))
                || (told.class == Class::IdempotencyConflict
                    && self.sabotage != Sabotage::FreshBytes)
        });
        let two_amounts = after.charges.len() == 1
            && self.portal.charges.iter().any(|charge| {
                after.charges.contains(&charge.id) && charge.body != after.intent.body
            });
        let accepted = !before.charges.is_empty();
        if (young || accepted) && !stuck && !two_amounts && after.outcome.is_none() {
            self.judge.wrong(format!(
                "healed and young, and not final after {} requests: {:?}",
                after.attempts.len(),
                last.map(|told| told.class)
            ));
        }
    }

    fn drain(&mut self) {
        for _ in 0..2_000 {
            if self.processes.is_empty() || self.judge.verdict.is_some() {
                return;
            }
            self.advance(0);
        }
        self.judge.wrong("a process does not end".into());
    }

    /// How the world is made, for whoever reads the story of a schedule.
    pub fn describe(&self) -> String {
        format!(
            "{:?}, upgrades {}, {} computers, named {}, retry declined {}",
            self.portal.rules,
            self.upgrades,
            self.computers.len(),
            self.named,
            self.retry_declined
        )
    }
}
