//! One line for what happened to a purchase, and the exact next steps.

use super::payment::PaymentSummary;
use crate::core::class::Class;
use crate::core::command::NextStep;
use crate::core::duration;
use crate::core::failure::Charged;
use crate::provider::packs::PaymentStatus;
use crate::provider::{KeyLife, Seller};
use crate::purchase::record::{Attempt, KeyOrigin, Outcome, Purchase, Verdict};
use crate::purchase::steps::{PurchaseReport, TooOld};

/// Past the wait the uses show it as well. Contract: ciris, polling.
const BALANCE: &str = "The uses that are left show it too: 'topup state'.";

/// Where a person pays.
const ON_PAGE: &str = "A person pays on {page}:";
/// The page of the card processor takes a live card over https alone, so none is served from here.
/// Contract: ciris, the page.
const BY_PROGRAM: &str = "The system names no page for this payment: 'topup buy --yes --new --no-wait --show-client-secret' hands one to a program of yours.";

/// What happened to a purchase of credits or of a plan, and the next steps.
pub(super) fn explain(
    purchase: &Purchase,
    report: &PurchaseReport,
    seller: &Seller,
) -> (String, Vec<NextStep>) {
    let (id, amount) = (purchase.intent.id, purchase.intent.amount);
    let reason = report.failure.as_ref().map(|failure| failure.message.clone()).unwrap_or_default();
    let check = NextStep::filled("Check with 'topup status {} --wait', or 'topup resume'.", &[&id]);
    let again = NextStep::filled(
        "Run the same command again, or 'topup resume {}': neither pays twice.",
        &[&id],
    );
    match report.class {
        Class::Pending if reason.is_empty() => {
            (format!("${amount} was accepted and is not settled yet"), vec![check])
        }
        Class::Pending => (
            format!("${amount} was accepted and is not settled yet (the last check: {reason})"),
            vec![check],
        ),
        Class::ActionRequired => {
            (format!("{reason}; {} is not paid yet", purchase.intent.what()), vec![check])
        }
        Class::OutcomeUnknown => match report.too_old {
            Some(why) => too_old(purchase, why, seller.key_life()),
            None if seller.one_at_a_time() => {
                (unclear(purchase, &reason), vec![again, mark(purchase)])
            }
            None => (unclear(purchase, &reason), vec![again]),
        },
        Class::AuthenticationRequired if purchase.outcome.is_none() => {
            bank_check(purchase, &reason)
        }
        _ if matches!(purchase.outcome, Some(Outcome::KeyKept { .. })) => {
            key_kept(purchase, reason)
        }
        Class::Interrupted | Class::Terminated if purchase.waits_for_person().is_some() => {
            ("interrupted while waiting; a person can still finish the payment".into(), vec![check])
        }
        Class::Interrupted | Class::Terminated if !purchase.charges.is_empty() => (
            "interrupted while waiting; the purchase was accepted".to_owned(),
            vec![
                "The portal finishes the purchase without topup, and may still charge your card."
                    .into(),
                check,
            ],
        ),
        Class::Interrupted | Class::Terminated if report.charged == Charged::No => {
            ("interrupted before anything was sent".to_owned(), vec![again])
        }
        Class::Interrupted | Class::Terminated => {
            ("interrupted while the purchase was being sent".to_owned(), vec![again])
        }
        Class::Protocol => match &purchase.outcome {
            Some(Outcome::Settled { amount_usd, .. }) => (
                format!("${} was charged, but ${amount} was asked for", amount_usd.shown()),
                vec!["Compare with the portal and report it.".into()],
            ),
            _ => (reason, vec![mark(purchase)]),
        },
        Class::IdempotencyConflict => conflict(purchase),
        Class::TemporarilyUnavailable | Class::ProcessorUnavailable | Class::ServerError
            if is_answered_again(purchase, report.class) =>
        {
            answered_again(purchase, reason)
        }
        Class::PaymentCanceled if purchase.outcome == Some(Outcome::MarkedNotCharged) => {
            ("this purchase was marked as not charged".to_owned(), Vec::new())
        }
        Class::PaymentCanceled if reason.is_empty() => {
            ("this purchase was closed before anything was sent".to_owned(), Vec::new())
        }
        Class::NotLoggedIn | Class::SessionRevoked if purchase.outcome.is_none() => (
            reason,
            vec![NextStep::filled("Run 'topup login --step-up', then 'topup resume {}'.", &[&id])],
        ),
        _ if retryable(purchase) => {
            let hint = "Under this name the outcome stays the same. After a change of the card on the portal, add --retry-declined.";
            (reason, vec![hint.into()])
        }
        _ => (reason, Vec::new()),
    }
}

/// The name or key belongs to another purchase, of which this journal has nothing but what the
/// system answers.
fn conflict(purchase: &Purchase) -> (String, Vec<NextStep>) {
    let (intent, what) = (&purchase.intent, purchase.intent.what());
    let called = match &intent.naming {
        KeyOrigin::Once { name, .. } => format!("the name '{}'", name.escape_debug()),
        KeyOrigin::Key | KeyOrigin::Random => "this key".to_owned(),
    };
    let hint = "Use another name for another purchase; 'topup open' leads to what was charged.";
    let message = match &purchase.outcome {
        Some(Outcome::Settled { amount_usd, .. }) => format!(
            "{what} was not bought: ${} was charged under {called}, which another machine may have used first",
            amount_usd.shown()
        ),
        _ => format!(
            "{what} was not bought: at the portal {called} belongs to a purchase of another amount"
        ),
    };
    (message, vec![hint.into()])
}

/// Whether more than one run got this refusal under one name or key of the caller's: a system may
/// keep an answer under its key.
fn is_answered_again(purchase: &Purchase, class: Class) -> bool {
    let same =
        |attempt: &&Attempt| attempt.failure.as_ref().is_some_and(|failure| failure.class == class);
    purchase.intent.naming.is_given() && purchase.attempts.iter().filter(same).count() > 1
}

fn answered_again(purchase: &Purchase, reason: String) -> (String, Vec<NextStep>) {
    let times = purchase.attempts.len();
    let hint = format!(
        "The portal gave this answer in each of {times} tries and may keep it for this name. If it does, use another name."
    );
    (reason, vec![NextStep::text(hint)])
}

/// The bank wants the card holder to confirm, and the same charge may be paid then.
fn bank_check(purchase: &Purchase, reason: &str) -> (String, Vec<NextStep>) {
    let what = purchase.intent.what();
    let id = purchase.intent.id;
    let another = match purchase.intent.naming {
        KeyOrigin::Random => "--new buys another one.",
        KeyOrigin::Once { .. } => "--retry-declined --new, or another name, buys another one.",
        KeyOrigin::Key => "Another key buys another one.",
    };
    let hints = vec![
        NextStep::filled("'topup status {}' checks whether it was confirmed.", &[&id]),
        NextStep::filled("'topup resume {} --mark not-charged' closes it as not charged.", &[&id]),
        another.into(),
        "Nothing is charged unless you confirm it on {page}:".into(),
    ];
    (format!("{reason}; {what} is not paid yet"), hints)
}

/// Refused with an unknown code.
fn key_kept(purchase: &Purchase, reason: String) -> (String, Vec<NextStep>) {
    let hint = match purchase.intent.naming {
        KeyOrigin::Random => {
            "Run the same command again: it uses the same key, so nothing is paid twice."
        }
        _ => "Try again with the same name or key: nothing is paid twice.",
    };
    (reason, vec![hint.into()])
}

/// What happened to a payment that a person finishes, and the next steps; `pack` is what it is for.
pub(super) fn explain_payment(
    purchase: &Purchase,
    report: &PurchaseReport,
    summary: &PaymentSummary,
) -> (String, Vec<NextStep>) {
    let pack = summary.pack();
    let id = purchase.intent.id;
    let reason = report.failure.as_ref().map(|failure| failure.message.clone()).unwrap_or_default();
    let check = NextStep::filled(
        "Check with 'topup status {} --wait'; 'topup buy' continues it as well.",
        &[&id],
    );
    let another = || "'topup buy' opens another one.".into();
    let status = report.reading.as_ref().map(|reading| reading.status);
    match report.class {
        Class::PaymentCanceled => {
            let why = match &purchase.outcome {
                Some(Outcome::MarkedNotCharged) => {
                    "this payment was marked as not charged".to_owned()
                }
                Some(Outcome::NeverSent) => {
                    "the payment was closed before its page was shown".to_owned()
                }
                _ => format!("the payment of {pack} was cancelled"),
            };
            (why, vec![another()])
        }
        Class::PaymentFailed => (format!("the payment of {pack} failed"), vec![another()]),
        Class::Interrupted | Class::Terminated if purchase.payment.is_some() => {
            (format!("interrupted; {pack} can still be paid"), vec![check])
        }
        Class::Interrupted | Class::Terminated => {
            ("interrupted before a payment was opened".to_owned(), Vec::new())
        }
        Class::Pending => {
            let standing = match (status, reason.is_empty()) {
                (Some(PaymentStatus::Paid), true) => {
                    format!("{pack} is paid, and its uses are not in the account yet")
                }
                (Some(PaymentStatus::Paid), false) => format!(
                    "{pack} is paid, and its uses are not in the account yet (the last check: {reason})"
                ),
                (_, true) => format!("{pack}: not settled yet"),
                (_, false) => format!("{pack}: not settled yet (the last check: {reason})"),
            };
            (standing, vec![BALANCE.into(), check])
        }
        Class::ActionRequired => (
            format!("{pack} is not paid yet; no money has moved"),
            vec![check, if summary.has_page { ON_PAGE } else { BY_PROGRAM }.into()],
        ),
        _ => (reason, Vec::new()),
    }
}

/// A named purchase whose card was declined: the name alone stays declined for ever.
fn retryable(purchase: &Purchase) -> bool {
    matches!(purchase.intent.naming, KeyOrigin::Once { .. }) && purchase.is_declined()
}

/// What a person does about a purchase whose outcome only a person can find.
fn mark(purchase: &Purchase) -> NextStep {
    let id = purchase.intent.id;
    let charge = if purchase.intent.item.plan().is_some() { "INVOICE_ID" } else { "CHARGE_ID" };
    NextStep::filled(
        "Compare with the portal, then 'topup resume {} --mark charged={}' or 'topup resume {} --mark not-charged'.",
        &[&id, &charge, &id],
    )
}

/// The key must not be sent any more.
fn too_old(purchase: &Purchase, why: TooOld, life: Option<KeyLife>) -> (String, Vec<NextStep>) {
    let what = purchase.intent.what();
    let age = match why.age {
        Some(age) => format!("it is {} old", duration::show(age)),
        None => "the clocks do not show its age".to_owned(),
    };
    let mut hints = vec![mark(purchase)];
    let longest = life.map(|life| life.manual_replay_max_age).unwrap_or_default();
    let may_ask = why.age.is_some_and(|age| age < longest);
    if !purchase.intent.naming.is_given() && may_ask {
        hints.insert(
            0,
            NextStep::filled(
                "'topup resume' still asks while it is younger than {}.",
                &[&duration::show(longest)],
            ),
        );
    }
    (
        format!(
            "nothing was sent: the key of this purchase of {what} is too old to be sent again ({age})"
        ),
        hints,
    )
}

/// What may have happened without a row of this journal.
fn elsewhere(purchase: &Purchase) -> String {
    let what = purchase.intent.what();
    if purchase.intent.naming.is_given() {
        format!("another machine may have bought {what} under this name")
    } else {
        format!("the journal was restored or copied, and {what} may have been bought since")
    }
}

/// No answer, or one that proves nothing about the requests before it.
fn unclear(purchase: &Purchase, reason: &str) -> String {
    let what = purchase.intent.what();
    let refused =
        purchase.attempts.last().is_some_and(|attempt| attempt.verdict == Some(Verdict::No));
    if purchase.attempts.is_empty() {
        return format!("nothing was sent from here, but {}", elsewhere(purchase));
    }
    if refused && !purchase.intent.first_use_proven {
        return format!("this attempt was refused ({reason}), but {}", elsewhere(purchase));
    }
    if refused {
        return format!(
            "this attempt was refused ({reason}), but an earlier request of {what} got no clear answer"
        );
    }
    if reason.is_empty() {
        format!("no clear answer about {what}")
    } else {
        format!("no clear answer about {what}: {reason}")
    }
}
