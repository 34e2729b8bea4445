//! `topup whoami`: who is logged in, where, what the login may do, and until when.

use super::login::show_spending;
use crate::app::login::answer::{brv_folder, hermes_files};
use crate::cli::invocation::Invocation;
use crate::core::class::Class;
use crate::core::command::NextStep;
use crate::core::failure::{Failure, Result};
use crate::core::time;
use crate::credentials::{Login, Session, Token, ending_soon, hermes};
use crate::output::page::{Page, Tone};
use crate::output::{Answer, Show};
use crate::provider::Account;
use clap::Args;
use schemars::JsonSchema;
use serde::Serialize;

/// What its help page ends with.
const EXAMPLES: &str = "\
Examples:
  topup whoami   who, where, until when";

/// The arguments of `topup whoami`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Whoami {
    /// Show what is stored here and send no request
    #[arg(long)]
    offline: bool,
}

/// The answer of `topup whoami`.
#[derive(Serialize, JsonSchema)]
pub struct Who {
    /// The portal, by its base URL.
    portal: String,
    /// The profile of the configuration.
    profile: String,
    /// `stored`, `environment` for a token in `TOPUP_TOKEN`, `command` for a login that a
    /// credential command keeps, `hermes` and `brv` for one of theirs that is used in place,
    /// `variable` for a key in a variable of the system.
    source: &'static str,
    /// The files of Hermes that hold the login; none for any other.
    hermes_files: Vec<String>,
    /// The folder of `brv` that holds the login; none for any other.
    brv_folder: Option<String>,
    /// The variable of the system that holds the key, with the source `variable`.
    variable: Option<String>,
    /// The person's address, where the portal told.
    email: Option<String>,
    /// The name that the person logs in under, where the system told.
    username: Option<String>,
    /// The person, as the token names them.
    subject: Option<String>,
    /// The organisation that is billed.
    organisation: Option<Organisation>,
    /// What the login may do.
    scopes: Vec<String>,
    /// Whether permission to spend is among it; null where nobody said what is.
    can_spend: Option<bool>,
    /// The command that asks for it; none where there are no permissions to ask for.
    #[serde(skip)]
    step_up: Option<String>,
    /// When the access token ends.
    token_expires_at: Option<String>,
    /// Whether the access token is over or no longer accepted.
    token_expired: bool,
    /// Whether the next command can renew it.
    renewable: bool,
    /// When a person approved the login.
    login_approved_at: Option<String>,
    /// When the login ends for good.
    login_ends_at: Option<String>,
    /// What to look out for.
    warning: Option<String>,
    /// The portal is the one inside this program.
    sandbox: bool,
}

/// The organisation that is billed.
#[derive(Serialize, JsonSchema)]
pub struct Organisation {
    id: String,
    slug: Option<String>,
    name: Option<String>,
}

impl Whoami {
    /// Looks, and refreshes nothing: a probe that refreshed would wear out the login.
    ///
    /// # Errors
    /// Class `not_logged_in` or `session_revoked` when there is no login that works.
    pub fn run(self, invocation: &Invocation) -> Result<Answer> {
        let session = invocation.setup.account_session()?;
        let login = match session.given() {
            Some(_) => None,
            None => session.login()?,
        };
        let token = session.token_as_is()?;
        let variable = session.usual()?.map(|(_, name)| name.to_owned());
        let now = invocation.setup.now();
        let mut expired = token.expires_at.is_some_and(|end| end <= now);
        let ends = login.as_ref().and_then(Login::ends);
        let hermes_files = login.as_ref().map(hermes_files).unwrap_or_default();
        let brv_folder = login.as_ref().and_then(brv_folder);
        let system = session.portal().system;
        let lasts = ends.is_none_or(|end| end > now);
        let is_renewed = login.as_ref().is_some_and(|login| login.is_renewable(system));
        let survives = login.as_ref().is_some_and(|login| login.survives_its_token(system));
        let renewable = lasts && is_renewed;
        if expired && !(lasts && survives) {
            return Err(over(&session, login.as_ref()));
        }
        let mut account = Account::default();
        if !self.offline && !expired {
            match ask(invocation, &token) {
                Ok(told) => account = told,
                Err(error) if error.class() == Class::NotLoggedIn && lasts && survives => {
                    expired = true;
                }
                Err(error) if error.class().is_login_trouble() => return Err(error),
                Err(error) => {
                    invocation.output.note(format!("The portal could not be asked: {error}."));
                }
            }
        }
        Ok(Answer::new(Who {
            portal: session.portal().shown(),
            profile: session.key().profile.clone(),
            source: match session.given() {
                Some(_) => "environment",
                None if variable.is_some() => "variable",
                None if session.store().is_shared() => "command",
                None if !hermes_files.is_empty() => "hermes",
                None if brv_folder.is_some() => "brv",
                None => "stored",
            },
            hermes_files,
            brv_folder,
            variable,
            email: account.email,
            username: account.username,
            organisation: account.organisation_id.or(token.organisation.clone()).map(|id| {
                Organisation {
                    id,
                    slug: account.organisation_slug,
                    name: account.organisation_name,
                }
            }),
            can_spend: token.may_spend(),
            step_up: session
                .portal()
                .step_up_command()
                .map(|command| command.shown_at(&invocation.setup.target())),
            token_expires_at: token.expires_at.map(time::shown),
            token_expired: expired,
            renewable,
            login_approved_at: login.and_then(|login| login.approved_at).map(time::shown),
            login_ends_at: ends.map(time::shown),
            warning: ending_soon(ends, now)
                .map(|step| step.aimed(&invocation.setup.target()).to_string()),
            sandbox: session.portal().sandbox,
            subject: token.subject,
            scopes: token.scopes,
        }))
    }
}

fn ask(invocation: &Invocation, token: &Token) -> Result<Account> {
    match invocation.setup.provider()?.accounts() {
        Some(accounts) => accounts.account(token),
        None => Ok(Account::default()),
    }
}

fn over(session: &Session<'_>, login: Option<&Login>) -> Failure {
    let (message, hint) = if session.given().is_some() {
        ("the token in TOPUP_TOKEN has run out", NextStep::from("Put a new one there."))
    } else if login.is_some_and(|login| !login.hermes_files().is_empty()) {
        ("the login of Hermes has run out", hermes::LOG_IN.into())
    } else {
        ("the login has run out", NextStep::run(session.portal().login_command(false)))
    };
    Failure::new(Class::NotLoggedIn, message).hint(hint)
}

impl Show for Who {
    fn show(&self, page: &mut Page) {
        let who = self.email.as_ref().or(self.username.as_ref()).or(self.subject.as_ref());
        page.line(Tone::Strong, who.map_or("logged in", String::as_str));
        page.field("portal", Tone::Plain, &self.portal);
        if let Some(organisation) = &self.organisation {
            let shown = match &organisation.name {
                Some(name) => format!("{name} ({})", organisation.id),
                None => organisation.id.clone(),
            };
            page.field("organisation", Tone::Plain, &shown);
        }
        match self.source {
            "environment" => page.field("token", Tone::Plain, "from TOPUP_TOKEN, never renewed"),
            "variable" => {
                let name = self.variable.as_deref().unwrap_or_default();
                page.field("key", Tone::Plain, &format!("from {name}"));
            }
            "command" => page.field("token", Tone::Plain, "from the credential command"),
            "hermes" => {
                page.field("token", Tone::Plain, "the login of Hermes, used in place");
                for file in &self.hermes_files {
                    page.field("kept in", Tone::Plain, file);
                }
            }
            "brv" => {
                page.field("token", Tone::Plain, "the login of brv, used in place");
                if let Some(folder) = &self.brv_folder {
                    page.field("kept in", Tone::Plain, folder);
                }
            }
            _ => {}
        }
        show_spending(page, self.can_spend, self.step_up.as_deref());
        if !self.scopes.is_empty() {
            page.field("scopes", Tone::Plain, &self.scopes.join(" "));
        }
        match (&self.token_expires_at, self.token_expired) {
            (_, true) => {
                page.field("access token", Tone::Plain, "expired; the next command renews it");
            }
            (Some(end), false) => page.field("access token", Tone::Plain, &format!("until {end}")),
            (None, false) => {}
        }
        if let Some(end) = &self.login_ends_at {
            page.field("login ends", Tone::Plain, end);
        }
        if let Some(warning) = &self.warning {
            page.line(Tone::Warn, warning);
        }
        if self.sandbox {
            page.line(Tone::Dim, "This is the sandbox: nothing of it is real money.");
        }
    }
}
