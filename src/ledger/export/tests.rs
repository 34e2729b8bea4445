//! What an exported book says, in which order.

use super::*;
use crate::ledger::sql::{BOOK, for_sqlite};
use crate::ledger::values::{Kind, Model};
use jiff::Timestamp;
use rusqlite::Connection;

/// A row of a book: when, which way, how many millionths, and the balance after it.
type Booked<'b> = (&'b str, Kind, i64, i64);

const BOOKED: [Booked<'_>; 4] = [
    ("2026-11-30T23:30:00Z", Kind::Credit, 10, 10),
    ("2027-02-01T00:00:00Z", Kind::Debit, 3, 7),
    ("2026-12-01T00:00:00Z", Kind::Debit, 1, 6),
    ("2026-12-01T00:00:01Z", Kind::Credit, 4, 10),
];

fn books(books: &[(&str, &[Booked<'_>])], zone: &TimeZone) -> String {
    let db = Connection::open_in_memory().expect("a database");
    db.execute_batch(&for_sqlite(BOOK)).expect("tables");
    for (mandate, rows) in books {
        let account = "INSERT INTO ledger_account VALUES (?1, '', 0)";
        db.execute(account, [mandate]).expect("an account");
        for (at, kind, amount, balance) in *rows {
            let at: Timestamp = at.parse().expect("a time");
            let id = uuid::Uuid::new_v4().to_string();
            db.execute(
                "INSERT INTO ledger_transaction (id, mandate, owner, kind, amount, balance_after,
                     reference, description, created_ms)
                 VALUES (?1, ?2, '', ?3, ?4, ?5, 'ADMIN', 'text', ?6)",
                (id, mandate, kind.word(), amount, balance, at.as_millisecond()),
            )
            .expect("booked");
        }
    }
    let names = books.iter().map(|(name, _)| Mandate::new(name, Model::PrepayMandate));
    let mandates: Vec<Mandate> = names.collect();
    let mut text = String::new();
    write(&mut &db, Format::Hledger, &mandates, zone, &mut |piece| {
        text.push_str(piece);
        Ok(())
    })
    .expect("written");
    text
}

/// Day, amount and balance of each transaction, in the order in which they are written.
fn days(text: &str) -> Vec<String> {
    let mut days = Vec::new();
    let mut day = "";
    for line in text.lines() {
        if line.contains(" * ") {
            day = &line[..10];
        }
        if let Some((_, amounts)) = line.split_once("  CHF ")
            && let Some((amount, balance)) = amounts.split_once(" = CHF ")
        {
            days.push(format!("{day} {amount} {balance}"));
        }
    }
    days
}

#[test]
fn a_booking_of_a_clock_that_was_ahead_stands_where_its_month_is() {
    assert_eq!(
        days(&books(&[("acme", &BOOKED)], &TimeZone::UTC)),
        [
            "2026-11-30 0.000010 0.000010",
            "2026-12-01 -0.000001 0.000009",
            "2026-12-01 0.000004 0.000013",
            "2027-02-01 -0.000003 0.000010",
        ]
    );
    let zone = TimeZone::fixed(jiff::tz::offset(1));
    assert!(days(&books(&[("acme", &BOOKED)], &zone))[0].starts_with("2026-12-01"));
    // What the ledger says itself is asserted, also where its sum is another one.
    let mut wrong = BOOKED;
    wrong[3].3 = 11;
    assert!(days(&books(&[("acme", &wrong)], &TimeZone::UTC))[3].ends_with(" 0.000011"));
}

#[test]
fn books_of_several_mandates_are_one_by_their_days() {
    let other = [
        ("2026-11-29T12:00:00Z", Kind::Credit, 20, 20),
        ("2026-12-01T12:00:00Z", Kind::Debit, 5, 15),
    ];
    assert_eq!(
        days(&books(&[("acme", &BOOKED), ("beta", &other)], &TimeZone::UTC)),
        [
            "2026-11-29 0.000020 0.000020",
            "2026-11-30 0.000010 0.000010",
            "2026-12-01 -0.000001 0.000009",
            "2026-12-01 0.000004 0.000013",
            "2026-12-01 -0.000005 0.000015",
            "2027-02-01 -0.000003 0.000010",
        ]
    );
}

#[test]
fn the_other_side_has_the_other_sign_and_nothing_has_none() {
    let booked = [
        ("2026-11-30T00:00:00Z", Kind::Credit, 5, 5),
        ("2026-11-30T00:00:00Z", Kind::Debit, 5, 0),
        ("2026-11-30T00:00:00Z", Kind::Debit, 0, 0),
    ];
    let text = books(&[("acme", &booked)], &TimeZone::UTC);
    let others: Vec<&str> = text
        .lines()
        .filter_map(|line| line.strip_prefix("    equity:acme:admin in acme  "))
        .collect();
    assert_eq!(others, ["CHF -0.000005", "CHF 0.000005", "CHF 0.000000"]);
    let days = days(&text);
    assert_eq!(days[1..], ["2026-11-30 -0.000005 0.000000", "2026-11-30 0.000000 0.000000"]);
}

#[test]
fn what_cannot_be_taken_ends_the_export() {
    let db = Connection::open_in_memory().expect("a database");
    db.execute_batch(&for_sqlite(BOOK)).expect("tables");
    let mandates = [Mandate::new("acme", Model::PrepayMandate)];
    let full = || crate::core::failure::Failure::config("no room");
    let taken = write(&mut &db, Format::Beancount, &mandates, &TimeZone::UTC, &mut |_| Err(full()));
    assert_eq!(taken.expect_err("it ends").to_string(), "no room");
}
