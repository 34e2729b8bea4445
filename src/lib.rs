//! `topup` buys, watches and meters prepaid AI credits from the shell, and never pays twice.
//!
//! Rooms, from the top; each file uses only rooms below its own (`CONTRIBUTING.md` has the map and
//! the recipes, and a test holds the arrows):
//!
//! - [`cli`]: what is typed, and how an answer looks; [`app`]: what each verb does
//! - [`output`]: the only writer
//! - [`purchase`]: exactly once; [`provider`]: the billing systems
//! - [`ledger`]: the prepaid budget; [`notice`]: mail and webhook
//! - [`credentials`]: logins; [`http`]: the one client; [`config`]: profiles
//! - [`store`]: SQL that databases share; [`core`]: classes, failures, money, time, files, targets
//!
//! [`sandbox`] is a portal of its own and uses `ledger`, `store` and `core` alone.
//!
//! Public is what the tests outside use; the compiler finds what else is dead.

mod app;
pub mod cli;
pub mod config;
pub mod core;
mod credentials;
#[cfg(any(test, fuzzing))]
pub mod fuzzing;
pub mod http;
pub mod ledger;
mod notice;
pub mod output;
pub mod provider;
pub mod purchase;
mod sandbox;
pub mod store;

pub use cli::run;
pub use credentials::renewal;
