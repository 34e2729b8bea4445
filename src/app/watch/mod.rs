//! Keeps an eye on a balance, and reports once each time it falls below an amount; for days, or for
//! one check of a timer. What no waiting mends, such as a login that has ended, ends the watch with
//! its class, so that the program that started it notices.

pub(crate) mod alert_channel;
pub(crate) mod alert_memory;
pub(crate) mod alert_state;
pub(crate) mod moving;
pub(crate) mod shared_memory;
pub(crate) mod threshold;
mod watched;

pub use watched::{WatchEvent, WatchedBalance};

use super::readings::rest_after;
use crate::core::class::{Class, Recovery};
use crate::core::clock::Clock;
use crate::core::failure::{Failure, Result};
use crate::core::language::Language;
use crate::core::money::Money;
use crate::core::signals::Signal;
use crate::core::system::System;
use crate::notice::{AutoReloadNotice, BalanceAlert, BalanceEvent};
use crate::provider::balances::Scope;
use crate::provider::{AutoReload, Balance, Holder};
use crate::purchase::key::watch_id;
use alert_channel::{AlertChannel, AlertDelivery};
use alert_memory::{AlertMemory, HeldMemory};
use alert_state::{AlertKind, AlertPolicy, AlertState, DueAlert, MOST_TRIES};
use std::time::Duration;
use threshold::{Level, Threshold};

/// No portal of others is asked more often.
pub const SHORTEST_INTERVAL: Duration = Duration::from_secs(10);
/// More makes no sense, and the clock has room for it.
pub const LONGEST_INTERVAL: Duration = Duration::from_secs(31 * 24 * 3600);
/// However often it fails, it is tried again after this, unless the interval is longer anyway.
const LONGEST_BACKOFF: Duration = Duration::from_secs(5 * 60);

/// What is watched for, and how.
#[derive(Clone, Debug)]
pub struct WatchOptions {
    /// Report when less than one of these is there.
    pub thresholds: Vec<Threshold>,
    /// What 100 % is, where that was typed.
    pub whole: Option<Money>,
    /// Which notices are wanted.
    pub policy: AlertPolicy,
    /// The time between two checks.
    pub every: Duration,
    /// Check once and end, whether it is low or not.
    pub one_check: bool,
    /// The profile that is watched, by its name.
    pub profile: String,
    /// The language of notices.
    pub language: Language,
}

/// What one successful check shows.
#[derive(Clone, Debug)]
pub struct WatchReading {
    /// What is there.
    pub balance: Balance,
    /// What 100 % is, where the system says so.
    pub whole: Option<Money>,
    /// The organisation, team or mandate: its id, and the name that people know it by.
    pub holder: Option<Holder>,
    /// Where it is: a portal's identity, or a ledger.
    pub place: String,
    /// The system.
    pub system: System,
    /// Where more is bought.
    pub page: Option<String>,
    /// The command that fills it up, as it is typed for this account.
    pub refill: String,
    /// What the balance is about.
    pub scope: Scope,
    /// Whether it may be too high for a while.
    pub lags: bool,
    /// Auto-reload, where the system shows it.
    pub auto_reload: Option<AutoReload>,
    /// It is an account of the sandbox.
    pub sandbox: bool,
}

/// Something whose balance can be read.
pub trait BalanceSource {
    /// Reads it once.
    ///
    /// # Errors
    /// What keeps it from being read.
    fn read(&self) -> Result<WatchReading>;
}

/// The parts of a watch.
pub struct WatchParts<'a> {
    /// What is watched.
    pub source: &'a dyn BalanceSource,
    /// How a low balance is reported.
    pub channel: &'a dyn AlertChannel,
    /// Where it is remembered what was reported.
    pub memory: &'a dyn AlertMemory,
    /// The clock, and what waits.
    pub clock: &'a dyn Clock,
    /// Gets each event.
    pub listener: &'a dyn Fn(&WatchEvent<'_>),
}

/// Watches until a signal comes, which is how it ends well, or checks once.
///
/// # Errors
/// The classes of a check that no waiting mends, and with `one_check` those of every check; what
/// was seen is in their data.
pub fn watch(options: &WatchOptions, parts: &WatchParts<'_>) -> Result<WatchedBalance> {
    let seen = WatchedBalance::new(options);
    let mut watch = WatchRun { options, parts, seen, depth: None, failures: 0 };
    match watch.go_on() {
        Ok(()) => Ok(watch.seen),
        Err(failure) => Err(failure.with_data_of(&watch.seen)),
    }
}

struct WatchRun<'a> {
    options: &'a WatchOptions,
    parts: &'a WatchParts<'a>,
    seen: WatchedBalance,
    /// How many thresholds the balance was below at the last check.
    depth: Option<usize>,
    /// How many checks have failed since the last good one.
    failures: u32,
}

/// A check that showed the balance.
struct Check {
    reading: WatchReading,
    /// The thresholds, the highest first.
    levels: Vec<Level>,
    /// The same for the memory, and whether the balance is below each.
    keys: Vec<(String, bool)>,
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
        let check = self.read()?;
        let Some(held) = self.parts.memory.take(self.id(&check), self.parts.clock)? else {
            // Another watch is reporting it; the next check sees its result.
            self.note(&check, None, None);
            return Ok(());
        };
        let first = check.keys.first().map_or("", |(key, _)| key.as_str());
        let known = alert_memory::load(held.as_ref(), first)?;
        let now = self.parts.clock.now();
        let decision = alert_state::decide(&self.options.policy, &known, &check.keys, now);
        let mut state = decision.state;
        self.seen.crossings += u64::from(decision.fell);
        self.note(&check, Some(&known), decision.due);
        self.seen.below_since = state.below_since().map(crate::core::time::shown);
        if let Some(due) = decision.due {
            self.report(&check, held.as_ref(), &mut state, due)?;
        } else if state != known {
            alert_memory::save(held.as_ref(), &state)?;
        }
        if decision.rose_unreported {
            self.say(&WatchEvent::RoseUnreported);
        }
        self.seen.reported = state.is_reported();
        Ok(())
    }

    fn read(&self) -> Result<Check> {
        let reading = self.parts.source.read()?;
        let whole = self.options.whole.or(reading.whole);
        let levels = threshold::levels(&self.options.thresholds, whole, reading.system.title())?;
        let balance = &reading.balance;
        let is_below = |level: &Level| !balance.unlimited && balance.amount < level.limit;
        let keys = levels.iter().map(|level| (level.threshold.to_string(), is_below(level)));
        Ok(Check { keys: keys.collect(), reading, levels })
    }

    /// Notes what was seen, and says what has changed.
    fn note(&mut self, check: &Check, known: Option<&AlertState>, due: Option<DueAlert>) {
        let balance = &check.reading.balance;
        if self.failures > 0 {
            self.failures = 0;
            self.say(&WatchEvent::Recovered(balance));
        }
        let depth = check.keys.iter().filter(|(_, is_below)| *is_below).count();
        // Where nothing else reports it, the line is what the watch is there for.
        let is_report = self.parts.channel.is_line() && due.is_some();
        let before = self.depth.replace(depth);
        let event = match (before, depth) {
            (None, _) if balance.unlimited => WatchEvent::Uncounted(balance),
            (_, 0) if is_report || before.is_some_and(|before| before > 0) => {
                WatchEvent::Above { balance, level: &check.levels[0], is_report }
            }
            (None, 0) if !self.options.one_check => {
                WatchEvent::Watching { balance, levels: &check.levels }
            }
            (before, 1..) if is_report || depth > before.unwrap_or(0) => {
                let reported_before = known.and_then(AlertState::is_reported).unwrap_or(false)
                    && due.is_none_or(|due| due.kind != AlertKind::Low);
                let level = &check.levels[depth - 1];
                WatchEvent::Below { balance, level, reported_before, is_report }
            }
            (Some(before), 1..) if before > depth => WatchEvent::Between {
                balance,
                above: &check.levels[depth],
                below: &check.levels[depth - 1],
            },
            _ => WatchEvent::Unchanged(balance),
        };
        self.say(&event);
        if let (None, Some(reload)) = (before, &check.reading.auto_reload)
            && reload.enabled
        {
            self.say(&WatchEvent::AutoReload(reload));
        }
        self.seen.note(&check.reading, &check.levels, &check.keys);
    }

    /// What identifies this watch: another balance, other thresholds or another channel is another
    /// watch; a restart and a second one beside it are the same.
    fn id(&self, check: &Check) -> uuid::Uuid {
        let channel = self.parts.channel.identity();
        let reading = &check.reading;
        let account = reading.holder.as_ref().map_or("", |holder| holder.id.as_str());
        let mut below: Vec<&str> = check.keys.iter().map(|(key, _)| key.as_str()).collect();
        let whole = self.options.whole.map(|whole| format!("of {whole}"));
        below.extend(whole.as_deref());
        let below = below.join(" ");
        let mut parts =
            vec![reading.system.name(), &reading.place, account, &self.options.profile, &below];
        parts.extend(channel.iter().map(String::as_str));
        watch_id(&parts)
    }

    /// Sends a notice, remembering before that it was tried and after that it was done.
    fn report(
        &mut self,
        check: &Check,
        held: &dyn HeldMemory,
        state: &mut AlertState,
        due: DueAlert,
    ) -> Result<()> {
        let at = self.parts.clock.now();
        let untried = state.clone();
        state.try_once(due, &check.keys, at);
        alert_memory::save(held, state)?;
        let alert = self.alert(check, state, due);
        let mut noted = Ok(());
        let system = check.reading.system.name();
        let delivery = self.parts.channel.deliver(&alert, system, &mut || {
            state.delivered(due, at);
            noted = alert_memory::save(held, state);
        });
        match delivery {
            AlertDelivery::Delivered(by) => {
                self.seen.notices += 1;
                if !self.parts.channel.is_line() {
                    self.say(&WatchEvent::Reported { by: &by, event: alert.event });
                }
            }
            // It was not its fault.
            AlertDelivery::Stopped(signal) => {
                *state = untried;
                alert_memory::save(held, state)?;
                self.seen.reported = state.is_reported();
                return Err(Failure::new(signal.class(), "interrupted before it was reported"));
            }
            AlertDelivery::NotDelivered(reason) => {
                let tries = state.tries(due, &check.keys);
                let goes_on = tries < MOST_TRIES;
                let event = alert.event;
                self.say(&WatchEvent::NotReported { reason: &reason, tries, goes_on, event });
            }
        }
        noted
    }

    fn alert(&self, check: &Check, state: &AlertState, due: DueAlert) -> BalanceAlert {
        let (reading, level) = (&check.reading, &check.levels[due.level]);
        BalanceAlert {
            event: match due.kind {
                AlertKind::Low => BalanceEvent::Low,
                AlertKind::Reminder => BalanceEvent::Reminder,
                AlertKind::Recovered => BalanceEvent::Recovered,
            },
            language: self.options.language,
            system: if reading.sandbox {
                format!("{} (sandbox, no real money)", reading.system.title())
            } else {
                reading.system.title().to_owned()
            },
            place: reading.place.clone(),
            account: reading.holder.as_ref().map(|holder| holder.name.clone()),
            profile: self.options.profile.clone(),
            balance: reading.balance.amount,
            below: level.limit,
            shown: [reading.balance.shown(), level.shown(&reading.balance.unit)],
            unit: reading.balance.unit.to_string(),
            since: state.below_since(),
            remind: self.options.policy.remind,
            auto_reload: reading.auto_reload.as_ref().and_then(auto_reload_notice),
            command: reading.refill.clone(),
            // The page of the sandbox inside this program ends with it.
            page: reading.page.clone().filter(|_| !reading.sandbox),
            at: self.parts.clock.now(),
        }
    }

    fn say(&self, event: &WatchEvent<'_>) {
        (self.parts.listener)(event);
    }
}

/// What a notice says of automatic purchases that are on.
fn auto_reload_notice(reload: &AutoReload) -> Option<AutoReloadNotice> {
    reload.enabled.then(|| AutoReloadNotice {
        below: reload.below_usd,
        to: reload.to_usd,
        amount: reload.amount_usd,
        may_charge: reload.may_charge_usd,
        other_card: reload.card.as_ref().map(|card| card.label.clone()),
    })
}

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
