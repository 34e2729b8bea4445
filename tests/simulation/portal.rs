//! The modelled portal: it remembers keys for as long as its rules say, asks its gates before or
//! after, works late on requests whose client has gone, and keeps the ledger that is the judge.
//! What it does where it knows no keys is in `unkeyed`.

mod unkeyed;

pub use unkeyed::{Kind, LAG};

use super::dice::Dice;
use std::collections::BTreeMap;
use topup::core::class::Class;
use topup::provider::ChargeId;

pub const MINUTE: u64 = 60_000;
pub const HOUR: u64 = 60 * MINUTE;
/// A request that outlives its client is worked on within this time, in milliseconds.
pub const LATEST: u64 = MINUTE;
/// A charge is settled, or fails, after this time, in milliseconds.
const SETTLES_AFTER: u64 = 3_000;

/// What one portal does where portals differ.
#[derive(Clone, Copy, Debug)]
pub struct Rules {
    /// How it sells.
    pub kind: Kind,
    /// How long a key is remembered, in milliseconds.
    pub key_life: u64,
    /// Gates on the money are asked before the key is looked up.
    pub gates_first: bool,
    /// A denial is remembered under its key.
    pub remembers_denials: bool,
    /// A failure of the portal's own is remembered under its key.
    pub remembers_failures: bool,
    /// A replay counts as a purchase of the hour.
    pub counts_replays: bool,
    /// A key means one purchase per organisation, not one for all of them.
    pub key_per_organisation: bool,
    /// Answers carry the portal's clock.
    pub tells_time: bool,
    /// A plan that is in force is told before the key is looked up.
    pub plan_first: bool,
    /// Its gates refuse as often as not.
    pub refuses_often: bool,
    /// Its gates refuse with words that are not known.
    pub other_words: bool,
}

impl Rules {
    pub fn of(dice: &mut Dice) -> Self {
        Self {
            kind: Kind::of(dice),
            key_life: dice.pick(&[24 * HOUR, HOUR / 2, HOUR, 7 * HOUR]),
            gates_first: dice.percent(50),
            remembers_denials: dice.percent(30),
            remembers_failures: dice.percent(50),
            counts_replays: dice.percent(30),
            key_per_organisation: dice.percent(50),
            tells_time: !dice.percent(20),
            plan_first: dice.percent(50),
            refuses_often: dice.percent(15),
            other_words: dice.percent(20),
        }
    }
}

/// A purchase request as it arrives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    pub organisation: String,
    pub key: String,
    pub body: String,
}

#[derive(Clone, Debug)]
pub struct Charge {
    pub id: ChargeId,
    pub organisation: String,
    pub key: String,
    pub body: String,
    pub at: u64,
    /// When the request was sent that made it.
    pub sent: u64,
    pub settles: bool,
    /// When the card holder confirms it, where the bank wants that; for ever later where they never
    /// do.
    pub confirmed: Option<u64>,
    /// When it shows in the portal's list or sum.
    pub shows: u64,
    /// Somebody else bought it.
    pub foreign: bool,
}

/// What came of an upgrade, which is final with its answer.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Upgrade {
    Done,
    Declined,
    NeedsPerson,
    AlreadySo,
}

impl Upgrade {
    fn answer(self) -> Answer {
        match self {
            Self::Done => Answer::Done,
            Self::Declined => Answer::Declined,
            Self::NeedsPerson => Answer::NeedsPerson,
            Self::AlreadySo => Answer::AlreadySo,
        }
    }
}

/// Whether a request asks for a plan.
fn is_upgrade(body: &str) -> bool {
    body.contains("subscriptionTypeId")
}

enum Remembered {
    Charge(usize),
    Upgrade(Upgrade),
    Denial(Class),
    Failure,
}

/// A request that is worked on after its client has gone.
struct Late {
    at: u64,
    sent: u64,
    request: Request,
}

pub enum Answer {
    Accepted(ChargeId),
    Opened(ChargeId),
    Paid(ChargeId),
    Done,
    AlreadySo,
    Declined,
    NeedsPerson,
    Denied(Class),
    Conflict,
    InFlight,
    Failed,
}

pub enum Look {
    Pending,
    Settled {
        body: String,
    },
    Declined,
    /// The bank wants the card holder to confirm.
    Checked,
    /// A person has to pay it.
    Unpaid,
}

pub struct Portal {
    pub rules: Rules,
    pub charges: Vec<Charge>,
    /// Every body and organisation that ever came under a key, for the judge.
    pub seen: Vec<Request>,
    /// When each of them came.
    pub seen_at: Vec<u64>,
    keys: BTreeMap<(String, String), (u64, String, Remembered)>,
    late: Vec<Late>,
    posts: u64,
    /// When which upgrade came into force, by whomever.
    plans: Vec<(u64, String)>,
    /// Credits that were granted or expired, in dollars, and since when.
    grants: Vec<(u64, i64)>,
    /// Everything is well: no gate refuses and nothing fails.
    pub healed: bool,
}

impl Portal {
    pub fn new(rules: Rules) -> Self {
        Self {
            rules,
            charges: Vec::new(),
            seen: Vec::new(),
            seen_at: Vec::new(),
            keys: BTreeMap::new(),
            late: Vec::new(),
            posts: 0,
            plans: Vec::new(),
            grants: Vec::new(),
            healed: false,
        }
    }

    /// Takes a request that is worked on later.
    pub fn take_late(&mut self, now: u64, request: Request, dice: &mut Dice) {
        let at = now + 1 + dice.below(LATEST);
        self.late.push(Late { at, sent: now, request });
    }

    pub fn work_off(&mut self, now: u64, dice: &mut Dice) {
        while let Some(next) = (0..self.late.len())
            .filter(|at| self.late[*at].at <= now)
            .min_by_key(|at| self.late[*at].at)
        {
            let late = self.late.remove(next);
            self.charge(late.at, late.sent, &late.request, dice);
        }
    }

    /// Works on a purchase request.
    pub fn charge(&mut self, now: u64, sent: u64, request: &Request, dice: &mut Dice) -> Answer {
        self.posts += 1;
        self.seen.push(request.clone());
        self.seen_at.push(now);
        if self.rules.kind != Kind::ByKey {
            return self.buy(now, sent, request, dice);
        }
        let life = self.rules.key_life;
        self.keys.retain(|_, (at, ..)| now.saturating_sub(*at) < life);
        let scope = if self.rules.key_per_organisation {
            request.organisation.clone()
        } else {
            String::new()
        };
        let place = (scope, request.key.clone());
        let gate = self.gate(dice);
        if let (true, Some(class)) = (self.rules.gates_first, gate) {
            return self.deny(now, place, request, class);
        }
        let known = self.keys.get(&place).map(|(_, body, _)| *body == request.body);
        if self.rules.plan_first
            && is_upgrade(&request.body)
            && known != Some(false)
            && self.is_in_force(now, &request.body)
        {
            // Whatever the key is for, and without a word about it.
            return Answer::AlreadySo;
        }
        match self.keys.get(&place) {
            Some((_, body, _)) if *body != request.body => return Answer::Conflict,
            Some((_, _, Remembered::Upgrade(upgrade))) => return upgrade.answer(),
            Some((_, _, Remembered::Charge(at))) => {
                return Answer::Accepted(self.charges[*at].id.clone());
            }
            Some((_, _, Remembered::Denial(class))) => return Answer::Denied(*class),
            Some((_, _, Remembered::Failure)) => return Answer::Failed,
            None => {}
        }
        // The same request is still being worked on, for a client that left.
        if !self.healed && self.late.iter().any(|late| late.request == *request) && dice.percent(50)
        {
            return Answer::InFlight;
        }
        if let Some(class) = gate {
            return self.deny(now, place, request, class);
        }
        if is_upgrade(&request.body) {
            let upgrade = self.upgrade(now, sent, place, request, dice);
            // It fails after it was done.
            let fails = !self.healed && dice.percent(5);
            return if fails { Answer::Failed } else { upgrade.answer() };
        }
        if !self.healed && dice.percent(5) {
            // It fails before, or after, the charge was made.
            if dice.percent(50) {
                self.make(now, sent, place, request, dice);
            } else if self.rules.remembers_failures {
                self.keys.insert(place, (now, request.body.clone(), Remembered::Failure));
            }
            return Answer::Failed;
        }
        Answer::Accepted(self.make(now, sent, place, request, dice))
    }

    fn make(
        &mut self,
        now: u64,
        sent: u64,
        place: (String, String),
        request: &Request,
        dice: &mut Dice,
    ) -> ChargeId {
        let id = ChargeId::parse(&format!("ch_{}", self.charges.len())).expect("an id");
        self.keys
            .insert(place, (now, request.body.clone(), Remembered::Charge(self.charges.len())));
        // A plan that waits for its holder is told by its own answer.
        let checked = !is_upgrade(&request.body) && dice.percent(8);
        let confirmed = checked.then(|| {
            if dice.percent(60) { now + dice.pick(&[MINUTE, HOUR, 25 * HOUR]) } else { u64::MAX }
        });
        self.charges.push(Charge {
            id: id.clone(),
            organisation: request.organisation.clone(),
            key: request.key.clone(),
            body: request.body.clone(),
            at: now,
            sent,
            settles: match confirmed {
                Some(at) => at != u64::MAX,
                None => !dice.percent(15),
            },
            confirmed,
            shows: now,
            foreign: false,
        });
        id
    }

    /// Changes the plan, if it has to be and the card is good.
    fn upgrade(
        &mut self,
        now: u64,
        sent: u64,
        place: (String, String),
        request: &Request,
        dice: &mut Dice,
    ) -> Upgrade {
        let body = request.body.clone();
        if self.is_in_force(now, &body) {
            self.keys.insert(place, (now, body, Remembered::Upgrade(Upgrade::AlreadySo)));
            return Upgrade::AlreadySo;
        }
        self.make(now, sent, place.clone(), request, dice);
        let settles = self.charges.last().is_some_and(|charge| charge.settles);
        let waits = dice.percent(30);
        let upgrade = match (waits, settles) {
            (true, _) => Upgrade::NeedsPerson,
            (false, true) => Upgrade::Done,
            (false, false) => Upgrade::Declined,
        };
        if settles {
            // A person takes a while.
            let at = if waits { now + dice.pick(&[MINUTE, HOUR, 25 * HOUR]) } else { now };
            self.plans.push((at, body.clone()));
        }
        self.keys.insert(place, (now, body, Remembered::Upgrade(upgrade)));
        upgrade
    }

    /// Somebody else in the organisation changes the plan.
    pub fn somebody_upgrades(&mut self, now: u64, body: String) {
        self.plans.push((now, body));
    }

    /// Whether this is the plan in force.
    pub fn is_in_force(&self, now: u64, body: &str) -> bool {
        let so_far = self.plans.iter().filter(|(at, _)| *at <= now);
        so_far.max_by_key(|(at, _)| *at).is_some_and(|(_, of)| of == body)
    }

    /// Whether it was in force at some time.
    pub fn was_in_force(&self, now: u64, body: &str) -> bool {
        self.plans.iter().any(|(at, of)| *at <= now && of == body)
    }

    fn gate(&self, dice: &mut Dice) -> Option<Class> {
        if self.healed {
            return None;
        }
        // The limit is used up by the very charge that a replay asks about.
        if !self.charges.is_empty() && dice.percent(40) {
            return Some(Class::MonthlyCapExceeded);
        }
        if self.rules.counts_replays && self.posts > 5 {
            return Some(Class::RateLimited);
        }
        let often = if self.rules.refuses_often { 50 } else { 4 };
        dice.percent(often).then(|| {
            dice.pick(&[Class::NoPaymentMethod, Class::RateLimited, Class::TemporarilyUnavailable])
        })
    }

    fn deny(
        &mut self,
        now: u64,
        place: (String, String),
        request: &Request,
        class: Class,
    ) -> Answer {
        if self.rules.remembers_denials {
            let denial = (now, request.body.clone(), Remembered::Denial(class));
            self.keys.entry(place).or_insert(denial);
        }
        Answer::Denied(class)
    }

    /// Where a charge stands.
    pub fn look(&self, now: u64, id: &ChargeId) -> Look {
        match self.charges.iter().find(|charge| charge.id == *id) {
            Some(charge) if now < charge.at + SETTLES_AFTER => Look::Pending,
            Some(charge) if charge.confirmed.is_some_and(|at| now < at) => Look::Checked,
            Some(charge) if charge.settles => Look::Settled { body: charge.body.clone() },
            Some(_) => Look::Declined,
            None => Look::Pending,
        }
    }

    /// The charges under a key that are, or will be, paid.
    pub fn paid(&self, key: &str) -> impl Iterator<Item = &Charge> {
        self.charges.iter().filter(move |charge| charge.key == key && charge.settles)
    }
}
