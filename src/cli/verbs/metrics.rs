//! `topup metrics`: every account as Prometheus reads it, on standard output or in a file.

use crate::app::metrics::{self, Books, Label};
use crate::app::overview;
use crate::cli::invocation::Invocation;
use crate::core::command::{NextStep, Shell};
use crate::core::counted::counted;
use crate::core::failure::{Failure, Result};
use crate::core::files::{self, FileAccess};
use crate::output::page::{Page, Tone};
use crate::output::{Answer, Show};
use clap::Args;
use schemars::JsonSchema;
use serde::Serialize;
use std::io;
use std::path::{Path, PathBuf};

/// The collector runs as another user.
const MODE: u32 = 0o644;

/// What its help page ends with.
const EXAMPLES: &str = "\
Examples:
  topup metrics                                         the text
  topup metrics --output topup.prom                     for a textfile collector
  topup metrics --output ops.prom --label team=ops      that of another user";

/// The arguments of `topup metrics`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Metrics {
    /// Write it to this file instead, whole or not at all
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,

    /// Give every sample this label; repeat it for further ones
    #[arg(long = "label", value_name = "NAME=VALUE", value_parser = Label::parse)]
    labels: Vec<Label>,
}

/// What was written; `data` of `metrics`.
#[derive(Serialize, JsonSchema)]
pub struct MetricsAnswer {
    /// The file; null where the text went to standard output.
    file: Option<String>,
    /// Accounts that could be read.
    up: usize,
    /// Accounts that could not.
    down: usize,
    /// The text, in the format of Prometheus.
    text: String,
}

impl Metrics {
    /// Reads all accounts and writes them.
    ///
    /// # Errors
    /// Class `config` when the configuration, the ledger or the journal cannot be read, or the file
    /// not be written: an old one is still there then.
    pub fn run(self, invocation: &Invocation) -> Result<Answer> {
        let setup = &invocation.setup;
        Label::check_names(&self.labels)?;
        overview::check_nothing_is_named(setup, "'metrics' is about every profile")?;
        let meant = overview::everything(setup)?;
        let rows = overview::read_all(setup, meant)?;
        let journal = setup.journal_to_read()?;
        let books = Books::read(journal.as_ref(), setup.ledger_if_there()?)?;
        let text = metrics::text(&rows, &books, &self.labels);
        let up = rows.iter().filter(|row| row.state.is_some()).count();
        if let Some(file) = &self.output {
            files::replace(file, text.as_bytes(), FileAccess::AsBefore { new: MODE })
                .map_err(|cause| not_written(file, cause))?;
        }
        Ok(Answer::new(MetricsAnswer {
            file: self.output.map(|file| file.display().to_string()),
            up,
            down: rows.len() - up,
            text,
        }))
    }
}

/// Why there is no file. A folder that is missing is not made: a collector reads another one then.
fn not_written(file: &Path, cause: io::Error) -> Failure {
    let shown = file.display();
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty());
    match folder.filter(|folder| !folder.exists()) {
        Some(folder) => {
            let folder = folder.display().to_string();
            Failure::config(format!("{shown} cannot be written: there is no folder {folder}"))
                .because(anyhow::Error::new(cause))
                .hint(NextStep::shell(
                    "Make it: ",
                    format!("mkdir -p {}", Shell::Posix.quote(&folder)),
                ))
        }
        None => Failure::config(format!("{shown} cannot be written: {cause}"))
            .because(anyhow::Error::new(cause))
            .hint("Make its folder writable; what was there before is still there."),
    }
}

impl Show for MetricsAnswer {
    fn show(&self, page: &mut Page) {
        match &self.file {
            None => page.raw(self.text.trim_end()),
            Some(file) => {
                let all = counted(self.up + self.down, "account");
                let line = format!("{file}: {all}, {} not read.", self.down);
                page.line(if self.down == 0 { Tone::Good } else { Tone::Warn }, &line);
            }
        }
    }
}
