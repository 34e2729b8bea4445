//! The files of the runs that go on on this machine: what tells a run that is alive from one whose
//! watcher was killed, and what it cost. Contract: poweron, `ledger run`.
//!
//! Each run has a file that is locked by whoever watches it and by the command itself, which
//! inherits the lock: it is free when both have ended, however they ended. Its name says whether
//! the command was started (`.begun`, then `.running`); the cost stands in a file beside it
//! (`.cost`), where it waits for the next start when nobody is there to record it.

use super::service::{Ledger, Recorded};
use super::values::{Hold, check_base_price};
use crate::config::paths::make_folder_of;
use crate::core::failure::{Failure, Result};
use crate::core::files;
use jiff::{SignedDuration, Timestamp};
use rust_decimal::Decimal;
use rustix::fs::OFlags;
use rustix::io::{FdFlags, fcntl_getfd, fcntl_setfd};
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{ErrorKind, Read, Write};
use std::os::fd::{AsFd, AsRawFd};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;
use uuid::Uuid;

/// A run on a machine that has not been heard of for this long is taken for dead.
const SILENCE: SignedDuration = SignedDuration::from_mins(15);
/// What was left half made this long ago is nobody's any more.
const LONG_AGO: Duration = Duration::from_secs(24 * 3600);
/// No file of a cost is larger than this, in bytes.
const LONGEST_COST: u64 = 64 * 1024;

/// The folder of the files of this user's runs.
#[derive(Debug)]
pub struct Runs {
    folder: PathBuf,
}

/// A run that this process watches.
#[derive(Debug)]
pub struct Watched {
    id: Uuid,
    folder: PathBuf,
    lock: File,
    cost: File,
}

/// A descriptor with a low number, kept for that of the cost: some shells know one digit only.
#[derive(Debug)]
pub struct LowNumber(File);

impl LowNumber {
    /// Takes one; the earlier, the lower.
    ///
    /// # Errors
    /// Class `config` when the system gives none.
    pub fn keep() -> Result<Self> {
        File::open("/dev/null").map(Self).map_err(|cause| {
            Failure::config(format!("/dev/null cannot be opened: {cause}")).because(cause)
        })
    }

    /// The same open file under this number, or under another where somebody else took it.
    fn give_to(self, file: &File) -> rustix::io::Result<File> {
        let number = self.0.as_raw_fd();
        drop(self);
        rustix::io::fcntl_dupfd_cloexec(file, number).map(File::from)
    }
}

/// What a command said that it cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cost {
    /// This much, before the markup.
    Reported(Decimal),
    /// Nothing was said.
    Unsaid,
    /// Something was said that is no cost.
    Unreadable,
}

/// A run of an earlier time that is recorded now.
#[derive(Debug)]
pub struct Settled {
    /// The run.
    pub hold: Hold,
    /// What was known of its cost.
    pub cost: Cost,
    /// What stands in the book for it; none where the command was never started.
    pub recorded: Option<Recorded>,
}

impl Settled {
    /// One line for a person.
    pub fn told(&self) -> String {
        let provider = self.hold.labels.provider.as_deref().unwrap_or("unknown");
        let Some(recorded) = &self.recorded else {
            return format!(
                "A run for {provider} was cut off before it started: nothing was used."
            );
        };
        let amount = recorded.posted.as_ref().map_or_else(
            || "nothing".to_owned(),
            |posted| format!("{} {}", recorded.currency, posted.transaction.amount.shown()),
        );
        let known = match self.cost {
            Cost::Reported(_) => "as it said itself",
            Cost::Unsaid | Cost::Unreadable => "as was estimated",
        };
        format!("A run for {provider} whose end nobody saw was recorded: {amount}, {known}.")
    }
}

/// How a run of this machine stands.
enum Standing {
    /// The command or its watcher is alive.
    Alive,
    /// Nothing was started. Nobody else settles it as long as the file is open.
    NeverStarted(File),
    /// Both have ended; the same.
    Ended(File),
    /// There is no file of it.
    Missing,
}

impl Runs {
    /// The runs whose files are in this folder. Touches nothing.
    pub fn in_folder(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// The id of the folder: who has it can see whether its runs are alive. Made at the first run.
    ///
    /// # Errors
    /// Class `config` when the folder cannot be written.
    pub fn id(&self) -> Result<Uuid> {
        if let Some(id) = self.id_if_there()? {
            return Ok(id);
        }
        let file = self.id_file();
        make_folder_of(&file)?;
        let broken = |cause| unusable(&self.folder, cause);
        // Whole or not at all, and the first one stays.
        let mut new = tempfile::NamedTempFile::new_in(&self.folder).map_err(broken)?;
        new.write_all(Uuid::new_v4().to_string().as_bytes())
            .and_then(|()| new.as_file().sync_all())
            .map_err(broken)?;
        match new.persist_noclobber(&file) {
            Ok(_) => self.sync()?,
            Err(raced) if raced.error.kind() == ErrorKind::AlreadyExists => {}
            Err(raced) => return Err(broken(raced.error)),
        }
        self.id_if_there()?.ok_or_else(|| Failure::config(format!("{} is no id", file.display())))
    }

    fn id_file(&self) -> PathBuf {
        self.folder.join("id")
    }

    fn id_if_there(&self) -> Result<Option<Uuid>> {
        match fs::read_to_string(self.id_file()) {
            Ok(text) => Uuid::parse_str(text.trim()).map(Some).map_err(|cause| {
                Failure::config(format!("{} is no id", self.id_file().display())).because(cause)
            }),
            Err(cause) if cause.kind() == ErrorKind::NotFound => Ok(None),
            Err(cause) => Err(unusable(&self.folder, cause)),
        }
    }

    fn sync(&self) -> Result<()> {
        files::sync_folder(&self.folder).map_err(|cause| unusable(&self.folder, cause))
    }

    /// Makes the files of a new run, before anything of it stands in the ledger at this place.
    ///
    /// # Errors
    /// Class `config` when the folder cannot be written.
    pub fn watch(&self, id: Uuid, place: &str) -> Result<Watched> {
        let broken = |cause| unusable(&self.folder, cause);
        let mut options = OpenOptions::new();
        options.read(true).append(true).create_new(true).mode(0o600);
        // Locked before it has the name by which others find it.
        let new = path(&self.folder, id, NEW);
        let mut lock = options.open(&new).map_err(broken)?;
        lock.lock().map_err(broken)?;
        lock.write_all(place.as_bytes()).map_err(broken)?;
        let cost = options.open(path(&self.folder, id, COST)).map_err(broken)?;
        fs::rename(&new, path(&self.folder, id, BEGUN)).map_err(broken)?;
        self.sync()?;
        Ok(Watched { id, folder: self.folder.clone(), lock, cost })
    }

    /// Records what the runs of earlier times cost whose watchers were killed. A run that is alive
    /// is left alone, and so is one of another machine, unless nothing was heard of it for long.
    ///
    /// # Errors
    /// Class `config`, `network` or `timeout`.
    pub fn settle(&self, ledger: &mut Ledger) -> Result<Vec<Settled>> {
        let holds = ledger.holds()?;
        let mut settled = Vec::new();
        for hold in &holds {
            settled.extend(self.settle_one(ledger, hold)?);
        }
        if self.id_if_there()?.is_some() {
            self.sweep(&holds, &ledger.place())?;
        }
        Ok(settled)
    }

    /// Settles one run, as it stood in the ledger some time ago. Somebody else may have settled it
    /// since.
    fn settle_one(&self, ledger: &mut Ledger, hold: &Hold) -> Result<Option<Settled>> {
        let standing = match self.id_if_there()? {
            Some(ours) if hold.kept_in == ours => self.standing(hold.id)?,
            _ => Standing::Missing,
        };
        let settled = |cost, recorded| Settled { hold: hold.clone(), cost, recorded };
        let (cost, heard) = match &standing {
            Standing::Alive => return Ok(None),
            Standing::NeverStarted(_) => {
                ledger.release(hold.id)?;
                self.remove(hold.id);
                return Ok(Some(settled(Cost::Unsaid, None)));
            }
            Standing::Ended(_) => (read_cost(&path(&self.folder, hold.id, COST)), Timestamp::MAX),
            Standing::Missing => {
                let heard = ledger.now().checked_sub(SILENCE).unwrap_or(Timestamp::MIN);
                if hold.alive > heard {
                    return Ok(None);
                }
                (Cost::Unsaid, heard)
            }
        };
        let recorded = ledger.settle(hold, cost.or_estimate(hold), heard)?;
        if let Standing::Ended(_) = standing {
            self.remove(hold.id);
        }
        Ok(recorded.map(|recorded| settled(cost, Some(recorded))))
    }

    fn standing(&self, id: Uuid) -> Result<Standing> {
        for (ending, started) in [(RUNNING, true), (BEGUN, false)] {
            let file = match OpenOptions::new().read(true).open(path(&self.folder, id, ending)) {
                Ok(file) => file,
                Err(cause) if cause.kind() == ErrorKind::NotFound => continue,
                Err(cause) => return Err(unusable(&self.folder, cause)),
            };
            return match file.try_lock() {
                Err(TryLockError::WouldBlock) => Ok(Standing::Alive),
                Err(TryLockError::Error(cause)) => Err(unusable(&self.folder, cause)),
                // Somebody else settled it while this one looked.
                Ok(()) if file.metadata().is_ok_and(|found| found.nlink() == 0) => {
                    Ok(Standing::Alive)
                }
                Ok(()) if started => Ok(Standing::Ended(file)),
                Ok(()) => Ok(Standing::NeverStarted(file)),
            };
        }
        Ok(Standing::Missing)
    }

    /// Takes away the files of runs that the ledger at this place does not know: recorded, or never
    /// noted. What belongs to another ledger waits for the next start there.
    fn sweep(&self, holds: &[Hold], place: &str) -> Result<()> {
        let entries = fs::read_dir(&self.folder).map_err(|cause| unusable(&self.folder, cause))?;
        for entry in entries.flatten() {
            let name = entry.file_name();
            let Some((id, _)) = name.to_str().and_then(|name| name.split_once('.')) else {
                continue;
            };
            let Ok(id) = Uuid::parse_str(id) else { continue };
            if holds.iter().any(|hold| hold.id == id) {
                continue;
            }
            match self.standing(id)? {
                Standing::NeverStarted(file) | Standing::Ended(file) => {
                    if std::io::read_to_string(&file).is_ok_and(|of| of == place) {
                        self.remove(id);
                    }
                }
                // It was noted just now.
                Standing::Alive => {}
                // It begins just now, or was killed while it did.
                Standing::Missing if is_old(&entry) => self.remove(id),
                Standing::Missing => {}
            }
        }
        Ok(())
    }

    fn remove(&self, id: Uuid) {
        remove(&self.folder, id);
    }
}

fn is_old(entry: &fs::DirEntry) -> bool {
    let modified = entry.metadata().and_then(|found| found.modified());
    modified.is_ok_and(|at| at.elapsed().is_ok_and(|age| age > LONG_AGO))
}

const NEW: &str = "new";
const BEGUN: &str = "begun";
const RUNNING: &str = "running";
const COST: &str = "cost";

fn path(folder: &Path, id: Uuid, ending: &str) -> PathBuf {
    folder.join(format!("{id}.{ending}"))
}

/// A file that cannot be removed is removed by a later start: it costs nothing.
fn remove(folder: &Path, id: Uuid) {
    for ending in [NEW, COST, BEGUN, RUNNING] {
        let _ = fs::remove_file(path(folder, id, ending));
    }
}

fn unusable(folder: &Path, cause: std::io::Error) -> Failure {
    Failure::config(format!("the folder of the runs {} cannot be used: {cause}", folder.display()))
        .because(cause)
        .hint("Make it writable; nothing was started.")
}

impl Watched {
    /// The run.
    pub fn id(&self) -> Uuid {
        self.id
    }

    /// Notes, durably, that the command is about to start, and gives what it is told: the file
    /// that takes its cost, and the number of the same file where it is open already.
    ///
    /// # Errors
    /// Class `config`.
    pub fn start(&mut self, low: LowNumber) -> Result<(PathBuf, i32)> {
        let broken = |cause| unusable(&self.folder, cause);
        self.cost = low.give_to(&self.cost).map_err(|cause| broken(cause.into()))?;
        fs::rename(path(&self.folder, self.id, BEGUN), path(&self.folder, self.id, RUNNING))
            .and_then(|()| files::sync_folder(&self.folder))
            .map_err(broken)?;
        for file in [&self.lock, &self.cost] {
            keep_open(file).map_err(|cause| broken(cause.into()))?;
        }
        Ok((path(&self.folder, self.id, COST), self.cost.as_raw_fd()))
    }

    /// What the command said that it cost.
    pub fn cost(&self) -> Cost {
        read_cost(&path(&self.folder, self.id, COST))
    }

    /// Everything is recorded, or nothing was started: the files go.
    pub fn done(self) {
        remove(&self.folder, self.id);
    }
}

/// Lets the next command that is started inherit it.
fn keep_open(file: &File) -> rustix::io::Result<()> {
    let flags = fcntl_getfd(file.as_fd())?;
    fcntl_setfd(file.as_fd(), flags - FdFlags::CLOEXEC)
}

impl Cost {
    /// What is recorded: what was said, else the estimate.
    pub fn or_estimate(self, hold: &Hold) -> Decimal {
        match self {
            Self::Reported(cost) => cost,
            Self::Unsaid | Self::Unreadable => hold.estimate,
        }
    }
}

/// One cost per line, added up.
pub(crate) fn read_cost(file: &Path) -> Cost {
    let mut options = OpenOptions::new();
    // A command may have put anything there, also what is never opened to the end.
    options.read(true).custom_flags(OFlags::NONBLOCK.bits().cast_signed());
    let mut text = String::new();
    match options.open(file) {
        Ok(file) if !file.metadata().is_ok_and(|found| found.is_file()) => return Cost::Unreadable,
        Ok(file) => match file.take(LONGEST_COST + 1).read_to_string(&mut text) {
            Ok(length) if length as u64 <= LONGEST_COST => {}
            _ => return Cost::Unreadable,
        },
        // It was taken away by the command: nothing is said.
        Err(cause) if cause.kind() == ErrorKind::NotFound => return Cost::Unsaid,
        Err(_) => return Cost::Unreadable,
    }
    let mut sum = None;
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let cost = check_base_price(line).ok().filter(|cost| !cost.is_sign_negative());
        let added = cost.and_then(|cost| sum.unwrap_or(Decimal::ZERO).checked_add(cost));
        let Some(added) = added else { return Cost::Unreadable };
        sum = Some(added);
    }
    sum.map_or(Cost::Unsaid, Cost::Reported)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::service::{Begun, Used};
    use crate::ledger::values::{Change, Filter, Labels};

    #[test]
    fn costs_are_added_up_line_by_line_and_nonsense_is_none() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("cost");
        let reported = |text: &str| Cost::Reported(check_base_price(text).expect("a cost"));
        let long = "1\n".repeat(40_000);
        for (text, cost) in [
            ("", Cost::Unsaid),
            (" \n\n", Cost::Unsaid),
            ("0.0125\n", reported("0.0125")),
            ("0.1\n\n 0.2 \n", reported("0.3")),
            ("0", reported("0")),
            ("-1", Cost::Unreadable),
            ("0.1\nabc", Cost::Unreadable),
            ("1e3", Cost::Unreadable),
            (&long, Cost::Unreadable),
        ] {
            fs::write(&file, text).expect("written");
            assert_eq!(read_cost(&file), cost, "{}", text.len());
        }
        assert_eq!(read_cost(&folder.path().join("none")), Cost::Unsaid);
    }

    #[test]
    fn a_folder_has_one_id_whoever_asks_first() {
        let folder = tempfile::tempdir().expect("a folder");
        let ids: Vec<Uuid> = std::thread::scope(|scope| {
            let ask = || Runs::in_folder(folder.path().join("runs")).id().expect("an id");
            let asking: Vec<_> = (0..8).map(|_| scope.spawn(ask)).collect();
            asking.into_iter().map(|one| one.join().expect("joined")).collect()
        });
        assert!(ids.windows(2).all(|two| two[0] == two[1]), "{ids:?}");
    }

    #[test]
    fn who_comes_too_late_to_settle_a_run_changes_nothing() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("ledger.db");
        let mut ledger = crate::ledger::open(None, &file, None).expect("a ledger");
        let model = Some(crate::ledger::values::Model::Unlimited);
        ledger.change("acme", &Change { model, ..Change::default() }).expect("a mandate");
        let runs = Runs::in_folder(folder.path().join("runs"));
        let kept_in = runs.id().expect("an id");
        for (cost, transactions) in [("0.02", 1), ("0", 1)] {
            let watched = runs.watch(Uuid::new_v4(), &ledger.place()).expect("watched");
            let used = Used {
                base_price: Decimal::ONE,
                labels: Labels::default(),
                description: None,
                key: None,
            };
            let kept = (watched.id(), kept_in);
            let begun = ledger.begin("acme", &used, false, kept).expect("begun");
            let Begun::Running(mut hold) = begun else { panic!("{begun:?}") };
            let mut watched = watched;
            let (said, _) = watched.start(LowNumber::keep().expect("one")).expect("started");
            fs::write(said, cost).expect("written");
            drop(watched);
            // Long ago, as they all see it who have looked before anybody settled it.
            hold.alive = Timestamp::UNIX_EPOCH;
            let first = runs.settle_one(&mut ledger, &hold).expect("settled").expect("by this one");
            assert!(matches!(first.cost, Cost::Reported(_)), "{first:?}");
            assert!(runs.settle_one(&mut ledger, &hold).expect("looked").is_none());
            let (book, _) = ledger.transactions("acme", &Filter::default(), 10).expect("a book");
            assert_eq!(book.len(), transactions, "{book:?}");
        }
    }
}
