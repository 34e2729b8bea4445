//! ByteRover: which pot is billed, gates on it, limits, and the team that a project pins, against
//! the sandbox and against small servers that answer as the contract page says.

use crate::scripted::{Asked, Scripted, Told};
use crate::support::{Server, User};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::sync::{Condvar, Mutex};
use std::time::Duration;

const USAGES: &str = "GET /billing/usages";
const TIERS: &str = "GET /billing/organizations/tiers";
const FREE: &str = "GET /billing/usage/free-user/limit";

/// Somebody on the sandbox, in a project.
fn on_sandbox() -> User {
    let user = User::new().with("TOPUP_SANDBOX", "1").with("TOPUP_PROVIDER", "byterover");
    std::fs::create_dir(user.file(".brv")).expect("made");
    user
}

fn pin_file(user: &User) -> PathBuf {
    user.file(".brv/brv-provider.json")
}

fn state(user: &User) -> Value {
    user.run(&["state", "--json"]).code(0).json()["data"].clone()
}

fn team(id: &str, remaining: i64) -> Value {
    json!({"organizationId": id, "organizationName": id.to_uppercase(), "organizationStatus": "ACTIVE",
           "limit": 100, "addOnRemaining": 0, "totalLimit": 100, "used": 100 - remaining,
           "remaining": remaining, "percentUsed": 100 - remaining, "limitExceeded": remaining <= 0})
}

fn usages(teams: &[(&str, i64)]) -> String {
    let teams: Vec<Value> = teams.iter().map(|(id, remaining)| team(id, *remaining)).collect();
    json!({ "organizations": teams }).to_string()
}

fn tiers(teams: &[(&str, &str)]) -> String {
    let teams: Vec<Value> = teams
        .iter()
        .map(|(id, tier)| json!({"organizationId": id, "tier": tier, "isTrialing": false}))
        .collect();
    json!({ "organizations": teams }).to_string()
}

fn free_limit(daily: i64, monthly: i64) -> String {
    let period = |left: i64| json!({"limit": 100, "used": 100 - left, "remaining": left, "percentUsed": 0, "limitExceeded": left <= 0});
    json!({"daily": period(daily), "monthly": period(monthly), "limitExceeded": false}).to_string()
}

/// A server with these three answers.
fn server(usages: Told, tiers: Told, free: Told) -> Scripted {
    Scripted::new(move |asked: &Asked| match asked.line.as_str() {
        USAGES => usages.clone(),
        TIERS => tiers.clone(),
        FREE => free.clone(),
        _ => Told::Json(404, "{}".into()),
    })
}

fn ok(body: String) -> Told {
    Told::Json(200, body)
}

/// Two teams, both paid.
fn two_paid() -> Scripted {
    server(
        ok(usages(&[("a", 40), ("b", 7)])),
        ok(tiers(&[("a", "PRO"), ("b", "TEAM")])),
        ok(free_limit(1, 2)),
    )
}

#[test]
fn a_fresh_machine_sees_the_sandbox_teams_and_every_key_that_is_promised() {
    let user = User::new();
    let data =
        user.run(&["--sandbox", "--provider", "byterover", "state", "--json"]).code(0).json();
    let data = &data["data"];
    let keys: Vec<&str> = data.as_object().expect("an object").keys().map(String::as_str).collect();
    assert_eq!(
        keys,
        [
            "source",
            "organization",
            "remaining",
            "total",
            "tier",
            "is_trialing",
            "candidates",
            "billed",
            "pinned_team_id",
            "active_provider",
            "project",
            "warnings",
            "unit",
            "portal_url",
            "sandbox"
        ]
    );
    assert_eq!((&data["source"], &data["unit"]), (&json!("needs_pick"), &json!("credits")));
    assert_eq!(
        data["candidates"],
        json!([{"id": "org_acme", "name": "Acme", "tier": "TEAM", "remaining": 3500},
               {"id": "org_globex", "name": "Globex", "tier": "PRO", "remaining": 100}])
    );
}

#[test]
fn the_five_sources_of_a_state() {
    let user = on_sandbox();
    let told = user.run(&["state"]).code(0).prints("topup team pin NAME");
    assert!(!told.out.contains("free"), "several paid teams are not called free: {}", told.out);
    user.run(&["team", "pin", "ACME"]).code(0).prints("Acme is billed");
    let data = state(&user);
    assert_eq!(data["source"], "paid");
    assert_eq!(data["organization"], json!({"id": "org_acme", "name": "Acme"}));
    assert_eq!((&data["remaining"], &data["total"]), (&json!(3500), &json!(5250)));
    assert_eq!((&data["tier"], &data["is_trialing"]), (&json!("TEAM"), &json!(false)));
    // The pinned team is no longer paid, then gone: what is billed instead is told.
    user.set("team=Acme:FREE:0:0");
    let data = state(&user);
    assert_eq!((&data["source"], &data["remaining"]), (&json!("stale_pin"), &Value::Null));
    assert_eq!(data["billed"]["source"], "paid");
    assert_eq!(data["billed"]["organization"]["name"], "Globex");
    assert_eq!(data["billed"]["remaining"], 100);
    user.run(&["state"]).code(0).prints("gone or no longer paid").prints("100 of 2000 left");
    user.set("teams=Initech:PRO:10:1:trial,Umbrella:TEAM:20:2");
    assert_eq!(state(&user)["billed"]["source"], "needs_pick");
    user.set("teams=none");
    let data = state(&user);
    assert_eq!((&data["source"], &data["billed"]["source"]), (&json!("stale_pin"), &json!("free")));
    assert_eq!(data["billed"]["remaining"], 380);
    user.run(&["team", "unpin"]).code(0);
    let data = state(&user);
    assert_eq!((&data["source"], &data["remaining"]), (&json!("free"), &json!(380)));
    user.set("teams=Initech:PRO:10:1:trial,Home:FREE:0:0");
    let data = state(&user);
    assert_eq!((&data["source"], &data["is_trialing"]), (&json!("paid"), &json!(true)));
    std::fs::write(pin_file(&user), r#"{"activeProvider":"anthropic"}"#).expect("written");
    let before = user.seen().len();
    let data = state(&user);
    assert_eq!(
        (&data["source"], &data["active_provider"]),
        (&json!("other_provider"), &json!("anthropic"))
    );
    assert_eq!(user.seen().len(), before, "nothing is fetched for another provider");
    let pinned = user.run(&["team", "pin", "initech", "--json"]).code(0).json();
    let warning = pinned["data"]["warnings"][0].as_str().expect("a warning").to_owned();
    assert!(warning.contains("uses anthropic"), "the pin alone decides nothing: {warning}");
}

#[test]
fn the_project_is_the_nearest_above_or_the_one_that_is_named() {
    let user = on_sandbox();
    let deep = user.file("src/deep");
    std::fs::create_dir_all(&deep).expect("made");
    user.run(&["team", "pin", "globex"]).code(0);
    let mut command = user.command(&["state", "--get", "organization.name"]);
    command.current_dir(&deep);
    let output = command.output().expect("it runs");
    assert_eq!(String::from_utf8_lossy(&output.stdout), "Globex\n");
    let other = user.file("other");
    std::fs::create_dir(&other).expect("made");
    let other = other.to_str().expect("text");
    let named = user.run(&["state", "--project", other, "--json"]).code(0).json();
    assert_eq!(
        (&named["data"]["source"], &named["data"]["project"]),
        (&json!("needs_pick"), &json!(other))
    );
    user.run(&["team", "pin", "acme", "--project", other]).code(0);
    user.run(&["state", "--project", other, "--get", "organization.name"]).code(0).prints("Acme");
    user.run(&["check", "--at-least", "101", "--project", other]).code(0);
    assert_eq!(state(&user)["organization"]["name"], "Globex", "the other project is another one");
    for bad in ["", "no-such-folder"] {
        user.run(&["team", "pin", "acme", "--project", bad, "--json"]).code(2);
        user.run(&["state", "--project", bad]).code(2);
    }
    assert!(!user.file("no-such-folder").exists());
    let nowhere = User::new().with("TOPUP_SANDBOX", "1").with("TOPUP_PROVIDER", "byterover");
    nowhere.run(&["team", "pin", "acme", "--json"]).code(2).failed("usage", None);
    assert!(!nowhere.file(".brv").exists());
    assert_eq!(state(&nowhere)["project"], Value::Null);
}

#[test]
fn only_a_paid_team_of_the_users_own_is_pinned_and_the_choice_is_clear() {
    let user = on_sandbox();
    user.set("teams=Acme:TEAM:10:1,Acorn:PRO:10:2,Home:FREE:0:0,Homeless:FREE:0:0,Öl:PRO:5:5");
    for (word, says, candidates) in [
        ("Home", "is a free team", 3),
        ("homel", "is a free team", 3),
        ("Umbrella", "you belong to no team", 3),
        ("ac", "could be Acme (org_acme), Acorn (org_acorn)", 2),
        ("  ", "is empty", 0),
    ] {
        let refused = user.run(&["team", "pin", word, "--json"]).code(2);
        let document = refused.failed("usage", None);
        let error = &document["error"];
        assert!(error["message"].as_str().expect("text").contains(says), "{word}: {error}");
        let listed = error["details"]["candidates"].as_array().map_or(0, Vec::len);
        assert_eq!(listed, candidates, "{word}: {error}");
        assert!(!pin_file(&user).exists(), "{word}");
    }
    user.run(&["team", "pin", "Home"]).code(2).says("Your paid teams: Acme, Acorn, Öl.");
    for (word, id) in [
        ("acm", "org_acme"),
        ("ORG_ACORN", "org_acorn"),
        ("öL", "org__l"),
        ("org_acme", "org_acme"),
    ] {
        let document = user.run(&["team", "pin", word, "--json"]).code(0).json();
        assert_eq!(document["data"]["pinned_team_id"], id, "{word}");
        assert_eq!(
            (&document["data"]["usable"], &document["data"]["changed"]),
            (&json!(true), &json!(true))
        );
    }
    let again = user.run(&["team", "pin", "acme", "--json"]).code(0).json();
    assert_eq!(again["data"]["changed"], false);
    let shown = user.run(&["team", "show", "--json"]).code(0).json();
    assert_eq!(shown["data"]["team"]["name"], "Acme");
    user.run(&["team", "list"]).code(0).prints("pinned").prints("Homeless");
    user.set("team=Acme:gone");
    let shown = user.run(&["team", "show", "--json"]).code(0).json();
    assert_eq!((&shown["data"]["usable"], &shown["data"]["team"]), (&json!(false), &Value::Null));
}

#[test]
fn usages_and_tiers_are_fetched_at_once_with_the_key_in_its_header_only() {
    // Neither is answered before both are there.
    let both = std::sync::Arc::new((Mutex::new(0), Condvar::new()));
    let server = Scripted::new(move |asked: &Asked| {
        let (count, changed) = &*both;
        let mut count = count.lock().expect("unlocked");
        *count += 1;
        changed.notify_all();
        let late = Duration::from_secs(5);
        let (_held, waited) =
            changed.wait_timeout_while(count, late, |count| *count < 2).expect("unlocked");
        if waited.timed_out() {
            return Told::Nothing;
        }
        match asked.line.as_str() {
            USAGES => ok(usages(&[("a", 40), ("b", 7)])),
            _ => ok(tiers(&[("b", "PRO")])),
        }
    });
    let user = server.user("byterover");
    let ran = user.run(&["state", "--json", "-v"]).code(0);
    let data = ran.json()["data"].clone();
    assert_eq!(data["organization"]["id"], "b", "a team that is in no tier is a free one");
    assert_eq!(data["warnings"], json!([]));
    assert_eq!(server.lines(), [TIERS, USAGES], "the free limit is not asked for");
    for asked in server.seen() {
        assert!(asked.head.contains("x-byterover-session-id: the-secret-key\r\n"), "{asked:?}");
        assert!(!asked.head.contains("authorization"), "{asked:?}");
    }
    assert!(!ran.err.contains("the-secret-key"), "{}", ran.err);
}

#[test]
fn without_the_tiers_the_usages_are_still_told_and_nothing_is_guessed() {
    for broken in [
        Told::Json(503, r#"{"error":"down"}"#.into()),
        Told::Json(401, "{}".into()),
        Told::Json(200, "[]".into()),
        Told::Json(200, r#"{"organizations":"x"}"#.into()),
        Told::Json(200, r#"{"organizations":[{"organizationId":"a","tier":7},{"organizationId":"b","tier":{}}]}"#.into()),
        Told::Html,
        Told::Nothing,
    ] {
        let server = server(ok(usages(&[("a", 40), ("b", 7)])), broken.clone(), ok(free_limit(1, 2)));
        let user = server.user("byterover");
        let data = state(&user);
        let story = format!("{broken:?}: {data}");
        assert_eq!(data["source"], Value::Null, "{story}");
        assert_eq!(data["warnings"].as_array().map(Vec::len), Some(1), "{story}");
        assert_eq!(
            data["candidates"],
            json!([{"id": "a", "name": "A", "tier": null, "remaining": 40},
                   {"id": "b", "name": "B", "tier": null, "remaining": 7}]),
            "{story}"
        );
        let told = user.run(&["state"]).code(0).prints("40 left").prints("warning: ");
        assert!(!told.out.contains("free credits"), "{}", told.out);
        let limits = user.run(&["limit", "--json"]).code(0).json()["data"].clone();
        assert_eq!(limits["organizations"][0]["remaining"], 40, "{story}");
        assert_eq!(limits["organizations"][0]["tier"], Value::Null, "{story}");
        assert_eq!(limits["free"], Value::Null, "{story}");
        assert!(!server.lines().contains(&FREE.to_owned()), "{story}");
        // What is not known is no yes and no no.
        std::fs::create_dir(user.file(".brv")).expect("made");
        let refused = user.run(&["team", "pin", "a", "--json"]);
        assert_ne!((refused.code, refused.code), (0, 2), "{story}");
        assert!(!pin_file(&user).exists(), "{story}");
        let gate = user.run(&["check", "--at-least", "1", "--json"]);
        assert!(gate.code >= 10 && gate.code != 30, "{story}: {}", gate.code);
    }
}

#[test]
fn failing_usages_are_an_error_of_their_kind() {
    let tiers = || ok(tiers(&[("a", "PRO")]));
    let free = || ok(free_limit(1, 2));
    for (broken, code, class) in [
        (Told::Json(500, "{}".into()), 65, "server_error"),
        (Told::Json(503, r#"{"message":"down"}"#.into()), 65, "server_error"),
        (Told::Json(401, r#"{"error":"unauthorized"}"#.into()), 10, "not_logged_in"),
        (Told::Json(403, "{}".into()), 14, "role_required"),
        (Told::Json(429, "{}".into()), 40, "rate_limited"),
        (Told::Json(404, "{}".into()), 63, "endpoint_unavailable"),
        (Told::Json(302, String::new()), 63, "endpoint_unavailable"),
        (Told::Html, 63, "endpoint_unavailable"),
        (Told::Json(200, "not json".into()), 64, "protocol"),
        (Told::Json(200, r#"{"organizations":7}"#.into()), 64, "protocol"),
        (Told::Json(200, r#"{"organizations":[],"organizations":[]}"#.into()), 64, "protocol"),
        (Told::Nothing, 60, "network"),
    ] {
        let server = server(broken, tiers(), free());
        for arguments in
            [&["state", "--json"][..], &["limit", "--json"], &["team", "list", "--json"]]
        {
            server.user("byterover").run(arguments).code(code).failed(class, None);
        }
    }
}

#[test]
fn wrong_types_cost_one_field_and_a_session_that_ends_in_the_middle_ends_the_answer() {
    let odd = r#"{"organizations":[{"organizationId":"a","organizationName":["x"],"remaining":"many","totalLimit":100,"used":40},
        {"organizationName":"nobody"}],"new":{}}"#;
    let answers = server(ok(odd.into()), ok(tiers(&[("a", "PRO")])), Told::Nothing);
    let user = answers.user("byterover");
    let data = state(&user);
    assert_eq!(
        (&data["source"], &data["remaining"], &data["total"]),
        (&json!("paid"), &Value::Null, &json!(100))
    );
    assert_eq!(data["organization"], json!({"id": "a", "name": null}));
    assert_eq!(data["warnings"].as_array().map(Vec::len), Some(1));
    user.run(&["check", "--at-least", "1", "--json"]).code(64).failed("protocol", None);
    let none = || (ok(usages(&[])), ok(tiers(&[])));
    let (usages, tiers) = none();
    let ended = server(usages, tiers, Told::Json(401, "{}".into()));
    ended.user("byterover").run(&["state", "--json"]).code(10).failed("not_logged_in", None);
    let (usages, tiers) = none();
    let broken = server(usages, tiers, Told::Json(500, "{}".into()));
    let data = state(&broken.user("byterover"));
    assert_eq!((&data["source"], &data["remaining"]), (&json!("free"), &Value::Null));
    assert_eq!(data["warnings"].as_array().map(Vec::len), Some(1));
}

#[test]
fn nothing_is_fetched_and_no_pin_is_touched_before_a_login_is_known() {
    let server = two_paid();
    let user = server.user("byterover").with("TOPUP_TOKEN", "");
    std::fs::create_dir(user.file(".brv")).expect("made");
    let held = r#"{"billing":{"pinnedTeamId":"a"}}"#;
    std::fs::write(pin_file(&user), held).expect("written");
    for arguments in [
        &["state", "--json"][..],
        &["limit", "--json"],
        &["limit", "--require", "1", "--json"],
        &["check", "--at-least", "1", "--json"],
        &["team", "list", "--json"],
        &["team", "show", "--json"],
        &["team", "pin", "b", "--json"],
        &["team", "unpin", "--json"],
    ] {
        let refused = user.run(arguments).code(10).says("login --token-stdin");
        let document = refused.failed("not_logged_in", None);
        assert!(!document.to_string().contains("pinned"), "{document}");
    }
    assert_eq!(server.seen().len(), 0);
    assert_eq!(std::fs::read_to_string(pin_file(&user)).expect("a file"), held);
    user.run(&["login", "--json"]).code(6).failed("unsupported", None);
    user.run_with_input(&["login", "--token-stdin"], "the-secret-key\n").code(0);
    assert_eq!(server.seen().len(), 0);
    assert_eq!(state(&user)["organization"]["id"], "a");
    let stored = std::fs::read_to_string(user.file("credentials.json")).expect("a file");
    assert!(stored.contains("the-secret-key"));
    user.run(&["logout"]).code(0);
    user.run(&["state"]).code(10);
}

#[test]
fn an_empty_pot_names_who_else_could_pay() {
    let user = on_sandbox();
    user.set("teams=Acme:TEAM:100:100,Globex:PRO:50:10,Home:FREE:0:0");
    user.run(&["team", "pin", "acme"]).code(0);
    let refused = user.run(&["check", "--at-least", "1", "--json"]).code(30);
    let error = refused.failed("insufficient_balance", None)["error"].clone();
    assert_eq!(error["details"]["other_teams"][0]["name"], "Globex");
    assert_eq!(error["details"]["other_teams"].as_array().map(Vec::len), Some(1));
    assert_eq!(
        (&error["details"]["balance"], &error["details"]["unit"]),
        (&json!("0"), &json!("credits"))
    );
    refused.says("Globex (40 left)");
    user.run(&["limit", "--require", "1", "--json"]).code(30).failed("insufficient_balance", None);
    user.run(&["team", "pin", "globex"]).code(0);
    let checked = user.run(&["check", "--at-least", "40", "--json"]).code(0).json();
    assert_eq!(
        checked["data"],
        json!({"balance_usd": null, "required_usd": null, "balance": "40", "required": "40.00", "unit": "credits"})
    );
    user.run(&["limit", "--require", "40"]).code(0).prints("Globex");
    user.run(&["limit", "--require", "41", "--json"]).code(31).failed("monthly_cap_exceeded", None);
    user.run(&["team", "unpin"]).code(0);
    user.set("team=Acme:TEAM:100:1");
    let refused = user.run(&["check", "--at-least", "1", "--json"]).code(2).failed("usage", None);
    assert_eq!(refused["error"]["details"]["candidates"].as_array().map(Vec::len), Some(2));
    // The free pot: the month first, and no more than the day still gives.
    user.set("teams=none");
    user.set("free-monthly=100:100");
    let refused = user.run(&["check", "--at-least", "1"]).code(30);
    refused.says("only a paid team goes on this month");
    user.set("free-monthly=100:50");
    user.set("free-daily=20:5");
    user.run(&["check", "--at-least", "15"]).code(0);
    user.run(&["check", "--at-least", "16"]).code(30).says("do not reach that far");
    let limits = user.run(&["limit", "--json"]).code(0).json();
    assert_eq!(limits["data"]["free"]["daily"]["remaining"], 15);
    assert_eq!(limits["data"]["free"]["monthly"]["percent"], 50);
    user.set("free-daily=20:20");
    user.run(&["state"]).code(0).prints("more tomorrow");
    let refused = user.run(&["check", "--at-least", "1"]).code(30).says("there are more tomorrow");
    assert!(!refused.err.contains("this month"), "the month has some left: {}", refused.err);
}

#[test]
fn a_pin_that_makes_no_sense_is_told_and_kept_and_other_keys_stay() {
    let user = on_sandbox();
    let half = "{\"other\":1,\"billing\":{\"pinned";
    std::fs::write(pin_file(&user), half).expect("written");
    for arguments in [
        &["state", "--json"][..],
        &["team", "show", "--json"],
        &["team", "pin", "acme", "--json"],
        &["team", "unpin", "--json"],
    ] {
        let document = user.run(arguments).code(4).failed("config", None);
        assert!(document["error"]["message"].as_str().expect("text").contains("brv-provider.json"));
    }
    assert_eq!(std::fs::read_to_string(pin_file(&user)).expect("a file"), half);
    user.run(&["limit"]).code(0).prints("Acme");
    std::fs::write(
        pin_file(&user),
        "{\n  \"z\": 1.0,\n  \"billing\": {\n    \"y\": []\n  },\n  \"a\": null\n}",
    )
    .expect("written");
    user.run(&["team", "pin", "acme"]).code(0);
    let text = std::fs::read_to_string(pin_file(&user)).expect("a file");
    assert_eq!(
        text,
        "{\n  \"z\": 1.0,\n  \"billing\": {\n    \"y\": [],\n    \"pinnedTeamId\": \"org_acme\"\n  },\n  \"a\": null\n}"
    );
    user.run(&["team", "unpin"]).code(0);
    let text = std::fs::read_to_string(pin_file(&user)).expect("a file");
    assert_eq!(text, "{\n  \"z\": 1.0,\n  \"billing\": {\n    \"y\": []\n  },\n  \"a\": null\n}");
}

#[test]
fn many_processes_pin_at_once_and_nothing_is_lost() {
    let server = two_paid();
    let user = server.user("byterover");
    std::fs::create_dir(user.file(".brv")).expect("made");
    std::fs::write(pin_file(&user), "{\"kept\":[1,2.50],\"billing\":{\"mine\":true}}")
        .expect("written");
    for round in 0..3 {
        let words: Vec<&[&str]> = (0..16)
            .map(|at| match at % 3 {
                0 => &["team", "pin", "a"][..],
                1 => &["team", "pin", "b"],
                _ => &["team", "unpin"],
            })
            .collect();
        let children: Vec<_> = words.iter().map(|words| (words, user.start(words))).collect();
        for (words, child) in children {
            user.finish(words, child).code(0);
        }
        let text = std::fs::read_to_string(pin_file(&user)).expect("a file");
        let file: Value = serde_json::from_str(&text).expect("whole");
        assert_eq!(file["billing"]["mine"], true, "{round}: {text}");
        assert!(text.starts_with("{\"kept\":[1,2.50],\"billing\":{\"mine\":true"), "{text}");
    }
    // Of many that ask for the same, one changes it: each saw what the one before it had written.
    user.run(&["team", "unpin"]).code(0);
    let arguments = &["team", "pin", "a", "--get", "changed"];
    let children: Vec<_> = (0..12).map(|_| user.start(arguments)).collect();
    let told: Vec<String> =
        children.into_iter().map(|child| user.finish(arguments, child).code(0).out).collect();
    assert_eq!(told.iter().filter(|changed| *changed == "true\n").count(), 1, "{told:?}");
    let left: Vec<_> = std::fs::read_dir(user.file(".brv")).expect("a folder").flatten().collect();
    assert_eq!(left.len(), 1, "nothing is left beside it: {left:?}");
}

#[test]
fn what_is_not_offered_leads_to_the_page_where_it_is() {
    let user = on_sandbox();
    for arguments in [
        &["buy", "5", "--yes", "--json"][..],
        &["auto-reload", "--json"],
        &["auto-reload", "5", "10", "--yes", "--json"],
        &["resume", "--json"],
    ] {
        let document = user.run(arguments).code(6).json();
        let error = &document["error"];
        assert_eq!(error["class"], "unsupported");
        assert!(error["portal_url"].as_str().expect("a link").ends_with("/byterover"), "{error}");
    }
    let nous = User::on_sandbox();
    nous.run(&["team", "list", "--json"]).code(6).failed("unsupported", None);
    nous.run(&["state", "--project", "/", "--json"]).code(6).failed("unsupported", None);
    let real = User::new().with("TOPUP_PROVIDER", "byterover");
    for arguments in
        [&["open"][..], &["buy", "--link"], &["limit", "--link"], &["team", "list", "--link"]]
    {
        assert_eq!(real.run(arguments).code(0).out, "https://app.byterover.dev/billing\n");
    }
    let elsewhere = real.with("BRV_BILLING_BASE_URL", "https://billing.invalid");
    assert_eq!(elsewhere.run(&["open"]).code(0).out, "https://app.byterover.dev/billing\n");
}

#[test]
fn one_line_for_other_commands_never_makes_them_fail() {
    let user = on_sandbox();
    user.run(&["team", "pin", "acme"]).code(0);
    assert_eq!(user.run(&["state", "--brief"]).code(0).out, "Acme: 3500 of 5250 left\n");
    let document = user.run(&["state", "--brief", "--json"]).code(0).json();
    assert_eq!(
        document["data"],
        json!({"line": "Acme: 3500 of 5250 left", "known": true, "class": null})
    );
    User::on_sandbox().run(&["state", "--brief"]).code(0).prints("$142.50 left");
    std::fs::write(pin_file(&user), "{").expect("written");
    let document = user.run(&["state", "--brief", "--json"]).code(0).json();
    assert_eq!(
        (&document["data"]["known"], &document["data"]["class"]),
        (&json!(false), &json!("config"))
    );
    let down = server(Told::Nothing, Told::Nothing, Told::Nothing);
    down.user("byterover").run(&["state", "--brief"]).code(0).prints("not known");
    let odd = down.user("byterover").with("TOPUP_PORTAL_URL", "nonsense");
    odd.run(&["state", "--brief"]).code(0).prints("not known");
    std::fs::write(odd.file("config.toml"), "[").expect("written");
    odd.run(&["state", "--brief"]).code(0);
}

#[test]
fn the_sandbox_is_served_with_its_key_and_its_faults() {
    let server = Server::start(&[]);
    let keeper = server.keeper();
    let user =
        User::new().with("TOPUP_PROVIDER", "byterover").with("TOPUP_PORTAL_URL", &server.url);
    user.run_with_input(&["login", "--token-stdin"], &server.session_key).code(0);
    let data = state(&user);
    assert_eq!((&data["source"], &data["sandbox"]), (&json!("needs_pick"), &json!(true)));
    assert_eq!(data["portal_url"], format!("{}/byterover", server.url));
    let page = std::process::Command::new("curl")
        .args(["-sS", "-q", data["portal_url"].as_str().expect("a link")])
        .output()
        .expect("curl");
    let page = String::from_utf8_lossy(&page.stdout).into_owned();
    assert!(page.contains("Globex") && page.contains(&server.session_key), "{page}");
    keeper
        .run(&["sandbox", "faults", "add", "GET /billing/organizations/*", "--status", "503"])
        .code(0);
    assert_eq!(state(&user)["source"], Value::Null);
    keeper.run(&["sandbox", "faults", "add", "GET /billing/usages", "--html"]).code(0);
    user.run(&["state", "--json"]).code(63).failed("endpoint_unavailable", None);
    keeper.run(&["sandbox", "faults", "add", "GET /billing/usages", "--truncate"]).code(0);
    user.run(&["state", "--json"]).code(60).failed("network", None);
    keeper.run(&["sandbox", "revoke", "session"]).code(0);
    user.run(&["state", "--json"]).code(10).failed("not_logged_in", None);
    for bad in
        ["teams=Acme", "team=Acme:GOLD:1:1", "team=Nobody:gone", "free-daily=5", "team=A:PRO:-1:0"]
    {
        keeper.run(&["sandbox", "set", bad, "--json"]).code(2).failed("usage", None);
    }
}

/// Writes the profiles of a configuration.
fn configure(home: &Path, profiles: &[(&str, &str, &str)]) {
    let text: String = profiles
        .iter()
        .map(|(name, provider, url)| {
            format!("[profiles.{name}]\nprovider = \"{provider}\"\nportal_url = \"{url}\"\n")
        })
        .collect();
    std::fs::write(home.join("config.toml"), text).expect("written");
}

#[test]
fn every_profile_at_once_and_a_broken_one_costs_its_own_row() {
    let teams = two_paid();
    let down = server(Told::Json(500, "{}".into()), Told::Nothing, Told::Nothing);
    let portal = Server::start(&[]);
    let user = User::new();
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
fn a_call_that_hangs_is_given_up_after_ten_seconds() {
    let server = Scripted::new(|asked: &Asked| {
        if asked.line == TIERS {
            std::thread::sleep(Duration::from_secs(30));
        }
        ok(usages(&[("a", 40)]))
    });
    let begun = std::time::Instant::now();
    let data = state(&server.user("byterover"));
    let took = begun.elapsed();
    assert!(took > Duration::from_secs(9) && took < Duration::from_secs(14), "{took:?}");
    assert_eq!((&data["source"], &data["candidates"][0]["remaining"]), (&Value::Null, &json!(40)));
}

#[test]
fn what_to_do_next_is_typed_for_the_system_that_was_meant() {
    let user = User::new();
    let meant = ["--sandbox", "--provider", "byterover", "state"];
    user.run(&meant).code(0).prints("'topup --sandbox --provider byterover team pin NAME'");
    let key = ["--sandbox", "--provider", "byterover", "login", "--username", "x"];
    user.run(&key).code(2).says("'topup --sandbox --provider byterover login --token-stdin'");
    configure(user.home(), &[("teams", "byterover", &two_paid().url)]);
    let profile = ["login", "--token-stdin", "--profile", "teams"];
    user.run_with_input(&profile, "the-secret-key").code(0);
    let table = user.run(&["state", "--all"]).code(0);
    table.prints("'topup --profile teams team pin NAME'");
}

#[test]
fn profiles_are_looked_at_side_by_side() {
    const PROFILES: usize = 3;
    // The usages of all of them have to be asked for before any is answered.
    let gate = std::sync::Arc::new((Mutex::new(0), Condvar::new()));
    let servers: Vec<Scripted> = (0..PROFILES)
        .map(|_| {
            let gate = std::sync::Arc::clone(&gate);
            Scripted::new(move |asked: &Asked| {
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
    let user = User::new();
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
    user.run(&["state", "--all"]).code(0);
}
