//! `topup transactions`: what the system itself lists of the account, where it lists anything.

use crate::app::transactions::{ListOptions, ListParts, transactions};
use crate::cli::invocation::Invocation;
use crate::core::command::NextStep;
use crate::core::failure::Result;
use crate::core::money::Money;
use crate::output::page::{Page, Tone};
use crate::output::{Answer, Show};
use crate::provider::transactions::{Transaction, TransactionPage};
use clap::Args;
use schemars::JsonSchema;
use serde::Serialize;

/// What its help page ends with.
const EXAMPLES: &str = "\
Examples:
  topup --provider ciris transactions --all --csv   for a spreadsheet";

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
    /// As [`transactions`].
    pub fn run(self, invocation: &Invocation) -> Result<Answer> {
        let setup = &invocation.setup;
        setup.interrupt().install()?;
        let provider = setup.provider()?;
        let parts = ListParts {
            provider: provider.as_ref(),
            clock: setup.environment.clock.as_ref(),
            report: &invocation.output,
        };
        let limit = (!self.all).then_some(self.limit);
        let page = transactions(&parts, ListOptions { limit, offset: self.offset })?;
        if self.csv && page.has_more {
            let shown = page.transactions.len();
            let line = format!("only {shown} are written; --all follows the list to its end");
            invocation.output.warn(NextStep::text(line));
        }
        Ok(Answer::new(Moved { page, csv: self.csv }))
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
