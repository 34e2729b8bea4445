//! What is printed: one document, tables, bars, single values, links. No other room prints.
//!
//! The result goes to standard output, everything else to standard error. Writes are made by
//! hand and checked: a closed pipe never panics, and an answer that could not be delivered is
//! known as such.

pub(crate) mod actions;
mod answer;
pub(crate) mod aside;
pub(crate) mod chart;
#[cfg(unix)]
mod closed;
pub mod document;
mod hidden;
pub(crate) mod page;
pub(crate) mod progress;
mod stdout;
pub(crate) mod stream;

pub use answer::{Answer, Plain, Show};
pub use stdout::write_out;

use crate::core::class::Class;
use crate::core::command::{NextStep, Shell, TargetFlags};
use crate::core::dialog::{self, Ask, Report};
use crate::core::env;
use crate::core::environment::Variables;
use crate::core::escape;
use crate::core::failure::{Failure, Result};
use crate::core::signals::{Interrupt, Stopped};
use crate::core::system::System;
use answer::{Collected, Content};
use page::Page;
use progress::TerminalProgress;
use serde_json::Value;
use std::io::{self, BufRead};
use stdout::{Given, check_open, given_at_last, giving};
use stream::{Stream, StreamForm, StreamHead, StreamWriter};

/// What standard output carries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Form {
    /// Text for people.
    Text,
    /// One JSON document.
    Json,
    /// Bare values of `data`, one in each line.
    Values(Vec<String>),
}

/// When to colour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Color {
    /// If the terminal supports it.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

impl Color {
    /// `--color`, then `NO_COLOR`, `CLICOLOR_FORCE`, then whether it is a terminal that can.
    pub fn is_wanted(self, variables: &Variables, terminal: bool) -> bool {
        let value = |name: &str| variables.set(name);
        match self {
            Self::Always => true,
            Self::Never => false,
            Self::Auto if value(env::NO_COLOR).is_some() => false,
            Self::Auto if value(env::CLICOLOR_FORCE).is_some_and(|value| value != "0") => true,
            Self::Auto => terminal && value("TERM").is_none_or(|term| term != "dumb"),
        }
    }
}

/// The two streams, and how to write to them.
#[derive(Clone)]
pub struct Output {
    /// What standard output carries.
    pub form: Form,
    /// Whether a person can be asked.
    pub interactive: bool,
    /// No progress and no notes.
    pub quiet: bool,
    /// Whether progress moves on standard error.
    pub animates: bool,
    /// How much to print about requests.
    pub verbose: bool,
    /// Colour on standard output.
    pub color: bool,
    /// Colour on standard error.
    pub color_error: bool,
    /// A value that the answer does not have is an empty line: what was done is done.
    pub misses_keys: bool,
    /// What the commands mean that are printed: the target of this run.
    pub target: TargetFlags,
    /// How their words are quoted.
    pub shell: Shell,
    /// Whether a signal came.
    pub interrupt: Interrupt,
}

impl Output {
    /// One line of prose on standard error, unless `--quiet`.
    pub fn note(&self, line: impl Into<NextStep>) {
        if !self.quiet {
            self.complain(&self.shown(line.into()));
        }
    }

    /// One line about what is wrong beside the answer, always.
    pub fn warn(&self, line: impl Into<NextStep>) {
        self.complain(&format!("warning: {}", self.shown(line.into())));
    }

    /// A sentence with its commands as they are typed: quoted, and at the target of this run.
    pub fn shown(&self, step: NextStep) -> String {
        step.aimed(&self.target).shown(self.shell)
    }

    /// One line on standard error, always. A closed standard error is ignored.
    pub fn complain(&self, line: &str) {
        aside::say(&format!("{}\n", escape::line(line)));
    }

    /// Shows that something is waited for, where somebody can see it.
    pub fn progress(&self) -> TerminalProgress {
        TerminalProgress::new(self.animates, self.color_error)
    }

    /// One JSON line on standard output before the document: only `login` has some.
    ///
    /// # Errors
    /// Class `config` when standard output is closed.
    pub fn event(&self, event: &Value) -> Result<()> {
        write_out(&format!("{}\n", escape::json(&event.to_string())))
    }

    /// One JSON line on standard error, for what goes on for days before its document.
    pub fn event_aside(&self, event: &Value) {
        aside::say(&format!("{}\n", escape::json(&event.to_string())));
    }

    /// Asks a question whose default is no.
    ///
    /// # Errors
    /// The class of the signal that came instead of an answer.
    pub fn confirm(&self, question: &str) -> Result<bool> {
        let line = self.ask(&format!("{question} [y/N] "))?;
        Ok(matches!(line.trim().to_ascii_lowercase().as_str(), "y" | "yes"))
    }

    /// Asks for one line. The end of the input is an empty line.
    ///
    /// # Errors
    /// The class of the signal that came instead of an answer.
    pub fn ask(&self, prompt: &str) -> Result<String> {
        aside::say(&escape::line(prompt));
        let read = self.interrupt.guard(None, || {
            let mut line = String::new();
            io::stdin().lock().read_line(&mut line).map(|_| line)
        });
        if !matches!(&read, Ok(Ok(line)) if line.ends_with('\n')) {
            // Input ended without a line break after the question.
            aside::say("\n");
        }
        match read {
            Ok(Ok(line)) => Ok(line.trim_end_matches(['\r', '\n']).to_owned()),
            Ok(Err(_)) => Ok(String::new()),
            Err(Stopped::Signal(signal)) => {
                Err(Failure::new(signal.class(), "interrupted at the question; nothing was sent"))
            }
            Err(_) => Err(Failure::internal("the question got no answer")),
        }
    }

    /// Asks for one line that is not shown while it is typed.
    ///
    /// # Errors
    /// As [`Output::ask`].
    pub fn ask_hidden(&self, prompt: &str) -> Result<String> {
        hidden::begin();
        let line = self.ask(prompt);
        hidden::end();
        // The line's own end was not shown either.
        aside::say("\n");
        line
    }

    /// Prints the outcome of a command and gives the exit code of the process.
    pub fn finish(
        &self,
        command: &str,
        system: Option<System>,
        outcome: Result<Answer>,
    ) -> (u8, bool) {
        let outcome = match outcome {
            Ok(Answer { reply: Content::Streamed(mut stream), .. }) => {
                match self.write_stream(command, system, stream.as_mut()) {
                    Ok(Streamed::Ended(code, delivered)) => return (code, delivered),
                    Ok(Streamed::Collected(answer)) => Ok(answer),
                    Err(error) => Err(error),
                }
            }
            outcome => outcome,
        };
        let outcome =
            outcome.and_then(|answer| self.split(answer)).and_then(|(answer, failure)| {
                let code = answer.code.unwrap_or_else(|| Class::Success.code());
                let text = self.text_of(command, system, &answer)?;
                Ok((text, failure, code, answer.if_lost))
            });
        match outcome {
            Ok((text, Some(failure), ..)) => {
                let delivered = giving(Given::Whole, || write_out(&text)).is_ok();
                self.tell_failure(&failure);
                (failure.class().code(), delivered)
            }
            Ok((text, None, code, if_lost)) => match giving(Given::Whole, || write_out(&text)) {
                Ok(()) => (code, true),
                Err(error) => {
                    self.tell_failure(&error);
                    if let Some(line) = if_lost {
                        self.complain(line);
                    }
                    (error.class().code(), false)
                }
            },
            Err(error) => {
                let delivered = match self.form {
                    Form::Json => {
                        let document = self.failed_document(command, system, &error);
                        giving(Given::Whole, || write_out(&document)).is_ok()
                    }
                    Form::Text | Form::Values(_) => true,
                };
                self.tell_failure(&error);
                (error.class().code(), delivered)
            }
        }
    }

    /// Says what this process ends with, in any thread and wherever it stands: a document that has
    /// begun is closed as one that is not `ok`, and one that is whole stays alone.
    pub fn report_bug(&self, command: &str, system: Option<System>, bug: &Failure) -> u8 {
        if hidden::end() {
            aside::say("\n");
        }
        progress::clear();
        let given = given_at_last();
        let last = match given.as_deref() {
            Some(Given::Nothing) if self.form == Form::Json => {
                self.failed_document(command, system, bug)
            }
            Some(Given::Part(ending)) if self.form == Form::Json => {
                document::broken_off(ending, bug, self.shell)
            }
            _ => String::new(),
        };
        let _ = write_out(&last);
        self.tell_failure(bug);
        // No other thread writes any more.
        std::mem::forget(given);
        bug.class().code()
    }

    fn failed_document(&self, command: &str, system: Option<System>, error: &Failure) -> String {
        let document = document::failure(command, system, error, self.shell);
        format!("{}\n", escape::json(&document.to_string()))
    }

    /// Writes an answer while it is read.
    ///
    /// # Errors
    /// What happened before any of it was written.
    fn write_stream(
        &self,
        command: &str,
        system: Option<System>,
        stream: &mut dyn Stream,
    ) -> Result<Streamed> {
        let form = match &self.form {
            Form::Json => StreamForm::Json,
            Form::Text => StreamForm::Text,
            Form::Values(_) => StreamForm::Value,
        };
        if form != StreamForm::Value {
            check_open()?;
        }
        let head = StreamHead {
            command,
            system,
            target: &self.target,
            shell: self.shell,
            color: self.color,
        };
        let mut out = io::stdout();
        let mut writer = StreamWriter::new(form, head, &mut out);
        let read = stream.write(&mut writer);
        if form == StreamForm::Value {
            let answer = read.map(|()| Answer::new(Collected(writer.into_data())));
            return answer.map(Streamed::Collected);
        }
        let read = read.and_then(|()| writer.finish());
        let Err(failure) = read else {
            return Ok(Streamed::Ended(Class::Success.code(), true));
        };
        if !writer.has_begun() {
            writer.discard();
            return Err(failure);
        }
        let delivered = !writer.is_lost() && writer.break_off(&failure).is_ok();
        self.tell_failure(&failure);
        Ok(Streamed::Ended(failure.class().code(), delivered))
    }

    /// A failure beside the answer is reported after it; a document carries both.
    fn split(&self, mut answer: Answer) -> Result<(Answer, Option<Failure>)> {
        let Some(mut failure) = answer.failure.take() else { return Ok((answer, None)) };
        if self.form != Form::Json {
            return Ok((answer, Some(failure)));
        }
        if let Value::Object(data) = answer.document()? {
            failure.parts_mut().data = data;
        }
        Err(failure)
    }

    fn text_of(&self, command: &str, system: Option<System>, answer: &Answer) -> Result<String> {
        match &self.form {
            Form::Json => {
                let document = document::success(command, system, &answer.document()?);
                Ok(format!("{}\n", escape::json(&document.to_string())))
            }
            Form::Values(paths) => {
                let data = answer.document()?;
                let mut lines = String::new();
                for path in paths {
                    let value = match document::pick(&data, path) {
                        Err(error) if !self.misses_keys => return Err(error),
                        value => value.unwrap_or_default(),
                    };
                    // A script may be read by a terminal or a runner after all.
                    lines.push_str(&escape::value(&value));
                    lines.push('\n');
                }
                Ok(lines)
            }
            Form::Text => {
                let fits = page::known_width().is_some();
                let page = Page::new(self.color, page::width()).fitting(fits);
                let mut page = page.aimed(&self.target, self.shell);
                if let Content::Whole(reply) = &answer.reply {
                    reply.show(&mut page);
                }
                Ok(page.finish())
            }
        }
    }

    /// What happened, whether money moved, what to do next: one line each, on standard error.
    fn tell_failure(&self, error: &Failure) {
        let parts = error.parts();
        let page = Page::new(self.color_error, page::width());
        let mut page = page.aimed(&TargetFlags::default(), self.shell);
        page.failure(parts);
        aside::say(&page.finish());
        if self.verbose
            && let Some(cause) = &parts.cause
        {
            self.complain(&format!("cause: {cause:#}"));
        }
    }
}

impl Ask for Output {
    fn can_ask(&self) -> bool {
        self.interactive
    }

    fn confirm(&self, question: &str) -> Result<bool> {
        Self::confirm(self, question)
    }

    fn line(&self, prompt: &str) -> Result<String> {
        self.ask(prompt)
    }

    fn hidden(&self, prompt: &str) -> Result<String> {
        self.ask_hidden(prompt)
    }
}

impl Report for Output {
    fn note(&self, line: &NextStep) {
        Self::note(self, line.clone());
    }

    fn warn(&self, line: &NextStep) {
        Self::warn(self, line.clone());
    }

    fn progress(&self) -> Box<dyn dialog::Progress + '_> {
        Box::new(Self::progress(self))
    }
}

impl dialog::Progress for TerminalProgress {
    fn set_message(&mut self, text: &str) {
        Self::set_message(self, text);
    }
}

/// Says what this process ends with before it knows what was asked for; its exit code.
pub fn report_early_bug(bug: &Failure) -> u8 {
    let mut page = Page::new(false, page::width());
    page.failure(bug.parts());
    aside::say(&page.finish());
    bug.class().code()
}

/// What became of an answer that is written while it is read.
enum Streamed {
    /// It was written, as far as it goes: the exit code, and whether it has arrived.
    Ended(u8, bool),
    /// It was collected, because one value of it is wanted.
    Collected(Answer),
}
