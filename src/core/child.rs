//! Programs that this one runs and waits for, with an end: a program that takes too long, or that a
//! signal came for, is ended, and nothing of it goes on unseen.

use super::clock::{Clock, SystemClock};
use super::process;
use super::signals::{Event, Interrupt, Signal};
use super::wait::{Deadline, WaitEnd, WaitPolicy};
use rustix::process::{Pid, Signal as Number, kill_process, kill_process_group};
use std::io::{self, Read, Write};
use std::os::unix::process::CommandExt;
use std::process::{Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, TryRecvError};
use std::thread;
use std::time::Duration;

/// Between two checks whether a program has ended.
const PAUSE: Duration = Duration::from_millis(5);
/// How long a program has to end after a signal that was passed on.
const GRACE: Duration = Duration::from_secs(2);

/// A program that was started.
#[derive(Debug)]
pub struct Child {
    process: std::process::Child,
    /// It has a process group of its own.
    leads: bool,
}

/// Why a program that was waited for has no status yet.
#[derive(Debug)]
pub enum NoStatus {
    /// The time was over, or a signal came first.
    Ended(WaitEnd),
    /// The system does not say what became of it.
    Lost(io::Error),
}

impl From<WaitEnd> for NoStatus {
    fn from(ended: WaitEnd) -> Self {
        Self::Ended(ended)
    }
}

impl Child {
    /// Starts it beside this program: it may read from the terminal, and gets the signals of the
    /// terminal itself.
    ///
    /// # Errors
    /// It cannot be started.
    pub fn start(command: &mut Command) -> io::Result<Self> {
        process::start(command).map(|process| Self { process, leads: false })
    }

    /// Starts it in a process group of its own: a signal from the terminal reaches it only by
    /// [`Child::end`], and then all that it has started.
    ///
    /// # Errors
    /// It cannot be started.
    pub fn start_group(command: &mut Command) -> io::Result<Self> {
        process::start(command.process_group(0)).map(|process| Self { process, leads: true })
    }

    /// Waits for its end, at most this long. It goes on where that is over.
    ///
    /// # Errors
    /// It has not ended.
    pub fn wait(&mut self, longest: Duration, clock: &dyn Clock) -> Result<ExitStatus, NoStatus> {
        WaitPolicy::new(longest, PAUSE)
            .until(clock, || self.process.try_wait().map_err(NoStatus::Lost))
    }

    /// Waits for its end, at most this long, and passes on the signals that are meant for it; none
    /// where it goes on. Its end wakes this, so that a wait of days costs nothing.
    ///
    /// # Errors
    /// The system does not say what became of it.
    pub fn wait_with(
        &mut self,
        events: &Receiver<Event>,
        longest: Duration,
        clock: &dyn Clock,
    ) -> io::Result<Option<ExitStatus>> {
        let deadline = Deadline::after(longest, clock);
        loop {
            if let Some(status) = self.process.try_wait()? {
                return Ok(Some(status));
            }
            match events.recv_timeout(deadline.left()) {
                Ok(Event::Signal { number, to_pass_on: true }) => {
                    if let Some(number) = Number::from_named_raw(number) {
                        self.send(number);
                    }
                }
                Ok(Event::Signal { to_pass_on: false, .. } | Event::Child) => {}
                Err(RecvTimeoutError::Timeout) => return Ok(None),
                Err(RecvTimeoutError::Disconnected) => return self.process.wait().map(Some),
            }
        }
    }

    /// Passes a signal on, to its whole group where it has one; what does not end by it is killed.
    pub fn end(&mut self, signal: Signal) {
        let number = match signal {
            Signal::Interrupt => Number::INT,
            Signal::Terminate => Number::TERM,
        };
        self.send(number);
        // A signal that came already must not cut this short.
        let clock = SystemClock::new(Interrupt::default());
        if self.wait(GRACE, &clock).is_err() {
            self.send(Number::KILL);
            let _ = self.process.wait();
        }
    }

    /// Not yet waited for, so the number is still the program's own.
    fn send(&self, number: Number) {
        let Some(id) = i32::try_from(self.process.id()).ok().and_then(Pid::from_raw) else {
            return;
        };
        let _ = if self.leads { kill_process_group(id, number) } else { kill_process(id, number) };
    }
}

/// What a program may take that is given something and answers.
#[derive(Clone, Copy, Debug)]
pub struct ChildLimits {
    /// From its start until its output is closed.
    pub longest: Duration,
    /// Bytes of its output.
    pub largest: u64,
}

/// Why a program has not answered.
#[derive(Debug)]
pub enum NoAnswer {
    /// It cannot be started.
    NotStarted(io::Error),
    /// It did not end in time.
    Late,
    /// It ended, and something that it had started held its output open.
    HeldOpen,
    /// It wrote more than the limit.
    TooLarge,
    /// A signal came first.
    Stopped(Signal),
    /// The system does not say what became of it, or its output cannot be read.
    Lost(io::Error),
}

/// Runs it with this on standard input, and gives its status and what it wrote on standard output.
/// Whatever ends the wait before it ends the program.
///
/// # Errors
/// Why there is no answer.
pub fn ask(
    command: &mut Command,
    input: &[u8],
    limits: ChildLimits,
    clock: &dyn Clock,
) -> Result<(ExitStatus, Vec<u8>), NoAnswer> {
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let deadline = Deadline::after(limits.longest, clock);
    let mut child = Child::start(command).map_err(NoAnswer::NotStarted)?;
    let (stdin, stdout) = (child.process.stdin.take(), child.process.stdout.take());
    let input = input.to_vec();
    // Fed and read at the side, so that neither a full pipe nor a silent program stops the clock
    // here. A program that does not read what it is given is no failure of this one.
    thread::spawn(move || stdin.map(|mut stdin| stdin.write_all(&input)));
    let (send, output) = mpsc::channel();
    thread::spawn(move || {
        let mut bytes = Vec::new();
        let largest = limits.largest.saturating_add(1);
        let read = stdout.map(|out| out.take(largest).read_to_end(&mut bytes)).transpose();
        let _ = send.send(read.map(|_| bytes));
    });
    let status = child.wait(deadline.left(), clock).map_err(|why| match why {
        NoStatus::Ended(WaitEnd::Late) => {
            child.end(Signal::Terminate);
            NoAnswer::Late
        }
        NoStatus::Ended(WaitEnd::Stopped(signal)) => {
            child.end(signal);
            NoAnswer::Stopped(signal)
        }
        NoStatus::Lost(cause) => NoAnswer::Lost(cause),
    })?;
    let output =
        WaitPolicy::new(deadline.left(), PAUSE).until(clock, || match output.try_recv() {
            Ok(read) => read.map(Some).map_err(NoAnswer::Lost),
            Err(TryRecvError::Empty) => Ok(None),
            Err(TryRecvError::Disconnected) => {
                Err(NoAnswer::Lost(io::ErrorKind::BrokenPipe.into()))
            }
        })?;
    if output.len() as u64 > limits.largest {
        return Err(NoAnswer::TooLarge);
    }
    Ok((status, output))
}

/// Of the wait for its output, which begins when the program has ended.
impl From<WaitEnd> for NoAnswer {
    fn from(ended: WaitEnd) -> Self {
        match ended {
            WaitEnd::Late => Self::HeldOpen,
            WaitEnd::Stopped(signal) => Self::Stopped(signal),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::clock::TurnedClock;
    use jiff::Timestamp;

    const LIMITS: ChildLimits = ChildLimits { longest: Duration::from_secs(20), largest: 1024 };

    fn shell(script: &str) -> Command {
        let mut command = Command::new("/bin/sh");
        command.args(["-c", script]).stderr(Stdio::null());
        command
    }

    fn clock() -> SystemClock {
        SystemClock::new(Interrupt::default())
    }

    #[test]
    fn a_program_gets_its_input_and_its_answer_is_bounded() {
        let (status, output) =
            ask(&mut shell("cat; exit 3"), b"given", LIMITS, &clock()).expect("an answer");
        assert_eq!((status.code(), output), (Some(3), b"given".to_vec()));
        let large = ask(&mut shell("head -c 2000 /dev/zero"), b"", LIMITS, &clock());
        assert!(matches!(large, Err(NoAnswer::TooLarge)), "{large:?}");
        let none = ask(&mut Command::new("/no/such/program"), b"", LIMITS, &clock());
        assert!(matches!(none, Err(NoAnswer::NotStarted(_))), "{none:?}");
        // Far more than a pipe holds, to a program that reads nothing.
        let unread = ask(&mut shell("exit 0"), &vec![b'x'; 1 << 20], LIMITS, &clock());
        assert!(unread.expect("an answer").0.success());
    }

    #[test]
    fn signals_that_are_meant_for_a_program_reach_it_while_it_is_waited_for() {
        let (send, events) = mpsc::channel();
        let mut child = Child::start(&mut shell("exec sleep 600")).expect("started");
        assert_eq!(child.wait_with(&events, Duration::ZERO, &clock()).expect("looked"), None);
        // From the terminal: the program has it already.
        send.send(Event::Signal { number: 15, to_pass_on: false }).expect("sent");
        send.send(Event::Child).expect("sent");
        assert_eq!(child.wait_with(&events, Duration::ZERO, &clock()).expect("looked"), None);
        send.send(Event::Signal { number: 15, to_pass_on: true }).expect("sent");
        drop(send);
        let status = child.wait_with(&events, Duration::from_secs(60), &clock()).expect("a status");
        assert_eq!(
            std::os::unix::process::ExitStatusExt::signal(&status.expect("ended")),
            Some(15)
        );
    }

    #[test]
    fn a_program_that_hangs_is_ended_with_what_it_started() {
        // The turned clock jumps over the time that the programs would take.
        let turned = || TurnedClock::new(Timestamp::UNIX_EPOCH);
        let late = ask(&mut shell("exec sleep 600"), b"", LIMITS, &turned());
        assert!(matches!(late, Err(NoAnswer::Late)), "{late:?}");
        let stopped = turned();
        stopped.interrupt_after(Duration::from_secs(1), Signal::Interrupt);
        let mut child = Child::start_group(&mut shell("sleep 600 & sleep 600")).expect("started");
        let why = child.wait(Duration::from_secs(60), &stopped).expect_err("it hangs");
        assert!(matches!(why, NoStatus::Ended(WaitEnd::Stopped(Signal::Interrupt))), "{why:?}");
        child.end(Signal::Terminate);
        assert!(child.process.try_wait().expect("a status").is_some(), "it is waited for");
    }
}
