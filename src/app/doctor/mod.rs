//! What is wrong here, and the command that mends it.
//!
//! Each check stands for itself: it runs whatever became of the others, none takes longer than the
//! whole may, and none changes anything. A login that has run out is reported and not renewed: its
//! refresh token is worth more than a look.

mod books;
mod checkup;
mod login;
mod machine;
mod system;

pub use checkup::{CheckStatus, Fix, HealthCheck};

use crate::app::settings;
use crate::app::setup::Setup;
use crate::core::class::Class;
use crate::core::command::{NextStep, Part};
use crate::core::failure::{Failure, Result};
use crate::core::signals::Interrupt;
use crate::http::READ_DEADLINE;
use checkup::{Checkup, edit};
use schemars::JsonSchema;
use serde::Serialize;

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

impl Checkup<'_> {
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
                format!("{} chooses another portal: TOPUP_TOKEN is not sent there", file.display()),
            )
            .fix(edit(file)),
            (None, Some(file)) => {
                HealthCheck::ok("project", format!("{} changes nothing", file.display()))
            }
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
            error.hint(NextStep::from("Fix it: ").then(Part::Run(command.clone())))
        }
        Some(Fix::Text(line)) => error.hint(NextStep::shell("Next: ", line.clone())),
        None => error.hint(class.row().todo),
    })
}
