//! A CIRIS agent's billing proxy as the sandbox answers it. Contract: ciris.
//!
//! Uses are counted by an account of the ledger beside the dollars of the portal; the saved card
//! is the same one. A payment is confirmed on a page with a test card, or by itself where nobody
//! can reach a page. What an agent answers is `detail` for errors, and an HTML page for paths that
//! it does not know.

use super::account::{self, Card};
use super::store::{Work, broken, random_word};
use super::wire::{Answered, Call, Reply};
use crate::core::failure::Result;
use crate::ledger::book;
use crate::ledger::values::{Filter, Kind, Posting, Reference, Transaction};
use jiff::Timestamp;
use rusqlite::{OptionalExtension, params};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use serde_json::{Value, json};

/// The tables of the agent.
pub const TABLES: &str = "
    CREATE TABLE agent_token (token TEXT PRIMARY KEY, issued_ms INTEGER NOT NULL) STRICT;
    CREATE TABLE payment (
        seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, secret TEXT NOT NULL,
        minor INTEGER NOT NULL, uses INTEGER NOT NULL, return_url TEXT, created_ms INTEGER NOT NULL,
        word TEXT NOT NULL, settle_ms INTEGER, booked INTEGER NOT NULL DEFAULT 0
    ) STRICT;
";

/// Who the username logs in.
pub const USER: &str = "sandbox-user";
/// How long a token lives, in seconds.
pub const TOKEN_LIFE_S: i64 = 86_400;
/// The account of the ledger that counts bought uses.
const USES: &str = "uses";
/// What a new account has, bought and free.
const FIRST_USES: i64 = 50;
const FREE_USES: i64 = 5;
/// What a pack costs, in cents, and how many uses are in it.
const PRICE_MINOR: i64 = 500;
const PACK_USES: i64 = 100;
/// How many requests a minute an agent takes.
const REQUESTS_A_MINUTE: i64 = 60;
/// What an agent without any credit provider says.
const UNCOUNTED: i64 = 999;

/// A payment as the page shows it.
#[derive(Clone, Debug)]
pub struct Payment {
    /// Its id.
    pub id: String,
    /// In cents.
    pub minor: i64,
    /// Uses in the pack.
    pub uses: i64,
    /// Where the browser goes afterwards.
    pub return_url: Option<String>,
    /// Stripe's word for where it stands.
    pub word: String,
    /// When it was opened.
    pub created_ms: i64,
}

impl Payment {
    /// `$5.00`.
    pub fn price(&self) -> String {
        format!("${}.{:02}", self.minor / 100, self.minor % 100)
    }

    /// Whether it waits for a person.
    pub fn is_open(&self) -> bool {
        matches!(&*self.word, "requires_payment_method" | "requires_action")
    }
}

/// How the agent sells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    Paid,
    FreeOnly,
    Unlimited,
}

fn mode(work: &Work<'_>) -> Result<Mode> {
    Ok(match work.text("ciris-mode")?.as_deref() {
        Some("free_only") => Mode::FreeOnly,
        Some("unlimited") => Mode::Unlimited,
        _ => Mode::Paid,
    })
}

fn detail(status: u16, text: &str) -> Reply {
    Reply::json(status, &json!({ "detail": text }))
}

/// What a new account has.
///
/// # Errors
/// Class `config`.
pub fn fill(work: &Work<'_>) -> Result<()> {
    work.set("ciris-username", Some("sandbox"))?;
    work.set("ciris-password", Some(&random_word()))?;
    set_uses(work, FIRST_USES)
}

/// A new token.
///
/// # Errors
/// Class `config`.
pub fn sign_in(work: &Work<'_>) -> Result<String> {
    let token = format!("ciris_{}", random_word());
    work.sql
        .execute("INSERT INTO agent_token VALUES (?1, ?2)", params![token, work.now_ms()])
        .map_err(broken)?;
    Ok(token)
}

/// What a restart of an agent does.
///
/// # Errors
/// Class `config`.
pub fn forget_logins(work: &Work<'_>) -> Result<()> {
    work.sql.execute("DELETE FROM agent_token", []).map(|_| ()).map_err(broken)
}

/// Bought uses that are left, with everything booked that has settled.
///
/// # Errors
/// Class `config`.
pub fn uses(work: &Work<'_>) -> Result<i64> {
    settle_due(work)?;
    Ok(book::balance(&mut &*work.sql, USES, None)?.to_i64().unwrap_or_default())
}

/// Sets them by a correction in the ledger.
///
/// # Errors
/// Class `config`.
pub fn set_uses(work: &Work<'_>, wanted: i64) -> Result<()> {
    let difference = Decimal::from(wanted.saturating_sub(uses(work)?));
    if difference.is_zero() {
        return Ok(());
    }
    let (kind, reference, description) = if difference > Decimal::ZERO {
        (Kind::Credit, Reference::Admin, "uses given by hand")
    } else {
        (Kind::Debit, Reference::Usage, "uses")
    };
    let posting =
        Posting::new(USES, kind, difference.abs(), work.now()).because(reference, description);
    book::post(&mut &*work.sql, &posting)?;
    Ok(())
}

/// Books every payment that has settled by the portal's clock, exactly once each.
fn settle_due(work: &Work<'_>) -> Result<()> {
    let due: Vec<(String, i64, i64)> = {
        let mut statement = work
            .sql
            .prepare(
                "SELECT id, uses, settle_ms FROM payment
                 WHERE booked = 0 AND word = 'processing' AND settle_ms <= ?1 ORDER BY seq",
            )
            .map_err(broken)?;
        let rows = statement
            .query_map([work.now_ms()], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
            .map_err(broken)?;
        rows.collect::<Result<_, _>>().map_err(broken)?
    };
    for (id, uses, settle_ms) in due {
        let at = Timestamp::from_millisecond(settle_ms).unwrap_or_else(|_| work.now());
        let posting = Posting::new(USES, Kind::Credit, Decimal::from(uses), at)
            .because(Reference::Payment, format!("payment {id}"))
            .under(&id);
        book::post(&mut &*work.sql, &posting)?;
        work.sql
            .execute("UPDATE payment SET booked = 1, word = 'succeeded' WHERE id = ?1", [id])
            .map_err(broken)?;
    }
    Ok(())
}

/// One payment.
///
/// # Errors
/// Class `config`.
pub fn payment(work: &Work<'_>, id: &str) -> Result<Option<Payment>> {
    settle_due(work)?;
    work.sql.query_row(&format!("{SELECT} WHERE id = ?1"), [id], read).optional().map_err(broken)
}

/// The payments, newest first.
///
/// # Errors
/// Class `config`.
pub fn payments(work: &Work<'_>) -> Result<Vec<Payment>> {
    settle_due(work)?;
    let mut statement =
        work.sql.prepare(&format!("{SELECT} ORDER BY seq DESC LIMIT 20")).map_err(broken)?;
    let rows = statement.query_map([], read).map_err(broken)?;
    rows.collect::<Result<_, _>>().map_err(broken)
}

const SELECT: &str = "SELECT id, minor, uses, return_url, word, created_ms FROM payment";

fn read(row: &rusqlite::Row<'_>) -> rusqlite::Result<Payment> {
    Ok(Payment {
        id: row.get(0)?,
        minor: row.get(1)?,
        uses: row.get(2)?,
        return_url: row.get(3)?,
        word: row.get(4)?,
        created_ms: row.get(5)?,
    })
}

/// What a person does about a payment on its page.
#[derive(Clone, Copy, Debug)]
pub enum Act {
    /// Pays with a card.
    Pay(&'static Card),
    /// Confirms at the bank.
    Authenticate,
    /// Calls it off.
    Cancel,
}

/// Does it, where it is not final yet and the act fits.
///
/// # Errors
/// Class `config`.
pub fn act(work: &Work<'_>, id: &str, act: Act) -> Result<()> {
    let Some(payment) = payment(work, id)? else { return Ok(()) };
    let word = match act {
        _ if !payment.is_open() => return Ok(()),
        Act::Authenticate if payment.word == "requires_action" => "processing",
        Act::Authenticate => return Ok(()),
        Act::Cancel => "canceled",
        Act::Pay(card) => match card.fails {
            None => "processing",
            Some("authentication_required") => "requires_action",
            Some("processing_error") => "failed",
            Some(_) => "requires_payment_method",
        },
    };
    let settle_after = work.number("settle-after-ms")?.unwrap_or(2_000);
    work.sql
        .execute(
            "UPDATE payment SET word = ?2, settle_ms = ?3 WHERE id = ?1",
            params![id, word, work.now_ms() + settle_after],
        )
        .map(|_| ())
        .map_err(broken)
}

/// One call of the agent.
///
/// # Errors
/// Class `config`.
pub fn answer(work: &Work<'_>, call: &Call, auto_pay: bool) -> Answered {
    let segments = call.segments();
    let path: Vec<&str> = segments.iter().map(String::as_str).collect();
    let known = matches!(
        (call.method.as_str(), path.as_slice()),
        ("POST", ["v1", "auth", "login"] | ["v1", "api", "billing", "purchase", "initiate"])
            | (
                "GET",
                ["v1", "api", "billing", "credits" | "transactions"]
                    | ["v1", "api", "billing", "purchase", "status", _]
            )
    );
    if !known || path.last() == Some(&"") {
        let page = "<!doctype html><title>Not found</title><p>There is no such page.".to_owned();
        return Ok(Reply::page(404, page));
    }
    if let Some(refused) = too_many(work)? {
        return Ok(refused);
    }
    if path[1] == "auth" {
        return login(work, call);
    }
    let Some(token) = &call.bearer else { return Ok(detail(401, "Missing authorization header")) };
    let since = work.now_ms() - TOKEN_LIFE_S * 1000;
    let query = "SELECT count(*) FROM agent_token WHERE token = ?1 AND issued_ms > ?2";
    let valid: i64 =
        work.sql.query_row(query, params![token, since], |row| row.get(0)).map_err(broken)?;
    if valid == 0 {
        return Ok(detail(401, "Invalid API key"));
    }
    let reply = match path[3] {
        "credits" => credits(work)?,
        "transactions" => transactions(work, call)?,
        _ if path[4] == "initiate" => initiate(work, call, auto_pay)?,
        _ => status(work, path[5])?,
    };
    if reply.status == 200 && work.text("ciris-wrapped")?.as_deref() == Some("on") {
        let bare: Value = serde_json::from_slice(&reply.body).unwrap_or_default();
        return Ok(Reply::json(200, &json!({"data": bare, "metadata": {}})));
    }
    Ok(reply)
}

/// Contract: ciris, 60 requests a minute.
fn too_many(work: &Work<'_>) -> Result<Option<Reply>> {
    if work.text("rate-limit")?.as_deref() == Some("off") {
        return Ok(None);
    }
    let query = "SELECT count(*) FROM seen WHERE path LIKE '/v1/%' AND at_ms > ?1";
    let since = work.now_ms() - 60_000;
    let count: i64 = work.sql.query_row(query, [since], |row| row.get(0)).map_err(broken)?;
    Ok((count > REQUESTS_A_MINUTE).then(|| {
        let body = json!({
            "detail": "Rate limit exceeded", "error": "rate_limit_exceeded", "retry_after": 10,
            "message": "Too many requests. Try again in 10 seconds.",
        });
        Reply::json(429, &body).retry_after(10)
    }))
}

fn login(work: &Work<'_>, call: &Call) -> Answered {
    let Ok(Value::Object(body)) = serde_json::from_slice(&call.body) else {
        return Ok(no_body());
    };
    let given = |key: &str| body.get(key).and_then(Value::as_str).map(str::to_owned);
    let right = given("username") == work.text("ciris-username")?
        && given("password") == work.text("ciris-password")?;
    if !right {
        return Ok(detail(401, "Invalid credentials"));
    }
    Ok(Reply::json(
        200,
        &json!({
            "access_token": sign_in(work)?, "token_type": "bearer", "expires_in": TOKEN_LIFE_S,
            "user_id": USER, "role": "SYSTEM_ADMIN",
        }),
    ))
}

/// What a FastAPI server says to a body that it cannot read.
fn no_body() -> Reply {
    let mistake = json!({"type": "model_attributes_type", "loc": ["body"],
                         "msg": "Input should be a valid dictionary", "input": null});
    Reply::json(422, &json!({ "detail": [mistake] }))
}

fn credits(work: &Work<'_>) -> Answered {
    let free = work.number("ciris-free")?.unwrap_or(FREE_USES);
    let body = match mode(work)? {
        Mode::Unlimited => json!({
            "has_credit": true, "credits_remaining": UNCOUNTED, "free_uses_remaining": UNCOUNTED,
            "total_uses": 0, "plan_name": "unlimited", "purchase_required": false,
            "purchase_options": null,
        }),
        Mode::FreeOnly => json!({
            "has_credit": free > 0, "credits_remaining": 0, "free_uses_remaining": free,
            "total_uses": 0, "plan_name": "free", "purchase_required": false,
            "purchase_options": null,
        }),
        Mode::Paid => {
            let left = uses(work)?;
            let required = left + free <= 0;
            // Newer agents tell the price only when a payment is opened.
            let told = required && work.text("ciris-offer")?.as_deref() != Some("untold");
            let (minor, uses) = pack(work)?;
            json!({
                "has_credit": !required, "credits_remaining": left, "free_uses_remaining": free,
                "total_uses": used(work)?, "plan_name": "Standard", "purchase_required": required,
                "purchase_options": told
                    .then(|| json!({"price_minor": minor, "uses": uses, "currency": "USD"})),
            })
        }
    };
    let mut body = body;
    if let Some(daily) = work.number("ciris-daily")? {
        body["daily_free_uses_remaining"] = daily.into();
    }
    body["portal_url"] = "/ciris".into();
    body["sandbox"] = true.into();
    Ok(Reply::json(200, &body))
}

/// What a pack costs, and how many uses are in it.
fn pack(work: &Work<'_>) -> Result<(i64, i64)> {
    Ok((work.number("ciris-price")?.unwrap_or(PRICE_MINOR), PACK_USES))
}

fn used(work: &Work<'_>) -> Result<i64> {
    settle_due(work)?;
    let used = movements(work)?.into_iter().filter(|moved| moved.kind == Kind::Debit);
    Ok(used.map(|moved| moved.amount.0.to_i64().unwrap_or_default()).sum())
}

fn initiate(work: &Work<'_>, call: &Call, auto_pay: bool) -> Answered {
    match mode(work)? {
        Mode::FreeOnly => return Ok(detail(403, "Billing not enabled for this agent")),
        Mode::Unlimited => return Ok(detail(503, "Credit provider not configured")),
        Mode::Paid => {}
    }
    let Ok(Value::Object(body)) = serde_json::from_slice(&call.body) else {
        return Ok(no_body());
    };
    if work.text("ciris-email")?.as_deref() == Some("none") {
        return Ok(detail(
            400,
            "Email address required for purchase. Add one to the account of the agent.",
        ));
    }
    let (minor, uses) = pack(work)?;
    let id = format!("pi_{}", &random_word()[..24]);
    let secret = format!("{id}_secret_{}", &random_word()[..24]);
    let return_url = body.get("return_url").and_then(Value::as_str);
    work.sql
        .execute(
            "INSERT INTO payment (id, secret, minor, uses, return_url, created_ms, word)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, 'requires_payment_method')",
            params![id, secret, minor, uses, return_url, work.now_ms()],
        )
        .map_err(broken)?;
    let by_itself = match work.text("ciris-pay")?.as_deref() {
        Some("page") => false,
        Some(_) => true,
        None => auto_pay,
    };
    if by_itself && let Some(card) = account::card(work)? {
        act(work, &id, Act::Pay(card))?;
    }
    Ok(Reply::json(
        200,
        &json!({
            "payment_id": id, "client_secret": secret, "amount_minor": minor, "currency": "USD",
            "uses_purchased": uses, "publishable_key": "pk_test_sandbox",
            "portal_url": format!("/ciris/payment/{id}"), "sandbox": true,
        }),
    ))
}

fn status(work: &Work<'_>, id: &str) -> Answered {
    match mode(work)? {
        Mode::FreeOnly => return Ok(detail(403, "Billing not enabled for this agent")),
        Mode::Unlimited => return Ok(detail(503, "Credit provider not configured")),
        Mode::Paid => {}
    }
    // An id that is not known looks like one that nobody has paid.
    let Some(payment) = payment(work, id)? else {
        return Ok(Reply::json(
            200,
            &json!({"status": "pending", "credits_added": 0, "balance_after": null}),
        ));
    };
    let paid = payment.word == "succeeded";
    let left = if paid { Some(uses(work)?) } else { None };
    Ok(Reply::json(
        200,
        &json!({
            "status": payment.word, "credits_added": if paid { payment.uses } else { 0 },
            "balance_after": left, "sandbox": true,
        }),
    ))
}

/// Every movement of the account of uses, newest first.
fn movements(work: &Work<'_>) -> Result<Vec<Transaction>> {
    book::page(&mut &*work.sql, USES, &Filter::default(), u32::MAX)
}

fn transactions(work: &Work<'_>, call: &Call) -> Answered {
    let number = |name: &str, usual: usize| {
        call.parameter(name).and_then(|text| text.parse().ok()).unwrap_or(usual)
    };
    let (limit, offset) = (number("limit", 50).clamp(1, 100), number("offset", 0));
    let (minor, uses) = pack(work)?;
    let price = |count: i64| if uses == 0 { 0 } else { count * minor / uses };
    settle_due(work)?;
    let all = movements(work)?;
    let list: Vec<Value> = all
        .iter()
        .skip(offset)
        .take(limit)
        .map(|moved| {
            let count = moved.amount.0.to_i64().unwrap_or_default();
            let (word, count) = match moved.kind {
                Kind::Debit => ("charge", -count),
                Kind::Credit => ("credit", count),
            };
            json!({
                "transaction_id": moved.id, "type": word,
                "amount_minor": price(count), "currency": "USD",
                "description": moved.description,
                "created_at": account::time(moved.created_at.as_millisecond()),
                "balance_after": moved.balance_after.0.to_i64(),
                "external_transaction_id": moved.idempotency_key,
            })
        })
        .collect();
    let has_more = offset + list.len() < all.len();
    Ok(Reply::json(
        200,
        &json!({"transactions": list, "total_count": all.len(), "has_more": has_more}),
    ))
}
