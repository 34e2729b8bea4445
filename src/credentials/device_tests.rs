//! The device flow against servers that want too much, and the patience with them.

use super::super::fake::{Does, Fake, Home};
use super::*;
use crate::core::clock::TurnedClock;
use jiff::Timestamp;
use serde_json::json;
use std::sync::{Arc, Mutex};

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

fn portal() -> PortalTarget {
    let base = url::Url::parse("https://portal.example").expect("a URL");
    PortalTarget::at(base, crate::provider::NOUS)
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
    // Servers may send none (RFC 8628, section 3.2).
    let none = begun(|map| drop(map.remove("interval"))).expect("begun");
    assert_eq!(none.interval.as_secs(), 5);
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

/// The seconds at which a server is polled that says this each time, and how it ended.
fn polls(
    lasts: u64,
    say: impl Fn(u64) -> Does + Send + Sync + 'static,
) -> (Vec<u64>, Result<Issued>) {
    let clock = Arc::new(TurnedClock::new(Timestamp::UNIX_EPOCH));
    let polled = Arc::new(Mutex::new(Vec::new()));
    let (now, log) = (Arc::clone(&clock), Arc::clone(&polled));
    let fake = Fake::start(move |_, _| {
        let second = now.passed().as_secs();
        log.lock().expect("free").push(second);
        say(second)
    });
    let home = Home::at(&fake.base);
    let waiting = Waiting {
        device_code: Secret::new("device"),
        client_id: "c".into(),
        left: Duration::from_secs(lasts),
        interval: Duration::from_secs(5),
    };
    let ended = wait(&home.http, &*clock, &home.portal, &waiting);
    let polled = polled.lock().expect("free").clone();
    (polled, ended)
}

fn says(word: &'static str) -> impl Fn(u64) -> Does {
    move |_| Does::Answer(400, json!({"error": word}))
}

/// Contract: nous, device flow.
#[test]
fn the_last_poll_is_just_before_the_code_ends() {
    let (polled, ended) = polls(18, says("authorization_pending"));
    assert_eq!(polled, [0, 5, 10, 15, 17]);
    assert_eq!(ended.expect_err("over").class(), Class::LoginDenied);
    // Approved in the last seconds is approved.
    let (polled, ended) = polls(18, |second| match second {
        ..17 => Does::Answer(400, json!({"error": "authorization_pending"})),
        _ => Does::Answer(200, tokens()),
    });
    assert_eq!(ended.expect("granted").access_token.expose(), "access");
    assert_eq!(polled.last(), Some(&17));
    assert_eq!(polls(1, says("authorization_pending")).0, [0], "no time is left for another");
    assert!(polls(0, says("authorization_pending")).0.is_empty(), "it is over");
}

#[test]
fn polling_slows_down_when_the_server_says_so() {
    let (polled, ended) = polls(102, says("slow_down"));
    assert_eq!(polled, [0, 10, 25, 45, 70, 100, 101]);
    assert_eq!(ended.expect_err("over").class(), Class::LoginDenied);
}

#[test]
fn trouble_on_the_way_is_waited_out_and_told_where_it_lasts_to_the_end() {
    let (polled, ended) = polls(31, |_| Does::HangUp);
    assert_eq!(polled, [0, 5, 10, 15, 20, 25, 30]);
    assert_eq!(ended.expect_err("trouble").class(), Class::Network);
    // It is forgotten once the server answers.
    let (_, ended) = polls(31, |second| match second {
        ..20 => Does::HangUp,
        _ => Does::Answer(400, json!({"error": "authorization_pending"})),
    });
    assert_eq!(ended.expect_err("over").class(), Class::LoginDenied);
    let (_, ended) = polls(31, |second| match second {
        ..30 => Does::HangUp,
        _ => Does::Answer(200, tokens()),
    });
    assert!(ended.is_ok(), "granted at the very end");
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
    let waiting = Waiting::new(&started, "hermes-cli");
    let clock = TurnedClock::new(Timestamp::UNIX_EPOCH);
    let issued = wait(&home.http, &clock, &home.portal, &waiting).expect("granted");
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
