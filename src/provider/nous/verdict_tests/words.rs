//! What a person and a script read of an answer: our words, the portal's, and where to go.

use super::*;

#[test]
fn refusals_say_what_helps_and_nothing_that_does_not() {
    let tell = |status, body: Value| refusal(&raw(status, &body.to_string()), &base());
    let card = tell(
        403,
        json!({"error": "no_payment_method", "message": "You have no card",
        "portalUrl": "/billing?topup=open&x=1"}),
    );
    assert!(card.message.contains("set up a saved card on the portal"), "{}", card.message);
    assert!(!card.message.contains("no card"), "{}", card.message);
    assert_eq!(card.portal_url.as_deref(), Some("https://portal.example/billing?topup=open&x=1"));
    let foreign = tell(403, json!({"error": "consent_required", "portalUrl": "//evil/terms"}));
    assert_eq!(foreign.portal_url.as_deref(), Some("https://portal.example/billing?topup=open"));
    let switch = tell(403, json!({"error": "cli_billing_disabled"}));
    assert!(switch.message.contains("Remote Spending"), "{}", switch.message);
    assert!(switch.message.contains("Hermes Agent page"), "{}", switch.message);
    let scope =
        tell(403, json!({"error": "insufficient_scope", "message": "needs billing:manage"}));
    assert!(!scope.message.contains("billing:manage"), "{}", scope.message);
    assert_eq!(scope.portal_url, None);
    let cap = tell(
        403,
        json!({"error": "monthly_cap_exceeded", "remainingUsd": "40.5",
        "isDefaultCeiling": true}),
    );
    assert!(cap.message.contains("$40.50 is left"), "{}", cap.message);
    assert_eq!(cap.details["remaining_usd"], "40.5");
    assert_eq!(cap.details["is_default_ceiling"], true);
    let cut = tell(
        403,
        json!({"error": "remote_spending_revoked", "actor": "admin",
        "recovery": "reconnect"}),
    );
    assert!(cut.message.starts_with("an admin cut off"), "{}", cut.message);
    assert_eq!(cut.details["recovery"], "reconnect");
    let bad = tell(400, json!({"error": "validation_failed", "message": "x".repeat(5_000)}));
    assert!(bad.message.starts_with("the portal did not accept"), "{}", bad.message);
    assert!(bad.message.len() < 500);
}

#[test]
fn no_sentence_ends_like_one() {
    for row in KNOWN {
        assert!(!row.sentence.ends_with('.'), "{}", row.sentence);
        assert!(row.sentence.is_ascii() && row.sentence.len() < 100, "{}", row.sentence);
    }
}

#[test]
fn a_refusal_in_a_word_that_is_not_known_is_quoted() {
    for (status, class) in [(400, Class::ValidationFailed), (403, Class::RoleRequired)] {
        let body = r#"{"error":"new_word","message":"Ask Ann."}"#;
        let refused = refusal(&raw(status, body), &base());
        assert_eq!((refused.class, refused.code.as_deref()), (class, Some("new_word")));
        assert!(refused.message.contains("new_word") && refused.message.contains("Ask Ann."));
        assert_eq!(refusal(&raw(status, "{}"), &base()).class, Class::Protocol);
    }
}

#[test]
fn an_answer_without_a_known_word_says_what_kind_it_is() {
    for (status, body, class, message) in [
        (200, "{}", Class::Protocol, "the portal's answer is not complete"),
        (
            429,
            r#"{"error":"slow_down"}"#,
            Class::RateLimited,
            "the portal accepts no more requests",
        ),
        (
            418,
            r#"{"error":"x"}"#,
            Class::Protocol,
            "a reason that topup does not know (status 418)",
        ),
        (500, "{}", Class::ServerError, "a server error (status 500)"),
    ] {
        let refused = refusal(&raw(status, body), &base());
        assert_eq!(refused.class, class, "{status}");
        assert!(refused.message.contains(message), "{status}: {}", refused.message);
    }
}

#[test]
fn the_portals_own_words_stand_behind_ours_and_only_long_ones_are_cut() {
    let said = |message: &str| {
        let body = json!({"error": "validation_failed", "message": message}).to_string();
        let refused = refusal(&raw(400, &body), &base());
        let (_, said) = refused.message.split_once("the portal says: ").expect("a quote");
        said.to_owned()
    };
    assert_eq!(said("At least $10."), "At least $10.");
    let most = "ü".repeat(300);
    assert_eq!(said(&most), most);
    assert_eq!(said(&format!("{most}ü")), format!("{most}…"));
}

#[test]
fn only_an_admin_who_cut_the_terminal_off_is_named() {
    let message = |error: &str, actor: &str| {
        let body = json!({"error": error, "actor": actor}).to_string();
        refusal(&raw(403, &body), &base()).message
    };
    assert!(message("remote_spending_revoked", "admin").starts_with("an admin cut off"));
    assert!(message("remote_spending_revoked", "self").starts_with("Remote Spending was cut off"));
    assert!(message("role_required", "admin").starts_with("your role"));
}

#[test]
fn a_payment_for_an_upgrade_names_the_word_that_is_no_check_of_the_bank_and_the_page() {
    let upgrade = |body: Value| {
        let plan_page = "https://portal.example/manage-subscription";
        match upgraded(Ok(raw(200, &body.to_string())), &base(), plan_page) {
            ChargeResponse::NeedsPerson(refusal) => refusal,
            other => panic!("{other:?}"),
        }
    };
    let asked = |reason: &str| upgrade(json!({"status": "requires_action", "reason": reason}));
    let sentence = "a person has to finish this payment in a browser";
    for check in BANK_CHECKS {
        assert_eq!(asked(check).message, sentence);
    }
    assert_eq!(asked("new_word").message, format!("{sentence} (new_word)"));
    let own = upgrade(json!({"status": "requires_action", "recoveryUrl": "/pay"}));
    assert_eq!(own.message, sentence);
    assert_eq!(own.details["recovery_url"], "https://portal.example/pay");
}

#[test]
fn a_payment_that_failed_for_a_reason_of_the_portals_own_names_it() {
    let failed = |reason: &str| {
        let body = json!({"status": "failed", "reason": reason}).to_string();
        match polled(Ok(raw(200, &body)), &base()) {
            ChargeStatus::Failed(refusal) => refusal.message,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(failed("odd"), "the payment failed; the portal calls it 'odd'");
    assert_eq!(failed("card_declined"), "the bank declined the card");
}
