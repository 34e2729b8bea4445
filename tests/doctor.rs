//! Promise: `topup doctor` says what is wrong and the command that mends it; a check that fails
//! keeps no other from being made, and looking changes nothing.

mod open;

use crate::support::{Canned, Ran, Server, User};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::{Duration, Instant};

/// The checks there are; scripts know their names.
const NAMES: [&str; 19] = [
    "version",
    "configuration",
    "profile",
    "project",
    "settings",
    "folders",
    "credentials",
    "journal",
    "purchases",
    "disk",
    "space",
    "ledger",
    "clock",
    "proxy",
    "trust",
    "portal",
    "login",
    "system",
    "completion",
];

/// `data` of a run, whatever it came to.
fn data(ran: &Ran) -> Value {
    let data = ran.json()["data"].clone();
    let checks = data["checks"].as_array().expect("checks");
    let names: Vec<&str> =
        checks.iter().map(|check| check["name"].as_str().expect("a name")).collect();
    assert_eq!(names, NAMES, "every check is made, whatever became of the others");
    let counts: u64 = ["ok", "warnings", "wrong", "skipped"]
        .iter()
        .map(|key| data[*key].as_u64().expect("a count"))
        .sum();
    assert_eq!(usize::try_from(counts), Ok(NAMES.len()));
    data
}

fn check(data: &Value, name: &str) -> Value {
    let checks = data["checks"].as_array().expect("checks");
    checks.iter().find(|check| check["name"] == name).expect(name).clone()
}

#[track_caller]
fn is(data: &Value, name: &str, status: &str, says: &str) -> Value {
    let check = check(data, name);
    assert_eq!(check["status"], status, "{check}");
    assert!(check["message"].as_str().expect("a message").contains(says), "{check}");
    check
}

/// Every file below a folder, with its bytes.
fn files(folder: &Path) -> BTreeMap<std::path::PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder).expect("a folder").flatten() {
        if entry.path().is_dir() {
            found.extend(files(&entry.path()));
        } else if !entry.path().to_string_lossy().ends_with("-shm") {
            // The index of a log holds nothing of its own, and the marks of those who read.
            found.insert(entry.path(), fs::read(entry.path()).expect("bytes"));
        }
    }
    found
}

/// Does in a shell what a check says.
fn mend(user: &User, check: &Value) {
    let fix = check["fix"].as_str().expect("a command");
    let topup = Path::new(crate::support::topup()).parent().expect("its folder");
    let path = format!("{}:{}", topup.display(), std::env::var("PATH").unwrap_or_default());
    let mut command = std::process::Command::new("bash");
    command.args(["-euc", fix]).env("PATH", path).env("TOPUP_HOME", user.home());
    assert!(command.status().expect("bash").success(), "{fix}");
}

#[test]
fn a_newcomer_is_told_to_log_in_and_nothing_is_made() {
    let user = User::new();
    let ran = user.run(&["doctor", "--offline", "--json"]).code(10);
    let told = data(&ran);
    assert_eq!(is(&told, "login", "wrong", "there is no login")["fix"], "topup login");
    is(&told, "portal", "skipped", "--offline");
    is(&told, "configuration", "ok", "does not exist");
    assert_eq!(ran.json()["error"]["class"], "not_logged_in");
    // People and pipes get a line for each, and the failure behind it.
    let text = user.run(&["doctor", "--offline"]).code(10).says("Fix it: 'topup login'");
    for name in NAMES {
        assert!(text.out.contains(name), "{}", text.out);
    }
    user.run(&["--sandbox", "doctor"]).code(0).prints("0 wrong");
    assert!(files(user.home()).is_empty(), "a look makes nothing");
    assert_eq!(user.run(&["--sandbox", "doctor", "--get", "wrong"]).code(0).out, "0\n");
}

#[test]
fn a_login_in_order_is_nothing_wrong_and_costs_one_request() {
    let server = Server::without_limits();
    let user = server.user_with_an_old_login();
    let (seen, before) = (server.keeper().seen().len(), files(user.home()));
    let ran = user.run(&["doctor", "--json"]).code(0);
    let told = data(&ran);
    let login = is(&told, "login", "ok", "may spend");
    assert!(login["message"].as_str().expect("text").contains("ends for good on"), "{login}");
    is(&told, "portal", "ok", "answers");
    is(&told, "clock", "ok", "as the portal's");
    assert_eq!(server.keeper().seen().len(), seen + 1, "one request");
    assert_eq!(files(user.home()), before, "nothing was changed");
}

#[test]
fn a_token_that_has_run_out_is_not_renewed_by_a_look_and_no_secret_is_told() {
    let server = Server::without_limits();
    let user = server.user_with_an_old_login();
    let file = user.file("credentials.json");
    let mut logins: Value =
        serde_json::from_slice(&fs::read(&file).expect("a login")).expect("JSON");
    let past = jiff::Timestamp::now() - Duration::from_secs(60);
    logins["logins"][0]["expires_at"] = past.to_string().into();
    fs::write(&file, logins.to_string()).expect("written");
    let (grants, before) = (server.count_grants(), files(user.home()));
    let ran = user.run(&["doctor", "-v", "--json"]).code(0);
    is(&data(&ran), "login", "ok", "renewed by the next command");
    assert_eq!(server.count_grants(), grants, "the refresh token was not spent");
    assert_eq!(files(user.home()), before);
    for key in ["access_token", "refresh_token"] {
        let secret = logins["logins"][0][key].as_str().expect("a secret");
        assert!(!ran.out.contains(secret) && !ran.err.contains(secret), "{key} was told");
    }
    // Without a refresh token it is over.
    logins["logins"][0]["refresh_token"] = Value::Null;
    fs::write(&file, logins.to_string()).expect("written");
    is(&data(&user.run(&["doctor", "--json"]).code(10)), "login", "wrong", "has expired");
}

#[test]
fn a_token_of_the_environment_is_tried_as_it_is() {
    let server = Server::start(&[]);
    is(&data(&server.user().run(&["doctor", "--json"]).code(0)), "login", "ok", "TOPUP_TOKEN");
    let wrong = server.user().with("TOPUP_TOKEN", "not-a-token-of-it");
    let told = data(&wrong.run(&["doctor", "--json"]).code(10));
    let login = is(&told, "login", "wrong", "was not accepted");
    assert_eq!(login["fix"], "unset TOPUP_TOKEN");
    assert!(!told.to_string().contains("not-a-token-of-it"));
    for (provider, token) in
        [("byterover", server.session_key.clone()), ("ciris", server.agent_token())]
    {
        let user = server.user().with("TOPUP_PROVIDER", provider).with("TOPUP_TOKEN", &token);
        is(&data(&user.run(&["doctor", "--json"]).code(0)), "login", "ok", "TOPUP_TOKEN");
        let user = user.with("TOPUP_TOKEN", "not-a-token-of-it");
        is(&data(&user.run(&["doctor", "--json"]).code(10)), "login", "wrong", "not accepted");
    }
}

#[test]
fn on_a_broken_machine_every_check_is_made_all_the_same() {
    let server = Server::start(&[]);
    // An empty HOME: without the variable the home of passwd would be meant.
    let user = server.user();
    let mut command = user.command(&["doctor", "--json"]);
    command.env("HOME", "").env_remove("TOPUP_HOME");
    let ran = user.finish(&["doctor"], command.spawn().expect("it starts")).code(4);
    let told = data(&ran);
    is(&told, "configuration", "wrong", "HOME is not set");
    is(&told, "portal", "ok", "answers");
    is(&told, "clock", "ok", "as the portal's");
    // A configuration that makes no sense.
    fs::write(user.file("config.toml"), "profiles = [\n").expect("written");
    let told = data(&user.run(&["doctor", "--json"]).code(4));
    let wrong = is(&told, "configuration", "wrong", "config.toml, line");
    assert!(wrong["fix"].as_str().expect("a fix").contains("EDITOR"), "{wrong}");
    is(&told, "journal", "ok", "");
    is(&told, "portal", "ok", "answers");
    is(&told, "space", "ok", "MiB");
    fs::write(user.file("config.toml"), "default_profile = 'nobody'\n").expect("written");
    is(&data(&user.run(&["doctor", "--json"]).code(4)), "profile", "wrong", "nobody");
    // A journal of a newer version, and one that is none.
    fs::remove_file(user.file("config.toml")).expect("removed");
    user.run(&["buy", "25", "--yes"]).code(0);
    let journal = user.file("journal.db");
    // An entry in words that only another version knows.
    let whole = fs::read(&journal).expect("bytes");
    let db = rusqlite::Connection::open(&journal).expect("the journal");
    let written = db.execute(
        "INSERT INTO entry (purchase, kind, stamp, body)
         SELECT purchase, 'note', stamp, '{\"kind\":\"from_tomorrow\"}' FROM entry LIMIT 1",
        [],
    );
    assert_eq!(written.expect("written"), 1);
    drop(db);
    let told = data(&user.run(&["doctor", "--json"]).code(4));
    is(&told, "journal", "wrong", "an entry that this version cannot read");
    fs::write(&journal, whole).expect("as it was");
    let db = rusqlite::Connection::open(&journal).expect("the journal");
    db.pragma_update(None, "user_version", 99).expect("newer");
    drop(db);
    let before = fs::read(&journal).expect("bytes");
    let told = data(&user.run(&["doctor", "--json"]).code(4));
    is(&told, "journal", "wrong", "newer topup (version 99)");
    is(&told, "purchases", "skipped", "");
    is(&told, "login", "ok", "TOPUP_TOKEN");
    assert_eq!(fs::read(&journal).expect("bytes"), before);
    fs::write(&journal, "no journal at all, but long enough to look like something")
        .expect("written");
    is(&data(&user.run(&["doctor", "--json"]).code(4)), "journal", "wrong", "cannot be used");
}

#[test]
fn the_command_that_is_named_mends_it() {
    let user = User::new().with("TOPUP_SANDBOX", "1");
    user.run(&["state"]).code(0);
    let mode = |path: &Path, mode| {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("a mode");
    };
    let credentials = user.file("credentials.json");
    mode(&credentials, 0o644);
    let told = data(&user.run(&["doctor", "--json"]).code(4));
    mend(&user, &is(&told, "credentials", "wrong", "others can read it"));
    mode(user.home(), 0o777);
    let told = data(&user.run(&["doctor", "--json"]).code(4));
    mend(&user, &is(&told, "folders", "wrong", "others can write"));
    user.run(&["config", "set", "max_per_day", "100"]).code(0);
    mode(&user.file("config.toml"), 0o666);
    let told = data(&user.run(&["doctor", "--json"]).code(4));
    mend(&user, &is(&told, "configuration", "wrong", "others can write"));
    fs::write(
        user.file("sandbox.db"),
        "no state at all, but long enough to look as if it were one, say",
    )
    .expect("written");
    let told = data(&user.run(&["doctor", "--json"]).code(4));
    mend(&user, &is(&told, "portal", "wrong", "no such state"));
    user.run(&["doctor"]).code(0);
    user.run(&["state"]).code(0);
}

#[test]
fn who_answers_is_told_from_who_should() {
    let page = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 6\r\nConnection: close\r\n\r\n<html>";
    let captive = Canned::new(page.to_vec());
    let told = data(&captive.user().run(&["doctor", "--json"]).code(63));
    is(&told, "portal", "wrong", "not the billing system");
    let nobody =
        User::new().with("TOPUP_PORTAL_URL", "http://127.0.0.1:1").with("TOPUP_TOKEN", "t");
    is(&data(&nobody.run(&["doctor", "--json"]).code(60)), "portal", "wrong", "cannot be reached");
    let late = b"HTTP/1.1 401 Unauthorized\r\nDate: Mon, 01 Jan 2035 00:00:00 GMT\r\nContent-Type: application/json\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}";
    let told = data(&Canned::new(late.to_vec()).user().run(&["doctor", "--json"]).code(4));
    is(&told, "clock", "wrong", "behind the portal's");
    let broken = Canned::json("503 Service Unavailable", "{}");
    is(&data(&broken.user().run(&["doctor", "--json"]).code(65)), "portal", "wrong", "503");
}

#[test]
fn nobody_waits_longer_than_the_timeout() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let user = User::new().with("TOPUP_PORTAL_URL", &url).with("TOPUP_TOKEN", "t");
    let begun = Instant::now();
    let ran = user.run(&["doctor", "--timeout", "1s", "--json"]).code(61);
    assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
    is(&data(&ran), "portal", "wrong", "complete answer");
}

#[test]
fn proxies_and_trust_are_told_without_passwords() {
    let user = User::new()
        .with("TOPUP_PORTAL_URL", "https://portal.invalid")
        .with("HTTPS_PROXY", "http://me:hunter2@127.0.0.1:1")
        .with("TOPUP_TOKEN", "t")
        .with("SSL_CERT_FILE", "/nowhere/at/all.pem");
    let ran = user.run(&["doctor", "--json"]).code(62);
    let told = data(&ran);
    is(&told, "proxy", "ok", "http://***@127.0.0.1:1, from HTTPS_PROXY");
    assert_eq!(is(&told, "trust", "wrong", "SSL_CERT_FILE")["fix"], "unset SSL_CERT_FILE");
    assert!(!ran.out.contains("hunter2") && !ran.err.contains("hunter2"));
    let user = user.with("HTTPS_PROXY", "::::");
    let told = data(&user.run(&["doctor", "--offline", "--json"]).code(4));
    assert_eq!(is(&told, "proxy", "wrong", "is not a proxy")["fix"], "unset HTTPS_PROXY");
}

#[test]
fn the_ledger_of_the_profile_is_looked_at_and_left_alone() {
    let user = User::new().with("TOPUP_PROVIDER", "ledger");
    is(&data(&user.run(&["doctor", "--json"]).code(0)), "ledger", "ok", "its first use makes it");
    assert!(files(user.home()).is_empty());
    user.run(&["ledger", "init", "--mandate", "acme", "--model", "prepay-mandate"]).code(0);
    let before = files(user.home());
    is(&data(&user.run(&["doctor", "--json"]).code(0)), "ledger", "ok", "can be read");
    assert_eq!(files(user.home()), before);
    let db = rusqlite::Connection::open(user.file("ledger.db")).expect("the ledger");
    db.pragma_update(None, "user_version", 99).expect("newer");
    drop(db);
    is(&data(&user.run(&["doctor", "--json"]).code(4)), "ledger", "wrong", "newer topup");
    let user = user.with("TOPUP_LEDGER_URL", "postgres://jobs:hunter2@127.0.0.1:1/b");
    let ran = user.run(&["doctor", "--json"]);
    is(&data(&ran), "ledger", "wrong", "");
    assert!(ran.code >= 60 && !ran.out.contains("hunter2"), "{}", ran.out);
    let ran = user.run(&["doctor", "--offline", "--json"]).code(0);
    is(&data(&ran), "ledger", "skipped", "--offline");
}

/// Promise: who uses the ledger alone needs no login and no portal.
#[test]
fn nothing_is_wrong_where_only_the_ledger_is_used() {
    let user = User::new();
    user.run(&["ledger", "init", "--mandate", "acme", "--model", "prepay-mandate"]).code(0);
    let told = data(&user.run(&["doctor", "--json"]).code(0));
    is(&told, "ledger", "ok", "can be read");
    is(&told, "login", "skipped", "'topup login'");
    is(&told, "portal", "skipped", "the prepaid ledger is used here");
    assert_eq!(told["wrong"], 0);
    // Who names a system wants to buy there.
    let named = user.with("TOPUP_PROVIDER", "nous");
    let told = data(&named.run(&["doctor", "--offline", "--json"]).code(10));
    is(&told, "login", "wrong", "there is no login at");
    let file = User::new().with("TOPUP_LEDGER_URL", "/nowhere/to/be/found/ledger.db");
    is(&data(&file.run(&["doctor", "--json"]).code(0)), "login", "skipped", "'topup login'");
    let nothing = User::new();
    is(
        &data(&nothing.run(&["doctor", "--offline", "--json"]).code(10)),
        "login",
        "wrong",
        "no login",
    );
}

#[test]
fn a_project_that_moves_things_is_named() {
    let user = User::new();
    fs::write(user.file(".topup.toml"), "provider = 'ciris'\n").expect("written");
    let told = data(&user.run(&["doctor", "--offline", "--json"]).code(10));
    is(&told, "project", "warning", ".topup.toml chooses another portal");
    is(&told, "settings", "ok", "provider ciris (");
    // In another folder the file of the project says nothing: the command names the system itself.
    assert_eq!(check(&told, "login")["fix"], "topup --provider ciris login --username NAME");
}

#[test]
fn fault_44_doctor_names_a_disk_that_forgets() {
    let shared_memory = Path::new("/dev/shm");
    if !shared_memory.is_dir() {
        println!("skipped: there is no /dev/shm");
        return;
    }
    let folder = tempfile::tempdir_in(shared_memory).expect("a folder");
    let user = User::new()
        .with("TOPUP_SANDBOX", "1")
        .with("TOPUP_HOME", folder.path().to_str().expect("text"));
    let told = data(&user.run(&["doctor", "--json"]).code(0));
    let disk = is(&told, "disk", "warning", "tmpfs, which is gone when the machine restarts");
    assert!(disk["fix"].as_str().expect("a fix").starts_with("export TOPUP_HOME="), "{disk}");
    user.run(&["doctor"]).code(0).prints("tmpfs").prints("1 warning");
    assert!(files(folder.path()).is_empty());
}

#[test]
fn settings_that_cannot_be_read_say_nothing_about_the_login() {
    let user = Server::start(&[]).user().with("TOPUP_TOKEN", "");
    fs::write(user.file("config.toml"), "nonsense").expect("written");
    let ran = user.run(&["doctor", "--offline", "--json"]).code(4);
    is(&data(&ran), "login", "skipped", "settings");
}

#[test]
fn a_trouble_of_the_portal_is_mended_by_nobody_here() {
    let portal = Canned::json("503 Service Unavailable", "{}");
    let ran = portal.user().run(&["doctor", "--json"]).code(65);
    assert!(is(&data(&ran), "portal", "wrong", "a server error")["fix"].is_null());
}

#[test]
fn a_sandbox_login_that_was_forgotten_is_told() {
    let user = User::on_sandbox();
    let login = |says: &str, status: &str, code: i32| {
        is(&data(&user.run(&["doctor", "--json"]).code(code)), "login", status, says)
    };
    login("makes its own", "ok", 0);
    user.run(&["state"]).code(0);
    login("the login of the sandbox", "ok", 0);
    user.run(&["logout"]).code(0);
    let wrong = login("was removed", "wrong", 10);
    assert_eq!(wrong["fix"], "topup --sandbox login --approve");
    user.run(&["login", "--approve"]).code(0);
    login("the login of the sandbox", "ok", 0);
}

#[test]
fn what_is_wrong_at_one_system_alone_is_named() {
    // An agent that nobody has set up.
    let server = Server::without_limits();
    let keeper = server.keeper();
    let user = User::new().with("TOPUP_PROVIDER", "ciris").with("TOPUP_PORTAL_URL", &server.url);
    let login = ["login", "--username", &server.ciris_username, "--password-stdin"];
    user.run_with_input(&login, &server.ciris_password).code(0);
    is(&data(&user.run(&["doctor", "--json"]).code(0)), "system", "ok", "has been set up");
    keeper.run(&["sandbox", "set", "ciris-setup=required"]).code(0);
    let told = data(&user.run(&["doctor", "--json"]).code(16));
    is(&told, "system", "wrong", "is not set up yet");
    // A project of brv: the provider that it uses, and a pin that makes no sense.
    let user =
        User::new().with("TOPUP_PROVIDER", "byterover").with("TOPUP_PORTAL_URL", &server.url);
    user.run_with_input(&["login", "--token-stdin"], &server.session_key).code(0);
    let told = data(&user.run(&["doctor", "--json"]).code(0));
    let check = is(&told, "system", "warning", "brv uses no provider");
    assert_eq!(check["fix"], "brv providers connect byterover");
    let user = user.with_brv();
    user.make_project("");
    is(&data(&user.run(&["doctor", "--json"]).code(0)), "system", "ok", "has pinned no team");
    fs::write(user.file(".brv/brv-provider.json"), "{\"billing\":7}").expect("written");
    let told = data(&user.run(&["doctor", "--json"]).code(4));
    is(&told, "system", "wrong", "'billing' in");
}

#[test]
fn a_login_that_may_not_spend_is_mended_by_the_command_for_its_own_profile() {
    let server = Server::without_limits();
    let user = User::new();
    let text = format!("[profiles.work]\nportal_url = '{}'\n", server.url);
    fs::write(user.home().join("config.toml"), text).expect("written");
    let login = ["login", "--token-stdin", "--profile", "work"];
    user.run_with_input(&login, &server.token_without_scope).code(0);
    let told = data(&user.run(&["doctor", "--profile", "work", "--json"]).code(0));
    is(&told, "login", "ok", "'topup --profile work login --step-up' asks for it");
}
