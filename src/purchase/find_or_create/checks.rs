//! What keeps a purchase from being made or gone on with: limits, another buyer's, one whose outcome
//! is not known.

use super::refusals::other_buyer;
use super::store::{PurchaseStore, Purchases};
use crate::config::SpendingLimits;
use crate::core::class::Class;
use crate::core::failure::{Charged, Failure, Result};
use crate::core::time;
use crate::purchase::record::{Outcome, Purchase};
use crate::purchase::request::{PurchaseName, PurchaseRequest};
use crate::purchase::{guards, key};

/// A seller that knows no keys cannot hold a name: only this journal can.
pub(super) fn check_name_holds(ask: &PurchaseRequest<'_>) -> Result<()> {
    if !ask.seller.one_at_a_time() {
        return Ok(());
    }
    let title = ask.place.system.title();
    match &ask.called {
        PurchaseName::Key(_) => Err(Failure::usage(format!(
            "{title} knows no idempotency keys: --idempotency-key would protect nothing"
        ))
        .charged(Charged::No)
        .hint("Leave it out; a name for this machine's journal is given with --once.")),
        PurchaseName::Once { .. } if ask.machines_come_and_go => Err(Failure::usage(format!(
            "{title} knows no idempotency keys, so a name protects only within this journal, and in CI other machines have their own: nothing was sent"
        ))
        .charged(Charged::No)
        .hint("Buy from one machine that keeps its journal, or leave --once out.")),
        PurchaseName::Once { .. } | PurchaseName::Nothing { .. } => Ok(()),
    }
}

/// Whether a purchase that was found may be gone on with.
pub(super) fn check_may_go_on(
    store: &impl PurchaseStore,
    ask: &PurchaseRequest<'_>,
    purchase: &Purchase,
) -> Result<()> {
    check_was_not_sent_unseen(ask, Some(purchase))?;
    let reopens = purchase.outcome.as_ref().is_some_and(Outcome::may_reopen);
    let is_unsent = purchase.outcome.is_none() && !purchase.may_have_charged();
    if reopens || is_unsent {
        check_nothing_is_unknown(store, ask, Some(purchase))?;
    }
    if reopens {
        // It was not counted while it was refused: asked for again, it counts again.
        check_limits(store, ask)?;
    }
    Ok(())
}

/// Whether a purchase that was not found may be made.
pub(super) fn check_may_begin(store: &impl PurchaseStore, ask: &PurchaseRequest<'_>) -> Result<()> {
    check_nothing_is_unknown(store, ask, None)?;
    check_was_not_sent_unseen(ask, None)?;
    check_limits(store, ask)
}

/// What a restored journal may lack is begun or gone on with only where a key holds it apart from what
/// was sent unseen, and is remembered (the age of the key says so), or where another one is asked for
/// by `--new` and nothing of it can be taken for the first.
fn check_was_not_sent_unseen(ask: &PurchaseRequest<'_>, found: Option<&Purchase>) -> Result<()> {
    let by_key = !ask.seller.one_at_a_time();
    if let Some(purchase) = found {
        let is_seen = purchase.intent.first_use_proven || purchase.may_have_charged();
        return if by_key || is_seen { Ok(()) } else { Err(sent_unseen(purchase)) };
    }
    let Some(gap) = &ask.gap else { return Ok(()) };
    if !by_key && !ask.seller.person_pays() {
        let title = ask.place.system.title();
        let why = format!("{title} cannot tell a new purchase from an earlier one");
        return Err(key::restored(gap, &why));
    }
    Err(match &ask.called {
        PurchaseName::Nothing { new: true } => return Ok(()),
        PurchaseName::Nothing { new: false } => {
            key::restored(gap, "the same may have been bought in between")
                .hint("--new buys another one anyway.")
        }
        PurchaseName::Once { .. } | PurchaseName::Key(_) if by_key => return Ok(()),
        PurchaseName::Once { .. } | PurchaseName::Key(_) => {
            key::restored(gap, "the name may have been used in between")
        }
    })
}

fn sent_unseen(purchase: &Purchase) -> Failure {
    let id = purchase.intent.id;
    let mut failure = Failure::new(
        Class::OutcomeUnknown,
        format!(
            "nothing was sent: the journal was restored or copied, and the purchase of {} begun at {} may have been sent since",
            purchase.intent.what(),
            time::shown(purchase.asked.wall)
        ),
    )
    .charged(Charged::Unknown)
    .with_data("purchase_id", id.to_string())
    .hint_with(
        "Compare with the seller's page, then 'topup resume {} --mark not-charged' or 'topup resume {} --mark charged=CHARGE_ID'.",
        &[&id, &id],
    );
    failure.parts_mut().code = Some(key::JOURNAL_RESTORED.to_owned());
    failure
}

/// Refuses while the same is open for another organisation or subject under this same profile and
/// base URL: the login changed under way.
pub(super) fn check_no_other_buyer(
    store: &impl PurchaseStore,
    ask: &PurchaseRequest<'_>,
) -> Result<()> {
    let may_be_charged =
        |purchase: &Purchase| purchase.may_have_charged() && ask.is_same_of_another_buyer(purchase);
    match store.purchases().open_that(&ask.place.origin, may_be_charged)?.first() {
        Some(other) => Err(other_buyer(other)),
        None => Ok(()),
    }
}

/// Where one purchase is made at a time: nothing else is sent to the account while the outcome of
/// one is unknown, since the evidence could not distinguish them; and nothing at all while what the
/// journal knows may be lost.
fn check_nothing_is_unknown(
    store: &impl PurchaseStore,
    ask: &PurchaseRequest<'_>,
    but: Option<&Purchase>,
) -> Result<()> {
    if !ask.seller.one_at_a_time() || ask.seller.person_pays() {
        return Ok(());
    }
    let is_in_the_way = |purchase: &Purchase| {
        purchase.intent.organisation == ask.buyer.organisation
            && purchase.intent.subject == ask.buyer.subject
            && purchase.is_unknown(ask.seller.status_by_id)
            && but.is_none_or(|but| but.intent.id != purchase.intent.id)
    };
    store.check_durable()?;
    let in_the_way = store.purchases().open_that(&ask.place.origin, is_in_the_way)?;
    let Some(unknown) = in_the_way.first() else { return Ok(()) };
    let intent = &unknown.intent;
    let mut failure = Failure::new(
        Class::InProgress,
        format!(
            "nothing was sent: the outcome of the purchase of {} begun at {} is not known, and {} cannot tell a new one from it",
            intent.what(),
            time::shown(unknown.asked.wall),
            ask.place.system.title()
        ),
    )
    .charged(Charged::Unknown)
    .with_data("purchase_id", intent.id.to_string())
    .hint_with(
        "Run 'topup resume', or compare with the seller's page: where it shows no charge, 'topup resume {} --mark not-charged' records that.",
        &[&intent.id],
    );
    failure.parts_mut().code = Some("unknown_at_account".to_owned());
    Err(failure)
}

fn check_limits(store: &impl PurchaseStore, ask: &PurchaseRequest<'_>) -> Result<()> {
    if ask.limits == SpendingLimits::default() {
        return Ok(());
    }
    let (day, month) = guards::periods(ask.now.wall)?;
    let total = ask.total.unwrap_or(ask.amount);
    guards::check(total, &ask.limits, store.purchases().spent(&ask.place.origin, day, month)?)
}
