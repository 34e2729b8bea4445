//! Promise: beside the real Hermes `topup login --hermes` uses the files that Hermes uses, wherever
//! they are, and whoever renews the login, both go on with it and no refresh token is sent twice.
//!
//! The sandbox revokes a session whose refresh token it sees twice, so a session that lives proves
//! it.

use super::{Peer, answer};
use crate::support::{Server, User, at_once, until};
use serde_json::Value;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Child, Command};

/// A user with both programs, and the portal that they log in at.
struct Machine {
    peer: Peer,
    server: Server,
    user: User,
    variables: Vec<(&'static str, String)>,
}

impl Machine {
    fn new() -> Option<Self> {
        let peer = Peer::find("hermes")?;
        let server = Server::without_limits();
        server.keeper().set("interval=1s");
        let home = peer.home.path().to_str().expect("text");
        let user = User::new().with("HOME", home);
        Some(Self { peer, server, user, variables: Vec::new() })
    }

    /// Both programs have this variable; a path in it is one below the home.
    fn set(&mut self, name: &'static str, path: &str) {
        let value = self.path(path).to_str().expect("text").to_owned();
        let user = std::mem::replace(&mut self.user, User::new());
        self.user = user.with(name, &value);
        self.variables.push((name, value));
    }

    fn path(&self, path: &str) -> PathBuf {
        fs::canonicalize(self.peer.home.path()).expect("there").join(path)
    }

    fn write(&self, path: &str, text: &str) {
        let file = self.path(path);
        fs::create_dir_all(file.parent().expect("a folder")).expect("made");
        fs::write(file, text).expect("written");
    }

    /// Hermes, asked to do this.
    fn hermes(&self, does: &[&str]) -> Command {
        let mut command = self.peer.python("hermes_login.py");
        command.args(does).envs(self.variables.iter().map(|(name, value)| (name, value)));
        command
    }

    fn log_in_to_hermes(&self) {
        answer(self.hermes(&["login", &self.server.url]));
    }

    /// The files that Hermes has its login in: that of the home, and the shared one.
    fn files(&self) -> [PathBuf; 2] {
        let found = answer(self.hermes(&["where"]));
        ["auth", "shared"].map(|which| PathBuf::from(found[which].as_str().expect("a path")))
    }

    /// Hermes gets a token; the fingerprint is that of the one in the file.
    fn renew_by_hermes(&self, files: &[PathBuf; 2]) {
        let found = answer(self.hermes(&["renew"]));
        let token = &tokens(&files[0])["access_token"];
        let expected = sha256(token.as_str().expect("a token"));
        assert_eq!(found["token"], expected, "{found}");
    }

    /// What the portal answered to those who wanted tokens.
    fn grants(&self) -> Vec<u64> {
        let document = self.server.keeper().run(&["sandbox", "log", "--json"]).code(0).json();
        let requests = document["data"]["requests"].as_array().expect("requests").clone();
        let of_tokens = requests.iter().filter(|seen| seen["path"] == "/api/oauth/token");
        of_tokens.map(|seen| seen["status"].as_u64().expect("a status")).collect()
    }

    /// Each renews the login in turn, and the other goes on with it.
    #[track_caller]
    fn both_go_on(&self, files: &[PathBuf; 2], what: &str) {
        let before = self.grants().len();
        age(files, -5);
        self.user.run(&["state"]).code(0);
        self.renew_by_hermes(files);
        age(files, -5);
        self.renew_by_hermes(files);
        self.user.run(&["state"]).code(0);
        assert_eq!(self.grants()[before..], [200; 2], "{what}: each token is sent once");
        let [one, other] = [tokens(&files[0]), tokens(&files[1])];
        assert_eq!(one["refresh_token"], other["refresh_token"], "{what}");
    }
}

/// The files say that so much is left of the access token.
fn age(files: &[PathBuf], left: i64) {
    for file in files {
        let text = fs::read_to_string(file).expect("read");
        let (ends, got) = (
            tokens(file)["expires_at"].as_str().expect("a time").to_owned(),
            tokens(file)["obtained_at"].as_str().expect("a time").to_owned(),
        );
        let text = text.replace(&ends, &iso(left)).replace(&got, &iso(left - 900));
        let real = fs::canonicalize(file).expect("there");
        fs::write(&real, text).expect("written");
        fs::set_permissions(&real, fs::Permissions::from_mode(0o600)).expect("closed");
    }
}

/// The login in a file of Hermes.
fn tokens(file: &Path) -> Value {
    let whole: Value =
        serde_json::from_str(&fs::read_to_string(file).expect("read")).expect("whole");
    match &whole["providers"]["nous"] {
        Value::Null => whole,
        inner => inner.clone(),
    }
}

fn iso(seconds: i64) -> String {
    let time = jiff::Timestamp::now() + jiff::SignedDuration::from_secs(seconds);
    time.strftime("%Y-%m-%dT%H:%M:%S%.6f+00:00").to_string()
}

fn sha256(text: &str) -> String {
    let digest = ring::digest::digest(&ring::digest::SHA256, text.as_bytes());
    digest.as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Homes of Hermes, as people have them: what is prepared before Hermes logs in, and after it.
type Layout = (&'static str, fn(&mut Machine), fn(&mut Machine));

const LAYOUTS: &[Layout] = &[
    ("the usual home", |_| {}, |_| {}),
    (
        "a home that is a link to a profile",
        |machine| {
            fs::create_dir_all(machine.path(".hermes/profiles/work")).expect("made");
            symlink(machine.path(".hermes/profiles/work"), machine.path("link")).expect("linked");
            machine.set("HERMES_HOME", "link");
        },
        |_| {},
    ),
    (
        "a shared copy that the settings of Hermes name",
        |machine| machine.write(".hermes/.env", "export HERMES_SHARED_AUTH_DIR=~/elsewhere\n"),
        |_| {},
    ),
    (
        "an active profile with a login",
        |machine| {
            machine.write(".hermes/profiles/work/config.yaml", "");
            machine.write(".hermes/active_profile", "work\n");
        },
        |_| {},
    ),
    (
        "an active profile without a login",
        |_| {},
        |machine| {
            machine.write(".hermes/profiles/work/config.yaml", "");
            machine.write(".hermes/active_profile", "work\n");
        },
    ),
    (
        "a profile of a root elsewhere",
        |machine| {
            machine.write("data/profiles/work/config.yaml", "");
            machine.set("HERMES_HOME", "data/profiles/work");
        },
        |_| {},
    ),
    (
        "a login that is a link",
        |_| {},
        |machine| {
            let [auth, _] = machine.files();
            fs::create_dir(machine.path("dotfiles")).expect("made");
            fs::rename(&auth, machine.path("dotfiles/auth.json")).expect("moved");
            symlink(machine.path("dotfiles/auth.json"), &auth).expect("linked");
        },
    ),
];

#[test]
fn wherever_hermes_keeps_its_login_both_go_on_with_it() {
    at_once(LAYOUTS, |(what, before, after)| {
        let Some(mut machine) = Machine::new() else { return };
        before(&mut machine);
        machine.log_in_to_hermes();
        after(&mut machine);
        let files = machine.files();
        let ran = machine.user.run(&["login", "--hermes", "--json"]).code(0).json();
        let used = ran["data"]["hermes_files"].as_array().expect("files").clone();
        let same = |one: &Value, other: &Path| {
            let one = Path::new(one.as_str().expect("a path"));
            fs::canonicalize(one).expect("there") == fs::canonicalize(other).expect("there")
        };
        assert!(
            used.len() == 2 && same(&used[0], &files[0]) && same(&used[1], &files[1]),
            "{what}: {used:?} and {files:?}"
        );
        machine.both_go_on(&files, what);
    });
}

#[test]
fn what_hermes_passes_over_is_passed_over_and_what_it_may_have_elsewhere_is_not_renewed() {
    let Some(machine) = Machine::new() else { return };
    machine.log_in_to_hermes();
    let files = machine.files();
    machine.user.run(&["login", "--hermes"]).code(0);
    // A shared copy that is torn: Hermes goes on with its own, and so does topup.
    let whole = fs::read_to_string(&files[1]).expect("read");
    fs::write(&files[1], &whole[..whole.len() / 2]).expect("torn");
    age(&files[..1], -5);
    machine.user.run(&["state"]).code(0);
    machine.renew_by_hermes(&files);
    // Hermes makes a whole one of it when it renews.
    age(&files[..1], -5);
    machine.renew_by_hermes(&files);
    machine.both_go_on(&files, "a shared copy that was torn");
    // None at all: it is somewhere else, and Hermes would send the used token of that one.
    fs::remove_file(&files[1]).expect("removed");
    age(&files[..1], -5);
    let grants = machine.grants().len();
    machine.user.run(&["state"]).code(4).says("HERMES_SHARED_AUTH_DIR");
    assert_eq!(machine.grants().len(), grants, "nothing was sent");
    // Hermes renews it, and makes the copy again.
    machine.renew_by_hermes(&files);
    machine.user.run(&["state"]).code(0);
    machine.both_go_on(&files, "after it was made again");
}

/// Processes of Hermes that wait for a file of their own to begin each round.
struct Racers {
    folder: tempfile::TempDir,
    children: Vec<Child>,
}

impl Racers {
    fn start(machine: &Machine, count: usize, rounds: usize) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let place = folder.path().to_str().expect("text");
        let race = ["race", place, &rounds.to_string()];
        let children = (0..count).map(|_| machine.hermes(&race).spawn().expect("it starts"));
        let racers = Self { children: children.collect(), folder };
        racers.wait_for("ready-");
        racers
    }

    /// Waits until each has made its file of this kind.
    fn wait_for(&self, kind: &str) {
        until(&format!("all of them made '{kind}'"), || {
            let entries = fs::read_dir(self.folder.path()).expect("a folder").flatten();
            let made =
                entries.filter(|entry| entry.file_name().to_string_lossy().starts_with(kind));
            made.count() == self.children.len()
        });
    }

    fn go(&self, round: usize) {
        fs::write(self.folder.path().join(format!("go-{round}")), "").expect("written");
    }

    /// What each got, round by round.
    fn end(self) -> Vec<Value> {
        let output = |child| crate::support::wait(child).stdout;
        let read = |out: Vec<u8>| serde_json::from_slice(&out).expect("one line of JSON");
        self.children.into_iter().map(|child| read(output(child))).collect()
    }
}

#[test]
fn ten_of_each_at_one_login_renew_it_once_and_all_go_on() {
    const EACH: usize = 10;
    const ROUNDS: usize = 6;
    let Some(machine) = Machine::new() else { return };
    machine.log_in_to_hermes();
    let files = machine.files();
    machine.user.run(&["login", "--hermes"]).code(0);
    let racers = Racers::start(&machine, EACH, ROUNDS);
    let state = ["state", "--json"];
    for round in 0..ROUNDS {
        let before = machine.grants().len();
        age(&files, if round % 2 == 0 { -5 } else { 60 });
        // Every other time those of topup have a start.
        let mut runs: Vec<Child> = Vec::new();
        if round % 4 < 2 {
            racers.go(round);
        }
        runs.extend((0..EACH).map(|_| machine.user.start(&state)));
        if round % 4 >= 2 {
            racers.go(round);
        }
        for child in runs {
            machine.user.finish(&state, child).code(0);
        }
        racers.wait_for(&format!("done-{round}-"));
        assert_eq!(machine.grants()[before..], [200], "round {round}: one renewal, sent once");
        let [auth, shared] = [tokens(&files[0]), tokens(&files[1])];
        assert_eq!(auth["refresh_token"], shared["refresh_token"], "round {round}");
    }
    for results in racers.end() {
        for (round, result) in results.as_array().expect("a result each").iter().enumerate() {
            assert!(result["token"].is_string(), "round {round}: {result}");
        }
    }
    machine.both_go_on(&files, "after the race");
}
