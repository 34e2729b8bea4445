//! Rows of leases are locked in one order, the account before the purchase: two machines that take over
//! from each other at once never wait for each other.

use super::shared_tests::on_machine;
use super::*;
use crate::purchase::lock::EntityLock;
use ::postgres::{Client, NoTls, Transaction};
use std::thread;
use std::time::{Duration, Instant};

/// What a machine does with what it holds: an account, and a purchase there.
type Step = fn(&mut Journal, &Intent, Vec<EntityLock>);

/// Waits until another session waits for what this transaction has locked.
pub(super) fn until_it_blocks(transaction: &mut Transaction<'_>) {
    let blocked = "SELECT 1 FROM pg_locks WHERE NOT granted
        AND pg_backend_pid() = ANY(pg_blocking_pids(pid))";
    let end = Instant::now() + Duration::from_secs(8);
    while transaction.query(blocked, &[]).expect("asked").is_empty() {
        assert!(Instant::now() < end, "nobody needs what is locked");
        thread::yield_now();
    }
}

/// The step waits for a session that has locked the row of the account, and has not locked the row of
/// the purchase meanwhile, which that session wants next.
fn locks_the_account_first(step: Step) {
    let Some(server) = Server::shared() else { return };
    for account in [Uuid::nil(), Uuid::max()] {
        let (schema, home) = (server.schema(), crate::core::scratch::tempdir().expect("a folder"));
        let here = on_machine(&schema, home.path());
        let (intent, at) = (intent("25", KeyOrigin::Random), stamp("2026-11-20T12:00:00Z"));
        let mut journal = Journal::open(&here).expect("opened");
        let account_lock = EntityLock::try_take(&here, account).expect("asked").expect("free");
        let made = journal.exclusively(|alone| EntityLock::take_adding(alone, &here, &intent, &at));
        // As a run drops them: the purchase first.
        let locks = vec![made.expect("made"), account_lock];

        let mut other = Client::connect(&schema.url, NoTls).expect("connected");
        let mut other = other.transaction().expect("begun");
        let row = "SELECT 1 FROM lease WHERE entity = $1 FOR UPDATE NOWAIT";
        other.query_one(row, &[&account.to_string()]).expect("the account");
        let id = intent.id.to_string();
        let stepped = thread::spawn(move || step(&mut journal, &intent, locks));
        until_it_blocks(&mut other);
        other.query_one(row, &[&id]).expect("the purchase is not locked by who waits for us");
        other.rollback().expect("over");
        stepped.join().expect("the step ends well");
    }
}

#[test]
fn what_is_begun_locks_the_account_first() {
    locks_the_account_first(|journal, intent, _locks| {
        journal.append(intent.id, &stamp("2026-11-20T12:00:00Z"), &sending()).expect("ours");
    });
}

#[test]
fn what_is_given_back_locks_the_account_first() {
    locks_the_account_first(|journal, intent, locks| {
        let at = stamp("2026-11-20T12:00:00Z");
        journal.append_last(intent.id, &at, &settled(), || drop(locks)).expect("a fact");
    });
}

#[test]
fn what_is_added_beside_what_is_held_locks_the_account_first() {
    locks_the_account_first(|journal, intent, _locks| {
        let store = journal.exclusively(|alone| Ok(alone.store().cloned())).expect("asked");
        let store = store.expect("it is on a server");
        let place = JournalPlace::Shared { store, spool: Spool::new("/nowhere/spool".into()) };
        let (next, at) = (super::intent("5", KeyOrigin::Random), stamp("2026-11-20T12:00:00Z"));
        let add = |alone: &Exclusive<'_>| EntityLock::take_adding(alone, &place, &next, &at);
        drop(journal.exclusively(add).expect("all is ours"));
        assert_ne!(next.id, intent.id);
    });
}
