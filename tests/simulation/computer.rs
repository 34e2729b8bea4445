//! One modelled computer: a disk whose unsynced rows a power cut takes away, locks that end with
//! their process, and clocks that cannot be trusted.

use std::cell::{OnceCell, RefCell};
use std::collections::BTreeSet;
use std::rc::Rc;
use std::time::Duration;
use topup::core::failure::{Failure, Result};
use topup::purchase::find_or_create::PurchaseStore;
use topup::purchase::guards::Spent;
use topup::purchase::record::{Intent, JournalRow, KeyOrigin, Moment, Outcome, Purchase, Stamp};
use uuid::Uuid;

/// Which purchases are locked.
pub type Locks = Rc<RefCell<BTreeSet<Uuid>>>;

/// The right to act on a purchase; free when dropped, as the kernel's is when a process ends.
pub struct Lock {
    locks: Locks,
    id: Uuid,
}

impl Drop for Lock {
    fn drop(&mut self) {
        self.locks.borrow_mut().remove(&self.id);
    }
}

pub struct Computer {
    /// What a process reads: rows of all purchases in the order they were written.
    pub rows: Vec<(Uuid, Stamp, JournalRow)>,
    /// How many of them a power cut leaves.
    pub synced: usize,
    pub locks: Locks,
    /// How far its wall clock is off, in milliseconds.
    pub wall_off: i64,
    pub boot: u64,
    pub booted_at: u64,
}

impl Computer {
    pub fn new() -> Self {
        Self {
            rows: Vec::new(),
            synced: 0,
            locks: Locks::default(),
            wall_off: 0,
            boot: 0,
            booted_at: 0,
        }
    }

    pub fn moment(&self, number: usize, now: u64, server: Option<jiff::Timestamp>) -> Moment {
        let wall = i64::try_from(now).expect("small") + self.wall_off;
        Moment {
            wall: jiff::Timestamp::from_millisecond(wall).expect("a time"),
            boot: Some(format!("{number}-{}", self.boot)),
            monotonic: Duration::from_millis(now - self.booted_at),
            server,
            attempt: None,
        }
    }

    /// The ids, oldest first.
    pub fn purchases(&self) -> Vec<Uuid> {
        let intents = self.rows.iter().filter(|(_, _, row)| matches!(row, JournalRow::Intent(_)));
        intents.map(|(id, ..)| *id).collect()
    }

    pub fn load(&self, id: Uuid) -> Purchase {
        load(&self.rows, id).expect("a purchase that is on the disk")
    }

    /// All purchases, oldest first, each row read once.
    pub fn all(&self) -> Vec<Purchase> {
        let mut all: Vec<Purchase> = Vec::new();
        for (id, stamp, row) in &self.rows {
            match row {
                JournalRow::Intent(intent) => {
                    all.push(Purchase::new(intent.clone(), stamp.clone()));
                }
                row => {
                    if let Some(of) = all.iter_mut().find(|known| known.intent.id == *id) {
                        of.apply(stamp, row);
                    }
                }
            }
        }
        all
    }

    /// The same after a power cut.
    pub fn durable(&self, id: Uuid) -> Option<Purchase> {
        load(&self.rows[..self.synced], id)
    }
}

fn load(rows: &[(Uuid, Stamp, JournalRow)], id: Uuid) -> Option<Purchase> {
    let mut purchase: Option<Purchase> = None;
    for (_, stamp, row) in rows.iter().filter(|(of, ..)| *of == id) {
        match (&mut purchase, row) {
            (None, JournalRow::Intent(intent)) => {
                purchase = Some(Purchase::new(intent.clone(), stamp.clone()));
            }
            (None, _) => return None,
            (Some(purchase), row) => purchase.apply(stamp, row),
        }
    }
    purchase
}

/// The journal of a computer as the decision sees it, and what it added.
pub struct Pages<'a> {
    pub computer: &'a Computer,
    pub added: &'a mut Option<(Intent, Stamp)>,
    /// The search for an open purchase finds none: to see that it is missed.
    pub blind: bool,
    /// Every lock is free: to see that it is missed.
    pub no_locks: bool,
    pub all: OnceCell<Vec<Purchase>>,
}

impl<'a> Pages<'a> {
    pub fn new(computer: &'a Computer, added: &'a mut Option<(Intent, Stamp)>) -> Self {
        Self { computer, added, blind: false, no_locks: false, all: OnceCell::new() }
    }

    fn all(&self) -> impl Iterator<Item = &Purchase> {
        self.all.get_or_init(|| self.computer.all()).iter()
    }

    fn those(&self, which: impl Fn(&Purchase) -> bool) -> Vec<Purchase> {
        self.all().filter(|purchase| !self.blind && which(purchase)).cloned().collect()
    }
}

impl PurchaseStore for Pages<'_> {
    type Lock = Lock;

    fn by_name(
        &self,
        _origin: &str,
        organisation: Option<&str>,
        name: &str,
    ) -> Result<Option<Purchase>> {
        let generation = |purchase: &Purchase| match &purchase.intent.naming {
            KeyOrigin::Once { name: known, generation } if known == name => Some(*generation),
            _ => None,
        };
        Ok(self
            .all()
            .filter(|purchase| purchase.intent.organisation.as_deref() == organisation)
            .filter(|purchase| generation(purchase).is_some())
            .max_by_key(|purchase| generation(purchase))
            .cloned())
    }

    fn by_key(&self, _origin: &str, key: &str) -> Result<Option<Purchase>> {
        Ok(self.all().find(|purchase| purchase.intent.key.as_str() == key).cloned())
    }

    fn open(&self, _origin: &str) -> Result<Vec<Purchase>> {
        Ok(self.those(|purchase| purchase.outcome.is_none()))
    }

    fn unreported(&self, _origin: &str) -> Result<Vec<Purchase>> {
        Ok(self.those(|purchase| {
            let worth_telling = matches!(
                purchase.outcome,
                Some(
                    Outcome::Settled { .. }
                        | Outcome::Credited(_)
                        | Outcome::Failed(_)
                        | Outcome::InForce
                )
            );
            worth_telling && !purchase.delivered
        }))
    }

    fn with_kept_key(&self, _origin: &str) -> Result<Vec<Purchase>> {
        Ok(self.those(|purchase| matches!(purchase.outcome, Some(Outcome::KeyKept { .. }))))
    }

    fn spent(&self, _: &str, _: jiff::Timestamp, _: jiff::Timestamp) -> Result<Spent> {
        Err(Failure::internal("no limits are set"))
    }

    fn try_lock(&self, id: Uuid) -> Result<Option<Lock>> {
        let free = self.computer.locks.borrow_mut().insert(id);
        Ok((free || self.no_locks).then(|| Lock { locks: Rc::clone(&self.computer.locks), id }))
    }

    fn add(self, intent: &Intent, stamp: &Stamp) -> Result<()> {
        *self.added = Some((intent.clone(), stamp.clone()));
        Ok(())
    }
}
