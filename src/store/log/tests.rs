//! Promise: whatever copy lies beside a log, both are read together only where that gives what the log
//! ends with; and a log is never taken from its own file.

use super::*;
use lineage::LOG_HEAD;
use std::collections::BTreeMap;
use std::os::unix::fs::MetadataExt;

/// Opens it as every command does that writes.
fn opened(file: &Path) -> Connection {
    let db = open(file).expect("open");
    begin(&db, file);
    db
}

/// One transaction that adds to a table.
fn add(db: &Connection, bytes: i64, is_marked: bool) {
    db.execute_batch("BEGIN IMMEDIATE; CREATE TABLE IF NOT EXISTS t (n INTEGER, b BLOB)")
        .expect("begun");
    db.execute("INSERT INTO t SELECT count(*), zeroblob(?1) FROM t", [bytes]).expect("added");
    // Pages in the middle of the file change as well.
    db.execute("UPDATE t SET b = randomblob(length(b)) WHERE n = (SELECT count(*) / 2 FROM t)", [])
        .expect("changed");
    if is_marked {
        mark(db).expect("marked");
    }
    db.execute_batch("COMMIT").expect("written");
}

fn write(file: &Path, anew: bool) {
    assert_eq!(set_aside_foreign(file).expect("looked"), None);
    let db = opened(file);
    if anew {
        move_into_file(&db);
        assert!(!is_foreign(file).expect("looked"), "moved and not begun anew");
    }
    add(&db, 10, true);
    add(&db, 10, true);
}

fn rows(file: &Path) -> i64 {
    let db = open_to_read(file).expect("open");
    db.query_row("SELECT count(*) FROM t", [], |row| row.get(0)).expect("counted")
}

fn new_file(folder: &tempfile::TempDir) -> PathBuf {
    let file = folder.path().join("a b%.db");
    File::create(&file).expect("made");
    file
}

#[test]
fn a_log_is_read_with_its_own_file_and_with_no_copy_that_is_older_or_newer() {
    let folder = crate::core::scratch::tempdir().expect("a folder");
    let file = new_file(&folder);
    let (mut files, mut logs) = (Vec::new(), Vec::new());
    for _ in 0..4 {
        write(&file, true);
        write(&file, false);
        assert!(beside(&file).metadata().expect("a log").len() > LOG_HEAD as u64, "it stays");
        assert!(!is_foreign(&file).expect("looked"));
        files.push(fs::read(&file).expect("bytes"));
        logs.push(fs::read(beside(&file)).expect("bytes"));
    }
    assert_eq!(rows(&file), 16);
    let had = [0, 4, 8, 12];
    for (at, copy) in files.iter().enumerate().skip(1) {
        for (other, (log, ends_with)) in logs.iter().zip([4, 8, 12, 16]).enumerate() {
            fs::write(&file, copy).expect("restored");
            fs::write(beside(&file), log).expect("restored");
            // The next log begins where everything before is in the file.
            let is_own = at == other || at == other + 1;
            assert_eq!(is_foreign(&file).expect("looked"), !is_own, "{at} {other}");
            let expected = if is_own { ends_with } else { had[at] };
            assert_eq!(rows(&file), expected, "{at} {other}");
        }
    }
    // A copy that is newer than the log: nothing of it is lost, and nothing of the log.
    fs::write(&file, &files[3]).expect("restored");
    fs::write(beside(&file), &logs[0]).expect("restored");
    assert_eq!(not_of_file(&file), [beside(&file)]);
    let aside = set_aside_foreign(&file).expect("moved").expect("a name");
    assert_eq!(fs::read(&aside).expect("there"), logs[0]);
    assert_eq!(not_of_file(&file), [aside]);
    write(&file, false);
    assert_eq!(rows(&file), 14);
}

/// Numbers by a seed (splitmix64).
struct Dice(u64);

impl Dice {
    fn next(&mut self, below: u32) -> u32 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        u32::try_from((mixed ^ (mixed >> 31)) % u64::from(below)).expect("small")
    }
}

/// A file and its log as a kill leaves them.
#[derive(Clone, PartialEq, Eq)]
struct Pair {
    file: Vec<u8>,
    log: Vec<u8>,
}

impl Pair {
    fn take(file: &Path) -> Self {
        let log = fs::read(beside(file)).unwrap_or_default();
        Self { file: fs::read(file).expect("bytes"), log }
    }

    fn put(&self, folder: &Path) -> PathBuf {
        let file = folder.join("put.db");
        let _ = fs::remove_file(sqlite::beside(&file, "-shm"));
        fs::write(&file, &self.file).expect("written");
        fs::write(beside(&file), &self.log).expect("written");
        file
    }

    /// Everything in it, as SQLite reads both together; none where it is torn.
    fn read(&self, folder: &Path) -> Option<String> {
        let db = Connection::open(self.put(folder)).ok()?;
        db.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true).ok()?;
        let whole: String = db.query_row("PRAGMA integrity_check", [], |row| row.get(0)).ok()?;
        let all = "SELECT group_concat(n || hex(b)) FROM t";
        (whole == "ok").then(|| db.query_row(all, [], |row| row.get(0)).ok())?
    }
}

/// What two files go through, of which the second begins as a copy of the first. Each pair as it is
/// between two writes, for a kill may come there.
fn lives(dice: &mut Dice, is_always_marked: bool) -> Vec<Pair> {
    let folder = crate::core::scratch::tempdir().expect("a folder");
    let first = folder.path().join("first.db");
    File::create(&first).expect("made");
    add(&opened(&first), 10, is_always_marked);
    let mut pairs = vec![Pair::take(&first)];
    let second = folder.path().join("second.db");
    for file in [&first, &second] {
        if file == &second {
            let begun = pairs[dice.next(1000) as usize % pairs.len()].clone();
            fs::write(&second, &begun.file).expect("copied");
            fs::write(beside(&second), &begun.log).expect("copied");
        }
        for _ in 0..5 {
            let db = opened(file);
            let mut reader = None;
            for _ in 0..=dice.next(3) {
                match dice.next(5) {
                    0 => move_into_file(&db),
                    1 => {
                        let held = open_to_read(file).expect("a reader");
                        held.execute_batch("BEGIN; SELECT count(*) FROM t").expect("held");
                        reader = Some(held);
                    }
                    2 => drop(reader.take()),
                    _ => {
                        let is_marked = is_always_marked || dice.next(2) == 0;
                        add(&db, i64::from(dice.next(9000)), is_marked);
                    }
                }
                pairs.push(Pair::take(file));
            }
        }
    }
    pairs.dedup();
    pairs
}

#[test]
fn no_copy_is_ever_mixed_with_a_log_that_is_not_its_own() {
    let folder = crate::core::scratch::tempdir().expect("a folder");
    let (mut own, mut foreign) = (0, 0);
    for seed in 0..3 {
        let pairs = lives(&mut Dice(seed), true);
        let mut ends = BTreeMap::new();
        for (at, pair) in pairs.iter().enumerate() {
            let end = pair.read(folder.path()).expect("whole as it was");
            assert!(!is_foreign(&pair.put(folder.path())).expect("looked"), "{seed}: {at}");
            ends.insert(pair.log.clone(), end);
        }
        for one in &pairs {
            for (log, end) in ends.iter().filter(|(log, _)| log.len() > LOG_HEAD) {
                let mixed = Pair { file: one.file.clone(), log: log.clone() };
                if is_foreign(&mixed.put(folder.path())).expect("looked") {
                    foreign += 1;
                } else {
                    own += 1;
                    assert_eq!(mixed.read(folder.path()).as_ref(), Some(end), "seed {seed}");
                }
            }
        }
    }
    assert!(own > 50 && foreign > 50, "{own} {foreign}");
}

#[test]
fn a_log_of_a_program_that_marks_nothing_stays_with_its_file() {
    let folder = crate::core::scratch::tempdir().expect("a folder");
    for seed in 100..112 {
        for pair in lives(&mut Dice(seed), false) {
            assert!(!is_foreign(&pair.put(folder.path())).expect("looked"), "{seed}");
        }
    }
}

#[test]
fn copies_that_sqlite_makes_are_never_mixed_with_the_log() {
    let folder = crate::core::scratch::tempdir().expect("a folder");
    let file = new_file(&folder);
    write(&file, true);
    let log = {
        let db = opened(&file);
        move_into_file(&db);
        add(&db, 9000, true);
        fs::read(beside(&file)).expect("bytes")
    };
    for (name, is_vacuumed) in [("vacuumed.db", true), ("backup.db", false)] {
        let copy = folder.path().join(name);
        let source = open_to_read(&file).expect("open");
        if is_vacuumed {
            source.execute("VACUUM INTO ?1", [copy.to_str()]).expect("copied");
        } else {
            let none: Option<fn(rusqlite::backup::Progress)> = None;
            source.backup("main", &copy, none).expect("copied");
        }
        fs::write(beside(&copy), &log).expect("laid beside");
        assert!(is_foreign(&copy).expect("looked"), "{name}");
        assert_eq!(rows(&copy), 3, "{name}");
    }
}

#[test]
fn the_flag_of_a_mark_stays() {
    let folder = crate::core::scratch::tempdir().expect("a folder");
    let db = opened(&new_file(&folder));
    mark(&db).expect("marked");
    assert!(mark_of(&db).expect("read") >= 0);
    mark_with_flag(&db).expect("marked");
    mark(&db).expect("marked");
    assert!(mark_of(&db).expect("read") < 0);
}

#[test]
fn a_long_log_is_begun_anew_by_processes_of_one_transaction() {
    let folder = crate::core::scratch::tempdir().expect("a folder");
    let file = new_file(&folder);
    let mut longest = 0;
    for _ in 0..100 {
        let db = opened(&file);
        shorten(&db, &file);
        add(&db, 12_000, true);
        longest = longest.max(fs::metadata(beside(&file)).expect("a log").len());
    }
    assert!((LONGEST..LONGEST + 96 * 1024).contains(&longest), "{longest}");
    assert_eq!(rows(&file), 100);
}

#[test]
fn a_command_that_reads_leaves_everything_in_the_file() {
    let folder = crate::core::scratch::tempdir().expect("a folder");
    let file = new_file(&folder);
    write(&file, false);
    let copy = folder.path().join("copy.db");
    fs::copy(&file, &copy).expect("copied");
    let left = open_to_read(&copy).expect("open").query_row("SELECT 1 FROM t", [], |_| Ok(()));
    assert!(left.is_err(), "a copy of the file alone lacks what the log has");
    move_if_new(&opened(&file), &file);
    fs::copy(&file, &copy).expect("copied");
    assert_eq!(rows(&copy), 2);
    assert!(lineage::is_moved(&file).expect("looked"));
}

#[test]
fn a_file_without_a_log_or_with_one_of_another_program_is_left_alone() {
    let folder = crate::core::scratch::tempdir().expect("a folder");
    let file = folder.path().join("a.db");
    assert!(!is_foreign(&file).expect("nothing is there"));
    fs::write(beside(&file), "short").expect("written");
    assert!(!is_foreign(&file).expect("no file"));
    fs::write(&file, "").expect("written");
    assert!(!is_foreign(&file).expect("no page"));
    fs::write(&file, [0; 4096]).expect("written");
    assert!(!is_foreign(&file).expect("no head"));
    // A log without a first page.
    fs::write(beside(&file), [0; 5000]).expect("written");
    assert!(!is_foreign(&file).expect("no first page"));
}

#[test]
fn the_log_of_a_file_that_was_emptied_is_kept() {
    let folder = crate::core::scratch::tempdir().expect("a folder");
    let file = new_file(&folder);
    write(&file, false);
    fs::write(&file, "").expect("emptied");
    let aside = set_aside_foreign(&file).expect("moved").expect("a name");
    assert!(aside.exists() && !beside(&file).exists());
}

#[test]
fn a_look_at_the_file_gives_back_no_lock_of_this_process() {
    let folder = crate::core::scratch::tempdir().expect("a folder");
    let file = new_file(&folder);
    write(&file, false);
    let writer = opened(&file);
    writer.execute_batch("BEGIN IMMEDIATE").expect("begun");
    assert!(!is_foreign(&file).expect("looked"));
    // Each lock is a line: its kind, the process, the file, … The list is handed out in pieces while
    // other tests lock and unlock, so one reading may miss a line; a lock given back stands in none.
    let Ok(locks) = fs::read_to_string("/proc/locks") else { return };
    let inode = format!(":{}", fs::metadata(&file).expect("there").ino());
    let here = std::process::id().to_string();
    let is_ours = |line: &&str| {
        let mut words = line.split_ascii_whitespace();
        words.clone().any(|word| word == here) && words.any(|word| word.ends_with(&inode))
    };
    let is_listed = (0..100).any(|_| {
        fs::read_to_string("/proc/locks")
            .is_ok_and(|locks| locks.lines().any(|line| is_ours(&line)))
    });
    assert!(is_listed, "{locks}");
}
