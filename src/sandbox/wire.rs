//! One request and its answer, apart from the connection they travel on.

use crate::core::failure::Result;
use crate::core::money::{Amount, Money};
use rust_decimal::Decimal;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::{Map, Value, json};
use std::fmt;

/// A request as the portal reads it.
#[derive(Clone, Debug, Default)]
pub struct Call {
    /// `GET`, `POST`, …
    pub method: String,
    /// The path, as sent.
    pub path: String,
    /// The query, as sent.
    pub query: String,
    /// `http://` and the Host header: the address of this portal for the client.
    pub base: String,
    /// The bearer token.
    pub bearer: Option<String>,
    /// `Authorization`, whole.
    pub authorization: Option<String>,
    /// The headers that hold the key of a system, by their names.
    pub key_headers: Vec<(&'static str, String)>,
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
pub struct SandboxReply {
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
pub type Answered = Result<SandboxReply>;

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

impl SandboxReply {
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
        let mut body = Map::new();
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

/// A JSON object that has each key once: two amounts in one body are none.
struct Once(Map<String, Value>);

impl<'de> Deserialize<'de> for Once {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Keys;
        impl<'de> Visitor<'de> for Keys {
            type Value = Once;

            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Once, A::Error> {
                let mut map = Map::new();
                while let Some((key, value)) = entries.next_entry::<String, Value>()? {
                    if map.insert(key, value).is_some() {
                        return Err(serde::de::Error::custom("a key is there twice"));
                    }
                }
                Ok(Once(map))
            }
        }
        deserializer.deserialize_map(Keys)
    }
}

/// A JSON object with exactly these keys.
///
/// # Errors
/// What is wrong with it.
pub fn strict(body: &[u8], keys: &[&str]) -> Result<Map<String, Value>, String> {
    let Ok(Once(map)) = serde_json::from_slice(body) else {
        return Err("The body must be a JSON object that has each key once.".into());
    };
    if let Some(other) = map.keys().find(|key| !keys.contains(&key.as_str())) {
        return Err(format!("Unknown key: {}.", other.escape_debug()));
    }
    match keys.iter().find(|key| !map.contains_key(**key)) {
        Some(missing) => Err(format!("{missing} is missing.")),
        None => Ok(map),
    }
}

/// A JSON number above zero in whole cents, and not too large.
///
/// # Errors
/// What is wrong with it.
pub fn dollars(body: &Map<String, Value>, key: &str) -> Result<Decimal, String> {
    let bad = || format!("{key} must be a number above 0 and a multiple of 0.01.");
    let Some(Value::Number(number)) = body.get(key) else { return Err(bad()) };
    let value = Money::parse(&number.to_string()).ok_or_else(bad)?.0;
    Amount::from_decimal(value).map(|amount| amount.decimal().normalize()).ok_or_else(bad)
}
