//! Accounts that are counted in uses, and packs of uses that a person pays for in a browser.
//! Contract: ciris.
//!
//! A payment has no idempotency key. It needs none: opening it moves no money, and only a person
//! who is shown its page can pay it. That two of them are never shown for one purchase is the
//! journal's business, not the system's.

use super::{AccountState, Balance, ChargeId, Unit};
use crate::core::class::Class;
use crate::core::failure::{Failure, Result};
use crate::core::money::{Amount, Money};
use crate::core::secret::Secret;
use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Currencies that have no smaller unit: their amounts are whole numbers.
const WITHOUT_CENTS: &[&str] = &[
    "BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "MGA", "PYG", "RWF", "UGX", "VND", "VUV",
    "XAF", "XOF", "XPF",
];

/// Packs of uses. What opens and watches a payment are the [`Charges`](super::Charges) of the
/// system.
pub trait Packs {
    /// What the account has, and what a pack costs where that is known.
    ///
    /// # Errors
    /// Whatever kept it from being read.
    fn account(&self) -> Result<UsesState>;

    /// The exact bytes of the request that opens a payment. The browser is sent to `return_url`
    /// afterwards, where one is given.
    fn opening_body(&self, return_url: Option<&str>) -> Vec<u8>;
}

/// A payment that was opened.
#[derive(Clone, Debug)]
pub struct OpenedPack {
    /// Its id.
    pub payment_id: ChargeId,
    /// What the pack costs.
    pub price: Price,
    /// How many uses are in it.
    pub uses: Option<u64>,
    /// The key that a page needs to take the card; no secret.
    pub publishable_key: Option<String>,
    /// What confirms the payment. It is kept nowhere, and shown only to who asks for it.
    pub client_secret: Option<Secret>,
    /// The page where a person pays: this system's own.
    pub page: String,
}

/// What one poll of a payment showed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaymentReading {
    /// What the word comes to.
    #[serde(rename = "standing", default)]
    pub status: PaymentStatus,
    /// The system's own word, where its answer had one.
    pub word: Option<String>,
    /// Uses that were added, where reported; 0 does not mean that none were.
    pub credits_added: Option<i64>,
    /// Uses afterwards, where reported.
    pub balance_after: Option<i64>,
    /// Whether the account's own list shows that they were added.
    #[serde(default)]
    pub credit_seen: bool,
}

/// What a system's word about a payment comes to. Contract: ciris, status words.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PaymentStatus {
    /// Paid.
    #[default]
    Paid,
    /// A person has to do something.
    NeedsPerson,
    /// Not final; unknown words and unknown ids look like this too.
    UnderWay,
    /// Not paid, and never will be.
    Failed,
    /// Called off, and never will be paid.
    Canceled,
}

impl PaymentStatus {
    /// Reads the word.
    pub fn from_word(word: &str) -> Self {
        match word {
            "succeeded" => Self::Paid,
            "requires_payment_method" | "requires_confirmation" | "requires_action" => {
                Self::NeedsPerson
            }
            "failed" => Self::Failed,
            "canceled" | "cancelled" => Self::Canceled,
            _ => Self::UnderWay,
        }
    }
}

/// A price in the smallest unit of its currency, so that nothing is ever rounded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Price {
    /// How many of the smallest unit: cents, where there are cents.
    pub minor: u64,
    /// The currency, in three capital letters.
    pub currency: String,
}

impl Price {
    /// The price as an amount in dollars; none in another currency, and none for nothing.
    pub fn dollars(&self) -> Option<Amount> {
        if self.currency != "USD" {
            return None;
        }
        Amount::from_decimal(Decimal::from_i128_with_scale(i128::from(self.minor), 2))
    }
}

impl fmt::Display for Price {
    /// `$5.00`, `5.00 EUR`, `500 JPY`.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, cents) = (self.minor / 100, self.minor % 100);
        match self.currency.as_str() {
            "USD" => write!(out, "${whole}.{cents:02}"),
            bare if WITHOUT_CENTS.contains(&bare) => write!(out, "{} {bare}", self.minor),
            other => write!(out, "{whole}.{cents:02} {other}"),
        }
    }
}

/// How the system behind the account sells. Contract: ciris, modes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PackMode {
    /// Packs can be bought.
    Paid,
    /// There are free uses and nothing to buy.
    FreeOnly,
    /// Nothing is counted.
    Unlimited,
}

/// An account in uses. Contract: ciris, credits.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct UsesState {
    /// Whether another use is possible now.
    pub has_credit: Option<bool>,
    /// Uses that were bought and are left.
    pub credits_remaining: Option<i64>,
    /// Free uses that are left.
    pub free_uses_remaining: Option<i64>,
    /// Free uses that are left today; null where there are none by day.
    pub daily_free_uses_remaining: Option<i64>,
    /// Uses so far.
    pub total_uses: Option<i64>,
    /// The plan, in the system's own word.
    pub plan_name: Option<String>,
    /// Whether a pack has to be bought before another use.
    pub purchase_required: Option<bool>,
    /// What a pack costs and holds, where the system reports it.
    pub purchase_options: Option<PackOffer>,
    /// Whether and how the system sells.
    pub mode: PackMode,
    /// The page of the system.
    #[schemars(with = "Option<String>")]
    pub portal_url: String,
    /// What is counted: `uses`.
    pub unit: Unit,
    /// Present and true on the sandbox: nothing of this is real money.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub sandbox: bool,
}

/// A pack as it is offered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct PackOffer {
    /// What it costs, in the smallest unit of the currency.
    pub price_minor: u64,
    /// How many uses are in it.
    pub uses: Option<u64>,
    /// The currency.
    pub currency: String,
}

impl PackOffer {
    /// What it costs.
    pub fn price(&self) -> Price {
        Price { minor: self.price_minor, currency: self.currency.clone() }
    }
}

impl AccountState for UsesState {
    fn balance(&self) -> Option<Balance> {
        let amount = Money(Decimal::from(self.left()?));
        let unlimited = self.mode == PackMode::Unlimited;
        Some(Balance { amount, unit: self.unit.clone(), unlimited })
    }

    /// A suspended account shows uses and may use none of them.
    fn stopped(&self) -> Option<Failure> {
        if self.has_credit != Some(false) || self.left().is_some_and(|left| left <= 0) {
            return None;
        }
        let left = self.left().map(|left| format!(", with {left} uses left")).unwrap_or_default();
        let message = format!("the agent says that nothing can be used now{left}");
        let error = Failure::new(Class::BillingDisabled, message)
            .hint("Ask the operator of the agent why this account is stopped.");
        Some(error.link(self.portal_url.clone()))
    }

    fn when_short(&self, error: Failure) -> Failure {
        error.link(self.portal_url.clone())
    }
}

#[cfg(test)]
impl UsesState {
    /// An account with this many uses left, for tests.
    pub(crate) fn with_left(left: i64) -> Self {
        Self {
            has_credit: None,
            credits_remaining: Some(left),
            free_uses_remaining: None,
            daily_free_uses_remaining: None,
            total_uses: None,
            plan_name: None,
            purchase_required: None,
            purchase_options: None,
            mode: PackMode::Paid,
            portal_url: String::new(),
            unit: Unit::Things("uses"),
            sandbox: false,
        }
    }
}

impl UsesState {
    /// Every use that is left, bought or free; none where nothing of it was reported.
    pub fn left(&self) -> Option<i64> {
        let reported =
            [self.credits_remaining, self.free_uses_remaining, self.daily_free_uses_remaining];
        reported.into_iter().flatten().reduce(i64::saturating_add)
    }

    /// Why nothing can be bought, where that is known before: an agent that gives free uses may
    /// sell packs all the same. Contract: ciris, seen since.
    ///
    /// # Errors
    /// Class `billing_disabled`.
    pub fn check_sells(&self) -> Result<()> {
        if self.mode != PackMode::Unlimited {
            return Ok(());
        }
        Err(Failure::new(Class::BillingDisabled, "this agent counts no uses and sells none")
            .hint("The operator of the agent can connect it to a billing system.")
            .link(self.portal_url.clone()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_price_is_shown_exactly_and_in_its_own_currency() {
        let price = |minor, currency: &str| Price { minor, currency: currency.into() };
        for (price, shown, dollars) in [
            (price(500, "USD"), "$5.00", Some("5.00")),
            (price(5, "USD"), "$0.05", Some("0.05")),
            (price(0, "USD"), "$0.00", None),
            (price(123_456, "EUR"), "1234.56 EUR", None),
            (price(500, "JPY"), "500 JPY", None),
            (price(u64::MAX, "USD"), "$184467440737095516.15", None),
        ] {
            assert_eq!(price.to_string(), shown);
            assert_eq!(price.dollars().map(|amount| amount.to_string()).as_deref(), dollars);
        }
    }

    #[test]
    fn every_word_of_a_payment_has_its_meaning_and_unknown_ones_are_not_final() {
        for (word, standing) in [
            ("succeeded", PaymentStatus::Paid),
            ("processing", PaymentStatus::UnderWay),
            ("pending", PaymentStatus::UnderWay),
            ("unknown", PaymentStatus::UnderWay),
            ("requires_capture", PaymentStatus::UnderWay),
            ("SUCCEEDED", PaymentStatus::UnderWay),
            ("", PaymentStatus::UnderWay),
            ("requires_payment_method", PaymentStatus::NeedsPerson),
            ("requires_confirmation", PaymentStatus::NeedsPerson),
            ("requires_action", PaymentStatus::NeedsPerson),
            ("failed", PaymentStatus::Failed),
            ("canceled", PaymentStatus::Canceled),
        ] {
            assert_eq!(PaymentStatus::from_word(word), standing, "{word}");
        }
    }
}
