//! Logging in: the device flow of RFC 8628, single-use refresh tokens, silent downscoping.
//! Contract: nous, authentication.

use super::gates::BILLING;
use super::store::{StoreWork, random_word};
use super::token::{self, SandboxClaims};
use super::wire::{Answered, Call, SandboxReply};
use super::{account, plans};
use crate::core::failure::Result;
use rusqlite::params;
use serde_json::json;
use uuid::Uuid;

/// How long a device code can be approved, in seconds.
const DEVICE_LIFE_S: i64 = 600;
/// How long an access token lasts unless it was set otherwise, in seconds.
const TOKEN_LIFE_S: i64 = 15 * 60;
/// How long a login lasts from its approval, whatever is refreshed, in milliseconds.
const LOGIN_LIFE_MS: i64 = 30 * 24 * 3_600_000;

/// The words that answer a refresh token which was used before; the first unless it was set
/// otherwise. Both were seen at the portal. Contract: nous, refresh.
pub const REUSE_WORDS: [&str; 2] = ["invalid_grant", "refresh_token_reused"];

/// Tokens as handed out.
#[derive(Clone, Debug)]
pub struct Tokens {
    /// The access token.
    pub access: String,
    /// The single-use refresh token.
    pub refresh: String,
    /// Seconds that the access token lasts.
    pub expires_in: i64,
    /// What was granted.
    pub scope: String,
}

/// A device code and what its person has said.
#[derive(Clone, Debug)]
pub struct Device {
    /// What the person types.
    pub user_code: String,
    /// Which client asks.
    pub client_id: String,
    /// What it asks for.
    pub scope: String,
    /// `pending`, `approved`, `denied`, `used`, or `expired`.
    pub standing: String,
    /// What was granted; nothing before it is approved.
    pub granted: String,
    /// Until when it can be approved.
    pub expires_ms: i64,
}

/// Begins a session and hands out its first tokens.
///
/// # Errors
/// Class `config`.
pub fn begin_session(
    work: &StoreWork<'_>,
    client_id: &str,
    scope: &str,
) -> Result<(String, Tokens)> {
    let session = Uuid::new_v4().to_string();
    work.run(
        "INSERT INTO session (id, client_id, approved_ms) VALUES (?1, ?2, ?3)",
        params![session, client_id, work.now_ms()],
    )?;
    let tokens = hand_out(work, &session, client_id, scope, work.now_ms())?;
    Ok((session, tokens))
}

/// New tokens of a session; the access token does not outlive the login.
fn hand_out(
    work: &StoreWork<'_>,
    session: &str,
    client_id: &str,
    scope: &str,
    approved_ms: i64,
) -> Result<Tokens> {
    let login_left = (approved_ms + LOGIN_LIFE_MS - work.now_ms()) / 1000;
    let expires_in = work.number("token-life-s")?.unwrap_or(TOKEN_LIFE_S).min(login_left);
    let now = work.now().as_second();
    let claims = SandboxClaims {
        sub: work.text("user").unwrap_or_default(),
        org_id: work.text("org").unwrap_or_default(),
        client_id: client_id.to_owned(),
        scope: scope.to_owned(),
        exp: now + expires_in,
        iat: now,
        paid_access: work.text("access").is_none(),
        subscription_tier: plans::current(work)?.order(),
        jti: Uuid::new_v4().to_string(),
        sid: session.to_owned(),
    };
    let secret = work.text("secret").unwrap_or_default();
    let access = token::sign(&secret, &claims)
        .ok_or_else(|| crate::core::failure::Failure::internal("a token could not be signed"))?;
    let refresh = format!("rt_{}", random_word());
    work.run(
        "INSERT INTO refresh (token, session, scope) VALUES (?1, ?2, ?3)",
        params![refresh, session, scope],
    )?;
    Ok(Tokens { access, refresh, expires_in, scope: scope.to_owned() })
}

/// `POST /api/oauth/device/code`.
///
/// # Errors
/// Class `config`.
pub fn device_code(work: &StoreWork<'_>, call: &Call, auto_approve: bool) -> Answered {
    let Some(client_id) = call.field("client_id").filter(|id| !id.is_empty()) else {
        return Ok(oauth_error("invalid_request", "client_id is missing"));
    };
    let scope = call.field("scope").unwrap_or_else(|| "inference:invoke".into());
    let device_code = format!("dc_{}", random_word());
    let user_code = readable_code();
    let interval_s = work.number("interval-s")?.unwrap_or(5);
    work.run("INSERT INTO device (device_code, user_code, client_id, scope, expires_ms, interval_ms, standing)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, 'pending')", params![
                device_code,
                user_code,
                client_id,
                scope,
                work.now_ms() + DEVICE_LIFE_S * 1000,
                interval_s * 1000
            ])?;
    if auto_approve {
        decide(work, &user_code, Some(true))?;
    }
    Ok(SandboxReply::json(
        200,
        &json!({
            "device_code": device_code,
            "user_code": user_code,
            "verification_uri": format!("{}/device", call.base),
            "verification_uri_complete": format!("{}/device?user_code={user_code}", call.base),
            "expires_in": DEVICE_LIFE_S,
            "interval": interval_s,
        }),
    ))
}

/// Eight letters that cannot be mistaken for another, in two groups.
fn readable_code() -> String {
    const LETTERS: &[u8; 16] = b"BCDFGHJKLMNPQRST";
    let letters: String = Uuid::new_v4()
        .as_bytes()
        .iter()
        .take(8)
        .map(|byte| char::from(LETTERS[usize::from(byte & 15)]))
        .collect();
    format!("{}-{}", &letters[..4], &letters[4..])
}

/// A code as it was shown, however it was typed: in small letters, with spaces, without the dash.
fn tidy(typed: &str) -> String {
    let letters: String = typed.chars().filter(char::is_ascii_alphanumeric).collect();
    let letters = letters.to_ascii_uppercase();
    match letters.split_at_checked(4) {
        Some((first, second)) if !second.is_empty() => format!("{first}-{second}"),
        _ => letters,
    }
}

/// A device code by what its person typed.
///
/// # Errors
/// Class `config`.
pub fn device(work: &StoreWork<'_>, user_code: &str) -> Result<Option<Device>> {
    let now = work.now_ms();
    work.row(
            "SELECT user_code, client_id, scope, standing, expires_ms, granted FROM device WHERE user_code = ?1",
            [tidy(user_code)],
            |row| {
                let expires_ms: i64 = row.get(4)?;
                let expired = expires_ms <= now;
                let standing: String = row.get(3)?;
                Ok(Device {
                    user_code: row.get(0)?,
                    client_id: row.get(1)?,
                    scope: row.get(2)?,
                    standing: if expired && standing == "pending" { "expired".into() } else { standing },
                    granted: row.get::<_, Option<String>>(5)?.unwrap_or_default(),
                    expires_ms,
                })
            },
        )
}

/// What the person at the page says: approve, with or without spending, or deny. Says what was
/// granted: spending is silently left out for who may not allow it.
///
/// # Errors
/// Class `config`.
pub fn decide(
    work: &StoreWork<'_>,
    user_code: &str,
    allow_billing: Option<bool>,
) -> Result<Option<String>> {
    let Some(device) = device(work, user_code)?.filter(|device| device.standing == "pending")
    else {
        return Ok(None);
    };
    let (standing, granted) = match allow_billing {
        None => ("denied", String::new()),
        Some(allow) => {
            let spending = allow && account::may_charge(&account::role(work));
            ("approved", narrowed(&device.scope, spending))
        }
    };
    work.run(
        "UPDATE device SET standing = ?2, granted = ?3 WHERE user_code = ?1",
        params![device.user_code, standing, granted],
    )?;
    Ok(Some(granted))
}

/// The scopes without the one that spends, unless it is allowed.
fn narrowed(scope: &str, spending: bool) -> String {
    let words: Vec<&str> =
        scope.split_whitespace().filter(|word| spending || *word != BILLING).collect();
    words.join(" ")
}

/// `POST /api/oauth/token`.
///
/// # Errors
/// Class `config`.
pub fn token(work: &StoreWork<'_>, call: &Call) -> Answered {
    match call.field("grant_type").as_deref() {
        Some("urn:ietf:params:oauth:grant-type:device_code") => by_device_code(work, call),
        Some("refresh_token") => by_refresh_token(work, call),
        _ => Ok(oauth_error("unsupported_grant_type", "This grant type is not offered.")),
    }
}

fn by_device_code(work: &StoreWork<'_>, call: &Call) -> Answered {
    let device_code = call.field("device_code").unwrap_or_default();
    let found = work.row(
            "SELECT client_id, expires_ms, interval_ms, polled_ms, standing, granted FROM device WHERE device_code = ?1",
            [&device_code],
            |row| {
                Ok((
                    row.get::<_, String>(0)?,
                    row.get::<_, i64>(1)?,
                    row.get::<_, i64>(2)?,
                    row.get::<_, Option<i64>>(3)?,
                    row.get::<_, String>(4)?,
                    row.get::<_, Option<String>>(5)?,
                ))
            },
        )?;
    let Some((client_id, expires_ms, interval_ms, polled_ms, standing, granted)) = found else {
        return Ok(oauth_error("invalid_grant", "This device code is not known."));
    };
    if call.field("client_id").as_deref() != Some(&client_id) {
        return Ok(oauth_error("invalid_client", "This device code belongs to another client."));
    }
    let now = work.now_ms();
    let set = |column: &str, value: i64| {
        let order = format!("UPDATE device SET {column} = ?2 WHERE device_code = ?1");
        work.run(&order, params![device_code, value])
    };
    set("polled_ms", now)?;
    match standing.as_str() {
        "denied" => Ok(oauth_error("access_denied", "The request was denied.")),
        "used" => Ok(oauth_error("invalid_grant", "This device code was used already.")),
        _ if expires_ms <= now => Ok(oauth_error("expired_token", "The device code has expired.")),
        "approved" => {
            work.run("UPDATE device SET standing = 'used' WHERE device_code = ?1", [&device_code])?;
            let (_, tokens) = begin_session(work, &client_id, &granted.unwrap_or_default())?;
            Ok(granted_reply(&tokens))
        }
        // A little early is forgiven: clocks and networks are not exact.
        _ if polled_ms.is_some_and(|polled| now - polled < interval_ms - 500) => {
            set("interval_ms", interval_ms + 5_000)?;
            Ok(oauth_error("slow_down", "Ask less often."))
        }
        _ => Ok(oauth_error("authorization_pending", "The person has not decided yet.")),
    }
}

/// The refresh token of a request: in the header of this portal, in the form as RFC 6749 has it, or
/// the same one in both.
fn presented(call: &Call) -> Result<String, SandboxReply> {
    let header = call.refresh_token.clone().filter(|token| !token.is_empty());
    let form = call.field("refresh_token").filter(|token| !token.is_empty());
    match (header, form) {
        (Some(header), Some(form)) if header != form => {
            Err(oauth_error("invalid_request", "Header and form have different refresh tokens."))
        }
        (Some(token), _) | (None, Some(token)) => Ok(token),
        (None, None) => Err(oauth_error("invalid_request", "The refresh token is missing.")),
    }
}

fn by_refresh_token(work: &StoreWork<'_>, call: &Call) -> Answered {
    let presented = match presented(call) {
        Ok(token) => token,
        Err(refused) => return Ok(refused),
    };
    let found = work.row(
        "SELECT r.session, r.scope, r.used, s.client_id, s.approved_ms, s.revoked
             FROM refresh r JOIN session s ON s.id = r.session WHERE r.token = ?1",
        [&presented],
        |row| {
            Ok((
                row.get::<_, String>(0)?,
                row.get::<_, String>(1)?,
                row.get::<_, bool>(2)?,
                row.get::<_, String>(3)?,
                row.get::<_, i64>(4)?,
                row.get::<_, bool>(5)?,
            ))
        },
    )?;
    let Some((session, scope, used, client_id, approved_ms, revoked)) = found else {
        return Ok(oauth_error("invalid_grant", "This refresh token is not known."));
    };
    if used {
        // Somebody has a copy: the session ends for all holders.
        work.run("UPDATE session SET revoked = 1 WHERE id = ?1", [&session])?;
        let word = work.text("refresh-reuse");
        let word = word.as_deref().unwrap_or(REUSE_WORDS[0]);
        return Ok(oauth_error(word, "Refresh token reuse detected; the session is revoked."));
    }
    if revoked || work.now_ms() - approved_ms >= LOGIN_LIFE_MS {
        return Ok(oauth_error("invalid_grant", "This login has ended."));
    }
    if call.field("client_id").as_deref() != Some(&client_id) {
        return Ok(oauth_error("invalid_client", "This refresh token belongs to another client."));
    }
    work.run("UPDATE refresh SET used = 1 WHERE token = ?1", [&presented])?;
    // Who is no admin any more loses the permission at the next refresh.
    let scope = narrowed(&scope, account::may_charge(&account::role(work)));
    let tokens = hand_out(work, &session, &client_id, &scope, approved_ms)?;
    Ok(granted_reply(&tokens))
}

fn granted_reply(tokens: &Tokens) -> SandboxReply {
    SandboxReply::json(
        200,
        &json!({
            "access_token": tokens.access,
            "refresh_token": tokens.refresh,
            "token_type": "Bearer",
            "expires_in": tokens.expires_in,
            "scope": tokens.scope,
        }),
    )
}

fn oauth_error(error: &str, description: &str) -> SandboxReply {
    SandboxReply::json(400, &json!({"error": error, "error_description": description}))
}
