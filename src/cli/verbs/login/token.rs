//! `topup login --token-stdin`: a token that was made somewhere else.

use super::{answer, flow, warn_of_given};
use crate::cli::invocation::Invocation;
use crate::core::failure::{Failure, Result};
use crate::core::secret::Secret;
use crate::credentials::{Login, jwt, oauth};
use crate::output::Answer;
use flow::Granted;
use std::io::{self, Read};

/// The most that is read from standard input as a token.
const LONGEST_INPUT: u64 = 64 * 1024;

/// One line, checked, kept as a login that cannot be refreshed: one that shows the account, or, where
/// that is another one, one that buys.
pub(super) fn take(invocation: &Invocation, buying: bool) -> Result<Answer> {
    let secret = read_token()?;
    warn_of_given(invocation)?;
    let session =
        if buying { invocation.setup.session()? } else { invocation.setup.account_session()? };
    let claims = jwt::claims(secret.expose());
    let mut kept =
        Login::bare(session.key(), &session.portal().base, secret, invocation.setup.now());
    kept.scope = claims.scopes.unwrap_or_default().join(" ");
    kept.client_id = claims.client_id.unwrap_or_else(|| oauth::CLIENT_ID.to_owned());
    kept.expires_at = claims.expires_at;
    flow::keep(&session, kept.clone())?;
    let granted = Granted::unseen(session.portal(), kept, false);
    answer::granted(granted)
}

fn read_token() -> Result<Secret> {
    let refuse = |why: &str| {
        Err(Failure::usage(format!("standard input does not hold a token: {why}"))
            .hint("Give it one line, as in: topup login --token-stdin < token-file"))
    };
    let mut text = String::new();
    if io::stdin().take(LONGEST_INPUT).read_to_string(&mut text).is_err() {
        return refuse("it cannot be read as text");
    }
    let secret = Secret::new(text.trim());
    if secret.is_empty() {
        return refuse("it is empty");
    }
    if !secret.is_sendable() {
        return refuse("a token is one word of visible ASCII characters");
    }
    Ok(secret)
}
