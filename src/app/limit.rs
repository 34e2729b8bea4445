//! The monthly limit, or what takes its place, and a gate on what is left of it. Read only: it is
//! changed on the portal.

use super::check;
use crate::core::class::Class;
use crate::core::failure::{Failure, Result};
use crate::core::money::{Amount, Money};
use crate::provider::balances::{LimitLeft, RowState, Scope};
use crate::provider::packs::{PackMode, Packs};
use crate::provider::teams::{TeamLimits, Teams, Which};
use crate::provider::{
    AccountState as _, DollarAccount, MonthlyLimit, PortalPage, Provider, State, Unit,
};
use schemars::JsonSchema;
use serde::Serialize;

/// Whose limit is read, and what has to be left of it.
#[derive(Clone, Copy, Debug, Default)]
pub struct LimitOptions<'a> {
    /// The least that has to be left, in dollars, credits or uses.
    pub require: Option<Amount>,
    /// Whose limit it is, where teams are billed.
    pub which: Which<'a>,
}

/// What is left; `data` of `limit`.
#[derive(Serialize, JsonSchema)]
#[serde(untagged)]
pub enum Limited {
    /// Of the month, in dollars.
    Month(MonthLeft),
    /// Of every team, in credits.
    Teams(TeamLimits),
    /// Of what was bought and of what is free, in uses.
    Uses(UsesLeft),
    /// Of each limit that binds beside a balance.
    Row(RowLimits),
}

/// The limits that bind beside a balance; the tightest one stands in front as well.
#[derive(Serialize, JsonSchema)]
pub struct RowLimits {
    /// The tightest limit; null where only what is left is stated, or where there is no limit.
    pub limit: Option<Money>,
    /// What is used of it, where that is stated.
    pub used: Option<Money>,
    /// What is left of it, where that is stated.
    pub remaining: Option<Money>,
    /// What all of them count.
    pub unit: Unit,
    /// Whose limit it is: `account`, `key`, `user`, `team` or `pool`.
    pub scope: Scope,
    /// All of them, the tightest first; empty where nothing limits it.
    pub limits: Vec<LimitLeft>,
    /// What is worth knowing about the numbers.
    pub notes: Vec<String>,
    /// The page of the system.
    pub portal_url: Option<String>,
}

/// The uses that are left.
#[derive(Serialize, JsonSchema)]
pub struct UsesLeft {
    /// Uses that were bought.
    pub credits_remaining: Option<i64>,
    /// Free uses.
    pub free_uses_remaining: Option<i64>,
    /// Free uses of today; null where there are none by day.
    pub daily_free_uses_remaining: Option<i64>,
    /// Whether and how the system sells more.
    pub mode: PackMode,
    /// What is counted: `uses`.
    pub unit: Unit,
    /// The page of the system.
    #[schemars(with = "Option<String>")]
    pub portal_url: String,
}

/// What is left of the month.
#[derive(Serialize, JsonSchema)]
pub struct MonthLeft {
    /// None where this role does not see it.
    pub monthly_limit: Option<MonthlyLimit>,
    /// Where it is changed.
    #[schemars(with = "Option<String>")]
    pub portal_url: String,
}

/// Reads it.
///
/// # Errors
/// Class `monthly_cap_exceeded` when less is left than required, `insufficient_balance` when
/// nothing is, both with what is left in their data; `role_required` when this role does not see
/// what is left.
pub fn limit(provider: &dyn Provider, options: &LimitOptions<'_>) -> Result<Limited> {
    if !options.which.is_whole() {
        provider.required_teams()?;
    }
    let require = options.require;
    let monthly = provider.dollar_account().filter(|account| account.has_monthly_limit());
    Ok(if let Some(account) = monthly {
        Limited::Month(month(account, provider.page_link(PortalPage::Limit)?, require)?)
    } else if let Some(teams) = provider.teams() {
        Limited::Teams(self::teams(provider, teams, options)?)
    } else if let Some(packs) = provider.packs() {
        Limited::Uses(uses(provider, packs, require)?)
    } else if let Some(limits) = provider.limits() {
        Limited::Row(row(limits.limits()?, require)?)
    } else {
        return Err(provider.unsupported("a monthly limit", PortalPage::Limit));
    })
}

fn month(account: &dyn DollarAccount, link: String, require: Option<Amount>) -> Result<MonthLeft> {
    let Some(required) = require else {
        let monthly_limit = account.read()?.monthly_limit;
        return Ok(MonthLeft { monthly_limit, portal_url: link });
    };
    let state = account.read_standing()?;
    if let Some(stopped) = state.stopped() {
        return Err(stopped);
    }
    let monthly_limit = state.monthly_limit;
    let Some(limit) = &monthly_limit else {
        return Err(Failure::new(Class::RoleRequired, "this role does not see the monthly limit")
            .link(link));
    };
    let left = limit.remaining_usd;
    let known = MonthLeft { monthly_limit, portal_url: link };
    if left < Money::from(required) {
        return Err(Failure::new(
            Class::MonthlyCapExceeded,
            format!(
                "{} of the monthly limit is left, less than the ${required} asked for",
                Unit::Usd.shown(left)
            ),
        )
        .detail("remaining_usd", left.to_string())
        .detail("required_usd", required.to_string())
        .hint("Buy less, wait for the next month, or raise the limit on {page} ('topup open limit' opens it):")
        .with_data_of(&known)
        .link(known.portal_url));
    }
    Ok(known)
}

/// The gate is on the tightest limit. One that does not say what is left of it opens no gate.
fn row(state: RowState, require: Option<Amount>) -> Result<RowLimits> {
    let tightest = state.limits.first();
    let known = RowLimits {
        limit: tightest.and_then(|limit| limit.limit),
        used: tightest.and_then(|limit| limit.used),
        remaining: tightest.and_then(|limit| limit.remaining),
        unit: tightest.map_or(state.unit.clone(), |limit| limit.unit.clone()),
        scope: tightest.map_or(state.scope, |limit| limit.scope),
        notes: state.notes,
        portal_url: state.portal_url,
        limits: state.limits,
    };
    let (Some(required), false) = (require.map(Money::from), known.limits.is_empty()) else {
        return Ok(known);
    };
    let Some(left) = known.remaining else {
        return Err(Failure::new(Class::Protocol, "what is left of the limit is not stated")
            .with_data_of(&known)
            .link(known.portal_url));
    };
    if left >= required {
        return Ok(known);
    }
    let (unit, scope) = (&known.unit, known.scope.word());
    let (shown, asked) = (unit.shown(left), unit.shown(required));
    let message =
        format!("{shown} of the limit of the {scope} is left, less than the {asked} asked for");
    Err(Failure::new(Class::MonthlyCapExceeded, message)
        .detail("remaining", left.to_string())
        .detail("required", required.to_string())
        .detail("scope", scope)
        .hint("Ask for less, or have the limit raised.")
        .with_data_of(&known)
        .link(known.portal_url))
}

/// The gate is on what is billed; the answer is about every team, or the one that is named.
fn teams(
    provider: &dyn Provider,
    teams: &dyn Teams,
    options: &LimitOptions<'_>,
) -> Result<TeamLimits> {
    let which = options.which;
    let Some(required) = options.require else { return teams.limits(which) };
    let (limits, state) = teams.limits_and_state(which)?;
    gate(provider, State::Teams(Box::new(state)), required, limits)
}

fn uses(provider: &dyn Provider, packs: &dyn Packs, require: Option<Amount>) -> Result<UsesLeft> {
    let state = packs.account()?;
    let known = UsesLeft {
        credits_remaining: state.credits_remaining,
        free_uses_remaining: state.free_uses_remaining,
        daily_free_uses_remaining: state.daily_free_uses_remaining,
        mode: state.mode,
        unit: state.unit.clone(),
        portal_url: state.portal_url.clone(),
    };
    match require {
        Some(required) => gate(provider, State::Uses(Box::new(state)), required, known),
        None => Ok(known),
    }
}

/// Where there is no limit beside the balance, the balance is what is left of it.
fn gate<T: Serialize>(
    provider: &dyn Provider,
    mut state: State,
    required: Amount,
    known: T,
) -> Result<T> {
    let Err(mut error) = check::gate(provider, &mut state, required.into(), None) else {
        return Ok(known);
    };
    let balance = state.balance().filter(|_| error.class() == Class::InsufficientBalance);
    if let Some(balance) = balance {
        if balance.amount > Money::ZERO {
            error.parts_mut().class = Class::MonthlyCapExceeded;
        }
        error = error.detail("remaining", balance.amount.0.normalize().to_string());
    }
    Err(error.with_data_of(&known))
}
