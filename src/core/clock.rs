//! Time as a use case sees it: the wall clock, the monotonic one, and waiting. A test turns it.

use super::signals::{Interrupt, Signal, Stopped};
use super::wait::note_long_wait;
use jiff::Timestamp;
use std::time::Duration;

#[cfg(test)]
mod turned;
#[cfg(test)]
pub use turned::TurnedClock;

/// The clocks of a machine, and waiting by them.
pub trait Clock {
    /// The wall clock: what people and servers call the time. It may jump.
    fn now(&self) -> Timestamp;

    /// Time since some fixed moment of this boot. It never jumps, and goes on while the machine
    /// sleeps where the system has such a clock.
    fn monotonic(&self) -> Duration;

    /// Waits this long, unless a signal comes first.
    ///
    /// # Errors
    /// The signal.
    fn wait(&self, time: Duration) -> Result<(), Signal>;

    /// Something was waited for a while and goes on being waited for: a person who watches is shown
    /// what it is.
    fn note_wait(&self, _what: &str) {}
}

/// The clocks as they are.
pub struct SystemClock {
    interrupt: Interrupt,
}

impl SystemClock {
    /// The clocks of this machine; a wait ends when this is interrupted.
    pub fn new(interrupt: Interrupt) -> Self {
        Self { interrupt }
    }
}

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        now()
    }

    fn monotonic(&self) -> Duration {
        monotonic()
    }

    fn wait(&self, time: Duration) -> Result<(), Signal> {
        match self.interrupt.sleep(time) {
            Err(Stopped::Signal(signal)) => Err(signal),
            _ => Ok(()),
        }
    }

    fn note_wait(&self, what: &str) {
        note_long_wait(what);
    }
}

/// The wall clock of this machine, for what no clock is handed to.
pub fn now() -> Timestamp {
    Timestamp::now()
}

/// The monotonic clock of this machine.
pub fn monotonic() -> Duration {
    #[cfg(target_os = "linux")]
    let clock = rustix::time::ClockId::Boottime;
    #[cfg(not(target_os = "linux"))]
    let clock = rustix::time::ClockId::Monotonic;
    read(clock)
}

/// Time that this machine was awake since some fixed moment of this boot: for a wait for another
/// process of it, which sleeps when the machine does.
pub fn awake() -> Duration {
    read(rustix::time::ClockId::Monotonic)
}

fn read(clock: rustix::time::ClockId) -> Duration {
    let time = rustix::time::clock_gettime(clock);
    let seconds = u64::try_from(time.tv_sec).unwrap_or_default();
    let nanos = u32::try_from(time.tv_nsec).unwrap_or_default();
    Duration::new(seconds, nanos)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_turned_clock_moves_by_waiting_alone_and_stops_at_a_signal() {
        let clock = TurnedClock::new(Timestamp::UNIX_EPOCH);
        clock.wait(Duration::from_secs(90)).expect("no signal");
        assert_eq!(clock.now().to_string(), "1970-01-01T00:01:30Z");
        clock.interrupt_after(Duration::from_secs(100), Signal::Interrupt);
        assert_eq!(clock.wait(Duration::from_secs(30)), Err(Signal::Interrupt));
        assert_eq!(clock.monotonic(), Duration::from_secs(100));
    }
}
