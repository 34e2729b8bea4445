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

pub(crate) mod account;
pub(crate) mod balances;
pub(crate) mod billing;
pub(crate) mod byterover;
pub(crate) mod ciris;
pub(crate) mod cloudflare;
pub(crate) mod faults;
pub(crate) mod gates;
pub(crate) mod identity;
pub(crate) mod keys;
pub(crate) mod logins;
pub(crate) mod oauth;
pub(crate) mod pages;
pub(crate) mod plans;
pub(crate) mod portal;
pub(crate) mod sales;
pub(crate) mod server;
pub(crate) mod settings;
pub(crate) mod store;
pub(crate) mod subscription;
pub(crate) mod tables;
pub(crate) mod token;
pub(crate) mod uses;
pub(crate) mod vercel;
pub(crate) mod wire;

#[cfg(test)]
mod tests;

pub use logins::{Contract, Login, was_claimed};
pub use portal::{Portal, Revoke, Running, SeenRequest, ServedPortal};
pub use server::ServeOptions;
