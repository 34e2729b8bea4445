//! The document of the logins: what is known of each, and which one is meant.
//!
//! It is the same wherever it is kept, in `credentials.json` or by a `credential_command`. Keys of
//! other versions are kept as they are.

use super::jwt;
use super::oauth::{Issued, Refusal};
use super::token::{Identity, Token};
use crate::core::secret::{Secret, kept, kept_if_any};
use crate::core::system::System;
use crate::core::target::is_sandbox;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::fmt;
use std::path::PathBuf;
use url::Url;

/// The newest layout of the document that this program understands.
pub(super) const VERSION: u64 = 1;

/// Which login is meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// The system.
    pub provider: System,
    /// The profile it was made under.
    pub profile: String,
    /// The portal's identity: an origin, or the name of a sandbox.
    pub portal: String,
}

/// Keys that this version does not know. There may be secrets among them: only their number is
/// shown.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Unknown(Map<String, Value>);

impl fmt::Debug for Unknown {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "[{} keys]", self.0.len())
    }
}

/// One login as it is kept. Times are UTC.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Login {
    /// The system.
    pub provider: String,
    /// The profile it was made under.
    pub profile: String,
    /// The portal's identity: an origin, or the name of a sandbox.
    pub portal: String,
    /// The base URL that was in use.
    pub portal_url: String,
    /// The OAuth client id it was made with, and has to be refreshed with.
    pub client_id: String,
    /// How the token is presented: `Bearer`.
    pub token_type: String,
    /// The access token.
    #[serde(with = "kept")]
    pub access_token: Secret,
    /// The single-use refresh token, if there is one.
    #[serde(default, with = "kept_if_any")]
    pub refresh_token: Option<Secret>,
    /// What was granted, as the token answer said it: words with spaces between.
    pub scope: String,
    /// When the access token ends, by this machine's clock.
    #[serde(default)]
    pub expires_at: Option<Timestamp>,
    /// When the access token was obtained.
    pub obtained_at: Timestamp,
    /// When a person approved the login; unknown for a token that was handed in.
    #[serde(default)]
    pub approved_at: Option<Timestamp>,
    /// A refresh was begun then and its answer is not here: the refresh token may be used up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refresh_inflight: Option<Timestamp>,
    /// The system's word when it refused the refresh token: it is not sent again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refresh_refused: Option<String>,
    /// What the system said beside that word.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refresh_refused_because: Option<String>,
    /// The store that it moves to: it is used here no more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub moving_to: Option<String>,
    /// Who it is, where the system says so beside the token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// Who keeps it.
    #[serde(skip)]
    pub keeper: Keeper,
    /// Keys of other versions, kept as they are.
    #[serde(flatten)]
    pub other: Unknown,
}

/// Who keeps a login.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Keeper {
    /// This program, in its own document.
    #[default]
    Topup,
    /// Hermes, in these files.
    Hermes(Vec<PathBuf>),
    /// `brv`, in this folder.
    Brv(PathBuf),
}

/// A device login that was begun with `login --no-wait` and waits for `login --finish`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Pending {
    /// The system.
    pub provider: String,
    /// The profile.
    pub profile: String,
    /// The portal's identity.
    pub portal: String,
    /// The base URL that was in use.
    pub portal_url: String,
    /// The OAuth client id.
    pub client_id: String,
    /// What was asked for.
    pub scope: String,
    /// Whether permission to spend was asked for.
    #[serde(default)]
    pub step_up: bool,
    /// What is granted belongs into the files of Hermes.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub for_hermes: bool,
    /// The code that fetches the token.
    #[serde(with = "kept")]
    pub device_code: Secret,
    /// The code that a person types.
    pub user_code: String,
    /// The page to type it on.
    pub verification_uri: String,
    /// The page with the code filled in.
    #[serde(default)]
    pub verification_uri_complete: Option<String>,
    /// Seconds between two polls.
    pub interval: u64,
    /// When the code ends.
    pub expires_at: Timestamp,
    /// Keys of other versions, kept as they are.
    #[serde(flatten)]
    pub other: Unknown,
}

/// A login that lives in the files of Hermes and is used there: where they are, and no token.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Borrowed {
    /// The system.
    pub provider: String,
    /// The profile that uses it.
    pub profile: String,
    /// The portal's identity: an origin.
    pub portal: String,
    /// The base URL that Hermes had for it.
    pub portal_url: String,
    /// The file of one home of Hermes: its object `providers.nous`.
    pub auth_file: PathBuf,
    /// The copy that all homes of Hermes share.
    pub shared_file: PathBuf,
    /// When it was chosen.
    pub since: Timestamp,
    /// The organisation that it acted for then, if its token said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organisation: Option<String>,
    /// The person that it acted for then, if its token said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// The last refresh token that was sent, until what came of it is in both files.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sent: Option<Sent>,
    /// Keys of other versions, kept as they are.
    #[serde(flatten)]
    pub other: Unknown,
}

/// A refresh token of Hermes that was sent: which one it was, and what is known of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sent {
    /// Its fingerprint.
    pub token: String,
    /// As [`Login::refresh_inflight`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inflight: Option<Timestamp>,
    /// As [`Login::refresh_refused`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused: Option<String>,
    /// As [`Login::refresh_refused_because`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub because: Option<String>,
}

/// A login that `brv` keeps and that is used there: where it is, and no key.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct BorrowedFromBrv {
    /// The system.
    pub provider: String,
    /// The profile that uses it.
    pub profile: String,
    /// The portal's identity: an origin.
    pub portal: String,
    /// The base URL that was in use.
    pub portal_url: String,
    /// The data folder of `brv`.
    pub folder: PathBuf,
    /// When it was chosen.
    pub since: Timestamp,
    /// Keys of other versions, kept as they are.
    #[serde(flatten)]
    pub other: Unknown,
}

/// Where the login lives that is meant.
#[derive(Clone, Copy, Debug)]
pub enum LoginPlace<'c> {
    /// In this document.
    Here(&'c Login),
    /// In the files of Hermes.
    AtHermes(&'c Borrowed),
    /// In the files of `brv`.
    AtBrv(&'c BorrowedFromBrv),
}

/// What the file says.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct CredentialDocument {
    version: u64,
    /// The logins, one per [`Key`].
    #[serde(default)]
    pub logins: Vec<Login>,
    /// The logins that wait for `login --finish`, one per [`Key`].
    #[serde(default)]
    pub pending: Vec<Pending>,
    /// The logins of Hermes that are used in place: at most one login or one of these per [`Key`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hermes: Vec<Borrowed>,
    /// The same for those of `brv`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub brv: Vec<BorrowedFromBrv>,
    #[serde(flatten)]
    other: Unknown,
}

impl Default for CredentialDocument {
    fn default() -> Self {
        Self {
            version: VERSION,
            logins: Vec::new(),
            pending: Vec::new(),
            hermes: Vec::new(),
            brv: Vec::new(),
            other: Unknown::default(),
        }
    }
}

macro_rules! keyed {
    ($($kind:ident)*) => {$(
        impl $kind {
            /// Whether this is the one that is meant.
            pub fn is(&self, key: &Key) -> bool {
                self.provider == key.provider.name()
                    && self.profile == key.profile
                    && self.portal == key.portal
            }
        }
    )*};
}

keyed!(Login Pending Borrowed BorrowedFromBrv);

impl Login {
    /// A login of which nothing is known but its token: it neither ends nor is renewed.
    pub fn bare(key: &Key, portal_url: &Url, access_token: Secret, now: Timestamp) -> Self {
        Self {
            provider: key.provider.name().to_owned(),
            profile: key.profile.clone(),
            portal: key.portal.clone(),
            portal_url: portal_url.to_string(),
            client_id: "topup".into(),
            token_type: "Bearer".into(),
            access_token,
            refresh_token: None,
            scope: String::new(),
            expires_at: None,
            obtained_at: now,
            approved_at: None,
            refresh_inflight: None,
            refresh_refused: None,
            refresh_refused_because: None,
            moving_to: None,
            account: None,
            keeper: Keeper::Topup,
            other: Unknown::default(),
        }
    }

    /// Puts a pair of tokens in the place of the old one. Without a new refresh token the old one
    /// stays (RFC 6749, section 6); without a word about scope so does that.
    pub(super) fn renew(&mut self, issued: &Issued, now: Timestamp) {
        self.expires_at = issued.expires_at(now);
        self.obtained_at = now;
        self.refresh_inflight = None;
        self.refresh_refused = None;
        self.refresh_refused_because = None;
        self.access_token = issued.access_token.clone();
        self.token_type.clone_from(&issued.token_type);
        if let Some(token) = &issued.refresh_token {
            self.refresh_token = Some(token.clone());
        }
        if let Some(scope) = &issued.scope {
            self.scope.clone_from(scope);
        }
    }

    /// The files of Hermes that hold it; none for a login that Hermes does not keep.
    pub fn hermes_files(&self) -> &[PathBuf] {
        match &self.keeper {
            Keeper::Hermes(files) => files,
            Keeper::Topup | Keeper::Brv(_) => &[],
        }
    }

    /// The refusal of its refresh token, if the system gave one.
    pub(super) fn refusal(&self) -> Option<Refusal> {
        let word = self.refresh_refused.clone()?;
        Some(Refusal { word, description: self.refresh_refused_because.clone() })
    }

    /// Notes that the system refused its refresh token.
    pub(super) fn refuse(&mut self, refusal: Refusal) {
        self.refresh_inflight = None;
        self.refresh_refused = Some(refusal.word);
        self.refresh_refused_because = refusal.description;
    }

    /// The access token and what it says of itself. The scope is what was granted with it.
    pub fn token(&self) -> Token {
        let claims = jwt::claims(self.access_token.expose());
        Token {
            secret: self.access_token.clone(),
            organisation: claims.organisation,
            subject: claims.subject.or_else(|| self.account.clone()),
            expires_at: self.expires_at.or(claims.expires_at),
            scopes: jwt::split(&self.scope),
        }
    }
}

impl Borrowed {
    /// Whose it was when it was chosen.
    pub(super) fn identity(&self) -> Identity {
        Identity { organisation: self.organisation.clone(), subject: self.subject.clone() }
    }
}

impl CredentialDocument {
    /// The login that is meant.
    pub fn login(&self, key: &Key) -> Option<&Login> {
        self.logins.iter().find(|login| login.is(key))
    }

    /// The login that is meant, to be changed.
    pub fn login_mut(&mut self, key: &Key) -> Option<&mut Login> {
        self.logins.iter_mut().find(|login| login.is(key))
    }

    /// The base URL of the login that was made last under a profile, on the embedded sandbox none.
    pub fn latest(&self, provider: System, profile: &str) -> Option<String> {
        let here = self.logins.iter().map(|login| {
            let made = login.approved_at.unwrap_or(login.obtained_at);
            (made, &login.provider, &login.profile, &login.portal, &login.portal_url)
        });
        let at_hermes = self.hermes.iter().map(|login| {
            (login.since, &login.provider, &login.profile, &login.portal, &login.portal_url)
        });
        let at_brv = self.brv.iter().map(|login| {
            (login.since, &login.provider, &login.profile, &login.portal, &login.portal_url)
        });
        here.chain(at_hermes)
            .chain(at_brv)
            .filter(|login| {
                login.1 == provider.name() && login.2 == profile && !is_sandbox(login.3)
            })
            .max_by_key(|login| login.0)
            .map(|login| login.4.clone())
    }

    /// Where the login lives that is meant; `None` where there is none.
    pub fn place(&self, key: &Key) -> Option<LoginPlace<'_>> {
        let at_hermes = self.hermes.iter().find(|login| login.is(key)).map(LoginPlace::AtHermes);
        let at_brv = || self.brv.iter().find(|login| login.is(key)).map(LoginPlace::AtBrv);
        at_hermes.or_else(at_brv).or_else(|| self.login(key).map(LoginPlace::Here))
    }

    /// The login of Hermes that is meant, to be changed.
    pub fn borrowed_mut(&mut self, key: &Key) -> Option<&mut Borrowed> {
        self.hermes.iter_mut().find(|borrowed| borrowed.is(key))
    }

    /// Uses a login of Hermes in the place of whatever has the same key.
    pub fn borrow(&mut self, key: &Key, borrowed: Borrowed) {
        self.forget(key);
        self.hermes.push(borrowed);
    }

    /// The same for a login of `brv`.
    pub fn borrow_from_brv(&mut self, key: &Key, borrowed: BorrowedFromBrv) {
        self.forget(key);
        self.brv.push(borrowed);
    }

    /// Puts a login in the place of whatever has the same key.
    pub fn put(&mut self, key: &Key, login: Login) {
        self.hermes.retain(|borrowed| !borrowed.is(key));
        self.brv.retain(|borrowed| !borrowed.is(key));
        match self.login_mut(key) {
            Some(old) => *old = login,
            None => self.logins.push(login),
        }
    }

    /// Forgets a login and what waits for `--finish`; says whether there was a login.
    pub fn forget(&mut self, key: &Key) -> bool {
        let known = self.place(key).is_some();
        self.logins.retain(|login| !login.is(key));
        self.hermes.retain(|borrowed| !borrowed.is(key));
        self.brv.retain(|borrowed| !borrowed.is(key));
        self.pending.retain(|pending| !pending.is(key));
        known
    }
}
