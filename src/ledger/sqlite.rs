//! A ledger in a SQLite file: one machine, any number of processes.
//!
//! Readers never wait for the writer (WAL), and a writer holds the lock only while it writes: the log
//! is made durable after the commit and before anything is reported, so that one flush of the disk
//! serves all writers that wait for one (`synchronous=NORMAL` leaves that to `Sqlite::make_durable`,
//! <https://www.sqlite.org/pragma.html#pragma_synchronous>). A reader does the same before it reports
//! what others have committed. A file of a newer version is refused and never rewritten.

use super::sql::{Database, Sql, SqlRow, SqlWork, Statement, TakeRow, Value};
use crate::core::class::{Class, Recovery};
use crate::core::clock;
use crate::core::failure::{Failure, Result};
use crate::core::files::make_file;
use crate::store::log;
use crate::store::sqlite::{self, SharedFile, beside};
use jiff::Timestamp;
use rusqlite::{Connection, OpenFlags, TransactionBehavior};
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;
use uuid::Uuid;

mod read_only;
mod tables;

use read_only::ReadOnly;
pub use tables::bring_on_book;
use tables::{VERSION, make_lists, make_tables, version};

/// How long to wait for another process that is writing.
const BUSY: Duration = Duration::from_secs(20);

/// The ledger, as what several processes write.
struct LedgerFile;

impl SharedFile for LedgerFile {
    const LONGEST: Duration = BUSY;
    const WRITER: &'static str = "another process, which writes to the ledger";
}

/// The open file.
#[derive(Debug)]
pub struct Sqlite {
    db: Connection,
    file: PathBuf,
    /// The log; none before its first use here.
    log: Option<File>,
    /// What others had committed when the log was durable, as SQLite counts it.
    durable: Option<i64>,
    /// Where it can only be read.
    read_only: Option<ReadOnly>,
    /// Nothing of the file is to be changed, not even where its rows are.
    leaves_log: bool,
}

/// Whether there is a ledger that can be used; makes nothing, and changes nothing of the file.
///
/// # Errors
/// As [`Sqlite::open`].
pub fn look(file: &Path) -> Result<bool> {
    let broken = |cause| unusable(file, anyhow::Error::new(cause));
    match file.try_exists() {
        Ok(false) => return Ok(false),
        Ok(true) => {}
        Err(cause) => return Err(unusable(file, anyhow::Error::new(cause))),
    }
    if let Some(why) = read_only::obstacle(file) {
        return read_only::open(file, why).map(|_| true);
    }
    let is_beside = |ending| beside(file, ending).exists();
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    // A reader of a file with a log beside it makes the log's index where there is none. Where
    // there is no log everything is in the file itself, and nothing has to be made.
    let has_log = is_beside("-wal") && !log::is_foreign(file).unwrap_or(false);
    let mut db = match (has_log, is_beside("-shm")) {
        (true, false) => {
            return Err(unusable(file, anyhow::anyhow!("its log has lost its index"))
                .hint("'topup ledger mandates' creates it again."));
        }
        (true, true) => Connection::open_with_flags(file, flags).map_err(broken)?,
        (false, _) => {
            let flags = flags | OpenFlags::SQLITE_OPEN_URI;
            Connection::open_with_flags(read_only::immutable(file), flags).map_err(broken)?
        }
    };
    db.busy_timeout(Duration::from_secs(2)).map_err(broken)?;
    if is_of_another_program(&mut db).map_err(broken)? {
        return Err(no_ledger(file));
    }
    match version(&db).map_err(broken)? {
        0 => Ok(false),
        1..=VERSION => Ok(true),
        found => Err(newer(file, found)),
    }
}

fn no_ledger(file: &Path) -> Failure {
    Failure::config(format!("{} is not a ledger", file.display()))
        .hint("Name another file; nothing was changed in this one.")
}

fn newer(file: &Path, found: i64) -> Failure {
    Failure::config(format!(
        "the ledger {} was written by a newer topup (version {found})",
        file.display()
    ))
    .hint("Use that version; nothing was changed in the file.")
}

impl Sqlite {
    /// Opens the file, and makes it when there is none. One that cannot be written is opened to be
    /// read.
    ///
    /// # Errors
    /// Class `config`: it cannot be read or written, is no ledger, or is of a newer version.
    pub fn open(file: &Path) -> Result<Self> {
        if let Some(why) = read_only::obstacle(file) {
            return Self::open_to_read(file, why);
        }
        make_file(file, |cause| unusable(file, anyhow::Error::new(cause)))?;
        let broken = |cause| unusable(file, anyhow::Error::new(cause));
        // One beside a ledger that was restored from a copy is of another ledger.
        log::set_aside_foreign(file).map_err(|cause| unusable(file, cause.into()))?;
        let mut db = log::open(file).map_err(broken)?;
        db.busy_handler(Some(wait)).map_err(broken)?;
        db.pragma_update(None, "synchronous", "NORMAL").map_err(broken)?;
        db.pragma_update(None, "foreign_keys", true).map_err(broken)?;
        db.pragma_update(None, "temp_store", "MEMORY").map_err(broken)?;
        if is_of_another_program(&mut db).map_err(broken)? {
            return Err(no_ledger(file));
        }
        if version(&db).map_err(broken)? < VERSION {
            sqlite::write_ahead(&db, BUSY).map_err(broken)?;
            make_tables(&mut db).map_err(broken)?;
        }
        let found = version(&db).map_err(broken)?;
        if found != VERSION {
            return Err(newer(file, found));
        }
        Ok(Self {
            db,
            file: file.to_owned(),
            log: None,
            durable: None,
            read_only: None,
            leaves_log: false,
        })
    }

    /// A ledger with nothing in it, in memory.
    ///
    /// # Errors
    /// Class `config`.
    pub fn in_memory() -> Result<Self> {
        let file = PathBuf::from(":memory:");
        let broken = |cause| unusable(&file, anyhow::Error::new(cause));
        let mut db = Connection::open_in_memory().map_err(broken)?;
        db.pragma_update(None, "foreign_keys", true).map_err(broken)?;
        make_tables(&mut db).map_err(broken)?;
        Ok(Self { db, file, log: None, durable: None, read_only: None, leaves_log: false })
    }

    /// Opens a file that cannot be written, for this reason.
    ///
    /// # Errors
    /// As [`Sqlite::open`].
    fn open_to_read(file: &Path, why: io::Error) -> Result<Self> {
        let (db, read_only) = read_only::open(file, why)?;
        let file = file.to_owned();
        Ok(Self {
            db,
            file,
            log: None,
            durable: None,
            read_only: Some(read_only),
            leaves_log: true,
        })
    }

    /// Makes the log durable up to its end, and with it whatever this connection has seen. The log
    /// is the file that SQLite writes to as long as this connection is open. What is in no log
    /// any more is in the file itself, durable before SQLite lets go of the log.
    fn make_durable(&mut self) -> io::Result<()> {
        sync_log(&mut self.log, &self.file)
    }

    /// What follows from a log that the disk does not confirm: it is not known what of it is there.
    /// The system takes its pages for written from now on, so that no later flush would write them
    /// again: they go to the file itself, as far as that is possible, before others book on top.
    fn unconfirmed(&self, cause: io::Error) -> Failure {
        for _ in 0..2 {
            let _ = self.db.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()));
        }
        let file = self.file.display();
        Failure::new(
            Class::OutcomeUnknown,
            format!(
                "it may or may not stay booked: the disk of {file} has not confirmed it: {cause}"
            ),
        )
        .recovery(Recovery::RetryLater)
        .because(cause)
        .hint("Check the disk. With --key it is safe to run the same command again.")
    }
}

fn sync_log(log: &mut Option<File>, file: &Path) -> io::Result<()> {
    if log.is_none() {
        *log = match File::open(beside(file, "-wal")) {
            Ok(log) => Some(log),
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(cause) => return Err(cause),
        };
    }
    log.as_ref().map_or(Ok(()), File::sync_data)
}

/// Waits a moment for another process that is writing, and says no when that took too long. SQLite
/// itself waits longer each time, up to a tenth of a second: that is many commits, and whoever
/// comes anew overtakes those who wait. Here everybody has the same chance all the time, and no
/// two look at the same moment again and again.
fn wait(times: i32) -> bool {
    let chance = u64::from(Uuid::new_v4().as_bytes()[0]);
    sqlite::wait_for_writer::<LedgerFile>(times, Duration::from_micros(250 + chance * 3))
}

/// A ledger has its number from the transaction that makes its tables: a file with tables and
/// without a number is somebody else's.
fn is_of_another_program(db: &mut Connection) -> rusqlite::Result<bool> {
    let look = db.transaction()?;
    let tables: i64 = look.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    Ok(tables > 0 && version(&look)? == 0)
}

fn unusable(file: &Path, cause: anyhow::Error) -> Failure {
    let what = format!("the ledger {}", file.display());
    let mend = "Fix the file or its folder, or set TOPUP_LEDGER_URL to another place.";
    sqlite::unusable(&what, cause, mend)
}

impl Drop for Sqlite {
    /// A copy of the file alone has everything after a command that only read.
    fn drop(&mut self) {
        if !self.leaves_log && self.db.total_changes() == 0 {
            log::move_if_new(&self.db, &self.file);
        }
    }
}

impl Database for Sqlite {
    fn write(&mut self, work: &mut SqlWork<'_>) -> Result<()> {
        if let Some(read_only) = &self.read_only {
            return Err(read_only.refuse(&self.file));
        }
        let Self { db, file, .. } = self;
        let broken = |cause| unusable(file, anyhow::Error::new(cause));
        log::shorten(db, file);
        let open = db.transaction_with_behavior(TransactionBehavior::Immediate).map_err(broken)?;
        let before = open.total_changes();
        work(&mut &*open)?;
        let seen = open.query_row("PRAGMA data_version", [], |row| row.get(0)).map_err(broken)?;
        if open.total_changes() > before {
            log::mark(&open).map_err(broken)?;
        }
        open.commit().map_err(broken)?;
        self.make_durable().map_err(|cause| self.unconfirmed(cause))?;
        self.durable = Some(seen);
        Ok(())
    }

    fn read(&mut self, work: &mut SqlWork<'_>) -> Result<()> {
        let Self { db, file, .. } = self;
        let broken = |cause| unusable(file, anyhow::Error::new(cause));
        let open = db.transaction().map_err(broken)?;
        work(&mut &*open)?;
        let seen = open.query_row("PRAGMA data_version", [], |row| row.get(0)).map_err(broken)?;
        open.commit().map_err(broken)?;
        if let Some(read_only) = &self.read_only {
            return read_only.check(&self.file);
        }
        if self.durable != Some(seen) {
            self.make_durable().map_err(|cause| unusable(&self.file, cause.into()))?;
            self.durable = Some(seen);
        }
        Ok(())
    }

    fn peek(&mut self, work: &mut SqlWork<'_>) -> Result<()> {
        let Self { db, file, read_only, .. } = self;
        let broken = |cause| unusable(file, anyhow::Error::new(cause));
        let open = db.transaction().map_err(broken)?;
        work(&mut &*open)?;
        open.commit().map_err(broken)?;
        read_only.as_ref().map_or(Ok(()), |read_only| read_only.check(file))
    }

    fn stream(&mut self, work: &mut SqlWork<'_>) -> Result<()> {
        let Self { db, file, log, durable, read_only, .. } = self;
        let broken = |cause| unusable(file, anyhow::Error::new(cause));
        let open = db.transaction().map_err(broken)?;
        // From this statement on the transaction sees one state.
        let look = "SELECT count(*) FROM ledger_mandate";
        open.query_row(look, [], |_| Ok(())).map_err(broken)?;
        let seen = open.query_row("PRAGMA data_version", [], |row| row.get(0)).map_err(broken)?;
        if read_only.is_none() && *durable != Some(seen) {
            sync_log(log, file).map_err(|cause| unusable(file, cause.into()))?;
            *durable = Some(seen);
        }
        work(&mut &*open)?;
        open.commit().map_err(broken)?;
        read_only.as_ref().map_or(Ok(()), |read_only| read_only.check(file))
    }

    fn index_lists(&mut self) {
        let known = "SELECT count(*) FROM sqlite_schema WHERE name = 'ledger_by_owner'";
        let known = self.db.query_row(known, [], |row| row.get(0));
        if self.read_only.is_none() && known == Ok(0_i64) {
            let _ = make_lists(&mut self.db);
        }
    }

    fn now(&self) -> Timestamp {
        clock::now()
    }

    fn leave_log(&mut self) {
        self.leaves_log = true;
    }

    fn foreign_logs(&self) -> Vec<PathBuf> {
        log::not_of_file(&self.file)
    }

    fn is_read_only(&self) -> bool {
        self.read_only.is_some()
    }

    fn place(&self) -> String {
        self.file.display().to_string()
    }
}

/// A connection inside a transaction of whoever holds it.
impl Sql for &Connection {
    fn run(&mut self, statement: &str, values: &[Value]) -> Result<Vec<SqlRow>> {
        sqlite::run(self, statement, values).map_err(told)
    }

    fn each(&mut self, select: &Statement, take: &mut TakeRow<'_>) -> Result<()> {
        sqlite::each(self, select.text(), select.values(), |row| take(row).map_err(Stop::Taker))
            .map_err(|stop| match stop {
                Stop::Database(cause) => told(cause),
                Stop::Taker(failure) => failure,
            })
    }

    fn sorts_to_group(&self) -> bool {
        true
    }

    fn for_update(&self) -> &'static str {
        ""
    }

    fn hold(&self, _shared: bool, _name: &str) -> Option<Statement> {
        None
    }
}

/// Why no more rows are handed over.
enum Stop {
    Database(rusqlite::Error),
    Taker(Failure),
}

impl From<rusqlite::Error> for Stop {
    fn from(cause: rusqlite::Error) -> Self {
        Self::Database(cause)
    }
}

fn told(cause: rusqlite::Error) -> Failure {
    // A whole number that grows too large becomes a real one, which no column here takes.
    if let rusqlite::Error::SqliteFailure(code, _) = &cause
        && code.extended_code == rusqlite::ffi::SQLITE_CONSTRAINT_DATATYPE
    {
        return too_large().because(cause);
    }
    sqlite::unusable("the ledger", cause.into(), "'topup doctor' checks its file.")
}

/// A balance that does not fit.
pub fn too_large() -> Failure {
    Failure::usage("the balance would be too large to be kept exactly")
}

#[cfg(test)]
mod tests {
    use super::tables::STAYS;
    use super::*;
    use crate::ledger::book;
    use crate::ledger::sql::{BOOK, REST, for_sqlite};
    use crate::ledger::values::{Kind, Posting};
    use rust_decimal::Decimal;

    #[test]
    fn a_book_is_appended_to_and_never_overflows() {
        let folder = crate::core::scratch::tempdir().expect("a folder");
        let mut ledger = Sqlite::open(&folder.path().join("deep/ledger.db")).expect("a ledger");
        let most = Decimal::from(9_000_000_000_000_i64);
        let posting = || Posting::new("m", Kind::Credit, most, Timestamp::UNIX_EPOCH);
        let mut credit =
            |posting: &Posting| ledger.write(&mut |sql| book::post(sql, posting).map(|_| ()));
        credit(&posting()).expect("it fits");
        let refused = credit(&posting()).expect_err("it does not");
        assert_eq!(refused.class(), Class::Usage);
        for attempt in
            ["DELETE FROM ledger_transaction", "UPDATE ledger_transaction SET amount = 1"]
        {
            let refused = ledger.write(&mut |sql| sql.run(attempt, &[]).map(|_| ()));
            assert!(refused.expect_err(attempt).to_string().contains("append only"));
        }
    }

    #[test]
    fn a_book_of_the_first_version_is_brought_on_and_keeps_every_row() {
        let folder = crate::core::scratch::tempdir().expect("a folder");
        let file = folder.path().join("ledger.db");
        let db = Connection::open(&file).expect("a database");
        let first = for_sqlite(BOOK).replace(">= 0", "> 0").replace("        reverses TEXT,\n", "");
        assert!(!first.contains("reverses"), "{first}");
        db.execute_batch(&[first, for_sqlite(REST), STAYS.to_owned()].concat()).expect("tables");
        db.execute_batch(
            "INSERT INTO ledger_account VALUES ('m', '', 5);
             INSERT INTO ledger_transaction (id, mandate, owner, kind, amount, balance_after,
                 reference, description, created_ms)
             VALUES ('a', 'm', '', 'CREDIT', 5, 5, 'ADMIN', 'old', 1);
             PRAGMA user_version = 1;",
        )
        .expect("a book");
        drop(db);
        assert!(look(&file).expect("readable"));
        let mut posting = Posting::new("m", Kind::Debit, Decimal::ZERO, Timestamp::UNIX_EPOCH);
        posting.usage = Some(crate::ledger::values::Usage::default());
        posting.reverses = Some("a".into());
        for _ in 0..2 {
            let mut ledger = Sqlite::open(&file).expect("brought on");
            posting.id = Uuid::new_v4();
            ledger.write(&mut |sql| book::post(sql, &posting).map(|_| ())).expect("for nothing");
        }
        let db = Connection::open(&file).expect("a database");
        let text = |ask: &str| db.query_row(ask, [], |row| row.get::<_, String>(0)).expect("a row");
        assert_eq!(text("PRAGMA integrity_check"), "ok");
        let book = "SELECT group_concat(description || amount || balance_after ||
            COALESCE(reverses, '-')) FROM ledger_transaction ORDER BY seq";
        assert_eq!(text(book), "old55-,05a,05a");
        let refused = db.execute("UPDATE ledger_transaction SET amount = 7", []);
        assert!(refused.expect_err("append only").to_string().contains("append only"));
        let below =
            "INSERT INTO ledger_transaction (id, mandate, owner, kind, amount, balance_after,
            reference, description, created_ms) VALUES ('b', 'm', '', 'DEBIT', -1, 5, 'X', '', 1)";
        assert!(db.execute(below, []).expect_err("below nothing").to_string().contains("CHECK"));
    }

    #[test]
    fn a_newer_ledger_and_no_ledger_are_left_alone() {
        let folder = crate::core::scratch::tempdir().expect("a folder");
        let file = folder.path().join("ledger.db");
        let ledger = Sqlite::open(&file).expect("a ledger");
        ledger.db.pragma_update(None, "user_version", VERSION + 1).expect("newer");
        drop(ledger);
        let refused = Sqlite::open(&file).expect_err("newer").to_string();
        assert!(refused.contains("newer topup"), "{refused}");
        std::fs::write(&file, "no database, but long enough to be looked at").expect("written");
        let refused = Sqlite::open(&file).expect_err("no database");
        assert_eq!(refused.class(), Class::Config);
        assert!(std::fs::read_to_string(&file).expect("kept").starts_with("no database"));
        let other = folder.path().join("other.db");
        let db = Connection::open(&other).expect("a database");
        db.execute_batch("CREATE TABLE bookmark (url TEXT)").expect("a table");
        drop(db);
        let before = std::fs::read(&other).expect("kept");
        let refused = Sqlite::open(&other).expect_err("of another program").to_string();
        assert!(refused.contains("is not a ledger"), "{refused}");
        assert_eq!(std::fs::read(&other).expect("kept"), before);
    }
}
