//! Promise: killed, or failed by the system, at every call of a purchase, the same command again
//! pays once.
//!
//! `strace` counts the calls of the unmodified binary and kills it, or fails the call, at each
//! ordinal in turn. Afterwards the same command runs undisturbed, and the portal's own ledger is
//! the judge. An ordinary test run tries some of the points, chosen by a seed that it prints
//! (`TOPUP_KILLS_SEED` chooses the same ones again); the ignored tests try all of them.

use crate::support::{Server, User, at_once, check_again, check_first, topup};
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// The calls at which a purchase touches the world.
const CALLS: &[&str] = &[
    "openat",
    "read",
    "write",
    "pwrite64",
    "fsync",
    "fdatasync",
    "unlink",
    "flock",
    "fcntl",
    "connect",
    "sendto",
    "writev",
    "recvfrom",
    "exit_group",
];
/// The calls at which a login that is renewed first touches the world besides.
const RENEWING_CALLS: &[&str] =
    &["openat", "write", "fsync", "renameat", "flock", "connect", "sendto", "recvfrom"];
/// The failures that a file call can meet.
const ERRORS: &[&str] = &["error=EIO", "error=ENOSPC", "error=EROFS", "error=ENOLCK"];
/// The file calls that can fail.
const FILE_CALLS: &[&str] = &["openat", "pwrite64", "fsync", "fdatasync", "unlink", "flock"];
/// No run makes more calls of one name than this.
const LONGEST: usize = 400;
/// An ordinary run tries one point in so many.
const ONE_IN: u64 = 12;

const BUY: &[&str] = &["buy", "25", "--yes", "--json"];

/// Which points are tried.
pub struct Chosen {
    one_in: u64,
    pub seed: u64,
}

impl Chosen {
    pub fn all() -> Self {
        Self { one_in: 1, seed: 0 }
    }

    pub fn some() -> Self {
        let given = std::env::var("TOPUP_KILLS_SEED").ok().and_then(|text| text.parse().ok());
        let seed = given.unwrap_or_else(|| u64::from(std::process::id()));
        println!("TOPUP_KILLS_SEED={seed} chooses these points");
        Self { one_in: ONE_IN, seed }
    }

    /// Whether the `n`th call of this name is a point, harmed so.
    fn takes(&self, (call, harm): Harm, n: usize) -> bool {
        let mut mixed = self.seed;
        for byte in [call.as_bytes(), harm.as_bytes(), &n.to_le_bytes()].concat() {
            mixed = (mixed ^ u64::from(byte)).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(29);
        }
        (mixed.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 33).is_multiple_of(self.one_in)
    }
}

/// A call, and what is done to it.
pub type Harm<'t> = (&'t str, &'t str);

const KILLED: &str = "signal=SIGKILL";

/// Each of these calls, and the process killed at it.
pub fn kills<'t>(calls: &[&'t str]) -> Vec<Harm<'t>> {
    calls.iter().map(|call| (*call, KILLED)).collect()
}

/// Each of these calls, and each of these failures.
pub fn failures<'t>(calls: &[&'t str], errors: &[&'t str]) -> Vec<Harm<'t>> {
    calls.iter().flat_map(|call| errors.iter().map(move |error| (*call, *error))).collect()
}

pub fn strace_is_there() -> bool {
    let there = Command::new("strace").arg("-V").stdout(Stdio::null()).status().is_ok();
    assert!(there || std::env::var_os("CI").is_none(), "strace is missing");
    there
}

/// What an injected run came to.
pub struct Injected {
    /// The injection was reached.
    pub reached: bool,
    pub code: Option<i32>,
    pub out: String,
}

/// The run with this injected, not yet started, and the file that will tell what happened.
pub fn traced(user: &User, arguments: &[&str], inject: &str) -> (Command, PathBuf) {
    let log = user.file("strace.log");
    let piped = user.command(arguments);
    let mut traced = Command::new("strace");
    traced
        .args(["-f", "-qq", "-e", "signal=none", "-e", &format!("inject={inject}"), "-o"])
        .arg(&log)
        .arg(topup())
        .args(arguments);
    traced.env_clear().current_dir(user.home()).stdin(Stdio::null());
    for (name, value) in piped.get_envs() {
        if let Some(value) = value {
            traced.env(name, value);
        }
    }
    (traced, log)
}

pub fn inject(user: &User, arguments: &[&str], inject: &str) -> Injected {
    let (mut traced, log) = traced(user, arguments, inject);
    traced.stderr(Stdio::null());
    let output = traced.output().expect("strace");
    let calls = std::fs::read_to_string(&log).unwrap_or_default();
    // The tracer ends as the traced one did.
    let killed = output.status.signal() == Some(9) || output.status.code() == Some(128 + 9);
    Injected {
        reached: killed || calls.contains("(INJECTED)"),
        code: output.status.code(),
        out: String::from_utf8(output.stdout).expect("text"),
    }
}

/// Runs one point: the injected run, and the same command again. False: it was not reached.
pub fn one_point(server: &Server, user: &User, arguments: &[&str], what: &str) -> bool {
    let before = server.count_charges();
    let injected = inject(user, arguments, what);
    let first = check_first(&injected.out, injected.code, server.count_charges() - before, what);
    if !injected.reached {
        return false;
    }
    let again = user.run(arguments);
    check_again(&first, &again, server.count_charges() - before, what);
    true
}

/// The chosen points of each of these, from the first call of its name until one is not reached any
/// more, each on a place of its own; gives how many were reached.
pub fn each_point<P>(
    chosen: &Chosen,
    harms: &[Harm],
    place: impl Fn() -> P + Sync,
    point: impl Fn(&P, &str) -> bool + Sync,
) -> usize {
    let reached = at_once(harms, |harm| {
        let place = place();
        let mut points = 0;
        for n in (1..=LONGEST).filter(|n| chosen.takes(*harm, *n)) {
            if !point(&place, &format!("{}:{}:when={n}", harm.0, harm.1)) {
                return points;
            }
            points += 1;
        }
        assert!(chosen.one_in > 1, "{harm:?}: there are more than {LONGEST} of them");
        points
    });
    reached.into_iter().sum()
}

fn kill_without_a_name(chosen: &Chosen) -> usize {
    let points = each_point(chosen, &kills(CALLS), Server::without_limits, |server, what| {
        one_point(server, &server.user(), BUY, what)
    });
    println!("killed at {points} points, paid once each time");
    points
}

fn kill_under_a_name(chosen: &Chosen) -> usize {
    let points = each_point(chosen, &kills(CALLS), Server::without_limits, |server, what| {
        let arguments = ["buy", "25", "--yes", "--json", "--once", what];
        let user = server.user();
        let before = server.count_charges();
        let injected = inject(&user, &arguments, what);
        check_first(&injected.out, injected.code, server.count_charges() - before, what);
        if injected.reached {
            user.run(&arguments).code(0);
            // Another machine under the same name finds the same charge.
            server.user().run(&arguments).code(0);
            assert_eq!(server.count_charges() - before, 1, "{what}");
        }
        injected.reached
    });
    println!("killed at {points} points under a name, paid once each time");
    points
}

/// The login is renewed first: the purchase is paid once, the session survives, and no refresh
/// token is ever seen twice.
fn kill_while_renewing(chosen: &Chosen) -> usize {
    let harms = kills(RENEWING_CALLS);
    let points = each_point(chosen, &harms, Server::without_limits, |server, what| {
        let user = server.user_with_an_old_login();
        let before = server.count_grants();
        let reached = one_point(server, &user, BUY, what);
        assert!(server.count_grants() - before <= 1, "{what}: a refresh token was sent twice");
        reached
    });
    println!("killed at {points} points while a login is renewed, paid once each time");
    points
}

const UPGRADE: &[&str] = &["plan", "upgrade", "plus", "--yes", "--json"];

/// An upgrade, harmed here: what is told is true, and the same command again makes it under the
/// very key of the first.
fn harm_an_upgrade(server: &Server, what: &str) -> bool {
    server.keeper().set("plan=free");
    let before = server.upgrade_keys().len();
    let user = server.user();
    let injected = inject(&user, UPGRADE, what);
    let first = serde_json::from_str::<serde_json::Value>(&injected.out).unwrap_or_default();
    let paid = server.plan() == "plus";
    if first["ok"] == true {
        assert_eq!((paid, &first["data"]["status"]), (true, &"settled".into()), "{what}");
    } else {
        assert_ne!(injected.code, Some(0), "{what}: {}", injected.out);
    }
    if first["error"]["charged"] == "no" {
        assert!(!paid, "{what}: said that nothing was charged: {first}");
    }
    if injected.reached {
        let again = user.run(UPGRADE).code(0).json();
        assert_eq!(server.plan(), "plus", "{what}");
        let status = again["data"]["status"].as_str().expect("a status");
        let told = first["ok"] == true || first["error"]["charged"] == "no";
        assert!(status == "settled" || told, "{what}, then again: {again}");
        // What was refused by this machine itself was never sent.
        let keys = server.upgrade_keys().len() - before;
        assert!(keys <= 1, "{what}: {keys} keys for one upgrade: {first} {again}");
    }
    injected.reached
}

fn harm_upgrades(chosen: &Chosen) -> usize {
    let harms = [kills(CALLS), failures(FILE_CALLS, ERRORS)].concat();
    let points = each_point(chosen, &harms, Server::without_limits, harm_an_upgrade);
    println!("upgrades: killed or failed at {points} points, one key each time");
    points
}

#[test]
fn killed_or_failed_here_and_there_an_upgrade_is_paid_once() {
    if strace_is_there() {
        let points = harm_upgrades(&Chosen::some());
        assert!(points > 10, "only {points} points were reached");
    }
}

#[test]
#[ignore = "every point takes minutes"]
fn killed_or_failed_at_every_call_an_upgrade_is_paid_once() {
    assert!(strace_is_there());
    let points = harm_upgrades(&Chosen::all());
    assert!(points > 500, "only {points} points were reached");
}

fn fail_every_file_call(chosen: &Chosen) -> usize {
    let harms = failures(FILE_CALLS, ERRORS);
    let points = each_point(chosen, &harms, Server::without_limits, |server, what| {
        one_point(server, &server.user(), BUY, what)
    });
    println!("failed at {points} points, the truth was told and paid once each time");
    points
}

/// Where a person pays, what must never be two are the payments that somebody was shown.
fn harm_where_a_person_pays(chosen: &Chosen) -> usize {
    let harms = [kills(CALLS), failures(FILE_CALLS, ERRORS)].concat();
    let place = || {
        let server = Server::start(&["--no-rate-limit"]);
        let token = server.agent_token();
        (server, token)
    };
    let buy = ["buy", "--yes", "--no-wait", "--json"];
    let points = each_point(chosen, &harms, place, |(server, token), what| {
        let user = server.user().with("TOPUP_PROVIDER", "ciris").with("TOPUP_TOKEN", token);
        let injected = inject(&user, &buy, what);
        assert_ne!(injected.code, Some(0), "{what}: {}", injected.out);
        if injected.reached {
            let again = user.run(&buy).code(26).json();
            let id = again["data"]["payment_id"].as_str().expect("an id");
            for shown in injected.out.split('"').filter(|word| word.starts_with("pi_")) {
                assert_eq!(shown, id, "{what}: {shown} was shown, then {id}");
            }
            let third = user.run(&buy).code(26).json();
            assert_eq!(third["data"]["payment_id"], id, "{what}");
        }
        injected.reached
    });
    println!("where a person pays: killed or failed at {points} points, one payment shown");
    points
}

#[test]
fn killed_or_failed_here_and_there_one_payment_is_shown() {
    if strace_is_there() {
        let points = harm_where_a_person_pays(&Chosen::some());
        assert!(points > 10, "only {points} points were reached");
    }
}

#[test]
#[ignore = "every point takes minutes"]
fn killed_or_failed_at_every_call_one_payment_is_shown() {
    assert!(strace_is_there());
    let points = harm_where_a_person_pays(&Chosen::all());
    assert!(points > 500, "only {points} points were reached");
}

#[test]
fn fault_59_killed_here_and_there_the_same_command_pays_once() {
    if strace_is_there() {
        let ways: [fn(&Chosen) -> usize; 3] =
            [kill_without_a_name, kill_under_a_name, kill_while_renewing];
        let points: usize = at_once(&ways, |way| way(&Chosen::some())).into_iter().sum();
        assert!(points > 10, "only {points} points were reached");
    }
}

#[test]
fn fault_43_failed_here_and_there_it_tells_the_truth_and_pays_once() {
    if strace_is_there() {
        let points = fail_every_file_call(&Chosen::some());
        assert!(points > 10, "only {points} points were reached");
    }
}

#[test]
#[ignore = "every point takes minutes"]
fn killed_at_every_call_the_same_command_pays_once() {
    assert!(strace_is_there());
    let points = kill_without_a_name(&Chosen::all());
    assert!(points > 200, "only {points} points were reached");
}

#[test]
#[ignore = "every point takes minutes"]
fn killed_at_every_call_under_a_name_the_same_command_pays_once() {
    assert!(strace_is_there());
    let points = kill_under_a_name(&Chosen::all());
    assert!(points > 200, "only {points} points were reached");
}

#[test]
#[ignore = "every point takes minutes"]
fn killed_at_every_call_while_a_login_is_renewed_the_same_command_pays_once() {
    assert!(strace_is_there());
    let points = kill_while_renewing(&Chosen::all());
    assert!(points > 50, "only {points} points were reached");
}

#[test]
#[ignore = "every point takes minutes"]
fn failed_by_the_system_at_every_file_call_it_tells_the_truth_and_pays_once() {
    assert!(strace_is_there());
    let points = fail_every_file_call(&Chosen::all());
    assert!(points > 500, "only {points} points were reached");
}
