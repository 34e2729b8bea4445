//! `topup generate`: the files that are made from the code and committed: completions, manual
//! pages and, by a build that is not the release, the schemas of the answers. Hidden: it is for a
//! change of a flag, a text or an answer.

use super::completions;
use super::completions::CompletionShell;
use crate::cli::invocation::Invocation;
use crate::cli::manual;
use crate::core::failure::{Failure, Result};
use crate::output::{Answer, Plain};
use clap::Args;
use std::fs;
use std::path::{Path, PathBuf};

/// The arguments of `topup generate`.
#[derive(Debug, Args)]
pub struct Generate {
    /// The folder of the project
    #[arg(value_name = "DIR")]
    folder: PathBuf,
}

impl Generate {
    /// Writes what differs.
    ///
    /// # Errors
    /// Class `config` when a file cannot be read or written.
    pub fn run(self, invocation: &Invocation) -> Result<Answer> {
        let mut written = Vec::new();
        for (path, text) in files(invocation.command_line)? {
            let path = self.folder.join(path);
            if fs::read_to_string(&path).is_ok_and(|present| present == text) {
                continue;
            }
            let made = path
                .parent()
                .map_or(Ok(()), fs::create_dir_all)
                .and_then(|()| fs::write(&path, &text));
            made.map_err(|cause| unusable(&path, cause))?;
            written.push(path.display().to_string());
        }
        Ok(Answer::new(Plain {
            text: format!("{} files written.\n{}", written.len(), written.join("\n")),
        }))
    }
}

fn unusable(path: &Path, cause: std::io::Error) -> Failure {
    Failure::config(format!("{} cannot be used: {cause}", path.display()))
        .because(anyhow::Error::new(cause))
}

/// Every generated file: its path below the project's folder, and its text.
///
/// # Errors
/// Class `internal` when one cannot be made.
pub fn files(command_line: fn() -> clap::Command) -> Result<Vec<(PathBuf, String)>> {
    let mut files = Vec::new();
    for (shell, name) in [
        (CompletionShell::Bash, "topup.bash"),
        (CompletionShell::Zsh, "_topup"),
        (CompletionShell::Fish, "topup.fish"),
        (CompletionShell::PowerShell, "_topup.ps1"),
        (CompletionShell::Elvish, "topup.elv"),
        (CompletionShell::Nushell, "topup.nu"),
    ] {
        files
            .push((Path::new("completions").join(name), completions::script(shell, command_line)?));
    }
    files.extend(manual::pages(command_line())?);
    // What the release leaves out: the code that makes them is a twentieth of it.
    #[cfg(debug_assertions)]
    files.extend(
        super::schema::made::files()?
            .map(|(name, text)| (Path::new("src/cli/verbs/schema").join(name), text)),
    );
    Ok(files)
}
