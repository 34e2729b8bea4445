//! What a purchase is: the fold of its rows, on disk and in memory alike, so that both can never
//! disagree.

pub use super::clocks::{BootId, KeyAge, Moment, RunAttempt, Stamp};
pub use super::row::{
    FailureRecord, Intent, JournalRow, KeyOrigin, OpenedPayment, Outcome, Remark, Reporter, Verdict,
};

use super::baseline::Baseline;
use super::clocks::{Elapsed, Reading, forward};
use crate::core::class::Class;
use crate::core::failure::Charged;
use crate::provider::ChargeId;
use crate::provider::plans::Item;
use jiff::Timestamp;

/// One request of a purchase.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// Counts from 1.
    pub n: u32,
    /// When it was about to be sent.
    pub sent: Stamp,
    /// What came of it; none when the process ended before it could say.
    pub verdict: Option<Verdict>,
    /// Why, as the system reported it.
    pub failure: Option<FailureRecord>,
    /// What the seller's evidence showed before it.
    pub baseline: Option<Baseline>,
}

impl Attempt {
    /// Whether it may have charged.
    fn is_unclear(&self) -> bool {
        matches!(self.verdict, None | Some(Verdict::Unknown | Verdict::Accepted))
    }
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
    /// The payment that a person finishes, where it is one and was opened.
    pub payment: Option<OpenedPayment>,
    /// What the bank's check was reported with, while it is open.
    pub bank_check: Option<FailureRecord>,
    /// A refusal with an unknown code keeps the key in use: the refusal, and what the
    /// seller's figures showed right after it.
    pub key_kept: Option<(FailureRecord, Option<Baseline>)>,
    /// How it ended, if it did.
    pub outcome: Option<Outcome>,
    /// When it ended.
    pub ended: Option<Stamp>,
    /// What the person added who recorded the end, where one did.
    pub remark: Option<Remark>,
    /// Whether a caller who was owed the outcome has seen it.
    pub delivered: bool,
    /// The attempts of runs of a CI system that wrote a row here.
    seen_in: Vec<RunAttempt>,
    /// How long ago it was asked for.
    since_asked: Elapsed,
    /// How long ago the first request went out that may have left.
    since_sent: Option<Elapsed>,
}

impl Purchase {
    /// A purchase of which only the intent exists.
    pub fn new(intent: Intent, asked: Stamp) -> Self {
        Self {
            intent,
            seen_in: asked.attempt.iter().cloned().collect(),
            since_asked: Elapsed::since(&(&asked).into()),
            since_sent: None,
            asked,
            attempts: Vec::new(),
            charges: Vec::new(),
            payment: None,
            bank_check: None,
            key_kept: None,
            outcome: None,
            ended: None,
            remark: None,
            delivered: false,
        }
    }

    /// Takes one more row in. The order of rows is the order of events.
    pub fn apply(&mut self, stamp: &Stamp, row: &JournalRow) {
        let now = Reading::from(stamp);
        self.since_asked.go_on(&now);
        if let Some(sent) = &mut self.since_sent {
            sent.go_on(&now);
        }
        if let Some(attempt) =
            stamp.attempt.as_ref().filter(|attempt| !self.seen_in.contains(attempt))
        {
            self.seen_in.push(attempt.clone());
        }
        match row {
            JournalRow::Intent(_) | JournalRow::Recovered => {}
            JournalRow::Doubted => {
                let (intent, asked) = (&mut self.intent, self.asked.best_wall());
                intent.first_use_proven = false;
                // Its key may have been sent at any time since it was made.
                intent.first_use_at = Some(intent.first_use_at.map_or(asked, |at| at.min(asked)));
            }
            JournalRow::Reopened | JournalRow::ReopenedAt { .. } => {
                if let JournalRow::ReopenedAt { amount } = row {
                    self.intent.amount = *amount;
                }
                self.outcome = None;
                self.ended = None;
                self.delivered = false;
            }
            JournalRow::Sending { n, baseline } => {
                self.attempts.push(Attempt {
                    n: *n,
                    sent: stamp.clone(),
                    verdict: None,
                    failure: None,
                    baseline: baseline.clone(),
                });
                self.since_sent.get_or_insert_with(|| Elapsed::since(&now));
            }
            JournalRow::Attempt { n, verdict, failure } => {
                if let Some(attempt) = self.attempt_mut(*n) {
                    attempt.verdict = Some(*verdict);
                    attempt.failure = Some(failure.clone());
                }
                if self.first_sent().is_none() {
                    self.since_sent = None;
                }
            }
            JournalRow::Accepted { n, charge_id, payment } => {
                if let Some(attempt) = self.attempt_mut(*n) {
                    attempt.verdict = Some(Verdict::Accepted);
                }
                if !self.charges.contains(charge_id) {
                    self.charges.push(charge_id.clone());
                }
                if let Some(payment) = payment {
                    if let Some(price) = payment.price.dollars() {
                        self.intent.amount = price;
                    }
                    self.payment = Some(payment.clone());
                }
            }
            JournalRow::BankCheck(failure) => self.bank_check = Some(failure.clone()),
            JournalRow::Final(outcome) => {
                self.key_kept = match outcome {
                    Outcome::KeyKept { failure, baseline } => {
                        Some((failure.clone(), baseline.clone()))
                    }
                    _ => None,
                };
                // The first end counts; a later, other one is reported by the run that saw it.
                if self.outcome.is_none() {
                    self.outcome = Some(outcome.clone());
                    self.ended = Some(stamp.clone());
                }
            }
            JournalRow::Remark(remark) => self.remark = Some(remark.clone()),
            JournalRow::Delivered | JournalRow::Reported { .. } => {
                self.delivered = self.outcome.is_some();
            }
        }
    }

    fn attempt_mut(&mut self, n: u32) -> Option<&mut Attempt> {
        self.attempts.iter_mut().rev().find(|attempt| attempt.n == n)
    }

    /// Whether a run may send it, again or for the first time: it is open, or ended with a refusal that
    /// leaves its key in use.
    pub fn may_be_sent_again(&self) -> bool {
        match &self.outcome {
            None | Some(Outcome::KeyKept { .. }) => true,
            Some(Outcome::Refused(_) | Outcome::NeverSent) => self.intent.naming.is_given(),
            Some(_) => false,
        }
    }

    /// Seen declined for good. A payment that its card holder may still confirm in a browser is
    /// not.
    pub fn is_declined(&self) -> bool {
        matches!(&self.outcome, Some(Outcome::Failed(failure)) if failure.class != Class::AuthenticationRequired)
    }

    /// The number of the next request.
    pub fn next_n(&self) -> u32 {
        self.attempts.last().map_or(1, |attempt| attempt.n + 1)
    }

    /// Whether some request may have charged: one unknown stays unknown even when refusals follow
    /// it, because a gate may refuse a replay whose first request charged. A payment whose
    /// page was never shown cannot be paid.
    pub fn may_have_charged(&self) -> bool {
        self.may_have_charged_before(self.next_n())
    }

    /// The same without the request of this number and those after it.
    pub fn may_have_charged_before(&self, n: u32) -> bool {
        let unclear = |attempt: &Attempt| attempt.n < n && attempt.is_unclear();
        !self.charges.is_empty()
            || (self.intent.item != Item::Pack && self.attempts.iter().any(unclear))
    }

    /// Whether this request or one after it may have charged.
    pub fn may_have_charged_from(&self, n: u32) -> bool {
        self.attempts.iter().any(|attempt| attempt.n >= n && attempt.is_unclear())
    }

    /// The newest request that may have charged.
    pub fn unclear(&self) -> Option<&Attempt> {
        self.attempts.iter().rev().find(|attempt| attempt.is_unclear())
    }

    /// Whether it is open and has no id to poll: only evidence can decide it.
    pub fn is_unknown(&self, status_by_id: bool) -> bool {
        let has_no_id = self.charges.is_empty() || !status_by_id;
        self.outcome.is_none() && self.may_have_charged() && has_no_id
    }

    /// Whether this request is the only one that can have charged anything: no other of ours, and
    /// none of another machine.
    pub fn only_this_can_have_charged(&self, n: u32) -> bool {
        let nothing = |verdict| matches!(verdict, Some(Verdict::No | Verdict::Unsent));
        self.intent.first_use_proven
            && self.charges.is_empty()
            && self.attempts.iter().all(|attempt| attempt.n == n || nothing(attempt.verdict))
    }

    /// What was reported to the person who has to finish it, where one has to.
    pub fn waits_for_person(&self) -> Option<&FailureRecord> {
        if self.outcome.is_some() || !self.charges.is_empty() {
            return None;
        }
        let taken = |attempt: &&Attempt| attempt.verdict == Some(Verdict::Accepted);
        self.attempts.iter().rev().find(taken).and_then(|attempt| attempt.failure.as_ref())
    }

    /// Whether money moved, as far as it is proved.
    pub fn charged(&self) -> Charged {
        match &self.outcome {
            // Another machine may have used this key as well, and been charged.
            None
            | Some(
                Outcome::Refused(_)
                | Outcome::KeyKept { .. }
                | Outcome::NeverSent
                | Outcome::NotNeeded,
            ) if !self.intent.first_use_proven => Charged::Unknown,
            Some(outcome) => outcome.charged(),
            None if self.may_have_charged() => Charged::Unknown,
            None => Charged::No,
        }
    }

    /// When it ended, for a person: the time of payment that the system gives, else when this journal
    /// learned how it ended; when it was asked for where it is open.
    pub fn ended_at(&self) -> Timestamp {
        match (&self.outcome, &self.ended) {
            (Some(Outcome::Settled { settled_at: Some(paid), .. }), _) => *paid,
            (_, Some(ended)) => ended.wall,
            (_, None) => self.asked.wall,
        }
    }

    /// When the key was first used, as far back as anything says; none when it never was.
    pub fn first_use(&self) -> Option<Stamp> {
        self.given().or_else(|| self.first_sent().map(|attempt| attempt.sent.clone()))
    }

    /// Whether its name or key carries this run of a CI system, and each attempt before this one
    /// wrote a row here: then no other machine has run one of them.
    pub fn has_seen_all_before(&self, now: &RunAttempt) -> bool {
        let given = self.intent.naming.given(&self.intent.key);
        let saw = |attempt| self.seen_in.contains(&RunAttempt { attempt, ..now.clone() });
        given.is_some_and(|given| now.is_carried_by(given)) && (1..now.attempt).all(saw)
    }

    /// Whether only the wall clock knows how old the key is: it was used elsewhere, or before
    /// this machine was last started.
    pub fn rests_on_the_wall_clock(&self, now: &Moment) -> bool {
        let first = self.first_sent().map(|attempt| &attempt.sent);
        let first = first.or(self.intent.naming.is_given().then_some(&self.asked));
        let restarted = first.is_some_and(|first| first.boot.is_none() || first.boot != now.boot);
        restarted || self.intent.first_use_at.is_some()
    }

    /// How old the key is.
    ///
    /// Where the server's own clock is known shortly after its first use and now, it decides: a
    /// wall clock that was wrong in between makes the key neither too old nor too young. Else it is
    /// the largest of what all clocks say of its first uses, each by itself and along the rows.
    pub fn key_age(&self, now: &Moment) -> KeyAge {
        let now = Reading::from(now);
        if self.is_known_elsewhere() {
            return self.age_elsewhere(&now);
        }
        let Some(sent) = &self.since_sent else { return KeyAge::Unused };
        let age = sent.at(&now);
        // It was not sent before it was asked for.
        self.since_asked.exactly(&now).map_or(age, |asked| age.younger(asked))
    }

    /// How old a key is that others may have used: as old as the name is here, or older where
    /// something says so.
    fn age_elsewhere(&self, now: &Reading) -> KeyAge {
        let asked = self.since_asked.at(now);
        let here = match &self.since_sent {
            Some(sent) if self.since_asked.exactly(now).is_none() => asked.older(sent.at(now)),
            _ => asked,
        };
        let Some(given) = self.intent.first_use_at else { return here };
        if let Some(age) = now.server().and_then(|server| forward(given, server)) {
            return here.older(KeyAge::Known(age));
        }
        let directly = Stamp::from_wall(given);
        let directly =
            Reading::from(&directly).until(now).map_or(KeyAge::Unreadable, KeyAge::Known);
        let before = match forward(given, self.asked.best_wall()) {
            Some(before) => asked.and(Some(before)),
            None => KeyAge::Unreadable,
        };
        here.older(directly).older(before)
    }

    /// Whether another machine can have sent the key, independently of this one.
    fn is_known_elsewhere(&self) -> bool {
        self.intent.first_use_at.is_some() || self.intent.naming.is_given()
    }

    /// The first use of a key that others may know: another machine can have sent it as soon as
    /// the name was given here, independently of this one.
    fn given(&self) -> Option<Stamp> {
        match self.intent.first_use_at {
            Some(wall) => Some(Stamp::from_wall(wall)),
            None => self.intent.naming.is_given().then(|| self.asked.clone()),
        }
    }

    /// The first request that may have left this machine.
    fn first_sent(&self) -> Option<&Attempt> {
        self.attempts.iter().find(|attempt| attempt.verdict != Some(Verdict::Unsent))
    }
}

#[cfg(test)]
#[path = "record_tests.rs"]
pub(super) mod tests;
