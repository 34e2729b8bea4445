//! `topup doctor`: what is wrong here, and the command that mends it. The checks are in `app::doctor`.

use crate::app::doctor::{self, CheckStatus, Diagnosis};
use crate::cli::invocation::Invocation;
use crate::core::failure::Result;
use crate::output::page::{Page, Tone};
use crate::output::{Answer, Show};
use clap::Args;

/// What its help page ends with.
const EXAMPLES: &str = "\
Examples:
  topup doctor               every check, and what fixes what is wrong
  topup doctor --offline     without asking any server
  topup doctor --get wrong   how many checks found something wrong";

/// The arguments of `topup doctor`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct DoctorArgs {
    /// Send no request
    #[arg(long)]
    offline: bool,
}

impl DoctorArgs {
    /// Checks.
    ///
    /// # Errors
    /// The class of the first check that is wrong; the checks stand in the answer all the same.
    pub fn run(self, invocation: &Invocation) -> Result<Answer> {
        let (diagnosis, failure) = doctor::examine(&invocation.setup, self.offline)?;
        Ok(Answer::new(diagnosis).but(failure))
    }
}

impl Show for Diagnosis {
    fn show(&self, page: &mut Page) {
        for check in &self.checks {
            let (tone, word) = match check.status {
                CheckStatus::Ok => (Tone::Plain, "ok"),
                CheckStatus::Warning => (Tone::Warn, "warning"),
                CheckStatus::Wrong => (Tone::Bad, "WRONG"),
                CheckStatus::Skipped => (Tone::Dim, "skipped"),
            };
            page.hanging(tone, &format!("{word:<8} {:<14} ", check.name), &check.message);
            if let Some(fix) = &check.fix {
                page.hanging(Tone::Plain, &" ".repeat(24), &fix.to_string());
            }
        }
        let tone = match (self.wrong, self.warnings) {
            (0, 0) => Tone::Good,
            (0, _) => Tone::Warn,
            _ => Tone::Bad,
        };
        let skipped = match self.skipped {
            0 => String::new(),
            count => format!(", {count} skipped"),
        };
        let warnings = if self.warnings == 1 { "warning" } else { "warnings" };
        page.line(
            tone,
            &format!(
                "{} ok, {} {warnings}, {} wrong{skipped}.",
                self.ok, self.warnings, self.wrong
            ),
        );
    }
}
