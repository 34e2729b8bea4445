//! What machines share on a PostgreSQL server: purchases, leases, logins, watches. One connection
//! for a run, made at its first use.

mod lease;
mod tables;

pub use lease::{LASTS, Lease, locked_in_order};
pub use tables::{STATE, VERSION};

use super::postgres::{FirstQuestions, Postgres};
use super::sql::{Database, Durable, Sql, SqlRow, SqlWork, Statement};
use crate::core::class::Class;
use crate::core::clock;
use crate::core::environment::Variables;
use crate::core::failure::{Failure, Result};
use jiff::Timestamp;
use lease::Held;
use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use uuid::Uuid;

/// How the server of a shared store stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoreHealth {
    /// Its clock.
    pub now: Timestamp,
    /// The connection leads to it; else there is a pooler in between.
    pub is_direct: bool,
    /// It follows another server, and takes no writes.
    pub is_standby: bool,
    /// Others follow it without being waited for: where one takes over, the last commits are gone.
    pub may_lose_commits: bool,
    /// What is committed is written to its disk before it is told: its `fsync` is on.
    pub is_on_disk: bool,
    /// The role of this machine may write to all tables.
    pub may_write: bool,
    /// How many purchases it holds.
    pub purchases: i64,
}

/// The shared store of a run.
pub struct StateStore {
    url: String,
    place: String,
    longest: Option<Duration>,
    variables: Variables,
    /// This process: what it holds, no other has.
    holder: String,
    server: Mutex<Option<Postgres>>,
    /// The leases of this process.
    held: Mutex<HashMap<Uuid, Held>>,
    /// How many leases this process has taken.
    turns: AtomicU64,
    /// Those that are to be given back with the next words to the server.
    released: Mutex<Vec<Held>>,
    /// What is given back now waits for the next words.
    gathers: AtomicBool,
    /// When the leases were lengthened last.
    alive: Mutex<Duration>,
    /// When the tables were made, once the server was reached.
    made: Mutex<Option<Timestamp>>,
}

impl fmt::Debug for StateStore {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "the shared store of {}", self.holder)
    }
}

impl StateStore {
    /// The store that this URL names; touches nothing. One answer takes as long as is said, or as
    /// is usual.
    ///
    /// # Errors
    /// Class `config` for a URL of something else, or one that cannot be understood.
    pub fn new(url: &str, longest: Option<Duration>, variables: &Variables) -> Result<Arc<Self>> {
        let url = url.trim();
        if !url.starts_with("postgres://") && !url.starts_with("postgresql://") {
            return Err(Failure::config("state_url is no postgres://… URL").hint_with(
                "Write it like postgres://user@host/database, or unset {0} and state_url to keep purchases and logins in files.",
                &[&STATE.variable],
            ));
        }
        Ok(Arc::new(Self {
            url: url.to_owned(),
            place: Postgres::place_of(&STATE, url, variables)?,
            longest,
            variables: variables.clone(),
            holder: Uuid::new_v4().to_string(),
            server: Mutex::new(None),
            held: Mutex::default(),
            turns: AtomicU64::new(0),
            released: Mutex::default(),
            gathers: AtomicBool::new(false),
            alive: Mutex::new(clock::monotonic()),
            made: Mutex::new(None),
        }))
    }

    /// The place as a person may see it: the server without its password.
    pub fn place(&self) -> String {
        self.place.clone()
    }

    /// Does all of it and makes it durable, or none of it; see [`Database::write`].
    ///
    /// # Errors
    /// Those of the work, and class `timeout` where the server is away.
    pub fn write(&self, work: &mut SqlWork<'_>) -> Result<()> {
        self.write_beginning(&[], work)
    }

    /// The same for work that may begin with these, which only read and lock: a server that has to be
    /// connected to is asked them on the way.
    ///
    /// # Errors
    /// As [`StateStore::write`].
    pub fn write_beginning(&self, first: &[Statement], work: &mut SqlWork<'_>) -> Result<()> {
        // What was given back is free for this work as well. In its transaction the rows of those
        // leases would stay locked while it waits for its turn, and who has the turn may want them.
        self.flush();
        let begins = first.to_vec();
        let first = FirstQuestions { looks: Vec::new(), begins };
        let done = self.with_first(&first, |server| server.write(work));
        self.flush();
        done
    }

    /// Looks with single statements, each of which sees one state.
    ///
    /// # Errors
    /// As [`StateStore::write`].
    pub fn glance(&self, work: &mut SqlWork<'_>) -> Result<()> {
        self.with(|server| server.glance(work))
    }

    /// One statement that writes and others that look, in a transaction of their own and on one way
    /// there and back; what was given back goes along. Doing it twice must come to the same.
    ///
    /// # Errors
    /// As [`StateStore::write`].
    pub fn put(&self, statements: &[Statement], durable: Durable) -> Result<Vec<Vec<SqlRow>>> {
        let pending = self.take_released();
        let released = pending.iter().flat_map(|held| held.release());
        let all: Vec<Statement> = statements.iter().cloned().chain(released).collect();
        let mut done = self.with(|server| server.put(&all, durable));
        match &mut done {
            Ok(found) => found.truncate(statements.len()),
            Err(_) => held_by(&self.released).extend(pending),
        }
        done
    }

    /// Nothing is asked for a while: the connection is given up until then.
    pub fn rest(&self) {
        if let Some(server) = held_by(&self.server).as_mut() {
            server.rest();
        }
    }

    /// Takes the lease of this if it is free.
    ///
    /// # Errors
    /// As [`StateStore::write`].
    pub fn try_take(self: &Arc<Self>, entity: Uuid) -> Result<Option<Lease>> {
        if self.holds(entity) {
            return Ok(None);
        }
        let is_direct = self.with(|server| Ok(server.is_direct()))?;
        let found = self.put(&lease::take(self, entity, is_direct), Durable::Now)?;
        Lease::from_taken(self, entity, &found)
    }

    /// What is given back in here goes along with the next words to the server.
    pub fn give_back_later(&self, give_back: impl FnOnce()) {
        self.gathers.store(true, Ordering::Relaxed);
        give_back();
        self.gathers.store(false, Ordering::Relaxed);
    }

    /// What this process has given back, of which the server has not heard: each with its fencing number.
    pub fn take_given_back(&self) -> Vec<(Uuid, i64)> {
        self.take_released().iter().map(|held| (held.entity, held.fence)).collect()
    }

    /// Gives back what a former run of this machine has given back without being heard, unless another
    /// process has it by now.
    ///
    /// # Errors
    /// As [`StateStore::write`].
    pub fn give_back_late(&self, entity: Uuid, fence: i64) -> Result<()> {
        self.put(&[lease::release(entity, fence)], Durable::WithTheNext).map(|_| ())
    }

    /// The fencing number that this process has for this.
    ///
    /// # Errors
    /// Class `in_progress`: it holds no lease of it.
    pub fn fence(&self, entity: Uuid) -> Result<i64> {
        let held = held_by(&self.held).get(&entity).map(|held| held.fence);
        held.ok_or_else(Self::taken_over)
    }

    /// What else this process holds, with its fencing numbers, in the order in which it was taken:
    /// the account beside a purchase.
    pub fn held_beside(&self, entity: Uuid) -> Vec<(Uuid, i64)> {
        let others = self.all_held().into_iter().filter(|held| held.entity != entity);
        others.map(|held| (held.entity, held.fence)).collect()
    }

    /// Makes sure, inside a transaction and until its end, that no other process has taken over
    /// what this one does.
    ///
    /// # Errors
    /// Class `in_progress`: another has, and nothing may be begun or decided here.
    pub fn check_fence(&self, sql: &mut dyn Sql, entity: Uuid) -> Result<()> {
        let renew = lease::renew(entity, self.fence(entity)?);
        match sql.row(renew.text(), renew.values())? {
            Some(_) => Ok(()),
            None => Err(Self::taken_over()),
        }
    }

    /// How the server stands, as a check-up wants to know it; nothing is made for it but the tables.
    ///
    /// # Errors
    /// As [`StateStore::write`].
    pub fn health(&self) -> Result<StoreHealth> {
        self.with(|server| {
            let (mut may_lose_commits, mut is_on_disk, mut purchases) = (false, true, 0);
            let mut may_write = true;
            server.glance(&mut |sql| {
                let counts = "SELECT COUNT(*), CAST(current_setting('fsync') AS TEXT),
                    (SELECT COUNT(*) FROM unnest(ARRAY['purchase', 'entry', 'standing', 'spent',
                         'lease', 'login', 'crossing']) AS needed
                     WHERE NOT has_table_privilege(needed, 'INSERT')) FROM purchase";
                let asked =
                    sql.run_all(&[Statement::new(REPLICAS, []), Statement::new(counts, [])])?;
                may_lose_commits = asked.first().map_or(Ok(false), |rows| loses_commits(rows))?;
                if let Some(row) = asked.get(1).and_then(|rows| rows.first()) {
                    (purchases, is_on_disk) = (row.int(0)?, row.text(1)? != "off");
                    may_write = row.int(2)? == 0;
                }
                Ok(())
            })?;
            Ok(StoreHealth {
                now: server.now(),
                is_direct: server.is_direct(),
                is_standby: server.is_standby(),
                may_lose_commits,
                is_on_disk,
                may_write,
                purchases,
            })
        })
    }

    /// Since when there are these tables, by the server's clock; none before the server was reached.
    pub fn made(&self) -> Option<Timestamp> {
        *held_by(&self.made)
    }

    /// Lengthens the leases of this process, where that is due: it is alive. What cannot be
    /// lengthened is noticed where it matters.
    pub fn keep_alive(&self) {
        let now = clock::monotonic();
        if now.saturating_sub(*held_by(&self.alive)) < LASTS / 4 {
            return;
        }
        *held_by(&self.alive) = now;
        for held in self.all_held() {
            let _ = self.put(&[lease::renew(held.entity, held.fence)], Durable::WithTheNext);
        }
    }

    /// As if the leases had been lengthened so much earlier.
    #[cfg(test)]
    pub(crate) fn let_pass(&self, time: Duration) {
        let mut alive = held_by(&self.alive);
        *alive = alive.checked_sub(time).expect("a time since the machine was started");
    }

    /// Another process has the lease now.
    pub fn taken_over() -> Failure {
        let mut failure = Failure::new(
            Class::InProgress,
            "another process has taken over what this one was doing; nothing more was sent here",
        )
        .hint(
            "Run the same command again: it waits for the other one, and shows what became of it.",
        );
        failure.parts_mut().code = Some("running".to_owned());
        failure
    }

    fn holds(&self, entity: Uuid) -> bool {
        held_by(&self.held).contains_key(&entity)
    }

    /// All that this process holds, in the order in which it was taken.
    fn all_held(&self) -> Vec<Held> {
        let mut held: Vec<Held> = held_by(&self.held).values().copied().collect();
        held.sort_by_key(|held| held.turn);
        held
    }

    /// What is to be given back, in the order in which it was taken.
    fn take_released(&self) -> Vec<Held> {
        let mut released = std::mem::take(&mut *held_by(&self.released));
        released.sort_by_key(|held| held.turn);
        released
    }

    fn keep(&self, entity: Uuid, fence: i64, by_session: bool) -> Held {
        let turn = self.turns.fetch_add(1, Ordering::Relaxed);
        let held = Held { entity, fence, by_session, turn };
        held_by(&self.held).insert(entity, held);
        held
    }

    fn give_back(&self, held: Held) {
        let is_ours =
            held_by(&self.held).get(&held.entity).is_some_and(|now| now.fence == held.fence);
        if is_ours {
            held_by(&self.held).remove(&held.entity);
        }
        held_by(&self.released).push(held);
        // Inside a transaction it waits for the end of that.
        if !self.gathers.load(Ordering::Relaxed) && self.server.try_lock().is_ok() {
            self.flush();
        }
    }

    /// Gives back what is to be given back; what cannot be, ends by its time.
    fn flush(&self) {
        let released = self.take_released();
        let statements: Vec<Statement> = released.iter().flat_map(|held| held.release()).collect();
        if !statements.is_empty() {
            // One that was given back in vain, because the server crashed, ends by its time.
            let _ = self.with(|server| server.put(&statements, Durable::WithTheNext));
        }
    }

    /// Does this with the server, connected.
    fn with<T>(&self, act: impl FnOnce(&mut Postgres) -> Result<T>) -> Result<T> {
        self.with_first(&FirstQuestions::default(), act)
    }

    fn with_first<T>(
        &self,
        first: &FirstQuestions,
        act: impl FnOnce(&mut Postgres) -> Result<T>,
    ) -> Result<T> {
        let mut server = held_by(&self.server);
        if server.is_none() {
            let (url, longest) = (&self.url, self.longest);
            let connected = Postgres::connect_asking(&STATE, url, longest, &self.variables, first);
            let connected = connected.map_err(away)?;
            *held_by(&self.made) = connected.made();
            *server = Some(connected);
        }
        let Some(server) = server.as_mut() else {
            return Err(Failure::internal("the shared store was lost"));
        };
        let session = server.session_number();
        let done = act(server).map_err(away);
        if server.session_number() != session {
            self.give_up_sessions(server);
        }
        done
    }

    /// The session locks went with the connection: the leases last by their time alone now.
    fn give_up_sessions(&self, server: &mut Postgres) {
        for held in held_by(&self.held).values_mut().filter(|held| held.by_session) {
            held.by_session = false;
            let without = [lease::without_session(held.entity, held.fence)];
            let _ = server.put(&without, Durable::Now);
        }
    }
}

/// How many servers follow, and which of them a commit waits for.
pub const REPLICAS: &str =
    "SELECT COUNT(*), CAST(current_setting('synchronous_standby_names') AS TEXT)
    FROM pg_stat_replication";

/// Whether another server would take over without the last commits: it follows this one and is not
/// waited for. From the answer to [`REPLICAS`].
///
/// # Errors
/// Class `config` for another answer.
pub fn loses_commits(replicas: &[SqlRow]) -> Result<bool> {
    let Some(row) = replicas.first() else { return Ok(false) };
    Ok(row.int(0)? > 0 && row.str(1)?.trim().is_empty())
}

/// What is behind a lock. A thread that panicked with it has left nothing half done: each of these is
/// changed in one step.
fn held_by<T>(lock: &Mutex<T>) -> MutexGuard<'_, T> {
    lock.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A server that is away keeps everything as it was: class 61.
fn away(mut error: Failure) -> Failure {
    if error.class() == Class::Network {
        error.parts_mut().class = Class::Timeout;
    }
    error
}
