//! The calls about plans. Contract: nous, subscription.

use super::account;
use super::gates::{caller, may_spend};
use super::keys::{idempotency_key, remember, remembered};
use super::plans::{
    CANCEL, SandboxTier, TIERS, TierChange, count_change, current, cycle_end, effect, keep,
    pay_for, plan_for_cycle_end, shown, tier, wait_for_bank,
};
use super::store::StoreWork;
use super::wire::{Answered, Call, SandboxReply, strict};
use crate::core::failure::Result;
use rust_decimal::Decimal;
use serde_json::{Value, json};

/// The reason of a payment that its card holder confirms at the bank.
const BANK_CHECK: &str = "authentication_required";

/// `GET /api/billing/subscription`.
///
/// # Errors
/// Class `config`.
pub fn show(work: &StoreWork<'_>, call: &Call) -> Answered {
    if let Err(refused) = caller(work, call)? {
        return Ok(refused);
    }
    let role = account::role(work);
    let now = shown(work)?;
    let pending = work.text("pending-plan");
    let ends = cycle_end(work)?.map(|end| end.to_string());
    let downgrade = pending.as_deref().and_then(tier);
    let cancelled = pending.as_deref() == Some(CANCEL);
    let subscribed = now.cents > 0;
    let tiers: Vec<Value> = TIERS
        .iter()
        .filter(|tier| tier.is_listed(now))
        .map(|tier| {
            json!({
                "tierId": tier.id, "name": tier.name, "tierOrder": tier.order(),
                "dollarsPerMonthDisplay": tier.dollars, "monthlyCredits": tier.credits,
                "isCurrent": tier == now, "isEnabled": tier.enabled,
            })
        })
        .collect();
    let details = json!({
        "tierId": now.id, "tierName": now.name, "monthlyCredits": now.credits,
        "creditsRemaining": now.credits, "cycleEndsAt": ends,
        "pendingDowngradeTierName": downgrade.map(|tier| tier.name),
        "pendingDowngradeAt": downgrade.map(|_| ends.clone()),
        "cancelAtPeriodEnd": cancelled,
        "cancellationEffectiveAt": cancelled.then(|| ends.clone()),
    });
    Ok(SandboxReply::json(
        200,
        &json!({
            "org": {"id": work.text("org"), "name": "Sandbox", "role": role},
            "context": work.text("context").unwrap_or_else(|| "personal".into()),
            "canChangePlan": account::may_charge(&role),
            "portalUrl": "/manage-subscription",
            "current": if subscribed { details } else { Value::Null },
            "tiers": tiers,
        }),
    ))
}

/// The plan that a body names.
fn wanted(body: &[u8]) -> Result<&'static SandboxTier, SandboxReply> {
    let body = strict(body, &["subscriptionTypeId"])
        .map_err(|why| SandboxReply::error(400, "validation_failed", &why))?;
    body.get("subscriptionTypeId")
        .and_then(Value::as_str)
        .and_then(tier)
        .ok_or_else(|| SandboxReply::error(400, "validation_failed", "There is no such plan."))
}

/// `POST /api/billing/subscription/preview`.
///
/// # Errors
/// Class `config`.
pub fn preview(work: &StoreWork<'_>, call: &Call) -> Answered {
    if let Err(refused) = may_spend(work, call)? {
        return Ok(refused);
    }
    let target = match wanted(&call.body) {
        Ok(target) => target,
        Err(refused) => return Ok(refused),
    };
    let now = current(work)?;
    let (effect, reason, due) = match effect(now, target) {
        _ if work.is("plan-change", "blocked") => {
            ("blocked", Some("Plans are changed on the page."), None)
        }
        TierChange::Blocked => ("blocked", Some("This plan is not sold any more."), None),
        TierChange::Nothing => ("no_op", None, None),
        TierChange::Now(due) => ("charge_now", None, Some(due)),
        TierChange::Later => ("scheduled", None, None),
    };
    let credits = |tier: &SandboxTier| Decimal::from_str_exact(tier.credits).unwrap_or_default();
    Ok(SandboxReply::json(
        200,
        &json!({
            "effect": effect, "reason": reason,
            "currentTierId": now.id, "currentTierName": now.name,
            "targetTierId": target.id, "targetTierName": target.name,
            "monthlyCreditsDelta": (credits(target) - credits(now)).to_string(),
            "amountDueNowCents": due,
            "effectiveAt": if effect == "scheduled" { cycle_end(work)?.map(|end| end.to_string()) } else { None },
        }),
    ))
}

/// `PUT /api/billing/subscription/pending-change`.
///
/// # Errors
/// Class `config`.
pub fn schedule(work: &StoreWork<'_>, call: &Call) -> Answered {
    if let Err(refused) = may_spend(work, call)? {
        return Ok(refused);
    }
    let kind = serde_json::from_slice::<Value>(&call.body)
        .ok()
        .and_then(|body| body.get("type").and_then(Value::as_str).map(str::to_owned));
    match kind.as_deref() {
        Some("cancellation") => {
            if let Err(why) = strict(&call.body, &["type"]) {
                return Ok(SandboxReply::error(400, "validation_failed", &why));
            }
            if current(work)?.cents == 0 {
                return Ok(SandboxReply::error(
                    400,
                    "validation_failed",
                    "There is no plan to cancel.",
                ));
            }
            if !count_change(work)? {
                return Ok(too_many_changes());
            }
            plan_for_cycle_end(work, CANCEL)?;
            Ok(SandboxReply::json(
                200,
                &json!({"rail": "card", "cancelAtPeriodEnd": true, "message": "The plan ends with this month."}),
            ))
        }
        Some("tier_change") => {
            let body = match strict(&call.body, &["type", "subscriptionTypeId"]) {
                Ok(body) => body,
                Err(why) => return Ok(SandboxReply::error(400, "validation_failed", &why)),
            };
            let target = body.get("subscriptionTypeId").and_then(Value::as_str).and_then(tier);
            let Some(target) = target.filter(|tier| tier.enabled) else {
                return Ok(SandboxReply::error(400, "validation_failed", "There is no such plan."));
            };
            if target.cents >= current(work)?.cents {
                return Ok(SandboxReply::error(
                    400,
                    "validation_failed",
                    "Only a smaller plan can be scheduled.",
                ));
            }
            if !count_change(work)? {
                return Ok(too_many_changes());
            }
            plan_for_cycle_end(work, target.id)?;
            Ok(SandboxReply::json(
                200,
                &json!({
                    "rail": "card", "changeType": "downgrade", "targetTierName": target.name,
                    "message": format!("{} begins with the next month.", target.name),
                }),
            ))
        }
        _ => Ok(SandboxReply::error(
            400,
            "validation_failed",
            "type must be tier_change or cancellation.",
        )),
    }
}

/// `DELETE /api/billing/subscription/pending-change`.
///
/// # Errors
/// Class `config`.
pub fn unschedule(work: &StoreWork<'_>, call: &Call) -> Answered {
    if let Err(refused) = may_spend(work, call)? {
        return Ok(refused);
    }
    keep(work)?;
    Ok(SandboxReply::json(
        200,
        &json!({"rail": "card", "cancelAtPeriodEnd": false, "message": "The plan goes on as it is."}),
    ))
}

/// `POST /api/billing/subscription/upgrade`: under an idempotency key, like a charge.
///
/// # Errors
/// Class `config`.
pub fn upgrade(work: &StoreWork<'_>, call: &Call) -> Answered {
    if let Err(refused) = may_spend(work, call)? {
        return Ok(refused);
    }
    let (key, target) = match idempotency_key(call).and_then(|key| Ok((key, wanted(&call.body)?))) {
        Ok(both) => both,
        Err(refused) => return Ok(refused),
    };
    if let Some(known) = remembered(work, &key, &call.path, target.id)? {
        return Ok(known);
    }
    let Some(card) = account::card(work) else {
        return Ok(SandboxReply::refusal(403, "no_payment_method", "No reusable saved card.", &[]));
    };
    let now = current(work)?;
    // Unlike 'portalUrl' this one is whole: the reference client shows it as it comes.
    let page = |path: &str| format!("{}{path}", call.base);
    let answer = match effect(now, target) {
        _ if target == now => json!({"status": "already_on_tier"}),
        TierChange::Nothing | TierChange::Blocked | TierChange::Later => {
            return Ok(SandboxReply::error(400, "validation_failed", "This is not an upgrade."));
        }
        TierChange::Now(_) if !count_change(work)? => return Ok(too_many_changes()),
        TierChange::Now(cents) => match card.fails {
            None => {
                pay_for(work, target, cents, Some(&key))?;
                json!({"status": "upgraded"})
            }
            Some("authentication_required") => {
                wait_for_bank(work, target, cents, &key)?;
                let check = work.text("upgrade-check");
                let (status, reason) = match check.as_deref() {
                    None | Some("action") => ("requires_action", BANK_CHECK),
                    Some("failed") => {
                        ("payment_failed", "subscription_payment_intent_requires_action")
                    }
                    // A word that no client knows yet.
                    Some(word) => ("payment_failed", word),
                };
                json!({"status": status, "reason": reason, "recoveryUrl": page("/manage-subscription")})
            }
            Some(reason) => {
                json!({"status": "payment_failed", "reason": reason, "recoveryUrl": page("/billing?topup=open")})
            }
        },
    };
    remember(work, &key, &call.path, target.id, &answer)?;
    Ok(SandboxReply::json(200, &answer))
}

fn too_many_changes() -> SandboxReply {
    SandboxReply::refusal(429, "upgrade_cap_exceeded", "Too many plan changes today.", &[])
}
