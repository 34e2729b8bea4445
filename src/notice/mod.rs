//! Notices to the people responsible for a shared pool that it does not cover what is asked of it, or
//! that a watched balance has fallen: by mail to each address, and by a webhook. Contract: poweron,
//! "The notice".
//!
//! Whether it is time for a notice is decided by the ledger or the watch; here it is only sent.
//! Nothing that goes wrong here may change the answer of the command that noticed the empty pool:
//! trouble comes back as lines for standard error, without an address or a secret in them, and all
//! of it together takes a bounded time.

mod auto_reload;
mod balance_alert;
mod deadline;
mod mail;
mod text;
mod tidings;
mod used_up;
mod webhook;

use crate::core::clock::SystemClock;
use crate::core::failure::{Failure, Result};
use crate::core::signals::Interrupt;
use crate::http::Http;
use deadline::{LIMITS, NoticeClock};
use mail::{Relay, Trouble};
use std::fmt;
use webhook::Hook;

pub use auto_reload::AutoReloadNotice;
pub use balance_alert::{BalanceAlert, BalanceEvent};
pub use tidings::Tidings;
pub use used_up::Notice;

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

#[cfg(test)]
mod tests;
