//! What several pages show and check: the account, read once, an amount in a field, and who may
//! change anything.

use super::fields::{FieldErrorReason, FieldsRefused};
use super::layout::{day, form_word, problem};
use crate::core::failure::Result;
use crate::core::money::Amount;
use crate::sandbox::account::{self, Month, SandboxCard};
use crate::sandbox::store::StoreWork;
use crate::sandbox::wire::{Call, SandboxReply};
use maud::{Markup, html};
use rust_decimal::Decimal;

/// Everything the page shows, read once.
pub(super) struct AccountPage {
    pub word: String,
    pub role: String,
    /// Whether this role may change anything here.
    pub manages: bool,
    /// Whether it may see more than the balance. Contract: nous, state.
    pub sees: bool,
    pub balance: Decimal,
    pub month: Month,
    pub card: Option<&'static SandboxCard>,
    pub switch: bool,
    pub least: Decimal,
    pub most: Decimal,
}

impl AccountPage {
    pub(super) fn read(work: &StoreWork<'_>) -> Result<Self> {
        let role = account::role(work);
        let (least, most) = account::bounds(work)?;
        Ok(Self {
            word: form_word(work),
            manages: account::may_charge(&role),
            sees: role != "MEMBER",
            role,
            balance: account::balance(work)?,
            month: account::month(work)?,
            card: account::card(work),
            switch: account::switch(work),
            least,
            most,
        })
    }
}

/// The amount in a field.
pub(super) fn amount(call: &Call, field: &'static str) -> Result<Decimal, FieldsRefused> {
    let typed = call.field(field).unwrap_or_default();
    let why =
        if typed.trim().is_empty() { FieldErrorReason::Empty } else { FieldErrorReason::NoAmount };
    Amount::parse(typed.trim()).map(Amount::decimal).map_err(|_| FieldsRefused { field, why })
}

/// Only who manages the account changes it; `None` where it may be.
pub(super) fn not_allowed(work: &StoreWork<'_>) -> Option<SandboxReply> {
    let role = account::role(work);
    if account::may_charge(&role) {
        return None;
    }
    let text = "Your role may not change this, and nothing was changed. An owner or admin has to.";
    Some(problem(work, 403, "Not allowed", text, ("/billing", "Back to billing")))
}

/// The day that the month ends on.
pub(super) fn on_day(end: Option<jiff::Timestamp>) -> Markup {
    html! { @if let Some(end) = end { "on " (day(end)) } @else { "with the end of the month" } }
}
