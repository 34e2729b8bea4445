//! Promise: the script that the README and the manual show ends with 0 only when what it wanted is
//! there, whatever code each command ends with; the snippets for a prompt and for bars work.

use crate::books::has_program;
use crate::examples::{Block, Machine, blocks, in_language, run};
use crate::support::{until, wait};
use rexpect::session::spawn_command;
use serde_json::Value;
use std::fs;
use std::io::Write as _;
use std::process::{Command, Stdio};
use topup::core::class::TABLE;

/// The scripts that act on exit codes: that of the README and that of the manual.
fn scripts() -> Vec<Block> {
    let found: Vec<Block> = blocks().into_iter().filter(|block| block.mark == "script").collect();
    assert_eq!(found.len(), 2);
    found
}

/// Stands in the place of topup: `buy` and `ensure` end with the codes that the file `codes` lists,
/// one after the other.
const STAND_IN: &str = r#"#!/bin/sh
echo "$1 $(printf '%s ' "$@" | sed 's/.*--once //')" >>calls
case $1 in
  buy | ensure)
    code=$(head -n 1 codes)
    sed -i 1d codes
    exit "$code"
    ;;
  resume) exit "$(cat resumed)" ;;
  *) exit 0 ;;
esac
"#;

/// Runs a script with these answers. Gives its exit code and the verbs that it has run.
fn with_answers(script: &str, codes: &[u8], resumed: u8) -> (u8, Vec<String>) {
    let machine = Machine::new();
    let stand_in = machine.user.file("bin/topup");
    fs::remove_file(&stand_in).expect("the link");
    // A process of its own writes it: nothing that another test starts meanwhile has it open for
    // writing, which would keep it from being run.
    let mut writer = Command::new("sh")
        .args(["-c", "cat >\"$1\" && chmod 700 \"$1\"", "sh"])
        .arg(&stand_in)
        .stdin(Stdio::piped())
        .spawn()
        .expect("sh");
    writer.stdin.take().expect("a pipe").write_all(STAND_IN.as_bytes()).expect("written");
    assert!(writer.wait().expect("it ends").success(), "runnable");
    let codes: String = codes.iter().map(|code| format!("{code}\n")).collect();
    fs::write(machine.user.file("codes"), codes).expect("written");
    fs::write(machine.user.file("resumed"), resumed.to_string()).expect("written");
    let output = wait(machine.bash(script).spawn().expect("bash"));
    let calls = fs::read_to_string(machine.user.file("calls")).expect("the calls");
    let code = output.status.code().and_then(|code| u8::try_from(code).ok()).expect("a code");
    (code, calls.lines().map(str::to_owned).collect())
}

#[test]
fn for_each_exit_code_it_is_green_only_when_there_is_enough() {
    for script in scripts() {
        for row in TABLE {
            let goes_on = [50, 51, 53].contains(&row.code);
            for second in [0, row.code, 20] {
                for resumed in [0, 51] {
                    let (code, calls) = with_answers(&script.text, &[row.code, second], resumed);
                    let wanted: Vec<&String> =
                        calls.iter().filter(|call| !call.starts_with("resume")).collect();
                    let resumes = calls.iter().filter(|call| call.starts_with("resume")).count();
                    let context =
                        format!("{}: {} then {second}: {calls:?}", script.place, row.name);
                    if goes_on {
                        assert_eq!(code, second, "{context}");
                        assert_eq!(resumes, 1, "{context}");
                        assert_eq!(wanted[0], wanted[1], "one purchase, one name: {context}");
                    } else {
                        assert_eq!(code, row.code, "{context}");
                        assert_eq!(resumes, 0, "{context}");
                    }
                }
            }
        }
    }
}

#[test]
fn the_script_of_the_readme_tells_every_kind_of_failure_apart() {
    let block = scripts().into_iter().find(|block| block.place.starts_with("README.md"));
    let block = block.expect("the script");
    // A failure stays a failure: the script ends with the code that it has acted on.
    let script = |machine: &Machine| {
        fs::write(machine.user.file("refill.sh"), &block.text).expect("written");
        let script = "bash refill.sh || echo \"ended with $?\"";
        run(machine, &block.place, script, true)
    };
    for (change, reported, end) in [
        ("balance=3.40", "Settled: $25.00", "there is enough\n"),
        ("balance=142", "The balance is $142.00", "there is enough\n"),
        ("balance=3.40 card=none", "look at the card: shown by 'topup sandbox", "ended with 20\n"),
        ("balance=3.40 limit=10", "a limit stands in the way", "ended with 31\n"),
    ] {
        let machine = Machine::new();
        machine.set(change);
        let out = script(&machine);
        assert!(out.contains(reported) && out.ends_with(end), "{change}: {out}");
    }
    let machine = Machine::new();
    run(&machine, "a newcomer", "topup sandbox reset --newcomer", true);
    machine.set("balance=3.40");
    let out = script(&machine);
    assert!(out.contains("log in: topup login --step-up"), "{out}");
    assert!(out.ends_with("ended with 12\n"), "{out}");
    // A name that is taken is no purchase that 'resume' could finish.
    let machine = Machine::new();
    machine.set("balance=3.40");
    let taken = "topup buy 30 --yes --once \"$(date -u +%F)-refill\"";
    run(&machine, "another purchase", taken, true);
    machine.set("balance=3.40");
    let out = script(&machine);
    assert!(out.contains("the name belongs to another purchase"), "{out}");
    assert!(out.ends_with("ended with 52\n"), "{out}");
}

#[test]
fn an_answer_that_gets_lost_is_paid_once_and_ends_green() {
    for script in scripts() {
        let machine = Machine::new();
        machine.set("balance=3.40");
        let lose = "topup sandbox faults add 'POST /api/billing/charge' --html --times 2";
        run(&machine, "two answers get lost", lose, true);
        let out = run(&machine, &script.place, &script.text, true);
        assert!(out.contains("Settled"), "{}: {out}", script.place);
        assert_eq!(machine.count_charges(), 1, "{}", script.place);
    }
}

/// Repeats a script on a machine until it prints this, for a bounded time.
fn until_it_prints(machine: &Machine, place: &str, script: &str, expected: &str) {
    until(&format!("{place} prints '{expected}'"), || {
        run(machine, place, script, true).contains(expected)
    });
}

#[test]
fn the_prompt_shows_the_last_balance_and_does_not_wait_for_it() {
    let block = blocks().into_iter().find(|block| block.mark == "prompt").expect("the prompt");
    let machine = Machine::new();
    machine.set("balance=3.40");
    let shown = format!("{}\necho \"${{PS1@P}}\"", block.text);
    until_it_prints(&machine, &block.place, &shown, "[$3.40 left] ~ ");
    // For five minutes it asks nobody.
    machine.set("balance=5");
    let again = run(&machine, &block.place, &shown, true);
    assert!(again.contains("[$3.40 left]"), "{again}");
    let old = format!("touch -d '10 minutes ago' .cache/topup-prompt\n{shown}");
    run(&machine, &block.place, &old, true);
    until_it_prints(&machine, &block.place, &shown, "[$5.00 left]");
}

#[test]
fn bars_show_the_balance() {
    let block = in_language("jsonc").into_iter().next().expect("a module of Waybar");
    let module: Value = serde_json::from_str(&format!("{{{}}}", block.text)).expect("JSON");
    let module = module.as_object().and_then(|all| all.values().next()).expect("the module");
    let machine = Machine::new();
    machine.set("balance=3.40");
    let line = run(&machine, &block.place, module["exec"].as_str().expect("a command"), true);
    let line: Value = serde_json::from_str(&line).expect("one line of JSON");
    assert!(line["text"].as_str().expect("a text").contains("3.40"), "{line}");
    assert_eq!(line["class"], "low", "{line}");
    assert_eq!(module["return-type"], "json");

    let block = in_language("tmux").into_iter().next().expect("the settings of tmux");
    if !has_program("tmux", "tmux") {
        return;
    }
    fs::write(machine.user.file("tmux.conf"), &block.text).expect("written");
    let socket = machine.user.file("socket");
    let tmux = |arguments: &[&str]| {
        let mut tmux = Command::new("tmux");
        tmux.arg("-S").arg(&socket).arg("-f").arg(machine.user.file("tmux.conf")).args(arguments);
        tmux.env_clear().env("PATH", &machine.path).env("HOME", machine.user.home());
        tmux.env("TERM", "xterm").env("LANG", "C.UTF-8").env("TOPUP_SANDBOX", "1");
        tmux
    };
    // The bar is drawn on a terminal alone.
    let session = tmux(&["new-session", "sleep 60"]);
    let mut session = spawn_command(session, Some(20_000)).expect("it starts");
    session.exp_string("$3.40 left").expect("the balance");
    tmux(&["kill-server"]).output().expect("tmux");
    session.exp_eof().expect("its end");
}
