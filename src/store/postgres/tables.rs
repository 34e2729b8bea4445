//! The tables of a database on a server: made by the first program that comes, and brought on from an
//! older version.

use super::Postgres;
use super::failure::{ServerFailure, ServerFailureKind};
use crate::core::failure::Result;

/// What two processes that make the tables at the same time take turns with.
const MAKING: i64 = 0x746f_7075_7031;

impl Postgres {
    /// Makes the tables or brings them on, unless another process has done it meanwhile.
    pub(super) fn make_tables(&mut self) -> Result<(), ServerFailure> {
        let turn = format!("SELECT pg_advisory_xact_lock({MAKING})");
        let made = self
            .begin_making()
            .and_then(|()| self.tell(&turn))
            .and_then(|()| self.make_in_turn())
            .and_then(|()| self.tell("COMMIT"));
        if made.is_err() {
            self.roll_back();
        }
        made
    }

    fn make_in_turn(&mut self) -> Result<(), ServerFailure> {
        let purpose = self.purpose();
        if let Some(schema) = self.own_schema() {
            let search = "SELECT CAST(nspname AS TEXT) FROM pg_namespace WHERE nspname = $1";
            if self.ask(search, &[schema.into()])?.is_empty() {
                self.tell(&format!("CREATE SCHEMA {schema}"))?;
            }
        }
        let found = self.version_there()?;
        if found.is_some_and(|found| found >= purpose.version) {
            return Ok(());
        }
        let made = self.tell(&(purpose.tables)(found));
        made.map_err(|failed| match found {
            None => failed,
            Some(_) => ServerFailure { error: failed.error.hint(purpose.not_owner), ..failed },
        })
    }

    /// The version of the tables; none where there are none. Nothing of this fails for want of them.
    pub(super) fn version_alone(&mut self) -> Result<Option<i64>, ServerFailure> {
        let found = self.begin_looking().and_then(|()| self.version_there());
        self.roll_back();
        found
    }

    fn version_there(&mut self) -> Result<Option<i64>, ServerFailure> {
        let final_failure = |error| ServerFailure { kind: ServerFailureKind::Final, error };
        let table = self.purpose().version_table;
        // Asked of the catalog itself: what a session remembers of a name alone may be older than the turn
        // that it has just waited for.
        let search = "SELECT CAST(relname AS TEXT) FROM pg_class WHERE oid = to_regclass($1)";
        if self.ask(search, &[table.into()])?.is_empty() {
            return Ok(None);
        }
        let version = self.ask(&format!("SELECT MAX(version) FROM {table}"), &[])?;
        let version = version.first().map_or(Ok(None), |row| row.int_if(0));
        version
            .map_err(final_failure)?
            .map_or_else(|| Err(self.unversioned()), |found| Ok(Some(found)))
    }
}
