//! The use cases of the ledger with fakes and a turned clock: no process, no server, no waiting.

use super::accounts::balances;
use super::books::{TransactionQuery, each_transaction};
use super::budget::{CheckOptions, Notifier, RefusalParts, Ways, check};
use super::dry_run;
use super::providers::rules;
use super::run::{Launcher, LedgerRunOptions, Ran, RunEvent, RunParts, RunningCommand, run};
use crate::core::class::Class;
use crate::core::clock::{Clock, TurnedClock};
use crate::core::command::NextStep;
use crate::core::dialog::{Progress, Report, Silent};
use crate::core::failure::{Failure, Result};
use crate::core::language::Language;
use crate::core::time::Period;
use crate::ledger::Ledger;
use crate::ledger::runs::{LowNumber, Runs, Starter};
use crate::ledger::service::Used;
use crate::ledger::suite::{LedgerStore, all, credit, price, used};
use crate::ledger::values::{Mandate, Model, Rule};
use crate::notice::{Channels, Notice, NoticeSent};
use jiff::Timestamp;
use std::cell::{Cell, RefCell};
use std::ffi::{OsStr, OsString};
use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

/// A machine at a ledger whose clock is turned.
struct Host {
    ledger: Ledger,
    mandate: Mandate,
    runs: Runs,
    _folder: tempfile::TempDir,
}

impl Host {
    fn at(store: &LedgerStore, clock: &Arc<TurnedClock>) -> Self {
        let folder = crate::core::scratch::tempdir().expect("a folder");
        let runs = Runs::in_folder(folder.path().join("runs"));
        runs.id().expect("an id");
        let mut ledger = store.turned(clock);
        let mandate = ledger.mandate(Some("org")).expect("a mandate");
        Self { ledger, mandate, runs, _folder: folder }
    }
}

/// A ledger with this much in the pool of `org`, and a clock.
fn pool(amount: &str) -> (LedgerStore, Arc<TurnedClock>) {
    let store = LedgerStore::file();
    let (mut ledger, _) = store.with(Model::PrepayMandate);
    ledger.credit("org", None, &credit(amount, None)).expect("credited");
    let start = "2026-11-29T12:00:00Z".parse().expect("a time");
    (store, Arc::new(TurnedClock::new(start)))
}

/// Collects what is reported.
#[derive(Default)]
struct ReportLines(RefCell<Vec<String>>);

impl ReportLines {
    fn keep(&self, line: String) {
        self.0.borrow_mut().push(line);
    }

    fn take(&self) -> Vec<String> {
        self.0.take()
    }
}

impl Report for ReportLines {
    fn note(&self, line: &NextStep) {
        self.keep(line.to_string());
    }

    fn warn(&self, line: &NextStep) {
        self.keep(format!("warning: {line}"));
    }

    fn progress(&self) -> Box<dyn Progress + '_> {
        Box::new(Silent)
    }
}

/// Counts notices instead of sending them.
#[derive(Default)]
struct Sends {
    sent: RefCell<Vec<Notice>>,
    reaches: Cell<bool>,
}

impl Notifier for Sends {
    fn ways(&self) -> Result<Ways> {
        let channels = Channels::parse(None, None, Some("http://127.0.0.1:9/hook"))?;
        Ok(Ways { channels, wrong: Vec::new(), wants_mail: false })
    }

    fn send(
        &self,
        notice: &Notice,
        _: &[String],
        _: &Channels,
        on_first_reached: &mut dyn FnMut(),
    ) -> NoticeSent {
        self.sent.borrow_mut().push(notice.clone());
        if self.reaches.get() {
            on_first_reached();
            return NoticeSent { reached: 1, failed: Vec::new() };
        }
        NoticeSent { reached: 0, failed: vec!["the webhook: refused".to_owned()] }
    }
}

/// A command that takes so long, and does something each time it is waited for.
struct Takes<'t> {
    left: Duration,
    clock: Arc<TurnedClock>,
    meanwhile: Box<dyn FnMut() + 't>,
}

impl RunningCommand for Takes<'_> {
    fn wait(&mut self, longest: Duration) -> Result<Option<ExitStatus>> {
        self.clock.turn(longest.min(self.left));
        self.left = self.left.saturating_sub(longest);
        (self.meanwhile)();
        Ok(self.left.is_zero().then(|| ExitStatus::from_raw(7 << 8)))
    }
}

/// Starts nothing, and behaves as if this had been started.
struct Starts {
    cost: Option<&'static str>,
    takes: Duration,
    is_started: bool,
    clock: Arc<TurnedClock>,
    meanwhile: Rc<RefCell<Box<dyn FnMut()>>>,
}

impl Starts {
    fn new(clock: &Arc<TurnedClock>, cost: Option<&'static str>) -> Self {
        let meanwhile: Box<dyn FnMut()> = Box::new(|| {});
        Self {
            cost,
            takes: Duration::from_secs(1),
            is_started: true,
            clock: Arc::clone(clock),
            meanwhile: Rc::new(RefCell::new(meanwhile)),
        }
    }
}

impl Launcher for Starts {
    fn launch(
        &mut self,
        _: &OsStr,
        _: &[OsString],
        starter: &Starter,
    ) -> Result<Box<dyn RunningCommand>> {
        if self.is_started {
            starter.note_start();
            if let Some(cost) = self.cost {
                fs::write(&starter.cost_file, cost).expect("written");
            }
        }
        let meanwhile = Rc::clone(&self.meanwhile);
        Ok(Box::new(Takes {
            left: self.takes,
            clock: Arc::clone(&self.clock),
            meanwhile: Box::new(move || (meanwhile.borrow_mut())()),
        }))
    }
}

/// One run on this machine, with what was said beside the answer.
fn ran(machine: &mut Host, starts: &mut Starts, estimate: &str) -> (Result<Ran>, Vec<String>) {
    let (heard, sends) = (ReportLines::default(), Sends::default());
    let clock = Arc::clone(&starts.clock);
    let options = LedgerRunOptions {
        used: Used { description: Some("a run".into()), ..used(estimate, Some("anna"), None) },
        strict: true,
        command: vec!["a-program".into()],
    };
    let parts = RunParts {
        ledger: &mut machine.ledger,
        runs: &machine.runs,
        low: LowNumber::keep().expect("one"),
        launcher: starts,
        clock: clock.as_ref(),
        refusal: RefusalParts {
            notifier: &sends,
            report: &heard,
            language: Language::English,
            notice_language: Language::English,
        },
        listener: &|event: &RunEvent<'_>| {
            heard.keep(match event {
                RunEvent::Booked { recorded, cost, held } => {
                    let amount = recorded.posted.as_ref().map(|it| it.transaction.amount);
                    format!("{amount:?} {cost:?} {} {}", held.normalize(), recorded.balance)
                }
                RunEvent::NotBooked(failure) => failure.to_string(),
            });
        },
    };
    let ran = run(&options, &machine.mandate, parts);
    (ran, heard.take())
}

#[test]
fn a_run_is_recorded_with_its_cost_or_its_estimate_and_leaves_nothing_behind() {
    let (store, clock) = pool("10");
    let mut machine = Host::at(&store, &clock);
    for (cost, booked, left) in
        [(Some("0.25\n"), "0.25", "9.75"), (None, "1.00", "8.75"), (Some("x"), "1.00", "7.75")]
    {
        let (ran, heard) = ran(&mut machine, &mut Starts::new(&clock, cost), "1");
        let ran = ran.expect("it ran");
        assert_eq!((ran.command_exit_code, ran.recorded), (Some(7), true));
        assert_eq!(ran.balance.expect("booked").to_string(), left);
        assert_eq!(heard.len(), 1, "{heard:?}");
        assert_eq!(all(&mut machine.ledger)[0].amount.to_string(), booked);
    }
    // What costs nothing is no entry, and what never started costs nothing.
    let (free, _) = ran(&mut machine, &mut Starts::new(&clock, Some("0")), "1");
    assert!(!free.expect("it ran").recorded);
    let mut unstarted = Starts { is_started: false, ..Starts::new(&clock, None) };
    let (never, heard) = ran(&mut machine, &mut unstarted, "1");
    let refused = never.err().expect("never started").to_string();
    assert!(refused.contains("a-program cannot be started") && heard.is_empty(), "{refused}");
    assert_eq!(all(&mut machine.ledger).len(), 4);
    assert!(machine.ledger.holds().expect("listed").is_empty());
}

/// The watcher of a long run says that it is alive: another machine leaves the run alone.
#[test]
fn a_run_of_hours_is_never_taken_for_dead() {
    let (store, clock) = pool("10");
    let [mut machine, other] = [(); 2].map(|()| Host::at(&store, &clock));
    let other = Rc::new(RefCell::new(other));
    let mut starts = Starts::new(&clock, Some("0.25"));
    starts.takes = Duration::from_secs(3 * 3600);
    let checks = Rc::new(Cell::new(0));
    let (counted, watched) = (Rc::clone(&checks), Arc::clone(&clock));
    let neighbour = Rc::clone(&other);
    *starts.meanwhile.borrow_mut() = Box::new(move || {
        let Host { ledger, runs, .. } = &mut *neighbour.borrow_mut();
        assert!(runs.settle(ledger).expect("looked").is_empty(), "it is alive");
        let silence = watched.now().duration_since(ledger.holds().expect("one")[0].alive);
        assert!(silence.as_secs() <= 65, "heard of it {silence:?} ago");
        counted.set(counted.get() + 1);
    });
    let (ran, _) = ran(&mut machine, &mut starts, "1");
    assert_eq!(ran.expect("it ran").balance.expect("booked").to_string(), "9.75");
    assert!(checks.get() >= 180, "one a minute: {}", checks.get());
    assert_eq!(all(&mut machine.ledger).len(), 2, "recorded once, and not corrected");
}

#[test]
fn an_account_that_a_run_took_below_zero_admits_no_further_run() {
    let (store, clock) = pool("1");
    let mut machine = Host::at(&store, &clock);
    let (over, heard) = ran(&mut machine, &mut Starts::new(&clock, Some("1.5")), "1");
    assert_eq!(over.expect("the estimate fits").balance.expect("booked").to_string(), "-0.50");
    assert!(heard[0].ends_with("1 -0.50"), "what was held and what is left: {heard:?}");
    // Also where it is thought to cost nothing.
    for estimate in ["0.01", "0"] {
        let (refused, heard) = ran(&mut machine, &mut Starts::new(&clock, Some("0")), estimate);
        let refused = refused.err().expect("refused");
        assert_eq!(refused.class(), Class::InsufficientBalance);
        let message = refused.to_string();
        assert!(message.contains("base price") && message.contains("0 % markup"), "{message}");
        assert_eq!(heard, ["warning: the notice about the pool: the webhook: refused"]);
    }
    machine.ledger.credit("org", None, &credit("1", None)).expect("credited");
    let (again, _) = ran(&mut machine, &mut Starts::new(&clock, Some("0.1")), "0.1");
    assert!(again.expect("admitted").recorded);
}

#[test]
fn a_notice_is_sent_once_per_cooldown_and_its_cooldown_begins_when_somebody_was_reached() {
    let (store, clock) = pool("1");
    let mut machine = Host::at(&store, &clock);
    let (heard, sends) = (ReportLines::default(), Sends::default());
    let mut ask = |minutes: u64, reaches: bool| {
        clock.turn(Duration::from_secs(minutes * 60));
        sends.reaches.set(reaches);
        let parts = RefusalParts {
            notifier: &sends,
            report: &heard,
            language: Language::English,
            notice_language: Language::English,
        };
        let asked = CheckOptions { cost: price("5"), is_base: true };
        let refused = check(&mut machine.ledger, &machine.mandate, Some("anna"), &asked, parts);
        assert_eq!(refused.expect_err("too little").class(), Class::InsufficientBalance);
        sends.sent.borrow().len()
    };
    assert_eq!(ask(0, false), 1);
    assert_eq!(ask(0, true), 2, "no recipient was reached: no cooldown");
    assert_eq!(ask(59, true), 2);
    assert_eq!(ask(2, true), 3, "an hour later");
    assert_eq!(
        heard.take(),
        [
            "warning: the notice about the pool: the webhook: refused",
            "A notice was sent: CHF 1.00 left in the pool.",
            "A notice was sent: CHF 1.00 left in the pool.",
        ]
    );
    let sent = sends.sent.borrow();
    assert_eq!((sent[2].triggered_by.as_deref(), sent[2].at), (Some("anna"), clock.now()));
}

#[test]
fn lists_follow_the_model_and_the_user_that_is_named() {
    let (store, clock) = pool("10");
    let mut machine = Host::at(&store, &clock);
    let Host { ledger, mandate, .. } = &mut machine;
    for (user, provider, allowed) in [
        (None, "a", false),
        (None, "b", true),
        (Some("anna"), "a", true),
        (Some("ben"), "b", false),
    ] {
        let user = user.map(ToOwned::to_owned);
        ledger.set_rule("org", &Rule { user, provider: provider.into(), allowed }).expect("set");
    }
    let shown = |rules: Vec<Rule>| {
        let shown = rules.iter().map(|rule| format!("{} {}", rule.provider, rule.allowed));
        shown.collect::<Vec<_>>()
    };
    assert_eq!(shown(rules(ledger, "org", Some("anna")).expect("rules")), ["a true", "b true"]);
    assert_eq!(shown(rules(ledger, "org", Some("ben")).expect("rules")), ["a false", "b false"]);
    assert_eq!(rules(ledger, "org", None).expect("rules").len(), 4);
    for number in 0..3 {
        clock.turn(Duration::from_secs(60));
        ledger.record("org", &used("1", Some("anna"), Some(&number.to_string()))).expect("booked");
    }
    let mut list = |before: Option<&str>, limit| {
        let before = before.map(ToOwned::to_owned);
        let query = TransactionQuery { user: None, period: Period::default(), before, limit };
        let mut ids = Vec::new();
        let more = each_transaction(ledger, &mandate.mandate, &query, &mut |one| {
            ids.push(one.id);
            Ok(())
        });
        more.map(|more| (ids, more))
    };
    let (page, more) = list(None, 2).expect("read");
    assert!(more && page.len() == 2);
    let (page, more) = list(page.last().map(String::as_str), 5).expect("read");
    assert!(!more && page.len() == 2);
    let unknown = list(Some("x"), 5).map_err(|error: Failure| error.class());
    assert_eq!(unknown.expect_err("none"), Class::Usage);
    let listed = balances(ledger, std::slice::from_ref(mandate), None).expect("listed");
    assert_eq!((listed.len(), listed[0].balance.to_string().as_str()), (1, "7.00"));
    assert!(clock.now() > Timestamp::UNIX_EPOCH);
}

#[test]
fn a_dry_run_of_a_run_holds_runs_and_notifies_nothing() {
    let (store, clock) = pool("1");
    let mut machine = Host::at(&store, &clock);
    let before = all(&mut machine.ledger);
    let mut ledger = store.turned(&clock).for_dry_run();
    let mut rehearsed = |estimate: &str, program: &str| {
        let options = LedgerRunOptions {
            used: used(estimate, Some("anna"), None),
            strict: true,
            command: vec![program.into(), "-x".into()],
        };
        let (path, english) = (Some(OsStr::new("/bin")), Language::English);
        dry_run::run(&options, &machine.mandate, &mut ledger, path, english)
    };
    let would = rehearsed("0.4", "sh").expect("it would run");
    assert_eq!(would.command, ["sh", "-x"]);
    let amounts = [would.estimated_price, would.held, would.balance];
    assert_eq!(amounts.map(|amount| amount.to_string()), ["0.40", "0.40", "1.00"]);
    let short = rehearsed("5", "sh").expect_err("too little");
    assert_eq!(short.class(), Class::InsufficientBalance);
    assert_eq!(rehearsed("0.4", "no-such-program").expect_err("no program").class(), Class::Usage);
    assert_eq!(all(&mut machine.ledger), before);
    assert!(machine.ledger.holds().expect("listed").is_empty());
}
