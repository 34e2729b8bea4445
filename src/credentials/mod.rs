//! Logins: the store, refreshing under a lock, the device flow. A token leaves this room only
//! towards its own origin, and never in a form that can be printed.

pub mod secret;

pub use secret::Secret;

use jiff::Timestamp;

/// A usable access token and what it says of itself.
#[derive(Clone, Debug)]
pub struct Token {
    /// The token.
    pub secret: Secret,
    /// The organisation it acts for (claim `org_id`), if it says so.
    pub organisation: Option<String>,
    /// The person it acts for (claim `sub`), if it says so.
    pub subject: Option<String>,
    /// When it ends.
    pub expires_at: Option<Timestamp>,
    /// What it may do, whole words.
    pub scopes: Vec<String>,
}
