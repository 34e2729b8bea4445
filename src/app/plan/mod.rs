//! The plan of a subscription: shown, previewed, and changed for the end of the month that is paid
//! for. Nothing here charges; `upgrade` does.

pub(crate) mod change;

use super::questions::{Questions, StepUp};
use crate::core::class::Class;
use crate::core::failure::Result;
use crate::provider::plans::{Plans, Preview, Subscription};
use crate::provider::{PortalPage, Provider};
use crate::purchase::world::TokenSource;

/// What changing a plan takes.
pub struct PlanParts<'a> {
    /// The system.
    pub provider: &'a dyn Provider,
    /// Hands out tokens.
    pub tokens: &'a dyn TokenSource,
    /// Asks a person, and reports beside the answer.
    pub questions: Questions<'a>,
    /// Offers a person to ask for permission to spend.
    pub step_up: &'a dyn StepUp,
}

/// The plan in force, and those that there are.
///
/// # Errors
/// Class `unsupported` where there are no plans, and the classes of a login and of a request.
pub fn show(provider: &dyn Provider) -> Result<Subscription> {
    plans(provider)?.read()
}

/// What a change to the plan that this word means would do and cost; nothing is changed.
///
/// # Errors
/// As [`show`], and class `usage` for a plan that there is not.
pub fn preview(parts: &PlanParts<'_>, tier: &str) -> Result<Preview> {
    let plans = plans(parts.provider)?;
    let tier_id = plans.read()?.find(tier)?.tier_id;
    parts.with_step_up(|| plans.preview(&tier_id))
}

/// The plans of a system that has some.
fn plans(provider: &dyn Provider) -> Result<&dyn Plans> {
    provider.plans().ok_or_else(|| provider.unsupported("plans", PortalPage::Plan))
}

impl PlanParts<'_> {
    /// Does what needs permission to spend; a person who lacks it is offered it once.
    fn with_step_up<T>(&self, act: impl Fn() -> Result<T>) -> Result<T> {
        match act() {
            Err(error)
                if error.class() == Class::InsufficientScope && self.questions.ask.can_ask() =>
            {
                if self.step_up.offer()? {
                    act()
                } else {
                    Err(error)
                }
            }
            other => other,
        }
    }
}
