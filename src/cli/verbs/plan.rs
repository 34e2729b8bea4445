//! `topup plan …`: the plan of a subscription: shown, previewed, changed for the end of the cycle,
//! or upgraded at once. Only `upgrade` ever charges; no other verb of it can.

pub(crate) mod change;
pub(crate) mod upgrade;

use super::dry_run::DryRunFlag;
use super::login::StepUpLogin;
use super::shape::Shape;
use super::spending::Spending;
use crate::app::plan::change::PlanWish;
use crate::app::plan::{self, PlanParts, change as change_plan};
use crate::cli::invocation::Invocation;
use crate::core::command::NextStep;
use crate::core::failure::{Charged, Failure, Result};
use crate::core::money::Money;
use crate::output::page::{Page, Tone};
use crate::output::{Answer, Show};
use crate::provider::dollars;
use crate::provider::plans::{
    PendingChange, PendingKind, PlanEffect, Preview, Subscription, day, on_day,
};
use clap::{Args, Subcommand};

/// What its help page ends with.
const EXAMPLES: &str = "\
Examples:
  topup plan                       the plan in force, and the plans there are
  topup plan preview super         what a change would do and cost
  topup plan upgrade super --yes   charged at once, without a question
  topup plan cancel --yes          ends with the month that is paid for";

/// What the help page of `preview` ends with.
const PREVIEW_EXAMPLES: &str = "\
Examples:
  topup plan preview super
  topup plan preview super --get amount_due_now_usd   what would be charged now";

/// The arguments of `topup plan`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct PlanVerb {
    #[command(subcommand)]
    what: Option<PlanCommand>,
}

#[derive(Debug, Subcommand)]
enum PlanCommand {
    /// Show the plan in force, what is scheduled, and the plans there are
    Show,
    /// Show what a change to a plan would do and cost, and change nothing
    #[command(after_help = PREVIEW_EXAMPLES)]
    Preview {
        #[command(flatten)]
        target: PlanTarget,
    },
    /// Change to a smaller plan when the paid month ends; never charges
    #[command(after_help = "Examples:\n  topup plan change plus --yes")]
    Change {
        #[command(flatten)]
        target: PlanTarget,
        #[command(flatten)]
        flag: DryRunFlag,
    },
    /// End the subscription with the month that is paid for
    Cancel(DryRunFlag),
    /// Undo a scheduled change or cancellation
    Resume(DryRunFlag),
    /// Change to a larger plan at once; the saved card is charged, once
    ///
    /// The upgrade is a purchase: confirmed, charged once, and known to status, resume and history.
    Upgrade(upgrade::UpgradeArgs),
}

/// The plan that is meant.
#[derive(Clone, Debug, Args)]
pub struct PlanTarget {
    /// Id or name of the plan, as 'topup plan show' lists it
    #[arg(value_name = "TIER")]
    pub tier: String,
}

impl PlanVerb {
    /// The words in `command` of the document.
    pub fn name(&self) -> &'static str {
        match &self.what {
            None | Some(PlanCommand::Show) => "plan show",
            Some(PlanCommand::Preview { .. }) => "plan preview",
            Some(PlanCommand::Change { .. }) => "plan change",
            Some(PlanCommand::Cancel(_)) => "plan cancel",
            Some(PlanCommand::Resume(_)) => "plan resume",
            Some(PlanCommand::Upgrade(_)) => "plan upgrade",
        }
    }

    /// What it may do to money: a login without permission to spend may only show.
    pub fn spending(&self) -> Spending {
        match &self.what {
            None | Some(PlanCommand::Show) => Spending::None,
            Some(
                PlanCommand::Preview { .. }
                | PlanCommand::Change { .. }
                | PlanCommand::Cancel(_)
                | PlanCommand::Resume(_),
            ) => Spending::Later,
            Some(PlanCommand::Upgrade(_)) => Spending::Now,
        }
    }

    /// Completes a failure of before it was run, where it could have spent.
    pub fn with_what_is_known(&self, invocation: &Invocation, error: Failure) -> Failure {
        match &self.what {
            Some(PlanCommand::Upgrade(upgrade)) => upgrade.with_what_is_known(invocation, error),
            _ => error,
        }
    }

    /// Which of its answers it gives.
    pub fn shape(&self) -> Shape {
        match &self.what {
            Some(PlanCommand::Upgrade(upgrade)) => upgrade.shape(),
            Some(
                PlanCommand::Change { flag, .. }
                | PlanCommand::Cancel(flag)
                | PlanCommand::Resume(flag),
            ) if flag.dry_run => Shape::DryRun,
            _ => Shape::Usual,
        }
    }

    /// Whether it charges.
    pub fn is_upgrade(&self) -> bool {
        matches!(self.what, Some(PlanCommand::Upgrade(_)))
    }

    /// Does it.
    ///
    /// # Errors
    /// Class `unsupported` where a plan is not changed from a terminal, `usage` for a plan that
    /// there is not, every class of a purchase for `upgrade`, and the refusals of the system.
    pub fn run(self, invocation: &Invocation) -> Result<Answer> {
        let command = match self.what.unwrap_or(PlanCommand::Show) {
            PlanCommand::Upgrade(upgrade) => return upgrade.run(invocation),
            other => other,
        };
        let setup = &invocation.setup;
        let provider = setup.provider()?;
        if matches!(command, PlanCommand::Show) {
            return Ok(Answer::new(plan::show(provider.as_ref())?));
        }
        setup.interrupt().install()?;
        let parts = PlanParts {
            provider: provider.as_ref(),
            tokens: &setup.session()?,
            questions: invocation.questions(),
            step_up: &StepUpLogin(invocation),
        };
        let (wish, flag) = match &command {
            PlanCommand::Preview { target } => {
                return Ok(Answer::new(plan::preview(&parts, &target.tier)?));
            }
            PlanCommand::Change { target, flag } => (PlanWish::To(&target.tier), *flag),
            PlanCommand::Cancel(flag) => (PlanWish::Cancel, *flag),
            PlanCommand::Resume(flag) => (PlanWish::Keep, *flag),
            PlanCommand::Show | PlanCommand::Upgrade(_) => {
                return Err(Failure::internal("a plan has no such change"));
            }
        };
        // What is only scheduled charges nothing, whatever becomes of it.
        let answer = if flag.dry_run {
            change_plan::dry_run(&parts, wish).map(Answer::new)
        } else {
            change_plan::change(&parts, wish).map(Answer::new)
        };
        answer.map_err(|error| error.charged(Charged::No))
    }
}

impl PendingChange {
    fn sentence(&self) -> String {
        let when = on_day(self.effective_at.as_deref());
        match (self.kind, &self.tier_name) {
            (PendingKind::Cancellation, _) => format!("the subscription ends {when}"),
            (PendingKind::TierChange, Some(name)) => format!("{name} {when}"),
            (PendingKind::TierChange, None) => format!("another plan {when}"),
        }
    }
}

impl Show for Subscription {
    fn show(&self, page: &mut Page) {
        if let Some(org) = &self.org {
            let name = org.name.as_deref().or(org.slug.as_deref()).unwrap_or(&org.id);
            let context = self.context.as_deref().map(|word| format!(", {word}"));
            let role = org.role.as_deref().map(|role| format!(" ({role})")).unwrap_or_default();
            let text = format!("{name}{role}{}", context.unwrap_or_default());
            page.field("organisation", Tone::Plain, &text);
        }
        match &self.current {
            None => page.field("plan", Tone::Strong, "no subscription"),
            Some(current) => {
                let name = current.tier_name.as_deref().or(current.tier_id.as_deref());
                page.field("plan", Tone::Strong, name.unwrap_or("not stated"));
                let credits = match (current.credits_remaining, current.monthly_credits) {
                    (Some(left), Some(all)) => Some(format!("{left} of {all} left this month")),
                    (Some(left), None) => Some(format!("{left} left this month")),
                    (None, Some(all)) => Some(format!("{all} a month")),
                    (None, None) => None,
                };
                if let Some(credits) = credits {
                    page.field("credits", Tone::Plain, &credits);
                }
                if let Some(ends) = &current.cycle_ends_at {
                    page.field("paid until", Tone::Plain, day(ends));
                }
                if let Some(pending) = &current.pending {
                    page.field("scheduled", Tone::Warn, &pending.sentence());
                }
            }
        }
        if !self.tiers.is_empty() {
            let rows = self.tiers.iter().map(|tier| {
                let (tone, mark) = match (tier.is_current, tier.is_enabled) {
                    (true, _) => (Tone::Good, "in force"),
                    (false, true) => (Tone::Plain, ""),
                    (false, false) => (Tone::Dim, "not sold"),
                };
                let price = match (tier.monthly_price_usd, &tier.price_display) {
                    (Some(price), _) => dollars(price),
                    (None, Some(text)) => text.clone(),
                    (None, None) => "-".to_owned(),
                };
                let credits = tier
                    .monthly_credits
                    .map_or_else(|| "-".to_owned(), |credits| credits.to_string());
                (
                    tone,
                    vec![tier.name.clone(), price, credits, tier.tier_id.clone(), mark.to_owned()],
                )
            });
            page.table(&["plan", "a month", "credits", "id", ""], rows);
        }
        if self.pending().is_some() {
            page.next_step(Tone::Plain, "'topup plan resume' takes back what is scheduled.");
        }
        if !self.can_change {
            page.line(Tone::Warn, "This role may read the plan but not change it.");
        }
        page.link("change it", &self.portal_url);
        page.sandbox(self.sandbox);
    }
}

impl Show for Preview {
    fn show(&self, page: &mut Page) {
        let (name, id) = (&self.target_tier_name, &self.target_tier_id);
        let (tone, text) = match (self.effect, self.amount_due_now_usd) {
            (PlanEffect::ChargeNow, Some(due)) => (
                Tone::Strong,
                format!("{name} would begin now, and {} would be charged.", dollars(due)),
            ),
            (PlanEffect::ChargeNow, None) => (Tone::Strong, format!("{name} would begin now.")),
            (PlanEffect::Scheduled, _) => {
                let when = on_day(self.effective_at.as_deref());
                (Tone::Strong, format!("{name} would begin {when}; nothing is charged now."))
            }
            (PlanEffect::NoOp, _) => (Tone::Good, format!("{name} is the plan in force already.")),
            (PlanEffect::Blocked, _) => {
                (Tone::Warn, format!("The portal does not change to {name} from a terminal."))
            }
        };
        page.line(tone, &text);
        if let Some(reason) = &self.reason {
            page.field("the portal says", Tone::Plain, reason);
        }
        if let Some(current) = &self.current_tier_name {
            page.field("in force now", Tone::Plain, current);
        }
        if let Some(delta) = self.monthly_credits_delta {
            let sign = if delta > Money::ZERO { "+" } else { "" };
            page.field("credits a month", Tone::Plain, &format!("{sign}{delta}"));
        }
        let word = if id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)) {
            id.as_str()
        } else {
            "TIER"
        };
        match self.effect {
            PlanEffect::ChargeNow => {
                page.next_step(
                    Tone::Plain,
                    NextStep::filled("'topup plan upgrade {}' does it.", &[&word]),
                );
            }
            PlanEffect::Scheduled => {
                page.next_step(
                    Tone::Plain,
                    NextStep::filled("'topup plan change {}' does it.", &[&word]),
                );
            }
            PlanEffect::NoOp | PlanEffect::Blocked => {}
        }
        page.link("portal", &self.portal_url);
        page.sandbox(self.sandbox);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_day_has_no_place_in_a_sentence() {
        assert_eq!(on_day(Some("2026-12-01T00:00:00Z")), "on 2026-12-01");
        assert_eq!(on_day(Some("2026-12-01")), "on 2026-12-01");
        for odd in [None, Some("soon"), Some("2026-12-01? Nothing is charged. Go on"), Some("")] {
            assert_eq!(on_day(odd), "at the end of the month that is paid for", "{odd:?}");
        }
    }
}
