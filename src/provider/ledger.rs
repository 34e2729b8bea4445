//! A budget of the prepaid ledger behind the verbs of all systems: `state`, `check`,
//! `transactions`. What only the ledger has is in `topup ledger`. Contract: poweron.

use super::balances::Scope;
use super::transactions::{Transaction, TransactionPage, Transactions};
use super::{AccountState, Balance, Holder, PortalPage, Provider, State, Unit};
use crate::core::command::{Command, NextStep, Part};
use crate::core::failure::{Failure, Result};
use crate::core::money::Money;
use crate::core::system::{System, SystemFacts, WayIn};
use crate::http::{Presented, Request};
use crate::ledger::Ledger;
use crate::ledger::input::check_name;
use crate::ledger::values::{Filter, Kind, Mandate, Model};
use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::Serialize;
use std::cell::RefCell;

/// What is known of it beforehand: it is on this machine, or in a database of one's own.
pub const FACTS: SystemFacts = SystemFacts {
    name: "ledger",
    title: "the prepaid ledger",
    summary: "The embedded prepaid ledger",
    usual_url: None,
    variables: &[],
    way_in: WayIn::None,
    refill: "topup ledger credit AMOUNT",
    ..SystemFacts::BARE
};

/// One budget: a mandate's, or one user's in it.
pub struct Budget {
    ledger: RefCell<Ledger>,
    mandate: Option<String>,
    user: Option<String>,
    portal_url: Option<String>,
    sandbox: bool,
}

/// The budget as `state` shows it. Contract: poweron, balance.
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

impl Budget {
    /// The budget of this mandate and user, as far as they are named.
    pub fn new(
        ledger: Ledger,
        mandate: Option<String>,
        user: Option<String>,
        portal_url: Option<String>,
        sandbox: bool,
    ) -> Self {
        Self { ledger: RefCell::new(ledger), mandate, user, portal_url, sandbox }
    }

    fn mandate(&self) -> Result<Mandate> {
        let wrong = |failure: Failure| {
            failure.hint("Correct TOPUP_LEDGER_MANDATE, or the mandate of the profile.")
        };
        let named = self.mandate.as_deref().map(check_name).transpose().map_err(wrong)?;
        self.ledger.borrow_mut().mandate(named.as_deref())
    }

    fn user(&self) -> Result<Option<String>> {
        let wrong = |failure: Failure| failure.hint("Correct TOPUP_LEDGER_USER.");
        self.user.as_deref().map(check_name).transpose().map_err(wrong)
    }
}

impl Provider for Budget {
    fn system(&self) -> System {
        crate::provider::LEDGER
    }

    fn link(&self, _page: PortalPage) -> Option<String> {
        self.portal_url.clone()
    }

    fn state(&self) -> Result<State> {
        let mandate = self.mandate()?;
        let mut ledger = self.ledger.borrow_mut();
        let account = ledger.account(&mandate, self.user()?.as_deref())?;
        Ok(State::Budget(Box::new(BudgetState {
            mandate: mandate.mandate,
            user: account.user,
            billing_model: mandate.billing_model,
            balance: account.balance,
            reserved: account.reserved,
            unit: Unit::for_currency(&mandate.currency),
            currency: mandate.currency,
            markup_percent: mandate.markup_percent,
            ledger: ledger.place(),
            portal_url: self.portal_url.clone(),
            sandbox: self.sandbox,
        })))
    }

    fn first_look(&self) -> Option<(Request, Presented)> {
        None
    }

    fn check_key(&self) -> Result<()> {
        Ok(())
    }

    fn transactions(&self) -> Option<&dyn Transactions> {
        Some(self)
    }
}

impl Transactions for Budget {
    fn page(&self, limit: u32, offset: u64) -> Result<TransactionPage> {
        let mandate = self.mandate()?;
        let filter = Filter { user: self.user()?, offset, ..Filter::default() };
        let (found, has_more) =
            self.ledger.borrow_mut().transactions(&mandate.mandate, &filter, limit)?;
        let transactions = found.into_iter().map(|one| Transaction {
            transaction_id: Some(one.id),
            kind: Some(one.kind.word().to_ascii_lowercase()),
            amount_minor: None,
            amount: Some(match one.kind {
                Kind::Credit => one.amount,
                Kind::Debit => Money(-one.amount.0),
            }),
            currency: Some(mandate.currency.clone()),
            description: Some(one.description),
            created_at: Some(one.created_at.to_string()),
            balance_after: None,
            balance: Some(one.balance_after),
            metadata: None,
            transaction_type: Some(one.reference.word().to_ascii_lowercase()),
            external_transaction_id: one.idempotency_key,
        });
        Ok(TransactionPage { transactions: transactions.collect(), total_count: None, has_more })
    }
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
