//! `topup ledger check`: whether the budget has room for a cost; and how the notice about a
//! pool that does not cover it is sent.

use super::options::{Whose, in_currency};
use crate::app::ledger::budget::{CheckOptions, Notifier, RefusalParts, Ways, check};
use crate::cli::invocation::Invocation;
use crate::core::env;
use crate::core::failure::Result;
use crate::core::language::Language;
use crate::ledger::input::check_base_price;
use crate::ledger::price::BasePrice;
use crate::ledger::refusal::BudgetCheck;
use crate::ledger::values::Model;
use crate::notice::{self, Channels, Notice, NoticeSent};
use crate::output::page::{Page, Tone};
use crate::output::{Answer, Show};
use clap::Args;

/// The arguments of `topup ledger check`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  topup ledger check 0.40")]
pub struct LedgerCheckArgs {
    /// Cost, with the markup in it unless --base is given; 0 checks for any balance
    #[arg(value_name = "COST", value_parser = check_base_price, allow_negative_numbers = true)]
    cost: BasePrice,
    /// Take the cost for a base price and add the markup
    #[arg(long)]
    base: bool,
}

impl LedgerCheckArgs {
    /// Compares.
    ///
    /// # Errors
    /// As [`check`].
    pub fn run(self, invocation: &Invocation, whose: &Whose) -> Result<Answer> {
        let (mut ledger, mandate) = whose.open(invocation)?;
        let asked = CheckOptions { cost: self.cost, is_base: self.base };
        let notices = Notices { invocation };
        let parts = refusal_parts(invocation, &notices);
        check(&mut ledger, &mandate, whose.user(), &asked, parts).map(Answer::new)
    }
}

/// Notices by mail and webhook, as the environment sets them.
pub struct Notices<'a> {
    /// This run.
    pub invocation: &'a Invocation,
}

/// What a refusal needs, of this run.
pub fn refusal_parts<'a>(invocation: &'a Invocation, notices: &'a Notices<'a>) -> RefusalParts<'a> {
    let language = invocation.setup.language();
    // Settings that cannot be read have ended the run before.
    let notice_language = invocation.setup.notice_language().unwrap_or(language);
    RefusalParts { notifier: notices, report: &invocation.output, language, notice_language }
}

impl Notifier for Notices<'_> {
    fn ways(&self) -> Result<Ways> {
        let setup = &self.invocation.setup;
        let relay = setup.variable(env::SMTP_URL)?;
        let (channels, wrong) = Channels::usable(
            relay.as_deref(),
            setup.variable(env::SMTP_FROM)?.as_deref(),
            setup.variable(env::NOTIFY_URL)?.as_deref(),
        );
        Ok(Ways { channels, wrong, wants_mail: relay.is_some() })
    }

    fn send(
        &self,
        notice: &Notice,
        addresses: &[String],
        channels: &Channels,
        on_first_reached: &mut dyn FnMut(),
    ) -> NoticeSent {
        let setup = &self.invocation.setup;
        let (http, interrupt) = (&setup.http, setup.interrupt());
        notice::send(notice, addresses, channels, http, interrupt, on_first_reached)
    }
}

impl Show for BudgetCheck {
    fn show(&self, page: &mut Page) {
        if self.billing_model == Model::Unlimited {
            let line = format!("{} has no limit: nothing is checked.", self.mandate);
            return page.line(Tone::Good, &line);
        }
        page.line(
            Tone::Good,
            &format!(
                "{} is there, {} was asked for.",
                in_currency(&self.currency, self.available()),
                self.required(Language::English)
            ),
        );
    }
}
