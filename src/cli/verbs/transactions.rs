//! `topup transactions`: what the system itself lists of the account, where it lists anything.

use crate::cli::invocation::Invocation;
use crate::core::class::Class;
use crate::core::failure::{Failure, Result};
use crate::core::money::Money;
use crate::core::signals::Stopped;
use crate::output::page::{Page, Tone};
use crate::output::{Answer, Show};
use crate::provider::PortalPage;
use crate::provider::transactions::{Transaction, TransactionPage, Transactions as Lists};
use clap::Args;
use schemars::JsonSchema;
use serde::Serialize;
use std::time::Duration;

/// How many are asked for at once when all are wanted.
const WHOLE_PAGE: u32 = 100;
/// No list is followed further than this.
const MOST: usize = 100_000;
/// How many pages in a row may bring nothing new: what came in meanwhile fills one, hardly more.
const MOST_BARREN: u32 = 3;
/// How many pauses in a row a run takes before it tells that the system is still busy.
const MOST_PAUSES: u32 = 10;
/// How long one "too many requests" may make a run wait; longer is told instead.
const LONGEST_PAUSE: u64 = 60;

/// What its help page ends with.
const EXAMPLES: &str = "\
Examples:
  topup --provider ciris transactions --all --csv   everything, for a spreadsheet";

/// The arguments of `topup transactions`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct TransactionsArgs {
    /// Show at most this many
    #[arg(long, value_name = "COUNT", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=1000), conflicts_with = "all")]
    limit: u32,
    /// Skip this many of the newest
    #[arg(long, value_name = "COUNT", default_value_t = 0)]
    offset: u64,
    /// Show all of them
    #[arg(long)]
    all: bool,
    /// Write comma-separated values with a heading
    #[arg(long, conflicts_with_all = ["json", "get"])]
    csv: bool,
}

/// The list; `data` of `transactions`.
#[derive(Serialize, JsonSchema)]
pub struct Moved {
    #[serde(flatten)]
    page: TransactionPage,
    #[serde(skip)]
    csv: bool,
}

impl TransactionsArgs {
    /// Reads it.
    ///
    /// # Errors
    /// Class `unsupported` where the system lists nothing, and the classes of a look.
    pub fn run(self, invocation: &Invocation) -> Result<Answer> {
        let provider = invocation.setup.provider()?;
        let Some(lists) = provider.transactions() else {
            return Err(provider.unsupported("a list of transactions", PortalPage::Topup));
        };
        let page = if self.all {
            invocation.setup.interrupt().install()?;
            self.follow(invocation, lists)?
        } else {
            lists.page(self.limit, self.offset)?
        };
        Ok(Answer::new(Moved { page, csv: self.csv }))
    }

    /// Page after page. What came in meanwhile pushes older ones on, so that some come twice: each
    /// is listed once.
    fn follow(&self, invocation: &Invocation, lists: &dyn Lists) -> Result<TransactionPage> {
        let mut whole =
            TransactionPage { transactions: Vec::new(), total_count: None, has_more: true };
        let mut seen = std::collections::HashSet::new();
        let mut offset = self.offset;
        let (mut barren, mut pauses) = (0, 0);
        while whole.has_more && whole.transactions.len() < MOST {
            let page = match lists.page(WHOLE_PAGE, offset) {
                Ok(page) => page,
                Err(error) if pauses == MOST_PAUSES => return Err(error),
                Err(error) => {
                    pauses += 1;
                    wait_for_room(invocation, error)?;
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
            invocation.output.complain(&format!(
                "warning: these are the newest {MOST}, and there are more: --offset {offset} goes on."
            ));
        }
        Ok(whole)
    }
}

/// Waits where the system asked for a pause that is worth waiting for.
fn wait_for_room(invocation: &Invocation, error: Failure) -> Result<()> {
    let pause = error.parts().retry_after.filter(|_| error.class() == Class::RateLimited);
    let Some(pause) = pause.filter(|seconds| *seconds <= LONGEST_PAUSE) else { return Err(error) };
    invocation.output.note(format!("The system asks for a pause of {pause} s."));
    match invocation.setup.interrupt().sleep(Duration::from_secs(pause.max(1))) {
        Err(Stopped::Signal(signal)) => {
            Err(Failure::new(signal.class(), "interrupted while waiting"))
        }
        _ => Ok(()),
    }
}

/// `CHF -0.05` where an amount is stated, else `-5 uses`.
fn amount(entry: &Transaction) -> String {
    if let (Some(amount), Some(currency)) = (entry.amount, &entry.currency) {
        return format!("{currency} {}", amount.shown());
    }
    // Agents count uses here, whatever currency stands beside them. Contract: ciris, seen since.
    entry.amount_minor.map(|uses| format!("{uses} uses")).unwrap_or_default()
}

/// What was left afterwards.
fn left(entry: &Transaction) -> String {
    let whole = || entry.balance_after.map(|left| left.to_string());
    entry.balance.map(|left| left.to_string()).or_else(whole).unwrap_or_default()
}

impl Show for Moved {
    fn show(&self, page: &mut Page) {
        let cells = |entry: &Transaction| {
            [
                entry.created_at.clone().unwrap_or_default(),
                entry.kind.clone().unwrap_or_default(),
                amount(entry),
                left(entry),
                entry.description.clone().unwrap_or_default(),
                entry.transaction_id.clone().unwrap_or_default(),
                entry.external_transaction_id.clone().unwrap_or_default(),
            ]
        };
        if self.csv {
            page.csv(
                &[
                    "created_at",
                    "type",
                    "amount_minor",
                    "currency",
                    "balance_after",
                    "description",
                    "transaction_id",
                    "amount",
                    "transaction_type",
                    "external_transaction_id",
                ],
                self.page.transactions.iter().map(|entry| {
                    let [created, kind, _, left, what, id, external] = cells(entry);
                    let minor = entry.amount_minor.map(|minor| minor.to_string());
                    let amount = entry.amount.map(|amount| amount.to_string());
                    let currency = entry.currency.clone().unwrap_or_default();
                    let [minor, amount] = [minor, amount].map(Option::unwrap_or_default);
                    let other_type = entry.transaction_type.clone().unwrap_or_default();
                    [created, kind, minor, currency, left, what, id, amount, other_type, external]
                }),
            );
            return;
        }
        if self.page.transactions.is_empty() {
            page.line(Tone::Plain, "No transaction yet.");
            return;
        }
        let rows = self.page.transactions.iter().map(|entry| {
            let came_in = entry.amount_minor.is_some_and(|minor| minor > 0)
                || entry.amount.is_some_and(|amount| amount > Money::ZERO);
            let tone = if came_in { Tone::Good } else { Tone::Plain };
            (tone, cells(entry).to_vec())
        });
        page.table(&["when", "type", "amount", "left", "what for", "id", "external id"], rows);
        if self.page.has_more {
            let shown = self.page.transactions.len();
            let all = self.page.total_count.map(|count| format!(" of {count}")).unwrap_or_default();
            page.line(
                Tone::Dim,
                &format!("{shown}{all} are shown; --all follows the list to its end."),
            );
        }
    }
}
