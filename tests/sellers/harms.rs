//! Killed at every call, and with every answer lost: paid at most once, and concluded by itself where
//! the evidence shows it.

use crate::kills::{Chosen, each_point, inject, kills, strace_is_there};
use crate::support::{Server, User, at_once, check_again, check_first};
use serde_json::Value;
use std::sync::Mutex;

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
/// The sellers, each with every request of a purchase.
const SELLERS: &[(&str, &[&str])] = &[
    (
        "cloudflare",
        &[
            "GET /accounts/acc/ai-gateway/billing/invoice-history",
            "POST /accounts/acc/ai-gateway/billing/topup",
            "POST /accounts/acc/ai-gateway/billing/topup/status",
        ],
    ),
    ("vercel", &["GET /v1/credits", "POST /v1/billing/buy"]),
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
fn user_of(server: &Server, seller: &str) -> User {
    User::new()
        .with("TOPUP_PROVIDER", seller)
        .with("TOPUP_PORTAL_URL", &server.url)
        .with("TOPUP_GATEWAY_URL", &format!("{}/v1", server.url))
        .with("TOPUP_TOKEN", &server.key(seller))
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

/// No more than these in one day's list: one that goes on is no evidence.
const MOST_LISTED: i64 = 40;

fn kill(chosen: &Chosen, least: usize) {
    for (seller, _) in SELLERS {
        let place = || Mutex::new(Server::start(&[]));
        let points = each_point(chosen, &kills(CALLS), place, |place, what| {
            let mut server = place.lock().expect("one point at a time");
            if server.count_top_ups() > MOST_LISTED {
                *server = Server::start(&[]);
            }
            let (user, before) = (user_of(&server, seller), server.count_top_ups());
            let injected = inject(&user, BUY, what);
            judge(&server, &user, before, &injected.out, injected.code, what);
            injected.reached
        });
        println!("{seller}: killed at {points} points, paid at most once each time");
        assert!(points > least, "only {points} points were reached");
    }
}

#[test]
fn killed_here_and_there_a_purchase_without_a_key_is_paid_once() {
    if strace_is_there() {
        kill(&Chosen::some(), 5);
    }
}

#[test]
#[ignore = "every point takes minutes"]
fn killed_at_every_call_a_purchase_without_a_key_is_paid_once() {
    assert!(strace_is_there());
    kill(&Chosen::all(), 100);
}

#[test]
fn whatever_becomes_of_an_answer_a_purchase_without_a_key_is_paid_once() {
    let mut cases = Vec::new();
    for (seller, requests) in SELLERS {
        for request in *requests {
            cases.extend(FATES.iter().map(|fate| (*seller, *request, *fate)));
        }
    }
    at_once(&cases, |(seller, request, fate)| {
        let what = format!("{seller}: {request} {fate:?}");
        let server = Server::start(&[]);
        let user = user_of(&server, seller);
        let keeper = server.keeper();
        keeper.run(&[&["sandbox", "faults", "add", request], *fate].concat()).code(0);
        let ran = user.run(BUY);
        keeper.run(&["sandbox", "faults", "clear"]).code(0);
        judge(&server, &user, 0, &ran.out, Some(ran.code), &what);
    });
    println!("{} fates of an answer, paid at most once each time", cases.len());
}
