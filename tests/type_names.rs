//! Promise to whoever carries this on: a type name means one thing.

use crate::rooms::all_files;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// The largest share of type names that may stand for two things, in percent.
const LARGEST_SHARE: usize = 8;

/// The type that this line begins to define.
fn defined(line: &str) -> Option<&str> {
    let line = line.trim_start();
    let line = match line.strip_prefix("pub") {
        Some(rest) => match rest.trim_start().strip_prefix('(') {
            Some(limited) => limited.split_once(')')?.1.trim_start(),
            None => rest.trim_start(),
        },
        None => line,
    };
    let rest = ["struct ", "enum ", "trait "].iter().find_map(|word| line.strip_prefix(word))?;
    let end = rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(rest.len());
    rest[..end].starts_with(char::is_uppercase).then_some(&rest[..end])
}

#[test]
fn the_definition_is_found_on_a_line() {
    assert_eq!(defined("pub(super) struct Row<'a> {"), Some("Row"));
    assert_eq!(defined("    pub enum Kind {"), Some("Kind"));
    assert_eq!(defined("trait Clock: Send {"), Some("Clock"));
    assert_eq!(defined("// struct Row"), None);
    assert_eq!(defined("let structure = 1;"), None);
}

#[test]
fn a_type_name_means_one_thing() {
    let mut all = Vec::new();
    all_files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut all);
    let mut places: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for file in &all {
        let text = fs::read_to_string(file).expect("a source file");
        for name in text.lines().filter_map(defined) {
            places.entry(name.to_owned()).or_default().push(file.display().to_string());
        }
    }
    assert!(places.len() > 300, "{} names", places.len());
    let twice: Vec<_> = places.iter().filter(|(_, files)| files.len() > 1).collect();
    assert!(
        twice.len() * 100 <= places.len() * LARGEST_SHARE,
        "{} of {} type names stand for more than one thing: {twice:#?}",
        twice.len(),
        places.len()
    );
}
