//! A purchase as it is asked for: at which portal, for whom, what, and under which name.

use super::key::FirstUse;
use super::position::Gap;
use super::record::{Intent, Moment, Purchase};
use crate::config::SpendingLimits;
use crate::core::failure::Result;
use crate::core::money::Amount;
use crate::core::system::System;
use crate::provider::plans::Item;
use crate::provider::{IdempotencyKey, Seller};
use jiff::Timestamp;
use uuid::Uuid;

/// What the caller calls the purchase.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PurchaseName {
    /// Nothing: `buy 25`.
    Nothing {
        /// `--new`: another one, even where one is open.
        new: bool,
    },
    /// `--once NAME`.
    Once {
        /// The name.
        name: String,
        /// `--retry-declined`.
        retry_declined: bool,
        /// `--retry-declined --new`: also while the bank's check is open.
        new: bool,
    },
    /// `--idempotency-key KEY`.
    Key(IdempotencyKey),
}

/// Where a purchase is made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PurchasePlace {
    /// Which system sells.
    pub system: System,
    /// The identity of the portal.
    pub origin: String,
    /// The profile of the run.
    pub profile: String,
    /// The whole base URL, path included; for the sandbox its identity, since its port changes.
    pub base_url: String,
}

/// For whom a purchase is made.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Buyer {
    /// The organisation of the credential.
    pub organisation: Option<String>,
    /// The subject of the credential.
    pub subject: Option<String>,
}

/// A purchase as asked for.
pub struct PurchaseRequest<'a> {
    /// Where.
    pub place: &'a PurchasePlace,
    /// For whom.
    pub buyer: &'a Buyer,
    /// How the system sells.
    pub seller: &'a Seller,
    /// What it costs; 0.00 for a pack whose price is not known yet.
    pub amount: Amount,
    /// What it is for.
    pub item: &'a Item,
    /// The exact body of the request.
    pub body: String,
    /// What it is called.
    pub called: PurchaseName,
    /// The limits of the profile.
    pub limits: SpendingLimits,
    /// What it costs with everything that the seller adds, where that is known before.
    pub total: Option<Amount>,
    /// The id of a purchase that is made now: one that no other purchase has.
    pub new_id: Uuid,
    /// All clocks.
    pub now: &'a Moment,
    /// Machines come and go here, and each has a journal of its own.
    pub machines_come_and_go: bool,
    /// `--once-since`: when the name can have been used first, wherever that was.
    pub once_since: Option<Timestamp>,
    /// What the journal lacks, where it was restored from an older copy.
    pub gap: Option<Gap>,
    /// What is known about the first use of a name or key that the journal does not know.
    pub first_use: &'a dyn Fn() -> Result<FirstUse>,
}

/// What makes two purchases without a name the same one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PurchaseSubject<'a> {
    /// Credits of this amount.
    Credits(Amount),
    /// The plan with this id, at its price of today.
    Plan(&'a str),
    /// A pack: there is one, at one price.
    Pack,
}

impl<'a> PurchaseSubject<'a> {
    /// What is wanted.
    pub fn new(item: &'a Item, amount: Amount) -> Self {
        match item {
            Item::Credits => Self::Credits(amount),
            Item::Plan(plan) => Self::Plan(&plan.tier_id),
            Item::Pack => Self::Pack,
        }
    }

    /// Whether a purchase is of this.
    pub fn is(self, intent: &Intent) -> bool {
        match (self, &intent.item) {
            (Self::Credits(amount), Item::Credits) => amount == intent.amount,
            (Self::Plan(id), Item::Plan(plan)) => plan.tier_id == id,
            (Self::Pack, Item::Pack) => true,
            _ => false,
        }
    }
}

impl PurchaseRequest<'_> {
    /// Whether a purchase without a name is the same as this one: for the same, and the same buyer.
    pub(super) fn is_same(&self, purchase: &Purchase) -> bool {
        !purchase.intent.naming.is_given()
            && self.is_buyers(&purchase.intent)
            && PurchaseSubject::new(self.item, self.amount).is(&purchase.intent)
    }

    /// Whether it was made for this buyer: of an unnamed purchase the organisation decides, as far
    /// as logins name one.
    fn is_buyers(&self, intent: &Intent) -> bool {
        match intent.item {
            Item::Pack => {
                intent.is_of(self.buyer.organisation.as_deref(), self.buyer.subject.as_deref())
            }
            Item::Credits | Item::Plan(_) => intent.organisation == self.buyer.organisation,
        }
    }

    /// Whether it was begun under the same profile and base URL, for somebody else, under the same
    /// name or for the same amount.
    pub(super) fn is_same_of_another_buyer(&self, purchase: &Purchase) -> bool {
        let intent = &purchase.intent;
        let same_place = intent.profile.as_deref() == Some(self.place.profile.as_str())
            && intent.base_url.as_deref() == Some(self.place.base_url.as_str());
        let same = match &self.called {
            PurchaseName::Nothing { .. } => {
                !intent.naming.is_given() && PurchaseSubject::new(self.item, self.amount).is(intent)
            }
            PurchaseName::Once { name, .. } => {
                intent.naming.given(&intent.key) == Some(name.as_str())
            }
            PurchaseName::Key(key) => intent.key == *key,
        };
        let other =
            !intent.is_of(self.buyer.organisation.as_deref(), self.buyer.subject.as_deref());
        same_place && same && other
    }
}
