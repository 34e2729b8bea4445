//! A sandbox that is served as a process of its own.

use super::*;

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
