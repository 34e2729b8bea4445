//! Answers about plans, whole, missing, hostile: what is made of each.

use super::*;

fn map(text: &str) -> Map<String, Value> {
    wire::object(text.as_bytes()).expect("an object")
}

fn read(text: &str) -> Subscription {
    let base =
        crate::core::base_url::base_url("https://portal.example", false).expect("a base URL");
    subscription(map(text), &PortalTarget::at(base, crate::provider::NOUS)).expect("a subscription")
}

fn previewed(text: &str) -> Result<Preview> {
    preview(&map(text), "plus", "https://portal.example/manage-subscription".into(), false)
}

#[test]
fn a_whole_subscription_is_read_and_its_plans_stand_in_order() {
    let whole = read(
        r#"{"org":{"id":"org 1","name":"Acme","role":"ADMIN"},"context":"team","portalUrl":"//evil",
        "current":{"tierId":"plus","tierName":"Plus","monthlyCredits":"22","creditsRemaining":7.25,
        "cycleEndsAt":"2026-12-01T00:00:00+00:00","pendingDowngradeTierName":"Free",
        "pendingDowngradeAt":null,"cancelAtPeriodEnd":false},
        "tiers":[{"tierId":"plus","name":"Plus","tierOrder":2,"dollarsPerMonthDisplay":"$20","monthlyCredits":"22","isCurrent":true,"isEnabled":true},
        {"tierId":"free","name":"Free","tierOrder":1,"dollarsPerMonthDisplay":"free","isEnabled":false}]}"#,
    );
    assert!(whole.can_change, "an admin, where the portal does not say");
    assert_eq!(whole.portal_url, "https://portal.example/manage-subscription?org_id=org+1");
    let current = whole.current.as_ref().expect("a plan");
    assert_eq!(current.cycle_ends_at.as_deref(), Some("2026-12-01T00:00:00Z"));
    assert_eq!(current.credits_remaining.map(|left| left.to_string()).as_deref(), Some("7.25"));
    let pending = whole.pending().expect("a change");
    assert_eq!(
        (pending.kind, pending.tier_name.as_deref(), pending.effective_at.as_deref()),
        (PendingKind::TierChange, Some("Free"), Some("2026-12-01T00:00:00Z"))
    );
    let ids: Vec<&str> = whole.tiers.iter().map(|tier| tier.tier_id.as_str()).collect();
    assert_eq!(ids, ["free", "plus"]);
    assert_eq!(whole.tiers[0].monthly_price_usd, None);
    assert_eq!(whole.tiers[1].monthly_price_usd, Money::parse("20"));
    assert!(whole.is_on("plus") && !whole.is_on("free"));
}

#[test]
fn what_is_missing_or_of_a_wrong_type_costs_its_own_field_only() {
    let bare = read("{}");
    assert!(!bare.can_change && bare.current.is_none() && bare.tiers.is_empty());
    assert_eq!(bare.portal_url, "https://portal.example/manage-subscription");
    let long = "x".repeat(LONGEST_ID + 1);
    let odd = read(&format!(
        r#"{{"org":7,"context":[],"canChangePlan":"yes","current":{{"tierId":"\u001b[2J","tierName":5,
        "monthlyCredits":"NaN","cycleEndsAt":"soon","cancelAtPeriodEnd":"true"}},
        "tiers":[7,null,{{}},{{"tierId":""}},{{"tierId":"a\u202eb"}},{{"tierId":"{long}"}},
        {{"tierId":"ok","name":[],"tierOrder":"1","dollarsPerMonthDisplay":{{}},"isCurrent":1}}]}}"#
    ));
    let current = odd.current.as_ref().expect("a plan");
    assert!(current.tier_id.is_none() && current.tier_name.is_none());
    assert!(current.pending.is_none() && current.cycle_ends_at.is_none());
    assert_eq!(odd.tiers.len(), 1);
    assert_eq!((odd.tiers[0].name.as_str(), odd.tiers[0].is_current), ("ok", false));
    assert!(!odd.is_on("ok"));
    let only_marked = read(r#"{"tiers":[{"tierId":"t","isCurrent":true}]}"#);
    assert!(only_marked.is_on("t"), "a plan without a subscription");
}

#[test]
fn any_effect_that_is_not_known_counts_as_blocked() {
    for text in [
        r"{}",
        r#"{"effect":"charge_later"}"#,
        r#"{"effect":"CHARGE_NOW","amountDueNowCents":2000}"#,
        r#"{"effect":7}"#,
        r#"{"effect":null,"amountDueNowCents":0}"#,
        r#"{"effect":["charge_now"]}"#,
        r#"{"effect":"blocked","reason":"No."}"#,
    ] {
        let preview = previewed(text).expect(text);
        assert_eq!(preview.effect, PlanEffect::Blocked, "{text}");
        assert_eq!(preview.check_not_blocked().expect_err(text).class(), Class::Unsupported);
    }
}

#[test]
fn only_whole_cents_are_due() {
    for (cents, dollars) in [
        ("2000", "20.00"),
        ("\"2000\"", "20.00"),
        ("1999.0", "19.99"),
        ("0", "0.00"),
        ("1", "0.01"),
    ] {
        let text = format!(r#"{{"effect":"charge_now","amountDueNowCents":{cents}}}"#);
        let due = previewed(&text).expect(cents).amount_due_now_usd.expect(cents);
        assert_eq!(due.to_string(), dollars);
    }
    for cents in [
        "-1",
        "-2000",
        "0.5",
        "1999.99",
        "\"20.5\"",
        "1e-1",
        "\"1e3\"",
        "null",
        "true",
        "[]",
        "{}",
        "\"\"",
        "\"NaN\"",
        "99999999999999999999999999",
    ] {
        let text = format!(r#"{{"effect":"charge_now","amountDueNowCents":{cents}}}"#);
        let refused = previewed(&text).expect_err(cents);
        assert_eq!(refused.class(), Class::Protocol, "{cents}");
        assert!(refused.to_string().contains("nothing was sent"), "{refused}");
    }
    assert!(previewed(r#"{"effect":"charge_now"}"#).is_err(), "not said at all");
    // An exponent only moves the point.
    let exact = previewed(r#"{"effect":"charge_now","amountDueNowCents":1e3}"#).expect("exact");
    assert_eq!(exact.amount_due_now_usd.map(Money::shown).as_deref(), Some("10.00"));
}

#[test]
fn a_preview_that_contradicts_itself_is_refused() {
    for text in [
        r#"{"effect":"charge_now","amountDueNowCents":1,"targetTierId":"ultra"}"#,
        r#"{"effect":"scheduled","amountDueNowCents":500}"#,
        r#"{"effect":"scheduled","amountDueNowCents":-5}"#,
        r#"{"effect":"scheduled","amountDueNowCents":"x"}"#,
    ] {
        assert_eq!(previewed(text).expect_err(text).class(), Class::Protocol, "{text}");
    }
    for text in [
        r#"{"effect":"scheduled","amountDueNowCents":0,"effectiveAt":"2026-12-01T00:00:00Z"}"#,
        r#"{"effect":"scheduled","amountDueNowCents":null}"#,
        r#"{"effect":"scheduled"}"#,
        r#"{"effect":"no_op","targetTierId":"plus"}"#,
    ] {
        assert!(previewed(text).is_ok(), "{text}");
    }
}
