//! Promise: a standard OAuth client logs in at the sandbox by the device flow, and renews that login
//! by the standard form: it knows no header of this portal.

use super::{Peer, answer};
use crate::support::Server;
use serde_json::{Value, json};

/// What this client found at the server, logging in as it does.
fn log_in(peer: &Peer, server: &Server) -> Value {
    let mut client = match peer.name {
        "openid-client" => peer.node(include_str!("device_client.mjs")),
        _ => peer.python("device_client.py"),
    };
    client.arg(&server.url);
    answer(client)
}

#[test]
fn standard_clients_log_in_and_renew_and_a_token_that_is_used_twice_ends_it() {
    let server = Server::start(&["--auto-approve"]);
    server.keeper().set("interval=1s");
    for name in ["requests-oauthlib", "openid-client"] {
        let Some(peer) = Peer::find(name) else { continue };
        let found = log_in(&peer, &server);
        assert_eq!(found["scope"], json!(["inference:invoke", "billing:manage"]), "{name}");
        assert_eq!(found["refresh_tokens"], 4, "{name}: each works once");
        assert_eq!((&found["renewed"], &found["state"]), (&Value::from(true), &200.into()));
        assert_eq!(found["reused"], "invalid_grant", "{name}");
    }
}
