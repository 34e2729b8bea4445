//! The modelled world: a portal, computers, and processes that run the purchase machine side by
//! side. One tick is one step of one process, or something that befalls it.

mod actions;
mod befalls;
mod liveness;
mod offers;
mod restores;
mod runs;

use super::computer::{Computer, Journal};
use super::dice::Dice;
use super::judge::Judge;
use super::portal::{HOUR, Kind, MINUTE, Portal, Rules};
use super::{Met, Sabotage};
use std::any::Any;
use std::cell::Cell;
use std::fmt::Write as _;
use std::time::Duration;
use topup::core::class::Class;
use topup::core::money::Money;
use topup::provider::{
    AutoReloadSight, ChargeId, Evidence, KeyLife, Payer, ProviderError, Repeat, Seller,
};
use topup::purchase::find_or_create::merge_remote_use;
use topup::purchase::machine::Machine;
use topup::purchase::record::{Moment, Purchase};
use topup::purchase::steps::{Action, ActionResult, RunOptions};
use uuid::Uuid;

/// When it all begins, by the portal's clock, in milliseconds.
const BEGIN: u64 = 1_000 * HOUR;
const NAME: &str = "refill";
/// No more processes than this live at once.
const MOST_PROCESSES: usize = 3;

/// What happens rarely in it; each of it in every run of the schedules.
pub const EVENTS: &[&str] = &[
    "a process is killed",
    "a process is killed with its request half sent",
    "a request is worked on after its client has gone",
    "a request is repeated on its way",
    "the answer to a request is lost",
    "a row is not written",
    "a row is said not to be written, and is",
    "power is cut",
    "power is cut, and takes rows away",
    "a machine sleeps for a day",
    "a wall clock jumps ahead",
    "a wall clock jumps back",
    "a process sees a clock a day ahead",
    "a job runs again on another machine",
    "a journal is restored from an older copy",
    "a journal is replaced by another machine's",
    "a journal loses its position",
    "a journal brings its position along",
    "a journal is found to be restored",
    "a journal is found to be another machine's",
    "a purchase is doubted after that",
    "the store is away",
    "a connection to the store is cut",
    "a row is kept until the store is back",
    "a row that was kept is written",
    "a lease that is over is taken",
    "a row of a lost lease is refused",
    "a login is another one at the start",
    "a login changes under way",
    "a purchase of another login is in the way",
    "a purchase is busy",
    "an account is busy",
    "a key is too old",
    "a key is given up",
    "a name is sent again after nothing but refusals",
    "a declined name is tried again",
    "a failed payment becomes settled",
    "a person pays what they were shown",
    "somebody else buys",
    "somebody else is granted something",
    "somebody else upgrades",
];

/// What a process was started for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    Buy(&'static str),
    /// With `--new`.
    BuyNew(&'static str),
    Resume,
    Status,
}

/// How a process is started.
#[derive(Clone, Copy)]
pub struct Start {
    on: usize,
    command: Command,
    /// How many tries of the same command came before it.
    chain: u32,
    /// How far the wall clock is ahead that it sees, in milliseconds.
    ahead: u64,
}

impl Start {
    fn right(on: usize, command: Command) -> Self {
        Self { on, command, chain: 0, ahead: 0 }
    }
}

/// One process: at an action that is to be performed, or with what came of it.
pub struct Process {
    pub on: usize,
    /// No other process has this number.
    number: u64,
    pub command: Command,
    pub id: Uuid,
    machine: Machine,
    plan: RunOptions,
    action: Action,
    event: Option<ActionResult>,
    // Held, and dropped with the process.
    _locks: Box<dyn Any>,
    /// When it wrote last.
    wrote_at: Cell<u64>,
    began: Moment,
    was_final: bool,
    /// The portal's time and how much the computer had slept, when an answer last told it.
    server: Option<(u64, u64)>,
    /// How far the wall clock is ahead that it sees, in milliseconds.
    ahead: u64,
    /// Whose login it began with.
    buyer: &'static str,
    organisation: &'static str,
    /// The sum before the request.
    before: Option<Money>,
    posts: u32,
    throttled: bool,
    /// Whether every row of this run could be written.
    clean: bool,
    told: bool,
    chain: u32,
}

impl Process {
    /// The same command again.
    fn once_more(&self) -> Start {
        let Self { on, command, chain, ahead, .. } = *self;
        Start { on, command, chain: chain + 1, ahead }
    }
}

/// A journal that all computers share.
#[derive(Clone, Copy, Debug)]
struct Store {
    /// Connections lead to it: what a process holds ends with its connection. Else a pooler is in
    /// between, and only its time ends it.
    direct: bool,
    /// It is not reached until then.
    away_until: u64,
}

pub struct World {
    pub dice: Dice,
    pub now: u64,
    pub portal: Portal,
    pub computers: Vec<Computer>,
    /// One for each computer, or one for all.
    pub journals: Vec<Journal>,
    shared: Option<Store>,
    slept: Vec<u64>,
    /// Boxed: they are taken out and put back at every step.
    processes: Vec<Box<Process>>,
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
    /// Only this journal buys for the account, and its profile says so.
    sole_buyer: bool,
    /// Payments that a person was shown.
    shown: Vec<ChargeId>,
    /// Somebody else bought, or the sum changed.
    disturbed: bool,
    healed: bool,
    /// Journals may be restored from older copies, or copied.
    restores: bool,
    /// One was.
    restored: bool,
    /// Some process saw a wall clock that was ahead.
    was_ahead: bool,
    /// How many processes there were.
    started: u64,
    ids: u128,
    /// When each purchase was asked for, by the portal's clock.
    asked_at: Vec<(Uuid, u64)>,
    /// When each request may have left, the first one first.
    sent_at: Vec<(Uuid, u64)>,
    pub judge: Judge,
    /// What this schedule, and those before it, came by.
    pub met: Met,
    /// How many steps processes took.
    pub steps: u64,
    pub story: String,
    tells: bool,
}

fn refusal(class: Class) -> ProviderError {
    ProviderError::new(class, class.name())
}

pub fn timestamp(milliseconds: u64) -> jiff::Timestamp {
    jiff::Timestamp::from_millisecond(i64::try_from(milliseconds).expect("small")).expect("a time")
}

fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).expect("small")
}

/// The clocks of a process that sees a wall clock so many milliseconds ahead.
fn ahead(mut moment: Moment, milliseconds: u64) -> Moment {
    if milliseconds > 0 {
        moment.wall += Duration::from_millis(milliseconds);
    }
    moment
}

fn body_of(amount: &str, upgrades: bool) -> String {
    if upgrades {
        format!("{{\"subscriptionTypeId\":\"plan-{amount}\"}}")
    } else {
        format!("{{\"amountUsd\":{amount}}}")
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
        // Where no keys are known, names reach only as far as one journal.
        let by_key = rules.kind == Kind::ByKey;
        let machines = if by_key || dice.percent(20) { 3 } else { 1 };
        let shared = dice.percent(25).then(|| Store { direct: dice.percent(50), away_until: 0 });
        let machines = if shared.is_some() { 3 } else { machines };
        let count = usize::try_from(1 + dice.below(machines)).expect("small");
        let computers: Vec<Computer> = (0..count).map(Computer::new).collect();
        let journals = if shared.is_some() { 1 } else { count };
        // With journals of their own, machines know nothing of each other.
        let several = computers.len() > 1 && shared.is_none();
        let named = if by_key { several || dice.percent(40) } else { !several && dice.percent(40) };
        let retry_declined = named && dice.percent(30);
        // Two things that no clock at hand can tell, and that are not promised: a wall clock that
        // was ahead when a purchase was first sent, with the answer lost, and is put right while
        // the machine is off; and any wrong clock with a portal that tells no time.
        let clocks_go_back = dice.percent(50) && rules.tells_time;
        let sole_buyer = !several && dice.percent(60);
        let restores = shared.is_none() && dice.percent(20);
        let mut portal = Portal::new(rules);
        if rules.kind.has_evidence() {
            // What was bought before this journal was made.
            for _ in 0..dice.below(3) {
                let body = body_of(dice.pick(&["25", "50"]), false);
                portal.somebody_buys(BEGIN - 10 * MINUTE, body, &mut dice);
            }
        }
        Self {
            portal,
            now: BEGIN,
            slept: vec![0; computers.len()],
            on: if shared.is_some() { count - 1 } else { 0 },
            journals: (0..journals).map(|_| Journal::default()).collect(),
            shared,
            computers,
            processes: Vec::new(),
            sabotage,
            named,
            upgrades: by_key && dice.percent(35),
            retry_declined,
            clocks_go_back,
            life,
            sole_buyer,
            shown: Vec::new(),
            disturbed: false,
            healed: false,
            restores,
            restored: false,
            was_ahead: false,
            started: 0,
            ids: 0,
            asked_at: Vec::new(),
            sent_at: Vec::new(),
            judge: Judge::default(),
            met: Met::default(),
            steps: 0,
            story: String::new(),
            tells,
            dice,
        }
    }

    /// How the portal sells, as its row says.
    fn seller(&self) -> Seller {
        let lag = Duration::from_millis(super::portal::LAG + super::portal::LATEST);
        let by_key = Seller {
            repeat: Repeat::ByKey(self.life),
            usual_wait: Duration::from_secs(60),
            ..Seller::KEYED
        };
        match self.portal.rules.kind {
            Kind::ByKey => by_key,
            Kind::List { status_by_id, documented } => {
                let complete_after = documented.then_some(Duration::from_secs(300));
                let evidence = Evidence::List { lag, manual_only: true, complete_after };
                Seller { repeat: Repeat::Never, evidence, status_by_id, ..by_key }
            }
            Kind::Sum => Seller {
                repeat: Repeat::Never,
                evidence: Evidence::GrantedSum { lag },
                status_by_id: false,
                auto_reload: AutoReloadSight::Hidden,
                ..by_key
            },
            Kind::Person => Seller {
                payer: Payer::Person,
                repeat: Repeat::Never,
                evidence: Evidence::None,
                auto_reload: AutoReloadSight::Absent,
                ..by_key
            },
        }
    }

    fn tell(&mut self, line: impl FnOnce() -> String) {
        if self.tells {
            let _ = writeln!(self.story, "{:>12} {}", self.now - BEGIN, line());
        }
    }

    fn happened(&mut self, what: &'static str) {
        self.met.events.happened(what);
    }

    /// What happened at the locks, which do not tell by themselves.
    pub fn count_what_was_taken_over(&mut self) {
        let taken_over = |journal: &Journal| journal.locks.borrow().taken_over;
        let times = self.journals.iter().map(taken_over).sum();
        self.met.events.add("a lease that is over is taken", times);
    }

    fn pass(&mut self, milliseconds: u64) {
        self.now += milliseconds;
        let Self { portal, dice, now, .. } = self;
        portal.work_off(*now, dice);
    }

    fn moment(&self, on: usize, server: Option<(u64, u64)>) -> Moment {
        // What an answer told is carried on by a clock that goes on while the machine sleeps.
        let server = server.map(|_| timestamp(self.now));
        self.computers[on].moment(self.now, server)
    }

    /// The journal that this computer works with.
    fn journal(&self, on: usize) -> &Journal {
        &self.journals[self.home(on)]
    }

    fn home(&self, on: usize) -> usize {
        if self.shared.is_some() { 0 } else { on }
    }

    /// Whether the shared journal cannot be reached.
    fn is_away(&self) -> bool {
        self.shared.is_some_and(|store| self.now < store.away_until)
    }

    /// All clocks as this process sees them.
    fn moment_of(&self, process: &Process) -> Moment {
        ahead(self.moment(process.on, process.server), process.ahead)
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
        if let Some(store) = &mut self.shared {
            store.away_until = 0;
        }
        self.drain();
        self.pass(2 * super::portal::LATEST);
        self.judge.over(&self.portal, self.named);
        if self.judge.verdict.is_some() {
            return;
        }
        let on = self.dice.index(self.on + 1);
        for machine in 0..self.computers.len() {
            self.write_spooled(machine);
        }
        let open = self.journal(on).all().iter().filter(|purchase| purchase.outcome.is_none());
        let open: Vec<Purchase> = open.cloned().collect();
        // Under a name the same command is the question; without one it is `resume`.
        for mut purchase in open {
            if self.named {
                if self.shared.is_none() {
                    let since = self.since();
                    let is_proven = || self.is_proven(since, self.moment(on, None).wall);
                    merge_remote_use(&mut purchase, since, is_proven, None);
                }
                let amount = if purchase.intent.body.contains("50") { "50" } else { "25" };
                self.start_buy(Start::right(on, Command::Buy(amount)));
            } else {
                self.start_look(Start::right(on, Command::Resume), Some(purchase.intent.id));
            }
            self.drain();
            self.became_final(on, &purchase);
        }
        self.judge.over(&self.portal, self.named);
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
            "{:?}, {:?}, sole buyer {}, upgrades {}, {} computers, named {}, retry declined {}, restores {}",
            self.portal.rules,
            self.shared,
            self.sole_buyer,
            self.upgrades,
            self.computers.len(),
            self.named,
            self.retry_declined,
            self.restores
        )
    }
}
