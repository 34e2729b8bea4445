//! `topup completions`: a completion script for a shell.

use super::Cli;
use crate::answer::{Answer, Plain};
use crate::context::Context;
use crate::error::{Error, Result};
use clap::{Args, CommandFactory};
use clap_complete::Shell;

/// What its help page ends with.
const EXAMPLES: &str = "\
Examples:
  topup completions bash >topup.bash   then: source topup.bash";

/// The arguments of `topup completions`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Completions {
    /// Which shell
    #[arg(value_name = "SHELL")]
    shell: Shell,
}

impl Completions {
    /// Writes the script; touches neither disk nor network.
    ///
    /// # Errors
    /// Class `internal` when it is no text.
    pub fn run(self, _context: &Context) -> Result<Answer> {
        Ok(Answer::new(Plain { text: script(self.shell)? }))
    }
}

/// The completion script of a shell.
///
/// # Errors
/// Class `internal` when it is no text.
pub fn script(shell: Shell) -> Result<String> {
    let mut bytes = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "topup", &mut bytes);
    String::from_utf8(bytes).map_err(|cause| {
        Error::internal("the completion script is no text").because(anyhow::Error::new(cause))
    })
}
