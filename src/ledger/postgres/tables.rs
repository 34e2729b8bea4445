//! The tables of a ledger on a server: made by the first program that comes, and brought on from an
//! older version.

use super::Postgres;
use super::failure::{ServerFailure, ServerFailureKind};
use crate::core::failure::Result;
use crate::ledger::sql::{BOOK, REST, Value, for_postgres};

/// The version of the tables. Since 2 a use may cost nothing and a transaction may take another one
/// back.
pub const VERSION: i64 = 2;
/// What two processes that make the tables at the same time take turns with.
const MAKING: i64 = 0x746f_7075_7031;

/// Nothing of the book is ever changed or taken away, whatever a later mistake may try.
const STAYS: &str = "
    CREATE FUNCTION ledger_append_only() RETURNS trigger LANGUAGE plpgsql
        AS $$ BEGIN RAISE EXCEPTION 'append only'; END $$;
    CREATE TRIGGER ledger_transaction_stays BEFORE UPDATE OR DELETE ON ledger_transaction
        FOR EACH ROW EXECUTE FUNCTION ledger_append_only();
    CREATE TRIGGER ledger_transaction_lasts BEFORE TRUNCATE ON ledger_transaction
        FOR EACH STATEMENT EXECUTE FUNCTION ledger_append_only();
";

/// From version 1. Rows that fitted the stricter condition need no second look.
const FROM_1: &str = "
    ALTER TABLE ledger_transaction
        DROP CONSTRAINT ledger_transaction_amount_check,
        ADD CONSTRAINT ledger_transaction_amount_check CHECK (amount >= 0) NOT VALID,
        ADD COLUMN reverses TEXT COLLATE \"C\";
    INSERT INTO ledger_version VALUES (2);
";

impl Postgres {
    /// Makes the tables or brings them on, unless another process has done it meanwhile.
    pub(super) fn make_tables(&mut self) -> Result<(), ServerFailure> {
        let begin = self.making();
        self.tell(&format!("{begin}; SELECT pg_advisory_xact_lock({MAKING})"))?;
        let made = match self.version_there() {
            Ok(None) => {
                let version = format!(
                    "CREATE TABLE ledger_version (version BIGINT NOT NULL);
                     INSERT INTO ledger_version VALUES ({VERSION});"
                );
                let tables = [for_postgres(BOOK), for_postgres(REST), STAYS.to_owned(), version];
                self.tell(&tables.concat())
            }
            Ok(Some(1)) => self.tell(FROM_1).map_err(|failed| ServerFailure {
                error: failed.error.hint(
                    "The role that has made the tables can bring them on to the version of this \
                     program: let it run 'topup ledger mandates' once.",
                ),
                ..failed
            }),
            Ok(Some(_)) => Ok(()),
            Err(failed) => Err(failed),
        };
        let made = made.and_then(|()| self.tell("COMMIT"));
        if made.is_err() {
            self.roll_back();
        }
        made
    }

    fn version_there(&mut self) -> Result<Option<i64>, ServerFailure> {
        let told = |error| ServerFailure { kind: ServerFailureKind::Told, error };
        let there = self.ask("SELECT CAST(to_regclass('ledger_version') AS TEXT)", &[])?;
        if there.into_iter().flat_map(|row| row.0).all(|name| name == Value::Text(None)) {
            return Ok(None);
        }
        let version = self.ask("SELECT MAX(version) FROM ledger_version", &[])?;
        version.first().map_or(Ok(None), |row| row.int_if(0)).map_err(told)
    }
}
