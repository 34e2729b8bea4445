//! Who a login is, and what it may use. Contract: nous, `GET /api/oauth/account`.

use super::gates::caller;
use super::store::{StoreWork, exact};
use super::wire::{Answered, Call, SandboxReply};
use super::{account, plans};
use serde_json::json;

/// `GET /api/oauth/account`.
///
/// # Errors
/// Class `config`.
pub fn show(work: &StoreWork<'_>, call: &Call) -> Answered {
    if let Err(refused) = caller(work, call)? {
        return Ok(refused);
    }
    let balance = account::balance(work)?;
    let plan = plans::current(work)?;
    let ends = plans::cycle_end(work)?.filter(|_| plan.cents > 0).map(|end| end.to_string());
    let stopped = work.text("access");
    let usable = (balance + exact(plan.credits)?).normalize().to_string();
    let balance = balance.normalize().to_string();
    Ok(SandboxReply::json(
        200,
        &json!({
            "user": {"email": "you@sandbox.example"},
            "organisation": {"id": work.text("org"), "slug": "sandbox", "name": "Sandbox"},
            "subscription": {
                "plan": plan.name,
                "tier": plan.order(),
                "monthly_charge": plan.dollars,
                "monthly_credits": plan.credits,
                "current_period_end": ends,
                "credits_remaining": plan.credits,
                "rollover_credits": "0",
            },
            "paid_service_access": {
                "allowed": stopped.is_none(),
                "reason": stopped.unwrap_or_else(|| "usable_credits".into()),
                "subscription_credits_remaining": plan.credits,
                "purchased_credits_remaining": balance,
                "total_usable_credits": usable,
            },
        }),
    ))
}
