//! The order of an exported book: by days, and on each day as it was booked. Books are nearly in this
//! order by themselves, so all that is kept of them is where they are not, and their accounts.

use super::entry::Days;
use crate::core::failure::{Failure, Result};
use crate::ledger::sql::{Sql, Statement};
use crate::ledger::values::Mandate;
use jiff::civil::Date;
use std::collections::HashMap;

/// Rows of a book that follow each other in it and in the export.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// Which book.
    pub book: usize,
    /// The place of the first row.
    pub first: i64,
    /// The place of the last row.
    pub last: i64,
}

/// What is known of books before their rows are written.
pub struct Order {
    /// What is written, one after the other.
    pub spans: Vec<Span>,
    /// The accounts of each book, by their owners; the pool's has none.
    pub accounts: Vec<HashMap<String, Account>>,
    /// The latest day.
    pub latest: Option<Date>,
}

/// An account of a book.
pub struct Account {
    /// What the format calls it, once it does.
    pub name: Option<String>,
    /// What the ledger says it has come to, in millionths.
    pub balance: i64,
    /// The day and the place of what is written last of it.
    last: (Date, i64),
    /// What was written of it, in millionths.
    sum: i128,
}

impl Account {
    /// What it has come to with the row of this place: added up in the order in which it is written,
    /// and at its end what the ledger says itself, so that a reader notices where the two differ.
    pub fn add(&mut self, added: i128, place: i64) -> i128 {
        self.sum += added;
        if self.last.1 == place { i128::from(self.balance) } else { self.sum }
    }
}

/// The rows of one day that follow each other in a book.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct DayRows {
    day: Date,
    book: usize,
    first: i64,
    last: i64,
    /// How many of these are in front of it in its book.
    number: usize,
}

impl Order {
    /// Reads the books once.
    ///
    /// # Errors
    /// Class `config`, `network` or `timeout`.
    pub fn read(sql: &mut dyn Sql, mandates: &[Mandate], days: &mut Days<'_>) -> Result<Self> {
        let mut rows: Vec<DayRows> = Vec::new();
        let mut all = Vec::with_capacity(mandates.len());
        for (book, mandate) in mandates.iter().enumerate() {
            let mut accounts: HashMap<String, Account> = HashMap::new();
            let mut number = 0;
            let select = Statement::new(
                "SELECT seq, created_ms, owner, balance_after FROM ledger_transaction
                 WHERE mandate = $1 AND seq > $2 ORDER BY seq",
                [mandate.mandate.as_str().into(), i64::MIN.into()],
            );
            sql.each(&select, &mut |row| {
                let (place, day) = (row.int(0)?, days.date(row.int(1)?)?);
                match rows.last_mut().filter(|last| last.book == book && last.day == day) {
                    Some(last) => last.last = place,
                    None => {
                        rows.push(DayRows { day, book, first: place, last: place, number });
                        number += 1;
                    }
                }
                let (owner, balance) = (row.str(2)?, row.int(3)?);
                match accounts.get_mut(owner) {
                    Some(account) => {
                        account.balance = balance;
                        account.last = account.last.max((day, place));
                    }
                    None => {
                        let account = Account { name: None, balance, last: (day, place), sum: 0 };
                        accounts.insert(owner.to_owned(), account);
                    }
                }
                Ok(())
            })?;
            all.push(accounts);
        }
        rows.sort_unstable();
        let latest = rows.last().map(|last| last.day);
        Ok(Self { spans: joined(&rows), accounts: all, latest })
    }
}

/// Days that follow each other in one book are read together.
fn joined(rows: &[DayRows]) -> Vec<Span> {
    let follows =
        |one: &DayRows, next: &DayRows| one.book == next.book && one.number + 1 == next.number;
    let span = |part: &[DayRows]| {
        let (first, last) = (part.first()?, part.last()?);
        Some(Span { book: first.book, first: first.first, last: last.last })
    };
    rows.chunk_by(follows).filter_map(span).collect()
}

/// The account of a row that was read before.
///
/// # Errors
/// Class `internal`: it was not.
pub fn account<'a>(
    accounts: &'a mut HashMap<String, Account>,
    owner: &str,
) -> Result<&'a mut Account> {
    accounts.get_mut(owner).ok_or_else(|| Failure::internal("an account of the book is not known"))
}
