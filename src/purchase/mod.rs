//! A purchase that was asked for once is charged at most once, and the tool knows whether it was.
//!
//! - [`record`]: what a purchase is: the fold of rows that are only ever appended (`row`), each with
//!   a reading of all clocks (`clocks`).
//! - [`machine`]: the rules, pure: `(purchase, event) → (purchase, action)`.
//! - [`steps`]: what goes in and out of it: plan, actions, events, report.
//! - [`driver`]: performs the actions of the machine, one after the other, in a [`driver::World`].
//! - [`world`]: that world as it is: journal, session, system, clocks.
//! - [`summary`]: what a run found out, as people and scripts are told.
//! - [`journal`]: the rows in SQLite, durable before anything that depends on them.
//! - [`find_or_create`]: which purchase a command means: a new one, or one that is not final.
//! - [`key`]: keys from names, and what proves that a name is used for the first time.
//! - [`guards`]: the local spending limits.
//! - [`lock`]: one process at a time for each purchase.
//!
//! Where a person pays in a browser, nothing is charged by what is sent from here, and the rules
//! are simpler:
//!
//! - [`payment`]: what is kept of such a payment; [`paying`]: one run at it; [`receipt`]: what the
//!   run found out.

mod clocks;
pub mod driver;
pub mod find_or_create;
pub mod guards;
pub mod journal;
pub mod key;
pub mod lock;
pub mod machine;
pub mod paying;
pub mod payment;
pub mod receipt;
pub mod record;
mod row;
#[cfg(test)]
mod scripted;
pub mod steps;
pub mod summary;
pub mod world;
