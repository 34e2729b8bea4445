//! `buy` and `plan upgrade` as a person at a prompt asks for them.

use super::buying::buy;
use super::shop::{FakeShop, Fate, amount, charge, failed, money, once, unnamed};
use crate::config::SpendingLimits;
use crate::core::class::Class;
use crate::core::failure::Charged;
use std::time::Duration;

#[test]
fn a_person_sees_the_card_and_the_total_and_confirms() {
    let shop = FakeShop::at_prompt(&[true]);
    assert_eq!(charge(buy(&shop, "25", &unnamed())).amount_usd, Some(money("25")));
    assert_eq!(*shop.asked.borrow(), ["Pay $25.00 with Visa ····4242?"]);
    assert!(shop.said.borrow().iter().any(|line| line == "Balance: $3.40."));
}

#[test]
fn a_no_sends_nothing() {
    let shop = FakeShop::at_prompt(&[false]);
    let refused = failed(buy(&shop, "25", &unnamed()), Class::ConfirmationRequired);
    assert!(refused.to_string().starts_with("nothing was sent"), "{refused}");
    assert!(shop.keys_sent().is_empty() && !shop.has_journal());
}

#[test]
fn an_earlier_purchase_that_was_not_reported_is_shown_before_another_is_bought() {
    let shop = FakeShop::at_prompt(&[true]);
    shop.is_shown.set(false);
    charge(buy(&shop, "25", &unnamed()));
    shop.is_shown.set(true);
    shop.answers.borrow_mut().push_back(false);
    assert!(charge(buy(&shop, "25", &unnamed())).replayed);
    assert_eq!((shop.asked.borrow()[1].as_str(), shop.count_sales()), ("Buy another one?", 1));

    let shop = FakeShop::at_prompt(&[true]);
    shop.is_shown.set(false);
    charge(buy(&shop, "25", &unnamed()));
    shop.is_shown.set(true);
    shop.answers.borrow_mut().extend([true, true]);
    assert!(!charge(buy(&shop, "25", &unnamed())).replayed);
    assert_eq!((shop.asked.borrow().len(), shop.count_sales()), (3, 2));
    // Both were shown: the next one is new without a word about them.
    shop.answers.borrow_mut().push_back(true);
    charge(buy(&shop, "25", &unnamed()));
    assert_eq!((shop.asked.borrow().len(), shop.count_sales()), (4, 3));
}

#[test]
fn an_open_purchase_is_gone_on_with_and_a_named_one_that_ended_is_told_again() {
    let shop = FakeShop::at_prompt(&[true, true]);
    shop.settles_after.set(Duration::from_hours(1));
    failed(buy(&shop, "25", &once("refill")), Class::Pending);
    shop.settles_after.set(Duration::ZERO);
    assert!(charge(buy(&shop, "25", &once("refill"))).resumed);
    assert!(shop.said.borrow().iter().any(|line| line.contains("is still open")));
    let asked = shop.asked.borrow().len();
    assert!(charge(buy(&shop, "25", &once("refill"))).replayed);
    assert_eq!((shop.asked.borrow().len(), shop.count_sales()), (asked, 1), "nothing to ask");
}

#[test]
fn what_cannot_be_bought_is_refused_before_anybody_is_asked() {
    let shop = FakeShop::at_prompt(&[]);
    failed(buy(&shop, "600", &unnamed()), Class::MonthlyCapExceeded);
    let limits = SpendingLimits { per_purchase: Some(amount("20")), ..SpendingLimits::default() };
    let mut shop = FakeShop::at_prompt(&[]);
    shop.limits = limits;
    failed(buy(&shop, "25", &unnamed()), Class::SpendGuard);
    let shop = FakeShop::at_prompt(&[true]);
    charge(buy(&shop, "25", &once("refill")));
    let conflict = failed(buy(&shop, "30", &once("refill")), Class::IdempotencyConflict);
    let said = conflict.to_string();
    assert!(said.starts_with("$30.00 was not sent: the name 'refill' belongs to"), "{said}");
    assert!(said.contains("$25.00") && said.contains("was charged at 2026-11-20T12:00:00Z"));
    assert_eq!(conflict.parts().charged, Some(Charged::No), "of what was asked for");
    assert_eq!(conflict.parts().details["key_charged"], "yes");
    assert_eq!((shop.asked.borrow().len(), shop.count_sales()), (1, 1));
}

#[test]
fn what_may_be_paid_already_is_finished_and_the_question_is_about_another() {
    let shop = FakeShop::at_prompt(&[true, false]);
    shop.settles_after.set(Duration::from_hours(1));
    failed(buy(&shop, "25", &unnamed()), Class::Pending);
    shop.settles_after.set(Duration::ZERO);
    assert!(charge(buy(&shop, "25", &unnamed())).resumed);
    assert_eq!(shop.asked.borrow()[1], "Buy another one instead?");
    assert_eq!((shop.asked.borrow().len(), shop.count_sales()), (2, 1));

    let shop = FakeShop::at_prompt(&[true, true, true]);
    shop.fate([Fate::Lost, Fate::Lost, Fate::Lost]);
    failed(buy(&shop, "25", &unnamed()), Class::OutcomeUnknown);
    assert!(!charge(buy(&shop, "25", &unnamed())).resumed);
    assert_eq!(shop.asked.borrow()[2], "Pay $25.00 with Visa ····4242?");
    assert_eq!(shop.count_sales(), 2, "the first one is still open");
}

#[test]
fn permission_to_spend_is_asked_for_once_and_the_same_purchase_goes_on() {
    let shop = FakeShop::at_prompt(&[true]);
    shop.grants.set(true);
    shop.fate([Fate::Refused(Class::InsufficientScope)]);
    charge(buy(&shop, "25", &unnamed()));
    let keys = shop.keys_sent();
    assert_eq!((keys.len(), &keys[0], shop.count_sales()), (2, &keys[1], 1));

    let shop = FakeShop::at_prompt(&[true]);
    shop.fate([Fate::Refused(Class::InsufficientScope)]);
    failed(buy(&shop, "25", &unnamed()), Class::InsufficientScope);
    assert_eq!((shop.keys_sent().len(), shop.count_sales()), (1, 0));
}

#[test]
fn an_open_bank_check_is_looked_at_before_another_is_bought() {
    let shop = FakeShop::at_prompt(&[true]);
    shop.declines.set(Some(Class::AuthenticationRequired));
    failed(buy(&shop, "25", &unnamed()), Class::AuthenticationRequired);
    shop.answers.borrow_mut().push_back(false);
    failed(buy(&shop, "25", &unnamed()), Class::AuthenticationRequired);
    assert_eq!(shop.asked.borrow()[1], "Buy another one all the same?");
    assert_eq!(shop.count_sales(), 1);
    shop.declines.set(None);
    assert!(charge(buy(&shop, "25", &unnamed())).resumed, "it was confirmed meanwhile");
    assert_eq!(shop.count_sales(), 1);
}
