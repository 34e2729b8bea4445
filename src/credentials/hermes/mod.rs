//! A login of Hermes, used in place: read from its files, renewed under its locks, written back
//! into them, and copied nowhere. Contract: nous, a Hermes login used in place.
//!
//! Hermes keeps a login twice: in `auth.json` of its home, as the object `providers.nous`, and in
//! `nous_auth.json`, which all homes share. The fresher copy counts. A process that renews the login
//! holds `auth.lock`, then `nous_auth.lock`, from reading to writing, and not for long: Hermes waits
//! fifteen seconds for them.
//!
//! **The shared copy is written first.** Hermes takes over the shared one whenever the refresh
//! tokens of the two differ. Written in the other order, a crash in between would let Hermes send
//! the refresh token that was used already, and that ends the session.
//!
//! **A copy that is missing is not made up**, and one that belongs to another portal is left
//! alone: what is there is kept in step, and nothing else. Where the shared copy is missing nothing
//! is renewed: Hermes has one, and it may be somewhere else.

mod borrowed;
mod copies;
mod copy;
mod dotenv;
mod installation;
mod text;

pub(super) use borrowed::HermesGuard;
pub use copies::Copies;
pub use copy::LOG_IN;
pub use installation::{Files, Installation};

/// The one system that Hermes has logins at.
pub const SYSTEM: &str = "nous";

#[cfg(test)]
mod tests;
