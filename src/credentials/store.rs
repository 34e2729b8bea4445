//! `credentials.json`: the logins of this user, readable by nobody else.
//!
//! The file is only ever replaced as a whole: temporary file in the same folder, sync, rename,
//! sync the folder. Whoever writes holds `credentials.lock` beside it from reading to renaming;
//! whoever only reads needs no lock. A file that others could read or swap is refused with the
//! command that mends it, and a file that makes no sense is kept and never thrown away.
//!
//! Where the profile names a `credential_command`, that program keeps the same document instead,
//! and replaces it only while nobody else has: the lock keeps the processes of this machine apart,
//! the version those of all machines.

use super::command::{CredentialCommand, Kept, Stored};
use super::jwt;
use super::secret::{Secret, kept, kept_if_any};
use super::{Claims, Token};
use crate::class::{Class, Recovery};
use crate::config::paths::{make_folder_of, quoted};
use crate::error::{Error, Result};
use crate::provider::System;
use crate::signals::{Interrupt, Stopped};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tempfile::NamedTempFile;
use url::Url;

/// The newest layout of the file that this program understands.
const VERSION: u64 = 1;
/// How long a process waits for another one that is at the logins: three times as long as a
/// refresh can take.
const LONGEST_WAIT: Duration = Duration::from_mins(1);
/// How often a waiting process looks whether the lock is free.
const LOOK: Duration = Duration::from_millis(20);
/// No file of logins comes near this size.
const LONGEST_FILE: u64 = 4 * 1024 * 1024;

/// Which login is meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// The system.
    pub provider: System,
    /// The profile it was made under.
    pub profile: String,
    /// The portal's identity: an origin, or the name of a sandbox.
    pub portal: String,
}

/// One login as it is kept. Times are UTC.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Login {
    /// The system.
    pub provider: System,
    /// The profile it was made under.
    pub profile: String,
    /// The portal's identity: an origin, or the name of a sandbox.
    pub portal: String,
    /// The base URL that was in use.
    pub portal_url: String,
    /// The OAuth client id it was made with, and has to be refreshed with.
    pub client_id: String,
    /// How the token is presented: `Bearer`.
    pub token_type: String,
    /// The access token.
    #[serde(with = "kept")]
    pub access_token: Secret,
    /// The single-use refresh token, if there is one.
    #[serde(default, with = "kept_if_any")]
    pub refresh_token: Option<Secret>,
    /// What was granted, as the token answer said it: words with spaces between.
    pub scope: String,
    /// When the access token ends, by this machine's clock.
    #[serde(default)]
    pub expires_at: Option<Timestamp>,
    /// When the access token was obtained.
    pub obtained_at: Timestamp,
    /// When a person approved the login; unknown for a token that was handed in.
    #[serde(default)]
    pub approved_at: Option<Timestamp>,
    /// A refresh was begun then and its answer is not here: the refresh token may be used up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refresh_inflight: Option<Timestamp>,
    /// The system's word when it refused the refresh token: it is not sent again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refresh_refused: Option<String>,
    /// Who it is, where the system says so beside the token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// Keys of other versions, kept as they are.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

/// A device login that was begun with `login --no-wait` and waits for `login --finish`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Pending {
    /// The system.
    pub provider: System,
    /// The profile.
    pub profile: String,
    /// The portal's identity.
    pub portal: String,
    /// The base URL that was in use.
    pub portal_url: String,
    /// The OAuth client id.
    pub client_id: String,
    /// What was asked for.
    pub scope: String,
    /// Whether permission to spend was asked for.
    #[serde(default)]
    pub step_up: bool,
    /// The code that fetches the token.
    #[serde(with = "kept")]
    pub device_code: Secret,
    /// The code that a person types.
    pub user_code: String,
    /// The page to type it on.
    pub verification_uri: String,
    /// The page with the code filled in.
    #[serde(default)]
    pub verification_uri_complete: Option<String>,
    /// Seconds between two polls.
    pub interval: u64,
    /// When the code ends.
    pub expires_at: Timestamp,
    /// Keys of other versions, kept as they are.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

/// What the file says.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Contents {
    version: u64,
    /// The logins, one per [`Key`].
    #[serde(default)]
    pub logins: Vec<Login>,
    /// The logins that wait for `login --finish`, one per [`Key`].
    #[serde(default)]
    pub pending: Vec<Pending>,
    #[serde(flatten)]
    other: Map<String, Value>,
}

impl Default for Contents {
    fn default() -> Self {
        Self { version: VERSION, logins: Vec::new(), pending: Vec::new(), other: Map::new() }
    }
}

macro_rules! keyed {
    ($($kind:ident)*) => {$(
        impl $kind {
            /// Whether this is the one that is meant.
            pub fn is(&self, key: &Key) -> bool {
                self.provider == key.provider
                    && self.profile == key.profile
                    && self.portal == key.portal
            }
        }
    )*};
}

keyed!(Login Pending);

impl Login {
    /// A login of which nothing is known but its token: it neither ends nor is renewed.
    pub fn bare(key: &Key, portal_url: &Url, access_token: Secret, now: Timestamp) -> Self {
        Self {
            provider: key.provider,
            profile: key.profile.clone(),
            portal: key.portal.clone(),
            portal_url: portal_url.to_string(),
            client_id: "topup".into(),
            token_type: "Bearer".into(),
            access_token,
            refresh_token: None,
            scope: String::new(),
            expires_at: None,
            obtained_at: now,
            approved_at: None,
            refresh_inflight: None,
            refresh_refused: None,
            account: None,
            other: Map::new(),
        }
    }

    /// The access token and what it says of itself. The scope is what was granted with it.
    pub fn token(&self) -> Token {
        let claims: Claims = jwt::claims(self.access_token.expose());
        Token {
            secret: self.access_token.clone(),
            organisation: claims.organisation,
            subject: claims.subject.or_else(|| self.account.clone()),
            expires_at: self.expires_at.or(claims.expires_at),
            scopes: jwt::split(&self.scope),
        }
    }
}

impl Contents {
    /// The login that is meant.
    pub fn login(&self, key: &Key) -> Option<&Login> {
        self.logins.iter().find(|login| login.is(key))
    }

    /// The login that is meant, to be changed.
    pub fn login_mut(&mut self, key: &Key) -> Option<&mut Login> {
        self.logins.iter_mut().find(|login| login.is(key))
    }

    /// Puts a login in the place of the one with the same key.
    pub fn put(&mut self, key: &Key, login: Login) {
        match self.login_mut(key) {
            Some(old) => *old = login,
            None => self.logins.push(login),
        }
    }

    /// Forgets a login and what waits for `--finish`; says whether there was a login.
    pub fn forget(&mut self, key: &Key) -> bool {
        let before = self.logins.len();
        self.logins.retain(|login| !login.is(key));
        self.pending.retain(|pending| !pending.is(key));
        self.logins.len() < before
    }
}

/// What every version of the file has.
#[derive(Deserialize)]
struct Versioned {
    version: u64,
}

/// The file and its lock, or the command that stands for the file.
#[derive(Clone, Debug)]
pub struct Store {
    file: PathBuf,
    command: Option<Arc<Commanded>>,
}

/// A command, and what it said last: one command line asks it once.
#[derive(Debug)]
struct Commanded {
    command: CredentialCommand,
    interrupt: Interrupt,
    seen: Mutex<Option<Kept>>,
}

/// What came of writing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Written {
    /// It is kept, durably.
    Kept,
    /// Another machine has written since it was read: nothing was changed.
    Raced,
}

/// What was found where the file should be.
enum Found {
    Contents(Contents),
    /// Kept as it is; the reason why it cannot be read.
    Broken(String),
}

impl Store {
    /// The store at this path; touches nothing.
    pub fn new(file: PathBuf) -> Self {
        Self { file, command: None }
    }

    /// The same, kept by a command instead of the file; the lock is still the one beside the file.
    pub fn kept_by(file: PathBuf, command: CredentialCommand, interrupt: &Interrupt) -> Self {
        let commanded = Commanded { command, interrupt: interrupt.clone(), seen: Mutex::new(None) };
        Self { file, command: Some(Arc::new(commanded)) }
    }

    /// Whether a command keeps the logins, and other machines may be at them.
    pub fn is_shared(&self) -> bool {
        self.command.is_some()
    }

    /// The path of the file, for messages.
    pub fn path(&self) -> &Path {
        &self.file
    }

    /// Reads the logins. No file is no logins.
    ///
    /// # Errors
    /// Class `config` for a file that is not safe to use or comes from a newer version, class
    /// `not_logged_in` for one that makes no sense.
    pub fn read(&self) -> Result<Contents> {
        match self.find()? {
            Found::Contents(contents) => Ok(contents),
            Found::Broken(why) => Err(Error::new(
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
    pub fn read_again(&self) -> Result<Contents> {
        self.forget_seen();
        self.read()
    }

    fn forget_seen(&self) {
        if let Some(commanded) = &self.command {
            commanded.take_seen();
        }
    }

    /// Waits until no other process writes, and keeps others from writing while the result lives.
    ///
    /// # Errors
    /// Class `config` after a minute or when there is no lock to be had, or the class of a signal.
    pub fn lock(&self, interrupt: &Interrupt) -> Result<Locked<'_>> {
        self.lock_within(interrupt, LONGEST_WAIT)
    }

    fn lock_within(&self, interrupt: &Interrupt, longest: Duration) -> Result<Locked<'_>> {
        make_folder_of(&self.file)?;
        let path = self.file.with_extension("lock");
        let refuse = |cause: io::Error| {
            Error::config(format!("{} cannot be locked: {cause}", path.display()))
                .because(anyhow::Error::new(cause))
                .hint("Its folder has to be writable, on a disk that knows file locks.")
        };
        let lock = open_private(OpenOptions::new().read(true).write(true).create(true), &path)
            .map_err(refuse)?;
        let end = Instant::now() + longest;
        loop {
            match lock.try_lock() {
                Ok(()) => return Ok(Locked { store: self, _lock: lock }),
                Err(TryLockError::Error(cause)) => return Err(refuse(cause)),
                Err(TryLockError::WouldBlock) => {}
            }
            if Instant::now() >= end {
                return Err(Error::config(
                    "another topup process has been at the logins for a minute",
                )
                .hint("See what it waits for, or end it, then run the command again.")
                .recovery(Recovery::RetryLater));
            }
            if let Err(Stopped::Signal(signal)) = interrupt.sleep(LOOK) {
                return Err(Error::new(
                    signal.class(),
                    "interrupted while waiting for another process; nothing was sent",
                ));
            }
        }
    }

    fn find(&self) -> Result<Found> {
        if let Some(commanded) = &self.command {
            return commanded.find();
        }
        let Some(mut file) = self.open_checked()? else {
            return Ok(Found::Contents(Contents::default()));
        };
        let mut bytes = Vec::new();
        Read::take(&mut file, LONGEST_FILE).read_to_end(&mut bytes).map_err(|cause| {
            Error::config(format!("{} cannot be read: {cause}", self.file.display()))
                .because(anyhow::Error::new(cause))
        })?;
        if bytes.iter().all(|byte| *byte == 0 || byte.is_ascii_whitespace()) {
            return Ok(Found::Broken("there is nothing in it".into()));
        }
        understand(&bytes, &self.file.display().to_string())
    }

    /// Opens the file if it is there and nobody else can read or swap it.
    fn open_checked(&self) -> Result<Option<File>> {
        match open_private(OpenOptions::new().read(true), &self.file) {
            Ok(file) => {
                check_private(&file, &self.file)?;
                Ok(Some(file))
            }
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(cause) => {
                let link = fs::symlink_metadata(&self.file)
                    .is_ok_and(|metadata| metadata.file_type().is_symlink());
                let (file, mend) = (self.file.display(), quoted(&self.file));
                let error = if link {
                    Error::config(format!("{file} is a symbolic link, and is not followed")).hint(
                        format!("Put the file itself there: cp --remove-destination \"$(readlink -f {mend})\" {mend}"),
                    )
                } else {
                    let error = Error::config(format!("{file} cannot be opened: {cause}"));
                    match cause.kind() {
                        io::ErrorKind::PermissionDenied => {
                            error.hint(format!("Make it yours: chmod 600 {mend}"))
                        }
                        io::ErrorKind::NotADirectory => {
                            error.hint(format!("Set {} to a folder.", crate::config::env::HOME))
                        }
                        _ => error.hint("Mend its disk or folder, then run the command again."),
                    }
                };
                Err(error.because(anyhow::Error::new(cause)))
            }
        }
    }
}

impl Commanded {
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
            None => self.command.get(&self.interrupt)?,
        };
        let found = if kept.document.is_empty() {
            Ok(Found::Contents(Contents::default()))
        } else {
            let whose = format!("what '{}' keeps", self.command.name().escape_debug());
            understand(&kept.document, &whose)
        };
        self.remember(Some(kept));
        match found? {
            // Nothing is put aside at somebody else's: a person has to look at it.
            Found::Broken(why) => {
                Err(self.command.unusable(&format!("the logins it gave cannot be read: {why}")))
            }
            found @ Found::Contents(_) => Ok(found),
        }
    }

    fn write(&self, contents: &Contents) -> Result<Written> {
        let document = to_text(contents)?;
        // Without knowing what is there nothing may be put in its place.
        let Some(seen) = self.take_seen() else { return Ok(Written::Raced) };
        let stored = self.command.store(seen.version.as_deref(), &document, &self.interrupt)?;
        Ok(match stored {
            Stored::Kept { version } => {
                self.remember(version.map(|version| Kept { version: Some(version), document }));
                Written::Kept
            }
            Stored::Raced => Written::Raced,
        })
    }
}

/// Reads a document of logins.
fn understand(bytes: &[u8], whose: &str) -> Result<Found> {
    match serde_json::from_slice::<Versioned>(bytes) {
        Ok(Versioned { version }) if version > VERSION => {
            return Err(Error::config(format!("{whose} was written by a newer version of topup"))
                .hint("Use that version, or set TOPUP_HOME to another folder."));
        }
        Ok(_) => {}
        Err(cause) => return Ok(Found::Broken(place_of(&cause))),
    }
    Ok(match serde_json::from_slice(bytes) {
        Ok(contents) => Found::Contents(contents),
        Err(cause) => Found::Broken(place_of(&cause)),
    })
}

fn to_text(contents: &Contents) -> Result<Vec<u8>> {
    let mut text = serde_json::to_vec_pretty(contents).map_err(|cause| {
        Error::internal("the logins could not be written down").because(anyhow::Error::new(cause))
    })?;
    text.push(b'\n');
    Ok(text)
}

/// Where a document stops making sense, without quoting from it: there are secrets in it.
fn place_of(cause: &serde_json::Error) -> String {
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
    let refuse = |why: &str, how: String| {
        Err(Error::config(format!("{shown} is not used: {why}")).hint(how))
    };
    let unreadable = |cause: io::Error| {
        Error::config(format!("{shown} cannot be looked at: {cause}"))
            .because(anyhow::Error::new(cause))
    };
    let metadata = file.metadata().map_err(unreadable)?;
    if !metadata.is_file() {
        return refuse("it is not a plain file", format!("Move it away: mv {mend} {mend}.old"));
    }
    if metadata.uid() != rustix::process::geteuid().as_raw() {
        return refuse(
            "it belongs to another user",
            format!("Make it yours: chown \"$(id -u)\" {mend}"),
        );
    }
    if metadata.mode() & 0o077 != 0 {
        return refuse("others can read it", format!("Close it: chmod 600 {mend}"));
    }
    if metadata.nlink() > 1 {
        return refuse(
            "it has a second name (a hard link)",
            format!("Give it one name: cp -p {mend} {mend}.own && mv {mend}.own {mend}"),
        );
    }
    let Some(folder) = path.parent() else { return Ok(()) };
    let metadata = fs::metadata(folder).map_err(unreadable)?;
    // In a sticky folder such as /tmp others cannot swap the file for theirs.
    if metadata.mode() & 0o022 != 0 && metadata.mode() & 0o1000 == 0 {
        return refuse(
            "others can write to its folder",
            format!("Close the folder: chmod 700 {}", quoted(folder)),
        );
    }
    Ok(())
}

#[cfg(not(unix))]
fn check_private(_file: &File, _path: &Path) -> Result<()> {
    Ok(())
}

/// The right to write, until it is dropped. The kernel takes it back from a process that dies.
#[derive(Debug)]
pub struct Locked<'a> {
    store: &'a Store,
    _lock: File,
}

impl Locked<'_> {
    /// Reads the logins again: another process may have changed them before the lock was ours.
    ///
    /// # Errors
    /// As [`Store::read`].
    pub fn read(&self) -> Result<Contents> {
        self.store.read_again()
    }

    /// Reads the logins to add one. A file that makes no sense is put aside as `.broken` first.
    ///
    /// # Errors
    /// Class `config` as [`Store::read`], or when the broken file cannot be put aside.
    pub fn read_for_login(&self) -> Result<Contents> {
        self.store.forget_seen();
        match self.store.find()? {
            Found::Contents(contents) => Ok(contents),
            Found::Broken(_) => {
                let aside = free_name(&self.store.file);
                fs::rename(&self.store.file, &aside).map_err(|cause| self.unwritten(cause))?;
                Ok(Contents::default())
            }
        }
    }

    /// Replaces the file, durably.
    ///
    /// # Errors
    /// Class `config`; the old file is still there then.
    pub fn write(&self, contents: &Contents) -> Result<()> {
        match self.try_write(contents)? {
            Written::Kept => Ok(()),
            Written::Raced => Err(Error::config(
                "another machine has changed the logins meanwhile; nothing was changed here",
            )
            .hint("Run the command again.")
            .recovery(Recovery::RetryLater)),
        }
    }

    /// As [`Locked::write`], and says when another machine was faster.
    ///
    /// # Errors
    /// As [`Locked::write`].
    pub fn try_write(&self, contents: &Contents) -> Result<Written> {
        self.reserve(0)?.commit(contents)
    }

    /// Makes the file that is to replace the old one and lays claim to this many bytes on the
    /// disk, so that a full disk fails now and not when there is something to lose.
    ///
    /// # Errors
    /// Class `config`.
    pub fn reserve(&self, bytes: usize) -> Result<Reserved<'_>> {
        if self.store.is_shared() {
            return Ok(Reserved { locked: self, temporary: None });
        }
        let make = || {
            let mut file = tempfile::Builder::new()
                .prefix(".credentials-")
                .suffix(".new")
                .tempfile_in(folder_of(&self.store.file))?;
            file.write_all(&vec![b' '; bytes])?;
            file.as_file().sync_all()?;
            Ok(file)
        };
        match make() {
            Ok(temporary) => Ok(Reserved { locked: self, temporary: Some(temporary) }),
            Err(cause) => Err(self.unwritten(cause)),
        }
    }

    fn unwritten(&self, cause: io::Error) -> Error {
        Error::config(format!(
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
    temporary: Option<NamedTempFile>,
}

impl Reserved<'_> {
    /// Writes the logins into it, and gives it the name. On the disk when this returns.
    ///
    /// # Errors
    /// Class `config`; the old file is still there then, or the new one without proof of being
    /// on the disk.
    pub fn commit(self, contents: &Contents) -> Result<Written> {
        let Self { locked, temporary } = self;
        let Some(mut temporary) = temporary else {
            return match &locked.store.command {
                Some(commanded) => commanded.write(contents),
                None => Err(Error::internal("there is nothing to write the logins to")),
            };
        };
        let text = to_text(contents)?;
        let write = || -> io::Result<()> {
            temporary.rewind()?;
            temporary.write_all(&text)?;
            let length = temporary.stream_position()?;
            temporary.as_file().set_len(length)?;
            temporary.as_file().sync_all()?;
            temporary.persist(&locked.store.file).map_err(|failed| failed.error)?;
            File::open(folder_of(&locked.store.file))?.sync_all()
        };
        write().map(|()| Written::Kept).map_err(|cause| locked.unwritten(cause))
    }
}

fn folder_of(file: &Path) -> &Path {
    file.parent().unwrap_or(Path::new("/"))
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
