//! Looking for a purchase whose answer was lost, at a seller that knows no keys: its evidence of
//! before the request, compared with what it shows now.

use super::states::{MachineState, Next, RefusalFacts, plain_answer};
use super::{Machine, signal_of};
use crate::core::class::Class;
use crate::provider::{
    Bill, Evidence, EvidenceAnswer, EvidenceReading, ListedPurchase, ListedStanding, Paid, Total,
};
use crate::purchase::baseline::Baseline;
use crate::purchase::evidence::{EvidenceRequest, Finding, OtherPurchases};
use crate::purchase::record::{FailureRecord, JournalRow, Outcome, Stamp};
use crate::purchase::steps::Action;
use serde_json::Value;
use std::time::Duration;

/// Waits before the evidence is read; the last one again and again.
const WAITS: [Duration; 4] = [
    Duration::from_secs(2),
    Duration::from_secs(5),
    Duration::from_secs(10),
    Duration::from_secs(30),
];

/// How far back a list reaches at least, an hour off for clocks that differ.
const LIST_REACHES: Duration = Duration::from_secs(23 * 3600);

impl Machine {
    /// The evidence of before the request was read, and asked for at that time.
    pub(super) fn baseline_read(&mut self, asked: Duration, answer: EvidenceAnswer) -> Action {
        match answer {
            EvidenceAnswer::Read(reading) => {
                self.baseline = Some((Baseline::from(&reading), asked));
                self.send()
            }
            EvidenceAnswer::Trouble { refusal, .. } if signal_of(&refusal).is_some() => {
                self.done(refusal.class, None)
            }
            EvidenceAnswer::Trouble { unauthorized: true, .. } if !self.renewed => {
                self.renewed = true;
                self.state = MachineState::TokenToPost;
                Action::Authorize { renew: true }
            }
            // No evidence of before, no request.
            EvidenceAnswer::Trouble { refusal, .. } => self.stay(refusal.into()),
        }
    }

    /// Begins to search for the result of the request. `answer` is what it was answered with, where
    /// that was a moment ago.
    pub(super) fn begin_evidence(&mut self, answer: Option<RefusalFacts>) -> Action {
        let just_sent = answer.is_some();
        let failure = self.purchase.unclear().and_then(|attempt| attempt.failure.clone());
        self.unclear_answer = answer.or_else(|| failure.map(plain_answer));
        if self.plan.wait.is_none() || self.baseline_of_unclear().is_none() {
            return self.still_unknown(None);
        }
        self.poll_started = Some(self.now.monotonic);
        if just_sent && let Some(left) = self.left() {
            return self.wait_for_evidence(left);
        }
        if self.authorized {
            return self.poll();
        }
        self.state = MachineState::TokenToPoll;
        Action::Authorize { renew: false }
    }

    /// The evidence was read after the request.
    pub(super) fn evidence_read(
        &mut self,
        answer: EvidenceAnswer,
        others: &OtherPurchases,
    ) -> Action {
        let reading = match answer {
            EvidenceAnswer::Read(reading) => reading,
            EvidenceAnswer::Trouble { refusal, unauthorized } => {
                return match self.look_failed(refusal, unauthorized) {
                    Ok(_) => self.look_again_or_end(None),
                    Err(action) => *action,
                };
            }
        };
        self.renewed_to_poll = false;
        let Some(baseline) = self.baseline_of_unclear() else { return self.still_unknown(None) };
        let question = self.question(&baseline, &reading, others);
        match question.answer() {
            Finding::Nothing if self.can_no_longer_be_listed() => {
                let failure = FailureRecord {
                    class: Class::PaymentFailed,
                    code: None,
                    status: None,
                    message: "the seller's list shows each purchase as soon as it begins, and not this one".into(),
                    portal_url: None,
                };
                let answer = plain_answer(failure.clone());
                self.end_with(Outcome::Refused(failure), Class::PaymentFailed, Some(answer))
            }
            Finding::Nothing => {
                let details = self.left().is_none().then(|| question.details());
                self.look_again_or_end(details)
            }
            Finding::Listed(listed) if self.purchase.charges.contains(&listed.id) => {
                self.go_on_with_listed(&listed)
            }
            Finding::Listed(listed) => {
                let n = self.purchase.unclear().map_or(0, |attempt| attempt.n);
                let row = JournalRow::Accepted { n, charge_id: listed.id.clone(), payment: None };
                self.record(MachineState::NotingAnswer(Next::Found(listed)), row)
            }
            Finding::Granted => self.settle(Paid::default()),
            Finding::Doubt => {
                let details = question.details();
                self.still_unknown(Some(details))
            }
        }
    }

    /// The purchase has an id now, by the seller's own list.
    pub(super) fn go_on_with_listed(&mut self, listed: &ListedPurchase) -> Action {
        if self.plan.seller.status_by_id {
            return self.poll();
        }
        match listed.standing {
            ListedStanding::Open => self.look_again_or_end(None),
            ListedStanding::Paid => {
                let is_total = self.plan.seller.total == Total::WithExtras;
                let total_usd = listed.amount_usd.filter(|_| is_total);
                let bill = Bill { total_usd, ..Bill::default() };
                self.settle(Paid { settled_at: listed.created_at, bill, ..Paid::default() })
            }
            ListedStanding::Failed => {
                let failure = FailureRecord {
                    class: Class::PaymentFailed,
                    code: listed.word.clone(),
                    status: None,
                    message: "the payment failed, as the seller's list shows".into(),
                    portal_url: None,
                };
                let answer = plain_answer(failure.clone());
                self.end_with(Outcome::Failed(failure), Class::PaymentFailed, Some(answer))
            }
        }
    }

    /// What a reading has to be compared with.
    pub(super) fn question<'a>(
        &'a self,
        baseline: &'a Baseline,
        reading: &'a EvidenceReading,
        others: &'a OtherPurchases,
    ) -> EvidenceRequest<'a> {
        EvidenceRequest {
            purchase: &self.purchase,
            baseline,
            reading,
            others,
            seller: &self.plan.seller,
            sole_buyer: self.plan.sole_buyer,
        }
    }

    fn baseline_of_unclear(&self) -> Option<Baseline> {
        self.purchase.unclear().and_then(|attempt| attempt.baseline.clone())
    }

    /// Whether the seller documents that what is not listed by now did not begin: that time has
    /// gone by independently of the wall clock, and the list, which covers a day and no more, still
    /// reaches back to the request, by the server's own clock.
    fn can_no_longer_be_listed(&self) -> bool {
        let Evidence::List { complete_after: Some(complete_after), .. } = self.plan.seller.evidence
        else {
            return false;
        };
        let has_id = !self.purchase.charges.is_empty();
        let sent = self.purchase.unclear().map(|attempt| &attempt.sent);
        let Some(sent) = sent.filter(|_| !has_id && self.now.server.is_some()) else {
            return false;
        };
        // The machine may have slept since the list was asked for.
        let asked = self.evidence_asked.as_ref().map(Stamp::from);
        let gone = asked.and_then(|asked| sent.until_at_least(&asked));
        let is_time = gone.is_some_and(|gone| gone > complete_after);
        is_time && sent.age(&self.now).is_some_and(|age| age < LIST_REACHES)
    }

    fn look_again_or_end(&mut self, details: Option<Value>) -> Action {
        match self.left() {
            Some(left) => self.wait_for_evidence(left),
            None => self.still_unknown(details),
        }
    }

    fn wait_for_evidence(&mut self, left: Duration) -> Action {
        let wait = WAITS[self.evidence_waits.min(WAITS.len() - 1)];
        self.evidence_waits += 1;
        self.state = MachineState::WaitingForEvidence;
        Action::Wait(wait.min(left))
    }

    /// Nothing is concluded: what was shown is for a person to judge.
    fn still_unknown(&mut self, details: Option<Value>) -> Action {
        if let Some(failure) = self.purchase.waits_for_person().cloned() {
            return self.done(failure.class, Some(plain_answer(failure)));
        }
        let is_accepted = !self.purchase.charges.is_empty();
        let mut answer = self.last_trouble.take().or_else(|| self.unclear_answer.take());
        if let Some(details) = details {
            let known = answer.get_or_insert_with(|| plain_answer(not_seen()));
            known.details.insert("evidence".into(), details);
        }
        let class = if is_accepted { Class::Pending } else { Class::OutcomeUnknown };
        self.done(class, answer)
    }
}

fn not_seen() -> FailureRecord {
    FailureRecord {
        class: Class::OutcomeUnknown,
        code: None,
        status: None,
        message: "the seller does not show it so far".into(),
        portal_url: None,
    }
}
