//! `topup check`: a gate on the balance for scripts.

use super::state::{dollars, read};
use crate::answer::page::{Page, Tone};
use crate::answer::{Answer, Show};
use crate::class::Class;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::money::{Amount, Money};
use crate::provider::Page as PortalPage;
use clap::Args;
use schemars::JsonSchema;
use serde::Serialize;
use std::borrow::Cow;
use std::path::PathBuf;

/// The unit of dollars.
const USD: &str = "usd";

/// What its help page ends with.
const EXAMPLES: &str = "\
Examples:
  topup check --at-least 10 || notify   run something when less is there";

/// The arguments of `topup check`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Check {
    /// End with insufficient_balance when less than this is there, in dollars, credits or uses
    #[arg(long, value_name = "AMOUNT", value_parser = Amount::parse)]
    at_least: Amount,
    /// Look at the project at this root, where projects choose what is billed
    #[arg(long, value_name = "DIR")]
    project: Option<PathBuf>,
}

/// That much is there; `data` of `check`.
#[derive(Serialize, JsonSchema)]
pub struct Checked {
    /// What is there, where that is counted in dollars.
    balance_usd: Option<Money>,
    /// What was asked for, where that is counted in dollars.
    required_usd: Option<Money>,
    /// What is there.
    balance: Money,
    /// What was asked for.
    required: Money,
    /// What the balance counts: `usd`, `credits`, `uses`, or another currency in small letters.
    unit: Cow<'static, str>,
    /// Present and true where nothing is counted: that is enough for anything.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    unlimited: bool,
}

impl Check {
    /// Compares.
    ///
    /// # Errors
    /// Class `insufficient_balance` when less is there, `protocol` when the system does not say.
    pub fn run(self, context: &Context) -> Result<Answer> {
        let state = read(context, self.project.as_deref())?;
        let required = Money::from(self.at_least);
        let balance = state.balance().ok_or_else(|| state.no_balance())?;
        let unit = balance.unit.clone();
        let in_dollars = |money: Money| (unit == USD).then_some(money);
        if !balance.unlimited && balance.amount < required {
            let message = format!(
                "the balance is {}, less than the {} asked for",
                counted(balance.amount, &unit),
                counted(required, &unit)
            );
            let error = Error::new(Class::InsufficientBalance, message);
            let error = match in_dollars(balance.amount) {
                Some(balance) => error
                    .detail("balance_usd", balance.to_string())
                    .detail("required_usd", required.to_string())
                    .hint("Buy some, as with 'topup buy 25', or on this page:")
                    .link(context.provider()?.link(PortalPage::Topup)),
                None => error
                    .detail("balance", balance.amount.to_string())
                    .detail("required", required.to_string())
                    .detail("unit", unit.as_ref()),
            };
            return Err(state.when_short(error));
        }
        Ok(Answer::new(Checked {
            balance_usd: in_dollars(balance.amount),
            required_usd: in_dollars(required),
            balance: balance.amount,
            required,
            unit,
            unlimited: balance.unlimited,
        }))
    }
}

/// `$142.50`, `CHF 142.50`, or `1250 credits`.
pub fn counted(amount: Money, unit: &str) -> String {
    match unit.len() {
        _ if unit == USD => dollars(amount),
        // The code of a currency.
        3 => format!("{} {}", unit.to_ascii_uppercase(), amount.shown()),
        _ => format!("{} {unit}", amount.0.normalize()),
    }
}

impl Show for Checked {
    fn show(&self, page: &mut Page) {
        if self.unlimited {
            let line = format!("The {} are not counted here: there are always enough.", self.unit);
            return page.line(Tone::Good, &line);
        }
        page.line(
            Tone::Good,
            &format!(
                "The balance is {}, not less than the {} asked for.",
                counted(self.balance, &self.unit),
                counted(self.required, &self.unit)
            ),
        );
    }
}
