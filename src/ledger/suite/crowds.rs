//! Many at once, each with a connection of its own: nothing is lost, doubled or overdrawn.

use super::{all, credit, decimal, in_crowd, kept, on_each, price, used};
use crate::ledger::service::RunStart;
use crate::ledger::values::{Change, Model};
use rust_decimal::Decimal;
use std::collections::BTreeSet;
use std::time::Duration;
use uuid::Uuid;

const CROWD: usize = 16;

#[test]
fn writers_lose_and_double_nothing() {
    on_each(|store| {
        let (mut ledger, mandate) = store.with(Model::PrepayMandate);
        let booked = in_crowd(store, 8, |at, ledger| {
            let mut ids = Vec::new();
            for time in 0..6 {
                // Every key is used by two of them.
                let key = format!("{}-{time}", at / 2);
                let credited = credit("3", Some(&key));
                ids.push(ledger.credit("org", None, &credited).expect("credited").transaction.id);
                let used = ledger.record("org", &used("1", Some("anna"), None)).expect("used");
                ids.push(used.posted.expect("a transaction").transaction.id);
            }
            ids
        });
        let booked: BTreeSet<String> = booked.into_iter().flatten().collect();
        let kept: BTreeSet<String> = all(&mut ledger).into_iter().map(|found| found.id).collect();
        assert_eq!(booked, kept, "what was told is what is kept");
        assert_eq!(store.check_books(), 4 * 6 + 8 * 6);
        let balance = ledger.account(&mandate, None).expect("an account").balance;
        assert_eq!(balance.0, Decimal::from(3 * 24 - 48));
    });
}

#[test]
fn the_last_money_is_held_back_once() {
    on_each(|store| {
        let (mut ledger, mandate) = store.with(Model::PrepayMandate);
        ledger.credit("org", None, &credit("5", None)).expect("credited");
        let running = in_crowd(store, CROWD, |_, ledger| {
            let begun = ledger.begin("org", &used("1", None, None), true, kept());
            match begun.expect("asked") {
                RunStart::Running(hold) => {
                    ledger.end(&hold, &price("1")).expect("ended");
                    true
                }
                RunStart::Short(_) => false,
            }
        });
        assert_eq!(running.into_iter().filter(|running| *running).count(), 5);
        let account = ledger.account(&mandate, None).expect("an account");
        assert_eq!((account.balance.0, account.reserved.0), (Decimal::ZERO, Decimal::ZERO));
        assert_eq!(store.check_books(), 1 + 5);
    });
}

#[test]
fn one_key_used_by_all_books_once() {
    on_each(|store| {
        store.with(Model::PrepayMandate);
        let posted = in_crowd(store, CROWD, |_, ledger| {
            ledger.credit("org", None, &credit("5", Some("k"))).expect("credited")
        });
        assert_eq!(posted.iter().filter(|posted| !posted.replayed).count(), 1);
        let first = &posted[0].transaction;
        assert!(posted.iter().all(|posted| posted.transaction == *first));
        assert_eq!(store.check_books(), 1);
    });
}

#[test]
fn one_of_all_tells_that_the_pool_is_empty() {
    on_each(|store| {
        store.with(Model::PrepayMandate);
        for reached in [false, true] {
            let claimed = in_crowd(store, CROWD, |_, ledger| {
                let claim = Uuid::new_v4();
                let lease = Duration::from_secs(600);
                ledger.claim_notice("org", claim, lease).expect("asked").then_some(claim)
            });
            let claimed: Vec<Uuid> = claimed.into_iter().flatten().collect();
            assert_eq!(claimed.len(), 1);
            let mut ledger = store.ledger();
            if reached {
                ledger.notice_reached("org").expect("noted");
            }
            ledger.end_notice("org", claimed[0]).expect("ended");
        }
        let claimed = in_crowd(store, CROWD, |_, ledger| {
            ledger.claim_notice("org", Uuid::new_v4(), Duration::ZERO).expect("asked")
        });
        assert!(claimed.iter().all(|claimed| !claimed), "somebody was reached just now");
    });
}

#[test]
fn a_mandate_made_by_all_at_once_keeps_what_each_has_said() {
    on_each(|store| {
        in_crowd(store, CROWD, |at, ledger| {
            let mut change = Change { model: Some(Model::PrepayMandate), ..Change::default() };
            match at {
                0 => change.markup = Some(decimal("7")),
                1 => change.currency = Some("EUR".into()),
                2 => change.cooldown = Some(Duration::from_secs(5)),
                3 => change.notify = Some(vec!["a@x.example".into()]),
                _ => {}
            }
            ledger.change("org", &change).expect("made or changed");
        });
        let made = store.ledger().mandate(None).expect("one");
        assert_eq!((made.markup_percent.0, made.cooldown_s), (decimal("7"), 5));
        assert_eq!((made.currency.as_str(), made.notify.len()), ("EUR", 1));
    });
}
