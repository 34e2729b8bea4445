//! A budget of the prepaid ledger, as `state` shows it. Contract: poweron, balance.

use super::account::{AccountState, Balance, Holder};
use super::balances::Scope;
use super::unit::Unit;
use crate::core::command::{Command, NextStep, Part};
use crate::core::failure::Failure;
use crate::core::money::Money;
use crate::ledger::values::Model;
use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::Serialize;

/// The budget as `state` shows it.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct BudgetState {
    /// Whose it is.
    pub mandate: String,
    /// The user, where each has an own account.
    pub user: Option<String>,
    /// Who pays.
    pub billing_model: Model,
    /// What is on the account.
    pub balance: Money,
    /// What of it is held back for runs that go on now.
    pub reserved: Money,
    /// The currency of both.
    pub currency: String,
    /// What is added to a base price, in percent.
    pub markup_percent: Money,
    /// Where the ledger is: a file, or a server.
    pub ledger: String,
    /// The page of its owner, where the profile names one.
    pub portal_url: Option<String>,
    /// What the balance counts: the currency in small letters.
    pub unit: Unit,
    /// Present and true on the sandbox: nothing of this is real money.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub sandbox: bool,
}

impl AccountState for BudgetState {
    fn balance(&self) -> Option<Balance> {
        Some(self.available())
    }

    fn brief(&self) -> NextStep {
        format!("{} left", self.available().shown()).into()
    }

    fn holder(&self) -> Option<Holder> {
        let user = self.user.as_ref().map(|user| format!("/{user}")).unwrap_or_default();
        let id = format!("{}{user}", self.mandate);
        Some(Holder { name: id.clone(), id })
    }

    fn ledger(&self) -> Option<&str> {
        Some(&self.ledger)
    }

    fn scope(&self) -> Scope {
        Scope::Pool
    }

    /// Completes the refusal of a gate: this is not bought, but credited.
    fn when_short(&self, error: Failure) -> Failure {
        let mut error = error.link(self.portal_url.clone());
        error.parts_mut().hints.clear();
        let mut credit =
            Command::new(["ledger", "credit", "AMOUNT", "--mandate", self.mandate.as_str()]);
        if let Some(user) = &self.user {
            credit.push("--user");
            credit.push(user);
        }
        error.hint(NextStep::from("Credit it: ").then(Part::Run(credit)))
    }
}

impl BudgetState {
    /// What can be spent, for a gate.
    pub fn available(&self) -> Balance {
        Balance {
            amount: Money(self.balance.0 - self.reserved.0),
            unit: self.unit.clone(),
            unlimited: self.billing_model == Model::Unlimited,
        }
    }

    /// Nothing can be spent any more.
    pub fn is_empty(&self) -> bool {
        let available = self.available();
        !available.unlimited && available.amount.0 <= Decimal::ZERO
    }
}
