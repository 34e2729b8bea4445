//! What the ledger asks of its database, whatever kind that is: one that notes what it is asked, and
//! does all work twice, as after an answer that was lost.

use super::*;
use crate::ledger::sqlite::Sqlite;
use crate::ledger::suite::{LedgerStore, all, credit, used};
use crate::ledger::values::Model;
use std::sync::{Arc, Mutex};

/// A file behind it, and what was asked for.
struct NotingDatabase {
    behind: Sqlite,
    _folder: tempfile::TempDir,
    is_read_only: bool,
    asked: Arc<Mutex<Vec<&'static str>>>,
}

impl NotingDatabase {
    fn note(&self, what: &'static str) {
        self.asked.lock().expect("no panic").push(what);
    }
}

impl Database for NotingDatabase {
    fn write(&mut self, work: &mut SqlWork<'_>) -> Result<()> {
        self.behind.write(work)?;
        self.behind.write(work)
    }

    fn read(&mut self, work: &mut SqlWork<'_>) -> Result<()> {
        self.behind.read(work)
    }

    fn index_lists(&mut self) {
        self.note("index");
    }

    fn rest(&mut self) {
        self.note("rest");
    }

    fn leave_log(&mut self) {
        self.note("leave log");
    }

    fn foreign_logs(&self) -> Vec<PathBuf> {
        vec!["ledger.db-wal.1".into()]
    }

    fn is_read_only(&self) -> bool {
        self.is_read_only
    }

    fn now(&self) -> Timestamp {
        self.behind.now()
    }

    fn place(&self) -> String {
        self.behind.place()
    }
}

/// A ledger with the mandate `org`, without a markup, and what its database was asked.
fn noting(is_read_only: bool) -> (Ledger, Arc<Mutex<Vec<&'static str>>>) {
    let folder = crate::core::scratch::tempdir().expect("a folder");
    let behind = Sqlite::open(&folder.path().join("ledger.db")).expect("a file");
    let asked = Arc::new(Mutex::new(Vec::new()));
    let database =
        NotingDatabase { behind, _folder: folder, is_read_only, asked: Arc::clone(&asked) };
    let mut ledger = Ledger::new(Box::new(database));
    let change = Change {
        model: Some(Model::PrepayMandate),
        markup: Some(Decimal::ZERO),
        ..Change::default()
    };
    ledger.change("org", &change).expect("a mandate");
    (ledger, asked)
}

#[test]
fn what_the_database_says_of_itself_is_passed_on_and_so_is_what_it_is_told() {
    for is_read_only in [false, true] {
        assert_eq!(noting(is_read_only).0.is_read_only(), is_read_only);
    }
    let (mut ledger, asked) = noting(false);
    assert_eq!(ledger.foreign_logs(), [PathBuf::from("ledger.db-wal.1")]);
    ledger.rest();
    assert_eq!(*asked.lock().expect("no panic"), ["rest"]);
    let older =
        ledger.each_transaction("org", &Filter::default(), 10, &mut |_| Ok(())).expect("listed");
    assert!(!older);
    assert_eq!(*asked.lock().expect("no panic"), ["rest", "index"]);
    let _dry = ledger.for_dry_run();
    assert_eq!(*asked.lock().expect("no panic"), ["rest", "index", "leave log"]);
}

#[test]
fn what_is_done_again_because_its_answer_was_lost_is_booked_once() {
    let (mut ledger, _) = noting(false);
    for (amount, balance) in [("10", "10.00"), ("5", "15.00")] {
        let posted = ledger.credit("org", None, &credit(amount, None)).expect("credited");
        assert_eq!(posted.balance.to_string(), balance);
    }
    let recorded = ledger.record("org", &used("2", None, None)).expect("recorded");
    assert_eq!(recorded.balance.to_string(), "13.00");
    let id = recorded.posted.expect("a transaction").transaction.id;
    ledger.reverse("org", &id, "booked twice").expect("reversed");
    assert_eq!(all(&mut ledger).len(), 4);
}

#[test]
fn the_one_mandate_is_meant_and_otherwise_it_is_said_what_to_do() {
    let mut ledger = LedgerStore::file().ledger();
    let none = ledger.mandate(None).expect_err("none");
    assert_eq!(none.to_string(), "there is no mandate yet");
    let (mut ledger, _) = noting(false);
    assert_eq!(ledger.mandate(None).expect("the only one").mandate, "org");
    let another = Change { model: Some(Model::Unlimited), ..Change::default() };
    ledger.change("other", &another).expect("a mandate");
    let several = ledger.mandate(None).expect_err("several");
    assert!(several.to_string().contains("several mandates"), "{several}");
    assert_eq!(several.parts().details["mandates"], serde_json::json!(["org", "other"]));
    assert_eq!(ledger.mandate(Some("other")).expect("named").mandate, "other");
}

#[test]
fn a_page_says_whether_there_is_more_and_an_export_has_all_of_it() {
    let (mut ledger, _) = noting(false);
    for amount in ["1", "2", "3"] {
        ledger.credit("org", None, &credit(amount, None)).expect("credited");
    }
    for (limit, listed, more) in [(2, 2, true), (3, 3, false), (4, 3, false)] {
        let (found, has_more) =
            ledger.transactions("org", &Filter::default(), limit).expect("listed");
        assert_eq!((found.len(), has_more), (listed, more), "{limit}");
    }
    let mandate = ledger.mandate(None).expect("the only one");
    let mut text = String::new();
    let mut take = |piece: &str| {
        text.push_str(piece);
        Ok(())
    };
    ledger
        .export(export::Format::Hledger, &[mandate], &TimeZone::UTC, &mut take)
        .expect("exported");
    for amount in ["CHF 1.00", "CHF 2.00", "CHF 3.00"] {
        assert!(text.contains(amount), "{text}");
    }
}
