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
    prepare_on(db, file, durable, disk::is_remote(file))
}

/// The same on a disk of this machine or of another.
fn prepare_on(db: &Connection, file: &Path, durable: Durable, is_remote: bool) -> Result<()> {
    let broken = |cause: rusqlite::Error| unusable(file, cause.into());
    let mut has_log = mode_of(db).map_err(broken)? == "wal";
    if has_log && is_remote {
        leave_log(db, file)?;
    } else if !has_log && !is_remote {
        log::begin(db, file);
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
pub(super) fn is_kept_from_writing(file: &Path, is_remote: bool) -> bool {
    let has_log = ["-wal", "-shm"].iter().any(|suffix| sqlite::beside(file, suffix).exists());
    has_log && is_remote
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

#[cfg(test)]
mod tests {
    use super::super::Journal;
    use super::super::tests::{add, at_file, intent, sending};
    use super::*;
    use crate::purchase::record::KeyOrigin;

    /// What SQLite says of itself.
    fn setting(db: &Connection, name: &str) -> i64 {
        db.query_row(&format!("PRAGMA {name}"), [], |row| row.get(0)).expect(name)
    }

    /// `PRAGMA synchronous`, as SQLite numbers its levels.
    const NORMAL: i64 = 1;
    const EXTRA: i64 = 3;

    fn mode(db: &Connection) -> String {
        mode_of(db).expect("a mode")
    }

    #[test]
    fn a_disk_of_this_machine_gets_a_log_and_anothers_loses_it() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("journal.db");
        drop(Journal::open(&at_file(&file)).expect("a journal"));
        let db = Connection::open(&file).expect("a file");
        for (is_remote, durable, expected, level) in [
            (true, Durable::WithTheNext, "delete", EXTRA),
            (false, Durable::Now, "wal", EXTRA),
            (false, Durable::WithTheNext, "wal", NORMAL),
            (true, Durable::Now, "delete", EXTRA),
            (true, Durable::WithTheNext, "delete", EXTRA),
        ] {
            prepare_on(&db, &file, durable, is_remote).expect("prepared");
            assert_eq!(mode(&db), expected, "{is_remote} {durable:?}");
            assert_eq!(setting(&db, "synchronous"), level, "{is_remote} {durable:?}");
        }
    }

    #[test]
    fn who_writes_is_waited_for_as_long_after_the_mode_was_changed() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("journal.db");
        let journal = Journal::open(&at_file(&file)).expect("a journal");
        let super::super::Kept::File { db, .. } = &journal.kept else { panic!("it is a file") };
        let busy = i64::try_from(BUSY.as_millis()).expect("small");
        assert_eq!(setting(db, "busy_timeout"), busy);
        prepare_on(db, &file, Durable::Now, false).expect("a log");
        prepare_on(db, &file, Durable::Now, true).expect("none");
        assert_eq!(setting(db, "busy_timeout"), busy);
    }

    #[test]
    fn a_long_log_is_moved_into_its_file_before_the_next_row() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("journal.db");
        drop(Journal::open(&at_file(&file)).expect("a journal"));
        let db = log::open(&file).expect("a file");
        prepare_on(&db, &file, Durable::Now, false).expect("a log");
        db.pragma_update(None, "wal_autocheckpoint", 0).expect("set");
        let long = "CREATE TABLE long (bytes BLOB); INSERT INTO long VALUES (zeroblob(2000000))";
        db.execute_batch(long).expect("filled");
        let size = || file.metadata().expect("there").len();
        assert!(size() < 1_000_000);
        prepare_on(&db, &file, Durable::Now, false).expect("prepared");
        assert!(size() > 2_000_000);
    }

    #[test]
    fn a_log_on_anothers_disk_is_held_by_who_made_it() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("journal.db");
        assert!(!is_kept_from_writing(&file, true), "there is no log");
        let made = intent("25", KeyOrigin::Random);
        let mut journal = Journal::open(&at_file(&file)).expect("a journal");
        add(&mut journal, &made, "2026-11-20T12:00:00Z", &[sending()]);
        assert!(is_kept_from_writing(&file, true));
        assert!(!is_kept_from_writing(&file, false), "this machine can do with it");
    }
}
