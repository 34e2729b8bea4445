//! Promise to whoever carries this on: the map in `src/lib.rs` is the house. Every room stands in it,
//! and uses the rooms that it says and no other.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

type Rooms = BTreeMap<String, BTreeSet<String>>;

fn source() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// Both tables: the rooms, and those for everybody.
fn map() -> (Rooms, BTreeSet<String>) {
    let text = fs::read_to_string(source().join("lib.rs")).expect("the map");
    let (mut rooms, mut for_everybody) = (Rooms::new(), BTreeSet::new());
    let below = text.find("//! Below them, for everybody:").expect("two tables");
    for (at, line) in text.match_indices("//! | ").map(|(at, _)| (at, &text[at..])) {
        let cells: Vec<&str> = line.lines().next().expect("a line").split('|').collect();
        let [_, names, _, uses, _] = cells[..] else { panic!("{cells:?} are not three cells") };
        for name in names.split('`').skip(1).step_by(2) {
            let uses = uses.split(',').map(|room| room.trim().to_owned());
            rooms.insert(name.to_owned(), uses.filter(|room| !room.is_empty()).collect());
            if at > below {
                for_everybody.insert(name.to_owned());
            }
        }
    }
    (rooms, for_everybody)
}

/// The code of a file that is in the program: without comments, and without its tests.
fn code(file: &Path) -> String {
    let text = fs::read_to_string(file).expect("a source file");
    let text = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
    text.lines()
        .map(|line| line.split("//").next().unwrap_or_default())
        .collect::<Vec<_>>()
        .join("\n")
}

fn is_a_test(file: &Path) -> bool {
    file.iter().filter_map(|part| part.to_str()).any(|part| {
        let name = part.trim_end_matches(".rs");
        ["tests", "suite", "scripted", "fake"].contains(&name) || name.ends_with("_tests")
    })
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder").flatten() {
        let path = entry.path();
        if is_a_test(path.strip_prefix(source()).expect("below it")) {
            continue;
        }
        if path.is_dir() {
            files(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            found.push(path);
        }
    }
}

#[test]
fn every_room_is_on_the_map_and_uses_what_the_map_says() {
    let (mut map, for_everybody) = map();
    let mut all = Vec::new();
    files(&source(), &mut all);
    assert!(all.len() > 100, "{all:?}");
    let mut found = Rooms::new();
    for file in &all {
        let room = file.strip_prefix(source()).expect("below it").iter().next().expect("a room");
        let room = room.to_str().expect("text").trim_end_matches(".rs").to_owned();
        if ["lib", "main", "fuzzing"].contains(&room.as_str()) {
            continue;
        }
        let uses = found.entry(room.clone()).or_default();
        for used in code(file).split("crate::").skip(1) {
            let word = |c: char| !(c.is_ascii_alphanumeric() || c == '_');
            let used = used.split(word).next().unwrap_or_default();
            if used != room && map.contains_key(used) && !for_everybody.contains(used) {
                uses.insert(used.to_owned());
            }
        }
    }
    map.remove("fuzzing");
    let upper = map.keys().filter(|room| !for_everybody.contains(*room));
    let all = upper.filter(|room| !["commands", "command_line"].contains(&room.as_str()));
    let all: BTreeSet<String> = all.cloned().collect();
    map.insert("commands".to_owned(), all);
    assert_eq!(found, map);
}
