//! Runs that go on now, and what is held back of the accounts for them. A row stays when whoever
//! watched the run is killed, so that its cost is recorded later. Contract: poweron, `ledger run`.

use super::sql::{Sql, SqlRow, Statement, amount, amount_at};
use super::values::{Hold, Labels, LedgerAccount, from_micros, kept_base_price};
use crate::core::failure::{Failure, Result};
use crate::core::money::Money;
use jiff::Timestamp;
use uuid::Uuid;

const COLUMNS: &str = "id, mandate, owner, amount, estimate, description, provider, used_by, \
    workflow, feature_instance, feature, kept_in, alive_ms, began_ms";

/// Notes that a run begins; noting it twice notes it once.
///
/// # Errors
/// Class `config`.
pub fn add(sql: &mut dyn Sql, hold: &Hold) -> Result<()> {
    sql.run(
        "INSERT INTO ledger_hold (id, mandate, owner, amount, estimate, description, provider,
             used_by, workflow, feature_instance, feature, kept_in, began_ms, alive_ms)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $13)
         ON CONFLICT (id) DO NOTHING",
        &[
            hold.id.to_string().as_str().into(),
            hold.mandate.as_str().into(),
            hold.owner.as_deref().unwrap_or_default().into(),
            amount(hold.amount)?,
            hold.estimate.to_string().as_str().into(),
            hold.description.as_str().into(),
            hold.labels.provider.as_deref().into(),
            hold.labels.user.as_deref().into(),
            hold.labels.workflow_id.as_deref().into(),
            hold.labels.feature_instance_id.as_deref().into(),
            hold.labels.feature_code.as_deref().into(),
            hold.kept_in.to_string().as_str().into(),
            hold.alive.into(),
        ],
    )?;
    Ok(())
}

/// Looks for every run that is noted. There are few: to let a server sort them is more work for it than
/// to find them.
pub fn every() -> Statement {
    Statement::new(format!("SELECT {COLUMNS} FROM ledger_hold"), [])
}

/// What was found by [`every`], the oldest first.
///
/// # Errors
/// Class `config`.
pub fn all(sql: &mut dyn Sql) -> Result<Vec<Hold>> {
    let rows = sql.run_all(&[every()])?.pop().unwrap_or_default();
    let began_and_hold = |row| Ok((SqlRow::int(row, 13)?, hold(row)?));
    let mut holds = rows.iter().map(began_and_hold).collect::<Result<Vec<_>>>()?;
    holds.sort_by_key(|(began, hold)| (*began, hold.id));
    Ok(holds.into_iter().map(|(_, hold)| hold).collect())
}

/// The run with this id, if it is noted.
///
/// # Errors
/// Class `config`.
pub fn with_id(sql: &mut dyn Sql, id: Uuid) -> Result<Option<Hold>> {
    let row = sql.row(
        &format!("SELECT {COLUMNS} FROM ledger_hold WHERE id = $1"),
        &[id.to_string().as_str().into()],
    )?;
    row.as_ref().map(hold).transpose()
}

fn hold(row: &SqlRow) -> Result<Hold> {
    let id = |at| {
        Uuid::parse_str(&row.text(at)?)
            .map_err(|cause| Failure::config("a run in the ledger has no id").because(cause))
    };
    Ok(Hold {
        id: id(0)?,
        mandate: row.text(1)?,
        owner: Some(row.text(2)?).filter(|owner| !owner.is_empty()),
        amount: amount_at(row, 3)?,
        estimate: kept_base_price(&row.text(4)?)?,
        description: row.text(5)?,
        labels: Labels {
            provider: row.text_if(6)?,
            user: row.text_if(7)?,
            workflow_id: row.text_if(8)?,
            feature_instance_id: row.text_if(9)?,
            feature_code: row.text_if(10)?,
        },
        kept_in: id(11)?,
        alive: row.time(12)?,
    })
}

/// Records that the process that watches a run is alive.
///
/// # Errors
/// Class `config`.
pub fn keep_alive(sql: &mut dyn Sql, id: Uuid, at: Timestamp) -> Result<()> {
    sql.run(
        "UPDATE ledger_hold SET alive_ms = $2 WHERE id = $1",
        &[id.to_string().as_str().into(), at.into()],
    )?;
    Ok(())
}

/// Forgets a run; says whether it was noted.
///
/// # Errors
/// Class `config`.
pub fn remove(sql: &mut dyn Sql, id: Uuid) -> Result<bool> {
    let gone = sql.row(
        "DELETE FROM ledger_hold WHERE id = $1 RETURNING id",
        &[id.to_string().as_str().into()],
    )?;
    Ok(gone.is_some())
}

/// Forgets a run that was not heard of after this time; says whether it was noted so.
///
/// # Errors
/// Class `config`.
pub fn remove_if_quiet(sql: &mut dyn Sql, id: Uuid, heard: Timestamp) -> Result<bool> {
    let gone = sql.row(
        "DELETE FROM ledger_hold WHERE id = $1 AND alive_ms <= $2 RETURNING id",
        &[id.to_string().as_str().into(), heard.into()],
    )?;
    Ok(gone.is_some())
}

/// One account, with what is held back of it; empty where it was never used. It is one statement,
/// so it sees one state without a transaction around it.
///
/// # Errors
/// Class `config`.
pub fn account(sql: &mut dyn Sql, mandate: &str, owner: Option<&str>) -> Result<LedgerAccount> {
    let row = sql.row(
        "SELECT COALESCE((SELECT balance FROM ledger_account
                 WHERE mandate = $1 AND owner = $2), 0),
             CAST(COALESCE((SELECT SUM(amount) FROM ledger_hold
                 WHERE mandate = $1 AND owner = $2), 0) AS BIGINT)",
        &[mandate.into(), owner.unwrap_or_default().into()],
    )?;
    let row = row.ok_or_else(|| Failure::internal("an account has no sums"))?;
    Ok(LedgerAccount {
        mandate: mandate.to_owned(),
        user: owner.map(ToOwned::to_owned),
        balance: Money(amount_at(&row, 0)?),
        reserved: Money(amount_at(&row, 1)?),
    })
}

/// Every account that was used, of one mandate or of all, with what is held back of it.
///
/// # Errors
/// Class `config`.
pub fn accounts(sql: &mut dyn Sql, mandate: Option<&str>) -> Result<Vec<LedgerAccount>> {
    let rows = sql.run(
        "SELECT a.mandate, a.owner, a.balance,
             CAST(COALESCE((SELECT SUM(h.amount) FROM ledger_hold h
                  WHERE h.mandate = a.mandate AND h.owner = a.owner), 0) AS BIGINT)
         FROM ledger_account a WHERE $1 IS NULL OR a.mandate = $1 ORDER BY a.mandate, a.owner",
        &[mandate.into()],
    )?;
    let account = |row: &SqlRow| {
        Ok(LedgerAccount {
            mandate: row.text(0)?,
            user: Some(row.text(1)?).filter(|owner| !owner.is_empty()),
            balance: Money(amount_at(row, 2)?),
            reserved: Money(from_micros(row.int(3)?)),
        })
    };
    rows.iter().map(account).collect()
}
