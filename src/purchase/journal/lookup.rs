//! What a decision asks of the journal, as statements: with the rows of the purchases that they find,
//! so that each is one question and a server can be asked several of them at once.

use super::spending::day_of;
use crate::core::failure::{Failure, Result};
use crate::purchase::record::{JournalRow, Purchase, Stamp};
use crate::store::sql::{Sql, SqlRow, Statement, Value};
use jiff::Timestamp;
use std::fmt::Display;
use uuid::Uuid;

/// Something that a decision asks, of one portal.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Lookup<'a> {
    /// The newest generation of a name.
    Name { origin: &'a str, organisation: Option<&'a str>, name: &'a str },
    /// The same, of each organisation that has used it.
    NameAnywhere { origin: &'a str, name: &'a str },
    /// The oldest purchase with a key.
    Key { origin: &'a str, key: &'a str },
    /// Those that are not final, oldest first.
    Open { origin: &'a str },
    /// Those that ended with a charge or a failed one, and whose outcome no caller has seen, oldest
    /// first.
    Unreported { origin: &'a str },
    /// Those that ended with a refusal that keeps their key in use, oldest first.
    KeptKey { origin: &'a str },
    /// What may have been charged since the day of this moment: day, unit and number of units.
    Spent { origin: &'a str, since: Timestamp },
}

impl Lookup<'_> {
    /// The statement that finds a row on a server where this finds one among those that wait for something
    /// at a portal, of which there is seldom any; none for another one.
    pub(super) fn any_waits(&self) -> Option<Statement> {
        let (origin, waits) = match *self {
            Self::Open { origin } => (origin, "unfinished"),
            Self::Unreported { origin } => (origin, "untold"),
            Self::KeptKey { origin } => (origin, "kept"),
            _ => return None,
        };
        let text = "SELECT waits FROM standing WHERE origin = $1 AND waits = $2 LIMIT 1";
        Some(Statement::new(text, [origin.into(), waits.into()]))
    }

    /// What a server is asked first: whether anything waits costs it less than what it is.
    pub(super) fn asked_first(&self) -> Statement {
        self.any_waits().unwrap_or_else(|| self.statement())
    }

    /// As a file or a server is asked.
    pub(super) fn statement(&self) -> Statement {
        let (text, values): (String, Vec<Value>) = match *self {
            Self::Name { origin, organisation, name } => (
                with_rows(
                    "SELECT id, 0 AS place FROM purchase WHERE origin = $1
                     AND organisation IS NOT DISTINCT FROM $2 AND name = $3
                     ORDER BY generation DESC LIMIT 1",
                ),
                vec![origin.into(), organisation.into(), name.into()],
            ),
            Self::NameAnywhere { origin, name } => (
                with_rows(
                    "SELECT n.id, n.organisation AS place FROM purchase n
                     WHERE n.origin = $1 AND n.name = $2 AND NOT EXISTS
                         (SELECT 1 FROM purchase q WHERE q.origin = n.origin AND q.name = n.name
                          AND q.organisation IS NOT DISTINCT FROM n.organisation
                          AND q.generation > n.generation)",
                ),
                vec![origin.into(), name.into()],
            ),
            Self::Key { origin, key } => (
                with_rows(
                    "SELECT id, 0 AS place FROM purchase WHERE origin = $1
                     AND idempotency_key = $2 ORDER BY asked_ms LIMIT 1",
                ),
                vec![origin.into(), key.into()],
            ),
            Self::Open { origin } => (of_table("unfinished"), vec![origin.into()]),
            Self::Unreported { origin } => (of_table("untold"), vec![origin.into()]),
            Self::KeptKey { origin } => (of_table("kept"), vec![origin.into()]),
            Self::Spent { origin, since } => (
                "SELECT day, unit, units FROM spent
                 WHERE origin = $1 AND day >= $2 AND units <> 0"
                    .to_owned(),
                vec![origin.into(), day_of(since).into()],
            ),
        };
        Statement::new(text, values)
    }
}

/// Those of this table; joins in this order never read the others.
fn of_table(table: &str) -> String {
    with_rows(&format!(
        "SELECT t.purchase AS id, q.asked_ms AS place FROM {table} t CROSS JOIN purchase q
         WHERE q.id = t.purchase AND q.origin = $1"
    ))
}

/// The rows of the purchases with these ids, in the order of their places.
fn with_rows(which: &str) -> String {
    format!(
        "SELECT found.id, e.stamp, e.body FROM ({which}) AS found CROSS JOIN entry e
         WHERE e.purchase = found.id ORDER BY found.place, found.id, e.seq"
    )
}

/// The purchase of these rows, of which there is at least one.
pub(super) fn purchase(rows: &[SqlRow], place: &str) -> Result<Purchase> {
    let id = id_of(rows.first().unwrap_or(&SqlRow::default()), place)?;
    fold(rows, 1, place, id)
}

pub(super) fn ids(
    sql: &mut dyn Sql,
    place: &str,
    query: &str,
    values: &[Value],
) -> Result<Vec<Uuid>> {
    sql.run(query, values)?.iter().map(|row| id_of(row, place)).collect()
}

fn id_of(row: &SqlRow, place: &str) -> Result<Uuid> {
    let id = row.text(0)?;
    Uuid::parse_str(&id).map_err(|cause| unreadable(place, &id.escape_debug(), cause.into()))
}

/// The rows of a purchase, in the order in which they were written.
const ROWS: &str = "SELECT stamp, body FROM entry WHERE purchase = $1 ORDER BY seq";

pub(super) fn rows_of(id: Uuid) -> Statement {
    Statement::new(ROWS, [id.to_string().as_str().into()])
}

pub(super) fn load(sql: &mut dyn Sql, place: &str, id: Uuid) -> Result<Purchase> {
    let rows = sql.run(ROWS, &[id.to_string().as_str().into()])?;
    fold(&rows, 0, place, id)
}

pub(super) fn load_all(sql: &mut dyn Sql, place: &str, ids: &[Uuid]) -> Result<Vec<Purchase>> {
    let statements: Vec<Statement> = ids.iter().map(|id| rows_of(*id)).collect();
    let found = if statements.is_empty() { Vec::new() } else { sql.run_all(&statements)? };
    found.iter().zip(ids).map(|(rows, id)| fold(rows, 0, place, *id)).collect()
}

/// The purchase of these rows, whose stamp and body begin in this column.
pub(super) fn fold(rows: &[SqlRow], column: usize, place: &str, id: Uuid) -> Result<Purchase> {
    let unreadable = |cause| unreadable(place, &id, cause);
    let mut purchase: Option<Purchase> = None;
    for row in rows {
        let of_json = |cause: serde_json::Error| unreadable(cause.into());
        let stamp: Stamp = serde_json::from_str(row.str(column)?).map_err(of_json)?;
        let row: JournalRow = serde_json::from_str(row.str(column + 1)?).map_err(of_json)?;
        match (&mut purchase, row) {
            (None, JournalRow::Intent(intent)) => purchase = Some(Purchase::new(intent, stamp)),
            (None, _) => break,
            (Some(purchase), row) => purchase.apply(&stamp, &row),
        }
    }
    purchase.ok_or_else(|| unreadable(anyhow::anyhow!("purchase {id} has no intent")))
}

/// An entry of another version, in words that this one does not know.
pub(super) fn unreadable(place: &str, id: &dyn Display, cause: anyhow::Error) -> Failure {
    Failure::config(format!(
        "the journal {place} has an entry that this version cannot read (of {id})"
    ))
    .because(cause)
    .hint("Use the version of topup that wrote it; nothing was changed there.")
}
