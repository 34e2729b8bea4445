//! The logins, the one that is meant, and the system behind it.

use super::portal::usual_key;
use super::{Setup, once};
use crate::app::readings::ReadingMemory;
use crate::core::dialog::Silent;
use crate::core::env;
use crate::core::failure::{Failure, Result};
use crate::core::secret::Secret;
use crate::credentials::{CredentialCommand, Session, Store, Vault, VaultKeys};
use crate::provider::ledger::Budget;
use crate::provider::{self, Provider};
use crate::store::state::StateStore;
use jiff::Timestamp;
use std::sync::Arc;

impl Setup {
    /// The store of the logins: the file, the command that the profile names for it, or the store that
    /// machines share.
    ///
    /// # Errors
    /// Class `config` when there is no home, or for settings that cannot be used.
    pub fn store(&self) -> Result<Store> {
        once(&self.store, || {
            if self.is_sandbox()? {
                return self.login_file();
            }
            let settings = self.settings()?;
            let words = &settings.credential_command;
            if let Some(command) = CredentialCommand::from_words(words, &settings.profile) {
                let file = self.paths()?.credentials_file();
                return Ok(Store::kept_by(file, command, self.interrupt()));
            }
            let Some(shared) = self.state_store()? else { return self.login_file() };
            let vault = self.vault(&shared, &settings.profile)?;
            Ok(Store::in_vault(self.paths()?.credentials_file(), vault, self.interrupt()))
        })
        .cloned()
    }

    /// The logins of a profile in the store that machines share.
    ///
    /// # Errors
    /// Class `config` for a key that is none.
    pub fn vault(&self, shared: &Arc<StateStore>, profile: &str) -> Result<Vault> {
        // What holds a token of its own needs no key.
        let keys = self.variable(env::STATE_KEY)?.as_deref().map(VaultKeys::parse).transpose()?;
        Ok(Vault::new(Arc::clone(shared), keys, profile))
    }

    /// The file of the logins.
    ///
    /// # Errors
    /// Class `config` where the folders cannot be known.
    pub fn login_file(&self) -> Result<Store> {
        match &self.shared.logins {
            Some(store) => Ok(store.clone()),
            None => Ok(match self.paths_if_any()? {
                Some(paths) => Store::new(paths.credentials_file()),
                None => Store::nowhere(),
            }),
        }
    }

    /// The token from the environment. It belongs to a portal out there: the embedded sandbox
    /// never sees it.
    ///
    /// # Errors
    /// Class `usage` when it cannot be a token.
    pub fn given_token(&self) -> Result<Option<Secret>> {
        let Some(text) = self.variable(env::TOKEN)? else { return Ok(None) };
        if self.is_sandbox()? {
            return Ok(None);
        }
        let token = Secret::new(text.trim());
        if let Some(file) = &self.settings()?.redirected_by_project {
            // It is bound to no place: where it goes is not for a repository to choose.
            return Err(Failure::config(format!(
                "{} is not sent to the portal that {} chose",
                env::TOKEN,
                file.display()
            ))
            .hint("Choose the portal yourself, with --provider, --profile or --portal-url."));
        }
        if token.is_sendable() {
            return Ok(Some(token));
        }
        Err(Failure::usage(format!("{} does not hold a token", env::TOKEN))
            .hint("A token is one word of visible ASCII characters."))
    }

    /// The login of the portal, in use.
    ///
    /// # Errors
    /// As [`Setup::portal`], and class `usage` for a token in the environment that is none.
    pub fn session(&self) -> Result<Session<'_>> {
        // From here on somebody may be waited for: who is interrupted then still answers.
        self.interrupt().install()?;
        let portal = self.portal()?;
        Ok(Session::new(
            &self.http,
            self.interrupt(),
            portal,
            self.store()?,
            &self.settings()?.profile,
            self.given_token()?,
        )
        .with_usual(usual_key(portal, self.settings()?, &|name| self.variable(name))?)
        .with_clock(Arc::clone(&self.environment.clock)))
    }

    /// The login that shows the account, in use: that of the second service, where the balance is
    /// read at one.
    ///
    /// # Errors
    /// As [`Setup::session`].
    pub fn account_session(&self) -> Result<Session<'_>> {
        let session = self.session()?;
        Ok(session.at_gateway().unwrap_or(session))
    }

    /// Where what was read last of the account is remembered, and the host that reports it; none
    /// for one that is on this machine, and none without a home.
    ///
    /// # Errors
    /// As [`Setup::portal`].
    pub fn reading_memory(&self) -> Result<Option<(ReadingMemory, String)>> {
        let settings = self.settings()?;
        if !settings.system.has_logins() {
            return Ok(None);
        }
        let portal = self.portal()?;
        let mut words = vec![settings.system.name(), &portal.identity, &settings.profile];
        for (key, value) in &portal.account {
            words.extend([*key, value.as_str()]);
        }
        // Without a home nothing is remembered.
        let Some(paths) = self.paths_if_any()? else { return Ok(None) };
        let memory = ReadingMemory::new(&paths.readings_folder(), &words);
        Ok(Some((memory, portal.gateway.as_deref().unwrap_or(portal).host())))
    }

    /// When the login ends, where the system has logins.
    ///
    /// # Errors
    /// As [`Setup::session`].
    pub fn login_ends(&self) -> Result<Option<Timestamp>> {
        if !self.settings()?.system.has_logins() {
            return Ok(None);
        }
        self.session()?.ends()
    }

    /// The system that is meant.
    ///
    /// # Errors
    /// As [`Setup::session`].
    pub fn provider(&self) -> Result<Box<dyn Provider + '_>> {
        let settings = self.settings()?;
        if settings.system != provider::LEDGER {
            return provider::connect(self.session()?, &self.environment);
        }
        let mandate = match self.variable(env::LEDGER_MANDATE)? {
            Some(named) => Some(named),
            None => settings.mandate.clone(),
        };
        Ok(Box::new(Budget::new(
            self.ledger(&Silent)?,
            mandate,
            self.variable(env::LEDGER_USER)?,
            settings.profile_portal_url.clone(),
            self.is_sandbox()?,
        )))
    }
}
