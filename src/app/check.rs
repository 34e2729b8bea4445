//! A gate on the balance.

use super::state::{name_page, read};
use crate::core::class::Class;
use crate::core::command::NextStep;
use crate::core::failure::{Failure, Result};
use crate::core::money::{Amount, Money};
use crate::provider::balances::Scope;
use crate::provider::teams::{Source, TeamName, Which};
use crate::provider::{AutoReload, Balance, PortalPage, Provider, State, Unit};
use schemars::JsonSchema;
use serde::Serialize;

/// What a gate lets through.
#[derive(Clone, Copy, Debug)]
pub struct CheckOptions<'a> {
    /// The least that has to be there, in dollars, credits or uses.
    pub at_least: Amount,
    /// Whose balance it is.
    pub which: Which<'a>,
    /// The unit to count in, where there are amounts in several.
    pub unit: Option<&'a str>,
}

/// That much is there; `data` of `check`.
#[derive(Serialize, JsonSchema)]
pub struct GateResult {
    /// What is there, where that is counted in dollars.
    pub balance_usd: Option<Money>,
    /// What was asked for, where that is counted in dollars.
    pub required_usd: Option<Money>,
    /// What is there.
    pub balance: Money,
    /// What was asked for.
    pub required: Money,
    /// What the balance counts: `usd`, `credits`, `uses`, or another currency in small letters.
    pub unit: Unit,
    /// Present and true where nothing is counted: that is enough for anything.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub unlimited: bool,
    /// Where teams are billed: which pot it is; null elsewhere.
    pub source: Option<Source>,
    /// Where teams are billed: the team; null elsewhere.
    pub team: Option<TeamName>,
    /// What could not be read, what follows from it, and what is worth knowing about the number.
    pub warnings: Vec<String>,
    /// What is worth knowing beside the balance: that auto-reload is on.
    pub note: Option<String>,
    /// Auto-reload, where the system shows it.
    pub auto_reload: Option<AutoReload>,
    /// What the balance is about: `account`, `key`, `user`, `team` or `pool`.
    pub scope: Scope,
    /// Whether the balance may be too high for a while.
    pub lags: bool,
}

/// Compares the balance with what was asked for.
///
/// # Errors
/// Class `insufficient_balance` when less is there, `protocol` when the system does not say,
/// and the class of whatever stops the account from being used. Where the balance is known, it is in
/// the data of the failure, as it is in that of the success.
pub fn check(provider: &dyn Provider, options: &CheckOptions<'_>) -> Result<GateResult> {
    let mut state = read(provider, options.which)?;
    let required = Money::from(options.at_least);
    let passed = gate(provider, &mut state, required, options.unit);
    let Balance { amount, unit, unlimited } = match counted(&state, options.unit) {
        Ok(balance) => balance,
        Err(unknown) => return Err(passed.err().unwrap_or(unknown)),
    };
    let (scope, lags, note) = (state.scope(), state.lags(), state.note());
    let auto_reload = state.auto_reload().cloned();
    let (source, team, warnings) = match state {
        State::Teams(state) => (state.pot.source, state.pot.organization, state.warnings),
        other => (None, None, other.caveats()),
    };
    let result = GateResult {
        source,
        team,
        warnings,
        note,
        auto_reload,
        balance_usd: unit.in_dollars(amount),
        required_usd: unit.in_dollars(required),
        balance: amount,
        required,
        unit,
        unlimited,
        scope,
        lags,
    };
    match passed {
        Ok(()) => Ok(result),
        Err(refused) => Err(refused.with_data_of(&result)),
    }
}

/// What counts for the gate: in this unit, or in the one that the account is used in.
fn counted(state: &State, unit: Option<&str>) -> Result<Balance> {
    match unit {
        Some(unit) => state.balance_in(unit),
        None => state.usable_balance(),
    }
}

/// Lets through where at least this much can be used.
///
/// # Errors
/// Class `insufficient_balance`, or why the account cannot be counted on, with what helps.
pub fn gate(
    provider: &dyn Provider,
    state: &mut State,
    required: Money,
    unit: Option<&str>,
) -> Result<()> {
    if let Ok(balance) = counted(state, unit)
        && (balance.unlimited || balance.amount >= required)
    {
        return Ok(());
    }
    // The page of that team helps, not the one of the account.
    if let State::Teams(teams) = state {
        name_page(provider, teams);
    }
    let balance = counted(state, unit).map_err(|error| with_page(provider, error))?;
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
    let refill = provider.system().facts().refill;
    let hint = match error.parts().portal_url {
        Some(_) => NextStep::filled("Fill it up with '{}', or on {page}:", &[&refill]),
        None => NextStep::filled("Fill it up with '{}'.", &[&refill]),
    };
    error.hint(hint)
}
