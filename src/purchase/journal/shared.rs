//! The journal on a server: the same rows under the same rules, and what only a server needs: a
//! fencing number on what begins or decides, and a place for outcomes while it is away.

use super::backlog::Backlog;
use super::lookup::{self, Lookup};
use super::server_rows::{self, Entry};
use super::spool::{Spool, Spooled, SpooledLease, SpooledRow};
use super::{Exclusive, exclusive};
use crate::core::failure::{Failure, Result};
use crate::purchase::record::{JournalRow, Purchase, Stamp};
use crate::store::postgres::Postgres;
use crate::store::sql::{Durable, Sql, SqlRow, Statement, Value};
use crate::store::state::StateStore;
use std::cell::Cell;
use std::path::Path;
use std::sync::Arc;
use uuid::Uuid;

/// What decisions take turns with.
const DECISIONS: &str = "topup journal";

const IS_THERE: &str = "SELECT seq FROM entry WHERE row_id = $1";

/// The journal on a server.
#[derive(Debug)]
pub(super) struct SharedJournal {
    store: Arc<StateStore>,
    spool: Spool,
    /// Something of this run waits in the spool.
    has_spooled: Cell<bool>,
}

/// A transaction that takes its turn with its first words.
struct Alone<'s> {
    sql: &'s mut dyn Sql,
    hold: Option<Statement>,
}

impl Alone<'_> {
    /// Says these behind what takes the turn, and gives what came of them.
    fn say(
        &mut self,
        statements: &[Statement],
        say: impl FnOnce(&mut dyn Sql, &[Statement]) -> Result<Vec<Vec<SqlRow>>>,
    ) -> Result<Vec<Vec<SqlRow>>> {
        let Some(hold) = self.hold.take() else { return say(self.sql, statements) };
        let all: Vec<Statement> = [hold].into_iter().chain(statements.iter().cloned()).collect();
        let mut found = say(self.sql, &all)?;
        found.remove(0);
        Ok(found)
    }
}

impl Sql for Alone<'_> {
    fn run(&mut self, statement: &str, values: &[Value]) -> Result<Vec<SqlRow>> {
        let mut found = self.run_all(&[Statement::new(statement, values)])?;
        Ok(found.pop().unwrap_or_default())
    }

    fn run_all(&mut self, statements: &[Statement]) -> Result<Vec<Vec<SqlRow>>> {
        self.say(statements, |sql, all| sql.run_all(all))
    }

    fn finish(&mut self, statements: &[Statement], durable: Durable) -> Result<Vec<Vec<SqlRow>>> {
        self.say(statements, |sql, all| sql.finish(all, durable))
    }

    fn for_update(&self) -> &'static str {
        self.sql.for_update()
    }

    /// It has its turn.
    fn hold(&self, _shared: bool, _name: &str) -> Option<Statement> {
        None
    }

    fn keeps_session(&self) -> bool {
        self.sql.keeps_session()
    }
}

impl SharedJournal {
    pub fn new(store: &Arc<StateStore>, spool: Spool) -> Self {
        Self { store: Arc::clone(store), spool, has_spooled: Cell::new(false) }
    }

    pub fn store(&self) -> &StateStore {
        &self.store
    }

    pub fn spooled(&self) -> Option<&Path> {
        self.has_spooled.get().then(|| self.spool.file())
    }

    /// See [`super::Journal::exclusively`].
    pub fn exclusively<T>(
        &self,
        durable: Durable,
        ahead: &[Lookup<'_>],
        mut work: impl FnMut(&Exclusive<'_>) -> Result<T>,
    ) -> Result<T> {
        self.write_spooled()?;
        let place = self.store.place();
        let hold = Postgres::hold(false, DECISIONS);
        let first: Vec<Statement> =
            [hold].into_iter().chain(ahead.iter().map(Lookup::asked_first)).collect();
        let mut done = None;
        self.store.write_beginning(&first, &mut |sql| {
            // What a first try has taken is given back before a second one.
            done = None;
            let hold = sql.hold(false, DECISIONS);
            let mut alone = Alone { sql, hold };
            let alone = Exclusive::of_server(&mut alone, &self.store, &place, durable);
            done = Some(work(&alone)?);
            Ok(())
        })?;
        done.ok_or_else(|| Failure::internal("a transaction of the journal did nothing"))
    }

    pub fn look<T>(&self, mut work: impl FnMut(&mut dyn Sql, &str) -> Result<T>) -> Result<T> {
        self.write_spooled()?;
        let place = self.store.place();
        let mut done = None;
        self.store.glance(&mut |sql| {
            done = Some(work(sql, &place)?);
            Ok(())
        })?;
        done.ok_or_else(|| Failure::internal("nothing was read of the journal"))
    }

    /// See [`super::Journal::append`].
    pub fn append(&self, purchase: Uuid, stamp: &Stamp, row: &JournalRow) -> Result<()> {
        let id = Uuid::new_v4();
        if row.is_fenced() {
            self.write_spooled()?;
            return self.append_fenced(id, purchase, stamp, row);
        }
        let waiting = Box::new(SpooledRow::new(id, purchase, stamp, row));
        // What was answered first is written first: behind what waits it waits as well.
        if self.has_spooled.get() {
            return self.spool.add(&self.store.place(), &Spooled::Row(waiting));
        }
        let Err(error) = self.append_fact(&waiting) else { return Ok(()) };
        // Whatever kept it from the server: it happened, and the next run has to know.
        self.spool.add(&self.store.place(), &Spooled::Row(waiting)).map_err(|_| error)?;
        self.has_spooled.set(true);
        Ok(())
    }

    /// See [`super::Journal::append_last`]: what cannot be given back now would keep others waiting until
    /// its time is over.
    pub fn append_last(
        &self,
        purchase: Uuid,
        stamp: &Stamp,
        row: &JournalRow,
        give_back: impl FnOnce(),
    ) -> Result<()> {
        self.store.give_back_later(give_back);
        self.append(purchase, stamp, row)?;
        if self.has_spooled.get() {
            for (entity, fence) in self.store.take_given_back() {
                let lease = Spooled::Lease(SpooledLease { entity, fence });
                let _ = self.spool.add(&self.store.place(), &lease);
            }
        }
        Ok(())
    }

    fn append_fenced(
        &self,
        id: Uuid,
        purchase: Uuid,
        stamp: &Stamp,
        row: &JournalRow,
    ) -> Result<()> {
        let own = (purchase, self.store.fence(purchase)?);
        let mut leases = self.store.held_beside(purchase);
        leases.push(own);
        let append = server_rows::append(entry(id, purchase, stamp, row)?, &leases);
        if self.is_added(append, id, Durable::Now)? {
            Ok(())
        } else {
            Err(StateStore::taken_over())
        }
    }

    fn append_fact(&self, waiting: &SpooledRow) -> Result<()> {
        let SpooledRow { id, purchase, stamp, row } = waiting;
        let durable = if row.may_wait() { Durable::WithTheNext } else { Durable::Now };
        let append = server_rows::append(entry(*id, *purchase, stamp, row)?, &[]);
        if self.is_added(append, *id, durable)? {
            return Ok(());
        }
        Err(server_rows::without_purchase(&self.store.place(), *purchase))
    }

    /// Appends this, and says whether the row with this id is there then.
    fn is_added(&self, append: Statement, id: Uuid, durable: Durable) -> Result<bool> {
        if self.store.put(&[append], durable)?.iter().any(|rows| !rows.is_empty()) {
            return Ok(true);
        }
        // It is there already where the answer to a COMMIT was lost.
        let is_there = [id.to_string().as_str().into()];
        let mut found = None;
        self.store.glance(&mut |sql| {
            found = sql.row(IS_THERE, &is_there)?;
            Ok(())
        })?;
        Ok(found.is_some())
    }

    /// Writes what could not be written so far: the outcomes of this machine come before what is
    /// decided on them.
    fn write_spooled(&self) -> Result<()> {
        self.spool.drain(&self.store.place(), |waiting| match waiting {
            Spooled::Row(row) => self.append_fact(row),
            Spooled::Lease(lease) => self.store.give_back_late(lease.entity, lease.fence),
        })?;
        self.has_spooled.set(false);
        Ok(())
    }

    /// See [`super::Journal::waiting`].
    pub fn waiting(&self) -> Result<Vec<Backlog>> {
        let waits = "SELECT p.id, w.is_open FROM
                (SELECT purchase, CAST(1 AS BIGINT) AS is_open FROM unfinished
                 UNION ALL SELECT purchase, CAST(0 AS BIGINT) FROM untold) w
             CROSS JOIN purchase p WHERE p.id = w.purchase ORDER BY p.origin, p.asked_ms, p.id";
        let found: Vec<(bool, Purchase)> = self.look(|sql, place| {
            let rows = sql.run(waits, &[])?;
            let ids = lookup::ids(sql, place, waits, &[])?;
            let all = lookup::load_all(sql, place, &ids)?;
            rows.iter().zip(all).map(|(row, purchase)| Ok((row.int(1)? == 1, purchase))).collect()
        })?;
        let mut waiting: Vec<Backlog> = Vec::new();
        for (is_open, Purchase { intent, .. }) in found {
            let known = waiting.iter_mut().find(|backlog| {
                backlog.origin == intent.origin
                    && backlog.system == intent.system
                    && backlog.profile == intent.profile
                    && backlog.base_url == intent.base_url
            });
            let (open, untold) = (i64::from(is_open), i64::from(!is_open));
            match known {
                Some(backlog) => {
                    backlog.open += open;
                    backlog.untold += untold;
                }
                None => waiting.push(Backlog {
                    origin: intent.origin,
                    system: intent.system,
                    profile: intent.profile,
                    base_url: intent.base_url,
                    open,
                    untold,
                }),
            }
        }
        Ok(waiting)
    }
}

/// A row of this purchase.
pub(super) fn entry(id: Uuid, purchase: Uuid, stamp: &Stamp, row: &JournalRow) -> Result<Entry> {
    let [id, purchase] = [id, purchase].map(|id| id.to_string().as_str().into());
    Ok(Entry { id, purchase, columns: exclusive::columns(stamp, row)? })
}
