//! What the answer to a request means: which verdict is noted, and what comes after.

use super::LONGEST_WAIT;
use super::Machine;
use super::states::{Answer, Next, State};
use crate::core::class::Class;
use crate::core::failure::Charged;
use crate::core::money::Money;
use crate::core::signals::Signal;
use crate::provider::{ChargeResponse, ProviderError};
use crate::purchase::record::{FailureRecord, Outcome, Row, Verdict};
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
                return self
                    .record(State::NotingAnswer(Next::Poll), Row::Accepted { n, charge_id });
            }
            ChargeResponse::Done => {
                let amount_usd = Money::from(self.purchase.intent.amount);
                let outcome = Outcome::Settled { amount_usd, settled_at: None };
                return self.end_with(outcome, Class::Success, None);
            }
            ChargeResponse::AlreadySo => {
                let outcome = if self.purchase.only_this_can_have_charged(n) {
                    Outcome::NotNeeded
                } else {
                    Outcome::InForce
                };
                return self.end_with(outcome, Class::Success, None);
            }
            ChargeResponse::Declined(refusal) => {
                let (class, answer) = (refusal.class, Answer::from(refusal));
                return self.end_with(Outcome::Failed(answer.told.clone()), class, Some(answer));
            }
            ChargeResponse::NeedsPerson(refusal) => {
                (Verdict::Accepted, refusal.clone(), Next::NeedsPerson(refusal.into()))
            }
            ChargeResponse::Unsent(broken) => {
                let signal = broken.signal;
                let refusal = ProviderError::from(broken);
                let answer = Answer::from(refusal.clone());
                let next = match (signal, UNSENT_WAITS.get(self.unsent_replays)) {
                    (Some(signal), _) => Next::Stopped(signal, answer),
                    (None, Some(after)) if refusal.class.may_pass() => {
                        self.unsent_replays += 1;
                        Next::PostAgain { after: *after }
                    }
                    _ => Next::Refuse(answer),
                };
                (Verdict::Unsent, refusal, next)
            }
            ChargeResponse::Refused(refusal) if refusal.class.is_login_trouble() => {
                (Verdict::No, refusal.clone(), Next::Stay(refusal.into()))
            }
            ChargeResponse::Refused(refusal) | ChargeResponse::Throttled(refusal) => {
                (Verdict::No, refusal.clone(), Next::Refuse(refusal.into()))
            }
            ChargeResponse::Conflict(refusal) => {
                (Verdict::No, refusal.clone(), Next::Conflict(refusal.into()))
            }
            ChargeResponse::Unauthorized(refusal) if self.renewed || !may_post_again => {
                (Verdict::No, refusal.clone(), Next::Stay(refusal.into()))
            }
            ChargeResponse::Unauthorized(refusal) => {
                self.renewed = true;
                (Verdict::No, refusal, Next::Renew)
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
                let answer = Answer::from(refusal.clone());
                let next =
                    match (Signal::of(refusal.class), UNKNOWN_WAITS.get(self.unknown_replays)) {
                        (Some(signal), _) => Next::Stopped(signal, answer),
                        (None, Some(after)) if replay && may_post_again => {
                            self.unknown_replays += 1;
                            Next::PostAgain { after: *after }
                        }
                        _ => Next::Unknown(answer),
                    };
                (Verdict::Unknown, refusal, next)
            }
        };
        let row = Row::Attempt { n, verdict, told: FailureRecord::from(&refusal) };
        self.record(State::NotingAnswer(next), row)
    }

    pub(super) fn next(&mut self, next: Next) -> Action {
        match next {
            Next::Poll if self.purchase.charges.len() > 1 => self.end_two_charges(),
            Next::Poll => self.begin_polling(),
            Next::PostAgain { after } => {
                self.state = State::WaitingToPost;
                Action::Wait(after)
            }
            Next::Renew => {
                self.state = State::TokenToPost;
                Action::Authorize { renew: true }
            }
            Next::Refuse(answer) => self.refuse(answer),
            Next::Conflict(answer) if self.purchase.charged() == Charged::Unknown => {
                self.done(Class::IdempotencyConflict, Some(answer))
            }
            Next::Conflict(answer) => self.refuse(answer),
            Next::Stay(answer) => self.stay(answer),
            Next::Unknown(answer) => self.done(Class::OutcomeUnknown, Some(answer)),
            // What an earlier run asked for may be finished by now, whatever the key remembers.
            Next::NeedsPerson(_) if self.plan.loaded => self.begin_polling(),
            Next::NeedsPerson(answer) => self.done(answer.told.class, Some(answer)),
            Next::Stopped(signal, _) if self.purchase.charged() == Charged::Unknown => {
                self.done(signal.class(), None)
            }
            Next::Stopped(signal, answer) => {
                let outcome = Outcome::Refused(answer.told);
                self.end_with(outcome, signal.class(), None)
            }
        }
    }

    /// A refusal ends the purchase only where no other request can have charged.
    pub(super) fn refuse(&mut self, answer: Answer) -> Action {
        if self.purchase.charged() == Charged::Unknown {
            return self.done(Class::OutcomeUnknown, Some(answer));
        }
        let class = answer.told.class;
        self.end_with(Outcome::Refused(answer.told.clone()), class, Some(answer))
    }

    /// The entry stays open: after another login `resume` goes on with it.
    pub(super) fn stay(&mut self, answer: Answer) -> Action {
        // Accepted and only not to be polled at, or nothing sent at all: the login is what is
        // missing. Otherwise what is missing is the outcome.
        let taken_on =
            !self.purchase.charges.is_empty() || self.purchase.waits_for_person().is_some();
        let asked = !self.purchase.attempts.is_empty() && !taken_on;
        let class = if asked && self.purchase.charged() == Charged::Unknown {
            Class::OutcomeUnknown
        } else {
            answer.told.class
        };
        self.done(class, Some(answer))
    }
}
