//! The sandbox: a complete portal inside the binary, so that everything can be tried, scripted
//! and tested without an account and without real money.
//!
//! It never uses the client side, so that a mistake in one is not repeated in the other. Its
//! credits are kept by the project's own ledger.
//!
//! - [`store`]: the state in SQLite, and the portal's clock.
//! - [`account`]: the rules of the account; [`billing`], [`subscription`], [`oauth`]: the calls.
//! - [`byterover`]: the teams and their calls; [`ciris`]: the agent, its uses and its payments.
//! - [`faults`]: what goes wrong on purpose.
//! - [`pages`]: what a person sees in a browser.
//! - [`server`]: connections, and which call goes where.

pub mod account;
pub mod billing;
pub mod byterover;
pub mod ciris;
pub mod faults;
pub mod oauth;
pub mod pages;
pub mod server;
pub mod settings;
pub mod store;
pub mod subscription;
pub mod token;
pub mod wire;

#[cfg(test)]
mod tests;

use crate::core::failure::{Failure, Result};
use crate::core::money::Amount;
use faults::Fault;
use jiff::{SignedDuration, Timestamp};
use rust_decimal::Decimal;
use serde::Serialize;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::thread::JoinHandle;
use store::{Database, Work, broken, random_word};
use tokio::sync::oneshot;
use url::Url;
use uuid::Uuid;

/// The client that the first login belongs to.
const CLIENT: &str = "hermes-cli";
/// The scope of every login.
const USE: &str = "inference:invoke";

/// How a portal is served.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where it listens.
    pub listen: SocketAddr,
    /// Device codes are approved as soon as they are asked for.
    pub auto_approve: bool,
    /// Payments are confirmed with the saved card as soon as they are opened.
    pub auto_pay: bool,
}

impl Default for Options {
    fn default() -> Self {
        let listen = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        Self { listen, auto_approve: false, auto_pay: false }
    }
}

/// A handle on the state of a portal: what an administrator may do, no server needed.
#[derive(Debug)]
pub struct Portal {
    file: PathBuf,
    // Held, never read: the folder of an ephemeral portal goes with it.
    #[allow(dead_code)]
    folder: Option<tempfile::TempDir>,
}

/// Whether this portal has given its first login to this name, read at a glance: no where that
/// cannot be told without touching anything.
pub fn was_claimed(file: &Path, contract: Contract, name: &str) -> bool {
    store::setting(file, &claimed(contract, name)).is_some()
}

/// The contracts that the portal speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Contract {
    /// Terminal billing.
    Nous,
    /// An agent's billing proxy.
    Ciris,
    /// Team billing.
    Byterover,
}

impl Contract {
    /// The contract with this name; none where the portal does not speak it.
    pub fn named(word: &str) -> Option<Self> {
        match word {
            "nous" => Some(Self::Nous),
            "ciris" => Some(Self::Ciris),
            "byterover" => Some(Self::Byterover),
            _ => None,
        }
    }
}

/// A login of the portal, as handed to a client.
#[derive(Clone, Debug)]
pub struct Login {
    /// The access token, or the session key.
    pub access_token: String,
    /// How it is presented.
    pub token_type: String,
    /// The single-use refresh token, where there are such.
    pub refresh_token: Option<String>,
    /// When the access token ends.
    pub expires_at: Option<Timestamp>,
    /// When it was handed out.
    pub obtained_at: Timestamp,
    /// When the login was approved, where somebody approves logins.
    pub approved_at: Option<Timestamp>,
    /// What was granted.
    pub scope: String,
    /// The OAuth client.
    pub client_id: String,
    /// Who it is, where the token does not say.
    pub account: Option<String>,
}

impl Login {
    fn of_key(access_token: String, token_type: &str, now: Timestamp) -> Self {
        Self {
            access_token,
            token_type: token_type.into(),
            refresh_token: None,
            expires_at: None,
            obtained_at: now,
            approved_at: None,
            scope: String::new(),
            client_id: "topup".into(),
            account: None,
        }
    }
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
pub struct Seen {
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
pub struct Ready {
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
}

impl Portal {
    /// The portal in this file. A new one may spend at once: permission is granted and a test card
    /// saved.
    ///
    /// # Errors
    /// Class `config`.
    pub fn open(file: &Path) -> Result<Self> {
        Database::open(file, |work| fill(work, false))?;
        Ok(Self { file: file.to_owned(), folder: None })
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

    fn database(&self) -> Result<Database> {
        Database::open(&self.file, |work| fill(work, false))
    }

    /// Does something in one transaction.
    ///
    /// # Errors
    /// Whatever it ends with; nothing is kept then.
    pub fn work<T>(&self, act: impl FnOnce(&Work<'_>) -> Result<T>) -> Result<T> {
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
        self.work(|work| {
            work.text("instance")?
                .ok_or_else(|| Failure::config("the sandbox state is not complete"))
        })
    }

    /// The login that exists from the start, until somebody has taken it under this name.
    ///
    /// # Errors
    /// Class `config`.
    pub fn unclaimed_login(&self, contract: Contract, name: &str) -> Result<Option<Login>> {
        self.work(|work| {
            if contract == Contract::Nous && work.text("first-access")?.is_some() {
                return first_login(work);
            }
            if work.text(&claimed(contract, name))?.is_some() {
                return Ok(None);
            }
            if contract == Contract::Nous {
                // Somebody else has the first one; whoever comes under a name of their own gets
                // one as well, because a refresh token is not for two.
                let scope = work.text("first-scope")?;
                begin_first(work, &scope.unwrap_or_else(|| format!("{USE} {}", oauth::BILLING)))?;
                return first_login(work);
            }
            let now = Timestamp::now();
            Ok(match contract {
                Contract::Ciris => Some(Login {
                    expires_at: now
                        .checked_add(SignedDuration::from_secs(ciris::TOKEN_LIFE_S))
                        .ok(),
                    account: Some(ciris::USER.to_owned()),
                    ..Login::of_key(ciris::sign_in(work)?, "Bearer", now)
                }),
                _ => work.text("session-key")?.map(|key| Login::of_key(key, "session", now)),
            })
        })
    }

    /// Somebody has the first login of this instance under this name. One that was reset meanwhile
    /// has another one, and that is still to be had.
    ///
    /// # Errors
    /// Class `config`.
    pub fn claim_login(&self, instance: &str, contract: Contract, name: &str) -> Result<()> {
        self.work(|work| {
            if work.text("instance")?.as_deref() != Some(instance) {
                return Ok(());
            }
            if contract == Contract::Nous {
                work.set("first-access", None)?;
                work.set("first-refresh", None)?;
            }
            work.set(&claimed(contract, name), Some("yes"))
        })
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
                ciris::forget_logins(work)?;
            }
            work.sql.execute(order, []).map(|_| ()).map_err(broken)
        })
    }

    /// Keeps a fault until its request comes.
    ///
    /// # Errors
    /// Class `config`.
    pub fn add_fault(&self, fault: &Fault) -> Result<()> {
        self.work(|work| faults::add(work, fault))
    }

    /// Every fault that still waits.
    ///
    /// # Errors
    /// Class `config`.
    pub fn faults(&self) -> Result<Vec<Fault>> {
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
    pub fn log(&self) -> Result<Vec<Seen>> {
        self.work(|work| {
            let mut statement = work
                .sql
                .prepare("SELECT at_ms, method, path, status, idempotency_key, fault FROM seen ORDER BY id")
                .map_err(broken)?;
            let rows = statement
                .query_map([], |row| {
                    Ok(Seen {
                        at: account::time(row.get(0)?),
                        method: row.get(1)?,
                        path: row.get(2)?,
                        status: row.get(3)?,
                        idempotency_key: row.get(4)?,
                        fault: row.get(5)?,
                    })
                })
                .map_err(broken)?;
            rows.collect::<Result<_, _>>().map_err(broken)
        })
    }

    /// The charges for credits, newest first.
    ///
    /// # Errors
    /// Class `config`.
    pub fn charges(&self) -> Result<Vec<account::Charge>> {
        self.work(|work| account::charges(work, 1000))
    }

    /// What was charged for plans, newest first.
    ///
    /// # Errors
    /// Class `config`.
    pub fn plan_charges(&self) -> Result<Vec<subscription::PlanCharge>> {
        self.work(subscription::charges)
    }

    /// What the approve button of the page does; gives what was granted.
    ///
    /// # Errors
    /// Class `usage` for a code that nobody waits with.
    pub fn approve(&self, user_code: &str, allow_billing: bool) -> Result<String> {
        self.work(|work| {
            oauth::decide(work, user_code, Some(allow_billing))?
                .ok_or_else(|| Failure::usage("no login waits with this code"))
        })
    }

    /// Serves on a thread of its own; returns as soon as it accepts.
    ///
    /// # Errors
    /// Class `config` when it cannot listen there.
    pub fn serve(&self, options: &Options) -> Result<Running> {
        let database = self.database()?;
        let (told, ready) = std::sync::mpsc::channel();
        let (stop, stopped) = oneshot::channel();
        let options = options.clone();
        let listen = options.listen;
        let cannot = |cause: std::io::Error| {
            Failure::config(format!("the sandbox cannot listen on {listen}: {cause}"))
                .because(anyhow::Error::new(cause))
        };
        let thread = std::thread::Builder::new()
            .name("sandbox".into())
            .spawn(move || server::run(database, &options, told, stopped))
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
    pub fn ready(&self, running: &Running) -> Result<Ready> {
        self.work(|work| {
            let (_, spending) =
                oauth::begin_session(work, CLIENT, &format!("{USE} {}", oauth::BILLING))?;
            let (_, looking) = oauth::begin_session(work, CLIENT, USE)?;
            let kept = |name: &str| Ok::<_, Failure>(work.text(name)?.unwrap_or_default());
            Ok(Ready {
                base_url: running.base.as_str().trim_end_matches('/').to_owned(),
                token: spending.access,
                token_without_scope: looking.access,
                refresh_token: spending.refresh,
                session_key: kept("session-key")?,
                ciris_username: kept("ciris-username")?,
                ciris_password: kept("ciris-password")?,
            })
        })
    }
}

fn new_session_key() -> String {
    format!("brv_{}", random_word())
}

/// The setting that says that a client has the first login of this contract.
fn claimed(contract: Contract, name: &str) -> String {
    let what = match contract {
        Contract::Nous => "login",
        Contract::Ciris => "agent-login",
        Contract::Byterover => "session-key",
    };
    format!("{what}-claimed:{name}")
}

/// The first login at the portal itself: its tokens are made with the account.
fn first_login(work: &Work<'_>) -> Result<Option<Login>> {
    let (Some(access_token), Some(refresh_token)) =
        (work.text("first-access")?, work.text("first-refresh")?)
    else {
        return Ok(None);
    };
    let secret = work.text("secret")?.unwrap_or_default();
    let Some(claims) = token::verify(&secret, &access_token) else { return Ok(None) };
    let time = |second| {
        Timestamp::from_second(second).map_err(|cause| {
            Failure::config("the sandbox state is not complete").because(anyhow::Error::new(cause))
        })
    };
    let approved_at = time(claims.iat)?;
    Ok(Some(Login {
        refresh_token: Some(refresh_token),
        expires_at: Some(time(claims.exp)?),
        approved_at: Some(approved_at),
        scope: claims.scope,
        client_id: claims.client_id,
        ..Login::of_key(access_token, "Bearer", approved_at)
    }))
}

/// Everything a new account has.
fn fill(work: &Work<'_>, newcomer: bool) -> Result<()> {
    work.set("secret", Some(&random_word()))?;
    work.set("instance", Some(&Uuid::new_v4().to_string()))?;
    work.set("org", Some(&format!("org_{}", &Uuid::new_v4().simple().to_string()[..12])))?;
    work.set("user", Some("user_sandbox"))?;
    work.set("session-key", Some(&new_session_key()))?;
    ciris::fill(work)?;
    let scope = if newcomer {
        USE.to_owned()
    } else {
        work.set("card", Some("visa"))?;
        format!("{USE} {}", oauth::BILLING)
    };
    account::set_balance(work, Decimal::new(1425, 1))?;
    work.set("first-scope", Some(&scope))?;
    begin_first(work, &scope)
}

/// Makes a login that waits for whoever comes first.
fn begin_first(work: &Work<'_>, scope: &str) -> Result<()> {
    let (_, tokens) = oauth::begin_session(work, CLIENT, scope)?;
    work.set("first-access", Some(&tokens.access))?;
    work.set("first-refresh", Some(&tokens.refresh))
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
