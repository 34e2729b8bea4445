//! `topup ledger run -- COMMAND`: check the budget, run the command, record what it cost.
//!
//! The command gets the streams of this process, its signals and its place; its exit code is the
//! exit code. What was booked is said on standard error.

use super::check::{Notices, refusal_parts};
use super::options::{Filed, Whose, in_currency};
use crate::app::ledger::dry_run;
use crate::app::ledger::run::{
    Launcher, LedgerRunOptions, Ran, RunEvent, RunParts, RunningCommand, cannot_be_started,
    interrupted, run,
};
use crate::cli::invocation::Invocation;
use crate::cli::verbs::dry_run::DryRunFlag;
use crate::core::child::Child;
use crate::core::clock::SystemClock;
use crate::core::env;
use crate::core::failure::{Failure, Result};
use crate::core::language::Language;
use crate::core::money::Money;
use crate::core::signals::{self, Event, Interrupt};
use crate::ledger::input::check_base_price;
use crate::ledger::price::{BasePrice, breakdown};
use crate::ledger::runs::{Cost, LowNumber, Starter};
use crate::ledger::service::{Recorded, Used};
use crate::ledger::values::{Kind, Mandate, Model, Reference, Transaction, two_places};
use crate::output::page::Page;
use crate::output::{Answer, Form, Output, Show};
use clap::Args;
use rust_decimal::Decimal;
use std::ffi::{OsStr, OsString};
use std::process::{ExitStatus, Stdio};
use std::sync::mpsc::Receiver;
use std::time::Duration;

/// What its help page ends with.
const EXAMPLES: &str = "\
Examples:
  topup ledger init --mandate acme --model prepay-mandate
  topup ledger credit 20
  topup ledger run --estimate 0.40 --for-provider openai --strict -- true";

/// The example that stands in `--help` alone.
const MORE_EXAMPLES: &str = "
  topup ledger run --estimate 0.40 --for-provider openai -- true";

/// The parser breaks no line of a usage.
const USAGE: &str = "\
topup ledger run [OPTIONS] --estimate <BASE-PRICE> --for-provider <NAME>
                 -- <COMMAND>...";

/// The arguments of `topup ledger run`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES, after_long_help = [EXAMPLES, MORE_EXAMPLES].concat(), override_usage = USAGE)]
pub struct LedgerRunArgs {
    /// Estimated price, before the markup
    ///
    /// It is recorded when the command reports no cost.
    #[arg(long, value_name = "BASE-PRICE", value_parser = check_base_price, allow_negative_numbers = true)]
    estimate: BasePrice,
    #[command(flatten)]
    filed: Filed,
    /// Hold the estimate back while it runs
    ///
    /// While the estimate is an upper bound, runs side by side never overdraw the account.
    #[arg(long)]
    strict: bool,
    /// Whether it is only to be shown.
    #[command(flatten)]
    pub flag: DryRunFlag,
    /// Command to run; it may write its cost into $TOPUP_COST_FILE
    #[arg(value_name = "COMMAND", required = true, last = true)]
    command: Vec<OsString>,
}

impl LedgerRunArgs {
    /// Does it.
    ///
    /// # Errors
    /// As [`run`].
    pub fn run(self, invocation: &Invocation, whose: &Whose) -> Result<Answer> {
        let low = LowNumber::keep()?;
        let (mut ledger, mandate) = whose.open_for(invocation, self.flag)?;
        let options = LedgerRunOptions {
            used: Used {
                base_price: self.estimate,
                labels: self.filed.labels(whose.user()),
                description: self.filed.description.clone(),
                key: None,
            },
            strict: self.strict,
            command: self.command,
        };
        if self.flag.dry_run {
            let path = invocation.setup.environment.variables.set("PATH");
            let language = invocation.setup.language();
            return dry_run::run(&options, &mandate, &mut ledger, path, language).map(Answer::new);
        }
        let runs = invocation.setup.runs()?;
        let mut processes = Processes { keeps_output: invocation.output.form == Form::Text };
        let clock = SystemClock::new(Interrupt::default());
        let notices = Notices { invocation };
        let parts = RunParts {
            ledger: &mut ledger,
            runs: &runs,
            low,
            launcher: &mut processes,
            clock: &clock,
            refusal: refusal_parts(invocation, &notices),
            listener: &|event: &RunEvent<'_>| report(&invocation.output, &mandate, event),
        };
        let ran = run(&options, &mandate, parts)?;
        if let Some(number) = ran.command_signal {
            invocation.on_delivered(move || signals::end_by(number));
        }
        let by_signal = ran.command_signal.map(|number| 128 + number);
        let code = ran.command_exit_code.or(by_signal).unwrap_or(1);
        Ok(Answer::new(ran).ending_with(u8::try_from(code).unwrap_or(1)))
    }
}

/// Starts commands as processes.
struct Processes {
    /// Standard output is the command's; else it carries the answer, and nothing else.
    keeps_output: bool,
}

impl Launcher for Processes {
    fn launch(
        &mut self,
        program: &OsStr,
        arguments: &[OsString],
        starter: &Starter,
    ) -> Result<Box<dyn RunningCommand>> {
        let events = signals::watch()?;
        if let Ok(Event::Signal { number, .. }) = events.try_recv() {
            return Err(interrupted(number));
        }
        let unstarted = |cause| cannot_be_started(program, cause);
        let mut command = starter.command(program, arguments).map_err(unstarted)?;
        command
            .env(env::COST_FILE, &starter.cost_file)
            .env(env::COST_FD, starter.cost_number.to_string());
        if !self.keeps_output {
            command.stdout(Stdio::from(std::io::stderr()));
        }
        let child = Child::start(&mut command).map_err(unstarted)?;
        Ok(Box::new(Process { child, events }))
    }
}

/// A command that runs as a process of its own.
struct Process {
    child: Child,
    events: Receiver<Event>,
}

impl RunningCommand for Process {
    fn wait(&mut self, longest: Duration) -> Result<Option<ExitStatus>> {
        // A signal is for the command and ends no wait.
        let clock = SystemClock::new(Interrupt::default());
        self.child.wait_with(&self.events, longest, &clock).map_err(|cause| {
            Failure::internal("the operating system does not say how the command ended")
                .because(cause)
        })
    }
}

/// Says on standard error what was booked.
fn report(output: &Output, mandate: &Mandate, event: &RunEvent<'_>) {
    let (recorded, cost, held) = match event {
        RunEvent::Booked { recorded, cost, held } => (*recorded, *cost, *held),
        RunEvent::NotBooked(failure) => {
            return output.warn(format!(
                "the cost is not recorded yet: {failure}; the next 'topup ledger' command \
                 records it"
            ));
        }
    };
    let amount = recorded.posted.as_ref().map_or(Decimal::ZERO, |it| it.transaction.amount.0);
    let shown = |amount| in_currency(&recorded.currency, amount);
    if let Cost::Unreadable(why) = cost {
        let amount = shown(Money(amount));
        output.warn(format!(
            "in {}, {why}; the estimate is booked instead: {amount}",
            env::COST_FILE
        ));
    }
    // A document has it all.
    if output.form == Form::Text {
        output.note(booked(recorded, cost));
    }
    if !held.is_zero() && amount > held {
        let (amount, held) = (shown(Money(amount)), shown(Money(two_places(held))));
        output.note(format!("It cost {amount}, more than the {held} that was held back for it."));
    }
    if mandate.billing_model != Model::Unlimited && recorded.balance.0 < Decimal::ZERO {
        output.note("The account is below zero: it starts no further run until it is credited.");
    }
}

/// What stands in the book for a run, and what is left.
fn booked(recorded: &Recorded, cost: &Cost) -> String {
    let balance = in_currency(&recorded.currency, recorded.balance);
    let what = match &recorded.posted {
        None => "Booked nothing: the command reported no cost".to_owned(),
        Some(posted) => of_transaction(&posted.transaction, &recorded.currency, cost),
    };
    format!("{what}. The balance is {balance}.")
}

fn of_transaction(transaction: &Transaction, currency: &str, cost: &Cost) -> String {
    let amount = in_currency(currency, transaction.amount);
    let provider = transaction.provider.as_deref().unwrap_or("unknown");
    match (transaction.reference, transaction.kind) {
        (Reference::System, Kind::Credit) => {
            format!(
                "Credited {amount} back: another machine had booked the estimate for {provider}"
            )
        }
        (Reference::System, Kind::Debit) => {
            format!("Booked {amount} more: another machine had booked the estimate for {provider}")
        }
        _ => {
            let estimate = if matches!(cost, Cost::Reported(_)) { "" } else { ", the estimate" };
            let parts = transaction.base_price.as_ref().zip(transaction.markup_percent);
            let parts = parts.map_or_else(String::new, |(base, percent)| {
                format!(" ({})", breakdown(base, percent, Language::English))
            });
            format!("Booked {amount} for {provider}{estimate}{parts}")
        }
    }
}

impl Show for Ran {
    /// What is printed on standard output is the command's own.
    fn show(&self, _page: &mut Page) {}
}
