//! Promise: `topup login` and the renewal of its login work at a portal that keeps to the standards
//! and knows nothing of this one: oidc-provider. It sends no `interval`, takes a refresh token in the
//! form alone, and tells a used one in words of its own.

use super::{Peer, Running};
use crate::support::{Ran, User};
use serde_json::Value;
use std::fs;

const BOTH: &str = "inference:invoke billing:manage";

/// A portal, and somebody who has never logged in there.
struct Portal {
    running: Running,
    user: User,
    url: String,
    _peer: Peer,
}

impl Portal {
    /// One whose device codes last this long, in seconds.
    fn start(code_life: u32) -> Option<Self> {
        let peer = Peer::find("oidc-provider")?;
        let mut server = peer.node(include_str!("portal.mjs"));
        server.arg(code_life.to_string());
        let running = Running::start(server);
        let url = running.ready["base_url"].as_str().expect("a URL").to_owned();
        let user = User::new().with("TOPUP_PORTAL_URL", &url);
        Some(Self { running, user, url, _peer: peer })
    }

    /// What a person does on its page.
    fn person(&self, does: &str, code: &str, scope: &str) {
        let url = format!("{}/person/{does}?user_code={code}", self.url);
        Self::get(&format!("{url}&scope={}", scope.replace(' ', "%20")));
    }

    fn get(url: &str) -> Value {
        let output = std::process::Command::new("curl")
            .args(["-sSf", "-q", "--max-time", "30", url])
            .output()
            .expect("curl");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice(&output.stdout).expect("JSON")
    }

    /// Begins a login and gives its code.
    fn begin(&self) -> String {
        let ran = self.user.run(&["login", "--step-up", "--no-wait", "--json"]).code(0);
        last(&ran)["data"]["user_code"].as_str().expect("a code").to_owned()
    }

    fn finish(&self) -> Ran {
        self.user.run(&["login", "--finish", "--json"])
    }

    fn logins(&self) -> Value {
        let kept = fs::read_to_string(self.user.file("credentials.json")).expect("a login");
        serde_json::from_str(&kept).expect("JSON")
    }

    fn put(&self, logins: &Value) {
        fs::write(self.user.file("credentials.json"), logins.to_string()).expect("written");
    }

    /// The access token is to be renewed.
    fn age(&self) {
        let mut logins = self.logins();
        let now = jiff::Timestamp::now();
        logins["logins"][0]["expires_at"] =
            (now - jiff::SignedDuration::from_secs(5)).to_string().into();
        self.put(&logins);
    }

    fn token_requests(&self) -> u64 {
        Self::get(&format!("{}/counted", self.url))["token"].as_u64().expect("a count")
    }
}

fn last(ran: &Ran) -> Value {
    let line = ran.out.lines().last().expect("a document");
    serde_json::from_str(line).expect("JSON")
}

#[test]
fn a_login_is_approved_renewed_and_ended_by_a_token_that_is_used_twice() {
    let Some(portal) = Portal::start(600) else { return };
    portal.person("approve", &portal.begin(), BOTH);
    assert_eq!(last(&portal.finish().code(0))["data"]["can_spend"], true);
    let user = &portal.user;
    user.run(&["state", "--get", "balance_usd"]).code(0).prints("12.5");
    let first = portal.logins();
    for round in 0..3 {
        let before = portal.logins();
        let asked = portal.token_requests();
        portal.age();
        user.run(&["state", "--get", "balance_usd"]).code(0).prints("12.5");
        let after = portal.logins();
        for token in ["access_token", "refresh_token"] {
            assert_ne!(before["logins"][0][token], after["logins"][0][token], "round {round}");
        }
        assert_eq!(portal.token_requests() - asked, 1, "round {round}: sent once");
    }
    // A backup of the first login is put in place: its refresh token was used.
    portal.put(&first);
    portal.age();
    let refused = user.run(&["state", "--json"]).code(10).failed("not_logged_in", None);
    let message = refused["error"]["message"].as_str().expect("a message");
    assert!(message.ends_with("grant request is invalid"), "in the words of the server: {message}");
    assert_eq!(refused["error"]["code"], "invalid_grant");
    let asked = portal.token_requests();
    user.run(&["state"]).code(10);
    assert_eq!(portal.token_requests(), asked, "what was refused is not sent again");
}

#[test]
fn what_was_narrowed_is_no_permission_to_spend() {
    let Some(portal) = Portal::start(600) else { return };
    portal.person("approve", &portal.begin(), "inference:invoke");
    let refused = last(&portal.finish().code(16));
    assert_eq!(refused["error"]["class"], "login_denied");
    assert_eq!(refused["data"]["can_spend"], false);
    // The login itself was kept.
    portal.user.run(&["state", "--get", "balance_usd"]).code(0).prints("12.5");
}

#[test]
fn what_was_denied_or_not_approved_in_time_is_no_login() {
    let Some(portal) = Portal::start(600) else { return };
    portal.person("deny", &portal.begin(), "");
    let refused = last(&portal.finish().code(16));
    assert_eq!(refused["error"]["code"], "access_denied");
    portal.user.run(&["state"]).code(10);
    let Some(short) = Portal::start(2) else { return };
    let ran = short.user.run(&["login", "--no-browser", "--json"]).code(16);
    assert_eq!(last(&ran)["error"]["class"], "login_denied");
    short.user.run(&["state"]).code(10);
    drop(short.running);
}
