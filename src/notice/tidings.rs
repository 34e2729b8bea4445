//! The content of a notice, in the forms that mails and webhooks want.

use crate::core::language::Language;

/// The content of a notice, in the forms that mails and webhooks want.
pub trait Tidings {
    /// The language of those who get it.
    fn language(&self) -> Language;

    /// The subject, on one line.
    fn subject(&self) -> String;

    /// All of it in this language.
    fn words(&self, language: Language) -> Words;

    /// All of it on one line.
    fn one_line(&self, language: Language, marks: &Marks) -> String;

    /// The body for the webhook.
    ///
    /// # Errors
    /// What keeps it from being written as JSON.
    fn body(&self) -> serde_json::Result<Vec<u8>>;
}

/// The notice in one language.
pub struct Words {
    /// What happened.
    pub heading: String,
    /// What follows from it.
    pub lead: String,
    /// The facts, each with its label.
    pub rows: Vec<(&'static str, String)>,
    /// The command that helps, behind what it does.
    pub command: Option<(&'static str, String)>,
    /// The page of the system, behind what it is.
    pub link: Option<(&'static str, String)>,
    /// When the next notice comes.
    pub next: Option<String>,
}

/// How the parts of a line stand in it.
pub struct Marks {
    /// A name that people gave, or a command.
    pub name: fn(&str) -> String,
    /// What a system calls something.
    pub text: fn(&str) -> String,
    /// A link.
    pub link: fn(&str) -> String,
}
