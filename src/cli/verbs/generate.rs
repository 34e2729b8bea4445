//! `topup generate`: the files that are made from the code and committed: completions, manual
//! pages, the table of exit codes in the README. Hidden: it is for whoever changes a flag.

use super::completions::Shell;
use super::{Cli, completions};
use crate::cli::invocation::Invocation;
use crate::cli::manual;
use crate::core::class::TABLE;
use crate::core::failure::{Failure, Result};
use crate::output::{Answer, Plain};
use clap::{Args, CommandFactory};
use std::fs;
use std::path::{Path, PathBuf};

/// The arguments of `topup generate`.
#[derive(Debug, Args)]
pub struct Generate {
    /// The folder of the project
    #[arg(value_name = "DIR")]
    folder: PathBuf,
}

/// Where the table of the README begins and ends.
const MARKS: (&str, &str) = ("<!-- exit codes -->\n", "<!-- /exit codes -->");

impl Generate {
    /// Writes what differs.
    ///
    /// # Errors
    /// Class `config` when a file cannot be read or written.
    pub fn run(self, _context: &Invocation) -> Result<Answer> {
        let mut written = Vec::new();
        for (path, text) in files(&self.folder)? {
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
/// Class `config` when the README cannot be read, `internal` when a page cannot be made.
pub fn files(folder: &Path) -> Result<Vec<(PathBuf, String)>> {
    let mut files = Vec::new();
    for (shell, name) in [
        (Shell::Bash, "topup.bash"),
        (Shell::Zsh, "_topup"),
        (Shell::Fish, "topup.fish"),
        (Shell::PowerShell, "_topup.ps1"),
        (Shell::Elvish, "topup.elv"),
        (Shell::Nushell, "topup.nu"),
    ] {
        files.push((Path::new("completions").join(name), completions::script(shell)?));
    }
    let mut root = Cli::command().disable_help_subcommand(true);
    root.build();
    files.extend(manual::pages(&root)?);
    let readme = folder.join("README.md");
    let text = fs::read_to_string(&readme).map_err(|cause| unusable(&readme, cause))?;
    files.push((PathBuf::from("README.md"), with_table(&text)?));
    Ok(files)
}

/// The README with the present table between its marks.
fn with_table(readme: &str) -> Result<String> {
    let parts = readme
        .split_once(MARKS.0)
        .and_then(|(before, rest)| rest.split_once(MARKS.1).map(|(_, after)| (before, after)));
    let Some((before, after)) = parts else {
        return Err(Failure::config("README.md has no place for the table of exit codes"));
    };
    let heads = "| code | class | meaning | what to do |\n|---|---|---|---|\n".to_owned();
    let rows = TABLE
        .iter()
        .map(|row| format!("| {} | `{}` | {} | {} |\n", row.code, row.name, row.meaning, row.todo));
    let table: String = std::iter::once(heads).chain(rows).collect();
    Ok(format!("{before}{}{table}{}{after}", MARKS.0, MARKS.1))
}
