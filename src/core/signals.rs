//! Signals as values: a wait can be stopped, and reports which signal stopped it.
//!
//! Handlers are installed by the commands that have something to say when they are interrupted;
//! all others die of the signal as any Unix tool does.

use crate::core::class::Class;
use crate::core::failure::{Failure, Result};
use std::fs::File;
use std::io::Read as _;
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

/// How often a wait checks for a signal. An answer still ends the wait at once.
const CHECK: Duration = Duration::from_millis(25);

/// Whether, and by which signal, this process was asked to stop.
#[derive(Clone, Debug, Default)]
pub struct Interrupt {
    signal: Arc<AtomicUsize>,
    installed: Arc<AtomicBool>,
    /// Has something to read as soon as a signal came.
    wake: Arc<OnceLock<UnixStream>>,
}

/// Why a guarded piece of work has no result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stopped {
    /// A signal came first.
    Signal(Signal),
    /// The deadline came first.
    Deadline,
}

/// The signals that ask a process to stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// From the keyboard.
    Interrupt,
    /// From another process, or because the terminal went away.
    Terminate,
}

impl Signal {
    /// The signal that a class stands for, if it stands for one.
    pub fn from_class(class: Class) -> Option<Self> {
        match class {
            Class::Interrupted => Some(Self::Interrupt),
            Class::Terminated => Some(Self::Terminate),
            _ => None,
        }
    }

    /// The class this signal ends a command with.
    pub fn class(self) -> Class {
        match self {
            Self::Interrupt => Class::Interrupted,
            Self::Terminate => Class::Terminated,
        }
    }
}

/// What a process that supervises another one receives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// Something about a child has changed.
    Child,
    /// A signal came.
    Signal {
        /// Its number.
        number: i32,
        /// Another process sent it to this one alone: the terminal sends to the child as well.
        to_pass_on: bool,
    },
}

/// The system has no room for the handlers.
fn uncaught(cause: std::io::Error) -> Failure {
    Failure::config(format!("signals cannot be caught: {cause}"))
        .because(anyhow::Error::new(cause))
        .hint("Raise the limit of open files (ulimit -n), then run the command again.")
}

/// From now on signals end nothing: they are reported, to be passed on to a child. What was ignored
/// from the start, as under `nohup`, stays ignored, for the child as well.
///
/// # Errors
/// Class `config` when the system refuses the handlers: the limit of open files is low.
pub fn watch() -> Result<Receiver<Event>> {
    use signal_hook::consts::{SIGCHLD, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2};
    use signal_hook::iterator::SignalsInfo;
    use signal_hook::iterator::exfiltrator::origin::WithOrigin;
    let ignored = ignored();
    let passed_on = [SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2];
    let caught = passed_on.into_iter().filter(|number| ignored >> (number - 1) & 1 == 0);
    let caught = caught.chain([SIGCHLD]);
    let mut signals = SignalsInfo::<WithOrigin>::new(caught).map_err(uncaught)?;
    let (send, receive) = mpsc::channel();
    thread::spawn(move || {
        for origin in signals.forever() {
            let event = match origin.signal {
                SIGCHLD => Event::Child,
                number => Event::Signal { number, to_pass_on: origin.process.is_some() },
            };
            if send.send(event).is_err() {
                break;
            }
        }
    });
    Ok(receive)
}

/// The signals that this process ignores, one bit each from the lowest; none where the system does
/// not say.
fn ignored() -> u64 {
    // The system states no length for it: with room for all of it, it is read at once.
    let mut status = String::with_capacity(4096);
    let read = |mut file: File| file.read_to_string(&mut status);
    if File::open("/proc/self/status").and_then(read).is_err() {
        return 0;
    }
    let line = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    line.and_then(|digits| u64::from_str_radix(digits.trim(), 16).ok()).unwrap_or(0)
}

/// The class that a signal ends a command with.
pub fn class_of(number: i32) -> Class {
    if number == signal_hook::consts::SIGINT { Class::Interrupted } else { Class::Terminated }
}

/// Ends this process by the signal that ended another one, so that the parent sees the same status.
/// Returns where that is not possible. The other process has written its core dump, where one is
/// wanted: this one writes none.
pub fn end_by(number: i32) {
    use rustix::process::{Resource, Rlimit, setrlimit};
    let _ = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) });
    let _ = signal_hook::low_level::emulate_default_handler(number);
}

impl Interrupt {
    /// Catches SIGINT, SIGTERM and SIGHUP from now on. A second signal ends the process at once.
    /// Asking again changes nothing. A SIGHUP that was ignored from the start, as under `nohup`,
    /// stays so.
    ///
    /// # Errors
    /// Class `config` when the system refuses the handlers: the limit of open files is low.
    pub fn install(&self) -> Result<()> {
        use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
        if self.installed.swap(true, Ordering::SeqCst) {
            return Ok(());
        }
        let stays = |signal| signal == SIGHUP && ignored() >> (signal - 1) & 1 == 1;
        let caught = [(SIGINT, 130), (SIGTERM, 143), (SIGHUP, 143)];
        let caught = caught.into_iter().filter(|(signal, _)| !stays(*signal));
        // Without it a long wait only checks more often.
        let pair = UnixStream::pair().ok();
        for (signal, code) in caught {
            let armed = Arc::new(AtomicBool::new(false));
            // Order matters: the shutdown reads `armed` before the next handler arms it.
            signal_hook::flag::register_conditional_shutdown(signal, code, Arc::clone(&armed))
                .map_err(uncaught)?;
            signal_hook::flag::register(signal, armed).map_err(uncaught)?;
            let seen = Arc::clone(&self.signal);
            signal_hook::flag::register_usize(signal, seen, code.unsigned_abs() as usize)
                .map_err(uncaught)?;
            // Last of all: a wait that it wakes must already see which signal came.
            if let Some((_, end)) = &pair {
                let end = end.try_clone().map_err(uncaught)?;
                signal_hook::low_level::pipe::register(signal, end).map_err(uncaught)?;
            }
        }
        if let Some((wake, _)) = pair {
            let _ = self.wake.set(wake);
        }
        Ok(())
    }

    /// What a handler does, for tests: a real signal would end the other tests too.
    #[cfg(test)]
    pub fn came(&self, signal: Signal) {
        self.signal.store(usize::from(signal.class().code()), Ordering::SeqCst);
    }

    /// The signal that came, if one did.
    pub fn seen(&self) -> Option<Signal> {
        match self.signal.load(Ordering::SeqCst) {
            0 => None,
            130 => Some(Signal::Interrupt),
            _ => Some(Signal::Terminate),
        }
    }

    /// Waits, unless a signal comes first. By the monotonic clock, so that a clock that is set
    /// moves nothing, and without running in between once the handlers are there.
    pub fn sleep(&self, wait: Duration) -> Result<(), Stopped> {
        use rustix::event::{PollFd, PollFlags, Timespec, poll};
        let end = Instant::now() + wait;
        loop {
            if let Some(signal) = self.seen() {
                return Err(Stopped::Signal(signal));
            }
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(());
            }
            match self.wake.get() {
                // One that is interrupted begins anew with what is left.
                Some(wake) => {
                    let mut polled = [PollFd::new(wake, PollFlags::IN)];
                    let _ = poll(&mut polled, Timespec::try_from(left).ok().as_ref());
                }
                None => thread::sleep(left.min(CHECK)),
            }
        }
    }

    /// Runs `work` on a thread of its own and waits for it, for a signal, or for the deadline,
    /// whichever comes first. Work that lost the race is left alone until the process ends.
    pub fn guard<T: Send + 'static>(
        &self,
        deadline: Option<Duration>,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Stopped> {
        let (send, receive) = mpsc::sync_channel(1);
        thread::spawn(move || {
            // There is no receiver any more when the race was lost.
            let _ = send.send(work());
        });
        let end = deadline.map(|wait| Instant::now() + wait);
        loop {
            if let Some(signal) = self.seen() {
                return Err(Stopped::Signal(signal));
            }
            let wait =
                end.map_or(CHECK, |end| CHECK.min(end.saturating_duration_since(Instant::now())));
            match receive.recv_timeout(wait) {
                Ok(result) => return Ok(result),
                Err(RecvTimeoutError::Disconnected) => {
                    unreachable!("a panic of the work ends the process")
                }
                Err(RecvTimeoutError::Timeout) => {}
            }
            if end.is_some_and(|end| Instant::now() >= end) {
                return Err(Stopped::Deadline);
            }
        }
    }
}
