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
                "{bought} was bought for these very figures before and is not bought again: the balance of {balance} is less than the {asked} asked for"
            ),
            "Name the purchase with --once to buy again, or wait until the portal's figures have moved.",
        ),
        (false, _) => (
            format!(
                "{bought} was bought, and with the {balance} from before that is less than the {asked} asked for"
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

/// What was found paid before it failed belongs to the answer: it must not say that nothing was
/// charged.
pub fn and_finished(mut error: Failure, finished: &[Summary]) -> Failure {
    if finished.is_empty() {
        return error;
    }
    let todo = error.class().row().todo;
    let parts = error.parts_mut();
    if parts.hints.is_empty() {
        parts.hints.push(todo.into());
    }
    if parts.charged == Some(Charged::No) {
        parts.charged = Some(Charged::Yes);
    }
    let amounts: Vec<String> =
        finished.iter().filter_map(|earlier| earlier.amount_usd).map(dollars).collect();
    parts.hints.insert(0, format!("Open from before, and paid: {}.", amounts.join(", ")).into());
    parts.data.insert("finished".to_owned(), serde_json::to_value(finished).unwrap_or_default());
    error
}
