//! A dry run answers what the operation itself would, and keeps nothing.

use super::{all, credit, on_each, used};
use crate::core::class::Class;
use crate::ledger::service::RunStart;
use crate::ledger::values::{Change, Model, Rule};
use rust_decimal::Decimal;
use uuid::Uuid;

#[test]
fn a_dry_run_answers_as_the_operation_would_and_keeps_nothing() {
    on_each(|store| {
        let (mut ledger, mandate) = store.with(Model::PrepayMandate);
        let first = ledger.credit("org", None, &credit("10", Some("first"))).expect("credited");
        let mut dry = store.ledger().for_dry_run();
        let before = all(&mut ledger);

        let credited = dry.credit("org", None, &credit("5", Some("second"))).expect("credited");
        assert_eq!((credited.balance.to_string().as_str(), credited.replayed), ("15.00", false));
        let again = dry.credit("org", None, &credit("10", Some("first"))).expect("replayed");
        assert_eq!((again.transaction, again.replayed), (first.transaction.clone(), true));
        let recorded = dry.record("org", &used("3", Some("anna"), None)).expect("recorded");
        assert_eq!(recorded.balance.to_string(), "7.00");
        let back = dry.reverse("org", &first.transaction.id, "a mistake").expect("taken back");
        assert_eq!(back.balance.0, Decimal::ZERO);
        let change = Change { currency: Some("EUR".into()), ..Change::default() };
        let refused = dry.change("org", &change).expect_err("its currency is in use");
        assert_eq!(refused.class(), Class::Usage);
        let model = Change { model: Some(Model::Unlimited), ..Change::default() };
        dry.change("new", &model).expect("it can be made");
        let rule = Rule { user: None, provider: "llm".into(), allowed: false };
        assert_eq!(dry.set_rule("org", &rule).expect("denied").len(), 1);
        let kept = (Uuid::new_v4(), Uuid::nil());
        let started = dry.begin("org", &used("4", None, None), true, kept).expect("asked");
        assert!(matches!(&started, RunStart::Running(hold) if hold.amount == Decimal::from(4)));
        let short = dry.begin("org", &used("11", None, None), true, kept).expect("asked");
        assert!(matches!(short, RunStart::Short(_)));
        for (amount, key, class) in
            [("-1", None, Class::Usage), ("4", Some("first"), Class::IdempotencyConflict)]
        {
            let refused = dry.credit("org", None, &credit(amount, key)).expect_err(amount);
            assert_eq!(refused.class(), class);
        }

        assert_eq!(all(&mut ledger), before);
        assert_eq!(store.check_books(), 1);
        assert!(ledger.holds().expect("listed").is_empty());
        assert!(ledger.rules("org").expect("listed").is_empty());
        assert_eq!(ledger.mandates().expect("listed"), [mandate]);
    });
}

#[test]
fn where_there_is_no_ledger_a_dry_run_finds_an_empty_one() {
    let mut dry = crate::ledger::empty().expect("in memory").for_dry_run();
    let refused = dry.mandate(None).expect_err("none yet");
    assert_eq!(refused.class(), Class::Usage);
    let change = Change { model: Some(Model::PrepayUser), ..Change::default() };
    assert_eq!(dry.change("acme", &change).expect("it can be made").mandate, "acme");
    assert!(dry.mandates().expect("listed").is_empty());
}
