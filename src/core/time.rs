//! How times are written.

use jiff::Timestamp;

/// A time as documents and tables write it: RFC 3339, UTC, whole seconds.
pub fn shown(at: Timestamp) -> String {
    Timestamp::from_second(at.as_second()).unwrap_or(at).to_string()
}
