//! A copy of the journal that is whole, made while others read and write it.

use super::mode::mode_of;
use super::tables::{unusable, wait_for_writers};
use crate::core::failure::{Failure, Result};
use crate::core::files::{FileAccess, Replacement};
use crate::store::log;
use crate::store::sqlite::beside;
use rusqlite::Connection;
use rusqlite::backup::Backup;
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
    let source = log::open_to_read(journal)
        .and_then(|mut source| wait_for_writers(&mut source).map(|()| source))
        // Whether it can be read is known once it was.
        .and_then(|source| mode_of(&source).map(|_| source))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_draft_lies_in_the_folder_of_the_copy() {
        for (file, folder) in [("copy.db", "."), ("a/copy.db", "a"), ("/copy.db", "/")] {
            assert_eq!(folder_of(Path::new(file)), Path::new(folder), "{file}");
        }
    }

    #[test]
    fn a_damaged_journal_makes_no_copy() {
        let folder = crate::core::scratch::tempdir().expect("a folder");
        let (file, to) = (folder.path().join("journal.db"), folder.path().join("copy.db"));
        let db = Connection::open(&file).expect("a file");
        db.execute_batch(
            "CREATE TABLE purchase (id TEXT);
             CREATE TABLE entry (body TEXT);
             INSERT INTO purchase VALUES ('p');
             WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500)
             INSERT INTO entry SELECT 'a row of some length ' || i FROM n",
        )
        .expect("filled");
        drop(db);
        assert_eq!(backup(&file, &to).expect("copied"), 1);
        fs::remove_file(&to).expect("removed");
        // The last page is one of the entries: its header becomes nonsense.
        let mut bytes = fs::read(&file).expect("read");
        let last = bytes.len() - 4096;
        bytes[last..last + 16].fill(0xff);
        fs::write(&file, bytes).expect("damaged");
        let refused = backup(&file, &to).expect_err("damaged");
        assert_eq!(refused.class(), crate::core::class::Class::Config);
        assert!(!to.exists());
    }
}
