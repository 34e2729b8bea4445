//! The one lock between processes: an exclusive `flock`, waited for with an end. The kernel takes
//! it back from a process that dies. Lock files are never deleted: a deleted one could be locked
//! twice.

use super::class::Recovery;
use super::clock::{Clock, SystemClock};
use super::failure::{Failure, Result};
use super::files::open_private;
use super::signals::{Interrupt, Signal};
use super::wait::{WaitEnd, WaitPolicy};
use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::path::Path;
use std::time::Duration;

/// How long a process waits for another one that writes in a folder.
const LONGEST_WAIT: Duration = Duration::from_secs(30);
/// Between two checks whether the lock is free.
const PAUSE: Duration = Duration::from_millis(20);

/// The lock, until it is dropped.
#[derive(Debug)]
pub struct Lock {
    file: File,
}

/// Why there is no lock.
#[derive(Debug)]
pub enum NoLock {
    /// Another process had it all the time.
    Held,
    /// A signal came first.
    Stopped(Signal),
    /// The disk knows no locks, or failed.
    Failed(io::Error),
}

impl From<WaitEnd> for NoLock {
    fn from(ended: WaitEnd) -> Self {
        match ended {
            WaitEnd::Late => Self::Held,
            WaitEnd::Stopped(signal) => Self::Stopped(signal),
        }
    }
}

impl Lock {
    /// The lock of an open file, where no other process has it.
    ///
    /// # Errors
    /// The disk knows no locks, or failed.
    pub fn try_take(file: File) -> io::Result<Option<Self>> {
        match file.try_lock() {
            Ok(()) => Ok(Some(Self { file })),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(cause)) => Err(cause),
        }
    }

    /// Waits for the lock of the open file at this path, at most this long.
    ///
    /// # Errors
    /// Why it could not be had.
    fn take(file: File, path: &Path, longest: Duration, clock: &dyn Clock) -> Result<Self, NoLock> {
        let check = || match file.try_lock() {
            Ok(()) => Ok(Some(())),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(cause)) => Err(NoLock::Failed(cause)),
        };
        let what = || format!("another process, which holds {}", path.display());
        WaitPolicy::new(longest, PAUSE).until_free(clock, what, check)?;
        Ok(Self { file })
    }

    /// The same for the file at this path, which is made where it is missing, for its owner alone.
    ///
    /// # Errors
    /// Why it could not be had.
    pub fn take_at(path: &Path, longest: Duration, clock: &dyn Clock) -> Result<Self, NoLock> {
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        let file = open_private(&mut options, path).map_err(NoLock::Failed)?;
        Self::take(file, path, longest, clock)
    }

    /// Waits until no other process writes in this folder. The lock is the folder itself, held
    /// open:
    /// nothing is left behind in it.
    ///
    /// # Errors
    /// Class `config` after half a minute or when there is no lock to be had, or the class of a
    /// signal.
    pub fn for_folder(folder: &Path, interrupt: &Interrupt) -> Result<Self> {
        let cannot = |cause: io::Error| {
            Failure::config(format!("{} cannot be locked: {cause}", folder.display()))
                .because(anyhow::Error::new(cause))
                .hint("Put it on a disk that has file locks; nothing was written.")
        };
        let clock = SystemClock::new(interrupt.clone());
        let open = File::open(folder).map_err(cannot)?;
        match Self::take(open, folder, LONGEST_WAIT, &clock) {
            Ok(lock) => Ok(lock),
            Err(NoLock::Failed(cause)) => Err(cannot(cause)),
            Err(NoLock::Held) => Err(Failure::config(format!(
                "another process has been writing in {} for half a minute",
                folder.display()
            ))
            .hint("Find out what it waits for, then run the command again; nothing was written.")
            .recovery(Recovery::RetryLater)),
            Err(NoLock::Stopped(signal)) => Err(Failure::new(
                signal.class(),
                "interrupted while waiting for another process; nothing was written",
            )),
        }
    }

    /// The file that is locked.
    pub fn file(&self) -> &File {
        &self.file
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::clock::TurnedClock;
    use crate::core::wait::SILENT;
    use jiff::Timestamp;

    #[test]
    fn one_at_a_time_and_free_when_dropped() {
        let folder = crate::core::scratch::tempdir().expect("a folder");
        let path = folder.path().join("a.lock");
        let clock = TurnedClock::new(Timestamp::UNIX_EPOCH);
        let first = Lock::take_at(&path, Duration::ZERO, &clock).expect("free");
        let minute = Duration::from_secs(60);
        assert!(matches!(Lock::take_at(&path, minute, &clock), Err(NoLock::Held)));
        assert_eq!(clock.passed(), minute, "waited for, and no longer");
        let noted = (SILENT, format!("another process, which holds {}", path.display()));
        assert_eq!(clock.noted(), [noted], "said once, and only when it takes long");
        clock.interrupt_after(minute, Signal::Terminate);
        let stopped = Lock::take_at(&path, minute, &clock);
        assert!(matches!(stopped, Err(NoLock::Stopped(Signal::Terminate))), "{stopped:?}");
        drop(first);
        assert!(Lock::take_at(&path, Duration::ZERO, &clock).is_ok());
        assert!(path.exists());
    }

    #[test]
    fn a_folder_is_locked_without_a_file_in_it() {
        let folder = crate::core::scratch::tempdir().expect("a folder");
        let _lock = Lock::for_folder(folder.path(), &Interrupt::default()).expect("free");
        assert_eq!(std::fs::read_dir(folder.path()).expect("a folder").count(), 0);
        let missing = Lock::for_folder(&folder.path().join("no"), &Interrupt::default());
        assert!(missing.is_err());
    }
}
