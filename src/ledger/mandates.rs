//! Mandates, their rules about providers, and when their last notice was sent.
//! Contract: poweron.

use super::sql::{Sql, SqlRow, Statement};
use super::values::{Change, Mandate, Model, Rule, kept_decimal};
use crate::core::failure::{Failure, Result};
use crate::core::money::Money;
use jiff::Timestamp;
use std::time::Duration;
use uuid::Uuid;

const COLUMNS: &str = "name, model, currency, markup, notify, cooldown_s";

fn mandate(row: &SqlRow) -> Result<Mandate> {
    let unreadable = || Failure::config("the settings of a mandate cannot be understood");
    Ok(Mandate {
        mandate: row.text(0)?,
        billing_model: Model::kept(&row.text(1)?)?,
        currency: row.text(2)?,
        markup_percent: Money(kept_decimal(&row.text(3)?)?),
        notify: serde_json::from_str(&row.text(4)?).map_err(|cause| unreadable().because(cause))?,
        cooldown_s: u64::try_from(row.int(5)?).map_err(|cause| unreadable().because(cause))?,
    })
}

/// Every mandate, by name.
///
/// # Errors
/// Class `config`.
pub fn all(sql: &mut dyn Sql) -> Result<Vec<Mandate>> {
    let rows = sql.run(&format!("SELECT {COLUMNS} FROM ledger_mandate ORDER BY name"), &[])?;
    rows.iter().map(mandate).collect()
}

/// Asks for the mandate of this name.
pub fn search(name: &str) -> Statement {
    Statement::new(format!("SELECT {COLUMNS} FROM ledger_mandate WHERE name = $1"), [name.into()])
}

/// What was found by [`search`].
///
/// # Errors
/// Class `usage` when there is none.
pub fn found(rows: &[SqlRow], name: &str) -> Result<Mandate> {
    rows.first().map(mandate).transpose()?.ok_or_else(|| none(name))
}

/// The mandate of this name.
///
/// # Errors
/// Class `usage` when there is none.
pub fn named(sql: &mut dyn Sql, name: &str) -> Result<Mandate> {
    let rows = sql.run_all(&[search(name)])?.pop().unwrap_or_default();
    found(&rows, name)
}

/// The same, and no other transaction that asks so goes on before this one ends: what depends on what
/// is left of its accounts is decided one after the other.
///
/// # Errors
/// As [`named`].
pub fn alone(sql: &mut dyn Sql, name: &str) -> Result<Mandate> {
    locked(sql, name)?.ok_or_else(|| none(name))
}

fn locked(sql: &mut dyn Sql, name: &str) -> Result<Option<Mandate>> {
    let lock = sql.for_update();
    let row = sql.row(
        &format!("SELECT {COLUMNS} FROM ledger_mandate WHERE name = $1{lock}"),
        &[name.into()],
    )?;
    row.as_ref().map(mandate).transpose()
}

fn none(name: &str) -> Failure {
    Failure::usage(format!("there is no mandate {name}")).hint_with(
        "Make it with 'topup ledger init --mandate {} --model prepay-mandate'.",
        &[&name],
    )
}

/// Makes a mandate, or changes what is given; also whether it was not there before.
///
/// # Errors
/// Class `usage` for a new one without a model, and for another currency where something is booked.
pub fn change(sql: &mut dyn Sql, name: &str, change: &Change) -> Result<(Mandate, bool)> {
    let mut known = locked(sql, name)?;
    let is_new = known.is_none();
    if known.is_none() {
        let Some(model) = change.model else {
            return Err(Failure::usage(format!(
                "the mandate {name} is new, and no model is given"
            ))
            .hint("Add --model unlimited, prepay-user or prepay-mandate."));
        };
        // A row that is not there cannot be locked: where another process makes it at the same
        // time, one of them finds what the other has said.
        write(sql, &Mandate::new(name, model), "NOTHING")?;
        known = locked(sql, name)?;
    }
    let mut kept = known.ok_or_else(|| none(name))?;
    let other = change.currency.as_ref().is_some_and(|currency| *currency != kept.currency);
    if other && let Some(hold) = sql.hold(false, name) {
        // Whatever is being booked just now is in the currency of before.
        sql.run_all(&[hold])?;
    }
    if other && is_used(sql, name)? {
        return Err(Failure::usage(format!(
            "{name} has transactions in {}: its currency stays",
            kept.currency
        ))
        .hint("Make another mandate for another currency."));
    }
    kept.apply(change);
    write(
        sql,
        &kept,
        "UPDATE SET model = excluded.model, currency = excluded.currency,
             markup = excluded.markup, notify = excluded.notify,
             cooldown_s = excluded.cooldown_s",
    )?;
    Ok((kept, is_new))
}

fn write(sql: &mut dyn Sql, mandate: &Mandate, where_there_is_one: &str) -> Result<()> {
    let notify = serde_json::Value::from(mandate.notify.clone()).to_string();
    let cooldown = i64::try_from(mandate.cooldown_s).unwrap_or(i64::MAX);
    sql.run(
        &format!(
            "INSERT INTO ledger_mandate (name, model, currency, markup, notify, cooldown_s)
             VALUES ($1, $2, $3, $4, $5, $6)
             ON CONFLICT (name) DO {where_there_is_one}"
        ),
        &[
            mandate.mandate.as_str().into(),
            mandate.billing_model.word().into(),
            mandate.currency.as_str().into(),
            mandate.markup_percent.to_string().as_str().into(),
            notify.as_str().into(),
            cooldown.into(),
        ],
    )?;
    Ok(())
}

fn is_used(sql: &mut dyn Sql, name: &str) -> Result<bool> {
    let one =
        sql.row("SELECT seq FROM ledger_transaction WHERE mandate = $1 LIMIT 1", &[name.into()])?;
    Ok(one.is_some())
}

/// Every rule of a mandate, by provider.
///
/// # Errors
/// Class `config`.
pub fn rules(sql: &mut dyn Sql, mandate: &str) -> Result<Vec<Rule>> {
    let rows = sql.run(
        "SELECT owner, provider, allowed FROM ledger_rule WHERE mandate = $1
         ORDER BY provider, owner",
        &[mandate.into()],
    )?;
    let rule = |row: &SqlRow| {
        Ok(Rule {
            user: Some(row.text(0)?).filter(|owner| !owner.is_empty()),
            provider: row.text(1)?,
            allowed: row.int(2)? != 0,
        })
    };
    rows.iter().map(rule).collect()
}

/// Allows or denies a provider, for all or for one user.
///
/// # Errors
/// Class `config`.
pub fn set_rule(sql: &mut dyn Sql, mandate: &str, rule: &Rule) -> Result<()> {
    sql.run(
        "INSERT INTO ledger_rule (mandate, owner, provider, allowed) VALUES ($1, $2, $3, $4)
         ON CONFLICT (mandate, owner, provider) DO UPDATE SET allowed = excluded.allowed",
        &[
            mandate.into(),
            rule.user.as_deref().unwrap_or_default().into(),
            rule.provider.as_str().into(),
            i64::from(rule.allowed).into(),
        ],
    )?;
    Ok(())
}

/// Whether a user may use a provider: a rule about the user beats one about all, and what nobody
/// has said is allowed. A rule that cannot be read is an error, never a yes.
///
/// # Errors
/// Class `config`.
pub fn is_allowed(
    sql: &mut dyn Sql,
    mandate: &str,
    user: Option<&str>,
    provider: &str,
) -> Result<bool> {
    let row = sql.row(
        "SELECT allowed FROM ledger_rule WHERE mandate = $1 AND provider = $2
         AND (owner = '' OR owner = $3) ORDER BY owner DESC LIMIT 1",
        &[mandate.into(), provider.into(), user.unwrap_or_default().into()],
    )?;
    row.map_or(Ok(true), |row| Ok(row.int(0)? != 0))
}

/// Takes on to send a notice, if none was delivered within the cooldown and no other run is at it.
/// The claim is taken back by itself after the lease, should the process that has it be killed.
///
/// # Errors
/// Class `config`.
pub fn claim_notice(
    sql: &mut dyn Sql,
    mandate: &Mandate,
    claim: Uuid,
    now: Timestamp,
    lease: Duration,
) -> Result<bool> {
    let now_ms = now.as_millisecond();
    let cooldown_ms = i64::try_from(mandate.cooldown_s).unwrap_or(i64::MAX).saturating_mul(1000);
    let until = now_ms.saturating_add(i64::try_from(lease.as_millis()).unwrap_or(i64::MAX));
    let taken = sql.row(
        "INSERT INTO ledger_notice (mandate, claim, claimed_until_ms) VALUES ($1, $2, $3)
         ON CONFLICT (mandate) DO UPDATE
         SET claim = excluded.claim, claimed_until_ms = excluded.claimed_until_ms
         WHERE (ledger_notice.reached_ms IS NULL OR ledger_notice.reached_ms <= $4)
         AND (ledger_notice.claim IS NULL OR ledger_notice.claim = $2
              OR ledger_notice.claimed_until_ms <= $5)
         RETURNING claim",
        &[
            mandate.mandate.as_str().into(),
            claim.to_string().as_str().into(),
            until.into(),
            now_ms.saturating_sub(cooldown_ms).into(),
            now_ms.into(),
        ],
    )?;
    Ok(taken.is_some())
}

/// Somebody was reached: the cooldown begins.
///
/// # Errors
/// Class `config`.
pub fn notice_reached(sql: &mut dyn Sql, mandate: &str, at: Timestamp) -> Result<()> {
    sql.run(
        "UPDATE ledger_notice SET reached_ms = $2 WHERE mandate = $1",
        &[mandate.into(), at.into()],
    )?;
    Ok(())
}

/// The process that had taken on to send it is done.
///
/// # Errors
/// Class `config`.
pub fn end_notice(sql: &mut dyn Sql, mandate: &str, claim: Uuid) -> Result<()> {
    sql.run(
        "UPDATE ledger_notice SET claim = NULL, claimed_until_ms = NULL
         WHERE mandate = $1 AND claim = $2",
        &[mandate.into(), claim.to_string().as_str().into()],
    )?;
    Ok(())
}
