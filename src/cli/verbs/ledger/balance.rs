//! `topup ledger balance`: what is left, of one account or of all.

use super::options::{Whose, in_currency};
use crate::app::ledger::accounts::{AccountBalance, balance, balances};
use crate::cli::invocation::Invocation;
use crate::core::failure::Result;
use crate::ledger::values::Model;
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
pub enum LedgerBalances {
    /// Of one account.
    One(AccountBalance),
    /// Of all, with `--all`.
    All {
        /// By mandate and user.
        accounts: Vec<AccountBalance>,
        /// As comma-separated values.
        #[serde(skip)]
        csv: bool,
    },
}

impl BalanceArgs {
    /// Reads it.
    ///
    /// # Errors
    /// Class `usage` when the mandate or the user is not clear.
    pub fn run(self, invocation: &Invocation, whose: &Whose) -> Result<Answer> {
        if !self.all {
            let (mut ledger, mandate) = whose.open(invocation)?;
            let one = balance(&mut ledger, &mandate, whose.user())?;
            return Ok(Answer::new(LedgerBalances::One(one)));
        }
        let mut ledger = invocation.setup.ledger(&invocation.output)?;
        let mandates = match whose.named(invocation)? {
            Some(name) => vec![ledger.mandate(Some(&name))?],
            None => ledger.mandates()?,
        };
        let accounts = balances(&mut ledger, &mandates, whose.user())?;
        Ok(Answer::new(LedgerBalances::All { accounts, csv: self.csv }))
    }
}

/// An account with nothing left stands out.
fn tone(balance: &AccountBalance) -> Tone {
    let left = balance.balance.0 - balance.reserved.0;
    if balance.billing_model != Model::Unlimited && left <= Decimal::ZERO {
        Tone::Bad
    } else {
        Tone::Strong
    }
}

impl Show for LedgerBalances {
    fn show(&self, page: &mut Page) {
        match self {
            Self::One(one) => {
                let balance = in_currency(&one.currency, one.balance);
                page.field("balance", tone(one), &balance);
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
                    let colour = if tone(one) == Tone::Bad { Tone::Bad } else { Tone::Plain };
                    let row = vec![
                        one.mandate.clone(),
                        one.user.clone().unwrap_or_else(|| "-".to_owned()),
                        in_currency(&one.currency, one.balance),
                        in_currency(&one.currency, one.reserved),
                    ];
                    (colour, row)
                });
                page.table(&["mandate", "user", "balance", "held"], rows);
            }
        }
    }
}
