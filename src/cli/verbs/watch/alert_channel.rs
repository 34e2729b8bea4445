//! How a watch tells that the balance is low: by a command, by the notices that the ledger sends as
//! well, or only by its line.

use super::Watch;
use crate::app::context::Context;
use crate::core::duration;
use crate::core::env;
use crate::core::failure::{Failure, Result};
use crate::core::process;
use crate::core::signals::{Interrupt, Signal, Stopped};
use crate::notice::{self, Channels, LowBalance};
use rustix::process::{Pid, kill_process_group};
use std::ffi::OsString;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Child, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// How often it is looked whether the command has ended.
const LOOK: Duration = Duration::from_millis(25);
/// No command of a watch takes longer: while it runs nobody looks at the balance.
const LONGEST: Duration = Duration::from_mins(10);
/// How long a command has to end after a signal.
const LAST_MOMENTS: Duration = Duration::from_secs(2);

/// The way to tell it.
pub enum Way {
    /// By the line on standard error alone.
    Line,
    /// By this command.
    Command(Vec<OsString>),
    /// By mail and webhook.
    Notice {
        /// What there is of both.
        channels: Box<Channels>,
        /// Who gets a mail.
        addresses: Vec<String>,
    },
}

/// What became of it.
#[derive(Debug)]
pub enum Told {
    /// Somebody knows.
    Yes(String),
    /// Nobody does, and why.
    No(String),
    /// A signal came first.
    Stopped(Signal),
}

impl Way {
    /// The way that was typed, as far as it can be checked before it is needed.
    ///
    /// # Errors
    /// Class `usage` for a command that there is not and for a notice that nobody would get,
    /// `config` for settings that cannot be used.
    pub fn of(watch: &Watch, context: &Context) -> Result<Self> {
        if let Some(program) = watch.command.first() {
            if !is_there(Path::new(program)) {
                let shown = program.to_string_lossy().into_owned();
                return Err(Failure::usage(format!("there is no command '{shown}'"))
                    .hint("Correct the command after '--'; it is run by no shell."));
            }
            return Ok(Self::Command(watch.command.clone()));
        }
        if !watch.notify {
            return Ok(Self::Line);
        }
        let addresses = context.settings()?.notify.clone();
        if let Some(wrong) = addresses.iter().find(|address| !notice::is_address(address)) {
            return Err(Failure::config(format!(
                "'{}' in notify of the profile is no mail address",
                wrong.escape_debug()
            ))
            .hint("Write it like notify = [\"ops@example.com\"]."));
        }
        let relay = context.variable(env::SMTP_URL)?.filter(|_| !addresses.is_empty());
        let from = context.variable(env::SMTP_FROM)?.filter(|_| relay.is_some());
        let hook = context.variable(env::NOTIFY_URL)?;
        let channels = Channels::parse(relay.as_deref(), from.as_deref(), hook.as_deref())?;
        if !channels.has_mail() && !channels.has_webhook() {
            return Err(Failure::usage("--notify would reach nobody").hint(format!(
                "Set {}, or notify = [\"ADDRESS\"] in the profile and {}.",
                env::NOTIFY_URL,
                env::SMTP_URL
            )));
        }
        // An address without a mail server would be told as a failure each time.
        let addresses = if channels.has_mail() { addresses } else { Vec::new() };
        Ok(Self::Notice { channels: Box::new(channels), addresses })
    }

    /// What tells it apart from other watches of the same balance.
    pub fn parts(&self) -> Vec<String> {
        match self {
            Self::Line => vec!["line".to_owned()],
            Self::Notice { .. } => vec!["notice".to_owned()],
            Self::Command(words) => {
                let words =
                    words.iter().map(|word| word.as_encoded_bytes().escape_ascii().to_string());
                std::iter::once("command".to_owned()).chain(words).collect()
            }
        }
    }

    /// Tells it. `on_told` is called as soon as somebody knows: whoever dies after that has not to
    /// tell the same again.
    pub fn tell(
        &self,
        context: &Context,
        low: &LowBalance,
        system: &str,
        on_told: &mut dyn FnMut(),
    ) -> Told {
        match self {
            Self::Line => {
                on_told();
                Told::Yes("the line above".to_owned())
            }
            Self::Command(words) => {
                let told = run(words, low, system, &context.interrupt, LONGEST);
                if matches!(told, Told::Yes(_)) {
                    on_told();
                }
                told
            }
            Self::Notice { channels, addresses } => {
                let http = context.another_http();
                let told =
                    notice::send(low, addresses, channels, &http, &context.interrupt, on_told);
                let failed = told.failed.join("; ");
                match (told.reached, context.interrupt.seen()) {
                    (0, Some(signal)) => Told::Stopped(signal),
                    (0, None) => Told::No(failed),
                    (reached, _) => {
                        if !failed.is_empty() {
                            context.output.warn(format!("the notice: {failed}"));
                        }
                        let whom = if reached == 1 { "recipient" } else { "recipients" };
                        Told::Yes(format!("a notice to {reached} {whom}"))
                    }
                }
            }
        }
    }
}

/// Whether this can be started, as the system looks for it.
fn is_there(program: &Path) -> bool {
    use rustix::fs::{Access, access};
    let starts = |file: &Path| file.is_file() && access(file, Access::EXEC_OK).is_ok();
    if program.components().count() > 1 || program.is_absolute() {
        return starts(program);
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder: PathBuf| starts(&folder.join(program)))
}

/// Runs the command to its end, and ends it when it takes too long. It is in a group of its own, so that a signal for this process
/// reaches all of it, once.
fn run(
    words: &[OsString],
    low: &LowBalance,
    system: &str,
    interrupt: &Interrupt,
    longest: Duration,
) -> Told {
    let last = Instant::now() + longest;
    let Some((program, arguments)) = words.split_first() else {
        return Told::No("there is no command".to_owned());
    };
    let shown = program.to_string_lossy().into_owned();
    let mut command = process::command(program);
    command
        .args(arguments)
        .env(env::WATCH_BALANCE, low.balance.to_string())
        .env(env::WATCH_BELOW, low.below.to_string())
        .env(env::WATCH_UNIT, &low.unit)
        .env(env::WATCH_PROVIDER, system)
        .env(env::WATCH_PROFILE, &low.profile)
        .env(env::WATCH_ACCOUNT, low.account.as_deref().map(as_value).unwrap_or_default())
        .stdin(Stdio::null())
        // Standard output carries the answer of this program, and nothing else.
        .stdout(Stdio::from(std::io::stderr()))
        .process_group(0);
    let mut child = match process::start(&mut command) {
        Ok(child) => child,
        Err(cause) => return Told::No(format!("'{shown}' cannot be started: {cause}")),
    };
    loop {
        match child.try_wait() {
            Ok(Some(status)) if status.success() => return Told::Yes(format!("'{shown}'")),
            Ok(Some(status)) => return Told::No(format!("'{shown}' {}", how_it_ended(status))),
            Ok(None) => {}
            Err(cause) => return Told::No(format!("'{shown}' was lost sight of: {cause}")),
        }
        if Instant::now() >= last {
            end(&mut child, Signal::Terminate);
            return Told::No(format!("'{shown}' was ended after {}", duration::show(longest)));
        }
        if let Err(Stopped::Signal(signal)) = interrupt.sleep(LOOK) {
            end(&mut child, signal);
            return Told::Stopped(signal);
        }
    }
}

/// Passes the signal on; what does not end by it is ended, so that nothing of it goes on unseen.
fn end(child: &mut Child, signal: Signal) {
    use rustix::process::Signal as Number;
    let number = match signal {
        Signal::Interrupt => Number::INT,
        Signal::Terminate => Number::TERM,
    };
    // Not yet waited for, so the number is still the command's own.
    let Some(group) = i32::try_from(child.id()).ok().and_then(Pid::from_raw) else { return };
    let _ = kill_process_group(group, number);
    let last = Instant::now() + LAST_MOMENTS;
    while Instant::now() < last {
        if !matches!(child.try_wait(), Ok(None)) {
            return;
        }
        thread::sleep(LOOK);
    }
    let _ = kill_process_group(group, Number::KILL);
    let _ = child.wait();
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
    use crate::core::money::Money;

    #[test]
    fn a_command_that_hangs_is_ended_and_nobody_was_told() {
        let low = LowBalance {
            system: "System".into(),
            place: "place".into(),
            account: None,
            profile: "default".into(),
            balance: Money::ZERO,
            below: Money::ZERO,
            shown: ["0".into(), "0".into()],
            unit: "usd".into(),
            command: "topup buy AMOUNT",
            page: None,
            at: jiff::Timestamp::UNIX_EPOCH,
        };
        let words = ["sleep", "600"].map(OsString::from);
        let begun = Instant::now();
        let told = run(&words, &low, "nous", &Interrupt::default(), Duration::ZERO);
        assert!(matches!(&told, Told::No(why) if why.contains("was ended after")), "{told:?}");
        assert!(begun.elapsed() < Duration::from_secs(10));
    }
}
