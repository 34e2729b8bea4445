//! Promise: `watch` tells each fall once, whoever looks and however often it is started; it
//! outlives what passes, ends by what does not, and leaves nothing behind.

use crate::smtp::{MailServer, Manner, header};
use crate::support::{Canned, Passing, Ran, Server, User, at_once, signal, until};
use rustix::process::Signal;
use serde_json::Value;
use std::fs;
use std::process::Child;
use std::time::{Duration, Instant};

/// The command of most tests: it writes a line for each time that it is told.
const NOTE: [&str; 4] = [
    "--",
    "sh",
    "-c",
    "echo $TOPUP_WATCH_BALANCE $TOPUP_WATCH_BELOW $TOPUP_WATCH_UNIT $TOPUP_WATCH_PROVIDER >>told; echo heard",
];

fn told(user: &User) -> Vec<String> {
    let text = fs::read_to_string(user.file("told")).unwrap_or_default();
    text.lines().map(str::to_owned).collect()
}

fn look(user: &User, more: &[&str]) -> Ran {
    user.run(&[&["watch", "--below", "10", "--one-look", "--json"], more].concat())
}

/// A watch that goes on, with what it says in a file.
fn start(user: &User, arguments: &[&str]) -> Child {
    let log = fs::File::create(user.file("log")).expect("a log");
    let mut command = user.command(&[&["watch", "--below", "10"], arguments].concat());
    command.stderr(log).spawn().expect("it starts")
}

fn log(user: &User) -> String {
    fs::read_to_string(user.file("log")).expect("a log")
}

/// Ends it; gives the document.
#[track_caller]
fn stop(user: &User, child: Child, number: Signal) -> Value {
    signal(child.id(), number);
    let ran = user.finish(&["watch"], child).code(0);
    ran.json()["data"].clone()
}

#[test]
fn each_fall_is_told_once_however_often_it_is_looked() {
    let user = User::on_sandbox();
    user.set("balance=12.5");
    let first = look(&user, &NOTE).code(0).json();
    assert_eq!((&first["data"]["is_below"], &first["data"]["told"]), (&false.into(), &Value::Null));
    for (balance, falls) in [("9.99", 1), ("3", 1), ("10", 1), ("4.5", 2), ("4", 2)] {
        user.set(&format!("balance={balance}"));
        for _ in 0..2 {
            let ran = look(&user, &NOTE).code(0);
            assert_eq!(ran.json()["data"]["balance_usd"], balance);
        }
        assert_eq!(told(&user).len(), falls, "at {balance}");
    }
    assert_eq!(told(&user), ["9.99 10.00 usd nous", "4.5 10.00 usd nous"]);
    let last = look(&user, &NOTE).code(0).json();
    assert_eq!((&last["data"]["is_below"], &last["data"]["told"]), (&true.into(), &true.into()));
    assert!(last["data"]["below_since"].is_string(), "{last}");
    // Another amount, another command and another profile are other watches.
    user.run(&[&["watch", "--below", "11", "--one-look"], &NOTE[..]].concat()).code(0);
    look(&user, &["--", "sh", "-c", "echo another >>told"]).code(0);
    fs::write(user.file("config.toml"), "[profiles.p]\n").expect("written");
    user.run(&["--profile", "p", "login", "--approve"]).code(0);
    user.run(&[&["--profile", "p", "watch", "--below", "10", "--one-look"], &NOTE[..]].concat())
        .code(0);
    assert_eq!(told(&user).len(), 5, "{:?}", told(&user));
}

#[test]
fn a_command_knows_what_it_reports_and_of_a_recovery_only_where_that_was_asked_for() {
    let user = User::on_sandbox();
    let note = ["--", "sh", "-c", "echo $TOPUP_WATCH_EVENT $TOPUP_WATCH_BELOW >>told"];
    let both = ["watch", "--below", "10%", "--of", "100", "--below", "5", "--one-look"];
    let plain = [&both[..], &note].concat();
    let flags = ["--recovery", "--remind", "1ms"];
    let more = [&both[..], &flags, &["--", "sh", "-c", "echo $TOPUP_WATCH_EVENT >>more"]].concat();
    for balance in ["9", "4", "4", "12", "12"] {
        user.set(&format!("balance={balance}"));
        user.run(&plain).code(0);
        user.run(&more).code(0);
    }
    let told = told(&user);
    assert_eq!(told, ["low 10", "low 5.00"]);
    let more = fs::read_to_string(user.file("more")).expect("told");
    assert_eq!(more, "low\nlow\nreminder\nrecovered\n");
    let unknown = ["watch", "--below", "10%", "--one-look"];
    user.run(&unknown).code(2).says("does not say what 100 % is").says("--of AMOUNT");
    user.run(&["watch", "--below", "200%"]).code(2).says("more than 100 %");
}

#[test]
fn ten_looks_at_once_tell_it_once() {
    let user = User::on_sandbox();
    user.set("balance=5");
    let arguments = [&["watch", "--below", "10", "--one-look"], &NOTE[..]].concat();
    let crowd: Vec<Child> = (0..10).map(|_| user.start(&arguments)).collect();
    for one in crowd {
        user.finish(&arguments, one).code(0);
    }
    assert_eq!(told(&user).len(), 1);
}

#[test]
fn what_the_command_does_not_do_is_tried_again_and_not_for_ever() {
    let user = User::on_sandbox();
    user.set("balance=5");
    let command = ["--", "sh", "-c", "echo try >>told; test -e works"];
    for _ in 0..3 {
        let ran = look(&user, &command).code(0).says("'sh' ended with 1").says("not reported");
        assert_eq!(ran.json()["data"]["told"], false);
    }
    fs::write(user.file("works"), "").expect("written");
    assert_eq!(look(&user, &command).code(0).json()["data"]["told"], true);
    look(&user, &command).code(0);
    assert_eq!(told(&user).len(), 4);
    // The next fall is a new one, and its tries are as well.
    user.set("balance=50");
    look(&user, &command).code(0);
    user.set("balance=5");
    fs::remove_file(user.file("works")).expect("removed");
    for _ in 0..9 {
        look(&user, &command).code(0).says("tried again");
    }
    look(&user, &command).code(0).says("given up").says("10 of 10");
    let ran = look(&user, &command).code(0);
    assert!(!ran.err.contains("not_told"), "{}", ran.err);
    assert_eq!(told(&user).len(), 14);
    // It rises untold.
    user.set("balance=50");
    look(&user, &command).code(0).says("it rose again before it could be reported");
}

#[test]
fn the_command_gets_no_secret_and_its_output_is_no_part_of_the_answer() {
    let server = Server::start(&[]);
    server.keeper().set("balance=5");
    let user = server
        .user()
        .with("TOPUP_SMTP_URL", "smtp://me:hunter2@127.0.0.1:1")
        .with("TOPUP_NOTIFY_URL", "http://127.0.0.1:1/hooks/T0")
        .with("TOPUP_CIRIS_PASSWORD", "hunter3");
    let ran = look(&user, &["-v", "--", "sh", "-c", "env; cat; echo heard"]).code(0).says("heard");
    ran.json();
    for secret in [&server.token, "hunter2", "hunter3", "hooks/T0"] {
        assert!(!ran.err.contains(secret), "{secret} in {}", ran.err);
    }
    for known in [
        "TOPUP_WATCH_EVENT=low",
        "TOPUP_WATCH_BALANCE=5",
        "TOPUP_WATCH_BELOW=10.00",
        "TOPUP_WATCH_PROFILE=default",
        "TOPUP_WATCH_URL=http",
    ] {
        assert!(ran.err.contains(known), "no {known} in {}", ran.err);
    }
    user.run(&["watch", "--below", "10", "--", "no-such-command"]).code(2).says("no command");
}

#[test]
fn every_system_that_tells_a_balance_can_be_watched() {
    for (system, below, unit) in [
        ("nous", "100000", "usd"),
        ("ciris", "100000", "uses"),
        ("byterover", "90000000", "credits"),
    ] {
        let user = User::on_sandbox().with("TOPUP_PROVIDER", system);
        if system == "byterover" {
            user.make_project("");
            user.run(&["team", "pin", "acme"]).code(0);
        }
        let arguments = [&["watch", "--below", below, "--one-look", "--json"], &NOTE[..]].concat();
        let document = user.run(&arguments).code(0).json();
        assert_eq!(document["data"]["unit"], unit);
        assert!(told(&user)[0].ends_with(&format!(" {unit} {system}")), "{:?}", told(&user));
    }
    let user = User::new().with("TOPUP_PROVIDER", "ledger");
    user.run(&["ledger", "init", "--mandate", "acme", "--model", "prepay-mandate"]).code(0);
    look(&user, &NOTE).code(0);
    assert_eq!(told(&user), ["0.00 10.00 chf ledger"]);
}

#[test]
fn a_line_only_when_something_changes() {
    let user = User::on_sandbox();
    user.set("balance=50");
    let child = start(&user, &["--every", "20ms", "--", "true"]);
    until("it watches", || log(&user).contains("Watching: the balance is $50.00"));
    user.set("balance=5");
    until("it is low", || log(&user).contains("Reported by 'true'"));
    user.set("balance=60");
    until("it has risen", || log(&user).contains("Risen: the balance is $60.00"));
    std::thread::sleep(Duration::from_millis(300));
    signal(child.id(), Signal::TERM);
    let ran = user.finish(&["watch"], child).code(0);
    assert!(ran.out.contains("reported 1 time."), "{}", ran.out);
    let lines = log(&user);
    let kinds: Vec<&str> = lines.lines().filter_map(|line| line.split(' ').nth(1)).collect();
    assert_eq!(kinds, ["Watching:", "Low:", "Reported", "Risen:"], "{lines}");
}

#[test]
fn what_passes_is_told_once_when_it_begins_and_once_when_it_is_over() {
    let user = User::on_sandbox();
    user.set("balance=50");
    let fault = ["sandbox", "faults", "add", "GET /api/billing/state"];
    user.run(&[&fault[..], &["--status", "503", "--times", "3"]].concat()).code(0);
    user.run(&[&fault[..], &["--drop-before", "--times", "1"]].concat()).code(0);
    let child = start(&user, &["--every", "10ms", "--json"]);
    until("it recovers", || log(&user).contains("recovered"));
    let document = stop(&user, child, Signal::TERM);
    assert_eq!(document["failed_looks"], 4, "{document}");
    let lines = log(&user);
    let events: Vec<Value> =
        lines.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let names: Vec<&str> =
        events.iter().map(|event| event["event"].as_str().expect("a name")).collect();
    assert_eq!(names, ["failing", "recovered", "watching"], "{lines}");
}

#[test]
fn a_system_that_asks_to_wait_is_waited_for() {
    let user = User::on_sandbox();
    let fault = ["sandbox", "faults", "add", "GET /api/billing/state", "--status", "429"];
    user.run(&[&fault[..], &["--retry-after", "1"]].concat()).code(0);
    let since = Instant::now();
    let child = start(&user, &["--every", "10ms", "--json"]);
    until("it recovers", || log(&user).contains("recovered"));
    assert!(since.elapsed() >= Duration::from_secs(1), "{:?}", since.elapsed());
    let document = stop(&user, child, Signal::TERM);
    assert_eq!(document["failed_looks"], 1, "{document}");
}

#[test]
fn a_portal_that_is_away_and_comes_back_is_watched_on() {
    // Nobody is there yet, and somebody will be.
    let free = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = free.local_addr().expect("an address").to_string();
    drop(free);
    let user = User::new()
        .with("TOPUP_PORTAL_URL", &format!("http://{address}"))
        .with("TOPUP_TOKEN", "opaque-token");
    let child = start(&user, &["--every", "10ms"]);
    until("it fails", || log(&user).contains("cannot be read"));
    let server = Server::start(&["--listen", &address]);
    // Its token is another one: the login has ended, and that ends the watch.
    let ran = user.finish(&["watch"], child);
    assert_eq!(ran.code, 10, "{}", log(&user));
    drop(server);
    assert_eq!(log(&user).matches("cannot be read").count(), 1, "{}", log(&user));
}

#[test]
fn a_login_that_ends_ends_the_watch_and_says_how_far_it_came() {
    let user = User::on_sandbox();
    user.set("balance=50");
    let child = start(&user, &["--every", "10ms", "--json"]);
    until("it watches", || log(&user).contains("watching"));
    user.run(&["sandbox", "revoke", "session"]).code(0);
    let ran = user.finish(&["watch"], child).code(11);
    let document = ran.failed("session_revoked", None);
    assert_eq!(document["data"]["balance_usd"], "50");
    assert_eq!(log(&user).matches("error:").count(), 1, "{}", log(&user));
    // Without one there is nothing to wait for either.
    let user = User::new().with("TOPUP_PORTAL_URL", "http://127.0.0.1:9");
    user.run(&["watch", "--below", "10"]).code(10).says("topup login");
}

#[test]
fn a_signal_ends_it_at_once_in_the_wait_and_in_the_command() {
    at_once(&[Signal::INT, Signal::TERM, Signal::HUP], |number| {
        let user = User::on_sandbox();
        user.set("balance=50");
        let child = start(&user, &["--every", "1h", "--json"]);
        until("it watches", || log(&user).contains("watching"));
        std::thread::sleep(Duration::from_millis(50));
        let document = stop(&user, child, *number);
        assert_eq!((&document["looks"], &document["is_below"]), (&1.into(), &false.into()));
    });
    at_once(&[(Signal::INT, ""), (Signal::TERM, "trap '' TERM;")], |(number, deaf)| {
        let user = User::on_sandbox();
        user.set("balance=5");
        let hangs = format!("{deaf} echo $$ >pid; sleep 1000 & wait; sleep 1000");
        let child = start(&user, &["--every", "1h", "--json", "--", "sh", "-c", &hangs]);
        let pid = || fs::read_to_string(user.file("pid")).unwrap_or_default();
        until("the command runs", || pid().ends_with('\n'));
        let document = stop(&user, child, *number);
        assert_eq!(document["told"], false, "{document}");
        let there = format!("/proc/{}", pid().trim());
        assert!(!std::path::Path::new(&there).exists(), "the command goes on");
        // It was not told: the next start does.
        look(&user, &NOTE).code(0);
        assert_eq!(told(&user).len(), 1);
    });
}

#[test]
fn a_terminal_that_goes_away_is_nothing_to_one_that_ignores_it() {
    let user = User::on_sandbox();
    user.set("balance=50");
    let log_file = fs::File::create(user.file("log")).expect("a log");
    let topup = user.command(&[]);
    let mut shell = std::process::Command::new("sh");
    let script = "trap '' HUP; exec \"$0\" watch --below 10 --every 20ms --json";
    shell.args(["-c", script]).arg(topup.get_program()).current_dir(user.home()).env_clear();
    shell.envs(topup.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let child = shell
        .stdin(std::process::Stdio::null())
        .stdout(std::process::Stdio::piped())
        .stderr(log_file)
        .spawn()
        .expect("it starts");
    until("it watches", || log(&user).contains("watching"));
    signal(child.id(), Signal::HUP);
    user.set("balance=5");
    until("it goes on", || log(&user).contains("below"));
    stop(&user, child, Signal::TERM);
}

#[test]
fn stopped_for_a_while_it_goes_on_with_one_look_and_no_rush() {
    let server = Server::start(&[]);
    let user = server.user();
    let child = start(&user, &["--every", "300ms", "--json"]);
    until("it watches", || log(&user).contains("watching"));
    signal(child.id(), Signal::STOP);
    std::thread::sleep(Duration::from_millis(1500));
    let looks = || server.keeper().seen().iter().filter(|seen| seen.ends_with("/state")).count();
    let before = looks();
    signal(child.id(), Signal::CONT);
    std::thread::sleep(Duration::from_millis(200));
    let after = looks();
    assert!(after - before <= 2, "{before} and then {after}");
    let document = stop(&user, child, Signal::INT);
    assert_eq!(document["failed_looks"], 0, "{document}");
}

#[test]
fn a_thousand_looks_take_no_more_memory_than_two_hundred_and_one_connection() {
    let server = Server::start(&[]);
    let counting = Passing::before(&server.url, |_| ());
    let user = server.user().with("TOPUP_PORTAL_URL", &counting.url);
    let child = start(&user, &["--every", "1ms", "-v"]);
    let looks = || log(&user).matches("The balance is").count();
    let resident = || {
        let status = fs::read_to_string(format!("/proc/{}/status", child.id())).expect("a status");
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("a size");
        line.trim().trim_end_matches(" kB").parse::<u64>().expect("a number")
    };
    let descriptors =
        || fs::read_dir(format!("/proc/{}/fd", child.id())).expect("descriptors").count();
    until("two hundred looks", || looks() >= 200);
    let (memory, files) = (resident(), descriptors());
    until("a thousand looks", || looks() >= 1000);
    assert!(resident() < memory + 2048, "{memory} kB and then {} kB", resident());
    assert!(descriptors() <= files + 2, "{files} and then {}", descriptors());
    signal(child.id(), Signal::TERM);
    user.finish(&["watch"], child).code(0);
    assert_eq!(counting.count(), 1, "the connection is kept");
    let left = fs::read_dir(user.file("watch")).expect("its folder").count();
    assert!(left <= 2, "{left} files");
}

#[test]
fn what_cannot_be_meant_is_refused_before_any_look() {
    let far = User::new().with("TOPUP_PORTAL_URL", "https://portal.invalid");
    for every in ["1s", "9999ms", "0"] {
        far.run(&["watch", "--below", "10", "--every", every]).code(2).says("at least 10s");
    }
    let near = User::on_sandbox();
    near.run(&["watch", "--below", "10", "--every", "0"]).code(2).says("too often");
    near.run(&["watch", "--below", "10", "--every", "60d"]).code(2).says("too rare");
    near.run(&["watch", "--below", "0"]).code(2);
    near.run(&["watch"]).code(2);
    near.run(&["watch", "--below", "10", "--notify", "--", "true"]).code(2);
    near.run(&["watch", "--below", "10", "--notify"]).code(2).says("has nowhere to send a notice");
    assert!(near.seen().is_empty(), "{:?}", near.seen());
    // A webhook alone is enough; that the addresses get nothing is no surprise of the night.
    near.run(&["config", "set", "notify", "ops@example.com"]).code(0);
    let hooked = near.with("TOPUP_NOTIFY_URL", "http://127.0.0.1:9/hook");
    hooked
        .run(&["watch", "--below", "10", "--notify", "--one-look"])
        .code(0)
        .says("no mail is sent: notify of the profile is set, and TOPUP_SMTP_URL is not");
}

#[test]
fn a_spoiled_memory_is_told_and_kept() {
    let user = User::on_sandbox();
    user.set("balance=5");
    look(&user, &NOTE).code(0);
    let folder = fs::read_dir(user.file("watch")).expect("its folder");
    let file = folder
        .map(|entry| entry.expect("an entry").path())
        .find(|path| path.extension().is_some_and(|ending| ending == "json"))
        .expect("a memory");
    fs::write(&file, "spoiled").expect("written");
    look(&user, &NOTE).code(4).says("Fix or remove that file").failed("config", None);
    assert_eq!(fs::read_to_string(&file).expect("there"), "spoiled");
    assert_eq!(told(&user).len(), 1);
}

#[test]
fn a_notice_goes_to_the_webhook_and_by_mail_as_the_profile_says() {
    let hook = Canned::json("200 OK", "{}");
    let user = User::on_sandbox().with("TOPUP_NOTIFY_URL", &format!("{}/hooks/T0", hook.url));
    user.set("balance=5");
    for _ in 0..3 {
        let ran = look(&user, &["--notify"]).code(0);
        assert_eq!(ran.json()["data"]["told"], true);
        assert!(!ran.err.contains("hooks/T0"), "{}", ran.err);
    }
    assert_eq!(hook.count(), 1, "once");
    let broken = Canned::json("500 Internal Server Error", "{}");
    let user = User::on_sandbox().with("TOPUP_NOTIFY_URL", &broken.url);
    user.set("balance=5");
    for _ in 0..2 {
        look(&user, &["--notify"]).code(0).says("the webhook: it answered 500");
    }
    assert_eq!(broken.count(), 2, "tried again");
    let Some(server) = MailServer::start(Manner::default()) else { return };
    let user = User::on_sandbox()
        .with("TOPUP_SMTP_URL", &server.url())
        .with("TOPUP_SMTP_FROM", "topup@x.example");
    fs::write(user.file("config.toml"), "[profiles.default]\nnotify = ['ops@x.example']\n")
        .expect("written");
    user.set("balance=5");
    look(&user, &["--notify"]).code(0);
    look(&user, &["--notify"]).code(0);
    let mail = server.mail();
    assert_eq!(mail["to"], serde_json::json!(["ops@x.example"]));
    let text = mail["text"].as_str().expect("text");
    for fact in [
        "$5.00 left at Nous Portal",
        "(sandbox, no real money)",
        "$10.00",
        "topup --sandbox buy AMOUNT",
    ] {
        assert!(text.contains(fact), "no {fact} in {text}");
    }
    assert!(!text.contains("http://"), "a page that ended with the run: {text}");
    assert!(!text.contains("Guthaben"), "one language: {text}");
    server.has_no_more();
    // The command is for this profile and this system, as a shell takes it.
    user.run(&["--profile", "my work", "config", "set", "notify", "ops@x.example"]).code(0);
    let typed = ["--profile", "my work", "--provider", "ciris", "watch", "--below", "1000"];
    user.run(&[&typed[..], &["--one-look", "--notify"]].concat()).code(0);
    let mail = server.mail();
    let text = mail["text"].as_str().expect("text");
    let command = "topup --sandbox --provider ciris --profile 'my work' buy\n";
    assert!(text.contains(command), "{text}");
    // That enough is there again is a notice of its own, in the language of the profile.
    user.run(&["config", "set", "language", "fr"]).code(2).says("neither en nor de");
    user.run(&["config", "set", "language", "de"]).code(0);
    user.set("balance=50");
    for _ in 0..2 {
        look(&user, &["--notify"]).code(0);
    }
    let subject = header(&server.mail(), "Subject").map(str::to_owned).expect("a subject");
    assert!(subject.starts_with("[topup] Wieder $50.00 bei Nous Portal (sandbox"), "{subject}");
    server.has_no_more();
    fs::write(user.file("config.toml"), "[profiles.default]\nnotify = ['nobody']\n")
        .expect("written");
    look(&user, &["--notify"]).code(4).says("not a mail address");
}

#[test]
fn a_watch_that_tells_by_its_line_says_it_however_quiet_it_is() {
    let user = User::on_sandbox();
    user.set("balance=3");
    let look = ["watch", "--below", "10", "--one-look", "-q"];
    user.run(&look).code(0).says("Low:");
    assert!(!user.run(&look).code(0).err.contains("Low:"), "it was told");
}
