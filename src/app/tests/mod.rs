//! The use cases that buy, at a portal, with a person and by a clock of the test's own. What money
//! moved is counted in the portal's own book.

mod account;
mod buying;
mod ensuring;
mod foreseeing;
mod gating;
mod listing;
mod others;
mod packs;
mod planning;
mod portal;
mod prompts;
mod reloading;
mod restored;
mod resuming;
pub(crate) mod shop;
mod teaming;
mod upgrading;
