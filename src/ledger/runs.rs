//! The files of the runs on this machine: they tell a run that is alive from one whose watcher was
//! killed, and they keep what it cost. Contract: poweron, `ledger run`.
//!
//! Each run has a file that is locked by its watcher and by its command, which inherits the lock:
//! it is free when both have ended, however they ended. The name of the file says whether the
//! command was started (`.begun`, then `.running`); the cost stands in a file beside it (`.cost`),
//! where it waits for the next start when the watcher is gone.

mod cost;
mod start;
#[cfg(test)]
mod tests;

pub use cost::Cost;
pub(crate) use cost::read_cost;
pub use start::{Starter, started_as};

use super::price::BasePrice;
use super::service::{Ledger, Recorded};
use super::values::{Hold, Kind, Posted};
use crate::core::class::Class;
use crate::core::failure::{Failure, Result};
use crate::core::files::{self, FileAccess, Replacement, make_folder_of};
use crate::core::lock::Lock;
use jiff::{SignedDuration, Timestamp};
use rustix::io::{FdFlags, fcntl_getfd, fcntl_setfd};
use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::os::fd::{AsFd, AsRawFd};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;
use uuid::Uuid;

/// A run on a machine that was silent for this long is taken for dead.
const SILENCE: SignedDuration = SignedDuration::from_mins(15);
/// What was left half made this long ago belongs to no running process.
const LONG_AGO: Duration = Duration::from_secs(24 * 3600);
/// A run that begins is noted in the ledger within this time or never: also where its watcher was
/// killed and its last statement is still on the way to a server.
const LATEST_NOTE: Duration = Duration::from_secs(3600);

/// The folder of the files of this user's runs.
#[derive(Debug)]
pub struct Runs {
    folder: PathBuf,
}

/// A run that this process watches.
#[derive(Debug)]
pub struct WatchedRun {
    id: Uuid,
    folder: PathBuf,
    lock: Lock,
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

    /// The same open file under this number, or under another where it was taken meanwhile.
    fn give_to(self, file: &File) -> rustix::io::Result<File> {
        let number = self.0.as_raw_fd();
        drop(self);
        rustix::io::fcntl_dupfd_cloexec(file, number).map(File::from)
    }
}

/// A run of an earlier time that is recorded or corrected now.
#[derive(Debug)]
pub struct Settled {
    /// The provider that was paid.
    provider: Option<String>,
    what: Settlement,
}

/// What was done about a run of an earlier time.
#[derive(Debug)]
enum Settlement {
    /// It never started: what was held back for it is given back.
    Released,
    /// It is recorded, with the cost that is known of it.
    Recorded(Recorded, Cost),
    /// Another machine had recorded its estimate: the difference to its cost is booked.
    Corrected(Posted, String),
    /// The books do not take it, for this reason.
    Refused(String),
}

impl Settled {
    /// One line for a person.
    pub fn description(&self) -> String {
        let provider = self.provider.as_deref().unwrap_or("unknown");
        let amount = |posted: &Posted, currency: &str| {
            format!("{currency} {}", posted.transaction.amount.shown())
        };
        match &self.what {
            Settlement::Released => {
                format!("A run for {provider} was cut off before it started: nothing was used.")
            }
            Settlement::Recorded(recorded, cost) => {
                let amount = match &recorded.posted {
                    Some(posted) => amount(posted, &recorded.currency),
                    None => "nothing".to_owned(),
                };
                let known = match cost {
                    Cost::Reported(_) => "as the command reported".to_owned(),
                    Cost::Unsaid => "the estimate".to_owned(),
                    Cost::Unreadable(why) => format!("the estimate, because in its cost {why}"),
                };
                format!("A run for {provider} that ended unseen was recorded: {amount}, {known}.")
            }
            Settlement::Refused(why) => format!("A run for {provider} cannot be recorded: {why}."),
            Settlement::Corrected(posted, currency) => {
                let amount = amount(posted, currency);
                let way = match posted.transaction.kind {
                    Kind::Credit => "credited back",
                    Kind::Debit => "booked in addition",
                };
                format!(
                    "A run for {provider} was recorded by another machine with its estimate: \
                     {amount} was {way}."
                )
            }
        }
    }
}

/// How a run of this machine stands. While its lock is held no other process settles the run.
enum Standing {
    /// The command or its watcher is alive.
    Alive,
    /// Nothing was started.
    NeverStarted(Lock),
    /// Both have ended.
    Ended(Lock),
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
        Replacement::new(&file, FileAccess::Private)
            .and_then(|new| new.commit_first(Uuid::new_v4().to_string().as_bytes()))
            .map_err(|cause| unusable(&self.folder, cause))?;
        self.id_if_there()?
            .ok_or_else(|| Failure::config(format!("{} is not an id", file.display())))
    }

    fn id_file(&self) -> PathBuf {
        self.folder.join("id")
    }

    fn id_if_there(&self) -> Result<Option<Uuid>> {
        match fs::read_to_string(self.id_file()) {
            Ok(text) => Uuid::parse_str(text.trim()).map(Some).map_err(|cause| {
                Failure::config(format!("{} is not an id", self.id_file().display())).because(cause)
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
    pub fn watch(&self, id: Uuid, place: &str) -> Result<WatchedRun> {
        let broken = |cause| unusable(&self.folder, cause);
        let mut options = OpenOptions::new();
        options.read(true).append(true).create_new(true).mode(0o600);
        // Locked before it has the name by which others find it.
        let new = path(&self.folder, id, NEW);
        let lock = options.open(&new).map_err(broken)?;
        let lock = Lock::try_take(lock)
            .and_then(|free| free.ok_or(ErrorKind::ResourceBusy.into()))
            .map_err(broken)?;
        lock.file().write_all(place.as_bytes()).map_err(broken)?;
        let cost = options.open(path(&self.folder, id, COST)).map_err(broken)?;
        fs::rename(&new, path(&self.folder, id, BEGUN)).map_err(broken)?;
        self.sync()?;
        Ok(WatchedRun { id, folder: self.folder.clone(), lock, cost })
    }

    /// Records what the runs of earlier times cost whose watchers were killed. A run that is alive
    /// is left alone, and so is one of another machine until that was silent for long.
    ///
    /// # Errors
    /// Class `config`, `network` or `timeout`.
    pub fn settle(&self, ledger: &mut Ledger) -> Result<Vec<Settled>> {
        let holds = ledger.holds()?;
        let ours = self.id_if_there()?;
        let mut settled = Vec::new();
        for hold in &holds {
            let standing = match ours {
                Some(ours) if hold.kept_in == ours => self.standing(hold.id)?,
                _ => Standing::Missing,
            };
            settled.extend(self.settle_hold(ledger, hold, &standing)?);
        }
        if ours.is_some() {
            self.sweep(ledger, &holds, &mut settled)?;
        }
        Ok(settled)
    }

    /// Settles one run, as it stood in the ledger some time ago. Another process may have settled
    /// it since.
    fn settle_hold(
        &self,
        ledger: &mut Ledger,
        hold: &Hold,
        standing: &Standing,
    ) -> Result<Option<Settled>> {
        let settled = |what| Settled { provider: hold.labels.provider.clone(), what };
        let (cost, heard) = match standing {
            Standing::Alive => return Ok(None),
            Standing::NeverStarted(_) => {
                let was_noted = ledger.release(hold.id)?;
                self.remove(hold.id);
                return Ok(was_noted.then(|| settled(Settlement::Released)));
            }
            Standing::Ended(_) => (self.cost(hold.id), Timestamp::MAX),
            Standing::Missing => {
                let heard = ledger.now().checked_sub(SILENCE).unwrap_or(Timestamp::MIN);
                // An estimate of nothing would be no entry that its own machine could correct.
                if hold.alive > heard || hold.estimate.is_zero() {
                    return Ok(None);
                }
                (Cost::Unsaid, heard)
            }
        };
        let (recorded, cost) = match cost.book(hold, |cost| ledger.settle(hold, cost, heard)) {
            Ok(booked) => booked,
            // It is for a person to see to; all the other runs are recorded.
            Err(refused) if refused.class() == Class::Usage => {
                return Ok(Some(settled(Settlement::Refused(refused.to_string()))));
            }
            Err(error) => return Err(error),
        };
        if let Standing::Ended(_) = standing {
            self.remove(hold.id);
        }
        Ok(recorded.map(|recorded| settled(Settlement::Recorded(recorded, cost))))
    }

    /// Looks after the files of runs that are not in this list of holds. The list is older than
    /// what stands in the folder now: each run is looked up again under the lock of its file, which
    /// keeps it as it is. What belongs to another ledger waits for the next start there.
    fn sweep(
        &self,
        ledger: &mut Ledger,
        listed: &[Hold],
        settled: &mut Vec<Settled>,
    ) -> Result<()> {
        let place = ledger.place();
        let entries = fs::read_dir(&self.folder).map_err(|cause| unusable(&self.folder, cause))?;
        for entry in entries.flatten() {
            let name = entry.file_name();
            let Some((id, _)) = name.to_str().and_then(|name| name.split_once('.')) else {
                continue;
            };
            let Ok(id) = Uuid::parse_str(id) else { continue };
            if listed.iter().any(|hold| hold.id == id) {
                continue;
            }
            let standing = self.standing(id)?;
            match &standing {
                // It was noted just now.
                Standing::Alive => {}
                // It begins just now, or was killed while it did.
                Standing::Missing => {
                    if age(&entry).is_some_and(|age| age > LONG_AGO) {
                        self.remove(id);
                    }
                }
                Standing::NeverStarted(lock) | Standing::Ended(lock) => {
                    if !io::read_to_string(lock.file()).is_ok_and(|of| of == place) {
                        continue;
                    }
                    let started = matches!(standing, Standing::Ended(_));
                    settled.extend(match ledger.hold(id)? {
                        Some(hold) => self.settle_hold(ledger, &hold, &standing)?,
                        None => self.tidy(ledger, id, started, age(&entry))?,
                    });
                }
            }
        }
        Ok(())
    }

    /// Takes away the files of a run that the ledger has no hold of. It was recorded: by its watcher,
    /// by another start, or with the estimate by another machine, which is corrected here. Or it
    /// was never noted; then the files stay until its note cannot arrive late any more.
    fn tidy(
        &self,
        ledger: &mut Ledger,
        id: Uuid,
        started: bool,
        age: Option<Duration>,
    ) -> Result<Option<Settled>> {
        let known = match (started, self.cost(id)) {
            (true, Cost::Reported(cost)) => Some(cost),
            (true, Cost::Unsaid | Cost::Unreadable(_)) => None,
            (false, _) => Some(BasePrice::default()),
        };
        let corrected = known.map(|cost| ledger.correct_run(id, &cost)).transpose()?.flatten();
        if started || corrected.is_some() || age.is_some_and(|age| age > LATEST_NOTE) {
            self.remove(id);
        }
        Ok(corrected.map(|(posted, currency)| Settled {
            provider: posted.transaction.provider.clone(),
            what: Settlement::Corrected(posted, currency),
        }))
    }

    fn cost(&self, id: Uuid) -> Cost {
        read_cost(&path(&self.folder, id, COST))
    }

    /// How the run with this id stands, by the files of this folder.
    fn standing(&self, id: Uuid) -> Result<Standing> {
        for ending in [RUNNING, BEGUN] {
            let file = match OpenOptions::new().read(true).open(path(&self.folder, id, ending)) {
                Ok(file) => file,
                Err(cause) if cause.kind() == ErrorKind::NotFound => continue,
                Err(cause) => return Err(unusable(&self.folder, cause)),
            };
            let broken = |cause| unusable(&self.folder, cause);
            let Some(lock) = Lock::try_take(file).map_err(broken)? else {
                return Ok(Standing::Alive);
            };
            // Another process settled it meanwhile.
            if lock.file().metadata().is_ok_and(|found| found.nlink() == 0) {
                return Ok(Standing::Alive);
            }
            // Only now the name stays as it is: it was started, and has ended, since it was opened.
            let has_started = path(&self.folder, id, RUNNING).try_exists().map_err(broken)?;
            return Ok(if has_started {
                Standing::Ended(lock)
            } else {
                Standing::NeverStarted(lock)
            });
        }
        Ok(Standing::Missing)
    }

    fn remove(&self, id: Uuid) {
        remove(&self.folder, id);
    }
}

/// How long ago the file was written; none by a clock that was set back since.
fn age(entry: &fs::DirEntry) -> Option<Duration> {
    entry.metadata().and_then(|found| found.modified()).ok()?.elapsed().ok()
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

fn unusable(folder: &Path, cause: io::Error) -> Failure {
    Failure::config(format!("the folder of the runs {} cannot be used: {cause}", folder.display()))
        .because(cause)
        .hint("Make it writable; nothing was started.")
}

impl WatchedRun {
    /// The run.
    pub fn id(&self) -> Uuid {
        self.id
    }

    /// What starts the command: it has the lock, and the open file that takes its cost under a low
    /// number. Both are kept open for the next program that this process starts.
    ///
    /// # Errors
    /// Class `config`.
    pub fn starter(&mut self, low: LowNumber) -> Result<Starter> {
        let broken = |cause: io::Error| unusable(&self.folder, cause);
        self.cost = low.give_to(&self.cost).map_err(|cause| broken(cause.into()))?;
        for file in [self.lock.file(), &self.cost] {
            keep_open(file).map_err(|cause| broken(cause.into()))?;
        }
        Ok(Starter {
            begun: path(&self.folder, self.id, BEGUN),
            running: path(&self.folder, self.id, RUNNING),
            cost_file: path(&self.folder, self.id, COST),
            cost_number: self.cost.as_raw_fd(),
        })
    }

    /// Whether the command was started. Final once it has ended.
    ///
    /// # Errors
    /// Class `config` when the folder cannot be read.
    pub fn has_started(&self) -> Result<bool> {
        let running = path(&self.folder, self.id, RUNNING);
        running.try_exists().map_err(|cause| unusable(&self.folder, cause))
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
