//! What is scheduled for the end of the month that is paid for: another plan, the end of the
//! subscription, or neither. Nothing of it charges, and each may be sent again: after a lost answer
//! the plan itself shows what holds.

use super::{PlanParts, plans};
use crate::core::class::Class;
use crate::core::command::NextStep;
use crate::core::failure::{Failure, Result};
use crate::provider::plans::{
    PendingKind, PlanChange, PlanEffect, PlanName, Plans, Subscription, on_day,
};
use crate::provider::{PortalPage, Unit};
use crate::purchase::world::TOKEN_LASTS;
use schemars::JsonSchema;
use serde::Serialize;

/// What holds now; `data` of `plan change`, `plan cancel` and `plan resume`.
#[derive(Serialize, JsonSchema)]
pub struct ChangedPlan {
    /// `tier_change`, `cancellation` or `none`: what is scheduled now.
    pub scheduled: Scheduled,
    /// Whether this command changed it; false where it was so already.
    pub changed: bool,
    /// The plan that this is about: the one that comes, ends, or goes on.
    pub tier_name: Option<String>,
    /// When it happens.
    pub effective_at: Option<String>,
    /// The portal's own words about it.
    pub message: Option<String>,
    /// The page where it is changed in a browser.
    pub portal_url: String,
    /// Present and true on the sandbox: nothing of this is real money.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub sandbox: bool,
}

/// What is scheduled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Scheduled {
    /// Another plan.
    TierChange,
    /// The end of the subscription.
    Cancellation,
    /// Nothing: the plan goes on, or there is none.
    None,
}

/// What has not happened where a change was not confirmed.
const UNDONE: &str = "nothing was sent";

/// One change, with the plan as it was before.
struct PlanSwitch<'a> {
    parts: &'a PlanParts<'a>,
    plans: &'a dyn Plans,
    before: Subscription,
}

/// Reads the plan; a script that has not said that it may be changed changes nothing.
fn begin<'a>(parts: &'a PlanParts<'a>, todo: &str) -> Result<PlanSwitch<'a>> {
    let provider = parts.provider;
    let plans = plans(provider)?;
    let page = || provider.page_link(PortalPage::Plan);
    parts.questions.check_can_be_asked(UNDONE, todo, page)?;
    let token = parts.tokens.token(TOKEN_LASTS)?;
    let before = plans.read()?;
    before.check_is_of(token.organisation.as_deref())?;
    Ok(PlanSwitch { parts, plans, before })
}

/// `plan change TIER`.
///
/// # Errors
/// Class `usage` for a plan that there is not or that would be charged now, `unsupported` where the
/// portal does not do it from a terminal, and its refusals.
pub fn to(parts: &PlanParts<'_>, tier: &str) -> Result<ChangedPlan> {
    let switch = begin(parts, "change it")?;
    let plan = switch.before.find(tier)?;
    let preview = parts.with_step_up(|| switch.plans.preview(&plan.tier_id))?;
    preview.check_not_blocked()?;
    match preview.effect {
        PlanEffect::NoOp => return Ok(switch.no_change_to(&plan)),
        PlanEffect::ChargeNow => {
            let due = preview.amount_due_now_usd.map(|due| Unit::Usd.shown(due));
            let due = due.unwrap_or_default();
            return Err(Failure::usage(format!(
                "nothing was sent: {} would charge {due} now, and 'plan change' never charges",
                plan.tier_name
            ))
            .detail("effect", "charge_now")
            .hint("'topup plan upgrade' changes to a larger plan and pays for it.")
            .link(preview.portal_url));
        }
        PlanEffect::Scheduled | PlanEffect::Blocked => {}
    }
    let when = preview.effective_at.clone();
    if stands(PlanChange::To(&plan.tier_id), &plan, &switch.before) {
        return Ok(switch.answer(Scheduled::TierChange, false, Some(plan.tier_name), when, None));
    }
    let question = format!(
        "Change to {} {}? Nothing is charged now.",
        switch.name_to_ask(&plan),
        on_day(when.as_deref())
    );
    switch.confirm(&question)?;
    let message = switch.send(PlanChange::To(&plan.tier_id), &plan)?;
    Ok(switch.answer(Scheduled::TierChange, true, Some(plan.tier_name), when, message))
}

/// `plan cancel`.
///
/// # Errors
/// The refusals of the system.
pub fn cancel(parts: &PlanParts<'_>) -> Result<ChangedPlan> {
    let switch = begin(parts, "cancel it")?;
    let Some(current) = &switch.before.current else {
        return Ok(switch.answer(Scheduled::None, false, None, None, None));
    };
    let pending =
        switch.before.pending().filter(|pending| pending.kind == PendingKind::Cancellation);
    let when = pending
        .and_then(|pending| pending.effective_at.clone())
        .or_else(|| current.cycle_ends_at.clone());
    let plan = switch.present();
    let name = current.tier_name.clone();
    if pending.is_some() {
        return Ok(switch.answer(Scheduled::Cancellation, false, name, when, None));
    }
    let question = format!("End {} {}?", switch.name_to_ask(&plan), on_day(when.as_deref()));
    switch.confirm(&question)?;
    let message = switch.send(PlanChange::Cancel, &plan)?;
    Ok(switch.answer(Scheduled::Cancellation, true, name, when, message))
}

/// `plan resume`.
///
/// # Errors
/// Class `validation_failed` where there is no subscription to go on with, and the refusals of
/// the system.
pub fn resume(parts: &PlanParts<'_>) -> Result<ChangedPlan> {
    let switch = begin(parts, "keep it")?;
    let Some(current) = &switch.before.current else {
        return Err(Failure::new(
            Class::ValidationFailed,
            "nothing was sent: there is no subscription to go on with",
        )
        .hint("'topup plan show' lists the plans, 'topup plan upgrade TIER' begins one.")
        .link(switch.before.portal_url));
    };
    let name = current.tier_name.clone();
    let plan = switch.present();
    let Some(pending) = switch.before.pending() else {
        return Ok(switch.answer(Scheduled::None, false, name, None, None));
    };
    let question = format!(
        "Keep {}? Scheduled was: {}.",
        switch.name_to_ask(&plan),
        match pending.kind {
            PendingKind::Cancellation => "the end of the subscription",
            PendingKind::TierChange => "a change of the plan",
        }
    );
    switch.confirm(&question)?;
    let message = switch.send(PlanChange::Keep, &plan)?;
    Ok(switch.answer(Scheduled::None, true, name, None, message))
}

impl PlanSwitch<'_> {
    fn confirm(&self, question: &str) -> Result<()> {
        self.parts.questions.confirm(question, UNDONE, &self.before.portal_url)
    }

    /// The name of a plan for a question.
    fn name_to_ask<'n>(&self, plan: &'n PlanName) -> &'n str {
        let questions = &self.parts.questions;
        questions.name(&plan.tier_name, "The portal calls this plan", "the plan above")
    }

    /// The plan in force, by whatever it is called.
    fn present(&self) -> PlanName {
        let current = self.before.current.as_ref();
        let or_plan =
            |text: Option<&String>| text.cloned().unwrap_or_else(|| "the plan".to_owned());
        PlanName {
            tier_id: or_plan(current.and_then(|current| current.tier_id.as_ref())),
            tier_name: or_plan(current.and_then(|current| current.tier_name.as_ref())),
        }
    }

    fn no_change_to(&self, plan: &PlanName) -> ChangedPlan {
        let pending = self.before.pending();
        if pending.is_some() {
            self.parts.questions.report.note(&NextStep::filled(
                "{} is in force, and a change is scheduled: 'topup plan resume' takes it back.",
                &[&plan.tier_name],
            ));
        }
        let scheduled = match pending.map(|pending| pending.kind) {
            Some(PendingKind::TierChange) => Scheduled::TierChange,
            Some(PendingKind::Cancellation) => Scheduled::Cancellation,
            None => Scheduled::None,
        };
        let when = pending.and_then(|pending| pending.effective_at.clone());
        self.answer(scheduled, false, Some(plan.tier_name.clone()), when, None)
    }

    /// Sends it once. Where the answer is lost or says nothing, the plan itself is read.
    fn send(&self, change: PlanChange<'_>, plan: &PlanName) -> Result<Option<String>> {
        let error = match self.parts.with_step_up(|| self.plans.schedule(change)) {
            Ok(message) => return Ok(message),
            Err(error) if !error.class().may_have_arrived() => return Err(error),
            Err(error) => error,
        };
        let link = self.before.portal_url.clone();
        match self.plans.read() {
            Ok(now) if stands(change, plan, &now) => {
                let line = format!("No clear answer ({error}), but the plan shows the change.");
                self.parts.questions.report.note(&NextStep::text(line));
                Ok(None)
            }
            Ok(_) => Err(error
                .hint("The plan is as it was before. Running the same command again is safe.")
                .link(link)),
            Err(_) => Err(error
                .hint("Whether it was changed is not known: 'topup plan show' shows it. Running the same command again is safe.")
                .link(link)),
        }
    }

    fn answer(
        &self,
        scheduled: Scheduled,
        changed: bool,
        tier_name: Option<String>,
        effective_at: Option<String>,
        message: Option<String>,
    ) -> ChangedPlan {
        ChangedPlan {
            scheduled,
            changed,
            tier_name,
            effective_at,
            message,
            portal_url: self.before.portal_url.clone(),
            sandbox: self.before.sandbox,
        }
    }
}

/// Whether this change is what is scheduled.
fn stands(change: PlanChange<'_>, plan: &PlanName, now: &Subscription) -> bool {
    let pending = now.pending();
    match change {
        PlanChange::To(_) => pending.is_some_and(|pending| {
            pending.kind == PendingKind::TierChange
                && pending.tier_name.as_deref().is_some_and(|name| plan.is_called(name))
        }),
        PlanChange::Cancel => {
            now.current.is_none()
                || pending.is_some_and(|pending| pending.kind == PendingKind::Cancellation)
        }
        PlanChange::Keep => now.current.is_some() && pending.is_none(),
    }
}
