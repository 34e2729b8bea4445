//! The account as it is read, and the exact bytes that change it.

use super::*;
use crate::core::money::Money;
use serde_json::json;

const WHOLE: &str = r#"{"org":{"id":"org_acme","slug":"acme","name":"Acme Inc","role":"OWNER"},
 "canChangePlan":true, "balanceUsd":"142.5", "cliBillingEnabled":true,
 "chargePresets":["100",250,"500"], "bounds":{"minUsd":"10","maxUsd":10000.00},
 "card":{"brand":"Visa","last4":"4242","resolvedVia":"customerDefault"},
 "monthlyCap":{"limitUsd":"1000","spentThisMonthUsd":"60","isDefaultCeiling":true},
 "autoReload":{"enabled":true,"thresholdUsd":"20","reloadToUsd":"100","card":{"kind":"canonical"}},
 "portalUrl":"/billing?topup=open","somethingNew":{"x":[1]}}"#;

fn portal() -> PortalTarget {
    PortalTarget::at(Url::parse("https://portal.example").expect("a URL"), crate::provider::NOUS)
}

fn read(text: &str) -> DollarState {
    let map = wire::object(text.as_bytes()).expect("an object");
    StateWire::deserialize(Value::Object(map)).expect("a state").plain(&portal())
}

fn changed(path: &[&str], value: Value) -> DollarState {
    let mut whole: Value = serde_json::from_str(WHOLE).expect("JSON");
    let (last, before) = path.split_last().expect("a path");
    let mut at = &mut whole;
    for step in before {
        at = &mut at[*step];
    }
    at[*last] = value;
    read(&whole.to_string())
}

#[test]
fn the_example_of_the_contract_is_read_whole() {
    let state = serde_json::to_value(read(WHOLE)).expect("a document");
    assert_eq!(
        state,
        json!({
            "org": {"id": "org_acme", "slug": "acme", "name": "Acme Inc", "role": "OWNER"},
            "can_charge": true, "balance_usd": "142.5", "billing_enabled": true,
            "presets_usd": ["100", "250", "500"],
            "bounds": {"min_usd": "10", "max_usd": "10000.00"},
            "card": {"brand": "Visa", "last4": "4242", "label": "Visa ····4242",
                "resolved_via": "customerDefault"},
            "access": null, "credits": null, "warnings": [],
            "monthly_limit": {"limit_usd": "1000", "spent_usd": "60", "remaining_usd": "940",
                "percent": 6, "is_default_ceiling": true},
            "auto_reload": {"enabled": true, "below_usd": "20", "to_usd": "100", "card": null,
                "may_charge_usd": "940"},
            "portal_url": "https://portal.example/orgs/acme/billing?topup=open", "unit": "usd",
        })
    );
}

#[test]
fn a_wrong_type_costs_its_own_field_and_never_the_balance() {
    for key in [
        "org",
        "canChangePlan",
        "cliBillingEnabled",
        "chargePresets",
        "bounds",
        "card",
        "monthlyCap",
        "autoReload",
        "portalUrl",
    ] {
        for wrong in [json!(7), json!("x"), json!([[]]), json!({"x": 1}), json!(null), json!(true)]
        {
            let state = changed(&[key], wrong.clone());
            assert_eq!(state.balance_usd, Money::parse("142.5"), "{key} {wrong}");
        }
    }
    assert_eq!(changed(&["balanceUsd"], json!(142.5)).balance_usd, Money::parse("142.5"));
    for wrong in [json!("1e5"), json!("NaN"), json!({}), json!(null), json!("1_0")] {
        let state = changed(&["balanceUsd"], wrong);
        assert_eq!(state.balance_usd, None);
        assert!(state.card.is_some());
    }
    assert_eq!(read("{}").portal_url, "https://portal.example/billing?topup=open");
    assert_eq!(changed(&["chargePresets"], json!(["5", true, 7.50])).presets_usd.len(), 2);
    assert_eq!(
        changed(&["monthlyCap", "spentThisMonthUsd"], json!([]))
            .monthly_limit
            .map(|limit| limit.spent_usd),
        Some(Money::ZERO)
    );
}

#[test]
fn a_repeated_key_is_refused() {
    assert!(wire::object(br#"{"balanceUsd":"1","balanceUsd":"2"}"#).is_none());
    assert!(wire::object(br#"{"card":{"last4":"1","last4":"2"}}"#).is_none());
}

#[test]
fn who_may_buy_is_said_or_follows_from_the_role() {
    assert!(!changed(&["canChangePlan"], json!(false)).can_charge);
    for (role, may) in [
        ("OWNER", true),
        ("ADMIN", true),
        ("FINANCE_ADMIN", true),
        ("SECURITY_ADMIN", false),
        ("MEMBER", false),
        ("owner", false),
    ] {
        let text = json!({"org": {"id": "o", "role": role}}).to_string();
        assert_eq!(read(&text).can_charge, may, "{role}");
    }
    assert!(!read("{}").can_charge);
    let nameless = read(r#"{"org":{"id":"","role":"OWNER"}}"#);
    assert!(nameless.org.is_none() && nameless.can_charge);
}

#[test]
fn a_card_without_digits_is_its_brand() {
    let label = |card: Value| changed(&["card"], card).card.map(|card| card.label);
    assert_eq!(label(json!({"brand": "Link", "last4": ""})).as_deref(), Some("Link"));
    assert_eq!(label(json!({"last4": "4242"})).as_deref(), Some("card ····4242"));
    assert_eq!(label(json!({"brand": 7, "last4": null})), None);
    let reload = |card: Value| {
        changed(&["autoReload", "card"], card).auto_reload.and_then(|reload| reload.card)
    };
    assert!(reload(json!({"kind": "none"})).is_none());
    let other =
        reload(json!({"kind": "distinct", "paymentMethodId": "pm", "brand": "Visa", "last4": "1"}));
    assert_eq!(other.expect("another card").label, "Visa ····1");
    for bare in [json!({"kind": "distinct"}), json!({"kind": "distinct", "last4": 7})] {
        let reload = changed(&["autoReload", "card"], bare).auto_reload.expect("auto-reload");
        let warning = reload.warning().expect("it is another card, whatever is known of it");
        assert!(warning.contains("another card than the one on file"), "{warning}");
    }
    let canonical = changed(&["autoReload", "card"], json!({"kind": "canonical"}));
    assert_eq!(canonical.auto_reload.expect("auto-reload").warning(), None);
}

#[test]
fn what_is_left_is_exact() {
    let limit = |limit: &str, spent: &str| {
        let cap = json!({"limitUsd": limit, "spentThisMonthUsd": spent});
        let limit = changed(&["monthlyCap"], cap).monthly_limit.expect("a limit");
        (limit.remaining_usd.to_string(), limit.percent)
    };
    assert_eq!(limit("1000", "999.99"), ("0.01".into(), 99));
    assert_eq!(limit("1000", "1000"), ("0".into(), 100));
    assert_eq!(limit("100", "120"), ("0".into(), 120));
    assert_eq!(limit("0", "0"), ("0".into(), 100));
    assert_eq!(limit("3", "1"), ("2".into(), 33));
    assert_eq!(limit("0.3", "0.1"), ("0.2".into(), 33));
    assert_eq!(limit("100", "-5").1, 0);
    assert_eq!(limit("7", "6.999999999999999999999999999").1, 99);
}

#[test]
fn links_are_the_portals_own() {
    let evil = changed(&["portalUrl"], json!("//evil/billing"));
    assert_eq!(evil.portal_url, "https://portal.example/orgs/acme/billing?topup=open");
    let own = changed(&["portalUrl"], json!("/pay/here"));
    assert_eq!(own.portal_url, "https://portal.example/pay/here");
    let odd = changed(&["org", "slug"], json!("../x"));
    assert_eq!(odd.portal_url, "https://portal.example/billing?topup=open");
    let base = Url::parse("https://portal.example/x").expect("a URL");
    for (which, organisation, link) in [
        (PortalPage::Topup, Some("o"), "https://portal.example/x/billing?topup=open"),
        (PortalPage::Limit, None, "https://portal.example/x/billing?limit=open"),
        (PortalPage::Plan, None, "https://portal.example/x/manage-subscription"),
        (
            PortalPage::Plan,
            Some("a&b"),
            "https://portal.example/x/manage-subscription?org_id=a%26b",
        ),
    ] {
        assert_eq!(page(&base, which, organisation), link);
    }
}

#[test]
fn bodies_are_written_digit_for_digit() {
    let amount = |text| Amount::parse(text).expect(text);
    let change = AutoReloadChange::On { below: amount("20"), to: amount("100.50") };
    assert_eq!(auto_reload_body(change), br#"{"enabled":true,"threshold":20,"topUpAmount":100.5}"#);
    let change = AutoReloadChange::Off { below: amount("0.01"), to: amount("25.00") };
    assert_eq!(auto_reload_body(change), br#"{"enabled":false,"threshold":0.01,"topUpAmount":25}"#);
}
