//! Promise: every fault has its row, and every row that is kept has its tests.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// How many there are.
const FAULTS: usize = 60;

/// The names of all tests that carry a number of a fault, by number.
fn tests_by_number(folder: &Path, found: &mut BTreeMap<usize, BTreeSet<String>>) {
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            tests_by_number(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            let text = std::fs::read_to_string(&path).expect("text");
            for rest in text.split("fn fault_").skip(1) {
                let name = rest.split('(').next().unwrap_or_default();
                let number = name.split('_').next().unwrap_or_default();
                let Ok(number) = number.parse() else { continue };
                found.entry(number).or_default().insert(format!("fault_{name}"));
            }
        }
    }
}

#[test]
fn the_table_of_faults_is_whole() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let table = std::fs::read_to_string(root.join("tests/faults/TABLE.md")).expect("the table");
    let mut tests = BTreeMap::new();
    for folder in ["tests", "src"] {
        tests_by_number(&root.join(folder), &mut tests);
    }
    let mut expected = 1;
    for line in table.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| number"))
    {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        let [number, what, named, status] = cells[..] else { panic!("{line}") };
        assert_eq!(number, expected.to_string(), "the rows stand in order: {line}");
        assert!(!what.is_empty(), "{line}");
        let named: BTreeSet<String> = named
            .split(',')
            .map(|name| name.trim().trim_matches('`').to_owned())
            .filter(|name| !name.is_empty())
            .collect();
        let there = tests.remove(&expected).unwrap_or_default();
        assert_eq!(named, there, "the tests of row {number}");
        match status {
            "kept" => assert!(!there.is_empty(), "row {number} is kept by no test"),
            "open" => {}
            other => panic!("row {number}: {other}"),
        }
        expected += 1;
    }
    assert_eq!(expected, FAULTS + 1, "every fault has a row");
    assert!(tests.is_empty(), "tests of no row: {tests:?}");
}
