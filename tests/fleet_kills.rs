//! Promise: killed at any step of a move into the store that machines share, or out of it, the same
//! command again ends it: every purchase and every login is at one place then, and no login is good at
//! two at any time.
//!
//! `strace` does it as for a purchase (`kills.rs`).

use crate::fleet::Fleet;
use crate::kills::{Chosen, Harm, each_point, inject, kills, strace_is_there};
use crate::postgres_server::{Schema, Server as Database};
use crate::support::User;
use postgres::{Client, NoTls};
use serde_json::Value;
use std::path::Path;
use std::process::Command;

/// The calls at which a move touches the files and the server.
const CALLS: &[&str] = &["openat", "write", "pwrite64", "fsync", "fdatasync", "flock", "sendto"];
/// Those at which a login or a journal comes to be another one.
const STEPS: &[&str] = &["rename", "renameat", "renameat2"];

/// A machine with purchases and a login of its own, and the fleet that it joins.
struct Joining {
    fleet: Fleet,
    desk: User,
}

/// A copy of its files, and an empty store.
struct Place {
    machine: User,
    schema: Schema,
}

impl Joining {
    fn new() -> Option<Self> {
        let fleet = Fleet::new()?;
        let desk = fleet.machine();
        let alone = desk.copy().with("TOPUP_STATE_URL", "");
        alone.run(&["login", "--step-up", "--no-browser"]).code(0);
        alone.run(&["buy", "10", "--yes", "--once", "first"]).code(0);
        fleet.portal.keeper().set("settle-after=1h");
        alone.run(&["buy", "25", "--yes", "--once", "second", "--no-wait"]).code(50);
        Some(Self { fleet, desk })
    }

    fn place(&self) -> Place {
        let schema = Database::shared().expect("a server").schema();
        let machine = self.fleet.machine().with("TOPUP_STATE_URL", &schema.url);
        let from = self.desk.home().join(".");
        let copied = Command::new("cp").arg("-r").arg(from).arg(machine.home()).status();
        assert!(copied.expect("cp").success());
        Place { machine, schema }
    }
}

impl Place {
    fn in_store(&self, query: &str) -> i64 {
        let mut client = Client::connect(&self.schema.url, NoTls).expect("connected");
        client.query_one(query, &[]).map_or(0, |row| row.get(0))
    }

    fn alone(&self) -> User {
        self.machine.copy().with("TOPUP_STATE_URL", "")
    }

    /// No machine may send the token that another one may send.
    fn check_logins(&self, what: &str) {
        let is_good = |user: &User| user.run(&["whoami", "--json"]).code == 0;
        let good = [is_good(&self.alone()), is_good(&self.machine)];
        assert_ne!(good, [true, true], "{what}: the login is good at two places");
    }
}

fn purchases(user: &User) -> Option<usize> {
    let ran = user.run(&["history", "--json"]);
    let listed = ran.json();
    listed["data"]["purchases"].as_array().map(Vec::len)
}

fn count(document: &Value, key: &str) -> u64 {
    document["data"][key].as_u64().unwrap_or_else(|| panic!("{key}: {document}"))
}

fn has_token(file: &Path) -> bool {
    std::fs::read_to_string(file).is_ok_and(|text| text.contains("refresh_token"))
}

/// Kills imports at these points; gives how many there were.
fn kill_imports(chosen: &Chosen, harms: &[Harm]) -> usize {
    let Some(joining) = Joining::new() else { return usize::MAX };
    each_point(
        chosen,
        harms,
        || (),
        |(), what| {
            let place = joining.place();
            // What was left behind stays, whichever run left it.
            let import = ["journal", "import", "--leave", "first", "--json"];
            let injected = inject(&place.machine, &import, what);
            if !injected.reached {
                return false;
            }
            place.check_logins(what);
            let again = place.machine.run(&import).code(0).json();
            assert_eq!(count(&again, "left"), 1, "{what}: {again}");
            place.check_logins(what);
            assert!(!has_token(&place.machine.file("credentials.json")), "{what}");
            place.machine.run(&["whoami"]).code(0);
            assert_eq!(purchases(&place.machine), Some(1), "{what}");
            let begun = place.in_store("SELECT COUNT(*) FROM purchase WHERE name = 'second'");
            assert_eq!(begun, 1, "{what}");
            true
        },
    )
}

/// The same for exports.
fn kill_exports(chosen: &Chosen, harms: &[Harm]) -> usize {
    let Some(joining) = Joining::new() else { return usize::MAX };
    each_point(
        chosen,
        harms,
        || (),
        |(), what| {
            let place = joining.place();
            place.machine.run(&["journal", "import"]).code(0);
            let export = ["journal", "export", "--json"];
            let injected = inject(&place.machine, &export, what);
            if !injected.reached {
                return false;
            }
            place.check_logins(what);
            place.machine.run(&export).code(0);
            place.check_logins(what);
            assert_eq!(purchases(&place.alone()), Some(2), "{what}");
            let refused = place.machine.run(&["buy", "5", "--yes", "--json"]).code(4).json();
            assert_eq!(refused["error"]["charged_now"], "no", "{what}: {refused}");
            true
        },
    )
}

#[test]
fn killed_at_a_step_of_an_import_or_export_the_next_one_ends_it() {
    if strace_is_there() {
        assert!(kill_imports(&Chosen::all(), &kills(STEPS)) >= 2, "marked, and taken out");
        let some = kill_imports(&Chosen::some(), &kills(CALLS));
        let out = kill_exports(&Chosen::some(), &kills(&["fdatasync", "sendto"]));
        println!("imports killed at {some} points more, exports at {out}");
    }
}

#[test]
#[ignore = "every point takes minutes"]
fn killed_at_every_call_of_an_import_or_export_the_next_one_ends_it() {
    assert!(strace_is_there());
    assert!(kill_imports(&Chosen::all(), &kills(CALLS)) > 50);
    assert!(kill_exports(&Chosen::all(), &kills(CALLS)) > 50);
}
