//! The journal mode of the file. Rows are written with the rollback journal; a program that copies
//! databases while they are written to, such as Litestream, changes the mode into WAL and holds it
//! there. Reading works in every mode.

use super::tables::{BUSY, unusable};
use crate::core::failure::{Failure, Result};
use crate::store::sqlite;
use rusqlite::Connection;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How long to wait for the programs that have the file open, until it can be changed back.
const PATIENCE: Duration = Duration::from_secs(2);

/// Changes the mode back where another program has changed it.
///
/// # Errors
/// Class `config`: a program that runs keeps the mode as it is, and nothing was written.
pub(super) fn require_rollback(db: &Connection, file: &Path) -> Result<()> {
    let broken = |cause: rusqlite::Error| unusable(file, cause.into());
    if mode_of(db).map_err(broken)? != "wal" {
        return Ok(());
    }
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

/// Whether a program has the file open in WAL mode, or died while it had: what such a program keeps
/// beside the file is there.
pub(super) fn has_log_beside(file: &Path) -> bool {
    ["-wal", "-shm"].iter().any(|suffix| beside(file, suffix).exists())
}

/// The file of SQLite with this suffix.
pub(super) fn beside(file: &Path, suffix: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

/// Another program keeps the file in WAL mode.
pub(super) fn held(file: &Path) -> Failure {
    Failure::config(format!(
        "another program has put the journal {} into WAL mode and keeps it open, as Litestream does; nothing was written",
        file.display()
    ))
    .hint("Stop that program, or take the journal out of what it copies, and run the command again.")
    .hint("'topup journal backup FILE' copies the journal while it is in use.")
}
