//! Promise: what CI is told about names is short, true, and can be pasted: the command of each hint is
//! run where it was printed, and buys once.

use crate::examples::Machine;
use crate::support::{Ran, Server, User, wait};
use serde_json::Value;
use std::fs;
use std::os::unix::fs::PermissionsExt;

/// A CI system: its name, and what it sets for the first and for a second machine.
struct Ci {
    name: &'static str,
    first: Vec<(&'static str, String)>,
    again: Vec<(&'static str, String)>,
}

fn systems() -> [Ci; 5] {
    let now = jiff::Timestamp::now().to_string();
    let text = |text: &str| text.to_owned();
    let github = |attempt: &str| {
        vec![
            ("GITHUB_ACTIONS", text("true")),
            ("GITHUB_RUN_ID", text("987654321")),
            ("GITHUB_RUN_ATTEMPT", text(attempt)),
            ("GITHUB_REPOSITORY", text("acme/shop")),
        ]
    };
    let mut act = github("1");
    act.push(("ACT", text("true")));
    let gitlab = vec![
        ("GITLAB_CI", text("true")),
        ("CI_PIPELINE_ID", text("815")),
        ("CI_PIPELINE_CREATED_AT", now),
    ];
    let jenkins =
        vec![("JENKINS_URL", text("https://ci.example/")), ("BUILD_TAG", text("jenkins-refill-7"))];
    [
        Ci { name: "github", first: github("1"), again: github("1") },
        Ci { name: "github, again", first: github("2"), again: github("3") },
        // It says attempt 1 of run 1 to every run.
        Ci { name: "act", first: act.clone(), again: act },
        Ci { name: "gitlab", first: gitlab.clone(), again: gitlab },
        Ci { name: "another", first: jenkins.clone(), again: jenkins },
    ]
}

/// A machine that has nothing but topup, and the program of GitHub.
fn machine() -> Machine {
    let machine = Machine::new();
    let gh = machine.user.file("bin/gh");
    let now = jiff::Timestamp::now();
    let script = format!(
        "#!/bin/sh\n[ \"$*\" = 'run view 987654321 --repo acme/shop --json createdAt --jq .createdAt' ] || exit 1\necho {now}\n"
    );
    fs::write(&gh, script).expect("written");
    fs::set_permissions(&gh, fs::Permissions::from_mode(0o700)).expect("runnable");
    machine
}

/// Runs this in the shell of a job of that system.
fn job(server: &Server, system: &[(&'static str, String)], script: &str) -> Ran {
    let machine = machine();
    let mut command = machine.bash(script);
    command
        .env("CI", "true")
        .env("TOPUP_PORTAL_URL", &server.url)
        .env("TOPUP_TOKEN", &server.token);
    command.envs(system.iter().map(|(name, value)| (*name, value)));
    let output = wait(command.spawn().expect("bash"));
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("text");
    Ran::of(output.status.code().unwrap_or(-1), text(output.stdout), text(output.stderr))
}

/// The command of a hint.
fn told(document: &Value) -> String {
    let steps = document["error"]["next_steps"].as_array().expect("steps");
    let run = steps
        .iter()
        .find_map(|step| step["run"].as_array())
        .unwrap_or_else(|| panic!("{document}"));
    assert_eq!((run[0].as_str(), run[1].as_str()), (Some("sh"), Some("-c")), "{document}");
    run[2].as_str().expect("a line").to_owned()
}

/// What the hint ends with: the name of a day is too old in the last hour of it.
fn expected(line: &str) -> i32 {
    let hour = jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).hour();
    if line.contains("date -u") && hour == 23 { 51 } else { 0 }
}

#[test]
fn the_hint_of_each_system_is_a_command_that_works_there_and_buys_once() {
    for verb in [
        "ensure --at-least 150 --buy 25",
        "buy 25 --once nightly",
        "ensure --at-least 150 --to 160 --once n",
    ] {
        for Ci { name, first, again } in systems() {
            let server = Server::without_limits();
            let typed = format!("topup {verb} --yes --json");
            let refused = job(&server, &first, &typed);
            let (class, code, what, charged) = if verb.contains("--once") {
                ("outcome_unknown", 51, "first_use_unknown", "unknown")
            } else {
                ("usage", 2, "name_missing", "no")
            };
            let document = refused.code(code).failed(class, Some(charged));
            let error = &document["error"];
            assert_eq!(
                (error["code"].as_str(), error["charged_now"].as_str()),
                (Some(what), Some("no")),
                "{document}"
            );
            let seen = server.keeper().seen();
            assert!(seen.iter().all(|call| call.starts_with("GET ")), "nothing was sent: {seen:?}");
            let line = told(&document);
            for system in [&first, &again] {
                let ran = job(&server, system, &line);
                assert_eq!(ran.code, expected(&line), "{name}, {line}: {}", ran.err);
            }
            assert_eq!(server.count_charges(), i64::from(expected(&line) == 0), "{name}: {line}");
        }
    }
}

#[test]
fn a_refusal_says_in_words_that_this_run_charged_nothing() {
    let server = Server::start(&[]);
    for Ci { name, first, .. } in systems() {
        let refused = job(&server, &first, "topup buy 25 --yes --once nightly").code(51);
        assert!(refused.err.contains("This run charged nothing."), "{name}: {}", refused.err);
        assert!(
            !refused.err.contains("It is not known whether your card was charged"),
            "{}",
            refused.err
        );
    }
    assert!(server.keeper().seen().is_empty(), "nothing was sent");
}

#[test]
fn a_purchase_without_a_name_is_made_with_a_warning() {
    for Ci { name, first, .. } in systems() {
        let server = Server::start(&[]);
        let ran = job(&server, &first, "topup buy 25 --yes --quiet").code(0);
        let warnings: Vec<&str> =
            ran.err.lines().filter(|line| line.contains("has no name")).collect();
        let [warning] = warnings[..] else { panic!("{name}: {}", ran.err) };
        let begins =
            if name.starts_with("github") || name == "act" { "::warning::" } else { "warning: " };
        assert!(warning.starts_with(begins), "{name}: {warning}");
        let (_, line) = warning.split_once("name it: ").expect("a command");
        // What the runner reads as a percent sign is one.
        let line = line.replace("%25", "%");
        let named = job(&server, &first, &line);
        assert_eq!(named.code, expected(&line), "{name}: {}", named.err);
        let named =
            job(&server, &first, "topup buy 25 --yes --idempotency-key key-of-mine").code(0);
        assert!(!named.err.contains("has no name"), "{}", named.err);
    }
    let server = Server::start(&[]);
    let at_home = server.user().run(&["buy", "25", "--yes"]).code(0);
    assert!(!at_home.err.contains("has no name"), "{}", at_home.err);
}

/// A runner that keeps its home, at this attempt of one run.
fn attempt(user: User, attempt: &str) -> User {
    user.with("CI", "true").with("GITHUB_RUN_ID", "4711").with("GITHUB_RUN_ATTEMPT", attempt)
}

#[test]
fn a_machine_that_ran_every_attempt_knows_that_no_other_one_bought() {
    let server = Server::start(&[]);
    server.keeper().set("card=none");
    let buy = ["buy", "25", "--yes", "--json", "--once", "4711-refill"];
    let mut user = server.user();
    for n in ["1", "2", "3"] {
        user = attempt(user, n);
        user.run(&buy).code(20).failed("no_payment_method", Some("no"));
    }
    // The fifth does not know where the fourth was.
    let fifth = attempt(user.copy(), "5");
    let doubted = fifth.run(&buy).code(51).failed("outcome_unknown", Some("unknown"));
    assert_eq!(doubted["error"]["charged_now"], "no", "{doubted}");
    // Nor does a run with another id, whose number is a part of the name.
    let other =
        user.copy().with("CI", "true").with("GITHUB_RUN_ID", "47").with("GITHUB_RUN_ATTEMPT", "2");
    other.run(&buy).code(51).failed("outcome_unknown", Some("unknown"));
    server.keeper().set("card=visa");
    attempt(user, "4").run(&buy).code(0);
    assert_eq!(server.count_charges(), 1);
}

#[test]
fn a_token_of_the_job_that_has_run_out_is_named_and_a_refusal_brings_no_other_advice() {
    let server = Server::start(&[]);
    let user = server.user().with("CI", "true").with("TOPUP_TOKEN", "old");
    for verb in [&["check", "--at-least", "5"][..], &["state"], &["limit", "--require", "5"]] {
        let refused = user.run(verb).code(10).says("the token in TOPUP_TOKEN was not accepted");
        refused.says("Put a new one there, or unset it and run 'topup login'.");
    }
    let document = user.run(&["state", "--json"]).code(10).failed("not_logged_in", None);
    let error = &document["error"];
    assert_eq!((&error["code"], &error["status"]), (&"invalid_token".into(), &401.into()));
    // It is refused for want of a yes: a name would change nothing about that.
    let user = server.user().with("CI", "true");
    let refused = user.run(&["buy", "25"]).code(3).says("--yes was not given");
    assert!(!refused.err.contains("has no name"), "{}", refused.err);
}

#[test]
fn a_time_that_moves_with_each_run_is_no_time_of_a_first_use() {
    for verb in [&["buy", "25"][..], &["ensure", "--at-least", "5", "--buy", "10"]] {
        let words = [verb, &["--yes", "--once", "a", "--once-since", "1h"]].concat();
        User::new().run(&words).code(2).says("write a time with its zone, such as 2026-11-20T");
    }
}
