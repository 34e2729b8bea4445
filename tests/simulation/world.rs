//! The modelled world: a portal, computers, and processes that run the purchase machine side by
//! side. One tick is one step of one process, or something that befalls it.

use super::computer::{Computer, Lock, Pages};
use super::dice::Dice;
use super::judge::Judge;
use super::portal::{Answer, HOUR, Look, MINUTE, Portal, Request, Rules};
use super::{Sabotage, coverage};
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::time::Duration;
use topup::class::Class;
use topup::error::{Charged, Result};
use topup::http::Broken;
use topup::money::{Amount, Money};
use topup::provider::plans::{Item, PlanName, Seen};
use topup::provider::{ChargeId, KeyLife, Polled, Posted, Refusal, System};
use topup::purchase::machine::Machine;
use topup::purchase::naming::{FirstUse, Surroundings, first_use};
use topup::purchase::opening::{Ask, Called, Opened, decide, doubt};
use topup::purchase::record::{KeyAge, Moment, Outcome, Purchase, Row, Stamp};
use topup::purchase::steps::{Action, Event, Intention, Plan, Report};
use topup::signals::Signal;
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
    plan: Plan,
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

fn refusal(class: Class) -> Refusal {
    Refusal {
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
                by_itself: Duration::from_secs(30 * 60),
                on_request: Duration::from_secs(23 * 3600),
            }
        } else {
            KeyLife {
                by_itself: Duration::from_secs(20 * 60),
                on_request: Duration::from_secs(25 * 60),
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

    fn tick(&mut self) {
        // The age is looked at directly before the request; a machine that falls asleep with the
        // request half sent finds its connection dead.
        if let Some(at) = self
            .processes
            .iter()
            .position(|process| process.event.is_none() && process.action == Action::Post)
        {
            return if self.dice.percent(4) { self.kill(at) } else { self.advance(at) };
        }
        match self.dice.below(100) {
            _ if self.processes.is_empty() => self.start(),
            0..78 => {
                let at = self.dice.index(self.processes.len());
                self.advance(at);
            }
            78..86 => self.start(),
            86..90 => {
                let at = self.dice.index(self.processes.len());
                self.kill(at);
            }
            90..92 => self.move_on(),
            92..95 => {
                let wait = self.dice.pick(&[1_000, MINUTE, 20 * MINUTE, HOUR / 2, 2 * HOUR]);
                self.pass(wait);
            }
            95..97 if self.upgrades && self.dice.percent(30) => {
                let body = body_of(self.dice.pick(&["25", "50"]), true);
                self.tell(|| format!("somebody else upgrades: {body}"));
                self.portal.somebody_upgrades(self.now, body);
            }
            95..97 => self.power_cut(),
            97..98 => {
                let on = self.dice.index(self.computers.len());
                self.tell(|| format!("computer {on} sleeps for 25 hours"));
                self.slept[on] += 25 * HOUR;
                self.pass(25 * HOUR);
            }
            _ => self.turn_clock(),
        }
    }

    fn turn_clock(&mut self) {
        let on = self.dice.index(self.computers.len());
        let hours: i64 = if self.clocks_go_back {
            -self.dice.pick(&[1, 25, 8760])
        } else {
            self.dice.pick(&[1, 25, 87_600])
        };
        self.tell(|| format!("the wall clock of computer {on} jumps by {hours} hours"));
        self.computers[on].wall_off += hours * i64::try_from(HOUR).expect("small");
    }

    /// A job is run again elsewhere: what the first machine was doing ends. Its disk may be met
    /// again.
    fn move_on(&mut self) {
        if self.on + 1 >= self.computers.len() {
            return;
        }
        if self.on == 0 {
            // The first attempt of a run is over before there is a second one.
            self.processes.clear();
        }
        self.on += 1;
        let on = self.on;
        self.tell(|| format!("the job runs again on computer {on}"));
    }

    fn power_cut(&mut self) {
        let on = self.dice.index(self.computers.len());
        let off = self.dice.pick(&[1_000, 10 * MINUTE, HOUR, 25 * HOUR]);
        self.tell(|| format!("computer {on} loses power, for {} minutes", off / MINUTE));
        self.processes.retain(|process| process.on != on);
        let computer = &mut self.computers[on];
        let unsynced = computer.rows.len() - computer.synced;
        let kept = self.dice.index(unsynced + 1);
        computer.rows.truncate(computer.synced + kept);
        computer.synced = computer.rows.len();
        self.pass(off);
        let now = self.now;
        let computer = &mut self.computers[on];
        computer.boot += 1;
        computer.booted_at = now;
    }

    fn kill(&mut self, at: usize) {
        let process = self.processes.remove(at);
        self.tell(|| format!("killed on computer {} at {:?}", process.on, process.action));
        // What it was doing may have happened all the same.
        if process.event.is_none() && self.dice.percent(50) {
            match &process.action {
                Action::Record(stamp, row) => {
                    let synced = self.dice.percent(50);
                    self.write(process.on, process.id, stamp, row, synced);
                }
                Action::Post => {
                    let request = self.request(&process);
                    let now = self.now;
                    self.portal.take_late(now, request, &mut self.dice);
                }
                _ => {}
            }
        }
    }

    fn write(&mut self, on: usize, id: Uuid, stamp: &Stamp, row: &Row, synced: bool) {
        self.tell(|| format!("computer {on} notes {row:?}"));
        let computer = &mut self.computers[on];
        computer.rows.push((id, stamp.clone(), row.clone()));
        if synced {
            computer.synced = computer.rows.len();
        }
    }

    /// Another command.
    fn start(&mut self) {
        if self.processes.len() >= MOST_PROCESSES {
            return;
        }
        // Without a name every machine buys for itself; so only one of them is looked at.
        let on = self.dice.index(self.on + 1);
        let command = match self.dice.below(100) {
            0..70 => Command::Buy("25"),
            70..85 => Command::Resume,
            85..93 => Command::Status,
            _ => Command::Buy("50"),
        };
        match command {
            Command::Buy(amount) => self.start_buy(on, amount, 0),
            Command::Resume | Command::Status => self.start_look(on, command, None),
        }
    }

    fn start_look(&mut self, on: usize, command: Command, only: Option<Uuid>) {
        let computer = &self.computers[on];
        let open = computer
            .purchases()
            .into_iter()
            .filter(|id| only.is_none_or(|only| only == *id))
            .filter(|id| computer.load(*id).outcome.is_none())
            .find_map(|id| {
                use topup::purchase::opening::Book as _;
                let pages = Pages {
                    computer,
                    added: &mut None,
                    blind: false,
                    no_locks: self.sabotage == Sabotage::NoLock,
                };
                let lock = pages.try_lock(id).expect("no error")?;
                Some((computer.load(id), lock))
            });
        if let Some((mut purchase, lock)) = open {
            if self.named {
                let now = self.moment(on, None).wall;
                let first = self.first_use(None, now);
                doubt(&mut purchase, None, first);
            }
            self.run(on, command, purchase, lock, true, 0);
        }
    }

    /// On machines that come and go the later attempts are told when the first one began.
    fn since(&self) -> Option<jiff::Timestamp> {
        (self.on > 0).then(|| timestamp(BEGIN))
    }

    /// What the CI system proves of the name: on machines that come and go only the first attempt
    /// proves itself.
    fn first_use(&self, since: Option<jiff::Timestamp>, now: jiff::Timestamp) -> Result<FirstUse> {
        let surroundings = Surroundings {
            ci: self.computers.len() > 1,
            run_attempt: Some(if self.on > 0 { "2" } else { "1" }.to_owned()),
            ..Surroundings::default()
        };
        first_use(NAME, since, &surroundings, now, self.life)
    }

    fn start_buy(&mut self, on: usize, amount: &'static str, chain: u32) {
        let now = self.moment(on, None);
        let parsed = Amount::parse(amount).expect("an amount");
        self.ids += 1;
        let called = if self.named {
            Called::Once { name: NAME.into(), retry_declined: self.retry_declined }
        } else {
            Called::Nothing { new: false }
        };
        let since = self.since();
        let unproven_first = self.sabotage == Sabotage::UnprovenFirst;
        let first = || {
            let first = self.first_use(since, now.wall)?;
            Ok(if unproven_first { FirstUse { since: None, proven: true } } else { first })
        };
        let item = item_of(amount, self.upgrades);
        let ask = Ask {
            system: System::Nous,
            origin: "https://portal.example",
            organisation: Some("org"),
            subject: Some("me"),
            amount: parsed,
            item: &item,
            body: body_of(amount, self.upgrades),
            called,
            limits: topup::config::Limits::default(),
            new_id: Uuid::from_u128(self.ids),
            now: &now,
            once_since: if unproven_first { None } else { since },
            first_use: &first,
        };
        let mut added = None;
        let pages = Pages {
            computer: &self.computers[on],
            added: &mut added,
            blind: self.sabotage == Sabotage::FreshKey,
            no_locks: self.sabotage == Sabotage::NoLock,
        };
        let opened = decide(pages, &ask);
        if let Some((intent, stamp)) = added {
            let row = Row::Intent(intent);
            let fails = !self.healed && self.dice.percent(2);
            if fails && self.dice.percent(50) {
                return;
            }
            let synced = !fails && self.sabotage != Sabotage::NoSync;
            let id = Uuid::from_u128(self.ids);
            self.write(on, id, &stamp, &row, synced);
            self.judge.minted(&self.computers[on], on, id, amount, self.named, &self.portal);
            if fails {
                return;
            }
        }
        match opened {
            Ok(Opened::Ours { purchase, lock, loaded }) => {
                if loaded && !self.named && purchase.delivered && purchase.outcome.is_some() {
                    self.judge.wrong("an outcome that was told is told again".into());
                }
                self.run(on, Command::Buy(amount), *purchase, lock, loaded, chain);
            }
            Ok(Opened::Busy(_)) => self.tell(|| format!("computer {on}: busy")),
            Err(error) => {
                self.tell(|| format!("computer {on}: {error}"));
                if error.parts().charged == Some(Charged::No) {
                    self.judge.refused_locally(&self.portal, amount);
                }
            }
        }
    }

    fn run(
        &mut self,
        on: usize,
        command: Command,
        purchase: Purchase,
        lock: Lock,
        loaded: bool,
        chain: u32,
    ) {
        let life = if self.sabotage == Sabotage::NoAge {
            let forever = Duration::from_secs(1 << 40);
            KeyLife { by_itself: forever, on_request: forever }
        } else {
            self.life
        };
        let wait = Some(Duration::from_secs(60)).filter(|_| self.healed || !self.dice.percent(5));
        let plan = Plan {
            intention: match command {
                Command::Buy(_) => Intention::Buy,
                Command::Resume | Command::Status => Intention::Resume,
            },
            asked_for: match command {
                Command::Buy(_) => self.named,
                Command::Resume => true,
                Command::Status => false,
            },
            life,
            wait,
            poll: Duration::from_secs(2),
            loaded,
            price: None,
        };
        let began = self.moment(on, None);
        let id = purchase.intent.id;
        let was_final = purchase
            .outcome
            .as_ref()
            .is_some_and(|outcome| !matches!(outcome, Outcome::Refused(_) | Outcome::NeverSent));
        let mut machine = Machine::new(purchase, plan.clone(), began.clone());
        let action = machine.start();
        self.tell(|| format!("computer {on} runs {command:?} at {id}, loaded {loaded}"));
        self.processes.push(Process {
            on,
            command,
            id,
            machine,
            plan,
            action,
            event: None,
            _lock: lock,
            began,
            was_final,
            server: None,
            organisation: "org",
            posts: 0,
            throttled: false,
            clean: true,
            told: false,
            chain,
        });
    }

    /// One step of a process: performs its action, or takes in what came of it.
    fn advance(&mut self, at: usize) {
        let mut process = self.processes.remove(at);
        self.pass(10);
        if let Some(event) = process.event.take() {
            let now = if self.sabotage == Sabotage::AgeOnceARun {
                process.began.clone()
            } else {
                self.moment(process.on, process.server)
            };
            self.reached.insert((process.machine.place(), coverage::word(&event)));
            process.action = process.machine.step(now, event);
            self.processes.insert(at, process);
            return;
        }
        if process.told {
            self.deliver(&process);
            return;
        }
        let action = std::mem::replace(&mut process.action, Action::AskTime);
        let event = match &action {
            Action::Done(report) => {
                process.told = true;
                if let Some((on, amount, chain)) = self.conclude(&mut process, report) {
                    drop(process);
                    self.start_buy(on, amount, chain);
                    return;
                }
                None
            }
            Action::Authorize { .. } => Some(self.authorize(&mut process)),
            Action::AskTime => Some(self.ask_time(&mut process)),
            Action::Record(stamp, row) => Some(self.record(&mut process, stamp, row)),
            Action::Post => Some(self.post(&mut process)),
            Action::Poll(id) => Some(self.poll(&mut process, id)),
            Action::LookAtPlan => Some(self.look_at_plan(&mut process)),
            Action::Wait(time) => {
                if !self.healed && self.dice.percent(1) {
                    Some(Event::Interrupted(Signal::Interrupt))
                } else {
                    self.pass(milliseconds(*time));
                    Some(Event::Woke)
                }
            }
        };
        process.action = action;
        process.event = event;
        self.processes.insert(at, process);
    }

    /// The caller is told; gives the next try of a chain of declined ones.
    fn conclude(
        &mut self,
        process: &mut Process,
        report: &Report,
    ) -> Option<(usize, &'static str, u32)> {
        let mut report = report.clone();
        let refused =
            report.told.as_ref().is_some_and(|told| told.class == Class::MonthlyCapExceeded);
        if self.sabotage == Sabotage::LastVerdict && refused {
            report.charged = Charged::No;
        }
        let in_force = process.machine.purchase().outcome == Some(Outcome::InForce);
        if self.sabotage == Sabotage::InForceIsFree && in_force {
            report.charged = Charged::No;
        }
        if process.posts > 3 + 5 {
            self.judge.wrong(format!("{} requests in one run", process.posts));
        }
        let purchase = process.machine.purchase();
        let declined = matches!(purchase.outcome, Some(Outcome::Failed(_)));
        if let Command::Buy(amount) = process.command
            && declined
            && self.retry_declined
            && !process.was_final
            && !purchase.intent.proven_first
            && process.chain < 5
        {
            return Some((process.on, amount, process.chain + 1));
        }
        let on = process.on;
        self.tell(|| {
            format!("computer {on} told {:?}, charged {:?}", report.class, report.charged)
        });
        let whole_name = self.named && matches!(process.command, Command::Buy(_));
        self.judge.told(&self.portal, self.now, purchase, &report, whole_name);
        None
    }

    /// The answer is out: it is noted that the caller has it.
    fn deliver(&mut self, process: &Process) {
        let purchase = process.machine.purchase();
        let bought = matches!(process.command, Command::Buy(_));
        if bought && purchase.outcome.is_some() && !purchase.delivered {
            let stamp = Stamp::from(&self.moment(process.on, None));
            if self.healed || !self.dice.percent(3) {
                self.write(process.on, process.id, &stamp, &Row::Delivered, true);
            }
        }
    }

    fn authorize(&mut self, process: &mut Process) -> Event {
        if !self.healed && self.dice.percent(3) {
            return Event::NotAuthorized(refusal(Class::NotLoggedIn));
        }
        // Somebody may have logged in for another organisation meanwhile.
        process.organisation = if !self.healed && self.dice.percent(3) { "other" } else { "org" };
        let told = match self.sabotage {
            Sabotage::AnyOrganisation => "org",
            _ => process.organisation,
        };
        Event::Authorized { organisation: Some(told.into()), subject: Some("me".into()) }
    }

    fn ask_time(&mut self, process: &mut Process) -> Event {
        if !self.healed && self.dice.percent(10) {
            return Event::NotAsked(refusal(Class::Network));
        }
        if self.sabotage != Sabotage::NoTimeAsked {
            self.answered(process);
        }
        Event::TimeAsked
    }

    /// An answer came: it carries the portal's clock.
    fn answered(&self, process: &mut Process) {
        if self.portal.rules.tells_time {
            process.server = Some((self.now, self.slept[process.on]));
        }
    }

    fn record(&mut self, process: &mut Process, stamp: &Stamp, row: &Row) -> Event {
        let skipped = match row {
            Row::Sending { .. } => self.sabotage == Sabotage::NoSendingRow,
            Row::Recovered => self.sabotage == Sabotage::NoRecovered,
            _ => false,
        };
        if skipped {
            return Event::Recorded;
        }
        let fails = !self.healed && self.dice.percent(2);
        if fails {
            process.clean = false;
            // A failed write may be on the disk all the same.
            if self.dice.percent(50) {
                self.write(process.on, process.id, stamp, row, false);
            }
            return Event::NotRecorded(refusal(Class::Config));
        }
        let synced = self.sabotage != Sabotage::NoSync;
        self.write(process.on, process.id, stamp, row, synced);
        Event::Recorded
    }

    fn request(&self, process: &Process) -> Request {
        let intent = &process.machine.purchase().intent;
        let body = if self.sabotage == Sabotage::FreshBytes && process.plan.loaded {
            intent.body.replace('}', ".00}")
        } else {
            intent.body.clone()
        };
        Request {
            organisation: process.organisation.to_owned(),
            key: intent.key.as_str().to_owned(),
            body,
        }
    }

    fn post(&mut self, process: &mut Process) -> Event {
        let request = self.request(process);
        self.judge.posts(&self.computers[process.on], process.on, process.machine.purchase());
        if process.throttled {
            self.judge.wrong("a request after the portal asked to wait".into());
        }
        let fate = if self.healed { 0 } else { self.dice.below(100) };
        self.tell(|| format!("computer {} sends {} (fate {fate})", process.on, request.key));
        let lost =
            |class, replay| Event::Posted(Posted::Unknown { refusal: refusal(class), replay });
        if fate >= 95 {
            let signal = self.dice.percent(10).then_some(Signal::Interrupt);
            return Event::Posted(Posted::Unsent(Broken {
                class: Class::Network,
                message: "not connected".into(),
                sent: false,
                signal,
                cause: None,
            }));
        }
        process.posts += 1;
        let now = self.now;
        if fate >= 88 {
            return lost(Class::Network, true);
        }
        if fate >= 80 {
            self.portal.take_late(now, request, &mut self.dice);
            if self.dice.percent(20) {
                return lost(Class::Interrupted, false);
            }
            self.pass(30_000);
            return lost(Class::Timeout, true);
        }
        if fate >= 77 {
            self.answered(process);
            return Event::Posted(Posted::Unauthorized(refusal(Class::NotLoggedIn)));
        }
        let answer = self.portal.charge(now, now, &request, &mut self.dice);
        if (72..77).contains(&fate) && matches!(answer, Answer::Accepted(_) | Answer::Done) {
            // Something on the way sends it once more by itself. Where it would hide an answer
            // behind a later refusal, no client could tell the truth: that is not modelled.
            self.portal.charge(now, now, &request, &mut self.dice);
        }
        if (60..72).contains(&fate) {
            self.tell(|| "the answer is lost".to_owned());
            return lost(Class::Network, self.dice.percent(80));
        }
        self.answered(process);
        Event::Posted(match answer {
            Answer::Accepted(id) => Posted::Accepted(id),
            Answer::Done => Posted::Done,
            Answer::AlreadySo => Posted::AlreadySo,
            Answer::Declined => Posted::Declined(refusal(Class::CardDeclined)),
            Answer::NeedsPerson => Posted::NeedsPerson(refusal(Class::ActionRequired)),
            Answer::Denied(class @ (Class::RateLimited | Class::TemporarilyUnavailable)) => {
                process.throttled = true;
                Posted::Throttled(refusal(class))
            }
            Answer::Denied(class) => Posted::Refused(refusal(class)),
            Answer::Conflict => Posted::Conflict(refusal(Class::IdempotencyConflict)),
            Answer::InFlight => Posted::InFlight(refusal(Class::InProgress)),
            Answer::Failed => {
                Posted::Unknown { refusal: refusal(Class::ServerError), replay: true }
            }
        })
    }

    fn poll(&mut self, process: &mut Process, id: &ChargeId) -> Event {
        if process.clean {
            self.judge.looked(process.on, process.id);
        }
        if !self.healed && self.dice.percent(15) {
            let class = self.dice.pick(&[
                Class::Network,
                Class::RateLimited,
                Class::ServerError,
                Class::InsufficientScope,
                Class::Interrupted,
            ]);
            let unauthorized = self.dice.percent(20);
            let class = if unauthorized { Class::NotLoggedIn } else { class };
            return Event::Polled(Polled::Trouble { refusal: refusal(class), unauthorized });
        }
        self.answered(process);
        Event::Polled(match self.portal.look(self.now, id) {
            Look::Pending => Polled::Pending,
            Look::Settled { body } => {
                let amount = if body.contains("50") { "50" } else { "25" };
                Polled::Settled {
                    amount_usd: Money::parse(amount).expect("money"),
                    settled_at: None,
                }
            }
            Look::Declined => Polled::Failed(refusal(Class::CardDeclined)),
        })
    }

    fn look_at_plan(&mut self, process: &mut Process) -> Event {
        if !self.healed && self.dice.percent(15) {
            let unauthorized = self.dice.percent(20);
            let class = self.dice.pick(&[Class::Network, Class::ServerError, Class::Interrupted]);
            let class = if unauthorized { Class::NotLoggedIn } else { class };
            return Event::PlanSeen(Seen::Trouble { refusal: refusal(class), unauthorized });
        }
        self.answered(process);
        let body = &process.machine.purchase().intent.body;
        let in_force = self.portal.is_in_force(self.now, body);
        Event::PlanSeen(if in_force { Seen::InForce } else { Seen::NotInForce })
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
                doubt(&mut purchase, self.since(), self.first_use(self.since(), now));
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
            KeyAge::Known(age) => age + Duration::from_secs(300) < self.life.on_request,
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
