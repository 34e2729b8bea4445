//! The state of the portal in SQLite: shared by any number of processes, and computed from
//! timestamps wherever time matters, so that nothing depends on a server staying up.

use super::{ciris, subscription};
use crate::config::paths::{make_file, quoted};
use crate::core::command::NextStep;
use crate::core::failure::{Failure, Result};
use crate::ledger::book;
use crate::ledger::sql::{BOOK, Sql, for_sqlite};
use crate::ledger::sqlite::bring_on_book;
use crate::ledger::values::{Kind, Posting, Reference};
use crate::store::sqlite;
use jiff::{SignedDuration, Timestamp};
use rusqlite::{
    Connection, OpenFlags, OptionalExtension, Transaction, TransactionBehavior, params,
};
use rust_decimal::Decimal;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::time::Duration;
use uuid::Uuid;

/// The version of the tables: 1 has those below, 2 those of the agent as well, 3 the book of the
/// project's own ledger, 4 what was charged for plans, and 5 the book of the ledger's second version.
const VERSION: i64 = 5;

/// How long to wait for another process that is writing.
const BUSY: Duration = Duration::from_secs(30);

const TABLES: &str = "
    CREATE TABLE setting (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
    CREATE TABLE session (
        id TEXT PRIMARY KEY, client_id TEXT NOT NULL, approved_ms INTEGER NOT NULL,
        revoked INTEGER NOT NULL DEFAULT 0, spending_revoked INTEGER NOT NULL DEFAULT 0
    ) STRICT;
    CREATE TABLE refresh (
        token TEXT PRIMARY KEY, session TEXT NOT NULL REFERENCES session (id),
        scope TEXT NOT NULL, used INTEGER NOT NULL DEFAULT 0
    ) STRICT;
    CREATE TABLE device (
        device_code TEXT PRIMARY KEY, user_code TEXT NOT NULL UNIQUE, client_id TEXT NOT NULL,
        scope TEXT NOT NULL, expires_ms INTEGER NOT NULL, interval_ms INTEGER NOT NULL,
        polled_ms INTEGER, standing TEXT NOT NULL, granted TEXT
    ) STRICT;
    CREATE TABLE charge (
        seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, session TEXT,
        idempotency_key TEXT, amount TEXT NOT NULL, created_ms INTEGER NOT NULL,
        settle_ms INTEGER NOT NULL, reason TEXT, booked INTEGER NOT NULL DEFAULT 0
    ) STRICT;
    CREATE TABLE remembered (
        idempotency_key TEXT PRIMARY KEY, path TEXT NOT NULL, asked TEXT NOT NULL,
        answer TEXT NOT NULL, created_ms INTEGER NOT NULL
    ) STRICT;
    CREATE TABLE plan_change (created_ms INTEGER NOT NULL) STRICT;
    CREATE TABLE fault (
        id INTEGER PRIMARY KEY AUTOINCREMENT, method TEXT NOT NULL, path TEXT NOT NULL,
        effect TEXT NOT NULL, times INTEGER NOT NULL
    ) STRICT;
    CREATE TABLE seen (
        id INTEGER PRIMARY KEY AUTOINCREMENT, at_ms INTEGER NOT NULL, method TEXT NOT NULL,
        path TEXT NOT NULL, status INTEGER, idempotency_key TEXT, fault TEXT
    ) STRICT;
";

/// Everything that is forgotten by a reset.
const FORGOTTEN: &[&str] = &[
    "setting",
    "refresh",
    "session",
    "device",
    "charge",
    "remembered",
    "plan_change",
    "plan_charge",
    "agent_token",
    "payment",
    "fault",
    "seen",
    "ledger_transaction",
    "ledger_account",
];

/// The open database.
#[derive(Debug)]
pub struct Database {
    db: Connection,
}

/// One transaction of the portal, with its clock.
#[derive(Debug)]
pub struct Work<'a> {
    /// Where everything is read and written.
    pub sql: Transaction<'a>,
    now: Timestamp,
}

/// A failure inside the portal.
pub fn broken(cause: rusqlite::Error) -> Failure {
    let mend = "'topup sandbox reset' starts a new one, if the file can be written.";
    sqlite::unusable("the sandbox state", cause.into(), mend)
}

/// Looks at the state and changes nothing of it; says whether there is one. What every SQLite file
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

/// The word that tells this state from one before a reset, read at a glance; none where it cannot
/// be told without touching anything.
pub fn instance(file: &Path) -> Option<String> {
    setting(file, "instance")
}

/// One value of the state, read at a glance.
pub fn setting(file: &Path, name: &str) -> Option<String> {
    let db = crate::core::disk::glance(file)?;
    db.query_row("SELECT value FROM setting WHERE name = ?1", [name], |row| row.get(0)).ok()
}

impl Database {
    /// Opens the state, and makes it with `fill` when there is none.
    ///
    /// # Errors
    /// Class `config`.
    pub fn open(file: &Path, fill: impl FnOnce(&Work<'_>) -> Result<()>) -> Result<Self> {
        make_file(file, |cause| {
            Failure::config(format!(
                "the sandbox state {} cannot be opened: {cause}",
                file.display()
            ))
            .because(anyhow::Error::new(cause))
        })?;
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let db = Connection::open_with_flags(file, flags).map_err(broken)?;
        db.busy_timeout(BUSY).map_err(broken)?;
        db.pragma_update(None, "synchronous", "NORMAL").map_err(broken)?;
        db.pragma_update(None, "temp_store", "MEMORY").map_err(broken)?;
        let mut database = Self { db };
        if database.version()? < VERSION {
            sqlite::write_ahead(&database.db, BUSY).map_err(broken)?;
            let work = database.begin()?;
            // Another process may have made everything while this one waited.
            let found = version(&work.sql)?;
            if found < 1 {
                work.sql.execute_batch(TABLES).map_err(broken)?;
            }
            if found < 2 {
                work.sql.execute_batch(ciris::TABLES).map_err(broken)?;
            }
            if found < 3 {
                renew_book(&work.sql, found > 0)?;
            }
            if found < 4 {
                work.sql.execute_batch(subscription::TABLES).map_err(broken)?;
            }
            if found == 3 || found == 4 {
                bring_on_book(&work.sql).map_err(broken)?;
            }
            if found < VERSION {
                work.sql.pragma_update(None, "user_version", VERSION).map_err(broken)?;
            }
            if found < 1 {
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
        version(&self.db)
    }

    /// Begins a transaction that no other writer can come between.
    ///
    /// # Errors
    /// Class `config`.
    pub fn begin(&mut self) -> Result<Work<'_>> {
        let sql =
            self.db.transaction_with_behavior(TransactionBehavior::Immediate).map_err(broken)?;
        let mut work = Work { sql, now: Timestamp::now() };
        if version(&work.sql)? != 0 {
            let offset: i64 = work.number("clock-offset-ms")?.unwrap_or(0);
            work.now =
                work.now.checked_add(SignedDuration::from_millis(offset)).map_err(|cause| {
                    Failure::config("the sandbox clock is set too far")
                        .because(anyhow::Error::new(cause))
                })?;
        }
        Ok(work)
    }

    /// Forgets everything and fills the state anew.
    ///
    /// # Errors
    /// Class `config`.
    pub fn reset(&mut self, fill: impl FnOnce(&Work<'_>) -> Result<()>) -> Result<()> {
        let work = self.begin()?;
        for table in FORGOTTEN {
            work.sql.execute(&format!("DELETE FROM {table}"), []).map_err(broken)?;
        }
        fill(&work)?;
        work.commit()
    }
}

fn version(db: &Connection) -> Result<i64> {
    db.query_row("PRAGMA user_version", [], |row| row.get(0)).map_err(broken)
}

/// Makes the book. One of an older version, which kept amounts as text, is booked anew in it.
fn renew_book(db: &Connection, is_older: bool) -> Result<()> {
    let mut older = Vec::new();
    if is_older {
        older = (&mut &*db).run(
            "SELECT account, kind, amount, reference, description, created_ms, idempotency_key
             FROM ledger_transaction ORDER BY seq",
            &[],
        )?;
        db.execute_batch("DROP TABLE ledger_transaction; DROP TABLE ledger_account;")
            .map_err(broken)?;
    }
    db.execute_batch(&for_sqlite(BOOK)).map_err(broken)?;
    for row in older {
        let (kind, amount) = (Kind::kept(&row.text(1)?)?, exact(&row.text(2)?)?);
        let mut posting = Posting::new(&row.text(0)?, kind, amount, row.time(5)?)
            .because(Reference::kept(&row.text(3)?)?, row.text(4)?);
        posting.key = row.text_if(6)?;
        book::post(&mut &*db, &posting)?;
    }
    Ok(())
}

impl Work<'_> {
    /// The portal's clock: the wall clock and the offset that was set.
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// The portal's clock in milliseconds.
    pub fn now_ms(&self) -> i64 {
        self.now.as_millisecond()
    }

    /// A setting.
    ///
    /// # Errors
    /// Class `config`.
    pub fn text(&self, name: &str) -> Result<Option<String>> {
        self.sql
            .query_row("SELECT value FROM setting WHERE name = ?1", [name], |row| row.get(0))
            .optional()
            .map_err(broken)
    }

    /// A setting that is an amount.
    ///
    /// # Errors
    /// Class `config`.
    pub fn money(&self, name: &str) -> Result<Option<Decimal>> {
        self.text(name)?.map(|text| exact(&text)).transpose()
    }

    /// A setting that is a whole number.
    ///
    /// # Errors
    /// Class `config`.
    pub fn number(&self, name: &str) -> Result<Option<i64>> {
        self.text(name)?
            .map(|text| {
                text.parse().map_err(|cause: std::num::ParseIntError| {
                    Failure::config(format!("the sandbox setting {name} is no number"))
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
        let done = match value {
            Some(value) => self.sql.execute(
                "INSERT INTO setting VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
                params![name, value],
            ),
            None => self.sql.execute("DELETE FROM setting WHERE name = ?1", [name]),
        };
        done.map(|_| ()).map_err(broken)
    }

    /// Makes everything lasting.
    ///
    /// # Errors
    /// Class `config`.
    pub fn commit(self) -> Result<()> {
        self.sql.commit().map_err(broken)
    }
}

/// An amount as it is kept.
///
/// # Errors
/// Class `config`.
pub fn exact(text: &str) -> Result<Decimal> {
    Decimal::from_str_exact(text).map_err(|cause| {
        Failure::config("the sandbox holds an amount that is no decimal")
            .because(anyhow::Error::new(cause))
    })
}

/// A word that nobody can guess, in hexadecimal.
pub fn random_word() -> String {
    format!("{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc::{RecvTimeoutError, channel};

    #[test]
    fn a_new_state_waits_for_whoever_looks_at_the_file_and_is_readable_by_nobody_else() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("sandbox.db");
        make_file(&file, |cause| Failure::config(cause.to_string())).expect("made");
        let mut other = Connection::open(&file).expect("open");
        let looking = other.transaction().expect("begun");
        version(&looking).expect("read");
        let (told, opened) = channel();
        let opening = file.clone();
        let thread = std::thread::spawn(move || {
            let _ = told.send(Database::open(&opening, |_| Ok(())).map(|_| ()));
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
