//! How rows become durable in the file: by a write-ahead log, where one sync makes a row durable and
//! all that were written before it; or by a rollback journal, on a disk of another machine or program,
//! whose mapped memory is not shared. Reading works in both.

use super::tables::{unusable, wait_for_writers};
use crate::core::disk;
use crate::core::failure::{Failure, Result};
use crate::store::sql::Durable;
use crate::store::{log, sqlite};
use rusqlite::Connection;
use std::path::Path;
use std::time::Duration;

/// How long to wait for the programs that have the file open, until its mode can be changed.
const PATIENCE: Duration = Duration::from_secs(2);

/// Brings the file into the mode that its disk can do, and makes the next transaction durable when it
/// has to be. A file that others keep busy stays with its rollback journal for now.
///
/// # Errors
/// Class `config`: another program keeps a log on a disk that cannot do with one; nothing was written.
pub(super) fn prepare(db: &mut Connection, file: &Path, durable: Durable) -> Result<()> {
    prepare_on(db, file, durable, disk::is_remote(file))
}

/// The same on a disk of this machine or of another.
fn prepare_on(db: &mut Connection, file: &Path, durable: Durable, is_remote: bool) -> Result<()> {
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
pub(super) fn leave_log(db: &mut Connection, file: &Path) -> Result<()> {
    let broken = |cause: rusqlite::Error| unusable(file, cause.into());
    db.busy_timeout(PATIENCE).map_err(broken)?;
    let changed = db.query_row("PRAGMA journal_mode = DELETE", [], |row| row.get::<_, String>(0));
    wait_for_writers(db).map_err(broken)?;
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

/// The failure that a purchase meets while another program keeps the journal in WAL mode.
pub fn held(file: &Path) -> Failure {
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
    use crate::purchase::record::{JournalRow, KeyOrigin};
    use rusqlite::config::DbConfig;

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
        let folder = crate::core::scratch::tempdir().expect("a folder");
        let file = folder.path().join("journal.db");
        drop(Journal::open(&at_file(&file)).expect("a journal"));
        let mut db = Connection::open(&file).expect("a file");
        for (is_remote, durable, expected, level) in [
            (true, Durable::WithTheNext, "delete", EXTRA),
            (false, Durable::WithTheNext, "wal", NORMAL),
            (false, Durable::Now, "wal", EXTRA),
            (false, Durable::WithTheNext, "wal", NORMAL),
            (true, Durable::WithTheNext, "delete", EXTRA),
            (true, Durable::Now, "delete", EXTRA),
        ] {
            prepare_on(&mut db, &file, durable, is_remote).expect("prepared");
            assert_eq!(mode(&db), expected, "{is_remote} {durable:?}");
            assert_eq!(setting(&db, "synchronous"), level, "{is_remote} {durable:?}");
        }
    }

    #[test]
    fn who_writes_is_waited_for_as_long_after_the_mode_was_changed() {
        let folder = crate::core::scratch::tempdir().expect("a folder");
        let file = folder.path().join("journal.db");
        let mut journal = Journal::open(&at_file(&file)).expect("a journal");
        let super::super::Kept::File { db, .. } = &mut journal.kept else { panic!("it is a file") };
        // Its own handler waits, which SQLite takes out where a time is set instead.
        assert_eq!(setting(db, "busy_timeout"), 0);
        let keeps_plans = db.db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG);
        assert!(keeps_plans.expect("a setting"), "a statement is not prepared for each value");
        // A glance waits for nobody.
        let glance = Journal::glance(&file).expect("it is readable");
        let super::super::Kept::File { db: seen, .. } = &glance.kept else { panic!("a file") };
        assert_eq!(setting(seen, "busy_timeout"), 0);
        prepare_on(db, &file, Durable::Now, false).expect("a log");
        drop(glance);
        prepare_on(db, &file, Durable::Now, true).expect("none");
        assert_eq!(setting(db, "busy_timeout"), 0);
    }

    #[test]
    fn a_long_log_is_moved_into_its_file_before_the_next_row() {
        let folder = crate::core::scratch::tempdir().expect("a folder");
        let file = folder.path().join("journal.db");
        drop(Journal::open(&at_file(&file)).expect("a journal"));
        let mut db = log::open(&file).expect("a file");
        prepare_on(&mut db, &file, Durable::Now, false).expect("a log");
        db.pragma_update(None, "wal_autocheckpoint", 0).expect("set");
        let long = "CREATE TABLE long (bytes BLOB); INSERT INTO long VALUES (zeroblob(2000000))";
        db.execute_batch(long).expect("filled");
        let size = || file.metadata().expect("there").len();
        assert!(size() < 1_000_000);
        prepare_on(&mut db, &file, Durable::Now, false).expect("prepared");
        assert!(size() > 2_000_000);
    }

    #[test]
    fn a_row_is_durable_before_what_rests_on_it_and_every_transaction_that_writes_is_marked() {
        let folder = crate::core::scratch::tempdir().expect("a folder");
        let file = folder.path().join("journal.db");
        let made = intent("25", KeyOrigin::Random);
        let mut journal = Journal::open(&at_file(&file)).expect("a journal");
        let look = |journal: &Journal| {
            let super::super::Kept::File { db, .. } = &journal.kept else { panic!("a file") };
            (log::mark_of(db).expect("a mark"), setting(db, "synchronous"))
        };
        let (first, _) = look(&journal);
        assert_ne!(first, 0, "its tables were written");
        journal.exclusively(|alone| alone.open("nowhere").map(|_| ())).expect("read");
        assert_eq!(look(&journal).0, first);
        add(&mut journal, &made, "2026-11-20T12:00:00Z", &[]);
        let (second, _) = look(&journal);
        assert_ne!(second, first);
        let at = super::super::tests::stamp("2026-11-20T12:00:01Z");
        for (row, level) in [(sending(), EXTRA), (JournalRow::Delivered, NORMAL)] {
            journal.append(made.id, &at, &row).expect("written");
            assert_eq!(look(&journal).1, level, "{row:?}");
        }
    }

    #[test]
    fn what_the_log_has_goes_into_the_file_and_logs_that_are_not_its_own_are_named() {
        let folder = crate::core::scratch::tempdir().expect("a folder");
        let (file, copy) = (folder.path().join("journal.db"), folder.path().join("copy.db"));
        let made = intent("25", KeyOrigin::Random);
        let mut journal = Journal::open(&at_file(&file)).expect("a journal");
        add(&mut journal, &made, "2026-11-20T12:00:00Z", &[sending()]);
        drop(Journal::open_to_list(&at_file(&file)).expect("listed"));
        std::fs::copy(&file, &copy).expect("copied");
        let copied = Journal::glance(&copy).expect("it is whole");
        assert_eq!(copied.newest_of(&made.origin, 1).expect("read"), [made.id]);
        assert!(journal.foreign_logs().is_empty());
        let aside = sqlite::beside(&file, "-wal.1");
        std::fs::write(&aside, "of another").expect("written");
        assert_eq!(journal.foreign_logs(), [aside]);
    }

    #[test]
    fn a_log_on_anothers_disk_is_held_by_who_made_it() {
        let folder = crate::core::scratch::tempdir().expect("a folder");
        let file = folder.path().join("journal.db");
        assert!(!is_kept_from_writing(&file, true), "there is no log");
        let made = intent("25", KeyOrigin::Random);
        let mut journal = Journal::open(&at_file(&file)).expect("a journal");
        add(&mut journal, &made, "2026-11-20T12:00:00Z", &[sending()]);
        assert!(is_kept_from_writing(&file, true));
        assert!(!is_kept_from_writing(&file, false), "this machine can do with it");
    }
}
