//! Runs: what is held back while they go on, and what is booked when they end.

use super::{Credit, Ledger, Used, all, credit, decimal, kept, on_each, price, used};
use crate::core::class::Class;
use crate::core::clock::TurnedClock;
use crate::ledger::service::RunStart;
use crate::ledger::stats::SumBy;
use crate::ledger::values::{Change, Filter, Hold, Kind, Model, Reference, Rule};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use rust_decimal::Decimal;
use std::sync::Arc;

#[track_caller]
fn begin(ledger: &mut Ledger, used: &Used, strict: bool) -> Hold {
    match ledger.begin("org", used, strict, kept()).expect("asked") {
        RunStart::Running(hold) => hold,
        RunStart::Short(checked) => panic!("{checked:?}"),
    }
}

fn available(ledger: &mut Ledger) -> String {
    let mandate = ledger.mandate(Some("org")).expect("a mandate");
    ledger.account(&mandate, None).expect("an account").available().to_string()
}

#[test]
fn what_a_run_may_cost_is_held_back_until_it_ends() {
    on_each(|store| {
        let (mut ledger, mandate) = store.with(Model::PrepayMandate);
        ledger.credit("org", None, &credit("10", None)).expect("credited");
        let hold = begin(&mut ledger, &used("6", Some("anna"), None), true);
        assert_eq!((hold.amount, available(&mut ledger).as_str()), (decimal("6"), "4.00"));
        assert_eq!(ledger.accounts(None).expect("listed")[0].reserved.to_string(), "6.00");
        let short = ledger.begin("org", &used("5", None, None), true, kept()).expect("asked");
        let RunStart::Short(checked) = short else { panic!("{short:?}") };
        assert_eq!((checked.allowed, checked.reserved.to_string().as_str()), (false, "6.00"));
        assert!(!ledger.check(&mandate, None, decimal("5")).expect("checked").allowed);
        // Without strictness nothing is held back, and it is noted all the same.
        let loose = begin(&mut ledger, &used("4", None, None), false);
        assert_eq!((loose.amount, &loose.estimate), (Decimal::ZERO, &price("4")));
        let noted = store.ledger().holds().expect("listed");
        assert_eq!(noted.len(), 2);
        assert!(noted.iter().any(|known| known.id == hold.id && known.labels == hold.labels));
        ledger.keep_alive(hold.id).expect("alive");
        let alive = ledger.holds().expect("listed");
        let alive = alive.iter().find(|known| known.id == hold.id).expect("noted").alive;
        assert!(alive.as_millisecond() >= hold.alive.as_millisecond());

        let ended = ledger.end(&hold, &price("1.5")).expect("ended");
        assert_eq!(ended.balance.to_string(), "8.50");
        let booked = ended.posted.expect("a transaction").transaction;
        assert_eq!((booked.id, booked.reference), (hold.id.to_string(), Reference::Usage));
        assert_eq!(booked.user.as_deref(), Some("anna"));
        ledger.release(loose.id).expect("released");
        ledger.release(loose.id).expect("it is released already");
        assert!(ledger.holds().expect("listed").is_empty());
        let nothing = begin(&mut ledger, &used("1", None, None), true);
        assert!(ledger.end(&nothing, &price("0")).expect("ended").posted.is_none());
        assert_eq!(available(&mut ledger), "8.50");
        assert_eq!(store.check_books(), 2);
    });
}

#[test]
fn a_run_whose_estimate_was_booked_by_another_books_the_difference() {
    on_each(|store| {
        for (cost, kind, balance) in [
            ("3", None, "97.00"),
            ("5", Some(Kind::Debit), "92.00"),
            ("1", Some(Kind::Credit), "91.00"),
            ("0", Some(Kind::Credit), "91.00"),
        ] {
            let mut ledger = store.ledger();
            if ledger.mandates().expect("listed").is_empty() {
                store.with(Model::PrepayMandate);
                ledger.credit("org", None, &credit("100", None)).expect("credited");
            }
            let hold = begin(&mut ledger, &used("3", None, None), true);
            let mut other = store.ledger();
            let estimate = other.end(&hold, &hold.estimate).expect("the estimate");
            assert!(!estimate.posted.expect("a transaction").replayed);
            for _ in 0..2 {
                let ended = ledger.end(&hold, &price(cost)).expect("ended");
                assert_eq!(ended.balance.to_string(), balance, "{cost}");
                let booked = ended.posted.expect("a transaction").transaction;
                match kind {
                    None => assert_eq!(booked.id, hold.id.to_string()),
                    Some(kind) => {
                        assert_eq!((booked.kind, booked.reference), (kind, Reference::System));
                        assert_eq!(booked.description, format!("correction of {}", hold.id));
                    }
                }
            }
        }
        assert_eq!(store.check_books(), 1 + 4 + 3);
    });
}

/// The answer to a beginning may be lost on its way; so may that to an end.
#[test]
fn what_is_asked_for_again_because_its_answer_was_lost_is_done_once() {
    on_each(|store| {
        let (mut ledger, _) = store.with(Model::PrepayMandate);
        ledger.credit("org", None, &credit("10", None)).expect("credited");
        // It takes all that is there: the second time it finds what it has noted itself.
        let (kept, all_of_it) = (kept(), used("10", None, None));
        let mut again = || match ledger.begin("org", &all_of_it, true, kept).expect("asked") {
            RunStart::Running(hold) => hold,
            RunStart::Short(checked) => panic!("{checked:?}"),
        };
        let (first, second) = (again(), again());
        assert_eq!((first.id, first.amount), (second.id, second.amount));
        assert_eq!(ledger.holds().expect("listed").len(), 1);
        assert_eq!(available(&mut ledger), "0.00");
        // Another one has no room beside it.
        let other = ledger.begin("org", &used("1", None, None), true, super::kept());
        assert!(matches!(other.expect("asked"), RunStart::Short(_)));
        for replayed in [false, true] {
            let ended = ledger.end(&first, &price("4")).expect("ended");
            assert_eq!(ended.balance.to_string(), "6.00");
            assert_eq!(ended.posted.expect("a transaction").replayed, replayed);
        }
        assert_eq!(store.check_books(), 2);
    });
}

#[test]
fn what_was_reversed_is_not_corrected_any_more() {
    on_each(|store| {
        let (mut ledger, _) = store.with(Model::PrepayMandate);
        ledger.credit("org", None, &credit("100", None)).expect("credited");
        let hold = begin(&mut ledger, &used("3", None, None), true);
        let estimate = store.ledger().end(&hold, &hold.estimate).expect("the estimate");
        let id = estimate.posted.expect("a transaction").transaction.id;
        ledger.reverse("org", &id, "it never ran").expect("reversed");
        let ended = ledger.end(&hold, &price("5")).expect("ended");
        assert_eq!(ended.balance.to_string(), "100.00");
        assert!(ledger.correct_run(hold.id, &price("5")).expect("looked").is_none());
        assert_eq!(store.check_books(), 3);
    });
}

#[test]
fn an_estimate_that_cannot_be_booked_begins_nothing() {
    on_each(|store| {
        let (mut ledger, _) = store.with(Model::Unlimited);
        let dear = Change { markup: Some(decimal("1000000")), ..Change::default() };
        ledger.change("org", &dear).expect("changed");
        let refused = ledger.begin("org", &used("999999999999", None, None), false, kept());
        assert_eq!(refused.expect_err("too large").class(), Class::Usage);
        assert!(ledger.holds().expect("listed").is_empty());
    });
}

#[test]
fn a_correction_has_the_markup_that_was_booked_and_is_in_the_sums() {
    on_each(|store| {
        let (mut ledger, _) = store.with(Model::PrepayMandate);
        let markup =
            |percent: i64| Change { markup: Some(Decimal::from(percent)), ..Change::default() };
        ledger.change("org", &markup(50)).expect("changed");
        ledger.credit("org", None, &credit("100", None)).expect("credited");
        // What somebody says that a rule has moved is no use.
        let system = Credit { reference: Reference::System, ..credit("7", None) };
        ledger.credit("org", None, &system).expect("credited");
        for (cost, shown) in [("3", "llm 1 4.50"), ("1", "llm 2 6.00"), ("4", "llm 3 12.00")] {
            let hold = begin(&mut ledger, &used("3", Some("anna"), None), true);
            store.ledger().end(&hold, &hold.estimate).expect("the estimate");
            ledger.change("org", &markup(200)).expect("changed");
            for _ in 0..2 {
                let ended = ledger.end(&hold, &price(cost)).expect("ended");
                let booked = ended.posted.expect("a transaction").transaction;
                assert_eq!(booked.markup_percent.expect("a use").to_string(), "50");
                assert_eq!(booked.user.as_deref(), Some("anna"));
            }
            ledger.change("org", &markup(50)).expect("changed");
            let sums = ledger
                .stats("org", SumBy::Provider, &TimeZone::UTC, &Filter::default())
                .expect("summed up");
            let key = sums[0].key.as_deref().expect("a provider");
            assert_eq!(format!("{key} {} {}", sums[0].count, sums[0].total), shown);
            assert_eq!(sums.len(), 1);
        }
        let mandate = ledger.mandate(Some("org")).expect("a mandate");
        let left = ledger.account(&mandate, None).expect("an account").balance;
        assert_eq!(left.to_string(), "95.00", "107 and what the sums say is the same");
        store.check_books();
    });
}

#[test]
fn a_denied_provider_and_an_unlimited_mandate() {
    on_each(|store| {
        let (mut ledger, _) = store.with(Model::PrepayMandate);
        ledger.credit("org", None, &credit("10", None)).expect("credited");
        let deny = Rule { user: None, provider: "llm".into(), allowed: false };
        ledger.set_rule("org", &deny).expect("set");
        let denied = ledger.begin("org", &used("1", Some("anna"), None), true, kept());
        let denied = denied.expect_err("denied");
        assert_eq!(denied.class(), Class::RoleRequired);
        assert!(
            denied.parts().hints[0].to_string().ends_with("allow llm --mandate org --user anna'")
        );
        ledger.set_rule("org", &Rule { allowed: true, ..deny }).expect("set");
        let free = Change { model: Some(Model::Unlimited), ..Change::default() };
        ledger.change("org", &free).expect("changed");
        let hold = begin(&mut ledger, &used("1000", None, None), true);
        assert_eq!(hold.amount, Decimal::ZERO, "nothing has to be held back");
        ledger.end(&hold, &price("1000")).expect("ended");
        assert_eq!(all(&mut ledger).len(), 2);
        let own = Change { model: Some(Model::PrepayUser), ..Change::default() };
        ledger.change("org", &own).expect("changed");
        assert!(ledger.begin("org", &used("1", None, None), true, kept()).is_err());
        ledger.credit("org", Some("anna"), &credit("2", None)).expect("credited");
        let hold = begin(&mut ledger, &used("2", Some("anna"), None), true);
        // It ends on the account it began on, whatever was changed meanwhile.
        ledger.change("org", &free).expect("changed");
        let ended = ledger.end(&hold, &price("2")).expect("ended").posted.expect("booked");
        assert_eq!(ended.transaction.account_user.as_deref(), Some("anna"));
        assert_eq!(ended.balance.0, Decimal::ZERO);
        store.check_books();
    });
}

#[test]
fn a_correction_and_a_reversal_are_booked_on_the_account_of_the_user() {
    on_each(|store| {
        let (mut ledger, mandate) = store.with(Model::PrepayUser);
        ledger.credit("org", Some("anna"), &credit("10", None)).expect("credited");
        let hold = begin(&mut ledger, &used("3", Some("anna"), None), true);
        store.ledger().end(&hold, &hold.estimate).expect("the estimate");
        let corrected = ledger.end(&hold, &price("5")).expect("ended");
        let corrected = corrected.posted.expect("a transaction").transaction;
        assert_eq!(corrected.account_user.as_deref(), Some("anna"));
        assert_eq!(corrected.balance_after.to_string(), "5.00");
        let reversed = ledger.reverse("org", &corrected.id, "a mistake").expect("reversed");
        assert_eq!(reversed.transaction.account_user.as_deref(), Some("anna"));
        assert_eq!(reversed.balance.to_string(), "7.00");
        let account = ledger.account(&mandate, Some("anna")).expect("an account");
        assert_eq!(account.balance.to_string(), "7.00");
        assert_eq!(store.check_books(), 4);
    });
}

/// The clocks of machines differ: what began first may be noted last.
#[test]
fn runs_are_listed_in_the_order_in_which_they_began() {
    on_each(|store| {
        store.with(Model::Unlimited);
        let mut begun = [5, 3, 8, 1, 13, 2].map(|second| {
            let at = Timestamp::from_second(second).expect("a time");
            let mut ledger = store.turned(&Arc::new(TurnedClock::new(at)));
            (second, begin(&mut ledger, &used("1", None, None), false).id)
        });
        begun.sort_unstable();
        let listed = store.ledger().holds().expect("listed").into_iter().map(|hold| hold.id);
        assert!(listed.eq(begun.into_iter().map(|(_, id)| id)));
    });
}

/// Another process finds it in the ledger, and knows nothing else of it.
#[test]
fn a_run_left_over_is_booked_on_the_account_that_it_began_on() {
    on_each(|store| {
        for (model, owner) in [(Model::PrepayUser, Some("anna")), (Model::PrepayMandate, None)] {
            let mut ledger = store.ledger();
            if ledger.mandates().expect("listed").is_empty() {
                store.with(model);
            } else {
                let change = Change { model: Some(model), ..Change::default() };
                ledger.change("org", &change).expect("changed");
            }
            ledger.credit("org", owner, &credit("2", None)).expect("credited");
            let begun = begin(&mut ledger, &used("2", Some("anna"), None), true);
            let mut other = store.ledger();
            let noted = other.holds().expect("listed").remove(0);
            assert_eq!((noted.id, noted.owner.as_deref()), (begun.id, owner));
            let ended = other.end(&noted, &noted.estimate).expect("ended");
            let booked = ended.posted.expect("a transaction").transaction;
            assert_eq!(booked.account_user.as_deref(), owner);
            assert_eq!(ended.balance.0, Decimal::ZERO);
        }
        store.check_books();
    });
}
