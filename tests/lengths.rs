//! Promise to developers: no file is longer than can be kept in mind, and each says what it is for.

use crate::rooms::all_files;
use std::fs;
use std::path::Path;

/// The longest file, in lines.
const LONGEST: usize = 500;

#[test]
fn no_file_is_too_long_and_each_says_what_it_is_for() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut all = Vec::new();
    for folder in ["src", "tests"] {
        all_files(&root.join(folder), &mut all);
    }
    assert!(all.len() > 500, "{} files", all.len());
    let mut wrong = Vec::new();
    for file in &all {
        let name = file.strip_prefix(root).expect("below it").display().to_string();
        let text = fs::read_to_string(file).expect("a source file");
        let lines = text.lines().count();
        if lines > LONGEST {
            wrong.push(format!("{name} has {lines} lines"));
        }
        if !text.starts_with("//!") {
            wrong.push(format!("{name} does not begin with what it is for"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
