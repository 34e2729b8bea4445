//! Promise: the sellers' own SDKs, unmodified, work at the sandbox and read there what `topup` reads;
//! and where an answer is lost, `topup` pays once what an SDK that repeats its request pays for
//! several times.

use super::{Peer, answer};
use crate::support::{Server, User, at_once};
use serde_json::{Value, json};

const TOP_UP: &str = "POST /accounts/acc/ai-gateway/billing/topup";
const PURCHASE: &str = "POST /v1/billing/buy";
const BUY: &[&str] = &["buy", "25", "--yes", "--wait", "5s", "--poll", "1s"];

/// What becomes of an answer whose work is done, twice in a row.
const LOST: &[&[&str]] = &[
    &["--lose-response"],
    &["--status", "500", "--after-work"],
    &["--status", "502", "--after-work"],
    &["--status", "429", "--after-work"],
];

/// What this SDK does at the server.
fn sdk(peer: &Peer, server: &Server, what: &str) -> Value {
    let mut client = match peer.name {
        "vercel-sdk" => peer.node(include_str!("vercel_sdk.mjs")),
        _ => peer.python("cloudflare_sdk.py"),
    };
    client.args([&server.url, &server.key(system(peer)), what]);
    answer(client)
}

fn system(peer: &Peer) -> &'static str {
    if peer.name == "vercel-sdk" { "vercel" } else { "cloudflare" }
}

/// Somebody at the same account, who alone buys for it.
fn sole_buyer(peer: &Peer, server: &Server) -> User {
    User::new()
        .with("TOPUP_PROVIDER", system(peer))
        .with("TOPUP_PORTAL_URL", &server.url)
        .with("TOPUP_GATEWAY_URL", &format!("{}/v1", server.url))
        .with("TOPUP_TOKEN", &server.key(system(peer)))
        .with("CLOUDFLARE_ACCOUNT_ID", "acc")
        .with("TOPUP_SOLE_BUYER", "1")
}

fn data(user: &User, arguments: &[&str]) -> Value {
    user.run(&[arguments, &["--json"]].concat()).code(0).json()["data"].take()
}

#[test]
fn what_the_sdk_of_cloudflare_buys_and_reads_topup_reads_too() {
    let Some(peer) = Peer::find("cloudflare") else { return };
    let server = Server::start(&[]);
    for setting in ["tax=8", "cloudflare-reload=500:1000"] {
        server.keeper().set(setting);
    }
    let user = sole_buyer(&peer, &server);
    let theirs = sdk(&peer, &server, "buy");
    assert_eq!(theirs["status"]["status"], "completed", "{theirs}");
    assert_eq!(theirs["status"]["payment_intent_id"], theirs["bought"]["payment_intent_id"]);
    let ours = data(&user, BUY);
    let read = sdk(&peer, &server, "read");
    let state = data(&user, &["state"]);
    // The SDK turns every amount into a float.
    assert_eq!(read["balance"]["balance"], 7500.0, "the money of both is there");
    assert_eq!(state["balance"], "7500");
    assert_eq!(read["balance"]["payment_method"]["last4"], state["card"]["last4"]);
    assert_eq!(read["balance"]["topup_config"], json!({"amount": 1000.0, "threshold": 500.0}));
    assert_eq!(read["reload"], read["balance"]["topup_config"]);
    let reload = data(&user, &["auto-reload"])["auto_reload"].take();
    assert_eq!((&reload["below_usd"], &reload["amount_usd"]), (&json!("5.00"), &json!("10.00")));
    let listed = read["invoices"]["invoices"].as_array().expect("a list");
    let ids: Vec<&Value> = listed.iter().map(|invoice| &invoice["id"]).collect();
    assert_eq!(ids, [&ours["charge_id"], &theirs["bought"]["payment_intent_id"]]);
    for invoice in listed {
        let seen = (&invoice["status"], &invoice["amount_paid"], &invoice["currency"]);
        assert_eq!(seen, (&json!("paid"), &json!(2700.0), &json!("usd")));
    }
    assert_eq!(ours["total_usd"], "27.00");
    assert_eq!(read["limit"]["config"]["amount"].as_f64(), Some(10_000.0));
    user.run(&["limit"]).code(0).prints("$100.00");
}

#[test]
fn what_the_sdk_of_vercel_buys_and_reads_topup_reads_too() {
    let Some(peer) = Peer::find("vercel-sdk") else { return };
    let server = Server::start(&[]);
    server.keeper().set("tax=8");
    let user = sole_buyer(&peer, &server);
    let intent = sdk(&peer, &server, "buy")["bought"]["purchaseIntent"].take();
    assert_eq!((&intent["status"], &intent["total"]), (&json!("succeeded"), &json!("27.00")));
    let ours = data(&user, BUY);
    assert_eq!((&ours["total_usd"], &ours["tax_usd"]), (&json!("27.00"), &json!("2.00")));
    let credits = sdk(&peer, &server, "read");
    let state = data(&user, &["state"]);
    assert_eq!((&credits["status"], &credits["body"]["balance"]), (&json!(200), &json!("75.00")));
    assert_eq!(state["balance"], "75.00", "the money of both is there");
}

#[test]
fn where_the_answer_is_lost_the_sdk_of_cloudflare_pays_three_times_and_topup_once() {
    at_once(LOST, |fate| {
        let Some(peer) = Peer::find("cloudflare") else { return };
        let (count, ours) = paid(&peer, "buy", TOP_UP, fate);
        assert_eq!((count, ours), (3, 1), "{fate:?}");
    });
}

#[test]
fn with_its_retries_the_sdk_of_vercel_pays_three_times_and_topup_once() {
    at_once(LOST, |fate| {
        let Some(peer) = Peer::find("vercel-sdk") else { return };
        assert_eq!(paid(&peer, "buy-with-retries", PURCHASE, fate), (3, 1), "{fate:?}");
        // As it comes it sends one request, and its caller knows nothing of the purchase.
        let server = Server::start(&[]);
        lose(&server, PURCHASE, fate);
        let failed = sdk(&peer, &server, "buy");
        assert!(failed["failed"].is_string(), "{failed}");
        assert_eq!(server.count_top_ups(), 1);
    });
}

fn lose(server: &Server, request: &str, fate: &[&str]) {
    let fault = [&["sandbox", "faults", "add", request], fate, &["--times", "2"]].concat();
    server.keeper().run(&fault).code(0);
}

/// How often a purchase is paid whose answer is lost twice: by the SDK, and by `topup`.
fn paid(peer: &Peer, what: &str, request: &str, fate: &[&str]) -> (i64, i64) {
    let theirs = Server::start(&[]);
    lose(&theirs, request, fate);
    let bought = sdk(peer, &theirs, what);
    assert!(bought["bought"].is_object(), "to its caller it is one: {bought}");
    let ours = Server::start(&[]);
    lose(&ours, request, fate);
    let user = sole_buyer(peer, &ours);
    assert_eq!(data(&user, BUY)["status"], "settled");
    assert_eq!(data(&user, &["resume"])["purchases"], json!([]), "nothing is left open");
    (theirs.count_top_ups(), ours.count_top_ups())
}
