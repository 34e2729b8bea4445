//! `topup ledger reverse`: takes a transaction back with its opposite, once.

use super::options::Whose;
use crate::app::ledger::books::Booked;
use crate::app::ledger::dry_run::BookedDryRun;
use crate::cli::invocation::Invocation;
use crate::cli::verbs::dry_run::DryRunFlag;
use crate::core::failure::Result;
use crate::ledger::input::check_description;
use crate::output::Answer;
use clap::Args;

/// The arguments of `topup ledger reverse`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  topup ledger reverse ID --reason refunded")]
pub struct ReverseArgs {
    /// Id of the transaction, as 'ledger transactions' lists it
    #[arg(value_name = "ID")]
    id: String,
    /// Reason, for the books
    #[arg(long, value_name = "TEXT", value_parser = check_description)]
    reason: String,
    /// Whether it is only to be shown.
    #[command(flatten)]
    pub flag: DryRunFlag,
}

impl ReverseArgs {
    /// Books it.
    ///
    /// # Errors
    /// Class `usage` when the mandate has no such transaction.
    pub fn run(self, invocation: &Invocation, whose: &Whose) -> Result<Answer> {
        let (mut ledger, mandate) = whose.open_for(invocation, self.flag)?;
        let posted = ledger.reverse(&mandate.mandate, &self.id, &self.reason)?;
        Ok(if self.flag.dry_run {
            Answer::new(BookedDryRun::new(posted, mandate.currency))
        } else {
            Answer::new(Booked::new(posted, mandate.currency))
        })
    }
}
