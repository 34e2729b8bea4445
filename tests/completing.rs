//! Promise: the Tab key offers what this machine knows, in every shell that has a script, and does
//! nothing else.

use crate::books::has_program;
use crate::support::{User, topup};
use rexpect::session::{PtySession, spawn_command};
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::os::unix::ffi::OsStringExt;
use std::path::Path;
use std::process::{Command, Stdio};

/// What is offered for the last of these words, as fish and elvish ask for it.
fn offered(user: &User, words: &[&str]) -> Vec<String> {
    let mut command = user.command(&[&["--", "topup"], words].concat());
    let output = command.env("TOPUP_COMPLETE", "elvish").output().expect("it runs");
    assert_eq!(output.status.code(), Some(0), "{words:?}");
    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("text").lines().map(str::to_owned).collect()
}

/// Somebody with a past: a name, a charge, a payment, two profiles and a mandate.
fn user() -> (User, String) {
    let user = User::on_sandbox();
    let ran = user.run(&["buy", "25", "--yes", "--once", "nightly-42", "--json"]).code(0);
    let charge = ran.json()["data"]["charge_id"].as_str().expect("an id").to_owned();
    for name in ["$(touch${IFS}pwned)", "a;b", "it's", "-x"] {
        user.run(&["buy", "25", "--yes", &format!("--once={name}")]);
    }
    user.run(&["--provider", "ciris", "buy", "--yes"]).code(0);
    user.run(&["ledger", "init", "--mandate", "acme", "--model", "prepay-mandate"]).code(0);
    let config = "[profiles.work]\n[profiles.play]\n[profiles.'$(touch pwned)']\n";
    fs::write(user.file("config.toml"), config).expect("written");
    (user, charge)
}

/// Every file of the home with its bytes.
fn everything(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry"));
    entries
        // The index of a log holds nothing of its own, and the marks of those who read.
        .filter(|entry| !entry.file_name().to_string_lossy().ends_with("-shm"))
        .map(|entry| {
            let bytes = fs::read(entry.path()).unwrap_or_default();
            (entry.file_name().to_string_lossy().into_owned(), bytes)
        })
        .collect()
}

#[test]
fn what_this_machine_knows_is_offered_and_nothing_else_happens() {
    let (user, charge) = user();
    let before = everything(user.home());
    let ids = offered(&user, &["status", ""]);
    assert!(ids.contains(&charge) && ids.iter().any(|id| id.starts_with("pi_")), "{ids:?}");
    assert!(ids.len() >= 2 && ids.iter().all(|id| !id.starts_with('-')), "{ids:?}");
    assert_eq!(offered(&user, &["status", &charge[..6]]), [charge.as_str()]);
    assert_eq!(offered(&user, &["buy", "--once", ""]), ["nightly-42"]);
    assert_eq!(offered(&user, &["ensure", "--once", "night"]), ["nightly-42"]);
    assert_eq!(offered(&user, &["state", "--profile", ""]), ["play", "work"]);
    assert_eq!(offered(&user, &["state", "--profile=w"]), ["--profile=work"]);
    assert_eq!(offered(&user, &["--provider", "by"]), ["byterover"]);
    assert_eq!(offered(&user, &["ledger", "check", "--mandate", ""]), ["acme"]);
    assert_eq!(offered(&user, &["explain", "card"]), ["card_declined"]);
    assert_eq!(offered(&user, &["explain", "13"]), ["13", "130"]);
    assert_eq!(offered(&user, &["schema", "his"]), ["history"]);
    assert_eq!(offered(&user, &["explain", "exactly"]), ["exactly-once"]);
    assert_eq!(offered(&user, &["man", "exactly"]), ["exactly-once"]);
    assert_eq!(offered(&user, &["config", "set", "provider", "byte"]), ["byterover"]);
    assert_eq!(offered(&user, &["config", "set", "sandbox", ""]), ["true", "false"]);
    let free = offered(&user, &["config", "set", "mandate", ""]);
    assert!(free.iter().all(|one| one.starts_with('-')), "neither a file nor a guess: {free:?}");
    assert_eq!(
        offered(&user, &["config", "set", "max_per"]),
        ["max_per_purchase", "max_per_day", "max_per_month"]
    );
    assert_eq!(offered(&user, &["sandbox", "set", "bal"]), ["balance="]);
    assert_eq!(
        offered(&user, &["limit", "--get", "monthly_limit.perc"]),
        ["monthly_limit.percent"]
    );
    assert_eq!(offered(&user, &["plan", "preview", "--get", "amount_due"]), ["amount_due_now_usd"]);
    assert_eq!(offered(&user, &["wat"]), ["watch"]);
    assert_eq!(offered(&user, &["history", "--by", ""]), ["day", "month"]);
    let flags = offered(&user, &["watch", "--"]);
    assert!(flags.contains(&"--below".to_owned()) && flags.contains(&"--json".to_owned()));
    assert!(offered(&user, &["nonsense", "x"]).is_empty());
    assert!(before == everything(user.home()), "nothing was touched");
}

#[test]
fn nothing_that_a_shell_could_run_is_ever_offered() {
    let (user, _) = user();
    for name in ["$(touch pwned)", "a b", "`x`", "plain", "es\u{1b}cape", "no\nline"] {
        fs::create_dir_all(user.file("folders").join(name)).expect("made");
    }
    let ugly = OsString::from_vec(b"\xff\xfe".to_vec());
    fs::create_dir_all(user.file("folders").join(ugly)).expect("made");
    let folders = offered(&user, &["state", "--project", "folders/"]);
    assert_eq!(folders, ["folders/plain/"]);
    let text: Vec<u8> = (0..=255).filter(|byte| *byte != 0).collect();
    for shell in ["bash", "zsh", "fish", "elvish", "nonsense", ""] {
        for words in [vec![], vec![OsString::from_vec(text.clone())], vec!["".into(); 300]] {
            let mut command = user.command(&["--", "topup"]);
            command.args(words).env("TOPUP_COMPLETE", shell).env("TOPUP_COMPLETE_AT", "4000000000");
            let output = command.output().expect("it runs");
            assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
        }
    }
}

#[test]
fn on_a_broken_machine_nothing_is_said_and_nothing_waited_for() {
    for broken in ["journal.db", "config.toml", "ledger.db"] {
        let user = User::new();
        fs::write(user.file(broken), "spoiled [").expect("written");
        for words in [["status", ""], ["--profile", ""], ["--mandate", ""]] {
            offered(&user, &words);
        }
        fs::remove_file(user.file(broken)).expect("removed");
        let made = Command::new("mkfifo").arg(user.file(broken)).status().expect("mkfifo");
        assert!(made.success());
        assert!(offered(&user, &["ledger", "--mandate", ""]).is_empty());
        offered(&user, &["status", ""]);
        offered(&user, &["--profile", ""]);
    }
    let user = User::new().with("TOPUP_HOME", "not/absolute").with("HOME", "");
    assert_eq!(offered(&user, &["stat"]), ["state", "status"]);
    assert!(offered(&user, &["--profile", ""]).is_empty());
    let elsewhere = User::new().with("TOPUP_LEDGER_URL", "postgres://nobody@192.0.2.1/none");
    assert!(offered(&elsewhere, &["ledger", "check", "--mandate", ""]).is_empty());
}

#[test]
fn a_variable_that_was_left_behind_turns_no_command_into_completion() {
    let user = User::on_sandbox().with("TOPUP_COMPLETE", "bash").with("TOPUP_COMPLETE_AT", "1");
    let ran = user.run(&["buy", "25", "--yes", "--json"]).code(0);
    assert_eq!(ran.json()["data"]["status"], "settled");
    User::new().run(&["--", "topup", "sta"]).code(2);
}

/// A path on which `topup` is the one under test.
fn path() -> String {
    let folder = Path::new(topup()).parent().expect("its folder").display();
    format!("{folder}:{}", std::env::var("PATH").unwrap_or_default())
}

fn script(name: &str) -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("completions").join(name).display().to_string()
}

#[test]
fn the_committed_script_completes_values_in_bash() {
    let (user, charge) = user();
    let file = script("topup.bash");
    for (typed, at, word, expected) in [
        ("topup wat", 1, "wat", "watch"),
        ("topup status ch_", 2, "ch_", charge.as_str()),
        ("topup state --profile = w", 4, "w", "work"),
        ("topup state --profile =", 3, "", "play work"),
    ] {
        // bash takes this line for the words before it.
        let line = typed.replace(" = ", "=").replace(" =", "=");
        let asks = format!(
            "source '{file}'; COMP_WORDS=({typed}); COMP_CWORD={at}; COMP_LINE='{line}'; \
             COMP_POINT=${{#COMP_LINE}}; _topup topup '{word}' x; echo \"${{COMPREPLY[*]}}\""
        );
        let mut bash = Command::new("bash");
        bash.args(["--norc", "-c", &asks]).env_clear().env("PATH", path());
        let output = bash.env("TOPUP_HOME", user.home()).output().expect("bash");
        let told = String::from_utf8_lossy(&output.stdout).replace('\n', " ");
        let told = told.trim();
        let found = if typed.contains("ch_") {
            told.split(' ').any(|id| id == expected)
        } else {
            told == expected
        };
        assert!(found, "{typed}: {told}{}", String::from_utf8_lossy(&output.stderr));
    }
    // Without the program nothing is said.
    let asks = format!("source '{file}'; COMP_WORDS=(topup sta); COMP_CWORD=1; _topup topup sta x");
    let mut bash = Command::new("/bin/bash");
    let output = bash.args(["--norc", "-c", &asks]).env_clear().env("PATH", "/nowhere").output();
    assert!(output.expect("bash").stderr.is_empty());
}

#[test]
fn bash_is_told_of_files_only_where_one_can_stand() {
    let (user, _) = user();
    let file = script("topup.bash");
    for (typed, files) in [
        ("topup plan upgrade on", false),
        ("topup buy --max on", false),
        ("topup watch --below 5 -- on", true),
        ("topup completions bash '>' on", true),
    ] {
        let asks = format!(
            "source '{file}'; compopt() {{ echo files; }}; COMP_WORDS=({typed}); \
             COMP_LINE=\"{typed}\"; COMP_POINT=${{#COMP_LINE}}; \
             COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1)); _topup topup on x; complete -p topup"
        );
        let mut bash = Command::new("bash");
        bash.args(["--norc", "-c", &asks]).env_clear().env("PATH", path());
        let output = bash.env("TOPUP_HOME", user.home()).output().expect("bash");
        let told = String::from_utf8_lossy(&output.stdout);
        assert_eq!(told.contains("files"), files, "{typed}: {told}");
        assert!(!told.contains("default"), "{told}");
    }
}

/// Nushell tells what it would offer at the end of a script.
#[test]
fn the_committed_script_completes_values_in_nushell() {
    if !has_program("nu", "nu") {
        return;
    }
    let (user, charge) = user();
    let script = fs::read_to_string(script("topup.nu")).expect("the script");
    for (typed, expected) in [
        ("topup wat", "watch"),
        ("topup status ch_", charge.as_str()),
        ("topup state --profile ", "work"),
        ("topup buy 25 --once ", "nightly-42"),
    ] {
        let text = format!("{script}\n{typed}");
        let file = user.file("typed.nu");
        fs::write(&file, &text).expect("written");
        let mut nu = Command::new("nu");
        nu.args(["--no-config-file", "--ide-complete", &text.len().to_string()]).arg(&file);
        nu.env_clear().env("PATH", path()).env("HOME", user.home()).env("TOPUP_HOME", user.home());
        let output = nu.output().expect("nu");
        let told: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
        let found = told["completions"].as_array().expect("a list");
        assert!(found.iter().any(|one| one == expected), "{typed}: {told}");
    }
}

/// What each shell makes of the Tab key: a word is completed, and what the command gets is the name.
#[test]
fn names_with_blanks_quotes_and_colons_are_completed_in_bash_zsh_and_fish() {
    let user = User::on_sandbox();
    let names = ["night run", "it's", "team:night", "say \"hi\"", "für alle"];
    for name in names {
        user.run(&["buy", "25", "--yes", &format!("--once={name}")]);
    }
    let once = |typed: &str| format!("show buy --once {typed}\t\n");
    let plain = [
        (once("nig"), "<night run>"),
        (once("\"night r"), "<night run>"),
        (once("'night r"), "<night run>"),
        (once("night\\ r"), "<night run>"),
        (once("it"), "<it's>"),
        (once("\"it"), "<it's>"),
        (once("tea"), "<team:night>"),
        (once("team:n"), "<team:night>"),
        (once("say"), "<say \"hi\">"),
        (once("f\u{fc}"), "r alle>"),
        ("show config set sandbox tr\t\n".to_owned(), "<true>"),
        ("show config set max_per_d\t\n".to_owned(), "<max_per_day>"),
        ("show sandbox set bal\t\n".to_owned(), "<balance=>"),
        ("show limit --get monthly_limit.perc\t\n".to_owned(), "<monthly_limit.percent>"),
        // No file can stand there.
        ("show plan upgrade onl\t\n".to_owned(), "<onl>"),
        ("show config set mandate onl\t\n".to_owned(), "<onl>"),
    ];
    fs::write(user.file("only-a-file"), "").expect("written");
    let show = "show() { printf '<%s>' \"$@\"; echo; }";
    let bash =
        format!("source '{}'; complete -o nosort -F _topup show; {show}", script("topup.bash"));
    let shell = ["bash", "--norc", "--noprofile"];
    completed_at(&shell, &user, &bash, &plain);
    completed_at(
        &shell,
        &user,
        &bash,
        &[(once("team:night --profile=def"), "<--profile=default>")],
    );
    let zsh = format!(
        "fpath=('{}' $fpath); autoload -U compinit; compinit -D; compdef _topup show; {show}",
        script("")
    );
    completed_at(&["zsh", "-f"], &user, &zsh, &plain);
    let fish = format!(
        "source '{}'; complete --command show --wraps topup; \
         function show; printf '<%s>' $argv; echo; end",
        script("topup.fish")
    );
    completed_at(&["fish", "--no-config"], &user, &fish, &plain);
}

/// Types each line into a shell and waits for what the command that it calls prints.
fn completed_at(shell: &[&str], user: &User, before: &str, lines: &[(String, &str)]) {
    let Some(mut session) = started(shell, user, before) else { return };
    for (typed, printed) in lines {
        session.send(typed).expect("typed");
        session.flush().expect("sent");
        session
            .exp_string(printed)
            .unwrap_or_else(|cause| panic!("{}: {typed:?}: {cause}", shell[0]));
    }
    session.process_mut().set_kill_timeout(Some(200));
}

/// Types into a shell and waits until the rest of it stands there.
fn typed_at(shell: &[&str], user: &User, before: &str, typed: &str, rest: &str) {
    let Some(mut session) = started(shell, user, before) else { return };
    session.send(typed).expect("typed");
    session.flush().expect("sent");
    session.exp_string(rest).unwrap_or_else(|cause| panic!("{}: {cause}", shell[0]));
    // A shell at a terminal does not end by being asked to.
    session.process_mut().set_kill_timeout(Some(200));
}

/// A shell at a terminal that has taken this line; none where it is not installed.
fn started(shell: &[&str], user: &User, before: &str) -> Option<PtySession> {
    let there = Command::new(shell[0]).arg("--version").stdout(Stdio::null()).status();
    if there.is_err() {
        assert!(std::env::var_os("CI").is_none(), "{} is missing", shell[0]);
        return None;
    }
    let mut command = Command::new(shell[0]);
    command.args(&shell[1..]).env_clear().env("PATH", path()).env("TERM", "dumb");
    command.env("LC_ALL", "C.UTF-8");
    command.env("HOME", user.home()).env("TOPUP_HOME", user.home()).current_dir(user.home());
    let mut session = spawn_command(command, Some(20_000)).expect("it starts");
    session.send_line(before).expect("typed");
    session.send_line("echo re''ady").expect("typed");
    session.exp_string("ready").expect("it is ready");
    Some(session)
}

#[test]
fn the_committed_scripts_complete_values_in_zsh_and_fish() {
    let (user, _) = user();
    let folder = script("");
    let load = format!("fpath=('{folder}' $fpath); autoload -U compinit; compinit -D");
    typed_at(&["zsh", "-f"], &user, &load, "topup buy --once nigh\t", "nightly-42");
    typed_at(&["zsh", "-f"], &user, &load, "topup wat\t", "watch");
    let load = format!("source '{}'", script("topup.fish"));
    typed_at(&["fish", "--no-config"], &user, &load, "topup buy --once nigh\t", "nightly-42");
}
