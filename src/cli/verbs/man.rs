//! `topup man`: a page of the manual as `man` reads it, or all pages put where `man` finds them.

use super::install::{self, Installed};
use crate::cli::invocation::Invocation;
use crate::cli::manual;
use crate::core::failure::{Failure, Result};
use crate::output::{Answer, Plain, aside};
use clap::{Args, ValueHint};
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// What its help page ends with.
const EXAMPLES: &str = "\
Examples:
  topup man --install                   write all pages where man finds them
  topup man --install ./share/man       the same into another folder
  topup man exactly-once >page.7        print one page; then: man ./page.7";

/// The arguments of `topup man`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Man {
    /// Page to print: a verb, a topic, or topup
    #[arg(value_name = "PAGE", default_value = "topup", conflicts_with = "install")]
    page: String,
    /// Write all pages below this folder [default: ~/.local/share/man]
    #[arg(long, value_name = "DIR", num_args = 0..=1, default_missing_value = "", value_hint = ValueHint::DirPath)]
    install: Option<OsString>,
}

impl Man {
    /// Prints or writes; asks no server.
    ///
    /// # Errors
    /// Class `usage` for a page that does not exist, `config` when a file cannot be written.
    pub fn run(self, invocation: &Invocation) -> Result<Answer> {
        let pages = manual::pages((invocation.command_line)())?;
        let Some(folder) = self.install else {
            let (page, text) = find(&pages, &self.page).ok_or_else(|| unknown(&self.page))?;
            note_source(invocation, page);
            return Ok(Answer::new(Plain { text: text.to_owned() }));
        };
        let folder = if folder.is_empty() {
            install::data_folder(invocation)?.join("man")
        } else {
            PathBuf::from(folder)
        };
        let mut installed = Installed::default();
        for (path, text) in &pages {
            let (Some(name), Some(section)) = (path.file_name(), path.extension()) else {
                continue;
            };
            let mut below = OsString::from("man");
            below.push(section);
            installed.write(&folder.join(below).join(name), text)?;
        }
        let text = format!(
            "{} pages written below {}.\nRead one with: man -M {} topup\n",
            installed.count(),
            folder.display(),
            folder.display()
        );
        Ok(Answer::new(Plain { text }))
    }
}

/// Says below the source of a page how it is read, where a person looks at it.
fn note_source(invocation: &Invocation, page: &str) {
    let terminals = invocation.setup.environment.terminals;
    if terminals.output && terminals.error && !invocation.globals.quiet {
        let note =
            format!("Source of the page. To read it: topup man --install, then man {page}\n");
        invocation.on_delivered(move || aside::say(&note));
    }
}

/// The page of this name, and its text: a verb, also one of two words, or a topic. A verb comes first.
fn find<'a>(pages: &'a [(PathBuf, String)], name: &str) -> Option<(&'a str, &'a str)> {
    let name = name.trim().replace(' ', "-");
    let short = name.strip_prefix("topup-").unwrap_or(&name);
    let file = if short == "topup" { name.clone() } else { format!("topup-{short}") };
    let is = |path: &Path| path.file_stem().is_some_and(|stem| stem == file.as_str());
    let (path, text) = pages.iter().find(|(path, _)| is(path))?;
    Some((path.file_stem()?.to_str()?, text))
}

fn unknown(page: &str) -> Failure {
    Failure::usage(format!("the manual has no page '{}'", page.escape_debug()))
        .hint("'topup help' lists the verbs, 'topup explain' the exit codes.")
        .hint(format!("Topics are: {}.", manual::topic_names()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::verbs::Cli;
    use clap::CommandFactory;

    #[test]
    fn a_page_is_found_by_verb_by_two_words_and_by_topic() {
        let pages = manual::pages(Cli::command()).expect("made");
        for (name, title) in [
            ("topup", ".TH topup 1"),
            ("buy", ".TH topup-buy 1"),
            ("plan upgrade", ".TH topup-plan-upgrade 1"),
            ("topup-plan-upgrade", ".TH topup-plan-upgrade 1"),
            ("ledger", ".TH topup-ledger 1"),
            ("exactly-once", ".TH topup-exactly-once 7"),
        ] {
            let (page, text) = find(&pages, name).unwrap_or_else(|| panic!("no page {name}"));
            assert!(text.contains(title), "{name}: {}", &text[..200]);
            assert!(title.contains(&format!(" {page} ")), "{name}: {page}");
        }
        assert!(find(&pages, "nonsense").is_none());
    }
}
