//! That a caller was shown how a purchase ended: noted once the answer is out.

use super::find_or_create::Locks;
use super::journal::Journal;
use super::place::JournalPlace;
use super::record::{JournalRow, Purchase, Reporter, Stamp};
use super::world::Clocks;
use crate::core::clock::Clock;
use std::sync::Arc;
use uuid::Uuid;

/// An outcome that is about to be shown. Until it is out, another process cannot take it for one
/// that no caller has seen: its locks are held as long as this lives.
pub struct Delivery {
    journal: JournalPlace,
    purchase: Uuid,
    by: Reporter,
    clock: Arc<dyn Clock + Send + Sync>,
    is_news: bool,
    held: Option<Held>,
}

/// What a run that acts on a purchase keeps until its answer is out.
pub struct Held {
    /// The right to act on it.
    pub locks: Locks,
    /// The journal, open: its log is not looked through again to note one row.
    pub journal: Journal,
}

impl Delivery {
    /// The outcome of this purchase, as far as it has one that no caller has seen.
    pub fn new(
        purchase: &Purchase,
        by: Reporter,
        journal: &JournalPlace,
        clock: &Arc<dyn Clock + Send + Sync>,
    ) -> Self {
        Self {
            journal: journal.clone(),
            purchase: purchase.intent.id,
            by,
            clock: Arc::clone(clock),
            is_news: purchase.outcome.is_some() && !purchase.delivered,
            held: None,
        }
    }

    /// Holds this until the answer is out.
    #[must_use]
    pub fn holding(self, held: Held) -> Self {
        Self { held: Some(held), ..self }
    }

    /// The answer is out. An outcome that cannot be noted as reported is reported once more, which
    /// does no harm.
    pub fn note(self) {
        if !self.is_news {
            return;
        }
        let (journal, locks) = match self.held {
            Some(Held { locks, journal }) => (Ok(journal), Some(locks)),
            None => (Journal::open(&self.journal), None),
        };
        if let Ok(mut journal) = journal {
            let clocks = Clocks { machine: self.clock.as_ref(), server: &|| None, attempt: None };
            let (stamp, row) = (Stamp::from(&clocks.now()), JournalRow::Reported { by: self.by });
            let _ = journal.append_last(self.purchase, &stamp, &row, || drop(locks));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::clock::TurnedClock;
    use crate::purchase::record::tests::{at, named, noon, purchase, sending, settled};

    #[test]
    fn an_end_is_noted_once_and_what_has_none_leaves_no_row() {
        let folder = crate::core::scratch::tempdir().expect("a folder");
        let place = JournalPlace::in_folder(folder.path());
        let clock: Arc<dyn Clock + Send + Sync> = Arc::new(TurnedClock::new(noon(60)));
        let stamp = at("a", noon(0), None);
        let made = purchase(named(), stamp.clone());
        let mut journal = Journal::open(&place).expect("a journal");
        journal.exclusively(|alone| alone.add(&made.intent, &stamp)).expect("made");
        let rows = || {
            let db = rusqlite::Connection::open(folder.path().join("journal.db")).expect("a file");
            let count = "SELECT count(*) FROM entry";
            db.query_row(count, [], |row| row.get::<_, i64>(0)).expect("a count")
        };
        let shown = || {
            let purchase = journal.load(made.intent.id).expect("read");
            Delivery::new(&purchase, Reporter::Status, &place, &clock).note();
            (journal.load(made.intent.id).expect("read").delivered, rows())
        };
        assert_eq!(shown(), (false, 1), "it is open");
        for row in [sending(1), settled()] {
            let mut journal = Journal::open(&place).expect("a journal");
            journal.append(made.intent.id, &stamp, &row).expect("durable");
        }
        assert_eq!(shown(), (true, 4));
        assert_eq!(shown(), (true, 4), "known by then");
    }
}
