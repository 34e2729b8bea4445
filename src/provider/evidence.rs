//! What a seller shows of the purchases of an account: the only answer after a lost one, where a
//! request may never be sent again.

use super::{ChargeId, ProviderError};
use crate::core::money::Money;
use crate::credentials::Token;
use jiff::Timestamp;

/// Shows what was bought for an account.
pub trait EvidenceSource {
    /// Reads it once. A list has to reach back over the last 24 hours: one that goes on where it
    /// cannot be followed is [`EvidenceAnswer::Trouble`].
    fn read(&self, token: &Token) -> EvidenceAnswer;
}

/// What came of reading the evidence.
#[derive(Debug)]
pub enum EvidenceAnswer {
    /// It was read whole.
    Read(EvidenceReading),
    /// It was not; this says nothing about any purchase.
    Trouble {
        /// Why.
        refusal: ProviderError,
        /// The token was not accepted.
        unauthorized: bool,
    },
}

/// One reading of the evidence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EvidenceReading {
    /// What is shown.
    pub shown: ShownPurchase,
    /// Whether automatic purchases are on, where the system reports it.
    pub auto_reload: Option<bool>,
    /// It is of the account that buys, as far as the keys that buy and read both show it. What is
    /// not is shown to a person, and proves nothing.
    pub account_proven: bool,
}

/// What is shown of the purchases of an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ShownPurchase {
    /// Each of the last 24 hours at least, in any order.
    Purchases(Vec<ListedPurchase>),
    /// The sum of all credits ever given, in dollars, with the system's own scale.
    GrantedSum(Money),
}

/// A purchase in a seller's list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedPurchase {
    /// Its id.
    pub id: ChargeId,
    /// What is charged for it, in dollars; none where it is charged in another currency.
    pub amount_usd: Option<Money>,
    /// When it was made, by the system's clock.
    pub created_at: Option<Timestamp>,
    /// The system's own word for where it stands.
    pub word: Option<String>,
    /// What that word comes to.
    pub standing: ListedStanding,
}

/// Where a listed purchase stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ListedStanding {
    /// Not final, or in a word that is not known.
    Open,
    /// Paid.
    Paid,
    /// Not paid, and never will be.
    Failed,
}
