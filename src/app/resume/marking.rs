//! Records what a person found about a purchase that nothing else can find the truth about. A
//! person is believed only where the system cannot be asked.

use crate::app::buying::Buying;
use crate::app::buying::finish::{locked, summary_of};
use crate::app::buying::site::{Site, named};
use crate::app::buying::terms::OutcomeWait;
use crate::app::summary::{AnySummary, RunFacts};
use crate::core::failure::{Failure, Result};
use crate::core::money::Money;
use crate::provider::plans::Item;
use crate::provider::{ChargeId, ChargeStatus, Seller};
use crate::purchase::journal::Journal;
use crate::purchase::mark::{self, PurchaseMark};
use crate::purchase::record::{KeyAge, Outcome, Purchase, Remark, Reporter, Stamp};
use crate::purchase::steps::RunMode;
use std::time::Duration;
use uuid::Uuid;

/// What a person found, who says so and why.
#[derive(Clone, Debug)]
pub struct MarkTarget {
    /// What was found.
    pub mark: PurchaseMark,
    /// Who says so, and why.
    pub remark: Remark,
}

/// The purchase that is to be marked: the one that this word means, else the only one that is open.
///
/// # Errors
/// Class `usage` when that is not one.
pub fn one_to_mark(
    journal: &Journal,
    word: Option<&str>,
    is_meant: &dyn Fn(&Site) -> bool,
) -> Result<Purchase> {
    if let Some(word) = word {
        return named(journal, word);
    }
    let mut open = journal.all_open()?;
    open.retain(|purchase| is_meant(&Site::from_intent(&purchase.intent)));
    match (open.pop(), open.len()) {
        (Some(one), 0) => Ok(one),
        (one, others) => {
            let all = others + usize::from(one.is_some());
            Err(Failure::usage(format!(
                "--mark needs exactly one open purchase, and there are {all}"
            ))
            .hint(
                "Name it, as in 'topup resume ID --mark not-charged'; 'topup history' lists them.",
            ))
        }
    }
}

/// Records it.
///
/// # Errors
/// Class `usage` when the purchase is final, or when the system knows better.
pub fn record(
    buying: &Buying<'_>,
    journal: &mut Journal,
    id: Uuid,
    found: &MarkTarget,
) -> Result<AnySummary> {
    let waiting = OutcomeWait::at_most(Duration::ZERO, Duration::ZERO);
    let _lock = locked(buying, id, waiting)?;
    let mut purchase = buying.load(journal, id)?;
    if purchase.outcome.is_some() {
        return Err(Failure::usage("this purchase is final already: nothing was recorded")
            .charged(purchase.charged()));
    }
    let seller = buying.charges.seller();
    let has_id = !purchase.charges.is_empty() && seller.status_by_id;
    if has_id {
        check_id(&purchase, &found.mark)?;
        // One poll: what the system says counts first.
        let options = buying.options(RunMode::Resume, true, waiting);
        purchase = buying.drive(journal, purchase, options).purchase;
        if purchase.outcome.is_some() {
            buying
                .report
                .note(&"The system says itself how it ended: nothing else was recorded.".into());
        }
    }
    if purchase.outcome.is_none() {
        let outcome = outcome(buying, journal, &purchase, &found.mark, &seller)?;
        let stamp = Stamp::from(&buying.now());
        let remark = found.remark.clone();
        mark::record(journal, &mut purchase, &stamp, &found.mark, outcome, remark)?;
    }
    buying.deliver(&purchase, Reporter::Resume, None);
    let run = RunFacts { loaded: true, was_final: false, sandbox: buying.portal.sandbox };
    summary_of(buying, &purchase, run)
}

/// A payment is paid under its own id.
fn check_id(purchase: &Purchase, mark: &PurchaseMark) -> Result<()> {
    match (mark, &purchase.payment) {
        (PurchaseMark::Charged(id), Some(payment)) if payment.payment_id != *id => {
            Err(Failure::usage(format!("nothing was recorded: {id} is not the id of this payment"))
                .charged(purchase.charged())
                .hint("'topup history' lists the payments with their ids."))
        }
        _ => Ok(()),
    }
}

/// What a mark comes to.
fn outcome(
    buying: &Buying<'_>,
    journal: &Journal,
    purchase: &Purchase,
    mark: &PurchaseMark,
    seller: &Seller,
) -> Result<Outcome> {
    let refuse = |why: &str| {
        Err(Failure::usage(format!("nothing was recorded: {why}"))
            .charged(purchase.charged())
            .hint_with("Run 'topup resume {}' first.", &[&purchase.intent.id]))
    };
    let may_ask = seller.key_life().is_some_and(|life| match purchase.key_age(&buying.now()) {
        KeyAge::Unused => true,
        KeyAge::Known(age) => age <= life.manual_replay_max_age,
        KeyAge::Unreadable => false,
    });
    let is_payment = purchase.intent.item == Item::Pack;
    match mark {
        PurchaseMark::NotCharged if is_payment || purchase.bank_check.is_some() => {
            Ok(Outcome::MarkedNotCharged)
        }
        PurchaseMark::NotCharged if purchase.charges.len() == 1 && seller.status_by_id => {
            refuse("the system accepted this purchase")
        }
        PurchaseMark::NotCharged if may_ask => {
            refuse("the system still knows the key and can be asked")
        }
        PurchaseMark::NotCharged => Ok(Outcome::MarkedNotCharged),
        PurchaseMark::Charged(id) => {
            check_is_of_no_other(journal, purchase, id)?;
            // An upgrade has no charge to poll: its key is sent again, while it is young.
            if purchase.intent.item.plan().is_some() && may_ask {
                return refuse("the system still knows the key and can be asked");
            }
            if is_payment || !seller.status_by_id || purchase.intent.item.plan().is_some() {
                return Ok(Outcome::MarkedCharged { charge_id: id.clone() });
            }
            by_poll(buying, purchase, id)
        }
    }
}

/// A charge answers one purchase.
fn check_is_of_no_other(journal: &Journal, purchase: &Purchase, id: &ChargeId) -> Result<()> {
    let others = journal.with_charge(id.as_str())?;
    match others.iter().find(|other| **other != purchase.intent.id) {
        None => Ok(()),
        Some(other) => Err(Failure::usage(format!(
            "nothing was recorded: the charge {id} belongs to purchase {other}"
        ))
        .charged(purchase.charged())
        .hint("Find the charge of this purchase on the portal.")),
    }
}

/// What the system says of the charge that a person found.
fn by_poll(buying: &Buying<'_>, purchase: &Purchase, id: &ChargeId) -> Result<Outcome> {
    let token = buying.token()?;
    let asked = Money::from(purchase.intent.amount);
    match buying.charges.poll(&token, id, Some(purchase.asked.wall)) {
        ChargeStatus::Settled(paid) => match paid.amount_usd {
            // A charge of something else, more likely than a portal that charged wrong.
            Some(amount) if amount != asked => Err(Failure::usage(format!(
                "nothing was recorded: this charge is of ${}, and the purchase of ${}",
                amount.shown(),
                purchase.intent.amount
            ))
            .charged(purchase.charged())
            .hint_with("Run 'topup resume {}' first.", &[&purchase.intent.id])),
            amount => Ok(Outcome::Settled {
                amount_usd: amount.unwrap_or(asked),
                settled_at: paid.settled_at,
                bill: paid.bill,
            }),
        },
        ChargeStatus::Failed(refusal) => {
            Err(Failure::from(refusal).hint("Nothing was recorded: this charge was not paid."))
        }
        ChargeStatus::Trouble { refusal, .. } => {
            Err(Failure::from(refusal).hint("Nothing was recorded."))
        }
        ChargeStatus::Pending | ChargeStatus::OpenPayment(_) | ChargeStatus::Credited(_) => {
            Ok(Outcome::MarkedCharged { charge_id: id.clone() })
        }
    }
}
