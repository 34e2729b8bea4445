//! A token or key that was made somewhere else. One call shows that the system accepts it, before
//! anything is kept.

use super::keep::keep;
use super::{Granted, LoginParts};
use crate::core::class::Class;
use crate::core::command::NextStep;
use crate::core::failure::{Failure, Result};
use crate::core::secret::Secret;
use crate::credentials::{Login, jwt, oauth};
use crate::provider;

/// What became of a key that was not accepted, or could not be checked.
const NOT_KEPT: &str = "The key was not stored; the earlier login is unchanged.";

/// What a token is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// It shows the account.
    Looking,
    /// It buys, at a system where another key shows the account.
    Buying,
}

/// Checks it and keeps it, as a login that cannot be renewed unless its system does that by itself.
///
/// # Errors
/// Class `usage` for text that can be no token, `not_logged_in` for one that the system refuses, the
/// class of an answer that shows neither, `config` when it cannot be kept.
pub fn log_in(parts: LoginParts<'_>, given: &str, purpose: Purpose) -> Result<Granted> {
    let secret = parse(given)?;
    // A system with a second service has its balance read there.
    let at_gateway = parts.session.at_gateway().filter(|_| purpose == Purpose::Looking);
    let session = at_gateway.as_ref().unwrap_or(parts.session);
    if purpose == Purpose::Buying && parts.session.at_gateway().is_some() {
        // Every call that is known to take it spends.
        let line = "The token was stored unchecked: only a purchase can test it.";
        parts.report.note(&line.into());
    } else {
        check_accepted(parts, &secret).map_err(|error| without(error, &secret).hint(NOT_KEPT))?;
    }
    let claims = jwt::claims(secret.expose());
    let mut login = Login::bare(session.key(), &session.portal().base, secret, parts.clock().now());
    login.scope = claims.scopes.unwrap_or_default().join(" ");
    login.client_id = claims.client_id.unwrap_or_else(|| oauth::CLIENT_ID.to_owned());
    login.expires_at = claims.expires_at;
    keep(session, login.clone())?;
    Ok(Granted::new(session.portal(), login, false))
}

/// One word of visible characters.
fn parse(given: &str) -> Result<Secret> {
    let refuse = |why: &str| {
        Err(Failure::usage(format!("standard input does not hold a token: {why}"))
            .hint("Give it one line, as in: topup login --token-stdin < token-file"))
    };
    let secret = Secret::new(given.trim());
    if secret.is_empty() {
        return refuse("it is empty");
    }
    if !secret.is_sendable() {
        return refuse("a token is one word of visible ASCII characters");
    }
    Ok(secret)
}

/// Asks the system once, with this key.
fn check_accepted(parts: LoginParts<'_>, secret: &Secret) -> Result<()> {
    let trial = parts.session.clone().with_token(secret.clone());
    let Err(mut error) = provider::connect(trial, parts.environment)?.check_key() else {
        return Ok(());
    };
    match (error.class(), error.parts().status) {
        // What may not see the account may be good for the rest, and nothing is wrong with a key
        // where nothing is sold.
        (_, Some(403)) | (Class::BillingDisabled, _) => Ok(()),
        // Nothing was asked: what the question needs is not set up yet.
        (Class::Config, None) => {
            let line = format!("The key was kept and could not be checked: {error}.");
            parts.report.note(&NextStep::text(line));
            Ok(())
        }
        _ => {
            // They are about a key that is in use.
            error.parts_mut().hints.clear();
            Err(error)
        }
    }
}

/// The error with the key cut out of it: a server may repeat what it was sent.
fn without(error: Failure, secret: &Secret) -> Failure {
    let mut error = error;
    let parts = error.parts_mut();
    for text in parts.code.iter_mut().chain([&mut parts.message]) {
        *text = text.replace(secret.expose(), "[cut out]");
    }
    error
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_one_word() {
        assert_eq!(parse(" tok \n").expect("a token").expose(), "tok");
        for bad in ["", " ", "two words", "a\u{7}", "é"] {
            assert_eq!(parse(bad).expect_err(bad).class(), Class::Usage);
        }
    }
}
