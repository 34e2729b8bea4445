//! Promise: the pipelines that the README and the manual show run as they stand, on GitHub, in GitLab,
//! in Jenkins, in a pod and under Nomad; a job on a second machine pays for nothing twice.

use crate::examples::{Block, Machine, in_language};
use crate::fleet::Fleet;
use crate::github::{Job, read};
use crate::support::{Server, topup, wait};
use serde_json::Value;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Stdio};

/// A portal with too low a balance, and what a job gets to buy there.
pub enum Access {
    Token(Box<Server>),
    /// A store that machines share, with a login in it.
    Store(Box<Fleet>),
}

impl Access {
    /// What this block says that it wants; none where there is no database server.
    pub fn for_block(block: &Block) -> Option<Self> {
        let access = if block.mark.contains("shared") {
            let fleet = Fleet::new()?;
            fleet.machine().run(&["login", "--step-up", "--no-browser"]).code(0);
            Self::Store(Box::new(fleet))
        } else {
            Self::Token(Box::new(Server::without_limits()))
        };
        access.portal().keeper().set("balance=3.40");
        Some(access)
    }

    pub fn portal(&self) -> &Server {
        match self {
            Self::Token(portal) => portal,
            Self::Store(fleet) => &fleet.portal,
        }
    }

    fn is_shared(&self) -> bool {
        matches!(self, Self::Store(_))
    }

    /// The variables that a job keeps secret.
    pub fn secrets(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::Token(portal) => vec![("TOPUP_TOKEN", portal.token.clone())],
            Self::Store(fleet) => vec![
                ("TOPUP_STATE_URL", fleet.schema.url.clone()),
                ("TOPUP_STATE_KEY", fleet.key.clone()),
            ],
        }
    }
}

#[test]
fn every_pipeline_that_is_shown_runs() {
    for block in in_language("yaml") {
        let pipeline = read(&block.text);
        match block.mark.as_str() {
            "gate" => as_gate(&block, &pipeline),
            mark if mark.starts_with("kubernetes") => as_pod(&block, &pipeline),
            _ if pipeline["jobs"].is_object() => as_workflow(&block, &pipeline),
            _ if pipeline.is_array() => as_steps(&block, &pipeline),
            _ => as_gitlab(&block, &pipeline),
        }
    }
}

#[test]
fn the_stage_of_jenkins_buys_once() {
    for block in in_language("groovy") {
        let Some(access) = Access::for_block(&block) else { continue };
        let script = block.text.split("'''").nth(1).expect("a script");
        for (name, _) in access.secrets() {
            let credential = format!("{name} = credentials('");
            assert_eq!(block.text.contains(&credential), access.is_shared(), "{}", block.place);
        }
        buys_once(&block, &access, |machine| {
            let mut command = Command::new("/bin/sh");
            command
                .args(["-e", "-c", script])
                .env_clear()
                .env("PATH", &machine.path)
                .env("HOME", machine.user.home())
                .env("CI", "true")
                .env("BUILD_TAG", "jenkins-refill-7");
            command
        });
    }
}

/// Nomad starts the command with these words; its variables come from a template of its own.
#[test]
fn the_task_of_nomad_buys_once() {
    for block in in_language("hcl") {
        let Some(access) = Access::for_block(&block) else { continue };
        let value = |name: &str| {
            let mut lines = block.text.lines().map(str::trim);
            let line = lines.find(|line| line.split(' ').next() == Some(name)).expect("a line");
            line.split_once('=').expect("a value").1.trim().to_owned()
        };
        let words = block.text.split("args    = ").nth(1).expect("words");
        let words = words.split_inclusive(']').next().expect("their end");
        let words: Vec<String> = serde_json::from_str(words).expect("words");
        assert_eq!(value("command"), "\"topup\"");
        for (name, _) in access.secrets() {
            assert!(block.text.contains(&format!("{name}={{{{ .")), "{name}: {}", block.place);
        }
        let home = value("TOPUP_HOME");
        let home = home.trim_matches('"').strip_prefix("${NOMAD_TASK_DIR}/").expect("a folder");
        buys_once(&block, &access, |machine| {
            let mut command = Command::new(topup());
            command
                .args(&words)
                .env_clear()
                .env("PATH", &machine.path)
                .env("TOPUP_HOME", machine.user.home().join(home));
            command
        });
    }
}

/// Makes the root read-only, with a program and an empty folder for everybody in it, and goes on as
/// some user. `$1`: that user or nothing, `$2`: the folder, `$3`: the program, `$4`: where it is wanted;
/// the rest are the words of the command.
const IN_A_POD: &str = r#"
    set -eu
    mount --make-rprivate /
    mount -t tmpfs -o mode=0777 tmpfs "$2"
    mount --bind "$3" "$4"
    for at in / "$(stat -c %m "$2/..")"; do mount -o remount,bind,ro "$at"; done
    if touch "$2/../written" 2>/dev/null; then echo "it can be written to" >&2; exit 99; fi
    user=$1; shift 4
    if [ -z "$user" ]; then exec "$@"; fi
    exec setpriv --reuid="$user" --regid="$user" --clear-groups "$@"
"#;

/// The command of a container that may write to nothing but its volume, by a user that the system
/// does not know.
fn as_pod(block: &Block, manifest: &Value) {
    let Some(access) = Access::for_block(block) else { return };
    let pod = &manifest["spec"]["jobTemplate"]["spec"]["template"]["spec"];
    assert_eq!(pod["volumes"][0]["emptyDir"], serde_json::json!({}), "{}", block.place);
    let container = &pod["containers"][0];
    assert_eq!(container["securityContext"]["readOnlyRootFilesystem"], "true");
    assert_eq!(container["envFrom"][0]["secretRef"].is_object(), access.is_shared());
    let mount = container["volumeMounts"][0]["mountPath"].as_str().expect("a path");
    let variables = container["env"].as_array().expect("variables");
    let user = pod["securityContext"]["runAsUser"].as_str().expect("a user");
    let words: Vec<String> = ["command", "args"]
        .into_iter()
        .filter_map(|part| container[part].as_array())
        .flatten()
        .map(|word| word.as_str().expect("text").to_owned())
        .collect();
    buys_once(block, &access, |machine| {
        let root = machine.user.home();
        for folder in ["state", "programs"] {
            fs::create_dir(root.join(folder)).expect("a folder");
        }
        let mut open = root.to_owned();
        while open.starts_with(std::env::temp_dir()) && open != std::env::temp_dir() {
            fs::set_permissions(&open, fs::Permissions::from_mode(0o755)).expect("open");
            open.pop();
        }
        let program = root.join("programs/topup");
        fs::write(&program, "").expect("written");
        let is_root = rustix::process::geteuid().is_root();
        let mut command = Command::new("unshare");
        // Only the administrator can become somebody else.
        if !is_root {
            command.args(["--user", "--map-root-user"]);
        }
        command
            .args(["--mount", "sh", "-c", IN_A_POD, "sh", if is_root { user } else { "" }])
            .arg(root.join("state"))
            .args([topup().as_ref(), program.as_os_str()])
            .args(&words)
            .env_clear()
            .env(
                "PATH",
                format!("{}:/usr/bin:/bin:/usr/sbin:/sbin", root.join("programs").display()),
            );
        for variable in variables {
            let name = variable["name"].as_str().expect("a name");
            if let Some(value) = variable["value"].as_str() {
                let inside = value.replace(mount, root.join("state").to_str().expect("text"));
                command.env(name, if value.starts_with(mount) { inside } else { value.to_owned() });
            }
        }
        command
    });
}

/// Two machines that know nothing of each other run this within one day.
fn buys_once(block: &Block, access: &Access, command: impl Fn(&Machine) -> Command) {
    // In the last hour of its day the name of a day may be older than the seller remembers.
    let is_late = !access.is_shared()
        && block.text.contains("date -u +%F")
        && jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).hour() == 23;
    for _ in 0..2 {
        let machine = Machine::new();
        let mut command = command(&machine);
        command
            .envs(access.secrets())
            .env("TOPUP_PORTAL_URL", &access.portal().url)
            .current_dir("/")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let output = wait(command.spawn().expect("it starts"));
        let expected = if is_late { 51 } else { 0 };
        let err = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(expected), "{}: {err}", block.place);
    }
    assert_eq!(access.portal().count_charges(), i64::from(!is_late), "{}", block.place);
}

/// A gate with a key: it passes with enough and stops with less.
fn as_gate(block: &Block, steps: &Value) {
    let server = Server::start(&[]);
    for (balance, code) in [("50", 0), ("3.40", 30)] {
        server.keeper().set(&format!("system=openrouter:{balance}"));
        let mut job = Job::new().with("TOPUP_PORTAL_URL", &server.url);
        job.secrets.insert("OPENROUTER_API_KEY".to_owned(), server.token.clone());
        let ran = job.run(steps);
        assert_eq!(ran.last().expect("a step").code, code, "{}: {}", block.place, ran[0].log);
    }
}

/// A workflow for runners that have a login: of their own, or one that they share.
fn as_workflow(block: &Block, workflow: &Value) {
    assert!(workflow["on"]["schedule"][0]["cron"].is_string(), "{}", block.place);
    for (card, charges) in [("visa", 1), ("none", 0)] {
        let Some(access) = Access::for_block(block) else { return };
        let portal = access.portal();
        portal.keeper().set(&format!("card={card}"));
        for (name, described) in workflow["jobs"].as_object().expect("jobs") {
            let runner = || {
                let mut job = Job::new().with("TOPUP_PORTAL_URL", &portal.url);
                for (name, value) in access.secrets() {
                    job.secrets.insert(name.to_owned(), value);
                }
                job
            };
            let mut job = runner();
            // The login of the one runner that a job without a shared store comes back to.
            if !access.is_shared() {
                let login = serde_json::json!([{"run": "topup login --step-up --no-browser"}]);
                job.run(&login).pop().expect("a step").code(0);
            }
            for attempt in ["1", "2"] {
                if access.is_shared() {
                    job = runner();
                }
                job = job.with("GITHUB_RUN_ATTEMPT", attempt);
                let mut ran = job.run(&described["steps"]).into_iter();
                let place = format!("{} {name}, attempt {attempt}", block.place);
                let bought = ran.next().expect("a step");
                let expected = if charges == 1 { 0 } else { 20 };
                assert_eq!(bought.code, expected, "{place}\n{}", bought.log);
                for step in ran {
                    let step = step.code(0);
                    assert!(step.log.contains("no_payment_method"), "{place}\n{}", step.log);
                }
            }
        }
        assert_eq!(portal.count_charges(), charges, "{}", block.place);
    }
}

/// A job of GitHub buys, and where it cannot, the steps for that are told why.
fn as_steps(block: &Block, steps: &Value) {
    for (card, charges) in [("visa", 1), ("none", 0)] {
        let server = Server::start(&[]);
        server.keeper().run(&["sandbox", "set", "balance=3.40", &format!("card={card}")]).code(0);
        let mut job = Job::new().with("TOPUP_PORTAL_URL", &server.url);
        job.secrets.insert("TOPUP_TOKEN".to_owned(), server.token.clone());
        let mut ran = job.run(steps).into_iter();
        let first = ran.next().expect("a step");
        assert_eq!(first.code, if charges == 1 { 0 } else { 20 }, "{}", first.log);
        for step in ran {
            let step = step.code(0);
            assert!(charges == 1 || step.log.contains("no_payment_method"), "{}", step.log);
        }
        assert_eq!(server.count_charges(), charges, "{}", block.place);
    }
}

/// A job of GitLab is the lines of its script, run by bash, or by sh where an image has none.
fn as_gitlab(block: &Block, pipeline: &Value) {
    for shell in ["bash", "sh"] {
        let Some(access) = Access::for_block(block) else { return };
        for (name, job) in pipeline.as_object().expect("jobs") {
            let lines = job["script"].as_array().unwrap_or_else(|| panic!("{name} has no script"));
            let lines: Vec<&str> = lines.iter().filter_map(Value::as_str).collect();
            let lines = lines.join("\n");
            let created = jiff::Timestamp::now().to_string();
            buys_once(block, &access, |machine| {
                let mut command = Command::new(shell);
                command
                    .args(["-e", "-c", &lines])
                    .env_clear()
                    .env("PATH", &machine.path)
                    .env("HOME", machine.user.home())
                    .env("CI", "true")
                    .env("GITLAB_CI", "true")
                    .env("CI_PIPELINE_ID", "4711")
                    .env("CI_PIPELINE_CREATED_AT", &created);
                command
            });
        }
    }
}
