//! What is open at other portals and systems, and the command that goes on there.

use crate::app::context::Context;
use crate::core::failure::Result;
use crate::core::target;
use crate::purchase::journal::{Journal, Waiting};

/// The command that goes on with what waits there, as far as that is not where this run is.
pub fn command(context: &Context, waiting: &Waiting) -> String {
    let is_here = !context.is_sandbox().unwrap_or(true)
        && context.portal().is_ok_and(|portal| portal.identity == waiting.origin);
    let (place, is_far) = match () {
        () if is_here => (String::new(), false),
        () if target::is_sandbox(&waiting.origin) => ("--sandbox ".to_owned(), false),
        () => (format!("--portal-url {} ", waiting.origin), true),
    };
    let meant = context.settings().map_or(crate::provider::NOUS, |settings| settings.system);
    // A command that names its system means just that: no flag of this run is put before it.
    let system = if is_far || waiting.system != meant {
        format!("--provider {} ", waiting.system.name())
    } else {
        String::new()
    };
    format!("topup {system}{place}resume")
}

/// Tells what this run does not go on with. What was open at a sandbox that was begun anew is gone
/// with it.
///
/// # Errors
/// Class `config`.
pub fn tell(context: &Context, journal: &Journal) -> Result<()> {
    let here = context.portal()?;
    for waiting in journal.waiting()?.iter().filter(|waiting| waiting.open > 0) {
        let is_ours = waiting.origin == here.identity && waiting.system == here.system;
        let is_gone = target::is_sandbox(&waiting.origin) && waiting.origin != here.identity;
        if !is_ours && !is_gone {
            let open = match waiting.open {
                1 => "1 purchase is".to_owned(),
                several => format!("{several} purchases are"),
            };
            context.output.note(&format!(
                "{open} open at {}; '{}' goes on there.",
                waiting.system.title(),
                command(context, waiting)
            ));
        }
    }
    Ok(())
}
