//! The plain form that the pages of the manual are written in, and what it becomes: `roff` for
//! `man`, lines for a terminal. It is a small part of Markdown: `## Headings`, paragraphs,
//! `- items`, blocks between fences, words between backticks, and `<!-- table: NAME -->` for a
//! table of the code. Other comments are for the tests.

use crate::output::page::{Page, Tone};
use clap_mangen::roff::{Inline, Roff, bold, roman};

/// How far a block of commands stands in.
const INDENT: &str = "    ";

/// A piece of a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Block {
    /// The heading of a section.
    Heading(String),
    /// Running text.
    Paragraph(String),
    /// One of a list: with a word that it explains, or none.
    Item {
        /// The word.
        term: Option<String>,
        /// What is said about it.
        text: String,
    },
    /// Lines that stand as they are.
    Lines(Vec<String>),
    /// A table of the code, by name.
    Table(String),
}

/// Reads a page.
pub fn parse(text: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        if line.starts_with("```") {
            let inside = lines.by_ref().take_while(|line| !line.starts_with("```"));
            blocks.push(Block::Lines(inside.map(str::to_owned).collect()));
        } else if let Some(comment) = line.strip_prefix("<!-- ") {
            let comment = comment.trim_end_matches(" -->");
            blocks.extend(comment.strip_prefix("table: ").map(|name| Block::Table(name.into())));
        } else if let Some(heading) = line.strip_prefix("## ") {
            blocks.push(Block::Heading(heading.to_owned()));
        } else if !line.trim().is_empty() {
            let mut whole = line.to_owned();
            // It goes on up to an empty line or the next item.
            while let Some(more) =
                lines.next_if(|more| !more.trim().is_empty() && !more.starts_with("- "))
            {
                whole.push(' ');
                whole.push_str(more.trim());
            }
            blocks.push(match whole.strip_prefix("- ") {
                Some(item) => explained(item),
                None => Block::Paragraph(whole),
            });
        }
    }
    blocks
}

/// An item, which may begin with the word that it is about: `` `word`: text ``.
fn explained(item: &str) -> Block {
    let parts = item.strip_prefix('`').and_then(|rest| rest.split_once("`: "));
    match parts.filter(|(term, _)| !term.contains('`')) {
        Some((term, text)) => Block::Item { term: Some(term.to_owned()), text: text.to_owned() },
        None => Block::Item { term: None, text: item.to_owned() },
    }
}

/// The pages for `man`.
pub fn to_roff(blocks: &[Block], roff: &mut Roff) {
    let mut after_heading = true;
    for block in blocks {
        match block {
            Block::Heading(heading) => {
                roff.control("SH", [heading.to_uppercase().as_str()]);
            }
            Block::Paragraph(text) => {
                if !after_heading {
                    roff.control("PP", []);
                }
                roff.text(inlines(text));
            }
            Block::Item { term: Some(term), text } => {
                roff.control("TP", []);
                roff.text([bold(term)]);
                roff.text(inlines(text));
            }
            Block::Item { term: None, text } => {
                roff.control("IP", ["-", "2"]);
                roff.text(inlines(text));
            }
            Block::Lines(lines) => {
                if !after_heading {
                    roff.control("PP", []);
                }
                roff.control("RS", ["4"]);
                roff.control("nf", []);
                for line in lines {
                    roff.text([roman(line)]);
                }
                roff.control("fi", []);
                roff.control("RE", []);
            }
            Block::Table(_) => {}
        }
        after_heading = matches!(block, Block::Heading(_));
    }
}

/// Words between backticks are bold.
fn inlines(text: &str) -> Vec<Inline> {
    text.split('`')
        .enumerate()
        .filter(|(_, part)| !part.is_empty())
        .map(|(at, part)| if at % 2 == 1 { bold(part) } else { roman(part) })
        .collect()
}

/// The lines for a terminal.
pub fn to_page(blocks: &[Block], page: &mut Page) {
    // Long lines are hard to read, however wide the terminal is.
    let width = page.width().min(80);
    let mut before: Option<&Block> = None;
    for block in blocks {
        let in_list = |block: &Block| matches!(block, Block::Item { .. });
        if before.is_some_and(|before| !(in_list(before) && in_list(block))) {
            page.line(Tone::Plain, "");
        }
        match block {
            Block::Heading(heading) => page.line(Tone::Strong, heading),
            Block::Paragraph(text) => {
                for line in wrap(&plain(text), width) {
                    page.line(Tone::Plain, &line);
                }
            }
            Block::Item { term, text } => {
                if let Some(term) = term {
                    page.line(Tone::Strong, &format!("  {term}"));
                }
                let first = if term.is_some() { INDENT } else { "  - " };
                for (at, line) in wrap(&plain(text), width - INDENT.len()).iter().enumerate() {
                    let before = if at == 0 { first } else { INDENT };
                    page.line(Tone::Plain, &format!("{before}{line}"));
                }
            }
            Block::Lines(lines) => {
                for line in lines {
                    page.line(Tone::Plain, format!("{INDENT}{line}").trim_end());
                }
            }
            Block::Table(_) => {}
        }
        before = Some(block);
    }
}

/// Without backticks: several words between them are quoted, as everywhere in what is printed.
fn plain(text: &str) -> String {
    let mut whole = String::new();
    for (at, part) in text.split('`').enumerate() {
        let quote = if at % 2 == 1 && part.contains(' ') { "'" } else { "" };
        whole.push_str(&format!("{quote}{part}{quote}"));
    }
    whole
}

/// Breaks text between words, into lines no wider than this where the words allow.
fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let last = lines.len() - 1;
        let line = &mut lines[last];
        if line.is_empty() {
            line.push_str(word);
        } else if line.chars().count() + 1 + word.chars().count() <= width {
            line.push(' ');
            line.push_str(word);
        } else {
            lines.push(word.to_owned());
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "One `--flag` and\nmore.\n\n## A heading\n\n- `term`: says\n  this\n- plain\n\n<!-- run -->\n```sh\ntopup buy\n\n  .x\n```\n<!-- table: classes -->\n";

    #[test]
    fn every_form_is_read() {
        let item = |term: Option<&str>, text: &str| Block::Item {
            term: term.map(str::to_owned),
            text: text.to_owned(),
        };
        assert_eq!(
            parse(TEXT),
            [
                Block::Paragraph("One `--flag` and more.".to_owned()),
                Block::Heading("A heading".to_owned()),
                item(Some("term"), "says this"),
                item(None, "plain"),
                Block::Lines(vec!["topup buy".to_owned(), String::new(), "  .x".to_owned()]),
                Block::Table("classes".to_owned()),
            ]
        );
    }

    #[test]
    fn it_becomes_roff_and_lines() {
        let mut roff = Roff::new();
        to_roff(&parse(TEXT), &mut roff);
        let text = roff.render();
        for part in ["One \\fB\\-\\-flag\\fR and more.", ".SH \"A HEADING\"", ".TP\n\\fBterm\\fR"] {
            assert!(text.contains(part), "{part} in {text}");
        }
        let mut page = Page::new(false, 12);
        to_page(&parse("`a b` and `c` go on\n\n- `t`: x\n- y z\n"), &mut page);
        assert_eq!(page.finish(), "'a b' and c\ngo on\n\n  t\n    x\n  - y z\n");
        let mut two = Page::new(false, 40);
        to_page(&parse("- `a`, or `b`: x\n"), &mut two);
        assert_eq!(two.finish(), "  - a, or b: x\n", "two words are no one word");
    }
}
