//! Runs the tests against one change after the other.

use crate::rewrite::Mutant;
use crate::workshop::folder;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::thread;
use std::time::{Duration, Instant};

/// Longer than any group of tests takes: a change that never ends is noticed by that.
const DEADLINE: Duration = Duration::from_secs(60);
/// As many tests are run in one process, the quickest first.
const GROUPS: [usize; 3] = [12, 40, usize::MAX];

/// The tests of one program, and what each of them reaches.
#[derive(Debug)]
pub struct Suite {
    program: PathBuf,
    /// Names, quickest first, by the change that they reach.
    reaching: BTreeMap<usize, Vec<String>>,
    /// The environment cannot choose the change: a file does, one at a time.
    by_file: bool,
}

impl Suite {
    /// Runs each test once alone, and notes what it reaches.
    ///
    /// # Panics
    /// When a test fails without any change.
    pub fn new(program: &Path, by_file: bool, skipped: &[&str]) -> Self {
        let tests = listed(program, skipped);
        let folder = folder().join("traces");
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).expect("a folder");
        let found: Mutex<Vec<(Duration, String, BTreeSet<usize>)>> = Mutex::new(Vec::new());
        let failing = Mutex::new(Vec::new());
        let workers = if by_file { 1 } else { parallel() };
        in_turn(workers, &tests, |at, test| {
            let trace = folder.join(at.to_string());
            let begun = Instant::now();
            let passed =
                run(program, by_file, "MUTANT_TRACE", &trace.display().to_string(), &[test]);
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
        let mut reaching: BTreeMap<usize, Vec<String>> = BTreeMap::new();
        for (_, test, reached) in found {
            for number in reached {
                reaching.entry(number).or_default().push(test.clone());
            }
        }
        Self { program: program.to_owned(), reaching, by_file }
    }

    /// Those of the changes that no test notices.
    pub fn survivors<'a>(&self, mutants: &[&'a Mutant]) -> Vec<&'a Mutant> {
        let survivors = Mutex::new(Vec::new());
        let workers = if self.by_file { 1 } else { parallel() };
        in_turn(workers, mutants, |_, mutant| {
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
        let mut tests = self.reaching.get(&mutant.number).map_or(&[][..], Vec::as_slice);
        for size in GROUPS {
            let (group, rest) = tests.split_at(size.min(tests.len()));
            tests = rest;
            let group: Vec<&String> = group.iter().collect();
            let number = mutant.number.to_string();
            if !group.is_empty()
                && !run(&self.program, self.by_file, "MUTANT_NUMBER", &number, &group)
            {
                return true;
            }
        }
        false
    }
}

fn parallel() -> usize {
    thread::available_parallelism().map_or(2, usize::from)
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

fn listed(program: &Path, skipped: &[&str]) -> Vec<String> {
    let mut list = Command::new(program);
    list.args(["--list", "--format", "terse"]);
    for word in skipped {
        list.args(["--skip", word]);
    }
    let ignored: BTreeSet<String> =
        names(Command::new(program).args(["--list", "--format", "terse", "--ignored"]));
    names(&mut list).into_iter().filter(|name| !ignored.contains(name)).collect()
}

fn names(list: &mut Command) -> BTreeSet<String> {
    let output = list.output().expect("a list of tests");
    String::from_utf8_lossy(&output.stdout)
        .lines()
        .filter_map(|line| line.strip_suffix(": test").map(str::to_owned))
        .collect()
}

/// Whether these tests pass with this said to the switch.
fn run(program: &Path, by_file: bool, name: &str, value: &str, tests: &[&String]) -> bool {
    let file = folder().join(name);
    let mut command = Command::new(program);
    command.arg("--exact").args(tests).arg("--quiet");
    if by_file {
        fs::write(&file, value).expect("a file for the switch");
    } else {
        command.env(name, value).args(["--test-threads", "1"]);
    }
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        // What a test finds belongs to the change, not to the project.
        .env("PROPTEST_DISABLE_FAILURE_PERSISTENCE", "1")
        .current_dir(folder().join("project"));
    let passed = ended(command.spawn().expect("a test program"));
    if by_file {
        let _ = fs::remove_file(file);
    }
    passed
}

/// Whether it ended well before the deadline; what did not is killed.
fn ended(mut child: Child) -> bool {
    let begun = Instant::now();
    while begun.elapsed() < DEADLINE {
        match child.try_wait() {
            Ok(None) => thread::sleep(Duration::from_millis(10)),
            Ok(Some(status)) => return status.success(),
            Err(_) => break,
        }
    }
    let _ = child.kill();
    let _ = child.wait();
    false
}
