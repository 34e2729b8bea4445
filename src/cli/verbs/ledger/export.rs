//! `topup ledger export`: the books for other programs of accounting.

use super::Whose;
use crate::cli::invocation::Invocation;
use crate::core::failure::Result;
use crate::ledger::export::{Format, write};
use crate::ledger::values::Filter;
use crate::output::{Answer, Plain};
use clap::Args;

/// How many transactions are read at once.
const AT_ONCE: u32 = 10_000;

/// The arguments of `topup ledger export`.
#[derive(Debug, Args)]
pub struct Export {
    /// Write in the format of this program
    #[arg(long, value_name = "PROGRAM", default_value = "hledger")]
    format: Format,
}

impl Export {
    /// Writes the whole book of the mandate.
    ///
    /// # Errors
    /// Class `usage` when the mandate is not clear.
    pub fn run(self, invocation: &Invocation, whose: &Whose) -> Result<Answer> {
        let (mut ledger, mandate) = whose.open(invocation)?;
        let mut filter = Filter::default();
        let mut book = Vec::new();
        loop {
            let (page, more) = ledger.transactions(&mandate.mandate, &filter, AT_ONCE)?;
            filter.before = page.last().map(|last| last.seq);
            book.extend(page);
            if !more {
                break;
            }
        }
        book.reverse();
        Ok(Answer::new(Plain { text: write(self.format, &mandate, &book) }))
    }
}
