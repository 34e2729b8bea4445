//! Access tokens: signed JWTs with the claims that other clients read before they send anything.
//! Contract: nous, authentication.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::hmac;
use serde::{Deserialize, Serialize};

/// What a token of the sandbox says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SandboxClaims {
    /// The person.
    pub sub: String,
    /// The organisation.
    pub org_id: String,
    /// The OAuth client.
    pub client_id: String,
    /// What it may do.
    pub scope: String,
    /// When it ends, in seconds.
    pub exp: i64,
    /// When it was made, in seconds.
    pub iat: i64,
    /// Whether paid services may be used.
    pub paid_access: bool,
    /// The plan by its place, for clients: nothing here reads it, and tokens of earlier versions
    /// hold a word.
    #[serde(skip_deserializing)]
    pub subscription_tier: usize,
    /// Makes each token another one.
    pub jti: String,
    /// The session it belongs to.
    pub sid: String,
}

/// Signs the claims.
pub fn sign(secret: &str, claims: &SandboxClaims) -> Option<String> {
    let header = URL_SAFE_NO_PAD.encode(r#"{"alg":"HS256","typ":"JWT"}"#);
    let payload = URL_SAFE_NO_PAD.encode(serde_json::to_vec(claims).ok()?);
    let signed = format!("{header}.{payload}");
    let tag = hmac::sign(&key(secret), signed.as_bytes());
    Some(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(tag)))
}

/// The claims of a token that was signed here; times are not checked.
pub fn verify(secret: &str, token: &str) -> Option<SandboxClaims> {
    let (signed, tag) = token.rsplit_once('.')?;
    let tag = URL_SAFE_NO_PAD.decode(tag).ok()?;
    hmac::verify(&key(secret), signed.as_bytes(), &tag).ok()?;
    let (_, payload) = signed.split_once('.')?;
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).ok()?).ok()
}

/// A word for the forms of the pages that only this portal can have made.
pub fn form_word(secret: &str) -> String {
    URL_SAFE_NO_PAD.encode(hmac::sign(&key(secret), b"forms of the pages"))
}

fn key(secret: &str) -> hmac::Key {
    hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_own_signature_counts() {
        let claims = SandboxClaims {
            sub: "user".into(),
            org_id: "org".into(),
            client_id: "c".into(),
            scope: "a b".into(),
            exp: 2,
            iat: 1,
            paid_access: true,
            subscription_tier: 0,
            jti: "1".into(),
            sid: "s".into(),
        };
        let token = sign("secret", &claims).expect("a token");
        assert_eq!(verify("secret", &token), Some(claims));
        assert_eq!(verify("other", &token), None);
        let signed = token.rsplit_once('.').expect("signed").0.split_once('.').expect("claims").1;
        let told = URL_SAFE_NO_PAD.decode(signed).expect("base64");
        assert!(String::from_utf8_lossy(&told).contains(r#""subscription_tier":0"#));
        let forged = token.replacen('.', "x.", 1);
        assert_eq!(verify("secret", &forged), None);
        assert_eq!(verify("secret", "nonsense"), None);
    }
}
