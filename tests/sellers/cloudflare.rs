//! Buying at Cloudflare. Contract: cloudflare.

use super::{asked, buyer, sole_buyer, top_ups, unknown};
use crate::support::{Server, User};
use serde_json::{Value, json};

const TOP_UP: &str = "POST /accounts/sandbox/ai-gateway/billing/topup";
const BUY: &[&str] = &["buy", "25", "--yes", "--json", "--wait", "3s"];

fn fault(user: &User, request: &str, fate: &[&str]) {
    user.run(&[&["sandbox", "faults", "add", request], fate].concat()).code(0);
}

fn id_of(document: &Value) -> String {
    document["data"]["purchase_id"].as_str().expect("an id").to_owned()
}

#[test]
fn a_fresh_machine_buys_and_sees_what_was_charged() {
    let user = buyer("cloudflare");
    user.set("tax=8");
    let bought = user.run(BUY).code(0).json();
    let data = &bought["data"];
    assert_eq!((&data["status"], &data["amount_usd"]), (&json!("settled"), &json!("25.00")));
    assert_eq!(data["total_usd"], "27.00");
    assert!(data["charge_id"].as_str().expect("an id").starts_with("in_"), "{data}");
    assert_eq!(top_ups(&user)[0]["id"], data["charge_id"]);
    user.run(&["status"]).code(0).prints("$27.00");
    let csv = user.run(&["history", "--csv"]).code(0).out;
    assert!(csv.contains("27.00"), "{csv}");
    let state = user.run(&["state", "--json"]).code(0).json();
    assert_eq!(
        (&state["data"]["unit"], &state["data"]["balance"]),
        (&json!("unknown"), &json!("5000"))
    );
    assert_eq!(state["data"]["card"]["last4"], "4242");
    // The same again is another one: the first was reported.
    user.run(BUY).code(0);
    assert_eq!(top_ups(&user).len(), 2);
    user.run(&["buy", "9.99", "--yes", "--json"])
        .code(32)
        .failed("amount_out_of_bounds", Some("no"));
    assert_eq!(asked(&user, TOP_UP), 2);
}

#[test]
fn what_was_charged_in_all_and_its_invoice_are_told_by_every_verb() {
    let server = Server::start(&[]);
    server.keeper().set("tax=8");
    let user = User::new()
        .with("TOPUP_PROVIDER", "cloudflare")
        .with("TOPUP_PORTAL_URL", &server.url)
        .with("TOPUP_TOKEN", &server.key("cloudflare"))
        .with("CLOUDFLARE_ACCOUNT_ID", "acc");
    let bought = user.run(BUY).code(0).json();
    let id = bought["data"]["charge_id"].as_str().expect("an id");
    let invoice = format!("{}/balances/cloudflare?invoice={id}", server.url);
    let status = user.run(&["status", "--json"]).code(0).json();
    let history = user.run(&["history", "--json"]).code(0).json();
    for told in [&bought["data"], &status["data"], &history["data"]["purchases"][0]] {
        assert_eq!((&told["total_usd"], &told["tax_usd"]), (&json!("27.00"), &Value::Null));
        assert_eq!(told["invoice_url"], invoice, "{told}");
    }
    user.run(&["status"]).code(0).prints("$27.00").prints(&invoice);
    let csv = user.run(&["history", "--csv"]).code(0).out;
    assert!(csv.contains(&format!(",27.00,,{invoice}")), "{csv}");
}

#[test]
fn automatic_purchases_and_the_limit_are_shown_and_changed_on_the_page() {
    let user = buyer("cloudflare");
    user.set("cloudflare-reload=500:1000");
    let shown = user.run(&["auto-reload", "--json"]).code(0).json();
    let reload = &shown["data"]["auto_reload"];
    assert_eq!((&reload["enabled"], &reload["below_usd"]), (&json!(true), &json!("5.00")));
    assert_eq!((&reload["amount_usd"], &reload["to_usd"]), (&json!("10.00"), &Value::Null));
    user.run(&["state"]).code(0).prints("on: below $5.00 buys $10.00");
    user.run(&["auto-reload", "--require-off"]).code(5).says("on a page of the sandbox");
    user.run(&["auto-reload", "20", "50", "--yes", "--json"]).code(6).serves_no_page();
    user.set("cloudflare-reload=off");
    user.run(&["auto-reload", "--require-off"]).code(0);
    user.run(&["limit"]).code(0).prints("$100.00");
}

#[test]
fn nothing_is_gated_before_a_person_says_what_the_balance_counts() {
    let user = buyer("cloudflare");
    let ensure = ["ensure", "--at-least", "40", "--buy", "20", "--yes"];
    user.run(&ensure).code(4).says("cloudflare_balance_unit");
    user.run(&["check", "--at-least", "1"]).code(4);
    assert!(top_ups(&user).is_empty());
    user.run(&["config", "set", "provider", "cloudflare"]).code(0);
    user.run(&["config", "set", "cloudflare_balance_unit", "cents"]).code(0);
    user.run(&ensure).code(0);
    user.run(&ensure).code(0);
    assert_eq!(top_ups(&user).len(), 1);
    user.run(&["check", "--at-least", "45"]).code(0);
}

#[test]
fn a_lost_answer_is_told_with_its_evidence_and_never_sent_again() {
    let user = buyer("cloudflare");
    fault(&user, TOP_UP, &["--lose-response"]);
    let lost = unknown(user.run(BUY));
    let evidence = &lost["error"]["details"]["evidence"];
    let charge = top_ups(&user)[0]["id"].clone();
    assert_eq!(evidence["purchases"][0]["charge_id"], charge, "{lost}");
    assert_eq!(evidence["purchases"][0]["amount_usd"], "25.00");
    // It is looked for first, whatever is asked for.
    unknown(user.run(BUY));
    unknown(user.run(&["resume", &id_of(&lost), "--wait", "0s", "--json"]));
    for another in [&["buy", "25", "--new"][..], &["buy", "30"]] {
        let refused = user.run(&[another, &["--yes", "--json"]].concat()).code(53);
        assert_eq!(
            refused.failed("in_progress", Some("unknown"))["error"]["code"],
            "unknown_at_account"
        );
    }
    let marked = format!("charged={}", charge.as_str().expect("an id"));
    user.run(&["resume", &id_of(&lost), "--mark", &marked, "--reason", "seen on the page"]).code(0);
    user.run(&["buy", "30", "--yes"]).code(0);
    assert_eq!(asked(&user, TOP_UP), 2);
    assert_eq!(top_ups(&user).len(), 2);
}

#[test]
fn the_sole_buyer_needs_no_person_where_the_list_shows_it() {
    for fate in [
        &["--lose-response"][..],
        &["--truncate"],
        &["--status", "502", "--after-work", "--times", "3"],
        &["--status", "429", "--after-work"],
    ] {
        let user = sole_buyer("cloudflare");
        fault(&user, TOP_UP, fate);
        let bought = user.run(BUY).code(0).json();
        assert_eq!(bought["data"]["status"], "settled", "{fate:?}");
        assert_eq!(bought["data"]["charge_id"], top_ups(&user)[0]["id"]);
        assert_eq!((asked(&user, TOP_UP), top_ups(&user).len()), (1, 1), "{fate:?}");
    }
}

#[test]
fn what_is_not_listed_yet_is_not_bought_again_and_concluded_when_it_is() {
    let user = sole_buyer("cloudflare");
    user.set("listed-after=1h");
    fault(&user, TOP_UP, &["--lose-response"]);
    let lost = unknown(user.run(BUY));
    assert_eq!(lost["error"]["details"]["evidence"]["purchases"], json!([]), "{lost}");
    user.set("listed-after=0s");
    let resumed = user.run(&["resume", "--json"]).code(0).json();
    assert_eq!(resumed["data"]["purchases"][0]["status"], "settled");
    assert_eq!((asked(&user, TOP_UP), top_ups(&user).len()), (1, 1));
}

#[test]
fn what_another_one_bought_is_never_taken_for_ours() {
    let server = Server::start(&[]);
    let buyer = || {
        User::new()
            .with("TOPUP_PROVIDER", "cloudflare")
            .with("TOPUP_PORTAL_URL", &server.url)
            .with("TOPUP_TOKEN", &server.key("cloudflare"))
            .with("CLOUDFLARE_ACCOUNT_ID", "acc")
            .with("TOPUP_SOLE_BUYER", "1")
    };
    let (one, other, keeper) = (buyer(), buyer(), server.keeper());
    let top_up = "POST /accounts/acc/ai-gateway/billing/topup";
    fault(&keeper, top_up, &["--drop-before"]);
    unknown(one.run(&["buy", "25", "--yes", "--json", "--wait", "0s"]));
    // The same from another machine, though this one was said to be alone, and twice.
    other.run(BUY).code(0);
    other.run(BUY).code(0);
    let doubt = unknown(one.run(BUY));
    let shown =
        doubt["error"]["details"]["evidence"]["purchases"].as_array().expect("a list").len();
    assert_eq!((shown, server.count_top_ups()), (2, 2));
}

#[test]
fn without_a_whole_list_of_before_nothing_is_sent() {
    for (setting, fate, class) in [
        ("cloudflare-list=more", None, "protocol"),
        ("cloudflare-list=whole", Some(&["--status", "500"][..]), "server_error"),
        ("cloudflare-list=whole", Some(&["--html"]), "endpoint_unavailable"),
    ] {
        let user = sole_buyer("cloudflare");
        user.set(setting);
        if let Some(fate) = fate {
            let list = "GET /accounts/sandbox/ai-gateway/billing/invoice-history";
            fault(&user, list, fate);
        }
        let refused = user.run(BUY);
        let document = refused.json();
        assert_eq!(document["error"]["charged"], "no", "{document}");
        assert_eq!(document["error"]["class"], class, "{document}");
        assert_eq!(asked(&user, TOP_UP), 0, "{setting}");
        user.set("cloudflare-list=whole");
        user.run(BUY).code(0);
        assert_eq!(top_ups(&user).len(), 1);
    }
}

#[test]
fn a_refusal_is_believed_only_where_the_row_says_so() {
    let user = sole_buyer("cloudflare");
    user.set("cloudflare-key=read");
    user.run(BUY).code(12).failed("insufficient_scope", Some("no"));
    user.set("cloudflare-key=write");
    user.run(&["buy", "30", "--yes", "--json", "--wait", "3s"]).code(0);
    // Whatever a 400 says, it may come from the middle: the list shows that nothing was begun, and
    // silence is no answer.
    user.set("card=none");
    let refused = unknown(user.run(&["buy", "40", "--yes", "--json", "--wait", "0s"]));
    user.run(&["resume", &id_of(&refused), "--mark", "not-charged"]).code(0);
    user.set("card=declined");
    let failed = user.run(&["buy", "40", "--yes", "--json", "--wait", "10s"]).code(24);
    failed.failed("payment_failed", Some("no"));
    user.set("card=3ds");
    let open = user.run(&["buy", "45", "--yes", "--json", "--wait", "1s"]).code(50);
    assert_eq!(open.json()["error"]["charged"], "unknown");
}

#[test]
fn names_reach_as_far_as_the_journal() {
    let user = buyer("cloudflare");
    let once = ["buy", "25", "--yes", "--json", "--once", "nightly"];
    let first = user.run(&once).code(0).json();
    let again = user.run(&once).code(0).json();
    assert_eq!(
        (&again["data"]["charge_id"], &again["data"]["replayed"]),
        (&first["data"]["charge_id"], &json!(true))
    );
    user.run(&["buy", "25", "--yes", "--idempotency-key", "key-of-one"])
        .code(2)
        .says("protect nothing");
    let ci = user.copy().with("CI", "true");
    ci.run(&["buy", "25", "--yes", "--once", "other", "--json"])
        .code(2)
        .failed("usage", Some("no"));
    let ensure = ["ensure", "--at-least", "1", "--buy", "25", "--yes", "--once", "other", "--json"];
    assert_ne!(ci.run(&ensure).code, 0);
    assert_eq!(top_ups(&user).len(), 1);
}

#[test]
fn a_total_above_the_limit_is_told_loudly() {
    let user = buyer("cloudflare");
    user.set("tax=10");
    let above = user.run(&["buy", "25", "--yes", "--max", "26", "--json"]).code(5);
    let document = above.failed("spend_guard", Some("yes"));
    assert_eq!(document["error"]["details"]["total_usd"], "27.50");
    assert_eq!(top_ups(&user).len(), 1);
}
