//! One request, and the secret that goes with it.

pub use reqwest::Method;

use crate::core::failure::{Failure, Result};
use crate::core::secret::Secret;
use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use std::time::Duration;
use url::Url;

/// The total deadline of a request that only reads.
pub const READ_DEADLINE: Duration = Duration::from_secs(15);
/// The total deadline of a request that may spend.
pub const SPEND_DEADLINE: Duration = Duration::from_secs(30);

/// One request, as typed by a provider.
#[derive(Clone)]
pub struct Request {
    pub(super) method: Method,
    pub(super) url: Url,
    pub(super) headers: HeaderMap,
    pub(super) body: Option<Vec<u8>>,
    pub(super) deadline: Duration,
    pub(super) fresh: bool,
    pub(super) to_the_end: bool,
    pub(super) secret_path: bool,
    pub(super) limit: Duration,
}

/// A secret and the only origin it may be sent to.
#[derive(Clone, Copy, Debug)]
pub struct Bearer<'a> {
    /// The access token.
    pub token: &'a Secret,
    /// Where it belongs.
    pub home: &'a Url,
    /// How it is shown to the system.
    pub presented: Presented,
}

/// How a system wants to be shown a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presented {
    /// `Authorization: Bearer …`.
    Bearer,
    /// `Authorization:` with another word before the secret.
    Scheme(&'static str),
    /// The bare secret in a header of this name, in small letters.
    Header(&'static str),
}

impl Request {
    /// A request with the deadline of a reading request.
    pub fn new(method: Method, url: Url) -> Self {
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        Self {
            method,
            url,
            headers,
            body: None,
            deadline: READ_DEADLINE,
            fresh: false,
            to_the_end: false,
            secret_path: false,
            limit: Duration::MAX,
        }
    }

    /// Puts JSON bytes into the body, as they are.
    #[must_use]
    pub fn json(mut self, body: Vec<u8>) -> Self {
        self.headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        self.body = Some(body);
        self
    }

    /// Puts a form into the body.
    #[must_use]
    pub fn form(mut self, fields: &[(&str, &str)]) -> Self {
        let text =
            url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        self.headers
            .insert(CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"));
        self.body = Some(text.into_bytes());
        self
    }

    /// Adds a header that may be shown.
    ///
    /// # Errors
    /// Class `usage` when the value cannot stand in a header.
    pub fn header(mut self, name: &'static str, value: &str) -> Result<Self> {
        let value = HeaderValue::from_str(value)
            .map_err(|_| Failure::usage(format!("the value of {name} cannot be sent")))?;
        self.headers.insert(HeaderName::from_static(name), value);
        Ok(self)
    }

    /// Adds a header that is never shown.
    ///
    /// # Errors
    /// Class `config` when the secret cannot stand in a header.
    pub fn secret_header(mut self, name: &'static str, secret: &Secret) -> Result<Self> {
        self.headers.insert(HeaderName::from_static(name), secret_value(secret.expose())?);
        Ok(self)
    }

    /// The method and the URL, for a person.
    pub fn shown(&self) -> String {
        format!("{} {}", self.method, self.url)
    }

    /// Sets the total deadline.
    #[must_use]
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }

    /// Waits for the answer under all circumstances: neither `--timeout` nor a first signal cuts
    /// this request short, because losing its answer would lose more than the time.
    #[must_use]
    pub fn to_the_end(mut self) -> Self {
        self.to_the_end = true;
        self
    }

    /// Ends after this at the latest, even where `--timeout` would allow more.
    #[must_use]
    pub fn at_most(mut self, limit: Duration) -> Self {
        self.limit = limit;
        self
    }

    /// Shows scheme and host of the URL only: the rest of it may grant access.
    #[must_use]
    pub fn with_secret_path(mut self) -> Self {
        self.secret_path = true;
        self
    }

    /// Asks for a connection that no other request has used.
    #[must_use]
    pub fn on_fresh_connection(mut self) -> Self {
        self.fresh = true;
        self
    }
}

pub(super) fn secret_value(secret: &str) -> Result<HeaderValue> {
    let mut value = HeaderValue::from_str(secret).map_err(|_| {
        Failure::config("the stored token has characters that cannot be sent")
            .hint("Run 'topup login'.")
    })?;
    value.set_sensitive(true);
    Ok(value)
}
