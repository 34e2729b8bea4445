//! What the files of a run say of it, whoever comes when.

use super::*;
use crate::ledger::service::RunStart;
use crate::ledger::suite::{LedgerStore, all, credit, on_each, price, used};
use crate::ledger::values::{Model, Transaction};
use std::time::SystemTime;

#[test]
fn costs_are_added_up_line_by_line_and_nonsense_is_quoted_with_its_reason() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("cost");
    for (text, sum) in [
        ("", None),
        (" \n\n", None),
        ("0.0125\n", Some("0.0125")),
        ("0.1\r\n\n 0.2 \n", Some("0.3")),
        ("0", Some("0")),
        ("1.65e-05\n.0012\n0.005940000000000001", Some("0.007156500000000001")),
        ("1e3", Some("1000")),
    ] {
        fs::write(&file, text).expect("written");
        let expected = sum.map_or(Cost::Unsaid, |sum| Cost::Reported(price(sum)));
        assert_eq!(read_cost(&file), expected, "{text:?}");
    }
    for (bytes, words) in [
        (&b"-1"[..], &["'-1'", "negative", "such as 0.0125 or 1.65e-05"][..]),
        (b"0.1\nabc", &["'abc'", "no number"]),
        (b"NaN\n", &["'NaN'", "no finite number"]),
        (b"Infinity", &["'Infinity'", "no finite number"]),
        (b"\"0.5\"\n", &["'\"0.5\"'", "no number"]),
        (b"\xff\xfe0", &["no number"]),
        (b"\x1b[2J", &["'\\u{1b}[2J'"]),
        (&b"900000000000\n".repeat(9), &["the sum", "too large"]),
        (&b"1\n".repeat(40_000), &["larger than 64 KiB"]),
    ] {
        fs::write(&file, bytes).expect("written");
        let Cost::Unreadable(why) = read_cost(&file) else { panic!("{bytes:?}") };
        assert!(words.iter().all(|word| why.contains(word)), "{why}");
    }
    fs::remove_file(&file).expect("removed");
    assert_eq!(read_cost(&file), Cost::Unsaid);
    fs::create_dir(&file).expect("made");
    assert_eq!(read_cost(&file), Cost::Unreadable("it is no plain file".into()));
}

#[test]
fn a_folder_has_one_id_whoever_asks_first() {
    let folder = tempfile::tempdir().expect("a folder");
    let ids: Vec<Uuid> = std::thread::scope(|scope| {
        let ask = || Runs::in_folder(folder.path().join("runs")).id().expect("an id");
        let asking: Vec<_> = (0..8).map(|_| scope.spawn(ask)).collect();
        asking.into_iter().map(|one| one.join().expect("joined")).collect()
    });
    assert!(ids.windows(2).all(|two| two[0] == two[1]), "{ids:?}");
}

/// A machine at a ledger: a folder of runs of its own.
struct RunsHost {
    ledger: Ledger,
    runs: Runs,
    _folder: tempfile::TempDir,
}

impl RunsHost {
    fn at(store: &LedgerStore) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let runs = Runs::in_folder(folder.path().join("runs"));
        runs.id().expect("an id");
        Self { ledger: store.ledger(), runs, _folder: folder }
    }

    /// A run whose watcher was killed: started or not, with what the command said of its cost.
    fn leave_behind(&mut self, started: bool, cost: &str) -> Hold {
        let mut watched = self.runs.watch(Uuid::new_v4(), &self.ledger.place()).expect("watched");
        let kept = (watched.id(), self.runs.id().expect("an id"));
        let begun = self.ledger.begin("org", &used("1", None, None), true, kept).expect("begun");
        let RunStart::Running(hold) = begun else { panic!("{begun:?}") };
        let starter = watched.starter(LowNumber::keep().expect("one")).expect("a starter");
        if started {
            starter.note_start();
        }
        fs::write(&starter.cost_file, cost).expect("written");
        hold
    }

    /// Looks after what a list that was made before all of it does not have.
    fn sweep(&mut self) -> Vec<String> {
        let mut settled = Vec::new();
        self.runs.sweep(&mut self.ledger, &[], &mut settled).expect("swept");
        settled.iter().map(Settled::description).collect()
    }

    /// The files of runs that are there.
    fn files(&self) -> usize {
        fs::read_dir(&self.runs.folder).expect("a folder").count() - 1
    }

    /// What stands in the book beside the first credit, the oldest first.
    fn booked(&mut self) -> Vec<String> {
        let told = |one: &Transaction| format!("{} {}", one.kind.word(), one.amount);
        let mut booked: Vec<String> = all(&mut self.ledger).iter().map(told).collect();
        booked.pop().expect("the credit");
        booked.reverse();
        assert!(self.ledger.holds().expect("listed").is_empty(), "nothing is held back");
        booked
    }
}

/// A ledger with 10 in its pool, and two machines at it.
fn two_machines(store: &LedgerStore) -> [RunsHost; 2] {
    let (mut ledger, _) = store.with(Model::PrepayMandate);
    ledger.credit("org", None, &credit("10", None)).expect("credited");
    [RunsHost::at(store), RunsHost::at(store)]
}

/// Makes every run look as if nothing was heard of it for an hour.
fn fall_silent(store: &LedgerStore) {
    let mut database = store.database();
    let aged = "UPDATE ledger_hold SET alive_ms = alive_ms - 3600000";
    database.write(&mut |sql| sql.run(aged, &[]).map(|_| ())).expect("aged");
}

#[test]
fn a_run_that_came_and_ended_after_the_holds_were_listed_is_settled_and_not_swept_away() {
    on_each(|store| {
        let [mut here, _] = two_machines(store);
        here.leave_behind(true, "0.25");
        here.leave_behind(true, "");
        here.leave_behind(false, "");
        assert_eq!(here.sweep().len(), 3);
        let mut booked = here.booked();
        booked.sort();
        assert_eq!(
            booked,
            ["DEBIT 0.25", "DEBIT 1.00"],
            "the one that never started costs nothing"
        );
        assert_eq!((here.sweep().len(), here.files()), (0, 0));
    });
}

#[test]
fn a_sweep_leaves_alone_what_was_listed_and_settles_what_was_not() {
    on_each(|store| {
        let [mut here, _] = two_machines(store);
        let listed = here.leave_behind(true, "0.25");
        here.leave_behind(true, "0.5");
        let mut settled = Vec::new();
        here.runs
            .sweep(&mut here.ledger, std::slice::from_ref(&listed), &mut settled)
            .expect("swept");
        assert_eq!(settled.len(), 1, "{settled:?}");
        let left = here.ledger.holds().expect("listed");
        assert_eq!(left.iter().map(|hold| hold.id).collect::<Vec<_>>(), [listed.id]);
        assert_eq!(here.runs.settle(&mut here.ledger).expect("settled").len(), 1);
        assert_eq!(here.booked(), ["DEBIT 0.50", "DEBIT 0.25"]);
    });
}

#[test]
fn the_files_of_a_run_wait_for_a_start_at_its_own_ledger() {
    on_each(|store| {
        let [mut here, _] = two_machines(store);
        let elsewhere = LedgerStore::file();
        let (mut other, _) = elsewhere.with(Model::PrepayMandate);
        for started in [true, false] {
            here.leave_behind(started, "0.25");
            let files = here.files();
            assert!(here.runs.settle(&mut other).expect("looked").is_empty());
            assert_eq!(here.files(), files, "nothing of it was taken away");
            assert_eq!(here.runs.settle(&mut here.ledger).expect("settled").len(), 1);
            assert_eq!(here.files(), 0);
        }
        assert_eq!(here.booked(), ["DEBIT 0.25"]);
        assert!(all(&mut other).is_empty());
    });
}

#[test]
fn a_start_that_comes_too_late_to_settle_a_run_changes_nothing() {
    on_each(|store| {
        let [mut here, _] = two_machines(store);
        for (cost, booked) in [("0.02", 1), ("0", 1)] {
            let mut hold = here.leave_behind(true, cost);
            // Long ago, as every start sees it that has listed the holds before.
            hold.alive = Timestamp::UNIX_EPOCH;
            let mut settle = || {
                let standing = here.runs.standing(hold.id).expect("a standing");
                here.runs.settle_hold(&mut here.ledger, &hold, &standing).expect("settled")
            };
            assert!(settle().is_some() && settle().is_none());
            assert_eq!(here.booked().len(), booked);
        }
    });
}

#[test]
fn what_another_machine_recorded_with_the_estimate_is_corrected_where_the_cost_is_known() {
    on_each(|store| {
        let [mut here, mut other] = two_machines(store);
        for (started, cost, booked) in [
            (true, "0.25", &["DEBIT 1.00", "CREDIT 0.75"][..]),
            (true, "1.5", &["DEBIT 1.00", "DEBIT 0.50"]),
            (true, "", &["DEBIT 1.00"]),
            (true, "1.00", &["DEBIT 1.00"]),
            (false, "", &["DEBIT 1.00", "CREDIT 1.00"]),
        ] {
            let before = here.booked().len();
            here.leave_behind(started, cost);
            assert!(other.runs.settle(&mut other.ledger).expect("settled").is_empty());
            fall_silent(store);
            assert_eq!(other.runs.settle(&mut other.ledger).expect("settled").len(), 1);
            let told = here.sweep();
            assert_eq!(told.len(), booked.len() - 1, "{told:?}");
            assert!(told.iter().all(|line| line.contains("another machine")), "{told:?}");
            assert_eq!(here.booked()[before..], *booked);
            if started {
                assert_eq!(here.files(), 0);
            }
            assert!(here.sweep().is_empty(), "once");
        }
        store.check_books();
    });
}

#[test]
fn an_estimate_of_nothing_waits_for_the_machine_that_knows_better() {
    on_each(|store| {
        let [mut here, mut other] = two_machines(store);
        let hold = here.leave_behind(true, "0.25");
        let mut database = store.database();
        let free = "UPDATE ledger_hold SET estimate = '0', amount = 0";
        database.write(&mut |sql| sql.run(free, &[]).map(|_| ())).expect("free");
        fall_silent(store);
        assert!(other.runs.settle(&mut other.ledger).expect("settled").is_empty());
        assert_eq!(here.runs.settle(&mut here.ledger).expect("settled").len(), 1);
        assert_eq!(here.booked(), ["DEBIT 0.25"], "{}", hold.id);
    });
}

#[test]
fn the_file_of_a_run_that_was_not_noted_stays_until_its_note_cannot_come_any_more() {
    on_each(|store| {
        let [mut here, _] = two_machines(store);
        let mut killed = |noted_later: bool| {
            let watched = here.runs.watch(Uuid::new_v4(), &here.ledger.place()).expect("watched");
            let id = watched.id();
            drop(watched);
            assert!(here.sweep().is_empty());
            if noted_later {
                let kept = (id, here.runs.id().expect("an id"));
                here.ledger.begin("org", &used("1", None, None), true, kept).expect("begun");
                fall_silent(store);
            }
            let settled = here.runs.settle(&mut here.ledger).expect("settled");
            assert_eq!(settled.len(), usize::from(noted_later), "{settled:?}");
            assert_eq!(here.booked(), [""; 0]);
            id
        };
        killed(true);
        let id = killed(false);
        assert!(here.files() > 0);
        let begun = path(&here.runs.folder, id, BEGUN);
        let long_ago = SystemTime::now() - LATEST_NOTE * 2;
        for ending in [BEGUN, COST] {
            let file = File::options().write(true).open(path(&here.runs.folder, id, ending));
            file.expect("there").set_modified(long_ago).expect("aged");
        }
        here.sweep();
        assert!(!begun.exists() && here.files() == 0);
    });
}
