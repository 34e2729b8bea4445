//! What watches have reported, moved from the files of a machine to the store that machines share, or
//! back: none of it is reported once more there.

use super::alert_memory::AlertMemory;
use crate::core::clock::Clock;
use crate::core::failure::Result;
use crate::purchase::journal::busy;

/// Where watches remember what they have reported.
pub struct AlertMove<'m> {
    /// The files of this machine.
    pub files: &'m dyn AlertMemory,
    /// The store that machines share.
    pub store: &'m dyn AlertMemory,
    /// The clock, and what waits for a watch that is reading its balance.
    pub clock: &'m dyn Clock,
}

impl AlertMove<'_> {
    /// How many watches an import would take along; writes nothing.
    ///
    /// # Errors
    /// Class `config`.
    pub fn preview_import(&self) -> Result<u64> {
        Ok(self.files.ids()?.len() as u64)
    }

    /// The same for an export.
    ///
    /// # Errors
    /// Class `config`, or `timeout` where the server is away.
    pub fn preview_export(&self) -> Result<u64> {
        Ok(self.store.ids()?.len() as u64)
    }

    /// Moves them into the store. A watch that other machines run there already goes on from what they
    /// have reported.
    ///
    /// # Errors
    /// Class `in_progress`: a watch is just at it. Those of the files and of the server.
    pub fn import(&self) -> Result<u64> {
        self.carry(self.files, self.store, false)
    }

    /// Moves them out of the store. What the files know of the same watch is older.
    ///
    /// # Errors
    /// As [`AlertMove::import`].
    pub fn export(&self) -> Result<u64> {
        self.carry(self.store, self.files, true)
    }

    /// Each is there before it is gone here: cut off in between, the next run goes on.
    fn carry(&self, from: &dyn AlertMemory, to: &dyn AlertMemory, replaces: bool) -> Result<u64> {
        let at_it = || busy("a watch is reading its balance now");
        let mut moved = 0;
        for id in from.ids()? {
            let here = from.take(id, self.clock)?.ok_or_else(at_it)?;
            let Some(text) = here.read()? else { continue };
            let there = to.take(id, self.clock)?.ok_or_else(at_it)?;
            if replaces || there.read()?.is_none() {
                there.write(&text)?;
            }
            here.forget()?;
            moved += 1;
        }
        Ok(moved)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::watch::alert_memory::AlertFolder;
    use crate::core::clock::SystemClock;
    use crate::core::signals::Interrupt;
    use uuid::Uuid;

    /// A process that another test has just started holds a lock too, for a moment.
    fn clock() -> SystemClock {
        SystemClock::new(Interrupt::default())
    }

    fn remember(folder: &AlertFolder, id: u128, text: &str) {
        let held = folder.take(Uuid::from_u128(id), &clock()).expect("asked");
        held.expect("free").write(text).expect("written");
    }

    fn texts(folder: &AlertFolder) -> Vec<(u128, String)> {
        let ids = folder.ids().expect("listed");
        let text = |id: Uuid| {
            let held = folder.take(id, &clock()).expect("asked").expect("free");
            (id.as_u128(), held.read().expect("read").expect("there"))
        };
        ids.into_iter().map(text).collect()
    }

    #[test]
    fn each_is_at_one_place_and_what_the_store_knows_counts() {
        let (here, there) = (crate::core::scratch::tempdir(), crate::core::scratch::tempdir());
        let folder = |dir: &std::io::Result<tempfile::TempDir>| {
            AlertFolder(dir.as_ref().expect("a folder").path().join("watch"))
        };
        let (files, store) = (folder(&here), folder(&there));
        let moves = AlertMove { files: &files, store: &store, clock: &clock() };
        let count = |moved: Result<u64>| moved.expect("moved");
        assert_eq!((count(moves.preview_import()), count(moves.import())), (0, 0));
        remember(&files, 1, "ours");
        remember(&files, 2, "only ours");
        remember(&store, 1, "of all");
        std::fs::write(files.0.join("notes.json"), "none of a watch").expect("written");
        assert_eq!(count(moves.preview_import()), 2);
        assert_eq!((count(moves.import()), count(moves.import())), (2, 0));
        assert!(texts(&files).is_empty());
        let both = [(1, "of all".to_owned()), (2, "only ours".to_owned())];
        assert_eq!(texts(&store), both);
        remember(&files, 2, "older");
        assert_eq!(count(moves.preview_export()), 2);
        assert_eq!((count(moves.export()), count(moves.export())), (2, 0));
        assert!(texts(&store).is_empty());
        assert_eq!(texts(&files), both);
    }
}
