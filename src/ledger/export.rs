//! The books as plain-text accounting, for hledger, ledger and beancount: every transaction with both
//! of its sides, and what each account has to come to, so that the other program checks the sums.
//!
//! Each amount has six decimals: some readers take the decimals that are written for what counts.
//! The mandate stands in the name of every account, so that any number of exports can be included in
//! one book.

mod beancount;
mod journal;

use super::book::six_places;
use super::stats::day_in;
use super::values::{Kind, Mandate, Transaction};
use crate::core::escape;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use rust_decimal::Decimal;
use std::collections::BTreeMap;

/// The programs that are written for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// hledger and ledger, and what reads their journals.
    Hledger,
    /// beancount.
    Beancount,
}

/// What a mandate has booked.
#[derive(Clone, Debug)]
pub struct Book {
    /// Whose it is.
    pub mandate: Mandate,
    /// The whole of it, in the order in which it was booked.
    pub transactions: Vec<Transaction>,
}

/// Writes whole books: by their days in this zone, and on each day in the order in which they were
/// booked. A day is that of the clock which booked, as it is for the sums.
pub fn write(format: Format, books: &[Book], zone: &TimeZone) -> String {
    let mut entries: Vec<BookEntry> = books.iter().flat_map(|book| entries(book, zone)).collect();
    // Stable: what is of one day stays in the order of its book.
    entries.sort_by_key(|entry| entry.day);
    let currencies = books.iter().map(|book| plain(&book.mandate.currency)).collect();
    match format {
        Format::Hledger => journal::write(&currencies, &entries),
        Format::Beancount => {
            let names: Vec<String> =
                books.iter().map(|book| plain(&book.mandate.mandate)).collect();
            beancount::write(&names.join(", "), &currencies, &entries)
        }
    }
}

/// One transaction, as every format needs it. No text in it ends a line or is more than it seems to
/// be: a shared book may hold what another program wrote.
struct BookEntry {
    day: Date,
    mandate: String,
    /// The user whose account it moves; none: the pool.
    user: Option<String>,
    other: Other,
    currency: String,
    /// What is added to the account, and taken from the other one.
    amount: String,
    /// What the account has to come to.
    balance: String,
    description: String,
    facts: Vec<(&'static str, String)>,
}

/// Where money comes from or goes to.
enum Other {
    /// A provider that was paid, where it is known.
    Provider(Option<String>),
    /// Whatever else moved it.
    Reference(&'static str),
}

fn plain(text: &str) -> String {
    escape::value(text)
}

/// The entries of a book by their days. The balances are added up in that order; the last one of an
/// account is the ledger's own, so that a reader notices where the two differ.
fn entries(book: &Book, zone: &TimeZone) -> Vec<BookEntry> {
    let mut own = BTreeMap::new();
    for one in &book.transactions {
        own.insert(&one.account_user, one.balance_after.0);
    }
    let mut dated: Vec<(Date, &Transaction)> =
        book.transactions.iter().map(|one| (day_in(one.created_at, zone), one)).collect();
    dated.sort_by_key(|(day, _)| *day);
    let mut last = BTreeMap::new();
    for (at, (_, one)) in dated.iter().enumerate() {
        last.insert(&one.account_user, at);
    }
    let mut sums: BTreeMap<&Option<String>, Decimal> = BTreeMap::new();
    let mut entries = Vec::with_capacity(dated.len());
    for (at, (day, one)) in dated.into_iter().enumerate() {
        let account = &one.account_user;
        let added = match one.kind {
            Kind::Credit => one.amount.0,
            Kind::Debit => -one.amount.0,
        };
        let sum = sums.entry(account).or_default();
        *sum += added;
        let balance = if last[account] == at { own[account] } else { *sum };
        entries.push(BookEntry {
            day,
            mandate: plain(&one.mandate),
            user: account.as_deref().map(plain),
            other: if one.is_of_use() {
                Other::Provider(one.provider.as_deref().map(plain))
            } else {
                Other::Reference(one.reference.word())
            },
            currency: plain(&book.mandate.currency),
            amount: written(added),
            balance: written(balance),
            description: plain(&one.description),
            facts: facts(one),
        });
    }
    entries
}

/// With six decimals, and nothing is never below zero.
fn written(amount: Decimal) -> String {
    let amount = if amount.is_zero() { Decimal::ZERO } else { amount };
    six_places(amount).to_string()
}

impl BookEntry {
    /// The amount on the other side.
    fn opposite(&self) -> String {
        match self.amount.strip_prefix('-') {
            Some(amount) => amount.to_owned(),
            None if self.amount.bytes().all(|byte| b"0.".contains(&byte)) => self.amount.clone(),
            None => format!("-{}", self.amount),
        }
    }
}

/// What else may be known of a transaction.
const FACTS: &[&str] = &[
    "id",
    "time",
    "user",
    "base-price",
    "markup-percent",
    "workflow",
    "feature-instance",
    "feature",
    "key",
    "reverses",
];

fn facts(one: &Transaction) -> Vec<(&'static str, String)> {
    let values = [
        Some(one.id.clone()),
        Some(one.created_at.to_string()),
        one.user.clone(),
        one.base_price.as_ref().map(ToString::to_string),
        one.markup_percent.map(|percent| percent.to_string()),
        one.workflow_id.clone(),
        one.feature_instance_id.clone(),
        one.feature_code.clone(),
        one.idempotency_key.clone(),
        one.reverses.clone(),
    ];
    let known = FACTS.iter().zip(values);
    known.filter_map(|(name, value)| Some((*name, plain(&value?)))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::money::Money;
    use crate::ledger::values::{Model, Reference};

    fn transaction(seq: i64, at: &str, kind: Kind, amount: i64, balance: i64) -> Transaction {
        Transaction {
            id: format!("id-{seq}"),
            seq,
            mandate: "acme".into(),
            account_user: None,
            kind,
            amount: Money(Decimal::new(amount, 6)),
            balance_after: Money(Decimal::new(balance, 6)),
            reference: Reference::Admin,
            description: "Credit".into(),
            created_at: at.parse().expect("a time"),
            idempotency_key: None,
            provider: None,
            user: None,
            base_price: None,
            markup_percent: None,
            workflow_id: None,
            feature_instance_id: None,
            feature_code: None,
            reverses: None,
        }
    }

    fn days(book: &[BookEntry]) -> Vec<String> {
        book.iter()
            .map(|entry| format!("{} {} {}", entry.day, entry.amount, entry.balance))
            .collect()
    }

    #[test]
    fn a_booking_of_a_clock_that_was_ahead_stands_where_its_month_is() {
        let mandate = Mandate::new("acme", Model::PrepayMandate);
        let transactions = vec![
            transaction(1, "2026-11-30T23:30:00Z", Kind::Credit, 10, 10),
            transaction(2, "2027-02-01T00:00:00Z", Kind::Debit, 3, 7),
            transaction(3, "2026-12-01T00:00:00Z", Kind::Debit, 1, 6),
            transaction(4, "2026-12-01T00:00:01Z", Kind::Credit, 4, 10),
        ];
        let book = Book { mandate, transactions };
        assert_eq!(
            days(&entries(&book, &TimeZone::UTC)),
            [
                "2026-11-30 0.000010 0.000010",
                "2026-12-01 -0.000001 0.000009",
                "2026-12-01 0.000004 0.000013",
                "2027-02-01 -0.000003 0.000010",
            ]
        );
        let zone = TimeZone::fixed(jiff::tz::offset(1));
        assert!(days(&entries(&book, &zone))[0].starts_with("2026-12-01"));
        // What the ledger says itself is asserted, also where its sum is another one.
        let mut wrong = book.clone();
        wrong.transactions[3].balance_after = Money(Decimal::new(11, 6));
        assert!(days(&entries(&wrong, &TimeZone::UTC))[3].ends_with(" 0.000011"));
    }

    #[test]
    fn the_other_side_has_the_other_sign_and_nothing_has_none() {
        for (amount, here, there) in [
            (5, "0.000005", "-0.000005"),
            (-5, "-0.000005", "0.000005"),
            (0, "0.000000", "0.000000"),
        ] {
            let mut entry = entries(
                &Book {
                    mandate: Mandate::new("acme", Model::PrepayMandate),
                    transactions: vec![transaction(1, "2026-11-30T00:00:00Z", Kind::Debit, 1, 1)],
                },
                &TimeZone::UTC,
            )
            .remove(0);
            entry.amount = written(Decimal::new(amount, 6));
            assert_eq!((entry.amount.as_str(), entry.opposite().as_str()), (here, there));
        }
        assert_eq!(written(-Decimal::ZERO), "0.000000");
    }
}
