//! When a row was written, by all clocks at once, and how old a key is by them.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Which attempt of a run of a CI system this is, where the system tells it: a clock that no machine
/// can turn.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunAttempt {
    /// The id of the run, which all its attempts share.
    pub run: String,
    /// Counts from 1.
    pub attempt: u32,
}

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
    /// The attempt of the CI run that this is.
    pub attempt: Option<RunAttempt>,
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
    /// The attempt of the CI run that wrote it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attempt: Option<RunAttempt>,
}

impl From<&Moment> for Stamp {
    fn from(moment: &Moment) -> Self {
        Self {
            wall: moment.wall,
            boot: moment.boot.clone(),
            monotonic_ms: u64::try_from(moment.monotonic.as_millis()).ok(),
            server: moment.server,
            attempt: moment.attempt.clone(),
        }
    }
}

impl Stamp {
    /// One of which only the wall clock is known.
    pub(super) fn from_wall(wall: Timestamp) -> Self {
        Self { wall, boot: None, monotonic_ms: None, server: None, attempt: None }
    }

    /// How long ago this was: the largest of what the clocks say. None when a clock went backwards,
    /// which means: too old for anything.
    pub fn age(&self, now: &Moment) -> Option<Duration> {
        let mut age = forward(self.wall, now.wall)?;
        match (self.is_of_start(now.boot.as_deref()), self.monotonic_ms) {
            (Some(true), Some(then)) => {
                age = age.max(now.monotonic.checked_sub(Duration::from_millis(then))?);
            }
            // It was before the machine was started.
            (Some(false), _) => age = age.max(now.monotonic),
            _ => {}
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

    /// How long after this the other was at least, by clocks that are not set: the monotonic one
    /// within one start of the machine, else the server's, where both know it.
    pub fn until_at_least(&self, later: &Self) -> Option<Duration> {
        let awake = match (self.monotonic_ms, later.monotonic_ms) {
            (Some(then), Some(now)) if self.is_of_start(later.boot.as_deref()) == Some(true) => {
                now.checked_sub(then).map(Duration::from_millis)
            }
            _ => None,
        };
        awake.or_else(|| forward(self.server?, later.server?))
    }

    /// The same as the age of a key that was first used then.
    pub(super) fn key_age(&self, now: &Moment) -> KeyAge {
        self.age(now).map_or(KeyAge::Unreadable, KeyAge::Known)
    }

    /// The time since by the monotonic clock, within one start of the machine.
    pub(super) fn monotonic_age(&self, now: &Moment) -> Option<Duration> {
        let then = Duration::from_millis(self.monotonic_ms?);
        let same_start = self.is_of_start(now.boot.as_deref()) == Some(true);
        same_start.then(|| now.monotonic.checked_sub(then)).flatten()
    }

    /// Whether this was written since the machine was started that last time; none where that is
    /// not known.
    fn is_of_start(&self, boot: Option<&str>) -> Option<bool> {
        Some(self.boot.as_deref()? == boot?)
    }

    /// The time from this row to the next: by the monotonic clock within one start of the machine,
    /// and never less than the wall clock says. None when only the wall clock could say, and
    /// went backwards.
    pub(super) fn step_to(&self, next: &Self) -> Option<Duration> {
        let wall = forward(self.wall, next.wall);
        match (self.monotonic_ms, next.monotonic_ms) {
            (Some(then), Some(later)) if self.is_of_start(next.boot.as_deref()) == Some(true) => {
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
