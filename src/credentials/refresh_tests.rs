//! Refreshing under everything that can go wrong: the endpoint's own log is the judge.

use super::super::fake::{Does, Fake, Home, Seen};
use super::super::lifetime::LOOKING_LASTS;
use super::super::session::Session;
use super::*;
use crate::credentials::Token;
use crate::credentials::jwt::tests::token_of;
use crate::http::{Method, Request};
use jiff::SignedDuration;
use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use url::Url;

fn pair(number: usize) -> Value {
    json!({"access_token": format!("access-{number}"), "refresh_token": format!("refresh-{number}"),
        "token_type": "Bearer", "expires_in": 900, "scope": "inference:invoke billing:manage"})
}

fn gives(number: usize, _: &Seen) -> Does {
    Does::Answer(200, pair(number + 1))
}

fn look(home: &Home) -> Result<Token> {
    home.session().token(LOOKING_LASTS)
}

#[test]
fn a_token_that_lasts_is_used_as_it_is_and_an_old_one_refreshed_once() {
    let fake = Fake::start(gives);
    let home = Home::at(&fake.base);
    assert_eq!(look(&home).expect_err("no login").class(), Class::NotLoggedIn);
    home.log_in(130);
    assert_eq!(look(&home).expect("a token").secret.expose(), "access-0");
    assert!(fake.seen().is_empty());
    home.log_in(110);
    let token = look(&home).expect("a new token");
    assert_eq!(token.secret.expose(), "access-1");
    assert!(token.may("billing:manage"));
    let seen = fake.seen();
    assert_eq!(seen.len(), 1);
    assert_eq!(seen[0].line, "POST /api/oauth/token");
    assert_eq!(seen[0].header("x-nous-refresh-token"), Some("refresh-0"));
    assert_eq!(
        seen[0].body,
        "grant_type=refresh_token&client_id=hermes-cli&refresh_token=refresh-0"
    );
    assert_eq!(seen[0].header("authorization"), None);
    let stored = home.login();
    assert_eq!(stored.refresh_token.expect("one").expose(), "refresh-1");
    assert_eq!(stored.refresh_inflight, None);
    let approved = stored.approved_at.expect("kept");
    assert!(Timestamp::now().duration_since(approved) > SignedDuration::from_hours(23));
}

#[test]
fn a_purchase_asks_for_more_time_and_gets_it_at_most_once() {
    let fake = Fake::start(|number, _| {
        let mut pair = pair(number + 1);
        // Lives shorter than a purchase wants: asking again and again would not help.
        pair["expires_in"] = 300.into();
        Does::Answer(200, pair)
    });
    let home = Home::at(&fake.base);
    home.log_in(300);
    let wanted = Duration::from_mins(6);
    for _ in 0..3 {
        let token = home.session().token(wanted).expect("a token");
        assert_eq!(token.secret.expose(), "access-1");
    }
    assert_eq!(fake.seen().len(), 1);
}

#[test]
fn ten_at_once_are_one_refresh_and_all_of_them_succeed() {
    let fake = Fake::start(gives);
    let home = Arc::new(Home::at(&fake.base).folder);
    let seed =
        Home { folder: crate::core::scratch::tempdir().expect("a folder"), ..Home::at(&fake.base) };
    seed.log_in(30);
    let file = home.path().join("credentials.json");
    fs::copy(seed.store().path(), &file).expect("copied");
    let base = fake.base.clone();
    let tokens = race(10, &file, &base);
    assert_eq!(tokens, vec!["access-1".to_owned(); 10]);
    assert_eq!(fake.seen().len(), 1, "the refresh token was seen more than once");
}

/// This many threads, each with parts of its own, want a token from the same file.
fn race(count: usize, file: &Path, base: &Url) -> Vec<String> {
    let threads: Vec<_> = (0..count)
        .map(|_| {
            let (file, base) = (file.to_owned(), base.clone());
            std::thread::spawn(move || {
                let home = Home::at(&base);
                let store = crate::credentials::Store::new(file);
                let session =
                    Session::new(&home.http, &home.interrupt, &home.portal, store, "default", None);
                let token = session.token(LOOKING_LASTS).expect("a token");
                token.secret.expose().to_owned()
            })
        })
        .collect();
    threads.into_iter().map(|thread| thread.join().expect("no panic")).collect()
}

#[test]
fn the_disk_knows_before_the_portal_does() {
    let seen = Arc::new(Mutex::new(None));
    let (note, file) = (Arc::clone(&seen), Arc::new(Mutex::new(PathBuf::new())));
    let path = Arc::clone(&file);
    let fake = Fake::start(move |number, seen| {
        let path = path.lock().expect("set").clone();
        let stored: Value = serde_json::from_slice(&fs::read(&path).expect("read")).expect("JSON");
        let claimed = fs::read_dir(path.parent().expect("a folder"))
            .expect("a folder")
            .map(|entry| entry.expect("an entry"))
            .filter(|entry| entry.file_name().to_string_lossy().starts_with(".credentials-"))
            .map(|entry| entry.metadata().expect("there").len())
            .max();
        *note.lock().expect("free") = Some((stored["logins"][0].clone(), claimed));
        gives(number, seen)
    });
    let home = Home::at(&fake.base);
    home.log_in(30);
    *file.lock().expect("free") = home.store().path().to_owned();
    look(&home).expect("a token");
    let (login, claimed) = seen.lock().expect("free").take().expect("asked");
    assert!(login["refresh_inflight"].is_string(), "{login}");
    assert!(claimed.expect("a file of the right size was there") >= 48 * 1024);
}

#[test]
fn a_pair_is_kept_whatever_stands_beside_it() {
    let fake = Fake::start(|_, _| {
        Does::Answer(
            200,
            json!({"access_token": "access-1", "refresh_token": "refresh-1",
                "expires_in": "soon", "scope": 7, "token_type": [], "inference_base_url": {}}),
        )
    });
    let home = Home::at(&fake.base);
    home.log_in(30);
    assert_eq!(look(&home).expect("a token").secret.expose(), "access-1");
    let stored = home.login();
    assert_eq!(stored.refresh_token.expect("kept").expose(), "refresh-1");
    assert_eq!(stored.scope, "inference:invoke", "the answer states no scope");
}

#[test]
fn a_lost_answer_is_told_and_the_session_is_not_risked_while_the_token_lives() {
    let fake = Fake::start(|number, seen| match number {
        0 => Does::HangUp,
        _ => gives(number, seen),
    });
    let home = Home::at(&fake.base);
    home.log_in(60);
    let lost = look(&home).expect_err("lost");
    assert_eq!(lost.class(), Class::Network);
    assert!(lost.to_string().contains("answer was lost"), "{lost}");
    assert!(home.login().refresh_inflight.is_some());
    // The token lives: it is used, and the refresh token stays where it is.
    assert_eq!(look(&home).expect("the old one").secret.expose(), "access-0");
    assert_eq!(fake.seen().len(), 1);
    // It is dead: nothing is left to lose, and the refresh may never have arrived.
    let contents = home.login();
    home.change(|stored| {
        let login = stored.login_mut(&home.key()).expect("there");
        login.expires_at = Some(contents.obtained_at);
    });
    assert_eq!(look(&home).expect("a new one").secret.expose(), "access-2");
    assert_eq!(fake.seen().len(), 2);
}

#[test]
fn a_refused_refresh_token_ends_the_login_once_and_deletes_nothing() {
    for (word, description, class) in [
        ("invalid_grant", None, Class::NotLoggedIn),
        ("invalid_grant", Some("grant request is invalid"), Class::NotLoggedIn),
        ("invalid_grant", Some("Refresh token reuse detected"), Class::SessionRevoked),
        ("invalid_token", None, Class::NotLoggedIn),
        ("refresh_token_reused", None, Class::SessionRevoked),
        ("session_revoked", Some("logged out on the portal"), Class::SessionRevoked),
    ] {
        let answer = match description {
            Some(description) => json!({"error": word, "error_description": description}),
            None => json!({"error": word}),
        };
        let fake = Fake::start(move |_, _| Does::Answer(400, answer.clone()));
        let home = Home::at(&fake.base);
        home.log_in(-1);
        for _ in 0..3 {
            let refused = look(&home).expect_err(word);
            assert_eq!(refused.class(), class, "{word}");
            assert_eq!(refused.parts().code.as_deref(), Some(word));
            assert!(refused.to_string().ends_with(description.unwrap_or_default()), "{refused}");
            assert_eq!(refused.parts().hints, ["Run 'topup login'."]);
        }
        assert_eq!(fake.seen().len(), 1, "{word} was asked for again");
        assert_eq!(home.login().refresh_token.expect("kept").expose(), "refresh-0");
    }
}

#[test]
fn a_login_that_was_renewed_as_another_one_is_told_before_anything_is_done_with_it() {
    let token = |organisation: &str, number: usize| {
        token_of(&json!({"org_id": organisation, "sub": "me", "jti": number}))
    };
    for (after, is_told) in [("org_b", true), ("org_a", false)] {
        let fake = Fake::start(move |number, _| {
            let mut pair = pair(number + 1);
            pair["access_token"] = token(after, number + 1).into();
            Does::Answer(200, pair)
        });
        let home = Home::at(&fake.base);
        let mut login = home.log_in(-1);
        login.access_token = Secret::new(token("org_a", 0));
        home.change(|contents| contents.put(&home.key(), login));
        let renewed = look(&home);
        if is_told {
            let refused = renewed.expect_err("it is another organisation's now");
            assert_eq!(refused.class(), Class::NotLoggedIn);
            assert_eq!(refused.parts().code.as_deref(), Some("account_changed"));
            let message = refused.to_string();
            assert!(message.contains("for me in org_b, but it was for me in org_a"), "{message}");
        } else {
            renewed.expect("the same one");
        }
        // The new pair is kept, and what is run next goes on with it.
        assert_eq!(home.login().refresh_token.expect("kept").expose(), "refresh-1");
        let next = look(&home).expect("the login as it is now");
        assert_eq!(next.organisation.as_deref(), Some(after));
        assert_eq!(fake.seen().len(), 1);
    }
}

#[test]
fn the_token_goes_in_its_header_and_in_the_form_and_never_into_what_is_shown() {
    let fake = Fake::start(|_, seen| {
        let sent = seen.header("x-nous-refresh-token").unwrap_or_default();
        let said = format!("no client for {sent}");
        Does::Answer(400, json!({"error": "invalid_client", "error_description": said}))
    });
    let home = Home::at(&fake.base);
    home.log_in(-1);
    let refused = look(&home).expect_err("refused");
    // The refresh token was not used, and nothing was granted or denied: it is no refused login.
    assert_eq!(refused.class(), Class::NotLoggedIn);
    assert!(refused.to_string().ends_with("did not renew the login: no client for [cut out]"));
    assert_eq!(home.login().refresh_inflight, None);
    let seen = &fake.seen()[0];
    assert_eq!(seen.header("x-nous-refresh-token"), Some("refresh-0"));
    let form = "grant_type=refresh_token&client_id=hermes-cli&refresh_token=refresh-0";
    assert_eq!(seen.body, form);
}

#[test]
fn the_pair_of_a_process_without_our_lock_is_adopted() {
    let file = Arc::new(Mutex::new(PathBuf::new()));
    let path = Arc::clone(&file);
    let fake = Fake::start(move |_, _| {
        // Somebody else used the refresh token first, and stores what it got.
        let path = path.lock().expect("free").clone();
        let text = fs::read_to_string(&path).expect("read");
        let text = text.replace("access-0", "access-peer").replace("refresh-0", "refresh-peer");
        fs::write(&path, text).expect("written");
        Does::Answer(400, json!({"error": "invalid_grant"}))
    });
    let home = Home::at(&fake.base);
    home.log_in(30);
    *file.lock().expect("free") = home.store().path().to_owned();
    assert_eq!(look(&home).expect("the peer's").secret.expose(), "access-peer");
}

#[test]
fn what_never_left_or_was_turned_away_leaves_the_refresh_token_unused() {
    let closed = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        Url::parse(&format!("http://{address}")).expect("a URL")
    };
    let home = Home::at(&closed);
    home.log_in(30);
    assert_eq!(look(&home).expect_err("closed").class(), Class::Network);
    assert_eq!(home.login().refresh_inflight, None);
    for (status, class, noted) in [
        (429, Class::RateLimited, false),
        (503, Class::TemporarilyUnavailable, true),
        (500, Class::ServerError, true),
        (200, Class::Protocol, true),
    ] {
        let fake = Fake::start(move |_, _| {
            let word = if status == 200 { json!({"ok": true}) } else { json!({"error": "busy"}) };
            Does::Answer(status, word)
        });
        let home = Home::at(&fake.base);
        home.log_in(30);
        assert_eq!(look(&home).expect_err("trouble").class(), class, "{status}");
        assert_eq!(home.login().refresh_inflight.is_some(), noted, "{status}");
    }
}

#[test]
fn the_deadline_of_other_requests_does_not_cut_a_refresh_short() {
    let fake = Fake::start(|number, seen| {
        std::thread::sleep(Duration::from_millis(120));
        gives(number, seen)
    });
    let mut home = Home::at(&fake.base);
    home.http = Http::new(home.interrupt.clone(), Some(Duration::from_millis(10)), None);
    home.log_in(30);
    assert_eq!(look(&home).expect("whole").secret.expose(), "access-1");
}

#[test]
fn a_call_is_repeated_once_with_another_token() {
    let fake = Fake::start(|number, seen| match seen.line.as_str() {
        "POST /api/oauth/token" => gives(number, seen),
        _ if seen.header("authorization") == Some("Bearer access-0") => {
            Does::Answer(401, json!({"error": "invalid_token"}))
        }
        _ => Does::Answer(200, json!({})),
    });
    let home = Home::at(&fake.base);
    home.log_in(900);
    let request = Request::new(Method::GET, fake.base.join("/api/billing/state").expect("a URL"));
    let answer = home.session().call(request).expect("an answer");
    assert_eq!(answer.status, 200);
    let lines: Vec<String> = fake.seen().into_iter().map(|seen| seen.line).collect();
    assert_eq!(
        lines,
        ["GET /api/billing/state", "POST /api/oauth/token", "GET /api/billing/state"]
    );
}

#[test]
fn a_second_401_and_a_revoked_session_are_handed_back() {
    for (word, requests) in [("invalid_token", 3), ("session_revoked", 1)] {
        let fake = Fake::start(move |number, seen| match seen.line.as_str() {
            "POST /api/oauth/token" => gives(number, seen),
            _ => Does::Answer(401, json!({"error": word})),
        });
        let home = Home::at(&fake.base);
        home.log_in(900);
        let request = Request::new(Method::GET, fake.base.join("/x").expect("a URL"));
        assert_eq!(home.session().call(request).expect("handed back").status, 401);
        assert_eq!(fake.seen().len(), requests, "{word}");
    }
}

#[test]
fn after_a_401_the_token_of_another_process_is_adopted_without_a_refresh() {
    let fake = Fake::start(gives);
    let home = Home::at(&fake.base);
    home.log_in(900);
    let session = home.session();
    let failed = session.token(LOOKING_LASTS).expect("a token");
    home.change(|contents| {
        contents.login_mut(&home.key()).expect("there").access_token = Secret::new("access-peer");
    });
    assert_eq!(session.renew(&failed).expect("adopted").secret.expose(), "access-peer");
    assert!(fake.seen().is_empty());
}

#[test]
fn a_token_from_the_environment_is_never_refreshed() {
    let fake = Fake::start(|_, _| Does::Answer(401, json!({"error": "invalid_token"})));
    let home = Home::at(&fake.base);
    home.log_in(30);
    let given = Some(Secret::new("given"));
    let session =
        Session::new(&home.http, &home.interrupt, &home.portal, home.store(), "default", given);
    let token = session.token(Duration::from_mins(6)).expect("as it is");
    assert_eq!(token.secret.expose(), "given");
    let request = Request::new(Method::GET, fake.base.join("/x").expect("a URL"));
    // What a login would change is nothing: the variable is what has to be mended.
    let refused = session.call(request.clone()).expect_err("not accepted");
    assert_eq!((refused.class(), refused.parts().status), (Class::NotLoggedIn, Some(401)));
    assert!(refused.to_string().contains("TOPUP_TOKEN"), "{refused}");
    assert_eq!(fake.seen().len(), 1);
    let trial = session.clone().with_token(Secret::new("typed"));
    assert_eq!(trial.call(request).expect("handed back").status, 401);
    assert_eq!(fake.seen().len(), 2);
    assert_eq!(session.renew(&token).expect_err("never").class(), Class::NotLoggedIn);
    assert_eq!(fake.seen().len(), 2);
}

#[test]
fn a_login_without_a_refresh_token_lives_as_long_as_its_token() {
    let fake = Fake::start(gives);
    let home = Home::at(&fake.base);
    for (left, usable) in [(30, true), (-1, false)] {
        home.log_in(left);
        home.change(|contents| {
            contents.login_mut(&home.key()).expect("there").refresh_token = None;
        });
        let token = look(&home);
        assert_eq!(token.is_ok(), usable);
        if let Err(over) = token {
            assert_eq!(over.class(), Class::NotLoggedIn);
        }
    }
    assert!(fake.seen().is_empty());
}
