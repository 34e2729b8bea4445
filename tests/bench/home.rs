//! The folder of a user, and a sandbox that answers it.

use crate::measure::topup;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// The word before a file whose statements stand in the standard input.
pub const FILL: &str = "--fill";

/// The folder of a user.
pub struct Home(tempfile::TempDir);

impl Home {
    pub fn new() -> Self {
        Self(tempfile::tempdir().expect("a folder"))
    }

    pub fn path(&self) -> &Path {
        self.0.path()
    }

    pub fn file(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub fn topup(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(topup());
        command.args(arguments).env_clear().env("TOPUP_HOME", self.path());
        command
    }

    pub fn do_once(&self, arguments: &[&str]) {
        let done = self.topup(arguments).output().expect("it runs");
        assert!(done.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&done.stderr));
    }

    /// So many purchases before the one that was made, each with its rows, so many milliseconds apart.
    pub fn repeat_purchase(&self, purchases: u32, apart_ms: u32) {
        self.fill(
            "journal.db",
            &format!(
                "CREATE TEMP TABLE made AS
                     SELECT i,
                         printf('%08x-0000-4000-8000-%012x', i * 2654435761 % 4294967296, i) AS id
                     FROM (WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n
                         WHERE i < {purchases}) SELECT i FROM n);
                 INSERT INTO purchase SELECT made.id, origin, organisation, naming, name, generation,
                     made.id, amount, asked_ms - i * {apart_ms}, plan FROM purchase CROSS JOIN made;
                 INSERT INTO entry (purchase, kind, ended, charge_id, stamp, body, cost)
                     SELECT made.id, kind, ended, NULL, stamp, replace(body, purchase, made.id), cost
                     FROM made CROSS JOIN (SELECT * FROM entry ORDER BY seq) AS entry;"
            ),
        );
    }

    /// Runs these statements on a file of this user, in a process of its own: what the system says of
    /// the memory of a child counts what its parent had.
    pub fn fill(&self, file: &str, statements: &str) {
        let this = std::env::current_exe().expect("this program");
        let mut filling = Command::new(this)
            .arg(FILL)
            .arg(self.file(file))
            .stdin(Stdio::piped())
            .spawn()
            .expect("it starts");
        let mut input = filling.stdin.take().expect("a pipe");
        input.write_all(statements.as_bytes()).expect("written");
        drop(input);
        assert!(filling.wait().expect("it ends").success(), "{file} is not filled");
    }

    /// `sqlite3` at a file of this user.
    pub fn sqlite(&self, file: &str, query: &str) -> Command {
        let mut command = Command::new("sqlite3");
        command.arg("-readonly").arg(self.file(file)).arg(query);
        command
    }
}

/// A sandbox that is served, without limits on how often it is asked.
pub struct Sandbox {
    pub url: String,
    pub token: String,
    server: Child,
    _home: Home,
}

impl Sandbox {
    pub fn new() -> Self {
        let home = Home::new();
        // What is bought in a row here is more than a month is allowed to cost, and settles at once:
        // a wait for the seller is none for topup.
        let settings = ["limit=10000000", "settle-after=0s"];
        home.do_once(&[&["--sandbox", "sandbox", "set"][..], &settings].concat());
        let ready_file = home.file("ready.json");
        let server = home
            .topup(&["sandbox", "serve", "--no-rate-limit", "--ready-file"])
            .arg(&ready_file)
            .stdout(Stdio::null())
            .spawn()
            .expect("the sandbox starts");
        let ready = ready_line(|| std::fs::read_to_string(&ready_file).ok());
        let text = |key: &str| ready[key].as_str().expect("a text").to_owned();
        let url = text("base_url").trim_end_matches('/').to_owned();
        Self { url, token: text("token"), server, _home: home }
    }

    pub fn process(&self) -> u32 {
        self.server.id()
    }

    pub fn host(&self) -> &str {
        self.url.trim_start_matches("http://")
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

/// Waits for the line of JSON with which a server says that it is ready.
fn ready_line(read: impl Fn() -> Option<String>) -> serde_json::Value {
    let end = Instant::now() + Duration::from_secs(20);
    loop {
        if let Some(line) = read().and_then(|text| serde_json::from_str(&text).ok()) {
            return line;
        }
        assert!(Instant::now() < end, "a server is not ready");
        std::thread::sleep(Duration::from_millis(10));
    }
}
