//! Promise: the lines for cron and the units for systemd that the manual shows work as they stand,
//! for jobs that nobody watches.
//!
//! Run as cron and systemd run them.

use crate::books::has_program;
use crate::examples::{Machine, in_language};
use crate::support::{Ran, Server, topup, wait};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

/// Runs a command with these variables and no others.
fn run_bare(command: &mut Command, variables: &[(&str, &str)]) -> Ran {
    let child = command
        .env_clear()
        .envs(variables.iter().copied())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts");
    let output = wait(child);
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("text");
    Ran::of(output.status.code().unwrap_or(-1), text(output.stdout), text(output.stderr))
}

#[test]
fn the_line_for_cron_runs_with_what_cron_gives_and_mails_failures_only() {
    for block in in_language("cron") {
        let machine = Machine::new();
        let home = machine.user.home().to_str().expect("text").to_owned();
        let mut variables = vec![
            ("HOME", home.as_str()),
            ("LOGNAME", "jobs"),
            ("SHELL", "/bin/sh"),
            ("PATH", "/usr/bin:/bin"),
            ("TOPUP_SANDBOX", "1"),
        ];
        let mut jobs = 0;
        for line in block.text.lines() {
            if let Some((name, value)) = line.split_once('=').filter(|(name, _)| *name == "PATH") {
                // The folder that is named has no topup of this test.
                assert!(value.starts_with("/usr/local/bin:"), "{value}");
                variables.retain(|(known, _)| *known != name);
                variables.push(("PATH", &machine.path));
                continue;
            }
            let words: Vec<&str> = line.splitn(6, ' ').collect();
            let [minute, hour, _, _, _, job] = words[..] else { panic!("{line}") };
            assert!(minute.parse::<u8>().is_ok() && hour.parse::<u8>().is_ok(), "{line}");
            assert!(!job.contains('%'), "cron ends a line at a percent sign: {line}");
            for (change, code) in [("balance=3.40", 0), ("balance=3.40 card=none", 20)] {
                machine.set(change);
                let mut sh = Command::new("/bin/sh");
                sh.args(["-c", job]).current_dir(&home);
                let ran = run_bare(&mut sh, &variables).code(code);
                assert!(ran.out.is_empty(), "cron would send it: {}", ran.out);
                assert_eq!(ran.err.contains("card"), code != 0);
                assert!(code != 0 || ran.err.is_empty(), "cron would send it: {}", ran.err);
            }
            assert_eq!(machine.count_charges(), 1, "{line}");
            jobs += 1;
        }
        assert_eq!(jobs, 1, "{}", block.place);
    }
}

/// The units that the manual shows, by the path that stands in the first line of each.
fn units() -> BTreeMap<String, String> {
    in_language("ini")
        .into_iter()
        .map(|block| {
            let path = block.text.lines().next().and_then(|line| line.strip_prefix("# "));
            (path.expect("its path").to_owned(), block.text)
        })
        .collect()
}

/// The command of a unit as a shell takes it: `$$` is `$`, and a line may go on in the next one.
fn command_of(unit: &str) -> String {
    let joined = unit.replace("\\\n", " ");
    let mut lines = joined.lines().filter_map(|line| line.strip_prefix("ExecStart="));
    lines.next_back().expect("a command").replace("$$", "$")
}

/// With the program under test: systemd finds it by its name, here it is somewhere else.
fn with_binary(text: &str) -> String {
    let words = text.split_inclusive([' ', '=']);
    let path = format!("{} ", topup());
    words.map(|word| if word == "topup " { path.as_str() } else { word }).collect()
}

#[test]
fn the_service_for_systemd_buys_and_a_token_of_its_credentials_stands_nowhere() {
    let units = units();
    let service = &units["/etc/systemd/system/topup.service"];
    let token = &units["/etc/systemd/system/topup.service.d/token.conf"];
    let server = Server::start(&[]);
    server.keeper().set("balance=3.40");
    let folder = tempfile::tempdir().expect("a folder");
    let secrets = folder.path().join("credentials");
    fs::create_dir(&secrets).expect("a folder");
    fs::write(secrets.join("token"), format!("{}\n", server.token)).expect("written");
    let text = |path: &Path| path.to_str().expect("text").to_owned();
    let (home, secrets) = (text(&folder.path().join("topup")), text(&secrets));
    // The command of the service alone has no token, the one of the credentials has.
    for (unit, code) in [(service, 10), (token, 0)] {
        let command = command_of(unit);
        let command = with_binary(&command);
        let mut bash = Command::new("bash");
        bash.args(["-c", &format!("exec {command}")]).current_dir("/");
        let variables = [
            ("HOME", "/nonexistent"),
            ("STATE_DIRECTORY", home.as_str()),
            ("PATH", "/usr/local/bin:/usr/bin:/bin"),
            ("CREDENTIALS_DIRECTORY", &secrets),
            ("TOPUP_PORTAL_URL", &server.url),
        ];
        let ran = run_bare(&mut bash, &variables).code(code);
        assert!(!format!("{}{}", ran.out, ran.err).contains(&server.token));
    }
    assert_eq!(server.count_charges(), 1);
    assert!(Path::new(&home).join("journal.db").is_file(), "the state directory is the home");
}

/// Every value of this setting of a unit.
fn settings<'a>(unit: &'a str, name: &str) -> Vec<&'a str> {
    let lines = unit.lines().filter_map(|line| line.strip_prefix(name)?.strip_prefix('='));
    lines.flat_map(str::split_whitespace).collect()
}

#[test]
fn the_units_have_a_user_a_home_a_target_and_no_restart_that_waits_for_a_person() {
    use topup::core::class::{Recovery, TABLE};
    let (mut restarting, mut installed) = (0, 0);
    for (path, unit) in units() {
        let is_service = path.ends_with(".service");
        assert_eq!(settings(&unit, "User").is_empty(), !is_service, "{path}");
        assert_eq!(settings(&unit, "StateDirectory").is_empty(), !is_service, "{path}");
        // A secret in a unit can be read by every user of the machine.
        assert!(settings(&unit, "Environment").is_empty(), "{path}");
        if unit.contains("[Install]") {
            assert_eq!(settings(&unit, "WantedBy").len(), 1, "{path}");
            installed += 1;
        }
        if settings(&unit, "Restart").is_empty() {
            continue;
        }
        restarting += 1;
        let never = settings(&unit, "RestartPreventExitStatus");
        for row in TABLE.iter().filter(|row| (2..20).contains(&row.code)) {
            let code = row.code.to_string();
            assert!(never.contains(&code.as_str()), "{path} starts again after {}", row.name);
        }
        let waits = TABLE.iter().filter(|row| row.recovery == Some(Recovery::RetryLater));
        for row in waits {
            assert!(!never.contains(&row.code.to_string().as_str()), "{path}: {}", row.name);
        }
    }
    assert_eq!((restarting, installed), (1, 2), "the watch, and the timer of the refill");
}

#[test]
fn systemd_finds_nothing_wrong_with_the_units() {
    let verify = ["verify", "--man=no", "--recursive-errors=no"];
    if !has_program("systemd-analyze", "systemd") {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let mut files = Vec::new();
    for (path, text) in units() {
        let path = folder.path().join(path.trim_start_matches("/etc/systemd/system/"));
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(&path, with_binary(&text)).expect("written");
        if path.extension().is_some_and(|kind| kind != "conf") {
            files.push(path);
        }
    }
    let output = Command::new("systemd-analyze").args(verify).args(files).output().expect("run");
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    let of_ours: Vec<&str> = told.lines().filter(|line| line.contains("topup")).collect();
    assert!(output.status.success() && of_ours.is_empty(), "{told}");
}
