//! A budget of the prepaid ledger behind the verbs of all systems: `state`, `check`,
//! `transactions`. What only the ledger has is in `topup ledger`. Contract: poweron.

use super::budget::BudgetState;
use super::transactions::{Transaction, TransactionPage, Transactions};
use super::{PortalPage, Provider, State, Unit};
use crate::core::failure::{Failure, Result};
use crate::core::money::Money;
use crate::core::system::{System, SystemFacts, WayIn};
use crate::http::{Presented, Request};
use crate::ledger::Ledger;
use crate::ledger::input::check_name;
use crate::ledger::values::{Filter, Kind, Mandate};
use std::cell::RefCell;

/// What is known of it beforehand: it is on this machine, or in a database of one's own.
pub const FACTS: SystemFacts = SystemFacts {
    name: "ledger",
    title: "the prepaid ledger",
    summary: "The built-in prepaid ledger",
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
        System::new(&FACTS)
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
