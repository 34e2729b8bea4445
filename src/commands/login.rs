//! `topup login`: make a login, ask for permission to spend, or hand a token in.

mod flow;
mod hermes;
mod password;

pub use flow::{Granted, offer_step_up, step_up};

use crate::answer::page::{Page, Tone};
use crate::answer::{Answer, Show, document};
use crate::class::Class;
use crate::context::Context;
use crate::credentials::{Login as Kept, Secret, Token, jwt, login_ends, oauth};
use crate::error::{Error, Result};
use crate::provider::Page as PortalPage;
use clap::Args;
use flow::{Begun, Wish};
use schemars::JsonSchema;
use serde::Serialize;
use std::io::{self, Read};
use std::path::PathBuf;

/// The most that is read from standard input as a token.
const LONGEST_INPUT: u64 = 64 * 1024;

/// What its help page ends with.
const EXAMPLES: &str = "\
Examples:
  topup login --step-up      log in, with permission to spend
  topup login --no-browser   print the link, for another machine
  topup login --no-wait      print the link and return at once";

/// The arguments of `topup login`.
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Login {
    /// Ask for permission to spend, beside what the login may do already
    #[arg(long)]
    step_up: bool,
    /// Use the login that Hermes has on this machine, where Hermes keeps it
    #[arg(long, conflicts_with_all = ["scope", "no_wait", "finish", "token_stdin", "username", "approve"])]
    hermes: bool,
    /// Ask for these scopes, with spaces between
    #[arg(long, value_name = "SCOPES", conflicts_with = "step_up")]
    scope: Option<String>,
    /// Print the link and open no browser
    #[arg(long)]
    no_browser: bool,
    /// Print the link and return; 'login --finish' completes it
    #[arg(long, conflicts_with_all = ["approve", "token_stdin"])]
    no_wait: bool,
    /// Complete the login that --no-wait began
    #[arg(long, conflicts_with_all = ["step_up", "scope", "no_wait", "token_stdin"])]
    finish: bool,
    /// Read an access token from standard input instead
    #[arg(long, conflicts_with_all = ["step_up", "scope", "approve"])]
    token_stdin: bool,
    /// Log in under this username, where a system takes a password; asked for when left out
    #[arg(long, value_name = "NAME", conflicts_with_all = ["scope", "no_wait", "finish", "token_stdin"])]
    username: Option<String>,
    /// Read the password from standard input
    #[arg(long, requires = "username")]
    password_stdin: bool,
    /// Approve it as well: on the sandbox only
    #[arg(long, conflicts_with = "username")]
    approve: bool,
}

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
    /// The organisation's switch for terminal billing, where it was looked at.
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

impl Login {
    /// Logs in.
    ///
    /// # Errors
    /// Class `login_denied` when it was denied, ran out or was granted without the permission
    /// that was asked for; `config` when it cannot be kept.
    pub fn run(self, context: &Context) -> Result<Answer> {
        if self.approve && !context.is_sandbox()? {
            return Err(Error::usage("--approve is for the sandbox only")
                .hint("Add --sandbox, or approve the login in a browser."));
        }
        if self.token_stdin {
            return take_token(context);
        }
        if self.hermes {
            context.interrupt.install()?;
            warn_of_given(context)?;
            let granted = hermes::log_in(context)?;
            let wish = Wish { step_up: true, browser: !self.no_browser, ..Wish::default() };
            return answer(if self.step_up { flow::log_in(context, &wish)? } else { granted });
        }
        let provider = context.provider()?;
        if let Some(way) = provider.password_login() {
            if self.step_up || self.scope.is_some() || self.no_wait || self.finish || self.approve {
                let title = provider.system().title();
                let login = context.portal()?.command("login --username NAME");
                return Err(Error::new(
                    Class::Unsupported,
                    format!("a login at {title} has no scopes and no page that approves it"),
                )
                .hint(format!("Run '{login}'."))
                .link(provider.link(PortalPage::Topup)));
            }
            return password::log_in(context, way, self.username, self.password_stdin);
        }
        if self.username.is_some() {
            let title = provider.system().title();
            return Err(Error::usage(format!("{title} takes no username and password")).hint(
                format!(
                    "Run '{}'.",
                    context.portal()?.command(if provider.has_device_login() {
                        "login"
                    } else {
                        "login --token-stdin"
                    })
                ),
            ));
        }
        if !provider.has_device_login() {
            let command = context.portal()?.command("login --token-stdin");
            let title = provider.system().title();
            return Err(Error::new(
                Class::Unsupported,
                format!("{title} has no login that a terminal can begin"),
            )
            .hint(format!("Copy the session key from the web app and run '{command}'."))
            .link(provider.link(PortalPage::Topup)));
        }
        context.interrupt.install()?;
        warn_of_given(context)?;
        if self.finish {
            return answer(flow::finish(context, self.approve)?);
        }
        let wish = Wish {
            step_up: self.step_up,
            scope: self.scope,
            browser: !self.no_browser && !self.approve && !self.no_wait,
            approve: self.approve,
        };
        if self.no_wait {
            return flow::begin_and_keep(context, &wish).map(waits);
        }
        answer(flow::log_in(context, &wish)?)
    }
}

/// A login was made; whether it is what was asked for is said here.
fn answer(granted: Granted) -> Result<Answer> {
    if granted.wanted_spending && !granted.can_spend {
        return Err(granted.into_denied());
    }
    Ok(Answer::new(LoginAnswer::LoggedIn(Box::new(LoggedIn::of(granted)))))
}

fn waits(begun: Begun) -> Answer {
    let Begun { pending, portal } = begun;
    Answer::new(LoginAnswer::Pending(Box::new(Waits {
        finish: portal.command("login --finish"),
        portal: portal.shown(),
        asked_scopes: jwt::split(&pending.scope),
        verification_uri: pending.verification_uri,
        verification_uri_complete: pending.verification_uri_complete,
        user_code: pending.user_code,
        expires_at: document::time(pending.expires_at),
    })))
}

/// A token in the environment goes before every stored login: said, because it is easily
/// forgotten.
fn warn_of_given(context: &Context) -> Result<()> {
    if context.given_token()?.is_some() {
        context
            .output
            .note("TOPUP_TOKEN is set, and is used instead of any login until it is unset.");
    }
    Ok(())
}

/// `--token-stdin`: one line, checked, kept as a login that cannot be refreshed.
fn take_token(context: &Context) -> Result<Answer> {
    let secret = read_token()?;
    warn_of_given(context)?;
    let session = context.session()?;
    let claims = jwt::claims(secret.expose());
    let mut kept = Kept::bare(session.key(), &session.portal().base, secret, context.now());
    kept.scope = claims.scopes.unwrap_or_default().join(" ");
    kept.client_id = claims.client_id.unwrap_or_else(|| oauth::CLIENT_ID.to_owned());
    kept.expires_at = claims.expires_at;
    flow::keep(&session, kept.clone())?;
    let granted = Granted::unseen(session.portal().shown(), kept, false);
    Ok(Answer::new(LoginAnswer::LoggedIn(Box::new(LoggedIn::of(granted)))))
}

fn read_token() -> Result<Secret> {
    let refuse = |why: &str| {
        Err(Error::usage(format!("standard input does not hold a token: {why}"))
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

/// The files as documents and tables write them.
pub(super) fn shown(files: &[PathBuf]) -> Vec<String> {
    files.iter().map(|file| file.display().to_string()).collect()
}

impl LoggedIn {
    fn of(granted: Granted) -> Self {
        let token: Token = granted.login.token();
        Self {
            can_spend: token.may_spend(),
            login_ends_at: login_ends(&granted.login).map(document::time),
            token_expires_at: token.expires_at.map(document::time),
            renewable: granted.login.refresh_token.is_some(),
            organisation: token.organisation,
            subject: token.subject,
            hermes_files: shown(&granted.login.at_hermes),
            role: None,
            scopes: token.scopes,
            billing_enabled: granted.billing_enabled,
            card_ready: granted.card_ready,
            portal_url: granted.portal_url,
            portal: granted.portal,
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
        let spending = match self.can_spend {
            None => "not known: the token does not say",
            Some(true) => "allowed",
            Some(false) => "not allowed; 'login --step-up' asks for it",
        };
        // Where there are no scopes at all, every login may buy.
        if self.role.is_none() {
            page.field("spending", Tone::Plain, spending);
        }
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
                "Buying will be refused: terminal billing is switched off for the organisation.",
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
    fn into_denied(self) -> Error {
        let scopes = self.login.token().scopes;
        let mut error =
            Error::new(Class::LoginDenied, "the login was approved without permission to spend")
                .hint(
                    "An owner or admin has to tick 'Allow terminal billing' on the approval page.",
                )
                .hint("The login itself was kept: it may look, but not spend.")
                .with_data("portal", self.portal)
                .with_data("scopes", scopes)
                .with_data("can_spend", false);
        if let Some(enabled) = self.billing_enabled {
            error = error.with_data("billing_enabled", enabled);
        }
        error
    }
}
