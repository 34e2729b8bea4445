//! Promise: no redirect is followed, no answer is waited for past its deadline, and nobody but us
//! sends a purchase again; what breaks off is unknown, and found.
//!
//! Faults 1, 2, 9, 11, 15 to 17 and 21 to 24.

mod ours;

use super::trials::{Trial, at_once, check_manners, check_manners_of, is_of_class, judge};
use super::wire::{Heard, Play, STATE, TOKEN, Wire, answer, json, read_request, token_of};
use crate::support::{Server, User, signal, until};
use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::{Duration, Instant};

/// Where redirects lead to: nobody may ever come.
fn elsewhere() -> &'static Wire {
    static ELSEWHERE: OnceLock<Wire> = OnceLock::new();
    ELSEWHERE.get_or_init(Wire::well)
}

pub fn trials() -> Vec<Trial> {
    [redirects(), slow(), heads(), broken()].concat()
}

fn redirects() -> Vec<Trial> {
    let told = |fault, status: &str, location: String| {
        let location = format!("Location: {location}");
        let bytes = answer(status, &[&location], br#"{"error":"no_payment_method"}"#);
        Trial::new(fault, format!("{status} to {location}"), move |_| Play::Close(bytes.clone()))
            .posts(1)
            .look("endpoint_unavailable")
            .polls("pending")
    };
    let there = format!("{}/api/billing/charge", elsewhere().url);
    let host = there.trim_start_matches("http:").to_owned();
    vec![
        told(1, "301 Moved", there.clone()),
        told(1, "302 Found", there.clone()),
        told(1, "303 See Other", there.clone()),
        told(1, "307 Temporary Redirect", there.clone()),
        told(1, "308 Permanent Redirect", there),
        told(1, "307 Temporary Redirect", host),
        told(2, "301 Moved", "/elsewhere".into()),
        told(2, "303 See Other", "/elsewhere".into()),
        told(2, "307 Temporary Redirect", "/elsewhere".into()),
        told(2, "308 Permanent Redirect", "elsewhere?again=1".into()),
    ]
}

/// A portal's good answer, whatever was asked.
fn good(heard: &Heard) -> Vec<u8> {
    let (status, body) = if heard.is_purchase() {
        ("202 Accepted", r#"{"chargeId":"ch_1"}"#)
    } else if heard.is_look() {
        ("200 OK", r#"{"status":"settled","amountUsd":"25"}"#)
    } else {
        ("200 OK", STATE)
    };
    json(status, body.as_bytes())
}

/// Where the body begins.
fn head_of(whole: &[u8]) -> usize {
    whole.windows(4).position(|end| end == b"\r\n\r\n").expect("a head") + 4
}

fn slow() -> Vec<Trial> {
    let apart = Duration::from_millis(150);
    let told = |name: &str, rule: fn(Vec<u8>, usize, Duration) -> Play| {
        Trial::new(9, name, move |heard| {
            let whole = good(heard);
            let head = head_of(&whole);
            rule(whole, head, apart)
        })
        .timeout(2)
        .look("timeout")
        .polls("pending")
    };
    vec![
        told("a byte at a time", |whole, _, apart| Play::Drip(Vec::new(), whole, apart)),
        told("a body a byte at a time", |whole, head, apart| {
            // Long enough for every deadline here.
            let body = [&whole[head..], b" ".repeat(100).as_slice()].concat();
            let text = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", body.len());
            Play::Drip(text.into_bytes(), body, apart)
        }),
        told("silence", |_, _, _| Play::Stall(Vec::new())),
        told("silence in the head", |whole, head, _| Play::Stall(whole[..head / 2].to_vec())),
        told("silence before the body", |whole, head, _| Play::Stall(whole[..head].to_vec())),
        told("silence before the last byte", |whole, _, _| {
            Play::Stall(whole[..whole.len() - 1].to_vec())
        }),
    ]
}

fn heads() -> Vec<Trial> {
    let told = |name: &str, lines: String| {
        Trial::new(11, name, move |heard| {
            let whole = good(heard);
            let (first, rest) =
                whole.split_at(whole.iter().position(|byte| *byte == b'\n').map_or(0, |at| at + 1));
            Play::Close([first, lines.as_bytes(), rest].concat())
        })
        .look("protocol")
        .polls("protocol")
    };
    vec![
        told("a header of a megabyte", format!("X-Large: {}\r\n", "x".repeat(1 << 20))),
        told("ten thousand headers", "X-Many: x\r\n".repeat(10_000)),
        told("a name without a value", "X-Nothing\r\n".into()),
        told("a header of control characters", "X-Bad: a\u{1}b\r\n".into()),
        Trial::new(11, "a status that is none", |_| {
            Play::Close(b"HTTP/1.1 2000 OK\r\nContent-Length: 2\r\n\r\n{}".to_vec())
        })
        .look("protocol")
        .polls("protocol"),
        Trial::new(11, "another protocol", |_| Play::Close(b"SSH-2.0-OpenSSH_9.9\r\n".to_vec()))
            .look("protocol")
            .polls("protocol"),
        // The client library tells nobody of them: the deadline is the limit.
        Trial::new(11, "endless interim answers", |_| {
            Play::Flood(Vec::new(), b"HTTP/1.1 103 Early Hints\r\n\r\n".to_vec())
        })
        .timeout(1)
        .look("timeout")
        .polls("pending"),
    ]
}

fn broken() -> Vec<Trial> {
    let told = |name: &str, rule: fn(Vec<u8>, usize) -> Play| {
        Trial::new(17, name, move |heard| {
            let whole = good(heard);
            let head = head_of(&whole);
            rule(whole, head)
        })
        .look("network")
        .polls("pending")
    };
    vec![
        Trial::slam(17, "reset at once").look("network"),
        told("reset before the head", |_, _| Play::Reset(Vec::new())),
        told("reset in the head", |whole, head| Play::Reset(whole[..head / 2].to_vec())),
        told("reset after the head", |whole, head| Play::Reset(whole[..head].to_vec())),
        told("reset in the body", |whole, _| Play::Reset(whole[..whole.len() - 3].to_vec())),
        told("half closed without a word", |_, _| Play::HalfClose(Vec::new())),
        told("half closed in the head", |whole, head| Play::HalfClose(whole[..head / 2].to_vec())),
        told("half closed in the body", |whole, _| {
            Play::HalfClose(whole[..whole.len() - 3].to_vec())
        }),
    ]
}

#[test]
fn fault_1_no_redirect_to_another_host_is_followed() {
    judge(1);
    assert_eq!(elsewhere().connections(), 0, "nobody went there");
}

#[test]
fn fault_2_no_redirect_within_the_origin_is_followed() {
    judge(2);
}

#[test]
fn fault_9_a_deadline_is_a_total() {
    judge(9);
}

#[test]
fn fault_11_heads_have_limits() {
    judge(11);
}

#[test]
fn fault_11_a_few_interim_answers_are_none() {
    let portal = Wire::new(|heard, _| {
        let interim = b"HTTP/1.1 103 Early Hints\r\nLink: </x>; rel=preload\r\n\r\n".repeat(20);
        Play::Keep([b"HTTP/1.1 100 Continue\r\n\r\n".to_vec(), interim, good(heard)].concat())
    });
    portal.user().run(&["state"]).code(0).prints("142.5");
    portal.user().run(&["buy", "25", "--yes"]).code(0);
    assert_eq!((portal.purchases().len(), portal.charges()), (1, 1));
}

#[test]
fn fault_17_whatever_breaks_off_is_unknown_and_found_again() {
    judge(17);
}

#[test]
fn fault_17_a_reset_after_the_whole_answer_loses_nothing() {
    let portal = Wire::new(
        |heard, _| {
            if heard.is_purchase() { Play::Reset(good(heard)) } else { Play::Well }
        },
    );
    portal.user().run(&["buy", "25", "--yes", "--json"]).code(0).json();
    assert_eq!((portal.purchases().len(), portal.charges()), (1, 1));
    check_manners(&portal);
}

#[test]
fn fault_5_a_second_answer_belongs_to_no_later_request() {
    let portal = Wire::new(|heard, _| {
        if heard.is_purchase() {
            let settled = json("200 OK", br#"{"status":"settled","amountUsd":"25"}"#);
            let both = [json("202 Accepted", br#"{"chargeId":"ch_1"}"#), settled].concat();
            Play::Keep(both)
        } else {
            Play::Keep(json("200 OK", br#"{"status":"failed","reason":"card_declined"}"#))
        }
    });
    let run = portal.user().run(&["buy", "25", "--yes", "--json"]);
    is_of_class(&run, "card_declined").failed("card_declined", Some("no"));
    assert_eq!(portal.purchases().len(), 1);
}

const LONG: &str = "100000000000000000000";

#[test]
fn fault_15_a_wait_is_read_in_every_spelling_and_bounded() {
    let cases: [(&[&str], Option<u64>); 13] = [
        (&[], None),
        (&["7"], Some(7)),
        (&["0"], Some(0)),
        (&["3600"], Some(3600)),
        (&["3601"], Some(3600)),
        (&[LONG], Some(3600)),
        (&["-1"], None),
        (&["1.5"], None),
        (&[""], None),
        (&["soon"], None),
        (&["Fri, 20 Nov 2020 12:00:00 GMT"], Some(0)),
        (&["Fri, 31 Dec 9999 23:59:59 GMT"], Some(3600)),
        // The first of several.
        (&["7", "9"], Some(7)),
    ];
    let wrong = at_once(
        &cases,
        |case| format!("{case:?}"),
        |(values, seconds)| {
            let lines: Vec<String> =
                values.iter().map(|value| format!("Retry-After: {value}")).collect();
            let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
            for (status, word, class) in [
                ("429 Too Many", "rate_limited", "rate_limited"),
                ("503 Busy", "temporarily_unavailable", "temporarily_unavailable"),
            ] {
                let body = format!("{{\"error\":\"{word}\"}}");
                let bytes = answer(status, &lines, body.as_bytes());
                let portal = Wire::new(move |_, _| Play::Close(bytes.clone()));
                for (command, charged) in [
                    (&["buy", "25", "--yes", "--json"][..], Some("no")),
                    (&["state", "--json"], None),
                ] {
                    let run = portal.user().run(command);
                    let told = is_of_class(&run, class).failed(class, charged);
                    assert_eq!(told["error"]["retry_after"].as_u64(), *seconds, "{told}");
                }
                assert_eq!(portal.heard().len(), 2, "never asked again in the same run");
            }
        },
    );
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn fault_15_a_wait_while_looking_stays_inside_the_patience() {
    // What is asked for, what it takes at least, and what the run ends with.
    let cases = [
        (Some("1"), Duration::from_secs(1), "3s", 0),
        (Some(LONG), Duration::from_secs(2), "2s", 50),
        (Some("-1"), Duration::ZERO, "10s", 0),
        (Some("Fri, 20 Nov 2020 12:00:00 GMT"), Duration::ZERO, "10s", 0),
        (None, Duration::ZERO, "10s", 0),
    ];
    let wrong = at_once(
        &cases,
        |case| format!("{case:?}"),
        |(asked, least, wait, code)| {
            let line = asked.map(|asked| format!("Retry-After: {asked}"));
            let always = *code == 50;
            let portal = Wire::new(move |heard, count| {
                let lines: Vec<&str> = line.as_deref().into_iter().collect();
                let busy = answer("503 Busy", &lines, br#"{"error":"temporarily_unavailable"}"#);
                if heard.is_look() && (count == 1 || always) {
                    Play::Keep(busy)
                } else {
                    Play::Well
                }
            });
            let began = Instant::now();
            let buy = ["buy", "25", "--yes", "--json", "--poll", "100ms", "--wait", wait];
            portal.user().run(&buy).code(*code).json();
            let took = began.elapsed();
            assert!(took >= *least && took < *least + Duration::from_secs(5), "{took:?}");
            assert_eq!(portal.purchases().len(), 1);
        },
    );
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A portal that tells this time with the account, and that one with a lost purchase.
fn telling(first: Option<&'static str>, then: Option<&'static str>) -> Wire {
    let line = |date: Option<&'static str>| date.map(|date| format!("Date: {date}"));
    Wire::new(move |heard, count| {
        let dated = |status: &str, date: Option<&'static str>, body: &[u8]| {
            let line = line(date);
            answer(status, &line.as_deref().into_iter().collect::<Vec<_>>(), body)
        };
        if heard.is_purchase() && count == 1 {
            Play::Keep(dated("500 Broken", then, b"{}"))
        } else if heard.line.ends_with("/state") {
            Play::Keep(dated("200 OK", first, STATE.as_bytes()))
        } else {
            Play::Well
        }
    })
}

#[test]
fn fault_16_a_clock_that_cannot_be_trusted_makes_a_key_old() {
    const PAST: Option<&str> = Some("Sat, 01 Jan 2000 00:00:00 GMT");
    const FUTURE: Option<&str> = Some("Thu, 31 Dec 2099 23:59:59 GMT");
    // Without a clock our own is enough; one that jumps means that nothing is sent again unasked.
    let cases = [
        (None, None, true),
        (Some("yesterday"), Some("Fri, 32 Nov 2026 25:00:00 GMT"), true),
        (Some(""), None, true),
        (PAST, None, true),
        (FUTURE, None, true),
        (FUTURE, PAST, false),
        (PAST, FUTURE, false),
    ];
    let wrong = at_once(
        &cases,
        |case| format!("{case:?}"),
        |(first, then, again)| {
            let portal = telling(*first, *then);
            let user = portal.user();
            let buy = ["buy", "preset:1", "--yes", "--json", "--poll", "100ms"];
            let run = user.run(&buy);
            if *again {
                run.code(0).json();
                assert_eq!(portal.purchases().len(), 2, "sent again by itself");
            } else {
                let told =
                    is_of_class(&run, "outcome_unknown").failed("outcome_unknown", Some("unknown"));
                let message = told["error"]["message"].as_str().expect("a message");
                assert!(message.contains("too old"), "{message}");
                assert_eq!(portal.purchases().len(), 1, "not sent again by itself");
                // Without that clock the other ones are enough, and nothing is charged twice.
                portal.heal();
                user.run(&["resume", "--json"]).code(0).json();
            }
            let keys: BTreeSet<_> = portal.purchases().iter().map(Heard::key).collect();
            assert_eq!((keys.len(), portal.charges()), (1, 1));
        },
    );
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn fault_9_a_signal_ends_what_no_answer_ends() {
    let portal = Wire::new(|_, _| Play::Stall(Vec::new()));
    let user = portal.user();
    let arguments = ["buy", "25", "--yes", "--json"];
    let child = user.start(&arguments);
    until("something is sent", || !portal.purchases().is_empty());
    let began = Instant::now();
    signal(child.id(), rustix::process::Signal::INT);
    user.finish(&arguments, child).code(130).failed("interrupted", Some("unknown"));
    assert!(began.elapsed() < Duration::from_secs(5));
    portal.heal();
    user.run(&arguments).code(0).json();
    assert_eq!((portal.charges(), portal.purchases().len()), (1, 2));
}
