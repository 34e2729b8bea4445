//! Rows of one's own: any HTTP API that tells a balance, from the user's file and from nowhere else.

use super::{StandIn, response};
use crate::support::User;
use serde_json::json;
use std::fs;

fn with_row(row: &str) -> User {
    let user = User::new();
    let text = format!("[profiles.farm]\nprovider = 'render'\naccount_id = '42'\n{row}");
    fs::write(user.file("config.toml"), text).expect("written");
    user.with("TOPUP_PROFILE", "farm")
}

#[test]
fn any_api_that_tells_a_balance_is_a_system() {
    let server = StandIn::new(|asked| {
        assert_eq!(
            (asked.method.as_str(), asked.target.as_str()),
            ("POST", "/api/accounts/42/credit")
        );
        assert_eq!(asked.header("x-api-key").as_deref(), Some("farm-key"));
        assert_eq!(asked.header("x-version").as_deref(), Some("2"));
        response(200, "", r#"{"ok":true,"data":{"total":"250000","held":50000},"cap":9}"#)
    });
    let user = with_row(&format!(
        "[systems.render]\ntitle = 'Render farm'\nbase_url = '{}/api'\n\
         path = '/accounts/{{account_id}}/credit'\nbody = '{{}}'\nheader = 'x-api-key'\n\
         headers = {{ x-version = '2' }}\nbalance = '/data/total'\nminus = ['/data/held']\n\
         scale = 10000\ncurrency = 'EUR'\nscope = 'team'\nsuccess = '/ok'\n\
         token_variables = ['FARM_KEY']\nlags = 'it is counted at night'\n\
         page = 'https://farm.example/topup'\n",
        server.url
    ))
    .with("FARM_KEY", "farm-key");
    let state = user.run(&["state", "--json"]).code(0).json();
    let data = &state["data"];
    assert_eq!(state["provider"], "render");
    assert_eq!(
        (&data["balance"], &data["unit"], &data["scope"]),
        (&json!("20.00"), &json!("eur"), &json!("team"))
    );
    assert_eq!((&data["lags"], &data["balance_usd"]), (&json!(true), &json!(null)));
    user.run(&["check", "--at-least", "20"]).code(0);
    user.run(&["check", "--at-least", "20", "--unit", "usd"]).code(2).says("eur");
    user.run(&["watch", "--below", "21", "--one-look"]).code(0);
    user.run(&["open", "--link"]).code(0).prints("https://farm.example/topup");
    user.run(&["whoami"]).code(0).prints("FARM_KEY");
    user.run(&["doctor"]).code(0);
    user.run(&["buy", "25", "--yes"]).code(6);
    let checked = user.run(&["config", "check"]).code(0);
    checked.prints("POST ").prints("/api/accounts/42/credit").prints("EUR 20.00");
    let checked = user.run(&["config", "check", "--json"]).code(0).json();
    assert_eq!(
        (&checked["data"]["tried"], &checked["data"]["systems"]),
        (&json!("render"), &json!(["render"]))
    );
    assert_eq!(checked["data"]["read"]["balance"], "20.00");
    // By its name, from any profile.
    let user = user.with("TOPUP_PROFILE", "");
    user.run(&["--provider", "render", "state"]).code(4).says("account_id");
}

#[test]
fn a_wrong_row_names_its_key_and_what_is_allowed_and_costs_only_those_who_mean_it() {
    for (row, says, allowed) in [
        ("base_url = 'https://x.example'\npath = '/b'\n", "systems.render.balance", "JSON pointer"),
        (
            "base_url = 'https://x.example'\npath = '/b'\nbalance = '/b'\nscale = 7\n",
            "systems.render.scale",
            "2 and 5",
        ),
        (
            "base_url = 'https://x.example'\npath = '/b'\nbalance = '/b'\nblance = 1\n",
            "systems.render.blance",
            "Available: base_url",
        ),
    ] {
        let user = with_row(&format!("[systems.render]\n{row}"));
        let ran = user.run(&["state"]).code(4);
        ran.says("config.toml").says(says).says(allowed);
        user.run(&["config", "check"]).code(4).says(says);
        user.run(&["config", "check", "--json"]).code(4).failed("config", None);
        // Other systems do not care.
        user.run(&["--sandbox", "--provider", "deepseek", "state"]).code(0);
        user.run(&["--provider", "nous", "state"]).code(10);
    }
    let user = with_row("[systems.deepseek]\nbase_url = 'https://x.example'\n");
    user.run(&["--provider", "deepseek", "state"]).code(4).says("systems.deepseek");
    let user = with_row("systems = 3\n");
    user.run(&["state"]).code(4).says("config.toml, line");
}

#[test]
fn a_word_that_names_no_system_is_a_mistake_for_every_verb() {
    let user = User::new();
    user.run(&["--provider", "nonsense", "explain"]).code(2).says("Available: nous");
    user.run(&["--provider", "nonsense", "state", "--json"]).code(2).failed("usage", None);
}
