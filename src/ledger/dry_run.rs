//! What a change would come to, for `--dry-run`: the work is done in a transaction that is never
//! committed, so that it refuses and computes exactly what the change itself would.

use super::sql::{Database, Durable, Sql, SqlRow, SqlWork, Statement, TakeRow, Value};
use crate::core::failure::{Failure, Result};

/// Does the work and takes all of it back.
///
/// # Errors
/// Those of the work, and those of the database before it.
pub fn roll_back(database: &mut dyn Database, work: &mut SqlWork<'_>) -> Result<()> {
    let mut is_done = false;
    let ended = database.write(&mut |sql| {
        is_done = false;
        work(&mut Uncommitted(sql))?;
        is_done = true;
        // A transaction whose work fails is rolled back.
        Err(Failure::internal("a dry run ends without a commit"))
    });
    if is_done { Ok(()) } else { ended }
}

/// A transaction that the work in it cannot commit.
struct Uncommitted<'s>(&'s mut dyn Sql);

impl Sql for Uncommitted<'_> {
    fn run(&mut self, statement: &str, values: &[Value]) -> Result<Vec<SqlRow>> {
        self.0.run(statement, values)
    }

    fn each(&mut self, select: &Statement, take: &mut TakeRow<'_>) -> Result<()> {
        self.0.each(select, take)
    }

    fn sorts_to_group(&self) -> bool {
        self.0.sorts_to_group()
    }

    fn run_all(&mut self, statements: &[Statement]) -> Result<Vec<Vec<SqlRow>>> {
        self.0.run_all(statements)
    }

    fn finish(&mut self, statements: &[Statement], _: Durable) -> Result<Vec<Vec<SqlRow>>> {
        self.0.run_all(statements)
    }

    fn for_update(&self) -> &'static str {
        self.0.for_update()
    }

    fn hold(&self, shared: bool, name: &str) -> Option<Statement> {
        self.0.hold(shared, name)
    }

    fn keeps_session(&self) -> bool {
        self.0.keeps_session()
    }
}
