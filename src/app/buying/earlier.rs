//! Which purchases of earlier runs a command may mean, and what that says about money where it
//! failed before it had one at hand: an earlier run of the same command may have been charged, so
//! "no" is reported only where that is proven.

use super::terms::Terms;
use crate::core::class::Class;
use crate::core::command::NextStep;
use crate::core::failure::{Charged, Failure, Result};
use crate::core::time;
use crate::purchase::find_or_create;
use crate::purchase::journal::{self, Journal, JournalDoubt};
use crate::purchase::key::{FirstUse, Surroundings};
use crate::purchase::place::JournalPlace;
use crate::purchase::record::{KeyOrigin, Purchase};
use crate::purchase::request::PurchaseName;
use jiff::Timestamp;

/// What a command can know of earlier runs without a login.
pub struct KnownPurchase<'a> {
    /// Where the journal is; none where there is no home, and so no earlier run.
    pub journal: Option<&'a JournalPlace>,
    /// The identity of the portal, as far as the settings select one.
    pub origin: Option<&'a str>,
    /// What the CI system says about this run; none where that cannot be read.
    pub surroundings: Option<&'a Surroundings>,
    /// The wall clock.
    pub now: Timestamp,
}

/// The purchases of earlier runs that a command may mean.
pub struct Earlier {
    /// All of them.
    pub purchases: Vec<Purchase>,
    /// The command means one of them; else it may mean none.
    pub is_one: bool,
}

impl KnownPurchase<'_> {
    /// Every purchase of an earlier run that these terms may mean, as far as the journal knows it
    /// without a login; of those without a name, those that `is_meant`.
    ///
    /// # Errors
    /// Class `config`.
    pub fn earlier(
        &self,
        terms: &Terms,
        is_meant: impl Fn(&Purchase) -> bool,
    ) -> Result<Vec<Purchase>> {
        let Some(file) = self.journal else { return Ok(Vec::new()) };
        if terms.is_new() {
            // Another one is asked for: those before do not matter.
            return Ok(Vec::new());
        }
        let Some(mut journal) = Journal::open_if_there(file)? else { return Ok(Vec::new()) };
        let origin = self.origin.ok_or_else(|| Failure::internal("which portal is not known"))?;
        let doubt = journal.doubt().cloned();
        let mut named = journal.exclusively(|alone| match &terms.called {
            PurchaseName::Once { name, .. } => alone.by_name_anywhere(origin, name),
            PurchaseName::Key(key) => Ok(Vec::from_iter(alone.by_key(origin, key.as_str())?)),
            PurchaseName::Nothing { .. } => alone.unnamed_anywhere(origin),
        })?;
        if !terms.is_named() {
            named.retain(is_meant);
            return Ok(named);
        }
        let attempt = self.surroundings.and_then(Surroundings::attempt);
        if file.shared().is_some() {
            return Ok(named);
        }
        for purchase in &mut named {
            find_or_create::merge_remote_use(
                purchase,
                terms.once_since,
                || self.is_proven(terms, doubt.as_ref()),
                attempt.as_ref(),
            );
        }
        Ok(named)
    }

    fn first_use(&self, terms: &Terms, doubt: Option<&JournalDoubt>) -> Result<FirstUse> {
        match self.surroundings {
            Some(surroundings) => terms.first_use(surroundings, self.now, None, doubt),
            // Without a name no other machine can have begun the same purchase.
            None if !terms.is_named() => {
                terms.first_use(&Surroundings::default(), self.now, None, doubt)
            }
            None => Err(Failure::internal(
                "the variables of CI, or the URL of the shared store, cannot be read",
            )),
        }
    }

    /// Whether this run proves that the name or key was not used before.
    fn is_proven(&self, terms: &Terms, doubt: Option<&JournalDoubt>) -> bool {
        self.first_use(terms, doubt).is_ok_and(|first| first.proven)
    }

    /// What may be missing in the journal.
    pub fn doubt(&self) -> Option<JournalDoubt> {
        let journal = self.journal.and_then(|file| Journal::open_if_there(file).ok().flatten());
        journal.and_then(|journal| journal.doubt().cloned())
    }

    /// Whether money may have moved for a purchase that the journal does not know: on another
    /// machine that has used the name or key first.
    pub fn charged_elsewhere(&self, terms: &Terms) -> Charged {
        let doubt = self.doubt();
        if self.is_proven(terms, doubt.as_ref()) { Charged::No } else { Charged::Unknown }
    }

    /// Completes a failure that does not say whether money moved. What failed before its purchase
    /// was opened has sent nothing; an earlier run of the same command may have: then nothing says
    /// that nothing was charged.
    pub fn complete(
        &self,
        error: Failure,
        terms: &Terms,
        earlier: impl FnOnce() -> Result<Earlier>,
    ) -> Failure {
        if error.parts().charged.is_some() {
            return error;
        }
        let is_named = terms.is_named();
        let Earlier { purchases, is_one } = match earlier() {
            Ok(earlier) => earlier,
            Err(_) if is_named => return error.charged(Charged::Unknown).sent_nothing(),
            Err(_) => return error.charged(charged_without_name(self.journal)).sent_nothing(),
        };
        let is_one = is_one || is_named;
        let of_none = (!is_one && !purchases.is_empty()).then_some(Charged::No);
        let known = one_of(purchases.iter().map(Purchase::charged).chain(of_none));
        let charged = known.unwrap_or_else(|| self.charged_elsewhere(terms));
        // What failed this early has sent nothing.
        let mut error = error.charged(charged).sent_nothing();
        match purchases.as_slice() {
            [purchase] if is_one && charged != Charged::No => {
                let todo = error.class().row().todo;
                let hints = &mut error.parts_mut().hints;
                if hints.is_empty() {
                    hints.push(todo.into());
                }
                hints.insert(0, NextStep::text(whose(purchase, charged)));
                error
                    .with_data("purchase_id", purchase.intent.id.to_string())
                    .with_data("idempotency_key", purchase.intent.key.as_str())
            }
            _ => error,
        }
    }
}

/// Which purchase of before is meant, and whether it was charged.
fn whose(purchase: &Purchase, charged: Charged) -> String {
    let intent = &purchase.intent;
    let called = match &intent.naming {
        KeyOrigin::Once { name, .. } => format!("The purchase '{}'", name.escape_debug()),
        KeyOrigin::Key => "The purchase with this key".to_owned(),
        KeyOrigin::Random => "The purchase".to_owned(),
    };
    let became = match charged {
        Charged::Yes if purchase.ended.is_some() => {
            format!("was charged at {}", time::shown(purchase.ended_at()))
        }
        _ if purchase.outcome.is_none() => {
            format!("begun at {} is still open", time::shown(purchase.asked.wall))
        }
        _ => format!("begun at {} may have been charged", time::shown(purchase.asked.wall)),
    };
    format!("{called} of {} {became}: {}.", intent.what(), intent.id)
}

/// Whether money moved, where the command is about exactly one of these and it is not known which;
/// none where there are none.
pub fn one_of(all: impl IntoIterator<Item = Charged>) -> Option<Charged> {
    all.into_iter().reduce(|one, other| if one == other { one } else { Charged::Unknown })
}

/// Whether money may have moved for a purchase that no name, key or amount identifies:
/// proved not to where nothing in the journal waits, at any portal.
pub fn charged_without_name(journal: Option<&JournalPlace>) -> Charged {
    match journal {
        // No home, no journal: there was no earlier run.
        None => Charged::No,
        Some(place) if nothing_waits(place) => Charged::No,
        Some(_) => Charged::Unknown,
    }
}

/// Completes a failure of a verb that goes on with what is there and begins nothing. What was typed
/// wrong, or is not there at all, is about no purchase.
pub fn with_charged(error: Failure, charged: impl FnOnce() -> Charged) -> Failure {
    match error.class() {
        Class::Usage | Class::Unsupported => error,
        _ if error.parts().charged.is_some() => error,
        // A failure that says nothing of money was made before anything could be sent.
        _ => error.or_charged(charged).sent_nothing(),
    }
}

fn nothing_waits(place: &JournalPlace) -> bool {
    let JournalPlace::Files { journal: file, .. } = place else {
        let waiting = Journal::open(place).and_then(|journal| journal.waiting());
        return waiting.is_ok_and(|waiting| waiting.is_empty());
    };
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
