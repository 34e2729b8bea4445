//! A login with a username and a password: from standard input, the environment or a hidden
//! prompt, never from an argument.

use super::{answer, flow, warn_of_given};
use crate::cli::invocation::Invocation;
use crate::core::class::Class;
use crate::core::env;
use crate::core::failure::{Failure, Result};
use crate::core::secret::Secret;
use crate::credentials::Login;
use crate::output::Answer;
use jiff::SignedDuration;
use std::io::{self, Read};

/// No password is longer.
const LONGEST: u64 = 4096;

/// Exchanges them for a token and keeps that; the password is kept nowhere.
pub(super) fn log_in(
    invocation: &Invocation,
    username: Option<String>,
    from_stdin: bool,
) -> Result<Answer> {
    let provider = invocation.setup.provider()?;
    let way =
        provider.password_login().ok_or_else(|| Failure::internal("no password is taken here"))?;
    invocation.setup.interrupt().install()?;
    warn_of_given(invocation)?;
    let session = invocation.setup.session()?;
    flow::make_sure_of_the_store(&session)?;
    let username = match username {
        Some(name) => name,
        None if invocation.output.interactive => {
            invocation.output.ask("Username: ")?.trim().to_owned()
        }
        None => return Err(missing("the username")),
    };
    if username.is_empty() || username.chars().any(char::is_control) {
        return Err(Failure::usage("the username is empty or holds control characters"));
    }
    let password = password(invocation, from_stdin)?;
    let signed_in = way.log_in(&username, &password)?;
    let now = invocation.setup.now();
    let mut login = Login::bare(session.key(), &session.portal().base, signed_in.access_token, now);
    login.expires_at = signed_in
        .expires_in
        .and_then(|seconds| now.checked_add(SignedDuration::from_secs(seconds)).ok());
    login.account = Some(signed_in.account);
    flow::keep(&session, login.clone())?;
    Ok(answer::signed_in(session.portal(), login, signed_in.role))
}

fn password(invocation: &Invocation, from_stdin: bool) -> Result<Secret> {
    if from_stdin {
        let mut text = String::new();
        let read = io::stdin().take(LONGEST + 1).read_to_string(&mut text);
        let line = text.strip_suffix('\n').unwrap_or(&text);
        let line = line.strip_suffix('\r').unwrap_or(line);
        if read.is_err() || text.len() as u64 > LONGEST || line.contains('\n') {
            return Err(Failure::usage("standard input does not hold one line with a password")
                .hint(
                    "Give it one line, as in: topup login --username NAME --password-stdin < file",
                ));
        }
        return usable(line.to_owned());
    }
    if let Some(text) = invocation.setup.variable(env::CIRIS_PASSWORD)? {
        return usable(text);
    }
    if !invocation.output.interactive {
        return Err(missing("the password"));
    }
    usable(invocation.output.ask_hidden("Password: ")?)
}

fn usable(text: String) -> Result<Secret> {
    if text.is_empty() {
        return Err(Failure::usage("the password is empty; nothing was sent"));
    }
    Ok(Secret::new(text))
}

fn missing(what: &str) -> Failure {
    Failure::new(
        Class::ConfirmationRequired,
        format!("{what} is missing, and nobody can be asked here"),
    )
    .hint_with(
        "Run 'topup login --username NAME --password-stdin', or set {}.",
        &[&env::CIRIS_PASSWORD],
    )
}
