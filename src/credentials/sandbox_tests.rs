//! Logins against the sandbox portal, whose rules are the real ones: refresh tokens work once,
//! reuse revokes, and more is asked for than is granted.

use super::device::{self, Waiting};
use super::fake::{Home, Served};
use super::lifetime::LOOKING_LASTS;
use super::{Session, Store, oauth};
use crate::core::class::Class;
use crate::core::clock::SystemClock;
use crate::core::signals::{Interrupt, Signal};
use crate::http::{Method, Request};
use std::time::Duration;

const TOKEN: (&str, &str) = ("POST", "/api/oauth/token");

fn state(served: &Served) -> Request {
    Request::new(Method::GET, served.home.portal.url(&["api", "billing", "state"]))
}

#[test]
fn ten_at_one_old_token_are_one_refresh_and_all_ten_go_on() {
    let served = Served::start();
    served.age(30);
    let file = served.home.store().path().to_owned();
    let base = served.running.base_url().clone();
    let threads: Vec<_> = (0..10)
        .map(|_| {
            let (file, base) = (file.clone(), base.clone());
            std::thread::spawn(move || {
                // Parts of its own, as a process has: an own client and an own open lock file.
                let own = Home::at(&base);
                let store = Store::new(file);
                let session =
                    Session::new(&own.http, &own.interrupt, &own.portal, store, "default", None);
                let url = own.portal.url(&["api", "billing", "state"]);
                session.call(Request::new(Method::GET, url)).expect("an answer").status
            })
        })
        .collect();
    for thread in threads {
        assert_eq!(thread.join().expect("no panic"), 200);
    }
    assert_eq!(served.count(TOKEN.0, TOKEN.1), 1, "the portal saw the refresh token twice");
}

#[test]
fn a_long_life_of_refreshes_never_sends_a_token_twice() {
    let served = Served::start();
    for round in 1..=5 {
        served.age(10);
        assert_eq!(served.home.session().call(state(&served)).expect("an answer").status, 200);
        assert_eq!(served.count(TOKEN.0, TOKEN.1), round);
    }
}

#[test]
fn a_copy_of_the_login_that_was_used_elsewhere_ends_as_a_revoked_session() {
    let served = Served::start();
    let copy = served.home.login();
    served.age(10);
    served.home.session().token(LOOKING_LASTS).expect("refreshed");
    // A backup from before the refresh is put in place.
    served.home.change(|contents| contents.put(&served.home.key(), copy));
    served.age(-1);
    for _ in 0..2 {
        let revoked = served.home.session().token(LOOKING_LASTS).expect_err("used before");
        assert_eq!(revoked.class(), Class::SessionRevoked);
    }
    assert_eq!(served.count(TOKEN.0, TOKEN.1), 2);
}

#[test]
fn a_session_that_was_revoked_is_told_as_such() {
    let served = Served::start();
    served.portal.revoke(crate::sandbox::Revoke::Session).expect("revoked");
    let answer = served.home.session().call(state(&served)).expect("handed back");
    assert_eq!(answer.status, 401);
    assert_eq!(oauth::refusal_word(&answer).as_deref(), Some("session_revoked"));
    assert_eq!(served.count(TOKEN.0, TOKEN.1), 0, "a refresh would not help");
}

fn clock(interrupt: &Interrupt) -> SystemClock {
    SystemClock::new(interrupt.clone())
}

#[test]
fn the_device_flow_grants_what_the_person_ticks_and_no_more() {
    for (role, tick, scope) in [
        ("OWNER", true, "inference:invoke billing:manage"),
        ("OWNER", false, "inference:invoke"),
        ("MEMBER", true, "inference:invoke"),
    ] {
        let served = Served::start();
        served.set("role", Some(role));
        let home = &served.home;
        let asked = "inference:invoke billing:manage";
        let started = device::begin(&home.http, &home.portal, "hermes-cli", asked).expect("begun");
        assert!(started.page_with_code.is_some());
        served.portal.approve(&started.user_code, tick).expect("approved");
        let waiting = Waiting::new(&started, "hermes-cli");
        let issued = device::wait(&home.http, &clock(&home.interrupt), &home.portal, &waiting);
        assert_eq!(issued.expect("granted").scope.as_deref(), Some(scope), "{role} {tick}");
    }
}

#[test]
fn a_signal_ends_the_wait_for_the_approval() {
    let served = Served::start();
    let home = &served.home;
    let started = device::begin(&home.http, &home.portal, "hermes-cli", "a").expect("begun");
    let waiting = Waiting::new(&started, "hermes-cli");
    let stopped = Interrupt::default();
    stopped.came(Signal::Interrupt);
    let ended =
        device::wait(&home.http, &clock(&stopped), &home.portal, &waiting).expect_err("stopped");
    assert_eq!(ended.class(), Class::Interrupted);
}

#[test]
fn a_refresh_that_was_begun_is_finished_before_a_signal_is_heard() {
    let served = Served::start();
    served.age(10);
    // It came after the lock was taken: the request goes to its end all the same.
    let home = &served.home;
    let asked = Request::new(Method::POST, home.portal.url(&["api", "oauth", "token"]))
        .form(&[("grant_type", "refresh_token"), ("client_id", "hermes-cli")])
        .to_the_end();
    home.interrupt.came(Signal::Interrupt);
    assert_eq!(home.http.send(asked, None).expect("a whole answer").status, 400);
    let look = home.http.send(state(&served), None).expect_err("stopped");
    assert_eq!(look.signal, Some(Signal::Interrupt));
}

#[test]
fn an_expired_code_cannot_be_finished() {
    let served = Served::start();
    let home = &served.home;
    let started = device::begin(&home.http, &home.portal, "hermes-cli", "a").expect("begun");
    served.set("clock-offset-ms", Some("3600000"));
    let waiting = Waiting { left: Duration::from_secs(5), ..Waiting::new(&started, "hermes-cli") };
    let over = device::wait(&home.http, &clock(&home.interrupt), &home.portal, &waiting);
    let over = over.expect_err("too late");
    assert_eq!(over.class(), Class::LoginDenied);
    assert_eq!(over.parts().code.as_deref(), Some("expired_token"));
}
