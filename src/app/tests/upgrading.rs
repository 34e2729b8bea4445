//! `plan upgrade`: a larger plan at once, paid by the saved card.

use super::shop::{FakeShop, Fate, amount, failed, money, once, unnamed, usual_wait};
use crate::app::buying::rehearsal::Would;
use crate::app::buying::terms::Terms;
use crate::app::summary::{PurchaseStatus, Summary};
use crate::app::upgrade::PlanUpgrade;
use crate::core::class::Class;
use crate::core::failure::{Charged, Result};
use std::time::Duration;

fn upgrade(shop: &FakeShop, tier: &str, terms: &Terms) -> Result<Summary> {
    let waiting = usual_wait();
    shop.run(|buying| PlanUpgrade { buying, plans: shop, tier, terms, waiting }.run())
}

#[test]
fn it_is_previewed_paid_and_in_force() {
    let shop = FakeShop::new();
    let paid = upgrade(&shop, "super", &unnamed()).expect("paid");
    assert_eq!((paid.status, paid.amount_usd), (PurchaseStatus::Settled, Some(money("79.10"))));
    assert_eq!(paid.upgrade.expect("a plan").charged, Charged::Yes);
    assert_eq!((shop.count_sales(), *shop.plan.borrow()), (1, "super"));
    let again = upgrade(&shop, "SUPER", &unnamed()).expect("in force");
    assert_eq!((again.status, shop.count_sales()), (PurchaseStatus::InForce, 1));
}

#[test]
fn the_earlier_plan_may_be_shown_for_a_while_and_the_upgrade_is_paid_all_the_same() {
    for (lag, waited, applying) in [(10, 10, false), (3600, 30, true)] {
        let shop = FakeShop::new();
        shop.plan_lags.set(Duration::from_secs(lag));
        let paid = upgrade(&shop, "super", &unnamed()).expect("paid");
        assert_eq!(paid.status, PurchaseStatus::Settled);
        assert_eq!(paid.upgrade.expect("an upgrade").applying, applying);
        assert_eq!(shop.clock.passed(), Duration::from_secs(waited));
        let said = shop.said.borrow().iter().any(|line| line.contains("is applying the new one"));
        assert_eq!((said, shop.count_sales()), (applying, 1));
    }
}

#[test]
fn what_is_no_upgrade_charges_nothing() {
    let shop = FakeShop::new();
    let smaller = failed(upgrade(&shop, "basic", &unnamed()), Class::Usage);
    assert_eq!(smaller.parts().details["effect"], "scheduled");
    failed(upgrade(&shop, "gold", &unnamed()), Class::Usage);
    assert!(shop.keys_sent().is_empty() && !shop.has_journal());
}

#[test]
fn a_declined_card_keeps_the_plan() {
    let shop = FakeShop::new();
    shop.declines.set(Some(Class::CardDeclined));
    let declined = failed(upgrade(&shop, "super", &unnamed()), Class::CardDeclined);
    assert_eq!((declined.parts().charged, *shop.plan.borrow()), (Some(Charged::No), "plus"));
}

#[test]
fn a_lost_answer_is_found_by_its_own_request_and_no_preview() {
    let shop = FakeShop::new();
    shop.fate([Fate::Lost, Fate::Lost, Fate::Lost]);
    let lost = failed(upgrade(&shop, "super", &unnamed()), Class::OutcomeUnknown);
    assert_eq!(lost.parts().charged, Some(Charged::Unknown));
    let found = upgrade(&shop, "super", &unnamed()).expect("found");
    assert!(found.resumed && found.status == PurchaseStatus::Settled);
    let keys = shop.keys_sent();
    assert_eq!((keys.len(), shop.count_sales()), (4, 1));
    assert!(keys.iter().all(|key| *key == keys[0]));
}

#[test]
fn a_name_is_one_upgrade() {
    let shop = FakeShop::new();
    upgrade(&shop, "super", &once("grow")).expect("paid");
    assert!(upgrade(&shop, "super", &once("grow")).expect("shown again").replayed);
    assert_eq!(shop.count_sales(), 1);
    failed(upgrade(&shop, "basic", &once("grow")), Class::IdempotencyConflict);
}

#[test]
fn a_guard_and_a_no_send_nothing() {
    let shop = FakeShop::new();
    let max = Terms { max: Some(amount("79")), ..unnamed() };
    failed(upgrade(&shop, "super", &max), Class::SpendGuard);
    let mut script = FakeShop::new();
    script.yes = false;
    failed(upgrade(&script, "super", &unnamed()), Class::ConfirmationRequired);
    let person = FakeShop::at_prompt(&[false]);
    failed(upgrade(&person, "super", &unnamed()), Class::ConfirmationRequired);
    assert_eq!(*person.asked.borrow(), ["Upgrade to SUPER: pay $79.10 now?"]);
    for shop in [shop, script, person] {
        assert!(shop.keys_sent().is_empty() && !shop.has_journal());
    }
}

#[test]
fn going_on_with_an_open_one_is_asked_for_at_a_prompt_and_held_against_the_limit() {
    let shop = FakeShop::at_prompt(&[true, false]);
    shop.fate([Fate::Lost, Fate::Lost, Fate::Lost]);
    failed(upgrade(&shop, "super", &unnamed()), Class::OutcomeUnknown);
    failed(upgrade(&shop, "super", &unnamed()), Class::ConfirmationRequired);
    assert!(shop.asked.borrow()[1].starts_with("Go on with the upgrade to SUPER for $79.10"));
    let max = Terms { max: Some(amount("79")), ..unnamed() };
    failed(upgrade(&shop, "super", &max), Class::SpendGuard);
    assert_eq!(shop.keys_sent().len(), 3);
}

#[test]
fn a_dry_run_tells_the_price() {
    let shop = FakeShop::new();
    let (terms, waiting) = (unnamed(), usual_wait());
    let rehearse = || {
        shop.run(|buying| {
            PlanUpgrade { buying, plans: &shop, tier: "super", terms: &terms, waiting }.rehearse()
        })
    };
    let foreseen = rehearse().expect("it may");
    assert_eq!(
        (foreseen.amount_due_now_usd, foreseen.rehearsed.would),
        (Some(money("79.10")), Would::Start)
    );
    upgrade(&shop, "super", &unnamed()).expect("paid");
    assert_eq!(rehearse().expect("it may").rehearsed.would, Would::Nothing);
    assert_eq!(shop.count_sales(), 1);
}
