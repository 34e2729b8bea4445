//! What `buy`, `status` and `resume` share: one run of the purchase machine in the real world.

use super::ci;
use super::execute_purchase::Waiting;
use crate::cli::invocation::Invocation;
use crate::core::duration;
use crate::core::failure::{Charged, Failure, Result};
use crate::provider::plans::Item;
use crate::provider::{Charges, PortalPage};
use crate::purchase::driver;
use crate::purchase::find_or_create;
use crate::purchase::journal::Journal;
use crate::purchase::key::FirstUse;
use crate::purchase::lock::EntityLock;
use crate::purchase::machine::Machine;
use crate::purchase::record::{KeyAge, Purchase, Row, Stamp};
use crate::purchase::steps::{Action, Report, RunMode, RunOptions};
use crate::purchase::summary::{Run, Summary, conclude};
use crate::purchase::world::{RealWorld, now};
use std::time::Duration;
use uuid::Uuid;

/// Runs the machine at this purchase; the caller holds its lock.
///
/// # Errors
/// Class `config` or `not_logged_in` before anything was sent.
pub fn drive(
    invocation: &Invocation,
    journal: &mut Journal,
    charges: &dyn Charges,
    purchase: Purchase,
    plan: RunOptions,
) -> Result<(Purchase, Report)> {
    let session = invocation.setup.session()?;
    let server_now = || invocation.setup.http().server_now();
    let mut progress = None;
    let mut tell = |purchase: &Purchase, action: &Action| {
        let (amount, what) = (purchase.intent.amount, purchase.intent.what());
        let text = match action {
            Action::Post => format!("Buying {what} …"),
            Action::LookAtPlan => "Looking which plan is in force …".to_owned(),
            Action::Poll(_) => format!("${amount} accepted, waiting until it is settled …"),
            Action::Wait(time) if purchase.charges.is_empty() && *time > Duration::from_secs(1) => {
                format!(
                    "No clear answer yet; asking again under the same key in {} s …",
                    time.as_secs()
                )
            }
            _ => return,
        };
        progress.get_or_insert_with(|| invocation.output.progress()).set_message(&text);
    };
    let moment = now(server_now());
    let mut world = RealWorld::new(
        journal,
        &session,
        charges,
        invocation.setup.interrupt(),
        &server_now,
        &mut tell,
    );
    let (purchase, report) = driver::drive(Machine::new(purchase, plan, moment), &mut world);
    drop(progress);
    if report.unrecorded {
        invocation.output.warn(
            "the journal could not be written; note the ids of this answer before you buy again",
        );
    }
    Ok((purchase, report))
}

/// A purchase of the journal, to go on with by nothing but its id. Where machines come and go
/// another one may have bought under its name or key, whatever this journal proved when it wrote it
/// down.
///
/// # Errors
/// Class `config`.
pub fn load(invocation: &Invocation, journal: &Journal, id: Uuid) -> Result<Purchase> {
    let mut purchase = journal.load(id)?;
    if let Some(name) = purchase.intent.naming.given(&purchase.intent.key) {
        let proven = ci::surroundings(invocation)?.is_only_here(name);
        find_or_create::merge_remote_use(&mut purchase, None, Ok(FirstUse { since: None, proven }));
    }
    Ok(purchase)
}

/// Finishes, or finds the truth about, one purchase of the journal; never starts one.
///
/// # Errors
/// The class of whatever it stands at, unless it is settled.
pub fn finish(
    invocation: &Invocation,
    journal: &mut Journal,
    charges: &dyn Charges,
    id: Uuid,
    waiting: Waiting,
    link: &str,
) -> Result<Summary> {
    let locks = invocation.setup.paths()?.locks_folder();
    let wait = waiting.limit().unwrap_or_default();
    let lock = EntityLock::take(&locks, id, wait, invocation.setup.interrupt())
        .map_err(|error| error.charged(Charged::Unknown))?;
    // Whoever had it may have ended it meanwhile.
    let purchase = load(invocation, journal, id)?;
    tell_age(invocation, &purchase);
    let run = Run {
        loaded: true,
        was_final: purchase.outcome.is_some(),
        sandbox: invocation.setup.portal()?.sandbox,
    };
    let plan = RunOptions {
        intention: RunMode::Resume,
        asked_for: true,
        life: charges.key_life(),
        wait: Some(wait),
        poll: waiting.poll(),
        loaded: true,
        price: None,
    };
    let (purchase, report) = drive(invocation, journal, charges, purchase, plan)?;
    drop(lock);
    conclude(&purchase, report, run, &page_of(invocation, &purchase, link)?)
}

/// The page where a purchase is seen: a plan's is another one than that of credits.
///
/// # Errors
/// Class `unsupported` where there is no such page.
pub fn page_of(invocation: &Invocation, purchase: &Purchase, link: &str) -> Result<String> {
    match purchase.intent.item {
        Item::Credits => Ok(link.to_owned()),
        Item::Plan(_) => invocation.setup.provider()?.page_link(PortalPage::Plan),
    }
}

fn tell_age(invocation: &Invocation, purchase: &Purchase) {
    if let KeyAge::Known(age) = purchase.key_age(&now(invocation.setup.http().server_now())) {
        invocation.output.note(format!(
            "Purchase {} of {}, sent {} ago.",
            purchase.intent.id,
            purchase.intent.what(),
            duration::show(age)
        ));
    }
}

/// Notes that the caller has the outcome, once the answer is out. Until then nobody else may take
/// the outcome for one that was never told: the lock is held to the end of the process.
///
/// # Errors
/// Class `config` when there is no folder for the journal.
pub fn note_delivery(invocation: &Invocation, purchase: &Purchase, lock: EntityLock) -> Result<()> {
    let file = invocation.setup.paths()?.journal_file();
    let id = purchase.intent.id;
    let to_note = purchase.outcome.is_some() && !purchase.delivered;
    invocation.on_delivered(move || {
        let _held = lock;
        if !to_note {
            return;
        }
        // An outcome that could not be noted as told is told once more: harmless.
        if let Ok(mut journal) = Journal::open(&file) {
            let _ = journal.append(id, &Stamp::from(&now(None)), &Row::Delivered);
        }
    });
    Ok(())
}

/// Refuses to act on a purchase of another portal than the one at hand.
///
/// # Errors
/// Class `usage`, naming the portal.
pub fn is_home(home: &str, origin: &str) -> Result<()> {
    if home == origin {
        return Ok(());
    }
    let error = Failure::usage(format!("this purchase belongs to {home}, not to {origin}"));
    Err(if home.starts_with("sandbox:") {
        error.hint("Add --sandbox; after 'sandbox reset' it is gone for good.")
    } else {
        error.hint(format!("Add --portal-url {home}."))
    })
}
