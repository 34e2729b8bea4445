//! What a seller has answered while the server of a shared journal was away, and what its run no longer
//! holds: kept in a file of this machine until the next run writes it there.

use crate::core::clock::SystemClock;
use crate::core::failure::{Failure, Result};
use crate::core::files::make_folder_of;
use crate::core::lock::{Lock, NoLock};
use crate::core::signals::Interrupt;
use crate::purchase::place::NOWHERE;
use crate::purchase::record::{JournalRow, Stamp};
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io::{ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;
use uuid::Uuid;

/// How long to wait for another process that is at the file.
const BUSY: Duration = Duration::from_secs(20);

/// A row that waits. Its id makes sure that it is in the journal once, however often it is written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct SpooledRow {
    pub id: Uuid,
    pub purchase: Uuid,
    pub stamp: Stamp,
    pub row: JournalRow,
}

impl SpooledRow {
    pub fn new(id: Uuid, purchase: Uuid, stamp: &Stamp, row: &JournalRow) -> Self {
        Self { id, purchase, stamp: stamp.clone(), row: row.clone() }
    }
}

/// A lease that its run has given back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct SpooledLease {
    pub entity: Uuid,
    pub fence: i64,
}

/// Something that waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Spooled {
    /// A row that happened.
    Row(Box<SpooledRow>),
    Lease(SpooledLease),
}

/// A line of the file: what waits, which is one of these, and the journal that it belongs to.
#[derive(Serialize, Deserialize)]
struct Line {
    journal: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    row: Option<Box<SpooledRow>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    lease: Option<SpooledLease>,
}

impl Line {
    fn new(journal: &str, what: &Spooled) -> Self {
        let (row, lease) = match what {
            Spooled::Row(row) => (Some(row.clone()), None),
            Spooled::Lease(lease) => (None, Some(*lease)),
        };
        Self { journal: journal.to_owned(), row, lease }
    }

    fn what(self) -> Option<Spooled> {
        self.row.map(Spooled::Row).or(self.lease.map(Spooled::Lease))
    }
}

/// The file.
#[derive(Clone, Debug)]
pub struct Spool {
    file: PathBuf,
}

impl Spool {
    /// The spool at this path; touches nothing.
    pub fn new(file: PathBuf) -> Self {
        Self { file }
    }

    /// The spool of a run without a home: nothing waits in it, and nothing can be kept.
    pub fn nowhere() -> Self {
        Self::new(Path::new(NOWHERE).join("spool"))
    }

    /// Its path.
    pub fn file(&self) -> &Path {
        &self.file
    }

    /// Adds something, durably.
    ///
    /// # Errors
    /// Class `config`.
    pub(super) fn add(&self, journal: &str, what: &Spooled) -> Result<()> {
        make_folder_of(&self.file)?;
        let lock = self.lock()?;
        let mut text = serde_json::to_string(&Line::new(journal, what)).map_err(|cause| {
            Failure::internal("a row of the journal could not be written down").because(cause)
        })?;
        text.push('\n');
        let mut file = lock.file();
        // A line that was cut off must not take this one along.
        if !ends_with_a_line(file).map_err(|cause| self.unusable(cause))? {
            text.insert(0, '\n');
        }
        file.seek(SeekFrom::End(0))
            .and_then(|_| file.write_all(text.as_bytes()))
            .and_then(|()| file.sync_all())
            .and_then(|()| File::open(self.file.parent().unwrap_or(Path::new("/")))?.sync_all())
            .map_err(|cause| self.unusable(cause))
    }

    /// Writes each line of this journal where it belongs, and takes those out that are there then.
    /// Those of other journals stay.
    ///
    /// # Errors
    /// Those of `write`; class `config` for a file that cannot be read.
    pub(super) fn drain(
        &self,
        journal: &str,
        mut write: impl FnMut(&Spooled) -> Result<()>,
    ) -> Result<()> {
        match self.file.metadata() {
            Ok(found) if found.len() == 0 => return Ok(()),
            Ok(_) => {}
            Err(cause) if cause.kind() == ErrorKind::NotFound => return Ok(()),
            Err(cause) => return Err(self.unusable(cause)),
        }
        let lock = self.lock()?;
        let mut file = lock.file();
        let mut text = String::new();
        file.read_to_string(&mut text).map_err(|cause| self.unusable(cause))?;
        let mut stays = String::new();
        for line in text.lines() {
            let read = serde_json::from_str::<Line>(line);
            // Cut off in the middle of a write: its run has reported that it could not keep it.
            if read.as_ref().is_err_and(serde_json::Error::is_eof) {
                continue;
            }
            let ours = read.ok().filter(|line| line.journal == journal).and_then(Line::what);
            match ours {
                Some(what) => write(&what)?,
                None => {
                    stays.push_str(line);
                    stays.push('\n');
                }
            }
        }
        if stays != text {
            file.seek(SeekFrom::Start(0))
                .and_then(|_| file.set_len(0))
                .and_then(|()| file.write_all(stays.as_bytes()))
                .and_then(|()| file.sync_all())
                .map_err(|cause| self.unusable(cause))?;
        }
        Ok(())
    }

    /// How many rows wait; none where that cannot be read.
    #[cfg(test)]
    pub(super) fn waiting(&self) -> usize {
        std::fs::read_to_string(&self.file).map_or(0, |text| text.lines().count())
    }

    fn lock(&self) -> Result<Lock> {
        let clock = SystemClock::new(Interrupt::default());
        Lock::take_at(&self.file, BUSY, &clock).map_err(|why| match why {
            NoLock::Failed(cause) => self.unusable(cause),
            NoLock::Held | NoLock::Stopped(_) => {
                Failure::config(format!("another process is using {}", self.file.display()))
                    .hint("Run the command again.")
            }
        })
    }

    fn unusable(&self, cause: std::io::Error) -> Failure {
        Failure::config(format!("{} cannot be used: {cause}", self.file.display()))
            .because(cause)
            .hint("Make it readable and writable; it holds outcomes that the shared journal does not have yet.")
    }
}

/// Whether the next byte begins a line.
fn ends_with_a_line(mut file: &File) -> std::io::Result<bool> {
    if file.metadata()?.len() == 0 {
        return Ok(true);
    }
    let mut last = [0];
    file.seek(SeekFrom::End(-1))?;
    file.read_exact(&mut last)?;
    Ok(last == *b"\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::class::Class;
    use crate::purchase::record::Reporter;

    fn row() -> Spooled {
        let stamp = Stamp {
            wall: "2026-11-30T12:00:00Z".parse().expect("a time"),
            boot: None,
            monotonic_ms: None,
            server: None,
            attempt: None,
        };
        let row = JournalRow::Reported { by: Reporter::Buy };
        Spooled::Row(Box::new(SpooledRow::new(Uuid::new_v4(), Uuid::new_v4(), &stamp, &row)))
    }

    #[test]
    fn what_waits_is_written_once_and_in_order_and_others_stay() {
        let folder = crate::core::scratch::tempdir().expect("a folder");
        let spool = Spool::new(folder.path().join("deep/spool.jsonl"));
        spool.drain("here", |_| panic!("nothing waits")).expect("no file is an empty one");
        let lease = Spooled::Lease(SpooledLease { entity: Uuid::new_v4(), fence: 7 });
        let (first, second, other, another) = (row(), lease, row(), row());
        spool.add("here", &first).expect("kept");
        spool.add("there", &other).expect("kept");
        spool.add("here", &second).expect("kept");
        spool.add("there", &another).expect("kept");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = spool.file().metadata().expect("there").permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
        let away = |_: &Spooled| Err(Failure::new(Class::Timeout, "away"));
        assert_eq!(spool.drain("here", away).expect_err("away").class(), Class::Timeout);
        assert_eq!(spool.waiting(), 4, "nothing is lost");
        let mut written = Vec::new();
        let mut write = |row: &Spooled| {
            written.push(row.clone());
            Ok(())
        };
        spool.drain("here", &mut write).expect("written");
        spool.drain("here", &mut write).expect("nothing more");
        spool.drain("there", &mut write).expect("written");
        assert_eq!(written, [first, second, other, another]);
        assert_eq!(spool.waiting(), 0);
    }

    #[test]
    fn a_line_that_was_cut_off_keeps_none_of_the_others_back() {
        let folder = crate::core::scratch::tempdir().expect("a folder");
        let spool = Spool::new(folder.path().join("spool.jsonl"));
        spool.add("here", &row()).expect("kept");
        let whole = std::fs::read_to_string(spool.file()).expect("text");
        std::fs::write(spool.file(), format!("{whole}{}", &whole[..whole.len() / 2])).expect("cut");
        let mut written = 0;
        spool
            .drain("here", |_| {
                written += 1;
                Ok(())
            })
            .expect("written");
        assert_eq!((written, spool.waiting()), (1, 0));
        // What is added behind it is whole as well.
        std::fs::write(spool.file(), &whole[..whole.len() / 2]).expect("cut");
        let next = row();
        spool.add("here", &next).expect("kept");
        let mut found = Vec::new();
        spool
            .drain("here", |row| {
                found.push(row.clone());
                Ok(())
            })
            .expect("written");
        assert_eq!((found, spool.waiting()), (vec![next], 0));
    }
}
