//! `topup state --all`: every profile of the configuration at once.
//!
//! Each profile gets a invocation and a thread of its own, so that a slow system delays nobody and a
//! broken one costs its own row only. The command ends with the class of the worst row: the one
//! that stands last in the table of exit codes.

use crate::app::setup::{Options, Setup};
use crate::cli::invocation::Invocation;
use crate::config::{self};
use crate::core::command::{Shell, TargetFlags};
use crate::core::env;
use crate::core::environment::Environment;
use crate::core::failure::{Failure, Result};
use crate::core::system::System;
use crate::output::page::{Page, Tone};
use crate::output::{Answer, Show, document};
use crate::provider::State as Account;
use crate::provider::teams::Which;
use schemars::JsonSchema;
use serde::{Serialize, Serializer};
use std::thread;

/// Every profile; `data` of `state --all`.
#[derive(Serialize, JsonSchema)]
pub struct Profiles {
    /// One entry per profile, in the order of their names.
    profiles: Vec<ProfileState>,
}

/// One profile.
#[derive(Serialize, JsonSchema)]
struct ProfileState {
    /// Its name in the configuration.
    profile: String,
    /// Its system; null where the profile could not be read.
    provider: Option<System>,
    /// The flags that mean it in a command.
    #[serde(skip)]
    target: TargetFlags,
    /// Whether its account could be read.
    ok: bool,
    /// The account, as `state` shows it.
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<Account>,
    /// Why it could not be read, as in the document of a failure.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "as_part")]
    #[schemars(with = "Option<document::ErrorPart<'static>>")]
    error: Option<Failure>,
}

#[expect(clippy::ref_option, reason = "the shape that serde calls")]
fn as_part<S: Serializer>(error: &Option<Failure>, to: S) -> Result<S::Ok, S::Error> {
    error.as_ref().map(|error| document::error_part(error, Shell::Posix)).serialize(to)
}

/// Reads all of them.
///
/// # Errors
/// Class `config` when the configuration cannot be read, `usage` when one system was named. What
/// fails in a row stands in the row, and its class is the exit code.
pub fn run(invocation: &Invocation) -> Result<Answer> {
    check_nothing_is_named(invocation)?;
    let names = config::profiles(&invocation.setup.paths()?.config_file())?;
    let profiles: Vec<ProfileState> = thread::scope(|scope| {
        let running: Vec<_> = names
            .into_iter()
            .map(|name| {
                let (environment, options) =
                    (invocation.setup.environment.clone(), invocation.setup.options.clone());
                let kept = name.clone();
                (kept, scope.spawn(move || look(environment, &options, name)))
            })
            .collect();
        running
            .into_iter()
            .map(|(name, thread)| thread.join().unwrap_or_else(|_| died(name)))
            .collect()
    });
    let failure = failure(&profiles).map(|error| invocation.with_next_step(error));
    Ok(Answer::new(Profiles { profiles }).but(failure))
}

/// A system, an address or a token that is named for all of them is meant for one of them, and a
/// token must not be sent to the others.
fn check_nothing_is_named(invocation: &Invocation) -> Result<()> {
    let globals = &invocation.globals;
    let given = |value: Option<&String>| value.is_some_and(|value| !value.trim().is_empty());
    // A variable that stands for all commands is no wish for this one.
    let asked = globals.profile.as_deref().filter(|name| !name.is_empty());
    let by_flag = asked.is_some() && invocation.setup.variable(env::PROFILE)?.as_deref() != asked;
    for (named, what) in [
        (by_flag, "--profile".to_owned()),
        (globals.provider.is_some(), format!("--provider ({})", env::PROVIDER)),
        (given(globals.portal_url.as_ref()), format!("--portal-url ({})", env::PORTAL_URL)),
        (invocation.setup.given_token()?.is_some(), env::TOKEN.to_owned()),
    ] {
        if named {
            return Err(Failure::usage(format!(
                "--all is about every profile, and {what} is about one of them"
            ))
            .hint("Leave one of the two out."));
        }
    }
    Ok(())
}

fn look(environment: Environment, options: &Options, profile: String) -> ProfileState {
    let setup = Setup::for_profile(environment, options, profile.clone());
    let outcome =
        super::read(&setup, Which::default()).map_err(|error| setup.with_next_step(error));
    let provider = setup.settings().ok().map(|settings| settings.system);
    let (data, error) = match outcome {
        Ok(state) => (Some(state), None),
        Err(error) => (None, Some(error)),
    };
    let target = setup.target();
    ProfileState { profile, provider, target, ok: error.is_none(), data, error }
}

fn died(profile: String) -> ProfileState {
    let error = Some(Failure::internal("the look at this profile ended without a result"));
    ProfileState {
        profile,
        provider: None,
        target: TargetFlags::default(),
        ok: false,
        data: None,
        error,
    }
}

/// The worst row as the failure of the whole; none when all is well.
fn failure(rows: &[ProfileState]) -> Option<Failure> {
    let failed: Vec<(&str, &Failure)> =
        rows.iter().filter_map(|row| Some((row.profile.as_str(), row.error.as_ref()?))).collect();
    // Of several that are as bad the first is told.
    let (profile, worst) = failed.iter().rev().max_by_key(|(_, error)| error.class())?;
    let parts = worst.parts();
    let mut error = Failure::new(
        parts.class,
        format!(
            "{} of {} profiles could not be read; {profile}: {}",
            failed.len(),
            rows.len(),
            parts.message
        ),
    )
    .retry_after(parts.retry_after)
    .detail("profile", *profile);
    let told = error.parts_mut();
    told.hints.clone_from(&parts.hints);
    told.portal_url.clone_from(&parts.portal_url);
    told.recovery = parts.recovery;
    told.status = parts.status;
    told.code.clone_from(&parts.code);
    Some(error)
}

impl Show for Profiles {
    fn show(&self, page: &mut Page) {
        let rows = self.profiles.iter().map(|row| {
            let system = row.provider.map_or("-", System::title).to_owned();
            let (tone, text) = match (&row.data, &row.error) {
                (Some(state), _) => (Tone::Plain, state.brief().aimed(&row.target).to_string()),
                (None, Some(error)) => (Tone::Bad, format!("{}: {error}", error.class().name())),
                (None, None) => (Tone::Dim, String::new()),
            };
            (tone, vec![row.profile.clone(), system, text])
        });
        page.table(&["profile", "system", "state"], rows);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::class::{Class, TABLE};

    #[test]
    fn the_worst_row_is_the_one_whose_class_stands_last_in_the_table() {
        let row = |profile: &str, class: Option<Class>| ProfileState {
            profile: profile.into(),
            provider: None,
            target: TargetFlags::default(),
            ok: class.is_none(),
            data: None,
            error: class.map(|class| Failure::new(class, "why").hint("do this")),
        };
        assert!(failure(&[row("a", None)]).is_none());
        for two in TABLE.windows(2) {
            let (better, worse) = (two[0].class, two[1].class);
            let rows = [row("a", None), row("b", Some(worse)), row("c", Some(better))];
            let told = failure(&rows).expect("two failed");
            assert_eq!(told.class(), worse);
            assert_eq!(told.to_string(), "2 of 3 profiles could not be read; b: why");
            assert_eq!(told.parts().hints, ["do this"]);
        }
    }
}
