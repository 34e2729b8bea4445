//! Every row can be tried in the sandbox, with every verb that has something to say about it.

use crate::support::{User, at_once};
use serde_json::{Value, json};
use topup::provider::balances::table::ROWS;

fn names() -> Vec<&'static str> {
    ROWS.iter().map(|row| row.facts.name).collect()
}

/// What no gate can stand on: of an unknown unit, or not one number.
const WITHOUT_GATE: &[(&str, i32, &str)] =
    &[("cloudflare", 4, "cloudflare_balance_unit"), ("vast", 64, "two numbers")];

fn sandbox(name: &str) -> User {
    User::new().with("TOPUP_SANDBOX", "1").with("TOPUP_PROVIDER", name)
}

#[test]
fn every_row_is_read_gated_watched_and_looked_after() {
    at_once(&names(), |name| {
        let user = sandbox(name);
        let state = user.run(&["state", "--json"]).code(0).json();
        let data = &state["data"];
        assert_eq!((&state["provider"], &data["sandbox"]), (&json!(name), &json!(true)));
        for key in ["balance", "unit", "scope", "lags", "balances", "limits", "figures", "notes"] {
            assert!(data.get(key).is_some(), "no {key} in {data}");
        }
        let dollars = data["unit"] == "usd";
        assert_eq!(
            data["balance_usd"],
            if dollars { data["balance"].clone() } else { Value::Null }
        );
        let without = WITHOUT_GATE.iter().find(|(known, ..)| known == name);
        match without {
            None => {
                let left: f64 = data["balance"].as_str().expect("a number").parse().expect("one");
                assert!((left - 25.0).abs() < 0.001, "{data}");
                let enough = user.run(&["check", "--at-least", "20", "--json"]).code(0).json();
                assert_eq!(enough["data"]["scope"], data["scope"]);
                assert_eq!(enough["data"]["lags"], data["lags"]);
                let short = user.run(&["check", "--at-least", "30", "--json"]).code(30);
                short.failed("insufficient_balance", None);
                short.serves_no_page();
                let seen = user.run(&["watch", "--below", "30", "--one-look", "--json"]).code(0);
                assert_eq!(seen.json()["data"]["is_below"], true);
            }
            Some((_, code, says)) => {
                user.run(&["check", "--at-least", "20"]).code(*code).says(says);
                user.run(&["watch", "--below", "20", "--one-look"]).code(*code).says(says);
            }
        }
        user.run(&["open", "--link"]).code(0).prints("shown by 'topup sandbox serve'");
        let link = user.run(&["open", "--link", "--json"]).code(0).json();
        assert_eq!(link["data"]["portal_url"], Value::Null, "{link}");
        let who = user.run(&["whoami", "--json"]).code(0).json();
        assert_eq!(who["data"]["source"], "stored");
        user.run(&["doctor"]).code(0);
        user.run(&["state", "--brief"]).code(0);
        // Two of them sell; elsewhere nothing is bought, and nothing pretends to be.
        let code = if ["cloudflare", "vercel"].contains(name) { 0 } else { 6 };
        let bought = user.run(&["buy", "25", "--yes"]).code(code);
        if code != 0 {
            bought.says("topup sandbox serve");
        }
        std::fs::write(
            user.file("config.toml"),
            format!("[profiles.default]\nprovider = '{name}'\n"),
        )
        .expect("written");
        let user = user.with("TOPUP_PROVIDER", "");
        let all = user.run(&["state", "--all", "--json"]).code(0).json();
        assert_eq!(all["data"]["profiles"][0]["provider"], **name);
    });
}

#[test]
fn a_balance_of_the_sandbox_is_set_and_runs_out() {
    let user = sandbox("deepseek");
    user.set("system=deepseek:3.40");
    user.run(&["state"]).code(0).prints("$3.40");
    user.set("system=deepseek:0");
    let refused = user.run(&["check", "--at-least", "1", "--json"]).code(30);
    let refused = refused.failed("insufficient_balance", None);
    assert_eq!(refused["error"]["details"]["usable"], false);
    user.run(&["sandbox", "set", "system=nowhere:1"]).code(2).says("there is no such system");
    user.run(&["sandbox", "set", "system=deepseek"]).code(2).says("NAME:AMOUNT");
}

#[test]
fn an_ordinary_key_of_openrouter_is_told_its_own_limit() {
    let user = sandbox("openrouter");
    user.run(&["state", "--json"]).code(0).prints(r#""scope":"account""#);
    user.set("openrouter-key=ordinary");
    let state = user.run(&["state", "--json"]).code(0).json();
    assert_eq!(state["data"]["scope"], "key");
    let shown = user.run(&["state"]).code(0);
    shown.prints("this key's own limit").prints("management key");
    user.run(&["check", "--at-least", "20"]).code(0).prints("limit of this key alone");
    let limit = user.run(&["limit", "--json"]).code(0).json();
    assert_eq!(
        (&limit["data"]["scope"], &limit["data"]["remaining"]),
        (&json!("key"), &json!("25.00"))
    );
    user.run(&["limit", "--require", "20"]).code(0);
    user.run(&["limit", "--require", "26", "--json"]).code(31).failed("monthly_cap_exceeded", None);
}

#[test]
fn limits_are_told_where_there_are_some_and_nowhere_else() {
    at_once(&names(), |name| {
        let ran = sandbox(name).run(&["limit", "--json"]);
        if ["openrouter", "cloudflare", "elevenlabs", "tavily", "litellm"].contains(name) {
            let data = &ran.code(0).json()["data"];
            assert!(!data["limits"].as_array().expect("a list").is_empty(), "{data}");
        } else {
            ran.code(6);
        }
    });
}

#[test]
fn what_lags_is_said_by_a_gate() {
    let user = sandbox("xai");
    user.run(&["check", "--at-least", "20"]).code(0).prints("This number lags");
    let refused = user.run(&["check", "--at-least", "30", "--json"]).code(30);
    assert_eq!(refused.failed("insufficient_balance", None)["error"]["details"]["lags"], true);
    let seen = user.run(&["watch", "--below", "5", "--one-look", "--json"]).code(0).json();
    assert_eq!(seen["data"]["lags"], true);
}

#[test]
fn a_person_says_what_cloudflare_counts() {
    let user = sandbox("cloudflare");
    user.run(&["config", "set", "cloudflare_balance_unit", "cents"]).code(0);
    user.run(&["state", "--get", "balance_usd"]).code(0).prints("25.00");
    user.run(&["check", "--at-least", "25"]).code(0);
    user.run(&["config", "set", "cloudflare_balance_unit", "dollars"]).code(0);
    user.run(&["check", "--at-least", "2500"]).code(0);
    user.run(&["config", "set", "cloudflare_balance_unit", "yuan"]).code(2).says("cents");
    let file = user.file("config.toml");
    let text = std::fs::read_to_string(&file).expect("the file");
    std::fs::write(&file, text.replace("dollars", "yuan")).expect("written");
    user.run(&["check", "--at-least", "1"]).code(4).says("neither dollars nor cents");
}
