//! Files that only their owner may read: opened without surprises, locked, replaced as a whole.
//!
//! The same care for the logins that are kept here and for those that Hermes keeps.

use crate::config::paths::quoted;
use crate::core::command::NextStep;
use crate::core::env;
use crate::core::failure::{Failure, Result};
use crate::core::files::{self, NoLock};
use crate::core::signals::Interrupt;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;
use tempfile::NamedTempFile;

/// How the names of files end that are not yet under their own.
const SUFFIX: &str = ".new";
/// No file of logins comes near this size.
const LONGEST_FILE: u64 = 4 * 1024 * 1024;

/// What is in the file, if it is there and nobody else can read or swap it.
///
/// # Errors
/// Class `config` for a file that is not safe to use, with the command that mends it.
pub(super) fn read(path: &Path) -> Result<Option<Vec<u8>>> {
    let Some(mut file) = open_checked(path)? else { return Ok(None) };
    let mut bytes = Vec::new();
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

fn open_checked(path: &Path) -> Result<Option<File>> {
    match open_private(OpenOptions::new().read(true), path) {
        Ok(file) => {
            check_private(&file, path)?;
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
                    io::ErrorKind::PermissionDenied => {
                        error.hint(NextStep::shell("Make it yours: ", format!("chmod 600 {mend}")))
                    }
                    io::ErrorKind::NotADirectory => {
                        error.hint(format!("Set {} to a folder.", env::HOME))
                    }
                    _ => error.hint("Mend its disk or folder, then run the command again."),
                }
            };
            Err(error.because(anyhow::Error::new(cause)))
        }
    }
}

/// The right to write, until it is dropped: an exclusive `flock`. The kernel takes it back from a
/// process that dies.
#[derive(Debug)]
pub(super) struct Lock {
    _file: File,
}

impl Lock {
    /// Waits until nobody else has it; `too_long` tells who has it all the time.
    ///
    /// # Errors
    /// That of `too_long` after this time, class `config` when there is no lock to be had, or the
    /// class of a signal.
    pub(super) fn take(
        path: &Path,
        interrupt: &Interrupt,
        longest: Duration,
        too_long: impl FnOnce() -> Failure,
    ) -> Result<Self> {
        let refuse = |cause: io::Error| {
            Failure::config(format!("{} cannot be locked: {cause}", path.display()))
                .because(anyhow::Error::new(cause))
                .hint("Its folder has to be writable, on a disk that knows file locks.")
        };
        let file = open_private(OpenOptions::new().read(true).write(true).create(true), path)
            .map_err(refuse)?;
        match files::lock_within(&file, longest, interrupt) {
            Ok(()) => Ok(Self { _file: file }),
            Err(NoLock::Failed(cause)) => Err(refuse(cause)),
            Err(NoLock::Held) => Err(too_long()),
            Err(NoLock::Stopped(signal)) => Err(Failure::new(
                signal.class(),
                "interrupted while waiting for another process; nothing was sent",
            )),
        }
    }
}

/// A file of the right size and mode in the right folder, not yet under its name.
#[derive(Debug)]
pub(super) struct ReservedFile {
    file: PathBuf,
    temporary: NamedTempFile,
}

impl ReservedFile {
    /// Makes the file that is to replace the old one and lays claim to this many bytes on the
    /// disk, so that a full disk fails now and not when there is something to lose.
    pub(super) fn claim(file: &Path, bytes: usize) -> io::Result<Self> {
        let mut temporary = tempfile::Builder::new()
            .prefix(&prefix_of(file))
            .suffix(SUFFIX)
            .tempfile_in(folder_of(file))?;
        temporary.write_all(&vec![b' '; bytes])?;
        temporary.as_file().sync_all()?;
        Ok(Self { file: file.to_owned(), temporary })
    }

    /// Writes the text into it, and gives it the name. On the disk when this returns; when it
    /// fails the old file is still there, or the new one without proof of being on the disk.
    pub(super) fn fill(self, text: &[u8]) -> io::Result<()> {
        let Self { file, mut temporary } = self;
        temporary.rewind()?;
        temporary.write_all(text)?;
        let length = temporary.stream_position()?;
        temporary.as_file().set_len(length)?;
        temporary.as_file().sync_all()?;
        temporary.persist(&file).map_err(|failed| failed.error)?;
        files::sync_folder(folder_of(&file))
    }
}

/// How the names of rooms for this file begin.
fn prefix_of(file: &Path) -> String {
    format!(".{}-", file.file_stem().unwrap_or_default().to_string_lossy())
}

/// Removes the rooms for this file that nobody will fill any more. Whoever calls this holds the
/// lock of the file, and has claimed none.
pub(super) fn sweep(file: &Path) {
    let prefix = prefix_of(file);
    for entry in fs::read_dir(folder_of(file)).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if name.starts_with(&prefix) && name.ends_with(SUFFIX) {
            let _ = fs::remove_file(entry.path());
        }
    }
}

fn folder_of(file: &Path) -> &Path {
    file.parent().unwrap_or(Path::new("/"))
}

/// Where a document stops making sense, without quoting from it: there are secrets in it.
pub(super) fn place_of(cause: &serde_json::Error) -> String {
    if cause.is_eof() {
        return "it ends in the middle".into();
    }
    format!("it makes no sense at line {}, column {}", cause.line(), cause.column())
}

/// Opens without following a link at the end of the path and without waiting for the other end
/// of a pipe; what is made is made for its owner only.
fn open_private(options: &mut OpenOptions, path: &Path) -> io::Result<File> {
    #[cfg(unix)]
    {
        use rustix::fs::OFlags;
        use std::os::unix::fs::OpenOptionsExt;
        let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK;
        options.mode(0o600).custom_flags(flags.bits().cast_signed());
    }
    options.open(path)
}

#[cfg(unix)]
fn check_private(file: &File, path: &Path) -> Result<()> {
    use std::os::unix::fs::MetadataExt;
    let (shown, mend) = (path.display(), quoted(path));
    let refuse = |why: &str, how: NextStep| {
        Err(Failure::config(format!("{shown} is not used: {why}")).hint(how))
    };
    let unreadable = |cause: io::Error| {
        Failure::config(format!("{shown} cannot be looked at: {cause}"))
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
            NextStep::shell("Make it yours: ", format!("chown \"$(id -u)\" {mend}")),
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
        return refuse(
            "others can write to its folder",
            NextStep::shell("Close the folder: ", format!("chmod 700 {}", quoted(folder))),
        );
    }
    Ok(())
}

#[cfg(not(unix))]
fn check_private(_file: &File, _path: &Path) -> Result<()> {
    Ok(())
}
