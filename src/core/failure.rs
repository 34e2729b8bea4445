//! The one error type that crosses a room's door: a class, a message, and what helps.
//!
//! The class is chosen once, where a lower error is turned into this one; the lower error stays
//! behind it as the cause and is shown only with `-v`. Only `answer` prints it.

use crate::core::class::{Class, Recovery};
use crate::core::command::NextStep;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};
use std::fmt;

/// The result of nearly everything here.
pub type Result<T, E = Failure> = std::result::Result<T, E>;

/// Whether money moved; `charged` in the document of every failure that could have spent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Charged {
    /// Proved: nothing was charged.
    No,
    /// Proved: it was charged.
    Yes,
    /// Not known yet.
    Unknown,
}

/// The code of a failure whose purchase waits for the card holder to confirm it to the bank: nothing
/// is charged before that.
pub const BANK_CHECK_OPEN: &str = "bank_check_open";

/// What went wrong, for the person and for the script.
pub struct Failure(Box<Parts>);

/// The parts of an [`Failure`], public to be read by `answer` and by tests.
#[derive(Debug)]
pub struct Parts {
    /// The class, and with it the exit code.
    pub class: Class,
    /// One line: what happened. Server text in it is not yet escaped.
    pub message: String,
    /// Further lines: the exact next step.
    pub hints: Vec<NextStep>,
    /// The system's own word for it, where it gave one.
    pub code: Option<String>,
    /// The HTTP status, where there was an answer.
    pub status: Option<u16>,
    /// The page where a person can act.
    pub portal_url: Option<String>,
    /// Seconds to wait before trying again, at most an hour.
    pub retry_after: Option<u64>,
    /// Whether money moved for this purchase; `None` for commands that cannot spend.
    pub charged: Option<Charged>,
    /// Whether this run moved money, where that is known to differ from `charged`.
    pub charged_now: Option<Charged>,
    /// The kind of step that helps.
    pub recovery: Option<Recovery>,
    /// Other fields of the system's answer that a script can use.
    pub details: Map<String, Value>,
    /// What is known all the same; `data` of the failed document.
    pub data: Map<String, Value>,
    /// The lower error.
    pub cause: Option<anyhow::Error>,
}

impl Failure {
    /// An error of this class with this one-line message.
    pub fn new(class: Class, message: impl Into<String>) -> Self {
        Self(Box::new(Parts {
            class,
            message: message.into(),
            hints: Vec::new(),
            code: None,
            status: None,
            portal_url: None,
            retry_after: None,
            charged: None,
            charged_now: None,
            recovery: class.row().recovery,
            details: Map::new(),
            data: Map::new(),
            cause: None,
        }))
    }

    /// Class `usage`: what was typed is not valid.
    pub fn usage(message: impl Into<String>) -> Self {
        Self::new(Class::Usage, message)
    }

    /// Class `config`: a file of ours cannot be read or written.
    pub fn config(message: impl Into<String>) -> Self {
        Self::new(Class::Config, message)
    }

    /// Class `internal`: something that cannot happen, did.
    pub fn internal(message: impl Into<String>) -> Self {
        Self::new(Class::Internal, message)
    }

    /// Adds a line that says what to do next. In a literal `'topup …'` is a command; text that is
    /// made while the program runs holds none: see [`Failure::hint_with`].
    #[must_use]
    pub fn hint(mut self, step: impl Into<NextStep>) -> Self {
        self.0.hints.push(step.into());
        self
    }

    /// The same with an argument for each `{}` of the literal; in a command it is one word.
    #[must_use]
    pub fn hint_with(self, template: &'static str, arguments: &[&dyn fmt::Display]) -> Self {
        self.hint(NextStep::filled(template, arguments))
    }

    /// Keeps the lower error behind this one.
    #[must_use]
    pub fn because(mut self, cause: impl Into<anyhow::Error>) -> Self {
        self.0.cause = Some(cause.into());
        self
    }

    /// Names the page where a person can act, where there is one.
    #[must_use]
    pub fn link(mut self, url: impl Into<Option<String>>) -> Self {
        self.0.portal_url = url.into();
        self
    }

    /// Says whether money moved.
    #[must_use]
    pub fn charged(mut self, charged: Charged) -> Self {
        self.0.charged = Some(charged);
        self
    }

    /// Says whether this run moved money, apart from the outcome of the purchase.
    #[must_use]
    pub fn charged_now(mut self, charged: Charged) -> Self {
        self.0.charged_now = Some(charged);
        self
    }

    /// This run has sent nothing that can charge: whatever became of the purchase, it was not now.
    #[must_use]
    pub fn sent_nothing(self) -> Self {
        if self.0.charged.is_some() { self.charged_now(Charged::No) } else { self }
    }

    /// Says whether money moved, where that is not set yet.
    #[must_use]
    pub fn or_charged(self, charged: impl FnOnce() -> Charged) -> Self {
        if self.0.charged.is_some() { self } else { self.charged(charged()) }
    }

    /// Names another kind of step than the class suggests.
    #[must_use]
    pub fn recovery(mut self, recovery: Recovery) -> Self {
        self.0.recovery = Some(recovery);
        self
    }

    /// Says how many seconds to wait.
    #[must_use]
    pub fn retry_after(mut self, seconds: Option<u64>) -> Self {
        self.0.retry_after = seconds;
        self
    }

    /// Adds something a script can use to `error.details`.
    #[must_use]
    pub fn detail(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.0.details.insert(key.to_owned(), value.into());
        self
    }

    /// Adds something that is known all the same to `data`.
    #[must_use]
    pub fn with_data(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.0.data.insert(key.to_owned(), value.into());
        self
    }

    /// Makes `data` all of this, which is known all the same.
    #[must_use]
    pub fn with_data_of(mut self, known: &impl Serialize) -> Self {
        if let Ok(Value::Object(data)) = serde_json::to_value(known) {
            self.0.data = data;
        }
        self
    }

    /// The class of this error.
    pub fn class(&self) -> Class {
        self.0.class
    }

    /// All parts, to print or inspect.
    pub fn parts(&self) -> &Parts {
        &self.0
    }

    /// All parts, to be completed by the room that knows more.
    pub fn parts_mut(&mut self) -> &mut Parts {
        &mut self.0
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0.message)
    }
}

impl fmt::Debug for Failure {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, out)
    }
}

impl std::error::Error for Failure {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.cause.as_ref().map(AsRef::as_ref)
    }
}
