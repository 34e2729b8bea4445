//! `topup limit`: the monthly limit and what is left of it. Read only: it is changed on the portal.

use super::state::row::show_limits;
use super::state::{dollars, show_limit};
use crate::app::check;
use crate::cli::invocation::Invocation;
use crate::core::class::Class;
use crate::core::failure::{Failure, Result};
use crate::core::money::{Amount, Money};
use crate::output::page::{Page, Tone};
use crate::output::{Answer, Show};
use crate::provider::balances::{LimitLeft, RowState, Scope};
use crate::provider::packs::{PackMode, Packs};
use crate::provider::teams::{self, TeamLimits, Teams, Which};
use crate::provider::{
    AccountState as _, DollarAccount, MonthlyLimit, PortalPage, Provider, State as Account, Unit,
};
use clap::Args;
use schemars::JsonSchema;
use serde::Serialize;
use std::path::PathBuf;

/// What its help page ends with.
const EXAMPLES: &str = "\
Examples:
  topup limit                          what is left of this month
  topup limit --require 50 || notify   a gate: is there room for 50?";

/// The arguments of `topup limit`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct LimitArgs {
    /// End with monthly_cap_exceeded when less than this is left, in dollars, credits or uses
    #[arg(long, value_name = "AMOUNT", value_parser = Amount::parse)]
    require: Option<Amount>,
    /// Use the project at this root, where a project chooses what is billed
    #[arg(long, value_name = "DIR")]
    project: Option<PathBuf>,
    /// Use this team, whichever the project has chosen
    #[arg(long, value_name = "TEAM", conflicts_with = "project")]
    team: Option<String>,
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
    /// The tightest limit; null where only what is left is told, or where there is no limit.
    limit: Option<Money>,
    /// What is used of it, where that is told.
    used: Option<Money>,
    /// What is left of it, where that is told.
    remaining: Option<Money>,
    /// What all of them count.
    unit: Unit,
    /// Whose limit it is: `account`, `key`, `user`, `team` or `pool`.
    scope: Scope,
    /// All of them, the tightest first; empty where nothing limits it.
    limits: Vec<LimitLeft>,
    /// What is worth knowing about the numbers.
    notes: Vec<String>,
    /// The page of the system.
    portal_url: Option<String>,
}

/// The uses that are left.
#[derive(Serialize, JsonSchema)]
pub struct UsesLeft {
    /// Uses that were bought.
    credits_remaining: Option<i64>,
    /// Free uses.
    free_uses_remaining: Option<i64>,
    /// Free uses of today; null where there are none by day.
    daily_free_uses_remaining: Option<i64>,
    /// Whether and how the system sells more.
    mode: PackMode,
    /// What is counted: `uses`.
    unit: Unit,
    /// The page of the system.
    portal_url: String,
}

/// What is left of the month.
#[derive(Serialize, JsonSchema)]
pub struct MonthLeft {
    /// None where this role does not see it.
    monthly_limit: Option<MonthlyLimit>,
    /// Where it is changed.
    portal_url: String,
}

impl LimitArgs {
    /// Reads it.
    ///
    /// # Errors
    /// Class `monthly_cap_exceeded` when less is left than required, `insufficient_balance` when
    /// nothing is, `role_required` when this role does not see what is left.
    pub fn run(self, invocation: &Invocation) -> Result<Answer> {
        let provider = invocation.setup.provider()?;
        if self.project.is_some() || self.team.is_some() {
            teams::of(provider.as_ref())?;
        }
        let monthly = provider.dollar_account().filter(|account| account.has_monthly_limit());
        let limited = if let Some(account) = monthly {
            Limited::Month(self.month(account, provider.page_link(PortalPage::Limit)?)?)
        } else if let Some(teams) = provider.teams() {
            Limited::Teams(self.teams(provider.as_ref(), teams)?)
        } else if let Some(packs) = provider.packs() {
            Limited::Uses(self.uses(provider.as_ref(), packs)?)
        } else if let Some(limits) = provider.limits() {
            Limited::Row(self.row(limits.limits()?)?)
        } else {
            return Err(provider.unsupported("a monthly limit", PortalPage::Limit));
        };
        Ok(Answer::new(limited))
    }

    fn month(&self, account: &dyn DollarAccount, link: String) -> Result<MonthLeft> {
        let Some(required) = self.require else {
            let monthly_limit = account.read()?.monthly_limit;
            return Ok(MonthLeft { monthly_limit, portal_url: link });
        };
        let state = account.read_standing()?;
        if let Some(stopped) = state.stopped() {
            return Err(stopped);
        }
        let monthly_limit = state.monthly_limit;
        let Some(limit) = &monthly_limit else {
            return Err(Failure::new(
                Class::RoleRequired,
                "this role does not see the monthly limit",
            )
            .link(link));
        };
        if limit.remaining_usd < Money::from(required) {
            return Err(Failure::new(
                Class::MonthlyCapExceeded,
                format!(
                    "{} of the monthly limit is left, less than the ${required} asked for",
                    dollars(limit.remaining_usd)
                ),
            )
            .detail("remaining_usd", limit.remaining_usd.to_string())
            .detail("required_usd", required.to_string())
            .hint("Buy less, wait for the next month, or raise the limit on this page ('topup open limit' opens it):")
            .link(link));
        }
        Ok(MonthLeft { monthly_limit, portal_url: link })
    }

    /// The gate is on the tightest limit. One that does not say what is left of it opens no gate.
    fn row(&self, state: RowState) -> Result<RowLimits> {
        let tightest = state.limits.first();
        if let (Some(required), Some(limit)) = (self.require, tightest) {
            let required = Money::from(required);
            let Some(left) = limit.remaining else {
                return Err(Failure::new(Class::Protocol, "what is left of the limit is not told")
                    .link(state.portal_url));
            };
            if left < required {
                let (left, asked) = (limit.unit.shown(left), limit.unit.shown(required));
                let message = format!(
                    "{left} of the limit of the {} is left, less than the {asked} asked for",
                    limit.scope.word()
                );
                return Err(Failure::new(Class::MonthlyCapExceeded, message)
                    .detail("remaining", limit.remaining.map(|left| left.to_string()))
                    .detail("required", required.to_string())
                    .detail("scope", limit.scope.word())
                    .hint("Ask for less, or have the limit raised.")
                    .link(state.portal_url));
            }
        }
        Ok(RowLimits {
            limit: tightest.and_then(|limit| limit.limit),
            used: tightest.and_then(|limit| limit.used),
            remaining: tightest.and_then(|limit| limit.remaining),
            unit: tightest.map_or(state.unit.clone(), |limit| limit.unit.clone()),
            scope: tightest.map_or(state.scope, |limit| limit.scope),
            notes: state.notes,
            portal_url: state.portal_url,
            limits: state.limits,
        })
    }

    /// The gate is on what is billed; the answer is about every team, or the one that is named.
    fn teams(&self, provider: &dyn Provider, teams: &dyn Teams) -> Result<TeamLimits> {
        let which = Which { project: self.project.as_deref(), team: self.team.as_deref() };
        let Some(required) = self.require else { return teams.limits(which) };
        let (limits, state) = teams.limits_and_state(which)?;
        gate(provider, &mut Account::Teams(Box::new(state)), required)?;
        Ok(limits)
    }

    fn uses(&self, provider: &dyn Provider, packs: &dyn Packs) -> Result<UsesLeft> {
        let state = packs.account()?;
        if let Some(required) = self.require {
            gate(provider, &mut Account::Uses(Box::new(state.clone())), required)?;
        }
        Ok(UsesLeft {
            credits_remaining: state.credits_remaining,
            free_uses_remaining: state.free_uses_remaining,
            daily_free_uses_remaining: state.daily_free_uses_remaining,
            mode: state.mode,
            unit: state.unit,
            portal_url: state.portal_url,
        })
    }
}

/// Where there is no limit beside the balance, the balance is what is left of it.
fn gate(provider: &dyn Provider, state: &mut Account, required: Amount) -> Result<()> {
    let Err(mut error) = check::gate(provider, state, required.into(), None) else { return Ok(()) };
    let balance = state.balance().filter(|_| error.class() == Class::InsufficientBalance);
    if let Some(balance) = balance {
        if balance.amount > Money::ZERO {
            error.parts_mut().class = Class::MonthlyCapExceeded;
        }
        error = error.detail("remaining", balance.amount.0.normalize().to_string());
    }
    Err(error)
}

impl Show for UsesLeft {
    fn show(&self, page: &mut Page) {
        if self.mode == PackMode::Unlimited {
            page.line(Tone::Good, "Uses are not counted here.");
        }
        for (label, count) in [
            ("bought", self.credits_remaining),
            ("free", self.free_uses_remaining),
            ("free today", self.daily_free_uses_remaining),
        ] {
            if let Some(count) = count.filter(|_| self.mode != PackMode::Unlimited) {
                let tone = if count <= 0 { Tone::Warn } else { Tone::Plain };
                page.field(label, tone, &format!("{count} uses left"));
            }
        }
        page.field("portal", Tone::Plain, &self.portal_url);
    }
}

impl Show for RowLimits {
    fn show(&self, page: &mut Page) {
        if self.limits.is_empty() {
            page.line(Tone::Plain, "No limit is set.");
        }
        show_limits(page, &self.limits);
        for note in &self.notes {
            page.line(Tone::Dim, note);
        }
        if let Some(url) = &self.portal_url {
            page.field("portal", Tone::Plain, url);
        }
    }
}

impl Show for Limited {
    fn show(&self, page: &mut Page) {
        let left = match self {
            Self::Month(left) => left,
            Self::Row(limits) => return limits.show(page),
            Self::Teams(limits) => return limits.show(page),
            Self::Uses(left) => return left.show(page),
        };
        match &left.monthly_limit {
            Some(limit) => show_limit(page, limit),
            None => page.line(Tone::Plain, "This role does not see the monthly limit."),
        }
        page.field("change it", Tone::Plain, &left.portal_url);
    }
}
