//! An answer that is written while it is read: any number of rows, in little memory.
//!
//! The document has the keys of every other one, and `ok` behind its rows, because only then is it
//! known. A failure in front of the first byte is answered like any other. A failure after it closes
//! the rows that were written and ends the document with `"ok":false` and an `error`: no part of an
//! answer can be taken for the whole.

use super::document::{SCHEMA, broken_off};
use super::page::{self, Page, TableColumns, Tone, csv_line};
use super::stdout::{Given, giving, undelivered};
use crate::core::command::{Shell, TargetFlags};
use crate::core::escape;
use crate::core::failure::{Failure, Result};
use crate::core::system::System;
use serde::Serialize;
use serde_json::{Map, Value, json};
use std::io::Write;

/// How much is collected before it is written: as much as a pipe takes.
const PIECE: usize = 64 * 1024;
/// How many rows of a table are as wide as each other; the next ones are wider at most.
const BLOCK: usize = 1000;

/// An answer that writes itself.
pub trait Stream {
    /// Writes all of it.
    ///
    /// # Errors
    /// Its own, and those of the writer: with the first one the answer ends.
    fn write(&mut self, to: &mut StreamWriter<'_>) -> Result<()>;
}

/// One row of a list: serialized for a document.
pub trait StreamRow: Serialize {
    /// Its cells, for comma-separated values.
    fn csv(&self) -> Vec<String>;

    /// Its cells, for people.
    fn cells(&self) -> (Tone, Vec<String>);
}

/// How rows are written where no document is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RowLayout {
    /// Comma-separated values under these names.
    Csv(&'static [&'static str]),
    /// A table under these names.
    Table(Vec<String>),
}

/// What an answer becomes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StreamForm {
    /// A document.
    Json,
    /// Text.
    Text,
    /// `data` of the document as one value, to pick from.
    Value,
}

/// What is known of the answer before it begins.
pub struct StreamHead<'h> {
    /// The verb.
    pub command: &'h str,
    /// The system, where one is known.
    pub system: Option<System>,
    /// What the commands mean that are printed.
    pub target: &'h TargetFlags,
    /// How their words are quoted.
    pub shell: Shell,
    /// Colour on standard output.
    pub color: bool,
}

/// Writes an answer in the form that is asked for.
pub struct StreamWriter<'w> {
    form: StreamForm,
    head: StreamHead<'w>,
    out: &'w mut dyn Write,
    /// What is to be written next.
    text: String,
    /// Something was written, or has failed to be.
    has_begun: bool,
    /// It cannot be written any more.
    is_lost: bool,
    /// The keys of `data` so far.
    keys: usize,
    rows: Option<OpenRows>,
    /// A text of `data` is open.
    in_text: bool,
    data: Map<String, Value>,
}

/// A list that is being written.
struct OpenRows {
    key: &'static str,
    layout: RowLayout,
    count: usize,
    columns: TableColumns,
    block: Vec<(Tone, Vec<String>)>,
    values: Vec<Value>,
}

impl<'w> StreamWriter<'w> {
    /// Nothing is written yet.
    pub fn new(form: StreamForm, head: StreamHead<'w>, out: &'w mut dyn Write) -> Self {
        Self {
            form,
            head,
            out,
            text: String::new(),
            has_begun: false,
            is_lost: false,
            keys: 0,
            rows: None,
            in_text: false,
            data: Map::new(),
        }
    }

    /// Whether a part of it may have reached its reader.
    pub fn has_begun(&self) -> bool {
        self.has_begun
    }

    /// Whether it could not be written.
    pub fn is_lost(&self) -> bool {
        self.is_lost
    }

    /// One value of `data` beside the rows, for documents.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn field(&mut self, key: &str, value: &impl Serialize) -> Result<()> {
        match self.form {
            StreamForm::Text => Ok(()),
            StreamForm::Value => {
                self.data.insert(key.to_owned(), serde_json::to_value(value).map_err(unwritten)?);
                Ok(())
            }
            StreamForm::Json => {
                self.key(key);
                self.json(value)?;
                self.write_pieces()
            }
        }
    }

    /// Begins the list of this key.
    pub fn begin_rows(&mut self, key: &'static str, layout: RowLayout) {
        match (self.form, &layout) {
            (StreamForm::Json, _) => {
                self.key(key);
                self.text.push('[');
            }
            (StreamForm::Text, RowLayout::Csv(heads)) => {
                self.text.push_str(&heads.join(","));
                self.text.push('\n');
            }
            (StreamForm::Text, RowLayout::Table(_)) | (StreamForm::Value, _) => {}
        }
        self.rows = Some(OpenRows {
            key,
            layout,
            count: 0,
            columns: TableColumns::default(),
            block: Vec::new(),
            values: Vec::new(),
        });
    }

    /// Writes one row of the list.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn row(&mut self, row: &impl StreamRow) -> Result<()> {
        let Some(rows) = &mut self.rows else {
            return Err(Failure::internal("a row stands in no list"));
        };
        rows.count += 1;
        match (self.form, &rows.layout) {
            (StreamForm::Value, _) => {
                rows.values.push(serde_json::to_value(row).map_err(unwritten)?);
            }
            (StreamForm::Json, _) => {
                if rows.count > 1 {
                    self.text.push(',');
                }
                self.json(row)?;
            }
            (StreamForm::Text, RowLayout::Csv(_)) => self.text.push_str(&csv_line(&row.csv())),
            (StreamForm::Text, RowLayout::Table(_)) => {
                rows.block.push(row.cells());
                if rows.block.len() >= BLOCK {
                    self.write_block();
                }
            }
        }
        self.write_pieces()
    }

    /// Ends the list.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn end_rows(&mut self) -> Result<()> {
        self.write_block();
        let Some(rows) = self.rows.take() else { return Ok(()) };
        match self.form {
            StreamForm::Json => self.text.push(']'),
            StreamForm::Value => {
                self.data.insert(rows.key.to_owned(), Value::Array(rows.values));
            }
            StreamForm::Text => {}
        }
        self.write_pieces()
    }

    /// Text of our own that is the whole answer, piece by piece, each of whole lines; the value of
    /// this key in a document.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn plain(&mut self, key: &str, piece: &str) -> Result<()> {
        match self.form {
            StreamForm::Text => self.text.push_str(piece),
            StreamForm::Value => match self.data.get_mut(key) {
                Some(Value::String(text)) => text.push_str(piece),
                _ => {
                    self.data.insert(key.to_owned(), piece.into());
                }
            },
            StreamForm::Json => {
                if !self.in_text {
                    self.key(key);
                    self.text.push('"');
                    self.in_text = true;
                }
                let quoted = serde_json::to_string(piece).map_err(unwritten)?;
                let inner = quoted.get(1..quoted.len() - 1).unwrap_or_default();
                self.text.push_str(&escape::json(inner));
            }
        }
        self.write_pieces()
    }

    /// What only people read.
    pub fn page(&mut self, write: impl FnOnce(&mut Page)) {
        if self.form == StreamForm::Text {
            let mut page = page_of(&self.head);
            write(&mut page);
            self.text.push_str(&page.finish());
        }
    }

    /// Ends an answer that is whole.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn finish(&mut self) -> Result<()> {
        if self.form == StreamForm::Json {
            self.open_document();
            self.text.push_str(self.ending());
            self.text.push_str(",\"ok\":true}\n");
        }
        self.write_out(Given::Whole)
    }

    /// Ends an answer that is not whole, with the reason.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn break_off(&mut self, why: &Failure) -> Result<()> {
        if self.form == StreamForm::Json {
            self.text.push_str(&broken_off(self.ending(), why, self.head.shell));
        } else {
            self.write_block();
        }
        self.write_out(Given::Whole)
    }

    /// What closes `data` where it stands.
    fn ending(&self) -> &'static str {
        match (&self.rows, self.in_text) {
            (Some(_), _) => "]}",
            (None, true) => "\"}",
            (None, false) => "}",
        }
    }

    /// `data` of the document, where the answer was collected.
    pub fn into_data(self) -> Value {
        Value::Object(self.data)
    }

    /// What was not written yet is never written.
    pub fn discard(&mut self) {
        self.text.clear();
        self.rows = None;
    }

    fn open_document(&mut self) {
        if self.keys == 0 && !self.has_begun && self.text.is_empty() {
            let provider = json!(self.head.system.map(System::name));
            let command = json!(self.head.command);
            self.text.push_str(&format!(
                "{{\"schema\":\"{SCHEMA}\",\"command\":{command},\"provider\":{provider},\"data\":{{"
            ));
        }
    }

    fn key(&mut self, key: &str) {
        self.open_document();
        if self.keys > 0 {
            self.text.push(',');
        }
        self.keys += 1;
        self.text.push_str(&json!(key).to_string());
        self.text.push(':');
    }

    fn json(&mut self, value: &impl Serialize) -> Result<()> {
        let text = serde_json::to_string(value).map_err(unwritten)?;
        self.text.push_str(&escape::json(&text));
        Ok(())
    }

    fn write_block(&mut self) {
        let Some(rows) = &mut self.rows else { return };
        let RowLayout::Table(heads) = &rows.layout else { return };
        let block = std::mem::take(&mut rows.block);
        if self.form != StreamForm::Text || block.is_empty() {
            return;
        }
        let mut page = page_of(&self.head);
        page.table_part(heads, block, &mut rows.columns);
        self.text.push_str(&page.finish());
    }

    fn write_pieces(&mut self) -> Result<()> {
        if self.text.len() < PIECE || self.form == StreamForm::Value {
            return Ok(());
        }
        self.write_out(Given::Part(self.ending()))
    }

    fn write_out(&mut self, given: Given) -> Result<()> {
        if self.text.is_empty() {
            return Ok(());
        }
        self.has_begun = true;
        let (out, text) = (&mut *self.out, self.text.as_bytes());
        let written = giving(given, || out.write_all(text).and_then(|()| out.flush()));
        self.text.clear();
        written.map_err(|cause| {
            self.is_lost = true;
            undelivered(cause)
        })
    }
}

/// A page as wide as the terminal, which is known only where somebody reads.
fn page_of(head: &StreamHead<'_>) -> Page {
    let (width, fits) = (page::width(), page::known_width().is_some());
    Page::new(head.color, width).fitting(fits).aimed(head.target, head.shell)
}

fn unwritten(cause: serde_json::Error) -> Failure {
    Failure::internal("the answer could not be written").because(anyhow::Error::new(cause))
}

#[cfg(test)]
#[path = "stream_tests.rs"]
mod tests;
