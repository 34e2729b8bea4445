//! A system that answers 429 is left alone as long as it asks, and its last number is shown with its
//! age.

use super::{StandIn, configure, response};
use crate::support::User;
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// A system that can be told to refuse everything.
fn busy_at_will(retry_after: &'static str) -> (StandIn, Arc<AtomicBool>) {
    let busy = Arc::new(AtomicBool::new(false));
    let is_busy = Arc::clone(&busy);
    let server = StandIn::new(move |_| {
        if is_busy.load(Ordering::SeqCst) {
            response(429, retry_after, r#"{"error":{"message":"slow down"}}"#)
        } else {
            response(200, "", r#"{"balance":12.5}"#)
        }
    });
    (server, busy)
}

#[test]
fn after_a_429_nothing_is_asked_until_the_time_is_over() {
    let (server, busy) = busy_at_will("Retry-After: 600\r\n");
    let user = User::new();
    configure(user.home(), &[("one", "kilo", &server.url)]);
    user.run_with_input(&["login", "--token-stdin", "--profile", "one"], "k").code(0);
    let row = |code: i32| {
        let document = user.run(&["state", "--all", "--json"]).code(code).json();
        document["data"]["profiles"][0].clone()
    };
    let well = row(0);
    assert_eq!((&well["ok"], &well["age_s"]), (&json!(true), &json!(0)));
    busy.store(true, Ordering::SeqCst);
    let refused = row(40);
    assert_eq!((&refused["ok"], &refused["data"]["balance"]), (&json!(false), &json!("12.5")));
    assert_eq!(refused["read_at"], well["read_at"]);
    assert!(refused["error"]["message"].as_str().expect("text").contains("slow down"));
    let asked = server.seen().len();
    for _ in 0..2 {
        let resting = row(40);
        assert_eq!(resting["error"]["class"], "rate_limited");
        assert!(resting["error"]["message"].as_str().expect("text").contains("left alone"));
        assert_eq!(resting["data"]["balance"], "12.5");
    }
    let table = user.run(&["state", "--all"]).code(40);
    table.prints("left alone").prints("$12.50 left");
    let watch = ["--profile", "one", "watch", "--below", "5", "--one-look", "--json"];
    let watched = user.run(&watch).code(40).failed("rate_limited", None);
    assert!(watched["error"]["message"].as_str().expect("text").contains("$12.50 left"));
    assert_eq!(server.seen().len(), asked, "asked all the same");
    // A person who asks is asked for.
    user.run(&["--profile", "one", "state"]).code(40);
    assert_eq!(server.seen().len(), asked + 1);
    let line = user.run(&["--profile", "one", "state", "--brief"]).code(0);
    line.prints("$12.50 left (").prints(" ago)");
}
