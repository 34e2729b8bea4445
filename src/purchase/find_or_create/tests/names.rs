//! Under a name or a key: the purchase that it belongs to, its next try, or the first one.

use super::*;
use crate::purchase::record::RunAttempt;

fn of_name(number: u128, generation: u32) -> Purchase {
    named(number, KeyOrigin::Once { name: "nightly".into(), generation })
}

fn nightly() -> Question {
    Question { called: once("nightly"), ..question() }
}

fn again(new: bool) -> Question {
    let called = PurchaseName::Once { name: "nightly".into(), retry_declined: true, new };
    Question { called, ..question() }
}

fn declined(purchase: Purchase) -> Purchase {
    ended(purchase, Outcome::Failed(failure(Class::CardDeclined)))
}

fn checked(purchase: Purchase) -> Purchase {
    let check = JournalRow::BankCheck(failure(Class::AuthenticationRequired));
    with_rows(purchase, &[sending(), accepted(), check])
}

fn once_of(intent: &Intent) -> (&str, u32) {
    match &intent.naming {
        KeyOrigin::Once { name, generation } => (name, *generation),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_name_is_one_purchase_whatever_became_of_it() {
    let made = nightly().made(&Shelf::default());
    assert_eq!(once_of(&made.intent), ("nightly", 0));
    assert_eq!(made.intent.key, key::derived_key(ORIGIN, "org", "nightly", 0).expect("a key"));
    for there in [
        of_name(1, 0),
        unclear(of_name(1, 0)),
        declined(of_name(1, 0)),
        checked(of_name(1, 0)),
        with_rows(ended(of_name(1, 0), settled()), &[JournalRow::Delivered]),
    ] {
        assert_eq!(nightly().found(&Shelf::with([there])), 1);
    }
    // The newest try is the purchase; what is open without a name, or under another, is none.
    assert_eq!(nightly().found(&Shelf::with([of_name(2, 1), declined(of_name(1, 0))])), 2);
    nightly().made(&Shelf::with([purchase(1)]));
    let shelf = Shelf::with([of_name(1, 0)]);
    shelf.hold(id(1));
    assert!(matches!(nightly().decide(&shelf), Ok(FoundOrCreated::Busy(busy)) if busy == id(1)));
}

#[test]
fn what_its_last_holder_went_on_with_is_read_again_and_not_for_ever() {
    let goes_on = |rows: &[JournalRow]| {
        let shelf = Shelf::with([of_name(1, 0)]);
        shelf.goes_on.borrow_mut().extend(rows.iter().cloned());
        shelf
    };
    // Sent, accepted and paid by another process between the reading and the lock.
    let rows = [sending(), accepted(), JournalRow::Final(settled())];
    let (purchase, loaded) = nightly().ours(&goes_on(&rows));
    assert!(loaded && purchase.outcome == Some(settled()), "{purchase:?}");
    // It stays at it: what is asked for is left to it.
    let rows = [sending(), accepted(), JournalRow::Recovered, JournalRow::Final(settled())];
    let busy = nightly().decide(&goes_on(&rows));
    assert!(matches!(busy, Ok(FoundOrCreated::Busy(busy)) if busy == id(1)), "{busy:?}");
}

#[test]
fn a_name_belongs_to_one_amount() {
    let other = Question { amount: amount("30"), ..nightly() };
    for (there, became) in [
        (of_name(1, 0), "open and not charged so far"),
        (ended(of_name(1, 0), settled()), "charged at"),
        (declined(of_name(1, 0)), "failed and was not charged"),
        (unclear(of_name(1, 0)), "is not known"),
        (ended(of_name(1, 0), Outcome::MarkedNotCharged), "which was not charged"),
    ] {
        let refused = other.refused(&Shelf::with([there]), Class::IdempotencyConflict);
        assert!(refused.to_string().contains(became), "{refused}");
        assert_eq!(refused.parts().charged, Some(Charged::No));
        assert_eq!(refused.parts().details["key_amount_usd"], "25.00");
    }
}

#[test]
fn a_declined_name_is_tried_again_under_its_next_key_where_that_is_asked_for() {
    for new in [false, true] {
        let made = again(new).made(&Shelf::with([declined(of_name(1, 0))]));
        assert_eq!(once_of(&made.intent), ("nightly", 1));
        assert_eq!(made.intent.key, key::derived_key(ORIGIN, "org", "nightly", 1).expect("a key"));
        assert_eq!((made.intent.first_use_at, made.intent.first_use_proven), (None, true));
        assert_eq!(again(new).found(&Shelf::with([of_name(1, 0)])), 1, "it is open");
        assert_eq!(again(new).found(&Shelf::with([ended(of_name(1, 0), settled())])), 1);
    }
    let next = again(false).made(&Shelf::with([declined(of_name(1, 3))]));
    assert_eq!(once_of(&next.intent), ("nightly", 4));
    // Where another machine may know the name, the next try is as old as the first one.
    let mut known_elsewhere = declined(of_name(1, 0));
    known_elsewhere.intent.first_use_proven = false;
    let made = again(false).made(&Shelf::with([known_elsewhere]));
    assert_eq!(made.intent.first_use_at, Some(moment(0).wall));
    assert!(!made.intent.first_use_proven);
}

#[test]
fn while_the_banks_check_is_open_a_name_goes_on_only_where_both_words_are_said() {
    let shelf = || Shelf::with([checked(of_name(1, 0))]);
    assert_eq!(nightly().found(&shelf()), 1);
    assert_eq!(again(false).found(&shelf()), 1);
    assert_eq!(once_of(&again(true).made(&shelf()).intent), ("nightly", 1));
    // Once it is paid there is nothing to try again.
    let paid = with_rows(checked(of_name(1, 0)), &[JournalRow::Final(settled())]);
    assert_eq!(again(true).found(&Shelf::with([paid])), 1);
    // The bank's check is no decline.
    let failed = Outcome::Failed(failure(Class::AuthenticationRequired));
    assert_eq!(again(false).found(&Shelf::with([ended(of_name(1, 0), failed)])), 1);
}

#[test]
fn a_key_of_the_callers_own_is_sent_as_it_is_and_belongs_to_one_organisation() {
    let own = key("a-key-of-the-caller");
    let first_use = Some(FirstUse { since: Some(moment(5).wall), proven: false });
    let called = PurchaseName::Key(own.clone());
    let with_key = Question { called, first_use, ..question() };
    let made = with_key.made(&Shelf::default());
    assert_eq!((&made.intent.naming, &made.intent.key), (&KeyOrigin::Key, &own));
    assert_eq!(made.intent.first_use_at, Some(moment(5).wall));
    assert!(!made.intent.first_use_proven);

    let mut there = named(1, KeyOrigin::Key);
    there.intent.key = own.clone();
    assert_eq!(with_key.found(&Shelf::with([there.clone()])), 1);
    let of_another = Question { buyer: buyer(Some("org_2"), Some("me")), ..with_key };
    // Of what is open the buyer decides, of what has ended the key.
    let refused = of_another.refused(&Shelf::with([there.clone()]), Class::InProgress);
    has_code(&refused, "other_organisation");
    for (proven, charged) in [(true, Charged::No), (false, Charged::Unknown)] {
        let proven_use = Some(FirstUse { since: None, proven });
        let of_another = Question {
            buyer: buyer(Some("org_2"), Some("me")),
            called: PurchaseName::Key(own.clone()),
            first_use: proven_use,
            ..question()
        };
        let over = ended(there.clone(), settled());
        let refused = of_another.refused(&Shelf::with([over]), Class::IdempotencyConflict);
        assert!(refused.to_string().contains("another organisation"), "{refused}");
        assert_eq!(refused.parts().charged, Some(charged));
    }
}

#[test]
fn a_name_needs_a_login_that_names_its_organisation() {
    for organisation in [None, Some("")] {
        let nameless = Question { buyer: buyer(organisation, Some("me")), ..nightly() };
        let refused = nameless.refused(&Shelf::default(), Class::Config);
        assert_eq!(refused.parts().charged, Some(Charged::No));
    }
}

#[test]
fn a_name_that_is_open_for_another_buyer_is_not_sent_again() {
    let of_another = |subject| Question { buyer: buyer(Some("org"), Some(subject)), ..nightly() };
    let refused = of_another("you").refused(&Shelf::with([of_name(1, 0)]), Class::InProgress);
    has_code(&refused, "other_organisation");
    assert_eq!(of_another("me").found(&Shelf::with([of_name(1, 0)])), 1);
    // Of another organisation it is not even found, and stands in the way while it may be charged.
    let elsewhere = Question { buyer: buyer(Some("org_2"), Some("me")), ..nightly() };
    let refused = elsewhere.refused(&Shelf::with([unclear(of_name(1, 0))]), Class::InProgress);
    has_code(&refused, "other_organisation");
    elsewhere.made(&Shelf::with([of_name(1, 0)]));
}

#[test]
fn what_is_known_of_other_machines_is_taken_into_what_the_journal_knows() {
    let found = |question: Question, there: Purchase| {
        let (purchase, loaded) = question.ours(&Shelf::with([there]));
        assert!(loaded);
        (purchase.intent.first_use_at, purchase.intent.first_use_proven)
    };
    let at = |seconds: i64| moment(0).wall + jiff::SignedDuration::from_secs(seconds);
    let proven = |proven| Some(FirstUse { since: None, proven });
    assert_eq!(found(nightly(), of_name(1, 0)), (None, true));
    let unproven = Question { first_use: proven(false), ..nightly() };
    assert_eq!(found(unproven, of_name(1, 0)), (None, false));
    // What was never proved does not become so.
    let mut doubted = of_name(1, 0);
    doubted.intent.first_use_proven = false;
    assert_eq!(found(nightly(), doubted), (None, false));
    // The earliest that anything says; what is no earlier than the asking says nothing.
    for (since, known, first) in [
        (Some(-60), None, Some(-60)),
        (Some(0), None, None),
        (Some(60), None, None),
        (None, Some(-10), Some(-10)),
        (Some(-60), Some(-10), Some(-60)),
        (Some(-5), Some(-10), Some(-10)),
    ] {
        let mut there = of_name(1, 0);
        there.intent.first_use_at = known.map(at);
        let since = Question { once_since: since.map(at), ..nightly() };
        assert_eq!(found(since, there).0, first.map(at), "{first:?}");
    }
    // A machine that ran every attempt of the run that the name carries knows it alone.
    let attempt = |attempt| Some(RunAttempt { run: "nightly".into(), attempt });
    for (first_seen, is_proven) in [(Some(1), true), (None, false)] {
        let mut there = of_name(1, 0);
        if let Some(first) = first_seen {
            let seen = Stamp { attempt: attempt(first), ..stamp() };
            there.apply(&seen, &JournalRow::Recovered);
        }
        let mut second = Question { first_use: proven(false), ..nightly() };
        second.now.attempt = attempt(2);
        assert_eq!(found(second, there).1, is_proven);
    }
}
