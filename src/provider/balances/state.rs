//! The account of a row as `state` shows it, and what its limits leave.

use super::reading::Reading;
use super::row::Scope;
use crate::core::class::{Class, Recovery};
use crate::core::command::NextStep;
use crate::core::failure::{Failure, Result};
use crate::core::money::Money;
use crate::provider::{AccountState, AutoReload, Balance, Card, DollarState, Holder, Unit};
use schemars::JsonSchema;
use serde::Serialize;

/// The account of a system whose balance a row reads. Contract: balances.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct RowState {
    /// What is there; null where the answer has no one number for it.
    pub balance: Option<Money>,
    /// The same, where it is counted in dollars.
    pub balance_usd: Option<Money>,
    /// What the balance counts: `usd`, another currency in small letters, a word such as `credits`,
    /// or `unknown`.
    pub unit: Unit,
    /// Nothing limits it.
    pub unlimited: bool,
    /// What the number is about: `account`, `key`, `user`, `team` or `pool`.
    pub scope: Scope,
    /// Whether the number may be too high for a while.
    pub lags: bool,
    /// Whether anything can be used, where the system says so.
    pub usable: Option<bool>,
    /// Every amount, where there are several: they are never added.
    pub balances: Vec<AmountLeft>,
    /// The limits that bind beside the balance, the tightest first.
    pub limits: Vec<LimitLeft>,
    /// Further numbers of the answer; none of them is a balance.
    pub figures: Vec<Figure>,
    /// When the count starts again.
    pub resets_at: Option<String>,
    /// The name of the account.
    pub account: Option<String>,
    /// What is worth knowing about the numbers.
    pub notes: Vec<String>,
    /// The saved card, where the system sells and shows it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub card: Option<Card>,
    /// Automatic purchases, where the system shows them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auto_reload: Option<AutoReload>,
    /// The page where a person tops up.
    pub portal_url: Option<String>,
    /// Present and true on the sandbox: nothing of this is real money.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub sandbox: bool,
    /// Why there is no balance, and what helps.
    #[serde(skip)]
    pub(super) without: Without,
}

/// Why there may be no balance.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Without {
    /// The answer has none.
    #[default]
    NotTold,
    /// A key of the profile says what it counts, and is not set.
    UnitUnknown(&'static str),
    /// The key sees its own limit alone, and has none.
    KeyOnly(&'static str),
}

/// One of several amounts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct AmountLeft {
    /// That much.
    pub balance: Money,
    /// Of these.
    pub unit: Unit,
    /// What it is called, where it has a name.
    pub name: Option<String>,
}

/// A limit and what is left of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct LimitLeft {
    /// Whose it is: `account`, `key`, `user`, `team` or `pool`.
    pub scope: Scope,
    /// The limit; null where only what is left is reported.
    pub limit: Option<Money>,
    /// What is used of it, where that is reported.
    pub used: Option<Money>,
    /// What is left of it, where that is reported.
    pub remaining: Option<Money>,
    /// What all of them count.
    pub unit: Unit,
    /// How often it starts again, as the system says it.
    pub window: Option<String>,
    /// When it starts again.
    pub resets_at: Option<String>,
}

/// A number of the answer that is no balance.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Figure {
    /// Its name.
    pub name: &'static str,
    /// The number.
    pub amount: Money,
}

impl RowState {
    /// The account in one answer.
    pub(super) fn new(reading: Reading, scope: Scope) -> Self {
        let unit = match (&reading.balance, &reading.limit) {
            (Some(held), _) => held.unit.clone(),
            (None, Some(limit)) => limit.unit.clone(),
            (None, None) if reading.unlimited => Unit::Usd,
            (None, None) => Unit::Unknown,
        };
        let amount = reading.balance.map(|held| held.balance);
        let several = reading.several.len() > 1 || amount.is_none();
        Self {
            balance: amount,
            balance_usd: amount.and_then(|amount| unit.in_dollars(amount)),
            unit,
            unlimited: reading.unlimited,
            scope,
            lags: false,
            usable: reading.usable,
            balances: if several { reading.several } else { Vec::new() },
            limits: reading.limit.into_iter().collect(),
            figures: reading
                .figures
                .into_iter()
                .map(|(name, amount)| Figure { name, amount })
                .collect(),
            resets_at: reading.resets_at.map(|time| time.to_string()),
            account: reading.account,
            notes: Vec::new(),
            card: None,
            auto_reload: None,
            portal_url: None,
            sandbox: false,
            without: Without::NotTold,
        }
    }

    /// An account with this much, for tests.
    #[cfg(test)]
    pub(crate) fn with_balance(balance: Money, unit: Unit) -> Self {
        let held = AmountLeft { balance, unit, name: None };
        Self::new(Reading { balance: Some(held), ..Reading::default() }, Scope::Account)
    }

    /// The amount in this unit, where there are several.
    fn amount_in(&self, unit: &str) -> Option<Balance> {
        let is_meant = |one: &&AmountLeft| one.unit.to_string().eq_ignore_ascii_case(unit);
        let mut meant = self.balances.iter().filter(is_meant);
        match (meant.next(), meant.next()) {
            (Some(one), None) => {
                Some(Balance { amount: one.balance, unit: one.unit.clone(), unlimited: false })
            }
            _ => None,
        }
    }
}

/// Nothing says what a balance counts, and this key of the profile is not set.
pub(super) fn unit_unknown(key: &str, page: Option<String>) -> Failure {
    Failure::config("the unit of this balance is not known: the system does not say")
        .hint_with(
            "Compare it with the page, then set its unit, as in 'topup config set {} cents'.",
            &[&key],
        )
        .link(page)
}

impl AccountState for RowState {
    fn balance(&self) -> Option<Balance> {
        if self.unlimited {
            return Some(Balance { amount: Money::ZERO, unit: self.unit.clone(), unlimited: true });
        }
        let unit = self.unit.clone();
        self.balance.map(|amount| Balance { amount, unit, unlimited: false })
    }

    /// The limit, where the balance is what is left of it.
    fn whole(&self) -> Option<Money> {
        let is_balance =
            |limit: &&LimitLeft| limit.remaining == self.balance && limit.unit == self.unit;
        self.limits.iter().find(is_balance).filter(|_| self.balance.is_some())?.limit
    }

    fn stopped(&self) -> Option<Failure> {
        if let Without::UnitUnknown(key) = self.without {
            return Some(unit_unknown(key, self.portal_url.clone()));
        }
        let balance = self.balance().filter(|_| self.usable == Some(false))?;
        let message =
            format!("{} is shown, and the system says that nothing can be used", balance.shown());
        Some(
            Failure::new(Class::InsufficientBalance, message)
                .detail("balance", balance.amount.to_string())
                .detail("unit", balance.unit.to_string())
                .detail("usable", false),
        )
    }

    fn balance_in(&self, unit: &str) -> Result<Balance> {
        if let Some(stopped) = self.stopped() {
            return Err(stopped);
        }
        let whole = || {
            let balance = self.balance()?;
            balance.unit.to_string().eq_ignore_ascii_case(unit).then_some(balance)
        };
        self.amount_in(unit).or_else(whole).ok_or_else(|| self.no_amount(Some(unit)))
    }

    fn no_balance(&self) -> Failure {
        self.no_amount(None)
    }

    fn brief(&self) -> NextStep {
        let whose = match self.scope {
            Scope::Key => " of this key's limit",
            Scope::User => " of this user's limit",
            _ => "",
        };
        let mut line = match self.balance() {
            Some(balance) if balance.unlimited => "no limit is set".to_owned(),
            Some(balance) => format!("{} left{whose}", balance.shown()),
            None if !self.balances.is_empty() => {
                let all: Vec<String> =
                    self.balances.iter().map(|one| one.unit.shown(one.balance)).collect();
                format!("{} left", all.join(" and "))
            }
            None => "the balance is not stated".to_owned(),
        };
        if self.lags {
            line.push_str(" (lags)");
        }
        if self.usable == Some(false) {
            line.push_str(", not usable");
        }
        if let Some(reload) = self.auto_reload().and_then(AutoReload::in_brief) {
            line.push_str(&format!("; {reload}"));
        }
        NextStep::text(line)
    }

    fn holder(&self) -> Option<Holder> {
        let name = self.account.clone()?;
        Some(Holder { id: name.clone(), name })
    }

    fn scope(&self) -> Scope {
        self.scope
    }

    fn lags(&self) -> bool {
        self.lags
    }

    fn auto_reload(&self) -> Option<&AutoReload> {
        self.auto_reload.as_ref()
    }

    fn caveats(&self) -> Vec<String> {
        self.notes.clone()
    }
}

impl RowState {
    /// The same as the account of a seller: what `buy` shows before it asks.
    pub fn into_dollars(self) -> DollarState {
        DollarState {
            org: None,
            can_charge: true,
            balance_usd: self.balance_usd,
            billing_enabled: None,
            presets_usd: Vec::new(),
            bounds: None,
            card: self.card,
            monthly_limit: None,
            auto_reload: self.auto_reload,
            access: None,
            credits: None,
            warnings: self.notes,
            portal_url: self.portal_url.unwrap_or_default(),
            unit: self.unit,
            sandbox: self.sandbox,
        }
    }

    /// Why there is nothing that a gate could stand on.
    fn no_amount(&self, unit: Option<&str>) -> Failure {
        let units: Vec<String> = self.balances.iter().map(|one| one.unit.to_string()).collect();
        match (self.without, unit, units.is_empty()) {
            (Without::KeyOnly(hint), ..) => {
                let mut error = Failure::new(
                    Class::InsufficientScope,
                    "this key has no limit of its own, and may not see the account's money",
                )
                .recovery(Recovery::Login)
                .hint(hint);
                error.parts_mut().portal_url.clone_from(&self.portal_url);
                error
            }
            (_, Some(unit), _) if !units.is_empty() || self.balance.is_some() => {
                let there = if units.is_empty() { self.unit.to_string() } else { units.join(", ") };
                Failure::usage(format!("no amount is counted in '{}'", unit.escape_debug()))
                    .hint(format!("The answer counts: {there}."))
            }
            (_, None, false) => Failure::new(
                Class::ChoiceRequired,
                format!("there are several amounts, in {}: they are never added", units.join(", ")),
            )
            .hint(format!("Choose one: --unit {}.", units[0]))
            .detail("units", units),
            _ => {
                let error = Failure::new(Class::Protocol, "the system did not state a balance");
                self.notes.iter().fold(error, |error, note| error.hint(note.clone()))
            }
        }
    }
}
