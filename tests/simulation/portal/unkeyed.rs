//! A portal that knows no keys: every request is another purchase, and what it shows of them comes
//! late, beside what others bought.

use super::super::dice::Dice;
use super::{Answer, Charge, Look, MINUTE, Portal, Request, SETTLES_AFTER};
use topup::core::money::Money;
use topup::provider::{ChargeId, ListedPurchase, ListedStanding, ShownPurchase};

/// Purchases show in the list or the sum within this time, in milliseconds.
pub const LAG: u64 = MINUTE;
/// What the list shows, in milliseconds.
const LISTED: u64 = 24 * 60 * MINUTE;

/// How a portal sells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Under keys that it remembers.
    ByKey,
    /// Without, and it lists purchases.
    List {
        /// A charge can be looked up by its id.
        status_by_id: bool,
        /// It documents that what is not listed after five minutes did not begin.
        documented: bool,
    },
    /// Without, and it tells the sum of all credits.
    Sum,
    /// A request opens a payment that a person pays.
    Person,
}

impl Kind {
    pub fn of(dice: &mut Dice) -> Self {
        match dice.below(100) {
            0..52 => Self::ByKey,
            52..74 => Self::List { status_by_id: dice.percent(60), documented: dice.percent(30) },
            74..88 => Self::Sum,
            _ => Self::Person,
        }
    }

    /// Whether a lost answer can only be answered by evidence.
    pub fn has_evidence(self) -> bool {
        matches!(self, Self::List { .. } | Self::Sum)
    }
}

fn dollars(body: &str) -> i64 {
    if body.contains("50") { 50 } else { 25 }
}

impl Portal {
    /// Takes a request for what it is: another purchase.
    pub(super) fn buy(
        &mut self,
        now: u64,
        sent: u64,
        request: &Request,
        dice: &mut Dice,
    ) -> Answer {
        if let Some(class) = self.gate(dice) {
            return Answer::Denied(class);
        }
        let fails = !self.healed && dice.percent(6);
        // It fails before, or after, the purchase was made.
        if fails && dice.percent(50) {
            return Answer::Failed;
        }
        let id = self.add(now, sent, request, dice);
        let settles = self.charges.last().is_some_and(|charge| charge.settles);
        match self.rules.kind {
            _ if fails => Answer::Failed,
            Kind::Person => Answer::Opened(id),
            Kind::Sum => match dice.below(4) {
                0 => Answer::Accepted(id),
                _ if settles => Answer::Paid(id),
                _ => Answer::Declined,
            },
            Kind::ByKey | Kind::List { .. } => Answer::Accepted(id),
        }
    }

    fn add(&mut self, now: u64, sent: u64, request: &Request, dice: &mut Dice) -> ChargeId {
        let id = ChargeId::parse(&format!("ch_{}", self.charges.len())).expect("an id");
        let is_person = self.rules.kind == Kind::Person;
        let late = if dice.percent(50) { dice.below(LAG) } else { 0 };
        self.charges.push(Charge {
            id: id.clone(),
            organisation: request.organisation.clone(),
            key: request.key.clone(),
            body: request.body.clone(),
            at: now,
            sent,
            settles: !is_person && !dice.percent(15),
            confirmed: None,
            shows: now + late,
            foreign: false,
        });
        id
    }

    /// Somebody else buys for the same account, or bought before.
    pub fn somebody_buys(&mut self, now: u64, body: String, dice: &mut Dice) {
        let request = Request { organisation: "org".into(), key: format!("foreign-{now}"), body };
        self.add(now, now, &request, dice);
        if let Some(charge) = self.charges.last_mut() {
            charge.foreign = true;
        }
    }

    /// Credits that nobody bought, or that ran out.
    pub fn grant(&mut self, now: u64, dollars: i64) {
        self.grants.push((now, dollars));
    }

    /// What was bought this month, where keys are known; here no month ends.
    pub fn month(&self, now: u64) -> Money {
        let made = self.charges.iter().filter(|charge| charge.settles && charge.at <= now);
        let bought: i64 = made.map(|charge| dollars(&charge.body)).sum();
        Money::parse(&bought.to_string()).expect("money")
    }

    /// What it shows of the purchases of an account.
    pub fn show(&self, now: u64, organisation: &str) -> ShownPurchase {
        let shown = self.charges.iter().filter(|charge| charge.organisation == organisation);
        let shown = shown.filter(|charge| charge.shows <= now);
        if self.rules.kind != Kind::Sum {
            let young = shown.filter(|charge| now - charge.at < LISTED);
            return ShownPurchase::Purchases(young.map(|charge| listed(charge, now)).collect());
        }
        let arrived = shown.filter(|charge| charge.settles && charge.at + SETTLES_AFTER <= now);
        let bought: i64 = arrived.map(|charge| dollars(&charge.body)).sum();
        let granted: i64 =
            self.grants.iter().filter(|(at, _)| *at <= now).map(|(_, dollars)| dollars).sum();
        let sum = 1_000 + bought + granted;
        ShownPurchase::GrantedSum(Money::parse(&format!("{sum}.00")).expect("money"))
    }

    /// A person pays a payment that they were shown.
    pub fn person_pays(&mut self, now: u64, id: &ChargeId) {
        let is_open = |charge: &&mut Charge| charge.id == *id && now <= charge.sent + LISTED;
        if let Some(charge) = self.charges.iter_mut().find(is_open) {
            charge.settles = true;
            charge.at = charge.at.max(now.saturating_sub(SETTLES_AFTER));
        }
    }

    /// Where a payment stands that a person pays.
    pub fn look_at_payment(&self, now: u64, id: &ChargeId) -> Look {
        match self.charges.iter().find(|charge| charge.id == *id) {
            Some(charge) if charge.settles => Look::Settled { body: charge.body.clone() },
            // Given up after a day.
            Some(charge) if now > charge.sent + LISTED => Look::Declined,
            Some(_) => Look::Unpaid,
            None => Look::Pending,
        }
    }
}

fn listed(charge: &Charge, now: u64) -> ListedPurchase {
    let is_final = now >= charge.at + SETTLES_AFTER;
    ListedPurchase {
        id: charge.id.clone(),
        amount_usd: Money::parse(&dollars(&charge.body).to_string()),
        created_at: Some(super::super::world::timestamp(charge.at)),
        word: None,
        standing: match (is_final, charge.settles) {
            (false, _) => ListedStanding::Open,
            (true, true) => ListedStanding::Paid,
            (true, false) => ListedStanding::Failed,
        },
    }
}
