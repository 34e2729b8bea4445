//! `topup ledger check`: whether the budget has room for a cost; and what happens where it has not.

use super::{Whose, in_currency};
use crate::answer::page::{Page, Tone};
use crate::answer::{Answer, Show};
use crate::context::Context;
use crate::error::{Error, Result};
use crate::ledger::Ledger as Book;
use crate::ledger::refusal::Checked;
use crate::ledger::values::{Model, check_amount};
use clap::Args;
use rust_decimal::Decimal;

/// The arguments of `topup ledger check`.
#[derive(Debug, Args)]
pub struct Check {
    /// Name the cost, with the markup in it; 0 asks whether anything is left
    #[arg(value_name = "COST", value_parser = check_amount, allow_negative_numbers = true)]
    cost: Decimal,
}

impl Check {
    /// Compares.
    ///
    /// # Errors
    /// Class `insufficient_balance` when the budget does not hold.
    pub fn run(self, context: &Context, whose: &Whose) -> Result<Answer> {
        let (mut ledger, mandate) = whose.open(context)?;
        let checked = ledger.check(&mandate, whose.user(), self.cost)?;
        if !checked.allowed {
            return Err(refused(context, &mut ledger, &checked));
        }
        Ok(Answer::new(checked))
    }
}

/// A budget that does not hold: whoever looks after a shared one is told, and the refusal is made.
pub fn refused(context: &Context, _ledger: &mut Book, checked: &Checked) -> Error {
    checked.refusal(context.language())
}

impl Show for Checked {
    fn show(&self, page: &mut Page) {
        if self.billing_model == Model::Unlimited {
            let line = format!("{} has no limit: nothing is checked.", self.mandate);
            return page.line(Tone::Good, &line);
        }
        page.line(
            Tone::Good,
            &format!(
                "{} are there, {} were asked for.",
                in_currency(&self.currency, self.available()),
                in_currency(&self.currency, self.required_amount)
            ),
        );
    }
}
