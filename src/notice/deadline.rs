//! How long a notice may take: all of it, and each part.

use crate::core::clock::Clock;
use crate::core::signals::{Interrupt, Stopped};
use crate::core::wait::Deadline;
use std::time::Duration;

/// How long a command waits for its notice.
pub const LIMITS: NoticeLimits = NoticeLimits {
    all: Duration::from_secs(25),
    setting_up: Duration::from_secs(15),
    one: Duration::from_secs(10),
};

/// The longest that a notice takes.
#[derive(Clone, Copy)]
pub struct NoticeLimits {
    /// All of it together.
    pub all: Duration,
    /// A connection to the mail server that is ready to take a mail.
    pub setting_up: Duration,
    /// One mail, or the webhook: what one of them may take away from the others.
    pub one: Duration,
}

/// The time that is left for all of it.
pub struct NoticeClock<'a> {
    pub interrupt: &'a Interrupt,
    pub limits: NoticeLimits,
    pub deadline: Deadline<'a>,
}

impl<'a> NoticeClock<'a> {
    /// Begins now.
    pub fn new(limits: NoticeLimits, interrupt: &'a Interrupt, clock: &'a dyn Clock) -> Self {
        Self { interrupt, limits, deadline: Deadline::after(limits.all, clock) }
    }

    /// What is left of it.
    pub fn left(&self) -> Duration {
        self.deadline.left()
    }

    /// Waits for the work, but not longer than this, than there is time, or than a signal allows.
    pub fn run<T: Send + 'static>(
        &self,
        limit: Duration,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Stopped> {
        self.interrupt.guard(Some(limit.min(self.left())), work)
    }
}
