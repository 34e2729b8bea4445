//! The right to act on one thing, for one process of all machines.
//!
//! The row is the truth: who holds the lease, until when by the server's clock, and its fencing
//! number. Each new holder gets the next number, and what must not be done by a former holder is
//! written together with the number ([`StateStore::fence`]). A holder that dies is noticed when its
//! time is over; where its connection leads to the server itself, it holds a session lock as well,
//! and that it is gone ends the lease at once. A pooler may give the session to another client, so
//! behind one there is no session lock.

use super::StateStore;
use crate::core::failure::Result;
use crate::store::sql::{Sql, Statement, Value};
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
}

impl Held {
    /// What gives it back.
    pub fn release(self) -> Vec<Statement> {
        let mut statements = vec![Statement::new(
            "UPDATE lease SET until_ms = 0 WHERE entity = $1 AND fence = $2",
            [self.entity.to_string().as_str().into(), Value::from(self.fence)],
        )];
        if self.by_session {
            statements.push(unlock(self.entity));
        }
        statements
    }
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
    /// The fencing number.
    pub fn fence(&self) -> i64 {
        self.held.fence
    }

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

    /// Takes the lease inside a transaction if it is free. It is held from the commit on.
    ///
    /// # Errors
    /// Those of the server.
    pub fn try_take_in(
        store: &Arc<StateStore>,
        sql: &mut dyn Sql,
        entity: Uuid,
    ) -> Result<Option<Self>> {
        if store.holds(entity) {
            return Ok(None);
        }
        let is_direct = sql.keeps_session();
        let session = if is_direct {
            "CAST(CAST(pg_try_advisory_lock($4) AS INTEGER) AS BIGINT)"
        } else {
            // The parameter has to be somewhere.
            "$4 * 0"
        };
        let take = format!(
            "INSERT INTO lease AS held (entity, fence, holder, until_ms, by_session)
             VALUES ($1, 1, $2, {NOW} + $3, {session})
             ON CONFLICT (entity) DO UPDATE SET fence = held.fence + 1, holder = EXCLUDED.holder,
                 until_ms = EXCLUDED.until_ms, by_session = EXCLUDED.by_session
             WHERE held.holder = EXCLUDED.holder OR {}
             RETURNING fence, by_session",
            is_over("$4")
        );
        let values = [
            Value::from(entity.to_string().as_str()),
            store.holder.as_str().into(),
            Value::from(millis(LASTS)),
            Value::from(number(entity)),
        ];
        match sql.row(&take, &values)? {
            Some(row) => {
                let held = Held { entity, fence: row.int(0)?, by_session: row.int(1)? == 1 };
                store.keep(held);
                Ok(Some(Self { store: Arc::clone(store), held }))
            }
            None => {
                if is_direct {
                    // The session lock was taken on the way, where no session held it.
                    let held = "SELECT CASE WHEN EXISTS (SELECT 1 FROM pg_locks
                        WHERE locktype = 'advisory' AND objsubid = 1 AND pid = pg_backend_pid()
                            AND (CAST(classid AS BIGINT) << 32) | CAST(objid AS BIGINT) = $1)
                        THEN CAST(CAST(pg_advisory_unlock($1) AS INTEGER) AS BIGINT) ELSE 0 END";
                    sql.run(held, &[Value::from(number(entity))])?;
                }
                Ok(None)
            }
        }
    }
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
