//! `topup ledger balance`: what is left, of one account or of all.

use super::{Whose, in_currency};
use crate::cli::invocation::Invocation;
use crate::core::failure::Result;
use crate::core::money::Money;
use crate::ledger::values::{Account, Mandate, Model};
use crate::output::page::{Page, Tone};
use crate::output::{Answer, Show};
use clap::Args;
use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::Serialize;

/// The arguments of `topup ledger balance`.
#[derive(Debug, Args)]
pub struct BalanceArgs {
    /// Show every account, or every mandate's for one user
    #[arg(long)]
    all: bool,
    /// Write comma-separated values with a heading
    #[arg(long, requires = "all", conflicts_with_all = ["json", "get"])]
    csv: bool,
}

/// What is left; `data` of `ledger balance`.
#[derive(Serialize, JsonSchema)]
#[serde(untagged)]
pub enum Balances {
    /// Of one account.
    One(Balance),
    /// Of all, with `--all`.
    All {
        /// By mandate and user.
        accounts: Vec<Balance>,
        /// As comma-separated values.
        #[serde(skip)]
        csv: bool,
    },
}

/// What is left of one account.
#[derive(Serialize, JsonSchema)]
#[allow(clippy::struct_field_names, reason = "the key of the document")]
pub struct Balance {
    /// What is on it.
    balance: Money,
    /// What of it is held back for runs that go on now.
    reserved: Money,
    /// The currency of both.
    currency: String,
    /// Whose it is.
    mandate: String,
    /// The user, where each has an own account.
    user: Option<String>,
    /// Who pays.
    billing_model: Model,
}

impl BalanceArgs {
    /// Looks.
    ///
    /// # Errors
    /// Class `usage` when the mandate or the user is not clear.
    pub fn run(self, invocation: &Invocation, whose: &Whose) -> Result<Answer> {
        if !self.all {
            let (mut ledger, mandate) = whose.open(invocation)?;
            let account = ledger.account(&mandate, whose.user())?;
            return Ok(Answer::new(Balances::One(Balance::of(&mandate, account))));
        }
        let mut ledger = invocation.setup.ledger(&invocation.output)?;
        let mandates = match whose.named(invocation)? {
            Some(name) => vec![ledger.mandate(Some(&name))?],
            None => ledger.mandates()?,
        };
        let mut accounts = Vec::new();
        for mandate in &mandates {
            let found = match (mandate.billing_model, whose.user()) {
                // What one user can spend here, whether the account was used or not.
                (_, Some(user)) => vec![ledger.account(mandate, Some(user))?],
                (Model::PrepayUser, None) => ledger.accounts(Some(&mandate.mandate))?,
                (Model::PrepayMandate | Model::Unlimited, None) => {
                    let mut used = ledger.accounts(Some(&mandate.mandate))?;
                    if !used.iter().any(|account| account.user.is_none()) {
                        used.insert(0, ledger.account(mandate, None)?);
                    }
                    used
                }
            };
            accounts.extend(found.into_iter().map(|account| Balance::of(mandate, account)));
        }
        Ok(Answer::new(Balances::All { accounts, csv: self.csv }))
    }
}

impl Balance {
    fn of(mandate: &Mandate, account: Account) -> Self {
        Self {
            balance: account.balance,
            reserved: account.reserved,
            currency: mandate.currency.clone(),
            mandate: account.mandate,
            user: account.user,
            billing_model: mandate.billing_model,
        }
    }

    fn tone(&self) -> Tone {
        let left = self.balance.0 - self.reserved.0;
        if self.billing_model != Model::Unlimited && left <= Decimal::ZERO {
            Tone::Bad
        } else {
            Tone::Strong
        }
    }
}

impl Show for Balances {
    fn show(&self, page: &mut Page) {
        match self {
            Self::One(one) => {
                let balance = in_currency(&one.currency, one.balance);
                page.field("balance", one.tone(), &balance);
                if !one.reserved.0.is_zero() {
                    let reserved = in_currency(&one.currency, one.reserved);
                    page.field("held for runs", Tone::Plain, &reserved);
                }
                page.field("mandate", Tone::Plain, &one.mandate);
                if let Some(user) = &one.user {
                    page.field("user", Tone::Plain, user);
                }
            }
            Self::All { accounts, csv: true } => {
                let rows = accounts.iter().map(|one| {
                    [
                        one.mandate.clone(),
                        one.user.clone().unwrap_or_default(),
                        one.balance.to_string(),
                        one.reserved.to_string(),
                        one.currency.clone(),
                    ]
                });
                page.csv(&["mandate", "user", "balance", "reserved", "currency"], rows);
            }
            Self::All { accounts, .. } if accounts.is_empty() => {
                page.line(Tone::Plain, "No account was used yet.");
            }
            Self::All { accounts, .. } => {
                let rows = accounts.iter().map(|one| {
                    let tone = if one.tone() == Tone::Bad { Tone::Bad } else { Tone::Plain };
                    let row = vec![
                        one.mandate.clone(),
                        one.user.clone().unwrap_or_else(|| "-".to_owned()),
                        in_currency(&one.currency, one.balance),
                        in_currency(&one.currency, one.reserved),
                    ];
                    (tone, row)
                });
                page.table(&["mandate", "user", "balance", "held"], rows);
            }
        }
    }
}
