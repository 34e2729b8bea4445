//! A ledger on a PostgreSQL server: any number of machines. What it keeps there, and under which
//! words; how a server is spoken to is in [`crate::store::postgres`].

use super::sql::{BOOK, LISTS, REST, for_postgres};
use super::sqlite::too_large;
use crate::core::environment::Variables;
use crate::core::failure::Result;
use crate::store::postgres::{FirstQuestions, Postgres, Purpose};
use std::time::Duration;

/// The version of the tables. Since 2 a use may cost nothing and a transaction may take another one
/// back.
const VERSION: i64 = 2;

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

/// The ledger.
pub static LEDGER: Purpose = Purpose {
    noun: "ledger",
    variable: "TOPUP_LEDGER_URL",
    untouched: "nothing was booked",
    unheard: "it may or may not have been booked",
    after_unheard: "With --key it is safe to run the same command again.",
    too_large,
    schema: None,
    version_table: "ledger_version",
    made_column: None,
    version: VERSION,
    tables,
    not_owner: "The role that has made the tables can bring them on to the version of this program: \
                let it run 'topup ledger mandates' once.",
    holds_sessions: false,
    synchronous: false,
};

fn tables(found: Option<i64>) -> String {
    if found.is_some() {
        return FROM_1.to_owned();
    }
    let version = format!(
        "CREATE TABLE ledger_version (version BIGINT NOT NULL);
         INSERT INTO ledger_version VALUES ({VERSION});"
    );
    [&for_postgres(BOOK), LISTS, &for_postgres(REST), STAYS, &version].concat()
}

/// Connects, and makes the tables where there are none. One answer takes as long as is said, or as
/// is usual. What is asked first is asked on the way.
///
/// # Errors
/// As [`Postgres::connect_asking`].
pub fn connect(
    url: &str,
    longest: Option<Duration>,
    variables: &Variables,
    first: &FirstQuestions,
) -> Result<Postgres> {
    Postgres::connect_asking(&LEDGER, url, longest, variables, first)
}

/// Whether the URL can be understood; nothing is asked of the server.
///
/// # Errors
/// Class `config` where it cannot.
pub fn check_url(url: &str, variables: &Variables) -> Result<()> {
    Postgres::place_of(&LEDGER, url, variables).map(|_| ())
}

/// Whether the server has a ledger that this program understands, and where; makes nothing.
///
/// # Errors
/// As [`Postgres::connect_asking`].
pub fn look(url: &str, longest: Duration, variables: &Variables) -> Result<(String, bool)> {
    Postgres::look(&LEDGER, url, longest, variables)
}
