//! Every copy of a login of Hermes that there is: which one counts, and how a new pair is written
//! into all of them.

use super::super::document::{Keeper, Key, Login, Sent, Unknown};
use super::super::token::Identity;
use super::copy::{Copy, Found, LOG_IN};
use super::installation::{Files, Installation};
use crate::core::class::Class;
use crate::core::env;
use crate::core::failure::{Failure, Result};
use crate::core::files::{self, FileAccess, Replacement};
use jiff::{SignedDuration, Timestamp};
use std::io;
use std::path::{Path, PathBuf};

/// The new pair is larger than the old one by less than this.
const ROOM_BYTES: usize = 48 * 1024;

/// Every copy of a login that there is; the one that is written first stands first.
pub struct Copies {
    copies: Vec<Copy>,
    /// Where the shared copy should be, where nothing is there. Something broken is something.
    shared_is_missing: Option<PathBuf>,
}

impl Copies {
    /// No copy at all.
    pub(super) const fn none() -> Self {
        Self { copies: Vec::new(), shared_is_missing: None }
    }

    /// Reads what is there. A shared copy that makes no sense is passed over, as Hermes does.
    ///
    /// # Errors
    /// Class `config` for a file that is not safe to use, class `not_logged_in` for one of a home
    /// that makes no sense.
    pub fn read(files: &Files) -> Result<Self> {
        // In the order in which they are written.
        let shared = Copy::shared(&files.shared)?;
        let home = Copy::in_home(&files.auth)?;
        let missing = (!files.shared.exists()).then(|| files.shared.clone());
        let mut copies = Vec::new();
        if let Found::Copy(copy) = shared {
            copies.push(*copy);
        }
        match home {
            Found::Copy(copy) => copies.push(*copy),
            Found::Broken(error) => return Err(error),
            Found::Nothing => {}
        }
        Ok(Self { copies, shared_is_missing: missing })
    }

    /// Finds the login that Hermes itself would use: that of the home, where it has one, else that of
    /// the root. Gives the files that hold it.
    ///
    /// # Errors
    /// As [`Copies::read`].
    pub fn find(installation: &Installation) -> Result<(Self, Files)> {
        let mut files = installation.files.clone();
        if let Some(root_auth) = &installation.root_auth
            && matches!(Copy::in_home(&files.auth)?, Found::Nothing)
        {
            files.auth.clone_from(root_auth);
        }
        Ok((Self::read(&files)?, files))
    }

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

    /// Whose login it is, as the freshest copy says.
    pub fn identity(&self) -> Identity {
        self.freshest().map(Copy::identity).unwrap_or_default()
    }

    /// Makes sure that all copies belong to one account.
    ///
    /// # Errors
    /// Class `not_logged_in`, naming both.
    pub fn check_one_account(&self) -> Result<()> {
        let [one, other] = self.copies.as_slice() else { return Ok(()) };
        let (first, second) = (one.identity(), other.identity());
        if !first.differs_from(&second) {
            return Ok(());
        }
        Err(Failure::new(
            Class::NotLoggedIn,
            format!(
                "Hermes has logins of two accounts: {} in {}, and {} in {}",
                first.shown(),
                one.file.display(),
                second.shown(),
                other.file.display()
            ),
        )
        .hint("Log in to Hermes with 'hermes auth add nous', then run 'topup login --hermes'."))
    }

    /// Makes sure that a renewal cannot end the session. Hermes keeps a second copy of each login and
    /// takes its refresh token over; where that copy is not known here, it would send a used one.
    ///
    /// # Errors
    /// Class `config`, naming where the copy was looked for.
    pub(super) fn check_renewable(&self) -> Result<()> {
        let Some(shared) = &self.shared_is_missing else { return Ok(()) };
        Err(Failure::config(format!(
            "the login of Hermes has to be renewed, and its second copy, which Hermes keeps in step, is not at {}; nothing was sent",
            shared.display()
        ))
        .hint_with(
            "Set {} to the folder of nous_auth.json, then run 'topup login --hermes'.",
            &[&env::HERMES_SHARED],
        )
        .hint("Or start Hermes: it renews the login itself."))
    }

    /// The files that hold it, the one of the home first.
    pub fn files(&self) -> Vec<PathBuf> {
        self.copies.iter().rev().map(|copy| copy.file.clone()).collect()
    }

    /// Whether there is one at all.
    pub(super) fn is_empty(&self) -> bool {
        self.copies.is_empty()
    }

    /// The freshest copy; of two that are as fresh the one of the home.
    fn freshest(&self) -> Option<&Copy> {
        self.copies.iter().reduce(|one, two| if one.is_fresher_than(two) { one } else { two })
    }

    /// The login as the freshest copy has it.
    pub fn login(&self, key: &Key, sent: Option<&Sent>) -> Option<Login> {
        let copy = self.freshest()?;
        let tokens = &copy.tokens;
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
            moving_to: None,
            account: None,
            keeper: Keeper::Hermes(self.files()),
            other: Unknown::default(),
        })
    }

    /// Whether a copy still holds a refresh token that was sent, where a fresher one has the next:
    /// the process that renewed it died in between.
    pub(super) fn is_torn(&self, sent: &Sent) -> bool {
        !self.left_behind(sent).is_empty()
    }

    fn left_behind(&self, sent: &Sent) -> Vec<&Copy> {
        if self.freshest().is_none_or(|copy| copy.holds(&sent.token)) {
            return Vec::new();
        }
        self.copies.iter().filter(|copy| copy.holds(&sent.token)).collect()
    }

    /// Brings the copies that were left behind into step; says whether there were any.
    ///
    /// # Errors
    /// Class `config` when one cannot be written.
    pub(super) fn mend(&self, sent: &Sent, login: &Login) -> Result<bool> {
        let behind = self.left_behind(sent);
        for copy in &behind {
            let text = copy.with(login)?;
            files::replace(&copy.file, text.as_bytes(), FileAccess::Private)
                .map_err(|cause| unwritten(&copy.file, cause))?;
        }
        Ok(!behind.is_empty())
    }

    /// The login with a time that makes it the freshest, even where the clock was set back.
    fn as_the_freshest(&self, login: &Login) -> Login {
        let latest = self.copies.iter().filter_map(|copy| copy.tokens.obtained_at).max();
        let after = latest.and_then(|time| time.checked_add(SignedDuration::from_micros(1)).ok());
        Login {
            obtained_at: login.obtained_at.max(after.unwrap_or(Timestamp::MIN)),
            ..login.clone()
        }
    }

    /// Claims the room for the new pair beside every copy.
    ///
    /// # Errors
    /// Class `config`.
    pub(super) fn claim(&self) -> Result<Vec<Replacement>> {
        let claim = |copy: &Copy| {
            // What a process of ours left there that died holds tokens, and is of no use.
            files::sweep(&copy.file);
            Replacement::new(&copy.file, FileAccess::Private)
                .and_then(|new| new.reserve(copy.text.len() + ROOM_BYTES))
                .map_err(|cause| unwritten(&copy.file, cause))
        };
        self.copies.iter().map(claim).collect()
    }

    /// Writes the pair into every copy. The rooms are those of [`Copies::claim`].
    ///
    /// # Errors
    /// Class `config`, saying what was kept.
    pub(super) fn write(&self, rooms: Vec<Replacement>, login: &Login) -> Result<()> {
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
                "The login of Hermes was renewed and is kept in {}; the next topup command corrects the other file.",
                kept.display()
            ))),
            (Some(error), None) => Err(error
                .hint("The login of Hermes was renewed, and the new one could not be kept.")
                .hint(LOG_IN)),
        }
    }
}

fn unwritten(file: &Path, cause: io::Error) -> Failure {
    Failure::config(format!("the login of Hermes cannot be written to {}: {cause}", file.display()))
        .because(anyhow::Error::new(cause))
        .hint("Make room, and the folder writable, then run the command again.")
}
