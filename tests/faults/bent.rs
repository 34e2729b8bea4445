//! Promise: whatever an answer is bent into, byte by byte, a run ends in time with a code of the
//! table and one document, and says nothing of its token.
//!
//! The answers are those of the corpus of the fuzzer, cut, flipped, doubled and crossed from a
//! seed.

use super::wire::{Play, TOKEN, Wire};
use crate::simulation::dice::Dice;
use crate::support::{Ran, at_once};
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::sync::Mutex;
use std::time::{Duration, Instant};
use topup::core::class::{Class, TABLE};

/// How many runs there are; `TOPUP_BENT_ANSWERS` lengthens it.
const RUNS: u64 = 120;
/// What each request is given, in seconds.
const TIMEOUT: u64 = 2;
/// A run has no more requests in a row than these, with waits of at most 12 s between them.
const LONGEST: Duration = Duration::from_secs(8 * TIMEOUT + 12 + 5);

const COMMANDS: [&[&str]; 11] = [
    &["state"],
    &["limit"],
    &["check", "--at-least", "1"],
    &["whoami"],
    &["status", "ch_1"],
    &["auto-reload", "20", "100", "--yes"],
    &["login", "--no-wait", "--no-browser"],
    &["--provider", "ciris", "state"],
    &["--provider", "ciris", "transactions"],
    &["--provider", "byterover", "state"],
    &["buy", "25", "--yes", "--no-wait"],
];

/// The answers of the corpus as they go over the wire.
fn answers() -> Vec<Vec<u8>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz/corpus");
    let mut answers = Vec::new();
    for folder in ["nous", "ciris", "byterover", "login", "headers"] {
        let entries = fs::read_dir(root.join(folder)).expect("the corpus");
        let mut paths: Vec<_> = entries.map(|entry| entry.expect("an entry").path()).collect();
        paths.sort();
        for path in paths {
            let tape = fs::read(path).expect("read");
            let at = tape.windows(2).position(|two| two == b"\n\n").expect("a head and a body");
            let body = &tape[at + 2..];
            let head = String::from_utf8_lossy(&tape[..at]).trim_end().replace('\n', "\r\n");
            let length = body.len();
            let head = format!("HTTP/1.1 {head}\r\ncontent-length: {length}\r\n\r\n");
            answers.push([head.as_bytes(), body].concat());
        }
    }
    answers
}

fn bent(answers: &[Vec<u8>], dice: &mut Dice) -> Play {
    let mut bytes = answers[dice.index(answers.len())].clone();
    for _ in 0..dice.below(4) {
        let at = dice.index(bytes.len() + 1);
        match dice.below(5) {
            0 => bytes.truncate(at),
            1 => bytes.insert(at, u8::try_from(dice.below(256)).expect("a byte")),
            2 if at < bytes.len() => bytes[at] ^= 1 << dice.below(8),
            3 => {
                let end = at + dice.index(bytes.len() - at + 1);
                let part = bytes[at..end].to_vec();
                bytes.splice(at..at, part);
            }
            _ => {
                let other = &answers[dice.index(answers.len())];
                bytes.splice(at.., other[dice.index(other.len())..].iter().copied());
            }
        }
    }
    match dice.below(8) {
        0 => Play::Cut(bytes),
        1 => Play::Reset(bytes),
        2 => Play::Stall(bytes),
        3 => Play::Keep(bytes),
        _ => Play::Close(bytes),
    }
}

fn judge(seed: u64, command: &[&str], ran: &Ran, took: Duration) {
    let story = || format!("seed {seed}, {command:?}, {took:?}\n{}\n{}", ran.out, ran.err);
    let code = u8::try_from(ran.code).unwrap_or(u8::MAX);
    assert!(TABLE.iter().any(|row| row.code == code), "{code}: {}", story());
    assert_ne!(code, Class::Internal.code(), "{}", story());
    assert!(took < LONGEST, "{}", story());
    ran.json();
    let told = format!("{}{}", ran.out, ran.err);
    assert!(!told.contains(TOKEN), "{}", story());
    let hidden = told.chars().find(|one| one.is_control() && *one != '\n');
    assert_eq!(hidden, None, "{}", story());
}

#[test]
fn a_run_ends_in_order_whatever_an_answer_is_bent_into() {
    let runs = std::env::var("TOPUP_BENT_ANSWERS").map_or(RUNS, |n| n.parse().expect("a number"));
    let answers = answers();
    let seeds: Vec<u64> = (0..runs).collect();
    let codes: BTreeSet<i32> = at_once(&seeds, |seed| {
        let mut dice = Dice::of_seed(*seed);
        let mut command = COMMANDS[dice.index(COMMANDS.len())].to_vec();
        let timeout = format!("{TIMEOUT}s");
        command.extend(["--json", "--timeout", &timeout]);
        let (dice, answers) = (Mutex::new(dice), answers.clone());
        let wire = Wire::new(move |_, _| bent(&answers, &mut dice.lock().expect("unlocked")));
        let started = Instant::now();
        let ran = wire.user().run(&command);
        judge(*seed, &command, &ran, started.elapsed());
        ran.code
    })
    .into_iter()
    .collect();
    assert!(codes.len() > 5, "they are bent into more than {codes:?}");
}
