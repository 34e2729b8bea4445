//! What is open at other portals and systems, and the command that goes on there.

use crate::cli::invocation::Invocation;
use crate::core::command::{Command, NextStep, Part};
use crate::core::failure::Result;
use crate::core::target;
use crate::purchase::journal::{Journal, Waiting};

/// The command that goes on with what waits there, as far as that is not where this run is.
pub fn command(invocation: &Invocation, waiting: &Waiting) -> Command {
    let is_here = !invocation.setup.is_sandbox().unwrap_or(true)
        && invocation.setup.portal().is_ok_and(|portal| portal.identity == waiting.origin);
    let is_sandbox = target::is_sandbox(&waiting.origin);
    let meant =
        invocation.setup.settings().map_or(crate::provider::NOUS, |settings| settings.system);
    // A command that names its system means just that: no flag of this run is put before it.
    let mut words = Vec::new();
    if (!is_here && !is_sandbox) || waiting.system != meant {
        words.extend(["--provider", waiting.system.name()]);
    }
    if is_sandbox {
        words.push("--sandbox");
    } else if !is_here {
        words.extend(["--portal-url", waiting.origin.as_str()]);
    }
    words.push("resume");
    Command::new(words)
}

/// Tells what this run does not go on with. What was open at a sandbox that was begun anew is gone
/// with it.
///
/// # Errors
/// Class `config`.
pub fn tell(invocation: &Invocation, journal: &Journal) -> Result<()> {
    let here = invocation.setup.portal()?;
    for waiting in journal.waiting()?.iter().filter(|waiting| waiting.open > 0) {
        let is_ours = waiting.origin == here.identity && waiting.system == here.system;
        let is_gone = target::is_sandbox(&waiting.origin) && waiting.origin != here.identity;
        if !is_ours && !is_gone {
            let open = match waiting.open {
                1 => "1 purchase is".to_owned(),
                several => format!("{several} purchases are"),
            };
            invocation.output.note(
                NextStep::text(format!("{open} open at {}; ", waiting.system.title()))
                    .then(Part::Run(command(invocation, waiting)))
                    .then(Part::Text(" goes on there.".into())),
            );
        }
    }
    Ok(())
}
