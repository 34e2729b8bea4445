//! Promise: at a real CIRIS agent, before and after it is set up, `topup` says what is so: who may log
//! in, what is there, why nothing can be bought, what was credited.
//!
//! The agent runs in a network of its own that has loopback alone, beside a backend that answers as its
//! billing does. Both are `ciris_agent.py`; that wants root.

use super::{Conversation, Peer};
use crate::support::{Ran, User};
use serde_json::{Value, json};
use std::io::Write;
use std::process::{Command, Stdio};
use std::time::Duration;

/// A user of it, in its network.
struct AgentUser {
    user: User,
    /// A process in that network.
    process: String,
}

impl AgentUser {
    fn run(&self, arguments: &[&str], input: &str) -> Ran {
        let plain = self.user.command(arguments);
        let mut inside = Command::new("nsenter");
        inside.arg(format!("--net=/proc/{}/ns/net", self.process)).arg(plain.get_program());
        inside.args(arguments).env_clear().current_dir(self.user.home());
        inside.envs(plain.get_envs().filter_map(|(name, value)| Some((name, value?))));
        inside.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = inside.spawn().expect("nsenter");
        child.stdin.take().expect("a pipe").write_all(input.as_bytes()).expect("written");
        self.user.finish(arguments, child)
    }

    fn data(&self, arguments: &[&str]) -> Value {
        self.run(&[arguments, &["--json"]].concat(), "").code(0).json()["data"].take()
    }
}

#[test]
#[ignore = "wants root, and an agent that takes a minute to start"]
fn at_a_real_agent_what_is_said_is_so() {
    let Some(peer) = Peer::find("ciris-agent") else { return };
    let mut command = peer.clean("unshare".as_ref());
    command.args(["--net", "--mount", "python3"]);
    command.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/peers/ciris_agent.py"));
    command.arg(peer.folder());
    let mut agent = Conversation::start(command);
    let ready = agent.hear_after(Duration::from_secs(240));
    println!("the agent was ready after {} seconds", ready["started_after_s"]);
    let text = |key: &str| ready[key].as_str().expect("text").to_owned();
    let user =
        User::new().with("TOPUP_PROVIDER", "ciris").with("TOPUP_PORTAL_URL", &text("base_url"));
    let user = AgentUser { user, process: ready["process"].to_string() };
    let (name, password) = (text("username"), text("password"));
    let login = ["login", "--username", &name, "--password-stdin"];
    user.run(&login, &password).code(16).says("is not set up yet");
    agent.say(&json!({"do": "set_up"}));
    agent.hear_after(Duration::from_secs(120));
    let wrong = user.run(&[&login[..], &["--json"]].concat(), "another").code(16);
    let code = wrong.json()["error"]["code"].take();
    wrong.failed("login_denied", None);
    assert_eq!(code, "auth.login.invalid_credentials");
    user.run(&login, &password).code(0);
    let who = user.data(&["whoami"]);
    assert_eq!((&who["username"], &who["renewable"]), (&json!(name), &json!(true)));
    let sdk = agent.ask(&json!({"do": "sdk", "call": "get_credits"}));
    let state = user.data(&["state"]);
    for key in ["has_credit", "credits_remaining", "free_uses_remaining", "total_uses", "plan_name"]
    {
        assert_eq!(sdk[key], state[key], "{key}");
    }
    user.run(&["check", "--at-least", "5"], "").code(0);
    // The account has a password, and so no e-mail address.
    let buy = ["buy", "--yes", "--no-wait", "--json"];
    user.run(&buy, "").code(33).failed("validation_failed", Some("no"));
    agent.ask(&json!({"do": "pack", "payment": "pi_1"}));
    agent.ask(&json!({"do": "use", "count": 3}));
    let ours = user.data(&["transactions"]);
    let theirs = agent.ask(&json!({"do": "sdk", "call": "get_transactions"}));
    assert_eq!(ours["total_count"], 4);
    assert_eq!(theirs["total_count"], ours["total_count"]);
    let listed = ours["transactions"].as_array().expect("transactions");
    assert_eq!(listed.last().map(|one| &one["external_transaction_id"]), Some(&json!("pi_1")));
    assert_eq!(user.data(&["state"])["balance"], "102", "97 of the pack, and 5 that are free");
    agent.ask(&json!({"do": "set", "has_credit": false}));
    user.run(&["check", "--at-least", "1", "--json"], "").code(15);
    user.run(&["logout"], "").code(0);
    user.run(&["state"], "").code(10);
}
