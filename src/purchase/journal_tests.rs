//! The journal: what is written comes back, what is open is found, nothing is lost.

#[path = "journal_tests/lock_order.rs"]
mod lock_order;
#[path = "journal_tests/shared.rs"]
mod shared_tests;
#[path = "journal_tests/spending.rs"]
mod spending_tests;
#[path = "journal_tests/standing.rs"]
mod standing_tests;
#[path = "journal_tests/versions.rs"]
mod versions;

#[path = "journal_tests/holding.rs"]
mod holding;

use super::*;
use crate::core::class::Class;
use crate::core::environment::Variables;
use crate::core::money::Amount;
use crate::ledger::suite::server::Server;
use crate::provider::plans::{Item, PlanName};
use crate::provider::{Bill, ChargeId, IdempotencyKey};
use crate::purchase::record::FailureRecord;
use crate::purchase::record::{Intent, KeyOrigin, OpenedPayment, Outcome, Reporter};
use crate::purchase::request::PurchaseSubject;
use crate::store::state::StateStore;
use rusqlite::params;
use rust_decimal::Decimal;

pub(super) fn stamp(text: &str) -> Stamp {
    Stamp::from_wall(text.parse().expect(text))
}

pub(super) fn intent(amount: &str, naming: KeyOrigin) -> Intent {
    let id = Uuid::new_v4();
    Intent {
        id,
        system: crate::provider::NOUS,
        origin: "https://portal.example".into(),
        profile: Some("default".into()),
        base_url: Some("https://portal.example/base".into()),
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

pub(super) fn add(journal: &mut Journal, intent: &Intent, at: &str, rows: &[JournalRow]) {
    let added = journal.exclusively(|alone| {
        let _lease = alone.store().map(|store| alone.try_take(store, intent.id)).transpose()?;
        alone.add(intent, &stamp(at))?;
        rows.iter().try_for_each(|row| alone.append(intent.id, &stamp(at), row))
    });
    added.expect("durable");
}

/// Asks a transaction.
fn within<T>(journal: &mut Journal, mut ask: impl FnMut(&Exclusive<'_>) -> T) -> T {
    journal.exclusively(|alone| Ok(ask(alone))).expect("a session")
}

/// The database of a journal in a file.
fn file_of(journal: &Journal) -> &Connection {
    match &journal.kept {
        Kept::File { db, .. } => db,
        Kept::Shared(_) => panic!("it is on a server"),
    }
}

/// A journal in this file.
pub(super) fn at_file(file: &Path) -> JournalPlace {
    JournalPlace::Files { journal: file.to_owned(), locks: file.with_extension("locks") }
}

/// Runs a test on a fresh journal of each kind: in a file, and on a server where there is one.
pub(in crate::purchase) fn on_each(test: impl Fn(&JournalPlace)) {
    let folder = crate::core::scratch::tempdir().expect("a folder");
    test(&JournalPlace::in_folder(folder.path()));
    if let Some(server) = Server::shared() {
        let schema = server.schema();
        let store = StateStore::new(&schema.url, None, &Variables::default()).expect("a URL");
        let spool = Spool::new(folder.path().join("spool.jsonl"));
        test(&JournalPlace::Shared { store, spool });
    }
}

pub(super) fn settled() -> JournalRow {
    JournalRow::Final(Outcome::Settled {
        amount_usd: crate::core::money::Money::parse("25").expect("money"),
        settled_at: None,
        bill: Bill::default(),
    })
}

pub(super) fn sending() -> JournalRow {
    JournalRow::Sending { n: 1, baseline: None }
}

fn ids(purchases: &[Purchase]) -> Vec<Uuid> {
    purchases.iter().map(|purchase| purchase.intent.id).collect()
}

#[test]
fn rows_come_back_as_they_were_written() {
    let folder = crate::core::scratch::tempdir().expect("a folder");
    let file = folder.path().join("deep/journal.db");
    let intent = intent("25", KeyOrigin::Once { name: "näme".into(), generation: 2 });
    let charge_id = ChargeId::parse("ch_1").expect("an id");
    let rows = [
        sending(),
        JournalRow::Accepted { n: 1, charge_id: charge_id.clone(), payment: None },
        settled(),
        JournalRow::Delivered,
    ];
    add(&mut Journal::open(&at_file(&file)).expect("made"), &intent, "2026-11-20T12:00:00Z", &rows);
    let journal = Journal::open_if_there(&at_file(&file)).expect("no error").expect("there");
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
    on_each(|place| {
        let mut journal = Journal::open(place).expect("made");
        let at = "2026-11-20T12:00:00Z";
        let sending = sending();
        let open = intent("25", KeyOrigin::Random);
        let unseen = intent("25", KeyOrigin::Random);
        let seen = intent("25", KeyOrigin::Random);
        let named = intent("25", KeyOrigin::Once { name: "x".into(), generation: 0 });
        let refused = intent("25", KeyOrigin::Random);
        let refusal = JournalRow::Final(Outcome::NeverSent);
        add(&mut journal, &open, at, std::slice::from_ref(&sending));
        add(&mut journal, &unseen, at, &[settled()]);
        add(&mut journal, &seen, at, &[settled(), JournalRow::Delivered]);
        let reported = JournalRow::Reported { by: Reporter::Status };
        add(&mut journal, &intent("25", KeyOrigin::Random), at, &[settled(), reported]);
        add(&mut journal, &named, at, &[sending]);
        add(&mut journal, &refused, at, &[refusal.clone(), JournalRow::Reopened]);
        let kept = intent("25", KeyOrigin::Random);
        let failure = FailureRecord {
            class: Class::RoleRequired,
            code: None,
            status: None,
            message: "no".into(),
            portal_url: None,
        };
        let key_kept = JournalRow::Final(Outcome::KeyKept { failure, baseline: None });
        add(&mut journal, &kept, at, std::slice::from_ref(&key_kept));
        let again = intent("25", KeyOrigin::Random);
        add(&mut journal, &again, at, &[key_kept, JournalRow::Reopened]);
        within(&mut journal, |session| {
            let origin = "https://portal.example";
            let found = ids(&session.open(origin).expect("found"));
            let mut expected = [open.id, named.id, refused.id, again.id];
            expected.sort();
            let mut sorted = found.clone();
            sorted.sort();
            assert_eq!(sorted, expected, "reopened is open");
            assert_eq!(ids(&session.unreported(origin).expect("found")), [unseen.id]);
            assert_eq!(ids(&session.with_kept_key(origin).expect("found")), [kept.id]);
            assert!(session.open("https://other.example").expect("nothing").is_empty());
            let unnamed = ids(&session.unnamed_anywhere(origin).expect("found"));
            assert!(!unnamed.contains(&named.id) && unnamed.ends_with(&[unseen.id, kept.id]));
            let by_name =
                session.by_name("https://portal.example", Some("org"), "x").expect("no error");
            assert_eq!(by_name.expect("found").intent.id, named.id);
        });
    });
}

#[test]
fn spent_is_everything_but_what_is_proved_not_charged() {
    on_each(|place| {
        let mut journal = Journal::open(place).expect("made");
        let never = JournalRow::Final(Outcome::NeverSent);
        for (amount, at, rows) in [
            ("1", "2026-11-20T00:00:00Z", vec![settled()]),
            ("2", "2026-11-20T12:00:00Z", vec![sending()]),
            ("4", "2026-11-19T23:59:59Z", vec![settled()]),
            ("8", "2026-11-20T12:00:00Z", vec![never.clone()]),
            ("16", "2026-11-20T12:00:00Z", vec![never, JournalRow::Reopened]),
            ("32", "2026-10-31T23:59:59Z", vec![settled()]),
        ] {
            add(&mut journal, &intent(amount, KeyOrigin::Random), at, &rows);
        }
        within(&mut journal, |session| {
            let (day, month) =
                super::super::guards::periods("2026-11-20T13:00:00Z".parse().expect("a time"))
                    .expect("periods");
            let spent = session.spent("https://portal.example", day, month).expect("a sum");
            assert_eq!((spent.today, spent.this_month), (Decimal::from(19), Decimal::from(23)));
        });
    });
}

#[test]
fn rows_cannot_be_changed_or_deleted() {
    let folder = crate::core::scratch::tempdir().expect("a folder");
    let file = folder.path().join("journal.db");
    let mut journal = Journal::open(&at_file(&file)).expect("made");
    add(&mut journal, &intent("25", KeyOrigin::Random), "2026-11-20T12:00:00Z", &[]);
    for order in ["UPDATE entry SET kind = 'x'", "DELETE FROM entry", "DELETE FROM purchase"] {
        assert!(
            Connection::open(&file).expect("a database").execute(order, []).is_err(),
            "{order}"
        );
    }
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
    on_each(|place| {
        let mut journal = Journal::open(place).expect("made");
        let (credits, plus, free) = (
            intent("20", KeyOrigin::Random),
            upgrade_to("plus", "20.00"),
            upgrade_to("pro", "0.00"),
        );
        for intent in [&credits, &plus, &free] {
            add(&mut journal, intent, "2026-11-20T12:00:00Z", &[sending()]);
        }
        let read = journal.load(free.id).expect("read");
        assert_eq!(read.intent, free, "nothing due comes back as well");
        let origin = "https://portal.example";
        within(&mut journal, |session| {
            let open = |wanted: PurchaseSubject<'_>| {
                let mut open = session.open(origin).expect("found");
                open.retain(|purchase| wanted.is(&purchase.intent));
                ids(&open)
            };
            let twenty = Amount::parse("20").expect("an amount");
            assert_eq!(
                open(PurchaseSubject::Credits(twenty)),
                [credits.id],
                "an upgrade at that price is another"
            );
            assert_eq!(open(PurchaseSubject::Plan("plus")), [plus.id]);
            assert!(open(PurchaseSubject::Plan("20.00")).is_empty());
            let unnamed = session.unnamed_anywhere(origin).expect("found");
            assert_eq!(unnamed.len(), 3);
            let day = "2026-11-20T00:00:00Z".parse().expect("a time");
            assert_eq!(session.spent(origin, day, day).expect("summed").today, Decimal::from(40));
        });
    });
}

#[test]
fn what_begins_anew_at_another_price_counts_at_that_price() {
    on_each(|place| {
        let mut journal = Journal::open(place).expect("made");
        let again = upgrade_to("plus", "20.00");
        let amount = Amount::parse("12.50").expect("an amount");
        let rows = [JournalRow::Final(Outcome::NeverSent), JournalRow::ReopenedAt { amount }];
        add(&mut journal, &again, "2026-11-20T12:00:00Z", &rows);
        let not_needed = upgrade_to("pro", "80.00");
        add(
            &mut journal,
            &not_needed,
            "2026-11-20T12:00:00Z",
            &[JournalRow::Final(Outcome::NotNeeded)],
        );
        let in_force = upgrade_to("max", "1.00");
        add(
            &mut journal,
            &in_force,
            "2026-11-20T12:00:00Z",
            &[JournalRow::Final(Outcome::InForce)],
        );
        let origin = "https://portal.example";
        let day = "2026-11-20T00:00:00Z".parse().expect("a time");
        let spent =
            within(&mut journal, |session| session.spent(origin, day, day).expect("summed"));
        assert_eq!(
            spent.today,
            Decimal::new(1350, 2),
            "what may have been paid counts, as it was due"
        );
        assert_eq!(journal.unfinished(origin).expect("found"), [again.id]);
        let unreported = within(&mut journal, |session| session.unreported(origin).expect("found"));
        assert_eq!(ids(&unreported), [in_force.id], "who paid is worth telling, and only that");
        assert_eq!(journal.load(again.id).expect("read").intent.amount, amount);
    });
}

#[test]
fn a_name_stands_for_its_newest_purchase() {
    on_each(|place| {
        let mut journal = Journal::open(place).expect("made");
        let named =
            |generation| intent("25", KeyOrigin::Once { name: "märz refill".into(), generation });
        let (first, second) = (named(0), named(1));
        for intent in [&first, &second] {
            add(&mut journal, intent, "2026-11-20T12:00:00Z", &[sending()]);
        }
        assert_eq!(journal.matching("märz refill").expect("found"), [second.id]);
        assert!(journal.matching("märz").expect("nothing").is_empty());
    });
}

#[test]
fn what_a_purchase_costs_is_what_its_newest_row_says() {
    on_each(|place| {
        let mut journal = Journal::open(place).expect("made");
        let at = "2026-11-20T12:00:00Z";
        let total = JournalRow::Final(Outcome::Settled {
            amount_usd: crate::core::money::Money::parse("25").expect("money"),
            settled_at: None,
            bill: Bill {
                total_usd: crate::core::money::Money::parse("27.1234"),
                ..Bill::default()
            },
        });
        add(&mut journal, &intent("25", KeyOrigin::Random), at, &[sending(), total]);
        let day = at.parse().expect("a time");
        within(&mut journal, |session| {
            let spent = session.spent("https://portal.example", day, day).expect("summed");
            assert_eq!(spent.today.to_string(), "27.1234");
        });
    });
}

#[test]
fn a_long_journal_is_read_page_by_page_and_none_of_it_twice() {
    let folder = crate::core::scratch::tempdir().expect("a folder");
    let file = folder.path().join("journal.db");
    drop(Connection::open(&file).expect("a file"));
    let journal = Journal::connect(&file).expect("a journal");
    let db = Connection::open(&file).expect("a file");
    // Seven purchases of each moment.
    db.execute_batch(
        "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 99)
         INSERT INTO purchase (id, origin, naming, generation, idempotency_key, amount, asked_ms)
         SELECT printf('%08x-0000-4000-8000-000000000000', i * 2654435761 % 4294967296), 'o',
             'fresh', 0, i, '1.00', i / 7 FROM n",
    )
    .expect("filled");
    let since = |ms: i64| Period {
        since: Some(Timestamp::from_millisecond(ms).expect("a time")),
        until: None,
    };
    for (period, count) in [(Period::default(), 100), (since(5), 65), (since(99), 0)] {
        let whole = journal.newest(&period, 1000).expect("read");
        assert_eq!(whole.len(), count);
        for size in [1, 6, 7, 100] {
            let mut read = journal.newest(&period, size).expect("read");
            while let Some(last) = read.last().copied() {
                let page = journal.newest_behind(&period, last, size).expect("read");
                if page.is_empty() {
                    break;
                }
                read.extend(page);
            }
            assert_eq!(read, whole, "{size}");
        }
    }
}
