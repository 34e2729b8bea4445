//! Buying at Vercel. Contract: vercel.

use super::{asked, buyer, sole_buyer, top_ups, unknown};
use crate::support::{Server, User};
use serde_json::{Value, json};

const PURCHASE: &str = "POST /v1/billing/buy";
const BUY: &[&str] = &["buy", "25", "--yes", "--json", "--wait", "3s"];

fn lose(user: &User) {
    user.run(&["sandbox", "faults", "add", PURCHASE, "--lose-response"]).code(0);
}

#[test]
fn a_fresh_machine_buys_and_sees_tax_and_total() {
    let user = buyer("vercel");
    user.set("tax=8");
    let bought = user.run(BUY).code(0).json();
    let data = &bought["data"];
    assert_eq!((&data["status"], &data["amount_usd"]), (&json!("settled"), &json!("25.00")));
    assert_eq!((&data["total_usd"], &data["tax_usd"]), (&json!("27.00"), &json!("2.00")));
    let status = user.run(&["status", "--json"]).code(0).json();
    let history = user.run(&["history", "--json"]).code(0).json();
    for told in [&status["data"], &history["data"]["purchases"][0]] {
        assert_eq!((&told["total_usd"], &told["tax_usd"]), (&json!("27.00"), &json!("2.00")));
        assert_eq!(told["invoice_url"], Value::Null, "no answer of it links to one");
    }
    user.run(&["status"]).code(0).prints("tax in it");
    let csv = user.run(&["history", "--csv"]).code(0).out;
    assert!(csv.contains("27.00,2.00"), "{csv}");
    user.run(&["state"]).code(0).prints("$50.00");
    user.run(&["buy", "25.50", "--yes", "--json"])
        .code(32)
        .failed("amount_out_of_bounds", Some("no"));
    user.run(&["limit"]).code(6);
    user.run(&["auto-reload"]).code(6);
    user.run(&["auto-reload", "--require-off"]).code(6);
    assert_eq!((asked(&user, PURCHASE), top_ups(&user).len()), (1, 1));
}

#[test]
fn each_body_under_200_is_read_for_what_it_is() {
    let user = sole_buyer("vercel");
    user.set("settle-after=1h");
    user.set("vercel-answer=pending");
    let pending = user.run(&["buy", "5", "--yes", "--json", "--wait", "0s"]).code(50).json();
    user.set("settle-after=0s");
    assert!(pending["data"]["charge_id"].is_string(), "{pending}");
    for (answer, code) in [("checkout", 26), ("subscription", 51), ("empty", 51)] {
        let user = buyer("vercel");
        user.set(&format!("vercel-answer={answer}"));
        let ran = user.run(&["buy", "25", "--yes", "--json", "--wait", "0s"]).code(code);
        if answer == "checkout" {
            ran.serves_no_page();
        }
        // Nothing is sent a second time.
        user.run(&["buy", "25", "--yes", "--json", "--wait", "0s"]).code(code);
        assert_eq!(asked(&user, PURCHASE), 1, "{answer}");
    }
}

#[test]
fn a_refusal_is_believed_only_in_the_words_of_the_page() {
    let user = buyer("vercel");
    user.set("card=none");
    user.run(BUY).code(20).failed("no_payment_method", Some("no"));
    user.set("card=declined");
    user.run(BUY).code(21).failed("card_declined", Some("no"));
    user.set("card=visa");
    user.run(BUY).code(0);
    let fault = ["sandbox", "faults", "add", PURCHASE, "--status", "500", "--after-work"];
    user.run(&fault).code(0);
    let broken = unknown(user.run(BUY));
    let evidence = &broken["error"]["details"]["evidence"];
    assert_eq!(
        (&evidence["kind"], &evidence["rise_usd"]),
        (&json!("granted_sum"), &json!("25.00"))
    );
    assert_eq!(asked(&user, PURCHASE), 4);
}

#[test]
fn a_sum_that_rose_by_ours_concludes_for_the_sole_buyer_with_one_key() {
    let user = sole_buyer("vercel");
    lose(&user);
    let bought = user.run(BUY).code(0).json();
    assert_eq!(bought["data"]["status"], "settled");
    assert_eq!((asked(&user, PURCHASE), top_ups(&user).len()), (1, 1));
    // A sum that rose by something else is nobody's proof.
    lose(&user);
    user.set("settle-after=1h");
    unknown(user.run(&["buy", "30", "--yes", "--json", "--wait", "0s"]));
    user.set("system=vercel:61");
    let doubt = unknown(user.run(&["resume", "--json"]));
    assert_eq!(doubt["error"]["code"], Value::Null);
    assert_eq!(asked(&user, PURCHASE), 2);
}

#[test]
fn a_sum_of_an_account_that_is_not_known_to_be_the_same_proves_nothing() {
    let server = Server::start(&[]);
    let keeper = server.keeper();
    // The same server under another name is another place: its key is its own.
    let gateway = format!("{}/v1", server.url.replace("127.0.0.1", "localhost"));
    let stranger = || {
        User::new()
            .with("TOPUP_PROVIDER", "vercel")
            .with("TOPUP_PORTAL_URL", &server.url)
            .with("TOPUP_GATEWAY_URL", &gateway)
            .with("TOPUP_SOLE_BUYER", "1")
    };
    let user = stranger();
    // The key that buys is the sandbox's own token, the one that reads that of the gateway.
    user.run_with_input(&["login", "--token-stdin"], &server.key("vercel")).code(0);
    user.run_with_input(&["login", "--token-stdin", "--buying"], &server.token).code(0);
    keeper.run(&["sandbox", "faults", "add", PURCHASE, "--lose-response"]).code(0);
    let lost = unknown(user.run(BUY));
    let evidence = &lost["error"]["details"]["evidence"];
    assert_eq!(
        (&evidence["rise_usd"], &evidence["account_proven"]),
        (&json!("25.00"), &json!(false))
    );
    assert_eq!(server.count_top_ups(), 1);
    // Without the key that reads there is no evidence of before, and nothing is sent.
    let blind = stranger();
    blind.run_with_input(&["login", "--token-stdin", "--buying"], &server.token).code(0);
    blind.run(BUY).code(10).failed("not_logged_in", Some("no"));
    assert_eq!(server.count_top_ups(), 1);
}

#[test]
fn credits_that_are_paid_and_not_there_yet_are_not_bought_again() {
    let user = buyer("vercel");
    user.set("settle-after=1h");
    let ensure = ["ensure", "--at-least", "40", "--buy", "20", "--yes", "--json", "--wait", "0s"];
    user.run(&ensure).code(0);
    user.run(&ensure).code(50).failed("pending", Some("yes"));
    assert_eq!(asked(&user, PURCHASE), 1);
}
