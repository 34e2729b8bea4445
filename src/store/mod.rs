//! What the databases of journal, ledger, logins and sandbox have in common.
//!
//! - [`sql`]: statements that SQLite and PostgreSQL both understand, in transactions.
//! - [`sqlite`]: files; [`postgres`]: servers.

pub mod postgres;
pub mod sql;
pub mod sqlite;
