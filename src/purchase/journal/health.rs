//! Reads the journal without changing it: whether it is whole and of which version, and what in it
//! waits for a command or a person. A command that only reports must neither create a journal nor
//! migrate an old one.

use super::backlog::{Backlog, waiting};
use super::lookup::unreadable;
use super::tables::{VERSION, newer, unusable, version};
use super::{JournalDoubt, mode, payments, position};
use crate::core::clock::SystemClock;
use crate::core::disk;
use crate::core::failure::{Failure, Result};
use crate::core::signals::Interrupt;
use crate::core::wait::Deadline;
use crate::purchase::record::JournalRow;
use crate::store::log;
use crate::store::sqlite::beside;
use rusqlite::{Connection, ErrorCode};
use serde::de::DeserializeOwned;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

/// How long to wait for another process that is writing.
const BUSY: Duration = Duration::from_secs(2);

/// The first version of the tables that knows payments.
const WITH_PAYMENTS: i64 = 2;

/// How long each of the two checks of a large journal may take: of its pages, and of its entries.
const LONGEST_CHECK: Duration = Duration::from_millis(700);

/// What was not checked, because the journal is large.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Unchecked {
    /// Not all pages of the file were checked.
    pub pages: bool,
    /// How many of the oldest entries were not read.
    pub entries: i64,
}

/// How a journal stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JournalHealth {
    /// The version of its tables.
    pub version: i64,
    /// Whether the next purchase brings it on to the version of this program.
    pub is_old: bool,
    /// How many purchases there are.
    pub purchases: i64,
    /// What waits, portal by portal; nothing where the journal is too old to say.
    pub waiting: Vec<Backlog>,
    /// What was not checked.
    pub unchecked: Unchecked,
    /// What may be missing in it.
    pub doubt: Option<JournalDoubt>,
    /// Logs beside it that are of another journal or of another time of this one; they are not read.
    pub foreign_logs: Vec<PathBuf>,
    /// Another program has put it into WAL mode, and has it open or died so, on a disk that cannot do
    /// with a log.
    pub is_held: bool,
}

/// Reads it; none where there is no journal.
///
/// # Errors
/// Class `config`: it cannot be read, is broken, is no journal, or is of a newer version.
pub fn look(file: &Path) -> Result<Option<JournalHealth>> {
    look_within(file, LONGEST_CHECK, disk::is_remote(file))
}

fn look_within(file: &Path, longest: Duration, is_remote: bool) -> Result<Option<JournalHealth>> {
    match file.try_exists() {
        Ok(false) => return Ok(None),
        Ok(true) => {}
        Err(cause) => return Err(unusable(file, anyhow::Error::new(cause))),
    }
    let broken = |cause: rusqlite::Error| match cause.sqlite_error_code() {
        Some(ErrorCode::ReadOnly | ErrorCode::CannotOpen) if is_half_written(file) => {
            Failure::config(format!("a write to {} was cut off in the middle", file.display()))
                .because(anyhow::Error::new(cause))
                .hint("'topup history' repairs it: it removes what was not written whole.")
        }
        _ => unusable(file, anyhow::Error::new(cause)),
    };
    let is_kept = mode::is_kept_from_writing(file, is_remote);
    let db = log::open_to_read(file).map_err(broken)?;
    db.busy_timeout(BUSY).map_err(broken)?;
    let found = version(&db).map_err(broken)?;
    if found > VERSION {
        return Err(newer(file, found));
    }
    let check = || db.query_row("PRAGMA quick_check(1)", [], |row| row.get::<_, String>(0));
    let whole = finished_within(&db, longest, check).map_err(broken)?;
    if let Some(damage) = whole.as_ref().filter(|whole| *whole != "ok") {
        return Err(unusable(file, anyhow::anyhow!("it is damaged: {damage}")));
    }
    let mut unchecked = Unchecked { pages: whole.is_none(), entries: 0 };
    if found == 0 {
        return Ok(Some(JournalHealth {
            version: 0,
            is_old: true,
            purchases: 0,
            waiting: Vec::new(),
            unchecked,
            doubt: None,
            foreign_logs: log::not_of_file(file),
            is_held: false,
        }));
    }
    let count = |table: &str| -> rusqlite::Result<i64> {
        db.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0))
    };
    let mut purchases = count("purchase").map_err(broken)?;
    let has_payments = (WITH_PAYMENTS..payments::MADE_PURCHASES).contains(&found);
    if has_payments {
        purchases += count("payment").map_err(broken)?;
    }
    let waiting = if found < VERSION { Vec::new() } else { waiting(&db).map_err(broken)? };
    let clock = SystemClock::new(Interrupt::default());
    let deadline = Deadline::after(longest, &clock);
    let query = "SELECT purchase, body, seq FROM entry ORDER BY seq DESC";
    unchecked.entries = check_entries::<JournalRow>(&db, file, query, &deadline)?;
    if has_payments {
        let query = "SELECT payment, body, seq FROM payment_entry ORDER BY seq DESC";
        unchecked.entries += check_entries::<payments::OldPaymentRow>(&db, file, query, &deadline)?;
    }
    let is_held = is_kept && mode::mode_of(&db).map_err(broken)? == "wal";
    let doubt = if found < VERSION { None } else { position::look(&db, file)? };
    let is_old = found < VERSION;
    Ok(Some(JournalHealth {
        version: found,
        is_old,
        purchases,
        waiting,
        unchecked,
        doubt,
        foreign_logs: log::not_of_file(file),
        is_held,
    }))
}

/// Does something with a file for at most this long; none where that was too short.
fn finished_within<T>(
    db: &Connection,
    longest: Duration,
    act: impl FnOnce() -> rusqlite::Result<T>,
) -> rusqlite::Result<Option<T>> {
    if longest.is_zero() {
        return Ok(None);
    }
    let handle = db.get_interrupt_handle();
    let (done, wait) = mpsc::channel::<()>();
    thread::scope(|scope| {
        scope.spawn(move || {
            if wait.recv_timeout(longest) == Err(RecvTimeoutError::Timeout) {
                handle.interrupt();
            }
        });
        let found = act();
        drop(done);
        match found {
            Err(cause) if cause.sqlite_error_code() == Some(ErrorCode::OperationInterrupted) => {
                Ok(None)
            }
            found => found.map(Some),
        }
    })
}

/// Whether this program can read each entry, the newest first: another version knows words that this
/// one does not. Gives how many of the oldest there was no time for.
fn check_entries<T: DeserializeOwned>(
    db: &Connection,
    file: &Path,
    query: &str,
    deadline: &Deadline<'_>,
) -> Result<i64> {
    let broken = |cause: rusqlite::Error| unusable(file, cause.into());
    let mut statement = db.prepare(query).map_err(broken)?;
    let mut rows = statement.query([]).map_err(broken)?;
    while let Some(row) = rows.next().map_err(broken)? {
        if deadline.left().is_zero() {
            // They are counted from one, and none is ever taken away.
            return row.get(2).map_err(broken);
        }
        let whose: String = row.get(0).map_err(broken)?;
        let body: String = row.get(1).map_err(broken)?;
        serde_json::from_str::<T>(&body)
            .map_err(|cause| unreadable(&file.display().to_string(), &whose, cause.into()))?;
    }
    Ok(0)
}

/// Whether what belongs to a transaction that was cut off lies beside the file.
fn is_half_written(file: &Path) -> bool {
    beside(file, "-journal").exists()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_there_is_no_time_for_is_counted_and_what_there_is_time_for_is_checked() {
        let folder = crate::core::scratch::tempdir().expect("a folder");
        let file = folder.path().join("journal.db");
        drop(Connection::open(&file).expect("a file"));
        super::super::Journal::connect(&file).expect("a journal");
        let db = Connection::open(&file).expect("a file");
        db.execute_batch(
            "PRAGMA foreign_keys = OFF;
             WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 50)
             INSERT INTO entry (purchase, kind, stamp, body) SELECT 'p', 'x', '{}', '{}' FROM n",
        )
        .expect("filled");
        let look = |longest| look_within(&file, longest, false);
        let health = look(Duration::ZERO).expect("looked").expect("a journal");
        assert_eq!(health.unchecked, Unchecked { pages: true, entries: 50 });
        // With time for them the entries are read, and not understood.
        let refused = look(Duration::from_secs(60)).expect_err("unreadable");
        assert!(refused.to_string().contains("an entry that this version cannot read"));
        db.execute_batch("DROP TRIGGER entry_lasts; DELETE FROM entry").expect("emptied");
        let health = look(Duration::from_secs(60)).expect("looked").expect("a journal");
        assert_eq!(health.unchecked, Unchecked::default());
    }

    /// A journal as this version of the tables has it: one purchase that was sent, and from the second
    /// version on two payments with three rows.
    fn of_version(file: &Path, found: i64) {
        let db = Connection::open(file).expect("a file");
        let steps = [
            super::super::TABLES,
            payments::TABLES,
            super::super::standing::TABLES,
            super::super::PLANS,
        ];
        for tables in steps.iter().take(usize::try_from(found).expect("small")) {
            db.execute_batch(tables).expect("its tables");
        }
        db.execute_batch(
            r#"INSERT INTO purchase (id, origin, naming, generation, idempotency_key, amount, asked_ms)
                   VALUES ('00000000-0000-4000-8000-000000000001', 'o', 'random', 0, 'k', '25.00', 7);
               INSERT INTO entry (purchase, kind, stamp, body) VALUES ('00000000-0000-4000-8000-000000000001', 'sending',
                   '{"wall":"2026-11-20T12:00:00Z","boot":null,"monotonic_ms":null,"server":null}',
                   '{"row":"sending","with":{"n":1}}')"#,
        )
        .expect("a purchase");
        if found >= WITH_PAYMENTS {
            db.execute_batch(
                r#"INSERT INTO payment (id, origin, asked_ms) VALUES ('a', 'o', 7), ('b', 'o', 8);
                   INSERT INTO payment_entry (payment, kind, at, body) VALUES
                       ('a', 'asked', '2026-11-20T12:00:00Z', '{"row":"asked"}'),
                       ('a', 'delivered', '2026-11-20T12:00:00Z', '{"row":"delivered"}'),
                       ('b', 'asked', '2026-11-20T12:00:00Z', '{"row":"asked"}')"#,
            )
            .expect("two payments");
        }
        db.pragma_update(None, "user_version", found).expect("its version");
    }

    #[test]
    fn an_older_journal_counts_its_payments_and_leaves_what_waits_to_the_next_purchase() {
        let folder = crate::core::scratch::tempdir().expect("a folder");
        for (found, purchases, entries) in [(1, 1, 1), (2, 3, 4), (3, 3, 4), (4, 3, 4)] {
            let file = folder.path().join(format!("{found}.db"));
            of_version(&file, found);
            for (longest, unread) in [(Duration::ZERO, entries), (Duration::from_secs(60), 0)] {
                let health =
                    look_within(&file, longest, false).expect("looked").expect("a journal");
                assert_eq!((health.version, health.is_old), (found, true));
                assert_eq!((health.purchases, health.unchecked.entries), (purchases, unread));
                assert!(health.waiting.is_empty() && health.doubt.is_none(), "{health:?}");
            }
        }
        // Once it is brought on it is counted, and what was sent without a position is in doubt.
        let file = folder.path().join("1.db");
        drop(super::super::Journal::connect(&file).expect("brought on"));
        let health = look_within(&file, Duration::ZERO, false).expect("looked").expect("a journal");
        assert_eq!((health.version, health.is_old, health.purchases), (VERSION, false, 1));
        assert_eq!(health.doubt, Some(JournalDoubt::Moved));
    }

    #[test]
    fn what_waits_is_counted_in_a_journal_of_this_version() {
        use super::super::tests::{add, at_file, intent, sending};
        let folder = crate::core::scratch::tempdir().expect("a folder");
        let file = folder.path().join("journal.db");
        let mut journal = super::super::Journal::open(&at_file(&file)).expect("a journal");
        let made = intent("25", crate::purchase::record::KeyOrigin::Random);
        add(&mut journal, &made, "2026-11-20T12:00:00Z", &[sending()]);
        let health = look(&file).expect("looked").expect("a journal");
        let waiting: Vec<_> = health.waiting.iter().map(|one| (one.open, one.untold)).collect();
        assert_eq!(waiting, [(1, 0)]);
    }

    #[test]
    fn a_journal_in_wal_mode_on_anothers_disk_is_held() {
        use super::super::tests::{add, at_file, intent, sending};
        let folder = crate::core::scratch::tempdir().expect("a folder");
        let file = folder.path().join("journal.db");
        let mut journal = super::super::Journal::open(&at_file(&file)).expect("a journal");
        let made = intent("25", crate::purchase::record::KeyOrigin::Random);
        add(&mut journal, &made, "2026-11-20T12:00:00Z", &[sending()]);
        let is_held = |is_remote| {
            let health = look_within(&file, Duration::ZERO, is_remote).expect("looked");
            health.expect("a journal").is_held
        };
        assert!(is_held(true) && !is_held(false), "a log is of use on a disk of this machine");
        // What is left of a log holds nothing once the mode was changed back.
        drop(journal);
        let mut db = Connection::open(&file).expect("a file");
        mode::leave_log(&mut db, &file).expect("changed back");
        std::fs::write(beside(&file, "-shm"), "").expect("left");
        assert!(!is_held(true));
    }

    #[test]
    fn a_write_that_was_cut_off_is_told_from_what_is_no_journal() {
        let folder = crate::core::scratch::tempdir().expect("a folder");
        let (file, copy) = (folder.path().join("journal.db"), folder.path().join("copy.db"));
        let mut db = Connection::open(&file).expect("a file");
        drop(super::super::Journal::connect(&file).expect("a journal"));
        mode::leave_log(&mut db, &file).expect("a rollback journal");
        // Half of a transaction is in the file, and what takes it back lies beside it.
        db.execute_batch(
            "PRAGMA cache_size = 5; BEGIN IMMEDIATE; CREATE TABLE filler (bytes BLOB);
             WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200)
             INSERT INTO filler SELECT randomblob(1000) FROM n",
        )
        .expect("begun");
        std::fs::copy(&file, &copy).expect("copied");
        std::fs::copy(beside(&file, "-journal"), beside(&copy, "-journal")).expect("copied");
        let refused = look(&copy).expect_err("cut off");
        assert!(refused.to_string().contains("was cut off in the middle"), "{refused}");
        // What cannot be opened is nothing that was cut off.
        let socket = folder.path().join("socket.db");
        let _socket = std::os::unix::net::UnixListener::bind(&socket).expect("a socket");
        let refused = look(&socket).expect_err("no journal");
        assert!(!refused.to_string().contains("was cut off"), "{refused}");
    }

    #[test]
    fn what_takes_too_long_is_given_up_and_what_is_done_is_not_waited_for() {
        let db = Connection::open_in_memory().expect("a database");
        let endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)
            SELECT count(*) FROM n";
        let count = |query: &str| db.query_row(query, [], |row| row.get::<_, i64>(0));
        let given_up = finished_within(&db, Duration::from_millis(50), || count(endless));
        assert_eq!(given_up.expect("no failure"), None);
        let a_day = Duration::from_secs(24 * 3600);
        let done = finished_within(&db, a_day, || count("SELECT 7"));
        assert_eq!(done.expect("no failure"), Some(7));
        let failed = finished_within(&db, a_day, || count("SELECT 7 FROM nowhere"));
        failed.expect_err("what fails is no lack of time");
    }
}
