//! Runs the binary as its users do: an own home each, the environment cleared, every run bounded.
//! What fails shows the command, the status, both streams and what lies in the home.

mod canned;
mod server;

pub use canned::{Canned, Passing};
pub use server::Server;

use serde_json::Value;
use std::fmt::{Debug, Write as _};
use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

/// The binary under test: the one that was built with the tests, or the one that
/// `TOPUP_TEST_BINARY` names, such as that of a release.
pub fn topup() -> &'static str {
    static BINARY: LazyLock<String> = LazyLock::new(|| {
        std::env::var("TOPUP_TEST_BINARY").unwrap_or_else(|_| env!("CARGO_BIN_EXE_topup").into())
    });
    &BINARY
}

/// No run of a test takes longer.
const LONGEST_RUN: Duration = Duration::from_secs(60);

/// A user: a home, and what is set in the environment.
pub struct User {
    home: tempfile::TempDir,
    variables: Vec<(String, String)>,
}

/// What a run came to.
pub struct Ran {
    pub code: i32,
    pub out: String,
    pub err: String,
    story: String,
}

impl User {
    /// Somebody who has never used it.
    pub fn new() -> Self {
        Self { home: tempfile::tempdir().expect("a home"), variables: Vec::new() }
    }

    /// Somebody on the sandbox whose charges settle at once.
    pub fn on_sandbox() -> Self {
        let user = Self::new().with("TOPUP_SANDBOX", "1");
        user.set("settle-after=0s");
        user
    }

    /// The same user, to be given other variables; the home is shared, and goes with the first.
    pub fn copy(&self) -> Self {
        let home = tempfile::tempdir().expect("a home");
        let named = self.variables.iter().any(|(name, _)| name == "TOPUP_HOME");
        let copy = Self { home, variables: self.variables.clone() };
        if named { copy } else { copy.with("TOPUP_HOME", self.home.path().to_str().expect("text")) }
    }

    /// With this in the environment.
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.variables.retain(|(known, _)| known != name);
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    /// With a `brv` on the machine that bills at ByteRover.
    pub fn with_brv(self) -> Self {
        self.brv_uses(r#"{"activeProvider":"byterover","providers":{"byterover":{}}}"#);
        self
    }

    /// Says which provider that `brv` uses.
    pub fn brv_uses(&self, providers: &str) {
        let folder = self.file(".config/brv");
        fs::create_dir_all(&folder).expect("made");
        fs::write(folder.join("providers.json"), providers).expect("written");
    }

    /// Makes this folder of the home a project of that `brv`.
    pub fn make_project(&self, folder: &str) {
        let folder = self.file(folder).join(".brv");
        fs::create_dir_all(&folder).expect("made");
        fs::write(folder.join("config.json"), "{}").expect("written");
    }

    pub fn home(&self) -> &Path {
        self.home.path()
    }

    pub fn file(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    /// Changes the sandbox.
    pub fn set(&self, assignment: &str) {
        self.run(&["sandbox", "set", assignment]).code(0);
    }

    /// A command of this user, not yet started.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.program(topup());
        command.args(arguments);
        command
    }

    /// Another program of this user, not yet started.
    pub fn program(&self, name: &str) -> Command {
        let mut command = Command::new(name);
        command
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.home.path())
            .env("TOPUP_HOME", self.home.path())
            .env("LANG", "C.UTF-8")
            .current_dir(self.home.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        for (name, value) in &self.variables {
            command.env(name, value);
        }
        command
    }

    /// Runs it to its end.
    pub fn run(&self, arguments: &[&str]) -> Ran {
        self.finish(arguments, self.start(arguments))
    }

    /// Runs it with this on standard input.
    pub fn run_with_input(&self, arguments: &[&str], input: &str) -> Ran {
        let mut child = self.command(arguments).stdin(Stdio::piped()).spawn().expect("it starts");
        child.stdin.take().expect("a pipe").write_all(input.as_bytes()).expect("written");
        self.finish(arguments, child)
    }

    pub fn start(&self, arguments: &[&str]) -> Child {
        self.command(arguments).spawn().expect("it starts")
    }

    /// Waits for it, for a bounded time.
    pub fn finish(&self, arguments: &[&str], child: Child) -> Ran {
        let output = wait(child);
        let out = String::from_utf8(output.stdout).expect("text");
        let err = String::from_utf8(output.stderr).expect("text");
        let code = output.status.code().unwrap_or(-1);
        let mut story = format!(
            "topup {}\nstatus {}\n-- out\n{out}-- err\n{err}-- home\n",
            arguments.join(" "),
            output.status
        );
        for entry in fs::read_dir(self.home()).into_iter().flatten().flatten() {
            let size = entry.metadata().map(|found| found.len()).unwrap_or_default();
            let _ = writeln!(story, "{} ({size} bytes)", entry.file_name().to_string_lossy());
        }
        Ran { code, out, err, story }
    }

    /// How many charges the sandbox has made.
    pub fn charges(&self) -> Vec<Value> {
        let document = self.run(&["sandbox", "charges", "--json"]).code(0).json();
        document["data"]["charges"].as_array().expect("charges").clone()
    }

    /// The requests that the sandbox has seen, as `METHOD /path`.
    pub fn seen(&self) -> Vec<String> {
        let document = self.run(&["sandbox", "log", "--json"]).code(0).json();
        let requests = document["data"]["requests"].as_array().expect("requests");
        requests
            .iter()
            .map(|seen| {
                format!(
                    "{} {}",
                    seen["method"].as_str().expect("a method"),
                    seen["path"].as_str().expect("a path")
                )
            })
            .collect()
    }
}

/// How many go on at the same time: they mostly wait.
const AT_ONCE: usize = 8;

/// Runs this for each of these, some at the same time, and gives what each came to, in their order.
/// Whatever fails, all of them run; then it fails with the items that did.
#[track_caller]
pub fn at_once<T: Sync + Debug, R: Send>(items: &[T], run: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let next = AtomicUsize::new(0);
    let work = || {
        let mut ended = Vec::new();
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            let Some(item) = items.get(at) else { return ended };
            ended.push((at, catch_unwind(AssertUnwindSafe(|| run(item)))));
        }
    };
    let mut ended: Vec<_> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..AT_ONCE.min(items.len())).map(|_| scope.spawn(work)).collect();
        workers.into_iter().flat_map(|worker| worker.join().expect("caught")).collect()
    });
    ended.sort_by_key(|(at, _)| *at);
    let (mut results, mut wrong) = (Vec::new(), String::new());
    for (at, end) in ended {
        match end {
            Ok(result) => results.push(result),
            Err(cause) => {
                let text = cause.downcast_ref::<String>().map(String::as_str);
                let text = text.or(cause.downcast_ref::<&str>().copied()).unwrap_or_default();
                let _ = writeln!(wrong, "{:?}: {text}", items[at]);
            }
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
    results
}

#[test]
fn what_runs_at_once_runs_once_each_in_order_and_fails_with_its_item() {
    let items: Vec<usize> = (0..50).collect();
    assert_eq!(at_once(&items, |item| item * 2), (0..100).step_by(2).collect::<Vec<_>>());
    assert!(at_once(&[] as &[usize], |item| *item).is_empty());
    let ran = AtomicUsize::new(0);
    let failing = || {
        at_once(&items, |item| {
            ran.fetch_add(1, Ordering::Relaxed);
            assert!(item % 20 != 7, "no luck");
        })
    };
    let cause = catch_unwind(AssertUnwindSafe(failing)).expect_err("some of them fail");
    let text = cause.downcast_ref::<String>().expect("text");
    assert_eq!(text.trim(), "7: no luck\n27: no luck\n47: no luck");
    assert_eq!(ran.into_inner(), 50, "the others run all the same");
}

/// Waits until it is so, for a bounded time: the one place where a test waits for another process.
#[track_caller]
pub fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let end = Instant::now() + LONGEST_RUN;
    while !is_so() {
        assert!(Instant::now() < end, "it never came to this: {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Waits for a process with both streams piped, for a bounded time.
pub fn wait(mut child: Child) -> Output {
    let mut out = child.stdout.take();
    let mut err = child.stderr.take();
    let reader = |stream: Option<Box<dyn Read + Send>>| {
        std::thread::spawn(move || {
            let mut bytes = Vec::new();
            if let Some(mut stream) = stream {
                stream.read_to_end(&mut bytes).expect("readable");
            }
            bytes
        })
    };
    let out = reader(out.take().map(|stream| Box::new(stream) as Box<dyn Read + Send>));
    let err = reader(err.take().map(|stream| Box::new(stream) as Box<dyn Read + Send>));
    let end = Instant::now() + LONGEST_RUN;
    let status = loop {
        if let Some(status) = child.try_wait().expect("a status") {
            break status;
        }
        if Instant::now() > end {
            child.kill().expect("ended");
            let err = err.join().expect("read");
            panic!("it did not end: {}", String::from_utf8_lossy(&err));
        }
        std::thread::sleep(Duration::from_millis(5));
    };
    Output { status, stdout: out.join().expect("read"), stderr: err.join().expect("read") }
}

impl Ran {
    /// A run that somebody else has made.
    pub fn of(code: i32, out: String, err: String) -> Self {
        let story = format!("status {code}\n-- out\n{out}-- err\n{err}");
        Self { code, out, err, story }
    }

    /// It ended with this code.
    #[track_caller]
    pub fn code(self, code: i32) -> Self {
        assert_eq!(self.code, code, "\n{}", self.story);
        self
    }

    /// Standard error says this.
    #[track_caller]
    pub fn says(self, text: &str) -> Self {
        assert!(self.err.contains(text), "no '{text}' in\n{}", self.story);
        self
    }

    /// Standard output says this.
    #[track_caller]
    pub fn prints(self, text: &str) -> Self {
        assert!(self.out.contains(text), "no '{text}' in\n{}", self.story);
        self
    }

    /// The one document on standard output; a failed one names the code the process ended with.
    #[track_caller]
    pub fn json(&self) -> Value {
        let document: Value = serde_json::from_str(&self.out)
            .unwrap_or_else(|cause| panic!("{cause}\n{}", self.story));
        assert_eq!(document["schema"], "topup/v1", "\n{}", self.story);
        assert_eq!(document["ok"], self.code == 0, "\n{}", self.story);
        if self.code != 0 {
            assert_eq!(document["error"]["exit_code"], self.code, "\n{}", self.story);
        }
        document
    }

    /// The failed document, by its class and what it says about money.
    #[track_caller]
    pub fn failed(&self, class: &str, charged: Option<&str>) -> Value {
        let document = self.json();
        assert_eq!(document["error"]["class"], class, "\n{}", self.story);
        let told = charged.map_or(Value::Null, Into::into);
        assert_eq!(document["error"]["charged"], told, "\n{}", self.story);
        document
    }

    /// A failure at the sandbox inside the program: its pages end with it, and a command that shows
    /// them stands in their place.
    #[track_caller]
    pub fn serves_no_page(&self) {
        let error = &self.json()["error"];
        assert_eq!(error["portal_url"], Value::Null, "\n{}", self.story);
        let steps = error["next_steps"].as_array().expect("steps");
        let serve = serde_json::json!({"run": ["topup", "sandbox", "serve"]});
        assert!(steps.contains(&serve), "\n{}", self.story);
        assert!(!error.to_string().contains("http://127"), "\n{}", self.story);
    }
}

/// What the first run of a purchase said has to be true, whatever happened to it; gives its
/// document, if it got so far.
#[track_caller]
pub fn check_first(out: &str, code: Option<i32>, charges: i64, what: &str) -> Value {
    let document = serde_json::from_str::<Value>(out).unwrap_or_default();
    if document["ok"] == true {
        assert_eq!((charges, &document["data"]["status"]), (1, &"settled".into()), "{what}");
    } else {
        // Ended in the middle of the answer, or with none: then it is no success.
        assert_ne!(code, Some(0), "{what}: {out}");
    }
    if document["error"]["charged"] == "no" {
        assert_eq!(charges, 0, "{what}: said that nothing was charged: {document}");
    }
    document
}

/// The same command again, undisturbed, has paid once.
#[track_caller]
pub fn check_again(first: &Value, again: &Ran, charges: i64, what: &str) {
    assert_eq!(again.code, 0, "{what}, then again: {}{}", again.out, again.err);
    // A purchase whose outcome was told is over, and the next one without a name is another;
    // unless that it was told could not be noted: then the very same one is told once more.
    let document = again.json();
    let same = document["data"]["replayed"] == true || document["data"]["resumed"] == true;
    let expected = if first["ok"] == true && !same { 2 } else { 1 };
    assert_eq!(charges, expected, "{what}, then again: {document}");
}

/// Sends a signal to a process that this test started.
pub fn signal(id: u32, signal: rustix::process::Signal) {
    let id = i32::try_from(id).ok().and_then(rustix::process::Pid::from_raw).expect("a process");
    rustix::process::kill_process(id, signal).expect("signalled");
}
