//! A machine is killed while it renews the login that machines share: after its note, after its request,
//! before what came is stored, and while it is. The next one never sends the token again.

use super::fake::{Does, Fake};
use super::vault::new_key;
use super::vault_tests::{age_note, gives, log_in, token_on_machine, vault};
use crate::core::class::Class;
use crate::ledger::suite::server::{Schema, Server};
use postgres::{Client, NoTls};
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use url::Url;

/// What the machine that is killed works on: the URL of the store, the portal and the key.
const TASK: &str = "TOPUP_TEST_RENEWAL";

/// Not a test of its own: the machine that is killed.
#[test]
fn the_machine_that_is_killed() {
    let Ok(task) = std::env::var(TASK) else { return };
    let [url, base, key] = task.split('\n').collect::<Vec<_>>()[..] else { panic!("a task") };
    let base = Url::parse(base).expect("a URL");
    let _ = token_on_machine(url, &base, Some(key));
}

fn start(schema: &Schema, base: &Url, key: &str) -> Child {
    Command::new(std::env::current_exe().expect("this test"))
        .args(["--exact", "credentials::vault_kill_tests::the_machine_that_is_killed"])
        .env(TASK, [schema.url.as_str(), base.as_str(), key].join("\n"))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("started")
}

fn kill(mut machine: Child) {
    machine.kill().expect("it runs");
    machine.wait().expect("it ended");
}

#[track_caller]
fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let end = Instant::now() + Duration::from_secs(40);
    while !is_so() {
        assert!(Instant::now() < end, "never: {what}");
        std::thread::yield_now();
    }
}

fn version(schema: &Schema, key: &str) -> Option<String> {
    vault(&schema.url, Some(key)).get().expect("there").version
}

/// The next machines send nothing, and say that a person has to log in.
#[track_caller]
fn is_over(schema: &Schema, base: &Url, key: &str) {
    age_note(&schema.url, key);
    for _ in 0..2 {
        let refused = token_on_machine(&schema.url, base, Some(key)).expect_err("log in again");
        assert_eq!(refused.class(), Class::SessionRevoked, "{refused}");
        assert!(refused.to_string().contains("the answer is lost"), "{refused}");
    }
}

#[test]
fn killed_after_the_note() {
    let Some(server) = Server::shared() else { return };
    let (schema, key) = (server.schema(), new_key().expect("a key").0);
    // It takes a connection and never reads a request.
    let portal = TcpListener::bind("127.0.0.1:0").expect("a port");
    let base = format!("http://{}", portal.local_addr().expect("an address"));
    let base = Url::parse(&base).expect("a URL");
    log_in(&schema, &base, &key, -1);
    let machine = start(&schema, &base, &key);
    until("the note is there", || version(&schema, &key).as_deref() == Some("2"));
    kill(machine);
    portal.set_nonblocking(true).expect("set");
    while portal.accept().is_ok() {}
    is_over(&schema, &base, &key);
    assert!(portal.accept().is_err(), "the token was sent again");
}

#[test]
fn killed_after_the_request() {
    let Some(server) = Server::shared() else { return };
    let (schema, key) = (server.schema(), new_key().expect("a key").0);
    let (over, wait) = channel::<()>();
    let wait = Mutex::new(wait);
    let fake = Fake::start(move |_, _| {
        let _ = wait.lock().expect("no panic there").recv();
        Does::HangUp
    });
    log_in(&schema, &fake.base, &key, -1);
    let machine = start(&schema, &fake.base, &key);
    until("the request is there", || fake.seen().len() == 1);
    kill(machine);
    drop(over);
    is_over(&schema, &fake.base, &key);
    assert_eq!(fake.seen().len(), 1, "the token was sent again");
}

/// A machine that has the answer and is killed while it waits to store it. Gives the session that
/// keeps it waiting, and the server's process that waits for it.
fn killed_with_the_answer(schema: &Schema, key: &str) -> (Fake, Client, i32) {
    let held = Arc::new(Mutex::new(None));
    let (hold, url) = (Arc::clone(&held), schema.url.clone());
    let fake = Fake::start(move |number, seen| {
        let mut client = Client::connect(&url, NoTls).expect("connected");
        client.batch_execute("BEGIN; SELECT 1 FROM login FOR UPDATE").expect("locked");
        *hold.lock().expect("no panic there") = Some(client);
        gives(number, seen)
    });
    log_in(schema, &fake.base, key, -1);
    let machine = start(schema, &fake.base, key);
    until("the answer is there", || held.lock().expect("no panic there").is_some());
    let mut client = held.lock().expect("no panic there").take().expect("a session");
    let blocked = "SELECT pid FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY(pg_blocking_pids(pid))";
    let mut waits = None;
    until("it waits", || {
        waits = client.query_opt(blocked, &[]).expect("asked").map(|row| row.get(0));
        waits.is_some()
    });
    kill(machine);
    (fake, client, waits.expect("it waits"))
}

#[test]
fn killed_before_the_new_token_is_stored() {
    let Some(server) = Server::shared() else { return };
    let (schema, key) = (server.schema(), new_key().expect("a key").0);
    let (fake, mut client, waits) = killed_with_the_answer(&schema, &key);
    client.execute("SELECT pg_terminate_backend($1)", &[&waits]).expect("its session ends");
    until("its session is gone", || {
        let there = "SELECT 1 FROM pg_locks WHERE pid = $1";
        client.query(there, &[&waits]).expect("asked").is_empty()
    });
    drop(client);
    is_over(&schema, &fake.base, &key);
    assert_eq!(fake.seen().len(), 1, "the token was sent again");
}

#[test]
fn killed_while_the_new_token_is_stored() {
    let Some(server) = Server::shared() else { return };
    let (schema, key) = (server.schema(), new_key().expect("a key").0);
    let (fake, client, waits) = killed_with_the_answer(&schema, &key);
    drop(client);
    let mut client = Client::connect(&schema.url, NoTls).expect("connected");
    until("its session is gone", || {
        let there = "SELECT 1 FROM pg_stat_activity WHERE pid = $1";
        client.query(there, &[&waits]).expect("asked").is_empty()
    });
    // The server may have heard all of the transaction, or have found out that nobody listens.
    if version(&schema, &key).as_deref() == Some("3") {
        let token = token_on_machine(&schema.url, &fake.base, Some(&key)).expect("the new one");
        assert_eq!(token.secret.expose(), "access-1");
    } else {
        is_over(&schema, &fake.base, &key);
    }
    assert_eq!(fake.seen().len(), 1, "the token was sent again");
}
