//! The portal inside this program, as one command has it: started at its first use, with the login
//! that exists from the start.

use super::Setup;
use crate::core::env;
use crate::core::failure::{Failure, Result};
use crate::core::secret::Secret;
use crate::core::system::System;
use crate::core::target::{PortalTarget, is_sandbox};
use crate::credentials::{Key, Login};
use crate::sandbox;

impl Setup {
    /// Starts the portal inside this program. It runs as long as this process; its state outlives
    /// it. The login that exists from the start is taken into the store, once.
    pub(super) fn embedded(&self, system: System) -> Result<PortalTarget> {
        self.check_no_other_portal()?;
        let state = sandbox::Portal::open(&self.paths()?.sandbox_file())?;
        // A page that lives as long as one command cannot be used by a person: payments confirm
        // themselves.
        let options = sandbox::ServeOptions { auto_pay: true, ..sandbox::ServeOptions::default() };
        let running = state.serve(&options)?;
        let profile = &self.settings()?.profile;
        let contract = sandbox::Contract::named(system.name());
        let unclaimed = || match contract {
            Some(contract) => state.unclaimed_login(contract, profile),
            None => Ok((state.instance()?, None)),
        };
        let (instance, first) = unclaimed()?;
        let portal = PortalTarget::embedded(running.base_url().clone(), system, &instance);
        let key = Key {
            provider: portal.system,
            profile: profile.clone(),
            portal: portal.identity.clone(),
        };
        if first.is_some() {
            let store = self.store()?;
            let locked = store.lock(self.interrupt())?;
            let mut contents = locked.read_for_login()?;
            // Another run may have taken it while this one waited, or begun the sandbox anew.
            if contents.login(&key).is_none()
                && let (now, Some(first)) = unclaimed()?
                && now == instance
            {
                // Logins of a sandbox that was reset are of no use any more.
                let gone = |other: &str| is_sandbox(other) && other != key.portal;
                contents.logins.retain(|login| !gone(&login.portal));
                contents.pending.retain(|login| !gone(&login.portal));
                contents.put(&key, first_login(&key, &portal, first));
                locked.write(&contents)?;
            }
            // A crash before this line only makes the next run find the login in its place.
            if let Some(contract) = contract {
                state.claim_login(&instance, contract, profile)?;
            }
        }
        let _ = self.embedded.set((state, running));
        Ok(portal)
    }

    /// The sandbox is a portal of its own: naming another one beside it is a mistake. Only a
    /// variable that stands for all commands is silently less than a flag of this one.
    fn check_no_other_portal(&self) -> Result<()> {
        let Some(url) = self.options.portal_url.as_ref().filter(|url| !url.trim().is_empty())
        else {
            return Ok(());
        };
        let url_from_variable = self.variable(env::PORTAL_URL)?.as_ref() == Some(url);
        let sandbox_from_variable = self.environment.variables.is_on(env::SANDBOX);
        if url_from_variable && self.options.sandbox && !sandbox_from_variable {
            return Ok(());
        }
        let refused = Failure::usage("the sandbox and another portal cannot be used together");
        if !self.options.sandbox {
            let profile = &self.settings()?.profile;
            return Err(refused.hint(format!(
                "The profile '{profile}' uses the sandbox: leave out --portal-url ({}), or name another profile.",
                env::PORTAL_URL
            )));
        }
        Err(refused.hint(format!(
            "Leave out --sandbox ({}) or --portal-url ({}).",
            env::SANDBOX,
            env::PORTAL_URL
        )))
    }

    /// Approves a login on the embedded portal, as a person would on its page.
    ///
    /// # Errors
    /// Class `usage` where there is no embedded portal.
    pub fn approve_in_sandbox(&self, user_code: &str) -> Result<()> {
        self.portal()?;
        match self.embedded.get() {
            Some((state, _)) => state.approve(user_code, true).map(|_| ()),
            None => Err(Failure::usage(
                "only a login at the built-in sandbox can be approved from here",
            )
            .hint("Add --sandbox, or approve it on the page that is printed.")),
        }
    }
}

/// The first login of a sandbox, as it is kept.
fn first_login(key: &Key, portal: &PortalTarget, first: sandbox::Login) -> Login {
    let token = Secret::new(first.access_token);
    let mut login = Login::bare(key, &portal.base, token, first.obtained_at);
    login.client_id = first.client_id;
    login.token_type = first.token_type;
    login.refresh_token = first.refresh_token.map(Secret::new);
    login.scope = first.scope;
    login.expires_at = first.expires_at;
    login.approved_at = first.approved_at;
    login.account = first.account;
    login
}
