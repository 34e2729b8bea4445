//! How long a login and its tokens last, and when they are renewed.

use super::document::Login;
use crate::core::command::NextStep;
use crate::core::duration;
use crate::core::system::{Renewal, System};
use jiff::{SignedDuration, Timestamp};
use std::time::Duration;

/// A login lasts this long from its approval, whatever is renewed in between. Contract: nous,
/// authentication.
const LOGIN_LASTS: SignedDuration = SignedDuration::from_hours(30 * 24);
/// From this long before its end on, people are warned.
const WARN_BEFORE: SignedDuration = SignedDuration::from_hours(3 * 24);
/// With fewer seconds left than this, a token is renewed before it is used to read something.
/// Contract: nous, authentication.
pub const LOOKING_LASTS: Duration = Duration::from_mins(2);

impl Login {
    /// When it ends for good: 30 days after its approval. `None`: its approval is not known.
    pub fn ends(&self) -> Option<Timestamp> {
        self.approved_at?.checked_add(LOGIN_LASTS).ok()
    }

    /// Whether less than this is left of the access token. Never in the first half of its life: where
    /// tokens live shorter than a purchase wants, renewing again and again would not help.
    pub(super) fn is_old(&self, min_left: Duration, now: Timestamp) -> bool {
        let Some(ends) = self.expires_at else { return false };
        let life = ends.duration_since(self.obtained_at).max(SignedDuration::ZERO);
        let wanted =
            SignedDuration::try_from(min_left).unwrap_or(SignedDuration::MAX).min(life / 2);
        ends.duration_since(now) < wanted || ends <= now
    }

    /// Whether its system renews it without a person.
    pub fn is_renewable(&self, system: System) -> bool {
        let by = match system.facts().renewal {
            Renewal::None => false,
            Renewal::RefreshToken => self.refresh_token.is_some(),
            // A token without a known end may be a key that is not to be exchanged.
            Renewal::AccessToken(_) => self.expires_at.is_some(),
        };
        by && self.refresh_refused.is_none()
    }

    /// Whether it is renewed even once its access token has ended or is refused.
    pub fn survives_its_token(&self, system: System) -> bool {
        system.facts().renewal == Renewal::RefreshToken && self.is_renewable(system)
    }

    /// Whether the access token can still be expected to be accepted.
    pub(super) fn is_alive(&self, now: Timestamp) -> bool {
        self.expires_at.is_none_or(|ends| ends > now)
    }
}

/// One line for a person when a login ends within three days, or has ended.
pub fn ending_soon(ends: Option<Timestamp>, now: Timestamp) -> Option<NextStep> {
    let left = ends?.duration_since(now);
    if left > WARN_BEFORE {
        return None;
    }
    if left <= SignedDuration::ZERO {
        return Some("This login has expired; 'topup login' makes a new one.".into());
    }
    let left = duration::show(left.unsigned_abs());
    Some(NextStep::filled("This login ends in {}; 'topup login' makes a new one.", &[&left]))
}
