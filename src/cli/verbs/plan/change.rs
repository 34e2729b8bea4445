//! `topup plan change`, `cancel` and `resume`: what is scheduled for the end of the month that is
//! paid for. None of them charges, and each may be sent again: after a lost answer a look at the
//! plan tells what stands.

use super::{PlanTarget, UNDONE, in_question, plans, with_step_up};
use crate::cli::invocation::Invocation;
use crate::core::class::Class;
use crate::core::command::NextStep;
use crate::core::failure::{Failure, Result};
use crate::output::Show;
use crate::output::page::{Page, Tone};
use crate::provider::plans::{
    PendingKind, PlanChange, PlanEffect, PlanName, Plans, Subscription, on_day,
};
use crate::provider::{PortalPage, Provider};
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

/// One change, with what was found before it.
struct Desk<'a> {
    invocation: &'a Invocation,
    plans: &'a dyn Plans,
    before: Subscription,
}

/// Reads the plan; a script that has not said that it may be changed changes nothing.
fn begin<'a>(
    invocation: &'a Invocation,
    provider: &'a dyn Provider,
    todo: &str,
) -> Result<Desk<'a>> {
    let plans = plans(provider)?;
    let page = || provider.page_link(PortalPage::Plan);
    invocation.questions().check_can_be_asked(UNDONE, todo, page)?;
    invocation.setup.interrupt().install()?;
    let token = invocation.setup.session()?.token(TOKEN_LASTS)?;
    let before = plans.read()?;
    before.check_is_of(token.organisation.as_deref())?;
    Ok(Desk { invocation, plans, before })
}

/// `plan change TIER`.
///
/// # Errors
/// Class `usage` for a plan that there is not or that would be charged now, `unsupported` where the
/// portal does not do it from a terminal, and its refusals.
pub fn to(invocation: &Invocation, target: &PlanTarget) -> Result<ChangedPlan> {
    let provider = invocation.setup.provider()?;
    let desk = begin(invocation, provider.as_ref(), "change it")?;
    let plan = desk.before.find(&target.tier)?;
    let preview = with_step_up(invocation, || desk.plans.preview(&plan.tier_id))?;
    preview.check_not_blocked()?;
    match preview.effect {
        PlanEffect::NoOp => return Ok(desk.no_change_to(&plan)),
        PlanEffect::ChargeNow => {
            let due = preview
                .amount_due_now_usd
                .map(crate::cli::verbs::state::dollars)
                .unwrap_or_default();
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
    if stands(PlanChange::To(&plan.tier_id), &plan, &desk.before) {
        return Ok(desk.answer(Scheduled::TierChange, false, Some(plan.tier_name), when, None));
    }
    let question = format!(
        "Change to {} {}? Nothing is charged now.",
        in_question(invocation, &plan.tier_name),
        on_day(when.as_deref())
    );
    invocation.questions().confirm(&question, UNDONE, &desk.before.portal_url)?;
    let message = desk.send(PlanChange::To(&plan.tier_id), &plan)?;
    Ok(desk.answer(Scheduled::TierChange, true, Some(plan.tier_name), when, message))
}

/// `plan cancel`.
///
/// # Errors
/// The refusals of the system.
pub fn cancel(invocation: &Invocation) -> Result<ChangedPlan> {
    let provider = invocation.setup.provider()?;
    let desk = begin(invocation, provider.as_ref(), "cancel it")?;
    let Some(current) = &desk.before.current else {
        return Ok(desk.answer(Scheduled::None, false, None, None, None));
    };
    let pending = desk.before.pending().filter(|pending| pending.kind == PendingKind::Cancellation);
    let when = pending
        .and_then(|pending| pending.effective_at.clone())
        .or_else(|| current.cycle_ends_at.clone());
    let plan = desk.present();
    let name = current.tier_name.clone();
    if pending.is_some() {
        return Ok(desk.answer(Scheduled::Cancellation, false, name, when, None));
    }
    let question =
        format!("End {} {}?", in_question(invocation, &plan.tier_name), on_day(when.as_deref()));
    invocation.questions().confirm(&question, UNDONE, &desk.before.portal_url)?;
    let message = desk.send(PlanChange::Cancel, &plan)?;
    Ok(desk.answer(Scheduled::Cancellation, true, name, when, message))
}

/// `plan resume`.
///
/// # Errors
/// Class `validation_failed` where there is no subscription to go on with, and the refusals of
/// the system.
pub fn resume(invocation: &Invocation) -> Result<ChangedPlan> {
    let provider = invocation.setup.provider()?;
    let desk = begin(invocation, provider.as_ref(), "keep it")?;
    let Some(current) = &desk.before.current else {
        return Err(Failure::new(
            Class::ValidationFailed,
            "nothing was sent: there is no subscription to go on with",
        )
        .hint("'topup plan show' lists the plans, 'topup plan upgrade TIER' begins one.")
        .link(desk.before.portal_url));
    };
    let name = current.tier_name.clone();
    let plan = desk.present();
    let Some(pending) = desk.before.pending() else {
        return Ok(desk.answer(Scheduled::None, false, name, None, None));
    };
    let question = format!(
        "Keep {}? Scheduled was: {}.",
        in_question(invocation, &plan.tier_name),
        match pending.kind {
            PendingKind::Cancellation => "the end of the subscription",
            PendingKind::TierChange => "a change of the plan",
        }
    );
    invocation.questions().confirm(&question, UNDONE, &desk.before.portal_url)?;
    let message = desk.send(PlanChange::Keep, &plan)?;
    Ok(desk.answer(Scheduled::None, true, name, None, message))
}

impl Desk<'_> {
    /// The plan in force, by whatever it is called.
    fn present(&self) -> PlanName {
        let current = self.before.current.as_ref();
        let told = |text: Option<&String>| text.cloned().unwrap_or_else(|| "the plan".to_owned());
        PlanName {
            tier_id: told(current.and_then(|current| current.tier_id.as_ref())),
            tier_name: told(current.and_then(|current| current.tier_name.as_ref())),
        }
    }

    fn no_change_to(&self, plan: &PlanName) -> ChangedPlan {
        let pending = self.before.pending();
        if pending.is_some() {
            self.invocation.output.note(NextStep::filled(
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

    /// Sends it once. Where the answer is lost or says nothing, the plan itself is asked.
    fn send(&self, change: PlanChange<'_>, plan: &PlanName) -> Result<Option<String>> {
        let error = match with_step_up(self.invocation, || self.plans.schedule(change)) {
            Ok(message) => return Ok(message),
            Err(error) if !error.class().may_have_arrived() => return Err(error),
            Err(error) => error,
        };
        let link = self.before.portal_url.clone();
        match self.plans.read() {
            Ok(now) if stands(change, plan, &now) => {
                self.invocation.output.note(format!(
                    "No clear answer ({error}); the plan was looked at, and it is so."
                ));
                Ok(None)
            }
            Ok(_) => Err(error
                .hint("The plan stands as before, by a look just now; the same command again is safe.")
                .link(link)),
            Err(_) => Err(error
                .hint("Whether it was changed is not known: 'topup plan show' shows it; the same command again is safe.")
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

impl Show for ChangedPlan {
    fn show(&self, page: &mut Page) {
        let name = self.tier_name.as_deref();
        let plan = name.unwrap_or("The plan");
        let when = on_day(self.effective_at.as_deref());
        let already = if self.changed { "" } else { " (it was so already: nothing was sent)" };
        let (tone, text) = match (self.scheduled, name) {
            (Scheduled::TierChange, _) => {
                (Tone::Good, format!("{plan} begins {when}; nothing is charged now{already}."))
            }
            (Scheduled::Cancellation, _) => {
                (Tone::Good, format!("{plan} ends {when} and is not renewed{already}."))
            }
            (Scheduled::None, Some(_)) => (Tone::Good, format!("{plan} goes on{already}.")),
            (Scheduled::None, None) => {
                (Tone::Plain, "There is no subscription: nothing to cancel.".to_owned())
            }
        };
        page.line(tone, &text);
        if let Some(message) = &self.message {
            page.field("the portal says", Tone::Plain, message);
        }
        page.field("change it", Tone::Plain, &self.portal_url);
        page.sandbox(self.sandbox);
    }
}
