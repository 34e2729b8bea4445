//! What travels together with the greeting of a connection, and the transaction that stays open of it.

use crate::store::sql::{SqlRow, Statement};

/// What is asked together with the greeting.
#[derive(Clone, Debug, Default)]
pub struct FirstQuestions {
    /// Each is looked at, and its answer kept until it is asked for or something else is written.
    pub looks: Vec<Statement>,
    /// What the first transaction that writes begins with; these only read and lock. It stays open
    /// until that goes on. None where nothing is to be written.
    pub begins: Vec<Statement>,
}

impl FirstQuestions {
    /// The same, without a transaction that stays open.
    pub fn without_transaction(&self) -> Self {
        Self { looks: self.looks.clone(), begins: Vec::new() }
    }
}

/// A transaction that is open since the greeting.
#[derive(Debug)]
pub struct FirstTransaction {
    /// What it began with.
    pub statements: Vec<Statement>,
    /// The rows of each.
    pub found: Vec<Vec<SqlRow>>,
}
