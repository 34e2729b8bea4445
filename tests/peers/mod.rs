//! The programs of others, unmodified, at the sandbox, and `topup` at a portal of others.
//!
//! `tests/peers/install` brings them. A test whose peer is not installed says that it is skipped,
//! and fails where `TOPUP_TEST_REQUIRES` names the peer. What a peer is asked to do stands in a
//! script beside the test, in the peer's own language.

mod act;
mod brv_billing;
mod brv_login;
mod ciris_agent;
mod device_clients;
mod gitlab_ci_local;
mod hermes_billing;
mod hermes_login;
mod oidc_provider;
mod schema_readers;
mod seller_sdks;
mod zizmor;

use crate::support::{Ran, wait};
use serde_json::Value;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::Receiver;
use std::time::Duration;

/// No peer takes longer to answer.
const LONGEST_ANSWER: Duration = Duration::from_secs(60);

/// The lines that say which peers there are: name, installer, packages.
const PEERS: &str = include_str!("install");

/// A program of somebody else, installed at the version that `tests/peers/install` names.
pub struct Peer {
    /// As `tests/peers/install` names it.
    pub name: &'static str,
    folder: PathBuf,
    /// What it takes for its home; goes away with this.
    pub home: tempfile::TempDir,
}

impl Peer {
    /// The peer of this name. `None` where it is not installed, unless `TOPUP_TEST_REQUIRES` names it.
    pub fn find(name: &'static str) -> Option<Self> {
        let line = PEERS.lines().find(|line| line.split(' ').next() == Some(name));
        let packages = line.and_then(|line| line.splitn(3, ' ').nth(2)).expect("a known peer");
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/peers").join(name);
        let installed = std::fs::read_to_string(folder.join("installed")).unwrap_or_default();
        if installed.trim() == packages {
            return Some(Self { name, folder, home: tempfile::tempdir().expect("a home") });
        }
        let required = std::env::var("TOPUP_TEST_REQUIRES").unwrap_or_default();
        assert!(
            !required.split(',').any(|one| one.trim() == name),
            "{packages} is missing; run tests/peers/install {name}"
        );
        println!("skipped: no {packages}; 'tests/peers/install {name}' brings it");
        None
    }

    /// A program that came with the packages of a Python peer.
    pub fn program(&self, name: &str) -> Command {
        self.clean(&self.folder.join("bin").join(name))
    }

    /// A Python script of this folder, with the packages of the peer.
    pub fn python(&self, script: &str) -> Command {
        let mut command = self.clean(&self.folder.join("bin/python"));
        command
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/peers").join(script))
            .current_dir(self.home.path());
        command
    }

    /// A JavaScript module, given as text, with the packages of the peer. It finds them from the
    /// folder that it is started in.
    pub fn node(&self, script: &str) -> Command {
        let mut command = self.clean(Path::new("node"));
        command.args(["--input-type=module", "--eval", script, "--"]).current_dir(&self.folder);
        command
    }

    /// Where it is installed.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// A program with nothing of this environment but where programs are, and a home of its own.
    pub fn clean(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.home.path())
            .env("LANG", "C.UTF-8")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }
}

/// Runs it to its end, for a bounded time.
pub fn run(mut command: Command) -> Ran {
    let output = wait(command.spawn().expect("the peer starts"));
    let text = |bytes| String::from_utf8(bytes).expect("text");
    Ran::of(output.status.code().unwrap_or(-1), text(output.stdout), text(output.stderr))
}

/// The last line that it printed, as JSON, where it ended well.
#[track_caller]
pub fn answer(command: Command) -> Value {
    let ran = run(command).code(0);
    let last = ran.out.lines().last().unwrap_or_default();
    serde_json::from_str(last).unwrap_or_else(|cause| panic!("{cause}: {}\n{}", ran.out, ran.err))
}

/// A program that answers each line of JSON with one; ends when dropped.
pub struct Conversation {
    child: Child,
    input: ChildStdin,
    answers: Receiver<String>,
}

impl Conversation {
    /// Starts it.
    pub fn start(mut command: Command) -> Self {
        let started = command.stdin(Stdio::piped()).stderr(Stdio::inherit()).spawn();
        let mut child = started.expect("the peer starts");
        let input = child.stdin.take().expect("a pipe");
        let lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
        let (send, answers) = std::sync::mpsc::channel();
        std::thread::spawn(move || {
            lines.map_while(Result::ok).try_for_each(|line| send.send(line))
        });
        Self { child, input, answers }
    }

    /// Asks it, and waits for its answer.
    #[track_caller]
    pub fn ask(&mut self, question: &Value) -> Value {
        self.say(question);
        self.hear()
    }

    /// Asks it.
    pub fn say(&mut self, question: &Value) {
        writeln!(self.input, "{question}").expect("it listens");
    }

    /// Waits for its answer, for a bounded time.
    #[track_caller]
    pub fn hear(&mut self) -> Value {
        self.hear_after(LONGEST_ANSWER)
    }

    /// Waits so long for its answer.
    #[track_caller]
    pub fn hear_after(&mut self, at_most: Duration) -> Value {
        let line = self.answers.recv_timeout(at_most).expect("an answer");
        serde_json::from_str(&line).unwrap_or_else(|cause| panic!("{cause}: {line}"))
    }
}

impl Drop for Conversation {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A server of somebody else; ends when dropped.
pub struct Running {
    child: Child,
    /// The first line that it printed, as JSON: it is ready.
    pub ready: Value,
}

impl Running {
    /// Starts it and waits for its first line.
    pub fn start(mut command: Command) -> Self {
        let mut child = command.stderr(Stdio::null()).spawn().expect("the peer starts");
        let mut line = String::new();
        let out = child.stdout.take().expect("a pipe");
        BufReader::new(out).read_line(&mut line).expect("a line");
        let ready = serde_json::from_str(&line).expect("the first line is JSON");
        Self { child, ready }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
