//! What each verb does: the use cases, free of arguments and of printing.

pub(crate) mod auto_reload;
pub(crate) mod buy;
pub(crate) mod buying;
pub(crate) mod check;
pub(crate) mod configuration;
pub(crate) mod doctor;
pub(crate) mod dry_run;
pub(crate) mod ensure;
pub(crate) mod history;
pub(crate) mod journal;
pub(crate) mod ledger;
pub(crate) mod limit;
pub(crate) mod login;
pub(crate) mod logout;
pub(crate) mod metrics;
pub(crate) mod overview;
pub(crate) mod packs;
pub(crate) mod plan;
pub(crate) mod questions;
pub(crate) mod readings;
pub(crate) mod resume;
pub(crate) mod sandbox;
pub(crate) mod settings;
pub(crate) mod setup;
pub(crate) mod state;
pub(crate) mod status;
pub(crate) mod summary;
pub(crate) mod team;
#[cfg(test)]
mod tests;
pub(crate) mod transactions;
pub(crate) mod upgrade;
pub(crate) mod watch;
pub(crate) mod whoami;
