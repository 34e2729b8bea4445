//! `topup completions`: a completion script for a shell.

use super::Cli;
use crate::answer::{Answer, Plain};
use crate::context::Context;
use crate::error::{Error, Result};
use clap::{Args, CommandFactory};
use clap_complete::Shell;

/// The arguments of `topup completions`.
#[derive(Debug, Args)]
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
