//! What a process holds of a journal: it is given back with its last fact and by its death, nobody else
//! has it meanwhile, and without it nothing is begun.

use super::shared_tests::on_machine;
use super::*;
use crate::ledger::suite::proxy::Proxy;
use crate::ledger::suite::server::poolers::Pooler;
use crate::ledger::suite::server::{Schema, ServerSetup};
use crate::purchase::lock::EntityLock;
use crate::store::state::LASTS;
use ::postgres::{Client, NoTls};
use std::cell::Cell;
use std::time::{Duration, Instant};
use url::Url;

const NOON: &str = "2026-11-20T12:00:00Z";

/// A journal on this server, as another machine opens it.
fn machine(url: &str) -> JournalPlace {
    let store = StateStore::new(url, None, &Variables::default()).expect("a URL");
    JournalPlace::Shared { store, spool: Spool::new("/nowhere/spool".into()) }
}

/// The URL of a schema through a proxy; its connections have a name, so that they can be ended.
fn through(schema: &Schema) -> (Proxy, String) {
    let mut url = Url::parse(&schema.url).expect("a URL");
    let host = url.host_str().expect("a host");
    let proxy = Proxy::to(&format!("{host}:{}", url.port().unwrap_or(5432)), &[]);
    url.set_ip_host(proxy.address.ip()).expect("a host");
    url.set_port(Some(proxy.address.port())).expect("a port");
    url.query_pairs_mut().append_pair("application_name", &schema.name);
    (proxy, url.to_string())
}

/// Ends the connections of [`through`].
fn cut(server: &Server, schema: &Schema) {
    server.run(&format!(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = '{}'",
        schema.name
    ));
}

/// A new purchase there, which this process holds.
fn held(journal: &mut Journal, place: &JournalPlace, intent: &Intent) -> EntityLock {
    let take = |alone: &Exclusive<'_>| EntityLock::take_adding(alone, place, intent, &stamp(NOON));
    journal.exclusively(take).expect("made")
}

#[test]
fn what_was_held_is_given_back_once_the_last_fact_is_there() {
    on_each(|place| {
        let mut journal = Journal::open(place).expect("a journal");
        let made = intent("25", KeyOrigin::Random);
        let lock = held(&mut journal, place, &made);
        let given = Cell::new(false);
        let give_back = || {
            if let JournalPlace::Files { journal: file, .. } = place {
                let db = Connection::open(file).expect("a file");
                let count = "SELECT count(*) FROM entry WHERE kind = 'final'";
                let rows = db.query_row(count, [], |row| row.get::<_, i64>(0));
                assert_eq!(rows.expect("a count"), 1, "it is there before");
            }
            drop(lock);
            given.set(true);
        };
        journal.append_last(made.id, &stamp(NOON), &settled(), give_back).expect("durable");
        assert!(given.get());
        assert!(journal.load(made.id).expect("read").outcome.is_some());
        assert!(EntityLock::try_take(place, made.id).expect("asked").is_some(), "free");
    });
}

#[test]
fn a_server_hears_of_the_last_fact_and_of_what_is_given_back_at_once() {
    let Some(server) = Server::shared() else { return };
    let schema = server.schema();
    let (proxy, url) = through(&schema);
    let place = machine(&url);
    let mut journal = Journal::open(&place).expect("a journal");
    let made = intent("25", KeyOrigin::Random);
    let lock = held(&mut journal, &place, &made);
    let before = proxy.round_trips();
    journal.append_last(made.id, &stamp(NOON), &settled(), || drop(lock)).expect("durable");
    assert_eq!(proxy.round_trips() - before, 1);
    let elsewhere = machine(&schema.url);
    assert!(EntityLock::try_take(&elsewhere, made.id).expect("asked").is_some(), "free");
}

#[test]
fn what_could_not_be_given_back_is_given_back_by_the_next_run() {
    let Some(server) = Server::shared() else { return };
    let (schema, home) = (server.schema(), crate::core::scratch::tempdir().expect("a folder"));
    let here = on_machine(&schema, home.path());
    let mut journal = Journal::open(&here).expect("a journal");
    let made = intent("25", KeyOrigin::Random);
    let lock = held(&mut journal, &here, &made);
    server.run(&format!("ALTER TABLE {0}.entry RENAME TO hidden", schema.name));
    journal.append_last(made.id, &stamp(NOON), &settled(), || drop(lock)).expect("kept here");
    server.run(&format!("ALTER TABLE {0}.hidden RENAME TO entry", schema.name));
    let held = || {
        let mut client = Client::connect(&schema.url, NoTls).expect("connected");
        let row = client.query_one("SELECT until_ms > 0 FROM lease", &[]).expect("a lease");
        row.get::<_, bool>(0)
    };
    assert!(held(), "the server has not heard of it");
    let next = Journal::open(&on_machine(&schema, home.path())).expect("a journal");
    assert!(next.load(made.id).expect("read").outcome.is_some());
    assert!(!held(), "it is free before its time is over");
}

#[test]
fn what_is_written_in_a_transaction_is_seen_in_it_whatever_was_asked_ahead() {
    on_each(|place| {
        let mut journal = Journal::open(place).expect("a journal");
        let made = intent("25", KeyOrigin::Random);
        within(&mut journal, |alone| {
            let origin = made.origin.as_str();
            alone.look_ahead(&[Lookup::Open { origin }]).expect("asked");
            assert!(alone.open(origin).expect("read").is_empty());
            let take = |store| alone.try_take(store, made.id).expect("asked").expect("free");
            let _lease = alone.store().map(take);
            alone.add(&made, &stamp(NOON)).expect("added");
            assert_eq!(ids(&alone.open(origin).expect("read")), [made.id]);
            if alone.store().is_none() {
                return;
            }
            // So is what is written with statements of one's own.
            alone.look_ahead(&[Lookup::Open { origin }]).expect("asked");
            let end = "UPDATE standing SET waits = NULL WHERE purchase = $1";
            let values = [made.id.to_string().as_str().into()];
            alone.with_sql(|sql| sql.run(end, &values)).expect("written");
            assert!(alone.open(origin).expect("read").is_empty());
        });
    });
}

#[test]
fn who_lost_its_lease_begins_nothing_in_a_transaction_either() {
    let Some(server) = Server::shared() else { return };
    let schema = server.schema();
    let here = machine(&schema.url);
    let mut journal = Journal::open(&here).expect("a journal");
    let made = intent("25", KeyOrigin::Random);
    let lock = held(&mut journal, &here, &made);
    let begin = |alone: &Exclusive<'_>| alone.append(made.id, &stamp(NOON), &JournalRow::Recovered);
    journal.exclusively(begin).expect("it is ours");
    server.run(&format!("UPDATE {}.lease SET fence = fence + 1, holder = 'x'", schema.name));
    let refused = journal.exclusively(begin).expect_err("taken over");
    assert_eq!(refused.class(), Class::InProgress);
    drop(lock);
}

#[test]
fn nothing_is_begun_by_who_lost_any_of_the_things_that_it_holds() {
    let Some(server) = Server::shared() else { return };
    let schema = server.schema();
    let here = machine(&schema.url);
    let mut journal = Journal::open(&here).expect("a journal");
    let made = intent("25", KeyOrigin::Random);
    let others = [1, 2, 3].map(Uuid::from_u128);
    let locks = others.map(|id| EntityLock::try_take(&here, id).expect("asked").expect("free"));
    let lock = held(&mut journal, &here, &made);
    let mut begin = || journal.append(made.id, &stamp(NOON), &JournalRow::Recovered);
    begin().expect("all is ours");
    for other in others {
        let set = |by: &str| {
            server.run(&format!(
                "UPDATE {}.lease SET fence = fence {by} WHERE entity = '{other}'",
                schema.name
            ));
        };
        set("+ 1");
        assert_eq!(begin().expect_err("lost").class(), Class::InProgress, "{other}");
        set("- 1");
        begin().expect("all is ours again");
    }
    drop((locks, lock));
}

#[test]
fn nobody_takes_anything_on_a_server_while_it_is_left() {
    let Some(server) = Server::shared() else { return };
    let schema = server.schema();
    let mut journal = Journal::open(&machine(&schema.url)).expect("a journal");
    let locks = "SELECT COUNT(*) FROM pg_locks WHERE relation = 'lease'::regclass
        AND mode = 'ShareRowExclusiveLock' AND granted";
    let held = within(&mut journal, |alone| {
        alone.require_rest().expect("nobody is at it");
        alone.with_sql(|sql| sql.run(locks, &[])).expect("asked")[0].int(0)
    });
    assert_eq!(held.expect("a count"), 1);
}

#[test]
fn who_is_alive_keeps_what_it_holds() {
    let Some(server) = Server::shared() else { return };
    let schema = server.schema();
    let here = machine(&schema.url);
    let mut journal = Journal::open(&here).expect("a journal");
    let lock = held(&mut journal, &here, &intent("25", KeyOrigin::Random));
    let lasts_until = || journal.rows("SELECT until_ms FROM lease", &[]).expect("asked")[0].int(0);
    server.run(&format!("UPDATE {}.lease SET until_ms = 7", schema.name));
    journal.keep_alive();
    assert_eq!(lasts_until().expect("a time"), 7, "the server is not asked all the time");
    here.shared().expect("it is").let_pass(LASTS / 4);
    journal.keep_alive();
    assert!(lasts_until().expect("a time") > 7);
    drop(lock);
}

#[test]
fn what_a_process_holds_on_a_server_ends_with_its_connection() {
    let Some(server) = Server::shared() else { return };
    let schema = server.schema();
    let (_proxy, url) = through(&schema);
    let here = machine(&url);
    let mut journal = Journal::open(&here).expect("a journal");
    let id = Uuid::from_u128(7);
    let take = |alone: &Exclusive<'_>| EntityLock::try_take_in(alone, &here, id);
    let lock = journal.exclusively(take).expect("asked").expect("free");
    let there = machine(&schema.url);
    assert!(EntityLock::try_take(&there, id).expect("asked").is_none(), "it is held");
    cut(server, &schema);
    // Long before the lease itself is over.
    let end = Instant::now() + Duration::from_secs(30);
    while EntityLock::try_take(&there, id).expect("asked").is_none() {
        assert!(Instant::now() < end, "the lease of a dead process lasts");
        std::thread::yield_now();
    }
    drop(lock);
}

#[test]
fn behind_a_pooler_a_lease_lasts_although_its_session_is_given_to_others() {
    let Some(server) = Server::own(&ServerSetup::default()) else { return };
    let settings = "ignore_startup_parameters = options";
    let Some(pooler) = Pooler::start(&server.url, "transaction", settings) else { return };
    let [here, there] = [(); 2].map(|()| machine(&pooler.url));
    let take = |place: &JournalPlace| {
        let mut journal = Journal::open(place).expect("a journal");
        let id = Uuid::from_u128(7);
        journal.exclusively(|alone| EntityLock::try_take_in(alone, place, id)).expect("asked")
    };
    let lock = take(&here).expect("free");
    assert!(take(&there).is_none(), "another machine on the same session of the server");
    drop(lock);
    assert!(take(&there).is_some());
}

#[test]
fn nothing_waits_here_any_more_once_the_server_is_back_and_knows_it() {
    let Some(server) = Server::shared() else { return };
    let (schema, home) = (server.schema(), crate::core::scratch::tempdir().expect("a folder"));
    let (proxy, url) = through(&schema);
    let store = StateStore::new(&url, None, &Variables::default()).expect("a URL");
    let place = JournalPlace::Shared { store, spool: Spool::new(home.path().join("spool")) };
    let mut journal = Journal::open(&place).expect("a journal");
    let made = intent("25", KeyOrigin::Random);
    add(&mut journal, &made, NOON, &[sending()]);
    proxy.close();
    cut(server, &schema);
    journal.append(made.id, &stamp(NOON), &settled()).expect("kept here");
    assert!(journal.spooled().is_some());
    proxy.open();
    assert!(journal.load(made.id).expect("read").outcome.is_some());
    assert_eq!(journal.spooled(), None);
    journal.append(made.id, &stamp(NOON), &JournalRow::Delivered).expect("written at once");
    assert_eq!(journal.spooled(), None);
    assert!(journal.load(made.id).expect("read").delivered);
}
