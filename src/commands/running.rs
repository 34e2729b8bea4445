//! What `buy`, `status` and `resume` share: one run of the purchase machine in the real world.

use crate::context::Context;
use crate::error::{Error, Result};
use crate::provider::Charges;
use crate::purchase::driver;
use crate::purchase::journal::Journal;
use crate::purchase::lock::PurchaseLock;
use crate::purchase::machine::Machine;
use crate::purchase::record::{Purchase, Row, Stamp};
use crate::purchase::steps::{Action, Plan, Report};
use crate::purchase::world::{RealWorld, now};
use std::time::Duration;

/// Runs the machine at this purchase; the caller holds its lock.
///
/// # Errors
/// Class `config` or `not_logged_in` before anything was sent.
pub fn drive(
    context: &Context,
    journal: &mut Journal,
    charges: &dyn Charges,
    purchase: Purchase,
    plan: Plan,
) -> Result<(Purchase, Report)> {
    let session = context.session()?;
    let server_now = || context.http().server_now();
    let mut progress = None;
    let mut tell = |purchase: &Purchase, action: &Action| {
        let amount = purchase.intent.amount;
        let text = match action {
            Action::Post => format!("Buying ${amount} …"),
            Action::Poll(_) => format!("${amount} accepted, waiting until it is settled …"),
            Action::Wait(time) if purchase.charges.is_empty() && *time > Duration::from_secs(1) => {
                format!(
                    "No clear answer yet; asking again under the same key in {} s …",
                    time.as_secs()
                )
            }
            _ => return,
        };
        progress.get_or_insert_with(|| context.output.progress()).set_message(&text);
    };
    let moment = now(server_now());
    let mut world =
        RealWorld::new(journal, &session, charges, &context.interrupt, &server_now, &mut tell);
    let (purchase, report) = driver::drive(Machine::new(purchase, plan, moment), &mut world);
    drop(progress);
    if report.unrecorded {
        context.output.complain(
            "warning: the journal could not be written; note the ids of this answer before you buy again",
        );
    }
    Ok((purchase, report))
}

/// Notes that the caller has the outcome, once the answer is out. Until then nobody else may take
/// the outcome for one that was never told: the lock is held to the end of the process.
///
/// # Errors
/// Class `config` when there is no folder for the journal.
pub fn note_delivery(context: &Context, purchase: &Purchase, lock: PurchaseLock) -> Result<()> {
    let file = context.paths()?.journal_file();
    let id = purchase.intent.id;
    let to_note = purchase.outcome.is_some() && !purchase.delivered;
    context.on_delivered(move || {
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

/// Refuses to act on a purchase of another portal.
///
/// # Errors
/// Class `config`, naming the portal.
pub fn belongs_here(purchase: &Purchase, origin: &str) -> Result<()> {
    let home = &purchase.intent.origin;
    if home == origin {
        return Ok(());
    }
    let error = Error::config(format!("this purchase belongs to {home}, not to {origin}"));
    Err(if home.starts_with("sandbox:") {
        error.hint("Add --sandbox; after 'sandbox reset' it is gone for good.")
    } else {
        error.hint(format!("Add --portal-url {home}."))
    })
}
