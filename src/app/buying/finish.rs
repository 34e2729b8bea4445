//! Going on with one purchase of the journal: it is finished, or the truth about it is found; none
//! is ever begun.

use super::Buying;
use super::site::Site;
use super::terms::OutcomeWait;
use crate::app::summary::conclude::conclude_any;
use crate::app::summary::payment::PaymentSummary;
use crate::app::summary::{AnySummary, RunFacts, Summary};
use crate::core::class::Class;
use crate::core::command::NextStep;
use crate::core::duration;
use crate::core::failure::{Charged, Failure, Result};
use crate::core::time;
use crate::provider::plans::Item;
use crate::purchase::journal::Journal;
use crate::purchase::lock::EntityLock;
use crate::purchase::record::{FailureRecord, KeyAge, Purchase, Reporter};
use crate::purchase::steps::{RunMode, RunOptions};
use uuid::Uuid;

/// Who goes on with a purchase, and how far.
#[derive(Clone, Copy, Debug)]
pub struct Finishing {
    /// How long to wait until it is final.
    pub waiting: OutcomeWait,
    /// `resume`: an older key may be sent as well.
    pub is_resume: bool,
    /// The verb that shows the outcome to a caller who is owed it; none where the caller has not
    /// asked for this very purchase.
    pub reported_by: Option<Reporter>,
    /// A person is shown how old the key is that may be sent again.
    pub notes_age: bool,
}

/// What going on with a purchase came to.
pub struct Finished {
    /// What is known of it; the class of whatever it stands at, unless it is settled.
    pub answer: Result<AnySummary>,
    /// It is open, and the system could not be asked: why.
    pub unasked: Option<FailureRecord>,
    /// A request of this run may have charged it.
    pub may_have_charged_now: bool,
}

/// Finishes this purchase, or finds out what became of it.
///
/// # Errors
/// The class of the state it is in, unless it is settled.
pub fn finish(
    buying: &Buying<'_>,
    journal: &mut Journal,
    id: Uuid,
    how: Finishing,
) -> Result<AnySummary> {
    go_on(buying, journal, id, how)?.answer
}

/// The same, and whether the system could be asked.
///
/// # Errors
/// The journal cannot be read, or another process has the purchase.
pub fn go_on(
    buying: &Buying<'_>,
    journal: &mut Journal,
    id: Uuid,
    how: Finishing,
) -> Result<Finished> {
    let mut purchase = buying.load(journal, id)?;
    let mut lock = None;
    if purchase.outcome.is_none() {
        lock = Some(locked(buying, id, how.waiting)?);
        // The process that had it may have ended it meanwhile.
        purchase = buying.load(journal, id)?;
        if how.notes_age {
            note_age(buying, &purchase);
        }
    }
    let was_final = purchase.outcome.is_some();
    let run = RunFacts { loaded: true, was_final, sandbox: buying.portal.sandbox };
    let options = buying.options(RunMode::Resume, true, how.waiting);
    let options = RunOptions { asked_for: how.is_resume, ..options };
    let driven = buying.drive(journal, purchase, options);
    drop(lock);
    let purchase = driven.purchase;
    if let Some(by) = how.reported_by {
        buying.deliver(&purchase, by, None);
    }
    let page = buying.page_of(&purchase.intent.item)?;
    let seller = buying.charges.seller();
    let failure = driven.report.failure.clone();
    let unasked =
        failure.filter(|failure| purchase.outcome.is_none() && keeps_from_asking(failure.class));
    let here = |page: &str| buying.portal.here(page);
    let may_have_charged_now = driven.report.may_have_charged_now;
    let answer = conclude_any(&purchase, driven.report, run, &seller, &page, &here);
    Ok(Finished { answer, unasked, may_have_charged_now })
}

/// Whether a look that ended so has not reached the system, or not under a login that it takes.
fn keeps_from_asking(class: Class) -> bool {
    class.is_login_trouble() || matches!(class, Class::Network | Class::Timeout | Class::Tls)
}

/// What the journal alone knows of a purchase.
pub fn summary_of(buying: &Buying<'_>, purchase: &Purchase, run: RunFacts) -> Result<AnySummary> {
    if purchase.intent.item != Item::Pack {
        return Ok(AnySummary::Charge(Box::new(Summary::from_purchase(purchase, run))));
    }
    let page = buying.page_of(&purchase.intent.item)?;
    let summary = PaymentSummary::from_purchase(purchase, None, &page, run)
        .with_page(|page| buying.portal.here(page));
    Ok(AnySummary::Payment(Box::new(summary)))
}

/// The right to act on a purchase; waits for another process that has it.
///
/// # Errors
/// Class `in_progress` where the wait is over first, the class of a signal, or `config`.
pub fn locked(buying: &Buying<'_>, id: Uuid, waiting: OutcomeWait) -> Result<EntityLock> {
    let wait = waiting.limit(&buying.charges.seller()).unwrap_or_default();
    EntityLock::take(buying.journal, id, wait, buying.clock.as_ref()).map_err(|mut error| {
        if error.class() == Class::InProgress {
            error.parts_mut().code = Some("running".to_owned());
        }
        error.charged(Charged::Unknown).charged_now(Charged::No)
    })
}

fn note_age(buying: &Buying<'_>, purchase: &Purchase) {
    let age = purchase.key_age(&buying.now());
    if let KeyAge::Known(age) = age
        && purchase.intent.item != Item::Pack
    {
        // A name may have been used before it was used here: its age says nothing about this request.
        let when = match purchase.intent.first_use_at {
            Some(_) => format!("requested at {}", time::shown(purchase.asked.wall)),
            None => format!("sent {} ago", duration::show(age)),
        };
        let (id, what) = (purchase.intent.id, purchase.intent.what());
        buying.report.note(&format!("Purchase {id} of {what}, {when}.").into());
    }
}

/// Refuses to act on a purchase of another portal than the one at hand: `verb` and the id are the
/// command that does.
///
/// # Errors
/// Class `usage`, with the command.
pub fn check_is_home(buying: &Buying<'_>, purchase: &Purchase, verb: &str) -> Result<()> {
    let (intent, place) = (&purchase.intent, &buying.place);
    let same_base = intent.base_url.as_ref().is_none_or(|base| *base == place.base_url);
    if intent.origin == place.origin && intent.system == place.system && same_base {
        return Ok(());
    }
    let site = Site::from_intent(intent);
    let message = format!("this purchase belongs to {}, not to {}", site.place(), place.base_url);
    let id = intent.id.to_string();
    let error = Failure::usage(message).hint(NextStep::run(site.command([verb, id.as_str()])));
    Err(if site.is_sandbox() {
        error.hint("After 'topup sandbox reset' it is gone for good.")
    } else {
        error
    })
}
