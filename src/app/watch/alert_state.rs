//! When a watch sends what: decided from what was known, what is seen now, and the time, and from
//! nothing else. What was known is written down before each notice, so that neither a restart nor a
//! second watch of the same kind sends it again, and what fails is tried a bounded number of times.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::time::Duration;

/// How often it is tried to send one notice.
pub const MOST_TRIES: u32 = 10;

/// Which notices are wanted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AlertPolicy {
    /// Two falls below one threshold are reported no closer than this.
    pub cooldown: Duration,
    /// A balance that stays low is reported again after this.
    pub remind: Option<Duration>,
    /// That enough is there again is reported too.
    pub recovery: bool,
}

/// What is known of one watch.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlertState {
    /// By threshold, as it is typed.
    pub thresholds: BTreeMap<String, ThresholdState>,
    /// Enough is there again, and that is still to be reported.
    pub recovery: Option<PendingRecovery>,
}

/// What is known of one threshold.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ThresholdState {
    /// The balance has fallen below it, and has not been seen at or above since.
    pub crossing: Option<Crossing>,
    /// When a notice about it was sent last.
    pub notified_at: Option<Timestamp>,
}

/// A fall below a threshold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Crossing {
    /// When it was seen first.
    pub since: Timestamp,
    /// When it was reported.
    #[serde(rename = "told_at")]
    pub reported_at: Option<Timestamp>,
    /// How often it was tried to send the notice that is due.
    pub tries: u32,
    /// When that was tried last.
    #[serde(default)]
    pub tried_at: Option<Timestamp>,
}

/// A recovery that is still to be reported.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PendingRecovery {
    /// When it was seen first.
    pub since: Timestamp,
    /// How often it was tried to report it.
    pub tries: u32,
}

/// What a notice is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AlertKind {
    /// The balance has fallen.
    Low,
    /// It is still low.
    Reminder,
    /// Enough is there again.
    Recovered,
}

/// A notice that is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DueAlert {
    /// What it is about.
    pub kind: AlertKind,
    /// The threshold, by its place among those that were passed in: the lowest that the balance is
    /// below, or the highest of all after a recovery.
    pub level: usize,
}

/// What follows from a check.
#[derive(Debug, PartialEq, Eq)]
pub struct Decision {
    /// What is known from now on.
    pub state: AlertState,
    /// What is to be sent.
    pub due: Option<DueAlert>,
    /// The balance has fallen below one more threshold.
    pub fell: bool,
    /// It rose above one before its fall could be reported.
    pub rose_unreported: bool,
}

/// Decides what follows from a check. `levels` are the thresholds, the highest first, and whether
/// the balance is below each.
pub fn decide(
    policy: &AlertPolicy,
    known: &AlertState,
    levels: &[(String, bool)],
    now: Timestamp,
) -> Decision {
    let mut state = known.clone();
    state.thresholds.retain(|key, _| levels.iter().any(|(level, _)| level == key));
    let (mut fell, mut rose_unreported, mut rose_reported) = (false, false, false);
    for (key, is_below) in levels {
        let threshold = state.thresholds.entry(key.clone()).or_default();
        if *is_below && threshold.crossing.is_none() {
            fell = true;
            let crossing = Crossing { since: now, reported_at: None, tries: 0, tried_at: None };
            threshold.crossing = Some(crossing);
        }
        if !*is_below && let Some(crossing) = threshold.crossing.take() {
            rose_reported |= crossing.reported_at.is_some();
            // What the cooldown held back was not meant to be reported.
            rose_unreported |=
                crossing.reported_at.is_none() && (crossing.tries > 0 || policy.cooldown.is_zero());
        }
    }
    if levels.iter().any(|(_, is_below)| *is_below) {
        state.recovery = None;
    } else if rose_reported && policy.recovery {
        state.recovery = Some(PendingRecovery { since: now, tries: 0 });
    }
    state.thresholds.retain(|_, known| *known != ThresholdState::default());
    let due = state.due(policy, levels, now);
    Decision { state, due, fell, rose_unreported }
}

impl AlertState {
    fn due(
        &self,
        policy: &AlertPolicy,
        levels: &[(String, bool)],
        now: Timestamp,
    ) -> Option<DueAlert> {
        let crossed: Vec<(usize, &ThresholdState, &Crossing)> = levels
            .iter()
            .enumerate()
            .filter_map(|(level, (key, _))| {
                let threshold = self.thresholds.get(key)?;
                Some((level, threshold, threshold.crossing.as_ref()?))
            })
            .collect();
        let Some((lowest, _, deepest)) = crossed.last() else {
            let recovery = self.recovery.as_ref()?;
            let due = DueAlert { kind: AlertKind::Recovered, level: 0 };
            return (recovery.tries < MOST_TRIES).then_some(due);
        };
        let may_try = |crossing: &Crossing| {
            crossing.tries < MOST_TRIES
                || matches!((policy.remind, crossing.tried_at), (Some(remind), Some(tried))
                    if has_passed(tried, remind, now))
        };
        let low = crossed.iter().rev().find(|(_, threshold, crossing)| {
            let cooled =
                threshold.notified_at.is_none_or(|at| has_passed(at, policy.cooldown, now));
            crossing.reported_at.is_none() && cooled && may_try(crossing)
        });
        if let Some((level, ..)) = low {
            return Some(DueAlert { kind: AlertKind::Low, level: *level });
        }
        let last = crossed.iter().filter_map(|(_, threshold, _)| threshold.notified_at).max()?;
        let is_due = policy.remind.is_some_and(|remind| has_passed(last, remind, now));
        let due = DueAlert { kind: AlertKind::Reminder, level: *lowest };
        (is_due && deepest.reported_at.is_some() && may_try(deepest)).then_some(due)
    }

    /// Notes that it is tried to send a notice.
    pub fn try_once(&mut self, due: DueAlert, levels: &[(String, bool)], now: Timestamp) {
        if due.kind == AlertKind::Recovered {
            if let Some(recovery) = &mut self.recovery {
                recovery.tries += 1;
            }
        } else if let Some(crossing) = self.crossing_mut(due, levels) {
            // A round of tries that was given up begins anew with a reminder.
            let tries = if crossing.tries < MOST_TRIES { crossing.tries } else { 0 };
            crossing.tries = tries + 1;
            crossing.tried_at = Some(now);
        }
    }

    /// Notes that a notice has arrived: it speaks for every threshold that the balance is below.
    pub fn delivered(&mut self, due: DueAlert, now: Timestamp) {
        if due.kind == AlertKind::Recovered {
            self.recovery = None;
            return;
        }
        for threshold in self.thresholds.values_mut() {
            if let Some(crossing) = &mut threshold.crossing {
                crossing.reported_at.get_or_insert(now);
                crossing.tries = 0;
                threshold.notified_at = Some(now);
            }
        }
    }

    /// How often it was tried to send this notice.
    pub fn tries(&self, due: DueAlert, levels: &[(String, bool)]) -> u32 {
        if due.kind == AlertKind::Recovered {
            return self.recovery.as_ref().map_or(0, |recovery| recovery.tries);
        }
        let (key, _) = &levels[due.level];
        let threshold = self.thresholds.get(key);
        threshold.and_then(|known| known.crossing.as_ref()).map_or(0, |crossing| crossing.tries)
    }

    /// Since when the balance is low: that of the highest threshold.
    pub fn below_since(&self) -> Option<Timestamp> {
        self.crossings().map(|crossing| crossing.since).min()
    }

    /// Whether each fall was reported; none where there is nothing to report.
    pub fn is_reported(&self) -> Option<bool> {
        let mut crossings = self.crossings().peekable();
        crossings.peek()?;
        Some(crossings.all(|crossing| crossing.reported_at.is_some()))
    }

    fn crossings(&self) -> impl Iterator<Item = &Crossing> {
        self.thresholds.values().filter_map(|threshold| threshold.crossing.as_ref())
    }

    fn crossing_mut(&mut self, due: DueAlert, levels: &[(String, bool)]) -> Option<&mut Crossing> {
        let (key, _) = levels.get(due.level)?;
        self.thresholds.get_mut(key)?.crossing.as_mut()
    }
}

/// Whether so much time has passed since then. A clock that was set back begins it anew.
fn has_passed(since: Timestamp, wait: Duration, now: Timestamp) -> bool {
    let wait = SignedDuration::try_from(wait).unwrap_or(SignedDuration::MAX);
    let passed = now.duration_since(since);
    passed >= wait || passed < -wait
}

#[cfg(test)]
#[path = "alert_state_tests.rs"]
mod tests;
