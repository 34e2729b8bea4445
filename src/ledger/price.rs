//! What a use costs whoever pays: the base price and the markup, exact. Contract: poweron,
//! `calculatePriceWithMarkup`.

use rust_decimal::Decimal;

/// How many decimals a price has, and every amount that is booked.
pub const PLACES: u32 = 6;

/// `base × (1 + markup / 100)`, rounded half to even at six decimals; nothing for nothing or less.
/// `None` when the price is too large to be booked.
pub fn with_markup(base: Decimal, markup_percent: Decimal) -> Option<Decimal> {
    if base <= Decimal::ZERO {
        return Some(Decimal::ZERO);
    }
    // One product of whole numbers, and one division at the end: nothing is rounded on the way.
    let percent = Decimal::ONE_HUNDRED.checked_add(markup_percent)?;
    let scale = base.scale() + percent.scale() + 2;
    let product = base.mantissa().checked_mul(percent.mantissa())?;
    Decimal::try_from_i128_with_scale(rounded(product, scale)?, PLACES).ok()
}

/// `number / 10^scale` in millionths, half to even.
fn rounded(number: i128, scale: u32) -> Option<i128> {
    if scale <= PLACES {
        return number.checked_mul(10_i128.checked_pow(PLACES - scale)?);
    }
    let Some(unit) = 10_i128.checked_pow(scale - PLACES) else { return Some(0) };
    let (whole, rest) = (number.div_euclid(unit), number.rem_euclid(unit));
    let up = match rest.cmp(&(unit - rest)) {
        std::cmp::Ordering::Less => false,
        std::cmp::Ordering::Greater => true,
        std::cmp::Ordering::Equal => whole % 2 != 0,
    };
    Some(whole + i128::from(up))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rust_decimal::RoundingStrategy;

    fn decimal(text: &str) -> Decimal {
        Decimal::from_str_exact(text).expect("a decimal")
    }

    #[test]
    fn half_goes_to_the_even_neighbour_and_nothing_costs_nothing() {
        for (base, markup, price) in [
            ("0.01", "50", "0.015000"),
            ("1", "0", "1.000000"),
            ("0.000001", "50", "0.000002"),
            ("0.000003", "50", "0.000004"),
            ("0.000005", "50", "0.000008"),
            ("0.000001", "49.9", "0.000001"),
            ("0.0000001", "50", "0.000000"),
            ("0.000000333333", "50", "0.000000"),
            ("0.000000333334", "50", "0.000001"),
            ("0", "50", "0"),
            ("-5", "50", "0"),
            ("100", "-100", "0.000000"),
            ("999999999999.999999999999", "50", "1500000000000.000000"),
        ] {
            let priced = with_markup(decimal(base), decimal(markup)).expect("a price");
            assert_eq!(priced.to_string(), price, "{base} + {markup} %");
        }
        assert_eq!(with_markup(Decimal::MAX, decimal("1000000.0001")), None, "too large");
    }

    proptest! {
        /// The same by another way: the quotient and the rounding of the decimal library, which
        /// holds these sizes exactly.
        #[test]
        fn a_price_is_exact_arithmetic_rounded_half_to_even(
            base in 1_i64..=1_000_000_000_000, base_scale in 0_u32..=12,
            markup in -100_i64..=100_000, markup_scale in 0_u32..=2,
        ) {
            let base = Decimal::new(base, base_scale);
            let markup = Decimal::new(markup, markup_scale);
            let factor = (Decimal::ONE_HUNDRED + markup) * Decimal::new(1, 2);
            let expected = (base * factor)
                .round_dp_with_strategy(PLACES, RoundingStrategy::MidpointNearestEven);
            prop_assert_eq!(with_markup(base, markup).expect("small enough"), expected);
        }

        /// And what that library would say differs from the sum of whole numbers nowhere: half
        /// way between two prices the even one is taken.
        #[test]
        fn half_way_is_even(whole in 0_i64..=1_000_000_000) {
            // base + 0 % is exactly half a millionth above `whole` millionths.
            let base = Decimal::new(whole * 10 + 5, 7);
            let price = with_markup(base, Decimal::ZERO).expect("small enough");
            let even = whole + whole % 2;
            prop_assert_eq!(price, Decimal::new(even, PLACES));
        }
    }
}
