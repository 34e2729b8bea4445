//! What one billing system can do: a trait with a method for each capability, and the small traits
//! and values of those that have no file of their own.

use super::balances::RowState;
use super::charges::Charges;
use super::dollars::DollarAccount;
use super::packs::Packs;
use super::plans::Plans;
use super::state::State;
use super::teams::Teams;
use super::transactions::Transactions;
use crate::core::class::Class;
use crate::core::failure::{Failure, Result};
use crate::core::money::Amount;
use crate::core::secret::Secret;
use crate::core::system::System;
use crate::credentials::Token;
use crate::http::{Presented, Request};

/// A page of the system's web site that a command can send a person to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum PortalPage {
    /// Buy credits, see the card and auto-reload.
    Topup,
    /// Choose another plan.
    Plan,
    /// Change the monthly limit.
    Limit,
}

/// What one billing system can do. A capability that is `None` is not offered by it.
pub trait Provider {
    /// Which system this is.
    fn system(&self) -> System;

    /// The absolute link of a page, where the system has pages, without asking the network.
    fn link(&self, page: PortalPage) -> Option<String>;

    /// Asks the system once for what the exact link of this page has in it, where it is not known yet
    /// and the login works as it is. Nothing is renewed for it, and nothing fails by it.
    fn complete_link(&self, page: PortalPage) {
        let _ = page;
    }

    /// Reads the account's state.
    fn state(&self) -> Result<State>;

    /// The request that a look at the account begins with, and how the secret is shown with it:
    /// for commands that only check whether the system answers. None without a portal.
    fn first_look(&self) -> Option<(Request, Presented)>;

    /// Asks once for what the key shows, to know whether it is accepted.
    ///
    /// # Errors
    /// Class `not_logged_in` when it is not, `config` when what is asked for is not known; else
    /// what the answer means.
    fn check_key(&self) -> Result<()>;

    /// What can be wrong at this system alone, beside the way to it and the login: files of other
    /// programs that it goes by, and with `asks` what it tells without a token.
    fn findings(&self, asks: bool) -> Vec<Finding> {
        let _ = asks;
        Vec::new()
    }

    /// The account where it is counted in dollars and sells from a terminal.
    fn dollar_account(&self) -> Option<&dyn DollarAccount> {
        None
    }

    /// Buying credits.
    fn charges(&self) -> Option<&dyn Charges> {
        None
    }

    /// Configuring auto-reload.
    fn auto_reload(&self) -> Option<&dyn AutoReloading> {
        None
    }

    /// Telling who a login is.
    fn accounts(&self) -> Option<&dyn Accounts> {
        None
    }

    /// Logging in with a username and a password.
    fn password_login(&self) -> Option<&dyn PasswordLogin> {
        None
    }

    /// Billing by team.
    fn teams(&self) -> Option<&dyn Teams> {
        None
    }

    /// The teams of a system that has some.
    ///
    /// # Errors
    /// Class `unsupported`, with the page where it is done.
    fn required_teams(&self) -> Result<&dyn Teams> {
        self.teams().ok_or_else(|| self.unsupported("teams", PortalPage::Topup))
    }

    /// Selling packs of uses that a person pays for in a browser.
    fn packs(&self) -> Option<&dyn Packs> {
        None
    }

    /// Plans of a subscription.
    fn plans(&self) -> Option<&dyn Plans> {
        self.charges().and_then(Charges::plans)
    }

    /// Limits that bind beside a balance.
    fn limits(&self) -> Option<&dyn BalanceLimits> {
        None
    }

    /// Listing what moved in the account.
    fn transactions(&self) -> Option<&dyn Transactions> {
        None
    }

    /// The link of a page of a system that has pages.
    ///
    /// # Errors
    /// Class `unsupported` where it has none.
    fn page_link(&self, page: PortalPage) -> Result<String> {
        self.link(page).ok_or_else(|| self.unsupported("a page", page))
    }

    /// Class `unsupported` for a capability this system does not have.
    fn unsupported(&self, what: &str, page: PortalPage) -> Failure {
        let message = format!("{} does not offer {what}", self.system().title());
        match self.link(page) {
            Some(link) => Failure::new(Class::Unsupported, format!("{message} from a terminal"))
                .hint("Use {page}:")
                .link(link),
            None => Failure::new(Class::Unsupported, message)
                .hint("'topup help ledger' shows what it offers."),
        }
    }
}

/// One thing that was looked at.
#[derive(Debug)]
pub enum Finding {
    /// It is as it should be.
    Fine(String),
    /// Something to look at, and the line for a shell that mends it.
    Doubt(String, &'static str),
    /// Something does not work.
    Trouble(Failure),
}

/// Limits that bind beside a balance.
pub trait BalanceLimits {
    /// Reads them, with the account that they are of.
    fn limits(&self) -> Result<RowState>;
}

/// Configuring automatic purchases.
pub trait AutoReloading {
    /// Whether it is changed from here; where it is not, it is only shown.
    fn is_changeable(&self) -> bool {
        true
    }

    /// Switches auto-reload on (below the first amount, up to the second) or off.
    fn configure(&self, setting: AutoReloadChange) -> Result<()>;
}

/// Telling who a login is.
pub trait Accounts {
    /// Asks the system with this very token: nothing is refreshed for it.
    fn account(&self, token: &Token) -> Result<Account>;
}

/// Logging in with a username and a password.
pub trait PasswordLogin {
    /// Exchanges them for a token. The password goes nowhere else.
    ///
    /// # Errors
    /// Class `login_denied` when they are not accepted.
    fn log_in(&self, username: &str, password: &Secret) -> Result<SignedIn>;
}

/// A token that a username and a password were exchanged for.
#[derive(Clone, Debug)]
pub struct SignedIn {
    /// The token.
    pub access_token: Secret,
    /// Seconds that it lives, where reported.
    pub expires_in: Option<i64>,
    /// Who it is, in the system's own word.
    pub account: String,
    /// The role there, where reported.
    pub role: Option<String>,
}

/// Who a login is. Contracts: nous, `GET /api/oauth/account`; ciris, `GET /v1/auth/me`.
#[derive(Clone, Debug, Default)]
pub struct Account {
    /// The person's address.
    pub email: Option<String>,
    /// The name that the person logs in under.
    pub username: Option<String>,
    /// The role of the person.
    pub role: Option<String>,
    /// The organisation's id.
    pub organisation_id: Option<String>,
    /// The organisation's short name in links.
    pub organisation_slug: Option<String>,
    /// The organisation's name.
    pub organisation_name: Option<String>,
}

/// What `auto-reload` is to become.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AutoReloadChange {
    /// Buy automatically.
    On {
        /// The balance that triggers a purchase, in dollars.
        below: Amount,
        /// The balance to come back to, in dollars; more than `below`.
        to: Amount,
    },
    /// Never buy automatically; the amounts are kept for the next time where the system wants
    /// them in the request.
    Off {
        /// The last known trigger.
        below: Amount,
        /// The last known target.
        to: Amount,
    },
}
