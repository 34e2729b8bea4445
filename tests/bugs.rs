//! Promise: a bug of topup is a failure like any other: class `internal`, one document, its place and
//! no secret, whether money moved, the outcome for the runner, and a terminal that shows what is typed.
//!
//! The bug is a real one: the standard library panics where a thread finds no room for its stack.

use crate::prompts::code;
use crate::support::{Server, User};
use rexpect::session::spawn_command;
use std::fs;
use std::process::Command;

/// The same user, whose processes have no room for a second thread.
fn without_threads(user: &User) -> User {
    user.copy().with("RUST_MIN_STACK", "1000000000000000")
}

/// Somebody whose login comes from a program, which is fed and read by threads.
fn user_with_a_keeper(server: &Server) -> User {
    let user = User::new().with("TOPUP_PORTAL_URL", &server.url);
    let config = "[profiles.default]\ncredential_command = ['/bin/true']\n";
    fs::write(user.file("config.toml"), config).expect("written");
    user
}

#[test]
fn a_bug_is_one_document_with_its_place_and_nothing_of_its_own_words() {
    let server = Server::start(&[]);
    let user = user_with_a_keeper(&server);
    let user = without_threads(&user);
    let ran = user.run(&["state", "--json"]).code(1);
    let document = ran.failed("internal", None);
    let message = document["error"]["message"].as_str().expect("text");
    assert!(message.starts_with("topup stopped because of a bug, at /"), "{message}");
    assert!(message.contains(".rs:"), "{message}");
    assert_eq!(ran.err.lines().count(), 2, "{}", ran.err);
    let told = user.run(&["state"]).code(1).says("topup stopped because of a bug, at /");
    assert_eq!(told.out, "");
    // They may come from anywhere.
    for said in [&ran.out, &ran.err, &told.err] {
        assert!(!said.contains("os error"), "{said}");
    }
}

#[test]
fn a_bug_in_a_purchase_says_how_it_is_found_out_and_tells_the_runner() {
    let server = Server::start(&[]);
    let user = user_with_a_keeper(&server);
    let output = user.file("output");
    let runner = user.copy().with("GITHUB_ACTIONS", "true");
    let runner = runner.with("GITHUB_OUTPUT", output.to_str().expect("text"));
    let buy = ["buy", "25", "--yes", "--new", "--json"];
    let ran = without_threads(&runner).run(&buy).code(1).says("'topup resume'");
    ran.failed("internal", Some("unknown"));
    let outputs = fs::read_to_string(&output).expect("the outputs");
    for line in ["class", "internal", "exit_code", "message"] {
        assert!(outputs.contains(line), "{outputs}");
    }
    assert_eq!(server.count_charges(), 0);
    fs::remove_file(user.file("config.toml")).expect("removed");
    let user = user.with("TOPUP_TOKEN", &server.token);
    user.run(&["resume"]).code(0);
    user.run(&buy).code(0);
    assert_eq!(server.count_charges(), 1);
}

#[test]
fn a_bug_behind_a_password_leaves_a_terminal_that_shows_what_is_typed() {
    let server = Server::start(&[]);
    let user = User::new().with("TOPUP_PROVIDER", "ciris").with("TOPUP_PORTAL_URL", &server.url);
    let topup = without_threads(&user).command(&[]);
    let mut shell = Command::new("sh");
    let typed = "stty echo; \"$0\" login --username ada; code=$?; stty -a; exit $code";
    shell.args(["-c", typed]).arg(topup.get_program()).env_clear().env("TERM", "xterm");
    shell.current_dir(user.home());
    shell.envs(topup.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let mut session = spawn_command(shell, Some(20_000)).expect("it starts");
    session.exp_string("Password: ").expect("the question");
    session.exp_string("because of a bug, at ").expect("the failure");
    session.exp_string(" echo ").expect("what is typed is shown");
    assert_eq!(code(session), 1);
}
