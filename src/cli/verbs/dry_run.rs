//! `--dry-run` of the verbs that change something and buy nothing.

use clap::Args;

/// Whether anything is to be changed.
#[derive(Clone, Copy, Debug, Default, Args)]
pub struct DryRunFlag {
    /// Show what would be done and change nothing
    #[arg(long)]
    pub dry_run: bool,
}
