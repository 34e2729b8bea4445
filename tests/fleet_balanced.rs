//! Promise: behind a pooler that takes mere looks to a replica, machines that share a store see every
//! purchase of each other, however late the replica is; where the pooler takes a part of a transaction
//! there all the same, nothing is bought.

use crate::postgres_server::poolers::Balancer;
use crate::postgres_server::{Server as Database, ServerSetup};
use crate::support::{Server, User};

#[test]
fn a_replica_that_is_late_lets_nothing_be_bought_twice() {
    let Some(primary) = Database::own(&ServerSetup::default()) else { return };
    let follows = Some(primary.url.clone());
    let setup = ServerSetup { follows, ..ServerSetup::default() };
    let Some(standby) = Database::own(&setup) else { return };
    // It hears of nothing that is made from now on.
    standby.run("SELECT pg_wal_replay_pause()");
    let Some(balancer) = Balancer::start(&primary.url, &standby.url, "") else { return };
    let portal = Server::without_limits();
    let key = User::new().run(&["config", "new-key", "--get", "state_key"]).code(0).out;
    let machine = |url: &str| {
        User::new()
            .with("TOPUP_PORTAL_URL", &portal.url)
            .with("TOPUP_STATE_URL", url)
            .with("TOPUP_STATE_KEY", key.trim())
    };
    let (desk, job) = (machine(&balancer.url), machine(&balancer.url));
    desk.run(&["login", "--step-up", "--no-browser"]).code(0);
    let buy = ["buy", "25", "--yes", "--json", "--once", "refill"];
    let first = desk.run(&buy).code(0).json();
    let second = job.run(&buy).code(0).json();
    assert_eq!(second["data"]["replayed"], true, "{second}");
    assert_eq!(second["data"]["charge_id"], first["data"]["charge_id"]);
    job.run(&["config", "set", "max_per_day", "40"]).code(0);
    job.run(&["buy", "25", "--yes", "--json", "--new"]).code(5).failed("spend_guard", Some("no"));
    let listed = job.run(&["history", "--json"]).code(0).json();
    assert_eq!(listed["data"]["purchases"].as_array().map(Vec::len), Some(1), "{listed}");
    drop(balancer);
    let splitting = "allow_sql_comments = on\ndisable_load_balance_on_write = 'off'";
    let Some(splitting) = Balancer::start(&primary.url, &standby.url, splitting) else { return };
    let job = machine(&splitting.url);
    // What was bought before is in the store, which is not read.
    let refused = job.run(&["buy", "25", "--yes", "--json"]).code(4);
    let refused = refused.failed("config", Some("unknown"));
    assert_eq!(refused["error"]["charged_now"], "no", "{refused}");
    let message = refused["error"]["message"].as_str().expect("a message");
    assert!(message.contains("a part of a transaction to another server"), "{message}");
    job.run(&["doctor"]).code(4).says("load_balance_mode = off");
    assert_eq!(portal.keeper().charges().len(), 1);
}
