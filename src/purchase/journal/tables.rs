//! The tables of a journal in a file, and statements on them.

use super::moved;
use crate::core::failure::{Failure, Result};
use crate::store::sql::{Sql, SqlRow, Statement, Value};
use crate::store::sqlite::SharedFile;
use crate::store::{log, sqlite};
use rusqlite::Connection;
use std::io;
use std::path::Path;
use std::time::Duration;

/// The version of the tables: 1 has those below, 2 those of [`payments`](super::payments) as well, 3 those of
/// [`standing`](super::standing), 4 [`PLANS`], 5 [`SELLERS`], and no payments any more, 6 those of
/// [`spending`](super::spending).
pub const VERSION: i64 = 6;

/// How long to wait for another process that is writing.
pub const BUSY: Duration = Duration::from_secs(20);

/// The journal, as what several processes write.
struct JournalFile;

impl SharedFile for JournalFile {
    const LONGEST: Duration = BUSY;
    const WRITER: &'static str = "another process, which writes to the journal";
}

/// Waits for other processes that are writing, as long as [`BUSY`].
///
/// # Errors
/// Those of SQLite.
pub fn wait_for_writers(db: &mut Connection) -> rusqlite::Result<()> {
    db.busy_handler(Some(sqlite::wait_longer_each_time::<JournalFile>))
}

pub const TABLES: &str = "
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
pub const PLANS: &str = "
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
pub const SELLERS: &str = "
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

/// Statements on a file.
pub struct FileSql<'a> {
    pub db: &'a Connection,
    pub file: &'a Path,
}

impl Sql for FileSql<'_> {
    fn run(&mut self, statement: &str, values: &[Value]) -> Result<Vec<SqlRow>> {
        sqlite::run(self.db, statement, values).map_err(|cause| {
            if moved::is_refusal(&cause) {
                let left = self.file.display().to_string();
                return moved::refusal(self, &left).because(cause);
            }
            unusable(self.file, cause.into())
        })
    }

    fn for_update(&self) -> &'static str {
        ""
    }

    fn hold(&self, _shared: bool, _name: &str) -> Option<Statement> {
        None
    }
}

pub fn version(db: &Connection) -> rusqlite::Result<i64> {
    db.query_row("PRAGMA user_version", [], |row| row.get(0))
}

pub fn unusable(file: &Path, cause: anyhow::Error) -> Failure {
    unusable_beside(file, cause, log::index_obstacle)
}

/// The same, where this says what keeps an index from being made beside the log.
fn unusable_beside(
    file: &Path,
    cause: anyhow::Error,
    obstacle: impl FnOnce(&Path) -> Option<io::Error>,
) -> Failure {
    if cause.downcast_ref().is_some_and(log::has_no_index)
        && let Some(why) = obstacle(file)
    {
        return without_index(file, &why).because(cause);
    }
    let mend = format!(
        "Make it readable and writable and its disk not full, or set {} to another folder.",
        crate::core::env::HOME
    );
    sqlite::unusable(&format!("the journal {}", file.display()), cause, mend)
}

/// The newest rows are in a log that cannot be read.
fn without_index(file: &Path, why: &io::Error) -> Failure {
    Failure::config(format!(
        "the journal {} cannot be read: the log beside it has lost its index, and its folder cannot be written to make one: {why}",
        file.display()
    ))
    .hint_with(
        "Make the folder writable; or copy journal.db and journal.db-wal into one that is, and name that in {0}.",
        &[&crate::core::env::HOME],
    )
}

/// What a newer version has written is left alone.
pub fn newer(file: &Path, found: i64) -> Failure {
    Failure::config(format!(
        "the journal {} was written by a newer topup (version {found})",
        file.display()
    ))
    .hint("Use that version; nothing was changed in the file.")
}

#[cfg(test)]
mod tests {
    use super::*;
    use rusqlite::ffi;

    #[test]
    fn a_missing_index_is_named_where_the_failure_is_for_want_of_one() {
        let said = |code, obstacle: Option<io::ErrorKind>| {
            let cause = rusqlite::Error::SqliteFailure(ffi::Error::new(code), None);
            let file = Path::new("/home/me/journal.db");
            let obstacle = |_: &Path| obstacle.map(io::Error::from);
            unusable_beside(file, cause.into(), obstacle).to_string()
        };
        let read_only = Some(io::ErrorKind::ReadOnlyFilesystem);
        let is_named = |said: &str| said.contains("has lost its index");
        for code in [ffi::SQLITE_IOERR, ffi::SQLITE_CANTOPEN, ffi::SQLITE_FULL] {
            assert!(is_named(&said(code, read_only)), "{code}");
            assert!(!is_named(&said(code, None)), "{code}");
        }
        for code in [ffi::SQLITE_CORRUPT, ffi::SQLITE_BUSY] {
            assert!(!is_named(&said(code, read_only)), "{code}");
        }
    }
}
