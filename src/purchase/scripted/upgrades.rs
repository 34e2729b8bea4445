//! Upgrades of a plan: final with their answer, polled where a person finishes them.

use super::*;
use crate::provider::plans::PlanName;

/// An upgrade to Plus, of which only the intent exists.
fn upgrade() -> Purchase {
    let mut purchase = purchase();
    purchase.intent.item =
        Item::Plan(PlanName { tier_id: "plus".into(), tier_name: "Plus".into() });
    purchase
}

fn upgrade_after(rows: &[JournalRow]) -> Purchase {
    let mut purchase = upgrade();
    for row in rows {
        purchase.apply(&Stamp::from(&moment(0)), row);
    }
    purchase
}

fn taken_on() -> [JournalRow; 2] {
    let failure = FailureRecord::from(&refusal(Class::ActionRequired));
    [sending(1), JournalRow::Attempt { n: 1, verdict: Verdict::Accepted, failure }]
}

#[test]
fn an_upgrade_is_final_with_its_answer() {
    let mut world = ScriptedPortal::new(vec![ChargeResponse::Done(Paid::default())], Vec::new());
    let (purchase, report) = world.run(upgrade(), plan(RunMode::Buy, false));
    assert_eq!((report.class, report.charged), (Class::Success, Charged::Yes));
    assert!(matches!(purchase.outcome, Some(Outcome::Settled { .. })));
    assert_eq!(world.log, ["authorize", "sending", "post", "final"]);

    let mut world = ScriptedPortal::new(
        vec![ChargeResponse::Declined(refusal(Class::CardDeclined))],
        Vec::new(),
    );
    let (purchase, report) = world.run(upgrade(), plan(RunMode::Buy, false));
    assert_eq!((report.class, report.charged), (Class::CardDeclined, Charged::No));
    assert!(matches!(purchase.outcome, Some(Outcome::Failed(_))));
}

#[test]
fn a_plan_in_force_is_said_to_be_free_only_where_nothing_else_can_have_paid() {
    let mut world = ScriptedPortal::new(vec![ChargeResponse::AlreadySo], Vec::new());
    let (purchase, report) = world.run(upgrade(), plan(RunMode::Buy, false));
    assert_eq!((report.class, report.charged), (Class::Success, Charged::No));
    assert_eq!(purchase.outcome, Some(Outcome::NotNeeded));

    let mut world = ScriptedPortal::new(vec![lost(), ChargeResponse::AlreadySo], Vec::new());
    let (purchase, report) = world.run(upgrade(), plan(RunMode::Buy, false));
    assert_eq!((report.class, report.charged), (Class::Success, Charged::Unknown));
    assert_eq!(
        (purchase.outcome.clone(), purchase.charged()),
        (Some(Outcome::InForce), Charged::Unknown)
    );

    let mut elsewhere = upgrade();
    elsewhere.intent.first_use_proven = false;
    let mut world = ScriptedPortal::new(vec![ChargeResponse::AlreadySo], Vec::new());
    let (_, report) = world.run(elsewhere, plan(RunMode::Buy, false));
    assert_eq!((report.class, report.charged), (Class::Success, Charged::Unknown));

    // A refusal before it proves nothing was charged by that one.
    let failure = FailureRecord::from(&refusal(Class::NotLoggedIn));
    let refused = [sending(1), JournalRow::Attempt { n: 1, verdict: Verdict::No, failure }];
    let mut world = ScriptedPortal::new(vec![ChargeResponse::AlreadySo], Vec::new());
    let (purchase, _) = world.run(upgrade_after(&refused), plan(RunMode::Buy, true));
    assert_eq!(purchase.outcome, Some(Outcome::NotNeeded));
}

#[test]
fn a_lost_answer_is_asked_again_under_the_same_key_and_ends_unknown() {
    let mut world =
        ScriptedPortal::new(vec![lost(), ChargeResponse::Done(Paid::default())], Vec::new());
    let (_, report) = world.run(upgrade(), plan(RunMode::Buy, false));
    assert_eq!((report.class, report.charged), (Class::Success, Charged::Yes));
    assert_eq!(world.count("post"), 2);

    let mut world = ScriptedPortal::new(vec![lost(), lost(), lost()], Vec::new());
    let (purchase, report) = world.run(upgrade(), plan(RunMode::Buy, false));
    assert_eq!((report.class, report.charged), (Class::OutcomeUnknown, Charged::Unknown));
    assert_eq!((world.count("post"), world.count("look")), (3, 0));
    assert_eq!(purchase.outcome, None);
}

#[test]
fn what_a_person_has_to_finish_is_looked_at_and_never_sent_again() {
    let mut world = ScriptedPortal::new(
        vec![ChargeResponse::NeedsPerson(refusal(Class::ActionRequired))],
        Vec::new(),
    );
    let (purchase, report) = world.run(upgrade(), plan(RunMode::Buy, false));
    assert_eq!((report.class, report.charged), (Class::ActionRequired, Charged::Unknown));
    assert_eq!(purchase.outcome, None);

    for (intention, polls) in [(RunMode::Buy, 1), (RunMode::Resume, 2)] {
        let mut world = ScriptedPortal::new(Vec::new(), Vec::new());
        world.plans_seen =
            [PlanSeen::NotInForce, PlanSeen::InForce].into_iter().skip(2 - polls).collect();
        let (purchase, report) = world.run(upgrade_after(&taken_on()), plan(intention, true));
        assert_eq!((report.class, report.charged), (Class::Success, Charged::Unknown));
        assert_eq!(purchase.outcome, Some(Outcome::InForce));
        assert_eq!((world.count("post"), world.count("look")), (0, polls));
    }

    // A caller who asks for it again learns where to finish it, and is not kept waiting.
    let mut world = ScriptedPortal::new(Vec::new(), Vec::new());
    let (_, report) = world.run(upgrade_after(&taken_on()), plan(RunMode::Buy, true));
    assert_eq!((report.class, report.charged), (Class::ActionRequired, Charged::Unknown));
    assert_eq!((world.count("look"), world.waits.len()), (1, 0));

    // Not finished when the wait is over: it still waits, and says where.
    let mut world = ScriptedPortal::new(Vec::new(), Vec::new());
    let waits = RunOptions { wait: Some(Duration::ZERO), ..plan(RunMode::Resume, true) };
    let (purchase, report) = world.run(upgrade_after(&taken_on()), waits);
    assert_eq!((report.class, report.charged), (Class::ActionRequired, Charged::Unknown));
    assert!(report.failure.is_some() && purchase.outcome.is_none());
    assert_eq!(world.count("post"), 0);

    // A poll that fails says nothing about the payment.
    let mut world = ScriptedPortal::new(Vec::new(), Vec::new());
    let trouble = PlanSeen::Trouble { refusal: refusal(Class::NotLoggedIn), unauthorized: true };
    let again = PlanSeen::Trouble { refusal: refusal(Class::NotLoggedIn), unauthorized: true };
    world.plans_seen = [trouble, again].into();
    let (purchase, report) = world.run(upgrade_after(&taken_on()), plan(RunMode::Resume, true));
    assert_eq!((report.class, report.charged), (Class::NotLoggedIn, Charged::Unknown));
    assert_eq!((purchase.outcome, world.count("renew")), (None, 1));
}

#[test]
fn a_key_that_is_too_old_leaves_the_plan_in_force_as_the_answer() {
    let day = |world: &mut ScriptedPortal| world.pass(Duration::from_secs(24 * 3600));
    for (seen, class, outcome) in [
        (PlanSeen::InForce, Class::Success, Some(Outcome::InForce)),
        (PlanSeen::NotInForce, Class::OutcomeUnknown, None),
        (
            PlanSeen::Trouble { refusal: refusal(Class::Network), unauthorized: false },
            Class::OutcomeUnknown,
            None,
        ),
    ] {
        let mut world = ScriptedPortal::new(Vec::new(), Vec::new());
        world.plans_seen = [seen].into();
        day(&mut world);
        let sent = upgrade_after(&[sending(1)]);
        let (purchase, report) = world.run(sent, plan(RunMode::Resume, true));
        assert_eq!((report.class, purchase.outcome), (class, outcome));
        assert_eq!(report.charged, Charged::Unknown);
        assert_eq!(report.too_old.is_some(), class == Class::OutcomeUnknown);
        assert_eq!((world.count("post"), world.count("look")), (0, 1));
    }
}

#[test]
fn what_was_refused_begins_anew_at_the_price_of_that_day() {
    let failure = FailureRecord::from(&refusal(Class::NoPaymentMethod));
    let refused = [sending(1), JournalRow::Final(Outcome::Refused(failure))];
    let mut world = ScriptedPortal::new(vec![ChargeResponse::Done(Paid::default())], Vec::new());
    let price = Amount::parse("19.50").expect("an amount");
    let today = RunOptions { price: Some(price), ..plan(RunMode::Buy, true) };
    let (purchase, report) = world.run(upgrade_after(&refused), today);
    assert_eq!(report.class, Class::Success);
    assert_eq!(purchase.intent.amount, price);
    assert!(world.rows.contains(&JournalRow::ReopenedAt { amount: price }));
}

#[test]
fn a_reason_that_is_not_known_is_looked_behind_for_half_a_minute() {
    let refused = || vec![ChargeResponse::NeedsPerson(refusal(Class::PaymentFailed))];
    let mut world = ScriptedPortal::new(refused(), Vec::new());
    world.plans_seen = [PlanSeen::NotInForce, PlanSeen::InForce].into();
    let (purchase, report) = world.run(upgrade(), plan(RunMode::Buy, false));
    assert_eq!((report.class, report.charged), (Class::Success, Charged::Unknown));
    assert_eq!(purchase.outcome, Some(Outcome::InForce));
    // The plan does not change: the payment failed, as far as anybody knows.
    let mut world = ScriptedPortal::new(refused(), Vec::new());
    let (purchase, report) = world.run(upgrade(), plan(RunMode::Buy, false));
    assert_eq!((report.class, report.charged), (Class::PaymentFailed, Charged::Unknown));
    assert_eq!(purchase.outcome, None);
    let looks = world.count("look");
    assert!((10..=16).contains(&looks), "every two seconds for half a minute: {looks}");
    assert_eq!(world.count("post"), 1);
    // Whoever does not wait is told at once.
    let mut world = ScriptedPortal::new(refused(), Vec::new());
    let at_once = RunOptions { wait: None, ..plan(RunMode::Buy, false) };
    let (_, report) = world.run(upgrade(), at_once);
    assert_eq!((report.class, world.count("look")), (Class::PaymentFailed, 0));
}
