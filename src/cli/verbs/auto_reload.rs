//! `topup auto-reload`: automatic purchases: shown, set, switched off.

use super::dry_run::DryRunFlag;
use super::shape::Shape;
use super::state::{show_auto_reload, show_most};
use crate::app::auto_reload::{self, ReloadDryRun, ReloadWish};
use crate::app::dry_run::WouldChange;
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
  topup auto-reload --require-off   a gate: fails while it is on";

/// The arguments of `topup auto-reload`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct AutoReloadVerb {
    /// Buy when the balance falls below this many dollars, or off; without it the setting is shown
    #[arg(value_name = "BELOW|off", allow_negative_numbers = true)]
    below: Option<String>,
    /// Buy up to this many dollars; more than BELOW
    #[arg(value_name = "TO", allow_negative_numbers = true)]
    to: Option<String>,
    /// End with spend_guard (5) unless it is off; change nothing
    #[arg(long, conflicts_with_all = ["below", "to"])]
    require_off: bool,
    #[command(flatten)]
    flag: DryRunFlag,
}

impl AutoReloadVerb {
    /// Which of its answers it gives.
    pub fn shape(&self) -> Shape {
        if self.flag.dry_run { Shape::DryRun } else { Shape::Usual }
    }

    /// Whether a script goes by it.
    pub fn is_gate(&self) -> bool {
        self.require_off
    }

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
        let questions = invocation.questions();
        if self.flag.dry_run {
            let session = invocation.setup.session()?;
            let would = auto_reload::dry_run(provider.as_ref(), wish, &session, &questions)?;
            return Ok(Answer::new(would));
        }
        Ok(Answer::new(auto_reload::auto_reload(provider.as_ref(), wish, &questions)?))
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

impl Show for ReloadDryRun {
    fn show(&self, page: &mut Page) {
        let text = match (self.would, self.auto_reload_after.enabled) {
            (WouldChange::Nothing, _) => "Auto-reload is off already.",
            (WouldChange::Change, true) => "Would switch auto-reload on.",
            (WouldChange::Change, false) => "Would switch auto-reload off.",
        };
        page.line(Tone::Strong, &format!("{text} Nothing was changed."));
        if let Some(now) = &self.auto_reload {
            page.field("now", Tone::Plain, &now.shown());
        }
        page.field("afterwards", Tone::Plain, &self.auto_reload_after.shown());
        show_most(page, &self.auto_reload_after);
        if let Some(warning) = self.auto_reload_after.warning() {
            page.line(Tone::Warn, &warning);
        }
    }
}
