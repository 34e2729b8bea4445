//! A login with a username and a password: from standard input, the environment or a hidden
//! prompt, never from an argument.

use super::{LoggedIn, LoginAnswer, flow, warn_of_given};
use crate::answer::{Answer, document};
use crate::class::Class;
use crate::config::env;
use crate::context::Context;
use crate::credentials::{Login, Secret};
use crate::error::{Error, Result};
use crate::provider::PasswordLogin;
use jiff::SignedDuration;
use std::io::{self, Read};

/// No password is longer.
const LONGEST: u64 = 4096;

/// Exchanges them for a token and keeps that; the password is kept nowhere.
pub(super) fn log_in(
    context: &Context,
    way: &dyn PasswordLogin,
    username: Option<String>,
    from_stdin: bool,
) -> Result<Answer> {
    context.interrupt.install()?;
    warn_of_given(context)?;
    let session = context.session()?;
    flow::make_sure_of_the_store(&session)?;
    let username = match username {
        Some(name) => name,
        None if context.output.interactive => {
            context.output.ask(&context.interrupt, "Username: ")?.trim().to_owned()
        }
        None => return Err(missing("the username")),
    };
    if username.is_empty() || username.chars().any(char::is_control) {
        return Err(Error::usage("the username is empty or holds control characters"));
    }
    let password = password(context, from_stdin)?;
    let signed_in = way.log_in(&username, &password)?;
    let now = context.now();
    let mut login = Login::bare(session.key(), &session.portal().base, signed_in.access_token, now);
    login.expires_at = signed_in
        .expires_in
        .and_then(|seconds| now.checked_add(SignedDuration::from_secs(seconds)).ok());
    login.account = Some(signed_in.account);
    flow::keep(&session, login.clone())?;
    Ok(Answer::new(LoginAnswer::LoggedIn(Box::new(LoggedIn {
        portal: session.portal().shown(),
        scopes: Vec::new(),
        can_spend: None,
        organisation: None,
        subject: login.account,
        hermes_files: Vec::new(),
        role: signed_in.role,
        renewable: false,
        token_expires_at: login.expires_at.map(document::time),
        login_ends_at: login.expires_at.map(document::time),
        billing_enabled: None,
        card_ready: None,
        portal_url: None,
    }))))
}

fn password(context: &Context, from_stdin: bool) -> Result<Secret> {
    if from_stdin {
        let mut text = String::new();
        let read = io::stdin().take(LONGEST + 1).read_to_string(&mut text);
        let line = text.strip_suffix('\n').unwrap_or(&text);
        let line = line.strip_suffix('\r').unwrap_or(line);
        if read.is_err() || text.len() as u64 > LONGEST || line.contains('\n') {
            return Err(Error::usage("standard input does not hold one line with a password")
                .hint(
                    "Give it one line, as in: topup login --username NAME --password-stdin < file",
                ));
        }
        return usable(line.to_owned());
    }
    if let Some(text) = context.variable(env::CIRIS_PASSWORD)? {
        return usable(text);
    }
    if !context.output.interactive {
        return Err(missing("the password"));
    }
    usable(context.output.ask_hidden(&context.interrupt, "Password: ")?)
}

fn usable(text: String) -> Result<Secret> {
    if text.is_empty() {
        return Err(Error::usage("the password is empty; nothing was sent"));
    }
    Ok(Secret::new(text))
}

fn missing(what: &str) -> Error {
    Error::new(
        Class::ConfirmationRequired,
        format!("{what} is missing, and nobody can be asked here"),
    )
    .hint(format!(
        "Run 'topup login --username NAME --password-stdin', or set {}.",
        env::CIRIS_PASSWORD
    ))
}
