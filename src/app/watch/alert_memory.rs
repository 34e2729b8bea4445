//! Where what a watch knows is remembered between two checks: a file for each watch, with a lock
//! beside it. `shared_memory` is the same in a store that machines share.

use super::alert_state::{AlertState, Crossing, ThresholdState};
use crate::core::clock::Clock;
use crate::core::failure::{Failure, Result};
use crate::core::files::{self, FileAccess, make_folder_of};
use crate::purchase::lock::EntityLock;
use serde::{Deserialize, Serialize};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;
use uuid::Uuid;

/// The version of what is written. The first knew one threshold alone.
const VERSION: u32 = 2;
/// How long another watch may be at the same balance before this one leaves it to that.
const PATIENCE: Duration = Duration::from_secs(2);

/// Remembers a text for each watch.
pub trait AlertMemory {
    /// Takes the text of this watch, unless another watch is just at the same: what that does need
    /// not be done twice.
    ///
    /// # Errors
    /// Class `config` when nothing can be held, or that of a signal.
    fn take(&self, id: Uuid, clock: &dyn Clock) -> Result<Option<Box<dyn HeldMemory + '_>>>;

    /// The watches that have a text.
    ///
    /// # Errors
    /// Class `config`, or `timeout` where the server is away.
    fn ids(&self) -> Result<Vec<Uuid>>;
}

/// The text of a watch, while no other watch can come in between.
pub trait HeldMemory {
    /// The text; none where nothing is remembered.
    ///
    /// # Errors
    /// Class `config`.
    fn read(&self) -> Result<Option<String>>;

    /// Remembers it for good.
    ///
    /// # Errors
    /// Class `config`; what was there is there still.
    fn write(&self, text: &str) -> Result<()>;

    /// Forgets it for good.
    ///
    /// # Errors
    /// Class `config`; it may be there still.
    fn forget(&self) -> Result<()>;

    /// What it is, for messages: a file, or a row.
    fn kind(&self) -> &'static str;

    /// Where it is, for messages.
    fn place(&self) -> String;
}

/// A folder with a file for each watch.
pub struct AlertFolder(pub PathBuf);

struct HeldFile {
    file: PathBuf,
    _lock: EntityLock,
}

impl AlertMemory for AlertFolder {
    fn take(&self, id: Uuid, clock: &dyn Clock) -> Result<Option<Box<dyn HeldMemory + '_>>> {
        let lock = EntityLock::in_folder(&self.0, id, PATIENCE, clock)?;
        let file = self.0.join(format!("{id}.json"));
        Ok(lock.map(|lock| Box::new(HeldFile { file, _lock: lock }) as Box<dyn HeldMemory>))
    }

    fn ids(&self) -> Result<Vec<Uuid>> {
        let unreadable = |cause: std::io::Error| {
            Failure::config(format!("the folder {} cannot be read", self.0.display()))
                .because(cause)
                .hint("Make it readable.")
        };
        let entries = match std::fs::read_dir(&self.0) {
            Ok(entries) => entries,
            Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(cause) => return Err(unreadable(cause)),
        };
        let mut ids = Vec::new();
        for entry in entries {
            let name = entry.map_err(unreadable)?.file_name();
            let stem = name.to_str().and_then(|name| name.strip_suffix(".json"));
            ids.extend(stem.and_then(|stem| Uuid::parse_str(stem).ok()));
        }
        ids.sort_unstable();
        Ok(ids)
    }
}

impl HeldMemory for HeldFile {
    fn read(&self) -> Result<Option<String>> {
        match std::fs::read_to_string(&self.file) {
            Ok(text) => Ok(Some(text)),
            Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(cause) => Err(unusable(self, "read from", cause)),
        }
    }

    fn write(&self, text: &str) -> Result<()> {
        make_folder_of(&self.file)?;
        files::replace(&self.file, text.as_bytes(), FileAccess::Private)
            .map_err(|cause| unusable(self, "kept in", cause))
    }

    fn forget(&self) -> Result<()> {
        match std::fs::remove_file(&self.file) {
            Err(cause) if cause.kind() != std::io::ErrorKind::NotFound => {
                Err(unusable(self, "taken out of", cause))
            }
            _ => Ok(()),
        }
    }

    fn kind(&self) -> &'static str {
        "file"
    }

    fn place(&self) -> String {
        self.file.display().to_string()
    }
}

/// What this run alone remembers, where there is no home.
#[derive(Default)]
pub struct RunMemory(RefCell<BTreeMap<Uuid, String>>);

struct HeldText<'a> {
    memory: &'a RunMemory,
    id: Uuid,
}

impl AlertMemory for RunMemory {
    fn take(&self, id: Uuid, _clock: &dyn Clock) -> Result<Option<Box<dyn HeldMemory + '_>>> {
        Ok(Some(Box::new(HeldText { memory: self, id })))
    }

    fn ids(&self) -> Result<Vec<Uuid>> {
        Ok(self.0.borrow().keys().copied().collect())
    }
}

impl HeldMemory for HeldText<'_> {
    fn read(&self) -> Result<Option<String>> {
        Ok(self.memory.0.borrow().get(&self.id).cloned())
    }

    fn write(&self, text: &str) -> Result<()> {
        self.memory.0.borrow_mut().insert(self.id, text.to_owned());
        Ok(())
    }

    fn forget(&self) -> Result<()> {
        self.memory.0.borrow_mut().remove(&self.id);
        Ok(())
    }

    fn kind(&self) -> &'static str {
        "memory"
    }

    fn place(&self) -> String {
        "this run".to_owned()
    }
}

/// What is written.
#[derive(Serialize)]
struct WrittenWire<'a> {
    version: u32,
    #[serde(flatten)]
    state: &'a AlertState,
}

/// What is read: the version decides what else there is.
#[derive(Deserialize)]
struct VersionWire {
    version: u32,
}

/// The first version.
#[derive(Deserialize)]
struct FirstWire {
    crossing: Option<Crossing>,
}

/// What is known of the watch that is held; `threshold` is the one that a text of the first version
/// means.
///
/// # Errors
/// Class `config` for a text that cannot be read or understood.
pub(super) fn load(held: &dyn HeldMemory, threshold: &str) -> Result<AlertState> {
    let Some(text) = held.read()? else { return Ok(AlertState::default()) };
    let spoiled = |cause: serde_json::Error| unusable(held, "read from", cause);
    let version = serde_json::from_str::<VersionWire>(&text).map_err(spoiled)?.version;
    match version {
        1 => {
            let first: FirstWire = serde_json::from_str(&text).map_err(spoiled)?;
            Ok(from_first(first.crossing, threshold))
        }
        VERSION => serde_json::from_str(&text).map_err(spoiled),
        newer => Err(Failure::config(format!(
            "{} was written by a newer topup (version {newer})",
            held.place()
        ))
        .hint("Use that version; nothing was changed in it.")),
    }
}

fn from_first(crossing: Option<Crossing>, threshold: &str) -> AlertState {
    let mut state = AlertState::default();
    if let Some(crossing) = crossing {
        let known = ThresholdState { notified_at: crossing.reported_at, crossing: Some(crossing) };
        state.thresholds.insert(threshold.to_owned(), known);
    }
    state
}

/// Remembers it for good.
///
/// # Errors
/// Class `config`.
pub(super) fn save(held: &dyn HeldMemory, state: &AlertState) -> Result<()> {
    let text =
        serde_json::to_string(&WrittenWire { version: VERSION, state }).map_err(|cause| {
            Failure::internal("what a watch knows could not be written").because(cause)
        })?;
    held.write(&format!("{text}\n"))
}

fn unusable(held: &dyn HeldMemory, what: &str, cause: impl Into<anyhow::Error>) -> Failure {
    let (cause, place, kind) = (cause.into(), held.place(), held.kind());
    Failure::config(format!("what was reported already cannot be {what} {place}: {cause}"))
        .because(cause)
        .hint(format!(
            "Fix or remove that {kind}; without it a balance that is low now is reported once more."
        ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::class::Class;
    use crate::core::clock::{SystemClock, TurnedClock};
    use crate::core::signals::Interrupt;
    use jiff::Timestamp;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).expect("a time")
    }

    #[test]
    fn one_at_a_time_remembers_and_a_spoiled_file_is_refused() {
        let folder = crate::core::scratch::tempdir().expect("a folder");
        let memory = AlertFolder(folder.path().join("watch"));
        // A process that another test has just started holds the lock too, for a moment.
        let (id, clock) = (Uuid::new_v4(), SystemClock::new(Interrupt::default()));
        let take = || memory.take(id, &clock).expect("no error");
        let held = take().expect("free");
        assert_eq!(load(held.as_ref(), "20.00").expect("nothing yet"), AlertState::default());
        let turned = TurnedClock::new(at(0));
        assert!(memory.take(id, &turned).expect("no error").is_none(), "one at a time");
        assert_eq!(turned.passed(), PATIENCE);
        let crossing =
            Crossing { since: at(1), reported_at: Some(at(2)), tries: 1, tried_at: Some(at(2)) };
        let state = from_first(Some(crossing), "20.00");
        save(held.as_ref(), &state).expect("written");
        drop(held);
        let held = take().expect("free");
        assert_eq!(load(held.as_ref(), "20.00").expect("readable"), state);
        for spoiled in ["", "{", "{}", r#"{"version":9}"#, r#"{"version":2,"thresholds":3}"#] {
            held.write(spoiled).expect("written");
            let refused = load(held.as_ref(), "20.00").expect_err(spoiled);
            assert_eq!(refused.class(), Class::Config);
            assert!(refused.to_string().contains(".json"), "{refused}");
        }
    }

    #[test]
    fn a_file_of_the_first_version_is_read_on() {
        let folder = crate::core::scratch::tempdir().expect("a folder");
        let memory = AlertFolder(folder.path().to_owned());
        let held = memory.take(Uuid::new_v4(), &TurnedClock::new(at(0))).expect("no error");
        let held = held.expect("free");
        held.write(r#"{"version":1,"crossing":null}"#).expect("written");
        assert_eq!(load(held.as_ref(), "20.00").expect("read"), AlertState::default());
        let first = r#"{"version":1,"crossing":{"since":"1970-01-01T00:00:01Z",
            "told_at":"1970-01-01T00:00:02Z","tries":1}}"#;
        held.write(first).expect("written");
        let state = load(held.as_ref(), "20.00").expect("read");
        assert_eq!((state.below_since(), state.is_reported()), (Some(at(1)), Some(true)));
        assert_eq!(state.thresholds["20.00"].notified_at, Some(at(2)));
    }
}
