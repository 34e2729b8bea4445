//! Whose pot is meant, where teams share credits: the flags of every verb that reads a balance.

use crate::provider::teams::Which;
use clap::Args;
use std::path::PathBuf;

/// Whose pot is meant.
#[derive(Debug, Args)]
pub struct WhichFlags {
    /// Root of the project that chooses the team, at systems with teams
    #[arg(long, hide_short_help = true, value_name = "DIR")]
    project: Option<PathBuf>,
    /// Use this team instead of the one that the project has chosen
    #[arg(long, hide_short_help = true, value_name = "TEAM", conflicts_with = "project")]
    team: Option<String>,
}

impl WhichFlags {
    /// As providers take it.
    pub fn which(&self) -> Which<'_> {
        Which { project: self.project.as_deref(), team: self.team.as_deref() }
    }
}
