//! The prepaid ledger: accounts and transactions that are only ever appended.
//!
//! The balance of an account is kept beside its transactions and moves in the same database
//! transaction as the row that moves it, so the two always agree. Everything here works inside a
//! transaction of the caller, who may move other state with it. Contract: poweron.

use crate::error::{Error, Result};
use jiff::Timestamp;
use rusqlite::{OptionalExtension, Transaction, params};
use rust_decimal::Decimal;
use uuid::Uuid;

/// The tables, for whoever keeps a ledger in a database of its own.
pub const TABLES: &str = "
    CREATE TABLE IF NOT EXISTS ledger_account (
        id TEXT PRIMARY KEY, balance TEXT NOT NULL
    ) STRICT;
    CREATE TABLE IF NOT EXISTS ledger_transaction (
        seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE,
        account TEXT NOT NULL REFERENCES ledger_account (id), kind TEXT NOT NULL,
        amount TEXT NOT NULL, reference TEXT NOT NULL, description TEXT NOT NULL,
        created_ms INTEGER NOT NULL, idempotency_key TEXT UNIQUE
    ) STRICT;
    CREATE INDEX IF NOT EXISTS ledger_by_account ON ledger_transaction (account, seq);
";

/// Which way money goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Into the account.
    Credit,
    /// Out of the account.
    Debit,
}

/// Why it goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reference {
    /// Somebody said so.
    Admin,
    /// A card was charged.
    Payment,
    /// A rule said so.
    System,
    /// Something was used.
    Usage,
}

impl Kind {
    fn word(self) -> &'static str {
        match self {
            Self::Credit => "CREDIT",
            Self::Debit => "DEBIT",
        }
    }
}

impl Reference {
    fn word(self) -> &'static str {
        match self {
            Self::Admin => "ADMIN",
            Self::Payment => "PAYMENT",
            Self::System => "SYSTEM",
            Self::Usage => "USAGE",
        }
    }
}

/// One movement, to be appended.
#[derive(Clone, Debug)]
pub struct Movement<'a> {
    /// The account.
    pub account: &'a str,
    /// Which way.
    pub kind: Kind,
    /// How much, more than zero.
    pub amount: Decimal,
    /// Why.
    pub reference: Reference,
    /// For people.
    pub description: &'a str,
    /// When.
    pub at: Timestamp,
    /// Makes a repeated movement return the first one.
    pub key: Option<&'a str>,
}

/// What a movement left behind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Posted {
    /// The id of the transaction.
    pub id: String,
    /// The balance of the account now.
    pub balance: Decimal,
    /// The transaction was there already: nothing moved.
    pub replayed: bool,
}

/// Appends a movement and moves the balance with it.
///
/// # Errors
/// Class `config` when the ledger cannot be written, `usage` for an amount that is not above zero.
pub fn post(in_transaction: &Transaction<'_>, movement: &Movement<'_>) -> Result<Posted> {
    if movement.amount <= Decimal::ZERO {
        return Err(Error::usage("a transaction of the ledger moves more than zero"));
    }
    if let Some(key) = movement.key {
        let known: Option<String> = in_transaction
            .query_row(
                "SELECT id FROM ledger_transaction WHERE idempotency_key = ?1",
                [key],
                |row| row.get(0),
            )
            .optional()
            .map_err(unusable)?;
        if let Some(id) = known {
            return Ok(Posted {
                id,
                balance: balance(in_transaction, movement.account)?,
                replayed: true,
            });
        }
    }
    let before = balance(in_transaction, movement.account)?;
    let after = match movement.kind {
        Kind::Credit => before.checked_add(movement.amount),
        Kind::Debit => before.checked_sub(movement.amount),
    }
    .ok_or_else(|| Error::usage("the balance would be too large to be kept exactly"))?;
    let id = Uuid::new_v4().to_string();
    in_transaction
        .execute(
            "INSERT INTO ledger_account (id, balance) VALUES (?1, ?2)
             ON CONFLICT (id) DO UPDATE SET balance = excluded.balance",
            params![movement.account, after.to_string()],
        )
        .map_err(unusable)?;
    in_transaction
        .execute(
            "INSERT INTO ledger_transaction
             (id, account, kind, amount, reference, description, created_ms, idempotency_key)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            params![
                id,
                movement.account,
                movement.kind.word(),
                movement.amount.to_string(),
                movement.reference.word(),
                movement.description,
                movement.at.as_millisecond(),
                movement.key,
            ],
        )
        .map_err(unusable)?;
    Ok(Posted { id, balance: after, replayed: false })
}

/// The balance of an account; zero for one that was never used.
///
/// # Errors
/// Class `config` when the ledger cannot be read.
pub fn balance(in_transaction: &Transaction<'_>, account: &str) -> Result<Decimal> {
    let kept: Option<String> = in_transaction
        .query_row("SELECT balance FROM ledger_account WHERE id = ?1", [account], |row| row.get(0))
        .optional()
        .map_err(unusable)?;
    kept.map_or(Ok(Decimal::ZERO), |text| exact(&text))
}

fn exact(text: &str) -> Result<Decimal> {
    Decimal::from_str_exact(text).map_err(|cause| {
        Error::config("the ledger holds an amount that is no decimal")
            .because(anyhow::Error::new(cause))
    })
}

fn unusable(cause: rusqlite::Error) -> Error {
    Error::config(format!("the ledger cannot be used: {cause}")).because(anyhow::Error::new(cause))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rusqlite::Connection;

    fn movement(kind: Kind, amount: &str, key: Option<&'static str>) -> Movement<'static> {
        Movement {
            account: "org",
            kind,
            amount: exact(amount).expect("an amount"),
            reference: Reference::Admin,
            description: "test",
            at: Timestamp::UNIX_EPOCH,
            key,
        }
    }

    #[test]
    fn the_balance_is_the_sum_of_its_transactions_and_a_key_moves_once() {
        let mut db = Connection::open_in_memory().expect("a database");
        db.execute_batch(TABLES).expect("tables");
        let inside = db.transaction().expect("a transaction");
        assert_eq!(balance(&inside, "org").expect("zero"), Decimal::ZERO);
        let first = post(&inside, &movement(Kind::Credit, "0.1", Some("k"))).expect("posted");
        post(&inside, &movement(Kind::Credit, "0.2", None)).expect("posted");
        let again = post(&inside, &movement(Kind::Credit, "0.1", Some("k"))).expect("replayed");
        assert_eq!((again.id, again.replayed), (first.id, true));
        let last = post(&inside, &movement(Kind::Debit, "1", None)).expect("posted");
        assert_eq!(last.balance.to_string(), "-0.7");
        assert_eq!(balance(&inside, "org").expect("kept"), last.balance);
        assert!(post(&inside, &movement(Kind::Debit, "0", None)).is_err());
    }
}
