//! `ensure`: enough, not enough, and what is on its way.

use super::buying::buy;
use super::shop::{FakeShop, Fate, amount, charge, failed, money, unnamed, usual_wait};
use crate::app::buying::rehearsal::Would;
use crate::app::ensure::Ensure;
use crate::app::ensure::answer::{Ensured, FinishedEarlier};
use crate::app::summary::Summary;
use crate::core::class::Class;
use crate::core::failure::{Charged, Result};
use crate::purchase::key;
use crate::purchase::key::Surroundings;
use crate::purchase::lock::EntityLock;
use std::time::Duration;

fn at_least_twenty() -> Ensure {
    Ensure {
        at_least: amount("20"),
        buy: Some(amount("25")),
        to: None,
        once: None,
        once_since: None,
        retry_declined: false,
        max: None,
        waiting: usual_wait(),
    }
}

fn run(shop: &FakeShop, ensure: &Ensure) -> (Result<Ensured>, Vec<Summary>) {
    let mut finished = FinishedEarlier::default();
    let answer =
        ensure.check().and_then(|()| shop.run(|buying| ensure.run(buying, shop, &mut finished)));
    (answer, finished.paid)
}

#[track_caller]
fn ensured(shop: &FakeShop, ensure: &Ensure) -> Ensured {
    run(shop, ensure).0.unwrap_or_else(|failure| panic!("{failure:?}"))
}

#[test]
fn enough_buys_nothing() {
    let shop = FakeShop::new();
    shop.balance.set(money("20.00"));
    let there = ensured(&shop, &at_least_twenty());
    assert_eq!((there.bought, there.balance_usd), (false, money("20")));
    assert!(there.purchase.is_none() && shop.keys_sent().is_empty());
}

#[test]
fn too_little_is_topped_up_once_for_the_same_figures() {
    let shop = FakeShop::new();
    let bought = ensured(&shop, &at_least_twenty());
    assert!(bought.bought && bought.balance_usd == money("3.40"));
    assert_eq!(bought.purchase.expect("one").amount_usd, Some(money("25")));
    assert!(!ensured(&shop, &at_least_twenty()).bought);
    assert_eq!(shop.count_sales(), 1);
}

#[test]
fn a_balance_is_filled_up_to_what_is_asked_for_in_whole_cents() {
    let shop = FakeShop::new();
    shop.balance.set(money("3.405"));
    let ensure = Ensure { buy: None, to: Some(amount("50")), ..at_least_twenty() };
    let bought = ensured(&shop, &ensure);
    assert_eq!(bought.purchase.expect("one").amount_usd, Some(money("46.60")));
}

#[test]
fn what_can_never_be_enough_is_a_wrong_command() {
    let shop = FakeShop::new();
    let never = Ensure { buy: None, to: Some(amount("19.99")), ..at_least_twenty() };
    failed(run(&shop, &never).0, Class::Usage);
    let nothing = Ensure { buy: None, to: None, ..at_least_twenty() };
    failed(run(&shop, &nothing).0, Class::Usage);
    assert_eq!(shop.reads.get(), 0);
    let small = Ensure { buy: Some(amount("10")), ..at_least_twenty() };
    let short = failed(run(&shop, &small).0, Class::InsufficientBalance);
    assert_eq!((short.parts().charged, short.parts().charged_now), (Some(Charged::Yes), None));
}

#[test]
fn what_is_on_its_way_counts_and_nothing_more_is_bought() {
    let shop = FakeShop::new();
    shop.settles_after.set(Duration::from_hours(1));
    failed(buy(&shop, "25", &unnamed()), Class::Pending);
    let open = failed(run(&shop, &at_least_twenty()).0, Class::Pending);
    assert_eq!(open.parts().charged, Some(Charged::Unknown));
    assert_eq!(shop.count_sales(), 1);
    shop.settles_after.set(Duration::ZERO);
    let (answer, _) = run(&shop, &at_least_twenty());
    assert!(!answer.expect("it is there").bought);
    assert_eq!(shop.count_sales(), 1);
}

#[test]
fn what_an_earlier_run_left_open_is_finished_before_anything_is_bought() {
    let shop = FakeShop::new();
    shop.fate([Fate::Lost, Fate::Lost, Fate::Lost]);
    shop.settles_after.set(Duration::from_mins(1));
    failed(buy(&shop, "25", &unnamed()), Class::OutcomeUnknown);
    let (answer, finished) = run(&shop, &at_least_twenty());
    assert!(!answer.expect("it is there").bought);
    assert_eq!(finished.len(), 1);
    assert_eq!(shop.count_sales(), 1);
}

#[test]
fn what_stays_unknown_is_counted_as_there() {
    let shop = FakeShop::new();
    shop.settles_after.set(Duration::from_hours(1));
    shop.fate([Fate::Lost, Fate::Lost, Fate::Lost, Fate::Lost, Fate::Lost, Fate::Lost]);
    failed(buy(&shop, "25", &unnamed()), Class::OutcomeUnknown);
    let unknown = failed(run(&shop, &at_least_twenty()).0, Class::OutcomeUnknown);
    assert_eq!(unknown.parts().details["purchase_ids"].as_array().map(Vec::len), Some(1));
    assert_eq!(shop.count_sales(), 1);
}

#[test]
fn a_script_without_yes_and_a_limit_send_nothing_again_either() {
    let mut shop = FakeShop::new();
    shop.settles_after.set(Duration::from_hours(1));
    shop.fate([Fate::Lost, Fate::Lost, Fate::Lost]);
    failed(buy(&shop, "25", &unnamed()), Class::OutcomeUnknown);
    let max = Ensure { max: Some(amount("20")), ..at_least_twenty() };
    let refused = failed(run(&shop, &max).0, Class::SpendGuard);
    assert_eq!(refused.parts().charged, Some(Charged::Unknown));
    shop.yes = false;
    failed(run(&shop, &at_least_twenty()).0, Class::ConfirmationRequired);
    assert_eq!((shop.keys_sent().len(), shop.count_sales()), (3, 1));
}

#[test]
fn a_declined_card_and_a_guard_end_it() {
    let shop = FakeShop::new();
    shop.declines.set(Some(Class::CardDeclined));
    let declined = failed(run(&shop, &at_least_twenty()).0, Class::CardDeclined);
    assert_eq!(declined.parts().charged, Some(Charged::No));
    let max = Ensure { max: Some(amount("20")), ..at_least_twenty() };
    let shop = FakeShop::new();
    failed(run(&shop, &max).0, Class::SpendGuard);
    assert!(shop.keys_sent().is_empty());
}

#[test]
fn machines_that_come_and_go_need_a_name() {
    let mut shop = FakeShop::new();
    shop.surroundings = Surroundings {
        ci: true,
        run_attempt: Some("1".into()),
        run_id: Some("4711".into()),
        ..Surroundings::default()
    };
    failed(run(&shop, &at_least_twenty()).0, Class::Usage);
    assert!(shop.keys_sent().is_empty());
    let named = Ensure { once: Some("4711-refill".to_owned()), ..at_least_twenty() };
    assert!(ensured(&shop, &named).bought);
    shop.balance.set(money("-20"));
    let spent = failed(run(&shop, &named).0, Class::InsufficientBalance);
    assert!(spent.to_string().contains("bought under this name before"), "{spent}");
    let parts = spent.parts();
    assert_eq!((parts.charged, parts.charged_now), (Some(Charged::Yes), Some(Charged::No)));
    assert_eq!(shop.count_sales(), 1);
}

#[test]
fn a_portal_that_hides_the_month_lets_two_machines_buy_so_a_name_is_asked_for() {
    let shop = FakeShop::new();
    shop.shows_month.set(false);
    failed(run(&shop, &at_least_twenty()).0, Class::Usage);
    let named = Ensure { once: Some("refill".to_owned()), ..at_least_twenty() };
    assert!(ensured(&shop, &named).bought);
}

#[test]
fn two_runs_of_one_machine_stand_in_line() {
    let shop = FakeShop::new();
    let account = key::account_id("https://portal.example", "org");
    let lock = EntityLock::try_take(&shop.journal(), account).expect("a lock").expect("free");
    let busy = failed(run(&shop, &at_least_twenty()).0, Class::InProgress);
    assert_eq!(busy.parts().code.as_deref(), Some("running"));
    drop(lock);
    assert!(ensured(&shop, &at_least_twenty()).bought);
}

#[test]
fn a_person_who_says_no_buys_nothing() {
    let shop = FakeShop::at_prompt(&[false]);
    failed(run(&shop, &at_least_twenty()).0, Class::ConfirmationRequired);
    assert!(shop.keys_sent().is_empty());
    let shop = FakeShop::at_prompt(&[true]);
    assert!(ensured(&shop, &at_least_twenty()).bought);
    charge(shop.run(|buying| crate::app::status::status(buying, None, usual_wait())));
}

#[test]
fn a_dry_run_says_what_would_be_bought_and_what_is_finished_first() {
    let look = |shop: &FakeShop, ensure: &Ensure| shop.run(|buying| ensure.rehearse(buying, shop));
    let shop = FakeShop::new();
    let shown = look(&shop, &at_least_twenty()).expect("it can be bought");
    assert_eq!((shown.rehearsed.would, shown.amount_usd), (Would::Start, Some(money("25"))));
    assert!(!shop.has_journal() && shop.keys_sent().is_empty());
    let too_dear = Ensure { max: Some(amount("20")), ..at_least_twenty() };
    failed(look(&shop, &too_dear), Class::SpendGuard);
    let beyond = Ensure { buy: Some(amount("600")), ..at_least_twenty() };
    failed(look(&shop, &beyond), Class::MonthlyCapExceeded);

    shop.fate([Fate::Lost, Fate::Lost, Fate::Lost]);
    failed(run(&shop, &at_least_twenty()).0, Class::OutcomeUnknown);
    shop.settles_after.set(Duration::from_hours(1));
    let open = look(&shop, &at_least_twenty()).expect("it goes on");
    assert_eq!((open.rehearsed.would, open.open.len(), open.amount_usd), (Would::GoOn, 1, None));
    shop.settles_after.set(Duration::ZERO);
    ensured(&shop, &at_least_twenty());
    let there = look(&shop, &at_least_twenty()).expect("enough");
    assert_eq!(there.rehearsed.would, Would::Nothing);
}

#[test]
fn a_name_that_has_bought_is_no_question_and_no_success_when_it_is_not_enough() {
    let named = Ensure { once: Some("refill".to_owned()), ..at_least_twenty() };
    let mut shop = FakeShop::new();
    ensured(&shop, &named);
    shop.balance.set(money("-10"));
    let shown = shop.run(|buying| named.rehearse(buying, &shop));
    let shown = failed(shown, Class::InsufficientBalance);
    assert_eq!(shown.parts().charged_now, Some(Charged::No));
    (shop.at_prompt, shop.yes) = (true, false);
    failed(run(&shop, &named).0, Class::InsufficientBalance);
    assert!(shop.asked.borrow().is_empty());
}
