//! A transaction of the journal: it decides which purchase the command is about, with no other
//! writer in between.

use super::{ids, load, unusable};
use crate::core::failure::{Failure, Result};
use crate::core::money::Money;
use crate::purchase::guards::Spent;
use crate::purchase::record::{Intent, JournalRow, KeyOrigin, Purchase, Stamp};
use jiff::Timestamp;
use rusqlite::{Transaction, params};
use rust_decimal::Decimal;
use std::path::Path;
use uuid::Uuid;

/// How the purchase `p` stands: the word of its end, or NULL while it is open.
const STANDING: &str = "(SELECT e.ended FROM entry e WHERE e.purchase = p.id
    AND e.kind IN ('final', 'reopened') ORDER BY e.seq DESC LIMIT 1)";

/// What the purchase `p` costs, as the newest row says that knows more than the intent.
const COST: &str = "(SELECT e.cost FROM entry e WHERE e.purchase = p.id AND e.cost IS NOT NULL
    ORDER BY e.seq DESC LIMIT 1)";

/// The price at which the purchase `p` was last begun anew, in rows that are older than their cost.
const PRICE: &str = "(SELECT json_extract(e.body, '$.with.amount') FROM entry e
    WHERE e.purchase = p.id AND e.kind = 'reopened' AND json_extract(e.body, '$.with.amount') IS NOT NULL
    ORDER BY e.seq DESC LIMIT 1)";

/// A transaction of the journal: everything in it becomes durable at once, or nothing does.
#[derive(Debug)]
pub struct Exclusive<'a> {
    pub(super) transaction: Transaction<'a>,
    pub(super) file: &'a Path,
}

impl Exclusive<'_> {
    /// Adds a new purchase with its intent.
    ///
    /// # Errors
    /// Class `config`.
    pub fn add(&self, intent: &Intent, stamp: &Stamp) -> Result<()> {
        let (naming, name, generation) = match &intent.naming {
            KeyOrigin::Random => ("random", None, 0),
            KeyOrigin::Once { name, generation } => ("once", Some(name.as_str()), *generation),
            KeyOrigin::Key => ("key", None, 0),
        };
        self.transaction
            .execute(
                "INSERT INTO purchase (id, origin, organisation, naming, name, generation,
                 idempotency_key, amount, asked_ms, plan)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
                params![
                    intent.id.to_string(),
                    intent.origin,
                    intent.organisation,
                    naming,
                    name,
                    generation,
                    intent.key.as_str(),
                    intent.amount.to_string(),
                    stamp.wall.as_millisecond(),
                    intent.item.plan().map(|plan| plan.tier_id.as_str()),
                ],
            )
            .map_err(|cause| unusable(self.file, anyhow::Error::new(cause)))?;
        self.append(intent.id, stamp, &JournalRow::Intent(intent.clone()))
    }

    /// Appends a row.
    ///
    /// # Errors
    /// Class `config`.
    pub fn append(&self, purchase: Uuid, stamp: &Stamp, row: &JournalRow) -> Result<()> {
        let broken = |cause: anyhow::Error| unusable(self.file, cause);
        let (ended, charge_id) = match row {
            JournalRow::Final(outcome) => (Some(outcome.word()), None),
            JournalRow::Accepted { charge_id, .. } => (None, Some(charge_id.as_str())),
            _ => (None, None),
        };
        let cost = row.cost().map(|cost| cost.to_string());
        let stamp = serde_json::to_string(stamp).map_err(|cause| broken(cause.into()))?;
        let body = serde_json::to_string(row).map_err(|cause| broken(cause.into()))?;
        self.transaction
            .execute(
                "INSERT INTO entry (purchase, kind, ended, charge_id, cost, stamp, body)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                params![purchase.to_string(), row.kind(), ended, charge_id, cost, stamp, body],
            )
            .map_err(|cause| broken(cause.into()))?;
        Ok(())
    }

    /// The newest generation of this name.
    ///
    /// # Errors
    /// Class `config`.
    pub fn by_name(
        &self,
        origin: &str,
        organisation: Option<&str>,
        name: &str,
    ) -> Result<Option<Purchase>> {
        self.first(
            "SELECT id FROM purchase WHERE origin = ?1 AND organisation IS ?2 AND name = ?3
             ORDER BY generation DESC LIMIT 1",
            params![origin, organisation, name],
        )
    }

    /// The newest generation of this name, of each organisation that has used it.
    ///
    /// # Errors
    /// Class `config`.
    pub fn by_name_anywhere(&self, origin: &str, name: &str) -> Result<Vec<Purchase>> {
        self.all(
            "SELECT id, MAX(generation) FROM purchase WHERE origin = ?1 AND name = ?2
             GROUP BY organisation ORDER BY organisation",
            params![origin, name],
        )
    }

    /// The purchases without a name of this portal, of every organisation and every state they are
    /// for: those that are not final, then those whose outcome no caller has seen, then those whose
    /// key is kept, each oldest first, as
    /// [`find_or_create`](crate::purchase::find_or_create) takes them.
    ///
    /// # Errors
    /// Class `config`.
    pub fn unnamed_anywhere(&self, origin: &str) -> Result<Vec<Purchase>> {
        let mut all = self.open(origin)?;
        all.extend(self.unreported(origin)?);
        all.extend(self.with_kept_key(origin)?);
        all.retain(|purchase| purchase.intent.naming == KeyOrigin::Random);
        Ok(all)
    }

    /// The purchases of this portal that are not final, oldest first.
    ///
    /// # Errors
    /// Class `config`.
    pub fn open(&self, origin: &str) -> Result<Vec<Purchase>> {
        self.of_table("unfinished", origin)
    }

    /// Those that ended with a charge or a failed one, and whose outcome no caller has seen, oldest
    /// first.
    ///
    /// # Errors
    /// Class `config`.
    pub fn unreported(&self, origin: &str) -> Result<Vec<Purchase>> {
        self.of_table("untold", origin)
    }

    /// Those that ended with a refusal that keeps their key in use, oldest first.
    ///
    /// # Errors
    /// Class `config`.
    pub fn with_kept_key(&self, origin: &str) -> Result<Vec<Purchase>> {
        self.of_table("kept", origin)
    }

    /// Those of this table; a join in this order never reads the others.
    fn of_table(&self, table: &str, origin: &str) -> Result<Vec<Purchase>> {
        let query = format!(
            "SELECT p.id FROM {table} t CROSS JOIN purchase p ON p.id = t.purchase
             WHERE p.origin = ?1 ORDER BY p.asked_ms, p.id"
        );
        self.all(&query, [origin])
    }

    /// The purchase with this key.
    ///
    /// # Errors
    /// Class `config`.
    pub fn by_key(&self, origin: &str, key: &str) -> Result<Option<Purchase>> {
        self.first(
            "SELECT id FROM purchase WHERE origin = ?1 AND idempotency_key = ?2 ORDER BY asked_ms LIMIT 1",
            params![origin, key],
        )
    }

    /// What was bought of this portal since these moments: everything but what is proved not
    /// charged.
    ///
    /// # Errors
    /// Class `config`.
    pub fn spent(&self, origin: &str, day: Timestamp, month: Timestamp) -> Result<Spent> {
        let broken = |cause: anyhow::Error| unusable(self.file, cause);
        let query = format!(
            "SELECT p.asked_ms, COALESCE({COST}, {PRICE}, p.amount) FROM purchase p
             WHERE p.asked_ms >= ?1 AND p.origin = ?2 AND COALESCE({STANDING}, 'open') NOT IN
             ('failed', 'refused', 'key_kept', 'never_sent', 'not_needed', 'marked_not_charged')"
        );
        let mut statement =
            self.transaction.prepare(&query).map_err(|cause| broken(cause.into()))?;
        let mut rows = statement
            .query(params![month.min(day).as_millisecond(), origin])
            .map_err(|cause| broken(cause.into()))?;
        let mut spent = Spent::default();
        while let Some(row) = rows.next().map_err(|cause| broken(cause.into()))? {
            let asked: i64 = row.get(0).map_err(|cause| broken(cause.into()))?;
            let amount: String = row.get(1).map_err(|cause| broken(cause.into()))?;
            let amount = Money::parse(&amount)
                .ok_or_else(|| unusable(self.file, anyhow::anyhow!("'{amount}' is no amount")))?
                .0;
            let add = |sum: Decimal| {
                sum.checked_add(amount)
                    .ok_or_else(|| Failure::internal("the sum of all purchases is too large"))
            };
            if asked >= day.as_millisecond() {
                spent.today = add(spent.today)?;
            }
            spent.this_month = add(spent.this_month)?;
        }
        Ok(spent)
    }

    /// One purchase, from its rows.
    ///
    /// # Errors
    /// Class `config`.
    pub fn load(&self, purchase: Uuid) -> Result<Purchase> {
        load(&self.transaction, self.file, purchase)
    }

    /// Makes everything durable.
    ///
    /// # Errors
    /// Class `config`: it may or may not be there.
    pub fn commit(self) -> Result<()> {
        self.transaction.commit().map_err(|cause| unusable(self.file, anyhow::Error::new(cause)))
    }

    fn all(&self, query: &str, parameters: impl rusqlite::Params) -> Result<Vec<Purchase>> {
        let found = ids(&self.transaction, query, parameters)
            .map_err(|cause| unusable(self.file, cause))?;
        found.into_iter().map(|id| self.load(id)).collect()
    }

    fn first(&self, query: &str, parameters: impl rusqlite::Params) -> Result<Option<Purchase>> {
        let found = ids(&self.transaction, query, parameters)
            .map_err(|cause| unusable(self.file, cause))?;
        found.first().map(|id| self.load(*id)).transpose()
    }
}
