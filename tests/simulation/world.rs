//! The modelled world: a portal, computers, and processes that run the purchase machine side by
//! side. One tick is one step of one process, or something that befalls it.

mod actions;
mod befalls;
mod runs;

use super::computer::Computer;
use super::dice::Dice;
use super::judge::Judge;
use super::portal::{HOUR, Kind, MINUTE, Portal, Rules};
use super::{Sabotage, coverage};
use std::any::Any;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::time::Duration;
use topup::core::class::Class;
use topup::core::money::Money;
use topup::provider::plans::{Item, PlanName};
use topup::provider::{
    AutoReloadSight, ChargeId, Evidence, KeyLife, Payer, ProviderError, Repeat, Seller, Total,
};
use topup::purchase::find_or_create::merge_remote_use;
use topup::purchase::machine::Machine;
use topup::purchase::record::{JournalRow, KeyAge, Moment, Purchase, Stamp};
use topup::purchase::steps::{Action, ActionResult, RunOptions};
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
    pub command: Command,
    pub id: Uuid,
    machine: Machine,
    plan: RunOptions,
    action: Action,
    event: Option<ActionResult>,
    // Held, and dropped with the process.
    _locks: Box<dyn Any>,
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

pub struct World {
    pub dice: Dice,
    pub now: u64,
    pub portal: Portal,
    pub computers: Vec<Computer>,
    slept: Vec<u64>,
    /// Boxed: they are taken out and put back at every step.
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
    /// Only this journal buys for the account, and its profile says so.
    sole_buyer: bool,
    /// Payments that a person was shown.
    shown: Vec<ChargeId>,
    /// Somebody else bought, or the sum changed.
    disturbed: bool,
    healed: bool,
    /// Some process saw a wall clock that was ahead.
    was_ahead: bool,
    ids: u128,
    /// When each purchase was asked for, by the portal's clock.
    asked_at: BTreeMap<Uuid, u64>,
    /// When the first request of each may have left.
    sent_at: BTreeMap<Uuid, u64>,
    pub judge: Judge,
    pub reached: BTreeSet<coverage::Pair>,
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
        // Where no keys are known, names reach only as far as one journal.
        let by_key = rules.kind == Kind::ByKey;
        let machines = if by_key || dice.percent(20) { 3 } else { 1 };
        let computers: Vec<Computer> =
            (0..=dice.below(machines)).map(|_| Computer::new()).collect();
        let several = computers.len() > 1;
        let named = if by_key { several || dice.percent(40) } else { !several && dice.percent(40) };
        let retry_declined = named && dice.percent(30);
        // Two things that no clock at hand can tell, and that are not promised: a wall clock that
        // was ahead when a purchase was first sent, with the answer lost, and is put right while
        // the machine is off; and any wrong clock with a portal that tells no time.
        let clocks_go_back = dice.percent(50) && rules.tells_time;
        let sole_buyer = !several && dice.percent(60);
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
            computers,
            processes: Vec::new(),
            on: 0,
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
            was_ahead: false,
            ids: 0,
            asked_at: BTreeMap::new(),
            sent_at: BTreeMap::new(),
            judge: Judge::default(),
            reached: BTreeSet::new(),
            story: String::new(),
            tells,
            dice,
        }
    }

    /// How the portal sells, as its row says.
    fn seller(&self) -> Seller {
        let lag = Duration::from_millis(super::portal::LAG + super::portal::LATEST);
        let by_key = Seller {
            payer: Payer::SavedCard,
            repeat: Repeat::ByKey(self.life),
            evidence: Evidence::Replay,
            status_by_id: true,
            total: Total::AsAsked,
            auto_reload: AutoReloadSight::Readable,
            refusing_statuses: &[],
            shortest_poll: Duration::ZERO,
            usual_wait: Duration::from_secs(60),
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

    fn pass(&mut self, milliseconds: u64) {
        self.now += milliseconds;
        let Self { portal, dice, now, .. } = self;
        portal.work_off(*now, dice);
    }

    fn moment(&self, on: usize, server: Option<(u64, u64)>) -> Moment {
        // What an answer told is carried on by a clock that goes on while the machine sleeps.
        let server = server.map(|_| timestamp(self.now));
        self.computers[on].moment(on, self.now, server)
    }

    /// All clocks as this process sees them.
    fn moment_of(&self, process: &Process) -> Moment {
        let mut moment = self.moment(process.on, process.server);
        moment.wall += Duration::from_millis(process.ahead);
        moment
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
                let first = self.first_use(self.since(), now);
                merge_remote_use(&mut purchase, self.since(), first, None);
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

    fn became_final(&mut self, on: usize, before: &Purchase) {
        let after = self.computers[on].load(before.intent.id);
        if after.outcome.is_some() {
            return;
        }
        let last = after.attempts.last().and_then(|attempt| attempt.failure.as_ref());
        let has_to = match self.portal.rules.kind {
            Kind::ByKey => self.has_to_end_by_key(on, before, &after),
            Kind::List { .. } | Kind::Sum => self.has_to_end_by_evidence(&after),
            // A person may pay it at any time.
            Kind::Person => after.charges.is_empty(),
        };
        if has_to {
            self.judge.wrong(format!(
                "healed and young, and not final after {} requests: {:?}",
                after.attempts.len(),
                last.map(|told| told.class)
            ));
        }
    }

    fn has_to_end_by_key(&self, on: usize, before: &Purchase, after: &Purchase) -> bool {
        let now = self.moment(on, self.portal.rules.tells_time.then_some((0, 0)));
        let is_young =
            |age: Duration| age + Duration::from_secs(300) < self.life.manual_replay_max_age;
        let young = match before.key_age(&now) {
            KeyAge::Unused => true,
            KeyAge::Known(age) => is_young(age),
            KeyAge::Unreadable => false,
        };
        let truly_young = !self.named
            && self.sent_at.get(&before.intent.id).is_some_and(|sent| {
                is_young(Duration::from_millis(self.now - sent))
                    && self.was_right_until_it_knew(on, before, *sent)
            });
        let truly_young = truly_young || self.has_to_be_known_as_young(on, before);
        let last = after.attempts.last().and_then(|attempt| attempt.failure.as_ref());
        // The portal holds on to what it answered once, or the key means another amount.
        let stuck = last.is_some_and(|told| {
            matches!(
                told.class,
                Class::MonthlyCapExceeded
                    | Class::RateLimited
                    | Class::NoPaymentMethod
                    | Class::TemporarilyUnavailable
                    | Class::RoleRequired
                    | Class::ServerError
            ) || (told.class == Class::ActionRequired
                && !self.portal.is_in_force(self.now, &after.intent.body))
                || (told.class == Class::IdempotencyConflict
                    && self.sabotage != Sabotage::FreshBytes)
        });
        let is_charge = |charge: &&super::portal::Charge| after.charges.contains(&charge.id);
        let ours = self.portal.charges.iter().find(is_charge);
        let two_amounts =
            after.charges.len() == 1 && ours.is_some_and(|charge| charge.body != after.intent.body);
        let is_checked = ours.and_then(|charge| charge.confirmed).is_some_and(|at| at > self.now);
        let accepted = !before.charges.is_empty();
        (young || truly_young || accepted) && !stuck && !two_amounts && !is_checked
    }

    /// Whether the age has to be known: by the portal's clock, or by the monotonic one of a machine
    /// that runs on. Whatever wall clock a process saw in between, and was ahead.
    fn has_to_be_known_as_young(&self, on: usize, purchase: &Purchase) -> bool {
        let Some(asked) = self.asked_at.get(&purchase.intent.id) else { return false };
        // A name may be as old as the first attempt of the job.
        let first = if self.on > 0 { BEGIN } else { *asked };
        let young = Duration::from_millis(self.now - first) + Duration::from_secs(300)
            < self.life.manual_replay_max_age;
        let stamp = &purchase.asked;
        let runs_on = stamp.boot == self.moment(on, None).boot
            && stamp.wall >= timestamp(asked.saturating_sub(MINUTE));
        young && self.portal.rules.tells_time && (stamp.server.is_some() || runs_on)
    }

    /// A wrong clock makes no key too old for good, where the portal's own was known before it went
    /// wrong: in the start of the machine that the request was sent in, or over restarts with the
    /// true time.
    fn was_right_until_it_knew(&self, on: usize, purchase: &Purchase, sent: u64) -> bool {
        let rows = &self.computers[on].rows;
        let ours = || rows.iter().filter(|(id, ..)| *id == purchase.intent.id);
        let is_sending = |row: &JournalRow| matches!(row, JournalRow::Sending { .. });
        let stamps: Vec<&Stamp> =
            ours().skip_while(|(_, _, row)| !is_sending(row)).map(|(_, stamp, _)| stamp).collect();
        let Some(known) = stamps.iter().position(|stamp| stamp.server.is_some()) else {
            return false;
        };
        let until = &stamps[..=known];
        let (first, last) = (until[0], until[known]);
        let is_true = |wall: jiff::Timestamp, truth: jiff::Timestamp| {
            wall.duration_since(truth).unsigned_abs() < Duration::from_secs(60)
        };
        let was_not_behind = first.wall >= timestamp(sent.saturating_sub(MINUTE));
        let went_on = until.windows(2).all(|pair| pair[0].wall <= pair[1].wall);
        let was_true = is_true(first.wall, timestamp(sent))
            && last.server.is_some_and(|server| is_true(last.wall, server));
        (first.boot == last.boot && was_not_behind) || (went_on && was_true)
    }

    /// What the seller shows, and nothing else could be, is concluded.
    fn has_to_end_by_evidence(&self, after: &Purchase) -> bool {
        let key = after.intent.key.as_str();
        let made = self.portal.charges.iter().find(|charge| charge.key == key);
        let has_id = !after.charges.is_empty();
        match (self.portal.rules.kind, made) {
            _ if after.attempts.is_empty() => true,
            (Kind::List { documented, .. }, None) => {
                let sent = after.unclear().map(|attempt| attempt.sent.wall);
                let is_time = |sent: jiff::Timestamp| {
                    (400..22 * 3600).contains(&timestamp(self.now).duration_since(sent).as_secs())
                };
                let knows_time = self.portal.rules.tells_time && self.clocks_are_right();
                let undisturbed = !self.disturbed && self.computers.len() == 1;
                documented && knows_time && undisturbed && sent.is_some_and(is_time)
            }
            (Kind::List { .. }, Some(charge)) => {
                let listed = self.now - charge.at < 23 * HOUR;
                listed
                    && (has_id
                        || (self.sole_buyer && self.clocks_are_right() && self.is_alone(after)))
            }
            // What another purchase adds to the sum hides this one.
            (Kind::Sum, Some(charge)) => {
                let is_sure = self.sole_buyer && !self.disturbed && self.clocks_are_right();
                charge.settles && is_sure && self.is_alone(after)
            }
            _ => false,
        }
    }

    /// No other purchase was sent in the minutes around it, and none is open.
    fn is_alone(&self, purchase: &Purchase) -> bool {
        // Over a restart only the portal's clock tells how far apart they were.
        let Some(ours) = purchase.unclear().filter(|_| self.portal.rules.tells_time) else {
            return false;
        };
        let others = self.computers[0].all();
        let mut others = others.iter().filter(|other| other.intent.id != purchase.intent.id);
        !others.any(|other| {
            let is_open = other.outcome.is_none() && other.may_have_charged();
            is_open
                || other.attempts.iter().any(|attempt| {
                    let apart = attempt.sent.wall.duration_since(ours.sent.wall).unsigned_abs();
                    apart < Duration::from_secs(600) || attempt.sent.wall > ours.sent.wall
                })
        })
    }

    fn clocks_are_right(&self) -> bool {
        !self.was_ahead && self.computers.iter().all(|computer| computer.wall_off == 0)
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
            "{:?}, sole buyer {}, upgrades {}, {} computers, named {}, retry declined {}",
            self.portal.rules,
            self.sole_buyer,
            self.upgrades,
            self.computers.len(),
            self.named,
            self.retry_declined
        )
    }
}
