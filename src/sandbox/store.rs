//! The state of the portal in SQLite: shared by any number of processes, and computed from
//! timestamps wherever time matters, so that nothing depends on a server staying up.

use super::tables::{self, FORGOTTEN, VERSION, WRITABLE};
use crate::core::clock;
use crate::core::command::NextStep;
use crate::core::failure::{Failure, Result};
use crate::core::files::{make_file, quoted};
use crate::ledger::sql::Sql;
use crate::store::sqlite::{self, SharedFile};
use jiff::{SignedDuration, Timestamp};
use rusqlite::{
    CachedStatement, Connection, OpenFlags, OptionalExtension, Params, Row, Transaction,
    TransactionBehavior,
};
use rust_decimal::Decimal;
use std::cell::RefCell;
use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::time::Duration;
use uuid::Uuid;

pub use super::tables::{broken, exact};

/// How long to wait for another process that is writing.
const BUSY: Duration = Duration::from_secs(30);

/// The state of the portal, as what several processes write.
struct StateFile;

impl SharedFile for StateFile {
    const LONGEST: Duration = BUSY;
    const WRITER: &'static str = "another process, which uses the sandbox";
}

/// Between two tries.
const PAUSE: Duration = Duration::from_millis(5);
/// How many prepared statements are kept: more than there are.
const STATEMENTS: usize = 128;

/// The open database.
#[derive(Debug)]
pub struct SandboxDatabase {
    db: Connection,
}

/// One transaction of the portal, with its clock.
#[derive(Debug)]
pub struct StoreWork<'a> {
    sql: Transaction<'a>,
    now: Timestamp,
    /// As they stand in this transaction.
    settings: RefCell<HashMap<String, String>>,
}

/// Reads the state without changing it; says whether there is one. What every SQLite file
/// begins with is enough: its name, and the version of its tables.
///
/// # Errors
/// Class `config`: it cannot be read, is none, or is of a newer version.
pub fn look(file: &Path) -> Result<bool> {
    let mut head = [0; 64];
    let read = File::open(file).and_then(|mut opened| opened.read_exact(&mut head));
    let why = match read {
        Ok(()) if head.starts_with(b"SQLite format 3\0") => {
            let version = u32::from_be_bytes([head[60], head[61], head[62], head[63]]);
            if i64::from(version) > VERSION {
                "it was written by a newer topup"
            } else {
                return Ok(true);
            }
        }
        Ok(()) => "it is no such state",
        Err(cause) => match cause.kind() {
            io::ErrorKind::NotFound => return Ok(false),
            io::ErrorKind::UnexpectedEof if file.metadata().is_ok_and(|found| found.len() == 0) => {
                return Ok(false);
            }
            // Too short for one.
            io::ErrorKind::UnexpectedEof => "it is no such state",
            _ => "it cannot be read",
        },
    };
    let shown = file.display();
    Err(Failure::config(format!("the sandbox state {shown} cannot be used: {why}"))
        .hint(NextStep::shell("Begin a new one: ", format!("mv {0} {0}.old", quoted(file)))))
}

/// The word that distinguishes this state from one before a reset, read at a glance; none where it
/// cannot be read without touching anything.
pub fn instance(file: &Path) -> Option<String> {
    setting(file, "instance")
}

/// One value of the state, read at a glance.
pub fn setting(file: &Path, name: &str) -> Option<String> {
    let db = crate::core::disk::glance(file)?;
    db.query_row("SELECT value FROM setting WHERE name = ?1", [name], |row| row.get(0)).ok()
}

impl SandboxDatabase {
    /// Opens the state, and makes it with `fill` when there is none.
    ///
    /// # Errors
    /// Class `config`.
    pub fn open(file: &Path, fill: impl FnOnce(&StoreWork<'_>) -> Result<()>) -> Result<Self> {
        make_file(file, |cause| {
            Failure::config(format!(
                "the sandbox state {} cannot be opened: {cause}",
                file.display()
            ))
            .because(anyhow::Error::new(cause))
            .hint(WRITABLE)
        })?;
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let mut db = Connection::open_with_flags(file, flags).map_err(broken)?;
        db.busy_handler(Some(|times| sqlite::wait_for_writer::<StateFile>(times, PAUSE)))
            .map_err(broken)?;
        db.pragma_update(None, "synchronous", "NORMAL").map_err(broken)?;
        db.pragma_update(None, "temp_store", "MEMORY").map_err(broken)?;
        // The statements of a request are prepared once for all of them.
        db.set_prepared_statement_cache_capacity(STATEMENTS);
        sqlite::keep_plans(&db).map_err(broken)?;
        let mut database = Self { db };
        if database.version()? < VERSION {
            sqlite::write_ahead(&database.db, BUSY).map_err(broken)?;
            let work = database.begin()?;
            if tables::bring_on(&work.sql)? < 1 {
                fill(&work)?;
            }
            work.commit()?;
        }
        if database.version()? != VERSION {
            return Err(Failure::config(format!(
                "the sandbox state {} was written by a newer topup",
                file.display()
            ))
            .hint("Use that version, or point TOPUP_HOME to another folder."));
        }
        Ok(database)
    }

    fn version(&self) -> Result<i64> {
        tables::version(&self.db)
    }

    /// Begins a transaction that no other writer can come between.
    ///
    /// # Errors
    /// Class `config`.
    pub fn begin(&mut self) -> Result<StoreWork<'_>> {
        let sql =
            self.db.transaction_with_behavior(TransactionBehavior::Immediate).map_err(broken)?;
        let settings = read_settings(&sql)?;
        let mut work = StoreWork { sql, now: clock::now(), settings: RefCell::new(settings) };
        let offset: i64 = work.number("clock-offset-ms")?.unwrap_or(0);
        work.now = work.now.checked_add(SignedDuration::from_millis(offset)).map_err(|cause| {
            Failure::config("the sandbox clock is set too far").because(anyhow::Error::new(cause))
        })?;
        Ok(work)
    }

    /// Forgets everything and fills the state anew.
    ///
    /// # Errors
    /// Class `config`.
    pub fn reset(&mut self, fill: impl FnOnce(&StoreWork<'_>) -> Result<()>) -> Result<()> {
        let work = self.begin()?;
        for table in FORGOTTEN {
            work.sql.execute(&format!("DELETE FROM {table}"), []).map_err(broken)?;
        }
        work.settings.borrow_mut().clear();
        fill(&work)?;
        work.commit()
    }
}

/// Every setting, at once: a request asks for a dozen of them.
fn read_settings(db: &Connection) -> Result<HashMap<String, String>> {
    let mut query = match db.prepare_cached("SELECT name, value FROM setting") {
        Ok(query) => query,
        // Nothing is there yet.
        Err(_) if tables::version(db)? == 0 => return Ok(HashMap::new()),
        Err(cause) => return Err(broken(cause)),
    };
    let rows = query.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).map_err(broken)?;
    rows.collect::<Result<_, _>>().map_err(broken)
}

impl StoreWork<'_> {
    /// The portal's clock: the wall clock and the offset that was set.
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// The portal's clock in milliseconds.
    pub fn now_ms(&self) -> i64 {
        self.now.as_millisecond()
    }

    /// The book of the project's own ledger, in this transaction.
    pub fn book(&self) -> impl Sql + '_ {
        &*self.sql
    }

    /// Runs a statement; says how many rows it changed.
    ///
    /// # Errors
    /// Class `config`.
    pub fn run(&self, statement: &str, values: impl Params) -> Result<usize> {
        self.prepared(statement)?.execute(values).map_err(broken)
    }

    /// The first row of a query.
    ///
    /// # Errors
    /// Class `config`.
    pub fn row<T>(
        &self,
        query: &str,
        values: impl Params,
        read: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Option<T>> {
        self.prepared(query)?.query_row(values, read).optional().map_err(broken)
    }

    /// Every row of a query.
    ///
    /// # Errors
    /// Class `config`.
    pub fn rows<T>(
        &self,
        query: &str,
        values: impl Params,
        read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>> {
        let mut query = self.prepared(query)?;
        let rows = query.query_map(values, read).map_err(broken)?;
        rows.collect::<Result<_, _>>().map_err(broken)
    }

    fn prepared(&self, statement: &str) -> Result<CachedStatement<'_>> {
        #[cfg(test)]
        queries::note(statement);
        self.sql.prepare_cached(statement).map_err(broken)
    }

    /// The number of the row that was inserted last.
    pub fn last_row(&self) -> i64 {
        self.sql.last_insert_rowid()
    }

    /// A setting.
    pub fn text(&self, name: &str) -> Option<String> {
        self.settings.borrow().get(name).cloned()
    }

    /// Whether a setting has this value.
    pub fn is(&self, name: &str, value: &str) -> bool {
        self.settings.borrow().get(name).is_some_and(|kept| kept == value)
    }

    /// A setting that is an amount.
    ///
    /// # Errors
    /// Class `config`.
    pub fn money(&self, name: &str) -> Result<Option<Decimal>> {
        self.text(name).map(|text| exact(&text)).transpose()
    }

    /// A setting that is a whole number.
    ///
    /// # Errors
    /// Class `config`.
    pub fn number(&self, name: &str) -> Result<Option<i64>> {
        self.text(name)
            .map(|text| {
                text.parse().map_err(|cause: std::num::ParseIntError| {
                    Failure::config(format!("the sandbox setting {name} is not a number"))
                        .because(anyhow::Error::new(cause))
                })
            })
            .transpose()
    }

    /// Sets a setting, or removes it.
    ///
    /// # Errors
    /// Class `config`.
    pub fn set(&self, name: &str, value: Option<&str>) -> Result<()> {
        match value {
            Some(value) => {
                self.run(
                    "INSERT INTO setting VALUES (?1, ?2)
                     ON CONFLICT (name) DO UPDATE SET value = excluded.value",
                    [name, value],
                )?;
                self.settings.borrow_mut().insert(name.to_owned(), value.to_owned());
            }
            None => {
                self.run("DELETE FROM setting WHERE name = ?1", [name])?;
                self.settings.borrow_mut().remove(name);
            }
        }
        Ok(())
    }

    /// Makes everything lasting.
    ///
    /// # Errors
    /// Class `config`.
    pub fn commit(self) -> Result<()> {
        self.sql.commit().map_err(broken)
    }
}

/// A random word that cannot be guessed, in hexadecimal.
pub fn random_word() -> String {
    format!("{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple())
}

/// Every statement that the portals of these tests have run.
#[cfg(test)]
pub(super) mod queries {
    use std::collections::BTreeSet;
    use std::sync::Mutex;

    static RUN: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());

    pub(crate) fn note(statement: &str) {
        let mut run = RUN.lock().expect("unlocked");
        if !run.contains(statement) {
            run.insert(statement.to_owned());
        }
    }

    pub(crate) fn all() -> Vec<String> {
        RUN.lock().expect("unlocked").iter().cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc::{RecvTimeoutError, channel};
    use std::thread;

    #[test]
    fn a_new_state_waits_for_whoever_looks_at_the_file_and_is_readable_by_nobody_else() {
        let folder = crate::core::scratch::tempdir().expect("a folder");
        let file = folder.path().join("sandbox.db");
        make_file(&file, |cause| Failure::config(cause.to_string())).expect("made");
        let mut other = Connection::open(&file).expect("open");
        let looking = other.transaction().expect("begun");
        tables::version(&looking).expect("read");
        let (result, opened) = channel();
        let opening = file.clone();
        let thread = thread::spawn(move || {
            let _ = result.send(SandboxDatabase::open(&opening, |_| Ok(())).map(|_| ()));
        });
        let early = opened.recv_timeout(Duration::from_millis(200));
        assert!(matches!(early, Err(RecvTimeoutError::Timeout)), "{early:?}");
        looking.rollback().expect("given back");
        opened.recv_timeout(BUSY).expect("in time").expect("opened");
        thread.join().expect("no panic");
        #[cfg(unix)]
        {
            let mode = std::fs::metadata(&file).expect("there").permissions();
            assert_eq!(std::os::unix::fs::PermissionsExt::mode(&mode) & 0o777, 0o600);
        }
    }
}
