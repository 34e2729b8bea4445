//! The paper that answers for people are written on: lines, fields, tables, bars. Colours are
//! names here; everything foreign is escaped before it is coloured.

use super::sanitize;
use crate::error::{Charged, Parts};
use anstyle::{AnsiColor, Style};

/// What a piece of text means; the colour follows from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// Nothing special.
    Plain,
    /// A heading or the value that was asked for.
    Strong,
    /// Beside the point.
    Dim,
    /// As it should be.
    Good,
    /// Look at this.
    Warn,
    /// Wrong, or nearly.
    Bad,
}

/// Collects the text of one answer.
pub struct Page {
    text: String,
    color: bool,
    width: usize,
}

/// The columns of the terminal, or 80.
pub fn width() -> usize {
    80
}

impl Page {
    /// An empty page.
    pub fn new(color: bool, width: usize) -> Self {
        Self { text: String::new(), color, width }
    }

    /// The columns there are.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Adds text exactly as it is: only for text of our own.
    pub fn raw(&mut self, text: &str) {
        self.text.push_str(text);
        if !text.ends_with('\n') {
            self.text.push('\n');
        }
    }

    /// Adds one line.
    pub fn line(&mut self, tone: Tone, text: &str) {
        let styled = self.styled(tone, text);
        self.text.push_str(&styled);
        self.text.push('\n');
    }

    /// Adds `label  value`, the labels of neighbours aligned.
    pub fn field(&mut self, label: &str, tone: Tone, value: &str) {
        let label = self.styled(Tone::Dim, &format!("{label:<16}"));
        let value = self.styled(tone, value);
        self.text.push_str(&format!("{label}  {value}\n"));
    }

    /// A failure: what happened, whether money moved, what to do next.
    pub fn failure(&mut self, parts: &Parts) {
        let mark = self.styled(Tone::Bad, "error:");
        let message = sanitize::line(&parts.message);
        self.text.push_str(&format!("{mark} {message}\n"));
        match parts.charged {
            Some(Charged::No) if !parts.message.contains("othing was charged") => {
                self.line(Tone::Plain, "Nothing was charged.")
            }
            Some(Charged::Unknown) => {
                self.line(Tone::Warn, "It is not known whether your card was charged.")
            }
            Some(Charged::Yes) => self.line(Tone::Warn, "Your card was charged."),
            _ => {}
        }
        for hint in &parts.hints {
            self.line(Tone::Plain, hint);
        }
        if let Some(seconds) = parts.retry_after {
            let wait = crate::config::duration::show(std::time::Duration::from_secs(seconds));
            self.line(Tone::Plain, &format!("Try again in {wait}."));
        }
        if let Some(url) = &parts.portal_url {
            self.line(Tone::Plain, url);
        }
    }

    /// Foreign text with the colour of its tone.
    pub fn styled(&self, tone: Tone, text: &str) -> String {
        let text = sanitize::line(text);
        if !self.color || tone == Tone::Plain {
            return text;
        }
        let style = match tone {
            Tone::Plain => Style::new(),
            Tone::Strong => Style::new().bold(),
            Tone::Dim => Style::new().dimmed(),
            Tone::Good => AnsiColor::Green.on_default(),
            Tone::Warn => AnsiColor::Yellow.on_default(),
            Tone::Bad => AnsiColor::Red.on_default().bold(),
        };
        format!("{style}{text}{style:#}")
    }

    /// The finished text.
    pub fn finish(self) -> String {
        self.text
    }
}
