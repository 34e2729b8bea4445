//! A use that is recorded by itself. Its id is chosen before anything is sent: so a server can be asked
//! for what the booking rests on while it is still being greeted.

use super::{Ledger, Recorded, Used, record};
use crate::core::failure::Result;
use crate::ledger::sql::{Sql, Statement};
use crate::ledger::values::{Mandate, Transaction};
use crate::ledger::{book, mandates};
use uuid::Uuid;

/// A use of the budget of a mandate, to be recorded once, however often it is tried.
#[derive(Clone, Debug)]
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
        let key = self.used.key.as_deref();
        look_ups(Some(hold(&self.mandate)), &self.mandate, self.id, key)
    }
}

impl Ledger {
    /// Records a use at its marked-up price; nothing for nothing or less.
    ///
    /// # Errors
    /// Class `usage` when the price is too large, `idempotency_conflict` for the key of another one.
    pub fn record(&mut self, mandate: &str, used: &Used) -> Result<Recorded> {
        self.carry_out_recording(&Recording::new(mandate, used.clone()))
    }

    /// The same, with the id that was chosen before.
    ///
    /// # Errors
    /// As [`Ledger::record`].
    pub fn carry_out_recording(&mut self, recording: &Recording) -> Result<Recorded> {
        let Recording { id, mandate, used } = recording;
        let at = self.now();
        self.write(|sql| {
            let (mandate, known) = look_up(sql, mandate, *id, used.key.as_deref())?;
            let owner = mandate.account_of(used.labels.user.as_deref())?;
            record(sql, &mandate, owner, (*id, at), used, known)
        })
    }
}

/// The mandate, whose settings stay as they are until the end of this transaction, and what stands in
/// the book under this id or key.
pub(super) fn look_up(
    sql: &mut dyn Sql,
    mandate: &str,
    id: Uuid,
    key: Option<&str>,
) -> Result<(Mandate, Option<Transaction>)> {
    let statements = look_ups(sql.hold(true, mandate), mandate, id, key);
    let mut found = sql.run_all(&statements)?;
    let known = book::found(&found.pop().unwrap_or_default())?;
    let mandate = mandates::found(&found.pop().unwrap_or_default(), mandate)?;
    Ok((mandate, known))
}

fn look_ups(hold: Option<Statement>, mandate: &str, id: Uuid, key: Option<&str>) -> Vec<Statement> {
    let searches = [mandates::search(mandate), book::search(&id.to_string(), mandate, key)];
    hold.into_iter().chain(searches).collect()
}
