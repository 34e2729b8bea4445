//! A failure as a system or the transport told it.

use crate::core::class::Class;
use crate::core::failure::Failure;
use crate::http::TransportError;

/// A failure as a system or the transport told it.
#[derive(Clone, Debug)]
pub struct ProviderError {
    /// What it means.
    pub class: Class,
    /// The system's own word.
    pub code: Option<String>,
    /// The HTTP status.
    pub status: Option<u16>,
    /// One line for a person.
    pub message: String,
    /// Absolute link of a page of this system.
    pub portal_url: Option<String>,
    /// Seconds to wait, at most an hour.
    pub retry_after: Option<u64>,
    /// What else a script can use.
    pub details: serde_json::Map<String, serde_json::Value>,
}

impl ProviderError {
    /// One that is told by nothing but this.
    pub fn new(class: Class, message: impl Into<String>) -> Self {
        Self {
            class,
            code: None,
            status: None,
            message: message.into(),
            portal_url: None,
            retry_after: None,
            details: serde_json::Map::new(),
        }
    }
}

impl From<TransportError> for ProviderError {
    fn from(broken: TransportError) -> Self {
        Self::new(broken.class, broken.message)
    }
}

impl From<ProviderError> for Failure {
    fn from(refusal: ProviderError) -> Self {
        let mut error = Self::new(refusal.class, refusal.message);
        let parts = error.parts_mut();
        parts.code = refusal.code;
        parts.status = refusal.status;
        parts.portal_url = refusal.portal_url;
        parts.retry_after = refusal.retry_after;
        parts.details = refusal.details;
        error
    }
}
