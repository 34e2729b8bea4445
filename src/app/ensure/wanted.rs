//! What a run of `ensure` wants: how much has to be there, how much is bought where it is not, and on
//! which terms.

use crate::app::buying::earlier::KnownPurchase;
use crate::app::buying::terms::{OutcomeWait, Terms};
use crate::core::failure::{Failure, Result};
use crate::core::money::Amount;
use crate::provider::plans::Item;
use crate::purchase::record::Purchase;
use crate::purchase::request::PurchaseName;
use jiff::Timestamp;
use rust_decimal::{Decimal, RoundingStrategy};

/// What has to be there, and how much is bought where it is not.
#[derive(Clone, Debug)]
pub struct Ensure {
    /// Buy when fewer dollars than this are there.
    pub at_least: Amount,
    /// Buy this much then.
    pub buy: Option<Amount>,
    /// Buy up to this balance then.
    pub to: Option<Amount>,
    /// The caller's name for the purchase.
    pub once: Option<String>,
    /// When the name can have been used first.
    pub once_since: Option<Timestamp>,
    /// Try again after the card was declined.
    pub retry_declined: bool,
    /// The most that it may cost.
    pub max: Option<Amount>,
    /// How long to wait for the outcome.
    pub waiting: OutcomeWait,
}

impl Ensure {
    /// Refuses what could never be enough.
    ///
    /// # Errors
    /// Class `usage`.
    pub fn check(&self) -> Result<()> {
        if self.buy.is_none() && self.to.is_none() {
            return Err(Failure::usage(
                "how much to buy is missing: --buy AMOUNT, or --to BALANCE",
            )
            .hint("Write it like 'topup ensure --at-least 20 --to 50'."));
        }
        match self.to {
            Some(to) if to < self.at_least => Err(Failure::usage(format!(
                "--to {to} is less than --at-least {}: it would never be enough",
                self.at_least
            ))),
            _ => Ok(()),
        }
    }

    /// The terms of a purchase under this name.
    pub fn terms(&self, name: Option<String>) -> Terms {
        let called = match name {
            Some(name) => {
                PurchaseName::Once { name, retry_declined: self.retry_declined, new: false }
            }
            None => PurchaseName::Nothing { new: false },
        };
        Terms { called, once_since: self.once_since, max: self.max }
    }

    /// The purchases of earlier runs that this may mean.
    ///
    /// # Errors
    /// Class `config`.
    pub fn earlier(&self, known: &KnownPurchase<'_>) -> Result<Vec<Purchase>> {
        known.earlier(&self.terms(self.once.clone()), |purchase| {
            purchase.intent.item == Item::Credits && purchase.outcome.is_none()
        })
    }

    /// Whether that much is enough.
    pub fn is_enough(&self, there: Decimal) -> bool {
        there >= self.at_least.decimal()
    }

    /// How much has to be bought, in whole cents.
    pub fn amount(&self, there: Decimal) -> Result<Amount> {
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
