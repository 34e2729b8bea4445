//! `topup ledger run -- COMMAND`: check the budget, run the command, record what it cost.
//!
//! The command gets the streams of this process, its signals and its place; its exit code is the
//! exit code. What it cost is recorded even when this process is killed: the run stands in the
//! ledger before the command starts, and the next `topup ledger` finds it there.

use super::check::refused;
use super::{Filed, Whose, in_currency};
use crate::cli::invocation::Invocation;
use crate::core::class::Class;
use crate::core::env;
use crate::core::failure::{Failure, Result};
use crate::core::money::Money;
use crate::core::process;
use crate::core::signals::{self, Event};
use crate::ledger::Ledger as Book;
use crate::ledger::input::check_base_price;
use crate::ledger::price::BasePrice;
use crate::ledger::runs::{Cost, LowNumber, Watched};
use crate::ledger::service::{Begun, Recorded, Used};
use crate::ledger::values::{Hold, Transaction, two_places};
use crate::output::page::Page;
use crate::output::{Answer, Form, Show};
use clap::Args;
use rustix::process::{Pid, Signal, kill_process};
use schemars::JsonSchema;
use serde::Serialize;
use std::ffi::{OsStr, OsString};
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, TryRecvError};
use std::time::{Duration, Instant};
use uuid::Uuid;

/// How often a watcher says that it is alive.
const HEARTBEAT: Duration = Duration::from_secs(60);
/// A command that ends sooner than this finds the ledger still connected.
const SOON: Duration = Duration::from_secs(5);

/// What its help page ends with.
const EXAMPLES: &str = "\
Examples:
  topup ledger init --mandate acme --model prepay-mandate
  topup ledger credit 20
  topup ledger run --estimate 0.40 --for-provider openai -- true
  topup ledger run --estimate 0.40 --for-provider openai --user anna --strict -- true

Exit code: that of the command; 30 when the budget does not hold and 14 when the provider is denied,
and the command is not started then.";

/// The arguments of `topup ledger run`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Run {
    /// Estimated price, before the markup; recorded when the command reports none
    #[arg(long, value_name = "BASE-PRICE", value_parser = check_base_price, allow_negative_numbers = true)]
    estimate: BasePrice,
    #[command(flatten)]
    filed: Filed,
    /// Hold the estimate back while it runs, so that runs side by side never overdraw the account
    #[arg(long)]
    strict: bool,
    /// Command to run, and its arguments; it may write its cost into $TOPUP_COST_FILE
    #[arg(value_name = "COMMAND", required = true, last = true)]
    command: Vec<OsString>,
}

/// What came of it; `data` of `ledger run`.
#[derive(Serialize, JsonSchema)]
pub struct Ran {
    /// The exit code of the command, and of this program; null where a signal ended it.
    command_exit_code: Option<i32>,
    /// The signal that ended the command.
    command_signal: Option<i32>,
    /// Whether the command said what it cost, or the estimate was taken.
    cost_source: CostSource,
    /// What it cost, before the markup.
    base_price: BasePrice,
    /// A transaction stands in the book for it.
    recorded: bool,
    /// The transaction; null where it costs nothing or could not be recorded yet.
    transaction: Option<Transaction>,
    /// What is on the account now, where it could be recorded.
    balance: Option<Money>,
    /// The currency, where it could be recorded.
    currency: Option<String>,
}

/// Where a cost comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum CostSource {
    /// The command said it.
    Reported,
    /// The estimate.
    Estimate,
}

impl Run {
    /// Does it.
    ///
    /// # Errors
    /// Class `insufficient_balance` when the budget does not hold, `role_required` for a denied
    /// provider, `usage` for a command that cannot be started; nothing was run then.
    pub fn run(self, invocation: &Invocation, whose: &Whose) -> Result<Answer> {
        let low = LowNumber::keep()?;
        let (mut ledger, mandate) = whose.open(invocation)?;
        let runs = invocation.setup.runs()?;
        let kept_in = runs.id()?;
        let watched = runs.watch(Uuid::new_v4(), &ledger.place())?;
        let used = Used {
            base_price: self.estimate.clone(),
            labels: self.filed.labels(whose.user()),
            description: self.filed.description.clone(),
            key: None,
        };
        let kept = (watched.id(), kept_in);
        let hold = match ledger.begin(&mandate.mandate, &used, self.strict, kept) {
            Ok(Begun::Running(hold)) => hold,
            Ok(Begun::Short(checked)) => {
                watched.done();
                return Err(refused(invocation, &mut ledger, &mandate, &checked));
            }
            Err(error) => {
                // It may be noted all the same; then the next start finds that it never started.
                if error.class() != Class::OutcomeUnknown {
                    watched.done();
                }
                return Err(error);
            }
        };
        // From here on a signal is the command's. One that ended this process before leaves a run
        // that never started, which the next start gives back.
        let mut watched = watched;
        let started = signals::watch().and_then(|events| {
            self.start(invocation, &mut watched, low, &events).map(|child| (child, events))
        });
        let (child, events) = match started {
            Ok(started) => started,
            Err(error) => {
                ledger.release(hold.id)?;
                watched.done();
                return Err(error);
            }
        };
        let status = wait(child, &events, &mut ledger, &hold)?;
        if !watched.has_started()? {
            ledger.release(hold.id)?;
            watched.done();
            return Err(self.not_started(status));
        }
        let (cost, recorded) = record(invocation, &mut ledger, &hold, watched);
        Ok(ended(invocation, status, &hold, &cost, recorded))
    }

    fn start(
        &self,
        invocation: &Invocation,
        watched: &mut Watched,
        low: LowNumber,
        events: &Receiver<Event>,
    ) -> Result<Child> {
        let (program, arguments) =
            self.command.split_first().ok_or_else(|| Failure::usage("a command is missing"))?;
        match events.try_recv() {
            Ok(Event::Signal { number, .. }) => return Err(interrupted(number)),
            Ok(Event::Child) | Err(TryRecvError::Empty | TryRecvError::Disconnected) => {}
        }
        let starter = watched.starter(low)?;
        let unstarted = |cause| cannot_be_started(program, cause);
        let mut command = starter.command(program, arguments).map_err(unstarted)?;
        command
            .env(env::COST_FILE, starter.cost_file)
            .env(env::COST_FD, starter.cost_number.to_string());
        if invocation.output.form != Form::Text {
            // Standard output carries the answer, and nothing else.
            command.stdout(Stdio::from(std::io::stderr()));
        }
        process::start(&mut command).map_err(unstarted)
    }

    /// Why the command was not started, by the end of the process that was to become it.
    fn not_started(&self, status: ExitStatus) -> Failure {
        match (status.signal(), self.command.first()) {
            (None, Some(program)) => {
                let number = status.code().unwrap_or_default();
                cannot_be_started(program, std::io::Error::from_raw_os_error(number))
            }
            (signal, _) => interrupted(signal.unwrap_or_default()),
        }
    }
}

fn interrupted(signal: i32) -> Failure {
    let message = "interrupted before the command was started; nothing was used";
    Failure::new(signals::class_of(signal), message)
}

fn cannot_be_started(program: &OsStr, cause: std::io::Error) -> Failure {
    let program = program.to_string_lossy();
    Failure::usage(format!("{program} cannot be started: {cause}; nothing was recorded"))
        .because(cause)
        .hint("Correct the command after '--'.")
}

/// Waits for the command, and passes on what is meant for it.
fn wait(
    mut child: Child,
    events: &Receiver<Event>,
    ledger: &mut Book,
    hold: &Hold,
) -> Result<ExitStatus> {
    let lost = |cause| Failure::internal("the command was lost sight of").because(cause);
    let mut next_beat = Instant::now() + HEARTBEAT;
    let mut rests = false;
    loop {
        if let Some(status) = child.try_wait().map_err(lost)? {
            return Ok(status);
        }
        let until = next_beat.saturating_duration_since(Instant::now());
        match events.recv_timeout(if rests { until } else { until.min(SOON) }) {
            Ok(Event::Signal { number, to_pass_on: true }) => {
                // Not yet waited for, so the number is still the command's own.
                let pid = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
                if let (Some(pid), Some(signal)) = (pid, Signal::from_named_raw(number)) {
                    let _ = kill_process(pid, signal);
                }
            }
            Ok(Event::Signal { to_pass_on: false, .. } | Event::Child) => {}
            Err(RecvTimeoutError::Timeout) => {
                if Instant::now() >= next_beat {
                    // Missing one only makes another machine take it for dead some time later.
                    let _ = ledger.keep_alive(hold.id);
                    next_beat = Instant::now() + HEARTBEAT;
                }
                // It takes its time: meanwhile the connection is better used by others.
                ledger.rest();
                rests = true;
            }
            Err(RecvTimeoutError::Disconnected) => return child.wait().map_err(lost),
        }
    }
}

/// Records it, and gives what is known of the cost; what cannot be recorded now is by the next start.
fn record(
    invocation: &Invocation,
    ledger: &mut Book,
    hold: &Hold,
    watched: Watched,
) -> (Cost, Option<Recorded>) {
    let cost = watched.cost();
    match cost.clone().book(hold, |cost| ledger.end(hold, cost)) {
        Ok((recorded, cost)) => {
            watched.done();
            if let Cost::Unreadable(why) = &cost {
                let amount = recorded.posted.as_ref().map(|posted| posted.transaction.amount);
                invocation.output.warn(format!(
                    "in {}, {why}; the estimate is booked instead: {}",
                    env::COST_FILE,
                    in_currency(&recorded.currency, amount.unwrap_or_default())
                ));
            }
            (cost, Some(recorded))
        }
        Err(error) => {
            invocation.output.warn(format!(
                "the cost is not recorded yet: {error}; the next 'topup ledger' command \
                 records it"
            ));
            (cost, None)
        }
    }
}

fn ended(
    invocation: &Invocation,
    status: ExitStatus,
    hold: &Hold,
    cost: &Cost,
    recorded: Option<Recorded>,
) -> Answer {
    let posted = recorded.as_ref().and_then(|recorded| recorded.posted.clone());
    if let (Some(posted), Some(recorded)) = (&posted, &recorded)
        && !hold.amount.is_zero()
        && posted.transaction.amount.0 > hold.amount
    {
        invocation.output.note(format!(
            "It cost {}, more than the {} that was held back for it.",
            in_currency(&recorded.currency, posted.transaction.amount),
            in_currency(&recorded.currency, Money(two_places(hold.amount))),
        ));
    }
    let signal = status.signal();
    if let Some(number) = signal {
        invocation.on_delivered(move || signals::end_by(number));
    }
    let code = status.code().or_else(|| signal.map(|number| 128 + number)).unwrap_or(1);
    let ran = Ran {
        command_exit_code: status.code(),
        command_signal: signal,
        cost_source: match cost {
            Cost::Reported(_) => CostSource::Reported,
            Cost::Unsaid | Cost::Unreadable(_) => CostSource::Estimate,
        },
        base_price: cost.or_estimate(hold),
        recorded: posted.is_some(),
        transaction: posted.map(|posted| posted.transaction),
        balance: recorded.as_ref().map(|recorded| recorded.balance),
        currency: recorded.map(|recorded| recorded.currency),
    };
    Answer::new(ran).ending_with(u8::try_from(code).unwrap_or(1))
}

impl Show for Ran {
    /// What is printed is the command's own.
    fn show(&self, _page: &mut Page) {}
}
