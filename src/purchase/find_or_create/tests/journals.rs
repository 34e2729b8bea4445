//! The decision at a journal, in a file and on a server, and the look at what it would come to.

use super::*;
use crate::core::environment::Variables;
use crate::ledger::suite::server::Server;
use crate::purchase::journal::Spool;
use crate::store::state::StateStore;

/// Runs a test on a fresh journal of each kind: in a file, and on a server where there is one.
fn on_each(test: impl Fn(&JournalPlace)) {
    let folder = tempfile::tempdir().expect("a folder");
    test(&JournalPlace::in_folder(folder.path()));
    if let Some(server) = Server::shared() {
        let schema = server.schema();
        let store = StateStore::new(&schema.url, None, &Variables::default()).expect("a URL");
        let spool = Spool::new(folder.path().join("spool.jsonl"));
        test(&JournalPlace::Shared { store, spool });
    }
}

/// What is decided there about this question, under a new id.
fn opened(place: &JournalPlace, question: &Question, new_id: u128) -> Result<FoundOrCreated> {
    let mut journal = Journal::open(place)?;
    question.with_request(id(new_id), |ask| open(&mut journal, place, ask))
}

fn looked(place: &JournalPlace, question: &Question) -> Result<Preview> {
    question.with_request(id(98), |ask| preview(place, place, ask))
}

/// A purchase that is made there, with these rows; nobody holds it any more.
fn left_behind(place: &JournalPlace, question: &Question, number: u128, rows: &[JournalRow]) {
    let made = opened(place, question, number).expect("made");
    assert!(matches!(&made, FoundOrCreated::Ours { loaded: false, .. }), "{made:?}");
    let mut journal = Journal::open(place).expect("a journal");
    for row in rows {
        journal.append(id(number), &stamp(), row).expect("durable");
    }
}

#[track_caller]
fn is_new(looked: Result<Preview>) -> Option<IdempotencyKey> {
    match looked.expect("looked") {
        Preview::New(key) => key,
        other => panic!("{other:?}"),
    }
}

/// The purchase that is gone on with, as the look and the decision both see it.
#[track_caller]
fn found(place: &JournalPlace, question: &Question) -> Purchase {
    let seen = match looked(place, question).expect("looked") {
        Preview::Known(purchase) => *purchase,
        other => panic!("{other:?}"),
    };
    match opened(place, question, 97).expect("decided") {
        FoundOrCreated::Ours { purchase, loaded: true, .. } => assert_eq!(*purchase, seen),
        other => panic!("{other:?}"),
    }
    seen
}

#[test]
fn a_look_and_the_decision_find_the_same() {
    on_each(|place| {
        let named = Question { called: once("nightly"), ..question() };
        let keyed = Question { called: PurchaseName::Key(key("a-key-of-ones-own")), ..question() };
        assert_eq!(is_new(looked(place, &question())), None);
        let derived = key::derived_key(ORIGIN, "org", "nightly", 0).expect("a key");
        assert_eq!(is_new(looked(place, &named)), Some(derived));
        assert_eq!(is_new(looked(place, &keyed)), Some(key("a-key-of-ones-own")));
        for (number, question) in [(1, &question()), (2, &named), (3, &keyed)] {
            left_behind(place, question, number, &[]);
            assert_eq!(found(place, question).intent.id, id(number));
        }
        // Held by the one that goes on with it.
        let held = opened(place, &named, 97).expect("held");
        assert!(matches!(looked(place, &named), Ok(Preview::Busy(busy)) if busy == id(2)));
        let busy = opened(place, &named, 96);
        assert!(matches!(busy, Ok(FoundOrCreated::Busy(busy)) if busy == id(2)));
        drop(held);
        assert_eq!(found(place, &named).intent.id, id(2));
    });
}

#[test]
fn what_was_refused_and_keeps_its_key_is_gone_on_with() {
    on_each(|place| {
        let kept = Outcome::KeyKept { failure: failure(Class::RoleRequired), baseline: None };
        left_behind(place, &question(), 1, &[sending(), JournalRow::Final(kept)]);
        assert_eq!(found(place, &question()).intent.id, id(1));
        let refused = Outcome::Refused(failure(Class::RoleRequired));
        let other = Question { amount: amount("30"), ..question() };
        left_behind(place, &other, 2, &[sending(), JournalRow::Final(refused)]);
        assert_eq!(is_new(looked(place, &other)), None);
    });
}

#[test]
fn what_other_machines_may_have_done_matters_where_they_have_a_journal_of_their_own() {
    on_each(|place| {
        let named = Question { called: once("nightly"), ..question() };
        left_behind(place, &named, 1, &[]);
        let unproven = Some(FirstUse { since: None, proven: false });
        let elsewhere = Question { first_use: unproven, ..named };
        let is_shared = place.shared().is_some();
        assert_eq!(found(place, &elsewhere).intent.first_use_proven, is_shared);
    });
}

#[test]
fn an_account_that_is_bought_for_is_busy_for_a_look_as_well() {
    on_each(|place| {
        let unkeyed = Question { seller: UNKEYED, first_use: None, ..question() };
        let account = key::buying_id(ORIGIN, &unkeyed.buyer);
        assert_eq!(is_new(looked(place, &unkeyed)), None);
        let held = opened(place, &unkeyed, 1).expect("made");
        let seen = looked(place, &unkeyed);
        assert!(matches!(seen, Ok(Preview::AccountBusy(busy)) if busy == account), "{seen:?}");
        // Another account is free; where a person pays all are one.
        let you = Question { buyer: buyer(Some("org"), Some("you")), ..unkeyed };
        assert_eq!(is_new(looked(place, &you)), None);
        drop(held);
        // The key of a name is not sent: none is shown.
        let named = Question { called: once("nightly"), amount: amount("30"), ..you };
        assert_eq!(is_new(looked(place, &named)), None);
        let in_ci = Question { in_ci: true, ..named };
        assert_eq!(looked(place, &in_ci).expect_err("no name holds").class(), Class::Usage);
    });
}

#[test]
fn a_look_says_what_would_be_refused() {
    on_each(|place| {
        let unkeyed = Question { seller: UNKEYED, first_use: None, ..question() };
        let verdict = Verdict::Unknown;
        let lost = JournalRow::Attempt { n: 1, verdict, failure: failure(Class::Timeout) };
        left_behind(place, &unkeyed, 1, &[sending(), lost]);
        // Another one could not be told from it, whether it is new or waits since before.
        let other = Question { amount: amount("30"), ..unkeyed };
        let refused = looked(place, &other).expect_err("one is unknown");
        has_code(&refused, "unknown_at_account");
        assert_eq!(refused.parts().charged_now, Some(Charged::No));
        let doubted = Question { amount: amount("40"), ..question() };
        left_behind(place, &doubted, 2, &[JournalRow::Doubted]);
        let doubted = Question { seller: UNKEYED, first_use: None, ..doubted };
        has_code(&looked(place, &doubted).expect_err("unseen"), key::JOURNAL_RESTORED);
    });
}
