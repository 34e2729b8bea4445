//! The local spending limits of a profile.

use crate::core::money::Amount;

/// The local spending limits, in dollars.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SpendingLimits {
    /// The most that one purchase may cost.
    pub per_purchase: Option<Amount>,
    /// The most that all purchases of one UTC day may cost.
    pub per_day: Option<Amount>,
    /// The most that all purchases of one UTC month may cost.
    pub per_month: Option<Amount>,
}

impl SpendingLimits {
    /// Each of them as the stricter of the two says.
    #[must_use]
    pub(super) fn and(self, other: Self) -> Self {
        let stricter = |one: Option<Amount>, other: Option<Amount>| match (one, other) {
            (Some(one), Some(other)) => Some(one.min(other)),
            (one, other) => one.or(other),
        };
        Self {
            per_purchase: stricter(self.per_purchase, other.per_purchase),
            per_day: stricter(self.per_day, other.per_day),
            per_month: stricter(self.per_month, other.per_month),
        }
    }

    /// Whether there is one at all.
    pub fn are_set(&self) -> bool {
        *self != Self::default()
    }
}
