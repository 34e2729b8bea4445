//! What is scheduled for the end of the month that is paid for: another plan, the end of the
//! subscription, or neither. Nothing of it charges, and each may be sent again: after a lost answer
//! the plan itself shows what holds.

use super::{PlanParts, plans};
use crate::app::buying::foreseen;
use crate::app::dry_run::WouldChange;
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
    #[schemars(with = "Option<String>")]
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

/// What a change would come to; `data` of `plan change`, `plan cancel` and `plan resume` with
/// `--dry-run`.
#[derive(Serialize, JsonSchema)]
pub struct PlanDryRun {
    /// Always true: nothing was changed.
    pub dry_run: bool,
    /// What would be done.
    pub would: WouldChange,
    /// What would be scheduled afterwards.
    pub scheduled_after: Scheduled,
    /// The plan that this is about: the one that would come, end, or go on.
    pub tier_name: Option<String>,
    /// When it would happen.
    pub effective_at: Option<String>,
    /// The page where it is changed in a browser.
    #[schemars(with = "Option<String>")]
    pub portal_url: String,
    /// Present and true on the sandbox: nothing of this is real money.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub sandbox: bool,
}

/// What is asked for.
#[derive(Clone, Copy, Debug)]
pub enum PlanWish<'a> {
    /// Another plan, as it was typed.
    To(&'a str),
    /// The end of the subscription.
    Cancel,
    /// That the plan goes on.
    Keep,
}

/// One change, with the plan as it was before.
struct PlanSwitch<'a> {
    parts: &'a PlanParts<'a>,
    plans: &'a dyn Plans,
    before: Subscription,
}

/// What there is to do.
enum Todo {
    /// Nothing: this holds already.
    Nothing(ChangedPlan),
    /// This is to be sent, once a person has said yes to the question.
    Send { plan: PlanName, question: String, then: ChangedPlan },
}

/// Reads the plan.
fn begin<'a>(parts: &'a PlanParts<'a>) -> Result<PlanSwitch<'a>> {
    let plans = plans(parts.provider)?;
    let token = parts.tokens.token(TOKEN_LASTS)?;
    let before = plans.read()?;
    before.check_is_of(token.organisation.as_deref())?;
    Ok(PlanSwitch { parts, plans, before })
}

/// Changes what is scheduled; a script that has not said that it may be changed changes nothing.
///
/// # Errors
/// For another plan: class `usage` for a plan that there is not or that would be charged now,
/// `unsupported` where the portal does not do it from a terminal. For one that is to go on:
/// `validation_failed` where there is none. The refusals of the system.
pub fn change(parts: &PlanParts<'_>, wish: PlanWish<'_>) -> Result<ChangedPlan> {
    let provider = parts.provider;
    plans(provider)?;
    let todo = match wish {
        PlanWish::To(_) => "change it",
        PlanWish::Cancel => "cancel it",
        PlanWish::Keep => "keep it",
    };
    let page = || provider.page_link(PortalPage::Plan);
    parts.questions.check_can_be_asked(UNDONE, todo, page)?;
    let switch = begin(parts)?;
    match switch.decide(wish)? {
        Todo::Nothing(holds) => Ok(holds),
        Todo::Send { plan, question, then } => {
            switch.confirm(&question)?;
            let message = switch.send(wish.change(&plan), &plan)?;
            Ok(ChangedPlan { message, ..then })
        }
    }
}

/// What a change would come to, as far as the account shows it; nothing is changed.
///
/// # Errors
/// As [`change`].
pub fn dry_run(parts: &PlanParts<'_>, wish: PlanWish<'_>) -> Result<PlanDryRun> {
    let switch = begin(parts)?;
    let (then, would) = match switch.decide(wish)? {
        Todo::Nothing(holds) => (holds, WouldChange::Nothing),
        Todo::Send { then, .. } => {
            switch.check_may_send()?;
            (then, WouldChange::Change)
        }
    };
    let ChangedPlan { scheduled, tier_name, effective_at, portal_url, sandbox, .. } = then;
    Ok(PlanDryRun {
        dry_run: true,
        would,
        scheduled_after: scheduled,
        tier_name,
        effective_at,
        portal_url,
        sandbox,
    })
}

impl PlanWish<'_> {
    /// What is sent for it, about this plan.
    fn change<'p>(&self, plan: &'p PlanName) -> PlanChange<'p> {
        match self {
            Self::To(_) => PlanChange::To(&plan.tier_id),
            Self::Cancel => PlanChange::Cancel,
            Self::Keep => PlanChange::Keep,
        }
    }
}

impl PlanSwitch<'_> {
    fn decide(&self, wish: PlanWish<'_>) -> Result<Todo> {
        match wish {
            PlanWish::To(tier) => self.decide_change(tier),
            PlanWish::Cancel => Ok(self.decide_cancel()),
            PlanWish::Keep => self.decide_keep(),
        }
    }

    fn decide_change(&self, tier: &str) -> Result<Todo> {
        let plan = self.before.find(tier)?;
        let preview = self.parts.with_step_up(|| self.plans.preview(&plan.tier_id))?;
        preview.check_not_blocked()?;
        match preview.effect {
            PlanEffect::NoOp => return Ok(Todo::Nothing(self.no_change_to(&plan))),
            PlanEffect::ChargeNow => {
                let due = preview.amount_due_now_usd.map(|due| Unit::Usd.shown(due));
                let due = due.unwrap_or_default();
                return Err(Failure::usage(format!(
                    "nothing was sent: {} would charge {due} now, and 'plan change' never charges",
                    plan.tier_name
                ))
                .detail("effect", "charge_now")
                .hint_with(
                    "'topup plan upgrade {}' changes to it now and pays for it.",
                    &[&plan.tier_id],
                )
                .link(preview.portal_url));
            }
            PlanEffect::Scheduled | PlanEffect::Blocked => {}
        }
        let when = preview.effective_at;
        let name = Some(plan.tier_name.clone());
        if stands(PlanChange::To(&plan.tier_id), &plan, &self.before) {
            return Ok(Todo::Nothing(self.answer(Scheduled::TierChange, false, name, when)));
        }
        let question = format!(
            "Change to {} {}? Nothing is charged now.",
            self.name_to_ask(&plan),
            on_day(when.as_deref())
        );
        let then = self.answer(Scheduled::TierChange, true, name, when);
        Ok(Todo::Send { plan, question, then })
    }

    fn decide_cancel(&self) -> Todo {
        let Some(current) = &self.before.current else {
            return Todo::Nothing(self.answer(Scheduled::None, false, None, None));
        };
        let pending =
            self.before.pending().filter(|pending| pending.kind == PendingKind::Cancellation);
        let when = pending
            .and_then(|pending| pending.effective_at.clone())
            .or_else(|| current.cycle_ends_at.clone());
        let plan = self.present();
        let name = current.tier_name.clone();
        if pending.is_some() {
            return Todo::Nothing(self.answer(Scheduled::Cancellation, false, name, when));
        }
        let question = format!("End {} {}?", self.name_to_ask(&plan), on_day(when.as_deref()));
        let then = self.answer(Scheduled::Cancellation, true, name, when);
        Todo::Send { plan, question, then }
    }

    fn decide_keep(&self) -> Result<Todo> {
        let Some(current) = &self.before.current else {
            return Err(Failure::new(
                Class::ValidationFailed,
                "nothing was sent: there is no subscription to go on with",
            )
            .hint("'topup plan show' lists the plans, 'topup plan upgrade TIER' begins one.")
            .link(self.before.portal_url.clone()));
        };
        let name = current.tier_name.clone();
        let plan = self.present();
        let Some(pending) = self.before.pending() else {
            return Ok(Todo::Nothing(self.answer(Scheduled::None, false, name, None)));
        };
        let question = format!(
            "Keep {}? Scheduled was: {}.",
            self.name_to_ask(&plan),
            match pending.kind {
                PendingKind::Cancellation => "the end of the subscription",
                PendingKind::TierChange => "a change of the plan",
            }
        );
        let then = self.answer(Scheduled::None, true, name, None);
        Ok(Todo::Send { plan, question, then })
    }

    /// Checks what the login and the account show to be refused.
    fn check_may_send(&self) -> Result<()> {
        let token = self.parts.tokens.token(TOKEN_LASTS)?;
        foreseen::check_permission(&token, || Some(self.before.portal_url.clone()))?;
        match self.parts.provider.dollar_account() {
            Some(account) => foreseen::check_account(&account.read()?),
            None => Ok(()),
        }
    }

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
        self.answer(scheduled, false, Some(plan.tier_name.clone()), when)
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
    ) -> ChangedPlan {
        ChangedPlan {
            scheduled,
            changed,
            tier_name,
            effective_at,
            message: None,
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
