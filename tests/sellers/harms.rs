//! Killed at every call, and with every answer lost: paid at most once, and concluded by itself where
//! the list shows it.

use crate::kills::{Chosen, each_point, inject, kills, strace_is_there};
use crate::support::{Server, User, at_once, check_again, check_first};
use serde_json::Value;

const BUY: &[&str] = &["buy", "25", "--yes", "--json", "--wait", "3s", "--poll", "1s"];
/// The calls at which a purchase touches the world.
const CALLS: &[&str] = &[
    "openat",
    "write",
    "pwrite64",
    "fsync",
    "fdatasync",
    "flock",
    "connect",
    "sendto",
    "recvfrom",
    "exit_group",
];
/// Every request of a purchase.
const REQUESTS: &[&str] = &[
    "GET /accounts/acc/ai-gateway/billing/invoice-history",
    "POST /accounts/acc/ai-gateway/billing/topup",
    "POST /accounts/acc/ai-gateway/billing/topup/status",
];
/// What becomes of the answer.
const FATES: &[&[&str]] = &[
    &["--lose-response"],
    &["--drop-before"],
    &["--truncate"],
    &["--html"],
    &["--status", "500", "--after-work"],
    &["--status", "409"],
    &["--status", "401"],
    &["--status", "302", "--after-work"],
];

/// Somebody whose profile says that only this journal buys.
fn user_of(server: &Server) -> User {
    User::new()
        .with("TOPUP_PROVIDER", "cloudflare")
        .with("TOPUP_PORTAL_URL", &server.url)
        .with("TOPUP_TOKEN", &server.key("cloudflare"))
        .with("CLOUDFLARE_ACCOUNT_ID", "acc")
        .with("TOPUP_SOLE_BUYER", "1")
}

/// What came of a harmed run is true, and the same command again ends with one purchase: by itself
/// where one was made, else with the words that a person needs.
fn judge(server: &Server, user: &User, before: i64, out: &str, code: Option<i32>, what: &str) {
    let made = server.count_top_ups() - before;
    assert!(made <= 1, "{what}: {made} were bought");
    let first = check_first(out, code, made, what);
    let again = user.run(BUY);
    if again.code == 0 {
        check_again(&first, &again, server.count_top_ups() - before, what);
        return;
    }
    // It may have left and is shown nowhere: only a person can say so.
    assert_eq!((again.code, made), (51, 0), "{what}, then again: {}{}", again.out, again.err);
    let document: Value = again.failed("outcome_unknown", Some("unknown"));
    let id = document["data"]["purchase_id"].as_str().expect("an id").to_owned();
    assert!(document["error"]["details"]["evidence"].is_object(), "{what}: {document}");
    assert!(document.to_string().contains("--mark"), "{what}: {document}");
    assert_eq!(server.count_top_ups() - before, 0, "{what}");
    user.run(&["resume", &id, "--mark", "not-charged"]).code(0);
    user.run(BUY).code(0);
    assert_eq!(server.count_top_ups() - before, 1, "{what}");
}

fn kill(chosen: &Chosen) -> usize {
    let place = || Server::start(&[]);
    each_point(chosen, &kills(CALLS), place, |server, what| {
        let (user, before) = (user_of(server), server.count_top_ups());
        let injected = inject(&user, BUY, what);
        judge(server, &user, before, &injected.out, injected.code, what);
        injected.reached
    })
}

#[test]
fn killed_here_and_there_a_purchase_without_a_key_is_paid_once() {
    if strace_is_there() {
        let points = kill(&Chosen::some());
        println!("killed at {points} points, paid at most once each time");
        assert!(points > 5, "only {points} points were reached");
    }
}

#[test]
#[ignore = "every point takes minutes"]
fn killed_at_every_call_a_purchase_without_a_key_is_paid_once() {
    assert!(strace_is_there());
    let points = kill(&Chosen::all());
    println!("killed at {points} points, paid at most once each time");
    assert!(points > 100, "only {points} points were reached");
}

#[test]
fn whatever_becomes_of_an_answer_a_purchase_without_a_key_is_paid_once() {
    let cases: Vec<_> = REQUESTS
        .iter()
        .flat_map(|request| FATES.iter().map(move |fate| (*request, *fate)))
        .collect();
    at_once(&cases, |(request, fate)| {
        let what = format!("{request} {fate:?}");
        let server = Server::start(&[]);
        let user = user_of(&server);
        let keeper = server.keeper();
        keeper.run(&[&["sandbox", "faults", "add", request], *fate].concat()).code(0);
        let ran = user.run(BUY);
        keeper.run(&["sandbox", "faults", "clear"]).code(0);
        judge(&server, &user, 0, &ran.out, Some(ran.code), &what);
    });
    println!("{} fates of an answer, paid at most once each time", cases.len());
}
