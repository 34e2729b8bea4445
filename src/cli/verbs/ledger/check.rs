//! `topup ledger check`: whether the budget has room for a cost; and what happens where it has not.

use super::{Whose, in_currency};
use crate::cli::invocation::Invocation;
use crate::core::command::NextStep;
use crate::core::env;
use crate::core::failure::{Failure, Result};
use crate::core::language::Language;
use crate::ledger::Ledger as Book;
use crate::ledger::input::check_base_price;
use crate::ledger::price::BasePrice;
use crate::ledger::refusal::Checked;
use crate::ledger::service::priced;
use crate::ledger::values::{Mandate, Model};
use crate::notice::{self, Channels, Notice};
use crate::output::page::{Page, Tone};
use crate::output::{Answer, Show};
use clap::Args;
use std::time::Duration;
use uuid::Uuid;

/// How long a process may be at a notice before another takes it for dead: more than sending takes.
const LEASE: Duration = Duration::from_secs(60);

/// The arguments of `topup ledger check`.
#[derive(Debug, Args)]
pub struct Check {
    /// Cost, with the markup in it unless --base is given; 0 checks for any balance
    #[arg(value_name = "COST", value_parser = check_base_price, allow_negative_numbers = true)]
    cost: BasePrice,
    /// Take the cost for a base price and add the markup
    #[arg(long)]
    base: bool,
}

impl Check {
    /// Compares.
    ///
    /// # Errors
    /// Class `insufficient_balance` when the budget does not hold.
    pub fn run(self, invocation: &Invocation, whose: &Whose) -> Result<Answer> {
        let (mut ledger, mandate) = whose.open(invocation)?;
        let cost = if self.base {
            priced(&mandate, &self.cost)?
        } else {
            let rounded = self.cost.rounded();
            rounded.ok_or_else(|| Failure::usage("the cost is too large"))?
        };
        let mut checked = ledger.check(&mandate, whose.user(), cost)?;
        if self.base {
            checked = checked.with_base_price(&self.cost, &mandate);
        }
        if !checked.allowed {
            return Err(refused(invocation, &mut ledger, &mandate, &checked));
        }
        Ok(Answer::new(checked))
    }
}

/// A budget that does not hold: whoever looks after a shared one is told, and the refusal is made.
pub fn refused(
    invocation: &Invocation,
    ledger: &mut Book,
    mandate: &Mandate,
    checked: &Checked,
) -> Failure {
    if mandate.billing_model == Model::PrepayMandate
        && let Err(error) = tell(invocation, ledger, mandate, checked)
    {
        let warning = NextStep::text(format!("no notice was sent for the empty pool: {error}"));
        invocation.output.warn(error.parts().hints.iter().fold(warning, NextStep::with));
    }
    checked.refusal(invocation.setup.language())
}

/// Sends the notice, once per cooldown and mandate, whoever asks and from wherever. Whatever goes
/// wrong is told on standard error and changes nothing else.
fn tell(
    invocation: &Invocation,
    ledger: &mut Book,
    mandate: &Mandate,
    checked: &Checked,
) -> Result<()> {
    let name = &mandate.mandate;
    let relay = invocation.setup.variable(env::SMTP_URL)?;
    let (channels, wrong) = Channels::usable(
        relay.as_deref(),
        invocation.setup.variable(env::SMTP_FROM)?.as_deref(),
        invocation.setup.variable(env::NOTIFY_URL)?.as_deref(),
    );
    // Without the mail server that is set, addresses are no way to tell anybody.
    let addresses = if relay.is_some() && !channels.has_mail() { &[] } else { &*mandate.notify };
    if addresses.is_empty() && !channels.has_webhook() {
        return Err(wrong.into_iter().next().unwrap_or_else(|| {
            Failure::usage("no address is known")
                .hint_with("'topup ledger init --mandate {} --notify ADDRESS' adds one.", &[&name])
        }));
    }
    for error in &wrong {
        invocation.output.warn(format!("the notice of the empty pool: {error}"));
    }
    let claim = Uuid::new_v4();
    if !ledger.claim_notice(name, claim, LEASE)? {
        return Ok(());
    }
    let notice = Notice {
        mandate: name.clone(),
        currency: mandate.currency.clone(),
        balance: checked.available(),
        required: checked.required_amount,
        triggered_by: checked.user.clone(),
        at: ledger.now(),
        cooldown: Duration::from_secs(mandate.cooldown_s),
    };
    let mut noted = Ok(());
    let told = notice::send(
        &notice,
        addresses,
        &channels,
        invocation.setup.http(),
        invocation.setup.interrupt(),
        &mut || noted = ledger.notice_reached(name),
    );
    for reason in &told.failed {
        invocation.output.warn(format!("the notice of the empty pool: {reason}"));
    }
    let ended = ledger.end_notice(name, claim);
    if told.reached > 0 {
        invocation.output.note("Whoever looks after the pool was told that it is empty.");
    }
    noted.and(ended)
}

impl Show for Checked {
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
