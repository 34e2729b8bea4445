//! The billing endpoints, with the gates of the real portal in their order. Contract: nous,
//! billing endpoints and errors.

use super::account::{self, Card};
use super::faults::usual_error;
use super::oauth::BILLING;
use super::store::{Work, broken};
use super::wire::{Answered, Call, Caller, Reply, caller};
use crate::core::failure::Result;
use crate::core::money::{Amount, Money};
use rusqlite::{OptionalExtension, params};
use rust_decimal::Decimal;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::{Map, Value, json};
use std::fmt;

/// How long a key is remembered, in milliseconds.
const KEY_LIFE_MS: i64 = 24 * 3_600_000;

/// `GET /api/billing/state`.
///
/// # Errors
/// Class `config`.
pub fn state(work: &Work<'_>, call: &Call) -> Answered {
    if let Err(refused) = caller(work, call)? {
        return Ok(refused);
    }
    let role = account::role(work)?;
    let sees_money = role != "MEMBER";
    let month = account::month(work)?;
    let mut body = json!({
        "org": {"id": work.text("org")?, "slug": "sandbox", "name": "Sandbox", "role": role},
        "canChangePlan": account::may_charge(&role),
        "balanceUsd": plain(account::balance(work)?),
        "cliBillingEnabled": account::switch(work)?,
        "chargePresets": presets(work)?,
        "bounds": {"minUsd": plain(bounds(work)?.0), "maxUsd": plain(bounds(work)?.1)},
        "card": null,
        "monthlyCap": null,
        "autoReload": null,
        "portalUrl": "/billing?topup=open",
        "sandbox": true,
    });
    if sees_money {
        body["card"] = account::card(work)?.map_or(Value::Null, |card| {
            json!({"brand": card.brand, "last4": card.last4, "resolvedVia": "customerDefault"})
        });
        body["monthlyCap"] = json!({
            "limitUsd": plain(month.limit),
            "spentThisMonthUsd": plain(month.spent),
            "isDefaultCeiling": month.is_default,
        });
        body["autoReload"] = json!({
            "enabled": work.text("reload")?.as_deref() == Some("on"),
            "thresholdUsd": work.money("reload-below")?.map(plain),
            "reloadToUsd": work.money("reload-to")?.map(plain),
            "card": {"kind": if account::card(work)?.is_some() { "canonical" } else { "none" }},
        });
    }
    Ok(Reply::json(200, &body))
}

/// Decimal text of any scale, as the real portal writes it.
fn plain(value: Decimal) -> String {
    value.normalize().to_string()
}

/// The amounts that are offered, as decimal text.
///
/// # Errors
/// Class `config`.
pub fn presets(work: &Work<'_>) -> Result<Vec<String>> {
    let text = work.text("presets")?.unwrap_or_else(|| "100,250,500".into());
    Ok(text.split(',').filter(|preset| !preset.is_empty()).map(str::to_owned).collect())
}

/// The least and the most of one charge, in dollars.
pub fn bounds(work: &Work<'_>) -> Result<(Decimal, Decimal)> {
    Ok((
        work.money("min")?.unwrap_or(Decimal::TEN),
        work.money("max")?.unwrap_or_else(|| Decimal::from(10_000)),
    ))
}

/// Token, scope, role, switch: what every call that spends or changes has to pass.
///
/// # Errors
/// Class `config`.
pub fn may_spend(work: &Work<'_>, call: &Call) -> Result<Result<Caller, Reply>> {
    let caller = match caller(work, call)? {
        Ok(caller) => caller,
        Err(refused) => return Ok(Err(refused)),
    };
    if let Some(refused) = no_permission(&caller) {
        return Ok(Err(refused));
    }
    let cut: bool = work
        .sql
        .query_row("SELECT spending_revoked FROM session WHERE id = ?1", [&caller.session], |row| {
            row.get(0)
        })
        .map_err(broken)?;
    if cut {
        let more = [("actor", "admin".into()), ("recovery", "reconnect".into())];
        return Ok(Err(Reply::refusal(
            403,
            "remote_spending_revoked",
            "Spending from this terminal was cut off.",
            &more,
        )));
    }
    let role = account::role(work)?;
    if !account::may_charge(&role) {
        return Ok(Err(Reply::refusal(
            403,
            "role_required",
            "An owner or admin has to do this.",
            &[],
        )));
    }
    if !account::switch(work)? {
        let more = [("code", "remote_spending_disabled".into())];
        return Ok(Err(Reply::refusal(
            403,
            "cli_billing_disabled",
            "Terminal billing is switched off.",
            &more,
        )));
    }
    Ok(Ok(caller))
}

/// The refusal of a token that may not spend.
fn no_permission(caller: &Caller) -> Option<Reply> {
    let (error, message) = usual_error(403);
    let allowed = caller.scopes.iter().any(|scope| scope == BILLING);
    (!allowed).then(|| Reply::refusal(403, error, message, &[]))
}

/// `POST /api/billing/charge`.
///
/// The gates on the person (token, scope, role, switch) come before the key is looked up, those on
/// the money (card, cap, limiter) after it: a replay of a charge that was made is answered as it
/// was then, whatever has changed about the money since. A denial is not remembered.
///
/// # Errors
/// Class `config`.
pub fn charge(work: &Work<'_>, call: &Call) -> Answered {
    let caller = match may_spend(work, call)? {
        Ok(caller) => caller,
        Err(refused) => return Ok(refused),
    };
    let key = match idempotency_key(call) {
        Ok(key) => key,
        Err(refused) => return Ok(refused),
    };
    let (min, max) = bounds(work)?;
    let amount = match strict(&call.body, &["amountUsd"])
        .and_then(|body| dollars(&body, "amountUsd"))
    {
        Ok(amount) if amount < min || amount > max => {
            let message = format!("amountUsd must be between {} and {}.", plain(min), plain(max));
            let more = [("minUsd", plain(min).into()), ("maxUsd", plain(max).into())];
            return Ok(Reply::refusal(400, "validation_failed", &message, &more));
        }
        Ok(amount) => amount,
        Err(why) => return Ok(Reply::error(400, "validation_failed", &why)),
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
    Ok(Reply::json(202, &answer))
}

/// Card, cap, limiter.
fn gates(
    work: &Work<'_>,
    caller: &Caller,
    amount: Decimal,
) -> Result<Result<&'static Card, Reply>> {
    let Some(card) = account::card(work)? else {
        return Ok(Err(Reply::refusal(403, "no_payment_method", "No reusable saved card.", &[])));
    };
    let month = account::month(work)?;
    if amount > month.remaining() {
        let more = [
            ("remainingUsd", plain(month.remaining()).into()),
            ("isDefaultCeiling", month.is_default.into()),
        ];
        return Ok(Err(Reply::refusal(
            403,
            "monthly_cap_exceeded",
            "The monthly limit does not leave that much.",
            &more,
        )));
    }
    if let Some(seconds) = account::limited(work, &caller.session)? {
        return Ok(Err(Reply::refusal(429, "rate_limited", "Too many charges in an hour.", &[])
            .retry_after(seconds)));
    }
    Ok(Ok(card))
}

/// The key of a call, by the grammar of a header value.
///
/// # Errors
/// The refusal to answer with.
pub fn idempotency_key(call: &Call) -> Result<String, Reply> {
    match &call.idempotency_key {
        None => Err(Reply::error(
            400,
            "idempotency_key_required",
            "The header Idempotency-Key is missing.",
        )),
        Some(key)
            if (1..=255).contains(&key.len())
                && key.bytes().all(|byte| byte.is_ascii_graphic()) =>
        {
            Ok(key.clone())
        }
        Some(_) => Err(Reply::error(
            400,
            "validation_failed",
            "Idempotency-Key must be one value of 1 to 255 visible ASCII characters without spaces.",
        )),
    }
}

/// The answer that was given to this key before, if it is still remembered; the same key for
/// something else is a conflict.
///
/// # Errors
/// Class `config`.
pub fn remembered(work: &Work<'_>, key: &str, path: &str, asked: &str) -> Result<Option<Reply>> {
    work.sql
        .execute("DELETE FROM remembered WHERE created_ms <= ?1", [work.now_ms() - KEY_LIFE_MS])
        .map_err(broken)?;
    let known = work
        .sql
        .query_row(
            "SELECT path, asked, answer FROM remembered WHERE idempotency_key = ?1",
            [key],
            |row| {
                Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?, row.get::<_, String>(2)?))
            },
        )
        .optional()
        .map_err(broken)?;
    Ok(known.map(|(then_path, then_asked, answer)| {
        if then_path != path || then_asked != asked {
            return Reply::refusal(
                409,
                "idempotency_conflict",
                "This key was used for something else.",
                &[],
            );
        }
        let status = if path.ends_with("/charge") { 202 } else { 200 };
        Reply { status, body: answer.into_bytes(), ..Reply::json(status, &Value::Null) }
            .header("idempotent-replayed", "true".into())
    }))
}

/// Remembers what this key was answered with.
///
/// # Errors
/// Class `config`.
pub fn remember(work: &Work<'_>, key: &str, path: &str, asked: &str, answer: &Value) -> Result<()> {
    work.sql
        .execute(
            "INSERT INTO remembered VALUES (?1, ?2, ?3, ?4, ?5)",
            params![key, path, asked, answer.to_string(), work.now_ms()],
        )
        .map(|_| ())
        .map_err(broken)
}

/// `GET /api/billing/charge/{id}`: an unknown id is pending, never a 404.
///
/// # Errors
/// Class `config`.
pub fn charge_status(work: &Work<'_>, call: &Call, id: &str) -> Answered {
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
    Ok(Reply::json(200, &body))
}

/// `PATCH /api/billing/auto-top-up`: exactly three keys.
///
/// # Errors
/// Class `config`.
pub fn auto_top_up(work: &Work<'_>, call: &Call) -> Answered {
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
        Err(why) => return Ok(Reply::error(400, "validation_failed", &why)),
    };
    set_reload(work, enabled, below, to)?;
    Ok(Reply::json(200, &json!({"ok": true})))
}

/// Configures auto-reload.
///
/// # Errors
/// Class `config`.
pub fn set_reload(work: &Work<'_>, enabled: bool, below: Decimal, to: Decimal) -> Result<()> {
    work.set("reload", Some(if enabled { "on" } else { "off" }))?;
    work.set("reload-below", Some(&plain(below)))?;
    work.set("reload-to", Some(&plain(to)))
}

/// A JSON object that has each key once: two amounts in one body are none.
struct Once(Map<String, Value>);

impl<'de> Deserialize<'de> for Once {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Keys;
        impl<'de> Visitor<'de> for Keys {
            type Value = Once;

            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Once, A::Error> {
                let mut map = Map::new();
                while let Some((key, value)) = entries.next_entry::<String, Value>()? {
                    if map.insert(key, value).is_some() {
                        return Err(serde::de::Error::custom("a key is there twice"));
                    }
                }
                Ok(Once(map))
            }
        }
        deserializer.deserialize_map(Keys)
    }
}

/// A JSON object with exactly these keys.
///
/// # Errors
/// What is wrong with it.
pub fn strict(body: &[u8], keys: &[&str]) -> Result<Map<String, Value>, String> {
    let Ok(Once(map)) = serde_json::from_slice(body) else {
        return Err("The body must be a JSON object that has each key once.".into());
    };
    if let Some(other) = map.keys().find(|key| !keys.contains(&key.as_str())) {
        return Err(format!("Unknown key: {}.", other.escape_debug()));
    }
    match keys.iter().find(|key| !map.contains_key(**key)) {
        Some(missing) => Err(format!("{missing} is missing.")),
        None => Ok(map),
    }
}

/// A JSON number above zero in whole cents, and not too large.
fn dollars(body: &Map<String, Value>, key: &str) -> Result<Decimal, String> {
    let bad = || format!("{key} must be a number above 0 and a multiple of 0.01.");
    let Some(Value::Number(number)) = body.get(key) else { return Err(bad()) };
    let value = Money::parse(&number.to_string()).ok_or_else(bad)?.0;
    Amount::from_decimal(value).map(|amount| amount.decimal().normalize()).ok_or_else(bad)
}
