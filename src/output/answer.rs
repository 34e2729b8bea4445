//! What a command answers with: a value that is shown or serialized, or what is written while it is
//! read.

use super::page::Page;
use super::stream::Stream;
use crate::core::failure::{Failure, Result};
use crate::core::link;
use serde::Serialize;
use serde_json::Value;

/// What a command answers with: all that was asked for, or a part of it beside what failed.
pub struct Answer {
    pub(super) reply: Content,
    pub(super) failure: Option<Failure>,
    pub(super) code: Option<u8>,
    pub(super) if_lost: Option<&'static str>,
    lost_pages: Option<String>,
}

/// What an answer consists of.
pub(super) enum Content {
    /// A value.
    Whole(Box<dyn Reply>),
    /// What is written while it is read.
    Streamed(Box<dyn Stream>),
}

/// How an answer is shown to people; scripts get the same value serialized.
pub trait Show {
    /// Writes the answer for a person.
    fn show(&self, page: &mut Page);
}

pub(super) trait Reply {
    fn document(&self) -> Result<Value>;
    fn show(&self, page: &mut Page);
}

impl<T: Serialize + Show> Reply for T {
    fn document(&self) -> Result<Value> {
        serde_json::to_value(self).map_err(|cause| {
            Failure::internal("the answer could not be written").because(anyhow::Error::new(cause))
        })
    }

    fn show(&self, page: &mut Page) {
        Show::show(self, page);
    }
}

impl Answer {
    /// Wraps the plain value that a command found.
    pub fn new<T: Serialize + Show + 'static>(value: T) -> Self {
        Self::made_of(Content::Whole(Box::new(value)))
    }

    /// An answer that is written while it is read.
    pub fn stream(stream: impl Stream + 'static) -> Self {
        Self::made_of(Content::Streamed(Box::new(stream)))
    }

    pub(super) fn made_of(reply: Content) -> Self {
        Self { reply, failure: None, code: None, if_lost: None, lost_pages: None }
    }

    /// Says with which code another program has ended, whose end this one's is.
    #[must_use]
    pub fn ending_with(mut self, code: u8) -> Self {
        self.code = Some(code);
        self
    }

    /// Says that a part is missing. The value is shown all the same, the failure is reported, and
    /// its class is the exit code.
    #[must_use]
    pub fn but(mut self, failure: Option<Failure>) -> Self {
        self.failure = failure;
        self
    }

    /// Says what else there is to know where it cannot be delivered: what was done stays done.
    #[must_use]
    pub fn if_lost(mut self, line: &'static str) -> Self {
        self.if_lost = Some(line);
        self
    }

    /// Says what the links begin with that end with this process: a script gets none of them.
    #[must_use]
    pub fn without_pages(mut self, begin: Option<String>) -> Self {
        self.lost_pages = begin;
        self
    }

    /// What is not all right with it.
    pub fn failure(&self) -> Option<&Failure> {
        self.failure.as_ref()
    }

    /// The value as `data` of the document.
    ///
    /// # Errors
    /// Class `internal` when it cannot be serialized.
    pub fn document(&self) -> Result<Value> {
        match &self.reply {
            Content::Whole(reply) => {
                let mut data = reply.document()?;
                if let Some(begin) = &self.lost_pages {
                    link::leave_out(&mut data, begin);
                }
                Ok(data)
            }
            Content::Streamed(_) => Err(Failure::internal("an answer was not collected")),
        }
    }
}

/// Text that is the whole answer as it stands: a script, a schema, a link.
#[derive(Serialize)]
pub struct Plain {
    /// The text.
    pub text: String,
}

impl Show for Plain {
    fn show(&self, page: &mut Page) {
        page.raw(&self.text);
    }
}

/// `data` of an answer that was collected.
#[derive(Serialize)]
#[serde(transparent)]
pub(super) struct Collected(pub(super) Value);

impl Show for Collected {
    fn show(&self, _: &mut Page) {}
}
