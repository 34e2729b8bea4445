//! `topup` buys, watches and meters prepaid AI credits from the shell, and never pays twice.
//!
//! Rooms, from the top; each uses only those below it (the map and the recipes are in
//! `CONTRIBUTING.md`, and a test holds the arrows):
//!
//! [`cli`] what is typed and how an answer looks · [`app`] what each verb does · [`output`] the only
//! writer · [`purchase`] exactly once · [`ledger`] the prepaid budget · [`notice`] mail and webhook ·
//! [`provider`] the billing systems · [`credentials`] logins · [`http`] the one client · [`config`]
//! profiles · [`store`] SQL that databases share · [`core`] classes, failures, money, time, files,
//! targets. [`sandbox`] is a portal of its own and uses `ledger`, `store` and `core` alone.

pub mod app;
pub mod cli;
pub mod config;
pub mod core;
pub mod credentials;
#[cfg(any(test, fuzzing))]
pub mod fuzzing;
pub mod http;
pub mod ledger;
pub mod notice;
pub mod output;
pub mod provider;
pub mod purchase;
pub mod sandbox;
pub mod store;

pub use cli::run;
