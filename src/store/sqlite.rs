//! What all SQLite files here have in common: how they switch to the write-ahead log, and what a
//! failure of one is.

use super::sql::{SqlRow, Value};
use crate::core::class::Class;
use crate::core::clock::{self, SystemClock};
use crate::core::failure::Failure;
use crate::core::signals::Interrupt;
use crate::core::wait::{Deadline, SILENT, ShownWait, note_long_wait};
use rusqlite::config::DbConfig;
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, ErrorCode};
use std::cell::Cell;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

/// Between two attempts to switch.
const PAUSE: Duration = Duration::from_millis(10);

/// A file that several processes write.
pub trait SharedFile {
    /// How long one of them waits for the others.
    const LONGEST: Duration;
    /// Who writes, as a person is shown.
    const WRITER: &'static str;
}

/// Waits a moment for another process that is writing, as SQLite itself does: longer each time, up to a
/// tenth of a second. Made for a busy handler that was called so many times before.
pub fn wait_longer_each_time<F: SharedFile>(times: i32) -> bool {
    wait_for_writer::<F>(times, pause_of(times))
}

fn pause_of(times: i32) -> Duration {
    const PAUSES_MS: [u64; 12] = [1, 2, 5, 10, 15, 20, 25, 25, 25, 50, 50, 100];
    let at = usize::try_from(times).unwrap_or_default().min(PAUSES_MS.len() - 1);
    Duration::from_millis(PAUSES_MS[at])
}

/// Waits this moment for another process that is writing; false when this call of SQLite has waited
/// as long as it may. A person who watches is shown a long wait.
pub fn wait_for_writer<F: SharedFile>(times: i32, moment: Duration) -> bool {
    thread_local! {
        /// When the wait began, and whether it is shown.
        static WAIT: Cell<(Duration, bool)> = const { Cell::new((Duration::ZERO, false)) };
    }
    if times == 0 {
        WAIT.set((clock::awake(), false));
    }
    let (since, is_shown) = WAIT.get();
    let waited = clock::awake().saturating_sub(since);
    if waited >= SILENT && !is_shown {
        WAIT.set((since, true));
        note_long_wait(F::WRITER);
    }
    thread::sleep(moment);
    waited < F::LONGEST
}

/// Switches to the write-ahead log. SQLite does not wait for others at this step, so it is asked
/// again, as long as `longest`.
///
/// # Errors
/// Those of SQLite.
pub fn write_ahead(db: &Connection, longest: Duration) -> rusqlite::Result<()> {
    let clock = SystemClock::new(Interrupt::default());
    let deadline = Deadline::after(longest, &clock);
    let mut shown = ShownWait::begin(&clock);
    loop {
        match db.pragma_update(None, "journal_mode", "WAL") {
            Err(cause) if is_busy(&cause) => {
                shown.goes_on(|| "another process, which has the same file open".to_owned());
                if deadline.pause(PAUSE).is_err() {
                    return Err(cause);
                }
            }
            other => return other,
        }
    }
}

/// The file with this ending that SQLite keeps beside its own.
pub fn beside(file: &Path, ending: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(ending);
    PathBuf::from(name)
}

/// Lets each statement keep its plan whatever is bound to it. Otherwise SQLite may prepare it anew for
/// every other value, which takes longer than finding a few rows.
///
/// # Errors
/// Those of SQLite.
pub fn keep_plans(db: &Connection) -> rusqlite::Result<()> {
    db.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true).map(|_| ())
}

/// A file that cannot be used, and what mends it. One that other processes wrote to all the time
/// has nothing to be mended: nothing was written, and the next try may do.
pub fn unusable(what: &str, cause: anyhow::Error, mend: impl Into<String>) -> Failure {
    if cause.downcast_ref().is_some_and(is_busy) {
        let message = format!("another process kept {what} busy for too long; nothing was written");
        return Failure::new(Class::Timeout, message).because(cause).hint("Run the command again.");
    }
    let mend = if cause.downcast_ref().is_some_and(is_full) {
        "Make room on its disk, or give it another with TOPUP_HOME.".to_owned()
    } else {
        mend.into()
    };
    Failure::config(format!("{what} cannot be used: {cause}")).because(cause).hint(mend)
}

fn is_full(cause: &rusqlite::Error) -> bool {
    let shared_memory = rusqlite::ffi::SQLITE_IOERR_SHMSIZE;
    cause.sqlite_error_code() == Some(ErrorCode::DiskFull)
        || cause.sqlite_error().is_some_and(|error| error.extended_code == shared_memory)
}

/// Whether another process holds what this one wants to write.
pub fn is_busy(cause: &rusqlite::Error) -> bool {
    matches!(cause.sqlite_error_code(), Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked))
}

impl rusqlite::ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(match self {
            Self::Int(Some(number)) => ToSqlOutput::from(*number),
            Self::Text(Some(text)) => ToSqlOutput::from(text.as_str()),
            Self::Int(None) | Self::Text(None) => ToSqlOutput::from(rusqlite::types::Null),
        })
    }
}

/// Runs one statement with `$1`, `$2`, … and gives its rows.
///
/// # Errors
/// Those of SQLite.
pub fn run(db: &Connection, statement: &str, values: &[Value]) -> rusqlite::Result<Vec<SqlRow>> {
    let mut found = Vec::new();
    each(db, statement, values, |row| {
        found.push(row.clone());
        Ok::<_, rusqlite::Error>(())
    })?;
    Ok(found)
}

/// Runs one statement with `$1`, `$2`, … and hands over its rows one by one, all of them in the same
/// memory.
///
/// # Errors
/// Those of SQLite, and those of `take`.
pub fn each<Error: From<rusqlite::Error>>(
    db: &Connection,
    statement: &str,
    values: &[Value],
    mut take: impl FnMut(&SqlRow) -> Result<(), Error>,
) -> Result<(), Error> {
    let mut statement = db.prepare_cached(statement)?;
    for (at, value) in values.iter().enumerate() {
        // `$2` is a name to SQLite: its place is where it stands first.
        if let Some(place) = statement.parameter_index(&format!("${}", at + 1))? {
            statement.raw_bind_parameter(place, value)?;
        }
    }
    let mut cells = SqlRow(vec![Value::Text(None); statement.column_count()]);
    let mut rows = statement.raw_query();
    while let Some(row) = rows.next()? {
        for (at, cell) in cells.0.iter_mut().enumerate() {
            put(cell, row.get_ref(at)?, at)?;
        }
        take(&cells)?;
    }
    Ok(())
}

/// Puts what was found into a cell, whose memory is used again.
fn put(cell: &mut Value, found: ValueRef<'_>, at: usize) -> rusqlite::Result<()> {
    match found {
        ValueRef::Null => *cell = Value::Text(None),
        ValueRef::Integer(number) => *cell = Value::from(number),
        ValueRef::Text(bytes) => {
            let found = std::str::from_utf8(bytes);
            let found = found.map_err(|cause| rusqlite::Error::Utf8Error(at, cause))?;
            match cell {
                Value::Text(Some(text)) => {
                    text.clear();
                    text.push_str(found);
                }
                _ => *cell = Value::from(found),
            }
        }
        other => {
            return Err(rusqlite::Error::InvalidColumnType(at, String::new(), other.data_type()));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_statement_is_prepared_once_for_all_values() {
        let db = Connection::open_in_memory().expect("a database");
        keep_plans(&db).expect("set");
        db.execute_batch(
            "CREATE TABLE part (id INTEGER PRIMARY KEY, of TEXT, mark TEXT, body TEXT) STRICT;
             CREATE INDEX part_of ON part (of, mark);
             CREATE INDEX marked ON part (mark) WHERE mark IS NOT NULL",
        )
        .expect("tables");
        let mut found =
            db.prepare("SELECT body FROM part WHERE of = ?1 ORDER BY id").expect("prepared");
        for id in ["a", "b", "c"] {
            assert!(!found.exists([id]).expect("looked"), "{id}");
        }
        assert_eq!(found.get_status(rusqlite::StatementStatus::RePrepare), 0);
    }
    use rusqlite::TransactionBehavior;

    #[test]
    fn a_writer_is_waited_for_longer_each_time_and_not_for_ever() {
        struct Patient;
        impl SharedFile for Patient {
            const LONGEST: Duration = Duration::from_hours(1);
            const WRITER: &'static str = "a test";
        }
        struct Impatient;
        impl SharedFile for Impatient {
            const LONGEST: Duration = Duration::ZERO;
            const WRITER: &'static str = "a test";
        }
        assert!(wait_longer_each_time::<Patient>(0) && wait_longer_each_time::<Patient>(1));
        assert!(!wait_longer_each_time::<Impatient>(0));
        let pauses = [-1, 0, 1, 10, 11, 12, i32::MAX].map(|times| pause_of(times).as_millis());
        assert_eq!(pauses, [1, 1, 2, 50, 100, 100, 100]);
    }

    #[test]
    fn the_log_waits_for_whoever_is_writing() {
        let folder = crate::core::scratch::tempdir().expect("a folder");
        let file = folder.path().join("a.db");
        let mut writer = Connection::open(&file).expect("open");
        let other = Connection::open(&file).expect("open");
        other.busy_timeout(Duration::ZERO).expect("set");
        let writing =
            writer.transaction_with_behavior(TransactionBehavior::Exclusive).expect("begun");
        let refused = write_ahead(&other, Duration::ZERO).expect_err("held");
        let failure = unusable("the file", refused.into(), "Mend it.");
        assert_eq!(failure.class(), Class::Timeout);
        assert!(
            failure.to_string().ends_with("busy for too long; nothing was written"),
            "{failure}"
        );
        thread::scope(|scope| {
            let waiting = scope.spawn(move || write_ahead(&other, Duration::from_secs(20)));
            writing.rollback().expect("given back");
            waiting.join().expect("no panic").expect("switched");
        });
        assert_eq!(
            unusable("the file", rusqlite::Error::InvalidQuery.into(), "Mend it.").class(),
            Class::Config
        );
    }

    #[test]
    fn a_full_disk_is_mended_by_room_and_by_nothing_else() {
        let full = rusqlite::ffi::Error { code: ErrorCode::DiskFull, extended_code: 13 };
        let failure = unusable(
            "the file",
            rusqlite::Error::SqliteFailure(full, None).into(),
            "Throw it away.",
        );
        assert_eq!(failure.class(), Class::Config);
        assert_eq!(
            failure.parts().hints,
            ["Make room on its disk, or give it another with TOPUP_HOME."]
        );
    }
}
