//! The calls about credits: the state, a charge and where it stands, auto-reload. Contract: nous,
//! billing endpoints and errors.

use super::account::{self, SandboxCard, plain};
use super::gates::{Caller, caller, may_spend, no_permission};
use super::keys::{idempotency_key, remember, remembered};
use super::store::StoreWork;
use super::wire::{Answered, Call, SandboxReply, dollars, strict};
use crate::core::failure::Result;
use rust_decimal::Decimal;
use serde_json::{Value, json};

/// `GET /api/billing/state`.
///
/// # Errors
/// Class `config`.
pub fn state(work: &StoreWork<'_>, call: &Call) -> Answered {
    if let Err(refused) = caller(work, call)? {
        return Ok(refused);
    }
    let role = account::role(work);
    let sees_money = role != "MEMBER";
    let month = account::month(work)?;
    let (min, max) = account::bounds(work)?;
    let mut body = json!({
        "org": {"id": work.text("org"), "slug": "sandbox", "name": "Sandbox", "role": role},
        "canChangePlan": account::may_charge(&role),
        "balanceUsd": plain(account::balance(work)?),
        "cliBillingEnabled": account::switch(work),
        "chargePresets": account::presets(work),
        "bounds": {"minUsd": plain(min), "maxUsd": plain(max)},
        "card": null,
        "monthlyCap": null,
        "autoReload": null,
        "portalUrl": "/billing?topup=open",
        "sandbox": true,
    });
    if sees_money {
        body["card"] = account::card(work).map_or(Value::Null, |card| {
            json!({"brand": card.brand, "last4": card.last4, "resolvedVia": "customerDefault"})
        });
        body["monthlyCap"] = json!({
            "limitUsd": plain(month.limit),
            "spentThisMonthUsd": plain(month.spent),
            "isDefaultCeiling": month.is_default,
        });
        body["autoReload"] = json!({
            "enabled": work.is("reload", "on"),
            "thresholdUsd": work.money("reload-below")?.map(plain),
            "reloadToUsd": work.money("reload-to")?.map(plain),
            "card": reload_card(work),
        });
    }
    Ok(SandboxReply::json(200, &body))
}

/// The card that auto-reload charges: the saved one, or another.
fn reload_card(work: &StoreWork<'_>) -> Value {
    match account::card(work) {
        None => json!({"kind": "none"}),
        Some(_) if work.is("reload-card", "distinct") => {
            json!({"kind": "distinct", "brand": "Mastercard", "last4": "5100"})
        }
        Some(_) => json!({"kind": "canonical"}),
    }
}

/// `POST /api/billing/charge`.
///
/// The gates on the person (token, scope, role, switch) come before the search for the key, those
/// on the money (card, cap, limiter) after it: a replay of a charge that was made is answered as it
/// was then, even where card, cap or limiter have changed since. A denial is not remembered.
///
/// # Errors
/// Class `config`.
pub fn charge(work: &StoreWork<'_>, call: &Call) -> Answered {
    let caller = match may_spend(work, call)? {
        Ok(caller) => caller,
        Err(refused) => return Ok(refused),
    };
    let key = match idempotency_key(call) {
        Ok(key) => key,
        Err(refused) => return Ok(refused),
    };
    let (min, max) = account::bounds(work)?;
    let amount = match strict(&call.body, &["amountUsd"])
        .and_then(|body| dollars(&body, "amountUsd"))
    {
        Ok(amount) if amount < min || amount > max => {
            let message = format!("amountUsd must be between {} and {}.", plain(min), plain(max));
            let more = [("minUsd", plain(min).into()), ("maxUsd", plain(max).into())];
            return Ok(SandboxReply::refusal(400, "validation_failed", &message, &more));
        }
        Ok(amount) => amount,
        Err(why) => return Ok(SandboxReply::error(400, "validation_failed", &why)),
    };
    if let Some(known) = remembered(work, &key, &call.path, &plain(amount))? {
        return Ok(known);
    }
    let card = match gates(work, &caller, amount)? {
        Ok(card) => card,
        Err(refused) => return Ok(refused),
    };
    let id = account::charge(work, Some(&caller.session), Some(&key), amount, card)?;
    let answer = json!({"chargeId": id});
    remember(work, &key, &call.path, &plain(amount), &answer)?;
    Ok(SandboxReply::json(202, &answer))
}

/// Card, cap, limiter.
fn gates(
    work: &StoreWork<'_>,
    caller: &Caller,
    amount: Decimal,
) -> Result<Result<&'static SandboxCard, SandboxReply>> {
    let Some(card) = account::card(work) else {
        return Ok(Err(SandboxReply::refusal(
            403,
            "no_payment_method",
            "No reusable saved card.",
            &[],
        )));
    };
    let month = account::month(work)?;
    if amount > month.remaining() {
        let more = [
            ("remainingUsd", plain(month.remaining()).into()),
            ("isDefaultCeiling", month.is_default.into()),
        ];
        return Ok(Err(SandboxReply::refusal(
            403,
            "monthly_cap_exceeded",
            "The monthly limit does not leave that much.",
            &more,
        )));
    }
    if let Some(seconds) = account::limited(work, &caller.session)? {
        return Ok(Err(SandboxReply::refusal(
            429,
            "rate_limited",
            "Too many charges in an hour.",
            &[],
        )
        .retry_after(seconds)));
    }
    Ok(Ok(card))
}

/// `GET /api/billing/charge/{id}`: an unknown id is pending, never a 404.
///
/// # Errors
/// Class `config`.
pub fn charge_status(work: &StoreWork<'_>, call: &Call, id: &str) -> Answered {
    let caller = match caller(work, call)? {
        Ok(caller) => caller,
        Err(refused) => return Ok(refused),
    };
    if let Some(refused) = no_permission(&caller) {
        return Ok(refused);
    }
    let body = match account::find_charge(work, id)? {
        Some(charge) if charge.status == "settled" => {
            json!({"status": "settled", "amountUsd": charge.amount_usd, "settledAt": charge.settled_at})
        }
        Some(charge) if charge.status == "failed" => {
            json!({"status": "failed", "reason": charge.reason})
        }
        _ => json!({"status": "pending"}),
    };
    Ok(SandboxReply::json(200, &body))
}

/// `PATCH /api/billing/auto-top-up`: exactly three keys.
///
/// # Errors
/// Class `config`.
pub fn auto_top_up(work: &StoreWork<'_>, call: &Call) -> Answered {
    if let Err(refused) = may_spend(work, call)? {
        return Ok(refused);
    }
    let wanted = strict(&call.body, &["enabled", "threshold", "topUpAmount"]).and_then(|body| {
        let enabled =
            body.get("enabled").and_then(Value::as_bool).ok_or("enabled must be true or false.")?;
        let below = dollars(&body, "threshold")?;
        let to = dollars(&body, "topUpAmount")?;
        Ok((enabled, below, to))
    });
    let (enabled, below, to) = match wanted {
        Ok(wanted) => wanted,
        Err(why) => return Ok(SandboxReply::error(400, "validation_failed", &why)),
    };
    if enabled && account::card(work).is_none() {
        return Ok(SandboxReply::refusal(403, "no_payment_method", "No reusable saved card.", &[]));
    }
    account::set_reload(work, enabled, below, to)?;
    Ok(SandboxReply::json(200, &json!({"ok": true})))
}
