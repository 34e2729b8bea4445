//! Sellers that know no keys: one purchase of an account at a time, and none beside an unknown one.

use super::*;
use crate::provider::plans::PlanName;

fn unkeyed() -> Question {
    // Nothing is asked of other machines: no key is sent that one of them could have used.
    Question { seller: UNKEYED, first_use: None, ..question() }
}

#[test]
fn one_process_buys_for_an_account_at_a_time() {
    let question = unkeyed();
    let account = key::buying_id(ORIGIN, &question.buyer);
    let shelf = Shelf::default();
    let made = question.made(&shelf);
    assert_eq!(*shelf.taken.borrow(), [account, id(99)]);
    assert_eq!(made.intent.key, key::random_key(id(99)).expect("a key"));
    let shelf = Shelf::with([purchase(1)]);
    shelf.hold(account);
    let busy = question.decide(&shelf);
    assert!(matches!(busy, Ok(FoundOrCreated::AccountBusy(busy)) if busy == account));
    // Another account is another lock.
    let other = Question { buyer: buyer(Some("org"), Some("you")), ..unkeyed() };
    other.made(&Shelf::default());
    let shelf = Shelf::default();
    shelf.hold(account);
    other.made(&shelf);
    // Where a person pays, a login that does not say whose it is may be anybody's.
    let seller = Seller { payer: Payer::Person, ..UNKEYED };
    let shelf = Shelf::default();
    Question { seller, ..unkeyed() }.made(&shelf);
    assert_eq!(shelf.taken.borrow()[0], key::buying_id(ORIGIN, &Buyer::default()));
}

#[test]
fn names_hold_as_far_as_the_journal_and_keys_hold_nothing() {
    let with_key = Question { called: PurchaseName::Key(key("a-key-of-mine")), ..unkeyed() };
    let refused = with_key.refused(&Shelf::default(), Class::Usage);
    assert_eq!(refused.parts().charged, Some(Charged::No));
    let in_ci = Question { called: once("nightly"), in_ci: true, ..unkeyed() };
    let refused = in_ci.refused(&Shelf::default(), Class::Usage);
    assert_eq!(refused.parts().charged, Some(Charged::No));
    Question { in_ci: true, ..unkeyed() }.made(&Shelf::default());
    let here = Question { called: once("nightly"), ..unkeyed() };
    let made = here.made(&Shelf::default());
    let naming = KeyOrigin::Once { name: "nightly".into(), generation: 0 };
    assert_eq!(made.intent.naming, naming);
    assert_eq!(made.intent.key, key::random_key(id(99)).expect("a key"), "no key is sent");
    assert!(made.intent.first_use_proven);
    assert_eq!(here.found(&Shelf::with([named(1, naming)])), 1);
}

#[test]
fn nothing_is_sent_to_an_account_while_one_of_its_purchases_is_unknown() {
    let unknown = || unclear(purchase(1));
    let others = [
        Question { amount: amount("30"), ..unkeyed() },
        Question { called: PurchaseName::Nothing { new: true }, ..unkeyed() },
        Question { called: once("nightly"), ..unkeyed() },
    ];
    for other in &others {
        let refused = other.refused(&Shelf::with([unknown()]), Class::InProgress);
        has_code(&refused, "unknown_at_account");
        assert_eq!(refused.parts().charged, Some(Charged::Unknown));
        assert_eq!(refused.parts().data["purchase_id"], id(1).to_string());
        // Of another account, another portal, or known by now.
        for change in [
            |one: &mut Purchase| one.intent.organisation = Some("org_2".into()),
            |one: &mut Purchase| one.intent.subject = Some("you".into()),
            |one: &mut Purchase| one.intent.origin = "https://other.example".into(),
            |one: &mut Purchase| one.apply(&stamp(), &JournalRow::Final(settled())),
        ] {
            let mut known = unknown();
            change(&mut known);
            known.intent.profile = Some("other".into());
            other.made(&Shelf::with([known]));
        }
        other.made(&Shelf::with([with_rows(purchase(1), &[])]));
        // An id can be asked about, where the seller tells by ids.
        let accepted = || with_rows(purchase(1), &[sending(), accepted()]);
        other.made(&Shelf::with([accepted()]));
        let seller = Seller { status_by_id: false, ..UNKEYED };
        let by_evidence =
            Question { seller, amount: other.amount, called: other.called.clone(), ..unkeyed() };
        by_evidence.refused(&Shelf::with([accepted()]), Class::InProgress);
        // A key tells them apart, and what a person pays is paid by nobody else.
        for seller in [BY_KEY, Seller { payer: Payer::Person, ..UNKEYED }] {
            let (amount, called) = (other.amount, other.called.clone());
            Question { seller, amount, called, ..question() }.made(&Shelf::with([unknown()]));
        }
    }
    // The unknown one itself is gone on with: it is looked for, and not sent again.
    assert_eq!(unkeyed().found(&Shelf::with([unknown()])), 1);
}

#[test]
fn what_would_be_sent_now_waits_for_the_unknown_one_and_what_was_sent_does_not() {
    let mut unknown = unclear(purchase(1));
    unknown.intent.amount = amount("30");
    let naming = || KeyOrigin::Once { name: "nightly".into(), generation: 0 };
    let here = Question { called: once("nightly"), ..unkeyed() };
    let refused_before = ended(named(2, naming()), Outcome::Refused(failure(Class::RoleRequired)));
    for unsent in [named(2, naming()), refused_before.clone()] {
        let shelf = Shelf::with([unknown.clone(), unsent.clone()]);
        has_code(&here.refused(&shelf, Class::InProgress), "unknown_at_account");
        assert_eq!(here.found(&Shelf::with([unsent])), 2);
    }
    for sent in [
        with_rows(named(2, naming()), &[sending(), accepted()]),
        ended(named(2, naming()), settled()),
    ] {
        assert_eq!(here.found(&Shelf::with([unknown.clone(), sent])), 2);
    }
    // What was refused counts again once it is asked for again.
    let limits = SpendingLimits { per_purchase: Some(amount("20")), ..SpendingLimits::default() };
    let limited = Question { called: once("nightly"), limits, ..unkeyed() };
    limited.refused(&Shelf::with([refused_before]), Class::SpendGuard);
    assert_eq!(limited.found(&Shelf::with([named(2, naming())])), 2, "it is counted already");
}

#[test]
fn what_may_have_been_sent_before_the_journal_was_restored_is_not_sent_again() {
    let doubted = |purchase| with_rows(purchase, &[JournalRow::Doubted]);
    let shelf = Shelf::with([doubted(purchase(1))]);
    let refused = unkeyed().refused(&shelf, Class::OutcomeUnknown);
    has_code(&refused, key::JOURNAL_RESTORED);
    assert_eq!(refused.parts().charged, Some(Charged::Unknown));
    // A page may have been shown that can be paid beside another one.
    let person = Seller { payer: Payer::Person, ..UNKEYED };
    let asked = Question { seller: person, ..unkeyed() };
    let refused = asked.refused(&Shelf::with([doubted(purchase(1))]), Class::OutcomeUnknown);
    has_code(&refused, key::JOURNAL_RESTORED);
    // A key holds two requests apart, and what is known to be out is looked for.
    assert_eq!(question().found(&Shelf::with([doubted(purchase(1))])), 1);
    assert_eq!(unkeyed().found(&Shelf::with([unclear(doubted(purchase(1)))])), 1);
    assert_eq!(unkeyed().found(&Shelf::with([purchase(1)])), 1);
}

#[test]
fn anothers_purchase_is_the_same_only_without_a_name_and_of_this_amount() {
    let is_same = |purchase: &Purchase| {
        question().with_request(id(99), |ask| ask.is_same_of_another_buyer(purchase))
    };
    let mut theirs = purchase(1);
    assert!(!is_same(&theirs), "it is this buyer's");
    theirs.intent.subject = Some("you".into());
    assert!(is_same(&theirs));
    theirs.intent.amount = amount("26");
    assert!(!is_same(&theirs));
    theirs.intent.amount = amount("25");
    theirs.intent.naming = KeyOrigin::Once { name: "nightly".into(), generation: 0 };
    assert!(!is_same(&theirs));
}

#[test]
fn what_is_wanted_is_told_from_everything_else() {
    let mut one = purchase(1).intent;
    let [mut plan, mut pack] = [one.clone(), one.clone()];
    one.amount = amount("25");
    plan.item = Item::Plan(PlanName { tier_id: "plus".into(), tier_name: "Plus".into() });
    pack.item = Item::Pack;
    let subjects = [
        PurchaseSubject::Credits(amount("25")),
        PurchaseSubject::Plan("plus"),
        PurchaseSubject::Pack,
    ];
    for (at, intent) in [&one, &plan, &pack].into_iter().enumerate() {
        let found: Vec<bool> = subjects.iter().map(|subject| subject.is(intent)).collect();
        let expected: Vec<bool> = (0..3).map(|other| other == at).collect();
        assert_eq!(found, expected, "{intent:?}");
    }
    assert!(!PurchaseSubject::Credits(amount("26")).is(&one));
    assert!(!PurchaseSubject::Plan("max").is(&plan));
}

#[test]
fn nothing_new_is_bought_beside_what_a_restored_journal_does_not_know() {
    let gap = Some(Gap { from: None, to: Some(moment(0).wall) });
    let new = PurchaseName::Nothing { new: true };
    let refused = Question { gap, called: new.clone(), ..unkeyed() };
    let refused = refused.refused(&Shelf::default(), Class::OutcomeUnknown);
    has_code(&refused, key::JOURNAL_RESTORED);
    assert!(refused.to_string().contains("cannot tell a new purchase from"), "{refused}");
    let person = Seller { payer: Payer::Person, ..UNKEYED };
    for seller in [person, BY_KEY] {
        Question { gap, seller, called: new.clone(), ..question() }.made(&Shelf::default());
        // Without --new the same may be meant, and a page of it may be shown to a person.
        let same = Question { seller, gap, ..question() };
        let refused = same.refused(&Shelf::default(), Class::OutcomeUnknown);
        has_code(&refused, key::JOURNAL_RESTORED);
        assert!(refused.to_string().contains("the same may have been bought"), "{refused}");
    }
    let named = Question { gap, seller: person, called: once("nightly"), ..unkeyed() };
    let refused = named.refused(&Shelf::default(), Class::OutcomeUnknown);
    has_code(&refused, key::JOURNAL_RESTORED);
    assert!(refused.to_string().contains("the name may have been used"), "{refused}");
    for called in [once("nightly"), PurchaseName::Key(key("a-key-of-ones-own"))] {
        Question { called, gap, ..question() }.made(&Shelf::default());
    }
}

#[test]
fn where_commits_may_be_lost_nothing_is_begun_at_a_seller_that_knows_no_keys() {
    let shelf = Shelf::default();
    shelf.loses_commits.set(true);
    let unkeyed = Question { seller: UNKEYED, ..question() };
    unkeyed.refused(&shelf, Class::Config);
    // What was never sent is not gone on with either; what may have charged is only looked at.
    let unsent = Shelf::with([purchase(1)]);
    unsent.loses_commits.set(true);
    unkeyed.refused(&unsent, Class::Config);
    let sent = Shelf::with([unclear(purchase(1))]);
    sent.loses_commits.set(true);
    assert_eq!(unkeyed.found(&sent), 1);
    // A key holds two requests apart, whatever is lost.
    question().made(&shelf);
}
