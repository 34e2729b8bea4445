//! Selling credits under an idempotency key: what is sent, what names it, and what came of it.

use super::{ProviderError, plans};
use crate::core::failure::{Failure, Result};
use crate::core::money::{Amount, Money};
use crate::credentials::Token;
use crate::http::TransportError;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::time::Duration;

/// Selling credits under an idempotency key: one POST that is both the purchase and the question
/// whether it happened.
pub trait Charges {
    /// How old a key may get before it is no longer sent. See [`KeyLife`].
    fn key_life(&self) -> KeyLife;

    /// Asks the system anything, for the clock that comes with every answer of it. What it answers
    /// does not matter.
    ///
    /// # Errors
    /// There was no answer.
    fn ask_time(&self, token: &Token) -> Result<()>;

    /// The exact bytes of the request for this amount; they are journalled and sent as they are.
    fn request_body(&self, amount: Amount) -> Vec<u8>;

    /// Sends the purchase once, on a fresh connection, with no retry of any kind.
    fn post(&self, token: &Token, key: &IdempotencyKey, body: &[u8]) -> ChargeResponse;

    /// Asks once where a charge stands.
    fn poll(&self, token: &Token, id: &ChargeId) -> ChargeStatus;

    /// Plans, whose upgrades are paid under the same keys.
    fn plans(&self) -> Option<&dyn plans::Plans> {
        None
    }
}

/// How long an idempotency key may be sent again, by the age of its first use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyLife {
    /// Up to this age a replay needs no asking.
    pub auto_replay_max_age: Duration,
    /// Up to this age a replay needs `resume`, the same `--once` or the same key; never beyond.
    pub manual_replay_max_age: Duration,
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

/// What came of sending a purchase once. Contract: nous, errors; the purchase machine turns it
/// into a verdict.
#[derive(Debug)]
pub enum ChargeResponse {
    /// Taken on: not yet paid.
    Accepted(ChargeId),
    /// Done and paid at once: there is nothing to look at.
    Done,
    /// What was asked for was so before: this request charged nothing.
    AlreadySo,
    /// Taken on, then not paid, and never paid under this key.
    Declined(ProviderError),
    /// Taken on; a person has to finish it on a page.
    NeedsPerson(ProviderError),
    /// A known refusal that proves that this request charged nothing.
    Refused(ProviderError),
    /// A known refusal that asks to wait: never repeated in this run. Charged nothing.
    Throttled(ProviderError),
    /// The token was not accepted: charged nothing, and another token may be tried once.
    Unauthorized(ProviderError),
    /// The key belongs to a purchase of another amount.
    Conflict(ProviderError),
    /// Another request with this key is being worked on.
    InFlight(ProviderError),
    /// No byte of the request left this machine.
    Unsent(TransportError),
    /// The request was or may have been received, and nobody here knows what came of it.
    Unknown {
        /// Why there is no clear answer.
        refusal: ProviderError,
        /// Whether the same request may be sent again in this run.
        replay: bool,
    },
}

/// What one look at a charge told.
#[derive(Debug)]
pub enum ChargeStatus {
    /// Not final; unknown words and unknown ids look like this too.
    Pending,
    /// Paid.
    Settled {
        /// The amount the system says was paid.
        amount_usd: Money,
        /// When, by the system's clock.
        settled_at: Option<Timestamp>,
    },
    /// Not paid, and never will be.
    Failed(ProviderError),
    /// The look itself failed; says nothing about the charge.
    Trouble {
        /// Why.
        refusal: ProviderError,
        /// The token was not accepted.
        unauthorized: bool,
    },
}
