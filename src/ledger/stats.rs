//! What was used, summed up: per day, month, provider, user or feature. Contract: poweron,
//! statistics.

use super::sql::Sql;
use super::values::{Filter, from_micros};
use crate::core::failure::{Failure, Result};
use crate::core::money::Money;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use schemars::JsonSchema;
use serde::Serialize;

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

/// Sums up: the days and months of a time zone in their order, names by what they cost. The correction of a use is no
/// use of its own, and what it takes back is taken from the sum. Its markup tells it from what else
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
    let (first, after) = filter.period.millis();
    let key = match by {
        SumBy::Day | SumBy::Month => format!("created_ms / {piece}"),
        SumBy::Provider => "provider".to_owned(),
        SumBy::User => "used_by".to_owned(),
        SumBy::Feature => "feature".to_owned(),
    };
    let order = match by {
        SumBy::Day | SumBy::Month => "1",
        // Left to themselves, the databases put what has no name at opposite ends.
        SumBy::Provider | SumBy::User | SumBy::Feature => "3 DESC, 1 NULLS FIRST",
    };
    let rows = sql.run(
        &format!(
            "SELECT {key}, CAST(SUM(CASE WHEN reference <> 'USAGE' THEN 0
                     WHEN kind = 'DEBIT' THEN 1 ELSE -1 END) AS BIGINT),
                 CAST(SUM(CASE kind WHEN 'DEBIT' THEN amount ELSE -amount END) AS BIGINT)
             FROM ledger_transaction WHERE mandate = $1 AND created_ms >= $2 AND created_ms < $3
             AND (reference = 'USAGE' OR (reference = 'SYSTEM' AND markup IS NOT NULL))
             AND ($4 IS NULL OR used_by = $4 OR owner = $4) GROUP BY 1 ORDER BY {order}"
        ),
        &[mandate.into(), first.into(), after.into(), filter.user.as_deref().into()],
    )?;
    let mut lines: Vec<SumLine> = Vec::new();
    for row in &rows {
        let key = match by {
            SumBy::Day => Some(date(row.int(0)?, piece, zone)?),
            SumBy::Month => date(row.int(0)?, piece, zone)?.get(..7).map(ToOwned::to_owned),
            SumBy::Provider | SumBy::User | SumBy::Feature => row.text_if(0)?,
        };
        let line = SumLine { key, count: row.int(1)?, total: Money(from_micros(row.int(2)?)) };
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

/// `2026-11-24`: the day in which a piece of time begins.
fn date(number: i64, piece: i64, zone: &TimeZone) -> Result<String> {
    let at = Timestamp::from_millisecond(number.saturating_mul(piece))
        .map_err(|cause| Failure::config("the ledger holds a day that is none").because(cause))?;
    Ok(day_in(at, zone).to_string())
}

/// The day of a moment, as the sums and the books have it.
pub fn day_in(at: Timestamp, zone: &TimeZone) -> Date {
    at.to_zoned(zone.clone()).date()
}
