//! The tables of the state, and how those of an older version are brought on.
//!
//! A portal is load-tested as well: every query has the index that it needs, and what would have to
//! be added up over all charges is kept as a sum, so that charge 100,000 costs what the first did.

use crate::core::failure::{Failure, Result};
use crate::ledger::book;
use crate::ledger::sql::{BOOK, Sql, for_sqlite};
use crate::ledger::sqlite::bring_on_book;
use crate::ledger::values::{Kind, Posting, Reference};
use crate::store::sqlite;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use rusqlite::{Connection, ErrorCode, params};
use rust_decimal::Decimal;
use std::collections::BTreeMap;

/// The version of the tables: 1 has the first ones, 2 those of the agent as well, 3 the book of the
/// project's own ledger, 4 what was charged for plans, 5 the book of version 2, 6 the indexes and the
/// sums of months, and 7 what was bought at other systems.
pub const VERSION: i64 = 7;

/// The first tables.
const FIRST: &str = "
    CREATE TABLE setting (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
    CREATE TABLE session (
        id TEXT PRIMARY KEY, client_id TEXT NOT NULL, approved_ms INTEGER NOT NULL,
        revoked INTEGER NOT NULL DEFAULT 0, spending_revoked INTEGER NOT NULL DEFAULT 0
    ) STRICT;
    CREATE TABLE refresh (
        token TEXT PRIMARY KEY, session TEXT NOT NULL REFERENCES session (id),
        scope TEXT NOT NULL, used INTEGER NOT NULL DEFAULT 0
    ) STRICT;
    CREATE TABLE device (
        device_code TEXT PRIMARY KEY, user_code TEXT NOT NULL UNIQUE, client_id TEXT NOT NULL,
        scope TEXT NOT NULL, expires_ms INTEGER NOT NULL, interval_ms INTEGER NOT NULL,
        polled_ms INTEGER, standing TEXT NOT NULL, granted TEXT
    ) STRICT;
    CREATE TABLE charge (
        seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, session TEXT,
        idempotency_key TEXT, amount TEXT NOT NULL, created_ms INTEGER NOT NULL,
        settle_ms INTEGER NOT NULL, reason TEXT, booked INTEGER NOT NULL DEFAULT 0
    ) STRICT;
    CREATE TABLE remembered (
        idempotency_key TEXT PRIMARY KEY, path TEXT NOT NULL, asked TEXT NOT NULL,
        answer TEXT NOT NULL, created_ms INTEGER NOT NULL
    ) STRICT;
    CREATE TABLE plan_change (created_ms INTEGER NOT NULL) STRICT;
    CREATE TABLE fault (
        id INTEGER PRIMARY KEY AUTOINCREMENT, method TEXT NOT NULL, path TEXT NOT NULL,
        effect TEXT NOT NULL, times INTEGER NOT NULL
    ) STRICT;
    CREATE TABLE seen (
        id INTEGER PRIMARY KEY, at_ms INTEGER NOT NULL, method TEXT NOT NULL,
        path TEXT NOT NULL, status INTEGER, idempotency_key TEXT, fault TEXT
    ) STRICT;
";

/// Those of the agent.
const AGENT: &str = "
    CREATE TABLE agent_token (token TEXT PRIMARY KEY, issued_ms INTEGER NOT NULL) STRICT;
    CREATE TABLE payment (
        seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, secret TEXT NOT NULL,
        minor INTEGER NOT NULL, uses INTEGER NOT NULL, return_url TEXT, created_ms INTEGER NOT NULL,
        word TEXT NOT NULL, settle_ms INTEGER, booked INTEGER NOT NULL DEFAULT 0
    ) STRICT;
";

/// What the saved card was charged for plans. It is no charge for credits: those have calls, limits
/// and a status of their own.
const PLANS: &str = "
    CREATE TABLE plan_charge (
        seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, plan TEXT NOT NULL,
        cents INTEGER NOT NULL, idempotency_key TEXT, created_ms INTEGER NOT NULL
    ) STRICT;
";

/// Each month's sum of the charges that do not fail, by the moment it began. Those that fail count
/// only while they are on their way, and are added to it when it is read.
const SUMS: &str = "
    CREATE TABLE month_spent (start_ms INTEGER PRIMARY KEY, amount TEXT NOT NULL) STRICT;
";

/// What was bought at other systems that sell credits.
const SALES: &str = "
    CREATE TABLE sale (
        seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, system TEXT NOT NULL,
        cents INTEGER NOT NULL, tax_cents INTEGER NOT NULL, created_ms INTEGER NOT NULL,
        settle_ms INTEGER NOT NULL, fate TEXT NOT NULL, booked INTEGER NOT NULL DEFAULT 0
    ) STRICT;
    CREATE INDEX sale_listed ON sale (system, created_ms, seq);
    CREATE INDEX sale_to_book ON sale (system, settle_ms) WHERE booked = 0 AND fate = 'paid';
";

/// What the queries look for. Each is named after the question that it answers.
const INDEXES: &str = "
    CREATE INDEX charge_to_book ON charge (settle_ms) WHERE booked = 0 AND reason IS NULL;
    CREATE INDEX charge_that_fails ON charge (settle_ms) WHERE reason IS NOT NULL;
    CREATE INDEX charge_of_reload ON charge (settle_ms) WHERE idempotency_key IS NULL;
    CREATE INDEX charge_under_key ON charge (idempotency_key);
    CREATE INDEX charge_of_terminals ON charge (created_ms) WHERE session IS NOT NULL;
    CREATE INDEX charge_of_session ON charge (session, created_ms);
    CREATE INDEX remembered_since ON remembered (created_ms);
    CREATE INDEX plan_change_since ON plan_change (created_ms);
    CREATE INDEX payment_to_book ON payment (settle_ms) WHERE booked = 0 AND word = 'processing';
    CREATE INDEX agent_token_since ON agent_token (issued_ms);
    CREATE INDEX fault_of_method ON fault (method, id);
    CREATE INDEX seen_by_agent ON seen (at_ms) WHERE path GLOB '/v1/*';
";

/// The log as it was before version 6: its numbers were kept in a table of their own.
const RENEW_LOG: &str = "
    ALTER TABLE seen RENAME TO seen_before;
    CREATE TABLE seen (
        id INTEGER PRIMARY KEY, at_ms INTEGER NOT NULL, method TEXT NOT NULL,
        path TEXT NOT NULL, status INTEGER, idempotency_key TEXT, fault TEXT
    ) STRICT;
    INSERT INTO seen SELECT id, at_ms, method, path, status, idempotency_key, fault FROM seen_before;
    DROP TABLE seen_before;
    DELETE FROM fault WHERE times = 0;
";

/// Everything that is forgotten by a reset.
pub const FORGOTTEN: &[&str] = &[
    "setting",
    "refresh",
    "session",
    "device",
    "charge",
    "month_spent",
    "remembered",
    "plan_change",
    "plan_charge",
    "agent_token",
    "payment",
    "sale",
    "fault",
    "seen",
    "ledger_transaction",
    "ledger_account",
];

/// What helps where the state may be read and not written.
pub const WRITABLE: &str = "Each command of the sandbox writes: make its file and folder writable, or set TOPUP_HOME to another folder.";

/// A failure inside the portal.
pub fn broken(cause: rusqlite::Error) -> Failure {
    let mend = match cause.sqlite_error_code() {
        Some(ErrorCode::ReadOnly | ErrorCode::CannotOpen) => WRITABLE,
        _ => "'topup sandbox reset' starts a new one, if the file can be written.",
    };
    sqlite::unusable("the sandbox state", cause.into(), mend)
}

/// The version of the tables of this database; 0 where there are none.
///
/// # Errors
/// Class `config`.
pub fn version(db: &Connection) -> Result<i64> {
    db.query_row("PRAGMA user_version", [], |row| row.get(0)).map_err(broken)
}

/// Makes the tables that are missing, inside a transaction of the caller; says which version was
/// found.
///
/// # Errors
/// Class `config`.
pub fn bring_on(db: &Connection) -> Result<i64> {
    // Another process may have made everything while this one waited.
    let found = version(db)?;
    if found >= VERSION {
        return Ok(found);
    }
    for (since, tables) in [(1, FIRST), (2, AGENT), (4, PLANS), (6, SUMS), (7, SALES)] {
        if found < since {
            db.execute_batch(tables).map_err(broken)?;
        }
    }
    if found < 3 {
        renew_book(db, found > 0)?;
    } else if found < 5 {
        bring_on_book(db).map_err(broken)?;
    }
    if found < 6 {
        if found > 0 {
            db.execute_batch(RENEW_LOG).map_err(broken)?;
            sum_months(db)?;
        }
        db.execute_batch(INDEXES).map_err(broken)?;
    }
    db.pragma_update(None, "user_version", VERSION).map_err(broken)?;
    Ok(found)
}

/// The sums of the charges of an older version.
fn sum_months(db: &Connection) -> Result<()> {
    let mut sums: BTreeMap<i64, Decimal> = BTreeMap::new();
    let mut charges =
        db.prepare("SELECT created_ms, amount FROM charge WHERE reason IS NULL").map_err(broken)?;
    let rows = charges
        .query_map([], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?)))
        .map_err(broken)?;
    for row in rows {
        let (created_ms, amount) = row.map_err(broken)?;
        *sums.entry(month_start_ms(created_ms)?).or_default() += exact(&amount)?;
    }
    for (start_ms, amount) in sums {
        db.execute(
            "INSERT INTO month_spent VALUES (?1, ?2)",
            params![start_ms, amount.to_string()],
        )
        .map_err(broken)?;
    }
    Ok(())
}

/// When the month of this moment began, UTC; both in milliseconds.
///
/// # Errors
/// Class `config` for a moment beyond the calendar.
pub fn month_start_ms(moment_ms: i64) -> Result<i64> {
    let unknown = |cause: jiff::Error| {
        Failure::config("the sandbox clock shows no known date").because(anyhow::Error::new(cause))
    };
    let moment = Timestamp::from_millisecond(moment_ms).map_err(unknown)?;
    let day = moment.to_zoned(TimeZone::UTC).start_of_day().map_err(unknown)?;
    Ok(day.first_of_month().map_err(unknown)?.timestamp().as_millisecond())
}

/// Makes the book. One of an older version, which kept amounts as text, is booked anew in it.
fn renew_book(db: &Connection, is_older: bool) -> Result<()> {
    let mut older = Vec::new();
    if is_older {
        older = (&mut &*db).run(
            "SELECT account, kind, amount, reference, description, created_ms, idempotency_key
             FROM ledger_transaction ORDER BY seq",
            &[],
        )?;
        db.execute_batch("DROP TABLE ledger_transaction; DROP TABLE ledger_account;")
            .map_err(broken)?;
    }
    db.execute_batch(&for_sqlite(BOOK)).map_err(broken)?;
    for row in older {
        let (kind, amount) = (Kind::kept(&row.text(1)?)?, exact(&row.text(2)?)?);
        let mut posting = Posting::new(&row.text(0)?, kind, amount, row.time(5)?)
            .because(Reference::kept(&row.text(3)?)?, row.text(4)?);
        posting.key = row.text_if(6)?;
        book::post(&mut &*db, &posting)?;
    }
    Ok(())
}

/// An amount as it is kept.
///
/// # Errors
/// Class `config`.
pub fn exact(text: &str) -> Result<Decimal> {
    Decimal::from_str_exact(text).map_err(|cause| {
        Failure::config("the sandbox holds an amount that is no decimal")
            .because(anyhow::Error::new(cause))
    })
}
