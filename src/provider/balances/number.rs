//! Numbers as systems write them in JSON, calculated with exactly: no float in between, and no digit
//! lost but those below what a decimal can hold, which are cut downwards.

use crate::core::money::Money;
use rust_decimal::Decimal;

/// The most digits that the text of a number may have: more than any float or account has.
const LONGEST: usize = 60;
/// No number of an account has a larger exponent, and a float none.
const LARGEST_EXPONENT: i32 = 400;
/// The most decimals of a decimal.
const MOST_DECIMALS: u32 = 28;
/// The largest mantissa of a decimal.
const LARGEST: i128 = 0xFFFF_FFFF_FFFF_FFFF_FFFF_FFFF;

/// `mantissa / 10^decimals`, exactly.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exact {
    mantissa: i128,
    decimals: u32,
}

impl Exact {
    /// Nothing.
    pub const ZERO: Self = Self { mantissa: 0, decimals: 0 };

    /// Reads a number of JSON, with an exponent or without; `None` for anything else, `NaN` and
    /// `inf` among it, and for what has more digits than can be calculated with.
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() > LONGEST {
            return None;
        }
        let (digits, exponent) = match text.split_once(['e', 'E']) {
            Some((digits, exponent)) => (digits, exponent.parse::<i32>().ok()?),
            None => (text, 0),
        };
        if exponent.abs() > LARGEST_EXPONENT {
            return None;
        }
        let unsigned = digits.strip_prefix('-').unwrap_or(digits);
        let (whole, fraction) =
            unsigned.split_once('.').map_or((unsigned, None), |(whole, rest)| (whole, Some(rest)));
        let plain = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        if !plain(whole) || fraction.is_some_and(|part| !plain(part)) {
            return None;
        }
        let fraction = fraction.unwrap_or_default();
        let mantissa: i128 = format!("{whole}{fraction}").parse().ok()?;
        let mantissa = if digits.starts_with('-') { -mantissa } else { mantissa };
        let decimals = i32::try_from(fraction.len()).ok()?.checked_sub(exponent)?;
        if mantissa == 0 {
            return Some(Self { mantissa, decimals: u32::try_from(decimals.clamp(0, 28)).ok()? });
        }
        match u32::try_from(decimals) {
            Ok(decimals) => Some(Self { mantissa, decimals }),
            Err(_) => {
                let more = 10_i128.checked_pow(decimals.unsigned_abs())?;
                Some(Self { mantissa: mantissa.checked_mul(more)?, decimals: 0 })
            }
        }
    }

    /// With the other sign.
    #[must_use]
    pub fn negated(self) -> Self {
        Self { mantissa: -self.mantissa, ..self }
    }

    /// Itself, and nothing where it is below that.
    #[must_use]
    pub fn at_least_zero(self) -> Self {
        if self.mantissa < 0 { Self::ZERO } else { self }
    }

    /// What is left when another is taken away; `None` beyond what can be calculated with.
    pub fn minus(self, other: Self) -> Option<Self> {
        let decimals = self.decimals.max(other.decimals);
        let widened = |one: Self| {
            let more = 10_i128.checked_pow(decimals - one.decimals)?;
            one.mantissa.checked_mul(more)
        };
        let mantissa = widened(self)?.checked_sub(widened(other)?)?;
        Some(Self { mantissa, decimals })
    }

    /// Divided by a scale that has no prime factors but 2 and 5, as [`is_scale`] says: cents by 100.
    /// Zeros that the division adds behind the second decimal are left out.
    pub fn divided_by(self, scale: u64) -> Option<Self> {
        if scale == 1 {
            return Some(self);
        }
        let (mut rest, mut twos, mut fives) = (scale, 0_u32, 0_u32);
        while rest.is_multiple_of(2) && rest > 0 {
            (rest, twos) = (rest / 2, twos + 1);
        }
        while rest.is_multiple_of(5) && rest > 0 {
            (rest, fives) = (rest / 5, fives + 1);
        }
        if rest != 1 {
            return None;
        }
        // A half is five tenths, and a fifth is two.
        let tens = twos.max(fives);
        let more =
            5_i128.checked_pow(tens - fives)?.checked_mul(2_i128.checked_pow(tens - twos)?)?;
        let mut mantissa = self.mantissa.checked_mul(more)?;
        let mut decimals = self.decimals.checked_add(tens)?;
        while decimals > 2 && mantissa % 10 == 0 {
            (mantissa, decimals) = (mantissa / 10, decimals - 1);
        }
        Some(Self { mantissa, decimals })
    }

    /// As money; `None` where it has more digits before the point than money can have.
    pub fn money(self) -> Option<Money> {
        let (mut mantissa, mut decimals) = (self.mantissa, self.decimals);
        while decimals > 0 && (decimals > MOST_DECIMALS || mantissa.abs() > LARGEST) {
            (mantissa, decimals) = (mantissa.div_euclid(10), decimals - 1);
        }
        if mantissa.abs() > LARGEST {
            return None;
        }
        Decimal::try_from_i128_with_scale(mantissa, decimals).ok().map(Money)
    }
}

/// Whether a number can be divided by this one without rounding.
pub fn is_scale(scale: u64) -> bool {
    scale > 0 && Exact::ZERO.divided_by(scale).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exact(text: &str) -> Exact {
        Exact::parse(text).unwrap_or_else(|| panic!("{text}"))
    }

    fn shown(value: Option<Exact>) -> String {
        value.expect("in range").money().expect("money").to_string()
    }

    #[test]
    fn every_number_of_json_is_read_and_nothing_else() {
        for (text, read) in [
            ("0", "0"),
            ("-0", "0"),
            ("95.50", "95.50"),
            ("-3.4", "-3.4"),
            ("1e2", "100"),
            ("1.5E+2", "150"),
            ("1.25e-1", "0.125"),
            ("-1.6e-20", "-0.000000000000000000016"),
            ("0e400", "0"),
            ("0.29999999999999716", "0.29999999999999716"),
            ("79228162514264337593543950335", "79228162514264337593543950335"),
        ] {
            let negative_zero = |text: String| text.trim_start_matches("-0").is_empty();
            let written = shown(Some(exact(text)));
            assert!(written == read || negative_zero(written.clone()), "{text}: {written}");
        }
        for none in [
            "",
            "-",
            ".5",
            "5.",
            "+5",
            "NaN",
            "nan",
            "inf",
            "-Infinity",
            "1_000",
            "1,5",
            " 1",
            "0x10",
            "1e",
            "1e999",
            "1e-401",
            "e5",
            "٢",
            "true",
            "1e-99999999999",
            "--1",
        ] {
            assert_eq!(Exact::parse(none), None, "{none}");
        }
        assert_eq!(Exact::parse(&"9".repeat(61)), None);
    }

    #[test]
    fn a_difference_is_exact_where_floats_are_not() {
        assert_eq!(shown(exact("100.1").minus(exact("99.8"))), "0.3");
        assert_eq!(shown(exact("5").minus(exact("7.25"))), "-2.25");
        assert_eq!(shown(exact("-1.6e-20").minus(exact("0"))), "-0.000000000000000000016");
        assert_eq!(exact("1e30").minus(exact("1e-20")), None);
    }

    #[test]
    fn scales_are_divided_by_without_rounding() {
        for (text, scale, read) in [
            ("12345", 100, "123.45"),
            ("9550", 100, "95.50"),
            ("2500000000", 100_000_000, "25.00"),
            ("2500000001", 100_000_000, "25.00000001"),
            ("800000", 10_000, "80.00"),
            ("-1000", 100, "-10.00"),
            ("1500000", 500_000, "3.00"),
            ("1", 500_000, "0.000002"),
            ("7", 1, "7"),
            ("110.00", 1, "110.00"),
            ("0", 100, "0.00"),
        ] {
            assert_eq!(shown(exact(text).divided_by(scale)), read, "{text} / {scale}");
        }
        for (scale, fits) in [(0, false), (1, true), (3, false), (60, false), (500_000, true)] {
            assert_eq!(is_scale(scale), fits, "{scale}");
        }
    }

    #[test]
    fn what_lies_below_a_decimal_is_cut_downwards_so_that_no_gate_opens_by_it() {
        let dust = exact("-1.4210854715202004e-14").money().expect("money").0;
        assert!(dust < Decimal::ZERO && dust.scale() == 28, "{dust}");
        assert_eq!(shown(Some(exact("-1e-40"))), format!("-0.{}1", "0".repeat(27)));
        assert_eq!(shown(Some(exact("1e-40"))), format!("0.{}", "0".repeat(28)));
        assert_eq!(exact("1e35").money(), None);
    }

    #[test]
    fn what_counts_from_zero_on_is_never_below_it() {
        assert_eq!(exact("-5").at_least_zero(), Exact::ZERO);
        assert_eq!(exact("5").at_least_zero(), exact("5"));
        assert_eq!(shown(Some(exact("-12.5").negated())), "12.5");
    }
}
