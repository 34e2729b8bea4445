//! What a piece of work does to the database: how its transaction begins, and whether it may be
//! done again.

/// What a piece of work does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WorkMode {
    /// It writes, in one transaction.
    Write,
    /// It reads one state, in one transaction.
    Read,
    /// It reads with statements that have a transaction each.
    Glance,
    /// It writes with one statement, which comes to the same in a transaction of its own.
    Put,
}

impl WorkMode {
    pub fn writes(self) -> bool {
        matches!(self, Self::Write | Self::Put)
    }
}
