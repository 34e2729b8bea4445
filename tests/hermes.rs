//! Promise: `login --hermes` uses an existing Hermes login in place: both programs go on with it,
//! whoever renews it, and no token is sent twice.
//!
//! The sandbox revokes a session whose refresh token it sees twice, so a session that lives proves
//! it.

mod beside;

use crate::kills::{inject, strace_is_there};
use crate::support::{Server, User, at_once, signal};
use serde_json::{Value, json};
use std::fs::{self, File};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A machine on which Hermes is logged in.
struct Machine {
    server: Server,
    user: User,
    hermes: tempfile::TempDir,
}

impl Machine {
    /// Hermes may spend.
    fn new() -> Self {
        Self::of(&["login", "--step-up", "--no-browser"])
    }

    fn of(login: &[&str]) -> Self {
        let server = Server::without_limits();
        server.keeper().set("interval=1s");
        let made = User::new().with("TOPUP_PORTAL_URL", &server.url);
        made.run(login).code(0);
        let kept = fs::read_to_string(made.file("credentials.json")).expect("a login");
        let kept: Value = serde_json::from_str(&kept).expect("JSON");
        let hermes = tempfile::tempdir().expect("a folder");
        let user = User::new().with("HERMES_HOME", hermes.path().to_str().expect("text"));
        let machine = Self { server, user, hermes };
        fs::create_dir(machine.hermes.path().join("shared")).expect("made");
        let login = &kept["logins"][0];
        let tokens = json!({
            "portal_base_url": machine.server.url, "inference_base_url": "https://inference.example/v1",
            "client_id": "hermes-cli", "scope": login["scope"], "token_type": "Bearer",
            "access_token": login["access_token"], "refresh_token": login["refresh_token"],
            "obtained_at": iso(0), "expires_at": iso(900), "expires_in": 900,
            "agent_key": null, "tls": {"insecure": false, "ca_bundle": null}});
        let text = format!(
            "{{\n  \"version\": 1,\n  \"providers\": {{\n    \"other\": {{\"rate\": 1.50e+3, \"name\": \"\\u00fc\"}},\n    \"nous\": {tokens}\n  }},\n  \"credential_pool\": {{\"nous\": []}}\n}}"
        );
        put(&machine.auth(), &text);
        put(&machine.shared(), &serde_json::to_string_pretty(&tokens).expect("text"));
        machine
    }

    fn auth(&self) -> PathBuf {
        self.hermes.path().join("auth.json")
    }

    fn shared(&self) -> PathBuf {
        self.hermes.path().join("shared/nous_auth.json")
    }

    /// The login in both files.
    fn tokens(&self) -> (Value, Value) {
        (read(&self.auth())["providers"]["nous"].clone(), read(&self.shared()))
    }

    /// Both files say that so much is left of the access token.
    fn age(&self, left: i64) {
        let (auth, shared) = self.tokens();
        for (file, tokens) in [(self.auth(), auth), (self.shared(), shared)] {
            let mut text = fs::read_to_string(&file).expect("read");
            for (key, seconds) in [("expires_at", left), ("obtained_at", left - 900)] {
                text = text.replace(tokens[key].as_str().expect("a time"), &iso(seconds));
            }
            put(&file, &text);
        }
    }

    /// Every secret that Hermes has now.
    fn secrets(&self) -> Vec<String> {
        let (auth, shared) = self.tokens();
        let mut secrets = Vec::new();
        for tokens in [auth, shared] {
            for key in ["access_token", "refresh_token"] {
                secrets.push(tokens[key].as_str().expect("a token").to_owned());
            }
        }
        secrets
    }

    /// What the portal answered to those who wanted tokens.
    fn grants(&self) -> Vec<u64> {
        let document = self.server.keeper().run(&["sandbox", "log", "--json"]).code(0).json();
        let requests = document["data"]["requests"].as_array().expect("requests").clone();
        requests
            .iter()
            .filter(|seen| seen["path"] == "/api/oauth/token")
            .map(|seen| seen["status"].as_u64().expect("a status"))
            .collect()
    }

    /// No file of ours holds one of these.
    fn check_that_nothing_was_copied(&self, secrets: &[String]) {
        let mut folders = vec![self.user.home().to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).expect("a folder").flatten() {
                if entry.file_type().expect("a kind").is_dir() {
                    folders.push(entry.path());
                    continue;
                }
                let bytes = fs::read(entry.path()).expect("read");
                for secret in secrets {
                    let there = bytes.windows(secret.len()).any(|part| part == secret.as_bytes());
                    assert!(!there, "a token in {}", entry.path().display());
                }
            }
        }
    }
}

/// A time as Hermes writes it, so many seconds from now.
fn iso(seconds: i64) -> String {
    let time = jiff::Timestamp::now() + jiff::SignedDuration::from_secs(seconds);
    time.strftime("%Y-%m-%dT%H:%M:%S%.6f+00:00").to_string()
}

fn put(file: &Path, text: &str) {
    let new = file.with_extension("test");
    fs::write(&new, text).expect("written");
    fs::set_permissions(&new, fs::Permissions::from_mode(0o600)).expect("closed");
    fs::rename(new, file).expect("in place");
}

fn read(file: &Path) -> Value {
    serde_json::from_str(&fs::read_to_string(file).expect("read")).expect("whole")
}

#[test]
fn the_login_of_hermes_is_found_used_told_and_let_go() {
    let machine = Machine::new();
    let (user, secrets) = (&machine.user, machine.secrets());
    let before = (fs::read(machine.auth()), fs::read(machine.shared()));
    user.run(&["state"]).code(10);
    let ran = user.run(&["login", "--hermes"]).code(0);
    for told in
        ["login of Hermes", &machine.server.url, "org_", "billing:manage", "auth.json", "until"]
    {
        assert!(ran.out.contains(told), "{told}: {}", ran.out);
    }
    // Nothing has to be named any more, HERMES_HOME neither.
    let mut runs = vec![ran];
    let elsewhere =
        user.command(&["state", "--get", "balance_usd"]).env_remove("HERMES_HOME").output();
    assert_eq!(elsewhere.expect("it ran").stdout, b"142.5\n");
    runs.push(user.run(&["buy", "25", "--yes", "--verbose"]).code(0).prints("Settled"));
    let who = user.run(&["whoami", "--json"]).code(0);
    assert_eq!(who.json()["data"]["source"], "hermes");
    let files = who.json()["data"]["hermes_files"].clone();
    assert!(files.as_array().expect("files").contains(&machine.auth().to_str().into()), "{files}");
    runs.push(who);
    runs.push(user.run(&["whoami"]).code(0).prints("used in place"));
    runs.push(user.run(&["login", "--hermes", "--json"]).code(0));
    for ran in &runs {
        for secret in &secrets {
            assert!(!ran.out.contains(secret) && !ran.err.contains(secret));
        }
    }
    machine.check_that_nothing_was_copied(&secrets);
    user.run(&["logout"]).code(0).prints("Hermes itself stays logged in");
    user.run(&["state"]).code(10);
    let after = (fs::read(machine.auth()), fs::read(machine.shared()));
    assert_eq!(before.0.expect("read"), after.0.expect("read"));
    assert_eq!(before.1.expect("read"), after.1.expect("read"));
    assert_eq!(machine.server.count_charges(), 1);
}

#[test]
fn a_login_that_runs_out_is_renewed_in_both_files_and_the_rest_of_them_stays() {
    for rejected in [false, true] {
        let machine = Machine::new();
        machine.user.run(&["login", "--hermes"]).code(0);
        let (old, before) = (machine.secrets(), fs::read_to_string(machine.auth()).expect("read"));
        if rejected {
            // The portal finds it too old; what the files say is another matter.
            machine.server.keeper().set("clock=+20m");
        } else {
            machine.age(60);
        }
        let ran = machine.user.run(&["state", "--verbose"]).code(0);
        let new = machine.secrets();
        assert_eq!((&new[0], &new[1]), (&new[2], &new[3]), "the same pair in both");
        assert!(new[0] != old[0] && new[1] != old[1], "a new pair");
        for secret in old.iter().chain(&new) {
            assert!(!ran.out.contains(secret) && !ran.err.contains(secret), "{}", ran.err);
        }
        machine.check_that_nothing_was_copied(&new);
        let after = fs::read_to_string(machine.auth()).expect("read");
        let around = |text: &str| {
            let (head, rest) = text.split_once("\"nous\": {").expect("the object");
            let (inner, tail) = rest.split_once("\n  },").expect("its end");
            let keys: Vec<String> = inner
                .split("\",\"")
                .map(|part| part.split('"').next().unwrap_or_default().to_owned())
                .collect();
            (head.to_owned(), tail.to_owned(), keys.len())
        };
        assert_eq!(around(&before), around(&after));
        for key in ["inference_base_url", "agent_key", "tls", "client_id", "scope", "token_type"] {
            let (old, new) = (read_text(&before), read_text(&after));
            assert_eq!(old["providers"]["nous"][key], new["providers"]["nous"][key], "{key}");
        }
        let mode = fs::metadata(machine.auth()).expect("there").permissions().mode() & 0o777;
        assert_eq!(mode, 0o600);
        machine.user.run(&["buy", "25", "--yes"]).code(0);
        assert!(machine.grants().iter().filter(|status| **status != 200).count() <= 1);
    }
}

fn read_text(text: &str) -> Value {
    serde_json::from_str(text).expect("JSON")
}

#[test]
fn permission_to_spend_is_asked_for_in_place_and_written_back() {
    let machine = Machine::of(&["login", "--no-browser"]);
    let user = &machine.user;
    user.run(&["login", "--hermes"]).code(0).prints("not allowed");
    user.run(&["buy", "25", "--yes"]).code(12);
    let old = machine.secrets();
    let ran = user.run(&["login", "--hermes", "--step-up", "--no-browser", "--json"]).code(0);
    let last: Value =
        serde_json::from_str(ran.out.lines().last().expect("a document")).expect("JSON");
    assert_eq!(last["data"]["can_spend"], true);
    assert!(last["data"]["login_ends_at"].is_string(), "known, for it was approved now: {last}");
    let (auth, shared) = machine.tokens();
    for tokens in [&auth, &shared] {
        assert_eq!(tokens["scope"], "inference:invoke billing:manage");
        assert_ne!(tokens["refresh_token"], old[1].as_str());
        assert_eq!(tokens["client_id"], "hermes-cli");
    }
    user.run(&["buy", "25", "--yes"]).code(0);
    // So is what a plain step-up gets, begun here and finished later.
    user.run(&["login", "--step-up", "--no-wait"]).code(0);
    user.run(&["login", "--finish"]).code(0);
    assert_ne!(machine.tokens().0["access_token"], auth["access_token"]);
    machine.check_that_nothing_was_copied(&machine.secrets());
    assert_eq!(user.run(&["whoami", "--get", "source"]).code(0).out, "hermes\n");
    // A login of one's own is one's own.
    let kept = machine.secrets();
    let own = user.run(&["login", "--no-browser", "--portal-url", &machine.server.url]).code(0);
    assert!(!own.out.contains("Hermes"), "{}", own.out);
    assert_eq!(user.run(&["whoami", "--get", "source"]).code(0).out, "stored\n");
    assert_eq!(machine.secrets(), kept);
}

#[test]
fn what_cannot_be_meant_is_told_with_what_to_do() {
    let machine = Machine::new();
    let user = &machine.user;
    let nobody = User::new();
    let ran = nobody.run(&["login", "--hermes", "--json"]).code(10);
    ran.failed("not_logged_in", None);
    for told in [".hermes/auth.json", "nous_auth.json", "HERMES_HOME", "hermes auth add nous"] {
        assert!(ran.err.contains(told) || ran.out.contains(told), "{told}: {}", ran.out);
    }
    user.run(&["login", "--hermes", "--portal-url", "https://other.example"])
        .code(10)
        .says("and https://other.example is selected");
    user.run(&["login", "--hermes", "--sandbox"]).code(2).says("sandbox");
    user.run(&["login", "--hermes", "--provider", "ciris"]).code(2).says("--provider nous");
    user.run(&["login", "--hermes", "--no-wait"]).code(2);
    for (variable, value) in
        [("HERMES_HOME", "not/absolute"), ("HERMES_SHARED_AUTH_DIR", "/dev/null")]
    {
        let mut command = user.command(&["login", "--hermes"]);
        let output = command.env(variable, value).output().expect("it ran");
        assert_eq!(output.status.code(), Some(4));
        assert!(String::from_utf8_lossy(&output.stderr).contains(variable));
    }
    fs::write(
        user.file("config.toml"),
        "[profiles.default]\ncredential_command = ['/bin/false']\n",
    )
    .expect("written");
    user.run(&["login", "--hermes"]).code(2).says("credential command");
    assert!(!user.file("credentials.json").exists());
    assert!(machine.grants().iter().all(|status| *status != 401));
}

#[test]
fn a_file_that_others_can_read_or_that_makes_no_sense_is_refused_and_kept() {
    let machine = Machine::new();
    let user = &machine.user;
    user.run(&["login", "--hermes"]).code(0);
    for file in [machine.auth(), machine.shared()] {
        let whole = fs::read_to_string(&file).expect("read");
        fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).expect("opened");
        for arguments in
            [&["state", "--json"][..], &["login", "--hermes", "--json"], &["whoami", "--json"]]
        {
            let ran = user.run(arguments).code(4);
            let document = ran.failed("config", None);
            let told = document["error"].to_string();
            assert!(told.contains("chmod 600") && !told.contains(&machine.secrets()[0]), "{told}");
        }
        put(&file, &whole[..whole.len() / 2]);
        if file == machine.auth() {
            user.run(&["state"]).code(10).says("ends in the middle").says("hermes auth add nous");
        } else {
            // Hermes passes over a shared copy that is broken.
            user.run(&["state"]).code(0);
        }
        assert_eq!(fs::read_to_string(&file).expect("read"), whole[..whole.len() / 2]);
        put(&file, &whole);
        user.run(&["state"]).code(0);
    }
    // Logged in at another portal now.
    let elsewhere = |file: &Path| {
        let text = fs::read_to_string(file).expect("read");
        put(file, &text.replace(&machine.server.url, "https://other.example"));
    };
    let whole =
        [machine.auth(), machine.shared()].map(|file| fs::read_to_string(file).expect("read"));
    elsewhere(&machine.auth());
    user.run(&["state"]).code(0);
    elsewhere(&machine.shared());
    user.run(&["state"]).code(10).says("but one at https://other.example");
    put(&machine.auth(), &whole[0]);
    put(&machine.shared(), &whole[1]);
    // Gone from both: it is Hermes who has to log in again.
    fs::remove_file(machine.auth()).expect("removed");
    user.run(&["state"]).code(0);
    fs::remove_file(machine.shared()).expect("removed");
    user.run(&["state"]).code(10).says("any more");
}

/// Whatever a run died at, the next one works, and a copy that was left behind is in step again.
#[test]
fn a_run_that_dies_while_it_renews_leaves_a_login_that_works() {
    if !strace_is_there() {
        return;
    }
    at_once(&["renameat", "fsync", "flock"], |call| {
        for n in 1.. {
            let machine = Machine::new();
            machine.user.run(&["login", "--hermes"]).code(0);
            machine.age(60);
            let what = format!("{call}:signal=SIGKILL:when={n}");
            if !inject(&machine.user, &["state", "--json"], &what).reached {
                assert!(n > 2, "{call} is called");
                break;
            }
            // Both files are whole, and one of them at least has a token that works.
            let (auth, shared) = machine.tokens();
            let died_between = auth["refresh_token"] != shared["refresh_token"];
            machine.user.run(&["state"]).code(0);
            let (auth_after, shared_after) = machine.tokens();
            assert_eq!(auth_after["refresh_token"], shared_after["refresh_token"], "{what}");
            if died_between {
                // The one that Hermes would take over is the new one.
                assert_eq!(shared["refresh_token"], shared_after["refresh_token"], "{what}");
                machine.age(-5);
                machine.user.run(&["buy", "25", "--yes"]).code(0);
                assert!(*call == "renameat" || *call == "fsync", "{what}");
            }
            let refused = machine.grants().iter().filter(|status| **status != 200).count();
            assert!(refused <= 1, "{what}: a token was sent twice");
        }
    });
}

#[test]
fn a_file_that_cannot_be_written_is_told_and_put_right_by_the_next_command() {
    if !strace_is_there() {
        return;
    }
    // The note gets its name first, then the shared copy, then the one of the home.
    for fault in ["when=1", "when=2", "when=3"] {
        let machine = Machine::new();
        machine.user.run(&["login", "--hermes"]).code(0);
        machine.age(60);
        let injected = inject(
            &machine.user,
            &["buy", "25", "--yes", "--json"],
            &format!("renameat:error=EIO:{fault}"),
        );
        assert_eq!(injected.code, Some(4), "{fault}: {}", injected.out);
        let document: Value = serde_json::from_str(&injected.out).expect("a document");
        assert_eq!(document["error"]["class"], "config", "{fault}");
        assert_eq!(document["error"]["charged"], "no", "{fault}");
        let told = document["error"].to_string();
        let between = fault != "when=1";
        assert_eq!(told.contains("is kept in"), between, "{fault}: {told}");
        assert_eq!(machine.server.count_charges(), 0);
        machine.user.run(&["buy", "25", "--yes"]).code(0);
        let (auth, shared) = machine.tokens();
        assert_eq!(auth["refresh_token"], shared["refresh_token"], "{fault}");
        machine.age(-5);
        machine.user.run(&["state"]).code(0);
    }
}

#[test]
fn profiles_share_the_login_of_hermes_and_each_lets_go_of_its_own() {
    let machine = Machine::new();
    let user = &machine.user;
    fs::write(user.file("config.toml"), "[profiles.default]\n[profiles.work]\n").expect("written");
    user.run(&["login", "--hermes"]).code(0);
    user.run(&["login", "--hermes", "--profile", "work"]).code(0);
    machine.age(60);
    let before = machine.grants().len();
    let all = user.run(&["state", "--all", "--json"]).code(0).json();
    assert_eq!(all["data"]["profiles"].as_array().map(Vec::len), Some(2), "{all}");
    assert_eq!(machine.grants().len() - before, 1, "renewed once for both");
    user.run(&["logout"]).code(0);
    user.run(&["state"]).code(10);
    user.run(&["state", "--profile", "work"]).code(0);
}
