//! One transaction of a book, as every format needs it, and what a format makes of it.

use crate::core::escape;
use crate::core::failure::Result;
use crate::core::money::Money;
use crate::ledger::sql::SqlRow;
use crate::ledger::stats::{day_in, moment};
use crate::ledger::values::{Kind, Reference, is_use, kept_base_price, kept_decimal};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use std::collections::HashMap;
use std::fmt::Write as _;

/// What a format makes of a book.
pub trait Writer {
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
pub struct End {
    /// The latest day; none in a book without a transaction.
    pub latest: Option<Date>,
    /// The name of each account, its balance in millionths and its currency, by the names.
    pub balances: Vec<(String, i64, String)>,
}

// Where the columns of a transaction stand in its row.
pub const SEQ: usize = 0;
pub const ID: usize = 1;
pub const OWNER: usize = 3;
pub const KIND: usize = 4;
pub const AMOUNT: usize = 5;
pub const REFERENCE: usize = 7;
pub const DESCRIPTION: usize = 8;
pub const CREATED: usize = 9;
pub const KEY: usize = 10;
pub const PROVIDER: usize = 11;
pub const USER: usize = 12;
pub const BASE_PRICE: usize = 13;
pub const MARKUP: usize = 14;
pub const WORKFLOW: usize = 15;
pub const INSTANCE: usize = 16;
pub const FEATURE: usize = 17;
pub const REVERSES: usize = 18;

/// One transaction, as every format needs it. Texts of its row are shown through [`escape`]: a shared
/// book may hold what another program wrote, and none of it may end a line.
pub struct Entry<'e> {
    pub row: &'e SqlRow,
    pub day: &'e str,
    pub mandate: &'e str,
    pub currency: &'e str,
    /// What is added to the account, and taken from the other one, in millionths.
    pub added: i128,
    /// What the account has to come to.
    pub balance: i128,
}

/// Where money comes from or goes to.
pub enum Other<'e> {
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

/// How a format calls its accounts.
pub trait AccountNames {
    /// The account of the pool or of a user.
    fn account(mandate: &str, user: Option<&str>) -> String;
    /// The account on the other side.
    fn other(mandate: &str, other: &Other<'_>) -> String;
    /// What stands in front of the first use of an account.
    fn declare(entry: &Entry<'_>, account: &str, declared: &mut String);
}

/// The accounts of a file: each is declared before its first use.
#[derive(Default)]
pub struct Accounts {
    /// Those on the other side, and where each stands by what it is for.
    others: Vec<String>,
    known: HashMap<String, usize>,
    key: String,
}

impl Accounts {
    /// The account of this transaction, whose name is made once, and the one on the other side.
    pub fn both<'a, Names: AccountNames>(
        &'a mut self,
        entry: &Entry<'_>,
        name: &'a mut Option<String>,
        declared: &mut String,
    ) -> Result<(&'a str, &'a str)> {
        let account = match name {
            Some(name) => name,
            None => {
                let made = name.insert(Names::account(entry.mandate, entry.user()?));
                Names::declare(entry, made, declared);
                made
            }
        };
        let other = entry.other()?;
        other.key(entry.mandate, &mut self.key);
        let at = match self.known.get(&self.key) {
            Some(at) => *at,
            None => {
                let made = Names::other(entry.mandate, &other);
                Names::declare(entry, &made, declared);
                self.others.push(made);
                self.known.insert(self.key.clone(), self.others.len() - 1);
                self.others.len() - 1
            }
        };
        Ok((account, &self.others[at]))
    }
}

impl<'e> Entry<'e> {
    /// Whose account it moves; none: the pool.
    pub fn user(&self) -> Result<Option<&'e str>> {
        Ok(Some(self.row.str(OWNER)?).filter(|owner| !owner.is_empty()))
    }

    /// What was written with it.
    pub fn description(&self) -> Result<&'e str> {
        self.row.str(DESCRIPTION)
    }

    /// Where the money came from or went to.
    pub fn other(&self) -> Result<Other<'e>> {
        let reference = Reference::kept(self.row.str(REFERENCE)?)?;
        Ok(if is_use(reference, self.row.str_if(MARKUP)?.is_some()) {
            Other::Provider(self.row.str_if(PROVIDER)?)
        } else {
            Other::Reference(reference.word())
        })
    }

    /// What else is known of it: hands over names and values.
    pub fn facts(&self, mut take: impl FnMut(&'static str, &str)) -> Result<()> {
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
                        take(name, &escape::value_of(text));
                    }
                }
            }
        }
        Ok(())
    }
}

/// What else may be known of a transaction.
pub const FACTS: &[(&str, usize)] = &[
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

pub fn added(row: &SqlRow) -> Result<i128> {
    let amount = i128::from(row.int(AMOUNT)?);
    Ok(match Kind::kept(row.str(KIND)?)? {
        Kind::Credit => amount,
        Kind::Debit => -amount,
    })
}

/// Writes millionths with six decimals.
pub fn push_amount(text: &mut String, micros: i128) {
    let sign = if micros < 0 { "-" } else { "" };
    let size = micros.unsigned_abs();
    let _ = write!(text, "{sign}{}.{:06}", size / 1_000_000, size % 1_000_000);
}

/// The days of times, one after the other: most of them are those before.
pub struct Days<'z> {
    zone: &'z TimeZone,
    /// A quarter of an hour, in which no zone changes, and its day, also as it is written.
    last: Option<(i64, Date, String)>,
}

impl<'z> Days<'z> {
    const QUARTER_MS: i64 = 900_000;

    /// The days of this zone.
    pub fn new(zone: &'z TimeZone) -> Self {
        Self { zone, last: None }
    }

    /// The day of this moment.
    pub fn date(&mut self, created_ms: i64) -> Result<Date> {
        self.find(created_ms).map(|(_, date, _)| *date)
    }

    /// The same as it is written.
    pub fn text(&mut self, created_ms: i64) -> Result<&str> {
        self.find(created_ms).map(|(_, _, day)| day.as_str())
    }

    fn find(&mut self, created_ms: i64) -> Result<&(i64, Date, String)> {
        let quarter = created_ms.div_euclid(Self::QUARTER_MS);
        let found = match self.last.take().filter(|(last, ..)| *last == quarter) {
            Some(last) => last,
            None => {
                let at = moment(created_ms)?;
                let date = day_in(at, self.zone);
                (quarter, date, date.to_string())
            }
        };
        Ok(self.last.insert(found))
    }
}
