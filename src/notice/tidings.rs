//! The content of a notice, in the forms that mails and webhooks want.

use crate::core::language::Language;

/// The content of a notice, in the forms that mails and webhooks want.
pub trait Tidings {
    /// The subject, in both languages, on one line.
    fn subject(&self) -> String;

    /// All of it in one language.
    fn words(&self, language: Language) -> Words;

    /// All of it on one line; names are shown by `name`.
    fn one_line(&self, language: Language, name: &dyn Fn(&str) -> String) -> String;

    /// The body for the webhook.
    ///
    /// # Errors
    /// What keeps it from being written as JSON.
    fn body(&self) -> serde_json::Result<Vec<u8>>;
}

/// The notice in one language.
pub struct Words {
    /// The language, as HTML calls it.
    pub tag: &'static str,
    /// What happened.
    pub heading: &'static str,
    /// What follows from it.
    pub lead: &'static str,
    /// The facts, each with its label.
    pub rows: Vec<(&'static str, String)>,
    /// What helps.
    pub todo: &'static str,
    /// The command that does it.
    pub command: String,
    /// When the next notice comes.
    pub next: Option<String>,
}
