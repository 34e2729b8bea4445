//! Credits of Cloudflare's AI Gateway, as the sandbox sells them: one more top-up for each request,
//! none of which knows a key. Contract: cloudflare.
//!
//! What the page does not state is played carefully: the codes of refusals are this portal's own, a
//! declined card leaves a voided invoice behind, and the bank's check an open one.

use super::account;
use super::sales::{self, Fate, PAGE, Sale};
use super::store::{StoreWork, random_word};
use super::wire::{Answered, Call, SandboxReply};
use crate::core::failure::Result;
use serde_json::{Map, Value, json};

/// The name that its purchases are kept under.
pub const NAME: &str = "cloudflare";
/// The least of one top-up, in cents.
const LEAST: i64 = 1_000;
/// Far more than anybody tops up, in cents: sums stay countable.
const MOST: i64 = 100_000_000_000;

/// As every answer is wrapped.
pub fn wrapped(result: &Value) -> SandboxReply {
    SandboxReply::json(
        200,
        &json!({"success": true, "errors": [], "messages": [], "result": result}),
    )
}

fn refused(status: u16, code: u32, message: &str) -> SandboxReply {
    let errors = [json!({"code": code, "message": message})];
    let body = json!({"success": false, "errors": errors, "messages": [], "result": null});
    SandboxReply::json(status, &body)
}

/// The refusal of a key that may only read.
fn no_right(work: &StoreWork<'_>) -> Option<SandboxReply> {
    work.is("cloudflare-key", "read").then(not_allowed)
}

fn object(call: &Call) -> Option<Map<String, Value>> {
    match serde_json::from_slice(&call.body) {
        Ok(Value::Object(map)) => Some(map),
        _ => None,
    }
}

/// What automatic purchases are set to, and whether there is a card.
///
/// # Errors
/// Class `config`.
pub fn credit_balance(work: &StoreWork<'_>) -> Answered {
    let card = account::card(work);
    let balance = sales::balance(work, NAME)? * rust_decimal::Decimal::ONE_HUNDRED;
    let balance = balance.normalize().to_string().parse::<serde_json::Number>();
    Ok(wrapped(&json!({
        "balance": balance.map_or(Value::Null, Value::Number),
        "has_default_payment_method": card.is_some(),
        "payment_method": card.map(|card| json!({"brand": card.brand, "last4": card.last4})),
        "topup_config": reload(work)?,
        "first_topup_success": true,
    })))
}

/// `GET …/topup/config`: what automatic purchases are set to.
///
/// # Errors
/// Class `config`.
pub fn reload_config(work: &StoreWork<'_>) -> Answered {
    Ok(wrapped(&reload(work)?))
}

fn reload(work: &StoreWork<'_>) -> Result<Value> {
    let cents = |name: &str| -> Result<Option<i64>> {
        Ok(work.number(name)?.filter(|_| work.is("cloudflare-reload", "on")))
    };
    Ok(json!({
        "amount": cents("cloudflare-reload-amount")?,
        "threshold": cents("cloudflare-reload-below")?,
    }))
}

/// What no API token may do: automatic purchases are changed in the dashboard, and a spending limit is
/// made there.
pub fn not_allowed() -> SandboxReply {
    refused(403, 10_000, "Authentication error")
}

/// `POST …/topup`.
///
/// # Errors
/// Class `config`.
pub fn top_up(work: &StoreWork<'_>, call: &Call) -> Answered {
    if let Some(refused) = no_right(work) {
        return Ok(refused);
    }
    let amount = object(call).and_then(|body| body.get("amount")?.as_i64());
    let Some(cents) = amount.filter(|cents| (LEAST..=MOST).contains(cents)) else {
        return Ok(refused(400, 7_001, "amount must be a number of cents, 1000 or more"));
    };
    let (Some(fate), Some(card)) = (Fate::for_card(work), account::card(work)) else {
        return Ok(refused(400, 7_002, "There is no default payment method."));
    };
    let sale = sales::buy(work, NAME, format!("in_{}", &random_word()[..24]), cents, fate)?;
    let secret = format!("pi_{}_secret_{}", &random_word()[..24], &random_word()[..24]);
    Ok(wrapped(&json!({
        "payment_intent_id": sale.id,
        "client_secret": (fate == Fate::Open).then_some(secret),
        "onboarding": true, "brand": card.brand, "last4": card.last4,
    })))
}

/// `POST …/topup/status`: there is no word for what failed.
///
/// # Errors
/// Class `config`.
pub fn top_up_status(work: &StoreWork<'_>, call: &Call) -> Answered {
    if let Some(refused) = no_right(work) {
        return Ok(refused);
    }
    let id =
        object(call).and_then(|body| Some(body.get("payment_intent_id")?.as_str()?.to_owned()));
    let Some(id) = id else {
        return Ok(refused(400, 7_001, "payment_intent_id is missing"));
    };
    let sale = sales::find(work, NAME, &id)?;
    let is_paid = sale.is_some_and(|sale| sale.is_paid(work.now_ms()));
    let word = if is_paid { "completed" } else { "pending" };
    Ok(wrapped(&json!({"payment_intent_id": id, "status": word})))
}

/// `GET …/invoice-history`: newest first, and no way to the next page.
///
/// # Errors
/// Class `config`.
pub fn invoices(work: &StoreWork<'_>, call: &Call) -> Answered {
    let mut sales = sales::listed(work, NAME)?;
    if call.parameter("type").as_deref() == Some("auto") {
        sales.clear();
    }
    let has_more = sales.len() > PAGE || work.is("cloudflare-list", "more");
    let invoices: Vec<Value> =
        sales.iter().take(PAGE).map(|sale| invoice(sale, work.now_ms(), &call.base)).collect();
    let count = sales.len();
    Ok(wrapped(&json!({
        "invoices": invoices,
        "pagination":
            {"has_more": has_more, "page": 1, "per_page": PAGE, "total_count": count},
    })))
}

fn invoice(sale: &Sale, now_ms: i64, base: &str) -> Value {
    let (word, paid) = match (sale.is_final(now_ms), sale.fate) {
        (true, Fate::Paid) => ("paid", sale.total_cents()),
        (true, _) => ("void", 0),
        (false, _) => ("open", 0),
    };
    json!({
        "id": sale.id, "status": word, "currency": "usd",
        "amount_due": sale.total_cents(), "amount_paid": paid,
        "amount_remaining": sale.total_cents() - paid,
        "created": sale.created_ms.div_euclid(1000), "created_by": "sandbox",
        "description": "AI Gateway credits", "invoice_origin": "manual",
        "attempted": true, "attempt_count": 1, "auto_advance": false,
        "invoice_pdf": format!("{base}/balances/{NAME}?invoice={}", sale.id),
    })
}
