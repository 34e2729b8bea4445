//! A ledger on a PostgreSQL server: any number of machines.
//!
//! Statements go out with the types of their parameters, so each costs one way there and back and
//! nothing is prepared; a transaction begins on the way of its first one. A connection that is lost
//! is made anew and the work done again, which comes to the same because ids are chosen before;
//! where the answer to a COMMIT was lost, that is how it is found out what became of it. Everything
//! has a time limit at the server, and every wait for the server one here.

mod connection;
mod failure;
mod tables;
pub(crate) mod target;

use self::connection::Connection;
use self::failure::{Failed, Kind, failed};
use self::tables::VERSION;
use self::target::Target;
use super::sql::{Database, Row, Sql, Value, Work};
use crate::core::class::{Class, Recovery};
use crate::core::clock::SystemClock;
use crate::core::failure::{Failure, Result};
use crate::core::signals::Interrupt;
use crate::core::wait::Deadline;
use jiff::Timestamp;
use std::thread;
use std::time::{Duration, Instant};
use tokio_postgres::Client;
use tokio_postgres::types::{ToSql, Type};
use uuid::Uuid;

/// How often work is done again when the server asks for it.
const MOST_REPEATS: u32 = 5;
/// How often work is done again because the connection was lost.
const MOST_LOSSES: u32 = 2;

/// Money of one mandate moves one after the other because the work locks the row of the mandate
/// first; each statement after that sees what the last one has left.
const WRITE: &str = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE";
const READ: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";

/// The first statement of a connection: the server's clock, the version of the tables, and the
/// limits of this session. A commit is on the disk before it is told.
const GREETING: &str = "
    SELECT CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT),
        (SELECT MAX(version) FROM ledger_version),
        set_config('statement_timeout', $1, false), set_config('lock_timeout', $2, false),
        set_config('idle_in_transaction_session_timeout', $3, false),
        set_config('synchronous_commit', CASE current_setting('synchronous_commit')
            WHEN 'off' THEN 'on' ELSE current_setting('synchronous_commit') END, false)
";

/// How long one answer may take where nothing is said.
const USUAL_ANSWER: Duration = Duration::from_secs(20);

/// How long anything may take.
#[derive(Clone, Copy, Debug)]
struct Limits {
    /// A connection, over all hosts.
    connect: Duration,
    /// One statement, at the server.
    statement: Duration,
    /// Waiting for another writer, at the server.
    lock: Duration,
    /// Doing nothing inside a transaction, at the server.
    idle: Duration,
    /// One answer, here. More than a statement may take: who answers at all is heard.
    answer: Duration,
    /// Trying to reach again a server that was reached before: it may be starting anew.
    patience: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self { connect: Duration::from_secs(10), ..Self::of_one_answer(USUAL_ANSWER) }
    }
}

impl Limits {
    /// Those that follow from the time that one answer may take. The server hears of its own before
    /// this time is over here, so that it says what kept it.
    fn of_one_answer(longest: Duration) -> Self {
        // A limit of nothing is none, to the server.
        let longest = longest.max(Duration::from_millis(100));
        Self {
            connect: longest,
            statement: longest * 3 / 4,
            lock: longest / 2,
            idle: Duration::from_secs(30),
            answer: longest,
            patience: longest.min(Duration::from_secs(3)),
        }
    }
}

/// The server, connected.
pub struct Postgres {
    target: Target,
    limits: Limits,
    /// None after it was lost, until it is needed again.
    connection: Option<Connection>,
    /// What the server's clock said, and when.
    clock: (Timestamp, Instant),
}

impl Postgres {
    /// Connects, and makes the tables where there are none. One answer takes as long as is said, or
    /// as is usual.
    ///
    /// # Errors
    /// Class `config`: the URL, the password, the database, a newer version; `network`,
    /// `timeout` or `tls`: the server cannot be reached.
    pub fn connect(url: &str, longest: Option<Duration>) -> Result<Self> {
        Self::connect_within(url, longest.map_or_else(Limits::default, Limits::of_one_answer))
    }

    /// Whether the server has a ledger that this program understands, and where; makes nothing.
    ///
    /// # Errors
    /// As [`Postgres::connect`].
    pub fn look(url: &str, longest: Duration) -> Result<(String, bool)> {
        let connect = longest.min(Limits::default().connect);
        let limits = Limits { connect, ..Limits::of_one_answer(longest.min(USUAL_ANSWER)) };
        let target = Target::read(url, limits.connect)?;
        let clock = (Timestamp::UNIX_EPOCH, Instant::now());
        let mut ledger = Self { target, limits, connection: None, clock };
        let connection = ledger.target.connect(limits.connect).map_err(|failed| failed.error)?;
        ledger.connection = Some(connection);
        let place = ledger.target.place.clone();
        match ledger.greet() {
            Ok(()) | Err(Failed { kind: Kind::OlderTables, .. }) => Ok((place, true)),
            Err(Failed { kind: Kind::NoTables, .. }) => Ok((place, false)),
            Err(failed) => Err(failed.error),
        }
    }

    fn connect_within(url: &str, limits: Limits) -> Result<Self> {
        let target = Target::read(url, limits.connect)?;
        let clock = (Timestamp::UNIX_EPOCH, Instant::now());
        let mut ledger = Self { target, limits, connection: None, clock };
        ledger.open().map_err(|failed| failed.error)?;
        Ok(ledger)
    }

    fn open(&mut self) -> Result<(), Failed> {
        self.connection = Some(self.target.connect(self.limits.connect)?);
        let opened = match self.greet() {
            Err(Failed { kind: Kind::NoTables | Kind::OlderTables, .. }) => {
                self.make_tables().and_then(|()| self.greet())
            }
            other => other,
        };
        if opened.is_err() {
            // It has no limits, or no tables that are understood.
            self.hang_up();
        }
        opened
    }

    /// Connects anew after a loss. A server that was there a moment ago may be starting anew.
    fn open_again(&mut self) -> Result<(), Failed> {
        let clock = SystemClock::new(Interrupt::default());
        let deadline = Deadline::after(self.limits.patience, &clock);
        loop {
            match self.open() {
                Err(failed)
                    if failed.kind == Kind::Told && failed.error.class() == Class::Network =>
                {
                    if deadline.pause(jitter(1)).is_err() {
                        return Err(failed);
                    }
                }
                other => return other,
            }
        }
    }

    fn greet(&mut self) -> Result<(), Failed> {
        let Limits { statement, lock, idle, .. } = self.limits;
        let limits = [statement, lock, idle].map(|limit| limit.as_millis().to_string());
        let rows = self.ask(GREETING, &limits.map(|limit| Value::from(limit.as_str())))?;
        let told = |error| Failed { kind: Kind::Told, error };
        let row = rows.into_iter().next().unwrap_or_default();
        self.clock = (row.time(0).map_err(told)?, Instant::now());
        let place = &self.target.place;
        match row.int_if(1).map_err(told)? {
            Some(VERSION) => Ok(()),
            Some(older) if older < VERSION => {
                let error = Failure::config(format!("the ledger {place} is of version {older}"));
                Err(Failed { kind: Kind::OlderTables, error })
            }
            Some(newer) => Err(told(
                Failure::config(format!(
                    "the ledger {place} was written by a newer topup (version {newer})"
                ))
                .hint("Use that version; nothing was changed in the database."),
            )),
            None => Err(told(
                Failure::config(format!("the ledger {place} does not say its version"))
                    .hint("Set TOPUP_LEDGER_URL to another database."),
            )),
        }
    }

    /// Asks something of the server and waits for it, for a bounded time.
    fn perform<T>(
        &mut self,
        question: impl AsyncFnOnce(&Client) -> Result<T, tokio_postgres::Error>,
    ) -> Result<T, Failed> {
        let place = &self.target.place;
        let Some(connection) = &mut self.connection else {
            let message = format!("the connection to the ledger {place} is gone");
            return Err(Failed { kind: Kind::Lost, error: Failure::new(Class::Network, message) });
        };
        let failed = match connection.ask(question, self.limits.answer) {
            Ok(Ok(answer)) => return Ok(answer),
            Ok(Err(cause)) => failed(cause, place, false),
            Err(_) => {
                let limit = crate::core::duration::show(self.limits.answer);
                let message = format!("the ledger {place} gave no answer within {limit}");
                Failed { kind: Kind::Late, error: Failure::new(Class::Timeout, message) }
            }
        };
        if matches!(failed.kind, Kind::Lost | Kind::Late) {
            self.hang_up();
        }
        Err(failed)
    }

    /// Leaves the connection, if there is one.
    fn hang_up(&mut self) {
        if let Some(connection) = self.connection.take() {
            connection.close();
        }
    }

    /// One statement and its rows.
    fn ask(&mut self, statement: &str, values: &[Value]) -> Result<Vec<Row>, Failed> {
        let values = typed(values);
        let found = self.perform(async |client| client.query_typed(statement, &values).await)?;
        rows(&found)
    }

    /// The first statement of a transaction and its rows. Where it only looks, it goes out together
    /// with the BEGIN: should that be refused, it is done outside of any transaction, and what it
    /// found is not used. What writes has to wait until there is a transaction.
    fn ask_first(
        &mut self,
        begin: &str,
        statement: &str,
        values: &[Value],
    ) -> Result<Vec<Row>, Failed> {
        if !statement.trim_start().starts_with("SELECT") {
            self.tell(begin)?;
            return self.ask(statement, values);
        }
        let values = typed(values);
        let found = self.perform(async |client| {
            // What is polled first is sent first, and the server does one after the other.
            let (begun, found) = tokio::join!(
                biased;
                client.batch_execute(begin),
                client.query_typed(statement, &values)
            );
            begun.and(found)
        })?;
        rows(&found)
    }

    /// Statements without parameters and without rows, in one go.
    fn tell(&mut self, statements: &str) -> Result<(), Failed> {
        self.perform(async |client| client.batch_execute(statements).await)
    }

    /// Leaves a transaction; a connection that does not, is left itself.
    fn roll_back(&mut self) {
        if self.connection.is_some() && self.tell("ROLLBACK").is_err() {
            self.hang_up();
        }
    }

    /// One transaction from its beginning to its end; nothing but the work where nothing begins it.
    fn attempt(&mut self, begin: Option<&str>, work: &mut Work<'_>) -> Result<(), Ended> {
        if self.connection.is_none() {
            self.open_again()?;
        }
        let mut open = Open { ledger: self, begin, failed: None };
        let done = work(&mut open);
        let Open { begin: unsaid, failed, .. } = open;
        let begun = begin.is_some() && unsaid.is_none();
        let ended = match (done, failed) {
            (Ok(()), None) if !begun => return Ok(()),
            (Ok(()), None) => return self.tell("COMMIT").map_err(Ended::AtCommit),
            (Err(error), None) => Ended::ByWork(error),
            (Err(error), Some(kind)) => Ended::Before(Failed { kind, error }),
            // COMMIT would be a ROLLBACK that nobody hears of.
            (Ok(()), Some(_)) => {
                Ended::ByWork(Failure::internal("a statement of the ledger failed unheard"))
            }
        };
        if begun {
            self.roll_back();
        }
        Err(ended)
    }

    /// Does the work until it is kept, or until it is known why it is not.
    fn carry_out(&mut self, begin: Option<&str>, work: &mut Work<'_>) -> Result<()> {
        let (mut repeats, mut losses) = (0, 0);
        // A COMMIT was sent, and nobody has heard what became of it.
        let mut unheard = false;
        loop {
            let failed = match self.attempt(begin, work) {
                Ok(()) => return Ok(()),
                // It has looked, and whatever was sent before is done or gone.
                Err(Ended::ByWork(error)) => return Err(error),
                Err(Ended::Before(failed)) => failed,
                Err(Ended::AtCommit(failed)) => {
                    let gone = matches!(failed.kind, Kind::Lost | Kind::Late);
                    unheard |= gone;
                    let kind = if gone { Kind::Lost } else { failed.kind };
                    Failed { kind, ..failed }
                }
            };
            match failed.kind {
                Kind::Again if repeats < MOST_REPEATS => {
                    repeats += 1;
                    thread::sleep(jitter(repeats));
                }
                Kind::Lost if losses < MOST_LOSSES => losses += 1,
                _ if unheard && begin == Some(WRITE) => return Err(self.unknown(failed.error)),
                _ => return Err(failed.error),
            }
        }
    }

    fn unknown(&self, cause: Failure) -> Failure {
        Failure::new(
            Class::OutcomeUnknown,
            format!(
                "it may or may not have been booked: the connection to the ledger {} was lost",
                self.target.place
            ),
        )
        .recovery(Recovery::RetryLater)
        .hint("With --key it is safe to run the same command again.")
        .because(cause)
    }
}

/// How a transaction ended that was not kept, or not to anybody's knowledge.
enum Ended {
    /// The work itself gave up.
    ByWork(Failure),
    /// Something failed before the COMMIT: nothing of it was kept.
    Before(Failed),
    /// The COMMIT failed.
    AtCommit(Failed),
}

impl From<Failed> for Ended {
    fn from(failed: Failed) -> Self {
        Self::Before(failed)
    }
}

/// A short while, longer each time and never the same for two: they would meet again.
fn jitter(time: u32) -> Duration {
    let chance = u32::from(Uuid::new_v4().as_bytes()[0]);
    Duration::from_millis(u64::from((10 + chance / 4) * time))
}

/// A transaction that is open on the server, or will be with its first statement.
struct Open<'l> {
    ledger: &'l mut Postgres,
    /// What begins it; none where nothing does, or where it was said.
    begin: Option<&'l str>,
    /// What failed in it; the work may not know what that means.
    failed: Option<Kind>,
}

impl Sql for Open<'_> {
    fn run(&mut self, statement: &str, values: &[Value]) -> Result<Vec<Row>> {
        let rows = match self.begin.take() {
            Some(begin) => self.ledger.ask_first(begin, statement, values),
            None => self.ledger.ask(statement, values),
        };
        rows.map_err(|failed| {
            self.failed.get_or_insert(failed.kind);
            failed.error
        })
    }

    fn for_update(&self) -> &'static str {
        " FOR UPDATE"
    }
}

/// The values with the types that they have in the tables.
fn typed(values: &[Value]) -> Vec<(&(dyn ToSql + Sync), Type)> {
    let mut typed: Vec<(&(dyn ToSql + Sync), Type)> = Vec::with_capacity(values.len());
    for value in values {
        typed.push(match value {
            Value::Int(number) => (number, Type::INT8),
            Value::Text(text) => (text, Type::TEXT),
        });
    }
    typed
}

fn rows(found: &[tokio_postgres::Row]) -> Result<Vec<Row>, Failed> {
    let rows: Result<Vec<Row>> = found.iter().map(row).collect();
    rows.map_err(|error| Failed { kind: Kind::Told, error })
}

fn row(row: &tokio_postgres::Row) -> Result<Row> {
    let cell = |(at, column): (usize, &tokio_postgres::Column)| {
        let cell = match *column.type_() {
            Type::INT8 => row.try_get(at).map(Value::Int),
            Type::TEXT => row.try_get(at).map(Value::Text),
            _ => {
                let what = anyhow::anyhow!("column {at} is a {}", column.type_());
                return Err(Failure::internal("the ledger gave something unforeseen").because(what));
            }
        };
        cell.map_err(|cause| Failure::config("the ledger cannot be understood").because(cause))
    };
    row.columns().iter().enumerate().map(cell).collect::<Result<_>>().map(Row)
}

impl Drop for Postgres {
    fn drop(&mut self) {
        self.hang_up();
    }
}

impl Database for Postgres {
    fn write(&mut self, work: &mut Work<'_>) -> Result<()> {
        self.carry_out(Some(WRITE), work)
    }

    fn read(&mut self, work: &mut Work<'_>) -> Result<()> {
        self.carry_out(Some(READ), work)
    }

    fn glance(&mut self, work: &mut Work<'_>) -> Result<()> {
        self.carry_out(None, work)
    }

    fn rest(&mut self) {
        self.hang_up();
    }

    /// The server's clock: the order of the book and the cooldowns do not depend on what each
    /// machine thinks that the time is.
    fn now(&self) -> Timestamp {
        let (told, heard) = self.clock;
        told.checked_add(heard.elapsed()).unwrap_or(told)
    }

    fn place(&self) -> String {
        self.target.exact_place()
    }
}

#[cfg(test)]
mod tests;
