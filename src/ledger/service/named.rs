//! The mandate that is meant: the one that is named, else the only one.

use super::Ledger;
use crate::core::failure::{Failure, Result};
use crate::ledger::mandates;
use crate::ledger::sql::{Database, SqlWork};
use crate::ledger::values::Mandate;

impl Ledger {
    /// The mandate that is meant: the named one, else the only one there is.
    ///
    /// # Errors
    /// Class `usage` when there is none, or several.
    pub fn mandate(&mut self, named: Option<&str>) -> Result<Mandate> {
        if let Some(name) = named {
            return self.glance(|sql| mandates::named(sql, name));
        }
        only(self.mandates()?)
    }

    /// The same for a booking that follows, which makes durable what was found.
    ///
    /// # Errors
    /// As [`Ledger::mandate`].
    pub fn mandate_to_book(&mut self, named: Option<&str>) -> Result<Mandate> {
        let peek = |database: &mut dyn Database, work: &mut SqlWork<'_>| database.peek(work);
        match named {
            Some(name) => self.carry_out(peek, |sql| mandates::named(sql, name)),
            None => only(self.carry_out(peek, mandates::all)?),
        }
    }
}

/// The only one of these.
fn only(mut all: Vec<Mandate>) -> Result<Mandate> {
    match all.len() {
        1 => Ok(all.remove(0)),
        0 => Err(Failure::usage("there is no mandate yet")
            .hint("Make one with 'topup ledger init --mandate NAME --model prepay-mandate'.")),
        _ => {
            let names: Vec<String> = all.into_iter().map(|known| known.mandate).collect();
            Err(Failure::usage("there are several mandates, and none is named")
                .hint(format!("Add --mandate with one of: {}.", names.join(", ")))
                .detail("mandates", names))
        }
    }
}
