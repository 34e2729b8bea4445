//! Which answers the machine met in which of its states. Every pair is either reached by the
//! schedules or impossible: an unreached one means that the schedules have a blind spot, and one
//! that is not in the list that the machine has got a transition that nobody wrote down.

use std::collections::BTreeSet;
use topup::core::class::Class;
use topup::provider::plans::PlanSeen;
use topup::provider::{ChargeResponse, ChargeStatus, EvidenceAnswer};
use topup::purchase::steps::ActionResult;

/// Where the machine stood, and what it was answered.
pub type Pair = (&'static str, &'static str);

/// The pairs that were met. Nearly every one was met before: what stands at the place in memory where
/// both words are is known without comparing them.
#[derive(Default)]
pub struct Reached {
    pairs: BTreeSet<Pair>,
    places: Vec<Pair>,
}

/// How many places there are: many more than pairs, so that few share one.
const PLACES: usize = 1024;

impl Reached {
    pub fn meet(&mut self, pair: Pair) {
        if self.places.is_empty() {
            self.places.resize(PLACES, ("", ""));
        }
        let sum =
            (pair.0.as_ptr() as usize).wrapping_mul(31).wrapping_add(pair.1.as_ptr() as usize);
        let place = &mut self.places[sum % PLACES];
        if !std::ptr::eq(place.0, pair.0) || !std::ptr::eq(place.1, pair.1) {
            *place = pair;
            self.pairs.insert(pair);
        }
    }

    /// Takes in what was met elsewhere.
    pub fn extend(&mut self, others: Self) {
        self.pairs.extend(others.pairs);
    }

    pub fn len(&self) -> usize {
        self.pairs.len()
    }
}

/// Every transition there is.
pub const POSSIBLE: &[Pair] = &[
    ("recovering", "recorded"),
    ("recovering", "not recorded"),
    ("token to post", "authorized"),
    ("token to post", "not authorized"),
    ("token to poll", "authorized"),
    ("token to poll", "not authorized"),
    ("asking time", "time asked"),
    ("asking time", "not asked"),
    ("reading baseline", "evidence"),
    ("reading baseline", "evidence not read"),
    ("noting sending", "recorded"),
    ("noting sending", "not recorded"),
    ("posting", "accepted"),
    ("posting", "opened"),
    ("posting", "done"),
    ("posting", "already so"),
    ("posting", "declined"),
    ("posting", "needs a person"),
    ("posting", "refused"),
    ("posting", "refused in other words"),
    ("posting", "throttled"),
    ("posting", "unauthorized"),
    ("posting", "conflict"),
    ("posting", "in flight"),
    ("posting", "unsent"),
    ("posting", "unknown"),
    ("noting answer", "recorded"),
    ("noting answer", "not recorded"),
    ("waiting to post", "woke"),
    ("waiting to post", "interrupted"),
    ("polling", "pending"),
    ("polling", "settled"),
    ("polling", "failed"),
    ("polling", "bank check"),
    ("polling", "open payment"),
    ("polling", "credited"),
    ("polling", "trouble"),
    ("polling", "unauthorized look"),
    ("polling", "in force"),
    ("polling", "not in force"),
    ("polling", "plan not seen"),
    ("polling", "unauthorized look at the plan"),
    ("waiting to poll", "woke"),
    ("waiting to poll", "interrupted"),
    ("reading evidence", "evidence"),
    ("reading evidence", "evidence not read"),
    ("waiting for evidence", "woke"),
    ("waiting for evidence", "interrupted"),
    ("reading kept figures", "evidence"),
    ("reading kept figures", "evidence not read"),
    ("checking kept key", "evidence"),
    ("checking kept key", "evidence not read"),
    ("noting bank check", "recorded"),
    ("noting bank check", "not recorded"),
    ("noting end", "recorded"),
    ("noting end", "not recorded"),
];

/// The word of an event.
pub fn word(event: &ActionResult) -> &'static str {
    match event {
        ActionResult::Authorized { .. } => "authorized",
        ActionResult::NotAuthorized(_) => "not authorized",
        ActionResult::TimeAsked => "time asked",
        ActionResult::NotAsked(_) => "not asked",
        ActionResult::EvidenceRead(EvidenceAnswer::Read(_), _) => "evidence",
        ActionResult::EvidenceRead(EvidenceAnswer::Trouble { .. }, _) => "evidence not read",
        ActionResult::Recorded => "recorded",
        ActionResult::NotRecorded(_) => "not recorded",
        ActionResult::Posted(ChargeResponse::Accepted(_)) => "accepted",
        ActionResult::Posted(ChargeResponse::Opened(_)) => "opened",
        ActionResult::Posted(ChargeResponse::RefusedInOtherWords(_)) => "refused in other words",
        ActionResult::Posted(ChargeResponse::Done(_)) => "done",
        ActionResult::Posted(ChargeResponse::AlreadySo) => "already so",
        ActionResult::Posted(ChargeResponse::Declined(_)) => "declined",
        ActionResult::Posted(ChargeResponse::NeedsPerson(_)) => "needs a person",
        ActionResult::Posted(ChargeResponse::Refused(_)) => "refused",
        ActionResult::Posted(ChargeResponse::Throttled(_)) => "throttled",
        ActionResult::Posted(ChargeResponse::Unauthorized(_)) => "unauthorized",
        ActionResult::Posted(ChargeResponse::Conflict(_)) => "conflict",
        ActionResult::Posted(ChargeResponse::InFlight(_)) => "in flight",
        ActionResult::Posted(ChargeResponse::Unsent(_)) => "unsent",
        ActionResult::Posted(ChargeResponse::Unknown { .. }) => "unknown",
        ActionResult::Polled(ChargeStatus::Pending) => "pending",
        ActionResult::Polled(ChargeStatus::Settled(_)) => "settled",
        ActionResult::Polled(ChargeStatus::Failed(refusal))
            if refusal.class == Class::AuthenticationRequired =>
        {
            "bank check"
        }
        ActionResult::Polled(ChargeStatus::Failed(_)) => "failed",
        ActionResult::Polled(ChargeStatus::OpenPayment(_)) => "open payment",
        ActionResult::Polled(ChargeStatus::Credited(_)) => "credited",
        ActionResult::Polled(ChargeStatus::Trouble { unauthorized: false, .. }) => "trouble",
        ActionResult::Polled(ChargeStatus::Trouble { unauthorized: true, .. }) => {
            "unauthorized look"
        }
        ActionResult::PlanSeen(PlanSeen::InForce) => "in force",
        ActionResult::PlanSeen(PlanSeen::NotInForce) => "not in force",
        ActionResult::PlanSeen(PlanSeen::Trouble { unauthorized: false, .. }) => "plan not seen",
        ActionResult::PlanSeen(PlanSeen::Trouble { unauthorized: true, .. }) => {
            "unauthorized look at the plan"
        }
        ActionResult::Woke => "woke",
        ActionResult::Interrupted(_) => "interrupted",
    }
}

/// Compares what was reached with what there is.
pub fn check(Reached { pairs: reached, .. }: &Reached) {
    let possible: BTreeSet<Pair> = POSSIBLE.iter().copied().collect();
    let missed: Vec<&Pair> = possible.difference(reached).collect();
    assert!(missed.is_empty(), "no schedule reached {missed:?}");
    let unlisted: Vec<&Pair> = reached.difference(&possible).collect();
    assert!(unlisted.is_empty(), "transitions that nobody wrote down: {unlisted:?}");
}
