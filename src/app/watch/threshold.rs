//! What a balance is watched for: an amount, or a share of what 100 % is.

use crate::core::failure::{Failure, Result};
use crate::core::money::{Amount, Money};
use crate::provider::Unit;
use rust_decimal::Decimal;
use std::fmt;

/// The balance is reported when less than this is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Threshold {
    /// An amount, in the unit of the balance.
    Amount(Amount),
    /// So many percent, more than none and 100 at most.
    Percent(Amount),
}

/// A threshold as an amount.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Level {
    /// As it was typed.
    pub threshold: Threshold,
    /// The amount that it stands for.
    pub limit: Money,
}

impl Threshold {
    /// Reads `20`, `$20`, `20.00`, `10%` or `12.5%`.
    ///
    /// # Errors
    /// Class `usage`, with the reason.
    pub fn parse(typed: &str) -> Result<Self> {
        let Some(digits) = typed.strip_suffix('%') else {
            return Amount::parse(typed).map(Self::Amount);
        };
        let refuse = |why: &str| {
            Err(Failure::usage(format!("'{}' is not a share: {why}", typed.escape_debug()))
                .hint("Write percent like 10% or 12.5%, or an amount like 25."))
        };
        match Amount::parse(digits.trim_end_matches(' ')) {
            _ if digits.starts_with('$') => refuse("write dollars or percent, not both"),
            Ok(percent) if percent.decimal() <= Decimal::ONE_HUNDRED => Ok(Self::Percent(percent)),
            Ok(_) => refuse("it is more than 100 %"),
            Err(_) => refuse("it has to be more than 0 %, with two decimals at most"),
        }
    }

    /// The amount that it stands for, where 100 % is `whole`; none for a share of nothing known.
    pub(super) fn limit(self, whole: Option<Money>) -> Option<Money> {
        match self {
            Self::Amount(amount) => Some(amount.into()),
            Self::Percent(percent) => {
                let product = whole?.0.checked_mul(percent.decimal())?;
                product.checked_div(Decimal::ONE_HUNDRED).map(|limit| Money(limit.normalize()))
            }
        }
    }
}

impl Level {
    /// For a person: `$20.00`, or `$10.00 (10%)`.
    pub fn shown(&self, unit: &Unit) -> String {
        let limit = unit.shown(self.limit);
        match self.threshold {
            Threshold::Amount(_) => limit,
            Threshold::Percent(_) => format!("{limit} ({})", self.threshold),
        }
    }
}

/// As it is typed: `20.00`, `10%`.
impl fmt::Display for Threshold {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Amount(amount) => amount.fmt(out),
            Self::Percent(percent) => write!(out, "{}%", percent.json_number()),
        }
    }
}

/// The thresholds as amounts, the highest first.
///
/// # Errors
/// Class `usage` for a share where it is not known what 100 % is.
pub fn levels(thresholds: &[Threshold], whole: Option<Money>, system: &str) -> Result<Vec<Level>> {
    let mut levels = Vec::new();
    for threshold in thresholds {
        let limit = threshold.limit(whole).ok_or_else(|| {
            Failure::usage(format!("--below {threshold}: {system} does not say what 100 % is"))
                .hint(format!("Add --of AMOUNT, as in '--below {threshold} --of 100'."))
        })?;
        levels.push(Level { threshold: *threshold, limit });
    }
    levels.sort_by_key(|level| std::cmp::Reverse(level.limit));
    levels.dedup_by_key(|level| level.limit);
    Ok(levels)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_and_shares_are_read_and_nothing_else() {
        for (typed, shown) in [
            ("20", "20.00"),
            ("$20", "20.00"),
            ("0.50", "0.50"),
            ("10%", "10%"),
            ("12.50%", "12.5%"),
            ("100 %", "100%"),
            ("0.01%", "0.01%"),
        ] {
            assert_eq!(Threshold::parse(typed).expect(typed).to_string(), shown, "{typed}");
        }
        for typed in ["", "0", "-1", "1e3", "%", "0%", "-5%", "100.01%", "1,5%", "5%%", "$5%"] {
            let refused = Threshold::parse(typed).expect_err(typed);
            assert_eq!(refused.class(), crate::core::class::Class::Usage, "{typed}");
        }
    }

    #[test]
    fn shares_become_amounts_and_the_highest_comes_first() {
        let thresholds = |typed: &[&str]| -> Vec<Threshold> {
            typed.iter().map(|typed| Threshold::parse(typed).expect("a threshold")).collect()
        };
        let money = |text: &str| Money::parse(text).expect("an amount");
        let limits = |typed: &[&str], whole: Option<&str>| {
            let levels = levels(&thresholds(typed), whole.map(money), "Nous");
            levels.map(|levels| levels.iter().map(|level| level.limit.to_string()).collect())
        };
        let found =
            |typed: &[&str], whole| -> Vec<String> { limits(typed, whole).expect("levels") };
        assert_eq!(found(&["5", "20"], None), ["20.00", "5.00"]);
        assert_eq!(found(&["5", "10%", "12.5%"], Some("200")), ["25", "20", "5.00"]);
        assert_eq!(found(&["20", "10%", "20"], Some("200")).len(), 1, "the same is one");
        assert_eq!(found(&["33.33%"], Some("0.01")), ["0.003333"]);
        let refused = limits(&["5", "10%"], None).expect_err("of nothing known");
        assert!(refused.to_string().contains("--below 10%: Nous does not say"), "{refused}");
    }
}
