//! What all files have in common: plain ones are read to a bound, folders are made durable, and a
//! file of settings that other programs and people write as well is only ever replaced as a whole.
//!
//! Whoever replaces such a file reads it again under the lock first. The lock is the folder itself,
//! held open: nothing is left behind in it, and nobody deletes it.

use crate::core::failure::{Failure, Result};
use crate::core::signals::{Interrupt, Signal, Stopped};
use std::fs::{self, File, OpenOptions, Permissions, TryLockError};
use std::io::{self, Read, Write};
use std::path::Path;
use std::time::{Duration, Instant};

/// How long a process waits for another one that writes.
const LONGEST_WAIT: Duration = Duration::from_secs(30);
/// How often a waiting process looks whether the lock is free.
const LOOK: Duration = Duration::from_millis(20);

/// Whether it is a symbolic link, wherever that leads.
pub fn is_link(file: &Path) -> bool {
    fs::symlink_metadata(file).is_ok_and(|metadata| metadata.file_type().is_symlink())
}

/// Opens a file, and nothing that may never end: a pipe would wait for its other end.
///
/// # Errors
/// Those of the disk, and that it is no plain file.
pub fn open_plain(file: &Path) -> io::Result<File> {
    use rustix::fs::{Mode, OFlags};
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    let opened = File::from(rustix::fs::open(file, flags, Mode::empty())?);
    if opened.metadata()?.is_file() {
        return Ok(opened);
    }
    Err(io::Error::other("it is not a plain file"))
}

/// The text of a plain file of at most this many bytes.
///
/// # Errors
/// Those of [`open_plain`], and `FileTooLarge`.
pub fn read_plain(file: &Path, largest: u64) -> io::Result<String> {
    let mut text = String::new();
    open_plain(file)?.take(largest + 1).read_to_string(&mut text)?;
    if text.len() as u64 > largest {
        let told = format!("it is larger than {} KiB", largest / 1024);
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, told));
    }
    Ok(text)
}

/// Makes the names in this folder durable.
///
/// # Errors
/// Those of the disk.
pub fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

/// Why there is no lock.
#[derive(Debug)]
pub enum NoLock {
    /// Somebody else had it all the time.
    Held,
    /// A signal came first.
    Stopped(Signal),
    /// The disk knows no locks, or failed.
    Failed(io::Error),
}

/// Waits for the exclusive `flock` of an open file, at most this long. The kernel takes it back from
/// a process that dies.
///
/// # Errors
/// Why it could not be had.
pub fn lock_within(file: &File, longest: Duration, interrupt: &Interrupt) -> Result<(), NoLock> {
    let end = Instant::now() + longest;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(()),
            Err(TryLockError::Error(cause)) => return Err(NoLock::Failed(cause)),
            Err(TryLockError::WouldBlock) => {}
        }
        if Instant::now() >= end {
            return Err(NoLock::Held);
        }
        if let Err(Stopped::Signal(signal)) = interrupt.sleep(LOOK) {
            return Err(NoLock::Stopped(signal));
        }
    }
}

/// Waits until no other process writes in this folder.
///
/// # Errors
/// Class `config` after half a minute or when there is no lock to be had, or the class of a signal.
pub fn lock(folder: &Path, interrupt: &Interrupt) -> Result<File> {
    let cannot = |cause: io::Error| {
        Failure::config(format!("{} cannot be locked: {cause}", folder.display()))
            .because(anyhow::Error::new(cause))
            .hint("It has to be on a disk that knows file locks; nothing was written.")
    };
    let held = File::open(folder).map_err(cannot)?;
    match lock_within(&held, LONGEST_WAIT, interrupt) {
        Ok(()) => Ok(held),
        Err(NoLock::Failed(cause)) => Err(cannot(cause)),
        Err(NoLock::Held) => Err(Failure::config(format!(
            "another process has been writing in {} for half a minute",
            folder.display()
        ))
        .hint("See what it waits for, then run the command again; nothing was written.")
        .recovery(crate::core::class::Recovery::RetryLater)),
        Err(NoLock::Stopped(signal)) => Err(Failure::new(
            signal.class(),
            "interrupted while waiting for another process; nothing was written",
        )),
    }
}

/// Puts these bytes in the place of the file, whole or not at all, on the disk when it returns.
/// An existing file keeps its permissions, and its owner where that can be; a new one is made with
/// this mode, less what the umask takes.
///
/// # Errors
/// Those of the disk; the old file is there then.
pub fn replace(file: &Path, bytes: &[u8], mode: u32) -> io::Result<()> {
    let folder = file.parent().unwrap_or(Path::new("/"));
    let mut builder = tempfile::Builder::new();
    builder.prefix(".topup-").suffix(".new");
    let old = match OpenOptions::new().write(true).open(file) {
        // What may not be written to is not replaced either.
        Ok(old) => Some(old.metadata()?),
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => None,
        Err(cause) => return Err(cause),
    };
    #[cfg(unix)]
    if old.is_none() {
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(mode));
    }
    let mut made = builder.tempfile_in(folder)?;
    made.write_all(bytes)?;
    if let Some(old) = old {
        keep(made.as_file(), &old)?;
    }
    made.as_file().sync_all()?;
    made.persist(file).map_err(|failed| failed.error)?;
    sync_folder(folder)
}

#[cfg(unix)]
fn keep(made: &File, old: &fs::Metadata) -> io::Result<()> {
    use std::os::unix::fs::{MetadataExt, PermissionsExt, fchown};
    let new = made.metadata()?;
    if (new.uid(), new.gid()) != (old.uid(), old.gid()) {
        // Only an administrator can give a file away; for everybody else it becomes theirs.
        let _ = fchown(made, Some(old.uid()), Some(old.gid()));
    }
    made.set_permissions(Permissions::from_mode(old.mode() & 0o777))
}

#[cfg(not(unix))]
fn keep(made: &File, old: &fs::Metadata) -> io::Result<()> {
    made.set_permissions(old.permissions())
}
