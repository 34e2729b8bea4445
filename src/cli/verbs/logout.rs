//! `topup logout`: forget the login of this portal.

use crate::app::logout::logout;
use crate::cli::invocation::Invocation;
use crate::core::failure::Result;
use crate::output::page::{Page, Tone};
use crate::output::{Answer, Show};
use clap::Args;

pub use crate::app::logout::LoggedOut;

/// What its help page ends with.
const EXAMPLES: &str = "\
Examples:
  topup logout   forget the login of this portal";

/// The arguments of `topup logout`: none of its own.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Logout {}

impl Logout {
    /// Forgets it.
    ///
    /// # Errors
    /// As [`logout`].
    #[expect(clippy::unused_self, reason = "the shape of a verb")]
    pub fn run(self, invocation: &Invocation) -> Result<Answer> {
        let setup = &invocation.setup;
        Ok(Answer::new(logout(&setup.session()?, setup.interrupt(), &invocation.output)?))
    }
}

impl Show for LoggedOut {
    fn show(&self, page: &mut Page) {
        if self.hermes_stays {
            let line = format!("The login of Hermes at {} is not used here any more.", self.portal);
            page.line(Tone::Good, &line);
            page.line(Tone::Plain, "Hermes itself stays logged in; none of its files was changed.");
        } else if self.brv_stays {
            let line = format!("The login of brv at {} is not used here any more.", self.portal);
            page.line(Tone::Good, &line);
            page.line(Tone::Plain, "brv itself stays logged in; none of its files was changed.");
        } else if self.logged_out {
            page.line(Tone::Good, &format!("Logged out of {}.", page.base(&self.portal)));
        } else {
            page.line(Tone::Plain, &format!("There was no login at {}.", page.base(&self.portal)));
        }
        if self.token_in_environment {
            page.line(Tone::Warn, "TOPUP_TOKEN is still set, and is used as long as it is.");
        }
    }
}
