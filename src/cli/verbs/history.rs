//! `topup history`: the purchase journal, newest first, or as a chart of days or months.

mod chart;

use super::period::PeriodArgs;
use super::shape::Shape;
use crate::app::history::chart::{ChartRequest, ChartSpan, sum_up};
use crate::app::history::{self, HistoryLine};
use crate::app::summary::{AnySummary, PurchaseStatus, Upgrade};
use crate::cli::invocation::Invocation;
use crate::core::failure::Result;
use crate::core::money::Money;
use crate::core::time::Period;
use crate::output::Answer;
use crate::output::page::Tone;
use crate::output::stream::{RowLayout, Stream, StreamRow, StreamWriter};
use crate::provider::packs::Price;
use crate::purchase::place::JournalPlace;
use clap::Args;

/// What its help page ends with.
const EXAMPLES: &str = "\
Examples:
  topup history --limit 5                               the latest five
  topup history --csv >purchases.csv                    for a spreadsheet
  topup history --since 2026-11 --until 2026-11 --csv   those of one month";

/// How many purchases a list shows where no limit is given.
const USUAL_LIMIT: u32 = 50;

/// The arguments of `topup history`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct History {
    /// Show at most this many [default: 50, with --csv all]
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u32).range(1..))]
    limit: Option<u32>,
    /// Write comma-separated values with a heading
    #[arg(long, conflicts_with_all = ["json", "get"])]
    csv: bool,
    #[command(flatten)]
    period: PeriodArgs,
    /// Show what was bought as a bar for each day or month
    #[arg(long, conflicts_with_all = ["csv", "limit"])]
    chart: bool,
    /// Choose what each bar of the chart stands for
    #[arg(long, value_name = "SPAN", default_value = "day", requires = "chart")]
    by: ChartSpan,
}

/// A list that is written while it is read.
struct WrittenHistory {
    /// None where there is no home, and so no purchase.
    journal: Option<JournalPlace>,
    period: Period,
    limit: u32,
    csv: bool,
    sandbox: bool,
    /// A time was named: there may be purchases outside of it.
    is_part: bool,
}

impl Stream for WrittenHistory {
    fn write(&mut self, to: &mut StreamWriter<'_>) -> Result<()> {
        let heads = ["requested", "amount", "for", "status", "charge or purchase", "name"];
        let layout = if self.csv {
            RowLayout::Csv(&HEADS)
        } else {
            RowLayout::Table(heads.map(ToOwned::to_owned).to_vec())
        };
        to.begin_rows("purchases", layout);
        let mut is_empty = true;
        let take = &mut |line: HistoryLine| {
            is_empty = false;
            to.row(&line)
        };
        let left_out =
            history::each(self.journal.as_ref(), &self.period, self.limit, self.sandbox, take)?;
        to.end_rows()?;
        to.field("has_more", &left_out.older)?;
        if is_empty && !self.csv {
            let none = if self.is_part { "No purchase in this time." } else { "No purchase yet." };
            to.page(|page| page.line(Tone::Plain, none));
        }
        if left_out.older && !self.csv {
            let line = format!("Only the newest {}; --limit shows more.", self.limit);
            to.page(|page| page.line(Tone::Dim, &line));
        }
        if left_out.other_money && !self.sandbox && !self.csv {
            let others =
                "Purchases of the sandbox are left out: 'topup --sandbox history' lists them.";
            to.page(|page| page.next_step(Tone::Dim, others));
        }
        Ok(())
    }
}

impl History {
    /// Reads the journal.
    ///
    /// # Errors
    /// Class `config` when it cannot be read, or for a profile that there is not.
    pub fn run(self, invocation: &Invocation) -> Result<Answer> {
        let setup = &invocation.setup;
        if invocation.globals.profile.is_some() {
            // The journal is that of all profiles; a name that is mistyped is reported all the same.
            setup.settings()?;
        }
        let journal = setup.journal_to_read()?;
        let period = self.period.period(setup.now())?;
        if self.chart {
            return Ok(Answer::new(sum_up(&ChartRequest {
                journal: journal.as_ref(),
                by: self.by,
                period: &period,
                zone: &self.period.tz,
                now: setup.now(),
                sandbox: setup.is_sandbox()?,
                system: invocation.globals.provider.as_deref(),
                limits: setup.settings()?.limits,
            })?));
        }
        let (csv, sandbox) = (self.csv, setup.is_sandbox()?);
        let limit = self.limit.unwrap_or(if csv { u32::MAX } else { USUAL_LIMIT });
        let is_part = self.period.since.is_some() || self.period.until.is_some();
        Ok(Answer::stream(WrittenHistory { journal, period, limit, csv, sandbox, is_part }))
    }

    /// Which of its answers it gives.
    pub fn shape(&self) -> Shape {
        if self.chart { Shape::Chart } else { Shape::Usual }
    }
}

/// When it was asked for.
fn asked_at(line: &HistoryLine) -> Option<&str> {
    match &line.bought {
        AnySummary::Charge(summary) => summary.asked_at.as_deref(),
        AnySummary::Payment(summary) => summary.asked_at.as_deref(),
    }
}

/// When it was paid.
fn settled_at(line: &HistoryLine) -> Option<&str> {
    match &line.bought {
        AnySummary::Charge(summary) => summary.settled_at.as_deref(),
        AnySummary::Payment(summary) => {
            let ended_at = summary.ended_at.as_deref();
            ended_at.filter(|_| line.bought.status() == PurchaseStatus::Settled)
        }
    }
}

/// What it cost, as a table shows it: all that was charged, where the seller tells it.
fn price(line: &HistoryLine) -> String {
    match &line.bought {
        AnySummary::Charge(summary) => {
            let amount = summary.total_usd.or(summary.amount_usd);
            amount.map(|amount| format!("${}", amount.shown())).unwrap_or_default()
        }
        AnySummary::Payment(summary) => {
            summary.amount.as_ref().map(ToString::to_string).unwrap_or_default()
        }
    }
}

/// The plan that it was for, where it was for one.
fn plan(line: &HistoryLine) -> Option<&Upgrade> {
    match &line.bought {
        AnySummary::Charge(summary) => summary.upgrade.as_ref(),
        AnySummary::Payment(_) => None,
    }
}

/// What it was for, as a table shows it.
fn bought(line: &HistoryLine) -> String {
    match (&line.bought, plan(line)) {
        (_, Some(plan)) => format!("plan {}", plan.tier_name),
        (AnySummary::Charge(_), None) => "credits".to_owned(),
        (AnySummary::Payment(_), None) => "uses".to_owned(),
    }
}

/// The heads of the comma-separated values. New ones come last.
const HEADS: [&str; 15] = [
    "asked_at",
    "amount_usd",
    "status",
    "charge_id",
    "purchase_id",
    "once",
    "subject",
    "portal",
    "plan",
    "total_usd",
    "tax_usd",
    "invoice_url",
    "settled_at",
    "profile",
    "provider",
];

fn cells(line: &HistoryLine) -> [String; 15] {
    let none = || (None, None, None);
    let (amount, id, purchase, once, (total, tax, invoice)) = match &line.bought {
        AnySummary::Charge(summary) => (
            summary.amount_usd.map(Money::shown),
            &summary.charge_id,
            &summary.purchase_id,
            &summary.once,
            (
                summary.total_usd.map(Money::shown),
                summary.tax_usd.map(Money::shown),
                summary.invoice_url.clone(),
            ),
        ),
        AnySummary::Payment(summary) => (
            summary.amount.as_ref().and_then(Price::dollars).map(|amount| amount.to_string()),
            &summary.payment_id,
            &summary.purchase_id,
            &None,
            none(),
        ),
    };
    [
        asked_at(line).unwrap_or_default().to_owned(),
        amount.unwrap_or_default(),
        line.bought.status().word().to_owned(),
        id.clone().unwrap_or_default(),
        purchase.clone().unwrap_or_default(),
        once.clone().unwrap_or_default(),
        line.subject.clone().unwrap_or_default(),
        line.portal.clone(),
        plan(line).map(|plan| plan.tier_id.clone()).unwrap_or_default(),
        total.unwrap_or_default(),
        tax.unwrap_or_default(),
        invoice.unwrap_or_default(),
        settled_at(line).unwrap_or_default().to_owned(),
        line.profile.clone().unwrap_or_default(),
        line.provider.name().to_owned(),
    ]
}

impl StreamRow for HistoryLine {
    fn csv(&self) -> Vec<String> {
        cells(self).to_vec()
    }

    fn cells(&self) -> (Tone, Vec<String>) {
        let [asked, _, status, charge, purchase, once, ..] = cells(self);
        let tone = match self.bought.status() {
            PurchaseStatus::Settled | PurchaseStatus::InForce => Tone::Good,
            PurchaseStatus::Pending | PurchaseStatus::Unknown => Tone::Warn,
            PurchaseStatus::Failed | PurchaseStatus::Refused => Tone::Bad,
            PurchaseStatus::NotSent => Tone::Dim,
        };
        let id = if charge.is_empty() { purchase } else { charge };
        (tone, vec![asked, price(self), bought(self), status, id, once])
    }
}
