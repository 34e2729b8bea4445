//! What the token endpoint says: a pair of tokens, or one word of refusal. Contract: nous,
//! authentication.
//!
//! Reading is lenient on purpose: a pair that was issued must not be lost because a field beside
//! it has the wrong type. A refresh token works once, and the answer that brings the next one
//! comes once.

use super::jwt;
use crate::core::class::Class;
use crate::core::escape;
use crate::core::failure::Failure;
use crate::core::secret::Secret;
use crate::http::Response;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value};

/// The client id that the portal knows command lines by.
pub const CLIENT_ID: &str = "hermes-cli";
/// What a login asks for when nothing else is said.
pub const DEFAULT_SCOPE: &str = "inference:invoke";
/// No access token lives longer than a year, whatever is said of it.
const LONGEST_LIFE_S: i64 = 366 * 24 * 3600;

/// A pair of tokens as it was issued.
#[derive(Clone, Debug)]
pub struct Issued {
    /// The access token.
    pub access_token: Secret,
    /// The next refresh token, if one came.
    pub refresh_token: Option<Secret>,
    /// `Bearer`, unless something else was said.
    pub token_type: String,
    /// What was granted: the answer's own words, else the token's own. `None`: neither states any.
    pub scope: Option<String>,
    /// Seconds that the access token lives.
    pub expires_in: Option<i64>,
}

/// Reads an answer with status 200; `None` when there is no access token that could be sent.
pub fn issued(answer: &Response) -> Option<Issued> {
    let mut map = object(answer)?;
    // An agent may wrap what it answers. Contract: ciris.
    if let Some(Value::Object(inner)) = map.remove("data") {
        map = inner;
    }
    let secret = |key: &str| {
        map.get(key).and_then(Value::as_str).map(Secret::new).filter(Secret::is_sendable)
    };
    let access_token = secret("access_token")?;
    let claimed = jwt::claims(access_token.expose()).scopes;
    let said = match map.get("scope") {
        Some(Value::String(scope)) => Some(jwt::split(scope)),
        Some(Value::Array(list)) => {
            Some(list.iter().filter_map(Value::as_str).map(str::to_owned).collect())
        }
        _ => None,
    };
    Some(Issued {
        refresh_token: secret("refresh_token"),
        token_type: map
            .get("token_type")
            .and_then(Value::as_str)
            .filter(|kind| !kind.is_empty())
            .unwrap_or("Bearer")
            .to_owned(),
        scope: said.or(claimed).map(|words| words.join(" ")),
        expires_in: map
            .get("expires_in")
            .and_then(whole_seconds)
            .filter(|seconds| (1..=LONGEST_LIFE_S).contains(seconds)),
        access_token,
    })
}

impl Issued {
    /// When the access token ends, by this machine's clock.
    pub fn expires_at(&self, now: Timestamp) -> Option<Timestamp> {
        match self.expires_in {
            Some(seconds) => now.checked_add(SignedDuration::from_secs(seconds)).ok(),
            None => jwt::claims(self.access_token.expose()).expires_at,
        }
    }
}

/// A refusal in the server's own words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// For programs: `error`.
    pub word: String,
    /// For people: `error_description`, where there is one.
    pub description: Option<String>,
}

impl Refusal {
    /// Reads an answer; none where it is no refusal in JSON.
    pub fn from_answer(answer: &Response) -> Option<Self> {
        let map = object(answer)?;
        let text = |key: &str| text_of(&map, key);
        Some(Self { word: text("error")?, description: text("error_description") })
    }

    /// The same as an agent says it: `detail`, or `error` with `reason_id`. Contract: ciris.
    pub fn from_detail(answer: &Response) -> Option<Self> {
        let map = object(answer)?;
        let text = |key: &str| text_of(&map, key);
        let said = text("detail").or_else(|| text("error"))?;
        let word = text("reason_id").unwrap_or_else(|| "not_authenticated".to_owned());
        Some(Self { word, description: Some(said) })
    }

    /// The same with this secret cut out of it: a server may repeat what it was sent.
    #[must_use]
    pub fn without(self, secret: &Secret) -> Self {
        let cut = |text: String| text.replace(secret.expose(), "[cut out]");
        Self { word: cut(self.word), description: self.description.map(cut) }
    }

    /// Whether it ends the refresh token that was sent.
    pub fn ends_the_token(&self) -> bool {
        let words = ["invalid_grant", "invalid_token", "refresh_token_reused", "session_revoked"];
        words.contains(&self.word.as_str())
    }

    /// Whether the whole session was logged out: by a token that was used twice, which the portal
    /// tells by a word of its own or by a description that says reuse. Contract: nous, refresh.
    pub fn ends_the_session(&self) -> bool {
        let says_reuse = |text: &String| text.to_ascii_lowercase().contains("reuse");
        matches!(self.word.as_str(), "refresh_token_reused" | "session_revoked")
            || (self.ends_the_token() && self.description.as_ref().is_some_and(says_reuse))
    }

    /// The description, else the word.
    pub fn shown(&self) -> &str {
        self.description.as_deref().unwrap_or(&self.word)
    }
}

/// What an answer says under this key; none where that is empty.
fn text_of(map: &Map<String, Value>, key: &str) -> Option<String> {
    let text = map.get(key).and_then(Value::as_str).filter(|text| !text.is_empty());
    text.map(|text| escape::cut(text).to_owned())
}

/// The word of a refusal, if the answer is one in JSON.
pub fn refusal_word(answer: &Response) -> Option<String> {
    Refusal::from_answer(answer).map(|refusal| refusal.word)
}

/// An answer of the OAuth endpoints that is neither tokens nor one of the words that the caller
/// knows.
pub fn unexpected(answer: &Response, host: &str) -> Failure {
    let refusal = Refusal::from_answer(answer);
    let said = match refusal.as_ref().and_then(|refusal| refusal.description.as_deref()) {
        Some(description) => format!(": {description}"),
        None => String::new(),
    };
    let word = refusal.map(|refusal| refusal.word);
    let (class, message) = match (answer.status, word.as_deref()) {
        (429, _) => {
            (Class::RateLimited, format!("{host} accepts no more login requests at the moment"))
        }
        (503, Some(_)) => {
            (Class::TemporarilyUnavailable, format!("{host} accepts no logins at the moment"))
        }
        (500.., _) => (Class::ServerError, format!("{host} reports a server error for logins")),
        (400..500, Some("invalid_scope")) => {
            (Class::LoginDenied, format!("{host} does not grant what was asked for{said}"))
        }
        (400..500, Some(word)) => {
            (Class::LoginDenied, format!("{host} refused the login ({word}){said}"))
        }
        (200..300, None) if object(answer).is_some() => {
            (Class::Protocol, format!("{host} gave an incomplete answer to a login request"))
        }
        _ => (
            Class::EndpointUnavailable,
            format!("{host} has no login where the Nous portal has one"),
        ),
    };
    let mut error = Failure::new(class, message).retry_after(answer.retry_after);
    let parts = error.parts_mut();
    parts.status = Some(answer.status);
    parts.code = word;
    error
}

/// The JSON object of an answer.
pub fn object(answer: &Response) -> Option<Map<String, Value>> {
    match serde_json::from_slice(&answer.body) {
        Ok(Value::Object(map)) => Some(map),
        _ => None,
    }
}

/// Whole seconds as a number or as text of digits.
pub fn whole_seconds(value: &Value) -> Option<i64> {
    match value {
        Value::Number(number) => number.as_i64(),
        Value::String(text) => text.parse().ok(),
        _ => None,
    }
}
