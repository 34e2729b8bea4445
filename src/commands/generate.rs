//! `topup generate`: the files that are made from the code and committed: completions, manual
//! pages, the table of exit codes in the README. Hidden: it is for whoever changes a flag.

use super::{Cli, completions};
use crate::answer::{Answer, Plain};
use crate::class::TABLE;
use crate::config::env::VARIABLES;
use crate::context::Context;
use crate::error::{Error, Result};
use clap::{Args, Command, CommandFactory};
use clap_complete::Shell;
use clap_mangen::Man;
use clap_mangen::roff::{Roff, bold, roman};
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
    pub fn run(self, _context: &Context) -> Result<Answer> {
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

fn unusable(path: &Path, cause: std::io::Error) -> Error {
    Error::config(format!("{} cannot be used: {cause}", path.display()))
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
    ] {
        files.push((Path::new("completions").join(name), completions::script(shell)?));
    }
    let mut root = Cli::command().disable_help_subcommand(true);
    root.build();
    manual_pages(&root, &mut files)?;
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
        return Err(Error::config("README.md has no place for the table of exit codes"));
    };
    let heads = "| code | class | meaning | what to do |\n|---|---|---|---|\n".to_owned();
    let rows = TABLE
        .iter()
        .map(|row| format!("| {} | `{}` | {} | {} |\n", row.code, row.name, row.meaning, row.todo));
    let table: String = std::iter::once(heads).chain(rows).collect();
    Ok(format!("{before}{}{table}{}{after}", MARKS.0, MARKS.1))
}

/// One page for the program and one for every verb that is shown.
fn manual_pages(command: &Command, files: &mut Vec<(PathBuf, String)>) -> Result<()> {
    let name = command.get_display_name().unwrap_or_else(|| command.get_name()).to_owned();
    files.push((Path::new("man").join(format!("{name}.1")), manual_page(command, &name)?));
    for verb in command.get_subcommands().filter(|verb| !verb.is_hide_set()) {
        manual_pages(verb, files)?;
    }
    Ok(())
}

fn manual_page(command: &Command, name: &str) -> Result<String> {
    let version = concat!("topup ", env!("CARGO_PKG_VERSION"));
    let man =
        Man::new(command.clone()).title(name).section("1").source(version).manual("topup manual");
    let mut page = Vec::new();
    let made = (|| {
        man.render_title(&mut page)?;
        man.render_name_section(&mut page)?;
        man.render_synopsis_section(&mut page)?;
        man.render_description_section(&mut page)?;
        man.render_options_section(&mut page)?;
        if command.has_subcommands() {
            man.render_subcommands_section(&mut page)?;
        }
        exit_status().to_writer(&mut page)?;
        environment().to_writer(&mut page)
    })();
    made.map_err(|cause: std::io::Error| {
        Error::internal("a manual page could not be made").because(anyhow::Error::new(cause))
    })?;
    let text = String::from_utf8(page).map_err(|cause| {
        Error::internal("a manual page is no text").because(anyhow::Error::new(cause))
    })?;
    // Trailing blanks mean nothing in a manual page and offend every check of a text file.
    Ok(text.lines().map(str::trim_end).collect::<Vec<_>>().join("\n") + "\n")
}

fn exit_status() -> Roff {
    let mut roff = Roff::default();
    roff.control("SH", ["EXIT STATUS"]);
    for row in TABLE {
        roff.control("TP", []);
        roff.text([bold(row.code.to_string()), roman(format!("  {}", row.name))]);
        roff.text([roman(format!("{}. {}", row.meaning, row.todo))]);
    }
    roff
}

fn environment() -> Roff {
    let mut roff = Roff::default();
    roff.control("SH", ["ENVIRONMENT"]);
    for variable in VARIABLES {
        roff.control("TP", []);
        roff.text([bold(variable.name)]);
        roff.text([roman(format!("{}.", variable.meaning))]);
    }
    roff
}
