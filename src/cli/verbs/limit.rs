//! `topup limit`: the monthly limit and what is left of it. Read only: it is changed on the portal.

use super::state::row::show_limits;
use super::state::show_limit;
use crate::app::limit::{self, LimitOptions, RowLimits, UsesLeft};
use crate::cli::invocation::Invocation;
use crate::cli::verbs::which::WhichFlags;
use crate::core::failure::Result;
use crate::core::money::Amount;
use crate::output::page::{Page, Tone};
use crate::output::{Answer, Show};
use crate::provider::packs::PackMode;
use clap::Args;

pub use crate::app::limit::Limited;

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
    #[command(flatten)]
    whose: WhichFlags,
}

impl LimitArgs {
    /// Reads it.
    ///
    /// # Errors
    /// As [`limit::limit`].
    pub fn run(self, invocation: &Invocation) -> Result<Answer> {
        let options = LimitOptions { require: self.require, which: self.whose.which() };
        let provider = invocation.setup.provider()?;
        limit::limit(provider.as_ref(), &options).map(Answer::new)
    }

    /// Whether a script goes by it.
    pub fn is_gate(&self) -> bool {
        self.require.is_some()
    }
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
        page.link("portal", &self.portal_url);
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
            page.link("portal", url);
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
        page.link("change it", &left.portal_url);
    }
}
