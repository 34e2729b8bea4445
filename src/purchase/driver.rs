//! Performs the actions of the machine, one after the other, and answers each with what came of
//! it. Everything a purchase touches is behind [`World`]: the real one is in `world`, and a test
//! puts another in its place.

use super::machine::Machine;
use super::record::{Moment, Purchase, Row, Stamp};
use super::steps::{Action, Event, Report};
use crate::core::failure::{Failure, Result};
use crate::core::signals::Signal;
use crate::provider::plans::Seen;
use crate::provider::{ChargeId, ChargeResponse, ChargeStatus, ProviderError};
use std::time::Duration;

/// What a purchase touches.
pub trait World {
    /// All clocks.
    fn now(&mut self) -> Moment;
    /// Finds a token that lasts, or a newer one than the last.
    ///
    /// # Errors
    /// Why there is none.
    fn authorize(&mut self, renew: bool) -> Result<(Option<String>, Option<String>)>;
    /// Asks the system anything, for the clock that comes with its answer.
    ///
    /// # Errors
    /// There was no answer.
    fn ask_time(&mut self) -> Result<()>;
    /// Makes a row durable.
    ///
    /// # Errors
    /// It may or may not be durable.
    fn record(&mut self, purchase: &Purchase, stamp: &Stamp, row: &Row) -> Result<()>;
    /// Sends the purchase, once.
    fn post(&mut self, purchase: &Purchase) -> ChargeResponse;
    /// Looks at the charge, once.
    fn poll(&mut self, id: &ChargeId) -> ChargeStatus;
    /// Looks whether the plan of the purchase is in force, once.
    fn look_at_plan(&mut self, purchase: &Purchase) -> Seen;
    /// Waits by the monotonic clock.
    ///
    /// # Errors
    /// The signal that came first.
    fn wait(&mut self, time: Duration) -> Result<(), Signal>;
    /// Says what is going on, to whom it may interest.
    fn tell(&mut self, purchase: &Purchase, action: &Action);
}

/// Runs the machine until it has nothing more to do.
pub fn drive(mut machine: Machine, world: &mut dyn World) -> (Purchase, Report) {
    let mut action = machine.start();
    loop {
        world.tell(machine.purchase(), &action);
        let event = match action {
            Action::Done(report) => return (machine.purchase().clone(), report),
            Action::Authorize { renew } => match world.authorize(renew) {
                Ok((organisation, subject)) => Event::Authorized { organisation, subject },
                Err(error) => Event::NotAuthorized(refusal_of(&error)),
            },
            Action::AskTime => match world.ask_time() {
                Ok(()) => Event::TimeAsked,
                Err(error) => Event::NotAsked(refusal_of(&error)),
            },
            Action::Record(stamp, row) => match world.record(machine.purchase(), &stamp, &row) {
                Ok(()) => Event::Recorded,
                Err(error) => Event::NotRecorded(refusal_of(&error)),
            },
            Action::Post => Event::Posted(world.post(machine.purchase())),
            Action::Poll(id) => Event::Polled(world.poll(&id)),
            Action::LookAtPlan => Event::PlanSeen(world.look_at_plan(machine.purchase())),
            Action::Wait(time) => match world.wait(time) {
                Ok(()) => Event::Woke,
                Err(signal) => Event::Interrupted(signal),
            },
        };
        action = machine.step(world.now(), event);
    }
}

/// An error as the machine takes it in.
pub fn refusal_of(error: &Failure) -> ProviderError {
    let parts = error.parts();
    ProviderError {
        class: parts.class,
        code: parts.code.clone(),
        status: parts.status,
        message: parts.message.clone(),
        portal_url: parts.portal_url.clone(),
        retry_after: parts.retry_after,
        details: parts.details.clone(),
    }
}
