//! The books as plain-text accounting, for hledger, ledger and beancount: every transaction with both
//! of its sides, and what each account has to come to, so that the other program checks the sums.
//!
//! Each amount has six decimals: some readers take the decimals that are written for what counts.
//! The mandate stands in the name of every account, so that any number of exports can be included in
//! one book. A book is read twice and never kept: first its days and accounts, then its rows, each of
//! which is written before the next one is read.

mod beancount;
mod entry;
mod journal;
mod order;

use self::entry::{CREATED, Days, End, Entry, OWNER, SEQ, Writer, added};
use self::order::{Order, Span, account};
use super::book::COLUMNS;
use super::sql::{Sql, Statement};
use super::values::Mandate;
use crate::core::escape;
use crate::core::failure::Result;
use jiff::tz::TimeZone;
use std::collections::BTreeSet;

/// How much text is handed over at once.
const PIECE: usize = 32 * 1024;

/// The programs that are written for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// hledger and ledger, and what reads their journals.
    Hledger,
    /// beancount.
    Beancount,
}

/// Takes one piece of text after the other, each of whole lines.
pub type Take<'t> = dyn FnMut(&str) -> Result<()> + 't;

/// Writes whole books: by their days in this zone, and on each day in the order in which they were
/// booked. A day is that of the clock which booked, as it is for the sums. Inside
/// [`super::sql::Database::stream`].
///
/// # Errors
/// Class `config` for a book that cannot be understood, and those of `take`.
pub fn write(
    sql: &mut dyn Sql,
    format: Format,
    mandates: &[Mandate],
    zone: &TimeZone,
    take: &mut Take<'_>,
) -> Result<()> {
    let mut days = Days::new(zone);
    let order = Order::read(sql, mandates, &mut days)?;
    let currencies: BTreeSet<String> =
        mandates.iter().map(|mandate| escape::value(&mandate.currency)).collect();
    let mut text = String::with_capacity(2 * PIECE);
    let mut writer: Box<dyn Writer> = match format {
        Format::Hledger => Box::new(journal::Journal::new(&currencies, &mut text)),
        Format::Beancount => {
            let names: Vec<String> =
                mandates.iter().map(|mandate| escape::value(&mandate.mandate)).collect();
            Box::new(beancount::Beancount::new(&names.join(", "), &currencies, &mut text))
        }
    };
    let select = format!(
        "SELECT {COLUMNS} FROM ledger_transaction WHERE mandate = $1 AND seq >= $2 AND seq <= $3
         ORDER BY seq"
    );
    let Order { spans, mut accounts, latest } = order;
    for Span { book, first, last } in spans {
        let (mandate, accounts) = (&mandates[book], &mut accounts[book]);
        let currency = escape::value(&mandate.currency);
        let values = [mandate.mandate.as_str().into(), first.into(), last.into()];
        sql.each(&Statement::new(select.as_str(), values), &mut |row| {
            let account = account(accounts, row.str(OWNER)?)?;
            let added = added(row)?;
            let entry = Entry {
                row,
                day: days.text(row.int(CREATED)?)?,
                mandate: &mandate.mandate,
                currency: &currency,
                added,
                balance: account.add(added, row.int(SEQ)?),
            };
            writer.entry(&entry, &mut account.name, &mut text)?;
            if text.len() >= PIECE {
                take(&text)?;
                text.clear();
            }
            Ok(())
        })?;
    }
    let mut balances = Vec::new();
    for (mandate, accounts) in mandates.iter().zip(accounts) {
        let named = accounts.into_values().filter_map(|one| Some((one.name?, one.balance)));
        balances
            .extend(named.map(|(name, balance)| (name, balance, escape::value(&mandate.currency))));
    }
    balances.sort_unstable();
    writer.end(&End { latest, balances }, &mut text);
    take(&text)
}

#[cfg(test)]
mod tests;
