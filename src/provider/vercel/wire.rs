//! What Vercel's answers about credits say: the sum of all that was given, the three bodies of a
//! purchase, and which refusals prove that nothing was charged.

use crate::core::class::Class;
use crate::core::link;
use crate::core::money::Money;
use crate::http::Response;
use crate::provider::balances::{Exact, exact};
use crate::provider::{Bill, ChargeId, ChargeResponse, Paid, ProviderError, wire};
use serde_json::{Map, Value};
use url::Url;

/// The words of refusals that are given before a card is charged, and what each means.
const REFUSALS: &[(&str, Class, &str)] = &[
    ("missing_stripe_customer", Class::NoPaymentMethod, "the team has no payment method"),
    ("forbidden", Class::RoleRequired, "this token may not buy for the team"),
    ("missing_subscription", Class::BillingDisabled, "the plan of the team does not sell credits"),
    ("invalid_plan", Class::BillingDisabled, "the plan of the team does not sell credits"),
    (
        "invalid_plan_iteration",
        Class::BillingDisabled,
        "the plan of the team does not sell credits",
    ),
    ("invalid_status", Class::BillingDisabled, "the plan of the team does not sell credits"),
    (
        "invalid_v0_subscription",
        Class::BillingDisabled,
        "the plan of the team does not sell credits",
    ),
];

/// All credits ever given: what is left and what was used of them.
///
/// # Errors
/// What is wrong with the answer, as a phrase.
pub(super) fn granted_sum(answer: &Value) -> Result<Money, String> {
    let number = |at: &str| {
        let found = answer.pointer(at).ok_or_else(|| format!("{at} is missing"))?;
        exact(found).ok_or_else(|| format!("{at} is not a number"))
    };
    let (left, used) = (number("/balance")?, number("/total_used")?);
    let sum = left.minus(used.negated()).and_then(Exact::money);
    sum.ok_or_else(|| "the numbers cannot be counted with".to_owned())
}

/// What one of the three bodies says; none for anything else.
pub(super) fn bought(body: &Value, asked: &[u8], base: &Url) -> Option<ChargeResponse> {
    let intent = body.get("purchaseIntent").and_then(Value::as_object);
    let checkout = body.get("checkoutSessionUrl").and_then(Value::as_str);
    match (intent, checkout, body.get("orbSubscriptionIntent")) {
        (Some(intent), None, None) => self::intent(intent, asked),
        (None, Some(url), None) => Some(ChargeResponse::NeedsPerson(needs_person(url, base))),
        _ => None,
    }
}

fn intent(intent: &Map<String, Value>, asked: &[u8]) -> Option<ChargeResponse> {
    let charge_id = wire::text(intent, "id").and_then(|id| ChargeId::parse(&id).ok());
    match wire::text(intent, "status")?.as_str() {
        "succeeded" => {
            let bill = bill(intent, asked);
            Some(ChargeResponse::Done(Paid { charge_id, bill, ..Paid::default() }))
        }
        "failed" => Some(ChargeResponse::Declined(ProviderError {
            code: Some("failed".to_owned()),
            ..ProviderError::new(Class::PaymentFailed, "the payment failed")
        })),
        // Pending, or a word that is not known: it was taken on.
        _ => charge_id.map(ChargeResponse::Accepted),
    }
}

/// What was charged beside the amount, where what was bought shows that these texts count dollars.
fn bill(intent: &Map<String, Value>, asked: &[u8]) -> Bill {
    let asked: Value = serde_json::from_slice(asked).unwrap_or_default();
    let asked = asked.pointer("/item/amount").and_then(exact);
    let amount = |key: &str| intent.get(key).and_then(exact).and_then(Exact::money);
    let is_usd = wire::text(intent, "currency").as_deref() == Some("usd");
    let bought = asked.and_then(Exact::money);
    if !is_usd || bought.is_none() || amount("subtotal") != bought {
        return Bill::default();
    }
    Bill { total_usd: amount("total"), tax_usd: amount("tax"), invoice_url: None }
}

/// Nothing is paid: a person has to finish it on a page.
fn needs_person(url: &str, base: &Url) -> ProviderError {
    let own = link::resolve(base, url).own();
    let page = own.or_else(|| link::is_web(url).then(|| url.to_owned()));
    ProviderError {
        portal_url: page,
        ..ProviderError::new(Class::ActionRequired, "a person has to pay on Vercel's page")
    }
}

/// What an answer that is no success proves.
pub(super) fn refused(
    answer: &Response,
    body: Option<&Value>,
    page: Option<String>,
) -> ChargeResponse {
    let unknown = || ChargeResponse::Unknown { refusal: unclear(answer, body), replay: false };
    let Some(code) = body.and_then(code) else { return unknown() };
    let known = REFUSALS.iter().find(|(word, ..)| *word == code);
    let (class, sentence) = match (answer.status, known) {
        (401, _) => (Class::NotLoggedIn, "api.vercel.com does not accept this access token"),
        (402, _) => (Class::CardDeclined, "the card was refused"),
        (429, _) if code == "rate_limited" => {
            (Class::RateLimited, "there were too many requests; this is not a payment failure")
        }
        (400..=499, Some((_, class, sentence))) => (*class, *sentence),
        _ => return unknown(),
    };
    let message = match body.and_then(said) {
        Some(said) => format!("{sentence}: {said}"),
        None => sentence.to_owned(),
    };
    let refusal = ProviderError {
        code: Some(code),
        status: Some(answer.status),
        retry_after: answer.retry_after,
        portal_url: page.filter(|_| class != Class::RateLimited),
        ..ProviderError::new(class, message)
    };
    if class == Class::RateLimited {
        ChargeResponse::Throttled(refusal)
    } else {
        ChargeResponse::Refused(refusal)
    }
}

/// An answer that proves nothing: it may come from the middle of the purchase.
pub(super) fn unclear(answer: &Response, body: Option<&Value>) -> ProviderError {
    let class = if answer.status >= 500 { Class::ServerError } else { Class::Protocol };
    let said = body.and_then(said).map(|said| format!(": {said}")).unwrap_or_default();
    let message = match answer.status {
        200 => format!("the answer does not say what came of the purchase{said}"),
        status => format!("HTTP {status} does not say what came of the purchase{said}"),
    };
    ProviderError {
        code: body.and_then(code),
        status: Some(answer.status),
        ..ProviderError::new(class, message)
    }
}

fn code(body: &Value) -> Option<String> {
    wire::words(body.get("error")?.as_object()?, "code")
}

fn said(body: &Value) -> Option<String> {
    wire::words(body.get("error")?.as_object()?, "message")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const ASKED: &[u8] = br#"{"item":{"amount":25}}"#;

    fn base() -> Url {
        Url::parse("https://api.vercel.com").expect("a URL")
    }

    fn answer(status: u16, body: &Value) -> (Response, Option<Value>) {
        let response = Response {
            status,
            body: body.to_string().into_bytes(),
            retry_after: None,
            date: None,
            may_be_json: true,
        };
        (response, Some(body.clone()))
    }

    fn intent(status: &str) -> Value {
        json!({"purchaseIntent": {
            "id": "pur_1", "status": status, "currency": "usd", "subtotal": "25.00",
            "tax": "2.00", "total": "27.00",
        }})
    }

    #[test]
    fn the_sum_of_what_was_given_is_exact() {
        let sum = |balance: Value, used: Value| {
            granted_sum(&json!({"balance": balance, "total_used": used}))
        };
        assert_eq!(sum(json!("95.50"), json!("4.50")), Ok(Money::parse("100.00").expect("money")));
        assert_eq!(sum(json!("-0.1"), json!("0.3")), Ok(Money::parse("0.2").expect("money")));
        for (balance, used) in [
            (Value::Null, json!("1")),
            (json!("much"), json!("1")),
            (json!("NaN"), json!("1")),
            (json!("1"), json!(true)),
        ] {
            assert!(sum(balance, used).is_err());
        }
        assert!(granted_sum(&json!({"balance": "1"})).is_err());
    }

    #[test]
    fn each_of_the_three_bodies_is_another_verdict() {
        let read = |body: &Value| bought(body, ASKED, &base());
        match read(&intent("succeeded")) {
            Some(ChargeResponse::Done(paid)) => {
                assert_eq!(paid.charge_id.expect("an id").as_str(), "pur_1");
                assert_eq!(paid.bill.total_usd, Money::parse("27.00"));
                assert_eq!(paid.bill.tax_usd, Money::parse("2.00"));
            }
            other => panic!("{other:?}"),
        }
        assert!(matches!(read(&intent("failed")), Some(ChargeResponse::Declined(_))));
        for open in ["pending", "a word of tomorrow"] {
            assert!(matches!(read(&intent(open)), Some(ChargeResponse::Accepted(_))), "{open}");
        }
        let checkout = json!({
            "checkoutSessionId": "cs_1", "checkoutSessionUrl": "https://checkout.stripe.com/c/1",
        });
        match read(&checkout) {
            Some(ChargeResponse::NeedsPerson(refusal)) => {
                assert_eq!(refusal.class, Class::ActionRequired);
                assert_eq!(refusal.portal_url.as_deref(), Some("https://checkout.stripe.com/c/1"));
            }
            other => panic!("{other:?}"),
        }
        let mut both = intent("succeeded");
        both["checkoutSessionUrl"] = "https://checkout.stripe.com/c/1".into();
        for unclear in [
            json!({}),
            json!({"orbSubscriptionIntent": {"id": "osi_1"}}),
            json!({"purchaseIntent": {"id": "pur_1"}}),
            json!({"purchaseIntent": {"status": "pending"}}),
            both,
        ] {
            assert!(read(&unclear).is_none(), "{unclear}");
        }
    }

    #[test]
    fn a_bill_is_kept_only_where_it_is_known_to_count_dollars() {
        let of = |key: &str, value: &str| {
            let mut body = intent("succeeded");
            body["purchaseIntent"][key] = value.into();
            match bought(&body, ASKED, &base()) {
                Some(ChargeResponse::Done(paid)) => paid.bill,
                other => panic!("{other:?}"),
            }
        };
        assert!(of("currency", "miu").is_empty());
        assert!(of("subtotal", "2500").is_empty());
        assert_eq!(of("total", "28").total_usd, Money::parse("28"));
    }

    #[test]
    fn a_refusal_proves_something_only_in_the_words_of_the_page() {
        let verdict = |status: u16, code: &str| {
            let (response, body) =
                answer(status, &json!({"error": {"code": code, "message": "m"}}));
            refused(&response, body.as_ref(), None)
        };
        for (status, code, class) in [
            (400, "missing_stripe_customer", Class::NoPaymentMethod),
            (403, "forbidden", Class::RoleRequired),
            (401, "forbidden", Class::NotLoggedIn),
            (403, "invalid_plan", Class::BillingDisabled),
            (402, "payment_failed", Class::CardDeclined),
            (402, "purchase_confirm_failed", Class::CardDeclined),
        ] {
            match verdict(status, code) {
                ChargeResponse::Refused(refusal) => assert_eq!(refusal.class, class, "{code}"),
                other => panic!("{status} {code}: {other:?}"),
            }
        }
        assert!(matches!(verdict(429, "rate_limited"), ChargeResponse::Throttled(_)));
        for (status, code) in [
            (500, "purchase_create_failed"),
            (400, "purchase_create_failed"),
            (400, "purchase_confirm_failed"),
            (500, "purchase_complete_failed"),
            (502, "missing_stripe_customer"),
            (429, "something"),
            (409, "conflict"),
            (400, "bad_request"),
        ] {
            let told = verdict(status, code);
            let unknown = matches!(told, ChargeResponse::Unknown { replay: false, .. });
            assert!(unknown, "{status} {code}: {told:?}");
        }
        let (page, _) = answer(402, &Value::Null);
        assert!(matches!(refused(&page, None, None), ChargeResponse::Unknown { .. }));
    }
}
