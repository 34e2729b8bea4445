//! `topup plan upgrade`: a larger plan at once, paid by the saved card.

use super::PlanTarget;
use crate::app::upgrade::{self, earlier};
use crate::cli::invocation::Invocation;
use crate::cli::verbs::ci;
use crate::cli::verbs::opening::{self, PLANS, with_what_is_known};
use crate::cli::verbs::purchase_options::{PurchaseOptions, WaitOptions};
use crate::cli::verbs::purchase_page::IF_LOST;
use crate::cli::verbs::shape::Shape;
use crate::core::failure::{Failure, Result};
use crate::output::Answer;
use clap::Args;

/// What its help page ends with.
const EXAMPLES: &str = "\
Examples:
  topup plan upgrade plus --dry-run                what would be charged now
  topup plan upgrade plus --yes --max 20           from a script, for no more
  topup plan upgrade plus --yes --once 2026-plus   one upgrade, on any machine";

/// The arguments of `topup plan upgrade`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct UpgradeArgs {
    #[command(flatten)]
    target: PlanTarget,
    #[command(flatten)]
    options: PurchaseOptions,
    #[command(flatten)]
    waiting: WaitOptions,
    /// Show what would be done and charge nothing
    #[arg(long)]
    dry_run: bool,
}

impl UpgradeArgs {
    /// Which of its answers it gives.
    pub fn shape(&self) -> Shape {
        if self.dry_run { Shape::DryRun } else { Shape::Usual }
    }

    /// Upgrades.
    ///
    /// # Errors
    /// Every class of the table that a purchase can end with; `charged` is always said.
    pub fn run(self, invocation: &Invocation) -> Result<Answer> {
        self.upgrade(invocation).map_err(|error| {
            let once = self.options.once.as_deref();
            let error = ci::with_named_command(invocation, once, error);
            self.with_what_is_known(invocation, error)
        })
    }

    /// Says of a failure whether money moved, where it does not say so itself.
    pub fn with_what_is_known(&self, invocation: &Invocation, error: Failure) -> Failure {
        let terms = self.options.terms();
        let tier = &self.target.tier;
        with_what_is_known(invocation, error, &terms, true, |known| earlier(known, &terms, tier))
    }

    fn upgrade(&self, invocation: &Invocation) -> Result<Answer> {
        self.options.check()?;
        opening::buying(invocation, PLANS, |buying| {
            let plans = buying.charges.plans();
            let plans = plans.ok_or_else(|| buying.provider.unsupported(PLANS.what, PLANS.page))?;
            let terms = self.options.terms();
            let upgrade = upgrade::PlanUpgrade {
                buying,
                plans,
                tier: &self.target.tier,
                terms: &terms,
                waiting: self.waiting.into(),
            };
            if self.dry_run {
                return Ok(Answer::new(upgrade.rehearse()?));
            }
            Ok(Answer::new(upgrade.run()?).if_lost(IF_LOST))
        })
    }
}
