//! Promise: the file of a repository may choose a system and a profile and nothing more; a login at
//! a portal that says absurd things ends, and takes no more than was granted.
//!
//! Faults 56 and 58.

use crate::scripted::{Scripted, Told};
use crate::support::{Ran, Server, User};
use serde_json::{Value, json};
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// Nothing here may take longer, whatever is said.
const PROMPT: Duration = Duration::from_secs(10);

fn project(user: &User, text: &str) {
    fs::write(user.file(".topup.toml"), text).expect("written");
}

#[test]
fn fault_56_a_project_file_sets_nothing_but_provider_and_profile() {
    let evil = Scripted::new(|_| Told::Json(200, r#"{"balanceUsd":"1"}"#.into()));
    let user = User::new().with("TOPUP_TOKEN", "the-secret-key");
    for line in [
        format!("portal_url = '{}'", evil.url),
        "client_id = 'x'".into(),
        "credential_command = ['./evil']".into(),
        "max_per_purchase = '1000000'".into(),
        "max_per_day = '1000000'".into(),
        "max_per_month = '1000000'".into(),
        "ledger_url = 'postgres://evil.example/x'".into(),
        "mandate = 'other'".into(),
        "default_profile = 'x'".into(),
        "insecure_http = true".into(),
        "token = 'x'".into(),
        "yes = true".into(),
        "sandbox = false".into(),
        format!("[profiles.default]\nportal_url = '{}'", evil.url),
        format!("profiles.default.portal_url = '{}'", evil.url),
        "[profiles.default]\nmax_per_day = '1000000'".into(),
        "[env]\nTOPUP_YES = '1'".into(),
        "provider = ['nous']".into(),
        "provider = 'evil'".into(),
        "profile = 7".into(),
        "profile = 'nobody'".into(),
        "profile = '../../x'".into(),
        "profile = \"\\u001b[2J\"".into(),
        "provider = 'nous'\nprovider = 'ciris'".into(),
        "\u{feff}portal_url = 'x'".into(),
        "\0".into(),
        "[".repeat(10_000),
        format!("provider = {}{}", "[".repeat(10_000), "]".repeat(10_000)),
        format!("{} = 1", "x".repeat(60_000)),
    ] {
        project(&user, &line);
        for arguments in [&["state", "--json"][..], &["buy", "25", "--yes", "--json"]] {
            let ran = user.run(arguments).code(4);
            ran.failed("config", arguments.contains(&"buy").then_some("no"));
            let told = format!("{}{}", ran.out, ran.err);
            assert!(!told.contains('\u{1b}') && told.len() < 20_000, "{}", told.len());
        }
        assert!(!user.file("journal.db").exists(), "{line}");
    }
    assert!(evil.seen().is_empty(), "no token went there");
}

#[test]
fn fault_56_a_project_file_of_any_kind_is_told_and_never_waited_for() {
    let user = User::new().with("TOPUP_SANDBOX", "1");
    let file = user.file(".topup.toml");
    let secret = user.file("secret");
    fs::write(&secret, "aws_secret_key hunter2\n").expect("written");
    let kinds: [(&str, &dyn Fn()); 8] = [
        ("is not a plain file", &|| {
            assert!(Command::new("mkfifo").arg(&file).status().expect("mkfifo").success());
        }),
        ("is not a plain file", &|| fs::create_dir(&file).expect("made")),
        ("is not a plain file", &|| symlink("/dev/zero", &file).expect("linked")),
        ("is a link to something else", &|| symlink(&secret, &file).expect("linked")),
        ("cannot be read", &|| symlink(&file, &file).expect("linked")),
        ("cannot be read", &|| symlink("nowhere", &file).expect("linked")),
        ("too large", &|| {
            let huge = fs::File::create(&file).expect("made");
            // A hole of a terabyte, or as much of it as this disk allows.
            let _ = huge.set_len(1 << 40).or_else(|_| huge.set_len(1 << 30));
        }),
        ("cannot be read", &|| fs::write(&file, b"\xff\xfe").expect("written")),
    ];
    for (why, make) in kinds {
        make();
        let started = Instant::now();
        let ran = user.run(&["state", "--json"]).code(4).says(why);
        ran.failed("config", None);
        assert!(started.elapsed() < PROMPT, "{why}");
        assert!(!ran.err.contains("hunter2") && !ran.out.contains("hunter2"), "{}", ran.err);
        assert!(!ran.err.contains("aws_secret"), "{}", ran.err);
        fs::remove_file(&file).or_else(|_| fs::remove_dir(&file)).expect("removed");
    }
    // One that may not be read; whoever may read everything reads it.
    project(&user, "provider = 'nous'\n");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o000)).expect("changed");
    if fs::read(&file).is_err() {
        user.run(&["state", "--json"]).code(4).says("cannot be read");
    } else {
        user.run(&["state"]).code(0);
    }
    fs::remove_file(&file).expect("removed");
    // What needs no settings needs no project either.
    fs::create_dir(&file).expect("made");
    for arguments in [&["--version"][..], &["help"], &["explain"], &["schema"]] {
        user.run(arguments).code(0);
    }
}

#[test]
fn fault_56_the_nearest_file_above_counts_and_a_link_to_a_good_one_is_one() {
    let user = User::new().with("TOPUP_SANDBOX", "1");
    let deep = user.file("a/b/c");
    fs::create_dir_all(&deep).expect("made");
    let state_of = |expected: &str| {
        let arguments = ["state", "--json"];
        let mut command = user.command(&arguments);
        command.current_dir(&deep);
        let ran: Ran = user.finish(&arguments, command.spawn().expect("it starts"));
        assert_eq!(ran.json()["provider"], expected, "{}", ran.out);
    };
    project(&user, "provider = 'ciris'\n");
    state_of("ciris");
    fs::write(user.file("a/b/real.toml"), "provider = 'byterover'\n").expect("written");
    symlink("real.toml", user.file("a/b/.topup.toml")).expect("linked");
    state_of("byterover");
}

#[test]
fn fault_56_a_project_sends_no_token_to_a_place_that_only_it_has_chosen() {
    let mine = Scripted::new(|_| Told::Json(200, r#"{"balanceUsd":"1"}"#.into()));
    let other = Scripted::new(|_| Told::Json(200, r#"{"balanceUsd":"2"}"#.into()));
    let user = User::new().with("TOPUP_TOKEN", "the-secret-key");
    let config = format!(
        "[profiles.default]\nportal_url = '{}'\n[profiles.other]\nportal_url = '{}'\n\
         [profiles.agent]\nprovider = 'ciris'\nportal_url = '{}'\n",
        mine.url, other.url, other.url
    );
    fs::write(user.file("config.toml"), config).expect("written");
    user.run(&["state"]).code(0);
    let before = mine.seen().len();
    for text in
        ["profile = 'other'", "profile = 'agent'", "provider = 'byterover'", "provider = 'ciris'"]
    {
        project(&user, text);
        for arguments in
            [&["state", "--json"][..], &["buy", "25", "--yes", "--json"], &["whoami", "--json"]]
        {
            let ran = user.run(arguments).code(4).says("TOPUP_TOKEN is not sent");
            assert!(!ran.err.contains("the-secret-key"), "{}", ran.err);
        }
    }
    assert!(other.seen().is_empty(), "the token went elsewhere");
    assert_eq!(mine.seen().len(), before);
    // Whoever names the place has chosen it.
    project(&user, "profile = 'agent'");
    user.run(&["state", "--profile", "other"]).code(0);
    user.run(&["state", "--portal-url", &mine.url, "--provider", "nous"]).code(0);
    project(&user, "profile = 'default'");
    user.run(&["state"]).code(0);
}

#[test]
fn fault_56_a_project_raises_no_limit() {
    let server = Server::start(&[]);
    let user = server.user();
    let config = "default_profile = \"careful\"\n[profiles.careful]\nmax_per_purchase = \"20\"\n\
                  max_per_day = \"30\"\n[profiles.rich]\nmax_per_purchase = \"5000\"\n";
    fs::write(user.file("config.toml"), config).expect("written");
    for text in ["", "profile = 'rich'", "profile = 'default'"] {
        project(&user, text);
        user.run(&["buy", "25", "--yes", "--json"]).code(5).failed("spend_guard", Some("no"));
        user.run(&["buy", "25", "--yes", "--dry-run", "--json"]).code(5);
    }
    assert_eq!(server.count_charges(), 0);
    user.run(&["buy", "25", "--yes", "--profile", "rich"]).code(0);
    assert_eq!(server.count_charges(), 1);
}

/// A portal whose login begins with this and goes on with that for ever.
fn portal(change: &Value, then: impl Fn(usize) -> Told + Send + Sync + 'static) -> Scripted {
    let mut begun = json!({"device_code": "device", "user_code": "ABCD-1234",
        "verification_uri": "/device", "verification_uri_complete": "/device?c=1",
        "expires_in": 600, "interval": 1});
    for (key, value) in change.as_object().expect("an object") {
        begun[key] = value.clone();
    }
    let asked_before = AtomicUsize::new(0);
    Scripted::new(move |asked| match asked.line.as_str() {
        "POST /api/oauth/device/code" => Told::Json(200, begun.to_string()),
        "POST /api/oauth/token" => then(asked_before.fetch_add(1, Ordering::SeqCst)),
        _ => Told::Json(200, r#"{"balanceUsd":"1"}"#.into()),
    })
}

fn says(word: &str) -> Told {
    Told::Json(400, json!({ "error": word }).to_string())
}

fn tokens(scope: &Value) -> Told {
    let tokens = json!({"access_token": "access-secret", "refresh_token": "refresh-secret",
        "token_type": "Bearer", "expires_in": 900, "scope": scope});
    Told::Json(200, tokens.to_string())
}

fn at(portal: &Scripted) -> User {
    User::new().with("TOPUP_PORTAL_URL", &portal.url)
}

/// The line that a login in JSON begins with.
fn event(ran: &Ran) -> Value {
    serde_json::from_str(ran.out.lines().next().expect("a line")).expect("JSON")
}

#[test]
fn fault_58_every_number_of_a_login_is_clamped() {
    for (interval, told) in [
        (json!(0), 1),
        (json!(-1), 1),
        (json!("-1"), 1),
        (json!(1_000_000_000), 60),
        (json!("1000000000"), 60),
        (json!(1_000_000_000_000_000_000_000_u128.to_string()), 5),
        (json!(null), 5),
        (json!([]), 5),
        (json!("soon"), 5),
    ] {
        let portal = portal(&json!({ "interval": interval }), |_| says("access_denied"));
        let ran = at(&portal).run(&["login", "--json"]).code(16);
        assert_eq!(event(&ran)["interval"], told, "{interval}");
    }
    for (lasts, told) in [
        (json!(-5), 1),
        (json!("-5"), 1),
        (json!(0), 1),
        (json!(1_000_000_000_000_u64), 1800),
        (json!("999999"), 1800),
        (json!("never"), 600),
        (json!({}), 600),
    ] {
        let portal = portal(&json!({ "expires_in": lasts }), |_| says("access_denied"));
        let ran = at(&portal).run(&["login", "--json"]).code(16);
        assert_eq!(event(&ran)["expires_in"], told, "{lasts}");
    }
}

#[test]
fn fault_58_a_login_that_never_comes_has_an_end_and_is_not_asked_for_in_a_rush() {
    for word in ["slow_down", "authorization_pending"] {
        let portal = portal(&json!({"interval": 0, "expires_in": 3}), move |_| says(word));
        let started = Instant::now();
        let ran = at(&portal).run(&["login", "--json"]).code(16);
        assert!(started.elapsed() < PROMPT, "{word}");
        assert!(ran.err.contains("not approved in time"), "{}", ran.err);
        let asked = portal.lines().iter().filter(|line| line.ends_with("/token")).count();
        assert!((1..=4).contains(&asked), "{word}: asked {asked} times in 3 seconds");
    }
}

#[test]
fn fault_58_what_is_granted_after_its_time_is_not_taken() {
    let all = json!("inference:invoke billing:manage");
    let portal = portal(&json!({}), move |_| tokens(&all));
    let user = at(&portal);
    user.run(&["login", "--no-wait", "--json"]).code(0);
    // The clock goes on: what was begun is over.
    let file = user.file("credentials.json");
    let mut kept: Value =
        serde_json::from_str(&fs::read_to_string(&file).expect("kept")).expect("JSON");
    kept["pending"][0]["expires_at"] = "2020-01-01T00:00:00Z".into();
    fs::write(&file, kept.to_string()).expect("written");
    user.run(&["login", "--finish", "--json"]).code(16).failed("login_denied", None);
    assert!(portal.lines().iter().all(|line| !line.ends_with("/token")), "not even asked for");
    let text = fs::read_to_string(&file).expect("kept");
    assert!(!text.contains("access-secret") && !text.contains("device_code"), "{text}");
    // A clock that went back does not make it last longer than any login does.
    user.run(&["login", "--no-wait", "--json"]).code(0);
    let mut kept: Value =
        serde_json::from_str(&fs::read_to_string(&file).expect("kept")).expect("JSON");
    kept["pending"][0]["expires_at"] = "2999-01-01T00:00:00Z".into();
    kept["pending"][0]["interval"] = 1_000_000_000_u64.into();
    fs::write(&file, kept.to_string()).expect("written");
    user.run(&["login", "--finish", "--json"]).code(0);
}

#[test]
fn fault_58_a_narrower_scope_is_told_and_is_no_permission() {
    for scope in [
        json!("inference:invoke"),
        json!(""),
        json!(null),
        json!(["inference:invoke"]),
        json!("inference:invoke billing:managed"),
        json!("xbilling:manage BILLING:MANAGE"),
        json!("billing:manage\u{200b}"),
        json!(7),
    ] {
        let told = scope.clone();
        let portal = portal(&json!({}), move |_| tokens(&told));
        let user = at(&portal);
        let ran = user.run(&["login", "--step-up", "--json"]).code(16);
        let last: Value =
            serde_json::from_str(ran.out.lines().last().expect("a line")).expect("JSON");
        assert_eq!(last["error"]["class"], "login_denied", "{scope}");
        assert_eq!(last["data"]["can_spend"], false, "{scope}");
        let who = user.run(&["whoami", "--json"]).code(0).json();
        assert_ne!(who["data"]["can_spend"], true, "{scope}: {who}");
        let all = format!("{}{}", ran.out, ran.err);
        assert!(!all.contains("access-secret") && !all.contains("refresh-secret"), "{all}");
    }
}

#[test]
fn fault_58_what_was_asked_for_and_not_granted_is_told() {
    let narrow = portal(&json!({}), |_| tokens(&json!("inference:invoke")));
    let login = ["login", "--scope", "inference:invoke other:thing more:things"];
    let ran = at(&narrow).run(&login).code(0);
    assert!(ran.err.contains("granted without: other:thing more:things."), "{}", ran.err);
    let ran = at(&narrow).run(&["login"]).code(0);
    assert!(!ran.err.contains("granted without"), "{}", ran.err);
}

#[test]
fn fault_58_a_code_that_could_lie_and_an_answer_without_sense_are_refused() {
    for change in [
        json!({"user_code": "AB\u{1b}[2J"}),
        json!({"user_code": "AB\u{9b}31m"}),
        json!({"user_code": "AB\r\nCD"}),
        json!({"user_code": "\u{202e}ABCD"}),
        json!({"user_code": "AB\u{200b}CD"}),
        json!({"user_code": "ＡＢ"}),
        json!({"user_code": ""}),
        json!({"user_code": 1234}),
        json!({"user_code": "X".repeat(1_000_000)}),
        json!({"device_code": ""}),
        json!({"device_code": null}),
        json!({"device_code": "x".repeat(100_000)}),
        json!({"verification_uri": null}),
        json!({"verification_uri": 7}),
    ] {
        let portal = portal(&change, |_| says("access_denied"));
        for arguments in
            [&["login", "--json"][..], &["login", "--color", "always"], &["login", "--no-wait"]]
        {
            let user = at(&portal);
            let ran = user.run(arguments).code(64);
            let told = format!("{}{}", ran.out, ran.err);
            assert!(!told.contains('\u{9b}') && !told.contains("[2J"), "{told}");
            assert!(told.len() < 4_000, "{}", told.len());
            assert!(
                !user.file("credentials.json").exists() || {
                    let kept = fs::read_to_string(user.file("credentials.json")).expect("kept");
                    !kept.contains("device_code")
                }
            );
        }
        assert!(portal.lines().iter().all(|line| !line.ends_with("/token")));
    }
}

#[test]
fn fault_58_a_page_on_another_host_is_not_taken_for_the_portals() {
    let evil = "https://evil.example/device?c=1";
    let one = portal(&json!({ "verification_uri_complete": evil }), |_| says("access_denied"));
    let ran = at(&one).run(&["login", "--json"]).code(16);
    assert!(event(&ran)["verification_uri_complete"].is_null(), "{}", ran.out);
    assert!(!ran.out.contains("evil") && !ran.err.contains("evil"), "{}", ran.err);
    let both = json!({"verification_uri": evil, "verification_uri_complete": evil});
    let two = portal(&both, |_| says("access_denied"));
    let ran = at(&two).run(&["login"]).code(16).says("not on 127.0.0.1");
    assert!(ran.err.contains("make sure that you trust it"), "{}", ran.err);
    // Beside the code stands where the login is, and what it is for (RFC 8628, section 5.4).
    let host = two.url.trim_start_matches("http://");
    assert!(ran.err.contains(&format!("Log in at {host}; topup asks for: inference:invoke")));
    // In a CI nothing begins a login by itself.
    let user = at(&two).with("CI", "true");
    let before = two.seen().len();
    user.run(&["state"]).code(10);
    user.run(&["buy", "25", "--yes"]).code(10);
    assert_eq!(two.seen().len(), before);
}
