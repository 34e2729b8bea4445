//! What the files of a run say of it, whoever comes when.

use super::*;
use crate::core::clock::TurnedClock;
use crate::ledger::service::RunStart;
use crate::ledger::suite::{LedgerStore, all, credit, on_each, price, used};
use crate::ledger::values::{Change, Labels, Model, Transaction};
use rust_decimal::Decimal;
use std::ffi::{OsStr, OsString};
use std::sync::Arc;
use std::time::SystemTime;

#[test]
fn costs_are_added_up_line_by_line_and_nonsense_is_quoted_with_its_reason() {
    let folder = crate::core::scratch::tempdir().expect("a folder");
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
        (b"0.1\nabc", &["'abc'", "not a number"]),
        (b"NaN\n", &["'NaN'", "not a finite number"]),
        (b"Infinity", &["'Infinity'", "not a finite number"]),
        (b"\"0.5\"\n", &["'\"0.5\"'", "not a number"]),
        (b"\xff\xfe0", &["not a number"]),
        (b"\x1b[2J", &["'\\u{1b}[2J'"]),
        (&b"900000000000\n".repeat(9), &["the sum", "too large"]),
        (&b"1\n".repeat(32 * 1024 + 1), &["larger than 64 KiB"]),
    ] {
        fs::write(&file, bytes).expect("written");
        let Cost::Unreadable(why) = read_cost(&file) else { panic!("{bytes:?}") };
        assert!(words.iter().all(|word| why.contains(word)), "{why}");
    }
    fs::write(&file, b"1\n".repeat(32 * 1024)).expect("written");
    assert_eq!(read_cost(&file), Cost::Reported(price("32768")), "64 KiB are read");
    fs::remove_file(&file).expect("removed");
    assert_eq!(read_cost(&file), Cost::Unsaid);
    fs::create_dir(&file).expect("made");
    assert_eq!(read_cost(&file), Cost::Unreadable("it is not a plain file".into()));
}

/// A run whose estimate is 1.
fn noted_run() -> Hold {
    Hold {
        id: Uuid::new_v4(),
        mandate: "org".into(),
        owner: None,
        amount: Decimal::ONE,
        estimate: price("1"),
        labels: Labels::default(),
        description: String::new(),
        kept_in: Uuid::nil(),
        alive: Timestamp::UNIX_EPOCH,
    }
}

#[test]
fn only_a_cost_that_the_books_refuse_gives_way_to_the_estimate() {
    let hold = noted_run();
    let too_large = |cost: &BasePrice| match cost.to_string().as_str() {
        "1" => Ok("booked"),
        _ => Err(Failure::usage("the price is too large to be booked")),
    };
    let (booked, cost) = Cost::Reported(price("9")).book(&hold, too_large).expect("the estimate");
    assert_eq!(booked, "booked");
    let Cost::Unreadable(why) = cost else { panic!("{cost:?}") };
    assert_eq!(why, "'9' cannot be booked: the price is too large to be booked");
    // A server that is away takes no estimate either.
    let mut asked = Vec::new();
    let away = Cost::Reported(price("9")).book(&hold, |cost| {
        asked.push(cost.to_string());
        Err::<(), _>(Failure::new(Class::Timeout, "nobody answers"))
    });
    assert_eq!((away.expect_err("away").class(), asked), (Class::Timeout, vec!["9".to_owned()]));
    for cost in [Cost::Unsaid, Cost::Unreadable("no price".into())] {
        let (booked, kept) = cost.clone().book(&hold, |cost| Ok(cost.clone())).expect("booked");
        assert_eq!((booked, kept), (price("1"), cost));
    }
}

/// A watched run in a folder of its own, and what starts its command.
fn started(number: LowNumber) -> (tempfile::TempDir, WatchedRun, Starter) {
    let folder = crate::core::scratch::tempdir().expect("a folder");
    let runs = Runs::in_folder(folder.path().to_owned());
    let mut watched = runs.watch(Uuid::new_v4(), "a ledger").expect("watched");
    let starter = watched.starter(number).expect("a starter");
    (folder, watched, starter)
}

#[test]
fn the_command_gets_the_lock_and_its_cost_under_the_low_number_that_was_kept() {
    // Another test may open a file in the moment between the one number and the other.
    let is_low = (0..200).any(|_| {
        let low = LowNumber::keep().expect("one");
        let number = low.0.as_raw_fd();
        let (_folder, watched, starter) = started(low);
        for file in [watched.lock.file(), &watched.cost] {
            let flags = fcntl_getfd(file.as_fd()).expect("flags");
            assert!(!flags.contains(FdFlags::CLOEXEC), "the command inherits it");
        }
        assert_eq!(starter.cost_number, watched.cost.as_raw_fd());
        watched.done();
        starter.cost_number == number
    });
    assert!(is_low, "the cost never got the number that was kept for it");
}

#[test]
fn this_program_is_started_once_more_to_become_the_command() {
    let (folder, watched, starter) = started(LowNumber::keep().expect("one"));
    let arguments = [OsString::from("-c"), OsString::from("true")];
    let command = starter.command(OsStr::new("sh"), &arguments).expect("a command");
    assert_eq!(command.get_program(), "/proc/self/exe");
    let words: Vec<&OsStr> = command.get_args().collect();
    let (begun, running) = (starter.begun.as_os_str(), starter.running.as_os_str());
    assert_eq!(words, [begun, running, OsStr::new("sh"), OsStr::new("-c"), OsStr::new("true")]);
    // Under another name it is topup itself, whatever its words.
    let argv = |name: &str| {
        [OsStr::new(name), begun, running, OsStr::new("sh"), OsStr::new("-c")].map(OsStr::to_owned)
    };
    let never = |_: &OsStr, _: &[OsString]| -> io::Error { panic!("it is topup itself") };
    assert_eq!(start::started_with(&argv("topup"), never), None);
    assert!(starter.begun.exists() && !watched.has_started().expect("looked"));
    assert_eq!(start::started_with(&argv("topup-ledger-start")[..3], never), None);
    // What cannot be started says so with the number of the system, and was not started.
    let missing = |program: &OsStr, arguments: &[OsString]| {
        assert_eq!((program, arguments), (OsStr::new("sh"), &[OsString::from("-c")][..]));
        assert!(watched.has_started().expect("looked"), "it is noted before");
        io::Error::from_raw_os_error(2)
    };
    assert_eq!(start::started_with(&argv("topup-ledger-start"), missing), Some(2));
    assert!(starter.begun.exists() && !watched.has_started().expect("looked"));
    // So does this program where the start cannot be noted: then nothing is started either.
    let gone =
        [OsStr::new("topup-ledger-start"), OsStr::new("/nowhere/a"), OsStr::new("/nowhere/b")];
    let argv: Vec<OsString> = gone.iter().chain(&[OsStr::new("sh")]).map(OsString::from).collect();
    assert_eq!(started_as(&argv), Some(2));
    starter.note_start();
    assert!(watched.has_started().expect("looked"));
    watched.done();
    assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 0, "its files go");
}

#[test]
fn a_folder_has_one_id_whoever_asks_first() {
    let folder = crate::core::scratch::tempdir().expect("a folder");
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
        let folder = crate::core::scratch::tempdir().expect("a folder");
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
        drop((starter, watched));
        // A process that another test has just started holds the lock too, for a moment.
        let file = path(&self.runs.folder, hold.id, if started { RUNNING } else { BEGUN });
        File::open(file).and_then(|file| file.lock()).expect("free");
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
fn settling_looks_after_the_files_that_no_run_of_the_ledger_names() {
    on_each(|store| {
        let [mut here, mut other] = two_machines(store);
        here.leave_behind(true, "0.25");
        fall_silent(store);
        assert_eq!(other.runs.settle(&mut other.ledger).expect("settled").len(), 1);
        // The estimate stands in the book, and only the files here know better.
        let settled = here.runs.settle(&mut here.ledger).expect("settled");
        assert!(settled[0].description().contains("another machine"), "{settled:?}");
        assert_eq!(here.booked(), ["DEBIT 1.00", "CREDIT 0.75"]);
        assert_eq!(here.files(), 0);
        // A machine that never ran anything has no folder, and needs none.
        let nowhere = Runs::in_folder(here.runs.folder.join("nowhere"));
        assert!(nowhere.settle(&mut here.ledger).expect("nothing to do").is_empty());
        assert!(!nowhere.folder.exists());
        assert_eq!(nowhere.sync().expect_err("no folder").class(), Class::Config);
    });
}

#[test]
fn what_is_half_of_a_run_goes_when_it_is_a_day_old() {
    on_each(|store| {
        let [mut here, _] = two_machines(store);
        let id = Uuid::new_v4();
        let age = |ending: &str, age: Duration| {
            let file = File::create(path(&here.runs.folder, id, ending)).expect("a file");
            file.set_modified(SystemTime::now() - age).expect("aged");
        };
        let minute = Duration::from_secs(60);
        for (old, left) in
            [(Duration::ZERO, 1), (LONG_AGO.saturating_sub(minute), 1), (LONG_AGO + minute, 0)]
        {
            for ending in [NEW, COST] {
                age(ending, old);
                here.runs.sweep(&mut here.ledger, &[], &mut Vec::new()).expect("swept");
                assert_eq!(here.files(), left, "{ending} {old:?}");
                here.runs.remove(id);
            }
        }
    });
}

#[test]
fn a_run_elsewhere_is_dead_when_it_was_silent_for_the_whole_time_and_not_before() {
    let store = &LedgerStore::file();
    let clock = Arc::new(TurnedClock::new("2026-11-30T12:00:00Z".parse().expect("a time")));
    let [mut here, mut other] = two_machines(store);
    (here.ledger, other.ledger) = (store.turned(&clock), store.turned(&clock));
    here.leave_behind(true, "0.25");
    let mut settled = |time: Duration| {
        clock.turn(time);
        other.runs.settle(&mut other.ledger).expect("settled").len()
    };
    let silence = Duration::try_from(SILENCE).expect("more than nothing");
    let moment = Duration::from_millis(1);
    assert_eq!(settled(silence.saturating_sub(moment)), 0);
    assert_eq!(settled(moment), 1);
}

#[test]
fn a_run_that_the_books_refuse_is_reported_and_all_the_others_are_recorded() {
    on_each(|store| {
        let [mut here, _] = two_machines(store);
        let refused = here.leave_behind(true, "");
        let mut database = store.database();
        let dear =
            format!("UPDATE ledger_hold SET estimate = '999999999999' WHERE id = '{}'", refused.id);
        database.write(&mut |sql| sql.run(&dear, &[]).map(|_| ())).expect("dear");
        here.leave_behind(true, "0.25");
        let markup = Change { markup: Some(Decimal::from(1_000_000)), ..Change::default() };
        here.ledger.change("org", &markup).expect("changed");
        let settled = here.runs.settle(&mut here.ledger).expect("settled");
        let mut words: Vec<String> = settled.iter().map(Settled::description).collect();
        // A store gives its holds in any order.
        words.sort_by_key(|words| words.contains("was recorded"));
        assert_eq!(words.len(), 2, "{words:?}");
        assert!(words[0].starts_with("A run for llm cannot be recorded: "), "{words:?}");
        assert!(words[1].contains("was recorded"), "{words:?}");
        let left = here.ledger.holds().expect("listed");
        assert_eq!(left.iter().map(|hold| hold.id).collect::<Vec<_>>(), [refused.id]);
        assert!(here.files() > 0, "its files stay as well");
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
