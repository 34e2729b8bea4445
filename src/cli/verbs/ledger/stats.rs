//! `topup ledger stats`: who spent what, on whom, and when; with bars in a terminal.

use super::options::{Whose, in_currency};
use crate::app::ledger::books::sums;
use crate::cli::invocation::Invocation;
use crate::cli::verbs::period::PeriodArgs;
use crate::core::counted::counted;
use crate::core::failure::Result;
use crate::core::money::Money;
use crate::ledger::stats::{SumBy, SumLine};
use crate::output::chart::{Bar, Chart, Series, SeriesStyle};
use crate::output::page::{Page, Tone};
use crate::output::{Answer, Show};
use clap::Args;
use schemars::JsonSchema;
use serde::Serialize;

/// The arguments of `topup ledger stats`.
#[derive(Debug, Args)]
pub struct StatsArgs {
    /// What to sum up by
    #[arg(long, value_name = "WHAT", default_value = "day")]
    by: SumBy,
    #[command(flatten)]
    period: PeriodArgs,
    /// Write comma-separated values with a heading
    #[arg(long, conflicts_with_all = ["json", "get"])]
    csv: bool,
}

/// The sums; `data` of `ledger stats`.
#[derive(Serialize, JsonSchema)]
pub struct Sums {
    /// Days and months in their order, names by what they cost.
    rows: Vec<SumLine>,
    /// All of them together.
    total: Money,
    /// The currency.
    currency: String,
    #[serde(skip)]
    csv: bool,
}

impl StatsArgs {
    /// Sums up.
    ///
    /// # Errors
    /// Class `usage` when the mandate is not clear.
    pub fn run(self, invocation: &Invocation, whose: &Whose) -> Result<Answer> {
        let (mut ledger, mandate) = whose.open(invocation)?;
        let period = self.period.period(invocation.setup.now())?;
        let (rows, total) =
            sums(&mut ledger, &mandate, whose.user(), self.by, period, &self.period.tz)?;
        Ok(Answer::new(Sums { rows, total, currency: mandate.currency, csv: self.csv }))
    }
}

impl Show for Sums {
    fn show(&self, page: &mut Page) {
        let key = |row: &SumLine| row.key.clone().unwrap_or_default();
        if self.csv {
            let rows = self
                .rows
                .iter()
                .map(|row| [key(row), row.count.to_string(), row.total.to_string()]);
            return page.csv(&["key", "count", "total"], rows);
        }
        if self.rows.is_empty() {
            return page.line(Tone::Plain, "Nothing was used.");
        }
        let bars = self.rows.iter().map(|row| {
            let label = row.key.clone().unwrap_or_else(|| "(none)".to_owned());
            let texts = vec![format!("{} ({})", row.total.shown(), counted(row.count, "use"))];
            Bar { label, texts, parts: vec![row.total.0] }
        });
        page.chart(&Chart {
            bars: bars.collect(),
            series: vec![Series { name: "used".to_owned(), style: SeriesStyle::First }],
            ..Chart::default()
        });
        page.field("total", Tone::Strong, &in_currency(&self.currency, self.total));
    }
}
