//! The clock of a test: it stands still until the test turns it or something waits by it.

use super::Clock;
use crate::core::signals::Signal;
use jiff::Timestamp;
use std::sync::Mutex;
use std::time::Duration;

/// A clock that stands still until somebody waits or turns it.
pub struct TurnedClock {
    start: Timestamp,
    passed: Mutex<Duration>,
    interrupted: Mutex<Option<(Duration, Signal)>>,
    noted: Mutex<Vec<(Duration, String)>>,
}

impl TurnedClock {
    /// A clock that stands at this moment.
    pub fn new(start: Timestamp) -> Self {
        Self {
            start,
            passed: Mutex::new(Duration::ZERO),
            interrupted: Mutex::new(None),
            noted: Mutex::new(Vec::new()),
        }
    }

    /// Turns it on by this much.
    pub fn turn(&self, time: Duration) {
        *self.lock() += time;
    }

    /// How far it was turned, waits included.
    pub fn passed(&self) -> Duration {
        *self.lock()
    }

    /// A signal comes once this much has passed.
    pub fn interrupt_after(&self, time: Duration, signal: Signal) {
        *self.interrupted.lock().unwrap_or_else(std::sync::PoisonError::into_inner) =
            Some((time, signal));
    }

    /// What was noted of waits, and when.
    pub fn noted(&self) -> Vec<(Duration, String)> {
        self.noted.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clone()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Duration> {
        self.passed.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

impl Clock for TurnedClock {
    fn now(&self) -> Timestamp {
        self.start + self.passed()
    }

    fn monotonic(&self) -> Duration {
        self.passed()
    }

    fn wait(&self, time: Duration) -> Result<(), Signal> {
        let mut passed = self.lock();
        let end = *passed + time;
        let interrupted =
            *self.interrupted.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some((at, signal)) = interrupted
            && at <= end
        {
            *passed = (*passed).max(at);
            return Err(signal);
        }
        *passed = end;
        Ok(())
    }

    fn note_wait(&self, what: &str) {
        let noted = (self.passed(), what.to_owned());
        self.noted.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push(noted);
    }
}
