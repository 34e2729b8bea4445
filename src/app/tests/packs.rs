//! Packs of uses that a person pays for on a page.

use super::shop::{FakeShop, Fate, PORTAL, amount, failed, once, unnamed, usual_wait};
use crate::app::buying::terms::{OutcomeWait, Terms};
use crate::app::packs::{BuyPack, PackBought};
use crate::app::status::status;
use crate::app::summary::PurchaseStatus;
use crate::app::summary::payment::PaymentSummary;
use crate::core::class::Class;
use crate::core::failure::{Charged, Result};
use crate::core::signals::Signal;
use crate::provider::packs::PaymentStatus;
use std::time::Duration;

fn pack<'a>(
    shop: &'a FakeShop,
    terms: &'a Terms,
    waiting: OutcomeWait,
) -> impl Fn(&crate::app::buying::Buying<'_>) -> Result<PackBought> + 'a {
    move |buying| {
        let (amount, return_url, shows_secret) = (None, None, false);
        BuyPack { buying, packs: shop, amount, return_url, shows_secret, terms, waiting }.run()
    }
}

fn buy(shop: &FakeShop, terms: &Terms) -> Result<PaymentSummary> {
    shop.run(pack(shop, terms, usual_wait())).map(|bought| bought.summary)
}

#[test]
fn a_payment_is_opened_once_shown_and_waited_for() {
    let shop = FakeShop::of_packs();
    let open = failed(buy(&shop, &unnamed()), Class::ActionRequired);
    assert_eq!(open.parts().charged, Some(Charged::No));
    assert_eq!(open.parts().portal_url.as_deref(), Some("https://portal.example/pay/1"));
    assert!(shop.said.borrow().iter().any(|line| line.contains("https://portal.example/pay/1")));
    assert_eq!(shop.clock.passed(), Duration::from_mins(5));
    shop.payment.set(PaymentStatus::Paid);
    let paid = buy(&shop, &unnamed()).expect("a person has paid");
    assert_eq!((paid.status, paid.resumed), (PurchaseStatus::Settled, true));
    assert_eq!(shop.count_sales(), 1);
    shop.payment.set(PaymentStatus::NeedsPerson);
    failed(buy(&shop, &unnamed()), Class::ActionRequired);
    assert_eq!(shop.count_sales(), 2, "the first one was reported");
}

#[test]
fn a_page_that_is_not_of_the_payment_is_nowhere_called_one() {
    let shop = FakeShop::of_packs();
    shop.payment_page.set(PORTAL);
    let open = failed(buy(&shop, &unnamed()), Class::ActionRequired);
    let hints: Vec<String> = open.parts().hints.iter().map(ToString::to_string).collect();
    assert!(hints.iter().any(|hint| hint.contains("--show-client-secret")), "{hints:?}");
    assert!(!hints.iter().any(|hint| hint.contains("pays on this page")), "{hints:?}");
    let said = shop.said.borrow();
    assert!(said.iter().any(|line| line.contains("names no page for the payment")), "{said:?}");
    assert!(!said.iter().any(|line| line.starts_with("Pay ")), "{said:?}");
}

#[test]
fn a_payment_whose_answer_was_lost_is_shown_to_nobody_and_another_is_opened() {
    let shop = FakeShop::of_packs();
    shop.fate([Fate::Lost]);
    let lost = failed(buy(&shop, &unnamed()), Class::Network);
    assert_eq!(lost.parts().charged, Some(Charged::No));
    shop.payment.set(PaymentStatus::Paid);
    assert_eq!(buy(&shop, &unnamed()).expect("paid").payment_id.as_deref(), Some("ch_2"));
}

#[test]
fn a_payment_that_failed_or_was_called_off_ends_it() {
    for (payment, class) in [
        (PaymentStatus::Failed, Class::PaymentFailed),
        (PaymentStatus::Canceled, Class::PaymentCanceled),
    ] {
        let shop = FakeShop::of_packs();
        shop.payment.set(payment);
        let ended = failed(buy(&shop, &unnamed()), class);
        assert_eq!(ended.parts().charged, Some(Charged::No));
    }
}

#[test]
fn an_interrupted_wait_leaves_the_payment_open() {
    let shop = FakeShop::of_packs();
    shop.clock.interrupt_after(Duration::from_secs(3), Signal::Interrupt);
    failed(buy(&shop, &unnamed()), Class::Interrupted);
    shop.clock.interrupt_after(Duration::MAX, Signal::Interrupt);
    shop.payment.set(PaymentStatus::Paid);
    assert!(buy(&shop, &unnamed()).expect("paid").resumed);
    assert_eq!(shop.count_sales(), 1);
}

#[test]
fn a_price_above_the_limit_and_another_than_was_typed_open_nothing() {
    let shop = FakeShop::of_packs();
    let max = Terms { max: Some(amount("4.99")), ..unnamed() };
    failed(buy(&shop, &max), Class::SpendGuard);
    let typed = shop.run(|buying| {
        let (amount, terms, waiting) = (Some(amount("6")), &unnamed(), usual_wait());
        let (packs, return_url, shows_secret) = (&shop, None, false);
        BuyPack { buying, packs, amount, return_url, shows_secret, terms, waiting }.run()
    });
    failed(typed, Class::AmountOutOfBounds);
    assert!(shop.keys_sent().is_empty() && !shop.has_journal());
}

#[test]
fn a_script_without_yes_and_a_person_who_says_no_open_nothing() {
    let mut script = FakeShop::of_packs();
    script.yes = false;
    failed(buy(&script, &unnamed()), Class::ConfirmationRequired);
    let mut person = FakeShop::at_prompt(&[false]);
    person.sells_packs = true;
    failed(buy(&person, &unnamed()), Class::ConfirmationRequired);
    assert_eq!(*person.asked.borrow(), ["Open a payment of $5.00 for 20 uses?"]);
    assert!(script.keys_sent().is_empty() && person.keys_sent().is_empty());
}

#[test]
fn a_name_is_one_payment() {
    let shop = FakeShop::of_packs();
    shop.payment.set(PaymentStatus::Paid);
    buy(&shop, &once("refill")).expect("paid");
    assert!(buy(&shop, &once("refill")).expect("shown again").replayed);
    assert_eq!(shop.count_sales(), 1);
}

#[test]
fn the_secret_is_shown_only_where_it_is_asked_for_and_kept_nowhere() {
    let shop = FakeShop::of_packs();
    let terms = unnamed();
    let run = |shows_secret: bool| {
        shop.run(|buying| {
            let (amount, return_url, waiting) = (None, None, usual_wait().without_any());
            let packs = &shop;
            BuyPack { buying, packs, amount, return_url, shows_secret, terms: &terms, waiting }
                .run()
        })
    };
    let opened = run(true).expect("opened");
    assert_eq!(opened.summary.client_secret.as_deref(), Some("pi_secret"));
    assert_eq!(opened.failure.expect("a person pays").class(), Class::ActionRequired);
    failed(run(true), Class::ActionRequired);
    assert_eq!(shop.count_sales(), 1);
    let journal = std::fs::read(shop.journal_file()).expect("a journal");
    assert!(!journal.windows(9).any(|bytes| bytes == b"pi_secret"));
}

#[test]
fn status_of_an_unknown_payment_names_the_page() {
    let shop = FakeShop::of_packs();
    let once = OutcomeWait::at_most(Duration::ZERO, Duration::ZERO);
    let look = || shop.run(|buying| status(buying, Some("pay_9"), once));
    let open = failed(look(), Class::ActionRequired);
    assert!(open.parts().portal_url.is_some());
    shop.payment.set(PaymentStatus::Paid);
    assert_eq!(look().expect("paid").status(), PurchaseStatus::Settled);
}
