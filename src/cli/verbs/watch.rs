//! `topup watch`: the arguments, and what is said while it goes on: a line on standard error when
//! something changes. What it does is in `app::watch`.

mod output;

use crate::app::setup::Setup;
use crate::app::state::read_remembered;
use crate::app::watch::alert_channel::{AlertChannel, AlertLine, CommandAlert, NoticeAlert};
use crate::app::watch::alert_memory::{AlertFolder, AlertMemory, RunMemory};
use crate::app::watch::alert_state::AlertPolicy;
use crate::app::watch::shared_memory::SharedAlerts;
use crate::app::watch::threshold::Threshold;
use crate::app::watch::{
    BalanceSource, LONGEST_INTERVAL, SHORTEST_INTERVAL, WatchOptions, WatchParts, WatchReading,
    watch,
};
use crate::cli::invocation::Invocation;
use crate::cli::verbs::which::WhichFlags;
use crate::config::DEFAULT_PROFILE;
use crate::core::class::Class;
use crate::core::command::Command;
use crate::core::duration;
use crate::core::failure::{Failure, Result};
use crate::core::money::{Amount, Money};
use crate::core::system::System;
use crate::output::Answer;
use crate::provider::teams::Which;
use crate::provider::{Balance, PortalPage, State};
use clap::Args;
use std::ffi::OsString;
use std::time::Duration;

/// What its help page ends with.
const EXAMPLES: &str = "\
Examples:
  topup watch --below 20 --below 5 --one-look   two thresholds
  topup watch --below 10% --of 200 --one-look   a tenth of 200
  topup watch --below 20 --one-look -- notify 'credits are low'   for timers";

/// The example that stands in `--help` alone.
const MORE_EXAMPLES: &str = "
  topup watch --below 20 --one-look --json      what was seen, as a document";

/// The arguments of `topup watch`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES, after_long_help = [EXAMPLES, MORE_EXAMPLES].concat())]
pub struct WatchArgs {
    /// Report below this amount, or below percent such as 10%
    ///
    /// Several are possible.
    #[arg(long, value_name = "AMOUNT", value_parser = Threshold::parse, required = true)]
    below: Vec<Threshold>,
    /// Amount that is 100 %, where the system does not say it
    #[arg(long, hide_short_help = true, value_name = "AMOUNT", value_parser = Amount::parse)]
    of: Option<Amount>,
    /// Time between two checks
    #[arg(long, value_name = "DURATION", default_value = "5m", value_parser = duration::parse)]
    every: Duration,
    /// Check once and end with 0, low or not; for timers
    #[arg(long, conflicts_with = "every")]
    one_look: bool,
    /// Send a notice by mail and webhook
    #[arg(long, conflicts_with = "command")]
    notify: bool,
    /// Shortest time between two notices of one threshold
    ///
    /// Without it there is none.
    #[arg(long, value_name = "DURATION", value_parser = duration::parse)]
    cooldown: Option<Duration>,
    /// Report again after this while it stays low
    #[arg(long, value_name = "DURATION", value_parser = duration::parse_some)]
    remind: Option<Duration>,
    /// Report as well when enough is there again
    ///
    /// --notify does so by itself.
    #[arg(long, hide_short_help = true)]
    recovery: bool,
    #[command(flatten)]
    whose: WhichFlags,
    /// Count in this unit, such as usd or cny, where there are amounts in several
    #[arg(long, hide_short_help = true, value_name = "UNIT")]
    unit: Option<String>,
    /// Command to run when the balance has fallen
    ///
    /// The TOPUP_WATCH_ variables say how far.
    #[arg(value_name = "COMMAND", last = true)]
    command: Vec<OsString>,
}

/// The balance that the run means, read anew at each check.
struct WatchedAccount<'a> {
    invocation: &'a Invocation,
    which: Which<'a>,
    unit: Option<&'a str>,
}

impl WatchedAccount<'_> {
    /// What can be counted on. Where the system says that nothing can be used, that is nothing.
    fn balance(&self, state: &State) -> Result<Balance> {
        let counted = match self.unit {
            Some(unit) => state.balance_in(unit),
            None => state.usable_balance(),
        };
        match (counted, state.balance()) {
            (Err(error), Some(balance)) if error.class() == Class::InsufficientBalance => {
                Ok(Balance { amount: Money::ZERO, ..balance })
            }
            (counted, _) => counted,
        }
    }
}

impl BalanceSource for WatchedAccount<'_> {
    fn read(&self) -> Result<WatchReading> {
        let setup = &self.invocation.setup;
        let provider = setup.provider()?;
        let memory = setup.reading_memory()?;
        let state = read_remembered(provider.as_ref(), self.which, memory.as_ref(), setup.now())
            .map_err(|unread| unread.failure)?;
        let balance = self.balance(&state)?;
        let place = match state.ledger() {
            Some(ledger) => ledger.to_owned(),
            None => setup.portal()?.identity.clone(),
        };
        let (holder, page) = (state.holder(), provider.link(PortalPage::Topup));
        let system = setup.settings()?.system;
        Ok(WatchReading {
            balance,
            whole: state.whole().filter(|_| self.unit.is_none()),
            holder,
            place,
            system,
            page,
            refill: refill(setup, system)?,
            scope: state.scope(),
            lags: state.lags(),
            auto_reload: state.auto_reload().cloned(),
            sandbox: setup.is_sandbox()?,
        })
    }
}

/// The command that fills an account up, as somebody types it who has only read about it: what a
/// variable chooses here stands in it too.
fn refill(setup: &Setup, system: System) -> Result<String> {
    let mut target = setup.target();
    let settings = setup.settings()?;
    if settings.profile != DEFAULT_PROFILE {
        target.profile = Some(settings.profile.clone());
    }
    let words = system.facts().refill.split(' ').skip(1);
    Ok(Command::new(words).shown_at(&target))
}

impl WatchArgs {
    /// Watches until a signal comes, which is how it ends well, or checks once.
    ///
    /// # Errors
    /// The classes of a check that no waiting mends, and with `--one-look` those of every check.
    pub fn run(self, invocation: &Invocation) -> Result<Answer> {
        let setup = &invocation.setup;
        setup.interrupt().install()?;
        if !self.one_look {
            self.check_every(invocation)?;
        }
        let channel = self.channel(invocation)?;
        let options = WatchOptions {
            thresholds: self.below.clone(),
            whole: self.of.map(Money::from),
            policy: AlertPolicy {
                cooldown: self.cooldown.unwrap_or_default(),
                remind: self.remind,
                recovery: self.recovery || self.notify,
            },
            every: self.every,
            one_check: self.one_look,
            profile: setup.settings()?.profile.clone(),
            language: setup.notice_language()?,
        };
        let memory = self.memory(setup)?;
        let which = self.whose.which();
        let watched = watch(
            &options,
            &WatchParts {
                source: &WatchedAccount { invocation, which, unit: self.unit.as_deref() },
                channel: channel.as_ref(),
                memory: memory.as_ref(),
                clock: setup.environment.clock.as_ref(),
                listener: &|event| output::say(invocation, &options, event),
            },
        )?;
        Ok(Answer::new(watched))
    }

    /// Where it is remembered what was reported. Who is told by a line alone needs no home.
    fn memory(&self, setup: &Setup) -> Result<Box<dyn AlertMemory>> {
        let sends = self.notify || !self.command.is_empty();
        let place = match setup.journal_to_read()? {
            Some(place) => place,
            None if sends => setup.journal()?,
            None => return Ok(Box::new(RunMemory::default())),
        };
        Ok(match SharedAlerts::new(&place) {
            Some(shared) => Box::new(shared),
            None => Box::new(AlertFolder(setup.paths()?.watch_folder())),
        })
    }

    /// The channel that was typed, as far as it can be checked before it is needed.
    fn channel<'a>(&self, invocation: &'a Invocation) -> Result<Box<dyn AlertChannel + 'a>> {
        let setup = &invocation.setup;
        let variables = &setup.environment.variables;
        if !self.command.is_empty() {
            let clock = setup.environment.clock.as_ref();
            let path = variables.set("PATH");
            return Ok(Box::new(CommandAlert::new(self.command.clone(), path, clock)?));
        }
        if !self.notify {
            return Ok(Box::new(AlertLine));
        }
        Ok(Box::new(NoticeAlert::new(
            setup.settings()?.notify.clone(),
            variables,
            setup.another_http(),
            setup.interrupt(),
            &invocation.output,
        )?))
    }

    /// The portal of others is not to be asked all the time; one of one's own may be.
    fn check_every(&self, invocation: &Invocation) -> Result<()> {
        let system = invocation.setup.settings()?.system;
        let own = !system.has_logins() || invocation.setup.portal()?.is_ones_own();
        let shortest = if own { Duration::ZERO } else { SHORTEST_INTERVAL };
        let refuse = |why: String| {
            Err(Failure::usage(format!("--every {} {why}", duration::show(self.every)))
                .hint("Write it like --every 5m."))
        };
        if self.every.is_zero() || self.every < shortest {
            let shortest = shortest.max(Duration::from_secs(1));
            return refuse(format!("is too often: at least {}", duration::show(shortest)));
        }
        if self.every > LONGEST_INTERVAL {
            return refuse(format!("is too rare: at most {}", duration::show(LONGEST_INTERVAL)));
        }
        Ok(())
    }
}
