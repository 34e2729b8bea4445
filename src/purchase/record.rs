//! What a purchase is: the fold of its rows, on disk and in memory alike, so that both can never
//! disagree.

pub use super::clocks::{KeyAge, Moment, Stamp};
pub use super::row::{FailureRecord, Intent, KeyOrigin, Outcome, Row, Verdict};

use super::clocks::forward;
use crate::core::class::Class;
use crate::core::failure::Charged;
use crate::provider::ChargeId;
use jiff::Timestamp;
use std::time::Duration;

/// One request of a purchase.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// Counts from 1.
    pub n: u32,
    /// When it was about to be sent.
    pub sent: Stamp,
    /// What came of it; none when the process ended before it could say.
    pub verdict: Option<Verdict>,
    /// What was said.
    pub told: Option<FailureRecord>,
}

/// A purchase: all its rows, folded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Purchase {
    /// What was asked for.
    pub intent: Intent,
    /// When it was asked for.
    pub asked: Stamp,
    /// Every request.
    pub attempts: Vec<Attempt>,
    /// Every charge id that was ever given for the key; more than one makes no sense.
    pub charges: Vec<ChargeId>,
    /// How it ended, if it did.
    pub outcome: Option<Outcome>,
    /// When it ended.
    pub ended: Option<Stamp>,
    /// Whether a caller has seen the outcome.
    pub delivered: bool,
    /// When the newest row was written.
    last: Stamp,
    /// How long after the intent that was: the steps from row to row, added up.
    since_intent: KeyAge,
    /// How long after the first request that may have left, in the same way.
    since_sent: KeyAge,
}

impl Purchase {
    /// A purchase of which only the intent exists.
    pub fn new(intent: Intent, asked: Stamp) -> Self {
        Self {
            intent,
            last: asked.clone(),
            since_intent: KeyAge::Known(Duration::ZERO),
            since_sent: KeyAge::Unused,
            asked,
            attempts: Vec::new(),
            charges: Vec::new(),
            outcome: None,
            ended: None,
            delivered: false,
        }
    }

    /// Takes one more row in. The order of rows is the order of events.
    pub fn apply(&mut self, stamp: &Stamp, row: &Row) {
        let step = self.last.step_to(stamp);
        self.since_intent = self.since_intent.and(step);
        self.since_sent = self.since_sent.and(step);
        self.last = stamp.clone();
        match row {
            Row::Intent(_) | Row::Recovered => {}
            Row::Reopened | Row::ReopenedAt { .. } => {
                if let Row::ReopenedAt { amount } = row {
                    self.intent.amount = *amount;
                }
                self.outcome = None;
                self.ended = None;
                self.delivered = false;
            }
            Row::Sending { n } => {
                self.attempts.push(Attempt {
                    n: *n,
                    sent: stamp.clone(),
                    verdict: None,
                    told: None,
                });
                if self.since_sent == KeyAge::Unused {
                    self.since_sent = KeyAge::Known(Duration::ZERO);
                }
            }
            Row::Attempt { n, verdict, told } => {
                if let Some(attempt) = self.attempt_mut(*n) {
                    attempt.verdict = Some(*verdict);
                    attempt.told = Some(told.clone());
                    // The server's clock is first known from its answer.
                    attempt.sent.server = attempt.sent.server.or(stamp.server);
                }
                if self.first_sent().is_none() {
                    self.since_sent = KeyAge::Unused;
                }
            }
            Row::Accepted { n, charge_id } => {
                if let Some(attempt) = self.attempt_mut(*n) {
                    attempt.verdict = Some(Verdict::Accepted);
                }
                if !self.charges.contains(charge_id) {
                    self.charges.push(charge_id.clone());
                }
            }
            Row::Final(outcome) => {
                // The first end counts; a later, other one is reported by who saw it.
                if self.outcome.is_none() {
                    self.outcome = Some(outcome.clone());
                    self.ended = Some(stamp.clone());
                }
            }
            Row::Delivered => self.delivered = self.outcome.is_some(),
        }
    }

    fn attempt_mut(&mut self, n: u32) -> Option<&mut Attempt> {
        self.attempts.iter_mut().rev().find(|attempt| attempt.n == n)
    }

    /// Seen declined for good. A payment that its card holder may still confirm in a browser is not.
    pub fn is_declined(&self) -> bool {
        matches!(&self.outcome, Some(Outcome::Failed(told)) if told.class != Class::AuthenticationRequired)
    }

    /// The number of the next request.
    pub fn next_n(&self) -> u32 {
        self.attempts.last().map_or(1, |attempt| attempt.n + 1)
    }

    /// Whether some request may have charged: one unknown stays unknown whatever refusals come
    /// after it, because a gate may refuse a replay whose first request charged.
    pub fn may_have_charged(&self) -> bool {
        !self.charges.is_empty()
            || self.attempts.iter().any(|attempt| {
                matches!(attempt.verdict, None | Some(Verdict::Unknown | Verdict::Accepted))
            })
    }

    /// Whether this request is the only one that can have charged anything: no other of ours, and
    /// none of another machine.
    pub fn only_this_can_have_charged(&self, n: u32) -> bool {
        let nothing = |verdict| matches!(verdict, Some(Verdict::No | Verdict::Unsent));
        self.intent.first_use_proven
            && self.charges.is_empty()
            && self.attempts.iter().all(|attempt| attempt.n == n || nothing(attempt.verdict))
    }

    /// What the person who has to finish it was told, where one has to.
    pub fn waits_for_person(&self) -> Option<&FailureRecord> {
        if self.outcome.is_some() || !self.charges.is_empty() {
            return None;
        }
        let taken = |attempt: &&Attempt| attempt.verdict == Some(Verdict::Accepted);
        self.attempts.iter().rev().find(taken).and_then(|attempt| attempt.told.as_ref())
    }

    /// Whether money moved, as far as it is proved.
    pub fn charged(&self) -> Charged {
        match &self.outcome {
            // Another machine may have used this key as well, and been charged.
            None | Some(Outcome::Refused(_) | Outcome::NeverSent | Outcome::NotNeeded)
                if !self.intent.first_use_proven =>
            {
                Charged::Unknown
            }
            Some(outcome) => outcome.charged(),
            None if self.may_have_charged() => Charged::Unknown,
            None => Charged::No,
        }
    }

    /// When the key was first used, as far back as anything says; none when it never was.
    pub fn first_use(&self) -> Option<Stamp> {
        self.uses().next()
    }

    /// Whether only the wall clock can tell how old the key is: it was used elsewhere, or before
    /// this machine was last started.
    pub fn rests_on_the_wall_clock(&self, now: &Moment) -> bool {
        let first = self.first_sent().map(|attempt| &attempt.sent);
        let first = first.or(self.intent.naming.is_given().then_some(&self.asked));
        let restarted = first.is_some_and(|first| first.boot.is_none() || first.boot != now.boot);
        restarted || self.intent.first_use_at.is_some()
    }

    /// How old the key is: the largest of what all clocks say of its first uses, each by itself
    /// and along the rows. A machine that was set back and started again betrays itself only
    /// along the rows.
    pub fn key_age(&self, now: &Moment) -> KeyAge {
        let step = self.last.step_to(&Stamp::from(now));
        let said = self.given_since().map(|since| match forward(since, self.asked.wall) {
            Some(before) => self.since_intent.and(step).and(Some(before)),
            None => KeyAge::Unreadable,
        });
        let by_clock = self.uses().map(|stamp| match stamp.age(now) {
            Some(age) => KeyAge::Known(age),
            None => KeyAge::Unreadable,
        });
        by_clock.chain(said).fold(self.since_sent.and(step), KeyAge::older)
    }

    /// The first use of a key that others may know: another machine can have sent it as soon as
    /// the name was given here, whatever this one did.
    fn given_since(&self) -> Option<Timestamp> {
        let given = self.intent.naming.is_given().then_some(self.asked.wall);
        self.intent.first_use_at.or(given)
    }

    /// The first request that may have left this machine.
    fn first_sent(&self) -> Option<&Attempt> {
        self.attempts.iter().find(|attempt| attempt.verdict != Some(Verdict::Unsent))
    }

    /// What was said of the first use, and the first use from here: each is read by itself,
    /// because only the second knows the monotonic clock.
    fn uses(&self) -> impl Iterator<Item = Stamp> {
        let said = self.given_since().map(|wall| Stamp {
            wall,
            boot: None,
            monotonic_ms: None,
            server: None,
        });
        let here = self.first_sent().map(|attempt| attempt.sent.clone());
        said.into_iter().chain(here)
    }
}
