//! `topup auto-reload`: automatic purchases: shown, set, switched off.

use super::state::show_auto_reload;
use crate::app::auto_reload::{ReloadWish, auto_reload};
use crate::cli::invocation::Invocation;
use crate::core::failure::Result;
use crate::output::page::{Page, Tone};
use crate::output::{Answer, Show};
use clap::Args;

pub use crate::app::auto_reload::Reloads;

/// What its help page ends with.
const EXAMPLES: &str = "\
Examples:
  topup auto-reload                show it
  topup auto-reload 20 100 --yes   below $20, buy up to $100
  topup auto-reload off --yes      switch it off
  topup auto-reload --require-off   a gate: nothing is bought behind your back";

/// The arguments of `topup auto-reload`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct AutoReloadVerb {
    /// Buy when the balance falls below this many dollars, or off; shown when left out
    #[arg(value_name = "BELOW|off", allow_hyphen_values = true)]
    below: Option<String>,
    /// Buy up to this many dollars; more than BELOW
    #[arg(value_name = "TO", allow_hyphen_values = true)]
    to: Option<String>,
    /// End with spend_guard unless it is off, and change nothing
    #[arg(long, conflicts_with_all = ["below", "to"])]
    require_off: bool,
}

impl AutoReloadVerb {
    /// Shows or changes it.
    ///
    /// # Errors
    /// Class `usage` for amounts that make no sense, and as [`auto_reload`].
    pub fn run(self, invocation: &Invocation) -> Result<Answer> {
        let wish = if self.require_off {
            ReloadWish::RequireOff
        } else {
            ReloadWish::parse(self.below.as_deref(), self.to.as_deref())?
        };
        let provider = invocation.setup.provider()?;
        Ok(Answer::new(auto_reload(provider.as_ref(), wish, &invocation.questions())?))
    }
}

impl Show for Reloads {
    fn show(&self, page: &mut Page) {
        match &self.auto_reload {
            Some(reload) => {
                show_auto_reload(page, reload);
                if let Some(warning) = reload.warning() {
                    page.line(Tone::Warn, &warning);
                }
            }
            None => page.line(Tone::Plain, "This role does not see auto-reload."),
        }
    }
}
