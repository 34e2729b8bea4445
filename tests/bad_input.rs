//! Promise: bad input gets a clear error that names the file, the flag or the field and what to do;
//! nothing is sent, and nothing that was kept is thrown away.

use crate::support::{Canned, Server, User, at_once, until};
use std::fs;

#[test]
fn a_configuration_that_cannot_be_read_names_the_file_and_the_line() {
    let user = User::new();
    let config = user.file("config.toml");
    for (text, line) in [
        ("[profiles.x\n", 1),
        ("\n\ncolour = 1\n", 3),
        ("[profiles.default]\nmax_per_day = 5\n", 2),
    ] {
        fs::write(&config, text).expect("written");
        let document = user.run(&["state", "--json"]).code(4).failed("config", None);
        let message = document["error"]["message"].as_str().expect("a message");
        assert!(message.contains(&format!("config.toml, line {line}")), "{message}");
        assert_eq!(fs::read_to_string(&config).expect("kept"), text);
    }
    fs::write(&config, "[profiles.work]\n").expect("written");
    user.run(&["state", "--profile", "wrok"]).code(4).says("'wrok'").says("work");
}

#[test]
fn a_duration_that_no_clock_can_count_to_is_refused() {
    let user = User::new();
    for endless in ["18446744073709551615", "999999999999999999", "99999d", "213503982334601d"] {
        for arguments in [
            &["--timeout", endless, "state"][..],
            &["buy", "25", "--yes", "--wait", endless],
            &["buy", "25", "--yes", "--poll", endless],
        ] {
            user.run(arguments).code(2).says("duration").says(endless);
        }
    }
}

#[test]
fn a_project_file_may_choose_and_nothing_more() {
    let user = User::new();
    fs::write(user.file(".topup.toml"), "portal_url = \"https://evil.example\"\n")
        .expect("written");
    user.run(&["open"]).code(4).says(".topup.toml, line 1");
    fs::write(user.file(".topup.toml"), "profile = \"work\"\n").expect("written");
    fs::write(user.file("config.toml"), "[profiles.work]\nportal_url = \"https://work.invalid\"\n")
        .expect("written");
    assert!(user.run(&["open"]).code(0).out.starts_with("https://work.invalid/"));
}

#[test]
fn a_profile_that_is_not_there_is_named_with_its_file_and_nothing_is_sent_or_made() {
    let server = Server::start(&[]);
    let user = server.user();
    let config = "[profiles.work]\n";
    fs::write(user.file("config.toml"), config).expect("written");
    let seen = server.keeper().seen().len();
    for arguments in [
        &["state"][..],
        &["buy", "25", "--yes"],
        &["login", "--no-browser"],
        &["resume"],
        &["check", "--at-least", "1"],
        &["history"],
    ] {
        let ran = user.run(&[arguments, &["--profile", "wrok", "--json"]].concat()).code(4);
        let error = &ran.json()["error"];
        assert_eq!(error["class"], "config", "{error}");
        let message = error["message"].as_str().expect("text");
        assert!(message.contains("'wrok'") && message.contains("config.toml"), "{message}");
        assert!(!error["hints"].as_array().expect("hints").is_empty(), "{error}");
        if arguments[0] == "buy" {
            assert_eq!(error["charged"], "no", "{error}");
        }
    }
    assert_eq!(server.keeper().seen().len(), seen, "nothing was sent");
    assert_eq!(fs::read_to_string(user.file("config.toml")).expect("there"), config);
    assert_eq!(fs::read_dir(user.home()).expect("a home").count(), 1, "nothing was made");
}

#[test]
fn fault_52_a_journal_of_a_newer_version_is_refused_and_left_alone() {
    let user = User::on_sandbox();
    user.run(&["buy", "25", "--yes"]).code(0);
    let file = user.file("journal.db");
    let journal = rusqlite::Connection::open(&file).expect("open");
    journal.pragma_update(None, "user_version", 99).expect("newer");
    drop(journal);
    let before = fs::read(&file).expect("read");
    let seen = user.seen().len();
    for arguments in
        [&["buy", "25", "--yes", "--json"][..], &["history", "--json"], &["resume", "--json"]]
    {
        let document = user.run(arguments).code(4).json();
        assert!(document["error"]["message"].to_string().contains("newer"), "{document}");
    }
    assert_eq!(fs::read(&file).expect("read"), before);
    assert_eq!(user.seen().len(), seen, "nothing was sent");
    fs::write(&file, b"this is no database, and long enough to be read as one").expect("written");
    // Nothing is sent, and nobody can tell what an earlier run has left open in it.
    user.run(&["buy", "25", "--yes", "--json"]).code(4).failed("config", Some("unknown"));
}

#[test]
fn an_entry_of_a_newer_version_is_told_and_nothing_is_sent_or_thrown_away() {
    let user = User::on_sandbox();
    user.set("settle-after=1h");
    user.run(&["buy", "25", "--yes", "--no-wait"]).code(50);
    let file = user.file("journal.db");
    let journal = rusqlite::Connection::open(&file).expect("open");
    let copy = "INSERT INTO entry (purchase, kind, ended, charge_id, stamp, body)
        SELECT purchase, 'paid_by_the_moon', NULL, NULL, stamp,
        replace(body, kind, 'paid_by_the_moon') FROM entry LIMIT 1";
    assert_eq!(journal.execute(copy, []).expect("written"), 1);
    let entries = || {
        let count = "SELECT count(*) FROM entry";
        journal.query_row(count, [], |row| row.get::<_, i64>(0)).expect("a count")
    };
    let (before, seen) = (entries(), user.seen().len());
    let spending = Some("unknown");
    for (arguments, charged) in [
        (&["buy", "25", "--yes"][..], spending),
        (&["resume"], spending),
        (&["status"], spending),
        (&["history"], None),
    ] {
        let ran = user.run(&[arguments, &["--json"]].concat()).code(4);
        let error = ran.failed("config", charged)["error"].clone();
        let message = error["message"].as_str().expect("text");
        assert!(message.contains("journal.db") && message.contains("cannot read"), "{message}");
        ran.says("Use the version of topup that wrote it");
    }
    assert_eq!((entries(), user.seen().len()), (before, seen), "nothing is sent or thrown away");
}

#[test]
fn where_nothing_can_be_written_nothing_is_sent() {
    let server = Server::start(&[]);
    let user = server.user().with("TOPUP_HOME", "/proc/nowhere");
    user.run(&["buy", "25", "--yes", "--json"]).code(4).failed("config", Some("no"));
    assert!(server.keeper().seen().is_empty());
}

#[test]
fn an_answer_that_is_too_large_or_no_json_is_told_as_such() {
    let huge = [
        b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n\""
            .to_vec(),
        vec![b'x'; 5 * 1024 * 1024],
    ]
    .concat();
    Canned::new(huge).user().run(&["state", "--json"]).code(64).failed("protocol", None);
    let page = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 6\r\nConnection: close\r\n\r\n<html>";
    Canned::new(page.into())
        .user()
        .run(&["state", "--json"])
        .code(63)
        .failed("endpoint_unavailable", None);
    for body in [
        "{",
        "[]",
        "null",
        "\"text\"",
        r#"{"balanceUsd":"1"} x"#,
        r#"{"balanceUsd":"1","balanceUsd":"2"}"#,
    ] {
        let code = Canned::json("200 OK", body).user().run(&["state", "--json"]).code;
        assert!(code == 63 || code == 64, "{body}: {code}");
    }
}

#[test]
fn ids_that_could_leave_their_place_are_refused() {
    let server = Server::start(&[]);
    let user = server.user();
    for id in [
        "..",
        ".",
        "a/b",
        "a%2fb",
        "a?b",
        "a#b",
        "a b",
        "a\nb",
        "\u{202e}x",
        "é",
        "",
        &"x".repeat(129),
    ] {
        user.run(&["status", id, "--json"]).code(2).failed("usage", None);
    }
    assert!(server.keeper().seen().is_empty());
}

#[test]
fn an_accepted_answer_without_a_sane_id_is_unknown() {
    let bodies = [
        "",
        "[]",
        "null",
        "{}",
        r#"{"chargeId":7}"#,
        r#"{"chargeId":""}"#,
        r#"{"chargeId":"../x"}"#,
        r#"{"chargeId":"a","chargeId":"b"}"#,
    ];
    at_once(&bodies, |body| {
        let portal = Canned::json("202 Accepted", body);
        let user = portal.user();
        let arguments = ["buy", "25", "--yes", "--json"];
        let child = user.start(&arguments);
        // Its replays come seconds later: one answer is enough to know.
        let ran = if body.is_empty() {
            user.finish(&arguments, child)
        } else {
            stop_after_first(&user, &arguments, child, &portal)
        };
        let document = ran.json();
        assert_eq!(document["error"]["charged"], "unknown", "{body}: {document}");
    });
}

fn stop_after_first(
    user: &User,
    arguments: &[&str],
    child: std::process::Child,
    portal: &Canned,
) -> crate::support::Ran {
    until("something is sent", || portal.count() > 0);
    std::thread::sleep(std::time::Duration::from_millis(300));
    crate::support::signal(child.id(), rustix::process::Signal::INT);
    user.finish(arguments, child)
}

#[test]
fn what_cannot_be_meant_names_what_is_missing_or_there() {
    let user = User::on_sandbox();
    user.run(&["ensure", "--at-least", "20", "--yes", "--json"])
        .code(2)
        .failed("usage", Some("no"));
    user.run(&["ensure", "--at-least", "20", "--yes"])
        .code(2)
        .says("--buy AMOUNT, or --to BALANCE");
    user.run(&["state", "--timeout", "0"]).code(2).says("is zero");
    let one = user.run(&["schema", "plan", "upgrade"]).code(0);
    assert_eq!(one.out, user.run(&["schema", "plan upgrade"]).code(0).out);
    user.run(&["schema", "plan"]).code(2).says("Available: plan show, plan preview");
    // The ledger has no logins, inside the sandbox neither.
    let budget = User::on_sandbox().with("TOPUP_PROVIDER", "ledger");
    for verb in ["login", "whoami"] {
        budget.run(&[verb]).code(6).says("has no portal to log in at");
    }
}

#[test]
fn a_warning_names_a_command_for_the_place_that_was_meant() {
    let user = User::on_sandbox();
    let made = ["ledger", "init", "--mandate", "acme", "--model", "prepay-mandate"];
    user.run(&made).code(0);
    let told = user.run(&["ledger", "check", "3"]).code(30);
    assert!(
        told.err.contains("'topup --sandbox ledger init --mandate acme --notify"),
        "{}",
        told.err
    );
}
