//! Idempotency keys: what a key was answered with is answered again for a day, and a key that was
//! used for something else is a conflict. Contract: nous, charge.

use super::store::StoreWork;
use super::wire::{Call, SandboxReply};
use crate::core::failure::Result;
use rusqlite::params;
use serde_json::Value;

/// How long a key is remembered, in milliseconds.
const KEY_LIFE_MS: i64 = 24 * 3_600_000;

/// The key of a call, by the grammar of a header value.
///
/// # Errors
/// The refusal to answer with.
pub fn idempotency_key(call: &Call) -> Result<String, SandboxReply> {
    match &call.idempotency_key {
        None => Err(SandboxReply::error(
            400,
            "idempotency_key_required",
            "The header Idempotency-Key is missing.",
        )),
        Some(key)
            if (1..=255).contains(&key.len())
                && key.bytes().all(|byte| byte.is_ascii_graphic()) =>
        {
            Ok(key.clone())
        }
        Some(_) => Err(SandboxReply::error(
            400,
            "validation_failed",
            "Idempotency-Key must be one value of 1 to 255 visible ASCII characters without spaces.",
        )),
    }
}

/// The answer that was given to this key before, if it is still remembered; the same key for
/// something else is a conflict.
///
/// # Errors
/// Class `config`.
pub fn remembered(
    work: &StoreWork<'_>,
    key: &str,
    path: &str,
    asked: &str,
) -> Result<Option<SandboxReply>> {
    work.run("DELETE FROM remembered WHERE created_ms <= ?1", [work.now_ms() - KEY_LIFE_MS])?;
    let known = work.row(
        "SELECT path, asked, answer FROM remembered WHERE idempotency_key = ?1",
        [key],
        |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?, row.get::<_, String>(2)?)),
    )?;
    Ok(known.map(|(then_path, then_asked, answer)| {
        if then_path != path || then_asked != asked {
            return SandboxReply::refusal(
                409,
                "idempotency_conflict",
                "This key was used for something else.",
                &[],
            );
        }
        let status = if path.ends_with("/charge") { 202 } else { 200 };
        SandboxReply {
            status,
            body: answer.into_bytes(),
            ..SandboxReply::json(status, &Value::Null)
        }
        .header("idempotent-replayed", "true".into())
    }))
}

/// Remembers what this key was answered with.
///
/// # Errors
/// Class `config`.
pub fn remember(
    work: &StoreWork<'_>,
    key: &str,
    path: &str,
    asked: &str,
    answer: &Value,
) -> Result<()> {
    work.run(
        "INSERT INTO remembered VALUES (?1, ?2, ?3, ?4, ?5)",
        params![key, path, asked, answer.to_string(), work.now_ms()],
    )
    .map(drop)
}
