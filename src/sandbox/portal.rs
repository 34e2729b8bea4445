//! A handle on the state of a portal: what an administrator may do, no server needed, and how it is
//! served.

use super::account::{self, Charge};
use super::faults::{self, SandboxFault};
use super::gates::BILLING;
use super::logins::{self, CLIENT, Contract, Login, USE};
use super::plans::{self, PlanCharge};
use super::sales::{self, TopUp};
use super::server::{self, ServeOptions};
use super::store::{SandboxDatabase, StoreWork, random_word};
use super::{balances, oauth, uses};
use crate::core::failure::{Failure, Result};
use crate::core::money::Amount;
use rust_decimal::Decimal;
use serde::Serialize;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::thread::JoinHandle;
use tokio::sync::oneshot;
use url::Url;
use uuid::Uuid;

/// A handle on the state of a portal: what an administrator may do, no server needed.
#[derive(Debug)]
pub struct Portal {
    file: PathBuf,
    /// The connection that opened it, for what is done first.
    opened: Mutex<Option<SandboxDatabase>>,
    // Held, never read: the folder of an ephemeral portal goes with it.
    #[allow(dead_code)]
    folder: Option<tempfile::TempDir>,
}

/// What to revoke.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Revoke {
    /// Every session: all have to log in again.
    Session,
    /// Spending from every terminal; the logins stay.
    Spending,
}

/// A request that the portal has seen.
#[derive(Clone, Debug, Serialize, schemars::JsonSchema)]
pub struct SeenRequest {
    /// When, by the portal's clock.
    pub at: String,
    /// The method.
    pub method: String,
    /// The path, without its query.
    pub path: String,
    /// What it was answered with; none when the connection was closed before.
    pub status: Option<u16>,
    /// `Idempotency-Key`.
    pub idempotency_key: Option<String>,
    /// The fault that fired.
    pub fault: Option<String>,
}

/// What a test or a script needs to talk to a served portal.
#[derive(Clone, Debug, Serialize)]
pub struct ServedPortal {
    /// Where it is.
    pub base_url: String,
    /// An access token that may spend.
    pub token: String,
    /// An access token that may only look.
    pub token_without_scope: String,
    /// The refresh token of the first.
    pub refresh_token: String,
    /// For `ByteRover`.
    pub session_key: String,
    /// For CIRIS.
    pub ciris_username: String,
    /// For CIRIS.
    pub ciris_password: String,
    /// For the systems whose balance one request reads, by their names.
    pub keys: BTreeMap<&'static str, String>,
}

impl Portal {
    /// The portal in this file. A new one may spend at once: permission is granted and a test card
    /// saved.
    ///
    /// # Errors
    /// Class `config`.
    pub fn open(file: &Path) -> Result<Self> {
        let opened = Mutex::new(Some(SandboxDatabase::open(file, |work| fill(work, false))?));
        Ok(Self { file: file.to_owned(), opened, folder: None })
    }

    /// A portal that is gone when this handle is.
    ///
    /// # Errors
    /// Class `config`.
    pub fn ephemeral() -> Result<Self> {
        let folder =
            tempfile::Builder::new().prefix("topup-sandbox-").tempdir().map_err(|cause| {
                Failure::config("there is no room for a temporary sandbox")
                    .because(anyhow::Error::new(cause))
            })?;
        let mut portal = Self::open(&folder.path().join("sandbox.db"))?;
        portal.folder = Some(folder);
        Ok(portal)
    }

    /// The file of its state.
    #[cfg(test)]
    pub(super) fn file(&self) -> &Path {
        &self.file
    }

    fn database(&self) -> Result<SandboxDatabase> {
        let opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner).take();
        opened.map_or_else(|| SandboxDatabase::open(&self.file, |work| fill(work, false)), Ok)
    }

    /// Does something in one transaction.
    ///
    /// # Errors
    /// Whatever it ends with; nothing is kept then.
    pub fn work<T>(&self, act: impl FnOnce(&StoreWork<'_>) -> Result<T>) -> Result<T> {
        let mut database = self.database()?;
        let work = database.begin()?;
        let result = act(&work)?;
        work.commit()?;
        Ok(result)
    }

    /// The identity of this account: another one after every reset.
    ///
    /// # Errors
    /// Class `config`.
    pub fn instance(&self) -> Result<String> {
        self.work(instance_of)
    }

    /// As [`logins::unclaimed`], with the identity of the account that it is for.
    ///
    /// # Errors
    /// Class `config`.
    pub fn unclaimed_login(
        &self,
        contract: Contract,
        name: &str,
    ) -> Result<(String, Option<Login>)> {
        self.work(|work| Ok((instance_of(work)?, logins::unclaimed(work, contract, name)?)))
    }

    /// As [`logins::claim`].
    ///
    /// # Errors
    /// Class `config`.
    pub fn claim_login(&self, instance: &str, contract: Contract, name: &str) -> Result<()> {
        self.work(|work| logins::claim(work, instance, contract, name))
    }

    /// Forgets everything; a newcomer may not spend yet and has no card.
    ///
    /// # Errors
    /// Class `config`.
    pub fn reset(&self, newcomer: bool) -> Result<()> {
        self.database()?.reset(|work| fill(work, newcomer))
    }

    /// Uses credits up; gives the balance that is left.
    ///
    /// # Errors
    /// Class `config`.
    pub fn spend(&self, amount: Amount) -> Result<Decimal> {
        self.work(|work| account::spend(work, amount.decimal(), "spent by hand"))
    }

    /// Revokes.
    ///
    /// # Errors
    /// Class `config`.
    pub fn revoke(&self, what: Revoke) -> Result<()> {
        let order = match what {
            Revoke::Session => "UPDATE session SET revoked = 1",
            Revoke::Spending => "UPDATE session SET spending_revoked = 1",
        };
        self.work(|work| {
            if what == Revoke::Session {
                work.set("session-key", Some(&new_session_key()))?;
                uses::forget_logins(work)?;
            }
            work.run(order, []).map(drop)
        })
    }

    /// Keeps a fault until its request comes.
    ///
    /// # Errors
    /// Class `config`.
    pub fn add_fault(&self, fault: &SandboxFault) -> Result<()> {
        self.work(|work| faults::add(work, fault))
    }

    /// Every fault that still waits.
    ///
    /// # Errors
    /// Class `config`.
    pub fn faults(&self) -> Result<Vec<SandboxFault>> {
        self.work(faults::list)
    }

    /// Forgets every fault.
    ///
    /// # Errors
    /// Class `config`.
    pub fn clear_faults(&self) -> Result<()> {
        self.work(faults::clear)
    }

    /// Every request that was seen, oldest first.
    ///
    /// # Errors
    /// Class `config`.
    pub fn log(&self) -> Result<Vec<SeenRequest>> {
        self.work(|work| {
            let query =
                "SELECT at_ms, method, path, status, idempotency_key, fault FROM seen ORDER BY id";
            work.rows(query, [], |row| {
                Ok(SeenRequest {
                    at: account::time(row.get(0)?),
                    method: row.get(1)?,
                    path: row.get(2)?,
                    status: row.get(3)?,
                    idempotency_key: row.get(4)?,
                    fault: row.get(5)?,
                })
            })
        })
    }

    /// The charges for credits, newest first.
    ///
    /// # Errors
    /// Class `config`.
    pub fn charges(&self) -> Result<Vec<Charge>> {
        self.work(|work| account::charges(work, 1000))
    }

    /// What was charged for plans, newest first.
    ///
    /// # Errors
    /// Class `config`.
    pub fn plan_charges(&self) -> Result<Vec<PlanCharge>> {
        self.work(plans::charges)
    }

    /// What was bought at other systems that sell credits, newest first.
    ///
    /// # Errors
    /// Class `config`.
    pub fn top_ups(&self) -> Result<Vec<TopUp>> {
        self.work(sales::all)
    }

    /// What the approve button of the page does; gives what was granted.
    ///
    /// # Errors
    /// Class `usage` for a code with no login waiting.
    pub fn approve(&self, user_code: &str, allow_billing: bool) -> Result<String> {
        self.work(|work| {
            oauth::decide(work, user_code, Some(allow_billing))?.ok_or_else(|| {
                Failure::usage("no login is waiting for this code")
                    .hint("It may have expired: 'topup login' begins another one.")
            })
        })
    }

    /// Serves on a thread of its own; returns as soon as it accepts.
    ///
    /// # Errors
    /// Class `config` when it cannot listen there.
    pub fn serve(&self, options: &ServeOptions) -> Result<Running> {
        let database = self.database()?;
        let (listening, ready) = std::sync::mpsc::channel();
        let (stop, stopped) = oneshot::channel();
        let options = options.clone();
        let listen = options.listen;
        let cannot = |cause: std::io::Error| {
            Failure::config(format!("the sandbox cannot listen on {listen}: {cause}"))
                .because(anyhow::Error::new(cause))
        };
        let thread = std::thread::Builder::new()
            .name("sandbox".into())
            .spawn(move || server::run(database, &options, listening, stopped))
            .map_err(cannot)?;
        let address = ready
            .recv()
            .map_err(|_| Failure::internal("the sandbox ended before it was ready"))?
            .map_err(cannot)?;
        let base = Url::parse(&format!("http://{address}")).map_err(|cause| {
            Failure::internal("the sandbox has no address").because(anyhow::Error::new(cause))
        })?;
        Ok(Running { base, stop: Some(stop), thread: Some(thread) })
    }

    /// What a script needs to talk to the served portal: fresh logins each time.
    ///
    /// # Errors
    /// Class `config`.
    pub fn ready(&self, running: &Running) -> Result<ServedPortal> {
        self.work(|work| {
            let (_, spending) = oauth::begin_session(work, CLIENT, &format!("{USE} {BILLING}"))?;
            let (_, looking) = oauth::begin_session(work, CLIENT, USE)?;
            let kept = |name: &str| work.text(name).unwrap_or_default();
            Ok(ServedPortal {
                base_url: running.base.as_str().trim_end_matches('/').to_owned(),
                token: spending.access,
                token_without_scope: looking.access,
                refresh_token: spending.refresh,
                session_key: kept("session-key"),
                ciris_username: kept("ciris-username"),
                ciris_password: kept("ciris-password"),
                keys: balances::names()
                    .map(|name| Ok((name, balances::key(work, name)?)))
                    .collect::<Result<_>>()?,
            })
        })
    }
}

fn new_session_key() -> String {
    format!("brv_{}", random_word())
}

fn instance_of(work: &StoreWork<'_>) -> Result<String> {
    work.text("instance").ok_or_else(|| Failure::config("the sandbox state is not complete"))
}

/// Everything a new account has.
fn fill(work: &StoreWork<'_>, newcomer: bool) -> Result<()> {
    work.set("secret", Some(&random_word()))?;
    work.set("instance", Some(&Uuid::new_v4().to_string()))?;
    work.set("org", Some(&format!("org_{}", &Uuid::new_v4().simple().to_string()[..12])))?;
    work.set("user", Some("user_sandbox"))?;
    work.set("session-key", Some(&new_session_key()))?;
    uses::fill(work)?;
    let scope = if newcomer {
        USE.to_owned()
    } else {
        work.set("card", Some("visa"))?;
        format!("{USE} {BILLING}")
    };
    account::set_balance(work, Decimal::new(1425, 1))?;
    work.set("first-scope", Some(&scope))?;
    logins::begin_first(work, &scope)
}

/// A portal that is being served; dropped, it stops.
#[derive(Debug)]
pub struct Running {
    base: Url,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Running {
    /// Where it is.
    pub fn base_url(&self) -> &Url {
        &self.base
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
