//! `topup watch`: keeps an eye on a balance, and runs a command or sends a notice once each time it
//! falls below an amount; for days, or for one look of a timer.
//!
//! It says little: a line on standard error when something changes. What no waiting mends, such as
//! a login that has ended, ends it with its class, so that whatever started it notices.

mod alert_channel;
mod alert_state;
mod output;

use super::state::read_from;
use crate::app::context::Context;
use crate::core::class::Class;
use crate::core::duration;
use crate::core::failure::{Failure, Result};
use crate::core::money::{Amount, Money};
use crate::core::signals::{Signal, Stopped};
use crate::core::system::System;
use crate::notice::LowBalance;
use crate::output::Answer;
use crate::provider::{Balance, Holder, PortalPage, Unit};
use crate::purchase::key::watch_id;
use alert_channel::{Told, Way};
use alert_state::{Crossing, MOST_TRIES, Memory, Step};
use clap::Args;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;
use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

/// No portal of others is looked at more often.
const SHORTEST: Duration = Duration::from_secs(10);
/// Nobody means more, and the clock has room for it.
const LONGEST: Duration = Duration::from_secs(31 * 24 * 3600);
/// However often it fails, it is tried again after this, unless looks are rarer anyway.
const LONGEST_BACKOFF: Duration = Duration::from_secs(5 * 60);

/// What its help page ends with.
const EXAMPLES: &str = "\
Without --one-look it goes on until Ctrl-C or SIGTERM, which is exit 0.

Examples:
  topup watch --below 20 --one-look -- notify 'credits are low'   for cron and timers
  topup watch --below 20 --one-look --json                        what was seen, as a document";

/// The arguments of `topup watch`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Watch {
    /// Report when less than this is there, in dollars, credits or uses
    #[arg(long, value_name = "AMOUNT", value_parser = Amount::parse)]
    below: Amount,
    /// Look this often
    #[arg(long, value_name = "DURATION", default_value = "5m", value_parser = duration::parse)]
    every: Duration,
    /// Look once and end with 0, whether it is low or not: for cron and timers
    #[arg(long, conflicts_with = "every")]
    one_look: bool,
    /// Send it by mail and webhook, as the notices of the ledger are sent
    #[arg(long, conflicts_with = "command")]
    notify: bool,
    /// Look at the project at this root, where projects choose what is billed
    #[arg(long, value_name = "DIR")]
    project: Option<PathBuf>,
    /// Command to run when the balance has fallen; the TOPUP_WATCH_ variables tell it how far
    #[arg(value_name = "COMMAND", last = true)]
    command: Vec<OsString>,
}

/// What was seen and told; `data` of `watch`, on success and on failure.
#[derive(Serialize, JsonSchema)]
pub struct Watched {
    /// What was there at the last look, where that is counted in dollars.
    balance_usd: Option<Money>,
    /// What was there at the last look that told it.
    balance: Option<Money>,
    /// What it was watched for.
    below: Money,
    /// What both count: `usd`, `credits`, `uses`, or another currency in small letters.
    unit: Option<Unit>,
    /// Nothing is counted: it never falls.
    unlimited: bool,
    /// Whether less was there; null when no look told it.
    is_below: Option<bool>,
    /// Since when less is there, as far as this and earlier watches have seen it.
    below_since: Option<String>,
    /// Whether that was told, by this or an earlier watch; null while nothing is to be told.
    told: Option<bool>,
    /// How often it was looked.
    looks: u64,
    /// How many of the looks told nothing.
    failed_looks: u64,
    /// How often the balance was seen to fall.
    crossings: u64,
    /// How often this watch has told it.
    notices: u64,
}

/// A watch that goes on.
struct Watching<'a> {
    context: &'a Context,
    watch: &'a Watch,
    way: Way,
    seen: Watched,
    /// How many looks have failed since the last good one.
    failures: u32,
}

/// What one good look told.
struct Seen {
    balance: Balance,
    /// The organisation, team or mandate: its id, and the name that people know it by.
    holder: Option<Holder>,
    /// Where it is.
    place: String,
    system: System,
    /// Where more is bought.
    page: Option<String>,
}

impl Watch {
    /// Watches until a signal comes, which is how it ends well, or looks once.
    ///
    /// # Errors
    /// The classes of a look that no waiting mends, and with `--one-look` those of every look.
    pub fn run(self, context: &Context) -> Result<Answer> {
        context.interrupt.install()?;
        if !self.one_look {
            self.check_every(context)?;
        }
        let way = Way::of(&self, context)?;
        let mut watching =
            Watching { context, watch: &self, way, seen: self.nothing(), failures: 0 };
        match watching.go_on() {
            Ok(()) => Ok(Answer::new(watching.seen)),
            Err(error) => Err(error.with_data_of(&watching.seen)),
        }
    }

    fn nothing(&self) -> Watched {
        Watched {
            balance_usd: None,
            balance: None,
            below: self.below.into(),
            unit: None,
            unlimited: false,
            is_below: None,
            below_since: None,
            told: None,
            looks: 0,
            failed_looks: 0,
            crossings: 0,
            notices: 0,
        }
    }

    /// Somebody else's portal is not to be asked all the time; one of one's own may be.
    fn check_every(&self, context: &Context) -> Result<()> {
        let system = context.settings()?.system;
        let own = !system.has_logins() || context.portal()?.is_ones_own();
        let shortest = if own { Duration::ZERO } else { SHORTEST };
        let refuse = |why: String| {
            Err(Failure::usage(format!("--every {} {why}", duration::show(self.every)))
                .hint("Write it like --every 5m."))
        };
        if self.every.is_zero() || self.every < shortest {
            let shortest = shortest.max(Duration::from_secs(1));
            return refuse(format!("is too often: at least {}", duration::show(shortest)));
        }
        if self.every > LONGEST {
            return refuse(format!("is too rare: at most {}", duration::show(LONGEST)));
        }
        Ok(())
    }
}

impl Watching<'_> {
    fn go_on(&mut self) -> Result<()> {
        loop {
            let mut asked_to_wait = None;
            match self.look() {
                Ok(()) => {}
                Err(error) if Signal::of(error.class()).is_some() && !self.watch.one_look => {
                    return Ok(());
                }
                Err(error) => {
                    self.seen.failed_looks += 1;
                    asked_to_wait = error.parts().retry_after.map(Duration::from_secs);
                    if self.watch.one_look || !passes(error.class()) {
                        return Err(error);
                    }
                    self.failing(&error);
                }
            }
            if self.watch.one_look {
                return Ok(());
            }
            let wait = wait_after(self.watch.every, self.failures, asked_to_wait);
            if let Err(Stopped::Signal(_)) = self.context.interrupt.sleep(wait) {
                return Ok(());
            }
        }
    }

    /// One look, and what follows from it.
    fn look(&mut self) -> Result<()> {
        self.seen.looks += 1;
        let seen = self.see()?;
        let below = Money::from(self.watch.below);
        let is_below = !seen.balance.unlimited && seen.balance.amount < below;
        let memory = Memory::new(self.context.paths()?.watch_folder(), self.id(&seen)?);
        let Some(held) = memory.take(&self.context.interrupt)? else {
            // Another watch is just telling it; the next look sees what came of that.
            self.note(&seen, is_below, None);
            return Ok(());
        };
        let known = held.read()?;
        let (mut crossing, step) = alert_state::next(known.clone(), is_below, self.context.now());
        if crossing.is_some() && known.is_none() {
            self.seen.crossings += 1;
        }
        self.note(&seen, is_below, crossing.as_ref());
        match (step, &mut crossing) {
            (Step::Tell, Some(crossing)) => self.tell(&seen, &held, crossing)?,
            (Step::Rose { told }, _) => {
                held.write(None)?;
                if !told {
                    self.warn("not_told", "it rose again before it could be reported", json!({}));
                }
            }
            _ => {}
        }
        self.seen.told = crossing.map(|crossing| crossing.told_at.is_some());
        Ok(())
    }

    fn see(&self) -> Result<Seen> {
        let provider = self.context.provider()?;
        let state = read_from(provider.as_ref(), self.watch.project.as_deref())?;
        let balance = state.balance().ok_or_else(|| state.no_balance())?;
        let system = self.context.settings()?.system;
        let place = match state.ledger() {
            Some(ledger) => ledger.to_owned(),
            None => self.context.portal()?.identity.clone(),
        };
        let page = provider.link(PortalPage::Topup);
        Ok(Seen { balance, holder: state.holder(), place, system, page })
    }

    /// What tells this watch apart: another balance, another amount or another way to tell is
    /// another watch; a restart and a second one beside it are the same.
    fn id(&self, seen: &Seen) -> Result<uuid::Uuid> {
        let way = self.way.parts();
        let account = seen.holder.as_ref().map_or("", |holder| holder.id.as_str());
        let profile = &self.context.settings()?.profile;
        let below = self.watch.below.to_string();
        let mut parts = vec![seen.system.name(), &seen.place, account, profile, &below];
        parts.extend(way.iter().map(String::as_str));
        Ok(watch_id(&parts))
    }

    /// Tells it, remembering before that it was tried and after that it was done.
    fn tell(
        &mut self,
        seen: &Seen,
        held: &alert_state::Held<'_>,
        crossing: &mut Crossing,
    ) -> Result<()> {
        crossing.tries += 1;
        held.write(Some(crossing))?;
        let low = self.low(seen)?;
        let at = self.context.now();
        let mut noted = Ok(());
        let told = self.way.tell(self.context, &low, seen.system.name(), &mut || {
            crossing.told_at = Some(at);
            noted = held.write(Some(crossing));
        });
        match told {
            Told::Yes(by) => {
                self.seen.notices += 1;
                if !matches!(self.way, Way::Line) {
                    self.say("told", &format!("Reported by {by}."), json!({"by": by}));
                }
            }
            // It was not its fault.
            Told::Stopped(signal) => {
                crossing.tries -= 1;
                held.write(Some(crossing))?;
                self.seen.told = Some(false);
                return Err(Failure::new(signal.class(), "interrupted before it was reported"));
            }
            Told::No(why) => {
                let tries = crossing.tries;
                let then = if tries < MOST_TRIES {
                    "it is tried again at the next look"
                } else {
                    "it is given up until the balance has risen and falls again"
                };
                let line = format!("not reported: {why}; {then} (try {tries} of {MOST_TRIES})");
                self.warn("not_told", &line, json!({"reason": why, "tries": tries}));
            }
        }
        noted
    }

    fn low(&self, seen: &Seen) -> Result<LowBalance> {
        let below = Money::from(self.watch.below);
        Ok(LowBalance {
            system: seen.system.title().to_owned(),
            place: seen.place.clone(),
            account: seen.holder.as_ref().map(|holder| holder.name.clone()),
            profile: self.context.settings()?.profile.clone(),
            balance: seen.balance.amount,
            below,
            shown: [seen.balance.shown(), seen.balance.unit.shown(below)],
            unit: seen.balance.unit.to_string(),
            command: seen.system.facts().refill,
            page: seen.page.clone(),
            at: self.context.now(),
        })
    }
}

/// Whether it may be over by the next look without anybody doing anything.
fn passes(class: Class) -> bool {
    // A network that asks for a sign-in first has certificates of its own until then.
    class.may_pass() || class == Class::Tls
}

/// How long to wait for the next look: as typed, and longer the more often it has failed, and never
/// shorter than the system asks for.
fn wait_after(every: Duration, failures: u32, asked: Option<Duration>) -> Duration {
    let doubled = every.saturating_mul(1 << failures.saturating_sub(1).min(20));
    doubled.min(LONGEST_BACKOFF).max(every).max(asked.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::class::TABLE;

    #[test]
    fn waits_grow_with_failures_and_are_never_shorter_than_asked_for() {
        let seconds = Duration::from_secs;
        for (every, failures, asked, wait) in [
            (10, 0, None, 10),
            (10, 1, None, 10),
            (10, 2, None, 20),
            (10, 4, None, 80),
            (10, 400, None, 300),
            (3600, 7, None, 3600),
            (10, 1, Some(600), 600),
            (600, 1, Some(5), 600),
            (300, 0, Some(3600), 3600),
        ] {
            let found = wait_after(seconds(every), failures, asked.map(seconds));
            assert_eq!(found, seconds(wait), "{every} {failures} {asked:?}");
        }
    }

    #[test]
    fn what_needs_a_person_ends_the_watch_and_what_passes_does_not() {
        for (class, stays) in [
            (Class::Network, true),
            (Class::Timeout, true),
            (Class::Tls, true),
            (Class::ServerError, true),
            (Class::RateLimited, true),
            (Class::TemporarilyUnavailable, true),
            (Class::NotLoggedIn, false),
            (Class::SessionRevoked, false),
            (Class::Config, false),
            (Class::Unsupported, false),
            (Class::Internal, false),
        ] {
            assert_eq!(passes(class), stays, "{class:?}");
        }
        let lasting = TABLE.iter().filter(|row| passes(row.class)).count();
        assert_eq!(lasting, 11, "a new class needs a thought here");
    }
}
