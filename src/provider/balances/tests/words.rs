//! What has to be said beside a number, and what of an answer is never shown.

use super::*;

#[test]
fn what_a_person_has_to_know_of_a_number_stands_beside_it() {
    for (name, json, word) in [
        ("novita", r#"{"cashBalance":"800000"}"#, "may be owed"),
        ("fal", r#"{"credits":{"current_balance":1,"currency":"USD"}}"#, "locked"),
        ("voxrouter", r#"{"balanceMicros":0,"reservedMicros":0}"#, "shown zeros"),
        ("elevenlabs", r#"{"character_limit":2,"character_count":1}"#, "billed"),
        ("vast", r#"{"credit":1,"balance":2}"#, "neither is the balance"),
        ("kilo", r#"{"balance":1}"#, "does not document"),
    ] {
        let state = answered(name, &body(json)).expect(name);
        assert!(state.notes.iter().any(|note| note.contains(word)), "{name}: {:?}", state.notes);
    }
}

#[test]
fn a_key_that_is_refused_is_told_what_it_takes() {
    for (name, word) in [
        ("ngrok", "ng-"),
        ("xai", "management key"),
        ("inference-sh", "billing:read"),
        ("fal", "billing:usage:read"),
        ("venice", "admin key"),
        ("deepgram", "billing right"),
        ("merge", "view_billing"),
    ] {
        for status in [401, 403] {
            let error = answered(name, &format!("{status}\n\n{{}}")).expect_err(name);
            let hints: Vec<String> = error.parts().hints.iter().map(ToString::to_string).collect();
            assert!(hints.iter().any(|hint| hint.contains(word)), "{name} {status}: {hints:?}");
        }
        let error = answered(name, "500\n\n{}").expect_err(name);
        let hints: Vec<String> = error.parts().hints.iter().map(ToString::to_string).collect();
        assert!(!hints.iter().any(|hint| hint.contains(word)), "{name}: {hints:?}");
    }
}

#[test]
fn several_balances_of_a_project_are_shown_by_their_names_and_none_is_taken() {
    let json = r#"{"balances":[{"balance_id":"b1","amount":150.25,"units":"usd"},
        {"balance_id":"b2","amount":10,"units":"usd"},{"balance_id":"b3","amount":7,"units":"hour"}]}"#;
    let state = answered("deepgram", &body(json)).expect("balances");
    assert_eq!((state.balance, state.balances.len()), (None, 3));
    let names: Vec<_> = state.balances.iter().map(|one| one.name.as_deref()).collect();
    assert_eq!(names, [Some("b1"), Some("b2"), Some("b3")]);
    assert_eq!(state.usable_balance().expect_err("which?").class(), Class::ChoiceRequired);
    // Two count the same: the unit names neither.
    assert!(state.balance_in("usd").is_err());
}

#[test]
fn what_an_answer_tells_of_a_person_is_shown_nowhere() {
    let json = r#"{"stripe_balance":-5,"recent":0,"email":"ada@example.com","suspend_reason":"x",
        "last_four":"4242","address":{"line1":"1 Some Street"}}"#;
    let state = answered("deepinfra", &body(json)).expect("an account");
    let shown = serde_json::to_string(&State::Row(Box::new(state))).expect("a document");
    for own in ["ada@", "4242", "Some Street"] {
        assert!(!shown.contains(own), "{shown}");
    }
    let error = answered("deepinfra", &body(&json.replace("-5", "null"))).expect_err("no number");
    assert!(!format!("{error} {error:?}").contains("ada@"), "{error:?}");
}

#[test]
fn a_quota_says_when_it_begins_again_and_what_is_allowed_beyond_it_is_no_part_of_it() {
    for extension in [r#""unlimited""#, "5000", "null"] {
        let json = format!(
            r#"{{"character_count":90,"character_limit":100,"max_credit_limit_extension":{extension},
                "next_character_count_reset_unix":1738356858,"current_overage":{{"amount":"3"}}}}"#
        );
        let state = answered("elevenlabs", &body(&json)).expect("a quota");
        assert_eq!(state.balance.expect("left").to_string(), "10", "{extension}");
        assert_eq!(state.resets_at.as_deref(), Some("2025-01-31T20:54:18Z"));
    }
}

#[test]
fn a_budget_of_litellm_has_a_window_only_where_one_is_set() {
    let window = |more: &str| {
        let json = format!(r#"{{"info":{{"max_budget":10,"spend":2.5{more}}}}}"#);
        answered("litellm", &body(&json)).expect("a budget").limits[0].window.clone()
    };
    assert_eq!(window(r#","budget_duration":"30d""#).as_deref(), Some("30d"));
    assert_eq!(window(r#","budget_duration":null"#), None);
    assert_eq!(window(""), None);
}
