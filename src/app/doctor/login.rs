//! What `doctor` checks in the login that would be used: whose it is, whether it is accepted, and
//! until when. Nothing is renewed.

use super::checkup::{Checkup, HealthCheck};
use crate::core::class::Class;
use crate::core::env;
use crate::core::failure::Failure;
use crate::core::secret::Secret;
use crate::core::target::PortalTarget;
use crate::credentials::{Keeper, Login, Token, ending_soon};
use crate::http::Response;
use jiff::Timestamp;

/// The token that would be used.
pub(super) enum TokenInUse {
    /// From the environment.
    Given(Token),
    /// From this variable of the system.
    Variable(Token, String),
    /// Stored.
    Stored(Box<Login>),
    /// None, or none that can be used.
    None(Option<Failure>),
}

impl TokenInUse {
    pub(super) fn find(round: &Checkup<'_>) -> Self {
        match round.setup.given_token() {
            Ok(Some(secret)) => return Self::Given(Token::new(secret)),
            Ok(None) => {}
            Err(error) => return Self::None(Some(error)),
        }
        if round.contents.is_none() || round.setup.settings().is_err() {
            return Self::None(None);
        }
        // Wherever it lives, at Hermes as well: reading it takes no lock and writes nothing.
        let session = match round.setup.account_session() {
            Ok(session) => session,
            Err(error) => return Self::None(Some(error)),
        };
        match session.login() {
            Ok(Some(login)) => Self::Stored(Box::new(login)),
            Ok(None) => match session.usual() {
                Ok(Some((token, name))) => Self::Variable(token.clone(), name.to_owned()),
                _ => Self::None(None),
            },
            Err(error) => Self::None(Some(error)),
        }
    }

    /// The secret, where it has not run out.
    pub(super) fn token(&self, now: Timestamp) -> Option<&Secret> {
        let alive = |ends: Option<Timestamp>| ends.is_none_or(|ends| ends > now);
        match self {
            Self::Given(token) | Self::Variable(token, _) if alive(token.expires_at) => {
                Some(&token.secret)
            }
            Self::Stored(login) if alive(login.token().expires_at) => Some(&login.access_token),
            _ => None,
        }
    }
}

/// Whether the login is one that works, and until when.
pub(super) fn login(
    round: &Checkup<'_>,
    portal: &PortalTarget,
    held: &TokenInUse,
    answer: Option<&Response>,
) -> HealthCheck {
    const NAME: &str = "login";
    let again = |message: &str| {
        HealthCheck::wrong(NAME, Class::NotLoggedIn, message).fix(portal.login_command(false))
    };
    let now = round.setup.now();
    let refused = answer.is_some_and(|answer| answer.status == 401);
    match held {
        TokenInUse::None(Some(error)) => HealthCheck::from_failure(NAME, error),
        TokenInUse::None(None) if round.setup.settings().is_err() => {
            HealthCheck::skipped(NAME, "the settings that choose the login cannot be used")
        }
        TokenInUse::None(None) if round.contents.is_none() => {
            HealthCheck::skipped(NAME, "the logins could not be read")
        }
        TokenInUse::None(None) => again(&format!("there is no login at {}", portal.host())),
        TokenInUse::Variable(_, name) if refused => {
            again(&format!("the key in {name} was not accepted"))
        }
        TokenInUse::Variable(_, name) => HealthCheck::ok(NAME, format!("the key in {name}")),
        TokenInUse::Given(token) => {
            let over = token.expires_at.is_some_and(|ends| ends <= now);
            if over || refused {
                let why = if over { "has expired" } else { "was not accepted" };
                return HealthCheck::wrong(
                    NAME,
                    Class::NotLoggedIn,
                    format!("the token in {} {why}", env::TOKEN),
                )
                .fix(format!("unset {}", env::TOKEN));
            }
            HealthCheck::ok(
                NAME,
                format!("the token in {}{}", env::TOKEN, line_of(round, portal, token)),
            )
        }
        TokenInUse::Stored(login) => {
            let again = |message: &str| {
                let check = again(message);
                match &login.keeper {
                    Keeper::Hermes(_) => check.fix("hermes auth add nous"),
                    Keeper::Brv(_) => check.fix("brv login"),
                    Keeper::Topup => check,
                }
            };
            let (token, ends) = (login.token(), login.ends());
            let survives = login.survives_its_token(portal.system);
            let over = token.expires_at.is_some_and(|end| end <= now);
            if ends.is_some_and(|end| end <= now) {
                return again("it has expired: a login lasts 30 days");
            }
            if (over || refused) && !survives {
                return again(if over { "it has expired" } else { "it is no longer accepted" });
            }
            let mut line = line_of(round, portal, &token);
            match &login.keeper {
                Keeper::Hermes(_) => line.push_str(", the login of Hermes"),
                Keeper::Brv(_) => line.push_str(", the login of brv"),
                Keeper::Topup => {}
            }
            if over || refused {
                line.push_str(", and is renewed by the next command");
            }
            if let Some(ends) = ends {
                line.push_str(&format!(", ends for good on {}", ends.strftime("%Y-%m-%d")));
            }
            if ending_soon(ends, now).is_some() {
                return HealthCheck::warning(NAME, format!("it ends soon{line}"))
                    .fix(portal.login_command(false));
            }
            HealthCheck::ok(NAME, format!("at {}{line}", portal.host()))
        }
    }
}

/// Whose it is, what it may do, until when.
fn line_of(round: &Checkup<'_>, portal: &PortalTarget, token: &Token) -> String {
    let mut line = String::new();
    if let Some(subject) = &token.subject {
        line.push_str(&format!(" of {subject}"));
    }
    if let Some(organisation) = &token.organisation {
        line.push_str(&format!(" for {organisation}"));
    }
    match token.may_spend() {
        Some(true) => line.push_str(", may spend"),
        Some(false) => {
            line.push_str(", may read but not spend");
            if let Some(command) = portal.step_up_command() {
                let command = command.shown_at(&round.setup.target());
                line.push_str(&format!(" ('{command}' asks for it)"));
            }
        }
        None => {}
    }
    if let Some(ends) = token.expires_at {
        line.push_str(&format!(", access token until {}", ends.strftime("%Y-%m-%d %H:%M UTC")));
    }
    line
}
