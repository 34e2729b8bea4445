//! The sandbox: a complete portal inside the binary, so that everything can be tried, scripted
//! and tested without an account and without real money.
//!
//! It never uses the client side, so that a mistake in one is not repeated in the other. Its
//! credits are kept by the project's own ledger.
//!
//! From the top, each using those below it:
//!
//! - [`portal`]: the handle of an administrator; [`settings`]: what `sandbox set` knows.
//! - [`server`]: connections, and which call goes where; [`pages`]: what a person sees in a
//!   browser.
//! - [`billing`], [`subscription`], [`identity`], [`oauth`], [`ciris`], [`byterover`]: the calls of
//!   the contracts; [`balances`]: the systems whose balance one request reads, two of which sell:
//!   [`cloudflare`], [`vercel`]; [`logins`]: the first logins; [`faults`]: what goes wrong on
//!   purpose.
//! - [`gates`], [`keys`]: what calls have to pass; [`account`], [`plans`], [`uses`], [`sales`]: the
//!   rules.
//! - [`store`], [`tables`]: the state in SQLite, and the portal's clock; [`wire`], [`token`]: what
//!   travels.

pub mod account;
pub mod balances;
pub mod billing;
pub mod byterover;
pub mod ciris;
pub mod cloudflare;
pub mod faults;
pub mod gates;
pub mod identity;
pub mod keys;
pub mod logins;
pub mod oauth;
pub mod pages;
pub mod plans;
pub mod portal;
pub mod sales;
pub mod server;
pub mod settings;
pub mod store;
pub mod subscription;
pub mod tables;
pub mod token;
pub mod uses;
pub mod vercel;
pub mod wire;

#[cfg(test)]
mod tests;

pub use logins::{Contract, Login, was_claimed};
pub use portal::{Portal, Revoke, Running, SeenRequest, ServedPortal};
pub use server::ServeOptions;
