//! Promise: what confirms a payment is shown to who asks for it by name, and is in no log, no error
//! and no journal.

use super::{INITIATE, agent, page_of, word};
use crate::scripted::{Scripted, Told};

#[test]
fn the_client_secret_is_nowhere_unless_it_is_asked_for() {
    let server = agent(|_| word("requires_payment_method"));
    let user = server.user("ciris");
    let all = ["buy", "--yes", "--no-wait", "-v", "--json"];
    let quiet = user.run(&all).code(26);
    user.run(&["history", "--json"]).code(0);
    user.run(&["status"]).code(26);
    assert!(!format!("{}{}", quiet.out, quiet.err).contains("secret_x"));
    for entry in std::fs::read_dir(user.home()).expect("a home").flatten() {
        let bytes = std::fs::read(entry.path()).unwrap_or_default();
        let text = String::from_utf8_lossy(&bytes);
        assert!(!text.contains("secret_x"), "{}", entry.path().display());
        assert!(!text.contains("the-secret-key"), "{}", entry.path().display());
    }
    let asked = ["buy", "--yes", "--new", "--no-wait", "--show-client-secret", "--json"];
    let told = user.run(&asked).code(26).json();
    assert_eq!(told["data"]["client_secret"], "pi_1_secret_x");
    assert_eq!(told["data"]["publishable_key"], "pk_1");
    user.run(&["buy", "--yes", "--show-client-secret"]).code(2);
    // In every form of the answer, for whoever asks.
    let asked = ["buy", "--yes", "--new", "--no-wait", "--show-client-secret"];
    user.run(&asked).code(26).prints("pi_1_secret_x").says("is not paid yet");
    let told = user.run(&[&asked[..], &["--get", "client_secret"]].concat()).code(26);
    assert_eq!(told.out, "pi_1_secret_x\n");
    let file = user.file("outputs");
    let action = server.user("ciris").with("GITHUB_ACTIONS", "true");
    let action = action.with("GITHUB_OUTPUT", file.to_str().expect("text"));
    action.run(&asked).code(26).says("::add-mask::pi_1_secret_x");
    let outputs = std::fs::read_to_string(file).expect("outputs");
    assert!(outputs.contains("action_required") && !outputs.contains("secret_x"), "{outputs}");
    let (_, rest) = outputs.split_once("payment_id<<").expect("the payment");
    assert_eq!(rest.lines().nth(1), Some("pi_1"), "{outputs}");
}

#[test]
fn a_secret_in_a_link_or_a_key_is_not_kept_either() {
    let server = Scripted::new(|asked| {
        match asked.line.as_str() {
        INITIATE => Told::Json(
            200,
            r#"{"payment_id":"pi_1","client_secret":"pi_1_secret_x","amount_minor":500,"currency":"USD","publishable_key":"pi_1_secret_x","portal_url":"/pay?payment_intent_client_secret=pi_1_secret_x"}"#
                .into(),
        ),
        _ => word("requires_action"),
    }
    });
    let user = server.user("ciris");
    let ran = user.run(&["buy", "--yes", "--no-wait", "--json"]).code(26);
    user.run(&["status", "--json"]).code(26);
    assert!(!format!("{}{}", ran.out, ran.err).contains("secret_x"));
    assert_eq!(page_of(&ran.json()), format!("{}/", server.url));
    for entry in std::fs::read_dir(user.home()).expect("a home").flatten() {
        let bytes = std::fs::read(entry.path()).unwrap_or_default();
        assert!(!String::from_utf8_lossy(&bytes).contains("secret_x"), "{entry:?}");
    }
}
