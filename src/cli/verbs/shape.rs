//! Which of its answers a verb gives.

/// Which of its answers a verb gives, where its flags choose between several.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// The usual one.
    Usual,
    /// What `--dry-run` says.
    DryRun,
    /// Where a person pays for a pack in a browser.
    Pack,
    /// What `--dry-run` says there.
    PackDryRun,
    /// `--brief`.
    Brief,
    /// `--all`.
    All,
    /// `--chart`.
    Chart,
}

impl Shape {
    /// What is said behind the name of the verb.
    pub fn words(self) -> &'static str {
        match self {
            Self::Usual => "",
            Self::DryRun => " --dry-run",
            Self::Pack => " of a pack",
            Self::PackDryRun => " --dry-run of a pack",
            Self::Brief => " --brief",
            Self::All => " --all",
            Self::Chart => " --chart",
        }
    }
}
