//! Without a name: what is open, what nobody was told, what keeps its key; else a new one.

use super::*;

fn kept() -> Outcome {
    Outcome::KeyKept { failure: failure(Class::RoleRequired), baseline: None }
}

#[test]
fn a_new_purchase_is_all_of_what_was_asked_for() {
    let shelf = Shelf::default();
    let made = question().made(&shelf);
    let intent = &made.intent;
    assert_eq!((intent.id, &intent.naming), (id(99), &KeyOrigin::Random));
    assert_eq!(intent.key, key::random_key(id(99)).expect("a key"));
    assert_eq!((intent.origin.as_str(), intent.amount), (ORIGIN, amount("25")));
    assert_eq!(
        (intent.profile.as_deref(), intent.base_url.as_deref()),
        (Some("default"), Some(ORIGIN))
    );
    assert_eq!(
        (intent.organisation.as_deref(), intent.subject.as_deref()),
        (Some("org"), Some("me"))
    );
    assert_eq!((intent.body.as_str(), &intent.item), ("body", &Item::Credits));
    assert_eq!((intent.first_use_at, intent.first_use_proven), (None, true));
    assert_eq!(made.asked, Stamp::from(&moment(3600)));
    assert_eq!(*shelf.taken.borrow(), [id(99)], "the lock of the purchase, and of no account");
    assert!(shelf.periods.borrow().is_empty(), "without limits nothing is added up");
}

#[test]
fn the_same_that_is_open_is_gone_on_with_and_nothing_else() {
    for open in
        [purchase(1), unclear(purchase(1)), with_rows(purchase(1), &[sending(), accepted()])]
    {
        assert_eq!(question().found(&Shelf::with([open])), 1);
    }
    let another = Question { amount: amount("30"), ..question() };
    another.made(&Shelf::with([purchase(1)]));
    let mut elsewhere = purchase(1);
    elsewhere.intent.origin = "https://other.example".into();
    question().made(&Shelf::with([elsewhere]));
    let of_a_name = named(1, KeyOrigin::Once { name: "n".into(), generation: 0 });
    question().made(&Shelf::with([of_a_name]));
    question().made(&Shelf::with([named(1, KeyOrigin::Key)]));
    let new = Question { called: PurchaseName::Nothing { new: true }, ..question() };
    new.made(&Shelf::with([purchase(1)]));
}

#[test]
fn what_another_process_is_at_is_left_to_it_unless_there_is_another_one() {
    let shelf = Shelf::with([purchase(1)]);
    shelf.hold(id(1));
    assert!(matches!(question().decide(&shelf), Ok(FoundOrCreated::Busy(busy)) if busy == id(1)));
    let shelf = Shelf::with([purchase(1), purchase(2)]);
    shelf.hold(id(1));
    assert_eq!(question().found(&shelf), 2);
}

#[test]
fn an_outcome_that_nobody_was_told_comes_before_a_new_purchase() {
    for end in [settled(), Outcome::Failed(failure(Class::CardDeclined))] {
        let ended = ended(purchase(1), end);
        assert_eq!(question().found(&Shelf::with([ended.clone()])), 1);
        let told = with_rows(ended, &[JournalRow::Delivered]);
        question().made(&Shelf::with([told]));
    }
    question()
        .made(&Shelf::with([ended(purchase(1), Outcome::Refused(failure(Class::RoleRequired)))]));
    assert_eq!(question().found(&Shelf::with([ended(purchase(1), kept())])), 1);
    // What is open comes first, then what is to be told, then what keeps its key.
    let shelf =
        Shelf::with([ended(purchase(1), kept()), ended(purchase(2), settled()), purchase(3)]);
    assert_eq!(question().found(&shelf), 3);
    shelf.purchases.borrow_mut().pop();
    assert_eq!(question().found(&shelf), 2);
}

#[test]
fn one_of_another_buyer_stands_in_the_way_while_it_may_be_charged() {
    for of in [buyer(Some("org_2"), Some("me")), buyer(Some("org"), Some("you"))] {
        let other = Question { buyer: of, ..question() };
        let refused = other.refused(&Shelf::with([unclear(purchase(1))]), Class::InProgress);
        has_code(&refused, "other_organisation");
        assert_eq!(refused.parts().charged, Some(Charged::Unknown));
        assert_eq!(refused.parts().charged_now, Some(Charged::No));
        // Nothing was sent for it, or it has ended, or it was begun elsewhere.
        other.made(&Shelf::with([purchase(1)]));
        let ended = with_rows(ended(purchase(1), settled()), &[JournalRow::Delivered]);
        other.made(&Shelf::with([ended]));
        let mut elsewhere = unclear(purchase(1));
        elsewhere.intent.profile = Some("other".into());
        let alone = Question { buyer: buyer(Some("org_2"), None), ..question() };
        alone.made(&Shelf::with([elsewhere]));
    }
    // It is not the one that is open for this buyer.
    let mut of_another = purchase(1);
    of_another.intent.subject = Some("you".into());
    let shelf = Shelf::with([of_another, purchase(2)]);
    assert_eq!(question().found(&shelf), 2);
    // Logins that name nobody are compared with nothing.
    let mut whose = unclear(purchase(1));
    (whose.intent.organisation, whose.intent.subject) = (Some("org_2".into()), None);
    assert!(
        question().refused(&Shelf::with([whose]), Class::InProgress).to_string().contains("org_2")
    );
}

#[test]
fn limits_are_held_against_what_was_spent_today_and_this_month() {
    let limits = SpendingLimits { per_day: Some(amount("40")), ..SpendingLimits::default() };
    let limited = Question { limits, ..question() };
    let shelf = Shelf::default();
    limited.made(&shelf);
    let day: Timestamp = "2026-11-20T00:00:00Z".parse().expect("a time");
    let month: Timestamp = "2026-11-01T00:00:00Z".parse().expect("a time");
    assert_eq!(*shelf.periods.borrow(), [(day, month)]);
    let spent = |dollars: i64| guards::Spent { today: dollars.into(), this_month: dollars.into() };
    let shelf = Shelf::default();
    shelf.spent.set(spent(16));
    limited.refused(&shelf, Class::SpendGuard);
    shelf.spent.set(spent(15));
    limited.made(&shelf);
    // What it costs in all counts, where that is known before.
    let shelf = Shelf::default();
    let taxed = Question { total: Some(amount("40.01")), limits, ..question() };
    taxed.refused(&shelf, Class::SpendGuard);
    // What is open already is counted already; what was refused is not.
    let shelf = Shelf::with([purchase(1)]);
    shelf.spent.set(spent(40));
    assert_eq!(limited.found(&shelf), 1);
    let shelf = Shelf::with([ended(purchase(1), kept())]);
    shelf.spent.set(spent(40));
    limited.refused(&shelf, Class::SpendGuard);
    shelf.spent.set(spent(0));
    assert_eq!(limited.found(&shelf), 1);
}

#[test]
fn a_decision_that_is_made_again_knows_its_own_purchase_as_new() {
    let shelf = Shelf::with([purchase(99)]);
    let (own, loaded) = question().ours(&shelf);
    assert_eq!((own.intent.id, loaded), (id(99), false));
}

#[test]
fn a_purchase_that_cannot_be_kept_was_not_sent() {
    let shelf = Shelf::default();
    shelf.is_full.set(true);
    let failed = question().refused(&shelf, Class::Config);
    assert_eq!(failed.parts().charged, Some(Charged::No));
    // Another machine may have bought under the name.
    let first_use = Some(FirstUse { since: None, proven: false });
    let named = Question { called: once("n"), first_use, ..question() };
    let failed = named.refused(&shelf, Class::Config);
    assert_eq!(failed.parts().charged, Some(Charged::Unknown));
}
