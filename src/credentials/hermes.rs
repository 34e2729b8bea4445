//! A login of Hermes, used in place: read from its files, renewed under its locks, written back
//! into them, and copied nowhere. Contract: nous, existing Hermes logins.
//!
//! Hermes keeps a login twice: in `auth.json` of its home, as the object `providers.nous`, and in
//! `nous_auth.json`, which all homes share. The fresher copy counts. Whoever renews the login
//! holds `auth.lock`, then `nous_auth.lock`, from reading to writing.
//!
//! **The shared copy is written first.** Hermes takes over the shared one whenever the refresh
//! tokens of the two differ. Written in the other order, a crash in between would let Hermes send
//! the refresh token that was used already, and that ends the session.
//!
//! **A copy that is missing is not made up**, and one that belongs to another portal is left
//! alone: what is there is kept in step, and nothing else.

mod text;

use super::document::{Borrowed, Key, Login, Sent, Unknown};
use super::secure_file::{self, place_of};
use super::{Claims, jwt, oauth};
use crate::config::paths::make_folder_of;
use crate::core::class::{Class, Recovery};
use crate::core::command::NextStep;
use crate::core::env;
use crate::core::failure::{Failure, Result};
use crate::core::files::{self, Access, Replacement};
use crate::core::lock::Lock;
use crate::core::secret::Secret;
use crate::core::signals::Interrupt;
use crate::core::target::Portal;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use text::Object;

/// The one system that Hermes has logins at.
pub const SYSTEM: &str = "nous";
/// What helps where Hermes has no login that works.
pub const LOG_IN: &str = "Log in to Hermes with 'hermes auth add nous', or run 'topup login' for a login of topup's own.";
/// The new pair is larger than the old one by less than this.
const ROOM_BYTES: usize = 48 * 1024;
/// What Hermes calls a guest that has no account.
const GUEST: &str = "anonymous";

/// The two files that can hold a login of Hermes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Files {
    /// `auth.json` of one home.
    pub auth: PathBuf,
    /// `nous_auth.json`, the copy that all homes share.
    pub shared: PathBuf,
}

impl Files {
    /// The files of a home of Hermes. `usual` is the home that it has when nothing else is said,
    /// `shared` the folder of the shared copy where it was named.
    pub fn of(home: Option<PathBuf>, shared: Option<PathBuf>, usual: &Path) -> Self {
        let home = home.unwrap_or_else(|| usual.to_owned());
        let shared = shared.unwrap_or_else(|| root_of(&home, usual).join("shared"));
        Self { auth: home.join("auth.json"), shared: shared.join("nous_auth.json") }
    }

    /// Reads what is there.
    ///
    /// # Errors
    /// Class `config` for a file that is not safe to use, class `not_logged_in` for one that makes
    /// no sense.
    pub fn read(&self) -> Result<Copies> {
        let mut copies = Vec::new();
        // In the order in which they are written.
        for (file, path) in [(&self.shared, &[][..]), (&self.auth, &["providers", "nous"][..])] {
            copies.extend(Copy::read(file, path)?);
        }
        Ok(Copies { copies })
    }

    /// Takes both locks, in the order that Hermes takes them in.
    ///
    /// # Errors
    /// Class `config` when they are not free within this time, or the class of a signal.
    fn lock(&self, interrupt: &Interrupt, longest: Duration) -> Result<Locks> {
        let end = Instant::now() + longest;
        let take = |file: &Path| {
            make_folder_of(file)?;
            let path = file.with_extension("lock");
            let left = end.saturating_duration_since(Instant::now());
            secure_file::lock(&path, interrupt, left, || {
                Failure::config(format!(
                    "Hermes, or whatever else renews its login, has held {} for a minute",
                    path.display()
                ))
                .hint("See what it waits for, or end it, then run the command again.")
                .recovery(Recovery::RetryLater)
            })
        };
        Ok(Locks { _auth: take(&self.auth)?, _shared: take(&self.shared)? })
    }
}

/// The root of a home: homes of profiles lie below it, and the shared copy does.
fn root_of(home: &Path, usual: &Path) -> PathBuf {
    if home.starts_with(usual) {
        return usual.to_owned();
    }
    let folder = home.parent().filter(|folder| folder.ends_with("profiles"));
    folder.and_then(Path::parent).unwrap_or(home).to_owned()
}

/// The right to renew a login of Hermes, until it is dropped.
#[derive(Debug)]
struct Locks {
    _auth: Lock,
    _shared: Lock,
}

/// One copy of a login. Never shown as it is: there are tokens in its text.
struct Copy {
    file: PathBuf,
    path: &'static [&'static str],
    text: String,
    portal_url: String,
    login: Tokens,
}

/// What a copy says.
struct Tokens {
    client_id: String,
    token_type: String,
    access_token: Secret,
    refresh_token: Option<Secret>,
    scope: String,
    expires_at: Option<Timestamp>,
    obtained_at: Option<Timestamp>,
}

impl Copy {
    /// Reads one file; `None` where it is missing or holds no login.
    fn read(file: &Path, path: &'static [&'static str]) -> Result<Option<Self>> {
        let broken = |why: &str| {
            let told = format!("the login of Hermes in {} cannot be read: {why}", file.display());
            Failure::new(Class::NotLoggedIn, told).hint(LOG_IN)
        };
        let Some(bytes) = secure_file::read(file).map_err(|error| at_home(file, error))? else {
            return Ok(None);
        };
        if secure_file::is_blank(&bytes) {
            return Err(broken("there is nothing in it"));
        }
        let text = String::from_utf8(bytes).map_err(|_| broken("it is no text"))?;
        let Some(object) = Object::at(&text, path).map_err(|cause| broken(&place_of(&cause)))?
        else {
            return Ok(None);
        };
        let words = |key: &str| match object.get(key) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.trim().to_owned()).filter(|t| !t.is_empty())),
            Some(_) => Err(broken(&format!("its {key} is no text"))),
        };
        let secret = |key: &str| match words(key)?.map(Secret::new) {
            Some(secret) if !secret.is_sendable() => {
                Err(broken(&format!("its {key} has characters that cannot be sent")))
            }
            secret => Ok(secret),
        };
        let Some(access_token) = secret("access_token")? else { return Ok(None) };
        if words("auth_method")?.as_deref() == Some(GUEST) {
            return Ok(None);
        }
        let Some(portal_url) = words("portal_base_url")? else {
            return Err(broken("it does not say which portal it belongs to (portal_base_url)"));
        };
        let claims: Claims = jwt::claims(access_token.expose());
        let time = |key: &str| object.get(key).and_then(|value| time_in(&value));
        let login = Tokens {
            client_id: words("client_id")?.unwrap_or_else(|| oauth::CLIENT_ID.to_owned()),
            token_type: words("token_type")?.unwrap_or_else(|| "Bearer".to_owned()),
            refresh_token: secret("refresh_token")?,
            scope: words("scope")?
                .or_else(|| claims.scopes.map(|words| words.join(" ")))
                .unwrap_or_default(),
            expires_at: time("expires_at").or(claims.expires_at),
            obtained_at: time("obtained_at").or(claims.issued_at),
            access_token,
        };
        Ok(Some(Self { file: file.to_owned(), path, portal_url, login, text }))
    }

    /// The origin that its tokens belong to.
    fn origin(&self) -> Option<String> {
        let url = crate::core::base_url::base_url(&self.portal_url, true).ok()?;
        Some(url.origin().ascii_serialization())
    }

    fn holds(&self, fingerprint: &str) -> bool {
        self.login.refresh_token.as_ref().is_some_and(|token| token.fingerprint() == fingerprint)
    }

    fn is_fresher_than(&self, other: &Self) -> bool {
        let (one, two) = (&self.login, &other.login);
        match (one.obtained_at, two.obtained_at) {
            (Some(one), Some(two)) if one != two => one > two,
            _ => one.expires_at > two.expires_at,
        }
    }

    /// The text of the file with these tokens in it.
    fn with(&self, login: &Login) -> Result<String> {
        let secret = |secret: &Secret| Value::from(secret.expose());
        let time = |time: Option<Timestamp>| time.map_or(Value::Null, |time| written(time).into());
        let mut changes = vec![
            ("access_token", secret(&login.access_token)),
            ("token_type", login.token_type.as_str().into()),
            ("scope", login.scope.as_str().into()),
            ("obtained_at", time(Some(login.obtained_at))),
            ("expires_at", time(login.expires_at)),
        ];
        changes.extend(login.refresh_token.iter().map(|token| ("refresh_token", secret(token))));
        let lost = || Failure::internal("the login of Hermes got lost while it was renewed");
        let object = Object::at(&self.text, self.path).ok().flatten().ok_or_else(lost)?;
        if object.has("expires_in") {
            let left = login.expires_at.map(|ends| ends.duration_since(login.obtained_at));
            changes.push(("expires_in", left.map(|left| left.as_secs()).into()));
        }
        Ok(object.with(&changes))
    }
}

/// Where the common advice is wrong for files that belong to Hermes: a second file with the same
/// tokens would end the session.
fn at_home(file: &Path, error: Failure) -> Failure {
    let mut error = error;
    let named = format!("{} and {}", env::HERMES_HOME, env::HERMES_SHARED);
    if fs::symlink_metadata(file).is_ok_and(|found| found.is_symlink()) {
        error.parts_mut().hints = vec![NextStep::filled(
            "Set {} to the folders of the files themselves, then run 'topup login --hermes'.",
            &[&named],
        )];
    } else if file.parent().is_some_and(|folder| folder.exists() && !folder.is_dir()) {
        error.parts_mut().hints = vec![NextStep::filled(
            "Set {} to folders, then run 'topup login --hermes'.",
            &[&named],
        )];
    }
    error
}

/// Every copy of a login that there is; the one that is written first stands first.
pub struct Copies {
    copies: Vec<Copy>,
}

impl Copies {
    /// Those that belong to this portal.
    #[must_use]
    pub fn at(mut self, portal: &str) -> Self {
        self.copies.retain(|copy| copy.origin().as_deref() == Some(portal));
        self
    }

    /// The base URL of the freshest one; `None` where there is no copy at all.
    pub fn portal_url(&self) -> Option<&str> {
        self.freshest().map(|copy| copy.portal_url.as_str())
    }

    /// The files that hold it, the one of the home first.
    pub fn files(&self) -> Vec<PathBuf> {
        self.copies.iter().rev().map(|copy| copy.file.clone()).collect()
    }

    /// The freshest copy; of two that are as fresh the one of the home.
    fn freshest(&self) -> Option<&Copy> {
        self.copies.iter().reduce(|one, two| if one.is_fresher_than(two) { one } else { two })
    }

    /// The login as the freshest copy has it.
    pub fn login(&self, key: &Key, sent: Option<&Sent>) -> Option<Login> {
        let copy = self.freshest()?;
        let tokens = &copy.login;
        let sent = sent.filter(|sent| copy.holds(&sent.token));
        Some(Login {
            provider: key.provider.name().to_owned(),
            profile: key.profile.clone(),
            portal: key.portal.clone(),
            portal_url: copy.portal_url.clone(),
            client_id: tokens.client_id.clone(),
            token_type: tokens.token_type.clone(),
            access_token: tokens.access_token.clone(),
            refresh_token: tokens.refresh_token.clone(),
            scope: tokens.scope.clone(),
            expires_at: tokens.expires_at,
            obtained_at: tokens.obtained_at.unwrap_or(Timestamp::UNIX_EPOCH),
            // Hermes does not note it, and the thirty days count from there.
            approved_at: None,
            refresh_inflight: sent.and_then(|sent| sent.inflight),
            refresh_refused: sent.and_then(|sent| sent.refused.clone()),
            refresh_refused_because: sent.and_then(|sent| sent.because.clone()),
            account: None,
            at_hermes: self.files(),
            other: Unknown::default(),
        })
    }

    /// The copies that still hold a refresh token that was sent, where a fresher one has the next:
    /// whoever renewed it died in between.
    fn left_behind(&self, sent: &Sent) -> Vec<&Copy> {
        if self.freshest().is_none_or(|copy| copy.holds(&sent.token)) {
            return Vec::new();
        }
        self.copies.iter().filter(|copy| copy.holds(&sent.token)).collect()
    }

    /// The login with a time that makes it the freshest, even where the clock was set back.
    fn as_the_freshest(&self, login: &Login) -> Login {
        let latest = self.copies.iter().filter_map(|copy| copy.login.obtained_at).max();
        let after = latest.and_then(|time| time.checked_add(SignedDuration::from_micros(1)).ok());
        Login {
            obtained_at: login.obtained_at.max(after.unwrap_or(Timestamp::MIN)),
            ..login.clone()
        }
    }

    /// Claims the room for the new pair beside every copy.
    fn claim(&self) -> Result<Vec<Replacement>> {
        let claim = |copy: &Copy| {
            // What somebody of ours left there who died holds tokens, and nobody needs it.
            files::sweep(&copy.file);
            Replacement::new(&copy.file, Access::Private)
                .and_then(|new| new.reserve(copy.text.len() + ROOM_BYTES))
                .map_err(|cause| unwritten(&copy.file, cause))
        };
        self.copies.iter().map(claim).collect()
    }

    /// Writes the pair into every copy. The rooms are those of [`Copies::claim`].
    fn write(&self, rooms: Vec<Replacement>, login: &Login) -> Result<()> {
        let login = &self.as_the_freshest(login);
        let mut failed = None;
        let mut kept = None;
        for (copy, room) in self.copies.iter().zip(rooms) {
            let done = copy.with(login).and_then(|text| {
                room.commit(text.as_bytes()).map_err(|cause| unwritten(&copy.file, cause))
            });
            match done {
                Ok(()) => kept = Some(&copy.file),
                Err(error) => failed = Some(error),
            }
        }
        match (failed, kept) {
            (None, _) => Ok(()),
            (Some(error), Some(kept)) => Err(error.hint(format!(
                "The login of Hermes was renewed and is kept in {}; the next command of topup puts the other file right.",
                kept.display()
            ))),
            (Some(error), None) => Err(error.hint(format!(
                "The login of Hermes was renewed, and the new one could not be kept. {LOG_IN}"
            ))),
        }
    }
}

fn unwritten(file: &Path, cause: io::Error) -> Failure {
    Failure::config(format!("the login of Hermes cannot be written to {}: {cause}", file.display()))
        .because(anyhow::Error::new(cause))
        .hint("Make room, and the folder writable, then run the command again.")
}

impl Borrowed {
    /// The login in these files, used in place from now on.
    pub fn of(key: &Key, portal: &Portal, files: Files, now: Timestamp) -> Self {
        Self {
            provider: key.provider.name().to_owned(),
            profile: key.profile.clone(),
            portal: key.portal.clone(),
            portal_url: portal.base.to_string(),
            auth_file: files.auth,
            shared_file: files.shared,
            since: now,
            sent: None,
            other: Unknown::default(),
        }
    }

    /// The two files.
    pub fn files(&self) -> Files {
        Files { auth: self.auth_file.clone(), shared: self.shared_file.clone() }
    }

    /// Reads the login where it is; `true` beside it where one copy was left behind.
    ///
    /// # Errors
    /// As [`Files::read`], and class `not_logged_in` when Hermes has no login there any more.
    pub(super) fn read(&self, key: &Key) -> Result<(Login, bool)> {
        let copies = self.copies()?;
        let torn = self.sent.as_ref().is_some_and(|sent| !copies.left_behind(sent).is_empty());
        Ok((self.login(&copies, key)?, torn))
    }

    /// The copies at the portal that was chosen: one at least.
    fn copies(&self) -> Result<Copies> {
        let found = self.files().read()?;
        let elsewhere = found.portal_url().map(str::to_owned);
        let copies = found.at(&self.portal);
        if copies.freshest().is_some() {
            return Ok(copies);
        }
        let gone = format!("Hermes has no login at {} any more", self.portal);
        Err(match elsewhere {
            Some(url) => Failure::new(Class::NotLoggedIn, format!("{gone}, but one at {url}"))
                .hint("Run 'topup login --hermes' to use that one."),
            None => {
                let (auth, shared) = (self.auth_file.display(), self.shared_file.display());
                let told = format!("{gone}, neither in {auth} nor in {shared}");
                Failure::new(Class::NotLoggedIn, told).hint(LOG_IN)
            }
        })
    }

    fn login(&self, copies: &Copies, key: &Key) -> Result<Login> {
        let lost = || Failure::internal("the login of Hermes got lost while it was read");
        copies.login(key, self.sent.as_ref()).ok_or_else(lost)
    }
}

/// A login of Hermes that nobody else renews meanwhile.
pub(super) struct RefreshGuard {
    _locks: Locks,
    copies: Copies,
}

impl RefreshGuard {
    /// Takes the locks.
    ///
    /// # Errors
    /// Class `config` when they are not free within this time, or the class of a signal.
    pub(super) fn take(
        borrowed: &Borrowed,
        interrupt: &Interrupt,
        longest: Duration,
    ) -> Result<Self> {
        let locks = borrowed.files().lock(interrupt, longest)?;
        Ok(Self { _locks: locks, copies: Copies { copies: Vec::new() } })
    }

    /// Reads the login again, and brings a copy that was left behind into step; `true` when there
    /// was one.
    ///
    /// # Errors
    /// As [`Borrowed::read`], and class `config` when that copy cannot be written.
    pub(super) fn read(&mut self, borrowed: &Borrowed, key: &Key) -> Result<(Login, bool)> {
        self.copies = borrowed.copies()?;
        let login = borrowed.login(&self.copies, key)?;
        let behind = borrowed.sent.as_ref().map(|sent| self.copies.left_behind(sent));
        let behind = behind.unwrap_or_default();
        for copy in &behind {
            let text = copy.with(&login)?;
            files::replace(&copy.file, text.as_bytes(), Access::Private)
                .map_err(|cause| unwritten(&copy.file, cause))?;
        }
        let mended = !behind.is_empty();
        if mended {
            self.copies = borrowed.copies()?;
        }
        Ok((login, mended))
    }

    /// Claims the room for a new pair.
    ///
    /// # Errors
    /// Class `config`.
    pub(super) fn claim(&self) -> Result<Vec<Replacement>> {
        self.copies.claim()
    }

    /// Writes a new pair into every copy, durably.
    ///
    /// # Errors
    /// Class `config`, saying what was kept.
    pub(super) fn write(&self, rooms: Vec<Replacement>, login: &Login) -> Result<()> {
        self.copies.write(rooms, login)
    }
}

/// A time as Hermes writes it, or as anybody would: ISO 8601 with an offset, with `Z`, or with
/// neither, which means UTC.
fn time_in(value: &Value) -> Option<Timestamp> {
    let text = value.as_str()?.trim();
    text.parse().ok().or_else(|| {
        let time: DateTime = text.parse().ok()?;
        time.to_zoned(TimeZone::UTC).ok().map(|zoned| zoned.timestamp())
    })
}

/// A time in the form that Hermes writes and every version of it reads.
fn written(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%S%.6f+00:00").to_string()
}

#[cfg(test)]
#[path = "hermes_tests.rs"]
mod tests;
