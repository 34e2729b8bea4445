//! Promise: `settled` is said when the agent says it, and of a payment that is open nothing is
//! claimed, whatever trouble there is on the way.

use super::{INITIATE, agent, word};
use crate::scripted::{Scripted, Told};
use serde_json::{Value, json};
use std::sync::atomic::{AtomicUsize, Ordering};

#[test]
fn polling_goes_on_through_every_word_and_trouble_and_success_is_the_status() {
    let server = agent(|look| match look {
        0 => word("requires_action"),
        1 => Told::Json(503, r#"{"detail":"Credit check failed: timeout"}"#.into()),
        2 => Told::Html,
        3 => word("requires_capture"),
        _ => word("succeeded"),
    });
    let buy = ["buy", "--yes", "--wait", "30s", "--poll", "1s", "--json"];
    let ran = server.user("ciris").run(&buy).code(0);
    let data = &ran.json()["data"];
    assert_eq!((&data["status"], &data["credits_added"]), (&json!("settled"), &json!(0)));
    assert_eq!((&data["uses_purchased"], &data["balance_after"]), (&json!(100), &Value::Null));
    assert!(!format!("{}{}", ran.out, ran.err).contains("evil.example"), "a page of its own only");
    // The agent's own page is none of this payment: it would open another one.
    assert!(ran.err.contains("names no page for the payment of $5.00 for 100 uses"), "{}", ran.err);
    assert_eq!(server.lines().iter().filter(|line| *line == INITIATE).count(), 1);
}

#[test]
fn a_payment_of_another_journal_is_looked_at_by_the_same_rules() {
    let server = Scripted::new(|asked| match asked.line.rsplit('/').next() {
        Some("pi_called_off") => word("canceled"),
        Some("pi_failed") => word("failed"),
        Some("pi_login") => Told::Json(401, r#"{"detail":"Invalid API key"}"#.into()),
        _ => word("pending"),
    });
    let user = server.user("ciris");
    let off = user.run(&["status", "pi_called_off", "--json"]).code(25);
    assert_eq!(off.failed("payment_canceled", Some("no"))["data"]["status"], "failed");
    user.run(&["status", "pi_failed", "--json"]).code(24).failed("payment_failed", Some("no"));
    // No look mends a login, so that nobody waits for one.
    let ran = user.run(&["status", "pi_login", "--wait=30s", "--json"]).code(10);
    ran.failed("not_logged_in", Some("unknown"));
    assert_eq!(server.seen().len(), 3);
    // Whatever is wished for, an agent is not asked more often than it takes. `buy` would open
    // another payment, and is not what goes on with this one.
    let ran = user.run(&["status", "pi_x", "--wait=2s", "--poll", "100ms"]).code(50);
    let looks = server.lines().iter().filter(|line| line.contains("/pi_x")).count();
    assert!(looks <= 3, "{:?}", server.lines());
    let ran = ran.says("'topup state'").says("'topup status pi_x --wait'");
    assert!(!ran.err.contains("topup buy"), "{}", ran.err);
}

#[test]
fn a_pace_that_is_slower_than_what_is_asked_for_is_kept() {
    let limited = r#"{"detail":"x","error":"rate_limit_exceeded","retry_after":2}"#;
    let server = agent(move |_| Told::Json(429, limited.into()));
    let user = server.user("ciris");
    user.run(&["buy", "--yes", "--no-wait"]).code(26);
    let ran = user.run(&["buy", "--yes", "--wait", "1s", "--poll", "1m", "--json"]).code(50);
    let document = ran.failed("pending", Some("unknown"));
    assert_eq!(document["error"]["retry_after"], 2);
}

#[test]
fn a_lost_answer_or_a_refusal_charges_nothing_and_the_next_run_starts_anew() {
    let tries = AtomicUsize::new(0);
    let server = Scripted::new(move |asked| {
        if asked.line.contains("/transactions") {
            // An agent that has no list.
            return Told::Html;
        }
        if asked.line != INITIATE {
            return word("succeeded");
        }
        match tries.fetch_add(1, Ordering::SeqCst) {
            0 => Told::Nothing,
            1 => Told::Json(200, r#"{"payment_id":"../../x","amount_minor":500}"#.into()),
            2 => Told::Json(500, "oops".into()),
            3 => Told::Json(
                429,
                r#"{"detail":"x","error":"rate_limit_exceeded","retry_after":7}"#.into(),
            ),
            4 => Told::Html,
            _ => Told::Json(
                200,
                r#"{"payment_id":"pi_9","amount_minor":500,"currency":"USD"}"#.into(),
            ),
        }
    });
    let user = server.user("ciris");
    for (class, code) in [
        ("network", 60),
        ("protocol", 64),
        ("server_error", 65),
        ("rate_limited", 40),
        ("endpoint_unavailable", 63),
    ] {
        let ran = user.run(&["buy", "--yes", "--json"]).code(code);
        let document = ran.failed(class, Some("no"));
        if class == "rate_limited" {
            assert_eq!(document["error"]["retry_after"], 7);
        }
    }
    user.run(&["resume"]).code(0).prints("nothing to resume");
    let bought = user.run(&["buy", "--yes", "--json"]).code(0).json();
    assert_eq!(bought["data"]["payment_id"], "pi_9");
    let list = user.run(&["history", "--json"]).code(0).json();
    let standings: Vec<&str> = list["data"]["purchases"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|line| line["status"].as_str().expect("a word"))
        .collect();
    assert_eq!(standings.iter().filter(|word| **word == "settled").count(), 1);
    assert!(standings.iter().all(|word| ["settled", "refused", "not_sent"].contains(word)));
}

#[test]
fn a_payment_that_is_pending_for_ever_ends_with_the_wait_and_a_person_can_close_it() {
    let server = agent(|_| word("pending"));
    let user = server.user("ciris");
    user.run(&["buy", "--yes", "--wait", "2s", "--json"])
        .code(50)
        .failed("pending", Some("unknown"));
    user.run(&["resume", "--wait", "0s"]).code(50);
    user.run(&["status", "pi_unknown", "--json"]).code(50).failed("pending", Some("unknown"));
    for nonsense in ["../x", "a b", "", "pi_%2e"] {
        user.run(&["status", nonsense]).code(2);
    }
    user.run(&["resume", "--mark", "charged=pi_2", "--json"])
        .code(2)
        .says("not the id of this payment")
        .failed("usage", Some("unknown"));
    user.run(&["resume", "--mark", "not-charged"]).code(0);
    user.run(&["status"]).code(25);
    user.run(&["resume"]).code(0);
    user.run(&["resume", "--mark", "not-charged"]).code(2);
}

#[test]
fn a_login_that_ends_in_the_middle_leaves_the_payment_open() {
    let server = agent(|look| match look {
        0 => word("processing"),
        1 => Told::Json(401, r#"{"detail":"Invalid API key"}"#.into()),
        _ => word("succeeded"),
    });
    let user = server.user("ciris");
    let buy = ["buy", "--yes", "--wait", "20s", "--poll", "1s", "--json"];
    user.run(&buy).code(10).failed("not_logged_in", Some("unknown"));
    let again = user.run(&buy).code(0).json();
    assert_eq!(again["data"]["resumed"], true);
    assert_eq!(server.lines().iter().filter(|line| *line == INITIATE).count(), 1);
    // Tokens go to the agent in their header, and nowhere else.
    for asked in server.seen() {
        assert!(asked.head.contains("authorization: bearer the-secret-key"), "{asked:?}");
        assert!(!asked.line.contains("the-secret-key"));
    }
}
