//! `topup journal …`: a copy of the journal of purchases, the end of the doubt after it was restored
//! from one, and its move to the store that machines share or back.

use super::dry_run::DryRunFlag;
use crate::app::journal::{
    self, JournalAccepted, JournalBackup, JournalMoved, LoginsToMove, MoveRequest,
};
use crate::app::watch::alert_memory::{AlertFolder, AlertMemory};
use crate::app::watch::moving::AlertMove;
use crate::app::watch::shared_memory::SharedAlerts;
use crate::cli::invocation::Invocation;
use crate::core::command::{Command, Shell};
use crate::core::counted::counted;
use crate::core::failure::{Failure, Result};
use crate::core::process::host_name;
use crate::core::time;
use crate::output::page::{Page, Tone};
use crate::output::{Answer, Show};
use crate::purchase::place::JournalPlace;
use clap::{Args, Subcommand, ValueHint};
use std::path::PathBuf;

/// What its help page ends with.
const EXAMPLES: &str = "\
Examples:
  topup journal backup journal-copy.db   copy the journal while it is in use
  topup journal accept                   after you compared a restored journal";

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
    /// Confirm that you compared a restored journal with the portals
    Accept,
    /// Move the purchases and logins of this machine to the shared store
    Import {
        #[command(flatten)]
        moving: MoveFlags,
    },
    /// Move the purchases of the shared store to the files of this machine
    Export {
        #[command(flatten)]
        moving: MoveFlags,
    },
}

/// The flags of a move.
#[derive(Debug, Args)]
struct MoveFlags {
    /// Name or id of a finished purchase that stays where it is; may be given several times
    #[arg(long, value_name = "NAME")]
    leave: Vec<String>,
    #[command(flatten)]
    flag: DryRunFlag,
}

impl JournalVerb {
    /// The words in `command` of the document.
    pub fn name(&self) -> &'static str {
        match &self.what {
            JournalCommand::Backup { .. } => "journal backup",
            JournalCommand::Accept => "journal accept",
            JournalCommand::Import { .. } => "journal import",
            JournalCommand::Export { .. } => "journal export",
        }
    }

    /// Does it; asks no portal.
    ///
    /// # Errors
    /// Class `config`: there is no journal, or a file cannot be used. Those of a move.
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
            JournalCommand::Import { moving } => import(invocation, place, moving).map(Answer::new),
            JournalCommand::Export { moving } => {
                let moved = with_alerts(invocation, &place.clone(), |alerts| {
                    journal::export(&moving.request(invocation, place)?, alerts)
                });
                moved.map(Answer::new)
            }
        }
    }
}

impl MoveFlags {
    fn request(self, invocation: &Invocation, shared: JournalPlace) -> Result<MoveRequest> {
        let setup = &invocation.setup;
        Ok(MoveRequest {
            files: setup.journal_files()?,
            shared,
            only_profile: setup.state_store_profile()?,
            host: host_name(),
            leave: self.leave,
            dry_run: self.flag.dry_run,
            now: setup.now(),
        })
    }
}

fn import(invocation: &Invocation, place: JournalPlace, moving: MoveFlags) -> Result<JournalMoved> {
    let setup = &invocation.setup;
    let shared = place.shared().cloned();
    let vault_of = |profile: &str| match &shared {
        Some(shared) => setup.vault(shared, profile),
        None => Err(Failure::internal("the logins are moved to no store")),
    };
    let logins = LoginsToMove {
        file: setup.login_file()?,
        vault_of: &vault_of,
        interrupt: setup.interrupt(),
    };
    with_alerts(invocation, &place.clone(), |alerts| {
        journal::import(&moving.request(invocation, place)?, &logins, alerts)
    })
}

/// Does this with what watches have reported, here and in the store.
fn with_alerts(
    invocation: &Invocation,
    place: &JournalPlace,
    act: impl FnOnce(&AlertMove<'_>) -> Result<JournalMoved>,
) -> Result<JournalMoved> {
    let setup = &invocation.setup;
    let files = AlertFolder(setup.paths()?.watch_folder());
    let shared = SharedAlerts::new(place);
    // Where no store is named nothing is moved at all.
    let store = shared.as_ref().map_or(&files as &dyn AlertMemory, |shared| shared);
    act(&AlertMove { files: &files, store, clock: setup.environment.clock.as_ref() })
}

impl Show for JournalBackup {
    fn show(&self, page: &mut Page) {
        page.line(
            Tone::Good,
            &format!("{} has {}.", self.file, counted(self.purchases, "purchase")),
        );
    }
}

impl Show for JournalAccepted {
    fn show(&self, page: &mut Page) {
        if !self.was_in_doubt {
            page.line(Tone::Good, "Nothing to accept: the journal is complete.");
            return;
        }
        let since = match self.unknown_from {
            Some(from) => format!("after {}", time::shown(from)),
            None => "before now".to_owned(),
        };
        let line = format!(
            "Accepted: the journal counts as complete. It does not list what was bought {since} and lost with the newer journal."
        );
        page.line(Tone::Good, &line);
        if self.open_purchases > 0 {
            let resume = Command::new(["resume"]).quoted(Shell::Posix);
            let text = format!("{} are not final: run '{resume}'.", self.open_purchases);
            page.line(Tone::Plain, &text);
        }
    }
}

impl Show for JournalMoved {
    fn show(&self, page: &mut Page) {
        let Self { from, to, purchases, already_there, open_purchases, .. } = self;
        let verb = if self.dry_run { "would move" } else { "moved" };
        let purchases = counted(*purchases, "purchase");
        let mut line = format!("{purchases} {verb} from {from} to {to}");
        if *already_there > 0 {
            line.push_str(&format!("; already there: {already_there}"));
        }
        page.line(Tone::Good, &format!("{line}."));
        if *open_purchases > 0 {
            let resume = Command::new(["resume"]).quoted(Shell::Posix);
            page.line(
                Tone::Plain,
                &format!("Not final: {open_purchases}. '{resume}' goes on with them there."),
            );
        }
        if self.left > 0 {
            page.line(Tone::Plain, &format!("Left where they were: {}.", self.left));
        }
        if self.logins + self.logins_left > 0 {
            let left = match self.logins_left {
                0 => String::new(),
                left => {
                    format!("; not moved, because the store has one for the same place: {left}")
                }
            };
            let logins = counted(self.logins, "login");
            page.line(Tone::Plain, &format!("{logins} {verb} along{left}."));
        }
        if self.watches > 0 {
            let line = format!(
                "What watches have reported {verb} along ({}): none of it is reported again.",
                self.watches
            );
            page.line(Tone::Plain, &line);
        }
        let bought = if self.dry_run { "would be bought" } else { "is bought" };
        let line = format!("Nothing {bought} from {from} any more, under any profile.");
        page.line(Tone::Plain, &line);
    }
}
