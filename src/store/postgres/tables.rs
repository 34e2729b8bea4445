//! The tables of a database on a server: made by the first program that comes, and brought on from an
//! older version.

use super::Postgres;
use super::failure::{ServerFailure, ServerFailureKind};
use crate::core::failure::Result;
use crate::store::sql::Value;

/// What two processes that make the tables at the same time take turns with.
const MAKING: i64 = 0x746f_7075_7031;

impl Postgres {
    /// Makes the tables or brings them on, unless another process has done it meanwhile.
    pub(super) fn make_tables(&mut self) -> Result<(), ServerFailure> {
        let begin = self.making();
        self.tell(&format!("{begin}; SELECT pg_advisory_xact_lock({MAKING})"))?;
        let made = self.make_in_turn().and_then(|()| self.tell("COMMIT"));
        if made.is_err() {
            self.roll_back();
        }
        made
    }

    fn make_in_turn(&mut self) -> Result<(), ServerFailure> {
        let purpose = self.purpose();
        if let Some(schema) = self.own_schema() {
            let found = self.ask("SELECT CAST(to_regnamespace($1) AS TEXT)", &[schema.into()])?;
            if found.into_iter().flat_map(|row| row.0).all(|name| name == Value::Text(None)) {
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

    fn version_there(&mut self) -> Result<Option<i64>, ServerFailure> {
        let final_failure = |error| ServerFailure { kind: ServerFailureKind::Final, error };
        let table = self.purpose().version_table;
        let there = self.ask("SELECT CAST(to_regclass($1) AS TEXT)", &[table.into()])?;
        if there.into_iter().flat_map(|row| row.0).all(|name| name == Value::Text(None)) {
            return Ok(None);
        }
        let version = self.ask(&format!("SELECT MAX(version) FROM {table}"), &[])?;
        version.first().map_or(Ok(None), |row| row.int_if(0)).map_err(final_failure)
    }
}
