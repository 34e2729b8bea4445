//! Where the purchase machine can stand, what it does once an answer is noted, and which refusals
//! mean what to it.

use crate::core::signals::Signal;
use crate::provider::ProviderError;
use crate::purchase::record::FailureRecord;
use crate::purchase::steps::Report;
use std::time::Duration;

/// Where the machine stands. Every state waits for the answer to one action.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
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
    /// The end is being made durable.
    NotingEnd(Report),
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
    Refuse(Answer),
    /// The key belongs to another amount.
    Conflict(Answer),
    /// The entry stays: another login may go on with it.
    Stay(Answer),
    Unknown(Answer),
    /// A person has to finish it.
    NeedsPerson(Answer),
    Stopped(Signal, Answer),
}

/// The parts of a refusal that the report keeps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    pub told: FailureRecord,
    pub retry_after: Option<u64>,
    pub details: serde_json::Map<String, serde_json::Value>,
}

impl From<ProviderError> for Answer {
    fn from(refusal: ProviderError) -> Self {
        Self {
            told: FailureRecord::from(&refusal),
            retry_after: refusal.retry_after,
            details: refusal.details,
        }
    }
}

impl State {
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
            Self::NotingEnd(_) => "noting end",
            Self::Over => "over",
        }
    }
}

/// An answer of which only what is kept in the journal is known.
pub fn plain_answer(told: FailureRecord) -> Answer {
    Answer { told, retry_after: None, details: serde_json::Map::new() }
}
