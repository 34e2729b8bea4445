//! What goes into the books and what is read from them: corrections, lists, sums.

use crate::core::failure::Result;
use crate::core::money::Money;
use crate::core::time::Period;
use crate::ledger::Ledger;
use crate::ledger::list::Take;
use crate::ledger::service::Recorded;
use crate::ledger::stats::{SumBy, SumLine};
use crate::ledger::values::{Filter, Mandate, Posted, Transaction};
use jiff::tz::TimeZone;
use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::Serialize;

/// What was booked; `data` of `ledger credit`, `ledger record` and `ledger reverse`.
#[derive(Serialize, JsonSchema)]
pub struct Booked {
    /// A transaction stands in the book for it.
    pub recorded: bool,
    /// The transaction; null where the price is nothing.
    pub transaction: Option<Transaction>,
    /// What is on the account now.
    pub balance: Money,
    /// The currency of all amounts.
    pub currency: String,
    /// It was there already, under this key or as the opposite of this transaction: nothing moved.
    pub replayed: bool,
}

impl Booked {
    /// What was posted, in this currency.
    pub fn new(posted: Posted, currency: String) -> Self {
        let Posted { transaction, balance, replayed } = posted;
        Self { recorded: true, transaction: Some(transaction), balance, currency, replayed }
    }
}

impl From<Recorded> for Booked {
    fn from(recorded: Recorded) -> Self {
        let Recorded { posted, balance, currency } = recorded;
        match posted {
            Some(posted) => Self { balance, ..Self::new(posted, currency) },
            None => Self { recorded: false, transaction: None, balance, currency, replayed: false },
        }
    }
}

/// Hands over a part of the book, newest first, and says whether there is more of it.
///
/// # Errors
/// Class `usage` when the mandate has no transaction with the id that it begins after; those of
/// `take`.
pub fn each_transaction(
    ledger: &mut Ledger,
    mandate: &str,
    list: &TransactionQuery,
    take: &mut Take<'_>,
) -> Result<bool> {
    let before = list.before.as_deref();
    let before = before.map(|id| ledger.place_of(mandate, id)).transpose()?;
    let filter = Filter { user: list.user.clone(), period: list.period, before, offset: 0 };
    ledger.each_transaction(mandate, &filter, list.limit, take)
}

/// Which part of a book is listed.
#[derive(Clone, Debug)]
pub struct TransactionQuery {
    /// Of this user only.
    pub user: Option<String>,
    /// Of this time only.
    pub period: Period,
    /// Older than the transaction with this id.
    pub before: Option<String>,
    /// At most so many.
    pub limit: u32,
}

/// What was used, summed up: the sums and all of them together.
///
/// # Errors
/// Class `config`, `network` or `timeout`.
pub fn sums(
    ledger: &mut Ledger,
    mandate: &Mandate,
    user: Option<&str>,
    by: SumBy,
    period: Period,
    zone: &TimeZone,
) -> Result<(Vec<SumLine>, Money)> {
    let filter = Filter { user: user.map(ToOwned::to_owned), period, ..Filter::default() };
    let lines = ledger.stats(&mandate.mandate, by, zone, &filter)?;
    let total = lines.iter().fold(Decimal::new(0, 2), |sum, line| sum + line.total.0);
    Ok((lines, Money(total)))
}
