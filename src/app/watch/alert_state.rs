//! What a watch remembers: that the balance has fallen, and whether that was reported. It is in a file,
//! so that neither a restart nor a second watch of the same kind reports it again, and it is written
//! before each report, so that what fails is tried a bounded number of times in all.

use crate::core::clock::SystemClock;
use crate::core::failure::{Failure, Result};
use crate::core::files::make_folder_of;
use crate::core::files::{self, FileAccess};
use crate::core::signals::Interrupt;
use crate::purchase::lock::EntityLock;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use std::time::Duration;
use uuid::Uuid;

/// How often it is tried to report one crossing.
pub const MOST_TRIES: u32 = 10;
/// The version of the file.
const VERSION: u32 = 1;
/// How long another watch may be at the same crossing before this one leaves it to that.
const PATIENCE: Duration = Duration::from_secs(2);

/// The balance has fallen, and has not been seen at or above since.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Crossing {
    /// When that was seen first.
    pub since: Timestamp,
    /// When it was reported.
    #[serde(rename = "told_at")]
    pub reported_at: Option<Timestamp>,
    /// How often that was tried.
    pub tries: u32,
}

/// What is to be done about what was seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Nothing, or nothing any more.
    Nothing,
    /// Report it.
    Report,
    /// It rose again.
    Rose {
        /// That it was low had been reported.
        reported: bool,
    },
}

/// What follows from what was known and what is seen now.
pub fn next(known: Option<Crossing>, is_below: bool, now: Timestamp) -> (Option<Crossing>, Step) {
    match known {
        None if is_below => {
            (Some(Crossing { since: now, reported_at: None, tries: 0 }), Step::Report)
        }
        None => (None, Step::Nothing),
        Some(crossing) if !is_below => {
            (None, Step::Rose { reported: crossing.reported_at.is_some() })
        }
        Some(crossing) => {
            let is_due = crossing.reported_at.is_none() && crossing.tries < MOST_TRIES;
            (Some(crossing), if is_due { Step::Report } else { Step::Nothing })
        }
    }
}

/// The memory of one kind of watch.
pub struct Memory {
    folder: PathBuf,
    id: Uuid,
    file: PathBuf,
}

/// The memory while no other watch can come in between.
pub struct LockedMemory<'a> {
    memory: &'a Memory,
    _lock: EntityLock,
}

/// The file.
#[derive(Serialize, Deserialize)]
struct KeptWire {
    version: u32,
    crossing: Option<Crossing>,
}

impl Memory {
    /// The memory with this id; touches nothing yet.
    pub fn new(folder: PathBuf, id: Uuid) -> Self {
        let file = folder.join(format!("{id}.json"));
        Self { folder, id, file }
    }

    /// Takes it, unless another watch is just at the same: what that does need not be done twice.
    ///
    /// # Errors
    /// Class `config` when the file system cannot lock, or that of a signal.
    pub fn take(&self, interrupt: &Interrupt) -> Result<Option<LockedMemory<'_>>> {
        let clock = SystemClock::new(interrupt.clone());
        let lock = EntityLock::in_folder(&self.folder, self.id, PATIENCE, &clock)?;
        Ok(lock.map(|lock| LockedMemory { memory: self, _lock: lock }))
    }
}

impl LockedMemory<'_> {
    /// What is known.
    ///
    /// # Errors
    /// Class `config` for a file that cannot be read or understood.
    pub fn read(&self) -> Result<Option<Crossing>> {
        let file = &self.memory.file;
        let text = match std::fs::read_to_string(file) {
            Ok(text) => text,
            Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(cause) => return Err(unusable(file, "read from", cause)),
        };
        let kept: KeptWire =
            serde_json::from_str(&text).map_err(|cause| unusable(file, "read from", cause))?;
        if kept.version != VERSION {
            let message = format!(
                "{} was written by a newer topup (version {})",
                file.display(),
                kept.version
            );
            return Err(
                Failure::config(message).hint("Use that version; nothing was changed in the file.")
            );
        }
        Ok(kept.crossing)
    }

    /// Remembers it for good.
    ///
    /// # Errors
    /// Class `config` when it cannot be written; what was there is there still.
    pub fn write(&self, crossing: Option<&Crossing>) -> Result<()> {
        let file = &self.memory.file;
        make_folder_of(file)?;
        let kept = KeptWire { version: VERSION, crossing: crossing.cloned() };
        let text = serde_json::to_string(&kept).map_err(|cause| {
            Failure::internal("what a watch knows could not be written").because(cause)
        })?;
        files::replace(file, format!("{text}\n").as_bytes(), FileAccess::Private)
            .map_err(|cause| unusable(file, "kept in", cause))
    }
}

fn unusable(file: &Path, what: &str, cause: impl Into<anyhow::Error>) -> Failure {
    let cause = cause.into();
    Failure::config(format!(
        "what was reported already cannot be {what} {}: {cause}",
        file.display()
    ))
    .because(cause)
    .hint("Mend or remove that file; without it a balance that is low now is reported once more.")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).expect("a time")
    }

    #[test]
    fn each_fall_is_reported_once() {
        let mut known = None;
        let mut reported = 0;
        for (second, is_below) in
            (0..).zip([false, true, true, true, false, false, true, true, false, true])
        {
            let (mut now, step) = next(known, is_below, at(second));
            if step == Step::Report {
                reported += 1;
                let crossing = now.as_mut().expect("a crossing");
                crossing.reported_at = Some(at(second));
            }
            known = now;
        }
        assert_eq!(reported, 3);
    }

    #[test]
    fn what_fails_is_tried_again_and_not_for_ever() {
        let mut known = None;
        let mut tries = 0;
        for second in 0..50 {
            let (mut now, step) = next(known, true, at(second));
            if step == Step::Report {
                tries += 1;
                now.as_mut().expect("a crossing").tries += 1;
            }
            known = now;
        }
        assert_eq!(tries, MOST_TRIES);
        assert_eq!(known.as_ref().expect("a crossing").since, at(0));
        let (none, step) = next(known, false, at(50));
        assert_eq!((none, step), (None, Step::Rose { reported: false }));
    }

    #[test]
    fn one_at_a_time_remembers_and_a_spoiled_file_is_refused() {
        let folder = tempfile::tempdir().expect("a folder");
        let memory = Memory::new(folder.path().join("watch"), Uuid::new_v4());
        let interrupt = Interrupt::default();
        let held = memory.take(&interrupt).expect("no error").expect("free");
        assert_eq!(held.read().expect("nothing yet"), None);
        assert!(memory.take(&interrupt).expect("no error").is_none(), "one at a time");
        let crossing = Crossing { since: at(1), reported_at: Some(at(2)), tries: 1 };
        held.write(Some(&crossing)).expect("written");
        drop(held);
        let held = memory.take(&interrupt).expect("no error").expect("free");
        assert_eq!(held.read().expect("readable"), Some(crossing));
        for spoiled in ["", "{", r#"{"version":9,"crossing":null}"#] {
            std::fs::write(&memory.file, spoiled).expect("written");
            let refused = held.read().expect_err(spoiled);
            assert_eq!(refused.class(), crate::core::class::Class::Config);
            assert!(refused.to_string().contains(".json"), "{refused}");
        }
    }
}
