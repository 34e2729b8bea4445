//! A login with a username and a password. They are exchanged for a token, and kept nowhere.

use super::keep::{check_room, keep};
use super::{Granted, LoginParts};
use crate::core::class::Class;
use crate::core::dialog::Ask;
use crate::core::env;
use crate::core::failure::{Failure, Result};
use crate::core::secret::Secret;
use crate::credentials::Login;
use jiff::SignedDuration;

/// What a person gave to log in with; what is missing is asked for.
pub struct Given {
    /// The username.
    pub username: Option<String>,
    /// The password.
    pub password: Option<String>,
}

/// Exchanges them for a token and keeps that.
///
/// # Errors
/// Class `login_denied` when they are not accepted, `confirmation_required` when one is missing and
/// no person can be asked, `config` when the login cannot be kept.
pub fn log_in(parts: LoginParts<'_>, ask: &dyn Ask, given: Given) -> Result<Granted> {
    let session = parts.session;
    let way = parts
        .provider
        .password_login()
        .ok_or_else(|| Failure::internal("no password is taken here"))?;
    check_room(session)?;
    let username = match given.username {
        Some(name) => name,
        None if ask.can_ask() => ask.line("Username: ")?.trim().to_owned(),
        None => return Err(missing("the username")),
    };
    if username.is_empty() || username.chars().any(char::is_control) {
        return Err(Failure::usage("the username is empty or holds control characters"));
    }
    let password = match given.password {
        Some(password) => password,
        None if ask.can_ask() => ask.hidden("Password: ")?,
        None => return Err(missing("the password")),
    };
    if password.is_empty() {
        return Err(Failure::usage("the password is empty; nothing was sent"));
    }
    let signed_in = way.log_in(&username, &Secret::new(password))?;
    let now = parts.clock().now();
    let mut login = Login::bare(session.key(), &session.portal().base, signed_in.access_token, now);
    login.expires_at = signed_in
        .expires_in
        .and_then(|seconds| now.checked_add(SignedDuration::from_secs(seconds)).ok());
    login.account = Some(signed_in.account);
    keep(session, login.clone())?;
    Ok(Granted { role: signed_in.role, ..Granted::new(session.portal(), login, false) })
}

fn missing(what: &str) -> Failure {
    let message = format!("{what} is missing, and no person can be asked here");
    Failure::new(Class::ConfirmationRequired, message).hint_with(
        "Run 'topup login --username NAME --password-stdin', or set {}.",
        &[&env::CIRIS_PASSWORD],
    )
}
