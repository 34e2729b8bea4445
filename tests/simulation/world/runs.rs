//! The commands of the world: each finds its purchase as the real ones do, runs the machine step by
//! step, and is told how it ended.

use super::super::computer::{Lock, Pages};
use super::super::{Sabotage, coverage};
use super::{
    BEGIN, Command, MOST_PROCESSES, NAME, Process, World, body_of, item_of, milliseconds, timestamp,
};
use std::time::Duration;
use topup::core::class::Class;
use topup::core::failure::{Charged, Result};
use topup::core::money::Amount;
use topup::core::signals::Signal;
use topup::provider::KeyLife;
use topup::purchase::find_or_create::{
    FoundOrCreated, PurchaseName, PurchaseRequest, decide, merge_remote_use,
};
use topup::purchase::key::{FirstUse, Surroundings, first_use};
use topup::purchase::machine::Machine;
use topup::purchase::record::{Outcome, Purchase, Row, Stamp};
use topup::purchase::steps::{Action, Event, Report, RunMode, RunOptions};
use uuid::Uuid;

impl World {
    /// Another command.
    pub(super) fn start(&mut self) {
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

    pub(super) fn start_look(&mut self, on: usize, command: Command, only: Option<Uuid>) {
        let computer = &self.computers[on];
        let open = computer
            .purchases()
            .into_iter()
            .filter(|id| only.is_none_or(|only| only == *id))
            .filter(|id| computer.load(*id).outcome.is_none())
            .find_map(|id| {
                use topup::purchase::find_or_create::PurchaseStore as _;
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
                merge_remote_use(&mut purchase, None, first);
            }
            self.run(on, command, purchase, lock, true, 0);
        }
    }

    /// On machines that come and go the later attempts are told when the first one began.
    pub(super) fn since(&self) -> Option<jiff::Timestamp> {
        (self.on > 0).then(|| timestamp(BEGIN))
    }

    /// What the CI system proves of the name: on machines that come and go only the first attempt
    /// proves itself.
    pub(super) fn first_use(
        &self,
        since: Option<jiff::Timestamp>,
        now: jiff::Timestamp,
    ) -> Result<FirstUse> {
        let surroundings = Surroundings {
            ci: self.computers.len() > 1,
            run_attempt: Some(if self.on > 0 { "2" } else { "1" }.to_owned()),
            ..Surroundings::default()
        };
        first_use(NAME, since, &surroundings, now, self.life)
    }

    pub(super) fn start_buy(&mut self, on: usize, amount: &'static str, chain: u32) {
        let now = self.moment(on, None);
        let parsed = Amount::parse(amount).expect("an amount");
        self.ids += 1;
        let called = if self.named {
            PurchaseName::Once { name: NAME.into(), retry_declined: self.retry_declined }
        } else {
            PurchaseName::Nothing { new: false }
        };
        let since = self.since();
        let unproven_first = self.sabotage == Sabotage::UnprovenFirst;
        let first = || {
            let first = self.first_use(since, now.wall)?;
            Ok(if unproven_first { FirstUse { since: None, proven: true } } else { first })
        };
        let item = item_of(amount, self.upgrades);
        let ask = PurchaseRequest {
            system: topup::provider::NOUS,
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
            Ok(FoundOrCreated::Ours { purchase, lock, loaded }) => {
                if loaded && !self.named && purchase.delivered && purchase.outcome.is_some() {
                    self.judge.wrong("an outcome that was told is told again".into());
                }
                self.run(on, Command::Buy(amount), *purchase, lock, loaded, chain);
            }
            Ok(FoundOrCreated::Busy(_)) => self.tell(|| format!("computer {on}: busy")),
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
            KeyLife { auto_replay_max_age: forever, manual_replay_max_age: forever }
        } else {
            self.life
        };
        let wait = Some(Duration::from_secs(60)).filter(|_| self.healed || !self.dice.percent(5));
        let plan = RunOptions {
            intention: match command {
                Command::Buy(_) => RunMode::Buy,
                Command::Resume | Command::Status => RunMode::Resume,
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
    pub(super) fn advance(&mut self, at: usize) {
        let mut process = self.processes.remove(at);
        self.pass(10);
        if let Some(event) = process.event.take() {
            let now = if self.sabotage == Sabotage::AgeOnceARun {
                process.began.clone()
            } else {
                self.moment(process.on, process.server)
            };
            self.reached.insert((process.machine.state_name(), coverage::word(&event)));
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
            && !purchase.intent.first_use_proven
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
}
