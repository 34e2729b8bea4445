//! Where a file of purchases stands against what was written to it.

use super::super::backup;
use super::super::tests::{add, at_file, intent, sending, stamp};
use super::*;
use crate::purchase::position::Gap;
use crate::purchase::record::KeyOrigin;
use jiff::Timestamp;

fn row(seq: i64, at: &str) -> KnownRow {
    KnownRow { seq, purchase: Uuid::from_u128(1), stamp: stamp(at) }
}

fn end(has_last: bool, newest_sent: Option<KnownRow>, was_kept: bool) -> JournalEnd {
    JournalEnd { has_last, newest: newest_sent.clone(), newest_sent, was_kept }
}

const TEN: &str = "2026-11-20T10:00:00Z";
const TWELVE: &str = "2026-11-20T12:00:00Z";

fn at(text: &str) -> Timestamp {
    text.parse().expect(text)
}

#[test]
fn what_file_and_journal_say_together() {
    let position = |machine: &str, gap: Option<Gap>, moved: bool| Position {
        machine: Some(machine.to_owned()),
        last: Some(row(7, TWELVE)),
        gap,
        moved,
    };
    let sent = || Some(row(7, TEN));
    let gap = |from: Option<&str>, to: Option<&str>| Gap { from: from.map(at), to: to.map(at) };
    let restored = |from, to| Some(JournalDoubt::Restored(gap(from, to)));
    let moved = Some(JournalDoubt::Moved);
    let here = position("a", None, false);
    let accepted_never = position("a", Some(gap(Some(TEN), Some(TEN))), false);
    for (known, journal, expected) in [
        (None, end(true, None, false), None),
        (None, end(true, None, true), None),
        (None, end(true, sent(), false), moved.clone()),
        (None, end(true, sent(), true), restored(Some(TEN), None)),
        (Some(&here), end(true, sent(), true), None),
        (Some(&here), end(false, sent(), true), restored(Some(TEN), Some(TWELVE))),
        (Some(&here), end(false, None, false), restored(None, Some(TWELVE))),
        (Some(&position("b", None, false)), end(true, sent(), true), moved.clone()),
        (
            Some(&position("b", None, false)),
            end(false, sent(), true),
            restored(Some(TEN), Some(TWELVE)),
        ),
        (Some(&position("a", None, true)), end(true, sent(), true), moved),
        (Some(&accepted_never), end(true, sent(), true), restored(Some(TEN), Some(TEN))),
        (Some(&accepted_never), end(false, sent(), true), restored(Some(TEN), Some(TWELVE))),
    ] {
        assert_eq!(judge(known, Some("a"), &journal), expected, "{known:?}");
    }
    // Where one of the two machines has no id, they are not compared.
    assert_eq!(judge(Some(&here), None, &end(true, sent(), true)), None);
    // What was missing before is missing still, whichever begins earlier.
    let nine = "2026-11-20T09:00:00Z";
    let twice = position("a", Some(gap(Some(nine), Some(TEN))), false);
    let both = restored(Some(nine), Some(TWELVE));
    assert_eq!(judge(Some(&twice), Some("a"), &end(false, sent(), true)), both);
}

#[test]
fn a_gap_is_shown_as_far_as_its_ends_are_known() {
    let gap = |from: Option<&str>, to: Option<&str>| Gap { from: from.map(at), to: to.map(at) };
    let (ten, twelve) = (crate::core::time::shown(at(TEN)), crate::core::time::shown(at(TWELVE)));
    for (gap, shown) in [
        (gap(Some(TEN), Some(TWELVE)), format!("between {ten} and {twelve}")),
        (gap(Some(TEN), None), format!("since {ten}")),
        (gap(None, Some(TWELVE)), format!("until {twelve}")),
        (gap(None, None), "at any time".to_owned()),
    ] {
        assert_eq!(gap.shown(), shown);
    }
}

#[test]
fn a_doubt_is_noted_once_for_each_copy_and_doubts_what_a_position_was_kept_of() {
    let sent = || Some(row(7, TEN));
    let known = |gap: Option<Gap>, moved: bool| Position {
        machine: Some("a".to_owned()),
        last: Some(row(9, TWELVE)),
        gap,
        moved,
    };
    let gap = Some(Gap { from: Some(at(TEN)), to: Some(at(TWELVE)) });
    let (here, in_gap, moved) = (known(None, false), known(gap, false), known(None, true));
    for (known, journal, doubts_purchases) in [
        (Some(&here), end(true, sent(), true), None),
        (Some(&here), end(false, sent(), true), Some(true)),
        (Some(&in_gap), end(true, sent(), true), None),
        // The same copy was restored once more, and knows nothing of the note.
        (Some(&in_gap), end(false, sent(), true), Some(true)),
        (Some(&moved), end(true, sent(), true), None),
        // The position is lost; and a journal of a version that kept none.
        (None, end(true, sent(), true), Some(true)),
        (None, end(true, sent(), false), Some(false)),
    ] {
        let note = Position::after_doubt(known, Some("a"), &journal);
        assert_eq!(note.map(|note| note.doubts_purchases), doubts_purchases, "{known:?}");
    }
}

#[test]
fn what_a_process_left_that_died_at_the_position_is_tidied_away() {
    let folder = crate::core::scratch::tempdir().expect("a folder");
    let (file, mut journal) = journal_of(folder.path());
    let position = file_of(&file);
    let count = || std::fs::read_dir(position.parent().expect("a folder")).expect("read").count();
    let before = count();
    let begun = crate::core::files::Replacement::new(&position, FileAccess::Private);
    std::mem::forget(begun.expect("begun"));
    assert_eq!(count(), before + 1);
    send(&mut journal);
    assert_eq!(count(), before);
}

#[test]
fn a_position_that_is_lost_is_missed() {
    let folder = crate::core::scratch::tempdir().expect("a folder");
    let (file, journal) = journal_of(folder.path());
    drop(journal);
    std::fs::remove_dir_all(folder.path().join(FOLDER)).expect("removed");
    let expected = Gap { from: Some(at(TEN)), to: None };
    assert_eq!(
        doubt(&file),
        Some(JournalDoubt::Restored(expected)),
        "the journal says it was kept"
    );
}

#[test]
fn what_is_in_doubt_is_marked_before_a_position_names_it_and_so_are_the_rows_that_say_it() {
    let folder = crate::core::scratch::tempdir().expect("a folder");
    let file = folder.path().join("journal.db");
    let mut journal = Journal::open(&at_file(&file)).expect("open");
    add(&mut journal, &intent("25", KeyOrigin::Random), TEN, &[sending()]);
    drop(journal);
    let mut db = Connection::open(&file).expect("open");
    let before = log::mark_of(&db).expect("a mark");
    assert_eq!(doubt(&file), Some(JournalDoubt::Moved), "as a version leaves it that kept none");
    let noted = log::mark_of(&db).expect("a mark");
    assert_ne!(noted, before);
    doubt_all(&mut db).expect("doubted");
    assert_ne!(log::mark_of(&db).expect("a mark"), noted);
}

#[test]
fn a_machine_is_known_by_an_id_that_says_nothing_elsewhere() {
    let id = "0123456789abcdef";
    let known = machine_of(&format!("{id}\n")).expect("it has one");
    assert!(!known.contains(id));
    assert_eq!(machine_of(id), Some(known.clone()), "the same each time");
    assert_ne!(machine_of("0123456789abcdee"), Some(known));
    for none in ["", "uninitialized\n", "0123456789abcde", "0123456789abcdex"] {
        assert_eq!(machine_of(none), None, "{none}");
    }
    let text = std::fs::read_to_string(MACHINE).ok();
    assert_eq!(machine(), text.and_then(|text| machine_of(&text)));
}

#[test]
fn what_is_in_doubt_is_made_durable_first_and_a_position_that_is_kept_stays_said() {
    let db = Connection::open_in_memory().expect("a database");
    let level =
        || db.query_row("PRAGMA synchronous", [], |row| row.get::<_, i64>(0)).expect("a level");
    let mark_now = || log::mark_of(&db).expect("a mark");
    db.pragma_update(None, "synchronous", "NORMAL").expect("set");
    let first = mark_now();
    make_durable(&db).expect("durable");
    let second = mark_now();
    assert!(second != first && second >= 0, "a transaction, and nothing more is said");
    assert_eq!(level(), 3, "EXTRA: what is not on the disk is not there");
    say_kept(&db).expect("said");
    let third = mark_now();
    assert!(third < 0 && end_of(&db_of_journal(third), None).expect("read").was_kept);
    for (mark, was_kept) in [(0, false), (1, false), (POSITION_KEPT, true), (-1, true)] {
        let end = end_of(&db_of_journal(mark), None).expect("read");
        assert_eq!(end.was_kept, was_kept, "{mark}");
    }
    assert_eq!(level(), 1, "NORMAL: it is durable with the next row");
    make_durable(&db).expect("durable");
    assert!(mark_now() != third && mark_now() < 0);
    // As a version said it that marked nothing else.
    db.pragma_update(None, "application_id", POSITION_KEPT).expect("set");
    mark(&db).expect("marked");
    assert!(mark_now() < 0);
}

/// The tables of a journal with this mark.
fn db_of_journal(mark: i32) -> Connection {
    let db = Connection::open_in_memory().expect("a database");
    db.execute_batch(super::super::TABLES).expect("its tables");
    db.pragma_update(None, "application_id", mark).expect("set");
    db
}

/// A journal with one purchase that was sent.
fn journal_of(folder: &Path) -> (PathBuf, Journal) {
    let file = folder.join("journal.db");
    let mut journal = Journal::open(&at_file(&file)).expect("open");
    send(&mut journal);
    (file, journal)
}

fn db_of(journal: &Journal) -> &Connection {
    let Kept::File { db, .. } = &journal.kept else { panic!("it is a file") };
    db
}

fn send(journal: &mut Journal) {
    let intent = intent("25", KeyOrigin::Random);
    add(journal, &intent, TEN, &[sending()]);
    journal.note_position().expect("noted");
}

fn doubt(file: &Path) -> Option<JournalDoubt> {
    Journal::open(&at_file(file)).expect("open").doubt().cloned()
}

/// The first purchase of a machine, and another one that is asked for at the same time.
#[test]
fn a_first_position_that_is_written_while_the_journal_is_opened_is_no_restored_copy() {
    let folder = crate::core::scratch::tempdir().expect("a folder");
    let file = folder.path().join("journal.db");
    let mut journal = Journal::open(&at_file(&file)).expect("open");
    let db = log::open(&file).expect("open");
    let mut reads = 0;
    let mut look = |meanwhile: &mut dyn FnMut()| {
        reads = 0;
        let found = look_beside(&db, &file, || {
            let known = read(&file);
            if reads == 0 {
                meanwhile();
            }
            reads += 1;
            known
        });
        (found.expect("looked"), reads)
    };
    assert_eq!(look(&mut || ()), (None, 1), "nothing was sent, and nothing is asked twice");
    assert_eq!(look(&mut || send(&mut journal)), (None, 2));
    assert_eq!(look(&mut || send(&mut journal)), (None, 1), "what it names is there");
    std::fs::remove_dir_all(folder.path().join(FOLDER)).expect("removed");
    let gap = |to: Option<&str>| {
        Some(JournalDoubt::Restored(Gap { from: Some(at(TEN)), to: to.map(at) }))
    };
    assert_eq!(look(&mut || ()), (gap(None), 2), "it is gone");
    let last = Some(row(99, TWELVE));
    let ahead = Position { machine: machine(), last, gap: None, moved: false };
    let mut comes_back = || {
        let _alone = lock(&file).expect("alone");
        write(&file, &ahead).expect("written");
    };
    assert_eq!(look(&mut comes_back), (gap(Some(TWELVE)), 2), "what it names is missing");
}

#[test]
fn a_row_that_others_took_the_number_of_is_missed() {
    let folder = crate::core::scratch::tempdir().expect("a folder");
    let (file, mut journal) = journal_of(folder.path());
    let copy = folder.path().join("copy.db");
    assert_eq!(backup(&file, &copy).expect("copied"), 1);
    send(&mut journal);
    drop(journal);
    std::fs::remove_file(log::beside(&file)).expect("removed");
    std::fs::copy(&copy, &file).expect("restored");
    // A version that keeps no position went on with the copy: the numbers of rows are the same.
    let old = Connection::open(&file).expect("open");
    let other = Uuid::from_u128(3).to_string();
    old.execute(
        "INSERT INTO purchase SELECT ?1, origin, organisation, naming, name, generation, ?1, amount, asked_ms, plan FROM purchase",
        [&other],
    )
    .expect("added");
    for _ in 0..3 {
        old.execute(
            "INSERT INTO entry (purchase, kind, stamp, body) SELECT ?1, kind, stamp, body FROM entry WHERE kind = 'sending' LIMIT 1",
            [&other],
        )
        .expect("appended");
    }
    drop(old);
    assert!(matches!(doubt(&file), Some(JournalDoubt::Restored(_))));
    // Whoever opens it finds the same, and it is noted once.
    let before = doubt(&file);
    let rows = || {
        let db = Connection::open(&file).expect("open");
        let count = "SELECT count(*) FROM entry WHERE kind = 'doubted'";
        db.query_row(count, [], |row| row.get::<_, i64>(0)).expect("a count")
    };
    assert_eq!((doubt(&file), rows()), (before, 2));
}

#[test]
fn a_journal_that_is_restored_once_more_doubts_its_purchases_once_more() {
    let folder = crate::core::scratch::tempdir().expect("a folder");
    let (file, mut journal) = journal_of(folder.path());
    let open = intent("30", KeyOrigin::Random);
    add(&mut journal, &open, TWELVE, &[]);
    let copy = folder.path().join("copy.db");
    assert_eq!(backup(&file, &copy).expect("copied"), 2);
    send(&mut journal);
    drop(journal);
    for _ in 0..3 {
        std::fs::copy(&copy, &file).expect("restored");
        let journal = Journal::open(&at_file(&file)).expect("open");
        assert!(matches!(journal.doubt(), Some(JournalDoubt::Restored(_))));
        let all = journal.all_open().expect("read");
        assert!(all.iter().all(|purchase| !purchase.intent.first_use_proven), "{all:?}");
    }
}

#[test]
fn a_position_that_was_not_written_any_more_leaves_the_journal_ahead_and_whole() {
    let folder = crate::core::scratch::tempdir().expect("a folder");
    let (file, mut journal) = journal_of(folder.path());
    let intent = intent("25", KeyOrigin::Random);
    add(&mut journal, &intent, TWELVE, &[sending()]);
    assert_eq!(doubt(&file), None, "killed between the row and the position");
    journal.note_position().expect("noted");
    assert_eq!(doubt(&file), None);
}

/// The first purchase of a machine, and what another process finds at each moment of it.
#[test]
fn the_first_row_that_moves_the_position_finds_one_that_names_what_was_there_before() {
    let folder = crate::core::scratch::tempdir().expect("a folder");
    let file = folder.path().join("journal.db");
    let mut journal = Journal::open(&at_file(&file)).expect("open");
    let intent = intent("25", KeyOrigin::Random);
    add(&mut journal, &intent, TEN, &[]);
    assert_eq!((doubt(&file), read(&file).expect("read")), (None, None));
    let before = || log::mark_of(&log::open(&file).expect("open")).expect("a mark");
    let copy = before();
    begin(db_of(&journal), &file).expect("begun");
    assert_ne!(before(), copy, "what the position names is durable");
    let known = || read(&file).expect("read").expect("a position");
    let last = || known().last.map(|last| (last.seq, last.purchase));
    assert_eq!((doubt(&file), last()), (None, Some((1, intent.id))));
    journal.append(intent.id, &stamp(TWELVE), &sending()).expect("durable");
    assert_eq!((doubt(&file), last()), (None, Some((1, intent.id))), "not noted yet");
    journal.note_position().expect("noted");
    assert_eq!((doubt(&file), last()), (None, Some((2, intent.id))));
    // Every further one finds one that is further, and leaves it.
    journal.append(intent.id, &stamp(TWELVE), &sending()).expect("durable");
    assert_eq!((doubt(&file), last()), (None, Some((2, intent.id))));
}

#[test]
fn a_first_position_vouches_for_no_other_journal() {
    let folder = crate::core::scratch::tempdir().expect("a folder");
    let (elsewhere, mut other) = journal_of(&folder.path().join("elsewhere"));
    add(&mut other, &intent("50", KeyOrigin::Random), TWELVE, &[]);
    let file = folder.path().join("journal.db");
    let mut journal = Journal::open(&at_file(&file)).expect("open");
    add(&mut journal, &intent("25", KeyOrigin::Random), TEN, &[]);
    begin(db_of(&journal), &file).expect("begun");
    drop(journal);
    let _ = std::fs::remove_file(log::beside(&file));
    backup(&elsewhere, &file).expect("copied");
    assert!(matches!(doubt(&file), Some(JournalDoubt::Restored(_))));
}

/// A version that keeps no position went on here meanwhile.
#[test]
fn a_journal_that_lacks_its_position_gets_none_by_what_is_sent_next() {
    let folder = crate::core::scratch::tempdir().expect("a folder");
    let file = folder.path().join("journal.db");
    let mut journal = Journal::open(&at_file(&file)).expect("open");
    let intent = intent("25", KeyOrigin::Random);
    add(&mut journal, &intent, TEN, &[sending()]);
    journal.append(intent.id, &stamp(TWELVE), &sending()).expect("durable");
    assert_eq!(read(&file).expect("read"), None);
    assert_eq!(doubt(&file), Some(JournalDoubt::Moved));
}

#[test]
fn nothing_may_be_sent_where_the_position_cannot_be_written() {
    let folder = crate::core::scratch::tempdir().expect("a folder");
    let file = folder.path().join("journal.db");
    let mut journal = Journal::open(&at_file(&file)).expect("open");
    std::fs::write(folder.path().join(FOLDER), "no folder").expect("in the way");
    let intent = intent("25", KeyOrigin::Random);
    add(&mut journal, &intent, TEN, &[]);
    let refused = journal.append(intent.id, &stamp(TEN), &sending()).expect_err("in the way");
    assert_eq!(refused.class(), crate::core::class::Class::Config);
    let sent = end_of(db_of(&journal), None).expect("read").newest_sent;
    assert_eq!(sent, None, "not even the row is written");
    let refused = journal.note_position().expect_err("in the way");
    assert_eq!(refused.class(), crate::core::class::Class::Config);
}

#[test]
fn litestream_keeps_no_purchase_from_being_written() {
    let folder = crate::core::scratch::tempdir().expect("a folder");
    let (file, mut journal) = journal_of(folder.path());
    // As Litestream does: it changes the mode, makes its tables, and holds a transaction that reads.
    let litestream = Connection::open(&file).expect("open");
    litestream.query_row("PRAGMA journal_mode = wal", [], |_| Ok(())).expect("changed");
    litestream
        .execute_batch(
            "CREATE TABLE _litestream_seq (id INTEGER PRIMARY KEY, seq INTEGER);
             CREATE TABLE _litestream_lock (id INTEGER);
             BEGIN; SELECT COUNT(1) FROM _litestream_seq;",
        )
        .expect("held");
    send(&mut journal);
    assert_eq!(journal.all_open().expect("read").len(), 2);
    let health = super::super::look(&file).expect("read").expect("there");
    assert!(!health.is_held && health.purchases == 2, "{health:?}");
    let copy = folder.path().join("copy.db");
    assert_eq!(backup(&file, &copy).expect("copied"), 2);
    // Where mapped memory is not shared, the file goes back to its rollback journal, or nothing is
    // written.
    let mut db = Connection::open(&file).expect("open");
    let held = super::super::mode::leave_log(&mut db, &file).expect_err("held");
    assert_eq!(held.class(), crate::core::class::Class::Config);
    assert!(held.to_string().contains("Litestream"), "{held}");
    litestream.execute_batch("ROLLBACK").expect("let go");
    drop((litestream, journal));
    super::super::mode::leave_log(&mut db, &file).expect("changed back");
    let mode = mode_of_file(&file);
    assert_eq!((mode.as_str(), mode_of_file(&copy).as_str()), ("delete", "delete"));
}

fn mode_of_file(file: &Path) -> String {
    let db = Connection::open(file).expect("open");
    super::super::mode::mode_of(&db).expect("a mode")
}

#[test]
fn a_copy_is_whole_while_others_write_and_replaces_an_older_one() {
    let folder = crate::core::scratch::tempdir().expect("a folder");
    let (file, mut journal) = journal_of(folder.path());
    let copy = folder.path().join("copy.db");
    std::fs::write(&copy, "an older one").expect("written");
    let other = intent("30", KeyOrigin::Random);
    let begun = journal.exclusively(|writing| {
        writing.add(&other, &stamp(TEN))?;
        assert_eq!(backup(&file, &copy)?, 1, "what is not durable is in no copy");
        Ok(())
    });
    begun.expect("durable");
    assert_eq!(backup(&file, &copy).expect("copied"), 2);
    let of_copy = super::super::look(&copy).expect("whole").expect("there");
    assert_eq!(of_copy.purchases, 2);
    let mode =
        std::os::unix::fs::PermissionsExt::mode(&copy.metadata().expect("there").permissions());
    assert_eq!(mode & 0o777, 0o600);
    backup(&file, &file).expect_err("not onto itself");
    backup(&folder.path().join("none.db"), &copy).expect_err("there is none");
    backup(&file, &folder.path().join("none/copy.db")).expect_err("no such folder");
}
