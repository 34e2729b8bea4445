//! The journal on a server: the same rows under the same rules, and what only a server needs: a
//! fencing number on what begins or decides, and a place for outcomes while it is away.

use super::backlog::Backlog;
use super::spool::{Spool, SpooledRow};
use super::{Exclusive, exclusive, lookup};
use crate::core::failure::{Failure, Result};
use crate::purchase::record::{JournalRow, Purchase, Stamp};
use crate::store::sql::{Durable, Sql, SqlRow, Statement, Value};
use crate::store::state::{StateStore, locked_in_order};
use std::cell::Cell;
use std::path::Path;
use std::sync::Arc;
use uuid::Uuid;

/// What decisions take turns with.
const DECISIONS: &str = "topup journal";

const APPEND: &str = "INSERT INTO entry (purchase, kind, ended, charge_id, cost, stamp, body, id)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (id) DO NOTHING";

/// The same for a holder with this fencing number, and for nobody after it; and only while it holds so
/// many other things as well: what it begins at an account rests on the lease of that. Their rows are
/// locked in the order in which they were taken, the purchase last, as a decision takes them.
fn append_fenced_beside(others: usize) -> String {
    let parameters = |first: usize| [first, first + 1].map(|number| format!("${number}"));
    let mut leases: Vec<[String; 2]> =
        (0..others).map(|other| parameters(10 + 2 * other)).collect();
    leases.push(["$1".to_owned(), "$9".to_owned()]);
    format!(
        "WITH held AS ({})
        INSERT INTO entry (purchase, kind, ended, charge_id, cost, stamp, body, id)
        SELECT $1, $2, $3, $4, $5, $6, $7, $8 WHERE (SELECT COUNT(*) FROM held) = {}
        ON CONFLICT (id) DO NOTHING",
        locked_in_order(&leases),
        leases.len()
    )
}

const IS_THERE: &str = "SELECT COUNT(*) FROM entry WHERE id = $1";

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
        mut work: impl FnMut(&Exclusive<'_>) -> Result<T>,
    ) -> Result<T> {
        self.write_spooled()?;
        let place = self.store.place();
        let mut done = None;
        self.store.write(&mut |sql| {
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
        let waiting = SpooledRow::new(id, purchase, stamp, row);
        // What was answered first is written first: behind what waits it waits as well.
        if self.has_spooled.get() {
            return self.spool.add(&self.store.place(), &waiting);
        }
        let Err(error) = self.append_fact(&waiting) else { return Ok(()) };
        // Whatever kept it from the server: it happened, and the next run has to know.
        self.spool.add(&self.store.place(), &waiting).map_err(|_| error)?;
        self.has_spooled.set(true);
        Ok(())
    }

    fn append_fenced(
        &self,
        id: Uuid,
        purchase: Uuid,
        stamp: &Stamp,
        row: &JournalRow,
    ) -> Result<()> {
        let fence = self.store.fence(purchase)?;
        let mut values = values(id, purchase, stamp, row)?;
        values.push(Value::from(fence));
        let beside = self.store.held_beside(purchase);
        for (entity, fence) in &beside {
            values.push(entity.to_string().as_str().into());
            values.push(Value::from(*fence));
        }
        let append = append_fenced_beside(beside.len());
        let is_there = Statement::new(IS_THERE, [id.to_string().as_str().into()]);
        let found = self.store.put(&[Statement::new(append, values), is_there], Durable::Now)?;
        let count = found.get(1).and_then(|rows| rows.first()).map(|row| row.int(0)).transpose()?;
        if count == Some(1) { Ok(()) } else { Err(StateStore::taken_over()) }
    }

    fn append_fact(&self, waiting: &SpooledRow) -> Result<()> {
        let values = values(waiting.id, waiting.purchase, &waiting.stamp, &waiting.row)?;
        let durable = if waiting.row.may_wait() { Durable::WithTheNext } else { Durable::Now };
        self.store.put(&[Statement::new(APPEND, values)], durable).map(|_| ())
    }

    /// Writes what could not be written so far: the outcomes of this machine come before what is
    /// decided on them.
    fn write_spooled(&self) -> Result<()> {
        self.spool.drain(&self.store.place(), |waiting| self.append_fact(waiting))?;
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

fn values(id: Uuid, purchase: Uuid, stamp: &Stamp, row: &JournalRow) -> Result<Vec<Value>> {
    let mut values = vec![Value::from(purchase.to_string().as_str())];
    values.extend(exclusive::columns(stamp, row)?);
    values.push(id.to_string().as_str().into());
    Ok(values)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_lease_that_an_entry_rests_on_has_an_entity_and_a_fence_of_its_own() {
        for (others, last) in [(0, 9), (1, 11), (2, 13)] {
            let text = append_fenced_beside(others);
            for number in 1..=last + 1 {
                let is_bound = text.contains(&format!("${number}"));
                assert_eq!(is_bound, number <= last, "${number} beside {others}: {text}");
            }
        }
    }
}
