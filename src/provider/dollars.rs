//! An account in dollars: what it says of itself, and how it is read.

use super::account::{AccountState, Balance, Holder};
use super::standing::{Access, CreditParts};
use super::unit::Unit;
use crate::core::class::Class;
use crate::core::command::NextStep;
use crate::core::failure::{Failure, Result};
use crate::core::money::Money;
use schemars::JsonSchema;
use serde::Serialize;

/// An account in dollars: what `buy` shows before it asks, and what `limit` and `auto-reload` read.
pub trait DollarAccount {
    /// Whether a month has a limit there.
    fn has_monthly_limit(&self) -> bool {
        true
    }

    /// Reads it.
    fn read(&self) -> Result<DollarState>;

    /// The balance of an account that was read.
    ///
    /// # Errors
    /// Why there is none.
    fn balance_of(&self, state: &DollarState) -> Result<Money> {
        state
            .balance_usd
            .ok_or_else(|| Failure::new(Class::Protocol, "the system did not state a balance"))
    }

    /// Reads it, and whether it may be used at all, for callers that depend on it.
    ///
    /// # Errors
    /// As [`DollarAccount::read`]; what could not be read beside it stands in the warnings.
    fn read_standing(&self) -> Result<DollarState> {
        self.read()
    }
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
    /// The organisation's switch for Remote Spending.
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
    /// Whether this login may use paid services, where the system says so.
    pub access: Option<Access>,
    /// What the credits are made of, where the system says so.
    pub credits: Option<CreditParts>,
    /// What could not be read, and that auto-reload charges another card, in words for people.
    pub warnings: Vec<String>,
    /// The page where all of this is changed.
    #[schemars(with = "Option<String>")]
    pub portal_url: String,
    /// What the balance counts: `usd`.
    pub unit: Unit,
    /// Present and true on the sandbox: nothing of this is real money.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub sandbox: bool,
}

impl AccountState for DollarState {
    fn balance(&self) -> Option<Balance> {
        let unit = self.unit.clone();
        self.balance_usd.map(|amount| Balance { amount, unit, unlimited: false })
    }

    fn stopped(&self) -> Option<Failure> {
        let stopped = self.access.as_ref()?.stopped()?;
        Some(stopped.link(self.portal_url.clone()))
    }

    fn caveats(&self) -> Vec<String> {
        self.warnings.clone()
    }

    fn auto_reload(&self) -> Option<&AutoReload> {
        self.auto_reload.as_ref()
    }

    fn holder(&self) -> Option<Holder> {
        let org = self.org.as_ref()?;
        let name = org.name.as_ref().unwrap_or(&org.id);
        Some(Holder { id: org.id.clone(), name: name.clone() })
    }

    fn when_short(&self, error: Failure) -> Failure {
        let warning = self.auto_reload.as_ref().and_then(AutoReload::warning);
        let known = [self.note(), warning];
        let error = known.into_iter().flatten().map(NextStep::text).fold(error, Failure::hint);
        error.hint("Buy some, as with 'topup buy 25', or on {page}:")
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
    /// Checks that the answer is about the organisation that a token acts for.
    pub(super) fn check(reported: Option<&Self>, acts_for: Option<&str>) -> Result<()> {
        let (Some(wanted), Some(reported)) = (acts_for, reported) else { return Ok(()) };
        if reported.id == wanted {
            return Ok(());
        }
        Err(Failure::new(
            Class::Protocol,
            format!(
                "nothing was sent: the portal named the account of {}, and this login acts for {}",
                reported.id.escape_debug(),
                wanted.escape_debug()
            ),
        )
        .hint("Check with 'topup whoami' and 'topup state', and report it if it happens again."))
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
    /// Why this card is charged, in the portal's own word: `subPin`, `customerDefault`, ….
    pub resolved_via: Option<String>,
}

impl AutoReload {
    /// One that is on.
    #[cfg(test)]
    pub fn example() -> Self {
        Self {
            enabled: true,
            below_usd: Money::parse("10"),
            to_usd: Money::parse("50"),
            amount_usd: None,
            card: None,
            may_charge_usd: Money::parse("480"),
        }
    }

    /// That it charges another card than the saved one, where it does. Contract: nous, seen since.
    pub fn warning(&self) -> Option<String> {
        let card = self.card.as_ref().filter(|_| self.enabled)?;
        Some(format!("Auto-reload charges another card than the one on file: {}.", card.label))
    }

    /// That it is on, and the most that it may charge this month; none where it is off. The warning
    /// names another card.
    pub fn note(&self) -> Option<String> {
        let most = match self.may_charge_usd.filter(|_| self.enabled) {
            Some(most) => {
                format!("It may charge up to {} more this month.", Unit::Usd.shown(most))
            }
            None if self.enabled => "No monthly limit is shown for it.".to_owned(),
            None => return None,
        };
        Some(format!("Auto-reload is {}. {most}", self.terms()))
    }

    /// The same in a few words, for the end of a line; none where it is off.
    pub fn in_brief(&self) -> Option<String> {
        let most = match self.may_charge_usd.filter(|_| self.enabled) {
            Some(most) => format!("auto-reload may charge {} more", Unit::Usd.shown(most)),
            None if self.enabled => "auto-reload is on".to_owned(),
            None => return None,
        };
        let card = if self.card.is_some() { ", to another card" } else { "" };
        Some(format!("{most}{card}"))
    }

    /// What it does, for a person.
    pub fn shown(&self) -> String {
        match &self.card {
            Some(card) if self.enabled => format!("{}, with {}", self.terms(), card.label),
            _ => self.terms(),
        }
    }

    /// When it buys, and how much.
    fn terms(&self) -> String {
        let dollars = |amount: Money| format!("${}", amount.shown());
        match (self.enabled, self.below_usd, self.to_usd, self.amount_usd) {
            (false, ..) => "off".to_owned(),
            (true, Some(below), Some(to), _) => {
                format!("on: below {} up to {}", dollars(below), dollars(to))
            }
            (true, Some(below), None, Some(amount)) => {
                format!("on: below {} buys {}", dollars(below), dollars(amount))
            }
            (true, ..) => "on".to_owned(),
        }
    }
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
    /// Buys this much each time, in dollars, where it does not buy up to a balance.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub amount_usd: Option<Money>,
    /// The card it uses, where another than the saved one is named.
    pub card: Option<Card>,
    /// The most that it may still charge this month, in dollars: what the monthly limit leaves. Null
    /// where it is off or no limit is shown.
    pub may_charge_usd: Option<Money>,
}
