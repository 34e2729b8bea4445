//! Promise: interrupted by a signal, the exit code says by which and `charged` what is known; going
//! on pays once.
//!
//! In every phase of what can spend.

use crate::support::{Ran, Server, User, signal, topup, until};
use rexpect::session::spawn_command;
use rustix::process::Signal;
use std::time::{Duration, Instant};

/// Waits until the portal has seen a call that begins so.
pub fn wait_for(server: &Server, call: &str) {
    let keeper = server.keeper();
    until(&format!("{call} is seen"), || keeper.seen().iter().any(|seen| seen.starts_with(call)));
}

const SIGNALS: [(Signal, i32, &str); 3] = [
    (Signal::INT, 130, "interrupted"),
    (Signal::TERM, 143, "terminated"),
    (Signal::HUP, 143, "terminated"),
];

const BUY: &[&str] = &["buy", "25", "--yes", "--json"];

/// Starts it, and signals it once the portal has seen the call and a moment has passed.
fn signalled(server: &Server, user: &User, verb: &[&str], call: &str, number: Signal) -> Ran {
    let child = user.start(verb);
    wait_for(server, call);
    std::thread::sleep(Duration::from_millis(50));
    let since = Instant::now();
    signal(child.id(), number);
    let ran = user.finish(verb, child);
    assert!(since.elapsed() < Duration::from_secs(5), "{verb:?}: {:?}", since.elapsed());
    ran
}

fn add_fault(server: &Server, call: &str, effect: &[&str]) {
    let add = [&["sandbox", "faults", "add", call], effect].concat();
    server.keeper().run(&add).code(0);
}

#[test]
fn fault_47_before_the_post_nothing_was_sent_and_nothing_is_charged() {
    for (number, code, class) in SIGNALS {
        let server = Server::without_limits();
        let user = server.user_with_an_old_login();
        let renewals = server.count_grants();
        add_fault(&server, "POST /api/oauth/token", &["--delay", "700ms"]);
        let child = user.start(BUY);
        until("the login is renewed", || server.count_grants() != renewals);
        signal(child.id(), number);
        let ran = user.finish(BUY, child).code(code);
        ran.failed(class, Some("no"));
        assert_eq!(server.count_charges(), 0);
        // The renewed login was kept: the next run needs no other.
        let again = user.run(BUY).code(0).json();
        assert_eq!(again["data"]["replayed"], false);
        assert_eq!((server.count_charges(), server.count_grants() - renewals), (1, 1));
    }
}

#[test]
fn fault_47_during_the_post_it_is_unknown_and_going_on_finds_the_one_charge() {
    for (number, code, class) in SIGNALS {
        let server = Server::without_limits();
        let user = server.user();
        add_fault(&server, "POST /api/billing/charge", &["--delay", "8s"]);
        let ran = signalled(&server, &user, BUY, "POST /api/billing/charge", number).code(code);
        let document = ran.failed(class, Some("unknown"));
        let id = document["data"]["purchase_id"].as_str().expect("an id").to_owned();
        let resumed = user.run(&["resume", "--json"]).code(0).json();
        assert_eq!(resumed["data"]["purchases"][0]["purchase_id"], id.as_str(), "{resumed}");
        assert_eq!(server.count_charges(), 1);
    }
}

#[test]
fn fault_47_while_it_waits_the_purchase_goes_on_without_us() {
    for (number, code, class) in SIGNALS {
        let server = Server::without_limits();
        server.keeper().set("settle-after=1h");
        let user = server.user();
        let look = "GET /api/billing/charge/";
        let document =
            signalled(&server, &user, BUY, look, number).code(code).failed(class, Some("unknown"));
        assert!(document["data"]["charge_id"].is_string(), "{document}");
        // The same while it is looked for again, in all ways there are.
        for verb in [
            &["resume", "--json"][..],
            &["status", "--wait", "--json"],
            &["ensure", "--at-least", "160", "--buy", "25", "--yes", "--json"],
        ] {
            let child = user.start(verb);
            std::thread::sleep(Duration::from_millis(400));
            signal(child.id(), number);
            user.finish(verb, child).code(code).failed(class, Some("unknown"));
        }
        server.keeper().set("clock=+2h");
        user.run(&["resume", "--json"]).code(10).failed("not_logged_in", Some("unknown"));
        server.keeper().set("clock=+0s");
        assert_eq!(server.count_charges(), 1);
        let seen = server.keeper().seen();
        assert_eq!(seen.iter().filter(|call| *call == "POST /api/billing/charge").count(), 1);
    }
}

#[test]
fn fault_47_at_the_question_nothing_was_sent() {
    for (number, code, _) in SIGNALS {
        let user = User::on_sandbox();
        let piped = user.command(&["buy", "25"]);
        let mut command = std::process::Command::new("sh");
        command.args(["-c", "echo $$ >pid; exec \"$@\"", "sh", topup(), "buy", "25"]);
        command.env_clear().current_dir(user.home()).env("TERM", "xterm");
        for (name, value) in piped.get_envs() {
            command.env(name, value.unwrap_or_default());
        }
        let mut session = spawn_command(command, Some(20_000)).expect("it starts");
        session.exp_string("[y/N]").expect("the question");
        let id = std::fs::read_to_string(user.file("pid")).expect("an id");
        signal(id.trim().parse().expect("a number"), number);
        session.exp_string("nothing was sent").expect("the outcome");
        let _ = session.exp_eof();
        match session.process().wait() {
            Ok(rexpect::process::WaitStatus::Exited(_, found)) => assert_eq!(found, code),
            other => panic!("it did not end by itself: {other:?}"),
        }
        assert!(user.charges().is_empty() && !user.file("journal.db").exists());
    }
}

#[test]
fn fault_47_a_login_that_is_given_up_keeps_what_was_there() {
    for (number, code, class) in SIGNALS {
        let server = Server::start(&[]);
        let user = User::new().with("TOPUP_PORTAL_URL", &server.url);
        user.run_with_input(&["login", "--token-stdin"], &server.token).code(0);
        let file = user.file("credentials.json");
        let before = std::fs::read(&file).expect("a login");
        let login = ["login", "--no-browser", "--json"];
        let ran = signalled(&server, &user, &login, "POST /api/oauth", number).code(code);
        let last: serde_json::Value =
            serde_json::from_str(ran.out.lines().last().expect("a document")).expect("JSON");
        assert_eq!(last["error"]["class"], class, "{last}");
        assert_eq!(std::fs::read(&file).expect("kept"), before);
        user.run(&["state"]).code(0);
    }
}

#[test]
fn fault_48_a_second_signal_ends_it_at_once() {
    let server = Server::without_limits();
    let user = server.user_with_an_old_login();
    let renewals = server.count_grants();
    add_fault(&server, "POST /api/oauth/token", &["--delay", "12s"]);
    let child = user.start(BUY);
    until("the login is renewed", || server.count_grants() != renewals);
    let since = Instant::now();
    signal(child.id(), Signal::INT);
    std::thread::sleep(Duration::from_millis(300));
    signal(child.id(), Signal::INT);
    user.finish(BUY, child).code(130);
    assert!(since.elapsed() < Duration::from_secs(3), "{:?}", since.elapsed());
    assert_eq!(server.count_charges(), 0);
    // The old token lives for a while, and no refresh token is sent a second time.
    user.run(BUY).code(0);
    assert_eq!((server.count_charges(), server.count_grants() - renewals), (1, 1));
}

#[test]
fn fault_48_stopped_for_a_while_and_woken_in_any_phase_it_goes_on_and_pays_once() {
    for (call, settle, delay) in [
        ("POST /api/oauth/token", "0s", Some("1s")),
        ("POST /api/billing/charge", "0s", Some("1s")),
        ("GET /api/billing/charge/", "1s", None),
    ] {
        let server = Server::without_limits();
        server.keeper().set(&format!("settle-after={settle}"));
        let user = server.user_with_an_old_login();
        if let Some(delay) = delay {
            add_fault(&server, call, &["--delay", delay]);
        }
        let child = user.start(BUY);
        wait_for(&server, call);
        for (stop, go) in [(Signal::STOP, Signal::CONT), (Signal::TSTP, Signal::CONT)] {
            signal(child.id(), stop);
            std::thread::sleep(Duration::from_millis(700));
            signal(child.id(), go);
        }
        // What ends other programs is nothing here.
        signal(child.id(), Signal::PIPE);
        user.finish(BUY, child).code(0);
        assert_eq!(server.count_charges(), 1, "{call}");
    }
}

#[test]
fn fault_48_stopped_past_its_deadline_it_ends_as_soon_as_it_is_woken() {
    let server = Server::without_limits();
    server.keeper().set("settle-after=1h");
    let user = server.user();
    let buy = ["buy", "25", "--yes", "--json", "--wait", "1s"];
    let child = user.start(&buy);
    wait_for(&server, "GET /api/billing/charge/");
    signal(child.id(), Signal::STOP);
    std::thread::sleep(Duration::from_millis(2500));
    signal(child.id(), Signal::CONT);
    let woken = Instant::now();
    user.finish(&buy, child).code(50).failed("pending", Some("unknown"));
    assert!(woken.elapsed() < Duration::from_secs(4), "{:?}", woken.elapsed());
    assert_eq!(server.count_charges(), 1);
}
