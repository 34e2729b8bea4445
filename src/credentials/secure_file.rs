//! Files that only their owner may read: opened without surprises, and locked.
//!
//! The same care for the logins that are kept here and for those that other programs keep.

use crate::core::clock::SystemClock;
use crate::core::command::NextStep;
use crate::core::env;
use crate::core::failure::{Failure, Result};
use crate::core::files::open_private;
use crate::core::files::{home_inside, quoted};
use crate::core::lock::{Lock, NoLock};
use crate::core::signals::Interrupt;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read};
use std::path::Path;
use std::time::Duration;

/// The program that a file belongs to. What is advised differs: a file of another program is never
/// given away from its user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Owner {
    /// This one.
    Topup,
    /// Hermes.
    Hermes,
    /// `brv`.
    Brv,
}

impl Owner {
    /// What helps where a file belongs to another user.
    fn of_another_user(self, uid: Option<u32>, path: &str) -> NextStep {
        let program = match self {
            Self::Topup => {
                return NextStep::shell("Make it yours: ", format!("chown \"$(id -u)\" {path}"));
            }
            Self::Hermes => "Hermes",
            Self::Brv => "brv",
        };
        match uid {
            Some(uid) => {
                NextStep::text(format!("Run topup as the user that {program} runs as (id {uid})."))
            }
            None => NextStep::text(format!("Run topup as the user that {program} runs as.")),
        }
    }
}

/// No file of logins comes near this size.
const LONGEST_FILE: u64 = 4 * 1024 * 1024;

/// What is in the file, if it is there and no other user can read or swap it.
///
/// # Errors
/// Class `config` for a file that is not safe to use, with the command that mends it.
pub(super) fn read(path: &Path, owner: Owner) -> Result<Option<Vec<u8>>> {
    let Some(mut file) = open_checked(path, owner)? else { return Ok(None) };
    // Room for what such files hold: they are read at once, and not by and by.
    let mut bytes = Vec::with_capacity(8192);
    Read::take(&mut file, LONGEST_FILE).read_to_end(&mut bytes).map_err(|cause| {
        Failure::config(format!("{} cannot be read: {cause}", path.display()))
            .because(anyhow::Error::new(cause))
    })?;
    Ok(Some(bytes))
}

/// Whether there is nothing in it, as after a crash of a disk that had not written yet.
pub(super) fn is_blank(bytes: &[u8]) -> bool {
    bytes.iter().all(|byte| *byte == 0 || byte.is_ascii_whitespace())
}

fn open_checked(path: &Path, owner: Owner) -> Result<Option<File>> {
    match open_private(OpenOptions::new().read(true), path) {
        Ok(file) => {
            check_private(&file, path, owner)?;
            Ok(Some(file))
        }
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(cause) => {
            let link =
                fs::symlink_metadata(path).is_ok_and(|metadata| metadata.file_type().is_symlink());
            let (file, mend) = (path.display(), quoted(path));
            let error = if link {
                Failure::config(format!("{file} is a symbolic link, and is not followed")).hint(
                    NextStep::shell(
                        "Put the file itself there: ",
                        format!("cp --remove-destination \"$(readlink -f {mend})\" {mend}"),
                    ),
                )
            } else {
                let error = Failure::config(format!("{file} cannot be opened: {cause}"));
                match cause.kind() {
                    io::ErrorKind::PermissionDenied if owner != Owner::Topup => {
                        error.hint(owner.of_another_user(None, &mend))
                    }
                    io::ErrorKind::PermissionDenied => {
                        error.hint(NextStep::shell("Make it yours: ", format!("chmod 600 {mend}")))
                    }
                    io::ErrorKind::NotADirectory => {
                        error.hint(format!("Set {} to a folder.", env::HOME))
                    }
                    _ => error.hint("Fix its disk or folder, then run the command again."),
                }
            };
            Err(error.because(anyhow::Error::new(cause)))
        }
    }
}

/// Waits for the lock at this path, at most this long; `too_long` says who has it all the time.
///
/// # Errors
/// That of `too_long` after this time, class `config` when there is no lock to be had, or the class
/// of a signal.
pub(super) fn lock(
    path: &Path,
    interrupt: &Interrupt,
    longest: Duration,
    too_long: impl FnOnce() -> Failure,
) -> Result<Lock> {
    Lock::take_at(path, longest, &SystemClock::new(interrupt.clone())).map_err(|why| match why {
        NoLock::Held => too_long(),
        NoLock::Failed(cause) => {
            Failure::config(format!("{} cannot be locked: {cause}", path.display()))
                .because(anyhow::Error::new(cause))
                .hint("Its folder has to be writable, on a disk that has file locks.")
        }
        NoLock::Stopped(signal) => Failure::new(
            signal.class(),
            "interrupted while waiting for another process; nothing was sent",
        ),
    })
}

/// Where a document stops making sense, without quoting from it: there are secrets in it.
pub(super) fn place_of(cause: &serde_json::Error) -> String {
    if cause.is_eof() {
        return "it ends in the middle".into();
    }
    format!("it makes no sense at line {}, column {}", cause.line(), cause.column())
}

#[cfg(unix)]
fn check_private(file: &File, path: &Path, owner: Owner) -> Result<()> {
    use std::os::unix::fs::MetadataExt;
    let (shown, mend) = (path.display(), quoted(path));
    let refuse = |why: &str, how: NextStep| {
        Err(Failure::config(format!("{shown} is not used: {why}")).hint(how))
    };
    let unreadable = |cause: io::Error| {
        Failure::config(format!("{shown} cannot be checked: {cause}"))
            .because(anyhow::Error::new(cause))
    };
    let metadata = file.metadata().map_err(unreadable)?;
    if !metadata.is_file() {
        return refuse(
            "it is not a plain file",
            NextStep::shell("Move it away: ", format!("mv {mend} {mend}.old")),
        );
    }
    if metadata.uid() != rustix::process::geteuid().as_raw() {
        return refuse(
            "it belongs to another user",
            owner.of_another_user(Some(metadata.uid()), &mend),
        );
    }
    if metadata.mode() & 0o077 != 0 {
        return refuse(
            "others can read it",
            NextStep::shell("Close it: ", format!("chmod 600 {mend}")),
        );
    }
    if metadata.nlink() > 1 {
        return refuse(
            "it has a second name (a hard link)",
            NextStep::shell(
                "Give it one name: ",
                format!("cp -p {mend} {mend}.own && mv {mend}.own {mend}"),
            ),
        );
    }
    let Some(folder) = path.parent() else { return Ok(()) };
    let metadata = fs::metadata(folder).map_err(unreadable)?;
    // In a sticky folder such as /tmp others cannot swap the file for theirs.
    if metadata.mode() & 0o022 != 0 && metadata.mode() & 0o1000 == 0 {
        let is_ours = metadata.uid() == rustix::process::geteuid().as_raw();
        let step = if is_ours {
            NextStep::shell("Close the folder: ", format!("chmod 700 {}", quoted(folder)))
        } else {
            NextStep::shell("Use a folder of your own in it: ", home_inside(folder))
        };
        return refuse("others can write to its folder", step);
    }
    Ok(())
}

#[cfg(not(unix))]
fn check_private(_file: &File, _path: &Path, _owner: Owner) -> Result<()> {
    Ok(())
}
