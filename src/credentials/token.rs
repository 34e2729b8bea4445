//! A usable access token, and what it says of itself.

use super::jwt;
use crate::core::secret::Secret;
use jiff::Timestamp;

/// What permission to spend is called.
pub const SPENDING_SCOPE: &str = "billing:manage";

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
    pub fn new(secret: Secret) -> Self {
        let claims = jwt::claims(secret.expose());
        Self {
            secret,
            organisation: claims.organisation,
            subject: claims.subject,
            expires_at: claims.expires_at,
            scopes: claims.scopes.unwrap_or_default(),
        }
    }

    /// The team that it names (claim `owner_id`), if it does.
    pub fn owner(&self) -> Option<String> {
        jwt::claims(self.secret.expose()).owner
    }

    /// Whether it may spend; `None` when neither the portal nor the token said what it may do.
    pub fn may_spend(&self) -> Option<bool> {
        (!self.scopes.is_empty()).then(|| self.may(SPENDING_SCOPE))
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

/// Whose tokens a login has: the organisation and the person, as far as a token says it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Identity {
    /// The organisation (claim `org_id`).
    pub organisation: Option<String>,
    /// The person (claim `sub`).
    pub subject: Option<String>,
}

impl Identity {
    /// What this access token says.
    pub fn from_token(token: &Secret) -> Self {
        let claims = jwt::claims(token.expose());
        Self { organisation: claims.organisation, subject: claims.subject }
    }

    /// Whether both say something, and not the same. What one of them does not say proves nothing.
    pub fn differs_from(&self, other: &Self) -> bool {
        let differ = |one: &Option<String>, other: &Option<String>| {
            one.is_some() && other.is_some() && one != other
        };
        differ(&self.organisation, &other.organisation) || differ(&self.subject, &other.subject)
    }

    /// As a sentence names it.
    pub fn shown(&self) -> String {
        match (&self.organisation, &self.subject) {
            (Some(organisation), Some(subject)) => format!("{subject} in {organisation}"),
            (Some(one), None) | (None, Some(one)) => one.clone(),
            (None, None) => "an account that is not named".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_both_say_can_differ() {
        let identity = |organisation: Option<&str>, subject: Option<&str>| Identity {
            organisation: organisation.map(str::to_owned),
            subject: subject.map(str::to_owned),
        };
        let one = identity(Some("org_a"), Some("me"));
        for (other, differs) in [
            (identity(Some("org_a"), Some("me")), false),
            (identity(None, None), false),
            (identity(None, Some("me")), false),
            (identity(Some("org_b"), Some("me")), true),
            (identity(Some("org_a"), Some("you")), true),
            (identity(None, Some("you")), true),
        ] {
            assert_eq!(one.differs_from(&other), differs, "{other:?}");
            assert_eq!(other.differs_from(&one), differs, "{other:?}");
        }
    }
}
