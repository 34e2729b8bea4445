//! What `topup login` answers: a login that was made, or one that waits for a person.

use super::flow::{Begun, Granted};
use crate::core::class::Class;
use crate::core::command::Command;
use crate::core::failure::{Failure, Result};
use crate::core::target::PortalTarget;
use crate::core::time;
use crate::credentials::{Login, Token, jwt};
use crate::output::page::{Page, Tone};
use crate::output::{Answer, Show};
use schemars::JsonSchema;
use serde::Serialize;
use std::path::PathBuf;

/// The answer of `topup login`.
#[derive(Serialize, JsonSchema)]
#[serde(tag = "status", rename_all = "snake_case")]
pub enum LoginAnswer {
    /// There is a login now.
    LoggedIn(Box<LoggedIn>),
    /// `--no-wait`: a person has to approve it, then `login --finish` completes it.
    Pending(Box<Waits>),
}

/// A login that was made.
#[derive(Serialize, JsonSchema)]
pub struct LoggedIn {
    /// The portal, by its base URL.
    portal: String,
    /// What was granted.
    scopes: Vec<String>,
    /// Whether permission to spend is among it; null where nobody said what is.
    can_spend: Option<bool>,
    /// The command that asks for it; none where there are no permissions to ask for.
    #[serde(skip)]
    step_up: Option<String>,
    /// The organisation it acts for.
    organisation: Option<String>,
    /// The person it acts for.
    subject: Option<String>,
    /// The files of Hermes that hold it, where it is used in place.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    hermes_files: Vec<String>,
    /// The role there, where the system told it.
    #[serde(skip_serializing_if = "Option::is_none")]
    role: Option<String>,
    /// When the access token ends.
    token_expires_at: Option<String>,
    /// Whether it is renewed when it ends.
    #[serde(skip)]
    renewable: bool,
    /// When the login ends for good.
    login_ends_at: Option<String>,
    /// The organisation's switch for Remote Spending, where it was looked at.
    billing_enabled: Option<bool>,
    /// Whether a saved card is set up, where it was looked at and may be seen.
    card_ready: Option<bool>,
    /// The page where the two are changed, where one of them is missing.
    portal_url: Option<String>,
}

/// A login that waits for a person.
#[derive(Serialize, JsonSchema)]
pub struct Waits {
    /// The portal, by its base URL.
    portal: String,
    /// What was asked for.
    asked_scopes: Vec<String>,
    /// The page where it is approved.
    verification_uri: String,
    /// The same page with the code filled in.
    verification_uri_complete: Option<String>,
    /// The code.
    user_code: String,
    /// When the code ends.
    expires_at: String,
    /// The command that completes it.
    finish: String,
}

/// A login was made; whether it is what was asked for is said here.
///
/// # Errors
/// Class `login_denied` when it was granted without permission to spend, and that was asked for.
pub(super) fn granted(login: Granted) -> Result<Answer> {
    if login.wanted_spending && !login.can_spend {
        return Err(login.into_denied());
    }
    Ok(Answer::new(LoginAnswer::LoggedIn(Box::new(LoggedIn::of(login)))))
}

/// A login was made with a username and a password: it has no scopes, and ends with its token.
pub(super) fn signed_in(portal: &PortalTarget, login: Login, role: Option<String>) -> Answer {
    let account = login.account.clone();
    let mut made = LoggedIn::of(Granted::unseen(portal, login, false));
    made.subject = account;
    made.role = role;
    made.login_ends_at.clone_from(&made.token_expires_at);
    Answer::new(LoginAnswer::LoggedIn(Box::new(made)))
}

/// A login was begun, and a person has to approve it.
pub(super) fn waits(begun: Begun) -> Answer {
    let Begun { pending, portal } = begun;
    Answer::new(LoginAnswer::Pending(Box::new(Waits {
        finish: Command::new(["login", "--finish"]).shown_at(&portal.flags()),
        portal: portal.shown(),
        asked_scopes: jwt::split(&pending.scope),
        verification_uri: pending.verification_uri,
        verification_uri_complete: pending.verification_uri_complete,
        user_code: pending.user_code,
        expires_at: time::shown(pending.expires_at),
    })))
}

/// Whether a login may spend; nothing where every login may, as there are no permissions.
pub fn show_spending(page: &mut Page, can_spend: Option<bool>, step_up: Option<&str>) {
    let Some(step_up) = step_up else { return };
    match can_spend {
        None => page.field("spending", Tone::Plain, "not known: the token does not say"),
        Some(true) => page.field("spending", Tone::Good, "allowed"),
        Some(false) => {
            page.field("spending", Tone::Warn, &format!("not allowed; '{step_up}' asks for it"));
        }
    }
}

/// The files as documents and tables write them.
pub fn shown(files: &[PathBuf]) -> Vec<String> {
    files.iter().map(|file| file.display().to_string()).collect()
}

impl LoggedIn {
    fn of(granted: Granted) -> Self {
        let token: Token = granted.login.token();
        Self {
            can_spend: token.may_spend(),
            login_ends_at: granted.login.ends().map(time::shown),
            token_expires_at: token.expires_at.map(time::shown),
            renewable: granted.login.refresh_token.is_some(),
            organisation: token.organisation,
            subject: token.subject,
            hermes_files: shown(granted.login.hermes_files()),
            role: None,
            scopes: token.scopes,
            billing_enabled: granted.billing_enabled,
            card_ready: granted.card_ready,
            portal_url: granted.portal_url,
            step_up: granted
                .portal
                .step_up_command()
                .map(|command| command.shown_at(&granted.portal.flags())),
            portal: granted.portal.shown(),
        }
    }
}

impl Show for LoginAnswer {
    fn show(&self, page: &mut Page) {
        match self {
            Self::LoggedIn(login) => login.show(page),
            Self::Pending(waits) => waits.show(page),
        }
    }
}

impl Show for LoggedIn {
    fn show(&self, page: &mut Page) {
        let in_place = !self.hermes_files.is_empty();
        let how = if in_place { "Using the login of Hermes at" } else { "Logged in at" };
        page.line(Tone::Good, &format!("{how} {}", self.portal));
        for file in &self.hermes_files {
            page.field("kept in", Tone::Plain, file);
        }
        if let Some(organisation) = &self.organisation {
            page.field("organisation", Tone::Plain, organisation);
        }
        if let (None, Some(subject)) = (&self.organisation, &self.subject) {
            page.field("as", Tone::Plain, subject);
        }
        if let Some(role) = &self.role {
            page.field("role", Tone::Plain, role);
        }
        show_spending(page, self.can_spend, self.step_up.as_deref());
        if in_place {
            page.field("scopes", Tone::Plain, &self.scopes.join(" "));
            if let Some(end) = &self.token_expires_at {
                let then = if self.renewable { ", then renewed" } else { "" };
                page.field("access token", Tone::Plain, &format!("until {end}{then}"));
            }
        }
        if let Some(end) = &self.login_ends_at {
            page.field("login ends", Tone::Plain, end);
        }
        if self.can_spend != Some(true) {
            return;
        }
        let mut missing = false;
        if self.billing_enabled == Some(false) {
            missing = true;
            page.line(
                Tone::Warn,
                "Buying will be refused: Remote Spending is switched off for the organisation.",
            );
        }
        if self.card_ready == Some(false) {
            missing = true;
            page.line(Tone::Warn, "Buying needs one more step: set up a saved card on the portal.");
        }
        if let Some(url) = self.portal_url.as_ref().filter(|_| missing) {
            page.line(Tone::Plain, url);
        }
    }
}

impl Show for Waits {
    fn show(&self, page: &mut Page) {
        page.line(Tone::Strong, "Approve this login in a browser:");
        page.field(
            "page",
            Tone::Plain,
            self.verification_uri_complete.as_ref().unwrap_or(&self.verification_uri),
        );
        page.field("code", Tone::Strong, &self.user_code);
        page.field("asks for", Tone::Plain, &self.asked_scopes.join(" "));
        page.field("until", Tone::Plain, &self.expires_at);
        page.line(Tone::Plain, &format!("Then run '{}'.", self.finish));
    }
}

impl Granted {
    /// The error of a login that was approved without the permission that was asked for.
    fn into_denied(self) -> Failure {
        let scopes = self.login.token().scopes;
        let mut error =
            Failure::new(Class::LoginDenied, "the login was approved without permission to spend")
                .hint("An owner or admin has to tick 'Allow Remote Spending' on the approval page.")
                .hint("The login itself was kept: it may look, but not spend.")
                .with_data("portal", self.portal.shown())
                .with_data("scopes", scopes)
                .with_data("can_spend", false);
        if let Some(enabled) = self.billing_enabled {
            error = error.with_data("billing_enabled", enabled);
        }
        error
    }
}
