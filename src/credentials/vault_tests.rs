//! Renewing the login that machines share: the endpoint's own log is the judge of how often, and a
//! key that is missing or another one sends nothing.

use super::command::Stored;
use super::fake::{Does, Fake, Home, Seen};
use super::lifetime::LOOKING_LASTS;
use super::vault::{Vault, VaultKeys, new_key};
use super::{Session, Store, Token};
use crate::core::class::Class;
use crate::core::environment::Variables;
use crate::core::failure::Result;
use crate::ledger::suite::server::{Schema, Server};
use crate::store::state::StateStore;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use url::Url;

pub(super) fn gives(number: usize, _: &Seen) -> Does {
    let token = number + 1;
    Does::Answer(
        200,
        json!({"access_token": format!("access-{token}"),
            "refresh_token": format!("refresh-{token}"), "token_type": "Bearer", "expires_in": 900,
            "scope": "inference:invoke billing:manage"}),
    )
}

/// The logins as a machine with this key has them.
pub(super) fn vault(url: &str, key: Option<&str>) -> Vault {
    let store = StateStore::new(url, None, &Variables::default()).expect("a URL");
    let keys = key.map(|key| VaultKeys::parse(key).expect("a key"));
    Vault::new(store, keys, "default")
}

/// A machine that needs a token now.
pub(super) fn token_on_machine(url: &str, base: &Url, key: Option<&str>) -> Result<Token> {
    let home = Home::at(base);
    let file = home.folder.path().join("credentials.json");
    let store = Store::in_vault(file, vault(url, key), &home.interrupt);
    let session = Session::new(&home.http, &home.interrupt, &home.portal, store, "default", None);
    session.token(LOOKING_LASTS)
}

/// Puts a login into the vault whose access token lives that much longer.
pub(super) fn log_in(schema: &Schema, base: &Url, key: &str, seconds_left: i64) {
    let home = Home::at(base);
    home.log_in(seconds_left);
    let document = std::fs::read(home.store().path()).expect("a login");
    let kept = vault(&schema.url, Some(key)).store(None, &document).expect("written");
    assert!(matches!(kept, Stored::Kept { .. }));
}

/// The note of a renewal that is under way, wherever it is in the document.
fn note(document: &mut Value) -> Option<&mut Value> {
    match document {
        Value::Object(fields) => fields.iter_mut().find_map(|(name, value)| {
            if name == "refresh_inflight" { Some(value) } else { note(value) }
        }),
        Value::Array(items) => items.iter_mut().find_map(note),
        _ => None,
    }
}

/// Makes the note older than any answer takes, however far the clocks of two machines differ.
pub(super) fn age_note(url: &str, key: &str) {
    let vault = vault(url, Some(key));
    let kept = vault.get().expect("there");
    let mut document: Value = serde_json::from_slice(&kept.document).expect("JSON");
    let noted = note(&mut document).expect("a note");
    assert!(noted.is_string(), "{noted}");
    let earlier = Timestamp::now() - SignedDuration::from_mins(10);
    *noted = earlier.to_string().into();
    let text = document.to_string();
    vault.store(kept.version.as_deref(), text.as_bytes()).expect("written");
}

#[test]
fn a_refresh_token_is_used_once_however_many_machines_want_it() {
    let Some(server) = Server::shared() else { return };
    let (schema, key) = (server.schema(), new_key().expect("a key").0);
    let fake = Fake::start(gives);
    log_in(&schema, &fake.base, &key, -1);
    let tokens: Vec<String> = std::thread::scope(|scope| {
        let want = || {
            let token = token_on_machine(&schema.url, &fake.base, Some(&key)).expect("a token");
            token.secret.expose().to_owned()
        };
        let machines: Vec<_> = (0..6).map(|_| scope.spawn(want)).collect();
        machines.into_iter().map(|machine| machine.join().expect("no panic")).collect()
    });
    assert_eq!(tokens, vec!["access-1".to_owned(); 6]);
    assert_eq!(fake.seen().len(), 1, "the refresh token was seen more than once");
}

#[test]
fn a_machine_that_died_with_the_answer_takes_the_login_along_and_nobody_tries_it_again() {
    let Some(server) = Server::shared() else { return };
    let (schema, key) = (server.schema(), new_key().expect("a key").0);
    let fake = Fake::start(|_, _| Does::HangUp);
    log_in(&schema, &fake.base, &key, -1);
    let lost = token_on_machine(&schema.url, &fake.base, Some(&key)).expect_err("lost");
    assert_eq!(lost.class(), Class::Network, "{lost}");
    // The note was written before the request.
    age_note(&schema.url, &key);
    for _ in 0..2 {
        let refused =
            token_on_machine(&schema.url, &fake.base, Some(&key)).expect_err("log in again");
        assert_eq!(refused.class(), Class::SessionRevoked, "{refused}");
        assert!(refused.to_string().contains("the answer is lost"), "{refused}");
        assert_eq!(refused.parts().hints, ["Run 'topup login'."]);
    }
    assert_eq!(fake.seen().len(), 1, "the refresh token was seen more than once");
}

#[test]
fn without_the_key_nothing_is_sent_and_nothing_is_lost() {
    let Some(server) = Server::shared() else { return };
    let (schema, key) = (server.schema(), new_key().expect("a key").0);
    let fake = Fake::start(gives);
    log_in(&schema, &fake.base, &key, -1);
    let other = new_key().expect("a key").0;
    for (key, said) in [(None, "is not set"), (Some(&other), "encrypted with the key")] {
        let refused =
            token_on_machine(&schema.url, &fake.base, key.map(String::as_str)).expect_err(said);
        assert_eq!(refused.class(), Class::Config);
        assert!(refused.to_string().contains(said), "{refused}");
    }
    assert!(fake.seen().is_empty());
    let token = token_on_machine(&schema.url, &fake.base, Some(&key)).expect("as before");
    assert_eq!(token.secret.expose(), "access-1");
}
