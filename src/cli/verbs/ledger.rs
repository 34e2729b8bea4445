//! `topup ledger …`: a prepaid budget in front of paid commands: check it, run, record the cost,
//! see who spent what. Contract: poweron.

pub(crate) mod balance;
pub(crate) mod book;
pub(crate) mod check;
pub(crate) mod dry_run;
pub(crate) mod export;
pub(crate) mod mandates;
mod options;
pub(crate) mod providers;
pub(crate) mod reverse;
pub(crate) mod run;
pub(crate) mod stats;
pub(crate) mod transactions;

use super::NamedArguments;
use super::shape::Shape;
use crate::cli::invocation::Invocation;
use crate::core::failure::Result;
use crate::output::Answer;
use clap::{Args, Command, Subcommand};
use options::Whose;

/// What its help page ends with.
const EXAMPLES: &str = "\
Examples:
  topup ledger init --mandate acme --model prepay-mandate --currency CHF
  topup ledger credit 20 --key 2026-11-pool   book it once
  topup ledger run --estimate 0.40 --for-provider openai -- true
  topup ledger stats --by user                who used what";

/// The arguments of `topup ledger`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct LedgerArgs {
    #[command(subcommand)]
    what: LedgerCommand,
    #[command(flatten)]
    whose: Whose,
}

#[derive(Debug, Subcommand)]
enum LedgerCommand {
    /// Create a mandate or update its settings
    Init(mandates::InitArgs),
    /// List the mandates and their settings
    Mandates(mandates::MandatesArgs),
    /// Put money into an account
    Credit(book::CreditArgs),
    /// Book the opposite of a transaction, once
    Reverse(reverse::ReverseArgs),
    /// Succeed only when the budget has room for this cost
    Check(check::LedgerCheckArgs),
    /// Check the budget, run a command, record what it cost
    ///
    /// Exit code: that of the command; 30 when the budget has no room and 14 when the provider is
    /// denied, and the command is not started then.
    ///
    /// A command may cost more than its estimate: --strict keeps the account above zero while the
    /// estimate is an upper bound. An account that a run took below zero starts no further run until
    /// it is credited.
    Run(run::LedgerRunArgs),
    /// Record what a use cost
    Record(book::RecordArgs),
    /// Show what a base price costs with the markup
    Price(book::PriceArgs),
    /// Show what is left
    Balance(balance::BalanceArgs),
    /// List the transactions, newest first
    Transactions(transactions::TransactionsArgs),
    /// Sum up what was used
    Stats(stats::StatsArgs),
    /// Allow a provider
    #[command(after_help = "Examples:\n  topup ledger allow openai")]
    Allow(providers::ProviderArgs),
    /// Deny a provider
    #[command(after_help = "Examples:\n  topup ledger deny openai")]
    Deny(providers::ProviderArgs),
    /// List the rules about providers
    Providers(providers::ProvidersArgs),
    /// Write the books as plain-text accounting
    Export(export::ExportArgs),
}

/// The commands that scripts run again and again.
pub const AGAIN_AND_AGAIN: &[NamedArguments] = &[
    ("credit", book::CreditArgs::augment_args),
    ("check", check::LedgerCheckArgs::augment_args),
    ("run", run::LedgerRunArgs::augment_args),
    ("record", book::RecordArgs::augment_args),
    ("balance", balance::BalanceArgs::augment_args),
];

impl LedgerArgs {
    /// What makes a command understand this one below it alone, where that is run again and again; else
    /// all of them.
    pub fn augment_with(inner: &str, command: Command) -> Command {
        let alone = AGAIN_AND_AGAIN.iter().find(|(name, _)| *name == inner);
        let Some((name, augment)) = alone else { return Self::augment_args(command) };
        let inner = augment(Command::new(*name));
        Whose::augment_args(command).subcommand_required(true).subcommand(inner)
    }

    /// The words in `command` of the document, which name the schema as well.
    pub fn name(&self) -> &'static str {
        match self.what {
            LedgerCommand::Init(_) => "ledger init",
            LedgerCommand::Mandates(_) => "ledger mandates",
            LedgerCommand::Credit(_) => "ledger credit",
            LedgerCommand::Reverse(_) => "ledger reverse",
            LedgerCommand::Check(_) => "ledger check",
            LedgerCommand::Run(_) => "ledger run",
            LedgerCommand::Record(_) => "ledger record",
            LedgerCommand::Price(_) => "ledger price",
            LedgerCommand::Balance(_) => "ledger balance",
            LedgerCommand::Transactions(_) => "ledger transactions",
            LedgerCommand::Stats(_) => "ledger stats",
            LedgerCommand::Allow(_) => "ledger allow",
            LedgerCommand::Deny(_) => "ledger deny",
            LedgerCommand::Providers(_) => "ledger providers",
            LedgerCommand::Export(_) => "ledger export",
        }
    }

    /// Which of its answers it gives.
    pub fn shape(&self) -> Shape {
        let is_dry_run = match &self.what {
            LedgerCommand::Credit(credit) => credit.flag.dry_run,
            LedgerCommand::Reverse(reverse) => reverse.flag.dry_run,
            LedgerCommand::Record(record) => record.flag.dry_run,
            LedgerCommand::Run(run) => run.flag.dry_run,
            _ => false,
        };
        if is_dry_run { Shape::DryRun } else { Shape::Usual }
    }

    /// Whether a script goes by it.
    pub fn is_gate(&self) -> bool {
        matches!(self.what, LedgerCommand::Check(_))
    }

    /// Does it.
    ///
    /// # Errors
    /// Class `insufficient_balance` when a check refuses, `role_required` for a denied provider,
    /// `usage` for what cannot be meant, `config`, `network` or `timeout` for a ledger that cannot
    /// be used.
    pub fn run(self, invocation: &Invocation) -> Result<Answer> {
        let Self { what, whose } = self;
        match what {
            LedgerCommand::Init(init) => init.run(invocation, &whose),
            LedgerCommand::Mandates(list) => list.run(invocation),
            LedgerCommand::Credit(credit) => credit.run(invocation, &whose),
            LedgerCommand::Reverse(reverse) => reverse.run(invocation, &whose),
            LedgerCommand::Check(check) => check.run(invocation, &whose),
            LedgerCommand::Run(run) => run.run(invocation, &whose),
            LedgerCommand::Record(record) => record.run(invocation, &whose),
            LedgerCommand::Price(price) => price.run(invocation, &whose),
            LedgerCommand::Balance(balance) => balance.run(invocation, &whose),
            LedgerCommand::Transactions(transactions) => transactions.run(invocation, &whose),
            LedgerCommand::Stats(stats) => stats.run(invocation, &whose),
            LedgerCommand::Allow(provider) => provider.run(invocation, &whose, true),
            LedgerCommand::Deny(provider) => provider.run(invocation, &whose, false),
            LedgerCommand::Providers(list) => list.run(invocation, &whose),
            LedgerCommand::Export(export) => export.run(invocation, &whose),
        }
    }
}
