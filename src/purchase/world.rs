//! The world of a purchase as it is: journal, session, system, clocks and signals.

use super::driver::World;
use super::evidence::OtherPurchases;
use super::journal::Journal;
use super::machine::Machine;
use super::record::{BootId, JournalRow, Moment, Purchase, RunAttempt, Stamp};
use super::steps::Action;
use crate::core::class::Class;
use crate::core::clock::Clock;
use crate::core::failure::Result;
use crate::core::secret::Secret;
use crate::core::signals::Signal;
use crate::credentials::{Session, Token};
use crate::provider::plans::{Item, PlanSeen, Plans};
use crate::provider::{
    ChargeId, ChargeResponse, ChargeStatus, Charges, EvidenceAnswer, ProviderError,
};
use jiff::Timestamp;
use std::time::Duration;

/// Fewer minutes left on a token than this mean a refresh first, so that refreshing and money
/// never interleave.
pub const TOKEN_LASTS: Duration = Duration::from_secs(6 * 60);

/// Hands out tokens: a [`Session`], or what a test has in its place.
pub trait TokenSource {
    /// A long-lived token at least this long, where such a one can be had.
    ///
    /// # Errors
    /// As [`Session::token`].
    fn token(&self, min_left: Duration) -> Result<Token>;

    /// Another token after this one was not accepted.
    ///
    /// # Errors
    /// As [`Session::renew`].
    fn renew(&self, failed: &Token) -> Result<Token>;
}

impl TokenSource for Session<'_> {
    fn token(&self, min_left: Duration) -> Result<Token> {
        Session::token(self, min_left)
    }

    fn renew(&self, failed: &Token) -> Result<Token> {
        Session::renew(self, failed)
    }
}

/// All clocks: those of this machine, and the server's, as far as an answer of this run stated it.
#[derive(Clone, Copy)]
pub struct Clocks<'a> {
    /// Those of this machine.
    pub machine: &'a dyn Clock,
    /// The server's.
    pub server: &'a dyn Fn() -> Option<Timestamp>,
    /// The attempt of the CI run that this is.
    pub attempt: Option<&'a RunAttempt>,
}

impl Clocks<'_> {
    /// Reads all of them.
    pub fn now(&self) -> Moment {
        Moment {
            wall: self.machine.now(),
            boot: boot_id(),
            monotonic: self.machine.monotonic(),
            server: (self.server)(),
            attempt: self.attempt.cloned(),
        }
    }
}

/// The world as it is.
pub struct RealWorld<'a> {
    journal: &'a mut Journal,
    tokens: &'a dyn TokenSource,
    charges: &'a dyn Charges,
    clocks: Clocks<'a>,
    on_step: &'a mut dyn FnMut(&Machine, &Action),
    token: Option<Token>,
    client_secret: Option<Secret>,
}

impl<'a> RealWorld<'a> {
    /// Puts the parts together; `on_step` is called before each action.
    pub fn new(
        journal: &'a mut Journal,
        tokens: &'a dyn TokenSource,
        charges: &'a dyn Charges,
        clocks: Clocks<'a>,
        on_step: &'a mut dyn FnMut(&Machine, &Action),
    ) -> Self {
        Self { journal, tokens, charges, clocks, on_step, token: None, client_secret: None }
    }

    /// What confirms the payment that this run opened: it is kept nowhere.
    pub fn into_client_secret(self) -> Option<Secret> {
        self.client_secret
    }
}

impl World for RealWorld<'_> {
    fn now(&mut self) -> Moment {
        self.clocks.now()
    }

    fn authorize(&mut self, renew: bool) -> Result<(Option<String>, Option<String>)> {
        let token = match (&self.token, renew) {
            (Some(failed), true) => self.tokens.renew(failed)?,
            _ => self.tokens.token(TOKEN_LASTS)?,
        };
        let acts_for = self.charges.acts_for(&token);
        self.token = Some(token);
        Ok(acts_for)
    }

    fn ask_time(&mut self) -> Result<()> {
        self.token.as_ref().map_or(Ok(()), |token| self.charges.ask_time(token))
    }

    fn record(&mut self, purchase: &Purchase, stamp: &Stamp, row: &JournalRow) -> Result<()> {
        self.journal.append(purchase.intent.id, stamp, row)?;
        if row.moves_position() { self.journal.note_position() } else { Ok(()) }
    }

    fn post(&mut self, purchase: &Purchase) -> ChargeResponse {
        self.journal.keep_alive();
        let (key, body) = (&purchase.intent.key, purchase.intent.body.as_bytes());
        let Some(token) = &self.token else { return ChargeResponse::Refused(missing("token")) };
        match (&purchase.intent.item, self.charges.plans()) {
            (Item::Credits, _) => self.charges.post(token, key, body),
            (Item::Pack, _) => {
                let mut posted = self.charges.post(token, key, body);
                if let ChargeResponse::Opened(opened) = &mut posted {
                    self.client_secret = opened.client_secret.take();
                }
                posted
            }
            (Item::Plan(_), Some(plans)) => plans.upgrade(token, key, body),
            (Item::Plan(_), None) => ChargeResponse::Refused(missing("way to change a plan")),
        }
    }

    fn poll(&mut self, purchase: &Purchase, id: &ChargeId) -> ChargeStatus {
        match &self.token {
            Some(token) => self.charges.poll(token, id, Some(purchase.asked.wall)),
            None => ChargeStatus::Trouble { refusal: missing("token"), unauthorized: false },
        }
    }

    fn look_at_plan(&mut self, purchase: &Purchase) -> PlanSeen {
        let at_hand: (Option<&Token>, Option<&dyn Plans>) =
            (self.token.as_ref(), self.charges.plans());
        match (at_hand, purchase.intent.item.plan()) {
            ((Some(token), Some(plans)), Some(plan)) => plans.look(token, &plan.tier_id),
            _ => PlanSeen::Trouble { refusal: missing("plan"), unauthorized: false },
        }
    }

    fn read_evidence(&mut self, purchase: &Purchase) -> (EvidenceAnswer, OtherPurchases) {
        let trouble = |refusal| EvidenceAnswer::Trouble { refusal, unauthorized: false };
        let others = match self.journal.others_of_account(purchase) {
            Ok(others) => others,
            // What belongs to other purchases is not known: nothing may be concluded.
            Err(error) => {
                return (trouble(ProviderError::from(&error)), OtherPurchases::default());
            }
        };
        let answer = match (self.token.as_ref(), self.charges.evidence()) {
            (Some(token), Some(evidence)) => evidence.read(token),
            _ => trouble(missing("evidence")),
        };
        let lag = self.charges.seller().evidence_lag();
        (answer, OtherPurchases::new(&others, purchase, lag))
    }

    fn wait(&mut self, time: Duration) -> Result<(), Signal> {
        self.journal.keep_alive();
        self.clocks.machine.wait(time)
    }

    fn report(&mut self, machine: &Machine, action: &Action) {
        (self.on_step)(machine, action);
    }
}

/// The machine authorizes before it posts or polls: this cannot be reached, and must not panic
/// between a durable row and its request.
fn missing(what: &str) -> ProviderError {
    ProviderError::new(Class::Internal, format!("there is no {what} at hand"))
}

/// Which start of the machine this is; none where the system does not say.
fn boot_id() -> Option<BootId> {
    use std::sync::OnceLock;
    static BOOT: OnceLock<Option<BootId>> = OnceLock::new();
    BOOT.get_or_init(|| {
        std::fs::read_to_string("/proc/sys/kernel/random/boot_id").ok().map(|id| id.trim().into())
    })
    .clone()
}

#[cfg(test)]
#[path = "world_tests.rs"]
mod tests;
