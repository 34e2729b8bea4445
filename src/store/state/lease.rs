//! The right to act on one thing, for one process of all machines.
//!
//! The row is the truth: who holds the lease, until when by the server's clock, and its fencing
//! number. Each new holder gets the next number, and what must not be done by a former holder is
//! written together with the number ([`StateStore::fence`]). A holder that dies is noticed when its
//! time is over; where its connection leads to the server itself, it holds a session lock as well,
//! and that it is gone ends the lease at once. A pooler may give the session to another client, so
//! behind one there is no session lock.

use super::StateStore;
use crate::core::failure::{Failure, Result};
use crate::store::sql::{Durable, Sql, SqlRow, Statement, Value};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;
use uuid::Uuid;

/// How long a lease lasts after its holder was last heard of. Longer than any one step of a
/// purchase: a request ends after 30 s, and a renewal of the login after 20.
pub const LASTS: Duration = Duration::from_secs(90);

/// The server's clock, in milliseconds.
const NOW: &str = "CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT)";

/// A lease of this process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Held {
    pub entity: Uuid,
    pub fence: i64,
    /// There is a session lock beside it.
    pub by_session: bool,
    /// Counts what this process has taken. Whoever locks several rows does it in this order: what an
    /// account holds apart is taken before a purchase, by all machines, so no two wait for each other.
    pub turn: u64,
}

impl Held {
    /// What gives it back.
    pub fn release(self) -> Vec<Statement> {
        let mut statements = vec![release(self.entity, self.fence)];
        if self.by_session {
            statements.push(unlock(self.entity));
        }
        statements
    }
}

/// Ends a lease, unless another holder has the next number.
pub(super) fn release(entity: Uuid, fence: i64) -> Statement {
    Statement::new(
        "UPDATE lease SET until_ms = 0 WHERE entity = $1 AND fence = $2",
        [entity.to_string().as_str().into(), Value::from(fence)],
    )
}

/// The number of the session lock that belongs to this.
fn number(entity: Uuid) -> i64 {
    let (high, low) = entity.as_u64_pair();
    i64::from_be_bytes((high ^ low.rotate_left(32)).to_be_bytes())
}

fn unlock(entity: Uuid) -> Statement {
    let text = "SELECT CAST(CAST(pg_advisory_unlock($1) AS INTEGER) AS BIGINT)";
    Statement::new(text, [Value::from(number(entity))])
}

/// The right to act on one thing, until it is dropped.
pub struct Lease {
    store: Arc<StateStore>,
    held: Held,
}

impl fmt::Debug for Lease {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{:?}", self.held)
    }
}

impl Lease {
    /// Whether the lease is free for this process to take, which it does not do.
    ///
    /// # Errors
    /// Those of the server.
    pub fn is_free_in(store: &StateStore, sql: &mut dyn Sql, entity: Uuid) -> Result<bool> {
        if store.holds(entity) {
            return Ok(false);
        }
        let held = format!(
            "SELECT held.fence FROM lease AS held WHERE held.entity = $1 AND held.holder <> $2
             AND NOT {}",
            is_over("$3")
        );
        let values = [
            Value::from(entity.to_string().as_str()),
            store.holder.as_str().into(),
            Value::from(number(entity)),
        ];
        Ok(sql.row(&held, &values)?.is_none())
    }

    /// Takes the lease inside a transaction if it is free, and asks these in the same words to the
    /// server: what they see, no other holder changes any more. It is held from the commit on.
    ///
    /// # Errors
    /// Those of the server.
    pub fn try_take_in(
        store: &Arc<StateStore>,
        sql: &mut dyn Sql,
        entity: Uuid,
        ask: &[Statement],
    ) -> Result<Option<(Self, Vec<Vec<SqlRow>>)>> {
        if store.holds(entity) {
            return Ok(None);
        }
        let mut statements = take(store, entity, sql.keeps_session());
        let own = statements.len();
        statements.extend_from_slice(ask);
        let mut found = sql.run_all(&statements)?;
        let answers = found.split_off(own.min(found.len()));
        Ok(Self::from_taken(store, entity, &found)?.map(|lease| (lease, answers)))
    }

    /// Takes the lease of something new and adds it, as long as this process has all that it holds:
    /// one statement does all of it or nothing, and ends the transaction. Each part of `adding` has a name,
    /// and adds something where there is a row of `taken`; these are the values of all of them, from `$1` on.
    ///
    /// # Errors
    /// Class `in_progress`: another process has taken over what this one holds. Those of the server.
    pub fn take_adding(
        store: &Arc<StateStore>,
        sql: &mut dyn Sql,
        entity: Uuid,
        adding: &[(&str, String)],
        mut values: Vec<Value>,
        durable: Durable,
    ) -> Result<Self> {
        let held = store.all_held();
        let mut next = |value: Value| {
            values.push(value);
            format!("${}", values.len())
        };
        let lasts = next(millis(LASTS).into());
        let mine: Vec<[String; 2]> = held
            .iter()
            .map(|held| {
                let entity = next(held.entity.to_string().as_str().into());
                [entity, next(held.fence.into())]
            })
            .collect();
        let names = Names {
            entity: next(entity.to_string().as_str().into()),
            holder: next(store.holder.as_str().into()),
            lasts: lasts.clone(),
            number: next(number(entity).into()),
        };
        let counted = "(SELECT COUNT(*) FROM mine)";
        let (of_held, count, condition) = if held.is_empty() {
            (String::new(), "CAST(0 AS BIGINT)", "TRUE".to_owned())
        } else {
            let locked = locked_in_order(&mine);
            let of_held = format!(
                "locked AS ({locked}),
                 mine AS (UPDATE lease SET until_ms = {NOW} + {lasts} FROM locked
                     WHERE lease.entity = locked.entity RETURNING lease.fence), "
            );
            (of_held, counted, format!("{counted} = {}", held.len()))
        };
        let taken = names.take_new(sql.keeps_session(), &condition);
        let adding: String =
            adding.iter().map(|(name, part)| format!(", {name} AS ({part})")).collect();
        let text = format!(
            "WITH {of_held}taken AS ({taken}){adding}
             SELECT {count}, taken.fence, taken.by_session
             FROM (SELECT 1) AS one LEFT JOIN taken ON TRUE"
        );
        let found = sql.finish(&[Statement::new(text, values)], durable)?;
        let row = found.first().and_then(|rows| rows.first());
        let row = row.ok_or_else(|| Failure::internal("a lease was taken without an answer"))?;
        match (row.int_if(1)?, row.int_if(2)?) {
            (Some(fence), by_session) => {
                Ok(Self::keep(store, entity, fence, by_session == Some(1)))
            }
            _ if usize::try_from(row.int(0)?).ok() != Some(held.len()) => {
                Err(StateStore::taken_over())
            }
            _ => Err(Failure::internal("what is new is held already")),
        }
    }

    /// The lease that the statements of [`take`] gave, if they did.
    pub(super) fn from_taken(
        store: &Arc<StateStore>,
        entity: Uuid,
        found: &[Vec<SqlRow>],
    ) -> Result<Option<Self>> {
        let Some(row) = found.first().and_then(|rows| rows.first()) else { return Ok(None) };
        Ok(Some(Self::keep(store, entity, row.int(0)?, row.int(1)? == 1)))
    }

    fn keep(store: &Arc<StateStore>, entity: Uuid, fence: i64, by_session: bool) -> Self {
        let held = store.keep(entity, fence, by_session);
        Self { store: Arc::clone(store), held }
    }
}

/// Locks the rows of leases, each with the parameters of its entity and its fencing number, in this
/// order and until the transaction ends, and gives those that nobody has taken over.
pub fn locked_in_order(leases: &[[String; 2]]) -> String {
    let any: Vec<String> = leases
        .iter()
        .map(|[entity, fence]| format!("(entity = {entity} AND fence = {fence})"))
        .collect();
    let order: Vec<String> =
        leases.iter().map(|[entity, _]| format!("entity = {entity} DESC")).collect();
    match leases {
        [] => "SELECT entity FROM lease WHERE FALSE".to_owned(),
        _ => format!(
            "SELECT entity FROM lease WHERE {} ORDER BY {} FOR UPDATE",
            any.join(" OR "),
            order.join(", ")
        ),
    }
}

/// How the values of a statement are called that takes a lease.
struct Names {
    entity: String,
    holder: String,
    lasts: String,
    number: String,
}

impl Names {
    /// Takes it where it is free, and gives its number, and whether there is a session lock beside it.
    fn take(&self, is_direct: bool) -> String {
        let is_free = format!("held.holder = EXCLUDED.holder OR {}", is_over(&self.number));
        self.take_where(is_direct, "TRUE", &is_free)
    }

    /// The same for something new where the condition holds: no other can have it.
    fn take_new(&self, is_direct: bool, condition: &str) -> String {
        self.take_where(is_direct, condition, "held.holder = EXCLUDED.holder")
    }

    fn take_where(&self, is_direct: bool, condition: &str, is_free: &str) -> String {
        let Self { entity, holder, lasts, number } = self;
        let session = if is_direct {
            format!("CAST(CAST(pg_try_advisory_lock({number}) AS INTEGER) AS BIGINT)")
        } else {
            // The parameter has to be somewhere.
            format!("{number} * 0")
        };
        format!(
            "INSERT INTO lease AS held (entity, fence, holder, until_ms, by_session)
             SELECT {entity}, 1, {holder}, {NOW} + {lasts}, {session} WHERE {condition}
             ON CONFLICT (entity) DO UPDATE SET fence = held.fence + 1, holder = EXCLUDED.holder,
                 until_ms = EXCLUDED.until_ms, by_session = EXCLUDED.by_session
             WHERE {is_free} RETURNING fence, by_session"
        )
    }
}

/// The statements that take a lease if it is free: the first gives a row then. A session lock that
/// was taken on the way, where no session held it, is given back with them.
pub(super) fn take(store: &StateStore, entity: Uuid, is_direct: bool) -> Vec<Statement> {
    let [entity_value, holder] =
        [entity.to_string(), store.holder.clone()].map(|text| Value::from(text.as_str()));
    let [entity_name, holder_name, lasts, name] = ["$1", "$2", "$3", "$4"].map(ToOwned::to_owned);
    let names = Names { entity: entity_name, holder: holder_name, lasts, number: name };
    let number = Value::from(number(entity));
    let values = [entity_value.clone(), holder.clone(), millis(LASTS).into(), number.clone()];
    let mut statements = vec![Statement::new(names.take(is_direct), values)];
    if is_direct {
        let tidy = "SELECT CASE WHEN NOT EXISTS (SELECT 1 FROM lease
                WHERE entity = $1 AND holder = $2 AND by_session = 1)
            AND EXISTS (SELECT 1 FROM pg_locks
                WHERE locktype = 'advisory' AND objsubid = 1 AND pid = pg_backend_pid()
                AND (CAST(classid AS BIGINT) << 32) | CAST(objid AS BIGINT) = $3)
            THEN CAST(CAST(pg_advisory_unlock($3) AS INTEGER) AS BIGINT) ELSE 0 END";
        statements.push(Statement::new(tidy, [entity_value, holder, number]));
    }
    statements
}

/// Whether the lease of the row `held`, with this number of its session lock, is over: its time is,
/// or the session is that held it.
fn is_over(number: &str) -> String {
    format!(
        "(held.until_ms <= {NOW} OR (held.by_session = 1 AND NOT EXISTS (
             SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 1
                 AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
                 AND (CAST(classid AS BIGINT) << 32) | CAST(objid AS BIGINT) = {number}
                 AND granted AND pid <> pg_backend_pid())))"
    )
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.store.give_back(self.held);
    }
}

/// The statement that proves the lease, locks its row until the transaction ends, and lengthens
/// it; it gives one row, unless another process has the next number.
pub(super) fn renew(entity: Uuid, fence: i64) -> Statement {
    let text = format!(
        "UPDATE lease SET until_ms = {NOW} + $3 WHERE entity = $1 AND fence = $2 RETURNING fence"
    );
    let values =
        [Value::from(entity.to_string().as_str()), Value::from(fence), Value::from(millis(LASTS))];
    Statement::new(text, values)
}

/// The statement that makes a lease one that lasts by its time alone.
pub(super) fn without_session(entity: Uuid, fence: i64) -> Statement {
    let text = "UPDATE lease SET by_session = 0 WHERE entity = $1 AND fence = $2";
    Statement::new(text, [Value::from(entity.to_string().as_str()), Value::from(fence)])
}

fn millis(time: Duration) -> i64 {
    i64::try_from(time.as_millis()).unwrap_or(i64::MAX)
}
