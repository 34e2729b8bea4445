//! The world of a purchase as it is: journal, session, system, clocks and signals.

use super::driver::{World, refusal_of};
use super::journal::Journal;
use super::record::{Moment, Purchase, Row, Stamp};
use super::steps::Action;
use crate::core::failure::{Failure, Result};
use crate::core::signals::{Interrupt, Signal, Stopped};
use crate::credentials::{Session, Token};
use crate::provider::plans::{Item, Plans, Seen};
use crate::provider::{ChargeId, ChargeResponse, ChargeStatus, Charges, ProviderError};
use jiff::Timestamp;
use std::time::Duration;

/// Fewer minutes left on a token than this mean a refresh first, so that refreshing and money
/// never interleave.
pub const TOKEN_LASTS: Duration = Duration::from_secs(6 * 60);

/// The world as it is.
pub struct RealWorld<'a> {
    journal: &'a mut Journal,
    session: &'a Session<'a>,
    charges: &'a dyn Charges,
    interrupt: &'a Interrupt,
    server_now: &'a dyn Fn() -> Option<Timestamp>,
    tell: &'a mut dyn FnMut(&Purchase, &Action),
    token: Option<Token>,
}

impl<'a> RealWorld<'a> {
    /// Puts the parts together. `server_now` is the server's clock as far as an answer of this
    /// run told it.
    pub fn new(
        journal: &'a mut Journal,
        session: &'a Session<'a>,
        charges: &'a dyn Charges,
        interrupt: &'a Interrupt,
        server_now: &'a dyn Fn() -> Option<Timestamp>,
        tell: &'a mut dyn FnMut(&Purchase, &Action),
    ) -> Self {
        Self { journal, session, charges, interrupt, server_now, tell, token: None }
    }
}

impl World for RealWorld<'_> {
    fn now(&mut self) -> Moment {
        now((self.server_now)())
    }

    fn authorize(&mut self, renew: bool) -> Result<(Option<String>, Option<String>)> {
        let token = match (&self.token, renew) {
            (Some(failed), true) => self.session.renew(failed)?,
            _ => self.session.token(TOKEN_LASTS)?,
        };
        let acts_for = token.acts_for();
        self.token = Some(token);
        Ok(acts_for)
    }

    fn ask_time(&mut self) -> Result<()> {
        self.token.as_ref().map_or(Ok(()), |token| self.charges.ask_time(token))
    }

    fn record(&mut self, purchase: &Purchase, stamp: &Stamp, row: &Row) -> Result<()> {
        self.journal.append(purchase.intent.id, stamp, row)
    }

    fn post(&mut self, purchase: &Purchase) -> ChargeResponse {
        let (key, body) = (&purchase.intent.key, purchase.intent.body.as_bytes());
        let Some(token) = &self.token else { return ChargeResponse::Refused(missing("token")) };
        match (&purchase.intent.item, self.charges.plans()) {
            (Item::Credits, _) => self.charges.post(token, key, body),
            (Item::Plan(_), Some(plans)) => plans.upgrade(token, key, body),
            (Item::Plan(_), None) => ChargeResponse::Refused(missing("way to change a plan")),
        }
    }

    fn poll(&mut self, id: &ChargeId) -> ChargeStatus {
        match &self.token {
            Some(token) => self.charges.poll(token, id),
            None => ChargeStatus::Trouble { refusal: missing("token"), unauthorized: false },
        }
    }

    fn look_at_plan(&mut self, purchase: &Purchase) -> Seen {
        let at_hand: (Option<&Token>, Option<&dyn Plans>) =
            (self.token.as_ref(), self.charges.plans());
        match (at_hand, purchase.intent.item.plan()) {
            ((Some(token), Some(plans)), Some(plan)) => plans.look(token, &plan.tier_id),
            _ => Seen::Trouble { refusal: missing("plan"), unauthorized: false },
        }
    }

    fn wait(&mut self, time: Duration) -> Result<(), Signal> {
        match self.interrupt.sleep(time) {
            Err(Stopped::Signal(signal)) => Err(signal),
            _ => Ok(()),
        }
    }

    fn tell(&mut self, purchase: &Purchase, action: &Action) {
        (self.tell)(purchase, action);
    }
}

/// The machine authorizes before it posts or polls: this cannot be reached, and must not panic
/// between a durable row and its request.
fn missing(what: &str) -> ProviderError {
    refusal_of(&Failure::internal(format!("there is no {what} at hand")))
}

/// Reads all clocks. The monotonic one goes on while the machine sleeps, where the system has
/// such a clock.
pub fn now(server: Option<Timestamp>) -> Moment {
    #[cfg(target_os = "linux")]
    let clock = rustix::time::ClockId::Boottime;
    #[cfg(not(target_os = "linux"))]
    let clock = rustix::time::ClockId::Monotonic;
    let time = rustix::time::clock_gettime(clock);
    let seconds = u64::try_from(time.tv_sec).unwrap_or_default();
    let nanos = u32::try_from(time.tv_nsec).unwrap_or_default();
    Moment {
        wall: Timestamp::now(),
        boot: boot_id(),
        monotonic: Duration::new(seconds, nanos),
        server,
    }
}

/// Which start of the machine this is; none where the system does not tell.
fn boot_id() -> Option<String> {
    use std::sync::OnceLock;
    static BOOT: OnceLock<Option<String>> = OnceLock::new();
    BOOT.get_or_init(|| {
        std::fs::read_to_string("/proc/sys/kernel/random/boot_id")
            .ok()
            .map(|id| id.trim().to_owned())
    })
    .clone()
}
