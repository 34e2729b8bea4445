//! `topup check`: a gate on the balance for scripts.

use crate::app::check::{self, CheckOptions};
use crate::cli::invocation::Invocation;
use crate::cli::verbs::which::WhichFlags;
use crate::core::failure::Result;
use crate::core::money::Amount;
use crate::output::page::{Page, Tone};
use crate::output::{Answer, Show};
use clap::Args;

pub use crate::app::check::GateResult;

/// What its help page ends with.
const EXAMPLES: &str = "\
Examples:
  topup check --at-least 10 || notify   run something when less is there";

/// The arguments of `topup check`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct CheckArgs {
    /// End with insufficient_balance when less than this is there, in dollars, credits or uses
    #[arg(long, alias = "min", alias = "minimum", value_name = "AMOUNT", value_parser = Amount::parse)]
    at_least: Amount,
    #[command(flatten)]
    whose: WhichFlags,
    /// Count in this unit, such as usd or cny, where there are amounts in several
    #[arg(long, value_name = "UNIT")]
    unit: Option<String>,
}

impl CheckArgs {
    /// Compares.
    ///
    /// # Errors
    /// As [`check::check`].
    pub fn run(self, invocation: &Invocation) -> Result<Answer> {
        let options = CheckOptions {
            at_least: self.at_least,
            which: self.whose.which(),
            unit: self.unit.as_deref(),
        };
        let provider = invocation.setup.provider()?;
        check::check(provider.as_ref(), &options).map(Answer::new)
    }
}

impl Show for GateResult {
    fn show(&self, page: &mut Page) {
        for warning in &self.warnings {
            page.line(Tone::Warn, &format!("warning: {warning}"));
        }
        if self.unlimited {
            let line = format!("The {} are not counted here: there are always enough.", self.unit);
            return page.line(Tone::Good, &line);
        }
        page.line(
            Tone::Good,
            &format!(
                "The balance is {}, enough for the {} asked for.",
                self.unit.shown(self.balance),
                self.unit.shown(self.required)
            ),
        );
        if let Some(note) = &self.note {
            page.line(Tone::Dim, note);
        }
    }
}
