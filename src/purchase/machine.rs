//! The rules of a purchase, pure: no clock, disk or network in here. One event in, one action
//! out; whoever performs the action answers with the next event.
//!
//! There is no call to look a key up and no list of charges, so replaying the same request under
//! the same key is both the question and the purchase. From that follow all rules below: the key
//! is durable before the request, an unknown stays unknown, and a key that may be forgotten by
//! the server is never sent again.

mod states;

use super::record::{KeyAge, Moment, Naming, Outcome, Purchase, Row, Stamp, Told, Verdict};
use super::steps::{Action, Event, Intention, Plan, Report, TooOld};
use crate::class::Class;
use crate::error::Charged;
use crate::money::Money;
use crate::provider::plans::Seen;
use crate::provider::{Polled, Posted, Refusal};
use crate::signals::Signal;
use states::{Answer, Next, State, plain_answer};
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
/// The longest a server may make a run wait between two requests.
const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// One run at one purchase.
#[derive(Clone, Debug)]
pub struct Machine {
    purchase: Purchase,
    plan: Plan,
    state: State,
    authorized: bool,
    asked_time: bool,
    renewed: bool,
    renewed_to_poll: bool,
    unknown_replays: usize,
    unsent_replays: usize,
    in_flight_replays: u32,
    answered_posts: u32,
    poll_started: Option<Duration>,
    last_trouble: Option<Answer>,
    looks_for_want_of_a_key: Option<TooOld>,
    unrecorded: bool,
    pending_row: Option<(Stamp, Row)>,
    now: Moment,
}

impl Machine {
    /// A run at this purchase. Its intent must be durable already.
    pub fn new(purchase: Purchase, plan: Plan, now: Moment) -> Self {
        Self {
            now,
            purchase,
            plan,
            state: State::New,
            authorized: false,
            asked_time: false,
            renewed: false,
            renewed_to_poll: false,
            unknown_replays: 0,
            unsent_replays: 0,
            in_flight_replays: 0,
            answered_posts: 0,
            poll_started: None,
            last_trouble: None,
            looks_for_want_of_a_key: None,
            unrecorded: false,
            pending_row: None,
        }
    }

    /// The purchase as it is known now.
    pub fn purchase(&self) -> &Purchase {
        &self.purchase
    }

    /// Where it stands, in a word, for whoever watches it.
    pub fn place(&self) -> &'static str {
        self.state.place()
    }

    /// The first action.
    pub fn start(&mut self) -> Action {
        debug_assert_eq!(self.state, State::New);
        match &self.purchase.outcome {
            Some(Outcome::Refused(_) | Outcome::NeverSent)
                if self.plan.intention == Intention::Buy =>
            {
                let row = match self.plan.price {
                    Some(amount) if amount != self.purchase.intent.amount => {
                        Row::ReopenedAt { amount }
                    }
                    _ => Row::Reopened,
                };
                self.record(State::Recovering, row)
            }
            Some(_) => self.report_outcome(),
            None if self.plan.loaded => self.record(State::Recovering, Row::Recovered),
            None => self.go_on(),
        }
    }

    /// One event in, the next action out.
    pub fn step(&mut self, now: Moment, event: Event) -> Action {
        self.now = now;
        let state = std::mem::replace(&mut self.state, State::Over);
        if matches!(event, Event::Recorded) {
            self.take_row_in();
        }
        match (state, event) {
            (State::Recovering, Event::Recorded) => self.go_on(),
            (State::TokenToPost, Event::Authorized { organisation, subject }) => {
                self.with_token(organisation.as_deref(), subject.as_deref(), Machine::send)
            }
            (State::TokenToPoll, Event::Authorized { organisation, subject }) => {
                self.with_token(organisation.as_deref(), subject.as_deref(), Machine::look)
            }
            (State::TokenToPost | State::TokenToPoll, Event::NotAuthorized(refusal)) => {
                self.stay(refusal.into())
            }
            (State::AskingTime, Event::TimeAsked) => self.send(),
            (State::AskingTime, Event::NotAsked(refusal)) => self.stay(refusal.into()),
            (State::NotingSending(n), Event::Recorded) => {
                // Making the row durable may have taken long, or the machine slept meanwhile.
                if let Some(why) = self.too_old() {
                    return self.end_too_old(why);
                }
                self.state = State::Posting(n);
                Action::Post
            }
            (State::Recovering | State::NotingSending(_), Event::NotRecorded(refusal)) => {
                self.pending_row = None;
                self.done(refusal.class, Some(refusal.into()))
            }
            (State::Posting(n), Event::Posted(posted)) => self.answered(n, posted),
            (State::NotingAnswer(next), Event::Recorded) => self.next(next),
            (State::NotingAnswer(next), Event::NotRecorded(_)) => {
                // The request is out: what it came to is kept in memory, and told.
                self.unrecorded = true;
                self.take_row_in();
                match next {
                    // Without the row on the disk the next run would not know of this request.
                    Next::PostAgain { .. } | Next::Renew => {
                        let told =
                            self.purchase.attempts.last().and_then(|attempt| attempt.told.clone());
                        let class = if self.purchase.may_have_charged() {
                            Class::OutcomeUnknown
                        } else {
                            told.as_ref().map_or(Class::Config, |told| told.class)
                        };
                        self.done(class, told.map(plain_answer))
                    }
                    other => self.next(other),
                }
            }
            (State::WaitingToPost, Event::Woke) => self.authorize_to_post(),
            (State::WaitingToPoll, Event::Woke) => self.look(),
            (State::WaitingToPost | State::WaitingToPoll, Event::Interrupted(signal)) => {
                self.done(signal.class(), None)
            }
            (State::Polling, Event::Polled(polled)) => self.looked(polled),
            (State::Polling, Event::PlanSeen(seen)) => self.saw_plan(seen),
            (State::NotingEnd(report), Event::Recorded) => Action::Done(report),
            (State::NotingEnd(report), Event::NotRecorded(_)) => {
                self.take_row_in();
                Action::Done(Report { unrecorded: true, ..report })
            }
            (state, event) => {
                debug_assert!(false, "{state:?} cannot be answered with {event:?}");
                self.done(Class::Internal, None)
            }
        }
    }

    /// What comes after the purchase was found or made: look, send, or close it.
    fn go_on(&mut self) -> Action {
        if self.purchase.charges.len() > 1 {
            return self.end_two_charges();
        }
        if !self.purchase.charges.is_empty() || self.purchase.waits_for_person().is_some() {
            return self.begin_to_look();
        }
        let nothing_charged = self.purchase.charged() != Charged::Unknown;
        let nothing_sent = self.purchase.attempts.is_empty();
        if self.plan.intention == Intention::Resume && (nothing_charged || nothing_sent) {
            // Nothing was charged. Only a login problem leaves a purchase worth going on with: a
            // resume never starts one.
            let told = self.purchase.attempts.last().and_then(|attempt| attempt.told.clone());
            match told {
                Some(told) if told.class.is_login_trouble() => {}
                Some(told) => return self.refuse(plain_answer(told)),
                // Never sent from here is not never sent, where another machine may have.
                None if !self.purchase.intent.proven_first => {
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
        self.state = State::TokenToPost;
        Action::Authorize { renew: false }
    }

    /// Goes on only when the token acts for whom the purchase was asked for.
    fn with_token(
        &mut self,
        organisation: Option<&str>,
        subject: Option<&str>,
        go_on: impl FnOnce(&mut Self) -> Action,
    ) -> Action {
        let intent = &self.purchase.intent;
        if intent.organisation.as_deref() != organisation || intent.subject.as_deref() != subject {
            let told = Told {
                class: Class::NotLoggedIn,
                code: None,
                status: None,
                message: "this purchase belongs to another login than the present one".into(),
                portal_url: None,
            };
            return self.stay(plain_answer(told));
        }
        self.authorized = true;
        go_on(self)
    }

    /// The one way to a request: the age first, then the row, then the request.
    fn send(&mut self) -> Action {
        if let Some(why) = self.too_old() {
            if self.purchase.intent.item.plan().is_some() {
                // The request is no question any more; the plan in force is still an answer.
                self.looks_for_want_of_a_key = Some(why);
                return self.look();
            }
            return self.end_too_old(why);
        }
        let wall_alone = self.purchase.rests_on_the_wall_clock(&self.now);
        if wall_alone && self.now.server.is_none() && !self.asked_time {
            // It may be wrong, or have been set while the machine was off.
            self.asked_time = true;
            self.state = State::AskingTime;
            return Action::AskTime;
        }
        let n = self.purchase.next_n();
        self.record(State::NotingSending(n), Row::Sending { n })
    }

    /// Whether, and why, the key must not be sent any more.
    fn too_old(&self) -> Option<TooOld> {
        if self.purchase.intent.naming == Naming::Random && !self.purchase.may_have_charged() {
            // Only this journal knows the key, and nothing was ever charged under it.
            return None;
        }
        let life = self.plan.life;
        let limit = if self.plan.asked_for { life.on_request } else { life.by_itself };
        match self.purchase.key_age(&self.now) {
            KeyAge::Unused => None,
            KeyAge::Known(age) if age <= limit => None,
            KeyAge::Known(age) => Some(TooOld { age: Some(age) }),
            KeyAge::Unreadable => Some(TooOld { age: None }),
        }
    }

    fn end_too_old(&mut self, why: TooOld) -> Action {
        let mut report = self.report(Class::OutcomeUnknown, None);
        report.charged = Charged::Unknown;
        report.too_old = Some(why);
        self.state = State::Over;
        Action::Done(report)
    }

    fn end_two_charges(&mut self) -> Action {
        let told = Told {
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

    /// The answer to the request becomes a verdict, and the verdict a row.
    fn answered(&mut self, n: u32, posted: Posted) -> Action {
        if !matches!(posted, Posted::Unsent(_) | Posted::InFlight(_)) {
            self.answered_posts += 1;
        }
        let may_post_again = self.answered_posts < MOST_POSTS;
        let (verdict, refusal, next) = match posted {
            Posted::Accepted(charge_id) => {
                return self
                    .record(State::NotingAnswer(Next::Poll), Row::Accepted { n, charge_id });
            }
            Posted::Done => {
                let amount_usd = Money::from(self.purchase.intent.amount);
                let outcome = Outcome::Settled { amount_usd, settled_at: None };
                return self.end_with(outcome, Class::Success, None);
            }
            Posted::AlreadySo => {
                let outcome = if self.purchase.only_this_can_have_charged(n) {
                    Outcome::NotNeeded
                } else {
                    Outcome::InForce
                };
                return self.end_with(outcome, Class::Success, None);
            }
            Posted::Declined(refusal) => {
                let (class, answer) = (refusal.class, Answer::from(refusal));
                return self.end_with(Outcome::Failed(answer.told.clone()), class, Some(answer));
            }
            Posted::NeedsPerson(refusal) => {
                (Verdict::Accepted, refusal.clone(), Next::NeedsPerson(refusal.into()))
            }
            Posted::Unsent(broken) => {
                let signal = broken.signal;
                let refusal = Refusal::from(broken);
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
            Posted::Refused(refusal) if refusal.class.is_login_trouble() => {
                (Verdict::No, refusal.clone(), Next::Stay(refusal.into()))
            }
            Posted::Refused(refusal) | Posted::Throttled(refusal) => {
                (Verdict::No, refusal.clone(), Next::Refuse(refusal.into()))
            }
            Posted::Conflict(refusal) => {
                (Verdict::No, refusal.clone(), Next::Conflict(refusal.into()))
            }
            Posted::Unauthorized(refusal) if self.renewed || !may_post_again => {
                (Verdict::No, refusal.clone(), Next::Stay(refusal.into()))
            }
            Posted::Unauthorized(refusal) => {
                self.renewed = true;
                (Verdict::No, refusal, Next::Renew)
            }
            Posted::InFlight(refusal) => {
                let next = if self.in_flight_replays < IN_FLIGHT_REPLAYS {
                    self.in_flight_replays += 1;
                    let after = refusal.retry_after.map_or(IN_FLIGHT_WAIT, Duration::from_secs);
                    Next::PostAgain { after: after.min(LONGEST_WAIT) }
                } else {
                    Next::Unknown(refusal.clone().into())
                };
                (Verdict::Unknown, refusal, next)
            }
            Posted::Unknown { refusal, replay } => {
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
        let row = Row::Attempt { n, verdict, told: Told::from(&refusal) };
        self.record(State::NotingAnswer(next), row)
    }

    fn next(&mut self, next: Next) -> Action {
        match next {
            Next::Poll if self.purchase.charges.len() > 1 => self.end_two_charges(),
            Next::Poll => self.begin_to_look(),
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
            Next::NeedsPerson(_) if self.plan.loaded => self.begin_to_look(),
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
    fn refuse(&mut self, answer: Answer) -> Action {
        if self.purchase.charged() == Charged::Unknown {
            return self.done(Class::OutcomeUnknown, Some(answer));
        }
        let class = answer.told.class;
        self.end_with(Outcome::Refused(answer.told.clone()), class, Some(answer))
    }

    /// The entry stays open: after another login `resume` goes on with it.
    fn stay(&mut self, answer: Answer) -> Action {
        // Accepted and only not to be looked at, or nothing sent at all: the login is what is
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

    fn begin_to_look(&mut self) -> Action {
        if self.plan.wait.is_none() {
            return self.not_final(None);
        }
        if self.purchase.waits_for_person().is_some() && self.plan.intention == Intention::Buy {
            // Whoever asks for it again is told where to finish it, and not kept waiting.
            self.plan.wait = Some(Duration::ZERO);
        }
        self.poll_started = Some(self.now.monotonic);
        if self.authorized {
            return self.look();
        }
        self.state = State::TokenToPoll;
        Action::Authorize { renew: false }
    }

    fn look(&mut self) -> Action {
        self.state = State::Polling;
        match self.purchase.charges.first() {
            Some(id) => Action::Poll(id.clone()),
            None => Action::LookAtPlan,
        }
    }

    /// A plan that is in force is what was asked for, whoever paid for it.
    fn saw_plan(&mut self, seen: Seen) -> Action {
        let for_want_of_a_key = self.looks_for_want_of_a_key.take();
        match (seen, for_want_of_a_key) {
            (Seen::InForce, _) => self.end_with(Outcome::InForce, Class::Success, None),
            (_, Some(why)) => self.end_too_old(why),
            (Seen::NotInForce, None) => self.looked(Polled::Pending),
            (Seen::Trouble { refusal, unauthorized }, None) => {
                self.looked(Polled::Trouble { refusal, unauthorized })
            }
        }
    }

    /// It was taken on, and is not final when the wait ends.
    fn not_final(&mut self, trouble: Option<Answer>) -> Action {
        if let Some(told) = self.purchase.waits_for_person().cloned() {
            return self.done(told.class, Some(plain_answer(told)));
        }
        // What makes no sense is not told as "nothing is wrong".
        let senseless = trouble.as_ref().is_some_and(|answer| answer.told.class == Class::Protocol);
        let class = if senseless { Class::Protocol } else { Class::Pending };
        self.done(class, trouble)
    }

    fn looked(&mut self, polled: Polled) -> Action {
        let wait = match polled {
            Polled::Settled { amount_usd, settled_at } => {
                let as_asked = amount_usd == Money::from(self.purchase.intent.amount);
                let outcome = Outcome::Settled { amount_usd, settled_at };
                let class = if as_asked { Class::Success } else { Class::Protocol };
                return self.end_with(outcome, class, None);
            }
            Polled::Failed(refusal) => {
                let class = refusal.class;
                let answer = Answer::from(refusal);
                return self.end_with(Outcome::Failed(answer.told.clone()), class, Some(answer));
            }
            Polled::Pending => {
                self.renewed_to_poll = false;
                self.last_trouble = None;
                self.plan.poll
            }
            Polled::Trouble { refusal, unauthorized } => {
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

    /// Reports what an earlier run found.
    fn report_outcome(&mut self) -> Action {
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

    fn end_with(&mut self, outcome: Outcome, class: Class, answer: Option<Answer>) -> Action {
        let mut report = self.report(class, answer);
        report.charged = outcome.charged();
        self.record(State::NotingEnd(report), Row::Final(outcome))
    }

    fn done(&mut self, class: Class, answer: Option<Answer>) -> Action {
        self.state = State::Over;
        Action::Done(self.report(class, answer))
    }

    fn report(&self, class: Class, answer: Option<Answer>) -> Report {
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

    fn record(&mut self, state: State, row: Row) -> Action {
        self.state = state;
        let stamp = Stamp::from(&self.now);
        self.pending_row = Some((stamp.clone(), row.clone()));
        Action::Record(stamp, row)
    }

    /// The row that was just made durable becomes part of the purchase.
    fn take_row_in(&mut self) {
        if let Some((stamp, row)) = self.pending_row.take() {
            self.purchase.apply(&stamp, &row);
        }
    }
}
