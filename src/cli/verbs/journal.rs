//! `topup journal …`: a copy of the journal of purchases, and the end of the doubt after it was
//! restored from one.

use crate::app::journal::{self, JournalAccepted, JournalBackup};
use crate::cli::invocation::Invocation;
use crate::core::command::{Command, Shell};
use crate::core::failure::Result;
use crate::core::time;
use crate::output::page::{Page, Tone};
use crate::output::{Answer, Show};
use clap::{Args, Subcommand, ValueHint};
use std::path::PathBuf;

/// What its help page ends with.
const EXAMPLES: &str = "\
Examples:
  topup journal backup journal-copy.db   copy the journal while it is in use
  topup journal accept                      after it was restored, and compared with the portal

A journal that was restored from an older copy is noticed. Until 'topup journal accept', names and
amounts that may have been bought in between are not sent, or are sent under the same key only.
'topup explain exactly-once' says more.";

/// The arguments of `topup journal`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct JournalVerb {
    #[command(subcommand)]
    what: JournalCommand,
}

#[derive(Debug, Subcommand)]
enum JournalCommand {
    /// Copy the journal into a file, whole, while others use it
    Backup {
        /// File that gets the copy; an older one is replaced
        #[arg(value_name = "FILE", value_hint = ValueHint::FilePath)]
        file: PathBuf,
    },
    /// Say that a restored journal was compared with the portals
    Accept,
}

impl JournalVerb {
    /// The words in `command` of the document.
    pub fn name(&self) -> &'static str {
        match &self.what {
            JournalCommand::Backup { .. } => "journal backup",
            JournalCommand::Accept => "journal accept",
        }
    }

    /// Does it; asks no server.
    ///
    /// # Errors
    /// Class `config`: there is no journal, or a file cannot be used.
    pub fn run(self, invocation: &Invocation) -> Result<Answer> {
        let place = invocation.setup.journal()?;
        match self.what {
            JournalCommand::Backup { file: to } => {
                let to = match &invocation.setup.environment.working_folder {
                    Some(folder) => folder.join(to),
                    None => to,
                };
                journal::back_up(&place, &to).map(Answer::new)
            }
            JournalCommand::Accept => journal::accept(&place).map(Answer::new),
        }
    }
}

impl Show for JournalBackup {
    fn show(&self, page: &mut Page) {
        page.line(Tone::Good, &format!("{} has {} purchases.", self.file, self.purchases));
    }
}

impl Show for JournalAccepted {
    fn show(&self, page: &mut Page) {
        if !self.was_in_doubt {
            page.line(Tone::Good, "Nothing was in doubt.");
            return;
        }
        let since = match self.unknown_from {
            Some(from) => format!(" What was bought after {} and is not in it", time::shown(from)),
            None => " What was bought before and is not in it".to_owned(),
        };
        page.line(Tone::Good, &format!("The journal counts as complete.{since} is yours to know."));
        if self.open_purchases > 0 {
            let resume = Command::new(["resume"]).quoted(Shell::Posix);
            let text = format!("{} are not final: run '{resume}'.", self.open_purchases);
            page.line(Tone::Plain, &text);
        }
    }
}
