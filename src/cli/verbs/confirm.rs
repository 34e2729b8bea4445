//! Asking before something is done: what a person is asked, and what a script is told that has not
//! said that it may be done.

use crate::cli::invocation::Invocation;
use crate::core::class::Class;
use crate::core::escape;
use crate::core::failure::{Failure, Result};

/// The most that is shown of a foreign text that is no name, in characters.
const LONGEST_TOLD: usize = 40;

/// Goes on where `--yes` was given or a person says yes to this question; else `undone` says what
/// has not happened, as "nothing was sent" does.
///
/// # Errors
/// Class `confirmation_required`, or that of a signal.
pub fn confirm(invocation: &Invocation, question: &str, undone: &str, link: &str) -> Result<()> {
    if invocation.globals.yes || invocation.output.confirm(question)? {
        return Ok(());
    }
    Err(Failure::new(Class::ConfirmationRequired, format!("{undone}: it was not confirmed"))
        .hint("To go ahead answer y, or do it on this page:")
        .link(link.to_owned()))
}

/// The failure of a script that has not said that it may do this: `todo` is what it may not, as
/// "buy" is.
pub fn nobody_to_ask(undone: &str, todo: &str, link: String) -> Failure {
    Failure::new(
        Class::ConfirmationRequired,
        format!("{undone}: --yes was not given, and there is no terminal to ask at"),
    )
    .link(link)
    .hint(format!("Add --yes to {todo} from a script, or do it on this page:"))
}

/// A foreign name for a question. Words that could pass for a part of the question have no place in
/// it: they are told before, after `told`, and `instead` stands in their place.
pub fn name<'a>(invocation: &Invocation, name: &'a str, told: &str, instead: &'a str) -> &'a str {
    if escape::is_name(name) {
        return name;
    }
    invocation.output.complain(&format!("{told}: {}", escape::short(name, LONGEST_TOLD)));
    instead
}

/// The saved card for a question, by the portal's name for it.
pub fn card<'a>(invocation: &Invocation, label: &'a str) -> &'a str {
    name(invocation, label, "The portal describes the saved card as", "the saved card")
}
