//! Notices to the people responsible for a shared pool that it is used up, or that a watched
//! balance has fallen: by mail to each address, and by a webhook. Contract: poweron, "The notice".
//!
//! Whether it is time for a notice is decided by the ledger or the watch; here it is only sent.
//! Nothing that goes wrong here may change the answer of the command that noticed the empty pool:
//! trouble comes back as lines for standard error, without an address or a secret in them, and all
//! of it together takes a bounded time.

mod low;
mod mail;
mod text;
mod webhook;

use crate::core::clock::{self, SystemClock};
use crate::core::failure::{Failure, Result};
use crate::core::language::Language;
use crate::core::money::Money;
use crate::core::signals::{Interrupt, Stopped};
use crate::core::wait::Deadline;
use crate::http::Http;
use jiff::Timestamp;
use mail::{Relay, Trouble};
use std::fmt;
use std::time::Duration;
use text::Words;
use webhook::Hook;

pub use low::LowBalance;

/// How long a command waits for its notice.
const LIMITS: NoticeLimits = NoticeLimits {
    all: Duration::from_secs(25),
    setting_up: Duration::from_secs(15),
    one: Duration::from_secs(10),
};

/// What happened.
#[derive(Clone, Debug)]
pub struct Notice {
    /// Whose pool.
    pub mandate: String,
    /// Of both sums.
    pub currency: String,
    /// What is left.
    pub balance: Money,
    /// What was asked for.
    pub required: Money,
    /// Who asked, where that is known.
    pub triggered_by: Option<String>,
    /// When.
    pub at: Timestamp,
    /// How long no other notice will be sent; zero when there is no such promise.
    pub cooldown: Duration,
}

/// The content of a notice, in the forms that mails and webhooks want.
pub trait Tidings {
    /// The subject, in both languages, on one line.
    fn subject(&self) -> String;

    /// All of it in one language.
    fn words(&self, language: Language) -> Words;

    /// All of it on one line; names are shown by `name`.
    fn one_line(&self, language: Language, name: &dyn Fn(&str) -> String) -> String;

    /// The body for the webhook.
    ///
    /// # Errors
    /// What keeps it from being written as JSON.
    fn body(&self) -> serde_json::Result<Vec<u8>>;
}

impl Tidings for Notice {
    fn subject(&self) -> String {
        text::subject(self)
    }

    fn words(&self, language: Language) -> Words {
        text::words(self, language)
    }

    fn one_line(&self, language: Language, name: &dyn Fn(&str) -> String) -> String {
        text::one_line(self, language, name)
    }

    fn body(&self) -> serde_json::Result<Vec<u8>> {
        webhook::body(self)
    }
}

/// The ways to send a notice.
#[derive(Default)]
pub struct Channels {
    relay: Option<Relay>,
    hook: Option<Hook>,
}

/// What became of a notice.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NoticeSent {
    /// How many were reached; the webhook counts as one.
    pub reached: usize,
    /// One line of reason for each that failed.
    pub failed: Vec<String>,
}

/// The longest that a notice takes.
#[derive(Clone, Copy)]
struct NoticeLimits {
    /// All of it together.
    all: Duration,
    /// A connection to the mail server that is ready to take a mail.
    setting_up: Duration,
    /// One mail, or the webhook: what one of them may take away from the others.
    one: Duration,
}

/// The time that is left for all of it.
struct NoticeClock<'a> {
    interrupt: &'a Interrupt,
    limits: NoticeLimits,
    deadline: Deadline<'a>,
}

impl Channels {
    /// Reads `TOPUP_SMTP_URL`, `TOPUP_SMTP_FROM` and `TOPUP_NOTIFY_URL`; nothing is sent yet.
    ///
    /// # Errors
    /// Class `config` when one of them cannot be used. Their values are not repeated: a password
    /// or a secret path may stand in them.
    pub fn parse(
        smtp_url: Option<&str>,
        from: Option<&str>,
        notify_url: Option<&str>,
    ) -> Result<Self> {
        let (usable, wrong) = Self::usable(smtp_url, from, notify_url);
        wrong.into_iter().next().map_or(Ok(usable), Err)
    }

    /// The same, without what cannot be used, and why that cannot.
    pub fn usable(
        smtp_url: Option<&str>,
        from: Option<&str>,
        notify_url: Option<&str>,
    ) -> (Self, Vec<Failure>) {
        let relay = match (smtp_url, from) {
            (None, Some(_)) => {
                Some(Err(Failure::config("TOPUP_SMTP_FROM is set and TOPUP_SMTP_URL is not")))
            }
            (url, from) => url.map(|url| Relay::parse(url, from)),
        };
        let mut wrong = Vec::new();
        let relay = relay.and_then(|read| read.map_err(|error| wrong.push(error)).ok());
        let hook = notify_url.map(Hook::parse);
        let hook = hook.and_then(|read| read.map_err(|error| wrong.push(error)).ok());
        (Self { relay, hook }, wrong)
    }

    /// Whether mails can be sent.
    pub fn has_mail(&self) -> bool {
        self.relay.is_some()
    }

    /// Whether there is a webhook.
    pub fn has_webhook(&self) -> bool {
        self.hook.is_some()
    }
}

impl fmt::Debug for Channels {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Channels")
            .field("mail", &self.has_mail())
            .field("webhook", &self.has_webhook())
            .finish()
    }
}

/// Whether this can be a mail address.
pub fn is_address(typed: &str) -> bool {
    mail::address(typed).is_some()
}

/// Sends to all, the webhook first. `on_first_reached` is called after the first success, before
/// the next is tried: a run that dies after that does not send the same notice again.
pub fn send(
    notice: &dyn Tidings,
    addresses: &[String],
    channels: &Channels,
    http: &Http,
    interrupt: &Interrupt,
    on_first_reached: &mut dyn FnMut(),
) -> NoticeSent {
    let system = SystemClock::new(interrupt.clone());
    let clock = NoticeClock::new(LIMITS, interrupt, &system);
    send_within(&clock, notice, addresses, channels, http, on_first_reached)
}

fn send_within(
    clock: &NoticeClock<'_>,
    notice: &dyn Tidings,
    addresses: &[String],
    channels: &Channels,
    http: &Http,
    on_first_reached: &mut dyn FnMut(),
) -> NoticeSent {
    let mut sent = NoticeSent::default();
    if let Some(hook) = &channels.hook {
        match hook.post(notice, http, clock) {
            Ok(()) => sent.one_more(on_first_reached),
            Err(reason) => sent.failed.push(format!("the webhook: {reason}")),
        }
    }
    match &channels.relay {
        Some(_) if addresses.is_empty() => {
            sent.failed.push("there is no address to send the notice to".to_owned());
        }
        Some(relay) => sent.by_mail(notice, addresses, relay, clock, on_first_reached),
        None if !addresses.is_empty() => {
            sent.failed.push(format!(
                "{}: no mail server is set in TOPUP_SMTP_URL",
                these(1, addresses.len())
            ));
        }
        None if channels.hook.is_none() => {
            sent.failed.push("there is neither an address nor a webhook to notify".to_owned());
        }
        None => {}
    }
    sent
}

impl NoticeSent {
    fn one_more(&mut self, on_first_reached: &mut dyn FnMut()) {
        self.reached += 1;
        if self.reached == 1 {
            on_first_reached();
        }
    }

    fn by_mail(
        &mut self,
        notice: &dyn Tidings,
        addresses: &[String],
        relay: &Relay,
        clock: &NoticeClock<'_>,
        on_first_reached: &mut dyn FnMut(),
    ) {
        let last = addresses.len();
        let mut was_up = false;
        for (number, address) in (1..).zip(addresses) {
            if clock.left().is_zero() {
                let these = these(number, last);
                self.failed.push(format!("{these}: not tried, the time for the notice is over"));
                return;
            }
            match relay.send(notice, address, clock, &mut was_up) {
                Ok(done) => {
                    self.one_more(on_first_reached);
                    done.close(clock);
                }
                Err(Trouble::Address(reason)) => {
                    self.failed.push(format!("address {number} of {last}: {reason}"));
                }
                Err(Trouble::Everybody(reason)) => {
                    self.failed.push(format!("{}: {reason}", these(number, last)));
                    return;
                }
            }
        }
    }
}

/// Addresses by their place, which is all that is reported of them.
fn these(first: usize, last: usize) -> String {
    if first == last {
        format!("address {first} of {last}")
    } else {
        format!("addresses {first} to {last} of {last}")
    }
}

impl<'a> NoticeClock<'a> {
    fn new(limits: NoticeLimits, interrupt: &'a Interrupt, clock: &'a dyn clock::Clock) -> Self {
        Self { interrupt, limits, deadline: Deadline::after(limits.all, clock) }
    }

    fn left(&self) -> Duration {
        self.deadline.left()
    }

    /// Waits for the work, but not longer than this, than there is time, or than a signal allows.
    fn run<T: Send + 'static>(
        &self,
        limit: Duration,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Stopped> {
        self.interrupt.guard(Some(limit.min(self.left())), work)
    }
}

#[cfg(test)]
mod tests;
