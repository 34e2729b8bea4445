//! Journals of other versions: older ones are brought on, newer ones left alone.

use super::*;

#[test]
fn what_is_newer_or_no_journal_is_refused_and_left_alone() {
    let folder = crate::core::scratch::tempdir().expect("a folder");
    let file = folder.path().join("journal.db");
    drop(Journal::open(&at_file(&file)).expect("made"));
    Connection::open(&file)
        .expect("open")
        .pragma_update(None, "user_version", VERSION + 1)
        .expect("newer");
    let before = std::fs::read(&file).expect("read");
    let refused = Journal::open(&at_file(&file)).expect_err("newer");
    assert_eq!(refused.class(), Class::Config);
    assert!(refused.to_string().contains("newer topup"), "{refused}");
    assert_eq!(std::fs::read(&file).expect("read"), before);
    let nonsense = vec![b'x'; 5000];
    std::fs::write(&file, &nonsense).expect("written");
    assert_eq!(Journal::open(&at_file(&file)).expect_err("no journal").class(), Class::Config);
    assert_eq!(std::fs::read(&file).expect("read"), nonsense);
}

#[test]
fn a_journal_of_the_first_version_is_brought_on_and_keeps_its_purchases() {
    let folder = crate::core::scratch::tempdir().expect("a folder");
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
    let journal = Journal::open(&at_file(&file)).expect("opened");
    let open: String = file_of(&journal)
        .query_row("SELECT purchase FROM unfinished", [], |row| row.get(0))
        .expect("it has not ended");
    assert_eq!(open, "x");
    let purchases: i64 = file_of(&journal)
        .query_row("SELECT count(*) FROM purchase WHERE amount = '25.00'", [], |row| row.get(0))
        .expect("counted");
    assert_eq!((purchases, version(file_of(&journal)).expect("a version")), (1, VERSION));
}

#[test]
fn a_journal_of_the_version_before_plans_is_brought_on_and_its_purchases_are_credits() {
    let folder = crate::core::scratch::tempdir().expect("a folder");
    let file = folder.path().join("journal.db");
    let old = Connection::open(&file).expect("made");
    for tables in [TABLES, payments::TABLES, standing::TABLES] {
        old.execute_batch(tables).expect("its tables");
    }
    let kept = Intent { profile: None, base_url: None, ..intent("25", KeyOrigin::Random) };
    let id = kept.id.to_string();
    old.execute(
        "INSERT INTO purchase VALUES (?1, ?2, 'org', 'random', NULL, 0, ?1, '25.00', 7)",
        params![id, kept.origin],
    )
    .expect("a purchase");
    let mut row = serde_json::to_value(JournalRow::Intent(kept.clone())).expect("a row");
    for newer in ["item", "profile", "base_url"] {
        row["with"].as_object_mut().expect("an intent").remove(newer);
    }
    let at = serde_json::to_string(&stamp("2026-11-20T12:00:00Z")).expect("a stamp");
    old.execute(
        "INSERT INTO entry (purchase, kind, stamp, body) VALUES (?1, 'intent', ?2, ?3)",
        params![id, at, row.to_string()],
    )
    .expect("its intent");
    old.pragma_update(None, "user_version", 3).expect("its version");
    drop(old);
    let mut journal = Journal::open(&at_file(&file)).expect("opened");
    assert_eq!(journal.load(kept.id).expect("read").intent, kept);
    let open = within(&mut journal, |session| session.open(&kept.origin).expect("found"));
    assert_eq!(ids(&open), [kept.id]);
}

#[test]
fn a_journal_that_became_newer_meanwhile_is_left_alone() {
    let folder = crate::core::scratch::tempdir().expect("a folder");
    let file = folder.path().join("journal.db");
    let mut journal = Journal::open(&at_file(&file)).expect("made");
    let purchase = intent("25", KeyOrigin::Random);
    add(&mut journal, &purchase, "2026-11-20T12:00:00Z", &[]);
    let other = Connection::open(&file).expect("opened");
    other.pragma_update(None, "user_version", VERSION + 1).expect("newer");
    let row = sending();
    let refused = journal.append(purchase.id, &stamp("2026-11-20T12:00:01Z"), &row);
    assert_eq!(refused.expect_err("newer").class(), Class::Config);
    let rows: i64 =
        other.query_row("SELECT COUNT(*) FROM entry", [], |row| row.get(0)).expect("counted");
    assert_eq!(rows, 1);
}

/// A journal of the version before, with payments in tables of their own.
fn with_old_payments(file: &Path, payments: &[(&str, Option<&str>, &[&str])]) {
    let old = Connection::open(file).expect("made");
    for tables in [TABLES, payments::TABLES, standing::TABLES, PLANS] {
        old.execute_batch(tables).expect("its tables");
    }
    for (id, account, rows) in payments {
        old.execute(
            "INSERT INTO payment VALUES (?1, 'http://agent', ?2, 7000)",
            params![id, account],
        )
        .expect("a payment");
        for body in *rows {
            let kind: serde_json::Value = serde_json::from_str(body).expect("a row");
            old.execute(
                "INSERT INTO payment_entry (payment, kind, at, body)
                 VALUES (?1, ?2, '2026-11-20T12:00:00Z', ?3)",
                params![id, kind["row"].as_str(), body],
            )
            .expect("its row");
        }
    }
    old.pragma_update(None, "user_version", 4).expect("its version");
}

#[test]
fn payments_of_the_version_before_are_purchases_and_nothing_of_them_is_lost() {
    const OPENED: &str = r#"{"row":"opened","payment_id":"pi_1","price":{"minor":500,"currency":"USD"},"uses":100,"publishable_key":"pk","page":"http://agent/pay"}"#;
    const ASKED: &str = r#"{"row":"asked"}"#;
    let id = |n: u8| format!("00000000-0000-4000-8000-00000000000{n}");
    let folder = crate::core::scratch::tempdir().expect("a folder");
    let file = folder.path().join("journal.db");
    let ended = |how: &str| format!(r#"{{"row":"ended",{how}}}"#);
    let settled =
        ended(r#""how":"settled","word":"succeeded","credits_added":0,"balance_after":99"#);
    let failed = ended(r#""how":"failed","word":"failed""#);
    let canceled = ended(r#""how":"failed","word":"canceled""#);
    let refused = ended(r#""how":"refused","class":"billing_disabled""#);
    let never = ended(r#""how":"never_shown""#);
    let marked = ended(r#""how":"marked_charged""#);
    let not_charged = ended(r#""how":"marked_not_charged""#);
    with_old_payments(
        &file,
        &[
            (&id(1), Some("ann"), &[ASKED, OPENED]),
            (&id(2), None, &[ASKED, OPENED, &settled, r#"{"row":"delivered"}"#]),
            (&id(3), None, &[ASKED, OPENED, &failed]),
            (&id(4), None, &[ASKED, OPENED, &canceled, r#"{"row":"delivered"}"#]),
            (&id(5), None, &[ASKED, &refused]),
            (&id(6), None, &[ASKED, &never]),
            (&id(7), None, &[ASKED, OPENED, &marked]),
            (&id(8), None, &[ASKED, OPENED, &not_charged]),
            (&id(9), None, &[ASKED]),
        ],
    );
    assert_eq!(look(&file).expect("read").expect("there").purchases, 9, "an old one is read");
    let mut journal = Journal::open(&at_file(&file)).expect("brought on");
    let load = |n: u8| journal.load(Uuid::parse_str(&id(n)).expect("an id")).expect("read");
    let open = load(1);
    let expected = OpenedPayment {
        payment_id: ChargeId::parse("pi_1").expect("an id"),
        price: crate::provider::packs::Price { minor: 500, currency: "USD".into() },
        uses: Some(100),
        publishable_key: Some("pk".into()),
        page: "http://agent/pay".into(),
    };
    assert_eq!((open.payment.as_ref(), open.intent.item.clone()), (Some(&expected), Item::Pack));
    assert_eq!(open.intent.subject.as_deref(), Some("ann"));
    assert_eq!(open.intent.amount.to_string(), "5.00");
    assert_eq!(open.asked.wall.as_millisecond(), 7000);
    let paid = load(2);
    let Some(Outcome::Credited(reading)) = &paid.outcome else { panic!("paid: {paid:?}") };
    assert_eq!((reading.word.as_deref(), reading.balance_after), (Some("succeeded"), Some(99)));
    assert!(paid.delivered && !load(3).delivered);
    let class = |n: u8| match load(n).outcome {
        Some(Outcome::Failed(failure) | Outcome::Refused(failure)) => Some(failure.class),
        _ => None,
    };
    assert_eq!(class(3), Some(Class::PaymentFailed));
    assert_eq!(class(4), Some(Class::PaymentCanceled));
    assert_eq!(class(5), Some(Class::BillingDisabled));
    assert_eq!(load(6).outcome, Some(Outcome::NeverSent));
    assert!(matches!(load(7).outcome, Some(Outcome::MarkedCharged { .. })));
    assert_eq!(load(8).outcome, Some(Outcome::MarkedNotCharged));
    assert!(load(9).outcome.is_none() && !load(9).may_have_charged(), "never shown");
    assert_eq!(journal.unfinished("http://agent").expect("found").len(), 2);
    assert_eq!(journal.matching("pi_1").expect("found").len(), 6);
    within(&mut journal, |session| {
        let unreported = ids(&session.unreported("http://agent").expect("found"));
        assert_eq!(
            unreported.len(),
            1,
            "what a person recorded themselves is not news: {unreported:?}"
        );
        let day = "1970-01-01T00:00:00Z".parse().expect("a time");
        let spent = session.spent("http://agent", day, day).expect("summed").today;
        assert_eq!(
            spent,
            Decimal::from(15),
            "what is or can be paid, but nothing that was never shown"
        );
    });
    let named = "SELECT count(*) FROM sqlite_schema WHERE name LIKE '%payment%'";
    let tables: i64 = file_of(&journal).query_row(named, [], |row| row.get(0)).expect("counted");
    assert_eq!(tables, 0);
}

#[test]
fn a_payment_that_cannot_be_read_leaves_the_old_journal_as_it_is() {
    let folder = crate::core::scratch::tempdir().expect("a folder");
    let file = folder.path().join("journal.db");
    let id = "00000000-0000-4000-8000-000000000001";
    with_old_payments(&file, &[(id, None, &[r#"{"row":"asked"}"#, r#"{"row":"of the future"}"#])]);
    let before = std::fs::read(&file).expect("read");
    assert_eq!(Journal::open(&at_file(&file)).expect_err("refused").class(), Class::Config);
    assert_eq!(std::fs::read(&file).expect("read"), before);
}

#[test]
fn a_glance_reads_a_journal_of_this_version_and_no_other() {
    let folder = crate::core::scratch::tempdir().expect("a folder");
    let file = folder.path().join("journal.db");
    drop(Journal::open(&at_file(&file)).expect("made"));
    assert!(Journal::glance(&file).is_some());
    let other = Connection::open(&file).expect("opened");
    for version in [VERSION - 1, VERSION + 1] {
        other.pragma_update(None, "user_version", version).expect("another");
        assert!(Journal::glance(&file).is_none(), "{version}");
    }
}
