//! The rules of a purchase, pure: no clock, disk or network in here. One event in, one action
//! out; the driver performs the action and answers with the next event.
//!
//! Where a seller remembers keys, replaying the same request under the same key is both the
//! question and the purchase: the key is durable before the request, an unknown stays unknown, and
//! a key that may be forgotten by the server is never sent again. Where it does not, one request is
//! ever sent, and only the seller's own evidence answers after a lost answer.
//!
//! Here is how a run begins, steps and sends; what an answer means is in `answers`, looking at what
//! was accepted in `poll`, looking for what was lost in `evidence`, how a run ends in `ends`.

mod answers;
mod ends;
mod evidence;
mod poll;
mod states;

use super::baseline::Baseline;
use super::evidence::BASELINE_LASTS;
use super::record::{
    FailureRecord, JournalRow, KeyAge, KeyOrigin, Moment, Outcome, Purchase, Stamp, Verdict,
};
use super::steps::{Action, ActionResult, PurchaseReport, RunMode, RunOptions, TooOld};
use crate::core::class::Class;
use crate::core::failure::Charged;
use crate::core::signals::Signal;
use crate::provider::ProviderError;
use crate::provider::packs::PaymentReading;
use states::{MachineState, Next, RefusalFacts, plain_answer};
use std::time::Duration;

/// The longest a server may make a run wait between two requests.
const LONGEST_WAIT: Duration = Duration::from_secs(30);
/// One run at one purchase.
#[derive(Clone, Debug)]
pub struct Machine {
    purchase: Purchase,
    plan: RunOptions,
    state: MachineState,
    authorized: bool,
    asked_time: bool,
    renewed: bool,
    renewed_to_poll: bool,
    unknown_replays: usize,
    unsent_replays: usize,
    in_flight_replays: u32,
    answered_posts: u32,
    /// The evidence of before, and when it was asked for by the monotonic clock.
    baseline: Option<(Baseline, Duration)>,
    /// When the evidence of after was last asked for.
    evidence_asked: Option<Moment>,
    /// How often the evidence was waited for.
    evidence_waits: usize,
    /// What the request was answered with whose outcome only the evidence shows.
    unclear_answer: Option<RefusalFacts>,
    poll_started: Option<Duration>,
    last_trouble: Option<RefusalFacts>,
    last_reading: Option<PaymentReading>,
    polls_for_want_of_a_key: Option<TooOld>,
    unrecorded: bool,
    /// The number of the first request of this run.
    first_n: u32,
    pending_row: Option<(Stamp, JournalRow)>,
    now: Moment,
}

impl Machine {
    /// A run at this purchase. Its intent must be durable already.
    pub fn new(purchase: Purchase, plan: RunOptions, now: Moment) -> Self {
        Self {
            now,
            first_n: purchase.next_n(),
            purchase,
            plan,
            state: MachineState::New,
            authorized: false,
            asked_time: false,
            renewed: false,
            renewed_to_poll: false,
            unknown_replays: 0,
            unsent_replays: 0,
            in_flight_replays: 0,
            answered_posts: 0,
            baseline: None,
            evidence_asked: None,
            evidence_waits: 0,
            unclear_answer: None,
            poll_started: None,
            last_trouble: None,
            last_reading: None,
            polls_for_want_of_a_key: None,
            unrecorded: false,
            pending_row: None,
        }
    }

    /// The purchase as it is known now.
    pub fn purchase(&self) -> &Purchase {
        &self.purchase
    }

    /// What the last poll of a person's payment reported, in this run.
    pub fn last_reading(&self) -> Option<&PaymentReading> {
        self.last_reading.as_ref()
    }

    /// Where it stands, in a word.
    pub fn state_name(&self) -> &'static str {
        self.state.state_name()
    }

    /// The first action.
    pub fn start(&mut self) -> Action {
        let state = std::mem::replace(&mut self.state, MachineState::Over);
        debug_assert_eq!(state, MachineState::New);
        match &self.purchase.outcome {
            Some(outcome) if outcome.may_reopen() && self.plan.intention == RunMode::Buy => {
                let row = match self.plan.price {
                    Some(amount) if amount != self.purchase.intent.amount => {
                        JournalRow::ReopenedAt { amount }
                    }
                    _ => JournalRow::Reopened,
                };
                self.record(MachineState::Recovering, row)
            }
            Some(_) => self.report_outcome(),
            None if self.plan.loaded => {
                self.record(MachineState::Recovering, JournalRow::Recovered)
            }
            None => self.go_on(),
        }
    }

    /// One event in, the next action out.
    pub fn step(&mut self, now: Moment, event: ActionResult) -> Action {
        self.now = now;
        // It is over unless one of these goes on.
        let state = std::mem::replace(&mut self.state, MachineState::Over);
        if matches!(event, ActionResult::Recorded) {
            self.take_row_in();
        }
        match (state, event) {
            (MachineState::Recovering, ActionResult::Recorded) => self.go_on(),
            (MachineState::TokenToPost, ActionResult::Authorized { organisation, subject }) => {
                self.with_token(organisation.as_deref(), subject.as_deref(), Machine::send)
            }
            (MachineState::TokenToPoll, ActionResult::Authorized { organisation, subject }) => {
                self.with_token(organisation.as_deref(), subject.as_deref(), Machine::poll)
            }
            (
                MachineState::TokenToPost | MachineState::TokenToPoll,
                ActionResult::NotAuthorized(refusal),
            ) => self.stay(refusal.into()),
            (MachineState::AskingTime, ActionResult::TimeAsked) => self.send(),
            // Without an answer our own clocks decide, and they say that it is too old.
            (MachineState::AskingTime, ActionResult::NotAsked(_)) if self.is_too_old() => {
                self.send()
            }
            (MachineState::AskingTime, ActionResult::NotAsked(refusal)) => {
                self.stay(refusal.into())
            }
            (MachineState::ReadingBaseline(asked), ActionResult::EvidenceRead(answer, _)) => {
                self.baseline_read(asked, answer)
            }
            (MachineState::NotingSending(n), ActionResult::Recorded) => self.post(n),
            (
                MachineState::Recovering | MachineState::NotingSending(_),
                ActionResult::NotRecorded(refusal),
            ) => self.not_begun(refusal),
            (MachineState::Posting(n), ActionResult::Posted(posted)) => self.answered(n, posted),
            (MachineState::NotingAnswer(next), ActionResult::Recorded) => self.next(next),
            (MachineState::NotingAnswer(next), ActionResult::NotRecorded(refusal)) => {
                self.next_unrecorded(next, refusal)
            }
            (MachineState::WaitingToPost, ActionResult::Woke) => self.authorize_to_post(),
            (
                MachineState::WaitingToPoll | MachineState::WaitingForEvidence,
                ActionResult::Woke,
            ) => self.poll(),
            (
                MachineState::WaitingToPost
                | MachineState::WaitingToPoll
                | MachineState::WaitingForEvidence,
                ActionResult::Interrupted(signal),
            ) => self.done(signal.class(), None),
            (MachineState::Polling, ActionResult::Polled(polled)) => self.polled(polled),
            (MachineState::Polling, ActionResult::PlanSeen(seen)) => self.plan_polled(seen),
            (MachineState::ReadingEvidence, ActionResult::EvidenceRead(answer, others)) => {
                self.evidence_read(answer, &others)
            }
            (MachineState::ReadingKeptFigures(failure), ActionResult::EvidenceRead(answer, _)) => {
                self.kept_figures_read(failure, answer)
            }
            (MachineState::CheckingKeptKey(why), ActionResult::EvidenceRead(answer, others)) => {
                self.kept_key_checked(why, answer, &others)
            }
            (MachineState::NotingBankCheck(answer), ActionResult::Recorded) => {
                self.bank_check_noted(answer)
            }
            (MachineState::NotingBankCheck(answer), ActionResult::NotRecorded(_)) => {
                self.unrecorded = true;
                self.take_row_in();
                self.bank_check_noted(answer)
            }
            (MachineState::NotingEnd(report), ActionResult::Recorded) => Action::Done(report),
            (MachineState::NotingEnd(_), ActionResult::NotRecorded(refusal))
                if self.plan.shared && self.decides() =>
            {
                self.not_begun(refusal)
            }
            (MachineState::NotingEnd(report), ActionResult::NotRecorded(_)) => {
                self.take_row_in();
                Action::Done(PurchaseReport { unrecorded: true, ..report })
            }
            (state, event) => {
                debug_assert!(false, "{state:?} cannot be answered with {event:?}");
                self.done(Class::Internal, None)
            }
        }
    }

    /// What comes after the purchase was found or made: poll, read the evidence, send, or close it.
    fn go_on(&mut self) -> Action {
        if self.purchase.charges.len() > 1 {
            return self.end_two_charges();
        }
        let seller = self.plan.seller;
        let has_id = !self.purchase.charges.is_empty() && seller.status_by_id;
        let is_plan = self.purchase.intent.item.plan().is_some();
        if has_id || (is_plan && self.purchase.waits_for_person().is_some()) {
            return self.begin_polling();
        }
        if seller.one_at_a_time() && self.purchase.is_unknown(seller.status_by_id) {
            return self.begin_evidence(None);
        }
        if seller.one_at_a_time() && !self.purchase.intent.first_use_proven {
            return self.may_be_sent_unseen();
        }
        let nothing_charged = self.purchase.charged() != Charged::Unknown;
        let nothing_sent = self.purchase.attempts.is_empty();
        if self.plan.intention == RunMode::Resume && (nothing_charged || nothing_sent) {
            // Nothing was charged. Only a login problem leaves a purchase worth going on with: a
            // resume never starts one, and where nothing holds two requests apart it sends none.
            let failure = self.purchase.attempts.last().and_then(|attempt| attempt.failure.clone());
            match failure {
                Some(failure) if failure.class.is_login_trouble() && !seller.one_at_a_time() => {}
                Some(failure) => return self.refuse(plain_answer(failure)),
                // Never sent from here is not never sent, where another machine may have.
                None if !self.purchase.intent.first_use_proven => {
                    return self.done(Class::OutcomeUnknown, None);
                }
                None => return self.end_with(Outcome::NeverSent, Class::PaymentCanceled, None),
            }
        }
        self.authorize_to_post()
    }

    fn authorize_to_post(&mut self) -> Action {
        if self.authorized {
            return self.send();
        }
        self.state = MachineState::TokenToPost;
        Action::Authorize { renew: false }
    }

    /// Goes on only when the token acts for whom the purchase was asked for.
    fn with_token(
        &mut self,
        organisation: Option<&str>,
        subject: Option<&str>,
        go_on: impl FnOnce(&mut Self) -> Action,
    ) -> Action {
        if !self.purchase.intent.is_of(organisation, subject) {
            let failure = FailureRecord {
                class: Class::NotLoggedIn,
                code: None,
                status: None,
                message: "this purchase was made with another login".into(),
                portal_url: None,
            };
            return self.stay(plain_answer(failure));
        }
        self.authorized = true;
        go_on(self)
    }

    /// The one way to a request: the age and the evidence of before first, then the row, then the
    /// request.
    fn send(&mut self) -> Action {
        if let Some(action) = self.check_age() {
            return action;
        }
        if self.plan.seller.needs_baseline() && !self.has_fresh_baseline() {
            // From before the request: the machine may sleep while its answer is on the way.
            self.state = MachineState::ReadingBaseline(self.now.monotonic);
            return Action::ReadEvidence;
        }
        let n = self.purchase.next_n();
        let baseline = self.baseline.as_ref().map(|(baseline, _)| baseline.clone());
        self.record(MachineState::NotingSending(n), JournalRow::Sending { n, baseline })
    }

    /// What has to be done first, or instead, for the age of the key.
    fn check_age(&mut self) -> Option<Action> {
        let too_old = self.too_old(self.purchase.next_n());
        // Our clocks may be wrong, or have been set while the machine was off: before they decide,
        // the server is asked for its own.
        let ours_may_be_wrong =
            too_old.is_some() || self.purchase.rests_on_the_wall_clock(&self.now);
        let is_key_sent = self.plan.seller.key_life().is_some();
        if is_key_sent && ours_may_be_wrong && self.now.server.is_none() && !self.asked_time {
            self.asked_time = true;
            self.state = MachineState::AskingTime;
            return Some(Action::AskTime);
        }
        too_old.map(|why| self.not_sent_any_more(why))
    }

    /// The key may be forgotten by now: it is no question any more.
    pub(super) fn not_sent_any_more(&mut self, why: TooOld) -> Action {
        if self.purchase.intent.item.plan().is_some() && self.purchase.may_have_charged() {
            // The plan in force is still an answer.
            self.polls_for_want_of_a_key = Some(why);
            return self.poll();
        }
        let failure = self.purchase.attempts.last().and_then(|attempt| attempt.failure.clone());
        match failure {
            Some(failure) if self.is_ours_alone() && !self.purchase.may_have_charged() => {
                if self.purchase.key_kept.is_some() {
                    self.state = MachineState::CheckingKeptKey(why);
                    return Action::ReadEvidence;
                }
                self.retire(failure)
            }
            _ => self.end_too_old(why),
        }
    }

    /// The row is durable: the request, unless making it so took too long or the machine slept
    /// meanwhile.
    fn post(&mut self, n: u32) -> Action {
        let slept = |what: &str| {
            ProviderError::new(Class::Timeout, format!("{what} before the request could be sent"))
        };
        if self.too_old(n).is_some() {
            let refusal = slept("the key of this purchase became too old");
            return self.note_attempt(n, Verdict::Unsent, &refusal, Next::Send);
        }
        if self.plan.seller.needs_baseline() && !self.has_fresh_baseline() {
            return self.not_sent(n, &slept("what the seller showed became too old"));
        }
        self.state = MachineState::Posting(n);
        Action::Post
    }

    /// Whether nothing but the rows of this journal can have sent this key.
    fn is_ours_alone(&self) -> bool {
        let intent = &self.purchase.intent;
        intent.naming == KeyOrigin::Random && intent.first_use_proven
    }

    fn is_too_old(&self) -> bool {
        self.too_old(self.purchase.next_n()).is_some()
    }

    /// Whether, and why, the key must not be sent with the request of this number.
    fn too_old(&self, n: u32) -> Option<TooOld> {
        let life = self.plan.seller.key_life()?;
        // What only this journal knows and what never charged needs no caution, only a key that is
        // still remembered should its answer be lost.
        let harmless = self.is_ours_alone() && !self.purchase.may_have_charged_before(n);
        let limit = if self.plan.asked_for || harmless {
            life.manual_replay_max_age
        } else {
            life.auto_replay_max_age
        };
        match self.purchase.key_age(&self.now) {
            KeyAge::Unused => None,
            KeyAge::Known(age) if age <= limit => None,
            KeyAge::Known(age) => Some(TooOld { age: Some(age) }),
            KeyAge::Unreadable => Some(TooOld { age: None }),
        }
    }

    fn has_fresh_baseline(&self) -> bool {
        self.baseline.as_ref().is_some_and(|(_, asked)| {
            self.now.monotonic.checked_sub(*asked).is_some_and(|age| age <= BASELINE_LASTS)
        })
    }

    fn record(&mut self, state: MachineState, row: JournalRow) -> Action {
        self.state = state;
        let stamp = Stamp::from(&self.now);
        self.pending_row = Some((stamp.clone(), row.clone()));
        Action::Record(stamp, row)
    }

    /// Whether the row that is being written may only be written by who holds the purchase.
    fn decides(&self) -> bool {
        self.pending_row.as_ref().is_some_and(|(_, row)| row.is_fenced())
    }

    /// The row that was just made durable becomes part of the purchase.
    fn take_row_in(&mut self) {
        if let Some((stamp, row)) = self.pending_row.take() {
            self.purchase.apply(&stamp, &row);
        }
    }
}

/// The signal that ended a poll, where one did.
fn signal_of(refusal: &ProviderError) -> Option<Signal> {
    Signal::from_class(refusal.class)
}
