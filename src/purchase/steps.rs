//! What goes in and out of the purchase machine: the plan of a run, one action after the other,
//! what came of each, and the report at the end.

use super::evidence::OtherPurchases;
use super::record::{FailureRecord, JournalRow, Stamp};
use crate::core::class::{Class, Recovery};
use crate::core::command::NextStep;
use crate::core::failure::Charged;
use crate::core::money::Amount;
use crate::core::signals::Signal;
use crate::provider::packs::PaymentReading;
use crate::provider::plans::PlanSeen;
use crate::provider::{
    ChargeId, ChargeResponse, ChargeStatus, EvidenceAnswer, ProviderError, Seller,
};
use std::time::Duration;

/// What this run has to do.
#[derive(Clone, Debug)]
pub struct RunOptions {
    /// What was asked for.
    pub intention: RunMode,
    /// Whether an older key may be sent: `resume`, or the same name or key given again.
    pub asked_for: bool,
    /// How the system sells.
    pub seller: Seller,
    /// The profile vouches that only this journal buys for the account.
    pub sole_buyer: bool,
    /// Machines share the journal: another one may take over what this process is at.
    pub shared: bool,
    /// How long to poll for the outcome once it was accepted; none means not at all.
    pub wait: Option<Duration>,
    /// The time between two polls.
    pub poll: Duration,
    /// Whether the purchase was read back from the disk.
    pub loaded: bool,
    /// What it costs now, where it is begun anew at another price.
    pub price: Option<Amount>,
}

/// What was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunMode {
    /// Buy: start it, or go on with it.
    Buy,
    /// Find the truth about a purchase that was started; never start one.
    Resume,
}

/// What the machine wants done. Each is answered with exactly one [`ActionResult`].
#[derive(Debug, PartialEq, Eq)]
pub enum Action {
    /// Find a token that lasts; `renew` says that the last one was not accepted.
    Authorize {
        /// The last token was not accepted.
        renew: bool,
    },
    /// Asks the system anything: every answer of it carries its clock.
    AskTime,
    /// Read the seller's evidence, once.
    ReadEvidence,
    /// Make this row durable, with this stamp.
    Record(Stamp, JournalRow),
    /// Send the purchase, once.
    Post,
    /// Poll the charge, once.
    Poll(ChargeId),
    /// Check whether the plan is in force, once.
    LookAtPlan,
    /// Wait by the monotonic clock.
    Wait(Duration),
    /// Nothing more to do in this run.
    Done(PurchaseReport),
}

/// What came of an action.
#[derive(Debug)]
pub enum ActionResult {
    /// There is a token, and it acts for these.
    Authorized {
        /// The organisation it names.
        organisation: Option<String>,
        /// The subject it names.
        subject: Option<String>,
    },
    /// There is none.
    NotAuthorized(ProviderError),
    /// The system answered: its clock is read, if it has one.
    TimeAsked,
    /// It did not.
    NotAsked(ProviderError),
    /// What the seller's evidence shows, and the other purchases of the account that the journal
    /// knows.
    EvidenceRead(EvidenceAnswer, OtherPurchases),
    /// The row is durable.
    Recorded,
    /// The row may or may not be durable.
    NotRecorded(ProviderError),
    /// What came of the purchase request.
    Posted(ChargeResponse),
    /// The result of the poll.
    Polled(ChargeStatus),
    /// The result of the check of the plan.
    PlanSeen(PlanSeen),
    /// The wait is over.
    Woke,
    /// A signal ended the wait.
    Interrupted(Signal),
}

/// A key that must not be sent any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooOld {
    /// Its age, if the clocks know it.
    pub age: Option<Duration>,
}

/// What is known at the end of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PurchaseReport {
    /// The class of the answer; `Success` only from the settled branch.
    pub class: Class,
    /// Whether money moved.
    pub charged: Charged,
    /// Why it ended so, as the system or this program reported it.
    pub failure: Option<FailureRecord>,
    /// Seconds to wait before trying again.
    pub retry_after: Option<u64>,
    /// What a script can use.
    pub details: serde_json::Map<String, serde_json::Value>,
    /// What helps, as the system's file knows it.
    pub hints: Vec<NextStep>,
    /// The kind of step that helps, where another one does than the class says.
    pub recovery: Option<Recovery>,
    /// The key is too old to be sent.
    pub too_old: Option<TooOld>,
    /// The last reading of a payment that a person finishes.
    pub reading: Option<PaymentReading>,
    /// A request of this run has charged, or may have.
    pub may_have_charged_now: bool,
    /// The key is given up, and nothing was charged under it: the same purchase may begin anew.
    pub retired: bool,
    /// Something could not be made durable, and is known only to this process.
    pub unrecorded: bool,
}

impl PurchaseReport {
    /// One that knows nothing but this.
    pub fn new(class: Class, charged: Charged) -> Self {
        Self {
            class,
            charged,
            failure: None,
            retry_after: None,
            details: serde_json::Map::new(),
            hints: Vec::new(),
            recovery: None,
            too_old: None,
            reading: None,
            may_have_charged_now: false,
            retired: false,
            unrecorded: false,
        }
    }
}
