//! Promise: a login at an agent is renewed while it lives, and 'logout' ends it there as well.

use crate::scripted::{Asked, Scripted, Told};
use crate::support::{Server, User};
use serde_json::{Value, json};

/// An agent whose tokens live a day, and that answers a logout with this status.
fn agent(logout: u16) -> Scripted {
    Scripted::new(move |asked: &Asked| {
        let token = |word: &str| {
            let body = json!({"access_token": word, "token_type": "bearer", "expires_in": 86_400,
                "user_id": "user-1", "role": "OBSERVER"});
            Told::Json(200, body.to_string())
        };
        match asked.line.as_str() {
            "POST /v1/auth/login" => token("word-1"),
            "POST /v1/auth/refresh" => token("word-2"),
            "POST /v1/auth/logout" => Told::Json(logout, String::new()),
            "GET /v1/api/billing/credits" => Told::Json(
                200,
                json!({"has_credit": true, "credits_remaining": 5, "free_uses_remaining": 0,
                    "total_uses": 0, "purchase_required": false, "purchase_options": null})
                .to_string(),
            ),
            _ => Told::Json(404, json!({"detail": "Not found"}).to_string()),
        }
    })
}

fn logged_in(agent: &Scripted) -> User {
    let user = User::new().with("TOPUP_PROVIDER", "ciris").with("TOPUP_PORTAL_URL", &agent.url);
    let login = ["login", "--username", "ada", "--password-stdin"];
    user.run_with_input(&login, "secret\n").code(0);
    user
}

#[test]
fn a_logout_ends_the_login_at_the_agent_and_is_one_even_where_that_fails() {
    for (status, ended) in [(204, json!(true)), (401, json!(true)), (500, json!(false))] {
        let agent = agent(status);
        let user = logged_in(&agent);
        let ran = user.run(&["logout", "--json"]).code(0);
        let data = ran.json()["data"].clone();
        assert_eq!((&data["logged_out"], &data["ended_at_system"]), (&json!(true), &ended));
        if status == 500 {
            ran.says("lasts until");
        }
        let seen = agent.seen();
        let last = seen.last().expect("a request");
        assert_eq!(last.line, "POST /v1/auth/logout");
        assert!(last.head.contains("authorization: bearer word-1"), "{last:?}");
        user.run(&["state"]).code(10);
        let again = user.run(&["logout", "--json"]).code(0).json();
        assert_eq!(again["data"]["ended_at_system"], Value::Null);
        assert_eq!(agent.seen().len(), seen.len(), "there was nothing to end");
    }
}

#[test]
fn a_login_is_renewed_from_the_middle_of_its_life_on() {
    for renewed in [false, true] {
        let agent = agent(204);
        let user = logged_in(&agent);
        let file = user.file("credentials.json");
        let kept = std::fs::read_to_string(&file).expect("the logins");
        if renewed {
            // As if it had been made long ago, and ended in an hour.
            let mut document: Value = serde_json::from_str(&kept).expect("JSON");
            let ends = jiff::Timestamp::now() + jiff::SignedDuration::from_hours(1);
            document["logins"][0]["expires_at"] = json!(ends.to_string());
            document["logins"][0]["obtained_at"] = json!("2026-01-01T00:00:00Z");
            std::fs::write(&file, document.to_string()).expect("written");
        }
        user.run(&["state"]).code(0);
        let lines: Vec<String> = agent.seen().into_iter().map(|asked| asked.line).collect();
        let refreshed = lines.contains(&"POST /v1/auth/refresh".to_owned());
        assert_eq!(refreshed, renewed, "{lines:?}");
        let last = agent.seen().pop().expect("a request");
        let word = if renewed { "bearer word-2" } else { "bearer word-1" };
        assert!(last.head.contains(word), "{last:?}");
    }
}

#[test]
fn an_agent_that_lets_nobody_in_says_why_and_no_password_is_blamed() {
    let server = Server::start(&[]);
    let keeper = server.keeper();
    let user = User::new().with("TOPUP_PROVIDER", "ciris").with("TOPUP_PORTAL_URL", &server.url);
    let login = ["login", "--username", &server.ciris_username, "--password-stdin", "--json"];
    let try_it = |code: i32, class: &str| {
        let ran = user.run_with_input(&login, &server.ciris_password).code(code);
        ran.failed(class, None);
        ran
    };
    let set = |assignment: &str| {
        keeper.run(&["sandbox", "set", assignment]).code(0);
    };
    set("ciris-setup=required");
    let refused = try_it(16, "login_denied").says("is not set up yet");
    assert_eq!(refused.json()["error"]["code"], "setup_required");
    assert!(!refused.err.contains("username and password"), "{}", refused.err);
    set("ciris-setup=starting");
    let starting = try_it(41, "temporarily_unavailable").says("are still starting");
    assert_eq!(starting.json()["error"]["retry_after"], 2);
    set("ciris-setup=done");
    set("ciris-account=no_password");
    let refused = try_it(16, "login_denied").says("has no password").says("login --token-stdin");
    assert_eq!(refused.json()["error"]["code"], "auth.login.no_password_set");
    set("ciris-account=password");
    let wrong = user.run_with_input(&login, "another").code(16);
    wrong.failed("login_denied", None);
    let wrong = wrong.says("does not accept this username and password");
    assert_eq!(wrong.json()["error"]["code"], "auth.login.invalid_credentials");
    assert!(!wrong.err.contains("--token-stdin"), "{}", wrong.err);
    user.run_with_input(&login, &server.ciris_password).code(0);
}
