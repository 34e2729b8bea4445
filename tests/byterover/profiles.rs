//! Promise: `state --all` shows every profile, side by side; a broken one costs its own row, and
//! nothing that is meant for one is sent to another.

use super::{USAGES, configure, ok, tiers, two_paid, usages};
use crate::scripted::{Asked, Scripted, Told};
use crate::support::{Server, User};
use serde_json::{Value, json};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, Mutex};
use std::time::Duration;

#[test]
fn every_profile_at_once_and_a_broken_one_costs_its_own_row() {
    let teams = two_paid();
    // It is well while the key is checked, and then no more.
    let is_down = std::sync::Arc::new(AtomicBool::new(false));
    let switch = std::sync::Arc::clone(&is_down);
    let down = Scripted::new(move |_| {
        let down = switch.load(Ordering::SeqCst);
        if down { Told::Json(500, "{}".into()) } else { ok(usages(&[("a", 5)])) }
    });
    let portal = Server::start(&[]);
    let user = User::new().with_brv();
    configure(
        user.home(),
        &[
            ("credits", "byterover", &teams.url),
            ("dollars", "nous", &portal.url),
            ("elsewhere", "byterover", "https://nobody.invalid"),
            ("offline", "byterover", &down.url),
        ],
    );
    for (profile, token) in
        [("credits", "the-secret-key"), ("dollars", &portal.token), ("offline", "another-key")]
    {
        user.run_with_input(&["login", "--token-stdin", "--profile", profile], token).code(0);
    }
    is_down.store(true, Ordering::SeqCst);
    let ran = user.run(&["state", "--all", "--json"]).code(65);
    let document = ran.failed("server_error", None);
    let rows = document["data"]["profiles"].as_array().expect("rows");
    let told: Vec<_> = rows
        .iter()
        .map(|row| {
            (row["profile"].as_str().expect("text"), row["ok"] == true, &row["error"]["class"])
        })
        .collect();
    assert_eq!(
        told,
        [
            ("credits", true, &Value::Null),
            ("dollars", true, &Value::Null),
            ("elsewhere", false, &json!("not_logged_in")),
            ("offline", false, &json!("server_error")),
        ]
    );
    assert_eq!(rows[0]["data"]["source"], "needs_pick");
    assert_eq!(rows[1]["data"]["balance_usd"], "142.5");
    assert_eq!(document["error"]["details"]["profile"], "offline");
    for asked in teams.seen() {
        assert!(asked.head.contains("x-byterover-session-id: the-secret-key"), "{asked:?}");
    }
    let table =
        user.run(&["state", "--all"]).code(65).prints("$142.50 left").prints("server_error: ");
    assert!(table.err.contains("2 of 4 profiles"), "{}", table.err);
    // With all of them well it succeeds; the project's own choice of a system bends nothing.
    configure(
        user.home(),
        &[("credits", "byterover", &teams.url), ("dollars", "nous", &portal.url)],
    );
    std::fs::write(user.file(".topup.toml"), "provider = \"nous\"\n").expect("written");
    let document = user.run(&["state", "--all", "--json"]).code(0).json();
    assert_eq!(document["data"]["profiles"][0]["provider"], "byterover");
    user.run(&["state", "--all", "--get", "profiles.1.data.balance_usd"]).code(0).prints("142.5");
    // What is meant for one of them is not sent to all.
    let before = teams.seen().len();
    for (name, value) in [
        ("TOPUP_TOKEN", "x-token"),
        ("TOPUP_PORTAL_URL", "https://x.invalid"),
        ("TOPUP_PROVIDER", "nous"),
    ] {
        let mut command = user.command(&["state", "--all", "--json"]);
        command.env(name, value);
        let child = command.spawn().expect("it starts");
        user.finish(&["state", "--all"], child).code(2).failed("usage", None);
    }
    assert_eq!(teams.seen().len(), before);
}

#[test]
fn profiles_are_looked_at_side_by_side() {
    const PROFILES: usize = 3;
    // The usages of all of them have to be asked for before any is answered.
    let gate = std::sync::Arc::new((Mutex::new(0), Condvar::new()));
    let is_looked = std::sync::Arc::new(AtomicBool::new(false));
    let servers: Vec<Scripted> = (0..PROFILES)
        .map(|_| {
            let gate = std::sync::Arc::clone(&gate);
            let is_looked = std::sync::Arc::clone(&is_looked);
            Scripted::new(move |asked: &Asked| {
                if !is_looked.load(Ordering::SeqCst) {
                    return ok(usages(&[("a", 5)]));
                }
                if asked.line != USAGES {
                    return ok(tiers(&[("a", "PRO")]));
                }
                let (count, changed) = &*gate;
                let mut count = count.lock().expect("unlocked");
                *count += 1;
                changed.notify_all();
                let late = Duration::from_secs(8);
                let all = |count: &mut usize| *count < PROFILES;
                let (_held, waited) =
                    changed.wait_timeout_while(count, late, all).expect("unlocked");
                if waited.timed_out() { Told::Nothing } else { ok(usages(&[("a", 5)])) }
            })
        })
        .collect();
    let user = User::new().with_brv();
    let profiles: Vec<(String, &str)> = servers
        .iter()
        .enumerate()
        .map(|(at, server)| (format!("p{at}"), server.url.as_str()))
        .collect();
    let rows: Vec<(&str, &str, &str)> =
        profiles.iter().map(|(name, url)| (name.as_str(), "byterover", *url)).collect();
    configure(user.home(), &rows);
    for (name, _) in &profiles {
        user.run_with_input(&["login", "--token-stdin", "--profile", name], "key-of-one").code(0);
    }
    is_looked.store(true, Ordering::SeqCst);
    user.run(&["state", "--all"]).code(0);
}
