//! The rules of a purchase, pure: no clock, disk or network in here. One event in, one action
//! out; whoever performs the action answers with the next event.
//!
//! There is no call to poll a key up and no list of charges, so replaying the same request under
//! the same key is both the question and the purchase. From that follow all rules below: the key
//! is durable before the request, an unknown stays unknown, and a key that may be forgotten by
//! the server is never sent again.
//!
//! Here is how a run begins, steps and sends; what an answer means is in `answers`, looking at what
//! was accepted in `poll`, how a run ends in `ends`.

mod answers;
mod ends;
mod poll;
mod states;

use super::record::{FailureRecord, KeyAge, KeyOrigin, Moment, Outcome, Purchase, Row, Stamp};
use super::steps::{Action, Event, Report, RunMode, RunOptions, TooOld};
use crate::core::class::Class;
use crate::core::failure::Charged;
use states::{Answer, Next, State, plain_answer};
use std::time::Duration;

/// The longest a server may make a run wait between two requests.
const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// One run at one purchase.
#[derive(Clone, Debug)]
pub struct Machine {
    purchase: Purchase,
    plan: RunOptions,
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
    polls_for_want_of_a_key: Option<TooOld>,
    unrecorded: bool,
    pending_row: Option<(Stamp, Row)>,
    now: Moment,
}

impl Machine {
    /// A run at this purchase. Its intent must be durable already.
    pub fn new(purchase: Purchase, plan: RunOptions, now: Moment) -> Self {
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
            polls_for_want_of_a_key: None,
            unrecorded: false,
            pending_row: None,
        }
    }

    /// The purchase as it is known now.
    pub fn purchase(&self) -> &Purchase {
        &self.purchase
    }

    /// Where it stands, in a word, for whoever watches it.
    pub fn state_name(&self) -> &'static str {
        self.state.state_name()
    }

    /// The first action.
    pub fn start(&mut self) -> Action {
        debug_assert_eq!(self.state, State::New);
        match &self.purchase.outcome {
            Some(Outcome::Refused(_) | Outcome::NeverSent)
                if self.plan.intention == RunMode::Buy =>
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
                self.with_token(organisation.as_deref(), subject.as_deref(), Machine::poll)
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
            (State::WaitingToPoll, Event::Woke) => self.poll(),
            (State::WaitingToPost | State::WaitingToPoll, Event::Interrupted(signal)) => {
                self.done(signal.class(), None)
            }
            (State::Polling, Event::Polled(polled)) => self.polled(polled),
            (State::Polling, Event::PlanSeen(seen)) => self.plan_polled(seen),
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

    /// What comes after the purchase was found or made: poll, send, or close it.
    fn go_on(&mut self) -> Action {
        if self.purchase.charges.len() > 1 {
            return self.end_two_charges();
        }
        if !self.purchase.charges.is_empty() || self.purchase.waits_for_person().is_some() {
            return self.begin_polling();
        }
        let nothing_charged = self.purchase.charged() != Charged::Unknown;
        let nothing_sent = self.purchase.attempts.is_empty();
        if self.plan.intention == RunMode::Resume && (nothing_charged || nothing_sent) {
            // Nothing was charged. Only a login problem leaves a purchase worth going on with: a
            // resume never starts one.
            let told = self.purchase.attempts.last().and_then(|attempt| attempt.told.clone());
            match told {
                Some(told) if told.class.is_login_trouble() => {}
                Some(told) => return self.refuse(plain_answer(told)),
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
            let told = FailureRecord {
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
                self.polls_for_want_of_a_key = Some(why);
                return self.poll();
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
        if self.purchase.intent.naming == KeyOrigin::Random && !self.purchase.may_have_charged() {
            // Only this journal knows the key, and nothing was ever charged under it.
            return None;
        }
        let life = self.plan.life;
        let limit =
            if self.plan.asked_for { life.manual_replay_max_age } else { life.auto_replay_max_age };
        match self.purchase.key_age(&self.now) {
            KeyAge::Unused => None,
            KeyAge::Known(age) if age <= limit => None,
            KeyAge::Known(age) => Some(TooOld { age: Some(age) }),
            KeyAge::Unreadable => Some(TooOld { age: None }),
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
