//! What an access token says of itself. Nothing here is verified: the system does that. A token
//! that is no JWT says nothing and is used all the same.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use serde_json::{Map, Value};

/// The claims that matter here. Contract: nous, authentication.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Claims {
    /// `sub`: the person.
    pub subject: Option<String>,
    /// `org_id`: the organisation that is billed.
    pub organisation: Option<String>,
    /// `owner_id`: the team. Contract: vercel.
    pub owner: Option<String>,
    /// `client_id`: the program that the token was issued to.
    pub client_id: Option<String>,
    /// `scope` or `scp`: what it may do, as words.
    pub scopes: Option<Vec<String>>,
    /// `exp`: when it ends.
    pub expires_at: Option<Timestamp>,
    /// `iat`: when it was issued.
    pub issued_at: Option<Timestamp>,
}

/// Reads the payload of a JWT; whatever cannot be read is simply not said.
pub fn claims(token: &str) -> Claims {
    let Some(payload) = payload(token) else { return Claims::default() };
    let word = |key: &str| {
        payload.get(key).and_then(Value::as_str).filter(|text| !text.is_empty()).map(str::to_owned)
    };
    let time = |key: &str| {
        payload
            .get(key)
            .and_then(Value::as_i64)
            .and_then(|seconds| Timestamp::from_second(seconds).ok())
    };
    Claims {
        subject: word("sub"),
        organisation: word("org_id"),
        owner: word("owner_id"),
        client_id: word("client_id"),
        scopes: payload.get("scope").and_then(words).or_else(|| payload.get("scp").and_then(words)),
        expires_at: time("exp"),
        issued_at: time("iat"),
    }
}

/// The words of a scope text.
pub fn split(scope: &str) -> Vec<String> {
    scope.split_ascii_whitespace().map(str::to_owned).collect()
}

/// A scope as text of words or as a list of words.
fn words(value: &Value) -> Option<Vec<String>> {
    match value {
        Value::String(text) => Some(split(text)),
        Value::Array(list) => Some(list.iter().filter_map(Value::as_str).flat_map(split).collect()),
        _ => None,
    }
}

fn payload(token: &str) -> Option<Map<String, Value>> {
    let mut parts = token.split('.');
    let (_, payload, _) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() {
        return None;
    }
    let bytes = URL_SAFE_NO_PAD.decode(payload.trim_end_matches('=')).ok()?;
    match serde_json::from_slice(&bytes).ok()? {
        Value::Object(map) => Some(map),
        _ => None,
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// An unsigned token with this payload.
    pub(crate) fn token_of(payload: &Value) -> String {
        format!("e30.{}.c2ln", URL_SAFE_NO_PAD.encode(payload.to_string()))
    }

    #[test]
    fn claims_are_read_whichever_way_the_scope_is_written() {
        let base = serde_json::json!({"sub": "u1", "org_id": "org_acme", "client_id": "hermes-cli",
            "exp": 1_800_000_000, "iat": 1_799_999_100, "other": [1]});
        for (key, scope) in [
            ("scope", serde_json::json!("inference:invoke billing:manage")),
            ("scp", serde_json::json!(["inference:invoke", "billing:manage"])),
        ] {
            let mut payload = base.clone();
            payload[key] = scope;
            let claims = claims(&token_of(&payload));
            assert_eq!(claims.subject.as_deref(), Some("u1"));
            assert_eq!(claims.organisation.as_deref(), Some("org_acme"));
            assert_eq!(
                claims.scopes,
                Some(vec!["inference:invoke".to_owned(), "billing:manage".to_owned()])
            );
            assert_eq!(claims.expires_at, Timestamp::from_second(1_800_000_000).ok());
        }
    }

    #[test]
    fn what_is_no_token_of_that_kind_says_nothing() {
        for token in ["", "opaque", "a.b", "a.b.c.d", "e30.bm9qc29u.x", "e30.W10.x", "...", "é.é.é"]
        {
            assert_eq!(claims(token), Claims::default(), "{token}");
        }
        let odd = claims(&token_of(&serde_json::json!({"org_id": "", "exp": "soon", "sub": 7})));
        assert_eq!(odd, Claims::default());
    }
}
