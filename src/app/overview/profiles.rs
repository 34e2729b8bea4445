//! Every account as one document, in the order of the names, and the order in which a person reads
//! them; and the worst of them as the failure of the whole.

use super::{OverviewRow, worst_first};
use crate::app::readings::LastReading;
use crate::core::command::{Shell, TargetFlags};
use crate::core::failure::Failure;
use crate::core::system::System;
use crate::core::time;
use crate::output::document;
use crate::provider::State;
use schemars::JsonSchema;
use serde::{Serialize, Serializer};
use serde_json::Value;

/// Every profile; `data` of `state --all`.
#[derive(Serialize, JsonSchema)]
pub struct Profiles {
    /// One entry per profile, in the order of their names. Without a profile in the configuration: one
    /// per system whose key is here.
    pub profiles: Vec<ProfileState>,
    /// Their places in it, the worst first.
    #[serde(skip)]
    pub worst_first: Vec<usize>,
}

/// One profile.
#[derive(Serialize, JsonSchema)]
pub struct ProfileState {
    /// Its name in the configuration.
    pub profile: String,
    /// Its system; null where the profile could not be read.
    pub provider: Option<System>,
    /// Whether its account could be read now.
    pub ok: bool,
    /// When `data` was read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub read_at: Option<String>,
    /// How old it is, in seconds; 0 where it was read now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub age_s: Option<u64>,
    /// The account, as `state` shows it; with `ok` false what was read last, where waiting may help.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data: Option<ReadState>,
    /// Why it could not be read, as in the document of a failure.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "as_part")]
    #[schemars(with = "Option<document::ErrorPart<'static>>")]
    pub error: Option<Failure>,
    /// The flags that mean it in a command.
    #[serde(skip)]
    pub target: TargetFlags,
}

/// An account of now, or of an earlier reading.
#[derive(Serialize, JsonSchema)]
#[serde(untagged)]
pub enum ReadState {
    /// Of now.
    Now(State),
    /// Of an earlier reading.
    Before(#[schemars(with = "State")] Value),
}

#[expect(clippy::ref_option, reason = "the shape that serde calls")]
fn as_part<S: Serializer>(error: &Option<Failure>, to: S) -> Result<S::Ok, S::Error> {
    error.as_ref().map(|error| document::error_part(error, Shell::Posix)).serialize(to)
}

impl Profiles {
    /// The document of these rows.
    pub fn from_rows(rows: Vec<OverviewRow>) -> Self {
        let mut order: Vec<usize> = (0..rows.len()).collect();
        order.sort_by(|one, other| worst_first(&rows[*one], &rows[*other]));
        Self { profiles: rows.into_iter().map(ProfileState::from).collect(), worst_first: order }
    }
}

impl From<OverviewRow> for ProfileState {
    fn from(row: OverviewRow) -> Self {
        let age = |last: &LastReading| last.age(row.at).as_secs();
        let (read_at, age_s, data) = match (row.state, row.last) {
            (Some(state), _) => (Some(row.at), Some(0), Some(ReadState::Now(state))),
            (None, Some(last)) => {
                (Some(last.at), Some(age(&last)), Some(ReadState::Before(last.state)))
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
            target: row.target,
        }
    }
}

/// The worst row as the failure of the whole; none when all is well.
pub fn failure(rows: &[OverviewRow]) -> Option<Failure> {
    let failed: Vec<(&str, &Failure)> =
        rows.iter().filter_map(|row| Some((row.profile.as_str(), row.failure.as_ref()?))).collect();
    // Of several that are as bad the first is reported.
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
    let whole = error.parts_mut();
    whole.hints.clone_from(&parts.hints);
    whole.portal_url.clone_from(&parts.portal_url);
    whole.recovery = parts.recovery;
    whole.status = parts.status;
    whole.code.clone_from(&parts.code);
    Some(error)
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
            let whole = failure(&rows).expect("two failed");
            assert_eq!(whole.class(), worse);
            assert_eq!(whole.to_string(), "2 of 3 profiles could not be read; b: why");
            assert_eq!(whole.parts().hints, ["do this"]);
        }
    }
}
