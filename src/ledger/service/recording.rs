//! A use that is recorded by itself. Its id is chosen before anything is sent: so a server can be asked
//! for what the booking rests on while it is still being greeted.

use super::{Ledger, Recorded, Used, record};
use crate::core::failure::Result;
use crate::ledger::sql::{Sql, Statement};
use crate::ledger::values::{Mandate, Transaction};
use crate::ledger::{book, mandates};
use uuid::Uuid;

/// A use of the budget of a mandate, to be recorded once, however often it is tried.
#[derive(Debug)]
pub struct Recording {
    /// The id that its transaction will have.
    id: Uuid,
    mandate: String,
    used: Used,
}

impl Recording {
    /// Another use of this mandate.
    pub fn new(mandate: &str, used: Used) -> Self {
        Self { id: Uuid::new_v4(), mandate: mandate.to_owned(), used }
    }

    /// What its transaction begins with, behind what `hold` makes of the name of the mandate.
    pub(crate) fn begins(&self, hold: impl FnOnce(&str) -> Statement) -> Vec<Statement> {
        let mut tries = Tries::of(self.id);
        look_ups(Some(hold(&self.mandate)), &self.mandate, tries.next(self.used.key.as_deref()))
    }
}

impl Ledger {
    /// Records a use at its marked-up price; nothing for nothing or less.
    ///
    /// # Errors
    /// Class `usage` when the price is too large, `idempotency_conflict` for the key of another one.
    pub fn record(&mut self, mandate: &str, used: &Used) -> Result<Recorded> {
        self.carry_out_recording(Recording::new(mandate, used.clone()))
    }

    /// The same, with the id that was chosen before.
    ///
    /// # Errors
    /// As [`Ledger::record`].
    pub fn carry_out_recording(&mut self, recording: Recording) -> Result<Recorded> {
        let Recording { id, mandate, used } = recording;
        let (at, mut tries) = (self.now(), Tries::of(id));
        self.write(|sql| {
            let (mandate, known) = look_up(sql, &mandate, tries.next(used.key.as_deref()))?;
            let owner = mandate.account_of(used.labels.user.as_deref())?;
            record(sql, &mandate, owner, (id, at), &used, known)
        })
    }
}

/// The tries of something that is booked under an id of its own, chosen a moment ago: what was never sent
/// stands in no book, so that the first one need not look for it.
pub(super) struct Tries {
    id: Uuid,
    is_sent: bool,
}

/// What a try has to look for in the book: this id, or this key.
#[derive(Clone, Copy)]
pub(super) struct Known<'k>(Option<(Uuid, Option<&'k str>)>);

impl Tries {
    /// None so far.
    pub(super) fn of(id: Uuid) -> Self {
        Self { id, is_sent: false }
    }

    /// The next one, of what may have this key.
    pub(super) fn next<'k>(&mut self, key: Option<&'k str>) -> Known<'k> {
        let is_again = std::mem::replace(&mut self.is_sent, true);
        Known((is_again || key.is_some()).then_some((self.id, key)))
    }
}

/// The mandate, whose settings stay as they are until the end of this transaction, and what stands in
/// the book already.
pub(super) fn look_up(
    sql: &mut dyn Sql,
    mandate: &str,
    known: Known<'_>,
) -> Result<(Mandate, Option<Transaction>)> {
    let hold = sql.hold(true, mandate);
    let at = usize::from(hold.is_some());
    let found = sql.run_all(&look_ups(hold, mandate, known))?;
    let rows = |at: usize| found.get(at).map(Vec::as_slice).unwrap_or_default();
    Ok((mandates::found(rows(at), mandate)?, book::found(rows(at + 1))?))
}

fn look_ups(hold: Option<Statement>, mandate: &str, known: Known<'_>) -> Vec<Statement> {
    let known = known.0.map(|(id, key)| book::search(&id.to_string(), mandate, key));
    hold.into_iter().chain([mandates::search(mandate)]).chain(known).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::suite::used;

    #[test]
    fn a_server_can_be_asked_beforehand_for_all_that_a_booking_rests_on() {
        let lock = |name: &str| Statement::new("SELECT $1", [name.into()]);
        for (key, count) in [(None, 2), (Some("once"), 3)] {
            let begins = Recording::new("org", used("1", None, key)).begins(lock);
            assert_eq!((begins.len(), &begins[0]), (count, &lock("org")), "{key:?}");
            assert_eq!(begins[1], mandates::search("org"));
        }
    }
}
