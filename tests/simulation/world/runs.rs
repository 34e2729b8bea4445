//! The commands of the world: each finds its purchase as the real ones do, runs the machine step by
//! step, and is told how it ended.

use super::super::computer::{Lock, Pages};
use super::super::portal::{HOUR, Kind};
use super::super::{Sabotage, coverage};
use super::offers::{PLACE, buyer};
use super::{
    BEGIN, Command, MOST_PROCESSES, NAME, Process, Start, World, ahead, milliseconds, timestamp,
};
use std::any::Any;
use std::cell::Cell;
use std::time::Duration;
use topup::core::class::Class;
use topup::core::failure::{Charged, Result};
use topup::core::signals::Signal;
use topup::provider::{Evidence, KeyLife, Repeat, Seller};
use topup::purchase::find_or_create::{FoundOrCreated, decide, merge_remote_use};
use topup::purchase::key::{FirstUse, Fleet, Surroundings, first_use, first_use_in_doubt};
use topup::purchase::machine::Machine;
use topup::purchase::position::JournalDoubt;
use topup::purchase::record::{Intent, JournalRow, Moment, Outcome, Purchase, Stamp};
use topup::purchase::request::{PurchaseName, PurchaseRequest};
use topup::purchase::steps::{Action, ActionResult, PurchaseReport, RunMode, RunOptions};
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
            0..66 => Command::Buy("25"),
            66..70 if !self.named => Command::BuyNew("25"),
            66..85 => Command::Resume,
            85..93 => Command::Status,
            _ => Command::Buy("50"),
        };
        // One process may see a clock of its own, a day ahead. Its login has ended then: it is renewed
        // first, and the answer tells the time.
        let ahead =
            if self.portal.rules.tells_time && self.dice.percent(3) { 25 * HOUR } else { 0 };
        if ahead > 0 {
            self.was_ahead = true;
            self.happened("a process sees a clock a day ahead");
        }
        let start = Start { on, command, chain: 0, ahead };
        match command {
            Command::Buy(_) | Command::BuyNew(_) => self.start_buy(start),
            Command::Resume | Command::Status => self.start_look(start, None),
        }
    }

    pub(super) fn start_look(&mut self, start: Start, only: Option<Uuid>) {
        use topup::purchase::find_or_create::PurchaseStore as _;
        let on = start.on;
        if !self.write_spooled(on) {
            return;
        }
        self.started += 1;
        self.settle_position(on);
        let stale = self.stale();
        let (mut added, all) = (None, stale.as_deref().unwrap_or(self.journal(on).all()));
        let pages = self.pages(on, all, &mut added);
        let is_meant = |purchase: &&Purchase| {
            purchase.outcome.is_none() && only.is_none_or(|only| only == purchase.intent.id)
        };
        let open = all.iter().filter(is_meant).find_map(|purchase| {
            let lock = pages.try_lock(purchase.intent.id).expect("no error")?;
            Some((purchase.clone(), lock))
        });
        if let Some((mut purchase, lock)) = open {
            if self.named && self.shared.is_none() {
                let is_proven = || self.is_proven(None, self.moment_at(start).wall);
                merge_remote_use(&mut purchase, None, is_proven, None);
            }
            self.run(start, purchase, Box::new(lock), true);
        }
    }

    /// What the next process sees of the journal.
    fn pages<'a>(
        &'a self,
        on: usize,
        all: &'a [Purchase],
        added: &'a mut Option<(Intent, Stamp)>,
    ) -> Pages<'a> {
        let shared = self.shared.is_some();
        Pages {
            all,
            locks: &self.journal(on).locks,
            added,
            holder: self.started,
            now: self.now,
            shared,
            blind: self.sabotage == Sabotage::FreshKey,
            no_locks: self.sabotage == Sabotage::NoLock
                || (shared && self.sabotage == Sabotage::LeaseIgnored),
        }
    }

    /// A state of a while ago, where one is believed.
    fn stale(&mut self) -> Option<Vec<Purchase>> {
        if self.sabotage != Sabotage::StaleRead || self.shared.is_none() || self.healed {
            return None;
        }
        let rows = self.dice.index(6);
        Some(self.journals[0].stale(rows))
    }

    /// On machines that come and go the later attempts are told when the first one began.
    pub(super) fn since(&self) -> Option<jiff::Timestamp> {
        (self.on > 0 && self.shared.is_none()).then(|| timestamp(BEGIN))
    }

    /// What the CI system proves of the name: on machines that come and go only the first attempt
    /// proves itself.
    fn first_use(&self, since: Option<jiff::Timestamp>, now: jiff::Timestamp) -> Result<FirstUse> {
        first_use(NAME, since, &self.surroundings(), now, self.life)
    }

    /// Whether this run proves that the name was not used before.
    pub(super) fn is_proven(&self, since: Option<jiff::Timestamp>, now: jiff::Timestamp) -> bool {
        self.first_use(since, now).is_ok_and(|first| first.proven)
    }

    /// What remains of that where the journal may lack purchases.
    fn first_use_in_doubt(
        &self,
        since: Option<jiff::Timestamp>,
        now: jiff::Timestamp,
        doubt: Option<&JournalDoubt>,
    ) -> Result<FirstUse> {
        let first = self.first_use(since, now)?;
        let Some(doubt) = doubt else { return Ok(first) };
        let is_of_run = self.surroundings().proves_first(NAME);
        first_use_in_doubt(first, doubt, is_of_run, since, now, self.life)
    }

    fn surroundings(&self) -> Surroundings {
        let ci = self.computers.len() > 1;
        Surroundings {
            ci,
            // The store is older than any run.
            fleet: self.shared.map(|_| Fleet { since: Some(timestamp(BEGIN - 40 * 24 * HOUR)) }),
            run_attempt: ci.then(|| if self.on > 0 { "2" } else { "1" }.to_owned()),
            ..Surroundings::default()
        }
    }

    /// All clocks as a process sees them that is started so.
    fn moment_at(&self, start: Start) -> Moment {
        let server = (start.ahead > 0).then_some((0, 0));
        ahead(self.moment(start.on, server), start.ahead)
    }

    pub(super) fn start_buy(&mut self, start: Start) {
        let Start { on, command, chain, .. } = start;
        let (amount, new) = match command {
            Command::BuyNew(amount) => (amount, true),
            Command::Buy(amount) => (amount, false),
            Command::Resume | Command::Status => return,
        };
        if !self.write_spooled(on) {
            return;
        }
        self.started += 1;
        let doubt = self.settle_position(on);
        let stale = self.stale();
        let now = self.moment_at(start);
        self.ids += 1;
        let retry_declined = self.retry_declined;
        let called = if self.named {
            PurchaseName::Once { name: NAME.into(), retry_declined, new: false }
        } else {
            PurchaseName::Nothing { new }
        };
        // Somebody may have logged in for another organisation since.
        let may_change = !self.healed && !self.named && chain == 0;
        let changed = may_change && self.dice.percent(5);
        let organisation = if changed { "other" } else { "org" };
        if changed {
            self.happened("a login is another one at the start");
        }
        let since = self.since();
        let unproven_first = self.sabotage == Sabotage::UnprovenFirst;
        let first = || {
            let first = self.first_use_in_doubt(since, now.wall, doubt.as_ref())?;
            Ok(if unproven_first { FirstUse { since: None, proven: true } } else { first })
        };
        let offer = self.offer(amount);
        let seller = match self.sabotage {
            Sabotage::BesideUnknown => Seller { repeat: Repeat::ByKey(self.life), ..self.seller() },
            _ => self.seller(),
        };
        let ask = PurchaseRequest {
            place: &PLACE,
            buyer: buyer(organisation),
            seller: &seller,
            amount: offer.amount,
            item: &offer.item,
            body: offer.body.clone(),
            called,
            limits: topup::config::SpendingLimits::default(),
            total: None,
            new_id: Uuid::from_u128(self.ids),
            now: &now,
            machines_come_and_go: self.computers.len() > 1 && self.shared.is_none(),
            once_since: if unproven_first { None } else { since },
            gap: match &doubt {
                Some(JournalDoubt::Restored(gap)) => Some(*gap),
                _ => None,
            },
            first_use: &first,
        };
        let mut added = None;
        let all = stale.as_deref().unwrap_or(self.journal(on).all());
        let pages = self.pages(on, all, &mut added);
        let opened = decide(pages, &ask);
        if let Some((intent, stamp)) = added
            && !self.add_intent(on, intent, &stamp, new)
        {
            return;
        }
        self.go_on_with(start, opened, amount);
    }

    /// Runs what was found or made, or notes why there is nothing to run.
    fn go_on_with(&mut self, start: Start, opened: Result<FoundOrCreated<Lock>>, amount: &str) {
        let on = start.on;
        match opened {
            Ok(FoundOrCreated::Ours { purchase, locks, loaded }) => {
                let is_over = purchase.outcome.as_ref().is_some_and(|end| !end.may_reopen());
                if loaded && !self.named && purchase.delivered && is_over {
                    self.judge.wrong("an outcome that was told is told again".into());
                }
                self.run(start, *purchase, Box::new(locks), loaded);
            }
            Ok(FoundOrCreated::Busy(_)) => {
                self.happened("a purchase is busy");
                self.tell(|| format!("computer {on}: busy"));
            }
            Ok(FoundOrCreated::AccountBusy(_)) => {
                self.happened("an account is busy");
                self.tell(|| format!("computer {on}: its account is busy"));
            }
            Err(error) => {
                if error.parts().code.as_deref() == Some("other_organisation") {
                    self.happened("a purchase of another login is in the way");
                }
                self.tell(|| format!("computer {on}: {error}"));
                if error.parts().charged == Some(Charged::No) {
                    self.judge.refused_locally(&self.portal, amount);
                }
            }
        }
    }

    /// A new purchase is made durable; false where that fails.
    fn add_intent(&mut self, on: usize, intent: Intent, stamp: &Stamp, new: bool) -> bool {
        let (id, amount) = (intent.id, intent.amount.to_string());
        let organisation = intent.organisation.clone().unwrap_or_default();
        let fails = !self.healed && self.dice.percent(2);
        if fails && self.dice.percent(50) {
            return false;
        }
        let synced = !fails && self.sabotage != Sabotage::NoSync;
        self.write(on, id, stamp, &JournalRow::Intent(intent), synced);
        if !new && self.portal.rules.kind != Kind::Person {
            let journal = &self.journals[self.home(on)];
            let whose = (id, organisation.as_str());
            self.judge.minted(journal, on, whose, &amount, self.named, &self.portal);
        }
        !fails
    }

    fn run(&mut self, start: Start, purchase: Purchase, locks: Box<dyn Any>, loaded: bool) {
        let Start { on, command, chain, ahead } = start;
        let forever = Duration::from_secs(1 << 40);
        let forever = KeyLife { auto_replay_max_age: forever, manual_replay_max_age: forever };
        let mut seller = self.seller();
        let by_key = self.portal.rules.kind == Kind::ByKey;
        match self.sabotage {
            Sabotage::NoAge if by_key => seller.repeat = Repeat::ByKey(forever),
            Sabotage::SentAgain if !by_key => {
                seller.repeat = Repeat::ByKey(forever);
                seller.evidence = Evidence::Replay;
            }
            Sabotage::NoBaseline if !by_key => seller.evidence = Evidence::None,
            _ => {}
        }
        let wait = Some(Duration::from_secs(60)).filter(|_| self.healed || !self.dice.percent(5));
        let plan = RunOptions {
            intention: match command {
                Command::Buy(_) | Command::BuyNew(_) => RunMode::Buy,
                Command::Resume | Command::Status => RunMode::Resume,
            },
            asked_for: match command {
                Command::Buy(_) | Command::BuyNew(_) => self.named,
                Command::Resume => true,
                Command::Status => false,
            },
            seller,
            sole_buyer: self.sole_buyer || self.sabotage == Sabotage::AnyBuyer,
            shared: self.shared.is_some(),
            wait,
            poll: Duration::from_secs(2),
            loaded,
            price: None,
        };
        let began = self.moment_at(start);
        let id = purchase.intent.id;
        let was_final = purchase.outcome.as_ref().is_some_and(|outcome| !outcome.may_reopen());
        let buyer =
            if purchase.intent.organisation.as_deref() == Some("org") { "org" } else { "other" };
        let mut machine = Machine::new(purchase, plan.clone(), began.clone());
        let action = machine.start();
        self.tell(|| format!("computer {on} runs {command:?} at {id}, loaded {loaded}"));
        self.processes.push(Box::new(Process {
            on,
            number: self.started,
            command,
            id,
            machine,
            plan,
            action,
            event: None,
            _locks: locks,
            wrote_at: Cell::new(self.now),
            began,
            was_final,
            server: (ahead > 0).then_some((0, 0)),
            ahead,
            buyer,
            organisation: buyer,
            before: None,
            posts: 0,
            throttled: false,
            clean: true,
            told: false,
            chain,
        }));
    }

    /// One step of a process: performs its action, or takes in what came of it.
    pub(super) fn advance(&mut self, at: usize) {
        let mut process = self.processes.remove(at);
        self.pass(10);
        self.steps += 1;
        if let Some(event) = process.event.take() {
            let now = if self.sabotage == Sabotage::AgeOnceARun {
                process.began.clone()
            } else {
                self.moment_of(&process)
            };
            self.met.reached.meet((process.machine.state_name(), coverage::word(&event)));
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
                if let Some(again) = self.conclude(&mut process, report) {
                    drop(process);
                    self.start_buy(again);
                    return;
                }
                None
            }
            Action::Authorize { .. } => Some(self.authorize(&mut process)),
            Action::AskTime => Some(self.ask_time(&mut process)),
            Action::ReadEvidence => Some(self.read_evidence(&mut process)),
            Action::Record(stamp, row) => Some(self.record(&mut process, stamp, row)),
            Action::Post => Some(self.post(&mut process)),
            Action::Poll(id) => Some(self.poll(&mut process, id)),
            Action::LookAtPlan => Some(self.look_at_plan(&mut process)),
            Action::Wait(time) => {
                if !self.healed && self.dice.percent(1) {
                    Some(ActionResult::Interrupted(Signal::Interrupt))
                } else {
                    self.keep_alive(&process);
                    self.pass(milliseconds(*time));
                    Some(ActionResult::Woke)
                }
            }
        };
        process.action = action;
        process.event = event;
        self.processes.insert(at, process);
    }

    /// The caller is told; gives the next try of a chain of declined ones.
    fn conclude(&mut self, process: &mut Process, report: &PurchaseReport) -> Option<Start> {
        let is_denied = match self.sabotage {
            Sabotage::LastVerdict => {
                let told = report.failure.as_ref();
                told.is_some_and(|told| told.class == Class::MonthlyCapExceeded)
            }
            Sabotage::InForceIsFree => process.machine.purchase().outcome == Some(Outcome::InForce),
            _ => false,
        };
        let denied = is_denied.then(|| PurchaseReport { charged: Charged::No, ..report.clone() });
        let report = denied.as_ref().unwrap_or(report);
        if process.posts > 3 + 5 {
            self.judge.wrong(format!("{} requests in one run", process.posts));
        }
        let purchase = process.machine.purchase();
        let declined = matches!(purchase.outcome, Some(Outcome::Failed(_)));
        let is_buy = matches!(process.command, Command::Buy(_) | Command::BuyNew(_));
        if is_buy && report.retired && process.chain < 5 {
            // The key is given up: the same command begins anew.
            self.happened("a key is given up");
            return Some(process.once_more());
        }
        if is_buy
            && declined
            && self.retry_declined
            && !process.was_final
            && !purchase.intent.first_use_proven
            && process.chain < 5
        {
            self.happened("a declined name is tried again");
            return Some(process.once_more());
        }
        if report.too_old.is_some() {
            self.happened("a key is too old");
        }
        let on = process.on;
        self.tell(|| {
            format!(
                "computer {on} told {:?}, charged {:?}, too old {:?}",
                report.class, report.charged, report.too_old
            )
        });
        let whole_name = self.named && matches!(process.command, Command::Buy(_));
        // Where another machine may take over, a process knows what was so when it wrote last.
        let known_at = if self.shared.is_some() { process.wrote_at.get() } else { self.now };
        self.judge.told(&self.portal, (self.now, known_at), purchase, report, whole_name);
        None
    }

    /// The answer is out: it is noted that the caller has it.
    fn deliver(&mut self, process: &Process) {
        let purchase = process.machine.purchase();
        let bought = matches!(process.command, Command::Buy(_) | Command::BuyNew(_));
        if bought && purchase.outcome.is_some() && !purchase.delivered {
            let stamp = Stamp::from(&self.moment_of(process));
            if self.healed || !self.dice.percent(3) {
                let _ = self.put(process, &stamp, &JournalRow::Delivered);
            }
        }
    }
}
