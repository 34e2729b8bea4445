//! What stands around the purchase: guards, presets, a dry run, the balance after it.

use super::*;

#[test]
fn guards_refuse_before_anything_is_written_or_sent() {
    let user = User::on_sandbox();
    user.run(&["buy", "25", "--yes", "--max", "24.99", "--json"])
        .code(5)
        .failed("spend_guard", Some("no"));
    std::fs::write(
        user.file("config.toml"),
        "[profiles.default]\nmax_per_purchase = \"40\"\nmax_per_day = \"60\"\nmax_per_month = \"70\"\n",
    )
    .expect("written");
    user.run(&["buy", "41", "--yes", "--json"]).code(5).failed("spend_guard", Some("no"));
    assert!(user.seen().is_empty());
    user.run(&["buy", "40", "--yes"]).code(0);
    user.run(&["buy", "25", "--yes"]).code(5).says("max_per_day").says("Nothing was charged");
    user.run(&["buy", "20", "--yes"]).code(0);
    assert_eq!(user.charges().len(), 2);
}

#[test]
fn a_dry_run_shows_and_sends_nothing() {
    let user = User::on_sandbox();
    let document = user.run(&["buy", "25", "--dry-run", "--once", "x", "--json"]).code(0).json();
    assert_eq!(document["data"]["dry_run"], true);
    let key = document["data"]["idempotency_key"].as_str().expect("a key").to_owned();
    // It reads what the run would be refused for.
    assert_eq!(user.seen(), ["GET /api/billing/state"]);
    assert!(!user.file("journal.db").exists());
    let document = user.run(&["buy", "25", "--yes", "--once", "x", "--json"]).code(0).json();
    assert_eq!(document["data"]["idempotency_key"], key, "as it was shown");
    let again = user.run(&["buy", "25", "--dry-run", "--once", "x", "--json"]).code(0).json();
    assert_eq!(
        (&again["data"]["would"], &document["data"]["status"]),
        (&"tell_again".into(), &"settled".into())
    );
}

#[test]
fn a_preset_is_the_portals_own() {
    let user = User::on_sandbox();
    user.set("presets=15,30");
    let document = user.run(&["buy", "preset:2", "--yes", "--json"]).code(0).json();
    assert_eq!(document["data"]["amount_usd"], "30.00");
    user.run(&["buy", "preset:3", "--yes", "--json"]).code(2).failed("usage", Some("no"));
}

#[test]
fn settled_with_another_amount_is_told_and_is_no_success() {
    let user = User::on_sandbox();
    let body = user.file("body.json");
    std::fs::write(
        &body,
        r#"{"status":"settled","amountUsd":"250","settledAt":"2026-11-20T12:00:00Z"}"#,
    )
    .expect("written");
    user.run(&[
        "sandbox",
        "faults",
        "add",
        "GET /api/billing/charge/*",
        "--body",
        body.to_str().expect("text"),
    ])
    .code(0);
    user.run(&["buy", "25", "--yes", "--json"]).code(64).failed("protocol", Some("yes"));
}

#[test]
fn trouble_while_looking_changes_no_verdict() {
    let user = User::on_sandbox();
    for fault in [
        &["--status", "503", "--retry-after", "1"][..],
        &["--html"],
        &["--status", "500"],
        &["--truncate"],
    ] {
        let mut arguments = vec!["sandbox", "faults", "add", "GET /api/billing/charge/*"];
        arguments.extend_from_slice(fault);
        user.run(&arguments).code(0);
    }
    user.run(&["buy", "25", "--yes", "--poll", "100ms"]).code(0);
    assert_eq!(user.charges().len(), 1);
}

#[test]
fn what_failed_before_the_purchase_was_opened_claims_nothing_about_an_earlier_run() {
    let user = User::on_sandbox();
    user.run(&[
        "sandbox",
        "faults",
        "add",
        "POST /api/billing/charge",
        "--lose-response",
        "--times",
        "3",
    ])
    .code(0);
    let named = ["buy", "25", "--yes", "--once", "refill", "--json"];
    user.run(&named).code(51);
    user.run(&["buy", "25", "--once", "refill", "--json"])
        .code(3)
        .failed("confirmation_required", Some("unknown"));
    user.run(&["buy", "25", "--yes", "--once", "refill", "--max", "20", "--json"])
        .code(5)
        .failed("spend_guard", Some("unknown"));
    user.run(&["logout"]).code(0);
    user.run(&named).code(10).failed("not_logged_in", Some("unknown"));
    user.run(&["buy", "25", "--yes", "--once", "another", "--json"])
        .code(10)
        .failed("not_logged_in", Some("no"));
}

#[test]
fn a_gate_on_auto_reload_opens_only_where_it_is_seen_to_be_off() {
    let user = User::on_sandbox();
    user.run(&["auto-reload", "--require-off", "--json"]).code(0).prints(r#""enabled":false"#);
    user.set("auto-reload=20:100");
    let refused = user.run(&["auto-reload", "--require-off", "--json"]).code(5);
    let refused = refused.failed("spend_guard", None);
    assert_eq!(refused["error"]["details"]["below_usd"], "20");
    user.run(&["auto-reload", "20", "100", "--require-off"]).code(2);
    user.set("role=MEMBER");
    user.run(&["auto-reload", "--require-off"]).code(14).says("does not see auto-reload");
    user.run(&["--provider", "byterover", "auto-reload", "--require-off"]).code(6);
}

#[test]
fn the_balance_after_a_purchase_is_read_where_it_is_wanted_and_never_changes_the_outcome() {
    let user = User::on_sandbox();
    let look = "GET /api/billing/state";
    let bought = user.run(&["buy", "25", "--yes", "--json"]).code(0).json();
    assert!(bought["data"]["balance_usd"].is_null() && !user.seen().contains(&look.to_owned()));
    assert_eq!(user.run(&["buy", "25", "--yes", "--get", "balance_usd"]).code(0).out, "192.5\n");
    user.run(&["buy", "25", "--yes", "--balance"]).code(0).prints("$217.50");
    user.run(&["sandbox", "faults", "add", look, "--html", "--times", "9"]).code(0);
    user.run(&["buy", "25", "--yes", "--balance"]).code(0).prints("Settled: $25.00");
    assert_eq!(user.charges().len(), 4);
    // A sandbox that is served looks like any portal, until its account is read.
    let server = Server::without_limits();
    server.user().run(&["buy", "25", "--yes", "--balance"]).code(0).prints("no real money");
}

#[test]
fn auto_reload_is_said_beside_a_balance_with_what_it_may_cost() {
    let user = User::on_sandbox();
    let reload = "Auto-reload is on: below $20.00 up to $100.00";
    assert!(!user.run(&["check", "--at-least", "10"]).code(0).out.contains("Auto-reload"));
    user.run(&["auto-reload", "20", "100", "--yes"]).code(0);
    let check = user.run(&["check", "--at-least", "10"]).code(0).prints(reload);
    assert!(check.out.contains("may charge up to $1000.00 more this month"), "{}", check.out);
    user.run(&["state"]).code(0).prints("may charge $1000.00 more this month");
}

#[test]
fn a_refusal_that_sent_nothing_says_which_purchase_was_charged_and_when() {
    let server = Server::without_limits();
    let user = server.user();
    let bought = user.run(&["buy", "25", "--yes", "--once", "a", "--json"]).code(0).json();
    let (id, settled) =
        (bought["data"]["purchase_id"].clone(), bought["data"]["settled_at"].clone());
    let text = |value: &serde_json::Value| value.as_str().expect("text").to_owned();
    for (words, code) in [
        (&["buy", "25", "--yes", "--once", "a", "--max", "10"][..], 5),
        (&["buy", "--yes", "--once", "a"], 2),
    ] {
        let shown = user.run(words).code(code);
        let shown = shown.says("This run charged nothing; the purchase was charged before.");
        let whose =
            format!("The purchase 'a' of $25.00 was charged at {}: {}.", text(&settled), text(&id));
        let shown = shown.says(&whose);
        assert!(!shown.err.contains("Your card was charged"), "{}", shown.err);
        let document = user.run(&[words, &["--json"]].concat()).code(code).json();
        assert_eq!(document["error"]["charged"], "yes");
        assert_eq!(document["error"]["charged_now"], "no");
        assert_eq!(document["data"]["purchase_id"], id);
    }
    // Another amount under the name: this amount was not charged, the name's own purchase was.
    let words = ["buy", "30", "--yes", "--once", "a"];
    let shown = user.run(&words).code(52);
    let shown = shown.says("$30.00 was not sent: the name 'a' belongs to the purchase of $25.00");
    let shown = shown.says(&format!("which was charged at {}", text(&settled)));
    shown.says("This run charged nothing.");
    let document = user.run(&[&words[..], &["--json"]].concat()).code(52).json();
    let details = &document["error"]["details"];
    assert_eq!(
        (&document["error"]["charged"], &details["key_charged"]),
        (&"no".into(), &"yes".into())
    );
    assert_eq!((&details["key_amount_usd"], &details["key_purchase_id"]), (&"25.00".into(), &id));
    assert_eq!(server.count_charges(), 1);
}
