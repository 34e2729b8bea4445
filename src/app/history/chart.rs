//! What was bought, summed up for each day or month. Paid and not yet certain are shown apart, as
//! the limit of the profile counts both.

use crate::config::SpendingLimits;
use crate::core::failure::{Charged, Failure, Result};
use crate::core::money::Money;
use crate::core::system::System;
use crate::core::target;
use crate::core::time::{Period, TimeSpec};
use crate::provider::packs::Price;
use crate::provider::plans::Item;
use crate::purchase::journal::Journal;
use crate::purchase::place::JournalPlace;
use crate::purchase::record::{Outcome, Purchase};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// How many bars there are, when no start is given.
const DAYS: i32 = 30;
const MONTHS: i32 = 12;
/// A limit: more bars are not readable.
const MOST_BARS: usize = 1000;

/// What each bar stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ChartSpan {
    /// A day.
    Day,
    /// A month.
    Month,
}

/// The chart; `data` of `history --chart`.
#[derive(Serialize, JsonSchema)]
pub struct Charted {
    /// What each bucket stands for.
    pub by: ChartSpan,
    /// Every day or month without a gap, oldest first.
    pub buckets: Vec<Bucket>,
    /// What was paid in all of them, in dollars.
    pub paid_usd: Money,
    /// What is not certain in all of them, in dollars.
    pub open_usd: Money,
    /// The limit of the profile for each bucket, in dollars: `max_per_day` or `max_per_month`. It
    /// holds for each portal, and for the days of UTC: null where those of another zone are shown.
    pub limit_usd: Option<Money>,
    /// The portals that it was bought at: origins, or a sandbox.
    pub portals: BTreeSet<String>,
    /// Present and true on the sandbox: nothing of this is real money.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub sandbox: bool,
}

/// One day or month.
#[derive(Clone, Default, Serialize, JsonSchema)]
pub struct Bucket {
    /// `2026-11-24` or `2026-11`.
    pub key: String,
    /// What was paid, in dollars.
    pub paid_usd: Money,
    /// What may have been or may yet be charged, in dollars.
    pub open_usd: Money,
    /// How many purchases were paid or are open; what is proved not charged is in none of this.
    pub count: u64,
    /// The same for each system that something was bought from.
    pub providers: Vec<Share>,
    /// What was paid or is open in other currencies.
    pub other_currencies: Vec<Price>,
}

/// What one system has of a bucket.
#[derive(Clone, Serialize, JsonSchema)]
pub struct Share {
    /// Which one.
    pub provider: System,
    /// What was paid, in dollars.
    pub paid_usd: Money,
    /// What may have been or may yet be charged, in dollars.
    pub open_usd: Money,
    /// How many purchases.
    pub count: u64,
}

/// One purchase, as far as the chart needs it.
struct ChartedPurchase {
    at: Timestamp,
    system: System,
    portal: String,
    amount: ChartedAmount,
    is_open: bool,
}

/// In dollars, or not.
enum ChartedAmount {
    Dollars(Decimal),
    Other(Price),
}

/// What is to be summed up.
pub struct ChartRequest<'a> {
    /// Where the journal is; none where there is no home, and so no purchase.
    pub journal: Option<&'a JournalPlace>,
    /// What each bar stands for.
    pub by: ChartSpan,
    /// What counts; a month of days or a year of months where no beginning is given.
    pub period: &'a Period,
    /// Whose days and months they are.
    pub zone: &'a TimeZone,
    /// The wall clock.
    pub now: Timestamp,
    /// Whether to count the sandboxes, or everything else.
    pub sandbox: bool,
    /// The name of the only system to count, where one is selected.
    pub system: Option<&'a str>,
    /// The limits of the profile.
    pub limits: SpendingLimits,
}

/// Reads the journal and sums up.
///
/// # Errors
/// Class `config` when it cannot be read, `usage` for more bars than anybody reads.
pub fn sum_up(ask: &ChartRequest<'_>) -> Result<Charted> {
    let by = ask.by;
    let day_of = |at: Timestamp| at.to_zoned(ask.zone.clone()).date();
    let last_moment = ask.period.until.and_then(|until| until.checked_sub(1.millisecond()).ok());
    let last = day_of(last_moment.unwrap_or(ask.now));
    let first = match (ask.period.since, by) {
        (Some(since), ChartSpan::Day) => day_of(since),
        (Some(since), ChartSpan::Month) => day_of(since).first_of_month(),
        (None, ChartSpan::Day) => last.saturating_sub((DAYS - 1).days()),
        (None, ChartSpan::Month) => last.first_of_month().saturating_sub((MONTHS - 1).months()),
    };
    let mut buckets = empty(by, first, last)?;
    let begin = match ask.period.since {
        Some(since) => since,
        None => TimeSpec::Day(first).begin(ask.now, ask.zone)?,
    };
    let mut portals = BTreeSet::new();
    for bought in read(ask.journal, begin)? {
        let is_meant = target::is_sandbox(&bought.portal) == ask.sandbox
            && ask.system.is_none_or(|name| name == bought.system.name())
            && ask.period.contains(bought.at);
        if is_meant && let Some(bucket) = buckets.get_mut(&key_of(by, day_of(bought.at))) {
            bucket.add(&bought)?;
            portals.insert(bought.portal);
        }
    }
    // The limits count the days of UTC.
    let limit = match by {
        _ if *ask.zone != TimeZone::UTC => None,
        ChartSpan::Day => ask.limits.per_day,
        ChartSpan::Month => ask.limits.per_month,
    };
    let buckets: Vec<Bucket> = buckets.into_values().collect();
    let sum = |part: fn(&Bucket) -> Money| {
        buckets.iter().try_fold(Decimal::new(0, 2), |sum, bucket| plus(sum, part(bucket).0))
    };
    let (paid, open) = (sum(|bucket| bucket.paid_usd)?, sum(|bucket| bucket.open_usd)?);
    Ok(Charted {
        by,
        paid_usd: Money(paid),
        open_usd: Money(open),
        limit_usd: limit.map(Money::from),
        buckets,
        portals,
        sandbox: ask.sandbox,
    })
}

/// Every day or month from the first to the last, by its key.
fn empty(by: ChartSpan, first: Date, last: Date) -> Result<BTreeMap<String, Bucket>> {
    let mut buckets = BTreeMap::new();
    let mut at = first;
    while at <= last {
        if buckets.len() == MOST_BARS {
            return Err(Failure::usage(format!("that is more than {MOST_BARS} bars")).hint(
                match by {
                    ChartSpan::Day => "Choose a later --since, or --by month.",
                    ChartSpan::Month => "Choose a later --since.",
                },
            ));
        }
        let key = key_of(by, at);
        buckets.insert(key.clone(), Bucket::empty(key));
        let next = match by {
            ChartSpan::Day => at.tomorrow(),
            ChartSpan::Month => at.checked_add(1.month()),
        };
        let Ok(next) = next else { break };
        at = next;
    }
    Ok(buckets)
}

fn key_of(by: ChartSpan, day: Date) -> String {
    match by {
        ChartSpan::Day => day.to_string(),
        ChartSpan::Month => day.strftime("%Y-%m").to_string(),
    }
}

/// What the journal knows since then: all but what is proved not charged.
fn read(journal: Option<&JournalPlace>, since: Timestamp) -> Result<Vec<ChartedPurchase>> {
    let mut all = Vec::new();
    let Some(journal) = journal else { return Ok(all) };
    let Some(journal) = Journal::open_to_list(journal)? else { return Ok(all) };
    for purchase in journal.load_all(&journal.since(since)?)? {
        all.extend(bought(&purchase));
    }
    Ok(all)
}

/// What was or may be charged. It is counted as the limits count it: what is not final may still be
/// charged; a payment whose page was never shown cannot be paid.
fn bought(purchase: &Purchase) -> Option<ChartedPurchase> {
    let intent = &purchase.intent;
    let amount = match (&purchase.outcome, &purchase.payment) {
        (Some(Outcome::Settled { amount_usd, bill, .. }), _) => {
            ChartedAmount::Dollars(bill.total_usd.unwrap_or(*amount_usd).0)
        }
        (_, Some(payment)) => match payment.price.dollars() {
            Some(dollars) => ChartedAmount::Dollars(dollars.decimal()),
            None => ChartedAmount::Other(payment.price.clone()),
        },
        (_, None) if intent.item == Item::Pack => return None,
        (_, None) => ChartedAmount::Dollars(intent.amount.decimal()),
    };
    let is_open = match purchase.outcome.as_ref().map(Outcome::charged) {
        Some(Charged::No) => return None,
        Some(Charged::Yes) => false,
        Some(Charged::Unknown) | None => true,
    };
    Some(ChartedPurchase {
        at: purchase.asked.wall,
        system: intent.system,
        portal: intent.origin.clone(),
        amount,
        is_open,
    })
}

/// The sum, with cents even where the system sent none.
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

    fn add(&mut self, bought: &ChartedPurchase) -> Result<()> {
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
            ChartedAmount::Dollars(amount) => *amount,
            ChartedAmount::Other(price) => {
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
    pub fn paid_to(&self, system: System) -> Decimal {
        let share = self.providers.iter().find(|share| share.provider == system);
        share.map_or(Decimal::ZERO, |share| share.paid_usd.0)
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
            keys(ChartSpan::Day, "2028-02-27", "2028-03-01"),
            ["2028-02-27", "2028-02-28", "2028-02-29", "2028-03-01"]
        );
        assert_eq!(
            keys(ChartSpan::Month, "2025-11-01", "2026-02-24"),
            ["2025-11", "2025-12", "2026-01", "2026-02"]
        );
        assert!(keys(ChartSpan::Day, "2026-11-25", "2026-11-24").is_empty());
        assert!(empty(ChartSpan::Day, day("2000-01-01"), day("2026-01-01")).is_err());
    }

    #[test]
    fn every_cent_is_in_its_own_place_and_foreign_money_in_none_of_them() {
        let mut bucket = Bucket::empty("2026-11-24".into());
        let dollars = |text: &str| ChartedAmount::Dollars(Money::parse(text).expect("money").0);
        let euros = || ChartedAmount::Other(Price { minor: 150, currency: "EUR".into() });
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
            bucket.add(&ChartedPurchase { at, system, portal, amount, is_open }).expect("added");
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
