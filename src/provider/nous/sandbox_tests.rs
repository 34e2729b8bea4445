//! The client against the sandbox portal: neither side knows the other's code, so that what fits
//! together here fits the contract.

use super::*;
use crate::core::money::Money;
use crate::credentials::fake::Served;
use crate::credentials::lifetime::LOOKING_LASTS;
use crate::provider::Paid;
use crate::provider::plans::{PendingKind, PlanChange, PlanEffect, PlanSeen, Plans};
use crate::sandbox::Revoke;
use serde_json::json;

fn key(name: &str) -> IdempotencyKey {
    IdempotencyKey::parse(&format!("key-{name:-<10}")).expect("a key")
}

fn amount(text: &str) -> Amount {
    Amount::parse(text).expect("an amount")
}

fn post(served: &Served, key: &IdempotencyKey, dollars: &str) -> ChargeResponse {
    let nous = Nous::new(served.home.session());
    let token = served.home.session().token(LOOKING_LASTS).expect("a token");
    nous.post(&token, key, &nous.request_body(amount(dollars)))
}

fn class_of(posted: &ChargeResponse) -> Class {
    match posted {
        ChargeResponse::Refused(refusal)
        | ChargeResponse::Throttled(refusal)
        | ChargeResponse::Unauthorized(refusal)
        | ChargeResponse::Conflict(refusal)
        | ChargeResponse::InFlight(refusal)
        | ChargeResponse::Declined(refusal)
        | ChargeResponse::NeedsPerson(refusal)
        | ChargeResponse::RefusedInOtherWords(refusal)
        | ChargeResponse::Unknown { refusal, .. } => refusal.class,
        ChargeResponse::Unsent(broken) => broken.class,
        ChargeResponse::Accepted(_)
        | ChargeResponse::Opened(_)
        | ChargeResponse::Done(_)
        | ChargeResponse::AlreadySo => Class::Success,
    }
}

#[test]
fn a_purchase_is_accepted_settled_and_replayed() {
    let served = Served::start();
    served.set("settle-ms", Some("0"));
    let nous = Nous::new(served.home.session());
    let ChargeResponse::Accepted(id) = post(&served, &key("a"), "25") else { panic!("accepted") };
    let ChargeResponse::Accepted(again) = post(&served, &key("a"), "25.00") else {
        panic!("replayed")
    };
    assert_eq!(id, again, "one key is one charge");
    assert!(matches!(post(&served, &key("a"), "30"), ChargeResponse::Conflict(_)));
    let token = served.home.session().token(LOOKING_LASTS).expect("a token");
    served.set("clock-offset-ms", Some("60000"));
    let ChargeStatus::Settled(Paid { amount_usd, settled_at, .. }) = nous.poll(&token, &id, None)
    else {
        panic!("settled: {:?}", nous.poll(&token, &id, None))
    };
    assert_eq!((amount_usd, settled_at.is_some()), (Some(amount("25").into()), true));
    let unknown = ChargeId::parse("ch_unknown").expect("an id");
    assert!(matches!(nous.poll(&token, &unknown, None), ChargeStatus::Pending));
    assert_eq!(served.portal.charges().expect("charges").len(), 1);
}

#[test]
fn each_gate_of_the_portal_is_told_as_its_class() {
    for (name, value, class) in [
        ("role", Some("MEMBER"), Class::RoleRequired),
        ("switch", Some("off"), Class::BillingDisabled),
        ("card", None, Class::NoPaymentMethod),
        ("limit", Some("10"), Class::MonthlyCapExceeded),
    ] {
        let served = Served::start();
        served.set(name, value);
        let posted = post(&served, &key("gate"), "25");
        assert_eq!(class_of(&posted), class, "{name}: {posted:?}");
        assert!(matches!(posted, ChargeResponse::Refused(_)), "{name}: {posted:?}");
    }
    let served = Served::start();
    served.portal.revoke(Revoke::Spending).expect("revoked");
    assert_eq!(class_of(&post(&served, &key("cut"), "25")), Class::RemoteSpendingRevoked);
    served.portal.revoke(Revoke::Session).expect("revoked");
    assert_eq!(class_of(&post(&served, &key("cut"), "25")), Class::SessionRevoked);
}

#[test]
fn the_sixth_purchase_of_an_hour_is_throttled() {
    let served = Served::start();
    for number in 0..5 {
        assert!(matches!(
            post(&served, &key(&number.to_string()), "10"),
            ChargeResponse::Accepted(_)
        ));
    }
    let ChargeResponse::Throttled(refusal) = post(&served, &key("6"), "10") else {
        panic!("throttled")
    };
    assert_eq!(refusal.class, Class::RateLimited);
    assert!(refusal.retry_after.is_some_and(|seconds| seconds > 0));
}

#[test]
fn a_failed_charge_says_why() {
    for (card, class) in [
        ("declined", Class::CardDeclined),
        ("3ds", Class::AuthenticationRequired),
        ("expired", Class::PaymentMethodExpired),
        ("error", Class::PaymentFailed),
    ] {
        let served = Served::start();
        served.set("card", Some(card));
        let ChargeResponse::Accepted(id) = post(&served, &key(card), "25") else {
            panic!("accepted")
        };
        let token = served.home.session().token(LOOKING_LASTS).expect("a token");
        served.set("clock-offset-ms", Some("60000"));
        let ChargeStatus::Failed(refusal) =
            Nous::new(served.home.session()).poll(&token, &id, None)
        else {
            panic!("{card} fails")
        };
        assert_eq!(refusal.class, class, "{card}");
    }
}

#[test]
fn the_account_is_read_and_auto_reload_changed() {
    let served = Served::start();
    let nous = Nous::new(served.home.session());
    let state = DollarAccount::read(&nous).expect("a state");
    assert_eq!(state.balance_usd, Money::parse("142.5"));
    assert!(state.can_charge && state.billing_enabled == Some(true) && state.card.is_some());
    assert!(state.portal_url.starts_with(served.running.base_url().as_str()));
    let change = AutoReloadChange::On { below: amount("20"), to: amount("100.50") };
    nous.configure(change).expect("configured");
    let reload = DollarAccount::read(&nous).expect("a state").auto_reload.expect("shown");
    assert_eq!(
        serde_json::to_value(&reload).expect("a document"),
        json!({"enabled": true, "below_usd": "20", "to_usd": "100.5", "card": null,
            "may_charge_usd": "1000"})
    );
    nous.configure(AutoReloadChange::Off { below: amount("20"), to: amount("100.50") })
        .expect("configured");
    assert!(!DollarAccount::read(&nous).expect("a state").auto_reload.expect("shown").enabled);
    let token = served.home.session().token(LOOKING_LASTS).expect("a token");
    let account = nous.account(&token).expect("an account");
    assert!(account.email.is_some());
    assert_eq!(account.organisation_id, token.organisation);
    served.set("role", Some("MEMBER"));
    let member = DollarAccount::read(&nous).expect("a state");
    assert!(!member.can_charge && member.card.is_none() && member.monthly_limit.is_none());
    assert_eq!(nous.configure(change).expect_err("refused").class(), Class::RoleRequired);
}

#[test]
fn an_upgrade_is_done_once_under_its_key_and_replayed() {
    let served = Served::start();
    let nous = Nous::new(served.home.session());
    let token = served.home.session().token(LOOKING_LASTS).expect("a token");
    let upgrade =
        |name: &str, tier: &str| nous.upgrade(&token, &key(name), &nous.upgrade_body(tier));
    assert!(matches!(nous.look(&token, "plus"), PlanSeen::NotInForce));
    assert!(matches!(upgrade("a", "plus"), ChargeResponse::Done(_)));
    assert!(matches!(upgrade("a", "plus"), ChargeResponse::Done(_)), "its own answer again");
    assert!(matches!(upgrade("a", "super"), ChargeResponse::Conflict(_)));
    assert!(matches!(upgrade("b", "plus"), ChargeResponse::AlreadySo));
    assert!(matches!(nous.look(&token, "plus"), PlanSeen::InForce));
    for (card, class) in [
        ("declined", Class::CardDeclined),
        ("3ds", Class::ActionRequired),
        ("expired", Class::PaymentFailed),
        ("none", Class::NoPaymentMethod),
    ] {
        served.set("card", (card != "none").then_some(card));
        assert_eq!(class_of(&upgrade(card, "super")), class, "{card}");
    }
}

#[test]
fn plans_are_read_previewed_scheduled_and_kept() {
    let served = Served::start();
    let nous = Nous::new(served.home.session());
    let before = Plans::read(&nous).expect("plans");
    assert!(before.current.is_none() && before.is_on("free") && before.can_change);
    assert_eq!(before.find("PLUS").expect("one").tier_id, "plus");
    let effect = |tier: &str| nous.preview(tier).expect("a preview").effect;
    assert_eq!(effect("legacy"), PlanEffect::Blocked);
    assert_eq!(effect("free"), PlanEffect::NoOp);
    let due = nous.preview("plus").expect("a preview");
    assert_eq!(
        (due.effect, due.amount_due_now_usd),
        (PlanEffect::ChargeNow, Money::parse("20.00"))
    );
    served.set("plan", Some("super"));
    assert_eq!(effect("plus"), PlanEffect::Scheduled);
    nous.schedule(PlanChange::To("plus")).expect("scheduled");
    let pending = Plans::read(&nous).expect("plans").pending().cloned().expect("a change");
    assert_eq!(
        (pending.kind, pending.tier_name.as_deref()),
        (PendingKind::TierChange, Some("Plus"))
    );
    nous.schedule(PlanChange::Cancel).expect("cancelled");
    let pending = Plans::read(&nous).expect("plans").pending().cloned().expect("the end");
    assert_eq!(pending.kind, PendingKind::Cancellation);
    nous.schedule(PlanChange::Keep).expect("kept");
    assert!(Plans::read(&nous).expect("plans").pending().is_none());
    assert!(nous.schedule(PlanChange::To("ultra")).is_err(), "a larger one is not scheduled");
}

#[test]
fn the_links_are_the_organisations_own_once_its_short_name_is_known() {
    let served = Served::start();
    let nous = Nous::new(served.home.session());
    let usual = nous.link(PortalPage::Topup).expect("a link");
    assert!(usual.ends_with("/billing?topup=open"), "{usual}");
    assert!(!usual.contains("/orgs/"), "{usual}");
    nous.complete_link(PortalPage::Limit);
    assert_eq!(nous.link(PortalPage::Topup), Some(usual), "no other page has the name in it");
    nous.complete_link(PortalPage::Topup);
    let own = nous.link(PortalPage::Topup).expect("a link");
    assert!(own.ends_with("/orgs/sandbox/billing?topup=open"), "{own}");
    let refused = nous.on_own_page(verdict::refusal(
        &Response {
            status: 403,
            body: br#"{"error":"no_payment_method"}"#.to_vec(),
            retry_after: None,
            date: None,
            may_be_json: true,
        },
        &nous.portal().base,
    ));
    assert_eq!(refused.portal_url, Some(own));
}
