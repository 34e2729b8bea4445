//! What was begun for another organisation or another person, under this profile and this portal: it
//! stands in the way of the same purchase, and of no other one.

use super::buying::buy;
use super::shop::{FakeShop, Fate, called, charge, failed, once, unnamed};
use crate::app::buying::terms::Terms;
use crate::core::class::Class;
use crate::core::failure::{Charged, Failure};
use crate::purchase::request::PurchaseName;

const LOST: [Fate; 3] = [Fate::Lost, Fate::Lost, Fate::Lost];

/// A purchase of $25 whose answers were all lost.
fn with_an_open_one(terms: &Terms) -> FakeShop {
    let shop = FakeShop::new();
    shop.fate(LOST);
    failed(buy(&shop, "25", terms), Class::OutcomeUnknown);
    shop
}

#[track_caller]
fn stands_in_the_way(failure: &Failure, of: &str) {
    let parts = failure.parts();
    assert_eq!(parts.code.as_deref(), Some("other_organisation"), "{failure}");
    assert_eq!(failure.class().code(), 53);
    assert_eq!((parts.charged, parts.charged_now), (Some(Charged::Unknown), Some(Charged::No)));
    assert!(failure.to_string().contains(of), "{failure}");
}

#[test]
fn what_is_open_for_another_organisation_stands_in_the_way_of_the_same_alone() {
    let shop = with_an_open_one(&unnamed());
    let sent = shop.keys_sent().len();
    shop.organisation.set("org_2");
    let refused = failed(buy(&shop, "25", &unnamed()), Class::InProgress);
    stands_in_the_way(&refused, "the organisation org,");
    assert_eq!(shop.keys_sent().len(), sent, "nothing was sent");
    // Another amount, a name, or the word that another one is meant.
    charge(buy(&shop, "30", &unnamed()));
    charge(buy(&shop, "25", &once("nightly")));
    charge(buy(&shop, "25", &called(PurchaseName::Nothing { new: true })));
    // For the first organisation it is gone on with, under its own key.
    shop.organisation.set("org");
    let known = charge(buy(&shop, "25", &unnamed()));
    assert!(known.resumed);
    assert_eq!(known.idempotency_key.as_ref(), shop.keys_sent().first());
    // Once it has ended it stands in no other purchase's way.
    shop.organisation.set("org_2");
    charge(buy(&shop, "25", &unnamed()));
}

#[test]
fn a_name_that_is_open_for_another_organisation_stands_in_the_way_of_that_name_alone() {
    let shop = with_an_open_one(&once("nightly"));
    let sent = shop.keys_sent().len();
    shop.organisation.set("org_2");
    stands_in_the_way(
        &failed(buy(&shop, "25", &once("nightly")), Class::InProgress),
        "the organisation org,",
    );
    // The amount makes it no other one.
    stands_in_the_way(
        &failed(buy(&shop, "30", &once("nightly")), Class::InProgress),
        "the organisation org,",
    );
    assert_eq!(shop.keys_sent().len(), sent);
    charge(buy(&shop, "25", &once("weekly")));
    charge(buy(&shop, "25", &unnamed()));
}

#[test]
fn what_is_open_for_another_person_of_the_organisation_stands_in_the_way_too() {
    let shop = with_an_open_one(&unnamed());
    shop.subject.set("you");
    let refused = failed(buy(&shop, "25", &unnamed()), Class::InProgress);
    stands_in_the_way(&refused, "the organisation org,");
    charge(buy(&shop, "30", &unnamed()));
}

#[test]
fn other_profiles_and_what_was_surely_not_charged_stand_in_no_way() {
    let shop = with_an_open_one(&unnamed());
    let other = shop.elsewhere("portal.example", "other");
    other.organisation.set("org_2");
    other.run_on(&shop, |buying| {
        let (terms, waiting) = (&unnamed(), super::shop::usual_wait());
        let wanted = crate::app::buy::Wanted::parse("25").expect("an amount");
        charge(crate::app::buy::Buy { buying, account: &other, wanted, terms, waiting }.run());
    });
    let shop = FakeShop::new();
    shop.fate([Fate::Refused(Class::NoPaymentMethod)]);
    failed(buy(&shop, "25", &unnamed()), Class::NoPaymentMethod);
    shop.organisation.set("org_2");
    charge(buy(&shop, "25", &unnamed()));
}
