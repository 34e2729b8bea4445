//! Promise: `ledger run` is not noticed by the command it runs, nor by whoever waits for it; what
//! the command says it cost is recorded, else the estimate.

use crate::books::{balance, check_book, data, fill, keys, ledger, on_each_store, with_pool};
use crate::support::{User, signal, topup};
use rexpect::process::WaitStatus;
use rexpect::session::{PtySession, spawn_command};
use rustix::process::Signal;
use serde_json::Value;
use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

const RUN: &[&str] = &["ledger", "run", "--estimate", "0.5", "--for-provider", "p", "--"];

/// A run of this shell script.
fn script(text: &str) -> Vec<&str> {
    [RUN, &["sh", "-c", text]].concat()
}

/// Runs a script with a document, whatever it ends with.
#[track_caller]
fn document(user: &User, text: &str) -> Value {
    let mut arguments = vec!["--json"];
    arguments.extend(script(text));
    let ran = user.run(&arguments);
    let document: Value = serde_json::from_str(&ran.out).expect("one document");
    assert_eq!((&document["ok"], &document["command"]), (&true.into(), &"ledger run".into()));
    keys(
        &document["data"],
        &[
            "command_exit_code",
            "command_signal",
            "cost_source",
            "base_price",
            "recorded",
            "transaction",
            "balance",
            "currency",
        ],
    );
    document["data"].clone()
}

#[test]
fn what_goes_in_and_out_is_the_commands_own_byte_for_byte() {
    let user = with_pool("10");
    let bytes: Vec<u8> = (0..=255).cycle().take(300_000).collect();
    let booked = "Booked CHF 0.50 for p, the estimate (base price 0.50 and 0 % markup). \
                  The balance is CHF 9.50.\n";
    for (quiet, said) in [(&[][..], booked), (&["--quiet"], "")] {
        let mut child = user
            .command(&[quiet, &script("cat; printf 'and \\377 here' >&2")].concat())
            .stdin(Stdio::piped())
            .spawn()
            .expect("it starts");
        let (mut input, sent) = (child.stdin.take().expect("a pipe"), bytes.clone());
        let writing = std::thread::spawn(move || input.write_all(&sent));
        let output = child.wait_with_output().expect("it ends");
        writing.join().expect("joined").expect("written");
        assert!(output.status.success());
        assert!(output.stdout == bytes, "{} bytes came back", output.stdout.len());
        assert_eq!(output.stderr, [b"and \xff here", said.as_bytes()].concat());
    }
    // An argument is any bytes, and what looks like one of ours is the command's.
    let mut command = user.command(&[RUN, &["printf", "%s,", "--json", "--", "-x"]].concat());
    let output = command.arg(OsStr::from_bytes(b"\xfe\xff")).output().expect("it runs");
    assert_eq!(output.stdout, b"--json,--,-x,\xfe\xff,");
    assert_eq!(
        user.run(&script("pwd")).code(0).out.trim_end(),
        user.home().to_str().expect("text")
    );
    assert_eq!(check_book(&user, "acme").len(), 5);
}

#[test]
fn what_was_booked_is_said_with_its_parts() {
    let user = with_pool("10");
    data(&user, &["init", "--mandate", "acme", "--markup", "50"]);
    let says = |command: &str, line: &str| {
        let ran = user.run(&script(command)).code(0);
        assert_eq!(ran.err.lines().next(), Some(line));
        ran
    };
    says(
        "echo 0.0012 >$TOPUP_COST_FILE",
        "Booked CHF 0.0018 for p (base price 0.0012 and 50 % markup). The balance is CHF 9.9982.",
    );
    says(
        "true",
        "Booked CHF 0.75 for p, the estimate (base price 0.50 and 50 % markup). The balance is \
         CHF 9.2482.",
    );
    says(
        "echo 0 >$TOPUP_COST_FILE",
        "Booked nothing: the command reported no cost. The balance is CHF 9.2482.",
    );
    let over = says(
        "echo 7 >$TOPUP_COST_FILE",
        "Booked CHF 10.50 for p (base price 7.00 and 50 % markup). The balance is CHF -1.2518.",
    );
    over.says("The account is below zero: it starts no further run until it is credited.");
    for estimate in ["0.5", "0"] {
        let run = ["ledger", "run", "--strict", "--estimate", estimate, "--for-provider", "p"];
        user.run(&[&run[..], &["--", "touch", "began"]].concat())
            .code(30)
            .says("the pool of acme has CHF -1.2518")
            .says("and 50 % markup) is needed");
    }
    assert!(!user.file("began").exists());
    data(&user, &["credit", "1.26"]);
    let more = ["ledger", "run", "--strict", "--estimate", "0.001", "--for-provider", "p", "--"];
    user.run(&[&more[..], &["sh", "-c", "echo 0.002 >$TOPUP_COST_FILE"]].concat())
        .code(0)
        .says("It cost CHF 0.003, more than the CHF 0.0015 that was held back for it.");
}

#[test]
fn the_exit_code_is_the_commands_own() {
    let user = with_pool("100");
    let codes =
        [0, 1, 2, 3, 4, 14, 30, 52, 64, 77, 125, 126, 127, 128, 130, 137, 143, 200, 254, 255];
    for code in codes {
        let ran = user.run(&script(&format!("exit {code}"))).code(code);
        assert!(
            ran.out.is_empty() && ran.err.lines().count() == 1,
            "{code}: {}{}",
            ran.out,
            ran.err
        );
    }
    assert_eq!(check_book(&user, "acme").len(), 1 + codes.len(), "a failure costs as well");
    let told = document(&user, "exit 7");
    assert_eq!((&told["command_exit_code"], &told["command_signal"]), (&7.into(), &Value::Null));
    assert_eq!(user.run(&[&["--json"], &script("exit 7")[..]].concat()).code, 7);
}

#[test]
fn whoever_waits_sees_the_signal_that_ended_the_command() {
    let user = with_pool("100");
    for number in [1, 2, 3, 6, 9, 10, 11, 12, 13, 14, 15] {
        let died = script("ulimit -c 0; kill -$0 $$; sleep 5");
        let number_text = number.to_string();
        let output = user.command(&died).arg(&number_text).output().expect("it runs");
        assert_eq!(output.status.signal(), Some(number), "{:?}", output.status);
        let with_document = [&["--json"], &died[..]].concat();
        let output = user.command(&with_document).arg(&number_text).output().expect("it runs");
        assert_eq!(output.status.signal(), Some(number), "{:?}", output.status);
        let told: Value = serde_json::from_slice(&output.stdout).expect("one document");
        let told = &told["data"];
        assert_eq!(
            (&told["command_exit_code"], &told["command_signal"]),
            (&Value::Null, &number.into())
        );
        assert_eq!(told["recorded"], true);
    }
    assert_eq!(balance(&user), ("89.00".to_owned(), "0.00".to_owned()));
}

/// The first line that a command says.
fn first_line(child: &mut Child) -> String {
    let mut line = String::new();
    BufReader::new(child.stdout.take().expect("a pipe")).read_line(&mut line).expect("a line");
    line
}

#[test]
fn a_signal_that_is_sent_to_it_alone_reaches_the_command() {
    let user = with_pool("100");
    for (name, number) in [
        ("TERM", Signal::TERM),
        ("HUP", Signal::HUP),
        ("INT", Signal::INT),
        ("QUIT", Signal::QUIT),
        ("USR1", Signal::USR1),
        ("USR2", Signal::USR2),
    ] {
        let waits = format!(
            "trap 'echo 0.25 >$TOPUP_COST_FILE; exit 9' {name}; echo ready; n=0; \
             while [ $n -lt 400 ]; do sleep 0.05; n=$((n+1)); done"
        );
        let mut child = user.start(&script(&waits));
        assert_eq!(first_line(&mut child), "ready\n");
        signal(child.id(), number);
        user.finish(&[name], child).code(9);
        let mut child = user.start(&script("echo ready; exec sleep 20"));
        assert_eq!(first_line(&mut child), "ready\n");
        signal(child.id(), number);
        let status = child.wait().expect("a status");
        assert_eq!(status.signal(), Some(number.as_raw()), "{name}: {status:?}");
    }
    assert_eq!(balance(&user), ("95.50".to_owned(), "0.00".to_owned()), "six of each");
}

/// Starts a run on a terminal of its own.
fn at_a_terminal(user: &User, text: &str) -> PtySession {
    let arguments = script(text);
    let piped = user.command(&arguments);
    let mut command = std::process::Command::new(topup());
    command.args(&arguments).env_clear().current_dir(user.home());
    for (name, value) in piped.get_envs() {
        if let Some(value) = value {
            command.env(name, value);
        }
    }
    spawn_command(command, Some(20_000)).expect("it starts")
}

#[test]
fn ctrl_c_reaches_the_command_once() {
    let user = with_pool("100");
    let counts = "n=0; trap 'n=$((n+1))' INT; echo ready; m=0; \
                  while [ $m -lt 30 ]; do sleep 0.05; m=$((m+1)); done; echo counted $n; exit 5";
    let mut session = at_a_terminal(&user, counts);
    session.exp_string("ready").expect("it runs");
    session.send_control('c').expect("typed");
    session.exp_string("counted 1").expect("once");
    let _ = session.exp_eof();
    let ended = session.process().wait().expect("a status");
    assert!(matches!(ended, WaitStatus::Exited(_, 5)), "{ended:?}");
    let mut session = at_a_terminal(&user, "echo ready; exec sleep 20");
    session.exp_string("ready").expect("it runs");
    session.send_control('c').expect("typed");
    let _ = session.exp_eof();
    let ended = session.process().wait().expect("a status");
    assert!(matches!(ended, WaitStatus::Signaled(_, number, _) if number as i32 == 2), "{ended:?}");
    assert_eq!(balance(&user), ("99.00".to_owned(), "0.00".to_owned()), "both are recorded");
}

#[test]
fn what_was_ignored_before_is_ignored_by_the_command() {
    let user = with_pool("100");
    // As under nohup, and as behind `&` in a script.
    let asks = format!(
        "trap '' HUP INT; exec \"{}\" {} sh -c 'kill -HUP $$; kill -INT $$; echo lives'",
        topup(),
        RUN.join(" ")
    );
    let piped = user.command(&[]);
    let mut shell = std::process::Command::new("sh");
    shell.args(["-c", &asks]).env_clear().stdin(Stdio::null());
    for (name, value) in piped.get_envs() {
        if let Some(value) = value {
            shell.env(name, value);
        }
    }
    let output = shell.output().expect("it runs");
    assert_eq!(String::from_utf8_lossy(&output.stdout), "lives\n", "{:?}", output.status);
}

#[test]
fn what_the_command_says_it_cost_is_recorded_and_else_the_estimate() {
    let user = with_pool("100");
    let no_price = "the estimate is booked instead: CHF 0.50";
    for (says, base_price, source, warning) in [
        ("echo 0.0125 >$TOPUP_COST_FILE", "0.0125", "reported", ""),
        ("echo 0.0125 >&$TOPUP_COST_FD", "0.0125", "reported", ""),
        ("printf 0.25 >$TOPUP_COST_FILE", "0.25", "reported", ""),
        ("for n in 1 2 3; do echo 0.$n >>$TOPUP_COST_FILE; done", "0.6", "reported", ""),
        ("(echo 0.1 >&$TOPUP_COST_FD) & echo 0.2 >&$TOPUP_COST_FD; wait", "0.3", "reported", ""),
        ("echo 1 >new; mv new $TOPUP_COST_FILE; echo x >&$TOPUP_COST_FD", "1", "reported", ""),
        ("printf '\\n 0.5 \\r\\n\\n0.125\\n' >$TOPUP_COST_FILE", "0.625", "reported", ""),
        ("echo 0.1 >$TOPUP_COST_FILE; exit 3", "0.1", "reported", ""),
        ("echo 1.65e-05 >$TOPUP_COST_FILE", "0.0000165", "reported", ""),
        ("echo .0012 >$TOPUP_COST_FILE", "0.0012", "reported", ""),
        ("echo 1e-12 >$TOPUP_COST_FILE", "0.000000000001", "reported", ""),
        ("echo 0.005940000000000001 >$TOPUP_COST_FILE", "0.005940000000000001", "reported", ""),
        ("true", "0.5", "estimate", ""),
        ("exit 1", "0.5", "estimate", ""),
        (">$TOPUP_COST_FILE", "0.5", "estimate", ""),
        ("rm $TOPUP_COST_FILE", "0.5", "estimate", ""),
        ("echo much >$TOPUP_COST_FILE", "0.5", "estimate", no_price),
        ("echo 0.1 >$TOPUP_COST_FILE; echo 1x >>$TOPUP_COST_FILE", "0.5", "estimate", no_price),
        ("echo -1 >$TOPUP_COST_FILE", "0.5", "estimate", no_price),
        ("echo NaN >$TOPUP_COST_FILE", "0.5", "estimate", no_price),
        ("echo 1e+21 >$TOPUP_COST_FILE", "0.5", "estimate", no_price),
        ("printf '\\377' >$TOPUP_COST_FILE", "0.5", "estimate", no_price),
        ("yes 1 | head -c 100000 >$TOPUP_COST_FILE", "0.5", "estimate", no_price),
        ("rm $TOPUP_COST_FILE; mkdir $TOPUP_COST_FILE", "0.5", "estimate", no_price),
        ("rm $TOPUP_COST_FILE; mkfifo $TOPUP_COST_FILE", "0.5", "estimate", no_price),
    ] {
        let told = document(&user, says);
        assert_eq!(
            (&told["base_price"], &told["cost_source"]),
            (&base_price.into(), &source.into()),
            "{says}"
        );
        assert_eq!(told["recorded"], true, "{says}");
        assert_eq!(told["transaction"]["base_price"], base_price, "{says}");
        assert_eq!(told["transaction"]["description"], "AI usage: p");
        let ran = user.run(&script(says));
        assert_eq!(ran.err.contains(no_price), !warning.is_empty(), "{says}: {}", ran.err);
    }
    let ran = user.run(&script("echo 'twelve; or so' >$TOPUP_COST_FILE")).code(0);
    ran.says("'twelve; or so' is not a price").says("a number such as 0.0125 or 1.65e-05");
    let before = check_book(&user, "acme").len();
    let told = document(&user, "echo 0 >$TOPUP_COST_FILE");
    assert_eq!((&told["recorded"], &told["transaction"]), (&false.into(), &Value::Null));
    assert_eq!(told["cost_source"], "reported");
    assert_eq!(check_book(&user, "acme").len(), before, "what costs nothing is not recorded");
    let left: Vec<_> = std::fs::read_dir(user.file("runs"))
        .expect("a folder")
        .flatten()
        .filter(|entry| entry.path().is_file())
        .map(|entry| entry.file_name())
        .collect();
    assert_eq!(left, ["id"], "every run has cleared away what was its own");
}

#[test]
fn every_shell_can_write_to_the_descriptor_of_the_cost() {
    on_each_store(|user, _| {
        fill(user, "10");
        for at in 1..=3 {
            // A shell that knows numbers of one digit only says so, and what it ends with.
            user.run(&script("echo 0.25 >&$TOPUP_COST_FD")).code(0);
            assert_eq!(check_book(user, "acme").len(), 1 + at);
        }
        assert_eq!(balance(user).0, "9.25");
    });
}

#[test]
fn what_is_never_started_is_neither_recorded_nor_held() {
    let user = with_pool("10");
    std::fs::write(user.file("plain"), "no program").expect("written");
    for program in ["/no/such/program", "no-such-program-at-all", "./plain", "/"] {
        let arguments = [RUN, &[program]].concat();
        user.run(&arguments).code(2).says("cannot be started").says("nothing was recorded");
        let strict = ["run", "--strict", "--estimate", "1", "--for-provider", "p", "--", program];
        ledger(&user, &strict).code(2).failed("usage", None);
    }
    let began = ["touch", "began"];
    data(&user, &["deny", "p"]);
    user.run(&[RUN, &began].concat()).code(14).says("nothing was started");
    data(&user, &["allow", "p"]);
    let run = ["ledger", "run", "--estimate", "10.01", "--for-provider", "p", "--"];
    let refused = user.run(&[&run[..], &began].concat()).code(30);
    assert!(refused.out.is_empty());
    user.run(&[&["--mandate", "nobody"], RUN, &began].concat()).code(2);
    assert!(!user.file("began").exists());
    assert_eq!(balance(&user), ("10.00".to_owned(), "0.00".to_owned()));
    assert_eq!(check_book(&user, "acme").len(), 1);
}

#[test]
fn what_is_a_secret_of_ours_stays_ours() {
    let secrets = ["TOPUP_TOKEN", "TOPUP_CIRIS_PASSWORD", "TOPUP_SMTP_URL", "TOPUP_NOTIFY_URL"];
    let mut user = with_pool("10").with("OPENAI_API_KEY", "the commands own");
    for secret in secrets {
        user = user.with(secret, "https://user:hush@127.0.0.1:9/");
    }
    let seen = user.run(&[RUN, &["env"]].concat()).code(0).out;
    assert!(!seen.contains("hush"), "{seen}");
    assert!(seen.contains("OPENAI_API_KEY=the commands own\n"), "{seen}");
    let names: Vec<&str> = seen.lines().filter_map(|line| line.split('=').next()).collect();
    for name in ["HOME", "PATH", "TOPUP_COST_FILE", "TOPUP_COST_FD"] {
        assert!(names.contains(&name), "no {name} in {names:?}");
    }
    let mode = "stat -c %a $TOPUP_COST_FILE >mode";
    user.run(&script(mode)).code(0);
    assert_eq!(std::fs::read_to_string(user.file("mode")).expect("a mode"), "600\n");
}

#[test]
fn a_document_is_alone_on_standard_output() {
    let user = with_pool("10");
    let says = "echo one; echo two >&2; echo 0.25 >$TOPUP_COST_FILE";
    let ran = user.run(&[&["--json"], &script(says)[..]].concat()).code(0);
    let told = ran.json()["data"].clone();
    assert_eq!(ran.out.lines().count(), 1);
    assert_eq!(ran.err, "one\ntwo\n");
    assert_eq!((&told["command_exit_code"], &told["balance"]), (&0.into(), &"9.75".into()));
    assert_eq!(told["currency"], "CHF");
    let ran = user.run(&[&["--get", "transaction.amount"], &script(says)[..]].concat()).code(0);
    assert_eq!((ran.out.as_str(), ran.err.as_str()), ("0.25\n", "one\ntwo\n"));
    let ran = user.run(&[&["--get", "nonsense"], &script("touch began")[..]].concat()).code(2);
    ran.says("cost_source");
    assert!(!user.file("began").exists());
}

#[test]
fn what_is_held_back_is_there_while_it_runs_and_only_where_it_was_asked_for() {
    let user = with_pool("10");
    for (strict, held) in [(true, "4.00"), (false, "0.00")] {
        let mut arguments = vec!["ledger", "run", "--estimate", "4", "--for-provider", "p"];
        if strict {
            arguments.push("--strict");
        }
        // A command may ask what is left while it runs.
        let asks =
            format!("echo 0.5 >&$TOPUP_COST_FD; \"{}\" ledger balance --get reserved", topup());
        arguments.extend(["--", "sh", "-c", &asks]);
        assert_eq!(user.run(&arguments).code(0).out, format!("{held}\n"));
    }
    assert_eq!(balance(&user), ("9.00".to_owned(), "0.00".to_owned()));
    // Without it two of them at once may take more than there is, and the next one is refused.
    let waits = "echo ready; n=0; while [ ! -e go ] && [ $n -lt 800 ]; do sleep 0.02; \
                 n=$((n+1)); done;";
    let run = ["ledger", "run", "--estimate", "8", "--for-provider", "p", "--", "sh", "-c"];
    let first = [&run[..], &[waits]].concat();
    let mut child = user.start(&first);
    assert_eq!(first_line(&mut child), "ready\n");
    user.run(&[&run[..], &["true"]].concat()).code(0);
    std::fs::write(user.file("go"), "").expect("written");
    user.finish(&first, child).code(0);
    assert_eq!(balance(&user).0, "-7.00");
    user.run(&[&run[..], &["true"]].concat()).code(30);
    std::fs::remove_file(user.file("go")).expect("removed");
    // With it only one is let in; it may still cost more than was held back for it.
    data(&user, &["credit", "17"]);
    let strict = |text| {
        let run = ["ledger", "run", "--strict", "--estimate", "8", "--for-provider", "p", "--"];
        [&run[..], &["sh", "-c", text]].concat()
    };
    let says = format!("{waits} echo 9 >$TOPUP_COST_FILE");
    let first = strict(&says);
    let mut child = user.start(&first);
    assert_eq!(first_line(&mut child), "ready\n");
    let refused = user.run(&[&["--json"], &strict("true")[..]].concat()).code(30);
    let refused = refused.failed("insufficient_balance", None);
    assert_eq!(refused["error"]["details"]["reserved"], "8.00");
    let hint = refused["error"]["hints"][0].as_str().expect("a hint");
    assert!(hint.contains("CHF 8.00 of the balance is held back"), "{hint}");
    std::fs::write(user.file("go"), "").expect("written");
    user.finish(&first, child).code(0).says("more than the CHF 8.00 that was held back");
    assert_eq!(balance(&user), ("1.00".to_owned(), "0.00".to_owned()));
}

#[test]
fn a_command_that_leaves_something_behind_is_over_when_it_ends() {
    let user = with_pool("10");
    let started = Instant::now();
    user.run(&script("echo 0.25 >$TOPUP_COST_FILE; sleep 8 >/dev/null 2>&1 </dev/null &")).code(0);
    assert!(started.elapsed() < Duration::from_secs(6));
    assert_eq!(balance(&user), ("9.75".to_owned(), "0.00".to_owned()));
}

#[test]
fn a_closed_output_is_the_commands_to_notice() {
    let user = with_pool("10");
    let mut child = user
        .command(&script("yes; echo $? >code; echo 0.25 >$TOPUP_COST_FILE"))
        .spawn()
        .expect("it starts");
    let mut out = child.stdout.take().expect("a pipe");
    out.read_exact(&mut [0; 64]).expect("it says something");
    drop(out);
    user.finish(&["yes"], child).code(0);
    assert_eq!(std::fs::read_to_string(user.file("code")).expect("a code"), "141\n", "of SIGPIPE");
    assert_eq!(balance(&user).0, "9.75");
    let mode = std::fs::metadata(user.file("runs")).expect("a folder").permissions().mode();
    assert_eq!(mode & 0o077, 0, "nobody else looks into the runs");
}
