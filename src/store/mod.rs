//! What the databases of journal, ledger, logins and sandbox have in common.
//!
//! - [`sql`]: statements that SQLite and PostgreSQL both understand, in transactions.
//! - [`sqlite`]: files, [`log`] what lies beside them; [`postgres`]: servers.
//! - [`state`]: what machines share: purchases, leases, logins, watches.

pub(crate) mod log;
pub(crate) mod postgres;
pub(crate) mod sql;
pub(crate) mod sqlite;
pub mod state;
