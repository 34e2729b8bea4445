//! Promise to developers: inside a room, no more than two files lean on each other.

use crate::rooms::{code, files, source};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// A parent and its child may name each other; a third file in the circle belongs below both.
const LARGEST_CIRCLE: usize = 2;

/// A path as it is written: `crate::a::b`, `super::a`, `a::b`.
type Words = Vec<String>;

/// One source file as a module: where it stands, and what its names mean.
struct Module {
    path: Words,
    /// What `use` has brought in, by the name it has here.
    imports: BTreeMap<String, Words>,
    /// Every path that is named in the code, `use` lines of this module alone included.
    named: Vec<Words>,
}

fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

fn words(path: &str) -> Words {
    path.split("::").map(str::to_owned).collect()
}

/// The module path of a file below the source folder; empty for the root of the crate.
fn module_path(file: &Path) -> Words {
    let below = file.strip_prefix(source()).expect("below it").with_extension("");
    let mut path: Words = below.iter().map(|part| part.to_string_lossy().into_owned()).collect();
    if path.last().is_some_and(|last| last == "mod") {
        path.pop();
    }
    path
}

/// The code with what stands in quotation marks cut out.
fn without_texts(code: &str) -> String {
    let mut out = String::new();
    let mut rest = code;
    while let Some(at) = rest.find(['"', '\'']) {
        out.push_str(&rest[..at]);
        let hashes = rest[..at].len() - rest[..at].trim_end_matches('#').len();
        let is_raw = rest[..at].trim_end_matches('#').ends_with('r');
        rest = &rest[at..];
        let end = if let Some(inside) = rest.strip_prefix('\'') {
            // A character, or a lifetime, which has no end.
            match inside.strip_prefix('\\') {
                Some(escaped) => {
                    let first = escaped.chars().next().map_or(0, char::len_utf8);
                    escaped[first..].find('\'').map(|end| 2 + first + end + 1)
                }
                None => {
                    let first = inside.chars().next().map_or(0, char::len_utf8);
                    inside[first..].starts_with('\'').then_some(1 + first + 1)
                }
            }
            .unwrap_or(1)
        } else if is_raw {
            let mark = format!("\"{}", "#".repeat(hashes));
            rest[1..].find(&mark).map_or(rest.len(), |end| 1 + end + mark.len())
        } else {
            let mut is_escaped = false;
            let end = rest[1..].char_indices().find(|(_, c)| {
                let ends = *c == '"' && !is_escaped;
                is_escaped = *c == '\\' && !is_escaped;
                ends
            });
            end.map_or(rest.len(), |(end, _)| 1 + end + 1)
        };
        out.push(' ');
        rest = &rest[end..];
    }
    out + rest
}

/// The names that a tree of `use` brings in, and the path of each.
fn imported(tree: &str, before: &[String], found: &mut Vec<(String, Words)>) {
    let tree = tree.trim();
    if let Some(list) = tree.strip_prefix('{') {
        let list = list.trim_end().strip_suffix('}').unwrap_or(list);
        let (mut depth, mut from) = (0, 0);
        for (at, c) in list.char_indices() {
            match c {
                '{' => depth += 1,
                '}' => depth -= 1,
                ',' if depth == 0 => {
                    imported(&list[from..at], before, found);
                    from = at + 1;
                }
                _ => {}
            }
        }
        if !list[from..].trim().is_empty() {
            imported(&list[from..], before, found);
        }
        return;
    }
    let end = tree.find(|c| !is_word(c)).unwrap_or(tree.len());
    let (word, rest) = tree.split_at(end);
    let mut path = before.to_vec();
    match rest.strip_prefix("::") {
        Some(below) => {
            path.push(word.to_owned());
            imported(below, &path, found);
        }
        None if !word.is_empty() => {
            if word != "self" {
                path.push(word.to_owned());
            }
            let name = match rest.trim().strip_prefix("as ") {
                Some(other) => other.trim().to_owned(),
                None => path.last().cloned().unwrap_or_default(),
            };
            found.push((name, path));
        }
        None => {}
    }
}

impl Module {
    fn new(path: Words, code: &str) -> Self {
        let code = without_texts(code);
        let (mut imports, mut named, mut rest) = (BTreeMap::new(), Vec::new(), String::new());
        for statement in code.split_inclusive(';') {
            let begin = statement.find("use ").filter(|at| {
                let before = statement[..*at].trim_end();
                before.is_empty()
                    || before.ends_with(['}', ';', ']', '{'])
                    || before.ends_with("pub")
                    || before.ends_with(')')
            });
            let Some(at) = begin else {
                rest.push_str(statement);
                continue;
            };
            rest.push_str(&statement[..at]);
            let is_shared = statement[..at].trim_end().ends_with("pub");
            let mut found = Vec::new();
            imported(statement[at + 4..].trim_end_matches(';'), &[], &mut found);
            for (name, path) in found {
                if !is_shared {
                    named.push(path.clone());
                }
                imports.insert(name, path);
            }
        }
        let mut from = 0;
        while let Some(at) = rest[from..].find("::") {
            let at = from + at;
            let begin = rest[..at].rfind(|c| !is_word(c)).map_or(0, |before| before + 1);
            let path = rest[begin..].find(|c| !is_word(c) && c != ':');
            let path = &rest[begin..path.map_or(rest.len(), |end| begin + end)];
            if begin < at {
                named.push(words(path.trim_end_matches(':')));
            }
            from = begin + path.len().max(at - begin + 2);
        }
        Self { path, imports, named }
    }
}

/// All modules, by their paths.
struct Tree(BTreeMap<Words, Module>);

impl Tree {
    /// What a path means that is written in this module; none for what is from elsewhere.
    fn absolute(&self, module: &Module, path: &[String], depth: usize) -> Option<Words> {
        let joined = |at: &[String], rest: &[String]| Some([at, rest].concat());
        let (first, rest) = path.split_first()?;
        match first.as_str() {
            "crate" => Some(rest.to_vec()),
            "self" => joined(&module.path, rest),
            "super" => {
                let ups = path.iter().take_while(|word| *word == "super").count();
                let above = module.path.len().checked_sub(ups)?;
                joined(&module.path[..above], &path[ups..])
            }
            _ if self.0.contains_key(&[module.path.as_slice(), &path[..1]].concat()) => {
                joined(&module.path, path)
            }
            _ => {
                let imported = module.imports.get(first).filter(|found| found[0] != *first)?;
                let above = self.absolute(module, imported, depth.checked_sub(1)?)?;
                joined(&above, rest)
            }
        }
    }

    /// The module that a name of this path is defined in: what a module only hands on is followed.
    fn home(&self, path: &[String], depth: usize) -> Option<&Words> {
        let mut at: &[String] = &[];
        for (number, word) in path.iter().enumerate() {
            if self.0.contains_key(&path[..=number]) {
                at = &path[..=number];
                continue;
            }
            let module = self.0.get(at)?;
            let Some(imported) = module.imports.get(word) else { return Some(&module.path) };
            let above = self.absolute(module, imported, 6)?;
            return self.home(&[&above, &path[number + 1..]].concat(), depth.checked_sub(1)?);
        }
        None
    }

    /// For each module, those that it names something of.
    fn arrows(&self) -> BTreeMap<&Words, BTreeSet<&Words>> {
        let uses = |module: &Module| {
            let homes = module.named.iter().filter_map(|path| {
                self.home(&self.absolute(module, path, 6)?, 6).filter(|home| **home != module.path)
            });
            // What a home is borrowed from lives as long as the tree.
            homes.filter_map(|home| self.0.get_key_value(home).map(|(path, _)| path)).collect()
        };
        self.0.iter().map(|(path, module)| (path, uses(module))).collect()
    }
}

fn reached<'t>(
    from: &'t Words,
    arrows: &BTreeMap<&'t Words, BTreeSet<&'t Words>>,
) -> BTreeSet<&'t Words> {
    let (mut seen, mut open) = (BTreeSet::new(), vec![from]);
    while let Some(at) = open.pop() {
        open.extend(arrows[at].iter().copied().filter(|next| seen.insert(*next)));
    }
    seen
}

#[test]
fn names_are_followed_to_where_they_are_defined() {
    let modules = [
        ("a", "pub use b::{One, Two as Second};\nuse self::b::Three;\nfn f() { c::make(); }"),
        (
            "a::b",
            "use super::c;\nfn f() { c::made::<'x', super::Four>(\"a::d::No\", r#\"\"a::e\"#) }",
        ),
        ("a::c", "use crate::a::{One, Second};\nfn f<'x>() -> std::x::Y<'x> { d::f() }"),
        ("d", ""),
        ("e", "use d; use a::b as other; fn f() { other::g(); }"),
    ];
    let modules = modules.map(|(path, code)| (words(path), Module::new(words(path), code)));
    let tree = Tree(modules.into_iter().collect());
    let arrows = tree.arrows();
    let of = |from: &str| -> Vec<String> {
        arrows[&words(from)].iter().map(|path| path.join("::")).collect()
    };
    assert_eq!(of("a"), ["a::b", "a::c"]);
    assert_eq!(of("a::b"), ["a", "a::c"]);
    assert_eq!(of("a::c"), ["a::b"]);
}

#[test]
fn no_more_than_two_files_lean_on_each_other() {
    let mut all = Vec::new();
    files(&source(), &mut all);
    let module = |file: &Path| (module_path(file), Module::new(module_path(file), &code(file)));
    let tree = Tree(all.iter().map(|file| module(file)).collect());
    let arrows = tree.arrows();
    let many: usize = arrows.values().map(BTreeSet::len).sum();
    assert!(many > 1000, "{many} arrows are too few to be all");
    let reach: BTreeMap<_, _> = arrows.keys().map(|from| (*from, reached(from, &arrows))).collect();
    let mut circles = BTreeSet::new();
    for (one, there) in &reach {
        let circle: BTreeSet<_> =
            there.iter().copied().filter(|other| reach[other].contains(one)).collect();
        if circle.len() > LARGEST_CIRCLE {
            circles.insert(circle);
        }
    }
    let ties = |circle: &BTreeSet<&Words>| {
        let arrows = circle.iter().flat_map(|from| arrows[from].iter().map(move |to| (from, to)));
        let inside = arrows.filter(|(_, to)| circle.contains(*to));
        inside.map(|(from, to)| format!("  {} uses {}\n", from.join("/"), to.join("/"))).collect()
    };
    let shown: Vec<String> = circles.iter().map(ties).collect();
    assert!(shown.is_empty(), "these lean on each other:\n{}", shown.join("\n"));
}
