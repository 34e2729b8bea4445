//! One line of the table after the other: a command beside its peer, in turn, as the ratio of their
//! medians, and the peak of memory. What is compared is the time that the processor worked, which
//! neither a busy disk nor other programs change much, unless a line says otherwise.

use std::ffi::OsString;
use std::fs::File;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use wait4::Wait4;

/// What is measured: this build, or the binary that `TOPUP_TEST_BINARY` names.
pub fn topup() -> OsString {
    named().unwrap_or_else(|| env!("CARGO_BIN_EXE_topup").into())
}

/// The binary that is named.
pub fn named() -> Option<OsString> {
    std::env::var_os("TOPUP_TEST_BINARY")
}

/// The most memory that reading may take, in KiB, however much there is to read.
pub const MOST_KIB: u64 = 32 * 1024;

/// What a run took.
#[derive(Clone, Copy)]
pub struct Sample {
    pub cpu: Duration,
    pub wall: Duration,
    /// The peak of memory; none where no process of its own was measured.
    pub peak_kib: Option<u64>,
}

/// What two commands are compared by.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum By {
    Cpu,
    /// Where most of the time is a wait for a server.
    Wall,
}

/// What a line has to keep to.
#[derive(Clone, Copy)]
pub struct Goal {
    pub by: By,
    /// The most that it may take of the time of its peer.
    pub percent: u128,
    pub peak_kib: Option<u64>,
}

impl Goal {
    /// Of the processor's time.
    pub const fn cpu(percent: u128) -> Self {
        Self { by: By::Cpu, percent, peak_kib: None }
    }

    /// The same, in little memory.
    pub const fn reading(percent: u128) -> Self {
        Self { by: By::Cpu, percent, peak_kib: Some(MOST_KIB) }
    }
}

/// The table, as far as it is printed.
#[derive(Default)]
pub struct Table {
    /// The largest sizes are asked for.
    pub is_large: bool,
    pub missed: Vec<String>,
}

impl Table {
    /// What stands above the first line.
    pub fn head() {
        println!(
            "{:<60} {:>9} {:>9}  {:<24} {:>7} {:>6} {:>9}",
            "", "topup", "peer", "peer is", "ratio", "goal", "peak KiB"
        );
    }

    /// What stands above the lines of a group.
    pub fn group(name: &str) {
        println!("-- {name}");
    }

    /// One line: both in turn, so often.
    pub fn compare(
        &mut self,
        name: &str,
        runs: usize,
        goal: Goal,
        mut ours: impl FnMut() -> Sample,
        (peer, mut theirs): (&str, impl FnMut() -> Sample),
    ) {
        let (mut mine, mut other) = (Vec::new(), Vec::new());
        for _ in 0..runs {
            mine.push(ours());
            other.push(theirs());
        }
        let time = |samples: &[Sample]| {
            median(samples.iter().map(|one| match goal.by {
                By::Cpu => one.cpu,
                By::Wall => one.wall,
            }))
            .as_micros()
        };
        let (mine_us, other_us) = (time(&mine), time(&other));
        let peak = mine.iter().map(|one| one.peak_kib).collect::<Option<Vec<_>>>().map(median);
        let percent = mine_us * 100 / other_us.max(1);
        let line = Line { name, peer, peak, goal };
        self.line(&line, &shown(mine_us), &shown(other_us), percent);
    }

    /// One line of figures that were counted elsewhere.
    pub fn counted(&mut self, name: &str, ours: u128, (peer, theirs): (&str, u128), percent: u128) {
        let ratio = ours * 100 / theirs.max(1);
        let line = Line { name, peer, peak: None, goal: Goal::cpu(percent) };
        self.line(&line, &ours.to_string(), &theirs.to_string(), ratio);
    }

    /// One line of something that has to be more than that of its peer by so much at least.
    pub fn at_least(
        &mut self,
        name: &str,
        ours: u128,
        (peer, theirs): (&str, u128),
        percent: u128,
    ) {
        let ratio = ours * 100 / theirs.max(1);
        let is_met = ratio >= percent;
        println!(
            "{name:<60} {ours:>9} {theirs:>9}  {peer:<24} {ratio:>5} % >{percent:>3} % {:>9}{}",
            "",
            self.judged(name, is_met)
        );
    }

    fn line(&mut self, line: &Line<'_>, ours: &str, theirs: &str, percent: u128) {
        let Line { name, peer, peak, goal } = *line;
        let is_small = goal.peak_kib.is_none_or(|most| peak.is_none_or(|peak| peak <= most));
        let verdict = self.judged(name, is_small && percent <= goal.percent);
        let peak = peak.map(|peak| peak.to_string()).unwrap_or_default();
        println!(
            "{name:<60} {ours:>9} {theirs:>9}  {peer:<24} {percent:>5} % {:>4} % {peak:>9}{verdict}",
            goal.percent
        );
    }

    fn judged(&mut self, name: &str, is_met: bool) -> &'static str {
        if is_met {
            return "";
        }
        self.missed.push(name.to_owned());
        "  MISSED"
    }
}

#[derive(Clone, Copy)]
struct Line<'l> {
    name: &'l str,
    peer: &'l str,
    peak: Option<u64>,
    goal: Goal,
}

/// A time, with a unit that a person can read.
fn shown(us: u128) -> String {
    if us < 10_000 { format!("{us} µs") } else { format!("{} ms", us / 1000) }
}

/// Runs it to its end; it has to succeed.
pub fn sample(command: Command) -> Sample {
    let what = format!("{command:?}");
    let (sample, is_success) = run(command);
    assert!(is_success, "{what} failed");
    sample
}

/// Runs it to its end, whatever its answer is.
pub fn any_end(command: Command) -> Sample {
    run(command).0
}

fn run(mut command: Command) -> (Sample, bool) {
    let out = tempfile::tempfile().expect("a file");
    let started = Instant::now();
    let child = command.stdin(Stdio::null()).stdout(out).spawn();
    let used =
        child.unwrap_or_else(|cause| panic!("{command:?}: {cause}")).wait4().expect("it ends");
    let wall = started.elapsed();
    let cpu = used.rusage.utime + used.rusage.stime;
    let sample = Sample { cpu, wall, peak_kib: Some(used.rusage.maxrss / 1024) };
    (sample, used.status.success())
}

pub fn median<T: Ord + Copy>(values: impl IntoIterator<Item = T>) -> T {
    let mut values: Vec<T> = values.into_iter().collect();
    values.sort_unstable();
    values[values.len() / 2]
}

/// The time that the processor has worked for a process which runs, as the system counts it: in
/// hundredths of a second.
pub fn cpu_of(process: u32) -> Duration {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).expect("it runs");
    // The name in brackets may hold blanks.
    let (_, fields) = stat.rsplit_once(')').expect("a name");
    let ticks: u64 = fields
        .split_whitespace()
        .skip(11)
        .take(2)
        .map(|field| field.parse::<u64>().expect("ticks"))
        .sum();
    Duration::from_millis(ticks * 10)
}

/// The most memory that a process which runs has had, in KiB.
pub fn peak_kib_of(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).expect("it runs");
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("a peak");
    peak.trim().trim_end_matches(" kB").parse().expect("KiB")
}

/// Lets the system forget what it has read of a file, so that it is read from the disk again.
pub fn make_cold(file: &Path) {
    let file = File::open(file).expect("a file");
    file.sync_all().expect("on the disk");
    rustix::fs::fadvise(&file, 0, None, rustix::fs::Advice::DontNeed).expect("forgotten");
}

/// Whether a program is there; a line that needs it is left out where it is not, and says so.
pub fn is_there(program: &str, version: &str) -> bool {
    let found = Command::new(program)
        .arg(version)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok();
    if !found {
        println!("skipped: no {program}");
    }
    found
}
