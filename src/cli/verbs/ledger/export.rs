//! `topup ledger export`: the books for other programs of accounting.

use super::Whose;
use crate::app::ledger::books::whole;
use crate::cli::invocation::Invocation;
use crate::core::failure::Result;
use crate::core::time::parse_zone;
use crate::ledger::export::{Book, Format, write};
use crate::output::{Answer, Plain};
use clap::Args;
use jiff::tz::TimeZone;

/// The arguments of `topup ledger export`.
#[derive(Debug, Args)]
pub struct ExportArgs {
    /// Program to write for; ledger reads the format of hledger
    #[arg(long, value_name = "PROGRAM", default_value = "hledger")]
    format: Format,
    /// Write one book of all mandates
    #[arg(long)]
    all: bool,
    /// Time zone of the days, such as Europe/Zurich or +01:00
    #[arg(long, value_name = "ZONE", value_parser = parse_zone, default_value = "UTC", allow_hyphen_values = true)]
    tz: TimeZone,
}

impl ExportArgs {
    /// Writes the whole book of the mandate, or of all of them.
    ///
    /// # Errors
    /// Class `usage` when the mandate is not clear.
    pub fn run(self, invocation: &Invocation, whose: &Whose) -> Result<Answer> {
        let (mut ledger, mandates) = if self.all {
            let mut ledger = invocation.setup.ledger(&invocation.output)?;
            let mandates = ledger.mandates()?;
            (ledger, mandates)
        } else {
            let (ledger, mandate) = whose.open(invocation)?;
            (ledger, vec![mandate])
        };
        let books = mandates.into_iter().map(|mandate| whole(&mut ledger, mandate));
        let books = books.collect::<Result<Vec<Book>>>()?;
        Ok(Answer::new(Plain { text: write(self.format, &books, &self.tz) }))
    }
}
