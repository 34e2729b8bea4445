//! Logins: the store, renewing under a lock, the device flow. A token leaves this room only towards
//! its own origin, and never in a form that can be printed.

pub(crate) mod brv;
pub(crate) mod command;
pub(crate) mod device;
pub(crate) mod document;
mod exchange;
#[cfg(test)]
pub(crate) mod fake;
pub(crate) mod hermes;
pub(crate) mod jwt;
pub(crate) mod lifetime;
mod login_slot;
mod moving;
pub(crate) mod oauth;
mod refresh;
mod refresh_guard;
pub mod renewal;
#[cfg(test)]
mod sandbox_tests;
mod secure_file;
pub(crate) mod session;
mod shared_store;
pub(crate) mod store;
pub(crate) mod token;
mod vault;
#[cfg(test)]
mod vault_kill_tests;
#[cfg(test)]
mod vault_tests;

pub use command::CredentialCommand;
pub use document::{
    Borrowed, BorrowedFromBrv, CredentialDocument, Keeper, Key, Login, Pending, Unknown,
};
pub use lifetime::ending_soon;
pub use moving::{MovedLogins, VaultOf, move_logins, preview_logins};
pub use session::Session;
pub use store::Store;
pub use token::Token;
pub use vault::{Vault, VaultKeys, new_key};
