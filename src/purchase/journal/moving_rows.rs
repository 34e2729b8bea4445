//! The purchases of a journal as rows that are copied as they stand, and which of them another journal
//! lacks.

use super::lookup::{fold, load, unreadable};
use super::server_rows::Entry;
use crate::core::class::Class;
use crate::core::failure::{Failure, Result};
use crate::core::time;
use crate::purchase::record::{JournalRow, Purchase};
use crate::store::sql::{Sql, SqlRow, Statement, Value};
use std::collections::{HashMap, HashSet};
use uuid::Uuid;

/// How many rows one statement adds.
const ROWS: usize = 200;

/// A purchase as it stands in a journal.
#[derive(Clone, Debug)]
pub struct MovingPurchase {
    /// What its rows say.
    pub purchase: Purchase,
    pub(super) columns: [Value; 10],
    rows: Vec<MovingRow>,
}

/// One of its rows.
#[derive(Clone, Debug)]
pub(super) struct MovingRow {
    kind: String,
    ended: Option<String>,
    charge_id: Option<String>,
    cost: Option<String>,
    stamp: String,
    body: String,
}

/// What came of copying.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MoveCounts {
    /// Purchases that were added.
    pub added: u64,
    /// Purchases that were there, and of which the rows that were missing were added.
    pub known: u64,
    /// Rows that were added, those of the added purchases too.
    pub rows: u64,
    /// Purchases that are not final.
    pub open: u64,
}

impl MovingPurchase {
    /// What a person calls it: its name or key, else its id.
    pub fn called(&self) -> String {
        let intent = &self.purchase.intent;
        intent.naming.given(&intent.key).map_or_else(|| intent.id.to_string(), ToOwned::to_owned)
    }

    /// The purchase that has its name or its key, where another has.
    fn taken_by(&self) -> Statement {
        let text =
            "SELECT id FROM purchase WHERE origin = $1 AND id <> $2 AND (idempotency_key = $3
            OR (name = $4 AND generation = $5 AND organisation IS NOT DISTINCT FROM $6)) LIMIT 1";
        let [id, origin, organisation, _, name, generation, key, ..] = &self.columns;
        let values = [origin, id, key, name, generation, organisation].map(Clone::clone);
        Statement::new(text, values)
    }
}

impl MovingRow {
    fn columns(&self) -> [Value; 6] {
        [
            self.kind.as_str().into(),
            self.ended.as_deref().into(),
            self.charge_id.as_deref().into(),
            self.cost.as_deref().into(),
            self.stamp.as_str().into(),
            self.body.as_str().into(),
        ]
    }

    /// As a file has it.
    pub fn values(&self, purchase: &str) -> Vec<Value> {
        [purchase.into()].into_iter().chain(self.columns()).collect()
    }

    /// As a server has it.
    pub fn entry(&self, purchase: &str) -> Entry {
        let id = Uuid::new_v4().to_string();
        Entry { id: id.as_str().into(), purchase: purchase.into(), columns: self.columns() }
    }
}

/// What is not there of some purchases.
pub(super) struct MissingRows<'p> {
    pub purchases: Vec<&'p MovingPurchase>,
    pub rows: Vec<(String, &'p MovingRow)>,
    pub counts: MoveCounts,
}

pub(super) fn missing_of<'p>(
    sql: &mut dyn Sql,
    place: &str,
    page: &'p [MovingPurchase],
) -> Result<MissingRows<'p>> {
    let ids: Vec<String> =
        page.iter().map(|moving| moving.purchase.intent.id.to_string()).collect();
    let (list, values) = list_of(&ids);
    let there = sql.run(&format!("SELECT id FROM purchase WHERE id IN ({list})"), &values)?;
    let there = there.iter().map(|row| row.text(0)).collect::<Result<HashSet<_>>>()?;
    let mut rows_there = rows_of_all(sql, &ids)?;
    let mut missing =
        MissingRows { purchases: Vec::new(), rows: Vec::new(), counts: MoveCounts::default() };
    for (moving, id) in page.iter().zip(&ids) {
        missing.counts.open += u64::from(moving.purchase.outcome.is_none());
        if there.contains(id) {
            missing.counts.known += 1;
        } else {
            missing.purchases.push(moving);
            missing.counts.added += 1;
        }
        // A row is the same where its stamp and its words are; each stands for one.
        let mut known = rows_there.remove(id).unwrap_or_default();
        for row in &moving.rows {
            let same =
                known.iter().position(|known| known.stamp == row.stamp && known.body == row.body);
            match same {
                Some(at) => drop(known.remove(at)),
                None => missing.rows.push((id.clone(), row)),
            }
        }
    }
    missing.counts.rows = u64::try_from(missing.rows.len()).unwrap_or(u64::MAX);
    let asked: Vec<Statement> = missing.purchases.iter().map(|moving| moving.taken_by()).collect();
    let taken = if asked.is_empty() { Vec::new() } else { sql.run_all(&asked)? };
    for (moving, found) in missing.purchases.iter().zip(taken) {
        if let Some(row) = found.first() {
            let id = row.text(0)?;
            let other = Uuid::parse_str(&id)
                .map_err(|cause| unreadable(place, &id.escape_debug(), cause.into()))?;
            return Err(taken_name(moving, &load(sql, place, other)?, place));
        }
    }
    Ok(missing)
}

fn taken_name(moving: &MovingPurchase, other: &Purchase, place: &str) -> Failure {
    let (ours, theirs) = (&moving.purchase, &other.intent);
    let called = moving.called();
    let failure = Failure::new(
        Class::IdempotencyConflict,
        format!(
            "'{}' is two purchases: {} of {} (id {}) here, and {} of {} (id {}) in {place}; nothing was moved",
            called.escape_debug(),
            ours.intent.what(),
            time::shown(ours.asked.wall),
            ours.intent.id,
            theirs.what(),
            time::shown(other.asked.wall),
            theirs.id,
        ),
    );
    if ours.outcome.is_none() {
        return failure.hint("The one here is not final: finish it first with 'topup resume' where it is, without the shared store.");
    }
    failure.hint_with(
        "Leave the one here in its journal, which stays readable: add --leave {}.",
        &[&called],
    )
}

fn list_of(ids: &[String]) -> (String, Vec<Value>) {
    let list: Vec<String> = (1..=ids.len()).map(|at| format!("${at}")).collect();
    let list = if list.is_empty() { "''".to_owned() } else { list.join(", ") };
    (list, ids.iter().map(|id| id.as_str().into()).collect())
}

/// The rows of each of these purchases, in the order in which they were written.
pub(super) fn rows_of_all(
    sql: &mut dyn Sql,
    ids: &[String],
) -> Result<HashMap<String, Vec<MovingRow>>> {
    let (list, values) = list_of(ids);
    let query = format!(
        "SELECT purchase, kind, ended, charge_id, cost, stamp, body FROM entry
         WHERE purchase IN ({list}) ORDER BY seq"
    );
    let mut all: HashMap<String, Vec<MovingRow>> = HashMap::new();
    for row in sql.run(&query, &values)? {
        all.entry(row.text(0)?).or_default().push(MovingRow {
            kind: row.text(1)?,
            ended: row.text_if(2)?,
            charge_id: row.text_if(3)?,
            cost: row.text_if(4)?,
            stamp: row.text(5)?,
            body: row.text(6)?,
        });
    }
    Ok(all)
}

/// A purchase with its rows. One that this version cannot read is not moved.
pub(super) fn moving(
    row: &SqlRow,
    mut rows: Vec<MovingRow>,
    place: &str,
) -> Result<MovingPurchase> {
    let id = row.text(0)?;
    let parsed = Uuid::parse_str(&id)
        .map_err(|cause| unreadable(place, &id.escape_debug(), cause.into()))?;
    let texts: Vec<SqlRow> = rows
        .iter()
        .map(|row| SqlRow(vec![row.stamp.as_str().into(), row.body.as_str().into()]))
        .collect();
    let purchase = fold(&texts, 0, place, parsed)?;
    for row in &mut rows {
        // Rows of a file may be older than their cost.
        let read: JournalRow = serde_json::from_str(&row.body)
            .map_err(|cause| unreadable(place, &id, cause.into()))?;
        row.cost = row.cost.take().or_else(|| read.cost().map(|cost| cost.to_string()));
    }
    let text = |at| row.text_if(at).map(|text| Value::from(text.as_deref()));
    let columns = [
        text(0)?,
        text(1)?,
        text(2)?,
        text(3)?,
        text(4)?,
        row.int(5)?.into(),
        text(6)?,
        text(7)?,
        row.int(8)?.into(),
        text(9)?,
    ];
    Ok(MovingPurchase { purchase, columns, rows })
}

/// Adds all of these with as few statements as they take.
pub(super) fn insert(
    sql: &mut dyn Sql,
    table: &str,
    columns: &str,
    rows: &[Vec<Value>],
) -> Result<()> {
    let statements: Vec<Statement> = rows
        .chunks(ROWS)
        .map(|rows| {
            let mut next = 0;
            let tuple = |row: &Vec<Value>| {
                let places: Vec<String> = row
                    .iter()
                    .map(|_| {
                        next += 1;
                        format!("${next}")
                    })
                    .collect();
                format!("({})", places.join(", "))
            };
            let tuples: Vec<String> = rows.iter().map(tuple).collect();
            let text = format!("INSERT INTO {table} {columns} VALUES {}", tuples.join(", "));
            Statement::new(text, rows.concat())
        })
        .collect();
    if statements.is_empty() { Ok(()) } else { sql.run_all(&statements).map(|_| ()) }
}
