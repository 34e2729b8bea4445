//! The login of Hermes that a profile uses: read where it is, and held while it is renewed.

use super::super::document::{Borrowed, Key, Login, Sent, Unknown};
use super::super::secure_file;
use super::super::token::Identity;
use super::copies::Copies;
use super::copy::LOG_IN;
use super::installation::Files;
use crate::core::class::{Class, Recovery};
use crate::core::clock::SystemClock;
use crate::core::failure::{Failure, Result};
use crate::core::files::Replacement;
use crate::core::files::make_folder_of;
use crate::core::lock::Lock;
use crate::core::signals::Interrupt;
use crate::core::target::PortalTarget;
use crate::core::wait::Deadline;
use jiff::Timestamp;
use std::path::Path;
use std::time::Duration;

impl Borrowed {
    /// The login in these files, used in place from now on.
    pub fn new(
        key: &Key,
        portal: &PortalTarget,
        files: Files,
        identity: Identity,
        now: Timestamp,
    ) -> Self {
        Self {
            provider: key.provider.name().to_owned(),
            profile: key.profile.clone(),
            portal: key.portal.clone(),
            portal_url: portal.base.to_string(),
            auth_file: files.auth,
            shared_file: files.shared,
            since: now,
            organisation: identity.organisation,
            subject: identity.subject,
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
    /// As [`Copies::read`], and class `not_logged_in` when Hermes has no login there any more, or one
    /// of another account.
    pub(in super::super) fn read(&self, key: &Key) -> Result<(Login, bool)> {
        let copies = self.copies()?;
        let torn = self.sent.as_ref().is_some_and(|sent| copies.is_torn(sent));
        Ok((self.login(&copies, key)?, torn))
    }

    /// Makes sure that a renewal would not end the session of Hermes.
    ///
    /// # Errors
    /// As [`Copies::check_renewable`], and those of a login that cannot be read.
    pub(in super::super) fn check_renewable(&self) -> Result<()> {
        self.copies()?.check_renewable()
    }

    /// The copies at the portal that was chosen, of the account that was: one at least.
    fn copies(&self) -> Result<Copies> {
        let found = Copies::read(&self.files())?;
        let elsewhere = found.portal_url().map(str::to_owned);
        let copies = found.at(&self.portal);
        if copies.is_empty() {
            return Err(self.gone(elsewhere));
        }
        copies.check_one_account()?;
        let (chosen, now) = (self.identity(), copies.identity());
        if chosen.differs_from(&now) {
            let message = format!(
                "Hermes is logged in as {} now, and was as {} when its login was chosen",
                now.shown(),
                chosen.shown()
            );
            return Err(Failure::new(Class::NotLoggedIn, message)
                .hint("Run 'topup login --hermes' to use that one."));
        }
        Ok(copies)
    }

    fn gone(&self, elsewhere: Option<String>) -> Failure {
        let gone = format!("Hermes has no login at {} any more", self.portal);
        match elsewhere {
            Some(url) => Failure::new(Class::NotLoggedIn, format!("{gone}, but one at {url}"))
                .hint("Run 'topup login --hermes' to use that one."),
            None => {
                let (auth, shared) = (self.auth_file.display(), self.shared_file.display());
                let message = format!("{gone}, neither in {auth} nor in {shared}");
                Failure::new(Class::NotLoggedIn, message).hint(LOG_IN)
            }
        }
    }

    fn login(&self, copies: &Copies, key: &Key) -> Result<Login> {
        let lost = || Failure::internal("the login of Hermes got lost while it was read");
        copies.login(key, self.sent.as_ref()).ok_or_else(lost)
    }
}

/// A login of Hermes that no other process renews meanwhile.
pub(in super::super) struct HermesGuard {
    _locks: [Lock; 2],
    copies: Copies,
}

impl HermesGuard {
    /// Takes both locks, in the order that Hermes takes them in. They lie beside the names of the
    /// files, whatever these lead to.
    ///
    /// # Errors
    /// Class `config` when they are not free within this time, or the class of a signal.
    pub(in super::super) fn take(
        borrowed: &Borrowed,
        interrupt: &Interrupt,
        longest: Duration,
    ) -> Result<Self> {
        let clock = SystemClock::new(interrupt.clone());
        let deadline = Deadline::after(longest, &clock);
        let take = |file: &Path| {
            make_folder_of(file)?;
            let path = file.with_extension("lock");
            secure_file::lock(&path, interrupt, deadline.left(), || {
                Failure::config(format!(
                    "Hermes, or another program that renews its login, has held {} for a minute",
                    path.display()
                ))
                .hint("Find out what it waits for, or end it, then run the command again.")
                .recovery(Recovery::RetryLater)
            })
        };
        let locks = [take(&borrowed.auth_file)?, take(&borrowed.shared_file)?];
        Ok(Self { _locks: locks, copies: Copies::none() })
    }

    /// Reads the login again, and brings a copy that was left behind into step; `true` when there
    /// was one.
    ///
    /// # Errors
    /// As [`Borrowed::read`], and class `config` when that copy cannot be written.
    pub(in super::super) fn read(
        &mut self,
        borrowed: &Borrowed,
        key: &Key,
    ) -> Result<(Login, bool)> {
        self.copies = borrowed.copies()?;
        let login = borrowed.login(&self.copies, key)?;
        let mend = |sent: &Sent| self.copies.mend(sent, &login);
        let mended = borrowed.sent.as_ref().map(mend).transpose()?.unwrap_or_default();
        if mended {
            self.copies = borrowed.copies()?;
        }
        Ok((login, mended))
    }

    /// Makes sure that a renewal cannot end the session of Hermes.
    ///
    /// # Errors
    /// As [`Copies::check_renewable`].
    pub(in super::super) fn check_renewable(&self) -> Result<()> {
        self.copies.check_renewable()
    }

    /// Claims the room for a new pair.
    ///
    /// # Errors
    /// Class `config`.
    pub(in super::super) fn claim(&self) -> Result<Vec<Replacement>> {
        self.copies.claim()
    }

    /// Writes a new pair into every copy, durably.
    ///
    /// # Errors
    /// Class `config`, saying what was kept.
    pub(in super::super) fn write(&self, rooms: Vec<Replacement>, login: &Login) -> Result<()> {
        self.copies.write(rooms, login)
    }
}
