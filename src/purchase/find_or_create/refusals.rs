//! Why a purchase is not found or made: what stands in its way is named, and what became of that.

use crate::core::class::Class;
use crate::core::failure::{Charged, Failure};
use crate::core::money::Amount;
use crate::core::time;
use crate::provider::plans::Item;
use crate::purchase::record::{Intent, KeyOrigin, Outcome, Purchase};
use crate::purchase::request::PurchaseRequest;
use serde_json::json;

/// The same purchase is open for somebody else.
pub(super) fn other_buyer(purchase: &Purchase) -> Failure {
    let intent = &purchase.intent;
    let whose = match (&intent.organisation, &intent.subject) {
        (Some(organisation), _) => format!("the organisation {organisation}"),
        (None, Some(subject)) => format!("the login {subject}"),
        (None, None) => "another login".to_owned(),
    };
    let mut failure = Failure::new(
        Class::InProgress,
        format!(
            "nothing was sent: the same purchase of {} begun at {} is open for {whose}, and you are logged in for another one",
            intent.what(),
            time::shown(purchase.asked.wall)
        ),
    )
    .charged(purchase.charged())
    .charged_now(Charged::No)
    .with_data("purchase_id", intent.id.to_string())
    .with_data("idempotency_key", intent.key.as_str())
    .hint("Log in for that organisation and run 'topup resume', or buy another one with --new or another name.");
    failure.parts_mut().code = Some("other_organisation".to_owned());
    failure
}

/// The name or key belongs to a purchase of something else. `charged` is about what was asked for
/// now; what became of the other one stands in the message and in the details.
pub(super) fn conflict(known: &Purchase, ask: &PurchaseRequest<'_>) -> Failure {
    let what = |item: &Item, amount: Amount| match item {
        Item::Credits => format!("${amount}"),
        Item::Plan(plan) => format!("the plan {}", plan.tier_name),
        Item::Pack => "a pack".to_owned(),
    };
    let intent = &known.intent;
    let is_of_another = known.attempts.last().and_then(|attempt| attempt.failure.as_ref());
    let is_of_another =
        is_of_another.is_some_and(|failure| failure.class == Class::IdempotencyConflict);
    let called = match &intent.naming {
        KeyOrigin::Once { name, .. } => format!("the name '{}'", name.escape_debug()),
        KeyOrigin::Key | KeyOrigin::Random => "this key".to_owned(),
    };
    if is_of_another {
        let (asked, known) = (what(ask.item, ask.amount), what(&intent.item, intent.amount));
        return Failure::new(
            Class::IdempotencyConflict,
            format!(
                "{asked} was not sent: at the portal {called} belongs to a purchase of another amount than {known}, which this journal does not know"
            ),
        )
        .charged(Charged::Unknown)
        .charged_now(Charged::No)
        .with_data("idempotency_key", intent.key.as_str())
        .detail("key_charged", json!(Charged::Unknown))
        .hint("'topup open' leads to what was charged; another name buys again.");
    }
    Failure::new(
        Class::IdempotencyConflict,
        format!(
            "{} was not sent: {called} belongs to the purchase of {} begun at {}, {}",
            what(ask.item, ask.amount),
            what(&intent.item, intent.amount),
            time::shown(known.asked.wall),
            became(known)
        ),
    )
    .charged(not_sent_from_here(intent))
    .with_data("purchase_id", intent.id.to_string())
    .with_data("idempotency_key", intent.key.as_str())
    .detail("key_purchase_id", intent.id.to_string())
    .detail("key_amount_usd", intent.amount.to_string())
    .detail("key_charged", json!(known.charged()))
    .hint(match &intent.item {
        Item::Credits | Item::Pack => {
            "Use the amount of that purchase to continue it, or another name to buy again."
        }
        Item::Plan(_) => {
            "Name the same plan to go on with that upgrade, or give another name for another purchase."
        }
    })
}

/// What became of a purchase, at the end of a sentence.
fn became(purchase: &Purchase) -> String {
    match (&purchase.outcome, purchase.charged()) {
        (Some(outcome), _) if outcome.is_charged() => {
            format!("which was charged at {}", time::shown(purchase.ended_at()))
        }
        (Some(Outcome::Failed(_)), Charged::No) => "which failed and was not charged".to_owned(),
        (Some(_), Charged::No) => "which was not charged".to_owned(),
        (None, Charged::No) => "which is open and not charged so far".to_owned(),
        _ if !purchase.charges.is_empty() => "which was accepted and is not settled yet".to_owned(),
        _ => "and whether that was charged is not known".to_owned(),
    }
}

/// What is known of what is not sent now, under a name or key that another machine may have bought
/// with.
pub(super) fn not_sent_from_here(intent: &Intent) -> Charged {
    if intent.first_use_proven { Charged::No } else { Charged::Unknown }
}
