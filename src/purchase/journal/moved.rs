//! Where the purchases of a journal have moved to, as the journal that they left keeps it, and the
//! triggers by which it starts no purchases.

use super::lookup::unreadable;
use crate::core::env;
use crate::core::failure::{Failure, Result};
use crate::core::time;
use crate::store::sql::Sql;
use jiff::Timestamp;
use uuid::Uuid;

/// What a file has besides from its first move on. What is bought in the sandbox inside the program stays
/// with that.
const IN_FILE: [&str; 4] = [
    "CREATE TABLE IF NOT EXISTS moved (
        id TEXT PRIMARY KEY, place TEXT NOT NULL, at_ms INTEGER NOT NULL, done INTEGER NOT NULL
    ) STRICT",
    "CREATE TABLE IF NOT EXISTS received (id TEXT PRIMARY KEY) STRICT",
    "CREATE TRIGGER IF NOT EXISTS purchase_has_moved BEFORE INSERT ON purchase
        WHEN EXISTS (SELECT 1 FROM moved) AND substr(NEW.origin, 1, 8) <> 'sandbox:'
        BEGIN SELECT RAISE(ABORT, 'the journal has moved'); END",
    "CREATE TRIGGER IF NOT EXISTS entry_has_moved BEFORE INSERT ON entry
        WHEN EXISTS (SELECT 1 FROM moved) AND NOT EXISTS (SELECT 1 FROM purchase
            WHERE id = NEW.purchase AND substr(origin, 1, 8) = 'sandbox:')
        BEGIN SELECT RAISE(ABORT, 'the journal has moved'); END",
];

/// Whether a write failed because of those triggers.
pub(super) fn is_refusal(cause: &rusqlite::Error) -> bool {
    cause.to_string().contains("the journal has moved")
}

/// Where the purchases of a journal are now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moved {
    /// The id of the move.
    pub id: Uuid,
    /// The place that they moved to.
    pub place: String,
    /// When.
    pub at: Timestamp,
    /// They are all there.
    pub done: bool,
}

impl Moved {
    /// Class `config`: nothing is begun at the place that they left.
    pub fn failure(&self, left: &str) -> Failure {
        let Self { place, at, .. } = self;
        if !self.done {
            return Failure::config(format!(
                "the purchases of {left} are being moved to {place}; nothing was sent"
            ))
            .hint("The 'topup journal import' or 'topup journal export' was interrupted: run it once more.");
        }
        Failure::config(format!(
            "the purchases of {left} were moved to {place} on {}; nothing was sent",
            time::shown(*at)
        ))
        .hint_with(
            "Buy there: set {0} or state_url to that store. If its purchases were exported to a machine, unset both on that machine.",
            &[&env::STATE_URL],
        )
    }
}

pub(super) fn prepare_file(sql: &mut dyn Sql) -> Result<()> {
    IN_FILE.iter().try_for_each(|statement| sql.run(statement, &[]).map(|_| ()))
}

/// Whether a file was ever moved.
fn has_tables(sql: &mut dyn Sql) -> Result<bool> {
    let query = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name = 'received'";
    Ok(sql.row(query, &[])?.is_some())
}

pub(super) fn moved(sql: &mut dyn Sql, is_file: bool) -> Result<Option<Moved>> {
    if is_file && !has_tables(sql)? {
        return Ok(None);
    }
    let Some(row) = sql.row("SELECT id, place, at_ms, done FROM moved LIMIT 1", &[])? else {
        return Ok(None);
    };
    let id = Uuid::parse_str(row.str(0)?)
        .map_err(|cause| unreadable("that was moved", &"its move", cause.into()))?;
    Ok(Some(Moved { id, place: row.text(1)?, at: row.time(2)?, done: row.int(3)? == 1 }))
}

pub(super) fn has_received(sql: &mut dyn Sql, is_file: bool, id: Uuid) -> Result<bool> {
    if is_file && !has_tables(sql)? {
        return Ok(false);
    }
    let query = "SELECT id FROM received WHERE id = $1";
    Ok(sql.row(query, &[id.to_string().as_str().into()])?.is_some())
}

/// The words of a refusal by the triggers of a file.
pub(super) fn refusal(sql: &mut dyn Sql, left: &str) -> Failure {
    match moved(sql, true) {
        Ok(Some(moved)) => moved.failure(left),
        Ok(None) | Err(_) => Failure::config(format!("the purchases of {left} were moved")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_the_journal_refuses_because_it_has_moved_is_told_so() {
        let db = rusqlite::Connection::open_in_memory().expect("a database");
        db.execute_batch(super::super::TABLES).expect("its tables");
        for statement in IN_FILE {
            db.execute_batch(statement).expect("prepared");
        }
        let add = "INSERT INTO purchase
                (id, origin, naming, generation, idempotency_key, amount, asked_ms)
            VALUES ('a', 'https://portal.example', 'random', 0, 'k', '25.00', 7)";
        db.execute_batch(add).expect("nothing has moved");
        let twice = db.execute_batch(add).expect_err("it is there");
        assert!(!is_refusal(&twice), "{twice}");
        db.execute_batch("INSERT INTO moved VALUES ('m', 'there', 7, 0)").expect("marked");
        let refused = db.execute_batch(add).expect_err("it has moved");
        assert!(is_refusal(&refused), "{refused}");
    }
}
