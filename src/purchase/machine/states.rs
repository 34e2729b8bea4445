//! Where the purchase machine can stand, what it does once an answer is noted, and which refusals
//! mean what to it.

use crate::core::class::Recovery;
use crate::core::command::NextStep;
use crate::core::signals::Signal;
use crate::provider::{ListedPurchase, Paid, ProviderError};
use crate::purchase::record::FailureRecord;
use crate::purchase::steps::{PurchaseReport, TooOld};
use std::time::Duration;

/// Where the machine stands. Every state waits for the answer to one action.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MachineState {
    /// Before the first action.
    New,
    /// A first row (recovered or reopened) is being made durable.
    Recovering,
    /// A token is being found before a request is sent.
    TokenToPost,
    /// A token is being found before a poll.
    TokenToPoll,
    /// The system is being asked, for its clock.
    AskingTime,
    /// The evidence of before a request is being read; asked for at this time by the monotonic
    /// clock.
    ReadingBaseline(Duration),
    /// `sending` is being made durable.
    NotingSending(u32),
    /// The request is under way.
    Posting(u32),
    /// What came of the request is being made durable.
    NotingAnswer(Next),
    /// Waiting before the request is sent again.
    WaitingToPost,
    /// A poll is under way.
    Polling,
    /// Waiting before the next poll.
    WaitingToPoll,
    /// The evidence of after a request is being read.
    ReadingEvidence,
    /// Waiting before the evidence is read again.
    WaitingForEvidence,
    /// The seller's figures are being read, right after a refusal in a word that is not known.
    ReadingKeptFigures(RefusalFacts),
    /// The same once the kept key is too old to be sent.
    CheckingKeptKey(TooOld),
    /// The bank's check is being made durable.
    NotingBankCheck(RefusalFacts),
    /// The end is being made durable.
    NotingEnd(PurchaseReport),
    /// Over.
    Over,
}

/// What to do once the answer is noted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next {
    Poll,
    PostAgain {
        after: Duration,
    },
    Renew,
    Refuse(RefusalFacts),
    /// Refused in a word that is not known.
    KeepKey(RefusalFacts),
    /// Not sent, because that took too long: everything is checked again.
    Send,
    /// Paid with the answer itself.
    Paid(Paid),
    /// Found in the seller's list.
    Found(ListedPurchase),
    /// The key belongs to another amount.
    Conflict(RefusalFacts),
    /// The entry stays: another login may go on with it.
    Stay(RefusalFacts),
    Unknown(RefusalFacts),
    /// Only the evidence can answer: the request may not be sent again.
    Evidence(RefusalFacts),
    /// A person has to finish it.
    NeedsPerson(RefusalFacts),
    Stopped(Signal, RefusalFacts),
}

/// The parts of a refusal that the report keeps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefusalFacts {
    pub failure: FailureRecord,
    pub retry_after: Option<u64>,
    pub details: serde_json::Map<String, serde_json::Value>,
    pub hints: Vec<NextStep>,
    pub recovery: Option<Recovery>,
}

impl From<ProviderError> for RefusalFacts {
    fn from(refusal: ProviderError) -> Self {
        Self {
            failure: FailureRecord::from(&refusal),
            retry_after: refusal.retry_after,
            details: refusal.details,
            hints: refusal.hints,
            recovery: refusal.recovery,
        }
    }
}

impl MachineState {
    /// The word for it.
    pub fn state_name(&self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Recovering => "recovering",
            Self::TokenToPost => "token to post",
            Self::TokenToPoll => "token to poll",
            Self::AskingTime => "asking time",
            Self::NotingSending(_) => "noting sending",
            Self::Posting(_) => "posting",
            Self::NotingAnswer(_) => "noting answer",
            Self::WaitingToPost => "waiting to post",
            Self::Polling => "polling",
            Self::WaitingToPoll => "waiting to poll",
            Self::ReadingBaseline(_) => "reading baseline",
            Self::ReadingEvidence => "reading evidence",
            Self::WaitingForEvidence => "waiting for evidence",
            Self::ReadingKeptFigures(_) => "reading kept figures",
            Self::CheckingKeptKey(_) => "checking kept key",
            Self::NotingBankCheck(_) => "noting bank check",
            Self::NotingEnd(_) => "noting end",
            Self::Over => "over",
        }
    }
}

/// An answer of which only what is kept in the journal is known.
pub fn plain_answer(failure: FailureRecord) -> RefusalFacts {
    RefusalFacts {
        failure,
        retry_after: None,
        details: serde_json::Map::new(),
        hints: Vec::new(),
        recovery: None,
    }
}
