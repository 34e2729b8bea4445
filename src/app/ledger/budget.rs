//! Whether the budget holds; where it does not, the owner of a shared one gets a notice, once
//! per cooldown, and the refusal is made. Contract: poweron, "Refusal" and "The notice".

use crate::core::command::NextStep;
use crate::core::dialog::Report;
use crate::core::failure::{Failure, Result};
use crate::core::language::Language;
use crate::ledger::Ledger;
use crate::ledger::price::BasePrice;
use crate::ledger::refusal::BudgetCheck;
use crate::ledger::service::priced;
use crate::ledger::values::{Mandate, Model};
use crate::notice::{Channels, Notice, NoticeSent};
use std::time::Duration;
use uuid::Uuid;

/// How long a process may be at a notice before another takes it for dead: more than sending takes.
const LEASE: Duration = Duration::from_secs(60);

/// The ways to send a notice, as they are set.
#[derive(Debug, Default)]
pub struct Ways {
    /// Those that can be used.
    pub channels: Channels,
    /// Why others cannot.
    pub wrong: Vec<Failure>,
    /// A mail server is set, whether it can be used or not.
    pub wants_mail: bool,
}

/// Sends notices.
pub trait Notifier {
    /// The ways that are set.
    ///
    /// # Errors
    /// Class `config` when a setting cannot be read.
    fn ways(&self) -> Result<Ways>;

    /// Sends it by these ways. What is passed is called as soon as somebody was reached.
    fn send(
        &self,
        notice: &Notice,
        addresses: &[String],
        channels: &Channels,
        on_first_reached: &mut dyn FnMut(),
    ) -> NoticeSent;
}

/// What a refusal needs beside the ledger.
#[derive(Clone, Copy)]
pub struct RefusalParts<'a> {
    /// Sends the notice.
    pub notifier: &'a dyn Notifier,
    /// Gets what happens beside the answer.
    pub report: &'a dyn Report,
    /// The language of the refusal.
    pub language: Language,
    /// The language of those who get the notice.
    pub notice_language: Language,
}

/// What a check asks for.
#[derive(Clone, Debug)]
pub struct CheckOptions {
    /// The cost; zero asks whether anything is left.
    pub cost: BasePrice,
    /// It is the price before the markup.
    pub is_base: bool,
}

/// Compares a cost with the budget.
///
/// # Errors
/// Class `insufficient_balance` when the budget does not hold, `usage` for a cost that is too large
/// and when each user has an account and none is named.
pub fn check(
    ledger: &mut Ledger,
    mandate: &Mandate,
    user: Option<&str>,
    asked: &CheckOptions,
    parts: RefusalParts<'_>,
) -> Result<BudgetCheck> {
    let cost = if asked.is_base {
        priced(mandate, &asked.cost)?
    } else {
        let rounded = asked.cost.rounded();
        rounded.ok_or_else(|| Failure::usage("the cost is too large"))?
    };
    let mut checked = ledger.check(mandate, user, cost)?;
    if asked.is_base {
        checked = checked.with_base_price(&asked.cost, mandate);
    }
    if checked.allowed { Ok(checked) } else { Err(refuse(ledger, mandate, &checked, parts)) }
}

/// A budget that does not hold: the owner of a shared one gets a notice, and the refusal is
/// made. Whatever goes wrong with the notice is reported and changes nothing else.
pub fn refuse(
    ledger: &mut Ledger,
    mandate: &Mandate,
    checked: &BudgetCheck,
    parts: RefusalParts<'_>,
) -> Failure {
    if mandate.billing_model == Model::PrepayMandate
        && let Err(failure) = send_notice(ledger, mandate, checked, parts)
    {
        let warning = NextStep::text(format!("no notice sent: {failure}"));
        parts.report.warn(&failure.parts().hints.iter().fold(warning, NextStep::with));
    }
    checked.refusal(parts.language)
}

/// Sends the notice, once per cooldown and mandate, whichever process asks.
fn send_notice(
    ledger: &mut Ledger,
    mandate: &Mandate,
    checked: &BudgetCheck,
    parts: RefusalParts<'_>,
) -> Result<()> {
    let name = &mandate.mandate;
    let warn = |reason: String| {
        parts.report.warn(&NextStep::text(format!("the notice about the pool: {reason}")));
    };
    let Ways { channels, wrong, wants_mail } = parts.notifier.ways()?;
    // Without the mail server that is set, addresses are no way to reach anybody.
    let addresses = if wants_mail && !channels.has_mail() { &[] } else { &*mandate.notify };
    if addresses.is_empty() && !channels.has_webhook() {
        return Err(wrong.into_iter().next().unwrap_or_else(|| {
            Failure::usage(format!("{name} has no --notify address"))
                .hint_with("'topup ledger init --mandate {} --notify ADDRESS' adds one.", &[name])
        }));
    }
    for failure in &wrong {
        warn(failure.to_string());
    }
    let claim = Uuid::new_v4();
    if !ledger.claim_notice(name, claim, LEASE)? {
        return Ok(());
    }
    let notice = Notice {
        language: parts.notice_language,
        mandate: name.clone(),
        currency: mandate.currency.clone(),
        balance: checked.available(),
        required: checked.required_amount,
        triggered_by: checked.user.clone(),
        at: ledger.now(),
        cooldown: Duration::from_secs(mandate.cooldown_s),
    };
    let mut noted = Ok(());
    let sent = parts.notifier.send(&notice, addresses, &channels, &mut || {
        noted = ledger.notice_reached(name);
    });
    for reason in sent.failed {
        warn(reason);
    }
    let ended = ledger.end_notice(name, claim);
    if sent.reached > 0 {
        let left = checked.available().shown();
        let line = format!("A notice was sent: {} {left} left in the pool.", mandate.currency);
        parts.report.note(&NextStep::text(line));
    }
    noted.and(ended)
}
