//! `topup status`: where a purchase stands; goes on with it where that is safe.

use super::completions::values;
use super::opening::{self, PURCHASES};
use crate::app::buying::earlier::{charged_without_name, with_charged};
use crate::app::buying::terms::OutcomeWait;
use crate::app::status;
use crate::cli::invocation::Invocation;
use crate::core::duration;
use crate::core::failure::{Charged, Failure, Result};
use crate::output::Answer;
use clap::Args;
use clap_complete::ArgValueCandidates;
use std::time::Duration;

/// What its help page ends with.
const EXAMPLES: &str = "\
Examples:
  topup status             the latest purchase
  topup status --wait=5m   wait until it is final";

/// The arguments of `topup status`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct StatusArgs {
    /// Id of a purchase, charge or payment, or a --once name; without it the latest open purchase,
    /// or else the latest one
    #[arg(value_name = "ID", add = ArgValueCandidates::new(values::purchases))]
    id: Option<String>,
    /// Wait until it is final, for 5 minutes or as long as given
    #[arg(long, value_name = "DURATION", num_args = 0..=1, require_equals = true, default_missing_value = "5m", value_parser = duration::parse)]
    wait: Option<Duration>,
    /// Time between two checks of the purchase
    #[arg(long, value_name = "DURATION", default_value = "2s", value_parser = duration::parse)]
    poll: Duration,
}

impl StatusArgs {
    /// Polls it.
    ///
    /// # Errors
    /// The class of whatever it stands at, unless it is settled.
    pub fn run(self, invocation: &Invocation) -> Result<Answer> {
        self.status(invocation).map_err(|error| {
            with_charged(error, || match self.id {
                Some(_) => Charged::Unknown,
                None => {
                    let journal = invocation.setup.journal_if_any();
                    charged_without_name(journal.as_ref())
                }
            })
        })
    }

    fn status(&self, invocation: &Invocation) -> Result<Answer> {
        if let Some(time) = self.id.as_deref().filter(|word| self.wait.is_some() && is_a_time(word))
        {
            return Err(Failure::usage(format!("'{time}' is a time, and no id of a purchase"))
                .hint_with("Write it like 'topup status --wait={}'.", &[&time]));
        }
        if self.id.is_none() && invocation.setup.journal_to_read()?.is_none() {
            return Err(nothing_bought());
        }
        let waiting = OutcomeWait::at_most(self.wait.unwrap_or_default(), self.poll);
        opening::reading(invocation, PURCHASES, |buying| {
            status::status(buying, self.id.as_deref(), waiting).map(Answer::new)
        })
    }
}

/// Without a home there is no journal, and so no purchase.
fn nothing_bought() -> Failure {
    Failure::usage("there is no home, and so no journal with a purchase in it")
        .hint("Name a charge, as in 'topup status CHARGE_ID', or set HOME or TOPUP_HOME.")
}

/// Whether a word can only be a duration: an id begins with no fewer than four of its own digits.
fn is_a_time(word: &str) -> bool {
    let is_of_an_id = word.len() >= 4 && word.bytes().all(|byte| byte.is_ascii_hexdigit());
    duration::parse(word).is_ok() && !is_of_an_id
}
