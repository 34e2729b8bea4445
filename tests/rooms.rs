//! Promise to developers: each room uses only rooms below it, file by file.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// The rooms from the top. A file may use its own room and those behind it in this list.
const ROOMS: &[&str] = &[
    "cli",
    "app",
    "output",
    "purchase",
    "provider",
    "ledger",
    "notice",
    "credentials",
    "http",
    "config",
    "store",
    "core",
];

/// The sandbox is a portal of its own: the client side is none of its business.
const SANDBOX_USES: &[&str] = &["ledger", "store", "core"];

/// The folder of the sources.
pub fn source() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// The code of a file that is in the program: without comments, and without its tests.
pub fn code(file: &Path) -> String {
    let text = fs::read_to_string(file).expect("a source file");
    let text = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
    text.lines()
        .map(|line| line.split("//").next().unwrap_or_default())
        .collect::<Vec<_>>()
        .join("\n")
}

pub fn is_a_test(file: &Path) -> bool {
    file.iter().filter_map(|part| part.to_str()).any(|part| {
        let name = part.trim_end_matches(".rs");
        ["tests", "suite", "scripted", "fake"].contains(&name) || name.ends_with("_tests")
    })
}

/// Every file below this folder, those of the tests as well.
pub fn all_files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder").flatten() {
        let path = entry.path();
        if path.is_dir() {
            all_files(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            found.push(path);
        }
    }
}

/// Every file of the program below this folder.
pub fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    all_files(folder, found);
    found.retain(|path| !is_a_test(path.strip_prefix(source()).expect("below it")));
}

/// The rooms that a file names, `use` and whole paths alike.
fn uses(code: &str) -> BTreeSet<String> {
    let word = |c: char| !(c.is_ascii_alphanumeric() || c == '_');
    code.split("crate::")
        .skip(1)
        .filter_map(|used| used.split(word).next().map(str::to_owned))
        .collect()
}

#[test]
fn every_room_is_on_the_map() {
    let map = Path::new(env!("CARGO_MANIFEST_DIR")).join("CONTRIBUTING.md");
    let map = fs::read_to_string(map).expect("the map");
    for entry in fs::read_dir(source()).expect("a folder").flatten() {
        let room = entry.file_name().to_string_lossy().trim_end_matches(".rs").to_owned();
        if entry.path().is_dir() && room != "fuzzing" {
            assert!(map.contains(&format!("| `src/{room}/` |")), "{room} is not on the map");
            assert!(room == "sandbox" || ROOMS.contains(&room.as_str()), "{room} has no place");
        }
    }
}

#[test]
fn arrows_only_go_down() {
    let mut all = Vec::new();
    files(&source(), &mut all);
    assert!(all.len() > 100, "{all:?}");
    let rank = |room: &str| ROOMS.iter().position(|known| *known == room);
    let mut up = BTreeSet::new();
    for file in &all {
        let path = file.strip_prefix(source()).expect("below it");
        let room = path.iter().next().and_then(|room| room.to_str()).expect("a room");
        let room = room.trim_end_matches(".rs");
        if ["lib", "main", "fuzzing"].contains(&room) {
            continue;
        }
        for used in uses(&code(file)).iter().filter(|used| *used != room) {
            let allowed = match (room, used.as_str()) {
                ("sandbox", used) => SANDBOX_USES.contains(&used),
                // The one that starts it for a command, and the verb that serves it.
                ("cli" | "app", "sandbox") => true,
                _ => rank(room).expect(room) < rank(used).unwrap_or(0),
            };
            if !allowed {
                up.insert(format!("(\"{}\", \"{used}\"),", path.display()));
            }
        }
    }
    assert!(up.is_empty(), "these run up:\n{}", up.into_iter().collect::<Vec<_>>().join("\n"));
}

/// What reads a clock of this machine.
const CLOCKS: &[&str] = &["Instant::now(", "SystemTime::now(", "Timestamp::now(", "Zoned::now("];

/// Who may: the clocks themselves, and the wait that a signal ends, which they are made of.
const CLOCK_FILES: &[&str] = &["core/clock.rs", "core/signals.rs"];

#[test]
fn the_clock_is_read_in_one_place() {
    let mut all = Vec::new();
    files(&source(), &mut all);
    let mut readers = BTreeSet::new();
    for file in &all {
        let name = file.strip_prefix(source()).expect("below it").display().to_string();
        let known = CLOCK_FILES.contains(&&*name);
        let code = code(file);
        let code = code.split("#[cfg(test)]").next().unwrap_or_default();
        if !known && CLOCKS.iter().any(|clock| code.contains(clock)) {
            readers.insert(name);
        }
    }
    assert!(readers.is_empty(), "these read a clock that was not handed in: {readers:?}");
}
