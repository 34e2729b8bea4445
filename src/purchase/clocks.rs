//! When a row was written, by all clocks at once, and how old a key is by them.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// A reading of all clocks at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moment {
    /// The wall clock: may jump.
    pub wall: Timestamp,
    /// Which start of the machine the monotonic clock counts from.
    pub boot: Option<String>,
    /// Time since that start, sleep included.
    pub monotonic: Duration,
    /// The server's clock, where an answer of this run carried it.
    pub server: Option<Timestamp>,
}

/// When a row was written, as it is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stamp {
    /// The wall clock.
    pub wall: Timestamp,
    /// Which start of the machine `monotonic_ms` counts from.
    pub boot: Option<String>,
    /// Milliseconds since that start, sleep included.
    pub monotonic_ms: Option<u64>,
    /// The server's clock, where known.
    pub server: Option<Timestamp>,
}

impl From<&Moment> for Stamp {
    fn from(moment: &Moment) -> Self {
        Self {
            wall: moment.wall,
            boot: moment.boot.clone(),
            monotonic_ms: u64::try_from(moment.monotonic.as_millis()).ok(),
            server: moment.server,
        }
    }
}

impl Stamp {
    /// How long ago this was: the largest of what the clocks say. `None` when a clock went
    /// backwards, which means: too old for anything.
    pub fn age(&self, now: &Moment) -> Option<Duration> {
        let mut age = forward(self.wall, now.wall)?;
        if let (Some(boot), Some(boot_now)) = (&self.boot, &now.boot) {
            if boot != boot_now {
                // It was before the machine was started.
                age = age.max(now.monotonic);
            } else if let Some(then) = self.monotonic_ms {
                age = age.max(now.monotonic.checked_sub(Duration::from_millis(then))?);
            }
        }
        match (self.server, now.server) {
            (Some(then), Some(server)) => age = age.max(forward(then, server)?),
            // The server's clock was not known then: ours is the next best thing, unless it was
            // ahead.
            (None, Some(server)) => age = age.max(forward(self.wall, server).unwrap_or_default()),
            (_, None) => {}
        }
        Some(age)
    }
}

impl Stamp {
    /// The time from this row to the next: by the monotonic clock within one start of the machine,
    /// and never less than the wall clock says. None when the wall clock alone could tell, and
    /// went backwards.
    pub(super) fn step_to(&self, next: &Self) -> Option<Duration> {
        let wall = forward(self.wall, next.wall);
        let same_start = self.boot.is_some() && self.boot == next.boot;
        match (self.monotonic_ms, next.monotonic_ms) {
            (Some(then), Some(later)) if same_start => {
                let gone = Duration::from_millis(later.checked_sub(then)?);
                Some(gone.max(wall.unwrap_or_default()))
            }
            _ => wall,
        }
    }
}

/// How far a clock may seem to go backwards without having done so: a server's `Date` counts
/// whole seconds, and wall clocks are corrected by a little all the time.
const JITTER: Duration = Duration::from_secs(2);

pub(super) fn forward(then: Timestamp, now: Timestamp) -> Option<Duration> {
    let gone = now.duration_since(then);
    match Duration::try_from(gone) {
        Ok(gone) => Some(gone),
        Err(_) if gone.unsigned_abs() <= JITTER => Some(Duration::ZERO),
        Err(_) => None,
    }
}

/// How old an idempotency key is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyAge {
    /// It was never sent.
    Unused,
    /// This old, at least.
    Known(Duration),
    /// A clock went backwards: it may be of any age.
    Unreadable,
}

impl KeyAge {
    /// This age, so much later.
    pub(super) fn and(self, step: Option<Duration>) -> Self {
        match (self, step) {
            (Self::Unused, _) => Self::Unused,
            (Self::Known(age), Some(step)) => {
                age.checked_add(step).map_or(Self::Unreadable, Self::Known)
            }
            (Self::Known(_) | Self::Unreadable, _) => Self::Unreadable,
        }
    }

    /// The more careful of two.
    pub(super) fn older(self, other: Self) -> Self {
        match (self, other) {
            (Self::Unreadable, _) | (_, Self::Unreadable) => Self::Unreadable,
            (Self::Unused, age) | (age, Self::Unused) => age,
            (Self::Known(one), Self::Known(two)) => Self::Known(one.max(two)),
        }
    }
}
