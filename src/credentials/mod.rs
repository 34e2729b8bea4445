//! Logins: the store, renewing under a lock, the device flow. A token leaves this room only towards
//! its own origin, and never in a form that can be printed.

pub mod brv;
pub mod command;
pub mod device;
pub mod document;
mod exchange;
#[cfg(test)]
pub(crate) mod fake;
pub mod hermes;
pub mod jwt;
pub mod lifetime;
mod login_slot;
pub mod oauth;
mod refresh;
mod refresh_guard;
#[cfg(test)]
mod sandbox_tests;
mod secure_file;
pub mod session;
pub mod store;
pub mod token;
mod vault;
#[cfg(test)]
mod vault_tests;

pub use command::CredentialCommand;
pub use document::{
    Borrowed, BorrowedFromBrv, CredentialDocument, Keeper, Key, Login, Pending, Unknown,
};
pub use jwt::Claims;
pub use lifetime::ending_soon;
pub use session::Session;
pub use store::Store;
pub use token::Token;
pub use vault::{Vault, VaultKeys, new_key};
