//! Promise: a purchase knows its place, and `resume` goes on with every open one of every profile and
//! portal whose login is there. It ends with 0 only where nothing anywhere is open.

use crate::support::{Server, User};
use serde_json::Value;
use std::fmt::Write as _;
use std::fs;

/// A user with these profiles, each logged in at a portal of its own.
fn user_of(profiles: &[(&str, &Server)]) -> User {
    let user = User::new();
    let mut config = String::new();
    for (name, server) in profiles {
        let _ = writeln!(config, "[profiles.{name}]\nportal_url = \"{}\"", server.url);
    }
    fs::write(user.file("config.toml"), config).expect("written");
    for (name, _) in profiles {
        user.run(&["--profile", name, "login", "--step-up", "--no-browser"]).code(0);
    }
    user
}

/// A portal that takes ten minutes by its own clock until a charge is settled.
fn slow_portal() -> Server {
    let server = Server::start(&["--auto-approve"]);
    server.keeper().set("settle-after=10m");
    server
}

fn buy(user: &User, profile: &str, amount: &str) -> Value {
    let words = ["--profile", profile, "buy", amount, "--yes", "--wait", "1s", "--json"];
    user.run(&words).code(50).json()["data"].take()
}

/// The ids of the purchases that are final, by what `resume --json` answers.
fn settled(document: &Value) -> Vec<&str> {
    let purchases = document["data"]["purchases"].as_array().expect("purchases");
    let settled = purchases.iter().filter(|purchase| purchase["status"] == "settled");
    settled.filter_map(|purchase| purchase["purchase_id"].as_str()).collect()
}

#[test]
fn resume_goes_on_with_what_was_bought_under_another_profile() {
    let server = slow_portal();
    let user = user_of(&[("work", &server)]);
    let bought = buy(&user, "work", "25");
    let id = bought["purchase_id"].as_str().expect("an id");
    let open = user.run(&["resume", "--wait", "0s", "--json"]).code(50);
    let open = open.failed("pending", Some("unknown"));
    assert_eq!(open["data"]["purchases"][0]["purchase_id"], id);
    assert_eq!(open["data"]["purchases"][0]["status"], "pending");
    assert_eq!(open["data"]["unreachable"], serde_json::json!([]));
    server.keeper().set("clock=+11m");
    let done = user.run(&["resume", "--json"]).code(0).json();
    assert_eq!(settled(&done), [id]);
    let nothing = user.run(&["resume", "--json"]).code(0).json();
    assert_eq!(nothing["data"]["purchases"], serde_json::json!([]));
    assert_eq!(server.count_charges(), 1);
}

#[test]
fn a_portal_that_is_gone_keeps_no_other_purchase_from_its_end() {
    let (here, gone) = (slow_portal(), slow_portal());
    let user = user_of(&[("here", &here), ("gone", &gone)]);
    // The one that cannot be reached is the older one: it is not what ends the run.
    let lost = buy(&user, "gone", "30");
    let found = buy(&user, "here", "25");
    let url = gone.url.clone();
    gone.stop();
    here.keeper().set("clock=+11m");
    let document = user.run(&["resume", "--wait", "1s", "--json"]).code(50).json();
    assert_eq!(settled(&document), [found["purchase_id"].as_str().expect("an id")]);
    assert_not_looked_at(&document, &lost, &url);
    let history = user.run(&["history", "--json"]).code(0).json();
    let status = |id: &Value| {
        let purchases = history["data"]["purchases"].as_array().expect("purchases");
        let found = purchases.iter().find(|purchase| purchase["purchase_id"] == *id);
        found.expect("it")["status"].clone()
    };
    assert_eq!(status(&found["purchase_id"]), "settled");
    assert_eq!(status(&lost["purchase_id"]), "pending");
}

/// It says of this purchase that its portal could not be asked, and why.
#[track_caller]
fn assert_not_looked_at(document: &Value, lost: &Value, url: &str) {
    let data = &document["data"];
    let unreachable = data["unreachable"].as_array().expect("unreachable");
    let [one] = unreachable.as_slice() else { panic!("not one: {document}") };
    assert_eq!(one["purchase_id"], lost["purchase_id"], "{document}");
    assert_eq!(one["profile"], "gone", "{document}");
    assert_eq!(one["portal"], url, "{document}");
    assert_eq!(one["class"], "network", "{document}");
    assert_eq!(one["charged"], "unknown", "{document}");
    assert!(!one["reason"].as_str().expect("a reason").is_empty(), "{document}");
}

#[test]
fn a_login_that_is_gone_is_named_with_the_command_that_makes_it() {
    let (here, other) = (slow_portal(), slow_portal());
    let user = user_of(&[("here", &here), ("other", &other)]);
    let lost = buy(&user, "other", "30");
    let found = buy(&user, "here", "25");
    here.keeper().set("clock=+11m");
    other.keeper().set("clock=+11m");
    user.run(&["--profile", "other", "logout"]).code(0);
    let document = user.run(&["resume", "--json"]).code(10).json();
    assert_eq!(settled(&document), [found["purchase_id"].as_str().expect("an id")]);
    let one = &document["data"]["unreachable"][0];
    assert_eq!(one["purchase_id"], lost["purchase_id"], "{document}");
    assert_eq!(one["class"], "not_logged_in", "{document}");
    let steps = document["error"]["next_steps"].as_array().expect("steps");
    let login = steps.iter().filter_map(|step| step["run"].as_array());
    let login = login.map(|argv| argv.iter().filter_map(Value::as_str).collect::<Vec<_>>());
    let login = login.into_iter().find(|argv| argv.contains(&"login")).expect("a login");
    user.run(&login[1..]).code(0);
    let document = user.run(&["resume", "--json"]).code(0).json();
    assert_eq!(settled(&document), [lost["purchase_id"].as_str().expect("an id")]);
}
