//! `topup whoami`: who is logged in, where, what the login may do, and until when.

use super::login::show_spending;
use crate::app::whoami::{WhoParts, whoami};
use crate::cli::invocation::Invocation;
use crate::core::failure::Result;
use crate::credentials::Token;
use crate::output::page::{Page, Tone};
use crate::output::{Answer, Show};
use crate::provider::Account;
use clap::Args;

pub use crate::app::whoami::Who;

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

impl Whoami {
    /// Reads the login and asks the system.
    ///
    /// # Errors
    /// As [`whoami`].
    pub fn run(self, invocation: &Invocation) -> Result<Answer> {
        let setup = &invocation.setup;
        let account = |token: &Token| match setup.provider()?.accounts() {
            Some(accounts) => accounts.account(token),
            None => Ok(Account::default()),
        };
        let who = whoami(&WhoParts {
            session: &setup.account_session()?,
            account: if self.offline { None } else { Some(&account) },
            target: setup.target(),
            now: setup.now(),
            report: &invocation.output,
        })?;
        Ok(Answer::new(who))
    }
}

impl Show for Who {
    fn show(&self, page: &mut Page) {
        let who = self.email.as_ref().or(self.username.as_ref()).or(self.subject.as_ref());
        page.line(Tone::Strong, who.map_or("logged in", String::as_str));
        page.link("portal", &self.portal);
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
            "shared" => page.field("token", Tone::Plain, "from the shared store"),
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
            page.line(Tone::Dim, "This is the sandbox: no real money.");
        }
    }
}
