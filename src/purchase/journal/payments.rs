//! Payments that a person finishes, in tables of their own beside the purchases: append-only like
//! those, and durable before anybody is shown what they say.

use super::{Exclusive, Journal, ids, unreadable, unusable};
use crate::core::failure::{Failure, Result};
use crate::core::time::Period;
use crate::purchase::guards::Spent;
use crate::purchase::payment::{Entry, Payment};
use jiff::Timestamp;
use rusqlite::{Connection, params};
use rust_decimal::Decimal;
use std::path::Path;
use uuid::Uuid;

/// The tables, as version 2 of the journal has them.
pub(super) const TABLES: &str = "
    CREATE TABLE payment (
        id TEXT PRIMARY KEY, origin TEXT NOT NULL, account TEXT, asked_ms INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX payment_by_origin ON payment (origin, asked_ms);
    CREATE INDEX payment_by_time ON payment (asked_ms);
    CREATE TABLE payment_entry (
        seq INTEGER PRIMARY KEY AUTOINCREMENT, payment TEXT NOT NULL REFERENCES payment (id),
        kind TEXT NOT NULL, ended TEXT, payment_id TEXT, at TEXT NOT NULL, body TEXT NOT NULL
    ) STRICT;
    CREATE INDEX payment_entry_by_payment ON payment_entry (payment, kind, seq, ended);
    CREATE INDEX payment_entry_by_id ON payment_entry (payment_id) WHERE payment_id IS NOT NULL;
    CREATE TRIGGER payment_stays BEFORE UPDATE ON payment BEGIN SELECT RAISE(ABORT, 'append only'); END;
    CREATE TRIGGER payment_lasts BEFORE DELETE ON payment BEGIN SELECT RAISE(ABORT, 'append only'); END;
    CREATE TRIGGER payment_entry_stays BEFORE UPDATE ON payment_entry BEGIN SELECT RAISE(ABORT, 'append only'); END;
    CREATE TRIGGER payment_entry_lasts BEFORE DELETE ON payment_entry BEGIN SELECT RAISE(ABORT, 'append only'); END;
";

/// How the payment `p` ended, or NULL while it is open.
const STANDING: &str = "(SELECT e.ended FROM payment_entry e WHERE e.payment = p.id
    AND e.kind = 'ended' ORDER BY e.seq DESC LIMIT 1)";

/// A login that does not say who it is may be anybody's.
const SAME_ACCOUNT: &str = "(p.account IS NULL OR ?2 IS NULL OR p.account = ?2)";

impl Journal {
    /// Appends a row to a payment and makes it durable.
    ///
    /// # Errors
    /// Class `config`: the row may or may not be there.
    pub fn append_to_payment(&mut self, payment: Uuid, at: Timestamp, entry: &Entry) -> Result<()> {
        let session = self.exclusively()?;
        session.append_to_payment(payment, at, entry)?;
        session.commit()
    }

    /// One payment, from its rows.
    ///
    /// # Errors
    /// Class `config`.
    pub fn payment(&self, id: Uuid) -> Result<Payment> {
        load(&self.db, &self.file, id)
    }

    /// The payments of this system that are not final, oldest first.
    ///
    /// # Errors
    /// Class `config`.
    pub fn unfinished_payments(&self, origin: &str) -> Result<Vec<Uuid>> {
        let query = "SELECT p.id FROM unfinished_payment u CROSS JOIN payment p ON p.id = u.payment
                     WHERE p.origin = ?1 ORDER BY p.asked_ms, p.id";
        self.ids(query, [origin])
    }

    /// The newest payment of this system.
    ///
    /// # Errors
    /// Class `config`.
    pub fn newest_payment_of(&self, origin: &str) -> Result<Option<Uuid>> {
        let query = "SELECT id FROM payment WHERE origin = ?1 ORDER BY asked_ms DESC, id LIMIT 1";
        self.ids(query, [origin]).map(|ids| ids.first().copied())
    }

    /// The newest payments that were asked for in this period, newest first.
    ///
    /// # Errors
    /// Class `config`.
    pub fn newest_payments(&self, period: &Period, limit: u32) -> Result<Vec<Uuid>> {
        let (first, after) = period.millis();
        self.ids(
            "SELECT id FROM payment WHERE asked_ms >= ?1 AND asked_ms < ?2
             ORDER BY asked_ms DESC, id LIMIT ?3",
            [first, after, limit.into()],
        )
    }

    /// The payments that were asked for since this moment, oldest first.
    ///
    /// # Errors
    /// Class `config`.
    pub fn payments_since(&self, at: Timestamp) -> Result<Vec<Uuid>> {
        let query = "SELECT id FROM payment WHERE asked_ms >= ?1 ORDER BY asked_ms, id";
        self.ids(query, [at.as_millisecond()])
    }

    /// The payments with this id of the system, or whose id here begins with this word.
    ///
    /// # Errors
    /// Class `config`.
    pub fn matching_payments(&self, word: &str) -> Result<Vec<Uuid>> {
        let query = "SELECT DISTINCT payment FROM payment_entry WHERE payment_id = ?1";
        let found = self.ids(query, [word])?;
        if found.is_empty() { self.ids_beginning_with("payment", word) } else { Ok(found) }
    }
}

impl Exclusive<'_> {
    /// Adds a payment that is about to be opened.
    ///
    /// # Errors
    /// Class `config`.
    pub fn add_payment(&self, payment: &Payment) -> Result<()> {
        self.transaction
            .execute(
                "INSERT INTO payment (id, origin, account, asked_ms) VALUES (?1, ?2, ?3, ?4)",
                params![
                    payment.id.to_string(),
                    payment.origin,
                    payment.account,
                    payment.asked.as_millisecond()
                ],
            )
            .map_err(|cause| unusable(self.file, anyhow::Error::new(cause)))?;
        self.append_to_payment(payment.id, payment.asked, &Entry::Asked)
    }

    /// Appends a row to a payment.
    ///
    /// # Errors
    /// Class `config`.
    pub fn append_to_payment(&self, payment: Uuid, at: Timestamp, entry: &Entry) -> Result<()> {
        let broken = |cause: anyhow::Error| unusable(self.file, cause);
        let (ended, payment_id) = match entry {
            Entry::Ended(ended) => (Some(ended.word()), None),
            Entry::Opened(kept) => (None, Some(kept.payment_id.as_str())),
            Entry::Asked | Entry::Delivered => (None, None),
        };
        let body = serde_json::to_string(entry).map_err(|cause| broken(cause.into()))?;
        self.transaction
            .execute(
                "INSERT INTO payment_entry (payment, kind, ended, payment_id, at, body)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                params![payment.to_string(), entry.kind(), ended, payment_id, at.to_string(), body],
            )
            .map_err(|cause| broken(cause.into()))?;
        Ok(())
    }

    /// The payments of this account that are not final, newest first.
    ///
    /// # Errors
    /// Class `config`.
    pub fn open_payments(&self, origin: &str, account: Option<&str>) -> Result<Vec<Payment>> {
        self.payments("unfinished_payment", origin, account)
    }

    /// The payments of this account that were paid or failed, and whose end no caller has seen,
    /// newest first.
    ///
    /// # Errors
    /// Class `config`.
    pub fn untold_payments(&self, origin: &str, account: Option<&str>) -> Result<Vec<Payment>> {
        self.payments("untold_payment", origin, account)
    }

    /// Those of this table; a join in this order never looks at the others.
    fn payments(&self, table: &str, origin: &str, account: Option<&str>) -> Result<Vec<Payment>> {
        let query = format!(
            "SELECT p.id FROM {table} t CROSS JOIN payment p ON p.id = t.payment
             WHERE p.origin = ?1 AND {SAME_ACCOUNT} ORDER BY p.asked_ms DESC, p.id"
        );
        let found = ids(&self.transaction, &query, params![origin, account])
            .map_err(|cause| unusable(self.file, cause))?;
        found.into_iter().map(|id| load(&self.transaction, self.file, id)).collect()
    }

    /// What payments of this system in dollars come to since these moments: everything but what
    /// can no longer be paid. `but` is not counted.
    ///
    /// # Errors
    /// Class `config`.
    pub fn spent_in_payments(
        &self,
        origin: &str,
        day: Timestamp,
        month: Timestamp,
        but: Uuid,
    ) -> Result<Spent> {
        let query = format!(
            "SELECT p.id FROM payment p WHERE p.origin = ?1 AND p.asked_ms >= ?2 AND
             COALESCE({STANDING}, 'open') IN ('open', 'settled', 'marked_charged')"
        );
        let since = month.min(day).as_millisecond();
        let found = ids(&self.transaction, &query, params![origin, since])
            .map_err(|cause| unusable(self.file, cause))?;
        let mut spent = Spent::default();
        for id in found.into_iter().filter(|id| *id != but) {
            let payment = load(&self.transaction, self.file, id)?;
            let Some(amount) = payment.opened.and_then(|opened| opened.price.dollars()) else {
                continue;
            };
            let add = |sum: Decimal| {
                sum.checked_add(amount.decimal())
                    .ok_or_else(|| Failure::internal("the sum of all payments is too large"))
            };
            if payment.asked >= day {
                spent.today = add(spent.today)?;
            }
            spent.this_month = add(spent.this_month)?;
        }
        Ok(spent)
    }
}

fn load(db: &Connection, file: &Path, id: Uuid) -> Result<Payment> {
    let unreadable = |cause: anyhow::Error| unreadable(file, &id.to_string(), cause);
    let broken = |cause: rusqlite::Error| unusable(file, cause.into());
    let (origin, account, asked_ms): (String, Option<String>, i64) = db
        .query_row(
            "SELECT origin, account, asked_ms FROM payment WHERE id = ?1",
            [id.to_string()],
            |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
        )
        .map_err(broken)?;
    let asked = Timestamp::from_millisecond(asked_ms).map_err(|cause| unreadable(cause.into()))?;
    let mut payment = Payment::new(id, origin, account, asked);
    let mut statement = db
        .prepare("SELECT at, body FROM payment_entry WHERE payment = ?1 ORDER BY seq")
        .map_err(broken)?;
    let rows: Vec<(String, String)> = statement
        .query_map([id.to_string()], |row| Ok((row.get(0)?, row.get(1)?)))
        .and_then(Iterator::collect)
        .map_err(broken)?;
    for (at, body) in rows {
        let at: Timestamp =
            at.parse().map_err(|cause: jiff::Error| unreadable(anyhow::Error::new(cause)))?;
        let entry: Entry = serde_json::from_str(&body).map_err(|cause| unreadable(cause.into()))?;
        payment.apply(at, &entry);
    }
    Ok(payment)
}

#[cfg(test)]
#[path = "payments_tests.rs"]
mod tests;
