//! The journal: what is written comes back, what is open is found, nothing is lost.

use super::*;
use crate::core::class::Class;
use crate::core::money::Amount;
use crate::provider::plans::{Item, PlanName};
use crate::provider::{ChargeId, IdempotencyKey};
use crate::purchase::find_or_create::PurchaseSubject;
use crate::purchase::record::{Intent, KeyOrigin, Outcome};
use rusqlite::params;
use rust_decimal::Decimal;

fn stamp(text: &str) -> Stamp {
    Stamp { wall: text.parse().expect(text), boot: None, monotonic_ms: None, server: None }
}

fn intent(amount: &str, naming: KeyOrigin) -> Intent {
    let id = Uuid::new_v4();
    Intent {
        id,
        system: crate::provider::NOUS,
        origin: "https://portal.example".into(),
        organisation: Some("org".into()),
        subject: Some("me".into()),
        naming,
        key: IdempotencyKey::parse(&id.to_string()).expect("a key"),
        amount: Amount::parse(amount).expect("an amount"),
        item: Item::Credits,
        body: r#"{"amountUsd":25}"#.into(),
        first_use_at: None,
        first_use_proven: true,
    }
}

fn add(journal: &mut Journal, intent: &Intent, at: &str, rows: &[Row]) {
    let session = journal.exclusively().expect("a session");
    session.add(intent, &stamp(at)).expect("added");
    for row in rows {
        session.append(intent.id, &stamp(at), row).expect("appended");
    }
    session.commit().expect("durable");
}

fn settled() -> Row {
    Row::Final(Outcome::Settled {
        amount_usd: crate::core::money::Money::parse("25").expect("money"),
        settled_at: None,
    })
}

#[test]
fn rows_come_back_as_they_were_written() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("deep/journal.db");
    let intent = intent("25", KeyOrigin::Once { name: "näme".into(), generation: 2 });
    let charge_id = ChargeId::parse("ch_1").expect("an id");
    let rows = [
        Row::Sending { n: 1 },
        Row::Accepted { n: 1, charge_id: charge_id.clone() },
        settled(),
        Row::Delivered,
    ];
    add(&mut Journal::open(&file).expect("made"), &intent, "2026-11-20T12:00:00Z", &rows);
    let journal = Journal::open_if_there(&file).expect("no error").expect("there");
    let read = journal.load(intent.id).expect("read");
    let mut expected = Purchase::new(intent.clone(), stamp("2026-11-20T12:00:00Z"));
    for row in &rows {
        expected.apply(&stamp("2026-11-20T12:00:00Z"), row);
    }
    assert_eq!(read, expected);
    assert!(read.delivered);
    assert_eq!(journal.matching("ch_1").expect("found"), [intent.id]);
    assert_eq!(journal.matching(&intent.id.to_string()[..8]).expect("found"), [intent.id]);
    assert!(journal.matching("%").expect("nothing").is_empty());
    assert!(journal.unfinished("https://portal.example").expect("nothing").is_empty());
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(&file).expect("there").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}

#[test]
fn open_and_unseen_purchases_are_found_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut journal = Journal::open(&folder.path().join("journal.db")).expect("made");
    let at = "2026-11-20T12:00:00Z";
    let sending = Row::Sending { n: 1 };
    let open = intent("25", KeyOrigin::Random);
    let unseen = intent("25", KeyOrigin::Random);
    let seen = intent("25", KeyOrigin::Random);
    let named = intent("25", KeyOrigin::Once { name: "x".into(), generation: 0 });
    let refused = intent("25", KeyOrigin::Random);
    let refusal = Row::Final(Outcome::NeverSent);
    add(&mut journal, &open, at, std::slice::from_ref(&sending));
    add(&mut journal, &unseen, at, &[settled()]);
    add(&mut journal, &seen, at, &[settled(), Row::Delivered]);
    add(&mut journal, &named, at, &[sending]);
    add(&mut journal, &refused, at, &[refusal.clone(), Row::Reopened]);
    let session = journal.exclusively().expect("a session");
    let amount = Amount::parse("25").expect("an amount");
    let mut found = session
        .open_unnamed("https://portal.example", Some("org"), PurchaseSubject::Credits(amount))
        .expect("found");
    found.sort();
    let mut expected = [open.id, refused.id];
    expected.sort();
    assert_eq!(found, expected, "reopened is open");
    assert_eq!(
        session
            .undelivered("https://portal.example", Some("org"), PurchaseSubject::Credits(amount))
            .expect("found"),
        [unseen.id]
    );
    for (origin, organisation) in
        [("https://other.example", Some("org")), ("https://portal.example", None)]
    {
        assert!(
            session
                .open_unnamed(origin, organisation, PurchaseSubject::Credits(amount))
                .expect("nothing")
                .is_empty()
        );
    }
    let by_name = session.by_name("https://portal.example", Some("org"), "x").expect("no error");
    assert_eq!(by_name.expect("found").intent.id, named.id);
}

#[test]
fn spent_is_everything_but_what_is_proved_not_charged() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut journal = Journal::open(&folder.path().join("journal.db")).expect("made");
    let never = Row::Final(Outcome::NeverSent);
    for (amount, at, rows) in [
        ("1", "2026-11-20T00:00:00Z", vec![settled()]),
        ("2", "2026-11-20T12:00:00Z", vec![Row::Sending { n: 1 }]),
        ("4", "2026-11-19T23:59:59Z", vec![settled()]),
        ("8", "2026-11-20T12:00:00Z", vec![never.clone()]),
        ("16", "2026-11-20T12:00:00Z", vec![never, Row::Reopened]),
        ("32", "2026-10-31T23:59:59Z", vec![settled()]),
    ] {
        add(&mut journal, &intent(amount, KeyOrigin::Random), at, &rows);
    }
    let session = journal.exclusively().expect("a session");
    let (day, month) =
        super::super::guards::periods("2026-11-20T13:00:00Z".parse().expect("a time"))
            .expect("periods");
    let spent = session.spent("https://portal.example", day, month).expect("a sum");
    assert_eq!((spent.today, spent.this_month), (Decimal::from(19), Decimal::from(23)));
}

#[test]
fn what_is_newer_or_no_journal_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("journal.db");
    drop(Journal::open(&file).expect("made"));
    Connection::open(&file)
        .expect("open")
        .pragma_update(None, "user_version", VERSION + 1)
        .expect("newer");
    let before = std::fs::read(&file).expect("read");
    let refused = Journal::open(&file).expect_err("newer");
    assert_eq!(refused.class(), Class::Config);
    assert!(refused.to_string().contains("newer topup"), "{refused}");
    assert_eq!(std::fs::read(&file).expect("read"), before);
    let nonsense = vec![b'x'; 5000];
    std::fs::write(&file, &nonsense).expect("written");
    assert_eq!(Journal::open(&file).expect_err("no journal").class(), Class::Config);
    assert_eq!(std::fs::read(&file).expect("read"), nonsense);
}

#[test]
fn rows_cannot_be_changed_or_deleted() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("journal.db");
    let mut journal = Journal::open(&file).expect("made");
    add(&mut journal, &intent("25", KeyOrigin::Random), "2026-11-20T12:00:00Z", &[]);
    for order in ["UPDATE entry SET kind = 'x'", "DELETE FROM entry", "DELETE FROM purchase"] {
        assert!(journal.db.execute(order, []).is_err(), "{order}");
    }
}

#[test]
fn a_journal_of_the_first_version_gets_the_payments_and_keeps_its_purchases() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("journal.db");
    let old = Connection::open(&file).expect("made");
    old.execute_batch(TABLES).expect("its tables");
    old.execute(
        "INSERT INTO purchase VALUES ('x', 'o', NULL, 'key', NULL, 0, 'k', '25.00', 7)",
        [],
    )
    .expect("a purchase");
    old.pragma_update(None, "user_version", 1).expect("its version");
    drop(old);
    let journal = Journal::open(&file).expect("opened");
    let open: String = journal
        .db
        .query_row("SELECT purchase FROM unfinished", [], |row| row.get(0))
        .expect("it has not ended");
    assert_eq!(open, "x");
    assert!(journal.newest_payments(&Period::default(), 5).expect("read").is_empty());
    let purchases: i64 = journal
        .db
        .query_row("SELECT count(*) FROM purchase WHERE amount = '25.00'", [], |row| row.get(0))
        .expect("counted");
    assert_eq!((purchases, version(&journal.db).expect("a version")), (1, VERSION));
}

fn upgrade_to(tier_id: &str, amount: &str) -> Intent {
    let plan = PlanName { tier_id: tier_id.into(), tier_name: tier_id.to_uppercase() };
    Intent {
        item: Item::Plan(plan),
        amount: Amount::kept(amount).expect("an amount"),
        ..intent("25", KeyOrigin::Random)
    }
}

#[test]
fn an_upgrade_is_found_by_its_plan_and_credits_by_their_amount() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut journal = Journal::open(&folder.path().join("journal.db")).expect("made");
    let (credits, plus, free) =
        (intent("20", KeyOrigin::Random), upgrade_to("plus", "20.00"), upgrade_to("pro", "0.00"));
    for intent in [&credits, &plus, &free] {
        add(&mut journal, intent, "2026-11-20T12:00:00Z", &[Row::Sending { n: 1 }]);
    }
    let (origin, org) = ("https://portal.example", Some("org"));
    let session = journal.exclusively().expect("a session");
    let open = |wanted| session.open_unnamed(origin, org, wanted).expect("found");
    let twenty = Amount::parse("20").expect("an amount");
    assert_eq!(
        open(PurchaseSubject::Credits(twenty)),
        [credits.id],
        "an upgrade at that price is another"
    );
    assert_eq!(open(PurchaseSubject::Plan("plus")), [plus.id]);
    assert!(open(PurchaseSubject::Plan("20.00")).is_empty());
    assert_eq!(session.load(free.id).expect("read").intent, free, "nothing due comes back as well");
    let unnamed = session.unnamed_anywhere(origin).expect("found");
    assert_eq!(unnamed.len(), 3);
    let day = "2026-11-20T00:00:00Z".parse().expect("a time");
    assert_eq!(session.spent(origin, day, day).expect("summed").today, Decimal::from(40));
}

#[test]
fn what_begins_anew_at_another_price_counts_at_that_price() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut journal = Journal::open(&folder.path().join("journal.db")).expect("made");
    let again = upgrade_to("plus", "20.00");
    let amount = Amount::parse("12.50").expect("an amount");
    let rows = [Row::Final(Outcome::NeverSent), Row::ReopenedAt { amount }];
    add(&mut journal, &again, "2026-11-20T12:00:00Z", &rows);
    let not_needed = upgrade_to("pro", "80.00");
    add(&mut journal, &not_needed, "2026-11-20T12:00:00Z", &[Row::Final(Outcome::NotNeeded)]);
    let in_force = upgrade_to("max", "1.00");
    add(&mut journal, &in_force, "2026-11-20T12:00:00Z", &[Row::Final(Outcome::InForce)]);
    let origin = "https://portal.example";
    let day = "2026-11-20T00:00:00Z".parse().expect("a time");
    let spent = journal.exclusively().expect("a session").spent(origin, day, day).expect("summed");
    assert_eq!(spent.today, Decimal::new(1350, 2), "what may have been paid counts, as it was due");
    assert_eq!(journal.unfinished(origin).expect("found"), [again.id]);
    let told = |journal: &mut Journal, tier: &str| {
        let session = journal.exclusively().expect("a session");
        session.undelivered(origin, Some("org"), PurchaseSubject::Plan(tier)).expect("found")
    };
    assert_eq!(told(&mut journal, "max"), [in_force.id], "who paid is worth telling");
    assert!(told(&mut journal, "pro").is_empty());
    assert_eq!(journal.load(again.id).expect("read").intent.amount, amount);
}

#[test]
fn a_journal_of_the_version_before_plans_is_brought_on_and_its_purchases_are_credits() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("journal.db");
    let old = Connection::open(&file).expect("made");
    for tables in [TABLES, payments::TABLES, standing::TABLES] {
        old.execute_batch(tables).expect("its tables");
    }
    let kept = intent("25", KeyOrigin::Random);
    let id = kept.id.to_string();
    old.execute(
        "INSERT INTO purchase VALUES (?1, ?2, 'org', 'random', NULL, 0, ?1, '25.00', 7)",
        params![id, kept.origin],
    )
    .expect("a purchase");
    let mut row = serde_json::to_value(Row::Intent(kept.clone())).expect("a row");
    row["with"].as_object_mut().expect("an intent").remove("item");
    let at = serde_json::to_string(&stamp("2026-11-20T12:00:00Z")).expect("a stamp");
    old.execute(
        "INSERT INTO entry (purchase, kind, stamp, body) VALUES (?1, 'intent', ?2, ?3)",
        params![id, at, row.to_string()],
    )
    .expect("its intent");
    old.pragma_update(None, "user_version", 3).expect("its version");
    drop(old);
    let mut journal = Journal::open(&file).expect("opened");
    assert_eq!(journal.load(kept.id).expect("read").intent, kept);
    let open = journal
        .exclusively()
        .expect("a session")
        .open_unnamed(&kept.origin, Some("org"), PurchaseSubject::Credits(kept.amount))
        .expect("found");
    assert_eq!(open, [kept.id]);
}

#[test]
fn a_name_stands_for_its_newest_purchase() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut journal = Journal::open(&folder.path().join("journal.db")).expect("made");
    let named =
        |generation| intent("25", KeyOrigin::Once { name: "märz refill".into(), generation });
    let (first, second) = (named(0), named(1));
    for intent in [&first, &second] {
        add(&mut journal, intent, "2026-11-20T12:00:00Z", &[Row::Sending { n: 1 }]);
    }
    assert_eq!(journal.matching("märz refill").expect("found"), [second.id]);
    assert!(journal.matching("märz").expect("nothing").is_empty());
}

#[test]
fn a_journal_that_became_newer_meanwhile_is_left_alone() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("journal.db");
    let mut journal = Journal::open(&file).expect("made");
    let purchase = intent("25", KeyOrigin::Random);
    add(&mut journal, &purchase, "2026-11-20T12:00:00Z", &[]);
    let other = Connection::open(&file).expect("opened");
    other.pragma_update(None, "user_version", VERSION + 1).expect("newer");
    let row = Row::Sending { n: 1 };
    let refused = journal.append(purchase.id, &stamp("2026-11-20T12:00:01Z"), &row);
    assert_eq!(refused.expect_err("newer").class(), Class::Config);
    let rows: i64 =
        other.query_row("SELECT COUNT(*) FROM entry", [], |row| row.get(0)).expect("counted");
    assert_eq!(rows, 1);
}
