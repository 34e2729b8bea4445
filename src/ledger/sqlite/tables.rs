//! The tables of a ledger in a file: how they are made, and brought on from older versions.

use crate::ledger::sql::{BOOK, LISTS, REST, for_sqlite};
use crate::store::log;
use rusqlite::{Connection, TransactionBehavior};

/// The version of the tables. Since 2 a use may cost nothing and a transaction may take another one
/// back.
pub(super) const VERSION: i64 = 2;
/// Nothing of the book is ever changed or taken away, whatever a later mistake may try.
pub(super) const STAYS: &str = "
    CREATE TRIGGER ledger_transaction_stays BEFORE UPDATE ON ledger_transaction
        BEGIN SELECT RAISE(ABORT, 'append only'); END;
    CREATE TRIGGER ledger_transaction_lasts BEFORE DELETE ON ledger_transaction
        BEGIN SELECT RAISE(ABORT, 'append only'); END;
";

/// Makes the tables, or brings them on from an older version.
///
/// # Errors
/// Those of SQLite.
pub(super) fn make_tables(db: &mut Connection) -> rusqlite::Result<()> {
    let making = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
    // Another process may have done it while this one waited.
    match version(&making)? {
        0 => {
            for tables in [&for_sqlite(BOOK), LISTS, &for_sqlite(REST), STAYS] {
                making.execute_batch(tables)?;
            }
        }
        1 => bring_on_book(&making)?,
        _ => return Ok(()),
    }
    making.pragma_update(None, "user_version", VERSION)?;
    log::mark(&making)?;
    making.commit()
}

/// Brings a book on from version 1, inside a transaction. SQLite has no statement that changes a
/// CHECK; this is what its documentation gives for that, and it touches no row:
/// <https://www.sqlite.org/lang_altertable.html#otheralter>.
///
/// # Errors
/// Those of SQLite.
pub fn bring_on_book(db: &Connection) -> rusqlite::Result<()> {
    db.execute_batch(
        "ALTER TABLE ledger_transaction ADD COLUMN reverses TEXT;
         PRAGMA writable_schema = ON;
         UPDATE sqlite_schema SET sql = replace(sql, 'CHECK (amount > 0)', 'CHECK (amount >= 0)')
             WHERE type = 'table' AND name = 'ledger_transaction';
         PRAGMA writable_schema = RESET;",
    )
}

/// Makes the indexes that lists are quick with.
///
/// # Errors
/// Those of SQLite.
pub(super) fn make_lists(db: &mut Connection) -> rusqlite::Result<()> {
    let making = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
    making.execute_batch(LISTS)?;
    log::mark(&making)?;
    making.commit()
}

/// The version that the tables have.
///
/// # Errors
/// Those of SQLite.
pub(super) fn version(db: &Connection) -> rusqlite::Result<i64> {
    db.query_row("PRAGMA user_version", [], |row| row.get(0))
}
