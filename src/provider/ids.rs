//! The two words that a purchase and a charge are known by, checked before they stand in a header or
//! a path.

use crate::core::failure::{Failure, Result};
use serde::{Deserialize, Serialize};
use std::fmt;

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
