//! The account as `state` shows it: one kind for each unit that systems count in.

use super::{Unit, ledger, packs, teams};
use crate::core::class::Class;
use crate::core::command::NextStep;
use crate::core::failure::{Failure, Result};
use crate::core::money::Money;
use crate::output::Show;
use crate::output::page::Page;
use schemars::JsonSchema;
use serde::Serialize;
use std::ops::Deref;

/// An account in dollars: what `buy` shows before it asks, and what `limit` and `auto-reload` read.
pub trait DollarAccount {
    /// Reads it.
    fn read(&self) -> Result<DollarState>;
}

/// What every kind of account can tell, whatever it counts.
pub trait AccountState: Show {
    /// How much is there, for a gate; none where the system does not say.
    fn balance(&self) -> Option<Balance>;

    /// Why it may not be used, whatever its balance: a limit of its member, a flag of the system, an
    /// account that was stopped. None where nothing of that is told.
    fn stopped(&self) -> Option<Failure> {
        None
    }

    /// What a gate may count on.
    ///
    /// # Errors
    /// Why the account may not be used, or why there is no balance.
    fn usable_balance(&self) -> Result<Balance> {
        match self.stopped() {
            Some(stopped) => Err(stopped),
            None => self.balance().ok_or_else(|| self.no_balance()),
        }
    }

    /// Why there is no balance, where there is none.
    fn no_balance(&self) -> Failure {
        Failure::new(Class::Protocol, "the system did not state a balance")
    }

    /// What there is, in one line.
    fn brief(&self) -> NextStep {
        let text = match self.balance() {
            Some(balance) if balance.unlimited => format!("{} are not counted", balance.unit),
            Some(balance) => format!("{} left", balance.shown()),
            None => "the balance is not stated".to_owned(),
        };
        text.into()
    }

    /// Whose account it is, where the system says so.
    fn holder(&self) -> Option<Holder> {
        None
    }

    /// The ledger that it is in, where it is no account at a portal.
    fn ledger(&self) -> Option<&str> {
        None
    }

    /// Completes the refusal of a gate with what is known of this account.
    fn when_short(&self, error: Failure) -> Failure {
        error
    }
}

macro_rules! kinds {
    ($($(#[$attribute:meta])* $variant:ident($kind:ty),)*) => {
        /// The account as `state` shows it: each kind with keys of its own beside the common ones.
        #[derive(Clone, Debug, Serialize, JsonSchema)]
        #[serde(untagged)]
        pub enum State {
            $($(#[$attribute])* $variant(Box<$kind>),)*
        }

        /// Whatever kind it is, it can tell what every kind can.
        impl Deref for State {
            type Target = dyn AccountState;

            fn deref(&self) -> &Self::Target {
                match self {
                    $(Self::$variant(state) => state.as_ref(),)*
                }
            }
        }
    };
}

kinds! {
    /// Counted in dollars.
    Dollars(DollarState),
    /// Counted in credits of teams.
    Teams(teams::TeamState),
    /// Counted in uses.
    Uses(packs::UsesState),
    /// A budget of the prepaid ledger.
    Budget(ledger::BudgetState),
}

impl Show for State {
    fn show(&self, page: &mut Page) {
        (**self).show(page);
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
    /// Of these.
    pub unit: Unit,
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
    pub unit: Unit,
    /// Present and true on the sandbox: nothing of this is real money.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub sandbox: bool,
}

impl Balance {
    /// That much, for a person.
    pub fn shown(&self) -> String {
        self.unit.shown(self.amount)
    }
}

impl AccountState for DollarState {
    fn balance(&self) -> Option<Balance> {
        let unit = self.unit.clone();
        self.balance_usd.map(|amount| Balance { amount, unit, unlimited: false })
    }

    fn holder(&self) -> Option<Holder> {
        let org = self.org.as_ref()?;
        let name = org.name.as_ref().unwrap_or(&org.id);
        Some(Holder { id: org.id.clone(), name: name.clone() })
    }

    fn when_short(&self, error: Failure) -> Failure {
        error.hint("Buy some, as with 'topup buy 25', or on this page:")
    }
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
        Err(Failure::new(
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
