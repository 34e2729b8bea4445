//! `topup limit`: the monthly limit and what is left of it. Read only: it is changed on the portal.

use super::state::{dollars, show_limit};
use crate::answer::page::{Page, Tone};
use crate::answer::{Answer, Show};
use crate::class::Class;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::money::{Amount, Money};
use crate::provider::teams::{TeamLimits, Teams};
use crate::provider::{DollarAccount, MonthlyLimit, Page as PortalPage};
use clap::Args;
use schemars::JsonSchema;
use serde::Serialize;

/// The arguments of `topup limit`.
#[derive(Debug, Args)]
pub struct Limit {
    /// End with monthly_cap_exceeded when less than this is left, in dollars or credits
    #[arg(long, value_name = "AMOUNT", value_parser = Amount::parse)]
    require: Option<Amount>,
}

/// What is left; `data` of `limit`.
#[derive(Serialize, JsonSchema)]
#[serde(untagged)]
pub enum Limited {
    /// Of the month, in dollars.
    Month(MonthLeft),
    /// Of every team, in credits.
    Teams(TeamLimits),
}

/// What is left of the month.
#[derive(Serialize, JsonSchema)]
pub struct MonthLeft {
    /// None where this role does not see it.
    monthly_limit: Option<MonthlyLimit>,
    /// Where it is changed.
    portal_url: String,
}

impl Limit {
    /// Reads it.
    ///
    /// # Errors
    /// Class `monthly_cap_exceeded` when less is left than required, `insufficient_balance` when
    /// nothing is, `role_required` when this role does not see what is left.
    pub fn run(self, context: &Context) -> Result<Answer> {
        let provider = context.provider()?;
        let link = provider.link(PortalPage::Limit);
        let limited = if let Some(account) = provider.dollar_account() {
            Limited::Month(self.month(account, link)?)
        } else if let Some(teams) = provider.teams() {
            Limited::Teams(self.teams(teams)?)
        } else {
            return Err(provider.unsupported("a monthly limit", PortalPage::Limit));
        };
        Ok(Answer::new(limited))
    }

    fn month(&self, account: &dyn DollarAccount, link: String) -> Result<MonthLeft> {
        let monthly_limit = account.read()?.monthly_limit;
        if let Some(required) = self.require {
            let Some(limit) = &monthly_limit else {
                return Err(Error::new(
                    Class::RoleRequired,
                    "this role does not see the monthly limit",
                )
                .link(link));
            };
            if limit.remaining_usd < Money::from(required) {
                return Err(Error::new(
                    Class::MonthlyCapExceeded,
                    format!(
                        "{} of the monthly limit are left, ${required} were asked for",
                        dollars(limit.remaining_usd)
                    ),
                )
                .detail("remaining_usd", limit.remaining_usd.to_string())
                .detail("required_usd", required.to_string())
                .hint("Buy less, raise the limit on this page, or wait for the next month:")
                .link(link));
            }
        }
        Ok(MonthLeft { monthly_limit, portal_url: link })
    }

    /// The gate is on what is billed for the project; the answer is about every team.
    fn teams(&self, teams: &dyn Teams) -> Result<TeamLimits> {
        let Some(required) = self.require.map(Money::from) else { return teams.limits() };
        let (limits, state) = teams.limits_and_state()?;
        let balance = state.balance().ok_or_else(|| state.no_balance())?;
        if balance.amount >= required {
            return Ok(limits);
        }
        let class = if balance.amount <= Money::ZERO {
            Class::InsufficientBalance
        } else {
            Class::MonthlyCapExceeded
        };
        let (left, required) = (balance.amount.0.normalize(), required.0.normalize());
        let unit = balance.unit;
        let message = format!("{left} {unit} are left, {required} were asked for");
        Err(state.when_short(
            Error::new(class, message)
                .detail("remaining", left.to_string())
                .detail("required", required.to_string())
                .detail("unit", unit),
        ))
    }
}

impl Show for Limited {
    fn show(&self, page: &mut Page) {
        let left = match self {
            Self::Month(left) => left,
            Self::Teams(limits) => return limits.show(page),
        };
        match &left.monthly_limit {
            Some(limit) => show_limit(page, limit),
            None => page.line(Tone::Plain, "This role does not see the monthly limit."),
        }
        page.field("change it", Tone::Plain, &left.portal_url);
    }
}
