//! GitHub Actions: the outcome of a purchase for the steps that follow, and for people who read
//! the run. Nothing of it can be forged by what a portal says: values are one line each, and
//! the delimiter between them is random.

use super::aside;
use crate::core::env;
use crate::core::escape;
use serde_json::{Map, Value};
use std::fs::OpenOptions;
use std::io::Write;
use uuid::Uuid;

/// What of an answer becomes an output of the step.
const OUTPUTS: &[&str] = &[
    "status",
    "purchase_id",
    "charge_id",
    "payment_id",
    "amount_usd",
    "settled_at",
    "idempotency_key",
    "replayed",
    "balance_usd",
    "balance",
    "unit",
];

/// What a purchase came to, for the run.
pub struct ActionOutcome<'a> {
    /// `data` of the document.
    pub data: &'a Map<String, Value>,
    /// The class of the answer.
    pub class: &'a str,
    /// The exit code.
    pub code: u8,
    /// The page where a person can act.
    pub portal_url: Option<&'a str>,
    /// What went wrong, in one line; none on success.
    pub message: Option<&'a str>,
    /// What to do next about that.
    pub next_step: Option<&'a str>,
}

/// Whether this process runs in GitHub Actions.
pub fn is_here() -> bool {
    std::env::var(env::GITHUB_ACTIONS).is_ok_and(|value| value == "true")
}

/// Has the runner cut this text out of its log. On standard error: the runner reads both, and
/// standard output belongs to the answer.
pub fn mask(secret: &str) {
    if is_here() && !secret.is_empty() && !secret.contains(['\n', '\r']) {
        aside::say(&format!("::add-mask::{}\n", order(secret)));
    }
}

/// Has the runner show a warning beside the run. On standard error, as [`mask`].
pub fn warn(text: &str) {
    aside::say(&format!("::warning::{}\n", order(&escape::line(text))));
}

/// The value of an order to the runner, which reads `%25` as a percent sign.
fn order(line: &str) -> String {
    line.replace('%', "%25")
}

/// Writes the outcome where the runner reads it.
///
/// # Errors
/// The file that could not be written: no reason for the purchase to fail.
pub fn publish(outcome: &ActionOutcome<'_>) -> Result<(), String> {
    if !is_here() {
        return Ok(());
    }
    let values = values(outcome);
    if let Some(message) = outcome.message {
        let next = outcome.next_step.map(|step| format!(" {step}")).unwrap_or_default();
        let line = escape::line(&format!("{message}.{next}"));
        aside::say(&format!("::error title=topup::{}\n", order(&line)));
    }
    append(env::GITHUB_OUTPUT, &outputs(&values, &Uuid::new_v4().simple().to_string()))?;
    append(env::GITHUB_STEP_SUMMARY, &summary(&values))
}

fn append(variable: &str, text: &str) -> Result<(), String> {
    let Some(file) = std::env::var_os(variable).filter(|file| !file.is_empty()) else {
        return Ok(());
    };
    OpenOptions::new()
        .append(true)
        .create(true)
        .open(&file)
        .and_then(|mut file| file.write_all(text.as_bytes()))
        .map_err(|cause| format!("the file that {variable} names could not be written: {cause}"))
}

/// Every value as one harmless line.
fn values(outcome: &ActionOutcome<'_>) -> Vec<(&'static str, String)> {
    let text = |value: &Value| match value {
        Value::String(text) => escape::line(text),
        Value::Null => String::new(),
        other => escape::line(&other.to_string()),
    };
    // What `ensure` has bought stands one step deeper.
    let purchase = outcome.data.get("purchase").and_then(Value::as_object);
    let find = |key: &str| outcome.data.get(key).or_else(|| purchase?.get(key));
    let mut values: Vec<(&'static str, String)> =
        OUTPUTS.iter().map(|key| (*key, find(key).map(text).unwrap_or_default())).collect();
    values.push(("class", outcome.class.to_owned()));
    values.push(("exit_code", outcome.code.to_string()));
    for (key, value) in [
        ("portal_url", outcome.portal_url),
        ("message", outcome.message),
        ("next_step", outcome.next_step),
    ] {
        values.push((key, value.map(escape::line).unwrap_or_default()));
    }
    values
}

fn outputs(values: &[(&'static str, String)], delimiter: &str) -> String {
    values
        .iter()
        .map(|(key, value)| format!("{key}<<{delimiter}\n{value}\n{delimiter}\n"))
        .collect()
}

fn summary(values: &[(&'static str, String)]) -> String {
    let rows: String = values
        .iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(key, value)| format!("| {key} | {} |\n", markdown(value)))
        .collect();
    format!("### topup\n\n| | |\n|---|---|\n{rows}\n")
}

/// Text in a cell of a Markdown table: no markup, no other cell.
fn markdown(text: &str) -> String {
    let mut out = String::new();
    for character in text.chars() {
        if matches!(character, '|' | '<' | '>' | '[' | ']' | '`' | '*' | '\\' | '!') {
            out.push('\\');
        }
        out.push(character);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_a_portal_says_stays_one_value() {
        let hostile = "ch\nEOF\nadmin=true\n::set-output name=x::y | <b>";
        let data = json!({"status": "settled", "charge_id": hostile, "replayed": false});
        let outcome = ActionOutcome {
            data: data.as_object().expect("an object"),
            class: "success",
            code: 0,
            portal_url: None,
            message: Some(hostile),
            next_step: None,
        };
        let values = values(&outcome);
        let text = outputs(&values, "D1");
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), values.len() * 3);
        assert_eq!(lines[..3], ["status<<D1", "settled", "D1"]);
        assert!(
            !lines.iter().any(|line| line.starts_with("admin") || line.starts_with("::")),
            "{text}"
        );
        let table = summary(&values);
        assert!(table.contains("\\| \\<b\\>") && !table.contains("| <b>"), "{table}");
    }
}
