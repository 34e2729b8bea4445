//! How a run ends: what is noted of the purchase for good, and what is reported.

use super::Machine;
use super::states::{MachineState, RefusalFacts, plain_answer};
use crate::core::class::Class;
use crate::core::failure::Charged;
use crate::core::money::Money;
use crate::provider::{EvidenceAnswer, Paid, ProviderError};
use crate::purchase::baseline::Baseline;
use crate::purchase::evidence::{Finding, OtherPurchases};
use crate::purchase::key::JOURNAL_RESTORED;
use crate::purchase::record::{FailureRecord, JournalRow, KeyOrigin, Outcome};
use crate::purchase::steps::{Action, PurchaseReport, TooOld};

impl Machine {
    /// Reports what an earlier run found.
    pub(super) fn report_outcome(&self) -> Action {
        let report = match self.purchase.outcome.clone() {
            Some(Outcome::Settled { amount_usd, .. })
                if amount_usd != Money::from(self.purchase.intent.amount) =>
            {
                self.report(self.class_of_other_amount(), None)
            }
            Some(
                Outcome::Settled { .. }
                | Outcome::Credited(_)
                | Outcome::MarkedCharged { .. }
                | Outcome::InForce
                | Outcome::NotNeeded,
            ) => self.report(Class::Success, None),
            Some(
                Outcome::Failed(failure)
                | Outcome::Refused(failure)
                | Outcome::KeyKept { failure, .. },
            ) => self.report(failure.class, Some(plain_answer(failure))),
            Some(Outcome::NeverSent | Outcome::MarkedNotCharged) => {
                self.report(Class::PaymentCanceled, None)
            }
            None => self.report(Class::Internal, None),
        };
        Action::Done(report)
    }

    pub(super) fn end_with(
        &mut self,
        outcome: Outcome,
        class: Class,
        answer: Option<RefusalFacts>,
    ) -> Action {
        let mut report = self.report(class, answer);
        report.charged = outcome.charged();
        self.record(MachineState::NotingEnd(report), JournalRow::Final(outcome))
    }

    pub(super) fn done(&mut self, class: Class, answer: Option<RefusalFacts>) -> Action {
        let report = self.report(class, answer);
        if self.plan.shared && report.charged == Charged::No && self.purchase.outcome.is_none() {
            // Another machine may have taken over meanwhile, and been charged: the row is written by
            // who still holds the purchase, and by no other.
            return self.record(MachineState::NotingEnd(report), JournalRow::Recovered);
        }
        Action::Done(report)
    }

    /// What begins or decides could not be made durable. In a journal that machines share another
    /// one may be at it by now, so that this process does not know what was charged.
    pub(super) fn not_begun(&self, refusal: ProviderError) -> Action {
        let mut report = self.report(refusal.class, Some(refusal.into()));
        if self.plan.shared && report.charged == Charged::No {
            report.charged = Charged::Unknown;
        }
        Action::Done(report)
    }

    pub(super) fn report(&self, class: Class, answer: Option<RefusalFacts>) -> PurchaseReport {
        let mut report = PurchaseReport::new(class, self.purchase.charged());
        report.reading.clone_from(&self.last_reading);
        report.unrecorded = self.unrecorded;
        report.may_have_charged_now = self.purchase.may_have_charged_from(self.first_n);
        if let Some(answer) = answer {
            report.failure = Some(answer.failure);
            report.retry_after = answer.retry_after;
            report.details = answer.details;
            report.hints = answer.hints;
            report.recovery = answer.recovery;
        }
        report
    }

    /// It is paid. Another amount than was asked for is no success.
    pub(super) fn settle(&mut self, paid: Paid) -> Action {
        let asked = Money::from(self.purchase.intent.amount);
        let amount_usd = paid.amount_usd.unwrap_or(asked);
        let class = if amount_usd == asked { Class::Success } else { self.class_of_other_amount() };
        let outcome = Outcome::Settled { amount_usd, settled_at: paid.settled_at, bill: paid.bill };
        self.end_with(outcome, class, None)
    }

    /// Another amount was paid than was asked for. Under a name or key that another machine may have
    /// used first, it is that machine's purchase; else the answer makes no sense.
    fn class_of_other_amount(&self) -> Class {
        if self.purchase.intent.first_use_proven {
            Class::Protocol
        } else {
            Class::IdempotencyConflict
        }
    }

    pub(super) fn end_too_old(&self, why: TooOld) -> Action {
        let mut report = self.report(Class::OutcomeUnknown, None);
        report.charged = Charged::Unknown;
        report.too_old = Some(why);
        Action::Done(report)
    }

    /// The journal was restored or copied, and no key would hold a request apart from one that was sent
    /// since: only a person can tell.
    pub(super) fn may_be_sent_unseen(&mut self) -> Action {
        let failure = FailureRecord {
            class: Class::OutcomeUnknown,
            code: Some(JOURNAL_RESTORED.to_owned()),
            status: None,
            message:
                "the journal was restored or copied, and this purchase may have been sent since"
                    .into(),
            portal_url: None,
        };
        self.done(Class::OutcomeUnknown, Some(plain_answer(failure)))
    }

    /// Refused with an unknown code: the key stays in use, and what the seller's figures show now
    /// proves later whether it charged all the same.
    pub(super) fn keep_key(&mut self, answer: RefusalFacts) -> Action {
        let is_random = self.purchase.intent.naming == KeyOrigin::Random;
        let has_key = self.plan.seller.key_life().is_some();
        if !is_random || !has_key || self.purchase.charged() == Charged::Unknown {
            return self.refuse(answer);
        }
        self.state = MachineState::ReadingKeptFigures(answer);
        Action::ReadEvidence
    }

    pub(super) fn kept_figures_read(
        &mut self,
        answer: RefusalFacts,
        read: EvidenceAnswer,
    ) -> Action {
        let baseline = match read {
            EvidenceAnswer::Read(reading) => Some(Baseline::from(&reading)),
            EvidenceAnswer::Trouble { .. } => None,
        };
        let (class, failure) = (answer.failure.class, answer.failure.clone());
        self.end_with(Outcome::KeyKept { failure, baseline }, class, Some(answer))
    }

    /// A kept key is too old to be sent: it is given up only where the seller's figures have not
    /// moved since.
    pub(super) fn kept_key_checked(
        &mut self,
        why: TooOld,
        read: EvidenceAnswer,
        others: &OtherPurchases,
    ) -> Action {
        let kept = self.purchase.key_kept.clone();
        let (Some((failure, Some(baseline))), EvidenceAnswer::Read(reading)) = (kept, read) else {
            return self.end_too_old(why);
        };
        if self.question(&baseline, &reading, others).answer() != Finding::Nothing {
            return self.end_too_old(why);
        }
        self.retire(failure)
    }

    /// The key is given up, and nothing was charged under it: a `buy` may begin anew under another.
    pub(super) fn retire(&mut self, failure: FailureRecord) -> Action {
        let report = self.report(failure.class, Some(plain_answer(failure.clone())));
        let report = PurchaseReport { charged: Charged::No, retired: true, ..report };
        self.record(MachineState::NotingEnd(report), JournalRow::Final(Outcome::Refused(failure)))
    }

    pub(super) fn end_two_charges(&mut self) -> Action {
        let failure = FailureRecord {
            class: Class::Protocol,
            code: None,
            status: None,
            message: format!(
                "the system gave {} different charges for one purchase",
                self.purchase.charges.len()
            ),
            portal_url: None,
        };
        self.done(Class::Protocol, Some(plain_answer(failure)))
    }
}
