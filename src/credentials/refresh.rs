//! Renewing a login: the second thing here that may happen only once.
//!
//! A refresh token works a single time, and using it twice revokes the whole session. So one
//! process renews at a time: lock, read again and adopt what another process got, claim the
//! disk space, note durably that the refresh is under way, send it once, write the new pair before
//! anything else, and only then use it.
//!
//! **When the note of an earlier refresh is found** its process died, or never got its answer.
//! The refresh token may be used up, or may never have left the machine. Sending it again either
//! works (it never arrived) or revokes the session (it did). As long as the access token lives,
//! the session is worth more than a fresh token: it is used as it is. Once it is dead there is
//! nothing left to lose: without a refresh a person has to log in, and with a failed one just the
//! same; so it is sent once more. What the system refuses by a word is noted too, and never sent
//! again.
//!
//! **Where several machines share a login** through a credential command, the note is what keeps
//! them apart: only one of them can write it over the same version, and only that one sends. The
//! others wait for what it got, as long as its note is young.
//!
//! **Where the login is one of Hermes** all of this happens under its two locks as well:
//! `refresh_guard.rs` knows where a login lives.

use super::document::Login;
use super::exchange::{self, Came};
use super::login_slot::LoginSlot;
use super::oauth::{Issued, Refusal};
use super::refresh_guard::{RefreshGuard, ReservedFile, unkept};
use super::store::Written;
use super::token::{Identity, Token};
use crate::core::class::{Class, Recovery};
use crate::core::clock::Clock;
use crate::core::failure::{Failure, Result};
use crate::core::secret::Secret;
use crate::core::system::Renewal;
use crate::core::time;
use crate::core::wait::{Deadline, WaitEnd};
use crate::http::Http;
use jiff::Timestamp;
use std::time::Duration;

/// How long to wait for another machine that is renewing the same login.
const LONGEST_WAIT: Duration = Duration::from_mins(1);
/// Between two checks whether it is done.
const PAUSE: Duration = Duration::from_millis(500);
/// How often the new pair is written again when another machine was faster.
const MOST_CONFLICTS: usize = 5;

/// Why a renewal is wanted.
pub(super) enum Why<'a> {
    /// Less than this is left of the access token.
    Old(Duration),
    /// The system did not accept this access token.
    Rejected(&'a Secret),
}

impl Why<'_> {
    /// Whether the reason still holds for what is stored now.
    fn holds(&self, login: &Login, now: Timestamp) -> bool {
        match self {
            Self::Old(min_left) => login.is_old(*min_left, now),
            Self::Rejected(failed) => login.access_token == **failed,
        }
    }

    /// Whether the stored access token may be used where it cannot be renewed.
    fn leaves_usable(&self, login: &Login, now: Timestamp) -> bool {
        matches!(self, Self::Old(_)) && login.is_alive(now)
    }
}

/// What a renewal needs.
pub(super) struct Renewer<'a> {
    pub slot: &'a LoginSlot<'a>,
    pub http: &'a Http,
    pub clock: &'a dyn Clock,
}

impl Renewer<'_> {
    /// Renews the login, or adopts what another process renewed.
    ///
    /// # Errors
    /// Class `not_logged_in` or `session_revoked` when a person has to log in, `config` when the
    /// login cannot be kept, `network` when there was no answer.
    pub(super) fn renew(&self, why: &Why<'_>) -> Result<Token> {
        // From here on a first signal waits: dying between the request and the rename would cost the
        // login.
        self.slot.interrupt.install()?;
        let locked = self.slot.store.lock(self.slot.interrupt)?;
        let mut held = RefreshGuard::new(self.slot, &locked);
        let deadline = Deadline::after(LONGEST_WAIT, self.clock);
        loop {
            let may_wait = !deadline.left().is_zero();
            if let Some(token) = self.attempt(why, &mut held, may_wait)? {
                return Ok(token);
            }
            if let Err(WaitEnd::Stopped(signal)) = deadline.pause(PAUSE) {
                let message =
                    "interrupted while another machine renews the login; nothing was sent";
                return Err(Failure::new(signal.class(), message));
            }
        }
    }

    /// One attempt; `None` while another machine is at it and there is time to wait for it.
    fn attempt(
        &self,
        why: &Why<'_>,
        held: &mut RefreshGuard<'_>,
        may_wait: bool,
    ) -> Result<Option<Token>> {
        let slot = self.slot;
        let now = self.clock.now();
        let mut login = held.find()?.ok_or_else(|| slot.no_login())?;
        if !why.holds(&login, now) {
            return Ok(Some(login.token()));
        }
        let usable = why.leaves_usable(&login, now);
        let unless_usable = |login: &Login, error: Failure| {
            if usable { Ok(Some(login.token())) } else { Err(error) }
        };
        let Some(credential) = exchange::credential(slot.portal, &login) else {
            let message = "the login has run out, and cannot be renewed";
            return unless_usable(&login, self.over(&login, Class::NotLoggedIn, message));
        };
        if let Some(refusal) = login.refusal() {
            return unless_usable(&login, self.dead(&login, &refusal));
        }
        if let Some(since) = login.refresh_inflight {
            if usable {
                return Ok(Some(login.token()));
            }
            if slot.store.is_shared() && may_wait && is_recent(since, now) {
                return Ok(None);
            }
            if slot.store.is_in_vault() {
                // The one who sent it is gone with the answer. Sent twice it would end the session
                // of the whole fleet, and it is not for one of many machines to try.
                let message = format!(
                    "a machine began to renew this login at {}, and the answer is lost",
                    time::shown(since)
                );
                return Err(self.over(&login, Class::SessionRevoked, &message));
            }
        }
        if let Err(error) = held.check_renewable() {
            return unless_usable(&login, error);
        }
        let room = held.reserve()?;
        login.refresh_inflight = Some(now);
        if held.note(&login)? == Written::Conflict {
            // Another machine was faster: it renews, and this one checks again.
            return if may_wait { Ok(None) } else { Err(conflict()) };
        }
        match exchange::exchange(self.http, slot.portal, &login, &credential) {
            Came::Pair(issued) => self.keep(held, room, login, &issued).map(Some),
            Came::Dead(refusal) => self.adopt_or_end(held, &login, refusal).map(Some),
            Came::Unused(error) => {
                // Losing this note costs one early renewal, not the login.
                login.refresh_inflight = None;
                let _ = held.note(&login);
                if self.renews_early() { unless_usable(&login, error) } else { Err(error) }
            }
            Came::Lost(error) if self.renews_early() => unless_usable(&login, error),
            Came::Lost(error) => Err(error),
        }
    }

    /// Whether a token is renewed long before it ends: then trouble with that stops nothing.
    fn renews_early(&self) -> bool {
        matches!(self.slot.portal.system.facts().renewal, Renewal::AccessToken(_))
    }

    /// Writes the new pair, durably, and only then hands it out.
    fn keep<'h>(
        &self,
        held: &mut RefreshGuard<'h>,
        room: ReservedFile<'h>,
        mut login: Login,
        issued: &Issued,
    ) -> Result<Token> {
        let tried = login.access_token.clone();
        login.renew(issued, self.clock.now());
        let token = login.token();
        let mut written = held.keep(room, &login)?;
        for _ in 0..MOST_CONFLICTS {
            if written == Written::Kept {
                return same_account(&tried, &login).map(|()| token);
            }
            // Another machine changed something beside it, or somebody has logged in anew.
            let found = held.find().map_err(unkept)?;
            match found.filter(|login| login.access_token == tried) {
                Some(mut login) => {
                    login.renew(issued, self.clock.now());
                    written = held.note(&login).map_err(unkept)?;
                }
                None => return Ok(token),
            }
        }
        if written == Written::Kept { Ok(token) } else { Err(unkept(conflict())) }
    }

    /// What was sent is of no use: another process without our lock may have used it, and stored
    /// what it got. Nothing is deleted.
    fn adopt_or_end(
        &self,
        held: &mut RefreshGuard<'_>,
        tried: &Login,
        refusal: Refusal,
    ) -> Result<Token> {
        let mut login = held.find()?.ok_or_else(|| self.slot.no_login())?;
        if login.access_token != tried.access_token {
            return Ok(login.token());
        }
        let error = self.dead(&login, &refusal);
        // Without this note what was refused would be sent again by the next command, no more.
        login.refuse(refusal);
        let _ = held.note(&login);
        Err(error)
    }

    /// The error for what the system refused.
    fn dead(&self, login: &Login, refusal: &Refusal) -> Failure {
        let (class, message) = if refusal.ends_the_session() {
            (Class::SessionRevoked, "the portal has logged this session out")
        } else {
            (Class::NotLoggedIn, "the login is no longer accepted")
        };
        let mut error = match &refusal.description {
            Some(description) => self.over(login, class, &format!("{message}: {description}")),
            None => self.over(login, class, message),
        };
        error.parts_mut().code = Some(refusal.word.clone());
        error
    }

    fn over(&self, login: &Login, class: Class, message: &str) -> Failure {
        Failure::new(class, message).hint(self.slot.log_in_again(Some(login)))
    }
}

/// A login that was renewed for another account is kept, and said before anything is done with it.
fn same_account(tried: &Secret, login: &Login) -> Result<()> {
    let before = Identity::from_token(tried);
    let after = Identity::from_token(&login.access_token);
    if !before.differs_from(&after) {
        return Ok(());
    }
    let message = format!(
        "the portal renewed this login as {}, and it was one as {}; nothing else was sent",
        after.shown(),
        before.shown()
    );
    let mut error = Failure::new(Class::NotLoggedIn, message)
        .hint("Run the command again to go on with that account, or 'topup login' for another.");
    error.parts_mut().code = Some("account_changed".into());
    Err(error)
}

/// Another machine writes all the time.
fn conflict() -> Failure {
    Failure::config("other machines kept changing the logins while this one renewed its own")
        .hint("Run the command again.")
        .recovery(Recovery::RetryLater)
}

/// Whether a note is so young that its owner may still be waiting for the answer.
fn is_recent(since: Timestamp, now: Timestamp) -> bool {
    now.duration_since(since).unsigned_abs() < LONGEST_WAIT
}

#[cfg(test)]
#[path = "refresh_tests.rs"]
mod tests;
