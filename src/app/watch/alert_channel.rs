//! How a watch reports a balance that is low, or enough again: by a command, by the notices that the
//! ledger sends as well, or only by its line.

use crate::core::child::{Child, NoStatus};
use crate::core::clock::Clock;
use crate::core::counted::counted;
use crate::core::dialog::Report;
use crate::core::duration;
use crate::core::env;
use crate::core::environment::Variables;
use crate::core::failure::{Failure, Result};
use crate::core::process;
use crate::core::signals::{Interrupt, Signal};
use crate::core::wait::WaitEnd;
use crate::http::Http;
use crate::notice::{self, BalanceAlert, Channels};
use std::ffi::{OsStr, OsString};
use std::os::unix::process::ExitStatusExt;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

/// No command of a watch takes longer: while it runs the balance is not read.
const LONGEST: Duration = Duration::from_mins(10);

/// Reports a low balance.
pub trait AlertChannel {
    /// What distinguishes it from other watches of the same balance.
    fn identity(&self) -> Vec<String>;

    /// Whether the line of the watch is all there is.
    fn is_line(&self) -> bool {
        false
    }

    /// Reports it. `on_delivered` is called as soon as one recipient has it: a process that dies
    /// after that does not have to report the same again.
    fn deliver(
        &self,
        alert: &BalanceAlert,
        system: &str,
        on_delivered: &mut dyn FnMut(),
    ) -> AlertDelivery;
}

/// What became of a report.
#[derive(Debug)]
pub enum AlertDelivery {
    /// It arrived, by this.
    Delivered(String),
    /// It did not, and why.
    NotDelivered(String),
    /// A signal came first.
    Stopped(Signal),
}

/// The line on standard error alone.
pub struct AlertLine;

/// A command that is run.
pub struct CommandAlert<'a> {
    words: Vec<OsString>,
    clock: &'a dyn Clock,
}

/// Mail and webhook.
pub struct NoticeAlert<'a> {
    channels: Channels,
    addresses: Vec<String>,
    http: Http,
    interrupt: &'a Interrupt,
    report: &'a dyn Report,
}

impl AlertChannel for AlertLine {
    fn identity(&self) -> Vec<String> {
        vec!["line".to_owned()]
    }

    fn is_line(&self) -> bool {
        true
    }

    fn deliver(&self, _: &BalanceAlert, _: &str, on_delivered: &mut dyn FnMut()) -> AlertDelivery {
        on_delivered();
        AlertDelivery::Delivered("the line above".to_owned())
    }
}

impl<'a> CommandAlert<'a> {
    /// This command, where it can be started.
    ///
    /// # Errors
    /// Class `usage`.
    pub fn new(words: Vec<OsString>, path: Option<&OsStr>, clock: &'a dyn Clock) -> Result<Self> {
        let program = words.first().map(OsString::as_os_str).unwrap_or_default();
        process::check_program(program, path).map_err(|cause| {
            let shown = program.to_string_lossy();
            Failure::usage(format!("there is no command '{shown}' that can be started: {cause}"))
                .because(cause)
                .hint("Correct the command after '--'; no shell runs it.")
        })?;
        Ok(Self { words, clock })
    }
}

impl AlertChannel for CommandAlert<'_> {
    fn identity(&self) -> Vec<String> {
        let words =
            self.words.iter().map(|word| word.as_encoded_bytes().escape_ascii().to_string());
        std::iter::once("command".to_owned()).chain(words).collect()
    }

    fn deliver(
        &self,
        alert: &BalanceAlert,
        system: &str,
        on_delivered: &mut dyn FnMut(),
    ) -> AlertDelivery {
        let delivery = run(&self.words, alert, system, self.clock, LONGEST);
        if matches!(delivery, AlertDelivery::Delivered(_)) {
            on_delivered();
        }
        delivery
    }
}

impl<'a> NoticeAlert<'a> {
    /// The channels that the variables and these addresses of the profile name.
    ///
    /// # Errors
    /// Class `usage` where no recipient is set, `config` for settings that cannot be used.
    pub fn new(
        addresses: Vec<String>,
        variables: &Variables,
        http: Http,
        interrupt: &'a Interrupt,
        report: &'a dyn Report,
    ) -> Result<Self> {
        if let Some(wrong) = addresses.iter().find(|address| !notice::is_address(address)) {
            return Err(Failure::config(format!(
                "'{}' in notify of the profile is not a mail address",
                wrong.escape_debug()
            ))
            .hint("Write it like notify = [\"ops@example.com\"]."));
        }
        let relay = variables.text(env::SMTP_URL)?.filter(|_| !addresses.is_empty());
        let from = variables.text(env::SMTP_FROM)?.filter(|_| relay.is_some());
        let hook = variables.text(env::NOTIFY_URL)?;
        let channels = Channels::parse(relay.as_deref(), from.as_deref(), hook.as_deref())?;
        if !channels.has_mail() && !channels.has_webhook() {
            return Err(Failure::usage("--notify has nowhere to send a notice").hint_with(
                "Set {} for a webhook; for mail run 'topup config set notify ADDRESS' and set {}.",
                &[&env::NOTIFY_URL, &env::SMTP_URL],
            ));
        }
        // An address without a mail server would be a failure each time.
        let addresses = if channels.has_mail() {
            addresses
        } else {
            if !addresses.is_empty() {
                let without = format!(
                    "no mail is sent: notify of the profile is set, and {} is not",
                    env::SMTP_URL
                );
                report.warn(&without.into());
            }
            Vec::new()
        };
        Ok(Self { channels, addresses, http, interrupt, report })
    }
}

impl AlertChannel for NoticeAlert<'_> {
    fn identity(&self) -> Vec<String> {
        vec!["notice".to_owned()]
    }

    fn deliver(
        &self,
        alert: &BalanceAlert,
        _: &str,
        on_delivered: &mut dyn FnMut(),
    ) -> AlertDelivery {
        let sent = notice::send(
            alert,
            &self.addresses,
            &self.channels,
            &self.http,
            self.interrupt,
            on_delivered,
        );
        let failed = sent.failed.join("; ");
        match (sent.reached, self.interrupt.seen()) {
            (0, Some(signal)) => AlertDelivery::Stopped(signal),
            (0, None) => AlertDelivery::NotDelivered(failed),
            (reached, _) => {
                if !failed.is_empty() {
                    self.report.warn(&format!("the notice: {failed}").into());
                }
                let whom = counted(reached, "recipient");
                AlertDelivery::Delivered(format!("a notice to {whom}"))
            }
        }
    }
}

/// Runs the command to its end, and ends it when it takes too long. It is in a group of its own, so
/// that a signal for this process reaches all of it, once.
fn run(
    words: &[OsString],
    alert: &BalanceAlert,
    system: &str,
    clock: &dyn Clock,
    longest: Duration,
) -> AlertDelivery {
    let Some((program, arguments)) = words.split_first() else {
        return AlertDelivery::NotDelivered("there is no command".to_owned());
    };
    let shown = program.to_string_lossy().into_owned();
    let mut command = process::command(program);
    command
        .args(arguments)
        .env(env::WATCH_EVENT, alert.event.word())
        .env(env::WATCH_BALANCE, alert.balance.to_string())
        .env(env::WATCH_BELOW, alert.below.to_string())
        .env(env::WATCH_UNIT, &alert.unit)
        .env(env::WATCH_PROVIDER, system)
        .env(env::WATCH_PROFILE, &alert.profile)
        .env(env::WATCH_ACCOUNT, alert.account.as_deref().map(as_value).unwrap_or_default())
        .env(env::WATCH_URL, alert.page.as_deref().map(as_value).unwrap_or_default())
        .stdin(Stdio::null())
        // Standard output carries the answer of this program, and nothing else.
        .stdout(Stdio::from(std::io::stderr()));
    let mut child = match Child::start_group(&mut command) {
        Ok(child) => child,
        Err(cause) => {
            return AlertDelivery::NotDelivered(format!("'{shown}' cannot be started: {cause}"));
        }
    };
    match child.wait(longest, clock) {
        Ok(status) if status.success() => AlertDelivery::Delivered(format!("'{shown}'")),
        Ok(status) => AlertDelivery::NotDelivered(format!("'{shown}' {}", how_it_ended(status))),
        Err(NoStatus::Ended(WaitEnd::Late)) => {
            child.end(Signal::Terminate);
            AlertDelivery::NotDelivered(format!(
                "'{shown}' was ended after {}",
                duration::show(longest)
            ))
        }
        Err(NoStatus::Ended(WaitEnd::Stopped(signal))) => {
            child.end(signal);
            AlertDelivery::Stopped(signal)
        }
        Err(NoStatus::Lost(cause)) => AlertDelivery::NotDelivered(format!(
            "'{shown}' could not be followed to its end: {cause}"
        )),
    }
}

fn how_it_ended(status: ExitStatus) -> String {
    match (status.code(), status.signal()) {
        (Some(code), _) => format!("ended with {code}"),
        (None, Some(signal)) => format!("was ended by signal {signal}"),
        (None, None) => "ended".to_owned(),
    }
}

/// A foreign name as the value of a variable: no zero byte can stand in one, and no line of it can
/// be taken for another.
fn as_value(name: &str) -> String {
    name.chars().filter(|character| !character.is_control()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::clock::TurnedClock;

    #[test]
    fn a_command_that_hangs_is_ended_and_reports_nothing() {
        let words = ["sleep", "600"].map(OsString::from);
        let clock = TurnedClock::new(jiff::Timestamp::UNIX_EPOCH);
        let delivery = run(&words, &BalanceAlert::example(), "nous", &clock, LONGEST);
        assert!(
            matches!(&delivery, AlertDelivery::NotDelivered(why) if why.contains("was ended after")),
            "{delivery:?}"
        );
    }
}
