//! Every account at once: side by side, the worst first, and as slow as the slowest.

use super::{StandIn, configure, keep_keys, response};
use crate::support::User;
use serde_json::{Value, json};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

#[test]
fn thirty_profiles_are_asked_at_the_same_time() {
    const PROFILES: usize = 30;
    // Nothing is answered before all of them have asked: one after the other would never end.
    let gate = Arc::new((Mutex::new(0_usize), Condvar::new()));
    let servers: Vec<StandIn> = (0..3)
        .map(|_| {
            let gate = Arc::clone(&gate);
            StandIn::new(move |_| {
                let (count, all) = &*gate;
                let mut here = count.lock().expect("no panic");
                *here += 1;
                all.notify_all();
                let wait =
                    all.wait_timeout_while(here, Duration::from_secs(20), |here| *here < PROFILES);
                assert!(!wait.expect("no panic").1.timed_out(), "not all at once");
                response(200, "", r#"{"balance":12.5}"#)
            })
        })
        .collect();
    let names: Vec<String> = (0..PROFILES).map(|at| format!("p{at:02}")).collect();
    let profiles: Vec<(&str, &str, &str)> = names
        .iter()
        .enumerate()
        .map(|(at, name)| (name.as_str(), "kilo", servers[at % 3].url.as_str()))
        .collect();
    let user = User::new();
    configure(user.home(), &profiles);
    let keys: Vec<_> =
        profiles.iter().map(|(name, system, url)| (*name, *system, *url, "k")).collect();
    keep_keys(&user, &keys);
    let document = user.run(&["state", "--all", "--json"]).code(0).json();
    assert_eq!(document["data"]["profiles"].as_array().map(Vec::len), Some(PROFILES));
}

#[test]
fn the_worst_stands_first_and_a_document_keeps_the_order_of_the_names() {
    let server = StandIn::new(|asked| {
        let left = match asked.header("authorization").as_deref() {
            Some("Bearer rich") => "900",
            Some("Bearer poor") => "0.5",
            Some("Bearer out") => "0",
            _ => return response(401, "", "{}"),
        };
        response(200, "", &format!(r#"{{"balance":{left}}}"#))
    });
    let user = User::new();
    let names = ["a-rich", "b-out", "c-refused", "d-poor"];
    let profiles = names.map(|name| (name, "kilo", server.url.as_str()));
    configure(user.home(), &profiles);
    let keys = names.map(|name| {
        let key = name.split_once('-').expect("a name").1;
        (name, "kilo", server.url.as_str(), key)
    });
    keep_keys(&user, &keys);
    let table = user.run(&["state", "--all"]).code(10).out;
    let order: Vec<usize> = ["c-refused", "b-out", "d-poor", "a-rich"]
        .map(|name| table.find(name).expect(name))
        .to_vec();
    assert!(order.is_sorted(), "{table}");
    let document = user.run(&["state", "--all", "--json"]).code(10).json();
    let rows = document["data"]["profiles"].as_array().expect("rows");
    let told: Vec<&str> = rows.iter().map(|row| row["profile"].as_str().expect("text")).collect();
    assert_eq!(told, names);
}

#[test]
fn five_keys_are_five_balances_with_one_command_and_no_configuration() {
    // The systems are out of reach here; that each is asked for is seen by its row.
    let user = User::new()
        .with("DEEPSEEK_API_KEY", "a")
        .with("MOONSHOT_API_KEY", "b")
        .with("FAL_KEY", "c")
        .with("OPENROUTER_API_KEY", "d")
        .with("XAI_MANAGEMENT_API_KEY", "e")
        .with("HTTPS_PROXY", "http://127.0.0.1:9");
    let ran = user.run(&["--timeout", "2s", "state", "--all", "--json"]);
    assert_ne!(ran.code, 0);
    let document = ran.json();
    let rows = document["data"]["profiles"].as_array().expect("rows");
    let mut told: Vec<&str> =
        rows.iter().map(|row| row["provider"].as_str().expect("text")).collect();
    told.sort_unstable();
    assert_eq!(told, ["deepseek", "fal", "moonshot", "openrouter", "xai"]);
}

#[test]
fn a_bar_gets_one_line_and_never_a_failure() {
    let server = StandIn::json(r#"{"balance":3.5}"#);
    let user = User::new()
        .with("TOPUP_PROVIDER", "kilo")
        .with("TOPUP_PORTAL_URL", &server.url)
        .with("TOPUP_TOKEN", "k");
    let line = |words: &[&str]| -> Value {
        let ran = user.run(&[&["state", "--waybar"], words].concat()).code(0);
        assert_eq!(ran.out.trim_end().lines().count(), 1, "{}", ran.out);
        serde_json::from_str(&ran.out).expect("JSON")
    };
    let ok = line(&[]);
    assert_eq!((&ok["text"], &ok["class"]), (&json!("$3.50 left"), &json!("ok")));
    assert!(ok["tooltip"].as_str().expect("text").contains("Kilo (default)"), "{ok}");
    assert_eq!(line(&["--low", "5"])["class"], "low");
    assert_eq!(line(&["--low", "3"])["class"], "ok");
    let brief = user.run(&["state", "--brief", "--json"]).code(0).json();
    let data = &brief["data"];
    assert_eq!(
        (&data["balance"], &data["unit"], &data["age_s"]),
        (&json!("3.5"), &json!("usd"), &json!(0))
    );
    let user = user.with("TOPUP_PORTAL_URL", "nonsense <b>");
    let ran = user.run(&["state", "--waybar"]).code(0);
    let broken: Value = serde_json::from_str(&ran.out).expect("JSON");
    assert_eq!(broken["class"], "unknown");
    assert!(!broken["text"].as_str().expect("text").contains("<b>"), "{broken}");
    user.with("TOPUP_TIMEOUT", "nonsense").run(&["state", "--waybar"]).code(0);
}
