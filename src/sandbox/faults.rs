//! Faults on purpose: what goes wrong between a client and a portal, to be tried before it
//! happens.

use super::store::StoreWork;
use crate::core::failure::{Failure, Result};
use rusqlite::{Row, params};
use serde::{Deserialize, Serialize};

/// What goes wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(tag = "kind", content = "with", rename_all = "snake_case")]
pub enum FaultEffect {
    /// The work is done, and the connection closed without an answer.
    LoseResponse,
    /// The connection is closed before any work is done.
    DropBefore,
    /// The work is done, and half of the answer sent.
    Truncate,
    /// The work is done after this many milliseconds.
    Delay(u64),
    /// No work is done: another web page answers.
    Html,
    /// No work is done, unless it says so: this answers.
    Answer {
        /// The HTTP status.
        status: u16,
        /// The header, in seconds.
        retry_after: Option<u64>,
        /// The body; without it, what the portal answers with this status.
        body: Option<String>,
        /// The work is done all the same.
        #[serde(default)]
        after_work: bool,
    },
}

/// A fault that waits for its request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct SandboxFault {
    /// Counts up; 0 before it is kept.
    pub id: i64,
    /// The method it waits for.
    pub method: String,
    /// The path; a `*` at its end stands for anything.
    pub path: String,
    /// What goes wrong.
    pub effect: FaultEffect,
    /// How often it still does.
    pub times: u32,
}

impl SandboxFault {
    /// Reads `METHOD /path`.
    ///
    /// # Errors
    /// Class `usage`.
    pub fn parse_target(text: &str) -> Result<(String, String)> {
        let refuse = || {
            Failure::usage(format!("'{}' is no request", text.escape_debug()))
                .hint("Write it like 'POST /api/billing/charge' or 'GET /api/billing/charge/*'.")
        };
        let (method, path) = text.split_once(' ').ok_or_else(refuse)?;
        let known = matches!(method, "GET" | "POST" | "PUT" | "PATCH" | "DELETE");
        if !known || !path.starts_with('/') || path.contains(' ') {
            return Err(refuse());
        }
        Ok((method.to_owned(), path.to_owned()))
    }

    fn hits(&self, method: &str, path: &str) -> bool {
        self.method == method
            && match self.path.strip_suffix('*') {
                Some(start) => path.starts_with(start),
                None => path == self.path,
            }
    }

    /// One line for people.
    pub fn description(&self) -> String {
        let effect = match &self.effect {
            FaultEffect::LoseResponse => "the answer is lost".to_owned(),
            FaultEffect::DropBefore => "the connection is closed at once".to_owned(),
            FaultEffect::Truncate => "half of the answer is sent".to_owned(),
            FaultEffect::Delay(ms) => format!("{ms} ms late"),
            FaultEffect::Html => "a web page answers".to_owned(),
            FaultEffect::Answer { status, retry_after, after_work, .. } => {
                let wait = retry_after.map(|seconds| format!(", Retry-After {seconds}"));
                let done = if *after_work { " after the work" } else { "" };
                format!("{status}{}{done}", wait.unwrap_or_default())
            }
        };
        format!("{} {} → {effect}", self.method, self.path)
    }
}

/// Keeps a fault.
///
/// # Errors
/// Class `config`.
pub fn add(work: &StoreWork<'_>, fault: &SandboxFault) -> Result<()> {
    let effect = serde_json::to_string(&fault.effect)
        .map_err(|cause| Failure::internal("a fault could not be written").because(cause))?;
    work.run(
        "INSERT INTO fault (method, path, effect, times) VALUES (?1, ?2, ?3, ?4)",
        params![fault.method, fault.path, effect, fault.times],
    )
    .map(drop)
}

/// Every fault that still waits.
///
/// # Errors
/// Class `config`.
pub fn list(work: &StoreWork<'_>) -> Result<Vec<SandboxFault>> {
    read(work.rows("SELECT id, method, path, effect, times FROM fault ORDER BY id", [], columns)?)
}

/// A fault as it is kept.
type Columns = (i64, String, String, String, u32);

fn columns(row: &Row<'_>) -> rusqlite::Result<Columns> {
    Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?))
}

fn read(rows: Vec<Columns>) -> Result<Vec<SandboxFault>> {
    rows.into_iter()
        .map(|(id, method, path, effect, times)| {
            let effect = serde_json::from_str(&effect).map_err(|cause| {
                Failure::config("the sandbox holds a fault that cannot be read").because(cause)
            })?;
            Ok(SandboxFault { id, method, path, effect, times })
        })
        .collect()
}

/// Forgets every fault.
///
/// # Errors
/// Class `config`.
pub fn clear(work: &StoreWork<'_>) -> Result<()> {
    work.run("DELETE FROM fault", []).map(drop)
}

/// The first fault that waits for this request; counted down, and gone with its last time.
///
/// # Errors
/// Class `config`.
pub fn take(work: &StoreWork<'_>, method: &str, path: &str) -> Result<Option<SandboxFault>> {
    let query = "SELECT id, method, path, effect, times FROM fault WHERE method = ?1 ORDER BY id";
    let waiting = read(work.rows(query, [method], columns)?)?;
    let Some(fault) = waiting.into_iter().find(|fault| fault.hits(method, path)) else {
        return Ok(None);
    };
    if fault.times > 1 {
        work.run("UPDATE fault SET times = times - 1 WHERE id = ?1", [fault.id])?;
    } else {
        work.run("DELETE FROM fault WHERE id = ?1", [fault.id])?;
    }
    Ok(Some(fault))
}

/// The contract's own error for a status, where nothing else is given.
pub fn usual_error(status: u16) -> (&'static str, &'static str) {
    match status {
        400 => ("validation_failed", "The request is not valid."),
        401 => ("invalid_token", "Authentication required."),
        403 => ("insufficient_scope", "This action needs permission to spend."),
        409 => ("idempotency_conflict", "This key was used for something else."),
        429 => ("rate_limited", "Too many charges in an hour."),
        503 => ("temporarily_unavailable", "Purchases are refused for the moment."),
        _ => ("internal_error", "Something went wrong."),
    }
}
