//! What `--dry-run` says of the verbs that change something and buy nothing.

use schemars::JsonSchema;
use serde::Serialize;

/// What a run would do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum WouldChange {
    /// It would change it.
    Change,
    /// It is so already.
    Nothing,
}
