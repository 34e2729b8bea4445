//! Promise: a crowd of processes on one machine makes one charge, refreshes a login once and loses
//! nothing.

use crate::support::{Ran, Server, User};

/// As many as a busy job matrix starts at once.
const CROWD: usize = 50;

/// This many processes with the same arguments, started together.
pub fn together(user: &User, count: usize, arguments: &[&str]) -> Vec<Ran> {
    let children: Vec<_> = (0..count).map(|_| user.start(arguments)).collect();
    children.into_iter().map(|child| user.finish(arguments, child)).collect()
}

#[test]
fn fault_53_a_crowd_with_one_name_makes_one_charge_and_every_answer_says_so() {
    let server = Server::without_limits();
    server.keeper().set("settle-after=300ms");
    let user = server.user();
    let named = ["buy", "25", "--yes", "--once", "refill", "--json"];
    let mut first = 0;
    let mut ids = std::collections::BTreeSet::new();
    for ran in together(&user, CROWD, &named) {
        let document = ran.code(0).json();
        ids.insert(document["data"]["charge_id"].to_string());
        first += usize::from(document["data"]["replayed"] == false);
    }
    assert_eq!(first, 1, "one bought it, all others found it bought");
    assert_eq!((ids.len(), server.count_charges()), (1, 1));
    let seen = server.keeper().seen();
    assert_eq!(seen.iter().filter(|call| *call == "POST /api/billing/charge").count(), 1);
}

#[test]
fn fault_52_without_a_name_a_second_process_is_told_that_somebody_is_at_it() {
    let user = User::on_sandbox();
    user.set("settle-after=4s");
    let runs = together(&user, 4, &["buy", "25", "--yes", "--json"]);
    assert_eq!(user.charges().len(), 1);
    let codes: Vec<i32> = runs.iter().map(|ran| ran.code).collect();
    assert_eq!(codes.iter().filter(|code| **code == 0).count(), 1, "{codes:?}");
    assert_eq!(codes.iter().filter(|code| **code == 53).count(), 3, "{codes:?}");
}

#[test]
fn fault_52_a_crowd_at_a_token_that_is_about_to_end_refreshes_it_once() {
    let server = Server::without_limits();
    let user = server.user_with_an_old_login();
    let grants = server.count_grants();
    // One named purchase: each of them wants a token that lasts. The portal ends the session of
    // whoever sends a refresh token twice.
    for ran in together(&user, CROWD, &["buy", "25", "--yes", "--once", "refill", "--json"]) {
        ran.code(0);
    }
    assert_eq!(server.count_grants() - grants, 1);
    assert_eq!(server.count_charges(), 1);
    user.run(&["state"]).code(0);
}

#[test]
fn fault_52_buying_logging_out_and_resuming_at_once_pays_once_and_loses_nothing() {
    let server = Server::without_limits();
    server.keeper().set("settle-after=200ms");
    for round in 0..4 {
        let user = server.user_with_an_old_login();
        let before = server.count_charges();
        let buy: &[&str] = &["buy", "25", "--yes", "--json"];
        let others: [&[&str]; 5] =
            [buy, &["logout", "--json"], &["resume", "--json"], buy, &["resume", "--json"]];
        let children = others.map(|arguments| (arguments, user.start(arguments)));
        for (arguments, child) in children {
            let ran = user.finish(arguments, child);
            let document = ran.json();
            if arguments == buy && ran.code != 0 {
                let class = document["error"]["class"].as_str().unwrap_or_default();
                let known = ["not_logged_in", "in_progress", "outcome_unknown", "pending"];
                assert!(known.contains(&class), "round {round}: {}", ran.out);
            }
        }
        user.run(&["login", "--step-up", "--no-browser"]).code(0);
        user.run(&["resume"]);
        let open = user.run(&["resume", "--json"]).code(0).json();
        assert_eq!(open["data"]["purchases"].as_array().map(Vec::len), Some(0), "round {round}");
        let listed = user.run(&["history", "--json"]).code(0).json();
        let purchases = listed["data"]["purchases"].as_array().expect("purchases").clone();
        let settled: Vec<_> =
            purchases.iter().filter(|purchase| purchase["status"] == "settled").collect();
        let charges: std::collections::BTreeSet<_> =
            settled.iter().map(|purchase| purchase["charge_id"].to_string()).collect();
        assert_eq!(charges.len(), settled.len(), "round {round}: {listed}");
        let made = usize::try_from(server.count_charges() - before).expect("not less");
        assert_eq!(made, settled.len(), "round {round}: every charge is one purchase: {listed}");
    }
}

#[test]
fn ten_processes_on_a_fresh_machine_all_find_the_same_sandbox() {
    let user = User::new().with("TOPUP_SANDBOX", "1");
    for ran in together(&user, 10, &["state", "--get", "balance_usd"]) {
        assert_eq!(ran.code(0).out, "142.5\n");
    }
}
