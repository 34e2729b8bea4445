//! The configuration: `config.toml` with its profiles, the file of a project, the folders of the user,
//! and what holds for a run.

pub(crate) mod edit;
mod file;
pub(crate) mod keys;
mod limits;
pub(crate) mod paths;
mod project;
mod removal;
mod settings;
#[cfg(test)]
mod tests;

pub use file::ConfigFile;
pub use limits::SpendingLimits;
pub use settings::{AskedSettings, Settings};

/// The profile that is used when none is named anywhere.
pub const DEFAULT_PROFILE: &str = "default";
