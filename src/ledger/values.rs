//! What the ledger holds, as plain values. Contract: poweron, what it holds.

use super::price::{BasePrice, PLACES};
use crate::core::failure::{Failure, Result};
use crate::core::money::Money;
use crate::core::time::Period;
use jiff::Timestamp;
use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::time::Duration;
use uuid::Uuid;

/// An amount in whole millionths, as it is kept.
///
/// # Errors
/// Class `usage` when it is too large, or finer than a millionth.
pub fn to_micros(amount: Decimal) -> Result<i64> {
    let micros = amount.checked_mul(Decimal::from(1_000_000)).filter(Decimal::is_integer);
    micros.and_then(|micros| i64::try_from(micros.normalize()).ok()).ok_or_else(|| {
        Failure::usage("an amount is too large, or finer than a millionth")
            .hint("The ledger books at most twelve digits before the point and six behind it.")
    })
}

/// The amount of this many millionths.
pub fn from_micros(micros: i64) -> Decimal {
    two_places(Decimal::new(micros, PLACES))
}

/// With as many decimals as it needs, and two at least.
pub fn two_places(amount: Decimal) -> Decimal {
    let mut amount = amount.normalize();
    if amount.scale() < 2 {
        amount.rescale(2);
    }
    amount
}

macro_rules! words {
    ($($(#[$about:meta])* $kind:ident { $($(#[$each:meta])* $variant:ident $word:literal,)* })*) => {$(
        $(#[$about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, clap::ValueEnum)]
        pub enum $kind {
            $($(#[$each])* #[serde(rename = $word)] #[value(alias = $word)] $variant,)*
        }

        impl $kind {
            /// The word, as it is kept and typed.
            pub fn word(self) -> &'static str {
                match self { $(Self::$variant => $word,)* }
            }

            /// Reads the word as it is kept.
            ///
            /// # Errors
            /// Class `config`: a newer version may have written it.
            pub fn kept(word: &str) -> Result<Self> {
                match word {
                    $($word => Ok(Self::$variant),)*
                    other => Err(Failure::config(format!(
                        "the ledger holds a word that this version does not know: {}",
                        other.escape_debug()
                    ))),
                }
            }
        }
    )*};
}

words! {
    /// Who pays, and from what.
    Model {
        /// Nothing is checked; what is used is still recorded.
        Unlimited "unlimited",
        /// Each user has an account of their own.
        PrepayUser "prepay_user",
        /// One pool for all.
        PrepayMandate "prepay_mandate",
    }
    /// Which way money goes.
    Kind {
        /// Into the account.
        Credit "CREDIT",
        /// Out of the account.
        Debit "DEBIT",
    }
    /// Why it goes.
    Reference {
        /// A person decided it.
        Admin "ADMIN",
        /// A card was charged.
        Payment "PAYMENT",
        /// A rule decided it.
        System "SYSTEM",
        /// Something was used.
        Usage "USAGE",
    }
}

/// The paying tenant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Mandate {
    /// Its name.
    pub mandate: String,
    /// Who pays.
    pub billing_model: Model,
    /// The currency of everything in it, in three capital letters.
    pub currency: String,
    /// What is added to a base price, in percent.
    pub markup_percent: Money,
    /// Who gets the notice when its pool is empty.
    pub notify: Vec<String>,
    /// Seconds between two notices.
    pub cooldown_s: u64,
}

/// What is to be changed about a mandate; what is left out stays, or has its usual value.
#[derive(Clone, Debug, Default)]
pub struct Change {
    /// Who pays.
    pub model: Option<Model>,
    /// The currency; only as long as nothing was booked.
    pub currency: Option<String>,
    /// The markup, in percent.
    pub markup: Option<Decimal>,
    /// Who gets the notice; with an empty list none is sent.
    pub notify: Option<Vec<String>>,
    /// The time between two notices.
    pub cooldown: Option<Duration>,
}

impl Mandate {
    /// A new one, as everything is when nothing else is said; there is no usual model.
    pub fn new(name: &str, model: Model) -> Self {
        Self {
            mandate: name.to_owned(),
            billing_model: model,
            currency: "CHF".into(),
            markup_percent: Money(Decimal::from(50)),
            notify: Vec::new(),
            cooldown_s: 3600,
        }
    }

    /// Changes what is given.
    pub fn apply(&mut self, change: &Change) {
        if let Some(model) = change.model {
            self.billing_model = model;
        }
        if let Some(currency) = &change.currency {
            self.currency.clone_from(currency);
        }
        if let Some(markup) = change.markup {
            self.markup_percent = Money(markup);
        }
        if let Some(notify) = &change.notify {
            self.notify.clone_from(notify);
        }
        if let Some(cooldown) = change.cooldown {
            self.cooldown_s = cooldown.as_secs();
        }
    }

    /// Whose account a user's operations move.
    ///
    /// # Errors
    /// Class `usage` when every user has an account and none is named.
    pub fn account_of<'u>(&self, user: Option<&'u str>) -> Result<Option<&'u str>> {
        match (self.billing_model, user) {
            (Model::PrepayUser, None) => Err(Failure::usage(format!(
                "every user of {} has an account of their own, and no user is named",
                self.mandate
            ))
            .hint("Add --user NAME, or set TOPUP_LEDGER_USER.")),
            (Model::PrepayUser, user) => Ok(user),
            (Model::PrepayMandate | Model::Unlimited, _) => Ok(None),
        }
    }
}

/// An account and what is on it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct LedgerAccount {
    /// Whose.
    pub mandate: String,
    /// The user, where each has an own one.
    pub user: Option<String>,
    /// The sum of its transactions.
    pub balance: Money,
    /// Held back for what is running now.
    pub reserved: Money,
}

impl LedgerAccount {
    /// What can be spent.
    pub fn available(&self) -> Money {
        Money(self.balance.0 - self.reserved.0)
    }
}

/// What a use was, beside its price.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// The price before the markup.
    pub base_price: BasePrice,
    /// What was added, in percent.
    pub markup: Decimal,
    /// The labels.
    pub labels: Labels,
}

/// What a use is filed under.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Labels {
    /// Who was paid.
    pub provider: Option<String>,
    /// Who used it.
    pub user: Option<String>,
    /// The workflow it belongs to.
    pub workflow_id: Option<String>,
    /// The instance of the feature.
    pub feature_instance_id: Option<String>,
    /// The feature.
    pub feature_code: Option<String>,
}

/// One transaction, to be appended.
#[derive(Clone, Debug)]
pub struct Posting {
    /// Its id, chosen before anything is sent: appending it twice appends it once.
    pub id: Uuid,
    /// Whose.
    pub mandate: String,
    /// Whose account, where each user has one.
    pub owner: Option<String>,
    /// Which way.
    pub kind: Kind,
    /// How much: more than zero, and of a use also nothing, where it rounds to that.
    pub amount: Decimal,
    /// Why.
    pub reference: Reference,
    /// For people.
    pub description: String,
    /// When.
    pub at: Timestamp,
    /// Makes a repeated one return the first.
    pub key: Option<String>,
    /// What it was, where it was a use.
    pub usage: Option<Usage>,
    /// The id of the transaction whose opposite it is.
    pub reverses: Option<String>,
}

impl Posting {
    /// A bare movement, with nothing of a use.
    pub fn new(mandate: &str, kind: Kind, amount: Decimal, at: Timestamp) -> Self {
        Self {
            id: Uuid::new_v4(),
            mandate: mandate.to_owned(),
            owner: None,
            kind,
            amount,
            reference: Reference::Admin,
            description: String::new(),
            at,
            key: None,
            usage: None,
            reverses: None,
        }
    }

    /// Says why, for the books and for people.
    #[must_use]
    pub fn because(mut self, reference: Reference, description: impl Into<String>) -> Self {
        self.reference = reference;
        self.description = description.into();
        self
    }

    /// Makes a repeated one return the first.
    #[must_use]
    pub fn under(mut self, key: impl Into<String>) -> Self {
        self.key = Some(key.into());
        self
    }
}

/// What came of a posting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Posted {
    /// The transaction, now or from the first time.
    pub transaction: Transaction,
    /// The balance of its account now.
    pub balance: Money,
    /// It was there already: nothing moved.
    pub replayed: bool,
}

/// One transaction as it is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Transaction {
    /// Its id.
    pub id: String,
    /// Its place in the books: later ones have higher numbers.
    pub seq: i64,
    /// Whose.
    pub mandate: String,
    /// Whose account, where each user has one.
    pub account_user: Option<String>,
    /// Which way.
    #[serde(rename = "type")]
    pub kind: Kind,
    /// How much, not below zero.
    pub amount: Money,
    /// The balance of the account right after it.
    pub balance_after: Money,
    /// Why.
    pub reference: Reference,
    /// For people.
    pub description: String,
    /// When.
    #[schemars(with = "String")]
    pub created_at: Timestamp,
    /// What makes a repeated one return the first.
    pub idempotency_key: Option<String>,
    /// Who was paid.
    pub provider: Option<String>,
    /// Who used it.
    pub user: Option<String>,
    /// The price before the markup.
    pub base_price: Option<BasePrice>,
    /// What was added, in percent.
    pub markup_percent: Option<Money>,
    /// The workflow it belongs to.
    pub workflow_id: Option<String>,
    /// The instance of the feature.
    pub feature_instance_id: Option<String>,
    /// The feature.
    pub feature_code: Option<String>,
    /// The id of the transaction that this one takes back.
    pub reverses: Option<String>,
}

impl Transaction {
    /// What it is filed under.
    pub fn labels(&self) -> Labels {
        Labels {
            provider: self.provider.clone(),
            user: self.user.clone(),
            workflow_id: self.workflow_id.clone(),
            feature_instance_id: self.feature_instance_id.clone(),
            feature_code: self.feature_code.clone(),
        }
    }
}

/// Whether what has this reference, and a markup or none, is a use or the correction of one.
pub fn is_use(reference: Reference, has_markup: bool) -> bool {
    match reference {
        Reference::Usage => true,
        Reference::System => has_markup,
        Reference::Admin | Reference::Payment => false,
    }
}

/// A run that goes on now, or did when the process that watched it ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hold {
    /// Its id, and later that of its transaction.
    pub id: Uuid,
    /// Whose.
    pub mandate: String,
    /// Whose account, where each user has one.
    pub owner: Option<String>,
    /// Held back of the account; zero where nothing is.
    pub amount: Decimal,
    /// The price before the markup that is recorded where the command reports none.
    pub estimate: BasePrice,
    /// What it is filed under.
    pub labels: Labels,
    /// For people.
    pub description: String,
    /// The folder that has the file of its cost.
    pub kept_in: Uuid,
    /// When the process that watches it was last alive.
    pub alive: Timestamp,
}

/// A rule about a provider: `resource.aicore.<provider>`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Rule {
    /// For this user only; null: for all.
    pub user: Option<String>,
    /// Who is or is not to be paid.
    pub provider: String,
    /// Which of the two.
    pub allowed: bool,
}

/// Which transactions are meant.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Of this user only: who used it, or whose account it is.
    pub user: Option<String>,
    /// Of this time only.
    pub period: Period,
    /// Older than this place in the books.
    pub before: Option<i64>,
    /// Without this many of the newest.
    pub offset: u64,
}

/// A decimal as it is kept in a text column.
///
/// # Errors
/// Class `config`.
pub fn kept_decimal(text: &str) -> Result<Decimal> {
    Money::parse(text).map(|kept| kept.0).ok_or_else(not_understood)
}

/// A base price as it is kept in a text column.
///
/// # Errors
/// Class `config`.
pub fn kept_base_price(text: &str) -> Result<BasePrice> {
    BasePrice::parse(text).map_err(|_| not_understood())
}

fn not_understood() -> Failure {
    Failure::config("the ledger holds an amount that this version does not understand")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_kept_as_whole_millionths() {
        for (text, micros, shown) in [
            ("0", 0, "0.00"),
            ("12.5", 12_500_000, "12.50"),
            ("-0.000001", -1, "-0.000001"),
            ("999999999999.999999", 999_999_999_999_999_999, "999999999999.999999"),
        ] {
            let amount = kept_decimal(text).expect("a decimal");
            assert_eq!(to_micros(amount).expect("it fits"), micros);
            assert_eq!(from_micros(micros).to_string(), shown);
        }
        for bad in ["0.0000001", "9999999999999"] {
            assert!(to_micros(kept_decimal(bad).expect("a decimal")).is_err(), "{bad}");
        }
    }
}
