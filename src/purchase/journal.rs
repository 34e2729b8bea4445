//! The journal of purchases: rows that are only ever appended, durable before anything that depends
//! on them. In a SQLite file, or where machines share one, on a PostgreSQL server ([`JournalPlace`]);
//! what is asked of it is written once for both.
//!
//! In the file: a write-ahead log with `synchronous=FULL`, one sync a row; where the disk cannot do
//! with a log, `journal_mode=DELETE` with `synchronous=EXTRA`: the commit is the unlink of the rollback
//! journal, and only EXTRA syncs the folder after it. The intent becomes durable with the row that is
//! before the first byte of its request, and that an outcome was reported with whatever is written
//! next. A journal of a newer version is refused and never rewritten. No token is ever in it.

mod backlog;
mod backup;
mod exclusive;
mod health;
mod listed;
mod lookup;
mod mode;
mod moved;
mod moving;
mod moving_rows;
mod payments;
mod position;
mod server_rows;
mod shared;
mod spending;
mod spool;
mod standing;
mod tables;

pub use backlog::Backlog;
pub use backup::backup;
pub use exclusive::{Exclusive, LockAsRead};
pub use health::{JournalHealth, Unchecked, look};
pub(crate) use lookup::Lookup;
pub use mode::held;
pub use moved::Moved;
pub use moving::busy;
pub use moving_rows::{MoveCounts, MovingPurchase};
pub use spool::Spool;

pub(crate) use super::position::JournalDoubt;

use super::place::JournalPlace;
use super::record::{JournalRow, Purchase, Stamp};
use crate::core::failure::Result;
use crate::core::files::make_file;
use crate::core::time::Period;
use crate::store::log;
use crate::store::sql::{Durable, Sql, SqlRow, Value};
use crate::store::sqlite;
use jiff::Timestamp;
use lookup::{ids, load, load_all};
use rusqlite::{Connection, TransactionBehavior};
use shared::SharedJournal;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tables::{
    FileSql, PLANS, SELLERS, TABLES, VERSION, newer, unusable, version, wait_for_writers,
};
use uuid::Uuid;

/// How many of an account's newest purchases are read beside one whose evidence is judged.
const MOST_OTHERS: u32 = 200;

/// The journal of this user, or of a fleet.
#[derive(Debug)]
pub struct Journal {
    kept: Kept,
}

#[derive(Debug)]
enum Kept {
    File {
        db: Connection,
        file: PathBuf,
        doubt: Option<JournalDoubt>,
        /// It is only listed: see [`listed`].
        is_listed: bool,
    },
    Shared(SharedJournal),
}

impl Journal {
    /// Opens the journal, and makes it when there is none. One on a server is connected to at its
    /// first use.
    ///
    /// # Errors
    /// Class `config`: it cannot be read or written, is no journal, or is of a newer version.
    pub fn open(place: &JournalPlace) -> Result<Self> {
        match place {
            JournalPlace::Files { journal, .. } => {
                make_file(journal, |cause| unusable(journal, anyhow::Error::new(cause)))?;
                Self::connect(journal)
            }
            JournalPlace::Shared { .. } => Ok(Self::shared(place)),
        }
    }

    /// Opens the journal if there is one.
    ///
    /// # Errors
    /// As [`Journal::open`].
    pub fn open_if_there(place: &JournalPlace) -> Result<Option<Self>> {
        let JournalPlace::Files { journal: file, .. } = place else {
            return Ok(Some(Self::shared(place)));
        };
        match file.try_exists() {
            Ok(false) => Ok(None),
            Ok(true) => Self::connect(file).map(Some),
            Err(cause) => Err(unusable(file, anyhow::Error::new(cause))),
        }
    }

    fn shared(place: &JournalPlace) -> Self {
        let kept = match place {
            JournalPlace::Shared { store, spool } => {
                Kept::Shared(SharedJournal::new(store, spool.clone()))
            }
            JournalPlace::Files { .. } => unreachable!("it is asked for where it is shared"),
        };
        Self { kept }
    }

    /// What can be read of a journal in a file without waiting; nothing where that does not work at
    /// once.
    pub fn glance(file: &Path) -> Option<Self> {
        // Opening anything else could wait for another process.
        let db = file.is_file().then(|| log::open_to_read(file).ok())??;
        db.busy_timeout(Duration::ZERO).ok()?;
        let is_known = version(&db).is_ok_and(|found| found == VERSION);
        is_known.then(|| {
            let file = file.to_owned();
            Self { kept: Kept::File { db, file, doubt: None, is_listed: false } }
        })
    }

    /// The names that purchases were given, newest first.
    ///
    /// # Errors
    /// Class `config`.
    pub fn names(&self, limit: u32) -> Result<Vec<String>> {
        let rows = self.rows(
            "SELECT name FROM (SELECT name, asked_ms FROM purchase ORDER BY asked_ms DESC LIMIT $1)
             AS newest WHERE name IS NOT NULL GROUP BY name ORDER BY MAX(asked_ms) DESC",
            &[i64::from(limit).into()],
        )?;
        rows.iter().map(|row| row.text(0)).collect()
    }

    fn connect(file: &Path) -> Result<Self> {
        let broken = |cause| unusable(file, anyhow::Error::new(cause));
        // One beside a journal that was restored from a copy is of another journal.
        log::set_aside_foreign(file).map_err(|cause| unusable(file, cause.into()))?;
        let mut db = log::open_readable(file).map_err(broken)?;
        wait_for_writers(&mut db).map_err(broken)?;
        sqlite::keep_plans(&db).map_err(broken)?;
        db.pragma_update(None, "synchronous", "EXTRA").map_err(broken)?;
        // What is sorted or half done is in memory, not in a file of some other folder.
        db.pragma_update(None, "temp_store", "MEMORY").map_err(broken)?;
        if version(&db).map_err(broken)? < VERSION {
            bring_on(&mut db, file)?;
        }
        let found = version(&db).map_err(broken)?;
        if found != VERSION {
            return Err(newer(file, found));
        }
        let doubt = position::settle(&mut db, file)?;
        Ok(Self { kept: Kept::File { db, file: file.to_owned(), doubt, is_listed: false } })
    }

    /// Does this in a transaction that no other decision can come between, and makes it durable, or
    /// nothing of it. On a server it may be done more than once, until it is known what became of
    /// it.
    ///
    /// # Errors
    /// Those of the work, and class `config`: it may or may not be there; also when the journal has
    /// become one of a newer version. Class `timeout` where the server is away.
    pub fn exclusively<T>(&mut self, work: impl FnMut(&Exclusive<'_>) -> Result<T>) -> Result<T> {
        self.transact(Durable::Now, &[], work)
    }

    /// The same for what nothing rests on before the next row is durable: it becomes so with it. What is
    /// looked at ahead, and first, is asked of a server while it is connected to.
    ///
    /// # Errors
    /// As [`Journal::exclusively`].
    pub(crate) fn exclusively_before_next<T>(
        &mut self,
        ahead: &[Lookup<'_>],
        work: impl FnMut(&Exclusive<'_>) -> Result<T>,
    ) -> Result<T> {
        self.transact(Durable::WithTheNext, ahead, work)
    }

    fn transact<T>(
        &mut self,
        durable: Durable,
        ahead: &[Lookup<'_>],
        mut work: impl FnMut(&Exclusive<'_>) -> Result<T>,
    ) -> Result<T> {
        match &mut self.kept {
            Kept::File { db, file, .. } => {
                mode::prepare(db, file, durable)?;
                let broken = |cause| unusable(file, anyhow::Error::new(cause));
                let transaction =
                    db.transaction_with_behavior(TransactionBehavior::Immediate).map_err(broken)?;
                // A newer version may have come while this process waited for a person or a portal.
                let found = version(&transaction).map_err(broken)?;
                if found != VERSION {
                    return Err(newer(file, found));
                }
                let before = transaction.total_changes();
                let done =
                    work(&Exclusive::of_file(&mut FileSql { db: &transaction, file }, file))?;
                if transaction.total_changes() > before {
                    position::mark(&transaction).map_err(broken)?;
                }
                transaction.commit().map_err(broken)?;
                Ok(done)
            }
            Kept::Shared(shared) => shared.exclusively(durable, ahead, work),
        }
    }

    /// Appends a row and makes it durable. What a seller has answered is kept beside this machine's
    /// files where a server is away, and written by the next run: see [`Journal::spooled`].
    ///
    /// # Errors
    /// Class `config`, or `timeout` for a server that is away: the row may or may not be there.
    /// Class `in_progress`: another machine has taken over, and nothing may be begun or decided here.
    pub fn append(&mut self, purchase: Uuid, stamp: &Stamp, row: &JournalRow) -> Result<()> {
        match &mut self.kept {
            Kept::File { db, file, .. } => {
                if row.moves_position() {
                    position::begin(db, file)?;
                }
                let durable = if row.may_wait() { Durable::WithTheNext } else { Durable::Now };
                self.transact(durable, &[], |alone| alone.append(purchase, stamp, row))
            }
            Kept::Shared(shared) => shared.append(purchase, stamp, row),
        }
    }

    /// Appends a fact, and gives back what this run holds once it is there: a server hears of both at
    /// once.
    ///
    /// # Errors
    /// As [`Journal::append`].
    pub fn append_last(
        &mut self,
        purchase: Uuid,
        stamp: &Stamp,
        row: &JournalRow,
        give_back: impl FnOnce(),
    ) -> Result<()> {
        if let Kept::Shared(shared) = &self.kept {
            return shared.append_last(purchase, stamp, row, give_back);
        }
        let appended = self.append(purchase, stamp, row);
        give_back();
        appended
    }

    /// Logs that lay beside a journal that they are not of: they are kept, and not read.
    pub fn foreign_logs(&self) -> Vec<PathBuf> {
        match &self.kept {
            Kept::File { file, .. } => log::not_of_file(file),
            Kept::Shared(_) => Vec::new(),
        }
    }

    /// This process is alive: what it holds of a shared journal stays its own.
    pub fn keep_alive(&self) {
        if let Kept::Shared(shared) = &self.kept {
            shared.store().keep_alive();
        }
    }

    /// The file that holds what could not be written to the server yet.
    pub fn spooled(&self) -> Option<&Path> {
        match &self.kept {
            Kept::File { .. } => None,
            Kept::Shared(shared) => shared.spooled(),
        }
    }

    /// One purchase, from its rows.
    ///
    /// # Errors
    /// Class `config`.
    pub fn load(&self, purchase: Uuid) -> Result<Purchase> {
        self.look(|sql, place| load(sql, place, purchase))
    }

    /// The other purchases of the account of this one, the newest and those that are not final.
    ///
    /// # Errors
    /// Class `config`.
    pub fn others_of_account(&self, purchase: &Purchase) -> Result<Vec<Purchase>> {
        let intent = &purchase.intent;
        let found = self.ids(
            "SELECT id FROM (SELECT id FROM purchase
                 WHERE origin = $1 AND organisation IS NOT DISTINCT FROM $2
                 ORDER BY asked_ms DESC LIMIT $3) AS newest
             UNION SELECT p.id FROM unfinished u CROSS JOIN purchase p WHERE p.id = u.purchase
                 AND p.origin = $1 AND p.organisation IS NOT DISTINCT FROM $2",
            &[
                intent.origin.as_str().into(),
                intent.organisation.as_deref().into(),
                i64::from(MOST_OTHERS).into(),
            ],
        )?;
        let others: Vec<Uuid> = found.into_iter().filter(|id| *id != intent.id).collect();
        self.load_all(&others)
    }

    /// Every purchase that is not final, oldest first.
    ///
    /// # Errors
    /// Class `config`.
    pub fn all_open(&self) -> Result<Vec<Purchase>> {
        let query = "SELECT p.id FROM unfinished u CROSS JOIN purchase p WHERE p.id = u.purchase
                     ORDER BY p.asked_ms, p.id";
        self.load_all(&self.ids(query, &[])?)
    }

    /// The purchases of this portal that are not final, oldest first.
    ///
    /// # Errors
    /// Class `config`.
    pub fn unfinished(&self, origin: &str) -> Result<Vec<Uuid>> {
        self.ids(
            "SELECT p.id FROM unfinished u CROSS JOIN purchase p WHERE p.id = u.purchase
             AND p.origin = $1 ORDER BY p.asked_ms, p.id",
            &[origin.into()],
        )
    }

    /// What waits, portal by portal.
    ///
    /// # Errors
    /// Class `config`.
    pub fn waiting(&self) -> Result<Vec<Backlog>> {
        match &self.kept {
            Kept::File { db, file, .. } => {
                backlog::waiting(db).map_err(|cause| unusable(file, cause.into()))
            }
            Kept::Shared(shared) => shared.waiting(),
        }
    }

    /// The newest purchases of this portal, newest first.
    ///
    /// # Errors
    /// Class `config`.
    pub fn newest_of(&self, origin: &str, limit: u32) -> Result<Vec<Uuid>> {
        let query = "SELECT id FROM purchase WHERE origin = $1 ORDER BY asked_ms DESC, id LIMIT $2";
        self.ids(query, &[origin.into(), i64::from(limit).into()])
    }

    /// The newest purchases that were asked for in this period, newest first.
    ///
    /// # Errors
    /// Class `config`.
    pub fn newest(&self, period: &Period, limit: u32) -> Result<Vec<Uuid>> {
        let (first, after) = period.millis();
        self.ids(
            "SELECT id FROM purchase WHERE asked_ms >= $1 AND asked_ms < $2
             ORDER BY asked_ms DESC, id LIMIT $3",
            &[first.into(), after.into(), i64::from(limit).into()],
        )
    }

    /// Those behind this one in the list of [`Journal::newest`].
    ///
    /// # Errors
    /// Class `config`.
    pub fn newest_behind(&self, period: &Period, last: Uuid, limit: u32) -> Result<Vec<Uuid>> {
        let (first, _) = period.millis();
        let last = last.to_string();
        self.ids(
            "SELECT id FROM purchase WHERE asked_ms >= $1
             AND asked_ms <= (SELECT asked_ms FROM purchase WHERE id = $2)
             AND (asked_ms < (SELECT asked_ms FROM purchase WHERE id = $2) OR id > $2)
             ORDER BY asked_ms DESC, id LIMIT $3",
            &[first.into(), last.as_str().into(), i64::from(limit).into()],
        )
    }

    /// The purchases that were asked for since this moment, oldest first.
    ///
    /// # Errors
    /// Class `config`.
    pub fn since(&self, at: Timestamp) -> Result<Vec<Uuid>> {
        let query = "SELECT id FROM purchase WHERE asked_ms >= $1 ORDER BY asked_ms, id";
        self.ids(query, &[at.into()])
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
            "SELECT id FROM purchase p WHERE name = $1 AND generation = (SELECT MAX(generation)
             FROM purchase q WHERE q.origin = p.origin
             AND q.organisation IS NOT DISTINCT FROM p.organisation
             AND q.name = p.name) ORDER BY asked_ms, id",
            &[word.into()],
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
        let query = "SELECT DISTINCT purchase FROM entry WHERE charge_id = $1";
        self.ids(query, &[charge_id.into()])
    }

    /// The ids that begin with this word.
    fn ids_beginning_with(&self, word: &str) -> Result<Vec<Uuid>> {
        // A prefix of an id in its own alphabet only: no wildcard can come in.
        if word.len() < 4 || !word.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-') {
            return Ok(Vec::new());
        }
        let low = word.to_ascii_lowercase();
        let query = "SELECT id FROM purchase WHERE id >= $1 AND id < $2 ORDER BY id";
        self.ids(query, &[low.as_str().into(), format!("{low}g").as_str().into()])
    }

    /// Several purchases, in this order.
    ///
    /// # Errors
    /// Class `config`.
    pub fn load_all(&self, ids: &[Uuid]) -> Result<Vec<Purchase>> {
        self.look(|sql, place| load_all(sql, place, ids))
    }

    fn ids(&self, query: &str, values: &[Value]) -> Result<Vec<Uuid>> {
        self.look(|sql, place| ids(sql, place, query, values))
    }

    fn rows(&self, query: &str, values: &[Value]) -> Result<Vec<SqlRow>> {
        self.look(|sql, _| sql.run(query, values))
    }

    /// Looks with statements that change nothing.
    fn look<T>(&self, mut work: impl FnMut(&mut dyn Sql, &str) -> Result<T>) -> Result<T> {
        match &self.kept {
            Kept::File { db, file, .. } => {
                work(&mut FileSql { db, file }, &file.display().to_string())
            }
            Kept::Shared(shared) => shared.look(work),
        }
    }
}

/// Makes the tables, or brings those of an older version on.
fn bring_on(db: &mut Connection, file: &Path) -> Result<()> {
    let broken = |cause| unusable(file, anyhow::Error::new(cause));
    let transaction =
        db.transaction_with_behavior(TransactionBehavior::Immediate).map_err(broken)?;
    // Another process may have made the tables while this one waited.
    let spending = spending::tables();
    let steps = [TABLES, payments::TABLES, standing::TABLES, PLANS, SELLERS, &spending];
    for (step, tables) in (1..).zip(steps) {
        if version(&transaction).map_err(broken)? < step {
            transaction.execute_batch(tables).map_err(broken)?;
            if step == payments::MADE_PURCHASES {
                payments::bring_on(&transaction, file)?;
            }
            transaction.pragma_update(None, "user_version", step).map_err(broken)?;
        }
    }
    position::mark(&transaction).map_err(broken)?;
    transaction.commit().map_err(broken)
}

#[cfg(test)]
mod finding_tests;
#[cfg(test)]
#[path = "journal_tests.rs"]
pub(super) mod tests;
