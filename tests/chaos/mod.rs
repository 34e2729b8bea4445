//! Promise: an hour of mixed verbs in twenty processes on four machines, at one portal and one
//! ledger, with faults, kills, stops, signals, clocks that jump, a portal that stalls and a disk that
//! fills up, charges what was asked for once, exactly as the journals say, and leaves no purchase open
//! that cannot be ended.
//!
//! `TOPUP_CHAOS_SECONDS` is its length, `TOPUP_CHAOS_SEED` chooses the same dice again. What the
//! processes make of each other is not repeatable; which verbs, faults and harms there are is.

mod audit;
mod harm;
mod verbs;

use crate::books::{Store, fill};
use crate::faults::clocks::library;
use crate::kills::Chosen;
use crate::simulation::dice::Dice;
use crate::support::{Server, User};
use audit::{Audit, CommandEnd};
use harm::{Harm, fill_the_disk, harm_the_portal};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};
use verbs::Verb;

/// So many processes work at once, on so many machines. The last machine has a small disk.
const PROCESSES: u64 = 20;
const MACHINES: usize = 4;
/// The size of that disk: a journal fits, and not much beside it.
const SMALL_DISK: &str = "size=8m,mode=0700";

/// Says that this is the process with the small disk, whose mounts are its own.
const INSIDE: &str = "TOPUP_CHAOS_INSIDE";

/// What everything happens to.
struct World {
    server: Server,
    machines: Vec<User>,
    /// Goes away with this.
    _ledger: Store,
    /// Where commands note that they ran, on a disk that has room.
    notes: PathBuf,
    faketime: String,
    /// How many commands were begun.
    begun: AtomicU64,
    is_over: AtomicBool,
}

impl World {
    fn new(notes: &Path, faketime: String) -> Self {
        let server = Server::without_limits();
        server.keeper().set("settle-after=400ms");
        let ledger = Store::sqlite();
        let machines: Vec<User> = (0..MACHINES)
            .map(|_| {
                let user = User::new().with("TOPUP_PORTAL_URL", &server.url);
                user.with("TOPUP_LEDGER_URL", ledger.url())
            })
            .collect();
        mount(machines[MACHINES - 1].home());
        for machine in &machines {
            machine.run(&["login", "--step-up", "--no-browser"]).code(0);
        }
        fill(&machines[0], "100000");
        Self {
            server,
            machines,
            _ledger: ledger,
            notes: notes.to_owned(),
            faketime,
            begun: AtomicU64::new(0),
            is_over: AtomicBool::new(false),
        }
    }

    fn goes_on(&self) -> bool {
        !self.is_over.load(Ordering::Relaxed)
    }

    /// One process after the other, until it is over.
    fn work(&self, mut dice: Dice, ended: &Mutex<Vec<CommandEnd>>) {
        while self.goes_on() {
            let number = self.begun.fetch_add(1, Ordering::Relaxed);
            let verb = Verb::thrown(&mut dice);
            let harm = Harm::thrown(&mut dice, verb);
            let at = dice.index(MACHINES);
            let machine = &self.machines[at];
            let arguments = verb.arguments(&mut dice, number, &self.notes);
            let end = harm.run(machine, &self.faketime, verb, &arguments);
            // A renewal whose answer was lost may end the login: a person logs in again.
            let class = end.document["error"]["class"].as_str().unwrap_or_default();
            let is_logged_out = ["not_logged_in", "session_revoked"].contains(&class);
            ended.lock().expect("no panic").push(end);
            if is_logged_out {
                machine.run(&["login", "--step-up", "--no-browser"]);
            }
        }
    }
}

fn mount(folder: &Path) {
    let mut mount = Command::new("mount");
    mount.args(["-t", "tmpfs", "-o", SMALL_DISK, "tmpfs"]).arg(folder);
    assert!(mount.status().expect("mount").success(), "no file system could be mounted");
}

/// The same test once more, with mounts of its own.
fn run_inside() {
    let mut command = Command::new("unshare");
    // Whoever is no administrator is one in a namespace of their own.
    if !rustix::process::geteuid().is_root() {
        command.args(["--user", "--map-root-user"]);
    }
    let test = std::thread::current().name().expect("the name of the test").to_owned();
    command.arg("--mount").arg(std::env::current_exe().expect("a file"));
    command.args(["--ignored", "--exact", &test, "--nocapture"]).env(INSIDE, "1");
    assert!(command.status().expect("unshare").success(), "see above");
}

fn seconds() -> Duration {
    let given = std::env::var("TOPUP_CHAOS_SECONDS").ok().and_then(|text| text.parse().ok());
    Duration::from_secs(given.unwrap_or(3600))
}

#[test]
#[ignore = "an hour"]
fn an_hour_of_everything_at_once_charges_each_purchase_once_and_as_the_journals_say() {
    let Some(faketime) = library() else { return };
    if std::env::var_os(INSIDE).is_none() {
        return run_inside();
    }
    let given = std::env::var("TOPUP_CHAOS_SEED").ok().and_then(|text| text.parse().ok());
    let seed = given.unwrap_or_else(|| Chosen::some().seed);
    println!("TOPUP_CHAOS_SEED={seed} throws these dice");
    let notes = tempfile::tempdir().expect("a folder");
    let world = World::new(notes.path(), faketime);
    let ended = Mutex::new(Vec::new());
    let end = Instant::now() + seconds();
    let (mut faults, mut fills) = (0, 0);
    std::thread::scope(|scope| {
        let (world, ended) = (&world, &ended);
        for worker in 0..PROCESSES {
            let dice = Dice::of_seed(seed.wrapping_mul(1000).wrapping_add(worker));
            scope.spawn(move || world.work(dice, ended));
        }
        let portal = scope.spawn(move || harm_the_portal(world, Dice::of_seed(seed)));
        let disk = scope.spawn(move || fill_the_disk(world, Dice::of_seed(!seed)));
        while Instant::now() < end {
            std::thread::sleep(Duration::from_millis(100));
        }
        world.is_over.store(true, Ordering::Relaxed);
        faults = portal.join().expect("it ended");
        fills = disk.join().expect("it ended");
    });
    let ended = ended.into_inner().expect("no panic");
    let mut codes: BTreeMap<String, usize> = BTreeMap::new();
    for end in &ended {
        *codes.entry(format!("{:?} {}", end.verb, end.code)).or_default() += 1;
    }
    let harmed = ended.iter().filter(|end| end.harmed).count();
    println!(
        "{} commands, {harmed} of them harmed; the portal harmed {faults} times, the disk full {fills} times",
        ended.len()
    );
    println!("{codes:?}");
    let audit = Audit::new(&world, &ended);
    println!("{audit}");
    audit.check();
}
