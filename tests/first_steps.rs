//! Promise: who has set up nothing is told what to do, and the command that a failure ends with can
//! be pasted and works there.

use crate::faults::signals::wait_for;
use crate::prompts::{at_a_terminal, code};
use crate::support::{Server, User, signal};
use rustix::process::Signal;
use std::fs;
use std::path::Path;

fn is_empty(folder: &Path) -> bool {
    fs::read_dir(folder).expect("a folder").next().is_none()
}

#[test]
fn alone_it_says_the_first_steps_in_a_few_lines() {
    let user = User::new();
    // A script whose verb got lost has not succeeded.
    for arguments in [&[][..], &["--sandbox"], &["--profile", "nobody"]] {
        let ran = user.run(arguments).code(2).says("topup --sandbox buy 25 --yes");
        assert!(ran.out.is_empty() && ran.err.lines().count() <= 10, "{}", ran.err);
        for words in ["topup login", "topup help", "topup doctor"] {
            assert!(ran.err.contains(words), "{words}: {}", ran.err);
        }
    }
    user.run(&["--json"]).code(2).failed("usage", None);
    user.run(&["ledger"]).code(2).says("Usage: topup ledger");
    // Whoever sits there has an answer.
    let mut session = at_a_terminal(&user, &[]);
    session.exp_string("topup login --step-up").expect("the first steps");
    assert_eq!(code(session), 0);
    assert!(is_empty(user.home()), "no disk is touched for it");
    user.run(&["--help"]).code(0).prints("Commands:");
}

#[test]
fn who_has_set_up_nothing_is_told_what_to_do() {
    let user = User::new();
    for (arguments, trial, login) in [
        (&["state"][..], "topup --sandbox state", "topup login"),
        (&["check", "--at-least", "5"], "topup --sandbox state", "topup login"),
        (&["buy", "25", "--yes"], "topup --sandbox buy 25 --yes", "topup login --step-up"),
    ] {
        let ran = user.run(arguments).code(10).says(&format!("'{trial}'"));
        ran.says(&format!("Run '{login}'."));
        let words: Vec<&str> = trial.split(' ').skip(1).collect();
        User::new().run(&words).code(0);
    }
    assert!(is_empty(user.home()));
    // Whoever has a configuration knows where to buy.
    user.run(&["config", "set", "max_per_day", "50"]).code(0);
    assert!(!user.run(&["state"]).code(10).err.contains("New here"));
}

#[test]
fn a_variable_that_is_empty_is_not_set() {
    let mut user = User::new().with("TOPUP_SANDBOX", "1");
    for name in [
        "TOPUP_PROVIDER",
        "TOPUP_PROFILE",
        "TOPUP_PORTAL_URL",
        "TOPUP_TIMEOUT",
        "TOPUP_COLOR",
        "TOPUP_GET",
        "TOPUP_LEDGER_MANDATE",
        "TOPUP_LEDGER_USER",
    ] {
        user = user.with(name, "");
    }
    user.run(&["state"]).code(0).prints("$142.50");
    user.run(&["ledger", "mandates"]).code(0);
    user.with("TOPUP_PROVIDER", "nobody").run(&["state"]).code(2);
}

#[test]
fn a_line_for_a_prompt_never_fails_because_of_a_variable() {
    for (name, value) in
        [("TOPUP_PROVIDER", "nonsense"), ("TOPUP_TIMEOUT", "soon"), ("TOPUP_COLOR", "pink")]
    {
        let user = User::new().with(name, value);
        let ran = user.run(&["state", "--brief"]).code(0).prints("billing is not known");
        assert!(ran.err.is_empty() && ran.out.lines().count() == 1, "{}{}", ran.out, ran.err);
        let told = user.run(&["state", "--brief", "--json"]).code(0).json();
        assert_eq!(
            (&told["data"]["known"], &told["data"]["class"]),
            (&false.into(), &"usage".into())
        );
        // Without it, and where it was typed, it is a mistake as everywhere.
        user.run(&["state"]).code(2);
    }
    User::new().run(&["state", "--brief", "--provider", "nonsense"]).code(2);
    User::new().run(&["state", "--brief", "--nonsense"]).code(2);
}

#[test]
fn what_is_missing_is_told_by_its_name_in_a_document() {
    let user = User::new();
    for (arguments, name, help) in [
        (&["check", "--json"][..], "--at-least <AMOUNT>", "topup help check"),
        (&["config", "set", "--json"], "<KEY>", "topup help config"),
        (&["ledger", "record", "--json"], "--for-provider <NAME>", "topup help ledger record"),
    ] {
        let document = user.run(arguments).code(2).failed("usage", None);
        let told = document["error"]["message"].as_str().expect("a message");
        assert!(told.contains(name), "{told}");
        let [example, page] = [0, 1].map(|at| document["error"]["hints"][at].as_str());
        let verb = help.strip_prefix("topup help").expect("a page of help");
        let example = example.filter(|example| example.starts_with("For example: "));
        assert!(example.is_some_and(|example| example.contains(verb)), "{document}");
        assert!(page.is_some_and(|page| page.contains(help)), "{document}");
        user.run(&help.split(' ').skip(1).collect::<Vec<_>>()).code(0);
    }
}

#[test]
fn the_usage_names_no_flag_that_a_variable_has_set() {
    let user = User::new().with("TOPUP_SANDBOX", "1").with("TOPUP_QUIET", "1");
    let refused = user.run(&["check", "--nonsense"]).code(2).says("Usage: topup check");
    assert!(!refused.err.contains("--sandbox") && !refused.err.contains("--quiet"));
    let refused = user.run(&["login", "--no-wait", "--finish"]).code(2).says("Usage: topup login");
    assert!(!refused.err.contains("--sandbox"), "{}", refused.err);
}

#[test]
fn all_profiles_and_one_of_them_cannot_be_meant_at_once() {
    let user = User::new().with("TOPUP_SANDBOX", "1");
    user.run(&["state", "--all", "--profile", "default"]).code(2).says("--profile");
    // A variable stands for all commands and is no wish for this one.
    user.with("TOPUP_PROFILE", "default").run(&["state", "--all"]).code(0);
}

#[test]
fn who_is_interrupted_while_looking_still_gets_a_document() {
    for (number, exit, class) in
        [(Signal::INT, 130, "interrupted"), (Signal::TERM, 143, "terminated")]
    {
        for verb in [&["state", "--json"][..], &["limit", "--json"], &["doctor", "--json"]] {
            let server = Server::start(&[]);
            let add = ["sandbox", "faults", "add", "GET /api/billing/state", "--delay", "8s"];
            server.keeper().run(&add).code(0);
            let user = server.user();
            let child = user.start(verb);
            wait_for(&server, "GET /api/billing/state");
            signal(child.id(), number);
            user.finish(verb, child).code(exit).failed(class, None);
        }
    }
}

/// The last command that standard error advises. Where the pages of the sandbox are comes after it.
fn last_command(err: &str) -> Vec<String> {
    let pages = "'topup sandbox serve' shows the pages of the sandbox.";
    let (_, rest) = err
        .trim_end()
        .trim_end_matches(pages)
        .rsplit_once("'topup ")
        .unwrap_or_else(|| panic!("no command in: {err}"));
    rest.split('\'').next().expect("its end").split(' ').map(str::to_owned).collect()
}

#[test]
fn the_command_that_a_failure_names_means_the_same_place_and_can_be_typed() {
    let answers: &[(&str, u16, i32)] = &[
        ("no_payment_method", 403, 20),
        ("role_required", 403, 14),
        ("cli_billing_disabled", 403, 15),
        ("insufficient_scope", 403, 12),
        ("remote_spending_revoked", 403, 13),
        ("session_revoked", 401, 11),
        ("monthly_cap_exceeded", 403, 31),
        ("idempotency_conflict", 409, 52),
        ("consent_required", 403, 35),
    ];
    for (word, status, exit) in answers {
        let user = User::new();
        user.run(&["config", "set", "--profile", "play", "max_per_purchase", "5000"]).code(0);
        let body = user.file("body.json");
        fs::write(&body, format!(r#"{{"error":"{word}"}}"#)).expect("written");
        let (status, body) = (status.to_string(), body.display().to_string());
        let add = ["sandbox", "faults", "add", "POST /api/billing/charge", "--status", &status];
        user.run(&[&add[..], &["--body", &body]].concat()).code(0);
        let buy = ["--sandbox", "--profile", "play", "buy", "25", "--yes"];
        let ran = user.run(&buy).code(*exit);
        let command = last_command(&ran.err);
        let words: Vec<&str> = command.iter().map(String::as_str).collect();
        assert!(words.contains(&"--sandbox"), "{word}: {words:?}");
        assert!(words.windows(2).any(|two| two == ["--profile", "play"]), "{word}: {words:?}");
        let again = user.run(&words);
        assert!(![1, 2, 3, 4, 6, 10].contains(&again.code), "{word}: {words:?}: {}", again.err);
    }
}

#[test]
fn the_command_after_a_failed_look_works_there_as_well() {
    let situations: &[(&[&str], &[&str], i32, i32)] = &[
        // What is broken beforehand, what is typed, how it ends, and how its command ends.
        (&["sandbox", "spend", "142"], &["--sandbox", "check", "--at-least", "5"], 30, 3),
        (&[], &["--sandbox", "buy", "25", "--yes", "--max", "5"], 5, 0),
        (&[], &["--sandbox", "buy", "1", "--yes"], 33, 0),
        (&["--sandbox", "logout"], &["--sandbox", "buy", "25", "--yes"], 10, 0),
        (&["--sandbox", "logout"], &["--sandbox", "state"], 10, 0),
        (
            &["sandbox", "faults", "add", "GET /api/billing/state", "--html"],
            &["--sandbox", "state"],
            63,
            0,
        ),
        (
            &["sandbox", "faults", "add", "GET /api/billing/state", "--status", "500"],
            &["--sandbox", "state"],
            65,
            0,
        ),
        (&[], &["--portal-url", "http://127.0.0.1:1", "state"], 10, 60),
        (&[], &["--profile", "nobody", "state"], 4, 0),
        (&[], &["explain", "nonsense"], 2, 0),
        (&[], &["status", "no/id"], 2, 0),
    ];
    for (before, typed, exit, after) in situations {
        let user = User::new().with("BROWSER", "true");
        user.run(&["--sandbox", "state"]).code(0);
        if !before.is_empty() {
            user.run(before).code(0);
        }
        let ran = user.run(typed).code(*exit);
        let command = last_command(&ran.err);
        let words: Vec<&str> = command.iter().map(String::as_str).collect();
        let again = user.run(&words);
        assert_eq!(again.code, *after, "{typed:?}: {words:?}: {}{}", again.out, again.err);
    }
}

#[test]
fn whatever_spends_is_told_of_a_login_that_may() {
    let server = Server::start(&[]);
    let user = User::new().with("TOPUP_PORTAL_URL", &server.url);
    for verb in [&["plan", "upgrade", "plus", "--yes"][..], &["plan", "cancel", "--yes"]] {
        user.run(verb).code(10).says("topup login --step-up");
    }
    let ran = user.run(&["plan"]).code(10);
    assert!(!ran.err.contains("--step-up"), "{}", ran.err);
}

/// The sandbox takes five charges an hour, as the portal does; its own clock can be turned.
#[test]
fn the_limiter_of_the_sandbox_names_the_command_that_lets_the_next_purchase_through() {
    let user = User::on_sandbox();
    user.set("rate-limit=on");
    for amount in ["11", "12", "13", "14", "15"] {
        user.run(&["buy", amount, "--yes"]).code(0);
    }
    let refused = user.run(&["buy", "16", "--yes"]).code(40);
    let refused = refused.says("the clock of the sandbox on by an hour");
    let line = refused.err.split('\'').find(|part| part.ends_with("clock=+1h"));
    let words: Vec<&str> = line.expect("a command").split(' ').collect();
    user.run(&words[1..]).code(0);
    user.run(&["buy", "16", "--yes"]).code(0);
    assert_eq!(user.charges().len(), 6);
}
