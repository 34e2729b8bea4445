//! Modelled computers and journals: a disk whose unsynced rows a power cut takes away, or a store that
//! machines share; locks that end with their process, or leases; clocks that cannot be trusted.

use std::borrow::Cow;
use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;
use topup::core::failure::{Failure, Result};
use topup::purchase::find_or_create::{PurchaseStore, Purchases};
use topup::purchase::guards::Spent;
use topup::purchase::position::{JournalEnd, KnownRow, Position};
use topup::purchase::record::{
    BootId, Intent, JournalRow, KeyOrigin, Moment, Outcome, Purchase, Stamp,
};
use topup::store::state::LASTS;
use uuid::Uuid;

/// Who holds a purchase or an account: a process by its number, and until when.
#[derive(Clone, Copy)]
struct Lease {
    holder: u64,
    until: u64,
}

/// Which purchases and accounts are held. A lock of one machine ends with its process; a lease of a
/// shared journal by its time, or with the connection that holds it.
#[derive(Default)]
pub struct LockTable {
    leases: Vec<(Uuid, Lease)>,
    /// What each process has taken and not given back.
    taken: Vec<(u64, Uuid)>,
    /// How often something was taken whose holder had not given it back in time.
    pub taken_over: u64,
}

impl LockTable {
    /// A few at a time: looked through faster than any map.
    fn of(&self, id: Uuid) -> Option<&Lease> {
        self.leases.iter().find(|(held, _)| *held == id).map(|(_, lease)| lease)
    }

    fn held_by(&mut self, holder: u64) -> impl Iterator<Item = &mut Lease> {
        let leases = self.leases.iter_mut().map(|(_, lease)| lease);
        leases.filter(move |lease| lease.holder == holder)
    }

    fn give(&mut self, id: Uuid, lease: Lease) {
        match self.leases.iter_mut().find(|(held, _)| *held == id) {
            Some((_, of)) => *of = lease,
            None => self.leases.push((id, lease)),
        }
        self.taken.push((lease.holder, id));
    }

    /// The process is alive.
    pub fn keep_alive(&mut self, holder: u64, now: u64) {
        for lease in self.held_by(holder) {
            lease.until = lease.until.max(now + lasts());
        }
    }

    /// Its connection is cut: others may take what it holds.
    pub fn cut(&mut self, holder: u64) {
        for lease in self.held_by(holder) {
            lease.until = 0;
        }
    }

    /// It is gone, and cannot give anything back.
    pub fn abandon(&mut self, holder: u64) {
        self.taken.retain(|(by, _)| *by != holder);
        for lease in self.held_by(holder) {
            lease.holder = 0;
        }
    }

    /// Whether it still has this.
    pub fn has(&self, holder: u64, id: Uuid) -> bool {
        self.of(id).is_some_and(|lease| lease.holder == holder)
    }

    /// Whether it still has all that it has taken.
    pub fn has_all(&self, holder: u64) -> bool {
        let mut taken = self.taken.iter().filter(|(by, _)| *by == holder);
        taken.all(|(_, id)| self.has(holder, *id))
    }
}

fn lasts() -> u64 {
    u64::try_from(LASTS.as_millis()).expect("small")
}

pub type Locks = Rc<RefCell<LockTable>>;

/// The right to act on a purchase; given back when dropped.
pub struct Lock {
    locks: Locks,
    id: Uuid,
    holder: u64,
}

impl Drop for Lock {
    fn drop(&mut self) {
        let mut locks = self.locks.borrow_mut();
        let ours = (self.holder, self.id);
        locks.taken.retain(|taken| *taken != ours);
        locks.leases.retain(|(id, lease)| *id != self.id || lease.holder != self.holder);
    }
}

/// A row of a journal, and the purchase that it belongs to.
pub type Row = (Uuid, Stamp, JournalRow);

/// A journal: of one machine, or of all.
#[derive(Default)]
pub struct Journal {
    /// What a process reads: rows of all purchases in the order they were written.
    pub rows: Vec<Row>,
    /// How many of them a power cut leaves.
    synced: usize,
    /// The purchases that they make, oldest first.
    all: Vec<Purchase>,
    /// The newest row that moves the position.
    newest_sent: Option<usize>,
    /// How many rows there were when it was marked that a position is kept beside it.
    kept_at: Option<usize>,
    /// Purchases as they were before a restored journal took their place.
    lost: Vec<Purchase>,
    pub locks: Locks,
}

impl Journal {
    pub fn write(&mut self, row: Row, synced: bool) {
        take_in(&mut self.all, &row);
        if row.2.moves_position() {
            self.newest_sent = Some(self.rows.len());
        }
        self.rows.push(row);
        if synced {
            self.synced = self.rows.len();
        }
    }

    /// What is written is durable.
    pub fn sync(&mut self) {
        self.synced = self.rows.len();
    }

    /// How many rows a power cut may take away.
    pub fn unsynced(&self) -> usize {
        self.rows.len() - self.synced
    }

    /// A power cut that takes all of them away but so many.
    pub fn lose_power(&mut self, kept: usize) {
        if self.unsynced() > 0 {
            self.rows.truncate(self.synced + kept);
            self.synced = self.rows.len();
            self.read_again();
        }
    }

    /// After its rows were changed.
    pub fn read_again(&mut self) {
        self.all = fold(&self.rows);
        self.newest_sent = self.rows.iter().rposition(|(_, _, row)| row.moves_position());
        self.kept_at = self.kept_at.filter(|at| *at <= self.rows.len());
    }

    /// A copy of the first rows of another journal, or of its own, takes its place.
    pub fn replace_by(&mut self, rows: Vec<Row>, kept_at: Option<usize>) {
        let before = std::mem::take(&mut self.all);
        (self.synced, self.rows, self.kept_at) = (rows.len(), rows, kept_at);
        self.read_again();
        let after = &self.all;
        self.lost.extend(before.into_iter().filter(|known| !after.contains(known)));
    }

    /// The purchases that it lacks because it was restored.
    pub fn lost(&self) -> impl Iterator<Item = &Purchase> {
        self.lost.iter().filter(|lost| find(&self.all, lost.intent.id).is_none())
    }

    /// What it lacks was on another machine.
    pub fn forget_lost(&mut self) {
        self.lost.clear();
    }

    /// What the journal says of itself, beside this position.
    pub fn end(&self, known: Option<&Position>) -> JournalEnd {
        let last = known.and_then(|known| known.last.as_ref());
        JournalEnd {
            has_last: last.is_none_or(|last| {
                let row = usize::try_from(last.seq).ok().and_then(|at| self.rows.get(at));
                row.is_some_and(|(id, stamp, _)| *id == last.purchase && *stamp == last.stamp)
            }),
            newest_sent: self.newest_sent.map(|at| self.known_row(at)),
            newest: self.rows.len().checked_sub(1).map(|at| self.known_row(at)),
            was_kept: self.kept_at.is_some(),
        }
    }

    fn known_row(&self, at: usize) -> KnownRow {
        let (purchase, stamp, _) = &self.rows[at];
        let seq = i64::try_from(at).expect("small");
        KnownRow { seq, purchase: *purchase, stamp: stamp.clone() }
    }

    pub fn kept_at(&self) -> Option<usize> {
        self.kept_at
    }

    /// A position is kept beside it.
    pub fn mark_kept(&mut self) {
        self.kept_at.get_or_insert(self.rows.len());
    }

    /// All purchases, oldest first.
    pub fn all(&self) -> &[Purchase] {
        &self.all
    }

    pub fn load(&self, id: Uuid) -> &Purchase {
        find(&self.all, id).expect("a purchase that is on the disk")
    }

    /// The same after a power cut.
    pub fn durable(&self, id: Uuid) -> Option<Cow<'_, Purchase>> {
        if self.unsynced() == 0 {
            return find(&self.all, id).map(Cow::Borrowed);
        }
        let synced = fold(&self.rows[..self.synced]);
        synced.into_iter().find(|purchase| purchase.intent.id == id).map(Cow::Owned)
    }

    /// What a process sees that is shown a state of so many rows ago.
    pub fn stale(&self, rows: usize) -> Vec<Purchase> {
        fold(&self.rows[..self.rows.len().saturating_sub(rows)])
    }
}

fn find(all: &[Purchase], id: Uuid) -> Option<&Purchase> {
    all.iter().find(|purchase| purchase.intent.id == id)
}

fn fold(rows: &[Row]) -> Vec<Purchase> {
    let mut all = Vec::new();
    for row in rows {
        take_in(&mut all, row);
    }
    all
}

fn take_in(all: &mut Vec<Purchase>, (id, stamp, row): &Row) {
    if let JournalRow::Intent(intent) = row {
        all.push(Purchase::new(intent.clone(), stamp.clone()));
    } else if let Some(of) = all.iter_mut().rev().find(|known| known.intent.id == *id) {
        of.apply(stamp, row);
    }
}

/// The clocks of a computer, and what it keeps for a shared journal that was away.
pub struct Computer {
    /// How far its wall clock is off, in milliseconds.
    pub wall_off: i64,
    pub boot: u64,
    pub booted_at: u64,
    boot_id: BootId,
    pub spool: Vec<Row>,
    /// How far its journal had got when something was last sent.
    pub position: Option<Position>,
    /// The id of the machine.
    pub machine: String,
}

impl Computer {
    pub fn new(number: usize) -> Self {
        let boot_id = format!("{number}-0").into();
        let machine = format!("machine {number}");
        Self {
            wall_off: 0,
            boot: 0,
            booted_at: 0,
            boot_id,
            spool: Vec::new(),
            position: None,
            machine,
        }
    }

    pub fn start_again(&mut self, number: usize, now: u64) {
        self.boot += 1;
        self.booted_at = now;
        self.boot_id = format!("{number}-{}", self.boot).into();
    }

    pub fn moment(&self, now: u64, server: Option<jiff::Timestamp>) -> Moment {
        let wall = i64::try_from(now).expect("small") + self.wall_off;
        Moment {
            wall: jiff::Timestamp::from_millisecond(wall).expect("a time"),
            boot: Some(self.boot_id.clone()),
            monotonic: Duration::from_millis(now - self.booted_at),
            server,
            attempt: None,
        }
    }
}

/// A journal as the decision sees it, and what it added.
pub struct Pages<'a> {
    pub all: &'a [Purchase],
    pub locks: &'a Locks,
    pub added: &'a mut Option<(Intent, Stamp)>,
    /// The number of the process that decides.
    pub holder: u64,
    /// By the clock of the store.
    pub now: u64,
    pub shared: bool,
    /// The search for an open purchase finds none: to see that it is missed.
    pub blind: bool,
    /// Every lock is free: to see that it is missed.
    pub no_locks: bool,
}

impl Pages<'_> {
    fn all(&self) -> impl Iterator<Item = &Purchase> {
        self.all.iter()
    }

    fn those(&self, which: impl Fn(&Purchase) -> bool) -> Vec<Purchase> {
        self.all().filter(|purchase| !self.blind && which(purchase)).cloned().collect()
    }
}

impl Purchases for &Pages<'_> {
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

    fn open(&self, origin: &str) -> Result<Vec<Purchase>> {
        self.open_that(origin, |_| true)
    }

    fn open_that(
        &self,
        _origin: &str,
        is_meant: impl Fn(&Purchase) -> bool,
    ) -> Result<Vec<Purchase>> {
        Ok(self.those(|purchase| purchase.outcome.is_none() && is_meant(purchase)))
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
}

impl PurchaseStore for Pages<'_> {
    type Lock = Lock;

    fn purchases(&self) -> impl Purchases {
        self
    }

    fn try_lock(&self, id: Uuid) -> Result<Option<Lock>> {
        let mut locks = self.locks.borrow_mut();
        let until = locks.of(id).map(|lease| lease.until);
        let is_held = until.is_some_and(|until| until > self.now);
        if is_held && !self.no_locks {
            return Ok(None);
        }
        locks.taken_over += u64::from(until.is_some() && !is_held);
        let until = if self.shared { self.now + lasts() } else { u64::MAX };
        locks.give(id, Lease { holder: self.holder, until });
        Ok(Some(Lock { locks: Rc::clone(self.locks), id, holder: self.holder }))
    }

    fn is_shared(&self) -> bool {
        self.shared
    }

    fn add_locked(self, intent: &Intent, stamp: &Stamp) -> Result<Lock> {
        let lock = self.try_lock(intent.id)?.expect("a new purchase is free");
        *self.added = Some((intent.clone(), stamp.clone()));
        Ok(lock)
    }
}
