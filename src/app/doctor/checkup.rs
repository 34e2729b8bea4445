//! What each check of `doctor` has at hand, and what it answers.

use crate::app::setup::Setup;
use crate::core::class::Class;
use crate::core::command::{Command, NextStep, Part, Shell};
use crate::core::failure::{Failure, Result};
use crate::core::files::quoted;
use crate::core::signals::Stopped;
use crate::credentials::CredentialDocument;
use schemars::JsonSchema;
use serde::{Serialize, Serializer};
use std::fmt;
use std::path::Path;
use std::time::Duration;

/// Every check has at least this long, whatever the ones before it took.
const A_MOMENT: Duration = Duration::from_millis(500);

/// One check.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct HealthCheck {
    /// Which one.
    pub name: &'static str,
    /// How it stands.
    pub status: CheckStatus,
    /// One line for a person.
    pub message: String,
    /// The command that mends it, or what to do where no command does.
    #[schemars(with = "Option<String>")]
    pub fix: Option<Fix>,
    /// What is wrong, as every failure is called.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub class: Option<Class>,
}

/// How a check stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CheckStatus {
    /// As it should be.
    Ok,
    /// To be looked at; nothing fails because of it today.
    Warning,
    /// Something does not work.
    Wrong,
    /// Not checked.
    Skipped,
}

/// What mends it: a command, or a line for a shell or for a person.
#[derive(Clone, Debug)]
pub enum Fix {
    /// A command of this program.
    Run(Command),
    /// A line for a shell or for a person.
    Text(String),
}

impl fmt::Display for Fix {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Run(command) => out.write_str(&command.quoted(Shell::Posix)),
            Self::Text(line) => out.write_str(line),
        }
    }
}

impl Serialize for Fix {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl From<Command> for Fix {
    fn from(command: Command) -> Self {
        Self::Run(command)
    }
}

impl From<String> for Fix {
    fn from(line: String) -> Self {
        Self::Text(line)
    }
}

impl From<&str> for Fix {
    fn from(line: &str) -> Self {
        Self::Text(line.to_owned())
    }
}

impl HealthCheck {
    pub(super) fn new(name: &'static str, status: CheckStatus, message: impl Into<String>) -> Self {
        Self { name, status, message: message.into(), fix: None, class: None }
    }

    pub(super) fn ok(name: &'static str, message: impl Into<String>) -> Self {
        Self::new(name, CheckStatus::Ok, message)
    }

    pub(super) fn warning(name: &'static str, message: impl Into<String>) -> Self {
        Self::new(name, CheckStatus::Warning, message)
    }

    pub(super) fn skipped(name: &'static str, message: impl Into<String>) -> Self {
        Self::new(name, CheckStatus::Skipped, message)
    }

    pub(super) fn wrong(name: &'static str, class: Class, message: impl Into<String>) -> Self {
        Self { class: Some(class), ..Self::new(name, CheckStatus::Wrong, message) }
    }

    /// What an error says, and the command in its hints.
    pub(super) fn from_failure(name: &'static str, error: &Failure) -> Self {
        let hints = &error.parts().hints;
        let todo = || hints.last().cloned().unwrap_or_else(|| error.class().row().todo.into());
        let fix = hints.iter().flat_map(NextStep::parts).find_map(|part| match part {
            Part::Run(command) => Some(Fix::Run(command)),
            Part::Shell(line) => Some(Fix::Text(line)),
            Part::Text(_) | Part::Open(_) | Part::Page => None,
        });
        let fix = fix.unwrap_or_else(|| Fix::Text(todo().to_string()));
        Self::wrong(name, error.class(), error.to_string()).fix(fix)
    }

    pub(super) fn fix(mut self, command: impl Into<Fix>) -> Self {
        self.fix = Some(command.into());
        self
    }
}

/// The command that opens a file in the editor of this user.
pub(super) fn edit(file: &Path) -> String {
    format!("${{EDITOR:-vi}} {}", quoted(file))
}

/// One round of checks.
pub(super) struct Checkup<'a> {
    pub setup: &'a Setup,
    pub offline: bool,
    /// When the checks have to be done, by the monotonic clock.
    pub end: Duration,
    /// The logins, once they were read.
    pub contents: Option<CredentialDocument>,
}

impl Checkup<'_> {
    pub fn left(&self) -> Duration {
        self.end.saturating_sub(self.setup.environment.clock.monotonic()).max(A_MOMENT)
    }

    /// Something that may never come back, a disk of another machine say, and must not keep the
    /// other checks from being made.
    pub fn bounded<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Failure> {
        self.setup.interrupt().guard(Some(self.left()), work).map_err(|stopped| match stopped {
            Stopped::Signal(signal) => Failure::new(signal.class(), "interrupted"),
            Stopped::Deadline => Failure::new(Class::Timeout, "it gave no answer in time")
                .hint("topup doctor --timeout 60s".to_owned()),
        })
    }
}
