//! The first transaction travels with the greeting: it books once, under its own settings, whatever the
//! server turns out to be, and nothing of it stays where something else is asked first.

use super::*;
use crate::ledger::postgres::LEDGER;
use crate::ledger::service::{Ledger, Recording};
use crate::ledger::suite::proxy::{Fault, Proxy};
use crate::ledger::suite::server::poolers::Pooler;
use crate::ledger::suite::server::{Schema, Server, ServerSetup};
use crate::ledger::suite::{booked, credit, fill as fill_ledger, used};
use crate::ledger::values::Filter;
use ::postgres::{Client as Program, NoTls};
use std::path::Path;
use std::thread;
use url::Url;

const ANSWER: Duration = Duration::from_secs(9);

fn recording() -> Recording {
    Recording::new("org", used("1", None, None))
}

fn open(url: &str, next: &Recording) -> Result<Ledger> {
    let variables = Variables::default();
    crate::ledger::open_to_settle(Some(url), Path::new("/nowhere"), None, &variables, Some(next))
}

/// Opens the ledger for it and records it; the balance behind it.
fn record(url: &str) -> Result<String> {
    let next = recording();
    let recorded = open(url, &next)?.carry_out_recording(next)?;
    Ok(recorded.balance.to_string())
}

/// Makes the mandate `org`, with 10 in it.
fn fill(url: &str) {
    let ledger = Postgres::connect(&LEDGER, url, None, &Variables::default()).expect("a server");
    let mut ledger = Ledger::new(Box::new(ledger));
    fill_ledger(&mut ledger);
}

fn filled() -> Option<Schema> {
    let schema = Server::shared()?.schema();
    fill(&schema.url);
    Some(schema)
}

/// Statements of somebody who looks after the server.
fn tell(schema: &Schema, statements: &str) {
    Program::connect(&schema.url, NoTls)
        .and_then(|mut program| program.batch_execute(statements))
        .expect("done");
}

#[test]
fn the_tables_are_made_and_brought_on_before_anything_is_booked() {
    let Some(server) = Server::shared() else { return };
    let schema = server.schema();
    let refused = record(&schema.url).expect_err("there is no mandate");
    assert_eq!(refused.class(), Class::Usage, "{refused}");
    fill(&schema.url);
    assert_eq!(record(&schema.url).expect("recorded"), "9.00");
    tell(
        &schema,
        "UPDATE ledger_version SET version = 1;
         ALTER TABLE ledger_transaction DROP COLUMN reverses,
             DROP CONSTRAINT ledger_transaction_amount_check,
             ADD CONSTRAINT ledger_transaction_amount_check CHECK (amount > 0);",
    );
    assert_eq!(record(&schema.url).expect("brought on"), "8.00");
    tell(&schema, "UPDATE ledger_version SET version = version + 1");
    let refused = record(&schema.url).expect_err("newer");
    assert_eq!(refused.class(), Class::Config);
    assert!(refused.to_string().contains("newer topup"), "{refused}");
    tell(&schema, "UPDATE ledger_version SET version = version - 1");
    let look = || Postgres::look(&LEDGER, &schema.url, ANSWER, &Variables::default());
    assert!(look().expect("looked").1);
    tell(&schema, "CREATE TABLE kept AS SELECT * FROM ledger_version; DELETE FROM ledger_version");
    for refused in [record(&schema.url).map(|_| ()), look().map(|_| ())] {
        let refused = refused.expect_err("tables of nobody knows which version");
        assert!(refused.to_string().contains("does not say its version"), "{refused}");
    }
    tell(&schema, "INSERT INTO ledger_version SELECT * FROM kept");
    assert_eq!(booked(schema), 2);
}

#[test]
fn what_is_asked_or_written_first_ends_it_and_it_is_booked_all_the_same() {
    let Some(schema) = filled() else { return };
    let next = recording();
    let mut ledger = open(&schema.url, &next).expect("connected");
    assert_eq!(ledger.transactions("org", &Filter::default(), 9).expect("listed").0.len(), 1);
    assert_eq!(ledger.carry_out_recording(next).expect("recorded").balance.to_string(), "9.00");
    let next = recording();
    let mut ledger = open(&schema.url, &next).expect("connected");
    assert_eq!(ledger.mandates().expect("listed").len(), 1);
    ledger.credit("org", None, &credit("1", None)).expect("credited");
    assert_eq!(ledger.carry_out_recording(next).expect("recorded").balance.to_string(), "9.00");
    // A ledger that is left without its booking keeps nothing locked.
    let left = open(&schema.url, &recording()).expect("connected");
    drop(left);
    let next = recording();
    let mut ledger = open(&schema.url, &next).expect("connected");
    ledger.rest();
    fill(&schema.url);
    assert_eq!(ledger.carry_out_recording(next).expect("recorded").balance.to_string(), "18.00");
    drop(ledger);
    assert_eq!(booked(schema), 5);
}

#[test]
fn an_answer_that_is_lost_books_once() {
    let books_once = |faults: &[Fault], connections: usize| {
        let Some(schema) = filled() else { return };
        let mut url = Url::parse(&schema.url).expect("a URL");
        let server = format!("{}:{}", url.host_str().expect("a host"), url.port().unwrap_or(5432));
        let proxy = Proxy::to(&server, faults);
        url.set_host(Some("127.0.0.1")).expect("a host");
        url.set_port(Some(proxy.address.port())).expect("a port");
        assert_eq!(record(url.as_str()).expect("recorded"), "9.00", "{faults:?}");
        assert_eq!(proxy.count(), connections, "{faults:?}");
        assert_eq!(booked(schema), 1, "{faults:?}");
    };
    // Each waits for a new connection, and all at once.
    thread::scope(|scope| {
        for (faults, connections) in [
            (&[Fault::AfterCommit][..], 2),
            (&[Fault::BeforeCommit], 2),
            (&[Fault::BeforeCommit, Fault::AfterCommit], 3),
        ] {
            scope.spawn(move || books_once(faults, connections));
        }
    });
}

#[test]
fn settings_that_the_url_asks_for_hold_and_so_do_the_limits() {
    let Some(schema) = filled() else { return };
    Server::shared().expect("there").note_settings(&schema);
    let others = format!(
        "{}%20-clock_timeout%3D77%20-csynchronous_commit%3Doff%20-cdefault_transaction_read_only%3Don",
        schema.url
    );
    for url in [&schema.url, &others] {
        record(url).expect("recorded");
    }
    let seen = Program::connect(&schema.url, NoTls)
        .and_then(|mut program| program.query("SELECT DISTINCT commit, lock FROM seen", &[]))
        .expect("rows");
    let seen: Vec<[String; 2]> = seen.iter().map(|row| [0, 1].map(|at| row.get(at))).collect();
    assert_eq!(seen, [["on".to_owned(), "10s".to_owned()]]);
    assert_eq!(booked(schema), 2);
}

#[test]
fn behind_a_pooler_it_is_booked_in_the_right_place_and_leaves_nothing_there() {
    let Some(server) = Server::shared() else { return };
    let schema = server.schema();
    let role = server.role_of(&schema);
    let pooler = Pooler::start(&role.url, "transaction", "");
    if let Some(pooler) = &pooler {
        fill(&pooler.url);
        server.note_settings(&schema);
        // Another program leaves its settings on the one connection that they share.
        let mut program = Program::connect(&pooler.url, NoTls).expect("connected");
        let theirs =
            "SET synchronous_commit = off; SET search_path = elsewhere; SET lock_timeout = 1234";
        program.batch_execute(theirs).expect("set");
        for balance in ["9.00", "8.00"] {
            assert_eq!(record(&pooler.url).expect("recorded"), balance);
            let row = program.query_one("SHOW search_path", &[]).expect("a row");
            assert_eq!(row.get::<_, String>(0), "elsewhere");
        }
        assert_eq!(
            server.noted_settings(&schema),
            [["on".to_owned(), schema.name.clone(), "10s".to_owned()]]
        );
    }
}

#[test]
fn after_a_failover_it_is_booked_at_the_server_that_leads() {
    let Some(primary) = Server::own(&ServerSetup::default()) else { return };
    fill(&primary.url);
    let setup = ServerSetup { follows: Some(primary.url.clone()), ..ServerSetup::default() };
    let Some(standby) = Server::own(&setup) else { return };
    assert_eq!(record(&primary.url).expect("recorded"), "9.00");
    let refused = record(&standby.url).expect_err("it only follows");
    assert_eq!(refused.class(), Class::Timeout, "{refused}");
    assert!(refused.parts().hints[0].to_string().contains("target_session_attrs"));
    drop(primary);
    standby.run("SELECT pg_promote()");
    assert_eq!(record(&standby.url).expect("it leads now"), "8.00");
}
