//! `topup login`: the arguments, and which way of logging in they mean. What each way does is in
//! `app::login`.

mod approver;
mod input;
mod page;

pub(super) use page::show_spending;

use crate::app::login::answer::LoginAnswer;
use crate::app::login::borrowed::{self, Program};
use crate::app::login::device::{self, AskedScope};
use crate::app::login::key::{self, Purpose};
use crate::app::login::password::{self, Given};
use crate::app::login::{Granted, LoginParts};
use crate::app::questions::StepUp;
use crate::cli::invocation::Invocation;
use crate::core::class::Class;
use crate::core::command::{NextStep, Part};
use crate::core::env;
use crate::core::failure::{Failure, Result};
use crate::core::system::WayIn;
use crate::output::{Answer, Form};
use crate::provider::PortalPage;
use approver::Terminal;
use clap::Args;

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
    /// Ask for permission to spend, in addition to reading
    #[arg(long)]
    step_up: bool,
    /// Use the login that Hermes has on this machine
    ///
    /// It stays where Hermes keeps it.
    #[arg(long, conflicts_with_all = ["scope", "no_wait", "finish", "token_stdin", "username", "approve"])]
    hermes: bool,
    /// Use the login that brv has on this machine, at ByteRover
    ///
    /// It stays where brv keeps it.
    #[arg(long, hide_short_help = true, conflicts_with_all = ["step_up", "hermes", "scope", "no_wait", "finish", "token_stdin", "username", "approve"])]
    brv: bool,
    /// Ask for these scopes, with spaces between
    #[arg(long, hide_short_help = true, value_name = "SCOPES", conflicts_with = "step_up")]
    scope: Option<String>,
    /// Print the link and open no browser
    #[arg(long)]
    no_browser: bool,
    /// Print the link and return; --finish completes it
    #[arg(long, conflicts_with_all = ["approve", "token_stdin"])]
    no_wait: bool,
    /// Complete the login that --no-wait began
    #[arg(long, conflicts_with_all = ["step_up", "scope", "no_wait", "token_stdin"])]
    finish: bool,
    /// Read an access token or key from standard input
    ///
    /// One request checks it.
    #[arg(long, conflicts_with_all = ["step_up", "scope", "approve"])]
    token_stdin: bool,
    /// Store the key that buys, where another key reads the balance, as at Vercel
    #[arg(long, hide_short_help = true, requires = "token_stdin")]
    buying: bool,
    /// Log in under this username, where a system has passwords
    ///
    /// Without it, topup asks for the name.
    #[arg(long, value_name = "NAME", conflicts_with_all = ["scope", "no_wait", "finish", "token_stdin"])]
    username: Option<String>,
    /// Read the password from standard input
    #[arg(long, requires = "username")]
    password_stdin: bool,
    /// With --json: leave out the line with the link and the code, and write the document alone
    #[arg(long, hide_short_help = true)]
    no_events: bool,
    /// Approve the login at once; on the sandbox only
    #[arg(long, hide_short_help = true, conflicts_with = "username")]
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
        let setup = &invocation.setup;
        if self.approve && !setup.is_sandbox()? {
            return Err(Failure::usage("--approve is for the sandbox only")
                .hint("Add --sandbox, or approve the login in a browser."));
        }
        warn_of_given_token(invocation)?;
        if self.no_wait {
            check_page(invocation)?;
            return self.begin(invocation);
        }
        let granted = if self.token_stdin {
            let text = input::token()?;
            let purpose = if self.buying { Purpose::Buying } else { Purpose::Looking };
            with_parts(invocation, |parts| key::log_in(parts, &text, purpose))?
        } else if self.hermes {
            self.at_hermes(invocation)?
        } else if self.brv {
            let (system, variables) = (setup.settings()?.system, setup.variables());
            borrowed::check_meant(Program::Brv, system, setup.is_sandbox()?)?;
            with_parts(invocation, |parts| borrowed::use_brv(parts, variables))?
        } else if self.is_with_password(invocation)? {
            self.with_password(invocation)?
        } else {
            check_page(invocation)?;
            self.on_page(invocation)?
        };
        Ok(Answer::new(LoginAnswer::from_granted(granted)?))
    }

    /// Whether the system takes a username and a password, and nothing else is asked of it.
    fn is_with_password(&self, invocation: &Invocation) -> Result<bool> {
        let portal = invocation.setup.portal()?;
        if portal.system.facts().way_in != WayIn::Password {
            return match self.username {
                Some(_) => Err(Failure::usage(format!(
                    "{} has no login with username and password",
                    portal.system.title()
                ))
                .hint(NextStep::run(portal.login_command(false)))),
                None => Ok(false),
            };
        }
        Ok(!(self.step_up || self.scope.is_some() || self.finish || self.approve))
    }

    fn asked(&self, invocation: &Invocation) -> Result<AskedScope> {
        let client_id = invocation.setup.settings()?.client_id.clone();
        Ok(AskedScope { step_up: self.step_up, scope: self.scope.clone(), client_id })
    }

    fn terminal<'a>(&self, invocation: &'a Invocation) -> Terminal<'a> {
        Terminal {
            invocation,
            opens: !self.no_browser,
            approves: self.approve,
            finishes: self.finish,
            waits: !self.no_wait,
            events: !self.no_events,
        }
    }

    /// The device flow in one go, or its second half.
    fn on_page(&self, invocation: &Invocation) -> Result<Granted> {
        let terminal = self.terminal(invocation);
        let asked = self.asked(invocation)?;
        with_parts(invocation, |parts| {
            if self.finish {
                device::finish(parts, &terminal)
            } else {
                device::log_in(parts, &terminal, &asked)
            }
        })
    }

    /// Its first half. The answer holds what a person needs; a script gets the event as well.
    fn begin(&self, invocation: &Invocation) -> Result<Answer> {
        let terminal = self.terminal(invocation);
        let approver =
            (invocation.output.form == Form::Json).then_some(&terminal as &dyn device::Approver);
        let asked = self.asked(invocation)?;
        let pending = with_parts(invocation, |parts| device::begin(parts, approver, &asked))?;
        Ok(Answer::new(LoginAnswer::from_pending(pending, invocation.setup.portal()?)))
    }

    /// The login of Hermes; with `--step-up` it is asked for permission to spend as well.
    fn at_hermes(&self, invocation: &Invocation) -> Result<Granted> {
        let setup = &invocation.setup;
        borrowed::check_meant(Program::Hermes, setup.settings()?.system, setup.is_sandbox()?)?;
        let found = borrowed::find_at_hermes(setup.variables())?;
        // What was named goes before the portal of the login, as it does for every other login.
        setup.portal_of(&found.portal_url)?;
        let granted = with_parts(invocation, |parts| borrowed::use_hermes(parts, found))?;
        if self.step_up { self.on_page(invocation) } else { Ok(granted) }
    }

    fn with_password(self, invocation: &Invocation) -> Result<Granted> {
        let password = if self.password_stdin {
            Some(input::password()?)
        } else {
            invocation.setup.variable(env::CIRIS_PASSWORD)?
        };
        let given = Given { username: self.username, password };
        with_parts(invocation, |parts| password::log_in(parts, &invocation.output, given))
    }
}

/// Makes sure that a page of this system approves logins.
fn check_page(invocation: &Invocation) -> Result<()> {
    let portal = invocation.setup.portal()?;
    let (why, before) = match portal.system.facts().way_in {
        WayIn::Page => return Ok(()),
        WayIn::Password => ("has logins without scopes, and no page that approves one", "Run "),
        WayIn::Key | WayIn::None => {
            ("has no login that a terminal can begin", "Copy the key from the web app and run ")
        }
    };
    let message = format!("{} {why}", portal.system.title());
    let hint = NextStep::from(before)
        .then(Part::Run(portal.login_command(false)))
        .then(Part::Text(".".into()));
    let link = invocation.setup.provider()?.link(PortalPage::Topup);
    Err(Failure::new(Class::Unsupported, message).hint(hint).link(link))
}

/// The step-up at the portal of this run, on the page for the person at this terminal.
pub struct StepUpLogin<'a>(pub &'a Invocation);

impl StepUp for StepUpLogin<'_> {
    fn offer(&self) -> Result<bool> {
        let invocation = self.0;
        let client_id = invocation.setup.settings()?.client_id.clone();
        let terminal = Terminal {
            invocation,
            opens: true,
            approves: false,
            finishes: false,
            waits: true,
            events: true,
        };
        with_parts(invocation, |parts| {
            device::offer_step_up(parts, &terminal, &invocation.output, client_id)
        })
    }
}

/// A token in the environment goes before every stored login: said, because it is easily forgotten.
fn warn_of_given_token(invocation: &Invocation) -> Result<()> {
    if invocation.setup.given_token()?.is_some() {
        let name = env::TOKEN;
        invocation.output.note(NextStep::text(format!(
            "{name} is set, and is used instead of any login until it is unset."
        )));
    }
    Ok(())
}

/// What a way of logging in needs.
fn with_parts<T>(
    invocation: &Invocation,
    work: impl FnOnce(LoginParts<'_>) -> Result<T>,
) -> Result<T> {
    let setup = &invocation.setup;
    let (session, provider) = (setup.session()?, setup.provider()?);
    let parts = LoginParts {
        session: &session,
        provider: &*provider,
        environment: &setup.environment,
        report: &invocation.output,
    };
    work(parts)
}
