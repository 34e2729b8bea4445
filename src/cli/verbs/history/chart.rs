//! How the chart of `topup history` looks: a bar for each day or month, with the limit of the profile
//! drawn through them.

use crate::app::history::chart::{ChartSpan, Charted};
use crate::core::command::NextStep;
use crate::core::counted::counted;
use crate::core::money::Money;
use crate::core::system::System;
use crate::output::Show;
use crate::output::chart::{self, Bar, Chart, ChartLimit, Series, SeriesStyle};
use crate::output::page::{Page, Tone};
use crate::provider;
use crate::provider::packs::Price;
use clap::ValueEnum;
use clap::builder::PossibleValue;
use std::collections::BTreeMap;

impl ValueEnum for ChartSpan {
    fn value_variants<'a>() -> &'a [Self] {
        &[Self::Day, Self::Month]
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(match self {
            Self::Day => PossibleValue::new("day").help("A day"),
            Self::Month => PossibleValue::new("month").help("A month"),
        })
    }
}

impl Charted {
    /// The systems that were paid, in the order of the catalogue.
    fn systems(&self) -> Vec<System> {
        let is_paid =
            |system: &System| self.buckets.iter().any(|bucket| !bucket.paid_to(*system).is_zero());
        provider::catalogue().all().filter(is_paid).collect()
    }

    fn limit(&self) -> Option<ChartLimit> {
        let at = self.limit_usd?;
        let key = match self.by {
            ChartSpan::Day => "max_per_day",
            ChartSpan::Month => "max_per_month",
        };
        let each = if self.portals.len() > 1 { ", for each portal" } else { "" };
        Some(ChartLimit { at: at.0, name: format!("{key} ${}{each}", at.shown()) })
    }

    fn bars(&self, systems: &[System], narrow: bool) -> Vec<Bar> {
        let has_open = !self.open_usd.0.is_zero();
        let dollars = |money: Money| {
            if money.0.is_zero() { "-".to_owned() } else { format!("${}", money.shown()) }
        };
        let bars = self.buckets.iter().map(|bucket| {
            let label = match self.by {
                ChartSpan::Day if narrow => bucket.key.get(5..).unwrap_or_default(),
                ChartSpan::Day | ChartSpan::Month => &bucket.key,
            };
            let mut texts = vec![dollars(bucket.paid_usd)];
            if has_open {
                texts.push(dollars(bucket.open_usd));
            }
            let certain = systems.iter().map(|system| bucket.paid_to(*system));
            let parts = certain.chain(has_open.then_some(bucket.open_usd.0)).collect();
            Bar { label: label.to_owned(), texts, parts }
        });
        bars.collect()
    }
}

impl Show for Charted {
    fn show(&self, page: &mut Page) {
        if self.buckets.iter().all(|bucket| bucket.count == 0) {
            page.line(Tone::Plain, "Nothing was bought in this time.");
            return;
        }
        let looks = self
            .systems()
            .into_iter()
            .zip([SeriesStyle::First, SeriesStyle::Second].into_iter().cycle());
        let looks: Vec<(System, SeriesStyle)> = looks.collect();
        let mut series: Vec<Series> = looks
            .iter()
            .map(|(system, style)| Series { name: system.name().to_owned(), style: *style })
            .collect();
        let span = match self.by {
            ChartSpan::Day => "day",
            ChartSpan::Month => "month",
        };
        let mut heads = vec![span.to_owned(), "paid".to_owned()];
        if !self.open_usd.0.is_zero() {
            series.push(Series { name: "not certain".to_owned(), style: SeriesStyle::Open });
            heads.push("open".to_owned());
        }
        let systems: Vec<System> = looks.iter().map(|(system, _)| *system).collect();
        let bars = self.bars(&systems, page.width() < chart::NARROW);
        let bars: Vec<Bar> = bars
            .into_iter()
            .zip(&self.buckets)
            .filter(|(_, bucket)| bucket.count > 0 || !bucket.open_usd.0.is_zero())
            .map(|(bar, _)| bar)
            .collect();
        let empty = self.buckets.len() - bars.len();
        page.chart(&Chart { heads, series, bars, limit: self.limit() });
        if empty > 0 {
            let spans = counted(empty, span);
            page.line(Tone::Dim, &format!("{spans} without a purchase left out."));
        }
        self.show_sums(page);
    }
}

impl Charted {
    fn show_sums(&self, page: &mut Page) {
        let count: u64 = self.buckets.iter().map(|bucket| bucket.count).sum();
        let purchases = counted(count, "purchase");
        let total = format!("Paid: ${}; {purchases}.", self.paid_usd.shown());
        page.line(Tone::Strong, &total);
        if !self.open_usd.0.is_zero() {
            let open = self.open_usd.shown();
            page.next_step(
                Tone::Warn,
                NextStep::filled("Not certain: ${}; 'topup resume' finds out.", &[&open]),
            );
        }
        let mut others: BTreeMap<&str, Price> = BTreeMap::new();
        for price in self.buckets.iter().flat_map(|bucket| &bucket.other_currencies) {
            let none = || Price { minor: 0, currency: price.currency.clone() };
            let sum = others.entry(price.currency.as_str()).or_insert_with(none);
            sum.minor = sum.minor.saturating_add(price.minor);
        }
        if !others.is_empty() {
            let all: Vec<String> = others.values().map(ToString::to_string).collect();
            page.line(Tone::Plain, &format!("Not in the bars: {}.", all.join(", ")));
        }
        page.sandbox(self.sandbox);
    }
}
