//! Logging in: on a page of the portal, with a password, with a key that was made elsewhere, or
//! with the login that another program of this machine keeps. Each way is a file below; what comes
//! of all of them is [`Granted`].

pub(crate) mod answer;
pub(crate) mod borrowed;
pub(crate) mod device;
mod keep;
pub(crate) mod key;
pub(crate) mod password;

use crate::core::clock::Clock;
use crate::core::command::NextStep;
use crate::core::dialog::Report;
use crate::core::environment::Environment;
use crate::core::failure::Result;
use crate::core::target::PortalTarget;
use crate::credentials::token::SPENDING_SCOPE;
use crate::credentials::{Login, Session};
use crate::provider::{DollarAccount, PortalPage, Provider};

/// What every way of logging in needs.
#[derive(Clone, Copy)]
pub struct LoginParts<'a> {
    /// The portal, and the login that it has so far.
    pub session: &'a Session<'a>,
    /// The system behind the portal.
    pub provider: &'a dyn Provider,
    /// The clock, and the variables that say where a system has its files.
    pub environment: &'a Environment,
    /// Reports beside the answer.
    pub report: &'a dyn Report,
}

impl LoginParts<'_> {
    fn clock(&self) -> &dyn Clock {
        &*self.environment.clock
    }
}

/// A login that was granted, and what the account reported after it.
#[derive(Debug)]
pub struct Granted {
    /// The portal.
    pub portal: PortalTarget,
    /// The login as it was kept.
    pub login: Login,
    /// The role there, where the system reported it.
    pub role: Option<String>,
    /// Whether permission to spend was asked for.
    pub wanted_spending: bool,
    /// Whether it was granted, as the token answer says.
    pub can_spend: bool,
    /// The organisation's switch for spending, where the account was read.
    pub billing_enabled: Option<bool>,
    /// Whether a saved card is set up, where this role may see that.
    pub card_ready: Option<bool>,
    /// The page where both are changed.
    pub portal_url: Option<String>,
}

impl Granted {
    /// A login whose account was not read.
    pub fn new(portal: &PortalTarget, login: Login, wanted_spending: bool) -> Self {
        Self {
            portal: portal.clone(),
            can_spend: login.token().may(SPENDING_SCOPE),
            login,
            role: None,
            wanted_spending,
            billing_enabled: None,
            card_ready: None,
            portal_url: None,
        }
    }

    /// Reads the account: the permission is worth nothing while the organisation's switch is off
    /// or no card is set up.
    fn read_account(&mut self, parts: LoginParts<'_>) {
        let read = || -> Result<_> {
            let state = parts.provider.dollar_account().map(DollarAccount::read).transpose()?;
            Ok((state, parts.provider.page_link(PortalPage::Topup)?))
        };
        match read() {
            Ok((None, _)) => {}
            Ok((Some(state), link)) => {
                self.billing_enabled = state.billing_enabled;
                // A role that may not see the card cannot know whether there is one.
                self.card_ready = state.can_charge.then_some(state.card.is_some());
                self.portal_url =
                    Some(if state.portal_url.is_empty() { link } else { state.portal_url });
            }
            Err(error) => {
                let line = format!("The login was kept; the account could not be read: {error}.");
                parts.report.note(&NextStep::text(line));
            }
        }
    }
}

#[cfg(test)]
mod tests;
