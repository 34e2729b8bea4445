//! Accounts and their transactions, inside a database transaction of the caller, who may move
//! other state with them: the ledger does, and so does the sandbox.
//!
//! The balance of an account is kept beside its transactions and moves in the same database
//! transaction as the row that moves it, so the two always agree. Contract: poweron.

use super::input::LONGEST_QUOTED;
use super::price::PLACES;
use super::sql::{Durable, Sql, SqlRow, Statement, amount, amount_at};
use super::values::{
    Kind, Posted, Posting, Reference, Transaction, from_micros, kept_base_price, kept_decimal,
    two_places,
};
use crate::core::class::Class;
use crate::core::escape;
use crate::core::failure::{Failure, Result};
use crate::core::money::Money;
use rust_decimal::Decimal;

/// The columns of a transaction, in the order that [`transaction`] reads them.
pub(super) const COLUMNS: &str = "seq, id, mandate, owner, kind, amount, balance_after, reference, \
    description, created_ms, idempotency_key, provider, used_by, base_price, markup, workflow, \
    feature_instance, feature, reverses";

/// Appends a transaction and moves the balance with it; one that is there already, by its id or
/// its key, is returned and nothing moves.
///
/// # Errors
/// Class `usage` for an amount below zero or too large, and for nothing where it is no use,
/// `idempotency_conflict` for a key that belongs to another transaction, `config` when the book
/// cannot be written.
pub fn post(sql: &mut dyn Sql, posting: &Posting) -> Result<Posted> {
    let search = search(&posting.id.to_string(), &posting.mandate, posting.key.as_deref());
    let known = sql.run_all(&[search])?.pop().unwrap_or_default();
    match found(&known)? {
        Some(known) => replay(sql, known, posting),
        None => {
            let entries = entries(sql, posting)?;
            appended(posting, &sql.run_all(&entries)?)
        }
    }
}

/// The same for what was searched for already and ends a transaction of the database.
///
/// # Errors
/// As [`post`].
pub fn post_last(
    sql: &mut dyn Sql,
    posting: &Posting,
    known: Option<Transaction>,
) -> Result<Posted> {
    match known {
        Some(known) => replay(sql, known, posting),
        None => {
            let entries = entries(sql, posting)?;
            appended(posting, &sql.finish(&entries, Durable::Now)?)
        }
    }
}

/// Looks for the transaction with this id, or with this key of the mandate.
pub fn search(id: &str, mandate: &str, key: Option<&str>) -> Statement {
    Statement::new(
        format!(
            "SELECT {COLUMNS} FROM ledger_transaction
             WHERE id = $1 OR (mandate = $2 AND idempotency_key = $3)"
        ),
        [id.into(), mandate.into(), key.into()],
    )
}

/// What was found by [`search`].
///
/// # Errors
/// Class `config`.
pub fn found(rows: &[SqlRow]) -> Result<Option<Transaction>> {
    rows.first().map(transaction).transpose()
}

fn replay(sql: &mut dyn Sql, known: Transaction, posting: &Posting) -> Result<Posted> {
    check_same(&known, posting)?;
    let balance = Money(balance(sql, &posting.mandate, posting.owner.as_deref())?);
    let replayed = known.id != posting.id.to_string();
    Ok(Posted { transaction: known, balance, replayed })
}

/// What moves the balance and appends the transaction. Writers of one account come one after the
/// other: each is woken once, when it is its turn. In the queue for a row that others change a server
/// wakes all of them each time, to look for the row anew.
fn entries(sql: &dyn Sql, posting: &Posting) -> Result<Vec<Statement>> {
    let is_of_use = posting.usage.is_some();
    if posting.amount.is_sign_negative() || (posting.amount.is_zero() && !is_of_use) {
        return Err(Failure::usage("a transaction of the ledger moves more than zero"));
    }
    let owner = posting.owner.as_deref().unwrap_or_default();
    let moved = match posting.kind {
        Kind::Credit => posting.amount,
        Kind::Debit => -posting.amount,
    };
    let account = Statement::new(
        "INSERT INTO ledger_account (mandate, owner, balance) VALUES ($1, $2, $3)
         ON CONFLICT (mandate, owner)
         DO UPDATE SET balance = ledger_account.balance + excluded.balance",
        [posting.mandate.as_str().into(), owner.into(), amount(moved)?],
    );
    let usage = posting.usage.as_ref();
    let labels = usage.map(|usage| &usage.labels);
    let label = |text: Option<&Option<String>>| text.and_then(|text| text.as_deref()).into();
    // Both are sent at once: the balance that the first one leaves is taken from where it is.
    let transaction = Statement::new(
        "INSERT INTO ledger_transaction (id, mandate, owner, kind, amount, balance_after,
             reference, description, created_ms, idempotency_key, provider, used_by, base_price,
             markup, workflow, feature_instance, feature, reverses)
         VALUES ($1, $2, $3, $4, $5,
             (SELECT balance FROM ledger_account WHERE mandate = $2 AND owner = $3),
             $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)
         RETURNING seq, balance_after",
        [
            posting.id.to_string().as_str().into(),
            posting.mandate.as_str().into(),
            owner.into(),
            posting.kind.word().into(),
            amount(posting.amount)?,
            posting.reference.word().into(),
            posting.description.as_str().into(),
            posting.at.into(),
            posting.key.as_deref().into(),
            label(labels.map(|labels| &labels.provider)),
            label(labels.map(|labels| &labels.user)),
            usage.map(|usage| usage.base_price.to_string()).as_deref().into(),
            usage.map(|usage| usage.markup.to_string()).as_deref().into(),
            label(labels.map(|labels| &labels.workflow_id)),
            label(labels.map(|labels| &labels.feature_instance_id)),
            label(labels.map(|labels| &labels.feature_code)),
            posting.reverses.as_deref().into(),
        ],
    );
    // No name has a line break in it, so that no mandate is called like an account.
    let turn = sql.hold(false, &format!("{}\n{owner}", posting.mandate));
    Ok(turn.into_iter().chain([account, transaction]).collect())
}

/// What came of [`entries`].
fn appended(posting: &Posting, rows: &[Vec<SqlRow>]) -> Result<Posted> {
    let row = rows.last().and_then(|rows| rows.first());
    let row = row.ok_or_else(|| Failure::internal("a transaction has no place"))?;
    let balance = Money(amount_at(row, 1)?);
    let transaction = as_kept(posting, row.int(0)?, balance);
    Ok(Posted { transaction, balance, replayed: false })
}

/// The transaction as it stands in the book now, without reading it back.
fn as_kept(posting: &Posting, seq: i64, balance_after: Money) -> Transaction {
    let usage = posting.usage.clone();
    let labels = usage.clone().map(|usage| usage.labels).unwrap_or_default();
    Transaction {
        id: posting.id.to_string(),
        seq,
        mandate: posting.mandate.clone(),
        account_user: posting.owner.clone(),
        kind: posting.kind,
        amount: Money(two_places(posting.amount)),
        balance_after,
        reference: posting.reference,
        description: posting.description.clone(),
        created_at: in_whole_milliseconds(posting.at),
        idempotency_key: posting.key.clone(),
        provider: labels.provider,
        user: labels.user,
        base_price: usage.as_ref().map(|usage| usage.base_price.clone()),
        markup_percent: usage.as_ref().map(|usage| Money(usage.markup)),
        workflow_id: labels.workflow_id,
        feature_instance_id: labels.feature_instance_id,
        feature_code: labels.feature_code,
        reverses: posting.reverses.clone(),
    }
}

fn in_whole_milliseconds(at: jiff::Timestamp) -> jiff::Timestamp {
    jiff::Timestamp::from_millisecond(at.as_millisecond()).unwrap_or(at)
}

/// With the six decimals of a price.
pub fn six_places(amount: Decimal) -> Decimal {
    let mut amount = amount;
    amount.rescale(PLACES);
    amount
}

/// The transaction of this id.
///
/// # Errors
/// Class `config`.
pub fn by_id(sql: &mut dyn Sql, id: &str) -> Result<Option<Transaction>> {
    let rows = sql.run_all(&[search(id, "", None)])?.pop().unwrap_or_default();
    found(&rows)
}

/// What a row of [`COLUMNS`] holds.
pub(super) fn transaction(row: &SqlRow) -> Result<Transaction> {
    Ok(Transaction {
        seq: row.int(0)?,
        id: row.text(1)?,
        mandate: row.text(2)?,
        account_user: Some(row.text(3)?).filter(|owner| !owner.is_empty()),
        kind: Kind::kept(&row.text(4)?)?,
        amount: Money(amount_at(row, 5)?),
        balance_after: Money(amount_at(row, 6)?),
        reference: Reference::kept(&row.text(7)?)?,
        description: row.text(8)?,
        created_at: row.time(9)?,
        idempotency_key: row.text_if(10)?,
        provider: row.text_if(11)?,
        user: row.text_if(12)?,
        base_price: row.text_if(13)?.map(|text| kept_base_price(&text)).transpose()?,
        markup_percent: row.text_if(14)?.map(|text| kept_decimal(&text)).transpose()?.map(Money),
        workflow_id: row.text_if(15)?,
        feature_instance_id: row.text_if(16)?,
        feature_code: row.text_if(17)?,
        reverses: row.text_if(18)?,
    })
}

/// A key names one request. The price of a use may have changed with the markup meanwhile: what was
/// asked for is its base price.
fn check_same(known: &Transaction, asked: &Posting) -> Result<()> {
    let text = |text: &Option<String>| text.clone();
    let usage = asked.usage.as_ref();
    let labels = usage.map(|usage| usage.labels.clone()).unwrap_or_default();
    let kind = |kind: Kind| Some(kind.word().to_owned());
    let (what, booked, wanted) = match (&known.base_price, usage) {
        (Some(booked), Some(usage)) => {
            ("base price", booked.to_string(), usage.base_price.to_string())
        }
        _ => ("amount", known.amount.shown(), Money(asked.amount).shown()),
    };
    let parts = [
        ("type", kind(known.kind), kind(asked.kind)),
        ("account of user", text(&known.account_user), text(&asked.owner)),
        (what, Some(booked), Some(wanted)),
        (
            "reference",
            Some(known.reference.word().to_owned()),
            Some(asked.reference.word().to_owned()),
        ),
        ("provider", text(&known.provider), labels.provider),
        ("user", text(&known.user), labels.user),
        ("feature", text(&known.feature_code), labels.feature_code),
        ("feature instance", text(&known.feature_instance_id), labels.feature_instance_id),
        ("workflow", text(&known.workflow_id), labels.workflow_id),
        ("description", Some(known.description.clone()), Some(asked.description.clone())),
    ];
    let differs = parts.into_iter().filter(|(_, booked, wanted)| booked != wanted);
    let mut told = Vec::new();
    let mut details = serde_json::Map::new();
    for (what, booked, wanted) in differs {
        let shown = |text: &Option<String>| match text {
            Some(text) => format!("'{}'", escape::short(text, LONGEST_QUOTED)),
            None => "none".to_owned(),
        };
        told.push(format!("{what} {} and not {}", shown(&booked), shown(&wanted)));
        details
            .insert(what.replace(' ', "_"), serde_json::json!({"booked": booked, "asked": wanted}));
    }
    if told.is_empty() {
        return Ok(());
    }
    let key = escape::short(known.idempotency_key.as_deref().unwrap_or_default(), LONGEST_QUOTED);
    Err(Failure::new(
        Class::IdempotencyConflict,
        format!(
            "the key '{key}' belongs to another transaction, which has {}; nothing was booked",
            told.join(", ")
        ),
    )
    .hint("Use another key for another transaction.")
    .detail("transaction_id", known.id.clone())
    .detail("differs", details))
}

/// The balance of an account; nothing for one that was never used.
///
/// # Errors
/// Class `config` when the book cannot be read.
pub fn balance(sql: &mut dyn Sql, mandate: &str, owner: Option<&str>) -> Result<Decimal> {
    let kept = sql.row(
        "SELECT balance FROM ledger_account WHERE mandate = $1 AND owner = $2",
        &[mandate.into(), owner.unwrap_or_default().into()],
    )?;
    kept.map_or(Ok(from_micros(0)), |row| amount_at(&row, 0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::list;
    use crate::ledger::sql::{BOOK, for_sqlite};
    use crate::ledger::values::Filter;
    use jiff::Timestamp;
    use rusqlite::Connection;

    fn posting(kind: Kind, amount: &str) -> Posting {
        Posting::new("org", kind, kept_decimal(amount).expect("an amount"), Timestamp::UNIX_EPOCH)
    }

    #[test]
    fn the_balance_is_the_sum_of_its_transactions_and_a_key_moves_once() {
        let db = Connection::open_in_memory().expect("a database");
        db.execute_batch(&for_sqlite(BOOK)).expect("tables");
        let sql: &mut dyn Sql = &mut &db;
        assert_eq!(balance(sql, "org", None).expect("zero"), Decimal::ZERO);
        let first = post(sql, &posting(Kind::Credit, "0.1").under("k")).expect("posted");
        let other = posting(Kind::Credit, "0.2");
        post(sql, &other).expect("posted");
        let again = post(sql, &posting(Kind::Credit, "0.1").under("k")).expect("replayed");
        assert_eq!((&again.transaction, again.replayed), (&first.transaction, true));
        assert_eq!(again.balance.to_string(), "0.30");
        let same = post(sql, &other).expect("there already");
        assert!(!same.replayed, "the same id is the same request, made once more");
        for conflict in [posting(Kind::Credit, "0.3"), posting(Kind::Debit, "0.1")] {
            let refused = post(sql, &conflict.under("k")).expect_err("another amount or kind");
            assert_eq!(refused.class(), Class::IdempotencyConflict);
        }
        let last = post(sql, &posting(Kind::Debit, "1")).expect("posted");
        assert_eq!(last.balance.to_string(), "-0.70");
        assert_eq!(balance(sql, "org", None).expect("kept"), last.balance.0);
        assert!(post(sql, &posting(Kind::Debit, "0")).is_err());
        let listed = list::page(sql, "org", &Filter::default(), 10).expect("listed");
        assert_eq!(listed.len(), 3);
        assert_eq!(listed[0], last.transaction, "read back as it was written");
        assert_eq!(listed[2], first.transaction);
    }

    #[test]
    fn a_price_has_six_decimals() {
        for (price, shown) in [("1.5", "1.500000"), ("0.000016", "0.000016"), ("7", "7.000000")] {
            let price = Decimal::from_str_exact(price).expect("a decimal");
            assert_eq!(six_places(price).to_string(), shown);
        }
    }
}
