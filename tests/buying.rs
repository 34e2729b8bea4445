//! Promise: `topup buy` charges once and waits until it is settled; however it ends, the exit code
//! and `charged` say what is so, and the same command again pays nothing twice.

mod around;

use crate::support::{Canned, Passing, Server, User, at_once, signal};
use rustix::process::Signal;
use std::time::Duration;

#[test]
fn the_first_command_of_the_readme_works_on_a_fresh_machine() {
    let user = User::new();
    let ran = user
        .run(&["--sandbox", "buy", "25", "--yes"])
        .code(0)
        .prints("Settled: $25.00")
        .prints("no real money");
    assert!(ran.err.is_empty(), "{}", ran.err);
    assert_eq!(user.charges().len(), 1);
}

#[test]
fn a_scripted_buy_is_one_post_and_its_polls_on_one_connection() {
    let server = Server::start(&[]);
    let counting = Passing::before(&server.url, |_| ());
    let user = server.user().with("TOPUP_PORTAL_URL", &counting.url);
    user.run(&["buy", "25", "--yes"]).code(0);
    let seen = server.keeper().seen();
    assert_eq!(seen[0], "POST /api/billing/charge");
    assert!(
        seen[1..].iter().all(|call| call.starts_with("GET /api/billing/charge/ch_")),
        "{seen:?}"
    );
    assert_eq!(counting.count(), 1, "one connection");
}

#[test]
fn the_document_of_a_settled_buy_holds_what_is_promised() {
    let user = User::on_sandbox();
    let document = user.run(&["buy", "$25", "--yes", "--json"]).code(0).json();
    let data = &document["data"];
    assert_eq!(
        (document["command"].as_str(), document["provider"].as_str()),
        (Some("buy"), Some("nous"))
    );
    assert_eq!(data["status"], "settled");
    assert_eq!(data["amount_usd"], "25.00");
    assert_eq!(data["charge_id"], user.charges()[0]["id"]);
    assert_eq!(data["idempotency_key"], user.charges()[0]["idempotency_key"]);
    assert!(data["settled_at"].as_str().expect("a time").ends_with('Z'));
    assert!(data["balance_usd"].is_null() && data["replayed"] == false && data["resumed"] == false);
}

#[test]
fn nothing_is_sent_without_a_yes_where_nobody_can_be_asked() {
    let user = User::on_sandbox();
    let ran = user.run(&["buy", "25", "--json"]).code(3);
    ran.failed("confirmation_required", Some("no"));
    ran.serves_no_page();
    user.run(&["buy", "25"]).code(3).says("nothing was sent").says("--yes");
    assert!(user.seen().is_empty());
}

#[test]
fn amounts_that_cannot_be_meant_are_refused_before_anything() {
    let user = User::new();
    for (typed, reason) in [
        ("0", "more than zero"),
        ("-5", "negative"),
        ("+5", "digits and at most one point"),
        (".5", "before the point"),
        ("25.001", "more than two decimals"),
        ("1e3", "digits and at most one point"),
        ("NaN", "digits and at most one point"),
        ("1,000", "without commas"),
        ("٢٥", "the digits 0 to 9"),
        ("1000000000000", "more than 12 digits"),
        ("preset:0", "preset:0"),
        ("preset:x", "preset:x"),
        ("", "no digits"),
    ] {
        let ran = user.run(&["buy", typed, "--yes", "--json"]).code(2);
        let document = ran.failed("usage", Some("no"));
        let message = document["error"]["message"].as_str().expect("text");
        assert!(message.contains(typed) && message.contains(reason), "{typed}: {message}");
    }
    assert!(!user.file("journal.db").exists(), "nothing was written");
}

#[test]
fn every_way_a_card_can_fail_has_a_class_and_charges_nothing() {
    let user = User::on_sandbox();
    for (card, code, class) in [
        ("declined", 21, "card_declined"),
        ("expired", 22, "payment_method_expired"),
        ("error", 24, "payment_failed"),
    ] {
        user.set(&format!("card={card}"));
        let document =
            user.run(&["buy", "25", "--yes", "--json"]).code(code).failed(class, Some("no"));
        assert_eq!(document["data"]["status"], "failed");
        assert!(document["data"]["charge_id"].is_string());
    }
    user.run(&["state", "--get", "balance_usd"]).code(0).prints("142.5");
}

#[test]
fn the_banks_check_leaves_a_purchase_open_and_nothing_is_bought_beside_it_unasked() {
    let user = User::on_sandbox();
    user.set("card=3ds");
    let ran = user.run(&["buy", "25", "--yes", "--json"]).code(23);
    let open = ran.failed("authentication_required", Some("unknown"))["data"].clone();
    assert_eq!(open["status"], "pending");
    assert!(ran.err.contains("Nothing is charged unless you confirm it"), "{}", ran.err);
    assert!(!ran.err.contains("It is not known whether"), "{}", ran.err);
    let id = open["purchase_id"].as_str().expect("an id");
    user.set("card=visa");
    // The same again looks first, and buys nothing beside it.
    let again = user.run(&["buy", "25", "--yes", "--json"]).code(53);
    let again = again.failed("in_progress", Some("unknown"));
    assert_eq!(again["error"]["code"], "bank_check_open");
    assert_eq!(
        (&again["data"]["purchase_id"], &again["error"]["charged_now"]),
        (&open["purchase_id"], &"no".into())
    );
    user.run(&["status", id]).code(23);
    user.run(&["resume", "--wait", "0s"]).code(23);
    assert_eq!(user.charges().len(), 1);
    user.run(&["buy", "25", "--yes", "--new"]).code(0);
    let marked = ["resume", id, "--mark", "not-charged", "--reason", "given up", "--json"];
    let marked = user.run(&marked).code(0).json()["data"]["purchases"][0].clone();
    assert_eq!(marked["marked"]["reason"], "given up");
    user.run(&["buy", "25", "--yes"]).code(0);
    assert_eq!(user.charges().len(), 3);
    user.run(&["resume"]).code(0);
}

#[test]
fn what_the_card_holder_confirmed_is_found_by_every_command_that_looks() {
    let looks: [&[&str]; 3] = [&["status"], &["resume"], &["buy", "25", "--yes"]];
    for look in looks {
        let user = User::on_sandbox();
        user.set("card=3ds");
        user.run(&["buy", "25", "--yes"]).code(23);
        user.set("bank=confirmed");
        user.run(look).code(0);
        assert_eq!(user.charges().len(), 1, "{look:?}");
        user.run(&["state", "--get", "balance_usd"]).code(0).prints("167.5");
    }
}

#[test]
fn a_name_whose_bank_check_is_open_goes_on_only_where_that_is_said() {
    let user = User::on_sandbox();
    user.set("card=3ds");
    let named = ["buy", "25", "--yes", "--once", "refill"];
    user.run(&named).code(23);
    user.set("card=visa");
    user.run(&[&named[..], &["--retry-declined"]].concat()).code(53);
    user.run(&[&named[..], &["--new"]].concat()).code(2).says("--retry-declined");
    user.run(&[&named[..], &["--retry-declined", "--new"]].concat()).code(0);
    user.run(&named).code(0);
    assert_eq!(user.charges().len(), 2);
}

#[test]
fn no_saved_card_is_a_link_and_never_an_accusation() {
    let user = User::on_sandbox();
    user.set("card=none");
    // The page of the sandbox ends with the run: the command that serves it stands instead.
    let ran = user.run(&["buy", "25", "--yes"]).code(20).says("saved card").says("sandbox serve");
    assert!(!ran.err.contains("http://"), "{}", ran.err);
    assert!(!ran.err.contains("no card") && !ran.err.contains("billing:manage"), "{}", ran.err);
    let document = user.run(&["buy", "25", "--yes", "--json"]).code(20);
    document.failed("no_payment_method", Some("no"));
    document.serves_no_page();
    user.set("card=visa");
    user.run(&["buy", "25", "--yes"]).code(0);
    assert_eq!(user.charges().len(), 1);
}

#[test]
fn the_gates_of_the_portal_have_their_classes() {
    let user = User::on_sandbox();
    for (set, unset, code, class) in [
        ("role=MEMBER", "role=OWNER", 14, "role_required"),
        ("switch=off", "switch=on", 15, "billing_disabled"),
        ("limit=20", "limit=none", 31, "monthly_cap_exceeded"),
    ] {
        user.set(set);
        user.run(&["buy", "25", "--yes", "--json"]).code(code).failed(class, Some("no"));
        user.set(unset);
    }
    user.run(&["buy", "5", "--yes", "--json"]).code(33).failed("validation_failed", Some("no"));
    user.run(&["sandbox", "revoke", "spending"]).code(0);
    user.run(&["buy", "25", "--yes", "--json"])
        .code(13)
        .failed("remote_spending_revoked", Some("no"));
    user.run(&["sandbox", "revoke", "session"]).code(0);
    user.run(&["buy", "25", "--yes", "--json"]).code(11).failed("session_revoked", Some("no"));
    assert!(user.charges().is_empty());
}

#[test]
fn the_sixth_charge_of_an_hour_is_told_when_to_come_back_and_is_not_repeated() {
    let user = User::on_sandbox();
    for _ in 0..5 {
        user.run(&["buy", "10", "--yes"]).code(0);
    }
    let before = user.seen().len();
    let document =
        user.run(&["buy", "10", "--yes", "--json"]).code(40).failed("rate_limited", Some("no"));
    let wait = document["error"]["retry_after"].as_u64().expect("seconds");
    assert!((1..=3600).contains(&wait), "{wait}");
    assert_eq!(user.seen().len(), before + 1, "one request, no retry");
    user.set("clock=+61m");
    // The login of the sandbox is an hour older now as well: it is refreshed on the way.
    user.run(&["buy", "10", "--yes"]).code(0);
}

#[test]
fn refusals_to_be_waited_for_are_told_apart_and_never_repeated() {
    for (status, body, code, class) in [
        (
            "503 Unavailable",
            r#"{"error":"temporarily_unavailable"}"#,
            41,
            "temporarily_unavailable",
        ),
        ("503 Unavailable", r#"{"error":"stripe_unavailable"}"#, 42, "processor_unavailable"),
        ("429 Too Many", r#"{"error":"rate_limited"}"#, 40, "rate_limited"),
        (
            "403 Forbidden",
            r#"{"error":"consent_required","portalUrl":"/terms"}"#,
            35,
            "consent_required",
        ),
        ("403 Forbidden", r#"{"error":"insufficient_scope"}"#, 12, "insufficient_scope"),
    ] {
        let portal = Canned::json(status, body);
        portal.user().run(&["buy", "25", "--yes", "--json"]).code(code).failed(class, Some("no"));
        assert_eq!(portal.count(), 1, "{body}");
    }
}

#[test]
fn a_lost_answer_is_found_again_in_the_same_run() {
    let user = User::on_sandbox();
    user.run(&["sandbox", "faults", "add", "POST /api/billing/charge", "--lose-response"]).code(0);
    user.run(&["buy", "25", "--yes"]).code(0);
    assert_eq!(user.charges().len(), 1, "asked twice, charged once");
    let posts = user.seen().iter().filter(|call| call.starts_with("POST")).count();
    assert_eq!(posts, 2);
}

#[test]
fn answers_lost_for_good_end_unknown_and_the_same_command_finds_the_truth() {
    at_once(&["--lose-response", "--truncate", "--drop-before"], |fault| {
        let user = User::on_sandbox();
        user.run(&["sandbox", "faults", "add", "POST /api/billing/charge", fault, "--times", "3"])
            .code(0);
        let document = user
            .run(&["buy", "25", "--yes", "--json"])
            .code(51)
            .failed("outcome_unknown", Some("unknown"));
        let key = document["data"]["idempotency_key"].as_str().expect("a key").to_owned();
        let again = user.run(&["buy", "25", "--yes", "--json"]).code(0).json();
        assert_eq!(again["data"]["idempotency_key"], key, "the same purchase");
        assert_eq!(again["data"]["resumed"], true);
        assert_eq!(user.charges().len(), 1, "{fault}");
    });
}

#[test]
fn what_is_no_answer_of_a_portal_is_unknown_and_not_asked_again() {
    for (answer, code) in [
        (
            "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 6\r\nConnection: close\r\n\r\n<html>",
            51,
        ),
        (
            "HTTP/1.1 302 Found\r\nLocation: https://elsewhere.example/\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
            51,
        ),
    ] {
        let portal = Canned::new(answer.as_bytes().to_vec());
        portal
            .user()
            .run(&["buy", "25", "--yes", "--json"])
            .code(code)
            .failed("outcome_unknown", Some("unknown"));
        assert_eq!(portal.count(), 1);
    }
}

#[test]
fn a_portal_that_cannot_be_reached_charged_nothing() {
    let user = User::new().with("TOPUP_PORTAL_URL", "http://127.0.0.1:1").with("TOPUP_TOKEN", "t");
    user.run(&["buy", "25", "--yes", "--json"]).code(60).failed("network", Some("no"));
    let portal = Canned::at_once(b"HTTP/1.1 202 Accepted\r\n\r\n".to_vec());
    let user = portal.user().with("TOPUP_PORTAL_URL", &portal.url.replace("http", "https"));
    user.run(&["buy", "25", "--yes", "--json"]).code(62).failed("tls", Some("no"));
}

#[test]
fn a_wait_that_ends_leaves_the_purchase_pending_and_status_goes_on() {
    let user = User::on_sandbox();
    user.set("settle-after=1h");
    let document = user
        .run(&["buy", "25", "--yes", "--json", "--wait", "1s"])
        .code(50)
        .failed("pending", Some("unknown"));
    let id = document["data"]["purchase_id"].as_str().expect("an id").to_owned();
    let charge = document["data"]["charge_id"].as_str().expect("an id").to_owned();
    user.run(&["status", &charge, "--json"]).code(50).failed("pending", Some("unknown"));
    let accepted = user.run(&["buy", "30", "--yes", "--no-wait", "--json"]).code(50);
    accepted.failed("pending", Some("unknown"));
    user.set("clock=+2h");
    for name in [&charge, &id, &id[..8].to_owned()] {
        let document = user.run(&["status", name, "--json"]).code(0).json();
        assert_eq!(document["data"]["status"], "settled");
    }
    user.run(&["resume"]).code(0).prints("Settled: $30.00");
    user.run(&["status"]).code(0).prints("$30.00");
    assert_eq!(user.charges().len(), 2);
    let posts = user.seen().iter().filter(|call| *call == "POST /api/billing/charge").count();
    assert_eq!(posts, 2, "never sent again once accepted");
}

#[test]
fn ctrl_c_while_waiting_ends_the_waiting_and_resume_finds_it_settled() {
    for (sent, code) in [(Signal::INT, 130), (Signal::TERM, 143)] {
        let user = User::on_sandbox();
        user.set("settle-after=1h");
        let arguments = ["buy", "25", "--yes", "--json"];
        let child = user.start(&arguments);
        let end = std::time::Instant::now() + Duration::from_secs(20);
        while !user.seen().iter().any(|call| call.starts_with("GET /api/billing/charge/")) {
            assert!(std::time::Instant::now() < end, "nothing was looked at");
        }
        signal(child.id(), sent);
        let ran =
            user.finish(&arguments, child).code(code).says("finishes the purchase without topup");
        let class = if code == 130 { "interrupted" } else { "terminated" };
        ran.failed(class, Some("unknown"));
        user.set("clock=+2h");
        user.run(&["resume", "--json"]).code(0);
        assert_eq!(user.charges().len(), 1);
    }
}

#[test]
fn a_signal_while_the_request_is_out_leaves_it_unknown_and_the_next_run_settles_it() {
    let user = User::on_sandbox();
    user.run(&["sandbox", "faults", "add", "POST /api/billing/charge", "--delay", "2s"]).code(0);
    let arguments = ["buy", "25", "--yes", "--json"];
    let child = user.start(&arguments);
    let end = std::time::Instant::now() + Duration::from_secs(20);
    while user.seen().is_empty() {
        assert!(std::time::Instant::now() < end, "nothing was sent");
    }
    signal(child.id(), Signal::INT);
    user.finish(&arguments, child).code(130).failed("interrupted", Some("unknown"));
    user.run(&["buy", "25", "--yes"]).code(0);
    assert_eq!(user.charges().len(), 1);
}

#[test]
fn killed_at_the_worst_moment_the_same_command_pays_once() {
    let user = User::on_sandbox();
    user.run(&["sandbox", "faults", "add", "POST /api/billing/charge", "--delay", "300ms"]).code(0);
    let mut child = user.start(&["buy", "25", "--yes"]);
    let end = std::time::Instant::now() + Duration::from_secs(20);
    while user.seen().is_empty() {
        assert!(std::time::Instant::now() < end, "nothing was sent");
    }
    child.kill().expect("killed");
    child.wait().expect("gone");
    let document = user.run(&["buy", "25", "--yes", "--json"]).code(0).json();
    assert_eq!(document["data"]["resumed"], true);
    assert_eq!(user.charges().len(), 1);
}

#[test]
fn an_outcome_that_could_not_be_told_is_told_once_more_instead_of_buying_again() {
    let user = User::on_sandbox();
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").expect("a full device");
    let mut child = user.command(&["buy", "25", "--yes"]).stdout(full).spawn().expect("it starts");
    assert_eq!(child.wait().expect("a status").code(), Some(4));
    let document = user.run(&["buy", "25", "--yes", "--json"]).code(0).json();
    assert_eq!(document["data"]["replayed"], true);
    assert_eq!(user.charges().len(), 1);
    let document = user.run(&["buy", "25", "--yes", "--json"]).code(0).json();
    assert_eq!(document["data"]["replayed"], false, "told once");
    assert_eq!(user.charges().len(), 2);
}
