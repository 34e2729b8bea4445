//! A failure as a system or the transport reported it.

use crate::core::class::{Class, Recovery};
use crate::core::command::NextStep;
use crate::core::failure::Failure;
use crate::http::TransportError;

/// A failure as a system or the transport reported it.
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
    /// What helps, where more is known than the class says.
    pub hints: Vec<NextStep>,
    /// The kind of step that helps, where another one does than the class says.
    pub recovery: Option<Recovery>,
}

impl ProviderError {
    /// One with class and message alone.
    pub fn new(class: Class, message: impl Into<String>) -> Self {
        Self {
            class,
            code: None,
            status: None,
            message: message.into(),
            portal_url: None,
            retry_after: None,
            details: serde_json::Map::new(),
            hints: Vec::new(),
            recovery: None,
        }
    }
}

impl From<TransportError> for ProviderError {
    fn from(broken: TransportError) -> Self {
        Self::new(broken.class, broken.message)
    }
}

impl From<&Failure> for ProviderError {
    fn from(failure: &Failure) -> Self {
        let parts = failure.parts();
        Self {
            class: parts.class,
            code: parts.code.clone(),
            status: parts.status,
            message: parts.message.clone(),
            portal_url: parts.portal_url.clone(),
            retry_after: parts.retry_after,
            details: parts.details.clone(),
            hints: parts.hints.clone(),
            recovery: parts.recovery,
        }
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
        parts.hints = refusal.hints;
        parts.recovery = refusal.recovery.or(parts.recovery);
        error
    }
}
