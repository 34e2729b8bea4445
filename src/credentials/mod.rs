//! Logins: the store, refreshing under a lock, the device flow. A token leaves this room only
//! towards its own origin, and never in a form that can be printed.

pub mod command;
pub mod device;
pub mod document;
#[cfg(test)]
pub(crate) mod fake;
pub mod hermes;
pub mod jwt;
pub mod oauth;
mod refresh;
mod refresh_guard;
#[cfg(test)]
mod sandbox_tests;
mod secure_file;
pub mod session;
pub mod store;

pub use command::CredentialCommand;
pub use document::{Borrowed, CredentialDocument, Key, Login, Pending, Unknown};
pub use jwt::Claims;
pub use session::Session;
pub use store::Store;

use crate::core::secret::Secret;
use jiff::{SignedDuration, Timestamp};

/// A login lasts this long from its approval, whatever is refreshed in between. Contract: nous,
/// authentication.
const LOGIN_LASTS: SignedDuration = SignedDuration::from_hours(30 * 24);
/// From this long before its end on, people are told.
const WARN_BEFORE: SignedDuration = SignedDuration::from_hours(3 * 24);

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

impl Token {
    /// A token that was handed in: all that is known is what it says of itself.
    pub fn of(secret: Secret) -> Self {
        let claims = jwt::claims(secret.expose());
        Self {
            secret,
            organisation: claims.organisation,
            subject: claims.subject,
            expires_at: claims.expires_at,
            scopes: claims.scopes.unwrap_or_default(),
        }
    }

    /// Whether it may spend; `None` when neither the portal nor the token said what it may do.
    pub fn may_spend(&self) -> Option<bool> {
        (!self.scopes.is_empty()).then(|| self.may(oauth::SPENDING_SCOPE))
    }

    /// Whom a purchase with this token is for: organisation and subject. A token that says
    /// neither stands for itself, so that another one is never taken for the same account.
    pub fn acts_for(&self) -> (Option<String>, Option<String>) {
        if self.organisation.is_some() || self.subject.is_some() {
            return (self.organisation.clone(), self.subject.clone());
        }
        (None, Some(format!("token {}", self.secret.fingerprint())))
    }

    /// Whether this very word is among the scopes.
    pub fn may(&self, scope: &str) -> bool {
        self.scopes.iter().any(|word| word == scope)
    }
}

/// When a login ends for good: 30 days after its approval. `None`: its approval is not known.
pub fn login_ends(login: &Login) -> Option<Timestamp> {
    login.approved_at?.checked_add(LOGIN_LASTS).ok()
}

/// One line for a person when the login ends within three days, or has ended.
pub fn ending_soon(ends: Option<Timestamp>, now: Timestamp) -> Option<String> {
    let left = ends?.duration_since(now);
    if left > WARN_BEFORE {
        return None;
    }
    if left <= SignedDuration::ZERO {
        return Some("This login has run out; 'topup login' makes a new one.".into());
    }
    let left = crate::core::duration::show(left.unsigned_abs());
    Some(format!("This login ends in {left}; 'topup login' makes a new one."))
}
