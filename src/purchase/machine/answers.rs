//! What the answer to a request means: which verdict is noted, and what comes after.

use super::Machine;
use super::states::{MachineState, Next, RefusalFacts, plain_answer};
use super::{LONGEST_WAIT, signal_of};
use crate::core::class::Class;
use crate::core::failure::Charged;
use crate::provider::{ChargeResponse, Paid, ProviderError};
use crate::purchase::record::{FailureRecord, JournalRow, OpenedPayment, Outcome, Verdict};
use crate::purchase::steps::Action;
use std::time::Duration;

/// Waits before a request is sent again whose outcome is unknown: one entry per replay of a run.
const UNKNOWN_WAITS: [Duration; 2] = [Duration::from_secs(2), Duration::from_secs(10)];
/// Waits before a request is sent again that never left: one entry per try of a run.
const UNSENT_WAITS: [Duration; 2] = [Duration::from_millis(500), Duration::from_secs(2)];
/// How often a run asks again while another request with the same key is being worked on.
const IN_FLIGHT_REPLAYS: u32 = 5;
/// The wait between those, unless the server says how long.
const IN_FLIGHT_WAIT: Duration = Duration::from_secs(2);
/// How many requests of one run may go out, those not counted that never left and those that
/// found another one being worked on.
const MOST_POSTS: u32 = 3;

impl Machine {
    /// The answer to the request becomes a verdict, and the verdict a row.
    pub(super) fn answered(&mut self, n: u32, posted: ChargeResponse) -> Action {
        if !matches!(posted, ChargeResponse::Unsent(_) | ChargeResponse::InFlight(_)) {
            self.answered_posts += 1;
        }
        let may_post_again = self.answered_posts < MOST_POSTS;
        let (verdict, refusal, next) = match posted {
            ChargeResponse::Accepted(charge_id) => {
                let row = JournalRow::Accepted { n, charge_id, payment: None };
                return self.record(MachineState::NotingAnswer(Next::Poll), row);
            }
            ChargeResponse::Opened(opened) => {
                let payment = Some(OpenedPayment::from(opened.as_ref()));
                let row = JournalRow::Accepted { n, charge_id: opened.payment_id, payment };
                return self.record(MachineState::NotingAnswer(Next::Poll), row);
            }
            ChargeResponse::Done(paid) => return self.done_at_once(n, paid),
            ChargeResponse::AlreadySo => {
                let outcome = if self.purchase.only_this_can_have_charged(n) {
                    Outcome::NotNeeded
                } else {
                    Outcome::InForce
                };
                return self.end_with(outcome, Class::Success, None);
            }
            ChargeResponse::Declined(refusal) => {
                let (class, answer) = (refusal.class, RefusalFacts::from(refusal));
                return self.end_with(Outcome::Failed(answer.failure.clone()), class, Some(answer));
            }
            ChargeResponse::NeedsPerson(refusal) => {
                (Verdict::Accepted, refusal.clone(), Next::NeedsPerson(refusal.into()))
            }
            ChargeResponse::Unsent(broken) => {
                let signal = broken.signal;
                let refusal = ProviderError::from(broken);
                return match signal {
                    Some(signal) => {
                        let next = Next::Stopped(signal, refusal.clone().into());
                        self.note_attempt(n, Verdict::Unsent, &refusal, next)
                    }
                    None => self.not_sent(n, &refusal),
                };
            }
            ChargeResponse::Refused(refusal) if refusal.class.is_login_trouble() => {
                (Verdict::No, refusal.clone(), Next::Stay(refusal.into()))
            }
            ChargeResponse::Refused(refusal) | ChargeResponse::Throttled(refusal) => {
                (Verdict::No, refusal.clone(), Next::Refuse(refusal.into()))
            }
            ChargeResponse::RefusedInOtherWords(refusal) => {
                (Verdict::No, refusal.clone(), Next::KeepKey(refusal.into()))
            }
            ChargeResponse::Unauthorized(refusal) if self.renewed || !may_post_again => {
                (Verdict::No, refusal.clone(), Next::Stay(refusal.into()))
            }
            ChargeResponse::Unauthorized(refusal) => {
                self.renewed = true;
                (Verdict::No, refusal, Next::Renew)
            }
            ChargeResponse::Conflict(refusal) if self.plan.seller.one_at_a_time() => {
                // It knows no keys, so this proves nothing.
                return self.unclear(n, &refusal, false);
            }
            ChargeResponse::Conflict(refusal) => {
                (Verdict::No, refusal.clone(), Next::Conflict(refusal.into()))
            }
            ChargeResponse::InFlight(refusal) if self.plan.seller.one_at_a_time() => {
                return self.unclear(n, &refusal, false);
            }
            ChargeResponse::InFlight(refusal) => {
                let next = if self.in_flight_replays < IN_FLIGHT_REPLAYS {
                    self.in_flight_replays += 1;
                    let after = refusal.retry_after.map_or(IN_FLIGHT_WAIT, Duration::from_secs);
                    Next::PostAgain { after: after.min(LONGEST_WAIT) }
                } else {
                    Next::Unknown(refusal.clone().into())
                };
                (Verdict::Unknown, refusal, next)
            }
            ChargeResponse::Unknown { refusal, replay } => {
                return self.unclear(n, &refusal, replay && may_post_again);
            }
        };
        self.note_attempt(n, verdict, &refusal, next)
    }

    pub(super) fn note_attempt(
        &mut self,
        n: u32,
        verdict: Verdict,
        refusal: &ProviderError,
        next: Next,
    ) -> Action {
        let row = JournalRow::Attempt { n, verdict, failure: FailureRecord::from(refusal) };
        self.record(MachineState::NotingAnswer(next), row)
    }

    /// The request never left: it is tried again a few times, where waiting can help.
    pub(super) fn not_sent(&mut self, n: u32, refusal: &ProviderError) -> Action {
        let next = match UNSENT_WAITS.get(self.unsent_replays) {
            Some(after) if refusal.class.may_pass() => {
                self.unsent_replays += 1;
                Next::PostAgain { after: *after }
            }
            _ => Next::Refuse(refusal.clone().into()),
        };
        self.note_attempt(n, Verdict::Unsent, refusal, next)
    }

    /// The request may have charged. Under its key it is sent again; where the seller knows no keys
    /// only the evidence answers; and a payment whose page was never shown cannot be paid.
    fn unclear(&mut self, n: u32, refusal: &ProviderError, replay: bool) -> Action {
        let seller = self.plan.seller;
        let answer = RefusalFacts::from(refusal.clone());
        let verdict = if seller.person_pays() { Verdict::No } else { Verdict::Unknown };
        let next = match (signal_of(refusal), UNKNOWN_WAITS.get(self.unknown_replays)) {
            (Some(signal), _) => Next::Stopped(signal, answer),
            (None, _) if seller.person_pays() => Next::Refuse(answer),
            (None, _) if seller.one_at_a_time() => Next::Evidence(answer),
            (None, Some(after)) if replay => {
                self.unknown_replays += 1;
                Next::PostAgain { after: *after }
            }
            _ => Next::Unknown(answer),
        };
        self.note_attempt(n, verdict, refusal, next)
    }

    /// Paid with the answer itself; its id, where there is one, is kept first.
    fn done_at_once(&mut self, n: u32, paid: Paid) -> Action {
        match paid.charge_id.clone() {
            Some(charge_id) => {
                let row = JournalRow::Accepted { n, charge_id, payment: None };
                self.record(MachineState::NotingAnswer(Next::Paid(paid)), row)
            }
            None => self.settle(paid),
        }
    }

    /// What was noted could not be made durable: the request is out, and its result is kept in
    /// memory and reported. A payment that only this process knows is not shown, so that it cannot
    /// be paid beside another one.
    pub(super) fn next_unrecorded(&mut self, next: Next, refusal: ProviderError) -> Action {
        if matches!(self.pending_row, Some((_, JournalRow::Accepted { payment: Some(_), .. }))) {
            return self.done(refusal.class, Some(refusal.into()));
        }
        self.unrecorded = true;
        self.take_row_in();
        match next {
            // Without the row on the disk the next run would not know of this request.
            Next::PostAgain { .. } | Next::Send | Next::Renew => {
                let failure =
                    self.purchase.attempts.last().and_then(|attempt| attempt.failure.clone());
                let class = if self.purchase.may_have_charged() {
                    Class::OutcomeUnknown
                } else {
                    failure.as_ref().map_or(Class::Config, |failure| failure.class)
                };
                self.done(class, failure.map(plain_answer))
            }
            other => self.next(other),
        }
    }

    pub(super) fn next(&mut self, next: Next) -> Action {
        match next {
            Next::Poll if self.plan.seller.status_by_id => self.begin_polling(),
            Next::Poll => self.begin_evidence(None),
            Next::PostAgain { after } => {
                self.state = MachineState::WaitingToPost;
                Action::Wait(after)
            }
            Next::Renew => {
                self.state = MachineState::TokenToPost;
                Action::Authorize { renew: true }
            }
            Next::Refuse(answer) => self.refuse(answer),
            Next::KeepKey(answer) => self.keep_key(answer),
            Next::Send => self.send(),
            Next::Paid(paid) => self.settle(paid),
            Next::Found(listed) => self.go_on_with_listed(&listed),
            Next::Evidence(answer) => self.begin_evidence(Some(answer)),
            Next::Conflict(answer) if self.purchase.charged() == Charged::Unknown => {
                self.done(Class::IdempotencyConflict, Some(answer))
            }
            Next::Conflict(answer) => self.refuse(answer),
            Next::Stay(answer) => self.stay(answer),
            Next::Unknown(answer) => self.done(Class::OutcomeUnknown, Some(answer)),
            // What an earlier run asked for may be finished by now, even where the answer under the
            // key does not say so.
            Next::NeedsPerson(_) if self.plan.loaded => self.begin_polling(),
            // The word is not known here, so it ends nothing: what was paid for may be there in a moment.
            Next::NeedsPerson(answer) if answer.failure.class != Class::ActionRequired => {
                self.poll_for_a_moment()
            }
            Next::NeedsPerson(answer) => self.done(answer.failure.class, Some(answer)),
            Next::Stopped(signal, _) if self.purchase.charged() == Charged::Unknown => {
                self.done(signal.class(), None)
            }
            Next::Stopped(signal, answer) => {
                let outcome = Outcome::Refused(answer.failure);
                self.end_with(outcome, signal.class(), None)
            }
        }
    }

    /// A refusal ends the purchase only where no other request can have charged.
    pub(super) fn refuse(&mut self, answer: RefusalFacts) -> Action {
        if self.purchase.charged() == Charged::Unknown {
            return self.done(Class::OutcomeUnknown, Some(answer));
        }
        let class = answer.failure.class;
        self.end_with(Outcome::Refused(answer.failure.clone()), class, Some(answer))
    }

    /// The entry stays open: after another login `resume` goes on with it.
    pub(super) fn stay(&mut self, answer: RefusalFacts) -> Action {
        // Accepted and only not to be polled at, or nothing sent at all: the login is what is
        // missing. Otherwise what is missing is the outcome.
        let taken_on =
            !self.purchase.charges.is_empty() || self.purchase.waits_for_person().is_some();
        let asked = !self.purchase.attempts.is_empty() && !taken_on;
        let class = if asked && self.purchase.charged() == Charged::Unknown {
            Class::OutcomeUnknown
        } else {
            answer.failure.class
        };
        self.done(class, Some(answer))
    }
}
