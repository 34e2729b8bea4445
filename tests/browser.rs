//! A person with a browser: Chromium without a window, driven over WebDriver. A client of our own,
//! because the few commands that the pages need are shorter over the HTTP client that is there than
//! a crate with a runtime of its own. Both processes are started here, each in a group of its own,
//! and end with the test, whatever becomes of it.

use crate::books::has_program;
use crate::support::until;
use reqwest::blocking::Client;
use rustix::process::{Pid, Signal, kill_process_group};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Lines};
use std::os::unix::process::CommandExt;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

/// No page and no start takes longer.
const LONGEST_WAIT: Duration = Duration::from_secs(60);
/// How WebDriver names the id of an element.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";
/// Keys of WebDriver.
pub const TAB: &str = "\u{e004}";
pub const ENTER: &str = "\u{e007}";

/// A browser with an empty profile; dropped, it is gone.
pub struct Browser {
    session: String,
    client: Client,
    // Held, so that it can be written to.
    _told: Lines<BufReader<ChildStdout>>,
    // Dropped in this order: what drives first.
    _driver: Group,
    _chromium: Group,
    _profile: tempfile::TempDir,
}

/// A process and everything that it has started.
struct Group(Child);

impl Group {
    fn start(command: &mut Command) -> Self {
        command.stdin(Stdio::null()).stderr(Stdio::null()).process_group(0);
        Self(command.spawn().expect("it starts"))
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        if let Some(group) = i32::try_from(self.0.id()).ok().and_then(Pid::from_raw) {
            let _ = kill_process_group(group, Signal::KILL);
        }
        let _ = self.0.wait();
    }
}

/// What drives the browser, and where it listens.
struct Driver {
    group: Group,
    told: Lines<BufReader<ChildStdout>>,
    port: String,
}

impl Driver {
    /// Starts it, once more where it ends before it says where it listens: on a machine that has
    /// much else to do that happens.
    fn start(command: &mut Command) -> Self {
        Self::try_start(command).or_else(|_| Self::try_start(command)).expect("a port, twice")
    }

    /// `Err` is what it said instead, and how it ended.
    fn try_start(command: &mut Command) -> Result<Self, String> {
        let mut group = Group::start(command.stdout(Stdio::piped()));
        let mut told = BufReader::new(group.0.stdout.take().expect("a pipe")).lines();
        let mut said = String::new();
        while let Some(Ok(line)) = told.next() {
            if let Some((_, port)) = line.split_once("started successfully on port ") {
                let port = port.trim_end_matches('.').to_owned();
                return Ok(Self { group, told, port });
            }
            said += &format!("{line}\n");
        }
        // One that lives on without a word to say would be waited for without an end.
        let _ = group.0.kill();
        let status = group.0.wait().expect("a status");
        let program = command.get_program().display();
        Err(format!("{program} ended ({status}) before it said where it listens:\n{said}"))
    }
}

#[test]
fn what_drives_is_started_once_more_where_it_ends_too_early_and_no_more_often() {
    let folder = tempfile::tempdir().expect("a folder");
    let count = folder.path().join("starts");
    let starts = || std::fs::read_to_string(&count).unwrap_or_default().lines().count();
    let script = |last: &str| {
        let mut command = Command::new("sh");
        command.arg("-c").arg(format!("echo start >> '{}'; echo hello; {last}", count.display()));
        command
    };
    let port = "echo 'It was started successfully on port 4711.'";
    let second = format!("[ $(wc -l < '{}') = 2 ] || exit 9; {port}; sleep 60", count.display());
    assert_eq!(Driver::start(&mut script(&second)).port, "4711");
    assert_eq!(starts(), 2);
    std::fs::remove_file(&count).expect("removed");
    assert_eq!(Driver::start(&mut script(&format!("{port}; sleep 60"))).port, "4711");
    assert_eq!(starts(), 1, "one that says it at once is left alone");
    std::fs::remove_file(&count).expect("removed");
    let why = std::panic::catch_unwind(|| Driver::start(&mut script("exit 9")).port)
        .expect_err("it has no port");
    let why = why.downcast_ref::<String>().expect("text");
    assert!(why.contains("sh ended (exit status: 9)") && why.contains("hello"), "{why}");
    assert_eq!(starts(), 2);
}

impl Browser {
    /// Starts it. `None` where there is none, unless `TOPUP_TEST_REQUIRES` names `chromium`.
    pub fn start() -> Option<Self> {
        if !has_program("chromium", "chromium") || !has_program("chromedriver", "chromium") {
            return None;
        }
        let profile = tempfile::tempdir().expect("a profile");
        let chromium = Group::start(
            Command::new("chromium")
                .args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic"])
                .args(["--no-first-run", "--disable-background-networking", "--disable-sync"])
                .args(["--disable-component-update", "--disable-dev-shm-usage"])
                .args(["--remote-debugging-port=0", "--window-size=1000,800", "about:blank"])
                .arg(format!("--user-data-dir={}", profile.path().display()))
                .env("HOME", profile.path())
                // What it leaves there when it is killed goes with the profile.
                .env("TMPDIR", profile.path())
                .stdout(Stdio::null()),
        );
        let port_file = profile.path().join("DevToolsActivePort");
        let deadline = Instant::now() + LONGEST_WAIT;
        let debugger = loop {
            let told = std::fs::read_to_string(&port_file).unwrap_or_default();
            // The second line says that the first one is whole.
            if let Some((port, _)) = told.split_once('\n') {
                break format!("127.0.0.1:{port}");
            }
            assert!(Instant::now() < deadline, "chromium does not start");
            std::thread::sleep(Duration::from_millis(20));
        };
        let mut driver = Command::new("chromedriver");
        driver.arg("--port=0").env("TMPDIR", profile.path());
        let Driver { group, told, port } = Driver::start(&mut driver);
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = Client::builder()
            .tls_certs_only(std::iter::empty())
            .no_proxy()
            .timeout(LONGEST_WAIT)
            .build()
            .expect("a client");
        let mut browser = Self {
            session: format!("http://127.0.0.1:{port}/session"),
            client,
            _told: told,
            _driver: group,
            _chromium: chromium,
            _profile: profile,
        };
        let wanted = json!({"goog:chromeOptions": {"debuggerAddress": debugger},
            "goog:loggingPrefs": {"performance": "ALL", "browser": "ALL"}});
        let begun = browser.post("", &json!({"capabilities": {"alwaysMatch": wanted}}));
        browser.session += &format!("/{}", begun["sessionId"].as_str().expect("a session"));
        Some(browser)
    }

    /// One command; gives its value, or why there is none.
    fn command(&self, command: &str, body: &Value) -> Result<Value, String> {
        let request = self.client.post(format!("{}{command}", self.session));
        let answer = request.body(body.to_string()).send().expect("chromedriver answers");
        let good = answer.status().is_success();
        let mut body: Value =
            serde_json::from_str(&answer.text().expect("text")).expect("one JSON document");
        let value = body["value"].take();
        if good { Ok(value) } else { Err(value["message"].as_str().unwrap_or_default().into()) }
    }

    #[track_caller]
    fn post(&self, command: &str, body: &Value) -> Value {
        self.command(command, body).unwrap_or_else(|why| panic!("{command} {body}: {why}"))
    }

    /// What a script of the test finds, unless one page goes and another comes.
    fn glance(&self, script: &str) -> Option<Value> {
        self.command("/execute/sync", &json!({"script": script, "args": []})).ok()
    }

    /// Opens an address.
    #[track_caller]
    pub fn open(&self, url: &str) {
        self.post("/url", &json!({ "url": url }));
    }

    /// A command of the protocol below WebDriver.
    #[track_caller]
    pub fn devtools(&self, command: &str, parameters: &Value) -> Value {
        self.post("/goog/cdp/execute", &json!({"cmd": command, "params": parameters}))
    }

    /// What a script of the test finds on the page. The pages have none of their own.
    #[track_caller]
    pub fn find(&self, script: &str) -> Value {
        self.post("/execute/sync", &json!({"script": script, "args": []}))
    }

    /// As people read it; nothing while one page goes and another comes.
    pub fn text(&self) -> String {
        let found = self.glance("return document.body?.innerText").unwrap_or_default();
        found.as_str().unwrap_or_default().to_owned()
    }

    /// Where it is.
    #[track_caller]
    pub fn place(&self) -> String {
        self.find("return location.href").as_str().expect("an address").to_owned()
    }

    #[track_caller]
    fn element(&self, path: &str) -> String {
        let found = self
            .command("/element", &json!({"using": "xpath", "value": path}))
            .unwrap_or_else(|_| panic!("no {path} in\n{}", self.text()));
        found[ELEMENT].as_str().expect("an element").to_owned()
    }

    /// Clicks the button or the link of this name, and waits for the page that it leads to.
    #[track_caller]
    pub fn press(&self, name: &str) {
        let named = format!("normalize-space()=\"{name}\"");
        let element = self.element(&format!("//main//*[self::button or self::a][{named}]"));
        self.find("window.left = true");
        self.post(&format!("/element/{element}/click"), &json!({}));
        let arrived = "return !window.left && document.readyState === 'complete'";
        until(&format!("{name} leads somewhere"), || {
            self.glance(arrived) == Some(Value::Bool(true))
        });
    }

    /// Sets or removes the tick of the box of this name.
    #[track_caller]
    pub fn tick(&self, label: &str) {
        let element = self.labelled(label);
        self.post(&format!("/element/{element}/click"), &json!({}));
    }

    /// Types into the field of this name, in place of what stands there.
    #[track_caller]
    pub fn fill(&self, label: &str, text: &str) {
        let element = self.labelled(label);
        self.post(&format!("/element/{element}/clear"), &json!({}));
        self.post(&format!("/element/{element}/value"), &json!({ "text": text }));
    }

    #[track_caller]
    fn labelled(&self, label: &str) -> String {
        self.element(&format!("//input[@id=//label[normalize-space()=\"{label}\"]/@for]"))
    }

    /// Strikes keys, wherever the focus is.
    #[track_caller]
    pub fn strike(&self, keys: &str) {
        let strokes: Vec<Value> = keys
            .chars()
            .flat_map(|key| ["keyDown", "keyUp"].map(|kind| json!({"type": kind, "value": key})))
            .collect();
        let keyboard = json!({"type": "key", "id": "keyboard", "actions": strokes});
        self.post("/actions", &json!({ "actions": [keyboard] }));
    }

    /// The page says this.
    #[track_caller]
    pub fn says(&self, text: &str) {
        let page = self.text();
        assert!(page.contains(text), "no '{text}' at {} in\n{page}", self.place());
    }

    /// Waits until the page says this, where it comes by a key or looks again by itself.
    #[track_caller]
    pub fn comes_to_say(&self, text: &str) {
        until(&format!("'{text}' stands at {}", self.place()), || self.text().contains(text));
    }

    /// What was noted of this kind (`performance`, `browser`) since it was last asked for.
    #[track_caller]
    pub fn log(&self, kind: &str) -> Vec<Value> {
        let told = self.post("/se/log", &json!({ "type": kind }));
        told.as_array().expect("a log").clone()
    }
}
