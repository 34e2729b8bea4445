//! What is known about money where a command failed before it had a purchase at hand. An earlier
//! run of the same command may have been charged, so "no" is said only where that is shown.

use crate::cli::invocation::Invocation;
use crate::core::class::Class;
use crate::core::failure::{Charged, Failure};
use crate::purchase::journal;
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
pub fn of_no_name(invocation: &Invocation) -> Charged {
    match invocation.setup.paths() {
        // No home, no journal: there was no earlier run.
        Err(_) => Charged::No,
        Ok(paths) if nothing_waits(&paths.journal_file()) => Charged::No,
        Ok(_) => Charged::Unknown,
    }
}

/// Completes an error of a verb that goes on with what is there and begins nothing. What was typed
/// wrong, or is not there at all, is about no purchase.
pub fn of_a_look(error: Failure, charged: impl FnOnce() -> Charged) -> Failure {
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
