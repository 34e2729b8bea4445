//! How a use case speaks with a person: asks, and reports what is under way. Who prints is another
//! matter: `output` does, and a test answers with values.

use super::command::NextStep;
use super::failure::Result;

/// Asks a person. Nothing is asked where there is no person to answer: see [`Ask::can_ask`].
pub trait Ask {
    /// Whether a person sits there and may be asked.
    fn can_ask(&self) -> bool;

    /// A question whose default is no.
    ///
    /// # Errors
    /// The class of the signal that came instead of an answer.
    fn confirm(&self, question: &str) -> Result<bool>;

    /// One line. The end of the input is an empty line.
    ///
    /// # Errors
    /// As [`Ask::confirm`].
    fn line(&self, prompt: &str) -> Result<String>;

    /// One line that is not shown while it is typed.
    ///
    /// # Errors
    /// As [`Ask::confirm`].
    fn hidden(&self, prompt: &str) -> Result<String>;
}

/// Reports beside the answer.
pub trait Report {
    /// A line that may be left out with `--quiet`.
    fn note(&self, line: &NextStep);

    /// A line about what is wrong, always.
    fn warn(&self, line: &NextStep);

    /// What is waited for, until the returned value is dropped.
    fn progress(&self) -> Box<dyn Progress + '_>;
}

/// Something that is waited for.
pub trait Progress {
    /// Says what it is now.
    fn set_message(&mut self, text: &str);
}

/// Reports nothing and cannot ask: for scripts inside the program, and for tests.
pub struct Silent;

impl Ask for Silent {
    fn can_ask(&self) -> bool {
        false
    }

    fn confirm(&self, _: &str) -> Result<bool> {
        Ok(false)
    }

    fn line(&self, _: &str) -> Result<String> {
        Ok(String::new())
    }

    fn hidden(&self, _: &str) -> Result<String> {
        Ok(String::new())
    }
}

impl Report for Silent {
    fn note(&self, _: &NextStep) {}

    fn warn(&self, _: &NextStep) {}

    fn progress(&self) -> Box<dyn Progress + '_> {
        Box::new(Silent)
    }
}

impl Progress for Silent {
    fn set_message(&mut self, _: &str) {}
}
