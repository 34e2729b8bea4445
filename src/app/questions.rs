//! Asking before something is done: the question for a person, the offer of a step-up, and the refusal
//! of a script that has not been given the permission.

use crate::core::class::Class;
use crate::core::command::NextStep;
use crate::core::dialog::{Ask, Report, Silent};
use crate::core::escape;
use crate::core::failure::{Failure, Result};

/// The most that is shown of a foreign text that is no name, in characters.
const LONGEST_SHOWN: usize = 36;

/// Offers a person to ask for permission to spend, where a request was refused for want of it.
pub trait StepUp {
    /// Whether it was granted.
    ///
    /// # Errors
    /// The class of a signal. Every other trouble is reported, and the answer is `false`.
    fn offer(&self) -> Result<bool>;
}

/// Nothing is offered where no person sits.
impl StepUp for Silent {
    fn offer(&self) -> Result<bool> {
        Ok(false)
    }
}

/// Asks, where a person is to be asked.
#[derive(Clone, Copy)]
pub struct Questions<'a> {
    /// Asks a person.
    pub ask: &'a dyn Ask,
    /// Reports beside the answer.
    pub report: &'a dyn Report,
    /// `--yes`: nothing is asked.
    pub assume_yes: bool,
}

impl Questions<'_> {
    /// Whether a person sits there who is to be asked.
    pub fn are_asked(&self) -> bool {
        self.ask.can_ask() && !self.assume_yes
    }

    /// Goes on where a person says yes to this question, or nothing is to be asked; else `undone`
    /// says what has not happened, as "nothing was sent" does.
    ///
    /// # Errors
    /// Class `confirmation_required`, or that of a signal.
    pub fn confirm(&self, question: &str, undone: &str, page: &str) -> Result<()> {
        if self.assume_yes || self.ask.confirm(question)? {
            return Ok(());
        }
        let message = format!("{undone}: it was not confirmed");
        Err(Failure::new(Class::ConfirmationRequired, message)
            .hint("To go ahead answer y, or do it on {page}:")
            .link(page.to_owned()))
    }

    /// Refuses a script without the permission: `todo` is what it may not do, such as "buy".
    ///
    /// # Errors
    /// Class `confirmation_required`.
    pub fn check_can_be_asked(
        &self,
        undone: &str,
        todo: &str,
        page: impl FnOnce() -> Result<String>,
    ) -> Result<()> {
        if self.assume_yes || self.ask.can_ask() {
            return Ok(());
        }
        Err(unconfirmed(undone, todo, page()?))
    }

    /// A foreign name for a question. Words that could pass for a part of the question have no
    /// place in it: they are shown before, after `heading`, and `instead` stands in their place.
    pub fn name<'n>(&self, name: &'n str, heading: &str, instead: &'n str) -> &'n str {
        if escape::is_name(name) {
            return name;
        }
        let shown = escape::short(name, LONGEST_SHOWN);
        self.report.warn(&format!("{heading}: {shown}").into());
        instead
    }

    /// The saved card for a question, by the portal's name for it.
    pub fn card<'n>(&self, label: &'n str) -> &'n str {
        self.name(label, "The portal describes the saved card as", "the saved card")
    }
}

/// The failure of a script without the permission.
pub fn unconfirmed(undone: &str, todo: &str, page: String) -> Failure {
    let message = format!("{undone}: --yes was not given, and there is no terminal to ask at");
    Failure::new(Class::ConfirmationRequired, message)
        .link(page)
        .hint(NextStep::filled("Add --yes to {} from a script, or do it on {page}:", &[&todo]))
}
