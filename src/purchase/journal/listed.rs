//! A journal that is only listed: what its log has goes into the file at the end.

use super::{Journal, Kept};
use crate::core::disk;
use crate::core::failure::Result;
use crate::purchase::place::JournalPlace;
use crate::store::log;

impl Journal {
    /// Opens the journal, if there is one, to list what is in it. When it is dropped, what its log has goes
    /// into the file, as with a ledger that was only read: a copy of the file alone has everything then.
    ///
    /// # Errors
    /// As [`Journal::open`].
    pub fn open_to_list(place: &JournalPlace) -> Result<Option<Self>> {
        let mut opened = Self::open_if_there(place)?;
        if let Some(Self { kept: Kept::File { is_listed, .. } }) = &mut opened {
            *is_listed = true;
        }
        Ok(opened)
    }
}

impl Drop for Journal {
    fn drop(&mut self) {
        if let Kept::File { db, file, is_listed: true, .. } = &self.kept
            && db.total_changes() == 0
            && !disk::is_remote(file)
        {
            log::move_if_new(db, file);
        }
    }
}
