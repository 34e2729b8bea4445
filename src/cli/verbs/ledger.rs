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
use crate::core::failure::{Failure, Result};
use crate::core::money::Money;
use crate::ledger::Ledger as Book;
use crate::ledger::input::check_name;
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
pub struct Ledger {
    #[command(subcommand)]
    what: What,
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
enum What {
    /// Create a mandate or update its settings
    Init(mandates::Init),
    /// List the mandates and their settings
    Mandates(mandates::List),
    /// Put money into an account
    Credit(book::CreditArgs),
    /// Book the opposite of a transaction, once
    Reverse(reverse::ReverseArgs),
    /// Succeed only when the budget has room for this cost
    Check(check::Check),
    /// Check the budget, run a command, record what it cost
    Run(run::Run),
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
    Allow(providers::Provider),
    /// Deny a provider
    Deny(providers::Provider),
    /// List the rules about providers
    Providers(providers::List),
    /// Write the books as plain-text accounting
    Export(export::Export),
}

impl Ledger {
    /// The words in `command` of the document, which name the schema as well.
    pub fn name(&self) -> &'static str {
        match self.what {
            What::Init(_) => "ledger init",
            What::Mandates(_) => "ledger mandates",
            What::Credit(_) => "ledger credit",
            What::Reverse(_) => "ledger reverse",
            What::Check(_) => "ledger check",
            What::Run(_) => "ledger run",
            What::Record(_) => "ledger record",
            What::Price(_) => "ledger price",
            What::Balance(_) => "ledger balance",
            What::Transactions(_) => "ledger transactions",
            What::Stats(_) => "ledger stats",
            What::Allow(_) => "ledger allow",
            What::Deny(_) => "ledger deny",
            What::Providers(_) => "ledger providers",
            What::Export(_) => "ledger export",
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
            What::Init(init) => init.run(invocation, &whose),
            What::Mandates(list) => list.run(invocation),
            What::Credit(credit) => credit.run(invocation, &whose),
            What::Reverse(reverse) => reverse.run(invocation, &whose),
            What::Check(check) => check.run(invocation, &whose),
            What::Run(run) => run.run(invocation, &whose),
            What::Record(record) => record.run(invocation, &whose),
            What::Price(price) => price.run(invocation, &whose),
            What::Balance(balance) => balance.run(invocation, &whose),
            What::Transactions(transactions) => transactions.run(invocation, &whose),
            What::Stats(stats) => stats.run(invocation, &whose),
            What::Allow(provider) => provider.run(invocation, &whose, true),
            What::Deny(provider) => provider.run(invocation, &whose, false),
            What::Providers(list) => list.run(invocation, &whose),
            What::Export(export) => export.run(invocation, &whose),
        }
    }
}

impl Whose {
    /// The mandate that is named, here or in the profile.
    fn named(&self, invocation: &Invocation) -> Result<Option<String>> {
        match &self.mandate {
            Some(name) => Ok(Some(name.clone())),
            None => invocation.setup.settings()?.mandate.as_deref().map(check_name).transpose(),
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
    #[arg(long, value_name = "TEXT", value_parser = check_text)]
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

/// A text for people: one line, not endless.
fn check_text(text: &str) -> Result<String> {
    if text.chars().any(char::is_control) {
        return Err(Failure::usage("a description is one line of text"));
    }
    if text.trim().is_empty() || text.len() > 500 {
        return Err(Failure::usage("a description has 1 to 500 characters"));
    }
    Ok(text.to_owned())
}

/// `CHF 12.50`.
fn in_currency(currency: &str, amount: Money) -> String {
    format!("{currency} {}", amount.shown())
}
