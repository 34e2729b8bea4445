//! Promise: an upgrade is paid once, within every guard; each refusal has its class and says that
//! nothing was charged.

use super::{PATH, UPGRADE, is_paid, keys, tier};
use crate::support::{Server, User};
use serde_json::Value;

#[test]
fn an_upgrade_is_paid_once_and_told_again_without_paying() {
    let user = User::on_sandbox();
    is_paid(&user.run(UPGRADE).code(0), "20.00");
    assert_eq!(tier(&user), "plus");
    let again = user.run(UPGRADE).code(0).json();
    assert_eq!(again["data"]["status"], "in_force");
    assert_eq!(again["data"]["upgrade"]["charged"], "no");
    assert_eq!(keys(&user).len(), 1);
    is_paid(&user.run(&["plan", "upgrade", "Super", "--yes", "--json"]).code(0), "80.00");
    let history = user.run(&["history", "--json"]).code(0).json();
    let kinds: Vec<&str> = history["data"]["purchases"]
        .as_array()
        .expect("purchases")
        .iter()
        .map(|line| line["upgrade"]["tier_id"].as_str().expect("a plan"))
        .collect();
    assert_eq!(kinds, ["super", "plus"]);
    user.run(&["history"]).code(0).prints("plan Super");
    user.run(&["history", "--csv"]).code(0).prints(",plus,,,,,default,nous\n");
    let id = history["data"]["purchases"][1]["purchase_id"].as_str().expect("an id").to_owned();
    let told = user.run(&["status", &id, "--json"]).code(0);
    assert_eq!(is_paid(&told, "20.00")["replayed"], true);
    assert!(user.charges().is_empty(), "no credits were bought");
    let charged = user.run(&["sandbox", "charges", "--json"]).code(0).json();
    let charged = charged["data"]["plan_charges"].as_array().expect("charges").clone();
    let amounts: Vec<&Value> = charged.iter().map(|charge| &charge["amount_usd"]).collect();
    assert_eq!(amounts, ["80.00", "20.00"], "each once");
    user.run(&["sandbox", "charges"]).code(0).prints("plan super");
}

#[test]
fn what_is_due_counts_for_every_guard() {
    let user = User::on_sandbox();
    let refused = |arguments: &[&str]| {
        user.run(&[&["plan", "upgrade"], arguments, &["--yes", "--json"]].concat())
            .code(5)
            .failed("spend_guard", Some("no"))
    };
    refused(&["plus", "--max", "19.99"]);
    let config = "[profiles.default]\nmax_per_purchase = \"100\"\nmax_per_day = \"110\"\n";
    std::fs::write(user.file("config.toml"), config).expect("written");
    refused(&["ultra"]);
    refused(&["ultra", "--dry-run"]);
    assert!(keys(&user).is_empty());
    user.run(&["plan", "upgrade", "plus", "--yes", "--max", "20"]).code(0);
    user.run(&["buy", "25", "--yes"]).code(0);
    refused(&["super"]);
    user.run(&["buy", "70", "--yes"]).code(5).says("max_per_day");
    assert_eq!(keys(&user).len(), 1);
}

#[test]
fn a_name_is_one_upgrade_and_a_key_is_sent_as_it_is() {
    let user = User::on_sandbox();
    let upgrade = |tier: &str, more: &[&str]| {
        user.run(&[&["plan", "upgrade", tier, "--yes", "--json"], more].concat())
    };
    is_paid(&upgrade("plus", &["--once", "q4"]).code(0), "20.00");
    let again = is_paid(&upgrade("plus", &["--once", "q4"]).code(0), "20.00");
    assert_eq!((&again["replayed"], &again["once"]), (&true.into(), &"q4".into()));
    upgrade("super", &["--once", "q4"]).code(52).failed("idempotency_conflict", Some("no"));
    user.run(&["buy", "20", "--once", "q4", "--yes", "--json"])
        .code(52)
        .failed("idempotency_conflict", Some("no"));
    is_paid(&upgrade("super", &["--idempotency-key", "my-own-key"]).code(0), "80.00");
    assert!(keys(&user).contains(&"my-own-key".to_owned()));
    assert_eq!(keys(&user).len(), 2);
    upgrade("ultra", &["--once-since", "2026-11-20T12:00:00Z"]).code(2);
    upgrade("ultra", &["--idempotency-key", "short"]).code(2);
}

#[test]
fn each_refusal_is_its_class_and_says_that_nothing_was_charged() {
    let user = User::on_sandbox();
    for (set, unset, exit, class) in [
        ("card=declined", "card=visa", 21, "card_declined"),
        ("card=none", "card=visa", 20, "no_payment_method"),
        ("role=MEMBER", "role=OWNER", 14, "role_required"),
        ("switch=off", "switch=on", 15, "billing_disabled"),
    ] {
        user.set(set);
        let ran = user.run(UPGRADE).code(exit);
        ran.failed(class, Some("no"));
        ran.serves_no_page();
        user.set(unset);
    }
    // A reason that is no plain no of the bank ends nothing: the portal may charge after all.
    for set in ["card=expired", "card=error"] {
        let user = User::on_sandbox();
        user.set(set);
        let at_once = [UPGRADE, &["--wait", "0s"]].concat();
        user.run(&at_once).code(24).failed("payment_failed", Some("unknown"));
        user.set("card=visa");
        user.run(&at_once).code(24).failed("payment_failed", Some("unknown"));
        assert_eq!(keys(&user).len(), 1, "{set}");
    }
    let body = user.file("cap.json");
    std::fs::write(&body, r#"{"error":"upgrade_cap_exceeded"}"#).expect("written");
    let body = body.to_str().expect("text");
    let fault = format!("POST {PATH}");
    user.run(&["sandbox", "faults", "add", &fault, "--status", "429", "--body", body]).code(0);
    user.run(UPGRADE).code(43).failed("plan_change_cap", Some("no"));
    is_paid(&user.run(UPGRADE).code(0), "20.00");
    let server = Server::start(&[]);
    let looker = server.user().with("TOPUP_TOKEN", &server.token_without_scope);
    looker.run(UPGRADE).code(12).failed("insufficient_scope", Some("no"));
    looker.run(&["plan", "cancel", "--yes", "--json"]).code(0);
    looker.run(&["plan", "preview", "plus"]).code(12);
    User::new().with("TOPUP_PORTAL_URL", &server.url).run(UPGRADE).code(10);
}

#[test]
fn a_declined_card_under_a_name_stays_declined_until_another_try_is_asked_for() {
    let user = User::on_sandbox();
    let named = [UPGRADE, &["--once", "q4"]].concat();
    user.set("card=declined");
    user.run(&named).code(21);
    user.set("card=visa");
    let document = user.run(&named).code(21).json();
    assert_eq!(document["data"]["replayed"], true);
    is_paid(&user.run(&[&named[..], &["--retry-declined"]].concat()).code(0), "20.00");
    assert_eq!(keys(&user).len(), 2);
}

#[test]
fn an_upgrade_that_was_refused_begins_anew_at_the_price_of_that_day() {
    let user = User::on_sandbox();
    let named = ["plan", "upgrade", "super", "--once", "q4", "--yes", "--json"];
    user.set("card=none");
    user.run(&named).code(20);
    user.set("card=visa");
    user.set("plan=plus");
    is_paid(&user.run(&named).code(0), "80.00");
    assert_eq!(keys(&user).len(), 1, "one name, one key");
}

#[test]
fn what_a_person_has_to_finish_stays_open_until_the_plan_is_in_force() {
    let user = User::on_sandbox();
    user.set("card=3ds");
    let ran = user.run(UPGRADE).code(26);
    let document = ran.failed("action_required", Some("unknown"));
    let id = document["data"]["purchase_id"].as_str().expect("an id").to_owned();
    ran.serves_no_page();
    assert!(document["error"]["details"]["recovery_url"].is_null(), "{document}");
    assert_eq!(document["data"]["status"], "pending");
    // Looked at, gone on with, and never sent again.
    user.run(&["status", "--json"]).code(26).failed("action_required", Some("unknown"));
    user.run(&["resume", "--wait", "0s", "--json"]).code(26);
    user.run(UPGRADE).code(26);
    user.run(&[UPGRADE, &["--no-wait"]].concat()).code(26);
    let seen = user.seen();
    assert_eq!(seen.iter().filter(|call| **call == format!("POST {PATH}")).count(), 1);
    user.run(&["resume", &id, "--mark", "not-charged"]).code(2).says("can be asked");
    user.set("plan=plus");
    let done = user.run(&["status", &id, "--json"]).code(0).json();
    assert_eq!(done["data"]["status"], "in_force");
    assert_eq!(done["data"]["upgrade"]["charged"], "unknown");
    user.run(&["resume"]).code(0).prints("Every purchase here is final");
}
