//! Promise: `check` and `limit --require` hold for teams and free credits; what ByteRover does not
//! offer ends with the page where it is done.

use super::{configure, on_sandbox, state, two_paid};
use crate::support::{Server, User};
use serde_json::{Value, json};

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
        json!({"balance_usd": null, "required_usd": null, "balance": "40", "required": "40.00", "unit": "credits",
               "source": "paid", "team": {"id": "org_globex", "name": "Globex"}, "warnings": [], "note": null, "auto_reload": null, "scope": "team", "lags": false})
    );
    user.run(&["limit", "--require", "40"]).code(0).prints("Globex");
    user.run(&["limit", "--require", "41", "--json"]).code(31).failed("monthly_cap_exceeded", None);
    user.run(&["team", "unpin"]).code(0);
    user.set("team=Acme:TEAM:100:1");
    // Nobody guesses which of two teams is meant, and naming one needs no pin.
    for gate in
        [&["check", "--at-least", "1", "--json"][..], &["limit", "--require", "1", "--json"]]
    {
        let refused = user.run(gate).code(36).failed("choice_required", None);
        assert_eq!(refused["error"]["details"]["candidates"].as_array().map(Vec::len), Some(2));
    }
    let named = ["check", "--at-least", "99", "--team", "ACME", "--json"];
    assert_eq!(user.run(&named).code(0).json()["data"]["team"]["id"], "org_acme");
    user.run(&["limit", "--require", "99", "--team", "acme-team"]).code(0).prints("Acme");
    let limits = user.run(&["limit", "--team", "glob", "--json"]).code(0).json();
    assert_eq!(limits["data"]["organizations"].as_array().map(Vec::len), Some(1));
    user.run(&["check", "--at-least", "1", "--team", "Home"]).code(2).says("is a free team");
    user.run(&["watch", "--below", "1", "--one-look", "--team", "acme", "--", "true"]).code(0);
    // The free pot: the month first, and no more than the day still gives.
    user.set("teams=none");
    user.set("free-monthly=100:100");
    let refused = user.run(&["check", "--at-least", "1"]).code(30);
    refused.says("only a paid team can be used this month");
    user.set("free-monthly=100:50");
    user.set("free-daily=20:5");
    user.run(&["check", "--at-least", "15"]).code(0);
    user.run(&["check", "--at-least", "16"]).code(30).says("are not enough");
    let limits = user.run(&["limit", "--json"]).code(0).json();
    assert_eq!(limits["data"]["free"]["daily"]["remaining"], 15);
    assert_eq!(limits["data"]["free"]["monthly"]["percent"], 50);
    user.set("free-daily=20:20");
    user.run(&["state"]).code(0).prints("more tomorrow");
    let refused = user.run(&["check", "--at-least", "1"]).code(30).says("there are more tomorrow");
    assert!(!refused.err.contains("this month"), "the month has some left: {}", refused.err);
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
        let ran = user.run(arguments).code(6);
        assert_eq!(ran.json()["error"]["class"], "unsupported");
        ran.serves_no_page();
    }
    let nous = User::on_sandbox();
    nous.run(&["team", "list", "--json"]).code(6).failed("unsupported", None);
    nous.run(&["state", "--project", "/", "--json"]).code(6).failed("unsupported", None);
    let real = User::new().with("TOPUP_PROVIDER", "byterover");
    for arguments in
        [&["open"][..], &["buy", "--link"], &["limit", "--link"], &["team", "list", "--link"]]
    {
        assert_eq!(real.run(arguments).code(0).out, "https://app.byterover.dev/settings\n");
    }
    let elsewhere = real.with("BRV_BILLING_BASE_URL", "https://billing.invalid");
    assert_eq!(elsewhere.run(&["open"]).code(0).out, "https://app.byterover.dev/settings\n");
}

#[test]
fn the_sandbox_is_served_with_its_key_and_its_faults() {
    let server = Server::start(&[]);
    let keeper = server.keeper();
    let user = User::new()
        .with_brv()
        .with("TOPUP_PROVIDER", "byterover")
        .with("TOPUP_PORTAL_URL", &server.url);
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
        .run(&[
            "sandbox",
            "faults",
            "add",
            "GET /api/v1/billing/organizations/*",
            "--status",
            "503",
        ])
        .code(0);
    assert_eq!(state(&user)["source"], Value::Null);
    keeper.run(&["sandbox", "faults", "add", "GET /api/v1/billing/usages", "--html"]).code(0);
    user.run(&["state", "--json"]).code(63).failed("endpoint_unavailable", None);
    keeper.run(&["sandbox", "faults", "add", "GET /api/v1/billing/usages", "--truncate"]).code(0);
    user.run(&["state", "--json"]).code(60).failed("network", None);
    keeper.run(&["sandbox", "revoke", "session"]).code(0);
    user.run(&["state", "--json"]).code(10).failed("not_logged_in", None);
    for bad in
        ["teams=Acme", "team=Acme:GOLD:1:1", "team=Nobody:gone", "free-daily=5", "team=A:PRO:-1:0"]
    {
        keeper.run(&["sandbox", "set", bad, "--json"]).code(2).failed("usage", None);
    }
}

#[test]
fn what_to_do_next_is_typed_for_the_system_that_was_meant() {
    let user = User::new().with_brv();
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
fn a_team_that_was_stopped_or_is_over_its_limit_fails_every_gate_whatever_is_left() {
    let user = on_sandbox();
    for (word, code, class, says) in [
        ("inactive", 15, "billing_disabled", "its status at ByteRover is INACTIVE"),
        ("exceeded", 34, "limit_exceeded", "reports the limit of Acme as reached"),
    ] {
        user.set(&format!("teams=Acme:TEAM:100:40:{word},Globex:PRO:50:10"));
        user.run(&["team", "pin", "acme"]).code(0);
        for gate in [
            &["check", "--at-least", "1", "--json"][..],
            &["limit", "--require", "1", "--json"],
            &["watch", "--below", "1", "--one-look", "--json", "--", "true"],
        ] {
            let refused = user.run(gate).code(code).failed(class, None);
            let error = &refused["error"];
            assert!(error["message"].as_str().expect("text").contains(says), "{error}");
            assert_eq!(error["details"]["other_teams"][0]["name"], "Globex", "{error}");
        }
        user.run(&["state"]).code(0).prints(says);
        user.run(&["state", "--brief"]).code(0).prints(says);
        user.run(&["team", "list"]).code(0).prints(if word == "inactive" {
            "INACTIVE"
        } else {
            "limit reached"
        });
    }
    let told = state(&user);
    assert_eq!((&told["status"], &told["limit_exceeded"]), (&json!("ACTIVE"), &json!(true)));
    // Empty is not stopped: the gate says how much is missing.
    user.set("teams=Acme:TEAM:100:100,Globex:PRO:50:10");
    user.run(&["check", "--at-least", "1", "--json"]).code(30).failed("insufficient_balance", None);
}

#[test]
fn a_stale_pin_lets_no_gate_through() {
    let user = on_sandbox();
    user.set("teams=Acme:TEAM:100:1,Globex:PRO:50:10");
    user.run(&["team", "pin", "acme"]).code(0);
    user.set("team=Acme:gone");
    for gate in [
        &["check", "--at-least", "1", "--json"][..],
        &["limit", "--require", "1", "--json"],
        &["watch", "--below", "1000", "--one-look", "--json", "--", "true"],
    ] {
        let refused = user.run(gate).code(4).failed("config", None);
        assert_eq!(refused["error"]["details"]["pinned_team_id"], "org_acme");
        assert_eq!(refused["error"]["details"]["candidates"][0]["name"], "Globex");
    }
    user.run(&["check", "--at-least", "1", "--team", "globex"]).code(0);
    // Without a paid team a pin changes nothing.
    user.set("teams=Home:FREE:0:0");
    user.run(&["check", "--at-least", "1"]).code(0).prints("which changes nothing");
    assert_eq!(state(&user)["source"], "free");
}
