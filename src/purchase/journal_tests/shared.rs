//! The journal on a server: leases and what they fence, what its server may lose, and what waits here
//! while it is away.

use super::super::spool::{Spooled, SpooledRow};
use super::*;
use crate::ledger::suite::proxy::Proxy;
use crate::ledger::suite::server::{Schema, Server as Database, ServerSetup};
use crate::purchase::lock::EntityLock;
use crate::store::sql::{Durable, Statement};
use ::postgres::{Client, NoTls};
use std::time::Duration;
use url::Url;

fn host_and_port(url: &str) -> String {
    let url = Url::parse(url).expect("a URL");
    format!("{}:{}", url.host_str().expect("a host"), url.port().unwrap_or(5432))
}

/// A shared journal as another machine opens it.
pub(super) fn on_machine(schema: &Schema, home: &Path) -> JournalPlace {
    let store = StateStore::new(&schema.url, None, &Variables::default()).expect("a URL");
    JournalPlace::Shared { store, spool: Spool::new(home.join("spool.jsonl")) }
}

#[test]
fn who_lost_its_lease_begins_and_decides_nothing_and_its_facts_are_taken() {
    let Some(server) = Server::shared() else { return };
    let (schema, home) = (server.schema(), crate::core::scratch::tempdir().expect("a folder"));
    let [here, there] = [(); 2].map(|()| on_machine(&schema, home.path()));
    let at = stamp("2026-11-20T12:00:00Z");
    let intent = intent("25", KeyOrigin::Random);
    let mut journal = Journal::open(&here).expect("opened");
    let take = |alone: &Exclusive<'_>| {
        let lock = EntityLock::try_take_in(alone, &here, intent.id)?.expect("free");
        alone.add(&intent, &at)?;
        Ok(lock)
    };
    let lock = journal.exclusively(take).expect("made");
    journal.append(intent.id, &at, &sending()).expect("ours");
    assert!(EntityLock::try_take(&there, intent.id).expect("asked").is_none(), "it is held");
    // This machine sleeps longer than its lease lasts.
    server.run(&format!("UPDATE {}.lease SET until_ms = 0", schema.name));
    let mut other = Journal::open(&there).expect("opened");
    let taken = EntityLock::try_take(&there, intent.id).expect("asked").expect("it is over");
    other.append(intent.id, &at, &JournalRow::Recovered).expect("the new holder");
    for row in [
        sending(),
        JournalRow::Recovered,
        JournalRow::Reopened,
        JournalRow::Final(Outcome::NeverSent),
    ] {
        let refused = journal.append(intent.id, &at, &row).expect_err("taken over");
        assert_eq!(refused.class(), Class::InProgress, "{row:?}");
    }
    let charge_id = ChargeId::parse("ch_1").expect("an id");
    let accepted = JournalRow::Accepted { n: 1, charge_id, payment: None };
    journal.append(intent.id, &at, &accepted).expect("a fact, late");
    journal.append(intent.id, &at, &settled()).expect("another");
    drop(lock);
    assert!(EntityLock::try_take(&here, intent.id).expect("asked").is_none(), "not given away");
    drop(taken);
    assert!(EntityLock::try_take(&here, intent.id).expect("asked").is_some());
    let read = other.load(intent.id).expect("read");
    assert_eq!((read.attempts.len(), read.charges.len()), (1, 1));
    assert!(read.outcome.is_some());
}

#[test]
fn a_purchase_that_its_holder_went_on_with_after_it_was_read_is_read_again() {
    let Some(server) = Server::shared() else { return };
    let (schema, home) = (server.schema(), crate::core::scratch::tempdir().expect("a folder"));
    let [here, there] = [(); 2].map(|()| on_machine(&schema, home.path()));
    let at = stamp("2026-11-20T12:00:00Z");
    let intent = intent("25", KeyOrigin::Once { name: "x".into(), generation: 0 });
    let origin = intent.origin.clone();
    let by_name = Lookup::Name { origin: &origin, organisation: Some("org"), name: "x" };
    let (mut holder, mut other) =
        (Journal::open(&here).expect("opened"), Journal::open(&there).expect("opened"));
    let take = |alone: &Exclusive<'_>| EntityLock::take_adding(alone, &here, &intent, &at);
    let mut lock = Some(holder.exclusively(take).expect("made"));
    let mut tried = Vec::new();
    let decided = other.exclusively(|alone| {
        alone.look_ahead(&[by_name])?;
        let read = || alone.by_name(&origin, Some("org"), "x").map(|found| found.expect("there"));
        let unsent = read()?;
        // The holder sends, and is gone, after it was read and before its lease is asked for.
        if let Some(lock) = lock.take() {
            holder.append(intent.id, &at, &sending())?;
            drop(lock);
        }
        tried.push(matches!(
            EntityLock::try_take_as_read(alone, &there, &unsent)?,
            LockAsRead::Changed
        ));
        let sent = read()?;
        assert_eq!(sent.attempts.len(), 1);
        tried.push(matches!(
            EntityLock::try_take_as_read(alone, &there, &sent)?,
            LockAsRead::Free(_)
        ));
        Ok(())
    });
    decided.expect("decided");
    assert_eq!(tried, [true, true]);
}

#[test]
fn nothing_is_added_by_who_lost_what_it_held() {
    let Some(server) = Server::shared() else { return };
    let (schema, home) = (server.schema(), crate::core::scratch::tempdir().expect("a folder"));
    let here = on_machine(&schema, home.path());
    let at = stamp("2026-11-20T12:00:00Z");
    let account = EntityLock::try_take(&here, Uuid::new_v4()).expect("asked").expect("free");
    let mut journal = Journal::open(&here).expect("opened");
    let first = intent("25", KeyOrigin::Random);
    let made = journal.exclusively(|alone| EntityLock::take_adding(alone, &here, &first, &at));
    drop(made.expect("all is ours"));
    server.run(&format!("UPDATE {}.lease SET fence = fence + 1, holder = 'x'", schema.name));
    let second = intent("25", KeyOrigin::Random);
    let refused = journal.exclusively(|alone| EntityLock::take_adding(alone, &here, &second, &at));
    assert_eq!(refused.expect_err("taken over").class(), Class::InProgress);
    assert!(journal.load(second.id).is_err(), "nothing of it is there");
    drop(account);
}

#[test]
fn who_lost_the_lease_of_the_account_begins_nothing_at_it() {
    let Some(server) = Server::shared() else { return };
    let (schema, home) = (server.schema(), crate::core::scratch::tempdir().expect("a folder"));
    let [here, there] = [(); 2].map(|()| on_machine(&schema, home.path()));
    let at = stamp("2026-11-20T12:00:00Z");
    let (intent, account) = (intent("25", KeyOrigin::Random), Uuid::from_u128(4711));
    let mut journal = Journal::open(&here).expect("opened");
    let take = |alone: &Exclusive<'_>| {
        let account = EntityLock::try_take_in(alone, &here, account)?.expect("free");
        let lock = EntityLock::try_take_in(alone, &here, intent.id)?.expect("free");
        alone.add(&intent, &at)?;
        Ok((account, lock))
    };
    let locks = journal.exclusively(take).expect("made");
    journal.append(intent.id, &at, &JournalRow::Recovered).expect("both are ours");
    server.run(&format!("UPDATE {}.lease SET until_ms = 0", schema.name));
    // Another machine buys something else there: the lease of this purchase stays as it is.
    let taken = EntityLock::try_take(&there, account).expect("asked").expect("it is over");
    let refused = journal.append(intent.id, &at, &sending()).expect_err("taken over");
    assert_eq!(refused.class(), Class::InProgress);
    let nothing = journal.load(intent.id).expect("read").attempts.is_empty();
    assert!(nothing, "no request of this machine beside one of the other");
    drop((locks, taken));
}

#[test]
fn a_server_that_is_followed_and_does_not_wait_for_it_may_lose_commits() {
    let Some(server) = Database::own(&ServerSetup::default()) else { return };
    let store = StateStore::new(&server.url, None, &Variables::default()).expect("a URL");
    let spool = Spool::new("/nowhere/spool".into());
    let place = JournalPlace::Shared { store: std::sync::Arc::clone(&store), spool };
    let mut journal = Journal::open(&place).expect("opened");
    let mut loses = || within(&mut journal, |alone| alone.may_lose_commits().expect("asked"));
    assert!(!loses(), "nobody follows it");
    let follows = ServerSetup { follows: Some(server.url.clone()), ..ServerSetup::default() };
    let Some(standby) = Database::own(&follows) else { return };
    assert!(loses());
    assert!(store.health().expect("asked").may_lose_commits);
    let behind = StateStore::new(&standby.url, None, &Variables::default()).expect("a URL");
    assert!(behind.health().expect("it can be read").is_standby);
    let refused = behind
        .put(&[Statement::new("SELECT 1", [])], Durable::Now)
        .expect_err("it takes no writes");
    assert_eq!(refused.class(), Class::Timeout, "{refused}");
    assert!(refused.to_string().contains("nothing was sent"), "{refused}");
    server.run("ALTER SYSTEM SET synchronous_standby_names = '*'");
    server.run("SELECT pg_reload_conf()");
    let end = std::time::Instant::now() + Duration::from_secs(20);
    while loses() {
        assert!(std::time::Instant::now() < end, "the setting is never read");
        std::thread::yield_now();
    }
}

#[test]
fn an_outcome_waits_on_this_machine_while_the_server_is_away_and_is_written_by_the_next_run() {
    let Some(server) = Server::shared() else { return };
    let (schema, home) = (server.schema(), crate::core::scratch::tempdir().expect("a folder"));
    let proxy = Proxy::to(&host_and_port(&schema.url), &[]);
    let mut url = Url::parse(&schema.url).expect("a URL");
    url.set_port(Some(proxy.address.port())).expect("a port");
    url.query_pairs_mut().append_pair("application_name", &schema.name);
    let store = StateStore::new(url.as_str(), None, &Variables::default()).expect("a URL");
    let place = JournalPlace::Shared { store, spool: Spool::new(home.path().join("spool")) };
    let at = stamp("2026-11-20T12:00:00Z");
    let intent = intent("25", KeyOrigin::Random);
    let mut journal = Journal::open(&place).expect("opened");
    add(&mut journal, &intent, "2026-11-20T12:00:00Z", &[sending()]);
    proxy.close();
    server.run(&format!(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = '{}'",
        schema.name
    ));
    journal.append(intent.id, &at, &settled()).expect("kept here");
    let spool = journal.spooled().expect("a file").to_owned();
    assert_eq!(std::fs::read_to_string(&spool).expect("text").lines().count(), 1);
    let refused = journal.append(intent.id, &at, &JournalRow::Recovered).expect_err("away");
    assert_eq!(refused.class(), Class::Timeout, "{refused}");
    proxy.open();
    let store = StateStore::new(url.as_str(), None, &Variables::default()).expect("a URL");
    let place = JournalPlace::Shared { store, spool: Spool::new(spool.clone()) };
    let next = Journal::open(&place).expect("opened");
    assert!(next.load(intent.id).expect("read").outcome.is_some(), "written before it is read");
    assert_eq!(std::fs::read_to_string(&spool).expect("text"), "");
}

#[test]
fn what_waits_on_this_machine_is_written_before_anything_is_read() {
    let Some(server) = Server::shared() else { return };
    let (schema, home) = (server.schema(), crate::core::scratch::tempdir().expect("a folder"));
    let (at, intent) = (stamp("2026-11-20T12:00:00Z"), intent("25", KeyOrigin::Random));
    let place = on_machine(&schema, home.path());
    add(&mut Journal::open(&place).expect("opened"), &intent, "2026-11-20T12:00:00Z", &[sending()]);
    let spool = Spool::new(home.path().join("spool.jsonl"));
    let leave = |row: &JournalRow| {
        let row = SpooledRow::new(Uuid::new_v4(), intent.id, &at, row);
        spool.add(&place.shown(), &Spooled::Row(Box::new(row))).expect("kept");
    };
    leave(&settled());
    let mut journal = Journal::open(&on_machine(&schema, home.path())).expect("opened");
    let read = journal.load(intent.id).expect("read");
    assert!(read.outcome.is_some(), "it is decided on what is known");
    assert_eq!(spool.waiting(), 0);
    // What another process of this machine leaves meanwhile is written as well.
    leave(&JournalRow::Delivered);
    assert!(journal.load(intent.id).expect("read").delivered);
    assert_eq!(spool.waiting(), 0);
    // And before anything is decided.
    leave(&JournalRow::Reopened);
    let open = within(&mut journal, |alone| alone.open(&intent.origin).expect("read"));
    assert_eq!((ids(&open), spool.waiting()), (vec![intent.id], 0));
    // Where it cannot be written it is tried again, and nothing is read before it is there.
    leave(&JournalRow::Recovered);
    let late = Journal::open(&on_machine(&schema, home.path())).expect("opened");
    server.run(&format!("ALTER TABLE {0}.entry RENAME TO hidden", schema.name));
    assert!(late.load(intent.id).is_err());
    assert_eq!(spool.waiting(), 1);
    server.run(&format!("ALTER TABLE {0}.hidden RENAME TO entry", schema.name));
    late.load(intent.id).expect("read");
    assert_eq!(spool.waiting(), 0);
}

/// Has the server note of each entry whether the COMMIT of its transaction waits for the disk.
fn note_commits(server: &Database, schema: &Schema) {
    server.run(&format!(
        "CREATE TABLE {0}.seen (at SERIAL, kind TEXT, commit TEXT);
         CREATE FUNCTION {0}.see() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
             INSERT INTO {0}.seen (kind, commit)
                 VALUES (NEW.kind, current_setting('synchronous_commit'));
             RETURN NEW; END $$;
         CREATE TRIGGER see AFTER INSERT ON {0}.entry FOR EACH ROW EXECUTE FUNCTION {0}.see()",
        schema.name
    ));
}

/// What it noted since this was asked last: the kind of each entry, and whether its COMMIT waited.
fn noted_commits(server: &Database, schema: &Schema) -> Vec<(String, bool)> {
    let mut client = Client::connect(&server.url, NoTls).expect("connected");
    let seen = format!("DELETE FROM {}.seen RETURNING at, kind, commit <> 'off'", schema.name);
    let rows = client.query(&seen, &[]).expect("rows");
    let mut noted: Vec<(i32, String, bool)> =
        rows.iter().map(|row| (row.get(0), row.get(1), row.get(2))).collect();
    noted.sort();
    noted.into_iter().map(|(_, kind, waits)| (kind, waits)).collect()
}

/// Takes something in the transaction of a new purchase.
type Take<'t> = &'t dyn Fn(&Exclusive<'_>) -> Result<()>;

#[test]
fn a_new_purchase_waits_for_the_disk_where_another_lease_is_taken_with_it() {
    let Some(server) = Server::shared() else { return };
    let (schema, home) = (server.schema(), crate::core::scratch::tempdir().expect("a folder"));
    let here = on_machine(&schema, home.path());
    let at = stamp("2026-11-20T12:00:00Z");
    let mut journal = Journal::open(&here).expect("opened");
    let old = intent("5", KeyOrigin::Random);
    add(&mut journal, &old, "2026-11-20T12:00:00Z", &[]);
    let old = journal.load(old.id).expect("read");
    note_commits(server, &schema);
    // The server would give out the number of a lease that a crash took from it once more.
    let nothing: Take<'_> = &|_| Ok(());
    let account: Take<'_> = &|alone| {
        EntityLock::try_take_in(alone, &here, Uuid::from_u128(4711))?.expect("free");
        Ok(())
    };
    let as_read: Take<'_> = &|alone| {
        let taken = EntityLock::try_take_as_read(alone, &here, &old)?;
        assert!(matches!(taken, LockAsRead::Free(_)), "{taken:?}");
        Ok(())
    };
    for (what, take, waits) in
        [("nothing", nothing, false), ("an account", account, true), ("as read", as_read, true)]
    {
        let new = intent("25", KeyOrigin::Random);
        let made = journal.exclusively_before_next(&[], |alone| {
            take(alone)?;
            EntityLock::take_adding(alone, &here, &new, &at)
        });
        drop(made.expect("made"));
        let expected = [("intent".to_owned(), waits)];
        assert_eq!(noted_commits(server, &schema), expected, "{what} is taken with it");
    }
    let new = intent("25", KeyOrigin::Random);
    let made = journal.exclusively(|alone| EntityLock::take_adding(alone, &here, &new, &at));
    drop(made.expect("made"));
    assert_eq!(noted_commits(server, &schema), [("intent".to_owned(), true)], "it is asked for");
}

#[test]
fn only_what_was_reported_becomes_durable_with_the_next_row() {
    let Some(server) = Server::shared() else { return };
    let (schema, home) = (server.schema(), crate::core::scratch::tempdir().expect("a folder"));
    let here = on_machine(&schema, home.path());
    let at = stamp("2026-11-20T12:00:00Z");
    let mut journal = Journal::open(&here).expect("opened");
    let intent = intent("25", KeyOrigin::Random);
    let made = journal.exclusively(|alone| EntityLock::take_adding(alone, &here, &intent, &at));
    let _lock = made.expect("made");
    note_commits(server, &schema);
    let charge_id = ChargeId::parse("ch_1").expect("an id");
    let rows = [
        (sending(), true),
        (JournalRow::Accepted { n: 1, charge_id, payment: None }, true),
        (settled(), true),
        (JournalRow::Delivered, false),
        (JournalRow::Reopened, true),
    ];
    for (row, _) in &rows {
        journal.append(intent.id, &at, row).expect("written");
    }
    let expected = rows.map(|(row, waits)| (row.kind().to_owned(), waits));
    assert_eq!(noted_commits(server, &schema), expected);
}
