//! The position of a journal in a file: where it is kept, how it is read and written, and what the
//! file of the journal says of itself. What both together say is in [`crate::purchase::position`].

use super::tables::unusable;
use super::{Journal, Kept};
use crate::core::clock::SystemClock;
use crate::core::failure::{Failure, Result};
use crate::core::files::{FileAccess, make_folder_of, read_plain, replace, sweep};
use crate::core::lock::{Lock, NoLock};
use crate::core::signals::Interrupt;
use crate::purchase::position::{JournalDoubt, JournalEnd, KnownRow, Position, judge};
use crate::purchase::record::Stamp;
#[cfg(doc)]
use crate::purchase::record::{JournalRow, Purchase};
use crate::store::log;
use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::Duration;
use uuid::Uuid;

/// The folder beside the journal; the file in it has the journal's name.
const FOLDER: &str = "position";

/// No such file is larger.
const LARGEST: u64 = 64 * 1024;

/// How long to wait for another process that writes it.
const PATIENCE: Duration = Duration::from_secs(20);

/// Where the id of the machine stands, on Linux.
const MACHINE: &str = "/etc/machine-id";

/// Turns the id of the machine into one that is of no use elsewhere.
const NAMESPACE: Uuid = Uuid::from_u128(0x6c0f_3b52_91d8_4e07_b6aa_2d4e_9f17_c835);

/// `application_id` of a journal beside which an earlier version kept a position: "topu".
const POSITION_KEPT: i32 = 0x746f_7075;

impl Journal {
    /// What may be missing in it. Nothing is in one that machines share: it is not restored from
    /// here.
    pub fn doubt(&self) -> Option<&JournalDoubt> {
        match &self.kept {
            Kept::File { doubt, .. } => doubt.as_ref(),
            Kept::Shared(_) => None,
        }
    }

    /// A row is durable that something outside is about to rest on ([`JournalRow::moves_position`]):
    /// notes how far the journal has got.
    ///
    /// # Errors
    /// Class `config`: nothing may be sent or shown.
    pub fn note_position(&self) -> Result<()> {
        match &self.kept {
            Kept::File { db, file, .. } => note_position(db, file),
            Kept::Shared(_) => Ok(()),
        }
    }

    /// A person has compared the journal with the portals: what was missing is no longer in doubt.
    /// Gives what it was.
    ///
    /// # Errors
    /// Class `config`.
    pub fn accept(&mut self) -> Result<Option<JournalDoubt>> {
        let Kept::File { db, file, doubt, .. } = &mut self.kept else { return Ok(None) };
        let accepted = doubt.take();
        if accepted.is_some() {
            let _alone = lock(file)?;
            write(file, &Position::whole(machine(), durable_end(db, file)?))?;
        }
        Ok(accepted)
    }
}

/// Notes a position before the first row that moves it: nobody finds that row without one, who would
/// take the journal for a copy.
///
/// # Errors
/// Class `config`: the row must not be written.
pub(super) fn begin(db: &Connection, file: &Path) -> Result<()> {
    if read(file)?.is_some() {
        return Ok(());
    }
    let _alone = lock(file)?;
    let end = durable_end(db, file)?;
    if end.newest_sent.is_some() {
        return Ok(());
    }
    write(file, &Position::whole(machine(), end))
}

fn note_position(db: &Connection, file: &Path) -> Result<()> {
    let _alone = lock(file)?;
    let known = read(file)?;
    let end = end_of(db, known.as_ref()).map_err(|cause| broken(file, cause))?;
    let was_kept = end.was_kept;
    write(file, &Position::after_sending(known.as_ref(), machine(), end))?;
    if !was_kept {
        say_kept(db).map_err(|cause| broken(file, cause))?;
    }
    Ok(())
}

/// Says in the journal that a position is kept beside it, durable with the next row.
fn say_kept(db: &Connection) -> rusqlite::Result<()> {
    db.pragma_update(None, "synchronous", "NORMAL")?;
    let transaction = Transaction::new_unchecked(db, TransactionBehavior::Immediate)?;
    log::mark_with_flag(&transaction)?;
    transaction.commit()
}

/// The end of the journal, which is durable: what a killed process left, or another one is about to
/// make durable with its next row, may not be on the disk.
fn durable_end(db: &Connection, file: &Path) -> Result<JournalEnd> {
    let end = end_of(db, None).map_err(|cause| broken(file, cause))?;
    make_durable(db).map_err(|cause| broken(file, cause))?;
    Ok(end)
}

/// Makes durable what is in the journal so far.
fn make_durable(db: &Connection) -> rusqlite::Result<()> {
    db.pragma_update(None, "synchronous", "EXTRA")?;
    let transaction = Transaction::new_unchecked(db, TransactionBehavior::Immediate)?;
    mark(&transaction)?;
    transaction.commit()
}

/// Marks a transaction on the journal; that a position is kept beside it stays said.
pub(super) fn mark(transaction: &Connection) -> rusqlite::Result<()> {
    if log::mark_of(transaction)? == POSITION_KEPT {
        return log::mark_with_flag(transaction);
    }
    log::mark(transaction)
}

/// What may be missing in this journal, as far as nothing is written.
///
/// # Errors
/// Class `config`.
pub(super) fn look(db: &Connection, file: &Path) -> Result<Option<JournalDoubt>> {
    look_beside(db, file, || read(file))
}

/// The same, where this reads the position.
fn look_beside(
    db: &Connection,
    file: &Path,
    mut read: impl FnMut() -> Result<Option<Position>>,
) -> Result<Option<JournalDoubt>> {
    let end = |known: Option<&Position>| end_of(db, known).map_err(|cause| broken(file, cause));
    // Read first: a row that it names is in the journal by then.
    let mut known = read()?;
    let mut journal = end(known.as_ref())?;
    if known.is_none() && journal.newest_sent.is_some() {
        // Another process may have sent the first request in between, and kept the first position.
        known = read()?;
        journal = end(known.as_ref())?;
    }
    Ok(judge(known.as_ref(), machine().as_deref(), &journal))
}

/// The same; what is found for the first time is noted in the journal and beside it. Where that
/// cannot be written down, nothing can be sent either.
///
/// # Errors
/// Class `config`.
pub(super) fn settle(db: &mut Connection, file: &Path) -> Result<Option<JournalDoubt>> {
    let found = look(db, file)?;
    if found.is_some() {
        let _ = note_doubt(db, file);
    }
    Ok(found)
}

/// Notes a doubt that is new.
fn note_doubt(db: &mut Connection, file: &Path) -> Result<()> {
    let _alone = lock(file)?;
    let known = read(file)?;
    let end = end_of(db, known.as_ref()).map_err(|cause| broken(file, cause))?;
    let machine = machine();
    let Some(note) = Position::after_doubt(known.as_ref(), machine.as_deref(), &end) else {
        return Ok(());
    };
    if note.doubts_purchases {
        doubt_all(db).map_err(|cause| broken(file, cause))?;
    }
    write(file, &note.position(machine, durable_end(db, file)?))
}

/// Each purchase that may be sent again ([`Purchase::may_be_sent_again`]) may have been sent since its
/// newest row here: a row says so. It is stamped as that row is: nothing is known to have happened later.
fn doubt_all(db: &mut Connection) -> rusqlite::Result<()> {
    let transaction = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
    transaction.execute(
        "INSERT INTO entry (purchase, kind, stamp, body)
         SELECT p.id, 'doubted',
             (SELECT e.stamp FROM entry e WHERE e.purchase = p.id ORDER BY e.seq DESC LIMIT 1),
             '{\"row\":\"doubted\"}'
         FROM purchase p
         WHERE p.id IN (SELECT purchase FROM unfinished UNION SELECT purchase FROM kept)
            OR (p.naming <> 'random' AND (SELECT e.ended FROM entry e WHERE e.purchase = p.id
                AND e.kind IN ('final', 'reopened') ORDER BY e.seq DESC LIMIT 1)
                IN ('refused', 'never_sent'))",
        [],
    )?;
    mark(&transaction)?;
    transaction.commit()
}

fn end_of(db: &Connection, known: Option<&Position>) -> rusqlite::Result<JournalEnd> {
    let has_last = match known.and_then(|known| known.last.as_ref()) {
        None => true,
        Some(last) => {
            let there: Option<(String, String)> = db
                .query_row("SELECT purchase, stamp FROM entry WHERE seq = ?1", [last.seq], |row| {
                    Ok((row.get(0)?, row.get(1)?))
                })
                .optional()?;
            there.is_some_and(|(purchase, stamp)| {
                purchase == last.purchase.to_string()
                    && serde_json::from_str::<Stamp>(&stamp).is_ok_and(|stamp| stamp == last.stamp)
            })
        }
    };
    let row = |query: &str| -> rusqlite::Result<Option<KnownRow>> {
        let found: Option<(i64, String, String)> = db
            .query_row(query, [], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
            .optional()?;
        Ok(found.and_then(|(seq, purchase, stamp)| {
            let purchase = Uuid::parse_str(&purchase).ok()?;
            Some(KnownRow { seq, purchase, stamp: serde_json::from_str(&stamp).ok()? })
        }))
    };
    // From the newest row backwards it is a few rows to one that moves the position. Every charge
    // that was accepted counts: it is newer than its request.
    let newest_sent =
        row("SELECT seq, purchase, stamp FROM entry WHERE kind IN ('sending', 'accepted')
         ORDER BY seq DESC LIMIT 1")?;
    let newest = row("SELECT seq, purchase, stamp FROM entry ORDER BY seq DESC LIMIT 1")?;
    let mark = log::mark_of(db)?;
    let was_kept = mark == POSITION_KEPT || mark < 0;
    Ok(JournalEnd { has_last, newest_sent, newest, was_kept })
}

/// The file of the position of this journal.
fn file_of(journal: &Path) -> PathBuf {
    let folder = journal.parent().unwrap_or(Path::new("/")).join(FOLDER);
    folder.join(journal.file_name().unwrap_or_default()).with_extension("json")
}

fn read(journal: &Path) -> Result<Option<Position>> {
    let file = file_of(journal);
    match read_plain(&file, LARGEST) {
        // One that cannot be understood says as little as none.
        Ok(text) => Ok(serde_json::from_str(&text).ok()),
        Err(cause)
            if matches!(cause.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) =>
        {
            Ok(None)
        }
        Err(cause) => Err(unusable_position(&file, cause)),
    }
}

/// Writes the position, durable when it returns; the lock is held.
fn write(journal: &Path, position: &Position) -> Result<()> {
    let file = file_of(journal);
    let text = serde_json::to_string(position)
        .map_err(|cause| Failure::internal("the position has no text").because(cause))?;
    sweep(&file);
    replace(&file, text.as_bytes(), FileAccess::Private)
        .map_err(|cause| unusable_position(&file, cause))
}

fn lock(journal: &Path) -> Result<Lock> {
    let file = file_of(journal);
    make_folder_of(&file)?;
    let clock = SystemClock::new(Interrupt::default());
    Lock::take_at(&file.with_extension("lock"), PATIENCE, &clock).map_err(|refused| match refused {
        NoLock::Failed(cause) => unusable_position(&file, cause),
        NoLock::Held | NoLock::Stopped(_) => {
            Failure::config(format!("another process keeps {} locked", file.display()))
                .hint("Run the command again.")
        }
    })
}

fn unusable_position(file: &Path, cause: io::Error) -> Failure {
    Failure::config(format!(
        "the position of the journal, {}, cannot be used: {cause}",
        file.display()
    ))
    .because(cause)
    .hint("Make its folder readable and writable and its disk not full.")
}

fn broken(file: &Path, cause: rusqlite::Error) -> Failure {
    unusable(file, cause.into())
}

/// An id of this machine that says nothing elsewhere; none where it has none.
fn machine() -> Option<String> {
    static READ: OnceLock<Option<String>> = OnceLock::new();
    READ.get_or_init(|| machine_of(&read_plain(Path::new(MACHINE), 1024).ok()?)).clone()
}

/// The same of the text of that file; none where it holds no id.
fn machine_of(text: &str) -> Option<String> {
    let id = text.trim();
    let is_one = id.len() >= 16 && id.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_one.then(|| Uuid::new_v5(&NAMESPACE, id.as_bytes()).to_string())
}

#[cfg(test)]
#[path = "position_tests.rs"]
mod tests;
