//! What came of sending a purchase, and of asking for it.

use super::ids::ChargeId;
use super::packs::{OpenedPack, PaymentReading};
use super::refusal::ProviderError;
use crate::core::money::Money;
use crate::http::TransportError;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// What came of sending a purchase once. The reader of each system turns its answers into these,
/// and the purchase machine turns these into verdicts.
#[derive(Debug)]
pub enum ChargeResponse {
    /// Taken on: not yet paid.
    Accepted(ChargeId),
    /// A payment was opened; a person pays it on its page.
    Opened(Box<OpenedPack>),
    /// Done and paid at once: there is nothing to look at.
    Done(Paid),
    /// What was asked for was so before: this request charged nothing.
    AlreadySo,
    /// Taken on, then not paid, and never paid under this key.
    Declined(ProviderError),
    /// Taken on; a person has to finish it on a page.
    NeedsPerson(ProviderError),
    /// A refusal that proves that this request charged nothing.
    Refused(ProviderError),
    /// The same in a word that is not known, where [`Seller::refusing_statuses`](super::Seller::refusing_statuses) says that it is
    /// one: the key stays in use.
    RefusedInOtherWords(ProviderError),
    /// A refusal that asks to wait: never repeated in this run. Charged nothing.
    Throttled(ProviderError),
    /// The token was not accepted: charged nothing, and another token may be tried once.
    Unauthorized(ProviderError),
    /// The key belongs to a purchase of another amount.
    Conflict(ProviderError),
    /// Another request with this key is being worked on.
    InFlight(ProviderError),
    /// No byte of the request left this machine.
    Unsent(TransportError),
    /// The request was or may have been received, and its outcome is not known.
    Unknown {
        /// Why there is no clear answer.
        refusal: ProviderError,
        /// Whether the same request may be sent again in this run, where the seller remembers keys.
        replay: bool,
    },
}

/// What one poll of a charge showed.
#[derive(Debug)]
pub enum ChargeStatus {
    /// Not final; unknown words and unknown ids look like this too.
    Pending,
    /// Paid.
    Settled(Paid),
    /// Not paid. [`Class::AuthenticationRequired`](crate::core::class::Class) says that the bank's
    /// check is open and the same charge may still be paid; every other one is final.
    Failed(ProviderError),
    /// A person's payment that is not final.
    OpenPayment(PaymentReading),
    /// A person's payment that is paid and credited.
    Credited(PaymentReading),
    /// The look itself failed; says nothing about the charge.
    Trouble {
        /// Why.
        refusal: ProviderError,
        /// The token was not accepted.
        unauthorized: bool,
    },
}

/// What was paid, as the seller says it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Paid {
    /// The id of the charge, where it comes with the answer to the request.
    pub charge_id: Option<ChargeId>,
    /// The amount that was bought, in dollars; none where the seller does not repeat it.
    pub amount_usd: Option<Money>,
    /// When, by the system's clock.
    pub settled_at: Option<Timestamp>,
    /// What was charged beside the amount.
    pub bill: Bill,
}

impl Paid {
    /// Paid, and this much of it.
    pub fn new(amount_usd: Money, settled_at: Option<Timestamp>) -> Self {
        Self { amount_usd: Some(amount_usd), settled_at, ..Self::default() }
    }
}

/// What was charged beside the amount that was bought, as far as the seller reports it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bill {
    /// What was charged in all, in dollars.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total_usd: Option<Money>,
    /// The tax in it, in dollars.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tax_usd: Option<Money>,
    /// The page of the invoice.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invoice_url: Option<String>,
}

impl Bill {
    /// Whether nothing is reported.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}
