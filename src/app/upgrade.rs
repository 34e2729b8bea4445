//! A larger plan at once, paid by the saved card. It is a purchase like every other: previewed,
//! confirmed, durable before it is sent, and sent under one key. What the journal knows goes first:
//! where an earlier run may have been charged, its own request is the question, and no preview is.

use crate::app::buy::{UNDONE, check_guards};
use crate::app::buying::Buying;
use crate::app::buying::earlier::KnownPurchase;
use crate::app::buying::order::Order;
use crate::app::buying::rehearsal::{DryRunFacts, Would};
use crate::app::buying::terms::{OutcomeWait, Terms};
use crate::app::summary::{PurchaseStatus, Summary};
use crate::core::class::Class;
use crate::core::clock::Clock;
use crate::core::failure::{Failure, Result};
use crate::core::money::{Amount, Money};
use crate::core::time;
use crate::credentials::Token;
use crate::provider::Unit;
use crate::provider::plans::{Item, PlanEffect, PlanName, PlanSeen, Plans, Preview, on_day};
use crate::purchase::guards;
use crate::purchase::record::{Outcome, Purchase};
use schemars::JsonSchema;
use serde::Serialize;
use std::time::Duration;

/// How long a plan that was paid for may take to be shown, and the time between two checks. Contract:
/// nous, upgrade.
const PLAN_LAGS: Duration = Duration::from_secs(30);
const BETWEEN_LOOKS: Duration = Duration::from_secs(2);

/// What `--dry-run` answers.
#[derive(Serialize, JsonSchema)]
pub struct UpgradeDryRun {
    /// The plan.
    pub tier_id: String,
    /// Its name.
    pub tier_name: String,
    /// What would be charged now, in dollars.
    pub amount_due_now_usd: Option<Money>,
    /// The rest.
    #[serde(flatten)]
    pub rehearsed: DryRunFacts,
}

/// The upgrades of earlier runs that this may mean; `tier` is what was typed.
///
/// # Errors
/// Class `config`.
pub fn earlier(known: &KnownPurchase<'_>, terms: &Terms, tier: &str) -> Result<Vec<Purchase>> {
    known.earlier(terms, |purchase| matching(purchase, tier).is_some())
}

/// The plan of a purchase, where it is the one that was typed.
fn matching<'p>(purchase: &'p Purchase, tier: &str) -> Option<&'p PlanName> {
    purchase.intent.item.plan().filter(|plan| plan.is_called(tier))
}

/// Upgrading to a plan.
pub struct PlanUpgrade<'a> {
    /// What buying takes.
    pub buying: &'a Buying<'a>,
    /// The plans.
    pub plans: &'a dyn Plans,
    /// The plan, as it was typed.
    pub tier: &'a str,
    /// What the purchase is called, and the most that it may cost.
    pub terms: &'a Terms,
    /// How long to wait for the outcome.
    pub waiting: OutcomeWait,
}

/// What there is to do: nothing, as the plan is in force, or to pay for it.
enum Quoted {
    InForce(PlanName),
    Due { plan: PlanName, amount: Amount, preview: Box<Preview> },
}

impl PlanUpgrade<'_> {
    /// Upgrades.
    ///
    /// # Errors
    /// Every class of the table that a purchase can end with.
    pub fn run(&self) -> Result<Summary> {
        let buying = self.buying;
        self.terms.check()?;
        buying.questions.check_can_be_asked(UNDONE, "upgrade", || self.page())?;
        let token = buying.token()?;
        if let Some(purchase) = self.to_go_on_with(&token)? {
            return self.go_on(&purchase, &token);
        }
        let (plan, amount, preview) = match self.quote(&token)? {
            Quoted::InForce(plan) => {
                // Another machine may have paid for it under this name.
                let charged = buying.known().charged_elsewhere(self.terms);
                return Ok(Summary::in_force(&plan, charged, buying.portal.sandbox));
            }
            Quoted::Due { plan, amount, preview } => (plan, amount, preview),
        };
        check_guards(buying, amount, self.terms)?;
        if !buying.questions.assume_yes {
            self.explain(&preview);
        }
        let name = self.name_to_ask(&plan);
        let question = format!("Upgrade to {name}: pay ${amount} now?");
        buying.questions.confirm(&question, UNDONE, &preview.portal_url)?;
        // A step-up may have brought another token.
        let token = buying.token()?;
        self.complete(plan, amount, &token)
    }

    /// What would be done.
    ///
    /// # Errors
    /// Every failure that would keep it from being begun.
    pub fn rehearse(&self) -> Result<UpgradeDryRun> {
        let buying = self.buying;
        self.terms.check()?;
        let token = buying.token()?;
        if let Some(purchase) = self.to_go_on_with(&token)? {
            let amount = purchase.intent.amount;
            if purchase.outcome.is_none() {
                guards::check_max(amount, self.terms.max)?;
            }
            let key = Some(purchase.intent.key.to_string());
            let rehearsed = DryRunFacts::new(buying, &token, key, Would::from_purchase(&purchase));
            return Ok(rehearsal(self.plan_of(&purchase), Some(amount), rehearsed));
        }
        match self.quote(&token)? {
            Quoted::InForce(plan) => {
                let rehearsed = DryRunFacts::new(buying, &token, None, Would::Nothing);
                Ok(rehearsal(plan, None, rehearsed))
            }
            Quoted::Due { plan, amount, .. } => {
                check_guards(buying, amount, self.terms)?;
                let organisation = buying.buyer(&token).organisation;
                let key = self.terms.key(&buying.place.origin, organisation.as_deref())?;
                let key = key.map(|key| key.to_string());
                let rehearsed = DryRunFacts::new(buying, &token, key, Would::Start);
                Ok(rehearsal(plan, Some(amount), rehearsed))
            }
        }
    }

    fn page(&self) -> Result<String> {
        let typed = self.typed();
        self.buying.page_of(&Item::Plan(typed))
    }

    fn typed(&self) -> PlanName {
        PlanName { tier_id: self.tier.to_owned(), tier_name: self.tier.to_owned() }
    }

    /// The upgrade of an earlier run whose own request is the question. Where nothing was ever
    /// charged and nothing can have been, it is begun anew, at today's price.
    fn to_go_on_with(&self, token: &Token) -> Result<Option<Purchase>> {
        let ours = self.buying.buyer(token).organisation;
        let mut earlier = earlier(&self.buying.known(), self.terms, self.tier)?.into_iter();
        let found = earlier.find(|purchase| purchase.intent.organisation == ours);
        Ok(found.filter(|purchase| match &purchase.outcome {
            Some(end) if end.may_reopen() => false,
            Some(Outcome::Failed(_)) => !self.terms.retries_declined(),
            _ => true,
        }))
    }

    /// The plan of an upgrade of the journal. Something else under the same name is for the journal
    /// to refuse.
    fn plan_of(&self, purchase: &Purchase) -> PlanName {
        matching(purchase, self.tier).cloned().unwrap_or_else(|| self.typed())
    }

    /// Goes on with an upgrade of the journal, or reports again how it ended.
    fn go_on(&self, purchase: &Purchase, token: &Token) -> Result<Summary> {
        let plan = self.plan_of(purchase);
        let amount = purchase.intent.amount;
        if purchase.outcome.is_none() {
            guards::check_max(amount, self.terms.max)?;
            let question = format!(
                "Go on with the upgrade to {} for ${amount} from {}?",
                self.name_to_ask(&plan),
                time::shown(purchase.asked.wall)
            );
            self.buying.questions.confirm(&question, UNDONE, &self.page()?)?;
        }
        self.complete(plan, amount, token)
    }

    /// What it would cost.
    fn quote(&self, token: &Token) -> Result<Quoted> {
        let subscription = self.plans.read()?;
        subscription.check_is_of(self.buying.buyer(token).organisation.as_deref())?;
        let plan = subscription.find(self.tier)?;
        let preview = self.preview(&plan.tier_id)?;
        Ok(match price(&preview)? {
            None => Quoted::InForce(plan),
            Some(amount) => Quoted::Due { plan, amount, preview: Box::new(preview) },
        })
    }

    /// Needs permission to spend; a person who lacks it is offered it once.
    fn preview(&self, tier_id: &str) -> Result<Preview> {
        match self.plans.preview(tier_id) {
            Err(error)
                if error.class() == Class::InsufficientScope
                    && self.buying.questions.ask.can_ask() =>
            {
                if self.buying.step_up.offer()? {
                    self.plans.preview(tier_id)
                } else {
                    Err(error)
                }
            }
            other => other,
        }
    }

    /// What a person wants to see before the question.
    fn explain(&self, preview: &Preview) {
        let note = |line: String| self.buying.report.note(&line.into());
        if let Some(current) = &preview.current_tier_name {
            note(format!("In force now: {current}."));
        }
        if let Some(more) = preview.monthly_credits_delta.filter(|more| *more > Money::ZERO) {
            note(format!("Credits: {more} more a month."));
        }
    }

    fn name_to_ask<'n>(&self, plan: &'n PlanName) -> &'n str {
        let heading = "The portal calls this plan";
        self.buying.questions.name(&plan.tier_name, heading, "the plan above")
    }

    fn complete(&self, plan: PlanName, amount: Amount, token: &Token) -> Result<Summary> {
        let body = self.plans.upgrade_body(&plan.tier_id);
        let order = Order {
            buying: self.buying,
            terms: self.terms,
            item: &Item::Plan(plan),
            amount,
            total: None,
            body,
            waiting: self.waiting,
        };
        let mut summary = order.complete_charge(token)?;
        if summary.status == PurchaseStatus::Settled && !summary.replayed && self.waiting.is_any() {
            let plan = order.item.plan().map(|plan| plan.tier_id.clone()).unwrap_or_default();
            let longest = self.waiting.wait.map_or(PLAN_LAGS, |wait| wait.min(PLAN_LAGS));
            let look = || self.plans.look(token, &plan);
            if is_shown(&look, &*self.buying.clock, longest) == Some(false) {
                let line = "The plan is paid. The portal still shows the earlier one, and is applying the new one.";
                self.buying.report.note(&line.into());
                summary.upgrade.iter_mut().for_each(|upgrade| upgrade.applying = true);
            }
        }
        Ok(summary)
    }
}

/// Checks until a plan that was paid for is shown, or the time is over; none where a check fails, which
/// says nothing about it.
fn is_shown(look: &dyn Fn() -> PlanSeen, clock: &dyn Clock, longest: Duration) -> Option<bool> {
    let deadline = clock.monotonic() + longest;
    loop {
        match look() {
            PlanSeen::InForce => return Some(true),
            PlanSeen::Trouble { .. } => return None,
            PlanSeen::NotInForce => {}
        }
        let left = deadline.saturating_sub(clock.monotonic());
        if left.is_zero() {
            return Some(false);
        }
        clock.wait(left.min(BETWEEN_LOOKS)).ok()?;
    }
}

/// What is due now; none where the plan is in force already.
fn price(preview: &Preview) -> Result<Option<Amount>> {
    preview.check_not_blocked()?;
    let name = &preview.target_tier_name;
    match (preview.effect, preview.amount_due_now_usd) {
        (PlanEffect::NoOp, _) => Ok(None),
        (PlanEffect::ChargeNow, Some(due)) => Amount::due(due.0).map(Some).ok_or_else(|| {
            let due = Unit::Usd.shown(due);
            let message = format!("nothing was sent: {due} is not an amount that can be due");
            Failure::new(Class::Protocol, message)
        }),
        (PlanEffect::Scheduled, _) => Err(Failure::usage(format!(
            "nothing was sent: {name} is not an upgrade, it would begin {}",
            on_day(preview.effective_at.as_deref())
        ))
        .detail("effect", "scheduled")
        .hint_with(
            "'topup plan change {}' schedules it, and charges nothing.",
            &[&preview.target_tier_id],
        )
        .link(preview.portal_url.clone())),
        (PlanEffect::ChargeNow, None) | (PlanEffect::Blocked, _) => {
            Err(Failure::internal("a preview that was refused is read"))
        }
    }
}

fn rehearsal(plan: PlanName, due: Option<Amount>, rehearsed: DryRunFacts) -> UpgradeDryRun {
    UpgradeDryRun {
        tier_id: plan.tier_id,
        tier_name: plan.tier_name,
        amount_due_now_usd: due.map(Money::from),
        rehearsed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::clock::TurnedClock;
    use crate::provider::ProviderError;
    use jiff::Timestamp;
    use std::cell::Cell;

    #[test]
    fn a_plan_that_lags_is_waited_for_and_is_paid_all_the_same() {
        let trouble = || PlanSeen::Trouble {
            refusal: ProviderError::new(Class::Network, "no answer"),
            unauthorized: false,
        };
        for (shown_after, shown, looks) in
            [(0, Some(true), 1), (3, Some(true), 4), (99, Some(false), 16)]
        {
            let seen = Cell::new(0);
            let look = || {
                seen.set(seen.get() + 1);
                if seen.get() > shown_after { PlanSeen::InForce } else { PlanSeen::NotInForce }
            };
            let clock = TurnedClock::new(Timestamp::UNIX_EPOCH);
            assert_eq!(is_shown(&look, &clock, PLAN_LAGS), shown, "{shown_after}");
            assert_eq!(seen.get(), looks, "{shown_after}");
        }
        let clock = TurnedClock::new(Timestamp::UNIX_EPOCH);
        assert_eq!(is_shown(&trouble, &clock, PLAN_LAGS), None);
    }
}
