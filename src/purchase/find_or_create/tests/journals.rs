//! The decision at a journal, in a file and on a server, and the look at what it would come to.

use super::*;
use crate::core::environment::Variables;
use crate::ledger::suite::proxy::{Fault, Proxy};
use crate::ledger::suite::server::{Schema, Server};
use crate::purchase::journal::Spool;
use crate::purchase::journal::tests::on_each;
use crate::store::state::StateStore;
use url::Url;

/// The journal on this server, as another machine opens it.
fn shared(url: &str) -> JournalPlace {
    let store = StateStore::new(url, None, &Variables::default()).expect("a URL");
    JournalPlace::Shared { store, spool: Spool::new("/nowhere/spool.jsonl".into()) }
}

/// The same through a proxy.
fn through(schema: &Schema, faults: &[Fault]) -> (Proxy, JournalPlace) {
    let mut url = Url::parse(&schema.url).expect("a URL");
    let host = url.host_str().expect("a host");
    let proxy = Proxy::to(&format!("{host}:{}", url.port().unwrap_or(5432)), faults);
    url.set_ip_host(proxy.address.ip()).expect("a host");
    url.set_port(Some(proxy.address.port())).expect("a port");
    let place = shared(url.as_str());
    (proxy, place)
}

/// What is decided there about this question, under a new id.
fn opened(place: &JournalPlace, question: &Question, new_id: u128) -> Result<FoundOrCreated> {
    let mut journal = Journal::open(place)?;
    question.with_request(id(new_id), |ask| open(&mut journal, place, ask))
}

fn looked(place: &JournalPlace, question: &Question) -> Result<Preview> {
    question.with_request(id(98), |ask| preview(place, ask))
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
fn what_ended_unseen_is_what_the_next_one_means() {
    on_each(|place| {
        let paid = Outcome::Settled {
            amount_usd: Money::parse("25").expect("money"),
            settled_at: None,
            bill: Bill::default(),
        };
        left_behind(place, &question(), 1, &[sending(), JournalRow::Final(paid)]);
        assert_eq!(found(place, &question()).intent.id, id(1));
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

#[test]
fn where_the_server_may_lose_a_purchase_none_is_made_that_no_key_protects() {
    let Some(server) = Server::shared() else { return };
    let schema = server.schema();
    // A server that is followed and waits for nobody, as far as it says.
    server.run(&format!("CREATE VIEW {}.pg_stat_replication AS SELECT 1 AS pid", schema.name));
    let place = shared(&format!("{}%2Cpg_catalog", schema.url));
    let unkeyed = Question { seller: UNKEYED, first_use: None, ..question() };
    for refused in [opened(&place, &unkeyed, 1).map(|_| ()), looked(&place, &unkeyed).map(|_| ())] {
        let refused = refused.expect_err("a lost row is a second charge");
        assert_eq!((refused.class(), refused.parts().charged), (Class::Config, Some(Charged::No)));
        assert!(refused.to_string().contains("nothing was sent"), "{refused}");
    }
    assert!(Journal::open(&place).expect("a journal").all_open().expect("read").is_empty());
    // A key holds two requests apart, whatever is lost.
    assert!(matches!(opened(&place, &question(), 2), Ok(FoundOrCreated::Ours { .. })));
}

#[test]
fn a_decision_asks_a_server_for_all_that_it_needs_at_once() {
    let Some(server) = Server::shared() else { return };
    let schema = server.schema();
    let (proxy, place) = through(&schema, &[]);
    let end = |number| {
        let mut journal = Journal::open(&place).expect("a journal");
        let end = JournalRow::Final(Outcome::MarkedNotCharged);
        journal.append(id(number), &stamp(), &end).expect("its lease is ours");
    };
    let first = opened(&place, &question(), 1).expect("connected");
    end(1);
    drop(first);
    let none = SpendingLimits::default();
    let limits = SpendingLimits { per_month: Some(amount("4000")), ..none };
    let new = PurchaseName::Nothing { new: true };
    let questions = |key: u8| {
        [
            (new.clone(), none),
            (once(&format!("nightly-{key}")), none),
            (PurchaseName::Key(self::key(&format!("a-key-of-ones-own-{key}"))), none),
            (PurchaseName::Nothing { new: false }, none),
            (new.clone(), limits),
        ]
    };
    // One for the questions, another one where something waits, and one to make it durable; a look only
    // leaves its transaction.
    for (what, waits, ways) in [(0, false, 2), (1, true, 3)] {
        let _open = waits.then(|| opened(&place, &question(), 99).expect("made"));
        for (at, (called, limits)) in (2..).zip(questions(what)) {
            let number = u128::from(what) * 10 + at;
            let asked =
                Question { called, limits, amount: amount(&format!("{number}0")), ..question() };
            let before = proxy.round_trips();
            is_new(looked(&place, &asked));
            let between = proxy.round_trips();
            let made = opened(&place, &asked, number).expect("made");
            let after = proxy.round_trips();
            assert!(matches!(made, FoundOrCreated::Ours { loaded: false, .. }), "{made:?}");
            assert_eq!((between - before, after - between), (ways, ways), "{:?}", asked.called);
            if !waits {
                end(number);
            }
        }
    }
}

#[test]
fn a_purchase_whose_commit_was_lost_is_made_once_and_is_ours() {
    let Some(server) = Server::shared() else { return };
    let schema = server.schema();
    drop(opened(&shared(&schema.url), &question(), 1).expect("the tables are made"));
    for (number, fault) in [(2, Fault::BeforeCommit), (3, Fault::AfterCommit)] {
        let (_proxy, place) = through(&schema, &[fault]);
        let asked = Question { amount: amount(&format!("{number}0")), ..question() };
        let made = opened(&place, &asked, number).expect("made");
        let FoundOrCreated::Ours { purchase, loaded, .. } = &made else { panic!("{made:?}") };
        assert_eq!((purchase.intent.id, *loaded), (id(number), false), "{fault:?}");
        let mut journal = Journal::open(&place).expect("a journal");
        journal.append(id(number), &stamp(), &sending()).expect("its lease is ours");
        drop(made);
        assert_eq!(found(&place, &asked).attempts.len(), 1, "{fault:?}");
        // One that is there is ours as well, where the decision about it is made twice.
        let (_proxy, place) = through(&schema, &[fault]);
        let known = opened(&place, &asked, 97).expect("decided");
        assert!(matches!(known, FoundOrCreated::Ours { loaded: true, .. }), "{known:?}");
    }
}

#[test]
fn a_purchase_that_could_not_be_made_durable_was_not_sent_from_here() {
    let folder = crate::core::scratch::tempdir().expect("a folder");
    let place = JournalPlace::in_folder(folder.path());
    drop(Journal::open(&place).expect("a journal"));
    // What a full disk does: all is written, and the commit fails.
    let db = rusqlite::Connection::open(folder.path().join("journal.db")).expect("a file");
    db.execute_batch(
        "CREATE TABLE late (id TEXT REFERENCES purchase (id) DEFERRABLE INITIALLY DEFERRED);
         CREATE TRIGGER too_late AFTER INSERT ON purchase BEGIN
             INSERT INTO late VALUES ('none');
         END",
    )
    .expect("set up");
    for (proven, charged) in [(true, Charged::No), (false, Charged::Unknown)] {
        let first_use = Some(FirstUse { since: None, proven });
        let named = Question { called: once("nightly"), first_use, ..question() };
        let failed = opened(&place, &named, 1).expect_err("not durable");
        assert_eq!(failed.parts().charged, Some(charged), "{failed}");
        assert_eq!(failed.parts().charged_now, Some(Charged::No));
    }
    assert!(Journal::open(&place).expect("a journal").all_open().expect("read").is_empty());
}
