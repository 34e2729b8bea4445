//! The journal of purchases in SQLite: rows that are only ever appended, durable before anything
//! that depends on them.
//!
//! `journal_mode=DELETE` with `synchronous=EXTRA`: the commit is the unlink of the rollback
//! journal, and only EXTRA syncs the folder after it. A journal of a newer version is refused and
//! never rewritten. No token is ever in it.

mod exclusive;
mod health;
mod payments;
mod standing;

pub use exclusive::Exclusive;
pub use health::{Backlog, JournalHealth, look};

use super::record::{JournalRow, Purchase, Stamp};
use crate::core::failure::{Failure, Result};
use crate::core::files::make_file;
use crate::core::time::Period;
use crate::store::sqlite;
use jiff::Timestamp;
use rusqlite::{Connection, OpenFlags, TransactionBehavior};
use std::path::{Path, PathBuf};
use std::time::Duration;
use uuid::Uuid;

/// The version of the tables: 1 has those below, 2 those of [`payments`] as well, 3 those of
/// [`standing`], 4 [`PLANS`], 5 [`SELLERS`], and no payments any more.
const VERSION: i64 = 5;

/// How many of an account's newest purchases are read beside one whose evidence is judged.
const MOST_OTHERS: u32 = 200;

/// How long to wait for another process that is writing.
const BUSY: Duration = Duration::from_secs(20);

const TABLES: &str = "
    CREATE TABLE purchase (
        id TEXT PRIMARY KEY, origin TEXT NOT NULL, organisation TEXT, naming TEXT NOT NULL,
        name TEXT, generation INTEGER NOT NULL, idempotency_key TEXT NOT NULL,
        amount TEXT NOT NULL, asked_ms INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX purchase_by_name ON purchase (origin, organisation, name, generation);
    CREATE INDEX purchase_by_key ON purchase (origin, idempotency_key);
    CREATE INDEX purchase_by_amount ON purchase (origin, organisation, amount);
    CREATE INDEX purchase_by_time ON purchase (asked_ms);
    CREATE TABLE entry (
        seq INTEGER PRIMARY KEY AUTOINCREMENT, purchase TEXT NOT NULL REFERENCES purchase (id),
        kind TEXT NOT NULL, ended TEXT, charge_id TEXT, stamp TEXT NOT NULL, body TEXT NOT NULL
    ) STRICT;
    CREATE INDEX entry_by_purchase ON entry (purchase, kind, seq, ended);
    CREATE INDEX entry_by_charge ON entry (charge_id) WHERE charge_id IS NOT NULL;
    CREATE TRIGGER purchase_stays BEFORE UPDATE ON purchase BEGIN SELECT RAISE(ABORT, 'append only'); END;
    CREATE TRIGGER purchase_lasts BEFORE DELETE ON purchase BEGIN SELECT RAISE(ABORT, 'append only'); END;
    CREATE TRIGGER entry_stays BEFORE UPDATE ON entry BEGIN SELECT RAISE(ABORT, 'append only'); END;
    CREATE TRIGGER entry_lasts BEFORE DELETE ON entry BEGIN SELECT RAISE(ABORT, 'append only'); END;
";

/// What version 4 has besides: for which plan a purchase is, NULL for credits; and a plan that may
/// have been paid for is reported as well.
const PLANS: &str = "
    ALTER TABLE purchase ADD COLUMN plan TEXT;
    DROP TRIGGER purchase_ends;
    CREATE TRIGGER purchase_ends AFTER INSERT ON entry WHEN NEW.kind = 'final' BEGIN
        DELETE FROM unfinished WHERE purchase = NEW.purchase;
        DELETE FROM untold WHERE purchase = NEW.purchase;
        INSERT INTO untold SELECT NEW.purchase WHERE NEW.ended IN ('settled', 'failed', 'in_force');
    END;
";

/// What version 5 has besides: what a purchase costs once a row says more than its intent, and
/// which refused ones keep their key in use.
const SELLERS: &str = "
    ALTER TABLE entry ADD COLUMN cost TEXT;
    CREATE TABLE kept (purchase TEXT PRIMARY KEY REFERENCES purchase (id)) STRICT, WITHOUT ROWID;
    DROP TRIGGER purchase_ends;
    CREATE TRIGGER purchase_ends AFTER INSERT ON entry WHEN NEW.kind = 'final' BEGIN
        DELETE FROM unfinished WHERE purchase = NEW.purchase;
        DELETE FROM untold WHERE purchase = NEW.purchase;
        DELETE FROM kept WHERE purchase = NEW.purchase;
        INSERT INTO untold SELECT NEW.purchase WHERE NEW.ended IN ('settled', 'failed', 'in_force');
        INSERT INTO kept SELECT NEW.purchase WHERE NEW.ended = 'key_kept';
    END;
    DROP TRIGGER purchase_reopens;
    CREATE TRIGGER purchase_reopens AFTER INSERT ON entry WHEN NEW.kind = 'reopened' BEGIN
        INSERT OR IGNORE INTO unfinished VALUES (NEW.purchase);
        DELETE FROM untold WHERE purchase = NEW.purchase;
        DELETE FROM kept WHERE purchase = NEW.purchase;
    END;
";

/// The journal of this user.
#[derive(Debug)]
pub struct Journal {
    db: Connection,
    file: PathBuf,
}

impl Journal {
    /// Opens the journal, and makes it when there is none.
    ///
    /// # Errors
    /// Class `config`: it cannot be read or written, is no journal, or is of a newer version.
    pub fn open(file: &Path) -> Result<Self> {
        make_file(file, |cause| unusable(file, anyhow::Error::new(cause)))?;
        Self::connect(file)
    }

    /// Opens the journal if there is one.
    ///
    /// # Errors
    /// As [`Journal::open`].
    pub fn open_if_there(file: &Path) -> Result<Option<Self>> {
        match file.try_exists() {
            Ok(false) => Ok(None),
            Ok(true) => Self::connect(file).map(Some),
            Err(cause) => Err(unusable(file, anyhow::Error::new(cause))),
        }
    }

    /// What can be read of a journal without locking or waiting; nothing where that does not work
    /// at once.
    pub fn glance(file: &Path) -> Option<Self> {
        let db = crate::core::disk::glance(file)?;
        let is_known = version(&db).is_ok_and(|found| found == VERSION);
        is_known.then(|| Self { db, file: file.to_owned() })
    }

    /// The names that purchases were given, newest first.
    ///
    /// # Errors
    /// Class `config`.
    pub fn names(&self, limit: u32) -> Result<Vec<String>> {
        let names = || {
            let mut statement = self.db.prepare(
                "SELECT name FROM (SELECT name, asked_ms FROM purchase ORDER BY asked_ms DESC LIMIT ?1)
                 WHERE name IS NOT NULL GROUP BY name ORDER BY MAX(asked_ms) DESC",
            )?;
            let found = statement.query_map([limit], |row| row.get(0))?;
            found.collect::<rusqlite::Result<Vec<String>>>()
        };
        names().map_err(|cause| unusable(&self.file, cause.into()))
    }

    fn connect(file: &Path) -> Result<Self> {
        let broken = |cause| unusable(file, anyhow::Error::new(cause));
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let mut db = Connection::open_with_flags(file, flags).map_err(broken)?;
        db.busy_timeout(BUSY).map_err(broken)?;
        db.pragma_update(None, "synchronous", "EXTRA").map_err(broken)?;
        // What is sorted or half done is in memory, not in a file of some other folder.
        db.pragma_update(None, "temp_store", "MEMORY").map_err(broken)?;
        if version(&db).map_err(broken)? < VERSION {
            bring_on(&mut db, file)?;
        }
        let found = version(&db).map_err(broken)?;
        if found != VERSION {
            return Err(health::newer(file, found));
        }
        let mode: String =
            db.query_row("PRAGMA journal_mode = DELETE", [], |row| row.get(0)).map_err(broken)?;
        if mode != "delete" {
            return Err(unusable(file, anyhow::anyhow!("its journal mode is {mode}")));
        }
        Ok(Self { db, file: file.to_owned() })
    }

    /// Begins a transaction that no other writer can come between.
    ///
    /// # Errors
    /// Class `config`; also when the journal has become one of a newer version.
    pub fn exclusively(&mut self) -> Result<Exclusive<'_>> {
        let Self { db, file } = self;
        let transaction = db
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(|cause| unusable(file, anyhow::Error::new(cause)))?;
        // A newer version may have come while this process waited for a person or a portal.
        match version(&transaction) {
            Ok(VERSION) => Ok(Exclusive { transaction, file }),
            Ok(found) => Err(health::newer(file, found)),
            Err(cause) => Err(unusable(file, anyhow::Error::new(cause))),
        }
    }

    /// Appends a row and makes it durable.
    ///
    /// # Errors
    /// Class `config`: the row may or may not be there.
    pub fn append(&mut self, purchase: Uuid, stamp: &Stamp, row: &JournalRow) -> Result<()> {
        let alone = self.exclusively()?;
        alone.append(purchase, stamp, row)?;
        alone.commit()
    }

    /// One purchase, from its rows.
    ///
    /// # Errors
    /// Class `config`.
    pub fn load(&self, purchase: Uuid) -> Result<Purchase> {
        load(&self.db, &self.file, purchase)
    }

    /// The other purchases of the account of this one, the newest and those that are not final.
    ///
    /// # Errors
    /// Class `config`.
    pub fn others_of_account(&self, purchase: &Purchase) -> Result<Vec<Purchase>> {
        let intent = &purchase.intent;
        let found = self.ids(
            "SELECT id FROM (SELECT id FROM purchase WHERE origin = ?1 AND organisation IS ?2
                             ORDER BY asked_ms DESC LIMIT ?3)
             UNION SELECT p.id FROM unfinished u CROSS JOIN purchase p ON p.id = u.purchase
             WHERE p.origin = ?1 AND p.organisation IS ?2",
            rusqlite::params![intent.origin, intent.organisation, MOST_OTHERS],
        )?;
        let others = found.into_iter().filter(|id| *id != intent.id);
        others.map(|id| self.load(id)).collect()
    }

    /// Every purchase that is not final, oldest first.
    ///
    /// # Errors
    /// Class `config`.
    pub fn all_open(&self) -> Result<Vec<Purchase>> {
        let query = "SELECT p.id FROM unfinished u CROSS JOIN purchase p ON p.id = u.purchase
                     ORDER BY p.asked_ms, p.id";
        self.ids(query, [])?.into_iter().map(|id| self.load(id)).collect()
    }

    /// The purchases of this portal that are not final, oldest first.
    ///
    /// # Errors
    /// Class `config`.
    pub fn unfinished(&self, origin: &str) -> Result<Vec<Uuid>> {
        self.ids(
            "SELECT p.id FROM unfinished u CROSS JOIN purchase p ON p.id = u.purchase
             WHERE p.origin = ?1 ORDER BY p.asked_ms, p.id",
            [origin],
        )
    }

    /// What waits, portal by portal.
    ///
    /// # Errors
    /// Class `config`.
    pub fn waiting(&self) -> Result<Vec<Backlog>> {
        health::waiting(&self.db).map_err(|cause| unusable(&self.file, cause.into()))
    }

    /// The newest purchase of this portal.
    ///
    /// # Errors
    /// Class `config`.
    pub fn newest_of(&self, origin: &str) -> Result<Option<Uuid>> {
        let query = "SELECT id FROM purchase WHERE origin = ?1 ORDER BY asked_ms DESC, id LIMIT 1";
        self.ids(query, [origin]).map(|ids| ids.first().copied())
    }

    /// The newest purchases that were asked for in this period, newest first.
    ///
    /// # Errors
    /// Class `config`.
    pub fn newest(&self, period: &Period, limit: u32) -> Result<Vec<Uuid>> {
        let (first, after) = period.millis();
        self.ids(
            "SELECT id FROM purchase WHERE asked_ms >= ?1 AND asked_ms < ?2
             ORDER BY asked_ms DESC, id LIMIT ?3",
            [first, after, limit.into()],
        )
    }

    /// The purchases that were asked for since this moment, oldest first.
    ///
    /// # Errors
    /// Class `config`.
    pub fn since(&self, at: Timestamp) -> Result<Vec<Uuid>> {
        let query = "SELECT id FROM purchase WHERE asked_ms >= ?1 ORDER BY asked_ms, id";
        self.ids(query, [at.as_millisecond()])
    }

    /// The purchases that this word stands for: by the id of a charge, else by their name, each
    /// in its newest generation, else by the beginning of their id.
    ///
    /// # Errors
    /// Class `config`.
    pub fn matching(&self, word: &str) -> Result<Vec<Uuid>> {
        let by_charge = self.with_charge(word)?;
        if !by_charge.is_empty() {
            return Ok(by_charge);
        }
        let by_name = self.ids(
            "SELECT id FROM purchase p WHERE name = ?1 AND generation = (SELECT MAX(generation)
             FROM purchase q WHERE q.origin = p.origin AND q.organisation IS p.organisation
             AND q.name = p.name) ORDER BY asked_ms, id",
            [word],
        )?;
        if !by_name.is_empty() {
            return Ok(by_name);
        }
        self.ids_beginning_with(word)
    }

    /// The purchases that this charge is known to belong to.
    ///
    /// # Errors
    /// Class `config`.
    pub fn with_charge(&self, charge_id: &str) -> Result<Vec<Uuid>> {
        self.ids("SELECT DISTINCT purchase FROM entry WHERE charge_id = ?1", [charge_id])
    }

    /// The ids that begin with this word.
    fn ids_beginning_with(&self, word: &str) -> Result<Vec<Uuid>> {
        // A prefix of an id in its own alphabet only: no wildcard can come in.
        if word.len() < 4 || !word.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-') {
            return Ok(Vec::new());
        }
        let low = word.to_ascii_lowercase();
        let query = "SELECT id FROM purchase WHERE id >= ?1 AND id < ?2 ORDER BY id";
        self.ids(query, [low.as_str(), &format!("{low}g")])
    }

    fn ids(&self, query: &str, parameters: impl rusqlite::Params) -> Result<Vec<Uuid>> {
        ids(&self.db, query, parameters).map_err(|cause| unusable(&self.file, cause))
    }
}

/// Makes the tables, or brings those of an older version on.
fn bring_on(db: &mut Connection, file: &Path) -> Result<()> {
    let broken = |cause| unusable(file, anyhow::Error::new(cause));
    let transaction =
        db.transaction_with_behavior(TransactionBehavior::Immediate).map_err(broken)?;
    let making = Exclusive { transaction, file };
    let db = &making.transaction;
    // Another process may have made the tables while this one waited.
    for (step, tables) in
        [(1, TABLES), (2, payments::TABLES), (3, standing::TABLES), (4, PLANS), (5, SELLERS)]
    {
        if version(db).map_err(broken)? < step {
            db.execute_batch(tables).map_err(broken)?;
            if step == VERSION {
                payments::bring_on(&making)?;
            }
            db.pragma_update(None, "user_version", step).map_err(broken)?;
        }
    }
    making.commit()
}

fn version(db: &Connection) -> rusqlite::Result<i64> {
    db.query_row("PRAGMA user_version", [], |row| row.get(0))
}

fn ids(
    db: &Connection,
    query: &str,
    parameters: impl rusqlite::Params,
) -> anyhow::Result<Vec<Uuid>> {
    let mut statement = db.prepare(query)?;
    let found = statement.query_map(parameters, |row| row.get::<_, String>(0))?;
    found.map(|id| Ok(Uuid::parse_str(&id?)?)).collect()
}

fn load(db: &Connection, file: &Path, id: Uuid) -> Result<Purchase> {
    let rows = rows_of(db, id).map_err(|cause| unusable(file, cause.into()))?;
    let mut purchase: Option<Purchase> = None;
    for (stamp, body) in rows {
        let unreadable = |cause: serde_json::Error| unreadable(file, &id.to_string(), cause.into());
        let stamp: Stamp = serde_json::from_str(&stamp).map_err(unreadable)?;
        let row: JournalRow = serde_json::from_str(&body).map_err(unreadable)?;
        match (&mut purchase, row) {
            (None, JournalRow::Intent(intent)) => purchase = Some(Purchase::new(intent, stamp)),
            (None, _) => break,
            (Some(purchase), row) => purchase.apply(&stamp, &row),
        }
    }
    purchase.ok_or_else(|| unusable(file, anyhow::anyhow!("purchase {id} has no intent")))
}

/// An entry of another version, in words that this one does not know.
fn unreadable(file: &Path, id: &str, cause: anyhow::Error) -> Failure {
    Failure::config(format!(
        "the journal {} has an entry that this version cannot read (of {id})",
        file.display()
    ))
    .because(cause)
    .hint("Use the version of topup that wrote it; nothing was changed in the file.")
}

fn rows_of(db: &Connection, id: Uuid) -> rusqlite::Result<Vec<(String, String)>> {
    let mut statement =
        db.prepare("SELECT stamp, body FROM entry WHERE purchase = ?1 ORDER BY seq")?;
    let rows = statement.query_map([id.to_string()], |row| Ok((row.get(0)?, row.get(1)?)))?;
    rows.collect()
}

fn unusable(file: &Path, cause: anyhow::Error) -> Failure {
    let mend = format!(
        "Make it readable and writable and its disk not full, or set {} to another folder.",
        crate::core::env::HOME
    );
    sqlite::unusable(&format!("the journal {}", file.display()), cause, mend)
}

#[cfg(test)]
#[path = "journal_tests.rs"]
mod tests;
