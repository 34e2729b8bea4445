//! `topup ledger …`: a prepaid budget in front of paid commands: check it, run, record the cost,
//! see who spent what. Contract: poweron.

pub mod balance;
pub mod book;
pub mod check;
pub mod export;
pub mod mandates;
pub mod providers;
pub mod reverse;
pub mod run;
pub mod stats;
pub mod transactions;

use super::completions::values;
use crate::cli::invocation::Invocation;
use crate::core::env;
use crate::core::failure::Result;
use crate::core::money::Money;
use crate::ledger::Ledger as Book;
use crate::ledger::input::{check_description, check_name};
use crate::ledger::values::{Labels, Mandate};
use crate::output::Answer;
use clap::{Args, Subcommand};
use clap_complete::ArgValueCandidates;

/// What its help page ends with.
const EXAMPLES: &str = "\
Examples:
  topup ledger init --mandate acme --model prepay-mandate --currency CHF
  topup ledger credit 20 --key 2026-11-pool                    book it once
  topup ledger run --estimate 0.40 --for-provider openai -- true
  topup ledger stats --by user                                 who used what";

/// The arguments of `topup ledger`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct LedgerArgs {
    #[command(subcommand)]
    what: LedgerCommand,
    #[command(flatten)]
    whose: Whose,
}

/// Whose budget is meant.
#[derive(Debug, Args)]
pub struct Whose {
    /// Mandate whose budget is used [default: that of the profile, or the only one]
    #[arg(long, global = true, env = env::LEDGER_MANDATE, hide_env = true, value_name = "NAME", value_parser = check_name, add = ArgValueCandidates::new(values::mandates))]
    mandate: Option<String>,
    /// User that the operation is for
    #[arg(long, global = true, env = env::LEDGER_USER, hide_env = true, value_name = "NAME", value_parser = check_name)]
    user: Option<String>,
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
    Allow(providers::ProviderArgs),
    /// Deny a provider
    Deny(providers::ProviderArgs),
    /// List the rules about providers
    Providers(providers::ProvidersArgs),
    /// Write the books as plain-text accounting
    Export(export::ExportArgs),
}

impl LedgerArgs {
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

impl Whose {
    /// The mandate that is named, here or in the profile.
    fn named(&self, invocation: &Invocation) -> Result<Option<String>> {
        match &self.mandate {
            Some(name) => Ok(Some(name.clone())),
            None => {
                let named = invocation.setup.settings()?.mandate.as_deref();
                named.map(check_name).transpose().map_err(|failure| {
                    failure.hint("'topup config set mandate NAME' corrects the one of the profile.")
                })
            }
        }
    }

    /// The ledger, and the mandate in it that is meant.
    fn open(&self, invocation: &Invocation) -> Result<(Book, Mandate)> {
        let mut ledger = invocation.setup.ledger(&invocation.output)?;
        let mandate = ledger.mandate(self.named(invocation)?.as_deref())?;
        Ok((ledger, mandate))
    }

    /// The user who is named.
    fn user(&self) -> Option<&str> {
        self.user.as_deref()
    }
}

/// What a use is filed under.
#[derive(Debug, Args)]
pub struct Filed {
    /// Provider that is paid, such as openai
    #[arg(long, value_name = "NAME", value_parser = check_name)]
    for_provider: String,
    /// Workflow that it belongs to
    #[arg(long, value_name = "ID", value_parser = check_name)]
    workflow: Option<String>,
    /// Feature that it belongs to
    #[arg(long, value_name = "CODE", value_parser = check_name)]
    feature_code: Option<String>,
    /// Instance of the feature
    #[arg(long, value_name = "ID", value_parser = check_name)]
    feature_instance: Option<String>,
    /// Text for the books; without it 'AI usage: PROVIDER'
    #[arg(long, value_name = "TEXT", value_parser = check_description)]
    description: Option<String>,
}

impl Filed {
    fn labels(&self, user: Option<&str>) -> Labels {
        Labels {
            provider: Some(self.for_provider.clone()),
            user: user.map(ToOwned::to_owned),
            workflow_id: self.workflow.clone(),
            feature_instance_id: self.feature_instance.clone(),
            feature_code: self.feature_code.clone(),
        }
    }
}

/// `CHF 12.50`.
fn in_currency(currency: &str, amount: Money) -> String {
    format!("{currency} {}", amount.shown())
}
