//! Where purchases and their locks are kept: in files of this machine, or on a server that machines
//! share.

use super::journal::Spool;
use crate::store::state::StateStore;
use std::path::PathBuf;
use std::sync::Arc;

/// Where purchases and their locks are kept.
#[derive(Clone, Debug)]
pub enum JournalPlace {
    /// In files of this machine.
    Files {
        /// The journal.
        journal: PathBuf,
        /// The folder of the locks.
        locks: PathBuf,
    },
    /// On a server.
    Shared {
        /// The store there.
        store: Arc<StateStore>,
        /// Where what cannot be written there waits for the next run.
        spool: Spool,
    },
}

impl JournalPlace {
    /// The files in this folder.
    #[cfg(test)]
    pub fn in_folder(folder: &std::path::Path) -> Self {
        Self::Files { journal: folder.join("journal.db"), locks: folder.join("locks") }
    }

    /// The store that machines share, where it is one.
    pub fn shared(&self) -> Option<&Arc<StateStore>> {
        match self {
            Self::Files { .. } => None,
            Self::Shared { store, .. } => Some(store),
        }
    }

    /// The place as a person may see it.
    pub fn shown(&self) -> String {
        match self {
            Self::Files { journal, .. } => journal.display().to_string(),
            Self::Shared { store, .. } => store.place(),
        }
    }
}
