//! What the limits of a profile are held against: how much was bought of each portal on each UTC day,
//! kept beside the rows, so that a guard reads a few sums however many purchases a month has.
//!
//! Nothing here is a fact of its own: triggers take what a purchase counts out of the sum before a row
//! that may change it, and put in what it counts after that row, in the transaction that appends it.

use super::lookup::unreadable;
use crate::core::failure::{Failure, Result};
use crate::core::money::Money;
use crate::purchase::guards::Spent;
use crate::store::sql::SqlRow;
use jiff::Timestamp;
use rust_decimal::Decimal;

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// What version 6 of the journal has besides, filled from the rows that are there. Rows from before
/// version 5 get the cost that their words say.
///
/// A sum is so many units: of a cent, or where a cost is not written in whole cents of that very cost.
/// So the database adds whole numbers only, and no text that a seller sends is too much for it. The newest
/// row is the largest `seq`: `ORDER BY` would make and drop a table for each of them, which takes longer
/// than all the rest of a purchase here.
const TABLES: &str = "
    DROP TRIGGER entry_stays;
    UPDATE entry SET cost = json_extract(body, '$.with.amount')
        WHERE cost IS NULL AND kind = 'reopened' AND json_valid(body);
    CREATE TRIGGER entry_stays BEFORE UPDATE ON entry BEGIN SELECT RAISE(ABORT, 'append only'); END;
    CREATE VIEW counted AS SELECT p.id, p.origin, p.asked_ms / 86400000 AS day, COALESCE(
            (SELECT cost FROM entry WHERE seq = (SELECT MAX(e.seq) FROM entry e
                WHERE e.purchase = p.id AND e.cost IS NOT NULL)), p.amount) AS cost
        FROM purchase p WHERE COALESCE(
            (SELECT ended FROM entry WHERE seq = (SELECT MAX(e.seq) FROM entry e
                WHERE e.purchase = p.id AND e.kind IN ('final', 'reopened'))), 'open')
        NOT IN ('failed', 'refused', 'key_kept', 'never_sent', 'not_needed', 'marked_not_charged');
    CREATE TABLE spent (
        origin TEXT NOT NULL, day INTEGER NOT NULL, unit TEXT NOT NULL, units INTEGER NOT NULL,
        PRIMARY KEY (origin, day, unit)
    ) STRICT, WITHOUT ROWID;
    INSERT INTO spent SELECT origin, day, unit, SUM(units) FROM ({all}) GROUP BY origin, day, unit;
    CREATE TRIGGER purchase_counts AFTER INSERT ON purchase BEGIN
        INSERT INTO spent SELECT origin, day, unit, units FROM ({added}) WHERE TRUE
            ON CONFLICT DO UPDATE SET units = units + excluded.units;
    END;
    CREATE TRIGGER entry_uncounts BEFORE INSERT ON entry
        WHEN NEW.kind IN ('final', 'reopened') OR NEW.cost IS NOT NULL BEGIN
        INSERT INTO spent SELECT origin, day, unit, -units FROM ({changed}) WHERE TRUE
            ON CONFLICT DO UPDATE SET units = units + excluded.units;
    END;
    CREATE TRIGGER entry_counts AFTER INSERT ON entry
        WHEN NEW.kind IN ('final', 'reopened') OR NEW.cost IS NOT NULL BEGIN
        INSERT INTO spent SELECT origin, day, unit, units FROM ({changed}) WHERE TRUE
            ON CONFLICT DO UPDATE SET units = units + excluded.units;
    END;
";

/// [`TABLES`] as statements.
pub(super) fn tables() -> String {
    TABLES
        .replace("{all}", &in_units("LIMIT -1"))
        .replace("{added}", &in_units("WHERE id = NEW.id LIMIT 1"))
        .replace("{changed}", &in_units("WHERE id = NEW.purchase LIMIT 1"))
}

/// What these purchases count, in units. The limit keeps SQLite from finding each cost several times.
fn in_units(which: &str) -> String {
    // A cost of more than twelve digits is none of whole cents: no sum of cents ever overflows.
    let is_cents = "length(cost) < 16 AND cost = printf('%d.%02d', cents / 100, abs(cents) % 100)";
    format!(
        "SELECT origin, day, CASE WHEN {is_cents} THEN '0.01' ELSE cost END AS unit,
             CASE WHEN {is_cents} THEN cents ELSE 1 END AS units
         FROM (SELECT origin, day, cost, CAST(replace(cost, '.', '') AS INTEGER) AS cents
             FROM counted {which})"
    )
}

/// The number of the UTC day that this moment is in.
pub(super) fn day_of(at: Timestamp) -> i64 {
    at.as_millisecond().div_euclid(DAY_MS)
}

/// What these rows of day, unit and units come to, since these moments.
///
/// # Errors
/// Class `config` for what is no amount.
pub(super) fn sum(rows: &[SqlRow], today: Timestamp, place: &str) -> Result<Spent> {
    let mut spent = Spent::default();
    for row in rows {
        let (day, unit, units) = (row.int(0)?, row.str(1)?, row.int(2)?);
        let unit = Money::parse(unit).ok_or_else(|| {
            let cause = anyhow::anyhow!("'{}' is not an amount", unit.escape_debug());
            unreadable(place, &"a purchase of this month", cause)
        })?;
        let add = |sum: Decimal| {
            let sum = unit.0.checked_mul(units.into()).and_then(|more| sum.checked_add(more));
            sum.ok_or_else(|| Failure::internal("the sum of all purchases is too large"))
        };
        if day >= day_of(today) {
            spent.today = add(spent.today)?;
        }
        spent.this_month = add(spent.this_month)?;
    }
    Ok(spent)
}
