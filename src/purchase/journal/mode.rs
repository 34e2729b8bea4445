//! How rows become durable in the file: by a write-ahead log, where one sync makes a row durable and
//! all that were written before it; or by a rollback journal, on a disk of another machine or program,
//! whose mapped memory is not shared. Reading works in both.

use super::tables::{BUSY, unusable};
use crate::core::disk;
use crate::core::failure::{Failure, Result};
use crate::store::{log, sqlite};
use rusqlite::Connection;
use std::path::Path;
use std::time::Duration;

/// How long to wait for the programs that have the file open, until its mode can be changed.
const PATIENCE: Duration = Duration::from_secs(2);

/// When a row has to be durable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Durable {
    /// When the transaction ends.
    Now,
    /// Together with the next row: nothing rests on it before.
    WithTheNext,
}

/// Brings the file into the mode that its disk can do, and makes the next transaction durable when it
/// has to be. A file that others keep busy stays with its rollback journal for now.
///
/// # Errors
/// Class `config`: another program keeps a log on a disk that cannot do with one; nothing was written.
pub(super) fn prepare(db: &Connection, file: &Path, durable: Durable) -> Result<()> {
    let broken = |cause: rusqlite::Error| unusable(file, cause.into());
    let mut has_log = mode_of(db).map_err(broken)? == "wal";
    match (has_log, disk::is_remote(file)) {
        (true, true) => leave_log(db, file)?,
        (false, false) => log::begin(db, file),
        _ => {}
    }
    has_log = mode_of(db).map_err(broken)? == "wal";
    if has_log {
        log::shorten(db, file);
    }
    // EXTRA is FULL beside a log; without one it syncs the folder after the unlink that is the commit.
    let level = if has_log && durable == Durable::WithTheNext { "NORMAL" } else { "EXTRA" };
    db.pragma_update(None, "synchronous", level).map_err(broken)
}

/// Goes back to the rollback journal.
///
/// # Errors
/// As [`prepare`].
pub(super) fn leave_log(db: &Connection, file: &Path) -> Result<()> {
    let broken = |cause: rusqlite::Error| unusable(file, cause.into());
    db.busy_timeout(PATIENCE).map_err(broken)?;
    let changed = db.query_row("PRAGMA journal_mode = DELETE", [], |row| row.get::<_, String>(0));
    db.busy_timeout(BUSY).map_err(broken)?;
    match changed {
        Ok(mode) if mode == "delete" => Ok(()),
        Ok(mode) => Err(unusable(file, anyhow::anyhow!("its journal mode stays {mode}"))),
        Err(cause) if sqlite::is_busy(&cause) => Err(held(file).because(cause)),
        Err(cause) => Err(broken(cause)),
    }
}

/// The mode that the file is in.
pub(super) fn mode_of(db: &Connection) -> rusqlite::Result<String> {
    db.query_row("PRAGMA journal_mode", [], |row| row.get(0))
}

/// Whether a program has the file open in WAL mode, or died while it had, on a disk that cannot do with
/// a log.
pub(super) fn is_kept_from_writing(file: &Path) -> bool {
    let has_log = ["-wal", "-shm"].iter().any(|suffix| sqlite::beside(file, suffix).exists());
    has_log && disk::is_remote(file)
}

/// Another program keeps the file in WAL mode.
pub(super) fn held(file: &Path) -> Failure {
    Failure::config(format!(
        "another program has put the journal {} into WAL mode and keeps it open, as Litestream does; nothing was written",
        file.display()
    ))
    .hint("Stop that program, or take the journal out of what it copies, and run the command again.")
    .hint("'topup journal backup FILE' copies the journal while it is in use, and on a local disk Litestream does.")
}
