//! What is wrong here, and the command that mends it.
//!
//! Each check stands for itself: it runs whatever became of the others, none takes longer than the
//! whole may, and none changes anything. A login that has run out is reported and not renewed: its
//! refresh token is worth more than a look.

mod books;
mod login;
mod machine;
mod system;

use crate::app::settings;
use crate::app::setup::Setup;
use crate::core::class::Class;
use crate::core::command::{Command, NextStep, Part, Shell};
use crate::core::failure::{Failure, Result};
use crate::core::files::quoted;
use crate::core::signals::{Interrupt, Stopped};
use crate::credentials::CredentialDocument;
use crate::http::READ_DEADLINE;
use schemars::JsonSchema;
use serde::{Serialize, Serializer};
use std::fmt;
use std::path::Path;
use std::time::Duration;

/// Every check has at least this long, whatever the ones before it took.
const A_MOMENT: Duration = Duration::from_millis(500);

/// How things stand; `data` of `doctor`.
#[derive(Serialize, JsonSchema)]
pub struct Diagnosis {
    /// Every check, causes before their effects.
    pub checks: Vec<HealthCheck>,
    /// How many are as they should be.
    pub ok: usize,
    /// How many are to be looked at.
    pub warnings: usize,
    /// How many keep something from working.
    pub wrong: usize,
    /// How many could not be made, or were not wanted.
    pub skipped: usize,
}

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
    fn new(name: &'static str, status: CheckStatus, message: impl Into<String>) -> Self {
        Self { name, status, message: message.into(), fix: None, class: None }
    }

    fn ok(name: &'static str, message: impl Into<String>) -> Self {
        Self::new(name, CheckStatus::Ok, message)
    }

    fn warning(name: &'static str, message: impl Into<String>) -> Self {
        Self::new(name, CheckStatus::Warning, message)
    }

    fn skipped(name: &'static str, message: impl Into<String>) -> Self {
        Self::new(name, CheckStatus::Skipped, message)
    }

    fn wrong(name: &'static str, class: Class, message: impl Into<String>) -> Self {
        Self { class: Some(class), ..Self::new(name, CheckStatus::Wrong, message) }
    }

    /// What an error says, and the command in its hints.
    fn from_failure(name: &'static str, error: &Failure) -> Self {
        let hints = &error.parts().hints;
        let todo = || hints.last().cloned().unwrap_or_else(|| error.class().row().todo.into());
        let fix = hints.iter().flat_map(NextStep::parts).find_map(|part| match part {
            Part::Run(command) => Some(Fix::Run(command.clone())),
            Part::Shell(line) => Some(Fix::Text(line.clone())),
            Part::Text(_) | Part::Open(_) => None,
        });
        let fix = fix.unwrap_or_else(|| Fix::Text(todo().to_string()));
        Self::wrong(name, error.class(), error.to_string()).fix(fix)
    }

    fn fix(mut self, command: impl Into<Fix>) -> Self {
        self.fix = Some(command.into());
        self
    }
}

/// The command that opens a file in the editor of this user.
fn edit(file: &Path) -> String {
    format!("${{EDITOR:-vi}} {}", quoted(file))
}

/// One round of checks.
struct Checkup<'a> {
    setup: &'a Setup,
    offline: bool,
    /// When the checks have to be done, by the monotonic clock.
    end: Duration,
    /// The logins, once they were read.
    contents: Option<CredentialDocument>,
}

impl Checkup<'_> {
    fn left(&self) -> Duration {
        self.end.saturating_sub(self.setup.environment.clock.monotonic()).max(A_MOMENT)
    }

    /// Something that may never come back, a disk of another machine say, and must not keep the
    /// other checks from being made.
    fn bounded<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Failure> {
        self.setup.interrupt().guard(Some(self.left()), work).map_err(|stopped| match stopped {
            Stopped::Signal(signal) => Failure::new(signal.class(), "interrupted"),
            Stopped::Deadline => Failure::new(Class::Timeout, "it gave no answer in time")
                .hint("topup doctor --timeout 60s".to_owned()),
            Stopped::Died => Failure::internal("the check itself failed"),
        })
    }

    /// The checks, in their order.
    fn run(&mut self) -> Vec<HealthCheck> {
        let mut checks = vec![machine::version()];
        checks.extend(self.configuration());
        checks.push(machine::folders(self));
        checks.push(machine::credentials(self));
        checks.extend(books::journal(self));
        checks.push(machine::disk(self));
        checks.push(machine::space(self));
        checks.push(books::ledger(self));
        checks.extend(system::all(self));
        checks.push(machine::completion(self));
        checks
    }

    /// The file, the profile, the project and what they come to.
    fn configuration(&self) -> Vec<HealthCheck> {
        let mut checks = vec![machine::configuration(self)];
        let settings = match self.setup.settings() {
            Ok(settings) => settings,
            Err(_) if checks[0].status == CheckStatus::Wrong => {
                let why = "the configuration cannot be used";
                let names = ["profile", "project", "settings"];
                checks.extend(names.map(|name| HealthCheck::skipped(name, why)));
                return checks;
            }
            Err(error) => {
                checks.push(HealthCheck::from_failure("profile", &error));
                let names = ["project", "settings"];
                checks.extend(
                    names.map(|name| HealthCheck::skipped(name, "no profile could be chosen")),
                );
                return checks;
            }
        };
        checks.push(match settings::profile(self.setup) {
            Ok(profile) if profile.source == "default" => {
                HealthCheck::ok("profile", format!("{} (none selected)", settings.profile))
            }
            Ok(profile) => HealthCheck::ok(
                "profile",
                format!("{}, from {}", settings.profile, profile.place()),
            ),
            Err(error) => HealthCheck::from_failure("profile", &error),
        });
        checks.push(match (&settings.redirected_by_project, &settings.project) {
            (Some(file), _) => HealthCheck::warning(
                "project",
                format!(
                    "{} chose another place than would be meant without it: no TOPUP_TOKEN is sent there",
                    file.display()
                ),
            )
            .fix(edit(file)),
            (None, Some(file)) => HealthCheck::ok("project", format!("{} moves nothing", file.display())),
            (None, None) => HealthCheck::ok("project", "no .topup.toml here or above"),
        });
        checks.push(match settings::all(self.setup) {
            Ok(all) => HealthCheck::ok("settings", in_one_line(all)),
            Err(error) => HealthCheck::from_failure("settings", &error),
        });
        checks
    }
}

/// The settings that are not the default, each with where it comes from.
fn in_one_line(all: Vec<settings::Setting>) -> String {
    let settings: Vec<String> = all
        .into_iter()
        .map(settings::Setting::masked)
        .filter(|setting| setting.key == "provider" || setting.source != "default")
        .filter_map(|setting| {
            let place = setting.place();
            Some(format!("{} {} ({place})", setting.key, setting.value?))
        })
        .collect();
    settings.join(", ")
}

/// Checks everything; with `offline` no server is asked.
///
/// # Errors
/// The class of a signal that cannot be heard.
pub fn examine(setup: &Setup, offline: bool) -> Result<(Diagnosis, Option<Failure>)> {
    setup.interrupt().install()?;
    let longest = setup.options.timeout.unwrap_or(READ_DEADLINE);
    let end = setup.environment.clock.monotonic().saturating_add(longest);
    let mut checkup = Checkup { setup, offline, end, contents: None };
    let mut checks = checkup.run();
    let target = setup.target();
    for check in &mut checks {
        if let Some(Fix::Run(command)) = &mut check.fix {
            command.aim(&target);
        }
    }
    let count = |status| checks.iter().filter(|check| check.status == status).count();
    let [ok, warnings, wrong, skipped] =
        [CheckStatus::Ok, CheckStatus::Warning, CheckStatus::Wrong, CheckStatus::Skipped]
            .map(count);
    let failure = failure(&checks, wrong, setup.interrupt());
    Ok((Diagnosis { checks, ok, warnings, wrong, skipped }, failure))
}

/// The first that is wrong as the failure of the whole.
fn failure(checks: &[HealthCheck], wrong: usize, interrupt: &Interrupt) -> Option<Failure> {
    if let Some(signal) = interrupt.seen() {
        return Some(Failure::new(signal.class(), "interrupted: not every check was made"));
    }
    let first = checks.iter().find(|check| check.status == CheckStatus::Wrong)?;
    let class = first.class.unwrap_or(Class::Internal);
    let others = match wrong {
        1 => String::new(),
        more => format!(" (the first of {more} that are wrong)"),
    };
    let error = Failure::new(class, format!("{}: {}{others}", first.name, first.message));
    Some(match &first.fix {
        Some(Fix::Run(command)) => {
            error.hint(NextStep::from("Mend it: ").then(Part::Run(command.clone())))
        }
        Some(Fix::Text(line)) => error.hint(NextStep::shell("Mend it: ", line.clone())),
        None => error.hint(class.row().todo),
    })
}
