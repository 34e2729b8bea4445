//! What a seller's own evidence says of a purchase whose answer was lost: only what it did not show
//! before the request can be the purchase, and it is concluded only where no other purchase fits.

use super::baseline::{Baseline, ShownBefore};
use super::record::{Attempt, Purchase, Stamp};
use crate::core::money::{Amount, Money};
use crate::provider::{
    AutoReloadSight, ChargeId, Evidence, EvidenceReading, ListedPurchase, Seller, ShownPurchase,
    Total,
};
use jiff::Timestamp;
use rust_decimal::Decimal;
use serde_json::{Value, json};
use std::time::Duration;

/// How far a seller's clock may be off from ours: what it says was made so long before our request
/// was not made by it.
const CLOCKS_DIFFER: Duration = Duration::from_mins(5);

/// How old the evidence of before may be at the first byte of the request.
pub(super) const BASELINE_LASTS: Duration = Duration::from_secs(60);
/// A request is answered within this time, or its outcome is unknown.
const ANSWERED_WITHIN: Duration = Duration::from_secs(30);

/// The other purchases of the account, as far as the journal knows them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OtherPurchases {
    /// Every charge that belongs to one of them.
    pub charges: Vec<ChargeId>,
    /// One of them is open, or so young that the evidence may not show it yet.
    pub may_still_show: bool,
}

impl OtherPurchases {
    /// What these purchases of the same account say beside `purchase`.
    pub fn new<'p>(
        others: impl IntoIterator<Item = &'p Purchase>,
        purchase: &Purchase,
        lag: Duration,
    ) -> Self {
        let mut found = Self::default();
        for other in others.into_iter().filter(|other| other.intent.id != purchase.intent.id) {
            found.charges.extend(other.charges.iter().cloned());
            let is_open = other.outcome.is_none() && other.may_have_charged();
            let is_young = other.may_have_charged()
                && other.unclear().is_some_and(|theirs| !is_older(theirs, purchase, lag));
            found.may_still_show |= is_open || is_young;
        }
        found
    }
}

/// Whether a request was sent so long before this purchase that what it bought was shown in the
/// evidence of before. Only clocks that cannot be set are trusted here.
fn is_older(theirs: &Attempt, purchase: &Purchase, lag: Duration) -> bool {
    let shown = lag.saturating_add(ANSWERED_WITHIN).saturating_add(BASELINE_LASTS);
    let ours = purchase.unclear();
    ours.and_then(|ours| theirs.sent.until_at_least(&ours.sent)).is_some_and(|apart| apart > shown)
}

/// What one reading says of a purchase.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Finding {
    /// It is not shown, or not yet.
    Nothing,
    /// One purchase in the list can only be this one.
    Listed(ListedPurchase),
    /// The sum rose by exactly its amount, and nothing else can have done that.
    Granted,
    /// Something is shown that may be it or another one's: for a person to judge.
    Doubt,
}

/// Everything that a finding rests on.
pub struct EvidenceRequest<'a> {
    /// The purchase.
    pub purchase: &'a Purchase,
    /// What the evidence showed before the request whose answer is not clear.
    pub baseline: &'a Baseline,
    /// What it shows now.
    pub reading: &'a EvidenceReading,
    /// The other purchases of the account.
    pub others: &'a OtherPurchases,
    /// How the seller sells.
    pub seller: &'a Seller,
    /// The profile vouches that only this journal buys for the account.
    pub sole_buyer: bool,
}

impl EvidenceRequest<'_> {
    /// What the reading says.
    pub fn answer(&self) -> Finding {
        match (&self.baseline.shown, &self.reading.shown) {
            // It has an id, and the list says where that stands.
            (_, ShownPurchase::Purchases(now)) if !self.purchase.charges.is_empty() => {
                let ours = now.iter().find(|listed| self.purchase.charges.contains(&listed.id));
                ours.map_or(Finding::Nothing, |listed| Finding::Listed(listed.clone()))
            }
            (ShownBefore::Purchases(before), ShownPurchase::Purchases(now)) => {
                match self.new_ones(before, now).as_slice() {
                    [] => Finding::Nothing,
                    [one] if one.amount_usd.is_some() && self.nothing_else_can_be_meant() => {
                        Finding::Listed((*one).clone())
                    }
                    _ => Finding::Doubt,
                }
            }
            (ShownBefore::GrantedSum(before), ShownPurchase::GrantedSum(now)) => {
                let rise = now.0.checked_sub(before.0);
                match rise {
                    Some(rise) if rise.is_zero() => Finding::Nothing,
                    Some(rise)
                        if rise == self.purchase.intent.amount.decimal()
                            && self.nothing_else_can_be_meant() =>
                    {
                        Finding::Granted
                    }
                    _ => Finding::Doubt,
                }
            }
            // The seller shows another kind of evidence than it did then.
            _ => Finding::Doubt,
        }
    }

    /// What a person needs to judge for themselves.
    pub fn details(&self) -> Value {
        match (&self.baseline.shown, &self.reading.shown) {
            (ShownBefore::Purchases(before), ShownPurchase::Purchases(now)) => {
                let items: Vec<Value> = self
                    .new_ones(before, now)
                    .into_iter()
                    .map(|listed| {
                        json!({
                            "charge_id": listed.id.as_str(),
                            "amount_usd": listed.amount_usd.map(Money::shown),
                            "created_at": listed.created_at.map(|at| at.to_string()),
                            "provider_status": listed.word,
                        })
                    })
                    .collect();
                json!({"kind": "list", "purchases": items})
            }
            (ShownBefore::GrantedSum(before), ShownPurchase::GrantedSum(now)) => json!({
                "kind": "granted_sum",
                "before_usd": before.to_string(),
                "now_usd": now.to_string(),
                "account_proven": self.reading.account_proven,
                "rise_usd": now.0.checked_sub(before.0).map(|rise| rise.to_string()),
            }),
            _ => Value::Null,
        }
    }

    /// The purchases in the list that can be this one.
    fn new_ones<'l>(
        &self,
        before: &[ChargeId],
        now: &'l [ListedPurchase],
    ) -> Vec<&'l ListedPurchase> {
        let earliest = self.purchase.unclear().map_or(Timestamp::MIN, |sent| began(&sent.sent));
        now.iter()
            .filter(|listed| {
                !before.contains(&listed.id) && !self.others.charges.contains(&listed.id)
            })
            .filter(|listed| listed.created_at.is_none_or(|created| created >= earliest))
            .filter(|listed| {
                // In another currency it may be.
                listed.amount_usd.is_none_or(|charged| {
                    is_price_of(self.purchase.intent.amount, charged, self.seller)
                })
            })
            .collect()
    }

    fn nothing_else_can_be_meant(&self) -> bool {
        let automatic_is_apart = match self.seller.auto_reload {
            // Where nothing shows it, the profile's word covers it.
            AutoReloadSight::Absent | AutoReloadSight::Hidden => true,
            AutoReloadSight::Readable => {
                let off = |on: Option<bool>| on == Some(false);
                matches!(self.seller.evidence, Evidence::List { manual_only: true, .. })
                    || (off(self.baseline.auto_reload) && off(self.reading.auto_reload))
            }
        };
        // A journal that was restored or copied may lack purchases of its own.
        let is_whole = self.purchase.intent.first_use_proven;
        self.sole_buyer
            && is_whole
            && self.reading.account_proven
            && automatic_is_apart
            && !self.others.may_still_show
    }
}

/// The earliest that a seller may say that this request was received.
fn began(sent: &Stamp) -> Timestamp {
    let start = sent.server.unwrap_or(sent.wall);
    start.checked_sub(CLOCKS_DIFFER).unwrap_or(Timestamp::MIN)
}

/// Whether this much can have been charged for that amount.
pub(super) fn is_price_of(amount: Amount, charged: Money, seller: &Seller) -> bool {
    let bought: Decimal = amount.decimal();
    match seller.total {
        Total::AsAsked => charged.0 == bought,
        Total::WithExtras => charged.0 >= bought,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::{ListedStanding, Repeat};
    use crate::purchase::record::tests::{at, noon, purchase, sending};
    use crate::purchase::record::{KeyOrigin, Outcome};
    use uuid::Uuid;

    const LAG: Duration = Duration::from_secs(60);
    const SELLER: Seller = Seller {
        repeat: Repeat::Never,
        evidence: Evidence::List { lag: LAG, manual_only: true, complete_after: None },
        ..Seller::KEYED
    };

    /// A purchase whose request went out so many seconds after noon, and was not answered.
    fn sent(number: u128, seconds: u64) -> Purchase {
        let wall = noon(i64::try_from(seconds).expect("small"));
        let stamp = Stamp { monotonic_ms: Some(seconds * 1000), ..at("a", wall, None) };
        let mut sent = purchase(KeyOrigin::Random, stamp.clone());
        sent.intent.id = Uuid::from_u128(number);
        sent.apply(&stamp, &sending(1));
        sent
    }

    #[test]
    fn what_was_sent_long_before_is_shown_already_and_at_the_very_limit_not_surely() {
        // The lag of the list, the time for an answer, and that of the evidence of before.
        let shown = 60 + 30 + 60;
        for (apart, may_still_show) in [(0, true), (shown, true), (shown + 1, false)] {
            let mut other = sent(2, 1000);
            other.outcome = Some(Outcome::MarkedNotCharged);
            let ours = sent(1, 1000 + apart);
            let others = OtherPurchases::new([&other, &ours], &ours, LAG);
            assert_eq!(others.may_still_show, may_still_show, "{apart} s");
            assert!(others.charges.is_empty());
        }
        // One that is open is waited for, however old it is.
        let others = OtherPurchases::new([&sent(2, 0)], &sent(1, 5000), LAG);
        assert!(others.may_still_show);
    }

    #[test]
    fn what_was_made_before_the_request_is_another_purchase_by_the_word_of_a_clock_that_may_be_off()
    {
        let ours = sent(1, 1000);
        let reading = |seconds: i64| EvidenceReading {
            shown: ShownPurchase::Purchases(vec![ListedPurchase {
                id: ChargeId::parse("in_1").expect("an id"),
                amount_usd: Money::parse("25"),
                created_at: Some(noon(1000 - 300) + jiff::SignedDuration::from_secs(seconds)),
                word: None,
                standing: ListedStanding::Open,
            }]),
            auto_reload: Some(false),
            account_proven: true,
        };
        let before = EvidenceReading {
            shown: ShownPurchase::Purchases(Vec::new()),
            auto_reload: Some(false),
            account_proven: true,
        };
        for (seconds, is_found) in [(-1, false), (0, true), (1, true)] {
            let asked = EvidenceRequest {
                purchase: &ours,
                baseline: &Baseline::from(&before),
                reading: &reading(seconds),
                others: &OtherPurchases::default(),
                seller: &SELLER,
                sole_buyer: true,
            };
            let found = asked.answer();
            assert_eq!(matches!(found, Finding::Listed(_)), is_found, "{seconds} s: {found:?}");
        }
    }
}
