//! One process at a time for each purchase: a lock on a file of this machine, or a lease of the store
//! that machines share.

use super::journal::{Exclusive, LockAsRead};
use super::place::JournalPlace;
use super::record::{Intent, Purchase, Stamp};
use crate::core::class::Class;
use crate::core::clock::{Clock, SystemClock};
use crate::core::command::NextStep;
use crate::core::env;
use crate::core::failure::{Failure, Result};
use crate::core::files::make_folder_of;
use crate::core::lock::{Lock, NoLock};
use crate::core::signals::{Interrupt, Signal};
use crate::core::wait::{WaitEnd, WaitPolicy};
use crate::store::state::Lease;
use std::cell::RefCell;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::Duration;
use uuid::Uuid;

/// Between two tries for a lease: each is a question to the server.
const PAUSE: Duration = Duration::from_millis(250);

/// The right to act on one purchase, until it is dropped.
#[derive(Debug)]
pub struct EntityLock {
    _held: Held,
}

/// What keeps others out.
#[derive(Debug)]
enum Held {
    File { _lock: Lock },
    Shared { _lease: Lease },
}

impl EntityLock {
    /// Takes the lock of this purchase if it is free.
    ///
    /// # Errors
    /// Class `config` when the file system cannot lock, `timeout` where the server is away.
    pub fn try_take(place: &JournalPlace, purchase: Uuid) -> Result<Option<Self>> {
        Self::take_within(place, purchase, Duration::ZERO, &SystemClock::new(Interrupt::default()))
    }

    /// The same inside a transaction of the journal.
    ///
    /// # Errors
    /// As [`EntityLock::try_take`].
    pub fn try_take_in(
        journal: &Exclusive<'_>,
        place: &JournalPlace,
        purchase: Uuid,
    ) -> Result<Option<Self>> {
        match place {
            JournalPlace::Files { .. } => Self::try_take(place, purchase),
            JournalPlace::Shared { store, .. } => {
                journal.try_take(store, purchase).map(|lease| lease.map(Self::from))
            }
        }
    }

    /// The same for a purchase that was read in this transaction.
    ///
    /// # Errors
    /// As [`EntityLock::try_take`].
    pub fn try_take_as_read(
        journal: &Exclusive<'_>,
        place: &JournalPlace,
        purchase: &Purchase,
    ) -> Result<LockAsRead<Self>> {
        match place {
            // No other process writes to the file meanwhile.
            JournalPlace::Files { .. } => Ok(match Self::try_take(place, purchase.intent.id)? {
                Some(lock) => LockAsRead::Free(lock),
                None => LockAsRead::Busy,
            }),
            JournalPlace::Shared { store, .. } => {
                Ok(match journal.try_take_as_read(store, purchase)? {
                    LockAsRead::Free(lease) => LockAsRead::Free(lease.into()),
                    LockAsRead::Busy => LockAsRead::Busy,
                    LockAsRead::Changed => LockAsRead::Changed,
                })
            }
        }
    }

    /// Adds a new purchase, and takes its lock.
    ///
    /// # Errors
    /// As [`EntityLock::try_take`] and [`Exclusive::add`]; class `in_progress` for what another
    /// machine has taken over.
    pub fn take_adding(
        journal: &Exclusive<'_>,
        place: &JournalPlace,
        intent: &Intent,
        stamp: &Stamp,
    ) -> Result<Self> {
        match place {
            JournalPlace::Files { .. } => {
                let lock = Self::try_take(place, intent.id)?;
                let lock =
                    lock.ok_or_else(|| Failure::internal("a new purchase is locked already"))?;
                journal.add(intent, stamp).map(|()| lock)
            }
            JournalPlace::Shared { store, .. } => {
                journal.add_leased(store, intent, stamp).map(Self::from)
            }
        }
    }

    /// Whether no process holds the lock of this purchase; nothing is made and nothing taken from
    /// anybody.
    ///
    /// # Errors
    /// As [`EntityLock::try_take`].
    pub fn is_free(
        journal: Option<&Exclusive<'_>>,
        place: &JournalPlace,
        purchase: Uuid,
    ) -> Result<bool> {
        match (place, journal) {
            // Without its file no process holds it.
            (JournalPlace::Files { locks, .. }, _) => {
                Ok(!file(locks, purchase).exists() || Self::try_take(place, purchase)?.is_some())
            }
            (JournalPlace::Shared { store, .. }, Some(journal)) => journal.is_free(store, purchase),
            (JournalPlace::Shared { .. }, None) => Ok(true),
        }
    }

    /// Waits for the lock, for at most that long.
    ///
    /// # Errors
    /// Class `in_progress` when the time is over, the class of a signal, `config`, or `timeout` where
    /// the server is away.
    pub fn take(
        place: &JournalPlace,
        purchase: Uuid,
        wait: Duration,
        clock: &dyn Clock,
    ) -> Result<Self> {
        Self::take_within(place, purchase, wait, clock)?.ok_or_else(|| {
            Failure::new(Class::InProgress, "another process is working on this purchase")
        })
    }

    fn take_within(
        place: &JournalPlace,
        purchase: Uuid,
        wait: Duration,
        clock: &dyn Clock,
    ) -> Result<Option<Self>> {
        match place {
            JournalPlace::Files { locks, .. } => Self::in_folder(locks, purchase, wait, clock),
            JournalPlace::Shared { store, .. } => {
                // A server that is away for a moment is waited for as the lock is.
                let away = RefCell::new(None);
                let what = || match &*away.borrow() {
                    Some(_) => "the server that machines share, which does not answer".to_owned(),
                    None => format!("another process, which works on purchase {purchase}"),
                };
                let taken = WaitPolicy::new(wait, PAUSE).until_free(clock, what, || {
                    away.replace(None);
                    match store.try_take(purchase) {
                        Err(error) if error.class() == Class::Timeout => {
                            away.replace(Some(error));
                            Ok(None)
                        }
                        tried => tried.map_err(NoLease::from),
                    }
                });
                match taken {
                    Ok(lease) => Ok(Some(lease.into())),
                    Err(NoLease::Held) => away.into_inner().map_or(Ok(None), Err),
                    Err(NoLease::Failed(error)) => Err(error),
                }
            }
        }
    }

    /// Waits for the lock in this folder, for at most that long; none when the time is over.
    ///
    /// # Errors
    /// As [`EntityLock::take`], without `in_progress`.
    pub fn in_folder(
        folder: &Path,
        purchase: Uuid,
        wait: Duration,
        clock: &dyn Clock,
    ) -> Result<Option<Self>> {
        let path = file(folder, purchase);
        make_folder_of(&path)?;
        let cannot = |cause: std::io::Error| {
            Failure::config(format!("the lock {} cannot be taken: {cause}", path.display()))
                .hint(mend_of(cause.kind()))
                .because(anyhow::Error::new(cause))
        };
        match Lock::take_at(&path, wait, clock) {
            Ok(lock) => Ok(Some(Self { _held: Held::File { _lock: lock } })),
            Err(NoLock::Held) => Ok(None),
            Err(NoLock::Failed(cause)) => Err(cannot(cause)),
            Err(NoLock::Stopped(signal)) => Err(stopped(signal)),
        }
    }
}

/// What helps where the file of a lock cannot be used for this reason.
fn mend_of(kind: ErrorKind) -> NextStep {
    match kind {
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => {
            "Make its folder writable; 'topup doctor' checks it.".into()
        }
        ErrorKind::StorageFull => "Make room on its disk.".into(),
        _ => NextStep::filled("Put the files on a local disk with {}.", &[&env::HOME]),
    }
}

fn file(folder: &Path, purchase: Uuid) -> PathBuf {
    folder.join(format!("{purchase}.lock"))
}

impl From<Lease> for EntityLock {
    fn from(lease: Lease) -> Self {
        Self { _held: Held::Shared { _lease: lease } }
    }
}

/// Why there is no lease.
enum NoLease {
    Held,
    Failed(Failure),
}

impl From<WaitEnd> for NoLease {
    fn from(ended: WaitEnd) -> Self {
        match ended {
            WaitEnd::Late => Self::Held,
            WaitEnd::Stopped(signal) => Self::Failed(stopped(signal)),
        }
    }
}

impl From<Failure> for NoLease {
    fn from(error: Failure) -> Self {
        Self::Failed(error)
    }
}

fn stopped(signal: Signal) -> Failure {
    Failure::new(signal.class(), "interrupted while waiting for another process")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::clock::TurnedClock;
    use crate::core::environment::Variables;
    use crate::core::wait::SILENT;
    use crate::ledger::suite::proxy::Proxy;
    use crate::ledger::suite::server::Server;
    use crate::purchase::journal::Spool;
    use crate::store::state::StateStore;
    use jiff::Timestamp;

    #[test]
    fn what_helps_depends_on_what_the_disk_said() {
        for (kind, mend) in [
            (ErrorKind::PermissionDenied, "Make its folder writable"),
            (ErrorKind::ReadOnlyFilesystem, "Make its folder writable"),
            (ErrorKind::StorageFull, "Make room on its disk"),
            (ErrorKind::Unsupported, "Put the files on a local disk with TOPUP_HOME"),
        ] {
            let said = mend_of(kind).to_string();
            assert!(said.contains(mend), "{kind}: {said}");
        }
    }

    /// A clock that stands still until somebody waits, which brings a server back.
    struct Returning<'p> {
        clock: TurnedClock,
        proxy: &'p Proxy,
    }

    impl Clock for Returning<'_> {
        fn now(&self) -> Timestamp {
            self.clock.now()
        }

        fn monotonic(&self) -> Duration {
            self.clock.monotonic()
        }

        fn wait(&self, time: Duration) -> Result<(), Signal> {
            self.proxy.open();
            self.clock.wait(time)
        }

        fn note_wait(&self, what: &str) {
            self.clock.note_wait(what);
        }
    }

    #[test]
    fn a_server_that_is_away_is_waited_for_and_named_only_where_it_stays_away() {
        let Some(server) = Server::shared() else { return };
        let schema = server.schema();
        let mut url = url::Url::parse(&schema.url).expect("a URL");
        let host = url.host_str().expect("a host");
        let proxy = Proxy::to(&format!("{host}:{}", url.port().unwrap_or(5432)), &[]);
        url.set_ip_host(proxy.address.ip()).expect("a host");
        url.set_port(Some(proxy.address.port())).expect("a port");
        let place = |url: &str| {
            let store = StateStore::new(url, None, &Variables::default()).expect("a URL");
            JournalPlace::Shared { store, spool: Spool::new("/nowhere/spool".into()) }
        };
        let (wait, id) = (SILENT * 2, Uuid::from_u128(1));
        // It stays away.
        proxy.close();
        let clock = TurnedClock::new(Timestamp::UNIX_EPOCH);
        let away = EntityLock::take(&place(url.as_str()), id, wait, &clock).expect_err("away");
        assert_eq!((away.class(), clock.passed()), (Class::Timeout, wait), "{away}");
        let noted = "the server that machines share, which does not answer";
        assert_eq!(clock.noted(), [(SILENT, noted.to_owned())]);
        // It comes back, and another machine holds the purchase: that is what is said.
        let held = EntityLock::try_take(&place(&schema.url), id).expect("asked").expect("free");
        let back = || Returning { clock: TurnedClock::new(Timestamp::UNIX_EPOCH), proxy: &proxy };
        proxy.close();
        let returned = back();
        let busy = EntityLock::take(&place(url.as_str()), id, wait, &returned).expect_err("held");
        assert_eq!(busy.class(), Class::InProgress, "{busy}");
        let noted = format!("another process, which works on purchase {id}");
        assert_eq!(returned.clock.noted(), [(SILENT, noted)], "a person is shown what it is");
        // It comes back, and nobody does.
        drop(held);
        proxy.close();
        EntityLock::take(&place(url.as_str()), id, wait, &back()).expect("free");
    }

    #[test]
    fn one_at_a_time_and_free_when_dropped() {
        let folder = crate::core::scratch::tempdir().expect("a folder");
        let place = JournalPlace::in_folder(folder.path());
        let id = Uuid::new_v4();
        let first = EntityLock::try_take(&place, id).expect("no error").expect("free");
        assert!(EntityLock::try_take(&place, id).expect("no error").is_none());
        let other = EntityLock::try_take(&place, Uuid::new_v4()).expect("no error");
        assert!(other.is_some(), "another purchase has its own lock");
        let clock = SystemClock::new(Interrupt::default());
        let late = EntityLock::take(&place, id, Duration::ZERO, &clock);
        assert_eq!(late.expect_err("taken").class(), Class::InProgress);
        drop(first);
        assert!(EntityLock::try_take(&place, id).expect("no error").is_some());
    }
}
