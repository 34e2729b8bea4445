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

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn all_that_a_system_reported_reaches_the_caller_and_back() {
        let mut refusal = ProviderError::new(Class::MonthlyCapExceeded, "no room is left");
        refusal.code = Some("monthly_cap_exceeded".to_owned());
        refusal.status = Some(403);
        refusal.portal_url = Some("https://portal.example/limit".to_owned());
        refusal.retry_after = Some(60);
        refusal.details.insert("remaining_usd".to_owned(), json!("1.50"));
        refusal.hints = vec!["Raise the limit.".into()];
        refusal.recovery = Some(Recovery::AskAdmin);
        let failure = Failure::from(refusal);
        let parts = failure.parts();
        assert_eq!(
            (parts.class, parts.message.as_str()),
            (Class::MonthlyCapExceeded, "no room is left")
        );
        assert_eq!(
            (parts.code.as_deref(), parts.status),
            (Some("monthly_cap_exceeded"), Some(403))
        );
        assert_eq!(parts.portal_url.as_deref(), Some("https://portal.example/limit"));
        assert_eq!(parts.retry_after, Some(60));
        assert_eq!(parts.details["remaining_usd"], "1.50");
        let hints: Vec<String> = parts.hints.iter().map(ToString::to_string).collect();
        assert_eq!(hints, ["Raise the limit."]);
        assert_eq!(parts.recovery, Some(Recovery::AskAdmin));
        let back = Failure::from(ProviderError::from(&failure));
        assert_eq!(format!("{:?}", back.parts()), format!("{:?}", failure.parts()));
    }

    #[test]
    fn where_no_step_is_named_the_class_names_it() {
        let class = Class::NotLoggedIn;
        let failure = Failure::from(ProviderError::new(class, "no"));
        assert_eq!(failure.parts().recovery, Failure::new(class, "no").parts().recovery);
    }
}
