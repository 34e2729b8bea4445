//! The system's own list of what moved, page after page.

use super::account::FakeAccount;
use super::shop::{FakeShop, failed};
use crate::app::transactions::{ListOptions, ListParts, transactions};
use crate::core::class::Class;
use crate::core::failure::{Failure, Result};
use crate::core::signals::Signal;
use crate::provider::transactions::{Transaction, TransactionPage};
use std::time::Duration;

/// A page with these ids.
fn page(ids: std::ops::Range<u32>, has_more: bool) -> TransactionPage {
    let entry = |id: u32| Transaction {
        transaction_id: Some(id.to_string()),
        kind: None,
        amount_minor: None,
        amount: None,
        currency: None,
        description: None,
        created_at: None,
        balance_after: None,
        balance: None,
        metadata: None,
        transaction_type: None,
        external_transaction_id: None,
    };
    TransactionPage { transactions: ids.map(entry).collect(), total_count: None, has_more }
}

fn too_often(seconds: Option<u64>) -> Result<TransactionPage> {
    Err(Failure::new(Class::RateLimited, "too often").retry_after(seconds))
}

/// All of them, from a system that answers like this.
fn all(
    shop: &FakeShop,
    answers: impl IntoIterator<Item = Result<TransactionPage>>,
) -> (Result<TransactionPage>, Vec<(u32, u64)>) {
    let account = FakeAccount::with_list(answers);
    let parts = ListParts { provider: &account, clock: shop.clock.as_ref(), report: shop };
    let whole = transactions(&parts, ListOptions { limit: None, offset: 0 });
    (whole, account.pages.take())
}

#[test]
fn one_page_is_one_request() {
    let account = FakeAccount::with_list([Ok(page(0..3, true))]);
    let shop = FakeShop::new();
    let parts = ListParts { provider: &account, clock: shop.clock.as_ref(), report: &shop };
    let some = transactions(&parts, ListOptions { limit: Some(3), offset: 7 }).expect("a page");
    assert_eq!((some.transactions.len(), some.has_more), (3, true));
    assert_eq!(*account.pages.borrow(), [(3, 7)]);
    let none = FakeAccount::with_uses(1);
    let parts = ListParts { provider: &none, ..parts };
    failed(transactions(&parts, ListOptions { limit: None, offset: 0 }), Class::Unsupported);
}

#[test]
fn what_comes_twice_is_listed_once() {
    let shop = FakeShop::new();
    let (whole, pages) = all(&shop, [Ok(page(0..100, true)), Ok(page(98..150, false))]);
    let whole = whole.expect("the list");
    let ids: Vec<_> = whole.transactions.into_iter().filter_map(|one| one.transaction_id).collect();
    assert_eq!(ids, (0..150).map(|id| id.to_string()).collect::<Vec<_>>());
    assert_eq!(pages, [(100, 0), (100, 100)]);
}

#[test]
fn a_list_without_end_is_given_up() {
    let shop = FakeShop::new();
    let answers = (0..9).map(|_| Ok(page(0..100, true)));
    let (whole, pages) = all(&shop, answers);
    failed(whole, Class::Protocol);
    assert_eq!(pages.len(), 4);
    // One that promises more and gives none is at its end.
    let (whole, pages) = all(&shop, [Ok(page(0..2, true)), Ok(page(0..0, true))]);
    assert_eq!((whole.expect("the list").transactions.len(), pages.len()), (2, 2));
}

#[test]
fn a_pause_is_taken_as_long_as_the_system_asks() {
    let shop = FakeShop::new();
    let (whole, _) = all(&shop, [too_often(Some(30)), Ok(page(0..2, false))]);
    assert_eq!(whole.expect("the list").transactions.len(), 2);
    assert_eq!(shop.clock.passed(), Duration::from_secs(30));
    assert_eq!(*shop.said.borrow(), ["The system asks for a pause of 30 s."]);
    // One that is too long, or of unknown length, is reported.
    for asked in [Some(61), None] {
        failed(all(&shop, [too_often(asked)]).0, Class::RateLimited);
    }
    failed(all(&shop, (0..20).map(|_| too_often(Some(1)))).0, Class::RateLimited);
    assert_eq!(shop.clock.passed(), Duration::from_secs(40));
}

#[test]
fn a_signal_ends_a_pause() {
    let shop = FakeShop::new();
    shop.clock.interrupt_after(Duration::from_secs(5), Signal::Terminate);
    let class = Signal::Terminate.class();
    failed(all(&shop, [too_often(Some(30)), Ok(page(0..2, false))]).0, class);
}
