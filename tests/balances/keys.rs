//! Which key is used, where it is kept, and where it goes: to its own system and nowhere else.

use super::{StandIn, configure};
use crate::support::{Ran, User};
use std::fs;

const DEEPSEEK: &str =
    r#"{"is_available":true,"balance_infos":[{"currency":"USD","total_balance":"7.50"}]}"#;

fn bearer(server: &StandIn) -> Vec<String> {
    server.seen().iter().filter_map(|asked| asked.header("authorization")).collect()
}

/// A key is in nothing that was printed.
#[track_caller]
fn is_nowhere(ran: &Ran, key: &str) {
    assert!(!ran.out.contains(key) && !ran.err.contains(key), "{}{}", ran.out, ran.err);
}

#[test]
fn a_key_is_kept_for_its_user_and_its_place_alone() {
    let (mine, other) = (StandIn::json(DEEPSEEK), StandIn::json(DEEPSEEK));
    let user = User::new().with("TOPUP_PROVIDER", "deepseek").with("TOPUP_PORTAL_URL", &mine.url);
    let ran = user.run_with_input(&["login", "--token-stdin"], "sk-kept\n").code(0);
    is_nowhere(&ran, "sk-kept");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode =
            fs::metadata(user.file("credentials.json")).expect("a file").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    let ran = user.run(&["-v", "state", "--json"]).code(0);
    is_nowhere(&ran, "sk-kept");
    assert_eq!(ran.json()["data"]["balance_usd"], "7.50");
    assert_eq!(bearer(&mine), ["Bearer sk-kept"; 2], "the check of the login, and the look");
    let user = user.with("TOPUP_PORTAL_URL", &other.url);
    user.run(&["state"]).code(10).says("login --token-stdin");
    assert!(other.seen().is_empty(), "asked before a key was known");
    // The place is remembered with the key.
    let user = user.with("TOPUP_PORTAL_URL", "");
    user.run(&["state"]).code(0);
    user.run(&["logout"]).code(0);
    assert!(
        !fs::read_to_string(user.file("credentials.json")).expect("a file").contains("sk-kept")
    );
}

#[test]
fn what_was_given_comes_before_what_is_kept_and_that_before_the_variable_of_the_system() {
    let server = StandIn::json(DEEPSEEK);
    let user = User::new().with("TOPUP_PROVIDER", "deepseek").with("TOPUP_PORTAL_URL", &server.url);
    user.run(&["state"]).code(10).says("DEEPSEEK_API_KEY");
    let user = user.with("DEEPSEEK_API_KEY", "sk-usual");
    user.run(&["state"]).code(0);
    let who = user.run(&["whoami", "--json"]).code(0).json();
    assert_eq!(
        (&who["data"]["source"], &who["data"]["variable"]),
        (&"variable".into(), &"DEEPSEEK_API_KEY".into())
    );
    user.run(&["doctor"]).code(0).prints("DEEPSEEK_API_KEY");
    user.run_with_input(&["login", "--token-stdin"], "sk-kept").code(0);
    user.run(&["state"]).code(0);
    let user = user.with("TOPUP_TOKEN", "sk-given");
    user.run(&["state"]).code(0);
    let mut used = bearer(&server);
    used.dedup();
    assert_eq!(used, ["Bearer sk-usual", "Bearer sk-kept", "Bearer sk-given"]);
}

#[test]
fn a_variable_of_two_systems_is_read_only_where_the_profile_names_it() {
    let ngrok = StandIn::json(r#"{"balanceCents":1234}"#);
    let user = User::new()
        .with("TOPUP_PROVIDER", "ngrok")
        .with("TOPUP_PORTAL_URL", &ngrok.url)
        .with("AI_GATEWAY_API_KEY", "whose-key");
    user.run(&["state"]).code(10).says("token_variable");
    assert!(ngrok.seen().is_empty());
    user.run(&["config", "set", "token_variable", "AI_GATEWAY_API_KEY"]).code(0);
    user.run(&["state"]).code(0).prints("$12.34");
    assert_eq!(bearer(&ngrok), ["Bearer whose-key"]);
    let refused = user.run(&["config", "set", "token_variable", "the-key-itself"]);
    assert!(!refused.err.contains("the-key-itself"), "{}", refused.err);
    refused.code(2).says("not the name of a variable");
    let file = user.file("config.toml");
    let text = fs::read_to_string(&file).expect("the file");
    fs::write(&file, text.replace("AI_GATEWAY_API_KEY", "the-key-itself")).expect("written");
    let refused = user.run(&["state"]);
    assert!(!refused.err.contains("the-key-itself"), "{}", refused.err);
    refused.code(4).says("not the name of a variable");
}

#[test]
fn each_system_is_shown_its_key_in_its_own_way() {
    for (system, body, header, value) in [
        ("fal", r#"{"credits":{"current_balance":1,"currency":"USD"}}"#, "authorization", "Key k"),
        (
            "deepgram",
            r#"{"projects":[{"project_id":"p"}],"balances":[{"amount":1,"units":"usd"}]}"#,
            "authorization",
            "Token k",
        ),
        ("elevenlabs", r#"{"character_limit":2,"character_count":1}"#, "xi-api-key", "k"),
        ("nanogpt", r#"{"usd_balance":"1"}"#, "x-api-key", "k"),
        ("browser-use", r#"{"totalCreditsBalanceUsd":1}"#, "x-browser-use-api-key", "k"),
        ("inference-sh", r#"{"balance":1}"#, "x-api-version", "2"),
    ] {
        let server = StandIn::json(body);
        let user = User::new()
            .with("TOPUP_PROVIDER", system)
            .with("TOPUP_PORTAL_URL", &server.url)
            .with("TOPUP_TOKEN", "k");
        user.run(&["state"]).code(0);
        for asked in server.seen() {
            assert_eq!(asked.header(header).as_deref(), Some(value), "{system}: {asked:?}");
            assert!(!asked.target.contains("k="), "{system}: {asked:?}");
        }
    }
}

#[test]
fn the_two_services_of_vercel_have_keys_of_their_own() {
    let (api, gateway) =
        (StandIn::json("{}"), StandIn::json(r#"{"balance":"95.50","total_used":"4.50"}"#));
    let user = User::new().with("TOPUP_PROVIDER", "vercel").with("TOPUP_PORTAL_URL", &api.url);
    // A stand-in for the one says nothing of the other: no key is sent to the real one.
    let given = user.run_with_input(&["login", "--token-stdin"], "vck").code(0);
    is_nowhere(&given, "vck");
    user.run(&["state"]).code(4).says("gateway_url");
    let user = user.with("TOPUP_GATEWAY_URL", &format!("{}/v1", gateway.url));
    user.run(&["state"]).code(10);
    user.run_with_input(&["login", "--token-stdin"], "gateway-key").code(0);
    user.run_with_input(&["login", "--token-stdin", "--buying"], "access-token").code(0);
    user.run(&["state"]).code(0).prints("$95.50");
    assert_eq!(bearer(&gateway), ["Bearer gateway-key"; 2], "the check, and the look");
    assert_eq!(gateway.seen()[0].target, "/v1/credits");
    assert!(api.seen().is_empty());
    user.run(&["logout"]).code(0);
    user.run(&["state"]).code(10);
}

#[test]
fn a_project_chooses_a_system_and_never_where_a_key_goes() {
    let elsewhere = StandIn::json(DEEPSEEK);
    let user = User::new().with("DEEPSEEK_API_KEY", "sk-usual");
    configure(
        user.home(),
        &[("default", "nous", "https://nobody.invalid"), ("away", "deepseek", &elsewhere.url)],
    );
    fs::write(user.file(".topup.toml"), "profile = 'away'\n").expect("written");
    user.run(&["state"]).code(10);
    assert!(elsewhere.seen().is_empty());
    // Whoever names the profile means it.
    user.run(&["--profile", "away", "state"]).code(0);
    fs::write(user.file(".topup.toml"), "[systems.evil]\nbase_url = 'https://evil.example'\n")
        .expect("written");
    user.run(&["state"]).code(4).says(".topup.toml");
}
