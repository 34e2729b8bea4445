//! What all files have in common: plain ones are read to a bound, folders are made durable, and a
//! file that must never be there by half is only ever replaced as a whole.

use crate::core::env;
use crate::core::failure::{Failure, Result};
use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};
use tempfile::NamedTempFile;

/// How the names of files end that are not yet under their own.
const SUFFIX: &str = ".new";

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
    // Room for what such files hold: they are read at once, and not by and by.
    let mut text = String::with_capacity(4096);
    open_plain(file)?.take(largest + 1).read_to_string(&mut text)?;
    if text.len() as u64 > largest {
        let why = format!("it is larger than {} KiB", largest / 1024);
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, why));
    }
    Ok(text)
}

/// Opens without following a link at the end of the path and without waiting for the other end of a
/// pipe; what is made is made for its owner alone.
///
/// # Errors
/// Those of the disk.
pub fn open_private(options: &mut OpenOptions, path: &Path) -> io::Result<File> {
    #[cfg(unix)]
    {
        use rustix::fs::OFlags;
        use std::os::unix::fs::OpenOptionsExt;
        let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK;
        options.mode(0o600).custom_flags(flags.bits().cast_signed());
    }
    options.open(path)
}

/// Makes the names in this folder durable.
///
/// # Errors
/// Those of the disk.
pub fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

/// Who may read and write a file that takes the place of another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileAccess {
    /// Its owner alone, even where an existing file allowed more.
    Private,
    /// Those of the old file, and its owner where that can be; where there is none, those of this
    /// mode less what the umask takes.
    AsBefore {
        /// The mode of a file that was not there.
        new: u32,
    },
}

/// A file of the right access in the right folder, not yet under its name. Dropped, it is gone.
#[derive(Debug)]
pub struct Replacement {
    file: PathBuf,
    made: NamedTempFile,
    old: Option<Box<fs::Metadata>>,
}

impl Replacement {
    /// Makes the file that is to take the place of this one.
    ///
    /// # Errors
    /// Those of the disk, and that the old one may not be written to.
    pub fn new(file: &Path, access: FileAccess) -> io::Result<Self> {
        let mut builder = tempfile::Builder::new();
        let prefix = prefix_of(file);
        builder.prefix(&prefix).suffix(SUFFIX);
        let mut old = None;
        if let FileAccess::AsBefore { new } = access {
            match OpenOptions::new().write(true).open(file) {
                // What may not be written to is not replaced either.
                Ok(opened) => old = Some(Box::new(opened.metadata()?)),
                Err(cause) if cause.kind() == io::ErrorKind::NotFound => {
                    #[cfg(unix)]
                    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(new));
                }
                Err(cause) => return Err(cause),
            }
        }
        let made = builder.tempfile_in(folder_of(file)).map_err(without_path)?;
        Ok(Self { file: file.to_owned(), made, old })
    }

    /// Lays claim to this many bytes on the disk, so that a full disk fails now and not when there
    /// is something to lose.
    ///
    /// # Errors
    /// Those of the disk.
    pub fn reserve(mut self, bytes: usize) -> io::Result<Self> {
        let made = self.made.as_file_mut();
        made.write_all(&vec![b' '; bytes])?;
        made.sync_all()?;
        made.rewind()?;
        Ok(self)
    }

    /// Writes these bytes into it and gives it the name: on the disk when this returns.
    ///
    /// # Errors
    /// Those of the disk; the old file is still there then, or the new one without proof of being
    /// on the disk.
    pub fn commit(self, bytes: &[u8]) -> io::Result<()> {
        let (file, made) = self.fill(bytes)?;
        made.persist(&file).map_err(|failed| failed.error)?;
        sync_folder(folder_of(&file))
    }

    /// The same where no file has this name yet: the first one stays. Says whether it is this one.
    ///
    /// # Errors
    /// Those of the disk.
    pub fn commit_first(self, bytes: &[u8]) -> io::Result<bool> {
        let (file, made) = self.fill(bytes)?;
        match made.persist_noclobber(&file) {
            Ok(_) => sync_folder(folder_of(&file)).map(|()| true),
            Err(failed) if failed.error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
            Err(failed) => Err(failed.error),
        }
    }

    /// Writes these bytes into it: on the disk, and not yet under its name.
    fn fill(self, bytes: &[u8]) -> io::Result<(PathBuf, NamedTempFile)> {
        let Self { file, mut made, old } = self;
        let new = made.as_file_mut();
        new.write_all(bytes)?;
        let length = new.stream_position()?;
        new.set_len(length)?;
        if let Some(old) = old {
            keep(new, &old)?;
        }
        new.sync_all()?;
        Ok((file, made))
    }
}

/// What the system said, without the name that the new file was to have for a moment.
fn without_path(cause: io::Error) -> io::Error {
    match cause.to_string().split_once(" at path ") {
        Some((said, _)) => io::Error::new(cause.kind(), said),
        None => cause,
    }
}

/// Puts these bytes in the place of the file, whole or not at all, on the disk when it returns.
///
/// # Errors
/// Those of the disk; the old file is there then.
pub fn replace(file: &Path, bytes: &[u8], access: FileAccess) -> io::Result<()> {
    Replacement::new(file, access)?.commit(bytes)
}

/// Removes the files that were to take the place of this one and never will: their processes died.
/// Who calls this holds the lock of the file, and has begun no replacement.
pub fn sweep(file: &Path) {
    let prefix = prefix_of(file);
    for entry in fs::read_dir(folder_of(file)).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if name.starts_with(&prefix) && name.ends_with(SUFFIX) {
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// How the names of files begin that are to take the place of this one.
fn prefix_of(file: &Path) -> String {
    format!(".{}-", file.file_stem().unwrap_or_default().to_string_lossy())
}

fn folder_of(file: &Path) -> &Path {
    file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
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

/// A path as a shell takes it for one word.
pub fn quoted(path: &Path) -> String {
    format!("'{}'", path.display().to_string().replace('\'', r"'\''"))
}

/// The line for `sh` that makes a folder of one's own in this one and keeps everything there: for a
/// folder that others can write to and that only its owner may close, such as a volume of a container.
pub fn home_inside(folder: &Path) -> String {
    let own = quoted(&folder.join("topup"));
    format!("mkdir -p -m 700 {own} && export {}={own}", env::HOME)
}

/// Makes sure that this file exists, and its folder; a new one is empty, readable by its owner alone, and
/// its name survives a power cut like everything that will be in it.
///
/// # Errors
/// Class `config`: of the folder, or what `unusable` makes of the cause.
pub fn make_file(file: &Path, unusable: impl Fn(io::Error) -> Failure) -> Result<()> {
    make_folder_of(file)?;
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(file) {
        Ok(_) => sync_folder(file.parent().unwrap_or(Path::new("/"))).map_err(unusable),
        Err(cause) if cause.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(cause) => Err(unusable(cause)),
    }
}

/// Makes sure that the folder of this file exists, readable by its owner alone.
///
/// # Errors
/// Class `config`, naming the folder.
pub fn make_folder_of(file: &Path) -> Result<()> {
    let Some(folder) = file.parent() else { return Ok(()) };
    if folder.is_dir() {
        return Ok(());
    }
    let missing: Vec<&Path> = folder.ancestors().take_while(|part| !part.exists()).collect();
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    // The new names must survive a power cut, like everything that will be in them.
    let made = builder
        .create(folder)
        .and_then(|()| missing.iter().filter_map(|part| part.parent()).try_for_each(sync_folder));
    made.map_err(|cause| {
        Failure::config(format!("the folder {} cannot be made: {cause}", folder.display()))
            .because(anyhow::Error::new(cause))
            .hint(format!("Make it writable, or set {} to another folder.", env::HOME))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    fn mode(file: &Path) -> u32 {
        fs::metadata(file).expect("there").permissions().mode() & 0o777
    }

    #[test]
    fn a_replaced_file_is_whole_and_has_the_access_that_was_asked_for() {
        let folder = crate::core::scratch::tempdir().expect("a folder");
        let file = folder.path().join("a.json");
        replace(&file, b"first", FileAccess::Private).expect("made");
        assert_eq!(mode(&file), 0o600);
        fs::set_permissions(&file, Permissions::from_mode(0o640)).expect("opened");
        replace(&file, b"second", FileAccess::AsBefore { new: 0o600 }).expect("replaced");
        assert_eq!((fs::read(&file).expect("there"), mode(&file)), (b"second".to_vec(), 0o640));
        replace(&file, b"third", FileAccess::Private).expect("replaced");
        assert_eq!(mode(&file), 0o600);
        fs::set_permissions(&file, Permissions::from_mode(0o400)).expect("closed");
        if rustix::process::geteuid().is_root() {
            return;
        }
        replace(&file, b"no", FileAccess::AsBefore { new: 0o600 }).expect_err("not writable");
        assert_eq!(fs::read(&file).expect("there"), b"third");
    }

    #[test]
    fn the_first_file_of_a_name_stays() {
        let folder = crate::core::scratch::tempdir().expect("a folder");
        let file = folder.path().join("id");
        let new = || Replacement::new(&file, FileAccess::Private).expect("room");
        let (first, second) = (new(), new());
        assert!(first.commit_first(b"first").expect("kept"));
        assert!(!second.commit_first(b"second").expect("looked"));
        assert_eq!((fs::read(&file).expect("there"), mode(&file)), (b"first".to_vec(), 0o600));
        assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 1);
    }

    #[test]
    fn what_was_claimed_and_not_filled_is_swept_and_nothing_else() {
        let folder = crate::core::scratch::tempdir().expect("a folder");
        let file = folder.path().join("a.json");
        let claimed =
            Replacement::new(&file, FileAccess::Private).and_then(|new| new.reserve(4096));
        let claimed = claimed.expect("room");
        assert_eq!(claimed.made.as_file().metadata().expect("there").len(), 4096);
        claimed.commit(b"short").expect("kept");
        assert_eq!(fs::read(&file).expect("there"), b"short");
        let left = folder.path().join(".a-dead.new");
        fs::write(&left, "x").expect("written");
        fs::write(folder.path().join(".b-dead.new"), "x").expect("written");
        sweep(&file);
        assert!(!left.exists() && file.exists() && folder.path().join(".b-dead.new").exists());
    }
}
