//! What a ledger promises, asked of both databases by the same tests: each runs on a fresh file,
//! and on a fresh schema where a PostgreSQL server is there.

#![allow(clippy::print_stdout, reason = "tests tell what they skip")]

pub(crate) mod proxy;
pub(crate) mod server;

use self::server::{Schema, Server};
use super::postgres;
use super::price::BasePrice;
use super::service::{Credit, Ledger, Recorded, Used};
use super::sql::{Database, SqlRow, SqlWork, Value};
use super::sqlite::Sqlite;
use super::values::{Change, Filter, Labels, Mandate, Model, Reference, Transaction};
use crate::core::clock::{Clock, TurnedClock};
use crate::core::environment::Variables;
use crate::core::failure::Result;
use crate::store::postgres::FirstQuestions;
use jiff::Timestamp;
use rust_decimal::Decimal;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread;
use uuid::Uuid;

mod book;
mod crowds;
mod dry_run;
mod lists;
mod runs;
mod settings;

/// A place for one ledger, which goes away with it.
pub enum LedgerStore {
    File(tempfile::TempDir),
    Server(Schema),
}

/// Runs a test on every kind of database that there is.
pub fn on_each(test: impl Fn(&LedgerStore)) {
    test(&LedgerStore::file());
    if let Some(server) = Server::shared() {
        test(&LedgerStore::Server(server.schema()));
    }
}

impl LedgerStore {
    fn path(folder: &tempfile::TempDir) -> PathBuf {
        folder.path().join("ledger.db")
    }

    /// The database, as another process would open it.
    pub fn database(&self) -> Box<dyn Database> {
        match self {
            Self::File(folder) => Box::new(Sqlite::open(&Self::path(folder)).expect("a file")),
            Self::Server(schema) => Box::new(
                postgres::connect(
                    &schema.url,
                    None,
                    &Variables::default(),
                    &FirstQuestions::default(),
                )
                .expect("a server"),
            ),
        }
    }

    /// The ledger, as another process would open it.
    pub fn ledger(&self) -> Ledger {
        match self {
            Self::File(folder) => {
                super::open(None, &Self::path(folder), None, &Variables::default())
            }
            Self::Server(schema) => {
                super::open(Some(&schema.url), &PathBuf::new(), None, &Variables::default())
            }
        }
        .expect("a ledger")
    }

    /// A file of its own.
    pub fn file() -> Self {
        Self::File(crate::core::scratch::tempdir().expect("a folder"))
    }

    /// The ledger, by a clock that a test turns.
    pub fn turned(&self, clock: &Arc<TurnedClock>) -> Ledger {
        Ledger::new(Box::new(Turned { database: self.database(), clock: Arc::clone(clock) }))
    }

    /// A ledger with the mandate `org`, without a markup.
    pub fn with(&self, model: Model) -> (Ledger, Mandate) {
        let mut ledger = self.ledger();
        let change =
            Change { model: Some(model), markup: Some(Decimal::ZERO), ..Change::default() };
        let mandate = ledger.change("org", &change).expect("a mandate");
        (ledger, mandate)
    }

    /// Rows as they are kept.
    fn rows(&self, statement: &str, values: &[Value]) -> Vec<SqlRow> {
        let mut found = Vec::new();
        let mut database = self.database();
        let read = database.read(&mut |sql| {
            found = sql.run(statement, values)?;
            Ok(())
        });
        read.unwrap_or_else(|error| panic!("{statement}: {error}"));
        found
    }

    /// Whether the books agree with themselves, recomputed from their rows: each balance is the
    /// sum of its transactions, and each transaction leaves what the next one found. Gives how
    /// many transactions there are.
    #[track_caller]
    pub fn check_books(&self) -> usize {
        let transactions = self.rows(
            "SELECT mandate, owner, kind, amount, balance_after FROM ledger_transaction
             ORDER BY seq",
            &[],
        );
        let mut sums = std::collections::BTreeMap::new();
        for row in &transactions {
            let account = (row.text(0).expect("text"), row.text(1).expect("text"));
            let sum = sums.entry(account.clone()).or_insert(0_i64);
            let amount = row.int(3).expect("an amount");
            *sum += if row.text(2).expect("a kind") == "CREDIT" { amount } else { -amount };
            assert_eq!(row.int(4).expect("a balance"), *sum, "the chain of {account:?}");
        }
        let accounts = self.rows("SELECT mandate, owner, balance FROM ledger_account", &[]);
        assert_eq!(accounts.len(), sums.len(), "an account has transactions");
        for row in &accounts {
            let account = (row.text(0).expect("text"), row.text(1).expect("text"));
            assert_eq!(row.int(2).expect("a balance"), sums[&account], "the sum of {account:?}");
        }
        transactions.len()
    }
}

/// A database whose clock is turned.
struct Turned {
    database: Box<dyn Database>,
    clock: Arc<TurnedClock>,
}

impl Database for Turned {
    fn write(&mut self, work: &mut SqlWork<'_>) -> Result<()> {
        self.database.write(work)
    }

    fn read(&mut self, work: &mut SqlWork<'_>) -> Result<()> {
        self.database.read(work)
    }

    fn stream(&mut self, work: &mut SqlWork<'_>) -> Result<()> {
        self.database.stream(work)
    }

    fn now(&self) -> Timestamp {
        self.clock.now()
    }

    fn place(&self) -> String {
        self.database.place()
    }
}

fn decimal(text: &str) -> Decimal {
    Decimal::from_str_exact(text).expect("a decimal")
}

/// Money that comes in.
pub fn credit(amount: &str, key: Option<&str>) -> Credit {
    Credit {
        amount: decimal(amount),
        reference: Reference::Payment,
        description: "a card".into(),
        key: key.map(Into::into),
    }
}

/// A price before the markup.
pub fn price(text: &str) -> BasePrice {
    BasePrice::parse(text).unwrap_or_else(|why| panic!("{text}: {why}"))
}

/// A use of `llm`.
pub fn used(cost: &str, user: Option<&str>, key: Option<&str>) -> Used {
    let labels =
        Labels { provider: Some("llm".into()), user: user.map(Into::into), ..Labels::default() };
    Used { base_price: price(cost), labels, description: None, key: key.map(Into::into) }
}

/// The id of a run, and of the folder that has its cost.
pub fn kept() -> (Uuid, Uuid) {
    (Uuid::new_v4(), Uuid::nil())
}

/// Makes the mandate `org` without a markup, and puts 10 into it.
pub fn fill(ledger: &mut Ledger) {
    let change = Change {
        model: Some(Model::PrepayMandate),
        markup: Some(Decimal::ZERO),
        ..Change::default()
    };
    ledger.change("org", &change).expect("a mandate");
    ledger.credit("org", None, &credit("10", None)).expect("credited");
}

/// How many transactions there are beside the first credit; the books agree with themselves.
pub fn booked(schema: Schema) -> usize {
    LedgerStore::Server(schema).check_books() - 1
}

/// The transaction that was recorded.
#[track_caller]
fn recorded(recorded: Result<Recorded>) -> Transaction {
    recorded.expect("recorded").posted.expect("a transaction").transaction
}

/// Every transaction, newest first.
pub fn all(ledger: &mut Ledger) -> Vec<Transaction> {
    ledger.transactions("org", &Filter::default(), 10_000).expect("listed").0
}

/// Does the same in many threads, each with a ledger of its own, opened before the first begins.
fn in_crowd<T: Send>(
    store: &LedgerStore,
    count: usize,
    act: impl Fn(usize, &mut Ledger) -> T + Sync,
) -> Vec<T> {
    let ready = std::sync::Barrier::new(count);
    thread::scope(|scope| {
        let one = |at| {
            let (ready, act) = (&ready, &act);
            move || {
                let mut ledger = store.ledger();
                ready.wait();
                act(at, &mut ledger)
            }
        };
        let threads: Vec<_> = (0..count).map(|at| scope.spawn(one(at))).collect();
        threads.into_iter().map(|thread| thread.join().expect("it ended")).collect()
    })
}
