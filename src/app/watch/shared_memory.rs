//! What a watch knows, where machines share it: a row of the store for each watch, held by a lease.

use super::alert_memory::{AlertMemory, HeldMemory};
use crate::core::class::Class;
use crate::core::clock::Clock;
use crate::core::failure::{Failure, Result};
use crate::purchase::lock::EntityLock;
use crate::purchase::place::JournalPlace;
use crate::store::sql::{Durable, SqlRow, Statement, Value};
use crate::store::state::StateStore;
use std::sync::Arc;
use std::time::Duration;
use uuid::Uuid;

/// How long another watch may be at the same balance before this one leaves it to that.
const PATIENCE: Duration = Duration::from_secs(2);

/// Remembers it for the holder with this fencing number, and for no other; the lease lasts as long
/// again.
const WRITE: &str = "WITH held AS (UPDATE lease
        SET until_ms = CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT) + $4
        WHERE entity = $1 AND fence = $2 RETURNING until_ms)
    INSERT INTO crossing (id, body, changed_ms)
    SELECT $1, $3, CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT) FROM held
    ON CONFLICT (id) DO UPDATE SET body = EXCLUDED.body, changed_ms = EXCLUDED.changed_ms
    RETURNING id";

/// Forgets it for the holder with this fencing number, and for no other; done again it does nothing and
/// says the same.
const FORGET: &str =
    "WITH held AS (SELECT entity FROM lease WHERE entity = $1 AND fence = $2 FOR UPDATE),
    gone AS (DELETE FROM crossing USING held WHERE id = held.entity)
    SELECT entity FROM held";

/// The rows of the store that machines share.
pub struct SharedAlerts {
    place: JournalPlace,
    store: Arc<StateStore>,
}

impl SharedAlerts {
    /// Those of the store at this place; none where nothing is shared.
    pub fn new(place: &JournalPlace) -> Option<Self> {
        let store = Arc::clone(place.shared()?);
        Some(Self { place: place.clone(), store })
    }
}

struct HeldRow<'a> {
    store: &'a StateStore,
    id: Uuid,
    lock: Option<EntityLock>,
}

impl AlertMemory for SharedAlerts {
    fn take(&self, id: Uuid, clock: &dyn Clock) -> Result<Option<Box<dyn HeldMemory + '_>>> {
        match EntityLock::take(&self.place, id, PATIENCE, clock) {
            Ok(lock) => Ok(Some(Box::new(HeldRow { store: &self.store, id, lock: Some(lock) }))),
            Err(error) if error.class() == Class::InProgress => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn ids(&self) -> Result<Vec<Uuid>> {
        let mut rows = Vec::new();
        self.store.glance(&mut |sql| {
            rows = sql.run("SELECT id FROM crossing ORDER BY id", &[])?;
            Ok(())
        })?;
        let id = |row: &SqlRow| {
            Uuid::parse_str(row.str(0)?).map_err(|cause| {
                Failure::config("a watch in the shared store has no id").because(cause)
            })
        };
        rows.iter().map(id).collect()
    }
}

impl HeldRow<'_> {
    /// Carries out a change that gives a row where the lease is still ours.
    fn put(&self, change: &Statement) -> Result<()> {
        let found = self.store.put(std::slice::from_ref(change), Durable::Now)?;
        if found.first().is_some_and(|rows| !rows.is_empty()) {
            return Ok(());
        }
        Err(Failure::new(
            Class::InProgress,
            "another machine has taken over this watch; it reports what is due",
        )
        .hint("There is nothing to do."))
    }
}

impl HeldMemory for HeldRow<'_> {
    fn read(&self) -> Result<Option<String>> {
        let mut text = None;
        self.store.glance(&mut |sql| {
            let query = "SELECT body FROM crossing WHERE id = $1";
            let found = sql.row(query, &[self.id.to_string().as_str().into()])?;
            text = found.map(|row| row.text(0)).transpose()?;
            Ok(())
        })?;
        Ok(text)
    }

    fn write(&self, text: &str) -> Result<()> {
        let lasts = i64::try_from(crate::store::state::LASTS.as_millis()).unwrap_or(i64::MAX);
        let values = [
            Value::from(self.id.to_string().as_str()),
            self.store.fence(self.id)?.into(),
            text.into(),
            lasts.into(),
        ];
        self.put(&Statement::new(WRITE, values))
    }

    fn forget(&self) -> Result<()> {
        let values = [Value::from(self.id.to_string().as_str()), self.store.fence(self.id)?.into()];
        self.put(&Statement::new(FORGET, values))
    }

    fn kind(&self) -> &'static str {
        "row"
    }

    fn place(&self) -> String {
        format!("the row '{}' of the table crossing in {}", self.id, self.store.place())
    }
}

impl Drop for HeldRow<'_> {
    /// Between two checks no connection is kept: a watch waits for hours.
    fn drop(&mut self) {
        drop(self.lock.take());
        self.store.rest();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::watch::alert_memory::{load, save};
    use crate::app::watch::alert_state::AlertState;
    use crate::core::clock::TurnedClock;
    use crate::core::environment::Variables;
    use crate::ledger::suite::server::{Schema, Server};
    use crate::purchase::journal::Spool;

    fn machine(schema: &Schema) -> SharedAlerts {
        let store = StateStore::new(&schema.url, None, &Variables::default()).expect("a URL");
        let spool = Spool::new("/nowhere/spool".into());
        SharedAlerts::new(&JournalPlace::Shared { store, spool }).expect("it is shared")
    }

    #[test]
    fn one_machine_at_a_time_holds_a_watch_and_all_of_them_remember_it() {
        let Some(server) = Server::shared() else { return };
        let schema = server.schema();
        let (here, there) = (machine(&schema), machine(&schema));
        let (id, clock) = (Uuid::new_v4(), TurnedClock::new(jiff::Timestamp::UNIX_EPOCH));
        let held = here.take(id, &clock).expect("asked").expect("free");
        assert_eq!(load(held.as_ref(), "20.00").expect("nothing"), AlertState::default());
        assert!(there.take(id, &clock).expect("asked").is_none(), "one at a time");
        assert_eq!(clock.passed(), PATIENCE);
        let state = AlertState {
            recovery: Some(crate::app::watch::alert_state::PendingRecovery {
                since: jiff::Timestamp::UNIX_EPOCH,
                tries: 3,
            }),
            ..AlertState::default()
        };
        save(held.as_ref(), &state).expect("written");
        drop(held);
        let held = there.take(id, &clock).expect("asked").expect("given back");
        assert_eq!(load(held.as_ref(), "20.00").expect("read"), state);
        // This machine sleeps longer than its lease lasts: what it writes is refused.
        server.run(&format!("UPDATE {}.lease SET until_ms = 0", schema.name));
        let taken = here.take(id, &clock).expect("asked").expect("it is over");
        let refused = save(held.as_ref(), &AlertState::default()).expect_err("taken over");
        assert_eq!(refused.class(), Class::InProgress);
        assert_eq!(load(taken.as_ref(), "20.00").expect("read"), state);
    }
}
