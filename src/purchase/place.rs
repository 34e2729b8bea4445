//! Where purchases and their locks are kept: in files of this machine, or on a server that machines
//! share.

use super::journal::Spool;
use crate::store::state::StateStore;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A folder that is never there: no process makes one below `/proc`.
pub(super) const NOWHERE: &str = "/proc/topup";

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
    pub fn in_folder(folder: &Path) -> Self {
        Self::Files { journal: folder.join("journal.db"), locks: folder.join("locks") }
    }

    /// A place without purchases, where nothing can be kept: for what only reads, without a home.
    pub fn nowhere() -> Self {
        let folder = Path::new(NOWHERE);
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::environment::Variables;

    #[test]
    fn a_place_is_shown_as_its_file_or_its_server_and_never_with_a_password() {
        let files = JournalPlace::in_folder(Path::new("/home/me/topup"));
        assert_eq!(files.shown(), "/home/me/topup/journal.db");
        let url = "postgres://me:correct-horse@db.example/fleet";
        let store = StateStore::new(url, None, &Variables::default()).expect("a URL");
        let shared = JournalPlace::Shared { store, spool: Spool::new("/tmp/spool".into()) };
        let shown = shared.shown();
        assert!(shown.contains("db.example") && !shown.contains("correct-horse"), "{shown}");
    }
}
