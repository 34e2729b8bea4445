//! What an account counts: dollars, another currency, or things such as credits and uses.

use crate::core::money::Money;

use rust_decimal::serde::arbitrary_precision;
use rust_decimal::{Decimal, RoundingStrategy};
use schemars::JsonSchema;
use serde::{Serialize, Serializer};
use std::borrow::Cow;
use std::fmt;

/// What a balance counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unit {
    /// US dollars.
    Usd,
    /// Another currency, by its code in capital letters.
    Currency(String),
    /// Things, as several of them are called.
    Things(&'static str),
    /// Things, as a system calls them.
    Named(String),
    /// The system does not say.
    Unknown,
}

/// More decimals than these are the dust of somebody's floats: people are not shown them.
const MOST_DECIMALS_SHOWN: u32 = 8;

/// `$142.50`.
pub fn dollars(amount: Money) -> String {
    Unit::Usd.shown(amount)
}

impl Unit {
    /// The currency with this code.
    pub fn for_currency(code: &str) -> Self {
        if code == "USD" { Self::Usd } else { Self::Currency(code.to_owned()) }
    }

    /// That many, for a person: `$142.50`, `CHF 142.50`, or `1250 credits`.
    pub fn shown(&self, amount: Money) -> String {
        let digits = amount.0.round_dp_with_strategy(MOST_DECIMALS_SHOWN, RoundingStrategy::ToZero);
        let amount =
            if amount.0.scale() > MOST_DECIMALS_SHOWN { Money(digits.normalize()) } else { amount };
        match self {
            Self::Usd if amount.0.is_sign_negative() => format!("-${}", Money(-amount.0).shown()),
            Self::Usd => format!("${}", amount.shown()),
            Self::Currency(code) => format!("{code} {}", amount.shown()),
            Self::Things(name) if amount.0 == Decimal::ONE => {
                format!("1 {}", name.strip_suffix('s').unwrap_or(name))
            }
            Self::Things(name) => format!("{} {name}", amount.0.normalize()),
            Self::Named(name) => format!("{} {name}", amount.0.normalize()),
            Self::Unknown => format!("{} (of an unknown unit)", amount.0.normalize()),
        }
    }

    /// The amount, where it is one of dollars: the keys that end in `_usd`.
    pub fn in_dollars(&self, amount: Money) -> Option<Money> {
        (*self == Self::Usd).then_some(amount)
    }
}

/// The word in documents: `usd`, `credits`, `uses`, `unknown`, or another currency in small letters.
impl fmt::Display for Unit {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Usd => out.write_str("usd"),
            Self::Currency(code) => out.write_str(&code.to_ascii_lowercase()),
            Self::Things(name) => out.write_str(name),
            Self::Named(name) => out.write_str(name),
            Self::Unknown => out.write_str("unknown"),
        }
    }
}

impl Serialize for Unit {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl JsonSchema for Unit {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Unit".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({"type": "string"})
    }
}

/// A count of credits: exact, whole or not. A JSON number in documents, with the digits it has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Credits(pub Decimal);

impl Credits {
    /// None at all.
    pub const NONE: Self = Self(Decimal::ZERO);

    /// Whether nothing is left.
    pub fn is_used_up(self) -> bool {
        self <= Self::NONE
    }

    /// How much of `total` this is, in whole percent, rounded down. Of nothing there is no share.
    pub fn percent_of(self, total: Self) -> Option<u64> {
        whole_percent(self.0, total.0)
    }
}

/// How much of `whole` this part is, in whole percent, rounded down; none of nothing, and none
/// where it is beyond every number.
pub(super) fn whole_percent(part: Decimal, whole: Decimal) -> Option<u64> {
    if whole <= Decimal::ZERO {
        return None;
    }
    let hundredfold = part.max(Decimal::ZERO).checked_mul(Decimal::ONE_HUNDRED)?;
    let mut percent = hundredfold.checked_div(whole)?.floor();
    // A quotient that was cut to 28 digits may have been rounded up to the next whole number.
    if percent.checked_mul(whole).is_none_or(|product| product > hundredfold) {
        percent -= Decimal::ONE;
    }
    u64::try_from(percent).ok()
}

impl From<i64> for Credits {
    fn from(count: i64) -> Self {
        Self(Decimal::from(count))
    }
}

impl From<Credits> for Money {
    fn from(credits: Credits) -> Self {
        Self(credits.0.normalize())
    }
}

impl fmt::Display for Credits {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0.normalize(), out)
    }
}

impl Serialize for Credits {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        arbitrary_precision::serialize(&self.0.normalize(), serializer)
    }
}

impl JsonSchema for Credits {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Credits".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({"type": "number"})
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credits_keep_their_digits_and_no_share_of_nothing_is_made_up() {
        let credits = |text| Credits(Decimal::from_str_exact(text).expect(text));
        for (given, shown) in
            [("3500", "3500"), ("100.0", "100"), ("12.50", "12.5"), ("-0.001", "-0.001")]
        {
            assert_eq!(credits(given).to_string(), shown);
            assert_eq!(serde_json::to_string(&credits(given)).expect(given), shown);
        }
        for (used, total, percent) in [
            ("1", "3", Some(33)),
            ("99.99", "100", Some(99)),
            ("100", "100", Some(100)),
            ("-5", "100", Some(0)),
            ("5", "0", None),
            ("79228162514264337593543950335", "1", None),
        ] {
            assert_eq!(credits(used).percent_of(credits(total)), percent, "{used} of {total}");
        }
    }

    #[test]
    fn three_letters_make_no_currency() {
        let amount = Money::parse("830.5").expect("an amount");
        for (unit, shown, word) in [
            (Unit::for_currency("USD"), "$830.50", "usd"),
            (Unit::for_currency("CHF"), "CHF 830.50", "chf"),
            (Unit::Things("min"), "830.5 min", "min"),
            (Unit::Things("credits"), "830.5 credits", "credits"),
        ] {
            assert_eq!((unit.shown(amount).as_str(), unit.to_string().as_str()), (shown, word));
        }
        let shown = |unit: Unit, text| unit.shown(Money::parse(text).expect("an amount"));
        assert_eq!(shown(Unit::Things("uses"), "1.0"), "1 use");
        assert_eq!(shown(Unit::Usd, "-57.5"), "-$57.50");
    }
}
