//! Opens what buying takes, from what a run has typed and found.

use super::login::StepUpLogin;
use crate::app::buying::Buying;
use crate::app::buying::earlier::{Earlier, KnownPurchase};
use crate::app::buying::terms::Terms;
use crate::app::questions::{Questions, StepUp};
use crate::app::setup::Setup;
use crate::app::setup::purchase::PurchaseParts;
use crate::cli::invocation::Invocation;
use crate::core::disk;
use crate::core::failure::{Failure, Result};
use crate::provider::PortalPage;
use crate::purchase::delivery::Delivery;
use crate::purchase::place::JournalPlace;
use crate::purchase::record::Purchase;
use std::sync::Arc;

/// What is asked for, in the words of the failure where a system does not offer it.
#[derive(Clone, Copy)]
pub struct Offer {
    /// As in "does not offer buying".
    pub what: &'static str,
    /// The page where it is done instead.
    pub page: PortalPage,
}

/// Buying credits.
pub const BUYING: Offer = Offer { what: "buying", page: PortalPage::Topup };
/// Purchases of earlier runs.
pub const PURCHASES: Offer = Offer { what: "purchases", page: PortalPage::Topup };
/// Plans of a subscription.
pub const PLANS: Offer = Offer { what: "plans", page: PortalPage::Plan };

impl Invocation {
    /// Asks a person, where somebody is to be asked.
    pub fn questions(&self) -> Questions<'_> {
        Questions { ask: &self.output, report: &self.output, assume_yes: self.globals.yes }
    }
}

/// Does this with what buying takes.
///
/// # Errors
/// Whatever keeps a part from being opened, and what `act` ends with.
pub fn buying<T>(
    invocation: &Invocation,
    offer: Offer,
    act: impl FnOnce(&Buying<'_>) -> Result<T>,
) -> Result<T> {
    buying_at(invocation, &invocation.setup, &StepUpLogin(invocation), offer, act)
}

/// The same at another place than the run's own.
///
/// # Errors
/// As [`buying`].
pub fn buying_at<T>(
    invocation: &Invocation,
    setup: &Setup,
    step_up: &dyn StepUp,
    offer: Offer,
    act: impl FnOnce(&Buying<'_>) -> Result<T>,
) -> Result<T> {
    with_parts(invocation, setup, step_up, offer, Setup::purchase_parts, act)
}

/// The same for a verb that begins no purchase: it needs no home.
///
/// # Errors
/// As [`buying`].
pub fn reading<T>(
    invocation: &Invocation,
    offer: Offer,
    act: impl FnOnce(&Buying<'_>) -> Result<T>,
) -> Result<T> {
    let (setup, step_up) = (&invocation.setup, StepUpLogin(invocation));
    with_parts(invocation, setup, &step_up, offer, Setup::purchase_parts_to_read, act)
}

fn with_parts<'s, T>(
    invocation: &Invocation,
    setup: &'s Setup,
    step_up: &dyn StepUp,
    offer: Offer,
    parts: impl FnOnce(&'s Setup) -> Result<PurchaseParts<'s>>,
    act: impl FnOnce(&Buying<'_>) -> Result<T>,
) -> Result<T> {
    let provider = setup.provider()?;
    let Some(charges) = provider.charges() else {
        return Err(provider.unsupported(offer.what, offer.page));
    };
    let parts = parts(setup)?;
    act(&Buying {
        journal: &parts.journal,
        provider: provider.as_ref(),
        charges,
        tokens: &parts.session,
        portal: parts.portal,
        place: parts.place,
        limits: parts.limits,
        sole_buyer: parts.sole_buyer,
        surroundings: parts.surroundings,
        clock: Arc::clone(&setup.environment.clock),
        server_now: &|| setup.http.server_now(),
        questions: invocation.questions(),
        report: &invocation.output,
        new_id: setup.environment.new_id,
        step_up,
        on_delivered: &|delivery: Delivery| invocation.on_delivered(move || delivery.note()),
    })
}

/// Says where the journal of purchases is, and on what kind of disk where that is doubtful.
pub fn report_journal(invocation: &Invocation) {
    let Some(journal) = invocation.setup.journal_if_any() else { return };
    let disk = match &journal {
        JournalPlace::Files { journal, .. } => disk::doubt(journal),
        JournalPlace::Shared { .. } => None,
    };
    let disk = disk.map(|disk| format!(", on {disk}")).unwrap_or_default();
    invocation.output.complain(&format!("journal: {}{disk}", journal.shown()));
}

/// Completes a failure that does not say whether money moved, by what is known of earlier runs;
/// `earlier` finds those that are meant, and `is_one` says that one of them is.
pub fn with_what_is_known(
    invocation: &Invocation,
    error: Failure,
    terms: &Terms,
    is_one: bool,
    earlier: impl FnOnce(&KnownPurchase<'_>) -> Result<Vec<Purchase>>,
) -> Failure {
    let setup = &invocation.setup;
    let journal = setup.journal_if_any();
    let origin = setup.portal().ok().map(|portal| portal.identity.as_str());
    let surroundings = setup.surroundings().ok();
    let known = KnownPurchase {
        journal: journal.as_ref(),
        origin,
        surroundings: surroundings.as_ref(),
        now: setup.now(),
    };
    known.complete(error, terms, || Ok(Earlier { purchases: earlier(&known)?, is_one }))
}
