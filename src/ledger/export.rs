//! The books as plain-text accounting, for hledger, ledger and beancount: every transaction with both
//! of its sides, and what each account has to come to, so that the other program checks the sums.
//!
//! Each amount has six decimals: some readers take the decimals that are written for what counts.
//! The mandate stands in the name of every account, so that any number of exports can be included in
//! one book. A book is read twice and never kept: first its days and accounts, then its rows, each of
//! which is written before the next one is read.

mod beancount;
mod journal;
mod order;

use self::order::{Order, Span, account};
use super::book::COLUMNS;
use super::sql::{Sql, SqlRow, Statement};
use super::stats::day_in;
use super::values::{Kind, Mandate, Reference, is_use, kept_base_price, kept_decimal};
use crate::core::escape;
use crate::core::failure::Result;
use crate::core::money::Money;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt::Write as _;

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
    let mut days = Days { zone, last: None };
    let order = Order::read(sql, mandates, &mut days)?;
    let currencies: BTreeSet<String> =
        mandates.iter().map(|mandate| plain(&mandate.currency)).collect();
    let mut text = String::with_capacity(2 * PIECE);
    let mut writer: Box<dyn Writer> = match format {
        Format::Hledger => Box::new(journal::Journal::new(&currencies, &mut text)),
        Format::Beancount => {
            let names: Vec<String> =
                mandates.iter().map(|mandate| plain(&mandate.mandate)).collect();
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
        let currency = plain(&mandate.currency);
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
        balances.extend(named.map(|(name, balance)| (name, balance, plain(&mandate.currency))));
    }
    balances.sort_unstable();
    writer.end(&End { latest, balances }, &mut text);
    take(&text)
}

/// What a format makes of a book.
trait Writer {
    /// Writes one transaction, and in front of it what is used in it for the first time. The name of
    /// its account is made once.
    fn entry(
        &mut self,
        entry: &Entry<'_>,
        name: &mut Option<String>,
        text: &mut String,
    ) -> Result<()>;

    /// Writes what stands behind all of them.
    fn end(&mut self, end: &End, text: &mut String);
}

/// What a book has come to.
struct End {
    /// The latest day; none in a book without a transaction.
    latest: Option<Date>,
    /// The name of each account, its balance in millionths and its currency, by the names.
    balances: Vec<(String, i64, String)>,
}

// Where the columns of a transaction stand in its row.
const SEQ: usize = 0;
const ID: usize = 1;
const OWNER: usize = 3;
const KIND: usize = 4;
const AMOUNT: usize = 5;
const REFERENCE: usize = 7;
const DESCRIPTION: usize = 8;
const CREATED: usize = 9;
const KEY: usize = 10;
const PROVIDER: usize = 11;
const USER: usize = 12;
const BASE_PRICE: usize = 13;
const MARKUP: usize = 14;
const WORKFLOW: usize = 15;
const INSTANCE: usize = 16;
const FEATURE: usize = 17;
const REVERSES: usize = 18;

/// One transaction, as every format needs it. Texts of its row are shown through [`shown`]: a shared
/// book may hold what another program wrote, and none of it may end a line.
struct Entry<'e> {
    row: &'e SqlRow,
    day: &'e str,
    mandate: &'e str,
    currency: &'e str,
    /// What is added to the account, and taken from the other one, in millionths.
    added: i128,
    /// What the account has to come to.
    balance: i128,
}

/// Where money comes from or goes to.
enum Other<'e> {
    /// A provider that was paid, where it is known.
    Provider(Option<&'e str>),
    /// Whatever else moved it.
    Reference(&'static str),
}

impl Other<'_> {
    /// What tells it from all others, in place of what stood there.
    fn key(&self, mandate: &str, key: &mut String) {
        key.clear();
        let (kind, name) = match self {
            Self::Provider(Some(provider)) => ('p', *provider),
            Self::Provider(None) => ('n', ""),
            Self::Reference(word) => ('r', *word),
        };
        // No name has a line break in it.
        let _ = write!(key, "{kind}{mandate}\n{name}");
    }
}

impl<'e> Entry<'e> {
    /// Whose account it moves; none: the pool.
    fn user(&self) -> Result<Option<&'e str>> {
        Ok(Some(self.row.str(OWNER)?).filter(|owner| !owner.is_empty()))
    }

    fn description(&self) -> Result<&'e str> {
        self.row.str(DESCRIPTION)
    }

    fn other(&self) -> Result<Other<'e>> {
        let reference = Reference::kept(self.row.str(REFERENCE)?)?;
        Ok(if is_use(reference, self.row.str_if(MARKUP)?.is_some()) {
            Other::Provider(self.row.str_if(PROVIDER)?)
        } else {
            Other::Reference(reference.word())
        })
    }

    /// What else is known of it: hands over names and values.
    fn facts(&self, mut take: impl FnMut(&'static str, &str)) -> Result<()> {
        let at = Timestamp::from_millisecond(self.row.int(CREATED)?);
        for (name, column) in FACTS {
            match *column {
                CREATED => at.iter().for_each(|at| take(name, &at.to_string())),
                BASE_PRICE => {
                    if let Some(price) = self.row.str_if(BASE_PRICE)? {
                        take(name, &kept_base_price(price)?.to_string());
                    }
                }
                MARKUP => {
                    if let Some(markup) = self.row.str_if(MARKUP)? {
                        take(name, &Money(kept_decimal(markup)?).to_string());
                    }
                }
                column => {
                    if let Some(text) = self.row.str_if(column)? {
                        take(name, &shown(text));
                    }
                }
            }
        }
        Ok(())
    }
}

/// What else may be known of a transaction.
const FACTS: &[(&str, usize)] = &[
    ("id", ID),
    ("time", CREATED),
    ("user", USER),
    ("base-price", BASE_PRICE),
    ("markup-percent", MARKUP),
    ("workflow", WORKFLOW),
    ("feature-instance", INSTANCE),
    ("feature", FEATURE),
    ("key", KEY),
    ("reverses", REVERSES),
];

fn added(row: &SqlRow) -> Result<i128> {
    let amount = i128::from(row.int(AMOUNT)?);
    Ok(match Kind::kept(row.str(KIND)?)? {
        Kind::Credit => amount,
        Kind::Debit => -amount,
    })
}

fn plain(text: &str) -> String {
    escape::value(text)
}

fn shown(text: &str) -> Cow<'_, str> {
    escape::value_of(text)
}

/// Writes millionths with six decimals.
fn push_amount(text: &mut String, micros: i128) {
    let sign = if micros < 0 { "-" } else { "" };
    let size = micros.unsigned_abs();
    let _ = write!(text, "{sign}{}.{:06}", size / 1_000_000, size % 1_000_000);
}

/// The days of times, one after the other: most of them are those before.
struct Days<'z> {
    zone: &'z TimeZone,
    /// A quarter of an hour, in which no zone changes, and its day, also as it is written.
    last: Option<(i64, Date, String)>,
}

impl Days<'_> {
    const QUARTER_MS: i64 = 900_000;

    fn date(&mut self, created_ms: i64) -> Result<Date> {
        self.find(created_ms).map(|(_, date, _)| *date)
    }

    fn text(&mut self, created_ms: i64) -> Result<&str> {
        self.find(created_ms).map(|(_, _, day)| day.as_str())
    }

    fn find(&mut self, created_ms: i64) -> Result<&(i64, Date, String)> {
        let quarter = created_ms.div_euclid(Self::QUARTER_MS);
        let found = match self.last.take().filter(|(last, ..)| *last == quarter) {
            Some(last) => last,
            None => {
                let at = super::stats::moment(created_ms)?;
                let date = day_in(at, self.zone);
                (quarter, date, date.to_string())
            }
        };
        Ok(self.last.insert(found))
    }
}

#[cfg(test)]
mod tests;
