//! What a use costs: the base price, as a program prints it, and the price with the markup. Both
//! are exact: a base price keeps all of its digits, and the price is rounded once. Contract:
//! poweron, `calculatePriceWithMarkup`.

use crate::core::language::Language;
use crate::core::money::Money;
use num_bigint::BigUint;
use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::{Serialize, Serializer};
use std::borrow::Cow;
use std::fmt;

/// How many decimals a price has, and every amount that is booked.
pub const PLACES: u32 = 6;
/// The most digits that a base price may have in front of the point.
const MOST_WHOLE: i64 = 12;
/// The most decimals that a base price may have: more than the smallest binary fraction needs.
const MOST_DECIMALS: i64 = 1_100;
/// No number that keeps to these bounds is written with more characters.
const LONGEST: usize = 1_200;

/// A price before the markup: not below zero, and exact whatever its digits are.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct BasePrice {
    /// Without a zero at its end that is a decimal.
    digits: BigUint,
    decimals: u32,
}

impl BasePrice {
    /// Reads a number as JSON has it, also one that begins with its point, as `bc` writes it:
    /// `0.0125`, `1.65e-05`, `.0012`.
    ///
    /// # Errors
    /// Why it is none.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let (is_negative, unsigned) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let word = unsigned.trim_start_matches('+').to_ascii_lowercase();
        if ["nan", "inf", "infinity"].contains(&word.as_str()) {
            return Err("it is not a finite number");
        }
        if text.len() > LONGEST {
            return Err("it is too long");
        }
        let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, read_exponent(exponent)?),
            None => (unsigned, 0),
        };
        let (whole, fraction) = match mantissa.split_once('.') {
            Some((_, "")) => return Err("digits are missing after its point"),
            Some(both) => both,
            None if mantissa.is_empty() => return Err("it is not a number"),
            None => (mantissa, ""),
        };
        let digits = format!("{whole}{fraction}");
        if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err("it is not a number");
        }
        let digits = digits.trim_start_matches('0');
        if digits.is_empty() {
            return Ok(Self::default());
        }
        if is_negative {
            return Err("it is negative");
        }
        let decimals = length(fraction) - exponent;
        if length(digits) - decimals > MOST_WHOLE {
            return Err("it has more than twelve digits before its point");
        }
        let significant = digits.trim_end_matches('0');
        let decimals = decimals - length(&digits[significant.len()..]);
        if decimals > MOST_DECIMALS {
            return Err("it has too many decimals");
        }
        let number = BigUint::parse_bytes(significant.as_bytes(), 10).unwrap_or_default();
        Ok(match u32::try_from(decimals) {
            Ok(decimals) => Self { digits: number, decimals },
            Err(_) => Self { digits: number * ten_to(decimals.unsigned_abs()), decimals: 0 },
        })
    }

    /// Whether it is nothing at all. What is merely too little to be booked is more.
    pub fn is_zero(&self) -> bool {
        self.digits == BigUint::ZERO
    }

    /// `base × (1 + markup / 100)`, rounded half to even at six decimals. `None` when the price is
    /// too large to be booked, and for a markup that would make it negative.
    pub fn with_markup(&self, markup_percent: Decimal) -> Option<Decimal> {
        // One product of whole numbers, and one division at the end: nothing is rounded on the way.
        let percent = Decimal::ONE_HUNDRED.checked_add(markup_percent)?;
        let product = &self.digits * BigUint::try_from(percent.mantissa()).ok()?;
        let micros = rounded(product, self.decimals + percent.scale() + 2);
        Decimal::try_from_i128_with_scale(micros.try_into().ok()?, PLACES).ok()
    }

    /// The same without a markup.
    pub fn rounded(&self) -> Option<Decimal> {
        self.with_markup(Decimal::ZERO)
    }

    /// Both together.
    #[must_use]
    pub fn plus(&self, other: &Self) -> Self {
        let (one, other, decimals) = aligned(self, other);
        Self::shortened(one + other, decimals)
    }

    /// What one of them is more than the other.
    #[must_use]
    pub fn apart_from(&self, other: &Self) -> Self {
        let (one, other, decimals) = aligned(self, other);
        let apart = if one > other { one - other } else { other - one };
        Self::shortened(apart, decimals)
    }

    /// For people: at least two decimals.
    pub fn shown(&self) -> String {
        let text = self.to_string();
        match text.split_once('.') {
            None => format!("{text}.00"),
            Some((_, tenths)) if tenths.len() < 2 => format!("{text}0"),
            Some(_) => text,
        }
    }

    fn shortened(mut digits: BigUint, mut decimals: u32) -> Self {
        let ten = BigUint::from(10_u32);
        while decimals > 0 && (&digits % &ten) == BigUint::ZERO {
            digits /= &ten;
            decimals -= 1;
        }
        Self { digits, decimals }
    }
}

fn length(text: &str) -> i64 {
    i64::try_from(text.len()).unwrap_or(i64::MAX)
}

/// What stands behind the `e`; as far as it matters, which is less than a billion.
fn read_exponent(text: &str) -> Result<i64, &'static str> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err("it is not a number");
    }
    let size = digits.parse().unwrap_or(i64::MAX).min(1_000_000_000);
    Ok(if text.starts_with('-') { -size } else { size })
}

fn ten_to(power: u64) -> BigUint {
    BigUint::from(10_u32).pow(u32::try_from(power).unwrap_or(u32::MAX))
}

/// The digits of both with as many decimals as the longer one has.
fn aligned(one: &BasePrice, other: &BasePrice) -> (BigUint, BigUint, u32) {
    let decimals = one.decimals.max(other.decimals);
    let digits = |price: &BasePrice| &price.digits * ten_to((decimals - price.decimals).into());
    (digits(one), digits(other), decimals)
}

/// `number / 10^scale` in millionths, half to even.
fn rounded(number: BigUint, scale: u32) -> BigUint {
    if scale <= PLACES {
        return number * ten_to((PLACES - scale).into());
    }
    let unit = ten_to((scale - PLACES).into());
    let (whole, rest) = (&number / &unit, &number % &unit);
    let up = match (rest * 2_u32).cmp(&unit) {
        std::cmp::Ordering::Less => false,
        std::cmp::Ordering::Greater => true,
        std::cmp::Ordering::Equal => whole.bit(0),
    };
    whole + u32::from(up)
}

impl fmt::Display for BasePrice {
    /// Digit for digit, without an exponent.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let decimals = self.decimals as usize;
        let digits = format!("{:0>width$}", self.digits.to_string(), width = decimals + 1);
        let (whole, fraction) = digits.split_at(digits.len() - decimals);
        out.write_str(whole)?;
        if fraction.is_empty() { Ok(()) } else { write!(out, ".{fraction}") }
    }
}

impl fmt::Debug for BasePrice {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "BasePrice({self})")
    }
}

impl Serialize for BasePrice {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

/// A decimal string in every document, as money is.
impl JsonSchema for BasePrice {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        Money::schema_name()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        Money::json_schema(generator)
    }
}

/// How a price comes about, in words: `base price 5.00 and 50 % markup`.
pub fn breakdown(base: &BasePrice, markup_percent: Money, language: Language) -> String {
    let (base, percent) = (base.shown(), markup_percent.0.normalize());
    match language {
        Language::English => format!("base price {base} and {percent} % markup"),
        Language::German => format!("Grundpreis {base} und {percent} % Aufschlag"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rust_decimal::RoundingStrategy;

    fn decimal(text: &str) -> Decimal {
        Decimal::from_str_exact(text).expect("a decimal")
    }

    fn base(text: &str) -> BasePrice {
        BasePrice::parse(text).unwrap_or_else(|why| panic!("{text}: {why}"))
    }

    #[test]
    fn people_see_at_least_two_decimals_of_a_price() {
        for (price, shown) in [("7", "7.00"), ("0.5", "0.50"), ("0.25", "0.25"), ("0.125", "0.125")]
        {
            assert_eq!(base(price).shown(), shown);
        }
    }

    /// Costs as programs print them, what they are in plain digits, and what is booked for them
    /// without a markup. LiteLLM 1.110.2 (gpt-4o, gpt-4o-mini), jq 1.6, Node 20, Python 3.11 (also
    /// its `decimal`), Go 1.19 (`Println`, `json.Marshal`, `%e`, `%f`), bc 1.07, awk, Ruby 3.1,
    /// Java, PostgreSQL.
    const PRINTED: &[(&str, &str, &str)] = &[
        ("0.0019850000000000002", "0.0019850000000000002", "0.001985"),
        ("0.0074175000000000005", "0.0074175000000000005", "0.007418"),
        ("0.010995000000000001", "0.010995000000000001", "0.010995"),
        ("0.005722500000000001", "0.005722500000000001", "0.005723"),
        ("0.005940000000000001", "0.005940000000000001", "0.005940"),
        ("0.00011279999999999999", "0.00011279999999999999", "0.000113"),
        ("0.0009170999999999999", "0.0009170999999999999", "0.000917"),
        ("0.00047039999999999994", "0.00047039999999999994", "0.000470"),
        ("5.46e-05", "0.0000546", "0.000055"),
        ("1.65e-05", "0.0000165", "0.000016"),
        ("1.75e-05", "0.0000175", "0.000018"),
        ("1e-05", "0.00001", "0.000010"),
        ("4.5e-07", "0.00000045", "0.000000"),
        ("0.30000000000000004", "0.30000000000000004", "0.300000"),
        ("5e-324", "", "0.000000"),
        ("-0.0", "0", "0.000000"),
        ("3e-07", "0.0000003", "0.000000"),
        ("1e+3", "1000", "1000.000000"),
        ("3e-7", "0.0000003", "0.000000"),
        ("1.65e-7", "0.000000165", "0.000000"),
        ("5e-7", "0.0000005", "0.000000"),
        ("1.65E-7", "0.000000165", "0.000000"),
        ("0E-10", "0", "0.000000"),
        ("0.0000165", "0.0000165", "0.000016"),
        ("0.03333333333333333333333333333", "0.03333333333333333333333333333", "0.033333"),
        ("0.000007142857142857142857142857143", "0.000007142857142857142857142857143", "0.000007"),
        ("1.650000e-05", "0.0000165", "0.000016"),
        ("0.000017", "0.000017", "0.000017"),
        ("3.000000e+00", "3", "3.000000"),
        (".001204819277108433734939759036", "0.001204819277108433734939759036", "0.001205"),
        (
            ".00066666666666666666666666666666666666666666666666",
            "0.00066666666666666666666666666666666666666666666666",
            "0.000667",
        ),
        (".0012", "0.0012", "0.001200"),
        ("1.65E-5", "0.0000165", "0.000016"),
        ("007", "7", "7.000000"),
        ("12.50", "12.5", "12.500000"),
        ("1e11", "100000000000", "100000000000.000000"),
        ("0.000000000000000000000000000000000001e+36", "1", "1.000000"),
        ("1000000e-6", "1", "1.000000"),
        // Half of a millionth, and the least bit more than that.
        ("0.0000005", "0.0000005", "0.000000"),
        (
            "0.0000005000000000000000000000000000000000000001",
            "0.0000005000000000000000000000000000000000000001",
            "0.000001",
        ),
    ];

    #[test]
    fn a_cost_is_read_as_it_was_printed_and_rounded_once() {
        for (printed, plain, booked) in PRINTED {
            let read = base(printed);
            if !plain.is_empty() {
                assert_eq!(read.to_string(), *plain);
            }
            assert_eq!(base(&read.to_string()), read, "{printed}");
            assert_eq!(read.rounded().expect("small enough").to_string(), *booked, "{printed}");
        }
        assert_eq!(base("5e-324").to_string().len(), 2 + 324);
        assert!(!base("5e-324").is_zero() && base("-0.0").is_zero());
    }

    #[test]
    fn anything_else_is_refused_with_the_reason() {
        for (text, why) in [
            ("", "not a number"),
            ("-", "not a number"),
            (".", "missing after"),
            ("5.", "missing after"),
            ("e5", "not a number"),
            ("1e", "not a number"),
            ("1e+", "not a number"),
            ("1e1.5", "not a number"),
            ("+5", "not a number"),
            ("1_0", "not a number"),
            ("1,5", "not a number"),
            ("0x10", "not a number"),
            ("\"0.5\"", "not a number"),
            ("$0.5", "not a number"),
            ("0.5 USD", "not a number"),
            ("1 2", "not a number"),
            ("٣", "not a number"),
            ("null", "not a number"),
            ("NaN", "finite"),
            ("nan", "finite"),
            ("Infinity", "finite"),
            ("-Infinity", "finite"),
            ("+Inf", "finite"),
            ("-inf", "finite"),
            ("-1", "negative"),
            ("-1e-9", "negative"),
            ("1000000000000", "twelve digits"),
            ("1e+21", "twelve digits"),
            ("1e999999999999999999999", "twelve digits"),
            ("1e-999999999999999999999", "decimals"),
            (&"1".repeat(3_000), "too long"),
        ] {
            let refused = BasePrice::parse(text).expect_err(text);
            assert!(refused.contains(why), "{text}: {refused}");
        }
    }

    #[test]
    fn the_longest_and_the_finest_cost_are_read_and_nothing_beyond() {
        let zeros = "0".repeat(LONGEST - 1);
        assert_eq!(base(&format!("{zeros}7")), base("7"));
        assert!(BasePrice::parse(&format!("{zeros}07")).expect_err("longer").contains("too long"));
        let finest = format!("1e-{MOST_DECIMALS}");
        assert_eq!(
            base(&finest).to_string().len(),
            "0.".len() + usize::try_from(MOST_DECIMALS).expect("few")
        );
        let finer = format!("1e-{}", MOST_DECIMALS + 1);
        assert!(BasePrice::parse(&finer).expect_err("finer").contains("decimals"));
        assert_eq!(base("999999999999").to_string(), "999999999999");
    }

    #[test]
    fn a_price_is_described_where_it_stands() {
        let schema = schemars::schema_for!(Vec<BasePrice>);
        assert_eq!(schema.get("$defs"), None);
        assert_eq!(
            schema.get("items"),
            Some(Money::json_schema(&mut schemars::SchemaGenerator::default()).as_value())
        );
    }

    #[test]
    fn half_goes_to_the_even_neighbour_and_nothing_costs_nothing() {
        for (price, markup, with_markup) in [
            ("0.01", "50", "0.015000"),
            ("1", "0", "1.000000"),
            ("0.000001", "50", "0.000002"),
            ("0.000003", "50", "0.000004"),
            ("0.000005", "50", "0.000008"),
            ("0.000001", "49.9", "0.000001"),
            ("0.0000001", "50", "0.000000"),
            ("0.000000333333", "50", "0.000000"),
            ("0.000000333334", "50", "0.000001"),
            ("0", "50", "0.000000"),
            ("100", "-100", "0.000000"),
            ("999999999999.999999999999", "50", "1500000000000.000000"),
        ] {
            let priced = base(price).with_markup(decimal(markup)).expect("a price");
            assert_eq!(priced.to_string(), with_markup, "{price} + {markup} %");
        }
        assert_eq!(base("1").with_markup(decimal("-101")), None, "below nothing");
    }

    #[test]
    fn prices_are_added_and_taken_apart_exactly() {
        let (tenth, third) = (base("0.1"), base(".33333333333333333333333333333333333333"));
        assert_eq!(tenth.plus(&third), base("0.43333333333333333333333333333333333333"));
        assert_eq!(tenth.apart_from(&third), base("0.23333333333333333333333333333333333333"));
        assert_eq!(third.apart_from(&tenth), tenth.apart_from(&third));
        assert_eq!(tenth.plus(&base("0.9")).to_string(), "1");
        assert!(tenth.apart_from(&tenth).is_zero());
        for (price, shown) in [("3", "3.00"), ("0.5", "0.50"), ("0.25", "0.25"), ("0.125", "0.125")]
        {
            assert_eq!(base(price).shown(), shown);
        }
    }

    proptest! {
        /// The same by another way: the quotient and the rounding of the decimal library, which
        /// holds these sizes exactly.
        #[test]
        fn a_price_is_exact_arithmetic_rounded_half_to_even(
            number in 0_i64..=999_999_999_999, scale in 0_u32..=12,
            markup in -100_i64..=100_000, markup_scale in 0_u32..=2,
        ) {
            let number = Decimal::new(number, scale);
            let markup = Decimal::new(markup, markup_scale);
            let factor = (Decimal::ONE_HUNDRED + markup) * Decimal::new(1, 2);
            let expected = (number * factor)
                .round_dp_with_strategy(PLACES, RoundingStrategy::MidpointNearestEven);
            let read = base(&number.to_string());
            prop_assert_eq!(read.to_string(), number.normalize().to_string());
            prop_assert_eq!(read.with_markup(markup).expect("small enough"), expected);
        }

        /// Half way between two prices the even one is taken.
        #[test]
        fn half_way_is_even(whole in 0_i64..=1_000_000_000) {
            // It is exactly half a millionth above `whole` millionths.
            let price = base(&Decimal::new(whole * 10 + 5, 7).to_string());
            let even = whole + whole % 2;
            prop_assert_eq!(price.rounded().expect("small enough"), Decimal::new(even, PLACES));
        }

        /// A binary fraction, as any language prints it, keeps its value, with an exponent or not.
        #[test]
        fn a_number_is_the_same_with_an_exponent(digits in 1_u64..=99_999_999_999_999_999, power in 0_i32..=30) {
            let with_exponent = base(&format!("{digits}e-{}", power + 6));
            let digits = format!("{digits:0>40}");
            let at = digits.len() - usize::try_from(power + 6).expect("small");
            let plain = base(&format!("{}.{}", &digits[..at], &digits[at..]));
            prop_assert_eq!(with_exponent, plain);
        }
    }
}
