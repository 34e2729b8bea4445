//! Promise: `state` tells the pot that is billed; what cannot be read costs its own field and
//! nothing else, and nothing waits for longer than ten seconds.

use super::{
    FREE, TIERS, USAGES, free_limit, ok, on_sandbox, pin_file, server, state, tiers, two_paid,
    usages,
};
use crate::scripted::{Asked, Scripted, Told};
use crate::support::User;
use serde_json::{Value, json};
use std::sync::{Condvar, Mutex};
use std::time::Duration;

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
            "status",
            "limit_exceeded",
            "candidates",
            "billed",
            "pinned_team_id",
            "active_provider",
            "project",
            "warnings",
            "unit",
            "portal_url",
            "sandbox",
            // Those that every system answers.
            "balance",
            "scope",
            "lags"
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
    let told = user.run(&["state"]).code(0).prints("topup --sandbox team pin NAME");
    assert!(!told.out.contains("free"), "several paid teams are not called free: {}", told.out);
    user.run(&["team", "pin", "ACME"]).code(0).prints("Acme is billed");
    let data = state(&user);
    assert_eq!(data["source"], "paid");
    assert_eq!(data["organization"], json!({"id": "org_acme", "name": "Acme"}));
    assert_eq!((&data["remaining"], &data["total"]), (&json!(3500), &json!(5250)));
    assert_eq!((&data["tier"], &data["is_trialing"]), (&json!("TEAM"), &json!(false)));
    // The pinned team is no longer paid, then gone: what is billed then is for the system to say.
    user.set("team=Acme:FREE:0:0");
    let data = state(&user);
    assert_eq!((&data["source"], &data["remaining"]), (&json!("stale_pin"), &Value::Null));
    assert_eq!((&data["billed"], &data["pinned_team_id"]), (&Value::Null, &json!("org_acme")));
    assert_eq!(data["candidates"][0]["name"], "Globex");
    user.run(&["state"])
        .code(0)
        .prints("org_acme, which is not one of your paid teams")
        .prints("team unpin");
    user.set("teams=Initech:PRO:10:1:trial,Umbrella:TEAM:20:2");
    assert_eq!(state(&user)["source"], "stale_pin");
    user.set("teams=none");
    let data = state(&user);
    assert_eq!((&data["source"], &data["remaining"]), (&json!("free"), &json!(380)));
    assert!(data["warnings"][0].as_str().expect("a note").contains("changes nothing"), "{data}");
    user.run(&["team", "unpin"]).code(0);
    let data = state(&user);
    assert_eq!((&data["source"], &data["warnings"]), (&json!("free"), &json!([])));
    user.set("teams=Initech:PRO:10.5:0.25:trial,Home:FREE:0:0");
    let data = state(&user);
    assert_eq!((&data["source"], &data["is_trialing"]), (&json!("paid"), &json!(true)));
    assert_eq!(data["remaining"].to_string(), "10.25", "credits may have decimals");
}

#[test]
fn what_brv_uses_decides_whether_anything_is_billed_here() {
    let teams = two_paid();
    let user = teams.user("byterover");
    for (providers, name, note) in [
        (r#"{"activeProvider":"anthropic","providers":{}}"#, json!("anthropic"), None),
        (r#"{"activeProvider":"","providers":{}}"#, Value::Null, Some("names none")),
        (r#"{"activeProvider":"byterover"}"#, Value::Null, Some("lacks")),
        ("", Value::Null, Some("is not a JSON object")),
    ] {
        user.brv_uses(providers);
        let data = state(&user);
        assert_eq!((&data["source"], &data["active_provider"]), (&json!("other_provider"), &name));
        let told = data["warnings"][0].as_str();
        assert_eq!(told.is_some(), note.is_some(), "{data}");
        assert!(told.unwrap_or_default().contains(note.unwrap_or_default()), "{data}");
        user.run(&["check", "--at-least", "1", "--json"]).code(2).failed("usage", None);
    }
    std::fs::remove_file(user.file(".config/brv/providers.json")).expect("removed");
    user.run(&["state"]).code(0).prints("brv uses no provider").prints("is missing");
    assert!(
        teams.seen().is_empty(),
        "nothing is fetched for another provider: {:?}",
        teams.lines()
    );
    user.run(&["check", "--at-least", "40", "--team", "a"]).code(0);
    user.make_project("");
    let pinned = user.run(&["team", "pin", "a", "--json"]).code(0).json();
    let warning = pinned["data"]["warnings"][0].as_str().expect("a warning").to_owned();
    assert!(warning.contains("uses no provider"), "the pin alone decides nothing: {warning}");
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
    let names = "GET /api/v1/teams?limit=100&offset=0";
    assert_eq!(server.lines(), [TIERS, USAGES, names], "the free limit is not asked for");
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
        user.make_project("");
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
        (
            Told::Json(
                403,
                r#"{"statusCode":403,"code":"BILLING_FORBIDDEN","message":"No."}"#.into(),
            ),
            14,
            "role_required",
        ),
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
            let ran = server.user("byterover").run(arguments).code(code);
            let document = ran.failed(class, None);
            if code == 14 {
                assert_eq!(document["error"]["code"], "BILLING_FORBIDDEN");
                ran.says("No.");
            }
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
    user.make_project("");
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
    assert_eq!(server.lines(), [USAGES], "one look shows that the key is accepted");
    assert_eq!(state(&user)["organization"]["id"], "a");
    let stored = std::fs::read_to_string(user.file("credentials.json")).expect("a file");
    assert!(stored.contains("the-secret-key"));
    user.run(&["logout"]).code(0);
    user.run(&["state"]).code(10);
}

#[test]
fn one_line_for_other_commands_never_makes_them_fail() {
    let user = on_sandbox();
    user.run(&["team", "pin", "acme"]).code(0);
    assert_eq!(user.run(&["state", "--brief"]).code(0).out, "Acme: 3500 of 5250 left\n");
    let document = user.run(&["state", "--brief", "--json"]).code(0).json();
    let data = &document["data"];
    assert_eq!(
        (&data["line"], &data["known"], &data["class"]),
        (&json!("Acme: 3500 of 5250 left"), &json!(true), &json!(null))
    );
    assert_eq!(
        (&data["balance"], &data["unit"], &data["scope"]),
        (&json!("3500"), &json!("credits"), &json!("team"))
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
