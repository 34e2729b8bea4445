//! One copy of a login of Hermes: the object `providers.nous` of `auth.json`, or the whole of the
//! copy that all homes share.

use super::super::document::Login;
use super::super::jwt;
use super::super::oauth;
use super::super::secure_file::{self, Owner, place_of};
use super::super::token::Identity;
use super::text::Object;
use crate::core::class::Class;
use crate::core::command::NextStep;
use crate::core::env;
use crate::core::failure::{Failure, Result};
use crate::core::files::is_link;
use crate::core::secret::Secret;
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde_json::Value;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use url::Url;

/// What helps where Hermes has no login that works.
pub const LOG_IN: &str = "Log in to Hermes with 'hermes auth add nous', or run 'topup login' for a login of topup's own.";
/// The portal of a login that names none.
const USUAL_PORTAL: &str = "https://portal.nousresearch.com";
/// The host that the portal had once: logins that name it are those of the usual one.
const RETIRED_HOST: &str = "api.nousresearch.com";

/// What Hermes calls a guest that has no account.
const GUEST: &str = "anonymous";

/// What was found where a copy should be.
pub(super) enum Found {
    /// No file, or a file without a login.
    Nothing,
    /// A login.
    Copy(Box<Copy>),
    /// A file that makes no sense; why.
    Broken(Failure),
}

/// One copy. Never shown as it is: there are tokens in its text.
pub(super) struct Copy {
    /// The file itself, behind a link where there is one.
    pub file: PathBuf,
    path: &'static [&'static str],
    pub text: String,
    pub portal_url: String,
    pub tokens: Tokens,
}

/// What a copy says.
pub(super) struct Tokens {
    pub client_id: String,
    pub token_type: String,
    pub access_token: Secret,
    pub refresh_token: Option<Secret>,
    pub scope: String,
    pub expires_at: Option<Timestamp>,
    pub obtained_at: Option<Timestamp>,
}

impl Copy {
    /// The login in `auth.json` of a home. A link is followed, as Hermes does, and written through.
    ///
    /// # Errors
    /// Class `config` for a file that is not safe to use.
    pub(super) fn in_home(file: &Path) -> Result<Found> {
        let real = behind_link(file).map_err(|cause| {
            Failure::config(format!("the link {} leads nowhere: {cause}", file.display()))
                .because(anyhow::Error::new(cause))
                .hint("Fix or remove the link, then run 'topup login --hermes'.")
        })?;
        Self::read(&real, &["providers", "nous"])
    }

    /// The copy that all homes share.
    ///
    /// # Errors
    /// As [`Copy::in_home`].
    pub(super) fn shared(file: &Path) -> Result<Found> {
        match behind_link(file) {
            Ok(real) => Self::read(&real, &[]),
            // Hermes does not see one that leads nowhere.
            Err(_) => Ok(Found::Nothing),
        }
    }

    fn read(file: &Path, path: &'static [&'static str]) -> Result<Found> {
        let bytes = secure_file::read(file, Owner::Hermes).map_err(|error| at_home(file, error))?;
        let Some(bytes) = bytes else { return Ok(Found::Nothing) };
        match Self::parse(file, path, bytes) {
            Ok(Some(copy)) => Ok(Found::Copy(Box::new(copy))),
            Ok(None) => Ok(Found::Nothing),
            Err(why) => {
                let message =
                    format!("the login of Hermes in {} cannot be read: {why}", file.display());
                Ok(Found::Broken(Failure::new(Class::NotLoggedIn, message).hint(LOG_IN)))
            }
        }
    }

    fn parse(
        file: &Path,
        path: &'static [&'static str],
        bytes: Vec<u8>,
    ) -> Result<Option<Self>, String> {
        if secure_file::is_blank(&bytes) {
            return Err("there is nothing in it".into());
        }
        let text = String::from_utf8(bytes).map_err(|_| "it is not text")?;
        let Some(object) = Object::at(&text, path).map_err(|cause| place_of(&cause))? else {
            return Ok(None);
        };
        let words = |key: &str| match object.get(key) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.trim().to_owned()).filter(|t| !t.is_empty())),
            Some(_) => Err(format!("its {key} is not text")),
        };
        let secret = |key: &str| match words(key)?.map(Secret::new) {
            Some(secret) if !secret.is_sendable() => {
                Err(format!("its {key} has characters that cannot be sent"))
            }
            secret => Ok(secret),
        };
        let Some(access_token) = secret("access_token")? else { return Ok(None) };
        if words("auth_method")?.as_deref() == Some(GUEST) {
            return Ok(None);
        }
        let claims = jwt::claims(access_token.expose());
        let time = |key: &str| object.get(key).and_then(|value| time_in(&value));
        let tokens = Tokens {
            client_id: words("client_id")?.unwrap_or_else(|| oauth::CLIENT_ID.to_owned()),
            token_type: words("token_type")?.unwrap_or_else(|| "Bearer".to_owned()),
            refresh_token: secret("refresh_token")?,
            scope: words("scope")?
                .or_else(|| claims.scopes.map(|words| words.join(" ")))
                .unwrap_or_default(),
            expires_at: time("expires_at").or(claims.expires_at),
            obtained_at: time("obtained_at").or(claims.issued_at),
            access_token,
        };
        let portal_url = portal_of(words("portal_base_url")?);
        Ok(Some(Self { file: file.to_owned(), path, portal_url, tokens, text }))
    }

    /// The origin that its tokens belong to.
    pub(super) fn origin(&self) -> Option<String> {
        let url = crate::core::base_url::base_url(&self.portal_url, true).ok()?;
        Some(url.origin().ascii_serialization())
    }

    /// Whose tokens it holds.
    pub(super) fn identity(&self) -> Identity {
        Identity::from_token(&self.tokens.access_token)
    }

    pub(super) fn holds(&self, fingerprint: &str) -> bool {
        self.tokens.refresh_token.as_ref().is_some_and(|token| token.fingerprint() == fingerprint)
    }

    pub(super) fn is_fresher_than(&self, other: &Self) -> bool {
        let (one, two) = (&self.tokens, &other.tokens);
        match (one.obtained_at, two.obtained_at) {
            (Some(one), Some(two)) if one != two => one > two,
            _ => one.expires_at > two.expires_at,
        }
    }

    /// The text of the file with these tokens in it.
    pub(super) fn with(&self, login: &Login) -> Result<String> {
        let secret = |secret: &Secret| Value::from(secret.expose());
        let time = |time: Option<Timestamp>| time.map_or(Value::Null, |time| written(time).into());
        let mut changes = vec![
            ("access_token", secret(&login.access_token)),
            ("token_type", login.token_type.as_str().into()),
            ("scope", login.scope.as_str().into()),
            ("obtained_at", time(Some(login.obtained_at))),
            ("expires_at", time(login.expires_at)),
        ];
        changes.extend(login.refresh_token.iter().map(|token| ("refresh_token", secret(token))));
        let lost = || Failure::internal("the login of Hermes got lost while it was renewed");
        let object = Object::at(&self.text, self.path).ok().flatten().ok_or_else(lost)?;
        if object.has("expires_in") {
            let left = login.expires_at.map(|ends| ends.duration_since(login.obtained_at));
            changes.push(("expires_in", left.map(|left| left.as_secs()).into()));
        }
        Ok(object.with(&changes))
    }
}

/// The file that a link leads to; the path itself where it is none.
fn behind_link(file: &Path) -> io::Result<PathBuf> {
    if is_link(file) { fs::canonicalize(file) } else { Ok(file.to_owned()) }
}

/// Where the common advice is wrong for files that belong to Hermes: a second file with the same
/// tokens would end the session.
fn at_home(file: &Path, error: Failure) -> Failure {
    let mut error = error;
    if file.parent().is_some_and(|folder| folder.exists() && !folder.is_dir()) {
        error.parts_mut().hints = vec![NextStep::filled(
            "Set {} and {} to folders, then run 'topup login --hermes'.",
            &[&env::HERMES_HOME, &env::HERMES_SHARED],
        )];
    }
    error
}

/// The portal that a copy names. Where it names none, or the host that the portal had once, it is
/// the usual one, for Hermes as well.
fn portal_of(named: Option<String>) -> String {
    let is_retired =
        |url: &String| Url::parse(url).is_ok_and(|url| url.host_str() == Some(RETIRED_HOST));
    named.filter(|url| !is_retired(url)).unwrap_or_else(|| USUAL_PORTAL.to_owned())
}

/// A time as Hermes writes it, or as anybody would: ISO 8601 with an offset, with `Z`, or with
/// neither, which means UTC.
pub(super) fn time_in(value: &Value) -> Option<Timestamp> {
    let text = value.as_str()?.trim();
    text.parse().ok().or_else(|| {
        let time: DateTime = text.parse().ok()?;
        time.to_zoned(TimeZone::UTC).ok().map(|zoned| zoned.timestamp())
    })
}

/// A time in the form that Hermes writes and every version of it reads.
pub(super) fn written(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%S%.6f+00:00").to_string()
}
