//! The write-ahead log of a SQLite file. It stays beside the file when the last process closes it, so
//! that a command does not end by writing everything a second time; the next one that writes moves it
//! into the file once it is long.
//!
//! A log belongs to the very file that it was begun for ([`lineage`]): every transaction marks the first
//! page ([`mark`]), and a log that does not go on from its file is set aside unread
//! ([`set_aside_foreign`]).

mod lineage;

use super::sqlite;
use crate::core::clock::SystemClock;
use crate::core::command::NextStep;
use crate::core::files::open_plain;
use crate::core::lock::{Lock, NoLock};
use crate::core::signals::Interrupt;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags};
use rustix::fs::{Access, access};
use rustix::io::Errno;
use std::fs::{self, File};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How long a log gets before it is moved into its file: each process that opens it reads it once.
const LONGEST: u64 = 1024 * 1024;
/// How long to wait for another process that sets a log aside.
const PATIENCE: Duration = Duration::from_secs(10);
/// The index of a log at its smallest.
const INDEX: usize = 32 * 1024;

/// Opens a file that has a log or may get one. What is durable shares no sector with what is written
/// later (`psow=0`), so that a write that is torn takes nothing durable along.
///
/// # Errors
/// Those of SQLite.
pub fn open(file: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
        | OpenFlags::SQLITE_OPEN_URI
        | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let db = Connection::open_with_flags(url(file, "psow=0"), flags)?;
    db.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    // One that was begun anew is as long as what is in it.
    db.pragma_update(None, "journal_size_limit", 0)?;
    Ok(db)
}

/// Moves a long log into its file; the next transaction of this connection begins it anew. That is
/// known to processes only as long as one of them has the file open, so it is done right before a
/// transaction. What cannot be moved now is moved later.
pub fn shorten(db: &Connection, file: &Path) {
    if fs::metadata(beside(file)).is_ok_and(|log| log.len() > LONGEST) {
        move_into_file(db);
    }
}

fn move_into_file(db: &Connection) {
    let _ = db.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()));
}

/// Opens a file to be read, with its log, or without one that is not its own.
///
/// # Errors
/// Those of SQLite, and `CannotOpen` where file or log cannot be read.
pub fn open_to_read(file: &Path) -> rusqlite::Result<Connection> {
    let query = if is_foreign(file).unwrap_or(false) { "immutable=1" } else { "mode=ro" };
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY
        | OpenFlags::SQLITE_OPEN_URI
        | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    Connection::open_with_flags(url(file, query), flags)
}

/// Moves a log into its file, so that a copy of the file alone has everything in it. For commands that
/// only read, and where nothing is to be waited for; what cannot be moved now is moved later.
pub fn move_if_new(db: &Connection, file: &Path) {
    if !lineage::is_moved(file).unwrap_or(true) {
        move_into_file(db);
    }
}

/// Marks the first page in a transaction that writes.
///
/// # Errors
/// Those of SQLite.
pub fn mark(transaction: &Connection) -> rusqlite::Result<()> {
    set_mark(transaction, false)
}

/// As [`mark`], and sets the flag of the mark, which stays set. What it means is up to the owner of the
/// file.
///
/// # Errors
/// Those of SQLite.
pub fn mark_with_flag(transaction: &Connection) -> rusqlite::Result<()> {
    set_mark(transaction, true)
}

fn set_mark(transaction: &Connection, flag: bool) -> rusqlite::Result<()> {
    let mark = mark_of(transaction)?;
    transaction.pragma_update(None, "application_id", lineage::next(mark, flag))
}

/// The mark of a file; its highest bit is the flag.
///
/// # Errors
/// Those of SQLite.
pub fn mark_of(db: &Connection) -> rusqlite::Result<i32> {
    db.query_row("PRAGMA application_id", [], |row| row.get(0))
}

/// Whether the log beside this file was begun for another file or another state of it.
///
/// # Errors
/// Those of the disk.
pub fn is_foreign(file: &Path) -> io::Result<bool> {
    lineage::is_foreign(file)
}

/// Gives a log that is not of this file another name, and that name; none where all is well. To be
/// called before the file is opened.
///
/// # Errors
/// Those of the disk, and `InvalidData` where the file is no database: then both stay as they are.
pub fn set_aside_foreign(file: &Path) -> io::Result<Option<PathBuf>> {
    if !is_foreign(file)? {
        return Ok(None);
    }
    if lineage::is_no_database(file)? {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "it is not an SQLite database"));
    }
    let clock = SystemClock::new(Interrupt::default());
    let log = beside(file);
    let _alone =
        Lock::take_at(&sqlite::beside(&log, ".lock"), PATIENCE, &clock).map_err(|no| match no {
            NoLock::Failed(cause) => cause,
            NoLock::Held | NoLock::Stopped(_) => io::ErrorKind::ResourceBusy.into(),
        })?;
    if !is_foreign(file)? {
        return Ok(None);
    }
    let free = (1_u32..).map(|number| sqlite::beside(&log, &format!(".{number}")));
    let Some(aside) = free.into_iter().find(|name| !name.exists()) else { return Ok(None) };
    // A process that has the file open from before goes on with an index that is of this log.
    match fs::remove_file(sqlite::beside(file, "-shm")) {
        Err(cause) if cause.kind() != io::ErrorKind::NotFound => return Err(cause),
        _ => fs::rename(&log, &aside)?,
    }
    Ok(Some(aside))
}

/// Why the log beside this file cannot be read: its index is gone, and none can be made in that folder.
/// The newest rows are in the log, so that the file alone says nothing for sure. None where all is well.
pub fn index_obstacle(file: &Path) -> Option<io::Error> {
    let has_log = fs::metadata(beside(file)).is_ok_and(|log| log.len() > 0);
    if !has_log || sqlite::beside(file, "-shm").exists() || is_foreign(file).unwrap_or(true) {
        return None;
    }
    let folder = file.parent().unwrap_or(Path::new("/"));
    match access(folder, Access::WRITE_OK) {
        Err(why @ (Errno::ROFS | Errno::ACCESS | Errno::PERM)) => Some(why.into()),
        _ => None,
    }
}

/// The logs that were set aside beside this file, and one that is going to be.
pub fn not_of_file(file: &Path) -> Vec<PathBuf> {
    let log = beside(file);
    let is_set_aside = |path: &PathBuf| {
        let ending = path.as_os_str().as_bytes().strip_prefix(log.as_os_str().as_bytes());
        let number = ending.and_then(|ending| ending.strip_prefix(b"."));
        number.is_some_and(|number| !number.is_empty() && number.iter().all(u8::is_ascii_digit))
    };
    let folder = file.parent().and_then(|folder| fs::read_dir(folder).ok());
    let entries = folder.into_iter().flatten().flatten().map(|entry| entry.path());
    let mut found: Vec<PathBuf> = entries.filter(is_set_aside).collect();
    found.sort();
    if is_foreign(file).unwrap_or(false) {
        found.push(log.clone());
    }
    found
}

/// What is to be known of a log that is not of its file, and what to do about it; the file is called
/// like this.
pub fn foreign_log(log: &Path, file: &str) -> [String; 2] {
    let log = log.display();
    [
        format!("the log {log} beside {file} is of another copy: it is kept, and not read"),
        format!("Delete {log} once you need nothing from it."),
    ]
}

/// Says so, of the journal or the ledger.
pub fn warning(what: &str, log: &Path) -> NextStep {
    let [said, mend] = foreign_log(log, &format!("the {what}"));
    NextStep::filled("{}. {}", &[&said, &mend])
}

/// The log of this file.
pub fn beside(file: &Path) -> PathBuf {
    sqlite::beside(file, "-wal")
}

/// The URL of this file for SQLite, with these parameters.
pub fn url(file: &Path, query: &str) -> String {
    let path = file.to_string_lossy();
    let path = percent_encoding::utf8_percent_encode(&path, percent_encoding::NON_ALPHANUMERIC);
    format!("file:{path}?{query}")
}

/// Switches to the log where the file has none yet. A file that others keep busy, or that has no room
/// for a log and its index beside it, stays as it is.
pub fn begin(db: &Connection, file: &Path) {
    if has_room_beside(file) {
        let _ = sqlite::write_ahead(db, Duration::ZERO);
    }
}

/// Whether the files can be made that the switch needs. It cannot be taken back once they are missing.
fn has_room_beside(file: &Path) -> bool {
    let folder = file.parent().unwrap_or(Path::new("/"));
    let probes: io::Result<Vec<File>> = (0..3).map(|_| tempfile::tempfile_in(folder)).collect();
    let fill = |probe: &File| probe.write_all_at(&[0; INDEX], 0);
    probes.is_ok_and(|probes| probes.iter().all(|probe| fill(probe).is_ok()))
}

/// Opens a file that can be read also where there is no room for the index beside its log: then the
/// index is in the memory of this process alone, which keeps others out until it closes the file.
///
/// # Errors
/// As [`open`].
pub fn open_readable(file: &Path) -> rusqlite::Result<Connection> {
    let look = |db: &Connection| db.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()));
    let db = open(file)?;
    if !look(&db).is_err_and(|cause| has_no_index(&cause)) {
        return Ok(db);
    }
    drop(db);
    // It has to be said before the log is looked at.
    let db = open(file)?;
    db.pragma_update(None, "locking_mode", "EXCLUSIVE")?;
    look(&db)?;
    Ok(db)
}

/// Whether it is for want of an index, or of room for one, that this failed.
pub fn has_no_index(cause: &rusqlite::Error) -> bool {
    let code = cause.sqlite_error_code();
    matches!(code, Some(ErrorCode::SystemIoFailure | ErrorCode::CannotOpen | ErrorCode::DiskFull))
}

fn open_if_there(file: &Path) -> io::Result<Option<File>> {
    match open_plain(file) {
        Ok(opened) => Ok(Some(opened)),
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(cause) => Err(cause),
    }
}

#[cfg(test)]
#[path = "log/tests.rs"]
mod tests;
