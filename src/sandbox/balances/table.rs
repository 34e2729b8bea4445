//! What each system answers, in its own shape: its units, its signs, its lists. Contract: balances.

use super::{Answering, KeyIn, RowAccount, RowSystem, SystemCall, presented};
use crate::sandbox::store::StoreWork;
use crate::sandbox::wire::{Answered, Call, SandboxReply};
use crate::sandbox::{cloudflare, vercel};
use rust_decimal::Decimal;
use serde_json::{Map, Number, Value, json};
use std::str::FromStr;

const BEARER: KeyIn = KeyIn::Authorization("bearer");

const fn get(path: &'static str, answer: fn(&RowAccount<'_>) -> SandboxReply) -> SystemCall {
    SystemCall { method: "GET", path, answer: Answering::Plainly(answer) }
}

const fn post(path: &'static str, answer: fn(&RowAccount<'_>) -> SandboxReply) -> SystemCall {
    SystemCall { method: "POST", path, answer: Answering::Plainly(answer) }
}

/// A call of a system that sells.
const fn selling(
    method: &'static str,
    path: &'static str,
    answer: fn(&StoreWork<'_>, &Call) -> Answered,
) -> SystemCall {
    SystemCall { method, path, answer: Answering::Selling(answer) }
}

const fn system(
    name: &'static str,
    prefix: &'static str,
    key: KeyIn,
    calls: &'static [SystemCall],
) -> RowSystem {
    RowSystem { name, prefix, key, calls }
}

/// All of them.
pub(super) const SYSTEMS: &[RowSystem] = &[
    system(
        "openrouter",
        "/api/v1",
        BEARER,
        &[
            get("/credits", |account| {
                if account.ordinary_key {
                    let message = "Only management keys can fetch credits for an account";
                    return SandboxReply::json(
                        403,
                        &json!({"error": {"code": 403, "message": message}}),
                    );
                }
                let total = account.balance + USED;
                ok(&json!({"data": {"total_credits": exact(total), "total_usage": exact(USED)}}))
            }),
            get("/key", |account| {
                let limit = account.balance + USED;
                ok(&json!({"data": {
                    "label": "sk-or-v1-sandbox", "limit": exact(limit),
                    "limit_remaining": exact(account.balance), "limit_reset": "monthly",
                    "usage": exact(USED), "is_management_key": !account.ordinary_key,
                    "effective_budget": null,
                }}))
            }),
        ],
    ),
    system(
        "vercel",
        "/v1",
        BEARER,
        &[
            selling("GET", "/credits", |work, _| vercel::credits(work)),
            selling("POST", "/v1/billing/buy", vercel::buy),
        ],
    ),
    system(
        "cloudflare",
        "/client/v4",
        BEARER,
        &[
            selling("GET", "/accounts/*/ai-gateway/billing/credit-balance", |work, _| {
                cloudflare::credit_balance(work)
            }),
            selling("GET", "/accounts/*/ai-gateway/billing/invoice-history", cloudflare::invoices),
            selling("POST", "/accounts/*/ai-gateway/billing/topup", cloudflare::top_up),
            selling(
                "POST",
                "/accounts/*/ai-gateway/billing/topup/status",
                cloudflare::top_up_status,
            ),
            selling("GET", "/accounts/*/ai-gateway/billing/topup/config", |work, _| {
                cloudflare::reload_config(work)
            }),
            selling("POST", "/accounts/*/ai-gateway/billing/topup/config", |_, _| {
                Ok(cloudflare::not_allowed())
            }),
            selling("DELETE", "/accounts/*/ai-gateway/billing/topup/config", |_, _| {
                Ok(cloudflare::not_allowed())
            }),
            selling("POST", "/accounts/*/ai-gateway/billing/spending-limit", |_, _| {
                Ok(cloudflare::not_allowed())
            }),
            get("/accounts/*/ai-gateway/billing/spending-limit", |_| {
                cloudflare::wrapped(&json!({
                    "config": {"amount": 10000, "duration": "monthly", "strategy": "fixed"},
                    "enabled": true,
                }))
            }),
        ],
    ),
    system(
        "ngrok",
        "",
        BEARER,
        &[get("/credits/balance", |account| ok(&json!({"balanceCents": cents(account.balance)})))],
    ),
    system(
        "xai",
        "",
        BEARER,
        &[
            get("/auth/management-keys/validation", |_| {
                ok(&json!({"scope": "SCOPE_TEAM", "scopeId": "team-sandbox"}))
            }),
            get("/v1/billing/teams/*/prepaid/balance", |account| {
                let posted = times(-account.balance, 100).normalize().to_string();
                ok(&json!({"changes": [], "total": {"val": posted}}))
            }),
        ],
    ),
    system(
        "inference-sh",
        "",
        BEARER,
        &[get("/billing/balance", |account| {
            ok(&json!({"balance": exact(times(account.balance, 100_000_000).normalize())}))
        })],
    ),
    system(
        "deepseek",
        "",
        BEARER,
        &[get("/user/balance", |account| {
            let (granted, total) = (Decimal::new(100, 2), account.balance);
            ok(&json!({
                "is_available": total > Decimal::ZERO,
                "balance_infos": [{
                    "currency": "USD", "total_balance": total.to_string(),
                    "granted_balance": granted.to_string(),
                    "topped_up_balance": (total - granted).to_string(),
                }],
            }))
        })],
    ),
    system(
        "moonshot",
        "/v1",
        BEARER,
        &[get("/users/me/balance", |account| {
            ok(&json!({
                "code": 0, "scode": "0x0", "status": true,
                "data": {
                    "available_balance": exact(account.balance), "voucher_balance": 0,
                    "cash_balance": exact(account.balance),
                },
            }))
        })],
    ),
    system(
        "novita",
        "/openapi/v1",
        BEARER,
        &[get("/billing/balance/detail", |account| {
            let credit = Decimal::from(20);
            let text = |amount: Decimal| times(amount, 10_000).normalize().to_string();
            ok(&json!({
                "availableBalance": text(account.balance + credit),
                "cashBalance": text(account.balance), "creditLimit": text(credit),
                "pendingCharges": "0", "outstandingInvoices": "0",
            }))
        })],
    ),
    system(
        "fal",
        "/v1",
        KeyIn::Authorization("key"),
        &[get("/account/billing", |account| {
            let mut body = json!({"username": "sandbox"});
            if account.call.parameter("expand").as_deref() == Some("credits") {
                body["credits"] =
                    json!({"current_balance": exact(account.balance), "currency": "USD"});
            }
            ok(&body)
        })],
    ),
    system(
        "deepinfra",
        "",
        BEARER,
        &[get("/payment/checklist", |account| {
            let recent = Decimal::new(125, 2);
            let owed = -(account.balance + recent);
            ok(&json!({"stripe_balance": exact(owed), "recent": exact(recent), "suspended": false}))
        })],
    ),
    system(
        "venice",
        "/api/v1",
        BEARER,
        &[get("/billing/balance", |account| {
            ok(&json!({
                "canConsume": account.balance > Decimal::ZERO, "consumptionCurrency": "USD",
                "balances": {"diem": 0, "usd": exact(account.balance)}, "diemEpochAllocation": 0,
            }))
        })],
    ),
    system(
        "runpod",
        "",
        BEARER,
        &[post("/graphql", |account| {
            if !String::from_utf8_lossy(&account.call.body).contains("clientBalance") {
                return ok(&json!({"errors": [{"message": "Cannot query that field"}]}));
            }
            ok(&json!({"data": {"myself": {
                "clientBalance": exact(account.balance), "currentSpendPerHr": 0.44, "spendLimit": 80,
            }}}))
        })],
    ),
    system(
        "deepgram",
        "/v1",
        KeyIn::Authorization("token"),
        &[
            get("/projects", |_| {
                ok(&json!({"projects": [{"project_id": "project-sandbox", "name": "Sandbox"}]}))
            }),
            get("/projects/*/balances", |account| {
                ok(&json!({"balances": [{
                    "balance_id": "balance-sandbox", "amount": exact(account.balance),
                    "units": "usd", "purchase_order_id": "sandbox",
                }]}))
            }),
        ],
    ),
    system(
        "digitalocean",
        "/v2",
        BEARER,
        &[
            get("/customers/my/prepayment_status", |account| {
                ok(&json!({"status": {
                    "balance": account.balance.to_string(), "is_auto_prepay_enabled": false,
                    "blocked": account.balance <= Decimal::ZERO, "eligible": true,
                    "month_to_date_balance": "75.00",
                }}))
            }),
            get("/customers/my/balance", |_| {
                ok(&json!({
                    "month_to_date_balance": "23.44", "account_balance": "12.23",
                    "month_to_date_usage": "11.21", "generated_at": "2026-11-29T15:01:12Z",
                }))
            }),
        ],
    ),
    system(
        "browser-use",
        "/api/v2",
        KeyIn::Header("x-browser-use-api-key"),
        &[get("/billing/account", |account| {
            ok(&json!({
                "name": "Sandbox", "totalCreditsBalanceUsd": exact(account.balance),
                "monthlyCreditsBalanceUsd": 0, "additionalCreditsBalanceUsd": exact(account.balance),
            }))
        })],
    ),
    system(
        "elevenlabs",
        "/v1",
        KeyIn::Header("xi-api-key"),
        &[get("/user/subscription", |account| {
            let used = Decimal::from(17_231);
            ok(&json!({
                "tier": "creator", "character_count": exact(used),
                "character_limit": exact((account.balance + used).normalize()),
                "max_credit_limit_extension": "unlimited",
                "next_character_count_reset_unix": 1_798_761_600, "status": "active",
            }))
        })],
    ),
    system(
        "tavily",
        "",
        BEARER,
        &[get("/usage", |account| {
            let used = Decimal::from(500);
            ok(&json!({
                "key": {"usage": 150, "limit": 1000},
                "account": {
                    "current_plan": "Bootstrap", "plan_usage": exact(used),
                    "plan_limit": exact((account.balance + used).normalize()),
                },
            }))
        })],
    ),
    system(
        "litellm",
        "",
        BEARER,
        &[
            get("/key/info", |account| {
                if account.call.parameter("key").is_some() {
                    let message = "the key itself does not belong into a URL";
                    return SandboxReply::json(400, &json!({"error": {"message": message}}));
                }
                let mut info = budget(account.balance + Decimal::from(10));
                info.insert("user_id".into(), "user-sandbox".into());
                info.insert("team_id".into(), "team-sandbox".into());
                ok(&json!({"key": "hashed", "info": info}))
            }),
            get("/user/info", |account| ok(&json!({"user_info": budget(account.balance)}))),
            get("/team/info", |account| {
                ok(&json!({"team_info": budget(account.balance + Decimal::from(100))}))
            }),
        ],
    ),
    system(
        "nanogpt",
        "/api",
        KeyIn::Header("x-api-key"),
        &[post("/check-balance", |account| {
            ok(&json!({"usd_balance": account.balance.to_string(), "nano_balance": "26.71801147"}))
        })],
    ),
    system(
        "vast",
        "/api/v0",
        BEARER,
        &[get("/users/current", |account| {
            ok(&json!({
                "id": 1, "username": "sandbox", "api_key": presented(account.call, BEARER),
                "credit": exact(account.balance), "balance": 0,
            }))
        })],
    ),
    system(
        "voxrouter",
        "/v1",
        BEARER,
        &[get("/credits", |account| {
            let micros = times(account.balance, 1_000_000).normalize();
            let reserved = Decimal::from(250_000);
            ok(
                &json!({"balanceMicros": exact(micros + reserved), "reservedMicros": exact(reserved)}),
            )
        })],
    ),
    system(
        "merge",
        "/v1",
        BEARER,
        &[get("/credits", |account| ok(&json!({"balance_usd": exact(account.balance)})))],
    ),
    system(
        "neuralwatt",
        "/v1",
        BEARER,
        &[get("/quota", |account| {
            ok(&json!({"balance": {"credits_remaining_usd": exact(account.balance)}}))
        })],
    ),
    system(
        "crof",
        "",
        BEARER,
        &[get("/usage_api/", |account| ok(&json!({"credits": exact(account.balance)})))],
    ),
    system(
        "kilo",
        "",
        BEARER,
        &[get("/api/profile/balance", |account| ok(&json!({"balance": exact(account.balance)})))],
    ),
];

/// What every account has used, in dollars.
const USED: Decimal = Decimal::from_parts(450, 0, 0, false, 2);
fn ok(body: &Value) -> SandboxReply {
    SandboxReply::json(200, body)
}

/// A number with these digits.
fn exact(amount: Decimal) -> Value {
    Number::from_str(&amount.to_string()).map_or(Value::Null, Value::Number)
}

fn times(amount: Decimal, scale: i64) -> Decimal {
    amount.checked_mul(Decimal::from(scale)).unwrap_or(Decimal::MAX)
}

fn cents(amount: Decimal) -> Value {
    exact(times(amount, 100).normalize())
}

/// A budget of LiteLLM of which this is left.
fn budget(left: Decimal) -> Map<String, Value> {
    let body = json!({
        "max_budget": exact(left + USED), "spend": exact(USED), "budget_duration": "30d",
        "budget_reset_at": "2026-12-01T00:00:00Z",
    });
    body.as_object().cloned().unwrap_or_default()
}
