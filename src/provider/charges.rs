//! Selling credits: what is sent, what names it, and what came of it.

use super::evidence::EvidenceSource;
use super::packs::{OpenedPack, PaymentReading};
use super::seller::Seller;
use super::{ProviderError, plans};
use crate::core::failure::{Failure, Result};
use crate::core::money::{Amount, Money};
use crate::credentials::Token;
use crate::http::TransportError;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Selling credits: one request that is the purchase, and polls for its outcome.
pub trait Charges {
    /// How it sells.
    fn seller(&self) -> Seller;

    /// Whom a purchase with this token is for: organisation and subject.
    fn acts_for(&self, token: &Token) -> (Option<String>, Option<String>) {
        token.acts_for()
    }

    /// Asks the system anything, for the clock that comes with every answer of it. What it answers
    /// does not matter.
    ///
    /// # Errors
    /// There was no answer.
    fn ask_time(&self, token: &Token) -> Result<()>;

    /// The exact bytes of the request for this amount; they are journalled and sent as they are.
    fn request_body(&self, amount: Amount) -> Vec<u8>;

    /// Sends the purchase once, on a fresh connection, with no retry of any kind. A seller that
    /// knows no keys leaves the key out.
    fn post(&self, token: &Token, key: &IdempotencyKey, body: &[u8]) -> ChargeResponse;

    /// Asks once where a charge stands. `asked` is when the purchase was asked for, where that is
    /// known: what a system lists from before then is not about it.
    fn poll(&self, token: &Token, id: &ChargeId, asked: Option<Timestamp>) -> ChargeStatus;

    /// Plans, whose upgrades are paid under the same keys.
    fn plans(&self) -> Option<&dyn plans::Plans> {
        None
    }

    /// What it shows of the purchases of the account, where [`Seller::evidence`] says that it does.
    fn evidence(&self) -> Option<&dyn EvidenceSource> {
        None
    }

    /// What this amount would cost with everything that is added to it, where that is known before;
    /// none where the system reports it only afterwards.
    ///
    /// # Errors
    /// What kept it from being known; nothing was bought.
    fn quote(&self, token: &Token, amount: Amount) -> Result<Option<Money>> {
        let _ = (token, amount);
        Ok(None)
    }
}

/// An idempotency key as sent in the header: 8 to 255 visible ASCII characters.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct IdempotencyKey(String);

/// The id that a system gave to a charge: `[A-Za-z0-9_-]{1,128}`.
///
/// Anything else could change the path of the request it is put into.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ChargeId(String);

macro_rules! checked_words {
    ($($kind:ident, $longest:literal, $shortest:literal, $allowed:expr, $what:literal;)*) => {$(
        impl $kind {
            /// Checks the grammar.
            ///
            /// # Errors
            #[doc = concat!("Class `usage`: it is not ", $what, ".")]
            pub fn parse(text: &str) -> Result<Self> {
                let allowed: fn(u8) -> bool = $allowed;
                if (usize::from($shortest)..=$longest).contains(&text.len()) && text.bytes().all(allowed) {
                    return Ok(Self(text.to_owned()));
                }
                let shown: String = text.chars().take(40).flat_map(char::escape_default).collect();
                Err(Failure::usage(format!("'{shown}' is not {}", $what)))
            }

            /// The checked text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $kind {
            type Error = Failure;

            fn try_from(text: String) -> Result<Self> {
                Self::parse(&text)
            }
        }

        impl From<$kind> for String {
            fn from(word: $kind) -> Self {
                word.0
            }
        }

        impl fmt::Display for $kind {
            fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str(&self.0)
            }
        }
    )*};
}

checked_words! {
    IdempotencyKey, 255, 8u8, |byte| (b'!'..=b'~').contains(&byte),
        "an idempotency key (8 to 255 visible ASCII characters, no spaces)";
    ChargeId, 128, 1u8, |byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-',
        "an id (letters, digits, '_' and '-', at most 128)";
}

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
    /// The same in a word that is not known, where [`Seller::refusing_statuses`] says that it is
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
