//! `topup check`: a gate on the balance for scripts.

use super::state::{name_page, read_from};
use crate::cli::invocation::Invocation;
use crate::core::class::Class;
use crate::core::failure::{Failure, Result};
use crate::core::money::{Amount, Money};
use crate::output::page::{Page, Tone};
use crate::output::{Answer, Show};
use crate::provider::balances::Scope;
use crate::provider::teams::{Source, TeamName, Which};
use crate::provider::{Balance, PortalPage, Provider, State as Account, Unit};
use clap::Args;
use schemars::JsonSchema;
use serde::Serialize;
use std::path::PathBuf;

/// What its help page ends with.
const EXAMPLES: &str = "\
Examples:
  topup check --at-least 10 || notify   run something when less is there";

/// The arguments of `topup check`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct CheckArgs {
    /// End with insufficient_balance when less than this is there, in dollars, credits or uses
    #[arg(long, value_name = "AMOUNT", value_parser = Amount::parse)]
    at_least: Amount,
    /// Use the project at this root, where a project chooses what is billed
    #[arg(long, value_name = "DIR")]
    project: Option<PathBuf>,
    /// Use this team, whichever the project has chosen
    #[arg(long, value_name = "TEAM", conflicts_with = "project")]
    team: Option<String>,
    /// Count in this unit, such as usd or cny, where there are amounts in several
    #[arg(long, value_name = "UNIT")]
    unit: Option<String>,
}

/// That much is there; `data` of `check`.
#[derive(Serialize, JsonSchema)]
pub struct GateResult {
    /// What is there, where that is counted in dollars.
    balance_usd: Option<Money>,
    /// What was asked for, where that is counted in dollars.
    required_usd: Option<Money>,
    /// What is there.
    balance: Money,
    /// What was asked for.
    required: Money,
    /// What the balance counts: `usd`, `credits`, `uses`, or another currency in small letters.
    unit: Unit,
    /// Present and true where nothing is counted: that is enough for anything.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    unlimited: bool,
    /// Where teams are billed: which pot it is; null elsewhere.
    source: Option<Source>,
    /// Where teams are billed: the team; null elsewhere.
    team: Option<TeamName>,
    /// What could not be read, what follows from it, and what is worth knowing about the number.
    warnings: Vec<String>,
    /// What the balance is about: `account`, `key`, `user`, `team` or `pool`.
    scope: Scope,
    /// Whether the balance may be too high for a while.
    lags: bool,
}

impl CheckArgs {
    /// Compares.
    ///
    /// # Errors
    /// Class `insufficient_balance` when less is there, `protocol` when the system does not say,
    /// and the class of whatever stops the account from being used.
    pub fn run(self, invocation: &Invocation) -> Result<Answer> {
        let provider = invocation.setup.provider()?;
        let which = Which { project: self.project.as_deref(), team: self.team.as_deref() };
        let mut state = read_from(provider.as_ref(), which)?;
        let required = Money::from(self.at_least);
        let balance = gate(provider.as_ref(), &mut state, required, self.unit.as_deref())?;
        let (scope, lags) = (state.scope(), state.lags());
        let (source, team, warnings) = match state {
            Account::Teams(state) => (state.pot.source, state.pot.organization, state.warnings),
            other => (None, None, other.caveats()),
        };
        let Balance { amount, unit, unlimited } = balance;
        Ok(Answer::new(GateResult {
            source,
            team,
            warnings,
            balance_usd: unit.in_dollars(amount),
            required_usd: unit.in_dollars(required),
            balance: amount,
            required,
            unit,
            unlimited,
            scope,
            lags,
        }))
    }
}

/// Lets through where at least this much can be used.
///
/// # Errors
/// Class `insufficient_balance`, or why the account cannot be counted on, with what helps.
pub fn gate(
    provider: &dyn Provider,
    state: &mut Account,
    required: Money,
    unit: Option<&str>,
) -> Result<Balance> {
    let counted = |state: &Account| match unit {
        Some(unit) => state.balance_in(unit),
        None => state.usable_balance(),
    };
    if let Ok(balance) = counted(state)
        && (balance.unlimited || balance.amount >= required)
    {
        return Ok(balance);
    }
    // Help is on the page of that very team.
    if let Account::Teams(teams) = state {
        name_page(provider, teams);
    }
    let balance = counted(state).map_err(|error| with_page(provider, error))?;
    let short = state.when_short(too_little(&balance, required));
    let short = short.detail("scope", state.scope().word()).detail("lags", state.lags());
    Err(what_helps(provider, short))
}

/// The refusal of a gate, where less is there than was asked for.
fn too_little(balance: &Balance, required: Money) -> Failure {
    let unit = &balance.unit;
    let (there, asked) = (balance.shown(), unit.shown(required));
    let message = format!("the balance is {there}, less than the {asked} asked for");
    let error = Failure::new(Class::InsufficientBalance, message);
    match unit.in_dollars(balance.amount) {
        Some(balance) => error
            .detail("balance_usd", balance.to_string())
            .detail("required_usd", required.to_string()),
        None => error
            .detail("balance", balance.amount.to_string())
            .detail("required", required.to_string())
            .detail("unit", unit.to_string()),
    }
}

/// The page of the account, where the failure names none.
fn with_page(provider: &dyn Provider, error: Failure) -> Failure {
    if error.parts().portal_url.is_some() {
        return error;
    }
    error.link(provider.link(PortalPage::Topup))
}

/// The page where it is filled up, and the command for it, where the account does not know better.
fn what_helps(provider: &dyn Provider, error: Failure) -> Failure {
    let error = with_page(provider, error);
    if !error.parts().hints.is_empty() {
        return error;
    }
    let or = if error.parts().portal_url.is_some() { ", or on this page:" } else { "." };
    error.hint(format!("Fill it up with '{}'{or}", provider.system().facts().refill))
}

impl Show for GateResult {
    fn show(&self, page: &mut Page) {
        for warning in &self.warnings {
            page.line(Tone::Warn, &format!("warning: {warning}"));
        }
        if self.unlimited {
            let line = format!("The {} are not counted here: there are always enough.", self.unit);
            return page.line(Tone::Good, &line);
        }
        page.line(
            Tone::Good,
            &format!(
                "The balance is {}, enough for the {} asked for.",
                self.unit.shown(self.balance),
                self.unit.shown(self.required)
            ),
        );
    }
}
