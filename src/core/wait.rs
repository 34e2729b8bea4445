//! Waiting for something, with an end. The interval and the longest wait are a value; the clock is
//! one that tests can turn.

use super::clock::Clock;
use super::signals::Signal;
use std::sync::OnceLock;
use std::time::Duration;

/// So long nothing is shown of a wait.
pub const SILENT: Duration = Duration::from_secs(2);

/// Shows what a long wait is for. A process has one terminal, and SQLite waits in a plain function
/// that nothing can be handed to.
static SHOW: OnceLock<fn(&str)> = OnceLock::new();

/// From now on a long wait is shown by this: a person watches.
pub fn show_long_waits(show: fn(&str)) {
    let _ = SHOW.set(show);
}

/// Shows what a long wait is for, where a person watches.
pub fn note_long_wait(what: &str) {
    if let Some(show) = SHOW.get() {
        show(what);
    }
}

/// What shows a wait for another process once it has taken longer than a moment, one time.
pub struct ShownWait<'c> {
    silent: Deadline<'c>,
    is_shown: bool,
}

impl<'c> ShownWait<'c> {
    /// For a wait that begins now.
    pub fn begin(clock: &'c dyn Clock) -> Self {
        Self { silent: Deadline::after(SILENT, clock), is_shown: false }
    }

    /// It goes on: a person who watches is shown what it is for, once, when it has taken long.
    pub fn goes_on(&mut self, what: impl FnOnce() -> String) {
        if !self.is_shown && self.silent.left().is_zero() {
            self.is_shown = true;
            self.silent.clock.note_wait(&what());
        }
    }
}

/// How long something is waited for, and the time between two checks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WaitPolicy {
    /// From the first check to the last.
    pub longest: Duration,
    /// Between two checks.
    pub pause: Duration,
}

/// Why a wait ended without what was waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WaitEnd {
    /// The time was over.
    Late,
    /// A signal came first.
    Stopped(Signal),
}

/// The moment until which something is waited for, by one clock.
#[derive(Clone, Copy)]
pub struct Deadline<'c> {
    clock: &'c dyn Clock,
    end: Duration,
}

impl<'c> Deadline<'c> {
    /// So long from now on.
    pub fn after(longest: Duration, clock: &'c dyn Clock) -> Self {
        Self { clock, end: clock.monotonic().saturating_add(longest) }
    }

    /// What is left of it.
    pub fn left(&self) -> Duration {
        self.end.saturating_sub(self.clock.monotonic())
    }

    /// Waits this long, and never past the end: the check after the last pause is at the end
    /// itself.
    ///
    /// # Errors
    /// The time was over before, or a signal came.
    pub fn pause(&self, time: Duration) -> Result<(), WaitEnd> {
        let left = self.left();
        if left.is_zero() {
            return Err(WaitEnd::Late);
        }
        self.clock.wait(time.min(left)).map_err(WaitEnd::Stopped)
    }
}

impl WaitPolicy {
    /// At most this long, with this pause between two checks.
    pub const fn new(longest: Duration, pause: Duration) -> Self {
        Self { longest, pause }
    }

    /// Checks until there is a result: at once, then after each pause, and once more at the end.
    ///
    /// # Errors
    /// That of a check, and what the caller makes of a wait that ended.
    pub fn until<T, E: From<WaitEnd>>(
        self,
        clock: &dyn Clock,
        mut check: impl FnMut() -> Result<Option<T>, E>,
    ) -> Result<T, E> {
        let deadline = Deadline::after(self.longest, clock);
        loop {
            if let Some(found) = check()? {
                return Ok(found);
            }
            deadline.pause(self.pause)?;
        }
    }

    /// The same for another process: where it takes longer than a moment, a person who watches is
    /// shown what is waited for, once.
    ///
    /// # Errors
    /// As [`WaitPolicy::until`].
    pub fn until_free<T, E: From<WaitEnd>>(
        self,
        clock: &dyn Clock,
        what: impl Fn() -> String,
        mut check: impl FnMut() -> Result<Option<T>, E>,
    ) -> Result<T, E> {
        let mut shown = ShownWait::begin(clock);
        self.until(clock, || {
            let found = check()?;
            if found.is_none() && self.longest > SILENT {
                shown.goes_on(&what);
            }
            Ok(found)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::clock::TurnedClock;
    use jiff::Timestamp;

    const SECOND: Duration = Duration::from_secs(1);

    #[derive(Debug, PartialEq)]
    struct WaitFailed;

    impl From<WaitEnd> for WaitFailed {
        fn from(_: WaitEnd) -> Self {
            unreachable!("the check failed before")
        }
    }

    fn checks(policy: WaitPolicy, clock: &TurnedClock) -> (Vec<Duration>, WaitEnd) {
        let mut at = Vec::new();
        let ended = policy.until::<(), WaitEnd>(clock, || {
            at.push(clock.passed());
            Ok(None)
        });
        (at, ended.expect_err("never found"))
    }

    #[test]
    fn the_first_look_is_at_once_and_the_last_at_the_end() {
        let clock = TurnedClock::new(Timestamp::UNIX_EPOCH);
        let policy = WaitPolicy::new(SECOND * 7, SECOND * 3);
        let (at, ended) = checks(policy, &clock);
        assert_eq!(at, [0, 3, 6, 7].map(Duration::from_secs));
        assert_eq!(ended, WaitEnd::Late);
        let clock = TurnedClock::new(Timestamp::UNIX_EPOCH);
        let (at, _) = checks(WaitPolicy::new(Duration::ZERO, SECOND), &clock);
        assert_eq!(at, [Duration::ZERO], "no time at all is one check");
    }

    #[test]
    fn a_long_wait_for_another_process_is_shown_once_and_a_short_one_is_not() {
        let noted = |policy: WaitPolicy, free_at: Duration| {
            let clock = TurnedClock::new(Timestamp::UNIX_EPOCH);
            let check = || Ok((clock.passed() >= free_at).then_some(()));
            let _ = policy.until_free::<(), WaitEnd>(&clock, || "it".to_owned(), check);
            clock.noted()
        };
        let minute = WaitPolicy::new(SECOND * 60, SECOND);
        assert_eq!(noted(minute, SECOND * 60), [(SILENT, "it".to_owned())]);
        assert_eq!(noted(minute, SECOND), []);
        assert_eq!(noted(WaitPolicy::new(SILENT, SECOND), SECOND * 60), [], "it ends then");
    }

    #[test]
    fn a_signal_and_a_failed_look_end_it() {
        let clock = TurnedClock::new(Timestamp::UNIX_EPOCH);
        clock.interrupt_after(SECOND * 4, Signal::Interrupt);
        let (at, ended) = checks(WaitPolicy::new(SECOND * 60, SECOND * 3), &clock);
        assert_eq!((at.len(), ended), (2, WaitEnd::Stopped(Signal::Interrupt)));
        let policy = WaitPolicy::new(SECOND, SECOND);
        assert_eq!(policy.until::<(), _>(&clock, || Err(WaitFailed)), Err(WaitFailed));
        assert_eq!(policy.until::<_, WaitFailed>(&clock, || Ok(Some(7))), Ok(7));
    }
}
