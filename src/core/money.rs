//! Amounts: a strict grammar for what people type, exact decimals for what systems answer, and
//! JSON numbers written digit for digit. No binary fraction touches money anywhere.

use crate::core::failure::{Failure, Result};
use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

/// The most digits in front of the point that are accepted from a person.
const MAX_DIGITS: usize = 12;
/// The most that those digits and two decimals can say, in cents.
const MAX_CENTS: u64 = 99_999_999_999_999;

/// What a person asked to buy: dollars, more than zero, whole cents.
///
/// Kept as whole cents, so that `25` and `25.00` are one amount and one request body.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Amount {
    cents: u64,
}

impl Amount {
    /// Reads what was typed: `25`, `25.00`, `$25`, `$ 25`.
    ///
    /// # Errors
    /// Class `usage`, with the reason, for anything else: zero, a sign, more than two decimals,
    /// a comma, an exponent, other digits than ASCII, more than twelve digits before the
    /// point.
    pub fn parse(typed: &str) -> Result<Self> {
        let refuse = |why: &str| {
            Err(Failure::usage(format!("'{}' is not an amount: {why}", typed.escape_debug()))
                .hint("Write dollars and cents like 25 or 25.00."))
        };
        let digits = typed.strip_prefix('$').map_or(typed, |rest| rest.trim_start_matches(' '));
        if digits.is_empty() {
            return refuse("there are no digits in it");
        }
        if digits.starts_with('-') || digits.starts_with('\u{2212}') {
            return refuse("it is negative");
        }
        if digits.contains(',') {
            return refuse("write it without commas");
        }
        if !digits.is_ascii() && digits.chars().any(char::is_numeric) {
            return refuse("only the digits 0 to 9 are read");
        }
        let (whole, fraction) = match digits.split_once('.') {
            None => (digits, ""),
            Some((_, "")) => return refuse("digits are missing after the point"),
            Some(("", _)) => return refuse("digits are missing before the point"),
            Some(both) => both,
        };
        let plain = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        if !plain(whole) || !plain(fraction) {
            return refuse("write digits and at most one point");
        }
        if whole.len() > MAX_DIGITS {
            return refuse("it has more than 12 digits before the point");
        }
        if fraction.len() > 2 {
            return refuse("it has more than two decimals");
        }
        let cents: u64 = format!("{whole}{fraction:0<2}")
            .parse()
            .map_err(|cause| Failure::internal("an amount did not fit").because(cause_of(cause)))?;
        if cents == 0 {
            return refuse("it must be more than zero");
        }
        Ok(Self { cents })
    }

    /// The amount of an exact decimal, if it is whole cents above zero and not too large.
    pub fn from_decimal(value: Decimal) -> Option<Self> {
        let cents = value.checked_mul(Decimal::ONE_HUNDRED)?;
        if !cents.is_integer() {
            return None;
        }
        let cents = u64::try_from(cents.normalize()).ok()?;
        (1..=MAX_CENTS).contains(&cents).then_some(Self { cents })
    }

    /// What a system says is due: whole cents, and zero as well, which a user cannot enter.
    pub fn due(value: Decimal) -> Option<Self> {
        if value.is_zero() { Some(Self { cents: 0 }) } else { Self::from_decimal(value) }
    }

    /// Reads what [`fmt::Display`] wrote.
    ///
    /// # Errors
    /// As [`Amount::parse`].
    pub fn kept(text: &str) -> Result<Self> {
        if text == "0.00" { Ok(Self { cents: 0 }) } else { Self::parse(text) }
    }

    /// The exact value in dollars, with two decimals.
    pub fn decimal(self) -> Decimal {
        Decimal::from_i128_with_scale(i128::from(self.cents), 2)
    }

    /// The one JSON number for this amount, however it was typed: `25` and `25.00` give `25`,
    /// `25.50` gives `25.5`.
    pub fn json_number(self) -> String {
        self.decimal().normalize().to_string()
    }
}

fn cause_of(cause: std::num::ParseIntError) -> anyhow::Error {
    anyhow::Error::new(cause)
}

impl fmt::Display for Amount {
    /// Dollars with two decimals and no sign: `25.00`.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}.{:02}", self.cents / 100, self.cents % 100)
    }
}

impl fmt::Debug for Amount {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Amount({self})")
    }
}

impl FromStr for Amount {
    type Err = Failure;

    fn from_str(typed: &str) -> Result<Self> {
        Self::parse(typed)
    }
}

impl Serialize for Amount {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

/// Money as a system states it: an exact decimal that keeps the system's own scale.
///
/// Read from a JSON string or number, written as a string: `"142.5"` stays `"142.5"`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Money(pub Decimal);

impl Money {
    /// Nothing.
    pub const ZERO: Self = Self(Decimal::ZERO);

    /// Reads plain decimal text: an optional minus, digits, an optional point and digits.
    ///
    /// Exponents, signs in front, underscores, and more digits than a decimal holds exactly give
    /// `None`: nothing is ever rounded.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix('-').unwrap_or(text);
        let (whole, fraction) =
            digits.split_once('.').map_or((digits, None), |(whole, rest)| (whole, Some(rest)));
        let plain = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        if !plain(whole) || fraction.is_some_and(|part| !plain(part)) {
            return None;
        }
        Decimal::from_str_exact(text).ok().map(Self)
    }

    /// Reads a number as JSON writes it: an exponent only moves the point. `None` for what is not
    /// exact in a decimal.
    fn from_json_number(text: &str) -> Option<Self> {
        let Some((digits, exponent)) = text.split_once(['e', 'E']) else {
            return Self::parse(text);
        };
        let (mut value, exponent) = (Self::parse(digits)?.0, exponent.parse::<i32>().ok()?);
        if value.is_zero() {
            return Some(Self::ZERO);
        }
        let scale = i32::try_from(value.scale()).ok()?.checked_sub(exponent)?;
        if let Ok(scale) = u32::try_from(scale) {
            value.set_scale(scale).ok()?;
            return Some(Self(value));
        }
        value.set_scale(0).ok()?;
        // A whole number has no digits to round away: it fits, or it is none.
        for _ in 0..scale.unsigned_abs() {
            value = value.checked_mul(Decimal::TEN)?;
        }
        Some(Self(value))
    }

    /// The same amount written with two decimals at least, where there is room for them.
    #[must_use]
    pub fn with_cents(self) -> Self {
        let mut written = self.0;
        written.rescale(written.scale().max(2));
        if written == self.0 { Self(written) } else { self }
    }

    /// For people: at least two decimals, more where the system gave more.
    pub fn shown(self) -> String {
        // As text: the largest decimals have no room for two more digits.
        let digits = self.0.to_string();
        match digits.split_once('.') {
            None => format!("{digits}.00"),
            Some((_, tenths)) if tenths.len() < 2 => format!("{digits}0"),
            Some(_) => digits,
        }
    }
}

impl From<Amount> for Money {
    fn from(amount: Amount) -> Self {
        Self(amount.decimal())
    }
}

impl fmt::Display for Money {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, out)
    }
}

impl fmt::Debug for Money {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Money({})", self.0)
    }
}

impl Serialize for Money {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Money {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        // A JSON number arrives with the very digits it was written with (arbitrary precision).
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Stated {
            Text(String),
            Number(serde_json::Number),
        }
        let read = match Stated::deserialize(from)? {
            Stated::Text(text) => Self::parse(&text),
            Stated::Number(number) => Self::from_json_number(&number.to_string()),
        };
        read.ok_or_else(|| serde::de::Error::custom("not an exact decimal amount"))
    }
}

/// Both kinds of money are decimal strings in every document.
macro_rules! decimal_string_schema {
    ($($kind:ty => $name:literal),*) => {$(
        impl JsonSchema for $kind {
            fn inline_schema() -> bool {
                true
            }

            fn schema_name() -> Cow<'static, str> {
                $name.into()
            }

            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!({"type": "string", "pattern": r"^-?[0-9]+(\.[0-9]+)?$"})
            }
        }
    )*};
}

decimal_string_schema!(Amount => "Amount", Money => "Money");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_type_is_read() {
        for (typed, shown, number) in [
            ("25", "25.00", "25"),
            ("25.00", "25.00", "25"),
            ("25.5", "25.50", "25.5"),
            ("$25", "25.00", "25"),
            ("$ 25", "25.00", "25"),
            ("0.01", "0.01", "0.01"),
            ("999999999999.99", "999999999999.99", "999999999999.99"),
            ("007", "7.00", "7"),
            ("100", "100.00", "100"),
        ] {
            let amount = Amount::parse(typed).expect(typed);
            assert_eq!(amount.to_string(), shown);
            assert_eq!(amount.json_number(), number);
            assert_eq!(Amount::from_decimal(amount.decimal()), Some(amount));
        }
    }

    #[test]
    fn an_amount_of_a_system_is_one_within_the_same_bounds() {
        let amount = |text| Amount::from_decimal(Decimal::from_str_exact(text).expect(text));
        assert_eq!(amount("25.000"), Amount::parse("25").ok());
        assert_eq!(amount("999999999999.99"), Amount::parse("999999999999.99").ok());
        for none in ["0", "-5", "25.001", "1000000000000", "12345678901234", "79228162514264337593"]
        {
            assert_eq!(amount(none), None, "{none}");
        }
    }

    #[test]
    fn nothing_can_be_due_and_is_read_again_but_cannot_be_asked_for() {
        let due = |text| Amount::due(Decimal::from_str_exact(text).expect(text));
        for (text, written) in
            [("0", "0.00"), ("0.000", "0.00"), ("25", "25.00"), ("0.010", "0.01")]
        {
            let amount = due(text).expect(text);
            assert_eq!(amount.to_string(), written);
            assert_eq!(Amount::kept(written).expect(written), amount);
        }
        for none in ["-5", "0.001", "1000000000000"] {
            assert_eq!(due(none), None, "{none}");
        }
        for other in ["", "0", "0.0", "-5.00", "0.00 "] {
            Amount::kept(other).expect_err(other);
        }
    }

    #[test]
    fn anything_else_is_refused_with_a_reason() {
        for typed in [
            "",
            "$",
            "0",
            "0.00",
            "-5",
            "+5",
            ".5",
            "5.",
            "25.001",
            "1e3",
            "0x10",
            "NaN",
            "inf",
            "1,000",
            "1.000,00",
            "$1,000",
            "٢٥",
            "２５",
            "\u{a0}25",
            "25\u{a0}",
            "\u{2212}5",
            "\u{200f}25",
            "1000000000000",
            "1_000",
            " 25",
            "25 ",
            "2 5",
            "25.0.0",
            "$$25",
            "25$",
            "1000000000000000000000",
        ] {
            let refused = Amount::parse(typed).expect_err(typed);
            assert_eq!(refused.class(), crate::core::class::Class::Usage, "{typed}");
            assert!(refused.to_string().contains("not an amount: "), "{refused}");
        }
    }

    #[test]
    fn the_reason_is_the_one_that_helps() {
        for (typed, why) in [
            ("-5", "it is negative"),
            ("\u{2212}5", "it is negative"),
            ("٢٥", "only the digits 0 to 9 are read"),
            ("é", "write digits and at most one point"),
            ("1,000", "write it without commas"),
        ] {
            let refused = Amount::parse(typed).expect_err(typed).to_string();
            assert!(refused.contains(why), "{refused}");
        }
    }

    #[test]
    fn money_keeps_the_digits_it_was_given() {
        for text in
            ["142.5", "0.1", "25.10", "10000.00", "-3.40", "0", "12345678901234567890.12345678"]
        {
            let money: Money = serde_json::from_str(&format!("\"{text}\"")).expect(text);
            assert_eq!(money.to_string(), text);
            let money: Money = serde_json::from_str(text).expect(text);
            assert_eq!(serde_json::to_string(&money).expect(text), format!("\"{text}\""));
        }
        for (number, read) in [
            ("1e5", "100000"),
            ("1.425e2", "142.5"),
            ("-25E-1", "-2.5"),
            ("2.50e+1", "25.0"),
            ("0e999", "0"),
            ("1e-28", "0.0000000000000000000000000001"),
            // More places up than it has behind the point.
            ("1.5e3", "1500"),
        ] {
            let money: Money = serde_json::from_str(number).expect(number);
            assert_eq!(money.to_string(), read, "{number}");
        }
        for bad in [
            "1e999",
            "1e29",
            "1e-29",
            "\"1e5\"",
            "\"1_000\"",
            "\"NaN\"",
            "\"\"",
            "null",
            "\".5\"",
            "\"+5\"",
            "1.23456789012345678901234567890123",
            "true",
            "[1]",
        ] {
            assert!(serde_json::from_str::<Money>(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn people_see_at_least_two_decimals() {
        for (text, shown) in [
            ("142.5", "142.50"),
            ("7", "7.00"),
            ("25.10", "25.10"),
            ("1.234", "1.234"),
            ("-3.4", "-3.40"),
        ] {
            assert_eq!(Money::parse(text).expect(text).shown(), shown);
        }
    }

    #[test]
    fn cents_are_written_out_where_there_is_room_for_them() {
        let largest = "79228162514264337593543950335";
        for (text, written) in
            [("7", "7.00"), ("142.5", "142.50"), ("1.234", "1.234"), (largest, largest)]
        {
            let money = Money::parse(text).expect(text).with_cents();
            assert_eq!(money.to_string(), written);
        }
    }
}
