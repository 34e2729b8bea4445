//! Runs the binary as its users do: an own home each, the environment cleared, every run bounded.
//! What fails shows the command, the status, both streams and what lies in the home.

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
        let mut command = Command::new(topup());
        command
            .args(arguments)
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

/// A sandbox that is served as a process of its own, on a state of its own.
pub struct Server {
    child: Child,
    pub url: String,
    pub token: String,
    pub token_without_scope: String,
    pub session_key: String,
    pub ciris_username: String,
    pub ciris_password: String,
    keys: Value,
    folder: tempfile::TempDir,
}

impl Server {
    pub fn start(arguments: &[&str]) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let ready = folder.path().join("ready.json");
        let mut child = Command::new(topup())
            .args(["sandbox", "serve", "--settle-after", "0s", "--ready-file"])
            .arg(&ready)
            .args(arguments)
            .env_clear()
            .env("TOPUP_HOME", folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("it starts");
        let end = Instant::now() + Duration::from_secs(20);
        let line = loop {
            if let Ok(line) = fs::read_to_string(&ready) {
                break line;
            }
            assert!(
                Instant::now() < end && child.try_wait().expect("a status").is_none(),
                "the sandbox is not ready"
            );
            std::thread::sleep(Duration::from_millis(5));
        };
        let line: Value = serde_json::from_str(&line).expect("one JSON line");
        let text =
            |key: &str| line[key].as_str().unwrap_or_else(|| panic!("{key} in {line}")).to_owned();
        Self {
            url: text("base_url"),
            token: text("token"),
            token_without_scope: text("token_without_scope"),
            session_key: text("session_key"),
            ciris_username: text("ciris_username"),
            ciris_password: text("ciris_password"),
            keys: line["keys"].clone(),
            child,
            folder,
        }
    }

    /// Whoever looks after this portal.
    pub fn keeper(&self) -> User {
        let mut user = User::new();
        user.home = tempfile::tempdir().expect("a home");
        user.with("TOPUP_HOME", self.folder.path().to_str().expect("text"))
    }

    /// Somebody with a token of it.
    pub fn user(&self) -> User {
        User::new().with("TOPUP_PORTAL_URL", &self.url).with("TOPUP_TOKEN", &self.token)
    }

    /// One that takes any number of charges, and approves every login.
    pub fn without_limits() -> Self {
        let server = Self::start(&["--no-rate-limit", "--auto-approve"]);
        server.keeper().set("limit=100000000");
        server
    }

    /// Somebody whose login has to be renewed before it buys, and is good for a while yet.
    pub fn user_with_an_old_login(&self) -> User {
        let user = User::new().with("TOPUP_PORTAL_URL", &self.url);
        user.run(&["login", "--step-up", "--no-browser"]).code(0);
        let file = user.file("credentials.json");
        let text = fs::read_to_string(&file).expect("a login");
        let mut logins: Value = serde_json::from_str(&text).expect("JSON");
        let (now, minute) = (jiff::Timestamp::now(), Duration::from_secs(60));
        let login = &mut logins["logins"][0];
        login["expires_at"] = (now + 3 * minute).to_string().into();
        login["obtained_at"] = (now - 12 * minute).to_string().into();
        fs::write(&file, logins.to_string()).expect("written");
        user
    }

    /// A token of its agent.
    pub fn agent_token(&self) -> String {
        let user = User::new().with("TOPUP_PROVIDER", "ciris").with("TOPUP_PORTAL_URL", &self.url);
        let login = ["login", "--username", &self.ciris_username, "--password-stdin"];
        user.run_with_input(&login, &self.ciris_password).code(0);
        let kept = fs::read_to_string(user.file("credentials.json")).expect("a login");
        let kept: Value = serde_json::from_str(&kept).expect("JSON");
        kept["logins"][0]["access_token"].as_str().expect("a token").to_owned()
    }

    /// Its key for a system whose balance one request tells.
    pub fn key(&self, system: &str) -> String {
        self.keys[system].as_str().expect("a key").to_owned()
    }

    /// How many purchases at sellers that know no keys it has made, read from its state.
    pub fn count_top_ups(&self) -> i64 {
        self.state().query_row("SELECT count(*) FROM sale", [], |row| row.get(0)).expect("a count")
    }

    /// How often a login was made or renewed.
    pub fn count_grants(&self) -> usize {
        let seen = self.keeper().seen();
        seen.iter().filter(|call| *call == "POST /api/oauth/token").count()
    }

    /// How many charges it has made, read from its state.
    pub fn count_charges(&self) -> i64 {
        self.state()
            .query_row("SELECT count(*) FROM charge", [], |row| row.get(0))
            .expect("a count")
    }

    /// The keys under which it has seen upgrades of the plan, each once.
    pub fn upgrade_keys(&self) -> Vec<String> {
        let query = "SELECT DISTINCT idempotency_key FROM seen
            WHERE path = '/api/billing/subscription/upgrade'";
        let state = self.state();
        let mut statement = state.prepare(query).expect("a query");
        let keys = statement.query_map([], |row| row.get(0)).expect("rows");
        keys.collect::<Result<_, _>>().expect("keys")
    }

    /// The plan that it says is in force.
    pub fn plan(&self) -> String {
        let query = "SELECT value FROM setting WHERE name = 'plan'";
        self.state().query_row(query, [], |row| row.get(0)).expect("a plan")
    }

    /// Its state as it keeps it.
    pub fn state(&self) -> rusqlite::Connection {
        rusqlite::Connection::open(self.folder.path().join("sandbox.db")).expect("the state")
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    pub fn stop(mut self) -> i32 {
        signal(self.child.id(), rustix::process::Signal::TERM);
        self.child.wait().expect("it ends").code().unwrap_or(-1)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Sends a signal to a process that this test started.
pub fn signal(id: u32, signal: rustix::process::Signal) {
    let id = i32::try_from(id).ok().and_then(rustix::process::Pid::from_raw).expect("a process");
    rustix::process::kill_process(id, signal).expect("signalled");
}

/// A server that answers every connection with the same bytes and counts them.
pub struct Canned {
    pub url: String,
    count: Arc<AtomicUsize>,
}

impl Canned {
    pub fn new(answer: Vec<u8>) -> Self {
        Self::serve(answer, true)
    }

    fn serve(answer: Vec<u8>, reads: bool) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let count = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&count);
        std::thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                counted.fetch_add(1, Ordering::SeqCst);
                if reads {
                    read_request(&mut stream);
                }
                let _ = stream.write_all(&answer);
            }
        });
        Self { url, count }
    }

    /// Answers as soon as somebody connects, whatever they say: no TLS, for one.
    pub fn at_once(answer: Vec<u8>) -> Self {
        Self::serve(answer, false)
    }

    /// One JSON answer.
    pub fn json(status: &str, body: &str) -> Self {
        let head = format!(
            "HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
            body.len()
        );
        Self::new([head.as_bytes(), body.as_bytes()].concat())
    }

    pub fn count(&self) -> usize {
        self.count.load(Ordering::SeqCst)
    }

    pub fn user(&self) -> User {
        User::new().with("TOPUP_PORTAL_URL", &self.url).with("TOPUP_TOKEN", "opaque-token")
    }
}

/// Reads one request with the body that its head announces.
fn read_request(stream: &mut TcpStream) {
    let mut bytes = Vec::new();
    let mut chunk = [0_u8; 4096];
    loop {
        let text = String::from_utf8_lossy(&bytes).to_ascii_lowercase();
        if let Some(end) = text.find("\r\n\r\n") {
            let length: usize = text
                .lines()
                .find_map(|line| line.strip_prefix("content-length:"))
                .map_or(0, |value| value.trim().parse().expect("a length"));
            if bytes.len() >= end + 4 + length {
                return;
            }
        }
        match stream.read(&mut chunk) {
            Ok(0) | Err(_) => return,
            Ok(count) => bytes.extend_from_slice(&chunk[..count]),
        }
    }
}

/// Passes everything on to a server and counts the connections.
pub struct Passing {
    pub url: String,
    count: Arc<AtomicUsize>,
}

impl Passing {
    /// Each piece of a request is shown to `sees` before it goes on, and goes on when that is back.
    pub fn before(url: &str, sees: impl Fn(&[u8]) + Send + Sync + 'static) -> Self {
        let behind = url.trim_start_matches("http://").to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let count = Arc::new(AtomicUsize::new(0));
        let (counted, sees) = (Arc::clone(&count), Arc::new(sees));
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                counted.fetch_add(1, Ordering::SeqCst);
                let server = TcpStream::connect(&behind).expect("the server");
                let sees = Arc::clone(&sees);
                pass(
                    client.try_clone().expect("a handle"),
                    server.try_clone().expect("a handle"),
                    move |piece| sees(piece),
                );
                pass(server, client, |_| ());
            }
        });
        Self { url, count }
    }

    pub fn count(&self) -> usize {
        self.count.load(Ordering::SeqCst)
    }
}

fn pass(mut from: TcpStream, mut to: TcpStream, sees: impl Fn(&[u8]) + Send + 'static) {
    std::thread::spawn(move || {
        let mut piece = [0_u8; 8192];
        while let Ok(count @ 1..) = from.read(&mut piece) {
            sees(&piece[..count]);
            if to.write_all(&piece[..count]).is_err() {
                break;
            }
        }
        let _ = to.shutdown(std::net::Shutdown::Write);
    });
}
