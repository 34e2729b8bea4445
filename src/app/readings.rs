//! What was read last of each account, and how long its system wants to be left alone: a system
//! that answered 429 is not asked again before that, by any run, and its last number is shown with
//! its age.
//!
//! It is a convenience: a file that is missing, old or unreadable only means that nothing is known.

use crate::core::class::Class;
use crate::core::duration;
use crate::core::failure::{Failure, Result};
use crate::core::files::make_folder_of;
use crate::core::files::read_plain;
use crate::provider::State;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tempfile::NamedTempFile;
use uuid::Uuid;

/// How long a system is left alone that does not say how long.
pub const USUAL_REST: Duration = Duration::from_mins(5);
/// No system is left alone longer: a clock that was ahead once must not silence it.
const LONGEST_REST: SignedDuration = SignedDuration::from_hours(1);
/// The version of the file.
const VERSION: u32 = 1;
/// No account takes up more, in bytes.
const LARGEST: u64 = 1024 * 1024;
/// The namespace of the names of the files.
const NAMESPACE: Uuid = Uuid::from_u128(0x6e1d_2f57_9a0b_4f0e_8f25_5b3a_0c11_77e4);

/// What was read last of one account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastReading {
    /// When.
    pub at: Timestamp,
    /// The account in one line.
    pub line: String,
    /// The account, as `state` shows it.
    pub state: Value,
}

/// What is known of one account from before.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Remembered {
    version: u32,
    last: Option<LastReading>,
    rest_until: Option<Timestamp>,
}

/// The place of what is remembered of one account.
pub struct ReadingMemory {
    file: PathBuf,
}

/// An account that could not be read now.
#[derive(Debug)]
pub struct Unread {
    /// Why.
    pub failure: Failure,
    /// What was read before, where that is worth showing.
    pub last: Option<LastReading>,
}

impl From<Failure> for Box<Unread> {
    fn from(failure: Failure) -> Self {
        Self::new(Unread { failure, last: None })
    }
}

impl LastReading {
    /// How old it is, for a person.
    pub fn age(&self, now: Timestamp) -> Duration {
        Duration::try_from(now.duration_since(self.at)).unwrap_or_default()
    }
}

impl ReadingMemory {
    /// The place in this folder for the account that these words identify: system, portal, profile.
    pub fn new(folder: &Path, words: &[&str]) -> Self {
        let mut name = Vec::new();
        for word in words {
            name.extend_from_slice(&(word.len() as u64).to_be_bytes());
            name.extend_from_slice(word.as_bytes());
        }
        Self { file: folder.join(format!("{}.json", Uuid::new_v5(&NAMESPACE, &name))) }
    }

    fn load(&self) -> Remembered {
        let text = read_plain(&self.file, LARGEST).unwrap_or_default();
        let known: Option<Remembered> = serde_json::from_str(&text).ok();
        known.filter(|known| known.version == VERSION).unwrap_or_default()
    }

    /// Whole or not at all, for this user alone. Nothing depends on it: what cannot be written is
    /// only not known the next time.
    fn store(&self, remembered: &Remembered) {
        let write = || -> anyhow::Result<()> {
            make_folder_of(&self.file).map_err(|error| anyhow::anyhow!("{error}"))?;
            let folder = self.file.parent().unwrap_or(Path::new("."));
            let mut made = NamedTempFile::new_in(folder)?;
            made.write_all(&serde_json::to_vec(remembered)?)?;
            made.persist(&self.file)?;
            Ok(())
        };
        let _ = write();
    }

    /// Reads the account, unless its system wants to be left alone, and remembers what came of it.
    ///
    /// # Errors
    /// Why it could not be read, with what was read before where waiting may help.
    pub fn read(
        &self,
        now: Timestamp,
        host: &str,
        read: impl FnOnce() -> Result<State>,
    ) -> Result<State, Box<Unread>> {
        let known = self.load();
        if let Some(left) = rest_left(known.rest_until, now) {
            let failure = left_alone(host, left);
            return Err(Box::new(unread(failure, known.last, now)));
        }
        match read() {
            Ok(state) => {
                let last = serde_json::to_value(&state).ok().map(|value| LastReading {
                    at: now,
                    line: state.brief().to_string(),
                    state: value,
                });
                self.store(&Remembered { version: VERSION, last, rest_until: None });
                Ok(state)
            }
            Err(failure) => {
                if let Some(rest) = rest_after(&failure) {
                    let rest_until = now.checked_add(rest).ok();
                    let last = known.last.clone();
                    self.store(&Remembered { version: VERSION, last, rest_until });
                }
                Err(Box::new(unread(failure, known.last, now)))
            }
        }
    }
}

/// What was read before is shown where waiting may help; elsewhere it may be another account's.
fn unread(failure: Failure, last: Option<LastReading>, now: Timestamp) -> Unread {
    let last = last.filter(|_| failure.class().may_pass());
    let mut failure = failure;
    if let Some(last) = &last {
        let age = duration::show(last.age(now));
        let parts = failure.parts_mut();
        parts.message = format!("{}; {age} ago: {}", parts.message, last.line);
        parts.details.insert("read_at".into(), last.at.to_string().into());
        parts.details.insert("last".into(), last.line.clone().into());
    }
    Unread { failure, last }
}

/// How long a system is left alone after this failure; none where it did not ask for it.
pub fn rest_after(failure: &Failure) -> Option<Duration> {
    let parts = failure.parts();
    let asked = parts.retry_after.map(Duration::from_secs);
    (parts.class == Class::RateLimited).then(|| asked.unwrap_or(USUAL_REST))
}

fn rest_left(rest_until: Option<Timestamp>, now: Timestamp) -> Option<Duration> {
    let left = rest_until?.duration_since(now);
    if left <= SignedDuration::ZERO || left > LONGEST_REST {
        return None;
    }
    Duration::try_from(left).ok()
}

fn left_alone(host: &str, left: Duration) -> Failure {
    let seconds = left.as_secs().max(1);
    let left = duration::show(Duration::from_secs(seconds));
    Failure::new(
        Class::RateLimited,
        format!("{host} was asked too often, and is left alone for {left}"),
    )
    .retry_after(Some(seconds))
    .detail("asked", false)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::packs::UsesState;
    use std::cell::Cell;

    fn state(left: i64) -> State {
        State::Uses(Box::new(UsesState::with_left(left)))
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_790_000_000 + second).expect("a time")
    }

    fn too_often(asked: Option<u64>) -> Failure {
        Failure::new(Class::RateLimited, "too often").retry_after(asked)
    }

    #[test]
    fn a_system_that_was_asked_too_often_is_left_alone_as_long_as_it_asks() {
        for (asked, rest) in [(Some(30), 30), (None, 300), (Some(3600), 3600)] {
            let folder = crate::core::scratch::tempdir().expect("a folder");
            let memory = ReadingMemory::new(folder.path(), &["deepseek", "x", "default"]);
            let asked_times = Cell::new(0);
            let read = |now: i64, answer: Result<State>| {
                memory.read(at(now), "api.example", || {
                    asked_times.set(asked_times.get() + 1);
                    answer
                })
            };
            assert!(read(0, Ok(state(5))).is_ok());
            let refused = read(60, Err(too_often(asked))).expect_err("refused");
            assert_eq!(refused.last.as_ref().map(|last| last.at), Some(at(0)));
            assert!(
                refused.failure.to_string().ends_with("; 1m ago: 5 uses left"),
                "{}",
                refused.failure
            );
            assert_eq!(asked_times.get(), 2);
            let resting = read(60 + rest - 1, Ok(state(4))).expect_err("resting");
            assert_eq!((resting.failure.class(), asked_times.get()), (Class::RateLimited, 2));
            assert_eq!(resting.failure.parts().retry_after, Some(1));
            assert!(resting.last.is_some());
            assert!(read(60 + rest, Ok(state(4))).is_ok());
            assert_eq!(asked_times.get(), 3);
        }
    }

    #[test]
    fn a_clock_that_was_ahead_silences_nothing_and_a_spoiled_file_means_nothing() {
        let folder = crate::core::scratch::tempdir().expect("a folder");
        let memory = ReadingMemory::new(folder.path(), &["a"]);
        assert!(memory.read(at(1_000_000), "h", || Err(too_often(None))).is_err());
        assert!(memory.read(at(0), "h", || Ok(state(1))).is_ok());
        std::fs::write(&memory.file, b"\x00{").expect("written");
        assert!(memory.read(at(1), "h", || Ok(state(1))).is_ok());
        std::fs::write(&memory.file, br#"{"version":9,"rest_until":"2099-01-01T00:00:00Z"}"#)
            .expect("written");
        assert!(memory.read(at(2), "h", || Ok(state(1))).is_ok());
    }

    #[test]
    fn what_no_waiting_mends_shows_no_number_from_before() {
        let folder = crate::core::scratch::tempdir().expect("a folder");
        let memory = ReadingMemory::new(folder.path(), &["a"]);
        assert!(memory.read(at(0), "h", || Ok(state(1))).is_ok());
        let gone = Failure::new(Class::NotLoggedIn, "no login");
        let refused = memory.read(at(1), "h", || Err(gone)).expect_err("refused");
        assert_eq!((refused.last, refused.failure.to_string()), (None, "no login".to_owned()));
        let down = Failure::new(Class::Network, "down");
        let refused = memory.read(at(2), "h", || Err(down)).expect_err("refused");
        assert!(refused.last.is_some());
        // Other accounts have places of their own.
        let other = ReadingMemory::new(folder.path(), &["a", ""]);
        assert_ne!(memory.file, other.file);
    }
}
