//! `topup login`: make a login, ask for permission to spend, or hand a token in. This file chooses
//! the way; each way is a file below, and all of them answer with the same document.

mod answer;
mod flow;
mod hermes;
mod password;
mod token;

use crate::core::command::{NextStep, Part};
pub use answer::{LoginAnswer, show_spending, shown};
pub use flow::offer_step_up;

use crate::cli::invocation::Invocation;
use crate::core::class::Class;
use crate::core::failure::{Failure, Result};
use crate::core::system::WayIn;
use crate::output::Answer;
use crate::provider::PortalPage;
use clap::Args;
use flow::Wish;

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
    /// Keep the token that buys, where another key shows the balance, as at Vercel
    #[arg(long, requires = "token_stdin")]
    buying: bool,
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

impl Login {
    /// Logs in.
    ///
    /// # Errors
    /// Class `login_denied` when it was denied, ran out or was granted without the permission
    /// that was asked for; `unsupported` for a way that the system does not have; `config` when it
    /// cannot be kept.
    pub fn run(self, invocation: &Invocation) -> Result<Answer> {
        if self.approve && !invocation.setup.is_sandbox()? {
            return Err(Failure::usage("--approve is for the sandbox only")
                .hint("Add --sandbox, or approve the login in a browser."));
        }
        if self.token_stdin {
            return token::take(invocation, self.buying);
        }
        if self.hermes {
            return self.at_hermes(invocation);
        }
        let way_in = invocation.setup.portal()?.system.facts().way_in;
        if self.username.is_some() && way_in != WayIn::Password {
            let portal = invocation.setup.portal()?;
            let title = portal.system.title();
            return Err(Failure::usage(format!("{title} takes no username and password"))
                .hint(NextStep::run(portal.login_command(false))));
        }
        match way_in {
            WayIn::Page => self.on_a_page(invocation),
            WayIn::Password => self.with_a_password(invocation),
            WayIn::Key | WayIn::None => {
                let why = "has no login that a terminal can begin";
                Err(another_way(invocation, why, "Copy the key from the web app and run ")?)
            }
        }
    }

    /// The device flow, in one go or in two.
    fn on_a_page(self, invocation: &Invocation) -> Result<Answer> {
        invocation.setup.interrupt().install()?;
        warn_of_given(invocation)?;
        if self.finish {
            return answer::granted(flow::finish(invocation, self.approve)?);
        }
        let wish = Wish {
            step_up: self.step_up,
            scope: self.scope,
            browser: !self.no_browser && !self.approve && !self.no_wait,
            approve: self.approve,
        };
        if self.no_wait {
            return flow::begin_and_keep(invocation, &wish).map(answer::waits);
        }
        answer::granted(flow::log_in(invocation, &wish)?)
    }

    /// The login of Hermes; with `--step-up` it is asked for permission to spend as well.
    fn at_hermes(self, invocation: &Invocation) -> Result<Answer> {
        invocation.setup.interrupt().install()?;
        warn_of_given(invocation)?;
        let granted = hermes::log_in(invocation)?;
        let wish = Wish { step_up: true, browser: !self.no_browser, ..Wish::default() };
        answer::granted(if self.step_up { flow::log_in(invocation, &wish)? } else { granted })
    }

    fn with_a_password(self, invocation: &Invocation) -> Result<Answer> {
        if self.step_up || self.scope.is_some() || self.no_wait || self.finish || self.approve {
            let why = "has logins without scopes, and no page that approves one";
            return Err(another_way(invocation, why, "Run ")?);
        }
        password::log_in(invocation, self.username, self.password_stdin)
    }
}

/// Class `unsupported`: this system is logged in to in another way, with this command.
fn another_way(invocation: &Invocation, why: &str, before: &'static str) -> Result<Failure> {
    let portal = invocation.setup.portal()?;
    let error = Failure::new(Class::Unsupported, format!("{} {why}", portal.system.title())).hint(
        NextStep::from(before)
            .then(Part::Run(portal.login_command(false)))
            .then(Part::Text(".".into())),
    );
    Ok(error.link(invocation.setup.provider()?.link(PortalPage::Topup)))
}

/// A token in the environment goes before every stored login: said, because it is easily
/// forgotten.
fn warn_of_given(invocation: &Invocation) -> Result<()> {
    if invocation.setup.given_token()?.is_some() {
        invocation
            .output
            .note("TOPUP_TOKEN is set, and is used instead of any login until it is unset.");
    }
    Ok(())
}
