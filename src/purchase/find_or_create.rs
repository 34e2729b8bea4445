//! Which purchase a command is about: one that is not final, one whose outcome no caller has seen,
//! or a new one. Finding and adding happen in one transaction, so that two processes that ask for
//! the same purchase at once can never both begin it.
//!
//! What it searches is behind [`PurchaseStore`]: the journal and its locks, or what a test has in
//! their place.

mod checks;
mod preview;
mod refusals;
mod store;

pub use preview::{Preview, preview};
pub use store::{PurchaseStore, Purchases};

use super::journal::{Journal, LockAsRead};
use super::key::{self, FirstUse};
use super::lock::EntityLock;
use super::place::JournalPlace;
use super::record::{Intent, KeyOrigin, Purchase, RunAttempt, Stamp};
use super::request::{Buyer, PurchaseName, PurchaseRequest, PurchaseSubject};
use crate::core::class::Class;
use crate::core::failure::{Charged, Failure, Result};
use crate::provider::IdempotencyKey;
use checks::{check_may_begin, check_may_go_on, check_name_holds, check_no_other_buyer};
use jiff::Timestamp;
use refusals::{conflict, not_sent_from_here, other_buyer};
use store::{JournalStore, lookups};
use uuid::Uuid;

/// How often a purchase is read again because its last holder went on meanwhile.
const MOST_CHANGES: usize = 3;

/// What was found or made.
#[derive(Debug)]
pub enum FoundOrCreated<Lock = EntityLock> {
    /// This purchase, and the right to act on it.
    Ours {
        /// The purchase.
        purchase: Box<Purchase>,
        /// Held until the run ends.
        locks: Locks<Lock>,
        /// Read back from the disk, not made now.
        loaded: bool,
    },
    /// Another process is at it.
    Busy(Uuid),
    /// Another process is buying for this account, where one purchase is made at a time.
    AccountBusy(Uuid),
}

/// The right to act on a purchase, and where one is made at a time, on its account.
#[derive(Debug)]
pub struct Locks<Lock = EntityLock> {
    _purchase: Lock,
    _account: Option<Lock>,
}

/// Finds or makes the purchase that is asked for.
///
/// # Errors
/// Class `spend_guard`, `idempotency_conflict`, `outcome_unknown` (a name that may have been used
/// before), `in_progress` (another login's purchase, or an unknown one of this account, is in the
/// way), `usage` (a name where names hold nothing) or `config`; nothing was written then.
pub fn open(
    journal: &mut Journal,
    place: &JournalPlace,
    ask: &PurchaseRequest<'_>,
) -> Result<FoundOrCreated> {
    let mut begun = None;
    let ahead = lookups(ask).map_err(Failure::sent_nothing)?;
    let opened = journal.exclusively_before_next(&ahead, |alone| {
        let opened = decide(JournalStore { journal: alone, place }, ask)?;
        if let FoundOrCreated::Ours { purchase, loaded: false, .. } = &opened {
            begun = Some(not_sent_from_here(&purchase.intent));
        }
        Ok(opened)
    });
    opened
        .map_err(|error| match begun {
            // It could not be made durable: the journal knows of no other, and nothing was sent.
            Some(charged) => error.or_charged(|| charged),
            None => error,
        })
        .map_err(Failure::sent_nothing)
}

/// The decision itself, for every kind of store.
///
/// # Errors
/// As [`open`].
pub fn decide<S: PurchaseStore>(
    store: S,
    ask: &PurchaseRequest<'_>,
) -> Result<FoundOrCreated<S::Lock>> {
    check_name_holds(ask)?;
    let account = if ask.seller.one_at_a_time() {
        // A login that does not say whose it is may be anybody's.
        let anybody = Buyer::default();
        let buyer = if ask.seller.person_pays() { &anybody } else { ask.buyer };
        let id = key::buying_id(&ask.place.origin, buyer);
        match store.try_lock(id)? {
            Some(lock) => Some(lock),
            None => return Ok(FoundOrCreated::AccountBusy(id)),
        }
    } else {
        None
    };
    store.look_ahead(ask)?;
    let mut found = known(&store, ask)?;
    for _ in 0..MOST_CHANGES {
        if matches!(found, Known::Changed(_)) {
            found = known(&store, ask)?;
        }
    }
    match found {
        // Its holder is at it, whoever that is now.
        Known::Busy(id) | Known::Changed(id) => Ok(FoundOrCreated::Busy(id)),
        Known::Nothing => make(store, ask, account, None),
        Known::Declined(declined) => make(store, ask, account, Some(&declined)),
        Known::Open(purchase, lock) => {
            check_may_go_on(&store, ask, &purchase)?;
            let locks = Locks { _purchase: lock, _account: account };
            // Its own, where the answer to a COMMIT was lost and the decision is made again.
            let loaded = purchase.intent.id != ask.new_id;
            Ok(FoundOrCreated::Ours { purchase, locks, loaded })
        }
    }
}

/// Takes in what is known by now of other machines under the name or key of a purchase that the
/// journal knows: one that may have used it too may have been charged. None has where this machine
/// ran every attempt of the run that the name carries. `is_proven` says whether this run proves the
/// first use; it is asked only where that decides.
pub fn merge_remote_use(
    purchase: &mut Purchase,
    once_since: Option<Timestamp>,
    is_proven: impl FnOnce() -> bool,
    attempt: Option<&RunAttempt>,
) {
    let is_only_here = attempt.is_some_and(|attempt| purchase.has_seen_all_before(attempt));
    let intent = &mut purchase.intent;
    if let Some(since) = once_since.filter(|since| *since < purchase.asked.wall) {
        intent.first_use_at = Some(intent.first_use_at.map_or(since, |known| known.min(since)));
    }
    intent.first_use_proven = intent.first_use_proven && (is_only_here || is_proven());
}

enum Known<Lock> {
    Nothing,
    Busy(Uuid),
    /// Its last holder went on after it was read.
    Changed(Uuid),
    Open(Box<Purchase>, Lock),
    /// Seen declined, and another try is asked for.
    Declined(Box<Purchase>),
}

fn known<S: PurchaseStore>(store: &S, ask: &PurchaseRequest<'_>) -> Result<Known<S::Lock>> {
    let origin = &ask.place.origin;
    let organisation = ask.buyer.organisation.as_deref();
    let (found, again) = match &ask.called {
        PurchaseName::Nothing { new: true } => return Ok(Known::Nothing),
        PurchaseName::Nothing { new: false } => return unnamed(store, ask),
        PurchaseName::Once { name, retry_declined, new } => {
            (store.purchases().by_name(origin, organisation, name)?, retry_declined.then_some(*new))
        }
        PurchaseName::Key(key) => (store.purchases().by_key(origin, key.as_str())?, None),
    };
    let Some(mut purchase) = found else {
        check_no_other_buyer(store, ask)?;
        return Ok(Known::Nothing);
    };
    // In a journal that all machines share nothing can have happened that is not in it.
    if !ask.seller.one_at_a_time() && !store.is_shared() {
        let attempt = ask.now.attempt.as_ref();
        let is_proven = || (ask.first_use)().is_ok_and(|first_use| first_use.proven);
        merge_remote_use(&mut purchase, ask.once_since, is_proven, attempt);
    }
    if purchase.outcome.is_none() && ask.is_same_of_another_buyer(&purchase) {
        return Err(other_buyer(&purchase));
    }
    if purchase.intent.organisation.as_deref() != organisation {
        return Err(Failure::new(
            Class::IdempotencyConflict,
            "this key belongs to a purchase of another organisation; nothing was sent",
        )
        .charged(not_sent_from_here(&purchase.intent))
        .hint("Log in for that organisation, or use another key."));
    }
    if !PurchaseSubject::new(ask.item, ask.amount).is(&purchase.intent) {
        return Err(conflict(&purchase, ask));
    }
    let is_declined = match again {
        None => false,
        Some(although_open) => {
            let is_checked = purchase.outcome.is_none() && purchase.bank_check.is_some();
            purchase.is_declined() || (although_open && is_checked)
        }
    };
    match store.try_lock_as_read(&purchase)? {
        LockAsRead::Busy => Ok(Known::Busy(purchase.intent.id)),
        LockAsRead::Changed => Ok(Known::Changed(purchase.intent.id)),
        LockAsRead::Free(_) if is_declined => Ok(Known::Declined(Box::new(purchase))),
        LockAsRead::Free(lock) => Ok(Known::Open(Box::new(purchase), lock)),
    }
}

/// Without a name: an open purchase of the same account, of the same; else one whose outcome no
/// caller has seen; else one that was refused and whose key is still in use.
fn unnamed<S: PurchaseStore>(store: &S, ask: &PurchaseRequest<'_>) -> Result<Known<S::Lock>> {
    let origin = &ask.place.origin;
    let mut busy = None;
    // One that ended while its owner lives is just being reported to its own caller: until that is
    // done it is not known whether the caller would ask for another one.
    let open = store.purchases().open_that(origin, |purchase| ask.is_same(purchase))?;
    let ended = [store.purchases().unreported(origin)?, store.purchases().with_kept_key(origin)?];
    let ended = ended.into_iter().flatten().filter(|purchase| ask.is_same(purchase));
    for purchase in open.into_iter().chain(ended) {
        if purchase.outcome.is_none() && ask.is_same_of_another_buyer(&purchase) {
            if purchase.may_have_charged() {
                return Err(other_buyer(&purchase));
            }
            continue;
        }
        let id = purchase.intent.id;
        match store.try_lock_as_read(&purchase)? {
            LockAsRead::Free(lock) => return Ok(Known::Open(Box::new(purchase), lock)),
            LockAsRead::Changed => return Ok(Known::Changed(id)),
            LockAsRead::Busy => busy = Some(id),
        }
    }
    if let Some(id) = busy {
        return Ok(Known::Busy(id));
    }
    check_no_other_buyer(store, ask)?;
    Ok(Known::Nothing)
}

fn make<S: PurchaseStore>(
    store: S,
    ask: &PurchaseRequest<'_>,
    account: Option<S::Lock>,
    declined: Option<&Purchase>,
) -> Result<FoundOrCreated<S::Lock>> {
    check_may_begin(&store, ask)?;
    let id = ask.new_id;
    let (naming, key, first_use) = identity(ask, declined)?;
    let intent = Intent {
        id,
        system: ask.place.system,
        origin: ask.place.origin.clone(),
        profile: Some(ask.place.profile.clone()),
        base_url: Some(ask.place.base_url.clone()),
        organisation: ask.buyer.organisation.clone(),
        subject: ask.buyer.subject.clone(),
        naming,
        key,
        amount: ask.amount,
        item: ask.item.clone(),
        body: ask.body.clone(),
        first_use_at: first_use.since,
        first_use_proven: first_use.proven,
    };
    let stamp = Stamp::from(ask.now);
    // The journal knows of no other, and this one was not sent: only another machine can have paid.
    let lock = store
        .add_locked(&intent, &stamp)
        .map_err(|error| error.or_charged(|| not_sent_from_here(&intent)))?;
    Ok(FoundOrCreated::Ours {
        purchase: Box::new(Purchase::new(intent, stamp)),
        locks: Locks { _purchase: lock, _account: account },
        loaded: false,
    })
}

/// Where the identity of a new purchase comes from, its key, and what is known of the key's first
/// use.
fn identity(
    ask: &PurchaseRequest<'_>,
    declined: Option<&Purchase>,
) -> Result<(KeyOrigin, IdempotencyKey, FirstUse)> {
    let here = FirstUse { since: None, proven: true };
    let generation = match declined.map(|declined| &declined.intent.naming) {
        None => 0,
        Some(KeyOrigin::Once { generation, .. }) => generation + 1,
        Some(KeyOrigin::Random | KeyOrigin::Key) => 1,
    };
    match &ask.called {
        PurchaseName::Nothing { .. } => Ok((KeyOrigin::Random, key::random_key(ask.new_id)?, here)),
        PurchaseName::Key(key) => Ok((KeyOrigin::Key, key.clone(), (ask.first_use)()?)),
        PurchaseName::Once { name, .. } => {
            let naming = KeyOrigin::Once { name: name.clone(), generation };
            if ask.seller.one_at_a_time() {
                // No key is sent: the journal alone holds the name.
                return Ok((naming, key::random_key(ask.new_id)?, here));
            }
            let first_use = match declined {
                None => (ask.first_use)()?,
                // Where no other machine can have used the name, none has its next generation; else
                // another machine may have walked the same chain, but not before the first of it.
                Some(declined) => {
                    let proven = declined.intent.first_use_proven && ask.gap.is_none();
                    let since = declined.first_use().map(|stamp| stamp.wall);
                    FirstUse { since: since.filter(|_| !proven), proven }
                }
            };
            Ok((naming, once_key(ask, name, generation)?, first_use))
        }
    }
}

fn once_key(ask: &PurchaseRequest<'_>, name: &str, generation: u32) -> Result<IdempotencyKey> {
    let organisation = ask.buyer.organisation.as_deref();
    let organisation =
        organisation.filter(|organisation| !organisation.is_empty()).ok_or_else(|| {
            // Guessing would give two machines two keys for one purchase.
            Failure::new(
                Class::Config,
                "--once needs a login that names its organisation, and this one does not",
            )
            .charged(Charged::No)
            .hint("Log in with 'topup login', or send a key of your own with --idempotency-key.")
        })?;
    key::derived_key(&ask.place.origin, organisation, name, generation)
}

#[cfg(test)]
mod tests;
