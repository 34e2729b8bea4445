//! A file of settings that other programs and people write as well: it is only ever replaced as a
//! whole, and whoever replaces it reads it again under the lock first. The lock is the folder
//! itself, held open: nothing is left behind in it, and nobody deletes it.

use crate::error::{Error, Result};
use crate::signals::{Interrupt, Stopped};
use std::fs::{self, File, OpenOptions, Permissions, TryLockError};
use std::io::{self, Write};
use std::path::Path;
use std::time::{Duration, Instant};

/// How long a process waits for another one that writes.
const LONGEST_WAIT: Duration = Duration::from_secs(30);
/// How often a waiting process looks whether the lock is free.
const LOOK: Duration = Duration::from_millis(5);

/// Whether it is a symbolic link, wherever that leads.
pub fn is_link(file: &Path) -> bool {
    fs::symlink_metadata(file).is_ok_and(|metadata| metadata.file_type().is_symlink())
}

/// Makes the names in this folder durable.
///
/// # Errors
/// Those of the disk.
pub fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

/// Waits until no other process writes in this folder.
///
/// # Errors
/// Class `config` after half a minute or when there is no lock to be had, or the class of a signal.
pub fn lock(folder: &Path, interrupt: &Interrupt) -> Result<File> {
    let cannot = |cause: io::Error| {
        Error::config(format!("{} cannot be locked: {cause}", folder.display()))
            .because(anyhow::Error::new(cause))
            .hint("It has to be on a disk that knows file locks; nothing was written.")
    };
    let held = File::open(folder).map_err(cannot)?;
    let end = Instant::now() + LONGEST_WAIT;
    loop {
        match held.try_lock() {
            Ok(()) => return Ok(held),
            Err(TryLockError::Error(cause)) => return Err(cannot(cause)),
            Err(TryLockError::WouldBlock) => {}
        }
        if Instant::now() >= end {
            return Err(Error::config(format!(
                "another process has been writing in {} for half a minute",
                folder.display()
            ))
            .hint("See what it waits for, then run the command again; nothing was written.")
            .recovery(crate::class::Recovery::RetryLater));
        }
        if let Err(Stopped::Signal(signal)) = interrupt.sleep(LOOK) {
            return Err(Error::new(
                signal.class(),
                "interrupted while waiting for another process; nothing was written",
            ));
        }
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
