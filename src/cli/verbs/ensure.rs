//! `topup ensure`: buy only when less than that is there, from any number of jobs at once.
//!
//! On one machine a lock of the account is held from looking at the balance until the purchase is
//! final, and what is still on its way counts as there. Beyond one machine the key of the purchase
//! follows from what the decision rests on: whoever saw the same figures asks for the same
//! purchase. Where machines come and go, the caller names it with `--once`. The looking and the
//! buying are in `round`.

mod answer;
mod round;

pub use answer::Ensured;

use super::ci;
use super::completions::values;
use super::execute_purchase::{Earlier, PurchaseOptions, Waiting};
use crate::cli::invocation::Invocation;
use crate::core::failure::{Failure, Result};
use crate::core::money::Amount;
use crate::output::Answer;
use crate::provider::PortalPage;
use crate::purchase::key;
use crate::purchase::summary::Summary;
use crate::purchase::world::TOKEN_LASTS;
use answer::and_finished;
use clap::Args;
use clap_complete::ArgValueCandidates;
use jiff::Timestamp;
use round::{Round, open_credits};
use rust_decimal::{Decimal, RoundingStrategy};

/// What its help page ends with.
const EXAMPLES: &str = "\
Examples:
  topup ensure --at-least 20 --to 50 --yes   buy what is missing to 50
  topup ensure --at-least 20 --buy 25 --yes --once nightly-42   where machines come and go";

/// What else there is to know where the answer could not be delivered.
const IF_LOST: &str = "The purchase itself is done. Run the same command again: it looks at the balance with it, and buys nothing twice.";

/// The arguments of `topup ensure`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Ensure {
    /// Buy when fewer dollars than this are there
    #[arg(long, value_name = "AMOUNT", value_parser = Amount::parse)]
    at_least: Amount,
    /// Buy this much then; this or --to is needed
    #[arg(long, value_name = "AMOUNT", value_parser = Amount::parse, conflicts_with = "to")]
    buy: Option<Amount>,
    /// Buy up to this balance then; this or --buy is needed
    #[arg(long, value_name = "AMOUNT", value_parser = Amount::parse)]
    to: Option<Amount>,
    /// Name the purchase: the same name never buys twice, on any machine
    #[arg(long, value_name = "NAME", value_parser = key::check_name, add = ArgValueCandidates::new(values::names))]
    once: Option<String>,
    /// Say when the name can have been used first, as in 2026-11-20T12:00:00Z
    #[arg(long, value_name = "TIME", requires = "once")]
    once_since: Option<Timestamp>,
    /// Try again after the card was declined
    #[arg(long)]
    retry_declined: bool,
    /// Refuse to pay more than this
    #[arg(long, value_name = "AMOUNT", value_parser = Amount::parse)]
    max: Option<Amount>,
    #[command(flatten)]
    waiting: Waiting,
}

impl Ensure {
    /// Looks, and buys where that is needed.
    ///
    /// # Errors
    /// Every class that a purchase can end with, `pending` or `outcome_unknown` when enough is on
    /// its way already, `insufficient_balance` when it is not enough even so.
    pub fn run(self, invocation: &Invocation) -> Result<Answer> {
        let mut finished = Vec::new();
        let outcome = self
            .look_and_buy(invocation, &mut finished)
            .map_err(|error| and_finished(self.with_what_is_known(invocation, error), &finished));
        let outcome = outcome.map(|ensured| {
            let bought = ensured.bought;
            let answer = Answer::new(Ensured { finished, ..ensured });
            if bought { answer.if_lost(IF_LOST) } else { answer }
        });
        ci::publish(invocation, &outcome);
        outcome
    }

    /// Says of a failure whether money moved, where it does not say so itself.
    pub fn with_what_is_known(&self, invocation: &Invocation, error: Failure) -> Failure {
        let terms = self.terms(self.once.clone());
        let earlier = || {
            let purchases =
                terms.earlier(invocation, |journal, origin| open_credits(journal, origin))?;
            Ok(Earlier { is_one: false, purchases })
        };
        terms.with_what_is_known(invocation, error, earlier)
    }

    fn look_and_buy(
        &self,
        invocation: &Invocation,
        finished: &mut Vec<Summary>,
    ) -> Result<Ensured> {
        if self.buy.is_none() && self.to.is_none() {
            return Err(Failure::usage(
                "how much to buy is missing: --buy AMOUNT, or --to BALANCE",
            )
            .hint("Write it like 'topup ensure --at-least 20 --to 50'."));
        }
        if let Some(to) = self.to.filter(|to| *to < self.at_least) {
            return Err(Failure::usage(format!(
                "--to {to} is less than --at-least {}: it would never be enough",
                self.at_least
            )));
        }
        let provider = invocation.setup.provider()?;
        let (Some(account), Some(charges)) = (provider.dollar_account(), provider.charges()) else {
            return Err(provider.unsupported("buying", PortalPage::Topup));
        };
        invocation.setup.interrupt().install()?;
        let link = provider.page_link(PortalPage::Topup)?;
        let token = invocation.setup.session()?.token(TOKEN_LASTS)?;
        let round = Round { ensure: self, invocation, account, charges, token, link };
        round.go(finished)
    }

    fn terms(&self, once: Option<String>) -> PurchaseOptions {
        let (once_since, retry_declined) = (self.once_since, self.retry_declined);
        PurchaseOptions {
            once,
            once_since,
            retry_declined,
            max: self.max,
            ..PurchaseOptions::default()
        }
    }

    fn is_enough(&self, there: Decimal) -> bool {
        there >= self.at_least.decimal()
    }

    /// How much has to be bought, in whole cents.
    fn amount(&self, there: Decimal) -> Result<Amount> {
        if let Some(amount) = self.buy {
            return Ok(amount);
        }
        let to = self.to.unwrap_or(self.at_least);
        to.decimal()
            .checked_sub(there)
            .map(|missing| missing.round_dp_with_strategy(2, RoundingStrategy::AwayFromZero))
            .and_then(Amount::from_decimal)
            .ok_or_else(|| Failure::usage(format!("no purchase leads from {there} to {to}")))
    }
}
