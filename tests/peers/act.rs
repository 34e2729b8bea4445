//! Promise: the Action of this repository and a workflow of the README run in `act`, which runs the
//! workflows of GitHub on one's own machine: each step gets what came of the one before it, and
//! nothing is bought twice.

use super::{Peer, run};
use crate::examples::{Machine, in_language};
use crate::github::{ROOT, read};
use crate::pipelines::Access;
use crate::support::{Ran, Server};
use std::fs;
use std::path::Path;

/// A repository with the Action and this workflow in it.
fn check_out(machine: &Machine, workflow: &str) {
    let folder = machine.user.home();
    let action = folder.join(".github/actions/topup");
    let workflows = folder.join(".github/workflows");
    for folder in [&action, &workflows] {
        fs::create_dir_all(folder).expect("a folder");
    }
    let ours = Path::new(ROOT).join(".github/actions/topup/action.yml");
    fs::copy(ours, action.join("action.yml")).expect("copied");
    fs::write(workflows.join("credits.yml"), workflow).expect("written");
    let script = "git init --quiet . && git add .github && \
        git -c user.email=a@acme.example -c user.name=anna commit --quiet --message=workflow";
    let ran = machine.bash(script).current_dir(folder).output().expect("git");
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
}

/// Runs the workflow of this repository, the steps as processes of this machine.
fn act(
    peer: &Peer,
    machine: &Machine,
    event: &str,
    portal: &str,
    secrets: &[(&str, String)],
) -> Ran {
    let mut command = peer.clean(&peer.folder().join("bin/act"));
    command.args([event, "--no-cache-server"]);
    for runner in ["ubuntu-24.04", "self-hosted"] {
        command.args(["--platform", &format!("{runner}=-self-hosted")]);
    }
    command.args(["--env", &format!("TOPUP_PORTAL_URL={portal}")]);
    for (name, value) in secrets {
        command.args(["--secret", &format!("{name}={value}")]);
    }
    command
        .env("PATH", format!("{}:{}", machine.path, std::env::var("PATH").expect("a path")))
        .env("HOME", machine.user.home())
        .env("XDG_CACHE_HOME", peer.home.path())
        .current_dir(machine.user.home());
    run(command)
}

/// Gates that pass and gates that stop, and a purchase; the last step shows what they came to.
const WORKFLOW: &str = r#"
name: Credits
on: push
permissions: {}
env:
  TOPUP_TOKEN: ${{ secrets.TOPUP_TOKEN }}
jobs:
  credits:
    runs-on: ubuntu-24.04
    steps:
      - uses: actions/checkout@v5
      - id: check
        uses: ./.github/actions/topup
        continue-on-error: true
        with:
          command: check
          args: |
            --at-least
            1000
      - id: limit
        uses: ./.github/actions/topup
        continue-on-error: true
        with: {command: limit, args: "--require=2000"}
      - run: topup ledger init --mandate acme --model prepay-mandate --currency CHF
      - id: ledger
        uses: ./.github/actions/topup
        continue-on-error: true
        with: {command: ledger check, args: "4"}
      - id: reload
        uses: ./.github/actions/topup
        with: {command: auto-reload, args: "--require-off"}
      - id: unknown
        uses: ./.github/actions/topup
        continue-on-error: true
        with: {amount: 25, once: "${{ github.run_id }}-refill"}
      - id: buy
        uses: ./.github/actions/topup
        with: {amount: 25, once: "${{ github.run_id }}-refill", once-since: SINCE}
      - name: What they came to
        run: |
          cat <<'END' | tr -d "'"
          check [${{ steps.check.outputs.class }}] [${{ steps.check.outputs.message }}]
          limit [${{ steps.limit.outputs.exit_code }}] [${{ steps.limit.outputs.message }}]
          ledger [${{ steps.ledger.outputs.class }}] [${{ steps.ledger.outputs.message }}]
          reload [${{ steps.reload.outputs.class }}]
          unknown [${{ steps.unknown.outputs.exit_code }}] [${{ steps.unknown.outputs.next_step }}]
          buy [${{ steps.buy.outputs.status }}] [${{ steps.buy.outputs.balance_usd }}]
          END
"#;

#[test]
fn gates_and_a_purchase_tell_the_steps_behind_them_what_came_of_it() {
    let Some(peer) = Peer::find("act") else { return };
    let server = Server::start(&[]);
    let workflow = WORKFLOW.replace("SINCE", &jiff::Timestamp::now().to_string());
    let secrets = [("TOPUP_TOKEN", server.token.clone())];
    for _ in 0..2 {
        let machine = Machine::new();
        check_out(&machine, &workflow);
        let ran = act(&peer, &machine, "push", &server.url, &secrets).code(0);
        let story = format!("{}\n{}", ran.out, ran.err);
        for shown in [
            "check [insufficient_balance] [the balance is $",
            "limit [31] [$",
            "ledger [insufficient_balance] [the pool of acme has CHF 0.00, CHF 4.00 is needed]",
            "reload [success]",
            "unknown [51] [Name the purchase: topup buy --yes --once \"$(date -u +%F)-1-refill\"",
            "buy [settled] [167.5]",
        ] {
            assert!(ran.out.contains(&format!("| {shown}")), "{shown} in\n{story}");
        }
        // The annotation of each that stopped, and the rows of its summary.
        assert!(ran.out.contains("::error title=topup::the balance is $"), "{story}");
        assert!(ran.out.contains("| class | monthly_cap_exceeded |"), "{story}");
        assert!(ran.out.contains("| next_step | Ask the manager of the budget"), "{story}");
        assert!(ran.out.contains("| status | settled |"), "{story}");
        // It gives each step a terminal: no frame of a progress belongs into a log.
        assert!(!ran.out.contains("waiting until it is settled"), "{story}");
        assert!(!story.contains(&server.token), "{story}");
    }
    assert_eq!(server.count_charges(), 1);
}

#[test]
fn the_workflow_with_a_shared_store_buys_once() {
    let Some(peer) = Peer::find("act") else { return };
    for block in in_language("yaml").into_iter().filter(|block| block.mark.contains("shared")) {
        if !read(&block.text)["jobs"].is_object() {
            continue;
        }
        let Some(access) = Access::for_block(&block) else { continue };
        for _ in 0..2 {
            let machine = Machine::new();
            check_out(&machine, &block.text);
            let portal = &access.portal().url;
            let ran = act(&peer, &machine, "schedule", portal, &access.secrets());
            assert_eq!(ran.code, 0, "{}\n{}\n{}", block.place, ran.out, ran.err);
        }
        assert_eq!(access.portal().count_charges(), 1, "{}", block.place);
    }
}
