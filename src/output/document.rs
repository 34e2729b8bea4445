//! The document `topup/v1`: one JSON object on success and on every failure. Within this version
//! keys are only ever added.

use crate::core::class::{Class, Recovery};
use crate::core::command::{NextStep, Part, Shell};
use crate::core::escape;
use crate::core::failure::{Charged, Failure, Result};
use crate::core::system::System;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value, json};

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

/// `error` of the document of a failure.
#[derive(Serialize, JsonSchema)]
pub struct ErrorPart<'a> {
    /// The class; its name never changes.
    class: Class,
    /// The exit code of the process.
    exit_code: u8,
    /// The system's own word, where it gave one.
    code: Option<&'a str>,
    /// The HTTP status, where there was an answer.
    status: Option<u16>,
    /// One line for a person.
    message: &'a str,
    /// The exact next steps, for a person.
    hints: Vec<String>,
    /// The same steps for a script: commands as arrays of words, and pages to open.
    next_steps: Vec<StepPart<'a>>,
    /// The page where a person can act.
    portal_url: Option<&'a str>,
    /// Seconds to wait before trying again.
    retry_after: Option<u64>,
    /// Whether money moved for this purchase; null for commands that cannot spend.
    charged: Option<Charged>,
    /// Whether this run moved money; null for commands that cannot spend.
    charged_now: Option<Charged>,
    /// The kind of step that helps.
    recovery: Option<Recovery>,
    /// What else a script can use.
    details: &'a Map<String, Value>,
}

/// One entry of `next_steps`.
#[derive(Serialize, JsonSchema)]
#[serde(untagged)]
enum StepPart<'a> {
    /// A command.
    Run {
        /// The program and its arguments.
        run: Vec<String>,
    },
    /// A page.
    Open {
        /// The link.
        open: &'a str,
    },
}

/// `error` of the document of this failure.
pub fn error_part(error: &Failure, shell: Shell) -> ErrorPart<'_> {
    let parts = error.parts();
    let steps = parts.hints.iter().flat_map(NextStep::parts).filter_map(|part| match part {
        Part::Run(command) => Some(StepPart::Run { run: command.argv() }),
        Part::Shell(line) => Some(StepPart::Run { run: vec!["sh".into(), "-c".into(), line] }),
        Part::Open(_) | Part::Text(_) | Part::Page => None,
    });
    let page = parts.portal_url.as_deref().map(|url| StepPart::Open { open: url });
    ErrorPart {
        class: parts.class,
        exit_code: parts.class.code(),
        code: parts.code.as_deref().map(escape::cut),
        status: parts.status,
        message: escape::cut(&parts.message),
        hints: parts.hints.iter().map(|step| step.shown(shell)).collect(),
        next_steps: steps.chain(page).collect(),
        portal_url: parts.portal_url.as_deref(),
        retry_after: parts.retry_after,
        charged: parts.charged,
        charged_now: parts.charged_now.or(parts.charged),
        recovery: parts.recovery,
        details: &parts.details,
    }
}

/// The document of a failure.
pub fn failure(command: &str, system: Option<System>, error: &Failure, shell: Shell) -> Value {
    json!({
        "schema": SCHEMA,
        "ok": false,
        "command": command,
        "provider": system.map(System::name),
        "data": error.parts().data,
        "error": error_part(error, shell),
    })
}

/// How a document ends that is not whole, behind what closes its `data`.
pub(super) fn broken_off(ending: &str, why: &Failure, shell: Shell) -> String {
    let error = escape::json(&json!(error_part(why, shell)).to_string());
    format!("{ending},\"ok\":false,\"error\":{error}}}\n")
}

/// A path as `--get` takes it, without what other programs want before it: `.x` and `data.x` are `x`.
pub fn plain_path(typed: &str) -> &str {
    let path = typed.strip_prefix('.').unwrap_or(typed);
    path.strip_prefix("data.").unwrap_or(path)
}

/// One value of `data`, bare: text without quotes, everything else as JSON. Below what is null, and
/// past the end of a list, there is nothing, as there is for null itself.
///
/// # Errors
/// Class `usage`, naming the paths there are.
pub fn pick(data: &Value, path: &str) -> Result<String> {
    let found = path.split('.').try_fold(data, |at, step| match at {
        Value::Object(map) => map.get(step),
        Value::Array(list) => match step.parse::<usize>() {
            Ok(index) => Some(list.get(index).unwrap_or(&Value::Null)),
            Err(_) => None,
        },
        Value::Null => Some(at),
        _ => None,
    });
    match found {
        Some(Value::String(text)) => Ok(text.clone()),
        Some(Value::Null) => Ok(String::new()),
        Some(value) => Ok(value.to_string()),
        None => {
            let mut paths = Vec::new();
            collect_paths(data, "", &mut paths);
            Err(Failure::usage(format!("there is no '{}' in the answer", path.escape_debug()))
                .hint(format!("Available: {}.", paths.join(", "))))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn below_null_and_past_a_list_there_is_nothing_and_another_key_is_a_mistake() {
        let data = json!({"a": {"b": "x"}, "none": null, "list": [1]});
        for (path, value) in
            [("a.b", "x"), ("none", ""), ("none.b", ""), ("list.0", "1"), ("list.7", "")]
        {
            assert_eq!(pick(&data, path).expect(path), value, "{path}");
        }
        for path in ["c", "a.c", "list.x", ""] {
            let refused = pick(&data, path).expect_err(path);
            assert!(refused.parts().hints[0].to_string().contains("a.b"), "{path}");
        }
        for typed in ["a.b", ".a.b", "data.a.b", ".data.a.b"] {
            assert_eq!(plain_path(typed), "a.b", "{typed}");
        }
    }
}
