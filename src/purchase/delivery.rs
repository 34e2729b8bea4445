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
/// that no caller has seen: the locks are held as long as this lives.
pub struct Delivery {
    journal: JournalPlace,
    purchase: Uuid,
    by: Reporter,
    clock: Arc<dyn Clock + Send + Sync>,
    is_news: bool,
    locks: Option<Locks>,
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
            locks: None,
        }
    }

    /// Holds these until the answer is out.
    #[must_use]
    pub fn holding(self, locks: Locks) -> Self {
        Self { locks: Some(locks), ..self }
    }

    /// The answer is out. An outcome that cannot be noted as reported is reported once more, which
    /// does no harm.
    pub fn note(self) {
        if !self.is_news {
            return;
        }
        if let Ok(mut journal) = Journal::open(&self.journal) {
            let clocks = Clocks { machine: self.clock.as_ref(), server: &|| None, attempt: None };
            let (stamp, row) = (Stamp::from(&clocks.now()), JournalRow::Reported { by: self.by });
            let locks = self.locks;
            let _ = journal.append_last(self.purchase, &stamp, &row, || drop(locks));
        }
    }
}
