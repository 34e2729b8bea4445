//! The billing systems behind one trait of capabilities.
//!
//! A command never asks which system it talks to: it asks for a capability, and a system that
//! does not have it answers `None`, which becomes class `unsupported` with the page where it is
//! done. Each system is one file that follows one contract page; wire types stay private there
//! and what comes out are the plain values of this file.

pub mod byterover;
pub mod ciris;
pub mod ledger;
pub mod link;
pub mod nous;
pub mod packs;
pub mod plans;
pub mod portal;
pub mod teams;
pub mod transactions;
pub mod wire;

use crate::class::Class;
use crate::credentials::{Secret, Session, Token};
use crate::error::{Error, Result};
use crate::http::{Broken, Presented, Request};
use crate::money::{Amount, Money};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

/// The system of this login.
///
/// # Errors
/// Class `unsupported` for a system that this version does not speak to.
pub fn connect(session: Session<'_>) -> Result<Box<dyn Provider + '_>> {
    match session.portal().system {
        System::Nous => Ok(Box::new(nous::Nous::new(session))),
        System::Ciris => Ok(Box::new(ciris::Ciris::new(session))),
        System::Byterover => Ok(Box::new(byterover::ByteRover::new(session))),
        System::Ledger => Err(Error::internal("a ledger is opened, not logged in to")),
    }
}

/// The systems there are.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    Hash,
    Serialize,
    Deserialize,
    JsonSchema,
    clap::ValueEnum,
)]
#[serde(rename_all = "snake_case")]
pub enum System {
    /// Nous Portal terminal billing.
    #[default]
    Nous,
    /// A CIRIS agent's billing proxy.
    Ciris,
    /// ByteRover team credits.
    Byterover,
    /// The embedded prepaid ledger.
    Ledger,
}

impl System {
    /// The word used in flags and documents.
    pub fn name(self) -> &'static str {
        match self {
            Self::Nous => "nous",
            Self::Ciris => "ciris",
            Self::Byterover => "byterover",
            Self::Ledger => "ledger",
        }
    }

    /// The name people know it by.
    pub fn title(self) -> &'static str {
        match self {
            Self::Nous => "Nous Portal",
            Self::Ciris => "CIRIS",
            Self::Byterover => "ByteRover",
            Self::Ledger => "the prepaid ledger",
        }
    }
}

/// A page of the system's web site that a command can send a person to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Page {
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
    fn link(&self, page: Page) -> Option<String>;

    /// Reads the account's state.
    fn state(&self) -> Result<State>;

    /// The account where it is counted in dollars and sells from a terminal.
    fn dollar_account(&self) -> Option<&dyn DollarAccount> {
        None
    }

    /// Buying with an idempotency key.
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

    /// Whether a person can log in on a page of it that this program shows the way to.
    fn has_device_login(&self) -> bool {
        true
    }

    /// Logging in with a username and a password.
    fn password_login(&self) -> Option<&dyn PasswordLogin> {
        None
    }

    /// Billing by team.
    fn teams(&self) -> Option<&dyn teams::Teams> {
        None
    }

    /// Selling packs of uses that a person pays for in a browser.
    fn packs(&self) -> Option<&dyn packs::Packs> {
        None
    }

    /// Plans of a subscription.
    fn plans(&self) -> Option<&dyn plans::Plans> {
        self.charges().and_then(Charges::plans)
    }

    /// Listing what moved in the account.
    fn transactions(&self) -> Option<&dyn transactions::Transactions> {
        None
    }

    /// The request that a look at the account begins with, and how the secret is shown with it:
    /// for whoever only wants to know whether the system answers.
    fn first_look(&self) -> Option<(Request, Presented)> {
        None
    }

    /// The link of a page of a system that has pages.
    ///
    /// # Errors
    /// Class `unsupported` where it has none.
    fn page_link(&self, page: Page) -> Result<String> {
        self.link(page).ok_or_else(|| self.unsupported("a page", page))
    }

    /// Class `unsupported` for a capability this system does not have.
    fn unsupported(&self, what: &str, page: Page) -> Error {
        let message = format!("{} does not offer {what} from a terminal", self.system().title());
        let error = Error::new(Class::Unsupported, message);
        match self.link(page) {
            Some(link) => error.hint("Use the page below.").link(link),
            None => error.hint("'topup help ledger' shows what it offers."),
        }
    }
}

/// An account in dollars: what `buy` shows before it asks, and what `limit` and `auto-reload` read.
pub trait DollarAccount {
    /// Reads it.
    fn read(&self) -> Result<DollarState>;
}

/// Selling credits under an idempotency key: one POST that is both the purchase and the question
/// whether it happened.
pub trait Charges {
    /// How old a key may get before it is no longer sent. See [`KeyLife`].
    fn key_life(&self) -> KeyLife;

    /// Asks the system anything, for the clock that comes with every answer of it. What it answers
    /// does not matter.
    ///
    /// # Errors
    /// There was no answer.
    fn ask_time(&self, token: &Token) -> Result<()>;

    /// The exact bytes of the request for this amount; they are journalled and sent as they are.
    fn request_body(&self, amount: Amount) -> Vec<u8>;

    /// Sends the purchase once, on a fresh connection, with no retry of any kind.
    fn post(&self, token: &Token, key: &IdempotencyKey, body: &[u8]) -> Posted;

    /// Asks once where a charge stands.
    fn poll(&self, token: &Token, id: &ChargeId) -> Polled;

    /// Plans, whose upgrades are paid under the same keys.
    fn plans(&self) -> Option<&dyn plans::Plans> {
        None
    }
}

/// Configuring automatic purchases.
pub trait AutoReloading {
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
    /// Seconds that it lives, where told.
    pub expires_in: Option<i64>,
    /// Who it is, in the system's own word.
    pub account: String,
    /// The role there, where told.
    pub role: Option<String>,
}

/// Who a login is. Contract: nous, `GET /api/oauth/account`.
#[derive(Clone, Debug, Default)]
pub struct Account {
    /// The person's address.
    pub email: Option<String>,
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

/// How long an idempotency key may be sent again, by the age of its first use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyLife {
    /// Up to this age a replay needs no asking.
    pub by_itself: Duration,
    /// Up to this age a replay needs `resume`, the same `--once` or the same key; never beyond.
    pub on_request: Duration,
}

/// An idempotency key as sent in the header: 8 to 255 visible ASCII characters.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct IdempotencyKey(String);

/// The id that a system gave to a charge: `[A-Za-z0-9_-]{1,128}`.
///
/// Anything else could change the path of the request it is put into.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ChargeId(String);

macro_rules! checked_words {
    ($($kind:ident, $longest:literal, $shortest:literal, $allowed:expr, $what:literal;)*) => {$(
        impl $kind {
            /// Checks the grammar.
            ///
            /// # Errors
            #[doc = concat!("Class `usage`: it is not ", $what, ".")]
            pub fn parse(text: &str) -> Result<Self> {
                let allowed: fn(u8) -> bool = $allowed;
                if (usize::from($shortest)..=$longest).contains(&text.len()) && text.bytes().all(allowed) {
                    return Ok(Self(text.to_owned()));
                }
                let shown: String = text.chars().take(40).flat_map(char::escape_default).collect();
                Err(Error::usage(format!("'{shown}' is not {}", $what)))
            }

            /// The checked text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $kind {
            type Error = Error;

            fn try_from(text: String) -> Result<Self> {
                Self::parse(&text)
            }
        }

        impl From<$kind> for String {
            fn from(word: $kind) -> Self {
                word.0
            }
        }

        impl fmt::Display for $kind {
            fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str(&self.0)
            }
        }
    )*};
}

checked_words! {
    IdempotencyKey, 255, 8u8, |byte| (b'!'..=b'~').contains(&byte),
        "an idempotency key (8 to 255 visible ASCII characters, no spaces)";
    ChargeId, 128, 1u8, |byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-',
        "an id (letters, digits, '_' and '-', at most 128)";
}

/// What came of sending a purchase once. Contract: nous, errors; the purchase machine turns it
/// into a verdict.
#[derive(Debug)]
pub enum Posted {
    /// Taken on: not yet paid.
    Accepted(ChargeId),
    /// Done and paid at once: there is nothing to look at.
    Done,
    /// What was asked for was so before: this request charged nothing.
    AlreadySo,
    /// Taken on, then not paid, and never paid under this key.
    Declined(Refusal),
    /// Taken on; a person has to finish it on a page.
    NeedsPerson(Refusal),
    /// A known refusal that proves that this request charged nothing.
    Refused(Refusal),
    /// A known refusal that asks to wait: never repeated in this run. Charged nothing.
    Throttled(Refusal),
    /// The token was not accepted: charged nothing, and another token may be tried once.
    Unauthorized(Refusal),
    /// The key belongs to a purchase of another amount.
    Conflict(Refusal),
    /// Another request with this key is being worked on.
    InFlight(Refusal),
    /// No byte of the request left this machine.
    Unsent(Broken),
    /// The request was or may have been received, and nobody here knows what came of it.
    Unknown {
        /// Why there is no clear answer.
        refusal: Refusal,
        /// Whether the same request may be sent again in this run.
        replay: bool,
    },
}

/// A failure as a system or the transport told it.
#[derive(Clone, Debug)]
pub struct Refusal {
    /// What it means.
    pub class: Class,
    /// The system's own word.
    pub code: Option<String>,
    /// The HTTP status.
    pub status: Option<u16>,
    /// One line for a person.
    pub message: String,
    /// Absolute link of a page of this system.
    pub portal_url: Option<String>,
    /// Seconds to wait, at most an hour.
    pub retry_after: Option<u64>,
    /// What else a script can use.
    pub details: serde_json::Map<String, serde_json::Value>,
}

impl From<Broken> for Refusal {
    fn from(broken: Broken) -> Self {
        Self {
            class: broken.class,
            code: None,
            status: None,
            message: broken.message,
            portal_url: None,
            retry_after: None,
            details: serde_json::Map::new(),
        }
    }
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        let mut error = Self::new(refusal.class, refusal.message);
        let parts = error.parts_mut();
        parts.code = refusal.code;
        parts.status = refusal.status;
        parts.portal_url = refusal.portal_url;
        parts.retry_after = refusal.retry_after;
        parts.details = refusal.details;
        error
    }
}

/// What one look at a charge told.
#[derive(Debug)]
pub enum Polled {
    /// Not final; unknown words and unknown ids look like this too.
    Pending,
    /// Paid.
    Settled {
        /// The amount the system says was paid.
        amount_usd: Money,
        /// When, by the system's clock.
        settled_at: Option<Timestamp>,
    },
    /// Not paid, and never will be.
    Failed(Refusal),
    /// The look itself failed; says nothing about the charge.
    Trouble {
        /// Why.
        refusal: Refusal,
        /// The token was not accepted.
        unauthorized: bool,
    },
}

/// The account as `state` shows it: each kind with keys of its own beside the common ones.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum State {
    /// Counted in dollars.
    Dollars(Box<DollarState>),
    /// Counted in credits of teams.
    Teams(Box<teams::TeamState>),
    /// Counted in uses.
    Uses(Box<packs::UsesState>),
    /// A budget of the prepaid ledger.
    Budget(Box<ledger::BudgetState>),
}

impl State {
    /// How much is there, for a gate; none where the system does not say.
    pub fn balance(&self) -> Option<Balance> {
        match self {
            Self::Dollars(state) => {
                let balance =
                    |amount| Balance { amount, unit: state.unit.into(), unlimited: false };
                state.balance_usd.map(balance)
            }
            Self::Teams(state) => state.balance(),
            Self::Uses(state) => state.balance(),
            Self::Budget(state) => Some(state.available()),
        }
    }

    /// Why there is no balance, where there is none.
    pub fn no_balance(&self) -> Error {
        match self {
            Self::Dollars(_) | Self::Uses(_) | Self::Budget(_) => {
                Error::new(Class::Protocol, "the system did not state a balance")
            }
            Self::Teams(state) => state.no_balance(),
        }
    }

    /// Completes the refusal of a gate with what is known of this account.
    #[must_use]
    pub fn when_short(&self, error: Error) -> Error {
        match self {
            Self::Dollars(_) => error,
            Self::Teams(state) => state.when_short(error),
            Self::Uses(state) => error.link(state.portal_url.clone()),
            Self::Budget(state) => state.when_short(error),
        }
    }
}

/// How much is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Balance {
    /// That much, never rounded.
    pub amount: Money,
    /// Of these: `usd`, `uses`, `credits`, or another currency in small letters.
    pub unit: Cow<'static, str>,
    /// Nothing is counted: it is enough for anything.
    pub unlimited: bool,
}

/// An account in dollars. Contract: nous, state.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct DollarState {
    /// The organisation that is billed.
    pub org: Option<Organisation>,
    /// Whether this login's role may buy.
    pub can_charge: bool,
    /// What is there, in dollars.
    pub balance_usd: Option<Money>,
    /// The organisation's switch for terminal billing.
    pub billing_enabled: Option<bool>,
    /// Amounts the portal suggests, in dollars.
    pub presets_usd: Vec<Money>,
    /// What one purchase may cost.
    pub bounds: Option<Bounds>,
    /// The saved card, where this role may see it.
    pub card: Option<Card>,
    /// The monthly limit, where this role may see it.
    pub monthly_limit: Option<MonthlyLimit>,
    /// Auto-reload, where this role may see it.
    pub auto_reload: Option<AutoReload>,
    /// The page where all of this is changed.
    pub portal_url: String,
    /// What the balance counts: `usd`.
    pub unit: &'static str,
    /// Present and true on the sandbox: nothing of this is real money.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub sandbox: bool,
}

impl DollarState {
    /// Checks that this is the account that a token acts for, as far as both say so: nothing is
    /// bought on the strength of somebody else's balance.
    ///
    /// # Errors
    /// Class `protocol` when it is another organisation's.
    pub fn check_is_of(&self, organisation: Option<&str>) -> Result<()> {
        Organisation::check(self.org.as_ref(), organisation)
    }
}

impl Organisation {
    /// Checks that what was told is of the organisation that a token acts for.
    fn check(told: Option<&Self>, acts_for: Option<&str>) -> Result<()> {
        let (Some(wanted), Some(told)) = (acts_for, told) else { return Ok(()) };
        if told.id == wanted {
            return Ok(());
        }
        Err(Error::new(
            Class::Protocol,
            format!(
                "nothing was sent: the portal named the account of {}, and this login acts for {}",
                told.id.escape_debug(),
                wanted.escape_debug()
            ),
        )
        .hint("Look with 'topup whoami' and 'topup state', and report it if it stays."))
    }
}

/// The organisation that is billed.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Organisation {
    /// Its id.
    pub id: String,
    /// Its short name in links.
    pub slug: Option<String>,
    /// Its name.
    pub name: Option<String>,
    /// The role of this login in it.
    pub role: Option<String>,
}

/// What one purchase may cost, in dollars.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Bounds {
    /// At least.
    pub min_usd: Option<Money>,
    /// At most.
    pub max_usd: Option<Money>,
}

/// A saved card.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Card {
    /// Visa, Mastercard, Link, …
    pub brand: Option<String>,
    /// The last four digits, where it has some.
    pub last4: Option<String>,
    /// Both, as shown to people: `Visa ····4242`.
    pub label: String,
}

/// The organisation's monthly limit.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct MonthlyLimit {
    /// The most that may be spent in a month, in dollars.
    pub limit_usd: Money,
    /// Spent this month, in dollars.
    pub spent_usd: Money,
    /// What is left, never below zero, in dollars.
    pub remaining_usd: Money,
    /// Spent of the limit, in whole percent, rounded down.
    pub percent: u64,
    /// The portal's own ceiling, not one that the organisation chose.
    pub is_default_ceiling: bool,
}

/// Automatic purchases.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct AutoReload {
    /// Whether it is on.
    pub enabled: bool,
    /// Buys when the balance is below this, in dollars.
    pub below_usd: Option<Money>,
    /// Buys up to this, in dollars.
    pub to_usd: Option<Money>,
    /// The card it uses, where another than the saved one is named.
    pub card: Option<Card>,
}
