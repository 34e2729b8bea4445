//! A journal that was restored from an older copy, or came from another machine: what was bought in
//! between is not bought again, and nothing is said of it that is not known.

use super::buying::buy;
use super::shop::{FakeShop, Fate, called, charge, failed, once, unnamed};
use crate::app::buying::terms::Terms;
use crate::app::journal::{accept, back_up};
use crate::app::summary::{AnySummary, PurchaseStatus};
use crate::core::class::Class;
use crate::core::clock::Clock as _;
use crate::core::failure::{Charged, Failure, Result};
use crate::purchase::journal::{Journal, JournalDoubt, look};
use crate::purchase::key::{JOURNAL_RESTORED, Surroundings};
use crate::purchase::request::PurchaseName;
use crate::store::log;
use std::fs;
use std::path::PathBuf;
use std::time::Duration;

/// A copy of the journal as it is now.
fn copy(shop: &FakeShop) -> PathBuf {
    let copy = shop.journal_file().with_file_name("copy.db");
    back_up(&shop.journal(), &copy).expect("copied");
    copy
}

fn restore(shop: &FakeShop, copy: &PathBuf) {
    let _ = fs::remove_file(shop.journal_file().with_file_name("journal.db-wal"));
    fs::copy(copy, shop.journal_file()).expect("restored");
}

/// How many purchases are in it, and what lies beside it and is not read.
fn seen(shop: &FakeShop) -> (i64, Vec<String>) {
    let health = look(&shop.journal_file()).expect("a journal").expect("there");
    let name = |log: &PathBuf| log.file_name().expect("a name").to_string_lossy().into_owned();
    (health.purchases, health.foreign_logs.iter().map(name).collect())
}

#[test]
fn a_log_that_is_left_beside_a_restored_journal_is_never_mixed_with_it() {
    let shop = FakeShop::new();
    let file = shop.journal_file();
    charge(buy(&shop, "10", &unnamed()));
    let old = file.with_file_name("older.db");
    fs::rename(copy(&shop), &old).expect("renamed");
    charge(buy(&shop, "25", &unnamed()));
    let (newer, newer_log) = (copy(&shop), fs::read(log::beside(&file)).expect("a log"));
    for (copy, purchases, asides) in [(&old, 1, 1), (&newer, 2, 2)] {
        fs::copy(copy, &file).expect("restored");
        fs::write(log::beside(&file), &newer_log).expect("left there");
        let before = (1..asides).map(|number| format!("journal.db-wal.{number}"));
        let expected: Vec<String> = before.chain(["journal.db-wal".to_owned()]).collect();
        assert_eq!(seen(&shop), (purchases, expected), "looked at without touching it");
        let is_older = purchases == 1;
        match buy(&shop, "25", &unnamed()) {
            Err(_) if is_older => drop(accept(&shop.journal()).expect("accepted")),
            bought => drop(charge(bought)),
        }
        let kept = file.with_file_name(format!("journal.db-wal.{asides}"));
        assert_eq!(fs::read(&kept).expect("kept"), newer_log);
        let name = kept.display().to_string();
        assert!(shop.said.borrow().iter().any(|line| line.contains(&name)), "told of {name}");
    }
    assert_eq!(seen(&shop).0, 3);
    // Beside the newer copy lies a log of the older one.
    let log = fs::read(log::beside(&file)).expect("a log");
    fs::copy(&old, &file).expect("restored");
    fs::write(log::beside(&file), log).expect("left there");
    refused(&shop, buy(&shop, "25", &unnamed()));
    assert_eq!(seen(&shop).0, 1);
}

#[test]
fn a_copy_of_the_file_alone_is_noticed_as_older_than_what_its_log_had() {
    for name in ["journal.db-wal", "position"] {
        let shop = FakeShop::new();
        let file = shop.journal_file();
        charge(buy(&shop, "10", &unnamed()));
        drop(Journal::open_to_list(&shop.journal()).expect("a journal"));
        let bought = charge(buy(&shop, "25", &once("refill")));
        // As 'cp' copies it: the last purchase is in the log.
        fs::remove_file(log::beside(&file)).expect("removed");
        if name == "position" {
            // On another machine the position is not there either.
            fs::remove_dir_all(file.with_file_name("position")).expect("another machine");
        }
        assert_eq!(seen(&shop).0, 1, "{name}");
        refused(&shop, buy(&shop, "25", &unnamed()));
        let found = charge(buy(&shop, "25", &once("refill")));
        assert_eq!(found.charge_id, bought.charge_id, "under the same key");
        assert_eq!(shop.count_sales(), 2, "{name}");
    }
}

#[test]
fn a_file_whose_only_purchase_is_in_the_log_is_noticed_where_its_position_is() {
    let shop = FakeShop::new();
    let file = shop.journal_file();
    charge(buy(&shop, "25", &unnamed()));
    fs::remove_file(log::beside(&file)).expect("a copy of the file alone");
    assert_eq!(seen(&shop).0, 0);
    refused(&shop, buy(&shop, "25", &unnamed()));
    assert_eq!(shop.count_sales(), 1);
}

/// Refused for the gap; nothing was sent now.
#[track_caller]
fn refused(shop: &FakeShop, answer: Result<AnySummary>) -> Failure {
    let sent = shop.keys_sent().len();
    let failure = failed(answer, Class::OutcomeUnknown);
    assert_eq!(failure.parts().code.as_deref(), Some(JOURNAL_RESTORED), "{failure}");
    assert_eq!(failure.parts().charged, Some(Charged::Unknown));
    assert_eq!(failure.parts().charged_now, Some(Charged::No));
    assert_eq!(shop.keys_sent().len(), sent);
    failure
}

fn hours(hours: u64) -> Duration {
    Duration::from_hours(hours)
}

#[test]
fn without_a_name_nothing_is_bought_until_a_person_has_compared() {
    let shop = FakeShop::new();
    charge(buy(&shop, "10", &unnamed()));
    let old = copy(&shop);
    charge(buy(&shop, "25", &unnamed()));
    restore(&shop, &old);
    for amount in ["25", "30"] {
        let failure = refused(&shop, buy(&shop, amount, &unnamed()));
        assert!(failure.to_string().contains("restored from an older copy"), "{failure}");
    }
    assert!(shop.said.borrow().iter().any(|line| line.contains("topup journal accept")));
    let new = called(PurchaseName::Nothing { new: true });
    charge(buy(&shop, "25", &new));
    // What was bought since does not end the doubt.
    refused(&shop, buy(&shop, "25", &unnamed()));
    let accepted = accept(&shop.journal()).expect("accepted");
    assert!(accepted.was_in_doubt && accepted.unknown_from.is_some(), "{accepted:?}");
    assert!(accepted.unknown_to.is_some() && accepted.open_purchases == 0, "{accepted:?}");
    charge(buy(&shop, "25", &unnamed()));
    assert_eq!(shop.count_sales(), 4);
    assert!(!accept(&shop.journal()).expect("nothing to do").was_in_doubt);
}

#[test]
fn a_name_of_the_gap_is_sent_under_its_key_while_that_is_remembered_and_then_no_more() {
    let shop = FakeShop::new();
    charge(buy(&shop, "10", &unnamed()));
    let old = copy(&shop);
    shop.clock.turn(hours(1));
    let bought = charge(buy(&shop, "25", &once("refill")));
    shop.clock.turn(hours(1));
    restore(&shop, &old);
    let found = charge(buy(&shop, "25", &once("refill")));
    assert_eq!((found.charge_id, shop.count_sales()), (bought.charge_id, 2));
    // Another name may lie in the gap as well: a refusal proves nothing of it.
    shop.fate([Fate::Refused(Class::RoleRequired)]);
    let doubted = failed(buy(&shop, "25", &once("other")), Class::OutcomeUnknown);
    assert_eq!(doubted.parts().charged, Some(Charged::Unknown));
    shop.clock.turn(hours(23));
    refused(&shop, buy(&shop, "25", &once("a third")));
    accept(&shop.journal()).expect("accepted");
    charge(buy(&shop, "25", &once("a third")));
    assert_eq!(shop.count_sales(), 3);
}

#[test]
fn a_name_that_cannot_be_as_old_as_the_gap_is_not_in_doubt() {
    let mut shop = FakeShop::new();
    charge(buy(&shop, "10", &unnamed()));
    let old = copy(&shop);
    charge(buy(&shop, "25", &unnamed()));
    shop.clock.turn(hours(30));
    restore(&shop, &old);
    let since = Terms { once_since: Some(shop.clock.now()), ..once("new") };
    charge(buy(&shop, "25", &since));
    shop.surroundings = Surroundings {
        ci: true,
        run_attempt: Some("1".into()),
        run_id: Some("4711".into()),
        ..Surroundings::default()
    };
    shop.fate([Fate::Refused(Class::RoleRequired)]);
    let refused = failed(buy(&shop, "25", &once("4711-refill")), Class::RoleRequired);
    assert_eq!(refused.parts().charged, Some(Charged::No));
}

#[test]
fn what_was_open_in_the_copy_may_have_been_paid_since() {
    let shop = FakeShop::new();
    shop.fate([Fate::Lost, Fate::Lost, Fate::Lost]);
    failed(buy(&shop, "25", &unnamed()), Class::OutcomeUnknown);
    let old = copy(&shop);
    charge(buy(&shop, "25", &unnamed()));
    restore(&shop, &old);
    let found = charge(buy(&shop, "25", &unnamed()));
    assert!(found.resumed);
    assert_eq!((found.status, shop.count_sales()), (PurchaseStatus::Settled, 1));
}

#[test]
fn what_was_refused_under_a_name_may_have_been_paid_since() {
    let shop = FakeShop::new();
    shop.fate([Fate::Refused(Class::NoPaymentMethod)]);
    failed(buy(&shop, "25", &once("refill")), Class::NoPaymentMethod);
    let old = copy(&shop);
    charge(buy(&shop, "25", &once("refill")));
    restore(&shop, &old);
    shop.fate([Fate::Refused(Class::RoleRequired)]);
    let doubted = failed(buy(&shop, "25", &once("refill")), Class::OutcomeUnknown);
    assert_eq!(doubted.parts().charged, Some(Charged::Unknown));
    // Its key may be forgotten, and is not sent then, accepted or not.
    shop.clock.turn(hours(24));
    accept(&shop.journal()).expect("accepted");
    let sent = shop.keys_sent().len();
    failed(buy(&shop, "25", &once("refill")), Class::OutcomeUnknown);
    assert_eq!((shop.keys_sent().len(), shop.count_sales()), (sent, 1));
}

#[test]
fn a_journal_that_was_thrown_away_or_lost_its_position_is_in_doubt_as_well() {
    let shop = FakeShop::new();
    charge(buy(&shop, "25", &unnamed()));
    fs::remove_file(shop.journal_file()).expect("removed");
    refused(&shop, buy(&shop, "25", &unnamed()));
    refused(&shop, buy(&shop, "25", &once("refill")));
    accept(&shop.journal()).expect("accepted");
    charge(buy(&shop, "25", &unnamed()));
    fs::remove_dir_all(shop.journal_file().with_file_name("position")).expect("removed");
    refused(&shop, buy(&shop, "25", &unnamed()));
    let doubt = look(&shop.journal_file()).expect("a journal").expect("there").doubt;
    assert!(matches!(doubt, Some(JournalDoubt::Restored(gap)) if gap.to.is_none()), "{doubt:?}");
}

#[test]
fn a_journal_of_another_machine_or_version_proves_no_first_use_until_something_was_sent() {
    let position = |shop: &FakeShop| shop.journal_file().with_file_name("position/journal.json");
    let elsewhere: fn(&str) -> String = |text| {
        let mut known: serde_json::Value = serde_json::from_str(text).expect("JSON");
        known["machine"] = "another".into();
        known.to_string()
    };
    for (what, changed) in [("another machine", Some(elsewhere)), ("an older version", None)] {
        let shop = FakeShop::new();
        charge(buy(&shop, "10", &unnamed()));
        shop.fate([Fate::Refused(Class::NoPaymentMethod)]);
        failed(buy(&shop, "25", &once("known")), Class::NoPaymentMethod);
        match changed {
            Some(changed) => {
                let text = fs::read_to_string(position(&shop)).expect("a position");
                fs::write(position(&shop), changed(&text)).expect("written");
            }
            None => {
                fs::remove_file(position(&shop)).expect("removed");
                let journal = rusqlite::Connection::open(shop.journal_file()).expect("a journal");
                journal.pragma_update(None, "application_id", 0).expect("as it was");
            }
        }
        shop.fate([Fate::Refused(Class::RoleRequired), Fate::Refused(Class::RoleRequired)]);
        let doubted = failed(buy(&shop, "25", &once("first")), Class::OutcomeUnknown);
        assert_eq!(doubted.parts().charged, Some(Charged::Unknown), "{what}");
        // Something was sent from here: the next name is a new one again.
        let refused = failed(buy(&shop, "25", &once("second")), Class::RoleRequired);
        assert_eq!(refused.parts().charged, Some(Charged::No), "{what}");
        if changed.is_some() {
            shop.fate([Fate::Refused(Class::RoleRequired)]);
            failed(buy(&shop, "25", &once("known")), Class::OutcomeUnknown);
        }
        charge(buy(&shop, "25", &unnamed()));
    }
}
