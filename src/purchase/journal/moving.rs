//! A journal that has moved: its rows are copied as they stand, from the file of a machine to the store
//! that machines share or back, and the journal that they left starts no purchases.
//!
//! Each move has an id. The journal that is left keeps it with the place that the move leads to, and the
//! journal that takes the rows in keeps it in the transaction that adds them. So it is known at each end
//! whether a move was finished, and only the journal that received the last move can be moved back.

use super::exclusive::Exclusive;
use super::lookup::unreadable;
use super::moved::{Moved, has_received, moved, prepare_file};
use super::moving_rows::{MoveCounts, MovingPurchase, insert, missing_of, moving, rows_of_all};
use super::server_rows::{self, PURCHASE};
use super::{Journal, Kept};
use crate::core::class::Class;
use crate::core::failure::{Failure, Result};
use crate::store::sql::{Statement, Value};
use crate::store::state::Lease;
use uuid::Uuid;

/// How many purchases are copied at once.
const PAGE: usize = 100;

impl Journal {
    /// The purchases behind this one in the order of their ids, as many as are copied at once; those of
    /// the sandbox inside the program are not among them.
    ///
    /// # Errors
    /// Class `config`.
    pub fn page_behind(&self, last: Option<Uuid>) -> Result<Vec<MovingPurchase>> {
        let last = last.map(|id| id.to_string()).unwrap_or_default();
        let purchases = format!(
            "SELECT {} FROM purchase WHERE id > $1 AND substr(origin, 1, 8) <> 'sandbox:'
             ORDER BY id LIMIT $2",
            PURCHASE.trim_matches(['(', ')'])
        );
        self.look(|sql, place| {
            let limit = i64::try_from(PAGE).unwrap_or(i64::MAX);
            let found = sql.run(&purchases, &[last.as_str().into(), limit.into()])?;
            let ids = found.iter().map(|row| row.text(0)).collect::<Result<Vec<_>>>()?;
            let mut rows = rows_of_all(sql, &ids)?;
            found
                .iter()
                .zip(&ids)
                .map(|(row, id)| moving(row, rows.remove(id).unwrap_or_default(), place))
                .collect()
        })
    }

    /// Where its purchases have moved to, if they have.
    ///
    /// # Errors
    /// Class `config`.
    pub fn moved(&self) -> Result<Option<Moved>> {
        let is_file = matches!(self.kept, Kept::File { .. });
        self.look(|sql, _| moved(sql, is_file))
    }

    /// Whether it has taken in what this move brought.
    ///
    /// # Errors
    /// Class `config`.
    pub fn has_received(&self, id: Uuid) -> Result<bool> {
        let is_file = matches!(self.kept, Kept::File { .. });
        self.look(|sql, _| has_received(sql, is_file, id))
    }

    /// What copying these would come to.
    ///
    /// # Errors
    /// As [`Exclusive::add_missing`].
    pub fn count_missing(&self, page: &[MovingPurchase]) -> Result<MoveCounts> {
        self.look(|sql, place| Ok(missing_of(sql, place, page)?.counts))
    }
}

impl Exclusive<'_> {
    fn is_file(&self) -> bool {
        self.store().is_none()
    }

    /// Where the purchases have moved to, if they have.
    ///
    /// # Errors
    /// Class `config`.
    pub fn moved(&self) -> Result<Option<Moved>> {
        self.with_sql(|sql| moved(sql, self.is_file()))
    }

    /// Whether this journal has taken in what this move brought.
    ///
    /// # Errors
    /// Class `config`.
    pub fn has_received(&self, id: Uuid) -> Result<bool> {
        self.with_sql(|sql| has_received(sql, self.is_file(), id))
    }

    /// The purchases that some process may be at: those that are not final, and those whose end was not
    /// reported.
    ///
    /// # Errors
    /// Class `config`.
    pub fn unsettled(&self) -> Result<Vec<Uuid>> {
        let query =
            "SELECT p.id FROM purchase p WHERE substr(p.origin, 1, 8) <> 'sandbox:' AND p.id IN
            (SELECT purchase FROM unfinished UNION SELECT purchase FROM untold
             UNION SELECT purchase FROM kept) ORDER BY p.id";
        self.with_sql(|sql| super::ids(sql, self.place(), query, &[]))
    }

    /// Makes sure that no other machine is at anything on the server, until this transaction ends.
    ///
    /// # Errors
    /// Class `in_progress`: one is.
    pub fn require_rest(&self) -> Result<()> {
        let Some(store) = self.store() else { return Ok(()) };
        self.with_sql(|sql| {
            sql.run("LOCK TABLE lease IN SHARE ROW EXCLUSIVE MODE", &[])?;
            for row in sql.run("SELECT entity FROM lease WHERE until_ms > 0", &[])? {
                let entity = row.text(0)?;
                let entity = Uuid::parse_str(&entity)
                    .map_err(|cause| unreadable(self.place(), &"a lease", cause.into()))?;
                if !Lease::is_free_in(store, sql, entity)? {
                    return Err(busy("another machine is buying or watching"));
                }
            }
            Ok(())
        })
    }

    /// From now on nothing is begun here: the purchases move to another place.
    ///
    /// # Errors
    /// Class `config`.
    pub fn leave(&self, moved: &Moved) -> Result<()> {
        self.with_sql(|sql| {
            if self.is_file() {
                prepare_file(sql)?;
            }
            let text = "INSERT INTO moved (id, place, at_ms, done) VALUES ($1, $2, $3, 0)";
            let values = [
                moved.id.to_string().as_str().into(),
                moved.place.as_str().into(),
                moved.at.into(),
            ];
            sql.run(text, &values).map(|_| ())
        })
    }

    /// They are all there.
    ///
    /// # Errors
    /// Class `config`.
    pub fn has_left(&self, moved: &Moved) -> Result<()> {
        let id = moved.id.to_string();
        let text = "UPDATE moved SET done = 1 WHERE id = $1";
        self.with_sql(|sql| sql.run(text, &[id.as_str().into()]).map(|_| ()))
    }

    /// The purchases of this move stay, or have come back: things are begun here again.
    ///
    /// # Errors
    /// Class `config`.
    pub fn forget_move(&self, id: Uuid) -> Result<()> {
        let id = id.to_string();
        let text = "DELETE FROM moved WHERE id = $1";
        self.with_sql(|sql| sql.run(text, &[id.as_str().into()]).map(|_| ()))
    }

    /// Keeps that it has taken in what this move brought.
    ///
    /// # Errors
    /// Class `config`.
    pub fn receive(&self, id: Uuid) -> Result<()> {
        let text = "INSERT INTO received (id) VALUES ($1) ON CONFLICT (id) DO NOTHING";
        self.with_sql(|sql| {
            if self.is_file() {
                prepare_file(sql)?;
            }
            sql.run(text, &[id.to_string().as_str().into()]).map(|_| ())
        })
    }

    /// Adds what is missing of these purchases: all of one that is not there, and the rows of one that
    /// is.
    ///
    /// # Errors
    /// Class `idempotency_conflict`: another purchase has a name or a key of them. Class `config`.
    pub fn add_missing(&self, page: &[MovingPurchase]) -> Result<MoveCounts> {
        let is_file = self.is_file();
        self.with_sql(|sql| {
            let missing = missing_of(sql, self.place(), page)?;
            let purchases: Vec<Vec<Value>> =
                missing.purchases.iter().map(|moving| moving.columns.to_vec()).collect();
            if is_file {
                insert(sql, "purchase", PURCHASE, &purchases)?;
                let columns = "(purchase, kind, ended, charge_id, cost, stamp, body)";
                let rows = missing.rows.iter().map(|(id, row)| row.values(id));
                insert(sql, "entry", columns, &rows.collect::<Vec<_>>())?;
                return Ok(missing.counts);
            }
            let rows = missing.rows.iter().map(|(id, row)| row.entry(id));
            let statements: Vec<Statement> = [purchases.as_slice()]
                .into_iter()
                .filter(|purchases| !purchases.is_empty())
                .map(server_rows::add)
                .chain(rows.map(|entry| server_rows::append(entry, &[])))
                .collect();
            if !statements.is_empty() {
                sql.run_all(&statements)?;
            }
            Ok(missing.counts)
        })
    }
}

/// Another process is at what was to be moved.
pub fn busy(what: &str) -> Failure {
    let mut failure = Failure::new(Class::InProgress, format!("{what}; nothing was moved"))
        .hint("Wait until it is done, then run the command again.");
    failure.parts_mut().code = Some("running".to_owned());
    failure
}
