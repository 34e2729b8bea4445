//! `topup state --all`: every profile of the configuration at once, side by side.
//!
//! A slow system delays nobody, and a broken one costs its own row only. The command ends with the
//! class of the worst row: the one that stands last in the table of exit codes.

use crate::app::overview::{self, OverviewRow};
use crate::app::readings::LastReading;
use crate::cli::invocation::Invocation;
use crate::core::command::Shell;
use crate::core::duration;
use crate::core::env;
use crate::core::failure::{Failure, Result};
use crate::core::system::System;
use crate::core::time;
use crate::output::page::{Page, Tone};
use crate::output::{Answer, Show, document};
use crate::provider::State as Account;
use schemars::JsonSchema;
use serde::{Serialize, Serializer};
use serde_json::Value;

/// Every profile; `data` of `state --all`.
#[derive(Serialize, JsonSchema)]
pub struct Profiles {
    /// One entry per profile, in the order of their names. Without a profile in the configuration: one
    /// per system whose key is here.
    profiles: Vec<ProfileState>,
    /// The same as a person reads them, the worst first.
    #[serde(skip)]
    lines: Vec<ProfileLine>,
}

/// One profile.
#[derive(Serialize, JsonSchema)]
struct ProfileState {
    /// Its name in the configuration.
    profile: String,
    /// Its system; null where the profile could not be read.
    provider: Option<System>,
    /// Whether its account could be read now.
    ok: bool,
    /// When `data` was read.
    #[serde(skip_serializing_if = "Option::is_none")]
    read_at: Option<String>,
    /// How old it is, in seconds; 0 where it was read now.
    #[serde(skip_serializing_if = "Option::is_none")]
    age_s: Option<u64>,
    /// The account, as `state` shows it; with `ok` false what was read last, where waiting may help.
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<Shown>,
    /// Why it could not be read, as in the document of a failure.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "as_part")]
    #[schemars(with = "Option<document::ErrorPart<'static>>")]
    error: Option<Failure>,
}

/// An account of now, or of an earlier look.
#[derive(Serialize, JsonSchema)]
#[serde(untagged)]
enum Shown {
    /// Of now.
    Now(Account),
    /// Of an earlier look.
    Before(#[schemars(with = "Account")] Value),
}

/// A row of the table.
struct ProfileLine {
    tone: Tone,
    cells: Vec<String>,
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
    check_nothing_is_named(invocation, "--all is about every profile")?;
    let setup = &invocation.setup;
    let meant = overview::everything(setup)?;
    let rows = overview::read_all(&setup.environment, &setup.options, meant);
    let failure = failure(&rows).map(|error| invocation.with_next_step(error));
    let mut order: Vec<&OverviewRow> = rows.iter().collect();
    order.sort_by(|one, other| overview::worst_first(one, other));
    let lines = order.into_iter().map(line).collect();
    let profiles = rows.into_iter().map(ProfileState::from).collect();
    Ok(Answer::new(Profiles { profiles, lines }).but(failure))
}

/// A system, an address or a token that is named for all of them is meant for one of them, and a
/// token must not be sent to the others.
///
/// # Errors
/// Class `usage`, naming it.
pub fn check_nothing_is_named(invocation: &Invocation, about: &str) -> Result<()> {
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
            return Err(Failure::usage(format!("{about}, and {what} is about one of them"))
                .hint("Leave one of the two out."));
        }
    }
    Ok(())
}

/// The worst row as the failure of the whole; none when all is well.
fn failure(rows: &[OverviewRow]) -> Option<Failure> {
    let failed: Vec<(&str, &Failure)> =
        rows.iter().filter_map(|row| Some((row.profile.as_str(), row.failure.as_ref()?))).collect();
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

impl From<OverviewRow> for ProfileState {
    fn from(row: OverviewRow) -> Self {
        let age = |last: &LastReading| last.age(row.at).as_secs();
        let (read_at, age_s, data) = match (row.state, row.last) {
            (Some(state), _) => (Some(row.at), Some(0), Some(Shown::Now(state))),
            (None, Some(last)) => {
                (Some(last.at), Some(age(&last)), Some(Shown::Before(last.state)))
            }
            (None, None) => (None, None, None),
        };
        Self {
            profile: row.profile,
            provider: row.system,
            ok: row.failure.is_none(),
            read_at: read_at.map(time::shown),
            age_s,
            data,
            error: row.failure,
        }
    }
}

/// A row for a person.
fn line(row: &OverviewRow) -> ProfileLine {
    let (tone, text, age) = match (&row.state, &row.failure) {
        (Some(state), _) => {
            (Tone::Plain, state.brief().aimed(&row.target).to_string(), "now".to_owned())
        }
        (None, Some(error)) => {
            (Tone::Bad, format!("{}: {error}", error.class().name()), age_of(row))
        }
        (None, None) => (Tone::Dim, String::new(), age_of(row)),
    };
    let system = row.system.map_or("-", System::title).to_owned();
    ProfileLine { tone, cells: vec![row.profile.clone(), system, text, age] }
}

/// How old the number in a row is.
fn age_of(row: &OverviewRow) -> String {
    row.last.as_ref().map_or_else(|| "-".to_owned(), |last| duration::show(last.age(row.at)))
}

impl Show for Profiles {
    fn show(&self, page: &mut Page) {
        let rows = self.lines.iter().map(|line| (line.tone, line.cells.clone()));
        page.table(&["profile", "system", "state", "age"], rows);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::class::{Class, TABLE};
    use crate::core::command::TargetFlags;
    use jiff::Timestamp;

    #[test]
    fn the_worst_row_is_the_one_whose_class_stands_last_in_the_table() {
        let row = |profile: &str, class: Option<Class>| OverviewRow {
            profile: profile.into(),
            system: None,
            target: TargetFlags::default(),
            state: None,
            failure: class.map(|class| Failure::new(class, "why").hint("do this")),
            last: None,
            at: Timestamp::UNIX_EPOCH,
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
