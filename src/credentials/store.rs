//! `credentials.json`: the logins of this user, readable by no other user.
//!
//! The file is only ever replaced as a whole: temporary file in the same folder, sync, rename,
//! sync the folder. A process that writes holds `credentials.lock` beside it from reading to renaming;
//! one that only reads needs no lock. A file that others could read or swap is refused with the
//! command that mends it, and a file that makes no sense is kept and never thrown away.
//!
//! Where the profile names a `credential_command`, that program keeps the same document instead, and
//! where machines share a store it is kept there, encrypted. Each replaces it only while no other
//! machine has: the lock keeps the processes of this machine apart,
//! the version those of all machines.

use super::command::{CredentialCommand, Kept, Stored};
use super::document::{CredentialDocument, VERSION};
use super::renewal::KeptIn;
use super::secure_file::{self, Owner, place_of};
use super::vault::Vault;
use crate::config::paths::no_home;
use crate::core::class::{Class, Recovery};
use crate::core::failure::{Failure, Result};
use crate::core::files::make_folder_of;
use crate::core::files::{self, FileAccess, Replacement};
use crate::core::lock::Lock;
use crate::core::signals::Interrupt;
use serde::Deserialize;
use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// How long a process waits for another one that is at the logins: three times as long as a
/// refresh can take.
const LONGEST_WAIT: Duration = Duration::from_mins(1);

/// What every version of the file has.
#[derive(Deserialize)]
struct Versioned {
    version: u64,
}

/// The file and its lock, or what stands for the file.
#[derive(Clone, Debug)]
pub struct Store {
    file: PathBuf,
    pub(super) keeper: Option<Arc<Keeper>>,
    last: Arc<Mutex<Option<LastRead>>>,
}

/// The file as it was read last: it is parsed again only once its bytes are others.
struct LastRead {
    bytes: Vec<u8>,
    contents: Arc<CredentialDocument>,
}

impl fmt::Debug for LastRead {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The bytes hold tokens.
        write!(to, "LastRead({} bytes)", self.bytes.len())
    }
}

/// What keeps the document for machines that share a login, and what it said last: one command line
/// asks it once.
#[derive(Debug)]
pub(super) struct Keeper {
    pub(super) place: KeeperPlace,
    interrupt: Interrupt,
    seen: Mutex<Option<Kept>>,
}

#[derive(Debug)]
pub(super) enum KeeperPlace {
    Command(CredentialCommand),
    Vault(Vault),
}

impl KeeperPlace {
    fn get(&self, interrupt: &Interrupt) -> Result<Kept> {
        match self {
            Self::Command(command) => command.get(interrupt),
            Self::Vault(vault) => vault.get(),
        }
    }

    fn store(
        &self,
        version: Option<&str>,
        document: &[u8],
        interrupt: &Interrupt,
    ) -> Result<Stored> {
        match self {
            Self::Command(command) => command.store(version, document, interrupt),
            Self::Vault(vault) => vault.store(version, document),
        }
    }

    fn unusable(&self, why: &str) -> Failure {
        match self {
            Self::Command(command) => command.unusable(why),
            Self::Vault(vault) => vault.unusable(why),
        }
    }

    /// Whose document it is, for messages.
    fn owner(&self) -> String {
        match self {
            Self::Command(command) => format!("what '{}' keeps", command.name().escape_debug()),
            Self::Vault(vault) => format!("the login in {}", vault.place()),
        }
    }
}

/// What came of writing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Written {
    /// It is kept, durably.
    Kept,
    /// Another machine has written since it was read: nothing was changed.
    Conflict,
}

impl Written {
    /// Where it has to be kept.
    ///
    /// # Errors
    /// Class `config` when another machine was faster.
    pub(super) fn or_conflict(self) -> Result<()> {
        match self {
            Self::Kept => Ok(()),
            Self::Conflict => Err(Failure::config(
                "another machine has changed the logins meanwhile; nothing was changed here",
            )
            .hint("Run the command again.")
            .recovery(Recovery::RetryLater)),
        }
    }
}

/// What was found where the file should be.
pub(super) enum Found {
    Contents(Arc<CredentialDocument>),
    /// Kept as it is; the reason why it cannot be read.
    Broken(String),
}

impl Store {
    /// The store at this path; touches nothing.
    pub fn new(file: PathBuf) -> Self {
        Self { file, keeper: None, last: Arc::default() }
    }

    /// A store without a place: there is no login in it, and none can be kept.
    pub fn nowhere() -> Self {
        Self::new(PathBuf::new())
    }

    /// Whether there is no home that it could be in.
    pub fn has_no_place(&self) -> bool {
        self.keeper.is_none() && self.file.as_os_str().is_empty()
    }

    /// The same, kept by a command instead of the file; the lock is still the one beside the file.
    pub fn kept_by(file: PathBuf, command: CredentialCommand, interrupt: &Interrupt) -> Self {
        Self::at_keeper(file, KeeperPlace::Command(command), interrupt)
    }

    /// The same, kept in the store that machines share.
    pub fn in_vault(file: PathBuf, vault: Vault, interrupt: &Interrupt) -> Self {
        Self::at_keeper(file, KeeperPlace::Vault(vault), interrupt)
    }

    fn at_keeper(file: PathBuf, place: KeeperPlace, interrupt: &Interrupt) -> Self {
        let keeper = Keeper { place, interrupt: interrupt.clone(), seen: Mutex::new(None) };
        Self { file, keeper: Some(Arc::new(keeper)), last: Arc::default() }
    }

    /// Whether a command or a shared store keeps the logins, and other machines may be at them.
    pub fn is_shared(&self) -> bool {
        self.keeper.is_some()
    }

    /// Who keeps them.
    pub(super) fn kept_in(&self) -> KeptIn {
        match self.keeper.as_ref().map(|keeper| &keeper.place) {
            None => KeptIn::Files,
            Some(KeeperPlace::Command(_)) => KeptIn::Command,
            Some(KeeperPlace::Vault(_)) => KeptIn::Vault,
        }
    }

    /// The path of the file, for messages.
    pub fn path(&self) -> &Path {
        &self.file
    }

    /// Reads the logins, to be changed. No file is no logins.
    ///
    /// # Errors
    /// As [`Store::document`].
    pub fn read(&self) -> Result<CredentialDocument> {
        self.document().map(Arc::unwrap_or_clone)
    }

    /// The logins as they are now. No file is no logins; a file that is as it was is not parsed again.
    ///
    /// # Errors
    /// Class `config` for a file that is not safe to use or comes from a newer version, class
    /// `not_logged_in` for one that makes no sense.
    pub fn document(&self) -> Result<Arc<CredentialDocument>> {
        match self.find()? {
            Found::Contents(contents) => Ok(contents),
            Found::Broken(why) => Err(Failure::new(
                Class::NotLoggedIn,
                format!("the logins in {} cannot be read: {why}", self.file.display()),
            )
            .hint("Run 'topup login'; the old file is kept beside the new one.")),
        }
    }

    /// As [`Store::read`], and asks the command again: another machine may have written.
    ///
    /// # Errors
    /// As [`Store::read`].
    fn read_again(&self) -> Result<CredentialDocument> {
        self.forget_seen();
        self.read()
    }

    fn forget_seen(&self) {
        if let Some(keeper) = &self.keeper {
            keeper.take_seen();
        }
    }

    /// Waits until no other process writes, and keeps others from writing while the result lives.
    ///
    /// # Errors
    /// Class `config` after a minute or when there is no lock to be had, or the class of a signal.
    pub fn lock(&self, interrupt: &Interrupt) -> Result<Locked<'_>> {
        self.lock_within(interrupt, LONGEST_WAIT)
    }

    /// As [`Store::lock`], and waits this long.
    ///
    /// # Errors
    /// As [`Store::lock`].
    pub(super) fn lock_within(
        &self,
        interrupt: &Interrupt,
        longest: Duration,
    ) -> Result<Locked<'_>> {
        if self.has_no_place() {
            return Err(no_home());
        }
        make_folder_of(&self.file)?;
        let too_long = || {
            Failure::config("another topup process has locked the logins for a minute")
                .hint("Find out what it waits for, or end it, then run the command again.")
                .recovery(Recovery::RetryLater)
        };
        let lock =
            secure_file::lock(&self.file.with_extension("lock"), interrupt, longest, too_long)?;
        // What runs left behind that died between claiming and filling: now, and never later, since
        // what is claimed under this lock is to be filled.
        if !self.is_shared() {
            files::sweep(&self.file);
        }
        Ok(Locked { store: self, _lock: lock })
    }

    fn find(&self) -> Result<Found> {
        if let Some(keeper) = &self.keeper {
            return keeper.find();
        }
        if self.has_no_place() {
            return Ok(Found::Contents(Arc::default()));
        }
        let Some(bytes) = secure_file::read(&self.file, Owner::Topup)? else {
            return Ok(Found::Contents(Arc::default()));
        };
        if let Some(contents) = self.parsed_before(&bytes) {
            return Ok(Found::Contents(contents));
        }
        if secure_file::is_blank(&bytes) {
            return Ok(Found::Broken("there is nothing in it".into()));
        }
        let found = understand(&bytes, &self.file.display().to_string())?;
        if let (Found::Contents(contents), Ok(mut last)) = (&found, self.last.lock()) {
            *last = Some(LastRead { bytes, contents: Arc::clone(contents) });
        }
        Ok(found)
    }

    fn parsed_before(&self, bytes: &[u8]) -> Option<Arc<CredentialDocument>> {
        let last = self.last.lock().ok()?;
        let last = last.as_ref().filter(|last| last.bytes == bytes)?;
        Some(Arc::clone(&last.contents))
    }
}

impl Keeper {
    fn take_seen(&self) -> Option<Kept> {
        self.seen.lock().ok().and_then(|mut seen| seen.take())
    }

    fn remember(&self, kept: Option<Kept>) {
        if let Ok(mut seen) = self.seen.lock() {
            *seen = kept;
        }
    }

    fn find(&self) -> Result<Found> {
        let kept = match self.take_seen() {
            Some(kept) => kept,
            None => self.place.get(&self.interrupt)?,
        };
        let found = if kept.document.is_empty() {
            Ok(Found::Contents(Arc::default()))
        } else {
            understand(&kept.document, &self.place.owner())
        };
        self.remember(Some(kept));
        match found? {
            // Nothing is put aside at somebody else's: a person has to look at it.
            Found::Broken(why) => {
                Err(self.place.unusable(&format!("the logins it gave cannot be read: {why}")))
            }
            found @ Found::Contents(_) => Ok(found),
        }
    }

    fn write(&self, contents: &CredentialDocument) -> Result<Written> {
        let document = to_text(contents)?;
        // Without knowing what is there nothing may be put in its place.
        let Some(seen) = self.take_seen() else { return Ok(Written::Conflict) };
        let stored = self.place.store(seen.version.as_deref(), &document, &self.interrupt)?;
        Ok(match stored {
            Stored::Kept { version } => {
                self.remember(version.map(|version| Kept { version: Some(version), document }));
                Written::Kept
            }
            Stored::Conflict => Written::Conflict,
        })
    }
}

/// Reads a document of logins.
pub(super) fn understand(bytes: &[u8], whose: &str) -> Result<Found> {
    match serde_json::from_slice::<Versioned>(bytes) {
        Ok(Versioned { version }) if version > VERSION => {
            return Err(Failure::config(format!(
                "{whose} was written by a newer version of topup"
            ))
            .hint("Use that version, or set TOPUP_HOME to another folder."));
        }
        Ok(_) => {}
        Err(cause) => return Ok(Found::Broken(place_of(&cause))),
    }
    Ok(match serde_json::from_slice(bytes) {
        Ok(contents) => Found::Contents(Arc::new(contents)),
        Err(cause) => Found::Broken(place_of(&cause)),
    })
}

pub(super) fn to_text(contents: &CredentialDocument) -> Result<Vec<u8>> {
    let mut text = serde_json::to_vec_pretty(contents).map_err(|cause| {
        Failure::internal("the logins could not be written down").because(anyhow::Error::new(cause))
    })?;
    text.push(b'\n');
    Ok(text)
}

/// The right to write, until it is dropped. The kernel takes it back from a process that dies.
#[derive(Debug)]
pub struct Locked<'a> {
    store: &'a Store,
    _lock: Lock,
}

impl Locked<'_> {
    /// Reads the logins again: another process may have changed them before the lock was ours.
    ///
    /// # Errors
    /// As [`Store::read`].
    pub fn read(&self) -> Result<CredentialDocument> {
        self.store.read_again()
    }

    /// Reads the logins to add one. A file that makes no sense is put aside as `.broken` first.
    ///
    /// # Errors
    /// Class `config` as [`Store::read`], or when the broken file cannot be put aside.
    pub fn read_for_login(&self) -> Result<CredentialDocument> {
        self.store.forget_seen();
        match self.store.find()? {
            Found::Contents(contents) => Ok(Arc::unwrap_or_clone(contents)),
            Found::Broken(_) => {
                let aside = free_name(&self.store.file);
                fs::rename(&self.store.file, &aside).map_err(|cause| self.unwritten(cause))?;
                Ok(CredentialDocument::default())
            }
        }
    }

    /// Replaces the file, durably.
    ///
    /// # Errors
    /// Class `config`; the old file is still there then.
    pub fn write(&self, contents: &CredentialDocument) -> Result<()> {
        self.try_write(contents)?.or_conflict()
    }

    /// As [`Locked::write`], and says when another machine was faster.
    ///
    /// # Errors
    /// As [`Locked::write`].
    pub fn try_write(&self, contents: &CredentialDocument) -> Result<Written> {
        self.reserve(0)?.commit(contents)
    }

    /// Makes the file that is to replace the old one and lays claim to this many bytes on the
    /// disk, so that a full disk fails now and not when there is something to lose.
    ///
    /// # Errors
    /// Class `config`.
    pub fn reserve(&self, bytes: usize) -> Result<Reserved<'_>> {
        if self.store.is_shared() {
            return Ok(Reserved { locked: self, room: None });
        }
        let claimed = Replacement::new(&self.store.file, FileAccess::Private)
            .and_then(|replacement| replacement.reserve(bytes));
        match claimed {
            Ok(room) => Ok(Reserved { locked: self, room: Some(room) }),
            Err(cause) => Err(self.unwritten(cause)),
        }
    }

    fn unwritten(&self, cause: io::Error) -> Failure {
        Failure::config(format!(
            "the logins cannot be written to {}: {cause}",
            self.store.file.display()
        ))
        .because(anyhow::Error::new(cause))
        .hint("Make room, and the folder writable, then run the command again.")
    }
}

/// A file of the right size and mode in the right folder, not yet under its name.
#[derive(Debug)]
pub struct Reserved<'a> {
    locked: &'a Locked<'a>,
    /// None where a command keeps the logins.
    room: Option<Replacement>,
}

impl Reserved<'_> {
    /// Writes the logins into it, and gives it the name. On the disk when this returns.
    ///
    /// # Errors
    /// Class `config`; the old file is still there then, or the new one without proof of being
    /// on the disk.
    pub fn commit(self, contents: &CredentialDocument) -> Result<Written> {
        let Self { locked, room } = self;
        let Some(room) = room else {
            return match &locked.store.keeper {
                Some(keeper) => keeper.write(contents),
                None => Err(Failure::internal("there is nothing to write the logins to")),
            };
        };
        let text = to_text(contents)?;
        room.commit(&text).map(|()| Written::Kept).map_err(|cause| locked.unwritten(cause))
    }
}

/// `credentials.json.broken`, or with a number behind it when that is taken.
fn free_name(file: &Path) -> PathBuf {
    let named = |end: String| {
        let mut name = file.as_os_str().to_owned();
        name.push(end);
        PathBuf::from(name)
    };
    let first = named(".broken".into());
    if fs::symlink_metadata(&first).is_err() {
        return first;
    }
    (2..=u32::MAX)
        .map(|number| named(format!(".broken.{number}")))
        .find(|name| fs::symlink_metadata(name).is_err())
        .unwrap_or(first)
}

#[cfg(test)]
#[path = "store_tests.rs"]
mod tests;
