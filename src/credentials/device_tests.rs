//! The device flow against servers that want too much, and the patience with them.

use super::super::fake::{Does, Fake, Home};
use super::*;
use serde_json::json;

fn answer(status: u16, body: &Value) -> Response {
    Response {
        status,
        body: body.to_string().into_bytes(),
        retry_after: None,
        date: None,
        may_be_json: true,
    }
}

fn tokens() -> Value {
    json!({"access_token": "access", "refresh_token": "refresh", "token_type": "Bearer",
        "expires_in": 900, "scope": "inference:invoke"})
}

fn portal() -> Portal {
    let base = url::Url::parse("https://portal.example").expect("a URL");
    Portal::at(base, crate::provider::NOUS)
}

fn begun(change: impl FnOnce(&mut Map<String, Value>)) -> Option<Started> {
    let mut map = Map::new();
    for (key, value) in [
        ("device_code", json!("device")),
        ("user_code", json!("ABCD-1234")),
        ("verification_uri", json!("/device")),
        ("verification_uri_complete", json!("https://portal.example/device?user_code=ABCD-1234")),
        ("expires_in", json!(600)),
        ("interval", json!(5)),
    ] {
        map.insert(key.into(), value);
    }
    change(&mut map);
    started(&portal(), &map)
}

/// Fault 58.
#[test]
fn numbers_are_clamped_and_foreign_links_not_taken() {
    let plain = begun(|_| {}).expect("begun");
    assert_eq!(plain.page, Link::Own("https://portal.example/device".into()));
    assert!(plain.page_with_code.is_some());
    for (interval, seconds) in [
        (json!(0), 1),
        (json!(-1), 1),
        (json!(1_000_000_000), 60),
        (json!("7"), 7),
        (json!(null), 5),
    ] {
        let started = begun(|map| drop(map.insert("interval".into(), interval.clone())));
        assert_eq!(started.expect("begun").interval.as_secs(), seconds, "{interval}");
    }
    for (lasts, seconds) in
        [(json!(0), 1), (json!(-5), 1), (json!(1e99), 600), (json!(86_400), 1800), (json!([]), 600)]
    {
        let started = begun(|map| drop(map.insert("expires_in".into(), lasts.clone())));
        assert_eq!(started.expect("begun").expires_in.as_secs(), seconds, "{lasts}");
    }
    for evil in ["https://evil.example/?c=1", "//evil", "javascript:alert(1)", "/\\evil"] {
        let started = begun(|map| {
            map.insert("verification_uri".into(), evil.into());
            map.insert("verification_uri_complete".into(), evil.into());
        })
        .expect("begun");
        assert_eq!(started.page, Link::Foreign(evil.into()));
        assert_eq!(started.page_with_code, None);
    }
}

#[test]
fn a_code_that_could_lie_on_a_terminal_is_refused() {
    for code in [
        json!("AB\u{1b}[2J"),
        json!("A\nB"),
        json!("\u{202e}AB"),
        json!("É"),
        json!("A B"),
        json!(""),
        json!(7),
        json!("X".repeat(65)),
    ] {
        assert!(
            begun(|map| drop(map.insert("user_code".into(), code.clone()))).is_none(),
            "{code}"
        );
    }
    for missing in ["device_code", "user_code", "verification_uri"] {
        assert!(begun(|map| drop(map.remove(missing))).is_none(), "{missing}");
    }
}

/// The pauses until the end, for a server that says the same for ever.
fn pauses(patience: &mut PollPolicy, say: impl Fn() -> Heard) -> (Vec<u64>, Class) {
    let mut elapsed = Duration::ZERO;
    let mut pauses = Vec::new();
    loop {
        match patience.next(say(), elapsed) {
            Step::Wait(pause) => {
                pauses.push(pause.as_secs());
                elapsed += pause;
            }
            Step::End(error) => return (pauses, error.class()),
            Step::Done(_) => panic!("nothing was granted"),
        }
        assert!(pauses.len() < 10_000, "never ends");
    }
}

#[test]
fn patience_has_an_end_and_slows_down_when_told() {
    let patience = |total| PollPolicy::new(Duration::from_secs(5), Duration::from_secs(total));
    let (waited, class) = pauses(&mut patience(600), || Heard::NotYet);
    assert_eq!((waited.len(), class), (120, Class::LoginDenied));
    let (waited, class) = pauses(&mut patience(100), || Heard::TooFast);
    assert_eq!((waited, class), (vec![10, 15, 20, 25, 30], Class::LoginDenied));
    let trouble = || Heard::Nothing(Box::new(Failure::new(Class::Network, "away")));
    let (waited, class) = pauses(&mut patience(30), trouble);
    assert_eq!((waited.len(), class), (6, Class::Network));
}

#[test]
fn trouble_on_the_way_is_forgotten_once_the_server_answers() {
    let mut patience = PollPolicy::new(Duration::from_secs(5), Duration::from_secs(12));
    let trouble = || Heard::Nothing(Box::new(Failure::new(Class::Network, "away")));
    let second = Duration::from_secs;
    assert!(matches!(patience.next(trouble(), second(0)), Step::Wait(_)));
    assert!(matches!(patience.next(Heard::NotYet, second(5)), Step::Wait(_)));
    let Step::End(error) = patience.next(Heard::NotYet, second(10)) else { panic!("no end") };
    assert_eq!(error.class(), Class::LoginDenied);
    // Granted at the very end is granted.
    let issued = oauth::issued(&answer(200, &tokens())).expect("tokens");
    let heard = Heard::Tokens(Box::new(issued));
    assert!(matches!(patience.next(heard, second(11)), Step::Done(_)));
}

#[test]
fn every_word_of_the_server_is_heard_as_what_it_is() {
    let hear = |status, body: Value| heard(&answer(status, &body), "portal.example");
    assert!(matches!(hear(200, tokens()), Heard::Tokens(_)));
    assert!(matches!(hear(400, json!({"error": "authorization_pending"})), Heard::NotYet));
    assert!(matches!(hear(400, json!({"error": "slow_down"})), Heard::TooFast));
    assert!(matches!(hear(429, json!({"error": "slow_down"})), Heard::Nothing(_)));
    assert!(matches!(hear(503, json!({})), Heard::Nothing(_)));
    for (status, body, class) in [
        (400, json!({"error": "access_denied"}), Class::LoginDenied),
        (400, json!({"error": "expired_token"}), Class::LoginDenied),
        (400, json!({"error": "invalid_grant"}), Class::LoginDenied),
        (400, json!({"error": "invalid_client"}), Class::LoginDenied),
        (200, json!({"access_token": ""}), Class::Protocol),
        (200, json!({"access_token": "a b"}), Class::Protocol),
        (302, json!([]), Class::EndpointUnavailable),
        (404, json!("x"), Class::EndpointUnavailable),
    ] {
        let Heard::Refused(error) = hear(status, body.clone()) else { panic!("{body}") };
        assert_eq!(error.class(), class, "{body}");
    }
}

#[test]
fn the_scope_is_what_the_answer_says_else_what_the_token_says() {
    let scope = |body: Value| oauth::issued(&answer(200, &body)).expect("tokens").scope;
    let inside = super::super::jwt::tests::token_of(&json!({"scope": "inference:invoke"}));
    let wide = "inference:invoke billing:manage";
    assert_eq!(scope(json!({"access_token": inside, "scope": wide})).as_deref(), Some(wide));
    assert_eq!(scope(json!({"access_token": inside})).as_deref(), Some("inference:invoke"));
    assert_eq!(scope(json!({"access_token": "opaque"})), None);
}

#[test]
fn a_login_goes_through_pending_and_a_lost_answer_to_its_tokens() {
    let fake = Fake::start(|number, seen| match (seen.line.as_str(), number) {
        ("POST /api/oauth/device/code", _) => Does::Answer(
            200,
            json!({"device_code": "device", "user_code": "ABCD", "verification_uri": "/device",
                "expires_in": 60, "interval": 1}),
        ),
        (_, 1) => Does::Answer(400, json!({"error": "authorization_pending"})),
        (_, 2) => Does::HangUp,
        _ => Does::Answer(200, tokens()),
    });
    let home = Home::at(&fake.base);
    let started = begin(&home.http, &home.portal, "hermes-cli", "a b").expect("begun");
    let waiting = Waiting::of(&started, "hermes-cli");
    let issued = wait(&home.http, &home.interrupt, &home.portal, &waiting).expect("granted");
    assert_eq!(issued.access_token.expose(), "access");
    let seen = fake.seen();
    assert_eq!(seen[0].body, "client_id=hermes-cli&scope=a+b");
    assert_eq!(
        seen[1].body,
        "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Adevice_code\
         &client_id=hermes-cli&device_code=device"
    );
    assert_eq!(seen.len(), 4);
}
