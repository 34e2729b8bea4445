//! Runs the tests against one change after the other.

use crate::rewrite::Mutant;
use crate::server::{self, Server};
use crate::workshop::folder;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::thread;
use std::time::{Duration, Instant};

/// How long tests may take that were never timed.
const DEADLINE: Duration = Duration::from_secs(120);
/// So many times as long as they take without a change, and this much more, tests may take with
/// one: a change that never ends is noticed by that.
const PATIENCE: (u32, Duration) = (10, Duration::from_secs(10));
/// The tests that are run in one process, the likeliest first, take together so many times what the
/// quickest test of all takes, and those of the next process three times as much: a change that a
/// quick test notices waits for no slow one.
const FIRST_GROUP: u32 = 4;

/// A program of tests.
#[derive(Debug)]
pub struct Program {
    /// Where it is.
    pub path: PathBuf,
    /// The environment cannot choose the change: a file does, one at a time.
    pub by_file: bool,
}

/// The tests of one program, and what each of them reaches.
#[derive(Debug)]
pub struct Suite {
    program: Program,
    /// Names and what they take, quickest first, by the change that they reach.
    reaching: BTreeMap<usize, Vec<(Duration, String)>>,
    /// What the quickest of them takes.
    quickest: Duration,
}

impl Suite {
    /// Runs each test whose name has this word once alone, and notes what it reaches.
    ///
    /// # Panics
    /// When a test fails without any change.
    pub fn new(program: Program, by: &str, skipped: &[&str]) -> Self {
        let mut tests = program.listed(skipped);
        tests.retain(|test| test.contains(by));
        let folder = folder().join("traces");
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).expect("a folder");
        let found: Mutex<Vec<(Duration, String, BTreeSet<usize>)>> = Mutex::new(Vec::new());
        let failing = Mutex::new(Vec::new());
        in_turn(program.workers(), &tests, |at, test| {
            let trace = folder.join(at.to_string());
            let switch = ("MUTANT_TRACE", trace.display().to_string());
            let begun = Instant::now();
            // Once more alone where it failed: it may mind what else runs on this machine.
            let passed = (0..2).any(|_| program.passes(&switch, &[test], DEADLINE));
            if !passed {
                failing.lock().expect("no panic").push(test.clone());
            }
            let reached = fs::read_to_string(&trace).unwrap_or_default();
            let reached = reached.lines().filter_map(|line| line.parse().ok()).collect();
            found.lock().expect("no panic").push((begun.elapsed(), test.clone(), reached));
        });
        let failing = failing.into_inner().expect("no panic");
        assert!(failing.is_empty(), "they fail without any change: {failing:#?}");
        let mut found = found.into_inner().expect("no panic");
        found.sort();
        let quickest = found.first().map_or(Duration::ZERO, |(took, ..)| *took);
        let mut reaching: BTreeMap<usize, Vec<(Duration, String)>> = BTreeMap::new();
        for (took, test, reached) in found {
            for number in reached {
                reaching.entry(number).or_default().push((took, test.clone()));
            }
        }
        Self { program, reaching, quickest }
    }

    /// Those of the changes that no test notices.
    pub fn survivors<'a>(&self, mutants: &[&'a Mutant]) -> Vec<&'a Mutant> {
        let survivors = Mutex::new(Vec::new());
        in_turn(self.program.workers(), mutants, |_, mutant| {
            if !self.notices(mutant) {
                // Said at once: a whole run takes a while.
                println!("not noticed: {}:{} {}", mutant.file, mutant.line, mutant.name);
                survivors.lock().expect("no panic").push(*mutant);
            }
        });
        let mut survivors = survivors.into_inner().expect("no panic");
        survivors.sort_by_key(|mutant| mutant.number);
        survivors
    }

    /// Whether any test reaches this change at all.
    pub fn reaches(&self, mutant: &Mutant) -> bool {
        self.reaching.contains_key(&mutant.number)
    }

    fn notices(&self, mutant: &Mutant) -> bool {
        let switch = ("MUTANT_NUMBER", mutant.number.to_string());
        let reaching = self.reaching.get(&mutant.number).map_or(&[][..], Vec::as_slice);
        // Those of the file itself know best what it must do.
        let (own, others): (Vec<_>, Vec<_>) =
            reaching.iter().partition(|(_, test)| is_of(test, &mutant.file));
        let in_order: Vec<_> = own.into_iter().chain(others).collect();
        let mut tests = in_order.as_slice();
        let mut budget = self.quickest * FIRST_GROUP;
        while let [(first, _), ..] = tests {
            let mut together = *first;
            let more = tests[1..].iter().take_while(|(took, _)| {
                together += *took;
                together <= budget
            });
            let (group, rest) = tests.split_at(1 + more.count());
            (tests, budget) = (rest, budget * 3);
            let names: Vec<&String> = group.iter().map(|(_, test)| test).collect();
            let alone: Duration = group.iter().map(|(took, _)| *took).sum();
            let deadline = alone * PATIENCE.0 + PATIENCE.1;
            if !self.program.passes(&switch, &names, deadline) {
                return true;
            }
        }
        false
    }
}

/// Whether a test belongs to a file: its path is that of the file, or one below.
fn is_of(test: &str, file: &str) -> bool {
    let module = file.trim_start_matches("src/").trim_end_matches(".rs").trim_end_matches("/mod");
    test.starts_with(&module.replace('/', "::"))
}

impl Program {
    fn workers(&self) -> usize {
        if self.by_file { 1 } else { thread::available_parallelism().map_or(2, usize::from) }
    }

    /// The names of its tests that an ordinary run runs, without those that have one of these words.
    fn listed(&self, skipped: &[&str]) -> Vec<String> {
        let mut list = Command::new(&self.path);
        list.args(["--list", "--format", "terse"]);
        for word in skipped {
            list.args(["--skip", word]);
        }
        let mut ignored = Command::new(&self.path);
        let ignored = names(ignored.args(["--list", "--format", "terse", "--ignored"]));
        names(&mut list).into_iter().filter(|name| !ignored.contains(name)).collect()
    }

    /// Whether these tests pass with this said to the switch.
    fn passes(
        &self,
        (name, value): &(&str, String),
        tests: &[&String],
        deadline: Duration,
    ) -> bool {
        let file = folder().join(name);
        let mut command = Command::new(&self.path);
        command.arg("--exact").args(tests).arg("--quiet");
        if self.by_file {
            fs::write(&file, value).expect("a file for the switch");
        } else {
            command.env(name, value).args(["--test-threads", "1"]);
        }
        // One for all: each process would start one of its own.
        if let Some(server) = Server::shared() {
            command.env(server::GIVEN, &server.url);
        }
        command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            // Nobody reads where it failed.
            .env("RUST_BACKTRACE", "0")
            // What a test finds belongs to the change, not to the project.
            .env("PROPTEST_DISABLE_FAILURE_PERSISTENCE", "1")
            .current_dir(folder().join("project"));
        let passed = ended(command.spawn().expect("a test program"), deadline);
        if self.by_file {
            let _ = fs::remove_file(file);
        }
        passed
    }
}

/// Hands each item to one of the workers.
fn in_turn<T: Sync>(workers: usize, items: &[T], work: impl Fn(usize, &T) + Sync) {
    let next = Mutex::new(0..items.len());
    thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                loop {
                    let Some(at) = next.lock().expect("no panic").next() else { break };
                    work(at, &items[at]);
                }
            });
        }
    });
}

fn names(list: &mut Command) -> BTreeSet<String> {
    let output = list.output().expect("a list of tests");
    String::from_utf8_lossy(&output.stdout)
        .lines()
        .filter_map(|line| line.strip_suffix(": test").map(str::to_owned))
        .collect()
}

/// Whether it ended well before the deadline; what did not is killed.
fn ended(mut child: Child, deadline: Duration) -> bool {
    let begun = Instant::now();
    while begun.elapsed() < deadline {
        match child.try_wait() {
            Ok(None) => thread::sleep(Duration::from_millis(5)),
            Ok(Some(status)) => return status.success(),
            Err(_) => break,
        }
    }
    let _ = child.kill();
    let _ = child.wait();
    false
}
