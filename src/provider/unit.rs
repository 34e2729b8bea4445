//! What an account counts: dollars, another currency, or things such as credits and uses.

use crate::core::money::Money;
use rust_decimal::Decimal;
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
}

impl Unit {
    /// The currency with this code.
    pub fn of_currency(code: &str) -> Self {
        if code == "USD" { Self::Usd } else { Self::Currency(code.to_owned()) }
    }

    /// That many, for a person: `$142.50`, `CHF 142.50`, or `1250 credits`.
    pub fn shown(&self, amount: Money) -> String {
        match self {
            Self::Usd if amount.0.is_sign_negative() => format!("-${}", Money(-amount.0).shown()),
            Self::Usd => format!("${}", amount.shown()),
            Self::Currency(code) => format!("{code} {}", amount.shown()),
            Self::Things(name) if amount.0 == Decimal::ONE => {
                format!("1 {}", name.strip_suffix('s').unwrap_or(name))
            }
            Self::Things(name) => format!("{} {name}", amount.0.normalize()),
        }
    }

    /// The amount, where it is one of dollars: the keys that end in `_usd`.
    pub fn in_dollars(&self, amount: Money) -> Option<Money> {
        (*self == Self::Usd).then_some(amount)
    }
}

/// The word in documents: `usd`, `credits`, `uses`, or another currency in small letters.
impl fmt::Display for Unit {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Usd => out.write_str("usd"),
            Self::Currency(code) => out.write_str(&code.to_ascii_lowercase()),
            Self::Things(name) => out.write_str(name),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_letters_make_no_currency() {
        let amount = Money::parse("830.5").expect("an amount");
        for (unit, shown, word) in [
            (Unit::of_currency("USD"), "$830.50", "usd"),
            (Unit::of_currency("CHF"), "CHF 830.50", "chf"),
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
