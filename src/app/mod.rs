//! What each verb does: the use cases, free of arguments and of printing.

pub mod auto_reload;
pub mod buy;
pub mod buying;
pub mod check;
pub mod configuration;
pub mod doctor;
pub mod dry_run;
pub mod ensure;
pub mod history;
pub mod journal;
pub mod ledger;
pub mod limit;
pub mod login;
pub mod logout;
pub mod metrics;
pub mod overview;
pub mod packs;
pub mod plan;
pub mod questions;
pub mod readings;
pub mod resume;
pub mod sandbox;
pub mod settings;
pub mod setup;
pub mod state;
pub mod status;
pub mod summary;
pub mod team;
#[cfg(test)]
mod tests;
pub mod transactions;
pub mod upgrade;
pub mod watch;
pub mod whoami;
