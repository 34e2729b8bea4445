//! Promise: only a person at a terminal is ever asked; asked, they see the card and the total, and
//! the default is no.
//!
//! Through a pseudo-terminal.

use crate::fleet::Fleet;
use crate::postgres_server::Server as Database;
use crate::support::{Server, User, until};
use rexpect::session::{PtySession, spawn_command};
use std::fs::File;

/// Starts it on a terminal of its own.
pub fn at_a_terminal(user: &User, arguments: &[&str]) -> PtySession {
    let piped = user.command(arguments);
    let mut command = std::process::Command::new(piped.get_program());
    command.args(arguments).env_clear().current_dir(user.home());
    command.env("TERM", "xterm").env("BROWSER", "true");
    for (name, value) in piped.get_envs() {
        if let Some(value) = value {
            command.env(name, value);
        }
    }
    spawn_command(command, Some(20_000)).expect("it starts")
}

/// The exit code, once it has ended.
pub fn code(mut session: PtySession) -> i32 {
    let _ = session.exp_eof();
    match session.process().wait() {
        Ok(rexpect::process::WaitStatus::Exited(_, code)) => code,
        other => panic!("it did not end by itself: {other:?}"),
    }
}

#[test]
fn a_person_sees_the_card_and_the_total_and_confirms() {
    let user = User::on_sandbox();
    let mut session = at_a_terminal(&user, &["buy", "25"]);
    session.exp_string("Balance: $142.50").expect("the balance");
    // The reader of this terminal takes each byte for a character: the dots are left out.
    session.exp_string("Pay $25.00 with Visa ").expect("the question");
    session.exp_string("4242? [y/N]").expect("the question");
    session.send_line("y").expect("typed");
    session.exp_string("Settled: $25.00 of credits are paid").expect("the outcome");
    session.exp_string("balance now").expect("the balance");
    session.exp_string("$167.50").expect("the balance");
    assert_eq!(code(session), 0);
    assert_eq!(user.charges().len(), 1);
}

#[test]
fn a_long_wait_for_another_process_is_said_at_a_terminal_and_nowhere_else() {
    let user = User::on_sandbox();
    user.run(&["state"]).code(0);
    let lock = File::options().append(true).open(user.file("credentials.lock")).expect("a lock");
    lock.lock().expect("locked");
    let piped = user.start(&["logout"]);
    let mut session = at_a_terminal(&user, &["logout"]);
    session.exp_string("Waiting for another process, which holds").expect("the reason");
    session.exp_string("credentials.lock").expect("the file");
    drop(lock);
    assert!(matches!(code(session), 0 | 10), "the login is gone, by the one or the other");
    let piped = user.finish(&["logout"], piped);
    assert!(!piped.err.contains("Waiting"), "{}", piped.err);
}

#[test]
fn a_long_wait_for_who_writes_to_the_journal_is_said_at_a_terminal_and_nowhere_else() {
    let user = User::on_sandbox();
    user.run(&["buy", "25", "--yes"]).code(0);
    let mut db = rusqlite::Connection::open(user.file("journal.db")).expect("a journal");
    let writing = db.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate);
    let writing = writing.expect("it writes");
    let words = ["buy", "30", "--yes"];
    let piped = user.start(&words);
    let mut session = at_a_terminal(&user, &["buy", "35", "--yes"]);
    session.exp_string("Waiting for another process, which writes to the journal").expect("said");
    writing.rollback().expect("done");
    assert_eq!(code(session), 0);
    let piped = user.finish(&words, piped).code(0);
    assert!(!piped.err.contains("Waiting"), "{}", piped.err);
    assert_eq!(user.charges().len(), 3);
}

#[test]
fn a_long_wait_for_another_machine_that_renews_the_login_is_said_at_a_terminal_and_nowhere_else() {
    let Some(fleet) = Fleet::new() else { return };
    let machines = [fleet.machine(), fleet.machine(), fleet.machine()];
    machines[0].run(&["login", "--step-up", "--no-browser"]).code(0);
    let keeper = fleet.portal.keeper();
    keeper.set("clock=+1h");
    let slow = ["sandbox", "faults", "add", "POST /api/oauth/token", "--delay", "8s"];
    keeper.run(&[&slow[..], &["--times", "1"]].concat()).code(0);
    let version = || fleet.rows("SELECT CAST(version AS TEXT) FROM login");
    let before = version();
    let renews = machines[0].start(&["state"]);
    until("it has noted that it renews", || version() != before);
    let piped = machines[1].start(&["state"]);
    let mut session = at_a_terminal(&machines[2], &["state"]);
    session.exp_string("Waiting for another process, which renews this login").expect("said");
    assert_eq!(code(session), 0);
    let piped = machines[1].finish(&["state"], piped).code(0);
    assert!(!piped.err.contains("Waiting"), "{}", piped.err);
    machines[0].finish(&["state"], renews).code(0);
    assert_eq!(fleet.portal.count_grants(), 2, "the login, and one renewal for all");
}

#[test]
fn a_long_wait_for_who_writes_to_a_ledger_of_machines_is_said_at_a_terminal_and_nowhere_else() {
    let Some(server) = Database::shared() else { return };
    let schema = server.schema();
    let user = User::new().with("TOPUP_LEDGER_URL", &schema.url);
    let init = ["ledger", "init", "--mandate", "acme", "--model", "prepay-mandate"];
    user.run(&init).code(0);
    let mut other = postgres::Client::connect(&schema.url, postgres::NoTls).expect("connected");
    let mut writing = other.transaction().expect("begun");
    writing.batch_execute("LOCK TABLE ledger_mandate").expect("locked");
    let credit = ["ledger", "credit", "5", "--mandate", "acme"];
    let piped = user.start(&credit);
    let mut session = at_a_terminal(&user, &credit);
    session.exp_string("Waiting for the ledger ").expect("said");
    session.exp_string("which has not answered yet").expect("said");
    writing.rollback().expect("done");
    assert_eq!(code(session), 0);
    let piped = user.finish(&credit, piped).code(0);
    assert!(!piped.err.contains("Waiting"), "{}", piped.err);
}

#[test]
fn a_long_wait_for_who_writes_to_a_ledger_or_a_sandbox_in_a_file_is_said_at_a_terminal() {
    let user = User::on_sandbox();
    user.run(&["state"]).code(0);
    user.run(&["ledger", "init", "--mandate", "acme", "--model", "prepay-mandate"]).code(0);
    for (file, words, who) in [
        (
            "sandbox-ledger.db",
            &["ledger", "credit", "5", "--mandate", "acme"][..],
            "writes to the ledger",
        ),
        ("sandbox.db", &["state"], "uses the sandbox"),
    ] {
        let mut db = rusqlite::Connection::open(user.file(file)).expect("a file");
        let writing = db.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate);
        let writing = writing.expect("it writes");
        let mut session = at_a_terminal(&user, words);
        session.exp_string(&format!("Waiting for another process, which {who}")).expect("said");
        writing.rollback().expect("done");
        assert_eq!(code(session), 0);
    }
}

#[test]
fn a_person_sits_where_standard_input_and_standard_error_are_terminals() {
    let user = User::on_sandbox();
    let through_shell = |ends: &str| {
        let topup = user.command(&[]);
        let mut shell = std::process::Command::new("sh");
        shell.args(["-c", &format!("\"$0\" buy 25 {ends}")]).arg(topup.get_program());
        shell.env_clear().current_dir(user.home()).env("TERM", "xterm").env("BROWSER", "true");
        shell.envs(topup.get_envs().filter_map(|(name, value)| Some((name, value?))));
        spawn_command(shell, Some(20_000)).expect("it starts")
    };
    for ends in ["</dev/null", "2>said", "</dev/null 2>said"] {
        assert_eq!(code(through_shell(ends)), 3, "nobody is asked with {ends}");
    }
    // The answer may go where it likes: questions are asked on standard error.
    let mut session = through_shell(">answer");
    session.exp_string("[y/N]").expect("the question");
    session.send_line("y").expect("typed");
    assert_eq!(code(session), 0);
    let answer = std::fs::read_to_string(user.file("answer")).expect("the answer");
    assert!(answer.contains("Settled") && !answer.contains('\u{1b}'), "{answer:?}");
    assert_eq!(user.charges().len(), 1);
}

#[test]
fn a_terminal_gets_colour_unless_it_takes_none() {
    let user = User::on_sandbox();
    for (variable, value, coloured) in
        [("LANG", "C.UTF-8", true), ("TERM", "dumb", false), ("NO_COLOR", "1", false)]
    {
        let user = User::on_sandbox().with(variable, value);
        let mut session = at_a_terminal(&user, &["state"]);
        let shown = session.exp_eof().expect("all of it");
        assert!(shown.contains("142.50"), "{shown}");
        assert_eq!(shown.contains('\u{1b}'), coloured, "{variable}={value}: {shown:?}");
        assert_eq!(code(session), 0);
    }
    // A person is still a person there.
    let dumb = user.with("TERM", "dumb");
    let mut session = at_a_terminal(&dumb, &["buy", "25"]);
    session.exp_string("[y/N]").expect("the question");
    session.send_line("n").expect("typed");
    assert_eq!(code(session), 3);
}

#[test]
fn the_default_is_no_and_nothing_is_sent() {
    let user = User::on_sandbox();
    for answer in ["", "n", "what"] {
        let mut session = at_a_terminal(&user, &["buy", "25"]);
        session.exp_string("[y/N]").expect("the question");
        session.send_line(answer).expect("typed");
        session.exp_string("nothing was sent").expect("the outcome");
        assert_eq!(code(session), 3);
    }
    let mut session = at_a_terminal(&user, &["buy", "25"]);
    session.exp_string("[y/N]").expect("the question");
    session.send_control('c').expect("typed");
    session.exp_string("nothing was sent").expect("the outcome");
    assert_eq!(code(session), 130);
    assert!(user.charges().is_empty());
    assert!(user.seen().iter().all(|call| !call.starts_with("POST")));
}

#[test]
fn nobody_is_asked_where_the_flags_or_the_ci_say_so() {
    let user = User::on_sandbox();
    for arguments in [
        &["buy", "25", "--no-input"][..],
        &["buy", "25", "--json"],
        &["buy", "25", "--get", "status"],
    ] {
        assert_eq!(code(at_a_terminal(&user, arguments)), 3, "{arguments:?}");
    }
    assert_eq!(code(at_a_terminal(&user.with("CI", "true"), &["buy", "25"])), 3);
}

#[test]
fn a_login_that_may_not_spend_is_offered_the_permission_before_the_question() {
    let server = Server::start(&["--auto-approve"]);
    server.keeper().set("interval=1s");
    let user = User::new().with("TOPUP_PORTAL_URL", &server.url);
    user.run(&["login"]).code(0);
    user.run(&["buy", "25", "--dry-run"]).code(12);
    let mut session = at_a_terminal(&user, &["buy", "25"]);
    session.exp_string("Ask for permission to spend now?").expect("the offer");
    session.send_line("y").expect("typed");
    session.exp_string("Pay $25.00 with Visa").expect("the question");
    session.send_line("y").expect("typed");
    session.exp_string("Settled: $25.00").expect("the outcome");
    assert_eq!(code(session), 0);
    assert_eq!(server.keeper().charges().len(), 1);
}

#[test]
fn a_purchase_that_lacks_permission_offers_it_once_and_goes_on_with_the_same_key() {
    let server = Server::start(&["--auto-approve"]);
    server.keeper().set("interval=1s");
    let user = User::new().with("TOPUP_PORTAL_URL", &server.url);
    user.run(&["login"]).code(0);
    let mut session = at_a_terminal(&user, &["buy", "25", "--yes"]);
    session.exp_string("Ask for permission to spend now?").expect("the offer");
    session.send_line("y").expect("typed");
    session.exp_string("Settled: $25.00").expect("the outcome");
    assert_eq!(code(session), 0);
    let log = server.keeper().run(&["sandbox", "log", "--json"]).json();
    let requests = log["data"]["requests"].as_array().expect("requests");
    let keys: Vec<_> = requests
        .iter()
        .filter(|seen| seen["path"] == "/api/billing/charge")
        .map(|seen| (seen["status"].as_u64(), seen["idempotency_key"].clone()))
        .collect();
    assert_eq!(keys.len(), 2, "refused once, taken once");
    assert_eq!((keys[0].0, keys[1].0), (Some(403), Some(202)));
    assert_eq!(keys[0].1, keys[1].1, "the same key");
    assert_eq!(server.keeper().charges().len(), 1);
}

#[test]
fn a_declined_offer_ends_with_the_refusal() {
    let server = Server::start(&["--auto-approve"]);
    server.keeper().set("interval=1s");
    let user = User::new().with("TOPUP_PORTAL_URL", &server.url);
    user.run(&["login"]).code(0);
    let mut session = at_a_terminal(&user, &["buy", "25", "--yes"]);
    session.exp_string("Ask for permission to spend now?").expect("the offer");
    session.send_line("n").expect("typed");
    session.exp_string("login --step-up").expect("the next step");
    assert_eq!(code(session), 12);
    assert!(server.keeper().charges().is_empty());
}

#[test]
fn no_saved_card_is_told_before_the_question() {
    let user = User::on_sandbox();
    user.set("card=none");
    let mut session = at_a_terminal(&user, &["buy", "25"]);
    session.exp_string("saved card").expect("the advice");
    session.exp_string("Pay $25.00? [y/N]").expect("the question");
    session.send_line("y").expect("typed");
    session.exp_string("saved card").expect("the refusal");
    assert_eq!(code(session), 20);
}

#[test]
fn while_it_waits_a_person_sees_what_for_and_ctrl_c_says_how_to_go_on() {
    let user = User::on_sandbox();
    user.set("settle-after=1h");
    let mut session = at_a_terminal(&user, &["buy", "25", "--yes"]);
    session.exp_string("waiting until it is settled").expect("the spinner");
    session.send_control('c').expect("typed");
    session.exp_string("finishes the purchase without topup").expect("the outcome");
    assert_eq!(code(session), 130);
    user.set("clock=+2h");
    let mut session = at_a_terminal(&user, &["resume"]);
    session.exp_string("Settled: $25.00").expect("the outcome");
    assert_eq!(code(session), 0);
}

#[test]
fn auto_reload_is_confirmed_too() {
    let user = User::on_sandbox();
    let mut session = at_a_terminal(&user, &["auto-reload", "20", "100"]);
    session.exp_string("below $20.00, up to $100.00? [y/N]").expect("the question");
    session.send_line("").expect("typed");
    assert_eq!(code(session), 3);
    let mut session = at_a_terminal(&user, &["auto-reload", "20", "100"]);
    session.exp_string("[y/N]").expect("the question");
    session.send_line("yes").expect("typed");
    session.exp_string("on: below $20.00 up to $100.00").expect("what holds");
    assert_eq!(code(session), 0);
}

#[test]
fn a_refill_asks_before_it_goes_on_with_what_may_charge() {
    let user = User::on_sandbox();
    let post = "POST /api/billing/charge";
    user.run(&["sandbox", "faults", "add", post, "--html", "--times", "1"]).code(0);
    user.run(&["buy", "25", "--yes"]).code(51);
    user.set("balance=3");
    let sent = user.seen().iter().filter(|seen| *seen == post).count();
    let refill = ["ensure", "--at-least", "20", "--buy", "25"];
    let mut session = at_a_terminal(&user, &refill);
    session.exp_string("Continue the purchase of $25.00 begun at").expect("the question");
    session.exp_string("[y/N]").expect("the question");
    session.send_line("n").expect("typed");
    session.exp_string("nothing was bought").expect("what is open counts");
    assert_eq!(code(session), 51);
    assert_eq!(user.seen().iter().filter(|seen| *seen == post).count(), sent);
    let mut session = at_a_terminal(&user, &refill);
    session.exp_string("[y/N]").expect("the question");
    session.send_line("y").expect("typed");
    session.exp_string("nothing more to buy").expect("the outcome");
    assert_eq!(code(session), 0);
}

#[test]
fn a_person_is_asked_for_another_one_and_not_to_pay_what_is_open() {
    let user = User::on_sandbox();
    user.set("settle-after=1h");
    user.run(&["buy", "25", "--yes", "--no-wait"]).code(50);
    let mut session = at_a_terminal(&user, &["buy", "25", "--no-wait"]);
    session.exp_string("is still open; this command finishes it").expect("said");
    session.exp_string("Buy another one instead?").expect("the question");
    session.send_line("n").expect("typed");
    assert_eq!(code(session), 50);
    assert_eq!(user.charges().len(), 1);
}

#[test]
fn what_cannot_be_bought_is_refused_without_a_question() {
    let user = User::on_sandbox();
    for (amount, asked, scripted) in [("5", 32, 33), ("20000", 32, 33), ("1001", 31, 31)] {
        for words in [&["buy", amount][..], &["buy", amount, "--dry-run"]] {
            let mut session = at_a_terminal(&user, words);
            session.exp_string("nothing was sent: $").expect("the refusal");
            assert_eq!(code(session), asked, "{words:?}");
        }
        for how in ["--yes", "--dry-run"] {
            user.run(&["buy", amount, how]).code(scripted);
        }
    }
    assert!(user.charges().is_empty());
}

#[test]
fn who_ends_the_input_instead_of_a_line_reads_the_answer_on_a_line_of_its_own() {
    let user = User::on_sandbox();
    let mut session = at_a_terminal(&user, &["buy", "25", "--color", "never"]);
    session.exp_string("4242? [y/N] ").expect("the question");
    session.send_control('d').expect("typed");
    session.exp_string("\r\nerror: nothing was sent").expect("the answer");
    session.exp_string("To go ahead answer y").expect("what helps");
    assert_eq!(code(session), 3);
}
