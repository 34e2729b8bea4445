//! What is known about money where a command failed before it had a purchase at hand. An earlier
//! run of the same command may have been charged, so "no" is said only where that is shown.

use crate::class::Class;
use crate::context::Context;
use crate::error::{Charged, Error, Result};
use crate::provider::{System, portal};
use crate::purchase::journal::{self, Journal, Waiting};
use std::path::Path;

/// What else there is to know about a purchase whose answer could not be delivered.
pub const IF_LOST: &str = "The purchase itself is done. Run the same command again: it tells how it ended, and pays for nothing twice.";

/// Whether money moved, where only one of these can be what is meant and nobody knows which; none
/// where there are none.
pub fn one_of(all: impl IntoIterator<Item = Charged>) -> Option<Charged> {
    all.into_iter().reduce(|one, other| if one == other { one } else { Charged::Unknown })
}

/// Whether money may have moved for a purchase that nobody can tell by a name, a key or an amount:
/// proved not to where nothing in the journal waits for anybody, at any portal.
pub fn of_no_name(context: &Context) -> Charged {
    match context.paths() {
        // No home, no journal: there was no earlier run.
        Err(_) => Charged::No,
        Ok(paths) if nothing_waits(&paths.journal_file()) => Charged::No,
        Ok(_) => Charged::Unknown,
    }
}

/// The command that goes on with what waits there, as far as that is not where this run is.
pub fn resume_command(context: &Context, waiting: &Waiting) -> String {
    let is_here = !context.is_sandbox().unwrap_or(true)
        && context.portal().is_ok_and(|portal| portal.identity == waiting.origin);
    let place = match () {
        () if is_here => String::new(),
        () if portal::is_sandbox(&waiting.origin) => "--sandbox ".to_owned(),
        () => format!("--portal-url {} ", waiting.origin),
    };
    let meant = context.settings().map_or(System::default(), |settings| settings.system);
    let system = match waiting.system {
        system if system == meant => String::new(),
        other => format!("--provider {} ", other.name()),
    };
    format!("topup {system}{place}resume")
}

/// Tells what is open at other portals and systems, which this run does not go on with. What was
/// open at a sandbox that was begun anew is gone with it.
///
/// # Errors
/// Class `config`.
pub fn tell_of_others(context: &Context, journal: &Journal) -> Result<()> {
    let here = context.portal()?;
    for waiting in journal.waiting()?.iter().filter(|waiting| waiting.open > 0) {
        let is_ours = waiting.origin == here.identity && waiting.system == here.system;
        let is_gone = portal::is_sandbox(&waiting.origin) && waiting.origin != here.identity;
        if !is_ours && !is_gone {
            context.output.note(&format!(
                "Not final at {}: {}; '{}' goes on there.",
                waiting.system.title(),
                waiting.open,
                resume_command(context, waiting)
            ));
        }
    }
    Ok(())
}

/// Completes an error of a verb that goes on with what is there and begins nothing. What was typed
/// wrong, or is not there at all, is about no purchase.
pub fn of_a_look(error: Error, charged: impl FnOnce() -> Charged) -> Error {
    match error.class() {
        Class::Usage | Class::Unsupported => error,
        _ => error.or_charged(charged),
    }
}

fn nothing_waits(file: &Path) -> bool {
    match journal::look(file) {
        Ok(None) => true,
        Ok(Some(health)) => health.version == 0 || (!health.is_old && health.waiting.is_empty()),
        // A journal that was just made and never written to.
        Err(_) => file.metadata().is_ok_and(|found| found.len() == 0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_doubt_is_enough_and_only_what_all_say_is_known() {
        use Charged::{No, Unknown, Yes};
        for (all, known) in [
            (vec![], None),
            (vec![No, No], Some(No)),
            (vec![Yes], Some(Yes)),
            (vec![No, Yes], Some(Unknown)),
            (vec![Unknown, No], Some(Unknown)),
            (vec![Yes, No, Yes], Some(Unknown)),
        ] {
            assert_eq!(one_of(all.clone()), known, "{all:?}");
        }
    }
}
