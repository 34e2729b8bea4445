//! `topup ledger transactions`: the book, newest first.

use super::Whose;
use crate::app::ledger::books::transactions;
use crate::cli::invocation::Invocation;
use crate::cli::verbs::period::PeriodArgs;
use crate::core::failure::Result;
use crate::core::time;
use crate::ledger::values::{Kind, Transaction};
use crate::output::page::{Page, Tone};
use crate::output::{Answer, Show};
use clap::Args;
use schemars::JsonSchema;
use serde::Serialize;

/// The arguments of `topup ledger transactions`.
#[derive(Debug, Args)]
pub struct TransactionsArgs {
    /// Show at most this many
    #[arg(long, value_name = "COUNT", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    limit: u32,
    #[command(flatten)]
    period: PeriodArgs,
    /// Show transactions older than the one with this id
    #[arg(long, value_name = "ID")]
    before: Option<String>,
    /// Write comma-separated values with a heading
    #[arg(long, conflicts_with_all = ["json", "get"])]
    csv: bool,
}

/// A part of the book; `data` of `ledger transactions`.
#[derive(Serialize, JsonSchema)]
pub struct TransactionList {
    /// Newest first.
    transactions: Vec<Transaction>,
    /// Whether there are older ones: `--before` with the last id shows them.
    has_more: bool,
    /// The currency of all amounts.
    currency: String,
    #[serde(skip)]
    csv: bool,
}

impl TransactionsArgs {
    /// Reads it.
    ///
    /// # Errors
    /// Class `usage` when the mandate is not clear, or has no transaction with that id.
    pub fn run(self, invocation: &Invocation, whose: &Whose) -> Result<Answer> {
        let (mut ledger, mandate) = whose.open(invocation)?;
        let period = self.period.period(invocation.setup.now())?;
        let before = self.before.as_deref();
        let (transactions, has_more) =
            transactions(&mut ledger, &mandate, whose.user(), period, before, self.limit)?;
        let currency = mandate.currency;
        Ok(Answer::new(TransactionList { transactions, has_more, currency, csv: self.csv }))
    }
}

/// `-1.50`, from the account's side.
fn signed(transaction: &Transaction) -> String {
    let sign = if transaction.kind == Kind::Debit { "-" } else { "" };
    format!("{sign}{}", transaction.amount.shown())
}

impl Show for TransactionList {
    fn show(&self, page: &mut Page) {
        if self.csv {
            return self.write_csv(page);
        }
        if self.transactions.is_empty() {
            return page.line(Tone::Plain, "No transaction.");
        }
        let rows = self.transactions.iter().map(|one| {
            let tone = if one.kind == Kind::Credit { Tone::Good } else { Tone::Plain };
            let row = vec![
                time::shown(one.created_at),
                signed(one),
                one.balance_after.shown(),
                one.user.clone().or_else(|| one.account_user.clone()).unwrap_or_default(),
                one.description.clone(),
                one.id.clone(),
            ];
            (tone, row)
        });
        let amount = format!("amount {}", self.currency);
        page.table(&["time", &amount, "balance", "user", "what", "id"], rows);
        if self.has_more
            && let Some(last) = self.transactions.last()
        {
            page.line(Tone::Dim, &format!("There are older ones: --before {}", last.id));
        }
    }
}

impl TransactionList {
    fn write_csv(&self, page: &mut Page) {
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        page.csv(
            &[
                "created_at",
                "id",
                "mandate",
                "account_user",
                "type",
                "amount",
                "currency",
                "balance_after",
                "reference",
                "description",
                "provider",
                "user",
                "base_price",
                "markup_percent",
                "workflow_id",
                "feature_instance_id",
                "feature_code",
                "idempotency_key",
                "reverses",
            ],
            self.transactions.iter().map(|one| {
                [
                    one.created_at.to_string(),
                    one.id.clone(),
                    one.mandate.clone(),
                    text(&one.account_user),
                    one.kind.word().to_owned(),
                    one.amount.to_string(),
                    self.currency.clone(),
                    one.balance_after.to_string(),
                    one.reference.word().to_owned(),
                    one.description.clone(),
                    text(&one.provider),
                    text(&one.user),
                    one.base_price.as_ref().map(ToString::to_string).unwrap_or_default(),
                    one.markup_percent.map(|percent| percent.to_string()).unwrap_or_default(),
                    text(&one.workflow_id),
                    text(&one.feature_instance_id),
                    text(&one.feature_code),
                    text(&one.idempotency_key),
                    text(&one.reverses),
                ]
            }),
        );
    }
}
