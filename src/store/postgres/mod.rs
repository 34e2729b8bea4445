//! A database on a PostgreSQL server: any number of machines.
//!
//! Statements go out with the types of their parameters, so each costs one way there and back and
//! nothing is prepared; a transaction begins on the way of its first one. A connection that is lost
//! is made anew and the work done again, which comes to the same because ids are chosen before;
//! where the answer to a COMMIT was lost, that is how it is found out what became of it. Everything
//! has a time limit at the server, and every wait for the server one here.

mod connection;
mod failure;
mod first;
mod libpq;
mod opening;
mod options;
mod place;
mod purpose;
mod session;
mod tables;
pub(crate) mod target;
mod transaction;
mod trust;
mod work_mode;

use self::connection::{Answers, Connection, Question};
pub use self::failure::NOT_GRANTED;
use self::failure::{ServerFailure, ServerFailureKind};
pub use self::first::FirstQuestions;
use self::first::FirstTransaction;
pub use self::purpose::Purpose;
use self::session::{Beginning, ServerSession};
use self::target::ServerTarget;
use self::work_mode::WorkMode;
use crate::core::class::Class;
use crate::core::environment::Variables;
use crate::core::failure::{Failure, Result};
use crate::core::wait::note_long_wait;
use crate::store::sql::{Database, Durable, SqlRow, SqlWork, Statement, Value};
use jiff::Timestamp;
use std::time::{Duration, SystemTime};
use tokio_postgres::Client;
use tokio_postgres::types::{ToSql, Type};
use uuid::Uuid;

/// How often work is done again when the server asks for it.
const MOST_REPEATS: u32 = 5;
/// How often work is done again because the connection was lost.
const MOST_LOSSES: u32 = 2;
/// What tells the locks on names from those of other programs.
const HOLDS: i64 = 0x746f_7075_7032;

/// How long one answer may take where nothing is said.
const USUAL_ANSWER: Duration = Duration::from_secs(20);

/// How long anything may take.
#[derive(Clone, Copy, Debug)]
struct TimeLimits {
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

impl Default for TimeLimits {
    fn default() -> Self {
        Self { connect: Duration::from_secs(10), ..Self::of_one_answer(USUAL_ANSWER) }
    }
}

impl TimeLimits {
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

    /// Those of the server: a statement, a lock, and doing nothing inside a transaction.
    fn in_millis(&self) -> [String; 3] {
        [self.statement, self.lock, self.idle].map(|limit| limit.as_millis().to_string())
    }
}

/// The server, connected.
pub struct Postgres {
    target: ServerTarget,
    limits: TimeLimits,
    /// None after it was lost, until it is needed again.
    connection: Option<Connection>,
    /// What its transactions begin with; none before the first connection.
    session: Option<ServerSession>,
    /// How many connections were made.
    sessions: u64,
    /// What was looked at together with the greeting, each until it is asked for or something is
    /// written.
    looked: Vec<(Statement, Vec<SqlRow>)>,
    /// The transaction that is open since the greeting, until it goes on or anything else is asked.
    begun: Option<FirstTransaction>,
}

impl Postgres {
    /// Connects, and makes the tables where there are none; what will be asked first is asked on the way.
    /// One answer takes as long as is said, or as is usual.
    ///
    /// # Errors
    /// Class `config`: the URL, the password, the database, a newer version, a pooler that does not
    /// do; `network`, `timeout` or `tls`: the server cannot be reached.
    pub fn connect_asking(
        purpose: &'static Purpose,
        url: &str,
        longest: Option<Duration>,
        variables: &Variables,
        first: &FirstQuestions,
    ) -> Result<Self> {
        let limits = longest.map_or_else(TimeLimits::default, TimeLimits::of_one_answer);
        let mut server = Self::unconnected(purpose, url, limits, variables)?;
        server.open(first).map_err(|failed| failed.error)?;
        Ok(server)
    }

    /// Whether the server has tables that this program understands, and where; makes nothing.
    ///
    /// # Errors
    /// As [`Postgres::connect_asking`].
    pub fn look(
        purpose: &'static Purpose,
        url: &str,
        longest: Duration,
        variables: &Variables,
    ) -> Result<(String, bool)> {
        let connect = longest.min(TimeLimits::default().connect);
        let limits = TimeLimits { connect, ..TimeLimits::of_one_answer(longest.min(USUAL_ANSWER)) };
        let mut server = Self::unconnected(purpose, url, limits, variables)?;
        let place = server.target.place.name.clone();
        let found = server.make_connection().and_then(|()| server.version_alone());
        let looked = found.and_then(|found| {
            let is_older = found.is_some_and(|found| found < purpose.version);
            if found.is_some() && !is_older {
                server.greet(&FirstQuestions::default())?;
            }
            Ok(found.is_some())
        });
        looked.map(|is_there| (place, is_there)).map_err(|failed| failed.error)
    }

    #[cfg(test)]
    fn connect(
        purpose: &'static Purpose,
        url: &str,
        longest: Option<Duration>,
        variables: &Variables,
    ) -> Result<Self> {
        Self::connect_asking(purpose, url, longest, variables, &FirstQuestions::default())
    }

    #[cfg(test)]
    fn connect_within(
        purpose: &'static Purpose,
        url: &str,
        limits: TimeLimits,
        variables: &Variables,
    ) -> Result<Self> {
        let mut server = Self::unconnected(purpose, url, limits, variables)?;
        server.open(&FirstQuestions::default()).map_err(|failed| failed.error)?;
        Ok(server)
    }

    fn unconnected(
        purpose: &'static Purpose,
        url: &str,
        limits: TimeLimits,
        variables: &Variables,
    ) -> Result<Self> {
        let target = ServerTarget::read(purpose, url, limits.connect, variables)?;
        let (connection, session, looked, begun) = (None, None, Vec::new(), None);
        Ok(Self { target, limits, connection, session, sessions: 0, looked, begun })
    }

    /// The place that a URL names, as a person may see it; nothing is asked of it.
    ///
    /// # Errors
    /// Class `config` for a URL that cannot be understood.
    pub fn place_of(purpose: &'static Purpose, url: &str, variables: &Variables) -> Result<String> {
        let target = ServerTarget::read(purpose, url, USUAL_ANSWER, variables)?;
        Ok(target.exact_place(None))
    }

    /// One statement that writes and others that look, in a transaction of their own, all on one way
    /// there and back. They may be run twice, so that has to come to the same.
    ///
    /// # Errors
    /// As [`Database::write`].
    pub fn put(&mut self, statements: &[Statement], durable: Durable) -> Result<Vec<Vec<SqlRow>>> {
        let mut found = Vec::new();
        self.carry_out(WorkMode::Put, &mut |sql| {
            found = sql.finish(statements, durable)?;
            Ok(())
        })?;
        Ok(found)
    }

    /// Whether the connection leads to the server itself, so that the session is this process's
    /// alone.
    pub fn is_direct(&self) -> bool {
        self.session.as_ref().is_some_and(|session| session.is_direct)
    }

    /// Since when there are its tables, where they say so.
    pub fn made(&self) -> Option<Timestamp> {
        self.session.as_ref().and_then(|session| session.made)
    }

    /// Whether it only follows another server now.
    pub fn is_standby(&self) -> bool {
        self.session.as_ref().is_some_and(|session| session.follows)
    }

    /// Which connection this is: another one has none of the locks of the last.
    pub fn session_number(&self) -> u64 {
        self.sessions
    }

    fn purpose(&self) -> &'static Purpose {
        self.target.place.purpose
    }

    /// The schema that its tables are in by its purpose, unless the URL names another.
    fn own_schema(&self) -> Option<&'static str> {
        let named = options::options(self.target.options());
        let is_named = named.iter().any(|(name, _)| name == "search_path");
        self.purpose().schema.filter(|_| !is_named)
    }

    /// Asks something of the server and waits for it, for a bounded time.
    fn perform<T>(
        &mut self,
        question: impl AsyncFnOnce(&Client) -> Result<T, tokio_postgres::Error>,
    ) -> Result<T, ServerFailure> {
        let place = &self.target.place;
        let Some(connection) = &mut self.connection else {
            let message = format!("the connection to {place} is gone");
            return Err(ServerFailure {
                kind: ServerFailureKind::Lost,
                error: Failure::new(Class::Network, message),
            });
        };
        let show = || note_long_wait(&format!("{place}, which has not answered yet"));
        let failed = match connection.ask(question, self.limits.answer, show) {
            Ok(Ok(answer)) => return Ok(answer),
            Ok(Err(cause)) => self.target.failed(cause),
            Err(_) => {
                let limit = crate::core::duration::show(self.limits.answer);
                let message = format!("{place} gave no answer within {limit}");
                ServerFailure {
                    kind: ServerFailureKind::Late,
                    error: Failure::new(Class::Timeout, message),
                }
            }
        };
        if matches!(failed.kind, ServerFailureKind::Lost | ServerFailureKind::Late) {
            self.hang_up();
        }
        Err(failed)
    }

    /// Leaves the connection, if there is one.
    fn hang_up(&mut self) {
        self.begun = None;
        if let Some(connection) = self.connection.take() {
            connection.close();
        }
    }

    /// Sends all of these and waits for their answers.
    fn exchange(&mut self, questions: &[Question<'_>]) -> Result<Answers, ServerFailure> {
        self.perform(async |client| connection::exchange(client, questions).await)
    }

    /// One statement and its rows, in no transaction of its own.
    fn ask(&mut self, statement: &str, values: &[Value]) -> Result<Vec<SqlRow>, ServerFailure> {
        let answers = self.exchange(&[Question::Ask(statement, typed(values))])?;
        let mut answers = self.understood(answers)?;
        Ok(answers.pop().unwrap_or_default())
    }

    /// The rows of each answer, or the first failure.
    fn understood(&mut self, answers: Answers) -> Result<Vec<Vec<SqlRow>>, ServerFailure> {
        let mut all = Vec::with_capacity(answers.len());
        for answer in answers {
            match answer {
                Ok(found) => all.push(rows(&found)?),
                Err(cause) => {
                    let failed = self.target.failed(cause);
                    if failed.kind == ServerFailureKind::Lost {
                        self.hang_up();
                    }
                    return Err(failed);
                }
            }
        }
        Ok(all)
    }

    /// Statements without parameters and without rows, in one go.
    fn tell(&mut self, statements: &str) -> Result<(), ServerFailure> {
        self.perform(async |client| client.batch_execute(statements).await)
    }

    /// Begins a transaction.
    fn begin(&mut self, beginning: &Beginning) -> Result<(), ServerFailure> {
        let answers = self.exchange(&beginning.questions())?;
        self.understood(answers).map(|_| ())
    }

    /// Leaves a transaction; a connection that does not, is left itself.
    fn roll_back(&mut self) {
        if self.connection.is_some() && self.tell("ROLLBACK").is_err() {
            self.hang_up();
        }
    }
}

/// A short while, longer each time and never the same for two: they would meet again.
fn jitter(time: u32) -> Duration {
    let chance = u32::from(Uuid::new_v4().as_bytes()[0]);
    Duration::from_millis(u64::from((10 + chance / 4) * time))
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

fn rows(found: &[tokio_postgres::Row]) -> Result<Vec<SqlRow>, ServerFailure> {
    let rows: Result<Vec<SqlRow>> = found.iter().map(row).collect();
    rows.map_err(|error| ServerFailure { kind: ServerFailureKind::Final, error })
}

fn row(row: &tokio_postgres::Row) -> Result<SqlRow> {
    let cell = |(at, column): (usize, &tokio_postgres::Column)| {
        let cell = match *column.type_() {
            Type::INT8 => row.try_get(at).map(Value::Int),
            Type::TEXT => row.try_get(at).map(Value::Text),
            Type::BOOL => row.try_get(at).map(|is: Option<bool>| is.map(i64::from).into()),
            Type::TIMESTAMPTZ => row.try_get(at).map(millis),
            Type::VOID => Ok(Value::Text(None)),
            _ => {
                let what = anyhow::anyhow!("column {at} is a {}", column.type_());
                return Err(Failure::internal("the server gave something unforeseen").because(what));
            }
        };
        cell.map_err(|cause| {
            Failure::config("an answer of the server cannot be understood").because(cause)
        })
    };
    row.columns().iter().enumerate().map(cell).collect::<Result<_>>().map(SqlRow)
}

/// A moment as the tables have it.
fn millis(at: Option<SystemTime>) -> Value {
    let at = at.and_then(|at| Timestamp::try_from(at).ok());
    at.map(Timestamp::as_millisecond).into()
}

impl Drop for Postgres {
    fn drop(&mut self) {
        self.hang_up();
    }
}

impl Database for Postgres {
    fn write(&mut self, work: &mut SqlWork<'_>) -> Result<()> {
        self.carry_out(WorkMode::Write, work)
    }

    fn read(&mut self, work: &mut SqlWork<'_>) -> Result<()> {
        self.carry_out(WorkMode::Read, work)
    }

    fn stream(&mut self, work: &mut SqlWork<'_>) -> Result<()> {
        self.carry_out(WorkMode::Read, work)
    }

    fn glance(&mut self, work: &mut SqlWork<'_>) -> Result<()> {
        self.carry_out(WorkMode::Glance, work)
    }

    fn rest(&mut self) {
        self.hang_up();
    }

    /// The server's clock: the order of the book and the cooldowns do not depend on what each
    /// machine thinks that the time is.
    fn now(&self) -> Timestamp {
        self.session.as_ref().map_or(Timestamp::UNIX_EPOCH, ServerSession::now)
    }

    fn place(&self) -> String {
        let schema = self.session.as_ref().map(|session| session.schema.as_str());
        self.target.exact_place(schema)
    }
}

#[cfg(test)]
mod balancer_tests;
#[cfg(test)]
mod opening_tests;
#[cfg(test)]
mod pooler_tests;
#[cfg(test)]
mod tests;
