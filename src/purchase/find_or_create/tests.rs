//! The decision at a store of the test's own: which purchase a command is about, whatever is there.

mod accounts;
mod journals;
mod names;
mod unnamed;

use super::*;
use crate::config::SpendingLimits;
use crate::core::money::{Amount, Money};
use crate::provider::plans::Item;
use crate::provider::{Bill, ChargeId, Evidence, Payer, Repeat, Seller};
use crate::purchase::guards;
use crate::purchase::position::Gap;
use crate::purchase::record::{FailureRecord, JournalRow, Moment, Outcome, Verdict};
use crate::purchase::request::PurchasePlace;
use std::cell::{Cell, RefCell};
use std::collections::{HashSet, VecDeque};
use std::time::Duration;

const ORIGIN: &str = "https://portal.example";

const BY_KEY: Seller = Seller::KEYED;

/// One that knows none.
const UNKEYED: Seller = Seller { repeat: Repeat::Never, evidence: Evidence::None, ..BY_KEY };

/// What is there: purchases, what other processes hold, and what was spent.
#[derive(Default)]
struct Shelf {
    purchases: RefCell<Vec<Purchase>>,
    held: RefCell<HashSet<Uuid>>,
    taken: RefCell<Vec<Uuid>>,
    spent: Cell<guards::Spent>,
    periods: RefCell<Vec<(Timestamp, Timestamp)>>,
    is_full: Cell<bool>,
    loses_commits: Cell<bool>,
    /// What the last holder of a purchase goes on with after it was read, a row each time.
    goes_on: RefCell<VecDeque<JournalRow>>,
}

impl Shelf {
    fn with(purchases: impl IntoIterator<Item = Purchase>) -> Self {
        let shelf = Self::default();
        shelf.purchases.borrow_mut().extend(purchases);
        shelf
    }

    fn hold(&self, id: Uuid) {
        self.held.borrow_mut().insert(id);
    }

    fn those(&self, origin: &str, is_one: impl Fn(&Purchase) -> bool) -> Vec<Purchase> {
        let all = self.purchases.borrow();
        all.iter().filter(|one| one.intent.origin == origin && is_one(one)).cloned().collect()
    }
}

impl Purchases for &Shelf {
    fn by_name(
        &self,
        origin: &str,
        organisation: Option<&str>,
        name: &str,
    ) -> Result<Option<Purchase>> {
        let generation = |one: &Purchase| match &one.intent.naming {
            KeyOrigin::Once { name: known, generation } if known == name => Some(*generation),
            _ => None,
        };
        let of_it = |one: &Purchase| {
            one.intent.organisation.as_deref() == organisation && generation(one).is_some()
        };
        Ok(self.those(origin, of_it).into_iter().max_by_key(|one| generation(one)))
    }

    fn by_key(&self, origin: &str, key: &str) -> Result<Option<Purchase>> {
        Ok(self.those(origin, |one| one.intent.key.as_str() == key).pop())
    }

    fn open(&self, origin: &str) -> Result<Vec<Purchase>> {
        Ok(self.those(origin, |one| one.outcome.is_none()))
    }

    fn unreported(&self, origin: &str) -> Result<Vec<Purchase>> {
        let ended = |end: &Outcome| end.is_charged() || matches!(end, Outcome::Failed(_));
        Ok(self.those(origin, |one| one.outcome.as_ref().is_some_and(ended) && !one.delivered))
    }

    fn with_kept_key(&self, origin: &str) -> Result<Vec<Purchase>> {
        Ok(self.those(origin, |one| matches!(one.outcome, Some(Outcome::KeyKept { .. }))))
    }

    fn spent(&self, _: &str, day: Timestamp, month: Timestamp) -> Result<guards::Spent> {
        self.periods.borrow_mut().push((day, month));
        Ok(self.spent.get())
    }
}

impl PurchaseStore for &Shelf {
    type Lock = Uuid;

    fn purchases(&self) -> impl Purchases {
        *self
    }

    fn try_lock(&self, id: Uuid) -> Result<Option<Uuid>> {
        if self.held.borrow().contains(&id) {
            return Ok(None);
        }
        self.taken.borrow_mut().push(id);
        Ok(Some(id))
    }

    fn check_durable(&self) -> Result<()> {
        if self.loses_commits.get() {
            return Err(Failure::config("commits may be lost"));
        }
        Ok(())
    }

    fn try_lock_as_read(&self, purchase: &Purchase) -> Result<LockAsRead<Uuid>> {
        let id = purchase.intent.id;
        if let Some(row) = self.goes_on.borrow_mut().pop_front() {
            let mut all = self.purchases.borrow_mut();
            all.iter_mut()
                .filter(|one| one.intent.id == id)
                .for_each(|one| one.apply(&stamp(), &row));
            return Ok(LockAsRead::Changed);
        }
        Ok(self.try_lock(id)?.map_or(LockAsRead::Busy, LockAsRead::Free))
    }

    fn add_locked(self, intent: &Intent, stamp: &Stamp) -> Result<Uuid> {
        if self.is_full.get() {
            return Err(Failure::config("the disk is full"));
        }
        self.purchases.borrow_mut().push(Purchase::new(intent.clone(), stamp.clone()));
        Ok(self.try_lock(intent.id)?.expect("a new purchase is free"))
    }
}

/// What is asked for: $25 of credits without a name, by `me` of `org`, where nothing else is said.
struct Question {
    place: PurchasePlace,
    buyer: Buyer,
    seller: Seller,
    amount: Amount,
    called: PurchaseName,
    limits: SpendingLimits,
    total: Option<Amount>,
    now: Moment,
    in_ci: bool,
    once_since: Option<Timestamp>,
    /// What is known of the first use; asked for it, a question that must not ask panics.
    first_use: Option<FirstUse>,
    /// What a restored journal knows nothing of.
    gap: Option<Gap>,
}

fn question() -> Question {
    Question {
        place: PurchasePlace {
            system: crate::provider::NOUS,
            origin: ORIGIN.into(),
            profile: "default".into(),
            base_url: ORIGIN.into(),
        },
        buyer: buyer(Some("org"), Some("me")),
        seller: BY_KEY,
        amount: amount("25"),
        called: PurchaseName::Nothing { new: false },
        limits: SpendingLimits::default(),
        total: None,
        now: moment(3600),
        in_ci: false,
        once_since: None,
        first_use: Some(FirstUse { since: None, proven: true }),
        gap: None,
    }
}

impl Question {
    /// What is decided; the new id is 99.
    fn decide(&self, shelf: &Shelf) -> Result<FoundOrCreated<Uuid>> {
        self.with_request(id(99), |ask| decide(shelf, ask))
    }

    /// Asks it under this new id.
    fn with_request<T>(&self, new_id: Uuid, ask: impl FnOnce(&PurchaseRequest<'_>) -> T) -> T {
        let first_use = || Ok(self.first_use.expect("nobody asks when it was used first"));
        ask(&PurchaseRequest {
            place: &self.place,
            buyer: &self.buyer,
            seller: &self.seller,
            amount: self.amount,
            item: &Item::Credits,
            body: "body".into(),
            called: self.called.clone(),
            limits: self.limits,
            total: self.total,
            new_id,
            now: &self.now,
            machines_come_and_go: self.in_ci,
            once_since: self.once_since,
            gap: self.gap,
            first_use: &first_use,
        })
    }

    /// The purchase that is made or gone on with, and whether it was there.
    #[track_caller]
    fn ours(&self, shelf: &Shelf) -> (Purchase, bool) {
        match self.decide(shelf) {
            Ok(FoundOrCreated::Ours { purchase, loaded, .. }) => (*purchase, loaded),
            other => panic!("{other:?}"),
        }
    }

    /// The one that is made.
    #[track_caller]
    fn made(&self, shelf: &Shelf) -> Purchase {
        let (purchase, loaded) = self.ours(shelf);
        assert_eq!((purchase.intent.id, loaded), (id(99), false), "{purchase:?}");
        assert!(shelf.purchases.borrow().iter().any(|one| one.intent == purchase.intent));
        purchase
    }

    /// Which of those that are there is gone on with.
    #[track_caller]
    fn found(&self, shelf: &Shelf) -> u128 {
        let before = shelf.purchases.borrow().len();
        let (purchase, loaded) = self.ours(shelf);
        assert!(loaded && shelf.purchases.borrow().len() == before, "{purchase:?}");
        purchase.intent.id.as_u128()
    }

    #[track_caller]
    fn refused(&self, shelf: &Shelf, class: Class) -> Failure {
        let before = shelf.purchases.borrow().len();
        let failure = self.decide(shelf).expect_err("refused");
        assert_eq!(failure.class(), class, "{failure}");
        assert_eq!(shelf.purchases.borrow().len(), before, "nothing was written");
        failure
    }
}

fn once(name: &str) -> PurchaseName {
    PurchaseName::Once { name: name.into(), retry_declined: false, new: false }
}

fn id(number: u128) -> Uuid {
    Uuid::from_u128(number)
}

fn amount(text: &str) -> Amount {
    Amount::parse(text).expect("an amount")
}

fn buyer(organisation: Option<&str>, subject: Option<&str>) -> Buyer {
    Buyer { organisation: organisation.map(str::to_owned), subject: subject.map(str::to_owned) }
}

fn moment(seconds: u64) -> Moment {
    let start: Timestamp = "2026-11-20T12:00:00Z".parse().expect("a time");
    Moment {
        wall: start + Duration::from_secs(seconds),
        boot: Some("boot".into()),
        monotonic: Duration::from_secs(seconds),
        server: None,
        attempt: None,
    }
}

fn stamp() -> Stamp {
    Stamp::from(&moment(0))
}

/// A purchase of $25 without a name, asked for at the start by the same.
fn purchase(number: u128) -> Purchase {
    named(number, KeyOrigin::Random)
}

fn named(number: u128, naming: KeyOrigin) -> Purchase {
    let intent = Intent {
        id: id(number),
        system: crate::provider::NOUS,
        origin: ORIGIN.into(),
        profile: Some("default".into()),
        base_url: Some(ORIGIN.into()),
        organisation: Some("org".into()),
        subject: Some("me".into()),
        naming,
        key: key(&format!("key-of-number-{number}")),
        amount: amount("25"),
        item: Item::Credits,
        body: "body".into(),
        first_use_at: None,
        first_use_proven: true,
    };
    Purchase::new(intent, stamp())
}

fn key(text: &str) -> IdempotencyKey {
    IdempotencyKey::parse(text).expect("a key")
}

/// The same with these rows.
fn with_rows(mut purchase: Purchase, rows: &[JournalRow]) -> Purchase {
    for row in rows {
        purchase.apply(&stamp(), row);
    }
    purchase
}

/// The same, sent, and not known what came of it.
fn unclear(purchase: Purchase) -> Purchase {
    let verdict = Verdict::Unknown;
    let failure = failure(Class::Timeout);
    let rows = [sending(), JournalRow::Attempt { n: 1, verdict, failure }];
    with_rows(purchase, &rows)
}

fn ended(purchase: Purchase, outcome: Outcome) -> Purchase {
    with_rows(purchase, &[sending(), JournalRow::Final(outcome)])
}

fn sending() -> JournalRow {
    JournalRow::Sending { n: 1, baseline: None }
}

fn accepted() -> JournalRow {
    let charge_id = ChargeId::parse("ch_1").expect("an id");
    JournalRow::Accepted { n: 1, charge_id, payment: None }
}

fn settled() -> Outcome {
    let amount_usd = Money::parse("25").expect("money");
    Outcome::Settled { amount_usd, settled_at: None, bill: Bill::default() }
}

fn failure(class: Class) -> FailureRecord {
    FailureRecord {
        class,
        code: None,
        status: None,
        message: class.name().to_owned(),
        portal_url: None,
    }
}

#[track_caller]
fn has_code(failure: &Failure, code: &str) {
    assert_eq!(failure.parts().code.as_deref(), Some(code), "{failure}");
}
