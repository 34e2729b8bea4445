//! Promise: within `topup/v1` keys are only ever added; they are written in snake_case, money is a
//! decimal string, and times are RFC 3339 in UTC. `keys.txt` beside this file is what was promised.

use crate::support::User;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// What has been promised: a command and a key of its document in each line. One that an answer
/// may leave out ends with `?`.
const PROMISED: &str = include_str!("keys.txt");

/// Every key that this schema has below this place, and whether it is always there.
fn keys(
    root: &Value,
    schema: &Value,
    at: &str,
    inside: &[&str],
    found: &mut BTreeMap<String, bool>,
) {
    if let Some(name) = schema["$ref"].as_str() {
        let name = name.rsplit('/').next().expect("a name");
        if !inside.contains(&name) {
            keys(root, &root["$defs"][name], at, &[inside, &[name]].concat(), found);
        }
    }
    for some in ["anyOf", "oneOf", "allOf"] {
        for one in schema[some].as_array().into_iter().flatten() {
            keys(root, one, at, inside, found);
        }
    }
    if schema["items"].is_object() {
        keys(root, &schema["items"], &format!("{at}[]"), inside, found);
    }
    let required = |key: &str| {
        schema["required"].as_array().is_some_and(|list| list.iter().any(|one| one == key))
    };
    for (key, below) in schema["properties"].as_object().into_iter().flatten() {
        let place = format!("{at}.{key}");
        *found.entry(place.clone()).or_default() |= required(key);
        keys(root, below, &place, inside, found);
    }
}

/// The lines of the documents as they are.
fn present() -> BTreeSet<String> {
    let told = User::new().run(&["schema"]).code(0).out;
    let all: Value = serde_json::from_str(&told).expect("JSON");
    let mut lines = BTreeSet::new();
    for (verb, root) in all.as_object().expect("one schema a verb") {
        for document in root["oneOf"].as_array().expect("success and failure") {
            let mut found = BTreeMap::new();
            keys(root, document, "", &[], &mut found);
            let failed = document["properties"]["ok"]["const"] == false;
            // All failures are alike.
            let command = if failed { "any failure" } else { verb };
            for (key, always) in found {
                let key = key.trim_start_matches('.');
                lines.insert(format!("{command}: {key}{}", if always { "" } else { "?" }));
            }
        }
    }
    lines
}

#[test]
fn keys_are_only_ever_added() {
    let present = present();
    let promised: BTreeSet<&str> = PROMISED.lines().collect();
    // What was there sometimes may be there always, and never the other way round.
    let kept = |line: &str| present.contains(line) || present.contains(line.trim_end_matches('?'));
    let gone: Vec<&str> = promised.iter().copied().filter(|line| !kept(line)).collect();
    assert!(gone.is_empty(), "promised, and gone or not always there:\n{}", gone.join("\n"));
    let new: Vec<&str> =
        present.iter().map(String::as_str).filter(|line| !promised.contains(line)).collect();
    assert!(new.is_empty(), "new: they belong into tests/keys.txt\n{}", new.join("\n"));
    for word in promised.iter().filter_map(|line| line.rsplit(": ").next()) {
        for key in word.trim_end_matches('?').split('.') {
            assert!(is_snake_case(key.trim_end_matches("[]")), "{key} in {word}");
        }
    }
}

#[test]
fn the_words_of_charged_and_recovery_are_those_of_the_contract() {
    let told = User::new().run(&["schema", "buy"]).code(0).out;
    let schema: Value = serde_json::from_str(&told).expect("JSON");
    let words = |name: &str| -> BTreeSet<String> {
        let kind = &schema["$defs"][name];
        let listed = kind["enum"].as_array().into_iter().flatten();
        let told = kind["oneOf"].as_array().into_iter().flatten();
        let told = told.flat_map(|one| {
            let listed = one["enum"].as_array().into_iter().flatten();
            listed.chain(one.get("const"))
        });
        listed.chain(told).map(|word| word.as_str().expect("a word").to_owned()).collect()
    };
    assert_eq!(words("Charged"), BTreeSet::from(["no", "yes", "unknown"].map(str::to_owned)));
    let recovery = [
        "login",
        "step_up",
        "reconnect",
        "portal",
        "retry_later",
        "resume",
        "fix_input",
        "ask_admin",
        "report",
    ];
    assert_eq!(words("Recovery"), BTreeSet::from(recovery.map(str::to_owned)));
}

fn is_snake_case(key: &str) -> bool {
    key.starts_with(|first: char| first.is_ascii_lowercase())
        && key
            .bytes()
            .all(|byte| byte == b'_' || byte.is_ascii_lowercase() || byte.is_ascii_digit())
}

/// A document as it was printed: its keys, its money and its times.
#[track_caller]
pub fn is_written_as_promised(document: &Value) {
    match document {
        Value::Object(members) => {
            for (key, value) in members {
                assert!(is_snake_case(key), "the key {key} in {document}");
                let values = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
                for value in values.iter().filter(|value| !value.is_null()) {
                    if key.ends_with("_usd") {
                        let text = value.as_str().unwrap_or_else(|| panic!("{key}: {value}"));
                        let digits = text.strip_prefix('-').unwrap_or(text).replacen('.', "", 1);
                        let plain = digits.bytes().all(|byte| byte.is_ascii_digit());
                        assert!(plain && !digits.is_empty(), "{key} is no decimal: {text}");
                    }
                    if key.ends_with("_at") || key.ends_with("_since") {
                        let text = value.as_str().unwrap_or_else(|| panic!("{key}: {value}"));
                        let time = text.parse::<jiff::Timestamp>();
                        assert!(time.is_ok() && text.ends_with('Z'), "{key} is no time: {text}");
                    }
                }
                is_written_as_promised(value);
            }
        }
        Value::Array(values) => values.iter().for_each(is_written_as_promised),
        Value::Number(number) => {
            assert!(number.is_i64() || number.is_u64(), "{number} is not a whole number");
        }
        _ => {}
    }
}
