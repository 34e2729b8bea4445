//! Checks the budget, runs a command, records what it cost. The run stands in the ledger before its
//! command starts; whatever happens to this process, the next start records it.

use super::budget::{RefusalParts, refuse};
use crate::core::class::Class;
use crate::core::clock::Clock;
use crate::core::failure::{Failure, Result};
use crate::core::money::Money;
use crate::core::signals;
use crate::ledger::Ledger;
use crate::ledger::price::BasePrice;
use crate::ledger::runs::{Cost, LowNumber, Runs, Starter, WatchedRun};
use crate::ledger::service::{Recorded, RunStart, Used};
use crate::ledger::values::{Hold, Mandate, Transaction};
use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::Serialize;
use std::ffi::{OsStr, OsString};
use std::io;
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;
use std::time::Duration;
use uuid::Uuid;

/// How often a watcher says that it is alive.
pub const HEARTBEAT: Duration = Duration::from_secs(60);
/// A command that ends sooner than this finds the ledger still connected.
const SOON: Duration = Duration::from_secs(5);

/// What is run, and under which conditions.
#[derive(Clone, Debug)]
pub struct LedgerRunOptions {
    /// The estimate, and what the use is filed under.
    pub used: Used,
    /// The estimate is held back while it runs.
    pub strict: bool,
    /// The program and its arguments.
    pub command: Vec<OsString>,
}

/// Starts the command of a run.
pub trait Launcher {
    /// Starts it. From here on signals are the command's.
    ///
    /// # Errors
    /// It is not started.
    fn launch(
        &mut self,
        program: &OsStr,
        arguments: &[OsString],
        starter: &Starter,
    ) -> Result<Box<dyn RunningCommand>>;
}

/// A command that runs.
pub trait RunningCommand {
    /// Waits for its end, at most this long; none where it goes on.
    ///
    /// # Errors
    /// Class `internal`: the system does not say what became of it.
    fn wait(&mut self, longest: Duration) -> Result<Option<ExitStatus>>;
}

/// What happens beside the answer.
#[derive(Debug)]
pub enum RunEvent<'a> {
    /// It is recorded, or cost nothing.
    Booked {
        /// What stands in the book now.
        recorded: &'a Recorded,
        /// What the command said of its cost.
        cost: &'a Cost,
        /// What was held back for it; zero where nothing was.
        held: Decimal,
    },
    /// It cannot be recorded now; the next start does it.
    NotBooked(&'a Failure),
}

/// The parts of a run.
pub struct RunParts<'a> {
    /// The ledger.
    pub ledger: &'a mut Ledger,
    /// The files of the runs of this machine.
    pub runs: &'a Runs,
    /// A low number for the file of the cost, taken early.
    pub low: LowNumber,
    /// Starts the command.
    pub launcher: &'a mut dyn Launcher,
    /// The clock of the heartbeat.
    pub clock: &'a dyn Clock,
    /// For a budget that does not hold.
    pub refusal: RefusalParts<'a>,
    /// Gets each event.
    pub listener: &'a dyn Fn(&RunEvent<'_>),
}

/// What came of it; `data` of `ledger run`.
#[derive(Serialize, JsonSchema)]
pub struct Ran {
    /// The exit code of the command, and of this program; null where a signal ended it.
    pub command_exit_code: Option<i32>,
    /// The signal that ended the command.
    pub command_signal: Option<i32>,
    /// Whether the command said what it cost, or the estimate was taken.
    pub cost_source: CostSource,
    /// What it cost, before the markup.
    pub base_price: BasePrice,
    /// A transaction stands in the book for it.
    pub recorded: bool,
    /// The transaction; null where it costs nothing or could not be recorded yet.
    pub transaction: Option<Transaction>,
    /// What is on the account now, where it could be recorded.
    pub balance: Option<Money>,
    /// The currency, where it could be recorded.
    pub currency: Option<String>,
}

/// Where a cost comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CostSource {
    /// The command said it.
    Reported,
    /// The estimate.
    Estimate,
}

/// Does it.
///
/// # Errors
/// Class `insufficient_balance` when the budget does not hold, `role_required` for a denied
/// provider, `usage` for a command that cannot be started; nothing was run then.
pub fn run(options: &LedgerRunOptions, mandate: &Mandate, parts: RunParts<'_>) -> Result<Ran> {
    let RunParts { ledger, runs, low, launcher, clock, refusal, listener } = parts;
    let (program, arguments) =
        options.command.split_first().ok_or_else(|| Failure::usage("a command is missing"))?;
    let kept_in = runs.id()?;
    let mut watched = runs.watch(Uuid::new_v4(), &ledger.place())?;
    let kept = (watched.id(), kept_in);
    let hold = match ledger.begin(&mandate.mandate, &options.used, options.strict, kept) {
        Ok(RunStart::Running(hold)) => hold,
        Ok(RunStart::Short(checked)) => {
            watched.done();
            return Err(refuse(ledger, mandate, &checked, refusal));
        }
        Err(error) => {
            // It may be noted all the same; then the next start finds that it never started.
            if error.class() != Class::OutcomeUnknown {
                watched.done();
            }
            return Err(error);
        }
    };
    // A signal that ended this process before leaves a run that never started, which the next
    // start gives back.
    let launched =
        watched.starter(low).and_then(|starter| launcher.launch(program, arguments, &starter));
    let mut running = match launched {
        Ok(running) => running,
        Err(error) => return Err(give_back(ledger, &hold, watched, error)),
    };
    let status = wait(running.as_mut(), clock, ledger, &hold)?;
    if !watched.has_started()? {
        return Err(give_back(ledger, &hold, watched, not_started(program, status)));
    }
    let (cost, recorded) = record(ledger, &hold, watched, listener);
    Ok(ran(status, &hold, &cost, recorded))
}

/// Nothing was started: what was held back is given back.
fn give_back(ledger: &mut Ledger, hold: &Hold, watched: WatchedRun, why: Failure) -> Failure {
    match ledger.release(hold.id) {
        Ok(_) => {
            watched.done();
            why
        }
        // The next start finds that it never started.
        Err(error) => error,
    }
}

/// Why the command was not started, by the end of the process that was to become it.
fn not_started(program: &OsStr, status: ExitStatus) -> Failure {
    match status.signal() {
        Some(number) => interrupted(number),
        None => {
            let number = status.code().unwrap_or_default();
            cannot_be_started(program, io::Error::from_raw_os_error(number))
        }
    }
}

/// A signal came before the command was started.
pub fn interrupted(signal: i32) -> Failure {
    let message = "interrupted before the command was started; nothing was used";
    Failure::new(signals::class_of(signal), message)
}

/// A command that cannot be started, for this reason.
pub fn cannot_be_started(program: &OsStr, cause: io::Error) -> Failure {
    let program = program.to_string_lossy();
    Failure::usage(format!("{program} cannot be started: {cause}; nothing was recorded"))
        .because(cause)
        .hint("Correct the command after '--'.")
}

/// Waits for the command. Meanwhile the ledger hears that its watcher is alive.
fn wait(
    running: &mut dyn RunningCommand,
    clock: &dyn Clock,
    ledger: &mut Ledger,
    hold: &Hold,
) -> Result<ExitStatus> {
    let mut next_beat = clock.monotonic() + HEARTBEAT;
    let mut rests = false;
    loop {
        let until = next_beat.saturating_sub(clock.monotonic());
        if let Some(status) = running.wait(if rests { until } else { until.min(SOON) })? {
            return Ok(status);
        }
        if clock.monotonic() >= next_beat {
            // Missing one only makes another machine take it for dead some time later.
            let _ = ledger.keep_alive(hold.id);
            next_beat = clock.monotonic() + HEARTBEAT;
        }
        // It takes its time: meanwhile the connection is better used by others.
        ledger.rest();
        rests = true;
    }
}

/// Records it, and gives what is known of the cost. What cannot be recorded now is recorded by the
/// next start.
fn record(
    ledger: &mut Ledger,
    hold: &Hold,
    watched: WatchedRun,
    listener: &dyn Fn(&RunEvent<'_>),
) -> (Cost, Option<Recorded>) {
    let cost = watched.cost();
    match cost.clone().book(hold, |cost| ledger.end(hold, cost)) {
        Ok((recorded, cost)) => {
            watched.done();
            let held = hold.amount;
            listener(&RunEvent::Booked { recorded: &recorded, cost: &cost, held });
            (cost, Some(recorded))
        }
        Err(failure) => {
            listener(&RunEvent::NotBooked(&failure));
            (cost, None)
        }
    }
}

fn ran(status: ExitStatus, hold: &Hold, cost: &Cost, recorded: Option<Recorded>) -> Ran {
    let (posted, balance, currency) = match recorded {
        Some(Recorded { posted, balance, currency }) => (posted, Some(balance), Some(currency)),
        None => (None, None, None),
    };
    Ran {
        command_exit_code: status.code(),
        command_signal: status.signal(),
        cost_source: match cost {
            Cost::Reported(_) => CostSource::Reported,
            Cost::Unsaid | Cost::Unreadable(_) => CostSource::Estimate,
        },
        base_price: cost.or_estimate(hold),
        recorded: posted.is_some(),
        transaction: posted.map(|posted| posted.transaction),
        balance,
        currency,
    }
}
