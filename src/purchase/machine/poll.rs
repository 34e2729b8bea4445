//! Looking at what was accepted, until it is final or the wait is over.

use super::states::{Answer, State, plain_answer};
use super::{LONGEST_WAIT, Machine};
use crate::core::class::Class;
use crate::core::money::Money;
use crate::core::signals::Signal;
use crate::provider::ChargeStatus;
use crate::provider::plans::Seen;
use crate::purchase::record::Outcome;
use crate::purchase::steps::{Action, RunMode};
use std::time::Duration;

impl Machine {
    pub(super) fn begin_polling(&mut self) -> Action {
        if self.plan.wait.is_none() {
            return self.not_final(None);
        }
        if self.purchase.waits_for_person().is_some() && self.plan.intention == RunMode::Buy {
            // Whoever asks for it again is told where to finish it, and not kept waiting.
            self.plan.wait = Some(Duration::ZERO);
        }
        self.poll_started = Some(self.now.monotonic);
        if self.authorized {
            return self.poll();
        }
        self.state = State::TokenToPoll;
        Action::Authorize { renew: false }
    }

    pub(super) fn poll(&mut self) -> Action {
        self.state = State::Polling;
        match self.purchase.charges.first() {
            Some(id) => Action::Poll(id.clone()),
            None => Action::LookAtPlan,
        }
    }

    /// A plan that is in force is what was asked for, whoever paid for it.
    pub(super) fn plan_polled(&mut self, seen: Seen) -> Action {
        let for_want_of_a_key = self.polls_for_want_of_a_key.take();
        match (seen, for_want_of_a_key) {
            (Seen::InForce, _) => self.end_with(Outcome::InForce, Class::Success, None),
            (_, Some(why)) => self.end_too_old(why),
            (Seen::NotInForce, None) => self.polled(ChargeStatus::Pending),
            (Seen::Trouble { refusal, unauthorized }, None) => {
                self.polled(ChargeStatus::Trouble { refusal, unauthorized })
            }
        }
    }

    /// It was taken on, and is not final when the wait ends.
    pub(super) fn not_final(&mut self, trouble: Option<Answer>) -> Action {
        if let Some(told) = self.purchase.waits_for_person().cloned() {
            return self.done(told.class, Some(plain_answer(told)));
        }
        // What makes no sense is not told as "nothing is wrong".
        let senseless = trouble.as_ref().is_some_and(|answer| answer.told.class == Class::Protocol);
        let class = if senseless { Class::Protocol } else { Class::Pending };
        self.done(class, trouble)
    }

    pub(super) fn polled(&mut self, polled: ChargeStatus) -> Action {
        let wait = match polled {
            ChargeStatus::Settled { amount_usd, settled_at } => {
                let as_asked = amount_usd == Money::from(self.purchase.intent.amount);
                let outcome = Outcome::Settled { amount_usd, settled_at };
                let class = if as_asked { Class::Success } else { Class::Protocol };
                return self.end_with(outcome, class, None);
            }
            ChargeStatus::Failed(refusal) => {
                let class = refusal.class;
                let answer = Answer::from(refusal);
                return self.end_with(Outcome::Failed(answer.told.clone()), class, Some(answer));
            }
            ChargeStatus::Pending => {
                self.renewed_to_poll = false;
                self.last_trouble = None;
                self.plan.poll
            }
            ChargeStatus::Trouble { refusal, unauthorized } => {
                if let Some(signal) = Signal::of(refusal.class) {
                    return self.done(signal.class(), None);
                }
                if unauthorized && !self.renewed_to_poll {
                    self.renewed_to_poll = true;
                    self.state = State::TokenToPoll;
                    return Action::Authorize { renew: true };
                }
                let asked = refusal
                    .retry_after
                    .map(|seconds| Duration::from_secs(seconds).min(LONGEST_WAIT));
                if unauthorized || !refusal.class.may_pass() {
                    return self.stay(refusal.into());
                }
                self.last_trouble = Some(refusal.into());
                asked.map_or(self.plan.poll, |asked| asked.max(self.plan.poll))
            }
        };
        let now = self.now.monotonic;
        let waited = now.saturating_sub(self.poll_started.unwrap_or(now));
        let left = self.plan.wait.unwrap_or_default().saturating_sub(waited);
        if left.is_zero() {
            let trouble = self.last_trouble.take();
            return self.not_final(trouble);
        }
        self.state = State::WaitingToPoll;
        Action::Wait(wait.min(left))
    }
}
