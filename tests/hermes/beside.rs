//! Beside a Hermes that runs: its locks, and its renewals between ours.

use super::*;
use crate::prompts::{at_a_terminal, code};
use crate::support::until;

/// The locks of Hermes, in its order.
fn lock_as_hermes_does(machine: &Machine) -> [File; 2] {
    [machine.auth(), machine.shared()].map(|file| {
        let lock = File::options().create(true).append(true).open(file.with_extension("lock"));
        let lock = lock.expect("a lock");
        lock.lock().expect("locked");
        lock
    })
}

/// What Hermes does under them: reads again, renews if it is time, writes both files. Whether it
/// was time.
fn renew_as_hermes_does(machine: &Machine, _locks: &[File; 2]) -> bool {
    let (auth, shared) = machine.tokens();
    let time = |tokens: &Value, key: &str| -> jiff::Timestamp {
        tokens[key].as_str().expect("text").parse().expect("a time")
    };
    let fresher =
        if time(&auth, "obtained_at") >= time(&shared, "obtained_at") { auth } else { shared };
    if time(&fresher, "expires_at").duration_since(jiff::Timestamp::now()).as_secs() >= 120 {
        return false;
    }
    let output = Command::new("curl")
        .args(["-sS", "-q", "-d", "grant_type=refresh_token", "-d", "client_id=hermes-cli", "-H"])
        .arg(format!("x-nous-refresh-token: {}", fresher["refresh_token"].as_str().expect("text")))
        .arg(format!("{}/api/oauth/token", machine.server.url))
        .output()
        .expect("curl");
    let answer: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert!(answer["access_token"].is_string(), "{answer}");
    let mut tokens = fresher;
    for key in ["access_token", "refresh_token"] {
        tokens[key] = answer[key].clone();
    }
    tokens["obtained_at"] = iso(0).into();
    tokens["expires_at"] = iso(answer["expires_in"].as_i64().expect("seconds")).into();
    let mut whole = read(&machine.auth());
    whole["providers"]["nous"] = tokens.clone();
    put(&machine.auth(), &serde_json::to_string_pretty(&whole).expect("text"));
    put(&machine.shared(), &serde_json::to_string_pretty(&tokens).expect("text"));
    true
}

/// Waits until somebody holds our own lock: whoever renews the login takes it first.
fn wait_for_our_lock(machine: &Machine) {
    let own = machine.user.file("credentials.lock");
    until("the login is being renewed", || {
        File::open(&own).is_ok_and(|file| file.try_lock().is_err())
    });
}

#[test]
fn ten_processes_beside_hermes_renew_one_login_again_and_again_and_send_no_token_twice() {
    let machine = Machine::new();
    machine.user.run(&["login", "--hermes"]).code(0);
    let state = ["state", "--json"];
    let (mut ours, mut theirs) = (0, 0);
    for round in 0..9 {
        let before = machine.grants();
        // About to run out, run out, and too old for the portal alone, which nobody can see here.
        match round % 3 {
            0 => machine.age(60),
            1 => machine.age(-5),
            _ => machine.server.keeper().set(&format!("clock=+{}m", 20 * (round + 1))),
        }
        let hermes_is_first = round % 2 == 1 && round % 3 != 2;
        let locks = hermes_is_first.then(|| lock_as_hermes_does(&machine));
        let runs: Vec<_> = (0..10).map(|_| machine.user.start(&state)).collect();
        let by_hermes = match locks {
            Some(locks) => {
                wait_for_our_lock(&machine);
                renew_as_hermes_does(&machine, &locks)
            }
            None => renew_as_hermes_does(&machine, &lock_as_hermes_does(&machine)),
        };
        for child in runs {
            machine.user.finish(&state, child).code(0);
        }
        let grants = machine.grants().split_off(before.len());
        assert_eq!(grants, [200], "round {round}: one renewal, and no token sent twice");
        let (auth, shared) = machine.tokens();
        assert_eq!(auth["refresh_token"], shared["refresh_token"], "round {round}");
        *(if by_hermes { &mut theirs } else { &mut ours }) += 1;
    }
    assert!(ours > 0 && theirs > 0, "both renewed it: {ours} times, and {theirs} times Hermes");
    machine.user.run(&["buy", "25", "--yes"]).code(0);
}

#[test]
fn whoever_waits_for_hermes_can_be_ended_and_has_sent_nothing() {
    let machine = Machine::new();
    machine.user.run(&["login", "--hermes"]).code(0);
    machine.age(-5);
    let grants = machine.grants().len();
    let locks = lock_as_hermes_does(&machine);
    let arguments = ["buy", "25", "--yes", "--json"];
    let child = machine.user.start(&arguments);
    wait_for_our_lock(&machine);
    signal(child.id(), rustix::process::Signal::TERM);
    let ran = machine.user.finish(&arguments, child).code(143);
    ran.failed("terminated", Some("no"));
    assert_eq!(machine.grants().len(), grants);
    drop(locks);
    machine.user.run(&arguments).code(0);
}

#[test]
fn at_a_terminal_a_long_wait_for_hermes_is_said() {
    let machine = Machine::new();
    machine.user.run(&["login", "--hermes"]).code(0);
    machine.age(-5);
    let locks = lock_as_hermes_does(&machine);
    let mut session = at_a_terminal(&machine.user, &["state"]);
    session.exp_string("Waiting for another process, which holds").expect("the reason");
    session.exp_string("auth.lock").expect("the file");
    drop(locks);
    assert_eq!(code(session), 0);
}
