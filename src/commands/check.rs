//! `topup check`: a gate on the balance for scripts.

use super::state::dollars;
use crate::answer::page::{Page, Tone};
use crate::answer::{Answer, Show};
use crate::class::Class;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::money::{Amount, Money};
use crate::provider::{Balance, Page as PortalPage};
use clap::Args;
use schemars::JsonSchema;
use serde::Serialize;

/// The arguments of `topup check`.
#[derive(Debug, Args)]
pub struct Check {
    /// End with insufficient_balance when less than this many dollars are there
    #[arg(long, value_name = "AMOUNT", value_parser = Amount::parse)]
    at_least: Amount,
}

/// That much is there; `data` of `check`.
#[derive(Serialize, JsonSchema)]
pub struct Checked {
    /// What is there, in dollars.
    balance_usd: Money,
    /// What was asked for, in dollars.
    required_usd: Money,
    /// What the balance counts.
    unit: &'static str,
}

impl Check {
    /// Compares.
    ///
    /// # Errors
    /// Class `insufficient_balance` when less is there, `protocol` when the system does not say.
    pub fn run(self, context: &Context) -> Result<Answer> {
        let provider = context.provider()?;
        let state = provider.state()?;
        let required = Money::from(self.at_least);
        let Balance { amount: balance, unit } = state
            .balance()
            .ok_or_else(|| Error::new(Class::Protocol, "the system did not tell a balance"))?;
        if balance < required {
            return Err(Error::new(
                Class::InsufficientBalance,
                format!("{} are there, {} were asked for", dollars(balance), dollars(required)),
            )
            .detail("balance_usd", balance.to_string())
            .detail("required_usd", required.to_string())
            .hint("Buy some with 'topup buy AMOUNT', or on this page:")
            .link(provider.link(PortalPage::Topup)));
        }
        Ok(Answer::new(Checked { balance_usd: balance, required_usd: required, unit }))
    }
}

impl Show for Checked {
    fn show(&self, page: &mut Page) {
        page.line(
            Tone::Good,
            &format!(
                "{} are there, at least {} were asked for.",
                dollars(self.balance_usd),
                dollars(self.required_usd)
            ),
        );
    }
}
