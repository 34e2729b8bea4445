//! One request and its answer, apart from the connection they travel on.

use super::store::Work;
use crate::core::failure::Result;
use serde_json::{Value, json};

/// A request as the portal reads it.
#[derive(Clone, Debug, Default)]
pub struct Call {
    /// `GET`, `POST`, …
    pub method: String,
    /// The path, as sent.
    pub path: String,
    /// The query, as sent.
    pub query: String,
    /// `http://` and the Host header: where this portal is for whoever asks.
    pub base: String,
    /// The bearer token.
    pub bearer: Option<String>,
    /// `Idempotency-Key`.
    pub idempotency_key: Option<String>,
    /// `x-nous-refresh-token`.
    pub refresh_token: Option<String>,
    /// `x-byterover-session-id`.
    pub session_key: Option<String>,
    /// `Origin`.
    pub origin: Option<String>,
    /// The body.
    pub body: Vec<u8>,
}

/// An answer of the portal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// The HTTP status.
    pub status: u16,
    /// The media type.
    pub kind: &'static str,
    /// Further headers.
    pub headers: Vec<(&'static str, String)>,
    /// The body.
    pub body: Vec<u8>,
}

/// Either way an answer goes out: an early one is a refusal.
pub type Answered = Result<Reply>;

impl Call {
    /// The segments of the path, percent-decoded.
    pub fn segments(&self) -> Vec<String> {
        self.path
            .trim_start_matches('/')
            .split('/')
            .map(|part| {
                // A form's own signs mean nothing in a path.
                let part = part.replace('+', "%2B").replace('&', "%26");
                url::form_urlencoded::parse(format!("x={part}").as_bytes())
                    .next()
                    .map(|(_, value)| value.into_owned())
                    .unwrap_or_default()
            })
            .collect()
    }

    /// A field of a form body.
    pub fn field(&self, name: &str) -> Option<String> {
        pair(&self.body, name)
    }

    /// A parameter of the query.
    pub fn parameter(&self, name: &str) -> Option<String> {
        pair(self.query.as_bytes(), name)
    }
}

fn pair(bytes: &[u8], name: &str) -> Option<String> {
    url::form_urlencoded::parse(bytes)
        .find(|(key, _)| key == name)
        .map(|(_, value)| value.into_owned())
}

impl Reply {
    /// A JSON answer.
    pub fn json(status: u16, body: &Value) -> Self {
        Self {
            status,
            kind: "application/json",
            headers: Vec::new(),
            body: body.to_string().into_bytes(),
        }
    }

    /// A page.
    pub fn page(status: u16, body: String) -> Self {
        Self {
            status,
            kind: "text/html; charset=utf-8",
            headers: Vec::new(),
            body: body.into_bytes(),
        }
    }

    /// Sends the browser to another page of this portal.
    pub fn see(path: &str) -> Self {
        Self::page(303, String::new()).header("location", path.to_owned())
    }

    /// An error of the contract.
    pub fn error(status: u16, error: &str, message: &str) -> Self {
        Self::json(status, &json!({"error": error, "message": message}))
    }

    /// An error of the contract that names a page and more.
    pub fn refusal(status: u16, error: &str, message: &str, more: &[(&str, Value)]) -> Self {
        let mut body = serde_json::Map::new();
        body.insert("error".into(), error.into());
        body.insert("message".into(), message.into());
        body.insert("portalUrl".into(), "/billing?topup=open".into());
        for (key, value) in more {
            body.insert((*key).to_owned(), value.clone());
        }
        Self::json(status, &Value::Object(body))
    }

    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: &'static str, value: String) -> Self {
        self.headers.push((name, value));
        self
    }

    /// Says how many seconds to wait.
    #[must_use]
    pub fn retry_after(self, seconds: i64) -> Self {
        self.header("retry-after", seconds.max(1).to_string())
    }
}

/// What a session may do, as its access token says and the portal still allows.
#[derive(Clone, Debug)]
pub struct Caller {
    /// The session.
    pub session: String,
    /// The scopes of the token.
    pub scopes: Vec<String>,
}

/// Who calls, or the refusal that says why nobody does. Contract: nous, errors.
///
/// # Errors
/// Class `config` when the state cannot be read.
pub fn caller(work: &Work<'_>, call: &Call) -> Result<Result<Caller, Reply>> {
    let invalid = || Err(Reply::error(401, "invalid_token", "Authentication required."));
    let secret = work.text("secret")?.unwrap_or_default();
    let Some(claims) =
        call.bearer.as_deref().and_then(|token| super::token::verify(&secret, token))
    else {
        return Ok(invalid());
    };
    let standing =
        work.sql.query_row("SELECT revoked FROM session WHERE id = ?1", [&claims.sid], |row| {
            row.get::<_, bool>(0)
        });
    match standing {
        Ok(true) => {
            return Ok(Err(Reply::error(401, "session_revoked", "This session was logged out.")));
        }
        Ok(false) => {}
        Err(_) => return Ok(invalid()),
    }
    if claims.exp <= work.now().as_second() {
        return Ok(invalid());
    }
    let scopes = claims.scope.split_whitespace().map(str::to_owned).collect();
    Ok(Ok(Caller { session: claims.sid, scopes }))
}
