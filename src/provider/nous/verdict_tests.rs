//! Every row of the contract's error table, and everything that only resembles one.

#[path = "verdict_tests/words.rs"]
mod words;

use super::*;
use crate::core::signals::Signal;
use serde_json::{Value, json};

fn base() -> Url {
    Url::parse("https://portal.example").expect("a URL")
}

fn raw(status: u16, body: &str) -> Response {
    Response {
        status,
        body: body.as_bytes().to_vec(),
        retry_after: None,
        date: None,
        may_be_json: true,
    }
}

fn post(status: u16, body: &Value) -> ChargeResponse {
    posted(Ok(raw(status, &body.to_string())), &base())
}

fn broken(class: Class, sent: bool, signal: Option<Signal>) -> TransportError {
    TransportError { class, message: "away".into(), sent, signal, cause: None }
}

fn unknown(posted: ChargeResponse) -> (Class, bool) {
    match posted {
        ChargeResponse::Unknown { refusal, replay } => (refusal.class, replay),
        other => panic!("it is not known what came of it, and not {other:?}"),
    }
}

#[test]
fn each_known_refusal_is_known_under_its_own_status_only() {
    use Class as C;
    for (status, word, class) in [
        (400, "validation_failed", C::ValidationFailed),
        (400, "idempotency_key_required", C::ValidationFailed),
        (401, "session_revoked", C::SessionRevoked),
        (403, "insufficient_scope", C::InsufficientScope),
        (403, "remote_spending_revoked", C::RemoteSpendingRevoked),
        (403, "role_required", C::RoleRequired),
        (403, "cli_billing_disabled", C::BillingDisabled),
        (403, "no_payment_method", C::NoPaymentMethod),
        (403, "monthly_cap_exceeded", C::MonthlyCapExceeded),
        (403, "consent_required", C::ConsentRequired),
        (403, "org_access_denied", C::RoleRequired),
        (403, "auto_top_up_disabled_failures", C::PaymentFailed),
        (403, "card_paused", C::PaymentFailed),
        (403, "card_expired", C::PaymentMethodExpired),
        (403, "card_mismatch", C::NoPaymentMethod),
    ] {
        let ChargeResponse::Refused(refusal) = post(status, &json!({"error": word})) else {
            panic!("{word} is a refusal")
        };
        assert_eq!((refusal.class, refusal.status), (class, Some(status)));
        assert_eq!(refusal.code.as_deref(), Some(word));
        assert_elsewhere_unknown(status, word);
    }
    for (status, word, class) in [
        (429, "rate_limited", C::RateLimited),
        (429, "upgrade_cap_exceeded", C::PlanChangeCap),
        (503, "temporarily_unavailable", C::TemporarilyUnavailable),
        (503, "stripe_unavailable", C::ProcessorUnavailable),
    ] {
        let mut answer = raw(status, &json!({"error": word}).to_string());
        answer.retry_after = Some(60);
        let ChargeResponse::Throttled(refusal) = posted(Ok(answer), &base()) else {
            panic!("{word} asks to wait")
        };
        assert_eq!((refusal.class, refusal.retry_after), (class, Some(60)));
        assert_elsewhere_unknown(status, word);
    }
    assert!(matches!(
        post(401, &json!({"error": "invalid_token"})),
        ChargeResponse::Unauthorized(ProviderError { class: C::NotLoggedIn, .. })
    ));
    assert!(matches!(
        post(409, &json!({"error": "idempotency_conflict"})),
        ChargeResponse::Conflict(ProviderError { class: C::IdempotencyConflict, .. })
    ));
    assert_elsewhere_unknown(401, "invalid_token");
    assert_elsewhere_unknown(409, "idempotency_conflict");
}

/// The same word under another status, or not in a JSON object of its own, proves nothing; only the
/// statuses of the gate prove a refusal whatever the word.
fn assert_elsewhere_unknown(status: u16, word: &str) {
    for other in [200, 202, 302, 400, 401, 402, 403, 404, 422, 429, 500, 502, 503] {
        if other != status {
            unknown_or_refused(other, post(other, &json!({"error": word})));
        }
    }
    let spoiled = [
        format!("<html>{word}</html>"),
        format!("[{{\"error\":\"{word}\"}}]"),
        format!("{{\"error\":\"{word}\",\"error\":\"{word}\"}}"),
        format!("{{\"error\":[\"{word}\"]}}"),
        format!("{{\"error\":\"{word}\"}} trailing"),
        format!("{{\"error\":\"{word}"),
        format!("{{\"error\":\"{}\"}}", word.to_uppercase()),
    ];
    for body in spoiled {
        let posted = posted(Ok(raw(status, &body)), &base());
        if status == 409 && matches!(posted, ChargeResponse::InFlight(_)) {
            continue;
        }
        if body.ends_with(&format!("\"{}\"}}", word.to_uppercase())) {
            unknown_or_refused(status, posted);
        } else {
            unknown(posted);
        }
    }
    let mut page = raw(status, &json!({"error": word}).to_string());
    page.may_be_json = false;
    unknown(posted(Ok(page), &base()));
}

fn unknown_or_refused(status: u16, posted: ChargeResponse) {
    match posted {
        ChargeResponse::RefusedInOtherWords(_) => assert!([400, 403].contains(&status), "{status}"),
        other => drop(unknown(other)),
    }
}

#[test]
fn a_refusal_by_the_gate_in_a_word_that_is_not_known_charged_nothing() {
    for (status, class) in [(400, Class::ValidationFailed), (403, Class::RoleRequired)] {
        let body = json!({"error": "card_frozen", "message": "Call us.", "portalUrl": "/x"});
        let ChargeResponse::RefusedInOtherWords(refusal) = post(status, &body) else {
            panic!("{status} is a refusal")
        };
        assert_eq!((refusal.class, refusal.status), (class, Some(status)));
        assert_eq!(refusal.code.as_deref(), Some("card_frozen"));
        assert!(refusal.message.contains("Call us."), "{}", refusal.message);
        assert!(refusal.portal_url.is_some_and(|page| page.ends_with("/x")));
    }
    // No gate of before, or no word at all: nothing is proved.
    unknown(post(402, &json!({"error": "card_frozen"})));
    for body in [json!({"error": 7}), json!({"error": ""}), json!({"message": "x"}), json!([])] {
        unknown(post(403, &body));
    }
}

#[test]
fn the_switch_has_two_names() {
    for body in [
        json!({"error": "cli_billing_disabled", "code": "remote_spending_disabled"}),
        json!({"error": "forbidden", "code": "remote_spending_disabled"}),
        json!({"error": "remote_spending_disabled"}),
    ] {
        assert!(
            matches!(
                post(403, &body),
                ChargeResponse::Refused(ProviderError { class: Class::BillingDisabled, .. })
            ),
            "{body}"
        );
        unknown_or_refused(400, post(400, &body));
    }
}

#[test]
fn accepted_needs_a_202_and_an_id_that_can_stand_in_a_path() {
    let ChargeResponse::Accepted(id) = post(202, &json!({"chargeId": "ch_1-A", "more": 1})) else {
        panic!("accepted")
    };
    assert_eq!(id.as_str(), "ch_1-A");
    // Fault 4.
    for body in [
        json!({}),
        json!({"chargeId": 7}),
        json!({"chargeId": ""}),
        json!({"chargeId": null}),
        json!({"chargeId": "a/b"}),
        json!({"chargeId": ".."}),
        json!({"chargeId": "a\u{1b}"}),
        json!({"chargeId": "x".repeat(257)}),
    ] {
        assert_eq!(unknown(post(202, &body)), (Class::Protocol, true), "{body}");
    }
    for body in ["", "[]", "null", "7"] {
        let (class, replay) = unknown(posted(Ok(raw(202, body)), &base()));
        assert_eq!((class, replay), (Class::EndpointUnavailable, true), "{body}");
    }
    // Fault 6: spoiled on its way, and not somebody else's.
    for body in [
        r#"{"chargeId":"a","chargeId":"b"}"#,
        r#"{"chargeId":"a"#,
        r#"{"chargeId":"a"} x"#,
        "\u{feff}{\"chargeId\":\"a\"}",
    ] {
        let (class, replay) = unknown(posted(Ok(raw(202, body)), &base()));
        assert_eq!((class, replay), (Class::Protocol, true), "{body}");
    }
    unknown(post(200, &json!({"chargeId": "ch_1"})));
    unknown(post(201, &json!({"chargeId": "ch_1"})));
}

#[test]
fn another_409_is_the_same_purchase_in_flight() {
    for word in ["purchase_in_progress", "conflict", "locked"] {
        assert!(
            matches!(post(409, &json!({"error": word})), ChargeResponse::InFlight(_)),
            "{word}"
        );
    }
    assert!(unknown(post(409, &json!({"message": "x"}))).1);
    assert!(!unknown(posted(Ok(raw(409, "<html>")), &base())).1);
}

#[test]
fn redirects_and_pages_are_not_replayed_and_trouble_of_the_server_is() {
    for status in [301, 302, 303, 307, 308] {
        let (class, replay) = unknown(post(status, &json!({"error": "no_payment_method"})));
        assert_eq!((class, replay), (Class::EndpointUnavailable, false), "{status}");
    }
    for status in [200, 202, 403, 404, 500, 502, 503] {
        let mut page = raw(status, "  <!doctype html><p>hello");
        assert!(!unknown(posted(Ok(page), &base())).1, "{status}");
        page = raw(status, "hello");
        page.may_be_json = false;
        let (class, replay) = unknown(posted(Ok(page), &base()));
        assert!(!replay && class != Class::Protocol, "{status}");
    }
    for status in [500, 501, 502, 503, 504, 599] {
        let (class, replay) = unknown(post(status, &json!({"error": "internal_error"})));
        assert_eq!((class, replay), (Class::ServerError, true), "{status}");
    }
    for status in [402, 418, 422] {
        assert!(unknown(post(status, &json!({"error": "something_new"}))).1, "{status}");
    }
}

#[test]
fn a_request_that_broke_is_unsent_or_unknown() {
    assert!(matches!(
        posted(Err(broken(Class::Network, false, None)), &base()),
        ChargeResponse::Unsent(_)
    ));
    assert_eq!(
        unknown(posted(Err(broken(Class::Timeout, true, None)), &base())),
        (Class::Timeout, true)
    );
    let interrupted = broken(Class::Interrupted, true, Some(Signal::Interrupt));
    assert_eq!(unknown(posted(Err(interrupted), &base())), (Class::Interrupted, false));
}

fn poll(status: u16, body: &str) -> ChargeStatus {
    polled(Ok(raw(status, body)), &base())
}

#[test]
fn only_settled_with_an_exact_amount_is_settled() {
    let ChargeStatus::Settled(Paid { amount_usd, settled_at, .. }) =
        poll(200, r#"{"status":"settled","amountUsd":"25.00","settledAt":"2026-11-20T12:00:00Z"}"#)
    else {
        panic!("settled")
    };
    assert_eq!(amount_usd, Money::parse("25.00"));
    assert_eq!(settled_at, "2026-11-20T12:00:00Z".parse().ok());
    let number = poll(200, r#"{"status":"settled","amountUsd":25.10,"settledAt":7}"#);
    let ChargeStatus::Settled(Paid { amount_usd, settled_at: None, .. }) = number else {
        panic!("settled")
    };
    assert_eq!(amount_usd.map(|paid| paid.to_string()).as_deref(), Some("25.10"));
    // Fault 12.
    for amount in
        ["\"NaN\"", "1e999", "null", "\"1_0\"", "[]", "1.12345678901234567890123456789012"]
    {
        let body = format!("{{\"status\":\"settled\",\"amountUsd\":{amount}}}");
        let ChargeStatus::Trouble { refusal, unauthorized: false } = poll(200, &body) else {
            panic!("{amount} is not an amount")
        };
        assert_eq!(refusal.class, Class::Protocol, "{amount}");
    }
}

#[test]
fn words_that_are_not_known_are_pending() {
    for word in ["pending", "Settled", "SETTLED", "processing", "succeeded"] {
        let body = format!("{{\"status\":\"{word}\",\"amountUsd\":\"25\"}}");
        assert!(matches!(poll(200, &body), ChargeStatus::Pending), "{word}");
    }
}

#[test]
fn each_reason_has_its_class() {
    for (reason, class) in [
        ("authentication_required", Class::AuthenticationRequired),
        ("payment_method_expired", Class::PaymentMethodExpired),
        ("card_declined", Class::CardDeclined),
        ("processing_error", Class::PaymentFailed),
        ("anything", Class::PaymentFailed),
    ] {
        let body = format!("{{\"status\":\"failed\",\"reason\":\"{reason}\"}}");
        let ChargeStatus::Failed(refusal) = poll(200, &body) else { panic!("{reason} is final") };
        assert_eq!((refusal.class, refusal.code.as_deref()), (class, Some(reason)));
        assert!(refusal.portal_url.is_some());
    }
    let ChargeStatus::Failed(refusal) = poll(200, r#"{"status":"failed"}"#) else {
        panic!("final")
    };
    assert_eq!((refusal.class, refusal.code), (Class::PaymentFailed, None));
}

#[test]
fn a_look_that_fails_says_nothing_about_the_charge() {
    for (status, body, class, unauthorized) in [
        (401, r#"{"error":"invalid_token"}"#, Class::NotLoggedIn, true),
        (401, r#"{"error":"session_revoked"}"#, Class::SessionRevoked, false),
        (403, r#"{"error":"insufficient_scope"}"#, Class::InsufficientScope, false),
        (429, r#"{"error":"rate_limited"}"#, Class::RateLimited, false),
        (503, r#"{"error":"temporarily_unavailable"}"#, Class::TemporarilyUnavailable, false),
        (500, r#"{"error":"oops"}"#, Class::ServerError, false),
        (404, r#"{"error":"not_found"}"#, Class::EndpointUnavailable, false),
        (200, "<html>", Class::EndpointUnavailable, false),
        (200, "[]", Class::EndpointUnavailable, false),
        (200, "{}", Class::Protocol, false),
        (200, r#"{"status":"settled","status":"failed"}"#, Class::Protocol, false),
        (302, "", Class::EndpointUnavailable, false),
    ] {
        let ChargeStatus::Trouble { refusal, unauthorized: is_unauthorized } = poll(status, body)
        else {
            panic!("{status} {body}")
        };
        assert_eq!((refusal.class, is_unauthorized), (class, unauthorized), "{status} {body}");
    }
    let gone = polled(Err(broken(Class::Timeout, true, None)), &base());
    assert!(matches!(gone, ChargeStatus::Trouble { unauthorized: false, .. }));
}

fn upgrade(status: u16, body: &Value) -> ChargeResponse {
    let plan_page = "https://portal.example/manage-subscription?org_id=o";
    upgraded(Ok(raw(status, &body.to_string())), &base(), plan_page)
}

#[test]
fn an_upgrade_is_final_with_exactly_the_answers_of_the_contract() {
    assert!(matches!(upgrade(200, &json!({"status": "upgraded"})), ChargeResponse::Done(_)));
    assert!(matches!(
        upgrade(200, &json!({"status": "already_on_tier"})),
        ChargeResponse::AlreadySo
    ));
    for (status, body) in [
        (200, json!({})),
        (200, json!({"status": "Upgraded"})),
        (200, json!({"status": ["upgraded"]})),
        (200, json!({"status": "ok"})),
        (200, json!({"chargeId": "ch_1"})),
        (201, json!({"status": "upgraded"})),
        (202, json!({"chargeId": "ch_1"})),
        (402, json!({"status": "payment_failed"})),
        (500, json!({"status": "already_on_tier"})),
    ] {
        assert!(unknown(upgrade(status, &body)).1, "{status} {body} is asked again");
    }
    // Credits are not bought by the answer of an upgrade.
    unknown(post(200, &json!({"status": "upgraded"})));
    assert!(matches!(
        upgrade(429, &json!({"error": "upgrade_cap_exceeded"})),
        ChargeResponse::Throttled(ProviderError { class: Class::PlanChangeCap, .. })
    ));
    assert!(matches!(
        upgrade(409, &json!({"error": "idempotency_conflict"})),
        ChargeResponse::Conflict(_)
    ));
    assert!(matches!(upgrade(409, &json!({"error": "in_progress"})), ChargeResponse::InFlight(_)));
}

#[test]
fn a_payment_that_failed_for_an_upgrade_says_why_and_where() {
    use Class as C;
    for (reason, class) in [
        (json!("card_declined"), C::CardDeclined),
        (Value::Null, C::PaymentFailed),
        (json!(7), C::PaymentFailed),
    ] {
        let body = json!({"status": "payment_failed", "reason": reason, "recoveryUrl": "/pay"});
        let ChargeResponse::Declined(refusal) = upgrade(200, &body) else { panic!("{reason}") };
        assert_eq!(refusal.class, class, "{reason}");
        assert_eq!(refusal.portal_url.as_deref(), Some("https://portal.example/pay"));
    }
    // The reason decides before the status, and no other word ends anything.
    for (status, reason, class) in [
        ("payment_failed", "authentication_required", C::ActionRequired),
        ("payment_failed", "subscription_payment_intent_requires_action", C::ActionRequired),
        ("requires_action", "subscription_payment_intent_requires_action", C::ActionRequired),
        ("payment_failed", "payment_method_expired", C::PaymentFailed),
        ("payment_failed", "processing_error", C::PaymentFailed),
        ("payment_failed", "a new word", C::PaymentFailed),
    ] {
        let body = json!({"status": status, "reason": reason, "recoveryUrl": "/pay"});
        let ChargeResponse::NeedsPerson(refusal) = upgrade(200, &body) else { panic!("{reason}") };
        assert_eq!((refusal.class, refusal.code.as_deref()), (class, Some(reason)));
        assert_eq!(refusal.portal_url.as_deref(), Some("https://portal.example/pay"));
    }
    let declined = json!({"status": "requires_action", "reason": "card_declined"});
    assert!(matches!(upgrade(200, &declined), ChargeResponse::Declined(_)));
    let action = |url: Value| {
        let body = json!({"status": "requires_action", "reason": "x", "recoveryUrl": url});
        let ChargeResponse::NeedsPerson(refusal) = upgrade(200, &body) else { panic!("a person") };
        assert_eq!(refusal.class, C::ActionRequired);
        refusal
    };
    for odd in [Value::Null, json!(7), json!(""), json!("javascript:alert(1)"), json!("//evil")] {
        let refusal = action(odd);
        let page = refusal.portal_url.expect("the page of the plan");
        assert_eq!(page, "https://portal.example/manage-subscription?org_id=o");
        assert!(refusal.details.is_empty());
    }
    let stripe = "https://invoice.stripe.com/i/x";
    let refusal = action(json!(stripe));
    assert!(refusal.message.contains(stripe) && refusal.details["recovery_url"] == stripe);
    assert!(refusal.portal_url.expect("a page").starts_with("https://portal.example/"));
}

#[test]
fn a_look_at_the_plan_tells_only_what_it_saw() {
    let look = |status: u16, body: &str, in_force: Option<bool>| {
        plan_seen(Ok(raw(status, body)), &base(), |_| in_force)
    };
    assert!(matches!(look(200, "{}", Some(true)), PlanSeen::InForce));
    assert!(matches!(look(200, "{}", Some(false)), PlanSeen::NotInForce));
    for (status, body, in_force, unauthorized) in [
        (200, "{}", None, false),
        (200, "[]", Some(true), false),
        (202, "{}", Some(true), false),
        (500, "{}", Some(true), false),
        (401, r#"{"error":"invalid_token"}"#, Some(true), true),
    ] {
        let PlanSeen::Trouble { unauthorized: is_unauthorized, .. } = look(status, body, in_force)
        else {
            panic!("{status} {body}")
        };
        assert_eq!(is_unauthorized, unauthorized, "{status} {body}");
    }
}
