//! Mandates, rules about providers, and who tells that a pool is empty.

use super::{credit, decimal, on_each, used};
use crate::core::class::Class;
use crate::ledger::values::{Change, Model, Rule};
use std::time::Duration;
use uuid::Uuid;

#[test]
fn a_mandate_is_made_and_changed_where_something_is_given() {
    on_each(|store| {
        let mut ledger = store.ledger();
        assert_eq!(ledger.mandate(None).expect_err("none").class(), Class::Usage);
        let nothing = ledger.change("org", &Change::default()).expect_err("no model");
        assert_eq!(nothing.class(), Class::Usage);
        let change = Change { model: Some(Model::PrepayUser), ..Change::default() };
        let made = ledger.change("org", &change).expect("made");
        assert_eq!((made.currency.as_str(), made.cooldown_s), ("CHF", 3600));
        let change = Change {
            currency: Some("EUR".into()),
            markup: Some(decimal("12.5")),
            notify: Some(vec!["a@x.example".into(), "b@x.example".into()]),
            cooldown: Some(Duration::from_secs(60)),
            model: None,
        };
        let changed = ledger.change("org", &change).expect("changed");
        assert_eq!(changed.billing_model, Model::PrepayUser);
        assert_eq!(changed.markup_percent.0, decimal("12.5"));
        let mut other = store.ledger();
        assert_eq!(other.mandate(None).expect("the only one"), changed);
        assert_eq!(other.mandate(Some("org")).expect("named"), changed);
        assert_eq!(ledger.change("org", &Change::default()).expect("unchanged"), changed);
        let change = Change { model: Some(Model::Unlimited), ..Change::default() };
        ledger.change("Zoo", &change).expect("made");
        assert_eq!(other.mandate(None).expect_err("two").class(), Class::Usage);
        assert_eq!(other.mandate(Some("no")).expect_err("none").class(), Class::Usage);
        assert!(other.record("no", &used("1", None, None)).is_err());
        let names: Vec<_> =
            other.mandates().expect("listed").into_iter().map(|known| known.mandate).collect();
        assert_eq!(names, ["Zoo", "org"], "in the order of their bytes, everywhere");
    });
}

#[test]
fn a_currency_stays_once_something_is_booked() {
    on_each(|store| {
        let (mut ledger, _) = store.with(Model::PrepayMandate);
        let currency = |code: &str| Change { currency: Some(code.into()), ..Change::default() };
        ledger.change("org", &currency("EUR")).expect("unused");
        ledger.credit("org", None, &credit("1", None)).expect("credited");
        let refused = ledger.change("org", &currency("CHF")).expect_err("used");
        assert_eq!(refused.class(), Class::Usage);
        assert_eq!(ledger.change("org", &currency("EUR")).expect("the same").currency, "EUR");
    });
}

#[test]
fn a_rule_about_a_user_beats_one_about_all_and_none_is_a_yes() {
    on_each(|store| {
        let (mut ledger, _) = store.with(Model::PrepayMandate);
        let rule = |user: Option<&str>, provider: &str, allowed| Rule {
            user: user.map(Into::into),
            provider: provider.into(),
            allowed,
        };
        assert!(ledger.rules("org").expect("none").is_empty());
        ledger.allow("org", None, "llm").expect("nobody said otherwise");
        ledger.set_rule("org", &rule(None, "llm", false)).expect("set");
        ledger.set_rule("org", &rule(Some("anna"), "llm", true)).expect("set");
        ledger.set_rule("org", &rule(Some("anna"), "tts", false)).expect("set");
        let known = ledger.set_rule("org", &rule(Some("bert"), "llm", false)).expect("set");
        assert_eq!(
            known,
            [
                rule(None, "llm", false),
                rule(Some("anna"), "llm", true),
                rule(Some("bert"), "llm", false),
                rule(Some("anna"), "tts", false),
            ]
        );
        for (user, provider, allowed) in [
            (None, "llm", false),
            (Some("anna"), "llm", true),
            (Some("bert"), "llm", false),
            (Some("carl"), "llm", false),
            (None, "tts", true),
            (Some("anna"), "tts", false),
            (Some("bert"), "tts", true),
        ] {
            let asked = ledger.allow("org", user, provider);
            assert_eq!(asked.is_ok(), allowed, "{user:?} {provider}");
            if let Err(denied) = asked {
                assert_eq!(denied.class(), Class::RoleRequired);
            }
        }
        let all = ledger.set_rule("org", &rule(None, "llm", true)).expect("changed");
        assert_eq!(all.len(), 4, "it took the place of the first");
        ledger.allow("org", Some("carl"), "llm").expect("allowed now");
        ledger.allow("org", Some("bert"), "llm").expect_err("still denied");
        assert!(ledger.set_rule("other", &rule(None, "llm", true)).is_err());
    });
}

#[test]
fn a_notice_is_claimed_by_one_and_again_after_its_time() {
    on_each(|store| {
        let (mut ledger, _) = store.with(Model::PrepayMandate);
        let (mine, yours) = (Uuid::new_v4(), Uuid::new_v4());
        let long = Duration::from_secs(600);
        assert!(ledger.claim_notice("org", mine, long).expect("asked"));
        assert!(ledger.claim_notice("org", mine, long).expect("asked"), "it is mine already");
        assert!(!ledger.claim_notice("org", yours, long).expect("asked"));
        // Nobody was reached: the next one may try at once.
        ledger.end_notice("org", yours).expect("not yours to end");
        assert!(!ledger.claim_notice("org", yours, long).expect("asked"));
        ledger.end_notice("org", mine).expect("ended");
        // Whoever took it on and is gone does not keep it.
        assert!(ledger.claim_notice("org", yours, Duration::from_millis(1)).expect("asked"));
        std::thread::sleep(Duration::from_millis(20));
        assert!(ledger.claim_notice("org", mine, long).expect("asked"));
        ledger.notice_reached("org").expect("noted");
        ledger.end_notice("org", mine).expect("ended");
        for claim in [mine, yours] {
            assert!(!ledger.claim_notice("org", claim, long).expect("asked"), "it is too soon");
        }
        let none = Change { cooldown: Some(Duration::ZERO), ..Change::default() };
        ledger.change("org", &none).expect("changed");
        assert!(ledger.claim_notice("org", yours, long).expect("asked"));
        assert!(ledger.claim_notice("other", yours, long).is_err(), "there is no such mandate");
    });
}
