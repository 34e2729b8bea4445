//! Performs the actions of the machine, one after the other, and answers each with what came of
//! it. Everything a purchase touches is behind [`World`]: the real one is in `world`, and a test
//! puts another in its place.

use super::evidence::OtherPurchases;
use super::machine::Machine;
use super::record::{JournalRow, Moment, Purchase, Stamp};
use super::steps::{Action, ActionResult, PurchaseReport};
use crate::core::failure::Result;
use crate::core::signals::Signal;
use crate::provider::plans::PlanSeen;
use crate::provider::{ChargeId, ChargeResponse, ChargeStatus, EvidenceAnswer, ProviderError};
use std::collections::VecDeque;
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
    /// Reads the seller's evidence, once, and what the journal knows of the other purchases of the
    /// account.
    fn read_evidence(&mut self, purchase: &Purchase) -> (EvidenceAnswer, OtherPurchases);
    /// Makes a row durable.
    ///
    /// # Errors
    /// It may or may not be durable.
    fn record(&mut self, purchase: &Purchase, stamp: &Stamp, row: &JournalRow) -> Result<()>;
    /// Sends the purchase, once.
    fn post(&mut self, purchase: &Purchase) -> ChargeResponse;
    /// Polls the charge of the purchase, once.
    fn poll(&mut self, purchase: &Purchase, id: &ChargeId) -> ChargeStatus;
    /// Checks whether the plan of the purchase is in force, once.
    fn look_at_plan(&mut self, purchase: &Purchase) -> PlanSeen;
    /// Waits by the monotonic clock.
    ///
    /// # Errors
    /// The signal that came first.
    fn wait(&mut self, time: Duration) -> Result<(), Signal>;
    /// Reports what is under way.
    fn report(&mut self, machine: &Machine, action: &Action);
}

/// Runs the machine until it has nothing more to do.
pub fn drive(mut machine: Machine, world: &mut dyn World) -> (Purchase, PurchaseReport) {
    let mut unwritten = UnwrittenRows::default();
    let mut action = machine.start();
    loop {
        world.report(&machine, &action);
        let event = match action {
            Action::Done(mut report) => {
                report.unrecorded &= !unwritten.0.is_empty();
                return (machine.purchase().clone(), report);
            }
            Action::Authorize { renew } => match world.authorize(renew) {
                Ok((organisation, subject)) => ActionResult::Authorized { organisation, subject },
                Err(error) => ActionResult::NotAuthorized(ProviderError::from(&error)),
            },
            Action::AskTime => match world.ask_time() {
                Ok(()) => ActionResult::TimeAsked,
                Err(error) => ActionResult::NotAsked(ProviderError::from(&error)),
            },
            Action::ReadEvidence => {
                let (answer, others) = world.read_evidence(machine.purchase());
                ActionResult::EvidenceRead(answer, others)
            }
            Action::Record(stamp, row) => {
                match unwritten.record(world, machine.purchase(), stamp, row) {
                    Ok(()) => ActionResult::Recorded,
                    Err(error) => ActionResult::NotRecorded(ProviderError::from(&error)),
                }
            }
            Action::Post => ActionResult::Posted(world.post(machine.purchase())),
            Action::Poll(id) => ActionResult::Polled(world.poll(machine.purchase(), &id)),
            Action::LookAtPlan => ActionResult::PlanSeen(world.look_at_plan(machine.purchase())),
            Action::Wait(time) => match world.wait(time) {
                Ok(()) => ActionResult::Woke,
                Err(signal) => ActionResult::Interrupted(signal),
            },
        };
        action = machine.step(world.now(), event);
    }
}

/// Rows that could not be made durable, while the run went on with what they say. They come before
/// the next one: the end of a purchase is not written without the charge that it is about.
#[derive(Default)]
struct UnwrittenRows(VecDeque<(Stamp, JournalRow)>);

impl UnwrittenRows {
    /// Makes them durable, and this one behind them. A row that may be there already says the same
    /// a second time.
    fn record(
        &mut self,
        world: &mut dyn World,
        purchase: &Purchase,
        stamp: Stamp,
        row: JournalRow,
    ) -> Result<()> {
        self.0.push_back((stamp, row));
        while let Some((stamp, row)) = self.0.front() {
            world.record(purchase, stamp, row)?;
            self.0.pop_front();
        }
        Ok(())
    }
}
