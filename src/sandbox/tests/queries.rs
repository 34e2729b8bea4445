//! The portal under load: no query reads more of a table than it answers with, and what is added up
//! over all charges is kept.

use super::*;
use crate::sandbox::store::queries;
use rusqlite::Connection;

/// What may be read whole: a handful of settings, and what an administrator asks to see.
const WHOLE: &[&str] = &["setting", "month_spent"];
const LISTS: &[&str] = &[
    "FROM fault ORDER BY id",
    "FROM seen ORDER BY id",
    "FROM plan_charge\n                 ORDER BY seq DESC",
    "FROM sale\n                 ORDER BY seq DESC",
    "DELETE FROM fault",
    "DELETE FROM agent_token",
    "UPDATE session SET",
];

/// Everything that clients and people do, once.
fn walk(bench: &SandboxBench) {
    bench.set("settle-after=0s");
    for key in ["key-of-one", "key-of-two"] {
        let answer = bench.charge(key, "25");
        bench.status(&answer.body["chargeId"]);
    }
    bench.portal.spend(Amount::parse("1").expect("an amount")).expect("spent");
    for path in [
        "/api/billing/state",
        "/api/oauth/account",
        "/api/billing/subscription",
        "/billing",
        "/manage-subscription",
        "/ciris",
        "/byterover",
        "/",
    ] {
        assert_eq!(bench.get(path).status, 200, "{path}");
    }
    let plan = r#"{"subscriptionTypeId":"plus"}"#;
    bench.send(Method::POST, "/api/billing/subscription/preview", plan);
    let request = bench.client.post(bench.url("/api/billing/subscription/upgrade"));
    let request = request.bearer_auth(&bench.ready.token).header("Idempotency-Key", "key-of-plan");
    assert_eq!(SandboxBench::exchange(request.body(plan)).status, 200);
    let agent = bench.portal.work(uses::sign_in).expect("a token");
    for path in ["credits", "transactions", "purchase/status/pi_1"] {
        let request = bench.client.get(bench.url(&format!("/v1/api/billing/{path}")));
        assert_eq!(SandboxBench::exchange(request.bearer_auth(&agent)).status, 200, "{path}");
    }
    let request = bench.client.post(bench.url("/v1/api/billing/purchase/initiate"));
    assert_eq!(SandboxBench::exchange(request.bearer_auth(&agent).body("{}")).status, 200);
    bench.set("ciris-uses=3");
    for (system, method, path, body) in [
        (
            "cloudflare",
            Method::POST,
            "/accounts/acc/ai-gateway/billing/topup",
            r#"{"amount":2500}"#,
        ),
        ("cloudflare", Method::GET, "/accounts/acc/ai-gateway/billing/invoice-history", ""),
        ("cloudflare", Method::GET, "/accounts/acc/ai-gateway/billing/credit-balance", ""),
        ("vercel", Method::GET, "/v1/credits", ""),
    ] {
        let request = bench.client.request(method, bench.url(path)).body(body);
        let request = request.bearer_auth(&bench.ready.keys[system]);
        assert_eq!(SandboxBench::exchange(request).status, 200, "{path}");
    }
    let body = bench.form("/api/oauth/device/code", "client_id=hermes-cli", None).body;
    let fields = format!(
        "grant_type=urn:ietf:params:oauth:grant-type:device_code&client_id=hermes-cli&device_code={}",
        body["device_code"].as_str().expect("a code")
    );
    bench.form("/api/oauth/token", &fields, None);
    let fields = "grant_type=refresh_token&client_id=hermes-cli";
    bench.form("/api/oauth/token", fields, Some(&bench.ready.refresh_token));
}

#[test]
fn no_query_reads_a_table_from_end_to_end() {
    let bench = bench();
    walk(&bench);
    let db = Connection::open(bench.portal.file()).expect("open");
    let statements = queries::all();
    assert!(statements.len() > 30, "{statements:?}");
    for statement in statements {
        let mut plan = db.prepare(&format!("EXPLAIN QUERY PLAN {statement}")).expect(&statement);
        let mut rows = plan.raw_query();
        while let Some(row) = rows.next().expect("a plan") {
            let step: String = row.get(3).expect("text");
            let Some(table) = step.strip_prefix("SCAN ") else { continue };
            let table = table.split(' ').next().unwrap_or_default();
            // The newest few stand at the end of the table, and are read backwards from there.
            let newest = statement.contains("ORDER BY seq DESC LIMIT");
            let listed = LISTS.iter().any(|list| statement.contains(list));
            assert!(newest || listed || WHOLE.contains(&table), "{step}: {statement}");
        }
    }
}

#[test]
fn the_sum_of_a_month_is_what_its_charges_add_up_to() {
    let bench = bench();
    bench.set("rate-limit=off");
    bench.set("limit=none");
    bench.set("settle-after=0s");
    let spent = || bench.get("/api/billing/state").body["monthlyCap"]["spentThisMonthUsd"].clone();
    bench.charge("key-of-one", "25.5");
    bench.charge("key-of-two", "10.25");
    assert_eq!(spent(), "35.75");
    // One that fails counts while it is on its way.
    bench.set("card=declined");
    bench.set("settle-after=1h");
    bench.charge("key-of-three", "20");
    assert_eq!(spent(), "55.75");
    bench.set("clock=+2h");
    let kept = bench.portal.work(account::month).expect("a month");
    let charges = bench.portal.charges().expect("charges");
    assert_eq!(charges.len(), 3);
    if kept.spent.is_zero() {
        // Two hours later it is another month.
        return;
    }
    assert_eq!(kept.spent.normalize().to_string(), "35.75");
}

#[test]
fn a_state_of_an_older_version_is_brought_on_with_its_sums_and_its_log() {
    let bench = bench();
    bench.set("settle-after=0s");
    bench.charge("key-of-one", "25.5");
    bench.get("/api/billing/state");
    let seen = bench.portal.log().expect("a log").len();
    let file = bench.portal.file().to_owned();
    let db = Connection::open(&file).expect("open");
    // As version 5 had it.
    db.execute_batch(
        "DROP TABLE month_spent; DROP TABLE sale;
         DROP INDEX seen_by_agent; ALTER TABLE seen RENAME TO old;
         CREATE TABLE seen (
             id INTEGER PRIMARY KEY AUTOINCREMENT, at_ms INTEGER NOT NULL, method TEXT NOT NULL,
             path TEXT NOT NULL, status INTEGER, idempotency_key TEXT, fault TEXT
         ) STRICT;
         INSERT INTO seen SELECT * FROM old; DROP TABLE old;
         PRAGMA user_version = 5;",
    )
    .expect("older");
    let mut indexes = db
        .prepare("SELECT name FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL")
        .expect("read");
    let names: Vec<String> =
        indexes.query_map([], |row| row.get(0)).and_then(Iterator::collect).expect("names");
    drop(indexes);
    for name in names.iter().filter(|name| !name.starts_with("ledger")) {
        db.execute_batch(&format!("DROP INDEX {name}")).expect("dropped");
    }
    let reopened = Portal::open(&file).expect("brought on");
    let month = reopened.work(account::month).expect("a month");
    assert_eq!(month.spent.to_string(), "25.5");
    assert_eq!(reopened.log().expect("a log").len(), seen);
    assert!(Portal::open(&file).is_ok(), "and stays so");
}

#[test]
fn a_state_of_version_6_gets_the_table_of_other_sellers() {
    let bench = bench();
    let file = bench.portal.file().to_owned();
    let db = Connection::open(&file).expect("open");
    db.execute_batch("DROP TABLE sale; PRAGMA user_version = 6;").expect("older");
    drop(db);
    let reopened = Portal::open(&file).expect("brought on");
    assert!(reopened.top_ups().expect("a list").is_empty());
}
