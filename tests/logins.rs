//! Promise: a newcomer gets from the first refusal to a settled purchase by the commands that are
//! named; a login says what it may do, and its token is shown nowhere.

use crate::support::{Server, User};
use std::io::{BufRead, BufReader, Read};
use std::process::Stdio;

/// Somebody new on the sandbox: may look, may not spend, has no card.
fn newcomer() -> User {
    let user = User::new().with("TOPUP_SANDBOX", "1");
    user.run(&["sandbox", "reset", "--newcomer"]).code(0);
    user.set("settle-after=0s");
    user.set("interval=1s");
    user
}

#[test]
fn the_newcomers_way_from_the_first_refusal_to_the_settled_charge() {
    let user = newcomer();
    user.run(&["whoami"]).code(0).prints("inference:invoke");
    let ran = user.run(&["buy", "25", "--yes"]).code(12).says("login --step-up");
    assert!(!ran.err.contains("billing:manage"), "{}", ran.err);
    user.run(&["login", "--step-up", "--approve", "--json"]).code(0);
    user.run(&["buy", "25", "--yes"]).code(20).says("saved card");
    user.set("card=visa");
    user.run(&["buy", "25", "--yes"]).code(0).prints("Settled");
    user.run(&["logout"]).code(0);
    user.run(&["buy", "25", "--yes", "--json"]).code(10).failed("not_logged_in", Some("no"));
    assert_eq!(user.charges().len(), 1);
}

#[test]
fn whoami_says_who_where_what_for_and_until_when_and_of_nobody_that_there_is_none() {
    let server = Server::start(&["--auto-approve"]);
    let user = User::new().with("TOPUP_PORTAL_URL", &server.url);
    user.run(&["whoami", "--json"]).code(10).failed("not_logged_in", None);
    user.run(&["login", "--step-up", "--no-browser"]).code(0);
    let ran = user.run(&["whoami", "--json"]).code(0);
    let data = ran.json()["data"].clone();
    let who = (&data["portal"], &data["subject"], &data["organisation"]["name"]);
    assert_eq!(who, (&server.url.as_str().into(), &"user_sandbox".into(), &"Sandbox".into()));
    let scopes = serde_json::json!(["inference:invoke", "billing:manage"]);
    assert_eq!((&data["scopes"], &data["can_spend"]), (&scopes, &true.into()));
    let now = jiff::Timestamp::now();
    for until in ["token_expires_at", "login_ends_at"] {
        let time: jiff::Timestamp = data[until].as_str().expect("a time").parse().expect("a time");
        assert!(time > now, "{until}: {data}");
    }
    let shown = user.run(&["whoami"]).code(0);
    for said in [&server.url, "Sandbox", "billing:manage", "until", "login ends"] {
        assert!(shown.out.contains(said), "no {said} in {}", shown.out);
    }
    user.run(&["logout"]).code(0);
    user.run(&["whoami", "--json"]).code(10).failed("not_logged_in", None);
}

#[test]
fn a_grant_without_permission_to_spend_is_no_success() {
    let user = newcomer();
    user.set("role=MEMBER");
    let ran = user.run(&["login", "--step-up", "--approve", "--json"]).code(16);
    let last = ran.out.lines().last().expect("a document");
    let document: serde_json::Value = serde_json::from_str(last).expect("JSON");
    assert_eq!(document["error"]["class"], "login_denied");
}

#[test]
fn after_a_grant_the_account_is_looked_at_before_anything_is_claimed() {
    let user = newcomer();
    user.set("switch=off");
    let ran = user.run(&["login", "--step-up", "--approve"]).code(0);
    let told = format!("{}{}", ran.out, ran.err);
    assert!(told.contains("switched off"), "{told}");
}

#[test]
fn a_login_in_json_tells_the_link_first_and_ends_with_one_document() {
    let server = Server::start(&["--auto-approve"]);
    server.keeper().set("interval=1s");
    let user = User::new().with("TOPUP_PORTAL_URL", &server.url);
    let ran = user.run(&["login", "--json"]).code(0);
    let lines: Vec<serde_json::Value> =
        ran.out.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!(lines.len(), 2, "{}", ran.out);
    assert_eq!(lines[0]["event"], "verification");
    assert!(lines[0]["user_code"].is_string() && lines[0]["verification_uri"].is_string());
    assert_eq!((&lines[1]["ok"], &lines[1]["command"]), (&true.into(), &"login".into()));
    let alone = user.run(&["login", "--json", "--no-events"]).code(0);
    assert_eq!(alone.json()["ok"], true, "the document alone: {}", alone.out);
    // The URL is remembered with the login: nothing has to be named any more.
    let user = user.with("TOPUP_PORTAL_URL", "");
    user.run(&["state", "--get", "balance_usd"]).code(0).prints("142.5");
    user.run(&["logout", "--json"]).code(0);
    let document =
        user.with("TOPUP_PORTAL_URL", &server.url).run(&["state", "--json"]).code(10).json();
    assert_eq!(document["error"]["recovery"], "login");
}

#[test]
fn a_denied_login_says_so() {
    let server = Server::start(&[]);
    server.keeper().set("interval=1s");
    let user = User::new().with("TOPUP_PORTAL_URL", &server.url);
    let arguments = ["login", "--json"];
    let mut child = user.command(&arguments).stderr(Stdio::null()).spawn().expect("it starts");
    let mut out = BufReader::new(child.stdout.take().expect("a pipe"));
    let mut line = String::new();
    out.read_line(&mut line).expect("the event");
    let event: serde_json::Value = serde_json::from_str(&line).expect("JSON");
    let code = event["user_code"].as_str().expect("a code");
    press(&server, code, "deny", false);
    let mut rest = String::new();
    out.read_to_string(&mut rest).expect("the document");
    let document: serde_json::Value = serde_json::from_str(&rest).expect("one document");
    assert_eq!(child.wait().expect("a status").code(), Some(16));
    assert_eq!(document["error"]["class"], "login_denied");
}

/// Presses a button of the page where logins are approved, as a browser does.
pub fn press(server: &Server, code: &str, answer: &str, tick: bool) {
    let curl = |arguments: &[&str]| {
        let output = std::process::Command::new("curl")
            .args(["-sS", "-q"])
            .args(arguments)
            .output()
            .expect("curl");
        String::from_utf8(output.stdout).expect("text")
    };
    let page = curl(&[&format!("{}/device?user_code={code}", server.url)]);
    assert!(page.contains(code) && page.contains("Sandbox"), "{page}");
    let word = page
        .split("name=\"form_word\" value=\"")
        .nth(1)
        .and_then(|rest| rest.split('"').next())
        .expect("a word");
    let url = format!("{}/device", server.url);
    let without_word = curl(&[
        "-o",
        "/dev/null",
        "-w",
        "%{http_code}",
        "-d",
        &format!("user_code={code}&answer={answer}"),
        &url,
    ]);
    assert_eq!(without_word, "403", "a form of another site has no word of ours");
    let tick = if tick { "&allow_billing=yes" } else { "" };
    let data = format!("form_word={word}&user_code={code}&answer={answer}{tick}");
    assert_eq!(curl(&["-o", "/dev/null", "-w", "%{http_code}", "-d", &data, &url]), "303");
}

#[test]
fn a_login_can_be_begun_here_and_finished_later() {
    for tick in [true, false] {
        let server = Server::start(&[]);
        let user = User::new().with("TOPUP_PORTAL_URL", &server.url);
        let begun = user.run(&["login", "--step-up", "--no-wait", "--json"]).code(0);
        assert!(!begun.err.contains("Waiting"), "nobody waits: {}", begun.err);
        let last = begun.out.lines().last().expect("a document");
        let document: serde_json::Value = serde_json::from_str(last).expect("JSON");
        assert_eq!(document["data"]["status"], "pending");
        press(&server, document["data"]["user_code"].as_str().expect("a code"), "approve", tick);
        let code = if tick { 0 } else { 16 };
        user.run(&["login", "--finish", "--json"]).code(code);
        user.run(&["buy", "25", "--yes"]).code(if tick { 0 } else { 12 });
    }
}

#[test]
fn a_token_is_taken_from_standard_input_and_shown_nowhere() {
    let server = Server::start(&[]);
    let user = User::new().with("TOPUP_PORTAL_URL", &server.url);
    let ran = user
        .run_with_input(&["login", "--token-stdin", "--json"], &format!("{}\n", server.token))
        .code(0);
    assert!(!ran.out.contains(&server.token) && !ran.err.contains(&server.token));
    let ran = user
        .run(&["buy", "25", "--yes", "-v"])
        .code(0)
        .says("authorization: [cut out]")
        .says("POST");
    assert!(!ran.err.contains(&server.token), "{}", ran.err);
    let journal = std::fs::read(user.file("journal.db")).expect("a journal");
    assert!(
        !journal.windows(40).any(|part| part == &server.token.as_bytes()[..40]),
        "no token in the journal"
    );
    user.run_with_input(&["login", "--token-stdin"], "two words\n").code(2);
    user.run_with_input(&["login", "--token-stdin"], "").code(2);
}

#[test]
fn a_token_from_the_environment_is_used_as_it_is_and_never_refreshed() {
    let server = Server::start(&[]);
    let user = server.user();
    user.run(&["state", "--get", "balance_usd"]).code(0).prints("142.5");
    server.keeper().set("clock=+20m");
    user.run(&["buy", "25", "--yes", "--json"]).code(10).failed("not_logged_in", Some("no"));
    let seen = server.keeper().seen();
    assert!(seen.iter().all(|call| call != "POST /api/oauth/token"), "{seen:?}");
    assert!(!user.file("credentials.json").exists());
    let looking = server.user().with("TOPUP_TOKEN", &server.token_without_scope);
    looking.run(&["buy", "25", "--yes"]).code(10);
}

#[test]
fn logins_stay_at_their_portal_and_profile() {
    let (one, two) = (Server::start(&["--auto-approve"]), Server::start(&["--auto-approve"]));
    one.keeper().set("interval=1s");
    let user = User::new().with("TOPUP_PORTAL_URL", &one.url);
    user.run(&["login"]).code(0);
    std::fs::write(user.file("config.toml"), "[profiles.work]\n").expect("written");
    user.run(&["state"]).code(0);
    user.run(&["state", "--profile", "work", "--json"]).code(10).failed("not_logged_in", None);
    user.run(&["state", "--portal-url", &two.url, "--json"]).code(10).failed("not_logged_in", None);
    assert!(two.keeper().seen().is_empty(), "no token went to another portal");
}

#[test]
fn a_used_refresh_token_revokes_and_says_to_log_in() {
    let user = newcomer();
    user.run(&["sandbox", "revoke", "session"]).code(0);
    let ran = user.run(&["state"]).code(11).says("topup --sandbox login");
    assert!(ran.out.is_empty());
    user.run(&["login", "--approve"]).code(0);
    user.run(&["state"]).code(0);
}

#[test]
fn a_login_that_waits_at_the_sandbox_is_found_there_and_not_at_its_old_port() {
    let server = Server::start(&[]);
    let user = User::new();
    user.run(&["--sandbox", "login", "--finish"]).code(10).says("to finish at the sandbox");
    let begun = user.run(&["--sandbox", "login", "--no-wait"]).code(0);
    assert!(!begun.out.contains("http"), "the page has ended with that run: {}", begun.out);
    begun.prints("shown by 'topup sandbox serve'");
    let scripted = user.run(&["--sandbox", "login", "--no-wait", "--json"]).code(0);
    assert!(!scripted.err.contains("http"), "nor for a person beside it: {}", scripted.err);
    let elsewhere = ["login", "--finish", "--portal-url", &server.url];
    let ran = user.run(&elsewhere).code(10);
    ran.says("'topup --profile default --sandbox login --finish'");
    user.run(&["login", "--finish", "--profile", "default", "--sandbox", "--approve"]).code(0);
}

/// The portal knows topup under the name of another program: a person hears of it before the page
/// shows it.
#[test]
fn the_name_that_the_page_shows_is_said_before_the_page_is_opened() {
    let server = Server::start(&[]);
    server.keeper().set("interval=1s");
    let user = User::new().with("TOPUP_PORTAL_URL", &server.url);
    let begun = user.run(&["login", "--no-wait"]).code(0);
    let begun =
        begun.prints("The page calls this program 'hermes-cli'; approve it under that name.");
    let code = begun.out.split_whitespace().skip_while(|word| *word != "code").nth(1);
    let page = std::process::Command::new("curl")
        .args(["-sS", "-q", &format!("{}/device?user_code={}", server.url, code.expect("a code"))])
        .output()
        .expect("curl");
    let page = String::from_utf8(page.stdout).expect("text");
    assert!(page.contains("hermes-cli"), "{page}");
    let mut child = user.command(&["login", "--no-browser"]).spawn().expect("it starts");
    let mut said = BufReader::new(child.stderr.take().expect("a pipe")).lines();
    let mut code = String::new();
    for line in said.by_ref() {
        let line = line.expect("text");
        if let Some(shown) = line.trim().strip_prefix("code ") {
            code = shown.trim().to_owned();
        }
        if line.contains("The page calls this program 'hermes-cli'") {
            break;
        }
    }
    press(&server, &code, "deny", false);
    drop(said.last());
    assert_eq!(child.wait().expect("a status").code(), Some(16));
    // Where nobody opens a page, there is nothing to compare and nothing to tick.
    let sandbox = User::new().with("TOPUP_SANDBOX", "1");
    let ran = sandbox.run(&["login", "--step-up", "--approve"]).code(0);
    let ran = ran.says("--approve approves it here, and allows buying.");
    assert!(!ran.err.contains("tick"), "{}", ran.err);
}
