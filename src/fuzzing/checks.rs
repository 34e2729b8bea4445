//! What must hold for whatever a reader made of its bytes, and is shown.

use crate::core::command::Shell;
use crate::core::escape;
use crate::core::failure::Failure;
use crate::output::page::Page;
use crate::output::{Show, document};
use serde::Serialize;
use serde_json::Value;

/// A failure as it would be printed: the document, and the lines for a person.
pub fn check_failure(error: &Failure) {
    let text = escape::json(&document::failure("fuzzing", None, error, Shell::Posix).to_string());
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
pub fn shown<T: Serialize + Show>(answer: &T) {
    let data = serde_json::to_value(answer).expect("a document");
    let text = escape::json(&document::success("fuzzing", None, &data).to_string());
    serde_json::from_str::<Value>(&text).expect("a document that can be read");
    assert_safe(&text);
    let mut page = Page::new(false, 80);
    answer.show(&mut page);
    assert_safe(&page.finish());
}

/// Nothing in it moves a cursor, turns the reading direction or speaks to a CI runner.
pub fn assert_safe(text: &str) {
    for line in text.split('\n') {
        let spoiled = line.chars().find(|character| !escape::is_plain(*character));
        assert_eq!(spoiled, None, "in {line:?}");
        assert!(!line.trim_start().starts_with("::"), "an order to a runner: {line:?}");
        assert!(!line.contains("##"), "an order to a runner: {line:?}");
    }
}

/// The bytes as text; what is none is no input of a reader of text.
pub fn text(bytes: &[u8]) -> Option<&str> {
    std::str::from_utf8(bytes).ok()
}
