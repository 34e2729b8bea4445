//! Promise: an auditor of GitHub workflows has nothing to say about the Action of this repository and
//! the workflows and steps that the README and the manual show.

use super::{Peer, run};
use crate::examples::in_language;
use crate::github::{ROOT, read};
use std::fs;
use std::path::Path;

#[test]
fn it_has_nothing_to_say_about_the_action_and_the_workflows_that_are_shown() {
    let Some(peer) = Peer::find("zizmor") else { return };
    let folder = peer.home.path().join("repository");
    let workflows = folder.join(".github/workflows");
    fs::create_dir_all(&workflows).expect("a folder");
    let mut shown = 0;
    for block in in_language("yaml") {
        let pipeline = read(&block.text);
        let workflow = if pipeline["jobs"].is_object() {
            block.text
        } else if pipeline.is_array() {
            let steps = block.text.replace('\n', "\n      ");
            format!(
                "name: Steps\non: workflow_dispatch\npermissions: {{}}\nconcurrency: steps\njobs:\n  \
                 job:\n    runs-on: ubuntu-24.04\n    steps:\n      {steps}\n"
            )
        } else {
            continue;
        };
        fs::write(workflows.join(format!("{shown}.yml")), workflow).expect("written");
        shown += 1;
    }
    assert!(shown >= 4, "two workflows, a gate, and the steps with the Action: {shown}");
    let action = folder.join(".github/actions/topup");
    fs::create_dir_all(&action).expect("a folder");
    let ours = Path::new(ROOT).join(".github/actions/topup/action.yml");
    fs::copy(ours, action.join("action.yml")).expect("copied");
    // `./` is known to every server of GitHub; what it would have in its place, `$/`, is new.
    let settings = peer.home.path().join("zizmor.yml");
    fs::write(&settings, "rules:\n  self-repository:\n    disable: true\n").expect("written");
    let mut command = peer.program("zizmor");
    command.args(["--offline", "--no-progress", "--color=never", "--config"]);
    command.arg(settings).arg(&folder);
    let ran = run(command);
    assert_eq!(ran.code, 0, "{}\n{}", ran.out, ran.err);
    // It has read them all: the action beside them.
    let read = ran.err.matches("completed").count();
    assert_eq!(read, shown + 1, "{}", ran.err);
}
