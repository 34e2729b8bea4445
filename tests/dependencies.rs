//! Promise: nothing gets in that nobody decided on. Where the code of others comes from, under
//! which licence it may be used, what is there twice and why, and that CONTRIBUTING.md names each
//! library with its reason.
//!
//! Asks Cargo, without a network, for what is built into the program on this platform.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::Command;

/// The licences that the code of others may be under; each package needs one way through them.
const LICENCES: &[&str] = &[
    "0BSD",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "ISC",
    "MIT",
    "Unicode-3.0",
    "Unlicense",
    "Zlib",
];

/// What is there in more than one version, and who wants another one than the rest.
const TWICE: &[(&str, &str)] = &[
    ("base64", "postgres-protocol stays with the one before"),
    ("const-oid", "tokio-postgres-rustls reads certificates with an older line of crates"),
    ("fallible-iterator", "postgres-protocol stays with the one before"),
    ("getrandom", "ring stays with an older one"),
    ("syn", "macros of two generations; nothing of them is in the program"),
];

/// Who brings code along that is not Rust.
const FOREIGN: &[&str] = &["libsqlite3-sys", "ring", "signal-hook"];

/// One package that is built for the program.
struct Package {
    name: String,
    licence: String,
}

/// Asks Cargo what is built, in this form, a package in each line.
fn tree(arguments: &[&str]) -> Vec<Package> {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".into());
    let out = Command::new(cargo)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .args(["tree", "--locked", "--offline", "--prefix", "none", "--format", "{p}|{l}"])
        .args(arguments)
        .output()
        .expect("cargo runs");
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    let told = String::from_utf8(out.stdout).expect("text");
    let mut packages = BTreeMap::new();
    for line in told.lines().filter(|line| !line.is_empty()) {
        let (package, licence) = line.split_once('|').expect("both parts");
        let (name, version) = package.split_once(" v").expect("a name and a version");
        let version = version.split(' ').next().expect("a version");
        let licence = licence.trim_end_matches(" (*)").to_owned();
        packages.insert((name.to_owned(), version.to_owned()), licence);
    }
    packages
        .into_iter()
        .filter(|((name, _), _)| name != "topup")
        .map(|((name, _), licence)| Package { name, licence })
        .collect()
}

/// Everything that is built for the program, and what is only needed to build it.
fn built() -> Vec<Package> {
    let built = tree(&["--edges", "normal,build"]);
    assert!(built.len() > 50, "that was not all of it");
    built
}

/// Whether an expression such as `(MIT OR Apache-2.0) AND Unicode-3.0` can be met by these.
fn may_be_used(expression: &str) -> bool {
    let plain = expression.replace('/', " OR ").replace(['(', ')'], " ");
    // Every part of an AND must have one way through it: no expression here nests deeper.
    plain.split(" AND ").all(|part| part.split(" OR ").any(|one| LICENCES.contains(&one.trim())))
}

#[test]
fn each_library_comes_from_the_registry_under_a_licence_that_allows_its_use() {
    assert!(may_be_used("(MIT OR GPL-3.0) AND Unicode-3.0"));
    assert!(!may_be_used("GPL-3.0-only") && !may_be_used("MIT AND GPL-2.0") && !may_be_used(""));
    for package in built() {
        assert!(may_be_used(&package.licence), "{} is under '{}'", package.name, package.licence);
    }
    // What was locked is what is built: each of them is known by its digest.
    let lock = Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.lock");
    let lock = fs::read_to_string(lock).expect("Cargo.lock");
    let count = |line: &str| lock.lines().filter(|here| here.starts_with(line)).count();
    assert_eq!(count("source = \"registry+"), count("checksum = "));
    assert_eq!(count("[[package]]"), count("checksum = ") + 1);
}

#[test]
fn what_is_there_twice_is_known_and_why() {
    let mut versions: BTreeMap<String, u32> = BTreeMap::new();
    for package in built() {
        *versions.entry(package.name).or_default() += 1;
    }
    let twice: Vec<&str> =
        versions.iter().filter(|(_, count)| **count > 1).map(|(name, _)| name.as_str()).collect();
    let known: Vec<&str> = TWICE.iter().map(|(name, _)| *name).collect();
    assert_eq!(twice, known, "a new one needs a reason, and a mended one none");
    let compilers = tree(&["--edges", "normal,build", "--invert", "cc", "--depth", "1"]);
    let foreign: Vec<&str> =
        compilers.iter().map(|one| one.name.as_str()).filter(|name| *name != "cc").collect();
    assert_eq!(foreign, FOREIGN);
}

#[test]
fn each_library_is_named_with_its_reason_and_all_are_counted() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("CONTRIBUTING.md");
    let page = fs::read_to_string(page).expect("CONTRIBUTING.md");
    let (_, rest) = page.split_once("<!-- libraries -->").expect("the list");
    let (list, _) = rest.split_once("<!-- /libraries -->").expect("its end");
    let told: BTreeSet<String> = list
        .lines()
        .filter_map(|line| line.strip_prefix("| ")?.split_once(" |"))
        .filter(|(names, _)| names.starts_with('`'))
        .flat_map(|(names, _)| names.split(", ").map(|name| name.trim_matches('`').to_owned()))
        .collect();
    let named = tree(&["--edges", "normal", "--depth", "1"]);
    let named: BTreeSet<String> = named.into_iter().map(|package| package.name).collect();
    assert_eq!(told, named);
    let count = format!("{} libraries are named here, {} are built", named.len(), built().len());
    // Other systems need a few others.
    let elsewhere = cfg!(not(all(target_os = "linux", target_arch = "x86_64")));
    assert!(elsewhere || list.contains(&count), "CONTRIBUTING.md counts differently: {count}");
}
