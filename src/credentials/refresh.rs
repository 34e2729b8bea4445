//! Renewing a login: the second thing here that may happen only once. The rules are in `renewal`;
//! this performs them, one action after the other.
//!
//! **Where the login is one of Hermes** all of this happens under its two locks as well:
//! `refresh_guard.rs` knows where a login lives.

use super::document::Login;
use super::exchange::{self, Came};
use super::login_slot::LoginSlot;
use super::oauth::{Issued, Refusal};
use super::refresh_guard::{RefreshGuard, ReservedFile, unkept};
use super::renewal::{
    LoginFound, RenewalAction, RenewalEnd, RenewalEvent, RenewalMachine, RenewalMoment,
};
use super::store::Written;
use super::token::{Identity, Token};
use crate::core::class::{Class, Recovery};
use crate::core::clock::Clock;
use crate::core::failure::{Failure, Result};
use crate::core::secret::Secret;
use crate::core::system::Renewal;
use crate::core::time;
use crate::core::wait::ShownWait;
use crate::http::Http;
use jiff::Timestamp;
use std::time::Duration;

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
        let mut run = Run::new(self, why, RefreshGuard::new(self.slot, &locked));
        let kept_in = self.slot.store.kept_in();
        let (mut machine, mut action) =
            RenewalMachine::new(kept_in, self.renews_early(), self.now());
        let mut shown = None;
        loop {
            let event = match action {
                RenewalAction::Done(end) => return run.end(end),
                RenewalAction::Wait(time) => {
                    let shown = shown.get_or_insert_with(|| ShownWait::begin(self.clock));
                    shown.goes_on(|| "another process, which renews this login".to_owned());
                    self.wait(time)?
                }
                action => run.perform(action),
            };
            action = machine.step(self.now(), event);
        }
    }

    /// Lets another machine go on.
    fn wait(&self, time: Duration) -> Result<RenewalEvent> {
        self.clock.wait(time).map(|()| RenewalEvent::Woke).map_err(|signal| {
            let message = "interrupted while another machine renews the login; nothing was sent";
            Failure::new(signal.class(), message)
        })
    }

    fn now(&self) -> RenewalMoment {
        RenewalMoment { wall: self.clock.now(), monotonic: self.clock.monotonic() }
    }

    /// Whether a token is renewed long before it ends: then trouble with that stops nothing.
    fn renews_early(&self) -> bool {
        matches!(self.slot.portal.system.facts().renewal, Renewal::AccessToken(_))
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

/// What a renewal has at hand.
struct Run<'r, 'h> {
    renewer: &'r Renewer<'r>,
    why: &'r Why<'r>,
    held: RefreshGuard<'h>,
    /// The login as it was found last.
    login: Option<Login>,
    room: Option<ReservedFile<'h>>,
    /// The access token of the pair that was sent.
    tried: Option<Secret>,
    /// The new pair.
    issued: Option<Box<Issued>>,
    renewed: Option<Login>,
    refusal: Option<Refusal>,
    /// Why the last action failed.
    error: Option<Failure>,
}

impl<'r, 'h> Run<'r, 'h> {
    fn new(renewer: &'r Renewer<'r>, why: &'r Why<'r>, held: RefreshGuard<'h>) -> Self {
        Self {
            renewer,
            why,
            held,
            login: None,
            room: None,
            tried: None,
            issued: None,
            renewed: None,
            refusal: None,
            error: None,
        }
    }

    fn perform(&mut self, action: RenewalAction) -> RenewalEvent {
        let done = match action {
            RenewalAction::Find => self.find(),
            RenewalAction::Claim => self.claim(),
            RenewalAction::Note => {
                let now = self.renewer.clock.now();
                self.note(|login| login.refresh_inflight = Some(now))
            }
            RenewalAction::Send => Ok(self.send()),
            RenewalAction::Keep => self.keep(),
            RenewalAction::Withdraw => self.note(|login| login.refresh_inflight = None),
            RenewalAction::Refuse => {
                let refusal = self.refusal.clone();
                self.note(|login| {
                    if let Some(refusal) = refusal {
                        login.refuse(refusal);
                    }
                })
            }
            RenewalAction::Wait(_) | RenewalAction::Done(_) => Ok(RenewalEvent::Woke),
        };
        done.unwrap_or_else(|error| {
            // What the system said before counts, not that its note could not be written.
            self.error.get_or_insert(error);
            RenewalEvent::Failed
        })
    }

    fn find(&mut self) -> Result<RenewalEvent> {
        if self.tried.is_none() {
            self.error = None;
        }
        let found = match self.held.find() {
            // A pair is at hand that is nowhere else.
            Err(error) if self.issued.is_some() => return Err(unkept(error)),
            found => found?,
        };
        let now = self.renewer.clock.now();
        let event = found.as_ref().map_or(RenewalEvent::NotThere, |login| {
            RenewalEvent::Found(LoginFound {
                is_wanted: self.why.holds(login, now),
                is_usable: self.why.leaves_usable(login, now),
                can_be_renewed: self.credential(login).is_some(),
                is_refused: login.refusal().is_some(),
                inflight: login.refresh_inflight,
                is_others: self.tried.as_ref().is_some_and(|tried| login.access_token != *tried),
            })
        });
        self.login = found;
        Ok(event)
    }

    fn credential(&self, login: &Login) -> Option<Secret> {
        exchange::credential(self.renewer.slot.portal, login)
    }

    fn claim(&mut self) -> Result<RenewalEvent> {
        if let Err(error) = self.held.check_renewable() {
            self.error = Some(error);
            return Ok(RenewalEvent::NotRenewable);
        }
        self.room = Some(self.held.reserve()?);
        Ok(RenewalEvent::Claimed)
    }

    fn note(&mut self, change: impl FnOnce(&mut Login)) -> Result<RenewalEvent> {
        let login = self.login.as_mut().ok_or_else(|| self.renewer.slot.no_login())?;
        change(login);
        self.held.note(login).map(event)
    }

    fn send(&mut self) -> RenewalEvent {
        let (http, portal) = (self.renewer.http, self.renewer.slot.portal);
        let Some((login, credential)) =
            self.login.as_ref().and_then(|login| Some((login, self.credential(login)?)))
        else {
            return RenewalEvent::Failed;
        };
        self.tried = Some(login.access_token.clone());
        match exchange::exchange(http, portal, login, &credential) {
            Came::Pair(issued) => {
                self.issued = Some(issued);
                RenewalEvent::Pair
            }
            Came::Dead(refusal) => {
                self.refusal = Some(refusal);
                RenewalEvent::Dead
            }
            Came::Unused(error) => {
                self.error = Some(error);
                RenewalEvent::Unused
            }
            Came::Lost(error) => {
                self.error = Some(error);
                RenewalEvent::Lost
            }
        }
    }

    /// Writes the new pair, durably, and only then hands it out.
    fn keep(&mut self) -> Result<RenewalEvent> {
        let lost = || Failure::internal("a renewed login got lost while it was kept");
        let issued = self.issued.as_ref().ok_or_else(lost)?;
        let mut login = self.login.clone().ok_or_else(lost)?;
        login.renew(issued, self.renewer.clock.now());
        let written = match self.room.take() {
            Some(room) => self.held.keep(room, &login)?,
            None => self.held.note(&login).map_err(unkept)?,
        };
        self.renewed = Some(login);
        Ok(event(written))
    }

    fn end(mut self, end: RenewalEnd) -> Result<Token> {
        let renewer = self.renewer;
        let no_login = || renewer.slot.no_login();
        let login = self.login.as_ref().ok_or_else(no_login);
        Err(match end {
            RenewalEnd::Stored => return Ok(login?.token()),
            RenewalEnd::Renewed => {
                let renewed = self.renewed.as_ref().ok_or_else(no_login)?;
                let is_ours = self.login.as_ref().is_some_and(|login| self.is_tried(login));
                if let Some(tried) = self.tried.as_ref().filter(|_| is_ours) {
                    same_account(tried, renewed)?;
                }
                return Ok(renewed.token());
            }
            RenewalEnd::NoLogin => no_login(),
            RenewalEnd::NothingToSend => {
                let message = "the login has expired, and cannot be renewed";
                renewer.over(login?, Class::NotLoggedIn, message)
            }
            RenewalEnd::Refused => {
                let login = login?;
                let refusal = self.refusal.take().or_else(|| login.refusal());
                refusal.map_or_else(no_login, |refusal| renewer.dead(login, &refusal))
            }
            RenewalEnd::LostSince(since) => {
                let message = format!(
                    "a machine began to renew this login at {}, and the answer is lost",
                    time::shown(since)
                );
                renewer.over(login?, Class::SessionRevoked, &message)
            }
            RenewalEnd::Conflict => conflict(),
            RenewalEnd::Unkept => unkept(conflict()),
            RenewalEnd::TooSlow => Failure::config(
                "writing down that the login is being renewed took too long; nothing was sent",
            )
            .hint("Run the command again.")
            .recovery(Recovery::RetryLater),
            RenewalEnd::Trouble => self.error.take().unwrap_or_else(no_login),
        })
    }

    /// Whether it is the login that was sent, and no other one that somebody put in its place.
    fn is_tried(&self, login: &Login) -> bool {
        self.tried.as_ref().is_some_and(|tried| login.access_token == *tried)
    }
}

fn event(written: Written) -> RenewalEvent {
    match written {
        Written::Kept => RenewalEvent::Written,
        Written::Conflict => RenewalEvent::Conflict,
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
        "the portal renewed this login for {}, but it was for {}; nothing else was sent",
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

#[cfg(test)]
#[path = "refresh_tests.rs"]
mod tests;
