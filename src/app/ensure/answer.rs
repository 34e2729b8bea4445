//! What `ensure` answers, and how it says that it was not enough.

use crate::app::summary::Summary;
use crate::core::class::Class;
use crate::core::failure::{Charged, Failure};
use crate::core::money::Money;
use crate::provider::{AutoReload, dollars};
use schemars::JsonSchema;
use serde::Serialize;

/// That much is there now; `data` of `ensure`.
#[derive(Serialize, JsonSchema)]
pub struct Ensured {
    /// Whether this run paid for it.
    pub bought: bool,
    /// What was there before, in dollars.
    pub balance_usd: Money,
    /// Auto-reload, where this role sees it.
    pub auto_reload: Option<AutoReload>,
    /// What was asked for, in dollars.
    pub required_usd: Money,
    /// What this run bought, if it did.
    pub purchase: Option<Summary>,
    /// What earlier runs had left open, and this one found paid.
    pub finished: Vec<Summary>,
}

/// Bought, or bought before under this name, and it is not enough all the same.
pub(super) fn too_little(
    there: Money,
    required: Money,
    is_named: bool,
    purchase: &Summary,
    link: String,
) -> Failure {
    let (balance, asked) = (dollars(there), dollars(required));
    let bought = purchase.amount_usd.map(dollars).unwrap_or_default();
    let (message, hint) = match (purchase.replayed, is_named) {
        (true, true) => (
            format!(
                "{bought} was bought under this name before and is not bought again: the balance of {balance} is less than the {asked} asked for"
            ),
            "Give another --once name to buy again.",
        ),
        (true, false) => (
            format!(
                "nothing was bought: {bought} was already bought when the portal showed the same figures, and the balance of {balance} is less than the {asked} asked for"
            ),
            "Name the purchase with --once to buy again, or wait until the portal updates its figures.",
        ),
        (false, _) => (
            format!(
                "{bought} was bought; with the earlier balance of {balance} that is still less than the {asked} asked for"
            ),
            "Buy more at once with --to.",
        ),
    };
    let short = Failure::new(Class::InsufficientBalance, message).charged(Charged::Yes);
    let short = if purchase.replayed { short.charged_now(Charged::No) } else { short };
    short
        .detail("balance_usd", there.to_string())
        .detail("required_usd", required.to_string())
        .hint(hint)
        .link(link)
        .with_data_of(purchase)
}

/// What earlier runs had left open, and this one found paid.
#[derive(Debug, Default)]
pub struct FinishedEarlier {
    /// Each of them.
    pub paid: Vec<Summary>,
    /// A request of this run may have charged one of them; an earlier one may have, too.
    pub may_have_charged_now: bool,
}

/// What was found paid before it failed belongs to the answer: it must not say that nothing was
/// charged, and that this run charged nothing only where no request of it did.
pub fn and_finished(mut error: Failure, finished: &FinishedEarlier) -> Failure {
    let FinishedEarlier { paid, may_have_charged_now } = finished;
    if paid.is_empty() {
        return error;
    }
    let todo = error.class().row().todo;
    let parts = error.parts_mut();
    if parts.hints.is_empty() {
        parts.hints.push(todo.into());
    }
    let failed_now = parts.charged_now.or(parts.charged);
    if parts.charged == Some(Charged::No) {
        parts.charged = Some(Charged::Yes);
    }
    parts.charged_now = if *may_have_charged_now { Some(Charged::Unknown) } else { failed_now };
    let amounts: Vec<String> =
        paid.iter().filter_map(|earlier| earlier.amount_usd).map(dollars).collect();
    parts.hints.insert(
        0,
        format!("Earlier purchases that were open and are now paid: {}.", amounts.join(", "))
            .into(),
    );
    parts.data.insert("finished".to_owned(), serde_json::to_value(paid).unwrap_or_default());
    error
}
