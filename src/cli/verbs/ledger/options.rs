//! What the commands of the ledger have in common: whose budget is meant, and what a use is filed
//! under.

use crate::cli::invocation::Invocation;
use crate::cli::verbs::completions::values;
use crate::cli::verbs::dry_run::DryRunFlag;
use crate::core::env;
use crate::core::failure::Result;
use crate::core::money::Money;
use crate::ledger::Ledger as Book;
use crate::ledger::input::{check_description, check_name};
use crate::ledger::service::{Recording, Used};
use crate::ledger::values::{Labels, Mandate};
use clap::Args;
use clap_complete::ArgValueCandidates;

/// Whose budget is meant.
#[derive(Debug, Args)]
pub struct Whose {
    /// Mandate whose budget is used
    ///
    /// Without it, it is that of the profile, or the only one.
    #[arg(long, global = true, env = env::LEDGER_MANDATE, hide_env = true, value_name = "NAME", value_parser = check_name, add = ArgValueCandidates::new(values::mandates))]
    mandate: Option<String>,
    /// User that the operation is for
    #[arg(long, global = true, env = env::LEDGER_USER, hide_env = true, value_name = "NAME", value_parser = check_name)]
    user: Option<String>,
}

impl Whose {
    /// The mandate that is named, here or in the profile.
    pub fn named(&self, invocation: &Invocation) -> Result<Option<String>> {
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
    pub fn open(&self, invocation: &Invocation) -> Result<(Book, Mandate)> {
        self.open_for(invocation, DryRunFlag::default())
    }

    /// The same, as a ledger that keeps nothing for a dry run.
    ///
    /// # Errors
    /// As [`Whose::open`].
    pub fn open_for(&self, invocation: &Invocation, flag: DryRunFlag) -> Result<(Book, Mandate)> {
        let mut ledger = ledger_for(invocation, flag)?;
        let named = self.named(invocation)?;
        let mandate = to_book(&mut ledger, named.as_deref(), flag)?;
        Ok((ledger, mandate))
    }

    /// The ledger, and this use of the mandate that is meant, to be recorded in it: only where none is
    /// named the ledger is asked for it.
    ///
    /// # Errors
    /// As [`Whose::open`], but for a name that no mandate has.
    pub fn open_to_record(
        &self,
        invocation: &Invocation,
        flag: DryRunFlag,
        used: Used,
    ) -> Result<(Book, Recording)> {
        if let Some(name) = self.named(invocation)? {
            let recording = Recording::new(&name, used);
            return Ok((ledger_to_record(invocation, flag, Some(&recording))?, recording));
        }
        let mut ledger = ledger_for(invocation, flag)?;
        let mandate = to_book(&mut ledger, None, flag)?.mandate;
        Ok((ledger, Recording::new(&mandate, used)))
    }

    /// The user who is named.
    pub fn user(&self) -> Option<&str> {
        self.user.as_deref()
    }
}

/// The mandate that is meant by a booking, which makes durable what was found. A dry run books nothing
/// that could.
fn to_book(ledger: &mut Book, named: Option<&str>, flag: DryRunFlag) -> Result<Mandate> {
    if flag.dry_run { ledger.mandate(named) } else { ledger.mandate_to_book(named) }
}

/// The ledger, which keeps nothing in a dry run.
///
/// # Errors
/// Class `config`, `network` or `timeout`.
pub fn ledger_for(invocation: &Invocation, flag: DryRunFlag) -> Result<Book> {
    ledger_to_record(invocation, flag, None)
}

fn ledger_to_record(
    invocation: &Invocation,
    flag: DryRunFlag,
    next: Option<&Recording>,
) -> Result<Book> {
    if flag.dry_run {
        return invocation.setup.ledger_for_dry_run();
    }
    invocation.setup.ledger_to_record(&invocation.output, next)
}

/// What a use is filed under.
#[derive(Debug, Args)]
pub struct Filed {
    /// Provider that is paid, such as openai
    #[arg(long, value_name = "NAME", value_parser = check_name)]
    for_provider: String,
    /// Workflow that it belongs to
    #[arg(long, hide_short_help = true, value_name = "ID", value_parser = check_name)]
    workflow: Option<String>,
    /// Feature that it belongs to
    #[arg(long, hide_short_help = true, value_name = "CODE", value_parser = check_name)]
    feature_code: Option<String>,
    /// Instance of the feature
    #[arg(long, hide_short_help = true, value_name = "ID", value_parser = check_name)]
    feature_instance: Option<String>,
    /// Text for the books; without it 'AI usage: PROVIDER'
    #[arg(long, hide_short_help = true, value_name = "TEXT", value_parser = check_description)]
    pub description: Option<String>,
}

impl Filed {
    /// The labels of a use.
    pub fn labels(&self, user: Option<&str>) -> Labels {
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
pub fn in_currency(currency: &str, amount: Money) -> String {
    format!("{currency} {}", amount.shown())
}
