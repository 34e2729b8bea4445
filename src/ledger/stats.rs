//! What was used, summed up: per day, month, provider, user or feature. Contract: poweron,
//! statistics.

use super::list;
use super::sql::{Sql, SqlRow, Statement, Value};
use super::values::{Filter, from_micros};
use crate::core::failure::{Failure, Result};
use crate::core::money::Money;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::HashMap;

const DAY_MS: i64 = 86_400_000;
/// Every time zone is off by a multiple of this.
const QUARTER_MS: i64 = 900_000;

/// What a sum is made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum SumBy {
    /// Each day.
    Day,
    /// Each month.
    Month,
    /// Each provider that was paid.
    Provider,
    /// Each user.
    User,
    /// Each feature.
    Feature,
}

/// One sum.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct SumLine {
    /// The day, month or name; null for what has none.
    pub key: Option<String>,
    /// How many uses; one that was reversed counts less one where the reversal stands.
    pub count: i64,
    /// What they cost, with the markup.
    pub total: Money,
}

/// Sums up: the days and months of a time zone in their order, names by what they cost. The
/// correction of a use is no use of its own, and what it takes back is taken from the sum. Its markup tells it from what else
/// a rule may have moved.
///
/// # Errors
/// Class `config`.
pub fn used(
    sql: &mut dyn Sql,
    mandate: &str,
    by: SumBy,
    zone: &TimeZone,
    filter: &Filter,
) -> Result<Vec<SumLine>> {
    let piece = if *zone == TimeZone::UTC { DAY_MS } else { QUARTER_MS };
    let key = match by {
        SumBy::Day | SumBy::Month => format!("created_ms / {piece}"),
        SumBy::Provider => "provider".to_owned(),
        SumBy::User => "used_by".to_owned(),
        SumBy::Feature => "feature".to_owned(),
    };
    let mut sums: Vec<(Value, Sum)> = groups(sql, mandate, &key, filter)?.into_iter().collect();
    match by {
        SumBy::Day | SumBy::Month => sums.sort_unstable_by(|(one, _), (other, _)| one.cmp(other)),
        // What has no name stands in front of what has one and costs as much.
        SumBy::Provider | SumBy::User | SumBy::Feature => {
            sums.sort_unstable_by(|(one, sum), (other, other_sum)| {
                other_sum.total.cmp(&sum.total).then_with(|| one.cmp(other))
            });
        }
    }
    let mut lines: Vec<SumLine> = Vec::new();
    for (key, sum) in sums {
        let key = SqlRow(vec![key]);
        let key = match by {
            SumBy::Day => Some(date(key.int(0)?, piece, zone)?),
            SumBy::Month => date(key.int(0)?, piece, zone)?.get(..7).map(ToOwned::to_owned),
            SumBy::Provider | SumBy::User | SumBy::Feature => key.text_if(0)?,
        };
        let line = SumLine { key, count: sum.count, total: Money(from_micros(sum.total)) };
        match lines.last_mut() {
            // The pieces of one day or month follow each other.
            Some(last) if last.key == line.key => {
                last.count += line.count;
                last.total = Money(last.total.0 + line.total.0);
            }
            _ => lines.push(line),
        }
    }
    Ok(lines)
}

/// The sum of a group.
#[derive(Clone, Copy, Default)]
struct Sum {
    count: i64,
    /// In millionths.
    total: i64,
}

/// The sums of the uses by a key, in no order: grouped by the database, or here where that would
/// sort all rows for it.
fn groups(
    sql: &mut dyn Sql,
    mandate: &str,
    key: &str,
    filter: &Filter,
) -> Result<HashMap<Value, Sum>> {
    let mut groups: HashMap<Value, Sum> = HashMap::new();
    let mut add = |row: &SqlRow| {
        let key = row.0.first().unwrap_or(&Value::Int(None));
        let sum = match groups.get_mut(key) {
            Some(sum) => sum,
            None => groups.entry(key.clone()).or_default(),
        };
        let total = sum.total.checked_add(row.int(2)?);
        sum.count += row.int(1)?;
        sum.total = total.ok_or_else(|| Failure::config("a sum of the ledger is too large"))?;
        Ok(())
    };
    let count = "CASE WHEN reference <> 'USAGE' THEN 0 WHEN kind = 'DEBIT' THEN 1 ELSE -1 END";
    let total = "CASE kind WHEN 'DEBIT' THEN amount ELSE -amount END";
    let rows = list::of_time(
        "created_ms, used_by, provider, feature, reference, kind, amount, markup",
        filter,
    );
    let uses = "reference = 'USAGE' OR (reference = 'SYSTEM' AND markup IS NOT NULL)";
    let values = list::values(mandate, filter);
    if sql.sorts_to_group() {
        let text = format!("SELECT {key}, {count}, {total} FROM ({rows}) AS booked WHERE {uses}");
        sql.each(&Statement::new(text, values), &mut add)?;
    } else {
        let text = format!(
            "SELECT {key}, CAST(SUM({count}) AS BIGINT), CAST(SUM({total}) AS BIGINT)
             FROM ({rows}) AS booked WHERE {uses} GROUP BY 1"
        );
        sql.run(&text, &values)?.iter().try_for_each(add)?;
    }
    Ok(groups)
}

/// `2026-11-24`: the day in which a piece of time begins.
fn date(number: i64, piece: i64, zone: &TimeZone) -> Result<String> {
    Ok(day_in(moment(number.saturating_mul(piece))?, zone).to_string())
}

/// A moment as it is kept.
///
/// # Errors
/// Class `config`: there is no such moment.
pub fn moment(millis: i64) -> Result<Timestamp> {
    Timestamp::from_millisecond(millis)
        .map_err(|cause| Failure::config("the ledger holds a day that is not valid").because(cause))
}

/// The day of a moment, as the sums and the books have it.
pub fn day_in(at: Timestamp, zone: &TimeZone) -> Date {
    at.to_zoned(zone.clone()).date()
}
