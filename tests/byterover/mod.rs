//! Promise: `topup` tells which pot a ByteRover project is billed on, and guesses nothing where an
//! answer is missing.
//!
//! Against the sandbox, and against small servers that answer as the contract page says.

mod gates;
mod pins;
mod profiles;
mod state;

use crate::scripted::{Asked, Scripted, Told};
use crate::support::User;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

const USAGES: &str = "GET /api/v1/billing/usages";
const TIERS: &str = "GET /api/v1/billing/organizations/tiers";
const FREE: &str = "GET /api/v1/billing/usage/free-user/limit";

/// Somebody on the sandbox, in a project.
fn on_sandbox() -> User {
    let user = User::new().with("TOPUP_SANDBOX", "1").with("TOPUP_PROVIDER", "byterover");
    user.make_project("");
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
