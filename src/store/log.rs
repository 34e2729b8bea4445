//! The write-ahead log of a SQLite file. It stays beside the file when the last process closes it, so
//! that a command does not end by writing everything a second time; the next one that writes moves it
//! into the file once it is long.
//!
//! A log belongs to the very file that it was begun for. SQLite does not check that: beside a file
//! that was restored from a copy, an older log would mix the pages of both. So every transaction
//! writes the first page ([`mark`]), which counts; and a log whose count does not go on from that of
//! its file is set aside unread ([`set_aside_foreign`]).

use super::sqlite;
use crate::core::clock::SystemClock;
use crate::core::files::open_plain;
use crate::core::lock::{Lock, NoLock};
use crate::core::signals::Interrupt;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags};
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How long a log gets before it is moved into its file: each process that opens it reads it once.
const LONGEST: u64 = 1024 * 1024;
/// How long to wait for another process that sets a log aside.
const PATIENCE: Duration = Duration::from_secs(10);
/// Where the first page counts the transactions that wrote it
/// (<https://www.sqlite.org/fileformat2.html#file_change_counter>).
const COUNTER: usize = 24;
/// The head of a log, and that of each page in it (<https://www.sqlite.org/fileformat2.html#walformat>).
const LOG_HEAD: usize = 32;
const PAGE_HEAD: usize = 24;
/// The index of a log at its smallest.
const INDEX: usize = 32 * 1024;
/// No page is larger.
const LARGEST_PAGE: usize = 65536;
/// How often file and log are read anew, while others write them.
const MOST_READS: usize = 50;

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

/// Puts the first page, with its count, into a transaction that writes: `version` is that of the
/// tables, and stays.
///
/// # Errors
/// Those of SQLite.
pub fn mark(transaction: &Connection, version: i64) -> rusqlite::Result<()> {
    transaction.pragma_update(None, "user_version", version)
}

/// Whether the log beside this file was begun for a newer state of it.
///
/// # Errors
/// Those of the disk.
pub fn is_foreign(file: &Path) -> io::Result<bool> {
    let Some(log) = open_if_there(&beside(file))? else { return Ok(false) };
    let Some(opened) = open_if_there(file)? else { return Ok(false) };
    for _ in 0..MOST_READS {
        let Some(before) = count_of_file(&opened)? else { return Ok(false) };
        let Some(first) = first_count_of_log(&log)? else { return Ok(false) };
        if first <= before.saturating_add(1) {
            return Ok(false);
        }
        // Another process may have moved the log into the file and begun a new one meanwhile.
        if count_of_file(&opened)? == Some(before) && first_count_of_log(&log)? == Some(first) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Gives a log that is not of this file another name, and that name; none where all is well. To be
/// called before the file is opened.
///
/// # Errors
/// Those of the disk.
pub fn set_aside_foreign(file: &Path) -> io::Result<Option<PathBuf>> {
    if !is_foreign(file)? {
        return Ok(None);
    }
    let clock = SystemClock::new(Interrupt::default());
    let log = beside(file);
    let _alone = Lock::take_at(&named(&log, ".lock"), PATIENCE, &clock).map_err(|no| match no {
        NoLock::Failed(cause) => cause,
        NoLock::Held | NoLock::Stopped(_) => io::ErrorKind::ResourceBusy.into(),
    })?;
    if !is_foreign(file)? {
        return Ok(None);
    }
    let free = (1_u32..).map(|number| named(&log, &format!(".{number}")));
    let Some(aside) = free.into_iter().find(|name| !name.exists()) else { return Ok(None) };
    fs::rename(&log, &aside)?;
    Ok(Some(aside))
}

/// The log of this file.
pub fn beside(file: &Path) -> PathBuf {
    named(file, "-wal")
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

fn has_no_index(cause: &rusqlite::Error) -> bool {
    let code = cause.sqlite_error_code();
    matches!(code, Some(ErrorCode::SystemIoFailure | ErrorCode::CannotOpen | ErrorCode::DiskFull))
}

fn named(file: &Path, ending: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(ending);
    PathBuf::from(name)
}

fn open_if_there(file: &Path) -> io::Result<Option<File>> {
    match open_plain(file) {
        Ok(opened) => Ok(Some(opened)),
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(cause) => Err(cause),
    }
}

fn count_of_file(file: &File) -> io::Result<Option<u32>> {
    let mut bytes = [0; 4];
    Ok(read_whole(file, &mut bytes, COUNTER as u64)?.then_some(u32::from_be_bytes(bytes)))
}

/// The count of the first page where it stands first in a log, as far as the log is whole until there;
/// a write that was cut off proves nothing.
fn first_count_of_log(log: &File) -> io::Result<Option<u32>> {
    let mut head = [0; LOG_HEAD];
    if !read_whole(log, &mut head, 0)? {
        return Ok(None);
    }
    let size = match word(&head, 8) {
        1 => LARGEST_PAGE,
        size => usize::try_from(size).unwrap_or(usize::MAX),
    };
    let mut sums = LogSums { is_big_endian: word(&head, 0) & 1 == 1, sums: (0, 0) };
    sums.add(&head[..24]);
    if size > LARGEST_PAGE || !sums.are(&head[24..]) {
        return Ok(None);
    }
    let mut page = vec![0; PAGE_HEAD + size];
    let mut at = LOG_HEAD as u64;
    while read_whole(log, &mut page, at)? {
        sums.add(&page[..8]);
        sums.add(&page[PAGE_HEAD..]);
        if page[8..16] != head[16..24] || !sums.are(&page[16..24]) {
            break;
        }
        if word(&page, 0) == 1 {
            return Ok(Some(word(&page, PAGE_HEAD + COUNTER)));
        }
        at += page.len() as u64;
    }
    Ok(None)
}

/// Whether the file has as many bytes there.
fn read_whole(file: &File, bytes: &mut [u8], at: u64) -> io::Result<bool> {
    match file.read_exact_at(bytes, at) {
        Ok(()) => Ok(true),
        Err(cause) if cause.kind() == io::ErrorKind::UnexpectedEof => Ok(false),
        Err(cause) => Err(cause),
    }
}

fn word(bytes: &[u8], at: usize) -> u32 {
    u32::from_be_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}

/// The sums that a log carries, over all that is in it so far.
struct LogSums {
    is_big_endian: bool,
    sums: (u32, u32),
}

impl LogSums {
    fn add(&mut self, bytes: &[u8]) {
        for pair in bytes.chunks_exact(8) {
            let [one, two] = [word(pair, 0), word(pair, 4)]
                .map(|word| if self.is_big_endian { word } else { word.swap_bytes() });
            self.sums.0 = self.sums.0.wrapping_add(one).wrapping_add(self.sums.1);
            self.sums.1 = self.sums.1.wrapping_add(two).wrapping_add(self.sums.0);
        }
    }

    fn are(&self, bytes: &[u8]) -> bool {
        self.sums == (word(bytes, 0), word(bytes, 4))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(file: &Path, anew: bool) {
        assert_eq!(set_aside_foreign(file).expect("looked"), None);
        let mut db = open(file).expect("open");
        begin(&db, file);
        if anew {
            move_into_file(&db);
            assert!(!is_foreign(file).expect("looked"), "moved and not begun anew");
        }
        for _ in 0..2 {
            let writing = db.transaction().expect("begun");
            mark(&writing, 7).expect("marked");
            writing.execute_batch("CREATE TABLE IF NOT EXISTS t (n INTEGER)").expect("a table");
            writing.execute("INSERT INTO t SELECT count(*) FROM t", []).expect("added");
            writing.commit().expect("written");
        }
    }

    fn rows(file: &Path) -> i64 {
        let db = open_to_read(file).expect("open");
        db.query_row("SELECT count(*) FROM t", [], |row| row.get(0)).expect("counted")
    }

    #[test]
    fn a_log_is_read_with_the_file_that_it_was_begun_for_and_with_no_other() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("a b%.db");
        File::create(&file).expect("made");
        let copy = folder.path().join("copy.db");
        let mut copies = Vec::new();
        for _ in 0..4 {
            write(&file, true);
            write(&file, false);
            assert!(beside(&file).metadata().expect("a log").len() > LOG_HEAD as u64, "it stays");
            assert!(!is_foreign(&file).expect("looked"));
            copies.push(fs::read(&file).expect("bytes"));
        }
        assert_eq!(rows(&file), 16);
        // A copy from since the log was begun has nothing that the log has not.
        let newest = copies.pop().expect("one");
        fs::write(&file, &newest).expect("restored");
        assert_eq!((is_foreign(&file).expect("looked"), rows(&file)), (false, 16));
        for (older, had) in copies.iter().zip([0, 4, 8]).skip(1) {
            fs::write(&file, older).expect("restored");
            assert!(is_foreign(&file).expect("looked"));
            assert_eq!(rows(&file), had, "read without the log");
        }
        fs::copy(beside(&file), &copy).expect("kept");
        let aside = set_aside_foreign(&file).expect("moved").expect("a name");
        assert_eq!(fs::read(&aside).expect("there"), fs::read(&copy).expect("there"));
        write(&file, false);
        assert_eq!(rows(&file), 10);
    }

    #[test]
    fn a_long_log_is_begun_anew_by_processes_of_one_transaction() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("a.db");
        File::create(&file).expect("made");
        let mut longest = 0;
        for _ in 0..100 {
            let mut db = open(&file).expect("open");
            begin(&db, &file);
            shorten(&db, &file);
            let writing = db.transaction().expect("begun");
            mark(&writing, 7).expect("marked");
            writing.execute_batch("CREATE TABLE IF NOT EXISTS t (b BLOB)").expect("a table");
            writing.execute("INSERT INTO t VALUES (zeroblob(20000))", []).expect("added");
            writing.commit().expect("written");
            longest = longest.max(fs::metadata(beside(&file)).expect("a log").len());
        }
        assert!((LONGEST..LONGEST + 64 * 1024).contains(&longest), "{longest}");
        assert_eq!(rows(&file), 100);
    }

    #[test]
    fn a_file_without_a_log_or_with_one_of_another_program_is_left_alone() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("a.db");
        assert!(!is_foreign(&file).expect("nothing is there"));
        fs::write(beside(&file), "short").expect("written");
        assert!(!is_foreign(&file).expect("no file"));
        fs::write(&file, "").expect("written");
        assert!(!is_foreign(&file).expect("no page"));
        fs::write(&file, [0; 4096]).expect("written");
        assert!(!is_foreign(&file).expect("no head"));
        // A log without a first page.
        fs::write(beside(&file), [0; 5000]).expect("written");
        assert!(!is_foreign(&file).expect("no first page"));
    }
}
