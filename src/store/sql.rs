//! What the two databases have in common: one transaction at a time, statements that both of them
//! understand, and cells that are whole numbers or text.
//!
//! The operations of the ledger and of the journal are written once, against this; SQLite and
//! PostgreSQL only say how a statement is run. So they cannot come to differ in what they do with
//! money. Parameters are written `$1`, `$2`, …

use crate::core::failure::{Failure, Result};
use jiff::Timestamp;
use std::path::PathBuf;

/// A parameter or a cell.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Value {
    /// A whole number, or NULL where one could be.
    Int(Option<i64>),
    /// Text, or NULL where some could be.
    Text(Option<String>),
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(Some(text.to_owned()))
    }
}

impl From<Option<&str>> for Value {
    fn from(text: Option<&str>) -> Self {
        Self::Text(text.map(ToOwned::to_owned))
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Int(Some(number))
    }
}

impl From<Option<i64>> for Value {
    fn from(number: Option<i64>) -> Self {
        Self::Int(number)
    }
}

impl From<Timestamp> for Value {
    fn from(at: Timestamp) -> Self {
        Self::Int(Some(at.as_millisecond()))
    }
}

/// One row that a statement gave.
#[derive(Clone, Debug, Default)]
pub struct SqlRow(pub Vec<Value>);

impl SqlRow {
    /// Text that has to be there.
    pub fn text(&self, at: usize) -> Result<String> {
        self.str(at).map(ToOwned::to_owned)
    }

    /// Text or NULL.
    pub fn text_if(&self, at: usize) -> Result<Option<String>> {
        Ok(self.str_if(at)?.map(ToOwned::to_owned))
    }

    /// Text that has to be there, as it stands in the row.
    pub fn str(&self, at: usize) -> Result<&str> {
        self.str_if(at)?.ok_or_else(|| not_as_expected(at))
    }

    /// Text or NULL, as it stands in the row.
    pub fn str_if(&self, at: usize) -> Result<Option<&str>> {
        match self.0.get(at) {
            Some(Value::Text(text)) => Ok(text.as_deref()),
            Some(Value::Int(None)) => Ok(None),
            _ => Err(not_as_expected(at)),
        }
    }

    /// A number that has to be there.
    pub fn int(&self, at: usize) -> Result<i64> {
        self.int_if(at)?.ok_or_else(|| not_as_expected(at))
    }

    /// A number or NULL.
    pub fn int_if(&self, at: usize) -> Result<Option<i64>> {
        match self.0.get(at) {
            Some(Value::Int(number)) => Ok(*number),
            Some(Value::Text(None)) => Ok(None),
            _ => Err(not_as_expected(at)),
        }
    }

    /// A time that has to be there.
    pub fn time(&self, at: usize) -> Result<Timestamp> {
        self.time_if(at)?.ok_or_else(|| not_as_expected(at))
    }

    /// A time or NULL.
    pub fn time_if(&self, at: usize) -> Result<Option<Timestamp>> {
        let time = |millis| Timestamp::from_millisecond(millis).map_err(|_| not_as_expected(at));
        self.int_if(at)?.map(time).transpose()
    }
}

fn not_as_expected(at: usize) -> Failure {
    Failure::config("the database holds a value that this version does not understand")
        .because(anyhow::anyhow!("column {at} of a row"))
}

/// A statement and its values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    text: String,
    values: Vec<Value>,
}

impl Statement {
    /// With these values for `$1`, `$2`, …
    pub fn new(text: impl Into<String>, values: impl Into<Vec<Value>>) -> Self {
        Self { text: text.into(), values: values.into() }
    }

    /// The statement itself.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Its values.
    pub fn values(&self) -> &[Value] {
        &self.values
    }
}

/// Takes one row after the other.
pub type TakeRow<'t> = dyn FnMut(&SqlRow) -> Result<()> + 't;

/// When something has to be durable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Durable {
    /// When its transaction ends.
    Now,
    /// Together with what is written next: nothing rests on it before.
    WithTheNext,
}

/// A transaction that is open.
pub trait Sql {
    /// Runs one statement and gives its rows.
    ///
    /// # Errors
    /// Class `config`, `network` or `timeout`.
    fn run(&mut self, statement: &str, values: &[Value]) -> Result<Vec<SqlRow>>;

    /// Runs one SELECT and hands over its rows one by one, so that any number of them takes little
    /// memory. Only inside [`Database::stream`], or where [`Sql::sorts_to_group`] says so.
    ///
    /// # Errors
    /// As [`Sql::run`], and those of `take`, after which no more rows follow.
    fn each(&mut self, select: &Statement, take: &mut TakeRow<'_>) -> Result<()> {
        self.run(&select.text, &select.values)?.iter().try_for_each(take)
    }

    /// Whether the database groups rows by sorting all of them. Then they are summed up faster, and
    /// in less memory, by whoever reads them.
    fn sorts_to_group(&self) -> bool {
        false
    }

    /// Runs several statements in this order and gives the rows of each. None of them is waited for
    /// before the next one is sent.
    ///
    /// # Errors
    /// As [`Sql::run`], of the first one that fails.
    fn run_all(&mut self, statements: &[Statement]) -> Result<Vec<Vec<SqlRow>>> {
        let run = |one: &Statement| self.run(&one.text, &one.values);
        statements.iter().map(run).collect()
    }

    /// Runs the last statements of a transaction, as [`Sql::run_all`], and ends it with them: what
    /// other writers wait for is held no longer than that takes. Nothing else is run in the
    /// transaction after it.
    ///
    /// # Errors
    /// As [`Sql::run`].
    fn finish(&mut self, statements: &[Statement], _durable: Durable) -> Result<Vec<Vec<SqlRow>>> {
        self.run_all(statements)
    }

    /// What a SELECT ends with when no other writer may change the row before this transaction
    /// ends; empty where a writer is alone anyway.
    fn for_update(&self) -> &'static str;

    /// Takes care that what has this name stays as it is until this transaction ends: `shared` by
    /// any number of writers, or against all of those. None where a writer is alone anyway.
    fn hold(&self, shared: bool, name: &str) -> Option<Statement>;

    /// Whether a lock of this session lasts as long as this process is connected: no pooler gives
    /// the session to another client.
    fn keeps_session(&self) -> bool {
        false
    }

    /// Runs a statement that gives at most one row.
    ///
    /// # Errors
    /// As [`Sql::run`].
    fn row(&mut self, statement: &str, values: &[Value]) -> Result<Option<SqlRow>> {
        Ok(self.run(statement, values)?.into_iter().next())
    }
}

/// A piece of work inside one transaction.
pub type SqlWork<'w> = dyn FnMut(&mut dyn Sql) -> Result<()> + 'w;

/// A place where something is kept.
pub trait Database {
    /// Does all of it and makes it durable, or none of it. The work may be done more than once
    /// where the database asks for it or the connection was lost, so doing it twice must come to
    /// the same: what is added has an id that was chosen before.
    ///
    /// # Errors
    /// Those of the work, and class `outcome_unknown` when nobody can say whether it is durable.
    fn write(&mut self, work: &mut SqlWork<'_>) -> Result<()>;

    /// Looks at one state of everything.
    ///
    /// # Errors
    /// Those of the work.
    fn read(&mut self, work: &mut SqlWork<'_>) -> Result<()>;

    /// Looks at one state of everything, and reports it row by row while it is read. What it reads is
    /// durable before the first row is there. After that row the work is not done again.
    ///
    /// # Errors
    /// Those of the work.
    fn stream(&mut self, work: &mut SqlWork<'_>) -> Result<()> {
        self.read(work)
    }

    /// Makes the indexes that lists are quick with, where an earlier version has made the tables.
    /// Where that is not possible lists do without them.
    fn index_lists(&mut self) {}

    /// Looks with one statement, which sees one state anyway: the way there and back of a
    /// transaction around it is spared.
    ///
    /// # Errors
    /// Those of the work.
    fn glance(&mut self, work: &mut SqlWork<'_>) -> Result<()> {
        self.read(work)
    }

    /// Looks at what serves a [`Database::write`] that follows, and is not reported before it: what was
    /// found becomes durable with what is written.
    ///
    /// # Errors
    /// Those of the work.
    fn peek(&mut self, work: &mut SqlWork<'_>) -> Result<()> {
        self.glance(work)
    }

    /// A dry run: no byte of a file is changed, not even to move what is in its log.
    fn leave_log(&mut self) {}

    /// Logs that lay beside a file that they are not of: they are kept, and not read.
    fn foreign_logs(&self) -> Vec<PathBuf> {
        Vec::new()
    }

    /// Nothing is asked for a while: what others wait for is given back until then.
    fn rest(&mut self) {}

    /// Whether it can only be read: then every [`Database::write`] fails.
    fn is_read_only(&self) -> bool {
        false
    }

    /// The clock that every process at this place shares.
    fn now(&self) -> Timestamp;

    /// The place as a person may see it: a file, or a server without its password. No two
    /// of one home and kind have the same.
    fn place(&self) -> String;
}

/// Tables in SQLite's words, whose statements end with `;`. `BIGINT` is its `INTEGER`, and `COUNTING`
/// the key that counts up.
pub fn for_sqlite(tables: &str) -> String {
    tables
        .replace("COUNTING", "INTEGER PRIMARY KEY AUTOINCREMENT")
        .replace("BIGINT", "INTEGER")
        .replace("\n    );", "\n    ) STRICT;")
}

/// The same tables in PostgreSQL's words. Text is in the order of its bytes, as it is in SQLite,
/// whatever the language of the server.
pub fn for_postgres(tables: &str) -> String {
    tables
        .replace("COUNTING", "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY")
        .replace(" TEXT", " TEXT COLLATE \"C\"")
}
