//! `topup doctor`: what is wrong here, and the command that mends it.
//!
//! Each check stands for itself: it runs whatever became of the others, none takes longer than the
//! whole may, and none changes anything. A login that has run out is told and not renewed: its
//! refresh token is worth more than a look.

mod books;
mod machine;
mod system;

use crate::cli::invocation::Invocation;
use crate::cli::verbs::config::settings;
use crate::core::class::Class;
use crate::core::command::{Command, NextStep, Part, Shell};
use crate::core::failure::{Failure, Result};
use crate::core::files::quoted;
use crate::core::signals::{Interrupt, Stopped};
use crate::credentials::CredentialDocument;
use crate::http::LOOK_DEADLINE;
use crate::output::page::{Page, Tone};
use crate::output::{Answer, Show};
use clap::Args;
use schemars::JsonSchema;
use serde::{Serialize, Serializer};
use std::fmt;
use std::path::Path;
use std::time::{Duration, Instant};

/// What the help ends with.
const AFTER_HELP: &str = "\
Examples:
  topup doctor                     every check, and the command that mends what is wrong
  topup doctor --offline           without asking any server
  topup doctor --get wrong         how many checks found something wrong

Nothing is changed, no login is renewed, and --timeout bounds the whole (15s without it).

Exit code: 0 when nothing is wrong, warnings or not; else the class of the first check that is,
because what stands first is most likely the cause of what follows: config (4), not_logged_in (10),
network (60) and so on; 'topup explain' lists them. Names in checks[].name never change.";

/// Every check has at least this long, whatever the ones before it took.
const A_MOMENT: Duration = Duration::from_millis(500);

/// The arguments of `topup doctor`.
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub struct Doctor {
    /// Send no request
    #[arg(long)]
    offline: bool,
}

/// How things stand; `data` of `doctor`.
#[derive(Serialize, JsonSchema)]
pub struct Health {
    /// Every check, causes before their effects.
    checks: Vec<Check>,
    /// How many are as they should be.
    ok: usize,
    /// How many are to be looked at.
    warnings: usize,
    /// How many keep something from working.
    wrong: usize,
    /// How many could not be made, or were not wanted.
    skipped: usize,
}

/// One check.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Check {
    /// Which one.
    name: &'static str,
    /// How it stands.
    status: Status,
    /// One line for a person.
    message: String,
    /// The command that mends it, or what to do where no command does.
    #[schemars(with = "Option<String>")]
    fix: Option<Fix>,
    /// What is wrong, as every failure is called.
    #[serde(skip_serializing_if = "Option::is_none")]
    class: Option<Class>,
}

/// How a check stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Status {
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
enum Fix {
    Run(Command),
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

impl Check {
    fn new(name: &'static str, status: Status, message: impl Into<String>) -> Self {
        Self { name, status, message: message.into(), fix: None, class: None }
    }

    fn ok(name: &'static str, message: impl Into<String>) -> Self {
        Self::new(name, Status::Ok, message)
    }

    fn warning(name: &'static str, message: impl Into<String>) -> Self {
        Self::new(name, Status::Warning, message)
    }

    fn skipped(name: &'static str, message: impl Into<String>) -> Self {
        Self::new(name, Status::Skipped, message)
    }

    fn wrong(name: &'static str, class: Class, message: impl Into<String>) -> Self {
        Self { class: Some(class), ..Self::new(name, Status::Wrong, message) }
    }

    /// What an error says, and the command in its hints.
    fn of(name: &'static str, error: &Failure) -> Self {
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

/// Opens a file in the editor of whoever is told so.
fn edit(file: &Path) -> String {
    format!("${{EDITOR:-vi}} {}", quoted(file))
}

/// One round of checks.
struct Round<'a> {
    invocation: &'a Invocation,
    offline: bool,
    end: Instant,
    /// The logins, once they were read.
    contents: Option<CredentialDocument>,
}

impl Round<'_> {
    fn left(&self) -> Duration {
        self.end.saturating_duration_since(Instant::now()).max(A_MOMENT)
    }

    /// Something that may never come back, a disk of another machine say, and must not keep the
    /// other checks from being made.
    fn bounded<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Failure> {
        self.invocation.setup.interrupt().guard(Some(self.left()), work).map_err(|stopped| {
            match stopped {
                Stopped::Signal(signal) => Failure::new(signal.class(), "interrupted"),
                Stopped::Deadline => Failure::new(Class::Timeout, "it gave no answer in time")
                    .hint("topup doctor --timeout 60s".to_owned()),
                Stopped::Died => Failure::internal("the check itself failed"),
            }
        })
    }

    /// The checks, in their order.
    fn run(&mut self) -> Vec<Check> {
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
    fn configuration(&self) -> Vec<Check> {
        let mut checks = vec![machine::configuration(self)];
        let settings = match self.invocation.setup.settings() {
            Ok(settings) => settings,
            Err(_) if checks[0].status == Status::Wrong => {
                let why = "the configuration cannot be used";
                let names = ["profile", "project", "settings"];
                checks.extend(names.map(|name| Check::skipped(name, why)));
                return checks;
            }
            Err(error) => {
                checks.push(Check::of("profile", &error));
                let names = ["project", "settings"];
                checks.extend(names.map(|name| Check::skipped(name, "no profile could be chosen")));
                return checks;
            }
        };
        checks.push(match settings::profile(self.invocation) {
            Ok(profile) if profile.source == "default" => {
                Check::ok("profile", format!("{} (none selected)", settings.profile))
            }
            Ok(profile) => {
                Check::ok("profile", format!("{}, from {}", settings.profile, profile.told()))
            }
            Err(error) => Check::of("profile", &error),
        });
        checks.push(match (&settings.redirected_by_project, &settings.project) {
            (Some(file), _) => Check::warning(
                "project",
                format!(
                    "{} chose another place than would be meant without it: no TOPUP_TOKEN is sent there",
                    file.display()
                ),
            )
            .fix(edit(file)),
            (None, Some(file)) => Check::ok("project", format!("{} moves nothing", file.display())),
            (None, None) => Check::ok("project", "no .topup.toml here or above"),
        });
        checks.push(match settings::all(self.invocation) {
            Ok(all) => Check::ok("settings", told(all)),
            Err(error) => Check::of("settings", &error),
        });
        checks
    }
}

/// Those that are not as they always are, each with where it comes from.
fn told(all: Vec<settings::Setting>) -> String {
    let said: Vec<String> = all
        .into_iter()
        .map(settings::Setting::masked)
        .filter(|setting| setting.key == "provider" || setting.source != "default")
        .filter_map(|setting| {
            let told = setting.told();
            Some(format!("{} {} ({told})", setting.key, setting.value?))
        })
        .collect();
    said.join(", ")
}

impl Doctor {
    /// Looks.
    ///
    /// # Errors
    /// The class of the first check that is wrong; the checks stand in the answer all the same.
    pub fn run(self, invocation: &Invocation) -> Result<Answer> {
        invocation.setup.interrupt().install()?;
        let longest = invocation.globals.timeout.unwrap_or(LOOK_DEADLINE);
        let end = Instant::now() + longest;
        let mut round = Round { invocation, offline: self.offline, end, contents: None };
        let mut checks = round.run();
        let target = invocation.setup.target();
        for check in &mut checks {
            if let Some(Fix::Run(command)) = &mut check.fix {
                command.aim(&target);
            }
        }
        let count = |status| checks.iter().filter(|check| check.status == status).count();
        let [ok, warnings, wrong, skipped] =
            [Status::Ok, Status::Warning, Status::Wrong, Status::Skipped].map(count);
        let failure = failure(&checks, wrong, invocation.setup.interrupt());
        Ok(Answer::new(Health { checks, ok, warnings, wrong, skipped }).but(failure))
    }
}

/// The first that is wrong as the failure of the whole.
fn failure(checks: &[Check], wrong: usize, interrupt: &Interrupt) -> Option<Failure> {
    if let Some(signal) = interrupt.seen() {
        return Some(Failure::new(signal.class(), "interrupted: not every check was made"));
    }
    let first = checks.iter().find(|check| check.status == Status::Wrong)?;
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

impl Show for Health {
    fn show(&self, page: &mut Page) {
        for check in &self.checks {
            let (tone, word) = match check.status {
                Status::Ok => (Tone::Plain, "ok"),
                Status::Warning => (Tone::Warn, "warning"),
                Status::Wrong => (Tone::Bad, "WRONG"),
                Status::Skipped => (Tone::Dim, "skipped"),
            };
            page.line(tone, &format!("{word:<8} {:<14} {}", check.name, check.message));
            if let Some(fix) = &check.fix {
                page.line(Tone::Plain, &format!("{:<24}{fix}", ""));
            }
        }
        let tone = match (self.wrong, self.warnings) {
            (0, 0) => Tone::Good,
            (0, _) => Tone::Warn,
            _ => Tone::Bad,
        };
        let skipped = match self.skipped {
            0 => String::new(),
            count => format!(", {count} skipped"),
        };
        let warnings = if self.warnings == 1 { "warning" } else { "warnings" };
        page.line(
            tone,
            &format!(
                "{} ok, {} {warnings}, {} wrong{skipped}.",
                self.ok, self.warnings, self.wrong
            ),
        );
    }
}
