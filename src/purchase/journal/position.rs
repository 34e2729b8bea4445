//! How far the journal had got when something was last sent, kept in a file apart from it. A journal
//! that was restored from an older copy lacks the row that the file names: from then on everything
//! that may lie in the gap counts as possibly used.
//!
//! The order of writes: the row `sending` is durable, then the position, then the first byte of the
//! request leaves. So the position is never ahead of a journal that was not restored.

use super::tables::unusable;
use super::{Journal, Kept};
use crate::core::clock::SystemClock;
use crate::core::failure::{Failure, Result};
use crate::core::files::{FileAccess, make_folder_of, read_plain, replace, sweep};
use crate::core::lock::{Lock, NoLock};
use crate::core::signals::Interrupt;
use crate::core::time;
use crate::purchase::record::Stamp;
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, TransactionBehavior};
use serde::{Deserialize, Serialize};
use std::io;
use std::path::{Path, PathBuf};
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

/// `application_id` of a journal beside which a position was kept: "topu".
const POSITION_KEPT: i32 = 0x746f_7075;

/// What may be missing in a journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum JournalDoubt {
    /// It came from another machine, which may go on with a copy of its own, or from a version that
    /// kept no position: nothing proves that a name is used for the first time, until something was
    /// sent from here.
    Moved,
    /// It was restored from an older copy, and lacks what was done in this gap.
    Restored(Gap),
}

/// The time that a restored journal knows nothing of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gap {
    /// When its newest row was written; none where it has no rows.
    pub from: Option<Timestamp>,
    /// When something was last sent that it does not know; none where that is not known.
    pub to: Option<Timestamp>,
}

impl Gap {
    /// As in "between 10:00 and 12:00".
    pub fn shown(&self) -> String {
        match (self.from, self.to) {
            (Some(from), Some(to)) => {
                format!("between {} and {}", time::shown(from), time::shown(to))
            }
            (Some(from), None) => format!("since {}", time::shown(from)),
            (None, Some(to)) => format!("until {}", time::shown(to)),
            (None, None) => "at any time".to_owned(),
        }
    }

    /// Both gaps, and the time between them.
    fn with(self, other: Option<Self>) -> Self {
        let Some(other) = other else { return self };
        Self {
            from: self.from.zip(other.from).map(|(one, other)| one.min(other)),
            to: self.to.zip(other.to).map(|(one, other)| one.max(other)),
        }
    }
}

/// The file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Position {
    /// The machine that wrote it, where it has an id.
    machine: Option<String>,
    /// The newest row after which a request left.
    last: Option<LastSent>,
    /// What was found missing, and was not accepted so far.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    gap: Option<Gap>,
    /// The journal came from elsewhere, and nothing was sent from here since.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    moved: bool,
}

/// A row of the journal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct LastSent {
    seq: i64,
    purchase: Uuid,
    stamp: Stamp,
}

/// What the journal itself says.
struct JournalEnd {
    /// It has the row that the position names.
    has_last: bool,
    /// The newest row after which a request left.
    newest_sent: Option<LastSent>,
    /// When the newest row was written.
    newest: Option<Timestamp>,
    /// A position was kept beside it.
    was_kept: bool,
}

impl Journal {
    /// What may be missing in it. Nothing is in one that machines share: it is not restored from
    /// here.
    pub fn doubt(&self) -> Option<&JournalDoubt> {
        match &self.kept {
            Kept::File { doubt, .. } => doubt.as_ref(),
            Kept::Shared(_) => None,
        }
    }

    /// The row `sending` is durable and the request is about to leave: notes how far the journal
    /// has got.
    ///
    /// # Errors
    /// Class `config`: nothing may be sent.
    pub fn note_sent(&self) -> Result<()> {
        match &self.kept {
            Kept::File { db, file, .. } => note_sent(db, file),
            Kept::Shared(_) => Ok(()),
        }
    }

    /// A person has compared the journal with the portals: what was missing is no longer in doubt.
    /// Gives what it was.
    ///
    /// # Errors
    /// Class `config`.
    pub fn accept(&mut self) -> Result<Option<JournalDoubt>> {
        let Kept::File { db, file, doubt } = &mut self.kept else { return Ok(None) };
        let accepted = doubt.take();
        if accepted.is_some() {
            let _alone = lock(file)?;
            let end = end_of(db, None).map_err(|cause| broken(file, cause))?;
            write(file, end.newest_sent, None, false)?;
        }
        Ok(accepted)
    }
}

fn note_sent(db: &Connection, file: &Path) -> Result<()> {
    let _alone = lock(file)?;
    let known = read(file)?;
    let end = end_of(db, known.as_ref()).map_err(|cause| broken(file, cause))?;
    let gap = match judge(known.as_ref(), machine().as_deref(), &end) {
        Some(JournalDoubt::Restored(gap)) => Some(gap),
        _ => None,
    };
    write(file, end.newest_sent, gap, false)?;
    if !end.was_kept {
        db.pragma_update(None, "application_id", POSITION_KEPT)
            .map_err(|cause| broken(file, cause))?;
    }
    Ok(())
}

/// What may be missing in this journal, as far as nothing is written.
///
/// # Errors
/// Class `config`.
pub(super) fn look(db: &Connection, file: &Path) -> Result<Option<JournalDoubt>> {
    // Read first: a row that it names is in the journal by then.
    let known = read(file)?;
    let end = end_of(db, known.as_ref()).map_err(|cause| broken(file, cause))?;
    Ok(judge(known.as_ref(), machine().as_deref(), &end))
}

/// The same; what is found for the first time is noted in the journal and beside it. Where that
/// cannot be written down, nothing can be sent either.
///
/// # Errors
/// Class `config`.
pub(super) fn settle(db: &mut Connection, file: &Path) -> Result<Option<JournalDoubt>> {
    let found = look(db, file)?;
    if found.is_some() {
        let noted = note_doubt(db, file);
        drop(noted);
    }
    Ok(found)
}

/// Notes a doubt that is new.
fn note_doubt(db: &mut Connection, file: &Path) -> Result<()> {
    let _alone = lock(file)?;
    let known = read(file)?;
    let end = end_of(db, known.as_ref()).map_err(|cause| broken(file, cause))?;
    let machine = machine();
    let doubt = judge(known.as_ref(), machine.as_deref(), &end);
    let (gap, moved) = match doubt {
        None => return Ok(()),
        Some(JournalDoubt::Restored(gap)) => (Some(gap), false),
        Some(JournalDoubt::Moved) => (None, true),
    };
    let is_noted = known.as_ref().is_some_and(|known| {
        end.has_last && known.gap == gap && known.moved == moved && known.machine == machine
    });
    if is_noted {
        return Ok(());
    }
    if known.is_some() || end.was_kept {
        doubt_all(db).map_err(|cause| broken(file, cause))?;
    }
    write(file, end.newest_sent, gap, moved)
}

/// Each purchase that may be sent again may have been sent since its newest row here: a row says so.
/// It is stamped as that row is: nothing is known to have happened later.
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
    transaction.commit()
}

/// What the file and the journal together say.
fn judge(
    known: Option<&Position>,
    machine: Option<&str>,
    end: &JournalEnd,
) -> Option<JournalDoubt> {
    let Some(known) = known else {
        return match (&end.newest_sent, end.was_kept) {
            (None, _) => None,
            (Some(_), false) => Some(JournalDoubt::Moved),
            (Some(_), true) => Some(JournalDoubt::Restored(Gap { from: end.newest, to: None })),
        };
    };
    if !end.has_last {
        let to = known.last.as_ref().map(|last| last.stamp.wall);
        let gap = Gap { from: end.newest, to }.with(known.gap);
        return Some(JournalDoubt::Restored(gap));
    }
    if let Some(gap) = known.gap {
        return Some(JournalDoubt::Restored(gap));
    }
    let is_elsewhere = match (known.machine.as_deref(), machine) {
        (Some(then), Some(now)) => then != now,
        _ => false,
    };
    (known.moved || is_elsewhere).then_some(JournalDoubt::Moved)
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
    let row = |query: &str| -> rusqlite::Result<Option<LastSent>> {
        let found: Option<(i64, String, String)> = db
            .query_row(query, [], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
            .optional()?;
        Ok(found.and_then(|(seq, purchase, stamp)| {
            let purchase = Uuid::parse_str(&purchase).ok()?;
            Some(LastSent { seq, purchase, stamp: serde_json::from_str(&stamp).ok()? })
        }))
    };
    // From the newest row backwards, a request was sent a few rows ago.
    let newest_sent = row(
        "SELECT seq, purchase, stamp FROM entry WHERE kind = 'sending' ORDER BY seq DESC LIMIT 1",
    )?;
    let newest = row("SELECT seq, purchase, stamp FROM entry ORDER BY seq DESC LIMIT 1")?;
    let kept: i32 = db.query_row("PRAGMA application_id", [], |row| row.get(0))?;
    Ok(JournalEnd {
        has_last,
        newest_sent,
        newest: newest.map(|newest| newest.stamp.wall),
        was_kept: kept == POSITION_KEPT,
    })
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
fn write(journal: &Path, last: Option<LastSent>, gap: Option<Gap>, moved: bool) -> Result<()> {
    let file = file_of(journal);
    let position = Position { machine: machine(), last, gap, moved };
    let text = serde_json::to_string(&position)
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
    let text = read_plain(Path::new(MACHINE), 1024).ok()?;
    let id = text.trim();
    let is_one = id.len() >= 16 && id.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_one.then(|| Uuid::new_v5(&NAMESPACE, id.as_bytes()).to_string())
}

#[cfg(test)]
#[path = "position_tests.rs"]
mod tests;
