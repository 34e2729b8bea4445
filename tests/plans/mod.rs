//! Promise: a plan is upgraded and paid for once, and every other verb of `topup plan` charges
//! nothing.

mod answers;
mod looking;
mod persons;
mod unknown;
mod upgrading;

use crate::support::{Ran, User};
use serde_json::Value;

const PATH: &str = "/api/billing/subscription/upgrade";
const UPGRADE: &[&str] = &["plan", "upgrade", "plus", "--yes", "--json"];

/// The keys of the upgrades that this portal has seen, each once.
fn keys(keeper: &User) -> Vec<String> {
    let log = keeper.run(&["sandbox", "log", "--json"]).code(0).json();
    let mut keys: Vec<String> = log["data"]["requests"]
        .as_array()
        .expect("requests")
        .iter()
        .filter(|seen| seen["path"] == PATH)
        .map(|seen| seen["idempotency_key"].as_str().expect("a key").to_owned())
        .collect();
    keys.sort();
    keys.dedup();
    keys
}

fn tier(user: &User) -> String {
    let shown = user.run(&["plan", "show", "--json"]).code(0).json();
    shown["data"]["current"]["tier_id"].as_str().unwrap_or("free").to_owned()
}

/// The document of a plan upgrade is that of one charge that is proved.
#[track_caller]
fn is_paid(ran: &Ran, amount: &str) -> Value {
    let data = ran.json()["data"].clone();
    assert_eq!(
        (data["status"].as_str(), data["kind"].as_str()),
        (Some("settled"), Some("plan_upgrade"))
    );
    assert_eq!((&data["amount_usd"], &data["upgrade"]["charged"]), (&amount.into(), &"yes".into()));
    data
}
