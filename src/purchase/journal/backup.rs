//! A copy of the journal that is whole, made while others read and write it.

use super::mode::{beside, mode_of};
use super::tables::{BUSY, unusable};
use crate::core::failure::{Failure, Result};
use crate::core::files::{FileAccess, Replacement};
use rusqlite::backup::Backup;
use rusqlite::{Connection, OpenFlags};
use std::fs;
use std::path::Path;
use std::time::Duration;

/// How many pages are copied before others may write.
const PAGES: i32 = 512;
/// How long they have for it.
const PAUSE: Duration = Duration::from_millis(2);

/// Copies the journal into this file, whole or not at all; gives the number of purchases in it.
///
/// # Errors
/// Class `config`: there is no journal, or one of the two files cannot be used.
pub fn backup(journal: &Path, to: &Path) -> Result<i64> {
    if !journal.exists() {
        return Err(Failure::config(format!(
            "there is no journal to copy: {} is not there",
            journal.display()
        ))
        .hint("It is made by the first purchase."));
    }
    let read = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let source = Connection::open_with_flags(journal, read)
        .and_then(|source| source.busy_timeout(BUSY).map(|()| source))
        .map_err(|cause| unusable(journal, cause.into()))?;
    let refused = |cause: anyhow::Error| {
        Failure::config(format!("the copy {} cannot be written: {cause}", to.display()))
            .because(cause)
            .hint("Name a file in a folder that can be written to and has room.")
    };
    let unwritten = |cause: std::io::Error| refused(cause.into());
    if to.canonicalize().ok() == journal.canonicalize().ok() {
        return Err(refused(anyhow::anyhow!("it is the journal itself")));
    }
    let folder = tempfile::tempdir_in(folder_of(to)).map_err(unwritten)?;
    let draft = folder.path().join("journal.db");
    let purchases = copy(&source, &draft).map_err(|cause| refused(cause.into()))?;
    let bytes = fs::read(&draft).map_err(unwritten)?;
    Replacement::new(to, FileAccess::Private)
        .and_then(|made| made.commit(&bytes))
        .map_err(unwritten)?;
    for suffix in ["-wal", "-shm", "-journal"] {
        // What belonged to an older copy of this name would be taken for a part of this one.
        let _ = fs::remove_file(beside(to, suffix));
    }
    Ok(purchases)
}

/// Copies it page by page, makes the copy one file, and checks it.
fn copy(source: &Connection, draft: &Path) -> rusqlite::Result<i64> {
    let mut made = Connection::open(draft)?;
    Backup::new(source, &mut made)?.run_to_completion(PAGES, PAUSE, None)?;
    if mode_of(&made)? != "delete" {
        made.query_row("PRAGMA journal_mode = DELETE", [], |_| Ok(()))?;
    }
    made.query_row("PRAGMA quick_check(1)", [], |row| row.get::<_, String>(0)).and_then(
        |found| {
            if found == "ok" { Ok(()) } else { Err(rusqlite::Error::InvalidQuery) }
        },
    )?;
    made.query_row("SELECT count(*) FROM purchase", [], |row| row.get(0))
}

fn folder_of(file: &Path) -> &Path {
    file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}
