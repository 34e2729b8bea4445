//! What an account in dollars is beside its balance: whether it may be used, and what its credits
//! are made of. Contract: nous, `GET /api/oauth/account`.

use crate::core::class::Class;
use crate::core::class::Recovery;
use crate::core::failure::Failure;
use crate::core::money::Money;
use schemars::JsonSchema;
use serde::Serialize;

/// The reason for an account whose credits are used up: buying some helps.
const NO_CREDITS: &str = "no_usable_credits";
/// The reason for a member that has spent what it may.
const MEMBER_CAP: &str = "member_spend_cap_exceeded";

/// Whether this login may use paid services now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Access {
    /// It may.
    pub allowed: bool,
    /// The system's own word for why or why not.
    pub reason: Option<String>,
}

/// What the credits are made of, in dollars.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct CreditParts {
    /// The plan of the account.
    pub plan: Option<String>,
    /// Credits of the plan that are left.
    pub subscription_usd: Option<Money>,
    /// Of these, credits that were left of an earlier month.
    pub rollover_usd: Option<Money>,
    /// Credits that were bought and are left.
    pub purchased_usd: Option<Money>,
    /// All that can be used.
    pub usable_usd: Option<Money>,
    /// When the plan renews: a date, or a moment in RFC 3339, as the system says it.
    pub renews_at: Option<String>,
}

impl Access {
    /// Why the account may not be used, whatever its balance.
    pub fn stopped(&self) -> Option<Failure> {
        if self.allowed {
            return None;
        }
        let error = match self.reason.as_deref() {
            Some(MEMBER_CAP) => Failure::new(
                Class::LimitExceeded,
                "the limit that the organisation set for this member is reached",
            ),
            Some(NO_CREDITS) => {
                Failure::new(Class::InsufficientBalance, "no credits are left that may be used")
            }
            Some(other) => {
                let reason = other.escape_debug();
                let message = format!("the account may not be used; the portal's reason: {reason}");
                Failure::new(Class::BillingDisabled, message).recovery(Recovery::AskAdmin)
            }
            None => Failure::new(Class::BillingDisabled, "the account may not be used"),
        };
        Some(match &self.reason {
            Some(reason) => error.detail("reason", reason.as_str()),
            None => error,
        })
    }
}

impl CreditParts {
    /// Nothing of it is said.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_may_not_use_it_is_stopped_for_the_reason_that_is_given() {
        let access = |allowed, reason: Option<&str>| {
            Access { allowed, reason: reason.map(str::to_owned) }.stopped()
        };
        assert!(access(true, None).is_none() && access(true, Some("usable_credits")).is_none());
        for (reason, class) in [
            (Some(MEMBER_CAP), Class::LimitExceeded),
            (Some(NO_CREDITS), Class::InsufficientBalance),
            (Some("org_frozen"), Class::BillingDisabled),
            (None, Class::BillingDisabled),
        ] {
            let stopped = access(false, reason).expect("stopped");
            assert_eq!(stopped.class(), class, "{reason:?}");
        }
        let message = access(false, Some("org\u{1b}frozen")).expect("stopped").to_string();
        assert!(message.contains("frozen") && !message.contains('\u{1b}'), "{message}");
    }
}
