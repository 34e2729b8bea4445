//! Promise: however many ask, one payment is opened; the same command finds the open one, and tells
//! it when it is paid.

use super::{INITIATE, act, at, browse, count, on_sandbox, page_of};
use crate::scripted::{Scripted, Told};
use crate::support::{Server, User};
use serde_json::{Value, json};
use std::collections::HashSet;
use std::sync::Mutex;

#[test]
fn a_payment_that_is_open_is_not_what_another_system_of_the_sandbox_bought_last() {
    let user = User::on_sandbox();
    user.run(&["--provider", "ciris", "buy", "--yes", "--no-wait"]).code(26);
    let none = user.run(&["status", "--json"]).code(2).json();
    assert!(none["error"]["message"].as_str().expect("text").contains("no purchase"), "{none}");
    let bought = user.run(&["buy", "10", "--yes", "--json"]).code(0).json();
    user.run(&["--provider", "ciris", "buy", "--yes", "--no-wait", "--new"]).code(26);
    let last = user.run(&["status", "--json"]).code(0).json();
    assert_eq!(last["data"]["purchase_id"], bought["data"]["purchase_id"]);
}

#[test]
fn a_fresh_machine_buys_a_pack_and_every_key_that_is_promised_is_there() {
    let user = on_sandbox();
    let state = user.run(&["state", "--json"]).code(0).json();
    for (key, value) in [
        ("has_credit", json!(true)),
        ("credits_remaining", json!(50)),
        ("free_uses_remaining", json!(5)),
        ("daily_free_uses_remaining", json!(0)),
        ("total_uses", json!(0)),
        ("plan_name", json!("Standard")),
        ("purchase_required", json!(false)),
        ("purchase_options", Value::Null),
        ("mode", json!("paid")),
        ("unit", json!("uses")),
        ("sandbox", json!(true)),
    ] {
        assert_eq!(state["data"][key], value, "{key} in {state}");
    }
    let bought = user.run(&["buy", "--yes", "--json"]).code(0).json();
    let data = &bought["data"];
    assert_eq!(data["status"], "settled");
    assert_eq!(data["provider_status"], "succeeded");
    assert_eq!(data["amount"], json!({"minor": 500, "currency": "USD"}));
    assert_eq!((&data["uses_purchased"], &data["balance_after"]), (&json!(100), &json!(150)));
    assert!(data["payment_id"].as_str().expect("an id").starts_with("pi_"));
    assert_eq!(data["portal_url"], Value::Null, "it would end with the run");
    assert_eq!(user.run(&["state", "--brief"]).code(0).out, "155 uses left\n");
    user.run(&["check", "--at-least", "155"]).code(0);
    user.run(&["check", "--at-least", "156", "--json"])
        .code(30)
        .failed("insufficient_balance", None);
    user.run(&["limit", "--require", "156"]).code(31);
    let limit = user.run(&["limit", "--json"]).code(0).json();
    assert_eq!(limit["data"]["credits_remaining"], 150);
    // Told once, the next one is another pack.
    let next = user.run(&["buy", "5", "--yes", "--poll", "1s", "--json"]).code(0).json();
    assert_ne!(next["data"]["payment_id"], data["payment_id"]);
    let list = user.run(&["history", "--json"]).code(0).json();
    let listed = list["data"]["purchases"].as_array().expect("a list");
    assert_eq!(listed.len(), 2);
    assert!(listed.iter().all(|line| line["portal_url"] == Value::Null), "of a run before: {list}");
    let csv = user.run(&["history", "--csv"]).code(0).out;
    assert!(csv.lines().nth(1).expect("a row").contains(",5.00,settled,pi_"), "{csv}");
    // A value of a payment can be picked, and one that no payment has is refused beforehand.
    let id = user.run(&["buy", "--yes", "--poll", "1s", "--get", "payment_id"]).code(0).out;
    assert!(id.starts_with("pi_"), "{id}");
    assert_eq!(user.run(&["buy", "--dry-run", "--get", "would"]).code(0).out, "start\n");
    user.run(&["buy", "--yes", "--get", "charge_id"]).code(2).says("payment_id");
    assert_eq!(count(&user, INITIATE), 3);
}

#[test]
fn a_person_pays_on_the_page_and_the_same_command_finds_the_open_payment() {
    let server = Server::start(&[]);
    let (user, keeper) = (at(&server), server.keeper());
    let first = user.run(&["buy", "--yes", "--wait", "0s", "--json"]).code(26);
    let document = first.failed("action_required", Some("no"));
    let id = document["data"]["payment_id"].as_str().expect("an id").to_owned();
    first.says(&page_of(&document));
    // Again: the same payment, and whoever waits is told when it is paid.
    let again = user.run(&["buy", "--yes", "--wait", "0s", "--json"]).code(26);
    let again = again.failed("action_required", Some("no"));
    assert_eq!(
        (&again["data"]["payment_id"], &again["data"]["resumed"]),
        (&json!(id), &json!(true))
    );
    assert_eq!(again["data"]["provider_status"], "requires_payment_method");
    let page = page_of(&document);
    let waiting = user.start(&["buy", "--yes", "--wait", "30s", "--json"]);
    act(&server, &page, "act=pay&number=4000000000009995");
    act(&server, &page, "act=pay&number=4000002500003155");
    act(&server, &page, "act=authenticate");
    let settled = user.finish(&["buy"], waiting).code(0).json();
    assert_eq!(
        (&settled["data"]["payment_id"], &settled["data"]["status"]),
        (&json!(id), &json!("settled"))
    );
    assert_eq!(settled["data"]["balance_after"], 150);
    assert_eq!(count(&keeper, INITIATE), 1);
    // Told is told: what comes next is another one.
    user.run(&["buy", "--yes", "--no-wait"]).code(26);
    assert_eq!(count(&keeper, INITIATE), 2);
    user.run(&["status", &id]).code(0);
    user.run(&["status", "--get", "payment_id"]).code(26);
}

#[test]
fn what_is_paid_and_not_credited_so_far_is_told_as_that() {
    let user = on_sandbox();
    user.set("ciris-booking=1h");
    let paid = user.run(&["buy", "--yes", "--wait", "2s", "--json"]).code(50);
    let document = paid.failed("pending", Some("yes"));
    assert_eq!(document["data"]["provider_status"], "succeeded");
    assert_eq!(document["data"]["credit_seen"], false);
    paid.says("is paid, and its uses are not in the account yet");
    let id = document["data"]["payment_id"].as_str().expect("an id");
    user.run(&["status", id]).code(50);
    user.set("clock=+2h");
    let status = user.run(&["status", id, "--json"]).code(0).json();
    assert_eq!(
        (&status["data"]["status"], &status["data"]["credit_seen"]),
        (&json!("settled"), &json!(true))
    );
    assert_eq!(count(&user, INITIATE), 1);
    // Uses are no dollars, and what they came from is named.
    let listed = user.run(&["transactions"]).code(0).prints("100 uses").prints(id);
    assert!(!listed.out.contains('$'), "{}", listed.out);
    let csv = user.run(&["transactions", "--csv"]).code(0).out;
    assert!(csv.contains(&format!(",,payment,{id}")), "{csv}");
    // No command fills such an account up alone, and says why.
    let ensure = ["ensure", "--at-least", "500", "--buy", "5", "--yes", "--json"];
    let refused = user.run(&ensure).code(6);
    refused.failed("unsupported", Some("no"));
    refused.says("packs that a person pays for").says("check --at-least N'");
    user.run(&["check", "--at-least", "500"]).code(30).says(" buy'");
}

#[test]
fn what_a_person_calls_off_or_a_card_fails_is_final_and_the_next_one_is_new() {
    let server = Server::start(&[]);
    let user = at(&server);
    for (fields, class, code) in [
        ("act=cancel", "payment_canceled", 25),
        ("act=pay&number=4000000000000119", "payment_failed", 24),
    ] {
        let document = user.run(&["buy", "--yes", "--no-wait", "--json"]).code(26).json();
        act(&server, &page_of(&document), fields);
        let ended = user.run(&["buy", "--yes", "--no-wait", "--json"]).code(code);
        let ended = ended.failed(class, Some("no"));
        assert_eq!(ended["data"]["payment_id"], document["data"]["payment_id"]);
    }
    // What an impatient run did not see is told by the next one, before it opens another.
    let document = user.run(&["buy", "--yes", "--no-wait", "--json"]).code(26).json();
    act(&server, &page_of(&document), "act=pay&number=4242424242424242");
    let resumed = user.run(&["resume", "--json"]).code(0).json();
    assert_eq!(resumed["data"]["purchases"][0]["status"], "settled");
    let told = user.run(&["buy", "--yes", "--no-wait", "--json"]).code(0).json();
    assert_eq!(told["data"]["payment_id"], document["data"]["payment_id"]);
    assert_eq!(told["data"]["replayed"], true);
    assert_eq!(count(&server.keeper(), INITIATE), 3);
}

#[test]
fn an_amount_that_is_not_the_price_opens_none_or_keeps_the_one_that_is_open() {
    let server = Server::start(&[]);
    let (user, keeper) = (at(&server), server.keeper());
    // Told beforehand: nothing is opened.
    keeper.set("ciris-uses=0");
    keeper.set("ciris-free=0");
    let refused = user.run(&["buy", "7", "--yes", "--json"]).code(32);
    let refused = refused.failed("amount_out_of_bounds", Some("no"));
    assert_eq!(refused["error"]["details"]["price_minor"], 500);
    user.run(&["buy", "--max", "4.99", "--yes", "--json"])
        .code(5)
        .failed("spend_guard", Some("no"));
    assert_eq!(count(&keeper, INITIATE), 0);
    // Told only by the payment itself: kept, reported, and gone on with.
    keeper.set("ciris-offer=untold");
    let kept = user.run(&["buy", "7", "--yes", "--json"]).code(32);
    let kept = kept.failed("amount_out_of_bounds", Some("no"));
    assert!(kept["data"]["payment_id"].is_string());
    user.run(&["buy", "--max", "4.99", "--yes"]).code(5);
    let again = user.run(&["buy", "5", "--yes", "--no-wait", "--json"]).code(26).json();
    assert_eq!(again["data"]["payment_id"], kept["data"]["payment_id"]);
    assert_eq!(count(&keeper, INITIATE), 1);
    user.run(&["buy", "--yes", "--no-wait", "--new"]).code(26);
    assert_eq!(count(&keeper, INITIATE), 2, "only --new opens a second one");
    for wrong in [&["buy", "preset:1", "--yes"][..], &["buy", "5.001", "--yes"]] {
        user.run(wrong).code(2);
    }
    // A key protects nothing where the agent knows none, and a name holds as far as the journal.
    let keyed = ["buy", "--yes", "--json", "--idempotency-key", "12345678"];
    user.run(&keyed).code(2).failed("usage", Some("no"));
    let named = ["buy", "--yes", "--no-wait", "--json", "--once", "x"];
    let first = user.run(&named).code(26).json();
    let again = user.run(&named).code(26).json();
    assert_eq!(first["data"]["payment_id"], again["data"]["payment_id"]);
    let elsewhere = at(&server).with("CI", "true");
    elsewhere.run(&named).code(2).failed("usage", Some("no"));
    // Two payments are open, and somebody may have paid them by now.
    user.run(&["buy", "--json"]).code(3).failed("confirmation_required", Some("unknown"));
    assert_eq!(count(&keeper, INITIATE), 3);
}

#[test]
fn the_limits_of_the_profile_hold_for_packs_too() {
    let server = Server::start(&[]);
    let user = at(&server);
    let limits = |text: &str| {
        let config = format!("[profiles.default]\nprovider = 'ciris'\n{text}\n");
        std::fs::write(user.file("config.toml"), config).expect("written");
    };
    limits("max_per_purchase = '4.00'");
    let refused = user.run(&["buy", "--yes", "--json"]).code(5);
    refused.failed("spend_guard", Some("no"));
    limits("max_per_day = '9.99'");
    let first = user.run(&["buy", "--yes", "--no-wait", "--json"]).code(26).json();
    act(&server, &page_of(&first), "act=pay&number=4242424242424242");
    user.run(&["buy", "--yes"]).code(0);
    user.run(&["buy", "--yes", "--no-wait"]).code(5).says("max_per_day");
}

#[test]
fn modes_are_told_and_nothing_is_opened_where_nothing_is_sold() {
    let user = on_sandbox();
    user.set("ciris-mode=free_only");
    // A new account of an agent that sells is answered the same.
    assert_eq!(user.run(&["state", "--get", "mode"]).code(0).out, "paid\n");
    user.run(&["buy", "--yes", "--json"]).code(15).failed("billing_disabled", Some("no"));
    user.run(&["check", "--at-least", "6"]).code(30);
    user.set("ciris-mode=unlimited");
    let state = user.run(&["state", "--json"]).code(0).json();
    assert_eq!(
        (&state["data"]["mode"], &state["data"]["credits_remaining"]),
        (&json!("unlimited"), &json!(999))
    );
    user.run(&["buy", "--yes", "--json"]).code(15).failed("billing_disabled", Some("no"));
    user.run(&["buy", "5", "--yes"]).code(15);
    let checked = user.run(&["check", "--at-least", "100000", "--json"]).code(0).json();
    assert_eq!(checked["data"]["unlimited"], true);
    user.set("ciris-mode=app_store");
    user.run(&["buy", "--yes", "--json"]).code(15).failed("billing_disabled", Some("no"));
    user.run(&["transactions", "--json"]).code(15).failed("billing_disabled", None);
    user.set("ciris-mode=paid");
    user.set("ciris-email=none");
    user.run(&["buy", "--yes"])
        .code(33)
        .says("Email address required")
        .says("Sign in on the page of the agent")
        .says("login --token-stdin");
    user.set("ciris-email=set");
    user.set("ciris-wrapped=on");
    user.run(&["buy", "--yes"]).code(0);
    assert_eq!(user.run(&["state", "--brief"]).code(0).out, "155 uses left\n");
    for verb in [&["auto-reload"][..], &["team", "list"]] {
        user.run(verb).code(6).says("topup sandbox serve");
    }
    let refused = User::new().with("TOPUP_PROVIDER", "ciris").with("TOPUP_TOKEN", "x");
    let backend = ["state", "--portal-url", "https://billing.ciris.ai", "--json"];
    refused.run(&backend).code(4).failed("config", None);
}

#[test]
fn a_stopped_account_fails_every_gate_whatever_it_has() {
    let user = on_sandbox();
    user.run(&["buy", "--yes"]).code(0);
    user.set("ciris-credit=off");
    user.run(&["check", "--at-least", "1", "--json"]).code(15).failed("billing_disabled", None);
    user.run(&["limit", "--require", "1"]).code(15);
    user.run(&["state", "--brief"]).code(0).prints("nothing can be used now");
    user.run(&["state"]).code(0).prints("nothing can be used now");
    user.set("ciris-credit=on");
    user.run(&["check", "--at-least", "1"]).code(0);
}

#[test]
fn an_agent_that_sells_nothing_sells_no_empty_pack_for_nothing() {
    let server = Scripted::new(|asked| {
        match asked.line.as_str() {
        INITIATE => Told::Json(403, r#"{"detail":"Billing not enabled."}"#.into()),
        _ => Told::Json(
            200,
            r#"{"has_credit":false,"credits_remaining":0,"free_uses_remaining":0,"total_uses":1,"plan_name":"free","purchase_required":false,"purchase_options":{"price_minor":0,"uses":0,"currency":"USD"}}"#
                .into(),
        ),
    }
    });
    let user = server.user("ciris");
    let data = user.run(&["state", "--json"]).code(0).json()["data"].clone();
    assert_eq!((&data["mode"], &data["purchase_options"]), (&json!("free_only"), &Value::Null));
    for buy in [&["buy", "--yes", "--json"][..], &["buy", "5", "--yes", "--json"]] {
        user.run(buy).code(15).failed("billing_disabled", Some("no"));
    }
    // What a new account shows at an agent that sells; only the request tells them apart.
    user.run(&["buy", "--dry-run"]).code(0);
}

#[test]
fn fifty_at_once_open_one_payment() {
    let server = Server::start(&["--no-rate-limit"]);
    let user = at(&server);
    let arguments = ["buy", "--yes", "--no-wait", "--json"];
    let running: Vec<_> = (0..50).map(|_| user.start(&arguments)).collect();
    let ids = Mutex::new(HashSet::new());
    for child in running {
        let ran = user.finish(&arguments, child);
        assert!(matches!(ran.code, 26 | 53), "{}{}", ran.out, ran.err);
        if ran.code == 26 {
            let document = ran.json();
            let id = document["data"]["payment_id"].as_str().expect("an id").to_owned();
            ids.lock().expect("unlocked").insert(id);
        }
    }
    assert_eq!(ids.lock().expect("unlocked").len(), 1);
    assert_eq!(count(&server.keeper(), INITIATE), 1);
}

#[test]
fn a_login_that_does_not_say_whose_it_is_opens_none_beside_one_that_does() {
    let server = Server::start(&["--no-rate-limit"]);
    let user = at(&server);
    let token = server.agent_token();
    let arguments = ["buy", "--yes", "--no-wait", "--json"];
    let running: Vec<_> = (0..20)
        .map(|shell| {
            let mut command = user.command(&arguments);
            if shell % 2 == 0 {
                command.env("TOPUP_TOKEN", &token);
            }
            command.spawn().expect("it starts")
        })
        .collect();
    for child in running {
        let ran = user.finish(&arguments, child);
        assert!(matches!(ran.code, 26 | 53), "{}{}", ran.out, ran.err);
    }
    assert_eq!(count(&server.keeper(), INITIATE), 1);
}

#[test]
fn a_page_of_a_payment_takes_test_cards_only_and_its_own_forms_only() {
    let server = Server::start(&[]);
    let user = at(&server);
    let return_url = "https://shop.example/paid?x=1";
    let buy = ["buy", "--yes", "--no-wait", "--return-url", return_url, "--json"];
    let document = user.run(&buy).code(26).json();
    let page = page_of(&document);
    let path = page.strip_prefix(&server.url).expect("a page of this server").to_owned();
    let (status, _) = browse(&server, "POST", &path, "act=pay&number=4242424242424242");
    assert_eq!(status, 403, "a form of somebody else");
    act(&server, &page, "act=pay&number=4111111111111111");
    user.run(&["status"]).code(26);
    act(&server, &page, "act=pay&number=4242+4242-4242+4242");
    user.run(&["status"]).code(0);
    let (_, text) = browse(&server, "GET", &path, "");
    assert!(text.contains("Paid. Go back to your terminal."));
    assert!(text.contains("href=\"https://shop.example/paid?x=1\""));
    assert_eq!(browse(&server, "GET", "/ciris/payment/pi_nobody", "").0, 404);
    assert_eq!(browse(&server, "GET", "/ciris", "").0, 200);
    for (method, path) in
        [("GET", "/v1/api/billing/nothing"), ("DELETE", "/v1/api/billing/credits")]
    {
        let (status, text) = browse(&server, method, path, "");
        assert!(status == 404 && text.contains("<!doctype html>"), "an agent's own page");
    }
    for address in ["javascript:alert(1)", "not an address", "https://user:word@x.example"] {
        user.run(&["buy", "--yes", "--return-url", address]).code(2);
    }
}
