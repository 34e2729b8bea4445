//! `topup limit`: the monthly limit and what is left of it. Read only: it is changed on the portal.

use super::state::{dollars, show_limit};
use crate::answer::page::{Page, Tone};
use crate::answer::{Answer, Show};
use crate::class::Class;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::money::{Amount, Money};
use crate::provider::{MonthlyLimit, Page as PortalPage};
use clap::Args;
use schemars::JsonSchema;
use serde::Serialize;

/// The arguments of `topup limit`.
#[derive(Debug, Args)]
pub struct Limit {
    /// End with monthly_cap_exceeded when less than this is left
    #[arg(long, value_name = "AMOUNT", value_parser = Amount::parse)]
    require: Option<Amount>,
}

/// What is left of the month; `data` of `limit`.
#[derive(Serialize, JsonSchema)]
pub struct Limited {
    /// None where this role does not see it.
    monthly_limit: Option<MonthlyLimit>,
    /// Where it is changed.
    portal_url: String,
}

impl Limit {
    /// Reads it.
    ///
    /// # Errors
    /// Class `monthly_cap_exceeded` when less is left than required, `role_required` when this
    /// role does not see what is left.
    pub fn run(self, context: &Context) -> Result<Answer> {
        let provider = context.provider()?;
        let link = provider.link(PortalPage::Limit);
        let Some(account) = provider.dollar_account() else {
            return Err(provider.unsupported("a monthly limit", PortalPage::Limit));
        };
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
        Ok(Answer::new(Limited { monthly_limit, portal_url: link }))
    }
}

impl Show for Limited {
    fn show(&self, page: &mut Page) {
        match &self.monthly_limit {
            Some(limit) => show_limit(page, limit),
            None => page.line(Tone::Plain, "This role does not see the monthly limit."),
        }
        page.field("change it", Tone::Plain, &self.portal_url);
    }
}
