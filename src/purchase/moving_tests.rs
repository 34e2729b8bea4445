//! A journal that moves to a server and back: no purchase is lost or there twice, wherever the move is cut
//! off, and only one of the two journals begins anything.

use super::*;
use crate::core::environment::Variables;
use crate::core::money::{Amount, Money};
use crate::ledger::suite::server::{Schema, Server};
use crate::provider::plans::Item;
use crate::provider::{Bill, IdempotencyKey};
use crate::purchase::journal::Spool;
use crate::purchase::record::{Intent, JournalRow, KeyOrigin, Outcome, Stamp};
use crate::store::state::StateStore;
use std::path::Path;

fn now() -> Timestamp {
    "2026-11-30T12:00:00Z".parse().expect("a time")
}

fn stamp() -> Stamp {
    Stamp { wall: now(), boot: None, monotonic_ms: None, server: None, attempt: None }
}

fn intent(name: Option<&str>, origin: &str) -> Intent {
    let id = Uuid::new_v4();
    let naming = match name {
        Some(name) => KeyOrigin::Once { name: name.to_owned(), generation: 0 },
        None => KeyOrigin::Random,
    };
    Intent {
        id,
        system: crate::provider::NOUS,
        origin: origin.to_owned(),
        profile: Some("default".into()),
        base_url: Some("https://portal.example".into()),
        organisation: Some("org".into()),
        subject: Some("me".into()),
        naming,
        key: IdempotencyKey::parse(&id.to_string()).expect("a key"),
        amount: Amount::parse("25").expect("an amount"),
        item: Item::Credits,
        body: r#"{"amountUsd":25}"#.into(),
        first_use_at: None,
        first_use_proven: true,
    }
}

fn json(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).expect("text")
}

const PORTAL: &str = "https://portal.example";

fn sending() -> JournalRow {
    JournalRow::Sending { n: 1, baseline: None }
}

/// Adds a purchase with rows, under its lock as a run does.
fn add(place: &MovingPlace, intent: &Intent, rows: &[JournalRow]) -> Result<()> {
    let mut journal = Journal::open(&place.place)?;
    journal.exclusively(|alone| {
        let _lock = EntityLock::try_take_in(alone, &place.place, intent.id)?;
        alone.add(intent, &stamp())?;
        rows.iter().try_for_each(|row| alone.append(intent.id, &stamp(), row))
    })?;
    if rows.contains(&sending()) { journal.note_position() } else { Ok(()) }
}

/// Adds a row, under its lock.
fn append(place: &MovingPlace, id: Uuid, row: &JournalRow) -> Result<()> {
    let _lock = EntityLock::try_take(&place.place, id)?.expect("free");
    Journal::open(&place.place)?.append(id, &stamp(), row)
}

fn files(home: &Path) -> MovingPlace {
    let place = JournalPlace::in_folder(home);
    MovingPlace { name: format!("host:{}", place.shown()), place }
}

fn store(schema: &Schema, home: &Path) -> MovingPlace {
    let store = StateStore::new(&schema.url, None, &Variables::default()).expect("a URL");
    let name = store.place();
    let spool = Spool::new(home.join("spool.jsonl"));
    MovingPlace { place: JournalPlace::Shared { store, spool }, name }
}

fn moves<'m>(from: &'m MovingPlace, to: &'m MovingPlace) -> JournalMove<'m> {
    JournalMove { from, to, only: None, leave: &[], now: now() }
}

/// All that a journal has: its purchases, and the keys of those that are open.
fn all(place: &MovingPlace) -> Vec<crate::purchase::record::Purchase> {
    let journal = Journal::open(&place.place).expect("opened");
    let page = journal.page_behind(None).expect("read");
    page.into_iter().map(|moving| moving.purchase).collect()
}

fn counts(added: u64, known: u64, rows: u64, open: u64) -> MoveCounts {
    MoveCounts { added, known, rows, open }
}

/// A home and a store.
struct Both {
    home: tempfile::TempDir,
    schema: Schema,
    files: MovingPlace,
    store: MovingPlace,
}

impl Both {
    fn new() -> Option<Self> {
        let schema = Server::shared()?.schema();
        let home = crate::core::scratch::tempdir().expect("a folder");
        let (files, store) = (files(home.path()), store(&schema, home.path()));
        Some(Self { home, schema, files, store })
    }
}

#[test]
fn all_moves_once_and_back_again_and_only_one_of_the_two_begins_anything() {
    let Some(both) = Both::new() else { return };
    let Both { files, store, .. } = &both;
    let (open, named) = (intent(None, PORTAL), intent(Some("refill"), PORTAL));
    let sandbox = intent(Some("refill"), "sandbox:here");
    add(files, &open, &[sending()]).expect("added");
    add(files, &named, &[JournalRow::Final(Outcome::NeverSent)]).expect("added");
    add(files, &sandbox, &[]).expect("added");
    let before = all(files);
    assert_eq!(before.len(), 2, "the sandbox stays with the machine");
    let preview = moves(files, store).preview().expect("previewed");
    assert_eq!(preview.copied, counts(2, 0, 4, 1));
    assert!(all(store).is_empty(), "nothing was written");
    assert_eq!(moves(files, store).run().expect("moved"), preview);
    assert_eq!(all(store), before);
    // What is open is open there, with its key, and goes on.
    let shared = Journal::open(&store.place).expect("opened");
    assert_eq!(shared.unfinished(PORTAL).expect("asked"), [open.id]);
    append(store, open.id, &JournalRow::Recovered).expect("it goes on there");
    for refused in [
        add(files, &intent(Some("refill-2"), PORTAL), &[]),
        append(files, open.id, &sending()),
        append(files, named.id, &JournalRow::Reopened),
    ] {
        let refused = refused.expect_err("it moved");
        assert_eq!(refused.class(), Class::Config);
        assert!(refused.to_string().contains("were moved to postgres://"), "{refused}");
    }
    add(files, &intent(None, "sandbox:here"), &[sending()]).expect("the sandbox has not moved");
    // Once more does nothing more.
    let again = moves(files, store).run().expect("again").copied;
    assert_eq!((again.added, again.rows), (0, 0));
    let settled = JournalRow::Final(Outcome::MarkedNotCharged);
    append(store, open.id, &settled).expect("it ends there");
    let newer = intent(Some("newer"), PORTAL);
    add(store, &newer, &[sending()]).expect("bought there");
    let known = all(store);
    let back = moves(store, files).run().expect("moved back").copied;
    assert_eq!(back, counts(1, 2, 4, 1));
    assert_eq!(all(files), known);
    let refused = append(store, newer.id, &sending()).expect_err("it moved");
    assert_eq!(refused.class(), Class::Config, "{refused}");
    assert!(refused.to_string().contains("were moved to host:"), "{refused}");
    append(files, newer.id, &sending()).expect("it goes on here");
    assert!(Journal::open(&files.place).expect("opened").doubt().is_none());
    let twice = moves(store, files).run().expect("again").copied;
    assert_eq!((twice.added, twice.rows), (0, 0));
    // And in again: from where it is, and from nowhere else.
    let other = crate::core::scratch::tempdir().expect("a folder");
    let elsewhere = self::files(other.path());
    add(&elsewhere, &intent(None, PORTAL), &[]).expect("added");
    let refused = moves(&elsewhere, store).run().expect_err("the store is empty of it");
    assert!(refused.to_string().contains("were moved to host:"), "{refused}");
    add(&elsewhere, &intent(None, PORTAL), &[]).expect("nothing was moved, so it is still in use");
    assert_eq!(moves(files, store).run().expect("moved").copied, counts(0, 3, 1, 1));
    append(store, newer.id, &sending()).expect("it goes on there");
}

#[test]
fn cut_off_anywhere_the_next_run_makes_it_whole() {
    let Some(both) = Both::new() else { return };
    let Both { files, store, .. } = &both;
    let (open, refused_in_between) = (intent(Some("refill"), PORTAL), intent(None, PORTAL));
    add(files, &open, &[sending()]).expect("added");
    let forward = moves(files, store);
    for (from, to) in [(files, store), (store, files), (files, store)] {
        let forward_or_back = moves(from, to);
        let mut left = Journal::open(&from.place).expect("opened");
        // Killed after the mark.
        let moved = forward_or_back.leave_from(&mut left).expect("marked");
        let refused = add(from, &refused_in_between, &[]).expect_err("it is moving");
        assert_eq!(refused.class(), Class::Config, "{refused}");
        // Killed in the middle of the transaction: nothing of it is there.
        let mut reached = Journal::open(&to.place).expect("opened");
        let killed = reached.exclusively(|alone| {
            alone.add_missing(&left.page_behind(None)?)?;
            Err::<(), _>(Failure::internal("killed"))
        });
        assert!(killed.is_err());
        assert!(!reached.has_received(moved.id).expect("asked"));
        // Killed after the transaction.
        forward_or_back.take_in(&left, &mut reached, &moved).expect("taken in");
        drop((left, reached));
        let last = moves(from, to).run().expect("it goes on");
        assert_eq!(last.copied.added, 0);
        let left = Journal::open(&from.place).expect("opened");
        assert!(left.moved().expect("asked").is_some_and(|moved| moved.done));
        assert_eq!(all(to).len(), 1, "one purchase, not two");
        assert_eq!(all(to)[0].attempts.len(), 1);
        append(to, open.id, &JournalRow::Recovered).expect("it goes on there");
    }
    assert!(forward.preview().is_ok());
}

#[test]
fn what_stands_in_the_way_has_its_own_words_and_nothing_is_moved() {
    let Some(both) = Both::new() else { return };
    let Both { files, store, .. } = &both;
    let (here, there) = (intent(Some("refill"), PORTAL), intent(Some("refill"), PORTAL));
    add(files, &here, &[JournalRow::Final(Outcome::MarkedNotCharged)]).expect("added");
    add(store, &there, &[sending()]).expect("added");
    let still_used = || add(files, &intent(None, PORTAL), &[]).expect("the file is still in use");
    let refused = moves(files, store).run().expect_err("the name is taken");
    assert_eq!(refused.class(), Class::IdempotencyConflict);
    assert!(refused.to_string().contains("'refill' is two purchases"), "{refused}");
    assert!(refused.parts().hints[0].to_string().contains("--leave refill"), "{refused:?}");
    still_used();
    // A process is at a purchase here.
    let busy = intent(None, PORTAL);
    add(files, &busy, &[sending()]).expect("added");
    let leave = ["refill".to_owned()];
    let moving = JournalMove { leave: &leave, ..moves(files, store) };
    let held = EntityLock::try_take(&files.place, busy.id).expect("asked").expect("free");
    let refused = moving.run().expect_err("it is held");
    assert_eq!(refused.class(), Class::InProgress, "{refused}");
    assert_eq!(refused.parts().code.as_deref(), Some("running"));
    still_used();
    drop(held);
    // One that is not final is not left behind.
    let open_leave = [busy.id.to_string(), "refill".to_owned()];
    let moving = JournalMove { leave: &open_leave, ..moves(files, store) };
    let done = moving.run().expect("moved");
    assert_eq!((done.left, done.copied.added), (1, 3));
    // On the way back the one that stayed is in the way, and another machine is at the other.
    let refused = moves(store, files).run().expect_err("the name is taken");
    assert_eq!(refused.class(), Class::IdempotencyConflict, "{refused}");
    let third = crate::core::scratch::tempdir().expect("a folder");
    let third = self::files(third.path());
    let held = EntityLock::try_take(&store.place, busy.id).expect("asked").expect("free");
    let there = self::store(&both.schema, both.home.path());
    let refused = moves(&there, &third).run().expect_err("it is held");
    assert_eq!(refused.class(), Class::InProgress, "{refused}");
    drop(held);
    moves(store, &third).run().expect("moved out");
    let refused = moves(store, files).run().expect_err("they are elsewhere");
    assert_eq!(refused.class(), Class::Config);
    assert!(refused.to_string().contains("were moved to host:"), "{refused}");
}

#[test]
fn a_name_that_is_used_there_in_the_last_moment_leaves_all_where_it_is() {
    for is_taken in [true, false] {
        let Some(both) = Both::new() else { return };
        let Both { files, store, .. } = &both;
        add(files, &intent(Some("refill"), PORTAL), &[sending()]).expect("added");
        let moving = moves(files, store);
        moving.preview().expect("nothing is in the way");
        let mut from = Journal::open(&files.place).expect("opened");
        let moved = moving.leave_from(&mut from).expect("marked");
        if is_taken {
            add(store, &intent(Some("refill"), PORTAL), &[sending()]).expect("bought there");
            let refused = moving.arrive(&mut from, &moved).expect_err("the name is taken");
            assert_eq!(refused.class(), Class::IdempotencyConflict, "{refused}");
            assert_eq!(from.moved().expect("asked"), None);
            add(files, &intent(None, PORTAL), &[]).expect("the file is still in use");
        } else {
            // The other one is left for a third place meanwhile: the next run says so, and goes on.
            let third = crate::core::scratch::tempdir().expect("a folder");
            let third = self::files(third.path());
            let mut to = Journal::open(&store.place).expect("opened");
            moves(store, &third).leave_from(&mut to).expect("marked");
            let refused = moving.arrive(&mut from, &moved).expect_err("it is left");
            assert_eq!(refused.class(), Class::Config, "{refused}");
            assert_eq!(from.moved().expect("asked"), Some(moved));
        }
    }
}

#[test]
fn a_move_that_has_arrived_stays_so_wherever_the_purchases_went_on_to() {
    let Some(both) = Both::new() else { return };
    let Both { files, store, .. } = &both;
    add(files, &intent(None, PORTAL), &[sending()]).expect("added");
    moves(files, store).run().expect("moved");
    let third = crate::core::scratch::tempdir().expect("a folder");
    let third = self::files(third.path());
    let preview = moves(store, &third).preview().expect("previewed");
    assert_eq!(preview.copied, counts(1, 0, 0, 1), "there is no journal to compare with");
    moves(store, &third).run().expect("moved on");
    assert!(Journal::open(&third.place).expect("opened").doubt().is_none(), "it knows its end");
    assert_eq!(moves(files, store).run().expect("it has arrived").copied, counts(0, 1, 0, 0));
}

#[test]
fn a_row_is_there_where_one_of_that_time_has_the_same_words() {
    let Some(both) = Both::new() else { return };
    let Both { files, store, .. } = &both;
    let made = intent(None, PORTAL);
    add(store, &made, &[JournalRow::Recovered]).expect("there");
    add(files, &made, &[sending()]).expect("here, in the same instant");
    assert_eq!(moves(files, store).run().expect("moved").copied, counts(0, 1, 1, 1));
    assert_eq!(all(store)[0].attempts.len(), 1);
}

#[test]
fn what_a_row_of_an_earlier_version_costs_is_counted_where_it_moves_to() {
    let Some(both) = Both::new() else { return };
    let Both { home, files, store, .. } = &both;
    let made = intent(None, PORTAL);
    add(files, &made, &[sending()]).expect("added");
    let money = |text| Money::parse(text).expect("money");
    let end = JournalRow::Final(Outcome::Settled {
        amount_usd: money("25"),
        settled_at: None,
        bill: Bill { total_usd: Some(money("27.50")), ..Bill::default() },
    });
    // Its columns did not have the cost.
    let db = rusqlite::Connection::open(home.path().join("journal.db")).expect("a file");
    db.execute(
        "INSERT INTO entry (purchase, kind, ended, stamp, body) VALUES (?1, 'final', 'settled', ?2, ?3)",
        [made.id.to_string(), json(&stamp()), json(&end)],
    )
    .expect("written");
    drop(db);
    moves(files, store).run().expect("moved");
    let mut journal = Journal::open(&store.place).expect("opened");
    let month = now() - jiff::SignedDuration::from_hours(24);
    let spent = journal.exclusively(|alone| alone.spent(PORTAL, month, month)).expect("asked");
    assert_eq!(spent.this_month, money("27.50").0);
}

#[test]
fn a_journal_in_doubt_is_not_moved() {
    let Some(both) = Both::new() else { return };
    let Both { home, files, store, .. } = &both;
    let kept = intent(None, PORTAL);
    add(files, &kept, &[sending()]).expect("added");
    std::fs::remove_dir_all(home.path().join("position")).expect("its position is gone");
    let refused = moves(files, store).run().expect_err("in doubt");
    assert_eq!(refused.class(), Class::Config);
    assert!(refused.to_string().contains("may lack purchases"), "{refused}");
    let mut journal = Journal::open(&files.place).expect("opened");
    journal.accept().expect("accepted");
    moves(files, store).run().expect("moved");
    assert_eq!(all(store).len(), 1);
    // Nor does one take anything in.
    let there = crate::core::scratch::tempdir().expect("a folder");
    let doubted = self::files(there.path());
    add(&doubted, &intent(None, PORTAL), &[sending()]).expect("added");
    std::fs::remove_dir_all(there.path().join("position")).expect("its position is gone");
    let refused = moves(store, &doubted).run().expect_err("in doubt");
    assert!(refused.to_string().contains("may lack purchases"), "{refused}");
}

#[test]
fn only_what_is_named_stays_where_it_is() {
    let Some(both) = Both::new() else { return };
    let Both { files, store, .. } = &both;
    let ended = [JournalRow::Final(Outcome::MarkedNotCharged)];
    let (by_name, by_id) = (intent(Some("refill"), PORTAL), intent(Some("other"), PORTAL));
    for made in [&by_name, &by_id, &intent(Some("third"), PORTAL)] {
        add(files, made, &ended).expect("added");
    }
    let leave = ["refill".to_owned(), by_id.id.to_string()];
    let moved = JournalMove { leave: &leave, ..moves(files, store) }.run().expect("moved");
    assert_eq!((moved.left, moved.copied.added), (2, 1));
}

#[test]
fn a_store_that_one_profile_has_takes_in_no_purchases_of_others() {
    let Some(both) = Both::new() else { return };
    let Both { files, store, .. } = &both;
    let of = |profile: Option<&str>| {
        let intent = intent(None, PORTAL);
        Intent { profile: profile.map(ToOwned::to_owned), ..intent }
    };
    add(files, &of(Some("ci")), &[]).expect("added");
    // One that is older than its profile may be anybody's.
    add(files, &of(None), &[]).expect("added");
    let moving = JournalMove { only: Some("ci"), ..moves(files, store) };
    assert_eq!(moving.preview().expect("looked").copied.added, 2);
    add(files, &of(Some("default")), &[]).expect("added");
    for refused in [moving.preview(), moving.run()] {
        let refused = refused.expect_err("another profile is in it");
        assert_eq!(refused.class(), Class::Config);
        assert!(refused.to_string().contains("of other profiles: default"), "{refused}");
        assert!(refused.parts().hints[0].to_string().contains("TOPUP_STATE_URL"), "{refused:?}");
    }
    add(files, &of(Some("default")), &[]).expect("the file is still in use");
    let everybody = moves(files, store).run().expect("moved");
    assert_eq!(everybody.copied.added, 4);
}
