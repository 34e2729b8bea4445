//! Keeps an eye on a balance, and reports once each time it falls below an amount; for days, or for
//! one check of a timer. What no waiting mends, such as a login that has ended, ends the watch with
//! its class, so that the program that started it notices.

pub mod alert_channel;
mod alert_state;

use super::readings::rest_after;
use crate::core::class::{Class, Recovery};
use crate::core::clock::Clock;
use crate::core::failure::{Failure, Result};
use crate::core::money::{Amount, Money};
use crate::core::signals::{Interrupt, Signal};
use crate::core::system::System;
use crate::core::time;
use crate::notice::LowBalance;
use crate::provider::balances::Scope;
use crate::provider::{Balance, Holder, Unit};
use crate::purchase::key::watch_id;
use alert_channel::{AlertChannel, AlertDelivery};
use alert_state::{Crossing, LockedMemory, MOST_TRIES, Memory, Step};
use schemars::JsonSchema;
use serde::Serialize;
use std::path::PathBuf;
use std::time::Duration;

/// No portal of others is asked more often.
pub const SHORTEST_INTERVAL: Duration = Duration::from_secs(10);
/// More makes no sense, and the clock has room for it.
pub const LONGEST_INTERVAL: Duration = Duration::from_secs(31 * 24 * 3600);
/// However often it fails, it is tried again after this, unless the interval is longer anyway.
const LONGEST_BACKOFF: Duration = Duration::from_secs(5 * 60);

/// What is watched for, and how.
#[derive(Clone, Debug)]
pub struct WatchOptions {
    /// Report when less than this is there.
    pub below: Amount,
    /// The time between two checks.
    pub every: Duration,
    /// Check once and end, whether it is low or not.
    pub one_check: bool,
    /// The profile that is watched, by its name.
    pub profile: String,
}

/// What one successful check shows.
#[derive(Clone, Debug)]
pub struct WatchReading {
    /// What is there.
    pub balance: Balance,
    /// The organisation, team or mandate: its id, and the name that people know it by.
    pub holder: Option<Holder>,
    /// Where it is: a portal's identity, or a ledger.
    pub place: String,
    /// The system.
    pub system: System,
    /// Where more is bought.
    pub page: Option<String>,
    /// What the balance is about.
    pub scope: Scope,
    /// Whether it may be too high for a while.
    pub lags: bool,
}

/// Something whose balance can be read.
pub trait BalanceSource {
    /// Reads it once.
    ///
    /// # Errors
    /// What keeps it from being read.
    fn read(&self) -> Result<WatchReading>;
}

/// What changed, for the caller.
#[derive(Debug)]
pub enum WatchEvent<'a> {
    /// The first check: enough is there.
    Watching(&'a Balance),
    /// The first check: nothing is counted, so it never gets low.
    Uncounted(&'a Balance),
    /// Less than that is there.
    Below {
        /// What is there.
        balance: &'a Balance,
        /// An earlier check or watch has reported it.
        reported_before: bool,
        /// This event is the report.
        is_report: bool,
    },
    /// Enough is there again.
    Above(&'a Balance),
    /// A check that changed nothing.
    Unchanged(&'a Balance),
    /// The balance cannot be read.
    Failing(&'a Failure),
    /// It can be read again.
    Recovered(&'a Balance),
    /// It was reported, by this.
    Reported(&'a str),
    /// It could not be reported.
    NotReported {
        /// Why.
        reason: &'a str,
        /// How often it was tried so far.
        tries: u32,
        /// It is tried again at the next check.
        goes_on: bool,
    },
    /// The balance rose again before it could be reported.
    RoseUnreported,
}

/// What was seen and reported; `data` of `watch`, on success and on failure.
#[derive(Serialize, JsonSchema)]
pub struct WatchedBalance {
    /// What was there at the last check, where that is counted in dollars.
    pub balance_usd: Option<Money>,
    /// What was there at the last check that showed it.
    pub balance: Option<Money>,
    /// What it was watched for.
    pub below: Money,
    /// What both count: `usd`, `credits`, `uses`, or another currency in small letters.
    pub unit: Option<Unit>,
    /// What the balance is about: `account`, `key`, `user`, `team` or `pool`.
    pub scope: Option<Scope>,
    /// Whether the balance may be too high for a while.
    pub lags: Option<bool>,
    /// Nothing is counted: it never falls.
    pub unlimited: bool,
    /// Whether less was there; null when no check showed it.
    pub is_below: Option<bool>,
    /// Since when less is there, as far as this and earlier watches have seen it.
    pub below_since: Option<String>,
    /// Whether that was reported, by this or an earlier watch; null while there is nothing to
    /// report.
    #[serde(rename = "told")]
    pub reported: Option<bool>,
    /// How many checks there were.
    #[serde(rename = "looks")]
    pub checks: u64,
    /// How many of the checks failed.
    #[serde(rename = "failed_looks")]
    pub failed_checks: u64,
    /// How often the balance was seen to fall.
    pub crossings: u64,
    /// How often this watch has reported it.
    pub notices: u64,
}

impl WatchedBalance {
    fn new(below: Amount) -> Self {
        Self {
            balance_usd: None,
            balance: None,
            below: below.into(),
            unit: None,
            scope: None,
            lags: None,
            unlimited: false,
            is_below: None,
            below_since: None,
            reported: None,
            checks: 0,
            failed_checks: 0,
            crossings: 0,
            notices: 0,
        }
    }
}

/// The parts of a watch.
pub struct WatchParts<'a> {
    /// What is watched.
    pub source: &'a dyn BalanceSource,
    /// How a low balance is reported.
    pub channel: &'a dyn AlertChannel,
    /// The folder of what watches remember.
    pub memory: PathBuf,
    /// The clock, and what waits.
    pub clock: &'a dyn Clock,
    /// Ends a wait for another watch.
    pub interrupt: &'a Interrupt,
    /// Gets each event.
    pub listener: &'a dyn Fn(&WatchEvent<'_>),
}

/// Watches until a signal comes, which is how it ends well, or checks once.
///
/// # Errors
/// The classes of a check that no waiting mends, and with `one_check` those of every check; what
/// was seen is in their data.
pub fn watch(options: &WatchOptions, parts: &WatchParts<'_>) -> Result<WatchedBalance> {
    let mut watch =
        WatchRun { options, parts, seen: WatchedBalance::new(options.below), failures: 0 };
    match watch.go_on() {
        Ok(()) => Ok(watch.seen),
        Err(failure) => Err(failure.with_data_of(&watch.seen)),
    }
}

struct WatchRun<'a> {
    options: &'a WatchOptions,
    parts: &'a WatchParts<'a>,
    seen: WatchedBalance,
    /// How many checks have failed since the last good one.
    failures: u32,
}

impl WatchRun<'_> {
    fn go_on(&mut self) -> Result<()> {
        loop {
            let mut asked_to_wait = None;
            match self.check() {
                Ok(()) => {}
                Err(failure)
                    if Signal::from_class(failure.class()).is_some() && !self.options.one_check =>
                {
                    return Ok(());
                }
                Err(failure) => {
                    self.seen.failed_checks += 1;
                    let asked = failure.parts().retry_after.map(Duration::from_secs);
                    asked_to_wait = asked.or_else(|| rest_after(&failure));
                    if self.options.one_check || !passes(&failure) {
                        return Err(failure);
                    }
                    if self.failures == 0 {
                        self.say(&WatchEvent::Failing(&failure));
                    }
                    self.failures = self.failures.saturating_add(1);
                }
            }
            if self.options.one_check {
                return Ok(());
            }
            let wait = wait_after(self.options.every, self.failures, asked_to_wait);
            if self.parts.clock.wait(wait).is_err() {
                return Ok(());
            }
        }
    }

    /// One check, and what follows from it.
    fn check(&mut self) -> Result<()> {
        self.seen.checks += 1;
        let reading = self.parts.source.read()?;
        let below = Money::from(self.options.below);
        let is_below = !reading.balance.unlimited && reading.balance.amount < below;
        let memory = Memory::new(self.parts.memory.clone(), self.id(&reading));
        let Some(held) = memory.take(self.parts.interrupt)? else {
            // Another watch is reporting it; the next check sees its result.
            self.note(&reading, is_below, None);
            return Ok(());
        };
        let known = held.read()?;
        let (mut crossing, step) =
            alert_state::next(known.clone(), is_below, self.parts.clock.now());
        if crossing.is_some() && known.is_none() {
            self.seen.crossings += 1;
        }
        self.note(&reading, is_below, crossing.as_ref());
        match (step, &mut crossing) {
            (Step::Report, Some(crossing)) => self.report(&reading, &held, crossing)?,
            (Step::Rose { reported }, _) => {
                held.write(None)?;
                if !reported {
                    self.say(&WatchEvent::RoseUnreported);
                }
            }
            _ => {}
        }
        self.seen.reported = crossing.map(|crossing| crossing.reported_at.is_some());
        Ok(())
    }

    /// Notes what was seen, and says what has changed.
    fn note(&mut self, reading: &WatchReading, is_below: bool, crossing: Option<&Crossing>) {
        let balance = &reading.balance;
        if self.failures > 0 {
            self.failures = 0;
            self.say(&WatchEvent::Recovered(balance));
        }
        match self.seen.is_below {
            None if balance.unlimited => self.say(&WatchEvent::Uncounted(balance)),
            None if !is_below && !self.options.one_check => {
                self.say(&WatchEvent::Watching(balance));
            }
            None | Some(false) if is_below => {
                let reported_before =
                    crossing.is_some_and(|crossing| crossing.reported_at.is_some());
                // Where nothing else reports it, the line is what the watch is there for.
                let is_report = self.parts.channel.is_line() && !reported_before;
                self.say(&WatchEvent::Below { balance, reported_before, is_report });
            }
            Some(true) if !is_below => self.say(&WatchEvent::Above(balance)),
            _ => self.say(&WatchEvent::Unchanged(balance)),
        }
        self.seen.balance_usd = balance.unit.in_dollars(balance.amount);
        self.seen.balance = Some(balance.amount);
        self.seen.unit = Some(balance.unit.clone());
        self.seen.scope = Some(reading.scope);
        self.seen.lags = Some(reading.lags);
        self.seen.unlimited = balance.unlimited;
        self.seen.is_below = Some(is_below);
        self.seen.below_since = crossing.map(|crossing| time::shown(crossing.since));
        self.seen.reported = None;
    }

    /// What identifies this watch: another balance, another amount or another channel is another
    /// watch; a restart and a second one beside it are the same.
    fn id(&self, reading: &WatchReading) -> uuid::Uuid {
        let channel = self.parts.channel.identity();
        let account = reading.holder.as_ref().map_or("", |holder| holder.id.as_str());
        let below = self.options.below.to_string();
        let mut parts =
            vec![reading.system.name(), &reading.place, account, &self.options.profile, &below];
        parts.extend(channel.iter().map(String::as_str));
        watch_id(&parts)
    }

    /// Reports it, remembering before that it was tried and after that it was done.
    fn report(
        &mut self,
        reading: &WatchReading,
        held: &LockedMemory<'_>,
        crossing: &mut Crossing,
    ) -> Result<()> {
        crossing.tries += 1;
        held.write(Some(crossing))?;
        let low = self.low(reading);
        let at = self.parts.clock.now();
        let mut noted = Ok(());
        let delivery = self.parts.channel.deliver(&low, reading.system.name(), &mut || {
            crossing.reported_at = Some(at);
            noted = held.write(Some(crossing));
        });
        match delivery {
            AlertDelivery::Delivered(by) => {
                self.seen.notices += 1;
                if !self.parts.channel.is_line() {
                    self.say(&WatchEvent::Reported(&by));
                }
            }
            // It was not its fault.
            AlertDelivery::Stopped(signal) => {
                crossing.tries -= 1;
                held.write(Some(crossing))?;
                self.seen.reported = Some(false);
                return Err(Failure::new(signal.class(), "interrupted before it was reported"));
            }
            AlertDelivery::NotDelivered(reason) => {
                let tries = crossing.tries;
                let goes_on = tries < MOST_TRIES;
                self.say(&WatchEvent::NotReported { reason: &reason, tries, goes_on });
            }
        }
        noted
    }

    fn low(&self, reading: &WatchReading) -> LowBalance {
        let below = Money::from(self.options.below);
        LowBalance {
            system: reading.system.title().to_owned(),
            place: reading.place.clone(),
            account: reading.holder.as_ref().map(|holder| holder.name.clone()),
            profile: self.options.profile.clone(),
            balance: reading.balance.amount,
            below,
            shown: [reading.balance.shown(), reading.balance.unit.shown(below)],
            unit: reading.balance.unit.to_string(),
            command: reading.system.facts().refill,
            page: reading.page.clone(),
            at: self.parts.clock.now(),
        }
    }

    fn say(&self, event: &WatchEvent<'_>) {
        (self.parts.listener)(event);
    }
}

/// How often it is tried to report one fall.
pub const TRIES: u32 = MOST_TRIES;

/// Whether it may be over by the next check without any action.
fn passes(failure: &Failure) -> bool {
    let class = failure.class();
    // A network that asks for a sign-in first has certificates of its own until then, and a file
    // that another program is writing is whole in a moment.
    class.may_pass()
        || class == Class::Tls
        || (class == Class::Config && failure.parts().recovery == Some(Recovery::RetryLater))
}

/// How long to wait for the next check: as typed, and longer the more often it has failed, and
/// never shorter than the system asks for.
fn wait_after(every: Duration, failures: u32, asked: Option<Duration>) -> Duration {
    let doubled = every.saturating_mul(1 << failures.saturating_sub(1).min(20));
    doubled.min(LONGEST_BACKOFF).max(every).max(asked.unwrap_or_default())
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
