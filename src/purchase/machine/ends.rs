//! How a run ends: what is noted of the purchase for good, and what is reported.

use super::Machine;
use super::states::{Answer, State, plain_answer};
use crate::core::class::Class;
use crate::core::failure::Charged;
use crate::core::money::Money;
use crate::purchase::record::{FailureRecord, Outcome, Row};
use crate::purchase::steps::{Action, Report, TooOld};

impl Machine {
    /// Reports what an earlier run found.
    pub(super) fn report_outcome(&mut self) -> Action {
        let report = match self.purchase.outcome.clone() {
            Some(Outcome::Settled { amount_usd, .. })
                if amount_usd != Money::from(self.purchase.intent.amount) =>
            {
                self.report(Class::Protocol, None)
            }
            Some(
                Outcome::Settled { .. }
                | Outcome::MarkedCharged { .. }
                | Outcome::InForce
                | Outcome::NotNeeded,
            ) => self.report(Class::Success, None),
            Some(Outcome::Failed(told) | Outcome::Refused(told)) => {
                self.report(told.class, Some(plain_answer(told)))
            }
            Some(Outcome::NeverSent | Outcome::MarkedNotCharged) => {
                self.report(Class::PaymentCanceled, None)
            }
            None => self.report(Class::Internal, None),
        };
        self.state = State::Over;
        Action::Done(report)
    }

    pub(super) fn end_with(
        &mut self,
        outcome: Outcome,
        class: Class,
        answer: Option<Answer>,
    ) -> Action {
        let mut report = self.report(class, answer);
        report.charged = outcome.charged();
        self.record(State::NotingEnd(report), Row::Final(outcome))
    }

    pub(super) fn done(&mut self, class: Class, answer: Option<Answer>) -> Action {
        self.state = State::Over;
        Action::Done(self.report(class, answer))
    }

    pub(super) fn report(&self, class: Class, answer: Option<Answer>) -> Report {
        let (told, retry_after, details) = match answer {
            Some(answer) => (Some(answer.told), answer.retry_after, answer.details),
            None => (None, None, serde_json::Map::new()),
        };
        Report {
            class,
            charged: self.purchase.charged(),
            told,
            retry_after,
            details,
            too_old: None,
            unrecorded: self.unrecorded,
        }
    }

    pub(super) fn end_too_old(&mut self, why: TooOld) -> Action {
        let mut report = self.report(Class::OutcomeUnknown, None);
        report.charged = Charged::Unknown;
        report.too_old = Some(why);
        self.state = State::Over;
        Action::Done(report)
    }

    pub(super) fn end_two_charges(&mut self) -> Action {
        let told = FailureRecord {
            class: Class::Protocol,
            code: None,
            status: None,
            message: format!(
                "the system gave {} different charges for one purchase",
                self.purchase.charges.len()
            ),
            portal_url: None,
        };
        self.done(Class::Protocol, Some(plain_answer(told)))
    }
}
