//! A ledger that can be read and not written: its disk is read-only, or this user may not write
//! there. SQLite keeps an index beside a log, which cannot be made here; what lies in a log is read
//! all the same, because it is booked.

use super::{VERSION, is_of_another_program, newer, no_ledger, unusable, version, wait};
use crate::core::class::Class;
use crate::core::failure::{Failure, Result};
use crate::store::log;
use crate::store::sqlite::beside;
use rusqlite::{Connection, OpenFlags};
use rustix::fs::{Access, access};
use rustix::io::Errno;
use std::fs;
use std::io;
use std::path::Path;
use std::time::SystemTime;
use tempfile::TempDir;

/// How often a copy is begun again because somebody wrote meanwhile.
const MOST_COPIES: usize = 3;

/// A file that is read without a lock, and how it was then.
#[derive(Debug)]
pub struct ReadOnly {
    /// Why it cannot be written.
    why: io::Error,
    /// Size and time of the file and of its log; none where SQLite itself sees to it.
    seen: Option<FileStamps>,
    /// The copy that is read, until this is dropped.
    _copy: Option<TempDir>,
}

/// The size and the time of a file; none where there is no such file.
type FileStamp = Option<(u64, Option<SystemTime>)>;

/// How the file and its log are.
type FileStamps = [FileStamp; 2];

/// Why this file, or what SQLite keeps beside it, cannot be written. None where it can, and where
/// something else is wrong with it.
pub fn obstacle(file: &Path) -> Option<io::Error> {
    if !file.exists() {
        return None;
    }
    let folder = file.parent().unwrap_or(Path::new("/"));
    let kept_beside = |ending| {
        let path = beside(file, ending);
        if path.exists() { path } else { folder.to_owned() }
    };
    let needed = [file.to_owned(), kept_beside("-wal"), kept_beside("-shm")];
    needed.iter().find_map(|path| match access(path, Access::WRITE_OK) {
        Err(why @ (Errno::ROFS | Errno::ACCESS | Errno::PERM)) => Some(why.into()),
        _ => None,
    })
}

/// Opens it to be read. With a log in use SQLite reads both files; without a log everything is in
/// the one file; and a log without its index is read in a copy, since no process can be using it.
///
/// # Errors
/// Class `config`: it cannot be read, is no ledger, or is of a newer version.
pub fn open(file: &Path, why: io::Error) -> Result<(Connection, ReadOnly)> {
    let broken = |cause: rusqlite::Error| unusable(file, cause.into());
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let seen = see(file);
    let has_log = fs::metadata(beside(file, "-wal")).is_ok_and(|log| log.len() > 0)
        && !log::is_foreign(file).unwrap_or(false);
    let (mut db, seen, copy) = if !has_log {
        let db = Connection::open_with_flags(immutable(file), flags | OpenFlags::SQLITE_OPEN_URI);
        (db.map_err(broken)?, Some(seen), None)
    } else if beside(file, "-shm").exists() {
        (Connection::open_with_flags(file, flags).map_err(broken)?, None, None)
    } else {
        let (folder, seen) = copy(file)?;
        let db = Connection::open(folder.path().join(COPY)).map_err(broken)?;
        (db, Some(seen), Some(folder))
    };
    db.busy_handler(Some(wait)).map_err(broken)?;
    db.pragma_update(None, "temp_store", "MEMORY").map_err(broken)?;
    if is_of_another_program(&mut db).map_err(broken)? {
        return Err(no_ledger(file));
    }
    match version(&db).map_err(broken)? {
        0 => {
            return Err(refused(file, &why, "has no ledger in it yet").hint(
                "Set TOPUP_LEDGER_URL to the place of a ledger, or make this one writable.",
            ));
        }
        // The tables before transactions could take back others.
        1 => db
            .execute_batch(
                "CREATE TEMP VIEW ledger_transaction AS
                     SELECT *, NULL AS reverses FROM main.ledger_transaction",
            )
            .map_err(broken)?,
        VERSION => {}
        found => return Err(newer(file, found)),
    }
    Ok((db, ReadOnly { why, seen, _copy: copy }))
}

impl ReadOnly {
    /// What is to be written here.
    pub fn refuse(&self, file: &Path) -> Failure {
        refused(file, &self.why, "can only be read; nothing was booked").hint(
            "Make the file and its folder writable, or set TOPUP_LEDGER_URL to another place.",
        )
    }

    /// What was read is one state: no process has written since the file was opened.
    ///
    /// # Errors
    /// Class `timeout`: somebody has; the next try reads what is there then.
    pub fn check(&self, file: &Path) -> Result<()> {
        match &self.seen {
            Some(seen) if *seen != see(file) => Err(written_meanwhile(file)),
            _ => Ok(()),
        }
    }
}

fn refused(file: &Path, why: &io::Error, what: &str) -> Failure {
    Failure::config(format!("the ledger {} {what}: {why}", file.display()))
}

fn written_meanwhile(file: &Path) -> Failure {
    let what = format!("another process wrote to {} while it was read", file.display());
    Failure::new(Class::Timeout, what).hint("Run the command again.")
}

/// The URL of a file that does not change: SQLite takes no locks and looks for no log.
pub fn immutable(file: &Path) -> String {
    log::url(file, "immutable=1")
}

fn see(file: &Path) -> FileStamps {
    let stamp =
        |path: &Path| fs::metadata(path).ok().map(|found| (found.len(), found.modified().ok()));
    [stamp(file), stamp(&beside(file, "-wal"))]
}

/// The name of the copy.
const COPY: &str = "ledger.db";

/// Copies the file and its log into a folder of this process, as they are at one time.
fn copy(file: &Path) -> Result<(TempDir, FileStamps)> {
    let cannot = |cause: io::Error| {
        Failure::config(format!(
            "the log of the ledger {} has no index, and it cannot be copied to make one: {cause}",
            file.display()
        ))
        .because(cause)
        .hint(
            "Copy the ledger and the file beside it that ends with -wal into a folder that can be \
             written, and set TOPUP_LEDGER_URL to it.",
        )
    };
    let folder = tempfile::tempdir().map_err(cannot)?;
    let copy = folder.path().join(COPY);
    for _ in 0..MOST_COPIES {
        let before = see(file);
        fs::copy(file, &copy).map_err(cannot)?;
        fs::copy(beside(file, "-wal"), beside(&copy, "-wal")).map_err(cannot)?;
        if see(file) == before {
            for copied in [&copy, &beside(&copy, "-wal")] {
                make_writable(copied).map_err(cannot)?;
            }
            return Ok((folder, before));
        }
    }
    Err(written_meanwhile(file))
}

/// A copy has the mode of its original; the folder around it is this user's alone.
fn make_writable(copied: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(copied, fs::Permissions::from_mode(0o600))
}

#[cfg(test)]
mod tests {
    use super::super::Sqlite;
    use super::*;
    use crate::ledger::sql::Database;
    use crate::ledger::values::{Filter, Kind, Posting};
    use crate::ledger::{book, list};
    use jiff::Timestamp;
    use rust_decimal::Decimal;

    fn post(ledger: &mut Sqlite, amount: i64) {
        let amount = Decimal::from(amount);
        let posting = Posting::new("m", Kind::Credit, amount, Timestamp::UNIX_EPOCH);
        ledger.write(&mut |sql| book::post(sql, &posting).map(|_| ())).expect("booked");
    }

    fn amounts(ledger: &mut Sqlite) -> Vec<String> {
        let mut found = Vec::new();
        let read = ledger.read(&mut |sql| {
            found = list::page(sql, "m", &Filter::default(), 10)?;
            Ok(())
        });
        read.expect("read");
        found.iter().map(|one| one.amount.to_string()).collect()
    }

    /// As every other program does that is the last one to close it.
    fn move_log_into(file: &Path) {
        let db = Connection::open(file).expect("a database");
        db.query_row("SELECT count(*) FROM ledger_mandate", [], |_| Ok(())).expect("read");
        drop(db);
        assert!(!beside(file, "-wal").exists());
    }

    fn read_only(file: &Path) -> Result<Sqlite> {
        Sqlite::open_to_read(file, io::ErrorKind::ReadOnlyFilesystem.into())
    }

    #[test]
    fn what_lies_in_a_log_is_read_whether_it_has_its_index_or_not() {
        let folder = crate::core::scratch::tempdir().expect("a folder");
        let file = folder.path().join("ledger.db");
        let mut ledger = Sqlite::open(&file).expect("a ledger");
        post(&mut ledger, 1);
        // As long as somebody has it open, and as a killed process leaves it.
        for keeps_index in [true, false] {
            let left = crate::core::scratch::tempdir().expect("a folder");
            let copied = left.path().join("ledger.db");
            for ending in ["", "-wal", "-shm"] {
                if keeps_index || ending != "-shm" {
                    fs::copy(beside(&file, ending), beside(&copied, ending)).expect("copied");
                }
            }
            let before = see(&copied);
            let mut reader = read_only(&copied).expect("readable");
            assert!(reader.is_read_only());
            assert_eq!(amounts(&mut reader), ["1.00"], "index: {keeps_index}");
            let refused = reader.write(&mut |_| Ok(())).expect_err("it cannot be written");
            assert_eq!(refused.class(), Class::Config);
            assert!(refused.to_string().contains("can only be read; nothing was booked"));
            drop(reader);
            assert_eq!(see(&copied), before, "left as it was");
        }
        drop(ledger);
        move_log_into(&file);
        // Without a log everything is in the file.
        let mut reader = read_only(&file).expect("readable");
        assert_eq!(amounts(&mut reader), ["1.00"]);
        // Somebody else could write all the same.
        post(&mut Sqlite::open(&file).expect("a ledger"), 2);
        let late = reader.read(&mut |_| Ok(())).expect_err("changed").to_string();
        assert!(late.contains("another process wrote"), "{late}");
        assert_eq!(amounts(&mut read_only(&file).expect("readable")), ["2.00", "1.00"]);
    }

    #[test]
    fn what_is_no_ledger_or_an_old_one_is_known_when_it_can_only_be_read() {
        let folder = crate::core::scratch::tempdir().expect("a folder");
        let file = folder.path().join("ledger.db");
        fs::write(&file, "").expect("written");
        let none = read_only(&file).expect_err("empty").to_string();
        assert!(none.contains("has no ledger in it yet"), "{none}");
        fs::write(&file, "no database at all, whatever it is called by somebody").expect("written");
        assert!(read_only(&file).is_err());
        fs::remove_file(&file).expect("removed");
        let mut ledger = Sqlite::open(&file).expect("a ledger");
        post(&mut ledger, 3);
        drop(ledger);
        let db = Connection::open(&file).expect("a database");
        db.execute_batch(
            "DROP TRIGGER ledger_transaction_stays; DROP TRIGGER ledger_transaction_lasts;
             ALTER TABLE ledger_transaction DROP COLUMN reverses; PRAGMA user_version = 1;",
        )
        .expect("made old");
        drop(db);
        assert_eq!(amounts(&mut read_only(&file).expect("readable")), ["3.00"]);
        assert!(obstacle(&file).is_none() && obstacle(&folder.path().join("none")).is_none());
    }
}
