//! What the databases of journal, ledger and sandbox have in common.

pub mod sqlite;
