//! Promise: machines that share a store share its purchases, its locks and its login: what is asked
//! for once is charged once, whoever is killed and whatever breaks off in the middle, and every answer
//! is true.

use crate::postgres_proxy::Proxy;
use crate::postgres_server::poolers::Pooler;
use crate::postgres_server::{Schema, Server as Database, ServerSetup};
use crate::support::{Ran, Server, User, until};
use postgres::{Client, NoTls};
use serde_json::Value;
use std::process::Command;

/// How many processes want the same purchase.
const CROWD: usize = 50;
/// On how many machines they run.
const MACHINES: usize = 5;

/// Machines at one portal with one store.
pub struct Fleet {
    pub portal: Server,
    pub key: String,
    pub schema: Schema,
}

impl Fleet {
    /// An empty store and a portal; none where there is no database server.
    pub fn new() -> Option<Self> {
        let schema = Database::shared()?.schema();
        let made = User::new().run(&["config", "new-key", "--get", "state_key"]).code(0);
        Some(Self { portal: Server::without_limits(), key: made.out.trim().to_owned(), schema })
    }

    /// A machine that has never run topup.
    pub fn machine(&self) -> User {
        User::new()
            .with("TOPUP_PORTAL_URL", &self.portal.url)
            .with("TOPUP_STATE_URL", &self.schema.url)
            .with("TOPUP_STATE_KEY", &self.key)
    }

    pub fn rows(&self, query: &str) -> Vec<String> {
        let mut client = Client::connect(&self.schema.url, NoTls).expect("connected");
        client.query(query, &[]).expect("rows").iter().map(|row| row.get(0)).collect()
    }
}

fn charges(portal: &Server) -> usize {
    portal.keeper().charges().len()
}

/// Waits until the portal has charged.
fn charged(portal: &Server) {
    until("something is bought", || charges(portal) > 0);
}

#[test]
fn from_nothing_two_machines_log_in_once_and_pay_once_though_one_is_killed() {
    let Some(fleet) = Fleet::new() else { return };
    let (desk, job) = (fleet.machine(), fleet.machine().with("CI", "true"));
    desk.run(&["login", "--step-up", "--no-browser"]).code(0);
    assert!(!desk.file("credentials.json").exists(), "the login is in the store");
    let known = job.run(&["whoami", "--json"]).code(0).json();
    assert_eq!(known["data"]["can_spend"], true, "{known}");
    for (setting, value) in [("balance", "5"), ("settle-after", "2s")] {
        fleet.portal.keeper().set(&format!("{setting}={value}"));
    }
    let ensure = ["ensure", "--at-least", "20", "--buy", "25", "--yes", "--json"];
    let (mut killed, other) = (desk.start(&ensure), job.start(&ensure));
    charged(&fleet.portal);
    killed.kill().expect("it ran");
    killed.wait().expect("it ended");
    let finished = job.finish(&ensure, other);
    // It may have been the one that only waited: then the first took the answer with it.
    let finished = if finished.code == 0 { finished } else { job.run(&ensure) };
    finished.code(0);
    let again = desk.run(&ensure).code(0).json();
    assert_eq!(again["data"]["bought"], false, "{again}");
    assert_eq!(charges(&fleet.portal), 1);
    for machine in [&desk, &job] {
        assert!(!machine.file("journal.db").exists() && !machine.file("locks").exists());
    }
    // What is kept there can be read by nobody who has the database alone.
    let kept = fleet.rows("SELECT document FROM login");
    assert!(kept.len() == 1 && kept[0].starts_with("v1 "), "{kept:?}");
    let listed = job.run(&["history", "--json"]).code(0).json();
    assert_eq!(listed["data"]["purchases"].as_array().map(Vec::len), Some(1), "{listed}");
}

#[test]
fn a_name_is_one_purchase_on_all_machines_and_the_limits_count_all_of_them() {
    let Some(fleet) = Fleet::new() else { return };
    let token = |user: User| user.with("TOPUP_TOKEN", &fleet.portal.token);
    let (one, two) = (token(fleet.machine()), token(fleet.machine()).with("CI", "true"));
    let buy = ["buy", "25", "--yes", "--json", "--once", "refill"];
    let first = one.run(&buy).code(0).json();
    let second = two.run(&buy).code(0).json();
    assert_eq!(second["data"]["replayed"], true, "{second}");
    assert_eq!(second["data"]["charge_id"], first["data"]["charge_id"]);
    two.run(&["config", "set", "max_per_day", "40"]).code(0);
    let refused = two.run(&["buy", "25", "--yes", "--json", "--new"]).code(5).json();
    assert_eq!(refused["error"]["class"], "spend_guard", "{refused}");
    // A name that the journal does not know may be older than it, where the run may be.
    let unknown = two.run(&["buy", "10", "--yes", "--json", "--once", "other"]).code(51).json();
    assert_eq!(unknown["error"]["charged_now"], "no", "{unknown}");
    let github = two.with("GITHUB_RUN_ID", "4711").with("GITHUB_RUN_ATTEMPT", "1");
    github.run(&["buy", "10", "--yes", "--once", "4711-other"]).code(0);
    let again = github.with("GITHUB_RUN_ATTEMPT", "2");
    let known = again.run(&["buy", "10", "--yes", "--json", "--once", "4711-other"]).code(0).json();
    assert_eq!(known["data"]["replayed"], true, "{known}");
    assert_eq!(charges(&fleet.portal), 2);
}

#[test]
fn what_is_wrong_with_the_store_has_its_own_words_and_nothing_is_sent() {
    let Some(fleet) = Fleet::new() else { return };
    fleet.machine().run(&["login", "--step-up", "--no-browser"]).code(0);
    let buy = ["buy", "25", "--yes", "--json"];
    let refused = |user: &User, code: i32, said: &str| {
        let document = user.run(&buy).code(code).json();
        let error = &document["error"];
        let text = error.to_string();
        assert!(text.contains(said), "{said}: {document}");
        assert!(!error["hints"].to_string().contains('{'), "{document}");
        assert_ne!(error["charged"], "yes", "{document}");
    };
    let away = "postgres://topup@127.0.0.1:1/nothing";
    refused(&fleet.machine().with("TOPUP_STATE_URL", away), 61, "cannot be reached");
    refused(&fleet.machine().with("TOPUP_STATE_URL", "/a/file"), 4, "is no postgres://");
    let other = User::new().run(&["config", "new-key", "--get", "state_key"]).code(0);
    refused(
        &fleet.machine().with("TOPUP_STATE_KEY", other.out.trim()),
        4,
        "encrypted with the key",
    );
    refused(&fleet.machine().with("TOPUP_STATE_KEY", "hunter2"), 4, "is not a key");
    refused(&fleet.machine().with("TOPUP_STATE_KEY", ""), 4, "is not set");
    let wrong = fleet.schema.url.replacen("correct-horse", "wrong", 1);
    if wrong != fleet.schema.url {
        refused(&fleet.machine().with("TOPUP_STATE_URL", &wrong), 4, "password");
    }
    // Old and new key side by side open it, and the next change is sealed with the new one.
    let both = format!("{},{}", other.out.trim(), fleet.key);
    fleet.machine().with("TOPUP_STATE_KEY", &both).run(&["whoami"]).code(0);
    fleet.rows("INSERT INTO state_version VALUES (99, 0) RETURNING 'x'");
    refused(&fleet.machine(), 4, "newer topup");
    fleet.rows("DELETE FROM state_version WHERE version = 99 RETURNING 'x'");
    assert_eq!(charges(&fleet.portal), 0);
}

/// How often `buy` waits for the server of the shared store, and for what. Each outcome that something
/// rests on has to be durable before it is acted on, so none of these can go along with the next:
/// the start of the connection and the password; what the server is and makes of our settings, before
/// anything is written; the turn, with all that the decision reads; the decision, its lease and its
/// COMMIT; `sending`; `accepted`; `final`; `delivered`, and the lease back.
const ROUND_TRIPS: [(&str, usize); 7] = [
    ("connection and password", 2),
    ("greeting, and what the decision reads", 1),
    ("decision: one write", 1),
    ("sending", 1),
    ("accepted", 1),
    ("final", 1),
    ("delivered and the lease back", 1),
];

#[test]
fn buy_asks_the_server_as_often_as_its_steps_need_it() {
    let Some(fleet) = Fleet::new() else { return };
    fleet.machine().run(&["history"]).code(0);
    let (_, place) = fleet.schema.url.rsplit_once('@').expect("a user");
    let (server, _) = place.split_once('/').expect("a database");
    let proxy = Proxy::to(server, &[]);
    let url = fleet.schema.url.replacen(server, &proxy.address.to_string(), 1);
    let machine = fleet.machine().with("TOPUP_STATE_URL", &url);
    let machine = machine.with("TOPUP_TOKEN", &fleet.portal.token);
    let expected: usize = ROUND_TRIPS.iter().map(|(_, count)| count).sum();
    for buy in [vec!["buy", "25", "--yes", "--once", "a"], vec!["buy", "25", "--yes", "--new"]] {
        let before = proxy.round_trips();
        machine.run(&buy).code(0);
        assert_eq!(proxy.round_trips() - before, expected, "{buy:?}: {ROUND_TRIPS:?}");
    }
}

/// Ends a process of the server without a word, as a crash does: it throws everybody out and starts
/// anew.
fn crash(database: &Database) {
    let mut client = Client::connect(&database.url, NoTls).expect("connected");
    let row = client.query_one("SELECT pg_backend_pid()", &[]).expect("a row");
    let id: i32 = row.get(0);
    let killed = Command::new("kill").args(["-KILL", &id.to_string()]).status().expect("kill");
    assert!(killed.success(), "the server is not ours to crash");
}

#[test]
fn a_crowd_behind_poolers_of_both_modes_pays_once_though_the_server_crashes() {
    let Some(database) = Database::own(&ServerSetup::default()) else { return };
    let wide = "default_pool_size = 40\nmax_client_conn = 200";
    let Some(session) = Pooler::start(&database.url, "session", wide) else { return };
    let Some(transaction) = Pooler::start(&database.url, "transaction", "") else { return };
    let portal = Server::without_limits();
    portal.keeper().set("settle-after=1s");
    let machine = |url: &str| portal.user().with("TOPUP_STATE_URL", url).with("CI", "true");
    // Five homes: a machine with a session of its own behind the pooler, two behind one in
    // transaction mode, one at the server itself, and one that is at both in turn.
    let urls = [&session.url, &transaction.url, &database.url, &transaction.url, &session.url];
    let buy = ["buy", "25", "--yes", "--json", "--once", "1-refill", "--wait", "40s"];
    let named: [User; MACHINES] =
        urls.map(|url| machine(url).with("GITHUB_RUN_ID", "1").with("GITHUB_RUN_ATTEMPT", "1"));
    // The tables are made before: a crash in the middle of that has a test of its own.
    named[2].run(&["history"]).code(0);
    let started: Vec<_> = (0..CROWD).map(|at| named[at % MACHINES].start(&buy)).collect();
    charged(&portal);
    crash(&database);
    let all: Vec<Ran> = started
        .into_iter()
        .enumerate()
        .map(|(at, child)| named[at % MACHINES].finish(&buy, child))
        .collect();
    let charges = portal.keeper().charges();
    assert_eq!(charges.len(), 1, "{charges:?}");
    // Who could not give back what it held does so with its next run; what is held by one that does not
    // come again is free when its time is over.
    for machine in &named {
        machine.run(&["history"]).code(0);
    }
    let longer = [&buy[..buy.len() - 1], &["55s"]].concat();
    let last = named[0].run(&longer).code(0).json();
    let paid = &last["data"];
    let (mut knew, mut bought) = (0, 0);
    for ran in &all {
        let document: Value = ran.json();
        let (data, error) = (&document["data"], &document["error"]);
        if ran.code == 0 {
            // Everyone who says that it was bought means the one that was, settled, as asked.
            knew += 1;
            bought += usize::from(data["replayed"] == false && data["resumed"] == false);
            for key in ["purchase_id", "charge_id", "idempotency_key", "once", "amount_usd"] {
                assert_eq!(data[key], paid[key], "{key}: {document}");
            }
            assert_eq!(
                (&data["status"], data["amount_usd"].as_str()),
                (&"settled".into(), Some("25.00"))
            );
            continue;
        }
        // It was charged or was about to be: a process that could not know says so, with a class
        // that a script tries again, and claims no charge of its own that it did not make.
        assert_ne!(error["charged"], "no", "{document}");
        let codes = [50, 51, 53, 60, 61, 65];
        assert!(codes.contains(&ran.code), "{}: {document}", ran.code);
        assert_eq!(error["exit_code"], ran.code, "{document}");
        if error["charged"] == "yes" {
            // One that found the server away again knows the purchase, and maybe not its charge.
            assert_eq!(data["purchase_id"], paid["purchase_id"], "{document}");
            let charge_id = &data["charge_id"];
            assert!(charge_id.is_null() || *charge_id == paid["charge_id"], "{document}");
        }
        if error["charged_now"] == "yes" {
            bought += 1;
        }
        assert!(!error["hints"].as_array().is_none_or(Vec::is_empty), "{document}");
    }
    assert!(bought <= 1, "{bought} of them say that they bought it");
    assert!(knew > 0, "not one of them came to know it");
    assert_eq!(portal.keeper().charges().len(), 1);
}

#[test]
fn two_machines_that_watch_one_balance_report_it_once() {
    let Some(fleet) = Fleet::new() else { return };
    fleet.portal.keeper().set("balance=5");
    let machine = || fleet.machine().with("TOPUP_TOKEN", &fleet.portal.token);
    let machines = [machine(), machine()];
    let watch = ["watch", "--below", "10", "--one-look", "--", "sh", "-c", "echo low >>reported"];
    let reported = || -> usize {
        let lines = |user: &User| {
            std::fs::read_to_string(user.file("reported")).unwrap_or_default().lines().count()
        };
        machines.iter().map(lines).sum()
    };
    let started: Vec<_> = (0..6).map(|at| (at % 2, machines[at % 2].start(&watch))).collect();
    for (at, child) in started {
        machines[at].finish(&watch, child).code(0);
    }
    assert_eq!(reported(), 1);
    fleet.portal.keeper().set("balance=50");
    machines[0].run(&watch).code(0);
    fleet.portal.keeper().set("balance=3");
    for machine in &machines {
        machine.run(&watch).code(0);
        assert!(!machine.file("watch").exists(), "it is remembered in the store");
    }
    assert_eq!(reported(), 2);
}
