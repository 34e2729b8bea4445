use super::*;
use crate::core::class::Class;
use crate::provider::ChargeId;
use crate::provider::packs::Price;
use crate::purchase::payment::{Ended, OpenedPayment};

fn journal(folder: &tempfile::TempDir) -> Journal {
    Journal::open(&folder.path().join("journal.db")).expect("a journal")
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).expect("a time")
}

fn opened(minor: u64, currency: &str) -> Entry {
    Entry::Opened(OpenedPayment {
        payment_id: ChargeId::parse("pi_1").expect("an id"),
        price: Price { minor, currency: currency.into() },
        uses: Some(100),
        publishable_key: None,
        page: "https://agent.example".into(),
    })
}

/// Adds a payment with these rows; gives its id.
fn add(journal: &mut Journal, account: Option<&str>, second: i64, rows: &[Entry]) -> Uuid {
    let account = account.map(str::to_owned);
    let payment = Payment::new(Uuid::new_v4(), "origin".into(), account, at(second));
    let session = journal.exclusively().expect("a session");
    session.add_payment(&payment).expect("added");
    for row in rows {
        session.append_to_payment(payment.id, at(second), row).expect("appended");
    }
    session.commit().expect("durable");
    payment.id
}

#[test]
fn an_open_payment_is_found_by_its_account_and_by_a_login_that_does_not_say_who_it_is() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut journal = journal(&folder);
    let ann = add(&mut journal, Some("ann"), 1, &[opened(500, "USD")]);
    let nobody = add(&mut journal, None, 2, &[opened(500, "USD")]);
    let mut found = |origin: &str, account: Option<&str>| -> Vec<Uuid> {
        let session = journal.exclusively().expect("a session");
        let open = session.open_payments(origin, account).expect("read");
        open.into_iter().map(|payment| payment.id).collect()
    };
    assert_eq!(found("origin", Some("ann")), [nobody, ann], "newest first");
    assert_eq!(found("origin", Some("ben")), [nobody]);
    assert_eq!(found("origin", None), [nobody, ann]);
    assert!(found("elsewhere", None).is_empty());
}

#[test]
fn what_ended_is_untold_until_it_was_delivered_and_what_nobody_saw_never_is() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut journal = journal(&folder);
    let failed = Entry::Ended(Ended::Failed { word: "failed".into() });
    let one = add(&mut journal, None, 1, &[opened(500, "USD"), failed]);
    add(&mut journal, None, 2, &[Entry::Ended(Ended::NeverShown)]);
    add(&mut journal, None, 3, &[Entry::Ended(Ended::Refused { class: Class::ServerError })]);
    let untold = |journal: &mut Journal| -> Vec<Uuid> {
        let session = journal.exclusively().expect("a session");
        let list = session.untold_payments("origin", None).expect("read");
        list.into_iter().map(|payment| payment.id).collect()
    };
    assert_eq!(untold(&mut journal), [one]);
    assert!(journal.unfinished_payments("origin").expect("read").is_empty());
    journal.append_to_payment(one, at(9), &Entry::Delivered).expect("noted");
    assert!(untold(&mut journal).is_empty());
    assert!(journal.payment(one).expect("read").delivered);
    let word = &one.to_string()[..8];
    assert_eq!(journal.matching_payments(word).expect("read"), [one]);
    assert_eq!(journal.matching_payments("pi_1").expect("read"), [one]);
}

#[test]
fn what_was_or_can_be_paid_in_dollars_counts_against_the_limits() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut journal = journal(&folder);
    let paid = || {
        Entry::Ended(Ended::Settled {
            word: "succeeded".into(),
            credits_added: None,
            balance_after: None,
        })
    };
    let (day, month) = (at(200_000), at(100_000));
    add(&mut journal, None, 99_000, &[opened(100, "USD"), paid()]);
    add(&mut journal, None, 150_000, &[opened(200, "USD"), paid()]);
    add(&mut journal, None, 210_000, &[opened(400, "USD")]);
    add(&mut journal, None, 210_000, &[opened(800, "USD"), Entry::Ended(Ended::MarkedNotCharged)]);
    add(&mut journal, None, 210_000, &[opened(1600, "EUR"), paid()]);
    let own = add(&mut journal, None, 210_000, &[opened(3200, "USD")]);
    let session = journal.exclusively().expect("a session");
    let spent = session.spent_in_payments("origin", day, month, own).expect("read");
    assert_eq!((spent.today, spent.this_month), (Decimal::from(4), Decimal::from(6)));
}
