//! Changes of a plan that are scheduled, at a portal of the test's own.

use super::shop::{FakeShop, PORTAL, failed};
use crate::app::dry_run::WouldChange;
use crate::app::plan::change::{ChangedPlan, PlanDryRun, PlanWish, Scheduled, change, dry_run};
use crate::app::plan::{PlanParts, preview, show};
use crate::app::questions::Questions;
use crate::core::class::Class;
use crate::core::failure::Result;
use crate::provider::plans::{PendingKind, PlanEffect};

/// What comes of it for the person or the script in front of this portal.
fn with<T>(shop: &FakeShop, act: impl FnOnce(&PlanParts<'_>) -> T) -> T {
    act(&PlanParts {
        provider: shop,
        tokens: shop,
        questions: Questions { ask: shop, report: shop, assume_yes: shop.yes },
        step_up: shop,
    })
}

fn to(shop: &FakeShop, tier: &str) -> Result<ChangedPlan> {
    with(shop, |parts| change(parts, PlanWish::To(tier)))
}

fn cancel(parts: &PlanParts<'_>) -> Result<ChangedPlan> {
    change(parts, PlanWish::Cancel)
}

fn keep(parts: &PlanParts<'_>) -> Result<ChangedPlan> {
    change(parts, PlanWish::Keep)
}

fn rehearsed(shop: &FakeShop, wish: PlanWish<'_>) -> Result<PlanDryRun> {
    with(shop, |parts| dry_run(parts, wish))
}

#[test]
fn a_smaller_plan_is_scheduled_once() {
    let shop = FakeShop::new();
    let changed = to(&shop, "BASIC").expect("scheduled");
    assert_eq!((changed.scheduled, changed.changed), (Scheduled::TierChange, true));
    assert_eq!(changed.message.as_deref(), Some("scheduled"));
    let again = to(&shop, "basic").expect("scheduled before");
    assert_eq!((again.scheduled, again.changed), (Scheduled::TierChange, false));
    assert_eq!(*shop.scheduled.borrow(), ["to basic"]);
}

#[test]
fn what_would_charge_is_no_change_and_nothing_is_sent() {
    let shop = FakeShop::new();
    let refused = failed(to(&shop, "super"), Class::Usage);
    assert!(refused.to_string().contains("$79.10"), "{refused}");
    let same = to(&shop, "plus").expect("in force");
    assert_eq!((same.scheduled, same.changed), (Scheduled::None, false));
    failed(to(&shop, "huge"), Class::Usage);
    assert!(shop.scheduled.borrow().is_empty() && shop.count_sales() == 0);
}

#[test]
fn a_script_says_yes_and_a_person_is_asked() {
    let mut script = FakeShop::new();
    script.yes = false;
    let refused = failed(with(&script, cancel), Class::ConfirmationRequired);
    assert!(refused.to_string().starts_with("nothing was sent"), "{refused}");
    let person = FakeShop::at_prompt(&[false, true]);
    failed(with(&person, cancel), Class::ConfirmationRequired);
    assert!(person.scheduled.borrow().is_empty());
    assert!(with(&person, cancel).expect("cancelled").changed);
    assert_eq!(person.asked.borrow()[0], "End PLUS on 2026-12-01?");
}

#[test]
fn a_cancellation_is_taken_back_once() {
    let shop = FakeShop::new();
    assert!(!with(&shop, keep).expect("nothing to take back").changed);
    let ended = with(&shop, cancel).expect("cancelled");
    assert_eq!(ended.scheduled, Scheduled::Cancellation);
    assert!(!with(&shop, cancel).expect("cancelled before").changed);
    let kept = with(&shop, keep).expect("kept");
    assert_eq!((kept.scheduled, kept.changed), (Scheduled::None, true));
    assert_eq!(*shop.scheduled.borrow(), ["cancel", "keep"]);
}

#[test]
fn a_lost_answer_is_checked_at_the_plan() {
    let shop = FakeShop::new();
    shop.schedule_trouble.set(Some((Class::Timeout, true)));
    assert!(to(&shop, "basic").expect("the plan shows it").changed);
    let shop = FakeShop::new();
    shop.schedule_trouble.set(Some((Class::Timeout, false)));
    let lost = failed(to(&shop, "basic"), Class::Timeout);
    let hints: Vec<String> = lost.parts().hints.iter().map(ToString::to_string).collect();
    assert!(hints[0].contains("as it was before"), "{hints:?}");
    assert_eq!(lost.parts().portal_url.as_deref(), Some(PORTAL));
    let shop = FakeShop::new();
    shop.schedule_trouble.set(Some((Class::RoleRequired, false)));
    failed(to(&shop, "basic"), Class::RoleRequired);
}

#[test]
fn a_person_without_permission_is_offered_it_once() {
    let person = FakeShop::at_prompt(&[true]);
    person.schedule_trouble.set(Some((Class::InsufficientScope, false)));
    failed(to(&person, "basic"), Class::InsufficientScope);
    let person = FakeShop::at_prompt(&[true]);
    person.grants.set(true);
    person.schedule_trouble.set(Some((Class::InsufficientScope, false)));
    assert!(to(&person, "basic").expect("scheduled").changed);
    assert_eq!(*person.scheduled.borrow(), ["to basic", "to basic"]);
    // A script is not asked.
    let script = FakeShop::new();
    script.grants.set(true);
    script.schedule_trouble.set(Some((Class::InsufficientScope, false)));
    failed(to(&script, "basic"), Class::InsufficientScope);
}

#[test]
fn a_preview_changes_nothing() {
    let shop = FakeShop::new();
    let seen = with(&shop, |parts| preview(parts, "super")).expect("a preview");
    assert_eq!(seen.effect, PlanEffect::ChargeNow);
    assert!(shop.scheduled.borrow().is_empty() && shop.count_sales() == 0);
    let plan = show(&shop).expect("a plan");
    assert_eq!(plan.current.and_then(|plan| plan.tier_id).as_deref(), Some("plus"));
    with(&shop, cancel).expect("cancelled");
    let pending = show(&shop).expect("a plan").current.and_then(|plan| plan.pending);
    assert_eq!(pending.map(|pending| pending.kind), Some(PendingKind::Cancellation));
}

#[test]
fn a_dry_run_says_what_would_be_scheduled_and_sends_nothing() {
    let mut shop = FakeShop::new();
    shop.yes = false;
    let smaller = rehearsed(&shop, PlanWish::To("basic")).expect("foreseen");
    assert_eq!(
        (smaller.would, smaller.scheduled_after),
        (WouldChange::Change, Scheduled::TierChange)
    );
    let end = rehearsed(&shop, PlanWish::Cancel).expect("foreseen");
    assert_eq!((end.would, end.scheduled_after), (WouldChange::Change, Scheduled::Cancellation));
    let kept = rehearsed(&shop, PlanWish::Keep).expect("foreseen");
    assert_eq!((kept.would, kept.scheduled_after), (WouldChange::Nothing, Scheduled::None));
    // What the change refuses, the dry run refuses.
    failed(rehearsed(&shop, PlanWish::To("super")), Class::Usage);
    failed(rehearsed(&shop, PlanWish::To("huge")), Class::Usage);
    assert!(shop.scheduled.borrow().is_empty() && shop.asked.borrow().is_empty());
    // Where it is so already nothing would be sent.
    shop.yes = true;
    with(&shop, cancel).expect("cancelled");
    let again = rehearsed(&shop, PlanWish::Cancel).expect("foreseen");
    assert_eq!(
        (again.would, again.scheduled_after),
        (WouldChange::Nothing, Scheduled::Cancellation)
    );
    assert_eq!(*shop.scheduled.borrow(), ["cancel"]);
}
