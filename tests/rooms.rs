//! Promise to whoever carries this on: each room uses only rooms below it, file by file.

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

fn source() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
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

/// The paths below `super::` and `crate::sandbox::` that a piece of code names, lists opened.
fn paths(code: &str, begin: &str) -> Vec<Vec<String>> {
    fn tree(text: &str, before: &[String], found: &mut Vec<Vec<String>>) {
        let mut path = before.to_vec();
        let mut rest = text.trim_start();
        loop {
            if let Some(list) = rest.strip_prefix('{') {
                let (mut depth, mut from) = (0, 0);
                for (at, c) in list.char_indices() {
                    match c {
                        '{' => depth += 1,
                        '}' if depth > 0 => depth -= 1,
                        ',' | '}' if depth == 0 => {
                            tree(&list[from..at], &path, found);
                            from = at + 1;
                            if c == '}' {
                                return;
                            }
                        }
                        _ => {}
                    }
                }
                return;
            }
            let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
            let (word, after) = rest.split_at(end.unwrap_or(rest.len()));
            path.push(word.to_owned());
            let Some(below) = after.strip_prefix("::") else { break };
            rest = below;
        }
        found.push(path);
    }
    let mut found = Vec::new();
    let inside = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == ':';
    for (at, _) in code.match_indices(begin) {
        if !code[..at].ends_with(inside) {
            tree(&code[at + begin.len()..], &[], &mut found);
        }
    }
    found
}

#[test]
fn the_files_of_the_sandbox_do_not_lean_on_each_other() {
    let room = source().join("sandbox");
    let mut all = Vec::new();
    files(&room, &mut all);
    let name = |file: &Path| {
        let below = file.strip_prefix(&room).expect("below it").with_extension("");
        below.to_string_lossy().into_owned()
    };
    let known: BTreeSet<String> = all.iter().map(|file| name(file)).collect();
    let mut arrows: Vec<(String, String)> = Vec::new();
    for file in all.iter().filter(|file| !file.ends_with("mod.rs")) {
        let from = name(file);
        let (folder, code) = (from.rsplit_once('/').map_or("", |(folder, _)| folder), code(file));
        let beside = paths(&code, "super::").into_iter().map(|mut path| {
            if !folder.is_empty() {
                path.insert(0, folder.to_owned());
            }
            path
        });
        for path in beside.chain(paths(&code, "crate::sandbox::")) {
            let two = path.iter().take(2).cloned().collect::<Vec<_>>().join("/");
            let to = if known.contains(&two) { two } else { path[0].clone() };
            if known.contains(&to) && to != from {
                arrows.push((from.clone(), to));
            }
        }
    }
    assert!(arrows.len() > 60, "{arrows:?}");
    let reached = |from: &String| {
        let mut seen: BTreeSet<String> = BTreeSet::new();
        let mut open = vec![from.clone()];
        while let Some(at) = open.pop() {
            let next = arrows.iter().filter(|(a, _)| *a == at).map(|(_, b)| b.clone());
            open.extend(next.filter(|b| seen.insert(b.clone())));
        }
        seen
    };
    for one in &known {
        let there = reached(one);
        let circle: Vec<_> = there.iter().filter(|other| reached(other).contains(one)).collect();
        assert!(circle.len() <= 2, "these lean on each other: {circle:?}");
    }
}
