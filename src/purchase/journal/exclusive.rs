//! A transaction of the journal: it decides which purchase the command is about, with no other
//! writer in between.

use super::{ids, load, load_all, unreadable};
use crate::core::failure::{Failure, Result};
use crate::core::money::Money;
use crate::purchase::guards::Spent;
use crate::purchase::record::{Intent, JournalRow, KeyOrigin, Purchase, Stamp};
use crate::store::sql::{Sql, Value};
use crate::store::state::{Lease, StateStore};
use jiff::Timestamp;
use rust_decimal::Decimal;
use std::cell::RefCell;
use std::path::Path;
use std::sync::Arc;
use uuid::Uuid;

/// How the purchase `p` stands: the word of its end, or NULL while it is open.
const STANDING: &str = "(SELECT e.ended FROM entry e WHERE e.purchase = p.id
    AND e.kind IN ('final', 'reopened') ORDER BY e.seq DESC LIMIT 1)";

/// What the purchase `p` costs, as the newest row says that knows more than the intent.
const COST: &str = "(SELECT e.cost FROM entry e WHERE e.purchase = p.id AND e.cost IS NOT NULL
    ORDER BY e.seq DESC LIMIT 1)";

/// The price at which the purchase `p` was last begun anew, in rows of a file that are older than
/// their cost.
const PRICE: &str = "(SELECT json_extract(e.body, '$.with.amount') FROM entry e
    WHERE e.purchase = p.id AND e.kind = 'reopened' AND json_extract(e.body, '$.with.amount') IS NOT NULL
    ORDER BY e.seq DESC LIMIT 1)";

/// A transaction of the journal: everything in it becomes durable at once, or nothing does.
pub struct Exclusive<'a> {
    sql: RefCell<&'a mut dyn Sql>,
    place: String,
    /// None for a file.
    shared: Option<&'a Arc<StateStore>>,
}

/// The columns of a row beside its purchase and its id.
pub(super) fn columns(stamp: &Stamp, row: &JournalRow) -> Result<[Value; 6]> {
    let unwritable = |cause: serde_json::Error| {
        Failure::internal("a row of the journal could not be written down").because(cause)
    };
    let (ended, charge_id) = match row {
        JournalRow::Final(outcome) => (Some(outcome.word()), None),
        JournalRow::Accepted { charge_id, .. } => (None, Some(charge_id.as_str())),
        _ => (None, None),
    };
    let cost = row.cost().map(|cost| cost.to_string());
    Ok([
        row.kind().into(),
        ended.into(),
        charge_id.into(),
        cost.as_deref().into(),
        serde_json::to_string(stamp).map_err(unwritable)?.as_str().into(),
        serde_json::to_string(row).map_err(unwritable)?.as_str().into(),
    ])
}

impl<'a> Exclusive<'a> {
    pub(super) fn of_file(sql: &'a mut dyn Sql, file: &Path) -> Self {
        Self { sql: RefCell::new(sql), place: file.display().to_string(), shared: None }
    }

    pub(super) fn of_server(sql: &'a mut dyn Sql, store: &'a Arc<StateStore>, place: &str) -> Self {
        Self { sql: RefCell::new(sql), place: place.to_owned(), shared: Some(store) }
    }

    /// The store on a server, where it is kept there.
    #[cfg(test)]
    pub(super) fn store(&self) -> Option<&Arc<StateStore>> {
        self.shared
    }

    /// Takes the lease of this if it is free, in this transaction; beside a file there are locks of
    /// its own.
    ///
    /// # Errors
    /// Those of the server.
    pub fn try_take(&self, store: &Arc<StateStore>, entity: Uuid) -> Result<Option<Lease>> {
        Lease::try_take_in(store, *self.sql.borrow_mut(), entity)
    }

    /// Whether the lease of this is free.
    ///
    /// # Errors
    /// Those of the server.
    pub fn is_free(&self, store: &StateStore, entity: Uuid) -> Result<bool> {
        Lease::is_free_in(store, *self.sql.borrow_mut(), entity)
    }

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
        if let Some(store) = self.shared {
            store.check_all(*self.sql.borrow_mut())?;
        }
        // It is there already where the answer to a COMMIT was lost.
        self.run(
            "INSERT INTO purchase (id, origin, organisation, naming, name, generation,
             idempotency_key, amount, asked_ms, plan)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (id) DO NOTHING",
            &[
                intent.id.to_string().as_str().into(),
                intent.origin.as_str().into(),
                intent.organisation.as_deref().into(),
                naming.into(),
                name.into(),
                i64::from(generation).into(),
                intent.key.as_str().into(),
                intent.amount.to_string().as_str().into(),
                stamp.wall.into(),
                intent.item.plan().map(|plan| plan.tier_id.as_str()).into(),
            ],
        )?;
        self.append_as(intent.id, intent.id, stamp, &JournalRow::Intent(intent.clone()))
    }

    /// Appends a row.
    ///
    /// # Errors
    /// Class `config`; `in_progress` for what another machine has taken over.
    pub fn append(&self, purchase: Uuid, stamp: &Stamp, row: &JournalRow) -> Result<()> {
        self.append_as(Uuid::new_v4(), purchase, stamp, row)
    }

    /// The same under this id, which a shared journal keeps.
    pub(super) fn append_as(
        &self,
        id: Uuid,
        purchase: Uuid,
        stamp: &Stamp,
        row: &JournalRow,
    ) -> Result<()> {
        let mut values = vec![Value::from(purchase.to_string().as_str())];
        values.extend(columns(stamp, row)?);
        let Some(store) = self.shared else {
            self.run(
                "INSERT INTO entry (purchase, kind, ended, charge_id, cost, stamp, body)
                 VALUES ($1, $2, $3, $4, $5, $6, $7)",
                &values,
            )?;
            return Ok(());
        };
        if row.is_fenced() {
            store.check_fence(*self.sql.borrow_mut(), purchase)?;
        }
        values.push(id.to_string().as_str().into());
        self.run(
            "INSERT INTO entry (purchase, kind, ended, charge_id, cost, stamp, body, id)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (id) DO NOTHING",
            &values,
        )?;
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
            "SELECT id FROM purchase WHERE origin = $1 AND organisation IS NOT DISTINCT FROM $2
             AND name = $3 ORDER BY generation DESC LIMIT 1",
            &[origin.into(), organisation.into(), name.into()],
        )
    }

    /// The newest generation of this name, of each organisation that has used it.
    ///
    /// # Errors
    /// Class `config`.
    pub fn by_name_anywhere(&self, origin: &str, name: &str) -> Result<Vec<Purchase>> {
        self.all(
            "SELECT p.id FROM purchase p WHERE p.origin = $1 AND p.name = $2 AND NOT EXISTS
                 (SELECT 1 FROM purchase q WHERE q.origin = p.origin AND q.name = p.name
                  AND q.organisation IS NOT DISTINCT FROM p.organisation
                  AND q.generation > p.generation)
             ORDER BY p.organisation",
            &[origin.into(), name.into()],
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
            "SELECT p.id FROM {table} t CROSS JOIN purchase p WHERE p.id = t.purchase
             AND p.origin = $1 ORDER BY p.asked_ms, p.id"
        );
        self.all(&query, &[origin.into()])
    }

    /// The purchase with this key.
    ///
    /// # Errors
    /// Class `config`.
    pub fn by_key(&self, origin: &str, key: &str) -> Result<Option<Purchase>> {
        self.first(
            "SELECT id FROM purchase WHERE origin = $1 AND idempotency_key = $2 ORDER BY asked_ms LIMIT 1",
            &[origin.into(), key.into()],
        )
    }

    /// What was bought of this portal since these moments: everything but what is proved not
    /// charged.
    ///
    /// # Errors
    /// Class `config`.
    pub fn spent(&self, origin: &str, day: Timestamp, month: Timestamp) -> Result<Spent> {
        let price = if self.shared.is_none() { format!("{PRICE}, ") } else { String::new() };
        let query = format!(
            "SELECT p.asked_ms, COALESCE({COST}, {price}p.amount) FROM purchase p
             WHERE p.asked_ms >= $1 AND p.origin = $2 AND COALESCE({STANDING}, 'open') NOT IN
             ('failed', 'refused', 'key_kept', 'never_sent', 'not_needed', 'marked_not_charged')"
        );
        let mut spent = Spent::default();
        for row in self.run(&query, &[month.min(day).into(), origin.into()])? {
            let (asked, amount) = (row.int(0)?, row.text(1)?);
            let amount = Money::parse(&amount)
                .ok_or_else(|| {
                    let amount = amount.escape_debug();
                    let cause = anyhow::anyhow!("'{amount}' is no amount");
                    unreadable(&self.place, &"a purchase of this month", cause)
                })?
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
        load(*self.sql.borrow_mut(), &self.place, purchase)
    }

    fn run(&self, statement: &str, values: &[Value]) -> Result<Vec<crate::store::sql::SqlRow>> {
        self.sql.borrow_mut().run(statement, values)
    }

    fn all(&self, query: &str, values: &[Value]) -> Result<Vec<Purchase>> {
        let mut sql = self.sql.borrow_mut();
        let found = ids(*sql, &self.place, query, values)?;
        load_all(*sql, &self.place, &found)
    }

    fn first(&self, query: &str, values: &[Value]) -> Result<Option<Purchase>> {
        let mut sql = self.sql.borrow_mut();
        let found = ids(*sql, &self.place, query, values)?;
        found.first().map(|id| load(*sql, &self.place, *id)).transpose()
    }
}
