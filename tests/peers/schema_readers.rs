//! Promise: the schemas are read as they come by the validators and converters that people use, and
//! every document is what they say; a document that is none is refused.

use super::{Peer, answer};
use crate::support::User;
use serde_json::{Value, json};

/// Documents of a user of the sandbox, successes and failures, each with the verb that it is of.
fn documents() -> Vec<Value> {
    let user = User::on_sandbox();
    let commands: &[&[&str]] = &[
        &["buy", "25", "--yes", "--once", "x", "--json"],
        &["buy", "25", "--dry-run", "--once", "x", "--json"],
        &["buy", "30", "--yes", "--once", "x", "--json"],
        &["buy", "0", "--yes", "--json"],
        &["state", "--json"],
        &["history", "--json"],
        &["check", "--at-least", "1000", "--json"],
        &["ensure", "--at-least", "500", "--to", "600", "--dry-run", "--json"],
        &["doctor", "--json"],
    ];
    let document = |command: &&[&str]| {
        let document = user.run(command).json();
        json!({"schema": document["command"], "document": document})
    };
    commands.iter().map(document).collect()
}

#[test]
fn validators_and_converters_read_every_schema_and_take_every_document() {
    let documents = documents();
    for (flag, name) in ["--inline", ""]
        .iter()
        .flat_map(|flag| ["json-schema-python", "json-schema-node"].map(|name| (*flag, name)))
    {
        let Some(peer) = Peer::find(name) else { continue };
        let flags: Vec<&str> =
            ["schema", flag].into_iter().filter(|word| !word.is_empty()).collect();
        let schemas: Value =
            serde_json::from_str(&User::new().run(&flags).code(0).out).expect("JSON");
        let read = |documents: &[Value]| {
            let file = peer.home.path().join("given.json");
            let given = json!({"schemas": schemas, "documents": documents}).to_string();
            std::fs::write(&file, given).expect("written");
            let mut command = match name {
                "json-schema-node" => peer.node(include_str!("schema_readers.mjs")),
                _ => peer.python("schema_readers.py"),
            };
            command.arg(file);
            answer(command)
        };
        let found = read(&documents);
        let all = schemas.as_object().expect("schemas").len();
        assert_eq!((&found["read"], &found["refused"]), (&all.into(), &json!([])), "{name} {flag}");
        let wrong = json!({"schema": "buy", "document": {"schema": "topup/v1", "ok": true}});
        let found = read(&[wrong]);
        assert_eq!(found["refused"].as_array().map(Vec::len), Some(2), "{name} {flag}: {found}");
    }
}

#[test]
fn an_inlined_schema_refers_to_nothing_and_no_schema_says_how_numbers_are_kept() {
    let user = User::new();
    let inlined = user.run(&["schema", "--inline"]).code(0).out;
    assert!(!inlined.contains("$ref") && !inlined.contains("$defs"));
    let told = user.run(&["schema"]).code(0).out;
    for internal in ["\"uint", "\"int64", "Contract:", "`Debug`"] {
        assert!(!told.contains(internal), "{internal}");
    }
    let buy: Value = serde_json::from_str(&user.run(&["schema", "buy"]).code(0).out).expect("JSON");
    let titles = buy["oneOf"].as_array().expect("two").iter().map(|one| one["title"].as_str());
    assert_eq!(
        titles.collect::<Vec<_>>(),
        [Some("topup buy: success"), Some("topup buy: failure")]
    );
}
