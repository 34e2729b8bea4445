//! What [`open`](super::open) would come to, without making or holding anything: for a question at
//! a prompt, which is asked only about what can be bought, and for `--dry-run`.

use super::checks::{check_may_begin, check_may_go_on, check_name_holds};
use super::store::{PurchaseStore, Purchases, check_durable, look_ahead};
use super::{Known, identity, known};
use crate::core::failure::{Failure, Result};
use crate::provider::IdempotencyKey;
use crate::purchase::journal::{Exclusive, Journal};
use crate::purchase::key;
use crate::purchase::lock::EntityLock;
use crate::purchase::place::JournalPlace;
use crate::purchase::record::{Intent, KeyOrigin, Purchase, Stamp};
use crate::purchase::request::{Buyer, PurchaseRequest};
use uuid::Uuid;

/// What would be found or made.
#[derive(Debug)]
pub enum Preview {
    /// A new purchase, under this key where that is known beforehand.
    New(Option<IdempotencyKey>),
    /// This purchase: it would be gone on with, or its end reported again.
    Known(Box<Purchase>),
    /// Another process is at it.
    Busy(Uuid),
    /// Another process is buying for this account, where one purchase is made at a time.
    AccountBusy(Uuid),
}

/// Looks what this would come to. A journal that is not there is not made.
///
/// # Errors
/// As [`open`](super::open).
pub fn preview(place: &JournalPlace, ask: &PurchaseRequest<'_>) -> Result<Preview> {
    let seen = match Journal::open_if_there(place)? {
        Some(mut journal) => {
            journal.exclusively(|alone| look(&ReadOnlyStore { journal: Some(alone), place }, ask))
        }
        None => look(&ReadOnlyStore { journal: None, place }, ask),
    };
    seen.map_err(Failure::sent_nothing)
}

fn look(store: &impl PurchaseStore, ask: &PurchaseRequest<'_>) -> Result<Preview> {
    check_name_holds(ask)?;
    if ask.seller.one_at_a_time() {
        let anybody = Buyer::default();
        let buyer = if ask.seller.person_pays() { &anybody } else { ask.buyer };
        let account = key::buying_id(&ask.place.origin, buyer);
        if store.try_lock(account)?.is_none() {
            return Ok(Preview::AccountBusy(account));
        }
    }
    store.look_ahead(ask)?;
    let declined = match known(store, ask)? {
        Known::Busy(id) | Known::Changed(id) => return Ok(Preview::Busy(id)),
        Known::Open(purchase, _) => {
            check_may_go_on(store, ask, &purchase)?;
            return Ok(Preview::Known(purchase));
        }
        Known::Nothing => None,
        Known::Declined(declined) => Some(declined),
    };
    check_may_begin(store, ask)?;
    let (origin, key, _) = identity(ask, declined.as_deref())?;
    Ok(Preview::New(
        (origin != KeyOrigin::Random && ask.seller.key_life().is_some()).then_some(key),
    ))
}

/// The journal as it is, or none yet. Nothing is added, and no lock outlives the look.
struct ReadOnlyStore<'a, 'j> {
    journal: Option<&'a Exclusive<'j>>,
    place: &'a JournalPlace,
}

impl PurchaseStore for ReadOnlyStore<'_, '_> {
    type Lock = ();

    fn purchases(&self) -> impl Purchases {
        self.journal
    }

    fn try_lock(&self, id: Uuid) -> Result<Option<()>> {
        let is_free = EntityLock::is_free(self.journal, self.place, id)?;
        Ok(is_free.then_some(()))
    }

    fn look_ahead(&self, ask: &PurchaseRequest<'_>) -> Result<()> {
        self.journal.map_or(Ok(()), |found| look_ahead(found, ask))
    }

    fn is_shared(&self) -> bool {
        self.place.shared().is_some()
    }

    fn check_durable(&self) -> Result<()> {
        self.journal.map_or(Ok(()), check_durable)
    }

    fn add_locked(self, _: &Intent, _: &Stamp) -> Result<()> {
        Err(Failure::internal("a look adds nothing"))
    }
}
