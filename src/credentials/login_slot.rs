//! The one login that a portal and a profile have: where it is kept, and what is said where it is
//! missing.

use super::brv;
use super::document::{CredentialDocument, Keeper, Key, Login, LoginPlace};
use super::hermes;
use super::moving;
use super::store::Store;
use super::token::SPENDING_SCOPE;
use crate::core::class::Class;
use crate::core::command::NextStep;
use crate::core::failure::{Failure, Result};
use crate::core::signals::Interrupt;
use crate::core::target::PortalTarget;

/// The login of one portal and profile, wherever it is kept.
#[derive(Clone)]
pub(super) struct LoginSlot<'a> {
    pub portal: &'a PortalTarget,
    pub store: Store,
    pub key: Key,
    /// Where the other service of the system keeps its login, where one server is both: what is there
    /// is used where this service has none of its own.
    pub other: Option<Key>,
    pub interrupt: &'a Interrupt,
}

impl LoginSlot<'_> {
    /// The login, if there is one.
    ///
    /// # Errors
    /// Class `config` or `not_logged_in` when the files that hold it cannot be used.
    pub(super) fn login(&self) -> Result<Option<Login>> {
        let contents = self.store.document()?;
        match self.place(&contents) {
            None => Ok(None),
            Some(place) => self.read(place).map(|(login, _)| Some(login)),
        }
    }

    /// The login, and whether a process died while it wrote it.
    ///
    /// # Errors
    /// As [`LoginSlot::login`], and class `not_logged_in` where there is none.
    pub(super) fn stored(&self) -> Result<(Login, bool)> {
        let contents = self.store.document()?;
        self.read(self.place(&contents).ok_or_else(|| self.no_login())?)
    }

    fn place<'c>(&self, contents: &'c CredentialDocument) -> Option<LoginPlace<'c>> {
        contents.place(&self.key).or_else(|| contents.place(self.other.as_ref()?))
    }

    fn read(&self, place: LoginPlace<'_>) -> Result<(Login, bool)> {
        match place {
            LoginPlace::Here(Login { moving_to: Some(place), .. }) => Err(moving::is_moving(place)),
            LoginPlace::Here(login) => Ok((login.clone(), false)),
            LoginPlace::AtHermes(borrowed) => borrowed.read(&self.key),
            LoginPlace::AtBrv(borrowed) => Ok((brv::login(borrowed, &self.key)?, false)),
        }
    }

    /// The error where there is none.
    pub(super) fn no_login(&self) -> Failure {
        let facts = self.portal.system.facts();
        let host = self.portal.host();
        let place = if self.portal.sandbox { "the sandbox" } else { host.as_str() };
        let message = format!("there is no login at {place}");
        let error = Failure::new(Class::NotLoggedIn, message).hint(self.log_in_again(None));
        match (facts.key_variables, facts.shared_key_variables) {
            ([name, ..], _) => error.hint(format!("A key in {name} is used as well.")),
            ([], [name, ..]) => error.hint(format!(
                "{name} is the variable of other systems too: it is read where the profile says token_variable = \"{name}\"."
            )),
            ([], []) => error,
        }
    }

    /// What a person does to log in: what could spend before, asks for that again.
    pub(super) fn log_in_again(&self, held: Option<&Login>) -> NextStep {
        match held.map(|login| &login.keeper) {
            Some(Keeper::Hermes(_)) => return hermes::LOG_IN.into(),
            Some(Keeper::Brv(_)) => return brv::LOG_IN.into(),
            Some(Keeper::Topup) | None => {}
        }
        let spent = held.is_some_and(|login| login.token().may(SPENDING_SCOPE));
        NextStep::run(self.portal.login_command(spent))
    }
}
