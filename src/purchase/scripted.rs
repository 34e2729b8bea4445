//! A world that is a script, and the machine under it: each rule of a purchase is one test in
//! `rules`, what is asked again in `again`, what is reported in `reports`; those of a larger plan in
//! `upgrades`, those of a person's payment in `packs`, those of a seller that knows no keys in
//! `evidence`, and those of clocks in `ages`.

mod again;
mod ages;
mod evidence;
mod packs;
mod reports;
mod rules;
mod upgrades;

use super::driver::{World, drive};
use super::evidence::OtherPurchases;
use super::machine::Machine;
use super::record::{
    FailureRecord, Intent, JournalRow, KeyOrigin, Moment, Outcome, Purchase, Stamp, Verdict,
};
use super::steps::{Action, PurchaseReport, RunMode, RunOptions};
use crate::core::class::Class;
use crate::core::failure::{Charged, Failure, Result};
use crate::core::money::{Amount, Money};
use crate::core::signals::Signal;
use crate::http::TransportError;
use crate::provider::packs::PaymentReading;
use crate::provider::plans::{Item, PlanSeen};
use crate::provider::{
    AutoReloadSight, ChargeId, ChargeResponse, ChargeStatus, Evidence, EvidenceAnswer,
    IdempotencyKey, Paid, Payer, ProviderError, Repeat, Seller, Total,
};
use std::collections::VecDeque;
use std::time::Duration;
use uuid::Uuid;

const BY_KEY: Seller = Seller::KEYED;

/// A world that answers from lists, turns its own clock, and writes down what it was asked.
struct ScriptedPortal {
    clock: Moment,
    posts: VecDeque<ChargeResponse>,
    polls: VecDeque<ChargeStatus>,
    plans_seen: VecDeque<PlanSeen>,
    evidence: VecDeque<EvidenceAnswer>,
    others: OtherPurchases,
    logins: VecDeque<Result<(Option<String>, Option<String>)>>,
    signal_at_wait: Option<(usize, Signal)>,
    waits: Vec<Duration>,
    rows: Vec<JournalRow>,
    refuse_rows: fn(&JournalRow) -> bool,
    /// A row of this kind is refused once: then there is room on the disk again.
    refuse_once: Option<&'static str>,
    log: Vec<&'static str>,
    sleep_before_recording: Duration,
    sleep_at_row: Option<(usize, Duration)>,
    silent: bool,
    server_told: Option<jiff::Timestamp>,
    /// What the caller was shown of the last look at a person's payment.
    shown: Option<PaymentReading>,
}

impl ScriptedPortal {
    fn new(posts: Vec<ChargeResponse>, polls: Vec<ChargeStatus>) -> Self {
        Self {
            clock: moment(0),
            posts: posts.into(),
            polls: polls.into(),
            plans_seen: VecDeque::new(),
            evidence: VecDeque::new(),
            others: OtherPurchases::default(),
            logins: VecDeque::new(),
            signal_at_wait: None,
            waits: Vec::new(),
            rows: Vec::new(),
            refuse_rows: |_| false,
            refuse_once: None,
            log: Vec::new(),
            sleep_before_recording: Duration::ZERO,
            sleep_at_row: None,
            silent: false,
            server_told: None,
            shown: None,
        }
    }

    fn pass(&mut self, time: Duration) {
        self.clock.wall += time;
        self.clock.monotonic += time;
    }

    fn run(&mut self, purchase: Purchase, plan: RunOptions) -> (Purchase, PurchaseReport) {
        let now = self.clock.clone();
        drive(Machine::new(purchase, plan, now), self)
    }

    fn count(&self, what: &str) -> usize {
        self.log.iter().filter(|done| **done == what).count()
    }
}

impl World for ScriptedPortal {
    fn now(&mut self) -> Moment {
        self.clock.clone()
    }

    fn authorize(&mut self, renew: bool) -> Result<(Option<String>, Option<String>)> {
        self.log.push(if renew { "renew" } else { "authorize" });
        self.logins.pop_front().unwrap_or_else(|| Ok((Some("org".into()), Some("me".into()))))
    }

    fn ask_time(&mut self) -> Result<()> {
        self.log.push("ask time");
        self.clock.server = self.server_told;
        if self.silent { Err(Failure::new(Class::Network, "no answer")) } else { Ok(()) }
    }

    fn record(&mut self, _purchase: &Purchase, _stamp: &Stamp, row: &JournalRow) -> Result<()> {
        self.pass(self.sleep_before_recording);
        match self.sleep_at_row {
            Some((at, time)) if at == self.rows.len() + 1 => self.pass(time),
            _ => {}
        }
        let is_refused_once = self.refuse_once.take_if(|kind| *kind == row.kind()).is_some();
        if is_refused_once || (self.refuse_rows)(row) {
            return Err(Failure::config("the disk is full"));
        }
        self.log.push(row.kind());
        self.rows.push(row.clone());
        Ok(())
    }

    fn post(&mut self, _purchase: &Purchase) -> ChargeResponse {
        assert_eq!(self.log.last(), Some(&"sending"), "no request before its row is durable");
        self.log.push("post");
        self.posts.pop_front().expect("one more request than the script knows")
    }

    fn poll(&mut self, _purchase: &Purchase, id: &ChargeId) -> ChargeStatus {
        assert_eq!(id.as_str(), "ch_1");
        self.log.push("poll");
        self.polls.pop_front().unwrap_or(ChargeStatus::Pending)
    }

    fn look_at_plan(&mut self, purchase: &Purchase) -> PlanSeen {
        assert!(purchase.intent.item.plan().is_some(), "only an upgrade has a plan");
        self.log.push("look");
        self.plans_seen.pop_front().unwrap_or(PlanSeen::NotInForce)
    }

    fn read_evidence(&mut self, _purchase: &Purchase) -> (EvidenceAnswer, OtherPurchases) {
        self.log.push("evidence");
        let answer = self.evidence.pop_front().expect("one more reading than the script knows");
        (answer, self.others.clone())
    }

    fn wait(&mut self, time: Duration) -> Result<(), Signal> {
        self.waits.push(time);
        self.pass(time);
        match self.signal_at_wait {
            Some((at, signal)) if at == self.waits.len() => Err(signal),
            _ => Ok(()),
        }
    }

    fn report(&mut self, machine: &Machine, _action: &Action) {
        self.shown = machine.last_reading().cloned();
    }
}

fn moment(seconds: u64) -> Moment {
    let start: jiff::Timestamp = "2026-11-20T12:00:00Z".parse().expect("a time");
    Moment {
        wall: start + Duration::from_secs(seconds),
        boot: Some("boot".into()),
        monotonic: Duration::from_secs(1000 + seconds),
        server: None,
        attempt: None,
    }
}

pub(super) fn purchase() -> Purchase {
    let id = Uuid::from_u128(7);
    let intent = Intent {
        id,
        system: crate::provider::NOUS,
        origin: "https://portal.example".into(),
        profile: Some("default".into()),
        base_url: Some("https://portal.example".into()),
        organisation: Some("org".into()),
        subject: Some("me".into()),
        naming: KeyOrigin::Random,
        key: IdempotencyKey::parse(&id.to_string()).expect("a key"),
        amount: Amount::parse("25").expect("an amount"),
        item: Item::Credits,
        body: r#"{"amountUsd":25}"#.into(),
        first_use_at: None,
        first_use_proven: true,
    };
    Purchase::new(intent, Stamp::from(&moment(0)))
}

fn loaded(rows: &[JournalRow]) -> Purchase {
    let mut purchase = purchase();
    for row in rows {
        purchase.apply(&Stamp::from(&moment(0)), row);
    }
    purchase
}

fn plan(intention: RunMode, loaded: bool) -> RunOptions {
    RunOptions {
        intention,
        asked_for: intention == RunMode::Resume,
        seller: BY_KEY,
        sole_buyer: false,
        shared: false,
        wait: Some(Duration::from_secs(300)),
        poll: Duration::from_secs(2),
        loaded,
        price: None,
    }
}

fn refusal(class: Class) -> ProviderError {
    ProviderError { code: Some(class.name().into()), ..ProviderError::new(class, class.name()) }
}

fn failure(class: Class) -> FailureRecord {
    FailureRecord::from(&refusal(class))
}

fn accepted() -> ChargeResponse {
    ChargeResponse::Accepted(ChargeId::parse("ch_1").expect("an id"))
}

fn lost() -> ChargeResponse {
    ChargeResponse::Unknown { refusal: refusal(Class::Network), replay: true }
}

fn unsent() -> ChargeResponse {
    ChargeResponse::Unsent(TransportError {
        class: Class::Network,
        message: "refused".into(),
        sent: false,
        signal: None,
        cause: None,
    })
}

fn settled(amount: &str) -> ChargeStatus {
    ChargeStatus::Settled(Paid::new(Money::parse(amount).expect("money"), None))
}

fn sending(n: u32) -> JournalRow {
    JournalRow::Sending { n, baseline: None }
}

fn accepted_row(n: u32, id: &str) -> JournalRow {
    JournalRow::Accepted { n, charge_id: ChargeId::parse(id).expect("an id"), payment: None }
}

fn buy(script: &mut ScriptedPortal) -> (Purchase, PurchaseReport) {
    script.run(purchase(), plan(RunMode::Buy, false))
}
