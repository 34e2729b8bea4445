//! Where the logins are that machines share.

use super::store::{KeeperPlace, Store};

impl Store {
    /// The store that machines share, where the logins are in one.
    pub fn shared_store(&self) -> Option<String> {
        match &self.keeper.as_ref()?.place {
            KeeperPlace::Vault(vault) => Some(vault.place()),
            KeeperPlace::Command(_) => None,
        }
    }
}
