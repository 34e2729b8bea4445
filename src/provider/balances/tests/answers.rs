//! What is no usable answer, what of one may never be shown, and which account is meant.

use super::*;

#[test]
fn the_key_itself_is_in_no_answer_and_in_no_failure() {
    let json = format!(
        r#"{{"api_key":"{KEY}","ssh_key":"{KEY}","credit":12.5,"balance":0,"username":"{KEY}"}}"#
    );
    let state = answered("vast", &body(&json)).expect("an account");
    assert_eq!((state.balance, state.figures.len()), (None, 2));
    let account = State::Row(Box::new(state.clone()));
    let shown = serde_json::to_string(&account).expect("a document");
    assert!(!shown.contains(KEY) && shown.contains("12.5"), "{shown}");
    assert_eq!(state.usable_balance().expect_err("which?").class(), Class::Protocol);

    let named =
        format!(r#"{{"username":"me {KEY}","credits":{{"current_balance":1,"currency":"USD"}}}}"#);
    let state = answered("fal", &body(&named)).expect("an account");
    assert_eq!(state.account.as_deref(), Some("me [cut out]"));
    for status in [400, 401, 403, 404, 429, 500] {
        let tape = format!("{status}\n\n{{\"error\":{{\"message\":\"the key {KEY} is bad\"}}}}");
        let error = answered("kilo", &tape).expect_err("refused");
        assert!(!format!("{error} {error:?}").contains(KEY), "{status}: {error:?}");
        assert!(error.to_string().contains("[cut out] is bad"), "{status}: {error}");
    }
}

#[test]
fn a_status_has_a_class_and_what_is_no_answer_of_the_system_is_told_apart() {
    for (tape, class) in [
        ("401\n\n{}", Class::NotLoggedIn),
        ("403\n\n{}", Class::InsufficientScope),
        ("429\nretry-after: 30\n\n{}", Class::RateLimited),
        ("500\n\noops", Class::ServerError),
        ("503\n\n{}", Class::ServerError),
        ("302\nlocation: https://evil.example/\n\n", Class::EndpointUnavailable),
        ("404\n\n<html>", Class::EndpointUnavailable),
        ("200\ncontent-type: text/html\n\n<html>sign in</html>", Class::EndpointUnavailable),
        ("200\n\n<html>sign in</html>", Class::EndpointUnavailable),
        ("200\n\n[1]", Class::Protocol),
        ("200\n\n{\"balance\":1,\"balance\":2}", Class::Protocol),
        ("200\n\n", Class::Protocol),
    ] {
        let error = answered("kilo", tape).expect_err(tape);
        assert_eq!(error.class(), class, "{tape}: {error}");
    }
    let asked = answered("kilo", "429\nretry-after: 30\n\n{}").expect_err("too often");
    assert_eq!(asked.parts().retry_after, Some(30));
    let wrong_team = answered("xai", "404\n\n{\"error\":\"team not found\"}").expect_err("no team");
    assert_eq!(wrong_team.class(), Class::Config);
}

#[test]
fn an_id_that_nobody_names_is_found_where_the_system_tells_it_or_asked_for() {
    let validation = body(r#"{"scope":"SCOPE_TEAM","scopeId":"team-1"}"#);
    let balance = body(r#"{"total":{"val":"-500"}}"#);
    let tape = format!("{validation}\n---\n{balance}");
    let state = answered_with("xai", &tape, &[]).expect("a team");
    assert_eq!(state.balance.expect("money").to_string(), "5.00");
    for json in [
        r#"{"scope":"SCOPE_ORGANIZATION","scopeId":"o"}"#,
        r#"{"scope":"SCOPE_TEAM","scopeId":"../x"}"#,
    ] {
        let error = answered_with("xai", &body(json), &[]).expect_err(json);
        assert_eq!(error.class(), Class::Config, "{error}");
        assert!(error.parts().hints.iter().any(|hint| hint.to_string().contains("team_id")));
    }
    let projects = |list: &str| {
        let balances = body(r#"{"balances":[{"amount":1,"units":"USD"}]}"#);
        format!("{}\n---\n{balances}", body(&format!(r#"{{"projects":{list}}}"#)))
    };
    let one = projects(r#"[{"project_id":"p1","name":"mine"}]"#);
    assert!(answered_with("deepgram", &one, &[]).is_ok());
    let two = projects(r#"[{"project_id":"p1"},{"project_id":"p2"}]"#);
    let error = answered_with("deepgram", &two, &[]).expect_err("which?");
    assert!(error.to_string().contains("2 of them"), "{error}");
    // Nothing is sent where nothing names the account.
    let error = answered_with("cloudflare", "500\n\n{}", &[]).expect_err("no account");
    assert_eq!(error.class(), Class::Config);
    let told_ids: Vec<String> = error.parts().hints.iter().map(ToString::to_string).collect();
    assert!(told_ids.concat().contains("CLOUDFLARE_ACCOUNT_ID"), "{told_ids:?}");
    for id in ["a/b", "..", "a b", "a?b", "\u{7}", &"x".repeat(200)] {
        let error = answered_with("cloudflare", "500\n\n{}", &[("account_id", id)]).expect_err(id);
        assert_eq!(error.class(), Class::Config, "{id}");
    }
}

#[test]
fn what_the_account_of_digitalocean_shows_is_no_balance() {
    let bills = body(
        r#"{"month_to_date_balance":"23.44","account_balance":"12.23","month_to_date_usage":"11.21"}"#,
    );
    let state = answered("digitalocean", &format!("404\n\n{{\"id\":\"not_found\"}}\n---\n{bills}"))
        .expect("bills");
    assert_eq!((state.balance, state.figures.len()), (None, 2));
    assert_eq!(state.usable_balance().expect_err("owed?").class(), Class::Protocol);
}

#[test]
fn a_region_says_the_currency() {
    let json = body(r#"{"code":0,"status":true,"data":{"available_balance":5}}"#);
    for (region, unit) in [("cn", "cny"), ("ai", "usd")] {
        let state = answered_with("moonshot", &json, &[("region", region)]).expect(region);
        assert_eq!(state.unit.to_string(), unit);
    }
    assert_eq!(
        answered_with("moonshot", &json, &[]).expect("the usual one").unit.to_string(),
        "usd"
    );
}

#[test]
fn a_path_hangs_below_the_base_whatever_the_base_is() {
    for (base, path, whole) in [
        ("https://a.example", "/x?y=1", "https://a.example/x?y=1"),
        ("https://a.example/api/v1", "/credits", "https://a.example/api/v1/credits"),
        ("http://127.0.0.1:8080/p/", "/usage_api/", "http://127.0.0.1:8080/p/usage_api/"),
    ] {
        let base = Url::parse(base).expect(base);
        assert_eq!(below(&base, path).as_str(), whole);
    }
}

#[test]
fn a_stand_in_may_be_named_with_or_without_the_prefix_of_the_system() {
    let answer = body(r#"{"totalCreditsBalanceUsd":12.5}"#);
    let asked_twice = format!("404\n\n{{}}\n---\n{answer}");
    let answered = |base: &str, tape: &str| answered_at("browser-use", base, tape, &[]);
    assert!(answered("http://127.0.0.1:9/api/v2", &answer).is_ok());
    assert!(answered("http://127.0.0.1:9", &asked_twice).is_ok());
    assert!(answered("http://127.0.0.1:9/proxy", &asked_twice).is_ok());
    // Where the prefix is there already, nothing is asked again.
    let error = answered("http://127.0.0.1:9/api/v2", &asked_twice).expect_err("not there");
    assert_eq!(error.class(), Class::EndpointUnavailable);
}
