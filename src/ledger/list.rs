//! Transactions, newest first: of everybody or of one user, of all time or of a part of it. A list
//! takes no more time in a book of ten million than in a small one, and no more memory for a hundred
//! thousand rows than for ten.
//!
//! Rows are listed by their place in the book, which is not quite the order of their times: clocks
//! differ, and go back. So a list of a time is read in the order of places where the newest rows are
//! what is wanted, and found by the times where it is not.

use super::book::{COLUMNS, transaction};
use super::sql::{Sql, SqlRow, Statement, Value};
use super::values::{Filter, Transaction};
use crate::core::failure::Result;
use crate::core::time::Period;

/// How many of the newest rows are looked at beyond those that are wanted, before the times are used.
const LOOKED_AT: i64 = 1000;
/// The most rows that are read at once where they are found by their times.
const AT_ONCE: usize = 1000;
/// Rows whose places are not farther apart are read with those between them.
const NEAR: i64 = 1000;

/// Takes one transaction after the other.
pub type Take<'t> = dyn FnMut(Transaction) -> Result<()> + 't;

/// At most `limit` transactions of a mandate, newest first.
///
/// # Errors
/// Class `config`.
pub fn page(
    sql: &mut dyn Sql,
    mandate: &str,
    filter: &Filter,
    limit: u32,
) -> Result<Vec<Transaction>> {
    let list = List { mandate, filter };
    let rows = list.by_place(limit);
    let rows = sql.run(rows.text(), rows.values())?;
    rows.iter().map(transaction).collect()
}

/// Hands over at most `limit` transactions of a mandate, newest first, and says whether there are
/// older ones.
///
/// # Errors
/// Class `config`, and those of `take`.
pub fn each(
    sql: &mut dyn Sql,
    mandate: &str,
    filter: &Filter,
    limit: u32,
    take: &mut Take<'_>,
) -> Result<bool> {
    let list = List { mandate, filter };
    let mut left = limit;
    let mut take_row = |row: &SqlRow| {
        if left == 0 {
            // The one beyond those that are wanted.
            return Ok(());
        }
        left -= 1;
        take(transaction(row)?)
    };
    let wanted = limit.saturating_add(1);
    let mut found = 0;
    if list.is_found_by_time(sql, wanted)? {
        list.by_time(sql, wanted, &mut |row| {
            found += 1;
            take_row(row)
        })?;
    } else {
        sql.each(&list.by_place(wanted), &mut |row| {
            found += 1;
            take_row(row)
        })?;
    }
    Ok(found > u64::from(limit))
}

fn is_of_all_time(filter: &Filter) -> bool {
    filter.period.since.is_none() && filter.period.until.is_none()
}

/// The rows that a filter means, as the cheapest index gives them, in no order. Its values are those
/// of [`values`].
pub(super) fn of_time(columns: &str, filter: &Filter) -> String {
    if filter.user.is_some() || is_of_all_time(filter) {
        return of_place(columns, filter);
    }
    format!(
        "SELECT {columns} FROM ledger_transaction WHERE mandate = $1 AND seq + 0 < $2
         AND created_ms >= $3 AND created_ms < $4"
    )
}

/// The rows that a filter means by their places, newest first once that is asked for: those of a user
/// come from two indexes that have no row in common. A sum that is no column keeps the databases from
/// the index of the times.
fn of_place(columns: &str, filter: &Filter) -> String {
    let of_time = if is_of_all_time(filter) {
        ""
    } else {
        "AND created_ms + 0 >= $3 AND created_ms + 0 < $4"
    };
    let all = format!(
        "SELECT {columns} FROM ledger_transaction WHERE mandate = $1 AND seq < $2 {of_time}"
    );
    if filter.user.is_some() {
        format!(
            "{all} AND used_by = $5 UNION ALL {all} AND owner = $5 AND owner <> ''
             AND (used_by IS NULL OR used_by <> owner)"
        )
    } else {
        all
    }
}

/// The places of the newest rows of a time, at most as many as the last value says. A sum that is no
/// column keeps the databases from the index of the places.
fn of_time_places(filter: &Filter) -> String {
    let (is_user, limit) =
        if filter.user.is_some() { ("AND (used_by = $5 OR owner = $5)", 6) } else { ("", 5) };
    format!(
        "SELECT seq FROM ledger_transaction WHERE mandate = $1 AND seq + 0 < $2
         AND created_ms >= $3 AND created_ms < $4 {is_user} ORDER BY seq + 0 DESC LIMIT ${limit}"
    )
}

/// The values that the rows of a filter are asked for with: `$1` to `$4`, and `$5` where it is about
/// a user.
pub(super) fn values(mandate: &str, filter: &Filter) -> Vec<Value> {
    let (first, after) = filter.period.millis();
    let before = filter.before.unwrap_or(i64::MAX);
    let mut values = vec![mandate.into(), before.into(), first.into(), after.into()];
    values.extend(filter.user.as_deref().map(Value::from));
    values
}

/// Which transactions are meant.
struct List<'l> {
    mandate: &'l str,
    filter: &'l Filter,
}

impl List<'_> {
    fn values(&self) -> Vec<Value> {
        values(self.mandate, self.filter)
    }

    fn by_place(&self, limit: u32) -> Statement {
        let mut values = self.values();
        let offset = i64::try_from(self.filter.offset).unwrap_or(i64::MAX);
        values.extend([i64::from(limit).into(), offset.into()]);
        let (limit, offset) = (values.len() - 1, values.len());
        let rows = of_place(COLUMNS, self.filter);
        let text = format!("{rows} ORDER BY seq DESC LIMIT ${limit} OFFSET ${offset}");
        Statement::new(text, values)
    }

    /// Whether the newest rows are not what is wanted: then those of the time may be anywhere.
    fn is_found_by_time(&self, sql: &mut dyn Sql, wanted: u32) -> Result<bool> {
        if is_of_all_time(self.filter) || self.filter.offset > 0 {
            return Ok(false);
        }
        let (first, after) = self.filter.period.millis();
        let looked_at = i64::from(wanted).saturating_add(LOOKED_AT);
        let always = Filter { period: Period::default(), ..self.filter.clone() };
        let mut values = values(self.mandate, &always);
        values.extend([first.into(), after.into(), looked_at.into()]);
        let place = values.len();
        let text = format!(
            "SELECT CAST(COUNT(*) AS BIGINT), CAST(COALESCE(SUM(CASE WHEN created_ms >= ${}
                 AND created_ms < ${} THEN 1 ELSE 0 END), 0) AS BIGINT)
             FROM ({} ORDER BY seq DESC LIMIT ${place}) AS newest",
            place - 2,
            place - 1,
            of_place("seq, created_ms", &always),
        );
        let Some(row) = sql.row(&text, &values)? else { return Ok(false) };
        Ok(row.int(0)? == looked_at && row.int(1)? < i64::from(wanted))
    }

    /// The rows of the time: first their places, then the rows, a few at a time.
    fn by_time(
        &self,
        sql: &mut dyn Sql,
        limit: u32,
        take: &mut dyn FnMut(&SqlRow) -> Result<()>,
    ) -> Result<()> {
        let is_user =
            if self.filter.user.is_some() { "AND (used_by = $5 OR owner = $5)" } else { "" };
        let mut values = self.values();
        values.push(i64::from(limit).into());
        let places = sql.run(&of_time_places(self.filter), &values)?;
        let places = places.iter().map(|row| row.int(0)).collect::<Result<Vec<i64>>>()?;
        let text = format!(
            "SELECT {COLUMNS} FROM ledger_transaction WHERE mandate = $1 AND seq <= $2
             AND created_ms + 0 >= $3 AND created_ms + 0 < $4 {is_user} AND seq >= ${}
             ORDER BY seq DESC",
            values.len()
        );
        for near in places.chunk_by(|newer, older| newer - older <= NEAR) {
            for part in near.chunks(AT_ONCE) {
                let (Some(newest), Some(oldest)) = (part.first(), part.last()) else { continue };
                values[1] = (*newest).into();
                if let Some(last) = values.last_mut() {
                    *last = (*oldest).into();
                }
                for row in &sql.run(&text, &values)? {
                    take(row)?;
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::sql::{BOOK, LISTS, for_sqlite};
    use jiff::Timestamp;
    use rusqlite::Connection;

    /// How SQLite goes about a statement.
    fn plan(db: &Connection, statement: &str) -> String {
        let mut explained = db.prepare(&format!("EXPLAIN QUERY PLAN {statement}")).expect("read");
        let mut rows = explained.raw_query();
        let mut plan = String::new();
        while let Some(row) = rows.next().expect("a plan") {
            plan.push_str(&row.get::<_, String>(3).expect("a line"));
            plan.push_str("; ");
        }
        plan
    }

    #[test]
    fn no_list_looks_at_every_row_of_a_book() {
        let db = Connection::open_in_memory().expect("a database");
        db.execute_batch(&for_sqlite(BOOK)).expect("tables");
        db.execute_batch(LISTS).expect("indexes");
        let since = Period { since: Some(Timestamp::UNIX_EPOCH), until: None };
        let all = Filter::default();
        let of_time = Filter { period: since, ..Filter::default() };
        let of_user = Filter { user: Some("anna".into()), ..of_time.clone() };
        for (filter, indexes) in [
            (&all, &["ledger_by_place (mandate=? AND seq<?)"][..]),
            (&of_time, &["ledger_by_place (mandate=? AND seq<?)"]),
            (
                &of_user,
                &[
                    "ledger_by_user (mandate=? AND used_by=? AND seq<?)",
                    "ledger_by_owner (mandate=? AND owner=? AND seq<?)",
                ],
            ),
        ] {
            let plan = plan(&db, List { mandate: "m", filter }.by_place(9).text());
            assert!(indexes.iter().all(|index| plan.contains(index)), "{plan}");
            assert!(!plan.contains("SCAN ledger") && !plan.contains("TEMP B-TREE"), "{plan}");
        }
        for filter in [&of_time, &of_user] {
            let plan = plan(&db, &of_time_places(filter));
            let index = "ledger_by_time (mandate=? AND created_ms>? AND created_ms<?)";
            assert!(plan.contains(index), "{plan}");
        }
        // A sum over everything does not go through the index of the users.
        let whole = plan(&db, &super::of_time("used_by, amount", &all));
        assert!(whole.contains("ledger_by_place (mandate=?"), "{whole}");
        let part = plan(&db, &super::of_time("used_by, amount", &of_time));
        assert!(part.contains("ledger_by_time (mandate=? AND created_ms>?"), "{part}");
    }
}
