//! The account as `state` shows it: one kind for each unit that systems count in.

use super::{ledger, packs, teams};
use crate::class::Class;
use crate::error::{Error, Result};
use crate::money::Money;
use schemars::JsonSchema;
use serde::Serialize;
use std::borrow::Cow;

/// An account in dollars: what `buy` shows before it asks, and what `limit` and `auto-reload` read.
pub trait DollarAccount {
    /// Reads it.
    fn read(&self) -> Result<DollarState>;
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

    /// Whose account it is, where the system says so.
    pub fn holder(&self) -> Option<Holder> {
        match self {
            Self::Dollars(state) => {
                let org = state.org.as_ref()?;
                let name = org.name.as_ref().unwrap_or(&org.id);
                Some(Holder { id: org.id.clone(), name: name.clone() })
            }
            Self::Teams(state) => {
                let team = state.paying().organization.as_ref()?;
                Some(Holder { id: team.id.clone(), name: team.title().to_owned() })
            }
            Self::Uses(_) => None,
            Self::Budget(state) => {
                let user = state.user.as_ref().map(|user| format!("/{user}")).unwrap_or_default();
                let id = format!("{}{user}", state.mandate);
                Some(Holder { name: id.clone(), id })
            }
        }
    }

    /// The ledger that it is in, where it is no account at a portal.
    pub fn ledger(&self) -> Option<&str> {
        match self {
            Self::Budget(state) => Some(&state.ledger),
            Self::Dollars(_) | Self::Teams(_) | Self::Uses(_) => None,
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

/// Whose account it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder {
    /// What tells it apart from others.
    pub id: String,
    /// The name that people know it by.
    pub name: String,
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
    pub(super) fn check(told: Option<&Self>, acts_for: Option<&str>) -> Result<()> {
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
