//! What the caller says of a purchase beside the amount: its name, its limits, how long to wait.

use crate::core::failure::{Failure, Result};
use crate::core::money::Amount;
use crate::provider::{IdempotencyKey, KeyLife, Seller};
use crate::purchase::journal::JournalDoubt;
use crate::purchase::key::{self, FirstUse, Surroundings};
use crate::purchase::request::PurchaseName;
use jiff::Timestamp;
use std::time::Duration;

/// The shortest time between two polls: never a busy loop.
const SHORTEST_POLL: Duration = Duration::from_millis(100);

/// What the caller calls a purchase, and the most that it may cost.
#[derive(Clone, Debug)]
pub struct Terms {
    /// What it is called.
    pub called: PurchaseName,
    /// `--once-since`: when the name can have been used first.
    pub once_since: Option<Timestamp>,
    /// `--max`.
    pub max: Option<Amount>,
}

impl Terms {
    /// Whether it has a name or a key of the caller's.
    pub fn is_named(&self) -> bool {
        self.given().is_some()
    }

    /// The name or key of the caller's.
    pub fn given(&self) -> Option<&str> {
        match &self.called {
            PurchaseName::Nothing { .. } => None,
            PurchaseName::Once { name, .. } => Some(name),
            PurchaseName::Key(key) => Some(key.as_str()),
        }
    }

    /// Whether another one is asked for, even where one is open.
    pub fn is_new(&self) -> bool {
        matches!(self.called, PurchaseName::Nothing { new: true })
    }

    /// Whether a declined one is to be tried again.
    pub fn retries_declined(&self) -> bool {
        matches!(self.called, PurchaseName::Once { retry_declined: true, .. })
    }

    /// The same for another purchase, even where one is open; none where the key is the caller's
    /// own.
    pub fn for_another(&self) -> Option<Self> {
        let called = match &self.called {
            PurchaseName::Nothing { .. } => PurchaseName::Nothing { new: true },
            PurchaseName::Once { name, .. } => {
                PurchaseName::Once { name: name.clone(), retry_declined: true, new: true }
            }
            PurchaseName::Key(_) => return None,
        };
        Some(Self { called, ..self.clone() })
    }

    /// Refuses a time without the name that it is about.
    ///
    /// # Errors
    /// Class `usage`.
    pub fn check(&self) -> Result<()> {
        if self.once_since.is_some() && !self.is_named() {
            return Err(Failure::usage("--once-since goes with --once or --idempotency-key"));
        }
        Ok(())
    }

    /// What is known about the first use of the name or key, where the journal does not know it.
    /// How long its key is remembered matters only where it is to be sent.
    ///
    /// # Errors
    /// Class `outcome_unknown` when another machine may have used the name, or this one while its
    /// restored journal knows nothing, and nothing says when; `usage` when that is in the future.
    pub fn first_use(
        &self,
        surroundings: &Surroundings,
        now: Timestamp,
        life: Option<KeyLife>,
        doubt: Option<&JournalDoubt>,
    ) -> Result<FirstUse> {
        let forever =
            KeyLife { auto_replay_max_age: Duration::MAX, manual_replay_max_age: Duration::MAX };
        let life = life.unwrap_or(forever);
        let first = match (&self.called, self.once_since) {
            (PurchaseName::Once { name, .. }, since) => {
                key::first_use(name, since, surroundings, now, life)?
            }
            (PurchaseName::Key(key), since @ Some(_)) => {
                key::first_use(key.as_str(), since, surroundings, now, life)?
            }
            // A key of the caller's own is as old as the caller says; where machines come and go,
            // another one may have sent it before.
            (PurchaseName::Key(key), None) => {
                FirstUse { since: None, proven: surroundings.is_only_here(key.as_str()) }
            }
            (PurchaseName::Nothing { new }, _) => {
                let is_lost = matches!(doubt, Some(JournalDoubt::Restored(_))) && !new;
                return Ok(FirstUse { since: None, proven: !is_lost });
            }
        };
        let Some(doubt) = doubt else { return Ok(first) };
        let is_of_run = self.given().is_some_and(|name| surroundings.proves_first(name));
        key::first_use_in_doubt(first, doubt, is_of_run, self.once_since, now, life)
    }

    /// The key that would be sent by a purchase that is made now, where it is known beforehand.
    ///
    /// # Errors
    /// Class `internal`.
    pub fn key(&self, origin: &str, organisation: Option<&str>) -> Result<Option<IdempotencyKey>> {
        Ok(match (&self.called, organisation) {
            (PurchaseName::Once { name, .. }, Some(organisation)) => {
                Some(key::derived_key(origin, organisation, name, 0)?)
            }
            (PurchaseName::Key(key), _) => Some(key.clone()),
            _ => None,
        })
    }
}

/// How long to wait for the outcome.
#[derive(Clone, Copy, Debug)]
pub struct OutcomeWait {
    /// At most this long; as long as is usual at the seller where it is not set.
    pub wait: Option<Duration>,
    /// Not at all.
    pub no_wait: bool,
    /// The time between two polls.
    pub poll: Duration,
}

impl OutcomeWait {
    /// As long as that.
    pub fn at_most(wait: Duration, poll: Duration) -> Self {
        Self { wait: Some(wait), no_wait: false, poll }
    }

    /// Not at all.
    #[must_use]
    pub fn without_any(self) -> Self {
        Self { no_wait: true, ..self }
    }

    /// Whether it is waited for at all.
    pub fn is_any(self) -> bool {
        !self.no_wait && self.wait != Some(Duration::ZERO)
    }

    /// The wait at this seller; none means not at all.
    pub fn limit(self, seller: &Seller) -> Option<Duration> {
        (!self.no_wait).then(|| self.wait.unwrap_or(seller.usual_wait))
    }

    /// The time between two polls.
    pub fn poll(self) -> Duration {
        self.poll.max(SHORTEST_POLL)
    }
}
