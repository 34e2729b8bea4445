//! Promise: the pipelines that the README and the manual show run as they stand, on GitHub and in
//! GitLab; a job on a second machine pays for nothing twice.

use crate::examples::{Block, Machine, in_language};
use crate::github::{Job, read};
use crate::kept_logins;
use crate::support::{Server, wait};
use serde_json::Value;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Stdio};

#[test]
fn every_pipeline_that_is_shown_runs() {
    for block in in_language("yaml") {
        let pipeline = read(&block.text);
        match block.mark.as_str() {
            "gate" => as_gate(&block, &pipeline),
            "kubernetes" => as_pod(&block, &pipeline),
            _ if pipeline["jobs"].is_object() => as_workflow(&block, &pipeline),
            _ if pipeline.is_array() => as_steps(&block, &pipeline),
            _ => as_gitlab(&block, &pipeline),
        }
    }
}

#[test]
fn the_stage_of_jenkins_buys_once() {
    for block in in_language("groovy") {
        let script = block.text.split("'''").nth(1).expect("a script");
        buys_once(&block, script, &[("BUILD_TAG", "jenkins-refill-7")]);
    }
}

/// The command of a container that may write to nothing but its volume, by a user without a home.
fn as_pod(block: &Block, manifest: &Value) {
    let pod = &manifest["spec"]["jobTemplate"]["spec"]["template"]["spec"];
    assert_eq!(pod["volumes"][0]["emptyDir"], serde_json::json!({}), "{}", block.place);
    let container = &pod["containers"][0];
    assert_eq!(container["securityContext"]["readOnlyRootFilesystem"], "true");
    let named = |name: &str| {
        let mut variables = container["env"].as_array().expect("variables").iter();
        variables.find(|variable| variable["name"] == name).expect("set").clone()
    };
    assert_eq!(named("TOPUP_HOME")["value"], container["volumeMounts"][0]["mountPath"]);
    assert_eq!(
        (named("CI")["value"].as_str(), &container["command"][1]),
        (Some("true"), &"-c".into())
    );
    buys_once(block, container["command"][2].as_str().expect("a script"), &[]);
}

/// Two machines that know nothing of each other run this within one day.
fn buys_once(block: &Block, script: &str, variables: &[(&str, &str)]) {
    let server = Server::start(&[]);
    server.keeper().set("balance=3.40");
    // In the last hour of its day a name may be older than the seller remembers.
    let is_late = jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).hour() == 23;
    for _ in 0..2 {
        let machine = Machine::new();
        let state = tempfile::tempdir().expect("a volume");
        let mut command = Command::new("/bin/sh");
        command
            .args(["-e", "-c", script])
            .env_clear()
            .envs(variables.iter().copied())
            .env("PATH", &machine.path)
            .env("CI", "true")
            .env("TOPUP_HOME", state.path())
            .env("TOPUP_PORTAL_URL", &server.url)
            .env("TOPUP_TOKEN", &server.token)
            .current_dir("/")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let output = wait(command.spawn().expect("a shell"));
        let expected = if is_late { 51 } else { 0 };
        let err = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(expected), "{}: {err}", block.place);
    }
    assert_eq!(server.count_charges(), i64::from(!is_late), "{}", block.place);
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
        let server = Server::without_limits();
        server.keeper().run(&["sandbox", "set", "balance=3.40", &format!("card={card}")]).code(0);
        let shared = tempfile::tempdir().expect("a shared folder");
        for (name, described) in workflow["jobs"].as_object().expect("jobs") {
            let keep = described["env"]["KEEP"].as_str();
            // Without a shared login a job comes back to the machine that has it.
            let mut job = runner(&server, keep.map(|_| shared.path()));
            let log_in = "topup login --step-up --no-browser";
            let log_in = match keep {
                Some(_) => format!("{}\n{log_in}", first_step(described)),
                None => log_in.to_owned(),
            };
            let login = serde_json::json!([{"run": log_in}]);
            job.run(&login).pop().expect("a step").code(0);
            for attempt in ["1", "2"] {
                // Where the login is shared, the second attempt is on another machine.
                if keep.is_some() {
                    job = runner(&server, Some(shared.path()));
                }
                job = job.with("GITHUB_RUN_ATTEMPT", attempt);
                let failed = job.run(&described["steps"]).into_iter().find(|step| step.code != 0);
                let (code, log) = failed.map_or((0, String::new()), |step| (step.code, step.log));
                let expected = if charges == 1 { 0 } else { 20 };
                // A second attempt on another machine does not know what the first has bought.
                let refused = attempt == "2" && charges == 0 && keep.is_some();
                let place = format!("{} {name}, attempt {attempt}: {code}", block.place);
                assert!(code == expected || (refused && code == 51), "{place}\n{log}");
            }
        }
        assert_eq!(server.count_charges(), charges, "{}", block.place);
    }
}

/// A runner with topup on its path, and the program that keeps a shared login.
fn runner(server: &Server, shared: Option<&std::path::Path>) -> Job {
    let job = Job::new().with("TOPUP_PORTAL_URL", &server.url);
    let Some(shared) = shared else { return job };
    let program = shared.join("keep-login");
    fs::write(&program, kept_logins::program()).expect("written");
    fs::set_permissions(&program, fs::Permissions::from_mode(0o700)).expect("runnable");
    job.with("KEEP", shared.join("login").to_str().expect("text"))
        .reading("/usr/local/bin/keep-login", program.to_str().expect("text"))
}

/// What the first step of a job runs.
fn first_step(job: &Value) -> &str {
    job["steps"][0]["run"].as_str().expect("a script")
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
        let server = Server::start(&[]);
        server.keeper().set("balance=3.40");
        for (name, job) in pipeline.as_object().expect("jobs") {
            let lines = job["script"].as_array().unwrap_or_else(|| panic!("{name} has no script"));
            let lines: Vec<&str> = lines.iter().filter_map(Value::as_str).collect();
            let machine = Machine::new();
            let mut command = Command::new(shell);
            command
                .args(["-e", "-c", &lines.join("\n")])
                .env_clear()
                .env("PATH", &machine.path)
                .env("HOME", machine.user.home())
                .env("CI", "true")
                .env("GITLAB_CI", "true")
                .env("CI_PIPELINE_ID", "4711")
                .env("CI_PIPELINE_CREATED_AT", jiff::Timestamp::now().to_string())
                .env("TOPUP_PORTAL_URL", &server.url)
                .env("TOPUP_TOKEN", &server.token)
                .current_dir(machine.user.home())
                .stdin(Stdio::null())
                .stdout(Stdio::piped())
                .stderr(Stdio::piped());
            let output = wait(command.spawn().expect("a shell"));
            let err = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "{} {shell}: {err}", block.place);
        }
        assert_eq!(server.count_charges(), 1, "{}", block.place);
    }
}
