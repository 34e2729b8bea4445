//! The document `topup/v1`: one JSON object on success and on every failure. Within this version
//! keys are only ever added.

use crate::error::{Error, Result};
use crate::provider::System;
use jiff::Timestamp;
use serde_json::{Value, json};

/// The version every document names.
pub const SCHEMA: &str = "topup/v1";

/// The document of a success.
pub fn success(command: &str, system: Option<System>, data: &Value) -> Value {
    json!({
        "schema": SCHEMA,
        "ok": true,
        "command": command,
        "provider": system.map(System::name),
        "data": data,
    })
}

/// The document of a failure.
pub fn failure(command: &str, system: Option<System>, error: &Error) -> Value {
    let parts = error.parts();
    json!({
        "schema": SCHEMA,
        "ok": false,
        "command": command,
        "provider": system.map(System::name),
        "data": parts.data,
        "error": {
            "class": parts.class,
            "exit_code": parts.class.code(),
            "code": parts.code,
            "status": parts.status,
            "message": parts.message,
            "hints": parts.hints,
            "portal_url": parts.portal_url,
            "retry_after": parts.retry_after,
            "charged": parts.charged,
            "recovery": parts.recovery,
            "details": parts.details,
        },
    })
}

/// A time as documents and tables write it: RFC 3339, UTC, whole seconds.
pub fn time(at: Timestamp) -> String {
    Timestamp::from_second(at.as_second()).unwrap_or(at).to_string()
}

/// One value of `data`, bare: text without quotes, everything else as JSON.
///
/// # Errors
/// Class `usage`, naming the paths there are.
pub fn pick(data: &Value, path: &str) -> Result<String> {
    let found = path.split('.').try_fold(data, |at, step| match at {
        Value::Object(map) => map.get(step),
        Value::Array(list) => step.parse::<usize>().ok().and_then(|index| list.get(index)),
        _ => None,
    });
    match found {
        Some(Value::String(text)) => Ok(text.clone()),
        Some(Value::Null) => Ok(String::new()),
        Some(value) => Ok(value.to_string()),
        None => {
            let mut paths = Vec::new();
            collect_paths(data, "", &mut paths);
            Err(Error::usage(format!("there is no '{}' in the answer", path.escape_debug()))
                .hint(format!("There are: {}.", paths.join(", "))))
        }
    }
}

fn collect_paths(value: &Value, prefix: &str, paths: &mut Vec<String>) {
    let children: Vec<(String, &Value)> = match value {
        Value::Object(map) => map.iter().map(|(key, value)| (key.clone(), value)).collect(),
        Value::Array(list) => {
            list.iter().enumerate().map(|(at, value)| (at.to_string(), value)).collect()
        }
        _ => return,
    };
    for (key, child) in children {
        let path = if prefix.is_empty() { key } else { format!("{prefix}.{key}") };
        paths.push(path.clone());
        collect_paths(child, &path, paths);
    }
}
