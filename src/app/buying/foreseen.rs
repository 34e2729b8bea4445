//! What is known before a person is asked to pay, and what `--dry-run` ends with: what an order
//! would begin with, and what the account shows to be impossible. A script's purchase is one request;
//! the system itself refuses it.

use super::Buying;
use crate::core::class::Class;
use crate::core::failure::{Charged, Failure, Result};
use crate::core::money::{Amount, Money};
use crate::credentials::Token;
use crate::provider::plans::Item;
use crate::provider::{Bounds, DollarState, IdempotencyKey, MonthlyLimit};
use crate::purchase::record::Purchase;

/// What carrying an order out would begin with.
#[derive(Debug)]
pub enum Foreseen {
    /// A new purchase, under this key where it is known beforehand.
    New(Option<IdempotencyKey>),
    /// A purchase of an earlier run.
    Known(Box<Purchase>),
}

impl Foreseen {
    /// The purchase whose end would be reported again.
    pub fn ended(&self) -> Option<&Purchase> {
        match self {
            Self::Known(known) if is_ended(known) => Some(known),
            _ => None,
        }
    }

    /// Whether it would be paid for now, and not only followed to the end of a request of before.
    pub fn is_paid_anew(&self) -> bool {
        match self {
            Self::New(_) => true,
            Self::Known(known) => match &known.outcome {
                Some(end) => end.may_reopen(),
                None => !known.may_have_charged(),
            },
        }
    }

    /// The key, where it is known beforehand.
    pub fn key(&self) -> Option<&IdempotencyKey> {
        match self {
            Self::New(key) => key.as_ref(),
            Self::Known(known) => Some(&known.intent.key),
        }
    }
}

fn is_ended(purchase: &Purchase) -> bool {
    purchase.outcome.as_ref().is_some_and(|end| !end.may_reopen())
}

/// A token that may spend, as far as it says so. A person whose login may not is offered to ask for
/// the permission.
///
/// # Errors
/// Class `insufficient_scope`, or that of the login.
pub fn token_that_may_spend(buying: &Buying<'_>, token: Token) -> Result<Token> {
    match check_may_spend(buying, &token) {
        Ok(()) => Ok(token),
        Err(_) if buying.questions.ask.can_ask() && buying.step_up.offer()? => buying.token(),
        Err(refused) => Err(refused),
    }
}

/// Checks that this token may spend, as far as it says so.
///
/// # Errors
/// Class `insufficient_scope`.
pub fn check_may_spend(buying: &Buying<'_>, token: &Token) -> Result<()> {
    check_permission(token, || buying.page_of(&Item::Credits).ok())
}

/// The same for what buys nothing and needs the permission as well; `page` is where a person does it.
///
/// # Errors
/// Class `insufficient_scope`.
pub fn check_permission(token: &Token, page: impl FnOnce() -> Option<String>) -> Result<()> {
    if token.may_spend() != Some(false) {
        return Ok(());
    }
    Err(Failure::new(
        Class::InsufficientScope,
        "nothing was sent: this login may read but not spend: Remote Spending is not allowed",
    )
    .charged(Charged::No)
    .hint("Run 'topup login --step-up'.")
    .link(page()))
}

/// Checks a new purchase of this amount against what the account shows; `total` is what is charged
/// where more than the amount is.
///
/// # Errors
/// The class that the system would refuse with.
pub fn check(state: &DollarState, amount: Amount, total: Amount) -> Result<()> {
    let refused = role(state)
        .or_else(|| switch(state))
        .or_else(|| bounds(state.bounds.as_ref()?, amount))
        .or_else(|| month(state.monthly_limit.as_ref()?, total));
    refuse(state, refused)
}

/// The same for `--dry-run`: where nobody is asked, the real run would hear it from the system, which
/// says of an amount outside the bounds that the request is not valid. Contract: nous.
///
/// # Errors
/// The class that the real run would end with.
pub fn rehearse(
    buying: &Buying<'_>,
    state: &DollarState,
    amount: Amount,
    total: Amount,
) -> Result<()> {
    check(state, amount, total).map_err(|mut failure| {
        let parts = failure.parts_mut();
        if parts.class == Class::AmountOutOfBounds && !buying.questions.are_asked() {
            parts.class = Class::ValidationFailed;
        }
        failure
    })
}

/// Checks that this account lets a terminal change what is bought and when.
///
/// # Errors
/// Class `role_required` or `billing_disabled`.
pub fn check_account(state: &DollarState) -> Result<()> {
    refuse(state, role(state).or_else(|| switch(state)))
}

fn refuse(state: &DollarState, refused: Option<Failure>) -> Result<()> {
    match refused {
        Some(failure) => Err(failure.charged(Charged::No).link(state.portal_url.clone())),
        None => Ok(()),
    }
}

fn role(state: &DollarState) -> Option<Failure> {
    let role = state.org.as_ref()?.role.as_deref()?;
    (!state.can_charge).then(|| {
        let role = role.escape_debug();
        let message = format!("nothing was sent: the role {role} may not buy here");
        Failure::new(Class::RoleRequired, message).hint(
            "Ask an owner or admin of the organisation; 'topup whoami' shows who you are there.",
        )
    })
}

fn switch(state: &DollarState) -> Option<Failure> {
    (state.billing_enabled == Some(false)).then(|| {
        let message = "nothing was sent: Remote Spending is switched off for the organisation";
        Failure::new(Class::BillingDisabled, message)
            .hint("An admin switches it on, on the portal:")
    })
}

fn bounds(bounds: &Bounds, amount: Amount) -> Option<Failure> {
    let asked = Money::from(amount);
    let wrong = match (bounds.min_usd, bounds.max_usd) {
        (Some(min), _) if asked < min => format!("less than the smallest purchase, {}", usd(min)),
        (_, Some(max)) if asked > max => format!("more than the largest purchase, {}", usd(max)),
        _ => return None,
    };
    let message = format!("nothing was sent: ${amount} is {wrong}");
    let mut failure = Failure::new(Class::AmountOutOfBounds, message);
    for (key, bound) in [("min_usd", bounds.min_usd), ("max_usd", bounds.max_usd)] {
        if let Some(bound) = bound {
            failure = failure.detail(key, bound.to_string());
        }
    }
    Some(failure.hint("'topup state' shows what one purchase may cost."))
}

fn month(limit: &MonthlyLimit, total: Amount) -> Option<Failure> {
    let left = limit.remaining_usd;
    (Money::from(total) > left).then(|| {
        let message = format!(
            "nothing was sent: ${total} is more than the monthly limit leaves, {} of {}",
            usd(left),
            usd(limit.limit_usd)
        );
        Failure::new(Class::MonthlyCapExceeded, message)
            .detail("remaining_usd", left.to_string())
            .detail("is_default_ceiling", limit.is_default_ceiling)
            .hint("Buy less, or raise the limit on the portal:")
    })
}

fn usd(amount: Money) -> String {
    format!("${}", amount.shown())
}
