//! Promise: how a purchase stands on a server is what its rows say, whoever has appended them, at once or
//! not, and in a store of whichever version.

use super::lock_order::until_it_blocks;
use super::shared_tests::on_machine;
use super::spending_tests::{Dice, agrees, grow, some_row};
use super::*;
use crate::ledger::suite::server::Schema;
use ::postgres::{Client, NoTls};
use std::thread;

/// What each version of a shared store has made, behind those before it.
const VERSIONS: [&str; 3] = [
    include_str!("../../../tests/support/shared_store_1.sql"),
    include_str!("../../../tests/support/shared_store_2.sql"),
    include_str!("../../../tests/support/shared_store_3.sql"),
];

fn rows(schema: &Schema, query: &str) -> Vec<String> {
    let mut client = Client::connect(&schema.url, NoTls).expect("connected");
    client.query(query, &[]).expect(query).iter().map(|row| row.get(0)).collect()
}

/// How all purchases stand, and the sums of the days.
fn standing(schema: &Schema) -> Vec<String> {
    let standing =
        "SELECT concat_ws(' ', purchase, origin, COALESCE(waits, '-'), cost, counts, unit, units)
        FROM standing ORDER BY 1";
    let spent = "SELECT concat_ws(' ', origin, day, unit, units) FROM spent
        WHERE units <> 0 ORDER BY 1";
    [rows(schema, standing), rows(schema, spent)].concat()
}

#[test]
fn a_store_of_each_version_stands_as_its_triggers_have_made_it_and_goes_on() {
    let Some(server) = Server::shared() else { return };
    let home = crate::core::scratch::tempdir().expect("a folder");
    let now = server.schema();
    let mut dice = Dice(11);
    let mut journal = Journal::open(&on_machine(&now, home.path())).expect("opened");
    let mut all = Vec::new();
    (0..120).for_each(|_| grow(&mut journal, &mut dice, &mut all));
    for version in 1..=VERSIONS.len() {
        let then = server.schema();
        let mut client = Client::connect(&then.url, NoTls).expect("connected");
        client.batch_execute(&VERSIONS[..version].concat()).expect("its tables");
        // The rows come as they came then: what is derived of them is what its triggers make of them.
        let copy = format!(
            "INSERT INTO purchase SELECT * FROM {0}.purchase;
             INSERT INTO entry (id, purchase, kind, ended, charge_id, cost, stamp, body)
                SELECT row_id, purchase, kind, ended, charge_id, cost, stamp, body
                FROM {0}.entry ORDER BY seq",
            now.name
        );
        client.batch_execute(&copy).expect("copied");
        let mut journal = Journal::open(&on_machine(&then, home.path())).expect("brought on");
        agrees(&mut journal, &all);
        assert_eq!(standing(&then), standing(&now), "version {version}");
        // A program of then, which was at work meanwhile, adds no row of which nothing is derived.
        let former = "INSERT INTO entry (purchase, kind, ended, charge_id, cost, stamp, body, id)
            SELECT purchase, kind, ended, charge_id, cost, stamp, body, 'new' FROM entry LIMIT 1";
        assert!(client.batch_execute(former).is_err(), "version {version}");
        let mut all = all.clone();
        (0..20).for_each(|_| grow(&mut journal, &mut dice, &mut all));
        agrees(&mut journal, &all);
    }
}

#[test]
fn a_row_waits_for_one_before_it_that_changes_the_same_purchase() {
    let Some(server) = Server::shared() else { return };
    let (schema, home) = (server.schema(), crate::core::scratch::tempdir().expect("a folder"));
    let mut journal = Journal::open(&on_machine(&schema, home.path())).expect("opened");
    let made = intent("25", KeyOrigin::Random);
    add(&mut journal, &made, "2026-11-20T12:00:00Z", &[sending()]);
    let mut other = Client::connect(&schema.url, NoTls).expect("connected");
    let mut other = other.transaction().expect("begun");
    other.query("SELECT 1 FROM standing FOR UPDATE", &[]).expect("locked");
    let appended = thread::spawn(move || {
        journal.append(made.id, &stamp("2026-11-20T12:01:00Z"), &settled()).expect("a fact");
    });
    until_it_blocks(&mut other);
    let refused = "INSERT INTO entry (row_id, purchase, kind, ended, stamp, body)
            SELECT 'theirs', purchase, 'final', 'refused', stamp, '{}' FROM entry LIMIT 1;
        UPDATE standing SET waits = NULL, counts = FALSE";
    other.batch_execute(refused).expect("changed");
    other.commit().expect("committed");
    appended.join().expect("it is there");
    let entries = rows(&schema, "SELECT COALESCE(ended, kind) FROM entry ORDER BY seq");
    assert_eq!(entries, ["intent", "sending", "refused", "settled"]);
    let stands = "SELECT concat_ws(' ', COALESCE(waits, '-'), counts, units) FROM standing";
    assert_eq!(rows(&schema, stands), ["untold t 2500"]);
}

#[test]
fn a_row_of_a_purchase_that_is_not_there_is_refused_and_kept() {
    let Some(server) = Server::shared() else { return };
    let (schema, home) = (server.schema(), crate::core::scratch::tempdir().expect("a folder"));
    let mut journal = Journal::open(&on_machine(&schema, home.path())).expect("opened");
    let spool = Spool::new(home.path().join("spool.jsonl"));
    let at = stamp("2026-11-20T12:00:00Z");
    // What was answered waits for the store that knows it; nothing is read before.
    for (waits, row) in [(1, settled()), (2, JournalRow::Doubted)] {
        journal.append(Uuid::from_u128(7), &at, &row).expect("kept here");
        assert_eq!(spool.waiting(), waits);
    }
    let next = Journal::open(&on_machine(&schema, home.path())).expect("opened");
    assert_eq!(next.all_open().expect_err("it waits").class(), Class::Config);
    assert_eq!(spool.waiting(), 2);
    assert!(rows(&schema, "SELECT kind FROM entry").is_empty());
}

/// For what a purchase with these rows waits, and whether it counts: each as kind and end.
fn stands(rows: &[(String, Option<String>)]) -> (Option<&'static str>, bool) {
    let mut stands = (Some("unfinished"), true);
    for (kind, ended) in rows {
        let ended = ended.as_deref().unwrap_or_default();
        stands = match (kind.as_str(), ended) {
            ("reopened", _) => (Some("unfinished"), true),
            ("final", "settled" | "in_force") => (Some("untold"), true),
            ("final", "failed") => (Some("untold"), false),
            ("final", "key_kept") => (Some("kept"), false),
            ("final", "refused" | "marked_not_charged") => (None, false),
            ("final", _) => (None, true),
            ("delivered", _) if stands.0 == Some("untold") => (None, stands.1),
            _ => stands,
        };
    }
    stands
}

#[test]
fn rows_that_are_appended_at_once_count_in_the_order_in_which_they_stand() {
    let Some(server) = Server::shared() else { return };
    let (schema, home) = (server.schema(), crate::core::scratch::tempdir().expect("a folder"));
    let mut journal = Journal::open(&on_machine(&schema, home.path())).expect("opened");
    for round in 0..12_u64 {
        let made = intent("25", KeyOrigin::Random);
        add(&mut journal, &made, "2026-11-20T12:00:00Z", &[sending()]);
        thread::scope(|scope| {
            for machine in 0..4 {
                let (schema, home, id) = (&schema, home.path(), made.id);
                scope.spawn(move || {
                    let mut dice = Dice(round * 4 + machine);
                    let mut journal = Journal::open(&on_machine(schema, home)).expect("opened");
                    let facts = std::iter::repeat_with(|| some_row(&mut dice));
                    for fact in facts.filter(|row| !row.is_fenced()).take(6) {
                        journal.append(id, &stamp("2026-11-20T12:01:00Z"), &fact).expect("there");
                    }
                });
            }
        });
        let mut client = Client::connect(&schema.url, NoTls).expect("connected");
        let id = made.id.to_string();
        let entries = "SELECT kind, ended, cost FROM entry WHERE purchase = $1 ORDER BY seq";
        let entries = client.query(entries, &[&id]).expect("rows");
        let kinds: Vec<(String, Option<String>)> =
            entries.iter().map(|row| (row.get(0), row.get(1))).collect();
        let cost = entries.iter().rev().find_map(|row| row.get::<_, Option<String>>(2));
        let stood = "SELECT waits, counts, cost FROM standing WHERE purchase = $1";
        let stood = client.query_one(stood, &[&id]).expect("it stands");
        let (waits, counts): (Option<String>, bool) = (stood.get(0), stood.get(1));
        assert_eq!((waits.as_deref(), counts), stands(&kinds), "{kinds:?}");
        assert_eq!(stood.get::<_, String>(2), cost.unwrap_or_else(|| "25.00".into()), "{kinds:?}");
    }
    let sums = "SELECT CAST(SUM(units) AS TEXT) FROM standing WHERE unit = '0.01'";
    let spent = "SELECT CAST(SUM(units) AS TEXT) FROM spent WHERE unit = '0.01'";
    assert_eq!(rows(&schema, spent), rows(&schema, sums));
}
