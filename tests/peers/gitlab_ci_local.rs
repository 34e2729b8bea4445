//! Promise: the jobs for GitLab that the manual shows run in `gitlab-ci-local`, which reads and runs
//! them as they stand, and buy once though a second machine runs them too.

use super::{Peer, run};
use crate::examples::{Machine, in_language};
use crate::github::read;
use crate::pipelines::Access;
use std::fs;
use std::process::Command;

/// A repository with this pipeline in it.
fn check_out(machine: &Machine, pipeline: &str) {
    let folder = machine.user.home();
    fs::write(folder.join(".gitlab-ci.yml"), pipeline).expect("written");
    let script = "git init --quiet . && git add .gitlab-ci.yml && \
        git -c user.email=a@acme.example -c user.name=anna commit --quiet --message=pipeline && \
        git remote add origin git@gitlab.example:acme/shop.git";
    let ran = machine.bash(script).current_dir(folder).output().expect("git");
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
}

#[test]
fn the_jobs_of_the_manual_run_in_it_and_buy_once() {
    let Some(peer) = Peer::find("gitlab-ci-local") else { return };
    let program = peer.folder().join("node_modules/.bin/gitlab-ci-local");
    let mut jobs = 0;
    for block in in_language("yaml") {
        let pipeline = read(&block.text);
        let Some((name, _)) =
            pipeline.as_object().into_iter().flatten().find(|(_, job)| job["script"].is_array())
        else {
            continue;
        };
        let Some(access) = Access::for_block(&block) else { continue };
        for _ in 0..2 {
            let machine = Machine::new();
            check_out(&machine, &block.text);
            let mut command: Command = peer.clean(&program);
            command.arg("--force-shell-executor").arg(name);
            for (name, value) in access.secrets() {
                command.args(["--variable", &format!("{name}={value}")]);
            }
            command
                .args(["--variable", &format!("TOPUP_PORTAL_URL={}", access.portal().url)])
                .env("PATH", format!("{}:{}", machine.path, std::env::var("PATH").expect("a path")))
                .current_dir(machine.user.home());
            let ran = run(command).code(0);
            assert!(ran.out.contains("PASS"), "{}: {}\n{}", block.place, ran.out, ran.err);
        }
        assert_eq!(access.portal().count_charges(), 1, "{}", block.place);
        jobs += 1;
    }
    assert_eq!(jobs, 2, "one with a shared store, one without");
}
