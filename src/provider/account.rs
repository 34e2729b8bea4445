//! What every kind of account reports, in dollars, credits or uses.

use super::balances::Scope;
use super::dollars::AutoReload;
use super::unit::Unit;
use crate::core::class::Class;
use crate::core::command::NextStep;
use crate::core::failure::{Failure, Result};
use crate::core::money::Money;

/// What every kind of account reports, in dollars, credits or uses.
pub trait AccountState {
    /// How much is there, for a gate; none where the system does not say.
    fn balance(&self) -> Option<Balance>;

    /// Why it may not be used, even with enough balance: a limit of its member, a flag of the
    /// system, an account that was stopped. None where nothing of that is reported.
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

    /// What a gate may count on in this unit, by its word in documents.
    ///
    /// # Errors
    /// As [`AccountState::usable_balance`], and class `usage` where nothing is counted in it.
    fn balance_in(&self, unit: &str) -> Result<Balance> {
        let balance = self.usable_balance()?;
        if balance.unit.to_string().eq_ignore_ascii_case(unit) {
            return Ok(balance);
        }
        let unit = unit.escape_debug();
        Err(Failure::usage(format!("the balance is counted in {}, not in {unit}", balance.unit)))
    }

    /// What the balance is about.
    fn scope(&self) -> Scope {
        Scope::Account
    }

    /// Whether the balance may be too high for a while.
    fn lags(&self) -> bool {
        false
    }

    /// Automatic purchases, where the system shows them.
    fn auto_reload(&self) -> Option<&AutoReload> {
        None
    }

    /// What is worth knowing beside the balance: that auto-reload is on, and what it may cost.
    fn note(&self) -> Option<String> {
        self.auto_reload()?.note()
    }

    /// What the balance was before anything of it was used, in its unit, where the system says so.
    fn whole(&self) -> Option<Money> {
        None
    }

    /// What has to be said beside the balance, to a person who counts on it.
    fn caveats(&self) -> Vec<String> {
        Vec::new()
    }

    /// What there is, and why it may not be used, in one line.
    fn brief(&self) -> NextStep {
        let mut text = match self.balance() {
            Some(balance) if balance.unlimited => format!("{} are not counted", balance.unit),
            Some(balance) => format!("{} left", balance.shown()),
            None => "the balance is not stated".to_owned(),
        };
        if let Some(reload) = self.auto_reload().and_then(AutoReload::in_brief) {
            text = format!("{text}; {reload}");
        }
        match self.stopped() {
            Some(stopped) => NextStep::text(format!("{text}; {stopped}")),
            None => text.into(),
        }
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

/// Whose account it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder {
    /// What identifies it.
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

impl Balance {
    /// That much, for a person.
    pub fn shown(&self) -> String {
        self.unit.shown(self.amount)
    }
}
