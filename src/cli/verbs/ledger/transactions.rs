//! `topup ledger transactions`: the book, newest first.

use super::options::Whose;
use crate::app::ledger::books::{TransactionQuery, each_transaction};
use crate::cli::invocation::Invocation;
use crate::cli::verbs::period::PeriodArgs;
use crate::core::failure::Result;
use crate::core::time;
use crate::ledger::Ledger;
use crate::ledger::values::{Kind, Mandate, Transaction};
use crate::output::Answer;
use crate::output::page::Tone;
use crate::output::stream::{RowLayout, Stream, StreamRow, StreamWriter};
use clap::Args;
use schemars::JsonSchema;
use serde::Serialize;

/// How many transactions a list shows where no limit is given.
const USUAL_LIMIT: u32 = 100;

/// The arguments of `topup ledger transactions`.
#[derive(Debug, Args)]
pub struct TransactionsArgs {
    /// Show at most this many [default: 100, with --csv all]
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    limit: Option<u32>,
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
#[cfg_attr(not(debug_assertions), expect(dead_code, reason = "the schema of what is streamed"))]
pub struct TransactionList {
    /// Newest first.
    transactions: Vec<Transaction>,
    /// Whether there are older ones: `--before` with the last id shows them.
    has_more: bool,
    /// The currency of all amounts.
    currency: String,
}

impl TransactionsArgs {
    /// Reads it.
    ///
    /// # Errors
    /// Class `usage` when the mandate is not clear.
    pub fn run(self, invocation: &Invocation, whose: &Whose) -> Result<Answer> {
        let (ledger, mandate) = whose.open(invocation)?;
        let query = TransactionQuery {
            user: whose.user().map(ToOwned::to_owned),
            period: self.period.period(invocation.setup.now())?,
            before: self.before,
            limit: self.limit.unwrap_or(if self.csv { u32::MAX } else { USUAL_LIMIT }),
        };
        Ok(Answer::stream(WrittenList { ledger, mandate, query, csv: self.csv }))
    }
}

/// A list that is written while it is read.
struct WrittenList {
    ledger: Ledger,
    mandate: Mandate,
    query: TransactionQuery,
    csv: bool,
}

impl Stream for WrittenList {
    fn write(&mut self, to: &mut StreamWriter<'_>) -> Result<()> {
        let currency = &self.mandate.currency;
        let amount = format!("amount {currency}");
        let heads = ["time", &amount, "balance", "user", "what", "id"];
        let layout = if self.csv {
            RowLayout::Csv(CSV)
        } else {
            RowLayout::Table(heads.map(ToOwned::to_owned).to_vec())
        };
        to.field("currency", currency)?;
        to.begin_rows("transactions", layout);
        let mut last = None;
        let name = &self.mandate.mandate;
        let has_more = each_transaction(&mut self.ledger, name, &self.query, &mut |transaction| {
            let row = ListedTransaction { transaction, currency };
            to.row(&row)?;
            last = Some(row.transaction.id);
            Ok(())
        })?;
        to.end_rows()?;
        to.field("has_more", &has_more)?;
        if !self.csv {
            to.page(|page| match last {
                None => page.line(Tone::Plain, "No transaction."),
                Some(last) if has_more => {
                    page.line(Tone::Dim, &format!("There are older ones: --before {last}"));
                }
                Some(_) => {}
            });
        }
        Ok(())
    }
}

/// A row of the list.
#[derive(Serialize)]
#[serde(transparent)]
struct ListedTransaction<'l> {
    transaction: Transaction,
    #[serde(skip)]
    currency: &'l str,
}

/// The heading of its comma-separated values.
const CSV: &[&str] = &[
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
];

impl StreamRow for ListedTransaction<'_> {
    fn csv(&self) -> Vec<String> {
        let one = &self.transaction;
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        vec![
            one.created_at.to_string(),
            one.id.clone(),
            one.mandate.clone(),
            text(&one.account_user),
            one.kind.word().to_owned(),
            one.amount.to_string(),
            self.currency.to_owned(),
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
    }

    fn cells(&self) -> (Tone, Vec<String>) {
        let one = &self.transaction;
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
    }
}

/// `-1.50`, from the account's side.
fn signed(transaction: &Transaction) -> String {
    let sign = if transaction.kind == Kind::Debit { "-" } else { "" };
    format!("{sign}{}", transaction.amount.shown())
}
