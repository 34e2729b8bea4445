//! Promise: the password of an agent is in no argument and nowhere kept; lists come whole and once;
//! whose business a trouble is, is said.

use super::on_sandbox;
use crate::scripted::{Scripted, Told};
use crate::support::{Server, User};
use serde_json::json;
use std::collections::HashSet;

#[test]
fn the_login_is_a_username_and_a_password_that_is_in_no_argument_and_nowhere_kept() {
    let server = Server::start(&[]);
    let user = User::new().with("TOPUP_PROVIDER", "ciris").with("TOPUP_PORTAL_URL", &server.url);
    user.run(&["state", "--json"]).code(10).failed("not_logged_in", None);
    let login = ["login", "--username", &server.ciris_username, "--password-stdin", "--json"];
    let wrong = user.run_with_input(&login, "wrong\n").code(16);
    wrong.failed("login_denied", None);
    assert!(!user.file("credentials.json").exists(), "nothing is kept of a refused login");
    for nonsense in ["", "\n", "two\nlines\n", &"x".repeat(5000)] {
        user.run_with_input(&login, nonsense).code(2);
    }
    user.run(&["login", "--username", "x", "--json"]).code(3).failed("confirmation_required", None);
    user.run(&["login", "--password-stdin"]).code(2);
    user.run(&["login", "--step-up", "--json"]).code(6).failed("unsupported", None);
    user.run(&["login", "--no-wait"]).code(6);
    let told = user.run_with_input(&login, &format!("{}\r\n", server.ciris_password)).code(0);
    let data = &told.json()["data"];
    assert_eq!(data["subject"], "sandbox-user");
    assert_eq!(data["role"], "SYSTEM_ADMIN");
    let kept = std::fs::read_to_string(user.file("credentials.json")).expect("kept");
    assert!(!kept.contains(&server.ciris_password));
    assert!(!format!("{}{}", told.out, told.err).contains(&server.ciris_password));
    user.run(&["state"]).code(0);
    assert_eq!(user.run(&["whoami", "--get", "subject"]).code(0).out, "sandbox-user\n");
    // From the environment, and an agent that was restarted knows nobody any more.
    server.keeper().run(&["sandbox", "revoke", "session"]).code(0);
    user.run(&["state"]).code(10).says("login --username NAME");
    let user = user.with("TOPUP_CIRIS_PASSWORD", &server.ciris_password);
    user.run(&["login", "--username", &server.ciris_username]).code(0);
    user.run(&["state"]).code(0);
    user.run(&["logout"]).code(0);
    user.run(&["state"]).code(10);
    let elsewhere = User::on_sandbox();
    elsewhere.run(&["login", "--username", "x"]).code(2).says("has no login with username");
}

#[test]
fn transactions_come_in_pages_and_all_of_them_once() {
    let user = on_sandbox();
    user.set("rate-limit=off");
    for left in 0..7 {
        user.set(&format!("ciris-uses={left}"));
    }
    let page =
        user.run(&["transactions", "--limit", "3", "--offset", "1", "--json"]).code(0).json();
    let list = page["data"]["transactions"].as_array().expect("a list");
    assert_eq!((list.len(), &page["data"]["total_count"]), (3, &json!(8)));
    assert_eq!(page["data"]["has_more"], true);
    assert_eq!((&list[0]["type"], &list[0]["balance_after"]), (&json!("credit"), &json!(5)));
    let all = user.run(&["transactions", "--all", "--json"]).code(0).json();
    let ids: HashSet<&str> = all["data"]["transactions"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|entry| entry["transaction_id"].as_str().expect("an id"))
        .collect();
    assert_eq!((ids.len(), &all["data"]["has_more"]), (8, &json!(false)));
    let csv = user.run(&["transactions", "--csv"]).code(0).out;
    assert!(csv.starts_with("created_at,type,amount_minor,currency,balance_after,"), "{csv}");
    assert!(csv.contains(",charge,-50,USD,0,uses,"), "{csv}");
    user.run(&["transactions", "--limit", "2"]).code(0).prints("2 of 8 are shown");
    let nous = User::on_sandbox();
    nous.run(&["transactions"]).code(6);
}

#[test]
fn an_agent_that_lost_its_own_login_is_its_keepers_business() {
    let lost = r#"{"detail":{"error":"billing_auth_expired","message":"Log in again."}}"#;
    let server = Scripted::new(move |_| Told::Json(401, lost.into()));
    let ran = server.user("ciris").run(&["state", "--json"]).code(41);
    let document = ran.failed("temporarily_unavailable", None);
    assert_eq!(document["error"]["recovery"], "ask_admin");
    ran.says("the operator of the agent has to log the agent in again");
}

#[test]
fn a_list_that_comes_again_and_again_has_an_end() {
    let entry = r#"{"transactions":[{"transaction_id":"a"}],"total_count":9,"has_more":true}"#;
    let server = Scripted::new(move |_| Told::Json(200, entry.into()));
    let user = server.user("ciris");
    user.run(&["transactions", "--all", "--json"]).code(64).failed("protocol", None);
    assert!(server.seen().len() < 9, "{:?}", server.lines());
    user.run(&["transactions"]).code(0).prints("1 of 9 are shown");
}

#[test]
fn a_system_that_is_always_busy_is_not_asked_for_ever() {
    let busy = r#"{"detail":"x","error":"rate_limit_exceeded","retry_after":0}"#;
    let server = Scripted::new(move |_| Told::Json(429, busy.into()));
    let ran = server.user("ciris").run(&["transactions", "--all", "--json"]).code(40);
    ran.failed("rate_limited", None);
    assert_eq!(server.seen().len(), 11);
}

#[test]
fn a_slow_billing_system_is_waited_for_until_it_says_what_is_wrong() {
    let server = Scripted::new(|_| {
        std::thread::sleep(std::time::Duration::from_secs(11));
        Told::Json(503, r#"{"detail":"Credit check failed: timeout"}"#.into())
    });
    let ran = server.user("ciris").run(&["state", "--json"]).code(41);
    ran.failed("temporarily_unavailable", None);
}

#[test]
fn what_to_do_next_is_typed_for_the_agent_that_was_meant() {
    let server = Server::start(&[]);
    let user = User::new();
    let meant = format!("--provider ciris --portal-url {}", server.url);
    let mut words: Vec<&str> = meant.split(' ').collect();
    words.push("state");
    user.run(&words).code(10).says(&format!("'topup {meant} login --username NAME'"));
    let sandbox = ["--sandbox", "--provider", "ciris", "buy", "7", "--yes"];
    user.run(&sandbox).code(32).says("'topup --sandbox --provider ciris buy'");
    // What a variable says is heard by the next command as well.
    let user = user.with("TOPUP_PROVIDER", "ciris").with("TOPUP_PORTAL_URL", &server.url);
    user.run(&["state"]).code(10).says("'topup login --username NAME'");
}

#[test]
fn an_agent_that_is_asked_too_often_says_so_and_it_is_told() {
    let user = on_sandbox();
    user.run(&[
        "sandbox",
        "faults",
        "add",
        "GET /v1/api/billing/credits",
        "--status",
        "429",
        "--retry-after",
        "9",
    ])
    .code(0);
    let document = user.run(&["state", "--json"]).code(40).failed("rate_limited", None);
    assert_eq!(document["error"]["retry_after"], 9);
    user.run(&["sandbox", "faults", "add", "GET /v1/api/billing/credits", "--status", "503"])
        .code(0);
    user.run(&["state", "--json"]).code(41).failed("temporarily_unavailable", None);
}
