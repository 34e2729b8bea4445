//! Promise: whatever is wrong with the store that machines share, `buy` and `doctor` say it in its own
//! words with its own class, nothing is sent, and nothing is lost. A row for each fault, at a real
//! server.

use crate::fleet::Fleet;
use crate::postgres_proxy::Proxy;
use crate::postgres_server::{Server as Database, ServerSetup};
use crate::support::User;
use postgres::{Client, NoTls};
use serde_json::Value;

/// What a fault is to look like.
struct Fault<'f> {
    /// The exit code of `buy`.
    code: i32,
    /// What `buy` says of it.
    says: &'f str,
    /// What mends it, as `buy` says.
    mend: &'f str,
    /// The status of the check `journal`, and what it says.
    doctor: (&'f str, &'f str),
}

impl Fleet {
    fn run(&self, statements: &str) {
        let mut client = Client::connect(&self.schema.url, NoTls).expect("connected");
        client.batch_execute(statements).expect(statements);
    }

    /// A machine that holds a token, so that only the journal is in question.
    fn buyer(&self) -> User {
        self.machine().with("TOPUP_TOKEN", &self.portal.token)
    }

    #[track_caller]
    fn has(&self, machine: &User, fault: &Fault<'_>) {
        let before = self.portal.keeper().charges().len();
        let document = machine.run(&["buy", "25", "--yes", "--json"]).code(fault.code).json();
        let error = &document["error"];
        let text = error["message"].as_str().expect("a message");
        assert!(text.contains(fault.says), "{text}");
        assert!(error["hints"].to_string().contains(fault.mend), "{error}");
        // An earlier run may have charged where the journal cannot be read: this one has not.
        assert_eq!(error["charged_now"], "no", "{error}");
        assert_ne!(error["charged"], "yes", "{error}");
        assert_eq!(self.portal.keeper().charges().len(), before, "something was sent");
        doctor(machine, fault.doctor);
    }
}

#[track_caller]
fn doctor(machine: &User, (status, says): (&str, &str)) -> Value {
    let ran = machine.run(&["doctor", "--json"]).json();
    let checks = ran["data"]["checks"].as_array().expect("checks").clone();
    let check = checks.into_iter().find(|check| check["name"] == "journal").expect("a check");
    assert_eq!(check["status"], status, "{check}");
    assert!(check.to_string().contains(says), "{check}");
    // What is wrong can be mended, and says how.
    assert!(status == "ok" || !check["fix"].is_null(), "{check}");
    check
}

#[test]
fn the_server_is_away() {
    let Some(fleet) = Fleet::new() else { return };
    let machine = fleet.buyer().with("TOPUP_STATE_URL", "postgres://topup@127.0.0.1:1/nothing");
    let says = "cannot be reached";
    let mend = "Check the server, the network and TOPUP_STATE_URL";
    fleet.has(&machine, &Fault { code: 61, says, mend, doctor: ("wrong", says) });
}

#[test]
fn the_server_breaks_off() {
    let Some(fleet) = Fleet::new() else { return };
    fleet.buyer().run(&["history"]).code(0);
    let (_, place) = fleet.schema.url.rsplit_once('@').expect("a user");
    let (server, _) = place.split_once('/').expect("a database");
    let proxy = Proxy::to(server, &[]);
    let url = fleet.schema.url.replacen(server, &proxy.address.to_string(), 1);
    proxy.close();
    let says = "cannot be reached";
    let machine = fleet.buyer().with("TOPUP_STATE_URL", &url);
    fleet.has(
        &machine,
        &Fault { code: 61, says, mend: "Check the server", doctor: ("wrong", says) },
    );
}

#[test]
fn the_password_is_wrong() {
    let Some(fleet) = Fleet::new() else { return };
    let (start, rest) = fleet.schema.url.split_once("topup:").expect("a user");
    let (_, place) = rest.split_once('@').expect("a password");
    let machine = fleet.buyer().with("TOPUP_STATE_URL", &format!("{start}topup:wrong@{place}"));
    let says = "password authentication failed";
    let mend = "Check user, password, database";
    fleet.has(&machine, &Fault { code: 4, says, mend, doctor: ("wrong", says) });
}

#[test]
fn the_database_is_not_there() {
    let Some(fleet) = Fleet::new() else { return };
    let url = fleet.schema.url.replacen("/postgres", "/nothing", 1);
    let machine = fleet.buyer().with("TOPUP_STATE_URL", &url);
    let says = "does not exist";
    let mend = "Check user, password, database";
    fleet.has(&machine, &Fault { code: 4, says, mend, doctor: ("wrong", says) });
}

#[test]
fn the_schema_is_newer() {
    let Some(fleet) = Fleet::new() else { return };
    fleet.buyer().run(&["history"]).code(0);
    fleet.run("INSERT INTO state_version VALUES (99, 0)");
    let says = "was written by a newer topup (version 99)";
    let mend = "Use that version";
    fleet.has(&fleet.buyer(), &Fault { code: 4, says, mend, doctor: ("wrong", says) });
    fleet.run("DELETE FROM state_version WHERE version = 99");
    fleet.buyer().run(&["buy", "25", "--yes"]).code(0);
}

#[test]
fn another_program_has_a_table_of_that_name() {
    let Some(fleet) = Fleet::new() else { return };
    fleet.run("CREATE TABLE purchase (customer TEXT); INSERT INTO purchase VALUES ('theirs')");
    let says = "another program";
    let mend = "search_path";
    fleet.has(&fleet.buyer(), &Fault { code: 4, says, mend, doctor: ("wrong", says) });
    let theirs = fleet.rows("SELECT customer FROM purchase");
    assert_eq!(theirs, ["theirs"], "nothing of theirs was touched");
    assert!(fleet.rows("SELECT CAST(to_regclass('state_version') AS TEXT) WHERE FALSE").is_empty());
}

#[test]
fn another_program_has_the_table_of_the_version() {
    let Some(fleet) = Fleet::new() else { return };
    fleet.run("CREATE TABLE state_version (release TEXT)");
    let says = "another program";
    fleet.has(
        &fleet.buyer(),
        &Fault { code: 4, says, mend: "search_path", doctor: ("wrong", says) },
    );
}

#[test]
fn the_search_path_names_no_schema() {
    let Some(fleet) = Fleet::new() else { return };
    let url = fleet.schema.url.replacen(&fleet.schema.name, "nowhere", 1);
    let machine = fleet.buyer().with("TOPUP_STATE_URL", &url);
    let says = "has no schema to be in";
    fleet.has(&machine, &Fault { code: 4, says, mend: "CREATE SCHEMA", doctor: ("wrong", says) });
}

/// The URL of a role that may do nothing yet.
fn stranger(fleet: &Fleet, role: &str) -> String {
    fleet.run(&format!("DROP ROLE IF EXISTS {role}; CREATE ROLE {role} LOGIN PASSWORD 'stranger'"));
    let (_, place) = fleet.schema.url.rsplit_once('@').expect("a user");
    format!("postgres://{role}:stranger@{place}")
}

#[test]
fn the_role_may_not_make_the_tables() {
    let Some(fleet) = Fleet::new() else { return };
    let role = format!("{}_maker", fleet.schema.name);
    let machine = fleet.buyer().with("TOPUP_STATE_URL", &stranger(&fleet, &role));
    let says = "has no schema to be in";
    fleet.has(&machine, &Fault { code: 4, says, mend: "GRANT USAGE", doctor: ("wrong", says) });
    fleet.run(&format!("GRANT USAGE ON SCHEMA {} TO {role}", fleet.schema.name));
    let says = "may not do";
    fleet.has(&machine, &Fault { code: 4, says, mend: "GRANT", doctor: ("wrong", says) });
    fleet.run(&format!("DROP OWNED BY {role}; DROP ROLE {role}"));
}

#[test]
fn the_role_may_read_and_not_write() {
    let Some(fleet) = Fleet::new() else { return };
    fleet.buyer().run(&["history"]).code(0);
    let (role, schema) = (format!("{}_reader", fleet.schema.name), &fleet.schema.name);
    let url = stranger(&fleet, &role);
    fleet.run(&format!(
        "GRANT USAGE ON SCHEMA {schema} TO {role};
         GRANT SELECT ON ALL TABLES IN SCHEMA {schema} TO {role}"
    ));
    let machine = fleet.buyer().with("TOPUP_STATE_URL", &url);
    machine.run(&["history"]).code(0);
    let says = "may not do";
    // It can be looked at, and that nothing can be bought is found before anything is.
    fleet.has(
        &machine,
        &Fault { code: 4, says, mend: "GRANT", doctor: ("wrong", "may read but not write") },
    );
    fleet.run(&format!("DROP OWNED BY {role}; DROP ROLE {role}"));
}

#[test]
fn the_key_is_missing_wrong_or_none() {
    let Some(fleet) = Fleet::new() else { return };
    fleet.machine().run(&["login", "--step-up", "--no-browser"]).code(0);
    let other = User::new().run(&["config", "new-key", "--get", "state_key"]).code(0);
    for (key, says, mend) in [
        ("", "is not set", "TOPUP_STATE_KEY"),
        (other.out.trim(), "encrypted with the key", "TOPUP_STATE_KEY"),
        ("hunter2", "is not a key", "topup config new-key"),
    ] {
        let machine = fleet.machine().with("TOPUP_STATE_KEY", key);
        // The journal needs no key: the check of the login says it.
        fleet.has(&machine, &Fault { code: 4, says, mend, doctor: ("warning", "fsync") });
        let doctor = machine.run(&["doctor", "--json"]).json();
        assert!(doctor.to_string().contains(says), "{says}: {doctor}");
    }
    fleet.machine().run(&["buy", "25", "--yes"]).code(0);
}

#[test]
fn the_clocks_are_apart() {
    let Some(fleet) = Fleet::new() else { return };
    // A clock of its own, which stands in front of the server's.
    fleet.run(
        "CREATE FUNCTION clock_timestamp() RETURNS timestamptz LANGUAGE sql
         AS $$ SELECT pg_catalog.clock_timestamp() + INTERVAL '1 hour' $$",
    );
    let path = format!("{}%2Cpg_catalog", fleet.schema.name);
    let url = fleet.schema.url.replacen(&fleet.schema.name, &path, 1);
    let machine = fleet.buyer().with("TOPUP_STATE_URL", &url);
    let check = doctor(&machine, ("warning", "apart"));
    assert!(check["fix"].to_string().contains("time server"), "{check}");
    // Ages are reckoned by the clock of the seller, and leases by that of the server: it can be bought.
    machine.run(&["buy", "25", "--yes"]).code(0);
}

#[test]
fn the_server_only_follows_another_one() {
    let Some(leader) = Database::own(&ServerSetup::default()) else { return };
    let follows = ServerSetup { follows: Some(leader.url.clone()), ..ServerSetup::default() };
    let Some(standby) = Database::own(&follows) else { return };
    let Some(fleet) = Fleet::new() else { return };
    let at = |url: &str| fleet.buyer().with("TOPUP_STATE_URL", url);
    at(&leader.url).run(&["history"]).code(0);
    // What the leader has told the standby can be read there.
    let end = std::time::Instant::now() + std::time::Duration::from_secs(30);
    while at(&standby.url).run(&["history"]).code != 0 {
        assert!(std::time::Instant::now() < end, "the standby never follows");
    }
    let fault = Fault {
        code: 61,
        says: "follows another server",
        mend: "target_session_attrs=read-write",
        doctor: ("wrong", "takes no writes"),
    };
    fleet.has(&at(&standby.url), &fault);
    // One that is followed without waiting may lose what it has committed.
    doctor(&at(&leader.url), ("warning", "synchronous_standby_names"));
}

#[test]
fn the_server_does_not_write_to_its_disk() {
    let Some(fleet) = Fleet::new() else { return };
    doctor(&fleet.buyer(), ("warning", "fsync"));
    let durable = ServerSetup { durable: true, ..ServerSetup::default() };
    let Some(database) = Database::own(&durable) else { return };
    doctor(&fleet.buyer().with("TOPUP_STATE_URL", &database.url), ("ok", "reached directly"));
}

#[test]
fn the_url_is_none_of_a_server() {
    let Some(fleet) = Fleet::new() else { return };
    let machine = fleet.buyer().with("TOPUP_STATE_URL", "/a/file");
    let says = "is no postgres://";
    fleet.has(
        &machine,
        &Fault { code: 4, says, mend: "postgres://user@host", doctor: ("wrong", says) },
    );
}
