//! The local spending limits: refused here means nothing written, nothing sent.
//!
//! Spent is what the journal knows for this portal in the current UTC day and month: everything
//! but what is proved not charged.

use crate::config::SpendingLimits;
use crate::core::class::Class;
use crate::core::failure::{Failure, Result};
use crate::core::money::{Amount, Money};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use rust_decimal::Decimal;

/// What the journal says was spent, in dollars.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Spent {
    /// In this UTC day.
    pub today: Decimal,
    /// In this UTC month.
    pub this_month: Decimal,
}

/// The beginnings of the UTC day and month that this moment is in.
///
/// # Errors
/// Class `internal` for a clock that no calendar knows.
pub fn periods(now: Timestamp) -> Result<(Timestamp, Timestamp)> {
    let unknown = |cause| {
        Failure::internal("the date of the clock is not valid").because(anyhow::Error::new(cause))
    };
    let day = now.to_zoned(TimeZone::UTC).start_of_day().map_err(unknown)?;
    let month = day.first_of_month().map_err(unknown)?;
    Ok((day.timestamp(), month.timestamp()))
}

/// Checks one more purchase of this amount against `--max` alone: it needs no journal.
///
/// # Errors
/// Class `spend_guard`.
pub fn check_max(amount: Amount, max: Option<Amount>) -> Result<()> {
    match max {
        Some(max) if amount > max => Err(refused(format!("${amount} is more than --max ${max}"))),
        _ => Ok(()),
    }
}

/// Checks one more purchase of this amount against the limits of the profile.
///
/// # Errors
/// Class `spend_guard`, naming the limit.
pub fn check(amount: Amount, limits: &SpendingLimits, spent: Spent) -> Result<()> {
    if let Some(limit) = limits.per_purchase
        && amount > limit
    {
        return Err(refused(format!(
            "${amount} is more than max_per_purchase ${limit} of the profile"
        )));
    }
    let totals = [
        ("max_per_day", "today", limits.per_day, spent.today),
        ("max_per_month", "this month", limits.per_month, spent.this_month),
    ];
    for (key, when, limit, spent) in totals {
        let Some(limit) = limit else { continue };
        let total = spent.checked_add(amount.decimal());
        if total.is_none_or(|total| total > limit.decimal()) {
            return Err(refused(format!(
                "${spent:.2} was bought {when} already, and ${amount} more would exceed {key} ${limit} of the profile"
            )));
        }
    }
    Ok(())
}

/// Which limit a total passes that is known only after it was charged; `spent` has it in it.
pub fn above(
    total: Money,
    max: Option<Amount>,
    limits: &SpendingLimits,
    spent: Spent,
) -> Option<String> {
    let limits = [
        ("--max", max, total.0),
        ("max_per_purchase of the profile", limits.per_purchase, total.0),
        ("max_per_day of the profile", limits.per_day, spent.today),
        ("max_per_month of the profile", limits.per_month, spent.this_month),
    ];
    limits.into_iter().find_map(|(name, limit, sum)| {
        limit.filter(|limit| sum > limit.decimal()).map(|limit| format!("{name} (${limit})"))
    })
}

fn refused(message: String) -> Failure {
    Failure::new(Class::SpendGuard, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn amount(text: &str) -> Amount {
        Amount::parse(text).expect(text)
    }

    #[test]
    fn each_limit_holds_at_its_edge() {
        let limits = SpendingLimits {
            per_purchase: Some(amount("50")),
            per_day: Some(amount("100")),
            per_month: Some(amount("200")),
        };
        let spent =
            |today: i64, month: i64| Spent { today: today.into(), this_month: month.into() };
        assert!(check(amount("50"), &limits, spent(50, 150)).is_ok());
        for (buy, today, month, named) in [
            ("50.01", 0, 0, "max_per_purchase"),
            ("50", 51, 51, "max_per_day"),
            ("0.01", 100, 100, "max_per_day"),
            ("50", 0, 151, "max_per_month"),
        ] {
            let refused = check(amount(buy), &limits, spent(today, month)).expect_err(buy);
            assert_eq!(refused.class(), Class::SpendGuard);
            assert!(refused.to_string().contains(named), "{refused}");
        }
        assert!(check_max(amount("25"), Some(amount("25"))).is_ok());
        assert!(check_max(amount("25.01"), Some(amount("25"))).is_err());
    }

    #[test]
    fn a_total_that_is_known_late_passes_a_limit_above_it() {
        let limits = SpendingLimits {
            per_purchase: Some(amount("50")),
            per_day: Some(amount("100")),
            per_month: Some(amount("200")),
        };
        let passed = |total: &str, max: Option<&str>, today: i64, month: i64| {
            let spent = Spent { today: today.into(), this_month: month.into() };
            above(Money::parse(total).expect("money"), max.map(amount), &limits, spent)
        };
        assert_eq!(passed("50", Some("50"), 100, 200), None);
        for (total, max, today, month, named) in [
            ("30.01", Some("30"), 0, 0, "--max ($30.00)"),
            ("50.01", None, 0, 0, "max_per_purchase of the profile ($50.00)"),
            ("1", None, 101, 101, "max_per_day of the profile ($100.00)"),
            ("1", None, 100, 201, "max_per_month of the profile ($200.00)"),
        ] {
            assert_eq!(passed(total, max, today, month).as_deref(), Some(named));
        }
    }

    #[test]
    fn days_and_months_begin_in_utc() {
        let now: Timestamp = "2026-11-20T22:26:00Z".parse().expect("a time");
        let (day, month) = periods(now).expect("a calendar");
        assert_eq!(day.to_string(), "2026-11-20T00:00:00Z");
        assert_eq!(month.to_string(), "2026-11-01T00:00:00Z");
    }
}
