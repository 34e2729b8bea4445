//! Promise: a login that byterover-cli keeps is used where it keeps it. The store of byterover-cli
//! itself writes and reads the files.

use super::{Peer, answer};
use crate::support::{Server, User};
use serde_json::{Value, json};

/// What the store holds after this.
fn store(peer: &Peer, data: &str, what: &str, session_key: &str) -> Value {
    let mut command = peer.node(include_str!("brv_login.mjs"));
    command.env("BRV_DATA_DIR", data).args([what, session_key]);
    answer(command)["held"].clone()
}

#[test]
fn the_login_of_brv_is_used_in_place_and_stays_with_brv() {
    let Some(peer) = Peer::find("byterover") else { return };
    let server = Server::start(&[]);
    let data = peer.home.path().join("data").display().to_string();
    let user = User::new()
        .with_brv()
        .with("TOPUP_PROVIDER", "byterover")
        .with("TOPUP_PORTAL_URL", &server.url)
        .with("BRV_DATA_DIR", &data);
    user.run(&["login", "--brv"]).code(10).says("there is none");
    assert_eq!(store(&peer, &data, "keep", &server.session_key), server.session_key);
    let login = user.run(&["login", "--brv", "--json"]).code(0).json();
    assert_eq!(login["data"]["brv_folder"], json!(data));
    assert_eq!(login["data"]["subject"], "ada@example.com");
    user.run(&["state"]).code(0);
    let who = user.run(&["whoami", "--json"]).code(0).json();
    assert_eq!((&who["data"]["source"], &who["data"]["renewable"]), (&json!("brv"), &json!(false)));
    let kept = std::fs::read_to_string(user.file("credentials.json")).expect("the logins");
    assert!(!kept.contains(&server.session_key), "no key is copied");
    // What brv writes next counts at once: a new login, one that has run out, and none.
    store(&peer, &data, "keep", "another-key");
    user.run(&["state"]).code(10).says("does not accept this session key");
    store(&peer, &data, "expire", &server.session_key);
    user.run(&["state"]).code(10).says("expired").says("brv login");
    assert_eq!(store(&peer, &data, "clear", ""), Value::Null);
    user.run(&["state"]).code(10).says("there is none");
    // What brv has is left to it.
    store(&peer, &data, "keep", &server.session_key);
    let out = user.run(&["logout", "--json"]).code(0).json();
    assert_eq!(
        (&out["data"]["brv_stays"], &out["data"]["logged_out"]),
        (&json!(true), &json!(true))
    );
    assert_eq!(store(&peer, &data, "load", ""), server.session_key);
    user.run(&["state"]).code(10).says("there is no login");
}
