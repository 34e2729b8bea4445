//! Mutation: changes the code that decides about money, one place at a time, and runs the tests
//! against each change. A change that no test notices is a rule that no test holds.
//!
//! ```sh
//! cargo test --test mutants                          # the list of accepted survivors is up to date
//! cargo test --test mutants -- all                   # every change against the fast tests
//! cargo test --test mutants -- all --slow            # what survives, against the slow tests too
//! cargo test --test mutants -- sample 60 SEED        # a sample
//! cargo test --test mutants -- all --only machine    # the changes whose name has this word
//! cargo test --test mutants -- all --by purchase::    # by the tests whose name has this word
//! cargo test --test mutants -- open                  # those of open.txt: which are held by now
//! cargo test --test mutants -- list --only machine    # the changes that there are, and where
//! ```
//!
//! All changes are in one build, each behind a switch that is read at run time. A test is run
//! against a change only where it reaches it. Survivors with a reason stand in `accepted.txt`:
//! their name, and the reason below it. Those that no fast test holds yet stand in `open.txt` while one
//! is written; nothing is left there.

#![allow(clippy::print_stdout, reason = "the survivors are its answer")]

mod rewrite;
#[path = "../../src/ledger/suite/server.rs"]
mod server;
mod syntax;
mod trial;
mod workshop;

use rewrite::Mutant;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

/// The rooms and files that decide about money. A name that ends with `/` means all below it.
const MONEY: &[&str] = &[
    "src/purchase/",
    "src/core/money.rs",
    "src/credentials/renewal.rs",
    "src/provider/evidence.rs",
    "src/provider/refusal.rs",
    "src/provider/nous/verdict.rs",
    "src/provider/ciris/verdict.rs",
    "src/provider/ciris/selling.rs",
    "src/provider/cloudflare/selling.rs",
    "src/provider/vercel/selling.rs",
    "src/ledger/book.rs",
    "src/ledger/holds.rs",
    "src/ledger/price.rs",
    "src/ledger/runs.rs",
    "src/ledger/runs/",
    "src/ledger/service.rs",
    "src/ledger/service/",
];

/// Tests that take minutes by design and repeat what others hold.
const SKIPPED: &[&str] =
    &["browser", "examples", "packages", "simulation", "peers", "ten_thousand"];

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let slow = words.contains(&"--slow");
    let after = |option: &str| {
        words.iter().position(|word| *word == option).and_then(|at| words.get(at + 1)).copied()
    };
    let (only, by) = (after("--only").unwrap_or_default(), after("--by").unwrap_or_default());
    match words.as_slice() {
        ["all", ..] => survived(slow, by, |mutant| mutant.name.contains(only)),
        ["sample", count, seed, ..] => match count.parse() {
            Ok(count) => sample(slow, count, seed),
            Err(_) => usage(),
        },
        ["open", ..] => {
            let awaited = awaited();
            survived(slow, by, |mutant| is_awaited(&awaited, mutant))
        }
        ["list", ..] => list(only),
        // What every run of the tests asks: cheap, and no build.
        _ => accepted_exist(),
    }
}

fn usage() -> ExitCode {
    println!(
        "all [--slow] [--only WORD] [--by WORD], or: sample COUNT SEED [--slow], \
         or: open [--slow] [--by WORD], or: list [--only WORD]"
    );
    ExitCode::from(2)
}

fn list(only: &str) -> ExitCode {
    let (mutants, _) = workshop::all(&money_files(), &BTreeSet::new());
    for mutant in mutants.iter().filter(|mutant| mutant.name.contains(only)) {
        println!("{}:{} {}", mutant.file, mutant.line, mutant.name);
    }
    ExitCode::SUCCESS
}

/// The files of the list, without those that are tests.
fn money_files() -> Vec<PathBuf> {
    let all = workshop::sources(Path::new("src"));
    let test_words = ["tests", "scripted", "fake", "suite"];
    all.into_iter()
        .filter(|file| {
            let name = file.display().to_string();
            MONEY
                .iter()
                .any(|money| name == *money || (money.ends_with('/') && name.starts_with(money)))
                && !file.iter().filter_map(|part| part.to_str()).any(|part| {
                    let part = part.trim_end_matches(".rs");
                    test_words.contains(&part) || part.ends_with("_tests")
                })
        })
        .collect()
}

/// The accepted survivors with their reasons.
fn accepted() -> BTreeMap<String, String> {
    let text = fs::read_to_string(workshop::project().join("tests/mutants/accepted.txt"))
        .expect("accepted.txt");
    let mut accepted = BTreeMap::new();
    let mut lines = text.lines().filter(|line| !line.starts_with('#') && !line.trim().is_empty());
    while let Some(name) = lines.next() {
        let reason = lines.next().unwrap_or_default();
        assert!(
            reason.starts_with("    ") && reason.trim().len() >= 20,
            "accepted.txt: '{name}' has no reason on the line below it"
        );
        accepted.insert(name.to_owned(), reason.trim().to_owned());
    }
    accepted
}

/// The names of the survivors that no fast test holds yet, and of files that changed since all of
/// their changes were tried.
fn awaited() -> BTreeSet<String> {
    let text = fs::read_to_string(workshop::project().join("tests/mutants/open.txt"));
    let text = text.expect("open.txt");
    text.lines().filter(|line| !line.starts_with('#') && !line.is_empty()).map(Into::into).collect()
}

fn is_awaited(awaited: &BTreeSet<String>, mutant: &Mutant) -> bool {
    awaited.contains(&mutant.name) || awaited.contains(&mutant.file)
}

/// Each accepted survivor is a change that exists, and none is open.
fn accepted_exist() -> ExitCode {
    let (mutants, _) = workshop::all(&money_files(), &BTreeSet::new());
    let names: BTreeSet<&str> = mutants.iter().map(|mutant| mutant.name.as_str()).collect();
    assert!(mutants.len() > 500, "only {} changes", mutants.len());
    assert_eq!(names.len(), mutants.len(), "two changes with one name");
    let (accepted, awaited) = (accepted(), awaited());
    assert!(awaited.is_empty(), "these are to be held, or accepted with a reason: {awaited:#?}");
    let gone: Vec<&String> =
        accepted.keys().filter(|name| !names.contains(name.as_str())).collect();
    if gone.is_empty() {
        println!("{} changes, {} accepted", mutants.len(), accepted.len());
        return ExitCode::SUCCESS;
    }
    println!("tests/mutants/accepted.txt names what is not there any more: {gone:#?}");
    ExitCode::FAILURE
}

fn sample(slow: bool, count: usize, seed: &str) -> ExitCode {
    let (mutants, _) = workshop::all(&money_files(), &BTreeSet::new());
    let mut drawn: Vec<(u64, usize)> = mutants
        .iter()
        .map(|mutant| {
            let mut hasher = DefaultHasher::new();
            (seed, &mutant.name).hash(&mut hasher);
            (hasher.finish(), mutant.number)
        })
        .collect();
    drawn.sort_unstable();
    let chosen: BTreeSet<usize> = drawn.into_iter().take(count).map(|(_, number)| number).collect();
    println!("sample of {count}, seed {seed}");
    survived(slow, "", |mutant| chosen.contains(&mutant.number))
}

/// Runs the tests whose name has this word against the chosen changes; fails where one survives that
/// nobody accepted.
fn survived(slow: bool, by: &str, chosen: impl Fn(&Mutant) -> bool) -> ExitCode {
    let begun = Instant::now();
    let build = workshop::build(&money_files(), slow).expect("a build");
    let fast = trial::Suite::new(trial::Program { path: build.fast, by_file: false }, by, &[]);
    println!("built, and each test run once: {} s", begun.elapsed().as_secs());
    let accepted = accepted();
    let mutants: Vec<&Mutant> = build.mutants.iter().filter(|mutant| chosen(mutant)).collect();
    let open: Vec<&Mutant> =
        mutants.iter().copied().filter(|mutant| !accepted.contains_key(&mutant.name)).collect();
    let mut survivors = fast.survivors(&open);
    let awaited = awaited();
    let open: BTreeSet<&str> = open.iter().map(|mutant| mutant.name.as_str()).collect();
    let survive: BTreeSet<&str> = survivors.iter().map(|mutant| mutant.name.as_str()).collect();
    for held in open.difference(&survive).filter(|name| awaited.contains(**name)) {
        println!("held by now, take it out of open.txt: {held}");
    }
    let (by_fast, mut by_slow) = (open.len() - survivors.len(), 0);
    if let Some(path) = build.slow {
        let seconds = begun.elapsed().as_secs();
        println!("{} not noticed by the fast tests: {seconds} s", survivors.len());
        let slow = trial::Suite::new(trial::Program { path, by_file: true }, by, SKIPPED);
        let left = slow.survivors(&survivors);
        by_slow = survivors.len() - left.len();
        survivors = left;
    }
    println!(
        "{} changes in {} s: {by_fast} noticed by the fast tests, {by_slow} by the slow ones, \
         {} accepted with a reason, {} survive",
        mutants.len(),
        begun.elapsed().as_secs(),
        mutants.len() - open.len(),
        survivors.len()
    );
    let all = survivors.len();
    survivors.retain(|mutant| !is_awaited(&awaited, mutant));
    println!("{} of them stand in open.txt", all - survivors.len());
    for mutant in &survivors {
        let reached = if fast.reaches(mutant) { "" } else { "  (no fast test reaches it)" };
        println!("SURVIVES {}:{}{reached}\n{}", mutant.file, mutant.line, mutant.name);
    }
    if survivors.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
