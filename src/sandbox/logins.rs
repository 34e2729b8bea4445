//! The logins that a client of this program is handed without a page: the first one of the account,
//! and one for each further name.

use super::balances;
use super::gates::BILLING;
use super::oauth;
use super::store::{self, StoreWork};
use super::token;
use super::uses::{self, TOKEN_LIFE_S, USER};
use crate::core::clock;
use crate::core::failure::{Failure, Result};
use jiff::{SignedDuration, Timestamp};
use std::path::Path;

/// The client that the first login belongs to.
pub const CLIENT: &str = "hermes-cli";
/// The scope of every login.
pub const USE: &str = "inference:invoke";

/// Whether this portal has given its first login to this name, read at a glance: no where that
/// cannot be read without touching anything.
pub fn was_claimed(file: &Path, contract: Contract, name: &str) -> bool {
    store::setting(file, &claimed(contract, name)).is_some()
}

/// The contracts that the portal speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Contract {
    /// Remote Spending.
    Nous,
    /// An agent's billing proxy.
    Ciris,
    /// Team billing.
    Byterover,
    /// A system whose balance one request reads.
    Row(&'static str),
}

impl Contract {
    /// The contract with this name; none where the portal does not speak it.
    pub fn named(word: &str) -> Option<Self> {
        match word {
            "nous" => Some(Self::Nous),
            "ciris" => Some(Self::Ciris),
            "byterover" => Some(Self::Byterover),
            other => balances::named(other).map(Self::Row),
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

/// The setting that says that a client has the first login of this contract.
fn claimed(contract: Contract, name: &str) -> String {
    let what = match contract {
        Contract::Nous => "login",
        Contract::Ciris => "agent-login",
        Contract::Byterover => "session-key",
        Contract::Row(system) => return format!("row-login-claimed:{system}:{name}"),
    };
    format!("{what}-claimed:{name}")
}

/// The first login at the portal itself: its tokens are made with the account.
fn first_login(work: &StoreWork<'_>) -> Result<Option<Login>> {
    let (Some(access_token), Some(refresh_token)) =
        (work.text("first-access"), work.text("first-refresh"))
    else {
        return Ok(None);
    };
    let secret = work.text("secret").unwrap_or_default();
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

/// The login that exists from the start, until a client has taken it under this name.
///
/// # Errors
/// Class `config`.
pub fn unclaimed(work: &StoreWork<'_>, contract: Contract, name: &str) -> Result<Option<Login>> {
    if contract == Contract::Nous && work.text("first-access").is_some() {
        return first_login(work);
    }
    if work.text(&claimed(contract, name)).is_some() {
        return Ok(None);
    }
    if contract == Contract::Nous {
        // Another client has the first one; each name gets one of its own, because a refresh token
        // is not for two.
        let scope = work.text("first-scope");
        begin_first(work, &scope.unwrap_or_else(|| format!("{USE} {BILLING}")))?;
        return first_login(work);
    }
    let now = clock::now();
    Ok(match contract {
        Contract::Ciris => Some(Login {
            expires_at: now.checked_add(SignedDuration::from_secs(TOKEN_LIFE_S)).ok(),
            account: Some(USER.to_owned()),
            ..Login::of_key(uses::sign_in(work)?, "Bearer", now)
        }),
        Contract::Row(system) => Some(Login::of_key(balances::key(work, system)?, "key", now)),
        _ => work.text("session-key").map(|key| Login::of_key(key, "session", now)),
    })
}

/// A client has the first login of this instance under this name. One that was reset meanwhile has
/// another one, and that is still to be had.
///
/// # Errors
/// Class `config`.
pub fn claim(work: &StoreWork<'_>, instance: &str, contract: Contract, name: &str) -> Result<()> {
    if !work.is("instance", instance) {
        return Ok(());
    }
    if contract == Contract::Nous {
        work.set("first-access", None)?;
        work.set("first-refresh", None)?;
    }
    work.set(&claimed(contract, name), Some("yes"))
}

/// Makes a login that waits for the first client.
pub fn begin_first(work: &StoreWork<'_>, scope: &str) -> Result<()> {
    let (_, tokens) = oauth::begin_session(work, CLIENT, scope)?;
    work.set("first-access", Some(&tokens.access))?;
    work.set("first-refresh", Some(&tokens.refresh))
}
