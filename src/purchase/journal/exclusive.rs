//! A transaction of the journal: it decides which purchase the command is about, with no other
//! writer in between.

use super::lookup::{self, Lookup, fold, rows_of};
use super::server_rows::{self, PURCHASE};
use super::shared::entry;
use super::spending;
use crate::core::failure::{Failure, Result};
use crate::purchase::guards::Spent;
use crate::purchase::record::{Intent, JournalRow, KeyOrigin, Purchase, Stamp};
use crate::store::sql::{Durable, Sql, SqlRow, Statement, Value};
use crate::store::state::{Lease, REPLICAS, StateStore, loses_commits};
use jiff::Timestamp;
use std::cell::{Cell, RefCell};
use std::path::Path;
use std::sync::Arc;
use uuid::Uuid;

/// A transaction of the journal: everything in it becomes durable at once, or nothing does.
pub struct Exclusive<'a> {
    sql: RefCell<&'a mut dyn Sql>,
    place: String,
    /// None for a file.
    shared: Option<&'a Arc<StateStore>>,
    /// When a purchase that is added here has to be durable.
    durable: Durable,
    /// A lease was taken here of something that others may hold next. Its number has to be durable
    /// before anything is done under it: after a crash the server would give it out once more.
    has_taken: Cell<bool>,
    /// What was asked ahead, and what came of it.
    ahead: RefCell<Vec<(Statement, Vec<SqlRow>)>>,
}

/// What came of taking the lock of a purchase that was read.
#[derive(Debug)]
pub enum LockAsRead<Lock> {
    /// It is ours, and the purchase is as it was read.
    Free(Lock),
    /// Another process has it.
    Busy,
    /// It was free, and its last holder had gone on since it was read: it has to be read again.
    Changed,
}

fn purchase_columns(intent: &Intent, stamp: &Stamp) -> [Value; 10] {
    let (naming, name, generation) = match &intent.naming {
        KeyOrigin::Random => ("random", None, 0),
        KeyOrigin::Once { name, generation } => ("once", Some(name.as_str()), *generation),
        KeyOrigin::Key => ("key", None, 0),
    };
    [
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
    ]
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
        let place = file.display().to_string();
        Self::new(sql, place, None, Durable::Now)
    }

    pub(super) fn of_server(
        sql: &'a mut dyn Sql,
        store: &'a Arc<StateStore>,
        place: &str,
        durable: Durable,
    ) -> Self {
        Self::new(sql, place.to_owned(), Some(store), durable)
    }

    fn new(
        sql: &'a mut dyn Sql,
        place: String,
        shared: Option<&'a Arc<StateStore>>,
        durable: Durable,
    ) -> Self {
        let (has_taken, ahead) = (Cell::new(false), RefCell::default());
        Self { sql: RefCell::new(sql), place, shared, durable, has_taken, ahead }
    }

    /// The store on a server, where it is kept there.
    pub(super) fn store(&self) -> Option<&Arc<StateStore>> {
        self.shared
    }

    /// The place as a person may see it.
    pub(super) fn place(&self) -> &str {
        &self.place
    }

    /// Does this with its statements.
    pub(super) fn with_sql<T>(&self, work: impl FnOnce(&mut dyn Sql) -> Result<T>) -> Result<T> {
        self.ahead.borrow_mut().clear();
        work(*self.sql.borrow_mut())
    }

    /// Takes the lease of this if it is free, in this transaction; beside a file there are locks of
    /// its own.
    ///
    /// # Errors
    /// Those of the server.
    pub fn try_take(&self, store: &Arc<StateStore>, entity: Uuid) -> Result<Option<Lease>> {
        self.has_taken.set(true);
        let taken = Lease::try_take_in(store, *self.sql.borrow_mut(), entity, &[])?;
        Ok(taken.map(|(lease, _)| lease))
    }

    /// The same for a purchase that was read. Its last holder may have gone on since, until the
    /// lease was ours.
    ///
    /// # Errors
    /// Those of the server, and class `config`.
    pub fn try_take_as_read(
        &self,
        store: &Arc<StateStore>,
        purchase: &Purchase,
    ) -> Result<LockAsRead<Lease>> {
        let id = purchase.intent.id;
        self.has_taken.set(true);
        let taken = Lease::try_take_in(store, *self.sql.borrow_mut(), id, &[rows_of(id)])?;
        let Some((lease, found)) = taken else { return Ok(LockAsRead::Busy) };
        let rows = found.into_iter().next().unwrap_or_default();
        if fold(&rows, 0, &self.place, id)? == *purchase {
            return Ok(LockAsRead::Free(lease));
        }
        self.ahead.borrow_mut().clear();
        Ok(LockAsRead::Changed)
    }

    /// Whether what is committed may be lost with the server.
    ///
    /// # Errors
    /// Those of the server.
    pub fn may_lose_commits(&self) -> Result<bool> {
        if self.shared.is_none() {
            return Ok(false);
        }
        loses_commits(&self.run(&Statement::new(REPLICAS, []))?)
    }

    /// Asks a server at once what the next questions are about; a file is asked one by one.
    ///
    /// # Errors
    /// Those of the server.
    pub(crate) fn look_ahead(&self, lookups: &[Lookup<'_>]) -> Result<()> {
        if self.shared.is_none() {
            return Ok(());
        }
        // What a new connection is asked first costs its server a plan each: whether anything waits is
        // asked in plain words, and what it is only where something does.
        let first: Vec<Statement> = lookups.iter().map(Lookup::asked_first).collect();
        let found = self.sql.borrow_mut().run_all(&first)?;
        let (mut ahead, mut asked) = (Vec::new(), Vec::new());
        for (lookup, found) in lookups.iter().zip(found) {
            match lookup.any_waits() {
                Some(_) if !found.is_empty() => asked.push(lookup.statement()),
                _ => ahead.push((lookup.statement(), found)),
            }
        }
        if !asked.is_empty() {
            let found = self.sql.borrow_mut().run_all(&asked)?;
            ahead.extend(asked.into_iter().zip(found));
        }
        *self.ahead.borrow_mut() = ahead;
        Ok(())
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
        self.run(&match self.shared {
            Some(_) => server_rows::add(&[purchase_columns(intent, stamp).to_vec()]),
            None => {
                let text = format!(
                    "INSERT INTO purchase {PURCHASE} VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
                     ON CONFLICT (id) DO NOTHING"
                );
                Statement::new(text, purchase_columns(intent, stamp))
            }
        })?;
        self.append_as(intent.id, intent.id, stamp, &JournalRow::Intent(intent.clone()))
    }

    /// Adds a new purchase with its intent and takes its lease, as long as this process still has all
    /// that it holds. The last that is done in the transaction. Where nothing rests on it before the
    /// next row, both become durable with that: a crash that loses them loses the lease as well, and
    /// without it the next row is refused.
    ///
    /// # Errors
    /// Class `in_progress` for what another machine has taken over; those of the server.
    pub fn add_leased(
        &self,
        store: &Arc<StateStore>,
        intent: &Intent,
        stamp: &Stamp,
    ) -> Result<Lease> {
        let mut values = purchase_columns(intent, stamp).to_vec();
        values.extend(columns(stamp, &JournalRow::Intent(intent.clone()))?);
        let parts = server_rows::adding_from("taken");
        let durable = if self.has_taken.get() { Durable::Now } else { self.durable };
        Lease::take_adding(store, *self.sql.borrow_mut(), intent.id, &parts, values, durable)
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
        self.ahead.borrow_mut().clear();
        let Some(store) = self.shared else {
            let text = "INSERT INTO entry (purchase, kind, ended, charge_id, cost, stamp, body)
                 VALUES ($1, $2, $3, $4, $5, $6, $7)";
            let mut values = vec![Value::from(purchase.to_string().as_str())];
            values.extend(columns(stamp, row)?);
            return self.run(&Statement::new(text, values)).map(|_| ());
        };
        if row.is_fenced() {
            store.check_fence(*self.sql.borrow_mut(), purchase)?;
        }
        let added = self.run(&server_rows::append(entry(id, purchase, stamp, row)?, &[]))?;
        // The intent is there already where the answer to a COMMIT was lost.
        if added.is_empty() && id != purchase {
            return Err(server_rows::without_purchase(&self.place, purchase));
        }
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
        self.first(&Lookup::Name { origin, organisation, name })
    }

    /// The newest generation of this name, of each organisation that has used it.
    ///
    /// # Errors
    /// Class `config`.
    pub fn by_name_anywhere(&self, origin: &str, name: &str) -> Result<Vec<Purchase>> {
        self.all(&Lookup::NameAnywhere { origin, name })
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
        self.all(&Lookup::Open { origin })
    }

    /// Those that ended with a charge or a failed one, and whose outcome no caller has seen, oldest
    /// first.
    ///
    /// # Errors
    /// Class `config`.
    pub fn unreported(&self, origin: &str) -> Result<Vec<Purchase>> {
        self.all(&Lookup::Unreported { origin })
    }

    /// Those that ended with a refusal that keeps their key in use, oldest first.
    ///
    /// # Errors
    /// Class `config`.
    pub fn with_kept_key(&self, origin: &str) -> Result<Vec<Purchase>> {
        self.all(&Lookup::KeptKey { origin })
    }

    /// The purchase with this key.
    ///
    /// # Errors
    /// Class `config`.
    pub fn by_key(&self, origin: &str, key: &str) -> Result<Option<Purchase>> {
        self.first(&Lookup::Key { origin, key })
    }

    /// What was bought of this portal since the beginnings of this day and of this month: everything
    /// but what is proved not charged.
    ///
    /// # Errors
    /// Class `config`.
    pub fn spent(&self, origin: &str, day: Timestamp, month: Timestamp) -> Result<Spent> {
        let rows = self.rows(&Lookup::Spent { origin, since: month.min(day) })?;
        spending::sum(&rows, day, &self.place)
    }

    /// Runs a statement that changes something.
    fn run(&self, statement: &Statement) -> Result<Vec<SqlRow>> {
        self.sql.borrow_mut().run(statement.text(), statement.values())
    }

    /// The answer of a server may be there already.
    fn rows(&self, lookup: &Lookup<'_>) -> Result<Vec<SqlRow>> {
        let statement = lookup.statement();
        if self.shared.is_none() {
            return self.run(&statement);
        }
        let ahead = self.ahead.borrow();
        match ahead.iter().find(|(asked, _)| *asked == statement) {
            Some((_, found)) => Ok(found.clone()),
            None => self.run(&statement),
        }
    }

    fn all(&self, lookup: &Lookup<'_>) -> Result<Vec<Purchase>> {
        let rows = self.rows(lookup)?;
        let same = |one: &SqlRow, next: &SqlRow| one.0.first() == next.0.first();
        rows.chunk_by(same).map(|rows| lookup::purchase(rows, &self.place)).collect()
    }

    fn first(&self, lookup: &Lookup<'_>) -> Result<Option<Purchase>> {
        Ok(self.all(lookup)?.into_iter().next())
    }
}
