//! The table of what topup costs, beside what a user would take instead or beside itself at a smaller
//! size: `cargo bench` prints all of it, `cargo bench -- GROUP…` a part. Fails when a line misses its
//! goal. Books and journals are filled by SQL here, because the product books one use after the other.
//!
//! The word `large` beside the groups, or alone, asks for the largest sizes: a book of ten million
//! transactions, a journal of a million purchases, a hundred thousand charges. They take several
//! gigabytes of the temporary folder, and are gone when their lines are printed.
//!
//! `TOPUP_TEST_BINARY` names another binary to be measured than the one that is built for this, and
//! `TOPUP_BENCH_LARGEST` is the power of ten of the largest book.

#![allow(clippy::print_stdout, reason = "a bench prints its table")]

mod home;
mod ledger;
mod measure;
mod purchases;
mod reads;
mod requests;
mod sandbox;
#[path = "../../src/ledger/suite/server.rs"]
mod server;
mod writers;

use measure::Table;
use std::process::ExitCode;

/// A part of the table.
type Group = (&'static str, fn(&mut Table));

const GROUPS: &[Group] = &[
    ("requests", requests::lines),
    ("sandbox", sandbox::lines),
    ("purchases", purchases::lines),
    ("reads", reads::lines),
    ("writers", writers::lines),
    ("ledger", ledger::lines),
];

/// Asks for the largest sizes.
const LARGE: &str = "large";

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().collect();
    if let [_, word, file] = &words[..]
        && word == home::FILL
    {
        fill(file);
        return ExitCode::SUCCESS;
    }
    // Cargo adds a word of its own.
    let wanted: Vec<String> =
        std::env::args().skip(1).filter(|word| !word.starts_with("--")).collect();
    let (sizes, wanted): (Vec<String>, Vec<String>) =
        wanted.into_iter().partition(|word| word == LARGE);
    if let Some(unknown) = wanted.iter().find(|name| !GROUPS.iter().any(|(one, _)| one == name)) {
        let known: Vec<&str> = GROUPS.iter().map(|(name, _)| *name).collect();
        println!("there is no group {unknown}: {} and {LARGE}", known.join(", "));
        return ExitCode::FAILURE;
    }
    let mut table = Table { is_large: !sizes.is_empty(), ..Table::default() };
    Table::head();
    for (name, lines) in GROUPS {
        if wanted.is_empty() || wanted.iter().any(|one| one == name) {
            Table::group(name);
            lines(&mut table);
        }
    }
    if table.missed.is_empty() {
        return ExitCode::SUCCESS;
    }
    println!("missed: {}", table.missed.join("; "));
    ExitCode::FAILURE
}

/// Runs the statements of the standard input on this file. No log is kept of them, which would take as
/// much of the disk again, and the pages that they come to in no order stay in memory.
fn fill(file: &str) {
    let statements = std::io::read_to_string(std::io::stdin()).expect("statements");
    let db = rusqlite::Connection::open(file).expect("a file");
    let usual: String =
        db.query_row("PRAGMA journal_mode", [], |row| row.get(0)).expect("a journal");
    db.execute_batch(&format!(
        "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA foreign_keys = OFF;
         PRAGMA cache_size = -1000000;
         BEGIN; {statements} COMMIT; PRAGMA journal_mode = {usual};"
    ))
    .expect("filled");
}

/// The power of ten of the largest book.
fn largest(usual: u32) -> u32 {
    std::env::var("TOPUP_BENCH_LARGEST")
        .map_or(usual, |power| power.parse().expect("a power of ten"))
}
