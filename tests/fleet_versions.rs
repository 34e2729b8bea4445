//! Promise: a store that machines share is read on by every later version: its tables are brought on
//! once, however many machines come at once, and all that stands in it counts as before.

use crate::fleet::Fleet;
use crate::postgres_server::{Schema, Server as Database};
use crate::support::User;
use postgres::{Client, NoTls};
use topup::store::state::VERSION;

/// The tables of the first version.
const FIRST: &str = include_str!("support/shared_store_1.sql");

/// What it keeps, and in which order: rows of other tables follow from these.
const KEPT: [(&str, &str, &str); 5] = [
    (
        "purchase",
        "id, origin, organisation, naming, name, generation, idempotency_key, amount, asked_ms, plan",
        "asked_ms",
    ),
    ("entry", "row_id, purchase, kind, ended, charge_id, cost, stamp, body", "seq"),
    ("lease", "entity, fence, holder, until_ms, by_session", "entity"),
    ("login", "profile, version, document, changed_ms", "profile"),
    ("crossing", "id, body, changed_ms", "id"),
];

/// Processes that come at once.
const CROWD: usize = 20;

/// A store of the first version with all that this one holds.
fn as_first(from: &Schema) -> Schema {
    let first = Database::shared().expect("a server").schema();
    let mut client = Client::connect(&first.url, NoTls).expect("connected");
    client.batch_execute(FIRST).expect("the tables of version 1");
    for (table, columns, order) in KEPT {
        let (there, here) = (&first.name, &from.name);
        let copy = format!(
            "INSERT INTO {there}.{table} ({})
             SELECT {columns} FROM {here}.{table} ORDER BY {order}",
            // So it was called.
            columns.replace("row_id", "id")
        );
        let copied = client.execute(&copy, &[]).expect(&copy);
        assert!(copied > 0, "nothing of {table} is there to be kept");
    }
    first
}

fn rows(schema: &Schema, query: &str) -> Vec<String> {
    let mut client = Client::connect(&schema.url, NoTls).expect("connected");
    client.query(query, &[]).expect(query).iter().map(|row| row.get(0)).collect()
}

#[test]
fn a_store_of_the_first_version_is_brought_on_once_and_all_that_is_in_it_counts() {
    let Some(fleet) = Fleet::new() else { return };
    let desk = fleet.machine();
    desk.run(&["login", "--step-up", "--no-browser"]).code(0);
    desk.run(&["buy", "10", "--yes", "--once", "first"]).code(0);
    fleet.portal.keeper().set("settle-after=10m");
    let open = desk.run(&["buy", "25", "--yes", "--once", "second", "--no-wait", "--json"]);
    let open = open.code(50).json();
    fleet.portal.keeper().set("balance=5");
    let watch = ["watch", "--below", "10", "--one-look", "--", "sh", "-c", "echo low >>reported"];
    desk.run(&watch).code(0);
    assert!(desk.file("reported").exists(), "it is below");
    let first = as_first(&fleet.schema);
    let fences = "SELECT entity || ' ' || CAST(fence AS TEXT) FROM lease ORDER BY entity";
    let before = rows(&first, fences);

    let machines: Vec<User> =
        (0..5).map(|_| fleet.machine().with("TOPUP_STATE_URL", &first.url)).collect();
    let history = ["history", "--json"];
    let started: Vec<_> = (0..CROWD).map(|at| (at % 5, machines[at % 5].start(&history))).collect();
    for (at, child) in started {
        let listed = machines[at].finish(&history, child).code(0).json();
        let listed = listed["data"]["purchases"].as_array().expect("purchases").len();
        assert_eq!(listed, 2);
    }
    let versions = rows(&first, "SELECT CAST(version AS TEXT) FROM state_version ORDER BY version");
    assert_eq!(versions, ["1", &VERSION.to_string()]);
    assert_eq!(rows(&first, fences), before, "no number of a lease is given out once more");

    // Every machine has the login, what was reported is not reported again, what was bought is known,
    // and what was open goes on.
    machines[1].run(&["whoami"]).code(0);
    machines[2].run(&watch).code(0);
    assert!(!machines[2].file("reported").exists(), "it was reported before");
    let known = machines[3].run(&["buy", "10", "--yes", "--once", "first", "--json"]);
    assert_eq!(known.code(0).json()["data"]["replayed"], true);
    fleet.portal.keeper().set("settle-after=0s");
    fleet.portal.keeper().set("clock=+11m");
    let ended = machines[4].run(&["buy", "25", "--yes", "--once", "second", "--json"]).code(0);
    assert_eq!(ended.json()["data"]["charge_id"], open["data"]["charge_id"]);
    machines[0].run(&["buy", "30", "--yes", "--once", "third"]).code(0);
    assert_eq!(fleet.portal.keeper().charges().len(), 3);
}
