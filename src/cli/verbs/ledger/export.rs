//! `topup ledger export`: the books for other programs of accounting.

use super::options::Whose;
use crate::cli::invocation::Invocation;
use crate::core::failure::Result;
use crate::core::time::parse_zone;
use crate::ledger::Ledger;
use crate::ledger::export::Format;
use crate::ledger::values::Mandate;
use crate::output::Answer;
use crate::output::stream::{Stream, StreamWriter};
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
        let (ledger, mandates) = if self.all {
            let mut ledger = invocation.setup.ledger(&invocation.output)?;
            let mandates = ledger.mandates()?;
            (ledger, mandates)
        } else {
            let (ledger, mandate) = whose.open(invocation)?;
            (ledger, vec![mandate])
        };
        Ok(Answer::stream(WrittenBooks { ledger, mandates, format: self.format, zone: self.tz }))
    }
}

/// Books that are written while they are read.
struct WrittenBooks {
    ledger: Ledger,
    mandates: Vec<Mandate>,
    format: Format,
    zone: TimeZone,
}

impl Stream for WrittenBooks {
    fn write(&mut self, to: &mut StreamWriter<'_>) -> Result<()> {
        let Self { ledger, mandates, format, zone } = self;
        ledger.export(*format, mandates, zone, &mut |piece| to.plain("text", piece))
    }
}
