//! Promise: an answer that makes no sense proves no upgrade and begins none, and a page is opened
//! only where it is the portal's own.

use super::{UPGRADE, is_paid};
use crate::support::{Canned, at_once};

/// One answer to every request: each reads of it what is its own.
fn portal(more: &str) -> Canned {
    let body = format!(
        r#"{{"org":{{"id":"o"}},"tiers":[{{"tierId":"plus","name":"Plus"}}],"effect":"charge_now","amountDueNowCents":2000,"targetTierId":"plus"{more}}}"#
    );
    Canned::json("200 OK", &body)
}

#[test]
fn an_answer_that_says_nothing_known_proves_nothing() {
    let unknown = [
        "",
        r#","status":"done""#,
        r#","status":7"#,
        r#","status":null"#,
        r#","status":"UPGRADED""#,
    ];
    at_once(&unknown, |more| {
        let portal = portal(more);
        portal.user().run(UPGRADE).code(51).failed("outcome_unknown", Some("unknown"));
    });
    let done = portal(r#","status":"upgraded","current":{"tierId":"plus"}"#);
    is_paid(&done.user().run(UPGRADE).code(0), "20.00");
    let there = portal(r#","status":"already_on_tier""#).user().run(UPGRADE).code(0).json();
    assert_eq!(
        (&there["data"]["status"], &there["data"]["upgrade"]["charged"]),
        (&"in_force".into(), &"no".into())
    );
}

#[test]
fn a_preview_that_makes_no_sense_sends_no_upgrade() {
    for (body, exit) in [
        (r#""effect":"charge_now","amountDueNowCents":-100"#, 64),
        (r#""effect":"charge_now","amountDueNowCents":0.5"#, 64),
        (r#""effect":"charge_now","amountDueNowCents":"a lot""#, 64),
        (r#""effect":"charge_now""#, 64),
        (r#""effect":"charge_now","amountDueNowCents":99999999999999999"#, 64),
        (r#""effect":"charge_now","amountDueNowCents":5,"targetTierId":"ultra""#, 64),
        (r#""effect":"charge_twice","amountDueNowCents":5"#, 6),
        (r#""amountDueNowCents":5"#, 6),
    ] {
        let canned = Canned::json(
            "200 OK",
            &format!(
                r#"{{"tiers":[{{"tierId":"plus","name":"Plus"}}],"status":"upgraded",{body}}}"#
            ),
        );
        let ran = canned.user().run(UPGRADE).code(exit);
        assert_eq!(ran.json()["error"]["charged"], "no", "{body}");
        assert_eq!(canned.count(), 2, "{body}: the plans and the preview, and nothing else");
    }
}

#[test]
fn a_page_to_finish_it_on_is_opened_only_where_it_is_the_portals_own() {
    let foreign = "https://invoice.stripe.com/i/acct_1/live_2";
    let of = |url: &str| {
        let more = format!(
            r#","status":"requires_action","reason":"authentication_required","recoveryUrl":"{url}""#
        );
        let portal = portal(&more);
        let document =
            portal.user().run(UPGRADE).code(26).failed("action_required", Some("unknown"));
        (portal.url.clone(), document["error"].clone())
    };
    let (home, error) = of(foreign);
    let link = error["portal_url"].as_str().expect("a link");
    assert!(link.starts_with(&home), "only the portal's own: {link}");
    assert_eq!(error["details"]["recovery_url"], foreign);
    assert!(error["message"].as_str().expect("words").contains(foreign), "{error}");
    for hidden in ["javascript:alert(1)", "//evil.example", "http://pay.example/x", "\\u001b[2J"] {
        let (home, error) = of(hidden);
        assert!(error["portal_url"].as_str().expect("a link").starts_with(&home));
        assert!(error["details"]["recovery_url"].is_null(), "{error}");
        assert!(!error["message"].as_str().expect("words").contains("evil"), "{error}");
    }
    let (home, error) = of("/pay/1");
    assert_eq!(error["portal_url"], format!("{home}/pay/1"));
    let failed =
        portal(r#","status":"payment_failed","reason":"card_declined","recoveryUrl":"/billing""#);
    let document = failed.user().run(UPGRADE).code(21).failed("card_declined", Some("no"));
    assert_eq!(document["error"]["portal_url"], format!("{}/billing", failed.url));
}
