//! What the decision searches and adds to: the journal and its locks, or what a test has in their
//! place. A preview may have no journal, and keeps no lock.

use crate::config::SpendingLimits;
use crate::core::failure::{Charged, Failure, Result};
use crate::purchase::guards;
use crate::purchase::journal::{Exclusive, LockAsRead, Lookup};
use crate::purchase::lock::EntityLock;
use crate::purchase::place::JournalPlace;
use crate::purchase::record::{Intent, Purchase, Stamp};
use crate::purchase::request::{PurchaseName, PurchaseRequest};
use jiff::Timestamp;
use uuid::Uuid;

/// The purchases of a journal, as they are found.
pub trait Purchases {
    /// The newest generation of this name.
    fn by_name(
        &self,
        origin: &str,
        organisation: Option<&str>,
        name: &str,
    ) -> Result<Option<Purchase>>;
    /// The purchase with this key.
    fn by_key(&self, origin: &str, key: &str) -> Result<Option<Purchase>>;
    /// The purchases of this portal that are not final, oldest first.
    fn open(&self, origin: &str) -> Result<Vec<Purchase>>;
    /// Those of them that are meant.
    fn open_that(
        &self,
        origin: &str,
        is_meant: impl Fn(&Purchase) -> bool,
    ) -> Result<Vec<Purchase>> {
        let mut open = self.open(origin)?;
        open.retain(is_meant);
        Ok(open)
    }
    /// Those that ended with a charge or a failed one, and whose outcome no caller has seen, oldest
    /// first.
    fn unreported(&self, origin: &str) -> Result<Vec<Purchase>>;
    /// Those that ended with a refusal that keeps their key in use, oldest first.
    fn with_kept_key(&self, origin: &str) -> Result<Vec<Purchase>>;
    /// What was bought of this portal since these moments.
    fn spent(&self, origin: &str, day: Timestamp, month: Timestamp) -> Result<guards::Spent>;
}

/// Those of the journal; none where there is no journal yet.
impl Purchases for Option<&Exclusive<'_>> {
    fn by_name(
        &self,
        origin: &str,
        organisation: Option<&str>,
        name: &str,
    ) -> Result<Option<Purchase>> {
        self.map_or(Ok(None), |journal| journal.by_name(origin, organisation, name))
    }

    fn by_key(&self, origin: &str, key: &str) -> Result<Option<Purchase>> {
        self.map_or(Ok(None), |journal| journal.by_key(origin, key))
    }

    fn open(&self, origin: &str) -> Result<Vec<Purchase>> {
        self.map_or(Ok(Vec::new()), |journal| journal.open(origin))
    }

    fn unreported(&self, origin: &str) -> Result<Vec<Purchase>> {
        self.map_or(Ok(Vec::new()), |journal| journal.unreported(origin))
    }

    fn with_kept_key(&self, origin: &str) -> Result<Vec<Purchase>> {
        self.map_or(Ok(Vec::new()), |journal| journal.with_kept_key(origin))
    }

    fn spent(&self, origin: &str, day: Timestamp, month: Timestamp) -> Result<guards::Spent> {
        let nothing = Ok(guards::Spent::default());
        self.map_or(nothing, |journal| journal.spent(origin, day, month))
    }
}

/// What the decision searches and adds to: one transaction, isolated from all others.
pub trait PurchaseStore {
    /// The right to act on one purchase or account, until it is dropped.
    type Lock;

    /// The purchases that there are.
    fn purchases(&self) -> impl Purchases;
    /// Takes the lock of a purchase or an account if no other process has it.
    fn try_lock(&self, id: Uuid) -> Result<Option<Self::Lock>>;
    /// Takes the lock of a purchase that was read here.
    fn try_lock_as_read(&self, purchase: &Purchase) -> Result<LockAsRead<Self::Lock>> {
        let lock = self.try_lock(purchase.intent.id)?;
        Ok(lock.map_or(LockAsRead::Busy, LockAsRead::Free))
    }
    /// Prepares for the questions that this request leads to.
    fn look_ahead(&self, _ask: &PurchaseRequest<'_>) -> Result<()> {
        Ok(())
    }
    /// Whether all machines that could use a name share this store.
    fn is_shared(&self) -> bool {
        false
    }
    /// Makes sure that what is committed here outlives the server: where no key holds two requests
    /// apart, a lost row is a second charge.
    fn check_durable(&self) -> Result<()> {
        Ok(())
    }
    /// Adds a new purchase, durable with the first row after it at the latest; its lock is ours from
    /// then on.
    fn add_locked(self, intent: &Intent, stamp: &Stamp) -> Result<Self::Lock>;
}

/// The journal and its locks.
pub(super) struct JournalStore<'a, 'j> {
    pub(super) journal: &'a Exclusive<'j>,
    pub(super) place: &'a JournalPlace,
}

impl PurchaseStore for JournalStore<'_, '_> {
    type Lock = EntityLock;

    fn purchases(&self) -> impl Purchases {
        Some(self.journal)
    }

    fn try_lock(&self, id: Uuid) -> Result<Option<EntityLock>> {
        EntityLock::try_take_in(self.journal, self.place, id)
    }

    fn try_lock_as_read(&self, purchase: &Purchase) -> Result<LockAsRead<EntityLock>> {
        EntityLock::try_take_as_read(self.journal, self.place, purchase)
    }

    fn look_ahead(&self, ask: &PurchaseRequest<'_>) -> Result<()> {
        look_ahead(self.journal, ask)
    }

    fn is_shared(&self) -> bool {
        self.place.shared().is_some()
    }

    fn check_durable(&self) -> Result<()> {
        check_durable(self.journal)
    }

    fn add_locked(self, intent: &Intent, stamp: &Stamp) -> Result<EntityLock> {
        EntityLock::take_adding(self.journal, self.place, intent, stamp)
    }
}

/// See [`PurchaseStore::look_ahead`].
pub(super) fn look_ahead(journal: &Exclusive<'_>, ask: &PurchaseRequest<'_>) -> Result<()> {
    journal.look_ahead(&lookups(ask)?)
}

/// What a decision asks first.
pub(super) fn lookups<'a>(ask: &'a PurchaseRequest<'_>) -> Result<Vec<Lookup<'a>>> {
    let origin = ask.place.origin.as_str();
    let mut lookups = vec![Lookup::Open { origin }];
    match &ask.called {
        PurchaseName::Once { name, .. } => {
            let organisation = ask.buyer.organisation.as_deref();
            lookups.push(Lookup::Name { origin, organisation, name });
        }
        PurchaseName::Key(key) => lookups.push(Lookup::Key { origin, key: key.as_str() }),
        PurchaseName::Nothing { new: true } => {}
        PurchaseName::Nothing { new: false } => {
            lookups.extend([Lookup::Unreported { origin }, Lookup::KeptKey { origin }]);
        }
    }
    if ask.limits != SpendingLimits::default() {
        let (day, month) = guards::periods(ask.now.wall)?;
        lookups.push(Lookup::Spent { origin, since: month.min(day) });
    }
    Ok(lookups)
}

/// See [`PurchaseStore::check_durable`].
pub(super) fn check_durable(journal: &Exclusive<'_>) -> Result<()> {
    if !journal.may_lose_commits()? {
        return Ok(());
    }
    Err(Failure::config(
        "nothing was sent: the server of the shared journal does not wait for its replicas, and this seller has no idempotency keys: a purchase that is lost when a replica takes over would be made again",
    )
    .hint("Name the replicas in synchronous_standby_names of the server; 'topup doctor' checks it.")
    .charged(Charged::No))
}
