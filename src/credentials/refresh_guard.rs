//! The right to renew one login, wherever it lives: in our own document, or in files of Hermes.
//!
//! What is read, noted and kept goes to the place of the login; who renews it need not know which
//! that is. What is noted about a refresh always stands in our own document, beside where the login
//! is said to be: Hermes would not know what to make of it.

use super::brv;
use super::document::{CredentialDocument, Login, LoginPlace, Sent};
use super::hermes::HermesGuard;
use super::login_slot::LoginSlot;
use super::store::{Locked, Reserved, Written};
use super::token::Identity;
use crate::core::failure::{Failure, Result};
use crate::core::files::Replacement;
use std::time::Duration;

/// The new pair is larger than the old one by less than this.
const ROOM_BYTES: usize = 48 * 1024;
/// How long Hermes may be at its login.
const LONGEST_WAIT: Duration = Duration::from_mins(1);

/// The login of a session, while no other process renews it.
pub(super) struct RefreshGuard<'h> {
    slot: &'h LoginSlot<'h>,
    locked: &'h Locked<'h>,
    longest_wait: Duration,
    contents: CredentialDocument,
    hermes: Option<HermesGuard>,
}

/// The room that was claimed for a new pair.
pub(super) enum ReservedFile<'h> {
    Here(Reserved<'h>),
    AtHermes(Vec<Replacement>),
}

impl<'h> RefreshGuard<'h> {
    /// Holds the login under the lock of our own document.
    pub(super) fn new(slot: &'h LoginSlot<'h>, locked: &'h Locked<'h>) -> Self {
        Self {
            slot,
            locked,
            longest_wait: LONGEST_WAIT,
            contents: CredentialDocument::default(),
            hermes: None,
        }
    }

    /// The same, and waits for no other process.
    pub(super) fn at_once(self) -> Self {
        Self { longest_wait: Duration::ZERO, ..self }
    }

    /// Reads the login again: another process may have changed it before the locks were ours.
    /// Where the login is one of Hermes, its locks are taken first and kept.
    ///
    /// # Errors
    /// As those of the place.
    pub(super) fn find(&mut self) -> Result<Option<Login>> {
        self.contents = self.locked.read()?;
        let key = &self.slot.key;
        let borrowed = match self.contents.place(key) {
            None => return Ok(None),
            Some(LoginPlace::Here(login)) => {
                self.hermes = None;
                return Ok(Some(login.clone()));
            }
            Some(LoginPlace::AtBrv(borrowed)) => return brv::login(borrowed, key).map(Some),
            Some(LoginPlace::AtHermes(borrowed)) => borrowed.clone(),
        };
        let mut held = match self.hermes.take() {
            Some(held) => held,
            None => HermesGuard::take(&borrowed, self.slot.interrupt, self.longest_wait)?,
        };
        let (login, mended) = held.read(&borrowed, key)?;
        self.hermes = Some(held);
        if mended {
            self.forget_sent();
        }
        Ok(Some(login))
    }

    /// Whether it lives in files of Hermes.
    pub(super) fn is_at_hermes(&self) -> bool {
        self.hermes.is_some()
    }

    /// Makes sure that a renewal ends no session of another program.
    ///
    /// # Errors
    /// Class `config`, where the login is one of Hermes and its second copy is missing.
    pub(super) fn check_renewable(&self) -> Result<()> {
        self.hermes.as_ref().map_or(Ok(()), HermesGuard::check_renewable)
    }

    /// Lays claim to the room for a new pair, so that a full disk fails before anything is sent.
    ///
    /// # Errors
    /// Class `config`.
    pub(super) fn reserve(&self) -> Result<ReservedFile<'h>> {
        match &self.hermes {
            Some(held) => held.claim().map(ReservedFile::AtHermes),
            None => {
                let size = serde_json::to_vec_pretty(&self.contents).map_or(0, |text| text.len());
                self.locked.reserve(size + ROOM_BYTES).map(ReservedFile::Here)
            }
        }
    }

    /// Notes durably what is known of the refresh of this login.
    ///
    /// # Errors
    /// Class `config`.
    pub(super) fn note(&mut self, login: &Login) -> Result<Written> {
        let key = &self.slot.key;
        if self.is_at_hermes() {
            if let Some(borrowed) = self.contents.borrowed_mut(key) {
                borrowed.sent = sent(login);
            }
        } else {
            self.contents.put(key, login.clone());
        }
        self.locked.try_write(&self.contents)
    }

    /// Keeps a new pair in the place of the login, durably.
    ///
    /// # Errors
    /// Class `config`, with the advice for a login that was renewed and could not be kept.
    pub(super) fn keep(&mut self, room: ReservedFile<'h>, login: &Login) -> Result<Written> {
        match (room, &self.hermes) {
            (ReservedFile::AtHermes(rooms), Some(held)) => {
                held.write(rooms, login)?;
                self.settle(login);
                Ok(Written::Kept)
            }
            (ReservedFile::Here(reserved), None) => {
                self.contents.put(&self.slot.key, login.clone());
                reserved.commit(&self.contents).map_err(unkept)
            }
            _ => Err(Failure::internal("the login has moved while it was renewed")),
        }
    }

    /// A pair that is in all files needs no note any more. One that stays is only a token that
    /// nobody has. A pair of another account is the login that is used from now on.
    fn settle(&mut self, login: &Login) {
        let identity = Identity::from_token(&login.access_token);
        if let Some(borrowed) = self.contents.borrowed_mut(&self.slot.key)
            && borrowed.identity().differs_from(&identity)
        {
            borrowed.organisation = identity.organisation;
            borrowed.subject = identity.subject;
            borrowed.sent = None;
            let _ = self.locked.try_write(&self.contents);
        }
        self.forget_sent();
    }

    fn forget_sent(&mut self) {
        if let Some(borrowed) = self.contents.borrowed_mut(&self.slot.key)
            && borrowed.sent.take().is_some()
        {
            let _ = self.locked.try_write(&self.contents);
        }
    }
}

/// What is noted of a refresh token that was sent.
fn sent(login: &Login) -> Option<Sent> {
    if login.refresh_inflight.is_none() && login.refresh_refused.is_none() {
        return None;
    }
    Some(Sent {
        token: login.refresh_token.as_ref()?.fingerprint(),
        inflight: login.refresh_inflight,
        refused: login.refresh_refused.clone(),
        because: login.refresh_refused_because.clone(),
    })
}

/// The advice for a login that was renewed and could not be kept.
pub(super) fn unkept(error: Failure) -> Failure {
    error.hint("The login was renewed, and the new one could not be stored: fix that, then run 'topup login'.")
}
