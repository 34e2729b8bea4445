//! A CIRIS agent's billing proxy as the sandbox answers it. Contract: ciris.
//!
//! A payment is confirmed on a page with a test card, or by itself where no person can reach a
//! page. What an agent answers is `detail` for errors, and an HTML page for paths that it does not
//! know.

use super::account::{self, time};
use super::store::{StoreWork, random_word};
use super::uses::{self, Act, RENEWED_LIFE_S, TOKEN_LIFE_S, USER, payment};
use super::wire::{Answered, Call, SandboxReply};
use crate::core::failure::Result;
use crate::ledger::values::Kind;
use rusqlite::params;
use rust_decimal::prelude::ToPrimitive;
use serde_json::{Value, json};

/// What a new account has free.
const FREE_USES: i64 = 5;
/// What a pack costs, in cents, and how many uses are in it.
const PRICE_MINOR: i64 = 500;
const PACK_USES: i64 = 100;
/// How many requests a minute an agent takes.
const REQUESTS_A_MINUTE: u32 = 60;
/// The role of the user who is logged in.
const ROLE: &str = "SYSTEM_ADMIN";
/// What an agent says whose app store sells.
const NO_KEY: &str = "Billing not configured: no key of a billing system is set";
/// What an agent without any credit provider says.
const UNCOUNTED: i64 = 999;

/// How the agent sells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum SellingMode {
    /// Packs.
    Packs,
    /// Nothing: there are free uses.
    FreeOnly,
    /// Nothing: no uses are counted.
    Unlimited,
    /// Nothing from here: an app store sells.
    AppStore,
}

fn mode(work: &StoreWork<'_>) -> SellingMode {
    match work.text("ciris-mode").as_deref() {
        Some("free_only") => SellingMode::FreeOnly,
        Some("unlimited") => SellingMode::Unlimited,
        Some("app_store") => SellingMode::AppStore,
        _ => SellingMode::Packs,
    }
}

fn detail(status: u16, text: &str) -> SandboxReply {
    SandboxReply::json(status, &json!({ "detail": text }))
}

/// One call of the agent.
///
/// # Errors
/// Class `config`.
pub fn answer(work: &StoreWork<'_>, call: &Call, auto_pay: bool) -> Answered {
    let segments = call.segments();
    let path: Vec<&str> = segments.iter().map(String::as_str).collect();
    if path.last() == Some(&"") || !is_known(&call.method, &path) {
        // The service of the logins answers for itself, and the agent with a page.
        if path.get(1) == Some(&"auth") {
            return Ok(detail(404, "Not found"));
        }
        let page = "<!doctype html><title>Not found</title><p>There is no such page.".to_owned();
        return Ok(SandboxReply::page(404, page));
    }
    if let Some(refused) = too_many(work)? {
        return Ok(refused);
    }
    match path[1] {
        "setup" => Ok(setup(work)),
        "auth" => logins(work, call, path[2]),
        _ => billing(work, call, &path, auto_pay),
    }
}

fn is_known(method: &str, path: &[&str]) -> bool {
    match method {
        "POST" => matches!(
            path,
            ["v1", "auth", "login" | "refresh" | "logout"]
                | ["v1", "api", "billing", "purchase", "initiate"]
        ),
        "GET" => matches!(
            path,
            ["v1", "auth", "me"]
                | ["v1", "setup", "status"]
                | ["v1", "api", "billing", "credits" | "transactions"]
                | ["v1", "api", "billing", "purchase", "status", _]
        ),
        _ => false,
    }
}

/// The token of a request, or the refusal of one without.
fn signed_in<'c>(work: &StoreWork<'_>, call: &'c Call) -> Result<Result<&'c str, SandboxReply>> {
    let Some(token) = &call.bearer else {
        return Ok(Err(detail(401, "Missing authorization header")));
    };
    let valid = uses::is_signed_in(work, token)?;
    Ok(if valid { Ok(token) } else { Err(detail(401, "Invalid API key")) })
}

/// The calls about uses and packs.
fn billing(work: &StoreWork<'_>, call: &Call, path: &[&str], auto_pay: bool) -> Answered {
    if let Err(refused) = signed_in(work, call)? {
        return Ok(refused);
    }
    let reply = match path[3] {
        "credits" => credits(work)?,
        "transactions" => transactions(work, call)?,
        _ if path[4] == "initiate" => initiate(work, call, auto_pay)?,
        _ => status(work, path[5])?,
    };
    if reply.status == 200 && work.is("ciris-wrapped", "on") {
        let bare: Value = serde_json::from_slice(&reply.body).unwrap_or_default();
        return Ok(SandboxReply::json(200, &json!({"data": bare, "metadata": {}})));
    }
    Ok(reply)
}

/// Whether somebody has set the agent up. No token is asked for. Contract: ciris, ways in.
fn setup(work: &StoreWork<'_>) -> SandboxReply {
    let required = work.is("ciris-setup", "required");
    let body = json!({
        "is_first_run": required, "config_exists": !required, "config_path": null,
        "setup_required": required, "skip_user_step": false, "auth_provider": null,
    });
    SandboxReply::json(200, &json!({"data": body, "metadata": {}}))
}

/// The calls of the service of the logins, which starts a while after the agent.
fn logins(work: &StoreWork<'_>, call: &Call, what: &str) -> Answered {
    if work.is("ciris-setup", "starting") {
        return Ok(detail(503, "identity service starting").retry_after(2));
    }
    if what == "login" {
        return login(work, call);
    }
    let token = match signed_in(work, call)? {
        Ok(token) => token,
        Err(refused) => return Ok(refused),
    };
    match what {
        "me" => Ok(SandboxReply::json(
            200,
            &json!({
                "user_id": USER, "username": work.text("ciris-username"), "role": ROLE,
                "permissions": [], "created_at": "2026-01-01T00:00:00Z", "last_login": null,
            }),
        )),
        "refresh" => Ok(token_answer(&uses::renew(work, token)?, RENEWED_LIFE_S)),
        _ => {
            uses::sign_out(work, token)?;
            Ok(SandboxReply { body: Vec::new(), ..SandboxReply::json(204, &Value::Null) })
        }
    }
}

/// Contract: ciris, 60 requests a minute; the one at hand is not in the log yet.
fn too_many(work: &StoreWork<'_>) -> Result<Option<SandboxReply>> {
    if work.is("rate-limit", "off") {
        return Ok(None);
    }
    let full = work.row(
        "SELECT 1 FROM seen INDEXED BY seen_by_agent
         WHERE path GLOB '/v1/*' AND at_ms > ?1 LIMIT 1 OFFSET ?2",
        params![work.now_ms() - 60_000, REQUESTS_A_MINUTE - 1],
        |_| Ok(()),
    )?;
    Ok(full.map(|()| {
        let body = json!({
            "detail": "Rate limit exceeded", "error": "rate_limit_exceeded", "retry_after": 10,
            "message": "Too many requests. Try again in 10 seconds.",
        });
        SandboxReply::json(429, &body).retry_after(10)
    }))
}

fn login(work: &StoreWork<'_>, call: &Call) -> Answered {
    let Ok(Value::Object(body)) = serde_json::from_slice(&call.body) else {
        return Ok(no_body());
    };
    let given = |key: &str| body.get(key).and_then(Value::as_str).map(str::to_owned);
    if work.is("ciris-account", "no_password") && given("username") == work.text("ciris-username") {
        let body = json!({"error": "This account has no password; sign in with its provider.",
                          "reason_id": "auth.login.no_password_set"});
        return Ok(SandboxReply::json(401, &body));
    }
    let right = given("username") == work.text("ciris-username")
        && given("password") == work.text("ciris-password")
        && !work.is("ciris-setup", "required");
    if !right {
        let body = json!({"error": "invalid credentials",
                          "reason_id": "auth.login.invalid_credentials"});
        return Ok(SandboxReply::json(401, &body));
    }
    Ok(token_answer(&uses::sign_in(work)?, TOKEN_LIFE_S))
}

fn token_answer(token: &str, life_s: i64) -> SandboxReply {
    let body = json!({"access_token": token, "token_type": "bearer", "expires_in": life_s,
                      "user_id": USER, "role": ROLE});
    SandboxReply::json(200, &body)
}

/// What a FastAPI server says to a body that it cannot read.
fn no_body() -> SandboxReply {
    let mistake = json!({"type": "model_attributes_type", "loc": ["body"],
                         "msg": "Input should be a valid dictionary", "input": null});
    SandboxReply::json(422, &json!({ "detail": [mistake] }))
}

fn credits(work: &StoreWork<'_>) -> Answered {
    let free = work.number("ciris-free")?.unwrap_or(FREE_USES);
    let body = match mode(work) {
        SellingMode::Unlimited => json!({
            "has_credit": true, "credits_remaining": UNCOUNTED, "free_uses_remaining": UNCOUNTED,
            "total_uses": 0, "plan_name": "unlimited", "purchase_required": false,
            "purchase_options": null,
        }),
        SellingMode::FreeOnly => json!({
            "has_credit": free > 0, "credits_remaining": 0, "free_uses_remaining": free,
            "total_uses": 0, "plan_name": "free", "purchase_required": false,
            "purchase_options": null,
        }),
        SellingMode::AppStore => json!({
            "has_credit": free > 0, "credits_remaining": 0, "free_uses_remaining": free,
            "total_uses": 0, "plan_name": "CIRIS Mobile", "purchase_required": free <= 0,
            "purchase_options": null,
        }),
        SellingMode::Packs => {
            let left = uses::uses(work)?;
            let required = left + free <= 0;
            // Newer agents state the price only when a payment is opened.
            let stated = required && !work.is("ciris-offer", "untold");
            let (minor, uses) = pack(work)?;
            json!({
                "has_credit": !required, "credits_remaining": left, "free_uses_remaining": free,
                "total_uses": uses::used(work)?, "plan_name": "Standard", "purchase_required": required,
                "purchase_options": stated
                    .then(|| json!({"price_minor": minor, "uses": uses, "currency": "USD"})),
            })
        }
    };
    let mut body = body;
    if !work.is("ciris-daily", "none") {
        body["daily_free_uses_remaining"] = work.number("ciris-daily")?.unwrap_or_default().into();
    }
    if work.is("ciris-credit", "off") {
        body["has_credit"] = false.into();
    }
    body["portal_url"] = "/ciris".into();
    body["sandbox"] = true.into();
    Ok(SandboxReply::json(200, &body))
}

/// What a pack costs, and how many uses are in it.
fn pack(work: &StoreWork<'_>) -> Result<(i64, i64)> {
    Ok((work.number("ciris-price")?.unwrap_or(PRICE_MINOR), PACK_USES))
}

/// What an agent says that sells nothing; one with free uses says this.
fn sells_nothing(work: &StoreWork<'_>, of_free_uses: SandboxReply) -> Option<SandboxReply> {
    match mode(work) {
        SellingMode::Packs => None,
        SellingMode::FreeOnly => Some(of_free_uses),
        SellingMode::Unlimited => Some(detail(503, "Credit provider not configured")),
        SellingMode::AppStore => Some(detail(500, NO_KEY)),
    }
}

fn initiate(work: &StoreWork<'_>, call: &Call, auto_pay: bool) -> Answered {
    if let Some(refused) = sells_nothing(work, detail(403, "Billing not enabled for this agent")) {
        return Ok(refused);
    }
    let Ok(Value::Object(body)) = serde_json::from_slice(&call.body) else {
        return Ok(no_body());
    };
    if work.is("ciris-email", "none") {
        return Ok(detail(400, "Email address required for purchase. Sign in with a provider."));
    }
    let (minor, uses) = pack(work)?;
    let id = format!("pi_{}", &random_word()[..24]);
    let secret = format!("{id}_secret_{}", &random_word()[..24]);
    let return_url = body.get("return_url").and_then(Value::as_str);
    work.run(
        "INSERT INTO payment (id, secret, minor, uses, return_url, created_ms, word)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, 'requires_payment_method')",
        params![id, secret, minor, uses, return_url, work.now_ms()],
    )?;
    let by_itself = match work.text("ciris-pay").as_deref() {
        Some("page") => false,
        Some(_) => true,
        None => auto_pay,
    };
    if by_itself && let Some(card) = account::card(work) {
        uses::act(work, &id, Act::Pay(card))?;
    }
    Ok(SandboxReply::json(
        200,
        &json!({
            "payment_id": id, "client_secret": secret, "amount_minor": minor, "currency": "USD",
            "uses_purchased": uses, "publishable_key": "pk_test_sandbox",
            "portal_url": format!("/ciris/payment/{id}"), "sandbox": true,
        }),
    ))
}

fn status(work: &StoreWork<'_>, id: &str) -> Answered {
    let none = detail(404, "Payment not found. Billing not enabled.");
    if let Some(refused) = sells_nothing(work, none) {
        return Ok(refused);
    }
    if work.is("ciris-status", "broken") {
        // As an agent that fails before it has asked anybody. Contract: ciris, seen on 2.16.5.
        return Ok(SandboxReply {
            kind: "text/plain; charset=utf-8",
            body: b"Internal Server Error".to_vec(),
            ..SandboxReply::json(500, &Value::Null)
        });
    }
    // An unknown id gets the answer of an unpaid one.
    let Some(payment) = payment(work, id)? else {
        return Ok(SandboxReply::json(
            200,
            &json!({"status": "pending", "credits_added": 0, "balance_after": null}),
        ));
    };
    let paid = payment.word == "succeeded";
    let left = if paid { Some(uses::uses(work)?) } else { None };
    Ok(SandboxReply::json(
        200,
        &json!({
            "status": payment.word, "credits_added": 0, "balance_after": left, "sandbox": true,
        }),
    ))
}

fn transactions(work: &StoreWork<'_>, call: &Call) -> Answered {
    match mode(work) {
        SellingMode::Packs => {}
        SellingMode::AppStore => return Ok(detail(500, NO_KEY)),
        SellingMode::FreeOnly | SellingMode::Unlimited => {
            let none = json!({"transactions": [], "total_count": 0, "has_more": false});
            return Ok(SandboxReply::json(200, &none));
        }
    }
    let number = |name: &str| call.parameter(name).and_then(|text| text.parse::<u32>().ok());
    let limit = number("limit").unwrap_or(50).clamp(1, 100);
    let offset = u64::from(number("offset").unwrap_or_default());
    let (page, all) = uses::movements(work, limit, offset)?;
    let list: Vec<Value> = page
        .iter()
        .map(|moved| {
            let count = moved.amount.0.to_i64().unwrap_or_default();
            let (word, count) = match moved.kind {
                Kind::Debit => ("charge", -count),
                Kind::Credit => ("credit", count),
            };
            json!({
                "transaction_id": moved.id, "type": word,
                "amount_minor": count, "currency": "USD",
                "description": moved.description,
                "created_at": time(moved.created_at.as_millisecond()),
                "balance_after": moved.balance_after.0.to_i64(),
                "transaction_type": moved.reference.word().to_ascii_lowercase(),
                "external_transaction_id": moved.idempotency_key,
            })
        })
        .collect();
    let has_more = offset + (list.len() as u64) < all;
    Ok(SandboxReply::json(
        200,
        &json!({"transactions": list, "total_count": all, "has_more": has_more}),
    ))
}
