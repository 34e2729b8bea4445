//! What the system itself lists of the account: one page, or page after page to the end.

use crate::core::class::Class;
use crate::core::clock::Clock;
use crate::core::command::NextStep;
use crate::core::dialog::Report;
use crate::core::failure::{Failure, Result};
use crate::provider::transactions::{Transaction, TransactionPage, Transactions};
use crate::provider::{PortalPage, Provider};
use std::collections::HashSet;
use std::time::Duration;

/// How many are asked for at once when all are wanted.
const WHOLE_PAGE: u32 = 100;
/// No list is followed further than this.
const MOST: usize = 100_000;
/// How many pages in a row may bring nothing new: what came in meanwhile fills one, hardly more.
const MOST_BARREN: u32 = 3;
/// How many pauses in a row a run takes before it reports that the system is still busy.
const MOST_PAUSES: u32 = 10;
/// The longest pause, in seconds, that a run takes when the system asks for one; a longer one is
/// reported instead.
const LONGEST_PAUSE: u64 = 60;

/// Which part of the list is read.
#[derive(Clone, Copy, Debug)]
pub struct ListOptions {
    /// At most this many; none for all of them.
    pub limit: Option<u32>,
    /// After leaving out this many of the newest.
    pub offset: u64,
}

/// The parts of a list.
pub struct ListParts<'a> {
    /// The system.
    pub provider: &'a dyn Provider,
    /// Waits where the system asks for a pause.
    pub clock: &'a dyn Clock,
    /// Reports pauses, and that there are more.
    pub report: &'a dyn Report,
}

/// Reads the list.
///
/// # Errors
/// Class `unsupported` where the system lists nothing, and the classes of a request.
pub fn transactions(parts: &ListParts<'_>, options: ListOptions) -> Result<TransactionPage> {
    let provider = parts.provider;
    let Some(lists) = provider.transactions() else {
        return Err(provider.unsupported("a list of transactions", PortalPage::Topup));
    };
    match options.limit {
        Some(limit) => lists.page(limit, options.offset),
        None => parts.follow(lists, options.offset),
    }
}

impl ListParts<'_> {
    /// Page after page. What came in meanwhile pushes older ones on, so that some come twice: each
    /// is listed once.
    fn follow(&self, lists: &dyn Transactions, offset: u64) -> Result<TransactionPage> {
        let mut whole =
            TransactionPage { transactions: Vec::new(), total_count: None, has_more: true };
        let mut seen = HashSet::new();
        let mut offset = offset;
        let (mut barren, mut pauses) = (0, 0);
        while whole.has_more && whole.transactions.len() < MOST {
            let page = match lists.page(WHOLE_PAGE, offset) {
                Ok(page) => page,
                Err(error) if pauses == MOST_PAUSES => return Err(error),
                Err(error) => {
                    pauses += 1;
                    self.pause(error)?;
                    continue;
                }
            };
            pauses = 0;
            let came = page.transactions.len() as u64;
            whole.total_count = page.total_count;
            // A server that promises more and gives none would be asked for ever.
            whole.has_more = page.has_more && came > 0;
            offset = offset.saturating_add(came);
            let new =
                |entry: &Transaction| entry.transaction_id.clone().is_none_or(|id| seen.insert(id));
            let mut entries = page.transactions;
            entries.retain(new);
            barren = if entries.is_empty() { barren + 1 } else { 0 };
            if whole.has_more && barren == MOST_BARREN {
                return Err(Failure::new(
                    Class::Protocol,
                    "the system gives the same transactions again and again and promises more",
                )
                .hint("Take them page by page, with --limit and --offset."));
            }
            whole.transactions.extend(entries);
        }
        if whole.has_more {
            let line = format!(
                "these are the newest {MOST}, and there are more: --offset {offset} goes on."
            );
            self.report.warn(&NextStep::text(line));
        }
        Ok(whole)
    }

    /// Waits where the system asked for a pause that is worth waiting for.
    fn pause(&self, error: Failure) -> Result<()> {
        let asked = error.parts().retry_after.filter(|_| error.class() == Class::RateLimited);
        let Some(seconds) = asked.filter(|seconds| *seconds <= LONGEST_PAUSE) else {
            return Err(error);
        };
        let line = format!("The system asks for a pause of {seconds} s.");
        self.report.note(&NextStep::text(line));
        self.clock
            .wait(Duration::from_secs(seconds.max(1)))
            .map_err(|signal| Failure::new(signal.class(), "interrupted while waiting"))
    }
}
