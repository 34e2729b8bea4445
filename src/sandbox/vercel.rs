//! Credits of Vercel's AI Gateway, as the sandbox sells them: the request charges at once and is
//! answered with one of three bodies, and nothing lists what was bought. Contract: vercel.

use super::account::time;
use super::sales::{self, Fate, Sale, dollars};
use super::store::{StoreWork, random_word};
use super::wire::{Answered, Call, SandboxReply};
use rust_decimal::Decimal;
use serde_json::{Value, json};

/// The name that its purchases are kept under.
pub const NAME: &str = "vercel";
/// Far more than anybody buys, in dollars: sums stay countable.
const MOST: i64 = 1_000_000_000;
/// What has been used of everything that was ever given.
const USED: Decimal = Decimal::from_parts(450, 0, 0, false, 2);

/// What answers a purchase, where nothing else is set.
pub const ANSWERS: [&str; 6] = ["intent", "pending", "checkout", "subscription", "empty", "new"];

fn refused(status: u16, code: &str, message: &str) -> SandboxReply {
    SandboxReply::json(status, &json!({"error": {"code": code, "message": message}}))
}

/// `GET /credits` of the gateway: both numbers are texts.
///
/// # Errors
/// Class `config`.
pub fn credits(work: &StoreWork<'_>) -> Answered {
    let balance = sales::balance(work, NAME)?;
    let body = json!({"balance": balance.to_string(), "total_used": USED.to_string()});
    Ok(SandboxReply::json(200, &body))
}

/// `POST /v1/billing/buy`.
///
/// # Errors
/// Class `config`.
pub fn buy(work: &StoreWork<'_>, call: &Call) -> Answered {
    let body: Value = serde_json::from_slice(&call.body).unwrap_or_default();
    let item = &body["item"];
    let amount = item["amount"].as_i64().filter(|amount| (1..=MOST).contains(amount));
    let sells = item["type"] == "credits" && item["creditType"] == "gateway";
    let (Some(amount), true) = (amount, sells) else {
        return Ok(refused(400, "bad_request", "Invalid request: `item` is not valid."));
    };
    let answer = work.text("vercel-answer");
    let answer = answer.as_deref().unwrap_or("intent");
    let fate = match Fate::for_card(work) {
        None => {
            return Ok(refused(400, "missing_stripe_customer", "There is no payment method."));
        }
        Some(Fate::Failed) => {
            return Ok(refused(402, "payment_failed", "Your card was declined."));
        }
        Some(fate) => fate,
    };
    if fate == Fate::Open || answer == "checkout" {
        let id = format!("cs_test_{}", &random_word()[..24]);
        let url = format!("{}/balances/{NAME}?checkout={id}", call.base);
        let body = json!({"checkoutSessionId": id, "checkoutSessionUrl": url});
        return Ok(SandboxReply::json(200, &body));
    }
    let id = format!("pur_{}", &random_word()[..24]);
    let sale = sales::buy(work, NAME, id, amount.saturating_mul(100), fate)?;
    Ok(SandboxReply::json(
        200,
        &match answer {
            "pending" => json!({"purchaseIntent": intent(&sale, "pending")}),
            "new" => json!({"purchaseIntent": intent(&sale, "processing_elsewhere")}),
            "subscription" => json!({"orbSubscriptionIntent": {"id": "osi_sandbox"}}),
            "empty" => json!({}),
            _ => json!({"purchaseIntent": intent(&sale, "succeeded")}),
        },
    ))
}

fn intent(sale: &Sale, status: &str) -> Value {
    let at = time(sale.created_ms);
    let amount = (sale.cents / 100).to_string();
    json!({
        "id": sale.id, "status": status, "currency": "usd", "ownerId": "team_sandbox",
        "subtotal": dollars(sale.cents).to_string(), "tax": dollars(sale.tax_cents).to_string(),
        "total": dollars(sale.total_cents()).to_string(), "createdAt": at, "updatedAt": at,
        "provider": {"type": "stripe_invoice_immediate", "resourceId": "in_sandbox"},
        "configuration": {
            "type": "credit_topup",
            "options": {"amount": amount, "currency": "ai_gateway_credits"},
        },
    })
}
