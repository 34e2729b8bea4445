//! Foreign bytes, tried out: every reader of what a system, a file, a variable or a person gives,
//! under any bytes at all. Only in tests and for the fuzzer; nothing of it is in the program.
//!
//! Each [`FuzzTarget`] is one reader and what must hold for every input: it ends, it does not
//! panic, what it says is safe to show, and what it takes for a success is one by a second opinion.
//! `tests/fuzz/main.rs` hangs a coverage-guided fuzzer in front of them, and `tests/fuzz/corpus`
//! keeps what has taught something; the tests here read all of it again, and bend it at random.

mod answers;
mod files;
mod words;

use crate::core::escape;
use crate::core::failure::Failure;
use crate::output::page::Page;
use crate::output::{Show, document};
use serde::Serialize;
use serde_json::Value;

/// One reader of foreign bytes.
#[derive(Clone, Copy)]
pub struct FuzzTarget {
    /// Its name, and that of its folder in the corpus.
    pub name: &'static str,
    /// Reads the bytes.
    pub run: fn(&[u8]),
}

/// All of them.
pub const TARGETS: &[FuzzTarget] = &[
    FuzzTarget { name: "nous", run: answers::nous },
    FuzzTarget { name: "ciris", run: answers::ciris },
    FuzzTarget { name: "byterover", run: answers::byterover },
    FuzzTarget { name: "login", run: answers::login },
    FuzzTarget { name: "headers", run: answers::headers },
    FuzzTarget { name: "config", run: files::config },
    FuzzTarget { name: "credentials", run: files::credentials },
    FuzzTarget { name: "hermes", run: files::hermes },
    FuzzTarget { name: "pin", run: files::pin },
    FuzzTarget { name: "cost", run: files::cost },
    FuzzTarget { name: "amount", run: words::amount },
    FuzzTarget { name: "money", run: words::money },
    FuzzTarget { name: "link", run: words::link },
    FuzzTarget { name: "base_url", run: words::base_url },
    FuzzTarget { name: "shown", run: words::shown },
    FuzzTarget { name: "ids", run: words::ids },
    FuzzTarget { name: "duration", run: words::duration },
    FuzzTarget { name: "places", run: words::places },
    FuzzTarget { name: "command_line", run: words::command_line },
];

/// A failure as it would be printed: the document, and the lines for a person.
fn check_failure(error: &Failure) {
    let text = escape::json(
        &document::failure("fuzzing", None, error, crate::core::command::Shell::Posix).to_string(),
    );
    let document: Value = serde_json::from_str(&text).expect("a document that can be read");
    assert_eq!(document["error"]["exit_code"], error.class().code());
    assert_safe(&text);
    let mut page = Page::new(false, 80);
    page.failure(error.parts());
    let lines = page.finish();
    assert_safe(&lines);
    assert!(lines.len() < 64 * 1024, "a failure is printed in {} bytes", lines.len());
}

/// An answer as it would be shown: as a document, and to a person.
fn shown<T: Serialize + Show>(answer: &T) {
    let data = serde_json::to_value(answer).expect("a document");
    let text = escape::json(&document::success("fuzzing", None, &data).to_string());
    serde_json::from_str::<Value>(&text).expect("a document that can be read");
    assert_safe(&text);
    let mut page = Page::new(false, 80);
    answer.show(&mut page);
    assert_safe(&page.finish());
}

/// Nothing in it moves a cursor, turns the reading direction or speaks to a CI runner.
fn assert_safe(text: &str) {
    for line in text.split('\n') {
        let spoiled = line.chars().find(|character| !escape::is_plain(*character));
        assert_eq!(spoiled, None, "in {line:?}");
        assert!(!line.trim_start().starts_with("::"), "an order to a runner: {line:?}");
        assert!(!line.contains("##"), "an order to a runner: {line:?}");
    }
}

/// The bytes as text; what is none is no input of a reader of text.
fn text(bytes: &[u8]) -> Option<&str> {
    std::str::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests;
