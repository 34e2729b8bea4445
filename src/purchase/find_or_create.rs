//! Which purchase a command means: one that is not final, one whose outcome nobody has seen, or a
//! new one. Looking and adding happen in one transaction, so that two processes that ask for the
//! same purchase at once can never both begin it.
//!
//! What is looked through is behind [`PurchaseStore`]: the journal and its locks, or what a test has in
//! their place.

use super::guards;
use super::journal::{Exclusive, Journal};
use super::key::{self, FirstUse};
use super::lock::EntityLock;
use super::record::{Intent, KeyOrigin, Moment, Outcome, Purchase, Stamp};
use crate::config::Limits;
use crate::core::class::Class;
use crate::core::failure::{Charged, Failure, Result};
use crate::core::money::Amount;
use crate::core::system::System;
use crate::core::time;
use crate::provider::IdempotencyKey;
use crate::provider::plans::Item;
use jiff::Timestamp;
use std::path::Path;
use uuid::Uuid;

/// What the caller calls the purchase.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PurchaseName {
    /// Nothing: `buy 25`.
    Nothing {
        /// `--new`: another one, whatever is open.
        new: bool,
    },
    /// `--once NAME`.
    Once {
        /// The name.
        name: String,
        /// `--retry-declined`.
        retry_declined: bool,
    },
    /// `--idempotency-key KEY`.
    Key(IdempotencyKey),
}

/// A purchase as asked for.
pub struct PurchaseRequest<'a> {
    /// Which system sells.
    pub system: System,
    /// The identity of the portal.
    pub origin: &'a str,
    /// The organisation of the credential.
    pub organisation: Option<&'a str>,
    /// The subject of the credential.
    pub subject: Option<&'a str>,
    /// What it costs.
    pub amount: Amount,
    /// What it is for.
    pub item: &'a Item,
    /// The exact body of the request.
    pub body: String,
    /// What it is called.
    pub called: PurchaseName,
    /// The limits of the profile.
    pub limits: Limits,
    /// The id of a purchase that is made now: one that nobody else has.
    pub new_id: Uuid,
    /// All clocks.
    pub now: &'a Moment,
    /// `--once-since`: when the name can have been used first, wherever that was.
    pub once_since: Option<Timestamp>,
    /// What is known about the first use of a name or key that the journal does not know.
    pub first_use: &'a dyn Fn() -> Result<FirstUse>,
}

/// What makes two purchases without a name the same one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PurchaseSubject<'a> {
    /// Credits of this amount.
    Credits(Amount),
    /// The plan with this id, whatever it costs today.
    Plan(&'a str),
}

impl<'a> PurchaseSubject<'a> {
    /// What is wanted.
    pub fn of(item: &'a Item, amount: Amount) -> Self {
        match item {
            Item::Credits => Self::Credits(amount),
            Item::Plan(plan) => Self::Plan(&plan.tier_id),
        }
    }

    /// Whether a purchase is of this.
    pub fn is(self, intent: &Intent) -> bool {
        match (self, &intent.item) {
            (Self::Credits(amount), Item::Credits) => amount == intent.amount,
            (Self::Plan(id), Item::Plan(plan)) => plan.tier_id == id,
            _ => false,
        }
    }

    /// The column of the journal that tells it, and what stands there. A plan costs something as
    /// well: only an amount beside no plan is one of credits.
    pub(super) fn column(self) -> (&'static str, String) {
        match self {
            Self::Credits(amount) => ("p.plan IS NULL AND p.amount", amount.to_string()),
            Self::Plan(id) => ("p.plan", id.to_owned()),
        }
    }
}

/// What the decision looks through and adds to: one transaction that no other can come between.
pub trait PurchaseStore {
    /// The right to act on one purchase, until it is dropped.
    type Lock;

    /// The newest generation of this name.
    fn by_name(
        &self,
        origin: &str,
        organisation: Option<&str>,
        name: &str,
    ) -> Result<Option<Purchase>>;
    /// The purchase with this key.
    fn by_key(&self, origin: &str, key: &str) -> Result<Option<Purchase>>;
    /// Those without a name of this account, of the same, that are not final, oldest first.
    fn open_unnamed(
        &self,
        origin: &str,
        organisation: Option<&str>,
        wanted: PurchaseSubject<'_>,
    ) -> Result<Vec<Uuid>>;
    /// Those that ended with a charge or a failed one, and whose outcome no caller has seen.
    fn undelivered(
        &self,
        origin: &str,
        organisation: Option<&str>,
        wanted: PurchaseSubject<'_>,
    ) -> Result<Vec<Uuid>>;
    /// One purchase, from its rows.
    fn load(&self, purchase: Uuid) -> Result<Purchase>;
    /// What was bought of this portal since these moments.
    fn spent(&self, origin: &str, day: Timestamp, month: Timestamp) -> Result<guards::Spent>;
    /// Takes the lock of a purchase if nobody has it.
    fn try_lock(&self, purchase: Uuid) -> Result<Option<Self::Lock>>;
    /// Adds a new purchase and makes it durable.
    fn add(self, intent: &Intent, stamp: &Stamp) -> Result<()>;
}

/// The journal and the folder of its locks.
struct JournalStore<'a> {
    journal: Exclusive<'a>,
    locks: &'a Path,
}

impl PurchaseStore for JournalStore<'_> {
    type Lock = EntityLock;

    fn by_name(
        &self,
        origin: &str,
        organisation: Option<&str>,
        name: &str,
    ) -> Result<Option<Purchase>> {
        self.journal.by_name(origin, organisation, name)
    }

    fn by_key(&self, origin: &str, key: &str) -> Result<Option<Purchase>> {
        self.journal.by_key(origin, key)
    }

    fn open_unnamed(
        &self,
        origin: &str,
        organisation: Option<&str>,
        wanted: PurchaseSubject<'_>,
    ) -> Result<Vec<Uuid>> {
        self.journal.open_unnamed(origin, organisation, wanted)
    }

    fn undelivered(
        &self,
        origin: &str,
        organisation: Option<&str>,
        wanted: PurchaseSubject<'_>,
    ) -> Result<Vec<Uuid>> {
        self.journal.undelivered(origin, organisation, wanted)
    }

    fn load(&self, purchase: Uuid) -> Result<Purchase> {
        self.journal.load(purchase)
    }

    fn spent(&self, origin: &str, day: Timestamp, month: Timestamp) -> Result<guards::Spent> {
        self.journal.spent(origin, day, month)
    }

    fn try_lock(&self, purchase: Uuid) -> Result<Option<EntityLock>> {
        EntityLock::try_take(self.locks, purchase)
    }

    fn add(self, intent: &Intent, stamp: &Stamp) -> Result<()> {
        self.journal.add(intent, stamp)?;
        self.journal.commit()
    }
}

/// What was found or made.
#[derive(Debug)]
pub enum FoundOrCreated<Lock = EntityLock> {
    /// This purchase, and the right to act on it.
    Ours {
        /// The purchase.
        purchase: Box<Purchase>,
        /// Held until the run ends.
        lock: Lock,
        /// Read back from the disk, not made now.
        loaded: bool,
    },
    /// Another process is at it.
    Busy(Uuid),
}

/// Finds or makes the purchase that is asked for.
///
/// # Errors
/// Class `spend_guard`, `idempotency_conflict`, `outcome_unknown` (a name whose first use nobody
/// knows) or `config`; nothing was written then.
pub fn open(
    journal: &mut Journal,
    locks: &Path,
    ask: &PurchaseRequest<'_>,
) -> Result<FoundOrCreated> {
    decide(JournalStore { journal: journal.exclusively()?, locks }, ask)
}

/// The decision itself, whatever the book is.
///
/// # Errors
/// As [`open`].
pub fn decide<B: PurchaseStore>(
    book: B,
    ask: &PurchaseRequest<'_>,
) -> Result<FoundOrCreated<B::Lock>> {
    match known(&book, ask)? {
        Known::Busy(id) => Ok(FoundOrCreated::Busy(id)),
        Known::Nothing => make(book, ask, None),
        Known::Declined(declined) => make(book, ask, Some(&declined)),
        Known::Open(purchase, lock) => {
            if matches!(purchase.outcome, Some(Outcome::Refused(_) | Outcome::NeverSent)) {
                // It was not counted while it was refused: asked for again, it counts again.
                check_limits(&book, ask)?;
            }
            Ok(FoundOrCreated::Ours { purchase, lock, loaded: true })
        }
    }
}

/// Takes in what is known by now of other machines under the name or key of a purchase that the
/// journal knows: one that may have used it too may have been charged.
pub fn merge_remote_use(
    purchase: &mut Purchase,
    once_since: Option<Timestamp>,
    first_use: Result<FirstUse>,
) {
    let intent = &mut purchase.intent;
    if let Some(since) = once_since.filter(|since| *since < purchase.asked.wall) {
        intent.first_use_at = Some(intent.first_use_at.map_or(since, |known| known.min(since)));
    }
    intent.first_use_proven &= first_use.is_ok_and(|first_use| first_use.proven);
}

enum Known<Lock> {
    Nothing,
    Busy(Uuid),
    Open(Box<Purchase>, Lock),
    /// Seen declined, and another try is asked for.
    Declined(Box<Purchase>),
}

fn known<B: PurchaseStore>(book: &B, ask: &PurchaseRequest<'_>) -> Result<Known<B::Lock>> {
    let (found, retry_declined) = match &ask.called {
        PurchaseName::Nothing { new: true } => return Ok(Known::Nothing),
        PurchaseName::Nothing { new: false } => return unnamed(book, ask),
        PurchaseName::Once { name, retry_declined } => {
            (book.by_name(ask.origin, ask.organisation, name)?, *retry_declined)
        }
        PurchaseName::Key(key) => (book.by_key(ask.origin, key.as_str())?, false),
    };
    let Some(mut purchase) = found else { return Ok(Known::Nothing) };
    merge_remote_use(&mut purchase, ask.once_since, (ask.first_use)());
    if purchase.intent.organisation.as_deref() != ask.organisation {
        return Err(Failure::new(
            Class::IdempotencyConflict,
            "this key belongs to a purchase of another organisation; nothing was sent",
        )
        .charged(not_sent_from_here(&purchase.intent))
        .hint("Log in for that organisation, or use another key."));
    }
    if !PurchaseSubject::of(ask.item, ask.amount).is(&purchase.intent) {
        return Err(conflict(&purchase, ask));
    }
    match book.try_lock(purchase.intent.id)? {
        None => Ok(Known::Busy(purchase.intent.id)),
        Some(_) if retry_declined && purchase.is_declined() => {
            Ok(Known::Declined(Box::new(purchase)))
        }
        Some(lock) => Ok(Known::Open(Box::new(purchase), lock)),
    }
}

/// Without a name: an open purchase of the same account, of the same, else one whose outcome nobody
/// has seen.
fn unnamed<B: PurchaseStore>(book: &B, ask: &PurchaseRequest<'_>) -> Result<Known<B::Lock>> {
    let wanted = PurchaseSubject::of(ask.item, ask.amount);
    let open = book.open_unnamed(ask.origin, ask.organisation, wanted)?;
    // One that ended while its owner lives is just being told to its own caller: until that is
    // done nobody can know whether the caller would ask for another one.
    let untold = book.undelivered(ask.origin, ask.organisation, wanted)?;
    let mut busy = None;
    for id in open.into_iter().chain(untold) {
        match book.try_lock(id)? {
            Some(lock) => return Ok(Known::Open(Box::new(book.load(id)?), lock)),
            None => busy = Some(id),
        }
    }
    if let Some(id) = busy {
        return Ok(Known::Busy(id));
    }
    Ok(Known::Nothing)
}

fn make<B: PurchaseStore>(
    book: B,
    ask: &PurchaseRequest<'_>,
    declined: Option<&Purchase>,
) -> Result<FoundOrCreated<B::Lock>> {
    check_limits(&book, ask)?;
    let id = ask.new_id;
    let (naming, key, first_use) = match (&ask.called, declined) {
        (PurchaseName::Nothing { .. }, _) => {
            (KeyOrigin::Random, key::random_key(id)?, FirstUse { since: None, proven: true })
        }
        (PurchaseName::Key(key), _) => (KeyOrigin::Key, key.clone(), (ask.first_use)()?),
        (PurchaseName::Once { name, .. }, None) => {
            let first_use = (ask.first_use)()?;
            (
                KeyOrigin::Once { name: name.clone(), generation: 0 },
                once_key(ask, name, 0)?,
                first_use,
            )
        }
        (PurchaseName::Once { name, .. }, Some(declined)) => {
            let generation = match &declined.intent.naming {
                KeyOrigin::Once { generation, .. } => generation + 1,
                KeyOrigin::Random | KeyOrigin::Key => 1,
            };
            // Where nobody else can have used the name, nobody has its next generation; else
            // another machine may have walked the same chain, but not before the first of it.
            let proven = declined.intent.first_use_proven;
            let since = if proven { None } else { declined.first_use().map(|stamp| stamp.wall) };
            let naming = KeyOrigin::Once { name: name.clone(), generation };
            (naming, once_key(ask, name, generation)?, FirstUse { since, proven })
        }
    };
    let intent = Intent {
        id,
        system: ask.system,
        origin: ask.origin.to_owned(),
        organisation: ask.organisation.map(str::to_owned),
        subject: ask.subject.map(str::to_owned),
        naming,
        key,
        amount: ask.amount,
        item: ask.item.clone(),
        body: ask.body.clone(),
        first_use_at: first_use.since,
        first_use_proven: first_use.proven,
    };
    let lock =
        book.try_lock(id)?.ok_or_else(|| Failure::internal("a new purchase is locked already"))?;
    let stamp = Stamp::from(ask.now);
    // The book knows of no other, and this one was not sent: only another machine can have paid.
    book.add(&intent, &stamp).map_err(|error| error.or_charged(|| not_sent_from_here(&intent)))?;
    Ok(FoundOrCreated::Ours {
        purchase: Box::new(Purchase::new(intent, stamp)),
        lock,
        loaded: false,
    })
}

fn once_key(ask: &PurchaseRequest<'_>, name: &str, generation: u32) -> Result<IdempotencyKey> {
    let organisation =
        ask.organisation.filter(|organisation| !organisation.is_empty()).ok_or_else(|| {
            // Guessing would give two machines two keys for one purchase.
            Failure::new(
                Class::Config,
                "--once needs a login that names its organisation, and this one does not",
            )
            .charged(Charged::No)
            .hint("Log in with 'topup login', or send a key of your own with --idempotency-key.")
        })?;
    key::derived_key(ask.origin, organisation, name, generation)
}

fn check_limits(book: &impl PurchaseStore, ask: &PurchaseRequest<'_>) -> Result<()> {
    if ask.limits == Limits::default() {
        return Ok(());
    }
    let (day, month) = guards::periods(ask.now.wall)?;
    guards::check(ask.amount, &ask.limits, book.spent(ask.origin, day, month)?)
}

fn conflict(known: &Purchase, ask: &PurchaseRequest<'_>) -> Failure {
    let what = |item: &Item, amount: Amount| match item {
        Item::Credits => format!("${amount}"),
        Item::Plan(plan) => format!("the plan {}", plan.tier_name),
    };
    Failure::new(
        Class::IdempotencyConflict,
        format!(
            "this name or key belongs to a purchase of {} since {}; {} was not sent",
            what(&known.intent.item, known.intent.amount),
            time::shown(known.asked.wall),
            what(ask.item, ask.amount)
        ),
    )
    .charged(not_sent_from_here(&known.intent))
    .with_data("purchase_id", known.intent.id.to_string())
    .with_data("idempotency_key", known.intent.key.as_str())
    .hint(match &known.intent.item {
        Item::Credits => {
            "Give the first amount to go on with that purchase, or another name for another one."
        }
        Item::Plan(_) => {
            "Name the same plan to go on with that upgrade, or give another name for another purchase."
        }
    })
}

/// What is known of what is not sent now, under a name or key that another machine may have bought
/// with.
fn not_sent_from_here(intent: &Intent) -> Charged {
    if intent.first_use_proven { Charged::No } else { Charged::Unknown }
}
