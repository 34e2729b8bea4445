//! The tables of a ledger, and amounts in them: whole millionths (`BIGINT`), exact in both databases.

pub use crate::store::sql::{
    Database, Durable, Sql, SqlRow, SqlWork, Statement, TakeRow, Value, for_postgres, for_sqlite,
};

use super::values::{from_micros, to_micros};
use crate::core::failure::Result;
use rust_decimal::Decimal;

/// An amount as a parameter.
///
/// # Errors
/// Class `usage` when it is too large, or finer than a millionth.
pub fn amount(amount: Decimal) -> Result<Value> {
    to_micros(amount).map(Value::from)
}

/// The amount in a cell, where there has to be one.
///
/// # Errors
/// Class `config`.
pub fn amount_at(row: &SqlRow, at: usize) -> Result<Decimal> {
    row.int(at).map(from_micros)
}

/// The tables of accounts and transactions, for a program part that keeps a book in a database of its own.
/// Statements end with `;`. `BIGINT` is SQLite's `INTEGER`, and `COUNTING` the key that counts up.
pub const BOOK: &str = "
    CREATE TABLE ledger_account (
        mandate TEXT NOT NULL, owner TEXT NOT NULL, balance BIGINT NOT NULL,
        PRIMARY KEY (mandate, owner)
    );
    CREATE TABLE ledger_transaction (
        seq COUNTING, id TEXT NOT NULL UNIQUE, mandate TEXT NOT NULL, owner TEXT NOT NULL,
        kind TEXT NOT NULL, amount BIGINT NOT NULL CHECK (amount >= 0),
        balance_after BIGINT NOT NULL, reference TEXT NOT NULL, description TEXT NOT NULL,
        created_ms BIGINT NOT NULL, idempotency_key TEXT, provider TEXT, used_by TEXT,
        base_price TEXT, markup TEXT, workflow TEXT, feature_instance TEXT, feature TEXT,
        reverses TEXT,
        UNIQUE (mandate, idempotency_key),
        FOREIGN KEY (mandate, owner) REFERENCES ledger_account (mandate, owner)
    );
    CREATE INDEX ledger_by_place ON ledger_transaction (mandate, seq);
";

/// What finds the transactions of a user and of a time. Books of earlier versions have none of these:
/// everything is found without them too, only later, so they are no version of their own.
pub const LISTS: &str = "
    CREATE INDEX IF NOT EXISTS ledger_by_time ON ledger_transaction (mandate, created_ms, seq);
    CREATE INDEX IF NOT EXISTS ledger_by_user ON ledger_transaction (mandate, used_by, seq)
        WHERE used_by IS NOT NULL;
    CREATE INDEX IF NOT EXISTS ledger_by_owner ON ledger_transaction (mandate, owner, seq)
        WHERE owner <> '' AND (used_by IS NULL OR used_by <> owner);
";

/// Everything else that a whole ledger holds.
pub const REST: &str = "
    CREATE TABLE ledger_mandate (
        name TEXT PRIMARY KEY, model TEXT NOT NULL, currency TEXT NOT NULL, markup TEXT NOT NULL,
        notify TEXT NOT NULL, cooldown_s BIGINT NOT NULL
    );
    CREATE TABLE ledger_notice (
        mandate TEXT PRIMARY KEY, reached_ms BIGINT, claim TEXT, claimed_until_ms BIGINT
    );
    CREATE TABLE ledger_rule (
        mandate TEXT NOT NULL, owner TEXT NOT NULL, provider TEXT NOT NULL, allowed BIGINT NOT NULL,
        PRIMARY KEY (mandate, owner, provider)
    );
    CREATE TABLE ledger_hold (
        id TEXT PRIMARY KEY, mandate TEXT NOT NULL, owner TEXT NOT NULL, amount BIGINT NOT NULL,
        estimate TEXT NOT NULL, description TEXT NOT NULL, provider TEXT,
        used_by TEXT, workflow TEXT, feature_instance TEXT, feature TEXT, kept_in TEXT NOT NULL,
        began_ms BIGINT NOT NULL, alive_ms BIGINT NOT NULL
    );
    CREATE INDEX ledger_hold_by_account ON ledger_hold (mandate, owner);
";
