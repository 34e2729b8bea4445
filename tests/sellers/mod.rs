//! Promise: at sellers that know no keys a purchase is paid at most once, what their own lists show is
//! concluded by itself where only this journal buys, and everything else is left to a person with the
//! evidence beside it.

mod cloudflare;
mod harms;
mod vercel;

use crate::support::{Ran, User};
use serde_json::Value;

/// Somebody at the sandbox of this system, whose purchases settle at once.
fn buyer(system: &str) -> User {
    User::on_sandbox().with("TOPUP_PROVIDER", system)
}

/// The same, whose profile says that only this journal buys.
fn sole_buyer(system: &str) -> User {
    buyer(system).with("TOPUP_SOLE_BUYER", "1")
}

/// What was bought, by the seller's own book.
fn top_ups(user: &User) -> Vec<Value> {
    let book = user.run(&["sandbox", "charges", "--json"]).code(0).json();
    book["data"]["top_ups"].as_array().expect("a list").clone()
}

/// How often this was asked for.
fn asked(user: &User, call: &str) -> usize {
    user.seen().iter().filter(|seen| seen.as_str() == call).count()
}

/// A failure of class 51, and its evidence.
#[track_caller]
fn unknown(ran: Ran) -> Value {
    ran.code(51).failed("outcome_unknown", Some("unknown"))
}
