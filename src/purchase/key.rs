//! Keys from names, and what proves that a name is used for the first time.
//!
//! A key derived from `--once NAME` is the same on every machine: only what every machine knows
//! enters it. The amount stays out, so that the same name with another amount conflicts at the
//! server instead of being charged.

use super::clocks::carries;
use super::position::{Gap, JournalDoubt};
use super::record::RunAttempt;
use super::request::Buyer;
use crate::core::class::Class;
use crate::core::env;
use crate::core::failure::{Charged, Failure, Result};
use crate::provider::{IdempotencyKey, KeyLife};
use jiff::Timestamp;
use std::time::Duration;
use uuid::Uuid;

/// The namespace of all keys that are derived from names. Never to be changed: a changed
/// namespace is another key, and another key is another purchase.
const NAMESPACE: Uuid = Uuid::from_u128(0x9d4a_61c7_2f0e_4b58_a3d1_70c5_e86b_9f24);

/// The longest name that is taken.
const LONGEST_NAME: usize = 200;

/// Checks a `--once` name: 1 to 200 characters, none of them a control character, no blank ends.
///
/// # Errors
/// Class `usage`.
pub fn check_name(name: &str) -> Result<String, String> {
    if name.is_empty() || name.trim() != name {
        return Err("a name must not be empty or begin or end with a space".into());
    }
    if name.chars().any(char::is_control) || name.chars().count() > LONGEST_NAME {
        return Err(format!(
            "a name has at most {LONGEST_NAME} characters and no control characters"
        ));
    }
    Ok(name.to_owned())
}

/// A unique key.
pub fn random_key(id: Uuid) -> Result<IdempotencyKey> {
    IdempotencyKey::parse(&id.to_string())
}

/// The key of a name: the same wherever origin, organisation, name and generation are the same.
///
/// # Errors
/// Class `internal` when the key does not fit its own grammar.
pub fn derived_key(
    origin: &str,
    organisation: &str,
    name: &str,
    generation: u32,
) -> Result<IdempotencyKey> {
    let id = id_of(&[origin, organisation, name, &generation.to_string()]);
    IdempotencyKey::parse(&id.to_string())
}

/// The id of an account, for its lock: the same for every process of this machine.
pub fn account_id(origin: &str, organisation: &str) -> Uuid {
    id_of(&["account", origin, organisation])
}

/// The id of an account that is bought for, one purchase at a time, for its lock.
pub fn buying_id(origin: &str, buyer: &Buyer) -> Uuid {
    let organisation = buyer.organisation.as_deref().unwrap_or_default();
    let subject = buyer.subject.as_deref().unwrap_or_default();
    id_of(&["buying", origin, organisation, subject])
}

/// The id of a watch, for its lock and its memory: the same for every process of this machine.
pub fn watch_id(parts: &[&str]) -> Uuid {
    id_of(&[&["watch"], parts].concat())
}

fn id_of(parts: &[&str]) -> Uuid {
    let longest = "18446744073709551615:".len();
    let mut text = String::with_capacity(parts.iter().map(|part| longest + part.len()).sum());
    // Each part is preceded by its length: no two sequences of parts give the same text.
    for part in parts {
        text.push_str(&part.len().to_string());
        text.push(':');
        text.push_str(part);
    }
    Uuid::new_v5(&NAMESPACE, text.as_bytes())
}

/// What is known about the first use of a name that this journal does not know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FirstUse {
    /// The earliest it can have been, when that was before now.
    pub since: Option<Timestamp>,
    /// Whether it is proven that it was not used before.
    pub proven: bool,
}

/// What the CI system says, as read from the environment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Surroundings {
    /// `CI` is set.
    pub ci: bool,
    /// `GITHUB_RUN_ATTEMPT`.
    pub run_attempt: Option<String>,
    /// `GITHUB_RUN_ID`.
    pub run_id: Option<String>,
    /// `CI_PIPELINE_CREATED_AT`.
    pub pipeline_created: Option<String>,
    /// `CI_PIPELINE_ID`.
    pub pipeline_id: Option<String>,
    /// Machines share one journal.
    pub fleet: Option<Fleet>,
}

/// Machines share one journal: what one of them has bought, all of them know.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Fleet {
    /// Since when; none where that was not asked.
    pub since: Option<Timestamp>,
}

/// CI systems run a job again for a month at most; what was begun before that is not run any more.
const LONGEST_RUN: Duration = Duration::from_secs(31 * 24 * 3600);

impl Surroundings {
    /// Whether a name that the journal of a fleet does not know may have been used before there was
    /// that journal: by an earlier attempt of a run that is older.
    fn may_be_older_than_journal(&self, fleet: Fleet, now: Timestamp) -> bool {
        if !self.ci && self.run_attempt.is_none() {
            return false;
        }
        let Some(since) = fleet.since else { return true };
        let began = self.pipeline_created.as_deref().and_then(|text| text.trim().parse().ok());
        let began: Timestamp = match began {
            Some(began) => began,
            None => now.checked_sub(LONGEST_RUN).unwrap_or(Timestamp::MIN),
        };
        began < since
    }

    /// Whether this name or key cannot have been used before: the CI system says that this is the
    /// first attempt of the run, and the name carries the id of that run. Another name may be older
    /// than the run.
    pub fn proves_first(&self, name: &str) -> bool {
        let is_first = self.run_attempt.as_deref().is_some_and(|text| text.trim() == "1");
        is_first && self.run_id.as_deref().is_none_or(|id| carries(name, id))
    }

    /// The attempt of the run that this is, where the CI system tells it.
    pub fn attempt(&self) -> Option<RunAttempt> {
        let attempt = self.run_attempt.as_deref()?.trim().parse().ok().filter(|n| *n > 0)?;
        Some(RunAttempt { run: self.run_id.as_deref()?.trim().to_owned(), attempt })
    }

    /// Whether no other machine can have used this name or key: this machine stays, or the name
    /// proves itself.
    pub fn is_only_here(&self, name: &str) -> bool {
        !self.come_and_go() || self.proves_first(name)
    }

    /// Whether machines come and go here, each with a journal of its own: another one may have run
    /// before this one.
    pub fn come_and_go(&self) -> bool {
        self.fleet.is_none() && (self.ci || self.run_attempt.is_some())
    }
}

/// The `error.code` of a name that another machine may have used, at a time that nothing shows.
pub const FIRST_USE_UNKNOWN: &str = "first_use_unknown";

/// The `error.code` of a name that may have been used longer ago than the system remembers its key.
pub const FIRST_USE_TOO_OLD: &str = "first_use_too_old";

/// The `error.code` of what may have been bought while a restored journal knows nothing of it.
pub const JOURNAL_RESTORED: &str = "journal_restored";

/// Decides whether a name that this journal does not know may be used, and what it proves.
///
/// # Errors
/// Class `outcome_unknown` when another machine may have used it and nothing says when.
///
/// The first attempt of a run, and the age of a pipeline, say something about a name only when the
/// name carries the id of that run or pipeline: another name may be older than both.
pub fn first_use(
    name: &str,
    once_since: Option<Timestamp>,
    surroundings: &Surroundings,
    now: Timestamp,
    life: KeyLife,
) -> Result<FirstUse> {
    let first_attempt = surroundings.proves_first(name);
    if let Some(fleet) = surroundings.fleet {
        let since = once_since.zip(fleet.since).is_some_and(|(used, since)| used >= since);
        if since || first_attempt || !surroundings.may_be_older_than_journal(fleet, now) {
            return Ok(FirstUse { since: None, proven: true });
        }
    }
    if let Some(since) = once_since {
        return aged(since, "--once-since", now, life, first_attempt);
    }
    let pipeline: Option<Timestamp> =
        surroundings.pipeline_created.as_deref().and_then(|text| text.trim().parse().ok());
    let is_of_pipeline =
        !first_attempt && surroundings.pipeline_id.as_deref().is_none_or(|id| carries(name, id));
    if let Some(since) = pipeline.filter(|_| is_of_pipeline) {
        return aged(since, env::PIPELINE_CREATED, now, life, first_attempt);
    }
    if first_attempt {
        return Ok(FirstUse { since: None, proven: true });
    }
    if surroundings.come_and_go() || surroundings.fleet.is_some() {
        return Err(unproven(
            FIRST_USE_UNKNOWN,
            &format!(
                "another machine may have used the name '{}', and topup cannot tell when",
                name.escape_debug()
            ),
        ));
    }
    Ok(FirstUse { since: None, proven: true })
}

/// A name that may have been used since then: good while the system still knows its key.
fn aged(
    since: Timestamp,
    says: &str,
    now: Timestamp,
    life: KeyLife,
    first_attempt: bool,
) -> Result<FirstUse> {
    // A first try in the future means that one of the clocks is wrong: a little is forgiven.
    let ahead = Duration::try_from(since.duration_since(now)).unwrap_or_default();
    if ahead > Duration::from_secs(300) {
        // Which of them is not known, so neither is what another machine did under this name.
        let error = Failure::usage(format!("nothing was sent: {says} ({since}) is in the future"));
        return Err(error
            .charged(Charged::Unknown)
            .sent_nothing()
            .hint("Compare it with the clock of this machine."));
    }
    let age = Duration::try_from(now.duration_since(since)).unwrap_or_default();
    if age > life.manual_replay_max_age {
        let why = format!(
            "the name may have been used {} ago ({says}), and the system remembers a key for a day",
            crate::core::duration::show(age)
        );
        return Err(unproven(FIRST_USE_TOO_OLD, &why)
            .hint("Check on the portal whether it was bought. To buy again, use another name."));
    }
    Ok(FirstUse { since: Some(since.min(now)), proven: first_attempt })
}

/// What remains of that where the journal may lack purchases; `proves_itself` where the name cannot be
/// older than this run.
///
/// # Errors
/// Class `outcome_unknown` when the name may have been used while the journal knows nothing of it,
/// and its key may be forgotten by now.
pub fn first_use_in_doubt(
    first: FirstUse,
    doubt: &JournalDoubt,
    proves_itself: bool,
    once_since: Option<Timestamp>,
    now: Timestamp,
    life: KeyLife,
) -> Result<FirstUse> {
    let gap = match doubt {
        _ if proves_itself => return Ok(first),
        JournalDoubt::Moved => return Ok(FirstUse { proven: false, ..first }),
        JournalDoubt::Restored(gap) => gap,
    };
    if once_since.zip(gap.to).is_some_and(|(since, to)| since > to) {
        return Ok(first);
    }
    let from = gap.from.filter(|from| {
        Duration::try_from(now.duration_since(*from))
            .is_ok_and(|age| age <= life.manual_replay_max_age)
    });
    match from {
        Some(from) => {
            let since = first.since.map_or(from, |since| since.min(from));
            Ok(FirstUse { since: Some(since), proven: false })
        }
        None => Err(restored(
            gap,
            "the name may have been used in between, and the system may have forgotten its key",
        )),
    }
}

/// What the journal lacks may be just this.
pub(super) fn restored(gap: &Gap, why: &str) -> Failure {
    let why = format!(
        "the journal was restored from an older copy and does not know what was bought {}; {why}",
        gap.shown()
    );
    unproven(JOURNAL_RESTORED, &why)
        .hint("Compare 'topup history' with the purchases on the portal, then run 'topup journal accept'.")
}

fn unproven(code: &str, why: &str) -> Failure {
    let mut failure = Failure::new(Class::OutcomeUnknown, format!("nothing was sent: {why}"))
        .charged(Charged::Unknown)
        .sent_nothing();
    failure.parts_mut().code = Some(code.to_owned());
    failure
}

#[cfg(test)]
#[path = "key_tests.rs"]
mod tests;
