//! Promise: a power cut at any moment of a purchase loses no key that was sent, no charge that was
//! polled for and no outcome that was printed.
//!
//! `strace` records what a purchase writes, syncs, renames and sends. From that every state is made
//! that a disk may be in after a power cut: what was synced is there; of what was not, anything may be
//! there, in any order and torn, and a sector that was written to when the power went may hold
//! anything, also where older bytes stood. The journal of each is opened as the next command does.

mod calls;

use crate::kills::strace_is_there;
use crate::support::{Server, User, topup};
use calls::{Argument, Call, bytes, calls};
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use topup::purchase::record::Purchase;
use topup::purchase::{Journal, JournalPlace};

/// What is written at once, or not at all.
const SECTOR: usize = 4096;
/// The calls that change a disk or show something to the world.
const CALLS: &str = "openat,pwrite64,write,writev,ftruncate,fsync,fdatasync,unlink,unlinkat,rename,\
                     renameat,renameat2,link,linkat,sendto,sendmsg";
/// How many disks are made of what a power cut at one moment may leave.
const DISKS: u64 = 6;

/// A change of a file that is not yet durable.
#[derive(Clone)]
enum Change {
    Bytes(usize, Vec<u8>),
    Length(usize),
}

#[derive(Clone, Default)]
struct Node {
    durable: Vec<u8>,
    pending: Vec<Change>,
}

/// A change of a folder that is not yet durable.
#[derive(Clone)]
enum Naming {
    Put(PathBuf, usize),
    Taken(PathBuf),
}

/// What the world was shown so far.
#[derive(Clone, Copy, Default, Debug)]
struct Shown {
    sent: bool,
    polled: bool,
    printed: bool,
}

/// A disk that forgets what was not synced.
#[derive(Clone, Default)]
struct Disk {
    nodes: Vec<Node>,
    /// The names as a process sees them.
    names: BTreeMap<PathBuf, usize>,
    durable_names: BTreeMap<PathBuf, usize>,
    namings: Vec<Naming>,
    shown: Shown,
    /// Syncs of files that end so are lost: to see that it is missed.
    deaf: Option<&'static str>,
}

impl Disk {
    fn of_folder(folder: &Path) -> Self {
        let mut disk = Self::default();
        let mut folders = vec![folder.to_owned()];
        while let Some(next) = folders.pop() {
            for entry in fs::read_dir(next).expect("a folder") {
                let path = entry.expect("an entry").path();
                if path.is_dir() {
                    folders.push(path);
                } else if !path.to_string_lossy().ends_with("-shm") {
                    disk.names.insert(path.clone(), disk.nodes.len());
                    let durable = fs::read(&path).expect("bytes");
                    disk.nodes.push(Node { durable, pending: Vec::new() });
                }
            }
        }
        disk.durable_names = disk.names.clone();
        disk
    }

    fn change(&mut self, path: &Path, change: Change) {
        if let Some(node) = self.names.get(path) {
            self.nodes[*node].pending.push(change);
        }
    }

    fn sync(&mut self, path: &Path) {
        if self.deaf.is_some_and(|ending| path.to_string_lossy().ends_with(ending)) {
            return;
        }
        if let Some(node) = self.names.get(path) {
            let node = &mut self.nodes[*node];
            for change in std::mem::take(&mut node.pending) {
                apply(&mut node.durable, &change);
            }
            return;
        }
        let is_here = |naming: &Naming| match naming {
            Naming::Put(name, _) | Naming::Taken(name) => name.parent() == Some(path),
        };
        for naming in self.namings.extract_if(.., |naming| is_here(naming)) {
            put(&mut self.durable_names, &naming);
        }
    }

    fn name(&mut self, naming: Naming) {
        put(&mut self.names, &naming);
        self.namings.push(naming);
    }

    /// What a power cut may leave, chosen by a number: nothing of what was not synced, all of it, or
    /// any part of it.
    fn after_power_cut(&self, number: u64) -> BTreeMap<PathBuf, Vec<u8>> {
        let mut dice = Dice(number.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
        let takes = |dice: &mut Dice| match number {
            0 => false,
            1 => true,
            _ => dice.next().is_multiple_of(2),
        };
        let mut names = self.durable_names.clone();
        for naming in &self.namings {
            if takes(&mut dice) {
                put(&mut names, naming);
            }
        }
        let mut left = BTreeMap::new();
        for (name, node) in names {
            let node = &self.nodes[node];
            let mut bytes = node.durable.clone();
            for change in &node.pending {
                match change {
                    Change::Bytes(at, written) if number > 1 => {
                        write_torn(&mut bytes, *at, written, &mut dice);
                    }
                    change if takes(&mut dice) => apply(&mut bytes, change),
                    _ => {}
                }
            }
            left.insert(name, bytes);
        }
        left
    }
}

fn put(names: &mut BTreeMap<PathBuf, usize>, naming: &Naming) {
    match naming {
        Naming::Put(name, node) => names.insert(name.clone(), *node),
        Naming::Taken(name) => names.remove(name),
    };
}

fn apply(bytes: &mut Vec<u8>, change: &Change) {
    match change {
        Change::Length(length) => bytes.resize(*length, 0),
        Change::Bytes(at, written) => {
            bytes.resize(bytes.len().max(at + written.len()), 0);
            bytes[*at..at + written.len()].copy_from_slice(written);
        }
    }
}

/// Writes some sectors of it, leaves some as they were, and some as anything.
fn write_torn(bytes: &mut Vec<u8>, at: usize, written: &[u8], dice: &mut Dice) {
    for sector in at / SECTOR..=(at + written.len() - 1) / SECTOR {
        let (first, after) = (sector * SECTOR, (sector + 1) * SECTOR);
        let part = first.max(at)..after.min(at + written.len());
        match dice.next() % 5 {
            0 | 1 => {}
            2 | 3 => {
                let change =
                    Change::Bytes(part.start, written[part.start - at..part.end - at].into());
                apply(bytes, &change);
            }
            _ => {
                let end = bytes.len().max(part.end).min(after);
                bytes.resize(bytes.len().max(end), 0);
                bytes[first.min(end)..end]
                    .iter_mut()
                    .for_each(|byte| *byte = dice.next().to_le_bytes()[0]);
            }
        }
    }
}

/// Numbers by a seed (splitmix64).
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}

/// What a purchase did, and the disk it began on.
struct Recorded {
    disk: Disk,
    calls: Vec<Call>,
}

fn record(user: &User) -> Recorded {
    let disk = Disk::of_folder(user.home());
    let notes = tempfile::tempdir().expect("a folder");
    let log = notes.path().join("calls");
    let buy = ["buy", "25", "--yes", "--json"];
    let piped = user.command(&buy);
    let mut command = Command::new("strace");
    command
        .args(["-f", "-y", "-xx", "-qq", "-s", "1000000", "-e", "signal=none"])
        .args(["-e", &format!("trace={CALLS}")])
        .arg("-o")
        .arg(&log)
        .arg(topup())
        .args(buy)
        .env_clear()
        .current_dir("/")
        .stdin(Stdio::null());
    command.envs(piped.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let output = command.output().expect("strace");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    Recorded { disk, calls: calls(&fs::read_to_string(&log).expect("a log")) }
}

impl Disk {
    /// Does what the call did; says whether anything changed.
    fn follow(&mut self, call: &Call) -> bool {
        let path = call.path(0);
        let is_hidden = path.to_string_lossy().ends_with("-shm");
        match call.name.as_str() {
            "openat" if call.has(2, "O_CREAT") || call.has(2, "O_TRUNC") => {
                let path = call.path(1);
                if path.to_string_lossy().ends_with("-shm") {
                    return false;
                }
                assert!(!call.has(2, "O_TRUNC"), "{} is emptied", path.display());
                if self.names.contains_key(&path) {
                    return false;
                }
                self.nodes.push(Node::default());
                self.name(Naming::Put(path, self.nodes.len() - 1));
            }
            "pwrite64" if !is_hidden => {
                self.change(&path, Change::Bytes(call.number(3), call.bytes(1).to_vec()));
            }
            "write" if self.names.contains_key(&path) => {
                // A new file, from its beginning to its end.
                let node = &self.nodes[self.names[&path]];
                let at = node.pending.iter().map(|change| match change {
                    Change::Bytes(at, written) => at + written.len(),
                    Change::Length(_) => 0,
                });
                let at = at.max().unwrap_or_default();
                self.change(&path, Change::Bytes(at, call.bytes(1).to_vec()));
            }
            "write" | "writev" | "sendto" | "sendmsg" => {
                let has = |word: &str| {
                    let is_in =
                        |bytes: &[u8]| bytes.windows(word.len()).any(|at| at == word.as_bytes());
                    call.arguments.iter().any(|argument| match argument {
                        Argument::Bytes(bytes) => is_in(bytes),
                        Argument::Other(text) => {
                            let (_, text) = text.split_once('"').unwrap_or_default();
                            is_in(&bytes(text.split('"').next().unwrap_or_default()))
                        }
                        Argument::Handle(_) => false,
                    })
                };
                self.shown.sent |= has("POST /api/billing/charge");
                self.shown.polled |= has("GET /api/billing/charge/");
                self.shown.printed |= has("\"status\":\"settled\"");
            }
            "ftruncate" if !is_hidden => self.change(&path, Change::Length(call.number(1))),
            "fsync" | "fdatasync" => self.sync(&path),
            "unlink" => self.name(Naming::Taken(path)),
            "rename" | "renameat" | "renameat2" => {
                let at = usize::from(call.name != "rename");
                let (from, to) = (call.path(at), call.path(at * 2 + 1));
                if let Some(node) = self.names.get(&from).copied() {
                    self.name(Naming::Put(to, node));
                    self.name(Naming::Taken(from));
                }
            }
            "openat" | "pwrite64" | "ftruncate" => return false,
            other => panic!("{other} is not understood"),
        }
        true
    }
}

fn purchases(folder: &Path) -> Result<Vec<Purchase>, String> {
    let place =
        JournalPlace::Files { journal: folder.join("journal.db"), locks: folder.join("locks") };
    let told = |failure: topup::core::failure::Failure| failure.to_string();
    let journal = Journal::open_if_there(&place).map_err(told)?.ok_or("there is no journal")?;
    if let Some(doubt) = journal.doubt() {
        return Err(format!("{doubt:?}"));
    }
    let all = journal.since(Timestamp::UNIX_EPOCH).map_err(told)?;
    journal.load_all(&all).map_err(told)
}

/// What is wrong with a disk that a power cut left.
fn judge(
    left: &BTreeMap<PathBuf, Vec<u8>>,
    home: &Path,
    shown: Shown,
    before: usize,
) -> Result<(), String> {
    let folder = tempfile::tempdir().expect("a folder");
    for (path, bytes) in left {
        let path = folder.path().join(path.strip_prefix(home).expect("in the home"));
        fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        fs::write(path, bytes).expect("written");
    }
    let found = purchases(folder.path())?;
    if !(before..=before + 1).contains(&found.len()) {
        return Err(format!("{} purchases", found.len()));
    }
    if let Some(old) = found[..before].iter().find(|old| old.outcome.is_none()) {
        return Err(format!("{} is open again", old.intent.id));
    }
    let new = found.get(before);
    let attempts = new.map_or(0, |new| new.attempts.len());
    if shown.sent && attempts == 0 {
        return Err("the key that was sent is lost".into());
    }
    if shown.polled && new.is_none_or(|new| new.charges.is_empty()) {
        return Err("the charge that was polled for is lost".into());
    }
    if shown.printed && new.is_none_or(|new| new.outcome.is_none()) {
        return Err("the outcome that was printed is lost".into());
    }
    let db = rusqlite::Connection::open(folder.path().join("journal.db")).expect("a journal");
    let whole: rusqlite::Result<String> =
        db.query_row("PRAGMA integrity_check", [], |row| row.get(0));
    let count = "SELECT count(*) FROM purchase";
    let counted: rusqlite::Result<i64> = db.query_row(count, [], |row| row.get(0));
    match whole.as_deref() {
        Ok("ok") if counted.is_ok_and(|counted| usize::try_from(counted) == Ok(found.len())) => {
            Ok(())
        }
        other => Err(format!("{other:?}")),
    }
}

/// Every disk that a power cut may leave, at every moment; what is wrong with them, and how many.
fn replay(
    recorded: &Recorded,
    user: &User,
    before: usize,
    deaf: Option<&'static str>,
) -> (usize, Vec<String>) {
    let mut disk = Disk { deaf, ..recorded.disk.clone() };
    let (mut seen, mut wrong) = (BTreeSet::new(), Vec::new());
    for (at, call) in recorded.calls.iter().enumerate() {
        if !disk.follow(call) {
            continue;
        }
        for number in 0..DISKS {
            let seed = if number < 2 { number } else { (at as u64) << 8 | number };
            let left = disk.after_power_cut(seed);
            let mut hasher = DefaultHasher::new();
            (&left, disk.shown.sent, disk.shown.polled, disk.shown.printed).hash(&mut hasher);
            if !seen.insert(hasher.finish()) {
                continue;
            }
            if let Err(why) = judge(&left, user.home(), disk.shown, before) {
                wrong.push(format!(
                    "call {at} ({}), disk {number}, {:?}: {why}",
                    call.name, disk.shown
                ));
            }
        }
    }
    assert!(disk.shown.sent && disk.shown.polled && disk.shown.printed, "{:?}", disk.shown);
    (seen.len(), wrong)
}

/// A log that is longer is moved into its file.
const LONG_LOG: u64 = 1024 * 1024;

/// How many bytes the log of the journal has.
fn log_length(user: &User) -> u64 {
    fs::metadata(user.file("journal.db-wal")).map_or(0, |log| log.len())
}

#[test]
fn no_power_cut_loses_what_was_sent_polled_for_or_printed() {
    if !strace_is_there() {
        return;
    }
    let server = Server::without_limits();
    let user = server.user();
    // The first purchase of a home, one that goes on with the log, and one that moves it into the file.
    let mut bought = 0;
    let mut disks = 0;
    let mut recordings = Vec::new();
    // The longest way that the log went in one purchase: the next one may move it.
    let mut step = 0;
    loop {
        let length = log_length(&user);
        let is_long = length + step > LONG_LOG;
        if bought == 1 || is_long {
            let recorded = record(&user);
            let (tried, wrong) = replay(&recorded, &user, bought, None);
            assert!(
                wrong.is_empty(),
                "{} of {tried}: {:#?}",
                wrong.len(),
                &wrong[..wrong.len().min(9)]
            );
            disks += tried;
            recordings.push((recorded, bought));
        } else {
            user.run(&["buy", "25", "--yes"]).code(0);
        }
        let now = log_length(&user);
        if is_long && now < length {
            // It was moved into the file.
            break;
        }
        step = step.max(now.saturating_sub(length));
        bought += 1;
        assert!(bought < 100, "the log is never moved into the file");
    }
    println!("{disks} disks, none lost what it must not lose");
    // A disk that hears no sync of the log is found out after the first byte was sent.
    let (recorded, before) = &recordings[0];
    let (_, wrong) = replay(recorded, &user, *before, Some("-wal"));
    assert!(wrong.iter().any(|why| why.contains("sent: true")), "{wrong:#?}");
}
