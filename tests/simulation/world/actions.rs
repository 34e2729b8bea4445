//! What comes of an action of the machine: the answer of the world, or what is lost on the way.

use super::super::Sabotage;
use super::super::portal::{Answer, Look, Request};
use super::{Process, World, refusal};
use topup::core::class::Class;
use topup::core::money::Money;
use topup::core::signals::Signal;
use topup::http::TransportError;
use topup::provider::plans::Seen;
use topup::provider::{ChargeId, ChargeResponse, ChargeStatus};
use topup::purchase::record::{Row, Stamp};
use topup::purchase::steps::Event;

impl World {
    pub(super) fn authorize(&mut self, process: &mut Process) -> Event {
        if !self.healed && self.dice.percent(3) {
            return Event::NotAuthorized(refusal(Class::NotLoggedIn));
        }
        // Somebody may have logged in for another organisation meanwhile.
        process.organisation = if !self.healed && self.dice.percent(3) { "other" } else { "org" };
        let told = match self.sabotage {
            Sabotage::AnyOrganisation => "org",
            _ => process.organisation,
        };
        Event::Authorized { organisation: Some(told.into()), subject: Some("me".into()) }
    }

    pub(super) fn ask_time(&mut self, process: &mut Process) -> Event {
        if !self.healed && self.dice.percent(10) {
            return Event::NotAsked(refusal(Class::Network));
        }
        if self.sabotage != Sabotage::NoTimeAsked {
            self.answered(process);
        }
        Event::TimeAsked
    }

    /// An answer came: it carries the portal's clock.
    fn answered(&self, process: &mut Process) {
        if self.portal.rules.tells_time {
            process.server = Some((self.now, self.slept[process.on]));
        }
    }

    pub(super) fn record(&mut self, process: &mut Process, stamp: &Stamp, row: &Row) -> Event {
        let skipped = match row {
            Row::Sending { .. } => self.sabotage == Sabotage::NoSendingRow,
            Row::Recovered => self.sabotage == Sabotage::NoRecovered,
            _ => false,
        };
        if skipped {
            return Event::Recorded;
        }
        let fails = !self.healed && self.dice.percent(2);
        if fails {
            process.clean = false;
            // A failed write may be on the disk all the same.
            if self.dice.percent(50) {
                self.write(process.on, process.id, stamp, row, false);
            }
            return Event::NotRecorded(refusal(Class::Config));
        }
        let synced = self.sabotage != Sabotage::NoSync;
        self.write(process.on, process.id, stamp, row, synced);
        Event::Recorded
    }

    pub(super) fn request(&self, process: &Process) -> Request {
        let intent = &process.machine.purchase().intent;
        let body = if self.sabotage == Sabotage::FreshBytes && process.plan.loaded {
            intent.body.replace('}', ".00}")
        } else {
            intent.body.clone()
        };
        Request {
            organisation: process.organisation.to_owned(),
            key: intent.key.as_str().to_owned(),
            body,
        }
    }

    pub(super) fn post(&mut self, process: &mut Process) -> Event {
        let request = self.request(process);
        self.judge.posts(&self.computers[process.on], process.on, process.machine.purchase());
        if process.throttled {
            self.judge.wrong("a request after the portal asked to wait".into());
        }
        let fate = if self.healed { 0 } else { self.dice.below(100) };
        self.tell(|| format!("computer {} sends {} (fate {fate})", process.on, request.key));
        let lost = |class, replay| {
            Event::Posted(ChargeResponse::Unknown { refusal: refusal(class), replay })
        };
        if fate >= 95 {
            let signal = self.dice.percent(10).then_some(Signal::Interrupt);
            return Event::Posted(ChargeResponse::Unsent(TransportError {
                class: Class::Network,
                message: "not connected".into(),
                sent: false,
                signal,
                cause: None,
            }));
        }
        process.posts += 1;
        let now = self.now;
        if fate >= 88 {
            return lost(Class::Network, true);
        }
        if fate >= 80 {
            self.portal.take_late(now, request, &mut self.dice);
            if self.dice.percent(20) {
                return lost(Class::Interrupted, false);
            }
            self.pass(30_000);
            return lost(Class::Timeout, true);
        }
        if fate >= 77 {
            self.answered(process);
            return Event::Posted(ChargeResponse::Unauthorized(refusal(Class::NotLoggedIn)));
        }
        let answer = self.portal.charge(now, now, &request, &mut self.dice);
        if (72..77).contains(&fate) && matches!(answer, Answer::Accepted(_) | Answer::Done) {
            // Something on the way sends it once more by itself. Where it would hide an answer
            // behind a later refusal, no client could tell the truth: that is not modelled.
            self.portal.charge(now, now, &request, &mut self.dice);
        }
        if (60..72).contains(&fate) {
            self.tell(|| "the answer is lost".to_owned());
            return lost(Class::Network, self.dice.percent(80));
        }
        self.answered(process);
        Event::Posted(match answer {
            Answer::Accepted(id) => ChargeResponse::Accepted(id),
            Answer::Done => ChargeResponse::Done,
            Answer::AlreadySo => ChargeResponse::AlreadySo,
            Answer::Declined => ChargeResponse::Declined(refusal(Class::CardDeclined)),
            Answer::NeedsPerson => ChargeResponse::NeedsPerson(refusal(Class::ActionRequired)),
            Answer::Denied(class @ (Class::RateLimited | Class::TemporarilyUnavailable)) => {
                process.throttled = true;
                ChargeResponse::Throttled(refusal(class))
            }
            Answer::Denied(class) => ChargeResponse::Refused(refusal(class)),
            Answer::Conflict => ChargeResponse::Conflict(refusal(Class::IdempotencyConflict)),
            Answer::InFlight => ChargeResponse::InFlight(refusal(Class::InProgress)),
            Answer::Failed => {
                ChargeResponse::Unknown { refusal: refusal(Class::ServerError), replay: true }
            }
        })
    }

    pub(super) fn poll(&mut self, process: &mut Process, id: &ChargeId) -> Event {
        if process.clean {
            self.judge.looked(process.on, process.id);
        }
        if !self.healed && self.dice.percent(15) {
            let class = self.dice.pick(&[
                Class::Network,
                Class::RateLimited,
                Class::ServerError,
                Class::InsufficientScope,
                Class::Interrupted,
            ]);
            let unauthorized = self.dice.percent(20);
            let class = if unauthorized { Class::NotLoggedIn } else { class };
            return Event::Polled(ChargeStatus::Trouble { refusal: refusal(class), unauthorized });
        }
        self.answered(process);
        Event::Polled(match self.portal.look(self.now, id) {
            Look::Pending => ChargeStatus::Pending,
            Look::Settled { body } => {
                let amount = if body.contains("50") { "50" } else { "25" };
                ChargeStatus::Settled {
                    amount_usd: Money::parse(amount).expect("money"),
                    settled_at: None,
                }
            }
            Look::Declined => ChargeStatus::Failed(refusal(Class::CardDeclined)),
        })
    }

    pub(super) fn look_at_plan(&mut self, process: &mut Process) -> Event {
        if !self.healed && self.dice.percent(15) {
            let unauthorized = self.dice.percent(20);
            let class = self.dice.pick(&[Class::Network, Class::ServerError, Class::Interrupted]);
            let class = if unauthorized { Class::NotLoggedIn } else { class };
            return Event::PlanSeen(Seen::Trouble { refusal: refusal(class), unauthorized });
        }
        self.answered(process);
        let body = &process.machine.purchase().intent.body;
        let in_force = self.portal.is_in_force(self.now, body);
        Event::PlanSeen(if in_force { Seen::InForce } else { Seen::NotInForce })
    }
}
