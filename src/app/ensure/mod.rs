//! Buys only when less than that is there, from any number of jobs at once.
//!
//! On one machine a lock of the account is held from looking at the balance until the purchase is
//! final, and what is still on its way counts as there. Beyond one machine the key of the purchase
//! follows from what the decision rests on: two machines that saw the same figures ask for the same
//! purchase. Where machines come and go, the caller names it with `--once`; where the seller knows
//! no keys, only one machine may buy.

pub mod answer;
pub mod rehearsal;
mod round;

use crate::app::buying::Buying;
use crate::app::buying::earlier::KnownPurchase;
use crate::app::buying::terms::{OutcomeWait, Terms};
use crate::app::summary::Summary;
use crate::core::failure::{Failure, Result};
use crate::core::money::Amount;
use crate::provider::DollarAccount;
use crate::provider::plans::Item;
use crate::purchase::record::Purchase;
use crate::purchase::request::PurchaseName;
use answer::Ensured;
use jiff::Timestamp;
use rehearsal::EnsureDryRun;
use round::EnsureRound;
use rust_decimal::{Decimal, RoundingStrategy};

/// The `error.code` where a purchase needs a name.
pub const NAME_MISSING: &str = "name_missing";

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

    /// Reads the balance, and buys where that is needed. What earlier runs had left open and is
    /// found paid is put into `finished`, even when the rest fails.
    ///
    /// # Errors
    /// Every class that a purchase can end with, `pending` or `outcome_unknown` when enough is on
    /// its way already, `insufficient_balance` when it is not enough even so.
    pub fn run(
        &self,
        buying: &Buying<'_>,
        account: &dyn DollarAccount,
        finished: &mut Vec<Summary>,
    ) -> Result<Ensured> {
        self.check_has_name(buying)?;
        let token = buying.token()?;
        let link = buying.page_of(&Item::Credits)?;
        EnsureRound { ensure: self, buying, account, token, link }.go(finished)
    }

    /// Refuses a run without a name where jobs on other machines may be buying at the same time:
    /// today, and not on the night when less is there.
    fn check_has_name(&self, buying: &Buying<'_>) -> Result<()> {
        let holds = self.once.is_some() || !buying.surroundings.come_and_go();
        if holds || buying.charges.seller().one_at_a_time() {
            return Ok(());
        }
        let mut failure = Failure::usage(
            "nothing was sent: 'ensure' needs a name in CI, since jobs on other machines may be buying at the same time",
        );
        failure.parts_mut().code = Some(NAME_MISSING.to_owned());
        Err(failure)
    }

    /// What a run would do.
    ///
    /// # Errors
    /// Every failure that would keep it from buying.
    pub fn rehearse(
        &self,
        buying: &Buying<'_>,
        account: &dyn DollarAccount,
    ) -> Result<EnsureDryRun> {
        self.check_has_name(buying)?;
        let token = buying.token()?;
        let link = buying.page_of(&Item::Credits)?;
        EnsureRound { ensure: self, buying, account, token, link }.rehearse()
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
