//! Promise: a home, an argument or a variable that is missing or odd gets a clear error; nothing is
//! sent, and nothing is written to the working directory.

use crate::support::{Server, User, topup};
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};

/// A command in an empty working directory, with nothing in its environment but this.
fn bare(work: &Path, arguments: &[&str], variables: &[(&str, &OsStr)]) -> Command {
    let mut command = Command::new(topup());
    command.args(arguments).env_clear().env("TOPUP_SANDBOX", "1").current_dir(work);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    for (name, value) in variables {
        command.env(name, value);
    }
    command
}

fn is_empty(folder: &Path) -> bool {
    fs::read_dir(folder).expect("a folder").next().is_none()
}

const VERBS: &[&[&str]] = &[
    &["buy", "25", "--yes", "--json"],
    &["state", "--json"],
    &["history", "--json"],
    &["logout", "--json"],
    &["sandbox", "charges", "--json"],
    &["ledger", "balance", "--json"],
];

#[test]
fn fault_39_an_odd_home_is_told_and_the_working_directory_stays_empty() {
    let user = User::new();
    let work = tempfile::tempdir().expect("a folder");
    let odd: [(&str, &[u8], i32); 17] = [
        ("HOME", b"", 4),
        ("HOME", b"relative", 4),
        ("HOME", b".", 4),
        ("HOME", b"/dev/null", 4),
        ("HOME", b"/tmp/a\nb", 4),
        ("HOME", b"/tmp/\xff", 2),
        ("TOPUP_HOME", b"relative", 4),
        ("TOPUP_HOME", b".", 4),
        ("TOPUP_HOME", b"/dev/null", 4),
        ("TOPUP_HOME", b"/tmp/a\nb", 4),
        ("TOPUP_HOME", b"/tmp/\xff", 2),
        ("XDG_STATE_HOME", b"relative", 4),
        ("XDG_STATE_HOME", b"/tmp/a\nb", 4),
        ("XDG_STATE_HOME", b"/tmp/\xff", 2),
        ("XDG_CONFIG_HOME", b"relative", 4),
        ("XDG_CONFIG_HOME", b"/dev/null", 4),
        ("XDG_CONFIG_HOME", b"/tmp/\xff", 2),
    ];
    for (variable, value, code) in odd {
        for verb in VERBS {
            let mut variables = vec![(variable, OsStr::from_bytes(value))];
            if variable.starts_with("XDG") {
                variables.push(("HOME", user.home().as_os_str()));
            }
            let child = bare(work.path(), verb, &variables).spawn().expect("it starts");
            let ran = user.finish(verb, child).code(code);
            let told = ran.json()["error"]["message"].as_str().expect("a message").to_owned();
            let names = told.contains(variable) || told.contains("/dev/null");
            assert!(names, "{variable} {value:?}: {told}");
            assert!(is_empty(work.path()), "{variable} {value:?}");
        }
    }
    assert!(is_empty(user.home()), "nothing was made anywhere else");
    // Nothing names a home, and passwd has none for this user either.
    fs::set_permissions(work.path(), fs::Permissions::from_mode(0o777)).expect("set");
    for verb in VERBS {
        let child = homeless(work.path(), verb, &[("TOPUP_SANDBOX", "1")]).spawn();
        if verb[0] == "history" {
            // Nothing can have been written down, and a read needs no home.
            user.finish(verb, child.expect("it starts")).code(0);
            continue;
        }
        let ran = user.finish(verb, child.expect("it starts")).code(4);
        ran.says("passwd").failed("config", verb[0].eq("buy").then_some("no"));
    }
    assert!(is_empty(work.path()));
}

#[test]
fn fault_39_a_folder_that_all_can_write_to_gets_a_subfolder_by_a_line_that_sh_takes() {
    if !rustix::process::geteuid().is_root() {
        // Another user's folder takes a second user.
        return;
    }
    let (user, work) = (User::new(), tempfile::tempdir().expect("a folder"));
    fs::set_permissions(work.path(), fs::Permissions::from_mode(0o777)).expect("set");
    let home = work.path().to_str().expect("text");
    let doctor = ["doctor", "--offline", "--json"];
    let child = homeless(work.path(), &doctor, &[("TOPUP_HOME", home)]).spawn();
    let document = user.finish(&doctor, child.expect("it starts")).json();
    let folders = |document: &serde_json::Value| {
        let checks = document["data"]["checks"].as_array().expect("checks").clone();
        checks.into_iter().find(|check| check["name"] == "folders").expect("one")
    };
    let found = folders(&document);
    assert_eq!(found["status"], "wrong", "{found}");
    let fix = found["fix"].as_str().expect("a line");
    assert!(fix.starts_with("mkdir -p -m 700 "), "{fix}");
    let script = format!("{fix} && exec {} doctor --offline --json", topup());
    let child = homeless_program("/bin/sh", work.path(), &["-c", &script], &[]).spawn();
    let document = user.finish(&doctor, child.expect("it starts")).json();
    assert_eq!(folders(&document)["status"], "ok", "{document}");
    let own = fs::metadata(work.path().join("topup")).expect("made");
    assert_eq!(own.permissions().mode() & 0o777, 0o700);
}

/// topup as a user who has no entry in passwd, with nothing in its environment but this.
fn homeless(work: &Path, arguments: &[&str], variables: &[(&str, &str)]) -> Command {
    homeless_program(topup(), work, arguments, variables)
}

/// A program of a user who has no entry in passwd.
fn homeless_program(
    program: &str,
    work: &Path,
    arguments: &[&str],
    variables: &[(&str, &str)],
) -> Command {
    const NOBODY_KNOWS: u32 = 54_321;
    let mut command = if rustix::process::geteuid().is_root() {
        let mut command = Command::new(program);
        command.uid(NOBODY_KNOWS).gid(NOBODY_KNOWS);
        command
    } else {
        let mut command = Command::new("unshare");
        command.args(["--user", "--map-user=54321", "--map-group=54321"]).arg(program);
        command
    };
    command.args(arguments).env_clear().current_dir(work);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.envs(variables.iter().copied());
    command
}

#[test]
fn fault_39_what_is_only_read_needs_no_home() {
    let server = Server::start(&[]);
    let user = User::new();
    let work = tempfile::tempdir().expect("a folder");
    fs::set_permissions(work.path(), fs::Permissions::from_mode(0o777)).expect("set");
    let variables = [("TOPUP_PORTAL_URL", &*server.url), ("TOPUP_TOKEN", &server.token)];
    for read in [
        &["state", "--json"][..],
        &["check", "--at-least", "1", "--json"],
        &["limit", "--json"],
        &["whoami", "--json"],
        &["auto-reload", "--json"],
        &["open", "--link"],
        &["history", "--json"],
        &["history", "--chart", "--json"],
        &["history", "--csv"],
        &["config", "list", "--json"],
        &["config", "get", "provider"],
        &["config", "check", "--json"],
        &["watch", "--below", "1", "--one-look", "--json"],
    ] {
        let child = homeless(work.path(), read, &variables).spawn().expect("it starts");
        user.finish(read, child).code(0);
    }
    let child = homeless(work.path(), &["doctor"], &variables).spawn().expect("it starts");
    let doctor = user.finish(&["doctor"], child).code(4);
    assert!(doctor.out.contains("export TOPUP_HOME=/var/lib/topup"), "{}", doctor.out);
    assert!(doctor.out.contains("there is no place for them"), "{}", doctor.out);
    let child = homeless(work.path(), &["metrics"], &[]).spawn().expect("it starts");
    user.finish(&["metrics"], child).code(0).prints("topup_up{");
    let child = homeless(work.path(), &["status"], &variables).spawn().expect("it starts");
    user.finish(&["status"], child).code(2).says("there is no home, and so no journal");
    // The seller knows a charge also where no journal does.
    let charge =
        User::new().with("TOPUP_PORTAL_URL", &server.url).with("TOPUP_TOKEN", &server.token);
    let bought = charge.run(&["buy", "25", "--yes", "--get", "charge_id"]).code(0);
    let look = ["status", bought.out.trim(), "--json"];
    let child = homeless(work.path(), &look, &variables).spawn().expect("it starts");
    let found = user.finish(&look, child).code(0).json();
    assert_eq!(
        (&found["data"]["status"], &found["data"]["amount_usd"]),
        (&"settled".into(), &"25.00".into())
    );
    let look = ["status", "ch_nothing", "--json"];
    let child = homeless(work.path(), &look, &variables).spawn().expect("it starts");
    user.finish(&look, child).code(50).says("an id that the portal does not know");
    // What has to be written down first is refused, and so is what would claim that nothing is open.
    for write in [
        &["buy", "25", "--yes", "--json"][..],
        &["login", "--json"],
        &["resume", "--json"],
        &["watch", "--below", "1", "--one-look", "--", "true"],
    ] {
        let child = homeless(work.path(), write, &variables).spawn().expect("it starts");
        user.finish(write, child).code(4).says("TOPUP_HOME");
    }
    assert_eq!(server.count_charges(), 1);
    assert!(is_empty(work.path()) && is_empty(user.home()));
}

#[test]
fn fault_39_without_home_that_of_passwd_is_meant() {
    let uid = rustix::process::geteuid().as_raw().to_string();
    let entry = Command::new("getent").args(["passwd", &uid]).output().expect("getent");
    let entry = String::from_utf8(entry.stdout).expect("text");
    let home = entry.split(':').nth(5).expect("a home");
    let work = tempfile::tempdir().expect("a folder");
    let path = ["config", "path"];
    let child = bare(work.path(), &path, &[]).spawn().expect("it starts");
    let ran = User::new().finish(&path, child).code(0);
    assert_eq!(ran.out, format!("{home}/.config/topup/config.toml\n"));
}

#[test]
fn fault_39_without_a_home_the_xdg_folders_are_enough() {
    let user = User::new();
    let work = tempfile::tempdir().expect("a folder");
    let (config, state) = (user.file("config"), user.file("state"));
    let variables = [
        ("XDG_CONFIG_HOME", config.as_os_str()),
        ("XDG_STATE_HOME", state.as_os_str()),
        // What is empty is not set.
        ("TOPUP_HOME", OsStr::new("")),
    ];
    let buy = ["buy", "25", "--yes", "--json"];
    let child = bare(work.path(), &buy, &variables).spawn().expect("it starts");
    user.finish(&buy, child).code(0);
    assert!(state.join("topup/journal.db").is_file());
    assert!(is_empty(work.path()));
}

#[test]
fn fault_39_a_configuration_that_is_a_pipe_or_a_folder_is_refused_at_once() {
    let user = User::new();
    let config = user.file("config.toml");
    rustix::fs::mknodat(
        rustix::fs::CWD,
        &config,
        rustix::fs::FileType::Fifo,
        rustix::fs::Mode::from_raw_mode(0o600),
        0,
    )
    .expect("a pipe");
    user.run(&["open"]).code(4).says("config.toml").says("not a plain file");
    fs::remove_file(&config).expect("removed");
    fs::create_dir(&config).expect("a folder");
    user.run(&["open"]).code(4).says("config.toml");
}

#[test]
fn fault_49_what_is_no_text_is_a_usage_error_and_nothing_is_sent() {
    let server = Server::start(&[]);
    let user = server.user();
    let odd = OsStr::from_bytes(b"\xff\xfe");
    for verb in [
        &["buy"][..],
        &["buy", "25", "--yes", "--once"],
        &["buy", "25", "--yes", "--idempotency-key"],
        &["status"],
        &["resume"],
        &["ensure", "--at-least"],
        &["explain"],
        &["nonsense"],
        &["ledger", "record"],
        &["--json"],
    ] {
        let mut command = user.command(verb);
        command.arg(odd);
        user.finish(verb, command.spawn().expect("it starts")).code(2);
    }
    for variable in [
        "TOPUP_PROVIDER",
        "TOPUP_PROFILE",
        "TOPUP_PORTAL_URL",
        "TOPUP_TOKEN",
        "TOPUP_GET",
        "TOPUP_YES",
        "TOPUP_JSON",
        "TOPUP_COLOR",
        "TOPUP_TIMEOUT",
        "TOPUP_HOME",
        "HERMES_PORTAL_BASE_URL",
        "CI",
        "GITHUB_RUN_ATTEMPT",
        "ACT",
        "CI_PIPELINE_CREATED_AT",
    ] {
        let buy = ["buy", "25", "--yes", "--once", "a-name"];
        let mut command = user.command(&buy);
        if variable == "HERMES_PORTAL_BASE_URL" {
            command.env_remove("TOPUP_PORTAL_URL");
        }
        command.env(variable, odd);
        let ran = user.finish(&buy, command.spawn().expect("it starts"));
        assert!(!ran.err.contains("panicked"), "{variable}: {}", ran.err);
        assert_eq!(ran.code, 2, "{variable}: {}", ran.err);
    }
    assert!(server.keeper().seen().is_empty(), "nothing was sent");
    let listed = user.run(&["history", "--json"]).code(0).json();
    assert_eq!(listed["data"]["purchases"], serde_json::json!([]));
    // What only says in which language or colour is not worth a refusal.
    let mut command = user.command(&["buy", "25", "--yes"]);
    for variable in ["LANG", "LC_ALL", "NO_COLOR", "TERM", "COLUMNS"] {
        command.env(variable, odd);
    }
    user.finish(&["buy"], command.spawn().expect("it starts")).code(0);
}
