//! Promise: with `--json` standard output carries exactly one document, on success and on every
//! failure; `--get` prints one value bare; a pipe gets plain text; no output that fails is a
//! success.

use crate::keys::is_written_as_promised;
use crate::support::{Canned, Server, User, topup};
use serde_json::Value;
use std::process::{Command, Stdio};

#[test]
fn every_failure_is_one_document_wrong_flags_included() {
    let user = User::new();
    for arguments in [
        &["--json"][..],
        &["--json", "nonsense"],
        &["buy", "--json"],
        &["buy", "25", "--bogus", "--json"],
        &["buy", "25", "26", "--json"],
        &["state", "--provider", "nobody", "--json"],
        &["buy", "25", "--wait", "soon", "--json"],
        &["buy", "25", "--once", "", "--json"],
        &["explain", "999", "--json"],
        &["buy", "25", "--once-since", "2026-11-20T12:00:00Z", "--json"],
        &["check", "--json"],
    ] {
        let error = user.run(arguments).code(2).json()["error"].clone();
        // What spends says that it did not, and what does not spend says nothing of it.
        let told = if arguments[0] == "buy" { "no".into() } else { Value::Null };
        assert_eq!(error["charged"], told, "{arguments:?}: {error}");
        assert_eq!(error["class"], "usage", "{arguments:?}: {error}");
    }
    // Each command of the ledger has a document of its own.
    for arguments in [
        &["ledger", "credit", "much", "--json"][..],
        &["--json", "ledger", "--mandate", "acme", "credit"],
    ] {
        let document = user.run(arguments).code(2).json();
        assert_eq!(document["command"], "ledger credit");
        assert_eq!(document["provider"], "ledger");
    }
    assert_eq!(user.run(&["ledger", "--json"]).code(2).json()["command"], "ledger");
    let user = user.with("TOPUP_JSON", "1");
    user.run(&["buy"]).code(2).json();
    user.with("TOPUP_JSON", "0").run(&["buy"]).code(2).says("AMOUNT");
}

/// The name of the schema that a run follows: the verbs of the plan have one each.
fn schema_of(run: &[&str]) -> String {
    if matches!(run[0], "journal" | "plan") { run[..2].join(" ") } else { run[0].to_owned() }
}

/// What is run on the sandbox, one after the other.
const RUNS: &[&[&str]] = &[
    &["state"],
    &["limit"],
    &["limit", "--require", "5000"],
    &["metrics"],
    &["auto-reload"],
    &["auto-reload", "20", "100", "--yes"],
    &["check", "--at-least", "1"],
    &["check", "--at-least", "1000000"],
    &["watch", "--below", "1000000", "--one-look"],
    &["watch", "--below", "1", "--one-look"],
    &["watch", "--below", "1", "--notify"],
    &["buy", "25"],
    &["buy", "25", "--yes"],
    &["buy", "25", "--dry-run"],
    &["buy", "0", "--yes"],
    &["ensure", "--at-least", "1", "--buy", "25"],
    &["ensure", "--at-least", "160", "--buy", "25"],
    &["ensure", "--at-least", "160", "--buy", "25", "--yes"],
    &["status"],
    &["status", "ch_unknown"],
    &["resume"],
    &["history"],
    &["history", "--chart"],
    &["journal", "backup", "copy.db"],
    &["journal", "accept"],
    &["journal", "import"],
    &["journal", "export"],
    &["whoami"],
    &["open"],
    &["doctor"],
    &["doctor", "--offline", "--profile", "nobody"],
    &["config", "path"],
    &["config", "list"],
    &["config", "get", "provider"],
    &["config", "get", "nonsense"],
    &["config", "set", "max_per_day", "5000"],
    &["config", "unset", "max_per_day"],
    &["explain", "20"],
    &["sandbox", "charges"],
    &["sandbox", "log"],
    &["sandbox", "faults", "list"],
    &["logout"],
    &["state"],
    &["team", "list", "--provider", "byterover"],
    &["team", "list"],
    &["state", "--provider", "byterover"],
    &["limit", "--provider", "byterover"],
    &["state", "--provider", "ciris"],
    &["limit", "--provider", "ciris"],
    &["check", "--at-least", "1", "--provider", "ciris"],
    &["buy", "--dry-run", "--provider", "ciris"],
    &["buy", "--yes", "--no-wait", "--show-client-secret", "--provider", "ciris"],
    &["buy", "7", "--yes", "--provider", "ciris"],
    &["buy", "--yes", "--provider", "ciris"],
    &["status", "--provider", "ciris"],
    &["resume", "--provider", "ciris"],
    &["history"],
    &["transactions", "--provider", "ciris"],
    &["transactions"],
    &["login", "--username", "nobody", "--provider", "ciris"],
    &["login", "--no-wait"],
    &["login", "--approve", "--no-browser"],
    &["login", "--approve", "--step-up", "--no-browser"],
    &["plan", "show"],
    &["plan", "preview", "plus"],
    &["plan", "upgrade", "plus", "--dry-run"],
    &["plan", "upgrade", "plus", "--yes"],
    &["plan", "upgrade", "plus", "--yes"],
    &["plan", "upgrade", "gold", "--yes"],
    &["plan", "change", "free", "--yes"],
    &["plan", "resume", "--yes"],
    &["plan", "cancel"],
    &["plan", "cancel", "--yes"],
    &["plan", "show"],
    &["history"],
    &["resume"],
];

#[test]
fn every_document_is_what_its_schema_says() {
    let user = User::on_sandbox();
    let all: Value = serde_json::from_str(&user.run(&["schema"]).code(0).out).expect("JSON");
    let verbs = all.as_object().expect("one schema a verb").keys();
    // Those of the ledger are run where the ledger is tested.
    for verb in verbs.filter(|verb| !verb.starts_with("ledger ")) {
        assert!(RUNS.iter().any(|run| schema_of(run) == *verb), "'{verb}' is never run");
    }
    for arguments in RUNS {
        let mut with_json = arguments.to_vec();
        with_json.push("--json");
        let ran = user.run(&with_json);
        // 'login' alone writes a line of its own first, for whoever has to approve it.
        let document = match arguments[0] {
            "login" => serde_json::from_str(ran.out.lines().last().expect("a line")).expect("JSON"),
            _ => ran.json(),
        };
        is_written_as_promised(&document);
        let schema = &all[schema_of(arguments)];
        let validator = jsonschema::validator_for(schema).expect("a schema");
        let wrong: Vec<String> =
            validator.iter_errors(&document).map(|wrong| wrong.to_string()).collect();
        assert!(wrong.is_empty(), "{arguments:?}: {wrong:?}\n{document}");
    }
    // The schema is strict enough to notice what is missing.
    let validator = jsonschema::validator_for(&all["state"]).expect("a schema");
    assert!(!validator.is_valid(&serde_json::json!({"schema": "topup/v1", "ok": true, "command": "state", "provider": "nous", "data": {}})));
}

#[test]
fn one_value_is_printed_bare_and_an_unknown_one_names_those_there_are() {
    let user = User::on_sandbox();
    assert_eq!(user.run(&["state", "--get", "balance_usd"]).code(0).out, "142.5\n");
    assert_eq!(user.run(&["state", "--get", "org.role"]).code(0).out, "OWNER\n");
    assert_eq!(user.run(&["state", "--get", "presets_usd.1"]).code(0).out, "250\n");
    assert_eq!(
        user.run(&["buy", "25", "--yes", "--get", "once"]).code(0).out,
        "\n",
        "null is empty"
    );
    let two = ["state", "--get", ".balance_usd", "--get", "data.org.role"];
    assert_eq!(user.run(&two).code(0).out, "167.5\nOWNER\n");
    let agent = user.copy().with("TOPUP_PROVIDER", "ciris");
    let before = user.seen().len();
    for key in ["balance_usd", "nonsense"] {
        let missing = agent.run(&["state", "--get", key]).code(2).says("free_uses_remaining");
        assert!(missing.out.is_empty(), "a key of another system: {}", missing.out);
        assert!(!missing.err.contains("org.role"), "{}", missing.err);
    }
    let ran = user.run(&["buy", "25", "--yes", "--get", "nonsense"]).code(2).says("charge_id");
    assert!(ran.out.is_empty());
    assert_eq!(user.seen().len(), before, "refused before anything was sent");
    assert!(
        user.run(&["check", "--at-least", "5000", "--get", "balance_usd"]).code(30).out.is_empty()
    );
}

#[test]
fn colour_is_for_terminals_that_want_it() {
    let user = User::on_sandbox();
    let coloured =
        |user: &User, arguments: &[&str]| user.run(arguments).code(0).out.contains('\u{1b}');
    assert!(!coloured(&user, &["state"]), "a pipe gets none");
    assert!(coloured(&user, &["state", "--color", "always"]));
    assert!(!coloured(&user, &["state", "--color", "never"]));
    let forced = User::on_sandbox().with("CLICOLOR_FORCE", "1");
    assert!(coloured(&forced, &["state"]));
    assert!(!coloured(&forced.with("NO_COLOR", "1"), &["state"]));
    let plain = user.run(&["state"]).out;
    let styled = user.run(&["state", "--color", "always"]).out;
    let mut stripped = String::new();
    let mut inside = false;
    for character in styled.chars() {
        match character {
            '\u{1b}' => inside = true,
            'm' if inside => inside = false,
            other if !inside => stripped.push(other),
            _ => {}
        }
    }
    let without_port = |text: &str| {
        text.lines().filter(|line| !line.contains("http")).collect::<Vec<_>>().join("\n")
    };
    assert_eq!(without_port(&stripped), without_port(&plain), "the same text");
}

#[test]
fn a_closed_or_full_output_is_no_panic_and_no_success() {
    let user = User::on_sandbox();
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").expect("a full device");
    let mut child = user.command(&["state", "--json"]).stdout(full).spawn().expect("it starts");
    assert_eq!(child.wait().expect("a status").code(), Some(4));
    for (closing, expected) in [(">&-", 4), (">&- 2>&-", 4), ("2>&-", 0)] {
        let mut shell = Command::new("bash");
        shell
            .args(["-c", &format!("\"{}\" state --json {closing}", topup())])
            .env_clear()
            .env("TOPUP_HOME", user.home())
            .env("TOPUP_SANDBOX", "1")
            .stdin(Stdio::null());
        let output = shell.output().expect("bash");
        assert_eq!(output.status.code(), Some(expected), "{closing}");
    }
    // All streams on one /dev/null, as services have them, is somebody's choice.
    let mut shell = Command::new("bash");
    shell
        .args([
            "-c",
            &format!("exec <>/dev/null >&0 2>&0; \"{}\" state --json; echo $? > code", topup()),
        ])
        .env_clear()
        .env("TOPUP_HOME", user.home())
        .env("TOPUP_SANDBOX", "1")
        .current_dir(user.home());
    shell.status().expect("bash");
    assert_eq!(std::fs::read_to_string(user.file("code")).expect("a code"), "0\n");
    // What a caller has opened for reading too, for this stream alone, looks closed: the way to throw
    // an answer away is named.
    let mut shell = Command::new("bash");
    shell
        .args(["-c", &format!("\"{}\" state 1<>/dev/null", topup())])
        .env_clear()
        .env("TOPUP_HOME", user.home())
        .env("TOPUP_SANDBOX", "1")
        .stdin(Stdio::null());
    let output = shell.output().expect("bash");
    let err = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(4), "{err}");
    assert!(err.contains("as '>/dev/null' does"), "{err}");
    // A reader that goes away, as `head` does.
    let mut shell = Command::new("bash");
    shell
        .args([
            "-c",
            &format!("set -o pipefail; \"{}\" schema | true; echo ${{PIPESTATUS[0]}}", topup()),
        ])
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default());
    let output = shell.output().expect("bash");
    assert!(!String::from_utf8_lossy(&output.stderr).contains("panicked"));
}

#[test]
fn nothing_in_an_answer_of_a_portal_reaches_the_terminal_raw() {
    let hostile = "\\u001b[2J\\u202e::set-output name=x::y\\u0007";
    for portal in [
        Canned::json(
            "200 OK",
            &format!(
                r#"{{"balanceUsd":"1","org":{{"id":"o","name":"{hostile}","role":"{hostile}"}},"card":{{"brand":"{hostile}","last4":"{hostile}"}}}}"#
            ),
        ),
        Canned::json(
            "403 Forbidden",
            &format!(
                r#"{{"error":"{hostile}","message":"{hostile}","portalUrl":"javascript:alert(1)"}}"#
            ),
        ),
    ] {
        let ran = portal.user().run(&["state"]);
        let told = format!("{}{}", ran.out, ran.err);
        assert!(
            told.chars().all(|character| character == '\n' || !character.is_control()),
            "{told:?}"
        );
        assert!(
            !told.contains('\u{202e}')
                && !told.lines().any(|line| line.trim_start().starts_with("::")),
            "{told}"
        );
    }
    let portal = Canned::json(
        "403 Forbidden",
        r#"{"error":"no_payment_method","portalUrl":"//evil.example/x"}"#,
    );
    let document = portal.user().run(&["buy", "25", "--yes", "--json"]).code(20).json();
    let link = document["error"]["portal_url"].as_str().expect("a link");
    assert!(link.starts_with(&portal.url), "only the portal's own links: {link}");
}

#[test]
fn help_version_and_completions_touch_neither_disk_nor_network() {
    if Command::new("strace").arg("-V").stdout(Stdio::null()).status().is_err() {
        assert!(std::env::var_os("CI").is_none(), "strace is missing");
        return;
    }
    let user = User::new();
    std::fs::write(user.file("config.toml"), "not toml at all [").expect("written");
    std::fs::write(user.file("credentials.json"), "broken").expect("written");
    for arguments in [
        &["--version"][..],
        &["--help"],
        &["help", "buy"],
        &["completions", "bash"],
        &["explain"],
        &["schema"],
    ] {
        let log = user.file("strace.log");
        let mut traced = Command::new("strace");
        traced
            .args(["-f", "-e", "trace=openat,open,socket,connect", "-o"])
            .arg(&log)
            .arg(topup())
            .args(arguments)
            .env_clear()
            .env("TOPUP_HOME", user.home())
            .stdin(Stdio::null())
            .stdout(Stdio::null());
        assert!(traced.status().expect("strace").success(), "{arguments:?}");
        let calls = std::fs::read_to_string(&log).expect("a log");
        let home = user.home().to_str().expect("text");
        assert!(calls.contains("openat") || calls.contains("exited"), "{calls}");
        assert!(
            !calls.contains("socket(") && !calls.contains("connect("),
            "{arguments:?}\n{calls}"
        );
        assert!(
            !calls.lines().any(|call| call.contains(home) && !call.contains("strace.log")),
            "{arguments:?}\n{calls}"
        );
    }
}

#[test]
fn the_time_an_answer_may_take_is_a_total() {
    let server = Server::start(&[]);
    server
        .keeper()
        .run(&["sandbox", "faults", "add", "GET /api/billing/state", "--delay", "5s"])
        .code(0);
    let started = std::time::Instant::now();
    server.user().run(&["state", "--timeout", "1s", "--json"]).code(61).failed("timeout", None);
    assert!(started.elapsed() < std::time::Duration::from_secs(4));
}

#[test]
fn quiet_says_nothing_beside_the_answer() {
    let user = User::on_sandbox();
    user.set("settle-after=1h");
    user.run(&["buy", "25", "--yes", "--no-wait"]).code(50);
    let noted = user.run(&["resume", "--no-wait"]).code(50);
    assert!(noted.err.contains("ago"), "{}", noted.err);
    let quiet = user.run(&["resume", "--no-wait", "--quiet"]).code(50);
    assert!(!quiet.err.contains("ago") && quiet.err.contains("error:"), "{}", quiet.err);
}

#[test]
fn in_github_actions_the_outcome_is_an_output_and_the_token_is_masked() {
    let server = Server::start(&[]);
    let user = server.user();
    let (output, summary) = (user.file("output"), user.file("summary"));
    let text = |path: &std::path::Path| path.to_str().expect("text").to_owned();
    let user = user
        .with("GITHUB_ACTIONS", "true")
        .with("CI", "true")
        .with("GITHUB_OUTPUT", &text(&output))
        .with("GITHUB_STEP_SUMMARY", &text(&summary));
    let ran = user.run(&["buy", "25", "--yes", "--json"]).code(0);
    let document = ran.json();
    assert!(ran.err.contains(&format!("::add-mask::{}", server.token)));
    let outputs = std::fs::read_to_string(&output).expect("outputs");
    let charge = document["data"]["charge_id"].as_str().expect("an id");
    assert!(
        outputs.contains(&format!("\n{charge}\n")) && outputs.contains("status<<"),
        "{outputs}"
    );
    assert!(std::fs::read_to_string(&summary).expect("a summary").contains("| status | settled |"));
    assert!(!outputs.contains(&server.token));
    server.keeper().set("card=none");
    user.run(&["buy", "25", "--yes"]).code(20);
    let outputs = std::fs::read_to_string(&output).expect("outputs");
    assert!(outputs.contains("\nno_payment_method\n") && outputs.contains("billing?topup=open"));
    // The pages of the sandbox inside the program end with it.
    std::fs::remove_file(&output).expect("removed");
    user.run(&["--sandbox", "sandbox", "set", "card=none"]).code(0);
    let user = user.with("TOPUP_PORTAL_URL", "").with("TOPUP_TOKEN", "");
    user.run(&["--sandbox", "buy", "25", "--yes"]).code(20);
    let outputs = std::fs::read_to_string(&output).expect("outputs");
    assert!(outputs.contains("portal_url<<") && !outputs.contains("http"), "{outputs}");
}
