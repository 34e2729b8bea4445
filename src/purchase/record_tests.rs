//! What the rows of a purchase come to: what may have been charged, what is still to be told, and how
//! old its key is.

use super::*;
use crate::core::money::{Amount, Money};
use crate::provider::packs::Price;
use crate::provider::plans::PlanName;
use crate::provider::{Bill, IdempotencyKey};
use jiff::Timestamp;
use std::time::Duration;
use uuid::Uuid;

/// So many seconds after noon.
pub(in crate::purchase) fn noon(seconds: i64) -> Timestamp {
    let noon: Timestamp = "2026-11-20T12:00:00Z".parse().expect("a time");
    noon + jiff::SignedDuration::from_secs(seconds)
}

/// A row of this start of the machine: by the wall clock, and the server's where it is known.
pub(in crate::purchase) fn at(boot: &str, wall: Timestamp, server: Option<Timestamp>) -> Stamp {
    Stamp { boot: Some(boot.into()), monotonic_ms: Some(5_000), server, ..Stamp::from_wall(wall) }
}

pub(in crate::purchase) fn purchase(naming: KeyOrigin, asked: Stamp) -> Purchase {
    let id = Uuid::from_u128(1);
    let intent = Intent {
        id,
        system: crate::provider::NOUS,
        origin: "https://portal.example".into(),
        profile: None,
        base_url: None,
        organisation: Some("org".into()),
        subject: None,
        naming,
        key: IdempotencyKey::parse(&id.to_string()).expect("a key"),
        amount: Amount::parse("25").expect("an amount"),
        item: Item::Credits,
        body: String::new(),
        first_use_at: None,
        first_use_proven: true,
    };
    Purchase::new(intent, asked)
}

pub(in crate::purchase) fn named() -> KeyOrigin {
    KeyOrigin::Once { name: "nightly".into(), generation: 0 }
}

fn with_rows(rows: &[JournalRow]) -> Purchase {
    let mut purchase = purchase(KeyOrigin::Random, at("a", noon(0), None));
    for (second, row) in (1..).zip(rows) {
        purchase.apply(&at("a", noon(second), None), row);
    }
    purchase
}

pub(in crate::purchase) fn sending(n: u32) -> JournalRow {
    JournalRow::Sending { n, baseline: None }
}

fn attempt(n: u32, verdict: Verdict) -> JournalRow {
    JournalRow::Attempt { n, verdict, failure: failure() }
}

fn failure() -> FailureRecord {
    let (code, status, portal_url) = (None, None, None);
    FailureRecord { class: Class::ActionRequired, code, status, message: "m".into(), portal_url }
}

fn accepted(n: u32) -> JournalRow {
    let charge_id = ChargeId::parse("ch_1").expect("an id");
    JournalRow::Accepted { n, charge_id, payment: None }
}

pub(in crate::purchase) fn settled() -> JournalRow {
    let amount_usd = Money::parse("25").expect("money");
    JournalRow::Final(Outcome::Settled { amount_usd, settled_at: None, bill: Bill::default() })
}

#[test]
fn a_purchase_that_is_asked_for_again_is_open_and_its_new_end_is_to_be_told() {
    let refused = JournalRow::Final(Outcome::Refused(failure()));
    let told = [sending(1), attempt(1, Verdict::No), refused, JournalRow::Delivered];
    assert!(with_rows(&told).delivered);
    for again in [
        JournalRow::Reopened,
        JournalRow::ReopenedAt { amount: Amount::parse("30").expect("an amount") },
    ] {
        let mut purchase = with_rows(&[told.as_slice(), &[again]].concat());
        assert_eq!((&purchase.outcome, &purchase.ended, purchase.delivered), (&None, &None, false));
        purchase.apply(&at("a", noon(60), None), &settled());
        assert!(purchase.outcome.is_some() && !purchase.delivered, "nobody was shown this end");
        assert_eq!(purchase.ended.map(|ended| ended.wall), Some(noon(60)));
    }
}

#[test]
fn it_ended_when_the_system_says_that_it_was_paid_else_when_this_journal_learned_of_it() {
    let paid_at = |settled_at| {
        let amount_usd = Money::parse("25").expect("money");
        let paid =
            JournalRow::Final(Outcome::Settled { amount_usd, settled_at, bill: Bill::default() });
        let mut purchase = with_rows(&[sending(1)]);
        let asked = purchase.asked.wall;
        assert_eq!(purchase.ended_at(), asked, "it is open");
        purchase.apply(&at("a", noon(60), None), &paid);
        purchase.ended_at()
    };
    assert_eq!(paid_at(Some(noon(58))), noon(58));
    assert_eq!(paid_at(None), noon(60));
}

#[test]
fn what_is_open_or_keeps_its_key_may_be_sent_again() {
    let kept = Outcome::KeyKept { failure: failure(), baseline: None };
    let refused = JournalRow::Final(Outcome::Refused(failure()));
    for (end, random, named) in [
        (sending(1), true, true),
        (JournalRow::Final(kept), true, true),
        (refused, false, true),
        (JournalRow::Final(Outcome::NeverSent), false, true),
        (JournalRow::Final(Outcome::Failed(failure())), false, false),
        (settled(), false, false),
    ] {
        for (naming, may) in [(KeyOrigin::Random, random), (self::named(), named)] {
            let mut purchase = purchase(naming, at("a", noon(0), None));
            purchase.apply(&at("a", noon(1), None), &end);
            assert_eq!(purchase.may_be_sent_again(), may, "{end:?}");
        }
    }
}

#[test]
fn what_was_bought_is_said_in_a_few_words() {
    let mut intent = purchase(KeyOrigin::Random, at("a", noon(0), None)).intent;
    assert_eq!(intent.what(), "$25.00");
    let plan = PlanName { tier_id: "plus".into(), tier_name: "Plus".into() };
    intent.item = Item::Plan(plan);
    assert_eq!(intent.what(), "the plan Plus for $25.00");
    intent.item = Item::Pack;
    assert_eq!(intent.what(), "a pack");
}

#[test]
fn a_row_waits_for_the_next_one_where_nothing_rests_on_it_before() {
    let intent = purchase(KeyOrigin::Random, at("a", noon(0), None)).intent;
    for (row, may_wait) in [
        (JournalRow::Intent(intent), true),
        (JournalRow::Delivered, true),
        (JournalRow::Reported { by: Reporter::Status }, true),
        (JournalRow::Recovered, false),
        (sending(1), false),
        (accepted(1), false),
        (settled(), false),
    ] {
        assert_eq!(row.may_wait(), may_wait, "{row:?}");
    }
}

#[test]
fn a_doubted_purchase_may_have_been_sent_since_it_was_asked_for_or_before() {
    for (known, first) in [(None, 0), (Some(-60), -60), (Some(60), 0)] {
        let mut purchase = purchase(KeyOrigin::Random, at("a", noon(0), None));
        purchase.intent.first_use_at = known.map(noon);
        purchase.apply(&at("a", noon(90), None), &JournalRow::Doubted);
        assert_eq!(purchase.first_use().map(|first| first.wall), Some(noon(first)), "{known:?}");
        assert_eq!(purchase.charged(), Charged::Unknown);
    }
}

#[test]
fn a_name_may_be_used_elsewhere_from_the_moment_it_is_given() {
    let first = |purchase: &Purchase| purchase.first_use().map(|first| first.wall);
    let mut once = purchase(named(), at("a", noon(0), None));
    assert_eq!(first(&once), Some(noon(0)), "before anything was sent");
    once.intent.first_use_at = Some(noon(-60));
    assert_eq!(first(&once), Some(noon(-60)));
    let mut unnamed = purchase(KeyOrigin::Random, at("a", noon(0), None));
    assert_eq!(first(&unnamed), None, "nobody else knows the key");
    unnamed.apply(&at("a", noon(5), None), &sending(1));
    assert_eq!(first(&unnamed), Some(noon(5)));
}

#[test]
fn which_requests_may_have_charged_is_counted_from_the_one_that_is_asked_about() {
    let purchase =
        with_rows(&[sending(1), attempt(1, Verdict::No), sending(2), attempt(2, Verdict::Unknown)]);
    let from: Vec<bool> = (1..4).map(|n| purchase.may_have_charged_from(n)).collect();
    assert_eq!(from, [true, true, false]);
    let before: Vec<bool> = (1..4).map(|n| purchase.may_have_charged_before(n)).collect();
    assert_eq!(before, [false, false, true]);
}

#[test]
fn a_person_is_waited_for_while_a_taken_request_has_neither_an_id_nor_an_end() {
    let waits = [sending(1), attempt(1, Verdict::Accepted)];
    assert_eq!(with_rows(&waits).waits_for_person(), Some(&failure()));
    let lost = [sending(1), attempt(1, Verdict::Unknown)];
    assert_eq!(with_rows(&lost).waits_for_person(), None);
    for over in [accepted(2), settled()] {
        assert_eq!(with_rows(&[waits.as_slice(), &[over]].concat()).waits_for_person(), None);
    }
}

#[test]
fn a_name_is_as_old_as_the_best_clock_knows_that_saw_it_given() {
    let now = |boot: &str, wall: i64, server: i64| Moment {
        wall: noon(wall),
        boot: Some(boot.into()),
        monotonic: Duration::from_secs(600),
        server: Some(noon(server)),
        attempt: None,
    };
    let known = |millis| KeyAge::Known(Duration::from_millis(millis));
    // The server saw when the name was given: a wall clock that was a day ahead when it was sent, on a
    // machine that was started twice since, makes it no older.
    let mut exact = purchase(named(), at("a", noon(0), Some(noon(0))));
    exact.apply(&at("b", noon(86_400), None), &sending(1));
    assert_eq!(exact.key_age(&now("c", 60, 60)), known(60_000));
    // No server saw it, and the clock was set back a little before it was sent: the request is older
    // than the name, and the larger age counts.
    let mut set_back = purchase(named(), at("a", noon(10), None));
    let sent = noon(8) + jiff::SignedDuration::from_millis(500);
    set_back.apply(&at("b", sent, None), &sending(1));
    assert_eq!(set_back.key_age(&now("b", 500, 1000)), known(991_500));
}

#[test]
fn a_pack_is_named_by_what_it_costs_and_what_is_in_it() {
    let pack = |uses| OpenedPayment {
        payment_id: ChargeId::parse("pi_1").expect("an id"),
        price: Price { minor: 500, currency: "USD".into() },
        uses,
        publishable_key: None,
        page: "https://agent.example/pay".into(),
    };
    assert_eq!(pack(Some(100)).pack(), "$5.00 for 100 uses");
    assert_eq!(pack(None).pack(), "$5.00");
}
