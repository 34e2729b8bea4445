//! What a program keeps in a database of a server: its tables, and the words of its messages.

use crate::core::failure::Failure;
use std::fmt;

/// What is kept in a database. One server may hold several of them, each with a version of its own.
pub struct Purpose {
    /// What it is called: `ledger`.
    pub noun: &'static str,
    /// The variable that holds its URL.
    pub variable: &'static str,
    /// What a message says where nothing was written.
    pub untouched: &'static str,
    /// What a message says where the answer to a COMMIT was lost.
    pub unheard: &'static str,
    /// What to do then.
    pub after_unheard: &'static str,
    /// A number does not fit.
    pub too_large: fn() -> Failure,
    /// The schema of its tables, unless the URL names another; none: the one that the server
    /// chooses.
    pub schema: Option<&'static str>,
    /// The table that holds its version, in the column `version`.
    pub version_table: &'static str,
    /// The column of it that says when the tables were made, in milliseconds, where there is one.
    pub made_column: Option<&'static str>,
    /// The version that this program works with.
    pub version: i64,
    /// The statements that make the tables where there are none, or bring them on from this version.
    /// They write the new version themselves.
    pub tables: fn(found: Option<i64>) -> String,
    /// What to do where a role may not bring the tables on.
    pub not_owner: &'static str,
    /// What is held as long as a session lasts is part of it.
    pub holds_sessions: bool,
    /// Commits wait for a synchronous standby where the server has one, whatever is usual there.
    pub synchronous: bool,
}

impl fmt::Debug for Purpose {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "the {}", self.noun)
    }
}
