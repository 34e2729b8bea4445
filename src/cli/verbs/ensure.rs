//! `topup ensure`: buy only when less than that is there, from any number of jobs at once.

use super::balance_after;
use super::ci;
use super::completions::values;
use super::opening::{self, BUYING, with_what_is_known};
use super::purchase_options::{WaitOptions, parse_time};
use super::shape::Shape;
use super::state::note_auto_reload;
use crate::app::buying::rehearsal::Would;
use crate::app::ensure;
use crate::app::ensure::answer::{Ensured, FinishedEarlier, and_finished};
use crate::app::ensure::rehearsal::EnsureDryRun;
use crate::cli::invocation::Invocation;
use crate::core::class::Class;
use crate::core::failure::{Failure, Result};
use crate::core::money::Amount;
use crate::output::page::{Page, Tone};
use crate::output::{Answer, Show};
use crate::provider::dollars;
use crate::provider::{DollarAccount, Provider};
use crate::purchase::key;
use clap::Args;
use clap_complete::ArgValueCandidates;
use jiff::Timestamp;

/// What its help page ends with.
const EXAMPLES: &str = "\
Examples:
  topup ensure --at-least 20 --to 50 --yes   buy up to a balance of 50
  topup ensure --at-least 20 --buy 25 --yes --once nightly-42   on any machine";

/// What else there is to know where the answer could not be delivered.
const IF_LOST: &str = "The purchase itself is done. Run the same command again: it reads the balance again, and buys nothing twice.";

/// The arguments of `topup ensure`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct EnsureArgs {
    /// Buy when fewer dollars than this are left
    #[arg(long, value_name = "AMOUNT", value_parser = Amount::parse)]
    at_least: Amount,
    /// Amount to buy; give this or --to
    #[arg(long, value_name = "AMOUNT", value_parser = Amount::parse, conflicts_with = "to")]
    buy: Option<Amount>,
    /// Balance to buy up to; give this or --buy
    #[arg(long, value_name = "AMOUNT", value_parser = Amount::parse)]
    to: Option<Amount>,
    /// Name the purchase; a name buys once, on any machine
    #[arg(long, value_name = "NAME", value_parser = key::check_name, add = ArgValueCandidates::new(values::names))]
    once: Option<String>,
    /// Earliest time this name may have been used, such as 2026-11-20T12:00:00Z
    #[arg(long, hide_short_help = true, value_name = "TIME", value_parser = parse_time, requires = "once")]
    once_since: Option<Timestamp>,
    /// Try again after the card was declined
    #[arg(long, hide_short_help = true)]
    retry_declined: bool,
    /// Refuse to pay more than this
    #[arg(long, value_name = "AMOUNT", value_parser = Amount::parse)]
    max: Option<Amount>,
    #[command(flatten)]
    waiting: WaitOptions,
    /// Read the balance after a purchase, for 5 seconds at most
    #[arg(long, hide_short_help = true)]
    balance: bool,
    /// Show what would be done and send nothing
    #[arg(long)]
    dry_run: bool,
}

impl EnsureArgs {
    /// Looks, and buys where that is needed.
    ///
    /// # Errors
    /// Every class that a purchase can end with, `pending` or `outcome_unknown` when enough is on
    /// its way already, `insufficient_balance` when it is not enough even so.
    pub fn run(self, invocation: &Invocation) -> Result<Answer> {
        if self.dry_run {
            return self
                .rehearse(invocation)
                .map_err(|error| self.with_what_is_known(invocation, error));
        }
        let mut finished = FinishedEarlier::default();
        let outcome = self
            .look_and_buy(invocation, &mut finished)
            .map_err(|error| ci::with_named_command(invocation, self.once.as_deref(), error))
            .map_err(|error| and_finished(self.with_what_is_known(invocation, error), &finished));
        outcome.map(|ensured| {
            let (bought, mut ensured) = (ensured.bought, ensured);
            if let Some(purchase) = &mut ensured.purchase {
                balance_after::read(invocation, self.balance, purchase);
            }
            let answer = Answer::new(Ensured { finished: finished.paid, ..ensured });
            if bought { answer.if_lost(IF_LOST) } else { answer }
        })
    }

    /// Says of a failure whether money moved, where it does not say so itself.
    pub fn with_what_is_known(&self, invocation: &Invocation, error: Failure) -> Failure {
        let ensure = self.ensure();
        let terms = ensure.terms(self.once.clone());
        with_what_is_known(invocation, error, &terms, false, |known| ensure.earlier(known))
    }

    fn look_and_buy(
        &self,
        invocation: &Invocation,
        finished: &mut FinishedEarlier,
    ) -> Result<Ensured> {
        let ensure = self.ensure();
        ensure.check()?;
        opening::buying(invocation, BUYING, |buying| {
            ensure.run(buying, account(buying.provider)?, finished)
        })
    }

    fn rehearse(&self, invocation: &Invocation) -> Result<Answer> {
        let ensure = self.ensure();
        ensure.check()?;
        opening::buying(invocation, BUYING, |buying| {
            ensure.rehearse(buying, account(buying.provider)?).map(Answer::new)
        })
    }

    /// Which of its answers it gives.
    pub fn shape(&self) -> Shape {
        if self.dry_run { Shape::DryRun } else { Shape::Usual }
    }

    fn ensure(&self) -> ensure::Ensure {
        ensure::Ensure {
            at_least: self.at_least,
            buy: self.buy,
            to: self.to,
            once: self.once.clone(),
            once_since: self.once_since,
            retry_declined: self.retry_declined,
            max: self.max,
            waiting: self.waiting.into(),
        }
    }
}

/// The account that is filled up. Where a person pays for each pack no script can fill it up.
fn account(provider: &dyn Provider) -> Result<&dyn DollarAccount> {
    provider.dollar_account().ok_or_else(|| {
        let error = provider.unsupported(BUYING.what, BUYING.page);
        if provider.packs().is_none() {
            return error;
        }
        let title = provider.system().title();
        let message =
            format!("{title} sells packs that a person pays for: no command can buy one alone");
        Failure::new(Class::Unsupported, message)
            .hint("'topup check --at-least N' is the gate; 'topup buy' opens a payment.")
            .link(error.parts().portal_url.clone())
    })
}

impl Show for Ensured {
    fn show(&self, page: &mut Page) {
        let (there, required) = (dollars(self.balance_usd), dollars(self.required_usd));
        for earlier in &self.finished {
            earlier.show(page);
        }
        match &self.purchase {
            None => {
                let more = if self.finished.is_empty() { "" } else { " more" };
                let text = format!(
                    "The balance is {there}, enough for the {required} asked for: nothing{more} to buy."
                );
                page.line(Tone::Good, &text);
                note_auto_reload(page, self.auto_reload.as_ref());
            }
            Some(purchase) => {
                page.line(
                    Tone::Plain,
                    &format!("The balance was {there}, less than the {required} asked for."),
                );
                purchase.show(page);
                if purchase.auto_reload.is_none() {
                    note_auto_reload(page, self.auto_reload.as_ref());
                }
            }
        }
    }
}

impl Show for EnsureDryRun {
    fn show(&self, page: &mut Page) {
        let (there, required) = (dollars(self.balance_usd), dollars(self.required_usd));
        let would = match (self.rehearsed.would, self.amount_usd) {
            (Would::Nothing, _) => format!(
                "The balance is {there}, enough for the {required} asked for: it would buy nothing."
            ),
            (Would::TellAgain, _) => {
                "Would report again how the purchase of this name ended.".to_owned()
            }
            (Would::GoOn, None) => format!(
                "The balance is {there}, less than the {required} asked for. Would first finish what is open, and buy what is missing then."
            ),
            (Would::Start | Would::GoOn, amount) => format!(
                "The balance is {there}, less than the {required} asked for. Would buy {}.",
                amount.map(dollars).unwrap_or_default()
            ),
        };
        page.line(Tone::Strong, &format!("{would} Nothing was sent."));
        for id in &self.open {
            page.field("open", Tone::Plain, id);
        }
        if let Some(card) = &self.card {
            page.field("card", Tone::Plain, card);
        }
        self.rehearsed.show(page);
        note_auto_reload(page, self.auto_reload.as_ref());
    }
}
