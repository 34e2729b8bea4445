//! Looking at what was accepted, until it is final or the wait is over.

use super::states::{MachineState, RefusalFacts, plain_answer};
use super::{LONGEST_WAIT, Machine, signal_of};
use crate::core::class::Class;
use crate::core::failure::Charged;
use crate::provider::packs::PaymentStatus;
use crate::provider::plans::{Item, PlanSeen};
use crate::provider::{ChargeStatus, ProviderError};
use crate::purchase::record::{JournalRow, Outcome};
use crate::purchase::steps::{Action, RunMode};
use std::time::Duration;

/// How long a plan that was paid for may take to be shown. Contract: nous, upgrade.
const PLAN_LAGS: Duration = Duration::from_secs(30);

impl Machine {
    pub(super) fn begin_polling(&mut self) -> Action {
        if self.plan.wait.is_none() {
            return self.not_final(None);
        }
        if self.purchase.waits_for_person().is_some() && self.plan.intention == RunMode::Buy {
            // A caller who asks for it again learns where to finish it, and is not kept waiting.
            self.plan.wait = Some(Duration::ZERO);
        }
        self.poll_started = Some(self.now.monotonic);
        if self.authorized {
            return self.poll();
        }
        self.state = MachineState::TokenToPoll;
        Action::Authorize { renew: false }
    }

    /// As [`Machine::begin_polling`], for no longer than a plan takes to change.
    pub(super) fn poll_for_a_moment(&mut self) -> Action {
        let Some(wait) = self.plan.wait else { return self.not_final(None) };
        self.plan.wait = Some(wait.min(PLAN_LAGS));
        self.poll_started = Some(self.now.monotonic);
        self.poll()
    }

    /// Looks once: at the charge, at the plan, or at the evidence.
    pub(super) fn poll(&mut self) -> Action {
        let id = self.purchase.charges.first().filter(|_| self.plan.seller.status_by_id);
        if let Some(id) = id {
            self.state = MachineState::Polling;
            return Action::Poll(id.clone());
        }
        if self.purchase.intent.item.plan().is_some() {
            self.state = MachineState::Polling;
            return Action::LookAtPlan;
        }
        self.evidence_asked = Some(self.now.clone());
        self.state = MachineState::ReadingEvidence;
        Action::ReadEvidence
    }

    /// A plan that is in force is what was asked for, by whatever purchase it was paid.
    pub(super) fn plan_polled(&mut self, seen: PlanSeen) -> Action {
        let for_want_of_a_key = self.polls_for_want_of_a_key.take();
        match (seen, for_want_of_a_key) {
            (PlanSeen::InForce, _) => self.end_with(Outcome::InForce, Class::Success, None),
            (_, Some(why)) => self.end_too_old(why),
            (PlanSeen::NotInForce, None) => self.polled(ChargeStatus::Pending),
            (PlanSeen::Trouble { refusal, unauthorized }, None) => {
                self.polled(ChargeStatus::Trouble { refusal, unauthorized })
            }
        }
    }

    /// It was taken on, and is not final when the wait ends.
    pub(super) fn not_final(&mut self, trouble: Option<RefusalFacts>) -> Action {
        if let Some(failure) = self.purchase.waits_for_person().cloned() {
            return self.done(failure.class, Some(plain_answer(failure)));
        }
        if self.purchase.intent.item == Item::Pack {
            return self.pack_not_final(trouble);
        }
        if let Some(failure) = self.purchase.bank_check.clone().filter(|_| trouble.is_none()) {
            return self.done(failure.class, Some(plain_answer(failure)));
        }
        // What makes no sense is not reported as "nothing is wrong".
        let senseless =
            trouble.as_ref().is_some_and(|answer| answer.failure.class == Class::Protocol);
        let class = if senseless { Class::Protocol } else { Class::Pending };
        self.done(class, trouble)
    }

    /// A person has not paid so far, or what they paid for is not there yet.
    fn pack_not_final(&self, trouble: Option<RefusalFacts>) -> Action {
        let status = self.last_reading.as_ref().map(|reading| reading.status);
        let class = match status {
            _ if trouble.is_some() => Class::Pending,
            Some(PaymentStatus::NeedsPerson) | None => Class::ActionRequired,
            Some(_) => Class::Pending,
        };
        let mut report = self.report(class, trouble);
        report.charged = match status {
            Some(PaymentStatus::Paid) => Charged::Yes,
            Some(PaymentStatus::NeedsPerson) if report.failure.is_none() => Charged::No,
            // What was opened a moment ago cannot have been paid yet.
            None if report.failure.is_none() && !self.plan.loaded => Charged::No,
            _ => Charged::Unknown,
        };
        Action::Done(report)
    }

    pub(super) fn polled(&mut self, polled: ChargeStatus) -> Action {
        let wait = match polled {
            ChargeStatus::Settled(paid) => return self.settle(paid),
            ChargeStatus::Credited(reading) => {
                self.last_reading = Some(reading.clone());
                return self.end_with(Outcome::Credited(reading), Class::Success, None);
            }
            ChargeStatus::Failed(refusal) if refusal.class == Class::AuthenticationRequired => {
                return self.bank_checks(refusal.into());
            }
            ChargeStatus::Failed(refusal) => {
                let class = refusal.class;
                let answer = RefusalFacts::from(refusal);
                return self.end_with(Outcome::Failed(answer.failure.clone()), class, Some(answer));
            }
            ChargeStatus::OpenPayment(reading) => {
                self.last_reading = Some(reading);
                self.seen_open()
            }
            ChargeStatus::Pending => self.seen_open(),
            ChargeStatus::Trouble { refusal, unauthorized } => {
                match self.look_failed(refusal, unauthorized) {
                    Ok(wait) => wait,
                    Err(action) => return *action,
                }
            }
        };
        let Some(left) = self.left() else {
            let trouble = self.last_trouble.take();
            return self.not_final(trouble);
        };
        self.state = MachineState::WaitingToPoll;
        Action::Wait(wait.min(left))
    }

    /// A poll that worked and found it open: how long to wait for the next one.
    fn seen_open(&mut self) -> Duration {
        self.renewed_to_poll = false;
        self.last_trouble = None;
        self.pace()
    }

    /// A poll that failed says nothing about the purchase: how long to wait for the next one, or
    /// what else is to be done.
    pub(super) fn look_failed(
        &mut self,
        refusal: ProviderError,
        unauthorized: bool,
    ) -> Result<Duration, Box<Action>> {
        if let Some(signal) = signal_of(&refusal) {
            return Err(Box::new(self.done(signal.class(), None)));
        }
        if unauthorized && !self.renewed_to_poll {
            self.renewed_to_poll = true;
            self.state = MachineState::TokenToPoll;
            return Err(Box::new(Action::Authorize { renew: true }));
        }
        if unauthorized || !refusal.class.may_pass() {
            return Err(Box::new(self.stay(refusal.into())));
        }
        let asked = refusal.retry_after.map(|asked| Duration::from_secs(asked).min(LONGEST_WAIT));
        self.last_trouble = Some(refusal.into());
        Ok(asked.map_or(self.pace(), |asked| asked.max(self.pace())))
    }

    /// The time between two polls: never shorter than the system accepts.
    fn pace(&self) -> Duration {
        self.plan.poll.max(self.plan.seller.shortest_poll)
    }

    /// What is left of the wait; none when it is over.
    pub(super) fn left(&self) -> Option<Duration> {
        let now = self.now.monotonic;
        let waited = now.saturating_sub(self.poll_started.unwrap_or(now));
        let left = self.plan.wait.unwrap_or_default().saturating_sub(waited);
        (!left.is_zero()).then_some(left)
    }

    /// The bank wants the card holder to confirm: the same charge may still be paid, so the
    /// purchase stays open.
    fn bank_checks(&mut self, answer: RefusalFacts) -> Action {
        if self.purchase.bank_check.is_some() {
            return self.bank_check_noted(answer);
        }
        let row = JournalRow::BankCheck(answer.failure.clone());
        self.record(MachineState::NotingBankCheck(answer), row)
    }

    pub(super) fn bank_check_noted(&mut self, answer: RefusalFacts) -> Action {
        let goes_on = self.plan.intention == RunMode::Resume;
        if let Some(left) = self.left().filter(|_| goes_on) {
            let wait = self.seen_open();
            self.state = MachineState::WaitingToPoll;
            return Action::Wait(wait.min(left));
        }
        self.done(answer.failure.class, Some(answer))
    }
}
