//! `topup history --chart`: what was bought, a bar for each day or month, with the limit of the
//! profile drawn through them. Paid and not yet certain are told apart, as the limit counts both.

use crate::cli::invocation::Invocation;
use crate::core::command::NextStep;
use crate::core::failure::{Charged, Failure, Result};
use crate::core::money::Money;
use crate::core::system::System;
use crate::core::target;
use crate::core::time::{Period, TimeSpec};
use crate::output::chart::{self, Bar, Chart, Limit, Look, Series};
use crate::output::page::{Page, Tone};
use crate::output::{Answer, Show};
use crate::provider::packs::Price;
use crate::purchase::journal::Journal;
use crate::purchase::payment::{Ended, Payment};
use crate::purchase::record::{Outcome, Purchase};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// How many bars there are, when nobody says since when.
const DAYS: i32 = 30;
const MONTHS: i32 = 12;
/// More than this nobody reads.
const MOST_BARS: usize = 1000;

/// What each bar stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema, clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum By {
    /// A day.
    Day,
    /// A month.
    Month,
}

/// The chart; `data` of `history --chart`.
#[derive(Serialize, JsonSchema)]
pub struct Charted {
    /// What each bucket stands for.
    by: By,
    /// Every day or month without a gap, oldest first.
    buckets: Vec<Bucket>,
    /// What was paid in all of them, in dollars.
    paid_usd: Money,
    /// What is not certain in all of them, in dollars.
    open_usd: Money,
    /// The limit of the profile for each bucket, in dollars: `max_per_day` or `max_per_month`. It
    /// holds for each portal, and for the days of UTC: null where those of another zone are shown.
    limit_usd: Option<Money>,
    /// The portals that it was bought at: origins, or a sandbox.
    portals: BTreeSet<String>,
    /// Present and true on the sandbox: nothing of this is real money.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    sandbox: bool,
}

/// One day or month.
#[derive(Clone, Default, Serialize, JsonSchema)]
struct Bucket {
    /// `2026-11-24` or `2026-11`.
    key: String,
    /// What was paid, in dollars.
    paid_usd: Money,
    /// What may have been or may yet be charged, in dollars.
    open_usd: Money,
    /// How many purchases were paid or are open; what is proved not charged is in none of this.
    count: u64,
    /// The same for each system that something was bought from.
    providers: Vec<Share>,
    /// What was paid or is open in other currencies.
    other_currencies: Vec<Price>,
}

/// What one system has of a bucket.
#[derive(Clone, Serialize, JsonSchema)]
struct Share {
    /// Which one.
    provider: System,
    /// What was paid, in dollars.
    paid_usd: Money,
    /// What may have been or may yet be charged, in dollars.
    open_usd: Money,
    /// How many purchases.
    count: u64,
}

/// One purchase, as far as the chart needs it.
struct Bought {
    at: Timestamp,
    system: System,
    portal: String,
    amount: Paid,
    is_open: bool,
}

/// In dollars, or not.
enum Paid {
    Dollars(Decimal),
    Other(Price),
}

/// Reads the journal and sums up.
///
/// # Errors
/// Class `config` when it cannot be read, `usage` for more bars than anybody reads.
pub fn run(invocation: &Invocation, by: By, period: &Period, zone: &TimeZone) -> Result<Answer> {
    let day_of = |at: Timestamp| at.to_zoned(zone.clone()).date();
    let last_moment = period.until.and_then(|until| until.checked_sub(1.millisecond()).ok());
    let last = day_of(last_moment.unwrap_or_else(|| invocation.setup.now()));
    let first = match (period.since, by) {
        (Some(since), By::Day) => day_of(since),
        (Some(since), By::Month) => day_of(since).first_of_month(),
        (None, By::Day) => last.saturating_sub((DAYS - 1).days()),
        (None, By::Month) => last.first_of_month().saturating_sub((MONTHS - 1).months()),
    };
    let mut buckets = empty(by, first, last)?;
    let begin = match period.since {
        Some(since) => since,
        None => TimeSpec::Day(first).begin(invocation.setup.now(), zone)?,
    };
    let sandbox = invocation.setup.is_sandbox()?;
    let mut portals = BTreeSet::new();
    for bought in read(invocation, begin)? {
        let is_meant = target::is_sandbox(&bought.portal) == sandbox
            && invocation
                .globals
                .provider
                .as_deref()
                .is_none_or(|word| word == bought.system.name());
        if is_meant
            && period.contains(bought.at)
            && let Some(bucket) = buckets.get_mut(&key_of(by, day_of(bought.at)))
        {
            bucket.add(&bought)?;
            portals.insert(bought.portal);
        }
    }
    let limits = invocation.setup.settings()?.limits;
    // The limits count the days of UTC.
    let limit = match by {
        _ if *zone != TimeZone::UTC => None,
        By::Day => limits.per_day,
        By::Month => limits.per_month,
    };
    let buckets: Vec<Bucket> = buckets.into_values().collect();
    let sum = |part: fn(&Bucket) -> Money| {
        buckets.iter().try_fold(Decimal::new(0, 2), |sum, bucket| plus(sum, part(bucket).0))
    };
    let (paid, open) = (sum(|bucket| bucket.paid_usd)?, sum(|bucket| bucket.open_usd)?);
    Ok(Answer::new(Charted {
        by,
        paid_usd: Money(paid),
        open_usd: Money(open),
        limit_usd: limit.map(Money::from),
        buckets,
        portals,
        sandbox,
    }))
}

/// Every day or month from the first to the last, by its key.
fn empty(by: By, first: Date, last: Date) -> Result<BTreeMap<String, Bucket>> {
    let mut buckets = BTreeMap::new();
    let mut at = first;
    while at <= last {
        if buckets.len() == MOST_BARS {
            return Err(Failure::usage(format!("these are more than {MOST_BARS} bars")).hint(
                match by {
                    By::Day => "Choose a later --since, or --by month.",
                    By::Month => "Choose a later --since.",
                },
            ));
        }
        let key = key_of(by, at);
        buckets.insert(key.clone(), Bucket::empty(key));
        let next = match by {
            By::Day => at.tomorrow(),
            By::Month => at.checked_add(1.month()),
        };
        let Ok(next) = next else { break };
        at = next;
    }
    Ok(buckets)
}

fn key_of(by: By, day: Date) -> String {
    match by {
        By::Day => day.to_string(),
        By::Month => day.strftime("%Y-%m").to_string(),
    }
}

/// What the journal knows since then: all but what is proved not charged.
fn read(invocation: &Invocation, since: Timestamp) -> Result<Vec<Bought>> {
    let mut all = Vec::new();
    let Some(journal) = Journal::open_if_there(&invocation.setup.paths()?.journal_file())? else {
        return Ok(all);
    };
    for id in journal.since(since)? {
        all.extend(charged(&journal.load(id)?));
    }
    for id in journal.payments_since(since)? {
        all.extend(paid(journal.payment(id)?));
    }
    Ok(all)
}

/// A charge, unless it is proved that there was none. It is counted as the limits count it: whatever
/// is not final may still be charged.
fn charged(purchase: &Purchase) -> Option<Bought> {
    let (amount, is_open) = match &purchase.outcome {
        Some(Outcome::Settled { amount_usd, .. }) => (amount_usd.0, false),
        Some(outcome) => match outcome.charged() {
            Charged::Yes => (purchase.intent.amount.decimal(), false),
            Charged::Unknown => (purchase.intent.amount.decimal(), true),
            Charged::No => return None,
        },
        None => (purchase.intent.amount.decimal(), true),
    };
    Some(Bought {
        at: purchase.asked.wall,
        system: purchase.intent.system,
        portal: purchase.intent.origin.clone(),
        amount: Paid::Dollars(amount),
        is_open,
    })
}

/// A payment that a person made, or may still make.
fn paid(payment: Payment) -> Option<Bought> {
    let is_open = match payment.end() {
        Some(Ended::Settled { .. } | Ended::MarkedCharged) => false,
        Some(_) => return None,
        None => true,
    };
    let price = payment.opened?.price;
    let dollars = price.dollars().map(|amount| Paid::Dollars(amount.decimal()));
    Some(Bought {
        at: payment.asked,
        system: crate::provider::CIRIS,
        portal: payment.origin,
        amount: dollars.unwrap_or(Paid::Other(price)),
        is_open,
    })
}

/// The sum, with cents even where the system told none.
fn plus(sum: Decimal, amount: Decimal) -> Result<Decimal> {
    let mut sum = sum
        .checked_add(amount)
        .ok_or_else(|| Failure::internal("the sum of all purchases is too large"))?;
    if sum.scale() < 2 {
        sum.rescale(2);
    }
    Ok(sum)
}

impl Bucket {
    fn empty(key: String) -> Self {
        let zero = Money(Decimal::new(0, 2));
        Self { key, paid_usd: zero, open_usd: zero, ..Self::default() }
    }

    fn add(&mut self, bought: &Bought) -> Result<()> {
        self.count += 1;
        let at = match self.providers.iter().position(|share| share.provider == bought.system) {
            Some(at) => at,
            None => {
                let zero = Money(Decimal::new(0, 2));
                self.providers.push(Share {
                    provider: bought.system,
                    paid_usd: zero,
                    open_usd: zero,
                    count: 0,
                });
                self.providers.len() - 1
            }
        };
        let share = &mut self.providers[at];
        share.count += 1;
        let amount = match &bought.amount {
            Paid::Dollars(amount) => *amount,
            Paid::Other(price) => {
                return self.add_other(price);
            }
        };
        let sums = if bought.is_open {
            [&mut share.open_usd, &mut self.open_usd]
        } else {
            [&mut share.paid_usd, &mut self.paid_usd]
        };
        for sum in sums {
            *sum = Money(plus(sum.0, amount)?);
        }
        Ok(())
    }

    fn add_other(&mut self, price: &Price) -> Result<()> {
        match self.other_currencies.iter_mut().find(|sum| sum.currency == price.currency) {
            None => self.other_currencies.push(price.clone()),
            Some(sum) => {
                sum.minor = sum
                    .minor
                    .checked_add(price.minor)
                    .ok_or_else(|| Failure::internal("the sum of all payments is too large"))?;
            }
        }
        Ok(())
    }

    /// What is certain from one system.
    fn paid_to(&self, system: System) -> Decimal {
        let share = self.providers.iter().find(|share| share.provider == system);
        share.map_or(Decimal::ZERO, |share| share.paid_usd.0)
    }
}

impl Charted {
    fn has(&self, system: System) -> bool {
        self.buckets.iter().any(|bucket| !bucket.paid_to(system).is_zero())
    }

    fn limit(&self) -> Option<Limit> {
        let at = self.limit_usd?;
        let key = match self.by {
            By::Day => "max_per_day",
            By::Month => "max_per_month",
        };
        let each = if self.portals.len() > 1 { ", for each portal" } else { "" };
        Some(Limit { at: at.0, name: format!("{key} ${}{each}", at.shown()) })
    }

    fn bars(&self, systems: &[System], narrow: bool) -> Vec<Bar> {
        let has_open = !self.open_usd.0.is_zero();
        let dollars = |money: Money| {
            if money.0.is_zero() { "-".to_owned() } else { format!("${}", money.shown()) }
        };
        let bars = self.buckets.iter().map(|bucket| {
            let label = match self.by {
                By::Day if narrow => bucket.key.get(5..).unwrap_or_default(),
                By::Day | By::Month => &bucket.key,
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
        let both = [(crate::provider::NOUS, Look::First), (crate::provider::CIRIS, Look::Second)];
        let looks: Vec<_> = both.into_iter().filter(|(system, _)| self.has(*system)).collect();
        let mut series: Vec<Series> = looks
            .iter()
            .map(|(system, look)| Series { name: system.name().to_owned(), look: *look })
            .collect();
        let span = match self.by {
            By::Day => "day",
            By::Month => "month",
        };
        let mut heads = vec![span.to_owned(), "paid".to_owned()];
        if !self.open_usd.0.is_zero() {
            series.push(Series { name: "not certain".to_owned(), look: Look::Open });
            heads.push("open".to_owned());
        }
        let systems: Vec<System> = looks.iter().map(|(system, _)| *system).collect();
        let bars = self.bars(&systems, page.width() < chart::NARROW);
        page.chart(&Chart { heads, series, bars, limit: self.limit() });
        self.show_sums(page);
    }
}

impl Charted {
    fn show_sums(&self, page: &mut Page) {
        let count: u64 = self.buckets.iter().map(|bucket| bucket.count).sum();
        let purchases = if count == 1 { "purchase" } else { "purchases" };
        let total = format!("Paid: ${}; {count} {purchases}.", self.paid_usd.shown());
        page.line(Tone::Strong, &total);
        if !self.open_usd.0.is_zero() {
            let open = self.open_usd.shown();
            page.next_step(
                Tone::Warn,
                NextStep::filled("Not certain: ${}; 'topup resume' finds the truth.", &[&open]),
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

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Date {
        text.parse().expect("a day")
    }

    #[test]
    fn no_day_and_no_month_is_left_out() {
        let keys = |by, first, last| -> Vec<String> {
            empty(by, day(first), day(last)).expect("buckets").into_keys().collect()
        };
        assert_eq!(
            keys(By::Day, "2028-02-27", "2028-03-01"),
            ["2028-02-27", "2028-02-28", "2028-02-29", "2028-03-01"]
        );
        assert_eq!(
            keys(By::Month, "2025-11-01", "2026-02-24"),
            ["2025-11", "2025-12", "2026-01", "2026-02"]
        );
        assert!(keys(By::Day, "2026-11-25", "2026-11-24").is_empty());
        assert!(empty(By::Day, day("2000-01-01"), day("2026-01-01")).is_err());
    }

    #[test]
    fn every_cent_is_in_its_own_place_and_foreign_money_in_none_of_them() {
        let mut bucket = Bucket::empty("2026-11-24".into());
        let dollars = |text: &str| Paid::Dollars(Money::parse(text).expect("money").0);
        let euros = || Paid::Other(Price { minor: 150, currency: "EUR".into() });
        for (system, amount, is_open) in [
            (crate::provider::NOUS, dollars("0.10"), false),
            (crate::provider::NOUS, dollars("0.20"), false),
            (crate::provider::NOUS, dollars("25"), true),
            (crate::provider::CIRIS, dollars("5"), false),
            (crate::provider::CIRIS, euros(), false),
            (crate::provider::CIRIS, euros(), true),
        ] {
            let portal = "https://portal.example".to_owned();
            let at = "2026-11-24T12:00:00Z".parse().expect("a time");
            bucket.add(&Bought { at, system, portal, amount, is_open }).expect("added");
        }
        assert_eq!(
            (bucket.paid_usd.to_string(), bucket.open_usd.to_string()),
            ("5.30".into(), "25.00".into())
        );
        assert_eq!(bucket.paid_to(crate::provider::NOUS).to_string(), "0.30");
        assert_eq!(bucket.paid_to(crate::provider::CIRIS).to_string(), "5.00");
        assert_eq!(bucket.other_currencies, [Price { minor: 300, currency: "EUR".into() }]);
        assert_eq!(bucket.count, 6);
    }
}
