//! Promise: a link that is no http(s) link of the portal is not opened; one that is, is opened
//! without a shell, by a program that nobody can have planted.
//!
//! Faults 29 to 32 and 57.

use crate::ciris::{act, browse};
use crate::prompts::{at_a_terminal, code};
use crate::scripted::{Scripted, Told};
use crate::support::{Server, User, until};
use serde_json::json;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Links that are not the portal's, whoever gives them.
const FOREIGN: &[&str] = &[
    // Fault 29: no page of the web.
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    "file:///etc/passwd",
    "file://localhost/x",
    "data:text/html,<script>x</script>",
    "vscode:extension/evil",
    "ms-msdt:/id",
    "ftp://evil.example/",
    "mailto:x@evil.example",
    "blob:http://127.0.0.1/x",
    "view-source:http://evil.example",
    // Fault 30: relative, and somewhere else all the same.
    "//evil.example",
    "\\\\evil.example",
    "/\\evil.example",
    "/\t/evil.example",
    "\n//evil.example",
    "\u{1}//evil.example",
    "https:evil.example",
    "http:\\\\evil.example",
    "///evil.example",
    // Fault 31: with a user, at another port, with a dot, by a look-alike.
    "https://portal@evil.example/",
    "http://user@127.0.0.1/",
    "http://127.0.0.1:1/x",
    "https://127.0.0.1/",
    "http://127.0.0.1./",
    "http://localhost/",
    "http://127.1/x",
    "https://xn--prtal-jua.example/",
    "https://pörtal.example/",
    "https://127.0.0.1.evil.example/",
    "http://[::1]/",
    "http://0x7f.0.0.1:9/",
];

/// A program that notes what it was called with; gives it and its notes.
fn recorder(folder: &Path) -> (PathBuf, PathBuf) {
    let (program, notes) = (folder.join("recorder"), folder.join("notes"));
    let script = format!(
        "#!/bin/sh\n{{ echo \"$#\"; printf '%s\\n' \"$@\"; echo \"PATH=$PATH\"; pwd; env; }} > '{0}.new'\nmv '{0}.new' '{0}'\n",
        notes.display()
    );
    plant(&program, &script);
    (program, notes)
}

fn plant(program: &Path, script: &str) {
    fs::write(program, script).expect("written");
    fs::set_permissions(program, fs::Permissions::from_mode(0o755)).expect("changed");
}

/// The lines that were noted, once there are some.
fn noted(notes: &Path) -> Vec<String> {
    until("something is opened", || notes.exists());
    let text = fs::read_to_string(notes).expect("notes");
    fs::remove_file(notes).expect("removed");
    text.lines().map(str::to_owned).collect()
}

/// A portal whose login leads to these pages and is denied at once.
fn login_at(page: &str, with_code: &str) -> Scripted {
    let begun = json!({"device_code": "device", "user_code": "ABCD-1234", "verification_uri": page,
        "verification_uri_complete": with_code, "expires_in": 60, "interval": 1})
    .to_string();
    Scripted::new(move |asked| match asked.line.as_str() {
        "POST /api/oauth/device/code" => Told::Json(200, begun.clone()),
        _ => Told::Json(400, r#"{"error":"access_denied"}"#.into()),
    })
}

/// What a login at a terminal showed.
fn log_in(portal: &Scripted, browser: &Path) -> String {
    let user = User::new()
        .with("TOPUP_PORTAL_URL", &portal.url)
        .with("BROWSER", browser.to_str().expect("text"));
    let mut session = at_a_terminal(&user, &["login"]);
    let told = session.exp_eof().expect("the end");
    assert_eq!(code(session), 16, "{told}");
    told
}

/// Both pages of a login, one foreign, both foreign: nothing but the portal's own is opened.
#[track_caller]
fn not_opened(links: &[&str]) {
    let folder = tempfile::tempdir().expect("a folder");
    let (browser, notes) = recorder(folder.path());
    for (number, link) in links.iter().enumerate() {
        let told = log_in(&login_at(link, link), &browser);
        assert!(told.contains("so it is not opened"), "{link}: {told}");
        assert!(!notes.exists(), "{link} was opened");
        let page = told.lines().find(|line| line.contains("  page  ")).expect("its line");
        let bare = |c: char| c.is_control() && c != '\r' && c != '\u{1b}';
        assert!(!page.contains(bare), "{page:?}");
        if number % 3 != 0 {
            continue;
        }
        // The page beside it is the portal's: that one is opened, and the foreign one not shown.
        let portal = login_at("/device", link);
        let told = log_in(&portal, &browser);
        assert_eq!(noted(&notes)[..2], ["1".to_owned(), format!("{}/device", portal.url)]);
        assert!(!told.contains("evil"), "{link}: {told}");
    }
}

#[test]
fn fault_29_what_is_no_page_of_the_web_is_shown_and_not_opened() {
    not_opened(&FOREIGN[..11]);
}

#[test]
fn fault_30_what_leads_elsewhere_after_joining_is_not_opened() {
    not_opened(&FOREIGN[11..20]);
}

#[test]
fn fault_31_a_link_with_another_authority_is_not_opened() {
    not_opened(&FOREIGN[20..]);
}

/// No answer's link but the portal's own is told as a page to go to.
#[track_caller]
fn not_told(links: &[&str]) {
    for link in links {
        let link = (*link).to_owned();
        let portal = Scripted::new(move |asked| {
            let link = &link;
            match asked.line.split('?').next().unwrap_or_default() {
                "GET /api/billing/state" => Told::Json(
                    200,
                    json!({"balanceUsd": "1", "canChangePlan": true, "portalUrl": link})
                        .to_string(),
                ),
                "POST /api/billing/charge" => Told::Json(
                    403,
                    json!({"error": "no_payment_method", "portalUrl": link, "recoveryUrl": link})
                        .to_string(),
                ),
                "GET /v1/api/billing/credits" => Told::Json(
                    200,
                    json!({"has_credit": true, "credits_remaining": 1, "portal_url": link})
                        .to_string(),
                ),
                "POST /v1/api/billing/purchase/initiate" => Told::Json(
                    200,
                    json!({"payment_id": "pi_1", "amount_minor": 500, "currency": "USD",
                        "portal_url": link, "return_url": link})
                    .to_string(),
                ),
                _ => Told::Json(200, r#"{"status":"requires_payment_method"}"#.into()),
            }
        });
        for (system, arguments) in [
            ("nous", &["state", "--json"][..]),
            ("nous", &["buy", "25", "--yes", "--json"]),
            ("ciris", &["state", "--json"]),
            ("ciris", &["buy", "--yes", "--no-wait", "--json"]),
        ] {
            let user = portal.user(system);
            let document = user.run(arguments).json();
            let page = [&document["data"], &document["error"]]
                .into_iter()
                .find_map(|part| part["portal_url"].as_str())
                .unwrap_or_else(|| panic!("no page in {document}"));
            assert!(page.starts_with(&portal.url), "{page}");
            assert!(!document.to_string().contains("evil"), "{document}");
        }
    }
}

#[test]
fn fault_29_no_answer_sends_anybody_to_what_is_no_page_of_the_web() {
    not_told(&FOREIGN[..11]);
}

#[test]
fn fault_30_no_answer_sends_anybody_elsewhere() {
    not_told(&FOREIGN[11..20]);
}

#[test]
fn fault_31_no_answer_sends_anybody_to_another_authority() {
    not_told(&FOREIGN[20..]);
}

#[test]
fn fault_31_a_base_url_is_one_origin_without_a_user() {
    let user = User::new();
    for url in [
        "https://user@portal.example",
        "https://:x@portal.example",
        "https://portal.example?x",
        "https://portal.example#x",
        "javascript:alert(1)",
        "file:///etc",
        "portal.example",
        "//x",
        "http://portal.example",
        "http://127.0.0.1.evil.example",
        "http://localhost.evil.example",
    ] {
        user.run(&["open", "--portal-url", url, "--json"]).code(4).failed("config", None);
    }
}

#[test]
fn fault_32_a_link_is_one_argument_of_no_shell_and_begins_with_http() {
    let folder = tempfile::tempdir().expect("a folder");
    let (browser, notes) = recorder(folder.path());
    let mark = folder.path().join("mark");
    let shell = format!("/device?a=1&b=2|c^%22$(touch {0})`touch {0}`;touch {0}", mark.display());
    for link in
        ["-evil", "--help", "-e%20x", "/device?x=%PATH%&calc.exe", "/a b", &shell, "?-x", "#-y"]
    {
        let portal = login_at(link, link);
        let told = log_in(&portal, &browser);
        let lines = noted(&notes);
        assert_eq!(lines[0], "1", "{link}: {lines:?}");
        assert!(lines[1].starts_with(&format!("{}/", portal.url)), "{link}: {lines:?}\n{told}");
        assert!(!lines[1].contains([' ', '"', '<', '>']), "written anew: {lines:?}");
        assert!(!mark.exists(), "a shell has read {link}");
    }
    // With arguments of its own, and the link where it wants it.
    let text = browser.to_str().expect("text");
    let words = PathBuf::from(format!("{text} --new-window --url=%s"));
    let portal = login_at("/device", "/device?c=1");
    log_in(&portal, &words);
    let expected = ["2", "--new-window", &format!("--url={}/device?c=1", portal.url)];
    assert_eq!(noted(&notes)[..3], expected);
}

#[test]
fn fault_57_a_planted_opener_is_not_started() {
    let planted = tempfile::tempdir().expect("a folder");
    let mark = planted.path().join("mark");
    let script = format!("#!/bin/sh\necho \"$0\" >> '{}'\n", mark.display());
    let portal = login_at("/device", "/device?c=1");
    let user = User::new().with("TOPUP_PORTAL_URL", &portal.url);
    for folder in [planted.path(), user.home()] {
        for name in [
            "xdg-open",
            "open",
            "gio",
            "kde-open",
            "wslview",
            "sensible-browser",
            "x-www-browser",
            "www-browser",
            "firefox",
            "chromium",
            "google-chrome",
            "w3m",
            "links",
            "planted",
            "sh",
            "env",
        ] {
            plant(&folder.join(name), &script);
        }
    }
    let path = format!(".:{}::{}:/usr/bin:/bin", user.home().display(), planted.path().display());
    // The plants work: whoever looks for them there finds them.
    let mut shell = Command::new("/bin/sh");
    shell.args(["-c", "xdg-open x"]).env("PATH", &path).current_dir(user.home());
    assert!(shell.status().expect("a shell").success() && mark.exists());
    fs::remove_file(&mark).expect("removed");
    let user = user.with("PATH", &path);
    for browser in ["", "xdg-open", "./xdg-open", "firefox", "planted", "bin/../planted", "sh", ":"]
    {
        let user = User::new()
            .with("TOPUP_PORTAL_URL", &portal.url)
            .with("PATH", &path)
            .with("BROWSER", browser);
        for arguments in [&["login"][..], &["open"]] {
            let mut session = at_a_terminal_in(&user, arguments, planted.path());
            let told = session.exp_eof().expect("the end");
            let ended = code(session);
            assert!(matches!(ended, 0 | 16), "{told}");
            assert!(!mark.exists(), "{browser}: {:?}", fs::read_to_string(&mark));
        }
    }
    drop(user);
}

/// The same as at a terminal, in this folder.
fn at_a_terminal_in(
    user: &User,
    arguments: &[&str],
    folder: &Path,
) -> rexpect::session::PtySession {
    let piped = user.command(arguments);
    let mut command = Command::new(piped.get_program());
    command.args(arguments).env_clear().env("TERM", "xterm").current_dir(folder);
    for (name, value) in piped.get_envs() {
        if let Some(value) = value {
            command.env(name, value);
        }
    }
    rexpect::session::spawn_command(command, Some(20_000)).expect("it starts")
}

#[test]
fn fault_57_an_opener_gets_no_path_of_others_no_folder_and_no_secret() {
    let folder = tempfile::tempdir().expect("a folder");
    let (browser, notes) = recorder(folder.path());
    let portal = Scripted::new(|_| Told::Json(200, "{}".into()));
    let user = portal
        .user("nous")
        .with("PATH", ".:/planted:/usr/bin:/bin")
        .with("TOPUP_SMTP_URL", "smtp://me:hunter2@x.example")
        .with("BROWSER", browser.to_str().expect("text"));
    let mut session = at_a_terminal(&user, &["open"]);
    session.exp_string("/billing?topup=open").expect("the link");
    assert_eq!(code(session), 0);
    let lines = noted(&notes);
    assert_eq!(lines[..2], ["1".to_owned(), format!("{}/billing?topup=open", portal.url)]);
    assert!(lines.contains(&"/".to_owned()), "it is in no folder of a project: {lines:?}");
    for line in &lines {
        assert!(!line.contains("planted") && !line.contains("PATH=."), "{line}");
        for secret in ["the-secret-key", "hunter2", "TOPUP_TOKEN"] {
            assert!(!line.contains(secret), "{line}");
        }
    }
}

#[test]
fn fault_29_a_page_of_the_sandbox_leads_only_to_pages_of_the_web() {
    let server = Server::start(&[]);
    let token = server.agent_token();
    for link in FOREIGN[..20].iter().chain(&["https://shop.example/paid?x=\"><script>"]) {
        // As a program says it that is not this one.
        let output = Command::new("curl")
            .args(["-sS", "-q", "-H", "Content-Type: application/json", "-H"])
            .arg(format!("Authorization: Bearer {token}"))
            .args(["-d", &json!({ "return_url": link }).to_string()])
            .arg(format!("{}/v1/api/billing/purchase/initiate", server.url))
            .output()
            .expect("curl");
        let told: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
        let told = told.get("data").unwrap_or(&told);
        let Some(id) = told["payment_id"].as_str() else { continue };
        let page = format!("{}/ciris/payment/{id}", server.url);
        act(&server, &page, "act=pay&number=4242424242424242");
        let (status, text) = browse(&server, "GET", &format!("/ciris/payment/{id}"), "");
        assert_eq!(status, 200);
        assert!(text.contains("Paid."), "{text}");
        for part in text.split(" href=\"").skip(1) {
            let target = part.split('"').next().unwrap_or_default();
            // A place on the page itself, and the picture in its tab.
            let own = target.starts_with(['/', '#']) || target.starts_with("data:image/svg+xml,");
            assert!(own || target.starts_with("http"), "{link}: {target}");
            assert!(!target.starts_with("//") && !target.contains(['<', '>']), "{target}");
        }
        assert!(!text.contains("<script>"), "{text}");
    }
    // And this one sends none that is no page of the web.
    for link in FOREIGN[..20].iter().filter(|link| !link.starts_with("http")) {
        let user = server.user().with("TOPUP_PROVIDER", "ciris").with("TOPUP_TOKEN", &token);
        user.run(&["buy", "--yes", "--return-url", link]).code(2);
    }
}
