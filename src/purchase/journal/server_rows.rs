//! Rows of purchases as they are added on a server: each with what follows from it for how its purchase
//! stands, and for how much was bought.
//!
//! In a file triggers do that. Those of a server need its procedural language, which a server that has
//! just been connected to takes longer to load than all the rest of a purchase: so the statement that
//! adds a row does it, and all that add one are made here.

use crate::core::failure::Failure;
use crate::store::sql::{Statement, Value};
use crate::store::state::locked_in_order;
use uuid::Uuid;

/// The columns of a purchase.
pub(super) const PURCHASE: &str =
    "(id, origin, organisation, naming, name, generation, idempotency_key, amount,
    asked_ms, plan)";

/// The columns of an entry.
const ENTRY: &str = "(purchase, kind, ended, charge_id, cost, stamp, body, row_id)";

/// A row of a purchase.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    /// Chosen by who writes it: it is there once, however often it is said.
    pub id: Value,
    pub purchase: Value,
    /// Kind, end, charge, cost, stamp and body.
    pub columns: [Value; 6],
}

impl Entry {
    /// Whether it changes how its purchase stands.
    fn changes_standing(&self) -> bool {
        let [kind, _, _, cost, ..] = &self.columns;
        let is_one_of = |kinds: &[&str]| kinds.iter().any(|one| *kind == Value::from(*one));
        *cost != Value::Text(None) || is_one_of(&["final", "reopened", "delivered"])
    }

    fn values(self) -> Vec<Value> {
        [self.purchase].into_iter().chain(self.columns).chain([self.id]).collect()
    }
}

/// How the purchases of `added` stand that have just been added.
const BORN: &str = "INSERT INTO standing (purchase, origin, waits, cost, counts)
     SELECT id, origin, 'unfinished', amount, TRUE FROM added RETURNING purchase, unit, units";

/// What is spent more with one such purchase.
const COUNTED: &str = "INSERT INTO spent AS s
     SELECT n.origin, n.asked_ms / 86400000, b.unit, b.units FROM added n CROSS JOIN born b
     ON CONFLICT (origin, day, unit) DO UPDATE SET units = s.units + EXCLUDED.units";

/// What is spent more with several of them: one row of a sum is changed once.
const ALL_COUNTED: &str = "INSERT INTO spent AS s
     SELECT n.origin, n.asked_ms / 86400000, b.unit, SUM(b.units)
     FROM added n JOIN born b ON b.purchase = n.id GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
     ON CONFLICT (origin, day, unit) DO UPDATE SET units = s.units + EXCLUDED.units";

/// The parts of a statement that add a purchase from `$1` to `$10` and its intent from `$11` to `$16`,
/// where there is a row of `source`; each with its name. Nothing follows from what is there already, where
/// the answer to a COMMIT was lost.
pub(super) fn adding_from(source: &str) -> [(&'static str, String); 4] {
    [
        (
            "added",
            format!(
                "INSERT INTO purchase {PURCHASE} SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10
                 FROM {source} ON CONFLICT (id) DO NOTHING RETURNING id, origin, amount, asked_ms"
            ),
        ),
        (
            "intent",
            format!(
                "INSERT INTO entry {ENTRY} SELECT $1, $11, $12, $13, $14, $15, $16, $1
                 FROM {source} ON CONFLICT (row_id) DO NOTHING"
            ),
        ),
        ("born", BORN.to_owned()),
        ("counted", COUNTED.to_owned()),
    ]
}

/// Adds purchases, each with the values of [`PURCHASE`].
pub(super) fn add(purchases: &[Vec<Value>]) -> Statement {
    let mut last = 0;
    let mut tuple = |purchase: &Vec<Value>| {
        let first = last + 1;
        last += purchase.len();
        let places: Vec<String> = (first..=last).map(|at| format!("${at}")).collect();
        format!("({})", places.join(", "))
    };
    let tuples: Vec<String> = purchases.iter().map(&mut tuple).collect();
    let text = format!(
        "WITH added AS (INSERT INTO purchase {PURCHASE} VALUES {}
             ON CONFLICT (id) DO NOTHING RETURNING id, origin, amount, asked_ms),
         born AS ({BORN}) {ALL_COUNTED}",
        tuples.join(", ")
    );
    Statement::new(text, purchases.concat())
}

/// What a row makes of how its purchase `s` stands: for what it waits, and whether it counts.
const STANDS: &str = "
    waits = CASE a.kind WHEN 'reopened' THEN 'unfinished' WHEN 'delivered' THEN NULLIF(s.waits, 'untold')
        WHEN 'final' THEN CASE WHEN a.ended IN ('settled', 'failed', 'in_force') THEN 'untold'
            WHEN a.ended = 'key_kept' THEN 'kept' END
        ELSE s.waits END,
    counts = CASE a.kind WHEN 'reopened' THEN TRUE WHEN 'final' THEN a.ended NOT IN ('failed',
            'refused', 'key_kept', 'never_sent', 'not_needed', 'marked_not_charged')
        ELSE s.counts END,
    cost = COALESCE(a.cost, s.cost)";

/// Appends a row, only while this process has all of these leases: each with its entity, which is the
/// purchase in the last, and its fencing number. Gives the id of a row that was not there before.
///
/// Two rows of one purchase may be appended at once. So a row that changes how it stands gets its number
/// behind the lock on that: rows follow each other in the order in which they count.
pub(super) fn append(entry: Entry, leases: &[(Uuid, i64)]) -> Statement {
    let changes = entry.changes_standing();
    let mut values = entry.values();
    let (mut parts, condition) = held(leases.len(), values.len() + 1);
    for (entity, fence) in leases {
        values.extend([entity.to_string().as_str().into(), Value::from(*fence)]);
    }
    let insert = |from: &str| {
        format!(
            "INSERT INTO entry {ENTRY} SELECT $1, $2, $3, $4, $5, $6, $7, $8 {from}
             ON CONFLICT (row_id) DO NOTHING"
        )
    };
    if !changes {
        let insert = insert(&format!("WHERE {condition}"));
        return Statement::new(format!("{}{insert} RETURNING row_id", with(&parts)), values);
    }
    parts.extend([
        format!("l AS (SELECT FROM standing WHERE purchase = $1 AND {condition} FOR UPDATE)"),
        format!("a AS ({} RETURNING row_id, purchase, kind, ended, cost)", insert("FROM l")),
    ]);
    let text = format!(
        "{}UPDATE standing AS s SET {STANDS} FROM a WHERE s.purchase = a.purchase RETURNING a.row_id",
        with(&parts)
    );
    Statement::new(text, values)
}

/// A row came for a purchase that is not there: the store was made again, or restored, meanwhile.
pub(super) fn without_purchase(place: &str, purchase: Uuid) -> Failure {
    Failure::config(format!("{place} does not have the purchase {purchase}")).hint(
        "Compare 'topup history' with the purchases on the portal; what was to be written is kept.",
    )
}

/// The part of a statement that locks so many leases, with their values from this one on, and the
/// condition that this process has all of them.
fn held(leases: usize, first: usize) -> (Vec<String>, String) {
    if leases == 0 {
        return (Vec::new(), "TRUE".to_owned());
    }
    let name = |at: usize| [first + 2 * at, first + 2 * at + 1].map(|at| format!("${at}"));
    let names: Vec<[String; 2]> = (0..leases).map(name).collect();
    let held = format!("held AS ({})", locked_in_order(&names));
    (vec![held], format!("(SELECT COUNT(*) FROM held) = {leases}"))
}

fn with(parts: &[String]) -> String {
    if parts.is_empty() { String::new() } else { format!("WITH {} ", parts.join(", ")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_lease_that_a_row_rests_on_has_an_entity_and_a_fence_of_its_own() {
        let lease = |number| (Uuid::from_u128(number), 7);
        let entry = |kind: &str| Entry {
            id: "id".into(),
            purchase: "purchase".into(),
            columns: [
                kind.into(),
                None::<&str>.into(),
                None::<&str>.into(),
                None::<&str>.into(),
                "{}".into(),
                "{}".into(),
            ],
        };
        for kind in ["sending", "reopened"] {
            for leases in 0..3 {
                let leases: Vec<(Uuid, i64)> = (0..leases).map(lease).collect();
                let said = append(entry(kind), &leases);
                let (text, last) = (said.text(), said.values().len());
                for number in 1..=last + 1 {
                    let is_bound = text
                        .split(|c: char| c != '$' && !c.is_ascii_digit())
                        .any(|word| word == format!("${number}"));
                    assert_eq!(is_bound, number <= last, "${number}: {text}");
                }
            }
        }
    }
}
