//! Next steps for a person, completed by what only the run knows: its target, a login that may
//! spend, and what there is to try for someone who has set up nothing yet.

use super::Setup;
use crate::config::Settings;
use crate::config::keys::SettingSource;
use crate::config::paths::Paths;
use crate::core::class::{Class, Recovery};
use crate::core::command::{Command, NextStep, TargetFlags};
use crate::core::duration;
use crate::core::env;
use crate::core::failure::{Charged, Failure};
use crate::core::system::WayIn;
use std::time::Duration;

impl Setup {
    /// Completes the next steps: the usual step of the class where nothing better is known,
    /// and the target of this run for every command.
    pub fn with_next_step(&self, error: Failure) -> Failure {
        let mut error = error;
        let row = error.class().row();
        let target = self.target();
        let portal = self.portal.get();
        let in_sandbox = portal.is_some_and(|portal| portal.sandbox);
        let parts = error.parts_mut();
        // What was interrupted and could not spend has nothing to be gone on with.
        let may_go_on = !matches!(parts.class, Class::Interrupted | Class::Terminated)
            || !matches!(parts.charged, None | Some(Charged::No));
        let waits = parts.recovery == Some(Recovery::RetryLater);
        let wait = parts.retry_after.map(|seconds| duration::show(Duration::from_secs(seconds)));
        // Where the time is known, to wait for it is the whole step.
        if parts.hints.is_empty() && may_go_on && !(waits && wait.is_some()) {
            parts.hints.push(row.todo.into());
        }
        if let Some(wait) = wait {
            parts.hints.push(NextStep::text(format!("Try again in {wait}.")));
        }
        if in_sandbox && parts.class == Class::RateLimited {
            let turn =
                "Or move the clock of the sandbox on by an hour: 'topup sandbox set clock=+1h'.";
            parts.hints.push(turn.into());
        }
        if let Some(portal) = portal {
            error = portal.without_lost_pages(error);
        }
        let parts = error.parts_mut();
        for hint in &mut parts.hints {
            *hint = std::mem::take(hint).aimed(&target);
            if parts.portal_url.is_none() {
                *hint = std::mem::take(hint).without_link("the page of the portal");
            }
        }
        error
    }

    /// What the commands mean that this run prints.
    pub fn target(&self) -> TargetFlags {
        let mut target = self.target_typed();
        // The same where a profile says it.
        target.sandbox |= self.portal.get().is_some_and(|portal| portal.sandbox);
        let system = self.settings.get().map(|settings| settings.system);
        target.approves_login =
            target.sandbox && system.is_some_and(|system| system.facts().way_in == WayIn::Page);
        if let Some(settings) = self.settings.get() {
            chosen_by_the_project(settings, &mut target);
        }
        target
    }

    /// The flags of this run that say which system is meant. What a variable says, the next command
    /// hears as well.
    fn target_typed(&self) -> TargetFlags {
        let typed = |variable: &str, value: Option<&str>| {
            let set = self.environment.variables.text_or_none(variable);
            value.filter(|value| set.as_deref() != Some(value)).map(str::to_owned)
        };
        let options = &self.options;
        let profile = options.profile.as_deref().or(self.profile.as_deref());
        TargetFlags {
            // Named even where a variable sets it: without it the command would use real money.
            sandbox: options.sandbox,
            provider: typed(env::PROVIDER, options.provider.as_deref()),
            profile: typed(env::PROFILE, profile),
            portal_url: typed(env::PORTAL_URL, options.portal_url.as_deref()),
            approves_login: false,
        }
    }

    /// The same for who has never set anything up here: what there is to try without an account,
    /// and a login that can do what was asked for, which may be to spend.
    pub fn with_first_steps(&self, spends: bool, error: Failure) -> Failure {
        let mut error = error;
        if error.class() != Class::NotLoggedIn {
            return error;
        }
        let asks_page =
            self.portal.get().is_none_or(|portal| portal.system.facts().way_in == WayIn::Page);
        let hints = &mut error.parts_mut().hints;
        if spends && asks_page {
            let step_up = |command: &mut Command| {
                if command.verb() == Some("login") {
                    command.add("--step-up");
                }
            };
            for hint in &mut *hints {
                *hint = std::mem::take(hint).with_each_command(step_up);
            }
        }
        if self.is_sandbox().unwrap_or(true) {
            return error;
        }
        let is_new =
            |paths: &Paths| !paths.config_file().exists() && !paths.credentials_file().exists();
        let given = self.variable(env::TOKEN).is_ok_and(|token| token.is_some());
        if !given && self.paths().is_ok_and(is_new) {
            let step = if spends {
                "New here? 'topup --sandbox buy 25 --yes' works without an account."
            } else {
                "New here? 'topup --sandbox state' works without an account."
            };
            hints.insert(0, step.into());
        }
        error
    }
}

/// In another folder the file of a project says nothing: what it chose is written out.
fn chosen_by_the_project(settings: &Settings, target: &mut TargetFlags) {
    if matches!(settings.profile_source(), SettingSource::Project(_)) && target.profile.is_none() {
        target.profile = Some(settings.profile.clone());
    }
    let (_, by) = settings.effective("provider");
    if matches!(by, SettingSource::Project(_)) && target.provider.is_none() {
        target.provider = Some(settings.system.name().to_owned());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_without_its_link_says_whose_page_it_is() {
        let shown = |step: &'static str| {
            NextStep::from(step).without_link("a page of the sandbox").to_string()
        };
        assert_eq!(
            shown("Add --yes, or do it on {page}:"),
            "Add --yes, or do it on a page of the sandbox."
        );
        assert_eq!(shown("Use {page}:"), "Use a page of the sandbox.");
        assert_eq!(
            shown("Raise it on {page} ('topup open limit' opens it):"),
            "Raise it on a page of the sandbox ('topup open limit' opens it)."
        );
        assert_eq!(shown("The answer:"), "The answer:");
    }
}
