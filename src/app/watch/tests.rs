//! A watch with balances, a channel and a clock of the test's own.

use super::alert_memory::{AlertFolder, HeldMemory};
use super::*;
use crate::core::class::{Recovery, TABLE};
use crate::core::clock::{SystemClock, TurnedClock};
use crate::core::money::Money;
use crate::core::signals::Interrupt;
use crate::provider::Unit;
use jiff::Timestamp;
use std::cell::RefCell;
use std::collections::VecDeque;
use uuid::Uuid;

/// Shows these balances, one per check; then a signal comes.
struct FakeScript {
    answers: RefCell<VecDeque<Result<&'static str>>>,
    auto_reload: Option<AutoReload>,
}

impl BalanceSource for FakeScript {
    fn read(&self) -> Result<WatchReading> {
        let answer = self.answers.borrow_mut().pop_front();
        let amount = answer.unwrap_or_else(|| Err(Failure::new(Class::Interrupted, "over")))?;
        let unit = Unit::Usd;
        let amount = Money::parse(amount).expect("an amount");
        Ok(WatchReading {
            balance: Balance { amount, unit, unlimited: false },
            holder: None,
            place: "https://portal.example".into(),
            system: crate::provider::NOUS,
            page: None,
            refill: "topup buy AMOUNT".into(),
            scope: Scope::Account,
            lags: false,
            auto_reload: self.auto_reload.clone(),
            sandbox: false,
            whole: Some(Money::parse("200").expect("an amount")),
        })
    }
}

/// A channel that answers as the test says, one answer a report.
struct Channel {
    answers: RefCell<VecDeque<AlertDelivery>>,
    reports: RefCell<Vec<String>>,
}

impl AlertChannel for Channel {
    fn identity(&self) -> Vec<String> {
        vec!["test".into()]
    }

    fn is_line(&self) -> bool {
        false
    }

    fn deliver(
        &self,
        alert: &BalanceAlert,
        _: &str,
        on_delivered: &mut dyn FnMut(),
    ) -> AlertDelivery {
        let event = match alert.event {
            BalanceEvent::Low => String::new(),
            other => format!("{} ", other.word()),
        };
        let most = alert.auto_reload.as_ref().and_then(|reload| reload.may_charge);
        let most = most.map(|most| format!(", auto-reload {most}")).unwrap_or_default();
        self.reports.borrow_mut().push(format!("{event}{}{most}", alert.balance));
        let answer = self.answers.borrow_mut().pop_front();
        let answer = answer.unwrap_or_else(|| AlertDelivery::Delivered("test".into()));
        if matches!(answer, AlertDelivery::Delivered(_)) {
            on_delivered();
        }
        answer
    }
}

/// Waits for the lock of a file by the clock of the system: a process that another test has just started
/// holds it too, for a moment.
struct HeldInRealTime(AlertFolder);

impl AlertMemory for HeldInRealTime {
    fn take(&self, id: Uuid, _turned: &dyn Clock) -> Result<Option<Box<dyn HeldMemory + '_>>> {
        self.0.take(id, &SystemClock::new(Interrupt::default()))
    }

    fn ids(&self) -> Result<Vec<Uuid>> {
        self.0.ids()
    }
}

struct FakeOutcome {
    watched: Result<WatchedBalance>,
    reports: Vec<String>,
    events: Vec<String>,
    passed: Duration,
}

fn run(
    folder: &std::path::Path,
    options: &WatchOptions,
    balances: impl IntoIterator<Item = Result<&'static str>>,
    answers: impl IntoIterator<Item = AlertDelivery>,
) -> FakeOutcome {
    let answers_of_source = RefCell::new(balances.into_iter().collect());
    let source = FakeScript { answers: answers_of_source, auto_reload: None };
    run_on(folder, options, &source, answers)
}

fn run_on(
    folder: &std::path::Path,
    options: &WatchOptions,
    source: &FakeScript,
    answers: impl IntoIterator<Item = AlertDelivery>,
) -> FakeOutcome {
    let channel = Channel {
        answers: RefCell::new(answers.into_iter().collect()),
        reports: RefCell::default(),
    };
    let clock = TurnedClock::new(Timestamp::UNIX_EPOCH);
    let events = RefCell::new(Vec::new());
    let watched = watch(
        options,
        &WatchParts {
            source,
            channel: &channel,
            memory: &HeldInRealTime(AlertFolder(folder.join("watch"))),
            clock: &clock,
            listener: &|event| {
                let text = format!("{event:?}");
                let name = text.split([' ', '(']).next().unwrap_or_default().to_owned();
                events.borrow_mut().push(name);
            },
        },
    );
    FakeOutcome {
        watched,
        reports: channel.reports.into_inner(),
        events: events.into_inner(),
        passed: clock.passed(),
    }
}

#[test]
fn automatic_purchases_that_are_on_are_said_once_and_stand_in_the_notice() {
    let folder = crate::core::scratch::tempdir().expect("a folder");
    let on = AutoReload::example();
    for (reload, most, events) in
        [(on.clone(), ", auto-reload 480", 1), (AutoReload { enabled: false, ..on }, "", 0)]
    {
        let folder = folder.path().join(events.to_string());
        let answers = RefCell::new([Ok("30"), Ok("5"), Ok("4")].into_iter().collect());
        let source = FakeScript { answers, auto_reload: Some(reload) };
        let found = run_on(&folder, &below_twenty(), &source, []);
        assert_eq!(found.reports, [format!("5{most}")]);
        let said = found.events.iter().filter(|name| *name == "AutoReload");
        assert_eq!(said.count(), events, "{:?}", found.events);
        let watched = found.watched.expect("it ended well");
        assert_eq!(watched.auto_reload.map(|reload| reload.enabled), Some(events == 1));
    }
}

fn below_twenty() -> WatchOptions {
    WatchOptions {
        thresholds: vec![Threshold::parse("20").expect("a threshold")],
        whole: None,
        policy: AlertPolicy::default(),
        every: Duration::from_secs(300),
        one_check: false,
        profile: "default".into(),
        language: Language::English,
    }
}

fn failure(class: Class) -> Result<&'static str> {
    Err(Failure::new(class, "why"))
}

#[test]
fn each_fall_is_reported_once_however_often_the_watch_is_started() {
    let folder = crate::core::scratch::tempdir().expect("a folder");
    let balances = || ["25", "12", "11", "30", "9"].map(Ok);
    let first = run(folder.path(), &below_twenty(), balances(), []);
    assert_eq!(first.reports, ["12", "9"]);
    assert_eq!(
        first.events,
        ["Watching", "Below", "Reported", "Unchanged", "Above", "Below", "Reported"]
    );
    let watched = first.watched.expect("ended by a signal");
    assert_eq!((watched.checks, watched.crossings, watched.notices), (6, 2, 2));
    assert_eq!(first.passed, Duration::from_secs(5 * 300));
    let second = run(folder.path(), &below_twenty(), ["9"].map(Ok), []);
    assert!(second.reports.is_empty(), "an earlier watch has reported it");
    assert_eq!(second.watched.expect("ended").reported, Some(true));
    let other = WatchOptions { profile: "work".into(), ..below_twenty() };
    assert_eq!(run(folder.path(), &other, ["9"].map(Ok), []).reports, ["9"]);
}

#[test]
fn what_cannot_be_reported_is_tried_again_a_bounded_number_of_times() {
    let folder = crate::core::scratch::tempdir().expect("a folder");
    let refused = || AlertDelivery::NotDelivered("no mail server".into());
    let balances = std::iter::repeat_n("5", 15).map(Ok);
    let outcome =
        run(folder.path(), &below_twenty(), balances, std::iter::repeat_with(refused).take(20));
    assert_eq!(outcome.reports.len(), MOST_TRIES as usize);
    assert_eq!(outcome.watched.expect("ended").reported, Some(false));
}

#[test]
fn several_thresholds_reminders_and_recoveries_are_reported_by_one_watch() {
    let folder = crate::core::scratch::tempdir().expect("a folder");
    let threshold = |typed| Threshold::parse(typed).expect("a threshold");
    let options = WatchOptions {
        // 10 % of 200 is 20.
        thresholds: vec![threshold("5"), threshold("10%")],
        policy: AlertPolicy {
            remind: Some(Duration::from_secs(600)),
            recovery: true,
            ..AlertPolicy::default()
        },
        ..below_twenty()
    };
    let balances = || ["25", "12", "11", "11", "4", "6", "30"].map(Ok);
    let ran = run(folder.path(), &options, balances(), []);
    assert_eq!(ran.reports, ["12", "reminder 11", "4", "recovered 30"]);
    assert_eq!(
        ran.events,
        [
            "Watching",
            "Below",
            "Reported",
            "Unchanged",
            "Unchanged",
            "Reported",
            "Below",
            "Reported",
            "Between",
            "Above",
            "Reported",
        ]
    );
    let watched = ran.watched.expect("ended by a signal");
    assert_eq!((watched.crossings, watched.notices), (2, 4));
    assert_eq!(watched.below, Money::parse("20"));
    let thresholds: Vec<(&str, Option<Money>)> =
        watched.thresholds.iter().map(|known| (known.threshold.as_str(), known.below)).collect();
    assert_eq!(thresholds, [("10%", Money::parse("20")), ("5.00", Money::parse("5"))]);
    // The order in which they are typed makes no other watch of them.
    let turned = WatchOptions { thresholds: vec![threshold("10%"), threshold("5")], ..options };
    let again = run(folder.path(), &turned, ["4"].map(Ok), []);
    assert_eq!(again.reports, ["4"]);
    let once = WatchOptions { one_check: true, ..turned };
    assert!(run(folder.path(), &once, ["3"].map(Ok), []).reports.is_empty());
    // What 100 % is can be typed, where the system does not say it or means something else.
    let of = WatchOptions { whole: Money::parse("40"), ..once };
    assert!(run(folder.path(), &of, ["5"].map(Ok), []).reports.is_empty(), "10 % of 40 is 4");
}

#[test]
fn a_report_that_a_signal_cut_off_is_not_counted_as_tried() {
    let folder = crate::core::scratch::tempdir().expect("a folder");
    let once = WatchOptions { one_check: true, ..below_twenty() };
    let cut = run(folder.path(), &once, ["5"].map(Ok), [AlertDelivery::Stopped(Signal::Terminate)]);
    let failure = cut.watched.err().expect("cut off");
    assert_eq!(failure.class(), Class::Terminated);
    assert_eq!(failure.parts().data["told"], false);
    assert_eq!(run(folder.path(), &once, ["5"].map(Ok), []).reports, ["5"]);
}

#[test]
fn what_passes_is_waited_for_and_what_needs_a_person_ends_the_watch() {
    let folder = crate::core::scratch::tempdir().expect("a folder");
    let network = || failure(Class::Network);
    let balances = [Ok("25"), network(), network(), Ok("25"), failure(Class::NotLoggedIn)];
    let outcome = run(folder.path(), &below_twenty(), balances, []);
    assert_eq!(outcome.events, ["Watching", "Failing", "Recovered", "Unchanged"]);
    let failure = outcome.watched.err().expect("a person has to log in");
    assert_eq!(failure.class(), Class::NotLoggedIn);
    assert_eq!(failure.parts().data["failed_looks"], 3);
}

#[test]
fn waits_grow_with_failures_and_are_never_shorter_than_asked_for() {
    let seconds = Duration::from_secs;
    for (every, failures, asked, wait) in [
        (10, 0, None, 10),
        (10, 1, None, 10),
        (10, 2, None, 20),
        (10, 4, None, 80),
        (10, 400, None, 300),
        (3600, 7, None, 3600),
        (10, 1, Some(600), 600),
        (600, 1, Some(5), 600),
        (300, 0, Some(3600), 3600),
    ] {
        let found = wait_after(seconds(every), failures, asked.map(seconds));
        assert_eq!(found, seconds(wait), "{every} {failures} {asked:?}");
    }
}

#[test]
fn every_class_is_one_that_passes_or_one_that_does_not() {
    for (class, stays) in [
        (Class::Network, true),
        (Class::Timeout, true),
        (Class::Tls, true),
        (Class::ServerError, true),
        (Class::RateLimited, true),
        (Class::TemporarilyUnavailable, true),
        (Class::NotLoggedIn, false),
        (Class::SessionRevoked, false),
        (Class::Config, false),
        (Class::Unsupported, false),
        (Class::Internal, false),
    ] {
        assert_eq!(passes(&Failure::new(class, "why")), stays, "{class:?}");
    }
    let lasting = TABLE.iter().filter(|row| passes(&Failure::new(row.class, "why"))).count();
    assert_eq!(lasting, 11, "a new class needs a thought here");
    let being_written = Failure::config("why").recovery(Recovery::RetryLater);
    assert!(passes(&being_written));
}
