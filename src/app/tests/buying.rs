//! `buy` as a script asks for it.

use super::shop::{
    FakeShop, Fate, amount, called, charge, failed, money, once, unnamed, usual_wait,
};
use crate::app::buy::{Buy, DryRun, Wanted};
use crate::app::buying::rehearsal::Would;
use crate::app::buying::terms::{OutcomeWait, Terms};
use crate::app::history;
use crate::app::status::status;
use crate::app::summary::{AnySummary, PurchaseStatus};
use crate::config::SpendingLimits;
use crate::core::class::Class;
use crate::core::clock::Clock;
use crate::core::failure::{Charged, Result};
use crate::core::signals::Signal;
use crate::core::time::Period;
use crate::provider::{ChargeStatus, Paid};
use crate::purchase::key::{Surroundings, derived_key};
use crate::purchase::lock::EntityLock;
use crate::purchase::request::PurchaseName;
use std::time::Duration;

fn buy_for(
    shop: &FakeShop,
    wanted: &str,
    terms: &Terms,
    waiting: OutcomeWait,
) -> Result<AnySummary> {
    let wanted = Wanted::parse(wanted)?;
    shop.run(|buying| Buy { buying, account: shop, wanted, terms, waiting }.run())
}

pub fn buy(shop: &FakeShop, wanted: &str, terms: &Terms) -> Result<AnySummary> {
    buy_for(shop, wanted, terms, usual_wait())
}

/// The statuses of the journal, newest first.
fn journal(shop: &FakeShop) -> Vec<PurchaseStatus> {
    let list = history::list(&shop.journal(), &Period::default(), 50, false).expect("a journal");
    list.purchases.iter().map(|line| line.bought.status()).collect()
}

#[test]
fn a_script_sends_one_request_and_its_looks_and_reads_nothing_before() {
    let shop = FakeShop::new();
    let bought = charge(buy(&shop, "25", &unnamed()));
    assert_eq!(bought.status, PurchaseStatus::Settled);
    assert_eq!(bought.amount_usd, Some(money("25")));
    assert_eq!(bought.charge_id.as_deref(), Some("ch_1"));
    assert!(!bought.replayed && !bought.resumed);
    assert_eq!(shop.keys_sent(), [bought.idempotency_key.expect("a key")]);
    assert_eq!((shop.count_sales(), shop.reads.get()), (1, 0));
    // It was reported: the same command is another purchase.
    let other = charge(buy(&shop, "25", &unnamed()));
    assert_eq!((other.charge_id.as_deref(), shop.count_sales()), (Some("ch_2"), 2));
}

#[test]
fn a_declined_card_charges_nothing_and_the_next_command_tries_anew() {
    let shop = FakeShop::new();
    shop.declines.set(Some(Class::CardDeclined));
    let declined = failed(buy(&shop, "25", &unnamed()), Class::CardDeclined);
    assert_eq!(declined.parts().charged, Some(Charged::No));
    assert_eq!(declined.parts().data["status"], "failed");
    shop.declines.set(None);
    let bought = charge(buy(&shop, "25", &unnamed()));
    assert!(!bought.replayed);
    let keys = shop.keys_sent();
    assert_ne!(keys[0], keys[1], "a key that was declined stays declined");
}

#[test]
fn a_declined_name_is_tried_again_under_another_key_only_when_that_is_asked_for() {
    let shop = FakeShop::new();
    shop.declines.set(Some(Class::CardDeclined));
    failed(buy(&shop, "25", &once("refill")), Class::CardDeclined);
    shop.declines.set(None);
    let again = failed(buy(&shop, "25", &once("refill")), Class::CardDeclined);
    assert_eq!(again.parts().data["replayed"], true);
    assert_eq!(shop.keys_sent().len(), 1);
    let name = "refill".to_owned();
    let retry = called(PurchaseName::Once { name, retry_declined: true, new: false });
    assert_eq!(charge(buy(&shop, "25", &retry)).status, PurchaseStatus::Settled);
    let second = derived_key("https://portal.example", "org", "refill", 1).expect("a key");
    assert_eq!(shop.keys_sent()[1], second.to_string());
}

#[test]
fn a_lost_answer_is_asked_for_again_under_the_same_key_and_paid_once() {
    let shop = FakeShop::new();
    shop.fate([Fate::Lost]);
    assert_eq!(charge(buy(&shop, "25", &unnamed())).status, PurchaseStatus::Settled);
    let keys = shop.keys_sent();
    assert_eq!((keys.len(), shop.count_sales()), (2, 1));
    assert_eq!(keys[0], keys[1]);
}

#[test]
fn an_answer_that_stays_lost_is_unknown_and_found_by_the_same_command() {
    let shop = FakeShop::new();
    shop.fate([Fate::Lost, Fate::Lost, Fate::Lost]);
    let lost = failed(buy(&shop, "25", &unnamed()), Class::OutcomeUnknown);
    assert_eq!(lost.parts().charged, Some(Charged::Unknown));
    assert_eq!(journal(&shop), [PurchaseStatus::Unknown]);
    shop.clock.turn(Duration::from_mins(20));
    let found = charge(buy(&shop, "25", &unnamed()));
    assert!(found.resumed && !found.replayed);
    assert_eq!((shop.keys_sent().len(), shop.count_sales()), (4, 1));
}

#[test]
fn a_key_that_may_be_forgotten_is_never_sent_again() {
    let shop = FakeShop::new();
    shop.fate([Fate::Lost, Fate::Lost, Fate::Lost]);
    failed(buy(&shop, "25", &unnamed()), Class::OutcomeUnknown);
    shop.clock.turn(Duration::from_hours(24));
    let unknown = failed(buy(&shop, "25", &unnamed()), Class::OutcomeUnknown);
    assert_eq!(unknown.parts().charged, Some(Charged::Unknown));
    assert_eq!(unknown.parts().charged_now, Some(Charged::No));
    assert_eq!((shop.keys_sent().len(), shop.count_sales()), (3, 1));
}

#[test]
fn a_request_that_never_left_is_no_purchase() {
    let shop = FakeShop::new();
    shop.fate([Fate::Unsent, Fate::Unsent, Fate::Unsent]);
    let refused = failed(buy(&shop, "25", &unnamed()), Class::Network);
    assert_eq!(refused.parts().charged, Some(Charged::No));
    assert_eq!(shop.count_sales(), 0);
}

#[test]
fn a_token_that_is_not_accepted_is_renewed_once() {
    let shop = FakeShop::new();
    shop.fate([Fate::Unauthorized]);
    assert_eq!(charge(buy(&shop, "25", &unnamed())).status, PurchaseStatus::Settled);
    let keys = shop.keys_sent();
    assert_eq!((keys.len(), &keys[0], shop.count_sales()), (2, &keys[1], 1));
    shop.fate([Fate::Unauthorized, Fate::Unauthorized]);
    let ended = failed(buy(&shop, "30", &unnamed()), Class::SessionRevoked);
    assert_eq!(ended.parts().charged, Some(Charged::No));
    let found = charge(buy(&shop, "30", &unnamed()));
    assert!(found.resumed, "after another login the same purchase goes on");
    assert_eq!(shop.count_sales(), 2);
}

#[test]
fn an_interrupted_wait_leaves_a_purchase_that_the_same_command_goes_on_with() {
    let shop = FakeShop::new();
    shop.settles_after.set(Duration::from_mins(2));
    shop.clock.interrupt_after(Duration::from_secs(5), Signal::Interrupt);
    let stopped = failed(buy(&shop, "25", &unnamed()), Class::Interrupted);
    assert_eq!(stopped.parts().charged, Some(Charged::Unknown));
    shop.clock.interrupt_after(Duration::MAX, Signal::Interrupt);
    let found = charge(buy(&shop, "25", &unnamed()));
    assert!(found.resumed);
    assert_eq!((shop.keys_sent().len(), shop.count_sales()), (1, 1));
}

#[test]
fn a_wait_that_is_over_first_says_pending_and_no_wait_does_not_look() {
    let shop = FakeShop::new();
    shop.settles_after.set(Duration::from_hours(1));
    let pending = failed(buy(&shop, "25", &unnamed()), Class::Pending);
    assert_eq!(pending.parts().data["charge_id"], "ch_1");
    assert_eq!(shop.clock.passed(), Duration::from_mins(5));
    let no_wait = usual_wait().without_any();
    failed(buy_for(&shop, "30", &unnamed(), no_wait), Class::Pending);
    assert_eq!(shop.clock.passed(), Duration::from_mins(5));
}

#[test]
fn a_guard_refuses_before_anything_is_written_or_sent() {
    let mut shop = FakeShop::new();
    let max = Terms { max: Some(amount("20")), ..unnamed() };
    failed(buy(&shop, "25", &max), Class::SpendGuard);
    assert!(!shop.has_journal());
    shop.limits = SpendingLimits { per_purchase: Some(amount("24.99")), ..shop.limits };
    failed(buy(&shop, "25", &unnamed()), Class::SpendGuard);
    shop.limits = SpendingLimits { per_day: Some(amount("40")), ..SpendingLimits::default() };
    charge(buy(&shop, "25", &unnamed()));
    let refused = failed(buy(&shop, "25", &unnamed()), Class::SpendGuard);
    assert_ne!(refused.parts().charged, Some(Charged::Yes));
    assert_eq!((shop.keys_sent().len(), shop.count_sales()), (1, 1));
    shop.clock.turn(Duration::from_hours(24));
    charge(buy(&shop, "25", &unnamed()));
}

#[test]
fn a_total_that_is_known_only_afterwards_is_held_against_the_limit_loudly() {
    let shop = FakeShop::new();
    shop.tax.set(Some(money("2.50")));
    let max = Terms { max: Some(amount("26")), ..unnamed() };
    let above = failed(buy(&shop, "25", &max), Class::SpendGuard);
    assert_eq!(above.parts().charged, Some(Charged::Yes));
    assert_eq!(above.parts().details["total_usd"], "27.50");
    let max = Terms { max: Some(amount("27.50")), ..unnamed() };
    assert_eq!(charge(buy(&shop, "25", &max)).total_usd, Some(money("27.50")));
}

#[test]
fn a_script_that_has_not_said_yes_sends_nothing() {
    let mut shop = FakeShop::new();
    shop.yes = false;
    let refused = failed(buy(&shop, "25", &unnamed()), Class::ConfirmationRequired);
    assert!(refused.parts().portal_url.is_some());
    assert!(shop.keys_sent().is_empty() && shop.reads.get() == 0 && !shop.has_journal());
}

#[test]
fn a_name_is_one_purchase_and_another_amount_under_it_is_refused() {
    let shop = FakeShop::new();
    let first = charge(buy(&shop, "25", &once("refill")));
    let again = charge(buy(&shop, "25.00", &once("refill")));
    assert!(again.replayed);
    assert_eq!(again.charge_id, first.charge_id);
    let other = failed(buy(&shop, "30", &once("refill")), Class::IdempotencyConflict);
    assert_eq!(other.parts().charged_now.or(other.parts().charged), Some(Charged::No));
    assert_eq!((shop.keys_sent().len(), shop.count_sales()), (1, 1));
    charge(buy(&shop, "30", &once("another")));
    assert_eq!(shop.count_sales(), 2);
}

#[test]
fn another_amount_that_only_the_portal_knows_under_the_name_is_refused_there() {
    let shop = FakeShop::new();
    charge(buy(&shop, "25", &once("refill")));
    let other_machine = || {
        let other = shop.elsewhere("portal.example", "default");
        other.sales.borrow_mut().extend(shop.sales.borrow().clone());
        other
    };
    let other = other_machine();
    let refused = failed(buy(&other, "30", &once("refill")), Class::IdempotencyConflict);
    assert_ne!(refused.parts().charged, Some(Charged::Yes));
    assert_eq!(other.count_sales(), 1);
    let other = other_machine();
    let found = charge(buy(&other, "25", &once("refill")));
    assert_eq!((found.charge_id.as_deref(), other.count_sales()), (Some("ch_1"), 1));
}

#[test]
fn a_name_that_another_machine_may_have_used_is_sent_only_with_its_age() {
    let mut shop = FakeShop::new();
    shop.surroundings = Surroundings { ci: true, ..Surroundings::default() };
    let refused = failed(buy(&shop, "25", &once("refill")), Class::OutcomeUnknown);
    assert_eq!(refused.parts().charged, Some(Charged::Unknown));
    assert!(shop.keys_sent().is_empty());
    let since = "2026-11-20T10:00:00Z".parse().expect("a time");
    let aged = Terms { once_since: Some(since), ..once("refill") };
    assert_eq!(charge(buy(&shop, "25", &aged)).status, PurchaseStatus::Settled);
    let lone = Terms { once_since: Some(since), ..unnamed() };
    failed(buy(&shop, "25", &lone), Class::Usage);
}

#[test]
fn an_outcome_that_no_caller_saw_is_the_answer_for_a_day_and_then_a_refusal_once() {
    let shop = FakeShop::new();
    shop.is_shown.set(false);
    charge(buy(&shop, "25", &unnamed()));
    let again = charge(buy(&shop, "25", &unnamed()));
    assert!(again.replayed);
    assert!(shop.said.borrow().iter().any(|line| line.contains("This run charged nothing")));
    shop.is_shown.set(true);
    shop.clock.turn(Duration::from_hours(25));
    let late = failed(buy(&shop, "25", &unnamed()), Class::InProgress);
    assert_eq!(late.parts().code.as_deref(), Some("unreported_outcome"));
    assert_eq!(late.parts().charged, Some(Charged::Yes));
    assert_eq!(late.parts().charged_now, Some(Charged::No));
    assert_eq!(shop.count_sales(), 1);
    assert!(!charge(buy(&shop, "25", &unnamed())).replayed);
    assert_eq!(shop.count_sales(), 2);
}

#[test]
fn a_purchase_that_another_process_is_at_is_left_to_it() {
    let shop = FakeShop::new();
    shop.settles_after.set(Duration::from_hours(1));
    let pending = failed(buy(&shop, "25", &unnamed()), Class::Pending);
    let id = pending.parts().data["purchase_id"].as_str().expect("an id").parse().expect("an id");
    let lock = EntityLock::try_take(&shop.journal(), id).expect("a lock").expect("free");
    let busy = failed(buy(&shop, "25", &unnamed()), Class::InProgress);
    assert_eq!(busy.parts().code.as_deref(), Some("running"));
    assert_eq!(busy.parts().charged, Some(Charged::Unknown));
    drop(lock);
    let another = called(PurchaseName::Nothing { new: true });
    failed(buy(&shop, "25", &another), Class::Pending);
    assert_eq!(shop.count_sales(), 2);
}

#[test]
fn a_banks_check_stays_open_and_stands_in_the_way_of_the_next() {
    let shop = FakeShop::new();
    shop.declines.set(Some(Class::AuthenticationRequired));
    let first = failed(buy(&shop, "25", &unnamed()), Class::AuthenticationRequired);
    assert_eq!(first.parts().charged, Some(Charged::Unknown));
    let second = failed(buy(&shop, "25", &unnamed()), Class::InProgress);
    assert_eq!(second.parts().code.as_deref(), Some("bank_check_open"));
    assert_eq!(shop.count_sales(), 1);
    shop.declines.set(None);
    assert!(charge(buy(&shop, "25", &unnamed())).resumed, "the card holder has confirmed it");
    assert_eq!(shop.count_sales(), 1);
}

#[test]
fn a_refusal_ends_it_and_says_that_nothing_was_charged() {
    for class in [Class::NoPaymentMethod, Class::MonthlyCapExceeded, Class::RateLimited] {
        let shop = FakeShop::new();
        shop.fate([Fate::Refused(class)]);
        let refused = failed(buy(&shop, "25", &unnamed()), class);
        assert_eq!(refused.parts().charged, Some(Charged::No), "{class:?}");
        assert_eq!((shop.keys_sent().len(), shop.count_sales()), (1, 0), "{class:?}");
    }
}

#[test]
fn a_preset_is_what_the_portal_suggests() {
    let shop = FakeShop::new();
    assert_eq!(charge(buy(&shop, "preset:2", &unnamed())).amount_usd, Some(money("50")));
    let refused = failed(buy(&shop, "preset:3", &unnamed()), Class::Usage);
    assert!(refused.to_string().contains("preset 3"), "{refused}");
    for typed in ["preset:0", "preset:01", "preset:", "preset:-1"] {
        failed(buy(&shop, typed, &unnamed()), Class::Usage);
    }
    assert_eq!(shop.count_sales(), 1);
}

#[test]
fn a_dry_run_says_what_would_be_done_and_does_nothing() {
    let shop = FakeShop::new();
    let rehearse = |terms: &Terms| {
        let wanted = Wanted::Amount(amount("25"));
        let waiting = usual_wait();
        shop.run(|buying| Buy { buying, account: &shop, wanted, terms, waiting }.rehearse())
    };
    let start = rehearse(&once("refill")).expect("it may");
    assert_eq!(start.rehearsed.would, Would::Start);
    let key = derived_key("https://portal.example", "org", "refill", 0).expect("a key");
    assert_eq!(start.rehearsed.idempotency_key, Some(key.to_string()));
    assert!(shop.keys_sent().is_empty() && !shop.has_journal());
    shop.settles_after.set(Duration::from_hours(1));
    failed(buy(&shop, "25", &once("refill")), Class::Pending);
    assert_eq!(rehearse(&once("refill")).expect("it may").rehearsed.would, Would::GoOn);
    shop.settles_after.set(Duration::ZERO);
    charge(buy(&shop, "25", &once("refill")));
    let foreseen = rehearse(&once("refill")).expect("it may").rehearsed;
    assert_eq!(
        (foreseen.would, foreseen.idempotency_key),
        (Would::TellAgain, Some(key.to_string()))
    );
    let max = Terms { max: Some(amount("20")), ..unnamed() };
    failed(rehearse(&max), Class::SpendGuard);
    assert_eq!(shop.keys_sent().len(), 1);
}

fn rehearse(shop: &FakeShop, wanted: &str, terms: &Terms) -> Result<DryRun> {
    let (wanted, waiting) = (Wanted::parse(wanted)?, usual_wait());
    shop.run(|buying| Buy { buying, account: shop, wanted, terms, waiting }.rehearse())
}

#[test]
fn a_dry_run_ends_as_the_run_would_and_writes_nothing() {
    let limits = SpendingLimits { per_day: Some(amount("60")), ..SpendingLimits::default() };
    let mut shop = FakeShop::new();
    shop.limits = limits;
    let shown = rehearse(&shop, "25", &once("refill")).expect("it can be bought");
    assert_eq!((shown.rehearsed.would, shown.balance_usd), (Would::Start, Some(money("3.40"))));
    assert_eq!(shown.card.as_deref(), Some("Visa ····4242"));
    assert!(!shop.has_journal() && shop.keys_sent().is_empty());
    let bought = charge(buy(&shop, "25", &once("refill")));
    assert_eq!(shown.rehearsed.idempotency_key, bought.idempotency_key);
    let again = rehearse(&shop, "25", &once("refill")).expect("it is reported again");
    assert_eq!(again.rehearsed.would, Would::TellAgain);
    for (wanted, terms, class) in [
        ("30", once("refill"), Class::IdempotencyConflict),
        ("40", unnamed(), Class::SpendGuard),
        ("25", Terms { max: Some(amount("20")), ..unnamed() }, Class::SpendGuard),
    ] {
        failed(rehearse(&shop, wanted, &terms), class);
        failed(buy(&shop, wanted, &terms), class);
    }
    assert_eq!(shop.keys_sent().len(), 1);
    let shop = FakeShop::new();
    failed(rehearse(&shop, "600", &unnamed()), Class::MonthlyCapExceeded);
    // What ended a day ago without a caller is reported by the run, and not by the look.
    shop.is_shown.set(false);
    charge(buy(&shop, "25", &unnamed()));
    shop.clock.turn(Duration::from_hours(25));
    failed(rehearse(&shop, "25", &unnamed()), Class::InProgress);
    shop.is_shown.set(true);
    failed(rehearse(&shop, "25", &unnamed()), Class::InProgress);
    failed(buy(&shop, "25", &unnamed()), Class::InProgress);
    assert_eq!(rehearse(&shop, "25", &unnamed()).expect("new").rehearsed.would, Would::Start);
}

#[test]
fn a_dry_run_sees_that_another_process_is_at_it() {
    let shop = FakeShop::new();
    shop.settles_after.set(Duration::from_hours(1));
    failed(buy(&shop, "25", &unnamed()), Class::Pending);
    assert_eq!(rehearse(&shop, "25", &unnamed()).expect("open").rehearsed.would, Would::GoOn);
    let id = history::list(&shop.journal(), &Period::default(), 1, false).expect("a journal");
    let AnySummary::Charge(open) = &id.purchases[0].bought else { panic!("a payment") };
    let id = open.purchase_id.as_deref().expect("an id").parse().expect("an id");
    let _other = EntityLock::try_take(&shop.journal(), id).expect("no error").expect("free");
    let busy = failed(rehearse(&shop, "25", &unnamed()), Class::InProgress);
    assert_eq!(busy.parts().code.as_deref(), Some("running"));
}

/// A portal where another machine bought another amount under this name.
fn bought_elsewhere(surroundings: Surroundings) -> FakeShop {
    let mut shop = FakeShop::new();
    shop.surroundings = surroundings;
    shop.polls.borrow_mut().push_back(ChargeStatus::Settled(Paid::new(money("30"), None)));
    shop
}

#[test]
fn another_amount_under_a_name_that_others_may_have_used_is_their_purchase() {
    let ours =
        failed(buy(&bought_elsewhere(Surroundings::default()), "25", &once("x")), Class::Protocol);
    assert_eq!(ours.parts().charged, Some(Charged::Yes));

    let shop = bought_elsewhere(Surroundings { ci: true, ..Surroundings::default() });
    let since = Some(shop.clock.now());
    let terms = Terms { once_since: since, ..once("x") };
    for _ in 0..2 {
        let conflict = failed(buy(&shop, "25", &terms), Class::IdempotencyConflict);
        let said = conflict.to_string();
        assert!(said.starts_with("$25.00 was not bought: $30.00 was charged under"), "{said}");
        assert_eq!(conflict.parts().charged, Some(Charged::Yes), "of the name");
    }
    assert_eq!(shop.keys_sent().len(), 1);
}

#[test]
fn a_name_that_only_gets_the_same_refusal_is_not_advised_for_ever() {
    let shop = FakeShop::new();
    let advises = |shop: &FakeShop| {
        shop.fate([Fate::Refused(Class::TemporarilyUnavailable)]);
        let refused = failed(buy(shop, "25", &once("x")), Class::TemporarilyUnavailable);
        let hints: Vec<String> = refused.parts().hints.iter().map(ToString::to_string).collect();
        hints.iter().any(|hint| hint.contains("another name"))
    };
    assert!(!advises(&shop), "the first time it may pass");
    assert!(advises(&shop));
}

#[test]
fn an_outcome_that_a_person_was_shown_is_reported_and_the_next_command_buys() {
    let shop = FakeShop::new();
    shop.settles_after.set(Duration::from_hours(1));
    failed(buy_for(&shop, "25", &unnamed(), usual_wait().without_any()), Class::Pending);
    shop.settles_after.set(Duration::ZERO);
    let id = "ch_1".to_owned();
    charge(shop.run(|buying| status(buying, Some(&id), usual_wait())));
    assert!(!charge(buy(&shop, "25", &unnamed())).replayed);
    assert_eq!(shop.count_sales(), 2);
}
