//! One process at a time for each purchase.

use crate::core::class::Class;
use crate::core::clock::{Clock, SystemClock};
use crate::core::command::NextStep;
use crate::core::env;
use crate::core::failure::{Failure, Result};
use crate::core::files::make_folder_of;
use crate::core::lock::{Lock, NoLock};
use crate::core::signals::Interrupt;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::Duration;
use uuid::Uuid;

/// The right to act on one purchase, until it is dropped.
#[derive(Debug)]
pub struct EntityLock {
    _lock: Lock,
}

impl EntityLock {
    /// Takes the lock of this purchase if it is free.
    ///
    /// # Errors
    /// Class `config` when the file system cannot lock.
    pub fn try_take(folder: &Path, purchase: Uuid) -> Result<Option<Self>> {
        Self::take_within(folder, purchase, Duration::ZERO, &SystemClock::new(Interrupt::default()))
    }

    /// Whether any process ever had the lock of this purchase.
    pub fn is_there(folder: &Path, purchase: Uuid) -> bool {
        file(folder, purchase).exists()
    }

    /// Waits for the lock, for at most that long.
    ///
    /// # Errors
    /// Class `in_progress` when the time is over, the class of a signal, or `config`.
    pub fn take(folder: &Path, purchase: Uuid, wait: Duration, clock: &dyn Clock) -> Result<Self> {
        Self::take_within(folder, purchase, wait, clock)?.ok_or_else(|| {
            Failure::new(Class::InProgress, "another process is working on this purchase")
        })
    }

    fn take_within(
        folder: &Path,
        purchase: Uuid,
        wait: Duration,
        clock: &dyn Clock,
    ) -> Result<Option<Self>> {
        let path = file(folder, purchase);
        make_folder_of(&path)?;
        let cannot = |cause: std::io::Error| {
            Failure::config(format!("the lock {} cannot be taken: {cause}", path.display()))
                .hint(match cause.kind() {
                    ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => {
                        NextStep::from("Make its folder writable; 'topup doctor' checks it.")
                    }
                    ErrorKind::StorageFull => "Make room on its disk.".into(),
                    _ => NextStep::filled("Put the files on a local disk with {}.", &[&env::HOME]),
                })
                .because(anyhow::Error::new(cause))
        };
        match Lock::take_at(&path, wait, clock) {
            Ok(lock) => Ok(Some(Self { _lock: lock })),
            Err(NoLock::Held) => Ok(None),
            Err(NoLock::Failed(cause)) => Err(cannot(cause)),
            Err(NoLock::Stopped(signal)) => {
                Err(Failure::new(signal.class(), "interrupted while waiting for another process"))
            }
        }
    }
}

fn file(folder: &Path, purchase: Uuid) -> PathBuf {
    folder.join(format!("{purchase}.lock"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_at_a_time_and_free_when_dropped() {
        let folder = tempfile::tempdir().expect("a folder");
        let id = Uuid::new_v4();
        let first = EntityLock::try_take(folder.path(), id).expect("no error").expect("free");
        assert!(EntityLock::try_take(folder.path(), id).expect("no error").is_none());
        let other = EntityLock::try_take(folder.path(), Uuid::new_v4()).expect("no error");
        assert!(other.is_some(), "another purchase has its own lock");
        let clock = SystemClock::new(Interrupt::default());
        let late = EntityLock::take(folder.path(), id, Duration::ZERO, &clock);
        assert_eq!(late.expect_err("taken").class(), Class::InProgress);
        drop(first);
        assert!(EntityLock::try_take(folder.path(), id).expect("no error").is_some());
    }
}
